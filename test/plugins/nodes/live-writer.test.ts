/**
 * Every change of a server against the emulated provider: awaited, not done twice, and settled if an answer is lost.
 */

import { resourceWith } from '../../support/resource.ts';
import { NO_FILES } from '../../support/covers.ts';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { nodeHandlers } from '../../../plugins/nodes/apply.ts';
import type { NodeFacts } from '../../../plugins/nodes/facts.ts';
import { type NodeSpec, tables } from '../../../plugins/nodes/generated.ts';
import { validators } from '../../../plugins/nodes/generated.validators.js';
import { observe } from '../../../plugins/nodes/observe.ts';
import { changeOf, type Desired, type Observed, type Scene } from '#plugin';
import { actionWaiter } from '../../../plugins/nodes/live/actions.ts';
import { clientOf, serve, never } from './live-support.ts';
import { elsewhere, orderOf, startWorld, type World } from './live-world.ts';
import { temporaryFolder } from '../../support/cli.ts';

async function network(world: World, name: string, range: string): Promise<number> {
  const subnets = [{ type: 'cloud', ip_range: range, network_zone: 'eu-central' }];
  const made = await elsewhere(world, '/networks', { name, ip_range: range, subnets });
  return made['network']!.id;
}

function posts(world: World): readonly string[] {
  return world.asked().filter((each) => !each.startsWith('GET'));
}

