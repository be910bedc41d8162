/**
 * Backoff: when a failed step is retried, and when retries end. Pure: computed from the state.
 *
 * The engine counts consecutive failures to reach one state by one document. After the n-th failure, the next attempt
 * waits `min(maxMs, retryMs · multiplier^(n−1))`. After `maxRetries` failures, retries end until the document
 * changes, or an override of `retry-exhausted` restarts the count. Failures that nothing judged, because the network or a
 * server failed, follow the backoff alone: no number of them ends the retries.
 */

import { digestOf } from './canonical.ts';
import { stepParts } from './steps.ts';
import { shortLine } from './text.ts';
import type { Desired, Memory } from './types.ts';

/** The rule that ends retries, in every plugin. An override of it restarts the count. */
export const RETRY_EXHAUSTED = 'retry-exhausted';

/** A retry policy; times in ms. */
export interface RetryPolicy {
  readonly retryMs: number;
  readonly maxRetries: number;
  readonly multiplier: number;
  readonly maxMs: number;
}

/** The wait after `failed` consecutive failures, in ms; 0 if no attempt has failed. */
export function backoffMs({ retryMs, multiplier, maxMs }: RetryPolicy, failed: number): number {
  return failed < 1 ? 0 : Math.min(maxMs, retryMs * multiplier ** (failed - 1));
}

/** Consecutive failures; `at` is the time of the last one, in epoch ms. */
export interface Attempts {
  readonly failed: number;
  /** Those that do not count towards the maximum. */
  readonly outages?: number;
  /** True if the last one does not. */
  readonly isOutage?: boolean;
  readonly at: number;
  readonly message?: string;
}

export const NOTHING_FAILED: Attempts = { failed: 0, at: Number.NEGATIVE_INFINITY };

/** True if the document differs from the one that failed last. Its failures then do not count. */
export function isNewDocument(memory: Pick<Memory, 'lastError'> | undefined, desired: Desired | undefined): boolean {
  const tried = memory?.lastError?.digest;
  return tried !== undefined && desired !== undefined && tried !== digestOf(desired.spec);
}

/** Consecutive failures to reach the state `goal` with the present document. */
export function attemptsAt(
  memory: Pick<Memory, 'failures' | 'outages' | 'lastError'> | undefined,
  desired: Desired | undefined,
  goal: string,
): Attempts {
  const last = memory?.lastError;
  if (last === undefined || stepParts(last.step).to !== goal || isNewDocument(memory, desired)) return NOTHING_FAILED;
  const { failures = 0, outages = 0 } = memory ?? {};
  return {
    failed: failures,
    ...(outages === 0 ? {} : { outages }),
    ...(last.outage === true ? { isOutage: true } : {}),
    at: last.at,
    message: last.message,
  };
}

/** The failures that count towards the maximum. */
export function countedFailures({ failed, outages = 0 }: Attempts): number {
  return failed - outages;
}

/** The last failure as a sentence that follows another one; empty without a message. */
export function lastFailureText({ message = '' }: Attempts): string {
  return message === '' ? '' : `. Last failure: ${shortLine(message)}`;
}

/** True if the retries are used up. */
export function isExhausted({ maxRetries }: RetryPolicy, attempts: Attempts): boolean {
  const failed = countedFailures(attempts);
  return failed > 0 && failed >= maxRetries;
}

/** The earliest time of the next attempt, in epoch ms; undefined if no attempt has failed. */
export function nextTryAt(policy: RetryPolicy, { failed, at }: Attempts): number | undefined {
  return failed < 1 ? undefined : at + backoffMs(policy, failed);
}
