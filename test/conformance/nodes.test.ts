/**
 * The suite over the nodes plugin, with its real client, over real sockets, on the emulated provider and workload
 * source.
 */

import { describe, it } from 'vitest';
import { rmSync } from 'node:fs';
import type { NodePoolSpec, NodeSpec } from '../../plugins/nodes/generated.ts';
import { LABELS } from '../../plugins/nodes/labels.ts';
import { openReader } from '../../plugins/nodes/live/reader.ts';
import type { Timing } from '#plugin/http';
import { openWriter } from '../../plugins/nodes/live/writer.ts';
import { nodes } from '../../plugins/nodes/plugin.ts';
import { manualClock } from '../../plugins/nodes/sandbox/clock.ts';
import { type Emulator, startEmulator } from '../../plugins/nodes/sandbox/emulator.ts';
import type { SeedServer } from '../../plugins/nodes/sandbox/seed.ts';
import type { Desired, Facts, Override } from '#plugin';
import { desiredOf, MINUTE, nodeSpec, NOW, poolSpec, refOf } from '../plugins/nodes/node-support.ts';
import { temporaryFolder } from '../support/cli.ts';
import { type Bench, type Line, pluginConformance, type Situation } from '../../src/conformance/plugin.ts';

interface CloudBench extends Bench {
  readonly emulator: Emulator;
  /** Advances the time of the provider, of the servers, and of fettle. */
  readonly pass: (ms: number) => Promise<void>;
}

interface Saved {
  readonly cloud: { readonly servers: readonly { readonly id: number }[] };
  readonly workloads: object;
}

async function openWith(more: object): Promise<CloudBench> {
  const clock = manualClock(NOW);
  const emulator = await startEmulator({ clock, drainLabel: LABELS.drain });
  const folder = temporaryFolder();
  const { url, drainUrl, migrateUrl } = emulator.workloads;
  const config = {
    provider: { hetzner: { endpoint: emulator.endpoint } },
    requestSeconds: 5,
    workloads: { http: { url, drainUrl, migrateUrl, timeoutSeconds: 5 } },
    ...more,
  };
  if ((await nodes.validators())['config']?.(config) !== true) throw new Error('the configuration is wrong');
  const env = { HCLOUD_TOKEN: emulator.tokens.readWrite };
  const outside = { config, project: 'conformance', folder, fileRoots: [folder], env, now: clock.now };
  const timing: Timing = {
    now: clock.now,
    random: () => 0.5,
    sleep: async (ms, signal) => {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      signal.throwIfAborted();
      clock.advance(ms);
      await emulator.settle();
    },
  };
  return {
    emulator,
    reader: openReader(outside, timing),
    writer: openWriter(outside, timing),
    world: () => {
      const { cloud, workloads } = JSON.parse(emulator.save()) as Saved;
      const servers = cloud.servers.toSorted((a, b) => a.id - b.id);
      // The source lists a node once it is asked.
      return JSON.stringify({ ...cloud, servers, ...workloads, nodes: [] });
    },
    secrets: () => [emulator.tokens.readWrite],
    reorder: (shuffled) => {
      const { servers } = emulator.cloud();
      const rows = shuffled([...servers]);
      servers.clear();
      for (const [id, row] of rows) servers.set(id, row);
    },
    pass: async (ms) => {
      clock.advance(ms);
      await emulator.settle();
    },
    close: async () => {
      await emulator.stop();
      rmSync(folder, { recursive: true, force: true });
    },
    now: clock.now,
  };
}

const open = (): Promise<CloudBench> => openWith({});

type NodesLine = Line<CloudBench>;

/** A document of a node whose guest is asked at the emulator's port. */
function nodeDoc({ bench }: NodesLine, name: string, more: Partial<NodeSpec> = {}): Desired<NodeSpec> {
  const readiness = { tcp: { port: bench.emulator.readinessPort } };
  return desiredOf('Node', name, nodeSpec({ image: 'ubuntu-24.04', readiness, ...more }));
}

