/** The suite over the fabric plugin, with its real client, over real sockets, on the emulated API server. */

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { textOr } from '../../plugins/fabric/objects/content.ts';
import { claim } from '../../plugins/fabric/objects/claim.ts';
import { openClusters } from '../../plugins/fabric/live/clusters.ts';
import { fabric } from '../../plugins/fabric/plugin.ts';
import { type ApiError, denied, internalError } from '../../plugins/fabric/sandbox/status.ts';
import { type Emulator, startEmulator } from '../../plugins/fabric/sandbox/emulator.ts';
import type { ClusterWriter } from '../../plugins/fabric/world.ts';
import type { Desired, Json } from '#plugin';
import { type Bench, type Line, pluginConformance, type Situation } from '../../src/conformance/plugin.ts';
import { DEFINITIONS, definition, editAs, HOOKS, never, placeOf } from '../plugins/fabric/cluster.ts';
import { temporaryFolder } from '../support/cli.ts';
import { type GitServer, makeRepositories, startGitServer } from '../support/git-server.ts';

interface ClusterBench extends Bench {
  readonly emulator: Emulator;
  /** The cluster, as another applier reaches it. */
  readonly other: () => Promise<ClusterWriter>;
}

type FabricLine = Line<ClusterBench>;

const START = Date.parse('2026-11-20T08:00:00Z');

const DROPS = {
  group: 'wiring.githedgehog.com',
  kind: 'VLANNamespace',
  mutating: {
    name: 'mvlannamespace.kb.io',
    change: (object: object) =>
      ((object as { readonly metadata: { readonly name: string } }).metadata.name === 'bad'
        ? { ...object, spec: {} }
        : object) as never,
  },
};

async function open(): Promise<ClusterBench> {
  const folder = temporaryFolder();
  const emulator = await startEmulator({
    now: () => START,
    definitions: [...DEFINITIONS, definition('things.example.com', 'v1', 'Thing', 'things')],
    hooks: [...HOOKS, DROPS],
  });
  const kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, emulator.kubeconfig());
  const outside = (project: string) => ({
    config: {},
    project,
    folder: '/nowhere',
    fileRoots: [],
    env: { KUBECONFIG: kubeconfig, PATH: process.env['PATH'] },
    now: () => START,
  });
  return {
    emulator,
    reader: openClusters(outside('conformance')),
    writer: openClusters(outside('conformance')),
    world: () => emulator.save(),
    secrets: () => [emulator.adminToken],
    other: () => openClusters(outside('other')).cluster({ context: 'sandbox' }, never),
    close: async () => {
      await emulator.stop();
      rmSync(folder, { recursive: true, force: true });
    },
    now: () => START,
  };
}

const source = { file: 'desired/fabric.yaml', line: 1, column: 1 };
const FABRIC: Desired = {
  ref: { plugin: 'fabric', kind: 'Fabric', name: 'prod' },
  spec: { context: 'sandbox', groups: ['things.example.com', 'gone.example.com', ''], controllers: [], secrets: [] },
  meta: { labels: {}, lifecycle: { ignore: [] } },
  needs: [],
  source,
};

/** Documents as loading makes them of manifests. */
function declared(...manifests: readonly { readonly [key: string]: Json }[]): readonly Desired[] {
  const documents = manifests.map((value) => ({
    apiVersion: textOr(value['apiVersion'], ''),
    kind: textOr(value['kind'], ''),
    value,
    source,
  }));
  const { taken, mistakes } = claim(documents, [FABRIC]);
  if (mistakes.length > 0) throw new Error(JSON.stringify(mistakes));
  return [FABRIC, ...taken.map(({ ref, spec, meta, needs }) => ({ ref, spec, meta, needs, source }))];
}

const manifest = (
  apiVersion: string,
  kind: string,
  name: string,
  spec: Json,
  more: { readonly [key: string]: Json } = {},
) => ({
  apiVersion,
  kind,
  metadata: { name, namespace: 'default', ...more },
  spec,
});
const VPCS = 'vpc.githedgehog.com/v1beta1';
const WIRING = 'wiring.githedgehog.com/v1beta1';
const ipv4 = manifest(VPCS, 'IPv4Namespace', 'default', { subnets: ['10.10.0.0/16'] });
const vpc = (vlan: number, subnets: { readonly [key: string]: Json } = {}) =>
  manifest(VPCS, 'VPC', 'vpc-1', { subnets: { default: { subnet: '10.10.1.0/24', vlan }, ...subnets } });
const second = { second: { subnet: '10.10.2.0/24', vlan: 1002 } };
const group = manifest(WIRING, 'SwitchGroup', 'a', { x: 1 });
const attachment = manifest(VPCS, 'VPCAttachment', 'one', { subnet: 'vpc-1/second', connection: 'server-1' });
const leaf = manifest(WIRING, 'Switch', 'leaf-1', { redundancy: { group: 'a' }, ip: '10.0.0.1/24' });
const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'apps' } };

