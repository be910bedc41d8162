/**
 * A client of an ACME server (RFC 8555), with renewal information (RFC 9773), profiles, IP addresses (RFC 8738) and external
 * accounts.
 *
 * Each method is one operation. It throws an AcmeProblem if the server refused, an ApiError without an answer or for one that
 * must not be used, and the signal's reason. `fate` of the error shows if the request may have had its effect.
 */

import type { KeyObject, X509Certificate } from 'node:crypto';
import { InputError, type Json } from '#plugin';
import { ApiError, MOST_RETRIES, realTiming, ShapeError, type Timing } from '#plugin/http';
import { forEachOf } from '#plugin/limit';
import { type Denial, openHttp } from '#plugin/net';
import { AcmeProblem } from './acme-problem.ts';
import {
  type Account,
  accountOf,
  type Authorization,
  authorizationOf,
  type Challenge,
  challengeOf,
  type Directory,
  directoryOf,
  type Identifier,
  linksOf,
  locationOf,
  type Order,
  orderedIdentifier,
  orderOf,
  orderUrlsOf,
  ownUrl,
  type RenewalInfo,
  renewalInfoOf,
  sameIdentifiers,
  secureUrl,
} from './answers.ts';
import { type IssuedChain, issuedOf, topIssuerOf } from './chains.ts';
import type { CountRequest } from './counts.ts';
import { type AccountKey, bound, type ExternalAccount, signed } from './jws.ts';
import { FailedOrderError, PendingOrderError } from './order-errors.ts';
import type { Problem } from './problems.ts';
import { askAgainMs } from './renewal-window.ts';
import { STEP_LIMITS_MS } from './step-limits.ts';
import { type Message, openWire, readReply, type Reply, unusable, type Wire } from './wire.ts';

/** The way to a server. */
export interface ReachOptions {
  /** URL of the directory. */
  readonly directory: string;
  /** Anchors that verify the server, instead of the usual ones. PEM. */
  readonly ca?: string;
  readonly denial: Denial;
  readonly timing?: Timing;
  /** Deadline of one exchange, in ms. */
  readonly requestMs?: number;
  /** Number of times that a request is sent again after a failure that may pass soon. */
  readonly retries?: number;
  readonly count?: CountRequest;
}

export interface AcmeOptions extends ReachOptions {
  readonly key: AccountKey;
  /** URL of the account, if it is known. */
  readonly account?: string;
}

export interface AccountOrder {
  /** `mailto:` addresses. */
  readonly contact: readonly string[];
  /** The terms of service, if the directory has some, are agreed to. */
  readonly termsAgreed: boolean;
  readonly eab?: ExternalAccount;
}

export interface NewOrder {
  readonly identifiers: readonly Identifier[];
  readonly profile?: string;
  /** The identifier of the certificate that is renewed (RFC 9773, 5). */
  readonly replaces?: string;
}

/** The part of a client that needs no account. */
export interface AcmeServer {
  readonly directory: Directory;
  /** The server's clock minus this machine's, in ms, at the last answer. */
  readonly clockDifferenceMs: () => number | undefined;
  /** Undefined if the server has no renewal information. */
  readonly renewalInfo: (certificateId: string, signal: AbortSignal) => Promise<RenewalAdvice | undefined>;
}

