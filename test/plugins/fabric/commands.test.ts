/** The commands of the plugin: `fettle fabric …`, by the command line, on an emulated cluster. */

import { describe, expect, test } from 'vitest';
import { type ClusterProject, clusterProject, FABRIC, manifest } from './cluster.ts';

const NAMESPACE = manifest('IPv4Namespace', 'default', '{ subnets: [10.10.0.0/16] }');
const vpc = (vlan: number): string =>
  manifest('VPC', 'vpc-1', `{ subnets: { default: { subnet: 10.10.1.0/24, vlan: ${vlan} } } }`);

async function applied(): Promise<ClusterProject> {
  const project = await clusterProject({ 'desired/objects.yaml': [NAMESPACE, vpc(1001)].join('---\n') });
  await project.run('apply --yes');
  return project;
}

interface Kept {
  readonly state: string;
  readonly others: Readonly<Record<string, string>>;
  readonly kept: Readonly<Record<string, unknown>>;
}

async function fabricState({ run }: ClusterProject): Promise<Kept> {
  return JSON.parse((await run('state show fabric/Fabric/prod --format json')).stdout) as Kept;
}

describe('fabric status and test', () => {
  test('show the states, and record a test with its command', async () => {
    const project = await applied();
    expect((await project.run('fabric status')).stdout).toBe('prod: ACTIVE, CONNECTED, IN_SYNC. Next: nothing\n');
    expect((await project.run('fabric test prod')).stdout).toContain('prod: CONNECTED (https://127.0.0.1:');
    project.login('wrong');
    expect((await project.run('fabric test prod', 4)).stdout).toContain('prod: FAILED');
    expect((await fabricState(project)).others).toEqual({ connection: 'FAILED', sync: 'OUT_OF_SYNC' });
    expect((await project.run('fabric status')).stdout).toContain('Next: restore the connection');
    const why = (await project.run('log why fabric/Fabric/prod')).stdout;
    expect(why).toContain('CONNECTED');
    expect((await project.run('log list --last 6')).stdout).toContain('fabric test');
    expect((await project.run('fabric test pord', 1)).stderr).toContain('did you mean prod?');
  });
});

describe('fabric sync and reconcile', () => {
  test.each(['sync', 'reconcile'])(
    '%s applies the rows of the fabric, with the same rules and approval',
    async (name) => {
      const project = await applied();
      project.write({ 'desired/objects.yaml': [NAMESPACE, vpc(1003)].join('---\n') });
      // Without a terminal, an approval is needed.
      await project.run(`fabric ${name} prod`, 1);
      expect((await project.run(`fabric ${name} prod --yes`)).stdout).toContain('fabric/VPC/prod/default/vpc-1: done');
      expect((await project.plan()).resource_changes).toEqual([]);
      expect((await project.run('log list --last 12')).stdout).toContain(`fabric ${name}`);
    },
  );
});

test('a gap of one Fabric does not concern commands on another', async () => {
  const project = await applied();
  project.write({
    'desired/fabric.yaml': FABRIC.replace('sandbox', 'sandbox, manifests: [objects.yaml]'),
    'desired/other.yaml':
      'apiVersion: fabric/v1\nkind: Fabric\nmetadata: { name: other }\nspec: { context: gone, manifests: [other/] }\n',
    'desired/other/vpc.yaml': vpc(1001),
    'desired/objects.yaml': [NAMESPACE, vpc(1003)].join('---\n'),
  });
  const { stdout } = await project.run('fabric sync prod --yes');
  expect(stdout).not.toContain('other');
  expect((await project.run('plan', 4)).stdout).toContain('fabric/VPC/other/default/vpc-1  could not be read');
  expect((await project.run('fabric sync other --yes', 4)).stdout).toContain('could not be read');
  await project.run('drift --target fabric/**/prod/**');
  await project.run('drift --target fabric/**/other/**', 4);
});

test('the name of a Fabric is not a glob', async () => {
  const project = await applied();
  const other =
    'apiVersion: fabric/v1\nkind: Fabric\nmetadata: { name: "*" }\nspec: { context: sandbox, manifests: [none/] }\n';
  project.write({ 'desired/other.yaml': other, 'desired/objects.yaml': [NAMESPACE, vpc(1003)].join('---\n') });
  await project.run('fabric sync * --yes');
  expect((await project.plan()).resource_changes).toMatchObject([{ address: 'fabric/VPC/prod/default/vpc-1' }]);
});