function poolDoc({ bench }: NodesLine, name: string, more: object = {}, template: object = {}): Desired<NodePoolSpec> {
  const readiness = { tcp: { port: bench.emulator.readinessPort } };
  const own = { serverType: 'cx23', image: 'ubuntu-24.04', location: 'nbg1', readiness, ...template };
  return desiredOf('NodePool', name, poolSpec({ ...more, template: own }));
}

function nodeSpecOfMachine(address: string, readiness: NodeSpec['readiness']): NodeSpec {
  const { serverType: _type, image: _image, location: _location, ...spec } = nodeSpec({ readiness });
  return { ...spec, provider: 'static', address };
}

/** Applies until no change is accepted; rejected changes remain. */
async function settle(
  line: NodesLine,
  documents: readonly Desired[],
  overrides: readonly Override[] = [],
): Promise<void> {
  for (let i = 0; i < 12; i += 1) {
    const rows = await line.apply(documents, overrides);
    const failed = rows.filter(({ status }) => status === 'failed' || status === 'unknown' || status === 'stale');
    if (failed.length > 0) throw new Error(failed.map(({ address, message }) => `${address}: ${message}`).join('\n'));
    if (!rows.some(({ action }) => action.verdict === 'accept')) return;
  }
  throw new Error('it never settles');
}

/** Existing servers, adopted, and past every grace except those of their containers. */
async function adopted(line: NodesLine, documents: readonly Desired[], servers: readonly SeedServer[]): Promise<void> {
  for (const server of servers) line.bench.emulator.seed({ age: 5 * 60 * MINUTE, ...server });
  await line.bench.emulator.settle();
  await settle(line, documents);
  await line.bench.pass(MINUTE);
  await settle(line, documents);
  await line.bench.pass(11 * MINUTE);
  await line.plan(documents);
}

/** One owned server, `web-1`, in a state. */
async function one(
  line: NodesLine,
  state: 'ready' | 'active' | 'idle',
  more: Partial<NodeSpec> = {},
  seed: Partial<SeedServer> = {},
): Promise<Desired<NodeSpec>> {
  const document = nodeDoc(line, 'web-1', more);
  await adopted(line, [document], [{ name: 'web-1', ...seed }]);
  const { workloads } = line.bench.emulator;
  if (state !== 'ready') {
    workloads.start('web-1', { id: 'c1', mb: 512 });
    await line.plan([document]);
  }
  if (state === 'idle') {
    workloads.end('c1');
    await line.plan([document]);
    await line.bench.pass(31 * MINUTE);
    await line.plan([document]);
  }
  return document;
}

/** Changes the state of a node, as an older version would, or a log that lost records. */
async function misremember({ log }: NodesLine, name: string, state: string, kept: Facts): Promise<void> {
  const ref = refOf('Node', name);
  await log.record([{ kind: 'seen', body: { run: 'run', resources: [{ ref, state, kept, version: 1 }], counts: {} } }]);
}

function overriding(rule: string, name = 'web-1'): Override {
  return { rule, address: `nodes/Node/${name}`, reason: 'it is meant' };
}

/** Creates a pool with `count` running members. */
async function pool(line: NodesLine, document: Desired<NodePoolSpec>): Promise<void> {
  for (let i = 0; i < 4; i += 1) {
    await settle(line, [document]);
    await line.bench.pass(MINUTE);
  }
  await settle(line, [document]);
}

const labelled = { team: 'shop' };

/** The provider answers as always, except for the creation time of a server. */
async function forgetCreated({ bench }: NodesLine): Promise<void> {
  const { endpoint, tokens, server } = bench.emulator;
  const headers = { authorization: `Bearer ${tokens.readWrite}` };
  const { id } = server('web-1');
  for (const [path, query] of [
    ['/servers', '?sort=id:asc&page=1&per_page=50'],
    [`/servers/${id}`, ''],
  ] as const) {
    const answer = await (await fetch(`${endpoint}${path}${query}`, { headers })).text();
    const text = answer.replaceAll(/"created":"\d{4}-11-20[^"]*"/gu, '"created":"some day"');
    bench.emulator.inject({ method: 'GET', path, times: Infinity, mishap: { kind: 'text', status: 200, text } });
  }
}