/** Applies documents first. The log then owns their objects. */
const after =
  (documents: readonly Desired[], then: (line: FabricLine) => Promise<readonly Desired[]>) =>
  async (line: FabricLine): Promise<readonly Desired[]> => {
    const rows = await line.apply(documents);
    const open = rows.filter(({ status }) => status !== 'done');
    if (open.length > 0) throw new Error(open.map(({ address, message }) => `${address}: ${message}`).join('\n'));
    return then(line);
  };

async function seized({ bench }: FabricLine): Promise<void> {
  const cluster = await bench.other();
  const place = await placeOf(cluster, 'VPC', 'vpc-1');
  const live = (await cluster.get(place, never)) as { readonly metadata: { readonly resourceVersion: string } };
  const metadata = { name: 'vpc-1', namespace: 'default', resourceVersion: live.metadata.resourceVersion };
  const body = { apiVersion: VPCS, kind: 'VPC', metadata, spec: { subnets: { default: { vlan: 1500 } } } };
  if (!(await cluster.apply({ place, force: true, body }, never)).done) throw new Error('the field was not seized');
}

const servers: { readonly open: GitServer; readonly closed: GitServer }[] = [];
beforeAll(async () => {
  const repositories = makeRepositories();
  const [open, closed] = await Promise.all([startGitServer(repositories), startGitServer(repositories, 'Bearer x')]);
  servers.push({ open, closed });
});
afterAll(() => Promise.all(servers.flatMap(({ open, closed }) => [open.stop(), closed.stop()])));

/** A repository of the server that everybody can read, or of the one that asks for a login. */
function repository(server: 'open' | 'closed', branch = 'main'): readonly Desired[] {
  const { url = '', ca = '' } = servers[0]?.[server] ?? {};
  const ref = { plugin: 'fabric', kind: 'GitRepository', name: 'infra' };
  return [{ ...FABRIC, ref, spec: { url, branch, ca } }];
}

/** A right document, whose object nothing proves any longer: the trial of the unchanged object ends with an error. */
async function unproven({ emulator }: ClusterBench, error: ApiError): Promise<readonly Desired[]> {
  const body = { metadata: { labels: { a: 'b' } } };
  await editAs(emulator, { method: 'PATCH', path: 'vpcs/vpc-1', manager: 'x', body });
  emulator.inject({ path: '/vpcs/vpc-1', method: 'PATCH', times: 1000, mishap: { kind: 'error', error } });
  return declared(ipv4, vpc(1001));
}

