/** Other programs that keep STATE_DB in step: a daemon refuses to run next to one. */

import { readdirSync, readFileSync } from 'node:fs';

const PROGRAM = 'portsyncd';

/** The number of a running `portsyncd`, also of one in a container; undefined if there is none. `proc`: `/proc`. */
export function runningPortsyncd(proc: string): number | undefined {
  const pids = readdirSync(proc).filter((name) => /^\d+$/u.test(name));
  const found = pids.find((pid) => {
    try {
      // A zombie has ended.
      return /^\d+ \(portsyncd\) [^ZX]/u.test(readFileSync(`${proc}/${pid}/stat`, 'utf8'));
    } catch {
      return false;
    }
  });
  return found === undefined ? undefined : Number(found);
}

/** The reason why a daemon must not write: another program does. `clients`: other daemons of fettle at the same server. */
export function rivalText(pid: number | undefined, clients: number): string | undefined {
  if (pid !== undefined) return `process ${pid} is a ${PROGRAM} of this machine`;
  return clients === 0 ? undefined : 'another fettle portsync run writes to the same databases';
}
