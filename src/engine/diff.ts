/**
 * Diff: the next step of each resource, if it needs one.
 *
 * Rows that only change the state come first, because later steps depend on them: a foreign resource is adopted before
 * it is changed, and a protection is in the log before another step of its resource.
 */

import {
  ABSENT,
  type Cause,
  type Change,
  changeOf,
  type FieldChange,
  type KindTables,
  type OnRemove,
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
import { driftedFields, isBegun, isFoundAtAdoption, isLastApplied } from './causes.ts';
import { type Failures, guarded, soundAdoption, soundProposal } from './guard.ts';
import { withIgnored, withoutIgnored } from './ignored.ts';
import { isLingering } from './lingering.ts';
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

/** The end of an undeclared resource: removal or release. Throws if its kind returns another value. */
function endOf(resource: Resource, scene: Scene): OnRemove {
  const { kind, memory, tables } = resource;
  const end = kind.onRemove?.(resource, scene) ?? onRemoveOf(undefined, memory, tables);
  if (end !== 'remove' && end !== 'release') throw new Error(`Not a valid onRemove: ${String(end)}`);
  return end;
}

function orphanChange(resource: Resource, scene: Scene): Change | undefined {
  const { tables } = resource;
  if (isKnown(resource) && isLingering(resource, scene)) return orphanStep(resource, scene);
  if (!resource.owned || isAbsent(resource)) return undefined;
  if (endOf(resource, scene) === 'release')
    return memoryChange(resource, { goal: 'release', cause: 'orphan', because: 'no longer declared' });
  if (!isKnown(resource)) {
    // The removal stays in the plan as a rejected row.
    const state = resource.memory?.state ?? ABSENT;
    const step = removalStep(tables, state);
    return changeOf(resource.ref, tables, { step, goal: 'remove', because: 'no longer declared', cause: 'orphan' });
  }
  return orphanStep(resource, scene);
}

function orphanStep(resource: KnownResource, scene: Scene): Change | undefined {
  const proposal = soundProposal(resource.kind.diff(resource, scene));
  return proposal === undefined
    ? undefined
    : changeOf(resource.ref, resource.tables, { ...proposal, cause: causeOfOrphan(resource, proposal) });
}

/**
 * The cause of a step of an undeclared resource. The first step of a removal never has the cause `progress`, and a later
 * one always has it, independent of the proposal.
 */
function causeOfOrphan({ memory }: Resource, { cause, goal }: Proposal): Cause {
  if (goal === 'remove' && memory?.removing === true) return 'progress';
  if (cause !== undefined && (cause !== 'progress' || goal !== 'remove')) return cause;
  return memory?.removing === true ? 'progress' : 'orphan';
}

function causeOf(resource: Resource, proposal: Proposal): Cause {
  if (proposal.cause !== undefined) return proposal.cause;
  const { desired, memory } = resource;
  if (desired === undefined) return 'orphan';
  if (memory?.applied === undefined) return isBegun(desired, memory) ? 'progress' : 'new';
  const { fields = [] } = proposal;
  if (fields.length > 0 && fields.every((field) => isFoundAtAdoption(field, memory))) return 'edit';
  if (isLastApplied(desired, memory)) return 'drift';
  // A step that changes none of the edited fields only restores others.
  return fields.length > 0 && driftedFields(fields, resource).length === fields.length ? 'drift' : 'edit';
}

/** The next step towards the declared resource. The resource has a document. */
export function managedChange(resource: KnownResource, scene: Scene): Change | undefined {
  const proposed = soundProposal(resource.kind.diff(withIgnored(resource), scene));
  const proposal = proposed === undefined ? undefined : withoutIgnored(resource, proposed);
  if (proposal === undefined) return undefined;
  const change = changeOf(resource.ref, resource.tables, { ...proposal, cause: causeOf(resource, proposal) });
  const drifted = change.cause === 'edit' ? driftedFields(change.fields, resource) : [];
  return drifted.length === 0 ? change : { ...change, drifted };
}

/** The row that adopts a resource, with the differences from its document. */
function adoptionChange(resource: KnownResource, scene: Scene): Change {
  const owner = scene.memoryGap === undefined ? 'is not owned yet' : 'its owner is unknown';
  const found = soundAdoption(resource.kind.adoption?.(withIgnored(resource), scene));
  const because = `the resource exists, and ${owner}${found === undefined ? '' : `. ${found.because}`}`;
  const fields = found === undefined ? {} : { fields: found.fields };
  return memoryChange(resource, { goal: 'adopt', cause: 'new', because, ...fields });
}

/**
 * The end of a protection or hold alone if there is one: it is its own row, before the document releases the resource.
 */
function liftedFirst(fields: readonly FieldChange[]): readonly FieldChange[] {
  const lifted = fields.filter(({ path }) => path === '/lifecycle/protect' || path === '/lifecycle/hold');
  return lifted.length === 0 ? fields : lifted;
}

/** True if no rule uses the inputs: only later steps go by them. */
function isShownOnly(inputs: readonly FieldChange[], { safetyInputs }: KindTables): boolean {
  const used = new Set(safetyInputs.filter(({ combine }) => combine !== 'shown').map(({ pointer }) => pointer));
  return inputs.every(
    ({ path }) => !used.has(path) && !path.startsWith('/lifecycle/') && !path.startsWith('/metadata/'),
  );
}

/** The next step of one resource. */
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
    because: `${isShownOnly(hidden, tables) ? 'later steps go by these values' : 'the document changes safety inputs'}${next === undefined ? '' : '. A later plan has the next step of the resource'}`,
    fields,
  });
}

/** The proposed changes by address, in the order of the resources. A resource whose diff throws is in `failures`. */
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
