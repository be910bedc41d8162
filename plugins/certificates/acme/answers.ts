/**
 * Answers of an ACME server (RFC 8555, 7.1; RFC 9773, 4.2), checked. Pure.
 *
 * An answer can have any form. Each function takes parsed JSON, and throws a ShapeError for a value that must not be used:
 * a wrong type, a URL of another origin than that of the directory, a token that is not a safe name of a file, or more parts
 * than any order has.
 */

import { addressNumber } from '#plugin/net';
import { defined, type Instant, instantOf, isLoopback, isRecord, valueRedactor } from '#plugin';
import { flag, labels, list, object, partly, readShape, ShapeError, text, time } from '#plugin/http';
import { lineOf, pageOf, type Problem, problemOf } from './problems.ts';
import type { RenewalWindow } from './renewal-window.ts';

/** The URLs of a server, and its policy. */
export interface Directory {
  readonly newNonce: string;
  readonly newAccount: string;
  readonly newOrder: string;
  readonly keyChange?: string;
  readonly revokeCert?: string;
  readonly renewalInfo?: string;
  readonly termsOfService?: string;
  readonly externalAccountRequired: boolean;
  /** Descriptions by name. */
  readonly profiles: Readonly<Record<string, string>>;
  /** Names that a CAA record can permit. */
  readonly caaIdentities: readonly string[];
}

export interface Account {
  readonly url: string;
  readonly status: 'valid' | 'deactivated' | 'revoked';
  readonly contact: readonly string[];
  /** URL of the list of its orders. Many servers have none. */
  readonly orders?: string;
}

export interface Identifier {
  readonly type: 'dns' | 'ip';
  /** A DNS name, with `*.` for a wildcard in an order; or an IP address. */
  readonly value: string;
}

export interface Order {
  readonly url: string;
  readonly status: 'pending' | 'ready' | 'processing' | 'valid' | 'invalid';
  readonly identifiers: readonly Identifier[];
  readonly authorizations: readonly string[];
  readonly finalize: string;
  readonly certificate?: string;
  readonly expires?: Instant;
  readonly profile?: string;
  readonly replaces?: string;
  readonly error?: Problem;
}

export interface Challenge {
  readonly type: string;
  readonly url: string;
  readonly status: 'pending' | 'processing' | 'valid' | 'invalid';
  /** Letters, digits, `-` and `_`: a safe name of a file. */
  readonly token?: string;
  /** Names of the authority in a record of dns-persist-01. */
  readonly issuers?: readonly string[];
  readonly error?: Problem;
}

export interface Authorization {
  readonly url: string;
  readonly status: 'pending' | 'valid' | 'invalid' | 'deactivated' | 'expired' | 'revoked';
  /** The name without `*.`. */
  readonly identifier: Identifier;
  readonly wildcard: boolean;
  readonly expires?: Instant;
  readonly challenges: readonly Challenge[];
}

export interface RenewalInfo {
  readonly window: RenewalWindow;
  /** A web page about the reason of the window. */
  readonly explanation?: string;
}

const LONGEST_URL = 2000;
const MOST_AUTHORIZATIONS = 1000;
const MOST_CHALLENGES = 30;
const MOST_PROFILES = 100;
const MOST_NAMES = 100;
/** The entropy of a token is at least 128 bits (RFC 8555, 8.1): 22 characters. */
const TOKEN = /^[\w-]{22,256}$/u;

/** Checks a URL to which requests are sent. Its text is kept: a server compares it. */
export function secureUrl(value: string, place: string): URL {
  const isText = value.length <= LONGEST_URL && /^[\x21-\x7e]+$/u.test(value);
  const url = isText && URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || url.username !== '' || url.password !== '') throw new ShapeError(`${place} is not a URL`);
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))) return url;
  throw new ShapeError(`${place} is not an https URL`);
}

/**
 * Checks that a URL has the origin of the directory. Everything that is asked or signed goes there: a document names one
 * server, and an answer cannot lead to another one, or to a port or a protocol that the document does not name.
 */
export function ownUrl(value: string, place: string, origin: string): string {
  const url = secureUrl(value, place);
  if (url.origin !== origin) throw new ShapeError(`${place} leads to ${url.origin}, and the directory is at ${origin}`);
  return value;
}

/** One of some words. */
function oneOf<T extends string>(value: string, words: readonly T[], place: string): T {
  const found = words.find((word) => word === value);
  if (found === undefined) throw new ShapeError(`${place} is not one of ${words.join(', ')}`);
  return found;
}

