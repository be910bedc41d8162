/**
 * Safety rules of Nodes: conditions for draining, removing or replacing a node, and for turning it off.
 *
 * They judge both steps of a removal, the drain and the deletion, in the plan and again immediately before each step. A
 * node that is only drained because its disk is full is not removed, so rules about removals pass.
 */

import {
  type Change,
  changeOf,
  defer,
  counted,
  type Facts,
  formatRef,
  instantText,
  pass,
  reject,
  removalStep,
  type Resource,
  type Scene,
  spanText,
  type Verdict,
  defined,
  mayBeOwned,
  isSeen,
  seenFacts,
  seenState,
  otherState,
  protectedBy,
  instantOf,
} from '#plugin';
import { type NodeLife, type NodeResource, type NodeSignals, nodeSignals } from './facts.ts';
import { type NodePoolMemory, type NodePoolSpec, type NodeRuleId, tables } from './generated.ts';
import { staysBehind } from './successor.ts';
import { orderRules } from './order-rules.ts';
import { dedication, leastOf, ms, poolOf, poolRef, settingsOfResource, strictPoolSpec } from './settings.ts';
import { DISK_FULL_PERCENT } from './observe-node.ts';
import { isBusy } from './state.ts';
import { Node, NodePool } from './kinds.ts';

/** Time for which a found node is kept after its containers were first read. */
export const POST_SYNC_GRACE_MS = 10 * 60_000;

type NodeRule = (change: Change, resource: NodeResource, scene: Scene) => Verdict;

const KEPT = pass('The node is neither removed nor replaced');

function takesAway({ goal }: Change): boolean {
  return goal === 'remove' || goal === 'replace';
}

/** True if the step turns the server off, for a time or permanently. */
function stopsPower({ machine, from }: Change): boolean {
  return machine === 'power' && from === 'on';
}

/** Wraps a rule about removals and replacements of observed nodes. */
function whenTaken(
  rule: (
    known: { readonly state: string; readonly signals: NodeSignals; readonly life: NodeLife },
    resource: NodeResource,
    scene: Scene,
    change: Change,
  ) => Verdict,
): NodeRule {
  return (change, resource, scene) => {
    if (!takesAway(change)) return KEPT;
    const signals = nodeSignals(resource);
    // A node without an observation cannot be judged; the engine's own rules keep it.
    if (!isSeen(resource) || signals === undefined) return pass('The node was not observed');
    return rule({ state: resource.sight.observed.state, signals, life: signals.life }, resource, scene, change);
  };
}

/** Names as text: `web-2 and web-3`. */
function andList(names: readonly string[]): string {
  return new Intl.ListFormat('en-GB').format(names);
}

/** A limit as text: `30 min`, or `90 s` if it is not in whole minutes. */
function limitText(limit: number): string {
  return limit > 0 && limit % 60_000 === 0 ? `${limit / 60_000} min` : `${limit / 1000} s`;
}

/** State of a grace period, which excludes its end. */
function withinGrace(
  since: number,
  graceMs: number,
  now: number,
): { readonly over: boolean; readonly facts: Facts; readonly clearsAt: number } {
  const begun = Math.min(since, now);
  const end = begun + graceMs;
  return {
    over: now >= end,
    facts: {
      since: instantText(begun),
      age_seconds: Math.floor((now - begun) / 1000),
      grace_seconds: graceMs / 1000,
      remaining_seconds: Math.max(0, Math.ceil((end - now) / 1000)),
    },
    clearsAt: end,
  };
}

const otherServer: NodeRule = (_change, resource) => {
  const facts = {
    server_id: seenFacts(resource)?.server_id ?? null,
    ours: resource.memory?.kept.server_id ?? null,
  };
  if (seenFacts(resource)?.other !== true) return pass('The server is the recorded one, or does not exist', facts);
  return reject(
    `The server of this name has the id ${facts.server_id} and is not the one that was created or adopted`,
    facts,
    {
      remedy: {
        outside: `rename one of the two servers, or run \`fettle state forget ${formatRef(resource.ref)}\` to adopt this one`,
      },
    },
  );
};

