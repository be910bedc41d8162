/** The provider's rate limit: a bucket that refills all the time, and the headers that tell of it. */

export interface RateLimit {
  /** Requests that the bucket holds, and that are refilled in an hour. */
  readonly perHour: number;
}

/** What is left, and when that was true (epoch ms). */
export interface Bucket {
  readonly left: number;
  readonly at: number;
}

const HOUR_MS = 3_600_000;

/** The bucket as it is now. */
function refilled({ left, at }: Bucket, { perHour }: RateLimit, now: number): number {
  return Math.min(perHour, left + (Math.max(0, now - at) * perHour) / HOUR_MS);
}

/** Takes one request out of it; `allowed` is false where there was none left. */
export function takeRequest(
  bucket: Bucket,
  limit: RateLimit,
  now: number,
): { readonly bucket: Bucket; readonly allowed: boolean } {
  const left = refilled(bucket, limit, now);
  const allowed = left >= 1;
  return { bucket: { left: allowed ? left - 1 : left, at: now }, allowed };
}

/** `RateLimit-Reset` is when the bucket is full again, in Unix seconds: not when the next request may come. */
export function rateHeaders({ left, at }: Bucket, { perHour }: RateLimit): Readonly<Record<string, string>> {
  const full = at + ((perHour - left) * HOUR_MS) / perHour;
  return {
    'RateLimit-Limit': String(perHour),
    'RateLimit-Remaining': String(Math.floor(left)),
    'RateLimit-Reset': String(Math.ceil(full / 1000)),
  };
}