/** Fails the number of probes after which a server is unhealthy. */
async function fallSilent(line: NodesLine, documents: readonly Desired[], ...names: readonly string[]): Promise<void> {
  for (const name of names) line.bench.emulator.alter(name, { faults: { silent: true } });
  for (let i = 0; i < 5; i += 1) {
    await line.bench.pass(10_000);
    await line.plan(documents);
  }
}

const journeys: readonly Situation<CloudBench>[] = [
  {
    name: 'a new server',
    prepare: async (line) => [nodeDoc(line, 'web-1', { labels: labelled })],
    takes: ['Node absent>provisioning'],
  },
  {
    name: 'an existing server next to one that is not declared',
    prepare: async (line) => {
      line.bench.emulator.seed({ name: 'web-1', labels: { [LABELS.project]: 'conformance' } });
      line.bench.emulator.seed({ name: 'somebody-elses' });
      await line.bench.emulator.settle();
      return [nodeDoc(line, 'web-1')];
    },
    takes: ['Node adopt'],
  },
  {
    name: 'a machine that no cloud manages',
    prepare: async (line) => {
      line.bench.emulator.seed({ name: 'metal' });
      await line.bench.emulator.settle();
      const readiness = { tcp: { port: line.bench.emulator.readinessPort } };
      return [desiredOf('Node', 'metal', nodeSpecOfMachine('127.64.0.2', readiness))];
    },
    takes: [],
  },
  {
    name: 'a label more, while it starts',
    prepare: async (line) => {
      await line.apply([nodeDoc(line, 'web-1')]);
      return [nodeDoc(line, 'web-1', { labels: labelled })];
    },
    takes: ['Node initializing>initializing'],
  },
  ...(['ready', 'active', 'idle'] as const).map(
    (state): Situation<CloudBench> => ({
      name: `a label more, while it is ${state}`,
      prepare: async (line) => {
        await one(line, state);
        return [nodeDoc(line, 'web-1', { labels: labelled })];
      },
      takes: [`Node ${state}>${state}`],
    }),
  ),
  {
    name: 'a label more, while it does not answer',
    prepare: async (line) => {
      const document = await one(line, 'ready');
      await fallSilent(line, [document], 'web-1');
      return [nodeDoc(line, 'web-1', { labels: labelled })];
    },
    takes: ['Node unhealthy>unhealthy'],
    finds: ['Node unhealthy'],
  },
  {
    name: 'one that somebody drained by its label',
    prepare: async (line) => {
      const document = await one(line, 'idle');
      const { labels } = line.bench.emulator.server('web-1');
      line.bench.emulator.alter('web-1', { labels: { ...labels, [LABELS.drain]: '1700000000' } });
      return [document];
    },
    takes: ['Node draining>draining'],
    leaves: ['Node draining>decommissioned'],
  },
  {
    name: 'one whose drain label says no time',
    prepare: async (line) => {
      const document = await one(line, 'idle');
      const { labels } = line.bench.emulator.server('web-1');
      line.bench.emulator.alter('web-1', { labels: { ...labels, [LABELS.drain]: 'now' } });
      return [document];
    },
    takes: [],
    finds: ['Node drain-label'],
  },
  ...(['ready', 'idle'] as const).map(
    (state): Situation<CloudBench> => ({
      name: `one that is ${state}, and no longer declared`,
      prepare: async (line) => {
        await one(line, state);
        return [];
      },
      takes: [`Node ${state}>draining`],
      leaves: ['Node draining>decommissioned'],
    }),
  ),
  {
    name: 'one with containers that an override drains',
    prepare: async (line) => {
      await one(line, 'active');
      return [];
    },
    overrides: [overriding('drains-containers')],
    takes: ['Node active>draining'],
    leaves: ['Node draining>decommissioned'],
  },
  {
    name: 'one whose disk is full',
    prepare: async (line) => {
      const document = await one(line, 'active');
      line.bench.emulator.workloads.fillDisk('web-1', 91);
      return [document];
    },
    takes: ['Node active>draining'],
    finds: ['Node disk-full'],
    leaves: ['Node draining>decommissioned'],
  },
  {
    name: 'one that was drained long enough ago',
    prepare: async (line) => {
      await one(line, 'idle');
      await line.apply([]);
      await line.bench.pass(5 * MINUTE);
      return [];
    },
    takes: ['Node draining>decommissioned'],
  },
  {
    name: 'one that is off, empty, and no longer declared',
    prepare: async (line) => {
      await one(line, 'idle');
      line.bench.emulator.alter('web-1', { status: 'off', guest: 'down' });
      await line.plan([]);
      await line.bench.pass(6 * MINUTE);
      return [];
    },
    takes: ['Node unhealthy>decommissioned'],
    finds: ['Node unhealthy'],
  },
  {
    name: 'one that is off since a moment ago, and no longer declared',
    prepare: async (line) => {
      await one(line, 'idle');
      line.bench.emulator.alter('web-1', { status: 'off', guest: 'down' });
      return [];
    },
    takes: [],
    finds: ['Node unhealthy'],
    rejects: ['Node unhealthy-grace'],
  },
  ...(
    [
      ['a type that the provider does not have', { serverType: 'cx32x' }, 'not-in-catalogue'],
      ['a type that is sold out', { serverType: 'cx33' }, 'not-available'],
    ] as const
  ).map(
    ([what, more, rule]): Situation<CloudBench> => ({
      name: `one that is to be of ${what}`,
      prepare: async (line) => {
        await one(line, 'idle');
        line.bench.emulator.set({ unavailable: ['cx33@nbg1'] });
        return [nodeDoc(line, 'web-1', more)];
      },
      takes: [],
      rejects: [`Node ${rule}`],
    }),
  ),
  ...(
    [
      [1, [], ['backoff']],
      [4, ['retry-exhausted'], []],
    ] as const
  ).map(
    ([times, rejects, defers]): Situation<CloudBench> => ({
      name: `a new server whose making failed so often: ${times}`,
      prepare: async (line) => {
        const document = nodeDoc(line, 'web-1');
        for (let i = 0; i < times; i += 1) {
          const mishap = { kind: 'error', status: 403, code: 'resource_limit_exceeded' } as const;
          const ending = line.bench.emulator.inject({ method: 'POST', path: '/servers', mishap });
          await line.apply([document]);
          ending();
          if (i < times - 1) await line.bench.pass(5 * MINUTE);
        }
        return [document];
      },
      takes: [],
      rejects: rejects.map((rule) => `Node ${rule}`),
      defers: defers.map((rule) => `Node ${rule}`),
    }),
  ),
  {
    name: 'one that is in rescue mode, and is to be of another type',
    prepare: async (line) => {
      await one(line, 'idle');
      line.bench.emulator.alter('web-1', { rescue: true });
      return [nodeDoc(line, 'web-1', { serverType: 'cx33' })];
    },
    takes: [],
    defers: ['Node in-use-by-hand'],
  },
  ...(
    [
      ['that the provider does not have', 'cx32x', 'not-in-catalogue'],
      ['that is sold out', 'cx23', 'not-available'],
    ] as const
  ).map(
    ([what, serverType, rule]): Situation<CloudBench> => ({
      name: `a new pool of a type ${what}`,
      prepare: async (line) => {
        line.bench.emulator.set({ unavailable: ['cx23@nbg1'] });
        return [poolDoc(line, 'web', { size: 2 }, { serverType })];
      },
      takes: [],
      rejects: [`NodePool ${rule}`],
    }),
  ),
  {
    name: 'one that never starts, and that an override removes',
    prepare: async (line) => {
      line.bench.emulator.nextGuest({ neverReady: true });
      await line.apply([nodeDoc(line, 'web-1')]);
      await line.bench.pass(MINUTE);
      return [];
    },
    overrides: [overriding('still-starting')],
    takes: ['Node initializing>decommissioned'],
  },
  {
    name: 'one that its provider still creates, and that an override removes',
    prepare: async (line) => {
      await line.apply([nodeDoc(line, 'web-1')]);
      line.bench.emulator.alter('web-1', { status: 'starting', guest: 'down' });
      await misremember(line, 'web-1', 'provisioning', {});
      return [];
    },
    overrides: [overriding('still-starting')],
    takes: ['Node provisioning>decommissioned'],
  },
  {
    name: 'one that should run, and is off',
    prepare: async (line) => {
      const document = await one(line, 'ready');
      line.bench.emulator.alter('web-1', { status: 'off', guest: 'down' });
      return [document];
    },
    takes: ['Node power:off>on'],
    finds: ['Node unhealthy'],
  },
  {
    name: 'one that should be off, and runs',
    prepare: async (line) => {
      await one(line, 'ready');
      return [nodeDoc(line, 'web-1', { power: 'off' })];
    },
    takes: ['Node power:on>off'],
  },
  {
    name: 'a larger server type',
    prepare: async (line) => {
      await one(line, 'idle');
      return [nodeDoc(line, 'web-1', { serverType: 'cx33' })];
    },
    takes: ['Node power:on>on'],
  },
  {
    name: 'a larger server type, while it is off',
    prepare: async (line) => {
      await one(line, 'ready');
      await settle(line, [nodeDoc(line, 'web-1', { power: 'off' })]);
      return [nodeDoc(line, 'web-1', { power: 'off', serverType: 'cx33' })];
    },
    takes: ['Node power:off>off'],
  },
  {
    name: 'another image, by consent',
    prepare: async (line) => {
      await one(line, 'idle');
      return [nodeDoc(line, 'web-1', { image: 'debian-13' })];
    },
    overrides: [overriding('destroys-data')],
    takes: ['Node power:on>on'],
  },
];

