/**
 * The emulated infrastructure of nodes: a cloud provider on this machine, and the workload source of its servers.
 *
 * Servers go through their lifecycle fast enough to watch. The server `busy` gets a container as soon as it runs, and
 * keeps it; `idle` has had containers; `young` never gets any. One undeclared server exists from the beginning.
 */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Json, RunningWorld, SandboxWorld } from '#plugin';
import { keeper, readSaved } from '#plugin/saved-state';
import { runningClock } from './sandbox/clock.ts';
import { type Emulator, startEmulator } from './sandbox/emulator.ts';
import type { Times } from './sandbox/timeline.ts';

const DAY_MS = 86_400_000;
/** Delays in ms: seconds instead of minutes. */
const TIMES: Times = {
  create: 300,
  start: 200,
  boot: 500,
  stop: 200,
  signal: 100,
  guestStop: 300,
  remove: 300,
  changeType: 1000,
  rebuild: 1000,
  image: 1000,
  other: 100,
};
/** Key of the drain label. */
const DRAIN_LABEL = 'fettle/drain';
const STATE = 'cloud.json';

interface Ports {
  readonly api?: number;
  readonly readiness?: number;
  readonly workloads?: number;
}

interface Saved {
  readonly ports: Ports;
  readonly state: string;
}

interface Written {
  readonly name: string;
  readonly shows: string;
  /** Further fields of the spec. */
  readonly spec: string;
}

const NODES: readonly Written[] = [
  { name: 'young', shows: 'is ready, and has never had a container', spec: '' },
  { name: 'busy', shows: 'gets a container as soon as it runs', spec: '' },
  {
    name: 'idle',
    shows: 'has had containers, and is empty',
    // Short times, for an observer.
    spec: '  idleGrace: 2s\n  drainGrace: 2s\n',
  },
];

/** The containers of a server that has just started. */
function settleIn({ workloads }: Emulator, name: string): void {
  if (name === 'busy') workloads.start('busy', { id: 'lobby-1', mb: 1024, tier: 'small', players: 7 });
  if (name !== 'idle') return;
  for (const id of ['arena-1', 'arena-2']) {
    workloads.start('idle', { id, mb: 512, tier: 'micro', players: 0 });
    workloads.end(id);
  }
}

function readinessYaml(port: number): string {
  // Without several loopback addresses, servers cannot be probed.
  return port === 0 ? '{ after: 2s }' : `{ http: { port: ${port}, path: /healthz } }`;
}

function nodeYaml({ name, spec }: Written, port: number): string {
  return `apiVersion: nodes/v1
kind: Node
metadata: { name: ${name} }
spec:
  serverType: cx23
  image: debian-13
  location: nbg1
  readiness: ${readinessYaml(port)}
${spec}`;
}

/** Writes a document for each node, so that a user can delete one. A deleted document is not written again. */
async function writeDocuments(folder: string, port: number, fresh: boolean): Promise<void> {
  const desired = join(folder, 'desired');
  await mkdir(desired, { recursive: true });
  for (const node of NODES) {
    const file = join(desired, `node-${node.name}.yaml`);
    if (fresh) await writeFile(file, nodeYaml(node, port));
  }
}

function configOf({ endpoint, workloads, tokens }: Emulator): Readonly<Record<string, Json>> {
  return {
    provider: { hetzner: { endpoint, token: tokens.readWrite } },
    workloads: {
      http: { url: workloads.url, drainUrl: workloads.drainUrl, migrateUrl: workloads.migrateUrl },
      interval: '5s',
    },
    probe: { interval: '1s' },
  };
}

async function start(folder: string, now: number): Promise<RunningWorld> {
  const home = join(folder, 'cloud');
  await mkdir(home, { recursive: true });
  const saved = await readSaved<Saved>(join(home, STATE));
  const up = await startEmulator({
    clock: runningClock(now),
    times: TIMES,
    drainLabel: DRAIN_LABEL,
    ...(saved === undefined ? {} : { state: saved.state, ports: saved.ports }),
  });
  const ports: Ports = {
    api: Number(new URL(up.endpoint).port),
    readiness: up.readinessPort,
    workloads: Number(new URL(up.workloads.url).port),
  };
  const keep = keeper(join(home, STATE), () => JSON.stringify({ ports, state: up.save() } satisfies Saved));
  up.watch({ up: (name) => settleIn(up, name), change: keep.touch });
  if (saved === undefined)
    up.seed({ name: 'somebodys', labels: { team: 'other' }, age: 90 * DAY_MS, type: 'cx33', protected: true });
  await writeDocuments(folder, up.readinessPort, saved === undefined || saved.ports.readiness !== up.readinessPort);
  await keep.flush();
  const { endpoint, workloads, tokens } = up;
  return {
    addresses: { endpoint, token: tokens.readWrite, workloads: workloads.url },
    config: configOf(up),
    rows: [
      { name: 'cloud', address: endpoint, shows: `the API of a cloud provider, token ${tokens.readWrite}` },
      { name: 'workloads', address: workloads.url, shows: 'the workload source of its servers' },
      ...NODES.map(({ name, shows }) => ({ name: `node ${name}`, address: '-', shows })),
    ],
    stop: async () => {
      await up.stop();
      await keep.flush();
    },
  };
}

export const cloudSandbox: SandboxWorld = { name: 'cloud', start };
