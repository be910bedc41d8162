/** Trust anchors of probes: one secure context for each set of PEM files, created on first use. */

import { X509Certificate } from 'node:crypto';
import { resolve } from 'node:path';
import { DEFAULT_CIPHERS, type SecureContext, createSecureContext, getCACertificates } from 'node:tls';
import type { KeyType, Trust, TrustProblem } from '../world.ts';
import { type FileSeen, readWhole } from './files.ts';
import { isDer, readKey, readTrusted } from './x509-read.ts';

const TRUST_LIMIT = 1_048_576;

/**
 * The preferred key exchange. OpenSSL's default, with ML-KEM, costs a fifth of a probe's time;
 * servers that need other groups are probed again with all of them.
 */
const QUICK_GROUPS = 'X25519:P-256:P-384:P-521';

/** Suites with the faster SHA-256 key schedule come before equally strong ones. */
const QUICK_SUITE = 'TLS_AES_128_GCM_SHA256';
const QUICK_CIPHERS = [QUICK_SUITE, ...DEFAULT_CIPHERS.split(':').filter((each) => each !== QUICK_SUITE)].join(':');

export type Groups = 'quick' | 'all';

const ECDSA = 'ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:ed448';
const RSA = 'RSA-PSS+SHA256:RSA-PSS+SHA384:RSA-PSS+SHA512:RSA+SHA256:RSA+SHA384:RSA+SHA512';

/** The certificates that a client accepts: of one key type alone, or of both with a preference for RSA. */
export type Accepted = KeyType | 'rsa-first';

/** Signature algorithms, by which servers select a certificate, and excluded suites of TLS 1.2. */
const ACCEPTED: Readonly<Record<Accepted, { readonly sigalgs: string; readonly without: string }>> = {
  ecdsa: { sigalgs: ECDSA, without: ':!aRSA' },
  rsa: { sigalgs: RSA, without: ':!aECDSA' },
  'rsa-first': { sigalgs: `${RSA}:${ECDSA}`, without: '' },
};

/** One trusted certificate. */
export interface Anchor {
  readonly pem: string;
  /** The file of the certificate, as declared. */
  readonly file: string;
}

/** Anchors in addition to the well-known ones. */
export interface TrustSet extends Pick<Trust, 'id'> {
  readonly anchors: readonly Anchor[];
}

/** A set of anchors, in the forms that probes need. */
export interface Made {
  /** Anchors, which need not be roots. */
  readonly partial: boolean;
  readonly context: (groups: Groups, accepted?: Accepted) => SecureContext;
  /** Anchors with this subject, as node:crypto prints it. */
  readonly bySubject: (subject: string) => readonly X509Certificate[];
  /** The file of an anchor; undefined for well-known ones. */
  readonly fileOf: (certificate: X509Certificate) => string | undefined;
}

