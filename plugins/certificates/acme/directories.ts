/** ACME directories: their addresses, and the published properties of well-known ones. Pure. */

import { durationMs, type Mistake, suggest } from '#plugin';
import type { CertificatesConfig, CertificateSpec, IssuerSpec } from '../generated.ts';

export type AcmeSpec = NonNullable<IssuerSpec['acme']>;

const WELL_KNOWN = {
  letsencrypt: 'https://acme-v02.api.letsencrypt.org/directory',
  'letsencrypt-staging': 'https://acme-staging-v02.api.letsencrypt.org/directory',
  zerossl: 'https://acme.zerossl.com/v2/DV90',
  google: 'https://dv.acme-v02.api.pki.goog/directory',
  'google-staging': 'https://dv.acme-v02.test-api.pki.goog/directory',
} as const;

const STAGING: Readonly<Record<string, string>> = {
  [WELL_KNOWN.letsencrypt]: WELL_KNOWN['letsencrypt-staging'],
  [WELL_KNOWN.google]: WELL_KNOWN['google-staging'],
};

function isWellKnown(directory: string): directory is keyof typeof WELL_KNOWN {
  return Object.hasOwn(WELL_KNOWN, directory);
}

/** The address of a directory, in the form that all spellings of the address share. */
export function directoryUrl(directory: string): string {
  if (isWellKnown(directory)) return WELL_KNOWN[directory];
  if (!URL.canParse(directory)) return directory;
  const url = new URL(directory);
  url.hash = '';
  url.hostname = url.hostname.replace(/\.$/u, '');
  return url.href;
}

/** A directory as a document has it: the name of a well-known one, else its address. */
export function directoryName(directory: string): string {
  return Object.entries(WELL_KNOWN).find(([, url]) => url === directory)?.[0] ?? directory;
}

/** The mistake of a text that is neither the name of a directory nor an address with https; undefined if it is one. */
export function directoryMistake(text: string): Pick<Mistake, 'message' | 'suggestion'> | undefined {
  if (isWellKnown(text) || (/^https:\/\/\S+$/u.test(text) && URL.canParse(text))) return undefined;
  const suggestion = suggest(text, Object.keys(WELL_KNOWN), 'use an address with https, or one of');
  return {
    message: `${text} is not the name or the address of a directory`,
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}

/** True if clients trust the certificates of the Issuer: its directory is verified by the well-known anchors. */
export function isPublic({ directory, ca }: Pick<AcmeSpec, 'directory' | 'ca'>): boolean {
  return ca === undefined && !Object.values(STAGING).includes(directoryUrl(directory));
}

/** The rehearsal directory of a production one; undefined if none is known. */
export function stagingOf(directory: string): string | undefined {
  return STAGING[directoryUrl(directory)];
}

/** A limit of new orders: `max` at once, which a period refills evenly. */
export interface OrderLimit {
  /** The unit that the limit counts: orders of an account, or certificates for a registered domain or for exactly the same names. */
  readonly by: 'account' | 'domain' | 'set';
  readonly max: number;
  readonly perMs: number;
  /** True for a limit of `fettle.yaml`. */
  readonly declared?: true;
}

const HOUR_MS = 3_600_000;
const WEEK_MS = 7 * 24 * HOUR_MS;

/** Limits of Let's Encrypt for new orders (https://letsencrypt.org/docs/rate-limits/, August 2026). Others publish none. */
const PUBLISHED: Readonly<Record<string, readonly OrderLimit[]>> = {
  [WELL_KNOWN.letsencrypt]: [
    { by: 'account', max: 300, perMs: 3 * HOUR_MS },
    { by: 'domain', max: 50, perMs: WEEK_MS },
    { by: 'set', max: 5, perMs: WEEK_MS },
  ],
};

export type DeclaredLimits = CertificatesConfig['acme']['limits'];

/** Names of the units in the settings. */
const UNITS = { account: 'account', domain: 'domain', names: 'set' } as const;

function declaredLimits(url: string, declared: DeclaredLimits): readonly OrderLimit[] {
  return Object.entries(declared)
    .filter(([directory]) => directoryUrl(directory) === url)
    .flatMap(([, limits]) =>
      Object.entries(UNITS).flatMap(([name, by]): readonly OrderLimit[] => {
        const limit = limits[name as keyof typeof UNITS];
        return limit === undefined ? [] : [{ by, max: limit.max, perMs: durationMs(limit.per), declared: true }];
      }),
    );
}

/** The limits of a directory. Each of them must have room: a declared one permits no order that a published one does not. */
export function limitsOf(directory: string, declared: DeclaredLimits = {}): readonly OrderLimit[] {
  const url = directoryUrl(directory);
  return [...(PUBLISHED[url] ?? []), ...declaredLimits(url, declared)];
}

/**
 * True if the directory exempts renewals from its limits: from all of them an order that replaces a certificate of the account
 * (RFC 9773, 5) within the window that it suggests, and from those of accounts and domains every other order for names that
 * had a certificate in the last `RENEWAL_MS`.
 */
export function exemptsRenewals(directory: string): boolean {
  return PUBLISHED[directoryUrl(directory)] !== undefined;
}

/** The time in which a directory that exempts renewals knows an order for the same names as one. */
export const RENEWAL_MS = 120 * 24 * HOUR_MS;

/** Limits of the period of a declared limit, in ms: the longest published one is counted. */
export const PERIOD_MS = { least: 60_000, most: WEEK_MS };

/** Properties of certificates that a directory refuses, by its published rules. */
export interface DirectoryRules {
  readonly mostNames: number;
  /** Profiles that permit IP addresses. */
  readonly addressProfiles: readonly string[];
  readonly keyAlgorithms: readonly CertificateSpec['keyAlgorithm'][];
}

const SMALL_PROFILES: ReadonlySet<string> = new Set(['tlsserver', 'shortlived']);

/** Undefined for directories without published rules. */
export function rulesOf({ directory, profile }: Pick<AcmeSpec, 'directory' | 'profile'>): DirectoryRules | undefined {
  const url = directoryUrl(directory);
  if (url !== WELL_KNOWN.letsencrypt && url !== WELL_KNOWN['letsencrypt-staging']) return undefined;
  return {
    mostNames: profile !== undefined && SMALL_PROFILES.has(profile) ? 25 : 100,
    addressProfiles: ['shortlived'],
    keyAlgorithms: ['ecdsa-p256', 'ecdsa-p384', 'rsa-2048', 'rsa-4096'],
  };
}
