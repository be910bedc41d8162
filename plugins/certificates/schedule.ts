/** Schedules of authorities, certificates and servers: when they end, are due, were last checked and are tried again. */

import {
  type Attempts,
  attemptsAt,
  type Cadence,
  countedFailures,
  defined,
  durationText,
  type Facts,
  type Instant,
  instantOf,
  instantText,
  isExhausted,
  type Json,
  type RetryPolicy,
  seenFacts,
  seenSignals,
  seenState,
} from '#plugin';
import { type Ari, ariIn, momentOf } from './acme/ari.ts';
import { daysLeft, dueAt, thresholdInForce } from './days.ts';
import type { CertificateResource, DomainResource, IssuerResource } from './diff.ts';
import { eventFields } from './events/fields.ts';
import { QUIET_MS, skipOf } from './events/skip.ts';
import type { FailurePolicy } from './failure-policy.ts';
import { type CertificateFacts, usableUntil } from './facts.ts';
import { defaults } from './generated.ts';
import { nextAttemptAt, type Policy, policyOf, reloadsOf } from './renewal.ts';
import { dueRuleOf, issuedAt, validityOfFacts } from './state.ts';

/** Empty texts stand for fields that a note cleared. */
export function timeOf(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text;
}

function endOf(until: string | undefined, now: number): Facts {
  return until === undefined ? {} : { expires_at: until, days_left: daysLeft(instantOf(until), now) };
}

/** The time from which the renewal of a stored pair is due, epoch ms; undefined for an unusable pair. */
export function renewalDueAt(
  facts: CertificateFacts,
  { renewal }: Policy,
  memory: CertificateResource['memory'],
  signals: Facts | undefined,
): number | undefined {
  const validity = facts.usable ? validityOfFacts(facts) : undefined;
  if (!renewal.enabled || validity === undefined) return undefined;
  const due = dueRuleOf(renewal, facts, signals).acmeDueAt ?? dueAt(renewal.thresholdDays, validity);
  const { issuedAfter } = renewal;
  const asked = issuedAfter !== undefined && issuedAt(facts, memory) < issuedAfter ? issuedAfter : due;
  return Math.min(due, asked);
}

function retries(policy: RetryPolicy, attempts: Attempts, until: Instant | undefined): Facts {
  const next = isExhausted(policy, attempts) ? undefined : nextAttemptAt(policy, attempts, until);
  return {
    failures: attempts.failed,
    ...((attempts.outages ?? 0) === 0 ? {} : { failures_counted: countedFailures(attempts) }),
    ...(attempts.failed === 0 ? {} : { last_failed_at: instantText(attempts.at) }),
    ...(next === undefined ? {} : { next_try_at: instantText(next) }),
    ...(isExhausted(policy, attempts) ? { retries_exhausted: true } : {}),
    failure_policy: {
      retry_interval: durationText(policy.retryMs),
      backoff_multiplier: policy.multiplier,
      max_backoff: durationText(policy.maxMs),
      max_retries: policy.maxRetries,
    },
  };
}

function isRecovery(state: string | undefined): boolean {
  return state === 'expired' || state === 'recovering';
}

/** The failures of the issuance that the state calls for. */
export function issuancesOf({ desired, memory, sight }: CertificateResource): Attempts {
  const state = sight.is === 'seen' ? sight.observed.state : memory?.state;
  if (isRecovery(state)) return attemptsAt(memory, desired, 'recovering');
  const goal = state === undefined || state === 'absent' || state === 'normal' ? 'normal' : 'renewing';
  return attemptsAt(memory, desired, goal);
}

/** The failures of the operation that the state calls for: a renewal, a recovery, or the delivery to the servers. */
function retriesOf(resource: CertificateResource): Facts {
  const { desired, memory } = resource;
  const policy = policyOf(resource);
  const state = seenState(resource) ?? memory?.state;
  const stored = seenFacts(resource)?.fingerprint ?? memory?.kept.fingerprint;
  const reloads = reloadsOf(memory, desired, stored);
  const until = instantOf(usableUntil(seenFacts(resource) ?? {}));
  if (reloads.failed > 0) return retries(policy.served, reloads, until);
  return retries(isRecovery(state) ? policy.recovery : policy.renewal, issuancesOf(resource), until);
}

/** The time from which the renewal of a Certificate is due, epoch ms: by a refresh, or by the state under a gap. */
export function knownDueAt(resource: CertificateResource): number | undefined {
  const { memory } = resource;
  const facts = seenFacts(resource);
  const policy = policyOf(resource);
  if (facts !== undefined) return renewalDueAt(facts, policy, memory, seenSignals(resource));
  return policy.renewal.enabled ? instantOf(timeOf(memory?.kept.renewal_due_at)) : undefined;
}

/** The window that the authority suggests, the time within it, and when the authority is asked again. */
function windowFacts(ari: Ari | undefined): Facts {
  if (ari === undefined) return {};
  const { start, end, explanation, next } = ari;
  const window =
    start === undefined || end === undefined ? {} : { renewal_window_start: start, renewal_window_end: end };
  return defined<Facts>({
    ...window,
    renewal_window_time: instantText(momentOf(ari)),
    renewal_window_explanation: explanation,
    renewal_window_asked_again_at: next,
  });
}

