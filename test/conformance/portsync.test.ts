/**
 * The suite over the portsync plugin: on an emulated SONiC switch in a real Redis server, and on real links in network
 * namespaces.
 */

import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import type { Desired, Override } from '#plugin';
import type { PendingRecord } from '../../plugins/portsync/confirm/record.ts';
import { momentNow } from '../../plugins/portsync/confirm/clock.ts';
import { openFolder, writePending, moveEntry } from '../../plugins/portsync/confirm/pending.ts';
import type { PortSpec, SwitchSpec } from '../../plugins/portsync/generated.ts';
import { portRef } from '../../plugins/portsync/kinds.ts';
import { openWorld } from '../../plugins/portsync/live/world.ts';
import { DEFAULT_RULES } from '../../plugins/portsync/daemon/alerts.ts';
import { lockFolder } from '../../plugins/portsync/daemon/process-lock.ts';
import { portsync } from '../../plugins/portsync/plugin.ts';
import { type ConfigTables, type EmulatedSwitch, startSwitch } from '../../plugins/portsync/sandbox/emulated-switch.ts';
import { LEAF } from '../../plugins/portsync/sandbox/leaf.ts';
import { type Bench, type Line, pluginConformance, type Situation } from '../../src/conformance/plugin.ts';
import { temporaryFolder } from '../support/cli.ts';
import { hasNamespaces, makeNamespace, type Namespace } from '../support/network-namespace.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';

const NOW = Date.parse('2026-11-20T12:00:00Z');
const MINUTE = 60_000;
const TAKE_UP_MS = 1000;

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => {
  await redis.stop();
});

interface PortBench extends Bench {
  readonly folder: string;
  /** The emulated switch; started by the situation. */
  leaf: EmulatedSwitch | undefined;
  host: Namespace | undefined;
  readonly pass: (ms: number) => void;
  /** Ends with the situation. */
  readonly with: (resource: AsyncDisposable) => void;
}

type PortLine = Line<PortBench>;

/** All keys of the databases and all links, as text. */
function worldText({ host }: PortBench): string {
  const port = String(redis.address.port);
  const dump = `local all = {} for _, key in ipairs(redis.call('KEYS', '*')) do local t = redis.call('TYPE', key).ok
    local v = t == 'hash' and redis.call('HGETALL', key) or t == 'string' and {redis.call('GET', key)} or {}
    table.insert(all, key .. '=' .. table.concat(v, ',')) end table.sort(all) return all`;
  const databases = ['0', '4', '6'].map((number) =>
    execFileSync('redis-cli', ['-p', port, '-n', number, 'EVAL', dump, '0'], { encoding: 'utf8' }),
  );
  const links =
    host === undefined ? '' : [host.ip('-o link'), host.ip('-o addr show scope global'), host.ip('route')].join('');
  return [...databases, links].join('\n');
}

