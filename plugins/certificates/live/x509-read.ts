/** Reads X.509 certificates and private keys from PEM text with node:crypto. */

import { instantText } from '#plugin';
import { datesOf, properDatesOf } from '#plugin/certificate-dates';
import { type KeyObject, X509Certificate, createPrivateKey, hash } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { USAGE_IDS, type Usage } from '../declared.ts';
import type { X509Seen } from '../world.ts';
import { type Block, blocksOf } from './pem.ts';
import { mustStaple } from './x509-extensions.ts';

const PRIVATE_KEY = /(?:^| )PRIVATE KEY$/u;
/** Maximum number of certificates read from a file; no chain is longer. */
const MAX_CERTIFICATES = 500;
/** Number of cached certificates; many pairs share the same authorities. */
const KEPT_CERTIFICATES = 200;
/** Number of cached keys, which the steps of one swap, and all swaps of an authority, read again. */
const KEPT_KEYS = 20;

/** Text and certificates of a PEM file; `problem` is the reason for which it is not a chain of certificates. */
export interface ChainSeen {
  readonly certificates: readonly X509Certificate[];
  readonly problem?: string;
  /** Reading ended at a broken block: servers refuse the file. */
  readonly broken?: true;
}

/** The start of a certificate or key in DER: a sequence with one or two length bytes. */
export function isDer(text: string): boolean {
  return text.startsWith('\u0030\u0082') || text.startsWith('\u0030\u0081');
}

/** An LRU cache of immutable values that are derived from bytes. */
function keeping<B extends string | Buffer, T>(most: number, make: (bytes: B) => T): (bytes: B) => T {
  const kept = new Map<string, T>();
  return (bytes) => {
    // Keyed by digest, so that the text of a private key is not kept.
    const name = hash('sha256', bytes);
    const made = kept.get(name) ?? make(bytes);
    kept.delete(name);
    kept.set(name, made);
    const [oldest] = kept.keys();
    if (kept.size > most && oldest !== undefined) kept.delete(oldest);
    return made;
  };
}

const parseCertificate = keeping(KEPT_CERTIFICATES, (der: Buffer) => new X509Certificate(der));
const parseKey = keeping(KEPT_KEYS, (block: string) => createPrivateKey({ key: block, format: 'pem' }));

/** The labels that OpenSSL accepts for a certificate; with trust settings (`TRUSTED`) only on request. */
const PLAIN = new Set(['CERTIFICATE', 'X509 CERTIFICATE']);
const TRUSTED = 'TRUSTED CERTIFICATE';

/** Reads the certificates of a PEM text. `trusted`: includes those with trust settings, in order. */
function readCertificates(pem: string, trusted: (place: number) => boolean): ChainSeen {
  const certificates: X509Certificate[] = [];
  for (const block of blocksOf(pem)) {
    if (block.kind === 'broken') return { certificates, problem: block.problem, broken: true };
    if (!PLAIN.has(block.label) && !(block.label === TRUSTED && trusted(certificates.length))) continue;
    if (certificates.length === MAX_CERTIFICATES)
      return { certificates, problem: `has more than ${MAX_CERTIFICATES} certificates` };
    const read = readCertificate(block, certificates.length === 0);
    if (typeof read === 'string') return { certificates, problem: read };
    certificates.push(read);
  }
  if (certificates.length > 0) return { certificates };
  return { certificates, problem: isDer(pem) ? 'is in DER form, not PEM' : 'has no certificate in it' };
}

/**
 * One certificate, or its fault. `isFirst`: OpenSSL reads bytes behind it as trust settings, and refuses others
 * (`d2i_X509_AUX`); behind later certificates, it ignores them.
 */
function readCertificate({ der, headers, line, text }: Block, isFirst: boolean): X509Certificate | string {
  if (headers !== '')
    return `has header lines in the certificate that begins in line ${line}, which is not read with them`;
  try {
    const certificate = parseCertificate(der);
    if (datesOf(certificate) === undefined) return 'has a certificate without a proper validity';
    if (isFirst && certificate.raw.length !== der.length && !hasTrustSettings(text))
      return `has other bytes behind the certificate that begins in line ${line}`;
    return certificate;
  } catch {
    return 'has a certificate that cannot be parsed';
  }
}

/** Reports whether Node.js, which reads PEM with `d2i_X509_AUX`, accepts what is behind a certificate. */
function hasTrustSettings(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}

