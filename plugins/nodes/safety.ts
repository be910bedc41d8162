/**
 * Safety rules of Nodes: what has to hold before a node is drained, removed or replaced, or its power goes.
 *
 * A removal is judged by them at both of its steps, at its draining and at its deletion, and right before each again. A
 * node that is only drained because its disk is full stays where it is: what guards removals passes it.
 */

import {
  type Change,
  changeOf,
  counted,
  defer,
  durationText,
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
} from '#plugin';
import { type NodeLife, type NodeResource, type NodeSignals, nodeSignals } from './facts.ts';
import { type NodePoolMemory, type NodePoolSpec, type NodeRuleId, tables } from './generated.ts';
import { staysBehind } from './successor.ts';
import { orderRules } from './order-rules.ts';
import { dedication, leastOf, ms, poolOf, poolRef, settingsOfResource, strictPoolSpec } from './settings.ts';
import { DISK_FULL_PERCENT } from './observe-node.ts';
import { isBusy } from './state.ts';
import { Node } from './kinds.ts';

/** So long after its containers were read for the first time, a node that was found is left alone. */
export const POST_SYNC_GRACE_MS = 10 * 60_000;

type NodeRule = (change: Change, resource: NodeResource, scene: Scene) => Verdict;

const KEPT = pass('neither removed nor replaced');

function takesAway({ goal }: Change): boolean {
  return goal === 'remove' || goal === 'replace';
}

/** The server is off for a time, or for good. */
function stopsPower({ machine, from }: Change): boolean {
  return machine === 'power' && from === 'on';
}

/** A rule about removals and replacements alone: of what is seen, with all that is known of it. */
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
    // Without a look there is nothing to judge: the engine's own rules let nothing go that is not seen.
    if (resource.sight.observed === undefined || signals === undefined) return pass('it is not seen');
    return rule({ state: resource.sight.observed.state, signals, life: signals.life }, resource, scene, change);
  };
}

/** What a grace says: it lasts up to, and not including, the end of it. */
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
    server_id: resource.sight.observed?.facts.serverId ?? null,
    ours: resource.memory?.kept.serverId ?? null,
  };
  if (resource.sight.observed?.facts.other !== true) return pass('the server that is ours, or none', facts);
  return reject(`the server of this name, ${facts.server_id}, is not the one that was made or adopted`, facts, {
    remedy: {
      outside: `rename one of the two, or \`fettle state forget ${formatRef(resource.ref)}\`: then it is adopted`,
    },
  });
};

const providerBusy: NodeRule = (_change, resource) => {
  const status = nodeSignals(resource)?.status;
  if (!isBusy(status)) return pass('its provider is not at it', { status: status ?? null });
  return defer(
    `its provider says that it is ${status}`,
    { status: status ?? null },
    {
      remedy: { outside: 'wait until its provider is done' },
    },
  );
};

const dedicatedNode: NodeRule = (change, resource) => {
  const settings = settingsOfResource(resource);
  const why = dedication(resource);
  const facts = { role: settings.role, provider: settings.provider, dedicated: why ?? null };
  if (why === undefined) return pass('a worker of a cloud', facts);
  const isDrain = change.to === 'draining';
  if (!takesAway(change) && !isDrain) return pass('neither drained, removed nor replaced', facts);
  return reject(`cannot decommission dedicated node: ${why}`, facts, {
    remedy: {
      outside: 'write its document with lifecycle.onRemove: release to let it go as it is',
    },
  });
};

const syncInProgress = whenTaken(({ life }, _pair, scene) => {
  const { recoveredAt, syncCompletedAt } = life;
  const facts = { recovered_at: recoveredAt ?? null, sync_completed_at: syncCompletedAt ?? null };
  if (recoveredAt === undefined) return pass('it was not found, but made', facts);
  if (syncCompletedAt !== undefined) return pass('the containers of every node were read since', facts);
  return reject(
    `it was found ${spanText(scene.now - Date.parse(recoveredAt))} ago, and the containers of every node were not read once since then`,
    facts,
    { remedy: { outside: 'apply again once the workload source can be read' } },
  );
});

