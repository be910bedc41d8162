/** The nodes plugin: servers of a cloud, pools of them, and the containers that keep them from being taken away. */

import { definePlugin, type Kind } from '../../src/engine/plugin.ts';
import type { Memory, Ref } from '../../src/engine/types.ts';
import { nodeHandlers } from './apply.ts';
import { auditNode } from './audit.ts';
import { check, checkTogether } from './check.ts';
import { diffNode } from './diff.ts';
import type { ContainerFacts, NodeFacts, PoolFacts } from './facts.ts';
import {
  type ContainerMemory,
  type ContainerRuleId,
  type ContainerSpec,
  type ContainerStep,
  type NodeMemory,
  type NodePoolMemory,
  type NodePoolRuleId,
  type NodePoolSpec,
  type NodePoolStep,
  type NodeRuleId,
  type NodeSpec,
  type NodeStep,
  tables,
} from './generated.ts';
import { noteNode } from './note.ts';
import { userDataFromProject } from './paths.ts';
import { poolAudit, poolHandler } from './pool/apply.ts';
import {
  containerAudit,
  containerDiff,
  containerMatters,
  expandContainer,
  moveContainer,
  noteContainer,
  notMigratable,
  targetUnfit,
} from './pool/container.ts';
import { poolDiff } from './pool/diff.ts';
import { expandPool } from './pool/expand.ts';
import { poolFindings } from './pool/findings.ts';
import { poolMatters, poolRules } from './pool/rules.ts';
import { summaryOf } from './pool/summary.ts';
import { mattersToNode, nodeRules, refusalOf } from './safety.ts';
import type { NodesReader, NodesWriter } from './world.ts';

const node: Kind<NodesWriter, NodeSpec, NodeFacts, NodeMemory, NodeStep, NodeRuleId> = {
  expand: (desired) => [{ ...desired, spec: userDataFromProject(desired.source.file, desired.spec) }],
  diff: diffNode,
  note: noteNode,
  matters: mattersToNode,
  audit: auditNode,
  rules: nodeRules,
  handlers: nodeHandlers,
};

type Recall = (ref: Ref) => Memory | undefined;

const pool: Kind<NodesWriter, NodePoolSpec, PoolFacts, NodePoolMemory, NodePoolStep, NodePoolRuleId> = {
  expand: (desired, recall: Recall) => {
    const { spec, source } = desired;
    const template = userDataFromProject(source.file, spec.template);
    const kept = recall(desired.ref)?.kept as Partial<NodePoolMemory> | undefined;
    return expandPool({ ...desired, spec: { ...spec, template } }, kept);
  },
  diff: poolDiff(refusalOf),
  findings: poolFindings(refusalOf),
  matters: poolMatters,
  audit: poolAudit(refusalOf),
  rules: poolRules(refusalOf),
  handlers: { 'active>active': poolHandler(refusalOf) },
};

const container: Kind<NodesWriter, ContainerSpec, ContainerFacts, ContainerMemory, ContainerStep, ContainerRuleId> = {
  expand: expandContainer,
  diff: containerDiff(refusalOf),
  note: noteContainer,
  matters: containerMatters,
  audit: containerAudit,
  rules: { 'not-migratable': notMigratable, 'target-unfit': targetUnfit },
  handlers: { 'placed>placed': moveContainer },
};

/** What looks and writes is loaded when it is first needed: a plan of nothing must start at once. */
export const nodes = definePlugin<NodesReader, NodesWriter>({
  name: 'nodes',
  tables,
  validators: async () => (await import('./generated.validators.js')).validators,
  check,
  checkTogether,
  kinds: { Node: node, NodePool: pool, Container: container },
  summary: summaryOf(refusalOf),
  openReader: async (outside) => (await import('./live/reader.ts')).openReader(outside),
  openWriter: async (outside) => (await import('./live/writer.ts')).openWriter(outside),
  observe: async (world, query) => (await import('./observe.ts')).observe(world, query),
  discover: async (world, discovery) => (await import('./discover.ts')).discover(world, discovery),
});
