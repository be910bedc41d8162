/**
 * Diff: the one step that each resource needs next, if any.
 *
 * Rows that change memory alone come first, because what follows depends on them: a foreign resource is adopted
 * before it is changed, and a protection is in the log before anything else happens to its resource.
 */

import {
  ABSENT,
  type Cause,
  type Change,
  changeOf,
  type FieldChange,
  type Resource,
  type Proposal,
  removalStep,
  type Scene,
  type Step,
  seenState,
  isAbsent,
  isKnown,
  type KnownResource,
  isSeen,
  isGiven,
} from '#plugin';
import { isBegun, isLastApplied } from './causes.ts';
import { type Failures, guarded, soundAdoption, soundProposal } from './guard.ts';
import { withIgnored, withoutIgnored } from './ignored.ts';
import { hiddenInputs, letsGo, onRemoveOf } from './safety-inputs.ts';

function stillStep(resource: Resource): Step {
  const state = seenState(resource) ?? resource.memory?.state ?? ABSENT;
  return `${state}>${state}`;
}

/** A row that changes the state alone. */
interface MemoryRow {
  readonly goal: 'adopt' | 'protect' | 'release';
  readonly cause: Cause;
  readonly because: string;
  readonly fields?: readonly FieldChange[];
}

function memoryChange(resource: Resource, { fields = [], ...row }: MemoryRow): Change {
  return changeOf(resource.ref, resource.tables, { step: stillStep(resource), fields, ...row });
}

function orphanChange(resource: Resource, scene: Scene): Change | undefined {
  const { kind, tables } = resource;
  if (!resource.owned || isAbsent(resource)) return undefined;
  if (onRemoveOf(undefined, resource.memory, tables) === 'release')
    return memoryChange(resource, { goal: 'release', cause: 'orphan', because: 'no longer declared' });
  if (!isKnown(resource)) {
    // The removal stays a row, and is rejected there.
    const state = resource.memory?.state ?? ABSENT;
    const step = removalStep(tables, state);
    return changeOf(resource.ref, tables, { step, goal: 'remove', because: 'no longer declared', cause: 'orphan' });
  }
  const proposal = soundProposal(kind.diff(resource, scene));
  return proposal === undefined
    ? undefined
    : changeOf(resource.ref, tables, { ...proposal, cause: causeOfOrphan(resource, proposal) });
}

/** Whatever its kind says of a removal, the first step of one is never the progress of another. */
function causeOfOrphan({ memory }: Resource, { cause, goal }: Proposal): Cause {
  if (cause !== undefined && (cause !== 'progress' || goal !== 'remove')) return cause;
  return memory?.removing === true ? 'progress' : 'orphan';
}

function causeOf(resource: Resource, proposal: Proposal): Cause {
  if (proposal.cause !== undefined) return proposal.cause;
  const { desired, memory } = resource;
  if (desired === undefined) return 'orphan';
  if (memory?.applied === undefined) return isBegun(desired, memory) ? 'progress' : 'new';
  return isLastApplied(desired, memory) ? 'drift' : 'edit';
}

/** The step that brings what is seen to what is written; the resource has a document. */
export function managedChange(resource: KnownResource, scene: Scene): Change | undefined {
  const proposed = soundProposal(resource.kind.diff(withIgnored(resource), scene));
  const proposal = proposed === undefined ? undefined : withoutIgnored(resource, proposed);
  if (proposal === undefined) return undefined;
  return changeOf(resource.ref, resource.tables, { ...proposal, cause: causeOf(resource, proposal) });
}

/** The row that adopts a resource, with the differences from its document. */
function adoptionChange(resource: KnownResource, scene: Scene): Change {
  const owner = scene.memoryGap === undefined ? 'not ours yet' : 'unknown whether it is ours';
  const found = soundAdoption(resource.kind.adoption?.(withIgnored(resource), scene));
  const because = `it is there already, and ${owner}${found === undefined ? '' : `. ${found.because}`}`;
  const fields = found === undefined ? {} : { fields: found.fields };
  return memoryChange(resource, { goal: 'adopt', cause: 'new', because, ...fields });
}

/** What guards a resource is lifted by a row of its own, before its document lets it go. */
function liftedFirst(fields: readonly FieldChange[]): readonly FieldChange[] {
  const lifted = fields.filter(({ path }) => path === '/lifecycle/protect' || path === '/lifecycle/hold');
  return lifted.length === 0 ? fields : lifted;
}

/** The step that one resource needs next. */
export function propose(resource: Resource, scene: Scene): Change | undefined {
  const { tables } = resource;
  if (resource.desired === undefined) return orphanChange(resource, scene);
  if (!isKnown(resource)) return undefined;
  if (isSeen(resource) && !isGiven(resource) && !resource.owned) {
    return adoptionChange(resource, scene);
  }
  const next = managedChange(resource, scene);
  const hidden = hiddenInputs(next, resource);
  if (hidden.length === 0) return next;
  const fields = letsGo({ goal: 'protect', fields: hidden }, tables) ? liftedFirst(hidden) : hidden;
  return memoryChange(resource, {
    goal: 'protect',
    cause: 'edit',
    because: 'its document changes how it is guarded',
    fields,
  });
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
