/** Refreshes of the emulated account: the server of each node, the gaps, and the few requests. */

import { nodes } from '../../../plugins/nodes/plugin.ts';
import { derivedView } from '../../../src/conformance/derived.ts';
import { resourceWith } from '../../support/resource.ts';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { discover } from '../../../plugins/nodes/discover.ts';
import { type NodeFacts, nodeSignals, PLUGIN } from '../../../plugins/nodes/facts.ts';
import type { NodeMemory, NodeSpec } from '../../../plugins/nodes/generated.ts';
import { LABELS } from '../../../plugins/nodes/labels.ts';
import { observe } from '../../../plugins/nodes/observe.ts';
import { probeTarget } from '../../../plugins/nodes/readiness.ts';
import { settingsOfSpec } from '../../../plugins/nodes/settings.ts';
import type { NodesReader, ServerSeen } from '../../../plugins/nodes/world.ts';
import type { Desired, Memory, Observed, Query, View } from '#plugin';
import { startWorld, type World } from './live-world.ts';
import { desiredOf, nodeSpec, NOW, poolSpec, refOf } from './node-support.ts';
import { temporaryFolder } from '../../support/cli.ts';

const HOUR = 3_600_000;

interface Source {
  readonly started: World;
  readonly reader: NodesReader;
  readonly folder: string;
}

async function start(withSource = true): Promise<Source> {
  const folder = temporaryFolder();
  const started = await startWorld({}, {}, folder);
  const { url } = started.emulator.workloads;
  const source = { workloads: { http: { url, timeoutSeconds: 2 } } };
  return { started, folder, reader: started.again(withSource ? source : {}) };
}

function doc({ started }: Source, name: string, more: Partial<NodeSpec> = {}): Desired<NodeSpec> {
  const readiness = { tcp: { port: started.emulator.readinessPort } };
  return desiredOf('Node', name, nodeSpec({ image: 'ubuntu-24.04', readiness, ...more }));
}

function remembered(name: string, kept: Partial<NodeMemory>, more: Partial<Memory> = {}): Memory {
  return {
    ref: refOf('Node', name),
    version: 1,
    kept,
    owned: 'created',
    state: 'ready',
    ...more,
  };
}

type Seen = ReturnType<typeof derivedView>;

async function look(
  { started, reader }: Source,
  desired: readonly Desired[],
  more: Partial<Query> = {},
): Promise<Seen> {
  const signal = new AbortController().signal;
  const query = { desired, memory: [], now: started.clock.now(), signal, progress: () => {}, ...more };
  return derivedView(nodes, await observe(reader, query), query);
}

function names({ observed }: View): readonly string[] {
  return observed.map(({ ref }) => ref.name);
}

function factsOf({ observed }: View, name: string): NodeFacts {
  return observed.find(({ ref }) => ref.name === name)?.facts ?? {};
}

function seenAs(view: Seen, name: string): Observed {
  const found = view.observed.find(({ ref }) => ref.name === name);
  if (found === undefined) throw new Error(`${name} is not seen`);
  return found;
}

