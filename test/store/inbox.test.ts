/** The inbox on files: its files and their ends. */

import { appendFileSync, chmodSync, lstatSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { emptyRecall, fold } from '../../src/engine/remember.ts';
import { openFileStore } from '../../src/store/files/file-store.ts';
import { checkStoreFolder } from '../../src/store/files/trust-store.ts';
import { InboxFullError } from '../../src/store/inbox.ts';
import type { Fence, Store } from '../../src/store/store.ts';
import { drain, drainedIn, entriesOf, note, recordsOf } from './drafts.ts';
import { type FileBench, fileBench, segmentsOf, WRITER } from './file-bench.ts';

const NOW = { command: 'apply', timeoutMs: 0 };

let bench: FileBench;
let store: Store;
let fence: Fence;
beforeEach(async () => {
  bench = await fileBench();
  store = bench.open();
  fence = await store.lock(NOW);
});
afterEach(async () => {
  await store.close();
  await bench.remove();
});

function files(): readonly string[] {
  return readdirSync(join(bench.folder, 'inbox')).sort();
}

function only(): string {
  expect(files()).toHaveLength(1);
  return join(bench.folder, 'inbox', files()[0] ?? '');
}

/** Lets another process deposit six entries, and end. */
function depositElsewhere(): void {
  expect(spawnSync(process.execPath, [WRITER, bench.folder, 'deposit']).status).toBe(0);
}

async function positions(): Promise<Readonly<Record<string, number>>> {
  const recall = emptyRecall();
  await bench.open().read((record) => fold(recall, record));
  return Object.fromEntries(recall.inbox);
}

describe('files of the inbox', () => {
  it('are private to their owner, with one line for the writer and one for each entry', async () => {
    await store.deposit(['a', { b: 1 }]);
    expect(lstatSync(join(bench.folder, 'inbox')).mode & 0o777).toBe(0o700);
    expect(lstatSync(only()).mode & 0o777).toBe(0o600);
    const [writer = '', ...entries] = readFileSync(only(), 'utf8').trimEnd().split('\n');
    expect(JSON.parse(writer)).toMatchObject({ format: 1, writer: { pid: process.pid, command: 'deposit' } });
    const time = '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z';
    expect(entries[0]).toMatch(new RegExp(`^\\{"at":"${time}","entry":"a","sum":"[0-9a-f]{16}"\\}$`, 'u'));
    expect(JSON.parse(entries[1] ?? '')).toMatchObject({ entry: { b: 1 } });
  });

  it('are deleted once they are drained, if their writer has ended; then their positions leave the state', async () => {
    depositElsewhere();
    const [name = ''] = files();
    expect(await drain(store, fence, 4)).toHaveLength(4);
    expect(files()).toEqual([name]);
    expect(await drain(store, fence)).toHaveLength(2);
    expect(files()).toEqual([]);
    expect(Object.keys(await positions())).toEqual([name]);
    await store.deposit(['next']);
    await drain(store, fence);
    expect(Object.keys(await positions())).toEqual(files());
  });

  it('stay while their writer may write to them', async () => {
    const writer = bench.open('writer');
    await writer.deposit(['a']);
    await drain(store, fence);
    await writer.deposit(['b']);
    expect(files()).toHaveLength(1);
    expect(await drain(store, fence)).toEqual(['b']);
    await writer.close();
  });

  it('of 4 MiB are followed by others, and deleted once they are drained', async () => {
    const large = 'x'.repeat(65_000);
    await store.deposit(Array.from({ length: 65 }, () => large));
    await store.deposit(['last']);
    expect(files().map((name) => name.slice(-'-1.ndjson'.length))).toEqual(['-1.ndjson', '-2.ndjson']);
    let count = 0;
    for (let now = 1; now > 0; count += now) {
      const undrained = await store.undrained(1000);
      now = undrained.length;
      await store.append(
        [],
        fence,
        undrained.map(({ place }) => place),
      );
    }
    expect(count).toBe(66);
    expect(files().map((name) => name.slice(-'-1.ndjson'.length))).toEqual(['-2.ndjson']);
  });

  it('left behind by a drain that was killed are deleted by the next holder of the lock', async () => {
    depositElsewhere();
    const file = only();
    const bytes = readFileSync(file);
    await drain(store, fence);
    writeFileSync(file, bytes, { mode: 0o600 });
    await store.unlock(fence);
    expect(await bench.open().undrained(100)).toEqual([]);
    fence = await store.lock(NOW);
    expect(files()).toEqual([]);
    expect(await store.undrained(100)).toEqual([]);
  });

  it('of a writer on another machine are deleted after an hour without an entry, and the writer begins another', async () => {
    let now = Date.now();
    const other = openFileStore({
      folder: bench.folder,
      project: 'shop',
      actor: 'me',
      now: () => now,
      randomId: randomUUID,
    });
    const writer = bench.open('writer');
    await writer.deposit(['a']);
    await drain(store, fence);
    const drainAll = async (): Promise<void> => {
      await store.unlock(fence);
      await other.unlock(await other.lock(NOW));
      fence = await store.lock(NOW);
    };
    now += 59 * 60_000;
    await drainAll();
    expect(files()).toHaveLength(1);
    now += 2 * 60_000;
    await drainAll();
    expect(files()).toEqual([]);
    await writer.deposit(['b']);
    expect(files().map((name) => name.slice(-'-2.ndjson'.length))).toEqual(['-2.ndjson']);
    expect(await drain(store, fence)).toEqual(['b']);
    await writer.close();
    await other.close();
  });

  it('are checked like those of the log before the store is opened', async () => {
    await store.deposit(['a']);
    const owners = new Set([process.getuid?.() ?? 0]);
    expect(await checkStoreFolder(bench.folder, owners)).toEqual([]);
    chmodSync(only(), 0o606);
    await expect(checkStoreFolder(bench.folder, owners)).rejects.toThrow(/every user may write .*inbox/u);
  });

  it('of other names are noted, and not read', async () => {
    await store.deposit(['a']);
    writeFileSync(join(bench.folder, 'inbox', 'notes.txt'), 'mine', { mode: 0o600 });
    expect(entriesOf(await store.undrained(100))).toEqual(['a']);
    expect(await store.verify()).toMatchObject({ notes: ['inbox/notes.txt is not a file of the inbox'] });
  });

  it('fail to be written if the folder was moved', async () => {
    await store.deposit(['a']);
    renameSync(bench.folder, `${bench.folder}-moved`);
    await expect(store.deposit(['b'])).rejects.toThrow(/no log of the project shop/u);
    renameSync(`${bench.folder}-moved`, bench.folder);
  });
});

describe('an entry', () => {
  it('that is not whole is ignored until it is', async () => {
    await store.deposit(['a', 'b']);
    const bytes = readFileSync(only());
    const second = bytes.indexOf('{"at"', bytes.indexOf('"entry":"a"'));
    for (let length = second; length < bytes.length; length += 1) {
      writeFileSync(only(), bytes.subarray(0, length));
      expect(entriesOf(await store.undrained(100))).toEqual(['a']);
    }
    expect(await drain(store, fence)).toEqual(['a']);
    writeFileSync(only(), bytes);
    expect(await drain(store, fence)).toEqual(['b']);
  });

  it('that a dead writer left unfinished never counts, and its file is deleted', async () => {
    for (const torn of ['{"at":"2026-11-20T12:0', '\0'.repeat(5000)]) {
      depositElsewhere();
      appendFileSync(only(), torn);
      expect(await drain(store, fence)).toHaveLength(6);
      expect(files()).toEqual([]);
    }
  });

  it('whose bytes were changed is drained as damage, and the others are given', async () => {
    await store.deposit(['a', 'b', 'c']);
    const bytes = readFileSync(only());
    bytes[bytes.indexOf('"entry":"b"') + '"entry":"'.length] = 0x78;
    writeFileSync(only(), bytes);
    const undrained = await store.undrained(100);
    const damage = expect.stringMatching(/^inbox\/.*: the bytes \d+ to \d+ are not the entry that was deposited$/u);
    expect(entriesOf(undrained)).toEqual(['a', damage, 'c']);
    await store.append(
      [note('x')],
      fence,
      undrained.map(({ place }) => place),
    );
    expect(await store.undrained(100)).toEqual([]);
  });

  it('in a file whose first line was changed is damage, not lost', async () => {
    await store.deposit(['a', 'b']);
    const bytes = readFileSync(only());
    bytes[bytes.indexOf('\n')] = 0x20;
    writeFileSync(only(), bytes);
    expect(entriesOf(await store.undrained(100))).toEqual([expect.stringContaining('not the entry'), 'b']);
  });
});

describe('a full inbox', () => {
  it('refuses entries with its size and its limit, and takes them again once it is drained', async () => {
    const options = { folder: bench.folder, project: 'shop', actor: 'me', now: Date.now };
    const small = openFileStore({ ...options, randomId: randomUUID, inboxBytes: 2000 });
    depositElsewhere();
    const refused = await small.deposit(['x'.repeat(1000)]).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(InboxFullError);
    expect(String(refused)).toMatch(/full: it has \d+ bytes, and the limit is 2000 bytes/u);
    expect(await drain(store, fence)).toHaveLength(6);
    await small.deposit(['x'.repeat(1000)]);
    expect(await drain(store, fence)).toHaveLength(1);
    await small.close();
  });
});

describe('a group of records with drained entries', () => {
  it('counts all or not at all, wherever its bytes end', async () => {
    await store.append([note('before')], fence);
    await store.deposit(['a', 'b']);
    const file = segmentsOf(bench.folder).at(-1) ?? '';
    const before = lstatSync(file).size;
    await drain(store, fence);
    const bytes = readFileSync(file);
    await store.close();
    const whole = await recordsOf(bench.open());
    const step = process.env['FETTLE_TEST_FULL'] === '1' ? 1 : 7;
    for (let length = before; length < bytes.length; length += step) {
      writeFileSync(file, bytes.subarray(0, length));
      const reader = bench.open();
      const report = await reader.read(() => undefined);
      expect([length, report]).toMatchObject([length, { status: 'sound', damage: [] }]);
      expect([length, report.torn?.bytes ?? 0]).toEqual([length, length - before]);
      expect(entriesOf(await reader.undrained(100))).toEqual(['a', 'b']);
      expect(await recordsOf(reader)).toEqual(whole.slice(0, -3));
    }
    store = bench.open();
    writeFileSync(file, bytes.subarray(0, bytes.length - 1));
    fence = await store.lock(NOW);
    expect(lstatSync(file).size).toBe(before);
    expect(await drain(store, fence)).toEqual(['a', 'b']);
    expect(await drainedIn(store)).toEqual(['a', 'b']);
    expect(await store.verify()).toMatchObject({ status: 'sound', damage: [], notes: [] });
  });

  it('that was cut is behind the seal after a take-over', async () => {
    await store.deposit(['a', 'b']);
    const file = segmentsOf(bench.folder).at(-1) ?? '';
    await drain(store, fence);
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.subarray(0, bytes.lastIndexOf('\n', bytes.length - 2) + 1));
    await bench.declareDead();
    const other = bench.open('other');
    const next = await other.lock(NOW);
    expect(await drain(other, next)).toEqual(['a', 'b']);
    expect(await drainedIn(other)).toEqual(['a', 'b']);
    expect(await other.verify()).toMatchObject({ status: 'sound', damage: [] });
    await other.close();
  });

  it('with a damaged record is damage as a whole', async () => {
    await store.deposit(['a', 'b']);
    await drain(store, fence);
    const last = (await recordsOf(store)).at(-1);
    await store.close();
    await bench.spoil(last?.seq ?? 0);
    store = bench.open();
    expect(await store.verify()).toMatchObject({ status: 'damaged', head: { seq: (last?.seq ?? 0) - 3 } });
    fence = await store.lock(NOW);
    await store.recover(fence);
    expect(await drain(store, fence)).toEqual(['a', 'b']);
    expect(await drainedIn(store)).toEqual(['a', 'b']);
    expect(await store.verify()).toMatchObject({ status: 'sound', damage: [] });
  });
});
