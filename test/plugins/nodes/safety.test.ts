/** Every safety rule of nodes: a case that passes, one that does not, and both sides of every border. */

import { absent } from '../../support/resource.ts';
import { NOTHING_COVERED } from '../../support/covers.ts';
import { describe, expect, it } from 'vitest';
import { type NodeResource, PLUGIN } from '../../../plugins/nodes/facts.ts';
import { catalogueFor } from '../../../plugins/nodes/catalogue.ts';
import { type NodeMemory, type NodeRuleId, tables } from '../../../plugins/nodes/generated.ts';
import { mattersToNode, nodeRules, POST_SYNC_GRACE_MS, refusalOf } from '../../../plugins/nodes/safety.ts';
import {
  type Change,
  digestOf,
  formatRef,
  type Goal,
  type Memory,
  type Outcome,
  type Resource,
  type Scene,
  type Step,
  type Verdict,
  seenState,
} from '#plugin';
import {
  ago,
  changeOf,
  CX23,
  lifeOfNode,
  MINUTE,
  NOW,
  nodeResource,
  type NodeParts,
  nodeSpec,
  orphan,
  poolResource,
  poolSpec,
  sceneOf,
  signalsOf,
  underWay,
} from './node-support.ts';

interface Case {
  readonly rule: NodeRuleId;
  readonly is: string;
  readonly resource: NodeResource;
  readonly step?: Step;
  readonly goal?: Goal;
  readonly change?: Partial<Change>;
  readonly scene?: Scene;
  readonly outcome: Outcome;
  /** Part of the message. */
  readonly says?: string;
  /** ms from now. */
  readonly clearsIn?: number;
}

const ADDRESS = 'nodes/Node/web-1';

function judge({ rule, resource, step, goal = 'remove', change = {}, scene = sceneOf([resource]) }: Case): Verdict {
  const state = seenState(resource) ?? 'absent';
  return nodeRules[rule](changeOf(resource, step ?? `${state}>draining`, goal, change), resource, scene);
}

/** An orphan in a state, with a life. */
function gone(
  state: string,
  life: Parameters<typeof lifeOfNode>[0] = {},
  more: Parameters<typeof orphan>[0] = {},
): NodeResource {
  return orphan({ state, signals: signalsOf({ life: lifeOfNode(life) }), ...more });
}

const GRACE = 30 * MINUTE;

