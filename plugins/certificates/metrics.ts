/**
 * Metrics of certificates, Domains, certificate events and incidents. Pure.
 *
 * The names with `fdt_cert_` are those of `worker-certificates`, for its dashboards and rules.
 */

import {
  type Alert,
  countsBy,
  type Ledger,
  type MetricFamily,
  type MetricRound,
  type MetricValue,
  type PluginMetrics,
  type Resource,
  type Scene,
  instantOf,
  seenFacts,
  seenState,
  stateOrLast,
  statesIn,
} from '#plugin';
import { isWithoutAccount } from './acme/account-faults.ts';
import { acmeOf, ordersFrom } from './acme/budget.ts';
import { ACTIONS, hostLabel, ORDER_OUTCOMES, STATUSES, WATCHED_STATUSES } from './acme/counts.ts';
import { certificateAlerts } from './alerts.ts';
import type { CertificateResource, DomainResource } from './diff.ts';
import { regionOf } from './events/domains.ts';
import { INCIDENT_TYPES, type Incident } from './events/incidents.ts';
import type { EventEntry, EventStatus } from './events/queue.ts';
import { certificateRegions, replicatedStates, waitingSince } from './events/regions.ts';
import { tablesOf } from './events/tables.ts';
import { usableUntil } from './facts.ts';
import { tables } from './generated.ts';
import { Certificate, Domain, Issuer } from './kinds.ts';
import { issuancesOf, knownDueAt, timeOf } from './schedule.ts';

const EVENT_STATUSES = ['pending', 'applied', 'failed', 'forwarded'] as const satisfies readonly EventStatus[];
const INCIDENT_STATUSES = ['open', 'acknowledged', 'resolved'] as const satisfies readonly Incident['status'][];
const TIERS = ['1', '2', '3'] as const;
const SLA = { warning: 'renewal_sla_warning', breach: 'renewal_sla_breach' } as const;

/** The number of failed orders in a row from which a Certificate counts as failing: by default, those of three hours. */
const FAILING = 3;

/** The share of the renewal window from which a certificate that is not renewed is late. */
const LATE = 0.5;

const CERTIFICATE_STATES = statesIn(tables, 'Certificate');
const DOMAIN_STATES = statesIn(tables, 'Domain');
/** The states of a Domain that `worker-certificates` knows. */
const FDT_STATES = ['pending_issue', 'pending_route', 'issued', 'expiring', 'tls_error', 'passthrough_unverified'];

function gauge(
  name: string,
  help: string,
  labels: Pick<MetricFamily, 'closed' | 'listed' | 'open'> = {},
): MetricFamily {
  return { name: `fettle_${name}`, type: 'gauge', help, ...labels };
}

function fdt(
  name: string,
  type: MetricFamily['type'],
  help: string,
  labels: Pick<MetricFamily, 'closed'> = { closed: {} },
): MetricFamily {
  return { name: `fdt_cert_${name}`, type, help, ...labels, compat: true };
}