describe('the server of a node', () => {
  it('is found by its ID, under any present name, and not by a name that another one has', async () => {
    const source = await start();
    const ours = source.started.emulator.seed({ name: 'renamed' });
    source.started.emulator.seed({ name: 'web-1' });
    const view = await look(source, [doc(source, 'web-1')], { memory: [remembered('web-1', { server_id: ours.id })] });
    expect(names(view)).toEqual(['web-1']);
    expect(factsOf(view, 'web-1')).toMatchObject({ server_id: ours.id, name: 'renamed' });
    expect(factsOf(view, 'web-1').other).toBeUndefined();
  });

  it('is found by its name if the state has none', async () => {
    const source = await start();
    const server = source.started.emulator.seed({ name: 'web-1' });
    expect(factsOf(await look(source, [doc(source, 'web-1')]), 'web-1').server_id).toBe(server.id);
  });

  it('that was created again under an owned name is another one', async () => {
    const source = await start();
    const server = source.started.emulator.seed({ name: 'web-1' });
    const memory = [remembered('web-1', { server_id: server.id + 1000, containers_ever: 9 })];
    const view = await look(source, [doc(source, 'web-1')], { memory });
    expect(factsOf(view, 'web-1')).toMatchObject({ server_id: server.id, other: true });
    expect(seenAs(view, 'web-1').findings.map(({ code }) => code)).toContain('other-server');
    // The life of the one before it is not its own.
    expect(
      nodeSignals(resourceWith({ ref: refOf('Node', 'web-1'), observed: seenAs(view, 'web-1') }))?.life.containers_ever,
    ).toBe(0);
  });

  const open = (run: string, seq: number): Memory['open'] => ({
    seq,
    run,
    step: 'absent>provisioning',
    goal: 'create',
    at: NOW,
  });

  it.each([
    ['the one with its intent', 'abc-7', true],
    ['not one without', undefined, false],
    ['not one of another intent', 'abc-6', false],
  ])('is %s while a create is open', async (_is, label, isSeen) => {
    const source = await start();
    source.started.emulator.seed({
      name: 'web-1',
      ...(label === undefined ? {} : { labels: { [LABELS.intent]: label } }),
    });
    const { owned: _not, state: _none, ...memory } = remembered('web-1', {}, { open: open('abc', 7) as never });
    for (const only of [undefined, [refOf('Node', 'web-1')]]) {
      const view = await look(source, [doc(source, 'web-1')], {
        memory: [memory],
        ...(only === undefined ? {} : { only }),
      });
      expect(names(view)).toEqual(isSeen ? ['web-1'] : []);
    }
  });

  it('from an interrupted create begins its life there: it is not taken for a found one', async () => {
    const source = await start();
    source.started.emulator.seed({
      name: 'web-1',
      age: 60_000,
      guest: 'booting',
      labels: { [LABELS.intent]: 'abc-7' },
    });
    await source.started.emulator.settle();
    const {
      owned: _not,
      state: _none,
      ...memory
    } = remembered(
      'web-1',
      {},
      {
        failures: 1,
        lastError: { at: NOW, step: 'absent>provisioning', message: 'the answer was lost' },
        tried: ['abc-6', 'abc-7'],
      },
    );
    const lost = await look(source, [doc(source, 'web-1')], { memory: [memory] });
    expect(seenAs(lost, 'web-1').state).toBe('initializing');
    const found = await look(source, [doc(source, 'web-1')]);
    expect(seenAs(found, 'web-1').state).toBe('ready');
  });
});

describe('a server of another project', () => {
  const labels = { [LABELS.project]: 'other' };

  it.each([
    ['that a document names', []],
    ['that is remembered as ours', [remembered('web-1', { server_id: 0 })]],
    ['that has the intent of somebody else', [remembered('web-1', { server_id: 1 }, { tried: ['ours-3'] })]],
  ])('%s is marked as foreign', async (_what, memories) => {
    const source = await start();
    const { id } = source.started.emulator.seed({ name: 'web-1', labels: { ...labels, [LABELS.intent]: 'theirs-9' } });
    const memory = memories.map((each) =>
      each.kept['server_id'] === 0 ? { ...each, kept: { ...each.kept, server_id: id } } : each,
    );
    for (const only of [undefined, [refOf('Node', 'web-1')]]) {
      const view = await look(source, [doc(source, 'web-1')], only === undefined ? { memory } : { memory, only });
      expect(view.observed.map(({ claimedBy }) => claimedBy)).toEqual(['other']);
      expect(view.gaps).toEqual([]);
    }
  });

  it('is owned if its label is the one that this project had at the last refresh', async () => {
    const source = await start();
    const { id } = source.started.emulator.seed({ name: 'web-1', labels });
    const memory = [remembered('web-1', { server_id: id, project: 'other' })];
    const view = await look(source, [doc(source, 'web-1')], { memory });
    expect(view.observed.map(({ ref, claimedBy }) => [ref.name, claimedBy])).toEqual([['web-1', undefined]]);
  });

  it('that is not declared is marked as foreign', async () => {
    const source = await start();
    source.started.emulator.seed({ name: 'theirs', labels });
    const view = await look(source, [doc(source, 'web-1')]);
    expect(view.observed.map(({ ref, claimedBy }) => [ref.name, claimedBy])).toEqual([['theirs', 'other']]);
  });
});

