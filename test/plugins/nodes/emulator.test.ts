/** The emulated provider behaves as the real one: time, locks, refusals, lists, limits, and injected faults. */

import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { manualClock } from '../../../plugins/nodes/sandbox/clock.ts';
import { startEmulator } from '../../../plugins/nodes/sandbox/emulator.ts';
import type { Fault } from '../../../plugins/nodes/sandbox/faults.ts';
import { codeOf, HOUR_MS, MINUTE_MS, START, type Up, up } from './emulator-support.ts';

const ORDER = { name: 'web', server_type: 'cx23', image: 'debian-13', location: 'nbg1' };

async function create({ want }: Up, more: object = {}) {
  return want(201, 'POST', '/servers', { ...ORDER, ...more });
}

async function statusOf({ want }: Up, id: number): Promise<readonly [string, boolean]> {
  const { server } = await want(200, 'GET', `/servers/${id}`);
  return [server.status, server.locked];
}

describe('the life of a server', () => {
  it('passes through its states, each at its time', async () => {
    const tour = await up();
    const { server, action, next_actions, root_password } = await create(tour);
    expect([server.status, server.locked, root_password]).toEqual(['initializing', true, expect.any(String)]);
    expect([action.command, action.status, action.finished]).toEqual(['create_server', 'running', null]);
    expect(next_actions.map((next: { command: string }) => next.command)).toEqual(['start_server']);
    await tour.pass(5999);
    expect(await statusOf(tour, server.id)).toEqual(['initializing', true]);
    await tour.pass(1);
    expect(await statusOf(tour, server.id)).toEqual(['starting', true]);
    const halfway = await tour.want(200, 'GET', `/actions/${next_actions[0].id}`);
    expect([halfway.action.status, halfway.action.progress]).toEqual(['running', 66]);
    await tour.pass(3000);
    expect(await statusOf(tour, server.id)).toEqual(['running', false]);
    const ended = await tour.want(200, 'GET', `/actions/${next_actions[0].id}`);
    expect(ended.action).toMatchObject({ status: 'success', progress: 100, finished: '2026-11-20T08:00:09+00:00' });
    await tour.want(200, 'DELETE', `/servers/${server.id}`);
    expect(await statusOf(tour, server.id)).toEqual(['deleting', true]);
    await tour.pass(2000);
    expect(await codeOf(tour.ask('GET', `/servers/${server.id}`))).toEqual([404, 'not_found']);
    expect(await codeOf(tour.ask('DELETE', `/servers/${server.id}`))).toEqual([404, 'not_found']);
  });

  it('is off if it was not to be started', async () => {
    const tour = await up();
    const { server, next_actions } = await create(tour, { start_after_create: false });
    expect(next_actions).toEqual([]);
    await tour.pass(MINUTE_MS);
    expect(await statusOf(tour, server.id)).toEqual(['off', false]);
  });

  it('shuts down only if its guest reacts, while power off always works', async () => {
    const tour = await up();
    for (const [name, deaf] of [
      ['good', false],
      ['deaf', true],
    ] as const) {
      const { id } = tour.emulator.seed({ name, faults: deaf ? { deaf } : {} });
      const { action } = await tour.want(201, 'POST', `/servers/${id}/actions/shutdown`);
      await tour.pass(1000);
      // The action only reports that the signal was sent.
      expect((await tour.want(200, 'GET', `/actions/${action.id}`)).action.status).toBe('success');
      expect(await statusOf(tour, id)).toEqual(['running', false]);
      await tour.pass(8000);
      expect(await statusOf(tour, id)).toEqual([deaf ? 'running' : 'off', false]);
      await tour.want(201, 'POST', `/servers/${id}/actions/poweroff`);
      await tour.pass(2000);
      expect(await statusOf(tour, id)).toEqual(['off', false]);
    }
  });

  it('changes its type while off, and starts again', async () => {
    const tour = await up();
    const { id } = tour.emulator.seed({ name: 'web', type: 'cx33' });
    const change = (server_type: string, upgrade_disk = false) =>
      tour.ask('POST', `/servers/${id}/actions/change_type`, { server_type, upgrade_disk });
    expect(await codeOf(change('cx43'))).toEqual([422, 'server_not_stopped']);
    await tour.want(201, 'POST', `/servers/${id}/actions/poweroff`);
    await tour.pass(MINUTE_MS);
    expect(await codeOf(change('cx23'))).toEqual([422, 'invalid_server_type']);
    expect(await codeOf(change('cax21'))).toEqual([422, 'invalid_server_type']);
    expect(await codeOf(change('cx22'))).toEqual([422, 'invalid_server_type']);
    expect((await change('cx43')).status).toBe(201);
    expect(await statusOf(tour, id)).toEqual(['migrating', true]);
    await tour.pass(MINUTE_MS);
    const { server } = await tour.want(200, 'GET', `/servers/${id}`);
    expect([server.status, server.server_type.name, server.primary_disk_size]).toEqual(['running', 'cx43', 80]);
  });

  it('keeps attached objects, and deletes its own addresses', async () => {
    const tour = await up();
    const { volume } = await tour.want(201, 'POST', '/volumes', { name: 'disk', size: 10, location: 'nbg1' });
    const own = { name: 'ip', type: 'ipv4', assignee_type: 'server', location: 'nbg1' };
    const { primary_ip } = await tour.want(201, 'POST', '/primary_ips', own);
    await tour.pass(MINUTE_MS);
    const { server } = await create(tour, { volumes: [volume.id], public_net: { ipv4: primary_ip.id } });
    await tour.pass(MINUTE_MS);
    expect((await tour.want(200, 'GET', `/volumes/${volume.id}`)).volume.server).toBe(server.id);
    expect((await tour.want(200, 'GET', '/primary_ips')).primary_ips).toHaveLength(2);
    await tour.want(200, 'DELETE', `/servers/${server.id}`);
    await tour.pass(MINUTE_MS);
    expect((await tour.want(200, 'GET', `/volumes/${volume.id}`)).volume.server).toBeNull();
    const left = await tour.want(200, 'GET', '/primary_ips');
    expect(left.primary_ips).toEqual([expect.objectContaining({ id: primary_ip.id, assignee_id: null })]);
  });

  it('fails on demand, with its later actions', async () => {
    const tour = await up();
    tour.emulator.failNext({ command: 'create_server', code: 'action_failed', message: 'no host' });
    const { server, action, next_actions } = await create(tour);
    await tour.pass(MINUTE_MS);
    const both = await tour.want(200, 'GET', `/actions?id=${action.id}&id=${next_actions[0].id}`);
    expect(both.actions.map((one: { error: object }) => one.error)).toEqual(
      Array.from({ length: 2 }, () => ({ code: 'action_failed', message: 'no host' })),
    );
    expect(await codeOf(tour.ask('GET', `/servers/${server.id}`))).toEqual([404, 'not_found']);

    const { id } = tour.emulator.seed({ name: 'other' });
    tour.emulator.failNext({ command: 'delete_server', code: 'action_failed', message: 'stuck' });
    await tour.want(200, 'DELETE', `/servers/${id}`);
    await tour.pass(MINUTE_MS);
    expect(await statusOf(tour, id)).toEqual(['running', false]);
    await tour.want(200, 'DELETE', `/servers/${id}`);
  });
});

