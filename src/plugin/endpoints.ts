/**
 * Endpoints of a plugin: requests to `fettle serve` that are answered from the log and the last valid documents alone. A process
 * without the lock and without secrets answers them; a change is an order, which the next round records.
 */

import type { AnswerForm } from './answer-form.ts';
import type { Ledger } from './ledger.ts';
import type { RegionStanding } from './regions.ts';
import type { Instant } from './time.ts';
import type { Desired, Json, Memory } from './types.ts';

/** A member of the query or of the body of a request. */
export type Field =
  | { readonly type: 'text'; readonly summary: string; readonly values?: readonly string[] }
  | { readonly type: 'flag'; readonly summary: string; readonly usual?: boolean }
  /** A whole number. */
  | {
      readonly type: 'number';
      readonly summary: string;
      readonly least: number;
      readonly most: number;
      readonly usual: number;
    };

export type Fields = Readonly<Record<string, Field>>;

/** The values of fields: absent texts are undefined, and other absent values have their defaults. */
export type FieldValues<F extends Fields> = {
  readonly [K in keyof F]: F[K] extends { readonly type: 'flag' }
    ? boolean
    : F[K] extends { readonly type: 'number' }
      ? number
      : string | undefined;
};

export interface EndpointRequest<Q extends Fields, B extends Fields> {
  /** Parameters of the path. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: FieldValues<Q>;
  readonly body: FieldValues<B>;
  readonly now: Instant;
}

/** The part of one plugin in the log and in the last valid documents. */
export interface EndpointView {
  readonly ledger: Ledger;
  /** Empty without valid documents since the start of the daemon. */
  readonly desired: readonly Desired[];
  readonly memory: readonly Memory[];
  /** Absent for a daemon without regions. */
  readonly regions?: RegionStanding | undefined;
}

/** A decision about events or incidents. */
export interface EndpointOrder {
  readonly verb: 'replay' | 'ack' | 'resolve';
  readonly ids: readonly string[];
  readonly reason?: string | undefined;
  readonly force?: boolean | undefined;
  readonly keepRetries?: boolean | undefined;
}

export interface EndpointAnswer {
  readonly status: number;
  /** The body, as JSON. */
  readonly body: Readonly<Record<string, Json>>;
  /** Recorded by the next round, if the caller may operate. */
  readonly order?: EndpointOrder;
}

/** A path of the API. With several projects, `/v1/projects/NAME` takes the place of `/v1`. */
export type ApiPath = `/v1/${string}`;

export interface Endpoint<V = EndpointView> {
  readonly method: 'GET' | 'POST' | 'PATCH';
  /** With parameters: `/v1/admin/cert-events/:id/replay`. */
  readonly path: ApiPath;
  readonly role: 'read' | 'relay' | 'operate';
  /** Begins with a verb. */
  readonly summary: string;
  readonly query: Fields;
  readonly body: Fields;
  /** Meanings of the parameters of the path. */
  readonly params: Readonly<Record<string, string>>;
  /** Statuses that the endpoint gives. Others follow from the request, the caller and the daemon: 400, 401, 403, 500 and 503. */
  readonly statuses: Readonly<Record<number, AnswerForm>>;
  answer(request: EndpointRequest<Fields, Fields>, view: V): EndpointAnswer | Promise<EndpointAnswer>;
}

/** An endpoint without its function, for the description of the API. */
export type EndpointForm = Omit<Endpoint, 'answer'>;

/** Declares an endpoint; the types of query and body follow from their fields. */
export function endpoint<V, const Q extends Fields, const B extends Fields>(
  declared: Omit<Endpoint<V>, 'query' | 'body' | 'params' | 'answer'> & {
    readonly params?: Readonly<Record<string, string>>;
    readonly query?: Q;
    readonly body?: B;
    readonly answer: (request: EndpointRequest<Q, B>, view: V) => EndpointAnswer | Promise<EndpointAnswer>;
  },
): Endpoint<V> {
  const { query = {}, body = {}, params = {} } = declared;
  // The values were read by these fields.
  return { ...declared, query, body, params };
}

/** The answer about something that does not exist. */
export function notFound(message: string): EndpointAnswer {
  return { status: 404, body: { ok: false, error: 'not_found', message } };
}

export function conflict(message: string): EndpointAnswer {
  return { status: 409, body: { ok: false, error: 'conflict', message } };
}
