/**
 * Settle: closes the open intents of earlier runs by a refresh.
 *
 * | intent | seen now | outcome |
 * |---|---|---|
 * | removal | absent | done |
 * | removal | exists | undone: proposed again if still required |
 * | creation | exists | done, and owned: the intent came first |
 * | creation | absent | undone |
 * | update | in the settled state of the step, and as the intent specified | done |
 * | update | in a state that the infrastructure reaches from there, and not from the state before the step | done |
 * | update | any other | undone: the next step starts from the actual state |
 * | any | under a gap, or of a run that has not ended | stays open |
 * | any | absent, in a kind with a doubtful refresh (`doubted`: `plugin/Kind`) | stays open |
 *
 * None of these counts as a failure, as no failure was observed.
 */

import { guarded } from './guard.ts';
import { withIgnored } from './ignored.ts';
import { movesBetween, movesOf, movesOfUndone, stateFor, worldLeadsTo } from './lifecycle.ts';
import { noteOf, type Refreshed } from './note.ts';
import {
  ABSENT,
  type Desired,
  type FieldChange,
  firstMachine,
  type OpenIntent,
  type Scene,
  settlesIn,
  stepParts,
  stepTransition,
  type KnownResource,
  isAbsent,
  isSeen,
  isKnown,
  seenState,
} from '#plugin';
import type { Draft, Move } from '../formats/log-record.ts';

/** A planned step, with its fields if they are known. */
type Planned = Pick<OpenIntent, 'step' | 'goal'> & { readonly fields?: readonly FieldChange[] };

/**
 * True if the resource is as planned after a step. If it needs the same step again for other fields, this one is done.
 */
export function isAsPlanned(resource: KnownResource, intent: Planned, spec: unknown, scene: Scene): boolean {
  const { kind, tables } = resource;
  const { machine, from, to } = stepParts(intent.step);
  const transition = stepTransition(tables, intent.step);
  const settles = transition === undefined ? to : settlesIn(transition);
  if (isAbsent(resource)) return settles === ABSENT;
  if (settles === ABSENT) return false;
  const wanted: Desired | undefined = resource.desired === undefined ? undefined : { ...resource.desired, spec };
  const next = wanted === undefined ? undefined : kind.diff(withIgnored({ ...resource, desired: wanted }), scene);
  // A change of another machine, such as one of a server that is off, can also reach its declared state.
  if (machine !== undefined && from === to && wanted !== undefined && next === undefined) return true;
  const state = stateFor(resource, intent.step);
  if (state !== settles) {
    if (!worldLeadsTo(tables, machine, settles, state)) return false;
    // The infrastructure may have moved it since. If it also gets there from the state before, the step may not have
    // run.
    if (intent.goal === 'update' && worldLeadsTo(tables, machine, from, state)) return false;
  }
  if (intent.goal === 'remove' || from !== to || wanted === undefined) return true;
  if (next?.step !== intent.step) return true;
  const fields = new Set(intent.fields?.map(({ path }) => path));
  return fields.size > 0 && next.fields?.some(({ path }) => fields.has(path)) !== true;
}

function isDone(resource: KnownResource, open: OpenIntent, scene: Scene): boolean {
  if (open.goal === 'create') return isSeen(resource);
  if (open.applied?.spec === undefined) return isAsPlanned(resource, open, resource.desired?.spec, scene);
  const desired: Desired = resource.desired ?? {
    ref: resource.ref,
    spec: open.applied.spec,
    meta: { labels: {}, lifecycle: { ignore: [] } },
    needs: [],
    source: { file: '', line: 1, column: 1 },
  };
  return isAsPlanned({ ...resource, desired }, open, open.applied.spec, scene);
}

function movesTo(resource: KnownResource, open: OpenIntent, done: boolean): readonly Move[] {
  const { tables } = resource;
  const { machine, from } = stepParts(open.step);
  const seen = stateFor(resource, open.step);
  const before = machine === undefined ? (resource.memory?.state ?? ABSENT) : resource.memory?.others?.[machine];
  if (before === from) return done ? movesOf(tables, open.step, seen) : movesOfUndone(tables, open.step, seen);
  return before === undefined
    ? []
    : movesBetween(tables, { machine: machine ?? firstMachine(tables), from: before, to: seen });
}

/** One outcome record for each open intent that a refresh settles. */
export function settle({ resources, scene, run, doubted, failures }: Refreshed): readonly Draft[] {
  const drafts: Draft[] = [];
  for (const [address, resource] of resources) {
    const open = resource.memory?.open;
    if (open === undefined || !isKnown(resource)) continue;
    if (isAbsent(resource) && doubted.has(`${resource.ref.plugin}/${resource.ref.kind}`)) continue;
    const found = guarded(address, failures, () => ({
      done: isDone(resource, open, scene),
      kept: noteOf(resource, scene),
    }));
    // The outcome is unknown: the intent stays open.
    if (found === undefined) continue;
    const { done, kept } = found;
    const state = seenState(resource);
    drafts.push({
      kind: 'outcome',
      body: {
        run,
        ref: resource.ref,
        intent: open.seq,
        outcome: done ? 'done' : 'undone',
        settled: true,
        state,
        moves: movesTo(resource, open, done),
        // Also for an undone step: its partial result may exist, and no later record would show that it is owned.
        ...(Object.keys(kept).length === 0 ? {} : { kept, version: resource.tables.memoryVersion }),
      },
    });
  }
  return drafts;
}
