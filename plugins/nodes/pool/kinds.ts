/** The kinds NodePool and Container: what the engine asks of them. */

import type { Kind } from '../../../src/engine/plugin.ts';
import type { Ref, Scene } from '../../../src/engine/types.ts';
import { containerEffect, poolEffect } from '../effect.ts';
import type { ContainerFacts, PoolFacts, PoolPair } from '../facts.ts';
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
import { auditPool, changePool } from './apply.ts';
import {
  auditContainer,
  diffContainer,
  expandContainer,
  mattersToContainer,
  moveContainer,
  noteContainer,
  notMigratable,
  targetUnfit,
} from './container.ts';
import { diffPool } from './diff.ts';
import { expandPool, nodeRef } from './expand.ts';
import { poolFindings } from './findings.ts';
import { poolRules } from './rules.ts';
import { nodesOfPool } from './situation.ts';

/** Its nodes, and the servers with its label that it may begin with. */
function mattersToPool(pair: PoolPair, scene: Scene): readonly Ref[] {
  const labelled = (poolSignals(pair)?.labelled ?? []).map(nodeRef);
  return [...nodesOfPool(pair.ref.name, scene).map(({ ref }) => ref), ...labelled];
}

export const nodePool: Kind<NodesWriter, NodePoolSpec, PoolFacts, NodePoolMemory, NodePoolStep, NodePoolRuleId> = {
  expand: (desired, recall) => expandPool(desired, recall(desired.ref)?.kept),
  diff: diffPool,
  effect: poolEffect,
  findings: poolFindings,
  matters: mattersToPool,
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
  diff: diffContainer,
  effect: containerEffect,
  note: noteContainer,
  matters: mattersToContainer,
  audit: auditContainer,
  rules: { 'not-migratable': notMigratable, 'target-unfit': targetUnfit },
  handlers: { 'placed>placed': moveContainer },
};
