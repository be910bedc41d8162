/**
 * Intake: judges one request, by its headers and the exact bytes of its body. Pure.
 *
 * | order | check | status |
 * |---|---|---|
 * | 1 | a shared token is configured | 503 |
 * | 2 | the token is right | 401 |
 * | 3 | the body has at most 64 KiB | 413 |
 * | 4 | where provenance is required: source, timestamp and signature | 401 |
 * | 5 | the body is JSON of the schema | 400 |
 * | 6 | class and action of a callback come together, and mean the same as the event type | 400 |
 * | 7 | source and cluster are the same in the headers and the body | 400 |
 * | 8 | a Domain has the `domainId` | 404 |
 * | 9 | the body has a `domainId` or a `domain` | 400 |
 *
 * A body is parsed after its signature. Without headers for source and cluster, the key that made the signature says
 * them.
 */

import { defined, type Instant, instantOf, instantText, isRecord, toldTime } from '#plugin';
import type { CertEvent } from '../generated.ts';
import { validators } from '../generated.validators.js';
import {
  type CertificateEvent,
  type EventType,
  hostKey,
  type Identity,
  identityKey,
  identityText,
  isEvent,
  KEPT_MS,
  USUAL_SOURCE,
} from './event.ts';
import { isKnownSecret, isSignedBy, sha256 } from './proof.ts';
import type { IntakeSettings, SourceKeys } from './settings.ts';
import type { SourceEffect } from './sources.ts';

/** Largest body, in bytes. */
export const BODY_LIMIT = 65_536;

export interface IntakeRequest {
  /** By lower-case name. A header that was sent more than once is a list, and counts as missing. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Uint8Array;
  /** Time of the arrival. */
  readonly now: Instant;
  /** The `externalId` of each declared Domain, in lower case. */
  readonly domainIds: ReadonlySet<string>;
}

/** Reasons of refusals: labels of a counter. */
export const REFUSALS = [
  'not_configured',
  'token',
  'too_large',
  'source_unknown',
  'timestamp',
  'stale',
  'signature',
  'schema',
  'callback',
  'event_type',
  'identity',
  'domain_unknown',
  'domain_missing',
] as const;

export type RefusalReason = (typeof REFUSALS)[number];

export interface Refused {
  readonly accepted: false;
  readonly status: 400 | 401 | 404 | 413 | 503;
  readonly reason: RefusalReason;
  /** One sentence for the sender, without secrets. */
  readonly problem: string;
  /** The failure of a source that has a key. All others only count by their reason. */
  readonly effect?: SourceEffect;
}

export interface Accepted {
  readonly accepted: true;
  readonly status: 202;
  readonly event: CertificateEvent;
}

/** The body of the answer to an accepted request. */
export function answerOf(event: CertificateEvent): Readonly<Record<string, string | boolean | null>> {
  return {
    ok: true,
    eventId: event.id,
    status: 'pending',
    source: event.source,
    clusterId: event.cluster === '' ? null : event.cluster,
    provenanceVerified: event.verified,
    provenanceSubject: event.verified ? identityText(event) : null,
  };
}

function refused(status: Refused['status'], reason: RefusalReason, problem: string): Refused {
  return { accepted: false, status, reason, problem };
}

function isRefused(value: object): value is Refused {
  return 'accepted' in value && value.accepted === false;
}

