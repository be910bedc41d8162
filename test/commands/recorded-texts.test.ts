/** Texts of documents in the state: `apply` records them, and `plan` reads documents from there. `apply` never does. */

import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { emptyRecall, fold } from '../../src/engine/remember.ts';
import type { Draft } from '../../src/formats/log-record.ts';
import type { Memory } from '#plugin';
import { openFileStore } from '../../src/store/files/file-store.ts';
import { certificateProject, fettle } from '../support/cli.ts';

const WWW = 'certificates/Certificate/www';

async function applied(): Promise<string> {
  const folder = certificateProject(['www']);
  const { code, stderr } = await fettle(folder, 'apply', '--yes');
  expect(`${code} ${stderr}`).toMatch(/^0 /u);
  return folder;
}

async function withStore<T>(folder: string, use: (store: ReturnType<typeof openFileStore>) => Promise<T>): Promise<T> {
  const options = { project: 'test', actor: 'test', now: Date.now, randomId: () => 'test' };
  const store = openFileStore({ ...options, folder: join(folder, '.fettle') });
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

function memoryOf(folder: string): Promise<Memory | undefined> {
  return withStore(folder, async (store) => {
    const recall = emptyRecall();
    await store.read((record) => fold(recall, record));
    return recall.resources.get(WWW);
  });
}

/** Records another name for the text of the certificate. */
async function forge(folder: string): Promise<void> {
  const memory = await memoryOf(folder);
  if (memory?.read === undefined) throw new Error('nothing is remembered of the text');
  const value = JSON.parse(JSON.stringify(memory.read.value).replace('www.example.test', 'forged.example.test'));
  const read = { ...memory.read, value };
  const draft: Draft = { kind: 'seen', body: { run: 'test', resources: [{ ref: memory.ref, read }], counts: {} } };
  await withStore(folder, async (store) => {
    const fence = await store.lock({ command: 'test', timeoutMs: 0 });
    await store.append([draft], fence);
    await store.unlock(fence);
  });
}

function recordsOf(folder: string): number {
  const log = join(folder, '.fettle/log');
  const text = readdirSync(log).map((name) => readFileSync(join(log, name), 'utf8'));
  return text.join('').split('"read":{"digest":').length - 1;
}

describe('the text of a document', () => {
  it('is recorded by the apply that creates its resource, without defaults', async () => {
    const memory = await memoryOf(await applied());
    expect(memory?.read?.digest).toMatch(/^[0-9a-f]{64}$/u);
    const { spec = {} } = (memory?.read?.value ?? {}) as { readonly spec?: object };
    expect(Object.keys(spec)).toEqual(['issuer', 'dnsNames', 'storage']);
  });

  it('is not parsed again by plan, which reads the recorded value; apply parses it, and corrects the record', async () => {
    const folder = await applied();
    await forge(folder);
    const planned = await fettle(folder, 'plan', '--detailed-exitcode');
    expect(planned.code).toBe(2);
    expect(planned.stdout).toContain('forged.example.test');
    const { code, stdout } = await fettle(folder, 'apply', '--yes');
    expect(code).toBe(0);
    expect(stdout).not.toContain('forged');
    expect((await memoryOf(folder))?.read?.value).toMatchObject({ spec: { dnsNames: ['www.example.test'] } });
    expect((await fettle(folder, 'plan', '--detailed-exitcode')).code).toBe(0);
  });

  it('is parsed by plan if it was edited, and always by validate', async () => {
    const folder = await applied();
    await forge(folder);
    appendFileSync(join(folder, 'desired/www.yaml'), '# edited\n');
    expect((await fettle(folder, 'plan', '--detailed-exitcode')).code).toBe(0);
    expect((await fettle(folder, 'validate')).stdout).not.toContain('forged');
  });

  it('is recorded again by the next apply if it was edited, and only by that one', async () => {
    const folder = await applied();
    const before = recordsOf(folder);
    appendFileSync(join(folder, 'desired/www.yaml'), '# edited\n');
    const counts: number[] = [];
    for (const command of [['plan'], ['apply', '--yes'], ['apply', '--yes']]) {
      await fettle(folder, ...command);
      counts.push(recordsOf(folder) - before);
    }
    expect(counts).toEqual([0, 1, 1]);
  });
});
