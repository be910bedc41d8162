/** Walks the whole log: every row, every link between checkpoints, and every checkpoint folded again. */

import type { Recall } from '../../engine/remember.ts';
import { checkHead, missingHead } from '../check-head.ts';
import { foldCheck } from '../fold-check.ts';
import type { Damage, Head, VerifyReport } from '../store.ts';
import type { Transaction } from './connection.ts';
import type { Place } from './fence.ts';
import { type LogView, readLog } from './read-rows.ts';

export interface Examination {
  readonly view: LogView;
  /** What reading found, and checkpoints that do not follow from the records before them. */
  readonly damage: readonly Damage[];
  /** Sequence numbers of the checkpoints that do not follow. */
  readonly misfolded: ReadonlySet<number>;
  readonly recall: Recall;
  /** Hash of the record that was asked for. */
  readonly hashAt?: string;
}

/** Reads all of it. Undefined: the project has no log here. */
export async function examine(
  transaction: Transaction,
  place: Place,
  headSeq?: number,
): Promise<Examination | undefined> {
  const misfolded = new Set<number>();
  const damage: Damage[] = [];
  let hashAt: string | undefined;
  const check = foldCheck((seq, what) => {
    misfolded.add(seq);
    const message = `record ${seq}: the checkpoint says of ${what} what the records before it do not`;
    damage.push({ code: 'checkpoint-fold', message, seq });
  });
  const view = await readLog(transaction, place, {
    from: 'all',
    enter: check.enter,
    take: (record) => {
      if (record.seq === headSeq) hashAt = record.hash;
      check.take(record);
    },
  });
  if (view === undefined) return undefined;
  const all = [...view.damage, ...damage];
  return { view, damage: all, misfolded, recall: check.recall, ...(hashAt === undefined ? {} : { hashAt }) };
}

/** What `log verify` says. Writes nothing. */
export async function verifyRows(transaction: Transaction, place: Place, head?: Head): Promise<VerifyReport> {
  const found = await examine(transaction, place, head?.seq);
  if (found === undefined) {
    const damage = head === undefined ? [] : [missingHead(head, 'there is no log')];
    const status = head === undefined ? 'none' : 'damaged';
    return { status, damage, records: 0, segments: 0, checkpoints: 0, from: 1, notes: [] };
  }
  const { view } = found;
  const { ranges, base } = view;
  const first = ranges[0]?.checkpoint;
  const from = first?.seq ?? 1;
  const notes: string[] = [];
  if (first !== undefined && from > 1) {
    const why = first.body.follows === undefined ? 'a cold start' : 'the records before are no longer part of the log';
    notes.push(`complete from record ${from}: ${why}`);
  }
  if (view.facts.key === 'hidden') notes.push('the key of the store may not be read by this user, and was not checked');
  const wrongHead = head === undefined ? undefined : checkHead(head, { hashAt: found.hashAt, end: base?.end, from });
  const damage = wrongHead === undefined ? found.damage : [...found.damage, wrongHead];
  return {
    status: damage.length === 0 ? 'sound' : 'damaged',
    ...(base === undefined ? {} : { head: { seq: base.end.seq, hash: base.end.hash } }),
    damage,
    records: view.records,
    segments: ranges.length,
    checkpoints: ranges.filter(({ begun }) => begun !== undefined).length,
    from,
    notes,
  };
}
