/**
 * Answers of the API server: what each one means, whether it is safe to repeat, and its code in the error catalogue.
 *
 * One code has several meanings: a 403 with `details` is a missing right, one without is the refusal of a webhook; a 500
 * is an unknown field, an object that is too large, or a webhook that does not answer. Only the last one passes.
 * Source of the format: https://kubernetes.io/docs/reference/using-api/api-concepts/ and observed answers.
 */

import { isRecord, printable, shorten } from '#plugin';

/** The meaning of a refusal. */
export type RefusalKind =
  /** A validating webhook refused the content. */
  | 'denied'
  /** The user lacks a right. */
  | 'forbidden'
  | 'unauthorized'
  /** Schema, metadata, or an immutable field. */
  | 'invalid'
  /** The webhook of the kind does not answer. */
  | 'webhook-down'
  /** The webhook of the kind does not support a dry run. */
  | 'no-dry-run'
  /** The group, version or kind is not served. */
  | 'not-served'
  | 'no-namespace'
  | 'terminating'
  | 'not-found'
  /** Other managers own fields. */
  | 'conflict'
  /** The object has changed, or is another one. */
  | 'changed'
  | 'exists'
  | 'expired'
  | 'too-many-requests'
  | 'bad-request'
  | 'server-error';

/** One field that another manager owns. */
export interface FieldConflict {
  /** `.spec.subnets.second.vlan`. */
  readonly field: string;
  readonly manager: string;
}

/** The whole text of a refusal, and its parts about one field each. */
export interface Said {
  readonly text: string;
  readonly fields: readonly { readonly field: string; readonly message: string }[];
}

export interface Refusal {
  readonly kind: RefusalKind;
  readonly status: number;
  /** The server's words, on one line and limited in length. They may quote secret values of the object. */
  readonly words: string;
  readonly said?: Said;
  /** The code in the catalogue of errors: `HH-K8S-011`. */
  readonly code?: string;
  readonly conflicts?: readonly FieldConflict[];
  /** Time after which the server asks to repeat the request, in ms. */
  readonly retryAfterMs?: number;
}

export interface RawAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly retryAfter?: string;
  readonly body: string;
}

const MOST_WORDS = 1000;

const CODES: Partial<Record<RefusalKind, string>> = {
  'webhook-down': 'HH-K8S-001',
  'not-served': 'HH-K8S-010',
  unauthorized: 'HH-K8S-002',
  denied: 'HH-K8S-011',
  invalid: 'HH-K8S-011',
  changed: 'HH-K8S-024',
  forbidden: 'HH-K8S-033',
};

interface Status {
  readonly reason: string;
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

function statusOf({ contentType, body }: RawAnswer): Status | undefined {
  if (!contentType.includes('json')) return undefined;
  try {
    const value: unknown = JSON.parse(body);
    if (!isRecord(value) || value['kind'] !== 'Status') return undefined;
    const { reason, message, details } = value;
    return {
      reason: typeof reason === 'string' ? reason : '',
      message: typeof message === 'string' ? message : '',
      ...(isRecord(details) ? { details } : {}),
    };
  } catch {
    return undefined;
  }
}

function causesOf({ details }: Status): readonly Readonly<Record<string, unknown>>[] {
  const causes = details?.['causes'];
  return Array.isArray(causes) ? causes.filter(isRecord) : [];
}

function conflictsIn(status: Status): readonly FieldConflict[] {
  return causesOf(status).flatMap(({ reason, field, message }): readonly FieldConflict[] => {
    if (reason !== 'FieldManagerConflict' || typeof field !== 'string') return [];
    const manager = /^conflict with "((?:[^"\\]|\\.)*)"/u.exec(typeof message === 'string' ? message : '')?.[1];
    return [{ field, manager: manager ?? 'unknown' }];
  });
}

function kindOf403(status: Status): RefusalKind {
  if (causesOf(status).some(({ reason }) => reason === 'NamespaceTerminating')) return 'terminating';
  if (/^admission webhook "[^"]*" denied the request/u.test(status.message)) return 'denied';
  return status.details === undefined ? 'denied' : 'forbidden';
}

