/** Trust anchors of probes: one secure context for each set of PEM files, made when it is first needed. */

import { X509Certificate } from 'node:crypto';
import { resolve } from 'node:path';
import { DEFAULT_CIPHERS, type SecureContext, createSecureContext, getCACertificates } from 'node:tls';
import type { Trust } from '../world.ts';
import { isExpired, isNotYetValid } from '../days.ts';
import { readWhole } from './files.ts';
import { isSignedBy, readChain } from './x509-read.ts';

const TRUST_LIMIT = 1_048_576;

/**
 * The key exchange that is offered first. OpenSSL's own first choice, with ML-KEM, costs a fifth of a probe's time;
 * servers that want other groups are asked again with all of them.
 */
const QUICK_GROUPS = 'X25519:P-256:P-384:P-521';

/** A suite whose key schedule is by SHA-256 is offered before the equally good ones that take longer. */
const QUICK_SUITE = 'TLS_AES_128_GCM_SHA256';
const QUICK_CIPHERS = [QUICK_SUITE, ...DEFAULT_CIPHERS.split(':').filter((each) => each !== QUICK_SUITE)].join(':');

export type Groups = 'quick' | 'all';

/** Anchors that are trusted beside the well-known ones, as PEM. */
export interface TrustSet extends Trust {
  readonly pems: readonly string[];
}

/** A set of anchors in the forms that probes need. */
interface Made {
  readonly context: (groups: Groups) => SecureContext;
  /** Anchors with this subject, as node:crypto prints it. */
  readonly bySubject: (subject: string) => readonly X509Certificate[];
}

export interface Anchors {
  readonly context: (set: TrustSet, groups: Groups) => SecureContext;
  readonly bySubject: (set: TrustSet, subject: string) => readonly X509Certificate[];
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

/** Reads the certificates of PEM files. What is missing, or holds none, is left out. Throws a StorageError where a file can't be read. */
export async function readAnchors(folder: string, files: readonly string[]): Promise<readonly string[]> {
  const pems: string[] = [];
  for (const file of files) {
    const seen = await readWhole(resolve(folder, file), TRUST_LIMIT);
    if (seen.kind === 'file') pems.push(...readChain(seen.text).certificates.map((each) => each.toString()));
  }
  return pems;
}

function make({ pems }: TrustSet): Made {
  const options = once(() =>
    pems.length === 0
      ? {}
      : {
          ca: [...getCACertificates('default'), ...pems],
          // An anchor may be an authority below a root: what is written is what is trusted.
          allowPartialTrustChain: true,
        },
  );
  const quick = once(() => createSecureContext({ ...options(), ecdhCurve: QUICK_GROUPS, ciphers: QUICK_CIPHERS }));
  const all = once(() => createSecureContext(options()));
  const subjects = once(() =>
    Map.groupBy(
      [...getCACertificates('default'), ...pems].map((pem) => new X509Certificate(pem)),
      (each) => each.subject,
    ),
  );
  return {
    context: (groups) => (groups === 'quick' ? quick() : all()),
    bySubject: (subject) => subjects().get(subject) ?? [],
  };
}

/** Sets that are kept made: each holds all well-known anchors, and takes some ms to make. */
const MOST_KEPT = 16;

/** Makes each set once, and keeps those that were needed last. */
export function openAnchors(): Anchors {
  const kept = new Map<string, Made>();
  const madeOf = (set: TrustSet): Made => {
    const key = set.pems.join('');
    const made = kept.get(key) ?? make(set);
    kept.delete(key);
    kept.set(key, made);
    const [oldest] = kept.keys();
    if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
    return made;
  };
  return {
    context: (set, groups) => madeOf(set).context(groups),
    bySubject: (set, subject) => madeOf(set).bySubject(subject),
  };
}

const MAX_CHAIN = 10;

function isValidAt(certificate: X509Certificate, now: number): boolean {
  const validity = { notBefore: certificate.validFromDate.getTime(), notAfter: certificate.validToDate.getTime() };
  return !isExpired(validity, now) && !isNotYetValid(validity, now);
}

/**
 * Whether a chain leads to an anchor, the dates of its leaf left aside. OpenSSL names one error only: for a leaf that
 * has expired it does not say whether it would have been trusted otherwise.
 */
export function leadsToAnchor(
  chain: readonly X509Certificate[],
  anchorsOf: (subject: string) => readonly X509Certificate[],
  now: number,
): boolean {
  let [current] = chain;
  for (let length = 0; current !== undefined && length < MAX_CHAIN; length++) {
    const last: X509Certificate = current;
    if (anchorsOf(last.subject).some((anchor) => anchor.fingerprint256 === last.fingerprint256)) return true;
    if (anchorsOf(last.issuer).some((anchor) => isSignedBy(last, anchor) && isValidAt(anchor, now))) return true;
    current = chain.find((each) => each !== last && isSignedBy(last, each) && isValidAt(each, now));
  }
  return false;
}