const OWN: readonly Case[] = [
  { rule: 'other-server', is: 'the server that is ours', resource: nodeResource(), outcome: 'pass' },
  {
    rule: 'other-server',
    is: 'another one of that name',
    resource: nodeResource({ facts: { ...CX23, server_id: 43, other: true } }),
    outcome: 'reject',
    says: '43',
  },
  { rule: 'provider-busy', is: 'running', resource: nodeResource(), outcome: 'pass' },
  ...(['migrating', 'rebuilding', 'unknown'] as const).map(
    (status): Case => ({
      rule: 'provider-busy',
      is: status,
      resource: nodeResource({ signals: signalsOf({ status }) }),
      outcome: 'defer',
      says: status,
    }),
  ),
  { rule: 'dedicated-node', is: 'a worker', resource: orphan(), outcome: 'pass' },
  {
    rule: 'dedicated-node',
    is: 'a system node by its document',
    resource: nodeResource({ spec: nodeSpec({ role: 'system' }) }),
    outcome: 'reject',
    says: 'cannot decommission dedicated node',
  },
  {
    rule: 'dedicated-node',
    is: 'a system node that is only remembered',
    resource: orphan({ was: { role: 'system' } }),
    outcome: 'reject',
  },
  {
    rule: 'dedicated-node',
    is: 'a system node that only its label knows',
    resource: orphan({ facts: { ...CX23, labels: { 'fettle/role': 'system' } } }),
    outcome: 'reject',
  },
  {
    rule: 'dedicated-node',
    is: 'a system node whose document calls it a worker now, while its label does not',
    resource: nodeResource({ facts: { ...CX23, labels: { 'fettle/role': 'system' } } }),
    outcome: 'reject',
  },
  {
    rule: 'dedicated-node',
    is: 'no name makes a node dedicated',
    resource: orphan({ name: 'proxy-node' }),
    outcome: 'pass',
  },
  {
    rule: 'dedicated-node',
    is: 'a machine that no cloud manages',
    resource: orphan({ was: { provider: 'static' } }),
    outcome: 'reject',
    says: 'no cloud provider manages the node',
  },
  {
    rule: 'dedicated-node',
    is: 'the draining of a system node because of its disk',
    resource: nodeResource({ spec: nodeSpec({ role: 'system' }) }),
    goal: 'update',
    outcome: 'reject',
  },
  {
    rule: 'dedicated-node',
    is: 'another type for a system node',
    resource: nodeResource({ spec: nodeSpec({ role: 'system' }) }),
    step: 'power:on>on',
    goal: 'update',
    outcome: 'pass',
  },
  {
    rule: 'dedicated-node',
    is: 'another disk for a system node',
    resource: nodeResource({ spec: nodeSpec({ role: 'system' }) }),
    step: 'power:on>on',
    goal: 'replace',
    outcome: 'reject',
  },
  { rule: 'container-sync-in-progress', is: 'one that was made', resource: gone('ready'), outcome: 'pass' },
  {
    rule: 'container-sync-in-progress',
    is: 'found, and not synced',
    resource: gone('ready', { recovered_at: ago(MINUTE) }),
    outcome: 'reject',
    says: 'found 60 s ago',
  },
  {
    rule: 'container-sync-in-progress',
    is: 'found and synced',
    resource: gone('ready', { recovered_at: ago(MINUTE), sync_completed_at: ago(0) }),
    outcome: 'pass',
  },
  { rule: 'post-sync-grace-period', is: 'one that was made', resource: gone('ready'), outcome: 'pass' },
  {
    rule: 'post-sync-grace-period',
    is: 'synced one ms less than ten minutes ago',
    resource: gone('idle', { recovered_at: ago(60 * MINUTE), sync_completed_at: ago(POST_SYNC_GRACE_MS - 1) }),
    outcome: 'reject',
    says: 'the grace period is 10 min',
    clearsIn: 1,
  },
  {
    rule: 'post-sync-grace-period',
    is: 'synced exactly ten minutes ago',
    resource: gone('idle', { recovered_at: ago(60 * MINUTE), sync_completed_at: ago(POST_SYNC_GRACE_MS) }),
    outcome: 'pass',
  },
  { rule: 'containers-unknown', is: 'listed', resource: gone('ready', { initialized_at: ago(0) }), outcome: 'pass' },
  {
    rule: 'containers-unknown',
    is: 'not listed',
    resource: orphan({ signals: signalsOf({ workloads: 'unlisted', life: lifeOfNode({ initialized_at: ago(0) }) }) }),
    outcome: 'reject',
    says: 'does not list the node',
  },
  {
    rule: 'containers-unknown',
    is: 'not read',
    resource: orphan({ signals: signalsOf({ workloads: 'unread', life: lifeOfNode({ initialized_at: ago(0) }) }) }),
    outcome: 'reject',
    says: 'could not be read',
  },
  {
    rule: 'containers-unknown',
    is: 'not listed, and found instead of made',
    resource: orphan({ signals: signalsOf({ workloads: 'unlisted', life: lifeOfNode({ recovered_at: ago(0) }) }) }),
    outcome: 'reject',
  },
  {
    rule: 'containers-unknown',
    is: 'not listed, and never ready',
    resource: orphan({ state: 'unhealthy', signals: signalsOf({ workloads: 'unlisted' }) }),
    step: 'unhealthy>decommissioned',
    outcome: 'pass',
  },
  {
    rule: 'containers-unknown',
    is: 'nothing lists it, by consent',
    resource: orphan({ signals: signalsOf({ workloads: 'none', life: lifeOfNode({ initialized_at: ago(0) }) }) }),
    outcome: 'pass',
  },
  ...(['provisioning', 'initializing'] as const).map(
    (state): Case => ({
      rule: 'still-starting',
      is: state,
      resource: gone(state),
      step: `${state}>decommissioned`,
      outcome: 'reject',
      says: `still ${state}`,
    }),
  ),
  { rule: 'still-starting', is: 'ready', resource: gone('ready'), outcome: 'pass' },
  { rule: 'drains-containers', is: 'empty', resource: gone('idle', { containers: 0 }), outcome: 'pass' },
  {
    rule: 'drains-containers',
    is: 'one container',
    resource: gone('active', { containers: 1 }),
    outcome: 'reject',
    says: 'Node has 1 container',
  },
  {
    rule: 'drains-containers',
    is: 'containers as last known',
    resource: orphan({
      state: 'active',
      signals: signalsOf({ workloads: 'unlisted', life: lifeOfNode({ containers: 2 }) }),
    }),
    outcome: 'reject',
    says: 'Node has 2 containers, as last known',
  },
  {
    rule: 'drains-containers',
    is: 'containers, and a disk that is full',
    resource: nodeResource({ state: 'active', signals: signalsOf({ life: lifeOfNode({ containers: 2 }) }) }),
    goal: 'update',
    outcome: 'pass',
  },
  {
    rule: 'has-containers',
    is: 'drained and empty',
    resource: gone('draining'),
    step: 'draining>decommissioned',
    outcome: 'pass',
  },
  ...(['draining', 'unhealthy', 'initializing'] as const).map(
    (state): Case => ({
      rule: 'has-containers',
      is: `${state} with containers`,
      resource: gone(state, { containers: 3 }),
      step: `${state}>decommissioned`,
      outcome: 'reject',
      says: 'Node has 3 containers',
    }),
  ),
  {
    rule: 'has-containers',
    is: 'another disk under containers',
    resource: nodeResource({ state: 'active', signals: signalsOf({ life: lifeOfNode({ containers: 1 }) }) }),
    step: 'power:on>on',
    goal: 'replace',
    outcome: 'reject',
  },
  { rule: 'allocated-memory', is: 'nothing allocated', resource: gone('idle', { allocated_mb: 0 }), outcome: 'pass' },
  {
    rule: 'allocated-memory',
    is: 'memory without containers',
    resource: gone('idle', { allocated_mb: 512 }),
    outcome: 'reject',
    says: '512 MB',
  },
  {
    rule: 'allocated-memory',
    is: 'the memory of containers, at its draining',
    resource: gone('active', { allocated_mb: 512, containers: 1 }),
    outcome: 'pass',
  },
  {
    rule: 'allocated-memory',
    is: 'the memory of containers, at its deletion',
    resource: gone('draining', { allocated_mb: 512, containers: 1 }),
    step: 'draining>decommissioned',
    outcome: 'reject',
  },
  {
    rule: 'too-young',
    is: 'ready one ms less than its grace',
    resource: gone('ready', { initialized_at: ago(GRACE - 1), provisioned_at: ago(9 * GRACE) }),
    outcome: 'reject',
    says: 'Ready node too young: ready 29 min ago; readyGrace is 30 min',
    clearsIn: 1,
  },
  {
    rule: 'too-young',
    is: 'ready exactly as long as its grace',
    resource: gone('ready', { initialized_at: ago(GRACE) }),
    outcome: 'pass',
  },
  {
    rule: 'too-young',
    is: 'made less than its grace ago, and its ready time is unknown',
    resource: gone('ready', { provisioned_at: ago(GRACE - 1) }),
    outcome: 'reject',
    says: 'created 29 min ago',
    clearsIn: 1,
  },
  {
    rule: 'too-young',
    is: 'made exactly its grace ago, and its ready time is unknown',
    resource: gone('ready', { provisioned_at: ago(GRACE) }),
    outcome: 'pass',
  },
  {
    rule: 'too-young',
    is: 'ready in the future, by a clock that is off',
    resource: gone('ready', { initialized_at: ago(-5 * MINUTE) }),
    outcome: 'reject',
    clearsIn: GRACE,
  },
  {
    rule: 'too-young',
    is: 'a grace of its own, by what is remembered of its document',
    resource: gone('ready', { initialized_at: ago(MINUTE) }, { was: { readyGrace: '1m' } }),
    outcome: 'pass',
  },
  {
    rule: 'too-young',
    is: 'one that had containers',
    resource: gone('idle', { initialized_at: ago(0) }),
    outcome: 'pass',
  },
  { rule: 'age-unknown', is: 'a known age', resource: gone('ready', { provisioned_at: ago(0) }), outcome: 'pass' },
  { rule: 'age-unknown', is: 'no age at all', resource: gone('ready'), outcome: 'reject' },
  { rule: 'age-unknown', is: 'no age at all, but containers', resource: gone('idle'), outcome: 'pass' },
  {
    rule: 'no-history',
    is: 'idle after one container',
    resource: gone('idle', { containers_ever: 1 }),
    outcome: 'pass',
  },
  { rule: 'no-history', is: 'idle after none', resource: gone('idle', { containers_ever: 0 }), outcome: 'reject' },
  { rule: 'no-history', is: 'active after none', resource: gone('active', { containers_ever: 0 }), outcome: 'reject' },
  {
    rule: 'no-history',
    is: 'idle after it was a system node',
    resource: gone('idle', {}, { kept: { was_system: true } }),
    outcome: 'pass',
  },
  { rule: 'no-history', is: 'ready after none', resource: gone('ready'), outcome: 'pass' },
  {
    rule: 'idle-grace',
    is: 'empty one ms less than its grace',
    resource: gone('idle', { containers_ever: 4, empty_since: ago(GRACE - 1) }),
    outcome: 'reject',
    says: 'Idle for 29 min; idleGrace is 30 min',
    clearsIn: 1,
  },
  {
    rule: 'idle-grace',
    is: 'empty exactly as long as its grace',
    resource: gone('idle', { containers_ever: 4, empty_since: ago(GRACE) }),
    outcome: 'pass',
    says: 'had 4 containers',
  },
  {
    rule: 'idle-grace',
    is: 'empty since an unknown time',
    resource: gone('idle', { containers_ever: 4 }),
    outcome: 'reject',
  },
  {
    rule: 'idle-grace',
    is: 'drained, and empty for a moment',
    resource: gone('draining', { containers_ever: 4, empty_since: ago(0) }),
    step: 'draining>decommissioned',
    outcome: 'pass',
  },
  { rule: 'queue-waits', is: 'nothing waits', resource: gone('idle'), outcome: 'pass' },
  {
    rule: 'queue-waits',
    is: 'one waits',
    resource: orphan({ state: 'idle', signals: signalsOf({ queue: { count: 1, mb: 512 } }) }),
    outcome: 'reject',
    says: '1 container waits for 512 MB',
  },
  {
    rule: 'queue-waits',
    is: 'one waits, and this one is drained already',
    resource: orphan({ state: 'draining', signals: signalsOf({ queue: { count: 1, mb: 512 } }) }),
    step: 'draining>decommissioned',
    outcome: 'reject',
  },
  {
    rule: 'queue-waits',
    is: 'one waits, and this one is unhealthy',
    resource: orphan({ state: 'unhealthy', signals: signalsOf({ queue: { count: 1, mb: 512 } }) }),
    step: 'unhealthy>decommissioned',
    outcome: 'pass',
  },
  {
    rule: 'queue-waits',
    is: 'the queue is unknown',
    resource: orphan({ state: 'idle', signals: { ...signalsOf({ workloads: 'unread' }), queue: undefined } as never }),
    outcome: 'reject',
  },
  {
    rule: 'queue-waits',
    is: 'nothing could wait for it',
    resource: orphan({ signals: { ...signalsOf({ workloads: 'none' }), queue: undefined } as never }),
    outcome: 'pass',
  },
  {
    rule: 'drain-grace',
    is: 'drained one ms less than its grace ago',
    resource: gone('draining', { draining_at: ago(5 * MINUTE - 1) }),
    step: 'draining>decommissioned',
    outcome: 'defer',
    says: 'drainGrace is 5 min',
    clearsIn: 1,
  },
  {
    rule: 'drain-grace',
    is: 'drained exactly its grace ago',
    resource: gone('draining', { draining_at: ago(5 * MINUTE) }),
    step: 'draining>decommissioned',
    outcome: 'pass',
  },
  {
    rule: 'drain-grace',
    is: 'drained long ago, and the workload source was called only now',
    resource: gone('draining', { draining_at: ago(60 * MINUTE) }, { kept: { told_at: ago(MINUTE) } }),
    step: 'draining>decommissioned',
    outcome: 'defer',
    clearsIn: 4 * MINUTE,
  },
  {
    rule: 'drain-grace',
    is: 'drained since an unknown time',
    resource: gone('draining'),
    step: 'draining>decommissioned',
    outcome: 'defer',
  },
  { rule: 'power-needed', is: 'empty', resource: nodeResource(), step: 'power:on>on', goal: 'update', outcome: 'pass' },
  {
    rule: 'power-needed',
    is: 'with containers',
    resource: nodeResource({ state: 'active', signals: signalsOf({ life: lifeOfNode({ containers: 1 }) }) }),
    step: 'power:on>off',
    goal: 'update',
    outcome: 'reject',
    says: 'Node has 1 container',
  },
  {
    rule: 'power-needed',
    is: 'its containers are unknown',
    resource: nodeResource({
      signals: signalsOf({ workloads: 'unlisted', life: lifeOfNode({ initialized_at: ago(0) }) }),
    }),
    step: 'power:on>on',
    goal: 'update',
    outcome: 'reject',
  },
  {
    rule: 'power-needed',
    is: 'off already',
    resource: nodeResource({
      signals: signalsOf({ status: 'off', workloads: 'unlisted', life: lifeOfNode({ containers: 1 }) }),
    }),
    step: 'power:off>off',
    goal: 'update',
    outcome: 'pass',
  },
  {
    rule: 'destroys-data',
    is: 'a label',
    resource: nodeResource(),
    step: 'ready>ready',
    goal: 'update',
    change: { fields: [{ path: '/labels/a', after: 'b' }] },
    outcome: 'pass',
  },
  { rule: 'destroys-data', is: 'the removal that the document asks for', resource: orphan(), outcome: 'pass' },
  {
    rule: 'destroys-data',
    is: 'the end of its backups',
    resource: nodeResource(),
    step: 'ready>ready',
    goal: 'update',
    change: { fields: [{ path: '/backups', before: true, after: false }] },
    outcome: 'reject',
    says: 'deletes every backup of the server',
  },
  {
    rule: 'destroys-data',
    is: 'their beginning',
    resource: nodeResource(),
    step: 'ready>ready',
    goal: 'update',
    change: { fields: [{ path: '/backups', before: false, after: true }] },
    outcome: 'pass',
  },
  {
    rule: 'destroys-data',
    is: 'a rebuild',
    resource: nodeResource(),
    step: 'power:on>on',
    goal: 'replace',
    outcome: 'reject',
    says: 'rebuild',
  },
  {
    rule: 'destroys-data',
    is: 'a replacement',
    resource: nodeResource(),
    goal: 'replace',
    outcome: 'reject',
    says: 'replacement',
  },
];

