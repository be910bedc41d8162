/** Reads certificate extensions that node:crypto does not expose from DER (RFC 5280, 4.1 and 4.2). */

import type { X509Certificate } from 'node:crypto';
import type { NameConstraints } from '../world.ts';
import { BITS, ENUMERATED, INTEGER, OBJECT_ID, OCTETS, SEQUENCE, type Value, contextTag, valuesOf } from './der.ts';

/** 2.5.29.15 */
const KEY_USAGE = Buffer.from('551d0f', 'hex');
/** 2.5.29.19 */
const BASIC_CONSTRAINTS = Buffer.from('551d13', 'hex');
/** 1.3.6.1.5.5.7.1.24 */
const TLS_FEATURE = Buffer.from('2b06010505070118', 'hex');
/** The TLS extension `status_request` (RFC 6066, 8). */
const STATUS_REQUEST = 5;
/** 2.5.29.35 */
const AUTHORITY_KEY_ID = Buffer.from('551d23', 'hex');
/** 2.5.29.30 */
const NAME_CONSTRAINTS = Buffer.from('551d1e', 'hex');
/** 1.3.6.1.4.1.11129.2.4.2 */
const TIMESTAMPS = Buffer.from('2b06010401d679020402', 'hex');
const EXTENSIONS = contextTag(3, true);
const PERMITTED = contextTag(0, true);
const EXCLUDED = contextTag(1, true);
const DNS_NAME = contextTag(2, false);
const KEY_ID = contextTag(0, false);
const DIRECTORY_NAME = contextTag(4, true);

/** The signed fields of a certificate; empty if its form is unusual. */
function fieldsOf(certificate: X509Certificate): readonly Value[] {
  const [whole] = valuesOf(certificate.raw) ?? [];
  const [signed] = whole === undefined ? [] : (valuesOf(whole.content) ?? []);
  return signed === undefined ? [] : (valuesOf(signed.content) ?? []);
}

/** The content of an extension; undefined if absent, or if the form of the certificate is unusual. */
function extensionOf(certificate: X509Certificate, id: Buffer): Buffer | undefined {
  const tagged = fieldsOf(certificate).find(({ tag }) => tag === EXTENSIONS);
  const [list] = tagged === undefined ? [] : (valuesOf(tagged.content) ?? []);
  for (const extension of list === undefined ? [] : (valuesOf(list.content) ?? [])) {
    const parts = extension.tag === SEQUENCE ? (valuesOf(extension.content) ?? []) : [];
    const [name] = parts;
    if (name?.tag === OBJECT_ID && name.content.equals(id)) return parts.find(({ tag }) => tag === OCTETS)?.content;
  }
  return undefined;
}

export interface Constraints {
  /** Constraints on DNS names; absent without any. */
  readonly dns?: NameConstraints;
  /** Set if the constraints also cover subjects. */
  readonly subjects: boolean;
}

/** The name constraints of an authority's certificate. */
export function constraintsOf(certificate: X509Certificate): Constraints {
  const der = extensionOf(certificate, NAME_CONSTRAINTS);
  const [whole] = der === undefined ? [] : (valuesOf(der) ?? []);
  const trees = whole === undefined ? [] : (valuesOf(whole.content) ?? []);
  const bases = (tag: number) =>
    trees
      .filter((tree) => tree.tag === tag)
      .flatMap((tree) => valuesOf(tree.content) ?? [])
      .flatMap((subtree) => (valuesOf(subtree.content) ?? []).slice(0, 1));
  const dns = (tag: number): readonly string[] =>
    bases(tag)
      .filter((base) => base.tag === DNS_NAME)
      .map((base) => base.content.toString('latin1'));
  const permitted = dns(PERMITTED);
  const excluded = dns(EXCLUDED);
  const subjects = [...bases(PERMITTED), ...bases(EXCLUDED)].some(({ tag }) => tag === DIRECTORY_NAME);
  if (permitted.length === 0 && excluded.length === 0) return { subjects };
  return { dns: { ...(permitted.length === 0 ? {} : { permitted }), excluded }, subjects };
}

