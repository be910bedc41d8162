/**
 * Stories of faults: applies of changing documents to an emulated cluster whose requests fail in every way, with kills of
 * the process between the intent and the outcome of a step. The result is a list of broken promises.
 */

import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import type { Fault, Mishap } from '../../../plugins/fabric/sandbox/faults.ts';
import { startEmulator } from '../../../plugins/fabric/sandbox/emulator.ts';
import { isPossible, type Recorded } from '../../../plugins/fabric/states/combination.ts';
import { ApiError, denied, internalError } from '../../../plugins/fabric/sandbox/status.ts';
import { encode, isTree, listAt, textAt, type Tree, treeAt } from '../../../plugins/fabric/sandbox/value.ts';
import { bareEnvironment, cliFile } from '../../support/cli.ts';
import { fettle } from '../../support/command-line.ts';
import { DEFINITIONS, editAs, HOOKS, manifest, openProject, type PlanJson } from './cluster.ts';
import fc from '../../support/property.ts';

/** The documents of one round: VPCs with their description, attachments with their VPC, and groups. */
interface Documents {
  readonly vpcs: Readonly<Record<string, number>>;
  readonly attachments: Readonly<Record<string, number>>;
  readonly groups: readonly string[];
}

interface Round {
  readonly documents: Documents;
  readonly faults: readonly Fault[];
  /** The process ends with `kill -9` at its n-th write, before or after the write took effect. */
  readonly kill: { readonly write: number; readonly mishap: 'stall' | 'hang' } | undefined;
  /** Another tool changes an object of the project before the round. */
  readonly drift: boolean;
}

export type Story = readonly Round[];

const VPCS = ['vpc-1', 'vpc-2', 'vpc-3'];

function error(code: number, reason: string, message: string): Mishap {
  return { kind: 'error', error: new ApiError(code, reason, message) };
}

/** Every meaning of a failure. */
const MISHAPS: readonly Mishap[] = [
  { kind: 'lost-before' },
  { kind: 'lost-after' },
  { kind: 'cut', bytes: 30 },
  { kind: 'busy', seconds: 0 },
  { kind: 'text', status: 503, text: '<html>no server</html>' },
  { kind: 'error', error: denied('vvpc.kb.io', 'no room') },
  { kind: 'error', error: internalError('failed calling webhook "vvpc.kb.io": failed to call webhook: EOF') },
  error(401, 'Unauthorized', 'Unauthorized'),
  error(409, 'Conflict', 'the object has been modified; please apply your changes to the latest version'),
  error(410, 'Expired', 'The provided continue parameter is too old'),
  error(500, '', 'failed to create typed patch object (default/a): .spec.x: field not declared in schema'),
  error(500, '', 'etcdserver: request is too large'),
  error(500, 'InternalError', 'etcdserver: request timed out'),
  error(504, 'Timeout', 'Timeout: Too large resource version: 99, current: 7'),
];

const TARGETS: readonly Pick<Fault, 'method' | 'dryRun' | 'path'>[] = [
  { method: 'GET' },
  { method: 'GET', path: '?limit=' },
  { method: 'PATCH', dryRun: true },
  { method: 'PATCH', dryRun: false },
  { method: 'DELETE', dryRun: true },
  { method: 'DELETE', dryRun: false },
];

const fault: fc.Arbitrary<Fault> = fc
  .record({
    target: fc.constantFrom(...TARGETS),
    mishap: fc.constantFrom(...MISHAPS),
    after: fc.nat({ max: 4 }),
    times: fc.integer({ min: 1, max: 2 }),
  })
  .map(({ target, ...rest }) => ({ ...target, ...rest }));

const documents: fc.Arbitrary<Documents> = fc.record({
  vpcs: fc.dictionary(fc.constantFrom(...VPCS), fc.nat({ max: 2 })),
  attachments: fc.dictionary(fc.constantFrom('one', 'two'), fc.nat({ max: 5 })),
  groups: fc.subarray(['a', 'b']),
});

export const story: fc.Arbitrary<Story> = fc.array(
  fc.record({
    documents,
    faults: fc.array(fault, { maxLength: 3 }),
    kill: fc.option(
      fc.record({ write: fc.nat({ max: 2 }), mishap: fc.constantFrom('stall' as const, 'hang' as const) }),
      { nil: undefined, freq: 3 },
    ),
    drift: fc.boolean(),
  }),
  { minLength: 1, maxLength: 4 },
);