const families: readonly MetricFamily[] = [
  gauge('certificates', 'Certificates by state.', { closed: { state: CERTIFICATE_STATES } }),
  gauge('certificates_late', 'Certificates that are not renewed although half of their renewal window has passed.', {
    closed: {},
  }),
  gauge(
    'certificate_earliest_not_after_timestamp_seconds',
    'End of the certificate that expires first, in unix seconds.',
  ),
  gauge('certificate_not_after_timestamp_seconds', 'End of the stored certificate or of its chain, in unix seconds.', {
    open: ['name', 'issuer'],
  }),
  gauge('certificate_renewal_timestamp_seconds', 'Time from which the renewal is due, in unix seconds.', {
    open: ['name', 'issuer'],
  }),
  {
    name: 'fettle_acme_requests_total',
    type: 'counter',
    help: 'Requests of rounds to ACME servers, by the host of the directory; error for one without an answer.',
    closed: { action: ACTIONS, status: STATUSES },
    open: ['host'],
  },
  {
    name: 'fettle_acme_orders_total',
    type: 'counter',
    help: 'Orders of rounds by their end; limited: refused for a time; pending: not completed by the authority.',
    closed: { outcome: ORDER_OUTCOMES },
    open: ['host'],
  },
  gauge('acme_orders_waiting', 'Certificates whose order waits for a limit of the authority.', { open: ['host'] }),
  gauge(
    'acme_orders_waiting_until_timestamp_seconds',
    'Time at which the last one of these orders may be created, in unix seconds.',
    { open: ['host'] },
  ),
  gauge(
    'acme_orders_failing',
    `Certificates whose last ${FAILING} orders failed, or more, or whose account has ended.`,
    { open: ['host'] },
  ),
  gauge('domains', 'Domains by state.', { closed: { state: DOMAIN_STATES } }),
  gauge('domains_by_region', 'Domains by the region of their route and by state.', {
    listed: ['state'],
    open: ['region'],
  }),
  gauge('domain_probe_success', '1 if a client accepts the served certificate.', { open: ['name'] }),
  gauge('domain_not_after_timestamp_seconds', 'End of the served certificate or of its chain, in unix seconds.', {
    open: ['name'],
  }),
  gauge('renewal_sla', 'Domains whose renewal is due soon (warning) or overdue (breach).', {
    closed: { class: Object.keys(SLA) },
  }),
  gauge('events', 'Certificate events in the queue, by status.', { closed: { status: EVENT_STATUSES } }),
  gauge('events_waiting', 'Certificate events that wait until the region of their Domain has recorded them.', {
    open: ['region'],
  }),
  gauge('events_waiting_since_timestamp_seconds', 'Time since which the oldest of them waits, in unix seconds.', {
    open: ['region'],
  }),
  gauge('incidents', 'Incidents by status and tier.', { closed: { status: INCIDENT_STATUSES, tier: TIERS } }),
  gauge('incidents_unresolved', 'Incidents that are open or acknowledged, by type.', {
    closed: { type: INCIDENT_TYPES },
  }),
  {
    name: 'fettle_event_replays_total',
    type: 'counter',
    help: 'Automatic replays of dead letters.',
    closed: {},
  },
  fdt('domains_total', 'gauge', 'Domains by TLS status.', { closed: { status: FDT_STATES } }),
  fdt('events_pending_total', 'gauge', 'Certificate events that are pending.'),
  fdt('events_failed_total', 'gauge', 'Certificate events that failed: dead letters.'),
  fdt('domains_renewal_sla_warning_total', 'gauge', 'Domains whose renewal is due within the warning window.'),
  fdt('domains_renewal_sla_breach_total', 'gauge', 'Domains whose renewal is overdue.'),
  fdt('dlq_auto_replays_total', 'counter', 'Automatic replays of dead letters.'),
  fdt('metrics_generated_at_seconds', 'gauge', 'Time of the values, in unix seconds.', {}),
];

interface Times {
  readonly end: number;
  readonly due?: number;
}

/** The times of a Certificate with a known end. */
function timesOf(resource: CertificateResource): Times | undefined {
  const facts = seenFacts(resource);
  const end = instantOf(facts === undefined ? timeOf(resource.memory?.kept.not_after) : usableUntil(facts));
  if (end === undefined || Number.isNaN(end)) return undefined;
  const due = knownDueAt(resource);
  return due === undefined || Number.isNaN(due) ? { end } : { end, due };
}

function isLate({ end, due }: Times, now: number): boolean {
  return due !== undefined && end > due && (now - due) / (end - due) > LATE;
}

function issuerOf({ desired, memory }: CertificateResource): string {
  const applied = memory?.applied?.spec as { readonly issuer?: unknown } | undefined;
  const issuer = desired?.spec.issuer ?? applied?.issuer;
  return typeof issuer === 'string' ? issuer : '';
}

