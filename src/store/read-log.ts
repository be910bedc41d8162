/**
 * Reads the log: its newest segment alone, as a start does, or all of it in order, as verification does.
 *
 * The order of segments is that of their tokens, then of their sequence numbers. Which of them belong to the log is
 * said by their checkpoints, never by the files that happen to lie there:
 *
 * | A file in `log/`                                                       | is |
 * |-------------------------------------------------------------------------|----|
 * | named in `seals` of a later checkpoint                                  | part of the log up to the sealed length; more is *late* |
 * | begun after the place that a checkpoint with a higher token seals       | *late*: its writer had lost the log, and did not know yet |
 * | named in `recovers.quarantine` of a later checkpoint                    | *set aside*: the recovery was stopped before it was moved |
 * | begun at or before the record that a later checkpoint says is pruned     | *pruned*: it was to be deleted, and may be at any time |
 * | any other segment                                                       | part of the log: it must follow the one before it |
 * | no segment at all                                                       | damage |
 *
 * The first segment begins at record 1, or a checkpoint says which records before it are gone (`prunes`), or it is
 * itself the cold start after a damage that left nothing.
 */

import { readdir } from 'node:fs/promises';
import { basename } from 'node:path';
import type { LogRecord } from '../engine/record.ts';
import { errorCode, StoreError } from './errors.ts';
import { keyCheckOf, readKey } from './key.ts';
import { compareSegments, logFolder, parseSegmentName, type SegmentFile, TEMPORARY } from './layout.ts';
import { NO_HASH } from './line.ts';
import {
  type CheckpointRecord,
  type End,
  readCheckpoint,
  type Seal,
  type SegmentScan,
  scanSegment,
} from './scan-segment.ts';
import type { Damage } from './store.ts';

type Take = (record: LogRecord) => void;

/** What lies in the log's folder. */
export interface Listing {
  /** In the log's order. */
  readonly segments: readonly SegmentFile[];
  readonly strays: readonly string[];
}

/** Undefined: there is no store. */
export async function listLog(folder: string): Promise<Listing | undefined> {
  let names: string[];
  try {
    names = await readdir(logFolder(folder));
  } catch (error) {
    if (errorCode(error) !== 'ENOENT')
      throw new StoreError(`the log in ${folder} cannot be read: ${errorCode(error)}`, { cause: error });
    return (await exists(folder)) ? { segments: [], strays: [] } : undefined;
  }
  const segments: SegmentFile[] = [];
  const strays: string[] = [];
  for (const name of names) {
    const file = parseSegmentName(name);
    if (file !== undefined) segments.push(file);
    else if (!name.startsWith(TEMPORARY)) strays.push(name);
  }
  return { segments: segments.sort(compareSegments), strays: strays.sort() };
}

async function exists(folder: string): Promise<boolean> {
  try {
    await readdir(folder);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw new StoreError(`the store ${folder} cannot be read: ${errorCode(error)}`, { cause: error });
  }
}

/** Name of the project whose log it is: the newest checkpoint that can be read says it. */
export async function projectOf(folder: string): Promise<string | undefined> {
  const segments = (await listLog(folder))?.segments ?? [];
  for (const file of segments.toReversed()) {
    const checkpoint = await readCheckpoint(folder, file);
    if (checkpoint !== undefined) return checkpoint.body.project;
  }
  return undefined;
}

/** The log up to its last sound record, and what is wrong with it. */
export interface LogView {
  readonly damage: readonly Damage[];
  readonly notes: readonly string[];
  /** The segment whose checkpoint and tail the memory comes from; absent where none holds. */
  readonly base?: SegmentScan & { readonly begun: End; readonly end: End; readonly checkpoint: CheckpointRecord };
}

export function isBase(scan: SegmentScan): scan is NonNullable<LogView['base']> {
  return scan.begun !== undefined && scan.end !== undefined && scan.checkpoint !== undefined;
}

function strayDamage(names: readonly string[]): Damage[] {
  return names.map((name) => ({ code: 'stray-file', message: `log/${name} is no part of a log`, file: `log/${name}` }));
}

const NO_SEGMENT: Damage = {
  code: 'no-segment',
  message: 'the store has no log: every segment is missing',
  file: 'log',
};

async function checkKey(folder: string, newest: CheckpointRecord | undefined): Promise<readonly Damage[]> {
  const key = await readKey(folder);
  if (key === 'missing') return [{ code: 'key-missing', message: 'the key of the store is missing', file: 'key' }];
  if (key === 'malformed') return [{ code: 'key-broken', message: 'the key of the store is damaged', file: 'key' }];
  if (newest === undefined || newest.body.keyCheck === keyCheckOf(key)) return [];
  return [
    { code: 'key-wrong', message: 'the key of the store is not the one that the log was made with', file: 'key' },
  ];
}

