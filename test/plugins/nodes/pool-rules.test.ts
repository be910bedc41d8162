/** Rules of pools and containers at their borders, the phase of a node for its pool, and findings. */

import { absent, resourceWith, seenOf } from '../../support/resource.ts';
import { describe, expect, it } from 'vitest';
import type {
  ContainerResource,
  NodeResource,
  NodeSignals,
  PoolResource,
  PoolSignals,
} from '../../../plugins/nodes/facts.ts';
import type { NodePoolMemory, NodePoolRuleId } from '../../../plugins/nodes/generated.ts';
import { checkNames, checkNodeOfPool, checkPool } from '../../../plugins/nodes/pool/check.ts';
import { diffContainer, notMigratable, targetUnfit } from '../../../plugins/nodes/pool/container.ts';
import { decideFor, diffPool, essence } from '../../../plugins/nodes/pool/diff.ts';
import { expandPool } from '../../../plugins/nodes/pool/expand.ts';
import { poolFindings } from '../../../plugins/nodes/pool/findings.ts';
import { observeContainer, observePool } from '../../../plugins/nodes/pool/observe.ts';
import { poolRules } from '../../../plugins/nodes/pool/rules.ts';
import { isExpanded, phaseOf, situationOf } from '../../../plugins/nodes/pool/situation.ts';
import {
  type Change,
  type Facts,
  type Json,
  type Memory,
  type Resource,
  type Scene,
  seenSignals,
  type KnownResource,
} from '#plugin';
import {
  ago,
  changeOf,
  desiredOf,
  lifeOfNode,
  MINUTE,
  NOW,
  nodeResource,
  nodeSpec,
  orphan,
  poolSpec,
  refOf,
  sceneOf,
  signalsOf,
  underWay,
} from './node-support.ts';

const HOUR = 60 * MINUTE;
const MEMORY_MB = 4096;

function signals(more: Partial<NodeSignals> = {}, life: Parameters<typeof lifeOfNode>[0] = {}): NodeSignals {
  const at = { provisioned_at: ago(9 * HOUR), initialized_at: ago(9 * HOUR), empty_since: ago(8 * HOUR) };
  return signalsOf({ memory_mb: MEMORY_MB, hourly: 0.2, life: lifeOfNode({ ...at, ...life }), list: [], ...more });
}

/** A member that is in service and has been empty for long. */
function node(number: number, parts: Parameters<typeof nodeResource>[0] = {}): NodeResource {
  const spec = nodeSpec({ pool: 'web' });
  return nodeResource({ name: `web-${number}`, spec, signals: signals(), ...parts });
}

function busy(number: number, mb: number): NodeResource {
  const list = [{ id: `c${number}`, mb, tier: 'small', players: 0, since: ago(5 * HOUR) }];
  return node(number, {
    state: 'active',
    signals: signals({ list }, { containers: 1, containers_ever: 1, allocated_mb: mb }),
  });
}

function left(number: number): NodeResource {
  return orphan({ name: `web-${number}`, was: { pool: 'web' }, signals: signals() });
}

interface PoolParts {
  readonly spec?: object;
  readonly kept?: Partial<NodePoolMemory>;
  readonly signals?: Partial<PoolSignals>;
  readonly memory?: Partial<Memory<NodePoolMemory>>;
}

const EMPTY = { count: 0, mb: 0 };

function pool({ spec = {}, kept = {}, signals: seen = {}, memory = {} }: PoolParts = {}): PoolResource {
  const ref = refOf('NodePool', 'web');
  const reported: PoolSignals = {
    queue: EMPTY,
    unnamed: EMPTY,
    labelled: [],
    memory_mb: MEMORY_MB,
    migrates: true,
    ...seen,
  };
  return resourceWith({
    ref,
    desired: desiredOf('NodePool', 'web', poolSpec({ min: 1, max: 5, ...spec })),
    observed: {
      ref,
      state: 'active',
      given: true,
      facts: {},
      signals: reported as unknown as Facts,
      findings: [],
      at: NOW,
    },
    memory: { ref, version: 1, kept: { prefix: 'web', next: 9, ...kept }, ...memory },
  });
}