/** Members of the pool `web`, in service by default. */
function members(...parts: readonly NodeParts[]): readonly NodeResource[] {
  const spec = nodeSpec({ pool: 'web' });
  return parts.map((each, i) => nodeResource({ name: `web-${i + 1}`, spec, ...each }));
}

/** A scene of the pool with its members, of which the first is judged. */
function inPool(size: object | undefined, nodes: readonly NodeResource[], more: Partial<Scene> = {}): Scene {
  const pool = poolResource('web', size === undefined ? undefined : poolSpec(size));
  return sceneOf([pool, ...nodes], more);
}

function poolCase(
  rule: NodeRuleId,
  is: string,
  nodes: readonly NodeResource[],
  size: object | undefined,
  more: Partial<Case> & { readonly under?: readonly Change[] } = {},
): Case {
  const [resource] = nodes;
  if (resource === undefined) throw new Error('a pool of nothing');
  const { under = [], ...rest } = more;
  return { rule, is, resource, scene: inPool(size, nodes, { underWay: underWay(...under) }), outcome: 'pass', ...rest };
}

const three = members({}, {}, {});
const second = three[1] as NodeResource;
const third = three[2] as NodeResource;
const drain = (resource: NodeResource): Change => changeOf(resource, 'ready>draining');

const OF_POOLS: readonly Case[] = [
  { rule: 'keeps-min', is: 'a member of no pool', resource: orphan(), outcome: 'pass' },
  poolCase('keeps-min', 'as many as wanted are left', three, { min: 2, max: 5 }),
  poolCase(
    'keeps-min',
    'one fewer than wanted would be left',
    three,
    { min: 3, max: 5 },
    { outcome: 'reject', says: 'Pool "web" would have 2 nodes in service; its minimum is 3' },
  ),
  poolCase('keeps-min', 'the size is what is wanted', three, { size: 3 }, { outcome: 'reject' }),
  poolCase(
    'keeps-min',
    'another one is on its way out',
    three,
    { min: 2, max: 5 },
    { under: [drain(second)], outcome: 'reject', says: 'would have 1 node in service' },
  ),
  poolCase(
    'keeps-min',
    'another one is only changed',
    three,
    { min: 2, max: 5 },
    { under: [changeOf(second, 'ready>ready', 'update')] },
  ),
  poolCase(
    'keeps-min',
    'another one is turned off for a time',
    three,
    { min: 2, max: 5 },
    { under: [changeOf(second, 'power:on>on', 'update')], outcome: 'reject' },
  ),
  poolCase(
    'keeps-min',
    'others are not in service',
    members({}, { state: 'unhealthy' }, { state: 'initializing' }),
    { min: 1, max: 5 },
    { outcome: 'reject', says: 'would have 0 nodes in service' },
  ),
  poolCase(
    'keeps-min',
    'it is not in service itself',
    members({ state: 'unhealthy' }, {}),
    { min: 2, max: 5 },
    { step: 'unhealthy>decommissioned' },
  ),
  poolCase('keeps-min', 'its disk is full', three, { min: 3, max: 5 }, { goal: 'update', outcome: 'reject' }),
  poolCase('keeps-min', 'its pool is no longer declared', three, undefined),
  { rule: 'one-at-a-time', is: 'a member of no pool', resource: orphan(), outcome: 'pass' },
  poolCase('one-at-a-time', 'no other goes', three, { size: 3 }),
  poolCase(
    'one-at-a-time',
    'another one is about to go',
    three,
    { size: 3 },
    { under: [drain(second)], outcome: 'defer', says: 'web-2 is already being drained' },
  ),
  poolCase(
    'one-at-a-time',
    'another one is drained',
    members({}, { state: 'draining' }),
    { size: 3 },
    { outcome: 'defer' },
  ),
  poolCase('one-at-a-time', 'two may, and one is drained', members({}, { state: 'draining' }), {
    size: 3,
    removalsAtOnce: 2,
  }),
  poolCase(
    'one-at-a-time',
    'two may, and two are',
    members({}, { state: 'draining' }, { state: 'decommissioned' }),
    { size: 3, removalsAtOnce: 2 },
    { outcome: 'defer', says: 'web-2 and web-3 are already being drained' },
  ),
  poolCase(
    'one-at-a-time',
    'both are drained: one of them has to be the first to be deleted',
    members({ state: 'draining' }, { state: 'draining' }),
    { size: 3 },
    { step: 'draining>decommissioned' },
  ),
  poolCase(
    'one-at-a-time',
    'another one is being deleted',
    members({ state: 'draining' }, { state: 'draining' }),
    { size: 3 },
    {
      step: 'draining>decommissioned',
      under: [changeOf(second, 'draining>decommissioned')],
      outcome: 'defer',
    },
  ),
  poolCase('one-at-a-time', 'one of a pool that is no longer declared', three, undefined, {
    under: [drain(third)],
    outcome: 'defer',
  }),
  poolCase(
    'one-at-a-time',
    'turned off, while another one is not healthy yet',
    members({}, { observed: { others: { health: 'unknown', power: 'on' } } }),
    { size: 3 },
    {
      step: 'power:on>on',
      goal: 'update',
      outcome: 'defer',
    },
  ),
  poolCase(
    'one-at-a-time',
    'drained, while another one is not healthy yet',
    members({}, { observed: { others: { health: 'unknown', power: 'on' } } }),
    { size: 3 },
  ),
  { rule: 'unknown-members', is: 'a member of no pool', resource: orphan(), outcome: 'pass' },
  poolCase('unknown-members', 'its pool knows them', three, { size: 3 }),
  {
    rule: 'unknown-members',
    is: 'its pool forgot them',
    resource: third,
    scene: sceneOf([poolResource('web', poolSpec({ size: 3 }), {}), ...three]),
    outcome: 'reject',
  },
  {
    rule: 'unknown-members',
    is: 'its pool is no longer declared',
    resource: third,
    scene: sceneOf([poolResource('web', undefined, {}), ...three]),
    outcome: 'pass',
  },
];