/** Basic constraints: true for an authority. */
export function hasBasicConstraints(certificate: X509Certificate): boolean {
  return extensionOf(certificate, BASIC_CONSTRAINTS) !== undefined;
}

/** Path length: maximum number of authorities between this one and a leaf; undefined if absent. */
export function pathLengthOf(certificate: X509Certificate): number | undefined {
  const der = extensionOf(certificate, BASIC_CONSTRAINTS);
  const [whole] = der === undefined ? [] : (valuesOf(der) ?? []);
  const length = (whole === undefined ? [] : (valuesOf(whole.content) ?? [])).find(({ tag }) => tag === INTEGER);
  if (length === undefined || length.content.length === 0) return undefined;
  // No chain is longer than four bytes can express.
  return length.content.length > 4 ? Number.MAX_SAFE_INTEGER : length.content.readIntBE(0, length.content.length);
}

/** The key identifier of the authority; undefined if absent. */
export function authorityKeyIdOf(certificate: X509Certificate): Buffer | undefined {
  const der = extensionOf(certificate, AUTHORITY_KEY_ID);
  const [whole] = der === undefined ? [] : (valuesOf(der) ?? []);
  return (whole === undefined ? [] : (valuesOf(whole.content) ?? [])).find(({ tag }) => tag === KEY_ID)?.content;
}

/** The serial number as DER has it, with a zero byte before a set high bit. */
export function serialOf(certificate: X509Certificate): Buffer | undefined {
  return fieldsOf(certificate).find(({ tag }) => tag === INTEGER)?.content;
}

/** The bit of keyCertSign in the first byte of a key usage (RFC 5280, 4.2.1.3). */
const CERT_SIGN = 0x04;

/** Reports whether the key usage, if present, permits signing certificates. */
export function maySignCertificates(certificate: X509Certificate): boolean {
  const der = extensionOf(certificate, KEY_USAGE);
  if (der === undefined) return true;
  const [bits] = valuesOf(der) ?? [];
  return bits?.tag === BITS && ((bits.content[1] ?? 0) & CERT_SIGN) !== 0;
}

/** Reports whether servers of a certificate have to staple an OCSP response (RFC 7633). */
export function mustStaple(certificate: X509Certificate): boolean {
  const der = extensionOf(certificate, TLS_FEATURE);
  const [list] = der === undefined ? [] : (valuesOf(der) ?? []);
  const features = list === undefined ? [] : (valuesOf(list.content) ?? []);
  return features.some(({ tag, content }) => tag === INTEGER && content.length === 1 && content[0] === STATUS_REQUEST);
}

/** Reports whether a log of certificate transparency has confirmed a certificate (RFC 6962, 3.3). */
export function hasTimestamps(certificate: X509Certificate): boolean {
  return extensionOf(certificate, TIMESTAMPS) !== undefined;
}

/** Reports whether a stapled OCSP response is a successful one (RFC 6960, 4.2.1). */
export function isSuccessfulStaple(der: Buffer): boolean {
  const [whole] = valuesOf(der) ?? [];
  const [status] = whole === undefined ? [] : (valuesOf(whole.content) ?? []);
  return status?.tag === ENUMERATED && status.content.length === 1 && status.content[0] === 0;
}

/** The object identifier of the signature algorithm, in hex digits. */
export function signatureIdOf(certificate: X509Certificate): string {
  const [whole] = valuesOf(certificate.raw) ?? [];
  const [, algorithm] = whole === undefined ? [] : (valuesOf(whole.content) ?? []);
  const [id] = algorithm === undefined ? [] : (valuesOf(algorithm.content) ?? []);
  return id?.tag === OBJECT_ID ? id.content.toString('hex') : '';
}