function kindOf404(status: Status | undefined): RefusalKind {
  if (status === undefined) return 'not-served';
  if (status.details?.['kind'] === 'namespaces') return 'no-namespace';
  // A kind that was just removed, or is not ready yet.
  if (status.details === undefined || status.details['name'] === undefined) return 'not-served';
  return 'not-found';
}

function kindOf409(status: Status): RefusalKind {
  if (conflictsIn(status).length > 0) return 'conflict';
  return status.reason === 'AlreadyExists' ? 'exists' : 'changed';
}

/** A 500 is final, unless the server names a webhook that it could not call. */
function kindOf500(message: string): RefusalKind {
  if (message.includes('failed calling webhook')) return 'webhook-down';
  if (message.includes('failed to create typed patch object') || message.includes('request is too large'))
    return 'invalid';
  return 'server-error';
}

function refusalKind({ status: code }: RawAnswer, status: Status | undefined): RefusalKind {
  switch (code) {
    case 400:
      return /does not support dry ?run/iu.test(status?.message ?? '') ? 'no-dry-run' : 'bad-request';
    case 401:
      return 'unauthorized';
    case 403:
      return status === undefined ? 'forbidden' : kindOf403(status);
    case 404:
      return kindOf404(status);
    case 409:
      return status === undefined ? 'changed' : kindOf409(status);
    case 410:
      return 'expired';
    case 422:
      return 'invalid';
    case 429:
      return 'too-many-requests';
    case 500:
      return kindOf500(status?.message ?? '');
    case 504:
      // A version of the time before a backup was restored.
      return (status?.message ?? '').includes('Too large resource version') ? 'expired' : 'server-error';
    default:
      return code >= 500 ? 'server-error' : 'bad-request';
  }
}

/** Seconds of a `Retry-After` header, at most a minute, in ms. */
function retryAfterOf(text: string | undefined): number | undefined {
  const seconds = Number(text ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 60) * 1000 : undefined;
}

/** A text of the server, on one line and limited in length. */
export function asWords(text: string): string {
  return shorten(printable(text.replace(/\s+/gu, ' ')), MOST_WORDS);
}

/** Longest name of a field or a manager; the API allows 128 bytes for a manager. */
const MOST_NAME = 250;

/** A name or a time of the server, such as that of a field or a manager, on one line and limited in length. */
export function asName(text: string): string {
  // Shortened before too: escapes of a long text take their time.
  return shorten(printable(shorten(text, MOST_NAME)), MOST_NAME);
}

function saidIn({ status, body }: RawAnswer, said: Status | undefined): Said {
  const text = said?.message.replace(/^admission webhook "([^"]*)" denied the request: /u, '$1: ') ?? body;
  const fields =
    said === undefined
      ? []
      : causesOf(said).flatMap(({ field, message }) =>
          typeof field === 'string' && typeof message === 'string' ? [{ field, message }] : [],
        );
  return { text: text.trim() === '' ? `HTTP ${status}` : text.trim(), fields };
}

/** The meaning of an answer other than a success. Total: an unknown answer is an error of the server or the request. */
export function refusalOf(answer: RawAnswer): Refusal {
  const parsed = statusOf(answer);
  const kind = refusalKind(answer, parsed);
  const conflicts = kind === 'conflict' && parsed !== undefined ? conflictsIn(parsed) : undefined;
  const said = saidIn(answer, parsed);
  const retryAfterMs = retryAfterOf(answer.retryAfter);
  const code = CODES[kind];
  return {
    kind,
    status: answer.status,
    words: asWords(said.text),
    said,
    ...(code === undefined ? {} : { code }),
    ...(conflicts === undefined ? {} : { conflicts }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** True for a refusal that passes by itself: a later plan may get another answer. */
export function isPassing({ kind }: Pick<Refusal, 'kind'>): boolean {
  return kind === 'webhook-down' || kind === 'too-many-requests' || kind === 'server-error' || kind === 'terminating';
}

/** The words of a refusal, with its code. */
export function codedWords({ words, code }: Pick<Refusal, 'words' | 'code'>): string {
  return code === undefined ? words : `${words} (${code})`;
}
