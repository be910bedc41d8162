/** Objects of a cluster from manifest to object: plans by dry run, applies, drift, conflicts, removals. */

import { describe, expect, it } from 'vitest';
import { compareText, type Json, valueAt } from '#plugin';
import { internalError } from '../../../plugins/fabric/sandbox/status.ts';
import {
  type ClusterProject,
  clusterProject,
  DEFINITIONS,
  definition,
  HOOKS,
  liveObject,
  manifest,
  never,
  placeOf,
} from './cluster.ts';

const NAMESPACES = `${manifest('IPv4Namespace', 'default', '{ subnets: [10.10.0.0/16] }')}---\n${manifest('VLANNamespace', 'default', '{ ranges: [{ from: 1000, to: 2999 }] }')}`;
const vpc = (name: string, vlan: number, more = ''): string =>
  manifest('VPC', name, `{ subnets: { default: { subnet: 10.10.${vlan - 1000}.0/24, vlan: ${vlan} } }${more} }`);
const attachment = (name: string, subnet: string): string =>
  manifest('VPCAttachment', name, `{ subnet: ${subnet}, connection: server-1 }`);

const whole = {
  'desired/namespaces.yaml': NAMESPACES,
  'desired/vpc.yaml': vpc('vpc-1', 1001),
  'desired/attachment.yaml': attachment('one', 'vpc-1/default'),
};

describe('the first plan on an empty cluster', () => {
  it('proves what the cluster accepts, leaves the rest unproven, and applies everything at the first try', async () => {
    const project = await clusterProject(whole);
    const plan = await project.plan();
    expect(plan.rejected_changes).toEqual([]);
    expect(plan.resource_changes.map(({ address, proven }) => [address, proven])).toEqual([
      ['fabric/IPv4Namespace/prod/default/default', true],
      ['fabric/VLANNamespace/prod/default/default', true],
      ['fabric/VPC/prod/default/vpc-1', false],
      ['fabric/VPCAttachment/prod/default/one', false],
    ]);
    expect(plan.resource_changes[2]?.warnings.join()).toContain('IPv4Namespace default not found');
    await project.run('apply --yes');
    expect((await project.plan()).resource_changes).toEqual([]);
    await project.run('drift');
  });

  it('rejects a reference that nothing in the plan creates, with the words of the cluster', async () => {
    const project = await clusterProject({ 'desired/a.yaml': attachment('one', 'nope/default') });
    const plan = await project.plan();
    expect(plan.resource_changes).toEqual([]);
    expect(plan.rejected_changes).toMatchObject([
      {
        reason: 'refused',
        reasons: [
          {
            message:
              'The cluster refuses the step: vvpcattachment.kb.io: failed to validate vpc attachment: vpc nope not found (HH-K8S-011)',
          },
        ],
      },
    ]);
  });
});

describe('a plan after an apply', () => {
  it('needs no dry run while nothing changed: one list of each kind', async () => {
    const project = await clusterProject(whole);
    await project.run('apply --yes');
    const before = project.emulator.seen.length;
    await project.run('plan --detailed-exitcode');
    const requests = project.emulator.seen.slice(before);
    expect(requests.filter(({ method }) => method !== 'GET')).toEqual([]);
    const lists = requests
      .map(({ url }) => url.split('?')[0])
      .filter((path) => /namespaces\/default\/[^/]+$/u.test(path ?? ''));
    expect(lists.map((path) => path?.split('/').at(-1) ?? '').toSorted(compareText)).toEqual([
      'ipv4namespaces',
      'vlannamespaces',
      'vpcattachments',
      'vpcs',
    ]);
  });

  it.each([
    [
      'an object',
      async (project: ClusterProject) => project.edit('PATCH', 'vpcs/vpc-1', 'x', { metadata: { labels: { a: 'b' } } }),
    ],
    [
      'a document',
      async (project: ClusterProject) =>
        project.write({ 'desired/vpc.yaml': vpc('vpc-1', 1001, ', defaultIsolated: true') }),
    ],
  ] as const)('tries an object again after a change of %s', async (_what, change) => {
    const project = await clusterProject(whole);
    await project.run('apply --yes');
    await change(project);
    const before = project.emulator.seen.length;
    await project.plan();
    const tried = project.emulator.seen.slice(before).filter(({ url }) => url.includes('dryRun'));
    expect(tried.map(({ url }) => url.split('?')[0]?.split('/').at(-1))).toEqual(['vpc-1']);
  });
});