const TYPE = { id: 1, name: 'cx23', cores: 2, memoryMb: 4096, diskGb: 40, architecture: 'x86', deprecated: false };

const CATALOGUE = catalogueFor(
  {
    types: {
      cx23: { ...TYPE, locations: { nbg1: { available: true, hourly: 1, monthly: 1 } } },
      cx33: { ...TYPE, name: 'cx33', locations: { nbg1: { available: false, hourly: 1, monthly: 1 } } },
    },
    images: [{ id: 7, name: 'debian-13', isSystem: true, isAvailable: true, architecture: 'x86', diskGb: 5 }],
    locations: [{ id: 1, name: 'nbg1', zone: 'eu-central' }],
  },
  ['cx23', 'cx33', 'cx32x'].map((serverType) => nodeSpec({ serverType })),
  'shop',
);

function toBeMade(serverType: string, memory: Partial<Memory<NodeMemory>> = {}): NodeResource {
  const resource = absent(nodeResource({ spec: nodeSpec({ serverType }), memory }));
  return resource;
}

function failedBefore(failures: number, ageMs: number): Partial<Memory<NodeMemory>> {
  const digest = digestOf(nodeSpec({ serverType: 'cx23' }));
  return {
    failures,
    lastError: { at: Date.parse(ago(ageMs)), step: 'absent>provisioning', message: 'no room', digest },
  };
}

