/**
 * Reads the log: its newest segment alone, as a start does, or all of it in order, as verification does.
 *
 * The order of segments is that of their tokens, then of their sequence numbers. Their checkpoints say which of them
 * belong to the log; the presence of a file does not:
 *
 * | A file in `log/`                                                       | is |
 * |-------------------------------------------------------------------------|----|
 * | named in `seals` of a later checkpoint                                  | part of the log up to the sealed length; more is *late* |
 * | begun after the place that a checkpoint with a higher token seals       | *late*: its writer had lost the log without knowing it |
 * | named in `recovers.quarantine` of a later checkpoint                    | *set aside*: the recovery was stopped before it was moved |
 * | begun at or before the record that a later checkpoint says is pruned     | *pruned*: due for deletion, at any time |
 * | any other segment                                                       | part of the log: it must follow the previous one |
 * | no segment at all                                                       | damage |
 *
 * The first segment begins at record 1, or a checkpoint says which records before it were deleted (`prunes`), or it is
 * itself the cold start after damage that left nothing.
 */

import { basename, join } from 'node:path';
import { sameJson } from '#plugin';
import { readdir, stat } from '#plugin/direct-files';
import { type Base, isBase, type LogView, type Reading, type Seal, type Segment } from '../backend.ts';
import type { CheckpointRecord } from '../chain.ts';
import { errorCode } from '../error-code.ts';
import { StoreError } from '../errors.ts';
import {
  compareSegments,
  IGNORE_FILE,
  logFolder,
  parseInboxName,
  parseLockName,
  parseSegmentName,
  type SegmentFile,
  TEMPORARY,
} from './layout.ts';
import { brokenLink, doesFollow, type LinkPlace, missingRecords, startDamage } from '../links.ts';
import { digestOfSegment, readCheckpoint, type SegmentScan, scanSegment } from './scan-segment.ts';
import type { Damage } from '../store.ts';

/** A segment with its file. */
export type FileSegment = Segment & SegmentScan & { readonly file: SegmentFile };

export interface FileLogView extends LogView<FileSegment> {
  /** Segments that a recovery set aside or a late writer began. They are not part of the log. */
  readonly apart: readonly SegmentFile[];
  /** Names of files in the log's folder that are not segments. */
  readonly strays: readonly string[];
  /** The files of a reading that compares. */
  readonly listing?: Listing;
}

/** The files in the log's folder. */
export interface Listing {
  /** In the log's order. */
  readonly segments: readonly SegmentFile[];
  readonly strays: readonly string[];
}

/** Undefined: the store does not exist. */
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

