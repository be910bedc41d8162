/**
 * Appends the intents and outcomes of a log again, in groups of ten, each group durable before the next: once through a
 * store, once as bare writes of the same lines. `node replay.js STORE FOLDER`; prints one line of JSON, in ms.
 */

import { randomUUID } from 'node:crypto';
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Draft, LogRecord } from '../../src/formats/log-record.ts';
import { openFileStore } from '../../src/store/files/file-store.ts';

const [from = '', folder = ''] = process.argv.slice(2);
const GROUP = 10;

const open = (place: string) =>
  openFileStore({ folder: place, project: 'bench', actor: 'bench', now: Date.now, randomId: randomUUID });
const records: LogRecord[] = [];
await open(from).read((record) => {
  if (record.kind === 'intent' || record.kind === 'outcome') records.push(record);
}, 'all');
const groups = Array.from({ length: Math.ceil(records.length / GROUP) }, (_, i) =>
  records.slice(i * GROUP, i * GROUP + GROUP),
);
/** From the first intent to the last outcome, by the log's own times. */
const appliedMs = Date.parse(records.at(-1)?.time ?? '') - Date.parse(records[0]?.time ?? '');

const store = open(join(folder, 'replay'));
const fence = await store.lock({ command: 'bench', timeoutMs: 0 });
let start = performance.now();
for (const group of groups)
  await Promise.all(group.map(({ kind, body }) => store.append([{ kind, body } as Draft], fence)));
const storeMs = performance.now() - start;
await store.unlock(fence);
await store.close();

const lines = groups.map((group) => Buffer.from(group.map((record) => `${JSON.stringify(record)}\n`).join('')));
const file = join(folder, 'bare');
const handle = openSync(file, 'w');
start = performance.now();
for (const bytes of lines) {
  writeSync(handle, bytes);
  fdatasyncSync(handle);
}
const bareMs = performance.now() - start;
closeSync(handle);
rmSync(file);
process.stdout.write(`${JSON.stringify({ records: records.length, appliedMs, storeMs, bareMs })}\n`);