export function certificateSchedule(resource: CertificateResource, now: number): Facts {
  const { memory, sight } = resource;
  const facts = seenFacts(resource);
  const policy = policyOf(resource);
  const validity = facts === undefined ? undefined : validityOfFacts(facts);
  return defined<Facts>({
    ...endOf(facts === undefined ? timeOf(memory?.kept.not_after) : usableUntil(facts), now),
    renewal_due_at: instantText(knownDueAt(resource)),
    renewal_enabled: policy.renewal.enabled,
    threshold_days: policy.renewal.thresholdDays,
    threshold_days_in_force:
      validity === undefined ? undefined : thresholdInForce(policy.renewal.thresholdDays, validity),
    ...windowFacts(ariIn(seenSignals(resource)) ?? memory?.kept.ari),
    orders_wait_until: timeOf(memory?.kept.wait_until),
    last_rehearsal_at: timeOf(memory?.kept.rehearsed_at),
    last_rehearsal: timeOf(memory?.kept.rehearsal),
    last_checked_at: sight.is === 'seen' ? instantText(sight.observed.at) : timeOf(memory?.kept.checked_at),
    ...retriesOf(resource),
  });
}

/**
 * The failures that the log has, and the probe that follows from them. The state of a resource that was just probed
 * counts this probe already, also where nothing records it: the signals have the numbers before it.
 */
function recordedFailures(resource: DomainResource): {
  readonly recorded_failures: number;
  readonly last_recorded_failure_at?: Json;
  readonly next_scheduled_probe_at?: Json;
} {
  const facts = seenFacts(resource);
  const { kept = {} } = resource.memory ?? {};
  const signals = seenSignals(resource) ?? {};
  const isProbed = facts !== undefined && facts.remembered !== true;
  const [failures, failedAt, retryAt] = isProbed
    ? [signals['recorded_failures'], signals['last_recorded_failure'], signals['next_scheduled_probe']]
    : [kept.failures, timeOf(kept.failed_at), timeOf(kept.retry_at)];
  return defined<ReturnType<typeof recordedFailures>>({
    recorded_failures: typeof failures === 'number' ? failures : 0,
    last_recorded_failure_at: failedAt,
    next_scheduled_probe_at: retryAt,
  });
}

/** In the window of the authority, rounds check this often: a freeze window can bring the renewal forward. */
const IN_WINDOW_MS = 3_600_000;

/** Rounds check a pair at its interval, and when its renewal, its end or its next try is due. */
export function certificateCadence(resource: CertificateResource, now: number): Cadence {
  const {
    expires_at: end,
    renewal_due_at: due,
    next_try_at: next,
    orders_wait_until: wait,
    renewal_window_asked_again_at: ask,
    renewal_window_start: start,
  } = certificateSchedule(resource, now);
  const again = resource.memory?.kept.order?.again;
  const times = [end, due, next, wait, ask, start, again];
  const at = times.flatMap((time) => (typeof time === 'string' ? [instantOf(time)] : []));
  const { checkMs } = policyOf(resource).renewal;
  const isInWindow = typeof start === 'string' && instantOf(start) <= now;
  return { everyMs: isInWindow ? Math.min(IN_WINDOW_MS, checkMs) : checkMs, at, spread: true };
}

/** Rounds leave a Domain out until its next try is due, and for a while after an event about it. */
export function domainCadence({ desired, memory }: DomainResource, now: number): Cadence | undefined {
  if (desired === undefined) return undefined;
  const skip = skipOf({ spec: desired.spec, memory }, now);
  if (skip === undefined) return undefined;
  const { retry_at: retryAt, cert_last_event_at: eventAt } = memory?.kept ?? {};
  const until = skip === 'retry' ? instantOf(retryAt ?? '') : instantOf(eventAt ?? '') + QUIET_MS;
  return { everyMs: Infinity, at: [until] };
}

export function domainSchedule(resource: DomainResource, now: number): Facts {
  const { desired, memory, sight } = resource;
  const { kept = {} } = memory ?? {};
  const facts = seenFacts(resource);
  const shown = seenSignals(resource)?.['days_left'];
  const until = facts === undefined ? timeOf(kept.not_after) : usableUntil(facts);
  const checkedAt = sight.is === 'seen' ? instantText(sight.observed.at) : timeOf(kept.checked_at);
  const recordedPolicy = kept.failure_policy as FailurePolicy | undefined;
  const policy = desired?.spec.failurePolicy ?? recordedPolicy ?? defaults.Domain.failurePolicy;
  const recorded = recordedFailures(resource);
  // The state alone does not say if the document has an `externalId`.
  const hasEvents =
    desired === undefined || desired.spec.externalId !== undefined || kept.cert_last_event_at !== undefined;
  return defined<Facts>({
    ...endOf(until, now),
    // A self-signed chain that is not verified ends with its leaf.
    ...(typeof shown === 'number' ? { days_left: shown } : {}),
    expiry_warn_days: desired?.spec.expiryWarnDays,
    last_checked_at: checkedAt,
    ...recorded,
    failure_policy: policy,
    certificate_events: hasEvents
      ? eventFields(resource, {
          policy,
          failures: recorded.recorded_failures,
          retryAt: recorded.next_scheduled_probe_at,
          checkedAt,
        })
      : undefined,
  });
}

export function issuerSchedule(resource: IssuerResource, now: number): Facts {
  const facts = seenFacts(resource);
  return facts === undefined ? {} : endOf(usableUntil(facts), now);
}
