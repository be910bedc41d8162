/**
 * Giving way: a run that holds the lock ends early while another process waits for it. Running actions finish, no other
 * starts, and a refresh that would still take a while is abandoned without a record.
 *
 * Runs that gave way in a row, and ended no action, make the next one more patient, so that the project does not wait for
 * ever:
 *
 * | gave way before | the refresh may still take | gives way after it |
 * |---|---|---|
 * | 0 to 5 | 1 s | at once |
 * | 6 | 5 s | when one action has ended |
 * | 7, 8, … | 25 s, 125 s, … | when one action has ended |
 *
 * So a process has the lock within two seconds of the running action, unless processes wait for the lock all the time.
 */

import type { Fence, Store } from '../store/store.ts';
import type { Listener, RunEvent } from './events.ts';
import { type Interruption, StoppedError } from './interruption.ts';

export interface GiveWay {
  /** Number of runs in a row before this one that gave way and ended no action. */
  readonly gaveWay: number;
}

export interface GivingWay extends GiveWay {
  readonly store: Pick<Store, 'isWanted'>;
  readonly fence: Fence;
  readonly interruption: Interruption;
  /** Milliseconds of a monotonic clock. */
  readonly elapsed: () => number;
}

const POLL_MS = 250;

/** Number of runs that gave way after which the next ones are patient. */
const PATIENT_FROM = 6;

/** Time for the rest of a refresh while another process waits, in ms; longer by the factor for each patient run. */
const REFRESH_MS = 1000;
const REFRESH_FACTOR = 5;

/** True for the end of an action that ran. */
function isEndOfAction(event: RunEvent): boolean {
  return event.type === 'action-ended' && event.row.status !== 'rejected' && event.row.status !== 'deferred';
}

/** The work of a run that gives way. */
export interface Yielding {
  /** Also fires when the run gives way. */
  readonly interruption: Interruption;
  /** Fires when another process begins to wait for the lock, however patient the run is. */
  readonly wanted: AbortSignal;
  readonly say: Listener;
}

/** Runs `work` with an interruption that also fires when another process waits for the lock. */
export async function givingWay<T>(
  { store, fence, interruption, gaveWay, elapsed }: GivingWay,
  say: Listener,
  work: (yielding: Yielding) => Promise<T>,
): Promise<T> {
  const yielding = new AbortController();
  const wanted = new AbortController();
  const refreshMs = REFRESH_MS * REFRESH_FACTOR ** Math.max(0, gaveWay - PATIENT_FROM + 1);
  let isRefreshing = true;
  let mayLeave = gaveWay < PATIENT_FROM;
  let wantedAt: number | undefined;
  const judge = (): void => {
    if (wantedAt === undefined) return;
    if (isRefreshing ? elapsed() - wantedAt >= refreshMs : mayLeave) yielding.abort(new StoppedError('yielded'));
  };
  const look = async (): Promise<void> => {
    // A store that cannot be read fails the run itself.
    const isWanted = await store.isWanted(fence).catch(() => false);
    wantedAt = isWanted ? (wantedAt ?? elapsed()) : undefined;
    if (isWanted) wanted.abort();
    judge();
  };
  const listen: Listener = (event) => {
    say(event);
    if (event.type === 'refresh-ended') isRefreshing = false;
    if (isEndOfAction(event)) mayLeave = true;
    // Not earlier: the plan is reported although no action runs.
    if (event.type === 'planned' || event.type === 'action-ended') judge();
  };
  let timer: NodeJS.Timeout | undefined;
  const schedule = (): void => {
    timer = setTimeout(() => void look().then(() => (timer === undefined ? undefined : schedule())), POLL_MS);
  };
  schedule();
  try {
    const stop = AbortSignal.any([interruption.stop, yielding.signal]);
    return await work({ interruption: { ...interruption, stop }, wanted: wanted.signal, say: listen });
  } finally {
    clearTimeout(timer);
    timer = undefined;
  }
}