/** Manifests by `KIND/NAME`. An attachment without a VPC to attach is left out. */
function manifestsOf({ vpcs, attachments, groups }: Documents): ReadonlyMap<string, string> {
  const names = Object.keys(vpcs);
  return new Map([
    ['IPv4Namespace/default', manifest('IPv4Namespace', 'default', '{ subnets: [10.10.0.0/16] }')],
    ...Object.entries(vpcs).map(([name, size]): [string, string] => {
      const number = name.slice(-1);
      const subnet = `{ subnet: 10.10.${number}.0/24, vlan: 100${number} }`;
      return [`VPC/${name}`, manifest('VPC', name, `{ subnets: { default: ${subnet} }, size: ${size} }`)];
    }),
    ...Object.entries(attachments).flatMap(([name, at]): [string, string][] => {
      const vpc = names[at % Math.max(1, names.length)];
      const spec = `{ subnet: ${vpc}/default, connection: ${name} }`;
      return vpc === undefined ? [] : [[`VPCAttachment/${name}`, manifest('VPCAttachment', name, spec)]];
    }),
    ...groups.map((name): [string, string] => [`SwitchGroup/${name}`, manifest('SwitchGroup', name, '{}')]),
  ]);
}

function bystander(kind: string, name: string, spec: Tree): Tree {
  const group = kind.startsWith('Switch') ? 'wiring' : 'vpc';
  return {
    apiVersion: `${group}.githedgehog.com/v1beta1`,
    kind,
    metadata: { name, namespace: 'default', uid: `uid-${kind}` },
    spec,
  };
}

/** Objects of others, of the same kinds. */
const BYSTANDERS = [
  bystander('VPC', 'other', { size: 1 }),
  bystander('VPCAttachment', 'other', { subnet: 'other/default' }),
  bystander('SwitchGroup', 'other', {}),
];

function idOf(object: Tree): string {
  return `${textAt(object, 'kind')}/${textAt(object, 'metadata', 'name')}`;
}

/** Applies without faults until the plan must be empty. */
const MOST_ROUNDS = 8;
const HOUR_MS = 3_600_000;

/** The promises that a story broke, and its number of events. */
export interface Ending {
  readonly broken: readonly string[];
  readonly kills: number;
  /** Requests without a usable answer. */
  readonly failed: number;
}

/** The records of a log after which the states of the Fabric contradict each other, or moved along no listed transition. */
function contradictionsIn(log: string): readonly string[] {
  const states = { status: 'PLANNED', connection: 'UNKNOWN', sync: 'NEVER_SYNCED' };
  return log
    .trim()
    .split('\n')
    .flatMap((line) => {
      const { seq, body } = JSON.parse(line) as { readonly seq: number; readonly body: Tree };
      const parts = [body, ...listAt(body, 'resources')].filter(isTree);
      return parts
        .filter((part) => textAt(part, 'ref', 'kind') === 'Fabric')
        .flatMap((part) => {
          const state = textAt(part, 'state');
          Object.assign(states, treeAt(part, 'others'), state === '' ? {} : { status: state });
          const unlisted = listAt(part, 'moves').filter((move) => isTree(move) && move['unlisted'] === true);
          return isPossible(states as Recorded) && unlisted.length === 0
            ? []
            : [`record ${seq}: the Fabric is ${JSON.stringify(states)} by ${JSON.stringify(part)}`];
        });
    });
}

