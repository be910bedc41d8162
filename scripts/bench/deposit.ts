/**
 * Deposits entries of 400 bytes into an inbox on files, 64 at once as connections do, and writes the same number of
 * bytes by hand, 64 entries with one `fdatasync`: `node deposit.js FOLDER`. Prints one line of JSON, in ms.
 */

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { openFileStore } from '../../src/store/files/file-store.ts';
import { bytesIn, plainWrites } from './plain-writes.ts';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: deposit.js FOLDER');

const connections = 64;
const groups = 300;
const entry = { event: 'x'.repeat(386) };

const store = openFileStore({
  folder: join(folder, 'store'),
  project: 'bench',
  actor: 'bench',
  now: () => Date.now(),
  randomId: () => randomUUID(),
});
await store.unlock(await store.lock({ command: 'bench', timeoutMs: 0 }));
const cpu = process.cpuUsage();
const start = performance.now();
await Promise.all(
  Array.from({ length: connections }, async () => {
    for (let group = 0; group < groups; group += 1) await store.deposit([entry]);
  }),
);
const durableMs = performance.now() - start;
const { user, system } = process.cpuUsage(cpu);
await store.close();
const count = groups * connections;
const plainMs = await plainWrites(join(folder, 'plain'), await bytesIn(join(folder, 'store', 'inbox')), groups);
process.stdout.write(`${JSON.stringify({ count, durableMs, plainMs, cpuMs: (user + system) / 1000 })}\n`);