describe('refusals', () => {
  it('locks a server while an action runs on it', async () => {
    const tour = await up();
    const { server } = await create(tour);
    for (const [method, path] of [
      ['DELETE', ''],
      ['POST', '/actions/poweroff'],
      ['POST', '/actions/enable_backup'],
    ] as const)
      expect(await codeOf(tour.ask(method, `/servers/${server.id}${path}`))).toEqual([423, 'locked']);
    await tour.pass(MINUTE_MS);
    await tour.want(201, 'POST', `/servers/${server.id}/actions/poweroff`);
    expect(await codeOf(tour.ask('POST', `/servers/${server.id}/actions/poweron`))).toEqual([423, 'locked']);
  });

  it('protects, and sets both protections to one value', async () => {
    const tour = await up();
    const { id } = tour.emulator.seed({ name: 'web', protected: true });
    expect(await codeOf(tour.ask('DELETE', `/servers/${id}`))).toEqual([423, 'protected']);
    const rebuild = { image: 'debian-13' };
    expect(await codeOf(tour.ask('POST', `/servers/${id}/actions/rebuild`, rebuild))).toEqual([423, 'protected']);
    const path = `/servers/${id}/actions/change_protection`;
    expect(await codeOf(tour.ask('POST', path, { delete: false }))).toEqual([422, 'invalid_input']);
    await tour.want(201, 'POST', path, { delete: false, rebuild: false });
    await tour.pass(MINUTE_MS);
    await tour.want(200, 'DELETE', `/servers/${id}`);
  });

  it('requires unique names, of servers without regard to case', async () => {
    const tour = await up();
    tour.emulator.seed({ name: 'web' });
    const taken = await tour.ask('POST', '/servers', { ...ORDER, name: 'WEB' });
    expect([taken.status, taken.body.error.code, taken.body.error.details]).toEqual([
      409,
      'uniqueness_error',
      { fields: ['name'] },
    ]);
    const { id } = tour.emulator.seed({ name: 'other' });
    expect(await codeOf(tour.ask('PUT', `/servers/${id}`, { name: 'web' }))).toEqual([409, 'uniqueness_error']);
    await tour.want(200, 'PUT', `/servers/${id}`, { name: 'other' });
    await tour.want(201, 'POST', '/placement_groups', { name: 'a', type: 'spread' });
    const again = tour.ask('POST', '/placement_groups', { name: 'a', type: 'spread' });
    expect(await codeOf(again)).toEqual([409, 'uniqueness_error']);
  });

  it.each([
    ['a name that is not a host name', { name: 'a_b' }, 422, 'invalid_input'],
    ['an unknown type', { server_type: 'cx99' }, 422, 'invalid_input'],
    ['an unknown image', { image: 'plan-9' }, 422, 'invalid_input'],
    ['an unknown location', { location: 'moon' }, 422, 'invalid_input'],
    ['a type that is not sold there', { server_type: 'cx23', location: 'ash' }, 422, 'unsupported_error'],
    ['a type that is no longer sold', { server_type: 'cx22' }, 422, 'invalid_server_type'],
    ['an unknown key', { ssh_keys: ['missing'] }, 422, 'invalid_input'],
    ['an unknown network', { networks: [4711] }, 404, 'not_found'],
    ['too much user data', { user_data: 'ü'.repeat(16 * 1024 + 1) }, 422, 'invalid_input'],
    ['a label that is not allowed', { labels: { 'a b': '' } }, 422, 'invalid_input'],
    ['a reserved label', { labels: { 'hetzner.cloud/a': '' } }, 422, 'invalid_input'],
    ['no network at all', { public_net: { enable_ipv4: false, enable_ipv6: false } }, 422, 'invalid_input'],
  ])('rejects %s', async (_what, more, status, code) => {
    const tour = await up();
    expect(await codeOf(tour.ask('POST', '/servers', { ...ORDER, ...more }))).toEqual([status, code]);
    expect((await tour.want(200, 'GET', '/servers')).servers).toEqual([]);
    expect((await tour.want(200, 'GET', '/primary_ips')).primary_ips).toEqual([]);
  });

  it('accepts 32 KiB of user data, and not a byte more', async () => {
    const tour = await up();
    await create(tour, { user_data: 'a'.repeat(32 * 1024) });
    const more = { ...ORDER, name: 'more', user_data: 'a'.repeat(32 * 1024 + 1) };
    expect(await codeOf(tour.ask('POST', '/servers', more))).toEqual([422, 'invalid_input']);
  });

  it('has no type, or no host for it, on demand', async () => {
    const tour = await up();
    tour.emulator.set({ unavailable: ['cx23@nbg1'], noPlace: ['cx33@nbg1'] });
    expect(await codeOf(tour.ask('POST', '/servers', ORDER))).toEqual([412, 'resource_unavailable']);
    const placed = tour.ask('POST', '/servers', { ...ORDER, server_type: 'cx33' });
    expect(await codeOf(placed)).toEqual([422, 'placement_error']);
    const { server_types } = await tour.want(200, 'GET', '/server_types?name=cx23');
    const offers = server_types[0].locations as readonly { name: string; available: boolean }[];
    expect(offers.map(({ name, available }) => [name, available])).toEqual([
      ['fsn1', true],
      ['nbg1', false],
      ['hel1', true],
    ]);
    await create(tour, { location: 'fsn1' });
  });

  it('spreads at most ten servers over a placement group', async () => {
    const tour = await up();
    const { placement_group } = await tour.want(201, 'POST', '/placement_groups', { name: 'a', type: 'spread' });
    for (let index = 0; index < 10; index += 1)
      await create(tour, { name: `n${index}`, placement_group: placement_group.id });
    const eleventh = { ...ORDER, name: 'n10', placement_group: placement_group.id };
    expect(await codeOf(tour.ask('POST', '/servers', eleventh))).toEqual([422, 'placement_error']);
  });

  it('limits the number of objects of a project', async () => {
    const tour = await up({ limits: { servers: 1 } });
    await create(tour);
    const second = tour.ask('POST', '/servers', { ...ORDER, name: 'more' });
    expect(await codeOf(second)).toEqual([403, 'resource_limit_exceeded']);
  });

  it('distinguishes good, bad and read-only tokens', async () => {
    const tour = await up();
    const { readOnly } = tour.emulator.tokens;
    expect(await codeOf(tour.ask('GET', '/servers', undefined, { token: null }))).toEqual([401, 'unauthorized']);
    expect(await codeOf(tour.ask('GET', '/servers', undefined, { token: 'wrong' }))).toEqual([401, 'unauthorized']);
    await tour.want(200, 'GET', '/servers', undefined, { token: readOnly });
    expect(await codeOf(tour.ask('POST', '/servers', ORDER, { token: readOnly }))).toEqual([401, 'token_readonly']);
  });

  it('has no other paths, methods or bodies', async () => {
    const tour = await up();
    const odd = { odd: true } as const;
    expect(await codeOf(tour.ask('GET', '/moons', undefined, odd))).toEqual([404, 'not_found']);
    expect(await codeOf(tour.ask('DELETE', '/servers', undefined, odd))).toEqual([405, 'method_not_allowed']);
    expect(await codeOf(tour.ask('GET', '/actions'))).toEqual([410, 'deprecated_api_endpoint']);
    expect(await codeOf(tour.ask('POST', '/servers', '{', odd))).toEqual([400, 'json_error']);
    expect(await codeOf(tour.ask('POST', '/servers', '[]', odd))).toEqual([400, 'json_error']);
    expect(await codeOf(tour.ask('POST', '/servers', { name: 7 }, odd))).toEqual([422, 'invalid_input']);
    expect(await codeOf(tour.ask('GET', '/server_types/cx23', undefined, odd))).toEqual([404, 'not_found']);
  });

  it('assigns addresses of a network once, and reports that none is left', async () => {
    const tour = await up();
    const subnets = [{ type: 'cloud', ip_range: '10.0.0.0/29', network_zone: 'eu-central' }];
    const { network } = await tour.want(201, 'POST', '/networks', { name: 'n', ip_range: '10.0.0.0/16', subnets });
    const attach = (name: string, more: object = {}) =>
      tour.ask(
        'POST',
        `/servers/${tour.emulator.seed({ name, type: 'cpx22', ...more }).id}/actions/attach_to_network`,
        {
          network: network.id,
        },
      );
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      expect((await attach(name)).status).toBe(201);
      await tour.pass(MINUTE_MS);
    }
    const { servers } = await tour.want(200, 'GET', '/servers');
    const ips = servers.map((server: { private_net: { ip: string }[] }) => server.private_net[0]?.ip);
    expect(ips).toEqual(['10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5', '10.0.0.6']);
    expect(await codeOf(attach('f'))).toEqual([409, 'no_subnet_available']);
    // Its subnets are in another zone.
    expect(await codeOf(attach('g', { location: 'ash' }))).toEqual([409, 'no_subnet_available']);
    const { id } = tour.emulator.server('a');
    const again = tour.ask('POST', `/servers/${id}/actions/attach_to_network`, { network: network.id });
    expect(await codeOf(again)).toEqual([422, 'server_already_attached']);
    expect(await codeOf(tour.ask('DELETE', `/networks/${network.id}`))).toEqual([422, 'resource_in_use']);
  });
});