describe('create', () => {
  test('creates one server with every field of an order, awaited to its end', async () => {
    const world = await startWorld();
    await network(world, 'inside', '10.0.0.0/16');
    await elsewhere(world, '/firewalls', { name: 'closed' });
    await elsewhere(world, '/placement_groups', { name: 'apart', type: 'spread' });
    await elsewhere(world, '/volumes', { name: 'data', size: 10, location: 'nbg1' });
    world.clock.advance(60_000);
    world.mark();
    const seen = await world.world.createServer(
      orderOf({
        networks: [{ network: 'inside', aliasIps: [] }],
        firewalls: ['closed'],
        placementGroup: 'apart',
        volumes: ['data'],
        userData: '#cloud-config\n',
      }),
      world.call,
    );
    expect(seen).toMatchObject({
      name: 'web-1',
      status: 'running',
      locked: false,
      location: 'nbg1',
      serverType: { name: 'cx23', deprecated: false },
      image: { name: 'debian-13', deprecated: false },
      labels: { 'fettle-intent': 'intent-1', tier: 'web' },
      backups: false,
      protection: { delete: false, rebuild: false },
      firewalls: [{ name: 'closed' }],
      volumes: [{ name: 'data' }],
      placementGroup: { name: 'apart' },
      networks: [{ network: { name: 'inside' }, aliasIps: [] }],
    });
    expect(world.emulator.server('web-1').userData).toBe('#cloud-config\n');
    expect(posts(world)).toEqual(['POST /servers']);
    expect(world.progress).toContain('waiting for create_server');
  });

  test('backups, protection, and addresses that the order cannot have are set afterwards, before its first start', async () => {
    const world = await startWorld();
    await network(world, 'inside', '10.0.0.0/16');
    world.mark();
    const seen = await world.world.createServer(
      orderOf({
        networks: [{ network: 'inside', ip: '10.0.0.7', aliasIps: ['10.0.0.8', '10.0.0.9'] }],
        backups: true,
        protection: true,
      }),
      world.call,
    );
    expect(seen).toMatchObject({
      status: 'running',
      backups: true,
      protection: { delete: true, rebuild: true },
      networks: [{ network: { name: 'inside' }, ip: '10.0.0.7', aliasIps: ['10.0.0.8', '10.0.0.9'] }],
    });
    expect(posts(world)).toEqual([
      'POST /servers',
      'POST /servers/#/actions/attach_to_network',
      'POST /servers/#/actions/poweron',
      'POST /servers/#/actions/enable_backup',
      'POST /servers/#/actions/change_protection',
    ]);
  });

  test('one that is not to start stays off; without public addresses it has none', async () => {
    const world = await startWorld();
    await network(world, 'inside', '10.0.0.0/16');
    const order = orderOf({
      start: false,
      networks: [{ network: 'inside', aliasIps: [] }],
      publicNet: { ipv4: false, ipv6: false },
    });
    const seen = await world.world.createServer(order, world.call);
    expect(seen.status).toBe('off');
    expect([seen.ipv4, seen.ipv6]).toEqual([undefined, undefined]);
  });

  test('the digest of user data is that of its bytes', async () => {
    const folder = temporaryFolder();
    const world = await startWorld({}, {}, folder);
    await writeFile(join(folder, 'init'), 'abc');
    // SHA-256 of "abc": FIPS 180-2, B.1.
    const known = 'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    expect(await world.world.userDataDigest('init')).toBe(known);
    expect(await world.world.userDataDigest('none')).toBeUndefined();
    expect(await world.world.userDataDigest('init/below')).toBeUndefined();
    await expect(world.world.userDataDigest('.')).rejects.toThrow('is outside the content of');
    await mkdir(join(folder, 'folder'));
    await expect(world.world.userDataDigest('folder')).rejects.toThrow('is not a regular file');
  });

  test.each([
    ['the answer is lost', { kind: 'lost-after' }],
    ['the answer is an error of the server', { kind: 'error-after', status: 500, code: 'server_error' }],
    ['the answer is an error of a gateway', { kind: 'error-after', status: 502, code: 'bad_gateway' }],
    ['the answer is cut', { kind: 'cut', bytes: 100 }],
    ['the answer never ends', { kind: 'endless' }],
    ['no answer ever comes', { kind: 'hang' }],
  ] as const)('%s, and it is created: it is found by its labels, not created twice', async (_name, mishap) => {
    const world = await startWorld({}, { requestSeconds: 0.5 });
    world.emulator.inject({ method: 'POST', path: '/servers', mishap });
    const seen = await world.world.createServer(orderOf(), world.call);
    expect(seen).toMatchObject({ name: 'web-1', status: 'running', locked: false });
    expect(posts(world)).toEqual(['POST /servers']);
    expect(world.emulator.cloud().servers.size).toBe(1);
  });

  test.each([
    ['the connection ends before', { kind: 'lost-before' }],
    ['a gateway answers for it', { kind: 'text', status: 502, text: '<h1>Bad Gateway</h1>' }],
    ['it is said to be an error', { kind: 'error', status: 500, code: 'server_error' }],
  ] as const)('%s, and it is not created: it is created after one search', async (_name, mishap) => {
    const world = await startWorld();
    world.emulator.inject({ method: 'POST', path: '/servers', mishap });
    await world.world.createServer(orderOf(), world.call);
    expect(posts(world)).toEqual(['POST /servers', 'POST /servers']);
    expect(world.asked().filter((each) => each === 'GET /servers').length).toBe(3);
    expect(world.emulator.cloud().servers.size).toBe(1);
  });

  test('a server that always fails to answer is an error, after three calls', async () => {
    const world = await startWorld();
    world.emulator.inject({
      method: 'POST',
      path: '/servers',
      times: 9,
      mishap: { kind: 'error', status: 500, code: 'server_error' },
    });
    await expect(world.world.createServer(orderOf(), world.call)).rejects.toThrow(
      'create server web-1: server_error (server_error) (correlation id',
    );
    expect(posts(world)).toHaveLength(3);
  });

  test('a name of a foreign server is an error; a server of this order is returned', async () => {
    const world = await startWorld();
    world.emulator.seed({ name: 'web-1', labels: { tier: 'web' } });
    await expect(world.world.createServer(orderOf(), world.call)).rejects.toThrow('server web-1 already exists (id');
    await expect(world.world.createServer(orderOf({ labels: {} }), world.call)).rejects.toThrow(
      'server web-1 already exists',
    );
    world.emulator.alter('web-1', { labels: { 'fettle-intent': 'intent-1', tier: 'web', other: 'x' } });
    expect(await world.world.createServer(orderOf(), world.call)).toMatchObject({ name: 'web-1' });
    expect(world.emulator.cloud().servers.size).toBe(1);
  });

  test('steps that an earlier call left open are done by the next call', async () => {
    const world = await startWorld();
    await network(world, 'inside', '10.0.0.0/16');
    const order = orderOf({
      networks: [{ network: 'inside', ip: '10.0.0.7', aliasIps: [] }],
      backups: true,
      protection: true,
    });
    world.emulator.inject({
      method: 'POST',
      path: '/servers/*/actions/poweron',
      mishap: { kind: 'error', status: 422, code: 'invalid_input' },
    });
    await expect(world.world.createServer(order, world.call)).rejects.toThrow('turn on server');
    expect(world.emulator.server('web-1').status).toBe('off');
    const seen = await world.again().createServer(order, world.call);
    expect(seen).toMatchObject({
      status: 'running',
      backups: true,
      protection: { delete: true },
      networks: [{ ip: '10.0.0.7' }],
    });
    expect(world.emulator.cloud().servers.size).toBe(1);
  });

  test('an action that fails is an error, with the words of the provider', async () => {
    const world = await startWorld();
    world.emulator.failNext({ command: 'create_server', code: 'action_failed', message: 'no disk' });
    await expect(world.world.createServer(orderOf(), world.call)).rejects.toThrow(
      'create server web-1: the action create_server failed: no disk (action_failed)',
    );
  });

  test.each([
    ['a type that is unknown', { serverType: 'cx999' }, /server.type/u],
    ['an image that is unknown', { image: 'none' }, /image/u],
    [
      'a network that is unknown',
      { networks: [{ network: 'none', aliasIps: [] }] },
      /network none does not exist at the provider/u,
    ],
    ['a firewall that is unknown', { firewalls: ['none'] }, /firewall none does not exist/u],
    ['a volume that is unknown', { volumes: ['none'] }, /volume none does not exist/u],
    ['a group that is unknown', { placementGroup: 'none' }, /placement group none does not exist/u],
    [
      'an address that is unknown',
      { publicNet: { ipv4: true, ipv6: true, ipv4Address: 'none' } },
      /primary IP none does not exist/u,
    ],
  ])('%s is an error, and nothing is created', async (_name, more, message) => {
    const world = await startWorld();
    await expect(world.world.createServer(orderOf(more), world.call)).rejects.toThrow(message);
    expect(world.emulator.cloud().servers.size).toBe(0);
  });

  test('a type that is sold out in the location is reported as such, and tried once', async () => {
    const world = await startWorld();
    world.emulator.set({ unavailable: ['cx23@nbg1'] });
    await expect(world.world.createServer(orderOf(), world.call)).rejects.toThrow('(resource_unavailable)');
    expect(posts(world)).toEqual(['POST /servers']);
  });

  test('user data is in no message, even if the provider repeats it', async () => {
    const world = await startWorld();
    const secret = 'correct-horse-battery-staple';
    world.emulator.inject({
      method: 'POST',
      path: '/servers',
      mishap: { kind: 'error', status: 422, code: 'invalid_input', message: `not this: ${secret}!` },
    });
    const error: unknown = await world.world
      .createServer(orderOf({ userData: secret }), world.call)
      .catch((thrown: unknown) => thrown);
    expect(String(error)).toContain('(invalid_input)');
    expect(String(error)).not.toContain('correct-horse');
  });

  test('a password from the provider is never passed on', async () => {
    const world = await startWorld();
    const seen = await world.world.createServer(orderOf(), world.call);
    expect(JSON.stringify([seen, world.progress])).not.toMatch(/root-|password/u);
  });

  test('a read-only token is reported as such', async () => {
    const world = await startWorld();
    const reader = world.again({}, world.emulator.tokens.readOnly);
    expect(await reader.servers(never)).toEqual([]);
    await expect(reader.createServer(orderOf(), world.call)).rejects.toThrow(
      'the token of the environment variable HCLOUD_TOKEN is read-only',
    );
  });

  test('an order that is aborted ends at once', async () => {
    const world = await startWorld();
    const abort = new AbortController();
    const ended = world.world.createServer(orderOf(), {
      signal: abort.signal,
      progress: () => abort.abort(new Error('stop')),
    });
    await expect(ended).rejects.toThrow('stop');
  });
});

