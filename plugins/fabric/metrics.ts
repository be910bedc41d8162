/** Metrics of Fabrics, Git repositories and objects. Pure. */

import {
  countsBy,
  instantOf,
  type MetricFamily,
  type MetricRound,
  type MetricValue,
  otherOrLast,
  type PluginMetrics,
  type Resource,
  stateOrLast,
  statesIn,
} from '#plugin';
import { ALERT_SEVERITIES, ALERT_STATUSES } from './alerts/alert.ts';
import { type Alerts, entriesOf } from './alerts/record.ts';
import { tables } from './generated.ts';
import { addressParts, Fabric, GitRepository } from './kinds.ts';

const CONNECTIONS = statesIn(tables, 'Fabric', 'connection');
const SYNCS = statesIn(tables, 'Fabric', 'sync');
const OBJECTS = statesIn(tables, 'Object');

function gauge(name: string, help: string, labels: Pick<MetricFamily, 'closed' | 'open'>): MetricFamily {
  return { name: `fettle_${name}`, type: 'gauge', help, ...labels };
}

const families: readonly MetricFamily[] = [
  gauge('fabrics', 'Fabrics by status.', { closed: { status: statesIn(tables, 'Fabric') } }),
  gauge('fabric_connections', 'Fabrics by the state of their connection.', { closed: { state: CONNECTIONS } }),
  gauge('fabric_syncs', 'Fabrics by the state of their sync.', { closed: { state: SYNCS } }),
  gauge('fabric_last_sync_timestamp_seconds', 'Time of the last successful sync, in unix seconds.', { open: ['name'] }),
  gauge('fabric_drifted_objects', 'Objects of a Fabric that differ from their manifests.', { open: ['name'] }),
  gauge('fabric_objects', 'Objects by state.', { closed: { state: OBJECTS } }),
  gauge('fabric_alerts', 'Recorded alerts of Fabrics and their objects.', {
    closed: { severity: ALERT_SEVERITIES, status: ALERT_STATUSES },
  }),
  gauge('git_repositories', 'Git repositories by the state of their connection.', {
    closed: { state: statesIn(tables, 'GitRepository') },
  }),
];

function alertValues(resources: readonly Resource[]): readonly MetricValue[] {
  const all = resources.flatMap(({ memory }) => entriesOf(memory?.kept['alerts'] as unknown as Alerts | undefined));
  return ALERT_SEVERITIES.flatMap((severity) =>
    ALERT_STATUSES.map((status) => ({
      labels: { severity, status },
      value: all.filter(([, each]) => each.severity === severity && each.status === status).length,
    })),
  );
}

function values(resources: readonly Resource[]): ReturnType<PluginMetrics['values']> {
  const fabrics = Fabric.among(resources);
  const repositories = GitRepository.among(resources);
  const objects = resources.filter(({ ref: { kind } }) => kind !== 'Fabric' && kind !== 'GitRepository');
  const drifted = Map.groupBy(
    objects.filter((each) => stateOrLast(each) === 'DRIFTED'),
    ({ ref }) => addressParts(ref).fabric,
  );
  const connections = fabrics.map((each) => otherOrLast(each, 'connection'));
  const syncs = fabrics.map((each) => otherOrLast(each, 'sync'));
  return {
    fettle_fabrics: countsBy('status', statesIn(tables, 'Fabric'), fabrics.map(stateOrLast)),
    fettle_fabric_connections: countsBy('state', CONNECTIONS, connections),
    fettle_fabric_syncs: countsBy('state', SYNCS, syncs),
    fettle_fabric_last_sync_timestamp_seconds: fabrics.flatMap(({ ref, memory }) => {
      const at = instantOf(memory?.kept.last_sync);
      return at === undefined || Number.isNaN(at) ? [] : [{ labels: { name: ref.name }, value: at / 1000 }];
    }),
    fettle_fabric_drifted_objects: fabrics.map(({ ref: { name } }) => ({
      labels: { name },
      value: drifted.get(name)?.length ?? 0,
    })),
    fettle_fabric_objects: countsBy('state', OBJECTS, objects.map(stateOrLast)),
    fettle_fabric_alerts: alertValues(resources),
    fettle_git_repositories: countsBy('state', statesIn(tables, 'GitRepository'), repositories.map(stateOrLast)),
  };
}

export const metrics: PluginMetrics = { families, values: ({ resources }: MetricRound) => values(resources) };