const ORDERS: readonly Case[] = (
  [
    ['not-in-catalogue', 'the provider has all of it', 'cx23', {}, 'pass'],
    ['not-in-catalogue', 'its type does not exist', 'cx32x', {}, 'reject', 'no server type cx32x'],
    ['not-in-catalogue', 'its type was not looked up', 'cx43', {}, 'reject', 'was not read'],
    ['not-available', 'its type can be had', 'cx23', {}, 'pass'],
    ['not-available', 'its type is sold out', 'cx33', {}, 'reject', 'not available in nbg1'],
    ['backoff', 'nothing failed', 'cx23', {}, 'pass'],
    ['backoff', 'the minute after the first failure is not over', 'cx23', failedBefore(1, MINUTE - 1), 'defer', '1m'],
    ['backoff', 'it is over', 'cx23', failedBefore(1, MINUTE), 'pass'],
    ['backoff', 'two minutes after the second failure are not over', 'cx23', failedBefore(2, 2 * MINUTE - 1), 'defer'],
    [
      'backoff',
      'four minutes after the third one are not over',
      'cx23',
      failedBefore(3, 4 * MINUTE - 1),
      'defer',
      '4m',
    ],
    ['backoff', 'they are over', 'cx23', failedBefore(3, 4 * MINUTE), 'pass'],
    ['backoff', 'another document failed', 'cx33', failedBefore(3, 1), 'pass'],
    ['retry-exhausted', 'it failed three times', 'cx23', failedBefore(3, 1), 'pass'],
    ['retry-exhausted', 'it failed four times', 'cx23', failedBefore(4, 99 * MINUTE), 'reject', 'no room'],
    ['retry-exhausted', 'another document failed so often', 'cx33', failedBefore(4, 1), 'pass'],
  ] as const
).map(([rule, is, serverType, memory, outcome, says]): Case => {
  const resource = toBeMade(serverType, memory);
  return {
    rule,
    is,
    resource,
    scene: sceneOf([resource], { extras: { nodes: { catalogue: CATALOGUE } } }),
    step: 'absent>provisioning',
    goal: 'create',
    outcome,
    ...(outcome === 'defer' ? { clearsIn: 1 } : {}),
    ...(says === undefined ? {} : { says }),
  };
});