describe('delete', () => {
  test('is awaited; a missing server is done', async () => {
    const world = await startWorld();
    const { id } = world.emulator.seed({ name: 'web-1' });
    await world.world.deleteServer(id, world.call);
    expect(world.emulator.cloud().servers.size).toBe(0);
    await world.world.deleteServer(id, world.call);
    expect(posts(world)).toEqual(['DELETE /servers/#', 'DELETE /servers/#']);
  });

  test.each([
    { kind: 'lost-after' },
    { kind: 'lost-before' },
    { kind: 'error-after', status: 504, code: 'timeout' },
    { kind: 'error', status: 503, code: 'unavailable' },
    { kind: 'cut', bytes: 20 },
  ] as const)('a lost answer does not matter: $kind', async (mishap) => {
    const world = await startWorld();
    const { id } = world.emulator.seed({ name: 'web-1' });
    world.emulator.inject({ method: 'DELETE', mishap });
    await world.world.deleteServer(id, world.call);
    expect(world.emulator.cloud().servers.size).toBe(0);
  });

  test('an action that the API drops with its server is done', async () => {
    const world = await startWorld();
    const { id } = world.emulator.seed({ name: 'web-1' });
    const forgotten = { kind: 'text', status: 200, text: '{"actions":[]}' } as const;
    world.emulator.inject({ method: 'GET', path: '/actions', times: 50, mishap: forgotten });
    world.emulator.set({ times: { remove: 500 } });
    await world.world.deleteServer(id, world.call);
    expect(world.emulator.cloud().servers.size).toBe(0);
  });

  test('an action that fails is an error, and the server stays', async () => {
    const world = await startWorld();
    const { id } = world.emulator.seed({ name: 'web-1' });
    world.emulator.failNext({ command: 'delete_server', code: 'action_failed', message: 'no way' });
    await expect(world.world.deleteServer(id, world.call)).rejects.toThrow('the action delete_server failed: no way');
    expect(world.emulator.cloud().servers.size).toBe(1);
  });

  test('a 404 in other words than those of the API is not a success', async () => {
    const world = await startWorld();
    const { id } = world.emulator.seed({ name: 'web-1' });
    world.emulator.inject({ method: 'DELETE', mishap: { kind: 'text', status: 404, text: '<h1>Not Found</h1>' } });
    await expect(world.world.deleteServer(id, world.call)).rejects.toThrow(
      'the server responded with status 404 without a reason',
    );
    expect(world.emulator.cloud().servers.size).toBe(1);
  });

  test('a protected server stays, and the error says so', async () => {
    const world = await startWorld();
    const { id } = world.emulator.seed({ name: 'web-1', protected: true });
    await expect(world.world.deleteServer(id, world.call)).rejects.toThrow('(protected)');
    expect(posts(world)).toHaveLength(1);
    await world.world.setProtection(id, false, world.call);
    await world.world.deleteServer(id, world.call);
    expect(world.emulator.cloud().servers.size).toBe(0);
  });

  test('a locked server is awaited', async () => {
    const world = await startWorld();
    const { id } = world.emulator.seed({ name: 'web-1' });
    await elsewhere(world, `/servers/${id}/actions/reset`, {});
    await world.world.deleteServer(id, world.call);
    expect(world.emulator.cloud().servers.size).toBe(0);
  });
});