describe('an edit', () => {
  it('shows the differences that the cluster would make, and applies them in at most four requests', async () => {
    const project = await clusterProject(whole);
    await project.run('apply --yes');
    project.write({ 'desired/vpc.yaml': vpc('vpc-1', 1001, ', defaultIsolated: true') });
    const plan = await project.plan();
    expect(plan.resource_changes).toMatchObject([
      { step: 'PENDING>SYNCED', cause: 'edit', proven: true, change: { after: { spec: { defaultIsolated: true } } } },
    ]);
    const before = project.emulator.seen.length;
    await project.run(`apply --yes --plan-digest ${plan.plan_digest}`);
    const own = project.emulator.seen.slice(before).filter(({ url }) => url.includes('/vpcs/vpc-1'));
    // The dry run of the plan, and the requests of the action: read, dry run, apply, read.
    expect(own.map(({ method, url }) => `${method}${url.includes('dryRun') ? ' dry run' : ''}`)).toEqual([
      'PATCH dry run',
      'GET',
      'PATCH dry run',
      'PATCH',
      'GET',
    ]);
    expect(await liveObject(project, 'VPC', 'vpc-1')).toMatchObject({ spec: { defaultIsolated: true } });
  });

  it('makes the row stale if the object changes after the plan was approved', async () => {
    const project = await clusterProject(whole);
    await project.run('apply --yes');
    project.write({ 'desired/vpc.yaml': vpc('vpc-1', 1001, ', defaultIsolated: true') });
    await project.run('plan -o plan.json');
    const other = await project.as('other');
    const place = await placeOf(other, 'VPC', 'vpc-1');
    const live = await liveObject(project, 'VPC', 'vpc-1');
    const body = {
      apiVersion: 'vpc.githedgehog.com/v1beta1',
      kind: 'VPC',
      metadata: { name: 'vpc-1', namespace: 'default' },
      spec: { description: 'x' },
    };
    expect((await other.apply({ place, body }, never)).done).toBe(true);
    expect(live).toBeDefined();
    await project.run('apply plan.json --yes', 6);
  });
});