function atMost<T>(values: readonly T[], most: number, place: string): readonly T[] {
  if (values.length > most) throw new ShapeError(`${place} has more than ${most} entries`);
  return values;
}

const directoryShape = partly(
  { newNonce: text, newAccount: text, newOrder: text },
  { keyChange: text, revokeCert: text, renewalInfo: text },
);
const metaShape = partly(
  {},
  { termsOfService: text, externalAccountRequired: flag, profiles: labels, caaIdentities: list(text) },
);

/** `origin`: that of the directory's own URL. */
export function directoryOf(value: unknown, origin: string): Directory {
  const read = readShape(directoryShape, value);
  for (const [name, url] of Object.entries(read)) ownUrl(url, `/${name}`, origin);
  const meta = readShape(metaShape, isRecord(value) && Object.hasOwn(value, 'meta') ? value['meta'] : {});
  const profiles = atMost(Object.entries(meta.profiles ?? {}), MOST_PROFILES, '/meta/profiles');
  const names = atMost(meta.caaIdentities ?? [], MOST_NAMES, '/meta/caaIdentities');
  return defined<Directory>({
    ...read,
    termsOfService: pageOf(meta.termsOfService),
    externalAccountRequired: meta.externalAccountRequired ?? false,
    profiles: Object.fromEntries(profiles.map(([name, words]) => [lineOf(name), lineOf(words)])),
    caaIdentities: names.map((name) => lineOf(name)),
  });
}

/** The value of the header `Location`. */
export function locationOf(header: string | null, origin: string): string {
  return ownUrl(header ?? '', 'the header Location', origin);
}

export function accountOf(value: unknown, url: string): Account {
  const { status, contact, orders } = readShape(partly({ status: text }, { contact: list(text), orders: text }), value);
  return defined<Account>({
    url,
    status: oneOf(status, ['valid', 'deactivated', 'revoked'], '/status'),
    contact: atMost(contact ?? [], MOST_NAMES, '/contact').map((each) => lineOf(each)),
    orders,
  });
}

const identifierShape = object({ type: text, value: text });

/** The form in which identifiers are compared. */
export function identifierKey({ type, value }: Identifier): string {
  const number = type === 'ip' ? addressNumber(value) : undefined;
  return `${type}:${number === undefined ? value.toLowerCase() : number.toString(16)}`;
}

function identifierOf({ type, value }: { readonly type: string; readonly value: string }, place: string): Identifier {
  const known = oneOf(type, ['dns', 'ip'], `${place}/type`);
  const isName = known === 'ip' ? addressNumber(value) !== undefined : /^(?:\*\.)?[\w-]+(?:\.[\w-]+)*$/u.test(value);
  if (!isName || value.length > 253) throw new ShapeError(`${place}/value is not a name or an address`);
  return { type: known, value: value.toLowerCase() };
}

function whenOf(value: string | undefined): Instant | undefined {
  const at = instantOf(value);
  return at === undefined || Number.isNaN(at) ? undefined : at;
}

const orderShape = partly(
  { status: text, identifiers: list(identifierShape), authorizations: list(text), finalize: text },
  { certificate: text, expires: text, profile: text, replaces: text },
);

/** `secrets`: values that the text must not have. */
function errorIn(value: unknown, secrets: readonly string[]): Problem | undefined {
  return isRecord(value) && Object.hasOwn(value, 'error')
    ? problemOf(value['error'], valueRedactor(secrets))
    : undefined;
}

export function orderOf(value: unknown, url: string, origin: string): Order {
  const read = readShape(orderShape, value);
  const { certificate, profile, replaces } = read;
  const identifiers = atMost(read.identifiers, MOST_AUTHORIZATIONS, '/identifiers');
  const authorizations = atMost(read.authorizations, MOST_AUTHORIZATIONS, '/authorizations');
  return defined<Order>({
    url,
    status: oneOf(read.status, ['pending', 'ready', 'processing', 'valid', 'invalid'], '/status'),
    identifiers: identifiers.map((each, i) => identifierOf(each, `/identifiers/${i}`)),
    authorizations: authorizations.map((each, i) => ownUrl(each, `/authorizations/${i}`, origin)),
    finalize: ownUrl(read.finalize, '/finalize', origin),
    certificate: certificate === undefined ? undefined : ownUrl(certificate, '/certificate', origin),
    expires: whenOf(read.expires),
    profile: profile === undefined ? undefined : lineOf(profile),
    replaces: replaces === undefined ? undefined : lineOf(replaces),
    error: errorIn(value, []),
  });
}