/** The value of a header that was sent once; undefined for an empty one. */
function headerOf({ headers }: IntakeRequest, name: string): string | undefined {
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

function tokenOf(request: IntakeRequest): string | undefined {
  const bearer = /^bearer +(\S+)$/iu.exec(headerOf(request, 'authorization') ?? '')?.[1];
  return headerOf(request, 'x-cert-event-token') ?? bearer;
}

/** Source and cluster as the headers say them. */
interface Claimed {
  readonly source?: string;
  readonly cluster?: string;
}

function claimedOf(request: IntakeRequest): Claimed {
  return defined<Claimed>({
    source: headerOf(request, 'x-cert-source')?.toLowerCase(),
    cluster: headerOf(request, 'x-cert-cluster')?.toLowerCase(),
  });
}

function agrees(claimed: Claimed, { source, cluster }: Identity): boolean {
  return (claimed.source ?? source) === source && (claimed.cluster ?? cluster) === cluster;
}

/** A refusal of a request that names a source with a key: the only one that the source ledger has. */
function refusedOf(refusal: Refused, known: readonly SourceKeys[], { now }: IntakeRequest): Refused {
  const [only, ...others] = known;
  if (only === undefined || others.length > 0) return refusal;
  const { source, cluster } = only;
  return { ...refusal, effect: { source, cluster, status: 'signature_failed', at: instantText(now) } };
}

/** Sources whose keys are tried for one request. */
const MOST_TRIED = 16;

/** The sources that the signature proves. Several only if they share a secret, and no header selects one of them. */
function provenOf(
  request: IntakeRequest,
  { keys, maxAgeMs }: IntakeSettings,
  claimed: Claimed,
): readonly Identity[] | Refused {
  const { source, cluster } = claimed;
  const exact = source === undefined || cluster === undefined ? undefined : identityKey({ source, cluster });
  const candidates =
    exact === undefined
      ? [...keys.values()].filter((each) => agrees(claimed, each))
      : [keys.get(exact)].filter((each) => each !== undefined);
  // A request without headers names no source.
  const named = source === undefined && cluster === undefined ? [] : candidates;
  if (candidates.length === 0) return refused(401, 'source_unknown', 'the source and cluster have no key');
  if (candidates.length > MOST_TRIED)
    return refused(
      401,
      'source_unknown',
      `more than ${MOST_TRIED} sources have a key. Send x-cert-source and x-cert-cluster`,
    );
  const timestamp = headerOf(request, 'x-cert-timestamp');
  if (timestamp === undefined || !/^\d{1,12}$/u.test(timestamp))
    return refusedOf(refused(401, 'timestamp', 'x-cert-timestamp is not a time in Unix seconds'), named, request);
  if (Math.abs(request.now - Number(timestamp) * 1000) > maxAgeMs)
    return refusedOf(
      refused(401, 'stale', `x-cert-timestamp differs from the server's clock by more than ${maxAgeMs / 1000} s`),
      named,
      request,
    );
  const signed = { timestamp, body: request.body, signature: headerOf(request, 'x-cert-signature') ?? '' };
  const proven = candidates.filter(({ secrets }) => isSignedBy(secrets, signed));
  return proven.length > 0
    ? proven
    : refusedOf(refused(401, 'signature', 'x-cert-signature is not the signature of this body'), named, request);
}

/** Deepest nesting of a payload. */
const MOST_DEPTH = 32;

function isDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth === 0 || Object.values(value).some((each) => isDeeper(each, depth - 1));
}

function trimmed(value: unknown): unknown {
  return typeof value === 'string' ? value.trim() : value;
}

function lower(value: unknown): unknown {
  return typeof value === 'string' ? value.trim().toLowerCase() : value;
}

const same = (value: unknown): unknown => value;

/** The fields of a body, each with the form in which it is compared. All other fields are ignored. */
const FIELDS: Readonly<Record<keyof CertEvent, (value: unknown) => unknown>> = {
  source: lower,
  clusterId: lower,
  sourceEventId: trimmed,
  domainId: lower,
  domain: (value) => (typeof value === 'string' ? hostKey(value.trim()) : value),
  eventType: same,
  callbackClass: same,
  callbackAction: same,
  callbackAttempt: same,
  callbackReceivedAt: same,
  notAfter: same,
  renewalDueAt: same,
  certificateRef: trimmed,
  reason: same,
  payload: same,
};

const TIMES = ['callbackReceivedAt', 'notAfter', 'renewalDueAt'] as const;

const FIELD_FORMS = Object.entries(FIELDS);
const UTF8 = new TextDecoder('utf-8', { fatal: true });

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(UTF8.decode(body));
  } catch {
    return undefined;
  }
}

