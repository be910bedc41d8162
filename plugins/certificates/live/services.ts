/**
 * Reloads of services, each once for all that ask for it.
 *
 * A reload begins when no swap of its service is under way and all of its members have asked for it. A member may never
 * ask, because its step failed or was not needed any more: then it begins when nothing of the service has happened for
 * a while, and in any case some time after it was first asked for. Who asks while it runs gets another one, after it.
 */

import { serviceKey } from '../service-members.ts';
import type { ReloadOrder, Service } from '../world.ts';

/** In ms. */
export interface Timing {
  /** Longer than a busy machine takes from one swap to the next: a reload too many costs more than a second. */
  readonly quiet: number;
  readonly longest: number;
}

export const TIMING: Timing = { quiet: 1000, longest: 30_000 };

interface Batch {
  readonly askedAt: number;
  readonly done: Promise<void>;
  readonly begin: () => void;
  readonly abort: AbortController;
  /** Members that have not asked yet. */
  readonly awaited: Set<string>;
  /** How many still wait for it. */
  waiting: number;
}

interface State {
  underWay: number;
  /** When a swap last began or ended, or somebody asked: ms of a clock that only goes forward. */
  lastAt: number;
  batch?: Batch;
  /** The reload that runs, if any: the next one waits for it. */
  running: Promise<unknown>;
  timer?: NodeJS.Timeout;
}

export interface Services {
  /** A swap of this service begins; the function that is given ends it. */
  readonly begin: (service: Service | undefined) => () => void;
  /** Settles as the reload does that covers what was swapped before; rejects at once when the signal fires. */
  readonly reload: (order: ReloadOrder) => Promise<void>;
}

/** `run` reloads one service; `now` is a clock in ms that only goes forward. */
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

  /** Begins the reload that was asked for, or looks again later. */
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
    let begin = (): void => undefined;
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
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
    const batch: Batch = { askedAt: now(), done, begin, abort, awaited: new Set(members), waiting: 0 };
    state.batch = batch;
    return batch;
  };

  /** Nobody waits for it any more: what runs on would run behind the back of everybody. */
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
      let onAbort = (): void => undefined;
      const aborted = new Promise<never>((_resolve, reject) => {
        onAbort = () => reject(signal.reason);
        signal.addEventListener('abort', onAbort, { once: true });
      });
      try {
        await Promise.race([batch.done, aborted]);
      } finally {
        signal.removeEventListener('abort', onAbort);
        batch.waiting -= 1;
        if (batch.waiting === 0) giveUp(state, batch);
      }
    },
  };
}
