/** Refusals of a fabric as rows of a plan: each mistake in a manifest, planned on a fabric that is as declared. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Emulator, startEmulator } from '../../../plugins/fabric/sandbox/emulator.ts';
import { HEDGEHOG_DEFINITIONS, VIRTUAL_PROFILE } from '../../../plugins/fabric/sandbox/hedgehog/definitions.ts';
import { HEDGEHOG_HOOKS } from '../../../plugins/fabric/sandbox/hedgehog/hooks.ts';
import { textAt, type Tree } from '../../../plugins/fabric/sandbox/value.ts';
import { type OpenProject, openProject, type PlanJson } from './cluster.ts';
import { type Mistake, mistakesIn } from './refusals.ts';
import { MANIFESTS } from './hedgehog-fabric.ts';

const WORDS = JSON.parse(readFileSync(join(import.meta.dirname, 'refusals.json'), 'utf8')) as Readonly<
  Record<string, { readonly code: number; readonly message: string }>
>;
const FABRIC =
  'apiVersion: fabric/v1\nkind: Fabric\nmetadata: { name: prod }\nspec: { context: sandbox, manifests: [all.yaml] }\n';

/** The token of a user who may only read. */
const READER = 'reader-token';
const READS = [{ verbs: ['get', 'list', 'watch'], groups: ['*'], resources: ['*'] }];

let emulator: Emulator;
let project: OpenProject;

beforeAll(async () => {
  const fab = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'fab' } };
  emulator = await startEmulator({
    definitions: HEDGEHOG_DEFINITIONS,
    hooks: HEDGEHOG_HOOKS,
    objects: [VIRTUAL_PROFILE, fab],
    users: { [READER]: { name: 'few', groups: ['system:authenticated'], rules: READS } },
  });
  project = openProject(emulator.kubeconfig(), {
    'desired/fabric.yaml': FABRIC,
    'desired/all.yaml': documents(MANIFESTS),
  });
  await project.run('apply --yes');
}, 120_000);
afterAll(() => emulator.stop());

function documents(objects: readonly Tree[]): string {
  return objects.map((object) => JSON.stringify(object)).join('\n---\n');
}

function keyOf(object: Tree): string {
  return [textAt(object, 'kind'), textAt(object, 'metadata', 'namespace'), textAt(object, 'metadata', 'name')].join(
    '/',
  );
}

/** The manifests of the fabric with a mistake: an object that is changed, added or left out. */
function withMistake({ object, isRemoval = false }: Mistake): readonly Tree[] {
  const key = keyOf(object);
  const others = MANIFESTS.filter((each) => keyOf(each) !== key);
  return isRemoval ? others : [...others, object];
}

function addressOf(object: Tree): string {
  const [kind = '', namespace = '', name = ''] = keyOf(object).split('/');
  return `fabric/${kind}/prod/${namespace}/${name}`;
}

/** The row of an address: its verdict with the rules, and their messages. */
function rowOf(plan: PlanJson, address: string): readonly [verdict: string, words: string] {
  const refused = plan.rejected_changes.find((each) => each.resource_change.address === address);
  if (refused !== undefined)
    return [
      `REJECTED ${refused.reasons.map(({ rule }) => rule).join(' ')}`,
      refused.reasons.map(({ message }) => message).join('\n'),
    ];
  const row = plan.resource_changes.find((each) => each.address === address);
  if (row !== undefined) return [row.proven ? 'accepted' : 'unproven', [row.because, ...row.warnings].join('\n')];
  const found = plan.checks.find((each) => each.address === address);
  return found === undefined ? ['nothing', ''] : [`finding ${found.code}`, found.message];
}

/** Verdicts other than a refusal by the cluster alone. */
const VERDICTS: Readonly<Record<string, string>> = {
  // The documents of the two objects overlap, which the plan finds itself.
  'overlapping subnet with another VPC': 'REJECTED refused one-at-a-time',
  'VLAN used by another VPC': 'REJECTED refused one-at-a-time',
  'attachment: duplicate': 'REJECTED refused one-at-a-time',
  'attachment: second native VLAN': 'REJECTED refused one-at-a-time',
  'external attachment: same VLAN': 'REJECTED refused one-at-a-time',
  'switch: management IP used': 'REJECTED refused one-at-a-time',
  'connection: port used': 'REJECTED refused one-at-a-time',
  // A document depends on the removed object.
  'delete VPC with attachments': 'REJECTED dependency refused',
  'delete VPC with static external inside': 'REJECTED dependency refused',
  'delete connection with attachments': 'REJECTED dependency refused',
  'delete connection with external attachments': 'REJECTED dependency refused',
  'delete switch with connections': 'REJECTED dependency refused',
  'delete server with connections': 'REJECTED dependency refused',
  'delete external with attachments': 'REJECTED dependency refused',
  'delete IPv4 namespace with VPCs': 'REJECTED dependency refused',
  'delete VLAN namespace with switches': 'REJECTED dependency refused',
  // The adoption changes nothing in the cluster, and says what comes after it.
  'switch profile: built-in changed': 'accepted',
};

