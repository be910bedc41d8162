/**
 * Appends records to a log on files, ten at a time as actions that are ready together do, and writes the same number of
 * bytes with the same number of `fdatasync` by hand: `node append.js FOLDER`. Prints one line of JSON, in ms.
 */

import { randomUUID } from 'node:crypto';
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Draft } from '../../src/formats/log-record.ts';
import { openFileStore } from '../../src/store/files/file-store.ts';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: append.js FOLDER');

const groups = 300;
const groupSize = 10;
const ref = { plugin: 'bench', kind: 'Item', name: 'one' };
const draft: Draft = {
  kind: 'seen',
  body: { run: 'bench', counts: { Item: 1 }, resources: [{ ref, state: 'ready', labels: { text: 'x'.repeat(100) } }] },
};

async function logBytes(log: string): Promise<number> {
  const sizes = await Promise.all((await readdir(log)).map(async (file) => (await stat(join(log, file))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

const store = openFileStore({
  folder: join(folder, 'store'),
  project: 'bench',
  actor: 'bench',
  now: () => Date.now(),
  randomId: () => randomUUID(),
});
const fence = await store.lock({ command: 'bench', timeoutMs: 0 });
const before = await logBytes(join(folder, 'store', 'log'));
const start = performance.now();
for (let group = 0; group < groups; group += 1) {
  await Promise.all(Array.from({ length: groupSize }, () => store.append([draft], fence)));
}
const appendMs = performance.now() - start;
const written = (await logBytes(join(folder, 'store', 'log'))) - before;
await store.unlock(fence);
await store.close();

const plain = await open(join(folder, 'plain'), 'a');
const part = Buffer.alloc(Math.round(written / groups), 'x');
const plainStart = performance.now();
for (let group = 0; group < groups; group += 1) {
  await plain.write(part);
  await plain.datasync();
}
const plainMs = performance.now() - plainStart;
await plain.close();
process.stdout.write(`${JSON.stringify({ records: groups * groupSize, appendMs, plainMs })}\n`);