const providerBusy: NodeRule = (_change, resource) => {
  const status = nodeSignals(resource)?.status;
  if (!isBusy(status)) return pass('The provider is not changing the server', { status: status ?? null });
  return defer(
    `The provider reports that the server is ${status}`,
    { status: status ?? null },
    {
      remedy: { outside: 'wait until the provider has finished' },
    },
  );
};

const dedicatedNode: NodeRule = (change, resource) => {
  const settings = settingsOfResource(resource);
  const why = dedication(resource);
  const facts = { role: settings.role, provider: settings.provider, dedicated: why ?? null };
  if (why === undefined) return pass('The node is a worker of a cloud provider', facts);
  const isDrain = change.to === 'draining';
  if (!takesAway(change) && !isDrain) return pass('The node is neither drained, removed nor replaced', facts);
  return reject(`cannot decommission dedicated node: ${why}`, facts, {
    remedy: {
      outside: 'set lifecycle.onRemove: release in its document to stop managing the node without removing it',
    },
  });
};

const syncInProgress = whenTaken(({ life }, _pair, scene) => {
  const { recovered_at: recoveredAt, sync_completed_at: syncCompletedAt } = life;
  const facts = { recovered_at: recoveredAt ?? null, sync_completed_at: syncCompletedAt ?? null };
  if (recoveredAt === undefined) return pass('The node was created, not found', facts);
  if (syncCompletedAt !== undefined) return pass('The containers of every node have been read since', facts);
  return reject(
    `The node was found ${spanText(scene.now - instantOf(recoveredAt))} ago, and the containers of every node have not been read since`,
    facts,
    { remedy: { outside: 'apply again once the workload source can be read' } },
  );
});

const postSyncGrace = whenTaken(({ life }, _pair, scene) => {
  const { recovered_at: recoveredAt, sync_completed_at: syncCompletedAt } = life;
  if (recoveredAt === undefined || syncCompletedAt === undefined)
    return pass('No containers have been synced', { recovered_at: recoveredAt ?? null });
  const syncedAt = instantOf(syncCompletedAt);
  const grace = withinGrace(syncedAt, POST_SYNC_GRACE_MS, scene.now);
  if (grace.over) return pass('The containers of the node have been known for long enough', grace.facts);
  return reject(
    `The containers of this found node have been known for ${spanText(scene.now - syncedAt)}; the grace period is ${limitText(POST_SYNC_GRACE_MS)}`,
    grace.facts,
    { clearsAt: grace.clearsAt },
  );
});

const containersUnknown = whenTaken(({ signals, life }) => {
  const facts = { workloads: signals.workloads, last_known: life.containers ?? null };
  if (signals.workloads === 'listed') return pass('The workload source lists the node', facts);
  if (signals.workloads === 'none') return pass('workloads.none is set in the document of the node', facts);
  // A node that was never ready cannot have containers.
  if (life.initialized_at === undefined && life.recovered_at === undefined && life.containers_ever === 0)
    return pass('The node has never been ready', facts);
  const what = signals.workloads === 'unlisted' ? 'does not list the node' : 'could not be read';
  return reject(`The workload source ${what}, so the node may not be empty`, facts, {
    remedy: { outside: 'let the workload source list the node, with an empty list of containers if it has none' },
  });
});

const stillStarting = whenTaken(({ state, life }, resource) => {
  const facts = { state, provisioned_at: life.provisioned_at ?? null };
  if (state !== 'provisioning' && state !== 'initializing') return pass('The node has started', facts);
  const { startDeadline } = settingsOfResource(resource);
  const due =
    life.provisioned_at === undefined ? undefined : instantText(instantOf(life.provisioned_at) + ms(startDeadline));
  return reject(`The node is still ${state}`, facts, {
    remedy: {
      outside: `wait until the node is ready${due === undefined ? '' : `; it becomes unhealthy at ${due} otherwise`}`,
    },
  });
});

