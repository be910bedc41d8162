/** The next step of a node, its fields and its message: in place, with the power off, or a replacement. */

import { absent, resourceWith } from '../../support/resource.ts';
import { describe, expect, it } from 'vitest';
import { auditNode } from '../../../plugins/nodes/audit.ts';
import { diffNode, TOLD_FIELD } from '../../../plugins/nodes/diff.ts';
import type { NodeFacts, NodeResource } from '../../../plugins/nodes/facts.ts';
import type { NodeSpec } from '../../../plugins/nodes/generated.ts';
import { madeWith } from '../../../plugins/nodes/note.ts';
import type { FieldChange, Proposal, Scene, KnownResource } from '#plugin';
import {
  ago,
  changeOf,
  CX23,
  lifeOfNode,
  MINUTE,
  nodeResource,
  type NodeParts,
  nodeSpec,
  orphan,
  poolResource,
  poolSpec,
  refOf,
  sceneOf,
  signalsOf,
} from './node-support.ts';

function propose(resource: KnownResource<NodeResource>, scene: Scene = sceneOf([resource])): Proposal | undefined {
  return diffNode(resource, scene);
}

/** A node that was created from one spec, and a document with another. */
function edited(
  before: Partial<NodeSpec>,
  after: Partial<NodeSpec>,
  parts: NodeParts = {},
): KnownResource<NodeResource> {
  const made = madeWith(nodeSpec(before), {});
  return nodeResource({ ...parts, spec: nodeSpec({ ...before, ...after }), kept: { ...made, ...parts.kept } });
}

const off: NodeParts = {
  signals: signalsOf({ status: 'off', probe: 'none' }),
  observed: { others: { health: 'unhealthy', power: 'off' } },
  state: 'unhealthy',
};

interface Row {
  readonly is: string;
  readonly resource: KnownResource<NodeResource>;
  readonly step: string | undefined;
  readonly goal?: string;
  readonly fields?: readonly FieldChange[];
  readonly because?: string;
}

const network = { id: 5, name: 'inside' };
const attached: NodeFacts = { ...CX23, networks: [{ network, ip: '10.0.0.2', aliasIps: ['10.0.1.2', '10.0.1.1'] }] };

