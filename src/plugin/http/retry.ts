/**
 * Retries of failed calls, pure: whether and when a call is repeated.
 *
 * | failure | retried |
 * |---|---|
 * | `locked`: another action runs on the object | always, until the deadline of the step: the call had no effect |
 * | `rate_limit_exceeded`, 429 | up to five times, when the bucket permits: the call had no effect |
 * | `conflict` | up to five times: the call had no effect |
 * | `server_error`, `bad_gateway`, `unavailable`, `timeout`, no response in time, a broken connection | up to five times, if idempotent |
 * | a connection that failed | up to five times |
 * | any other | never |
 *
 * Waits double from 1 s to 60 s, and each is drawn uniformly from 0 to that ("full jitter"). Retries after a failure of
 * the provider or the network are limited by the budget of the run: a tenth of all calls, above a small minimum.
 */

import type { ApiError } from './api-error.ts';

export const MOST_RETRIES = 5;
const BASE_MS = 1000;
const CAP_MS = 60_000;
const LOCK_CAP_MS = 5000;
/** Limits of a wait that a response asks for, in ms. */
const RETRY_AFTER_MS = { least: 1000, most: 3_600_000 };

/** Share of all calls that may be retried, and the number of retries that is always permitted. */
const BUDGET = { share: 0.1, reserve: 10 };

/** Number of calls and retries of a run. */
export interface Spending {
  readonly calls: number;
  readonly retries: number;
}

export const nothingSpent: Spending = { calls: 0, retries: 0 };

export function withCall(spending: Spending): Spending {
  return { ...spending, calls: spending.calls + 1 };
}

export function withRetry(spending: Spending): Spending {
  return { ...spending, retries: spending.retries + 1 };
}

export function mayRetry({ calls, retries }: Spending): boolean {
  return retries < BUDGET.reserve + Math.floor(calls * BUDGET.share);
}

/** Failed attempts of one call, by reason. */
export interface Tries {
  readonly faults: number;
  readonly locks: number;
}

export type Decision =
  | { readonly again: false }
  | {
      readonly again: true;
      readonly afterMs: number;
      /** `lock` and `rate` wait for a known event; `fault` counts against the budget of the run. */
      readonly why: 'lock' | 'rate' | 'fault';
    };

/** Failures without an effect. */
const REFUSED = new Set(['conflict', 'no_connection']);
/** Failures with a possible effect. */
const TRANSIENT = new Set(['server_error', 'bad_gateway', 'unavailable', 'timeout', 'no_answer', 'broken_connection']);

/** A wait before a retry, in ms. `random`: uniform from 0 to 1. */
export function jittered(tries: number, random: number, cap = CAP_MS): number {
  return Math.round(random * Math.min(cap, BASE_MS * 2 ** Math.min(tries, 16)));
}

/** The wait that a response asks for, limited. */
function asked(error: ApiError): number {
  if (error.retryAfterMs === undefined) return 0;
  return Math.min(RETRY_AFTER_MS.most, Math.max(RETRY_AFTER_MS.least, error.retryAfterMs));
}

/** Decides about a retry. `safe`: the call is idempotent. `random`: uniform from 0 to 1. */
export function decide(error: ApiError, safe: boolean, tries: Tries, random: number): Decision {
  const { code } = error;
  // At least half of the wait: a lock takes time to clear, and each retry costs a call.
  if (code === 'locked')
    return { again: true, why: 'lock', afterMs: Math.max(500, jittered(tries.locks, 0.5 + random / 2, LOCK_CAP_MS)) };
  if (tries.faults >= MOST_RETRIES) return { again: false };
  if (code === 'rate_limit_exceeded') return { again: true, why: 'rate', afterMs: 0 };
  const again = REFUSED.has(code) || (TRANSIENT.has(code) && safe);
  if (!again) return { again: false };
  return { again: true, why: 'fault', afterMs: Math.max(asked(error), jittered(tries.faults, random)) };
}
