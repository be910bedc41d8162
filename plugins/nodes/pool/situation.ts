/** The situation of a pool: the input of `decide`, from its resource, its nodes and its containers in a scene. */

import { serverKey } from '../places.ts';
import { defined, formatRef, instantOf, mayBeOwned, type Scene, seenFacts } from '#plugin';
import {
  type ContainerSeen,
  type NodeResource,
  nodeSignals,
  PLUGIN,
  type PoolResource,
  poolSignals,
} from '../facts.ts';
import type { NodePoolMemory, NodePoolSpec } from '../generated.ts';
import { DISK_FULL_PERCENT } from '../observe-node.ts';
import { refusalOf } from '../safety.ts';
import { leastOf, ms, poolOf } from '../settings.ts';
import type { ConsolidationPolicy } from './consolidation.ts';
import { withBackups } from './cost.ts';
import type { Member, Remembered, Situation } from './decide.ts';
import { containerRef, prefixOf } from './expand.ts';
import type { NodePhase, PoolContainer, PoolNode, Queue } from './fleet.ts';
import { numberOf } from './names.ts';
import type { ReactivePolicy } from './reactive.ts';
import { Node, NodePool } from '../kinds.ts';

/** Parses `87.5%` to 87.5. */
function percentOf(text: string): number {
  return Number(text.slice(0, -1));
}

function reactivePolicy({ scaling, size }: NodePoolSpec): ReactivePolicy | undefined {
  if (size !== undefined) return undefined;
  return {
    upPercent: percentOf(scaling.up),
    downPercent: percentOf(scaling.down),
    cooldownMs: ms(scaling.cooldown),
    downAfterUpMs: ms(scaling.downAfterUp),
    forMs: ms(scaling.for),
  };
}

function consolidationPolicy({ consolidation: written }: NodePoolSpec): ConsolidationPolicy | undefined {
  if (!written.enabled) return undefined;
  return {
    cooldownMs: ms(written.cooldown),
    mostPercent: percentOf(written.maxUtilization),
    minUptimeMs: ms(written.minUptime),
    minIdleMs: ms(written.minIdle),
    minSavingsHourly: written.minSavings,
    minNodes: written.minNodes,
  };
}

function time(text: string | undefined): number | undefined {
  return text === undefined ? undefined : instantOf(text);
}

function containerOf({ id, mb, tier, players, since }: ContainerSeen): PoolContainer {
  return defined({
    id,
    mb,
    tier,
    players,
    since: since === undefined ? undefined : instantOf(since),
  });
}

const PHASES: Readonly<Record<string, NodePhase>> = {
  provisioning: 'starting',
  initializing: 'starting',
  ready: 'serving',
  active: 'serving',
  idle: 'serving',
  draining: 'leaving',
  decommissioned: 'leaving',
  unhealthy: 'unhealthy',
};

/** The phase of a node in its pool; undefined if it neither exists nor is declared. */
export function phaseOf(resource: NodeResource): NodePhase | undefined {
  const { sight } = resource;
  if (sight.is === 'absent') return resource.desired === undefined ? undefined : 'planned';
  if (sight.is === 'unseen' || sight.observed.claimedBy !== undefined) return 'unseen';
  const phase = PHASES[sight.observed.state] ?? 'unseen';
  const signals = nodeSignals(resource);
  // A drained node never returns to service, even if it is healthy.
  if (phase === 'unhealthy' && signals?.life.draining_at !== undefined) return 'leaving';
  if (phase !== 'serving') return phase;
  if (signals?.workloads === 'listed' || signals?.workloads === 'none') return 'serving';
  // A source that does not list the node yet starts no containers on it: it counts as starting.
  return signals?.workloads === 'unlisted' && signals.life.containers_ever === 0 ? 'starting' : 'unseen';
}