const refusals: readonly Situation<CloudBench>[] = [
  {
    name: 'another server under the name of ours',
    prepare: async (line) => {
      await one(line, 'ready');
      line.bench.emulator.vanish('web-1');
      line.bench.emulator.seed({ name: 'web-1', age: 5 * 60 * MINUTE });
      await line.bench.emulator.settle();
      return [];
    },
    takes: [],
    rejects: ['Node other-server', 'Node too-young'],
    finds: ['Node other-server'],
  },
  {
    name: 'one that its provider moves',
    prepare: async (line) => {
      await one(line, 'ready');
      line.bench.emulator.alter('web-1', { status: 'migrating' });
      return [];
    },
    takes: [],
    defers: ['Node provider-busy'],
  },
  {
    name: 'a system node',
    prepare: async (line) => {
      await one(line, 'idle', { role: 'system' });
      return [];
    },
    takes: [],
    rejects: ['Node dedicated-node'],
  },
  {
    name: 'one that was found just now',
    prepare: async (line) => {
      line.bench.emulator.seed({ name: 'web-1', age: 5 * 60 * MINUTE });
      await line.bench.emulator.settle();
      await settle(line, [nodeDoc(line, 'web-1')]);
      return [];
    },
    takes: [],
    rejects: ['Node container-sync-in-progress'],
  },
  {
    name: 'one that was found a while ago',
    prepare: async (line) => {
      line.bench.emulator.seed({ name: 'web-1', age: 5 * 60 * MINUTE });
      await line.bench.emulator.settle();
      await settle(line, [nodeDoc(line, 'web-1')]);
      await line.bench.pass(MINUTE);
      await line.plan([nodeDoc(line, 'web-1')]);
      await line.bench.pass(9 * MINUTE);
      return [];
    },
    takes: [],
    rejects: ['Node post-sync-grace-period'],
  },
  {
    name: 'one that the source does not list',
    prepare: async (line) => {
      await one(line, 'ready');
      line.bench.emulator.workloads.leaveOut({ nodes: ['web-1'] });
      return [];
    },
    takes: [],
    rejects: ['Node containers-unknown'],
    finds: ['Node not-listed'],
  },
  {
    name: 'one that still starts',
    prepare: async (line) => {
      await line.apply([nodeDoc(line, 'web-1')]);
      return [];
    },
    takes: [],
    rejects: ['Node still-starting'],
  },
  {
    name: 'one with containers',
    prepare: async (line) => {
      await one(line, 'active');
      return [];
    },
    takes: [],
    rejects: ['Node drains-containers'],
  },
  {
    name: 'one with containers that is off',
    prepare: async (line) => {
      await one(line, 'active');
      line.bench.emulator.alter('web-1', { status: 'off', guest: 'down' });
      return [];
    },
    takes: [],
    rejects: ['Node allocated-memory', 'Node has-containers', 'Node unhealthy-grace'],
    finds: ['Node unhealthy'],
  },
  {
    name: 'one that is just ready',
    prepare: async (line) => {
      const document = nodeDoc(line, 'web-1');
      await line.apply([document]);
      await line.bench.pass(2 * MINUTE);
      await line.plan([document]);
      await line.bench.pass(29 * MINUTE);
      return [];
    },
    takes: [],
    rejects: ['Node too-young'],
  },
  {
    name: 'one of no age',
    prepare: async (line) => {
      await one(line, 'ready');
      await misremember(line, 'web-1', 'ready', { provisioned_at: null, initialized_at: null });
      await forgetCreated(line);
      return [];
    },
    takes: [],
    rejects: ['Node age-unknown'],
  },
  {
    name: 'one that is idle, and never had anything',
    prepare: async (line) => {
      await one(line, 'ready');
      await misremember(line, 'web-1', 'idle', { containers_ever: 0 });
      await line.bench.pass(31 * MINUTE);
      return [];
    },
    takes: [],
    rejects: ['Node no-history'],
  },
  {
    name: 'one that is empty since a moment',
    prepare: async (line) => {
      const document = await one(line, 'active');
      line.bench.emulator.workloads.end('c1');
      await line.plan([document]);
      await line.bench.pass(29 * MINUTE);
      return [];
    },
    takes: [],
    rejects: ['Node idle-grace'],
  },
  {
    name: 'an idle one, while something waits for room',
    prepare: async (line) => {
      await one(line, 'idle');
      line.bench.emulator.workloads.wait({ id: 'c2', mb: 512 });
      return [];
    },
    takes: [],
    rejects: ['Node queue-waits'],
  },
  {
    name: 'a larger server type, while containers run',
    prepare: async (line) => {
      await one(line, 'active');
      return [nodeDoc(line, 'web-1', { serverType: 'cx33' })];
    },
    takes: [],
    rejects: ['Node power-needed'],
  },
  {
    name: 'another image',
    prepare: async (line) => {
      await one(line, 'idle');
      return [nodeDoc(line, 'web-1', { image: 'debian-13' })];
    },
    takes: [],
    rejects: ['Node destroys-data'],
  },
  {
    name: 'another place',
    prepare: async (line) => {
      await one(line, 'idle');
      return [nodeDoc(line, 'web-1', { location: 'fsn1' })];
    },
    takes: [],
    rejects: ['Node destroys-data'],
  },
  {
    name: 'an old image, and hardly any disk',
    prepare: async (line) => {
      const document = await one(line, 'idle', { role: 'system', image: 'ubuntu-20.04' }, { image: 'ubuntu-20.04' });
      line.bench.emulator.workloads.fillDisk('web-1', 96);
      return [document];
    },
    takes: [],
    finds: ['Node deprecated', 'Node disk-critical'],
  },
];