const postSyncGrace = whenTaken(({ life }, _pair, scene) => {
  const { recoveredAt, syncCompletedAt } = life;
  if (recoveredAt === undefined || syncCompletedAt === undefined)
    return pass('nothing was synced', { recovered_at: recoveredAt ?? null });
  const syncedAt = Date.parse(syncCompletedAt);
  const grace = withinGrace(syncedAt, POST_SYNC_GRACE_MS, scene.now);
  if (grace.over) return pass('its containers are known for long enough', grace.facts);
  return reject(
    `it was found, and its containers are known for ${spanText(scene.now - syncedAt)}, at least ${durationText(POST_SYNC_GRACE_MS)}`,
    grace.facts,
    { clearsAt: grace.clearsAt },
  );
});

const containersUnknown = whenTaken(({ signals, life }) => {
  const facts = { workloads: signals.workloads, last_known: life.containers ?? null };
  if (signals.workloads === 'listed') return pass('the workload source lists it', facts);
  if (signals.workloads === 'none') return pass('its document says that nothing lists it', facts);
  // What never was ready never could take anything.
  if (life.initializedAt === undefined && life.recoveredAt === undefined && life.containersEver === 0)
    return pass('it never was ready', facts);
  const what = signals.workloads === 'unlisted' ? 'does not list it' : 'could not be read';
  return reject(`the workload source ${what}: nobody knows that it is empty`, facts, {
    remedy: { outside: 'let the source list it, with no containers where it has none' },
  });
});

const stillStarting = whenTaken(({ state, life }, resource) => {
  const facts = { state, provisioned_at: life.provisionedAt ?? null };
  if (state !== 'provisioning' && state !== 'initializing') return pass('it is started', facts);
  const { startDeadline } = settingsOfResource(resource);
  const due =
    life.provisionedAt === undefined ? undefined : instantText(Date.parse(life.provisionedAt) + ms(startDeadline));
  return reject(`it is still ${state}`, facts, {
    remedy: { outside: `wait until it is ready${due === undefined ? '' : `, or unhealthy, at ${due}`}` },
  });
});

function containersText(count: number): string {
  return `Node has ${counted(count, 'container')}`;
}

const noContainers = whenTaken(({ life, signals }) => {
  const containers = life.containers ?? 0;
  const facts = { containers, workloads: signals.workloads };
  if (containers === 0) return pass('it has no containers', facts);
  const known = signals.workloads === 'listed' ? '' : ', as last known';
  return reject(`${containersText(containers)}${known}`, facts, {
    remedy: { outside: 'wait until they end, or move them to other nodes' },
  });
});

const allocatedMemory = whenTaken(({ life }, _pair, _scene, change) => {
  const { allocatedMb = 0, containers = 0 } = life;
  const facts = { allocated_mb: allocatedMb, containers };
  if (allocatedMb === 0) return pass('no memory is allocated', facts);
  if (containers > 0 && change.to === 'draining') return pass('it is the memory of its containers', facts);
  return reject(`${allocatedMb} MB of memory are allocated`, facts, {
    remedy: { outside: 'wait until the workload source says that nothing is allocated' },
  });
});

const tooYoung = whenTaken(({ state, life }, resource, scene) => {
  if (state !== 'ready') return pass('not a node that never had a container', { state });
  const begun = life.initializedAt ?? life.provisionedAt;
  if (begun === undefined) return pass('nobody knows its age', { state });
  const since = Date.parse(begun);
  const { readyGrace } = settingsOfResource(resource);
  const grace = withinGrace(since, ms(readyGrace), scene.now);
  if (grace.over) return pass('past its grace', grace.facts);
  const age = spanText(Math.max(0, scene.now - since));
  const remaining = spanText(grace.clearsAt - scene.now);
  return reject(
    `Ready node too young: ${life.initializedAt === undefined ? 'made' : 'ready'} ${age} ago, at least ${readyGrace}, ${remaining} remain`,
    grace.facts,
    { clearsAt: grace.clearsAt },
  );
});

const ageUnknown = whenTaken(({ state, life }) => {
  const facts = { state, initialized_at: life.initializedAt ?? null, provisioned_at: life.provisionedAt ?? null };
  if (state !== 'ready') return pass('not a node that never had a container', facts);
  if (life.initializedAt !== undefined || life.provisionedAt !== undefined) return pass('its age is known', facts);
  return reject('nobody knows since when it is there: neither when it was made nor when it was ready', facts, {
    remedy: { outside: 'find out why its provider does not say when it was made' },
  });
});

