/** The bucket of the rate limit: the calls that are sent at once, those that wait, and their waits. */

import { describe, expect, test } from 'vitest';
import {
  ApiError,
  type Bucket,
  decide,
  giveBack,
  learnRate,
  mayRetry,
  newBucket,
  nothingSpent,
  takeToken,
  withCall,
  withRetry,
} from '#plugin/http';

const T = Date.parse('2026-11-20T00:00:00Z');

/** A bucket with this number of tokens at T, and no calls in progress. */
function bucket(tokens: number, more: Partial<Bucket> = {}): Bucket {
  return { ...newBucket(T), tokens, ...more };
}

/** The waits of a number of calls at one time. */
function waits(from: Bucket, calls: number, now = T, reserve = 0): readonly number[] {
  let state = from;
  return Array.from({ length: calls }, () => {
    const { bucket: next, waitMs } = takeToken(state, now, reserve);
    state = next;
    return Math.max(0, waitMs);
  });
}

describe('a call', () => {
  test.each([
    ['a full bucket lets everything through', bucket(3600), 3, T, 0, [0, 0, 0]],
    ['an empty one gives a token a second, to each in turn', bucket(0), 3, T, 0, [1000, 2000, 3000]],
    ['the last token goes at once', bucket(1), 2, T, 0, [0, 1000]],
    ['part of a token is waited for to its end', bucket(0.25), 1, T, 0, [750]],
    ['tokens flow in over time', bucket(0), 3, T + 2000, 0, [0, 0, 1000]],
    ['a clock that was set back brings nothing', bucket(1), 2, T - 60_000, 0, [0, 1000]],
    ['a small limit flows in slowly', bucket(0, { limit: 36 }), 1, T, 0, [100_000]],
    ['a block holds up a full bucket too', bucket(3600, { blockedUntil: T + 5000 }), 2, T, 0, [5000, 5000]],
    ['a block that is over does not', bucket(3600, { blockedUntil: T - 1 }), 1, T, 0, [0]],
    ['above the reserve everything goes at once', bucket(103), 3, T, 100, [0, 0, 0]],
    ['from there on only as fast as tokens flow in', bucket(101), 4, T, 100, [0, 0, 1000, 2000]],
    ['a reserve is a quarter of a small limit at most', bucket(20, { limit: 36 }), 2, T, 100, [0, 0]],
  ] as const)('%s', (_name, from, calls, now, reserve, expected) => {
    expect(waits(from, calls, now, reserve)).toEqual(expected);
  });

  test('it never holds more than its limit', () => {
    expect(takeToken(bucket(3600), T + 3_600_000).bucket.tokens).toBe(3599);
  });

  test('a call that was never sent returns its token', () => {
    const taken = takeToken(bucket(5), T).bucket;
    expect(taken).toMatchObject({ tokens: 4, open: 1 });
    expect(giveBack(taken)).toMatchObject({ tokens: 5, open: 0 });
    const paced = [1, 2, 3].reduce((state) => takeToken(state, T, 100).bucket, bucket(50));
    expect(takeToken(paced, T, 100).waitMs).toBe(3000);
    expect(takeToken(giveBack(paced), T, 100).waitMs).toBe(2000);
  });
});

describe('an answer', () => {
  test.each([
    ['what is left is believed, less or more', bucket(3000, { open: 1 }), { remaining: 10 }, { tokens: 10, open: 0 }],
    ['', bucket(10, { open: 1 }), { remaining: 3000 }, { tokens: 3000 }],
    ['what is on its way is taken off', bucket(3000, { open: 5 }), { remaining: 10 }, { tokens: 6, open: 4 }],
    ['without news it stays', bucket(7, { open: 1 }), {}, { tokens: 7, open: 0 }],
    ['another limit', bucket(7, { open: 1 }), { limit: 7200, remaining: 5 }, { limit: 7200, tokens: 5 }],
    ['a limit of 0 is ignored', bucket(7, { open: 1 }), { limit: 0 }, { limit: 3600 }],
    [
      'a refusal empties it for as long as it says',
      bucket(500, { open: 1 }),
      { refused: { retryAfterMs: 9000 } },
      { tokens: 0, blockedUntil: T + 9000 },
    ],
    ['or until the next token', bucket(500, { open: 1 }), { refused: {} }, { tokens: 0, blockedUntil: T + 1000 }],
    [
      'a shorter block does not end a longer one',
      bucket(0, { open: 1, blockedUntil: T + 60_000 }),
      { refused: {} },
      { blockedUntil: T + 60_000 },
    ],
  ])('%s', (_name, from, news, expected) => {
    expect(learnRate(from, news, T)).toMatchObject(expected);
  });
});

describe('a retry', () => {
  const error = (code: string, retryAfterMs?: number): ApiError =>
    new ApiError({
      what: 'x',
      code,
      fate: 'unknown',
      message: 'y',
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });

  test.each([
    [0, 1000],
    [1, 2000],
    [4, 16_000],
  ])('after %d failures it waits up to %d ms', (faults, most) => {
    for (const random of [0, 0.5, 1])
      expect(decide(error('server_error'), true, { faults, locks: 0 }, random)).toEqual({
        again: true,
        why: 'fault',
        afterMs: most * random,
      });
  });

  test('after five it fails; for a lock it never does, and its waits end at five seconds', () => {
    expect(decide(error('server_error'), true, { faults: 5, locks: 0 }, 0)).toEqual({ again: false });
    expect(decide(error('locked'), false, { faults: 5, locks: 1000 }, 1)).toEqual({
      again: true,
      why: 'lock',
      afterMs: 5000,
    });
  });

  test.each([
    [0, 1000],
    [500, 1000],
    [7000, 7000],
    [9_999_999, 3_600_000],
  ])('an answer that asks for %d ms gets %d', (asked, waited) => {
    expect(decide(error('unavailable', asked), true, { faults: 0, locks: 0 }, 0)).toMatchObject({ afterMs: waited });
  });

  test('the budget of a run is ten, and a tenth of its calls', () => {
    let spending = nothingSpent;
    const spend = (): number => {
      let count = 0;
      for (; mayRetry(spending); count += 1) spending = withRetry(spending);
      return count;
    };
    expect(spend()).toBe(10);
    for (let calls = 0; calls < 9; calls += 1) spending = withCall(spending);
    expect(spend()).toBe(0);
    spending = withCall(spending);
    expect(spend()).toBe(1);
  });
});
