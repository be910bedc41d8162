/** The nodes plugin: cloud servers, pools of servers, and the containers that prevent their removal. */

import { definePlugin, type Kind } from '#plugin';
import { nodeHandlers } from './apply.ts';
import { auditNode, NODE_ACTIONS } from './audit.ts';
import { check, checkTogether } from './check.ts';
import { diffNode } from './diff.ts';
import { nodeEffect, nodeSeen } from './effect.ts';
import type { NodeFacts } from './facts.ts';
import { type NodeMemory, type NodeRuleId, type NodeSpec, type NodeStep, tables } from './generated.ts';
import { noteNode } from './note.ts';
import { nodePlaces } from './places.ts';
import { onRemoveOfMember } from './pool/expand.ts';
import { container, nodePool } from './pool/kinds.ts';
import { summaryOf } from './pool/summary.ts';
import { settingsOf } from './settings.ts';
import { nodeStanding } from './standing.ts';
import { nodeSchedule } from './schedule.ts';
import { fleetCadence } from './cadence.ts';
import { mattersToNode, nodeRules } from './safety.ts';
import type { NodesReader, NodesWriter } from './world.ts';

const node: Kind<NodesWriter, NodeSpec, NodeFacts, NodeMemory, NodeStep, NodeRuleId> = {
  policy: (desired, memory) => settingsOf(desired, memory),
  state: nodeStanding,
  places: nodePlaces,
  onRemove: onRemoveOfMember,
  diff: diffNode,
  effect: nodeEffect,
  seen: nodeSeen,
  note: noteNode,
  schedule: nodeSchedule,
  cadence: fleetCadence,
  matters: mattersToNode,
  actions: NODE_ACTIONS,
  audit: auditNode,
  rules: nodeRules,
  handlers: nodeHandlers,
};

/** Loads the code that refreshes and writes on first use: a plan without nodes must start at once. */
export const nodes = definePlugin<NodesReader, NodesWriter>({
  name: 'nodes',
  tables,
  validators: async () => (await import('./generated.validators.js')).validators,
  check,
  checkTogether,
  kinds: { Node: node, NodePool: nodePool, Container: container },
  summary: summaryOf,
  metrics: async () => (await import('./metrics.ts')).metrics,
  alerts: async () => (await import('./alerts.ts')).nodeAlerts,
  endpoints: async () => (await import('./endpoints.ts')).endpoints,
  openReader: async (outside) => (await import('./live/reader.ts')).openReader(outside),
  openWriter: async (outside) => (await import('./live/writer.ts')).openWriter(outside),
  observe: async (world, query) => (await import('./observe.ts')).observe(world, query),
  discover: async (world, discovery) => (await import('./discover.ts')).discover(world, discovery),
});