describe('power', () => {
  test('off is a shutdown that is awaited', async () => {
    const world = await startWorld();
    const { id } = world.emulator.seed({ name: 'web-1' });
    await world.world.powerOff(id, world.call);
    expect(world.emulator.server('web-1').status).toBe('off');
    expect(posts(world)).toEqual(['POST /servers/#/actions/shutdown']);
    await world.world.powerOff(id, world.call);
    expect(posts(world)).toHaveLength(1);
  });

  test('a system that does not react is turned off hard, two minutes later', async () => {
    const world = await startWorld();
    const { id } = world.emulator.seed({ name: 'web-1', faults: { deaf: true } });
    const began = world.clock.now();
    await world.world.powerOff(id, world.call);
    expect(world.emulator.server('web-1').status).toBe('off');
    expect(posts(world)).toEqual(['POST /servers/#/actions/shutdown', 'POST /servers/#/actions/poweroff']);
    expect(world.clock.now() - began).toBeGreaterThanOrEqual(120_000);
    expect(world.clock.now() - began).toBeLessThan(140_000);
  });

  test('on is awaited, and done if it is on', async () => {
    const world = await startWorld();
    const { id } = world.emulator.seed({ name: 'web-1', status: 'off' });
    await world.world.powerOn(id, world.call);
    expect(world.emulator.server('web-1').status).toBe('running');
    await world.world.powerOn(id, world.call);
    expect(posts(world)).toEqual(['POST /servers/#/actions/poweron']);
  });
});