const ROWS: readonly Row[] = [
  { is: 'as it is written', resource: edited({}, {}), step: undefined },
  {
    is: 'not there',
    resource: resourceWith({
      ref: refOf('Node', 'web-1'),
      desired: nodeResource().desired as NonNullable<NodeResource['desired']>,
    }),
    step: 'absent>provisioning',
    goal: 'create',
    because: 'a cx23 from debian-13 in nbg1',
  },
  { is: 'neither there nor written', resource: resourceWith({ ref: refOf('Node', 'web-1') }), step: undefined },
  {
    is: 'renamed by somebody',
    resource: edited({}, {}, { facts: { ...CX23, name: 'mine-now' } }),
    step: 'ready>ready',
    fields: [{ path: '/name', before: 'mine-now', after: 'web-1' }],
  },
  {
    is: 'with labels to set and to remove, and with a foreign one',
    resource: edited(
      { labels: { a: '1', b: '1' } },
      { labels: { a: '2', 'team/c': 'x' } },
      { facts: { ...CX23, labels: { 'fettle/project': 'shop', a: '1', b: '1', theirs: 'stays' } } },
    ),
    step: 'ready>ready',
    goal: 'update',
    fields: [
      { path: '/labels/a', before: '1', after: '2' },
      { path: '/labels/b', before: '1' },
      { path: '/labels/team~1c', after: 'x' },
    ],
  },
  {
    is: 'without the labels that are its own',
    resource: edited({}, { role: 'system' }, { facts: { ...CX23, labels: {} } }),
    step: 'ready>ready',
    fields: [
      { path: '/labels/fettle~1project', after: 'shop' },
      { path: '/labels/fettle~1role', after: 'system' },
    ],
  },
  {
    is: 'a worker that was a system node',
    resource: edited({}, {}, { facts: { ...CX23, labels: { ...CX23.labels, 'fettle/role': 'system' } } }),
    step: 'ready>ready',
    fields: [{ path: '/labels/fettle~1role', before: 'system' }],
  },
  {
    is: 'to be protected',
    resource: edited({}, { protection: true }),
    step: 'ready>ready',
    fields: [{ path: '/protection', before: false, after: true }],
  },
  {
    is: 'protected in half',
    resource: edited({}, { protection: true }, { facts: { ...CX23, protection: { delete: true, rebuild: false } } }),
    step: 'ready>ready',
    fields: [{ path: '/protection', before: false, after: true }],
  },
  {
    is: 'no longer protected, and to be changed: the protection is lifted by a step of its own',
    resource: edited(
      {},
      { protection: false, labels: { a: '1' } },
      { facts: { ...CX23, protection: { delete: true, rebuild: true } } },
    ),
    step: 'ready>ready',
    fields: [{ path: '/protection', before: true, after: false }],
    because: 'The protection at the provider is lifted. Later steps: its labels',
  },
  {
    is: 'protected by somebody, and its document says nothing of that',
    resource: edited({}, {}, { facts: { ...CX23, protection: { delete: true, rebuild: true } } }),
    step: undefined,
  },
  {
    is: 'to be lifted while it is drained',
    resource: edited(
      {},
      { protection: false },
      { state: 'draining', facts: { ...CX23, protection: { delete: true, rebuild: true } } },
    ),
    step: 'draining>draining',
  },
  {
    is: 'to have backups',
    resource: edited({}, { backups: true }),
    step: 'ready>ready',
    fields: [{ path: '/backups', before: false, after: true }],
  },
  {
    is: 'to have none',
    resource: edited({}, { backups: false }, { facts: { ...CX23, backups: true } }),
    step: 'ready>ready',
    fields: [{ path: '/backups', before: true, after: false }],
    because: 'deletes every backup of the server',
  },
  {
    is: 'with backups that its document says nothing of',
    resource: edited({}, {}, { facts: { ...CX23, backups: true } }),
    step: undefined,
  },
  {
    is: 'to be in a network',
    resource: edited({}, { networks: [{ network: 'inside', aliasIps: [] }] }),
    step: 'ready>ready',
    fields: [{ path: '/networks', before: [], after: [{ network: 'inside', aliasIps: [] }] }],
  },
  {
    is: 'in its network, by another name for it and in another order',
    resource: edited(
      {},
      { networks: [{ network: '5', ip: '10.0.0.2', aliasIps: ['10.0.1.1', '10.0.1.2'] }] },
      { facts: attached },
    ),
    step: undefined,
  },
  {
    is: 'in its network, with another address',
    resource: edited(
      {},
      { networks: [{ network: 'inside', ip: '10.0.0.3', aliasIps: ['10.0.1.1', '10.0.1.2'] }] },
      { facts: attached },
    ),
    step: 'ready>ready',
  },
  {
    is: 'in a network that its document says nothing of',
    resource: edited({}, {}, { facts: attached }),
    step: undefined,
  },
  {
    is: 'behind another firewall',
    resource: edited({}, { firewalls: ['web'] }, { facts: { ...CX23, firewalls: [{ id: 3, name: 'old' }] } }),
    step: 'ready>ready',
    fields: [{ path: '/firewalls', before: ['old'], after: ['web'] }],
  },
  {
    is: 'behind the firewall with that id',
    resource: edited({}, { firewalls: ['3'] }, { facts: { ...CX23, firewalls: [{ id: 3, name: 'old' }] } }),
    step: undefined,
  },
  {
    is: 'with a volume more',
    resource: edited({}, { volumes: ['data'] }),
    step: 'ready>ready',
    fields: [{ path: '/volumes', before: [], after: ['data'] }],
  },
  {
    is: 'with a volume that somebody attached',
    resource: edited({}, {}, { facts: { ...CX23, volumes: [{ id: 9, name: 'pvc' }] } }),
    step: undefined,
  },
  {
    is: 'of another type with a disk as large',
    resource: edited(
      {},
      { serverType: 'cx33' },
      { facts: { ...CX23, wanted_type: { disk_gb: 80, architecture: 'x86' } } },
    ),
    step: 'power:on>on',
    goal: 'update',
    fields: [{ path: '/serverType', before: 'cx23', after: 'cx33' }],
    because: 'The server is turned off and on again to change it: its server type',
  },
  {
    is: 'of another type with a smaller disk',
    resource: edited(
      {},
      { serverType: 'cx13' },
      { facts: { ...CX23, wanted_type: { disk_gb: 20, architecture: 'x86' } } },
    ),
    step: 'ready>draining',
    goal: 'replace',
    because: 'its server type cannot be changed',
  },
  {
    is: 'of another architecture',
    resource: edited(
      {},
      { serverType: 'cax11' },
      { facts: { ...CX23, architecture: 'x86', wanted_type: { disk_gb: 40, architecture: 'arm' } } },
    ),
    step: 'ready>draining',
    goal: 'replace',
  },
  {
    is: 'of another type that is unknown',
    resource: edited({}, { serverType: 'cx99' }),
    step: 'power:on>on',
  },
  {
    is: 'in no placement group yet',
    resource: edited({}, { placementGroup: 'apart' }),
    step: 'power:on>on',
    fields: [{ path: '/placementGroup', before: null, after: 'apart' }],
  },
  {
    is: 'of another type, and off',
    resource: edited({}, { serverType: 'cx33' }, off),
    step: 'power:off>off',
  },
  {
    is: 'off',
    resource: edited({}, {}, off),
    step: 'power:off>on',
    fields: [{ path: '/power', before: 'off', after: 'on' }],
  },
  {
    is: 'running, and should be off',
    resource: edited({}, { power: 'off' }),
    step: 'power:on>off',
    fields: [{ path: '/power', before: 'on', after: 'off' }],
  },
  {
    is: 'off, and starting',
    resource: edited({}, {}, { ...off, observed: { others: { health: 'unhealthy', power: 'changing' } } }),
    step: undefined,
  },
  {
    is: 'from another image',
    resource: edited({}, { image: 'debian-14' }),
    step: 'power:on>on',
    goal: 'replace',
    fields: [{ path: '/image', before: 'debian-13', after: 'debian-14' }],
    because: 'destroys the data on its disk',
  },
  { is: 'from the image with that id', resource: edited({}, { image: '7' }), step: undefined },
  {
    is: 'from another image, which replaces it',
    resource: edited({}, { image: 'debian-14', onImageChange: 'replace' }),
    step: 'ready>draining',
    goal: 'replace',
  },
  {
    is: 'from another image, which means nothing to it',
    resource: edited({}, { image: 'debian-14', onImageChange: 'ignore' }),
    step: undefined,
  },
  {
    is: 'from an image that was removed',
    resource: edited({}, { image: 'debian-14' }, { facts: (({ image: _gone, ...rest }) => rest)(CX23) }),
    step: undefined,
  },
  {
    is: 'in another place',
    resource: edited({}, { location: 'fsn1' }),
    step: 'ready>draining',
    goal: 'replace',
    fields: [{ path: '/location', before: 'nbg1', after: 'fsn1' }],
    because: 'because its location cannot be changed. The data on its disk is lost',
  },
  {
    is: 'without a public address',
    resource: edited({}, { publicNet: { ipv4: false, ipv6: true } }),
    step: 'ready>draining',
    goal: 'replace',
    fields: [{ path: '/publicNet/ipv4', before: true, after: false }],
  },
  {
    is: 'with other SSH keys than it was made with',
    resource: edited({ sshKeys: ['a', 'b'] }, { sshKeys: ['a'] }),
    step: 'ready>draining',
    goal: 'replace',
    fields: [{ path: '/sshKeys', after: ['a'] }],
  },
  {
    is: 'with the same SSH keys in another order',
    resource: edited({ sshKeys: ['a', 'b'] }, { sshKeys: ['b', 'a'] }),
    step: undefined,
  },
  {
    is: 'with other user data than it was made with',
    resource: edited({ userData: 'password: 1' }, { userData: 'password: 2' }),
    step: 'ready>draining',
    goal: 'replace',
    fields: [{ path: '/userData', secret: true }],
  },
  {
    is: 'with the same file of user data, and something else in it',
    resource: edited(
      {},
      { userDataFile: 'init.yaml' },
      { kept: { userData: 'sha256:old' }, facts: { ...CX23, userData: 'sha256:new' } },
    ),
    step: 'ready>draining',
    fields: [{ path: '/userDataFile', secret: true }],
  },
  {
    is: 'with a file of user data that cannot be read',
    resource: edited({}, { userDataFile: 'init.yaml' }, { kept: { userData: 'sha256:old' } }),
    step: undefined,
  },
  {
    is: 'with much to do: what disturbs least comes first, and says what comes after',
    resource: edited({}, { labels: { a: '1' }, serverType: 'cx33', image: 'debian-14', location: 'fsn1' }),
    step: 'ready>ready',
    fields: [{ path: '/labels/a', after: '1' }],
    because: 'The server is updated in place: its labels. Later steps: its server type, its image, its location',
  },
  {
    is: 'with a disk that is 90 % full',
    resource: edited({}, {}, { state: 'active', signals: signalsOf({ disk_used_percent: 90 }) }),
    step: undefined,
  },
  {
    is: 'with a disk that is more than 90 % full',
    resource: edited({}, {}, { state: 'active', signals: signalsOf({ disk_used_percent: 90.1 }) }),
    step: 'active>draining',
    goal: 'update',
    because: 'The disk of the node is 90.1 % full; the limit is 90 %',
  },
  {
    is: 'a system node with a full disk',
    resource: edited(
      {},
      { role: 'system' },
      {
        facts: { ...CX23, labels: { ...CX23.labels, 'fettle/role': 'system' } },
        signals: signalsOf({ disk_used_percent: 99 }),
      },
    ),
    step: undefined,
  },
  {
    is: 'drained, and still written',
    resource: edited({}, {}, { state: 'draining', kept: { told_at: ago(0) }, signals: signalsOf({ drains: true }) }),
    step: 'draining>decommissioned',
    goal: 'replace',
  },
  {
    is: 'drained by somebody, without a word to the workload source',
    resource: edited({}, {}, { state: 'draining', signals: signalsOf({ drains: true }) }),
    step: 'draining>draining',
    goal: 'update',
    fields: [{ path: TOLD_FIELD, before: false, after: true }],
  },
  {
    is: 'drained by another program, without a hook to call',
    resource: edited({}, {}, { state: 'draining' }),
    step: 'draining>decommissioned',
  },
  {
    is: 'unhealthy, and to be in another place',
    resource: edited({}, { location: 'fsn1' }, { state: 'unhealthy' }),
    step: 'unhealthy>decommissioned',
    goal: 'replace',
  },
  { is: 'being deleted', resource: edited({}, { location: 'fsn1' }, { state: 'decommissioned' }), step: undefined },
  ...(
    [
      ['ready', 'ready>draining'],
      ['active', 'active>draining'],
      ['idle', 'idle>draining'],
      ['provisioning', 'provisioning>decommissioned'],
      ['initializing', 'initializing>decommissioned'],
      ['draining', 'draining>decommissioned'],
      ['unhealthy', 'unhealthy>decommissioned'],
      ['decommissioned', undefined],
    ] as const
  ).map(
    ([state, step]): Row => ({
      is: `${state}, and no longer declared`,
      resource: orphan({ state }),
      step,
      ...(step === undefined ? {} : { goal: 'remove', because: 'no longer declared' }),
    }),
  ),
  {
    is: 'off, and no longer declared: it is not turned on to be removed',
    resource: orphan({ ...off, signals: signalsOf({ status: 'off' }) }),
    step: 'unhealthy>decommissioned',
  },
  {
    is: 'a machine that no cloud manages',
    resource: nodeResource({ spec: { ...nodeSpec(), provider: 'static' }, observed: { given: true } }),
    step: undefined,
  },
  {
    is: 'a machine without a cloud, which does not exist',
    resource: resourceWith({
      ref: refOf('Node', 'metal'),
      desired: { ...nodeResource().desired, spec: { ...nodeSpec(), provider: 'static' } } as never,
    }),
    step: undefined,
  },
];

