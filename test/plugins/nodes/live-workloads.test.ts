/** The workload source: read completely and accepted, or not at all; and its hooks. */

import { execFileSync } from 'node:child_process';
import { mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openSource, type Source, SourceError } from '../../../plugins/nodes/live/workloads.ts';
import { usualDenial } from '../../../src/net/connect.ts';
import { openHttp } from '../../../src/net/http.ts';
import type { NodesConfig } from '../../../plugins/nodes/generated.ts';
import { serve, serveSocket, never } from './live-support.ts';
import { configOf, START } from './live-world.ts';
import { temporaryFolder } from '../../support/cli.ts';

const send = openHttp(usualDenial({}));

function letting({ http }: { readonly http?: { readonly url: string } }): Record<string, string> {
  return http === undefined ? {} : { FETTLE_PROVIDER_ORIGINS: `WORKLOADS_TOKEN=${new URL(http.url).origin}` };
}

interface Given {
  readonly folder?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The settings as read from the configuration. */
  readonly token?: string;
}

/** A token is allowed at the source, unless an environment is given. */
function source(
  workloads: object,
  { folder = '/', token, env = token === undefined ? {} : letting(workloads) }: Given = {},
): Source {
  const { workloads: written } = configOf({ workloads }) as unknown as NodesConfig;
  const http = written?.http === undefined || token === undefined ? written?.http : { ...written.http, token };
  const config = written === undefined || http === undefined ? written : { ...written, http };
  return openSource({ send, config, folder, fileRoots: [folder], env, now: () => START, oldestMs: 240_000 });
}

const sound = {
  nodes: [
    { name: 'web-1', containers: [{ id: 'c1', mb: 512, tier: 'small', players: 2, since: '2026-11-19T10:00:00Z' }] },
    { name: 'web-2', emptySince: '2026-11-19T23:00:00Z', startedTotal: 7, diskUsedPercent: 12.5, containers: [] },
  ],
  queue: [{ id: 'q1', mb: 1024 }],
};

async function failure(promise: Promise<unknown>): Promise<SourceError> {
  const error: unknown = await promise.then(
    () => new Error('it did not fail'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof SourceError)) throw error;
  return error;
}

test('without a source there is nothing to read, and no hook to call', async () => {
  const none = openSource({
    send,
    config: undefined,
    folder: '/',
    fileRoots: [],
    env: {},
    now: () => START,
    oldestMs: 240_000,
  });
  expect(none.hooks).toEqual({ drain: false, migrate: false });
  expect(await none.read(never)).toBeUndefined();
  expect(await none.tell('drain', {}, never)).toBe(false);
});

