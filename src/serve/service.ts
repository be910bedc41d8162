/** The notifications of the daemon for systemd: ready, its status, alive, and stopping. Without systemd, nothing happens. */

import { setTimeout as sleep } from 'node:timers/promises';
import { errorText } from '#plugin';
import { serviceManager } from '#plugin/service-manager';

/** Time for which `READY=1` is repeated: the time that systemd gives a service to start, by default. */
const READY_MS = 90_000;

export interface Service {
  readonly ready: () => void;
  /** A line that `systemctl status` shows. */
  readonly status: (line: string) => void;
  readonly stopping: () => void;
  /** Ends the notifications. */
  readonly close: () => Promise<void>;
}

/** Starts to notify systemd that the process is alive, if its unit has a watchdog. */
export function startService(env: Readonly<Record<string, string | undefined>>, say: (line: string) => void): Service {
  const manager = serviceManager(env);
  const ended = new AbortController();
  const { signal } = ended;
  const sent = new Set<Promise<void>>();
  const notify = (assignments: readonly string[], forMs: number): Promise<void> => {
    const sending = manager
      .notify(assignments, { forMs, signal })
      .catch((error: unknown) => say(`warning: ${errorText(error)}`))
      .finally(() => sent.delete(sending));
    sent.add(sending);
    return sending;
  };
  const { watchdogMs } = manager;
  const alive = async (): Promise<void> => {
    if (watchdogMs === undefined) return;
    while (!signal.aborted) {
      await notify(['WATCHDOG=1'], watchdogMs);
      await sleep(watchdogMs, undefined, { signal }).catch(() => undefined);
    }
  };
  const living = alive();
  return {
    ready: () => void notify(['READY=1', 'STATUS=The first rounds start.'], READY_MS),
    status: (line) => void notify([`STATUS=${line}`], 0),
    stopping: () => void notify(['STOPPING=1', 'STATUS=Running actions finish.'], 0),
    close: async () => {
      ended.abort();
      await living;
      await Promise.all(sent);
    },
  };
}
