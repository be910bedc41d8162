/** The life of a Fabric by the command line: its status, its connection and its sync, and what each does to its objects. */

import { expect, test } from 'vitest';
import { internalError } from '../../../plugins/fabric/sandbox/status.ts';
import { type ClusterProject, clusterProject, FABRIC, manifest } from './cluster.ts';

const NAMESPACE = manifest('IPv4Namespace', 'default', '{ subnets: [10.10.0.0/16] }');
const vpc = (vlan: number): string =>
  manifest('VPC', 'vpc-1', `{ subnets: { default: { subnet: 10.10.1.0/24, vlan: ${vlan} } } }`);

function fabric(more = ''): string {
  return `apiVersion: fabric/v1\nkind: Fabric\nmetadata: { name: prod }\nspec: { context: sandbox${more} }\n`;
}

interface Shown {
  readonly state: string;
  readonly others: Readonly<Record<string, string>>;
  readonly kept: Readonly<Record<string, unknown>>;
}

async function shown(project: ClusterProject): Promise<Shown> {
  return JSON.parse((await project.run('state show fabric/Fabric/prod --format json')).stdout) as Shown;
}

/** The recorded moves of the Fabric, oldest first. */
async function moves(project: ClusterProject): Promise<readonly string[]> {
  const { stdout } = await project.run('log export');
  return stdout
    .trim()
    .split('\n')
    .flatMap((line) => {
      const { body } = JSON.parse(line) as { body: Record<string, unknown> };
      const seen = body['resources'];
      const parts = [body, ...(Array.isArray(seen) ? (seen as Record<string, unknown>[]) : [])];
      return parts
        .filter(({ ref }) => (ref as { kind?: string } | undefined)?.kind === 'Fabric')
        .flatMap(({ moves: own = [] }) => own as { machine: string; from: string; to: string; trigger: string }[])
        .map(({ machine, from, to, trigger }) => `${machine}: ${from} > ${to} (${trigger})`);
    });
}

test('a new Fabric is tested, synced and then active, without a row of its own', async () => {
  const project = await clusterProject({ 'desired/objects.yaml': [NAMESPACE, vpc(1001)].join('---\n') });
  const { resource_changes: rows } = await project.plan();
  expect(new Set(rows.map(({ address }) => address.split('/')[1]))).toEqual(new Set(['IPv4Namespace', 'VPC']));
  await project.run('apply --yes');
  expect(await shown(project)).toMatchObject({ state: 'ACTIVE', others: { connection: 'CONNECTED', sync: 'IN_SYNC' } });
  expect(await moves(project)).toEqual([
    'status: absent > PLANNED (check)',
    'connection: UNKNOWN > TESTING (test)',
    'connection: TESTING > CONNECTED (tested)',
    'sync: NEVER_SYNCED > SYNCING (sync)',
    'sync: SYNCING > IN_SYNC (synced)',
    'status: PLANNED > ACTIVE (deployed)',
  ]);
  const before = await moves(project);
  await project.run('drift --record');
  expect(await moves(project)).toEqual(before);
});

test('drift moves the sync, and healing it moves the sync back', async () => {
  const project = await clusterProject({ 'desired/objects.yaml': [NAMESPACE, vpc(1001)].join('---\n') });
  await project.run('apply --yes');
  await project.run('drift --record');
  await project.edit('PATCH', 'vpcs/vpc-1', 'kubectl-edit', { spec: { subnets: { default: { vlan: 1500 } } } });
  await project.run('drift --record', 2);
  expect((await shown(project)).others).toEqual({ connection: 'CONNECTED', sync: 'OUT_OF_SYNC' });
  await project.run('apply --yes');
  await project.run('drift --record');
  expect((await shown(project)).others).toEqual({ connection: 'CONNECTED', sync: 'IN_SYNC' });
  expect((await shown(project)).kept['last_sync']).toBeTypeOf('string');
});

test('a pending edit is not drift, and a change that somebody else made next to it is', async () => {
  const project = await clusterProject({ 'desired/objects.yaml': [NAMESPACE, vpc(1001)].join('---\n') });
  await project.run('apply --yes');
  project.write({ 'desired/objects.yaml': [NAMESPACE, vpc(1003)].join('---\n') });
  await project.run('drift');
  await project.edit('PATCH', 'vpcs/vpc-1', 'kubectl-edit', {
    spec: { subnets: { default: { subnet: '10.10.9.0/24' } } },
  });
  const { stdout } = await project.run('drift', 2);
  expect(stdout).toContain('spec.subnets.default.subnet: "10.10.1.0/24" → "10.10.9.0/24"');
  expect(stdout).not.toContain('vlan');
});

