/**
 * An ACME authority on this machine (RFC 8555, RFC 9773), for `fettle sandbox` and for tests.
 *
 * It speaks the real protocol over HTTPS, verifies signatures, takes each nonce once, and validates challenges: it fetches
 * files from addresses of this machine, and asks a DNS server. Accounts and orders are in memory. The faults of a test are data
 * that can change at any time.
 */

import type { X509Certificate } from 'node:crypto';
import { accountEndpoints } from './accounts.ts';
import { certificateEndpoints } from './certificates.ts';
import { challengeEndpoints } from './challenges.ts';
import {
  type AcmeProfile,
  type AcmeSandboxOptions,
  type Authority,
  orderAnswers,
  type RenewalSuggestion,
  type Settings,
  type State,
} from './context.ts';
import { openIssuer } from './issuer.ts';
import { type Limits, openCounts } from './limits.ts';
import { statusOf } from './model.ts';
import { orderEndpoints } from './orders.ts';
import { openRenewals } from './renewals.ts';
import { openRequests } from './requests.ts';
import { type Answer, type Faults, serve, type ServedEndpoint } from './server.ts';

/** An order as a test sees it. */
export interface OrderSeen {
  /** Time of its creation, epoch ms. */
  readonly at: number;
  readonly names: readonly string[];
  readonly status: ReturnType<typeof statusOf>;
  /** Identifiers of certificates as RFC 9773 has them: the one that it replaces, and its own. */
  readonly replaces?: string;
  readonly certificate?: string;
  readonly leaf?: X509Certificate;
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
  /** Orders from the first on. */
  readonly orders: () => readonly OrderSeen[];
  readonly stop: () => Promise<void>;
}

const DAY = 86_400;
const PROFILES: Readonly<Record<string, AcmeProfile>> = {
  classic: { description: '90 days', validitySeconds: 90 * DAY },
  tlsserver: { description: '45 days', validitySeconds: 45 * DAY },
  shortlived: { description: '160 hours', validitySeconds: 160 * 3600 },
};

/** Starts the authority on a port of 127.0.0.1. */
export async function startAcme(options: AcmeSandboxOptions): Promise<AcmeSandbox> {
  const settings: Settings = { profiles: PROFILES, caaIdentities: ['acme.example.test'], ...options };
  const { now } = settings;
  const issuer = await openIssuer(settings.folder, now(), settings.host);
  let limits: Limits = settings.limits ?? {};
  let last = 0;
  const { registeredDomains } = await import('../../acme/registered.ts');
  const server = await serve({ pair: issuer.serverPair, port: settings.port ?? 0, host: settings.host, now });
  const at = (path: string): string => `${server.origin}/${path}`;
  const state: State = {
    options: settings,
    issuer,
    accounts: new Map(),
    orders: new Map(),
    authorizations: new Map(),
    challenges: new Map(),
    certificates: new Map(),
    suggestions: new Map(),
    counts: openCounts(() => limits, now),
    registeredDomains,
    nextId: () => String((last += 1)),
    at,
    retryAfter: { 'retry-after': String(settings.retryAfterSeconds ?? 1) },
  };
  const requests = openRequests(state.accounts, at, server.takeNonce);
  const authority: Authority = { ...state, requests, renewals: openRenewals(state, now), ...orderAnswers(state) };

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
          externalAccountRequired: settings.externalAccounts !== undefined,
          caaIdentities: settings.caaIdentities,
          profiles: Object.fromEntries(
            Object.entries(settings.profiles).map(([name, { description }]) => [name, description]),
          ),
        },
      },
    };
  }

  const pages: readonly ServedEndpoint[] = [
    { name: 'directory', path: /^\/directory$/u, get: directory },
    { name: 'new-nonce', path: /^\/new-nonce$/u, get: () => ({ body: '' }) },
    { name: 'terms', path: /^\/terms$/u, get: () => ({ body: 'Terms of a sandbox' }) },
  ];
  server.open([
    ...pages,
    ...accountEndpoints(authority),
    ...orderEndpoints(authority),
    ...challengeEndpoints(authority),
    ...certificateEndpoints(authority),
  ]);
  return {
    directory: at('directory'),
    ca: issuer.serverCa,
    roots: issuer.roots,
    faults: server.faults,
    setLimits: (next) => {
      limits = next;
    },
    suggestRenewal: (id, suggestion) => void state.suggestions.set(id, suggestion),
    counts: server.counts,
    certificates: () => [...state.certificates.values()].map(({ leaf }) => leaf),
    orders: () =>
      [...state.orders.values()].map(
        (order): OrderSeen => ({
          at: order.at,
          names: order.identifiers.map(({ value }) => value),
          status: statusOf(order),
          ...(order.replaces === undefined ? {} : { replaces: order.replaces }),
          ...(order.certificate === undefined
            ? {}
            : { certificate: order.certificate.id, leaf: order.certificate.leaf }),
        }),
      ),
    stop: server.stop,
  };
}
