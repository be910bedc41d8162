/** Containers that must run on a certain node: their present node, the rules on moves, and the move. */

import {
  type ActionRun,
  type Change,
  type Desired,
  type Facts,
  formatRef,
  pass,
  type Proposal,
  type Ref,
  reject,
  type Scene,
  type Verdict,
  defined,
  type KnownResource,
  observedOf,
  seenFacts,
  isAbsent,
  seenState,
  isSeen,
} from '#plugin';
import { type ContainerResource, containerSignals, type NodeResource, nodeSignals } from '../facts.ts';
import type { ContainerMemory, ContainerSpec, ContainerStep } from '../generated.ts';
import { poolRef, settingsOfResource } from '../settings.ts';
import { workloadName } from '../workload-names.ts';
import type { NodesWriter } from '../world.ts';
import { decideFor } from './diff.ts';
import { nodeRef } from './expand.ts';
import { whyFixed } from './migration.ts';
import { phaseOf } from './situation.ts';
import { Container, Node, NodePool } from '../kinds.ts';

/** The node of a container, as its dependency. */
export function expandContainer(desired: Desired<ContainerSpec>): readonly Desired[] {
  const node = nodeRef(desired.spec.node);
  const isNeeded = desired.needs.some((need) => formatRef(need) === formatRef(node));
  return [isNeeded ? desired : { ...desired, needs: [...desired.needs, node] }];
}

/** True if its pool abandons the consolidation in this plan. */
function isGivenUp(pool: string, scene: Scene): boolean {
  const resource = NodePool.get(scene, poolRef(pool));
  return resource !== undefined && decideFor(resource, scene)?.decision?.kind === 'abandon';
}

export function diffContainer(
  resource: KnownResource<ContainerResource>,
  scene: Scene,
): Proposal<ContainerStep> | undefined {
  const { desired, memory } = resource;
  const observed = observedOf(resource);
  if (desired === undefined || observed === undefined) return undefined;
  const { node, pool } = desired.spec;
  if (observed.facts.node === node) return undefined;
  // A failed move of a consolidation is not tried again: its pool abandons the consolidation.
  if (pool !== undefined && ((memory?.failures ?? 0) > 0 || isGivenUp(pool, scene))) return undefined;
  return {
    step: 'placed>placed',
    goal: 'update',
    fields: [{ path: '/node', before: observed.facts.node, after: node }],
    because:
      pool === undefined
        ? `The container is declared on ${node}`
        : `The consolidation of pool "${pool}" moves the container`,
    ...(pool === undefined ? {} : { cause: 'policy' as const }),
  };
}

/** Resources that a move depends on: source and target node, and the pool. */
export function mattersToContainer(resource: ContainerResource): readonly Ref[] {
  const { node, pool } = resource.desired?.spec ?? {};
  const from = seenFacts(resource)?.node;
  return [
    ...(node === undefined ? [] : [nodeRef(node)]),
    ...(from === undefined ? [] : [nodeRef(from)]),
    ...(pool === undefined ? [] : [poolRef(pool)]),
  ];
}

/** The rule on the tier and the players of a container. */
export function notMigratable(_change: Change, resource: ContainerResource): Verdict {
  const { tier, players } = containerSignals(resource) ?? {};
  const facts = { tier: tier ?? null, players: players ?? null };
  const why = whyFixed(defined({ tier, players }));
  return why === undefined
    ? pass('The container can be moved', facts)
    : reject(why, facts, { remedy: { outside: 'wait until fewer players are connected' } });
}

/** Memory that other moves of this run add to a node. */
function arriving(node: string, own: string, scene: Scene): number {
  return [...scene.underWay].reduce((sum, [address, { change }]) => {
    if (change.ref.kind !== 'Container' || change.ref.name === own) return sum;
    const other = Container.get(scene, address);
    return other?.desired?.spec.node === node ? sum + (containerSignals(other)?.mb ?? 0) : sum;
  }, 0);
}

function stateText(node: NodeResource | undefined): string {
  if (node === undefined || isAbsent(node)) return 'not found';
  return seenState(node) ?? 'covered by a gap';
}

/** The rule on the target node of a move. */
export function targetUnfit(_change: Change, resource: ContainerResource, scene: Scene): Verdict {
  const name = resource.desired?.spec.node ?? '';
  const target = Node.get(scene, nodeRef(name));
  const phase = target === undefined ? undefined : phaseOf(target);
  const { memory_mb: memoryMb, life } = nodeSignals(target) ?? {};
  const needed = containerSignals(resource)?.mb ?? 0;
  const free =
    memoryMb === undefined
      ? undefined
      : memoryMb - (life?.allocated_mb ?? 0) - arriving(name, resource.ref.name, scene);
  const state = target !== undefined && isSeen(target) ? seenState(target) : null;
  const facts = { node: name, state, free_mb: free ?? null, needed_mb: needed };
  if (phase !== 'serving') return reject(`The target ${name} is ${stateText(target)}`, facts);
  if (free === undefined) return reject(`The memory of ${name} is unknown`, facts);
  return free >= needed
    ? pass('The target has enough memory', facts)
    : reject(`${name} has ${free} MB free; the container needs ${needed} MB`, facts);
}

export function inSource(node: string, scene: Scene): string {
  const resource = scene.get(nodeRef(node));
  return resource === undefined ? node : workloadName(node, settingsOfResource(resource));
}

/** Requests the move from the source, and waits for its confirmation. */
export async function moveContainer(
  world: NodesWriter,
  resource: ContainerResource,
  run: ActionRun,
): Promise<Partial<ContainerMemory>> {
  const { ref, desired } = resource;
  const from = seenFacts(resource)?.node;
  const to = desired?.spec.node;
  if (from === undefined || to === undefined) throw new Error('The source or the target of the container is unknown');
  const call = { signal: run.signal, progress: run.progress };
  await world.migrateHook(ref.name, inSource(from, run.scene), inSource(to, run.scene), call);
  return { node: to };
}

export function noteContainer({ sight }: KnownResource<ContainerResource>): Partial<ContainerMemory> {
  return sight.is === 'absent' ? {} : { node: sight.observed.facts.node };
}

/** The address of a node by its name; null for an unknown one. */
function addressOf(node: string | undefined): string | null {
  return node === undefined ? null : formatRef(nodeRef(node));
}

/** The action of a container's decisions. */
export const CONTAINER_ACTIONS = ['container_migrate'] as const;

/** The snapshot of a container for each decision in the log. */
export function auditContainer(_change: Change, resource: ContainerResource): Facts {
  const { mb, tier, players } = containerSignals(resource) ?? {};
  return {
    action: 'container_migrate',
    decision_by: resource.desired?.spec.pool === undefined ? 'manual' : 'consolidation_policy',
    container_id: resource.ref.name,
    node_id: addressOf(seenFacts(resource)?.node),
    target_node_id: addressOf(resource.desired?.spec.node),
    ram_mb: mb ?? null,
    tier: tier ?? null,
    players: players ?? null,
  };
}
