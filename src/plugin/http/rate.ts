/**
 * The rate limit as a bucket of tokens, pure: a call takes one, and they flow back continuously.
 *
 * The provider says how many are left with every answer (`RateLimit-Limit`, `RateLimit-Remaining`), and that is the truth:
 * others may use the same project. `RateLimit-Reset` is when the bucket is full again, not when a call is possible, so it
 * is not waited for. Source: https://docs.hetzner.cloud/reference/cloud#rate-limiting
 */

/** What a project may do unless an answer says otherwise: calls an hour. */
const USUAL_LIMIT = 3600;
const HOUR_MS = 3_600_000;

export interface Bucket {
  /** Calls an hour; also how many the full bucket holds. */
  readonly limit: number;
  /** Below zero where calls have been promised tokens that are still to flow in. */
  readonly tokens: number;
  /** When that was so: epoch ms. */
  readonly at: number;
  /** Nothing is sent before: epoch ms. */
  readonly blockedUntil: number;
  /** When the last call that leaves the reserve alone was let through: epoch ms. */
  readonly pacedAt: number;
  /** Calls that have their token and no answer yet. */
  readonly open: number;
}

/** What one answer says of the limit. */
export interface RateNews {
  readonly limit?: number;
  readonly remaining?: number;
  /** The answer was a refusal for the rate's sake; ms to wait, where it says so. */
  readonly refused?: { readonly retryAfterMs?: number };
}

export function newBucket(now: number): Bucket {
  return { limit: USUAL_LIMIT, tokens: USUAL_LIMIT, at: now, blockedUntil: 0, pacedAt: 0, open: 0 };
}

/** How long one token takes to flow in, in ms. */
function tokenMs(bucket: Bucket): number {
  return HOUR_MS / bucket.limit;
}

function refilled(bucket: Bucket, now: number): Bucket {
  // A clock that was set back brings nothing, and takes nothing away.
  const passed = Math.max(0, now - bucket.at);
  return { ...bucket, tokens: Math.min(bucket.limit, bucket.tokens + passed / tokenMs(bucket)), at: now };
}

/** A reserve is never more than this part of the whole: a small limit would be nothing but reserve. */
const MOST_RESERVE = 0.25;

/**
 * Takes one token, or a promise of one: `waitMs` is how long until it may be used. A call that leaves `reserve` tokens
 * to others goes at once while there are more; from there on only as fast as tokens flow in.
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

/** A call that took a token was never sent. */
export function giveBack(before: Bucket): Bucket {
  return {
    ...before,
    tokens: Math.min(before.limit, before.tokens + 1),
    open: Math.max(0, before.open - 1),
    pacedAt: before.pacedAt - tokenMs(before),
  };
}

/** A call has ended; without an answer there is no news. */
export function learnRate(before: Bucket, news: RateNews, now: number): Bucket {
  const open = Math.max(0, before.open - 1);
  const known = refilled(before, now);
  const limit = news.limit !== undefined && news.limit >= 1 ? news.limit : known.limit;
  // Calls on their way may not be counted yet in what is left: rather wait than be refused.
  const told = news.remaining === undefined ? known.tokens : news.remaining - open;
  const bucket = { ...known, limit, open, tokens: Math.min(limit, told) };
  if (news.refused === undefined) return bucket;
  const wait = news.refused.retryAfterMs ?? tokenMs(bucket);
  return {
    ...bucket,
    tokens: Math.min(bucket.tokens, 0 - open),
    blockedUntil: Math.max(bucket.blockedUntil, now + wait),
  };
}