function scene(resource: PoolResource, nodes: readonly NodeResource[], more: readonly Resource[] = []): Scene {
  return sceneOf([resource, ...nodes, ...more]);
}

function change(resource: PoolResource, at: Scene): Change {
  const { fields = [], because = '' } = diffPool(resource, at) ?? {};
  return changeOf(resource, 'active>active', 'update', { fields, because, cause: 'policy' });
}

interface Judged {
  readonly outcome: string;
  readonly message: string;
  readonly clearsAt?: number;
  readonly facts: Facts;
}

function judge(
  rule: NodePoolRuleId,
  resource: PoolResource,
  nodes: readonly NodeResource[],
  more: readonly Resource[] = [],
): Judged {
  const at = scene(resource, nodes, more);
  expect(diffPool(resource, at), 'nothing is decided').toBeDefined();
  return poolRules[rule](change(resource, at), resource, at);
}

const three = { kept: { members: [1, 2, 3] } };

describe('queue-waits', () => {
  const nodes = [node(1), node(2), node(3)];
  it.each<[string, Partial<PoolSignals>, string]>([
    ['nothing waits', {}, 'pass'],
    ['one waits', { queue: { count: 1, mb: 0 }, unnamed: EMPTY }, 'defer'],
  ])('%s', (_what, seen, outcome) => {
    const resource = pool({ ...three, spec: { size: 2, min: undefined, max: undefined }, signals: seen });
    expect(judge('queue-waits', resource, nodes).outcome).toBe(outcome);
  });

  it('defers while the queue is unknown', () => {
    const resource = pool({ ...three, spec: { size: 2, min: undefined, max: undefined } });
    const { queue: _queue, unnamed: _unnamed, ...blind } = (seenSignals(resource) ?? {}) as Record<string, Json>;
    const unseen = resourceWith({
      ...resource,
      observed: { ...seenOf(resource), signals: blind },
    });
    expect(judge('queue-waits', unseen, nodes)).toMatchObject({
      outcome: 'defer',
      message: 'The queue of the workload source is unknown',
    });
  });

  it('passes growth, and names that have no server yet', () => {
    const waiting = { queue: { count: 9, mb: 90_000 }, unnamed: EMPTY };
    const growing = pool({
      kept: { members: [1] },
      spec: { size: 2, min: undefined, max: undefined },
      signals: waiting,
    });
    expect(judge('queue-waits', growing, [node(1)]).outcome).toBe('pass');
    const planned = absent(node(2));
    const shrinking = pool({
      kept: { members: [1, 2] },
      spec: { size: 1, min: undefined, max: undefined },
      signals: waiting,
    });
    expect(judge('queue-waits', shrinking, [node(1), planned]).outcome).toBe('pass');
  });
});

it('queue-waits passes an exchange, which removes no capacity', () => {
  const { memory, ...sick } = node(2, { state: 'unhealthy' });
  const since = { ...sick, memory: { ref: sick.ref, version: 1, kept: {}, ...memory, since: NOW - HOUR } };
  const resource = pool({
    kept: { members: [1, 2] },
    spec: { size: 2, min: undefined, max: undefined, replaceUnhealthyAfter: '30m' },
    signals: { queue: { count: 4, mb: 9 }, unnamed: EMPTY },
  });
  expect(judge('queue-waits', resource, [node(1), since]).outcome).toBe('pass');
  expect(judge('no-candidate', resource, [node(1), since]).outcome).toBe('pass');
});

