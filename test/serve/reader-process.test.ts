/** The process that answers, with a log whose read takes longer than the deadline of an answer. */

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { emptyRecall, rememberedOf } from '../../src/engine/remember.ts';
import type { PageQuestion } from '../../src/serve/answers/question.ts';
import { ReaderProcess } from '../../src/serve/reader-process.ts';
import { openFileStore } from '../../src/store/files/file-store.ts';
import { intent } from '../store/drafts.ts';
import { bareEnvironment, cliFile, temporaryFolder, writeFiles } from '../support/cli.ts';

const RECORDS = 60_000;
const BATCH = 2000;

async function folderWithLog(): Promise<string> {
  const folder = temporaryFolder();
  writeFiles(folder, { 'fettle.yaml': 'name: shop\nstore: .fettle\n' });
  const store = openFileStore({
    folder: join(folder, '.fettle'),
    project: 'shop',
    actor: 'test',
    now: Date.now,
    randomId: randomUUID,
  });
  const fence = await store.lock({ command: 'test', timeoutMs: 0 });
  const batch = Array.from({ length: BATCH }, (_, i) => intent(`web-${i}`));
  for (let written = 0; written < RECORDS; written += BATCH) await store.append(batch, fence);
  await store.checkpoint(rememberedOf(emptyRecall()), fence, true);
  await store.close();
  return folder;
}

const LOG: PageQuestion = {
  page: 'log',
  address: '',
  search: '?size=1',
  format: 'json',
  base: '',
  viewer: { name: 'reader', operates: false, csrf: '' },
};

test('a read of the log that takes longer than the deadline goes on, and a later question has its answer', {
  timeout: 120_000,
}, async () => {
  const folder = await folderWithLog();
  const heard: string[] = [];
  const program = {
    program: cliFile,
    args: ['serve', '--answers', '--chdir', folder],
    env: bareEnvironment(),
    heard: (line: string) => void heard.push(line),
    deadlineMs: 60_000,
  };
  const reader = new ReaderProcess(program, { rounds: [], plans: [], interval_ms: 1000 });
  onTestFinished(() => reader.close());
  // The process has started before the read begins.
  const first = await reader.ask({ head: true });
  expect([first.status, heard]).toEqual([200, []]);
  program.deadlineMs = 250;
  expect((await reader.ask(LOG)).text).toContain('"error":"late"');
  const errors = new Set<unknown>();
  const ask = async (): Promise<unknown> => {
    const { text } = await reader.ask(LOG);
    const given = JSON.parse(text) as { readonly error?: string; readonly records?: readonly unknown[] };
    errors.add(given.error);
    return given.records;
  };
  await expect.poll(ask, { timeout: 60_000 }).toEqual([expect.objectContaining({ kind: 'checkpoint' })]);
  expect(errors, 'the process was not killed').not.toContain('failed');
});
