/** Pages and their JSON twins with more records and findings than a page has, from the process that answers. */

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Draft } from '../../src/formats/log-record.ts';
import type { Answer, PageQuestion } from '../../src/serve/answers/question.ts';
import { ReaderProcess } from '../../src/serve/reader-process.ts';
import { openFileStore } from '../../src/store/files/file-store.ts';
import { intent, note, outcome } from '../store/drafts.ts';
import { bareEnvironment, cliFile, temporaryFolder, writeFiles } from '../support/cli.ts';

const STEPS = 700;
const FINDINGS = 450;

let reader: ReaderProcess;

function begin(run: string, command: string): Draft {
  return { kind: 'run', body: { run, command, version: '1.0.0' } };
}

function order(run: string): Draft {
  return { kind: 'order', body: { run, verb: 'refresh', by: 'ann' } };
}

function packed(value: unknown): string {
  return gzipSync(JSON.stringify(value)).toString('base64');
}

beforeAll(async () => {
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
  const early = intent('early');
  const [begun] = await store.append([{ ...early, body: { ...early.body, run: 'q' } } as Draft], fence);
  await store.append([begin('r', 'apply'), order('r')], fence);
  const intents = await store.append(
    Array.from({ length: STEPS }, (_, i) => intent(`web-${i}`)),
    fence,
  );
  const outcomes = intents.map(({ seq }, i) => outcome(`web-${i}`, seq));
  await store.append([...outcomes, outcome('early', begun?.seq ?? 0), note('r')], fence);
  const others = Array.from({ length: 400 }, (_, i) => `other-${i}`);
  await store.append(
    others.flatMap((run) => [begin(run, 'serve'), order(run), note(run)]),
    fence,
  );
  await store.close();
  const plan = {
    timestamp: '2026-11-30T08:00:00Z',
    complete: true,
    gaps: Array.from({ length: FINDINGS }, (_, i) => ({
      scope: `part-${i}`,
      message: 'not reachable',
      since: '2026-11-30T08:00:00Z',
    })),
    resource_changes: [],
    rejected_changes: [],
    deferred_changes: [],
    resource_drift: [],
    prior_state: { resources: [] },
    checks: Array.from({ length: FINDINGS }, (_, i) => ({
      address: `nodes/Node/web-${i}`,
      severity: 'error',
      message: 'not reachable',
      since: '2026-11-30T08:00:00Z',
    })),
  };
  const snapshot = { rounds: [], plans: [{ plan: packed(plan), rules: packed({}) }], interval_ms: 1000 };
  reader = new ReaderProcess(
    {
      program: cliFile,
      args: ['serve', '--answers', '--chdir', folder],
      env: bareEnvironment(),
      heard: () => undefined,
    },
    snapshot,
  );
}, 60_000);

afterAll(() => reader.close());

function ask(page: PageQuestion['page'], more: Partial<PageQuestion> = {}): Promise<Answer> {
  const viewer = { name: 'reader', operates: false, csrf: '' };
  return reader.ask({ page, address: '', search: '', format: 'json', base: '', viewer, ...more });
}

async function dataOf(page: PageQuestion['page'], more: Partial<PageQuestion> = {}): Promise<Record<string, unknown>> {
  const { status, text } = await ask(page, more);
  expect([status, status === 200 ? '' : text]).toEqual([200, '']);
  return JSON.parse(text) as Record<string, unknown>;
}

test('a run with more records than its page has its beginning, its end and all of its counts', async () => {
  const data = await dataOf('run', { address: 'r' });
  expect(data).toMatchObject({
    command: 'apply',
    ordered_by: ['ann'],
    started_at: expect.any(String),
    ended_at: expect.any(String),
    counts: { intent: STEPS, outcome: STEPS + 1 },
    cut: true,
  });
  const steps = data['done'] as readonly { readonly address: string; readonly because: string }[];
  expect(steps.filter(({ because }) => because === 'of an earlier run').map(({ address }) => address)).toEqual([
    'nodes/Node/early',
  ]);
  const { text } = await ask('run', { address: 'r', format: 'html' });
  expect(text).toContain(`${STEPS} steps accepted and begun`);
});

test('runs of a command are found behind many runs of other commands', async () => {
  expect(await dataOf('runs', { search: '?command=apply&size=5' })).toMatchObject({
    runs: [{ run: 'r', command: 'apply', ordered_by: ['ann'], ended_at: expect.any(String) }],
  });
  const { runs } = (await dataOf('runs', { search: '?size=3' })) as {
    readonly runs: readonly { readonly run: string }[];
  };
  expect(runs.map(({ run }) => run)).toEqual(['other-399', 'other-398', 'other-397']);
});

test('the health page has its findings and its gaps in pages', async () => {
  expect(await dataOf('health')).toMatchObject({
    findings: { total: FINDINGS, page: 1, size: 200 },
    gaps: { total: FINDINGS, page: 1, size: 200 },
  });
  const { findings, gaps } = (await dataOf('health', { search: '?page=3&gaps=2' })) as Record<
    'findings' | 'gaps',
    { readonly rows: readonly object[] }
  >;
  expect([findings.rows.length, gaps.rows.length]).toEqual([50, 200]);
  const { text } = await ask('health', { format: 'html', search: '?page=2' });
  expect(text).toContain('201 to 400 of 450');
  expect(text.match(/nodes\/Node\/web-\d+"/gu)?.length).toBeLessThanOrEqual(200);
  expect(text).toContain('/health?gaps=2&amp;page=2');
});

test.each(['health', 'drift', 'runs'] as const)(
  'the JSON of the page %s has the standing of the project',
  async (page) => {
    expect(await dataOf(page)).toMatchObject({
      refreshed_at: expect.any(Number),
      log_damaged: false,
      lock: null,
    });
  },
);
