/** Figures of the fabric plugin: a plan of 5,000 objects against the bare dry runs of it, on both API servers. */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HEDGEHOG_DEFINITIONS } from '../../plugins/fabric/sandbox/hedgehog/definitions.ts';
import { openApi } from '../../test/support/kubernetes/api.ts';
import { cachedPrograms } from '../../test/support/kubernetes/programs.ts';
import { install, realServer } from '../../test/support/kubernetes/servers.ts';
import { benchProject, type Places } from './fleet.ts';
import { interleave, median, type Program, runOnce, type Sample, writeUsageHook } from './measure.ts';
import { fixed, ratioRow, type Row } from './rows.ts';

const node = process.execPath;
const VPCS = 1500;
const SERVERS = 2000;
const OBJECTS = 2 * VPCS + SERVERS;
/** Samples of each program: one sample on kube-apiserver takes several times as long. */
const REPEATS = { emulated: 3, real: 2 };
/** VLANs of one VLANNamespace. */
const VLANS = 4000;

interface Manifest {
  readonly path: string;
  readonly body: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly metadata: { readonly name: string; readonly namespace: string };
    readonly spec: object;
  };
}

function manifest(group: 'vpc' | 'wiring', kind: string, plural: string, name: string, spec: object): Manifest {
  const apiVersion = `${group}.githedgehog.com/v1beta1`;
  return {
    path: `/apis/${apiVersion}/namespaces/default/${plural}/${name}`,
    body: { apiVersion, kind, metadata: { name, namespace: 'default' }, spec },
  };
}

function manifests(): readonly Manifest[] {
  const vpcs = Array.from({ length: VPCS }, (_, i) => {
    const subnet = { subnet: `10.${i >> 8}.${i & 255}.0/24`, vlan: (i % VLANS) + 2 };
    const spec = { ipv4Namespace: 'default', vlanNamespace: 'default', subnets: { default: subnet } };
    return manifest('vpc', 'VPC', 'vpcs', `vpc-${i}`, spec);
  });
  const attachments = Array.from({ length: VPCS }, (_, i) =>
    manifest('vpc', 'VPCAttachment', 'vpcattachments', `vpc-${i}--server-${i}`, {
      subnet: `vpc-${i}/default`,
      connection: `server-${i}--unbundled--leaf-1`,
    }),
  );
  const servers = Array.from({ length: SERVERS }, (_, i) =>
    manifest('wiring', 'Server', 'servers', `server-${i}`, { description: `server ${i}` }),
  );
  return [...vpcs, ...attachments, ...servers];
}

function yamlOf({ body }: Manifest): string {
  const { apiVersion, kind, metadata, spec } = body;
  const head = `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata:\n  name: ${metadata.name}\n  namespace: default\n`;
  const lines = (value: object, indent: string): string =>
    Object.entries(value)
      .map(([key, member]: [string, unknown]) =>
        typeof member === 'object' && member !== null
          ? `${indent}${key}:\n${lines(member, `${indent}  `)}`
          : `${indent}${key}: ${String(member)}\n`,
      )
      .join('');
  return `${head}spec:\n${lines(spec, '  ')}`;
}

interface Bench {
  readonly plan: Program;
  readonly bare: Program;
  /** Creates the objects in the cluster: fettle itself creates those of some kinds one at a time. */
  readonly create: Program;
  /** Adopts the objects. */
  readonly apply: Program;
}

