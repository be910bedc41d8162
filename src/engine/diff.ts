/**
 * Diff: the one step that each resource needs next, if any.
 *
 * Rows that change memory alone come first, because what follows depends on them: a foreign resource is adopted
 * before it is changed, and a protection is in the log before anything else happens to its resource.
 */

import {
  type Cause,
  type Change,
  type FieldChange,
  type Resource,
  type Proposal,
  sameJson,
  type Scene,
  type Step,
} from '#plugin';
import { type Failures, guarded, soundProposal } from './guard.ts';
import { withIgnored, withoutIgnored } from './ignored.ts';
import { ABSENT, removalStep } from './lifecycle.ts';
import { hiddenInputs, letsGo, onRemoveOf } from './safety-inputs.ts';

function stillStep(resource: Resource): Step {
  const state = resource.sight.observed?.state ?? resource.memory?.state ?? ABSENT;
  return `${state}>${state}`;
}

function memoryChange(
  resource: Resource,
  goal: 'adopt' | 'protect' | 'release',
  cause: Cause,
  because: string,
  fields: readonly FieldChange[] = [],
): Change {
  return { ref: resource.ref, step: stillStep(resource), goal, fields, because, cause };
}

function orphanChange(resource: Resource, scene: Scene): Change | undefined {
  const { kind, tables, sight } = resource;
  if (!resource.owned || sight.is === 'absent') return undefined;
  if (onRemoveOf(undefined, resource.memory, tables) === 'release')
    return memoryChange(resource, 'release', 'orphan', 'no longer written');
  if (sight.is === 'unseen') {
    // The removal stays a row, and is rejected there.
    const state = resource.memory?.state ?? ABSENT;
    return {
      ref: resource.ref,
      step: removalStep(tables, state),
      goal: 'remove',
      fields: [],
      because: 'no longer written',
      cause: 'orphan',
    };
  }
  const proposal = soundProposal(kind.diff(resource, scene));
  return proposal === undefined
    ? undefined
    : { ...proposal, ref: resource.ref, fields: proposal.fields ?? [], cause: proposal.cause ?? 'orphan' };
}

function causeOf(resource: Resource, proposal: Proposal): Cause {
  if (proposal.cause !== undefined) return proposal.cause;
  const applied = resource.memory?.applied;
  if (applied === undefined) return 'new';
  return applied.spec !== undefined && sameJson(applied.spec, resource.desired?.spec) ? 'drift' : 'edit';
}

/** The step that brings what is seen to what is written; the resource has a document. */
export function managedChange(resource: Resource, scene: Scene): Change | undefined {
  const proposed = soundProposal(resource.kind.diff(withIgnored(resource), scene));
  const proposal = proposed === undefined ? undefined : withoutIgnored(resource, proposed);
  if (proposal === undefined) return undefined;
  return {
    ref: resource.ref,
    step: proposal.step,
    goal: proposal.goal,
    fields: proposal.fields ?? [],
    because: proposal.because,
    cause: causeOf(resource, proposal),
  };
}

/** What guards a resource is lifted by a row of its own, before its document lets it go. */
function liftedFirst(fields: readonly FieldChange[]): readonly FieldChange[] {
  const lifted = fields.filter(({ path }) => path === '/lifecycle/protect' || path === '/lifecycle/hold');
  return lifted.length === 0 ? fields : lifted;
}

/** The step that one resource needs next. */
export function propose(resource: Resource, scene: Scene): Change | undefined {
  const { tables, sight } = resource;
  if (resource.desired === undefined) return orphanChange(resource, scene);
  if (sight.is === 'unseen') return undefined;
  if (sight.is === 'seen' && sight.observed.given !== true && !resource.owned) {
    const because = scene.memoryGap === undefined ? 'not ours yet' : 'unknown whether it is ours';
    return memoryChange(resource, 'adopt', 'new', `it is there already, and ${because}`);
  }
  const next = managedChange(resource, scene);
  const hidden = hiddenInputs(next, resource);
  if (hidden.length === 0) return next;
  const fields = letsGo({ goal: 'protect', fields: hidden }, tables) ? liftedFirst(hidden) : hidden;
  return memoryChange(resource, 'protect', 'edit', 'its document changes how it is guarded', fields);
}

/** Every proposed change by address, in the order of the resources. A resource whose diff throws has none, and is in `failures`. */
export function diff(
  resources: ReadonlyMap<string, Resource>,
  scene: Scene,
  failures: Failures,
): ReadonlyMap<string, Change> {
  const changes = new Map<string, Change>();
  for (const [address, resource] of resources) {
    const change = guarded(address, failures, () => propose(resource, scene));
    if (change !== undefined) changes.set(address, change);
  }
  return changes;
}