function containersText(count: number): string {
  return `Node has ${counted(count, 'container')}`;
}

const noContainers = whenTaken(({ life, signals }) => {
  const containers = life.containers ?? 0;
  const facts = { containers, workloads: signals.workloads };
  if (containers === 0) return pass('The node has no containers', facts);
  const known = signals.workloads === 'listed' ? '' : ', as last known';
  return reject(`${containersText(containers)}${known}`, facts, {
    remedy: { outside: 'wait until the containers end, or move them to other nodes' },
  });
});

const allocatedMemory = whenTaken(({ life }, _pair, _scene, change) => {
  const { allocated_mb: allocatedMb = 0, containers = 0 } = life;
  const facts = { allocated_mb: allocatedMb, containers };
  if (allocatedMb === 0) return pass('No memory is allocated', facts);
  if (containers > 0 && change.to === 'draining') return pass('The containers of the node have the memory', facts);
  return reject(`${allocatedMb} MB of memory are allocated`, facts, {
    remedy: { outside: 'wait until the workload source reports no allocated memory' },
  });
});

const tooYoung = whenTaken(({ state, life }, resource, scene) => {
  if (state !== 'ready') return pass('The node has had a container, or is not ready', { state });
  const begun = life.initialized_at ?? life.provisioned_at;
  if (begun === undefined) return pass('The age of the node is unknown', { state });
  const since = instantOf(begun);
  const { readyGrace } = settingsOfResource(resource);
  const grace = withinGrace(since, ms(readyGrace), scene.now);
  if (grace.over) return pass('The grace period is over', grace.facts);
  const age = spanText(Math.max(0, scene.now - since));
  const remaining = spanText(grace.clearsAt - scene.now);
  return reject(
    `Ready node too young: ${life.initialized_at === undefined ? 'created' : 'ready'} ${age} ago; readyGrace is ${limitText(ms(readyGrace))}, ${remaining} remain`,
    grace.facts,
    { clearsAt: grace.clearsAt },
  );
});

const ageUnknown = whenTaken(({ state, life }) => {
  const facts = { state, initialized_at: life.initialized_at ?? null, provisioned_at: life.provisioned_at ?? null };
  if (state !== 'ready') return pass('The node has had a container, or is not ready', facts);
  if (life.initialized_at !== undefined || life.provisioned_at !== undefined)
    return pass('The age of the node is known', facts);
  return reject('The age of the node is unknown: neither its creation nor its readiness has a time', facts, {
    remedy: { outside: 'find out why the provider does not report the creation time of the server' },
  });
});

const noHistory = whenTaken(({ state, life }, resource) => {
  const facts = { state, containers_ever: life.containers_ever };
  if (state !== 'active' && state !== 'idle') return pass('The node is neither active nor idle', facts);
  if (dedication(resource) !== undefined || resource.memory?.kept.was_system === true)
    return pass('A system node is in use without containers', facts);
  if (life.containers_ever > 0) return pass(`The node has had ${counted(life.containers_ever, 'container')}`, facts);
  return reject(`The node is ${state}, but no container has ever been counted on it`, facts, {
    remedy: { outside: 'find out what ran on the node before you remove it' },
  });
});

const idleGrace = whenTaken(({ state, life }, resource, scene) => {
  if (state !== 'active' && state !== 'idle') return pass('The node is neither active nor idle', { state });
  if ((life.containers ?? 0) > 0) return pass('The node is not empty', { state, containers: life.containers ?? 0 });
  const grace = settingsOfResource(resource).idleGrace;
  if (life.empty_since === undefined)
    return reject(
      'The time since which the node has been empty is unknown',
      { state, empty_since: null, grace },
      {
        remedy: { outside: 'let the workload source list the node' },
      },
    );
  const since = instantOf(life.empty_since);
  const spent = withinGrace(since, ms(grace), scene.now);
  const facts = { ...spent.facts, containers_ever: life.containers_ever };
  const idle = spanText(Math.max(0, scene.now - since));
  if (spent.over)
    return pass(`The node has had ${counted(life.containers_ever, 'container')} and has been idle for ${idle}`, facts);
  return reject(`Idle for ${idle}; idleGrace is ${limitText(ms(grace))}`, facts, {
    clearsAt: spent.clearsAt,
  });
});