const BY_HAND: readonly Case[] = [
  ...(
    [
      ['no action is in progress', {}, 'pass'],
      ['it is in rescue mode', { rescue: true }, 'defer', 'rescue mode'],
      ['an ISO is mounted', { iso: 'debian.iso' }, 'defer', 'debian.iso'],
      ['an action runs on it', { locked: true }, 'defer', 'An action'],
    ] as const
  ).flatMap(([is, more, outcome, says]): readonly Case[] =>
    (['power:on>on', 'power:on>off', 'idle>draining'] as const).map((step) => ({
      rule: 'in-use-by-hand',
      is: `${is}, at ${step}`,
      resource: nodeResource({ state: 'idle', signals: signalsOf(more) }),
      step,
      outcome,
      ...(says === undefined ? {} : { says }),
    })),
  ),
  {
    rule: 'unhealthy-grace',
    is: 'it is healthy',
    resource: gone('idle'),
    outcome: 'pass',
  },
  {
    rule: 'unhealthy-grace',
    is: 'it failed first five minutes ago',
    resource: gone('unhealthy', { failing_since: ago(5 * MINUTE) }),
    outcome: 'pass',
  },
  {
    rule: 'unhealthy-grace',
    is: 'it failed first a little less ago',
    resource: gone('unhealthy', { failing_since: ago(5 * MINUTE - 1) }),
    outcome: 'reject',
    clearsIn: 1,
  },
  {
    rule: 'unhealthy-grace',
    is: 'it is off since then',
    resource: gone('unhealthy', {}, { memory: { since: Date.parse(ago(4 * MINUTE)) } }),
    outcome: 'reject',
    clearsIn: MINUTE,
  },
  {
    rule: 'unhealthy-grace',
    is: 'it is seen so for the first time',
    resource: gone('unhealthy', {}, { memory: { state: 'idle' } }),
    outcome: 'reject',
    clearsIn: 5 * MINUTE,
  },
];

