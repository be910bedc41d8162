/**
 * What becomes of a call that failed, pure: whether it is made again, and when.
 *
 * | what failed | again |
 * |---|---|
 * | `locked`: another action runs on it | always, for as long as the step may take: nothing has happened |
 * | `rate_limit_exceeded`, 429 | up to five times: nothing has happened; the bucket says when |
 * | `conflict` | up to five times: nothing has happened |
 * | `server_error`, `bad_gateway`, `unavailable`, `timeout`, no answer in time, a broken connection | up to five times, if making it twice does no harm |
 * | a connection that never came about | up to five times |
 * | anything else | never |
 *
 * Waits grow from 1 s to 60 s, doubled each time, and each is drawn evenly from 0 to that ("full jitter"). What failed
 * for the provider's or the network's sake may be made again only within the budget of the whole run: a tenth of all
 * calls, above a small reserve.
 */

import type { ApiError } from './api-error.ts';

export const MOST_RETRIES = 5;
const BASE_MS = 1000;
const CAP_MS = 60_000;
const LOCK_CAP_MS = 5000;
/** Least and most of a wait that an answer asks for. */
const RETRY_AFTER_MS = { least: 1000, most: 3_600_000 };

/** Share of all calls that may be made again, and how many may be in any case. */
const BUDGET = { share: 0.1, reserve: 10 };

/** Calls and retries of a whole run. */
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

/** So many tries of one call have failed, by what they failed. */
export interface Tries {
  readonly faults: number;
  readonly locks: number;
}

export type Decision =
  | { readonly again: false }
  | {
      readonly again: true;
      readonly afterMs: number;
      /** `lock` and `rate` are waits for something known; `fault` counts against the budget of the run. */
      readonly why: 'lock' | 'rate' | 'fault';
    };

/** Nothing has happened. */
const REFUSED = new Set(['conflict', 'no_connection']);
/** It may have happened. */
const TRANSIENT = new Set(['server_error', 'bad_gateway', 'unavailable', 'timeout', 'no_answer', 'broken_connection']);

function jittered(tries: number, random: number, cap = CAP_MS): number {
  return Math.round(random * Math.min(cap, BASE_MS * 2 ** Math.min(tries, 16)));
}

/** What an answer asked to wait, within sense. */
function asked(error: ApiError): number {
  if (error.retryAfterMs === undefined) return 0;
  return Math.min(RETRY_AFTER_MS.most, Math.max(RETRY_AFTER_MS.least, error.retryAfterMs));
}

/** `safe`: the call may be made twice. `random`: evenly from 0 to 1. */
export function decide(error: ApiError, safe: boolean, tries: Tries, random: number): Decision {
  const { code } = error;
  // Half of it at least: a lock is not gone in no time, and asking costs a call.
  if (code === 'locked')
    return { again: true, why: 'lock', afterMs: Math.max(500, jittered(tries.locks, 0.5 + random / 2, LOCK_CAP_MS)) };
  if (tries.faults >= MOST_RETRIES) return { again: false };
  if (code === 'rate_limit_exceeded') return { again: true, why: 'rate', afterMs: 0 };
  const again = REFUSED.has(code) || (TRANSIENT.has(code) && safe);
  if (!again) return { again: false };
  return { again: true, why: 'fault', afterMs: Math.max(asked(error), jittered(tries.faults, random)) };
}