describe('keeps-min', () => {
  const unhealthy = (number: number) => {
    const { memory, ...pair } = node(number, {
      state: 'unhealthy',
      signals: signals({}, { containers: 1, allocated_mb: 9 }),
    });
    return { ...pair, ...(memory === undefined ? {} : { memory: { ...memory, since: NOW - MINUTE } }) };
  };
  it.each<[string, number, string]>([
    ['exactly as many stay in service', 2, 'pass'],
    ['one fewer would', 3, 'reject'],
  ])('%s', (_what, min, outcome) => {
    const resource = pool({ kept: { members: [1, 2, 3, 4] }, spec: { min, max: 5 } });
    expect(judge('keeps-min', resource, [node(1), node(2), node(3), unhealthy(4)])).toMatchObject({
      outcome,
      facts: { in_service: 3, goes: 1, min },
    });
  });

  it('passes steps that remove nothing from service', () => {
    const gone = node(3, { state: 'unhealthy', signals: signals() });
    const resource = pool({ ...three, spec: { size: 2, min: undefined, max: undefined } });
    expect(judge('keeps-min', resource, [node(1), node(2), gone])).toMatchObject({
      outcome: 'pass',
      facts: { goes: 0 },
    });
  });
});

describe('one-at-a-time', () => {
  it.each<[number, readonly NodeResource[], string]>([
    [1, [], 'pass'],
    [1, [left(7)], 'defer'],
    [2, [left(7)], 'defer'],
    [3, [left(7)], 'pass'],
    [3, [left(7), left(8)], 'defer'],
  ])('%d at once, with %j remaining', (removalsAtOnce, leaving, outcome) => {
    const size = { size: 1, min: undefined, max: undefined };
    const resource = pool({ ...three, spec: { ...size, removalsAtOnce } });
    expect(judge('one-at-a-time', resource, [node(1), node(2), node(3), ...leaving]).outcome).toBe(outcome);
  });
});

describe('cooldown', () => {
  it.each<[string, Partial<NodePoolMemory>, string, number | undefined]>([
    ['never changed', {}, 'pass', undefined],
    ['shrank exactly 5 min ago', { scaled_down_at: ago(5 * MINUTE) }, 'pass', undefined],
    ['shrank 1 ms less ago', { scaled_down_at: ago(5 * MINUTE - 1) }, 'defer', NOW + 1],
    ['grew exactly 20 min ago', { scaled_up_at: ago(20 * MINUTE) }, 'pass', undefined],
    ['grew 1 ms less ago', { scaled_up_at: ago(20 * MINUTE - 1) }, 'defer', NOW + 1],
  ])('%s', (_what, kept, outcome, clearsAt) => {
    const resource = pool({ kept: { members: [1, 2, 3], ...kept } });
    const found = judge('cooldown', resource, [node(1), node(2), node(3)]);
    expect([found.outcome, found.clearsAt]).toEqual([outcome, clearsAt]);
  });

  it('does not delay steps of the document', () => {
    const size = { size: 2, min: undefined, max: undefined };
    const resource = pool({ kept: { members: [1, 2, 3], scaled_down_at: ago(0), scaled_up_at: ago(0) }, spec: size });
    expect(judge('cooldown', resource, [node(1), node(2), node(3)]).outcome).toBe('pass');
  });
});

describe('capacity-starting', () => {
  const starting = node(3, { state: 'initializing' });
  it('defers shrinking while another one starts, and passes it otherwise', () => {
    const size = { size: 2, min: undefined, max: undefined };
    const resource = pool({ ...three, spec: size });
    expect(judge('capacity-starting', resource, [node(1), node(2), starting])).toMatchObject({
      outcome: 'defer',
      facts: { starting: ['web-3'] },
    });
    expect(judge('capacity-starting', resource, [node(1), node(2), node(3)]).outcome).toBe('pass');
  });

  it('passes growth', () => {
    const resource = pool({ ...three, spec: { size: 4, min: undefined, max: undefined } });
    expect(judge('capacity-starting', resource, [node(1), node(2), starting]).outcome).toBe('pass');
  });
});

describe('no-candidate', () => {
  const size = { size: 1, min: undefined, max: undefined };
  const young = (age: number) =>
    node(2, { signals: signals({}, { initialized_at: ago(age), provisioned_at: ago(age) }) });
  it.each<[string, NodeResource, string, number | undefined]>([
    ['of exactly its grace', young(30 * MINUTE), 'pass', undefined],
    ['of 1 ms less', young(30 * MINUTE - 1), 'defer', NOW + 1],
    ['in use', busy(2, 5), 'defer', undefined],
  ])('one %s', (_what, candidate, outcome, clearsAt) => {
    const resource = pool({ kept: { members: [1, 2] }, spec: size });
    const found = judge('no-candidate', resource, [busy(1, 500), candidate]);
    expect([found.outcome, found.clearsAt]).toEqual([outcome, clearsAt]);
  });
});