function nodeOf(resource: NodeResource, phase: NodePhase, plannedMb: number | undefined): PoolNode {
  const signals = nodeSignals(resource);
  const { life, list = [], hourly, monthly = 0 } = signals ?? {};
  const ramMb = phase === 'planned' ? plannedMb : signals?.memory_mb;
  const initializedAt = time(life?.initialized_at ?? life?.provisioned_at);
  const emptySince = time(life?.empty_since ?? (life?.containers_ever === 0 ? life.initialized_at : undefined));
  return defined({
    name: resource.ref.name,
    phase,
    ramMb,
    allocatedMb: life?.allocated_mb ?? 0,
    containers: list.map(containerOf),
    hourly: hourly === undefined ? undefined : withBackups({ hourly, monthly }, seenFacts(resource)?.backups).hourly,
    initializedAt,
    emptySince,
  });
}

/** True if the node differs from the template in a field that needs a new server. */
function isOutdated(resource: NodeResource, { template }: NodePoolSpec): boolean {
  const { serverType, location } = seenFacts(resource) ?? {};
  return (
    (serverType !== undefined && serverType !== template.serverType) ||
    (location !== undefined && location !== template.location)
  );
}

/** A pool, as far as the judgement of one member needs it. */
interface PoolOfMember {
  readonly spec: NodePoolSpec;
  readonly plannedMb: number | undefined;
  readonly scene: Scene;
}

function memberOf(
  resource: NodeResource,
  isMember: boolean,
  { spec, plannedMb, scene }: PoolOfMember,
): Member | undefined {
  const phase = phaseOf(resource);
  if (phase === undefined) return undefined;
  const refusal = phase === 'planned' ? undefined : refusalOf(resource, scene);
  const since = resource.memory?.state === 'unhealthy' ? resource.memory.since : undefined;
  const failingSince = time(nodeSignals(resource)?.life.failing_since);
  return defined({
    node: nodeOf(resource, phase, plannedMb),
    isMember,
    refusal,
    outdated: isOutdated(resource, spec) ? true : undefined,
    isFull:
      phase === 'serving' && (nodeSignals(resource)?.disk_used_percent ?? 0) > DISK_FULL_PERCENT ? true : undefined,
    unhealthySince: phase === 'unhealthy' && since !== undefined ? since : undefined,
    failingSince: phase === 'unhealthy' && failingSince !== undefined ? failingSince : undefined,
  });
}

function rememberedOf(kept: Partial<NodePoolMemory> | undefined): Remembered | undefined {
  if (kept?.members === undefined) return undefined;
  const [upAt, downAt, consolidatedAt] = [kept.scaled_up_at, kept.scaled_down_at, kept.consolidated_at].map(time);
  return defined({
    members: kept.members,
    next: kept.next ?? 1,
    scaled: defined({ upAt, downAt }),
    consolidatedAt,
    crossing:
      kept.crossing === undefined || kept.crossing_since === undefined
        ? undefined
        : { direction: kept.crossing, since: instantOf(kept.crossing_since) },
    going: kept.going ?? [],
    moves: kept.moves ?? [],
  });
}

function poolResources(scene: Scene): readonly PoolResource[] {
  return NodePool.all(scene);
}

/** The pool for queued containers without a pool: the first one, by name, that can grow, else the first one. */
function isHeir(resource: PoolResource, scene: Scene): boolean {
  const scaling = poolResources(scene).filter(
    ({ desired }) => desired !== undefined && desired.spec.size === undefined,
  );
  const open = scaling.find(
    ({ desired, memory }) => (memory?.kept.members?.length ?? 0) < (desired?.spec.max ?? Number.MAX_SAFE_INTEGER),
  );
  const heir = open ?? scaling[0];
  return heir !== undefined && formatRef(heir.ref) === formatRef(resource.ref);
}

function queues(
  resource: PoolResource,
  spec: NodePoolSpec,
  scene: Scene,
): { readonly queue?: Queue; readonly queueHere?: Queue } {
  // With `workloads.none`, the queue does not count.
  if (spec.template.workloads.none) return { queue: { count: 0, mb: 0 }, queueHere: { count: 0, mb: 0 } };
  const signals = poolSignals(resource);
  const { queue, unnamed } = signals ?? {};
  if (queue === undefined || unnamed === undefined) return {};
  if (isHeir(resource, scene)) return { queue, queueHere: queue };
  return { queue, queueHere: { count: queue.count - unnamed.count, mb: queue.mb - unnamed.mb } };
}