function writeBench({ dist, folder }: Places, name: string, kubeconfig: string): Bench {
  const project = join(folder, name);
  mkdirSync(join(project, 'desired'), { recursive: true });
  const context = (JSON.parse(kubeconfig) as { readonly 'current-context': string })['current-context'];
  const all = manifests();
  writeFileSync(join(project, 'kubeconfig'), kubeconfig, { mode: 0o600 });
  writeFileSync(join(project, 'fettle.yaml'), 'name: bench\ndesired: [desired/]\nstore: .fettle\n');
  writeFileSync(
    join(project, 'desired', 'fabric.yaml'),
    `apiVersion: fabric/v1\nkind: Fabric\nmetadata:\n  name: prod\nspec:\n  context: ${context}\n`,
  );
  for (const kind of ['VPC', 'VPCAttachment', 'Server']) {
    const own = all.filter(({ body }) => body.kind === kind).map(yamlOf);
    writeFileSync(join(project, 'desired', `${kind}.yaml`), own.join('---\n'));
  }
  writeFileSync(join(project, 'requests.json'), JSON.stringify(all));
  const fettle = (...words: readonly string[]): Program => ({
    argv: [node, join(dist, 'cli.js'), ...words],
    cwd: project,
    env: { KUBECONFIG: join(project, 'kubeconfig') },
  });
  const bare = [node, join(dist, 'bench', 'dry-runs.js'), join(project, 'kubeconfig'), join(project, 'requests.json')];
  return {
    plan: fettle('plan'),
    bare: { argv: bare, cwd: project },
    create: { argv: [...bare, '--apply'], cwd: project },
    apply: fettle('apply', '--yes'),
  };
}

const ms = (of: readonly Sample[]): number => median(of.map((sample) => sample.ms));
const cpuMs = (of: readonly Sample[]): number => median(of.map(({ cpuMs: own = Number.NaN }) => own));
const mib = (of: readonly Sample[]): number => median(of.map(({ peakKib = Number.NaN }) => peakKib / 1024));

/** A configuration of webhooks without rules: after a change of it, no earlier dry run counts as a proof. */
async function changeAdmission(kubeconfig: string): Promise<void> {
  const { clusters, users } = JSON.parse(kubeconfig) as {
    readonly clusters: readonly [
      { readonly cluster: { readonly server: string; readonly 'certificate-authority-data': string } },
    ];
    readonly users: readonly [{ readonly user: { readonly token: string } }];
  };
  const { server, 'certificate-authority-data': ca } = clusters[0].cluster;
  const [{ user }] = users;
  const api = openApi({ url: server, ca: Buffer.from(ca, 'base64').toString(), tokens: { admin: user.token } });
  const kind = 'ValidatingWebhookConfiguration';
  const body = {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind,
    metadata: { name: 'bench' },
    webhooks: [],
  };
  const path = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations';
  const { code, text } = await api.send(path, { method: 'POST', body });
  api.close();
  if (code !== 201) throw new Error(text);
}

const what = `plan of ${OBJECTS.toLocaleString('en')} objects of a cluster`;

interface Engine {
  readonly fresh: Program;
  readonly settled: Program;
}

/** A plan of as many items of the smallest plugin, new or unchanged: the engine's part of a plan of the cluster. */
function engineOf(places: Places, which: string): Engine {
  const planOf = (name: string, isApplied: boolean): Program => {
    const cwd = benchProject(places, name, OBJECTS);
    const words = (...all: readonly string[]): Program => ({
      argv: [node, join(places.dist, 'bench', 'cli.js'), ...all],
      cwd,
    });
    if (isApplied) runOnce(words('apply', '--yes'));
    return words('plan');
  };
  return { fresh: planOf(`${which}-fresh`, false), settled: planOf(`${which}-settled`, true) };
}

/** Times of a plan, over the bare dry runs alone, and over them and the engine's part; and the peak memory over that part. */
function planRows(
  which: string,
  { folder }: Places,
  { plan, bare }: Bench,
  engine: Program,
  repeats: number,
): readonly Row[] {
  const hook = writeUsageHook(folder);
  const samples = interleave({ bare, engine, plan }, repeats, hook);
  const took = { bare: ms(samples.bare), engine: ms(samples.engine), plan: ms(samples.plan) };
  const cpu = { bare: cpuMs(samples.bare), engine: cpuMs(samples.engine), plan: cpuMs(samples.plan) };
  const peak = { engine: mib(samples.engine), plan: mib(samples.plan) };
  const parts = ({ bare: requests, engine: own, plan: whole }: typeof took): string =>
    `${fixed(whole)} ms over ${fixed(requests)} + ${fixed(own)} ms`;
  const name = `${what}, ${which}`;
  return [
    ratioRow(
      `${name}, over the bare dry runs`,
      1.3,
      took.plan / took.bare,
      `${fixed(took.plan)} ms over ${fixed(took.bare)} ms, medians of ${repeats}`,
    ),
    ratioRow(
      `${name}, over the bare dry runs and a plan of as many items in memory`,
      1.3,
      took.plan / (took.bare + took.engine),
      `${parts(took)}; CPU time ${parts(cpu)}`,
    ),
    {
      figure: `${name}: peak memory over one of as many items in memory`,
      measured: `+ ${fixed(peak.plan - peak.engine)} MiB`,
      target: '+ 100 MiB',
      verdict: peak.plan - peak.engine <= 100 ? 'ok' : 'over',
      detail: `${fixed(peak.plan)} MiB over ${fixed(peak.engine)} MiB, medians of ${repeats}`,
    },
  ];
}