const noHistory = whenTaken(({ state, life }, resource) => {
  const facts = { state, containers_ever: life.containersEver };
  if (state !== 'active' && state !== 'idle') return pass('neither active nor idle', facts);
  if (dedication(resource) !== undefined || resource.memory?.kept.wasSystem === true)
    return pass('a system node is in use without any container', facts);
  if (life.containersEver > 0) return pass(`it had ${counted(life.containersEver, 'container')}`, facts);
  return reject(`it is ${state}, and no container was ever counted on it`, facts, {
    remedy: { outside: 'find out what ran on it before it is removed' },
  });
});

const idleGrace = whenTaken(({ state, life }, resource, scene) => {
  if (state !== 'active' && state !== 'idle') return pass('neither active nor idle', { state });
  if ((life.containers ?? 0) > 0) return pass('not empty', { state, containers: life.containers ?? 0 });
  const grace = settingsOfResource(resource).idleGrace;
  if (life.emptySince === undefined)
    return reject(
      'nobody knows since when it is empty',
      { state, empty_since: null, grace },
      {
        remedy: { outside: 'let the workload source list it' },
      },
    );
  const since = Date.parse(life.emptySince);
  const spent = withinGrace(since, ms(grace), scene.now);
  const facts = { ...spent.facts, containers_ever: life.containersEver };
  const idle = spanText(Math.max(0, scene.now - since));
  if (spent.over) return pass(`it served ${life.containersEver}, and is idle for ${idle}`, facts);
  return reject(`it is empty for ${idle}, at least ${grace}`, facts, {
    clearsAt: spent.clearsAt,
  });
});

const queueWaits = whenTaken(({ state, signals }) => {
  const { queue } = signals;
  const facts = { queued: queue?.count ?? null, queued_mb: queue?.mb ?? null };
  if (state === 'unhealthy') return pass('it could take nothing', { ...facts, state });
  if (signals.workloads === 'none') return pass('nothing could wait for it', facts);
  if (queue === undefined)
    return reject('nobody knows whether something waits for room', facts, {
      remedy: { outside: 'make the workload source readable' },
    });
  if (queue.count === 0) return pass('nothing waits for room', facts);
  return reject(
    `${queue.count} container${queue.count === 1 ? ' waits' : 's wait'} for ${queue.mb} MB of room`,
    facts,
    { remedy: { outside: 'wait until the queue is empty' } },
  );
});

/** A pool as far as rules about its members ask. */
interface PoolSeen {
  readonly name: string;
  readonly spec?: NodePoolSpec;
  /** With what counts until its safety inputs are applied. */
  readonly strict?: NodePoolSpec;
  readonly kept?: Partial<NodePoolMemory>;
  /** Every node that is, or was, of it. */
  readonly nodes: readonly NodeResource[];
}

function poolSeen(resource: NodeResource, scene: Scene): PoolSeen | undefined {
  const name = poolOf(resource);
  if (name === undefined) return undefined;
  const pool = scene.get(poolRef(name));
  const spec = pool?.desired?.spec as NodePoolSpec | undefined;
  const strict = strictPoolSpec(pool);
  const kept = pool?.memory?.kept as Partial<NodePoolMemory> | undefined;
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

function isInService({ sight: { observed } }: NodeResource): boolean {
  return observed !== undefined && IN_SERVICE.has(observed.state);
}

/** An accepted action on it is under way that takes it out of service, for good or for a time. */
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
  if (pool === undefined) return pass('a member of no pool');
  if (pool.spec === undefined) return pass('its pool is not written any more', { pool: pool.name });
  const min = leastOf(pool.strict);
  const left = pool.nodes.filter(
    (each) => !isSame(each, resource) && isInService(each) && !isGoing(each, scene),
  ).length;
  const facts = { pool: pool.name, left, min, in_service: isInService(resource) };
  if (!isInService(resource)) return pass('it is not in service', facts);
  if (left >= min) return pass(`${left} would be left in service, ${min} ${min === 1 ? 'is' : 'are'} wanted`, facts);
  return reject(`it would leave ${left} of ${pool.name} in service, ${min} ${min === 1 ? 'is' : 'are'} wanted`, facts, {
    remedy: { outside: 'wait until another one is in service, or let the pool have fewer' },
  });
};

