/** Certificate events: their types, their identity and their order. */

import { compareText, type Instant, instantOf, isRecord, type Json } from '#plugin';
import type { CertEvent } from '../generated.ts';

export type EventType = NonNullable<CertEvent['eventType']>;
export type CallbackClass = NonNullable<CertEvent['callbackClass']>;

/** Source of events. Without a cluster, `cluster` is empty. */
export interface Identity {
  readonly source: string;
  readonly cluster: string;
}

/** Source of an event that does not name one. */
export const USUAL_SOURCE = 'cert_manager';

/** The key of an identity. Two different identities never have the same. */
export function identityKey({ source, cluster }: Identity): string {
  return JSON.stringify([source, cluster]);
}

/** `cert_manager:prod`; without a cluster, `cert_manager`. */
export function identityText({ source, cluster }: Identity): string {
  return cluster === '' ? source : `${source}:${cluster}`;
}

/** An accepted event, as it is deposited and recorded. Times are ISO 8601, UTC, with milliseconds: their order is that of their texts. */
export interface CertificateEvent extends Identity {
  /** The same for each repeat of the event. */
  readonly id: string;
  readonly source_event_id?: string;
  /** Lower case. Either this or `domain` exists; this one counts. */
  readonly domain_id?: string;
  /** Lower case, without a trailing dot. */
  readonly domain?: string;
  readonly type: EventType;
  readonly callback_class?: CallbackClass;
  readonly attempt?: number;
  /** Time of the event at its source, never later than its arrival. Decides what is newer. */
  readonly at: string;
  readonly received_at: string;
  readonly not_after?: string;
  readonly renewal_due_at?: string;
  readonly certificate_ref?: string;
  readonly reason?: string;
  readonly payload?: { readonly [key: string]: Json };
  /** SHA-256 of the exact body. */
  readonly digest: string;
  /** True if a signature proves source and cluster. */
  readonly verified: boolean;
}

/** Time for which an applied event is recognized as such. */
export const KEPT_MS = 7 * 24 * 60 * 60_000;

const FAILED: Readonly<Record<EventType, boolean>> = {
  issuance_succeeded: false,
  issuance_failed: true,
  renewal_succeeded: false,
  renewal_failed: true,
  certificate_expiring: false,
};

export const EVENT_TYPES = Object.keys(FAILED) as readonly EventType[];

/** The members that every event has, as text. */
const TEXTS = ['id', 'source', 'cluster', 'digest'] as const satisfies readonly (keyof CertificateEvent)[];
/** Members that an event may lack. */
const OPTIONAL = [
  'source_event_id',
  'domain_id',
  'domain',
  'callback_class',
  'not_after',
  'renewal_due_at',
  'certificate_ref',
  'reason',
] as const satisfies readonly (keyof CertificateEvent)[];

function isTime(value: unknown): boolean {
  return typeof value === 'string' && !Number.isNaN(instantOf(value));
}

/** True for an event as this version records it. */
export function isEvent(value: unknown): value is CertificateEvent {
  return (
    isRecord(value) &&
    TEXTS.every((name) => typeof value[name] === 'string') &&
    OPTIONAL.every((name) => value[name] === undefined || typeof value[name] === 'string') &&
    (value['domain_id'] ?? value['domain']) !== undefined &&
    Object.hasOwn(FAILED, String(value['type'])) &&
    isTime(value['at']) &&
    isTime(value['received_at']) &&
    (value['attempt'] === undefined || typeof value['attempt'] === 'number') &&
    (value['payload'] === undefined || isRecord(value['payload'])) &&
    typeof value['verified'] === 'boolean'
  );
}

export function isFailure({ type }: Pick<CertificateEvent, 'type'>): boolean {
  return FAILED[type];
}

export function isSuccess({ type }: Pick<CertificateEvent, 'type'>): boolean {
  return type === 'issuance_succeeded' || type === 'renewal_succeeded';
}

export function timeOf({ at }: Pick<CertificateEvent, 'at'>): Instant {
  return instantOf(at);
}

/** Orders events by their time. Those of the same time are in the order of their ids, on every machine. */
export function byTime(a: CertificateEvent, b: CertificateEvent): number {
  return compareText(a.at, b.at) || compareText(a.id, b.id);
}

/** A host as events and Domains are compared by it: lower case, without trailing dots. */
export function hostKey(host: string): string {
  return host.toLowerCase().replace(/\.+$/u, '');
}
