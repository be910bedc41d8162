/** Refreshes of the fleet: in the fewest requests, complete or failed, with the names of all referenced objects. */

import { nodes as nodesPlugin } from '../../../plugins/nodes/plugin.ts';
import { derivedView } from '../../../src/conformance/derived.ts';
import { checkedEndpoint, redactPatterns } from '#plugin';
import { describe, expect, test } from 'vitest';
import { namedShape } from '../../../plugins/nodes/live/answers.ts';
import { listAll } from '../../../plugins/nodes/live/pages.ts';
import { validators } from '../../../plugins/nodes/generated.validators.js';
import { observe } from '../../../plugins/nodes/observe.ts';
import { openReader } from '../../../plugins/nodes/live/reader.ts';
import { clientOf, serve, never } from './live-support.ts';
import { configOf, elsewhere, START, startWorld, type World } from './live-world.ts';

function seed(world: World, count: number): void {
  for (let index = 0; index < count; index += 1) world.emulator.seed({ name: `web-${index}` });
}

describe('the fleet', () => {
  test.each([
    [0, 1],
    [1, 1],
    [50, 1],
    [51, 2],
    [1000, 20],
  ])('%d servers are listed in %d requests', async (servers, requests) => {
    const world = await startWorld();
    seed(world, servers);
    world.mark();
    const seen = await world.world.servers(never);
    expect(new Set(seen.map(({ name }) => name)).size).toBe(servers);
    expect(world.asked()).toEqual(Array.from({ length: requests }, () => 'GET /servers'));
  });

  test('every page after the first is requested before the second is answered', async () => {
    let waiting = 0;
    let release: () => void = () => undefined;
    const all = new Promise<void>((resolve) => {
      release = resolve;
    });
    const item = (id: number) => ({ id, name: `s${id}` });
    const fake = await serve(async ({ query }) => {
      const number = Number(query.get('page'));
      if (number > 1) {
        waiting += 1;
        if (waiting === 19) release();
        await all;
      }
      const items = Array.from({ length: 50 }, (_, index) => item((number - 1) * 50 + index + 1));
      const pagination = { page: number, per_page: 50, next_page: null, last_page: 20, total_entries: 1000 };
      return { json: { things: items, meta: { pagination } } };
    });
    const listing = { what: 'list things', path: '/things', member: 'things', item: namedShape };
    expect(await listAll(clientOf(fake.endpoint), listing, never)).toHaveLength(1000);
    expect(fake.asked.map(({ query }) => query.get('per_page'))).toEqual(Array.from({ length: 20 }, () => '50'));
  });

  test('names of referenced objects are listed once, with the other pages, and again for new ones', async () => {
    const world = await startWorld();
    seed(world, 120);
    const subnets = [{ type: 'cloud', ip_range: '10.0.0.0/16', network_zone: 'eu-central' }];
    await elsewhere(world, '/networks', { name: 'inside', ip_range: '10.0.0.0/16', subnets });
    await elsewhere(world, '/firewalls', { name: 'closed' });
    const { id } = world.emulator.server('web-7');
    await world.world.attachNetwork(id, 'inside', undefined, [], world.call);
    await world.world.applyFirewall(id, 'closed', world.call);
    const reader = world.again();
    world.mark();
    const seen = await reader.servers(never);
    expect(seen.find(({ name }) => name === 'web-7')).toMatchObject({
      networks: [{ network: { name: 'inside' } }],
      firewalls: [{ name: 'closed' }],
    });
    expect(world.asked().toSorted()).toEqual([
      'GET /firewalls',
      'GET /networks',
      'GET /servers',
      'GET /servers',
      'GET /servers',
    ]);
    world.mark();
    await reader.servers(never);
    expect(world.asked()).toEqual(['GET /servers', 'GET /servers', 'GET /servers']);
    await elsewhere(world, '/firewalls', { name: 'open' });
    await world.world.applyFirewall(id, 'open', world.call);
    world.mark();
    expect((await reader.server(id, never))?.firewalls.map(({ name }) => name)).toEqual(['closed', 'open']);
    expect(world.asked()).toEqual(['GET /servers/#', 'GET /firewalls']);
  });

  test('an ID that is in no list is shown as it is, and not searched each time', async () => {
    const world = await startWorld();
    const { id } = world.emulator.seed({ name: 'web-1' });
    const nets = [{ network: 4711, ip: '10.0.0.7', aliasIps: [], mac: '86:00:00:00:00:01' }];
    world.emulator.alter('web-1', { privateNets: nets });
    world.mark();
    for (let looks = 0; looks < 4; looks += 1)
      expect((await world.world.server(id, never))?.networks).toEqual([
        { network: { id: 4711, name: '4711' }, ip: '10.0.0.7', aliasIps: [] },
      ]);
    expect(world.asked().filter((each) => each === 'GET /networks')).toHaveLength(2);
  });

  test('by ID and by name; a missing server is undefined, an unreadable one is an error', async () => {
    const world = await startWorld();
    const { id } = world.emulator.seed({ name: 'web-1', age: 3_600_000 });
    world.emulator.seed({ name: 'web-10' });
    expect(await world.world.server(id, never)).toMatchObject({ id, name: 'web-1' });
    expect(await world.world.serverByName('web-1', never)).toMatchObject({
      id,
      created: new Date(START - 3_600_000).toISOString(),
    });
    expect(await world.world.server(4711, never)).toBeUndefined();
    expect(await world.world.serverByName('web', never)).toBeUndefined();
    world.emulator.inject({ times: 99, mishap: { kind: 'text', status: 404, text: 'no' } });
    await expect(world.world.server(4711, never)).rejects.toThrow('without a reason');
    await expect(world.world.serverByName('web', never)).rejects.toThrow('without a reason');
    await expect(world.world.servers(never)).rejects.toThrow('list servers: the server responded with status 404');
  });

  test('a list with an unreadable page is an error', async () => {
    const world = await startWorld();
    seed(world, 200);
    world.emulator.inject({ path: '/servers', after: 2, mishap: { kind: 'error', status: 403, code: 'forbidden' } });
    await expect(world.world.servers(never)).rejects.toThrow('(forbidden)');
  });

  test('one failed page is retried, not all of them', async () => {
    const world = await startWorld();
    seed(world, 200);
    world.emulator.inject({ path: '/servers', after: 2, mishap: { kind: 'error', status: 500, code: 'server_error' } });
    world.mark();
    expect(await world.world.servers(never)).toHaveLength(200);
    expect(world.asked()).toHaveLength(5);
  });

  test('a deletion between two pages repeats the list: no server is missed', async () => {
    let things = Array.from({ length: 120 }, (_, index) => ({ id: index + 1, name: `thing-${index + 1}` }));
    const fake = await serve(({ query }) => {
      const number = Number(query.get('page'));
      const pagination = { page: number, per_page: 50, next_page: null, last_page: 3, total_entries: things.length };
      const page = things.slice((number - 1) * 50, number * 50);
      // The fifty-first moves to the first page, which has been read.
      things = things.filter(({ id }) => id !== 7);
      return { json: { things: page, meta: { pagination } } };
    });
    const listing = { what: 'list things', path: '/things', member: 'things', item: namedShape };
    const seen = await listAll(clientOf(fake.endpoint), listing, never);
    expect(seen.map(({ id }) => id)).toEqual(things.map(({ id }) => id));
    expect(seen).toHaveLength(119);
    expect(fake.asked).toHaveLength(6);
  });

  test.each([
    ['a page that repeats an item', (number: number) => ({ ids: number === 2 ? [1] : [1], total: 2 })],
    ['a total that does not fit', (number: number) => ({ ids: [number], total: 3 })],
    ['a total that differs between pages', (number: number) => ({ ids: [number], total: number })],
  ])('%s: the list is read three times, and then it is an error', async (_name, of) => {
    const fake = await serve(({ query }) => {
      const number = Number(query.get('page'));
      const { ids, total } = of(number);
      const pagination = { page: number, per_page: 1, next_page: null, last_page: 2, total_entries: total };
      return { json: { things: ids.map((id) => ({ id, name: 'x' })), meta: { pagination } } };
    });
    const listing = { what: 'list things', path: '/things', member: 'things', item: namedShape };
    await expect(listAll(clientOf(fake.endpoint), listing, never)).rejects.toThrow(
      'list things: the list changed 3 times while its pages were read',
    );
    expect(fake.asked).toHaveLength(6);
  });

  test('a list without counts is followed page by page; one without end is an error', async () => {
    const fake = await serve(({ query }) => {
      const number = Number(query.get('page'));
      const next = query.get('endless') === 'yes' || number < 4 ? number + 1 : null;
      const pagination = { page: number, per_page: 1, next_page: next, last_page: null, total_entries: null };
      return { json: { things: [{ id: number, name: 'x' }], meta: { pagination } } };
    });
    const listing = { what: 'list things', path: '/things', member: 'things', item: namedShape };
    expect((await listAll(clientOf(fake.endpoint), listing, never)).map(({ id }) => id)).toEqual([1, 2, 3, 4]);
    await expect(listAll(clientOf(fake.endpoint), { ...listing, query: [['endless', 'yes']] }, never)).rejects.toThrow(
      'more than 2000 pages',
    );
  });

  test('an unknown status is unknown, not an error', async () => {
    const world = await startWorld();
    world.emulator.seed({ name: 'web-1' });
    const real = await fetch(`${world.emulator.endpoint}/servers`, {
      headers: { authorization: `Bearer ${world.emulator.tokens.readOnly}` },
    });
    const body = (await real.json()) as { readonly servers: readonly Record<string, unknown>[] };
    const fake = await serve(() => ({
      json: { ...body, servers: body.servers.map((server) => ({ ...server, status: 'hibernating', created: 'soon' })) },
    }));
    const outside = {
      project: 'test',
      folder: '/',
      fileRoots: [],
      env: { HCLOUD_TOKEN: 'x', HCLOUD_ENDPOINT: fake.endpoint },
      now: () => START,
    };
    const reader = openReader({ ...outside, config: configOf({ endpoint: fake.endpoint }) });
    const [seen] = await reader.servers(never);
    expect(seen).toMatchObject({ name: 'web-1', status: 'unknown' });
    expect(seen).not.toHaveProperty('created');
    // So is a server with another name than the requested one.
    expect(await reader.serverByName('web', never)).toBeUndefined();
  });

  test('a type is deprecated as a whole, or in the location of the server', async () => {
    const world = await startWorld();
    world.emulator.seed({ name: 'web-1', location: 'nbg1' });
    const answer = await fetch(`${world.emulator.endpoint}/servers`, {
      headers: { authorization: `Bearer ${world.emulator.tokens.readOnly}` },
    });
    const body = (await answer.json()) as {
      readonly servers: readonly {
        readonly server_type: { readonly locations: readonly { readonly name: string }[] };
      }[];
    };
    const deprecation = { announced: '2026-01-01T00:00:00Z', unavailable_after: '2026-06-01T00:00:00Z' };
    for (const [place, isDeprecated] of [
      ['nbg1', true],
      ['hel1', false],
    ] as const) {
      const servers = body.servers.map((server) => ({
        ...server,
        server_type: {
          ...server.server_type,
          locations: server.server_type.locations.map((each) =>
            each.name === place ? { ...each, deprecation } : each,
          ),
        },
      }));
      const fake = await serve(() => ({ json: { ...body, servers } }));
      const [seen] = await world.again({ endpoint: fake.endpoint }).servers(never);
      expect(seen?.serverType.deprecated).toBe(isDeprecated);
    }
  });

  test('names are requested before the second page is answered', async () => {
    const world = await startWorld();
    seed(world, 60);
    await elsewhere(world, '/firewalls', { name: 'closed' });
    await world.world.applyFirewall(world.emulator.server('web-7').id, 'closed', world.call);
    let asked: () => void = () => undefined;
    const named = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const fake = await serve(async ({ path, query, headers }) => {
      if (path === '/v1/firewalls') asked();
      if (query.get('page') === '2') await named;
      const answer = await fetch(`${world.emulator.endpoint}${path.slice('/v1'.length)}?${query.toString()}`, {
        headers: { authorization: headers.authorization ?? '' },
      });
      return { json: await answer.json() };
    });
    expect(await world.again({ endpoint: fake.endpoint }).servers(never)).toHaveLength(60);
  });
});