describe('drift', () => {
  it('is a field of ours that somebody changed: the row names them, and takes the field back', async () => {
    const project = await clusterProject(whole);
    await project.run('apply --yes');
    await project.edit('PATCH', 'vpcs/vpc-1', 'kubectl-edit', { spec: { subnets: { default: { vlan: 1500 } } } });
    const { stdout } = await project.run('drift', 2);
    expect(stdout).toMatch(/vlan: 1001 → 1500 {2}\(changed by kubectl-edit at 20\S+Z; applied 20/u);
    expect((await project.run('drift --format markdown', 2)).stdout).toMatch(
      /<br>changed by kubectl-edit at <code>20\S+Z</u,
    );
    expect(JSON.parse((await project.run('drift --format json', 2)).stdout)).toMatchObject({
      resource_drift: [{ changed_by: expect.stringMatching(/^kubectl-edit at 20\S+Z$/u) }],
    });
    const plan = await project.plan();
    expect(plan.resource_changes).toMatchObject([{ step: 'DRIFTED>SYNCED', cause: 'drift' }]);
    expect(plan.resource_changes[0]?.because).toMatch(/kubectl-edit at 20\S+Z changed it/u);
    await project.run('apply --yes');
    expect(await liveObject(project, 'VPC', 'vpc-1')).toMatchObject({ spec: { subnets: { default: { vlan: 1001 } } } });
    await project.run('drift');
  });

  it('heals a field of ours that somebody removed', async () => {
    const project = await clusterProject(whole);
    await project.run('apply --yes');
    await project.edit('PATCH', 'vpcs/vpc-1', 'kubectl-edit', { spec: { subnets: { default: { vlan: null } } } });
    await project.run('drift', 2);
    await project.run('apply --yes');
    expect(await liveObject(project, 'VPC', 'vpc-1')).toMatchObject({ spec: { subnets: { default: { vlan: 1001 } } } });
  });

  it('does not touch a field that another applier took over, unless an override says so', async () => {
    const project = await clusterProject(whole);
    await project.run('apply --yes');
    const cluster = await project.as('other');
    const place = await placeOf(cluster, 'VPC', 'vpc-1');
    const live = await liveObject(project, 'VPC', 'vpc-1');
    const patched = await cluster.apply(
      {
        place,
        force: true,
        body: {
          apiVersion: 'vpc.githedgehog.com/v1beta1',
          kind: 'VPC',
          metadata: {
            name: 'vpc-1',
            namespace: 'default',
            resourceVersion: valueAt(live, '/metadata/resourceVersion') ?? null,
          },
          spec: { subnets: { default: { vlan: 1500 } } },
        },
      },
      never,
    );
    expect(patched.done).toBe(true);
    const plan = await project.plan();
    expect(plan.rejected_changes).toMatchObject([{ reason: 'field-owned-by-others' }]);
    expect(plan.rejected_changes[0]?.reasons[0]?.message).toMatch(
      /^fettle:other owns \.spec\.subnets\.default\.vlan since 20\S+Z$/u,
    );
    const override =
      '--override field-owned-by-others@fabric/VPC/prod/default/vpc-1 --reason "the manifests are the source"';
    await project.run(`apply --yes ${override}`);
    expect(await liveObject(project, 'VPC', 'vpc-1')).toMatchObject({ spec: { subnets: { default: { vlan: 1001 } } } });
  });
});

describe('a field that left its document', () => {
  const isolated = vpc('vpc-1', 1001, ', defaultIsolated: true');

  it('and that another manager owns too is a finding without a row, and a warning of a row', async () => {
    const project = await clusterProject({ ...whole, 'desired/vpc.yaml': isolated });
    await project.run('apply --yes');
    const cluster = await project.as('other');
    const place = await placeOf(cluster, 'VPC', 'vpc-1');
    const body = {
      apiVersion: 'vpc.githedgehog.com/v1beta1',
      kind: 'VPC',
      metadata: { name: 'vpc-1', namespace: 'default' },
      spec: { defaultIsolated: true },
    };
    expect(await cluster.apply({ place, body }, never)).toMatchObject({ done: true });
    project.write({ 'desired/vpc.yaml': vpc('vpc-1', 1001) });
    const words =
      'The object keeps .spec.defaultIsolated, which left the document, because fettle:other owns it too. Declare another value, or remove the field in the cluster';
    const first = await project.plan();
    expect(first.resource_changes).toEqual([]);
    expect(first.checks).toMatchObject([
      { code: 'field-kept', message: words },
      {
        code: 'set-by-others',
        message: expect.stringMatching(/^fettle:other set \.spec\.defaultIsolated at 20\S+Z, which/u),
      },
    ]);
    project.write({ 'desired/vpc.yaml': vpc('vpc-1', 1002) });
    const [row] = (await project.plan()).resource_changes;
    expect(row?.warnings).toEqual([`not-as-sent: ${words}`]);
  });
});

describe('peerings', () => {
  const peering = (permit: string): string => manifest('VPCPeering', 'one', `{ permit: [${permit}] }`);

  it('are summarized as the VPCs that reach each other before and after the plan', async () => {
    const project = await clusterProject({
      'desired/namespaces.yaml': NAMESPACES,
      'desired/vpc.yaml': `${vpc('vpc-1', 1001)}---\n${vpc('vpc-2', 1002)}`,
      'desired/peering.yaml': peering('{ vpc-1: { subnets: [default] }, vpc-2: {} }'),
    });
    const lines = async (): Promise<readonly string[]> =>
      ((await project.plan()).summaries ?? []).flatMap((each) => each.lines);
    const by = 'by fabric/VPCPeering/prod/default/one';
    expect(await lines()).toEqual([`+ prod: vpc-1 (default) and vpc-2 (all subnets), ${by}`]);
    await project.run('apply --yes');
    expect(await lines()).toEqual([]);
    project.write({ 'desired/peering.yaml': peering('{ vpc-1: {}, vpc-2: {} }') });
    expect(await lines()).toEqual([
      `+ prod: vpc-1 (all subnets) and vpc-2 (all subnets), ${by}`,
      `- prod: vpc-1 (default) and vpc-2 (all subnets), ${by}`,
    ]);
    project.write({ 'desired/peering.yaml': '# removed\n' });
    expect(await lines()).toEqual([`- prod: vpc-1 (default) and vpc-2 (all subnets), ${by}`]);
  });
});

describe('a peering through a gateway', () => {
  it('is summarized with the addresses that each side exposes, and keeps the subnets that it exposes', async () => {
    const gateway = 'gateway.githedgehog.com';
    const project = await clusterProject(
      {
        'desired/namespaces.yaml': NAMESPACES,
        'desired/vpc.yaml': vpc('vpc-1', 1001),
        'desired/peering.yaml': `apiVersion: ${gateway}/v1alpha1
kind: GatewayPeering
metadata: { name: one, namespace: default }
spec:
  peering:
    vpc-1: { expose: [{ ips: [{ vpcSubnet: default }, { not: 10.10.1.1/32 }], as: [{ cidr: 192.168.1.0/24 }] }] }
    ext.inet: { expose: [{ default: true }] }
`,
      },
      { definitions: [...DEFINITIONS, definition(gateway, 'v1alpha1', 'GatewayPeering', 'gatewaypeerings')] },
    );
    const { summaries = [] } = await project.plan();
    expect(summaries.flatMap(({ lines }) => lines)).toEqual([
      '+ prod: the External inet (default route) and vpc-1 (as 192.168.1.0/24, not 10.10.1.1/32, subnet default) through a gateway, by fabric/GatewayPeering/prod/default/one',
    ]);
    await project.run('apply --yes');
    project.write({
      'desired/vpc.yaml': manifest('VPC', 'vpc-1', '{ subnets: { other: { subnet: 10.10.9.0/24, vlan: 1009 } } }'),
    });
    expect((await project.plan()).rejected_changes).toMatchObject([{ reason: 'subnet-in-use' }]);
    project.write({ 'desired/vpc.yaml': '# removed\n' });
    expect((await project.plan()).rejected_changes).toMatchObject([
      { reason: 'dependency', resource_change: { address: 'fabric/VPC/prod/default/vpc-1' } },
    ]);
  });
});

describe('a warning of the cluster', () => {
  it('is a warning of the row', async () => {
    const hook = {
      group: 'wiring.githedgehog.com',
      kind: 'SwitchGroup',
      validating: {
        name: 'vswitchgroup.kb.io',
        operations: ['CREATE', 'UPDATE'] as const,
        judge: () => ({ warnings: ['groups are deprecated'] }),
      },
    };
    const project = await clusterProject(
      { 'desired/group.yaml': manifest('SwitchGroup', 'a', '{}') },
      { hooks: [...HOOKS, hook] },
    );
    const [row] = (await project.plan()).resource_changes;
    expect(row?.warnings).toEqual(['refused: The cluster warns: groups are deprecated']);
  });
});

describe('a removal', () => {
  it('happens in the reverse order of references, by uid, and only of owned objects', async () => {
    const project = await clusterProject(whole);
    await project.run('apply --yes');
    project.write({
      'desired/vpc.yaml': NAMESPACES,
      'desired/namespaces.yaml': '# moved\n',
      'desired/attachment.yaml': '# removed\n',
    });
    const plan = await project.plan();
    expect(plan.rejected_changes).toEqual([]);
    expect(plan.resource_changes.map(({ address, step, proven }) => [address, step, proven])).toEqual([
      ['fabric/VPC/prod/default/vpc-1', 'ORPHANED>absent', false],
      ['fabric/VPCAttachment/prod/default/one', 'ORPHANED>absent', true],
    ]);
    await project.run('apply --yes');
    expect(await liveObject(project, 'VPC', 'vpc-1')).toBeUndefined();
    expect(await liveObject(project, 'VPCAttachment', 'one')).toBeUndefined();
  });

  it('that the cluster refuses is rejected with its words', async () => {
    const project = await clusterProject(whole);
    await project.run('apply --yes');
    project.write({
      'desired/vpc.yaml': '# removed\n',
      'desired/attachment.yaml': attachment('one', 'vpc-1/default').replace(
        'default }',
        'default, annotations: { fettle.dev/onRemove: release } }',
      ),
    });
    const plan = await project.plan();
    expect(
      plan.rejected_changes.some(({ reasons }) =>
        reasons.some(({ message }) => message.includes('VPC has attachments')),
      ),
    ).toBe(true);
  });
});

describe('a cluster that does not answer', () => {
  it('is a finding of its Fabric and a gap over its objects', async () => {
    const project = await clusterProject(whole);
    await project.run('apply --yes');
    await project.emulator.stop();
    const plan = await project.plan();
    expect(plan.checks).toMatchObject([{ address: 'fabric/Fabric/prod', code: 'unreachable' }]);
    expect(plan.gaps).toHaveLength(1);
    expect(plan.resource_changes).toEqual([]);
  });
});

describe('an object that exists before its manifest', () => {
  const created = {
    apiVersion: 'vpc.githedgehog.com/v1beta1',
    kind: 'VPC',
    metadata: { name: 'vpc-1', namespace: 'default' },
  };
  const subnets = { default: { subnet: '10.10.1.0/24', vlan: 1001 }, old: { subnet: '10.10.2.0/24', vlan: 1002 } };

  it('is adopted first, then its fields are taken over, and a field without a declaration is removed', async () => {
    const project = await clusterProject({ 'desired/namespaces.yaml': NAMESPACES });
    await project.run('apply --yes');
    await project.edit('POST', 'vpcs', 'kubectl-client-side-apply', { ...created, spec: { subnets } });
    project.write({ 'desired/vpc.yaml': vpc('vpc-1', 1001) });
    expect((await project.plan()).resource_changes).toMatchObject([{ goal: 'adopt' }]);
    await project.run('apply --yes');
    await project.run('drift');
    expect((await project.plan()).resource_changes).toMatchObject([
      {
        step: 'PENDING>SYNCED',
        cause: 'edit',
        // The cluster's dry run alone does not show the removal: the former manager still owns the field.
        change: { before: { spec: { subnets: { old: subnets.old } } }, after: {} },
      },
    ]);
    await project.run('apply --yes --until-settled');
    const live = await liveObject(project, 'VPC', 'vpc-1');
    expect(valueAt(live, '/spec/subnets')).toEqual({ default: subnets.default });
    expect((await project.plan()).resource_changes).toEqual([]);
    await project.run('drift');
  });
});

describe('a declared value that the cluster would drop', () => {
  it('is rejected, with the value', async () => {
    const drops = {
      group: 'wiring.githedgehog.com',
      kind: 'VLANNamespace',
      mutating: { name: 'mvlannamespace.kb.io', change: (object: object) => ({ ...object, spec: {} }) as never },
    };
    const project = await clusterProject(
      { 'desired/a.yaml': manifest('VLANNamespace', 'bad', '{ ranges: [{ from: 5000, to: 5001 }] }') },
      { hooks: [drops] },
    );
    const { rejected_changes: rejected } = await project.plan();
    expect(rejected).toMatchObject([
      { reason: 'not-as-sent', reasons: [{ message: 'The cluster would drop /spec/ranges' }] },
    ]);
  });
});

describe('two documents that overlap', () => {
  it('are both rejected, although the cluster would accept each of them alone', async () => {
    const project = await clusterProject({
      'desired/namespaces.yaml': NAMESPACES,
      'desired/vpc.yaml': `${vpc('vpc-1', 1001)}---\n${manifest('VPC', 'vpc-2', '{ subnets: { default: { subnet: 10.10.1.128/25, vlan: 1002 } } }')}`,
    });
    const { rejected_changes: rejected } = await project.plan();
    expect(rejected.map(({ reason, reasons }) => [reason, reasons[0]?.message])).toEqual([
      [
        'one-at-a-time',
        'The object and fabric/VPC/prod/default/vpc-2 share the subnet in the IPv4Namespace default: 10.10.1.0/24 and 10.10.1.128/25',
      ],
      [
        'one-at-a-time',
        'The object and fabric/VPC/prod/default/vpc-1 share the subnet in the IPv4Namespace default: 10.10.1.128/25 and 10.10.1.0/24',
      ],
    ]);
  });
});

describe('a kind whose definition is in the same plan', () => {
  const crd = JSON.stringify(definition('things.example.com', 'v1', 'Thing', 'things'));
  const thing =
    'apiVersion: things.example.com/v1\nkind: Thing\nmetadata: { name: one, namespace: default }\nspec: { size: 3 }\n';

  it('is unproven until the definition exists, and applied in the same run', async () => {
    const project = await clusterProject({ 'desired/crd.yaml': crd, 'desired/thing.yaml': thing });
    const plan = await project.plan();
    expect(plan.resource_changes.map(({ address, proven }) => [address, proven])).toEqual([
      ['fabric/Object/prod/apiextensions.k8s.io/CustomResourceDefinition/_/things.things.example.com', true],
      ['fabric/Object/prod/things.example.com/Thing/default/one', false],
    ]);
    await project.run('apply --yes');
    expect((await project.plan()).resource_changes).toEqual([]);
  });

  it('is never removed without an override: its objects would go with it', async () => {
    const project = await clusterProject({ 'desired/crd.yaml': crd, 'desired/thing.yaml': thing });
    await project.run('apply --yes');
    project.write({ 'desired/crd.yaml': '# removed\n', 'desired/thing.yaml': NAMESPACES });
    expect(
      (await project.plan()).rejected_changes
        .map(({ reasons }) => reasons.map(({ message }) => message))
        .flat()
        .join(),
    ).toContain(
      'Every object in the CustomResourceDefinition things.things.example.com would be deleted with it, those of others too. The cluster has 1 object of the kind',
    );
  });
});

describe('a Namespace', () => {
  it('is never removed without an override, and the row counts its objects by kind', async () => {
    const namespace = 'apiVersion: v1\nkind: Namespace\nmetadata: { name: lab }\n';
    const inLab = (text: string): string => text.replace('namespace: default', 'namespace: lab');
    const objects = ['a', 'b'].map((name) => inLab(manifest('SwitchGroup', name, '{}')));
    const files = { 'desired/namespace.yaml': namespace, 'desired/groups.yaml': objects.join('---\n') };
    const project = await clusterProject(files);
    await project.run('apply --yes');
    project.write({ 'desired/namespace.yaml': '# removed\n', 'desired/groups.yaml': NAMESPACES });
    const message = async (): Promise<string | undefined> =>
      (await project.plan()).rejected_changes
        .flatMap(({ reasons }) => reasons)
        .find(({ rule }) => rule === 'shared-kind')?.message;
    expect(await message()).toMatch(/deleted with it, those of others too\. It contains 2 SwitchGroup/u);
  });
});

describe('an immutable field', () => {
  it('is a rejected row with the way to another value', async () => {
    const project = await clusterProject(
      { 'desired/group.yaml': manifest('SwitchGroup', 'a', '{ fixed: one }') },
      {
        hooks: [
          {
            group: 'wiring.githedgehog.com',
            kind: 'SwitchGroup',
            validating: {
              name: 'vswitchgroup.kb.io',
              operations: ['UPDATE'],
              judge: () => ({ refusal: 'fixed is immutable' }),
            },
          },
        ],
      },
    );
    await project.run('apply --yes');
    project.write({ 'desired/group.yaml': manifest('SwitchGroup', 'a', '{ fixed: two }') });
    expect((await project.run('plan')).stdout).toMatch(
      /fixed is immutable.*\n\s+remedy: declare the former value; for another one, remove the manifest/u,
    );
  });
});

describe('a finalizer', () => {
  it('holds a removed object: the removal is in progress, and names it', async () => {
    const project = await clusterProject({
      'desired/namespaces.yaml': NAMESPACES,
      'desired/vpc.yaml': vpc('vpc-1', 1001),
    });
    await project.run('apply --yes');
    await project.edit('PATCH', 'vpcs/vpc-1', 'controller', { metadata: { finalizers: ['example.com/clean-up'] } });
    project.write({ 'desired/vpc.yaml': '# removed\n', 'desired/more.yaml': manifest('SwitchGroup', 'a', '{}') });
    expect((await project.plan()).resource_changes).toMatchObject([
      { step: 'ORPHANED>DELETING', because: expect.stringContaining('example.com/clean-up') },
      { step: 'absent>SYNCED' },
    ]);
    await project.run('apply --yes');
    const plan = await project.plan();
    expect(plan.resource_changes).toEqual([]);
    expect(plan.checks).toMatchObject([
      {
        code: 'deleting',
        message: expect.stringMatching(/since 20\S+Z, and waits for example\.com\/clean-up \(HH-K8S-026\)$/u),
      },
    ]);
    await project.edit('PATCH', 'vpcs/vpc-1', 'controller', { metadata: { finalizers: null } });
    await project.run('drift --record');
    expect((await project.run('state list')).stdout).not.toContain('vpc-1');
  });
});

describe('a login without the right to write', () => {
  it('gets a plan by comparison, whose rows are unproven', async () => {
    const rules = [{ verbs: ['get', 'list', 'watch'], groups: ['*'], resources: ['*'] }];
    const project = await clusterProject(whole, {
      users: { 'reader-token': { name: 'reader', groups: ['system:authenticated'], rules } },
    });
    await project.run('apply --yes');
    project.write({ 'desired/vpc.yaml': vpc('vpc-1', 1001, ', defaultIsolated: true') });
    project.login('reader-token');
    const plan = await project.plan();
    expect(plan.resource_changes).toMatchObject([{ address: 'fabric/VPC/prod/default/vpc-1', proven: false }]);
    expect(plan.resource_changes[0]?.warnings.join()).toContain('cannot be tried');
  });
});

describe('a webhook that does not answer', () => {
  it('makes the rows of its kind wait, and nothing else', async () => {
    const project = await clusterProject({ ...whole, 'desired/group.yaml': manifest('SwitchGroup', 'a', '{}') });
    await project.run('apply --yes');
    project.write({
      'desired/vpc.yaml': vpc('vpc-1', 1001, ', defaultIsolated: true'),
      'desired/group.yaml': manifest('SwitchGroup', 'b', '{}'),
    });
    const error = internalError('failed calling webhook "mvpc.kb.io": failed to call webhook: connection refused');
    project.emulator.inject({ path: '/vpcs/vpc-1', method: 'PATCH', times: 10, mishap: { kind: 'error', error } });
    const plan = await project.plan();
    expect(plan.deferred_changes.map(({ reason, resource_change: row }) => [reason, row.address])).toEqual([
      ['webhook-down', 'fabric/VPC/prod/default/vpc-1'],
    ]);
    expect(plan.resource_changes.map(({ address }) => address)).toContain('fabric/SwitchGroup/prod/default/b');
  });
});

describe('an object that only the cluster has', () => {
  const twoSubnets = manifest(
    'VPC',
    'vpc-1',
    '{ subnets: { default: { subnet: 10.10.1.0/24, vlan: 1001 }, second: { subnet: 10.10.2.0/24, vlan: 1002 } } }',
  );
  const base = { 'desired/namespaces.yaml': NAMESPACES, 'desired/vpc.yaml': twoSubnets };

  async function make(project: ClusterProject, kind: string, name: string, spec: Json): Promise<void> {
    const cluster = await project.as('somebody');
    const place = await placeOf(cluster, kind, name);
    const { apiVersion } = place.served;
    const body = { apiVersion, kind, metadata: { name, namespace: 'default' }, spec };
    expect(await cluster.apply({ place, body }, never)).toMatchObject({ done: true });
  }

  const rejections = async (project: ClusterProject): Promise<readonly (readonly [string, string | undefined])[]> =>
    (await project.plan()).rejected_changes.map(({ reason, reasons }) => [reason, reasons[0]?.message]);

  it('keeps the subnet that it uses', async () => {
    const project = await clusterProject(base);
    await project.run('apply --yes');
    await make(project, 'VPCAttachment', 'foreign', { subnet: 'vpc-1/second', connection: 'server-1' });
    project.write({ 'desired/vpc.yaml': vpc('vpc-1', 1001) });
    expect(await rejections(project)).toEqual([
      ['subnet-in-use', 'The subnet second is in use by fabric/VPCAttachment/prod/default/foreign'],
    ]);
  });

  it('keeps the subnet that it uses when the VPC is adopted', async () => {
    const project = await clusterProject({ 'desired/namespaces.yaml': NAMESPACES });
    await project.run('apply --yes');
    const subnets = { default: { subnet: '10.10.1.0/24', vlan: 1001 }, second: { subnet: '10.10.2.0/24', vlan: 1002 } };
    await project.edit('POST', 'vpcs', 'kubectl-client-side-apply', {
      apiVersion: 'vpc.githedgehog.com/v1beta1',
      kind: 'VPC',
      metadata: { name: 'vpc-1', namespace: 'default' },
      spec: { subnets },
    });
    await make(project, 'VPCPeering', 'foreign', { permit: [{ 'vpc-1': { subnets: ['second'] }, 'vpc-2': {} }] });
    project.write({ 'desired/vpc.yaml': vpc('vpc-1', 1001) });
    await project.run('apply --yes');
    expect(await rejections(project)).toEqual([
      ['subnet-in-use', 'The subnet second is in use by fabric/VPCPeering/prod/default/foreign'],
    ]);
  });

  it('keeps the mode of its VPC, if the connection has several switches', async () => {
    const project = await clusterProject({ ...base, 'desired/vpc.yaml': vpc('vpc-1', 1001) });
    await project.run('apply --yes');
    await make(project, 'Connection', 'server-1', { eslag: { links: [{ switch: { port: 'leaf-1/E1/1' } }] } });
    await make(project, 'VPCAttachment', 'foreign', { subnet: 'vpc-1', connection: 'server-1' });
    project.write({ 'desired/vpc.yaml': vpc('vpc-1', 1001, ', mode: l3vni') });
    expect(await rejections(project)).toEqual([
      [
        'mode-unsupported-by-attachment',
        'The mode l3vni is not supported by the ESLAG connections of fabric/VPCAttachment/prod/default/foreign',
      ],
    ]);
    await make(project, 'Connection', 'server-2', { unbundled: { link: { switch: { port: 'leaf-1/E1/2' } } } });
    await make(project, 'VPCAttachment', 'foreign', { subnet: 'vpc-1', connection: 'server-2' });
    expect(await rejections(project)).toEqual([]);
  });

  it('keeps the group that it is in', async () => {
    const project = await clusterProject({ ...base, 'desired/group.yaml': manifest('SwitchGroup', 'rack', '{}') });
    await project.run('apply --yes');
    await make(project, 'Switch', 'leaf-1', { groups: ['rack'] });
    project.write({ 'desired/group.yaml': '# removed\n' });
    expect(await rejections(project)).toEqual([
      ['group-in-use', 'The group is in use by fabric/Switch/prod/default/leaf-1'],
    ]);
  });

  it('is named if the cluster refuses a removal because of it, also if other dependants are removed in the plan', async () => {
    const project = await clusterProject(whole);
    await project.run('apply --yes');
    await make(project, 'VPCAttachment', 'foreign', { subnet: 'vpc-1/default', connection: 'server-9' });
    project.write({ 'desired/vpc.yaml': '# removed\n', 'desired/attachment.yaml': '# removed\n' });
    expect(await rejections(project)).toEqual([
      [
        'refused',
        'The cluster refuses the step: vvpc.kb.io: VPC has attachments (HH-K8S-011). Used by fabric/VPCAttachment/prod/default/foreign',
      ],
    ]);
  });

  it('that cannot be listed keeps what it may use', async () => {
    const rules = [
      {
        verbs: ['get', 'list', 'watch', 'create', 'patch', 'delete'],
        groups: ['*'],
        resources: ['vpcs', 'ipv4namespaces', 'vlannamespaces'],
      },
    ];
    const project = await clusterProject(base, {
      users: { 'some-token': { name: 'some', groups: ['system:authenticated'], rules } },
    });
    await project.run('apply --yes');
    project.write({ 'desired/vpc.yaml': vpc('vpc-1', 1001) });
    project.login('some-token');
    expect(await rejections(project)).toEqual([
      ['subnet-in-use', expect.stringContaining('are not known: vpcattachments cannot be listed')],
    ]);
  });
});