/** The body by its schema. */
function bodyOf(bytes: Uint8Array): CertEvent | Refused {
  const value = parsed(bytes);
  if (!isRecord(value)) return refused(400, 'schema', 'the body is not a JSON object in UTF-8');
  const body: Record<string, unknown> = {};
  for (const [name, form] of FIELD_FORMS) if (Object.hasOwn(value, name)) body[name] = form(value[name]);
  const validate = validators['input:CertEvent'];
  if (!validate(body)) {
    const [first] = validate.errors ?? [];
    return refused(400, 'schema', `${(first?.instancePath ?? '').slice(1)} ${first?.message ?? 'is wrong'}`.trim());
  }
  const event = body as CertEvent;
  const wrong = TIMES.find((name) => Number.isNaN(instantOf(event[name]) ?? 0));
  if (wrong !== undefined) return refused(400, 'schema', `${wrong} is not a time`);
  if (isDeeper(event.payload, MOST_DEPTH))
    return refused(400, 'schema', `payload is nested deeper than ${MOST_DEPTH} levels`);
  return event;
}

/** The event of a callback. All other pairs of class and action mean no event. */
const OF_CALLBACK: Readonly<Record<string, EventType>> = {
  'issuance succeeded': 'issuance_succeeded',
  'issuance failed': 'issuance_failed',
  'renewal succeeded': 'renewal_succeeded',
  'renewal failed': 'renewal_failed',
  'challenge failed': 'issuance_failed',
  'deployment failed': 'renewal_failed',
  'deployment succeeded': 'renewal_succeeded',
};

/** The event type of a body. */
function typeOf({ eventType, callbackClass, callbackAction }: CertEvent): { readonly type: EventType } | Refused {
  if ((callbackClass === undefined) !== (callbackAction === undefined))
    return refused(400, 'callback', 'callbackClass and callbackAction must come together');
  if (callbackClass === undefined)
    return eventType === undefined
      ? refused(400, 'event_type', 'eventType is missing, and no callback says it')
      : { type: eventType };
  const pair = `${callbackClass} ${callbackAction}`;
  const type = OF_CALLBACK[pair];
  if (type === undefined) return refused(400, 'event_type', `the callback ${pair} is not an event`);
  return eventType === undefined || eventType === type
    ? { type }
    : refused(400, 'callback', `eventType is ${eventType}, and the callback ${pair} means ${type}`);
}

/** Names that a key, and the schema of a body, can have too. */
const SOURCE = /^[^\p{Cc}]{2,80}$/u;
const CLUSTER = /^(?:[^\p{Cc}]{2,120})?$/u;

/** Source and cluster of an event: as proven, else as the headers or the body say them. */
function identityOf(
  { source, clusterId }: CertEvent,
  claimed: Claimed,
  proven: readonly Identity[] | undefined,
): Identity | Refused {
  const body = defined<Claimed>({ source, cluster: clusterId });
  const said = { source: claimed.source ?? source ?? USUAL_SOURCE, cluster: claimed.cluster ?? clusterId ?? '' };
  const [identity, ...others] = (proven ?? [said]).filter((each) => agrees(body, each));
  if (identity === undefined)
    return refused(400, 'identity', 'source or clusterId differ from the source and cluster of the request');
  if (others.length > 0)
    return refused(400, 'identity', 'several sources have this key. Send x-cert-source and x-cert-cluster');
  if (SOURCE.test(identity.source) && CLUSTER.test(identity.cluster)) return identity;
  return refused(400, 'identity', 'x-cert-source has 2 to 80 characters, and x-cert-cluster 2 to 120');
}

/** The id of an event: of its source's own id if it has one, else of its exact body. */
function idOf({ source, cluster }: Identity, { sourceEventId }: CertEvent, digest: string): string {
  const parts =
    sourceEventId === undefined ? ['body', source, cluster, digest] : ['id', source, cluster, sourceEventId];
  return `evt-${sha256(JSON.stringify(parts)).slice(0, 32)}`;
}

/** The time that a source reports: never later than the arrival, and not older than the events that are recorded. */
function reportedAt(text: string, now: Instant): Instant {
  return Math.max(toldTime(text, now) ?? now, now - KEPT_MS);
}

/** A time as this project prints it. */
function plainTime(text: string | undefined): string | undefined {
  return instantText(instantOf(text));
}