export interface AcmeClient extends AcmeServer {
  /** URL of the account, if it is known. */
  readonly accountUrl: () => string | undefined;
  /** Number of requests so far. */
  readonly requests: () => number;
  /** The account of the key; undefined if the server has none. Later requests are made by it. */
  readonly findAccount: (signal: AbortSignal) => Promise<Account | undefined>;
  /** The same, and later requests are made by the account as before. */
  readonly lookUpAccount: (signal: AbortSignal) => Promise<Account | undefined>;
  /** The account of the key, which is created if the server has none. Later requests are made by it. */
  readonly createAccount: (
    order: AccountOrder,
    signal: AbortSignal,
  ) => Promise<Account & { readonly created: boolean }>;
  readonly account: (signal: AbortSignal) => Promise<Account>;
  readonly updateContact: (contact: readonly string[], signal: AbortSignal) => Promise<Account>;
  /** Gives the account another key, by which later requests are signed. Succeeds if the account has that key already. */
  readonly rollover: (key: AccountKey, signal: AbortSignal) => Promise<void>;
  readonly deactivate: (signal: AbortSignal) => Promise<void>;
  /** Creates an order. If the `fate` of the error is unknown, the server may have created one that is not known here. */
  readonly newOrder: (order: NewOrder, signal: AbortSignal) => Promise<Order>;
  readonly order: (url: string, signal: AbortSignal) => Promise<Order>;
  /** The newest orders of the account that can still be used. Empty if the server does not list them. */
  readonly openOrders: (signal: AbortSignal) => Promise<readonly Order[]>;
  /** All authorizations of an order. Each is for an identifier of the order. */
  readonly authorizations: (order: Order, signal: AbortSignal) => Promise<readonly Authorization[]>;
  /** Lets the server validate a challenge. */
  readonly answer: (challenge: Challenge, signal: AbortSignal) => Promise<void>;
  /**
   * Waits until the order can be finalized. Throws an AcmeProblem with the reasons of the authorizations that failed, and a
   * PendingOrderError if the server takes too long or asks for a longer wait.
   */
  readonly untilReady: (order: Order, signal: AbortSignal) => Promise<Order>;
  /** Sends the certificate signing request (DER). An order that has been finalized before is returned as it is. */
  readonly finalize: (order: Order, csr: Buffer, signal: AbortSignal) => Promise<Order>;
  /** Waits until the certificate is issued. Throws an AcmeProblem if the order became invalid, and a PendingOrderError. */
  readonly untilIssued: (order: Order, signal: AbortSignal) => Promise<Order>;
  /**
   * The certificate of a valid order, for exactly its names and the key. Throws a FailedOrderError for any other certificate.
   * `preferredChain`: the common name of the issuer at the top of the wanted chain.
   */
  readonly certificate: (
    order: Order,
    publicKey: KeyObject,
    preferredChain: string | undefined,
    signal: AbortSignal,
  ) => Promise<IssuedChain>;
  /** Revokes a certificate of the account. `reason`: RFC 5280, 5.3.1. Succeeds if it is revoked already. */
  readonly revoke: (certificate: X509Certificate, reason: number, signal: AbortSignal) => Promise<void>;
}

interface Downloaded extends Pick<IssuedChain, 'certificates' | 'topIssuer'> {
  readonly reply: Reply;
}

export interface RenewalAdvice extends RenewalInfo {
  /** The wait until the server is asked again, in ms: 1 hour to 7 days. */
  readonly askAgainMs: number;
}

const REQUEST_MS = 30_000;
const AT_ONCE = 4;
/** Links of one relation in an answer. */
const MOST_LINKS = 8;
/** Waits between two reads of an order, in ms. Without a hint of the server, they double. */
const POLL_MS = { first: 500, usual: 8000 };
/** Pages of the list of orders that are read, and orders at its end. */
const MOST_PAGES = 20;
const MOST_LISTED = 30;
/** Number of tokens that messages must not have. */
const MOST_TOKENS = 1000;

/** The failed parts of an order's authorizations, as one problem. */
function failureOf(order: Order, authorizations: readonly Authorization[]): Problem {
  const failed = authorizations.flatMap(({ identifier, challenges }) =>
    challenges.flatMap(({ type, error }) =>
      error === undefined
        ? []
        : [{ type: error.type, detail: `${type}: ${error.detail}`, identifier: identifier.value }],
    ),
  );
  const [first] = failed;
  if (first !== undefined && failed.length === 1)
    return { type: first.type, detail: `validation of ${first.identifier} failed: ${first.detail}`, subproblems: [] };
  if (failed.length > 1) return { type: 'compound', detail: 'validation failed', subproblems: failed };
  return order.error ?? { type: 'other', detail: 'the order became invalid without a reason', subproblems: [] };
}

/** A server whose directory is read. */
interface Reached extends AcmeServer {
  readonly wire: Wire;
  /** The origin of all of its URLs. */
  readonly origin: string;
}

/** Reads the directory. `secrets`: values that no message has. */
async function reach(options: ReachOptions, secrets: () => Iterable<string>, signal: AbortSignal): Promise<Reached> {
  const { ca, denial, timing = realTiming, requestMs = REQUEST_MS, retries = MOST_RETRIES, count } = options;
  const directoryUrl = checkedUrl(options.directory, 'the URL of the directory');
  const wire = openWire({
    send: openHttp(denial, ca === undefined ? {} : { ca }),
    timing,
    requestMs,
    retries,
    secrets,
    ...(count === undefined ? {} : { count }),
  });
  const { origin } = new URL(directoryUrl);
  const directory = readReply(
    await wire.get({ action: 'directory', what: `read the directory ${directoryUrl}` }, directoryUrl, signal),
    (value) => directoryOf(value, origin),
  );
  wire.takeNoncesFrom(directory.newNonce);

  async function renewalInfo(certificateId: string, ends: AbortSignal): Promise<RenewalAdvice | undefined> {
    const base = directory.renewalInfo;
    if (base === undefined) return undefined;
    const reply = await wire.get(
      { action: 'renewal-info', what: 'read renewal information' },
      `${base.replace(/\/$/u, '')}/${certificateId}`,
      ends,
    );
    return { ...readReply(reply, renewalInfoOf), askAgainMs: askAgainMs(reply.retryAfterMs) };
  }

  return { wire, origin, directory, clockDifferenceMs: wire.clockDifferenceMs, renewalInfo };
}

