/** An ACME authority for tests: a server with its anchors, and a place for the answers to its challenges. */

/** Features that an older authority lacks. */
export type Feature = 'ari' | 'profiles';

export interface AuthorityOptions {
  /** The DNS server that Pebble asks, instead of the one of its program. */
  readonly resolver?: string;
  /** Share of good nonces that are rejected, in percent. */
  readonly rejectNonces?: number;
  /** Keys of external accounts by their id, in base64url; an account then needs one. */
  readonly externalAccounts?: Readonly<Record<string, string>>;
  /** The test itself answers http-01, at `httpPort`. */
  readonly ownHttp?: true;
}

export interface TestAuthority {
  /** URL of the directory. */
  readonly directory: string;
  /** Anchor of its own HTTPS. PEM. */
  readonly ca: string;
  /** The name of a profile for each order; undefined without profiles. */
  readonly profile: string | undefined;
  /** Port at which names are asked for http-01. */
  readonly httpPort: number;
  /** The DNS server that the authority asks, with the records of `addTxt`: `127.0.0.1:5353`. */
  readonly resolver: string;
  /** Answers http-01 for all names. */
  readonly serveFile: (token: string, content: string) => Promise<void>;
  /** Adds a TXT record. `host`: `_acme-challenge.www.example.test`. */
  readonly addTxt: (host: string, value: string) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Lifetimes in seconds of the profiles of each authority that has them. */
export const PROFILES = {
  default: { description: '90 days', validityPeriod: 7_776_000 },
  tlsserver: { description: '45 days', validityPeriod: 3_888_000 },
  shortlived: { description: '6 days', validityPeriod: 576_000 },
};

/** A name that each authority refuses. */
export const BLOCKED_NAME = 'blocked-domain.example';