/** Runs a story. */
export async function playStory(rounds: Story): Promise<Ending> {
  const emulator = await startEmulator({ definitions: DEFINITIONS, hooks: HOOKS, objects: BYSTANDERS });
  const project = openProject(emulator.kubeconfig(), {});
  const { folder, env } = project;
  const broken: string[] = [];
  let kills = 0;
  let declared: ReadonlyMap<string, string> = new Map();
  /** Changes of objects in the present run of fettle; undefined while others change them. */
  let changed: Map<string, number> | undefined;
  const others = new Set(BYSTANDERS.map(idOf));
  emulator.store.watch(({ type, object, before }) => {
    if (changed === undefined) return;
    const id = idOf(object);
    if (others.has(id)) broken.push(`${type} an object of others: ${id}`);
    if (type === 'DELETED' && declared.has(id)) broken.push(`a declared object was deleted: ${id}`);
    if (type !== 'DELETED' && !declared.has(id)) broken.push(`${type} an object without a document: ${id}`);
    if (
      type === 'MODIFIED' &&
      before !== undefined &&
      encode(treeAt(before, 'spec')) === encode(treeAt(object, 'spec'))
    )
      broken.push(`an object was written without a difference: ${id}`);
    changed.set(id, (changed.get(id) ?? 0) + 1);
    if ((changed.get(id) ?? 0) > 1) broken.push(`an object was written twice in one run: ${id}`);
  });

  const write = (round: Documents): void => {
    declared = manifestsOf(round);
    project.write({ 'desired/objects.yaml': [...declared.values()].join('---\n') });
  };
  const apply = async (offset = 0): Promise<void> => {
    changed = new Map();
    const { stdout, stderr } = await fettle(folder, 'apply --yes', { env, now: () => Date.now() + offset });
    changed = undefined;
    if (/\bbug\b|\n\s+at /u.test(stdout + stderr)) broken.push(`a bug: ${stdout}${stderr}`);
  };
  /** An apply in a process of its own, which is killed when the cluster has its n-th write. */
  const applyKilled = async ({ write: after, mishap }: NonNullable<Round['kill']>): Promise<void> => {
    for (const method of ['PATCH', 'DELETE'])
      emulator.inject({ method, dryRun: false, after, mishap: { kind: mishap } });
    changed = new Map();
    const child = spawn(process.execPath, [cliFile, 'apply', '--yes'], {
      cwd: folder,
      env: bareEnvironment(env),
      stdio: 'ignore',
    });
    const ended = new Promise<void>((resolve) => {
      child.once('exit', (_code, signal) => {
        if (signal === 'SIGKILL') kills += 1;
        resolve();
      });
    });
    const seen = emulator.seen.length;
    const isHanging = (): boolean =>
      emulator.seen
        .slice(seen)
        .some(({ status, url, method }) => status === 0 && method !== 'GET' && !url.includes('dryRun'));
    const timer = setInterval(() => isHanging() && child.kill('SIGKILL'), 5);
    await ended;
    clearInterval(timer);
    changed = undefined;
  };
  const drift = async (): Promise<void> => {
    const own = emulator.cluster.list('VPC').find((object) => !others.has(idOf(object)));
    if (own === undefined) return;
    const body = { metadata: { labels: { team: 'x' } }, spec: { size: 99 } };
    const path = `vpcs/${textAt(own, 'metadata', 'name')}`;
    await editAs(emulator, { method: 'PATCH', path, manager: 'kubectl-edit', body });
  };

  try {
    for (const { documents: next, faults, kill, drift: hasDrift } of rounds) {
      if (hasDrift) await drift();
      write(next);
      for (const each of faults) emulator.inject(each);
      await (kill === undefined ? apply() : applyKilled(kill));
      emulator.endFaults();
    }
    const labelled = emulator.cluster
      .list('VPC')
      .filter((object) => textAt(object, 'metadata', 'labels', 'team') === 'x');
    let plan: PlanJson | undefined;
    const open = (): number =>
      plan === undefined
        ? 1
        : plan.resource_changes.length + plan.rejected_changes.length + plan.deferred_changes.length + plan.gaps.length;
    for (let round = 1; round <= MOST_ROUNDS && open() > 0; round += 1) {
      const now = (): number => Date.now() + round * HOUR_MS;
      await apply(round * HOUR_MS);
      plan = JSON.parse((await fettle(folder, 'plan --format json', { env, now })).stdout) as PlanJson;
    }
    if (open() > 0) broken.push(`the plan is not empty: ${JSON.stringify(plan)}`);
    const there = ['IPv4Namespace', 'VPC', 'VPCAttachment', 'SwitchGroup'].flatMap((kind) =>
      emulator.cluster.list(kind),
    );
    const ids = there.map(idOf).toSorted();
    const wanted = [...declared.keys(), ...others].toSorted();
    if (ids.join() !== wanted.join()) broken.push(`the cluster has ${ids.join()} instead of ${wanted.join()}`);
    for (const object of there) {
      const sent = declared.get(idOf(object));
      const size = /size: (\d+)/u.exec(sent ?? '')?.[1];
      if (size !== undefined && encode(treeAt(object, 'spec')['size'] ?? null) !== size)
        broken.push(`${idOf(object)} does not have its declared size ${size}`);
    }
    for (const object of labelled) {
      const now = emulator.cluster.get('VPC', textAt(object, 'metadata', 'name'));
      const isSame = now !== undefined && textAt(now, 'metadata', 'uid') === textAt(object, 'metadata', 'uid');
      if (isSame && textAt(now, 'metadata', 'labels', 'team') !== 'x')
        broken.push(`a label of others was removed from ${idOf(object)}`);
    }
    broken.push(...contradictionsIn((await fettle(folder, 'log export', { env })).stdout));
    const failed = emulator.seen.filter(({ status }) => status === 0 || status >= 400).length;
    return { broken, kills, failed };
  } finally {
    await emulator.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
