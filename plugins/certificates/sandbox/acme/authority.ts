/**
 * An ACME authority on this machine (RFC 8555, RFC 9773), for `fettle sandbox` and for tests.
 *
 * It speaks the real protocol over HTTPS, verifies signatures, takes each nonce once, and validates challenges: it fetches
 * files from addresses of this machine, and asks a DNS server. Accounts and orders are in memory. The faults of a test are data
 * that can change at any time.
 */

import type { X509Certificate } from 'node:crypto';
import { randomBytes } from 'node:crypto';
import { certificateId } from '../../acme/certificate-id.ts';
import { addressNumber } from '#plugin/net';
import { properDatesOf } from '#plugin/certificate-dates';
import { type AcmeIssuer, openIssuer } from './issuer.ts';
import { type Counted, type Limits, openCounts } from './limits.ts';
import { malformed, problemOf, RefusalError } from './refusal.ts';
import { type Answer, type Asked, type Faults, serve, type ServedEndpoint } from './server.ts';
import { validate, type Validation } from './validate.ts';
import {
  type ClientKey,
  clientKeyOf,
  fieldsOf,
  jsonOf,
  jwsOf,
  signingRequestOf,
  verifyBinding,
  verifyJws,
} from './verify.ts';

export interface AcmeProfile {
  readonly description: string;
  readonly validitySeconds: number;
}

export interface AcmeSandboxOptions {
  /** Folder of the authority's keys and certificates: a later start in the same folder reads them. */
  readonly folder: string;
  readonly validation: Validation;
  /** 0, or absent: a free port. */
  readonly port?: number;
  /** The first one is for orders that name none. */
  readonly profiles?: Readonly<Record<string, AcmeProfile>>;
  /** Keys by id, in base64url: accounts then need one. */
  readonly externalAccounts?: Readonly<Record<string, string>>;
  /** Names that are refused, with those below them. */
  readonly refusedNames?: readonly string[];
  readonly caaIdentities?: readonly string[];
  readonly limits?: Limits;
  readonly retryAfterSeconds?: number;
  /** Epoch ms. */
  readonly now: () => number;
}

export interface AcmeSandbox {
  readonly directory: string;
  /** PEM of the anchor of its HTTPS. */
  readonly ca: string;
  /** PEM of the roots of its certificates. */
  readonly roots: readonly [string, string];
  /** Faults of the next answers. */
  readonly faults: Faults;
  /** Replaces the limits; the counts stay. */
  readonly setLimits: (limits: Limits) => void;
  /** Replaces the renewal window of a certificate. */
  readonly suggestRenewal: (certificateId: string, suggestion: RenewalSuggestion) => void;
  /** Requests by endpoint (`new-order`), and nonces. */
  readonly counts: () => Readonly<Record<string, number>>;
  readonly certificates: () => readonly X509Certificate[];
  readonly stop: () => Promise<void>;
}

export interface RenewalSuggestion {
  /** Epoch ms. */
  readonly start: number;
  readonly end: number;
  readonly explanationURL?: string;
}

const DAY = 86_400;
const PROFILES: Readonly<Record<string, AcmeProfile>> = {
  classic: { description: '90 days', validitySeconds: 90 * DAY },
  tlsserver: { description: '45 days', validitySeconds: 45 * DAY },
  shortlived: { description: '160 hours', validitySeconds: 160 * 3600 },
};
const ORDER_MS = 8 * 3_600_000;
const RENEWAL_SECONDS = 6 * 3600;

interface Account {
  readonly id: string;
  key: ClientKey;
  status: 'valid' | 'deactivated';
  contact: readonly string[];
}

interface Challenge {
  readonly id: string;
  readonly type: string;
  readonly token: string;
  status: 'pending' | 'processing' | 'valid' | 'invalid';
  error?: ReturnType<typeof problemOf>;
}

interface Authz {
  readonly id: string;
  readonly account: Account;
  readonly type: 'dns' | 'ip';
  readonly value: string;
  readonly wildcard: boolean;
  readonly challenges: readonly Challenge[];
}

interface Order {
  readonly id: string;
  readonly account: Account;
  readonly identifiers: readonly { readonly type: 'dns' | 'ip'; readonly value: string }[];
  readonly authorizations: readonly Authz[];
  readonly profile: string;
  readonly replaces?: string;
  readonly expires: number;
  finalized: boolean;
  certificate?: Issued;
  error?: ReturnType<typeof problemOf>;
}

