/**
 * Notifications for systemd, over `systemd-notify`: Node.js has no datagram sockets of Unix. Without `NOTIFY_SOCKET`,
 * nothing happens. The unit needs `NotifyAccess=all`, because the program is another process.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { type Ended, runProgram } from './program.ts';

type Env = Readonly<Record<string, string | undefined>>;

const DEADLINE_MS = 5_000;
const PAUSE_MS = 500;
const OUTPUT_BYTES = 10_000;
const PATH = '/usr/bin:/bin';

/** The time for which a notification that fails is repeated, in ms, and the signal that ends the repetition. */
export interface Repeat {
  readonly forMs: number;
  readonly signal: AbortSignal;
}

/** Notifies systemd. */
export interface ServiceManager {
  /**
   * Sends assignments, such as `READY=1`, in the order of the calls. Repeats a failure until it succeeds or the time is
   * over; then it rejects.
   */
  readonly notify: (assignments: readonly string[], repeat: Repeat) => Promise<void>;
  /** Interval of `WATCHDOG=1`, in ms; undefined if the unit has no watchdog. */
  readonly watchdogMs: number | undefined;
}

/** Half of the watchdog's time, as sd_watchdog_enabled(3) recommends. */
function watchdogMs({ WATCHDOG_USEC: usec, WATCHDOG_PID: pid }: Env): number | undefined {
  if (usec === undefined || !/^\d{1,15}$/u.test(usec) || Number(usec) === 0) return undefined;
  return pid === undefined || Number(pid) === process.pid ? Math.max(1, Math.floor(Number(usec) / 2000)) : undefined;
}

/** The reason why `systemd-notify` has failed; undefined if it has not. */
function failureOf(ended: Ended): string | undefined {
  switch (ended.how) {
    case 'code':
      return ended.code === 0 ? undefined : `systemd-notify ended with ${ended.code}`;
    case 'not-started':
      return `systemd-notify was not started (${ended.code})`;
    case 'signal':
      return `systemd-notify was ended by ${ended.by}`;
    default:
      return `systemd-notify did not end within ${DEADLINE_MS / 1000} s`;
  }
}

async function send(socket: string, assignments: readonly string[]): Promise<string | undefined> {
  return failureOf(
    await runProgram({
      file: 'systemd-notify',
      args: [`--pid=${process.pid}`, ...assignments],
      folder: '/',
      env: { PATH, NOTIFY_SOCKET: socket },
      deadlineMs: DEADLINE_MS,
      mostBytes: OUTPUT_BYTES,
      // The notification of the stop is sent after the stop's signal.
      signal: new AbortController().signal,
    }),
  );
}

export function serviceManager(env: Env): ServiceManager {
  const { NOTIFY_SOCKET: socket } = env;
  if (socket === undefined || socket === '') return { notify: async () => undefined, watchdogMs: undefined };
  // One at a time: each is sent by a process of its own, and READY=1 may not overtake STOPPING=1.
  let last: Promise<unknown> = Promise.resolve();
  const sendInTurn = (assignments: readonly string[]): Promise<string | undefined> => {
    const sent = last.then(async () => await send(socket, assignments));
    last = sent.catch(() => undefined);
    return sent;
  };
  return {
    watchdogMs: watchdogMs(env),
    notify: async (assignments, { forMs, signal }) => {
      const end = performance.now() + forMs;
      for (;;) {
        const failure = await sendInTurn(assignments);
        if (failure === undefined) return;
        if (signal.aborted || performance.now() >= end)
          throw new Error(`systemd was not notified of ${assignments.join(', ')}: ${failure}`);
        await sleep(PAUSE_MS, undefined, { signal }).catch(() => undefined);
      }
    },
  };
}