describe('an answer', () => {
  async function said(value: unknown): Promise<unknown> {
    const fake = await serve(() => (typeof value === 'string' ? { text: value } : { json: value }));
    return source({ http: { url: `${fake.endpoint}/workloads` } }).read(never);
  }

  test('is accepted with its defaults, and with the time of the request', async () => {
    expect(await said(sound)).toEqual({ at: '2026-11-20T00:00:00.000Z', workloads: sound });
    expect(await said({ nodes: [{ name: 'a', containers: [{ id: 'c' }] }] })).toMatchObject({
      workloads: { nodes: [{ name: 'a', containers: [{ id: 'c', mb: 0 }] }], queue: [] },
    });
  });

  const AHEAD = '2026-11-20T00:01:00.001Z';
  const BARELY = '2026-11-20T00:01:00.000Z';
  const timed = (time: string): readonly (readonly [string, object])[] => [
    ['at', { at: time, nodes: [] }],
    ['emptySince', { nodes: [{ name: 'a', containers: [], emptySince: time }] }],
    ['a container', { nodes: [{ name: 'a', containers: [{ id: 'c', since: time }] }] }],
    ['the queue', { nodes: [], queue: [{ id: 'q', since: time }] }],
  ];

  test.each(timed(AHEAD))('is rejected with a time more than a minute ahead: %s', async (_where, value) => {
    expect((await failure(said(value))).message).toContain(`${AHEAD} is 61 s ahead of this machine's clock`);
  });

  test.each(timed(BARELY))('is accepted with a time a minute ahead: %s', async (_where, value) => {
    expect(await said(value)).toBeDefined();
  });

  test.each(timed('2026-13-45T00:00:00Z'))(
    'is rejected with a time that is not in the calendar: %s',
    async (_w, value) => {
      expect((await failure(said(value))).message).toContain('is not a time');
    },
  );

  test.each([
    ['containers ever', { name: 'a', containers: [], startedTotal: 2 ** 53 }, 'startedTotal'],
    ['containers ever', { name: 'a', containers: [], startedTotal: 1.5 }, 'startedTotal'],
    ['memory', { name: 'a', containers: [], allocatedMb: 1e18 }, 'allocatedMb'],
    ['memory of a container', { name: 'a', containers: [{ id: 'c', mb: 1e300 }] }, 'containers/0/mb'],
    ['players', { name: 'a', containers: [{ id: 'c', players: -1 }] }, 'containers/0/players'],
    ['a part of a disk', { name: 'a', containers: [], diskUsedPercent: 101 }, 'diskUsedPercent'],
  ])('is rejected with an amount over the limit: %s', async (_what, node, where) => {
    expect((await failure(said({ nodes: [node] }))).message).toContain(`/nodes/0/${where}`);
  });

  test.each([
    ['no JSON', '{"nodes": [', 'is not JSON'],
    ['nothing', '', 'is not JSON'],
    ['a page', '<html>', 'is not JSON'],
    ['null', null, 'of the workload source is invalid'],
    ['a list', [], 'of the workload source is invalid'],
    ['no nodes', {}, 'of the workload source is invalid'],
    ['a node without containers', { nodes: [{ name: 'a' }] }, '/nodes/0'],
    ['a container without an id', { nodes: [{ name: 'a', containers: [{}] }] }, '/nodes/0/containers/0'],
    ['a negative amount', { nodes: [{ name: 'a', containers: [], allocatedMb: -1 }] }, '/nodes/0/allocatedMb'],
    ['text for a number', { nodes: [{ name: 'a', containers: [], startedTotal: '7' }] }, '/nodes/0/startedTotal'],
    ['an invalid time', { nodes: [{ name: 'a', containers: [], emptySince: 'yesterday' }] }, '/nodes/0/emptySince'],
    [
      'too many nodes',
      { nodes: Array.from({ length: 10_001 }, (_, index) => ({ name: `n${index}`, containers: [] })) },
      '/nodes',
    ],
    ['a node twice', { nodes: [sound.nodes[0], { name: 'web-1', containers: [] }] }, 'lists the node web-1 twice'],
    [
      'a node that is empty and is not',
      { nodes: [{ ...sound.nodes[0], emptySince: '2026-11-19T23:00:00Z' }] },
      'lists containers on web-1 and reports it as empty',
    ],
  ])('%s is rejected', async (_name, value, message) => {
    expect((await failure(said(value))).message).toContain(message);
  });
});