describe('fabric maintain', () => {
  test('holds the objects until its end, and a later document ends it', async () => {
    const project = await applied();
    expect((await project.run('fabric maintain prod --until 2h', 1)).stderr).toContain('needs a reason');
    expect((await project.run('fabric maintain prod --reason x', 1)).stderr).toContain('--until, or --end');
    await project.run('fabric maintain prod --until 2h --reason upgrade');
    expect(await fabricState(project)).toMatchObject({
      state: 'MAINTENANCE',
      kept: { maintenance_by: 'request', request_reason: 'upgrade', request_by: expect.any(String) },
    });
    project.write({ 'desired/objects.yaml': [NAMESPACE, vpc(1003)].join('---\n') });
    expect((await project.plan()).deferred_changes.map(({ reason }) => reason)).toEqual(['suspended']);
    expect((await project.run('plan')).stdout).toMatch(
      /has been in maintenance since \S+: upgrade \(HH-STATE-024\); clears at/u,
    );
    // A later document of the Fabric overrides the request.
    project.write({ 'desired/fabric.yaml': FABRIC.replace('groups: [', 'groups: [more.example.com, ') });
    const overriding = await project.plan();
    expect(overriding.deferred_changes.map(({ reason }) => reason)).toEqual(['suspended']);
    expect(overriding.resource_changes).toMatchObject([
      {
        step: 'MAINTENANCE>ACTIVE',
        because: expect.stringMatching(/ends the maintenance that .* requested .*: upgrade/u),
      },
    ]);
    // A recorded refresh does not end the maintenance: only the row does.
    await project.run('drift --record');
    expect(await fabricState(project)).toMatchObject({ state: 'MAINTENANCE' });
    await project.run('apply --yes');
    expect(await fabricState(project)).toMatchObject({ state: 'ACTIVE' });
    expect((await project.plan()).resource_changes).toMatchObject([{ address: 'fabric/VPC/prod/default/vpc-1' }]);
    // The former document does not revive the request.
    project.write({ 'desired/fabric.yaml': FABRIC });
    await project.run('apply --yes');
    const { state, kept } = await fabricState(project);
    expect(state).toBe('ACTIVE');
    expect(kept).not.toHaveProperty('request_until');
  });

  test.each([
    ['--until 9999999999d --reason x', 'at most 366d'],
    ['--until 9999-12-31T23:59:59Z --reason x', 'at most 366d'],
    ['--until 2020-01-01T00:00:00Z --reason x', 'in the past'],
    ['--until 1h --end', '--until or --end'],
    ['--until 1h --reason " "', 'needs a reason'],
    [`--until 1h --reason ${'x'.repeat(1001)}`, 'at most 1000 characters'],
  ])('%s is refused', async (line, words) => {
    const project = await applied();
    const { stderr } = await project.run(`fabric maintain prod ${line}`, 1);
    expect(stderr).toContain(words);
    expect(stderr).not.toContain('internal error');
  });

  test('ends by --end, and is refused for a Fabric that is not in service', async () => {
    const project = await applied();
    await project.run('fabric maintain prod --until 2h --reason upgrade');
    await project.run('fabric maintain prod --end');
    expect(await fabricState(project)).toMatchObject({ state: 'ACTIVE' });
    expect((await project.run('fabric maintain prod --end', 1)).stderr).toContain(
      'no maintenance of prod is requested',
    );
    project.write({
      'desired/fabric.yaml': FABRIC.replace('context: sandbox', 'context: sandbox, status: DECOMMISSIONED'),
    });
    await project.run('apply --yes');
    const { stderr } = await project.run('fabric maintain prod --until 2h --reason x', 1);
    expect(stderr).toContain('cannot move from DECOMMISSIONED to MAINTENANCE (HH-STATE-001)');
  });
});

describe('fabric manifest', () => {
  test('prints an object as the cluster has it, without defaults', async () => {
    const project = await applied();
    await project.edit('PATCH', 'vpcs/vpc-1', 'kubectl-edit', { spec: { subnets: { default: { vlan: 1500 } } } });
    const { stdout } = await project.run('fabric manifest fabric/VPC/prod/default/vpc-1');
    expect(stdout).toContain('vlan: 1500');
    expect(stdout).not.toMatch(/ipv4Namespace|managedFields|uid/u);
    expect((await project.run('fabric manifest fabric/VPC/prod/default/none', 1)).stderr).toContain('does not have');
    expect((await project.run('fabric manifest fabric/Fabric/prod', 1)).stderr).toContain(
      'not the address of an object',
    );
  });
});

describe('fabric watch', () => {
  test('names drift, its manager and deletions as they happen', async () => {
    const project = await applied();
    const stop = new AbortController();
    const watching = project.follow('fabric watch prod', stop.signal);
    await watching.until(/watching 1 object of the kind VPC/u);
    await project.edit('PATCH', 'vpcs/vpc-1', 'kubectl-edit', { spec: { subnets: { default: { vlan: 1500 } } } });
    await watching.until(/drift: fabric\/VPC\/prod\/default\/vpc-1 was changed by kubectl-edit/u);
    await project.edit('DELETE', 'vpcs/vpc-1', 'kubectl', {});
    await watching.until(/drift: fabric\/VPC\/prod\/default\/vpc-1 was deleted/u);
    stop.abort();
    expect((await watching.done).code).toBe(130);
  });
});