function judgedPool(after: string | undefined, verdict: 'accept' | 'reject'): Scene['judged'] {
  const pool = poolResource('web', poolSpec({ size: 1 }));
  const field = { path: '/members/web-1', before: 'planned', ...(after === undefined ? {} : { after }) };
  const change: Change = { ...changeOf(pool, 'active>active', 'update'), fields: [field], because: 'it has too many' };
  return new Map([
    [formatRef(pool.ref), { change, verdict, judgements: [], covers: NOTHING_COVERED, basis: '', after: [] }],
  ]);
}

const PLANNED: readonly Case[] = (
  [
    ['its pool keeps it', new Map(), 'pass'],
    ['its pool lets it go', judgedPool(undefined, 'accept'), 'defer'],
    ['its pool would let it go, and may not', judgedPool(undefined, 'reject'), 'pass'],
    ['its pool takes it in', judgedPool('new', 'accept'), 'pass'],
  ] as const
).map(([is, judged, outcome]): Case => {
  const resource = absent(nodeResource({ spec: nodeSpec({ pool: 'web' }) }));
  return {
    rule: 'leaves-pool',
    is,
    resource,
    step: 'absent>provisioning',
    goal: 'create',
    scene: sceneOf([resource], { judged }),
    outcome,
  };
});

const EXCESS: readonly Case[] = [
  [1, 'defer'],
  [2, 'pass'],
].map(([size, outcome]): Case => {
  const resource = absent(nodeResource({ spec: nodeSpec({ pool: 'web' }) }));
  const scene = sceneOf([poolResource('web', poolSpec({ size }), { members: [1, 2] }), resource]);
  const is = `its pool has two members, and may have ${size}`;
  return {
    rule: 'leaves-pool',
    is,
    resource,
    step: 'absent>provisioning',
    goal: 'create',
    scene,
    outcome: outcome as Outcome,
  };
});

const CASES = [...OWN, ...OF_POOLS, ...PLANNED, ...EXCESS, ...ORDERS, ...BY_HAND];

describe.each([...new Set(CASES.map(({ rule }) => rule))])('%s', (rule) => {
  it.each(CASES.filter((each) => each.rule === rule).map((each) => [each.is, each] as const))('%s', (_is, each) => {
    const { outcome, message, clearsAt, facts, remedy } = judge(each);
    expect([outcome, message]).toEqual([each.outcome, message]);
    if (each.says !== undefined) expect(message).toContain(each.says);
    expect(clearsAt).toBe(each.clearsIn === undefined ? undefined : NOW + each.clearsIn);
    // A refusal has its numbers, and its remedy.
    if (outcome === 'pass') return;
    expect(Object.keys(facts)).not.toEqual([]);
    if (rule !== 'leaves-pool') expect(remedy ?? clearsAt).toBeDefined();
  });
});

