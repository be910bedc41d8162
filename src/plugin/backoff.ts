/**
 * Backoff: when a step that failed is tried again, and when no more. Pure, from what is remembered.
 *
 * The engine counts failed attempts in a row, for the same state and the same document. After the n-th one the next waits
 * `min(maxMs, retryMs · multiplier^(n−1))`; after `maxRetries` of them there is none, until the document changes or an
 * override of `retry-exhausted` begins anew.
 */

import { digestOf } from './canonical.ts';
import { stepParts } from './steps.ts';
import type { Desired, Memory } from './types.ts';

/** The rule that ends retries, in every plugin. An override of it begins the count anew. */
export const RETRY_EXHAUSTED = 'retry-exhausted';

/** How often and when something is tried again; times in ms. */
export interface RetryPolicy {
  readonly retryMs: number;
  readonly maxRetries: number;
  readonly multiplier: number;
  readonly maxMs: number;
}

/** How long the next try has to wait after so many failed ones, in ms; nothing before the first failure. */
export function backoffMs({ retryMs, multiplier, maxMs }: RetryPolicy, failed: number): number {
  return failed < 1 ? 0 : Math.min(maxMs, retryMs * multiplier ** (failed - 1));
}

/** What failed in a row, and when for the last time (epoch ms). */
export interface Attempts {
  readonly failed: number;
  readonly at: number;
  readonly message?: string;
}

export const NOTHING_FAILED: Attempts = { failed: 0, at: Number.NEGATIVE_INFINITY };

/** Whether what is written is not what failed last: then nothing of that counts. */
export function isNewDocument(memory: Pick<Memory, 'lastError'> | undefined, desired: Desired | undefined): boolean {
  const tried = memory?.lastError?.digest;
  return tried !== undefined && desired !== undefined && tried !== digestOf(desired.spec);
}

/** Failed steps in a row that were to reach the state `goal`, by the document of now. */
export function attemptsAt(
  memory: Pick<Memory, 'failures' | 'lastError'> | undefined,
  desired: Desired | undefined,
  goal: string,
): Attempts {
  const last = memory?.lastError;
  if (last === undefined || stepParts(last.step).to !== goal || isNewDocument(memory, desired)) return NOTHING_FAILED;
  return { failed: memory?.failures ?? 0, at: last.at, message: last.message };
}

/** Whether nothing more is tried by itself. */
export function isExhausted({ maxRetries }: RetryPolicy, { failed }: Attempts): boolean {
  return failed > 0 && failed >= maxRetries;
}

/** When the next try may be: epoch ms; undefined where nothing failed. */
export function nextTryAt(policy: RetryPolicy, { failed, at }: Attempts): number | undefined {
  return failed < 1 ? undefined : at + backoffMs(policy, failed);
}