describe('a node that is', () => {
  it.each(ROWS.map((row) => [row.is, row] as const))('%s', (_is, { resource, step, goal, fields, because }) => {
    const proposal = propose(resource);
    expect(proposal?.step).toBe(step);
    if (goal !== undefined) expect(proposal?.goal).toBe(goal);
    if (fields !== undefined) expect(proposal?.fields).toEqual(fields);
    if (because !== undefined) expect(proposal?.because).toContain(because);
    expect(JSON.stringify(proposal ?? null)).not.toContain('password');
  });
});

describe('the reason for the removal of a member', () => {
  const dropped = (by: string) => ({
    prefix: 'web',
    members: [1],
    dropped: [{ members: [2, 3], at: ago(0), by, because: 'under 30 %' }],
  });
  const member = orphan({ name: 'web-2', was: { pool: 'web' }, state: 'idle' });

  // An applied row of its pool released it, also for an edit of its size: the rest needs no other approval.
  it.each(['reactive_policy', 'consolidation_policy', 'manual'])('is the one in the state of its pool: %s', (by) => {
    const scene = sceneOf([poolResource('web', poolSpec({ min: 1, max: 3 }), dropped(by)), member]);
    expect(propose(member, scene)).toMatchObject({
      step: 'idle>draining',
      because: expect.stringMatching(
        /^under 30 %\. A later plan deletes the server, at \S+Z at the earliest \(drainGrace is 5m\)$/u,
      ),
    });
    expect(propose(member, scene)?.cause).toBe('policy');
    expect(auditNode(changeOf(member, 'idle>draining'), member, scene)).toMatchObject({ decision_by: by });
  });

  it('is a user if the pool has none, or was removed itself', () => {
    for (const scene of [sceneOf([member]), sceneOf([poolResource('web', undefined, {}), member])]) {
      expect(propose(member, scene)).toMatchObject({
        because: expect.stringMatching(/^The server is no longer declared\. A later plan deletes the server, /u),
      });
      expect(auditNode(changeOf(member, 'idle>draining'), member, scene)).toMatchObject({ decision_by: 'manual' });
    }
  });
});

