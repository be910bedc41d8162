/**
 * Reloads of services, each once for all that ask for it.
 *
 * A reload begins when no swap of its service is under way and nothing of it has happened for a short while, and at the
 * latest some time after it was first asked for. Who asks while it runs gets another one, after it.
 */

import type { Service } from '../world.ts';

/** In ms. */
export interface Timing {
  readonly quiet: number;
  readonly longest: number;
}

export const TIMING: Timing = { quiet: 100, longest: 30_000 };

interface Batch {
  readonly askedAt: number;
  readonly done: Promise<void>;
  readonly begin: () => void;
  readonly abort: AbortController;
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
  readonly reload: (service: Service, signal: AbortSignal) => Promise<void>;
}

/** Documents that write the same are about one service. */
function keyOf({ command, signal }: Service): string {
  return JSON.stringify(command ?? [signal?.pidFile, signal?.name]);
}

/** `run` reloads one service; `now` is a clock in ms that only goes forward. */
export function openServices(
  run: (service: Service, signal: AbortSignal) => Promise<void>,
  now: () => number,
  timing: Timing = TIMING,
): Services {
  const states = new Map<string, State>();
  const stateOf = (service: Service): State => {
    const key = keyOf(service);
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
    const quiet = state.underWay > 0 ? latest : state.lastAt + timing.quiet - at;
    const wait = Math.min(latest, quiet);
    if (wait > 0) {
      state.timer = setTimeout(() => check(state), wait);
      return;
    }
    delete state.batch;
    batch.begin();
  };

  const batchOf = (state: State, service: Service): Batch => {
    if (state.batch !== undefined) return state.batch;
    let begin = (): void => undefined;
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const abort = new AbortController();
    const before = state.running;
    const done = begun
      .then(() => before)
      .then(() => {
        abort.signal.throwIfAborted();
        return run(service, abort.signal);
      });
    state.running = done.catch(() => undefined);
    const batch: Batch = { askedAt: now(), done, begin, abort, waiting: 0 };
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
    reload: async (service, signal) => {
      signal.throwIfAborted();
      const state = stateOf(service);
      const batch = batchOf(state, service);
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