describe('nodes that become silent', () => {
  /** A refresh with a number of silent ones among all; `before` is their health at the previous refresh. */
  async function silent(count: number, of: number, from = 4, before = 'healthy'): Promise<View> {
    const source = await start();
    const all = Array.from({ length: of }, (_, i) =>
      source.started.emulator.seed({ name: `web-${i + 1}`, ...(i < count ? { faults: { silent: true } } : {}) }),
    );
    await source.started.emulator.settle();
    const memory = all.map(({ name, id }, i) =>
      remembered(
        name,
        { server_id: id, initialized_at: new Date(NOW).toISOString(), probe_failures: 4 },
        { others: { health: i < count ? before : 'healthy', power: 'on' } },
      ),
    );
    return look(
      source,
      all.map(({ name }) => doc(source, name)),
      { memory, collapse: { share: 0.5, from } },
    );
  }

  it.each([
    [6, 6, 6, 7],
    [2, 4, 2],
    [3, 3, 3],
    [1, 1, 1],
  ])('%i of %i are unhealthy: %i', async (count, of, unhealthy, from?: number) => {
    const view = await silent(count, of, from);
    expect(view.observed.filter(({ state }) => state === 'unhealthy')).toHaveLength(unhealthy);
    expect(view.gaps).toEqual([]);
  });

  it.each([
    ['from as few on as safety.collapse.from says', 2, 2, 2, 'healthy'],
    ['whether they fell silent before or only now', 3, 4, 4, 'unhealthy'],
  ])('are doubted %s', async (_when, count, of, from, before) => {
    const view = await silent(count, of, from, before);
    expect(view.gaps.map(({ refs }) => refs?.length)).toEqual([count]);
  });

  it('of which more than half of four or more are silent are doubted: the route to them can be broken, and none of them is given up', async () => {
    const view = await silent(3, 4);
    expect(view.observed.map(({ state }) => state)).toEqual(['ready', 'ready', 'ready', 'ready']);
    expect(view.gaps).toEqual([
      {
        plugin: PLUGIN,
        refs: ['web-1', 'web-2', 'web-3'].map((name) => refOf('Node', name)),
        message:
          '3 nodes that were ready do not answer in the same refresh. The network is probably at fault, so their health is unknown',
      },
    ]);
  });
});

describe('undeclared servers', () => {
  it('are listed by a complete refresh, not probed, and have no finding', async () => {
    const source = await start();
    source.started.emulator.seed({ name: 'web-1' });
    source.started.emulator.seed({ name: 'theirs', image: 'ubuntu-20.04', status: 'off' });
    await source.started.emulator.settle();
    const view = await look(source, [doc(source, 'web-1')]);
    expect(names(view)).toEqual(['theirs', 'web-1']);
    expect(seenAs(view, 'theirs').findings).toEqual([]);
    const only = await look(source, [doc(source, 'web-1')], { only: [refOf('Node', 'web-1')] });
    expect(names(only)).toEqual(['web-1']);
  });

  it('become documents, except for those of a declared pool', async () => {
    const source = await start();
    source.started.emulator.seed({ name: 'a', labels: { team: 'x', 'fettle/project': 'test' }, protected: true });
    source.started.emulator.seed({ name: 'theirs', labels: { 'fettle/project': 'old' } });
    source.started.emulator.seed({ name: 'b', labels: { [LABELS.role]: 'system' }, status: 'off' });
    source.started.emulator.seed({ name: 'web-1', labels: { [LABELS.pool]: 'web', [LABELS.project]: 'test' } });
    source.started.emulator.seed({ name: 'known' });
    const discovery = {
      desired: [doc(source, 'known'), desiredOf('NodePool', 'web', poolSpec({ size: 1 }))],
      memory: [],
      places: [],
      document: 'found.yaml',
      now: NOW,
      signal: new AbortController().signal,
      progress: () => {},
    };
    const { found, passed, gaps } = await discover(source.reader, discovery);
    expect(passed).toEqual([{ what: 'server theirs', why: 'belongs to the project old' }]);
    expect(gaps).toEqual([]);
    expect(found.map(({ ref, spec }) => [ref.name, spec])).toEqual([
      ['a', { serverType: 'cx23', image: 'ubuntu-24.04', location: 'nbg1', labels: { team: 'x' }, protection: true }],
      ['b', { role: 'system', serverType: 'cx23', image: 'ubuntu-24.04', location: 'nbg1', power: 'off' }],
    ]);
  });
});

