/**
 * The rounds of one project: one process at a time, on a schedule and at wake-ups.
 *
 * After a round, the lock rests, so that an apply from CI gets it. A round that takes longer than its deadline is asked to
 * stop, which lets its running actions finish, and is killed if it does not end.
 */

import { type Changes, mergedChanges, NO_CHANGES } from '../engine/changes.ts';
import type { RoundHealth, RoundReport } from '../formats/round.ts';
import type { RoundOrder } from '../run/round.ts';
import type { PackedPlan } from './answers/snapshot.ts';
import type { EndedDelivery } from './alerts/delivery-counts.ts';
import type { RoundOutcome } from './metrics.ts';

/** Time between the end of a round and the start of the next one, in ms. */
export const REST_MS = 1000;

/** Time between the starts of two rounds that the schedule starts, in ms. */
export const LEAST_MS = 10_000;

/** Time from a round that gave way to the next one, in ms; less if the interval ends earlier. */
export const RETRY_MS = 10_000;

/** Time for a round that was asked to stop, in ms. */
export const GRACE_MS = 60_000;

/** The end of the process of a round. */
export interface RoundExit {
  /** Undefined if a signal ended the process. */
  readonly code: number | undefined;
  /** Absent if the round failed before its refresh ended. */
  readonly report?: RoundReport | undefined;
  /** Absent if the round ended before it began to read the log. */
  readonly health?: RoundHealth | undefined;
  /** Deliveries of alerts that ended in the round. */
  readonly deliveries?: readonly EndedDelivery[] | undefined;
  /** The documents of the round, packed, if they are valid and other than those of the last round. */
  readonly lastValid?: string | undefined;
  /** The plan of the round. */
  readonly plan?: PackedPlan | undefined;
  /** True if the round gave the lock to another process. */
  readonly yielded?: boolean | undefined;
}

/** A round in a process of its own. */
export interface RoundProcess {
  readonly exit: Promise<RoundExit>;
  /** Lets running actions finish. */
  readonly stop: () => void;
  /** Cancels running actions, after a stop. */
  readonly abort: () => void;
  readonly kill: () => void;
}

export interface RoundEnded extends RoundExit {
  readonly outcome: RoundOutcome;
  readonly elapsedMs: number;
}

export interface RoundsOptions {
  readonly start: (order: RoundOrder) => RoundProcess;
  readonly intervalMs: number;
  readonly deadlineMs: number;
  /** Milliseconds of a monotonic clock. */
  readonly elapsed: () => number;
  /** Epoch ms. */
  readonly now: () => number;
  readonly ended: (round: RoundEnded) => void;
  readonly restMs?: number;
  readonly retryMs?: number;
  readonly leastMs?: number;
  readonly graceMs?: number;
}

/** A time of the clock with one of the monotonic clock. */
interface Reading {
  readonly at: number;
  readonly elapsed: number;
}

/** Least time by which the clock must be set forward to count as set, in ms: less is a correction. */
const LEAST_SKIP_MS = 10_000;

/** Time by which the clock was set forward between two readings, in ms; undefined if it was not. */
function skippedMs(before: Reading, now: Reading): number | undefined {
  const skipped = now.at - before.at - (now.elapsed - before.elapsed);
  return skipped < LEAST_SKIP_MS ? undefined : Math.round(skipped);
}

function outcomeOf({ code, report, yielded }: RoundExit, isLate: boolean): RoundOutcome {
  if (isLate) return 'stopped';
  if (yielded === true) return 'yielded';
  if (report === undefined || code === undefined || code === 1) return 'failed';
  return report.recorded ? 'ok' : 'locked';
}

/** The number of rounds in a row that gave way and ended no action. One that did not run does not count. */
function gaveWayAfter({ gaveWay }: RoundOrder, report: RoundReport | undefined, outcome: RoundOutcome): number {
  if (outcome === 'ok' || (report?.actions.length ?? 0) > 0) return 0;
  return outcome === 'yielded' ? gaveWay + 1 : gaveWay;
}

/** The order of the next round. After a round that recorded nothing, or ended early, the same resources are due. */
function orderAfter(before: RoundOrder, report: RoundReport | undefined, outcome: RoundOutcome): RoundOrder {
  const gaveWay = gaveWayAfter(before, report, outcome);
  if (report === undefined) return { ...before, gaveWay };
  const { refreshed_at: since, documents, standing } = report;
  return outcome === 'ok' ? { gaveWay, since, documents, standing } : { ...before, gaveWay, standing };
}