describe('lists', () => {
  const LABELS = [{ pool: 'web', 'fettle/role': '' }, { pool: 'web' }, { pool: 'db' }, {}] as const;

  async function four(): Promise<Up> {
    const tour = await up();
    for (const [index, labels] of LABELS.entries()) {
      const name = ['delta', 'beta', 'gamma', 'alpha'][index] ?? '';
      tour.emulator.seed({ name, labels, age: HOUR_MS * (index % 2), status: index === 2 ? 'off' : 'running' });
    }
    return tour;
  }

  async function found({ want }: Up, query: string): Promise<readonly string[]> {
    return (await want(200, 'GET', `/servers?${query}`)).servers.map(({ name }: { name: string }) => name);
  }

  it.each([
    ['pool=web', 'delta beta'],
    ['pool==web', 'delta beta'],
    ['pool!=web', 'gamma alpha'],
    ['pool', 'delta beta gamma'],
    ['!pool', 'alpha'],
    ['pool in (web,db)', 'delta beta gamma'],
    ['pool in (web, mail)', 'delta beta'],
    ['pool notin (web)', 'gamma alpha'],
    ['pool=web,fettle/role', 'delta'],
    ['pool in (web,db),!fettle/role', 'beta gamma'],
    ['fettle/role=', 'delta'],
    ['pool=web,pool=db', ''],
  ])('selects by %s', async (selector, names) => {
    const tour = await four();
    expect((await found(tour, `label_selector=${encodeURIComponent(selector)}`)).join(' ')).toBe(names);
  });

  it.each(['a b', 'pool=', '=web', 'pool in web', 'pool in (web', '!', 'pool=web,', 'a=b=c', '-a', 'pool in ()x'])(
    'rejects the selector %s, or finds nothing by it',
    async (selector) => {
      const tour = await four();
      const got = await tour.ask('GET', `/servers?label_selector=${encodeURIComponent(selector)}`);
      // An empty value can be searched.
      const fine = selector === 'pool=';
      expect([got.status, got.body.error?.code ?? got.body.servers]).toEqual(fine ? [200, []] : [422, 'invalid_input']);
    },
  );

  it('filters by name and status, and sorts', async () => {
    const tour = await four();
    expect(await found(tour, 'name=beta')).toEqual(['beta']);
    expect(await found(tour, 'name=bet')).toEqual([]);
    expect(await found(tour, 'status=off')).toEqual(['gamma']);
    expect(await found(tour, 'status=off&status=running')).toHaveLength(4);
    expect(await found(tour, 'sort=name')).toEqual(['alpha', 'beta', 'delta', 'gamma']);
    expect(await found(tour, 'sort=name:desc')).toEqual(['gamma', 'delta', 'beta', 'alpha']);
    expect(await found(tour, 'sort=created:asc&sort=name:desc')).toEqual(['beta', 'alpha', 'gamma', 'delta']);
    expect(await codeOf(tour.ask('GET', '/servers?sort=size'))).toEqual([422, 'invalid_input']);
    expect(await codeOf(tour.ask('GET', '/servers?status=asleep'))).toEqual([422, 'invalid_input']);
  });

  it('has pages, with meta and links', async () => {
    const tour = await up();
    for (let index = 0; index < 60; index += 1) tour.emulator.seed({ name: `n${index}` });
    const page = async (query: string) => {
      const { body, headers } = await tour.ask('GET', `/servers?${query}`);
      const link = headers.get('link') ?? '';
      return {
        count: body.servers.length,
        ...body.meta.pagination,
        link: [...link.matchAll(/rel="(\w+)"/g)].map(([, rel]) => rel),
      };
    };
    const all = { total_entries: 60 };
    expect(await page('')).toEqual({
      ...all,
      count: 25,
      page: 1,
      per_page: 25,
      previous_page: null,
      next_page: 2,
      last_page: 3,
      link: ['first', 'next', 'last'],
    });
    expect(await page('page=3')).toEqual({
      ...all,
      count: 10,
      page: 3,
      per_page: 25,
      previous_page: 2,
      next_page: null,
      last_page: 3,
      link: ['first', 'prev', 'last'],
    });
    // At most fifty are returned, for any request.
    expect(await page('per_page=500')).toMatchObject({ count: 50, per_page: 50, next_page: 2, last_page: 2 });
    expect(await page('page=9')).toMatchObject({ count: 0, next_page: null, last_page: 3 });
    for (const query of ['page=0', 'page=x', 'per_page=-1'])
      expect(await codeOf(tour.ask('GET', `/servers?${query}`))).toEqual([422, 'invalid_input']);
    const { headers } = await tour.ask('GET', '/servers?label_selector=!a&per_page=7');
    const next = /<([^>]+)>; rel="next"/.exec(headers.get('link') ?? '')?.[1] ?? '';
    expect(new URL(next).search).toBe('?label_selector=%21a&per_page=7&page=2');
  });

  it('finds images of one name for each architecture, and deprecated ones only on request', async () => {
    const tour = await up();
    const { images } = await tour.want(200, 'GET', '/images?name=debian-13');
    expect(images.map(({ architecture }: { architecture: string }) => architecture)).toEqual(['x86', 'arm']);
    expect((await tour.want(200, 'GET', '/images?name=ubuntu-20.04')).images).toEqual([]);
    const old = await tour.want(200, 'GET', '/images?name=ubuntu-20.04&include_deprecated=true&architecture=arm');
    expect(old.images).toHaveLength(1);
    const { server } = await create(tour, { server_type: 'cax11' });
    expect(server.image.architecture).toBe('arm');
  });

  it('has prices as decimal texts, net and with tax', async () => {
    const tour = await up();
    const { pricing } = await tour.want(200, 'GET', '/pricing');
    expect([pricing.currency, pricing.vat_rate]).toEqual(['EUR', '19.0000000000']);
    const type = pricing.server_types.find(({ name }: { name: string }) => name === 'cx22');
    expect(type.prices[0]).toMatchObject({
      location: 'fsn1',
      price_hourly: { net: '0.0060000000', gross: '0.0071400000000000' },
      price_monthly: { net: '3.7900000000', gross: '4.5101000000000000' },
    });
  });
});