test('a maintenance window holds the objects until its end', async () => {
  const project = await clusterProject({ 'desired/objects.yaml': NAMESPACE });
  await project.run('apply --yes');
  await project.run('drift --record');
  // Each day has its window.
  const window = '{ cron: "0 0 * * *", for: 1d, reason: upgrade of the spines }';
  project.write({
    'desired/fabric.yaml': fabric(`, maintenance: [${window}]`),
    'desired/objects.yaml': [NAMESPACE, vpc(1001)].join('---\n'),
  });
  const plan = await project.plan();
  expect(plan.deferred_changes.map(({ reason, resource_change: { address } }) => [reason, address])).toEqual([
    ['suspended', 'fabric/VPC/prod/default/vpc-1'],
  ]);
  expect((await project.run('plan')).stdout).toContain('upgrade of the spines');
  await project.run('apply --yes');
  expect(await shown(project)).toMatchObject({ state: 'MAINTENANCE', kept: { maintenance_by: 'window' } });
  // The applied window counts until the row that removes it is applied.
  project.write({ 'desired/fabric.yaml': fabric() });
  expect((await project.plan()).deferred_changes.map(({ reason }) => reason)).toEqual(['suspended']);
  await project.run('apply --yes');
  await project.run('apply --yes');
  expect(await shown(project)).toMatchObject({ state: 'ACTIVE' });
  expect(await moves(project)).toEqual(
    expect.arrayContaining(['status: ACTIVE > MAINTENANCE (window)', 'status: MAINTENANCE > ACTIVE (end)']),
  );
});

test('a decommissioned Fabric is cleaned up after its own row, and is never active again', async () => {
  const attachment = manifest('VPCAttachment', 'a-1', '{ subnet: vpc-1/default, connection: c-1 }');
  const project = await clusterProject({ 'desired/objects.yaml': [NAMESPACE, vpc(1001), attachment].join('---\n') });
  await project.run('apply --yes');
  await project.run('drift --record');
  project.write({ 'desired/fabric.yaml': fabric(', status: DECOMMISSIONED') });
  const first = await project.plan();
  expect(first.resource_changes.map(({ address, step }) => `${address} ${step}`)).toEqual([
    'fabric/Fabric/prod ACTIVE>DECOMMISSIONED',
  ]);
  // Every removal waits for its turn: also of what the cluster refuses to remove today, because it is still in use.
  expect(first.deferred_changes.map(({ reason, resource_change: { address } }) => [address, reason])).toEqual([
    ['fabric/IPv4Namespace/prod/default/default', 'dependency'],
    ['fabric/VPC/prod/default/vpc-1', 'dependency'],
    ['fabric/VPCAttachment/prod/default/a-1', 'suspended'],
  ]);
  expect(first.rejected_changes).toEqual([]);
  await project.run('apply --yes');
  await project.run('apply --yes --until-settled');
  expect(await shown(project)).toMatchObject({ state: 'DECOMMISSIONED', others: { sync: 'OUT_OF_SYNC' } });
  expect((await project.plan()).resource_changes).toEqual([]);
  project.write({ 'desired/fabric.yaml': fabric(', status: ACTIVE') });
  expect((await project.plan()).checks).toMatchObject([{ code: 'forbidden-status' }]);
  // Without the status in the document, the Fabric stays out of service too.
  project.write({ 'desired/fabric.yaml': fabric() });
  const { resource_changes: rows, rejected_changes: rejected } = await project.plan();
  expect(rows).toEqual([]);
  expect(new Set(rejected.map(({ reason }) => reason))).toEqual(new Set(['suspended']));
});

test('a removal is rejected while an object that depends on it stays', async () => {
  const attachment = manifest('VPCAttachment', 'a-1', '{ subnet: vpc-1/default, connection: c-1 }');
  const project = await clusterProject({ 'desired/objects.yaml': [NAMESPACE, vpc(1001), attachment].join('---\n') });
  await project.run('apply --yes');
  project.write({ 'desired/objects.yaml': attachment });
  expect(
    (await project.plan()).rejected_changes.map(({ reason, resource_change: { address } }) => [address, reason]),
  ).toEqual([
    ['fabric/IPv4Namespace/prod/default/default', 'dependency'],
    ['fabric/VPC/prod/default/vpc-1', 'dependency'],
  ]);
  // A maintenance holds the creation of an object, and of one that the cluster refuses without it.
  await project.run('fabric maintain prod --until 2h --reason upgrade');
  const second = manifest('VPC', 'vpc-2', '{ subnets: { default: { subnet: 10.10.2.0/24, vlan: 1002 } } }');
  const its = manifest('VPCAttachment', 'a-2', '{ subnet: vpc-2/default, connection: c-1 }');
  project.write({ 'desired/objects.yaml': [NAMESPACE, vpc(1001), attachment, second, its].join('---\n') });
  const held = await project.plan();
  expect(held.rejected_changes).toEqual([]);
  expect(held.deferred_changes.map(({ resource_change: { address } }) => address)).toEqual([
    'fabric/VPC/prod/default/vpc-2',
    'fabric/VPCAttachment/prod/default/a-2',
  ]);
});