describe('decided-otherwise', () => {
  it('passes a step that would be decided again, for any other change', () => {
    const resource = pool(three);
    const nodes = [busy(1, 100), node(2), node(3)];
    const at = scene(resource, nodes);
    const planned = change(resource, at);
    const later = scene(resource, [busy(1, 200), node(2), node(3)]);
    expect(poolRules['decided-otherwise'](planned, resource, later).outcome).toBe('pass');
  });

  it('rejects a step that would be decided differently, or not at all', () => {
    const resource = pool(three);
    const planned = change(resource, scene(resource, [busy(1, 100), node(2), node(3)]));
    const another = scene(resource, [busy(1, 100), node(2), busy(3, 100)]);
    expect(poolRules['decided-otherwise'](planned, resource, another)).toMatchObject({ outcome: 'reject' });
    const full = scene(resource, [busy(1, 4000), busy(2, 4000), busy(3, 4000)]);
    expect(poolRules['decided-otherwise'](planned, resource, full).message).toMatch(
      /^The pool decides differently now: 97/u,
    );
    const rest = scene(resource, [busy(1, 2000), busy(2, 2000), busy(3, 2000)]);
    expect(poolRules['decided-otherwise'](planned, resource, rest).message).toBe('The pool no longer decides anything');
  });

  it('distinguishes moves by target, and members by direction', () => {
    const comes = { path: '/members/web-1', after: 'new' };
    expect(essence([comes])).toEqual(essence([{ path: '/members/web-1', after: 'found' }]));
    expect(essence([comes])).not.toEqual(essence([{ path: '/members/web-1', before: 'idle' }]));
    const move = { path: '/moves/a', before: 'web-1', after: 'web-2' };
    expect(essence([move])).not.toEqual(essence([{ ...move, after: 'web-3' }]));
  });
});

describe('the phase of a node for its pool', () => {
  const withState = (state: string, seen: Partial<NodeSignals> = {}, life = {}) =>
    node(1, { state, signals: signals(seen, life) });
  const unmade = absent(node(1));
  const gap = { plugin: 'nodes', message: 'it does not answer' };
  it.each<[string, NodeResource, string | undefined]>([
    ['provisioning', withState('provisioning'), 'starting'],
    ['initializing', withState('initializing'), 'starting'],
    ['ready', withState('ready'), 'serving'],
    ['active', withState('active'), 'serving'],
    ['idle', withState('idle'), 'serving'],
    ['draining', withState('draining'), 'leaving'],
    ['decommissioned', withState('decommissioned'), 'leaving'],
    ['unhealthy', withState('unhealthy'), 'unhealthy'],
    ['unhealthy after it was drained', withState('unhealthy', {}, { draining_at: ago(1) }), 'leaving'],
    ['ready, and nothing lists it by consent', withState('ready', { workloads: 'none' }), 'serving'],
    ['ready, and not listed yet', withState('ready', { workloads: 'unlisted' }), 'starting'],
    ['idle, and no longer listed', withState('idle', { workloads: 'unlisted' }, { containers_ever: 3 }), 'unseen'],
    ['ready, and the source is not read', withState('ready', { workloads: 'unread' }), 'unseen'],
    ['written, and not there', unmade, 'planned'],
    ['written, and covered by a gap', resourceWith({ ...unmade, gap }), 'unseen'],
    ['neither declared nor existing', resourceWith({ ref: refOf('Node', 'web-1') }), undefined],
  ])('%s: %s', (_what, resource, phase) => {
    expect(phaseOf(resource)).toBe(phase);
  });

  it('uses the state of one that does not answer', () => {
    const off = node(1, {
      state: 'unhealthy',
      signals: signals({ workloads: 'unread' }, { containers: 2, allocated_mb: 700 }),
    });
    const resource = pool({ kept: { members: [1] } });
    const { nodes } = situationOf(resource, poolSpec({ min: 1, max: 2 }), scene(resource, [off]));
    expect(nodes[0]?.node).toMatchObject({ phase: 'unhealthy', allocatedMb: 700 });
  });
});