describe('the rate limit', () => {
  it('counts every request, refills continuously, and gives the time when it is full', async () => {
    const tour = await up({ rateLimit: { perHour: 3600 } });
    const asked = async (token?: string) => {
      const { status, headers } = await tour.ask('GET', '/locations', undefined, token === undefined ? {} : { token });
      return [status, ...['limit', 'remaining', 'reset'].map((name) => Number(headers.get(`ratelimit-${name}`)))];
    };
    const second = START / 1000;
    expect(await asked()).toEqual([200, 3600, 3599, second + 1]);
    expect(await asked('wrong')).toEqual([401, 3600, 3598, second + 2]);
    await tour.pass(1000);
    expect(await asked()).toEqual([200, 3600, 3598, second + 3]);
    await tour.pass(HOUR_MS);
    expect(await asked()).toEqual([200, 3600, 3599, second + 3602]);
  });

  it('rejects requests over the limit, and accepts the next one after a refill', async () => {
    const tour = await up({ rateLimit: { perHour: 3 } });
    for (let turn = 0; turn < 3; turn += 1) await tour.want(200, 'GET', '/locations');
    expect(await codeOf(tour.ask('GET', '/locations'))).toEqual([429, 'rate_limit_exceeded']);
    await tour.pass(HOUR_MS / 3 - 1);
    expect(await codeOf(tour.ask('GET', '/locations'))).toEqual([429, 'rate_limit_exceeded']);
    await tour.pass(1);
    await tour.want(200, 'GET', '/locations');
  });
});

