/** ACME directories: their addresses, and the published properties of well-known ones. Pure. */

import type { CertificateSpec, IssuerSpec } from '../generated.ts';

export type AcmeSpec = NonNullable<IssuerSpec['acme']>;

const WELL_KNOWN = {
  letsencrypt: 'https://acme-v02.api.letsencrypt.org/directory',
  'letsencrypt-staging': 'https://acme-staging-v02.api.letsencrypt.org/directory',
} as const;

/** The address of a directory. */
export function directoryUrl(directory: string): string {
  return directory === 'letsencrypt' || directory === 'letsencrypt-staging' ? WELL_KNOWN[directory] : directory;
}

/** True if clients trust the certificates of the Issuer: its directory is verified by the well-known anchors. */
export function isPublic({ directory, ca }: Pick<AcmeSpec, 'directory' | 'ca'>): boolean {
  return ca === undefined && directoryUrl(directory) !== WELL_KNOWN['letsencrypt-staging'];
}

/** The rehearsal directory of a production one; undefined if none is known. */
export function stagingOf(directory: string): string | undefined {
  return directoryUrl(directory) === WELL_KNOWN.letsencrypt ? WELL_KNOWN['letsencrypt-staging'] : undefined;
}

/** A limit of new orders: `max` at once, which a period refills evenly. */
export interface OrderLimit {
  /** The unit that the limit counts: orders of an account, or certificates for a registered domain or for exactly the same names. */
  readonly by: 'account' | 'domain' | 'set';
  readonly max: number;
  readonly perMs: number;
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

export function limitsOf(directory: string): readonly OrderLimit[] {
  return PUBLISHED[directoryUrl(directory)] ?? [];
}

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
