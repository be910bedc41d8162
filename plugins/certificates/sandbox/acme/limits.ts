/** Limits of the emulated authority, as public authorities have them: a number of events of one kind within a window. */

import { RefusalError } from './refusal.ts';

/** Limits by what is counted; absent: no limit. */
export interface Limits {
  readonly ordersPerAccount?: number;
  /** Certificates for exactly the same names. */
  readonly certificatesPerSet?: number;
  readonly failuresPerName?: number;
  /** Length of the window, in ms. */
  readonly windowMs: number;
}

export type Counted = Exclude<keyof Limits, 'windowMs'>;

export interface Counts {
  readonly add: (kind: Counted, subject: string) => void;
  /** Throws a RefusalError with `Retry-After` if the limit is reached. */
  readonly check: (kind: Counted, subject: string) => void;
}

export function openCounts(limits: () => Limits, now: () => number): Counts {
  const events = new Map<string, number[]>();
  const recent = (kind: Counted, subject: string): readonly number[] =>
    (events.get(`${kind} ${subject}`) ?? []).filter((at) => at > now() - limits().windowMs);
  return {
    add: (kind, subject) => void events.set(`${kind} ${subject}`, [...recent(kind, subject), now()]),
    check: (kind, subject) => {
      const most = limits()[kind];
      const known = recent(kind, subject);
      const [first] = known;
      if (most === undefined || first === undefined || known.length < most) return;
      const seconds = Math.ceil((first + limits().windowMs - now()) / 1000);
      throw new RefusalError(
        'rateLimited',
        429,
        `too many requests (${kind}) for ${subject}; retry after ${seconds} s`,
        {
          headers: { 'retry-after': String(seconds) },
        },
      );
    },
  };
}
