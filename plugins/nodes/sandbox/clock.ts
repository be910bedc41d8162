/** Clocks of an emulated provider: one that tests move by hand, and one that runs at a chosen speed. */

export interface Clock {
  /** Epoch ms. */
  readonly now: () => number;
  /** Schedules a call at `at` (epoch ms, in the future). Returns a function that cancels it. */
  readonly when: (at: number, call: () => void) => () => void;
}

export interface ManualClock extends Clock {
  /** Advances by ms and makes the calls that become due, in order, each at its own time. */
  readonly advance: (ms: number) => void;
}

interface Waiting {
  readonly at: number;
  readonly call: () => void;
}

/** Returns a clock that moves only by `advance`. */
export function manualClock(start: number): ManualClock {
  let now = start;
  const waiting = new Set<Waiting>();
  const earliest = (end: number): Waiting | undefined => {
    let first: Waiting | undefined;
    for (const one of waiting) if (one.at <= end && (first === undefined || one.at < first.at)) first = one;
    return first;
  };
  return {
    now: () => now,
    when: (at, call) => {
      const one = { at, call };
      waiting.add(one);
      return () => void waiting.delete(one);
    },
    advance: (ms) => {
      const end = now + ms;
      for (let one = earliest(end); one !== undefined; one = earliest(end)) {
        waiting.delete(one);
        now = Math.max(now, one.at);
        one.call();
      }
      now = end;
    },
  };
}

/** Maximum delay of Node.js timers, in ms. */
const LONGEST_MS = 2 ** 31 - 1;

/** Returns a clock that runs from `start`, `speed` times as fast as the machine's. */
export function runningClock(start: number, speed = 1): Clock {
  const origin = performance.now();
  const now = (): number => Math.floor(start + (performance.now() - origin) * speed);
  return {
    now,
    when: (at, call) => {
      let timer: NodeJS.Timeout;
      const arm = (): void => {
        const left = at - now();
        timer = setTimeout(() => (now() < at ? arm() : call()), Math.min(Math.ceil(left / speed), LONGEST_MS));
        timer.unref();
      };
      arm();
      return () => clearTimeout(timer);
    },
  };
}