describe('an unreadable part', () => {
  it('of the account is a gap on all nodes; machines without a cloud are observed', async () => {
    const source = await start();
    source.started.emulator.seed({ name: 'web-1' });
    const { server: metal } = { server: source.started.emulator.seed({ name: 'metal' }) };
    await source.started.emulator.settle();
    const ip = [...source.started.emulator.cloud().primaryIps.values()].find(({ id }) => id === metal.ipv4)?.ip ?? '';
    const fail = { kind: 'error', status: 403, code: 'forbidden' } as const;
    source.started.emulator.inject({ times: Infinity, mishap: fail });
    const { serverType: _type, image: _image, location: _location, ...spec } = doc(source, 'metal').spec;
    const machine = desiredOf('Node', 'metal', { ...spec, provider: 'static', address: ip });
    const view = await look(source, [
      doc(source, 'web-1'),
      machine,
      desiredOf('NodePool', 'web', poolSpec({ size: 1 })),
    ]);
    expect(view.observed.map(({ ref, state }) => [ref.kind, ref.name, state])).toEqual([
      ['Node', 'metal', 'ready'],
      ['NodePool', 'web', 'active'],
    ]);
    const refused =
      'the token of the environment variable HCLOUD_TOKEN is not allowed to do this (forbidden): forbidden';
    expect(view.gaps).toEqual([
      { plugin: PLUGIN, kind: 'Node', message: `list servers: ${refused}` },
      { plugin: PLUGIN, refs: [refOf('NodePool', 'web')], message: `list server types: ${refused}` },
    ]);
    expect(JSON.stringify(view)).not.toContain(source.started.emulator.tokens.readWrite);
  });

  it('of the workload source is a gap on its nodes; its last answer is kept', async () => {
    const source = await start();
    for (const name of ['web-1', 'alone']) source.started.emulator.seed({ name });
    await source.started.emulator.settle();
    source.started.emulator.workloads.inject({ times: Infinity, mishap: { kind: 'text', status: 200, text: '{' } });
    const { id } = source.started.emulator.server('web-1');
    const documents = [
      doc(source, 'web-1'),
      doc(source, 'alone', { workloads: { none: true } }),
      desiredOf('Container', 'c1', { node: 'web-1' }),
    ];
    const memory = [
      remembered('web-1', {
        server_id: id,
        initialized_at: new Date(NOW).toISOString(),
        containers: 2,
        containers_ever: 2,
      }),
    ];
    const view = await look(source, documents, { memory });
    expect(view.gaps).toMatchObject([{ refs: [refOf('Node', 'web-1'), refOf('Container', 'c1')] }]);
    expect(seenAs(view, 'web-1')).toMatchObject({
      state: 'active',
      signals: { workloads: 'unread', life: { containers: 2 } },
    });
    expect(seenAs(view, 'alone')).toMatchObject({ signals: { workloads: 'none' } });
  });

  it('is a missing source, too: its containers are unknown', async () => {
    const source = await start(false);
    source.started.emulator.seed({ name: 'web-1' });
    const view = await look(source, [doc(source, 'web-1')]);
    expect(view.gaps).toEqual([
      {
        plugin: PLUGIN,
        refs: [refOf('Node', 'web-1')],
        message: 'No workload source is configured, so the containers of the node are unknown',
      },
    ]);
    expect(seenAs(view, 'web-1').state).toBe('ready');
  });

  it('of user data is a gap on its node', async () => {
    const source = await start();
    source.started.emulator.seed({ name: 'web-1' });
    // A folder is not a file.
    mkdirSync(join(source.folder, 'folder'));
    const view = await look(source, [doc(source, 'web-1', { userDataFile: 'folder' })]);
    expect(view.gaps.map(({ refs }) => refs)).toEqual([[refOf('Node', 'web-1')]]);
  });
});