interface Issued {
  readonly id: string;
  readonly account: Account;
  readonly leaf: X509Certificate;
  readonly chains: readonly [string, string];
  readonly names: string;
  revoked: boolean;
  replacedBy?: Order;
}

type Fields = Readonly<Record<string, unknown>>;

/** A signed request whose signature is verified. */
interface Signed {
  readonly url: string;
  readonly key: ClientKey;
  readonly account: Account | undefined;
  /** Undefined for a POST-as-GET. */
  readonly payload: Fields | undefined;
}

function iso(at: number): string {
  return new Date(at).toISOString();
}

function stateOf({ challenges }: Authz): 'pending' | 'valid' | 'invalid' {
  if (challenges.some(({ status }) => status === 'valid')) return 'valid';
  return challenges.some(({ status }) => status === 'invalid') ? 'invalid' : 'pending';
}

function statusOf(order: Order): 'pending' | 'ready' | 'processing' | 'valid' | 'invalid' {
  if (order.certificate !== undefined) return 'valid';
  const states = order.authorizations.map(stateOf);
  if (order.error !== undefined || states.includes('invalid')) return 'invalid';
  if (order.finalized) return 'processing';
  return states.includes('pending') ? 'pending' : 'ready';
}

/** A name or address in the form in which two are compared. */
function nameKey({ type, value }: { readonly type: string; readonly value: string }): string {
  return type === 'ip' ? `ip:${addressNumber(value)?.toString(16) ?? ''}` : `dns:${value.toLowerCase()}`;
}

function setOf(names: readonly string[]): string {
  return [...new Set(names)].sort().join(' ');
}

function hexAddress(bytes: string): string {
  const number = BigInt(`0x${bytes}`);
  return `ip:${(bytes.length === 8 ? (0xffffn << 32n) | number : number).toString(16)}`;
}