async function open(): Promise<PortBench> {
  const folder = temporaryFolder();
  let now = NOW;
  const settings = { takeUp: `${TAKE_UP_MS}ms`, commandSeconds: 5, flaps: { max: 10, per: '10m' } };
  const outside = {
    config: settings,
    project: 'conformance',
    folder,
    fileRoots: [folder],
    env: { FETTLE_PORTSYNC_STATE: join(folder, 'state'), FETTLE_SONIC_SOCKET: redis.socket },
    now: () => now,
  };
  mkdirSync(join(folder, 'state'), { mode: 0o700 });
  const world = await openWorld(outside);
  const opened: AsyncDisposable[] = [];
  const bench: PortBench = {
    folder,
    leaf: undefined,
    host: undefined,
    reader: world,
    writer: world,
    world: () => worldText(bench),
    secrets: () => [],
    settings,
    now: () => now,
    pass: (ms) => {
      now += ms;
    },
    with: (resource) => void opened.push(resource),
    close: async () => {
      for (const each of opened) await each[Symbol.asyncDispose]();
      await world.close();
      await bench.leaf?.stop();
      bench.host?.remove();
      const server = await redis.open();
      await server.call(['FLUSHALL']);
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return bench;
}

function documentOf(kind: 'Switch' | 'Port', name: string, spec: unknown): Desired {
  return {
    ref: kind === 'Switch' ? { plugin: 'portsync', kind, name } : portRef('leaf', name),
    spec,
    meta: { labels: {}, lifecycle: { ignore: [] } },
    needs: [],
    source: { file: 'leaf.yaml', line: 1, column: 1 },
  };
}

function removable(document: Desired): Desired {
  return { ...document, meta: { labels: {}, lifecycle: { ignore: [], onRemove: 'remove' } } };
}

const port = (name: string, spec: PortSpec): Desired => documentOf('Port', name, spec);

function leafDoc(more: Partial<SwitchSpec> = {}): Desired {
  const { host, port: number } = redis.address;
  return documentOf('Switch', 'leaf', {
    sonic: { redis: `${host}:${number}` },
    management: ['PortChannel1'],
    ...more,
  });
}

const table = (rows: Readonly<Record<string, Readonly<Record<string, string>>>>): ConfigTables => ({
  ...LEAF,
  PORT: { ...LEAF['PORT'], ...rows },
});

async function start({ bench }: PortLine, config: ConfigTables = LEAF): Promise<EmulatedSwitch> {
  const leaf = await startSwitch(redis.address, { config, delayMs: 1 });
  bench.leaf = leaf;
  await leaf.settled();
  return leaf;
}

/** A daemon of the switch whose rules all fire, as its state folder shows it. */
async function failingDaemon({ bench }: PortLine): Promise<void> {
  const path = join(bench.folder, 'state');
  bench.with(await lockFolder(path));
  const alerts = DEFAULT_RULES.map(({ name, severity }) => ({ name, severity, status: 'firing' }));
  const status = { phase: 'steady', health: { status: 'unhealthy', reasons: [] }, alerts };
  writeFileSync(join(path, 'status.json'), JSON.stringify(status), { mode: 0o600 });
}

/** Applies until the ports are adopted; their differences stay. */
async function adopt(
  line: PortLine,
  documents: readonly Desired[],
  overrides: readonly Override[] = [],
): Promise<void> {
  const rows = await line.apply(documents, overrides);
  const failed = rows.filter(({ status }) => status !== 'done');
  if (failed.length > 0) throw new Error(failed.map(({ address, message }) => `${address}: ${message}`).join('\n'));
}

/** A switch whose ports are adopted, with documents for the next plan. */
async function owned(
  line: PortLine,
  ports: readonly Desired[],
  config: ConfigTables = LEAF,
  device: Desired = leafDoc(),
): Promise<readonly Desired[]> {
  await start(line, config);
  await adopt(line, [device, ...ports]);
  return [device, ...ports];
}

/** A host with the link `eth1`, and documents for it. */
async function ownedLink(
  line: PortLine,
  lines: readonly string[],
  ports: readonly Desired[],
  more: Partial<SwitchSpec> = {},
): Promise<readonly Desired[]> {
  const host = makeNamespace();
  line.bench.host = host;
  host.batch([
    'link add eth1 type veth peer name peer1',
    'link add eth2 type veth peer name peer2',
    ...['eth1', 'peer1', 'eth2', 'peer2'].map((name) => `link set ${name} up`),
    ...lines,
  ]);
  const device = documentOf('Switch', 'leaf', { linux: { namespace: host.name }, management: ['eth2'], ...more });
  await adopt(line, [device, ...ports]);
  return [device, ...ports];
}

const E8 = 'Ethernet8';
const E24 = 'Ethernet24';
const E28 = 'Ethernet28';

async function pending(
  { bench }: PortLine,
  stage: 'pending' | 'taken-back',
  owner: PendingRecord['owner'],
): Promise<void> {
  const folder = join(bench.folder, 'state', 'confirm');
  await openFolder(folder);
  const { bootId, uptime } = await momentNow();
  const { host, port: number } = redis.address;
  const record: PendingRecord = {
    version: 1,
    id: '0123456789abcdef',
    target: `sonic ${host}:${number}`,
    ports: [E24],
    takeBack: { kind: 'sonic', database: 4, rows: [] },
    bootId,
    due: uptime + 600,
    owner,
  };
  await writePending(folder, record);
  if (stage !== 'pending') await moveEntry(folder, record.id, 'pending', stage);
}

const ENDED = { pid: 1, started: 'never' };

const SITUATIONS: readonly Situation<PortBench>[] = [
  {
    name: 'a switch whose daemon is in trouble',
    prepare: async (line) => {
      await start(line);
      await failingDaemon(line);
      return [leafDoc({ sonic: { local: true } })];
    },
    takes: [],
    alerts: DEFAULT_RULES.map(({ name }) => `Switch ${name}`),
  },
  {
    name: 'ports as declared',
    prepare: (line) => owned(line, [port(E24, { admin_status: 'down', mtu: 9100 })]),
    takes: [],
  },
  {
    name: 'ports that are not adopted',
    prepare: async (line) => {
      await start(line);
      return [leafDoc(), port(E24, { mtu: 1500 })];
    },
    takes: ['Port adopt'],
    then: ['Port present>present'],
  },
  {
    name: 'fields that differ, and a port to start',
    prepare: (line) => owned(line, [port(E24, { mtu: 1500, description: 'a' }), port(E28, { admin_status: 'up' })]),
    takes: ['Port line:down>up', 'Port present>present'],
  },
  {
    name: 'another correction of a port that is up, in a VLAN',
    prepare: (line) => owned(line, [port(E8, { fec: 'none' })]),
    takes: ['Port line:up>up'],
  },
  {
    name: 'another correction of a port without a link',
    prepare: async (line) => {
      const documents = await owned(line, [port(E8, { fec: 'none' })]);
      await line.bench.leaf?.setCable(E8, false);
      await line.bench.leaf?.settled();
      return documents;
    },
    takes: ['Port line:up>up'],
    finds: ['Port no-link'],
  },
  {
    name: 'a port to shut',
    prepare: (line) => owned(line, [port(E8, { admin_status: 'down' })]),
    takes: ['Port line:up>down'],
  },
  {
    name: 'a new port, an incomplete one, and one that is removed',
    prepare: async (line) => {
      const { Ethernet28: _gone, ...rest } = LEAF['PORT'] ?? {};
      const removed = removable(port(E24, { admin_status: 'down' }));
      await owned(line, [removed], { ...LEAF, PORT: rest });
      return [leafDoc(), port(E28, { lanes: '28,29,30,31', speed: 100_000 }), port('Ethernet32', { mtu: 1500 })];
    },
    takes: ['Port absent>present', 'Port present>absent'],
    rejects: ['Port incomplete'],
  },
  {
    name: 'a port that rows name, to be removed',
    prepare: async (line) => {
      await owned(line, [removable(port(E8, { admin_status: 'up' }))]);
      return [leafDoc()];
    },
    takes: [],
    rejects: ['Port port-in-use'],
  },
  {
    name: 'a member of the PortChannel with another MTU, a wrong correction, an unsupported speed, other lanes',
    prepare: (line) =>
      owned(line, [
        port('Ethernet0', { mtu: 9000 }),
        port(E24, { fec: 'fc' }),
        port(E28, { lanes: '1,2,3,4' }),
        port(E8, { speed: 200_000, fec: 'rs' }),
      ]),
    takes: [],
    rejects: ['Port combination', 'Port lag-member-mtu', 'Port lanes-create-only', 'Port unsupported'],
  },
  {
    name: 'both carriers of the management path to shut',
    prepare: (line) =>
      owned(line, [port('Ethernet0', { admin_status: 'down' }), port('Ethernet4', { admin_status: 'down' })]),
    takes: [],
    rejects: ['Port would-cut-management-path'],
  },
  {
    name: 'both carriers of the management path to interrupt: one after the other',
    prepare: (line) => owned(line, [port('Ethernet0', { fec: 'none' }), port('Ethernet4', { fec: 'none' })]),
    takes: ['Port line:up>up'],
    defers: ['Port would-cut-management-path'],
    leaves: [],
    then: ['Port line:up>up'],
  },
  {
    name: 'a smaller MTU of a management path',
    prepare: (line) => owned(line, [port(E8, { mtu: 1000 })], LEAF, leafDoc({ management: [E8] })),
    takes: [],
    rejects: ['Port management-path-mtu'],
  },
  {
    name: 'an unknown management path',
    prepare: (line) => owned(line, [port(E8, { admin_status: 'down' })], LEAF, leafDoc({ management: [] })),
    takes: [],
    rejects: ['Port management-path-unknown'],
    finds: ['Switch path-unknown'],
  },
  {
    name: 'a field that the switch does not take up, for longer than takeUp',
    prepare: async (line) => {
      const documents = await owned(line, [port(E24, { mtu: 9100 })]);
      const { leaf } = line.bench;
      await line.plan(documents);
      leaf?.setFaults([{ stage: 'portmgrd', port: E24, field: 'description' }]);
      const changed = [leafDoc(), port(E24, { mtu: 9100, description: 'x' })];
      await line.apply(changed);
      leaf?.setFaults([]);
      await line.plan(changed);
      await line.plan(changed);
      line.bench.pass(TAKE_UP_MS * 2);
      return changed;
    },
    takes: ['Port uptake:behind>current'],
    finds: ['Port not-taken-up'],
  },
  {
    name: 'a field that left the document',
    prepare: async (line) => {
      const documents = await owned(line, [port(E24, { alias: 'etp7', fec: 'rs' })]);
      await line.apply(documents);
      return [leafDoc(), port(E24, { fec: 'rs' })];
    },
    takes: [],
    finds: ['Port field-kept'],
  },
  {
    name: 'rows with mistakes',
    prepare: async (line) =>
      owned(line, [port('Ethernet0', {}), port(E24, {}), port(E28, {})], {
        ...table({
          Ethernet24: { ...LEAF['PORT']?.['Ethernet24'], 'adv_speeds@': '10000,25000' },
          Ethernet28: { ...LEAF['PORT']?.['Ethernet28'], fec: 'fc' },
        }),
        INTERFACE: { 'Ethernet0|10.1.1.0/31': {} },
        VLAN_MEMBER: { ...LEAF['VLAN_MEMBER'], 'Vlan100|Ethernet99': { tagging_mode: 'tagged' } },
      }),
    takes: [],
    finds: ['Port bad-combination', 'Port list-in-config-db', 'Port routed-member', 'Switch missing-port'],
  },
  {
    name: 'a port without a link, and ports that a whole file does not have',
    prepare: async (line) => {
      const documents = await owned(line, [port(E8, {})], LEAF, leafDoc({ configDb: { file: 'c.json', whole: true } }));
      await line.bench.leaf?.setCable(E8, false);
      await line.bench.leaf?.settled();
      return documents;
    },
    takes: [],
    finds: ['Port no-link', 'Switch unmanaged'],
  },
  {
    name: 'a link that changes too often',
    prepare: async (line) => {
      const documents = await owned(line, [port(E8, { fec: 'none' })]);
      for (let i = 0; i < 12; i++) {
        await line.bench.leaf?.setCable(E8, i % 2 === 1);
        await line.bench.leaf?.settled();
      }
      line.bench.pass(MINUTE);
      await line.apply([leafDoc(), port(E8, { fec: 'rs' })]);
      return documents;
    },
    takes: [],
    defers: ['Port flapping'],
    finds: ['Port flapping'],
  },
  {
    name: 'a switch that initializes its ports',
    prepare: async (line) => {
      const documents = await owned(line, [port(E24, { mtu: 1500 })]);
      const appl = await redis.open();
      await appl.call(['DEL', 'PORT_TABLE:PortInitDone']);
      return documents;
    },
    takes: [],
    defers: ['Port not-ready'],
  },
  {
    name: 'an earlier change whose run has not ended',
    prepare: async (line) => {
      const documents = await owned(line, [port(E24, { mtu: 1500 })]);
      await pending(line, 'pending', { pid: process.ppid, started: startOf(process.ppid) });
      return documents;
    },
    takes: [],
    defers: ['Port open-confirmation'],
  },
  {
    name: 'an earlier change whose run has ended',
    prepare: async (line) => {
      const documents = await owned(line, [port(E24, { mtu: 9100 })]);
      await pending(line, 'pending', ENDED);
      return documents;
    },
    takes: ['Switch confirmation:overdue>settled'],
  },
  {
    name: 'an earlier change that was taken back',
    prepare: async (line) => {
      const documents = await owned(line, [port(E24, { mtu: 9100 })]);
      await pending(line, 'taken-back', ENDED);
      return documents;
    },
    takes: ['Switch confirmation:reverted>settled'],
    finds: ['Switch taken-back'],
  },
  {
    name: 'ports of a switch whose documents were removed',
    prepare: async (line) => {
      await owned(line, [port(E28, { mtu: 9100 }), removable(port(E24, { admin_status: 'down' }))]);
      return [];
    },
    takes: ['Port present>absent', 'Port release'],
  },
  {
    name: 'an earlier change of a switch whose document was removed',
    prepare: async (line) => {
      await owned(line, [port(E24, { mtu: 9100 })]);
      await pending(line, 'pending', ENDED);
      return [];
    },
    takes: ['Port release', 'Switch confirmation:overdue>settled'],
  },
  {
    name: 'one switch by two names',
    prepare: async (line) => {
      await start(line);
      const sonic = { redis: `localhost:${redis.address.port}` };
      const other = { ...leafDoc({ sonic }), ref: { plugin: 'portsync', kind: 'Switch', name: 'twin' } };
      const twin = { ...port(E24, { mtu: 1500 }), ref: portRef('twin', E24) };
      return [leafDoc(), other, port(E24, { mtu: 1500 }), twin];
    },
    takes: [],
    rejects: ['Port same-place'],
  },
  {
    name: 'a port without a status that has a link, to shut',
    prepare: async (line) => {
      const { admin_status: _status, ...row } = LEAF['PORT']?.[E8] ?? {};
      const documents = await owned(line, [port(E8, { admin_status: 'down' })], table({ [E8]: row }));
      const state = await redis.open(0);
      await state.call(['HSET', `PORT_TABLE:${E8}`, 'oper_status', 'up', 'admin_status', 'up']);
      return documents;
    },
    takes: ['Port line:up>down'],
  },
  {
    name: 'a file instead of a switch',
    prepare: async (line) => {
      writeFileSync(join(line.bench.folder, 'now.json'), JSON.stringify(LEAF));
      const device = documentOf('Switch', 'leaf', { snapshot: { file: 'now.json' }, management: [] });
      await adopt(line, [device, port(E24, { mtu: 1500 })]);
      return [device, port(E24, { mtu: 1500 })];
    },
    takes: [],
    rejects: ['Port snapshot-only'],
  },
];

/** Start of a process, in ticks since the boot. */
function startOf(pid: number): string {
  const stat = execFileSync('cat', [`/proc/${pid}/stat`], { encoding: 'utf8' });
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

const ON_LINKS: readonly Situation<PortBench>[] = [
  {
    name: 'a link with another MTU and alias, and one to shut',
    prepare: (line) =>
      ownedLink(
        line,
        ['addr add 10.1.1.1/24 dev eth1'],
        [port('eth1', { mtu: 1400, description: 'to "a"' }), port('peer1', { admin_status: 'down' })],
      ),
    takes: ['Port line:up>down', 'Port present>present'],
  },
  {
    name: 'losses of a link',
    prepare: (line) =>
      ownedLink(
        line,
        [
          'addr add 2001:db8::1/64 dev eth1 nodad',
          'addr add 10.1.1.1/24 dev peer1',
          'route add 10.9.0.0/16 via 10.1.1.9 dev peer1',
          'link add link peer2 name mac2 type macvlan',
        ],
        [port('eth1', { mtu: 1000 }), port('peer1', { admin_status: 'down' }), port('peer2', { mtu: 1400 })],
      ),
    takes: [],
    rejects: ['Port ipv6-lost', 'Port routes-lost', 'Port vlan-shrinks'],
  },
  {
    name: 'a link that does not exist',
    prepare: async (line) => [...(await ownedLink(line, [], [])), port('eth7', { mtu: 1400 })],
    takes: [],
    rejects: ['Port incomplete', 'Port not-a-link'],
  },
];

pluginConformance({ describe, it }, portsync, open, [...SITUATIONS, ...(hasNamespaces ? ON_LINKS : [])]);
