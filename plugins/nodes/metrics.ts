/** Metrics of Nodes, their pools and their containers. Pure. */

import {
  countsBy,
  type MetricFamily,
  type MetricRound,
  type PluginMetrics,
  type Resource,
  stateOrLast,
  statesIn,
} from '#plugin';
import { type NodeResource, nodeSignals } from './facts.ts';
import { tables } from './generated.ts';
import { Container, Node, NodePool } from './kinds.ts';

/** The kinds, with the metric of their states. */
const KINDS = [
  { kind: 'Node', metric: 'fettle_nodes', help: 'Nodes by state.', all: Node },
  { kind: 'NodePool', metric: 'fettle_node_pools', help: 'Pools of nodes by state.', all: NodePool },
  { kind: 'Container', metric: 'fettle_node_containers', help: 'Containers by state.', all: Container },
] as const;

const families: readonly MetricFamily[] = [
  ...KINDS.map(
    ({ kind, metric, help }): MetricFamily => ({
      name: metric,
      type: 'gauge',
      help,
      closed: { state: statesIn(tables, kind) },
    }),
  ),
  {
    name: 'fettle_node_workloads',
    type: 'gauge',
    help: 'Containers that run on nodes, as their source last reported them.',
    closed: {},
  },
  {
    name: 'fettle_node_allocated_memory_bytes',
    type: 'gauge',
    help: 'Memory of the containers that run on nodes.',
    closed: {},
  },
];

const MEGABYTE = 1_000_000;

/** The last known number and memory of the containers of a node. */
function workloadsOf(resource: NodeResource): { readonly containers: number; readonly mb: number } {
  const life = nodeSignals(resource)?.life;
  const { containers = 0, allocated_mb: mb = 0 } = life ?? resource.memory?.kept ?? {};
  return { containers, mb };
}

function values(resources: readonly Resource[]): ReturnType<PluginMetrics['values']> {
  const loads = Node.among(resources).map(workloadsOf);
  return {
    ...Object.fromEntries(
      KINDS.map(({ kind, metric, all }) => [
        metric,
        countsBy('state', statesIn(tables, kind), all.among(resources).map(stateOrLast)),
      ]),
    ),
    fettle_node_workloads: [{ value: loads.reduce((sum, { containers }) => sum + containers, 0) }],
    fettle_node_allocated_memory_bytes: [{ value: loads.reduce((sum, { mb }) => sum + mb, 0) * MEGABYTE }],
  };
}

export const metrics: PluginMetrics = { families, values: ({ resources }: MetricRound) => values(resources) };
