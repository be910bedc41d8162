/**
 * Giving way: a run that holds the lock ends early while another process waits for it. Running actions finish, no other
 * starts, and a refresh that would still take a while is abandoned without a record.
 */

import type { Fence, Store } from '../store/store.ts';
import type { Listener, RunEvent } from './events.ts';
import { type Interruption, StoppedError } from './interruption.ts';

export interface GiveWay {
  /**
   * True for a run that first records its refresh and ends one action: the run before it gave way, and the project must
   * not wait for ever.
   */
  readonly isPatient: boolean;
}

export interface GivingWay extends GiveWay {
  readonly store: Pick<Store, 'isWanted'>;
  readonly fence: Fence;
  readonly interruption: Interruption;
  /** Milliseconds of a monotonic clock. */
  readonly elapsed: () => number;
}

const POLL_MS = 250;

/** Time for the rest of a refresh while another process waits, in ms. */
const REFRESH_MS = 1000;

/** True for the end of an action that ran. */
function isEndOfAction(event: RunEvent): boolean {
  return event.type === 'action-ended' && event.row.status !== 'rejected' && event.row.status !== 'deferred';
}

/** Runs `work` with an interruption that also fires when another process waits for the lock. */
export async function givingWay<T>(
  { store, fence, interruption, isPatient, elapsed }: GivingWay,
  say: Listener,
  work: (interruption: Interruption, say: Listener) => Promise<T>,
): Promise<T> {
  const yielding = new AbortController();
  let isRefreshing = true;
  let mayYield = !isPatient;
  let wantedAt: number | undefined;
  const judge = (): void => {
    if (wantedAt === undefined || !mayYield) return;
    if (!isRefreshing || elapsed() - wantedAt >= REFRESH_MS) yielding.abort(new StoppedError('yielded'));
  };
  const look = async (): Promise<void> => {
    // A store that cannot be read fails the run itself.
    const isWanted = await store.isWanted(fence).catch(() => false);
    wantedAt = isWanted ? (wantedAt ?? elapsed()) : undefined;
    judge();
  };
  const listen: Listener = (event) => {
    say(event);
    if (event.type === 'refresh-ended') isRefreshing = false;
    if (isEndOfAction(event)) mayYield = true;
    // Not earlier: the plan is reported although no action runs.
    if (event.type === 'planned' || event.type === 'action-ended') judge();
  };
  let timer: NodeJS.Timeout | undefined;
  const schedule = (): void => {
    timer = setTimeout(() => void look().then(() => (timer === undefined ? undefined : schedule())), POLL_MS);
  };
  schedule();
  try {
    return await work({ ...interruption, stop: AbortSignal.any([interruption.stop, yielding.signal]) }, listen);
  } finally {
    clearTimeout(timer);
    timer = undefined;
  }
}
