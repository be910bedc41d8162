/** Note: what a look found different from what is remembered, as records; nothing new is one short line. */

import {
  ABSENT,
  type Change,
  digestOf,
  type Facts,
  firstMachine,
  type Gap,
  isOurs,
  type Json,
  type Kind,
  type KindTables,
  type Pair,
  type Plugin,
  sameJson,
  type Scene,
} from '#plugin';
import { ignoredBy } from './causes.ts';
import { type Failures, guarded, plainJson } from './guard.ts';
import { moveOf, movesBetween } from './lifecycle.ts';
import type { Draft, Seen } from '../formats/log-record.ts';
import { gapScope } from './gap.ts';
import { metaSeen } from './safety-inputs.ts';

/** A memory over this size is refused; a spec over it is kept as its digest alone. */
export const MEMORY_LIMIT_BYTES = 16_384;
const RESOURCES_PER_RECORD = 200;

/** A spec as it is remembered: whole, or, when it is large, as its digest alone. */
export function specNote(spec: unknown): { readonly spec?: Json; readonly spec_digest: string } {
  const small = Buffer.byteLength(JSON.stringify(spec)) <= MEMORY_LIMIT_BYTES / 2;
  return { ...(small ? { spec: spec as Json } : {}), spec_digest: digestOf(spec) };
}

function changedFacts(noted: Facts, kept: Facts): Facts | undefined {
  const changed = Object.entries(noted).filter(([key, value]) => !sameJson(value ?? null, kept[key] ?? null));
  return changed.length === 0 ? undefined : Object.fromEntries(changed.map(([key, value]) => [key, value ?? null]));
}

/** What a kind wants remembered of a look, as plain JSON. Throws where it is none, or more than a memory holds. */
export function noteOf(kind: Kind<unknown>, pair: Pair, scene: Scene): Facts {
  const noted = plainJson(kind.note?.(pair, scene.now, scene) ?? {}, 'what it notes', MEMORY_LIMIT_BYTES);
  if (typeof noted !== 'object' || noted === null || Array.isArray(noted))
    throw new Error('what it notes is no object');
  return noted as Facts;
}

/** What is to be remembered at all: what is ours, and what is given and written. */
function isRemembered(pair: Pair): boolean {
  return isOurs(pair) || pair.memory !== undefined || (pair.desired !== undefined && pair.observed?.given === true);
}

function seenState(pair: Pair, tables: KindTables): Pick<Seen, 'state' | 'others' | 'moves'> {
  const state = pair.observed?.state ?? ABSENT;
  const before = pair.memory?.state ?? ABSENT;
  const others = pair.observed?.others;
  const machine = firstMachine(tables);
  const moves = [
    ...movesBetween(tables, machine, before, state, pair.memory?.lastError?.step, pair.observed?.via),
    ...Object.entries(others ?? {}).flatMap(([name, now]) => {
      const then = pair.memory?.others?.[name];
      return then === undefined || then === now ? [] : [moveOf(tables, name, then, now, 'world')];
    }),
  ];
  const first = pair.memory?.state === undefined && pair.observed !== undefined;
  return {
    ...(state === before && !first ? {} : { state }),
    ...(others === undefined || sameJson(others, pair.memory?.others) ? {} : { others }),
    ...(moves.length === 0 ? {} : { moves }),
  };
}

function seenOf(pair: Pair, kind: Kind<unknown>, tables: KindTables, scene: Scene): Seen | undefined {
  if (!isRemembered(pair) || (pair.observed === undefined && pair.gap !== undefined)) return undefined;
  if (pair.desired === undefined && (pair.observed === undefined || pair.observed.given === true))
    return pair.memory === undefined || pair.memory.open !== undefined ? undefined : { ref: pair.ref, gone: true };
  if (pair.observed === undefined && pair.memory === undefined) return undefined;
  const kept = changedFacts(noteOf(kind, pair, scene), (pair.memory?.kept ?? {}) as Facts);
  const seen: Seen = {
    ref: pair.ref,
    ...seenState(pair, tables),
    ...(kept === undefined ? {} : { kept, version: tables.memoryVersion }),
    ...metaSeen(pair, tables),
  };
  return Object.keys(seen).length === 1 ? undefined : seen;
}

function inRecords(
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

/** What one look of a whole world is remembered as; `doubted` names the kinds (`plugin/Kind`) of which it misses too much. */
export function note(
  pairs: ReadonlyMap<string, Pair>,
  gaps: readonly Gap[],
  plugins: ReadonlyMap<string, Plugin>,
  run: string,
  scene: Scene,
  doubted: ReadonlySet<string>,
  failures: Failures,
): readonly Draft[] {
  const counts: Record<string, number> = {};
  const resources: Seen[] = [];
  for (const [address, pair] of pairs) {
    const plugin = plugins.get(pair.ref.plugin);
    const kind = plugin?.kinds[pair.ref.kind];
    const tables = plugin?.tables.kinds[pair.ref.kind];
    if (kind === undefined || tables === undefined) continue;
    if (pair.observed !== undefined) {
      const key = `${pair.ref.plugin}/${pair.ref.kind}`;
      counts[key] = (counts[key] ?? 0) + 1;
    }
    // Where the look itself is doubted, what it misses stays as it was.
    if (pair.observed === undefined && doubted.has(`${pair.ref.plugin}/${pair.ref.kind}`)) continue;
    const seen = guarded(address, failures, () => seenOf(pair, kind, tables, scene));
    if (seen !== undefined) resources.push(seen);
  }
  return inRecords(run, resources, counts, gaps.map(gapScope).sort());
}

/**
 * Where nothing is left to do: a spec that the world already answers to counts as applied, though it never was, and
 * failures count no more. `changes` has those of all pairs, whatever part of them is planned. A run without edits
 * (`isEditing`) takes no document as applied.
 */
export function noteApplied(
  pairs: ReadonlyMap<string, Pair>,
  changes: ReadonlyMap<string, Change>,
  run: string,
  isEditing = true,
): readonly Draft[] {
  const resources: Seen[] = [];
  for (const [address, pair] of pairs) {
    if (pair.desired === undefined || pair.observed === undefined || changes.has(address)) continue;
    const applied = pair.memory?.applied;
    if (!isOurs(pair) && (pair.observed.given !== true || applied === undefined)) continue;
    const noted =
      applied?.spec !== undefined && sameJson(applied.spec, pair.desired.spec)
        ? undefined
        : specNote(pair.desired.spec);
    const isNew = isEditing && noted !== undefined && noted.spec_digest !== applied?.digest;
    const ignore = ignoredBy(pair.desired) ?? [];
    const isIgnoring = isEditing && !sameJson(ignore, pair.memory?.ignore ?? []);
    const isOver = pair.memory?.failures !== undefined;
    if (isNew || isIgnoring || isOver)
      resources.push({
        ref: pair.ref,
        ...(isNew ? noted : {}),
        ...(isIgnoring ? { ignore } : {}),
        ...(isOver ? { settled: true } : {}),
      });
  }
  return resources.length === 0 ? [] : inRecords(run, resources, {}, []);
}