test('an object of a cluster belongs to one Fabric: another name for the cluster ends no maintenance', async () => {
  const project = await clusterProject({ 'desired/objects.yaml': [NAMESPACE, vpc(1001)].join('---\n') });
  await project.run('apply --yes');
  await project.run('fabric maintain prod --until 2h --reason upgrade');
  const renamed = FABRIC.replace('name: prod', 'name: other');
  // Renamed, and as a second one.
  for (const documents of [renamed, [FABRIC, renamed].join('---\n')]) {
    project.write({ 'desired/fabric.yaml': documents, 'desired/objects.yaml': [NAMESPACE, vpc(1002)].join('---\n') });
    const { resource_changes: rows, rejected_changes: rejected } = await project.plan();
    expect(rows).toEqual([]);
    expect(rejected).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          reason: 'same-place',
          resource_change: expect.objectContaining({ address: 'fabric/VPC/other/default/vpc-1' }),
        }),
      ]),
    );
  }
});

test('a maintenance of a cluster holds the new objects of every Fabric for it', async () => {
  const second = (context: string): string =>
    `apiVersion: fabric/v1\nkind: Fabric\nmetadata: { name: other }\nspec: { context: ${context}, manifests: [other/] }\n`;
  const project = await clusterProject({
    'desired/fabric.yaml': fabric(', manifests: [objects.yaml]'),
    'desired/objects.yaml': [NAMESPACE, vpc(1001)].join('---\n'),
  });
  await project.run('apply --yes');
  await project.run('fabric maintain prod --until 2h --reason upgrade');
  project.write({
    'desired/other.yaml': second('sandbox'),
    'desired/other/new.yaml': vpc(1003).replaceAll('vpc-1', 'vpc-9'),
  });
  const held = await project.plan();
  expect(held.resource_changes).toEqual([]);
  expect(held.deferred_changes).toMatchObject([
    { reason: 'suspended', resource_change: { address: 'fabric/VPC/other/default/vpc-9' } },
  ]);
  expect((await project.run('plan')).stdout).toContain('fabric/Fabric/prod has been in maintenance since');
  // A declared maintenance holds them before its own row.
  await project.run('fabric maintain prod --end');
  project.write({ 'desired/fabric.yaml': fabric(', manifests: [objects.yaml], status: MAINTENANCE') });
  expect((await project.plan()).deferred_changes).toMatchObject([{ reason: 'suspended' }]);
  project.write({ 'desired/fabric.yaml': fabric(', manifests: [objects.yaml]') });
  expect((await project.plan()).resource_changes).toMatchObject([{ address: 'fabric/VPC/other/default/vpc-9' }]);
});

test('a schedule waits for the next test of a failed connection, unless the login changes', async () => {
  const project = await clusterProject({ 'desired/objects.yaml': NAMESPACE });
  await project.run('apply --yes');
  const error = internalError('the server is currently unable to handle the request');
  project.emulator.inject({ path: '/api/v1', times: 1, mishap: { kind: 'error', error } });
  await project.run('drift --record', 4);
  expect(await shown(project)).toMatchObject({
    others: { connection: 'FAILED' },
    kept: { connection_failures: 1, next_test: expect.any(String) },
  });
  // The server answers again: a schedule with backoff does not know yet.
  await project.run('drift --record --backoff', 4);
  expect((await shown(project)).others).toMatchObject({ connection: 'FAILED' });
  project.login('another-token');
  await project.run('drift --record --backoff', 4);
  expect((await shown(project)).kept).toMatchObject({ connection_failures: 2 });
  project.login(project.emulator.adminToken);
  await project.run('drift --record --backoff');
  expect(await shown(project)).toMatchObject({ others: { connection: 'CONNECTED' } });
  expect((await shown(project)).kept).not.toHaveProperty('next_test');
});

test('a person is never kept waiting by a backoff', async () => {
  const project = await clusterProject({ 'desired/objects.yaml': NAMESPACE });
  const error = internalError('the server is currently unable to handle the request');
  project.emulator.inject({ path: '/api/v1', times: 1, mishap: { kind: 'error', error } });
  await project.run('apply --yes', 4);
  await project.run('apply --yes');
  expect((await shown(project)).others).toMatchObject({ connection: 'CONNECTED' });
});

test.each([
  [', status: auto', 'needs the Application'],
  [', application: { name: fabric }', 'only with `status: auto`'],
  [', inCluster: true', 'one of `context`, `server` and `inCluster`'],
  [', maintenance: [{ cron: "0 61 * * *", for: 1h, reason: x }]', 'not a cron expression'],
  [', maintenance: [{ cron: "0 6 * * *", for: 1h, timezone: Foo/Bar, reason: x }]', 'unknown time zone'],
  [', maintenance: [{ cron: "0 6 * * *", for: 367d, reason: x }]', '1ms to 366d'],
])('a document with%s is invalid', async (more, words) => {
  const project = await clusterProject({ 'desired/fabric.yaml': fabric(more) });
  expect((await project.run('validate', 1)).stderr).toContain(words);
});
