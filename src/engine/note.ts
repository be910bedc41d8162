/** Note: records the differences between a refresh and the state. Without differences, the record is one short line. */

import {
  ABSENT,
  type Change,
  compareText,
  digestOf,
  type Facts,
  firstMachine,
  type Finding,
  formatRef,
  type Json,
  type Resource,
  sameJson,
  type Scene,
  type KnownResource,
  isGiven,
  observedOf,
  seenState,
  isKnown,
  isAbsent,
} from '#plugin';
import { ignoredBy } from './causes.ts';
import { type Failures, guarded, plainJson } from './guard.ts';
import { movesBetween } from './lifecycle.ts';
import type { Draft, Move, Seen } from '../formats/log-record.ts';
import { gapScope } from './gap.ts';
import { isLingering } from './lingering.ts';
import { metaSeen } from './safety-inputs.ts';

/** Size limit of the state of one resource. A spec over the limit is only recorded as a digest. */
export const MEMORY_LIMIT_BYTES = 16_384;
const RESOURCES_PER_RECORD = 200;

/** A complete refresh, as its records are made. */
export interface Refreshed {
  readonly resources: ReadonlyMap<string, Resource>;
  /** The scene of these resources. */
  readonly scene: Scene;
  readonly run: string;
  /** The kinds (`plugin/Kind`) of which the refresh misses too much. */
  readonly doubted: ReadonlySet<string>;
  /** Gets the errors of kinds. */
  readonly failures: Failures;
}

/** The recorded form of a spec: the whole spec, or only its digest if it is large. */
export function specNote(spec: unknown): { readonly spec?: Json; readonly spec_digest: string } {
  const small = Buffer.byteLength(JSON.stringify(spec)) <= MEMORY_LIMIT_BYTES / 2;
  return { ...(small ? { spec: spec as Json } : {}), spec_digest: digestOf(spec) };
}

/** The noted fields that differ from the kept ones; undefined if none does. `null` drops a field. */
export function changedFacts(noted: Facts, kept: Facts): Facts | undefined {
  const changed = Object.entries(noted).filter(([key, value]) => !sameJson(value ?? null, kept[key] ?? null));
  return changed.length === 0 ? undefined : Object.fromEntries(changed.map(([key, value]) => [key, value ?? null]));
}

/** The part of a refresh that a kind records, as plain JSON. Throws if it is not an object, or is too large. */
export function noteOf(resource: KnownResource, scene: Scene): Facts {
  const noted = plainJson(
    resource.kind.note?.(resource, scene.now, scene) ?? {},
    'the recorded part of a refresh',
    MEMORY_LIMIT_BYTES,
  );
  if (typeof noted !== 'object' || noted === null || Array.isArray(noted))
    throw new Error('the recorded part of a refresh is not an object');
  return noted as Facts;
}

/** True for resources that the state has or gets: owned ones, and declared given ones. */
function isRemembered(resource: Resource): boolean {
  return resource.owned || resource.memory !== undefined || (resource.desired !== undefined && isGiven(resource));
}

/** The moves of the machines other than the first since the last record. */
export function otherMoves({ tables, memory, sight }: KnownResource): readonly Move[] {
  if (sight.is !== 'seen') return [];
  const { others = {}, viaOf = {} } = sight.observed;
  return Object.entries(others).flatMap(([machine, to]) => {
    const via = viaOf[machine] ?? [];
    // Without a recorded state, the known way starts at its first state.
    const from = memory?.others?.[machine] ?? via[0];
    return from === undefined
      ? []
      : movesBetween(tables, { machine, from, to }, { via: via.filter((each) => each !== from) });
  });
}

function statesSeen(resource: KnownResource): Pick<Seen, 'state' | 'others' | 'moves'> {
  const observed = observedOf(resource);
  const state = seenState(resource);
  const before = resource.memory?.state ?? ABSENT;
  const others = observed?.others;
  const { tables } = resource;
  const machine = firstMachine(tables);
  const moves = [
    ...movesBetween(
      tables,
      { machine, from: before, to: state },
      { failed: resource.memory?.lastError?.step, via: observed?.via },
    ),
    ...otherMoves(resource),
  ];
  const first = resource.memory?.state === undefined && observed !== undefined;
  return {
    ...(state === before && !first ? {} : { state }),
    ...(others === undefined || sameJson(others, resource.memory?.others) ? {} : { others }),
    ...(moves.length === 0 ? {} : { moves }),
  };
}

function seenOf(resource: Resource, scene: Scene): Seen | undefined {
  const { tables } = resource;
  if (!isRemembered(resource) || !isKnown(resource)) return undefined;
  if (resource.desired === undefined && (isAbsent(resource) || isGiven(resource)) && !isLingering(resource, scene))
    return resource.memory === undefined || resource.memory.open !== undefined
      ? undefined
      : { ref: resource.ref, gone: true };
  if (isAbsent(resource) && resource.memory === undefined) return undefined;
  const kept = changedFacts(noteOf(resource, scene), (resource.memory?.kept ?? {}) as Facts);
  const seen: Seen = {
    ref: resource.ref,
    ...statesSeen(resource),
    ...(kept === undefined ? {} : { kept, version: tables.memoryVersion }),
    ...metaSeen(resource),
  };
  return Object.keys(seen).length === 1 ? undefined : seen;
}