describe('faults', () => {
  const only = (mishap: Fault['mishap']): Fault => ({ method: 'POST', path: '/servers', mishap });
  const names = async ({ want }: Up): Promise<readonly string[]> =>
    (await want(200, 'GET', '/servers')).servers.map(({ name }: { name: string }) => name);

  it('apply to the matching request, as often as set', async () => {
    const tour = await up();
    const { id } = tour.emulator.seed({ name: 'web' });
    const error = { kind: 'error', status: 503, code: 'unavailable', retryAfter: 7 } as const;
    tour.emulator.inject({ path: '/servers/*', after: 1, times: 2, mishap: error });
    await tour.want(200, 'GET', `/servers/${id}`);
    await tour.want(200, 'GET', '/servers');
    const hit = await tour.ask('GET', `/servers/${id}`);
    expect([hit.status, hit.body.error.code, hit.headers.get('retry-after')]).toEqual([503, 'unavailable', '7']);
    expect(await codeOf(tour.ask('GET', `/servers/${id}`))).toEqual([503, 'unavailable']);
    await tour.want(200, 'GET', `/servers/${id}`);
  });

  it('lose requests before their effect, and answers after it', async () => {
    const tour = await up();
    tour.emulator.inject(only({ kind: 'lost-before' }));
    await expect(tour.ask('POST', '/servers', ORDER)).rejects.toThrow('fetch failed');
    expect(await names(tour)).toEqual([]);
    tour.emulator.inject(only({ kind: 'lost-after' }));
    await expect(tour.ask('POST', '/servers', ORDER)).rejects.toThrow('fetch failed');
    expect(await names(tour)).toEqual(['web']);
    tour.emulator.inject(only({ kind: 'error-after', status: 500, code: 'server_error' }));
    expect(await codeOf(tour.ask('POST', '/servers', { ...ORDER, name: 'b' }))).toEqual([500, 'server_error']);
    expect(await names(tour)).toEqual(['web', 'b']);
    tour.emulator.inject(only({ kind: 'cut', bytes: 10 }));
    await expect(tour.ask('POST', '/servers', { ...ORDER, name: 'c' })).rejects.toThrow('terminated');
    expect(await names(tour)).toEqual(['web', 'b', 'c']);
  });

  it('answer with text that is not JSON, without end, late, or never', async () => {
    const tour = await up();
    const url = `${tour.emulator.endpoint}/locations`;
    const headers = { Authorization: `Bearer ${tour.emulator.tokens.readWrite}` };
    tour.emulator.inject({ mishap: { kind: 'text', status: 502, text: '<html>' } });
    const page = await fetch(url, { headers });
    expect([page.status, await page.text()]).toEqual([502, '<html>']);
    tour.emulator.inject({ mishap: { kind: 'endless' } });
    const endless = await fetch(url, { headers });
    let bytes = 0;
    for await (const chunk of endless.body ?? []) {
      bytes += (chunk as Uint8Array).length;
      if (bytes > 32 * 1024 * 1024) break;
    }
    expect(bytes).toBeGreaterThan(32 * 1024 * 1024);
    tour.emulator.inject({ mishap: { kind: 'slow', ms: 50 } });
    expect((await fetch(url, { headers })).status).toBe(200);
    tour.emulator.inject({ mishap: { kind: 'hang' } });
    await expect(fetch(url, { headers, signal: AbortSignal.timeout(100) })).rejects.toThrow('timeout');
    tour.emulator.inject({ mishap: { kind: 'hang' } });
    tour.emulator.clearFaults();
    await tour.want(200, 'GET', '/locations');
    expect(tour.emulator.requests().map(({ status }) => status)).toEqual([502, 200, 200, 0, 200]);
  });
});