/** Every member of a pool that its documents still name would be drained, or is. */
const GOING = 'Node ready>draining';

const pools: readonly Situation<CloudBench>[] = [
  {
    name: 'a pool that is as it is written',
    prepare: async (line) => {
      const document = poolDoc(line, 'web', { size: 1 });
      await pool(line, document);
      return [document];
    },
    takes: [],
  },
  {
    name: 'a pool whose policy removes a member that does not exist',
    prepare: async (line) => {
      await pool(line, poolDoc(line, 'web', { min: 2, max: 2 }));
      await line.bench.pass(60 * MINUTE);
      line.bench.emulator.vanish('web-2');
      return [poolDoc(line, 'web', { min: 1, max: 2 })];
    },
    takes: ['NodePool active>active'],
    defers: ['Node leaves-pool'],
    leaves: [],
  },
  {
    name: 'a pool that forgot its members, and cannot have another one',
    prepare: async (line) => {
      const document = poolDoc(line, 'web', { size: 2 });
      await pool(line, document);
      await line.bench.pass(60 * MINUTE);
      const ref = refOf('NodePool', 'web');
      await line.log.record([{ kind: 'seen', body: { run: 'run', resources: [{ ref, gone: true }], counts: {} } }]);
      return [poolDoc(line, 'web', { size: 3 }, { serverType: 'cx32x' })];
    },
    takes: [],
    rejects: ['Node keeps-min', 'Node unknown-members', 'NodePool not-in-catalogue'],
  },
  {
    name: 'a pool that is no longer declared',
    prepare: async (line) => {
      await pool(line, poolDoc(line, 'web', { size: 2 }));
      await line.bench.pass(60 * MINUTE);
      return [];
    },
    takes: ['Node release', 'Node release'],
    leaves: [],
  },
  {
    name: 'a pool that is no longer declared, and was to be removed',
    prepare: async (line) => {
      const document = poolDoc(line, 'web', { size: 2 });
      await pool(line, { ...document, meta: { ...document.meta, lifecycle: { ignore: [], onRemove: 'remove' } } });
      await line.bench.pass(60 * MINUTE);
      return [];
    },
    takes: [GOING],
    defers: ['Node one-at-a-time'],
    leaves: [GOING, 'Node draining>decommissioned'],
  },
  {
    name: 'one that was drained a moment ago',
    prepare: async (line) => {
      await one(line, 'idle');
      await line.apply([]);
      await line.bench.pass(4 * MINUTE);
      return [];
    },
    takes: [],
    defers: ['Node drain-grace'],
  },
  {
    name: 'a pool that is to have fewer, while something waits for room',
    prepare: async (line) => {
      await pool(line, poolDoc(line, 'web', { size: 2 }));
      await line.bench.pass(60 * MINUTE);
      line.bench.emulator.workloads.wait({ id: 'c1', mb: 1 });
      return [poolDoc(line, 'web', { size: 1 })];
    },
    takes: [],
    defers: ['NodePool queue-waits'],
  },
  {
    name: 'a pool that is to have fewer, of which none may go yet, and one still starts',
    prepare: async (line) => {
      await pool(line, poolDoc(line, 'web', { size: 3 }));
      line.bench.emulator.vanish('web-2');
      line.bench.emulator.nextGuest({ neverReady: true });
      await settle(line, [poolDoc(line, 'web', { size: 3 })]);
      return [poolDoc(line, 'web', { size: 1 })];
    },
    takes: [],
    defers: ['NodePool capacity-starting', 'NodePool no-candidate'],
  },
  {
    name: 'a pool of which one leaves, and one more is to go',
    prepare: async (line) => {
      await pool(line, poolDoc(line, 'web', { size: 3 }));
      await line.bench.pass(60 * MINUTE);
      const document = poolDoc(line, 'web', { size: 1 });
      await line.apply([document]);
      await line.apply([document]);
      return [document];
    },
    takes: [],
    defers: ['Node drain-grace', 'NodePool one-at-a-time'],
  },
  {
    name: 'a pool that grew a moment ago, and would grow again',
    prepare: async (line) => {
      const document = poolDoc(line, 'web', { min: 1, max: 3 });
      await pool(line, document);
      line.bench.emulator.workloads.start('web-1', { id: 'c1', mb: 3600 });
      await settle(line, [document]);
      line.bench.emulator.workloads.wait({ id: 'c2', mb: 4000 });
      return [document];
    },
    takes: [],
    defers: ['NodePool cooldown'],
  },
  {
    name: 'a pool that is full',
    prepare: async (line) => {
      const document = poolDoc(line, 'web', { min: 1, max: 1 });
      await pool(line, document);
      line.bench.emulator.workloads.start('web-1', { id: 'c1', mb: 3600 });
      await line.plan([document]);
      return [document];
    },
    takes: [],
    finds: ['NodePool full'],
  },
  {
    name: 'a pool of which one does not answer, next to a server that has its label',
    prepare: async (line) => {
      const document = poolDoc(line, 'web', { size: 1 });
      await pool(line, document);
      line.bench.emulator.seed({
        name: 'web-9',
        labels: { [LABELS.project]: 'conformance', [LABELS.pool]: 'web' },
      });
      await fallSilent(line, [document], 'web-1');
      return [document];
    },
    takes: [],
    finds: ['Node unhealthy', 'NodePool short', 'NodePool unmanaged'],
  },
  {
    name: 'a pool without nodes, whose template is of a type that the provider does not have',
    prepare: async (line) => {
      await line.apply([poolDoc(line, 'web', { min: 0, max: 2 })]);
      return [poolDoc(line, 'web', { min: 0, max: 2 }, { serverType: 'cx32x' })];
    },
    takes: [],
    finds: ['NodePool wrong-template'],
  },
  {
    name: 'a pool of which one is not listed',
    prepare: async (line) => {
      const document = poolDoc(line, 'web', { min: 1, max: 2 });
      await pool(line, document);
      line.bench.emulator.workloads.start('web-1', { id: 'c1', mb: 2000 });
      await line.plan([document]);
      line.bench.emulator.workloads.leaveOut({ nodes: ['web-1'] });
      return [document];
    },
    takes: [],
    finds: ['Node not-listed', 'NodePool blind'],
  },
  {
    name: 'a pool of which all but one do not answer, and that is to have fewer',
    prepare: async (line) => {
      const before = poolDoc(line, 'web', { size: 3 });
      await pool(line, before);
      await line.bench.pass(60 * MINUTE);
      await line.plan([before]);
      line.bench.emulator.workloads.start('web-2', { id: 'c2', mb: 1 });
      line.bench.emulator.workloads.start('web-3', { id: 'c3', mb: 1 });
      await fallSilent(line, [before], 'web-2', 'web-3');
      return [poolDoc(line, 'web', { size: 2 })];
    },
    takes: [],
    rejects: ['NodePool keeps-min'],
    finds: ['Node unhealthy', 'Node unhealthy', 'NodePool short'],
  },
  {
    name: 'a pool that is to have fewer, until something waits for room',
    prepare: async (line) => {
      await pool(line, poolDoc(line, 'web', { size: 2 }));
      await line.bench.pass(60 * MINUTE);
      return [poolDoc(line, 'web', { size: 1 })];
    },
    takes: ['Node ready>draining', 'NodePool active>active'],
    between: async ({ bench }) => bench.emulator.workloads.start('web-2', { id: 'c1', mb: 1 }),
    stale: ['NodePool decided-otherwise'],
  },
];

