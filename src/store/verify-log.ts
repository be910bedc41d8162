/**
 * Walks the whole log: every line, every link between segments, and every checkpoint folded again.
 *
 * A checkpoint says what the records before it make of memory. So the fold of those records is compared with it,
 * resource by resource, unless there is nothing to compare with: the segment begins the log, starts anew after a
 * damage, or follows one that is itself damaged.
 */

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { sameJson } from '../engine/canonical.ts';
import type { LogRecord } from '../engine/record.ts';
import { emptyRecall, fold, type Recall } from '../engine/remember.ts';
import type { Memory } from '../engine/types.ts';
import { parseLockName, type SegmentFile, TEMPORARY } from './layout.ts';
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

/** A checkpoint may hold what an older version remembered in the shape of a newer one. */
function sameMemory(folded: Memory | undefined, said: Memory): boolean {
  if (folded === undefined) return false;
  if (folded.version === said.version) return sameJson(folded, said);
  return sameJson({ ...folded, version: 0, kept: {} }, { ...said, version: 0, kept: {} });
}

/** Compares what a checkpoint says with what was folded, and says where they differ first. */
function differ(folded: ReadonlyMap<string, Memory>, said: ReadonlyMap<string, Memory>): string | undefined {
  for (const [address, memory] of said) {
    if (!sameMemory(folded.get(address), memory)) return address;
  }
  for (const address of folded.keys()) if (!said.has(address)) return address;
  return undefined;
}

/** Names the first spent step of which a checkpoint says something else than was folded. */
function unlikeSpent(folded: Recall['spent'], said: Recall['spent']): string | undefined {
  for (const seq of new Set([...said.keys(), ...folded.keys()])) {
    if (!sameJson(folded.get(seq) ?? null, said.get(seq) ?? null)) return `the step of record ${seq}`;
  }
  return undefined;
}

function copyOf({ resources, spent }: Recall): Pick<Recall, 'resources' | 'spent'> {
  return { resources: new Map(resources), spent: new Map(spent) };
}

/** Reads all of it. Undefined: there is no store. */
export async function examine(folder: string, headSeq?: number): Promise<Examination | undefined> {
  const recall = emptyRecall();
  const damage: Damage[] = [];
  const misfolded = new Set<string>();
  let records = 0;
  let checkpoints = 0;
  let hashAt: string | undefined;
  let current: SegmentFile | undefined;
  let comparable = false;
  let entered = false;
  let folded: Pick<Recall, 'resources' | 'spent'> | undefined;
  let due = 0;

  function compare(): void {
    if (folded === undefined || current === undefined) return;
    const address = differ(folded.resources, recall.resources) ?? unlikeSpent(folded.spent, recall.spent);
    folded = undefined;
    if (address === undefined) return;
    const { name, seq } = current;
    misfolded.add(name);
    const message = `log/${name}: the checkpoint says of ${address} what the records before it do not`;
    damage.push({ code: 'checkpoint-fold', message, file: `log/${name}`, line: 1, seq });
  }

  function take(record: LogRecord): void {
    records += 1;
    if (record.seq === headSeq) hashAt = record.hash;
    if (record.kind === 'checkpoint') {
      checkpoints += 1;
      folded = comparable && record.body.recovers === undefined ? copyOf(recall) : undefined;
      due = record.body.resources;
    }
    fold(recall, record);
    if (record.kind === 'remembered') due -= 1;
    if (folded !== undefined && due === 0) compare();
  }

  function enter(file: SegmentFile, linked: boolean): void {
    current = file;
    comparable = linked && entered;
    entered = true;
    folded = undefined;
  }

  const view = await readAll(folder, { take, enter });
  if (view === undefined) return undefined;
  const all = [...view.damage, ...damage];
  return { view, damage: all, misfolded, recall, records, checkpoints, ...(hashAt === undefined ? {} : { hashAt }) };
}

function missingHead(head: Head, message: string, code = 'head-missing'): Damage {
  return {
    code,
    message: `record ${head.seq} with hash ${head.hash} is not part of the log: ${message}`,
    seq: head.seq,
  };
}

function checkHead(head: Head, found: Examination, from: number): Damage | undefined {
  const end = found.view.base?.end;
  if (found.hashAt === head.hash) return undefined;
  if (found.hashAt !== undefined) return missingHead(head, `that record has the hash ${found.hashAt}`);
  if (end === undefined) return missingHead(head, 'the log has no sound record');
  if (head.seq > end.seq) return missingHead(head, `the log ends at record ${end.seq}, before it`);
  if (head.seq < from) return missingHead(head, `not checkable, the log begins at record ${from}`, 'head-uncheckable');
  return missingHead(head, 'that record is not among the sound ones');
}

/** Files that others may read, and files that are not the store's. */
async function noteFiles(folder: string): Promise<readonly string[]> {
  const notes: string[] = [];
  const own = new Set(['log', 'key', 'quarantine']);
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
  const wrongHead = head === undefined ? undefined : checkHead(head, found, from);
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
