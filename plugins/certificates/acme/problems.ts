/**
 * Problems that an ACME server reports (RFC 8555, 6.7; RFC 9773, 5; the draft of profiles), and the reaction to each. Pure.
 *
 * | Reaction | Meaning for the caller |
 * |---|---|
 * | `retry-now` | send the request again; the client has done that as often as it may |
 * | `wait` | the server refuses until a time: `retryAfterMs`, if it gave one |
 * | `fail` | the attempt failed; the next one follows the backoff |
 * | `refuse` | no attempt can succeed until the document, the account or the policy of the authority changes |
 * | `without-replaces` | send the same order once more without `replaces` |
 * | `new-account` | the authority does not know the account |
 * | `read-again` | the order has another status than expected: read it |
 * | `done` | the effect already exists |
 */

import { isRecord, printable, type Redact, shortLine } from '#plugin';

export type Reaction =
  | 'retry-now'
  | 'wait'
  | 'fail'
  | 'refuse'
  | 'without-replaces'
  | 'new-account'
  | 'read-again'
  | 'done';

const REACTIONS = {
  accountDoesNotExist: 'new-account',
  alreadyReplaced: 'without-replaces',
  alreadyRevoked: 'done',
  badCSR: 'refuse',
  badNonce: 'retry-now',
  badPublicKey: 'refuse',
  badRevocationReason: 'refuse',
  badSignatureAlgorithm: 'refuse',
  caa: 'fail',
  compound: 'fail',
  connection: 'fail',
  dns: 'fail',
  externalAccountRequired: 'refuse',
  incorrectResponse: 'fail',
  invalidContact: 'refuse',
  invalidProfile: 'refuse',
  malformed: 'fail',
  orderNotReady: 'read-again',
  rateLimited: 'wait',
  rejectedIdentifier: 'refuse',
  serverInternal: 'fail',
  tls: 'fail',
  unauthorized: 'fail',
  unsupportedContact: 'refuse',
  unsupportedIdentifier: 'refuse',
  userActionRequired: 'refuse',
} as const satisfies Readonly<Record<string, Reaction>>;

export type ProblemType = keyof typeof REACTIONS;

/** Types that a server may give to an order because of its `replaces`: the predecessor, not the order, is at fault. */
const OF_REPLACES: ReadonlySet<string> = new Set<ProblemType>([
  'alreadyReplaced',
  'malformed',
  'serverInternal',
  'unauthorized',
]);

const PREFIX = 'urn:ietf:params:acme:error:';
/** A longer text from a server is cut before it is searched. */
const LONGEST_TEXT = 10_000;
const MOST_SUBPROBLEMS = 100;
/** Number of subproblems in a message. */
const SHOWN_SUBPROBLEMS = 5;

interface Part {
  readonly type: ProblemType | 'other';
  /** One line, printable and limited in length; empty without a text. */
  readonly detail: string;
}

/** A problem document (RFC 7807). */
export interface Problem extends Part {
  readonly status?: number;
  readonly subproblems: readonly (Part & { readonly identifier?: string })[];
}

const asItIs: Redact = (text) => text;

/** Text from a server: one printable line of limited length; empty if it is not a text. */
export function lineOf(value: unknown, hide = asItIs): string {
  // The text is shortened last: a part of a secret would not be recognized.
  return typeof value === 'string' ? printable(shortLine(hide(value.slice(0, LONGEST_TEXT)))) : '';
}

function typeOf(value: unknown): ProblemType | 'other' {
  if (typeof value !== 'string' || !value.startsWith(PREFIX)) return 'other';
  const name = value.slice(PREFIX.length);
  return Object.hasOwn(REACTIONS, name) ? (name as ProblemType) : 'other';
}

function partOf(value: Readonly<Record<string, unknown>>, hide: Redact): Part {
  return { type: typeOf(value['type']), detail: lineOf(value['detail'], hide) };
}

/** Reads a problem; undefined if the value is not an object. Members of wrong types are left out. */
export function problemOf(value: unknown, hide = asItIs): Problem | undefined {
  if (!isRecord(value)) return undefined;
  const { status, subproblems } = value;
  const parts: readonly unknown[] = Array.isArray(subproblems) ? subproblems.slice(0, MOST_SUBPROBLEMS) : [];
  return {
    ...partOf(value, hide),
    ...(typeof status === 'number' ? { status } : {}),
    subproblems: parts.filter(isRecord).map((part) => {
      const { identifier } = part;
      const name = isRecord(identifier) ? lineOf(identifier['value'], hide) : '';
      return name === '' ? partOf(part, hide) : { ...partOf(part, hide), identifier: name };
    }),
  };
}

/** The text of a problem: its detail, its type, and its first subproblems. */
export function problemText({ type, detail, subproblems }: Problem): string {
  const own = (part: Part): string => `${part.detail === '' ? 'no reason is given' : part.detail} (${part.type})`;
  const parts = subproblems
    .slice(0, SHOWN_SUBPROBLEMS)
    .map((part) => `${part.identifier === undefined ? '' : `${part.identifier}: `}${own(part)}`);
  const more = subproblems.length - parts.length;
  return [own({ type, detail }), ...parts, ...(more > 0 ? [`${more} more`] : [])].join('; ');
}

/** The reaction to the parts of a compound problem: one part that is refused, refuses the whole. */
function reactionToParts({ subproblems }: Problem): Reaction {
  const reactions = subproblems.map(({ type }) => (type === 'other' ? 'fail' : REACTIONS[type]));
  return reactions.includes('refuse') ? 'refuse' : reactions.includes('wait') ? 'wait' : 'fail';
}

/** A problem with the status of its answer. */
export interface Refusal {
  readonly problem: Problem;
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;
}

/** The reaction to a problem. `replaces`: the request was an order that names the certificate that it replaces. */
export function reactionTo(
  { problem, status, retryAfterMs }: Refusal,
  { replaces }: { readonly replaces: boolean },
): Reaction {
  const { type } = problem;
  if (status === 429) return 'wait';
  if (replaces && (OF_REPLACES.has(type) || (status === 500 && type === 'other'))) return 'without-replaces';
  if (status === 503 && retryAfterMs !== undefined) return 'wait';
  if (type === 'other') return 'fail';
  return type === 'compound' ? reactionToParts(problem) : REACTIONS[type];
}