function eventOf(
  body: CertEvent,
  type: EventType,
  { source, cluster }: Identity,
  { body: bytes, now }: IntakeRequest,
  verified: boolean,
): CertificateEvent {
  const digest = `sha256:${sha256(bytes)}`;
  const receivedAt = instantText(now);
  return defined<CertificateEvent>({
    id: idOf({ source, cluster }, body, digest),
    source,
    cluster,
    source_event_id: body.sourceEventId,
    domain_id: body.domainId,
    domain: body.domain,
    type,
    callback_class: body.callbackClass,
    attempt: body.callbackAttempt,
    at: body.callbackReceivedAt === undefined ? receivedAt : instantText(reportedAt(body.callbackReceivedAt, now)),
    received_at: receivedAt,
    not_after: plainTime(body.notAfter),
    renewal_due_at: plainTime(body.renewalDueAt),
    certificate_ref: body.certificateRef,
    reason: body.reason,
    payload: body.payload,
    digest,
    verified,
  });
}

const DIGEST = /^sha256:[0-9a-f]{64}$/u;

/**
 * An event that another region took in; undefined if it is not one. Its members have the forms of a request, its id is that of
 * its source's own id or of its body, and no time is later than `now`: the other region may be taken over.
 */
export function sharedEvent(value: unknown, now: Instant): CertificateEvent | undefined {
  if (!isEvent(value) || !DIGEST.test(value.digest)) return undefined;
  const { source, cluster, type, digest, verified } = value;
  const body = defined<CertEvent>({
    sourceEventId: value.source_event_id,
    domainId: value.domain_id,
    domain: value.domain,
    eventType: type,
    callbackClass: value.callback_class,
    callbackAttempt: value.attempt,
    notAfter: value.not_after,
    renewalDueAt: value.renewal_due_at,
    certificateRef: value.certificate_ref,
    reason: value.reason,
    payload: value.payload,
  });
  const isValid =
    validators['input:CertEvent'](body) &&
    SOURCE.test(source) &&
    CLUSTER.test(cluster) &&
    source === source.toLowerCase() &&
    cluster === cluster.toLowerCase() &&
    value.id === idOf(value, body, digest) &&
    TIMES.every((name) => !Number.isNaN(instantOf(body[name]) ?? 0)) &&
    !isDeeper(value.payload, MOST_DEPTH);
  if (!isValid) return undefined;
  const receivedAt = Math.min(instantOf(value.received_at), now);
  const at = Math.max(Math.min(instantOf(value.at), now), receivedAt - KEPT_MS);
  return defined<CertificateEvent>({
    id: value.id,
    source,
    cluster,
    source_event_id: body.sourceEventId,
    domain_id: body.domainId?.toLowerCase(),
    domain: body.domain === undefined ? undefined : hostKey(body.domain),
    type,
    callback_class: body.callbackClass,
    attempt: body.callbackAttempt,
    at: instantText(at),
    received_at: instantText(receivedAt),
    not_after: plainTime(body.notAfter),
    renewal_due_at: plainTime(body.renewalDueAt),
    certificate_ref: body.certificateRef,
    reason: body.reason,
    payload: body.payload,
    digest,
    verified,
  });
}

/** Judges a request. */
export function judgeRequest(request: IntakeRequest, settings: IntakeSettings): Accepted | Refused {
  if (settings.tokens.length === 0) return refused(503, 'not_configured', 'certificate events are not configured');
  const token = tokenOf(request);
  if (token === undefined || !isKnownSecret(token, settings.tokens))
    return refused(401, 'token', 'x-cert-event-token is missing or wrong');
  if (request.body.byteLength > BODY_LIMIT)
    return refused(413, 'too_large', `the body is larger than ${BODY_LIMIT} bytes`);
  const claimed = claimedOf(request);
  const proven = settings.requireProvenance ? provenOf(request, settings, claimed) : undefined;
  if (proven !== undefined && isRefused(proven)) return proven;
  const body = bodyOf(request.body);
  if (isRefused(body)) return body;
  const typed = typeOf(body);
  if (isRefused(typed)) return typed;
  const identity = identityOf(body, claimed, proven);
  if (isRefused(identity)) return identity;
  if (body.domainId !== undefined && !request.domainIds.has(body.domainId))
    return refused(404, 'domain_unknown', 'no Domain has this domainId as its externalId');
  if (body.domainId === undefined && body.domain === undefined)
    return refused(400, 'domain_missing', 'domainId and domain are missing');
  return { accepted: true, status: 202, event: eventOf(body, typed.type, identity, request, proven !== undefined) };
}
