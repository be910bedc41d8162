/** Drift that `fettle serve` heals: changes behind its back of low and medium severity alone, and never by an override. */

import { expect, test } from 'vitest';
import { formatRef, type Json, valueAt } from '#plugin';
import type { LogRecord } from '../../src/formats/log-record.ts';
import {
  type ClusterProject,
  clusterProject,
  FABRIC,
  liveObject,
  manifest,
  never,
  placeOf,
} from '../plugins/fabric/cluster.ts';
import { type Daemon, daemon } from './daemon.ts';

const PERMITTED = `apply: [{ plugin: fabric, steps: ["absent>SYNCED", "DRIFTED>SYNCED"], causes: [new, drift] }]
interval: 10s
`;

/** Refreshed in each round. */
const QUICK = FABRIC.replace('context: sandbox', 'context: sandbox, syncInterval: 10s');

/** The members of a spec: the share of the changed ones is the severity of the drift. */
function members(count: number): Readonly<Record<string, Json>> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`member${i}`, 'declared']));
}

function vpc(name: string, count: number): Readonly<Record<string, string>> {
  return { [`desired/${name}.yaml`]: manifest('VPC', name, JSON.stringify(members(count))) };
}

const OVERRIDE = `safety:
  overrides:
    - rule: field-owned-by-others
      address: fabric/VPC/prod/default/taken
      until: 2100-01-01T00:00:00Z
      reason: the manifests are the source
`;

interface ServedCluster extends ClusterProject {
  readonly running: Daemon;
  /** The first member of the spec of a VPC. */
  readonly first: (name: string) => Promise<unknown>;
}

async function served(files: Readonly<Record<string, string>>, config = '', host = PERMITTED): Promise<ServedCluster> {
  const project = await clusterProject(
    { 'desired/fabric.yaml': QUICK, ...files, 'fettle.yaml': `name: test\nstore: .fettle\n${config}` },
    { hooks: [] },
  );
  await project.run('apply --yes');
  const running = await daemon(project.folder, host, [], project.env);
  await running.said(/test: .* 0 drifted, 0 to apply/u);
  const first = async (name: string): Promise<unknown> =>
    valueAt(await liveObject(project, 'VPC', name), '/spec/member0');
  return { ...project, running, first };
}

/** Changes the first members of a VPC as `kubectl edit` does. */
async function change({ edit }: ClusterProject, name: string, count: number): Promise<void> {
  const spec = Object.fromEntries(Object.keys(members(count)).map((member) => [member, 'changed']));
  await edit('PATCH', `vpcs/${name}`, 'kubectl-edit', { spec });
}

/** Changes the first member of a VPC as another manager, which owns it from then on. */
async function takeOver(project: ClusterProject, name: string): Promise<void> {
  const cluster = await project.as('other');
  const live = await liveObject(project, 'VPC', name);
  const { done } = await cluster.apply(
    {
      place: await placeOf(cluster, 'VPC', name),
      force: true,
      body: {
        apiVersion: 'vpc.githedgehog.com/v1beta1',
        kind: 'VPC',
        metadata: { name, namespace: 'default', resourceVersion: valueAt(live, '/metadata/resourceVersion') ?? null },
        spec: { member0: 'changed' },
      },
    },
    never,
  );
  expect(done).toBe(true);
}

/** The commands that applied a step, by address. */
async function appliedBy(run: ClusterProject['run']): Promise<Readonly<Record<string, readonly unknown[]>>> {
  const { stdout } = await run('log list --last 0 --format json');
  const commands = new Map<string, string>();
  const by: Record<string, (string | undefined)[]> = {};
  for (const line of stdout.trimEnd().split('\n')) {
    const record = JSON.parse(line) as LogRecord;
    if (record.kind === 'run') commands.set(record.body.run, record.body.command);
    if (record.kind === 'outcome' && record.body.outcome === 'done')
      (by[formatRef(record.body.ref)] ??= []).push(commands.get(record.body.run));
  }
  return by;
}

test('of low and medium severity is healed by the next round; high severity, and what needs an override, is left', async () => {
  const files = { ...vpc('low', 12), ...vpc('medium', 4), ...vpc('high', 2), ...vpc('taken', 4) };
  const project = await served(files, OVERRIDE);
  const { running, first } = project;
  await change(project, 'low', 1);
  await change(project, 'medium', 1);
  await change(project, 'high', 1);
  await takeOver(project, 'taken');
  await expect.poll(() => first('low'), { timeout: 60_000 }).toBe('declared');
  await expect.poll(() => first('medium'), { timeout: 60_000 }).toBe('declared');
  // Rounds after the heal find the others, and leave them.
  await running.said(/actions? done[^]*(?:test: .* 2 drifted[^]*){2}/u);
  expect([await first('high'), await first('taken')]).toEqual(['changed', 'changed']);
  expect((await running.ask('/metrics')).text).toContain('fettle_drifted_resources{project="test"} 2');
  expect(await running.stop()).toBe(0);
  // A person heals both, with the same override.
  await project.run('apply --yes');
  expect([await first('high'), await first('taken')]).toEqual(['declared', 'declared']);
  expect(await appliedBy(project.run)).toMatchObject({
    'fabric/VPC/prod/default/low': ['apply', 'serve'],
    'fabric/VPC/prod/default/medium': ['apply', 'serve'],
    'fabric/VPC/prod/default/high': ['apply', 'apply'],
    'fabric/VPC/prod/default/taken': ['apply', 'apply'],
  });
  await project.run('log verify');
}, 180_000);

test.each([
  ['without the cause drift in the file of the host', '', PERMITTED.replace(', drift]', ', time]')],
  ['with a project that narrows the permissions', 'serve: { apply: [] }\n', PERMITTED],
])('is left %s', async (_name, config, host) => {
  const project = await served(vpc('medium', 4), config, host);
  await change(project, 'medium', 1);
  await project.running.said(/(?:test: .* 1 drifted[^]*){2}/u);
  expect(await project.first('medium')).toBe('changed');
  expect(await project.running.stop()).toBe(0);
});