describe('documents of a pool', () => {
  it('inherit labels and lifecycle, and need the pool', () => {
    const desired = desiredOf('NodePool', 'web', poolSpec({ size: 2 }), {
      meta: { labels: { tier: 'web' }, lifecycle: { ignore: ['/spec/labels'], protect: true, onRemove: 'release' } },
    });
    const [itself, first, second] = expandPool(desired, { prefix: 'old', members: [3, 7] });
    expect(itself).toBe(desired);
    expect([first?.ref.name, second?.ref.name]).toEqual(['old-3', 'old-7']);
    expect(first).toMatchObject({
      meta: desired.meta,
      needs: [desired.ref],
      spec: { provider: 'hetzner', role: 'worker', pool: 'web', power: 'on', serverType: 'cx23' },
    });
    expect(expandPool(desired, undefined)).toEqual([desired]);
  });

  it('are those of the state, or nothing is decided on them', () => {
    const resource = pool(three);
    expect(isExpanded(resource, scene(resource, [node(1), node(2), node(3)]))).toBe(true);
    expect(isExpanded(resource, scene(resource, [node(1), node(2)]))).toBe(false);
    expect(isExpanded(resource, scene(resource, [node(1), node(2), node(4)]))).toBe(false);
    expect(isExpanded(resource, scene(resource, [node(1), node(2), node(3), left(4)]))).toBe(true);
    const moving = pool({ kept: { members: [1, 2, 3], moves: [{ container: 'c', from: 1, to: 2 }] } });
    expect(isExpanded(moving, scene(moving, [node(1), node(2), node(3)]))).toBe(false);
    expect(decideFor(resource, scene(resource, [node(1), node(2)]))?.decision).toBeUndefined();
  });
});

function containerResource(
  name: string,
  from: string,
  to: string,
  seen: Facts = { mb: 100, tier: 'small', players: 0 },
  by?: string,
): KnownResource<ContainerResource> {
  const ref = refOf('Container', name);
  return resourceWith({
    ref,
    desired: desiredOf('Container', name, { node: to, ...(by === undefined ? {} : { pool: by }) }),
    observed: {
      ref,
      state: 'placed',
      given: true,
      facts: { node: from },
      signals: seen,
      findings: [],
      at: Date.parse(ago(0)),
    },
  });
}

