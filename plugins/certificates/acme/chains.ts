/** The chains of an issued certificate: what a server's answer must have, and the choice among alternate chains. */

import type { KeyObject, X509Certificate } from 'node:crypto';
import { addressNumber } from '#plugin/net';
import { datesOf } from '#plugin/certificate-dates';
import { isSignedBy, oneLine, readChain, x509Seen } from '../live/x509-read.ts';
import { type Identifier, identifierKey } from './answers.ts';
import { lineOf } from './problems.ts';

export interface IssuedChain {
  /** The leaf first. */
  readonly certificates: readonly X509Certificate[];
  /** The common name of the issuer of the topmost certificate. */
  readonly topIssuer: string;
  /** False if no chain of the authority has the preferred issuer at its top. */
  readonly isPreferred: boolean;
  /** Those of all chains that were read: without the preferred one, of all chains that the authority has. */
  readonly topIssuers: readonly string[];
}

export interface ExpectedLeaf {
  readonly identifiers: readonly Identifier[];
  readonly publicKey: KeyObject;
}

const MOST_CERTIFICATES = 10;

function spki(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' });
}

function hasKey(leaf: X509Certificate, key: KeyObject): boolean {
  try {
    return spki(leaf.publicKey).equals(spki(key));
  } catch {
    return false;
  }
}

/** The names of a certificate as identifiers are compared. */
function namesOf(leaf: X509Certificate): string {
  const { dnsNames, ipAddresses } = x509Seen(leaf);
  const keys = [
    ...dnsNames.map((value) => identifierKey({ type: 'dns', value })),
    ...ipAddresses.map((value) => `ip:${addressNumber(value)?.toString(16)}`),
  ];
  return [...new Set(keys)].sort().join(' ');
}

/** The certificates of an answer (PEM), or the reason why they must not be used. */
export function issuedOf(pem: string, expected: ExpectedLeaf): readonly X509Certificate[] | { readonly why: string } {
  const { certificates, problem } = readChain(pem);
  const [leaf] = certificates;
  if (problem !== undefined || leaf === undefined) return { why: `the chain ${lineOf(problem ?? 'is empty')}` };
  if (certificates.length > MOST_CERTIFICATES)
    return { why: `the chain has more than ${MOST_CERTIFICATES} certificates` };
  if (!hasKey(leaf, expected.publicKey)) return { why: 'the certificate is for another key' };
  if (leaf.ca) return { why: 'the certificate is one of an authority' };
  if (certificates.some((each) => datesOf(each) === undefined)) return { why: 'a certificate has no proper validity' };
  const names = [...new Set(expected.identifiers.map(identifierKey))].sort().join(' ');
  if (namesOf(leaf) !== names) return { why: 'the certificate is for other names' };
  if (isSignedBy(leaf, leaf)) return { why: 'the certificate is signed by itself' };
  const isLinked = certificates.every((each, i) => {
    const above = certificates[i + 1];
    return above === undefined || (above.ca && isSignedBy(each, above));
  });
  return isLinked ? certificates : { why: 'a certificate of the chain is not signed by the next one' };
}

/** The common name of the issuer of the topmost certificate; the whole name without one. */
export function topIssuerOf(certificates: readonly X509Certificate[]): string {
  const issuer = certificates.at(-1)?.issuer ?? '';
  const name = issuer.split('\n').find((part) => part.startsWith('CN='));
  return lineOf(name === undefined ? oneLine(issuer) : name.slice('CN='.length));
}