const situations: readonly Situation<ClusterBench>[] = [
  {
    name: 'new objects',
    prepare: async () => declared(ipv4, vpc(1001), group),
    takes: ['Object absent>SYNCED', 'Object absent>SYNCED', 'Object absent>SYNCED'],
  },
  {
    name: 'an edit',
    prepare: after(declared(ipv4, vpc(1001)), async () => declared(ipv4, vpc(1003))),
    takes: ['Object PENDING>SYNCED'],
  },
  {
    name: 'a field that somebody changed',
    prepare: after(declared(ipv4, vpc(1001)), async ({ bench }) => {
      await editAs(bench.emulator, {
        method: 'PATCH',
        path: 'vpcs/vpc-1',
        manager: 'kubectl-edit',
        body: { spec: { subnets: { default: { vlan: 1500 } } } },
      });
      return declared(ipv4, vpc(1001));
    }),
    takes: ['Object DRIFTED>SYNCED'],
  },
  {
    name: 'a removed manifest',
    prepare: after(declared(ipv4, vpc(1001), group), async () => declared(ipv4, vpc(1001))),
    takes: ['Object ORPHANED>absent'],
  },
  {
    name: 'a removed manifest of an object with a finalizer',
    prepare: after(declared(ipv4, vpc(1001)), async ({ bench }) => {
      await editAs(bench.emulator, {
        method: 'PATCH',
        path: 'vpcs/vpc-1',
        manager: 'x',
        body: { metadata: { finalizers: ['example.com/x'] } },
      });
      return declared(ipv4);
    }),
    takes: ['Object ORPHANED>DELETING'],
  },
  {
    name: 'a field that somebody added',
    prepare: after(declared(ipv4, vpc(1001)), async ({ bench }) => {
      await editAs(bench.emulator, {
        method: 'PATCH',
        path: 'vpcs/vpc-1',
        manager: 'kubectl-edit',
        body: { spec: { defaultIsolated: true } },
      });
      return declared(ipv4, vpc(1001));
    }),
    takes: [],
    finds: ['Object set-by-others'],
  },
  {
    name: 'an object under deletion',
    prepare: after(declared(ipv4, vpc(1001)), async (line) => {
      await editAs(line.bench.emulator, {
        method: 'PATCH',
        path: 'vpcs/vpc-1',
        manager: 'x',
        body: { metadata: { finalizers: ['example.com/x'] } },
      });
      await line.apply(declared(ipv4));
      return declared(ipv4);
    }),
    takes: [],
    finds: ['Object deleting'],
  },
  { name: 'a refused object', prepare: async () => declared(vpc(1001)), takes: [], rejects: ['Object refused'] },
  {
    name: 'a kind that is not served',
    prepare: async () => declared(manifest('gone.example.com/v1', 'Gone', 'a', {})),
    takes: [],
    rejects: ['Object not-served'],
  },
  {
    name: 'a webhook that is down',
    prepare: after(declared(ipv4, vpc(1001)), async ({ bench }) => {
      const error = internalError('failed calling webhook "mvpc.kb.io": failed to call webhook: connection refused');
      bench.emulator.inject({ path: '/vpcs/vpc-1', method: 'PATCH', times: 1000, mishap: { kind: 'error', error } });
      return declared(ipv4, vpc(1003));
    }),
    takes: [],
    defers: ['Object webhook-down'],
  },
  {
    name: 'an object that the cluster refuses as it is',
    prepare: after(declared(ipv4, vpc(1001)), async ({ bench }) =>
      unproven(bench, denied('vvpc.kb.io', 'no longer valid')),
    ),
    takes: [],
    finds: ['Object refused-unchanged'],
  },
  {
    name: 'an object that the cluster cannot check',
    prepare: after(declared(ipv4, vpc(1001)), async ({ bench }) =>
      unproven(bench, internalError('failed calling webhook "vvpc.kb.io": failed to call webhook: connection refused')),
    ),
    takes: [],
    finds: ['Object unchecked'],
  },
  {
    name: 'a value that the cluster drops',
    prepare: async () => declared(manifest(WIRING, 'VLANNamespace', 'bad', { ranges: [{ from: 5000, to: 5001 }] })),
    takes: [],
    rejects: ['Object not-as-sent'],
  },
  {
    name: 'a field of another applier',
    prepare: after(declared(ipv4, vpc(1001)), async (line) => {
      await seized(line);
      return declared(ipv4, vpc(1001));
    }),
    takes: [],
    rejects: ['Object field-owned-by-others'],
  },
  {
    name: 'a namespace without a manifest',
    prepare: after(declared(ipv4, namespace), async () => declared(ipv4)),
    takes: [],
    rejects: ['Object shared-kind'],
  },
  {
    name: 'a subnet in use',
    prepare: after(declared(ipv4, vpc(1001, second), attachment), async () => declared(ipv4, vpc(1001), attachment)),
    takes: [],
    rejects: ['Object subnet-in-use'],
  },
  {
    name: 'a group in use',
    prepare: after(declared(ipv4, group, leaf), async () => declared(ipv4, leaf)),
    // The switch no longer depends on a declared group.
    takes: ['Object protect'],
    rejects: ['Object dependency', 'Object group-in-use'],
  },
  {
    name: 'a group that is not in use',
    prepare: after(declared(ipv4, vpc(1001), group), async () => declared(ipv4, vpc(1001))),
    takes: ['Object ORPHANED>absent'],
  },
  {
    name: 'two objects that overlap',
    prepare: async (line) => {
      await line.apply(declared(ipv4));
      return declared(
        ipv4,
        vpc(1001),
        manifest(VPCS, 'VPC', 'vpc-2', { subnets: { default: { subnet: '10.10.1.128/25', vlan: 1004 } } }),
      );
    },
    takes: [],
    rejects: ['Object one-at-a-time'],
  },
  {
    name: 'a cluster that does not answer',
    prepare: after(declared(ipv4), async ({ bench }) => {
      bench.emulator.inject({
        path: '/api/v1',
        times: 1000,
        mishap: { kind: 'text', status: 502, text: 'bad gateway' },
      });
      return declared(ipv4);
    }),
    takes: [],
    finds: ['Fabric unreachable'],
  },
  { name: 'a repository', prepare: async () => repository('open'), takes: [] },
  {
    name: 'a repository without the branch',
    prepare: async () => repository('open', 'release'),
    takes: [],
    finds: ['GitRepository branch-not-found'],
  },
  {
    name: 'a repository that asks for a login, after another address',
    prepare: async (line) => after(repository('open'), async () => repository('closed'))(line),
    takes: [],
    finds: ['GitRepository repository-unreachable'],
  },
  {
    name: 'a repository whose next scheduled test is not due',
    prepare: async ({ apply }) => {
      await apply(repository('closed'));
      return repository('closed');
    },
    scheduled: true,
    takes: [],
    finds: ['GitRepository repository-unreachable'],
  },
  {
    name: 'an object that the cluster adopts',
    prepare: async ({ bench, apply }) => {
      await apply(declared(ipv4));
      await editAs(bench.emulator, {
        method: 'POST',
        path: 'vpcs',
        manager: 'kubectl-client-side-apply',
        body: vpc(1001),
      });
      await apply(declared(ipv4, vpc(1001)));
      return declared(ipv4, vpc(1001));
    },
    takes: ['Object PENDING>SYNCED'],
  },
];

pluginConformance({ describe, it }, fabric, open, situations);