const queueWaits = whenTaken(({ state, signals }) => {
  const { queue } = signals;
  const facts = { queued: queue?.count ?? null, queued_mb: queue?.mb ?? null };
  if (state === 'unhealthy') return pass('An unhealthy node cannot take containers', { ...facts, state });
  if (signals.workloads === 'none') return pass('The node takes no containers', facts);
  if (queue === undefined)
    return reject('The queue of the workload source is unknown', facts, {
      remedy: { outside: 'make the workload source readable' },
    });
  if (queue.count === 0) return pass('The queue is empty', facts);
  return reject(
    `${queue.count} container${queue.count === 1 ? ' waits' : 's wait'} for ${queue.mb} MB of memory`,
    facts,
    { remedy: { outside: 'wait until the queue is empty' } },
  );
});

/** The values of a pool that rules about its members use. */
interface PoolSeen {
  readonly name: string;
  readonly spec?: NodePoolSpec;
  /** Its spec, with the stricter of the applied and declared safety inputs. */
  readonly strict?: NodePoolSpec;
  readonly kept?: Partial<NodePoolMemory>;
  /** Every present or former member. */
  readonly nodes: readonly NodeResource[];
}

function poolSeen(resource: NodeResource, scene: Scene): PoolSeen | undefined {
  const name = poolOf(resource);
  if (name === undefined) return undefined;
  const pool = NodePool.get(scene, poolRef(name));
  const spec = pool?.desired?.spec;
  const strict = strictPoolSpec(pool);
  const kept = pool?.memory?.kept;
  const nodes = Node.all(scene).filter(
    (each) => (each.desired !== undefined || mayBeOwned(each.memory)) && poolOf(each) === name,
  );
  return defined({
    name,
    spec,
    strict,
    kept,
    nodes,
  });
}

const IN_SERVICE: ReadonlySet<string> = new Set(['ready', 'active', 'idle']);

function isInService(resource: NodeResource): boolean {
  return isSeen(resource) && IN_SERVICE.has(resource.sight.observed.state);
}

/** True if an accepted action takes the node out of service, for a time or permanently. */
function isGoing(resource: NodeResource, scene: Scene): boolean {
  const change = scene.underWay.get(formatRef(resource.ref))?.change;
  if (change === undefined) return false;
  return takesAway(change) || change.to === 'draining' || stopsPower(change);
}

function isSame(a: NodeResource, b: NodeResource): boolean {
  return formatRef(a.ref) === formatRef(b.ref);
}

const keepsMin: NodeRule = (_change, resource, scene) => {
  const pool = poolSeen(resource, scene);
  if (pool === undefined) return pass('The node is not a member of a pool');
  if (pool.spec === undefined) return pass('The pool is no longer declared', { pool: pool.name });
  const min = leastOf(pool.strict);
  const left = pool.nodes.filter(
    (each) => !isSame(each, resource) && isInService(each) && !isGoing(each, scene),
  ).length;
  const facts = { pool: pool.name, left, min, in_service: isInService(resource) };
  if (!isInService(resource)) return pass('The node is not in service', facts);
  if (left >= min)
    return pass(`Pool "${pool.name}" would have ${counted(left, 'node')} in service; its minimum is ${min}`, facts);
  return reject(`Pool "${pool.name}" would have ${counted(left, 'node')} in service; its minimum is ${min}`, facts, {
    remedy: { outside: 'wait until another node is in service, or lower the minimum of the pool' },
  });
};

