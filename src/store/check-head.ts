/** Whether a head that somebody has noted is part of the log. */

import type { Damage, Head } from './store.ts';

/** What is known of the log that was walked. */
export interface HeadFacts {
  /** Hash of the record with the head's number, if that is a sound one. */
  readonly hashAt?: string | undefined;
  /** Last sound record. */
  readonly end?: Head | undefined;
  /** Number of the first record that is there. */
  readonly from: number;
}

export function missingHead(head: Head, message: string, code = 'head-missing'): Damage {
  return {
    code,
    message: `record ${head.seq} with hash ${head.hash} is not part of the log: ${message}`,
    seq: head.seq,
  };
}

/** Undefined: it is. */
export function checkHead(head: Head, { hashAt, end, from }: HeadFacts): Damage | undefined {
  if (hashAt === head.hash) return undefined;
  if (hashAt !== undefined) return missingHead(head, `that record has the hash ${hashAt}`);
  if (end === undefined) return missingHead(head, 'the log has no sound record');
  if (head.seq > end.seq) return missingHead(head, `the log ends at record ${end.seq}, before it`);
  if (head.seq < from) return missingHead(head, `not checkable, the log begins at record ${from}`, 'head-uncheckable');
  return missingHead(head, 'that record is not among the sound ones');
}
