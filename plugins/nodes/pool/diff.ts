/** Diff of a pool: the decision, as a step with the names of added and removed members. */

import {
  defined,
  escapePointer,
  type FieldChange,
  intentId,
  type Json,
  type Proposal,
  sameJson,
  type Scene,
  isSeen,
  isAbsent,
  seenState,
} from '#plugin';
import type { PoolResource } from '../facts.ts';
import type { NodePoolStep } from '../generated.ts';
import { type Decision, decide, type Move, type Situation } from './decide.ts';
import { nodeRef } from './expand.ts';
import { nameOf, numberOf } from './names.ts';
import { changedSizes, strictPoolSpec } from '../settings.ts';
import { isExpanded, situationOf } from './situation.ts';

/** The situation of a pool, and its decision; the decision is undefined for none, or if none is possible now. */
export interface Decided {
  readonly situation: Situation;
  readonly decision?: Decision;
}

/** Decides for a pool in the scene; undefined without a document. */
export function decideFor(resource: PoolResource, scene: Scene): Decided | undefined {
  if (resource.desired === undefined || !isSeen(resource)) return undefined;
  const { size, min, max } = resource.desired.spec;
  // The declared size decides, and a row shows it; the nodes are judged by the applied values.
  const { size: _size, min: _min, max: _max, ...rest } = strictPoolSpec(resource) ?? resource.desired.spec;
  const spec = {
    ...rest,
    ...(size === undefined ? {} : { size }),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
  };
  const situation = situationOf(resource, spec, scene);
  const decision = isExpanded(resource, scene) ? decide(situation) : undefined;
  return defined({ situation, decision });
}

/** The moves of a consolidation that starts, by numbers. */
export function movesOf({ plan }: Decision, prefix: string): readonly Move[] {
  return (plan?.moves ?? []).map(({ container, from, to }) => ({
    container,
    from: numberOf(prefix, from) ?? 0,
    to: numberOf(prefix, to) ?? 0,
  }));
}

/** Fields for added and removed names, and for moves: an approval covers them, so they do not change by themselves. */
export function fieldsOf(decision: Decision, situation: Situation, scene: Scene): readonly FieldChange[] {
  const { prefix, remembered } = situation;
  const { kind, added, plan } = decision;
  const stateOf = (name: string): string => {
    const node = scene.get(nodeRef(name));
    return node === undefined || isAbsent(node) ? 'planned' : (seenState(node) ?? 'unseen');
  };
  const isLeaving = (number: number): boolean => !decision.numbers.members.includes(number);
  return [
    ...added.map((number): FieldChange => {
      const name = nameOf(prefix, number);
      return { path: `/members/${name}`, after: situation.found.includes(number) ? 'found' : 'new' };
    }),
    ...decision.gone.filter(isLeaving).map((number): FieldChange => {
      const name = nameOf(prefix, number);
      return { path: `/members/${name}`, before: stateOf(name) };
    }),
    ...(plan?.moves ?? []).map(
      ({ container, from, to }): FieldChange => ({
        path: `/moves/${escapePointer(container)}`,
        before: from,
        after: to,
      }),
    ),
    ...(kind === 'abandon' ? (remembered?.moves ?? []) : []).map(
      ({ container, to }): FieldChange => ({
        path: `/moves/${escapePointer(container)}`,
        before: nameOf(prefix, to),
      }),
    ),
  ];
}

/** The effect of a change, independent of the states of its nodes: equal texts mean equal effects. */
export function essence(fields: readonly FieldChange[]): Json {
  return fields
    .filter(({ path }) => path.startsWith('/members/') || path.startsWith('/moves/'))
    .map(({ path, after }) =>
      path.startsWith('/members/')
        ? `${path} ${after === undefined ? 'removed' : 'added'}`
        : `${path} ${JSON.stringify(after ?? null)}`,
    )
    .sort();
}

function causeOf({ by }: Decision, resource: PoolResource): Pick<Proposal, 'cause'> {
  if (by === 'reactive' || by === 'consolidation') return { cause: 'policy' };
  if (by === 'health') return { cause: 'time' };
  // The same document continues over several steps.
  const { spec } = resource.memory?.applied ?? {};
  return spec !== undefined && sameJson(spec, resource.desired?.spec) ? { cause: 'progress' } : {};
}

/** True if a change was started and is not recorded: it had no effect, because a pool's step changes only its state. */
function isUnfinished({ memory }: PoolResource): boolean {
  const { open, kept } = memory ?? {};
  return open !== undefined && kept?.changed_by !== intentId(open);
}

export function diffPool(resource: PoolResource, scene: Scene): Proposal<NodePoolStep> | undefined {
  if (resource.desired !== undefined && isUnfinished(resource))
    return {
      step: 'active>active',
      goal: 'update',
      because: 'A change of the pool was interrupted',
      cause: 'progress',
    };
  const { situation, decision } = decideFor(resource, scene) ?? {};
  if (situation === undefined || decision === undefined) return undefined;
  return {
    step: 'active>active',
    goal: 'update',
    fields: [...changedSizes(resource), ...fieldsOf(decision, situation, scene)],
    because: decision.because,
    ...causeOf(decision, resource),
  };
}