/** Names of other members of its pool that block a step on the node. */
function inTheWay(change: Change, resource: NodeResource, pool: PoolSeen, scene: Scene): readonly string[] {
  const others = pool.nodes.filter((each) => !isSame(each, resource));
  const isPower = change.machine === 'power';
  const isDrain = change.to === 'draining';
  return others
    .filter((each) => {
      if (isGoing(each, scene)) return true;
      const state = seenState(each);
      // Drained nodes can be removed at the same time: none of them is in service.
      if (isDrain || isPower) {
        if (state === 'draining' || state === 'decommissioned') return true;
      }
      return isPower && state !== undefined && IN_SERVICE.has(state) && otherState(each, 'health') !== 'healthy';
    })
    .map(({ ref }) => ref.name);
}

const oneAtATime: NodeRule = (change, resource, scene) => {
  const pool = poolSeen(resource, scene);
  if (pool === undefined) return pass('The node is not a member of a pool');
  const atOnce = pool.strict?.removalsAtOnce ?? 1;
  const others = inTheWay(change, resource, pool, scene);
  const facts = { pool: pool.name, others, at_once: atOnce };
  if (others.length < atOnce)
    return pass(`${counted(others.length, 'other node')} at once; removalsAtOnce is ${atOnce}`, facts);
  return defer(
    `${andList(others)} ${others.length === 1 ? 'is' : 'are'} already being drained, removed or turned off; pool "${pool.name}" allows ${atOnce} at a time`,
    facts,
    { remedy: { outside: 'apply again when that has finished' } },
  );
};

const drainGrace = whenTaken(({ life }, resource, scene) => {
  const { drainGrace: grace } = settingsOfResource(resource);
  if (life.draining_at === undefined)
    return defer(
      'The time since which the node has been draining is unknown',
      { grace },
      { remedy: { outside: 'plan again' } },
    );
  // Until it is notified, the workload source can still start containers on the node.
  const { told_at: toldAt = life.draining_at } = resource.memory?.kept ?? {};
  const since = Math.max(instantOf(toldAt), instantOf(life.draining_at));
  const spent = withinGrace(since, ms(grace), scene.now);
  const drained = spanText(Math.max(0, scene.now - since));
  if (spent.over) return pass(`The node has been draining for ${drained}`, spent.facts);
  return defer(`The node has been draining for ${drained}; drainGrace is ${limitText(ms(grace))}`, spent.facts, {
    clearsAt: spent.clearsAt,
  });
});

const powerNeeded: NodeRule = (change, resource) => {
  const signals = nodeSignals(resource);
  const containers = signals?.life.containers;
  const facts = { containers: containers ?? null, workloads: signals?.workloads ?? null };
  if (change.step === 'power:off>off') return pass('The server is off', facts);
  const isKnown = signals?.workloads === 'listed' || signals?.workloads === 'none';
  if (isKnown && containers === 0) return pass('No container runs on the node', facts);
  const neverReady = signals?.life.initialized_at === undefined && signals?.life.recovered_at === undefined;
  if (neverReady && (containers ?? 0) === 0) return pass('The node has never been ready', facts);
  return reject(
    (containers ?? 0) > 0
      ? `The server must be off for this change. ${containersText(containers ?? 0)}`
      : 'The server must be off for this change, and the containers of the node are unknown',
    facts,
    { remedy: { outside: 'wait until the node is empty, or move its containers to other nodes' } },
  );
};

