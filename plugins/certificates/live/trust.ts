/** Trust anchors of probes: one secure context for each set of PEM files, made when it is first needed. */

import { X509Certificate } from 'node:crypto';
import { resolve } from 'node:path';
import { type SecureContext, createSecureContext, getCACertificates } from 'node:tls';
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

export type Groups = 'quick' | 'all';

/** A set of anchors: the well-known ones, and more. */
export interface TrustSet extends Trust {
  readonly context: (groups: Groups) => SecureContext;
  /** Anchors with this subject, as node:crypto prints it. */
  readonly anchors: (subject: string) => readonly X509Certificate[];
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

/** Reads the PEM files of a set. What is missing, or holds no certificates, is left out. Throws a StorageError where a file can't be read. */
export async function readTrustSet(folder: string, files: readonly string[]): Promise<TrustSet> {
  const extra: X509Certificate[] = [];
  for (const file of files) {
    const seen = await readWhole(resolve(folder, file), TRUST_LIMIT);
    if (seen.kind === 'file') extra.push(...readChain(seen.text).certificates);
  }
  const options = once(() =>
    extra.length === 0
      ? {}
      : {
          ca: [...getCACertificates('default'), ...extra.map((each) => each.toString())],
          // An anchor may be an authority below a root: what is written is what is trusted.
          allowPartialTrustChain: true,
        },
  );
  const quick = once(() => createSecureContext({ ...options(), ecdhCurve: QUICK_GROUPS }));
  const all = once(() => createSecureContext(options()));
  const bySubject = once(() => {
    const known = getCACertificates('default').map((pem) => new X509Certificate(pem));
    return Map.groupBy([...known, ...extra], (each) => each.subject);
  });
  return {
    id: files.join('\n'),
    context: (groups) => (groups === 'quick' ? quick() : all()),
    anchors: (subject) => bySubject().get(subject) ?? [],
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
export function leadsToAnchor(chain: readonly X509Certificate[], trust: TrustSet, now: number): boolean {
  let [current] = chain;
  for (let length = 0; current !== undefined && length < MAX_CHAIN; length++) {
    const last: X509Certificate = current;
    if (trust.anchors(last.subject).some((anchor) => anchor.fingerprint256 === last.fingerprint256)) return true;
    if (trust.anchors(last.issuer).some((anchor) => isSignedBy(last, anchor) && isValidAt(anchor, now))) return true;
    current = chain.find((each) => each !== last && isSignedBy(last, each) && isValidAt(each, now));
  }
  return false;
}