describe('type and image', () => {
  test('another type', async () => {
    const world = await startWorld();
    const { id } = world.emulator.seed({ name: 'web-1', status: 'off' });
    await world.world.changeType(id, 'cx33', false, world.call);
    expect((await world.world.server(id, never))?.serverType.name).toBe('cx33');
    expect((await world.world.server(id, never))?.diskGb).toBe(40);
    await world.world.changeType(id, 'cx33', false, world.call);
    expect(posts(world)).toEqual(['POST /servers/#/actions/change_type']);
  });

  test.each(['lost-after', 'hang'] as const)(
    'a lost answer (%s) after the begin is settled by waiting',
    async (kind) => {
      const world = await startWorld({}, { requestSeconds: 0.5 });
      const { id } = world.emulator.seed({ name: 'web-1', status: 'off' });
      world.emulator.inject({ method: 'POST', mishap: { kind } });
      await world.world.changeType(id, 'cx33', true, world.call);
      expect(await world.world.server(id, never)).toMatchObject({ serverType: { name: 'cx33' }, diskGb: 80 });
      expect(posts(world)).toEqual(['POST /servers/#/actions/change_type']);
    },
  );

  test('a call that never arrived is not repeated: its outcome is unknown', async () => {
    const world = await startWorld();
    const { id } = world.emulator.seed({ name: 'web-1', status: 'off' });
    world.emulator.inject({ method: 'POST', mishap: { kind: 'lost-before' } });
    await expect(world.world.changeType(id, 'cx33', false, world.call)).rejects.toThrow(/the connection to \S+ broke/u);
    expect(posts(world)).toHaveLength(1);
  });

  test('a running server is an error, as is a smaller disk', async () => {
    const world = await startWorld();
    const { id } = world.emulator.seed({ name: 'web-1', type: 'cx33' });
    await expect(world.world.changeType(id, 'cx43', false, world.call)).rejects.toThrow('(server_not_stopped)');
    world.emulator.alter('web-1', { status: 'off' });
    await expect(world.world.changeType(id, 'cx23', false, world.call)).rejects.toThrow('(invalid_server_type)');
  });

  test('a rebuild, once', async () => {
    const world = await startWorld();
    const { id } = world.emulator.seed({ name: 'web-1' });
    await world.world.rebuild(id, 'debian-13', world.call);
    expect((await world.world.server(id, never))?.image?.name).toBe('debian-13');
    await world.world.rebuild(id, 'debian-13', world.call);
    expect(posts(world)).toEqual(['POST /servers/#/actions/rebuild']);
  });

  test('a rebuild with a lost answer destroys the disk once', async () => {
    const world = await startWorld();
    const { id } = world.emulator.seed({ name: 'web-1' });
    world.emulator.inject({ method: 'POST', mishap: { kind: 'lost-after' } });
    await world.world.rebuild(id, 'debian-13', world.call);
    expect(posts(world)).toEqual(['POST /servers/#/actions/rebuild']);
  });
});

test.each([
  ['its type cannot be had there now', { unavailable: ['cx33@nbg1'] }, '(resource_unavailable)'],
  ['nothing fails', {}, undefined],
])('a change that needs the power off, on a server that ran, leaves: %s', async (_name, settings, refused) => {
  const world = await startWorld();
  const { id } = world.emulator.seed({ name: 'web-1' });
  world.emulator.set(settings);
  const spec = { serverType: 'cx33', image: 'ubuntu-24.04', location: 'nbg1' } as unknown as NodeSpec;
  if (!validators['spec:Node'](spec)) throw new Error('the spec is not valid');
  const ref = { plugin: 'nodes', kind: 'Node', name: 'web-1' };
  const query = { memory: [], now: world.clock.now(), signal: never, progress: () => undefined };
  const desired: Desired<NodeSpec> = {
    ref,
    spec,
    meta: { labels: {}, lifecycle: { ignore: [] } },
    needs: [],
    source: { file: 'nodes.yaml', line: 1, column: 1 },
  };
  const [observed] = (await observe(world.world, { ...query, desired: [desired] })).observed as Observed<NodeFacts>[];
  if (observed === undefined) throw new Error('it is not seen');
  const aside = <T>(waiting: Promise<T>): Promise<T> => waiting;
  const remark = (): void => undefined;
  const fields = [{ path: '/serverType', before: 'cx23', after: 'cx33' }];
  const change = changeOf(ref, tables.kinds.Node, {
    step: 'power:on>on',
    goal: 'update',
    fields,
    because: '',
    cause: 'edit',
  });
  const run = {
    ...world.call,
    id: 'intent-1',
    change,
    scene: {} as Scene,
    now: world.clock.now,
    aside,
    awaitTurn: aside,
    remark,
    keep: async () => {},
    ...NO_FILES,
  };
  const taken = nodeHandlers['power:on>on'](world.world, resourceWith({ ref, desired, observed }), run);
  if (refused === undefined) await taken;
  else await expect(taken).rejects.toThrow(refused);
  expect(await world.world.server(id, never)).toMatchObject({
    status: 'running',
    serverType: { name: refused === undefined ? 'cx33' : 'cx23' },
  });
});

