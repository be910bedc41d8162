/**
 * Flaws of the certificates of a path, as OpenSSL judges them for a TLS server at security level 2.
 *
 * They explain a refusal by OpenSSL, and let a plan refuse such a path. Dates and signatures are checked elsewhere.
 */

import type { X509Certificate } from 'node:crypto';
import { namesNotAllowed } from '../name-constraints.ts';
import {
  constraintsOf,
  hasBasicConstraints,
  maySignCertificates,
  pathLengthOf,
  signatureIdOf,
} from './x509-extensions.ts';
import { oneLine } from './x509-read.ts';

const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
/** Old names of the same purpose, by Netscape and Microsoft, which OpenSSL also accepts for authorities. */
const SERVER_PURPOSES: readonly string[] = [SERVER_AUTH, '2.16.840.1.113730.4.1', '1.3.6.1.4.1.311.10.3.3'];

/** Signatures whose hash is weaker than 112 bits: by MD2, MD4, MD5 and SHA-1, for RSA, DSA and ECDSA. */
const WEAK_SIGNATURES: Readonly<Record<string, string>> = {
  '2a864886f70d010102': 'MD2',
  '2a864886f70d010103': 'MD4',
  '2a864886f70d010104': 'MD5',
  '2a864886f70d010105': 'SHA-1',
  '2b0e03021d': 'SHA-1',
  '2a8648ce380403': 'SHA-1',
  '2a8648ce3d0401': 'SHA-1',
};

const LEAST_RSA_BITS = 2048;

export function subjectText(certificate: X509Certificate): string {
  const subject = oneLine(certificate.subject);
  return subject === '' ? 'a certificate without a name' : subject;
}

function keyFlaw(certificate: X509Certificate): string | undefined {
  try {
    const { asymmetricKeyType: type, asymmetricKeyDetails: details } = certificate.publicKey;
    const bits = details?.modulusLength;
    if (bits === undefined || bits >= LEAST_RSA_BITS) return undefined;
    return `the key of ${subjectText(certificate)} is too weak: ${(type ?? '').toUpperCase()} of ${bits} bits; the minimum is ${LEAST_RSA_BITS}`;
  } catch {
    return `the key of ${subjectText(certificate)} is of a kind that cannot be read`;
  }
}

function signatureFlaw(certificate: X509Certificate): string | undefined {
  // Clients do not rely on the signature of a self-signed certificate.
  if (certificate.subject === certificate.issuer) return undefined;
  const hash = WEAK_SIGNATURES[signatureIdOf(certificate)];
  return hash === undefined ? undefined : `the signature of ${subjectText(certificate)} is too weak: ${hash}`;
}

function purposeFlaw(certificate: X509Certificate): string | undefined {
  const purposes = certificate.keyUsage as readonly string[] | undefined;
  if (purposes === undefined || purposes.some((each) => SERVER_PURPOSES.includes(each))) return undefined;
  return `${subjectText(certificate)} is not valid for TLS servers (its extended key usage does not have serverAuth)`;
}

/** `isUpper`: the certificate is above another authority. */
function signingFlaw(authority: X509Certificate, isUpper: boolean): string | undefined {
  const subject = subjectText(authority);
  // A root of X.509 version 1 has no field that marks an authority.
  const isOldRoot = isUpper && authority.subject === authority.issuer && !hasBasicConstraints(authority);
  if (!maySignCertificates(authority))
    return `${subject} is not permitted to sign certificates (its key usage does not have keyCertSign)`;
  return authority.ca || isOldRoot ? undefined : `${subject} is not a certificate of an authority`;
}

/** `below`: number of authorities between this one and the leaf, without self-issued ones. */
function lengthFlaw(authority: X509Certificate, below: number): string | undefined {
  const most = pathLengthOf(authority);
  if (most === undefined || below <= most) return undefined;
  return `${subjectText(authority)} allows ${most === 0 ? 'no authority' : `at most ${most}`} below it (its path length is ${most}); the path has ${below}`;
}

/** The first flaw of the authorities of a path, from the lowest; undefined if none. */
export function authoritiesFlaw(authorities: readonly X509Certificate[]): string | undefined {
  let below = 0;
  for (const [i, authority] of authorities.entries()) {
    const flaw =
      signingFlaw(authority, i > 0) ??
      lengthFlaw(authority, below) ??
      purposeFlaw(authority) ??
      keyFlaw(authority) ??
      signatureFlaw(authority);
    if (flaw !== undefined) return flaw;
    if (authority.subject !== authority.issuer) below += 1;
  }
  return undefined;
}

function constraintFlaw(authority: X509Certificate, names: readonly string[]): string | undefined {
  const { dns } = constraintsOf(authority);
  const refused = dns === undefined ? [] : namesNotAllowed(names, dns);
  const [first] = refused;
  if (first === undefined) return undefined;
  const only = dns?.permitted === undefined ? '' : `, only for ${dns.permitted.slice(0, 3).map(oneLine).join(', ')}`;
  return `${subjectText(authority)} is not permitted to sign for ${oneLine(first)}${only}`;
}

/** The first flaw of the certificates of a path; `dnsNames` are those of the leaf. */
export function pathFlaw(path: readonly X509Certificate[], dnsNames: readonly string[]): string | undefined {
  const [leaf, ...authorities] = path;
  if (leaf === undefined) return undefined;
  const constraints = authorities.map((each) => constraintFlaw(each, dnsNames)).find((each) => each !== undefined);
  return keyFlaw(leaf) ?? signatureFlaw(leaf) ?? purposeFlaw(leaf) ?? authoritiesFlaw(authorities) ?? constraints;
}
