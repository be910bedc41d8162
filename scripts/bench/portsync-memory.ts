/**
 * Runs the daemon with 10,000 simulated ports and floods it with events: `node portsync-memory.js REDIS_PORT FOLDER`. Prints
 * one line of JSON: resident memory in MiB after the first writes, and after each part of the events.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { Daemon, DAEMON_DEFAULTS } from '../../plugins/portsync/daemon/daemon.ts';
import { preferSmallHeap } from '../../plugins/portsync/daemon/memory.ts';
import { NO_KEPT_METRICS } from '../../plugins/portsync/daemon/metrics-file.ts';
import { openSession } from '../../plugins/portsync/daemon/session.ts';
import { openStateFolder } from '../../plugins/portsync/daemon/state-file.ts';
import { remotePlace } from '../../plugins/portsync/sonic/connect.ts';
import { usualDenial } from '../../src/plugin/net.ts';
import { SimulatedLinks } from '../../test/support/simulated-links.ts';

const PORTS = 10_000;
const PARTS = 4;
const EVENTS = Number(process.env['FETTLE_BENCH_EVENTS'] ?? 200_000);

const [port = '', path = ''] = process.argv.slice(2);
preferSmallHeap();
const links = new SimulatedLinks();
for (let index = 1; index <= PORTS; index += 1) links.set(index);
const control = new AbortController();
const daemon = new Daemon({
  folder: await openStateFolder(path),
  kept: NO_KEPT_METRICS,
  open: (signal) => openSession(remotePlace(`127.0.0.1:${port}`), { denial: usualDenial({}), signal }),
  links: links.source,
  settings: DAEMON_DEFAULTS,
  say: () => undefined,
});
const running = daemon.run(control.signal);

async function settled(): Promise<void> {
  while (daemon.status.ports < PORTS || daemon.status.waiting > 0) await sleep(5);
}

const rss = (): number => process.memoryUsage.rss() / (1 << 20);

await settled();
const memory = [rss()];
for (let event = 0; event < EVENTS; event += 1) {
  links.set((event % PORTS) + 1, { mtu: 1500 + (event % 7000) });
  if (event % 500 === 499) {
    links.deliver();
    await settled();
  }
  if ((event + 1) % (EVENTS / PARTS) === 0) memory.push(rss());
}
control.abort();
await running;
process.stdout.write(`${JSON.stringify({ events: EVENTS, memory })}\n`);
process.exit(0);
