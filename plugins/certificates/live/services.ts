/**
 * Reloads of services, one for all concurrent requests.
 *
 * A reload starts when no swap of its service is running and all of its members have requested it. A member may never
 * request it, because its step failed or was no longer needed: then it starts when the service has been quiet for
 * a while, and at the latest some time after the first request. A request during a reload gets another one, after it.
 */

import { raced } from '#plugin/deadline';
import { serviceKey } from '../service-members.ts';
import type { ReloadOrder, Service } from '../world.ts';

/** In ms. */
export interface Timing {
  /** Longer than a busy machine takes from one swap to the next: an extra reload costs more than a second. */
  readonly quiet: number;
  readonly longest: number;
}

const TIMING: Timing = { quiet: 1000, longest: 30_000 };

interface Batch {
  readonly askedAt: number;
  readonly done: Promise<void>;
  readonly begin: () => void;
  readonly abort: AbortController;
  /** Members without a request yet. */
  readonly awaited: Set<string>;
  /** Number of waiting requests. */
  waiting: number;
}

interface State {
  underWay: number;
  /** Time of the last start or end of a swap, or request, in ms of a monotonic clock. */
  lastAt: number;
  batch?: Batch;
  /** The running reload, if any; the next one waits for it. */
  running: Promise<unknown>;
  timer?: NodeJS.Timeout;
}

export interface Services {
  /** Marks the start of a swap of this service. Returns a function that marks its end. */
  readonly begin: (service: Service | undefined) => () => void;
  /** Settles with the reload that covers the preceding swaps; rejects immediately when the signal fires. */
  readonly reload: (order: ReloadOrder) => Promise<void>;
}

/** `run` reloads one service; `now` is a monotonic clock in ms. */
export function openServices(
  run: (service: Service, signal: AbortSignal) => Promise<void>,
  now: () => number,
  timing: Timing = TIMING,
): Services {
  const states = new Map<string, State>();
  const stateOf = (service: Service): State => {
    const key = serviceKey(service);
    const state = states.get(key) ?? { underWay: 0, lastAt: now(), running: Promise.resolve() };
    states.set(key, state);
    return state;
  };

  /** Starts the requested reload, or checks again later. */
  const check = (state: State): void => {
    clearTimeout(state.timer);
    const { batch } = state;
    if (batch === undefined) return;
    const at = now();
    const latest = batch.askedAt + timing.longest - at;
    const quiet = batch.awaited.size === 0 ? 0 : state.lastAt + timing.quiet - at;
    const wait = Math.min(latest, state.underWay > 0 ? latest : quiet);
    if (wait > 0) {
      state.timer = setTimeout(() => check(state), wait);
      return;
    }
    delete state.batch;
    batch.begin();
  };

  const batchOf = (state: State, { service, members, stillApproved }: ReloadOrder): Batch => {
    if (state.batch !== undefined) return state.batch;
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const abort = new AbortController();
    const before = state.running;
    const done = begun
      .then(() => before)
      .then(async () => {
        abort.signal.throwIfAborted();
        await stillApproved();
        return run(service, abort.signal);
      });
    state.running = done.catch(() => undefined);
    const batch: Batch = { askedAt: now(), done, begin, abort, awaited: new Set(members()), waiting: 0 };
    state.batch = batch;
    return batch;
  };

  /** Ends a reload without waiting requests: it would otherwise run unobserved. */
  const giveUp = (state: State, batch: Batch): void => {
    batch.abort.abort();
    if (state.batch !== batch) return;
    clearTimeout(state.timer);
    delete state.batch;
    batch.begin();
  };

  return {
    begin: (service) => {
      if (service === undefined) return () => undefined;
      const state = stateOf(service);
      state.underWay += 1;
      state.lastAt = now();
      return () => {
        state.underWay -= 1;
        state.lastAt = now();
        check(state);
      };
    },
    reload: async (order) => {
      const { signal } = order;
      signal.throwIfAborted();
      const state = stateOf(order.service);
      const batch = batchOf(state, order);
      batch.awaited.delete(order.name);
      batch.waiting += 1;
      state.lastAt = now();
      check(state);
      try {
        await raced(batch.done, signal);
      } finally {
        batch.waiting -= 1;
        if (batch.waiting === 0) giveUp(state, batch);
      }
    },
  };
}