/** The certificates of a server's file, as servers read them: all, or the fault of one of them. */
export function readChain(pem: string): ChainSeen {
  return readCertificates(pem, (place) => place === 0);
}

/** The certificates of a file of trust anchors. */
export function readTrusted(pem: string): ChainSeen {
  return readCertificates(pem, () => true);
}

export type KeySeen =
  | { readonly key: KeyObject }
  | { readonly problem: string; readonly code: 'damaged' | 'encrypted' };

/** Reads an unencrypted PKCS#8, PKCS#1 or SEC1 key, at any position. Faults contain nothing of the text. */
export function readKey(pem: string): KeySeen {
  for (const block of blocksOf(pem)) {
    if (block.kind === 'broken') return { problem: block.problem, code: 'damaged' };
    const { label, headers, text } = block;
    if (!PRIVATE_KEY.test(label)) continue;
    // PKCS#8 marks encryption in the label, the older forms in a header (RFC 1421, 4.6.1.1).
    if (label === 'ENCRYPTED PRIVATE KEY' || /^Proc-Type: *4, *ENCRYPTED/mu.test(headers))
      return { problem: 'is encrypted', code: 'encrypted' };
    try {
      return { key: parseKey(text) };
    } catch {
      return { problem: 'has a private key that cannot be parsed', code: 'damaged' };
    }
  }
  return { problem: isDer(pem) ? 'is in DER form, not PEM' : 'has no private key in it', code: 'damaged' };
}

const CURVES: Readonly<Record<string, string>> = {
  prime256v1: 'ecdsa-p256',
  secp384r1: 'ecdsa-p384',
  secp521r1: 'ecdsa-p521',
};

/** `ecdsa-p256`, `rsa-2048`, `ed25519`; other curves and types by their own names. */
export function keyAlgorithmOf(key: KeyObject): string {
  const type = key.asymmetricKeyType ?? 'unknown';
  const details = key.asymmetricKeyDetails;
  if (type === 'ec') return CURVES[details?.namedCurve ?? ''] ?? `ecdsa-${details?.namedCurve ?? 'unknown'}`;
  if (type === 'rsa' || type === 'rsa-pss') return `${type}-${details?.modulusLength ?? 0}`;
  return type;
}

function publicKeyAlgorithm(certificate: X509Certificate): string {
  try {
    return keyAlgorithmOf(certificate.publicKey);
  } catch {
    return 'unknown';
  }
}

/** Entries of a subjectAltName as Node prints it; entries with a comma or a quote are JSON strings. */
function alternativeNames(text: string | undefined, kind: string): readonly string[] {
  const names: string[] = [];
  for (const [, type, value] of (text ?? '').matchAll(/(?:^|, )([A-Za-z0-9 ]+):("(?:[^"\\]|\\.)*"|[^,]*)/gu)) {
    if (type !== kind || value === undefined) continue;
    names.push(value.startsWith('"') ? unquoted(value) : value);
  }
  return names;
}

/** The types of the entries of a subjectAltName. */
function alternativeTypes(text: string | undefined): readonly string[] {
  return [...(text ?? '').matchAll(/(?:^|, )([A-Za-z0-9 ]+):(?:"(?:[^"\\]|\\.)*"|[^,]*)/gu)].map(
    ([, type]) => type ?? '',
  );
}

function unquoted(value: string): string {
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === 'string' ? parsed : value;
  } catch {
    return value;
  }
}

/** SHA-256 of a public key in SPKI form. Throws without a public key. */
export function publicKeyFingerprint(key: KeyObject): string {
  return `sha256:${hash('sha256', key.export({ type: 'spki', format: 'der' }))}`;
}

export function fingerprintOf(certificate: X509Certificate): string {
  return `sha256:${certificate.fingerprint256.replaceAll(':', '').toLowerCase()}`;
}

/**
 * Reports whether one certificate was signed by the key of another. `checkIssued` also tests whether the other
 * is permitted to sign, which a self-signed server certificate is not.
 */
export function isSignedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  const known = signed.get(certificate)?.get(issuer);
  if (known !== undefined) return known;
  const is = verifies(certificate, issuer);
  signed.set(certificate, (signed.get(certificate) ?? new WeakMap<X509Certificate, boolean>()).set(issuer, is));
  return is;
}

/** Cached verifications; the verdict depends on the two certificates alone. */
const signed = new WeakMap<X509Certificate, WeakMap<X509Certificate, boolean>>();

function verifies(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return certificate.issuer === issuer.subject && certificate.verify(issuer.publicKey);
  } catch {
    return false;
  }
}

