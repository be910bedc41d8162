/** The end of an apply on a fabric whose switches follow: played agents on the emulated API server, by the command line. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { type Agents, playAgents } from '../../../plugins/fabric/sandbox/hedgehog/agents.ts';
import { HEDGEHOG_DEFINITIONS, VIRTUAL_PROFILE } from '../../../plugins/fabric/sandbox/hedgehog/definitions.ts';
import { HEDGEHOG_HOOKS } from '../../../plugins/fabric/sandbox/hedgehog/hooks.ts';
import { INSTALLED, MANIFESTS } from '../../../plugins/fabric/sandbox/hedgehog/lab.ts';
import { valueAt } from '../../../plugins/fabric/sandbox/value.ts';
import { bareEnvironment, cliFile } from '../../support/cli.ts';
import { type ClusterProject, clusterProject } from './cluster.ts';

const TIMING = { notice: 50, apply: 300, heartbeat: 500 };

interface Shown {
  readonly state: string;
  readonly others: Readonly<Record<string, string>>;
  readonly kept: Readonly<Record<string, unknown>>;
}

interface FollowedProject extends ClusterProject {
  readonly agents: Agents;
  readonly shown: () => Promise<Shown>;
  /** Generations of the Agents. */
  readonly generations: () => readonly unknown[];
}

const vpcFile = 'vpc-shop.yaml';

function fabric(agents: string): string {
  return `apiVersion: fabric/v1\nkind: Fabric\nmetadata: { name: prod }\nspec: { context: sandbox, manifests: [fabric/], agents: ${agents} }\n`;
}

async function followedProject(agentsSpec = '{ settle: 500ms, deadline: 20s }'): Promise<FollowedProject> {
  const files = Object.fromEntries(Object.entries(MANIFESTS).map(([file, text]) => [`desired/fabric/${file}`, text]));
  const project = await clusterProject(
    { ...files, 'desired/fabric.yaml': fabric(agentsSpec) },
    { definitions: HEDGEHOG_DEFINITIONS, hooks: HEDGEHOG_HOOKS, objects: [VIRTUAL_PROFILE] },
  );
  const controller = project.emulator.controller('hh-manager');
  for (const object of INSTALLED) await controller.create(object);
  const agents = playAgents(project.emulator, TIMING, Date.now);
  onTestFinished(() => agents.stop());
  const shown = async (): Promise<Shown> =>
    JSON.parse((await project.run('state show fabric/Fabric/prod --format json')).stdout) as Shown;
  const generations = () =>
    project.emulator.cluster.list('Agent').map((agent) => valueAt(agent, 'metadata', 'generation'));
  return { ...project, agents, shown, generations };
}

/** The file of the VPCs with the first VLAN replaced. */
function withVlan(vlan: number): Record<string, string> {
  return { [`desired/fabric/${vpcFile}`]: (MANIFESTS[vpcFile] ?? '').replace(/vlan: \d+/u, `vlan: ${vlan}`) };
}

/** Changes the first VLAN of a VPC as `kubectl edit` does. */
async function editShop({ edit }: ClusterProject, vlan: number): Promise<void> {
  await edit('PATCH', 'vpcs/shop', 'kubectl-edit', { spec: { subnets: { default: { vlan } } } });
}

/** The file of the servers with another label, which concerns no switch. */
function withRack(): Record<string, string> {
  const text = MANIFESTS['servers.yaml'] ?? '';
  return {
    'desired/fabric/servers.yaml': text.replace(
      'kind: Server\nmetadata: {',
      'kind: Server\nmetadata: { labels: { rack: r1 },',
    ),
  };
}

test('the first apply ends in sync, and the next one waits until the switches have applied a change', async () => {
  const project = await followedProject();
  await project.run('apply --yes');
  expect(await project.shown()).toMatchObject({
    state: 'ACTIVE',
    others: { connection: 'CONNECTED', sync: 'IN_SYNC' },
    kept: { last_sync: expect.any(String), activated_at: expect.any(String) },
  });
  project.write(withVlan(1777));
  const { stdout, stderr } = await project.run('apply --yes');
  expect(stdout + stderr).toMatch(/fabric\/Fabric\/prod: \d of \d switch(?:es)? applied the change/u);
  expect((await project.shown()).others).toMatchObject({ sync: 'IN_SYNC' });
  // The switches have applied the change by now, not only received it.
  expect((await project.plan()).checks).toEqual([]);
});

test('a switch that cannot apply the change fails the apply, by name', async () => {
  const project = await followedProject('{ settle: 500ms, deadline: 4s }');
  await project.run('apply --yes');
  for (const name of ['leaf-1', 'leaf-2']) project.agents.fail(name);
  project.write(withVlan(1777));
  const { stdout, stderr } = await project.run('apply --yes', 7);
  expect(stdout + stderr).toMatch(/fabric\/Fabric\/prod is not in effect: .*leaf-\d/u);
  expect(await project.shown()).toMatchObject({
    others: { sync: 'ERROR' },
    kept: { sync_failures: 1, sync_error: expect.stringMatching(/leaf-\d.*\(HH-STATE-02[01]\)$/u) },
  });
  expect((await project.run('log verify')).stdout).toMatch(/valid/u);
});

test('a controller that does not run is named after the deadline', async () => {
  const project = await followedProject('{ settle: 100ms, deadline: 2s }');
  await project.run('apply --yes');
  project.agents.stop();
  project.write(withVlan(1777));
  const { stdout, stderr } = await project.run('apply --yes', 7);
  expect(stdout + stderr).toContain('no Agent changed its generation within');
  expect(await project.shown()).toMatchObject({
    others: { sync: 'ERROR' },
    kept: { sync_error: expect.stringMatching(/\(HH-STATE-021\)$/u) },
  });
});