/** Starts the authority on a port of 127.0.0.1. */
export async function startAcme(options: AcmeSandboxOptions): Promise<AcmeSandbox> {
  const { now, profiles = PROFILES, externalAccounts, validation, refusedNames = [], retryAfterSeconds = 1 } = options;
  const issuer: AcmeIssuer = await openIssuer(options.folder, now());
  const accounts = new Map<string, Account>();
  const orders = new Map<string, Order>();
  const authorizations = new Map<string, Authz>();
  const certificates = new Map<string, Issued>();
  const suggestions = new Map<string, RenewalSuggestion>();
  let limits: Limits = options.limits ?? { windowMs: 7 * DAY * 1000 };
  const counts = openCounts(() => limits, now);
  const retryAfter = { 'retry-after': String(retryAfterSeconds) };
  let last = 0;
  const nextId = (): string => String((last += 1));

  const server = await serve({ pair: issuer.serverPair, port: options.port ?? 0, endpoints: endpoints() });
  const at = (path: string): string => `${server.origin}/${path}`;

  // Signed requests

  function accountBy(kid: unknown): Account {
    const account = typeof kid === 'string' ? accounts.get(kid.slice(at('account/').length)) : undefined;
    if (account === undefined || kid !== at(`account/${account.id}`))
      throw new RefusalError('accountDoesNotExist', 400, 'the account does not exist');
    return account;
  }

  /** Verifies a request. `by`: the form of the key that it must have. */
  function signedBy(asked: Asked, by: 'jwk' | 'kid' | 'either'): Signed {
    if (asked.contentType !== 'application/jose+json') throw malformed('the content type is not application/jose+json');
    const jws = jwsOf(jsonOf(asked.body, 'the body'));
    const { header, payload } = jws;
    const { jwk, kid } = header;
    const isForm = by === 'either' || (by === 'jwk') === (jwk !== undefined);
    if (!isForm || (jwk === undefined) === (kid === undefined))
      throw malformed(`the header must have the member ${by}`);
    const account = jwk === undefined ? accountBy(kid) : undefined;
    const key = account?.key ?? clientKeyOf(jwk);
    verifyJws(jws, key);
    server.takeNonce(header['nonce']);
    const url = at(asked.path.slice(1));
    if (header['url'] !== url) throw new RefusalError('unauthorized', 403, 'the header has the URL of another request');
    if (account?.status === 'deactivated') throw new RefusalError('unauthorized', 403, 'the account is deactivated');
    const fields = payload.length === 0 ? undefined : jsonOf(payload.toString(), 'the payload');
    return { url, key, account, payload: fields };
  }

  /** A request by an account. */
  function byAccount(asked: Asked): { readonly account: Account; readonly payload: Fields | undefined } {
    const { account, payload } = signedBy(asked, 'kid');
    if (account === undefined) throw malformed('the request has no account');
    return { account, payload };
  }

  // Accounts

  function contactOf(value: unknown): readonly string[] {
    if (!Array.isArray(value)) throw malformed('contact is not a list');
    return value.map((each: unknown) => {
      if (typeof each !== 'string') throw malformed('a contact is not a text');
      if (!each.startsWith('mailto:'))
        throw new RefusalError('unsupportedContact', 400, 'only mailto: contacts are supported');
      if (!/^mailto:[^@\s]+@[^@\s]+\.[^@\s]+$/u.test(each))
        throw new RefusalError('invalidContact', 400, 'a contact is not an address');
      return each;
    });
  }

  function accountAnswer({ id, status, contact }: Account, code: number): Answer {
    const headers = { location: at(`account/${id}`) };
    return { status: code, headers, body: { status, contact, orders: at(`account/${id}/orders`) } };
  }

  function newAccount(asked: Asked): Answer {
    const { key, payload = {}, url } = signedBy(asked, 'jwk');
    const known = [...accounts.values()].find((each) => each.key.thumbprint === key.thumbprint);
    if (known?.status === 'deactivated') throw new RefusalError('unauthorized', 403, 'the account is deactivated');
    if (known !== undefined) return accountAnswer(known, 200);
    if (payload['onlyReturnExisting'] === true)
      throw new RefusalError('accountDoesNotExist', 400, 'no account has this key');
    const contact = contactOf(payload['contact'] ?? []);
    if (payload['termsOfServiceAgreed'] !== true)
      throw new RefusalError('userActionRequired', 403, 'the terms of service must be agreed to');
    if (externalAccounts !== undefined) {
      const binding = payload['externalAccountBinding'];
      if (binding === undefined)
        throw new RefusalError('externalAccountRequired', 403, 'the account must be bound to an external one');
      verifyBinding(binding, key, url, externalAccounts);
    }
    const made: Account = { id: nextId(), key, status: 'valid', contact };
    accounts.set(made.id, made);
    return accountAnswer(made, 201);
  }

  function changeAccount(asked: Asked, id: string): Answer {
    const { account, payload = {} } = byAccount(asked);
    if (account.id !== id) throw new RefusalError('unauthorized', 403, 'the account is another one');
    if (payload['contact'] !== undefined) account.contact = contactOf(payload['contact']);
    if (payload['status'] === 'deactivated') account.status = 'deactivated';
    return accountAnswer(account, 200);
  }

  function changeKey(asked: Asked): Answer {
    const { account, payload = {} } = byAccount(asked);
    const inner = jwsOf(payload);
    const key = clientKeyOf(inner.header['jwk']);
    verifyJws(inner, key);
    const { account: named, oldKey } = jsonOf(inner.payload.toString(), 'the inner payload');
    if (inner.header['url'] !== at('key-change') || 'nonce' in inner.header)
      throw malformed('the inner header is not valid');
    if (named !== at(`account/${account.id}`) || clientKeyOf(oldKey).thumbprint !== account.key.thumbprint)
      throw malformed('the inner payload names another account or key');
    const taken = [...accounts.values()].find((each) => each.key.thumbprint === key.thumbprint);
    if (taken !== undefined)
      throw new RefusalError('malformed', 409, 'another account has this key', {
        headers: { location: at(`account/${taken.id}`) },
      });
    account.key = key;
    return accountAnswer(account, 200);
  }

  // Orders

  function identifiersOf(value: unknown): Order['identifiers'] {
    if (!Array.isArray(value) || value.length === 0 || value.length > 100)
      throw malformed('identifiers is not a list of 1 to 100 entries');
    const all = value.map((each: unknown) => {
      const { type, value: name } = fieldsOf(each, 'an identifier');
      if (typeof name !== 'string') throw malformed('the value of an identifier is not a text');
      if (type === 'ip' && addressNumber(name) !== undefined) return { type, value: name } as const;
      if (type !== 'dns')
        throw new RefusalError('unsupportedIdentifier', 400, 'identifiers are of the types dns and ip');
      if (!/^(?:\*\.)?(?:[a-z0-9_-]{1,63}\.)+[a-z0-9-]{1,63}$/u.test(name))
        throw new RefusalError('rejectedIdentifier', 400, 'an identifier is not a domain name');
      if (refusedNames.some((refused) => name === refused || name.endsWith(`.${refused}`)))
        throw new RefusalError('rejectedIdentifier', 400, `the authority does not issue for ${name}`);
      return { type, value: name } as const;
    });
    if (new Set(all.map(nameKey)).size < all.length) throw malformed('an identifier is there twice');
    return all;
  }

  function profileOf(value: unknown): string {
    if (value === undefined) return Object.keys(profiles)[0] ?? '';
    if (typeof value === 'string' && Object.hasOwn(profiles, value)) return value;
    throw new RefusalError('invalidProfile', 400, 'the authority does not have this profile');
  }

  /** The certificate that an order replaces. */
  function replacedBy(value: unknown, account: Account, identifiers: Order['identifiers']): Issued | undefined {
    if (value === undefined) return undefined;
    const found = typeof value === 'string' ? certificates.get(value) : undefined;
    if (found === undefined) throw malformed('the certificate that the order replaces does not exist');
    if (found.account !== account)
      throw new RefusalError('unauthorized', 403, 'the account did not request the certificate being replaced');
    const earlier = found.replacedBy;
    if (earlier !== undefined && statusOf(earlier) !== 'invalid')
      throw new RefusalError('alreadyReplaced', 409, 'another order replaces this certificate already');
    const names = new Set(found.names.split(' '));
    if (!identifiers.some((each) => names.has(nameKey(each)))) throw malformed('the certificate has none of the names');
    return found;
  }

  function newAuthz(account: Account, { type, value }: Order['identifiers'][number]): Authz {
    const wildcard = value.startsWith('*.');
    const types = [...(wildcard ? [] : ['http-01']), ...(type === 'ip' ? [] : ['dns-01'])];
    const made: Authz = {
      id: nextId(),
      account,
      type,
      value: wildcard ? value.slice(2) : value,
      wildcard,
      challenges: types.map((each) => ({
        id: nextId(),
        type: each,
        token: randomBytes(32).toString('base64url'),
        status: 'pending',
      })),
    };
    authorizations.set(made.id, made);
    return made;
  }

  function check(kind: Counted, subjects: readonly string[]): void {
    for (const subject of subjects) counts.check(kind, subject);
  }

  function newOrder(asked: Asked): Answer {
    const { account, payload = {} } = byAccount(asked);
    const identifiers = identifiersOf(payload['identifiers']);
    const profile = profileOf(payload['profile']);
    const replaced = replacedBy(payload['replaces'], account, identifiers);
    const keys = identifiers.map(nameKey);
    if (replaced === undefined) {
      // Renewals that replace a certificate are exempt.
      check('ordersPerAccount', [account.id]);
      check('certificatesPerSet', [setOf(keys)]);
      check(
        'failuresPerName',
        keys.map((key) => `${account.id} ${key}`),
      );
      counts.add('ordersPerAccount', account.id);
    }
    const order: Order = {
      id: nextId(),
      account,
      identifiers,
      authorizations: identifiers.map((each) => newAuthz(account, each)),
      profile,
      ...(replaced === undefined ? {} : { replaces: String(payload['replaces']) }),
      expires: now() + ORDER_MS,
      finalized: false,
    };
    if (replaced !== undefined) replaced.replacedBy = order;
    orders.set(order.id, order);
    return orderAnswer(order, 201);
  }

  function orderAnswer(order: Order, status: number): Answer {
    const { id, identifiers, profile, replaces, certificate, error, expires } = order;
    const state = statusOf(order);
    return {
      status,
      headers: { location: at(`order/${id}`), ...(state === 'pending' || state === 'processing' ? retryAfter : {}) },
      body: {
        status: state,
        expires: iso(expires),
        identifiers,
        profile,
        replaces,
        authorizations: order.authorizations.map((each) => at(`authz/${each.id}`)),
        finalize: at(`finalize/${id}`),
        certificate: certificate === undefined ? undefined : at(`certificate/${certificate.id}`),
        error,
      },
    };
  }

  function ownOrder(account: Account, id: string): Order {
    const order = orders.get(id);
    if (order === undefined || order.account !== account || now() > order.expires)
      throw new RefusalError('malformed', 404, 'the order does not exist');
    return order;
  }

  function challengeBody({ id, type, token, status, error }: Challenge): object {
    return { type, url: at(`challenge/${id}`), token, status, error };
  }

  function authzAnswer(asked: Asked, id: string): Answer {
    const { account } = byAccount(asked);
    const authz = authorizations.get(id);
    if (authz === undefined || authz.account !== account)
      throw new RefusalError('malformed', 404, 'the authorization does not exist');
    const { type, value, wildcard, challenges } = authz;
    const status = stateOf(authz);
    return {
      headers: status === 'pending' ? retryAfter : {},
      body: {
        status,
        identifier: { type, value },
        ...(wildcard ? { wildcard } : {}),
        expires: iso(now() + ORDER_MS),
        challenges: challenges.map(challengeBody),
      },
    };
  }

  function answerChallenge(asked: Asked, id: string): Answer {
    const { account, payload } = byAccount(asked);
    const authz = [...authorizations.values()].find(({ challenges }) => challenges.some((each) => each.id === id));
    const challenge = authz?.challenges.find((each) => each.id === id);
    if (authz === undefined || challenge === undefined || authz.account !== account)
      throw new RefusalError('malformed', 404, 'the challenge does not exist');
    if (payload !== undefined) {
      if (challenge.status !== 'pending' || stateOf(authz) !== 'pending')
        throw malformed(`the challenge is ${challenge.status}, not pending`);
      challenge.status = 'processing';
      void settle(authz, challenge);
    }
    return { headers: { link: `<${at(`authz/${authz.id}`)}>;rel="up"` }, body: challengeBody(challenge) };
  }

  async function settle(authz: Authz, challenge: Challenge): Promise<void> {
    const { type, token } = challenge;
    const keyAuthorization = `${token}.${authz.account.key.thumbprint}`;
    const problem = await validate({ type, token, value: authz.value, keyAuthorization }, validation);
    challenge.status = problem === undefined ? 'valid' : 'invalid';
    if (problem === undefined) return;
    challenge.error = problem;
    counts.add('failuresPerName', `${authz.account.id} ${nameKey(authz)}`);
  }

  // Certificates

  function finalize(asked: Asked, id: string): Answer {
    const { account, payload = {} } = byAccount(asked);
    const order = ownOrder(account, id);
    if (statusOf(order) !== 'ready')
      throw new RefusalError('orderNotReady', 403, `the order is ${statusOf(order)}, not ready`);
    const csr = payload['csr'];
    if (typeof csr !== 'string') throw malformed('csr is not a text');
    const { dnsNames, addresses, publicKey } = signingRequestOf(Buffer.from(csr, 'base64url'));
    const names = setOf([...dnsNames.map((value) => nameKey({ type: 'dns', value })), ...addresses.map(hexAddress)]);
    if (names !== setOf(order.identifiers.map(nameKey)))
      throw new RefusalError('badCSR', 400, 'the signing request has other names than the order');
    if (publicKey.equals(account.key.key))
      throw new RefusalError('badCSR', 400, 'the key of the account must not be the key of a certificate');
    order.finalized = true;
    void issue(order, publicKey, names);
    return orderAnswer(order, 200);
  }

  async function issue(
    order: Order,
    publicKey: Parameters<AcmeIssuer['sign']>[0]['publicKey'],
    names: string,
  ): Promise<void> {
    const valuesOf = (type: 'dns' | 'ip'): readonly string[] =>
      order.identifiers.filter((each) => each.type === type).map(({ value }) => value);
    try {
      const { leaf, chains } = await issuer.sign({
        dnsNames: valuesOf('dns'),
        ipAddresses: valuesOf('ip'),
        publicKey,
        validitySeconds: profiles[order.profile]?.validitySeconds ?? 0,
        now: now(),
      });
      const id = certificateId(leaf) ?? nextId();
      const issued: Issued = { id, account: order.account, leaf, chains, names, revoked: false };
      certificates.set(id, issued);
      order.certificate = issued;
      if (order.replaces === undefined) counts.add('certificatesPerSet', names);
    } catch (error) {
      order.error = problemOf('serverInternal', error instanceof Error ? error.message : 'signing failed');
    }
  }

  function download(asked: Asked, id: string, alternate: boolean): Answer {
    const { account } = byAccount(asked);
    const issued = certificates.get(id);
    if (issued === undefined || issued.account !== account)
      throw new RefusalError('malformed', 404, 'the certificate does not exist');
    const own = at(`certificate/${id}`);
    const other = alternate ? own : `${own}/alternate`;
    return {
      headers: { 'content-type': 'application/pem-certificate-chain', link: `<${other}>;rel="alternate"` },
      body: issued.chains[alternate ? 1 : 0],
    };
  }

  function revoke(asked: Asked): Answer {
    const { account, key, payload = {} } = signedBy(asked, 'either');
    const { certificate, reason = 0 } = payload;
    if (typeof certificate !== 'string') throw malformed('certificate is not a text');
    const der = Buffer.from(certificate, 'base64url');
    const issued = [...certificates.values()].find(({ leaf }) => leaf.raw.equals(der));
    if (issued === undefined) throw new RefusalError('malformed', 404, 'the certificate does not exist');
    if (issued.account !== account && !issued.leaf.publicKey.equals(key.key))
      throw new RefusalError('unauthorized', 403, 'the certificate belongs to another account');
    if (![0, 1, 3, 4, 5].includes(Number(reason)))
      throw new RefusalError('badRevocationReason', 400, 'the reason is not one of 0, 1, 3, 4 and 5');
    if (issued.revoked) throw new RefusalError('alreadyRevoked', 400, 'the certificate is revoked already');
    issued.revoked = true;
    return { body: '' };
  }

  function renewalInfo(id: string): Answer {
    const issued = certificates.get(id);
    if (issued === undefined) throw new RefusalError('malformed', 404, 'the certificate does not exist');
    const { notBefore, notAfter } = properDatesOf(issued.leaf);
    const third = (notAfter - notBefore) / 3;
    const spread = Math.min(DAY * 1000, third / 10);
    const usual = { start: notAfter - third - spread, end: notAfter - third + spread };
    const past = { start: now() - 2 * 3_600_000, end: now() - 3_600_000 };
    const chosen: RenewalSuggestion = suggestions.get(id) ?? (issued.revoked ? past : usual);
    const { start, end, explanationURL } = chosen;
    return {
      headers: { 'retry-after': String(RENEWAL_SECONDS) },
      body: { suggestedWindow: { start: iso(start), end: iso(end) }, explanationURL },
    };
  }

  function directory(): Answer {
    return {
      body: {
        newNonce: at('new-nonce'),
        newAccount: at('new-account'),
        newOrder: at('new-order'),
        keyChange: at('key-change'),
        revokeCert: at('revoke-cert'),
        renewalInfo: at('renewal-info'),
        meta: {
          termsOfService: at('terms'),
          externalAccountRequired: externalAccounts !== undefined,
          caaIdentities: options.caaIdentities ?? ['acme.example.test'],
          profiles: Object.fromEntries(Object.entries(profiles).map(([name, { description }]) => [name, description])),
        },
      },
    };
  }

  function endpoints(): readonly ServedEndpoint[] {
    return [
      { name: 'directory', path: /^\/directory$/u, get: directory },
      { name: 'new-nonce', path: /^\/new-nonce$/u, get: () => ({ body: '' }) },
      { name: 'new-account', path: /^\/new-account$/u, post: newAccount },
      { name: 'account', path: /^\/account\/(\d+)$/u, post: changeAccount },
      { name: 'key-change', path: /^\/key-change$/u, post: changeKey },
      { name: 'new-order', path: /^\/new-order$/u, post: newOrder },
      {
        name: 'order',
        path: /^\/order\/(\d+)$/u,
        post: (asked, id) => orderAnswer(ownOrder(byAccount(asked).account, id), 200),
      },
      { name: 'authz', path: /^\/authz\/(\d+)$/u, post: authzAnswer },
      { name: 'challenge', path: /^\/challenge\/(\d+)$/u, post: answerChallenge },
      { name: 'finalize', path: /^\/finalize\/(\d+)$/u, post: finalize },
      { name: 'certificate', path: /^\/certificate\/([\w.-]+)$/u, post: (asked, id) => download(asked, id, false) },
      {
        name: 'alternate',
        path: /^\/certificate\/([\w.-]+)\/alternate$/u,
        post: (asked, id) => download(asked, id, true),
      },
      { name: 'revoke-cert', path: /^\/revoke-cert$/u, post: revoke },
      { name: 'renewal-info', path: /^\/renewal-info\/([\w.-]+)$/u, get: (_asked, id) => renewalInfo(id) },
      { name: 'terms', path: /^\/terms$/u, get: () => ({ body: 'Terms of a sandbox' }) },
    ];
  }

  return {
    directory: at('directory'),
    ca: issuer.serverCa,
    roots: issuer.roots,
    faults: server.faults,
    setLimits: (next) => {
      limits = next;
    },
    suggestRenewal: (id, suggestion) => void suggestions.set(id, suggestion),
    counts: server.counts,
    certificates: () => [...certificates.values()].map(({ leaf }) => leaf),
    stop: server.stop,
  };
}