/** Names of everything that a replacement loses. */
function lostBy(resource: NodeResource): string {
  const facts = seenFacts(resource);
  const { disk_gb: diskGb, backups, ipv4, ipv6, volumes = [] } = facts ?? {};
  const spec = resource.desired?.spec;
  const addresses = [
    ...(spec?.publicNet.ipv4Address === undefined && ipv4 !== undefined ? [ipv4.ip] : []),
    ...(spec?.publicNet.ipv6Address === undefined && ipv6 !== undefined ? [ipv6.ip] : []),
  ];
  const behind =
    spec !== undefined && facts !== undefined && spec.volumes === undefined && staysBehind(spec, facts)
      ? volumes.map(({ name }) => name)
      : [];
  return [
    `the data on its disk${diskGb === undefined ? '' : ` (${diskGb} GB)`}`,
    ...(backups === true ? ['all of its backups'] : []),
    ...(addresses.length === 0 ? [] : [`the addresses ${addresses.join(' and ')}`]),
    ...(behind.length === 0 ? [] : [`its volumes ${behind.join(', ')}, which stay detached in ${facts?.location}`]),
  ].join(', ');
}

/** The data that a change destroys; undefined for none. */
function destroys({ goal, machine, fields }: Change, resource: NodeResource): string | undefined {
  if (goal === 'replace')
    return machine === 'power' ? 'A rebuild destroys the data on the disk' : `A replacement loses ${lostBy(resource)}`;
  return goal === 'update' && fields.some(({ path, after }) => path === '/backups' && after === false)
    ? 'Turning backups off deletes every backup of the server'
    : undefined;
}

const destroysData: NodeRule = (change, resource) => {
  const what = destroys(change, resource);
  const facts = { goal: change.goal, fields: change.fields.map(({ path }) => path) };
  if (what === undefined) return pass('No data is destroyed', facts);
  return reject(what, facts, {
    remedy: { outside: 'restore the previous value, or override destroys-data to accept losing the data' },
  });
};

const unknownMembers = whenTaken((_known, resource, scene) => {
  const pool = poolSeen(resource, scene);
  if (pool === undefined) return pass('The node is not a member of a pool');
  const facts = { pool: pool.name, members: pool.kept?.members?.length ?? null };
  if (pool.spec === undefined || pool.kept?.members !== undefined)
    return pass('The members of the pool are in the state', facts);
  return reject(
    `The members of pool "${pool.name}" are not in the state, so it is not known which nodes can be removed`,
    facts,
    {
      remedy: { outside: 'run apply to record the members' },
    },
  );
});

function isDiskFull(signals: NodeSignals | undefined): boolean {
  return (signals?.disk_used_percent ?? 0) > DISK_FULL_PERCENT;
}

/** Rejects the creation of a member that its pool removes in the same plan: a pool is judged before its members. */
const leavesPool: NodeRule = (_change, resource, scene) => {
  const seen = poolSeen(resource, scene);
  if (seen === undefined) return pass('The node is not a member of a pool');
  const { name: pool, spec, kept, nodes } = seen;
  // A replacement for a member with a full disk is created before that member is drained.
  const full = nodes.filter((each) => each.desired !== undefined && isDiskFull(nodeSignals(each))).length;
  const members = (kept?.members?.length ?? 0) - full;
  const most = spec?.size ?? spec?.max ?? Number.MAX_SAFE_INTEGER;
  if (members > most)
    return defer(
      `Pool "${pool}" has ${members} members; its maximum is ${most}. The pool decides first which members stay`,
      {
        pool,
        members,
        most,
      },
    );
  const action = scene.judged.get(formatRef(poolRef(pool)));
  const field = action?.change.fields.find(({ path }) => path === `/members/${resource.ref.name}`);
  const facts = { pool, members, because: action?.change.because ?? null };
  if (action?.verdict !== 'accept' || field === undefined || field.after !== undefined)
    return pass('The pool keeps the node', facts);
  return defer(`Pool "${pool}" is removing the node: ${action.change.because}`, facts);
};

/** Rejects the removal of a node that has been unhealthy for less than the grace period. */
export const UNHEALTHY_GRACE_MS = 5 * 60_000;