/** Others of its pool that stand in the way of a step on it, by their names. */
function inTheWay(change: Change, resource: NodeResource, pool: PoolSeen, scene: Scene): readonly string[] {
  const others = pool.nodes.filter((each) => !isSame(each, resource));
  const isPower = change.machine === 'power';
  const isDrain = change.to === 'draining';
  return others
    .filter((each) => {
      if (isGoing(each, scene)) return true;
      const state = each.sight.observed?.state;
      // A node that was drained may be removed while another one is: neither is in service.
      if (isDrain || isPower) {
        if (state === 'draining' || state === 'decommissioned') return true;
      }
      return (
        isPower && state !== undefined && IN_SERVICE.has(state) && each.sight.observed?.others?.['health'] !== 'healthy'
      );
    })
    .map(({ ref }) => ref.name);
}

const oneAtATime: NodeRule = (change, resource, scene) => {
  const pool = poolSeen(resource, scene);
  if (pool === undefined) return pass('a member of no pool');
  const atOnce = pool.strict?.removalsAtOnce ?? 1;
  const others = inTheWay(change, resource, pool, scene);
  const facts = { pool: pool.name, others, at_once: atOnce };
  if (others.length < atOnce) return pass(`${others.length} others at once, ${atOnce} may be`, facts);
  return defer(
    `${others.join(', ')} of ${pool.name} ${others.length === 1 ? 'is' : 'are'} drained, removed or turned off now, ${atOnce} at once may be`,
    facts,
    { remedy: { outside: 'apply again when that is done' } },
  );
};

const drainGrace = whenTaken(({ life }, resource, scene) => {
  const { drainGrace: grace } = settingsOfResource(resource);
  if (life.drainingAt === undefined)
    return defer('nobody knows since when it is drained', { grace }, { remedy: { outside: 'plan again' } });
  // Until the workload source was told, it could still put something there.
  const { toldAt = life.drainingAt } = resource.memory?.kept ?? {};
  const since = Math.max(Date.parse(toldAt), Date.parse(life.drainingAt));
  const spent = withinGrace(since, ms(grace), scene.now);
  const drained = spanText(Math.max(0, scene.now - since));
  if (spent.over) return pass(`drained for ${drained}`, spent.facts);
  return defer(`it was drained ${drained} ago, at least ${grace} lie between that and its removal`, spent.facts, {
    clearsAt: spent.clearsAt,
  });
});

const powerNeeded: NodeRule = (change, resource) => {
  const signals = nodeSignals(resource);
  const containers = signals?.life.containers;
  const facts = { containers: containers ?? null, workloads: signals?.workloads ?? null };
  if (change.step === 'power:off>off') return pass('it is off', facts);
  const isKnown = signals?.workloads === 'listed' || signals?.workloads === 'none';
  if (isKnown && containers === 0) return pass('nothing runs on it', facts);
  const neverReady = signals?.life.initializedAt === undefined && signals?.life.recoveredAt === undefined;
  if (neverReady && (containers ?? 0) === 0) return pass('it never was ready', facts);
  return reject(
    (containers ?? 0) > 0
      ? `it has to be off for that, and ${containersText(containers ?? 0)}`
      : 'it has to be off for that, and nobody knows what runs on it',
    facts,
    { remedy: { outside: 'wait until it is empty, or move its containers to other nodes' } },
  );
};

/** What a replacement does not hand on, by name. */
function lostBy({ desired, sight: { observed } }: NodeResource): string {
  const { diskGb, backups, ipv4, ipv6, volumes = [] } = observed?.facts ?? {};
  const spec = desired?.spec;
  const addresses = [
    ...(spec?.publicNet.ipv4Address === undefined && ipv4 !== undefined ? [ipv4.ip] : []),
    ...(spec?.publicNet.ipv6Address === undefined && ipv6 !== undefined ? [ipv6.ip] : []),
  ];
  const behind =
    spec !== undefined && observed !== undefined && spec.volumes === undefined && staysBehind(spec, observed.facts)
      ? volumes.map(({ name }) => name)
      : [];
  return [
    `what is on its disk${diskGb === undefined ? '' : ` (${diskGb} GB)`}`,
    ...(backups === true ? ['all of its backups'] : []),
    ...(addresses.length === 0 ? [] : [`the addresses ${addresses.join(' and ')}`]),
    ...(behind.length === 0
      ? []
      : [`its volumes ${behind.join(', ')}, which stay detached in ${observed?.facts.location}`]),
  ].join(', ');
}