function certificateValues(
  resources: readonly Resource[],
  now: number,
): Readonly<Record<string, readonly MetricValue[]>> {
  const all = Certificate.among(resources);
  const timed = all.flatMap((resource) => {
    const times = timesOf(resource);
    return times === undefined ? [] : [{ times, labels: { name: resource.ref.name, issuer: issuerOf(resource) } }];
  });
  const first = timed.reduce((least, { times }) => Math.min(least, times.end), Number.POSITIVE_INFINITY);
  return {
    fettle_certificates: countsBy('state', CERTIFICATE_STATES, all.map(stateOrLast)),
    fettle_certificates_late: [{ value: timed.filter(({ times }) => isLate(times, now)).length }],
    fettle_certificate_earliest_not_after_timestamp_seconds: Number.isFinite(first) ? [{ value: first / 1000 }] : [],
    fettle_certificate_not_after_timestamp_seconds: timed.map(({ labels, times }) => ({
      labels,
      value: times.end / 1000,
    })),
    fettle_certificate_renewal_timestamp_seconds: timed.flatMap(({ labels, times: { due } }) =>
      due === undefined ? [] : [{ labels, value: due / 1000 }],
    ),
  };
}

/**
 * The orders that wait or fail, by the host of the directory. The counters of each declared host begin at 0; requests and
 * orders are counted where they are made.
 */
function acmeValues(resources: readonly Resource[], scene: Scene): Readonly<Record<string, readonly MetricValue[]>> {
  const hosts = [
    ...new Set(
      Issuer.among(resources).flatMap(({ desired }) => {
        const acme = desired?.spec.acme;
        return acme === undefined ? [] : [hostLabel(acme.directory)];
      }),
    ),
  ].toSorted();
  const ordered = Certificate.among(resources).flatMap((resource) => {
    const acme = acmeOf(resource.desired?.spec, scene);
    if (acme === undefined) return [];
    const host = hostLabel(acme.directory);
    const isFailing = issuancesOf(resource).failed >= FAILING || isWithoutAccount(resource, scene);
    return [{ host, from: ordersFrom(resource, scene), isFailing }];
  });
  const countOf = (host: string, is: (each: (typeof ordered)[number]) => boolean): MetricValue => ({
    labels: { host },
    value: ordered.filter((each) => each.host === host && is(each)).length,
  });
  const waits = Map.groupBy(
    ordered.flatMap(({ host, from }) => (from === undefined ? [] : [{ host, from }])),
    ({ host }) => host,
  );
  return {
    fettle_acme_requests_total: hosts.flatMap((host) =>
      ACTIONS.flatMap((action) => WATCHED_STATUSES.map((status) => ({ labels: { host, action, status }, value: 0 }))),
    ),
    fettle_acme_orders_total: hosts.flatMap((host) =>
      ORDER_OUTCOMES.map((outcome) => ({ labels: { host, outcome }, value: 0 })),
    ),
    fettle_acme_orders_waiting: hosts.map((host) => countOf(host, ({ from }) => from !== undefined)),
    fettle_acme_orders_waiting_until_timestamp_seconds: [...waits].map(([host, all]) => ({
      labels: { host },
      value: Math.max(...all.map(({ from }) => from)) / 1000,
    })),
    fettle_acme_orders_failing: hosts.map((host) => countOf(host, ({ isFailing }) => isFailing)),
  };
}

const WORKS: ReadonlySet<string | undefined> = new Set(['issued', 'expiring']);

/** True if a client accepts the certificate; undefined for a Domain that was not probed. */
function isProbed(resource: DomainResource): boolean | undefined {
  const facts = seenFacts(resource);
  const state = seenState(resource);
  if (facts === undefined || state === 'pending_route') return undefined;
  return facts.error === undefined && (WORKS.has(state) || facts.fingerprint !== undefined);
}

/** The number of declared Domains in each region and state: for those of other regions, the state that their owner reported. */
function regionValues(all: readonly DomainResource[], ledger: Ledger): readonly MetricValue[] {
  const replicated = replicatedStates(ledger);
  const byRegion = Map.groupBy(
    all.flatMap((each) => (each.desired === undefined ? [] : [{ each, region: regionOf(each.desired.spec) }])),
    ({ region }) => region,
  );
  return [...byRegion].flatMap(([region, domains]) => {
    const byState = Map.groupBy(domains, ({ each }) => {
      const { name } = each.ref;
      return (replicated.has(name) ? replicated.get(name) : stateOrLast(each)) ?? 'unknown';
    });
    return [...byState].map(([state, { length }]) => ({ labels: { region, state }, value: length }));
  });
}

