/**
 * Settling: decides what follows a round of `apply --until-settled`.
 *
 * | The round | Next |
 * |---|---|
 * | an action failed, or its outcome is unknown | end: an immediate retry would fail the same way |
 * | an action was done | another round, at once |
 * | actions were stale | another round, at once; after three rounds without an action, end |
 * | the refresh has gaps | another round after a short wait |
 * | a rejected or waiting row clears at a known time | another round at the first of these times |
 * | a row waits without a known time, or a resource is in a transient state | another round after a short wait |
 * | only rejected rows without a known time remain | end |
 * | no row remains | end: settled |
 * | the time limit comes first | end: timed out, unless the round has an ending of its own |
 */

import { clearsAt, standing } from '../engine/standing.ts';
import type { Finished } from './apply-round.ts';
import type { Ending } from './ending.ts';

/** The short wait: interval of refreshes while a resource is in a transient state. */
export const POLL_MS = 10_000;

const FRUITLESS_ROUNDS = 3;

export interface Settling {
  /** Epoch ms. */
  readonly now: number;
  /** Epoch ms: no round starts later. */
  readonly until: number;
  /** Consecutive rounds without a completed action. */
  readonly fruitless: number;
  readonly allowRejected: boolean;
}

/** The end of the rounds, with the reason for which the time limit ended them; or the wait for the next round. */
export type Next = { readonly end: Ending; readonly late?: string } | { readonly waitMs: number; readonly why: string };

/** The refused row that clears first; `at` is epoch ms. */
function firstClearing({
  actions,
}: Finished): { readonly at: number; readonly address: string; readonly rule: string } | undefined {
  let first: { at: number; address: string; rule: string } | undefined;
  for (const [address, action] of actions) {
    const at = clearsAt(action);
    if (at !== undefined && (first === undefined || at < first.at))
      first = { at, address, rule: standing(action)[0]?.rule ?? '' };
  }
  return first;
}

const SHOWN = 3;

function unsettledText(unsettled: readonly string[]): string {
  if (unsettled.length === 0) return 'a change is in progress';
  const more = unsettled.length - SHOWN;
  return `${unsettled.slice(0, SHOWN).join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}

export function nextRound(finished: Finished, { now, until, fruitless, allowRejected }: Settling): Next {
  const { ending: name, rows, plan, unsettled } = finished;
  const has = (status: string): boolean => rows.some((row) => row.status === status);
  const rejected = plan.rejected_changes.length > 0;
  const waiting = plan.deferred_changes.length > 0;
  if (['interrupted', 'terminated', 'yielded', 'error', 'plan-refused', 'unknown-outcome'].includes(name))
    return { end: name };
  if (has('failed') || has('unknown')) return { end: name };
  const late = (cause: string): Next => ({ end: name === 'ok' ? 'timed-out' : name, late: cause });
  if (has('done'))
    return now >= until ? late('the actions of the last round can have more steps') : { waitMs: 0, why: '' };
  if (has('stale')) {
    if (fruitless >= FRUITLESS_ROUNDS) return { end: name };
    return now >= until ? late('actions were stale') : { waitMs: 0, why: '' };
  }
  const clearing = firstClearing(finished);
  const polls = waiting || unsettled.length > 0 || plan.gaps.length > 0;
  if (clearing === undefined && !polls) return { end: rejected && !allowRejected ? 'rejected' : 'ok' };
  const soonest = Math.min(clearing?.at ?? Number.POSITIVE_INFINITY, polls ? now + POLL_MS : Number.POSITIVE_INFINITY);
  const why =
    clearing !== undefined && clearing.at <= soonest
      ? `${clearing.rule} of ${clearing.address} clears then`
      : plan.gaps.length > 0
        ? 'part of the infrastructure cannot be read'
        : unsettledText(unsettled);
  if (soonest > until) return late(why);
  // 50 ms more: if a clock runs slightly behind, the rule has not cleared yet.
  return { waitMs: Math.max(0, soonest - now) + 50, why };
}