/** Base names that a checkpoint has set aside. */
function setAside(checkpoints: Iterable<CheckpointRecord | undefined>): Set<string> {
  const names = new Set<string>();
  for (const checkpoint of checkpoints) {
    for (const path of checkpoint?.body.recovers?.quarantine ?? []) names.add(basename(path));
  }
  return names;
}

/**
 * Reads the newest segment, and gives its records to `take`. Where its checkpoint does not hold, the one before it is
 * what is sound. Damage in older segments is not seen here: it takes nothing from what the newest one remembers.
 */
export async function readNewest(folder: string, take?: Take): Promise<LogView | undefined> {
  const listing = await listLog(folder);
  if (listing === undefined) return undefined;
  const { segments } = listing;
  const damage: Damage[] = [];
  let base: LogView['base'];
  let newer: CheckpointRecord | undefined;
  for (let index = segments.length - 1; index >= 0 && base === undefined; index -= 1) {
    const file = segments[index] as SegmentFile;
    const seals: Seal | undefined = newer?.body.seals?.segment === file.name ? newer.body.seals : undefined;
    const scan = await scanSegment(folder, file, { seal: seals, newest: index === segments.length - 1, take });
    if (scan.damage !== undefined) damage.push(scan.damage);
    if (isBase(scan)) base = scan;
    newer = scan.checkpoint;
  }
  if (segments.length === 0) damage.push(NO_SEGMENT);
  const aside = setAside([base?.checkpoint]);
  damage.push(...strayDamage(listing.strays.filter((name) => !aside.has(name))));
  damage.push(...(await checkKey(folder, base?.checkpoint)));
  return { damage, notes: [], ...(base === undefined ? {} : { base }) };
}

/** One segment of the log as the walk over all of it finds it. */
export interface Link {
  readonly scan: SegmentScan;
  /** It follows the segment before it, which is sound to its end; the first one: it begins where the log does. */
  readonly linked: boolean;
}

export interface FullView extends LogView {
  readonly links: readonly Link[];
  /** Segments that a recovery set aside, or that a late writer began: no part of the log. */
  readonly apart: readonly SegmentFile[];
  /** Segments that a prune was stopped before it had deleted: no part of the log either. */
  readonly pruned: readonly SegmentFile[];
  readonly strays: readonly string[];
}

export interface Walker {
  readonly take?: Take | undefined;
  /** Comes before the records of a segment. `linked`: they go on from the records before. */
  readonly enter?: ((file: SegmentFile, linked: boolean) => void) | undefined;
}

/** Why a segment does not follow the one before it; undefined if it does. */
function linkDamage(file: SegmentFile, checkpoint: CheckpointRecord, before: SegmentScan): Damage | undefined {
  const { follows } = checkpoint.body;
  const { end } = before;
  if (end === undefined || before.damage !== undefined) return undefined;
  const place = { file: `log/${file.name}`, line: 1, seq: file.seq };
  const due = end.seq + 1;
  if (file.seq > due) {
    const gap = file.seq - 1 === due ? `record ${due} is` : `records ${due} to ${file.seq - 1} are`;
    return {
      code: 'segment-missing',
      message: `${gap} missing between log/${before.file.name} and log/${file.name}`,
      ...place,
    };
  }
  if (file.seq === due && checkpoint.prev === end.hash && follows?.seq === end.seq && follows.hash === end.hash)
    return undefined;
  return {
    code: 'chain-broken',
    message: `log/${file.name} does not follow the last record of log/${before.file.name}`,
    ...place,
  };
}

/** Why a segment cannot be the first one. */
function startDamage(
  file: SegmentFile,
  checkpoint: CheckpointRecord,
  all: readonly (CheckpointRecord | undefined)[],
): Damage | undefined {
  const { body, prev } = checkpoint;
  if (body.follows === undefined) {
    if (prev === NO_HASH && (file.seq === 1 || body.recovers?.cold === true)) return undefined;
  } else if (prev === body.follows.hash && file.seq === body.follows.seq + 1) {
    const { follows } = body;
    if (all.some((one) => one?.body.prunes?.seq === follows.seq && one.body.prunes.hash === follows.hash))
      return undefined;
    const gap = follows.seq === 1 ? 'record 1 is' : `records 1 to ${follows.seq} are`;
    return {
      code: 'segment-missing',
      message: `${gap} missing before log/${file.name}`,
      file: `log/${file.name}`,
      line: 1,
      seq: file.seq,
    };
  }
  return {
    code: 'chain-broken',
    message: `log/${file.name} does not begin where a log does`,
    file: `log/${file.name}`,
    line: 1,
    seq: file.seq,
  };
}