/** A text that every change of the log changes: its newest segment, and the end of that. Reads no record. */
export async function logMark(folder: string): Promise<string> {
  const segments = (await listLog(folder))?.segments ?? [];
  const newest = segments.at(-1);
  if (newest === undefined) return '';
  const { size, mtimeMs } = await stat(join(logFolder(folder), newest.name));
  return `${segments.length}:${newest.name}:${size}:${mtimeMs}`;
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

/** Name of the project that owns the log, from the newest readable checkpoint. */
export async function projectOf(folder: string): Promise<string | undefined> {
  const segments = (await listLog(folder))?.segments ?? [];
  for (const file of segments.toReversed()) {
    const checkpoint = await readCheckpoint(folder, file);
    if (checkpoint !== undefined) return checkpoint.body.project;
  }
  return undefined;
}

function strayDamage(names: readonly string[]): Damage[] {
  return names.map((name) => ({
    code: 'stray-file',
    message: `log/${name} is not part of a log`,
    file: `log/${name}`,
  }));
}

const NO_SEGMENT: Damage = {
  code: 'no-segment',
  message: 'the store has no log: every segment is missing',
  file: 'log',
};

/** Names of the segments that a checkpoint set aside. */
function setAside(checkpoints: Iterable<CheckpointRecord | undefined>): Set<string> {
  const names = new Set<string>();
  for (const checkpoint of checkpoints) {
    for (const path of checkpoint?.body.recovers?.quarantine ?? []) names.add(basename(path));
  }
  return names;
}

function placeOf(file: SegmentFile): LinkPlace {
  return { file: `log/${file.name}`, line: 1, seq: file.seq };
}

function tornOf(base: Base<FileSegment> | undefined): LogView['torn'] {
  return base === undefined || base.torn === 0 ? undefined : { file: base.name, bytes: base.torn };
}

/** Reads the log in a store's folder. Undefined: the store does not exist. */
export async function readLog(folder: string, reading: Reading): Promise<FileLogView | undefined> {
  const listing = await listLog(folder);
  if (listing === undefined) return undefined;
  const { from } = reading;
  const read = from === 'all' ? readAll : from === 'newest' ? readNewest : readPart;
  const view = await read(folder, listing, reading);
  return listing.segments.length > 0 ? view : { ...view, damage: [NO_SEGMENT, ...view.damage] };
}

/**
 * Reads the newest segment, or the previous one if its checkpoint is not valid. Does not find damage in older segments,
 * which does not affect the state in the newest one.
 */
async function readNewest(
  folder: string,
  { segments: files, strays }: Listing,
  reading: Reading,
): Promise<FileLogView> {
  const damage: Damage[] = [];
  const segments: FileSegment[] = [];
  let base: Base<FileSegment> | undefined;
  let newer: CheckpointRecord | undefined;
  for (const [index, file] of [...files.entries()].toReversed()) {
    const seals = newer?.body.seals;
    const scan = await scanSegment(folder, file, {
      seal: seals?.segment === file.name ? seals : undefined,
      newest: index === files.length - 1,
      take: reading.take,
      compares: reading.compares,
    });
    if (scan.damage !== undefined) damage.push(scan.damage);
    const segment: FileSegment = { ...scan, file, name: `log/${file.name}`, seq: file.seq, linked: false };
    segments.unshift(segment);
    newer = scan.checkpoint;
    if (!isBase(segment)) continue;
    base = segment;
    break;
  }
  const aside = setAside([base?.checkpoint]);
  const others = strays.filter((name) => !aside.has(name));
  damage.push(...strayDamage(others));
  const newest = { segments, base, damage, notes: [], torn: tornOf(base), leftovers: [], apart: [], strays: others };
  return reading.compares === true ? { ...newest, listing: { segments: files, strays } } : newest;
}

/**
 * True if the log still has the bytes of a view of the newest segment. The whole segment is hashed, because a size and a
 * time do not prove it: a torn tail may be cut and another record of its length be written. False if that is not certain.
 */
export async function isUnchangedLog(folder: string, { base, damage, listing }: FileLogView): Promise<boolean> {
  if (base?.digest === undefined || listing === undefined || damage.length > 0) return false;
  if (base.file.name !== listing.segments.at(-1)?.name) return false;
  if (!sameJson(await listLog(folder), listing)) return false;
  return (await digestOfSegment(folder, base.file, base.size)) === base.digest;
}

/**
 * The reason why a segment does not follow the previous one; undefined if it does, or if the previous one is damaged.
 */
function linkDamage(file: SegmentFile, checkpoint: CheckpointRecord, before: FileSegment): Damage | undefined {
  const { end } = before;
  if (end === undefined || before.damage !== undefined || doesFollow(checkpoint, end)) return undefined;
  return file.seq > end.seq + 1
    ? missingRecords(end.seq + 1, file.seq - 1, ` between ${before.name} and log/${file.name}`, placeOf(file))
    : brokenLink(placeOf(file), before.name);
}

/** The files that are part of the log, as their checkpoints say (see the table at the top of this file). */
class Membership {
  readonly #checkpoints: readonly (CheckpointRecord | undefined)[];
  readonly #seals = new Map<string, Seal>();
  readonly #prunedTo: number;
  /** Names of the segments that recoveries set aside. */
  readonly aside: ReadonlySet<string>;

  constructor(checkpoints: readonly (CheckpointRecord | undefined)[]) {
    this.#checkpoints = checkpoints;
    for (const checkpoint of checkpoints) {
      const seals = checkpoint?.body.seals;
      if (seals !== undefined) this.#seals.set(seals.segment, seals);
    }
    this.#prunedTo = Math.max(0, ...checkpoints.map((one) => one?.body.prunes?.seq ?? 0));
    this.aside = setAside(checkpoints);
  }

  sealOf(file: SegmentFile): Seal | undefined {
    return this.#seals.get(file.name);
  }

  /** The reason why a segment is not part of the log; undefined if it is. */
  of(file: SegmentFile): 'member' | 'aside' | 'pruned' | 'late' {
    if (!this.#seals.has(file.name) && this.aside.has(file.name)) return 'aside';
    if (file.seq <= this.#prunedTo) return 'pruned';
    const isLate = this.#checkpoints.some(
      (one) => one?.body.seals !== undefined && one.body.token > file.token && one.body.seals.seq < file.seq,
    );
    return isLate ? 'late' : 'member';
  }
}

const APART_NOTES = {
  aside: 'was set aside by a recovery and is not part of the log',
  pruned: 'was pruned and is not part of the log; the next prune deletes it',
  late: 'was begun by a writer that had lost the log, and is not part of it',
} as const;

/**
 * Reads every segment in order. A damaged segment gives its sound part; the next one begins with its own checkpoint.
 */
async function readAll(folder: string, listing: Listing, reading: Reading): Promise<FileLogView> {
  const { notes, damage, ...found } = await readMembers(folder, listing.segments, reading);
  const { aside } = found;
  const setAsideNotes = listing.strays
    .filter((name) => aside.has(name))
    .map((name) => `log/${name} was set aside by a recovery`);
  const strays = listing.strays.filter((name) => !aside.has(name));
  return viewOf(found, {
    damage: [...damage, ...strayDamage(strays)],
    notes: [...notes, ...setAsideNotes, ...(await noteFiles(folder))],
    strays,
  });
}

/** Reads the segments from the one that has a record. Older ones are not read. */
async function readPart(folder: string, { segments, strays }: Listing, reading: Reading): Promise<FileLogView> {
  const { from } = reading;
  const at = typeof from === 'object' ? from.at : 1;
  const first = Math.max(
    0,
    segments.findLastIndex(({ seq }) => seq <= at),
  );
  const { damage, notes, ...found } = await readMembers(folder, segments.slice(first), reading, { isPart: first > 0 });
  return viewOf(found, { damage, notes, strays });
}

interface Members {
  readonly segments: readonly FileSegment[];
  readonly leftovers: readonly Segment[];
  readonly apart: readonly SegmentFile[];
  readonly damage: readonly Damage[];
  readonly notes: readonly string[];
  /** Names of the segments that recoveries set aside. */
  readonly aside: ReadonlySet<string>;
}

function viewOf(
  { segments, leftovers, apart }: Pick<Members, 'segments' | 'leftovers' | 'apart'>,
  more: Pick<FileLogView, 'damage' | 'notes' | 'strays'>,
): FileLogView {
  const base = segments.findLast(isBase);
  return { segments, base, torn: tornOf(base), leftovers, apart, ...more };
}

/** Reads segments in order: those that are part of the log. `isPart`: older ones come before the first of them. */
async function readMembers(
  folder: string,
  files: readonly SegmentFile[],
  reading: Reading,
  { isPart = false } = {},
): Promise<Members> {
  const checkpoints: (CheckpointRecord | undefined)[] = [];
  for (const file of files) checkpoints.push(await readCheckpoint(folder, file));
  const membership = new Membership(checkpoints);
  const damage: Damage[] = [];
  const notes: string[] = [];
  const segments: FileSegment[] = [];
  const leftovers: Segment[] = [];
  const apart: SegmentFile[] = [];

  for (const [index, file] of files.entries()) {
    const name = `log/${file.name}`;
    const membershipOf = membership.of(file);
    if (membershipOf !== 'member') {
      notes.push(`${name} ${APART_NOTES[membershipOf]}`);
      if (membershipOf === 'pruned') leftovers.push({ name, seq: file.seq, linked: false });
      else apart.push(file);
      continue;
    }
    const checkpoint = checkpoints[index];
    const before = segments.at(-1);
    const cold = checkpoint?.body.recovers?.cold === true;
    let linked = false;
    if (checkpoint !== undefined && (before === undefined ? !isPart : !cold)) {
      const wrong =
        before === undefined
          ? startDamage(placeOf(file), checkpoint, checkpoints)
          : linkDamage(file, checkpoint, before);
      if (wrong !== undefined) damage.push(wrong);
      linked = wrong === undefined && before?.damage === undefined;
    }
    const scan = await scanSegment(folder, file, {
      seal: membership.sealOf(file),
      newest: index === files.length - 1,
      enter: () => reading.enter?.(placeOf(file), linked),
      take: reading.take,
    });
    if (scan.damage !== undefined) damage.push(scan.damage);
    if (scan.late > 0) notes.push(`${name}: ${scan.late} bytes after its seal are not part of the log`);
    segments.push({ ...scan, file, name, seq: file.seq, linked });
  }
  return { segments, leftovers, apart, damage, notes, aside: membership.aside };
}

function strayNote(name: string): string {
  return `inbox/${name} is not a file of the inbox`;
}

/** Files that other users may read, and files that do not belong to the store. */
async function noteFiles(folder: string): Promise<readonly string[]> {
  const notes: string[] = [];
  const own = new Set(['log', 'inbox', 'quarantine', IGNORE_FILE]);
  const top = await readdir(folder);
  for (const name of top) {
    if (!own.has(name) && !name.startsWith(TEMPORARY) && parseLockName(name) === undefined)
      notes.push(`${name} is not a file of the store`);
  }
  const inside: string[] = [];
  for (const inner of ['log', 'inbox'].filter((one) => top.includes(one))) {
    const names = await readdir(join(folder, inner));
    inside.push(...names.map((name) => join(inner, name)));
    if (inner === 'inbox') notes.push(...names.filter((name) => parseInboxName(name) === undefined).map(strayNote));
  }
  for (const name of ['.', ...top.filter((one) => own.has(one)), ...inside]) {
    const found = await stat(join(folder, name)).catch(() => undefined);
    if (found === undefined || (found.mode & 0o077) === 0) continue;
    const mode = (found.mode & 0o777).toString(8).padStart(4, '0');
    notes.push(`${name === '.' ? 'the folder of the store' : name} is accessible to other users (mode ${mode})`);
  }
  return notes;
}
