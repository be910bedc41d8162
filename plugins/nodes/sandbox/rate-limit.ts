/** The provider's rate limit: a bucket that refills continuously, and its headers. */

export interface RateLimit {
  /** Capacity of the bucket, and number of requests refilled per hour. */
  readonly perHour: number;
}

/** Requests left, at a time in epoch ms. */
export interface Bucket {
  readonly left: number;
  readonly at: number;
}

const HOUR_MS = 3_600_000;

/** The bucket at the present time. */
function refilled({ left, at }: Bucket, { perHour }: RateLimit, now: number): number {
  return Math.min(perHour, left + (Math.max(0, now - at) * perHour) / HOUR_MS);
}

/** Takes one request from the bucket; `allowed` is false if the bucket was empty. */
export function takeRequest(
  bucket: Bucket,
  limit: RateLimit,
  now: number,
): { readonly bucket: Bucket; readonly allowed: boolean } {
  const left = refilled(bucket, limit, now);
  const allowed = left >= 1;
  return { bucket: { left: allowed ? left - 1 : left, at: now }, allowed };
}

/** `RateLimit-Reset` is the time, in Unix seconds, at which the bucket is full, not that of the next allowed request. */
export function rateHeaders({ left, at }: Bucket, { perHour }: RateLimit): Readonly<Record<string, string>> {
  const full = at + ((perHour - left) * HOUR_MS) / perHour;
  return {
    'RateLimit-Limit': String(perHour),
    'RateLimit-Remaining': String(Math.floor(left)),
    'RateLimit-Reset': String(Math.ceil(full / 1000)),
  };
}
