/** The state and the settings of an emulated authority, which its endpoints share. */

import type { AcmeIssuer } from './issuer.ts';
import type { Counts, Limits } from './limits.ts';
import { type Account, type Authz, iso, type Issued, type Order, statusOf } from './model.ts';
import { RefusalError } from './refusal.ts';
import type { Renewals } from './renewals.ts';
import type { Requests } from './requests.ts';
import type { Answer } from './server.ts';
import type { Validation } from './validate.ts';

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
  /** Its name in URLs, if it has one: that name has to lead to this machine. Without a name, it is 127.0.0.1. */
  readonly host?: string;
  /** The first one is for orders that name none. */
  readonly profiles?: Readonly<Record<string, AcmeProfile>>;
  /** Keys by id, in base64url: accounts then need one. */
  readonly externalAccounts?: Readonly<Record<string, string>>;
  /** Names that are refused, with those below them. */
  readonly refusedNames?: readonly string[];
  /** Answers an order with the open one of the account for the same names and profile, as Let's Encrypt does. */
  readonly reusesOrders?: true;
  readonly caaIdentities?: readonly string[];
  readonly limits?: Limits;
  readonly retryAfterSeconds?: number;
  /** Epoch ms. */
  readonly now: () => number;
}

export interface RenewalSuggestion {
  /** Epoch ms. */
  readonly start: number;
  readonly end: number;
  readonly explanationURL?: string;
}

/** The settings with their defaults. */
export type Settings = AcmeSandboxOptions & Required<Pick<AcmeSandboxOptions, 'profiles' | 'caaIdentities'>>;

export interface State {
  readonly options: Settings;
  readonly issuer: AcmeIssuer;
  readonly accounts: Map<string, Account>;
  readonly orders: Map<string, Order>;
  readonly authorizations: Map<string, Authz>;
  /** The authorization of each challenge. */
  readonly challenges: Map<string, Authz>;
  /** By the identifier of RFC 9773. */
  readonly certificates: Map<string, Issued>;
  readonly suggestions: Map<string, RenewalSuggestion>;
  readonly counts: Counts;
  readonly registeredDomains: (names: readonly string[], addresses: readonly string[]) => readonly string[];
  readonly nextId: () => string;
  /** The URL of a path. */
  readonly at: (path: string) => string;
  readonly retryAfter: Readonly<Record<string, string>>;
}

export interface Authority extends State {
  readonly requests: Requests;
  readonly renewals: Renewals;
  readonly orderAnswer: (order: Order, status: number) => Answer;
  /** Throws a RefusalError for an order of another account. */
  readonly ownOrder: (account: Account, id: string) => Order;
}

/** The answers about orders, which several endpoints give. */
export function orderAnswers({ options, orders, at, retryAfter }: State): Pick<Authority, 'orderAnswer' | 'ownOrder'> {
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
    if (order === undefined || order.account !== account || options.now() > order.expires)
      throw new RefusalError('malformed', 404, 'the order does not exist');
    return order;
  }

  return { orderAnswer, ownOrder };
}
