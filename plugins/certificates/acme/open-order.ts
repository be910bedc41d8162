/** An order that outlives its step: what it is for, and when the authority is asked for it again. Pure. */

import { comingAt, counted, digestOf, type Facts, type Instant, instantOf, instantText } from '#plugin';
import { ipAddressesOf, plainAddress } from '../declared.ts';
import type { CertificateMemory, CertificateSpec } from '../generated.ts';
import { type AcmeSpec, directoryUrl } from './directories.ts';

export type OpenOrder = NonNullable<CertificateMemory['order']>;

/** Limits of the wait until an order is asked for again, in ms. Without a time of the authority, the wait doubles. */
const ASK_AGAIN_MS = { least: 60_000, first: 5 * 60_000, most: 4 * 3_600_000 };
/** Steps that wait for one order. The sum of their doubled waits is more than a day. */
export const MOST_WAITS = 12;

/** The names of a certificate in their usual form, sorted. */
export function identifiersOf(spec: Pick<CertificateSpec, 'dnsNames' | 'ipAddresses'>): readonly string[] {
  const names = new Set(spec.dnsNames.map((name) => name.toLowerCase()));
  return [...[...names].sort(), ...[...new Set(ipAddressesOf(spec).map(plainAddress))].sort()];
}

/**
 * Digest of everything that decides about an order: one with another digest is not continued. The key of the account does
 * not count, because a rollover keeps the account.
 */
export function purposeOf(
  { directory, profile }: Pick<AcmeSpec, 'directory' | 'profile'>,
  account: string | undefined,
  spec: Pick<CertificateSpec, 'dnsNames' | 'ipAddresses' | 'keyAlgorithm'>,
): string {
  const { keyAlgorithm } = spec;
  return digestOf({
    directory: directoryUrl(directory),
    account: account ?? '',
    profile: profile ?? '',
    names: identifiersOf(spec),
    keyAlgorithm,
  });
}

/**
 * The recorded order, if a step with this purpose goes on with it. A certificate outlives its order, and an order that steps
 * have waited for until it expired fails its step, which creates no other.
 */
export function usableOrder(order: OpenOrder | undefined, purpose: string, now: Instant): OpenOrder | undefined {
  if (order?.for !== purpose) return undefined;
  const { expires, download, waits } = order;
  const hasExpired = expires !== undefined && instantOf(expires) <= now;
  return hasExpired && download === undefined && waits === undefined ? undefined : order;
}

/** The order after one more step that waited for it. Undefined if no further step waits. */
export function waitedFor(
  order: OpenOrder,
  seen: {
    readonly status: string;
    readonly now: Instant;
    readonly retryAfterMs: number | undefined;
    readonly expires: Instant | undefined;
  },
): (OpenOrder & { readonly again: string }) | undefined {
  const { waits = 0 } = order;
  if (waits + 1 > MOST_WAITS) return undefined;
  const { least, first, most } = ASK_AGAIN_MS;
  const waitMs = Math.min(most, Math.max(least, seen.retryAfterMs ?? first * 2 ** waits));
  const again = Math.min(seen.now + waitMs, Math.max(seen.now + least, seen.expires ?? Number.POSITIVE_INFINITY));
  return { ...order, waits: waits + 1, status: seen.status, again: instantText(again) };
}

/** The time before which an order is not asked for again; undefined if the authority may be asked. */
export function askedAgainAt(order: OpenOrder | undefined, now: Instant): Instant | undefined {
  return comingAt(order?.again, now, ASK_AGAIN_MS.most);
}

/** The places of recorded values of a challenge. */
export function valuePlaces({ prepared }: CertificateMemory['presented'][number]): readonly string[] {
  const { values } = prepared as { readonly values: readonly { readonly place: string }[] };
  return values.map(({ place }) => place);
}

/** An order that the authority has not completed, in words. */
export function pendingText({ again, status, waits = 0 }: OpenOrder): string {
  return `the authority has not completed the order in ${counted(waits, 'run')}: it is ${status}, and fettle asks for it again at ${again}`;
}

export function pendingFacts({ url, again, waits }: OpenOrder): Facts {
  return { order: url, again: again ?? '', waits: waits ?? 0 };
}