test('an apply that restores a VPC before its controller saw the difference ends once the controller had its time', async () => {
  const project = await followedProject('{ settle: 500ms, deadline: 1h }');
  await project.run('apply --yes');
  // Without a controller, the switches keep their generation, as after a difference that is healed at once.
  project.agents.stop();
  await project.run('plan --detailed-exitcode');
  await editShop(project, 1777);
  await project.run('apply --yes');
  expect((await project.shown()).others).toMatchObject({ sync: 'IN_SYNC' });
});

test('a generation with a difference is not one without: its heal waits for the next one', async () => {
  const project = await followedProject('{ settle: 100ms, deadline: 3s }');
  await project.run('apply --yes');
  const generations = project.generations();
  await editShop(project, 1777);
  await expect.poll(() => project.generations()).not.toEqual(generations);
  project.agents.stop();
  const { stdout, stderr } = await project.run('apply --yes', 7);
  expect(stdout + stderr).toContain('no Agent changed its generation within');
});

test('an apply without an effect on switches does not wait', async () => {
  const project = await followedProject('{ settle: 100ms, deadline: 1h }');
  await project.run('apply --yes');
  project.write(withRack());
  // A changed label is a row of its own, before the object changes.
  await project.run('apply --yes');
  await project.run('apply --yes');
  // The Agents may still apply the first configuration.
  expect(['IN_SYNC', 'SYNCING']).toContain((await project.shown()).others['sync']);
});

test('a lost connection during the wait ends nothing, and other switches count', async () => {
  const project = await followedProject();
  await project.run('apply --yes');
  project.write(withVlan(1777));
  // The first reading is that of the refresh; the second one is lost.
  project.emulator.inject({ path: '/agents', after: 1, times: 1, mishap: { kind: 'lost-before' } });
  await project.run('apply --yes');
  expect((await project.shown()).others).toMatchObject({ sync: 'IN_SYNC' });
});

test('an apply that concerns no switch does not assert that failing ones are in sync', async () => {
  const project = await followedProject('{ settle: 500ms, deadline: 4s }');
  await project.run('apply --yes');
  for (const name of ['leaf-1', 'leaf-2']) project.agents.fail(name);
  project.write(withVlan(1777));
  await project.run('apply --yes', 7);
  project.write(withRack());
  // A changed label is a row of its own, before the object changes.
  await project.run('apply --yes');
  await project.run('apply --yes');
  expect((await project.shown()).others).not.toMatchObject({ sync: 'IN_SYNC' });
});

test('a change that no switch applies is not settled, and an apply of a part does not assert the rest', async () => {
  const project = await followedProject('{ settle: 500ms, deadline: 2s }');
  await project.run('apply --yes');
  const { 'desired/fabric/servers.yaml': servers = '' } = withRack();
  const renamed = servers.replaceAll('rack: r1', 'rack: r2');
  project.write({ 'desired/fabric/servers.yaml': renamed, ...withVlan(1777) });
  const rows = (await project.plan()).resource_changes.map(({ address }) => address);
  const server = rows.find((address) => address.startsWith('fabric/Server/')) ?? '';
  expect(rows.length).toBeGreaterThan(1);
  await project.run(`apply --yes --target ${server}`);
  expect((await project.shown()).others).toMatchObject({ sync: 'OUT_OF_SYNC' });
  for (const name of ['leaf-1', 'leaf-2']) project.agents.fail(name);
  await project.run('apply --yes --until-settled', 7);
});

test.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const)('%s ends the wait of a process at once, with %i and a record', async (signal, code) => {
  const project = await followedProject('{ settle: 500ms, deadline: 1h }');
  await project.run('apply --yes');
  project.agents.stop();
  project.write(withVlan(1777));
  const child = spawn(process.execPath, [cliFile, 'apply', '--yes'], {
    cwd: project.folder,
    env: bareEnvironment(project.env),
  });
  const texts: string[] = [];
  const ended = once(child, 'close');
  for await (const text of child.stderr.setEncoding('utf8')) {
    texts.push(String(text));
    if (!/Waiting for leaf-/u.test(texts.join(''))) continue;
    child.kill(signal);
    break;
  }
  expect(await ended).toEqual([code, null]);
  expect(texts.join('')).toMatch(
    /fabric\/Fabric\/prod: 0 of \d switch(?:es)? applied the change\. Waiting for leaf-\d.*, for \d+ min at most/u,
  );
  expect((await project.shown()).others).toMatchObject({ sync: 'SYNCING' });
  const last = (await project.run('log export')).stdout.trim().split('\n').at(-1) ?? '';
  expect(JSON.parse(last)).toMatchObject({ kind: 'end', body: { exit: code } });
});

test('an interruption ends the wait, and the sync stays under way', async () => {
  const project = await followedProject('{ settle: 500ms, deadline: 1h }');
  await project.run('apply --yes');
  project.agents.stop();
  project.write(withVlan(1777));
  const stop = new AbortController();
  const applying = project.follow('apply --yes', stop.signal);
  await applying.until(/fabric\/VPC\/\S+: done/u);
  setTimeout(() => stop.abort(), 1500);
  expect((await applying.done).code).toBe(130);
  expect((await project.shown()).others).toMatchObject({ sync: 'SYNCING' });
});