describe('a server that is missing in a list', () => {
  const ref = (name: string) => ({ plugin: 'nodes', kind: 'Node', name });

  /** Forwards everything, except one server in lists. */
  async function hiding(world: World, id: number): Promise<string> {
    const { endpoint } = await serve(async ({ path, query, headers }) => {
      const answer = await fetch(`${world.emulator.endpoint}${path.replace(/^\/v1/u, '')}?${query.toString()}`, {
        headers: { authorization: headers.authorization ?? '' },
      });
      const body = (await answer.json()) as { readonly servers?: readonly { readonly id: number }[] };
      if (body.servers === undefined || path !== '/v1/servers') return { status: answer.status, json: body };
      const { meta } = body as unknown as {
        readonly meta: { readonly pagination: { readonly total_entries: number } };
      };
      const pagination = { ...meta.pagination, total_entries: meta.pagination.total_entries - 1 };
      return { json: { ...body, servers: body.servers.filter((each) => each.id !== id), meta: { pagination } } };
    });
    return endpoint;
  }

  test('is requested by its ID before it counts as removed', async () => {
    const world = await startWorld();
    seed(world, 5);
    const hidden = world.emulator.server('web-3').id;
    const reader = world.again({ endpoint: await hiding(world, hidden) });
    expect((await reader.servers(never)).map(({ name }) => name)).not.toContain('web-3');
    const remembered = [hidden, 4711].map((serverId, index) => ({
      ref: ref(index === 0 ? 'web-3' : 'web-9'),
      version: 1,
      kept: { server_id: serverId },
      owned: 'created' as const,
    }));
    const view = await observe(reader, {
      desired: [],
      memory: remembered,
      now: world.clock.now(),
      signal: never,
      progress: () => undefined,
    });
    const names = view.observed.filter((each) => each.ref.kind === 'Node').map((each) => each.ref.name);
    expect(names).toContain('web-3');
    expect(names).not.toContain('web-9');
  });
});