/** The URLs of a page of the list of orders (RFC 8555, 7.1.2.1). */
export function orderUrlsOf(value: unknown, origin: string): readonly string[] {
  const { orders } = readShape(object({ orders: list(text) }), value);
  return atMost(orders, MOST_AUTHORIZATIONS, '/orders').map((url, i) => ownUrl(url, `/orders/${i}`, origin));
}

/** True if two lists have the same identifiers. */
export function sameIdentifiers(one: readonly Identifier[], other: readonly Identifier[]): boolean {
  const [a, b] = [one, other].map((each) => [...new Set(each.map(identifierKey))].sort().join(' '));
  return a === b;
}

const challengeShape = partly(
  { type: text, url: text },
  { status: text, token: text, 'issuer-domain-names': list(text) },
);

export function challengeOf(value: unknown, place: string, origin: string): Challenge {
  const { type, url, status, token, 'issuer-domain-names': issuers } = readShape(challengeShape, value);
  if (token !== undefined && !TOKEN.test(token)) throw new ShapeError(`${place}/token is not a token`);
  return defined<Challenge>({
    type: lineOf(type),
    url: ownUrl(url, `${place}/url`, origin),
    status: oneOf(status ?? 'pending', ['pending', 'processing', 'valid', 'invalid'], `${place}/status`),
    token,
    issuers:
      issuers === undefined
        ? undefined
        : atMost(issuers, MOST_NAMES, `${place}/issuer-domain-names`).map((name) => lineOf(name)),
    // The address of a file of http-01 has the token.
    error: errorIn(value, token === undefined ? [] : [token]),
  });
}

const authorizationShape = partly({ status: text, identifier: identifierShape }, { wildcard: flag, expires: text });

export function authorizationOf(value: unknown, url: string, origin: string): Authorization {
  const read = readShape(authorizationShape, value);
  const challenges: unknown = isRecord(value) ? value['challenges'] : undefined;
  if (!Array.isArray(challenges)) throw new ShapeError('/challenges is not a list');
  return defined<Authorization>({
    url,
    status: oneOf(read.status, ['pending', 'valid', 'invalid', 'deactivated', 'expired', 'revoked'], '/status'),
    identifier: identifierOf(read.identifier, '/identifier'),
    wildcard: read.wildcard ?? false,
    expires: whenOf(read.expires),
    challenges: atMost(challenges as readonly unknown[], MOST_CHALLENGES, '/challenges').map((each, i) =>
      challengeOf(each, `/challenges/${i}`, origin),
    ),
  });
}

/** The identifier of an order that an authorization is for; undefined if the order has none. */
export function orderedIdentifier(
  { identifiers }: Pick<Order, 'identifiers'>,
  { identifier, wildcard }: Pick<Authorization, 'identifier' | 'wildcard'>,
): Identifier | undefined {
  const key = identifierKey(wildcard ? { ...identifier, value: `*.${identifier.value}` } : identifier);
  return identifiers.find((each) => identifierKey(each) === key);
}

export function renewalInfoOf(value: unknown): RenewalInfo {
  const shape = partly({ suggestedWindow: object({ start: time, end: time }) }, { explanationURL: text });
  const { suggestedWindow, explanationURL } = readShape(shape, value);
  const window = { start: instantOf(suggestedWindow.start), end: instantOf(suggestedWindow.end) };
  if (window.end <= window.start) throw new ShapeError('/suggestedWindow does not end after its start');
  return defined<RenewalInfo>({ window, explanation: pageOf(explanationURL) });
}

/** The URLs of a header `Link` with a relation (RFC 8288). */
export function linksOf(header: string | null, relation: string, most: number, origin: string): readonly string[] {
  const urls = [...(header ?? '').slice(0, 100_000).matchAll(/<([^<>]*)>([^<]*)/gu)]
    .filter(([, , parameters = '']) => new RegExp(`;\\s*rel="?${relation}"?(?:[;,\\s]|$)`, 'u').test(parameters))
    .map(([, url = '']) => ownUrl(url, 'the header Link', origin));
  return atMost([...new Set(urls)], most, 'the header Link');
}