function domainValues(
  resources: readonly Resource[],
  ledger: Ledger,
): Readonly<Record<string, readonly MetricValue[]>> {
  const all = Domain.among(resources);
  const states = all.map(stateOrLast);
  return {
    fettle_domains: countsBy('state', DOMAIN_STATES, states),
    fettle_domains_by_region: regionValues(all, ledger),
    fettle_domain_probe_success: all.flatMap((resource) => {
      const isOk = isProbed(resource);
      return isOk === undefined ? [] : [{ labels: { name: resource.ref.name }, value: isOk ? 1 : 0 }];
    }),
    fettle_domain_not_after_timestamp_seconds: all.flatMap((resource) => {
      const facts = seenFacts(resource);
      const end = instantOf(facts === undefined ? timeOf(resource.memory?.kept.not_after) : usableUntil(facts));
      return end === undefined || Number.isNaN(end) ? [] : [{ labels: { name: resource.ref.name }, value: end / 1000 }];
    }),
    fdt_cert_domains_total: countsBy('status', FDT_STATES, states),
  };
}

function slaValues(alerts: readonly Alert[]): Readonly<Record<string, readonly MetricValue[]>> {
  const number = (named: string): number => alerts.filter((alert) => alert.class === named).length;
  return {
    fettle_renewal_sla: Object.entries(SLA).map(([label, named]) => ({
      labels: { class: label },
      value: number(named),
    })),
    fdt_cert_domains_renewal_sla_warning_total: [{ value: number(SLA.warning) }],
    fdt_cert_domains_renewal_sla_breach_total: [{ value: number(SLA.breach) }],
  };
}

/** The number of automatic replays by which the entries have grown. */
function replaysOf(before: ReadonlyMap<string, EventEntry>, after: ReadonlyMap<string, EventEntry>): number {
  return [...after].reduce((sum, [id, { replays }]) => sum + Math.max(0, replays - (before.get(id)?.replays ?? 0)), 0);
}

function ledgerValues(before: Ledger, after: Ledger): Readonly<Record<string, readonly MetricValue[]>> {
  const { events, incidents } = tablesOf(after);
  const statuses = [...events.values()].map(({ status }) => status);
  const number = (status: EventStatus): number => statuses.filter((each) => each === status).length;
  const all = [...incidents.values()];
  const replays = [{ value: replaysOf(tablesOf(before).events, events) }];
  return {
    fettle_events: countsBy('status', EVENT_STATUSES, statuses),
    fettle_events_waiting: Object.entries(certificateRegions.waiting(after)).map(([region, value]) => ({
      labels: { region },
      value,
    })),
    fettle_events_waiting_since_timestamp_seconds: [...waitingSince(after)].map(([region, at]) => ({
      labels: { region },
      value: at / 1000,
    })),
    fettle_incidents: INCIDENT_STATUSES.flatMap((status) =>
      TIERS.map((tier) => ({
        labels: { status, tier },
        value: all.filter((each) => each.status === status && String(each.tier) === tier).length,
      })),
    ),
    fettle_incidents_unresolved: countsBy(
      'type',
      INCIDENT_TYPES,
      all.flatMap(({ status, type }) => (status === 'resolved' ? [] : [type])),
    ),
    fettle_event_replays_total: replays,
    fdt_cert_dlq_auto_replays_total: replays,
    fdt_cert_events_pending_total: [{ value: number('pending') }],
    fdt_cert_events_failed_total: [{ value: number('failed') }],
  };
}

export const metrics: PluginMetrics = {
  families,
  values: ({ resources, scene, ledger, settings }: MetricRound) => ({
    ...certificateValues(resources, scene.now),
    ...acmeValues(resources, scene),
    ...domainValues(resources, ledger.after),
    ...slaValues(certificateAlerts({ resources, scene, settings, ledger: ledger.after })),
    ...ledgerValues(ledger.before, ledger.after),
    fdt_cert_metrics_generated_at_seconds: [{ value: Math.floor(scene.now / 1000) }],
  }),
};