test('a refresh of a thousand nodes takes one list of them, two of prices, and one request for workloads', async () => {
  const world = await startWorld();
  seed(world, 1000);
  const nodes = Array.from({ length: 1000 }, (_, index) => ({ name: `web-${index}`, containers: [] }));
  const source = await serve(() => ({ json: { nodes } }));
  const reader = world.again({ workloads: { http: { url: source.endpoint } } });
  const spec = { serverType: 'cx23', image: 'ubuntu-24.04', location: 'nbg1', readiness: { after: '1m' } };
  if (!validators['spec:Node'](spec)) throw new Error('the spec is not valid');
  const desired = nodes.map(({ name }) => ({
    ref: { plugin: 'nodes', kind: 'Node', name },
    spec,
    meta: { labels: {}, lifecycle: { ignore: [] } },
    needs: [],
    source: { file: 'nodes.yaml', line: 1, column: 1 },
  }));
  world.mark();
  const query = { desired, memory: [], now: world.clock.now(), signal: never, progress: () => undefined };
  const view = derivedView(nodesPlugin, await observe(reader, query), query);
  expect(view.gaps).toEqual([]);
  expect(view.observed).toHaveLength(1000);
  expect(view.observed.every(({ state }) => state === 'ready')).toBe(true);
  expect(source.asked).toHaveLength(1);
  expect(world.asked().toSorted()).toEqual([
    'GET /pricing',
    'GET /server_types',
    ...Array.from({ length: 20 }, () => 'GET /servers'),
  ]);
});

