/** The words of entries and tables: names of their fields, and values that fettle chooses from. No redaction changes them. */

import type { CallbackClass, CertificateEvent, EventType, USUAL_SOURCE } from './event.ts';
import type { Incident, NotedChange } from './incidents.ts';
import type { ConflictEntry, EventEntry } from './queue.ts';
import type { EntryMember, Replica } from './regions.ts';
import type { SourceEffect, SourceEntry } from './sources.ts';

type Every<Word extends string> = Readonly<Record<Word, true>>;

/** The entry of the inbox that holds an event or an effect. */
const ENTRY: Every<EntryMember> = {
  event: true,
  effect: true,
  from: true,
  replica: true,
  domain: true,
  state: true,
  pulled: true,
  handed: true,
  region: true,
  at: true,
  ids: true,
};

const REPLICA: Every<keyof Replica> = {
  region: true,
  tls_status: true,
  certificate_ref: true,
  tls_not_after: true,
  tls_last_error: true,
  cert_failure_policy: true,
  cert_failure_count: true,
  cert_next_retry_at: true,
  cert_last_event_type: true,
  cert_last_event_at: true,
  cert_renewal_due_at: true,
};

const EVENT: Every<keyof CertificateEvent> = {
  id: true,
  source: true,
  cluster: true,
  source_event_id: true,
  domain_id: true,
  domain: true,
  type: true,
  callback_class: true,
  attempt: true,
  at: true,
  received_at: true,
  not_after: true,
  renewal_due_at: true,
  certificate_ref: true,
  reason: true,
  payload: true,
  digest: true,
  verified: true,
};

const QUEUED: Every<keyof EventEntry | keyof ConflictEntry> = {
  event: true,
  status: true,
  retry: true,
  replays: true,
  updated_at: true,
  next_at: true,
  error: true,
  applied_at: true,
  region: true,
  first: true,
};

const SOURCES: Every<keyof SourceEffect | keyof SourceEntry> = {
  source: true,
  cluster: true,
  times: true,
  status: true,
  at: true,
  event_id: true,
  event_type: true,
  events: true,
  signature_failures: true,
  last_status: true,
  last_seen_at: true,
  last_event_id: true,
  last_event_type: true,
  last_event_at: true,
};

const INCIDENT: Every<keyof Incident | keyof NonNullable<Incident['changed']>> = {
  id: true,
  domain: true,
  host: true,
  type: true,
  status: true,
  tier: true,
  opened_at: true,
  last_at: true,
  last_event: true,
  acknowledged_at: true,
  acknowledged_by: true,
  resolved_at: true,
  resolved_by: true,
  changed: true,
  to: true,
  at: true,
};

const VALUES: Every<
  | EventType
  | CallbackClass
  | EventEntry['status']
  | Incident['status']
  | NotedChange
  | SourceEffect['status']
  | typeof USUAL_SOURCE
> = {
  issuance_succeeded: true,
  issuance_failed: true,
  renewal_succeeded: true,
  renewal_failed: true,
  certificate_expiring: true,
  issuance: true,
  renewal: true,
  challenge: true,
  deployment: true,
  pending: true,
  applied: true,
  failed: true,
  forwarded: true,
  open: true,
  opened: true,
  escalated: true,
  acknowledged: true,
  resolved: true,
  accepted: true,
  signature_failed: true,
  cert_manager: true,
};

export const WORDS: ReadonlySet<string> = new Set(
  [ENTRY, REPLICA, EVENT, QUEUED, SOURCES, INCIDENT, VALUES].flatMap((words) => Object.keys(words)),
);