describe('containers', () => {
  const move = (resource: ContainerResource) => changeOf(resource, 'placed>placed', 'update');

  it('that are in their place, or nowhere, need no step', () => {
    expect(diffContainer(containerResource('a', 'web-1', 'web-1'), sceneOf())).toBeUndefined();
    const gone = absent(containerResource('a', 'web-1', 'web-2'));
    expect(diffContainer(gone, sceneOf())).toBeUndefined();
    expect(diffContainer(containerResource('a', 'web-1', 'web-2'), sceneOf())).toMatchObject({
      fields: [{ path: '/node', before: 'web-1', after: 'web-2' }],
    });
  });

  it('are not retried for a consolidation after a failed move', () => {
    const resource = containerResource('a', 'web-1', 'web-2', undefined, 'web');
    expect(diffContainer(resource, sceneOf())?.cause).toBe('policy');
    const failed = { ...resource, memory: { ref: resource.ref, version: 1, kept: {}, failures: 1 } };
    expect(diffContainer(failed, sceneOf())).toBeUndefined();
    const byHand = { ...containerResource('a', 'web-1', 'web-2'), memory: failed.memory };
    expect(diffContainer(byHand, sceneOf())).toBeDefined();
  });

  it.each<[Facts, string]>([
    [{ mb: 1, tier: 'small', players: 5 }, 'pass'],
    [{ mb: 1, tier: 'small', players: 6 }, 'reject'],
    [{ mb: 1, tier: 'medium', players: 0 }, 'pass'],
    [{ mb: 1, tier: 'medium', players: 1 }, 'reject'],
    [{ mb: 1, tier: 'large', players: 0 }, 'reject'],
    [{ mb: 1 }, 'reject'],
  ])('of %j can be moved: %s', (seen, outcome) => {
    const resource = containerResource('a', 'web-1', 'web-2', seen);
    expect(notMigratable(move(resource), resource).outcome).toBe(outcome);
  });

  it.each<[string, NodeResource, number, string]>([
    ['exactly fits', busy(2, MEMORY_MB - 100), 100, 'pass'],
    ['is 1 MB too large', busy(2, MEMORY_MB - 100), 101, 'reject'],
    ['has a node that is drained', node(2, { state: 'draining' }), 1, 'reject'],
    ['has a node that is unhealthy', node(2, { state: 'unhealthy' }), 1, 'reject'],
    ['has a node of no known size', node(2, { signals: signalsOf({ list: [] }) }), 1, 'reject'],
  ])('that %s: %s', (_what, target, mb, outcome) => {
    const resource = containerResource('a', 'web-1', 'web-2', { mb, tier: 'small', players: 0 });
    expect(targetUnfit(move(resource), resource, sceneOf([resource, target])).outcome).toBe(outcome);
  });

  it('that move to the same node share its room', () => {
    const first = containerResource('a', 'web-1', 'web-2', { mb: 60, tier: 'small', players: 0 });
    const second = containerResource('b', 'web-1', 'web-2', { mb: 60, tier: 'small', players: 0 });
    const elsewhere = containerResource('c', 'web-1', 'web-3', { mb: 60, tier: 'small', players: 0 });
    const all = [first, second, elsewhere, busy(2, MEMORY_MB - 100)];
    const judged = (...before: readonly ContainerResource[]) =>
      targetUnfit(move(second), second, sceneOf(all, { underWay: underWay(...before.map(move)) })).outcome;
    expect(judged()).toBe('pass');
    expect(judged(elsewhere, second)).toBe('pass');
    expect(judged(first)).toBe('reject');
  });

  it('are found where the source lists them, by the owned name of the node', () => {
    const container = { id: 'a', mb: 5, tier: 'small' };
    const workloads = { nodes: [{ name: 'x', containers: [container] }], queue: [] };
    const name = (source: string) => (source === 'x' ? 'web-1' : source);
    expect(observeContainer(refOf('Container', 'a'), workloads, name, NOW)).toMatchObject({
      given: true,
      facts: { node: 'web-1' },
      signals: { mb: 5, tier: 'small' },
    });
    expect(observeContainer(refOf('Container', 'b'), workloads, name, NOW)).toBeUndefined();
  });
});

describe('a refresh of a pool', () => {
  const desired = desiredOf('NodePool', 'web', poolSpec({ size: 2 }));
  const waiting = {
    nodes: [],
    queue: [
      { id: 'a', mb: 5 },
      { id: 'b', mb: 7, pool: 'web' },
      { id: 'c', mb: 9, pool: 'other' },
    ],
  };
  const observedWith = (more: object): PoolSignals =>
    observePool(desired, { project: 'shop', migrates: false, ...more }, NOW).signals as unknown as PoolSignals;

  it('counts the workloads that wait for it, and those without a pool', () => {
    expect(observedWith({ workloads: waiting })).toMatchObject({
      queue: { count: 2, mb: 12 },
      unnamed: { count: 1, mb: 5 },
    });
    expect(observedWith({})).not.toHaveProperty('queue');
  });

  it('finds servers by both labels', () => {
    const server = (name: string, labels: Readonly<Record<string, string>>) => ({ name, labels });
    const own = { 'fettle/project': 'shop', 'fettle/pool': 'web' };
    const servers = [
      server('web-2', own),
      server('web-1', own),
      server('web-3', { ...own, 'fettle/project': 'other' }),
      server('web-4', { ...own, 'fettle/pool': 'db' }),
      server('web-5', {}),
    ];
    expect(observedWith({ servers }).labelled).toEqual(['web-1', 'web-2']);
  });
});

