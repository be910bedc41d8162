/**
 * Reads the whole log: every line, every link between segments, and every checkpoint against a new fold.
 *
 * A checkpoint is the fold of the records before it. So those records are folded again and compared with it, resource
 * by resource, unless there is nothing to compare with: the segment begins the log, starts it again after damage, or
 * follows a damaged segment.
 */

import type { Recall } from '../engine/remember.ts';
import type { Backend, Base, LogView, Segment } from './backend.ts';
import { checkHead, missingHead } from './check-head.ts';
import { foldCheck } from './fold-check.ts';
import type { Damage, Head, ReadReport, VerifyReport } from './store.ts';
import { defined } from '#plugin';

export interface Examination<V extends LogView = LogView> {
  readonly view: V;
  /** The result of reading, and checkpoints that do not follow from the records before them. */
  readonly damage: readonly Damage[];
  /** Sequence numbers of the checkpoints that do not follow. */
  readonly misfolded: ReadonlySet<number>;
  /** The state after the last sound record. */
  readonly recall: Recall;
  readonly records: number;
  readonly checkpoints: number;
  /** Hash of the requested record. */
  readonly hashAt?: string | undefined;
}

/** Undefined: the log does not exist. */
export async function examine<V extends LogView>(
  backend: Pick<Backend<V>, 'read'>,
  headSeq?: number,
): Promise<Examination<V> | undefined> {
  const damage: Damage[] = [];
  const misfolded = new Set<number>();
  let records = 0;
  let checkpoints = 0;
  let hashAt: string | undefined;
  let current: Pick<Damage, 'file' | 'line' | 'seq'> = {};
  const check = foldCheck((seq, what) => {
    misfolded.add(seq);
    const message = `${current.file ?? `record ${seq}`}: the checkpoint and the records before it differ on ${what}`;
    damage.push({ code: 'checkpoint-fold', message, ...current, seq });
  });
  const view = await backend.read({
    from: 'all',
    enter: (at, linked) => {
      current = at;
      check.enter(linked);
    },
    take: (record) => {
      records += 1;
      if (record.seq === headSeq) hashAt = record.hash;
      if (record.kind === 'checkpoint') checkpoints += 1;
      check.take(record);
    },
  });
  if (view === undefined) return undefined;
  const { recall } = check;
  return { view, damage: [...view.damage, ...damage], misfolded, recall, records, checkpoints, hashAt };
}

export function headOf({ seq, hash }: Head): Head {
  return { seq, hash };
}

/** A view as the report of a read, with all damage found. */
export function readReport({ base, torn }: LogView, damage: readonly Damage[]): ReadReport {
  return defined({
    status: damage.length === 0 ? 'sound' : 'damaged',
    head: base === undefined ? undefined : headOf(base.end),
    damage,
    torn,
  });
}

/** The report of `log verify`. With `head`, it also checks that the head is part of the log. */
export function verifyReport(found: Examination | undefined, head: Head | undefined): VerifyReport {
  if (found === undefined) {
    const damage = head === undefined ? [] : [missingHead(head, 'the log does not exist')];
    const status = head === undefined ? 'none' : 'damaged';
    return { status, damage, records: 0, segments: 0, checkpoints: 0, from: 1, notes: [] };
  }
  const { view, hashAt, records, checkpoints } = found;
  const first = view.segments[0];
  const from = first?.checkpoint === undefined ? 1 : first.seq;
  const wrongHead = head === undefined ? undefined : checkHead(head, { hashAt, end: view.base?.end, from });
  const why = first?.checkpoint?.body.follows === undefined ? 'a cold start' : 'older records are not part of the log';
  return {
    ...readReport(view, wrongHead === undefined ? found.damage : [...found.damage, wrongHead]),
    records,
    segments: view.segments.length,
    checkpoints,
    from,
    notes: [...(from > 1 ? [`complete from record ${from}: ${why}`] : []), ...view.notes],
  };
}

/** The segments of a log, split by its damage. */
export interface Split<S extends Segment = Segment> {
  readonly base?: Base<S> | undefined;
  /** Segments before damage that precedes the base. */
  readonly before: readonly S[];
  /** Segments that stay, up to the base. */
  readonly kept: readonly S[];
  /** Segments after the last sound record. */
  readonly after: readonly S[];
  /** The new beginning of the log, if it is later than before. */
  readonly prunes?: Head | undefined;
}

/** Splits a damaged log into the part that stays and the part that a recovery sets aside. */
export function split<S extends Segment>({ view, misfolded }: Examination<LogView<S>>): Split<S> {
  const { segments, base } = view;
  const at = base === undefined ? -1 : segments.indexOf(base);
  if (base === undefined || at < 0) return { before: [], kept: [], after: segments };
  const holds = (segment: S | undefined): boolean =>
    segment !== undefined && segment.linked && !misfolded.has(segment.seq);
  let start = at;
  while (start > 0 && holds(segments[start])) start -= 1;
  const first = segments[start];
  return {
    base,
    before: segments.slice(0, start),
    kept: segments.slice(start, at + 1),
    after: segments.slice(at + 1),
    prunes: holds(first) ? undefined : first?.checkpoint?.body.follows,
  };
}