export class Rounds {
  readonly #options: RoundsOptions;
  #timer: NodeJS.Timeout | undefined;
  #running: { readonly round: RoundProcess; readonly ended: Promise<void> } | undefined;
  #isWoken = false;
  #refreshesAll = false;
  #isStopped = false;
  #restsUntil = 0;
  #order: RoundOrder = { gaveWay: 0 };
  /** Reports of watchers that no recorded round has refreshed. */
  #changed: Changes = NO_CHANGES;
  /** At the start of the last recorded round; before the first one, at that of the daemon. */
  #recorded: Reading;

  constructor(options: RoundsOptions) {
    this.#options = options;
    this.#recorded = this.#reading();
  }

  /**
   * Starts a round now, or after the running one and the rest of the lock. With `all`, it refreshes every resource; `changed`
   * are due in it too.
   */
  wake({ all = false, changed = NO_CHANGES }: { readonly all?: boolean; readonly changed?: Changes } = {}): void {
    if (this.#isStopped) return;
    this.#refreshesAll ||= all;
    this.#changed = mergedChanges(this.#changed, changed);
    if (this.#running === undefined) this.#schedule(0);
    else this.#isWoken = true;
  }

  /** The last valid documents, packed. */
  get lastValid(): string | undefined {
    return this.#order.lastValid;
  }

  /** Starts no further round, lets the running one finish its actions, and ends with it. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    const running = this.#running;
    if (running === undefined) return;
    running.round.stop();
    const killing = setTimeout(() => running.round.kill(), this.#options.graceMs ?? GRACE_MS);
    await running.ended;
    clearTimeout(killing);
  }

  /** Cancels the running actions, after a stop. */
  abort(): void {
    this.#running?.round.abort();
  }

  #schedule(waitMs: number): void {
    clearTimeout(this.#timer);
    const restMs = this.#restsUntil - this.#options.elapsed();
    this.#timer = setTimeout(() => this.#run(), Math.max(waitMs, restMs, 0));
  }

  #reading(): Reading {
    return { at: this.#options.now(), elapsed: this.#options.elapsed() };
  }

  #run(): void {
    const from = this.#reading();
    // Kept until a round has refreshed everything.
    if (this.#refreshesAll) this.#order = { ...this.#order, since: undefined };
    this.#refreshesAll = false;
    const changed = this.#changed;
    this.#changed = NO_CHANGES;
    const order = { ...this.#order, skippedMs: skippedMs(this.#recorded, from) };
    const round = this.#options.start(changed.size === 0 ? order : { ...order, changed: [...changed] });
    this.#running = { round, ended: this.#follow(round, from, changed) };
  }

  /** Time to the next round: until the next resource is due, and at most the interval. `from`: the start of the last one. */
  #waitAfter(from: number, report: RoundReport | undefined, outcome: RoundOutcome): number {
    const { intervalMs, elapsed, now, retryMs = RETRY_MS, leastMs = LEAST_MS } = this.#options;
    const waitMs = from + intervalMs - elapsed();
    if (outcome === 'yielded') return Math.min(retryMs, waitMs);
    const dueMs = report?.next_due_at === undefined ? waitMs : report.next_due_at - now();
    return Math.max(Math.min(waitMs, dueMs), Math.min(from + leastMs - elapsed(), waitMs));
  }

  async #follow(round: RoundProcess, start: Reading, changed: Changes): Promise<void> {
    const { deadlineMs, elapsed, ended, restMs = REST_MS, graceMs = GRACE_MS } = this.#options;
    const from = start.elapsed;
    let isLate = false;
    let killing: NodeJS.Timeout | undefined;
    const deadline = setTimeout(() => {
      isLate = true;
      round.stop();
      killing = setTimeout(() => round.kill(), graceMs);
    }, deadlineMs);
    const exit = await round.exit;
    clearTimeout(deadline);
    clearTimeout(killing);
    this.#running = undefined;
    this.#restsUntil = elapsed() + restMs;
    const outcome = outcomeOf(exit, isLate);
    // As for other resources, only a recorded refresh of changes counts.
    if (outcome === 'ok') this.#recorded = start;
    else this.#changed = mergedChanges(this.#changed, changed);
    this.#order = {
      ...orderAfter(this.#order, exit.report, outcome),
      lastValid: exit.lastValid ?? this.#order.lastValid,
    };
    ended({ ...exit, outcome, elapsedMs: elapsed() - from });
    if (this.#isStopped) return;
    const isWoken = this.#isWoken;
    this.#isWoken = false;
    this.#schedule(isWoken ? 0 : this.#waitAfter(from, exit.report, outcome));
  }
}