/** Two owned nodes, a container on the first, and a document that wants it on the second. */
async function placed(
  line: NodesLine,
  container: { readonly tier?: string; readonly players?: number; readonly mb: number },
): Promise<readonly Desired[]> {
  const documents = ['web-1', 'web-2'].map((name) => nodeDoc(line, name));
  await adopted(line, documents, [{ name: 'web-1' }, { name: 'web-2' }]);
  line.bench.emulator.workloads.start('web-1', { id: 'c1', ...container });
  await line.plan(documents);
  const wanted = desiredOf('Container', 'c1', { node: 'web-2' }, { needs: [refOf('Node', 'web-2')] });
  return [...documents, wanted];
}

const containers: readonly Situation<CloudBench>[] = [
  {
    name: 'a small container that should run elsewhere',
    prepare: async (line) => placed(line, { mb: 512, tier: 'small', players: 5 }),
    takes: ['Container placed>placed'],
  },
  {
    name: 'a container with too many players, and too large for the node where it should run',
    prepare: async (line) => placed(line, { mb: 100_000, tier: 'small', players: 6 }),
    takes: [],
    rejects: ['Container not-migratable', 'Container target-unfit'],
  },
];

pluginConformance({ describe, it }, nodes, open, [...journeys, ...refusals, ...pools, ...containers]);