describe('prices', () => {
  test('are read once, in two requests, with the locations of each type', async () => {
    const world = await startWorld();
    world.emulator.set({ unavailable: ['cx33@hel1'] });
    const [prices] = await Promise.all([world.world.prices(never), world.world.prices(never)]);
    await world.world.prices(never);
    expect(world.asked().toSorted()).toEqual(['GET /pricing', 'GET /server_types']);
    expect(prices.currency).toBe('EUR');
    expect(prices.types['cx33']).toMatchObject({
      cores: 4,
      memoryMb: 8192,
      diskGb: 80,
      architecture: 'x86',
      deprecated: false,
      locations: { nbg1: { available: true, hourly: 0.008, monthly: 4.99 }, hel1: { available: false } },
    });
    expect(prices.types['cx33']?.locations).not.toHaveProperty('ash');
    expect(prices.types['cx22']?.deprecated).toBe(true);
  });

  test('a type that is not offered has no price; a type without locations has one', async () => {
    const world = await startWorld();
    const money = { net: '0.0100000000', gross: '0.0119' };
    const prices = ['nbg1', 'ash'].map((location) => ({ location, price_hourly: money, price_monthly: money }));
    const type = { id: 1, name: 'old1', cores: 1, memory: 0.5, disk: 10, architecture: 'x86', prices };
    const listed = { ...type, id: 2, name: 'new1', locations: [{ name: 'nbg1', available: false, deprecation: null }] };
    const meta = { pagination: { page: 1, per_page: 50, next_page: null, last_page: 1, total_entries: 2 } };
    const fake = await serve(({ path }) =>
      path.endsWith('/pricing')
        ? { json: { pricing: { currency: 'EUR' } } }
        : { json: { server_types: [type, listed], meta } },
    );
    const read = await world.again({ endpoint: fake.endpoint }).prices(never);
    const price = { hourly: 0.01, monthly: 0.01 };
    expect(read.types['old1']?.locations).toEqual({
      nbg1: { available: true, ...price },
      ash: { available: true, ...price },
    });
    expect(read.types['new1']?.locations).toEqual({ nbg1: { available: false, ...price } });
    expect(read.types['old1']?.memoryMb).toBe(512);
  });

  test('a failure is not kept', async () => {
    const world = await startWorld();
    world.emulator.inject({ path: '/pricing', mishap: { kind: 'error', status: 403, code: 'forbidden' } });
    await expect(world.world.prices(never)).rejects.toThrow('(forbidden)');
    expect((await world.world.prices(never)).currency).toBe('EUR');
  });

  test('an aborted reader does not end the read of others', async () => {
    const world = await startWorld();
    const abort = new AbortController();
    const first = world.world.prices(abort.signal);
    const second = world.world.prices(never);
    abort.abort(new Error('gone'));
    await expect(first).rejects.toThrow('gone');
    expect((await second).currency).toBe('EUR');
  });
});

