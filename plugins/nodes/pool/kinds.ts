/** The kinds NodePool and Container for the engine. */

import { instantText, type Kind, type Ref, type Scene, type KnownResource, isAbsent, type Note } from '#plugin';
import { containerEffect, poolEffect } from '../effect.ts';
import type { ContainerFacts, PoolFacts, PoolResource } from '../facts.ts';
import { poolSignals } from '../facts.ts';
import type {
  ContainerMemory,
  ContainerRuleId,
  ContainerSpec,
  ContainerStep,
  NodePoolMemory,
  NodePoolRuleId,
  NodePoolSpec,
  NodePoolStep,
} from '../generated.ts';
import type { NodesWriter } from '../world.ts';
import { auditPool, changePool, POOL_ACTIONS, poolAfter } from './apply.ts';
import {
  auditContainer,
  CONTAINER_ACTIONS,
  diffContainer,
  expandContainer,
  mattersToContainer,
  moveContainer,
  noteContainer,
  notMigratable,
  targetUnfit,
} from './container.ts';
import { fleetCadence } from '../cadence.ts';
import { diffPool } from './diff.ts';
import { expandPool, nodeRef } from './expand.ts';
import { poolFindings } from './findings.ts';
import { poolRules } from './rules.ts';
import { crossingNow } from './decide.ts';
import { nodesOfPool, situationOf } from './situation.ts';

/** Its nodes, and the servers with its label, which it may start with. */
function mattersToPool(resource: PoolResource, scene: Scene): readonly Ref[] {
  const labelled = (poolSignals(resource)?.labelled ?? []).map(nodeRef);
  return [...nodesOfPool(resource.ref.name, scene).map(({ ref }) => ref), ...labelled];
}

/** Records the time since which a threshold of the reactive policy has been crossed. */
function notePool(resource: KnownResource<PoolResource>, _now: number, scene: Scene): Note<NodePoolMemory> {
  const { desired, memory } = resource;
  if (desired === undefined || isAbsent(resource) || memory?.kept.members === undefined) return {};
  const situation = situationOf(resource, desired.spec, scene);
  const crossing =
    situation.scaling === undefined || situation.scaling.forMs === 0 ? undefined : crossingNow(situation);
  if (crossing === undefined && memory.kept.crossing === undefined) return {};
  const since = crossing === undefined ? null : instantText(crossing.since);
  return { crossing: crossing?.direction ?? null, crossing_since: since };
}

export const nodePool: Kind<NodesWriter, NodePoolSpec, PoolFacts, NodePoolMemory, NodePoolStep, NodePoolRuleId> = {
  expand: (desired, recall) => expandPool(desired, recall(desired.ref)?.kept),
  state: () => ({ state: 'active' }),
  recordedAfter: poolAfter,
  diff: diffPool,
  effect: poolEffect,
  note: notePool,
  findings: poolFindings,
  matters: mattersToPool,
  cadence: fleetCadence,
  actions: POOL_ACTIONS,
  audit: auditPool,
  rules: poolRules,
  handlers: { 'active>active': changePool },
};

export const container: Kind<
  NodesWriter,
  ContainerSpec,
  ContainerFacts,
  ContainerMemory,
  ContainerStep,
  ContainerRuleId
> = {
  expand: expandContainer,
  state: () => ({ state: 'placed' }),
  diff: diffContainer,
  effect: containerEffect,
  note: noteContainer,
  matters: mattersToContainer,
  cadence: fleetCadence,
  actions: CONTAINER_ACTIONS,
  audit: auditContainer,
  rules: { 'not-migratable': notMigratable, 'target-unfit': targetUnfit },
  handlers: { 'placed>placed': moveContainer },
};
