/** Orders of the emulated authority (RFC 8555, 7.4; RFC 9773, 5). */

import { randomBytes } from 'node:crypto';
import { addressNumber } from '#plugin/net';
import type { Authority, State } from './context.ts';
import type { Counted } from './limits.ts';
import {
  type Account,
  type Authz,
  type Identifier,
  type Issued,
  nameKey,
  type Order,
  setOf,
  statusOf,
} from './model.ts';
import { PERSIST } from './persist-record.ts';
import { malformed, RefusalError } from './refusal.ts';
import type { Answer, Asked, ServedEndpoint } from './server.ts';
import { fieldsOf } from './verify.ts';

/** Entries on one page of a list. */
const PAGE = 10;
const ORDER_MS = 8 * 3_600_000;

/** The registered domains of an order, by which certificates are counted. */
export function domainsOf(
  { identifiers }: Pick<Order, 'identifiers'>,
  registeredDomains: State['registeredDomains'],
): readonly string[] {
  const valuesOf = (type: Identifier['type']): readonly string[] =>
    identifiers.filter((each) => each.type === type).map(({ value }) => value);
  return registeredDomains(valuesOf('dns'), valuesOf('ip'));
}

export function orderEndpoints(authority: Authority): readonly ServedEndpoint[] {
  const { options, orders, authorizations, challenges, certificates, counts, requests, nextId, at } = authority;
  const { orderAnswer, ownOrder, registeredDomains, renewals } = authority;
  const { profiles, now } = options;
  const { refusedNames = [], reusesOrders = false } = options;

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

  function newAuthz(account: Account, { type, value }: Identifier): Authz {
    const wildcard = value.startsWith('*.');
    const types = [...(wildcard ? [] : ['http-01']), ...(type === 'ip' ? [] : ['dns-01', PERSIST])];
    const made: Authz = {
      id: nextId(),
      account,
      type,
      value: wildcard ? value.slice(2) : value,
      wildcard,
      challenges: types.map((each) => ({
        id: nextId(),
        type: each,
        ...(each === PERSIST ? {} : { token: randomBytes(32).toString('base64url') }),
        status: 'pending',
      })),
    };
    authorizations.set(made.id, made);
    for (const each of made.challenges) challenges.set(each.id, made);
    return made;
  }

  function check(kind: Counted, subjects: readonly string[]): void {
    for (const subject of subjects) counts.check(kind, subject);
  }

  /** Checks the limits of a new order, and counts it. */
  function limit(account: Account, identifiers: Order['identifiers']): void {
    const keys = identifiers.map(nameKey);
    const isRenewal = renewals.isRenewal(setOf(keys));
    if (!isRenewal) {
      check('ordersPerAccount', [account.id]);
      check('certificatesPerDomain', domainsOf({ identifiers }, registeredDomains));
    }
    check('certificatesPerSet', [setOf(keys)]);
    check(
      'failuresPerName',
      keys.map((key) => `${account.id} ${key}`),
    );
    if (!isRenewal) counts.add('ordersPerAccount', account.id);
  }

  /** The order of an account that can still be finalized, for these names. */
  function openOrder(account: Account, keys: readonly string[], profile: string): Order | undefined {
    return [...orders.values()].find(
      (each) =>
        each.account === account &&
        each.profile === profile &&
        each.expires > now() &&
        setOf(each.identifiers.map(nameKey)) === setOf(keys) &&
        ['pending', 'ready'].includes(statusOf(each)),
    );
  }

  function newOrder(asked: Asked): Answer {
    const { account, payload = {} } = requests.byAccount(asked);
    const identifiers = identifiersOf(payload['identifiers']);
    const profile = profileOf(payload['profile']);
    const replaced = replacedBy(payload['replaces'], account, identifiers);
    const keys = identifiers.map(nameKey);
    const open = !reusesOrders || replaced !== undefined ? undefined : openOrder(account, keys, profile);
    if (open !== undefined) return orderAnswer(open, 201);
    if (!renewals.isExempt(replaced)) limit(account, identifiers);
    const order: Order = {
      id: nextId(),
      at: now(),
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

  /** Orders that can still be used, as pages. */
  function list(asked: Asked, id: string): Answer {
    const { account } = requests.byAccount(asked);
    if (account.id !== id) throw new RefusalError('unauthorized', 403, 'the account is another one');
    const from = Number(/\?from=(\d+)$/u.exec(asked.path)?.[1] ?? 0);
    const own = [...orders.values()].filter((each) => each.account === account && statusOf(each) !== 'invalid');
    const rest =
      own.length > from + PAGE ? { link: `<${at(`account/${id}/orders?from=${from + PAGE}`)}>;rel="next"` } : {};
    return { headers: rest, body: { orders: own.slice(from, from + PAGE).map((each) => at(`order/${each.id}`)) } };
  }

  return [
    { name: 'orders', path: /^\/account\/(\d+)\/orders(?:\?from=\d+)?$/u, post: list },
    { name: 'new-order', path: /^\/new-order$/u, post: newOrder },
    {
      name: 'order',
      path: /^\/order\/(\d+)$/u,
      post: (asked, id) => orderAnswer(ownOrder(requests.byAccount(asked).account, id), 200),
    },
  ];
}