describe('the audited facts of a decision', () => {
  it('are those that the requirement names, as far as they are known', () => {
    const life = lifeOfNode({
      provisioned_at: ago(90 * MINUTE),
      initialized_at: ago(80 * MINUTE + 59_999),
      first_container_at: ago(70 * MINUTE),
      last_container_at: ago(40 * MINUTE),
      empty_since: ago(40 * MINUTE),
      containers_ever: 7,
    });
    const resource = orphan({ state: 'idle', signals: signalsOf({ life, hourly: 0.006, currency: 'EUR' }) });
    expect(auditNode(changeOf(resource, 'idle>draining'), resource, sceneOf([resource]))).toEqual({
      lifecycle_state: 'idle',
      health_status: 'healthy',
      container_count: 0,
      allocated_ram_mb: 0,
      total_containers_ever: 7,
      age_minutes: 90,
      initialized_age_minutes: 80,
      hourly_cost: 0.006,
      currency: 'EUR',
      first_container_at: ago(70 * MINUTE),
      last_container_at: ago(40 * MINUTE),
      idle_minutes: 40,
      node_id: 'nodes/Node/web-1',
      server_id: 42,
      action: 'node_decommission',
      decision_by: 'manual',
    });
  });

  it('mark a missing one', () => {
    const resource = absent(nodeResource());
    expect(auditNode(changeOf(resource, 'absent>provisioning', 'create'), resource, sceneOf([resource]))).toEqual({
      lifecycle_state: 'absent',
      health_status: 'unknown',
      node_id: 'nodes/Node/web-1',
      action: 'node_provision',
      decision_by: 'manual',
    });
  });

  it('name the policy for a full disk', () => {
    const resource = nodeResource({ state: 'active' });
    const change = changeOf(resource, 'active>draining', 'update', { cause: 'policy' });
    expect(auditNode(change, resource, sceneOf([resource]))).toMatchObject({
      decision_by: 'reactive_policy',
      action: 'node_change',
    });
  });
});
