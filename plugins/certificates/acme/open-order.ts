/** An order that outlives its step: what it is for, and when the authority is asked for it again. Pure. */

import { comingAt, counted, digestOf, type Facts, type Instant, instantOf, instantText } from '#plugin';
import { ipAddressesOf, plainAddress } from '../declared.ts';
import type { CertificateMemory, CertificateSpec } from '../generated.ts';
import { type AcmeSpec, directoryUrl } from './directories.ts';

export type OpenOrder = NonNullable<CertificateMemory['order']>;

const HOUR_MS = 3_600_000;
/**
 * Limits of the wait until an order is asked for again, in ms. It doubles from `first`, or from `least` if the authority names
 * a shorter one: an order that takes a week must not be asked for every minute.
 */
const ASK_AGAIN_MS = { least: 60_000, first: 5 * 60_000, most: 4 * HOUR_MS };
/** Limits of the time in which steps wait for one order, in ms: until it expires, or `usual` if the authority does not say when. */
const WAITING_MS = { usual: 24 * HOUR_MS, most: 30 * 24 * HOUR_MS };
/** The number of waits that the state can record. */
const MOST_WAITS = 1000;

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

/** The end of an authority's answer about an order. */
interface Seen {
  readonly status: string;
  readonly now: Instant;
  readonly retryAfterMs: number | undefined;
  readonly expires: Instant | undefined;
}

function recordedTime(text: string | undefined): Instant | undefined {
  const at = instantOf(text);
  return Number.isNaN(at) ? undefined : at;
}

/** The time until which steps wait for an order. */
function waitedUntil({ expires }: OpenOrder, since: Instant, seen: Seen): Instant {
  const { usual, most } = WAITING_MS;
  return Math.min(since + most, seen.expires ?? recordedTime(expires) ?? since + usual);
}

/** The order after one more step that waited for it. Undefined if no further step waits. */
export function waitedFor(order: OpenOrder, seen: Seen): (OpenOrder & { readonly again: string }) | undefined {
  const { waits = 0, waiting_since: recorded } = order;
  const { status, now, retryAfterMs } = seen;
  // A time that the clock had before it was set back would let steps wait for too long.
  const since = Math.min(now, recordedTime(recorded) ?? now);
  const until = waitedUntil(order, since, seen);
  if (now >= until) return undefined;
  const { least, first, most } = ASK_AGAIN_MS;
  const doubled = (from: number): number => from * 2 ** waits;
  const waitMs = Math.min(most, retryAfterMs === undefined ? doubled(first) : Math.max(retryAfterMs, doubled(least)));
  return {
    ...order,
    waits: Math.min(MOST_WAITS, waits + 1),
    waiting_since: instantText(since),
    status,
    again: instantText(Math.min(now + waitMs, Math.max(now + least, until))),
  };
}

/**
 * True if an authority may answer another order of the account for the same names with this one, as Let's Encrypt does: it has
 * been neither finalized nor given up.
 */
export function mayBeHandedOut({ status, download, expires }: OpenOrder, now: Instant): boolean {
  return download === undefined && status !== 'processing' && (recordedTime(expires) ?? Number.POSITIVE_INFINITY) > now;
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
