/** Metrics of Nodes, their pools and their containers. Pure. */

import {
  countsBy,
  type MetricFamily,
  type MetricRound,
  type MetricValue,
  type PluginMetrics,
  type Resource,
  stateOrLast,
  statesIn,
} from '#plugin';
import { type NodeResource, nodeSignals } from './facts.ts';
import { tables } from './generated.ts';
import { Node } from './kinds.ts';

/** The kinds, with the metric of their states. */
const KINDS = [
  { kind: 'Node', metric: 'fettle_nodes', help: 'Nodes by state.' },
  { kind: 'NodePool', metric: 'fettle_node_pools', help: 'Pools of nodes by state.' },
  { kind: 'Container', metric: 'fettle_node_containers', help: 'Containers by state.' },
] as const;

export const families: readonly MetricFamily[] = [
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
interface Load {
  readonly containers?: number;
  readonly allocated_mb?: number;
}

function loadOf(resource: NodeResource): Load {
  return nodeSignals(resource)?.life ?? resource.memory?.kept ?? {};
}

/** The values of all families. `statesOf`: the states of the resources of a kind. */
export function fleetValues(
  statesOf: (kind: (typeof KINDS)[number]['kind']) => readonly (string | undefined)[],
  loads: readonly Load[],
): Readonly<Record<string, readonly MetricValue[]>> {
  return {
    ...Object.fromEntries(
      KINDS.map(({ kind, metric }) => [metric, countsBy('state', statesIn(tables, kind), statesOf(kind))]),
    ),
    fettle_node_workloads: [{ value: loads.reduce((sum, { containers = 0 }) => sum + containers, 0) }],
    fettle_node_allocated_memory_bytes: [
      { value: loads.reduce((sum, { allocated_mb: mb = 0 }) => sum + mb, 0) * MEGABYTE },
    ],
  };
}

function values(resources: readonly Resource[]): ReturnType<PluginMetrics['values']> {
  const statesOf = (kind: string): readonly (string | undefined)[] =>
    resources.filter(({ ref }) => ref.kind === kind).map(stateOrLast);
  return fleetValues(statesOf, Node.among(resources).map(loadOf));
}

export const metrics: PluginMetrics = { families, values: ({ resources }: MetricRound) => values(resources) };
