/** The form of events, incidents and sources in answers, and of the requests of sources, for the description of the API. Pure. */

import { type AnswerSchema, type EventsForm, form, gives, refuses } from '#plugin';
import { type CertificateEvent, EVENT_TYPES } from './event.ts';
import { INCIDENT_TYPES, type Incident } from './incidents.ts';
import { type EventEntry, STATUSES } from './queue.ts';
import type { SourceEntry } from './sources.ts';

type Optional<T> = { [K in keyof T]-?: undefined extends T[K] ? K : never }[keyof T];

/** Members of a type: a member that the type does not have, or that is missing here, does not compile. */
type Always<T> = Readonly<Record<Exclude<keyof T, Optional<T>>, AnswerSchema>>;
type Maybe<T> = Readonly<Record<Optional<T>, AnswerSchema>>;

const { text, time, count, flag, open } = form;

const event = form.object(
  {
    id: text,
    source: text,
    cluster: text,
    type: form.oneOf(EVENT_TYPES),
    at: time,
    received_at: time,
    digest: text,
    verified: flag,
  } satisfies Always<CertificateEvent>,
  {
    source_event_id: text,
    domain_id: text,
    domain: text,
    callback_class: text,
    attempt: count,
    not_after: time,
    renewal_due_at: time,
    certificate_ref: text,
    reason: text,
    payload: open,
  } satisfies Maybe<CertificateEvent>,
);

export const eventForm = form.object(
  { event, status: form.oneOf(STATUSES), retry: count, replays: count, updated_at: time } satisfies Always<EventEntry>,
  { next_at: time, error: text, applied_at: time, region: text } satisfies Maybe<EventEntry>,
);

export const incidentForm = form.object(
  {
    id: text,
    domain: text,
    host: text,
    type: form.oneOf(INCIDENT_TYPES),
    status: form.oneOf(['open', 'acknowledged', 'resolved']),
    tier: count,
    opened_at: time,
    last_at: time,
    last_event: text,
  } satisfies Always<Incident>,
  {
    changed: form.object({ to: text, at: time }),
    acknowledged_at: time,
    acknowledged_by: text,
    resolved_at: time,
    resolved_by: text,
  } satisfies Maybe<Incident>,
);

export const sourceForm = form.object(
  {
    source: text,
    cluster: text,
    events: count,
    signature_failures: count,
    last_status: form.oneOf(['accepted', 'signature_failed']),
    last_seen_at: time,
  } satisfies Always<SourceEntry>,
  { last_event_id: text, last_event_type: form.oneOf(EVENT_TYPES), last_event_at: time } satisfies Maybe<SourceEntry>,
);

export const requestForm: EventsForm = {
  summary: 'Take a certificate event in.',
  headers: {
    'x-cert-event-token': 'Shared token; the header `authorization` can have it instead.',
    'x-cert-source': 'Source of the event.',
    'x-cert-cluster': 'Cluster of the source.',
    'x-cert-timestamp': 'Time of the signature, in Unix seconds.',
    'x-cert-signature': 'HMAC-SHA-256 of `TIMESTAMP.BODY`, in lower-case hex.',
  },
  input: 'CertEvent',
  statuses: {
    202: gives('The event is durable.', {
      eventId: text,
      status: form.oneOf(['pending']),
      source: text,
      clusterId: form.orNull(text),
      provenanceVerified: flag,
      provenanceSubject: form.orNull(text),
    }),
    400: refuses('The body is not an event, or differs from the headers.'),
    401: refuses('The token, the source, the time or the signature is wrong.'),
    404: refuses('No Domain has the `domainId`.'),
    413: refuses('The body is too large.'),
    503: refuses('No token is configured, or the event could not be made durable.'),
  },
};
