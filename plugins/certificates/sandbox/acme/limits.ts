/** Limits of the emulated authority, as public authorities have them: each is a bucket of tokens that refills evenly. */

import { RefusalError } from './refusal.ts';

/** `max` events at once; the time `perMs` refills all of them. */
export interface Limit {
  readonly max: number;
  readonly perMs: number;
}

/** Limits by what is counted, for all orders that are not exempt as renewals; absent: no limit. */
export interface Limits {
  readonly ordersPerAccount?: Limit;
  /** Certificates for a registered domain, or an address. */
  readonly certificatesPerDomain?: Limit;
  /** Certificates for exactly the same names. */
  readonly certificatesPerSet?: Limit;
  readonly failuresPerName?: Limit;
}

export type Counted = keyof Limits;

export interface Counts {
  readonly add: (kind: Counted, subject: string) => void;
  /** Throws a RefusalError with `Retry-After` if the limit is reached. */
  readonly check: (kind: Counted, subject: string) => void;
}

/** Tokens at a time. */
interface Bucket {
  tokens: number;
  at: number;
}

/** Smallest error of sums of refills. */
const EPSILON = 1e-6;

export function openCounts(limits: () => Limits, now: () => number): Counts {
  const buckets = new Map<string, Bucket>();

  /** The bucket as it is now; undefined without a limit. */
  function bucketOf(kind: Counted, subject: string): (Bucket & { readonly limit: Limit }) | undefined {
    const limit = limits()[kind];
    if (limit === undefined) return undefined;
    const key = `${kind} ${subject}`;
    const { tokens, at } = buckets.get(key) ?? { tokens: limit.max, at: now() };
    const refilled = Math.min(limit.max, tokens + ((now() - at) * limit.max) / limit.perMs);
    const bucket = { tokens: refilled, at: now() };
    buckets.set(key, bucket);
    return Object.assign(bucket, { limit });
  }

  return {
    add: (kind, subject) => {
      const bucket = bucketOf(kind, subject);
      if (bucket !== undefined) bucket.tokens -= 1;
    },
    check: (kind, subject) => {
      const bucket = bucketOf(kind, subject);
      if (bucket === undefined || bucket.tokens >= 1 - EPSILON) return;
      const seconds = Math.ceil(((1 - bucket.tokens) * bucket.limit.perMs) / bucket.limit.max / 1000 - EPSILON);
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