/** What of a change destroys data; undefined where nothing does. */
export function destroys({ goal, machine, fields }: Change, resource: NodeResource): string | undefined {
  if (goal === 'replace')
    return machine === 'power' ? 'A rebuild destroys what is on the disk' : `A replacement loses ${lostBy(resource)}`;
  return goal === 'update' && fields.some(({ path, after }) => path === '/backups' && after === false)
    ? 'the end of its backups deletes every one of them'
    : undefined;
}

const destroysData: NodeRule = (change, resource) => {
  const what = destroys(change, resource);
  const facts = { goal: change.goal, fields: change.fields.map(({ path }) => path) };
  if (what === undefined) return pass('no data is destroyed that was to stay', facts);
  return reject(what, facts, {
    remedy: { outside: 'write again what it was before; where that data may go, let this one row pass' },
  });
};

const unknownMembers = whenTaken((_known, resource, scene) => {
  const pool = poolSeen(resource, scene);
  if (pool === undefined) return pass('a member of no pool');
  const facts = { pool: pool.name, members: pool.kept?.members?.length ?? null };
  if (pool.spec === undefined || pool.kept?.members !== undefined) return pass('its pool knows its members', facts);
  return reject(`${pool.name} does not remember its members: which of its nodes may go is not known yet`, facts, {
    remedy: { outside: 'apply: it remembers them then' },
  });
});

function isDiskFull(signals: NodeSignals | undefined): boolean {
  return (signals?.diskUsedPercent ?? 0) > DISK_FULL_PERCENT;
}

/** A pool is judged before its members: a plan that lets one go does not make it first. */
const leavesPool: NodeRule = (_change, resource, scene) => {
  const seen = poolSeen(resource, scene);
  if (seen === undefined) return pass('a member of no pool');
  const { name: pool, spec, kept, nodes } = seen;
  // Beside one whose disk is full, another one is made before that is drained.
  const full = nodes.filter((each) => each.desired !== undefined && isDiskFull(nodeSignals(each))).length;
  const members = (kept?.members?.length ?? 0) - full;
  const most = spec?.size ?? spec?.max ?? Number.MAX_SAFE_INTEGER;
  if (members > most)
    return defer(`${pool} has ${members} members, and may have ${most}: which of them stay is decided first`, {
      pool,
      members,
      most,
    });
  const action = scene.judged.get(formatRef(poolRef(pool)));
  const field = action?.change.fields.find(({ path }) => path === `/members/${resource.ref.name}`);
  const facts = { pool, members, because: action?.change.because ?? null };
  if (action?.verdict !== 'accept' || field === undefined || field.after !== undefined)
    return pass('its pool keeps it', facts);
  return defer(`${pool} lets it go: ${action.change.because}`, facts);
};

/** A node is not taken away for being unhealthy before it has failed for so long. */
export const UNHEALTHY_GRACE_MS = 5 * 60_000;

const unhealthyGrace = whenTaken(({ state, life }, resource, scene) => {
  if (state !== 'unhealthy') return pass('not unhealthy', { state });
  const { memory } = resource;
  const known = memory?.state === 'unhealthy' ? memory.since : undefined;
  const begun = life.failingSince ?? known;
  const since = begun === undefined ? scene.now : Date.parse(begun);
  const grace = withinGrace(since, UNHEALTHY_GRACE_MS, scene.now);
  const failing = spanText(Math.max(0, scene.now - since));
  if (grace.over) return pass(`unhealthy for ${failing}`, grace.facts);
  return reject(
    `The node has failed for ${failing}; none is taken away for it before ${durationText(UNHEALTHY_GRACE_MS)}`,
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

/** Rules about a node itself, whatever its pool wants. */
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

/** Why a node may not be taken away now; the first rule that says so. */
export interface Refusal {
  readonly rule: string;
  readonly message: string;
  /** When it clears by itself: epoch ms. */
  readonly clearsAt?: number;
}

/** What the rules about a node itself, and its protections, say of its removal; undefined where it may go. */
export function refusalOf(resource: NodeResource, scene: Scene): Refusal | undefined {
  if (resource.memory?.protect === true || resource.desired?.meta.lifecycle.protect === true)
    return { rule: 'protected', message: 'it is protected' };
  const by = resource.sight.observed?.protectedBy;
  if (by !== undefined) return { rule: 'provider-protected', message: `its provider protects it: ${by}` };
  const state = resource.sight.observed?.state ?? 'absent';
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

/** Others of its pool: what a rule about the pool has to see right before an action. */
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