describe('a request', () => {
  it('is for one server each for a few, and for the list for many', async () => {
    const source = await start();
    const all = Array.from({ length: 9 }, (_, i) => source.started.emulator.seed({ name: `web-${i + 1}` }));
    await source.started.emulator.settle();
    const documents = all.map(({ name }) => doc(source, name));
    const memory = all.map(({ name, id }) => remembered(name, { server_id: id }));
    const asked = async (count: number): Promise<readonly string[]> => {
      source.started.mark();
      const refs = documents.slice(0, count).map(({ ref }) => ref);
      const view = await look(source, documents.slice(0, count), { memory: memory.slice(0, count), only: refs });
      expect(view.observed).toHaveLength(count);
      return source.started.asked().filter((each) => each.includes('/servers'));
    };
    await asked(1);
    expect(await asked(8)).toEqual(Array.from({ length: 8 }, () => 'GET /servers/#'));
    expect(await asked(9)).toEqual(['GET /servers']);
  });

  it('to the source uses the name in the document', async () => {
    const source = await start();
    const { id } = source.started.emulator.seed({ name: 'worker-a' });
    await source.started.emulator.settle();
    source.started.emulator.workloads.start('worker-a', { id: 'c1', mb: 64 });
    const document = doc(source, 'web-1', { workloads: { name: 'worker-a', none: false } });
    const wanted = desiredOf('Container', 'c1', { node: 'web-1' });
    const view = await look(source, [document, wanted], { memory: [remembered('web-1', { server_id: id })] });
    expect(seenAs(view, 'web-1')).toMatchObject({
      state: 'active',
      signals: { workloads: 'listed', life: { allocated_mb: 64 } },
    });
    expect(seenAs(view, 'c1')).toMatchObject({ state: 'placed', facts: { node: 'web-1' } });
  });

  it('to the source ignores the name of another server, and its containers count', async () => {
    const source = await start();
    source.started.emulator.seed({ name: 'web-1' });
    source.started.emulator.seed({ name: 'worker-a' });
    await source.started.emulator.settle();
    source.started.emulator.workloads.start('worker-a', { id: 'c1', mb: 64 });
    const view = await look(source, [doc(source, 'web-1', { workloads: { name: 'worker-a', none: false } })]);
    expect(seenAs(view, 'web-1')).toMatchObject({
      state: 'active',
      signals: { workloads: 'unread', life: { allocated_mb: 64 } },
    });
    expect(view.gaps).toEqual([expect.objectContaining({ message: expect.stringContaining('worker-a') as string })]);
  });

  it('includes costs and the size of the memory', async () => {
    const source = await start();
    source.started.emulator.seed({ name: 'web-1', age: HOUR });
    const view = await look(source, [doc(source, 'web-1')]);
    expect(seenAs(view, 'web-1').signals).toMatchObject({
      hourly: expect.any(Number) as number,
      monthly: expect.any(Number) as number,
      currency: 'EUR',
      memory_mb: 4096,
    });
  });
});

describe('readiness', () => {
  const server = {
    status: 'running',
    created: new Date(NOW - 120_000).toISOString(),
    labels: { state: 'ready', empty: '' },
    ipv4: { id: 1, ip: '198.51.100.1' },
    ipv6: { id: 2, ip: '2001:db8:1::/64' },
    networks: [{ network: { id: 5, name: 'inside' }, ip: '10.0.0.2', aliasIps: [] }],
  } as unknown as ServerSeen;
  const settings = settingsOfSpec(nodeSpec());
  const target = (readiness: object, of: Partial<ServerSeen> | null = {}) =>
    probeTarget(settings, nodeSpec({ readiness }).readiness, of === null ? undefined : { ...server, ...of }, NOW);
  const { ipv4: _none, ...onlyIpv6 } = server;

  it.each([
    ['its public address', target({ tcp: { port: 22 } }), { tcp: { host: '198.51.100.1', port: 22 } }],
    [
      'its address in a network, by its name',
      target({ tcp: { port: 22, network: 'inside' } }),
      { tcp: { host: '10.0.0.2', port: 22 } },
    ],
    [
      'its address in a network, by its id',
      target({ http: { port: 80, path: '/up', network: '5' } }),
      { http: { host: '10.0.0.2', port: 80, path: '/up' } },
    ],
    [
      'no address there',
      target({ tcp: { port: 22, network: 'other' } }),
      { answered: false, message: 'the node has no address in the network other' },
    ],
    ['a label that it has', target({ label: 'state=ready' }), { answered: true, rttMs: 0 }],
    [
      'a label with another value',
      target({ label: 'state=done' }),
      { answered: false, message: 'the server has no label state=done' },
    ],
    ['an empty label', target({ label: 'empty=' }), { answered: true, rttMs: 0 }],
    ['exactly the time after its creation', target({ after: '2m' }), { answered: true, rttMs: 0 }],
    [
      'a ms less than the time',
      target({ after: '2m' }, { created: new Date(NOW - 119_999).toISOString() }),
      { answered: false, message: 'the server was created less than 2m ago' },
    ],
    ['one that does not run', target({ tcp: { port: 22 } }, { status: 'off' }), undefined],
    ['one that does not exist', target({ tcp: { port: 22 } }, null), undefined],
  ])('of %s', (_is, found, expected) => {
    expect(found).toEqual(expected);
  });

  it('without an IPv4 address is probed at the first address of its network', () => {
    const { readiness } = nodeSpec({ readiness: { tcp: { port: 22 } } });
    expect(probeTarget(settings, readiness, onlyIpv6 as ServerSeen, NOW)).toEqual({
      tcp: { host: '2001:db8:1::1', port: 22 },
    });
  });
});
