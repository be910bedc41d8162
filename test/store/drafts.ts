/** Drafts of records for the tests of stores. */

import type { Draft, LogRecord } from '../../src/formats/log-record.ts';
import { emptyRecall, fold, rememberedOf } from '../../src/engine/remember.ts';
import type { Json, Memory, Ref } from '#plugin';
import type { Fence, Remembered, Store, Undrained } from '../../src/store/store.ts';

export function node(name: string): Ref {
  return { plugin: 'nodes', kind: 'Node', name };
}

export function note(run: string): Draft {
  return { kind: 'end', body: { run, exit: 0, counts: {} } };
}

export function seen(name: string, state: string, kept: Record<string, string> = {}): Draft {
  return {
    kind: 'seen',
    body: { run: 'r', resources: [{ ref: node(name), state, kept, version: 1 }], counts: { 'nodes/Node': 1 } },
  };
}

export function intent(name: string): Draft {
  return {
    kind: 'intent',
    body: {
      run: 'r',
      ref: node(name),
      step: 'absent>ready',
      goal: 'create',
      cause: 'new',
      because: 'it is written: "ä\u2028"',
      basis: 'sha256:0',
      meta: { on_remove: 'remove', needs: [], labels: { tier: 'a' } },
      spec: { size: 3 },
      spec_digest: 'sha256:1',
    },
  };
}

export function outcome(name: string, of: number): Draft {
  return {
    kind: 'outcome',
    body: { run: 'r', ref: node(name), intent: of, outcome: 'done', state: 'ready', kept: { id: name } },
  };
}

/** Sets a key of the ledger; removes it without a value. */
export function entry(key: string, value?: Json): Draft {
  return {
    kind: 'ledger',
    body: { run: 'r', table: 'events', key, because: 'received', ...(value === undefined ? {} : { value }) },
  };
}

/** All records that a read gives. */
export async function recordsOf(store: Store, from: 'checkpoint' | 'all' = 'all'): Promise<readonly LogRecord[]> {
  const records: LogRecord[] = [];
  await store.read((record) => records.push(record), from);
  return records;
}

export async function memoriesOf(store: Store): Promise<Map<string, Memory>> {
  const recall = emptyRecall();
  await store.read((record) => fold(recall, record));
  return recall.resources;
}

/** The expected content of a checkpoint. */
export async function rememberedIn(store: Store): Promise<readonly Remembered[]> {
  const recall = emptyRecall();
  await store.read((record) => fold(recall, record));
  return rememberedOf(recall);
}

/** Records that the store did not write by itself. */
export function own(records: readonly LogRecord[]): readonly LogRecord[] {
  return records.filter(({ kind }) => kind !== 'checkpoint' && kind !== 'remembered');
}

export function entriesOf(undrained: readonly Undrained[]): readonly Json[] {
  return undrained.map((one) => ('entry' in one ? one.entry : one.damage));
}

/** Drains the oldest entries of the inbox, each into a record of its own. Returns the entries. */
export async function drain(store: Store, fence: Fence, limit = 100): Promise<readonly Json[]> {
  const undrained = await store.undrained(limit);
  const entries = entriesOf(undrained);
  await store.append(
    entries.map((entry) => note(`entry ${JSON.stringify(entry)}`)),
    fence,
    undrained.map(({ place }) => place),
  );
  return entries;
}

/** The entries that were drained into records of the log. */
export async function drainedIn(store: Store): Promise<readonly Json[]> {
  const records = await recordsOf(store);
  return records.flatMap((record) =>
    record.kind === 'end' && record.body.run.startsWith('entry ')
      ? [JSON.parse(record.body.run.slice('entry '.length)) as Json]
      : [],
  );
}
