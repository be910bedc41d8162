/**
 * Diff: the one step that each pair needs next, if any.
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
  isOurs,
  type Kind,
  type KindTables,
  type Pair,
  type Plugin,
  type Proposal,
  removalStep,
  type Scene,
  type Step,
} from '#plugin';
import { isBegun, isLastApplied } from './causes.ts';
import { type Failures, guarded, soundProposal } from './guard.ts';
import { withIgnored, withoutIgnored } from './ignored.ts';
import { hiddenInputs, letsGo, onRemoveOf } from './safety-inputs.ts';

function stillStep(pair: Pair): Step {
  const state = pair.observed?.state ?? pair.memory?.state ?? ABSENT;
  return `${state}>${state}`;
}

function memoryChange(
  pair: Pair,
  tables: KindTables,
  goal: 'adopt' | 'protect' | 'release',
  cause: Cause,
  because: string,
  fields: readonly FieldChange[] = [],
): Change {
  return changeOf(pair.ref, tables, { step: stillStep(pair), goal, fields, because, cause });
}

function orphanChange(pair: Pair, kind: Kind<unknown>, tables: KindTables, scene: Scene): Change | undefined {
  if (!isOurs(pair) || (pair.observed === undefined && pair.gap === undefined)) return undefined;
  if (onRemoveOf(undefined, pair.memory, tables) === 'release')
    return memoryChange(pair, tables, 'release', 'orphan', 'no longer written');
  if (pair.observed === undefined) {
    // Not seen, and covered by a gap: the removal stays a row, and is rejected there.
    const state = pair.memory?.state ?? ABSENT;
    const step = removalStep(tables, state);
    return changeOf(pair.ref, tables, { step, goal: 'remove', because: 'no longer written', cause: 'orphan' });
  }
  const proposal = soundProposal(kind.diff(pair, scene));
  return proposal === undefined
    ? undefined
    : changeOf(pair.ref, tables, { ...proposal, cause: causeOfOrphan(pair, proposal) });
}

/** Whatever its kind says of a removal, the first step of one is never the progress of another. */
function causeOfOrphan({ memory }: Pair, { cause, goal }: Proposal): Cause {
  if (cause !== undefined && (cause !== 'progress' || goal !== 'remove')) return cause;
  return memory?.removing === true ? 'progress' : 'orphan';
}

function causeOf(pair: Pair, proposal: Proposal): Cause {
  if (proposal.cause !== undefined) return proposal.cause;
  const { desired, memory } = pair;
  if (desired === undefined) return 'orphan';
  if (memory?.applied === undefined) return isBegun(desired, memory) ? 'progress' : 'new';
  return isLastApplied(desired, memory) ? 'drift' : 'edit';
}

/** The step that brings what is seen to what is written; the pair has a document. */
export function managedChange(pair: Pair, kind: Kind<unknown>, tables: KindTables, scene: Scene): Change | undefined {
  const proposed = soundProposal(kind.diff(withIgnored(pair, kind), scene));
  const proposal = proposed === undefined ? undefined : withoutIgnored(pair, proposed);
  if (proposal === undefined) return undefined;
  return changeOf(pair.ref, tables, { ...proposal, cause: causeOf(pair, proposal) });
}

/** What guards a resource is lifted by a row of its own, before its document lets it go. */
function liftedFirst(fields: readonly FieldChange[]): readonly FieldChange[] {
  const lifted = fields.filter(({ path }) => path === '/lifecycle/protect' || path === '/lifecycle/hold');
  return lifted.length === 0 ? fields : lifted;
}

/** The step that one pair needs next. */
export function propose(pair: Pair, plugin: Plugin, scene: Scene): Change | undefined {
  const kind = plugin.kinds[pair.ref.kind];
  const tables = plugin.tables.kinds[pair.ref.kind];
  if (kind === undefined || tables === undefined) return undefined;
  if (pair.desired === undefined) return orphanChange(pair, kind, tables, scene);
  if (pair.observed === undefined && pair.gap !== undefined) return undefined;
  if (pair.observed !== undefined && pair.observed.given !== true && !isOurs(pair)) {
    const because = scene.memoryGap === undefined ? 'not ours yet' : 'unknown whether it is ours';
    return memoryChange(pair, tables, 'adopt', 'new', `it is there already, and ${because}`);
  }
  const next = managedChange(pair, kind, tables, scene);
  const hidden = hiddenInputs(next, pair, tables);
  if (hidden.length === 0) return next;
  const fields = letsGo({ goal: 'protect', fields: hidden }, tables) ? liftedFirst(hidden) : hidden;
  return memoryChange(pair, tables, 'protect', 'edit', 'its document changes how it is guarded', fields);
}

/** Every proposed change by address, in the order of the pairs. A resource whose diff throws has none, and is in `failures`. */
export function diff(
  pairs: ReadonlyMap<string, Pair>,
  plugins: ReadonlyMap<string, Plugin>,
  scene: Scene,
  failures: Failures,
): ReadonlyMap<string, Change> {
  const changes = new Map<string, Change>();
  for (const [address, pair] of pairs) {
    const plugin = plugins.get(pair.ref.plugin);
    const change = plugin === undefined ? undefined : guarded(address, failures, () => propose(pair, plugin, scene));
    if (change !== undefined) changes.set(address, change);
  }
  return changes;
}
