/** The rules by which segments follow one another and a log may begin. */

import type { CheckpointRecord } from './chain.ts';
import { NO_HASH } from './line.ts';
import type { Damage, Head } from './store.ts';

/** A segment's place, for damage, and its name, for a sentence. */
export interface LinkPlace extends Pick<Damage, 'file' | 'line'> {
  readonly seq: number;
}

function nameOf({ file, seq }: LinkPlace): string {
  return file ?? `record ${seq}`;
}

/** The damage of missing records. */
export function missingRecords(from: number, to: number, where: string, at: Omit<LinkPlace, 'seq'> = {}): Damage {
  const which = from === to ? `record ${from} is` : `records ${from} to ${to} are`;
  return { code: 'record-missing', message: `${which} missing${where}`, ...at, seq: from };
}

/** True if a checkpoint continues the log after its last sound record. */
export function doesFollow({ seq, prev, body: { follows } }: CheckpointRecord, end: Head): boolean {
  return seq === end.seq + 1 && prev === end.hash && follows?.seq === end.seq && follows.hash === end.hash;
}

export function brokenLink(at: LinkPlace, before: string): Damage {
  return { code: 'chain-broken', message: `${nameOf(at)} does not follow the last record of ${before}`, ...at };
}

/**
 * The damage if a segment cannot be the first one. `all`: the log's checkpoints, one of which may prune the records
 * before it.
 */
export function startDamage(
  at: LinkPlace,
  { seq, prev, body }: CheckpointRecord,
  all: readonly (CheckpointRecord | undefined)[],
): Damage | undefined {
  const { follows } = body;
  if (follows === undefined) {
    if (prev === NO_HASH && (seq === 1 || body.recovers?.cold === true)) return undefined;
  } else if (prev === follows.hash && seq === follows.seq + 1) {
    const isPruned = all.some((one) => one?.body.prunes?.seq === follows.seq && one.body.prunes.hash === follows.hash);
    return isPruned ? undefined : missingRecords(1, follows.seq, ` before ${nameOf(at)}`, at);
  }
  return { code: 'chain-broken', message: `${nameOf(at)} does not begin a log`, ...at };
}
