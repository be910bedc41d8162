/**
 * Walks the whole log: every line, every link between segments, and every checkpoint folded again.
 *
 * A checkpoint says what the records before it make of memory. So the fold of those records is compared with it,
 * resource by resource, unless there is nothing to compare with: the segment begins the log, starts anew after a
 * damage, or follows one that is itself damaged.
 */

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogRecord } from '../engine/record.ts';
import type { Recall } from '../engine/remember.ts';
import { checkHead, missingHead } from './check-head.ts';
import { foldCheck } from './fold-check.ts';
import { IGNORE_FILE, parseLockName, type SegmentFile, TEMPORARY } from './layout.ts';
import { type FullView, readAll } from './read-log.ts';
import type { Damage, Head, VerifyReport } from './store.ts';

export interface Examination {
  readonly view: FullView;
  /** What reading found, and checkpoints that do not follow from the records before them. */
  readonly damage: readonly Damage[];
  /** Names of the segments whose checkpoint does not follow. */
  readonly misfolded: ReadonlySet<string>;
  /** What is remembered after the last sound record. */
  readonly recall: Recall;
  readonly records: number;
  readonly checkpoints: number;
  /** Hash of the record that was asked for. */
  readonly hashAt?: string;
}

/** Reads all of it. Undefined: there is no store. */
export async function examine(folder: string, headSeq?: number): Promise<Examination | undefined> {
  const damage: Damage[] = [];
  const misfolded = new Set<string>();
  let records = 0;
  let checkpoints = 0;
  let hashAt: string | undefined;
  let current: SegmentFile | undefined;

  const check = foldCheck((seq, what) => {
    if (current === undefined) return;
    const { name } = current;
    misfolded.add(name);
    const message = `log/${name}: the checkpoint says of ${what} what the records before it do not`;
    damage.push({ code: 'checkpoint-fold', message, file: `log/${name}`, line: 1, seq });
  });

  function take(record: LogRecord): void {
    records += 1;
    if (record.seq === headSeq) hashAt = record.hash;
    if (record.kind === 'checkpoint') checkpoints += 1;
    check.take(record);
  }

  function enter(file: SegmentFile, linked: boolean): void {
    current = file;
    check.enter(linked);
  }

  const view = await readAll(folder, { take, enter });
  if (view === undefined) return undefined;
  const all = [...view.damage, ...damage];
  const { recall } = check;
  return { view, damage: all, misfolded, recall, records, checkpoints, ...(hashAt === undefined ? {} : { hashAt }) };
}

/** Files that others may read, and files that are not the store's. */
async function noteFiles(folder: string): Promise<readonly string[]> {
  const notes: string[] = [];
  const own = new Set(['log', 'key', 'quarantine', IGNORE_FILE]);
  const top = await readdir(folder);
  for (const name of top) {
    if (!own.has(name) && !name.startsWith(TEMPORARY) && parseLockName(name) === undefined)
      notes.push(`${name} is not a file of the store`);
  }
  const inLog = top.includes('log') ? (await readdir(join(folder, 'log'))).map((name) => join('log', name)) : [];
  for (const name of ['.', ...top.filter((one) => own.has(one)), ...inLog]) {
    const found = await stat(join(folder, name)).catch(() => undefined);
    if (found !== undefined && (found.mode & 0o077) !== 0) {
      notes.push(
        `${name === '.' ? 'the folder of the store' : name} is open to other users (mode ${(found.mode & 0o777).toString(8).padStart(4, '0')})`,
      );
    }
  }
  return notes;
}

/** What `log verify` says. Writes nothing. */
export async function verifyLog(folder: string, head?: Head): Promise<VerifyReport> {
  const found = await examine(folder, head?.seq);
  if (found === undefined) {
    const damage = head === undefined ? [] : [missingHead(head, 'there is no log')];
    return {
      status: head === undefined ? 'none' : 'damaged',
      damage,
      records: 0,
      segments: 0,
      checkpoints: 0,
      from: 1,
      notes: [],
    };
  }
  const { view } = found;
  const first = view.links[0];
  const from = first?.scan.checkpoint === undefined ? 1 : first.scan.file.seq;
  const wrongHead =
    head === undefined ? undefined : checkHead(head, { hashAt: found.hashAt, end: view.base?.end, from });
  const damage = wrongHead === undefined ? found.damage : [...found.damage, wrongHead];
  const last = view.links.at(-1)?.scan;
  const end = view.base?.end;
  return {
    status: damage.length === 0 ? 'sound' : 'damaged',
    ...(end === undefined ? {} : { head: { seq: end.seq, hash: end.hash } }),
    damage,
    ...(last === undefined || last.torn === 0 ? {} : { torn: { file: `log/${last.file.name}`, bytes: last.torn } }),
    records: found.records,
    segments: view.links.length,
    checkpoints: found.checkpoints,
    from,
    notes: [...view.notes, ...(await noteFiles(folder))],
  };
}
