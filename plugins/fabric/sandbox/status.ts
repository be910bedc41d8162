/** Errors of the API: `Status` objects in the words of Kubernetes. */

import { encode, type Tree, type Value } from './value.ts';

/** The kind of a request's objects, as errors name it. */
export interface KindName {
  readonly group: string;
  readonly kind: string;
  /** Plural. */
  readonly resource: string;
}

/** One invalid field. */
export interface Cause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

/** An answer other than success. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: number;
  readonly reason: string;
  readonly details: Tree | undefined;

  constructor(code: number, reason: string, message: string, details?: Tree) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  get retryAfter(): number | undefined {
    const seconds = this.details?.['retryAfterSeconds'];
    return typeof seconds === 'number' ? seconds : undefined;
  }

  get body(): Tree {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      ...(this.reason === '' ? {} : { reason: this.reason }),
      ...(this.details === undefined ? {} : { details: this.details }),
      code: this.code,
    };
  }
}

/** An answer in plain text, as the server sends for a path that it does not serve. */
export class PlainError extends Error {
  override readonly name = 'PlainError';
  readonly code: number;
  readonly retryAfter: number | undefined;

  constructor(code: number, message: string, retryAfter?: number) {
    super(message);
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

function qualified(name: string, group: string): string {
  return group === '' ? name : `${name}.${group}`;
}

function detailsOf({ group, resource }: KindName, name: string): Tree {
  return { ...(name === '' ? {} : { name }), ...(group === '' ? {} : { group }), kind: resource };
}

export const notServed = (): PlainError => new PlainError(404, '404 page not found\n');

export function notFound(kind: KindName, name: string): ApiError {
  const { group, resource } = kind;
  return new ApiError(404, 'NotFound', `${qualified(resource, group)} "${name}" not found`, detailsOf(kind, name));
}

export function alreadyExists(kind: KindName, name: string, isGoing: boolean): ApiError {
  const { group, resource } = kind;
  const message = isGoing
    ? `object is being deleted: ${qualified(resource, group)} "${name}" already exists`
    : `${qualified(resource, group)} "${name}" already exists`;
  return new ApiError(409, 'AlreadyExists', message, detailsOf(kind, name));
}

export function badRequest(message: string): ApiError {
  return new ApiError(400, 'BadRequest', message);
}

/** An error of the server that has no reason. */
export function unreasoned(message: string): ApiError {
  return new ApiError(500, '', message);
}

export function internalError(message: string): ApiError {
  return new ApiError(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] });
}

/** The object changed since the given resourceVersion, or another precondition does not hold. */
export function conflict(kind: KindName, name: string, why: string): ApiError {
  const message = `Operation cannot be fulfilled on ${qualified(kind.resource, kind.group)} "${name}": ${why}`;
  return new ApiError(409, 'Conflict', message, detailsOf(kind, name));
}

export const MODIFIED = 'the object has been modified; please apply your changes to the latest version and try again';

/** A precondition of a deletion: the server names the kind here, not the resource. */
export function preconditionFailed({ group, kind }: KindName, name: string, why: string): ApiError {
  return conflict({ group, kind, resource: kind }, name, why);
}

export function fieldConflicts(causes: readonly Cause[], text: string): ApiError {
  const count = causes.length;
  const message = `Apply failed with ${count} ${count === 1 ? 'conflict' : 'conflicts'}: ${text}`;
  return new ApiError(409, 'Conflict', message, { causes: causes.map((cause) => ({ ...cause })) });
}

export function invalid({ group, kind }: KindName, name: string, causes: readonly Cause[]): ApiError {
  // Equal faults count once in the text.
  const lines = [...new Set(causes.map(({ field, message }) => `${field}: ${message}`))];
  const text = lines.length === 1 ? (lines[0] ?? '') : `[${lines.join(', ')}]`;
  return new ApiError(422, 'Invalid', `${qualified(kind, group)} "${name}" is invalid: ${text}`, {
    ...(name === '' ? {} : { name }),
    ...(group === '' ? {} : { group }),
    kind,
    causes: causes.map(({ reason, message, field }) => ({ reason, message, field })),
  });
}

export function forbidden(kind: KindName, name: string, why: string): ApiError {
  const subject = `${qualified(kind.resource, kind.group)}${name === '' ? '' : ` "${name}"`}`;
  return new ApiError(403, 'Forbidden', `${subject} is forbidden: ${why}`, detailsOf(kind, name));
}

/** The object is in a namespace that is being removed. */
export function terminating(kind: KindName, name: string, namespace: string): ApiError {
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  const { message, details } = forbidden(kind, name, why);
  const cause = {
    reason: 'NamespaceTerminating',
    message: `namespace ${namespace} is being terminated`,
    field: 'metadata.namespace',
  };
  return new ApiError(403, 'Forbidden', message, { ...details, causes: [cause] });
}

export function denied(webhook: string, why: string): ApiError {
  return new ApiError(403, 'Forbidden', `admission webhook "${webhook}" denied the request: ${why}`);
}

export const unauthorized = (): ApiError => new ApiError(401, 'Unauthorized', 'Unauthorized');

export function tooLarge(limit: number): ApiError {
  return new ApiError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${limit}`);
}

export function unsupportedMedia(accepted: readonly string[]): ApiError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`;
  return new ApiError(415, 'UnsupportedMediaType', message);
}

/** A resourceVersion that the server has not reached. */
export function futureVersion(asked: number, current: number): ApiError {
  const message = `Timeout: Too large resource version: ${asked}, current: ${current}`;
  const cause = { reason: 'ResourceVersionTooLarge', message: 'Too large resource version' };
  return new ApiError(504, 'Timeout', message, { causes: [cause], retryAfterSeconds: 1 });
}

export function expired(message: string): ApiError {
  return new ApiError(410, 'Expired', message);
}

/** A quoted value in the message of an invalid field. */
export function invalidValue(field: string, value: Value, why: string): Cause {
  const quoted = typeof value === 'object' && value !== null ? encode(value) : JSON.stringify(plain(value));
  return { reason: 'FieldValueInvalid', message: `Invalid value: ${quoted}: ${why}`, field };
}

function plain(value: Value): string | number | boolean {
  if (value === null) return 'null';
  return typeof value === 'bigint' ? Number(value) : (value as string | number | boolean);
}