describe('findings', () => {
  const codes = (resource: PoolResource, nodes: readonly NodeResource[], more: readonly Resource[] = []) =>
    poolFindings(resource, scene(resource, nodes, more)).map(({ code }) => code);

  it('report too few in service, only while none is in progress', () => {
    const resource = pool({ kept: { members: [1, 2] }, spec: { min: 2, max: 3 } });
    expect(codes(resource, [busy(1, 2000), node(2, { state: 'unhealthy' })])).toEqual(['short']);
    expect(codes(resource, [busy(1, 2000), node(2, { state: 'initializing' })])).toEqual([]);
    expect(codes(resource, [busy(1, 2000), node(2)])).toEqual([]);
  });

  it('report servers with its label that are not members', () => {
    const resource = pool({ kept: { members: [1] }, signals: { labelled: ['web-1', 'web-8'] } });
    expect(codes(resource, [busy(1, 2000)])).toEqual(['unmanaged']);
  });

  it('report a policy without data', () => {
    const resource = pool({ kept: { members: [1] } });
    expect(codes(resource, [node(1, { signals: signals({ workloads: 'unread' }) })])).toEqual(['blind']);
    const fixed = pool({ kept: { members: [1] }, spec: { size: 1, min: undefined, max: undefined } });
    expect(codes(fixed, [node(1, { signals: signals({ workloads: 'unread' }) })])).toEqual([]);
  });

  it('report growth that is not allowed', () => {
    expect(codes(pool({ kept: { members: [1] }, spec: { min: 1, max: 1 } }), [busy(1, 4000)])).toEqual(['full']);
    expect(codes(pool({ kept: { members: [1] }, spec: { min: 1, max: 2 } }), [busy(1, 4000)])).toEqual([]);
  });
});

describe('invalid documents', () => {
  const wrong = (name: string, spec: object) =>
    checkPool(desiredOf('NodePool', name, poolSpec(spec))).map(({ pointer }) => pointer);
  const none = { serverType: 'cx23', image: 'debian-13', location: 'nbg1', workloads: { none: true } };

  it.each<[string, object, readonly string[]]>([
    ['a size', { size: 0 }, []],
    ['limits', { min: 0, max: 0 }, []],
    ['nothing', {}, ['/spec']],
    ['a min alone', { min: 1 }, ['/spec']],
    ['a max alone', { max: 1 }, ['/spec']],
    ['a size and a max', { size: 1, max: 1 }, ['/spec/size']],
    ['more at least than at most', { min: 3, max: 2 }, ['/spec/min']],
    ['equal thresholds', { min: 1, max: 2, scaling: { up: '50%', down: '50%' } }, ['/spec/scaling/down']],
    ['thresholds that just fit', { min: 1, max: 2, scaling: { up: '50.001%', down: '50%' } }, []],
    ['a load without a source', { min: 1, max: 2, template: none }, ['/spec/template/workloads/none']],
    ['a size, and no source', { size: 1, template: none }, []],
    ['a size, and consolidation', { size: 1, consolidation: { enabled: true } }, ['/spec/consolidation/enabled']],
  ])('with %s', (_what, spec, pointers) => {
    expect(wrong('web', spec)).toEqual(pointers);
  });

  it.each(['Web', 'web_1', '-web', 'web-', 'a'.repeat(59), 'a.b'])('with the name %s', (name) => {
    expect(wrong(name, { size: 1 })).toEqual(['/metadata/name']);
  });

  it('set a pool in a Node, or give a Node the name of a member', () => {
    expect(checkNodeOfPool(desiredOf('Node', 'a', nodeSpec({ pool: 'web' })))).toHaveLength(1);
    expect(checkNodeOfPool(desiredOf('Node', 'a', nodeSpec()))).toEqual([]);
    const written = [
      desiredOf('NodePool', 'web', poolSpec({ size: 1 })),
      ...['web-1', 'web-0', 'web', 'other-1'].map((name) => desiredOf('Node', name, nodeSpec())),
    ];
    expect(checkNames(written).map(({ ref }) => ref.name)).toEqual(['web-1']);
  });
});
