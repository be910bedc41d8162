/**
 * The path of certificates from a leaf to a trust anchor as OpenSSL builds it, to find the certificate that ends first,
 * and to explain a refusal. OpenSSL alone decides on trust, never this file.
 *
 * An issuer is searched among the anchors first, then among the served certificates; of several, one that is valid at the time
 * is preferred, and of those that are not, the one that ends last (`build_chain` of OpenSSL 3).
 */

import type { X509Certificate } from 'node:crypto';
import { datesOf } from '#plugin/certificate-dates';
import { isSignedBy } from './x509-read.ts';

/** Anchors with a subject, as node:crypto prints it. */
export type AnchorsOf = (subject: string) => readonly X509Certificate[];

export interface ClientPath {
  /** The leaf first. */
  readonly path: readonly X509Certificate[];
  /** Set if the path ends at an anchor. */
  readonly anchored: boolean;
}

export interface PathInput {
  readonly leaf: X509Certificate;
  /** The certificates served with the leaf. */
  readonly others: readonly X509Certificate[];
  readonly anchorsOf: AnchorsOf;
  /** Anchors, which need not be roots. */
  readonly partial: boolean;
}

const MAX_PATH = 20;

/** OpenSSL's error codes about dates. */
export const DATE_CODES: ReadonlySet<string> = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID']);

/** False for a certificate without a proper validity. */
export function isValidAt(certificate: X509Certificate, at: number): boolean {
  const dates = datesOf(certificate);
  return dates !== undefined && dates.notBefore <= at && at <= dates.notAfter;
}

/** The end of a certificate, epoch ms; before every time without a proper validity. */
export function endOf(certificate: X509Certificate): number {
  return datesOf(certificate)?.notAfter ?? Number.NEGATIVE_INFINITY;
}

function same(a: X509Certificate, b: X509Certificate): boolean {
  return a === b || a.raw.equals(b.raw);
}

function isSelfIssued(certificate: X509Certificate): boolean {
  return certificate.subject === certificate.issuer;
}

/** Reports whether the served certificates alone lead to a root: clients need to know no authority below it. */
export function isComplete({ path, anchored }: ClientPath, served: readonly X509Certificate[]): boolean {
  const root = path.at(-1);
  if (!anchored || root === undefined || !isSelfIssued(root)) return false;
  return path.slice(0, -1).every((each) => served.some((other) => same(each, other)));
}

function bestIssuer(
  of: X509Certificate,
  candidates: readonly X509Certificate[],
  at: number,
): X509Certificate | undefined {
  // A certificate that signed without permission is on the path, which is the reason for the refusal.
  const fitting = candidates.filter((each) => of.checkIssued(each) || isSignedBy(of, each));
  return (
    fitting.find((each) => isValidAt(each, at)) ??
    fitting.reduce<X509Certificate | undefined>(
      (last, each) => (last === undefined || endOf(each) > endOf(last) ? each : last),
      undefined,
    )
  );
}

/** The path that a client builds at a time, epoch ms. */
export function clientPath({ leaf, others, anchorsOf, partial }: PathInput, at: number): ClientPath {
  const path = [leaf];
  const unused = others.filter((each) => !same(each, leaf));
  let amongAnchors = false;
  while (path.length < MAX_PATH) {
    const last = path.at(-1) ?? leaf;
    const anchor = bestIssuer(last, anchorsOf(last.issuer), at);
    if (anchor !== undefined && isSelfIssued(last)) {
      // The anchor of a self-signed certificate is that certificate alone.
      if (same(anchor, last)) return { path, anchored: true };
    } else if (anchor !== undefined) {
      path.push(anchor);
      if (partial || isSelfIssued(anchor)) return { path, anchored: true };
      amongAnchors = true;
      continue;
    }
    const next = amongAnchors || isSelfIssued(last) ? undefined : bestIssuer(last, unused, at);
    if (next === undefined) break;
    unused.splice(unused.indexOf(next), 1);
    path.push(next);
  }
  const isAnchor = partial && path.length > 0 && anchorsOf(leaf.subject).some((each) => same(each, leaf));
  return isAnchor ? { path: [leaf], anchored: true } : { path, anchored: false };
}

/** The certificate of a path that ends first; of two that end together, the one nearer to the leaf. */
function firstToEnd(path: readonly X509Certificate[]): X509Certificate | undefined {
  return path.reduce<X509Certificate | undefined>(
    (first, each) => (first === undefined || endOf(each) < endOf(first) ? each : first),
    undefined,
  );
}

/** Dates of certificates are whole seconds and include their end. */
const NEXT_MS = 1000;
const MOST_PATHS = 20;

/**
 * The certificate whose end is the end of all paths: if a certificate of a path ends and another path exists, clients
 * use that path. `present` is the path at `now`. Undefined if no path is valid at `now`.
 */
export function endOfPaths(
  input: PathInput,
  now: number,
  present: ClientPath = clientPath(input, now),
): X509Certificate | undefined {
  let end: X509Certificate | undefined;
  let at = now;
  for (let round = 0; round < MOST_PATHS; round += 1) {
    const { path, anchored } = round === 0 ? present : clientPath(input, at);
    if (!anchored || path.some((each) => !isValidAt(each, at))) return end;
    end = firstToEnd(path);
    if (end === undefined || end === input.leaf) return end;
    at = endOf(end) + NEXT_MS;
  }
  return end;
}

const MOST_STEPS = 200;

/**
 * The certificate whose end is the end of a chain, at any time: of all paths upwards, the one that lasts
 * longest counts, and of that the first to end. A path ends at an anchor, or, if none does, at any certificate whose
 * issuer is not known.
 */
export function endOfChain({ leaf, others, anchorsOf }: Omit<PathInput, 'partial'>): X509Certificate {
  let steps = 0;
  const best = { anchored: undefined as X509Certificate | undefined, open: undefined as X509Certificate | undefined };
  const keep = (which: keyof typeof best, path: readonly X509Certificate[]): void => {
    const end = firstToEnd(path);
    const known = best[which];
    if (end !== undefined && (known === undefined || endOf(end) > endOf(known))) best[which] = end;
  };
  const climb = (path: readonly X509Certificate[]): void => {
    const last = path.at(-1) ?? leaf;
    steps += 1;
    if (steps > MOST_STEPS || path.length > MAX_PATH) return;
    if (isSelfIssued(last)) {
      keep('anchored', path);
      return;
    }
    const anchors = anchorsOf(last.issuer).filter((each) => last.checkIssued(each));
    for (const anchor of anchors) keep('anchored', [...path, anchor]);
    const next = others.filter((each) => last.checkIssued(each) && !path.some((known) => same(known, each)));
    for (const each of next) climb([...path, each]);
    if (anchors.length === 0 && next.length === 0) keep('open', path);
  };
  climb([leaf]);
  return best.anchored ?? best.open ?? leaf;
}
