/**
 * The outcome of certificate events for one Domain. Pure.
 *
 * The newer of event and probe wins: only events after the last probe decide about state, error and failures. The outcome
 * is that of all recorded events in the order of their times. So it does not depend on the order in which they arrive.
 *
 * | newest event after the last probe | state |
 * |---|---|
 * | a success whose certificate expires within `expiryWarnDays` | expiring |
 * | any other success | issued |
 * | `certificate_expiring` | expiring |
 * | a failure | tls_error |
 *
 * | events after the last probe | effect |
 * |---|---|
 * | a success | clears the error, the failures and the next try |
 * | a failure | adds one to the failures; the next try follows from the failure policy |
 * | any | set reference and expiry of the certificate, if the event has them |
 *
 * The time at which a renewal is due follows from the newest event that has one, also before a probe. With
 * `tlsMode: passthrough` the state stays, and failures do not count.
 */

import {
  defined,
  type Facts,
  type Instant,
  instantOf,
  instantText,
  type Memory,
  redactPatterns,
  type Ref,
  shorten,
  type StateNote,
  ABSENT,
} from '#plugin';
import { DAY_MS } from '../days.ts';
import type { EventError } from '../facts.ts';
import { backoffSeconds } from '../failure-policy.ts';
import type { DomainMemory, DomainSpec, DomainState } from '../generated.ts';
import { targetText } from '../observe-domain.ts';
import { byTime, type CertificateEvent, identityText, isFailure, isSuccess, KEPT_MS, timeOf } from './event.ts';

/** A declared Domain. */
export interface EventDomain {
  readonly ref: Ref;
  readonly spec: DomainSpec;
  readonly memory?: Memory<DomainMemory> | undefined;
  /** Time of its last probe, if it is later than the recorded one. */
  readonly probedAt?: Instant;
}

/** Events of one Domain: those that were applied before, and those to apply. */
export interface DomainEvents {
  readonly history: readonly CertificateEvent[];
  readonly due: readonly CertificateEvent[];
}

const NEVER = Number.NEGATIVE_INFINITY;

/** The recorded time of a field; before every other time if it has none. */
function recordedAt(text: string | undefined): Instant {
  return text === undefined || text === '' ? NEVER : instantOf(text);
}

function probedAt({ memory, probedAt: probed = NEVER }: EventDomain): Instant {
  return Math.max(recordedAt(memory?.kept.checked_at), probed);
}

/**
 * All events in order. An event to apply that is older than the recorded history, and than the newest event, has no
 * effect: events that followed it may no longer be recorded.
 */
export function eventsInOrder(
  { memory }: EventDomain,
  { history, due }: DomainEvents,
  now: Instant,
): readonly CertificateEvent[] {
  const newest = recordedAt(memory?.kept.cert_last_event_at);
  const known = new Set(history.map(({ id }) => id));
  const fresh = due.filter(
    (event) => !known.has(event.id) && (timeOf(event) >= now - KEPT_MS || timeOf(event) > newest),
  );
  return [...history, ...fresh].toSorted(byTime);
}

/** True if the certificate of an event expires within the warn days of a Domain, or has expired. */
function isNear({ not_after: notAfter }: CertificateEvent, { expiryWarnDays }: DomainSpec, now: Instant): boolean {
  return notAfter !== undefined && instantOf(notAfter) - now <= expiryWarnDays * DAY_MS;
}

function stateAfter(event: CertificateEvent, spec: DomainSpec, now: Instant): DomainState {
  if (isFailure(event)) return 'tls_error';
  return event.type === 'certificate_expiring' || isNear(event, spec, now) ? 'expiring' : 'issued';
}

const MOST_REASON = 1000;

/** Error class and text of a failure. */
function errorOf(event: CertificateEvent): { readonly error: EventError; readonly message: string } {
  const isRenewal = event.type === 'renewal_failed';
  const { reason = '' } = event;
  const by = `${identityText(event)} reports that the ${isRenewal ? 'renewal' : 'issuance'} failed`;
  const text = reason.trim() === '' ? by : `${by}: ${redactPatterns(reason.trim())}`;
  return { error: isRenewal ? 'renewal-failed' : 'issuance-failed', message: shorten(text, MOST_REASON) };
}

/** The recorded failures that are not from events after the probe. */
function probedFailures({ memory }: EventDomain, history: readonly CertificateEvent[], since: Instant): number {
  const counted = history.filter((event) => isFailure(event) && timeOf(event) > since).length;
  return Math.max(0, (memory?.kept.failures ?? 0) - counted);
}

/** Error, failures and next try after the events since the last probe; empty if these do not decide about them. */
function failuresAfter(
  domain: EventDomain,
  events: readonly CertificateEvent[],
  history: readonly CertificateEvent[],
): Facts {
  const result = events.findLast((event) => isFailure(event) || isSuccess(event));
  const { spec } = domain;
  if (result === undefined || spec.tlsMode === 'passthrough') return {};
  // The event is about the host, so it is about the target that the document has now.
  const target = targetText(spec);
  if (isSuccess(result)) return { error: '', message: '', failures: 0, failed_at: '', retry_at: '', target };
  const success = events.findLastIndex(isSuccess);
  const base = success < 0 ? probedFailures(domain, history, probedAt(domain)) : 0;
  const failures = base + events.slice(success + 1).filter(isFailure).length;
  const next = timeOf(result) + backoffSeconds(spec.failurePolicy, failures) * 1000;
  return { ...errorOf(result), failures, failed_at: result.at, retry_at: instantText(next), target };
}

function lastWith(
  events: readonly CertificateEvent[],
  field: 'not_after' | 'certificate_ref' | 'renewal_due_at',
): string | undefined {
  return events.findLast((event) => event[field] !== undefined)?.[field];
}

/** The change of the state of a Domain by the events that are due; undefined if it does not change. */
export function outcomeOf(domain: EventDomain, events: DomainEvents, now: Instant): StateNote | undefined {
  const { ref, spec, memory } = domain;
  const all = eventsInOrder(domain, events, now);
  const last = all.at(-1);
  if (last === undefined) return undefined;
  const since = probedAt(domain);
  const newer = all.filter((event) => timeOf(event) > since);
  const newest = newer.at(-1);
  const isNewest = timeOf(last) >= recordedAt(memory?.kept.cert_last_event_at);
  const kept = defined<{ [K in keyof DomainMemory]?: DomainMemory[K] }>({
    cert_last_event_type: isNewest ? last.type : undefined,
    cert_last_event_at: isNewest ? last.at : undefined,
    cert_renewal_due_at: lastWith(all, 'renewal_due_at'),
    cert_ref: lastWith(newer, 'certificate_ref'),
    cert_not_after: lastWith(newer, 'not_after'),
    failure_policy: spec.failurePolicy,
    ...failuresAfter(domain, newer, events.history),
  });
  const from = memory?.state ?? ABSENT;
  const to = newest === undefined || spec.tlsMode === 'passthrough' ? from : stateAfter(newest, spec, now);
  return { ref, kept, ...(from === to ? {} : { moves: [{ machine: 'tls', from, to, trigger: 'event' }] }) };
}
