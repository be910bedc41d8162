/** Checks that a head noted earlier is part of the log. */

import type { Damage, Head } from './store.ts';

/** Facts about the log that was walked. */
export interface HeadFacts {
  /** Hash of the record with the head's sequence number, if that record is sound. */
  readonly hashAt?: string | undefined;
  /** Last sound record. */
  readonly end?: Head | undefined;
  /** Sequence number of the first record in the log. */
  readonly from: number;
}

export function missingHead(head: Head, message: string, code = 'head-missing'): Damage {
  return {
    code,
    message: `record ${head.seq} with hash ${head.hash} is not part of the log: ${message}`,
    seq: head.seq,
  };
}

/** The damage if the head is not part of the log; otherwise undefined. */
export function checkHead(head: Head, { hashAt, end, from }: HeadFacts): Damage | undefined {
  if (hashAt === head.hash) return undefined;
  if (hashAt !== undefined) return missingHead(head, `that record has the hash ${hashAt}`);
  if (end === undefined) return missingHead(head, 'the log has no sound record');
  if (head.seq > end.seq) return missingHead(head, `the log ends earlier, at record ${end.seq}`);
  if (head.seq < from)
    return missingHead(
      head,
      `the record cannot be checked, because the log begins at record ${from}`,
      'head-uncheckable',
    );
  return missingHead(head, 'that record is damaged');
}
