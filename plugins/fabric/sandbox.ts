/**
 * The emulated infrastructure of fabrics: a Kubernetes API server on this machine with the kinds, the webhooks and the
 * switches of a small Hedgehog fabric.
 *
 * The documents declare all switches, connections and VPCs; only the installation and one VPC that no document declares
 * exist from the beginning. Agents apply every change that concerns their switch.
 */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, type RunningWorld, type SandboxWorld } from '#plugin';
import { keeper, readSaved, writeWhole } from '#plugin/saved-state';
import { EVERYTHING, type User } from './sandbox/access.ts';
import { type Emulator, type EmulatorOptions, kubeconfigOf, startEmulator } from './sandbox/emulator.ts';
import { type AgentTiming, playAgents } from './sandbox/hedgehog/agents.ts';
import { HEDGEHOG_DEFINITIONS, VIRTUAL_PROFILE } from './sandbox/hedgehog/definitions.ts';
import { HEDGEHOG_HOOKS } from './sandbox/hedgehog/hooks.ts';
import { INSTALLED, MANIFESTS, SOMEBODYS } from './sandbox/hedgehog/lab.ts';

/** Delays in ms: seconds instead of minutes. */
const TIMING: AgentTiming = { notice: 300, apply: 1500, heartbeat: 10_000 };
/** Logins by context of the kubeconfig. The tokens are public, and fettle sends them to this machine only. */
const TOKENS = { sandbox: 'sandbox-token-read-write', 'read-only': 'sandbox-token-read-only' };
const AUTHENTICATED = 'system:authenticated';
const USERS: Readonly<Record<string, User>> = {
  [TOKENS.sandbox]: { name: 'sandbox', groups: ['system:masters', AUTHENTICATED], rules: EVERYTHING },
  [TOKENS['read-only']]: {
    name: 'reader',
    groups: [AUTHENTICATED],
    rules: [{ verbs: ['get', 'list', 'watch'], groups: ['*'], resources: ['*'] }],
  },
};
const STATE = 'kubernetes.json';
const COMPACTION_MS = 300_000;

interface Saved {
  readonly port: number;
  readonly state: string;
}

/** Starts at the former port; at another one if a different program uses that port now. */
async function startAt(port: number, options: EmulatorOptions): Promise<Emulator> {
  try {
    return await startEmulator({ ...options, port });
  } catch (error) {
    if (codeOf(error) !== 'EADDRINUSE') throw error;
    return startEmulator(options);
  }
}

async function seed({ controller }: Emulator): Promise<void> {
  for (const object of INSTALLED) await controller('hh-manager').create(object);
  await controller('kubectl-create').create(SOMEBODYS);
}

/** Forgets changes that are older than five minutes, as the API server of a cluster does. Returns a function that ends it. */
function compactRegularly({ store }: Emulator): () => void {
  let until = store.version();
  const timer = setInterval(() => {
    store.compact(until);
    until = store.version();
  }, COMPACTION_MS).unref();
  return () => clearInterval(timer);
}

function fabricYaml({ url, authority }: Emulator): string {
  const certificate = authority.certificate.trimEnd().replaceAll(/^/gmu, '      ');
  return `apiVersion: fabric/v1
kind: Fabric
metadata: { name: lab }
spec:
  manifests: [fabric/]
  # Or the login of kubectl: a context of the kubeconfig that KUBECONFIG names.
  server:
    url: ${url}
    ca: |
${certificate}
`;
}

/** Writes the Fabric if its address is new, and at the first start its manifests: a user may change or delete them. */
async function writeDocuments(folder: string, up: Emulator, saved: Saved | undefined): Promise<void> {
  if (saved?.port === up.port) return;
  const manifests = join(folder, 'desired', 'fabric');
  await mkdir(manifests, { recursive: true });
  await writeFile(join(folder, 'desired', 'fabric.yaml'), fabricYaml(up));
  if (saved !== undefined) return;
  for (const [name, text] of Object.entries(MANIFESTS)) await writeFile(join(manifests, name), text);
}

async function start(folder: string): Promise<RunningWorld> {
  const home = join(folder, 'kubernetes');
  await mkdir(home, { recursive: true });
  const saved = await readSaved<Saved>(join(home, STATE));
  const up = await startAt(saved?.port ?? 0, {
    definitions: HEDGEHOG_DEFINITIONS,
    hooks: HEDGEHOG_HOOKS,
    objects: [VIRTUAL_PROFILE],
    users: USERS,
    remembers: false,
    ...(saved === undefined ? {} : { saved: saved.state }),
  });
  if (saved === undefined) await seed(up);
  const keep = keeper(join(home, STATE), () => JSON.stringify({ port: up.port, state: up.save() } satisfies Saved));
  up.store.watch(keep.touch);
  const agents = playAgents(up, TIMING, Date.now);
  const endCompactions = compactRegularly(up);
  const kubeconfig = join(home, 'kubeconfig');
  await writeWhole(kubeconfig, kubeconfigOf(up.url, up.authority.certificate, TOKENS));
  await writeDocuments(folder, up, saved);
  await keep.flush();
  return {
    addresses: { kubeconfig },
    config: { token: TOKENS.sandbox },
    rows: [
      {
        name: 'kubernetes',
        address: up.url,
        shows: `the API server of a network fabric: kubectl --kubeconfig ${kubeconfig} get vpcs,agents`,
      },
    ],
    stop: async () => {
      agents.stop();
      endCompactions();
      await up.stop();
      await keep.flush();
    },
  };
}

export const fabricSandbox: SandboxWorld = { name: 'kubernetes', start };
