/**
 * Settling: what comes after one round of an apply until settled.
 *
 * | The round | Next |
 * |---|---|
 * | an action failed, or its outcome is unknown | end: to try the same again at once helps nobody |
 * | something was done | another round, at once |
 * | actions were stale | another round, at once; after three that did nothing, end |
 * | part of the world could not be read | wait a little, another round |
 * | rejected or waiting, and it clears at a time | wait until the first of these times |
 * | waiting for something that has no time, or the world has to move on | wait a little |
 * | rejected for good, and nothing else | end |
 * | nothing | end: settled |
 */

import { clearsAt, standing } from '../engine/standing.ts';
import type { Finished } from './apply-round.ts';
import type { Ending } from './ending.ts';

/** How often the world is looked at while it has to move on by itself. */
export const POLL_MS = 10_000;

const FRUITLESS_ROUNDS = 3;

export interface Settling {
  /** Epoch ms. */
  readonly now: number;
  /** Epoch ms: after that no round begins. */
  readonly until: number;
  /** Rounds in a row in which nothing was done. */
  readonly fruitless: number;
  readonly allowRejected: boolean;
}

export type Next = { readonly end: Ending } | { readonly waitMs: number; readonly why: string };

/** When the first of the refused rows clears: epoch ms. */
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

export function nextRound(finished: Finished, { now, until, fruitless, allowRejected }: Settling): Next {
  const { ending: name, rows, plan, unsettled } = finished;
  const has = (status: string): boolean => rows.some((row) => row.status === status);
  const rejected = plan.rejected_changes.length > 0;
  const waiting = plan.deferred_changes.length > 0;
  if (['interrupted', 'terminated', 'error', 'plan-refused', 'unknown-outcome'].includes(name)) return { end: name };
  if (has('failed') || has('unknown')) return { end: name };
  const late = (): Next => ({ end: name === 'ok' ? 'incomplete' : name });
  if (has('done')) return now >= until ? late() : { waitMs: 0, why: '' };
  if (has('stale')) return now >= until || fruitless >= FRUITLESS_ROUNDS ? late() : { waitMs: 0, why: '' };
  const clearing = firstClearing(finished);
  const polls = waiting || unsettled || plan.gaps.length > 0;
  if (clearing === undefined && !polls) return { end: rejected && !allowRejected ? 'rejected' : 'ok' };
  const soonest = Math.min(clearing?.at ?? Number.POSITIVE_INFINITY, polls ? now + POLL_MS : Number.POSITIVE_INFINITY);
  if (soonest > until) return late();
  const why =
    clearing !== undefined && clearing.at <= soonest
      ? `${clearing.address} clears then (${clearing.rule})`
      : plan.gaps.length > 0
        ? 'part of the world cannot be read'
        : 'something is on its way';
  // A clock that is a little late must not make a round that comes to nothing.
  return { waitMs: Math.max(0, soonest - now) + 50, why };
}