describe('over HTTP', () => {
  test('one GET, with its own token', async () => {
    const fake = await serve(() => ({ json: sound }));
    await source({ http: { url: `${fake.endpoint}/w?a=b` } }).read(never);
    await source({ http: { url: `${fake.endpoint}/w?a=b` } }, { token: 'abc-source' }).read(never);
    expect(fake.asked.map(({ method, headers, query }) => [method, headers.authorization, query.get('a')])).toEqual([
      ['GET', undefined, 'b'],
      ['GET', 'Bearer abc-source', 'b'],
    ]);
  });

  test('an invalid token is an error before a request', async () => {
    const fake = await serve(() => ({ json: sound }));
    const workloads = source({ http: { url: `${fake.endpoint}/w` } }, { token: 'a b' });
    expect((await failure(workloads.read(never))).message).toContain('its token is not one word');
    expect(fake.asked).toEqual([]);
  });

  test.each<[string, string, Record<string, string>, string]>([
    ['the environment does not allow it', 'https://elsewhere.example.test', {}, 'if the environment variable'],
    ['the environment does not allow it, on this machine', 'http://127.0.0.1:9', {}, 'if the environment variable'],
    [
      'another origin may have it',
      'https://elsewhere.example.test',
      { FETTLE_PROVIDER_ORIGINS: 'WORKLOADS_TOKEN=https://conductor.example.test' },
      'is only sent to https://elsewhere.example.test:443 if',
    ],
    [
      'another port may have it',
      'https://conductor.example.test:8443',
      { FETTLE_PROVIDER_ORIGINS: 'WORKLOADS_TOKEN=https://conductor.example.test' },
      'is only sent to https://conductor.example.test:8443 if',
    ],
    [
      'the credential of the cloud may go there',
      'https://elsewhere.example.test',
      { FETTLE_PROVIDER_ORIGINS: 'HCLOUD_TOKEN=https://elsewhere.example.test' },
      'is only sent to https://elsewhere.example.test:443 if',
    ],
    [
      'the entry there has no variable',
      'https://elsewhere.example.test',
      { FETTLE_PROVIDER_ORIGINS: 'https://elsewhere.example.test' },
      'Write the entry for WORKLOADS_TOKEN, in the form NAME=https://elsewhere.example.test:443',
    ],
    [
      'an entry of the list is malformed',
      'https://elsewhere.example.test',
      { FETTLE_PROVIDER_ORIGINS: 'https://elsewhere.example.test,nonsense' },
      'FETTLE_PROVIDER_ORIGINS: entry 2',
    ],
    [
      'it would go in the clear',
      'http://conductor.example.test',
      { FETTLE_PROVIDER_ORIGINS: 'WORKLOADS_TOKEN=http://conductor.example.test' },
      'in the clear',
    ],
  ])('a token is not sent if %s', async (_name, url, env, message) => {
    const error = await failure(source({ http: { url } }, { env, token: 'abc-source' }).read(never));
    expect(error.message).toContain(message);
    expect(error.message).not.toContain('abc-source');
  });

  test('an answer is accepted while it is fresh', async () => {
    const at = (ago: number): string => new Date(START - ago).toISOString();
    const fake = await serve(({ query }) => ({ json: { ...sound, at: at(Number(query.get('ago'))) } }));
    const said = (ago: number) => source({ http: { url: `${fake.endpoint}/w?ago=${ago}` } }).read(never);
    expect((await said(240_000))?.workloads.at).toBe(at(240_000));
    expect((await failure(said(240_001))).message).toContain('is 240 s old; the maximum is 240 s');
    expect((await said(-1000))?.workloads.nodes).toHaveLength(2);
  });

  test.each([
    ['an error', { status: 500, json: sound }, 'the service answered 500'],
    ['a refusal', { status: 401, text: 'token abc-source is wrong' }, 'the service answered 401'],
    ['a redirect', { status: 302, headers: { location: '/elsewhere' } }, 'a redirect, which is not followed'],
  ])('%s is not an answer, and is not retried', async (_name, reply, message) => {
    const fake = await serve(() => reply);
    const asking = source({ http: { url: `${fake.endpoint}/w?key=hidden1` } }, { token: 'abc-source' });
    const error = await failure(asking.read(never));
    expect(error.message).toContain(message);
    expect(error.endpoint).toBe(`${fake.endpoint}/w`);
    expect(`${error.message}${error.endpoint}`).not.toMatch(/abc-source|hidden1/u);
    expect(fake.asked).toHaveLength(1);
  });

  test('a silent source ends at its deadline', async () => {
    const endpoint = await serveSocket(() => undefined);
    const error = await failure(source({ http: { url: endpoint, timeoutSeconds: 0.2 } }).read(never));
    expect(error.message).toContain('no complete response within 0.2 s');
  });

  test('an answer without end is not read to its end', async () => {
    const fake = await serve((_asked, response) => {
      const part = Buffer.alloc(1024 * 1024, ' ');
      const more = (): void => {
        while (!response.destroyed && response.write(part));
      };
      response.on('drain', more);
      more();
      return undefined;
    });
    expect((await failure(source({ http: { url: fake.endpoint } }).read(never))).message).toContain(
      'larger than 67108864 bytes',
    );
  });

  test.each(['http://', 'http://[', 'http://user:secret@127.0.0.1/w'])('%s is not a valid address', async (url) => {
    const error = await failure(source({ http: { url } }).read(never));
    expect(error.message).toMatch(/its address is not a URL|contains a user or a password/u);
    expect(`${error.message}${error.endpoint}`).not.toContain('secret');
  });

  test('an abort has its reason', async () => {
    const abort = new AbortController();
    const endpoint = await serveSocket(() => abort.abort(new Error('stop')));
    await expect(source({ http: { url: endpoint } }).read(abort.signal)).rejects.toThrow('stop');
  });

  test('two sources are an error', async () => {
    expect((await failure(source({ http: { url: 'http://127.0.0.1' }, file: 'x' }).read(never))).message).toContain(
      'both workload sources',
    );
  });
});

