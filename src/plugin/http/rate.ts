/**
 * The rate limit as a token bucket, pure: a call takes one token, and tokens are refilled continuously.
 *
 * Every response of the provider has the remaining number (`RateLimit-Limit`, `RateLimit-Remaining`), which replaces
 * the computed one, as other programs may use the same project. `RateLimit-Reset` is the time when the bucket is full,
 * not the time of the next possible call, so it is ignored.
 * Source: https://docs.hetzner.cloud/reference/cloud#rate-limiting
 */

/** Limit of a project until a response has another one, in calls per hour. */
const USUAL_LIMIT = 3600;
const HOUR_MS = 3_600_000;

export interface Bucket {
  /** Calls per hour, and the size of the bucket. */
  readonly limit: number;
  /** Negative if waiting calls have reserved tokens of the future. */
  readonly tokens: number;
  /** Time of `tokens`: epoch ms. */
  readonly at: number;
  /** Earliest time of the next call: epoch ms. */
  readonly blockedUntil: number;
  /** Time of the last paced call: epoch ms. */
  readonly pacedAt: number;
  /** Calls that have a token and no response yet. */
  readonly open: number;
}

/** The rate limit in one response. */
export interface RateNews {
  readonly limit?: number;
  readonly remaining?: number;
  /** Present if the response refused the call for its rate; `retryAfterMs` if the response has it. */
  readonly refused?: { readonly retryAfterMs?: number };
}

export function newBucket(now: number): Bucket {
  return { limit: USUAL_LIMIT, tokens: USUAL_LIMIT, at: now, blockedUntil: 0, pacedAt: 0, open: 0 };
}

/** Time to refill one token, in ms. */
function tokenMs(bucket: Bucket): number {
  return HOUR_MS / bucket.limit;
}

function refilled(bucket: Bucket, now: number): Bucket {
  // If the clock was set back, the bucket does not change.
  const passed = Math.max(0, now - bucket.at);
  return { ...bucket, tokens: Math.min(bucket.limit, bucket.tokens + passed / tokenMs(bucket)), at: now };
}

/** Largest share of the limit that can be reserve: otherwise, a small limit would be reserve alone. */
const MOST_RESERVE = 0.25;

/**
 * Takes one token, or reserves a future one; `waitMs` is the wait until it may be used. A call with a `reserve` does
 * not wait while more tokens than the reserve remain. Below that, such calls are paced at the refill rate.
 */
export function takeToken(
  before: Bucket,
  now: number,
  reserve = 0,
): { readonly bucket: Bucket; readonly waitMs: number } {
  const full = refilled(before, now);
  const bucket = { ...full, tokens: full.tokens - 1, open: full.open + 1 };
  const missing = Math.max(0, -bucket.tokens);
  const least = Math.max(missing * tokenMs(bucket), bucket.blockedUntil - now);
  const isPaced = reserve > 0 && bucket.tokens < Math.min(reserve, bucket.limit * MOST_RESERVE);
  if (!isPaced) return { bucket, waitMs: least };
  const pacedAt = Math.max(now + least, bucket.pacedAt + tokenMs(bucket));
  return { bucket: { ...bucket, pacedAt }, waitMs: pacedAt - now };
}

/** Returns the token of a call that was never sent. */
export function giveBack(before: Bucket): Bucket {
  return {
    ...before,
    tokens: Math.min(before.limit, before.tokens + 1),
    open: Math.max(0, before.open - 1),
    pacedAt: before.pacedAt - tokenMs(before),
  };
}

/** Updates the bucket after a call; without a response, `news` is empty. */
export function learnRate(before: Bucket, news: RateNews, now: number): Bucket {
  const open = Math.max(0, before.open - 1);
  const known = refilled(before, now);
  const limit = news.limit !== undefined && news.limit >= 1 ? news.limit : known.limit;
  // The remaining number may not count open calls yet: a wait is better than a refusal.
  const left = news.remaining === undefined ? known.tokens : news.remaining - open;
  const bucket = { ...known, limit, open, tokens: Math.min(limit, left) };
  if (news.refused === undefined) return bucket;
  const wait = news.refused.retryAfterMs ?? tokenMs(bucket);
  return {
    ...bucket,
    tokens: Math.min(bucket.tokens, 0 - open),
    blockedUntil: Math.max(bucket.blockedUntil, now + wait),
  };
}