/** A distinguished name on one line, with control and bidirectional characters escaped. */
export function oneLine(name: string | undefined): string {
  return (name ?? '')
    .split('\n')
    .filter((part) => part !== '')
    .join(', ')
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (letter) => `\\u{${(letter.codePointAt(0) ?? 0).toString(16)}}`);
}

/** An IP address in its usual form: Node.js prints all groups of an IPv6 address. */
function shortAddress(address: string): string {
  return isIPv6(address) ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;
}

const USAGES = Object.keys(USAGE_IDS) as readonly Usage[];

/** Values of a certificate that a document cannot declare; `names` are the declarable ones. */
function undeclarableIn(certificate: X509Certificate, names: readonly string[]): readonly string[] {
  const ids = certificate.keyUsage ?? [];
  const known = new Set<string>(Object.values(USAGE_IDS));
  const others = alternativeTypes(certificate.subjectAltName).filter((type) => type !== 'DNS' && type !== 'IP Address');
  return [
    ...[...new Set(others)].flatMap((type) =>
      alternativeNames(certificate.subjectAltName, type).map((value) => `the name ${oneLine(`${type}:${value}`)}`),
    ),
    ...ids.filter((id) => !known.has(id)).map((id) => `the usage ${id}`),
    ...(mustStaple(certificate) ? ['the TLS feature must-staple'] : []),
    // Clients of a server ignore the subject. Servers identify a client by it.
    ...(ids.length === 1 && ids[0] === USAGE_IDS.serverAuth ? [] : subjectBeyond(certificate, names)),
  ];
}

/** A common name that a document can declare as its first name. */
const DECLARABLE = /^CN=(?:[a-z0-9-]+\.)+[a-z0-9-]+$/iu;

/** The subject, if it identifies more than one of the names. */
function subjectBeyond({ subject }: X509Certificate, names: readonly string[]): readonly string[] {
  const parts = (subject as string | undefined)?.split('\n').filter((part) => part !== '') ?? [];
  const isName = (part: string): boolean =>
    DECLARABLE.test(part) || (part.startsWith('CN=') && names.includes(part.slice(3).toLowerCase()));
  return parts.every(isName) ? [] : [`the subject ${oneLine(subject)}`];
}

const seen = new WeakMap<X509Certificate, X509Seen>();

/** The facts of one certificate. Throws without a proper validity. */
export function x509Seen(certificate: X509Certificate): X509Seen {
  const known = seen.get(certificate) ?? shownOf(certificate);
  seen.set(certificate, known);
  return known;
}

function shownOf(certificate: X509Certificate): X509Seen {
  const names = alternativeNames(certificate.subjectAltName, 'DNS').map((name) => name.toLowerCase());
  const ipAddresses = alternativeNames(certificate.subjectAltName, 'IP Address').map(shortAddress);
  const ids = certificate.keyUsage ?? [];
  const undeclarable = undeclarableIn(certificate, [...names, ...ipAddresses]);
  const { notBefore, notAfter } = properDatesOf(certificate);
  return {
    fingerprint: fingerprintOf(certificate),
    subject: oneLine(certificate.subject),
    issuer: oneLine(certificate.issuer),
    serial: certificate.serialNumber.toLowerCase(),
    not_before: instantText(notBefore),
    not_after: instantText(notAfter),
    dnsNames: [...new Set(names)].sort(),
    ipAddresses,
    usages: USAGES.filter((usage) => ids.includes(USAGE_IDS[usage])),
    ...(undeclarable.length === 0 ? {} : { undeclarable }),
    keyAlgorithm: publicKeyAlgorithm(certificate),
    ca: certificate.ca,
    ...(mustStaple(certificate) ? { must_staple: true } : {}),
    self_signed: isSignedBy(certificate, certificate),
  };
}

const owners = new WeakMap<KeyObject, WeakMap<X509Certificate, boolean>>();

/** Reports whether a private key belongs to a certificate. */
export function isKeyOf(key: KeyObject, certificate: X509Certificate): boolean {
  const known = owners.get(key)?.get(certificate);
  if (known !== undefined) return known;
  const is = fitsKey(key, certificate);
  owners.set(key, (owners.get(key) ?? new WeakMap<X509Certificate, boolean>()).set(certificate, is));
  return is;
}

function fitsKey(key: KeyObject, certificate: X509Certificate): boolean {
  try {
    return certificate.checkPrivateKey(key);
  } catch {
    return false;
  }
}
