/** The fields of a Domain under the names that programs about certificate events use. Pure. */

import { type Facts, type Json, seenFacts } from '#plugin';
import type { DomainResource } from '../diff.ts';
import { backoffSeconds, type FailurePolicy } from '../failure-policy.ts';

/** Empty texts stand for fields that a note cleared. */
function textOf(...texts: readonly (string | undefined)[]): string | null {
  return texts.find((text) => text !== undefined && text !== '') ?? null;
}

/** Values of the schedule that are among the fields. */
export interface Scheduled {
  readonly policy: FailurePolicy;
  readonly failures: number;
  readonly retryAt?: Json | undefined;
  readonly checkedAt?: Json | undefined;
}

/** The twelve fields. `null` for one without a value. */
export function eventFields(
  { memory, sight }: DomainResource,
  { policy, failures, retryAt = null, checkedAt = null }: Scheduled,
): Facts {
  const kept = memory?.kept ?? {};
  const facts = seenFacts({ sight });
  // A probe is newer than every recorded event.
  const probed = facts === undefined || facts.remembered === true ? undefined : facts;
  return {
    tls_status: (sight.is === 'seen' ? sight.observed.state : memory?.state) ?? null,
    certificate_ref: textOf(probed?.fingerprint, kept.cert_ref, kept.fingerprint),
    tls_not_after: textOf(probed?.not_after, kept.cert_not_after, kept.not_after),
    tls_last_error: textOf(probed === undefined ? kept.message : probed.message),
    tls_last_checked_at: checkedAt,
    cert_failure_policy: policy,
    cert_failure_count: failures,
    cert_retry_backoff_seconds: failures === 0 ? null : backoffSeconds(policy, failures),
    cert_next_retry_at: retryAt,
    cert_last_event_type: textOf(kept.cert_last_event_type),
    cert_last_event_at: textOf(kept.cert_last_event_at),
    cert_renewal_due_at: textOf(kept.cert_renewal_due_at),
  };
}