interface ListedAlert {
  readonly id: string;
  readonly type: string;
  readonly severity: string;
  readonly status: string;
  readonly address: string;
  readonly actions: readonly string[];
  readonly score?: number;
  readonly consolidated?: readonly unknown[];
}

async function alerts({ run }: ClusterProject, more = ''): Promise<readonly ListedAlert[]> {
  const { stdout } = await run(`fabric alerts list${more} --format json`);
  return (JSON.parse(stdout) as { readonly alerts: readonly ListedAlert[] }).alerts;
}

describe('fabric alerts', () => {
  async function drifted(): Promise<ClusterProject> {
    const project = await applied();
    await project.edit('PATCH', 'vpcs/vpc-1', 'kubectl-edit', { spec: { subnets: { default: { vlan: 1500 } } } });
    await project.run('drift --record', 2);
    return project;
  }

  test('drift is one alert, which is updated, acknowledged, and ends with the drift', async () => {
    const project = await drifted();
    const [first, ...more] = await alerts(project);
    expect(more).toEqual([]);
    // One of one top-level key of the specification differs.
    expect(first).toMatchObject({ type: 'drift_detected', severity: 'high', status: 'active', score: 1 });
    expect((await project.run('fabric alerts list')).stdout).toContain('drift_detected  fabric/VPC/prod/default/vpc-1');
    await project.run('drift --record', 2);
    expect((await alerts(project)).map(({ id }) => id)).toEqual([first?.id]);
    await project.run(`fabric alerts acknowledge ${first?.id}`);
    expect(await alerts(project)).toMatchObject([{ id: first?.id, status: 'acknowledged' }]);
    expect((await project.run(`fabric alerts acknowledge ${first?.id}`, 1)).stderr).toContain('is acknowledged');
    await project.run('apply --yes');
    await project.run('drift --record');
    expect(await alerts(project, ' --all')).toEqual([]);
  });

  test('only suggested actions resolve an alert, and a dry run resolves nothing', async () => {
    const project = await drifted();
    const [{ id } = { id: '' }] = await alerts(project);
    const { stderr } = await project.run(`fabric alerts resolve ${id} --action delete_from_cluster`, 1);
    expect(stderr).toContain('Use update_git, import_to_git, ignore');
    expect((await project.run(`fabric alerts resolve ${id} --action ignore --dry-run`)).stdout).toContain('would be');
    expect(await alerts(project)).toHaveLength(1);
    const { stdout } = await project.run(`fabric alerts resolve ${id} --action import_to_git`);
    expect(stdout).toContain('fettle fabric manifest fabric/VPC/prod/default/vpc-1');
    expect(await alerts(project)).toEqual([]);
    // The same condition stays closed, and another one is a new alert.
    await project.run('drift --record', 2);
    expect(await alerts(project)).toEqual([]);
    expect(await alerts(project, ' --all')).toMatchObject([{ id, status: 'resolved', action: 'import_to_git' }]);
    await project.edit('PATCH', 'vpcs/vpc-1', 'kubectl-edit', {
      spec: { subnets: { default: { vlan: 1500, subnet: '10.10.7.0/24' } } },
    });
    await project.run('drift --record', 2);
    const [again] = await alerts(project);
    expect(again).toMatchObject({ status: 'active', type: 'drift_detected' });
    expect(again?.id).not.toBe(id);
  });

  test('a suppression needs a reason, and an unknown id is an error', async () => {
    const project = await drifted();
    const [{ id } = { id: '' }] = await alerts(project);
    await project.run(`fabric alerts suppress ${id}`, 1);
    await project.run(`fabric alerts suppress ${id} --reason known`);
    expect(await alerts(project)).toEqual([]);
    expect((await project.run('fabric alerts suppress 12345678 --reason x', 1)).stderr).toContain(
      'no alert has the id',
    );
  });

  test('an object that somebody deleted, and a failed connection, are alerts; a maintenance begins none', async () => {
    const project = await applied();
    await project.edit('DELETE', 'vpcs/vpc-1', 'kubectl', {});
    await project.run('drift --record', 2);
    expect(await alerts(project)).toMatchObject([{ type: 'creation_pending', severity: 'medium' }]);
    project.login('wrong');
    await project.run('drift --record', 4);
    expect(await alerts(project)).toMatchObject([
      { type: 'connection_failure', severity: 'high', address: 'fabric/Fabric/prod' },
      { type: 'creation_pending' },
    ]);
    project.login(project.emulator.adminToken);
    await project.run('apply --yes');
    await project.run('drift --record');
    expect(await alerts(project, ' --all')).toEqual([]);
    await project.run('fabric maintain prod --until 2h --reason upgrade');
    await project.edit('PATCH', 'vpcs/vpc-1', 'kubectl-edit', { spec: { subnets: { default: { vlan: 1500 } } } });
    await project.run('drift --record', 2);
    expect(await alerts(project, ' --all')).toEqual([]);
  });
});