describe('the rules', () => {
  it('have each a case that passes and one that does not', () => {
    const rules = Object.keys(nodeRules) as NodeRuleId[];
    const without = (passes: boolean) =>
      rules.filter((rule) => !CASES.some((each) => each.rule === rule && (each.outcome === 'pass') === passes));
    expect({ never: without(true), always: without(false) }).toEqual({ never: [], always: [] });
  });

  it('are in the order of the requirement', () => {
    const ids = tables.kinds.Node.rules.map(({ id }) => id);
    const order: readonly NodeRuleId[] = [
      'dedicated-node',
      'container-sync-in-progress',
      'post-sync-grace-period',
      'still-starting',
      'has-containers',
      'allocated-memory',
      'too-young',
      'age-unknown',
      'no-history',
    ];
    expect(ids.filter((id) => order.includes(id))).toEqual(order);
  });

  it('that keep containers, other servers and dedicated nodes cannot be overridden', () => {
    const fixed = tables.kinds.Node.rules.filter(({ overridable }) => !overridable).map(({ id }) => id);
    expect(fixed.toSorted()).toEqual(
      [
        'allocated-memory',
        'dedicated-node',
        'has-containers',
        'leaves-pool',
        'not-in-catalogue',
        'other-server',
        'provider-busy',
      ].toSorted(),
    );
  });

  it('of removals pass other changes', () => {
    const busy = nodeResource({
      state: 'active',
      signals: signalsOf({
        workloads: 'unlisted',
        queue: { count: 3, mb: 1 },
        life: lifeOfNode({ containers: 3, allocated_mb: 9 }),
      }),
    });
    const change = changeOf(busy, 'active>active', 'update');
    const outcomes = Object.values(nodeRules).map((rule) => rule(change, busy, sceneOf([busy])).outcome);
    // Only steps that need the power have more rules; it guards no such step.
    expect(outcomes.filter((outcome) => outcome !== 'pass')).toEqual(['reject']);
  });

  it('guard a removal at both of its steps', () => {
    const guarded = (id: string, step: string): boolean =>
      tables.kinds.Node.rules.some((rule) => rule.id === id && (rule.guards as readonly string[]).includes(step));
    for (const id of [
      'dedicated-node',
      'container-sync-in-progress',
      'post-sync-grace-period',
      'containers-unknown',
      'allocated-memory',
      'queue-waits',
      'keeps-min',
    ])
      for (const step of ['ready>draining', 'idle>draining', 'draining>decommissioned', 'unhealthy>decommissioned'])
        expect([id, step, guarded(id, step)]).toEqual([id, step, true]);
  });
});

describe('the refusal of a node as such', () => {
  it('is the first rule that rejects, with the time at which it clears', () => {
    const young = gone('ready', { initialized_at: ago(10 * MINUTE) });
    expect(refusalOf(young, sceneOf([young]))).toEqual({
      rule: 'too-young',
      message: 'Ready node too young: ready 10 min ago; readyGrace is 30 min, 20 min remain',
      clearsAt: NOW + 20 * MINUTE,
    });
    const system = gone('idle', { containers: 2 }, { was: { role: 'system' } });
    expect(refusalOf(system, sceneOf([system]))?.rule).toBe('dedicated-node');
  });

  it('is undefined if it can be removed, for any state of its pool', () => {
    const idle = gone('idle', { containers_ever: 1, empty_since: ago(GRACE) });
    expect(refusalOf(idle, sceneOf([idle]))).toBeUndefined();
  });

  it('is its protection, by fettle or by its provider', () => {
    const kept = nodeResource({ memory: { protect: true } });
    expect(refusalOf(kept, sceneOf([kept]))?.rule).toBe('protected');
    const locked = nodeResource({ observed: { protectedBy: 'delete protection' } });
    expect(refusalOf(locked, sceneOf([locked]))?.rule).toBe('provider-protected');
  });
});

describe('the resources that are refreshed again', () => {
  const pool: Resource = poolResource('web', poolSpec({ size: 3 }));
  const [first] = three;
  const matters = (change: Change): readonly string[] =>
    mattersToNode(first as NodeResource, sceneOf([pool, ...three], { changes: new Map([[ADDRESS, change]]) })).map(
      formatRef,
    );

  it('are all of its pool before its removal, and only itself before its own change', () => {
    const all = [`${PLUGIN}/NodePool/web`, ADDRESS, 'nodes/Node/web-2', 'nodes/Node/web-3'];
    expect(matters(drain(first as NodeResource))).toEqual(all);
    expect(matters(changeOf(first as NodeResource, 'power:on>on', 'update'))).toEqual(all);
    expect(matters(changeOf(first as NodeResource, 'ready>ready', 'update'))).toEqual([]);
  });
});