function opens(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

describe('readiness', () => {
  it('opens a port of its own for each running server, and closes it when it is down', async () => {
    const tour = await up();
    const { server } = await create(tour);
    const other = tour.emulator.seed({ name: 'other', faults: { silent: true } });
    const ipOf = (id: number | null): string => tour.emulator.cloud().primaryIps.get(id ?? 0)?.ip ?? '';
    const ready = () => opens(server.public_net.ipv4.ip, tour.emulator.readinessPort);
    expect(await ready()).toBe(false);
    await tour.pass(9000 + 29_999);
    expect(await ready()).toBe(false);
    await tour.pass(1);
    expect(await ready()).toBe(true);
    const answer = await fetch(`http://${server.public_net.ipv4.ip}:${tour.emulator.readinessPort}/healthz`);
    expect([answer.status, await answer.text()]).toEqual([200, 'ok\n']);
    expect(await opens(ipOf(other.ipv4), tour.emulator.readinessPort)).toBe(false);
    await tour.want(201, 'POST', `/servers/${server.id}/actions/poweroff`);
    await tour.emulator.settle();
    expect(await ready()).toBe(false);
    tour.emulator.alter('other', { faults: {} });
    await tour.emulator.settle();
    expect(await opens(ipOf(other.ipv4), tour.emulator.readinessPort)).toBe(true);
  });

  it('stays closed on a server whose guest never starts', async () => {
    const tour = await up();
    const { server } = await create(tour);
    tour.emulator.alter('web', { faults: { neverReady: true } });
    await tour.pass(HOUR_MS);
    expect(await statusOf(tour, server.id)).toEqual(['running', false]);
    expect(await opens(server.public_net.ipv4.ip, tour.emulator.readinessPort)).toBe(false);
  });
});

describe('workloads', () => {
  async function listed({ emulator }: Up): Promise<{ nodes: Record<string, unknown>[]; queue: unknown[] }> {
    return (await fetch(emulator.workloads.url)).json() as Promise<{
      nodes: Record<string, unknown>[];
      queue: unknown[];
    }>;
  }
  const post = async (url: string, body: object) =>
    (await fetch(url, { method: 'POST', body: JSON.stringify(body) })).status;

  it('list the node of each container, the start of idleness, and all past containers', async () => {
    const tour = await up();
    const { workloads } = tour.emulator;
    tour.emulator.seed({ name: 'a' });
    tour.emulator.seed({ name: 'b', status: 'off' });
    expect(workloads.start('b', { id: 'x', mb: 512 })).toBe(false);
    expect(workloads.start('a', { id: 'x', mb: 512, tier: 'micro', players: 3 })).toBe(true);
    workloads.wait({ id: 'y', mb: 1024 });
    const at = new Date(START).toISOString();
    expect(await listed(tour)).toEqual({
      nodes: [
        {
          name: 'a',
          startedTotal: 1,
          allocatedMb: 512,
          containers: [{ id: 'x', mb: 512, tier: 'micro', players: 3, since: at }],
        },
      ],
      queue: [{ id: 'y', mb: 1024, since: at }],
    });
    await tour.pass(MINUTE_MS);
    workloads.unqueue('y');
    expect(workloads.end('x')).toBe(true);
    workloads.fillDisk('a', 91);
    const emptySince = new Date(START + MINUTE_MS).toISOString();
    const empty = { name: 'a', startedTotal: 1, emptySince, allocatedMb: 0, diskUsedPercent: 91, containers: [] };
    expect(await listed(tour)).toEqual({ nodes: [empty], queue: [] });
    workloads.leaveOut({ emptySince: true, startedTotal: true });
    expect(await listed(tour)).toEqual({
      nodes: [{ name: 'a', allocatedMb: 0, diskUsedPercent: 91, containers: [] }],
      queue: [],
    });
  });

  it('adds nothing to a drained node, by its hook or by a label', async () => {
    const tour = await up({ drainLabel: 'fettle/drain' });
    const { workloads } = tour.emulator;
    for (const name of ['a', 'b', 'c']) tour.emulator.seed({ name });
    expect(await post(workloads.drainUrl, { node: 'a' })).toBe(200);
    expect(await post(workloads.drainUrl, { node: 'missing' })).toBe(404);
    const { id } = tour.emulator.server('b');
    await tour.want(200, 'PUT', `/servers/${id}`, { labels: { 'fettle/drain': '1' } });
    expect(['a', 'b', 'c'].map((name) => workloads.start(name, { id: `on-${name}`, mb: 1 }))).toEqual([
      false,
      false,
      true,
    ]);
    expect(workloads.isDrained('a')).toBe(true);
  });

  it('moves a container, once', async () => {
    const tour = await up();
    const { workloads } = tour.emulator;
    for (const name of ['a', 'b']) tour.emulator.seed({ name });
    workloads.start('a', { id: 'x', mb: 1 });
    const move = { container: 'x', from: 'a', to: 'b' };
    expect(await post(workloads.migrateUrl, { ...move, to: 'missing' })).toBe(409);
    expect(await post(workloads.migrateUrl, move)).toBe(200);
    expect(await post(workloads.migrateUrl, move)).toBe(200);
    expect(workloads.containers().map(({ node }) => node)).toEqual(['b']);
    expect((await listed(tour)).nodes.map(({ name, startedTotal }) => [name, startedTotal])).toEqual([
      ['a', 1],
      ['b', 1],
    ]);
  });

  it('drops a node with its server, and distinguishes a new one of the same name', async () => {
    const tour = await up();
    const { workloads } = tour.emulator;
    const { id } = tour.emulator.seed({ name: 'a' });
    workloads.start('a', { id: 'x', mb: 1 });
    await tour.want(200, 'DELETE', `/servers/${id}`);
    await tour.pass(MINUTE_MS);
    expect(workloads.containers()).toEqual([]);
    tour.emulator.seed({ name: 'a' });
    expect((await listed(tour)).nodes).toMatchObject([{ name: 'a', startedTotal: 0, containers: [] }]);
  });

  it('fails on demand', async () => {
    const tour = await up();
    const { workloads } = tour.emulator;
    workloads.inject({ path: '/workloads', mishap: { kind: 'error', status: 500, code: 'broken' } });
    expect((await fetch(workloads.url)).status).toBe(500);
    workloads.inject({ path: '/workloads', mishap: { kind: 'lost-after' } });
    await expect(fetch(workloads.url)).rejects.toThrow('fetch failed');
    expect((await fetch(workloads.url)).status).toBe(200);
  });
});

describe('a saved state', () => {
  const emulators: { stop: () => Promise<void> }[] = [];
  afterEach(async () => {
    for (const emulator of emulators.splice(0)) await emulator.stop();
  });

  it('continues where it was, in the middle of running actions', async () => {
    const tour = await up();
    const { server } = await create(tour);
    tour.emulator.seed({ name: 'other', labels: { a: 'b' } });
    tour.emulator.workloads.start('other', { id: 'x', mb: 1 });
    await tour.pass(7000);
    const state = tour.emulator.save();
    const before = await tour.want(200, 'GET', '/servers');
    const clock = manualClock(tour.clock.now());
    const next = await startEmulator({ clock, state });
    emulators.push(next);
    const list = async () => {
      const headers = { Authorization: `Bearer ${next.tokens.readWrite}` };
      return (await (await fetch(`${next.endpoint}/servers`, { headers })).json()) as typeof before;
    };
    expect(await list()).toEqual(before);
    expect(next.workloads.containers()).toMatchObject([{ id: 'x', node: 'other' }]);
    clock.advance(MINUTE_MS);
    expect((await list()).servers[0]).toMatchObject({ id: server.id, status: 'running', locked: false });
    const { id } = next.seed({ name: 'third' });
    expect(id).toBeGreaterThan(server.id + 3);
  });
});