describe('from a file', () => {
  test('relative to the project, through a link too', async () => {
    const folder = temporaryFolder();
    await writeFile(join(folder, 'real.json'), JSON.stringify(sound));
    await symlink('real.json', join(folder, 'workloads.json'));
    expect((await source({ file: 'workloads.json' }, { folder }).read(never))?.workloads).toEqual(sound);
  });

  test('a missing file, a folder, a pipe, a partial file, or one over the limit is an error', async () => {
    const folder = temporaryFolder();
    await writeFile(join(folder, 'half'), JSON.stringify(sound).slice(0, 40));
    await writeFile(join(folder, 'large'), '');
    await truncate(join(folder, 'large'), 65 * 1024 * 1024);
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    await mkdir(join(folder, 'folder'));
    for (const [file, message] of [
      ['missing', 'the workload file missing cannot be read (ENOENT)'],
      ['folder', 'is not a regular file'],
      ['pipe', 'is not a regular file'],
      ['half', 'is not JSON'],
      ['large', 'is larger than 67108864 bytes'],
    ] as const) {
      const error = await failure(source({ file }, { folder }).read(never));
      expect(error.message).toContain(message);
      expect(error.endpoint).toBe(join(folder, file));
    }
  });
});

describe('hooks', () => {
  test('are called by a POST, and awaited', async () => {
    let done = false;
    const fake = await serve(async () => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      done = true;
      return { status: 204 };
    });
    const workloads = source(
      {
        http: {
          url: fake.endpoint,
          drainUrl: `${fake.endpoint}/drain`,
          migrateUrl: `${fake.endpoint}/migrate`,
        },
      },
      { token: 'abc' },
    );
    expect(workloads.hooks).toEqual({ drain: true, migrate: true });
    expect(await workloads.tell('drain', { node: 'web-1' }, never)).toBe(true);
    expect(done).toBe(true);
    expect(await workloads.tell('migrate', { container: 'c', from: 'a', to: 'b' }, never)).toBe(true);
    expect(fake.asked.map(({ method, path, body, headers }) => [method, path, body, headers.authorization])).toEqual([
      ['POST', '/v1/drain', '{"node":"web-1"}', 'Bearer abc'],
      ['POST', '/v1/migrate', '{"container":"c","from":"a","to":"b"}', 'Bearer abc'],
    ]);
  });

  test('a hook that the source does not have is not called', async () => {
    const fake = await serve(() => ({ status: 204 }));
    const workloads = source({ http: { url: fake.endpoint, drainUrl: `${fake.endpoint}/drain` } });
    expect(workloads.hooks).toEqual({ drain: true, migrate: false });
    expect(await workloads.tell('migrate', {}, never)).toBe(false);
    expect(fake.asked).toEqual([]);
  });

  test.each([
    [500, 'call the drain hook of the workload source: the service answered 500'],
    [404, 'the service answered 404'],
    [302, 'a redirect'],
  ])('an answer of %d is a failure, and is not retried', async (status, message) => {
    const fake = await serve(() => ({ status, text: 'no' }));
    const workloads = source({ http: { url: fake.endpoint, drainUrl: `${fake.endpoint}/drain` } });
    expect((await failure(workloads.tell('drain', { node: 'a' }, never))).message).toContain(message);
    expect(fake.asked).toHaveLength(1);
  });

  test('a hook that never answers ends at its deadline', async () => {
    const endpoint = await serveSocket(() => undefined);
    const workloads = source({ http: { url: endpoint, drainUrl: endpoint, hookSeconds: 0.2 } });
    expect((await failure(workloads.tell('drain', {}, never))).message).toContain('no complete response within 0.2 s');
  });
});