/** Present and former members of a pool. */
export function nodesOfPool(pool: string, scene: Scene): readonly NodeResource[] {
  const nodes = Node.all(scene);
  return nodes.filter(
    (resource) => (resource.desired !== undefined || mayBeOwned(resource.memory)) && poolOf(resource) === pool,
  );
}

function failedMoves(remembered: Remembered | undefined, scene: Scene): ReadonlyMap<string, string> {
  return new Map(
    (remembered?.moves ?? []).flatMap(({ container }): readonly (readonly [string, string])[] => {
      const memory = scene.get(containerRef(container))?.memory;
      return (memory?.failures ?? 0) > 0 ? [[container, memory?.lastError?.message ?? 'the move failed']] : [];
    }),
  );
}

/** All declared, observed and recorded names of servers, in lower case, because the provider ignores case. */
function nameTaken(scene: Scene): (name: string) => boolean {
  let taken: ReadonlySet<string> | undefined;
  return (name) => {
    taken ??= new Set(scene.ofKind(PLUGIN, 'Node').map(({ ref }) => serverKey(ref.name)));
    return taken.has(serverKey(name));
  };
}

/** Returns the situation of a pool with a document. */
export function situationOf(resource: PoolResource, spec: NodePoolSpec, scene: Scene): Situation {
  const { ref, memory } = resource;
  const kept = memory?.kept;
  const prefix = prefixOf(ref, kept);
  const remembered = rememberedOf(kept);
  const signals = poolSignals(resource);
  const resources = nodesOfPool(ref.name, scene);
  const members = new Set(remembered?.members);
  const scaling = reactivePolicy(spec);
  const consolidation = consolidationPolicy(spec);
  const labelled = (signals?.labelled ?? []).flatMap((name) => numberOf(prefix, name) ?? []);
  const ours = resources
    .filter(({ memory: before }) => mayBeOwned(before))
    .flatMap(({ ref: node }) => numberOf(prefix, node.name) ?? []);
  return defined({
    prefix,
    min: leastOf(spec),
    max: spec.size ?? spec.max ?? Number.MAX_SAFE_INTEGER,
    scaling,
    consolidation,
    upPercent: percentOf(spec.scaling.up),
    removalsAtOnce: spec.removalsAtOnce,
    replaceUnhealthyAfterMs: spec.replaceUnhealthyAfter === undefined ? undefined : ms(spec.replaceUnhealthyAfter),
    remembered,
    found: remembered === undefined ? [...new Set([...labelled, ...ours])].sort((a, b) => a - b) : [],
    isTaken: nameTaken(scene),
    nodes: resources.flatMap(
      (node) =>
        memberOf(node, members.has(numberOf(prefix, node.ref.name) ?? 0), {
          spec,
          plannedMb: signals?.memory_mb,
          scene,
        }) ?? [],
    ),
    ...queues(resource, spec, scene),
    currency: signals?.currency,
    migrates: signals?.migrates ?? false,
    failedMoves: failedMoves(remembered, scene),
    now: scene.now,
  });
}

/**
 * True if the documents were expanded from the recorded members: after the step of a pool, the rest of the run still
 * has the earlier documents, and decides nothing on them.
 */
export function isExpanded(resource: PoolResource, scene: Scene): boolean {
  const kept: Partial<NodePoolMemory> = resource.memory?.kept ?? {};
  const prefix = prefixOf(resource.ref, kept);
  const nodes = nodesOfPool(resource.ref.name, scene).filter(({ desired }) => desired !== undefined);
  const containers = scene
    .ofKind(PLUGIN, 'Container')
    .filter(({ desired }) => (desired?.spec as { readonly pool?: string } | undefined)?.pool === resource.ref.name);
  const members = new Set(kept.members);
  const moves = new Set(kept.moves?.map(({ container }) => container));
  return (
    nodes.length === members.size &&
    nodes.every(({ ref }) => members.has(numberOf(prefix, ref.name) ?? 0)) &&
    containers.length === moves.size &&
    containers.every(({ ref }) => moves.has(ref.name))
  );
}