/** The words of the cluster as rows have them. */
function wordsOf(title: string): string {
  return (WORDS[title]?.message ?? '?')
    .replace(/^admission webhook "([^"]*)" denied the request: /u, '$1: ')
    .replace(/\s+/gu, ' ');
}

/** Mistakes that no row shows: a name that the document itself must not have, and an object that is not ours to remove. */
const WITHOUT_ROW = ['name with capitals', 'delete built-in switch profile'];
const PLANNED = mistakesIn(MANIFESTS).filter(({ title }) => !WITHOUT_ROW.includes(title));

test.each(PLANNED.map((mistake) => [mistake.title, mistake] as const))('%s', async (title, mistake) => {
  project.write({ 'desired/all.yaml': documents(withMistake(mistake)) });
  const plan = await project.plan();
  const [verdict, words] = rowOf(plan, addressOf(mistake.object));
  expect({ verdict, words }).toEqual({
    verdict: VERDICTS[title] ?? 'REJECTED refused',
    words: expect.stringContaining(wordsOf(title)),
  });
});

test('the refusal of an unchanged object is a finding', async () => {
  // A project without a state does not have the answer of the time before the VPCs.
  const anew = openProject(emulator.kubeconfig(), {
    'desired/fabric.yaml': FABRIC,
    'desired/all.yaml': documents(MANIFESTS),
  });
  const { checks, rejected_changes: rejected } = await anew.plan();
  expect(rejected).toEqual([]);
  expect(checks.filter(({ address }) => address.startsWith('fabric/VLANNamespace/'))).toMatchObject([
    {
      code: 'refused-unchanged',
      message: expect.stringContaining("existing vpc vpc-4 subnet default (vlan 0) doesn't fit updated VLAN namespace"),
    },
  ]);
});

test('a refusal that rows before it lift leaves the row unproven', async () => {
  const vpc = {
    title: '',
    object: made('VPC', 'vpc-new', { subnets: { default: { subnet: '10.10.99.0/24', vlan: 1099 } } }),
  };
  const attachment = made('VPCAttachment', 'new', {
    subnet: 'vpc-new/default',
    connection: 'server-5--unbundled--leaf-4',
  });
  project.write({ 'desired/all.yaml': documents([...withMistake(vpc), attachment]) });
  const plan = await project.plan();
  expect(rowOf(plan, addressOf(vpc.object))[0]).toBe('accepted');
  expect(rowOf(plan, addressOf(attachment))).toEqual(['unproven', expect.stringContaining('vpc vpc-new not found')]);
});

function made(kind: string, name: string, spec: Tree, metadata: Tree = {}): Tree {
  const group = kind === 'Server' ? 'wiring' : 'vpc';
  const apiVersion = `${group}.githedgehog.com/v1beta1`;
  return { apiVersion, kind, metadata: { name, namespace: 'default', ...metadata }, spec };
}

/** Refusals of the API server itself, with a part of its words. */
const OF_THE_SERVER: readonly (readonly [title: string, object: Tree, verdict: string, words: string])[] = [
  [
    'a namespace that does not exist',
    made('Server', 'a', {}, { namespace: 'nowhere' }),
    'REJECTED not-served',
    'namespaces "nowhere" not found',
  ],
  [
    'a version that is not served',
    { ...made('Server', 'a', {}), apiVersion: 'wiring.githedgehog.com/v9' },
    'REJECTED not-served',
    'the cluster does not serve Server of wiring.githedgehog.com/v9',
  ],
  [
    'an unknown field',
    made('Server', 'server-1', { bogus: 1 }),
    'REJECTED refused',
    '.spec.bogus: field not declared in schema',
  ],
  [
    'text instead of a number',
    made('VPC', 'vpc-3', { subnets: { default: { subnet: '10.20.1.0/24', vlan: 'x' } } }),
    'REJECTED refused',
    '.spec.subnets.default.vlan: expected numeric (int or float), got string',
  ],
  [
    'a number instead of text',
    made('Server', 'server-1', { description: 5 }),
    'REJECTED refused',
    '.spec.description: expected string, got &value.valueUnstructured{Value:5}',
  ],
  [
    'null for text',
    made('Server', 'server-1', { description: null }),
    'REJECTED refused',
    'spec.description: Invalid value: "null"',
  ],
  [
    'a label that is not valid',
    made('Server', 'server-1', {}, { labels: { team: 'no spaces allowed' } }),
    'REJECTED refused',
    'metadata.labels: Invalid value: "no spaces allowed"',
  ],
];

test.each(OF_THE_SERVER)('%s', async (_title, object, verdict, words) => {
  project.write({ 'desired/all.yaml': documents(withMistake({ title: '', object })) });
  expect(rowOf(await project.plan(), addressOf(object))).toEqual([verdict, expect.stringContaining(words)]);
});

test('a missing right leaves the row unproven, with the words of the server', async () => {
  const object = made('Server', 'server-1', { description: 'new' });
  project.write({ 'desired/all.yaml': documents(withMistake({ title: '', object })) });
  project.configure(emulator.kubeconfig(READER));
  const plan = await project.plan();
  project.configure(emulator.kubeconfig());
  expect(rowOf(plan, addressOf(object))).toEqual([
    'unproven',
    expect.stringMatching(/cannot patch resource "servers".*HH-K8S-033/u),
  ]);
});