describe('labels and name', () => {
  test('labels of others stay', async () => {
    const world = await startWorld();
    const { id } = world.emulator.seed({ name: 'web-1', labels: { theirs: 'x', old: 'y', tier: 'a' } });
    await world.world.changeLabels(
      id,
      { set: { tier: 'b', 'fettle/drain': 'yes' }, remove: ['old', 'none'] },
      world.call,
    );
    expect(world.emulator.server('web-1').labels).toEqual({ theirs: 'x', tier: 'b', 'fettle/drain': 'yes' });
  });

  test('nothing is sent without a difference', async () => {
    const world = await startWorld();
    const { id } = world.emulator.seed({ name: 'web-1', labels: { tier: 'a' } });
    await world.world.changeLabels(id, { set: { tier: 'a' }, remove: ['none'] }, world.call);
    expect(posts(world)).toEqual([]);
  });

  test('concurrent changes of one server do not undo each other', async () => {
    const world = await startWorld();
    const { id } = world.emulator.seed({ name: 'web-1', labels: { theirs: 'x' } });
    await Promise.all(
      ['a', 'b', 'c', 'd'].map((key) =>
        world.world.changeLabels(id, { set: { [key]: 'yes' }, remove: [] }, world.call),
      ),
    );
    expect(world.emulator.server('web-1').labels).toEqual({ theirs: 'x', a: 'yes', b: 'yes', c: 'yes', d: 'yes' });
  });

  test('another name; a name in use is an error', async () => {
    const world = await startWorld();
    const { id } = world.emulator.seed({ name: 'web-1' });
    world.emulator.seed({ name: 'web-2' });
    await world.world.rename(id, 'web-3', world.call);
    await world.world.rename(id, 'web-3', world.call);
    expect(world.emulator.server('web-3').id).toBe(id);
    expect(posts(world)).toHaveLength(1);
    await expect(world.world.rename(id, 'web-2', world.call)).rejects.toThrow('(uniqueness_error)');
  });
});

/** A writer with one server and one of each object that it can be attached to. */
async function furnished(): Promise<World & { readonly id: number }> {
  const world = await startWorld();
  const { id } = world.emulator.seed({ name: 'web-1' });
  await network(world, 'inside', '10.0.0.0/16');
  await network(world, 'backup', '10.1.0.0/16');
  await elsewhere(world, '/firewalls', { name: 'closed' });
  await elsewhere(world, '/placement_groups', { name: 'apart', type: 'spread' });
  await elsewhere(world, '/placement_groups', { name: 'further', type: 'spread' });
  await elsewhere(world, '/volumes', { name: 'data', size: 10, location: 'nbg1' });
  world.clock.advance(60_000);
  world.mark();
  return { ...world, id };
}

