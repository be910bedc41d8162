/** The suite over the fabric plugin, with its real client, over real sockets, on the emulated API server. */

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { textOr } from '../../plugins/fabric/objects/content.ts';
import { claim } from '../../plugins/fabric/objects/claim.ts';
import { openClusters } from '../../plugins/fabric/live/clusters.ts';
import type { FabricSpec } from '../../plugins/fabric/generated.ts';
import { fabric } from '../../plugins/fabric/plugin.ts';
import { type ApiError, denied, internalError } from '../../plugins/fabric/sandbox/status.ts';
import { type Emulator, startEmulator } from '../../plugins/fabric/sandbox/emulator.ts';
import type { ClusterWriter } from '../../plugins/fabric/world.ts';
import { type Desired, digestOf, instantText, type Json, type KnownResource, seenState } from '#plugin';
import { type Bench, type Line, pluginConformance, type Situation } from '../../src/conformance/plugin.ts';
import { DEFINITIONS, definition, editAs, HOOKS, never, placeOf } from '../plugins/fabric/cluster.ts';
import { temporaryFolder } from '../support/cli.ts';
import { type GitServer, makeRepositories, startGitServer } from '../support/git-server.ts';

interface ClusterBench extends Bench {
  readonly emulator: Emulator;
  /** The cluster, as another applier reaches it. */
  readonly other: () => Promise<ClusterWriter>;
  /** Moves the clock. */
  readonly later: (ms: number) => void;
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
  let time = START;
  const now = (): number => time;
  const emulator = await startEmulator({
    now,
    definitions: [...DEFINITIONS, APPLICATION, AGENT, definition('things.example.com', 'v1', 'Thing', 'things')],
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
    now,
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
    now,
    later: (ms) => {
      time += ms;
    },
  };
}

const AGENT = definition('agent.githedgehog.com', 'v1beta1', 'Agent', 'agents');
const APPLICATION = definition('argoproj.io', 'v1alpha1', 'Application', 'applications');

const source = { file: 'desired/fabric.yaml', line: 1, column: 1 };
const SPEC: FabricSpec = {
  context: 'sandbox',
  groups: ['things.example.com', 'gone.example.com', ''],
  controllers: [],
  secrets: [],
  maintenance: [],
  syncInterval: '300s',
  reconcile: 'plan',
  agents: { deadline: '5m', settle: '2s' },
  alerts: { enabled: true, expireAfter: '30d', consolidateWithin: '1h' },
};
const FABRIC: Desired<FabricSpec> = {
  ref: { plugin: 'fabric', kind: 'Fabric', name: 'prod' },
  spec: SPEC,
  meta: { labels: {}, lifecycle: { ignore: [] } },
  needs: [],
  source,
};

type Manifest = { readonly [key: string]: Json };

/** Documents as loading makes them of manifests. */
function declared(...manifests: readonly Manifest[]): readonly Desired[] {
  return declaredWith({}, ...manifests);
}

/** The same with more members of the Fabric's spec. */
function declaredWith(more: Partial<FabricSpec>, ...manifests: readonly Manifest[]): readonly Desired[] {
  const fabric = { ...FABRIC, spec: { ...SPEC, ...more } };
  const documents = manifests.map((value) => ({
    apiVersion: textOr(value['apiVersion'], ''),
    kind: textOr(value['kind'], ''),
    value,
    source,
  }));
  const { taken, mistakes } = claim(documents, [fabric]);
  if (mistakes.length > 0) throw new Error(JSON.stringify(mistakes));
  return [fabric, ...taken.map(({ ref, spec, meta, needs }) => ({ ref, spec, meta, needs, source }))];
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
const APPLICATIONS = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Application',
  plural: 'applications',
  namespaced: true,
};
const VPCS = 'vpc.githedgehog.com/v1beta1';
const WIRING = 'wiring.githedgehog.com/v1beta1';
const ipv4 = manifest(VPCS, 'IPv4Namespace', 'default', { subnets: ['10.10.0.0/16'] });
const vpc = (
  vlan: number,
  subnets: { readonly [key: string]: Json } = {},
  more: { readonly [key: string]: Json } = {},
) => manifest(VPCS, 'VPC', 'vpc-1', { subnets: { default: { subnet: '10.10.1.0/24', vlan }, ...subnets }, ...more });
const isolated = vpc(1001, {}, { defaultIsolated: true });
const eslag = manifest(WIRING, 'Connection', 'server-1', { eslag: { links: [{ switch: { port: 'leaf-1/E1/1' } }] } });
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

const HOUR = 3_600_000;
const MAINTENANCE = { cron: '0 8 * * *', for: '1h', timezone: 'UTC', reason: 'upgrade' } as const;

/** Records states of the Fabric, as an older or damaged log may have them. */
async function recordStates({ log }: FabricLine, state: string, connection: string, sync: string): Promise<void> {
  await log.record([
    {
      kind: 'seen',
      body: { run: 'run', resources: [{ ref: FABRIC.ref, state, others: { connection, sync } }], counts: {} },
    },
  ]);
}

const fabricSituations: readonly Situation<ClusterBench>[] = [
  { name: 'an activation', prepare: async () => declaredWith({ status: 'ACTIVE' }), takes: ['Fabric PLANNED>ACTIVE'] },
  {
    name: 'a Fabric that stays planned',
    prepare: after(declaredWith({ status: 'PLANNED' }, ipv4), async () => declaredWith({ status: 'PLANNED' }, ipv4)),
    takes: [],
  },
  {
    name: 'a Fabric that its Application activates',
    prepare: async (line) => {
      await line.apply(declaredWith({ status: 'auto', application: { name: 'fabric', namespace: 'default' } }));
      const status = { sync: { status: 'Synced' }, health: { status: 'Healthy' } };
      await (await line.bench.other()).apply(
        {
          place: { served: APPLICATIONS, namespace: 'default', name: 'fabric' },
          body: {
            apiVersion: 'argoproj.io/v1alpha1',
            kind: 'Application',
            metadata: { name: 'fabric', namespace: 'default' },
            status,
          },
        },
        never,
      );
      const documents = declaredWith({ status: 'auto', application: { name: 'fabric', namespace: 'default' } });
      const { resources } = await line.plan(documents);
      const state = seenState(resources.get('fabric/Fabric/prod') as KnownResource);
      if (state !== 'ACTIVE') throw new Error(`the Fabric is ${state}`);
      return documents;
    },
    takes: [],
  },
  {
    name: 'a declared maintenance, whose objects wait',
    prepare: after(declaredWith({ status: 'ACTIVE' }, ipv4), async () =>
      declaredWith({ status: 'MAINTENANCE' }, ipv4, group),
    ),
    takes: ['Fabric ACTIVE>MAINTENANCE'],
    defers: ['Object suspended'],
  },
  {
    name: 'objects in a maintenance window',
    prepare: after(declaredWith({ status: 'ACTIVE' }, ipv4), async ({ apply }) => {
      await apply(declaredWith({ status: 'ACTIVE', maintenance: [MAINTENANCE] }, ipv4));
      return declaredWith({ status: 'ACTIVE', maintenance: [MAINTENANCE] }, ipv4, group);
    }),
    takes: [],
    defers: ['Object suspended'],
  },
  {
    name: 'the end of a declared maintenance',
    prepare: async ({ apply, bench }) => {
      await apply(declaredWith({ status: 'ACTIVE' }, ipv4));
      await apply(declaredWith({ status: 'MAINTENANCE' }, ipv4));
      bench.later(HOUR);
      return declaredWith({ status: 'ACTIVE' }, ipv4);
    },
    takes: ['Fabric MAINTENANCE>ACTIVE'],
  },
  {
    name: 'a requested maintenance that an edit of the document ends',
    prepare: async ({ apply, log }) => {
      const documents = declaredWith({ status: 'ACTIVE' }, ipv4);
      await apply(documents);
      const kept = {
        maintenance_by: 'request',
        request_until: instantText(START + HOUR),
        request_reason: 'upgrade',
        request_by: 'ann',
        request_document: digestOf(documents[0]?.spec),
      };
      const resources = [{ ref: FABRIC.ref, state: 'MAINTENANCE', kept, version: 1 }];
      await log.record([{ kind: 'seen', body: { run: 'run', resources, counts: {} } }]);
      return declaredWith({ status: 'ACTIVE', controllers: ['a-controller'] }, ipv4);
    },
    takes: ['Fabric MAINTENANCE>ACTIVE'],
  },
  {
    name: 'a maintenance without an end',
    prepare: async ({ apply, bench }) => {
      await apply(declaredWith({ status: 'ACTIVE' }, ipv4));
      await apply(declaredWith({ status: 'MAINTENANCE' }, ipv4));
      bench.later(24 * HOUR + 1);
      return declaredWith({ status: 'MAINTENANCE' }, ipv4);
    },
    takes: [],
    finds: ['Fabric maintenance-review'],
  },
  {
    name: 'a decommissioning, whose objects wait for it',
    prepare: after(declaredWith({ status: 'ACTIVE' }, ipv4), async () =>
      declaredWith({ status: 'DECOMMISSIONED' }, ipv4),
    ),
    takes: ['Fabric ACTIVE>DECOMMISSIONED'],
    defers: ['Object suspended'],
    leaves: [],
    then: ['Object ORPHANED>absent'],
  },
  {
    name: 'the objects of a decommissioned Fabric',
    prepare: async ({ apply }) => {
      await apply(declaredWith({ status: 'ACTIVE' }, ipv4));
      await apply(declaredWith({ status: 'MAINTENANCE' }, ipv4));
      return declaredWith({ status: 'DECOMMISSIONED' }, ipv4);
    },
    takes: ['Fabric MAINTENANCE>DECOMMISSIONED'],
    defers: ['Object suspended'],
    leaves: [],
    then: ['Object ORPHANED>absent'],
  },
  {
    name: 'the clean-up of a decommissioned Fabric',
    prepare: async ({ apply }) => {
      await apply(declaredWith({ status: 'ACTIVE' }, ipv4));
      await apply(declaredWith({ status: 'DECOMMISSIONED' }, ipv4));
      return declaredWith({ status: 'DECOMMISSIONED' }, ipv4);
    },
    takes: ['Object ORPHANED>absent'],
  },
  {
    name: 'a decommissioned Fabric that shall be active',
    prepare: async ({ apply }) => {
      await apply(declaredWith({ status: 'ACTIVE' }));
      await apply(declaredWith({ status: 'DECOMMISSIONED' }));
      return declaredWith({ status: 'ACTIVE' });
    },
    takes: [],
    finds: ['Fabric forbidden-status'],
  },
  {
    name: 'a planned Fabric that shall be decommissioned',
    prepare: async ({ apply }) => {
      await apply(declaredWith({ status: 'PLANNED' }, ipv4));
      return declaredWith({ status: 'DECOMMISSIONED' }, ipv4);
    },
    takes: [],
    finds: ['Fabric forbidden-status'],
    defers: ['Object suspended'],
  },
  {
    name: 'the activation of a Fabric that cannot be reached',
    prepare: async ({ bench }) => {
      unreachable(bench);
      return declaredWith({ status: 'ACTIVE' });
    },
    takes: [],
    rejects: ['Fabric not-connected'],
    finds: ['Fabric unreachable'],
  },
  {
    name: 'the activation of a Fabric whose repository cannot be read',
    prepare: async () => [...declaredWith({ status: 'ACTIVE', gitRepository: 'infra' }), ...repository('closed')],
    takes: [],
    rejects: ['Fabric not-connected'],
    finds: ['GitRepository repository-unreachable'],
  },
  {
    name: 'a failed connection in a schedule',
    prepare: async (line) => {
      unreachable(line.bench);
      await line.apply(declared());
      return declared();
    },
    scheduled: true,
    takes: [],
    finds: ['Fabric unreachable'],
  },
  {
    name: 'a decommissioned Fabric with the record of a sync',
    prepare: async (line) => {
      await line.apply(declaredWith({ status: 'DECOMMISSIONED' }));
      await recordStates(line, 'DECOMMISSIONED', 'CONNECTED', 'SYNCING');
      return declaredWith({ status: 'DECOMMISSIONED' });
    },
    takes: ['Fabric sync:SYNCING>ERROR'],
    finds: ['Fabric inconsistent'],
  },
  {
    name: 'a failed connection with the record of a sync, whose objects wait',
    prepare: async (line) => {
      await line.apply(declared(ipv4));
      await recordStates(line, 'ACTIVE', 'FAILED', 'IN_SYNC');
      return declared(ipv4, group);
    },
    takes: ['Fabric sync:IN_SYNC>OUT_OF_SYNC'],
    defers: ['Object suspended'],
    leaves: [],
    then: ['Object absent>SYNCED'],
    finds: ['Fabric inconsistent'],
  },
];

const AGENTS = { apiVersion: 'agent.githedgehog.com/v1beta1', kind: 'Agent', plural: 'agents', namespaced: true };

/** The Agent of leaf-1 reports: `status` is the part that is not usual. */
async function report({ bench }: FabricLine, status: Manifest): Promise<void> {
  const at = instantText(bench.now());
  const usual = { lastHeartbeat: at, lastAppliedGen: 1, lastAttemptGen: 1, runID: 'run', bootID: 'boot', version: '1' };
  const body = { apiVersion: AGENTS.apiVersion, kind: 'Agent', metadata: { name: 'leaf-1', namespace: 'default' } };
  const place = { served: AGENTS, namespace: 'default', name: 'leaf-1' };
  const done = await (await bench.other()).apply({ place, body: { ...body, status: { ...usual, ...status } } }, never);
  if (!done.done) throw new Error(done.refusal.words);
}

const agentSituations: readonly Situation<ClusterBench>[] = [
  {
    name: 'an Agent that applies',
    prepare: async (line) => {
      await line.apply(declared(ipv4));
      await report(line, {});
      return declared(ipv4);
    },
    takes: [],
  },
  {
    name: 'an Agent that cannot apply',
    prepare: async (line) => {
      await line.apply(declaredWith({ status: 'ACTIVE' }, ipv4));
      const conditions = [
        {
          type: 'Applied',
          status: 'False',
          message: 'Config will be applied, gen=1',
          lastTransitionTime: instantText(line.bench.now() - HOUR),
        },
      ];
      await report(line, { conditions, lastAppliedGen: 0 });
      return declaredWith({ status: 'ACTIVE' }, ipv4);
    },
    takes: [],
    finds: ['Fabric agent-failing', 'Fabric sync-failed'],
  },
  {
    name: 'an Agent that does not report',
    prepare: async (line) => {
      await line.apply(declared(ipv4));
      await report(line, {});
      await line.plan(declared(ipv4));
      line.bench.later(HOUR);
      return declared(ipv4);
    },
    takes: [],
    finds: ['Fabric agent-silent', 'Fabric sync-failed'],
  },
  {
    name: 'an Agent with an odd report',
    prepare: async (line) => {
      await line.apply(declared(ipv4));
      await report(line, { lastAppliedGen: 'five' });
      return declared(ipv4);
    },
    takes: [],
    finds: ['Fabric agent-unknown'],
  },
];

function unreachable({ emulator }: ClusterBench): void {
  const error = internalError('the server is currently unable to handle the request');
  emulator.inject({ path: '/api/v1', times: 1000, mishap: { kind: 'error', error } });
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
  ...fabricSituations,
  ...agentSituations,
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
    name: 'an object that somebody deleted',
    prepare: after(declared(ipv4, vpc(1001)), async ({ bench }) => {
      await editAs(bench.emulator, { method: 'DELETE', path: 'vpcs/vpc-1', manager: 'x', body: {} });
      return declared(ipv4, vpc(1001));
    }),
    takes: ['Object absent>SYNCED'],
    alerts: ['Object creation_pending'],
  },
  {
    name: 'an edit that failed',
    prepare: after(declared(ipv4, vpc(1001)), async (line) => {
      const error = denied('vvpc.kb.io', 'not now');
      line.bench.emulator.inject({
        path: '/vpcs/vpc-1',
        method: 'PATCH',
        dryRun: false,
        times: 9,
        mishap: { kind: 'error', error },
      });
      await line.apply(declared(ipv4, vpc(1003)));
      line.bench.emulator.endFaults();
      line.bench.later(3_600_000);
      return declared(ipv4, vpc(1003));
    }),
    takes: ['Object PENDING>SYNCED'],
    alerts: ['Object sync_failure'],
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
    name: 'a field that left its document, and that another applier owns too',
    prepare: after(declared(ipv4, isolated), async ({ bench }) => {
      const cluster = await bench.other();
      const place = await placeOf(cluster, 'VPC', 'vpc-1');
      const body = manifest(VPCS, 'VPC', 'vpc-1', { defaultIsolated: true });
      if (!(await cluster.apply({ place, body }, never)).done) throw new Error('the field was not applied');
      return declared(ipv4, vpc(1001));
    }),
    takes: [],
    finds: ['Object field-kept', 'Object set-by-others'],
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
    name: 'a mode that an attachment does not support',
    prepare: after(declared(ipv4, vpc(1001, second), eslag, attachment), async () =>
      declared(ipv4, vpc(1001, second, { mode: 'l3vni' }), eslag, attachment),
    ),
    takes: [],
    rejects: ['Object mode-unsupported-by-attachment'],
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
      unreachable(bench);
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
