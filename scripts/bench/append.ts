/**
 * Appends records to a log on files, ten at a time as actions that are ready together do, and writes the same number of
 * bytes with the same number of `fdatasync` by hand: `node append.js FOLDER`. Prints one line of JSON, in ms.
 */

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Draft } from '../../src/formats/log-record.ts';
import { openFileStore } from '../../src/store/files/file-store.ts';
import { bytesIn, plainWrites } from './plain-writes.ts';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: append.js FOLDER');

const groups = 300;
const groupSize = 10;
const ref = { plugin: 'bench', kind: 'Item', name: 'one' };
const draft: Draft = {
  kind: 'seen',
  body: { run: 'bench', counts: { Item: 1 }, resources: [{ ref, state: 'ready', labels: { text: 'x'.repeat(100) } }] },
};

const store = openFileStore({
  folder: join(folder, 'store'),
  project: 'bench',
  actor: 'bench',
  now: () => Date.now(),
  randomId: () => randomUUID(),
});
const fence = await store.lock({ command: 'bench', timeoutMs: 0 });
const before = await bytesIn(join(folder, 'store', 'log'));
const start = performance.now();
for (let group = 0; group < groups; group += 1) {
  await Promise.all(Array.from({ length: groupSize }, () => store.append([draft], fence)));
}
const durableMs = performance.now() - start;
const written = (await bytesIn(join(folder, 'store', 'log'))) - before;
await store.unlock(fence);
await store.close();

const plainMs = await plainWrites(join(folder, 'plain'), written, groups);
process.stdout.write(`${JSON.stringify({ count: groups * groupSize, durableMs, plainMs })}\n`);
