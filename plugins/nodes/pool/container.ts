/** Containers that have to run on a certain node: where they are, whether they may move, and how they are moved. */

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

/** A container needs the node that it is to run on. */
export function expandContainer(desired: Desired<ContainerSpec>): readonly Desired[] {
  const node = nodeRef(desired.spec.node);
  const isNeeded = desired.needs.some((need) => formatRef(need) === formatRef(node));
  return [isNeeded ? desired : { ...desired, needs: [...desired.needs, node] }];
}

/** Its pool gives the consolidation up in this very plan. */
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
  // A move of a consolidation that failed is not tried again: its pool gives the consolidation up.
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

/** What a move depends on: the nodes that it goes from and to, and the pool that wants it. */
export function mattersToContainer(resource: ContainerResource): readonly Ref[] {
  const { node, pool } = resource.desired?.spec ?? {};
  const from = seenFacts(resource)?.node;
  return [
    ...(node === undefined ? [] : [nodeRef(node)]),
    ...(from === undefined ? [] : [nodeRef(from)]),
    ...(pool === undefined ? [] : [poolRef(pool)]),
  ];
}

/** The rule on what may be moved at all. */
export function notMigratable(_change: Change, resource: ContainerResource): Verdict {
  const { tier, players } = containerSignals(resource) ?? {};
  const facts = { tier: tier ?? null, players: players ?? null };
  const why = whyFixed(defined({ tier, players }));
  return why === undefined
    ? pass('The container can be moved', facts)
    : reject(why, facts, { remedy: { outside: 'Wait until fewer players are connected' } });
}

/** Memory that other moves of this run bring to a node. */
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

/** The rule on where it may be moved to. */
export function targetUnfit(_change: Change, resource: ContainerResource, scene: Scene): Verdict {
  const name = resource.desired?.spec.node ?? '';
  const target = Node.get(scene, nodeRef(name));
  const phase = target === undefined ? undefined : phaseOf(target);
  const { memoryMb, life } = nodeSignals(target) ?? {};
  const needed = containerSignals(resource)?.mb ?? 0;
  const free =
    memoryMb === undefined ? undefined : memoryMb - (life?.allocatedMb ?? 0) - arriving(name, resource.ref.name, scene);
  const state = target !== undefined && isSeen(target) ? seenState(target) : null;
  const facts = { node: name, state, free_mb: free ?? null, needed_mb: needed };
  if (phase !== 'serving') return reject(`The target ${name} is ${stateText(target)}`, facts);
  if (free === undefined) return reject(`The memory of ${name} is not known`, facts);
  return free >= needed
    ? pass('The target has enough memory', facts)
    : reject(`${name} has ${free} MB free; the container needs ${needed} MB`, facts);
}

export function inSource(node: string, scene: Scene): string {
  const resource = scene.get(nodeRef(node));
  return resource === undefined ? node : workloadName(node, settingsOfResource(resource));
}

/** Tells the source to move it, and waits until it says that it did. */
export async function moveContainer(
  world: NodesWriter,
  resource: ContainerResource,
  run: ActionRun,
): Promise<Partial<ContainerMemory>> {
  const { ref, desired } = resource;
  const from = seenFacts(resource)?.node;
  const to = desired?.spec.node;
  if (from === undefined || to === undefined) throw new Error('The source or the target of the container is not known');
  const call = { signal: run.signal, progress: run.progress };
  await world.migrateHook(ref.name, inSource(from, run.scene), inSource(to, run.scene), call);
  return { node: to };
}

export function noteContainer({ sight }: KnownResource<ContainerResource>): Partial<ContainerMemory> {
  return sight.is === 'absent' ? {} : { node: sight.observed.facts.node };
}

/** What the log says beside every decision about a container. */
export function auditContainer(_change: Change, resource: ContainerResource): Facts {
  const { mb, tier, players } = containerSignals(resource) ?? {};
  return {
    action: 'container_migrate',
    decision_by: resource.desired?.spec.pool === undefined ? 'manual' : 'consolidation_policy',
    container_id: resource.ref.name,
    node_id: seenFacts(resource)?.node ?? null,
    target_node_id: resource.desired?.spec.node ?? null,
    ram_mb: mb ?? null,
    tier: tier ?? null,
    players: players ?? null,
  };
}
