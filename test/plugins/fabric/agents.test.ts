/** Played agents of an emulated fabric: which ones a change reaches, and what they report. */

import { globSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Emulator, startEmulator } from '../../../plugins/fabric/sandbox/emulator.ts';
import { type Agents, playAgents } from '../../../plugins/fabric/sandbox/hedgehog/agents.ts';
import {
  HEDGEHOG_DEFINITIONS,
  HEDGEHOG_KINDS,
  VIRTUAL_PROFILE,
} from '../../../plugins/fabric/sandbox/hedgehog/definitions.ts';
import { HEDGEHOG_HOOKS } from '../../../plugins/fabric/sandbox/hedgehog/hooks.ts';
import { listAt, textAt, type Tree, treeAt, valueAt } from '../../../plugins/fabric/sandbox/value.ts';
import { type Api, objectsIn, openApi } from '../../support/kubernetes/api.ts';

const AGENTS = '/apis/agent.githedgehog.com/v1beta1/namespaces/default/agents';
const manifests = globSync('manifests/*.yaml', { cwd: import.meta.dirname })
  .toSorted()
  .flatMap((file) => objectsIn(join(import.meta.dirname, file)));

function pathOf(object: Tree): string {
  const { group = '', plural = '' } = HEDGEHOG_KINDS.get(textAt(object, 'kind')) ?? {};
  return `/apis/${group}/v1beta1/namespaces/default/${plural}/${textAt(object, 'metadata', 'name')}`;
}

let emulator: Emulator;
let api: Api;
let agents: Agents;

beforeEach(async () => {
  emulator = await startEmulator({
    definitions: HEDGEHOG_DEFINITIONS,
    hooks: HEDGEHOG_HOOKS,
    objects: [VIRTUAL_PROFILE],
  });
  api = openApi({ url: emulator.url, ca: emulator.authority.certificate, tokens: { admin: emulator.adminToken } });
  for (const object of manifests) expect((await api.apply(pathOf(object), object)).code).toBe(201);
  agents = playAgents(emulator, { notice: 20, apply: 40, heartbeat: 100 }, Date.now);
  await until(() => allAgents().length === 6 && allAgents().every((one) => isApplied(one)));
});

afterEach(async () => {
  agents.stop();
  api.close();
  await emulator.stop();
});

const allAgents = (): readonly Tree[] => emulator.cluster.list('Agent');
const agentOf = (name: string): Tree => emulator.cluster.get('Agent', name) ?? {};
const generation = (agent: Tree): unknown => valueAt(agent, 'metadata', 'generation');
const isApplied = (agent: Tree): boolean => valueAt(agent, 'status', 'lastAppliedGen') === generation(agent);

async function until(isTrue: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!isTrue()) {
    if (Date.now() > deadline)
      throw new Error(`not in time: ${JSON.stringify(allAgents().map((one) => treeAt(one, 'status')))}`);
    await sleep(5);
  }
}

/** Changes a VPC that leaf-1 has attached and leaf-2 has peered. */
async function changeVpc(vlan: number): Promise<void> {
  const object = manifests.find((one) => textAt(one, 'metadata', 'name') === 'vpc-2') ?? {};
  const subnets = treeAt(object, 'spec', 'subnets');
  const spec = { subnets: { ...subnets, relayed: { ...treeAt(subnets, 'relayed'), vlan } } };
  expect((await api.apply(pathOf(object), { ...object, spec })).code).toBe(200);
}

const status = (name: string): Tree => treeAt(agentOf(name), 'status');
const applied = (name: string): Tree => treeAt(listAt(status(name), 'conditions')[0]);

test('a change reaches the switches that have the VPC or a peer of it', async () => {
  const before = new Map(allAgents().map((one) => [textAt(one, 'metadata', 'name'), generation(one)]));
  await changeVpc(1050);
  // Right after the change, every Agent still reports that it is applied.
  expect(allAgents().every(isApplied)).toBe(true);
  await until(() => applied('leaf-1')['status'] === 'False');
  expect(applied('leaf-1')).toMatchObject({
    type: 'Applied',
    reason: 'ApplyPending',
    message: 'Config will be applied, gen=2',
  });
  expect(status('leaf-1')).toMatchObject({ lastAttemptGen: 2, lastAppliedGen: 1 });
  await until(() => allAgents().every(isApplied));
  const moved = allAgents().filter((one) => before.get(textAt(one, 'metadata', 'name')) !== generation(one));
  expect(moved.map((one) => textAt(one, 'metadata', 'name'))).toEqual(['leaf-1', 'leaf-2']);
  expect(applied('leaf-2')).toMatchObject({
    status: 'True',
    reason: 'ApplySucceeded',
    message: 'Config applied, gen=2',
  });
  expect(valueAt(agentOf('leaf-1'), 'spec', 'vpcs', 'vpc-2', 'subnets', 'relayed', 'vlan')).toBe(1050);
});

test('a failed apply shows as another run with the condition unchanged', async () => {
  const run = textAt(status('leaf-1'), 'runID');
  agents.fail('leaf-1');
  await changeVpc(1051);
  await until(() => textAt(status('leaf-1'), 'runID') !== run);
  expect(status('leaf-1')).toMatchObject({ lastAppliedGen: 1 });
  expect(applied('leaf-1')).toMatchObject({ status: 'False', message: 'Config will be applied, gen=2' });
  agents.heal('leaf-1');
  await until(() => allAgents().every(isApplied));
  expect(applied('leaf-1')['status']).toBe('True');
});

test('a silent switch sends no heartbeat', async () => {
  agents.silence('leaf-3');
  const writes = (name: string): number =>
    emulator.store.since('agents.agent.githedgehog.com', 100).filter(({ key }) => key === `default/${name}`).length;
  const [silent, other] = [writes('leaf-3'), writes('leaf-4')];
  // Heartbeats have whole seconds.
  await until(() => writes('leaf-4') > other + 1);
  expect(writes('leaf-3')).toBe(silent);
});

test('a table has the state of all agents without their secrets', async () => {
  const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
  const { body, text } = await api.send(`${AGENTS}?includeObject=None`, { headers: { accept } });
  const columns = listAt(body, 'columnDefinitions').map((one) => textAt(one, 'name'));
  expect(columns).toEqual(expect.arrayContaining(['Name', 'Heartbeat', 'AppliedG', 'CurrentG', 'AttemptG']));
  const [row] = listAt(body, 'rows');
  const cells = Object.fromEntries(listAt(row, 'cells').map((cell, i) => [columns[i] ?? '', cell]));
  expect(cells).toMatchObject({
    Name: 'leaf-1',
    AppliedG: 1,
    CurrentG: 1,
    Heartbeat: expect.stringMatching(/^\d+s$/u) as unknown,
  });
  expect(text).not.toContain('password');
  expect((await api.send(AGENTS)).text).toContain('sandbox-registry-password');
});