/** Opens a client without an account, and reads the directory. */
export async function openAcmeServer(options: ReachOptions, signal: AbortSignal): Promise<AcmeServer> {
  const { directory, clockDifferenceMs, renewalInfo } = await reach(options, () => [], signal);
  return { directory, clockDifferenceMs, renewalInfo };
}

/** Opens a client, and reads the directory. */
export async function openAcme(options: AcmeOptions, signal: AbortSignal): Promise<AcmeClient> {
  const { timing = realTiming } = options;
  const tokens = new Set<string>();
  const { wire, origin, directory, clockDifferenceMs, renewalInfo } = await reach(options, () => tokens, signal);
  let { key, account } = options;
  if (account !== undefined) own(account);

  /** Sends a request by the account. */
  function post(message: Omit<Message, 'key' | 'account'>, by: AbortSignal): Promise<Reply> {
    if (account === undefined) throw new Error('the account is not known yet');
    return wire.post({ ...message, key, account }, by);
  }

  function located(reply: Reply): string {
    try {
      return locationOf(reply.header('location'), origin);
    } catch (error) {
      if (!(error instanceof ShapeError)) throw error;
      throw unusable(reply, error.message);
    }
  }

  function urlFor(what: string, url: string | undefined): string {
    if (url === undefined) throw new InputError(`the server cannot ${what}: its directory has no URL for that`);
    return url;
  }

  /** The account of a key; undefined if the server has none. */
  async function accountBy(by: AccountKey, ends: AbortSignal): Promise<Account | undefined> {
    const payload = { onlyReturnExisting: true };
    try {
      const reply = await wire.post(
        { action: 'account', what: 'find the account', url: directory.newAccount, payload, key: by },
        ends,
      );
      const url = located(reply);
      return readReply(reply, (value) => accountOf(value, url));
    } catch (error) {
      if (error instanceof AcmeProblem && error.code === 'accountDoesNotExist') return undefined;
      throw error;
    }
  }

  async function findAccount(ends: AbortSignal): Promise<Account | undefined> {
    const found = await accountBy(key, ends);
    account = found?.url ?? account;
    return found;
  }

  async function createAccount({ contact, termsAgreed, eab }: AccountOrder, ends: AbortSignal) {
    const url = directory.newAccount;
    const binding = eab === undefined ? {} : { externalAccountBinding: await bound(key, eab, url) };
    const payload: Json = { contact: [...contact], termsOfServiceAgreed: termsAgreed, ...binding };
    const reply = await wire.post({ action: 'account', what: 'create the account', url, payload, key }, ends);
    const own = located(reply);
    const made = readReply(reply, (value) => accountOf(value, own));
    account = own;
    return { ...made, created: reply.status === 201 };
  }

  async function changeAccount(what: string, payload: Json | undefined, ends: AbortSignal): Promise<Account> {
    const url = account ?? '';
    const reply = await post({ action: 'account', what, url, ...(payload === undefined ? {} : { payload }) }, ends);
    return readReply(reply, (value) => accountOf(value, url));
  }

  async function rollover(to: AccountKey, ends: AbortSignal): Promise<void> {
    const what = 'change the key of the account';
    const url = urlFor(what, directory.keyChange);
    const payload = await signed({ account: account ?? '', oldKey: key.jwk }, to, { url });
    let failure: ApiError | undefined;
    try {
      await post({ action: 'key-change', what, url, payload, creates: true }, ends);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status === 429) throw error;
      failure = error;
    }
    // The account of the new key decides: an answer can be lost, an earlier request may have changed the key, and a server
    // may accept the key of another account without any effect.
    const found = await accountBy(to, ends).catch((error: unknown) => {
      throw failure ?? error;
    });
    if (found?.url !== account)
      throw failure ?? unusable({ what, effect: 'nothing', status: 200 }, 'the account has its old key still');
    key = to;
  }

  function orderIn(reply: Reply, url: string): Order {
    return readReply(reply, (value) => orderOf(value, url, origin));
  }

  async function newOrder({ identifiers, profile, replaces }: NewOrder, ends: AbortSignal): Promise<Order> {
    const payload: Json = {
      identifiers: identifiers.map(({ type, value }) => ({ type, value })),
      ...(profile === undefined ? {} : { profile }),
      ...(replaces === undefined ? {} : { replaces }),
    };
    const reply = await post(
      { action: 'order', what: 'create an order', url: directory.newOrder, payload, creates: true },
      ends,
    );
    const made = orderIn(reply, located(reply));
    if (!sameIdentifiers(made.identifiers, identifiers)) throw unusable(reply, 'the order is for other names');
    return made;
  }

  async function order(url: string, ends: AbortSignal): Promise<Order> {
    return orderIn(await readOrder(url, ends), url);
  }

  async function openOrders(ends: AbortSignal): Promise<readonly Order[]> {
    const what = 'list the orders of the account';
    let next = (await changeAccount('read the account', undefined, ends)).orders;
    let urls: readonly string[] = [];
    for (let pages = 0; next !== undefined && pages < MOST_PAGES; pages += 1) {
      const reply = await post({ action: 'orders-list', what, url: own(next) }, ends);
      urls = [...urls, ...readReply(reply, (value) => orderUrlsOf(value, origin))].slice(-MOST_LISTED);
      [next] = linksIn(reply, 'next');
    }
    const found: Order[] = [];
    await forEachOf(urls, AT_ONCE, async (url) => {
      try {
        found.push(await order(url, ends));
      } catch (error) {
        // A list can have orders that no longer exist.
        if (!(error instanceof AcmeProblem)) throw error;
      }
    });
    return found.filter(({ status }) => status === 'pending' || status === 'ready');
  }

  function readOrder(url: string, ends: AbortSignal): Promise<Reply> {
    return post({ action: 'order', what: 'read the order', url: own(url) }, ends);
  }

  /** Checks a URL that may come from a record. */
  function own(url: string): string {
    try {
      return ownUrl(url, 'the recorded URL', origin);
    } catch (error) {
      throw error instanceof ShapeError ? new InputError(error.message) : error;
    }
  }

  async function authorizations(of: Order, ends: AbortSignal): Promise<readonly Authorization[]> {
    const found = new Map<string, Authorization>();
    await forEachOf(of.authorizations, AT_ONCE, async (url) => {
      const reply = await post({ action: 'authorization', what: 'read an authorization of the order', url }, ends);
      const read = readReply(reply, (value) => authorizationOf(value, url, origin));
      if (orderedIdentifier(of, read) === undefined)
        throw unusable(reply, 'the authorization is for a name that was not ordered');
      found.set(url, read);
    });
    const all = of.authorizations.flatMap((url) => found.get(url) ?? []);
    for (const { token } of all.flatMap(({ challenges }) => challenges))
      if (token !== undefined && tokens.size < MOST_TOKENS) tokens.add(token);
    return all;
  }

  async function answer({ url }: Challenge, ends: AbortSignal): Promise<void> {
    const what = 'answer a challenge';
    try {
      await post({ action: 'challenge', what, url: own(url), payload: {} }, ends);
    } catch (error) {
      // The server refuses a second answer, which follows a first one that was lost on the way.
      if (!(error instanceof AcmeProblem) || error.code !== 'malformed') throw error;
      const reply = await post({ action: 'challenge', what, url }, ends);
      if (readReply(reply, (value) => challengeOf(value, '', origin)).status === 'pending') throw error;
    }
  }

  /** Reads an order until `isOver`, for `mostMs` at the longest. */
  async function poll(
    from: Order,
    isOver: (order: Order) => boolean,
    mostMs: number,
    ends: AbortSignal,
  ): Promise<Order> {
    const last = timing.now() + mostMs;
    let now = from;
    let askedMs: number | undefined;
    for (let polls = 0; !isOver(now); polls += 1) {
      const waitMs = pollWaitMs(askedMs, polls);
      if (timing.now() + waitMs > last) throw new PendingOrderError(now.status, askedMs);
      await timing.sleep(waitMs, ends);
      const reply = await readOrder(from.url, ends);
      now = orderIn(reply, from.url);
      if (!sameIdentifiers(now.identifiers, from.identifiers)) throw unusable(reply, 'the order is for other names');
      askedMs = reply.retryAfterMs;
    }
    if (now.status === 'invalid') throw await invalid(now, ends);
    return now;
  }

  async function invalid(of: Order, ends: AbortSignal): Promise<AcmeProblem> {
    // The reasons are of the authorizations. Without them, that of the order remains.
    const read = await authorizations(of, ends).catch((): readonly Authorization[] => []);
    ends.throwIfAborted();
    return new AcmeProblem(failureOf(of, read), { what: 'order a certificate', fate: 'nothing' });
  }

  async function finalize(of: Order, csr: Buffer, ends: AbortSignal): Promise<Order> {
    const payload = { csr: csr.toString('base64url') };
    try {
      return orderIn(
        await post(
          { action: 'finalize', what: 'finalize the order', url: own(of.finalize), payload, creates: true },
          ends,
        ),
        of.url,
      );
    } catch (error) {
      if (!(error instanceof ApiError) || !(error.fate === 'unknown' || error.code === 'orderNotReady')) throw error;
      const now = await order(of.url, ends);
      if (now.status === 'processing' || now.status === 'valid') return now;
      throw error;
    }
  }

  async function certificate(
    of: Order,
    publicKey: KeyObject,
    preferredChain: string | undefined,
    ends: AbortSignal,
  ): Promise<IssuedChain> {
    const what = 'download the certificate';
    if (of.certificate === undefined)
      throw unusable({ what, effect: 'nothing', status: 200 }, 'the order has no certificate');
    const download = async (url: string): Promise<Downloaded> => {
      const reply = await post(
        { action: 'certificate', what, url: own(url), accept: 'application/pem-certificate-chain' },
        ends,
      );
      const issued = issuedOf(reply.body, { identifiers: of.identifiers, publicKey });
      if ('unreadable' in issued) throw unusable(reply, issued.unreadable);
      if ('refused' in issued) throw new FailedOrderError(`${what}: the certificate is refused: ${issued.refused}`);
      return { reply, certificates: issued, topIssuer: topIssuerOf(issued) };
    };
    const found = [await download(of.certificate)] as [Downloaded, ...Downloaded[]];
    const [first] = found;
    const isPreferred = ({ topIssuer }: Downloaded): boolean => (preferredChain ?? topIssuer) === topIssuer;
    if (!isPreferred(first))
      for (const url of linksIn(first.reply, 'alternate')) {
        found.push(await download(url));
        if (found.some(isPreferred)) break;
      }
    const { certificates, topIssuer } = found.find(isPreferred) ?? first;
    return {
      certificates,
      topIssuer,
      isPreferred: found.some(isPreferred),
      topIssuers: [...new Set(found.map((each) => each.topIssuer))],
    };
  }

  function linksIn(reply: Reply, relation: 'alternate' | 'next'): readonly string[] {
    try {
      return linksOf(reply.header('link'), relation, MOST_LINKS, origin);
    } catch (error) {
      if (!(error instanceof ShapeError)) throw error;
      throw unusable(reply, error.message);
    }
  }

  async function revoke({ raw }: X509Certificate, reason: number, ends: AbortSignal): Promise<void> {
    const what = 'revoke a certificate';
    const payload = { certificate: raw.toString('base64url'), reason };
    try {
      await post({ action: 'revocation', what, url: urlFor(what, directory.revokeCert), payload }, ends);
    } catch (error) {
      if (!(error instanceof AcmeProblem && error.code === 'alreadyRevoked')) throw error;
    }
  }

  return {
    directory,
    accountUrl: () => account,
    clockDifferenceMs,
    requests: wire.requests,
    findAccount,
    lookUpAccount: (ends) => accountBy(key, ends),
    createAccount,
    account: (ends) => changeAccount('read the account', undefined, ends),
    updateContact: (contact, ends) => changeAccount('change the contact', { contact: [...contact] }, ends),
    rollover,
    deactivate: async (ends) => {
      await changeAccount('deactivate the account', { status: 'deactivated' }, ends);
    },
    newOrder,
    order,
    openOrders,
    authorizations,
    answer,
    untilReady: (of, ends) => poll(of, ({ status }) => status !== 'pending', STEP_LIMITS_MS.validation, ends),
    finalize,
    untilIssued: (of, ends) =>
      poll(of, ({ status }) => status === 'valid' || status === 'invalid', STEP_LIMITS_MS.issuance, ends),
    certificate,
    renewalInfo,
    revoke,
  };
}

/** The wait before the next read of an order, in ms. `retryAfterMs`: the wait that the server asked for. */
function pollWaitMs(retryAfterMs: number | undefined, polls: number): number {
  const { first, usual } = POLL_MS;
  return retryAfterMs === undefined || retryAfterMs === 0
    ? Math.min(usual, first * 2 ** Math.min(polls, 10))
    : Math.max(first, retryAfterMs);
}

function checkedUrl(url: string, which: string): string {
  try {
    secureUrl(url, which);
    return url;
  } catch (error) {
    throw error instanceof ShapeError ? new InputError(error.message) : error;
  }
}
