/**
 * Alerts about Domains: those that fail or expire, those whose renewal is due soon or overdue, and those with incidents
 * (`events/incident-alerts.ts`). Pure.
 *
 * | Class | Condition | Severity, route |
 * |---|---|---|
 * | `tls_error` | the state | critical, ticket |
 * | `expiring` | the state | warning, ticket |
 * | `renewal_sla_warning` | the renewal is due within the warning window | warning, ticket |
 * | `renewal_sla_breach` | the renewal is overdue | critical, page in production; otherwise warning, ticket |
 *
 * The bodies have the members that receivers of `worker-certificates` know, in camelCase.
 */

import {
  type Alert,
  type AlertSettings,
  defined,
  type Facts,
  instantOf,
  instantText,
  type RaiseAlerts,
  type Scene,
  seenFacts,
  seenState,
} from '#plugin';
import type { DomainResource } from './diff.ts';
import { type IncidentDomain, incidentAlerts } from './events/incident-alerts.ts';
import type { AlertClass, DomainSpec } from './generated.ts';
import { Certificate, Domain } from './kinds.ts';
import { PLUGIN } from './remembered.ts';
import { knownDueAt, timeOf } from './schedule.ts';

const HOUR_MS = 3_600_000;
const SOURCE = 'worker-certificates';

/** A declared Domain with its state, from the refresh or, under a gap, from the log. */
interface Known {
  readonly resource: DomainResource;
  readonly spec: DomainSpec;
  readonly state: string;
  /** The start of the state, if it is recorded. */
  readonly since: number | undefined;
}

function known(resource: DomainResource): Known | undefined {
  const { desired, memory } = resource;
  const state = seenState(resource) ?? memory?.state;
  if (desired === undefined || state === undefined) return undefined;
  return { resource, spec: desired.spec, state, since: memory?.state === state ? memory.since : undefined };
}

/** The members of a body that name a Domain. Without an `externalId`, its name is the id. */
function identity(name: string, { externalId, host, tlsMode }: DomainSpec): Facts {
  return { domainId: externalId ?? name, domain: host, tlsMode };
}

function named({ resource, spec, state }: Known): Facts {
  return { ...identity(resource.ref.name, spec), status: state };
}

function incidentDomain({ ref, address, desired }: DomainResource): readonly IncidentDomain[] {
  return desired === undefined ? [] : [{ ref, address, named: identity(ref.name, desired.spec) }];
}

function stateAlert(found: Known): Alert | undefined {
  const { resource, spec, state, since } = found;
  if (state !== 'tls_error' && state !== 'expiring') return undefined;
  const facts = seenFacts(resource);
  const { kept = {} } = resource.memory ?? {};
  const isSeen = facts !== undefined;
  const notAfter = instantText(instantOf(timeOf(isSeen ? facts.not_after : kept.not_after)));
  const error = isSeen ? facts.error : timeOf(kept.error);
  const words = (isSeen ? facts.message : timeOf(kept.message)) ?? error;
  const isError = state === 'tls_error';
  const severity = isError ? 'critical' : 'warning';
  const shared = { ...named(found), notAfter: notAfter ?? null, error: words ?? null };
  return defined<Alert>({
    class: state satisfies AlertClass,
    ref: resource.ref,
    severity,
    route: 'ticket',
    message: isError
      ? `${spec.host}: ${words ?? 'the TLS probe failed'}`
      : `${spec.host}: the served certificate expires at ${notAfter ?? 'an unknown time'}`,
    facts: defined<Facts>({ host: spec.host, state, not_after: notAfter, error, error_message: words }),
    since,
    bodies: {
      webhook: { source: SOURCE, severity: 'warning', ...shared, expiryWarnDays: spec.expiryWarnDays },
      runbook: { source: SOURCE, type: 'certificate.alert', severity, incidentRoute: 'ticket', ...shared },
    },
  });
}

/** True if the host is verified. A TXT record that does not exist leaves a Domain in `pending_issue`. */
function isVerified({ spec, state }: Known): boolean {
  return spec.verified === true || (spec.verified !== false && state !== 'pending_issue');
}

/** The time from which a renewal is due, as an event reported it; none after a later success. */
function reportedDueAt({ resource }: Known): number | undefined {
  const {
    cert_renewal_due_at: reported,
    cert_last_event_type: type = '',
    cert_last_event_at: last,
  } = resource.memory?.kept ?? {};
  const due = instantOf(timeOf(reported));
  if (due === undefined) return undefined;
  const succeededAt = type.endsWith('_succeeded') ? (instantOf(timeOf(last)) ?? Number.NEGATIVE_INFINITY) : undefined;
  return succeededAt !== undefined && succeededAt >= due ? undefined : due;
}

/**
 * The time from which the renewal of the certificate is due, epoch ms: that of the Certificate that the Domain names, else
 * that of its events.
 */
function dueAt(found: Known, scene: Scene): number | undefined {
  const { certificate } = found.spec;
  const named =
    certificate === undefined
      ? undefined
      : Certificate.get(scene, { plugin: PLUGIN, kind: 'Certificate', name: certificate });
  return (named === undefined ? undefined : knownDueAt(named)) ?? reportedDueAt(found);
}

function renewalAlert(found: Known, scene: Scene, settings: AlertSettings): Alert | undefined {
  const { resource, spec } = found;
  const { environment, renewalWarningMs } = settings;
  if (spec.tlsMode !== 'termination' || !isVerified(found)) return undefined;
  const due = dueAt(found, scene);
  if (due === undefined || due - scene.now > renewalWarningMs) return undefined;
  const isBreach = due <= scene.now;
  const isPaged = isBreach && environment === 'prod';
  const classification = (isBreach ? 'renewal_sla_breach' : 'renewal_sla_warning') satisfies AlertClass;
  const severity = isPaged ? 'critical' : 'warning';
  const route = isPaged ? 'page' : 'ticket';
  const renewalDueAt = instantText(due);
  const hoursUntilDue = Math.round(((due - scene.now) / HOUR_MS) * 100) / 100;
  const head = { source: SOURCE, type: 'certificate.renewal_sla', classification, severity, incidentRoute: route };
  const shared = { ...head, ...named(found), renewalDueAt, hoursUntilDue };
  return {
    class: classification,
    ref: resource.ref,
    severity,
    route,
    message: `${spec.host}: the renewal of the certificate ${isBreach ? 'has been' : 'is'} due ${isBreach ? 'since' : 'at'} ${renewalDueAt}`,
    facts: defined<Facts>({
      host: spec.host,
      certificate: spec.certificate,
      renewal_due_at: renewalDueAt,
      hours_until_due: hoursUntilDue,
      environment,
    }),
    since: isBreach ? due : due - renewalWarningMs,
    bodies: {
      webhook: { ...shared, warningWindowHours: renewalWarningMs / HOUR_MS, environment },
      runbook: { ...shared, environment },
    },
  };
}

/** The alerts about declared Domains: at most one about the state, one about the renewal, and those about incidents. */
export const certificateAlerts: RaiseAlerts = ({ resources, scene, ledger, settings }) => {
  const domains = Domain.among(resources);
  const incidents = incidentAlerts(domains.flatMap(incidentDomain), ledger, settings, scene.now);
  const own = domains.flatMap((resource) => {
    const found = known(resource);
    if (found === undefined) return [];
    return [stateAlert(found), renewalAlert(found, scene, settings)].filter((alert) => alert !== undefined);
  });
  return [...own, ...incidents];
};