describe('the address of the API', () => {
  test.each([
    ['https://api.hetzner.cloud/v1', 'https://api.hetzner.cloud/v1'],
    ['https://api.hetzner.cloud/v1/', 'https://api.hetzner.cloud/v1'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['http://localhost:8080/v1', 'http://localhost:8080/v1'],
    ['http://[::1]:8080/v1', 'http://[::1]:8080/v1'],
  ])('%s is %s', (written, checked) => {
    expect(checkedEndpoint(written)).toBe(checked);
  });

  test.each([
    ['api.hetzner.cloud', 'is not a URL'],
    ['http://api.hetzner.cloud/v1', 'would be sent in the clear'],
    ['http://127.0.0.1.example.test/v1', 'would be sent in the clear'],
    ['ftp://localhost/v1', 'does not use https'],
    ['https://user:secret@api.hetzner.cloud/v1', 'contains a user or a password'],
    ['https://api.hetzner.cloud/v1?x=secret', 'has a query'],
  ])('%s is rejected, and not repeated in full', (written, message) => {
    const error = (() => {
      try {
        return checkedEndpoint(written);
      } catch (thrown) {
        return String(thrown);
      }
    })();
    expect(error).toContain(message);
    expect(error).not.toContain('secret');
  });
});

describe('the configuration', () => {
  test('has limits, with their defaults', async () => {
    const { again, world } = await startWorld();
    expect(world.limits).toEqual({
      probes: 100,
      probeIntervalMs: 10_000,
      workloadsIntervalMs: 120_000,
      project: 'test',
    });
    const other = again({ probe: { concurrency: 7, interval: '1m' }, workloads: { file: 'x', interval: '5m' } });
    expect(other.limits).toMatchObject({ probes: 7, probeIntervalMs: 60_000, workloadsIntervalMs: 300_000 });
  });

  test('without a token fails at the first request', async () => {
    const outside = { project: 'test', folder: '/', fileRoots: [], env: {}, now: () => START };
    const reader = openReader({ ...outside, config: configOf({}) });
    expect(await reader.workloads(never)).toBeUndefined();
    await expect(reader.servers(never)).rejects.toThrow(
      'the token of the project is missing. Set the environment variable HCLOUD_TOKEN',
    );
  });

  test('has a token that takes precedence over that of the environment', async () => {
    const { emulator } = await startWorld();
    const config = configOf({ endpoint: emulator.endpoint, token: emulator.tokens.readOnly });
    const outside = {
      project: 'test',
      folder: '/',
      fileRoots: [],
      env: { HCLOUD_TOKEN: 'wrong', FETTLE_PROVIDER_ORIGINS: `HCLOUD_TOKEN=${new URL(emulator.endpoint).origin}` },
      now: () => START,
      config,
    };
    expect(await openReader(outside).servers(never)).toEqual([]);
    const without = { ...outside, config: configOf({ endpoint: emulator.endpoint }) };
    await expect(openReader(without).servers(never)).rejects.toThrow(
      'does not accept the token of the environment variable HCLOUD_TOKEN',
    );
  });

  test.each(['https://elsewhere.example.test/v1', 'http://127.0.0.1:9/v1', 'https://api.hetzner.cloud:8443/v1'])(
    'a token is sent to %s only if the environment names it',
    async (endpoint) => {
      const config = configOf({ endpoint, token: 'not-public' });
      const outside = { project: 'test', folder: '/', fileRoots: [], now: () => START, config };
      for (const FETTLE_PROVIDER_ORIGINS of [
        '',
        'https://api.example.test',
        'WORKLOADS_TOKEN=https://elsewhere.example.test',
      ])
        await expect(openReader({ ...outside, env: { FETTLE_PROVIDER_ORIGINS } }).servers(never)).rejects.toThrow(
          'if the environment variable FETTLE_PROVIDER_ORIGINS names that origin',
        );
    },
  );

  test('an error names the origin to add, also after redaction', async () => {
    const config = configOf({ endpoint: 'https://elsewhere.example.test/v1', token: 'not-public' });
    const outside = { project: 'test', folder: '/', fileRoots: [], env: {}, now: () => START, config };
    const message = await openReader(outside)
      .servers(never)
      .catch((error: unknown) => redactPatterns(error instanceof Error ? error.message : ''));
    expect(message).toContain(
      'names that origin for HCLOUD_TOKEN. Add an entry with both, in the form NAME=https://elsewhere.example.test:443, or set HCLOUD_ENDPOINT',
    );
  });

  test('the public token of the sandbox is sent to this machine alone', async () => {
    const outside = { project: 'test', folder: '/', fileRoots: [], env: {}, now: () => START };
    const elsewhere = configOf({ endpoint: 'https://elsewhere.example.test/v1', token: 'sandbox-token-read-write' });
    await expect(openReader({ ...outside, config: elsewhere }).servers(never)).rejects.toThrow(
      'FETTLE_PROVIDER_ORIGINS',
    );
    const { emulator } = await startWorld();
    const here = configOf({ endpoint: emulator.endpoint, token: emulator.tokens.readWrite });
    expect(await openReader({ ...outside, config: here }).servers(never)).toEqual([]);
  });

  test('the whole address can come from the environment', async () => {
    const { emulator } = await startWorld();
    const config = configOf({ endpoint: 'https://elsewhere.example.test/v1', token: emulator.tokens.readOnly });
    const outside = { project: 'test', folder: '/', fileRoots: [], env: {}, now: () => START, config };
    const env = { HCLOUD_ENDPOINT: emulator.endpoint };
    expect(await openReader({ ...outside, env }).servers(never)).toEqual([]);
  });

  test('a reserve of the rate limit is left to others: refreshes slow down, changes do not', async () => {
    const world = await startWorld({ rateLimit: { perHour: 720 } }, { requestReserve: 100 });
    const { id } = world.emulator.seed({ name: 'web-1' });
    for (let looks = 0; looks < 620; looks += 1) await world.world.server(id, never);
    expect(world.clock.now()).toBe(START);
    for (let looks = 0; looks < 10; looks += 1) await world.world.server(id, never);
    // A token is refilled every 5 s.
    expect(world.clock.now() - START).toBeGreaterThan(40_000);
    expect(world.clock.now() - START).toBeLessThan(60_000);
  });
});