const unhealthyGrace = whenTaken(({ state, life }, resource, scene) => {
  if (state !== 'unhealthy') return pass('The node is not unhealthy', { state });
  const { memory } = resource;
  const known = memory?.state === 'unhealthy' ? memory.since : undefined;
  const since = instantOf(life.failing_since) ?? known ?? scene.now;
  const grace = withinGrace(since, UNHEALTHY_GRACE_MS, scene.now);
  const failing = spanText(Math.max(0, scene.now - since));
  if (grace.over) return pass(`The node has been unhealthy for ${failing}`, grace.facts);
  return reject(
    `The node has been failing for ${failing}; the grace period is ${limitText(UNHEALTHY_GRACE_MS)}`,
    grace.facts,
    { clearsAt: grace.clearsAt },
  );
});

export const nodeRules = {
  'other-server': otherServer,
  ...orderRules,
  'unhealthy-grace': unhealthyGrace,
  'provider-busy': providerBusy,
  'dedicated-node': dedicatedNode,
  'container-sync-in-progress': syncInProgress,
  'post-sync-grace-period': postSyncGrace,
  'containers-unknown': containersUnknown,
  'still-starting': stillStarting,
  'drains-containers': noContainers,
  'has-containers': noContainers,
  'allocated-memory': allocatedMemory,
  'too-young': tooYoung,
  'age-unknown': ageUnknown,
  'no-history': noHistory,
  'idle-grace': idleGrace,
  'queue-waits': queueWaits,
  'keeps-min': keepsMin,
  'one-at-a-time': oneAtATime,
  'drain-grace': drainGrace,
  'power-needed': powerNeeded,
  'destroys-data': destroysData,
  'unknown-members': unknownMembers,
  'leaves-pool': leavesPool,
} as const satisfies Record<NodeRuleId, NodeRule>;

/** Rules about a node itself, independent of its pool. */
const OF_ITSELF = [
  'other-server',
  'provider-busy',
  'dedicated-node',
  'container-sync-in-progress',
  'post-sync-grace-period',
  'containers-unknown',
  'still-starting',
  'drains-containers',
  'allocated-memory',
  'too-young',
  'age-unknown',
  'no-history',
  'idle-grace',
] as const satisfies readonly NodeRuleId[];

/** The first rule that rejects the removal of a node now. */
export interface Refusal {
  readonly rule: string;
  readonly message: string;
  /** Time at which the rejection clears by itself: epoch ms. */
  readonly clearsAt?: number;
}

/** Evaluates the rules about a node itself, and its protections, for its removal; undefined if it can be removed. */
export function refusalOf(resource: NodeResource, scene: Scene): Refusal | undefined {
  if (resource.memory?.protect === true || resource.desired?.meta.lifecycle.protect === true)
    return { rule: 'protected', message: 'The node is protected' };
  const by = protectedBy(resource);
  if (by !== undefined) return { rule: 'provider-protected', message: `The provider protects the server: ${by}` };
  const state = seenState(resource);
  if (state === undefined) return { rule: 'partial-view', message: 'The node cannot be seen' };
  const kind = tables.kinds.Node;
  const change = changeOf(resource.ref, kind, {
    step: removalStep(kind, state),
    goal: 'remove',
    because: '',
    cause: 'policy',
  });
  for (const rule of OF_ITSELF) {
    const { outcome, message, clearsAt } = nodeRules[rule](change, resource, scene);
    if (outcome === 'reject' || outcome === 'defer') return defined({ rule, message, clearsAt });
  }
  return undefined;
}

/** Other members of its pool, which rules need fresh immediately before an action. */
export function mattersToNode(resource: NodeResource, scene: Scene): readonly Resource['ref'][] {
  const change = scene.changes.get(formatRef(resource.ref));
  if (change === undefined || !(isTaking(change) || stopsPower(change))) return [];
  const pool = poolSeen(resource, scene);
  if (pool === undefined) return [];
  const itself = scene.get(poolRef(pool.name))?.ref;
  return [...(itself === undefined ? [] : [itself]), ...pool.nodes.map(({ ref }) => ref)];
}

function isTaking(change: Change): boolean {
  return takesAway(change) || change.to === 'draining';
}