interface Counts {
  readonly dryRuns: number;
  readonly lists: number;
  readonly requests: number;
}

interface Cluster {
  readonly kubeconfig: string;
  /** The requests since the last call. */
  readonly counts: () => Promise<Counts>;
  readonly stop: () => Promise<void>;
}

/** Starts an emulated cluster as a process of its own. */
async function startCluster({ dist }: Places): Promise<Cluster> {
  const child: ChildProcess = spawn(node, [join(dist, 'bench', 'cluster.js')], { stdio: ['pipe', 'pipe', 'inherit'] });
  let printed = '';
  const line = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const take = (): void => {
        const end = printed.indexOf('\n');
        if (end < 0) return;
        const text = printed.slice(0, end);
        printed = printed.slice(end + 1);
        child.stdout?.off('data', read);
        resolve(text);
      };
      const read = (data: Buffer): void => {
        printed += data.toString();
        take();
      };
      child.stdout?.on('data', read);
      child.once('exit', (code) => reject(new Error(`the emulated cluster ended with ${code}`)));
    });
  const { kubeconfig } = JSON.parse(await line()) as { readonly kubeconfig: string };
  return {
    kubeconfig,
    counts: async () => {
      const answer = line();
      child.stdin?.write('\n');
      return JSON.parse(await answer) as Counts;
    },
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve());
        child.stdin?.end();
      }),
  };
}

/** Figures on an emulated API server. */
export async function emulatedClusterRows(places: Places): Promise<readonly Row[]> {
  const engine = engineOf(places, 'emulated');
  const cluster = await startCluster(places);
  try {
    const bench = writeBench(places, 'fabric', cluster.kubeconfig);
    const rows = [...planRows('all new', places, bench, engine.fresh, REPEATS.emulated)];
    runOnce(bench.create);
    runOnce(bench.apply);
    await cluster.counts();
    runOnce(bench.plan);
    const { dryRuns, lists, requests } = await cluster.counts();
    const again = `${what} that did not change since the last apply`;
    rows.push({
      figure: `${again}: dry runs`,
      measured: String(dryRuns),
      target: '0',
      verdict: dryRuns === 0 ? 'ok' : 'over',
      detail: `${lists} pages of lists, ${requests} requests`,
    });
    await changeAdmission(cluster.kubeconfig);
    return [
      ...rows,
      ...planRows('unchanged, after a change of webhooks', places, bench, engine.settled, REPEATS.emulated),
    ];
  } finally {
    await cluster.stop();
  }
}

/** The same on kube-apiserver and etcd, if `npm run test:kubernetes` built them. */
export async function kubernetesRows(places: Places): Promise<readonly Row[]> {
  if (cachedPrograms() === undefined) return [];
  const engine = engineOf(places, 'real');
  const server = await realServer();
  try {
    await install(server, HEDGEHOG_DEFINITIONS);
    const kubeconfig = server.kubeconfig('admin');
    const bench = writeBench(places, 'fabric-real', kubeconfig);
    const first = planRows('all new, on kube-apiserver', places, bench, engine.fresh, REPEATS.real);
    runOnce(bench.create);
    runOnce(bench.apply);
    await changeAdmission(kubeconfig);
    const which = 'unchanged, after a change of webhooks, on kube-apiserver';
    return [...first, ...planRows(which, places, bench, engine.settled, REPEATS.real)];
  } finally {
    await server.stop();
  }
}