/** Records of changed resources, each with a limited number of them. */
export function inRecords(
  run: string,
  resources: readonly Seen[],
  counts: Readonly<Record<string, number>>,
  gaps: readonly string[],
): readonly Draft[] {
  const drafts: Draft[] = [];
  for (let start = 0; start === 0 || start < resources.length; start += RESOURCES_PER_RECORD) {
    drafts.push({
      kind: 'seen',
      body: {
        run,
        resources: resources.slice(start, start + RESOURCES_PER_RECORD),
        counts: start === 0 ? counts : {},
        ...(start === 0 && gaps.length > 0 ? { gaps } : {}),
      },
    });
  }
  return drafts;
}

/** The same records, of a refresh of only some resources, and of all of the plugins `whole`. The log has no newer refresh of the others. */
export function asPartial(drafts: readonly Draft[], whole: ReadonlySet<string> = new Set()): readonly Draft[] {
  const read = whole.size === 0 ? {} : { whole: [...whole].sort(compareText) };
  return drafts.map((draft) =>
    draft.kind === 'seen' ? { kind: 'seen', body: { ...draft.body, partial: true, ...read } } : draft,
  );
}

/** The records of a whole refresh. `doubted` has the kinds (`plugin/Kind`) with too many missing resources. */
export function note({ resources, scene, run, doubted, failures }: Refreshed): readonly Draft[] {
  const counts: Record<string, number> = {};
  const changed: Seen[] = [];
  for (const [address, resource] of resources) {
    if (resource.sight.is === 'seen') {
      const key = `${resource.ref.plugin}/${resource.ref.kind}`;
      counts[key] = (counts[key] ?? 0) + 1;
    }
    // If the refresh of the kind is doubtful, the state of missing resources does not change.
    if (resource.sight.is !== 'seen' && doubted.has(`${resource.ref.plugin}/${resource.ref.kind}`)) continue;
    const seen = guarded(address, failures, () => seenOf(resource, scene));
    if (seen !== undefined) changed.push(seen);
  }
  return inRecords(run, changed, counts, scene.gaps.map(gapScope).sort());
}

/**
 * Records that resources without a change are applied, even if no apply ran, and that their failures no longer count.
 * `changes` has those of all resources, planned or not. A run without edits (`isEditing`) records no document as
 * applied.
 */
export function noteApplied(
  resources: ReadonlyMap<string, Resource>,
  changes: ReadonlyMap<string, Change>,
  run: string,
  isEditing = true,
): readonly Draft[] {
  const changed: Seen[] = [];
  for (const [address, resource] of resources) {
    if (resource.desired === undefined || resource.sight.is !== 'seen' || changes.has(address)) continue;
    const applied = resource.memory?.applied;
    if (!resource.owned && (!isGiven(resource) || applied === undefined)) continue;
    const noted =
      applied?.spec !== undefined && sameJson(applied.spec, resource.desired.spec)
        ? undefined
        : specNote(resource.desired.spec);
    const isNew = isEditing && noted !== undefined && noted.spec_digest !== applied?.digest;
    const ignore = ignoredBy(resource.desired) ?? [];
    const isIgnoring = isEditing && !sameJson(ignore, resource.memory?.ignore ?? []);
    const isOver = resource.memory?.failures !== undefined;
    if (isNew || isIgnoring || isOver)
      changed.push({
        ref: resource.ref,
        ...(isNew ? noted : {}),
        ...(isIgnoring ? { ignore } : {}),
        ...(isOver ? { settled: true } : {}),
      });
  }
  return changed.length === 0 ? [] : inRecords(run, changed, {}, []);
}

/** Records the findings of resources in the state whose codes or counts differ from the recorded ones. */
export function noteFindings(
  resources: ReadonlyMap<string, Resource>,
  findings: readonly Finding[],
  repeats: ReadonlyMap<string, Readonly<Record<string, number>>>,
  run: string,
): readonly Draft[] {
  const codes = new Map<string, Set<string>>();
  for (const { ref, code } of findings) {
    const address = formatRef(ref);
    codes.set(address, (codes.get(address) ?? new Set()).add(code));
  }
  const changed: Seen[] = [];
  for (const [address, { ref, sight, memory }] of resources) {
    if (memory === undefined || sight.is !== 'seen') continue;
    const now = [...(codes.get(address) ?? [])].sort(compareText);
    const counts = repeats.get(address) ?? {};
    const isOther = !sameJson(now, Object.keys(memory.findings ?? {}).sort(compareText));
    const isCounted = !sameJson(counts, memory.repeats ?? {});
    if (isOther || isCounted)
      changed.push({ ref, ...(isOther ? { findings: now } : {}), ...(isCounted ? { repeats: counts } : {}) });
  }
  return changed.length === 0 ? [] : inRecords(run, changed, {}, []);
}