function keyChange(
  file: SegmentFile,
  checkpoint: CheckpointRecord,
  before: CheckpointRecord | undefined,
): Damage | undefined {
  if (
    before === undefined ||
    checkpoint.body.recovers !== undefined ||
    before.body.keyCheck === checkpoint.body.keyCheck
  )
    return undefined;
  return {
    code: 'key-changed',
    message: `log/${file.name} was made with another key than the segment before it`,
    file: `log/${file.name}`,
    line: 1,
    seq: file.seq,
  };
}

/** Reads every segment in order. A damaged one gives its sound part; the next begins with a checkpoint of its own. */
export async function readAll(folder: string, walker: Walker): Promise<FullView | undefined> {
  const listing = await listLog(folder);
  if (listing === undefined) return undefined;
  const { segments } = listing;
  const checkpoints: (CheckpointRecord | undefined)[] = [];
  for (const file of segments) checkpoints.push(await readCheckpoint(folder, file));

  const aside = setAside(checkpoints);
  const seals = new Map<string, Seal>();
  for (const checkpoint of checkpoints)
    if (checkpoint?.body.seals !== undefined) seals.set(checkpoint.body.seals.segment, checkpoint.body.seals);
  const isLate = (file: SegmentFile): boolean =>
    checkpoints.some(
      (one) => one?.body.seals !== undefined && one.body.token > file.token && one.body.seals.seq < file.seq,
    );

  const prunedTo = Math.max(0, ...checkpoints.map((one) => one?.body.prunes?.seq ?? 0));

  const damage: Damage[] = [];
  const notes: string[] = [];
  const links: Link[] = [];
  const pruned: SegmentFile[] = [];
  const apart: SegmentFile[] = [];
  let base: LogView['base'];
  let before: Link | undefined;

  for (const [index, file] of segments.entries()) {
    const seal = seals.get(file.name);
    if (seal === undefined && aside.has(file.name)) {
      apart.push(file);
      notes.push(`log/${file.name} was set aside by a recovery and is no part of the log`);
      continue;
    }
    if (file.seq <= prunedTo) {
      pruned.push(file);
      notes.push(`log/${file.name} was pruned and is no part of the log; the next prune deletes it`);
      continue;
    }
    if (isLate(file)) {
      apart.push(file);
      notes.push(`log/${file.name} was begun by a writer that had lost the log; it is no part of it`);
      continue;
    }
    const checkpoint = checkpoints[index];
    let linked = checkpoint !== undefined;
    if (checkpoint !== undefined) {
      const cold = checkpoint.body.recovers?.cold === true;
      const found =
        before === undefined
          ? startDamage(file, checkpoint, checkpoints)
          : cold
            ? undefined
            : linkDamage(file, checkpoint, before.scan);
      const changed = keyChange(file, checkpoint, before?.scan.checkpoint);
      if (found !== undefined) damage.push(found);
      if (changed !== undefined) damage.push(changed);
      linked =
        found === undefined &&
        changed === undefined &&
        (before === undefined || (!cold && before.scan.damage === undefined));
    }
    walker.enter?.(file, linked);
    const scan = await scanSegment(folder, file, { seal, newest: index === segments.length - 1, take: walker.take });
    if (scan.damage !== undefined) damage.push(scan.damage);
    if (scan.late > 0)
      notes.push(`log/${file.name}: ${scan.late} bytes after the place where it was sealed are no part of the log`);
    before = { scan, linked };
    links.push(before);
    if (isBase(scan)) base = scan;
  }
  const first = links[0]?.scan;
  if (first?.checkpoint !== undefined && first.file.seq > 1) {
    notes.push(
      `complete from record ${first.file.seq}: ${first.checkpoint.body.follows === undefined ? 'a cold start' : 'the records before are no longer part of the log'}`,
    );
  }
  if (segments.length === 0) damage.push(NO_SEGMENT);
  for (const name of listing.strays.filter((one) => aside.has(one)))
    notes.push(`log/${name} was set aside by a recovery`);
  const strays = listing.strays.filter((name) => !aside.has(name));
  damage.push(...strayDamage(strays), ...(await checkKey(folder, base?.checkpoint)));
  return { damage, notes, links, apart, pruned, strays, ...(base === undefined ? {} : { base }) };
}