describe('attached objects', () => {
  test('networks: with an address, with another one, without one, and none', async () => {
    const { world, call, id, emulator, ...rest } = await furnished();
    const asked = (): readonly string[] => posts({ world, call, id, emulator, ...rest } as World);
    await world.attachNetwork(id, 'inside', '10.0.0.7', ['10.0.0.8'], call);
    await world.attachNetwork(id, 'inside', '10.0.0.7', ['10.0.0.8'], call);
    expect(asked()).toHaveLength(1);
    await world.attachNetwork(id, 'inside', '10.0.0.17', ['10.0.0.9'], call);
    expect((await world.server(id, never))?.networks).toMatchObject([{ ip: '10.0.0.17', aliasIps: ['10.0.0.9'] }]);
    await world.attachNetwork(id, 'inside', '10.0.0.17', ['10.0.0.10', '10.0.0.11'], call);
    expect((await world.server(id, never))?.networks[0]?.aliasIps.toSorted()).toEqual(['10.0.0.10', '10.0.0.11']);
    await world.setAliasIps(id, 'inside', [], call);
    await world.attachNetwork(id, 'backup', undefined, [], call);
    expect((await world.server(id, never))?.networks.map(({ network: { name } }) => name)).toEqual([
      'backup',
      'inside',
    ]);
    await world.detachNetwork(id, 'inside', call);
    await world.detachNetwork(id, 'inside', call);
    expect((await world.server(id, never))?.networks.map(({ network: { name } }) => name)).toEqual(['backup']);
    expect(asked().map((each) => each.replace('POST /servers/#/actions/', ''))).toEqual([
      'attach_to_network',
      'detach_from_network',
      'attach_to_network',
      'change_alias_ips',
      'change_alias_ips',
      'attach_to_network',
      'detach_from_network',
    ]);
  });

  test('firewalls, volumes and groups, by name and by ID, each once', async () => {
    const world = await furnished();
    const { id, call } = world;
    const firewall = [...world.emulator.cloud().firewalls.keys()][0]!;
    await world.world.applyFirewall(id, 'closed', call);
    await world.world.applyFirewall(id, String(firewall), call);
    await world.world.attachVolume(id, 'data', call);
    await world.world.attachVolume(id, 'data', call);
    expect(await world.world.server(id, never)).toMatchObject({
      firewalls: [{ name: 'closed' }],
      volumes: [{ name: 'data' }],
    });
    await world.world.removeFirewall(id, 'closed', call);
    await world.world.removeFirewall(id, 'closed', call);
    await world.world.detachVolume(id, 'data', call);
    await world.world.detachVolume(id, 'data', call);
    expect(await world.world.server(id, never)).toMatchObject({ firewalls: [], volumes: [] });
    await world.world.powerOff(id, call);
    await world.world.joinPlacementGroup(id, 'apart', call);
    await world.world.joinPlacementGroup(id, 'apart', call);
    await world.world.joinPlacementGroup(id, 'further', call);
    expect((await world.world.server(id, never))?.placementGroup?.name).toBe('further');
    await world.world.leavePlacementGroup(id, call);
    await world.world.leavePlacementGroup(id, call);
    expect((await world.world.server(id, never))?.placementGroup).toBeUndefined();
    const actions = posts(world).map((each) => each.replace(/^POST .*\/actions\//u, ''));
    expect(actions).toEqual([
      'apply_to_resources',
      'attach',
      'remove_from_resources',
      'detach',
      'shutdown',
      'add_to_placement_group',
      'remove_from_placement_group',
      'add_to_placement_group',
      'remove_from_placement_group',
    ]);
  });

  test.each([
    [
      'attachNetwork',
      (world: World, id: number) => world.world.attachNetwork(id, 'inside', '10.0.0.7', [], world.call),
    ],
    ['applyFirewall', (world: World, id: number) => world.world.applyFirewall(id, 'closed', world.call)],
    ['attachVolume', (world: World, id: number) => world.world.attachVolume(id, 'data', world.call)],
    ['setBackups', (world: World, id: number) => world.world.setBackups(id, true, world.call)],
    ['setProtection', (world: World, id: number) => world.world.setProtection(id, true, world.call)],
  ])('%s is settled if its answer is lost', async (_name, change) => {
    for (const mishap of [
      { kind: 'lost-after' },
      { kind: 'error-after', status: 504, code: 'timeout' },
      { kind: 'lost-before' },
    ] as const) {
      const world = await furnished();
      world.emulator.inject({ method: 'POST', mishap });
      await change(world, world.id);
    }
  });

  test('a volume that was attached to another server meanwhile is not detached from it', async () => {
    const world = await furnished();
    const other = world.emulator.seed({ name: 'web-2' });
    await world.world.attachVolume(other.id, 'data', world.call);
    await world.world.detachVolume(world.id, 'data', world.call);
    await expect(world.world.attachVolume(world.id, 'data', world.call)).rejects.toThrow('attach volume data');
    expect((await world.world.server(other.id, never))?.volumes).toMatchObject([{ name: 'data' }]);
  });

  test('backups and protection, on and off', async () => {
    const world = await furnished();
    for (const wanted of [true, true, false, false]) {
      await world.world.setBackups(world.id, wanted, world.call);
      await world.world.setProtection(world.id, wanted, world.call);
      expect(await world.world.server(world.id, never)).toMatchObject({
        backups: wanted,
        protection: { delete: wanted, rebuild: wanted },
      });
    }
    expect(posts(world)).toHaveLength(4);
  });

  test('a change of a missing server is an error', async () => {
    const world = await furnished();
    await expect(world.world.setBackups(4711, true, world.call)).rejects.toThrow('server 4711 no longer exists');
  });
});

describe('actions', () => {
  test('of several changes at once are requested together, at most 25 in a request', async () => {
    const world = await startWorld();
    const ids = Array.from({ length: 60 }, (_, index) => world.emulator.seed({ name: `web-${index}` }).id);
    world.emulator.set({ times: { other: 3000 } });
    await Promise.all(ids.map((id) => world.world.setBackups(id, true, world.call)));
    const asked = world.emulator.requests().filter(({ path }) => path === '/actions');
    const counts = asked.map(({ query }) => new URLSearchParams(query).getAll('id').length);
    expect(Math.max(...counts)).toBe(25);
    expect(asked.length).toBeLessThan(30);
  });

  test('an action that the API drops is given up, and the next refresh decides', async () => {
    const world = await startWorld();
    const { id } = world.emulator.seed({ name: 'web-1' });
    world.emulator.inject({
      method: 'GET',
      path: '/actions',
      times: 50,
      mishap: { kind: 'text', status: 200, text: '{"actions":[]}' },
    });
    await world.world.setBackups(id, true, world.call);
    expect(world.emulator.server('web-1').backupWindow).not.toBeNull();
    expect(world.asked().filter((each) => each === 'GET /actions')).toHaveLength(3);
  });

  test('an action of another program is awaited, and not repeated', async () => {
    const world = await startWorld();
    const { id } = world.emulator.seed({ name: 'web-1' });
    await elsewhere(world, `/servers/${id}/actions/enable_backup`, {});
    world.mark();
    await world.world.setBackups(id, true, world.call);
    expect(posts(world)).toEqual([]);
    expect(world.progress).toContain('waiting for running actions of the server');
  });

  test('a lock without a listed action is checked every two seconds', async () => {
    const world = await startWorld();
    const { id } = world.emulator.seed({ name: 'web-1' });
    world.emulator.set({ times: { other: 20_000 } });
    await elsewhere(world, `/servers/${id}/actions/enable_backup`, {});
    const meta = {
      pagination: { page: 1, per_page: 50, previous_page: null, next_page: null, last_page: 1, total_entries: 0 },
    };
    const text = JSON.stringify({ actions: [], meta });
    world.emulator.inject({ path: '/servers/*/actions', times: 99, mishap: { kind: 'text', status: 200, text } });
    await world.world.setBackups(id, true, world.call);
    const looks = world.emulator.requests().filter(({ path }) => /^\/servers\/\d+$/u.test(path));
    expect(looks.length).toBeLessThan(15);
    expect(world.emulator.server('web-1').backupWindow).not.toBeNull();
  });

  test('a failed one is an error if the refresh shows that it was not done', async () => {
    const world = await startWorld();
    const { id } = world.emulator.seed({ name: 'web-1' });
    world.emulator.failNext({ command: 'enable_backup', code: 'action_failed', message: 'no room' });
    await expect(world.world.setBackups(id, true, world.call)).rejects.toThrow(
      `enable backups of server ${id}: the action enable_backup failed: no room (action_failed)`,
    );
  });

  test('after a failure, or the last abort, no request is sent', async () => {
    const ended = { id: 1, command: 'create_server', status: 'error', error: { code: 'action_failed', message: 'no' } };
    const running = { id: 2, command: 'start_server', status: 'running', error: null };
    const fake = await serve(({ query }) => ({
      json: { actions: query.getAll('id').map((id) => (id === '1' ? ended : running)) },
    }));
    const waiter = actionWaiter(clientOf(fake.endpoint));
    const asked = async (): Promise<number> => {
      // Waits take no time here, so that a remaining request would be sent repeatedly meanwhile.
      await new Promise((resolve) => setTimeout(resolve, 50));
      return fake.asked.length;
    };
    const begun = [{ ...ended, status: 'running', error: null }, running];
    await expect(waiter.finished('create server web-1', begun, never)).rejects.toThrow(
      'the action create_server failed',
    );
    const after = await asked();
    expect(await asked()).toBe(after);
    const abort = new AbortController();
    const waiting = waiter.finished('start server web-1', [running], abort.signal);
    await asked();
    abort.abort(new Error('stop'));
    await expect(waiting).rejects.toThrow('stop');
    const then = await asked();
    expect(then).toBeGreaterThan(after);
    expect(await asked()).toBe(then);
  });

  test('an abort of one wait does not end the others', async () => {
    const world = await startWorld();
    const [first, second] = ['web-1', 'web-2'].map((name) => world.emulator.seed({ name }).id);
    world.emulator.set({ times: { other: 20_000 } });
    const abort = new AbortController();
    const stopped = world.world.setBackups(first!, true, {
      signal: abort.signal,
      progress: () => abort.abort(new Error('stop')),
    });
    const goesOn = world.world.setBackups(second!, true, world.call);
    await expect(stopped).rejects.toThrow('stop');
    await goesOn;
    expect(world.emulator.server('web-2').backupWindow).not.toBeNull();
  });
});
