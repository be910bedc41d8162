/**
 * An emulated provider with SERVERS running servers, each with a container: `node cloud.js FOLDER SERVERS DELAY_MS`. The
 * provider continues from the state in the folder, delays every answer, prints one line of JSON when it is up, and saves
 * its state and ends when its standard input does.
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startEmulator } from '../../plugins/nodes/sandbox/emulator.ts';

const [folder = '', servers = '0', delay = '0'] = process.argv.slice(2);
const file = join(folder, 'cloud.json');
const DAY_MS = 86_400_000;

interface Saved {
  readonly state: string;
  readonly ports: { readonly api: number; readonly readiness: number; readonly workloads: number };
}

const saved = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Saved) : undefined;
const emulator = await startEmulator({
  rateLimit: { perHour: 10_000_000 },
  limits: { servers: Number(servers) },
  ...(saved === undefined ? {} : { state: saved.state, ports: saved.ports }),
});
const names = Array.from({ length: Number(servers) }, (_, index) => `node-${index}`);
if (saved === undefined) {
  for (const name of names) {
    emulator.seed({ name, image: 'debian-13', age: DAY_MS });
    emulator.workloads.start(name, { id: `container-${name}`, mb: 512 });
  }
}
await emulator.settle();
if (Number(delay) > 0)
  emulator.inject({ times: Number.POSITIVE_INFINITY, mishap: { kind: 'slow', ms: Number(delay) } });
const ports: Saved['ports'] = {
  api: Number(new URL(emulator.endpoint).port),
  readiness: emulator.readinessPort,
  workloads: Number(new URL(emulator.workloads.url).port),
};
const { endpoint, tokens, readinessPort, workloads } = emulator;
process.stdout.write(
  `${JSON.stringify({ endpoint, token: tokens.readWrite, readinessPort, workloads: workloads.url })}\n`,
);
process.stdin.resume().once('end', () => {
  writeFileSync(file, JSON.stringify({ state: emulator.save(), ports } satisfies Saved));
  void emulator.stop();
});
