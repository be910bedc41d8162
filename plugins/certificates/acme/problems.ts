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
 * | `unusable` | the answer is not one of an ACME server, and shows nothing about the request |
 */

import { isRecord, printable, type Redact, shorten, shortLine } from '#plugin';
import type { AcmeAction } from './counts.ts';

export type Reaction =
  | 'retry-now'
  | 'wait'
  | 'fail'
  | 'refuse'
  | 'without-replaces'
  | 'new-account'
  | 'read-again'
  | 'done'
  | 'unusable';

export const REACTIONS = {
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
/** Number of subproblems with their reasons in a message, and of names that follow. */
const SHOWN_SUBPROBLEMS = 5;
const NAMED_SUBPROBLEMS = 10;
/** Length of the reason of one subproblem in a message: with its advice, a message has 1,000 characters. */
const LONGEST_REASON = 100;
const LONGEST_URL = 2000;

interface Part {
  readonly type: ProblemType | 'other';
  /** One line, printable and limited in length; empty without a text. */
  readonly detail: string;
}

/** A problem document (RFC 7807). */
export interface Problem extends Part {
  readonly status?: number;
  /** True without a type of ACME: gateways, firewalls and captive portals send such answers with any status. */
  readonly foreign?: true;
  /** A web page about it, such as one on which a person has to agree (RFC 8555, 7.3.3). */
  readonly page?: string;
  readonly subproblems: readonly (Part & { readonly identifier?: string })[];
}

const asItIs: Redact = (text) => text;

/** Text from a server: one printable line of limited length; empty if it is not a text. */
export function lineOf(value: unknown, hide = asItIs): string {
  // The text is shortened last: a part of a secret would not be recognized.
  return typeof value === 'string' ? printable(shortLine(hide(value.slice(0, LONGEST_TEXT)))) : '';
}

/** A web address for people; undefined if the value is not one. */
export function pageOf(value: unknown, hide = asItIs): string | undefined {
  if (typeof value !== 'string' || value.length > LONGEST_URL || !URL.canParse(value)) return undefined;
  const { protocol, href } = new URL(value);
  return protocol === 'https:' || protocol === 'http:' ? lineOf(href, hide) : undefined;
}

function isOfAcme(type: unknown): type is string {
  return typeof type === 'string' && type.startsWith(PREFIX);
}

function typeOf(value: unknown): ProblemType | 'other' {
  if (!isOfAcme(value)) return 'other';
  const name = value.slice(PREFIX.length);
  return Object.hasOwn(REACTIONS, name) ? (name as ProblemType) : 'other';
}

function partOf(value: Readonly<Record<string, unknown>>, hide: Redact): Part {
  return { type: typeOf(value['type']), detail: lineOf(value['detail'], hide) };
}

/** The problem of an answer without one. */
export const NO_PROBLEM: Problem = { type: 'other', detail: '', foreign: true, subproblems: [] };

/** Reads a problem; undefined if the value is not an object. Members of wrong types are left out. */
export function problemOf(value: unknown, hide = asItIs): Problem | undefined {
  if (!isRecord(value)) return undefined;
  const { type, status, subproblems, instance } = value;
  const page = pageOf(instance, hide);
  const parts: readonly unknown[] = Array.isArray(subproblems) ? subproblems.slice(0, MOST_SUBPROBLEMS) : [];
  return {
    ...partOf(value, hide),
    ...(isOfAcme(type) ? {} : { foreign: true }),
    ...(typeof status === 'number' ? { status } : {}),
    ...(page === undefined ? {} : { page }),
    subproblems: parts.filter(isRecord).map((part) => {
      const { identifier } = part;
      const name = isRecord(identifier) ? lineOf(identifier['value'], hide) : '';
      return name === '' ? partOf(part, hide) : { ...partOf(part, hide), identifier: name };
    }),
  };
}

/** The names of subproblems without their reasons. */
function restText(rest: Problem['subproblems']): readonly string[] {
  if (rest.length === 0) return [];
  const names = rest.slice(0, NAMED_SUBPROBLEMS).map(({ identifier, type }) => `${identifier ?? 'no name'} (${type})`);
  const more = rest.length - names.length;
  return [`also ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`];
}

/** The text of a problem: its detail, its type, and its subproblems by identifier. */
export function problemText({ type, detail, subproblems }: Problem): string {
  const own = (part: Part): string => `${part.detail === '' ? 'no reason is given' : part.detail} (${part.type})`;
  const parts = subproblems.slice(0, SHOWN_SUBPROBLEMS).map((part) => {
    const reason = own({ ...part, detail: shorten(part.detail, LONGEST_REASON) });
    return part.identifier === undefined ? reason : `${part.identifier}: ${reason}`;
  });
  return [own({ type, detail }), ...parts, ...restText(subproblems.slice(SHOWN_SUBPROBLEMS))].join('; ');
}

/** Requests to the reader, by the type of a problem. Types without one pass by themselves. */
const ADVICE: { readonly [Type in ProblemType | 'other']?: string } = {
  accountDoesNotExist:
    'Put the present key of the account into `accountKey` of the Issuer. Then, or for another account, run `fettle state forget` for the Issuer and apply again',
  badCSR: 'Use another `keyAlgorithm`, or other names',
  badPublicKey: 'Use a key of another type for the account (`accountKey`), such as ECDSA P-256',
  badSignatureAlgorithm: 'Use a key of another type for the account (`accountKey`), such as ECDSA P-256',
  caa: 'Permit the authority in the CAA records of the name, or use another Issuer',
  connection: 'Check that the authority reaches the solver under the name',
  dns: 'Check the DNS records of the name',
  externalAccountRequired: 'Name an external account in `eab` of the Issuer',
  incorrectResponse: 'Check that the name leads to the solver',
  invalidContact: 'Correct `contact` of the Issuer',
  invalidProfile: 'Correct `profile` of the Issuer',
  malformed: 'If the next tries fail too, report the message to the authority',
  other: 'If the next tries fail too, report the message to the authority',
  rejectedIdentifier: 'Remove the name from the document, or use another Issuer',
  serverInternal: 'If the next tries fail too, see the status page of the authority',
  tls: 'Check that the authority reaches the solver under the name',
  unauthorized: 'Check that the name leads to the solver, and that the account is valid',
  unsupportedContact: 'Correct `contact` of the Issuer',
  unsupportedIdentifier: 'Remove the name from the document, or use another Issuer',
  userActionRequired: 'Agree to the terms of the authority for the account',
};

const ADVICE_ON_FOREIGN =
  'If the next tries fail too, check what answers in the place of the authority, such as a proxy or a firewall';

/** The request whose answer was a problem, if a setting of the Issuer can be at fault. */
export interface Refused {
  readonly action: AcmeAction;
  readonly status: number;
}

/** Requests to the reader that depend on the refused request. */
function adviceAt({ action, status }: Refused, { type, foreign }: Problem): string | undefined {
  if (action === 'directory' && foreign === true && status < 500)
    return 'Check that `directory` of the Issuer is the address of an ACME directory';
  if (action === 'account' && type === 'unauthorized')
    return 'Check that the account is valid, and the external account that `eab` of the Issuer names (its `kid` and its key)';
  return undefined;
}

/** The request to the reader of a problem; empty without one. */
export function adviceOf(problem: Problem, refused?: Refused): string {
  const { type, subproblems, page, foreign } = problem;
  const special = refused === undefined ? undefined : adviceAt(refused, problem);
  if (special !== undefined) return special;
  if (foreign === true) return ADVICE_ON_FOREIGN;
  const types = type === 'compound' ? subproblems.map((part) => part.type) : [type];
  const sentences = [...new Set(types.flatMap((each) => ADVICE[each] ?? []))].slice(0, 2);
  return `${sentences.join('. ')}${page === undefined || sentences.length === 0 ? '' : `: see ${page}`}`;
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
  if (status !== undefined && problem.foreign === true) return 'unusable';
  if (type === 'other') return 'fail';
  return type === 'compound' ? reactionToParts(problem) : REACTIONS[type];
}
