/**
 * Metrics of Switches and their ports, and those that the daemon of a switch keeps in its state folder, for a Switch that
 * fettle runs on: under the names that `portsyncd` gives them. Pure.
 */

import {
  countsBy,
  type MetricFamily,
  type MetricRound,
  type MetricValues,
  otherOrLast,
  type PluginMetrics,
  type Resource,
  seenSignals,
  stateOrLast,
  statesIn,
} from '#plugin';
import { type Family, keptFamilies } from './daemon/families.ts';
import { NO_METRICS } from './daemon/metrics.ts';
import type { KeptMetrics } from './daemon/metrics-file.ts';
import { NO_TOTALS } from './daemon/runtime.ts';
import { portSignals, type SwitchResource } from './facts.ts';
import { tables } from './generated.ts';
import { Port, Switch } from './kinds.ts';

const DAEMON = keptFamilies({ metrics: NO_METRICS, totals: NO_TOTALS });

const SWITCHES = statesIn(tables, 'Switch');
const CONFIRMATIONS = statesIn(tables, 'Switch', 'confirmation');
const PORTS = statesIn(tables, 'Port');

function gauge(name: string, help: string, closed: MetricFamily['closed']): MetricFamily {
  return { name: `fettle_${name}`, type: 'gauge', help, ...(closed === undefined ? {} : { closed }) };
}

/** A family of the daemon, as a family of a plugin. */
function daemonFamily(family: Family): MetricFamily {
  const { type, name, help } = family;
  const common = { name, help, type, compat: true } as const;
  if (family.type === 'histogram') return { ...common, closed: {}, bounds: family.bounds };
  const { label } = family;
  if (type === 'gauge') return common;
  return { ...common, ...(label === undefined ? { closed: {} } : { open: [label] }), counts: 'total' };
}

const families: readonly MetricFamily[] = [
  gauge('switches', 'Switches by state.', { state: SWITCHES }),
  gauge('switch_confirmations', 'Switches by the standing of their last confirmed change.', { state: CONFIRMATIONS }),
  gauge('ports', 'Ports by state.', { state: PORTS }),
  gauge('ports_up', 'Ports whose operational status is up.', {}),
  ...DAEMON.map(daemonFamily),
];

/** The numbers that the daemon of the machine keeps; `kept` if this round did not refresh its Switch. */
function daemonValues(switches: readonly SwitchResource[]): Readonly<Record<string, MetricValues>> {
  const local = switches.filter(({ desired }) => desired?.spec.sonic?.local !== undefined);
  const [kept] = local.flatMap((each) => {
    const { daemon } = (seenSignals(each) ?? {}) as unknown as { readonly daemon?: KeptMetrics };
    return daemon === undefined ? [] : [daemon];
  });
  if (kept === undefined) {
    const isUnseen = local.some(({ sight }) => sight.is === 'unseen');
    return Object.fromEntries(DAEMON.map(({ name }) => [name, isUnseen ? 'kept' : []]));
  }
  return Object.fromEntries(
    keptFamilies(kept).map((family) => [
      family.name,
      family.type === 'histogram'
        ? [{ value: family.values.sum, buckets: family.values.buckets }]
        : family.samples.map(([value, labels = {}]) => ({ labels, value })),
    ]),
  );
}

function values(resources: readonly Resource[]): ReturnType<PluginMetrics['values']> {
  const switches = Switch.among(resources);
  const ports = Port.among(resources);
  const confirmations = switches.map((each) => otherOrLast(each, 'confirmation'));
  // The status of a link is a signal: without a refresh, it is not known.
  const isRefreshed = ports.every(({ sight }) => sight.is !== 'unseen');
  const up = ports.filter((port) => portSignals(port).oper_status === 'up').length;
  return {
    fettle_switches: countsBy('state', SWITCHES, switches.map(stateOrLast)),
    fettle_switch_confirmations: countsBy('state', CONFIRMATIONS, confirmations),
    fettle_ports: countsBy('state', PORTS, ports.map(stateOrLast)),
    fettle_ports_up: isRefreshed ? [{ value: up }] : 'kept',
    ...daemonValues(switches),
  };
}

export const metrics: PluginMetrics = { families, values: ({ resources }: MetricRound) => values(resources) };
