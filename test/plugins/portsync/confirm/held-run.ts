/**
 * A run of fettle that makes one held change, for tests that kill it. Arguments: the folder of confirmations, a namespace
 * with the links `p0` and `p1`, the seconds until the take-back, and `confirm`, `refuse`, `hang` or `die`. Prints its progress.
 */

import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { changeHeld, holdOnHost } from '../../../../plugins/portsync/confirm/hold.ts';

const [folder = '', namespace = '', within = '', mode = ''] = process.argv.slice(2);
const { signal } = new AbortController();

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const hold = await holdOnHost(
  {
    target: 'linux test',
    ports: ['p0', 'p1'],
    takeBack: {
      kind: 'linux',
      namespace,
      lines: ['p0', 'p1'].map((link) => ({ line: `link set dev ${link} mtu 1500` })),
    },
    within: Number(within),
  },
  { folder, hasTimer: true, openConfig: () => Promise.reject(new Error('not a switch')), signal },
);
say(`armed ${hold.id}`);
const outcome = await changeHeld(hold, {
  change: async () => {
    const input = 'link set dev p0 mtu 1400\nlink set dev p1 mtu 1400\n';
    execFileSync('ip', ['-n', namespace, '-batch', '-'], { input });
    say('changed');
    if (mode === 'hang') await sleep(600_000);
    if (mode === 'die') process.kill(process.pid, 'SIGKILL');
  },
  check: async () => (mode === 'refuse' ? 'p0 has no link' : undefined),
  signal,
});
say(JSON.stringify(outcome));