export interface Anchors {
  readonly of: (set: TrustSet) => Made;
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

/** A file name that is safe to paste into a shell command. */
const PLAIN_NAME = /^[A-Za-z0-9_./][A-Za-z0-9_./-]*$/u;

/** The fault of a file of anchors, other than those of the PEM reader. */
function anchorsProblem(seen: FileSeen, file: string): string | undefined {
  if (seen.kind === 'missing') return 'is missing';
  if (seen.kind === 'other') return `is ${seen.what}`;
  const { text } = seen;
  const { problem } = readTrusted(text);
  if (problem === undefined) return undefined;
  if (text.trim() === '') return 'is empty';
  const named = PLAIN_NAME.test(file) ? file : 'FILE';
  if (isCertificate(text))
    return `is in DER form, not PEM; convert it: openssl x509 -inform DER -in ${named} -out ${named}.pem`;
  if (isDer(text)) return 'is in a binary form, not PEM';
  if (/^-----BEGIN (?:PKCS7|CMS)-----/mu.test(text))
    return `is a PKCS#7 bundle; convert it: openssl pkcs7 -print_certs -in ${named} -out ${named}.pem`;
  if (isKey(text)) return 'holds a private key, and no certificate';
  return problem;
}

function isKey(text: string): boolean {
  const key = readKey(text);
  return 'key' in key || key.code === 'encrypted';
}

function isCertificate(text: string): boolean {
  try {
    return isDer(text) && new X509Certificate(Buffer.from(text, 'latin1')).subject !== undefined;
  } catch {
    return false;
  }
}

/** Reads the certificates of PEM files, and their faults. Throws a StorageError if a file cannot be read. */
export async function readAnchors(
  folder: string,
  files: readonly string[],
): Promise<{ readonly anchors: readonly Anchor[]; readonly problems: readonly TrustProblem[] }> {
  const anchors: Anchor[] = [];
  const problems: TrustProblem[] = [];
  for (const file of files) {
    const seen = await readWhole(resolve(folder, file), TRUST_LIMIT);
    const problem = anchorsProblem(seen, file);
    if (problem !== undefined) problems.push({ file, problem, missing: seen.kind === 'missing' });
    if (seen.kind === 'file')
      anchors.push(...readTrusted(seen.text).certificates.map((each) => ({ pem: each.toString(), file })));
  }
  return { anchors, problems };
}

type BySubject = ReadonlyMap<string, readonly X509Certificate[]>;

function bySubjectOf(pems: readonly string[]): BySubject {
  return Map.groupBy(
    pems.map((pem) => new X509Certificate(pem)),
    (each) => each.subject,
  );
}

/** The well-known anchors, parsed once for all sets because that takes some ms. */
const wellKnown = once(() => bySubjectOf(getCACertificates('default')));

/** The well-known anchors with a subject, as node:crypto prints it. */
export function wellKnownAnchors(subject: string): readonly X509Certificate[] {
  return wellKnown().get(subject) ?? [];
}

/** The anchors that NODE_EXTRA_CA_CERTS adds, by subject. */
const extra = once(() => bySubjectOf(getCACertificates('extra')));

/** Reports whether NODE_EXTRA_CA_CERTS adds a certificate. */
export function isExtraAnchor({ subject, raw }: X509Certificate): boolean {
  return (extra().get(subject) ?? []).some((each) => each.raw.equals(raw));
}

function make({ anchors }: TrustSet): Made {
  const pems = anchors.map(({ pem }) => pem);
  const options = once(() =>
    pems.length === 0
      ? {}
      : {
          ca: [...getCACertificates('default'), ...pems],
          // An anchor can be an authority below a root: the declared certificates are trusted.
          allowPartialTrustChain: true,
        },
  );
  const contexts = new Map<string, SecureContext>();
  const create = (groups: Groups, accepted: Accepted | undefined): SecureContext => {
    const only = accepted === undefined ? undefined : ACCEPTED[accepted];
    const ciphers = groups === 'quick' ? QUICK_CIPHERS : DEFAULT_CIPHERS;
    return createSecureContext({
      ...options(),
      ...(groups === 'quick' ? { ecdhCurve: QUICK_GROUPS } : {}),
      ciphers: ciphers + (only?.without ?? ''),
      ...(only === undefined ? {} : { sigalgs: only.sigalgs }),
    });
  };
  const own = once(() => bySubjectOf(pems));
  const files = once(() => new Map(anchors.map(({ pem, file }) => [new X509Certificate(pem).fingerprint256, file])));
  return {
    context: (groups, accepted) => {
      const key = `${groups} ${accepted ?? ''}`;
      const known = contexts.get(key) ?? create(groups, accepted);
      contexts.set(key, known);
      return known;
    },
    bySubject: (subject) => [...wellKnownAnchors(subject), ...(own().get(subject) ?? [])],
    fileOf: (certificate) => files().get(certificate.fingerprint256),
    partial: pems.length > 0,
  };
}

/** Maximum number of cached sets; each holds all well-known anchors, and takes some ms to create. */
const MOST_KEPT = 16;

/** Creates each set once, and caches the most recently used ones. */
export function openAnchors(): Anchors {
  const kept = new Map<string, Made>();
  return {
    of: (set) => {
      const key = set.anchors.map(({ pem, file }) => `${file}\n${pem}`).join('');
      const made = kept.get(key) ?? make(set);
      kept.delete(key);
      kept.set(key, made);
      const [oldest] = kept.keys();
      if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
      return made;
    },
  };
}
