/** The chains of an issued certificate: what a server's answer must have, and the choice among alternate chains. */

import type { KeyObject, X509Certificate } from 'node:crypto';
import { listed } from '#plugin';
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

/**
 * Why the certificates of an answer must not be used. `unreadable`: the answer has none, as that of a broken gateway, and a
 * later one may be right. `refused`: the authority has issued something else.
 */
export type NotIssued = { readonly unreadable: string } | { readonly refused: string };

/** The certificates of an answer (PEM). */
export function issuedOf(pem: string, expected: ExpectedLeaf): readonly X509Certificate[] | NotIssued {
  const { certificates, problem } = readChain(pem);
  const [leaf] = certificates;
  if (problem !== undefined || leaf === undefined) return { unreadable: `the chain ${lineOf(problem ?? 'is empty')}` };
  const refused = flawOf([leaf, ...certificates.slice(1)], expected);
  return refused === undefined ? certificates : { refused };
}

function flawOf(
  certificates: readonly [X509Certificate, ...X509Certificate[]],
  expected: ExpectedLeaf,
): string | undefined {
  const [leaf] = certificates;
  if (certificates.length > MOST_CERTIFICATES) return `the chain has more than ${MOST_CERTIFICATES} certificates`;
  if (!hasKey(leaf, expected.publicKey)) return 'the certificate is for another key';
  if (leaf.ca) return 'the certificate is one of an authority';
  if (certificates.some((each) => datesOf(each) === undefined)) return 'a certificate has no proper validity';
  const names = [...new Set(expected.identifiers.map(identifierKey))].sort().join(' ');
  if (namesOf(leaf) !== names) return 'the certificate is for other names';
  if (isSignedBy(leaf, leaf)) return 'the certificate is signed by itself';
  const isLinked = certificates.every((each, i) => {
    const above = certificates[i + 1];
    return above === undefined || (above.ca && isSignedBy(each, above));
  });
  return isLinked ? undefined : 'a certificate of the chain is not signed by the next one';
}

/** The common name of the issuer of the topmost certificate; the whole name without one. */
export function topIssuerOf(certificates: readonly X509Certificate[]): string {
  const issuer = certificates.at(-1)?.issuer ?? '';
  const name = issuer.split('\n').find((part) => part.startsWith('CN='));
  return lineOf(name === undefined ? oneLine(issuer) : name.slice('CN='.length));
}

/** The failure of a preferred chain, with the chains that there are. */
export function noChainText(preferred: string, { topIssuers }: Pick<IssuedChain, 'topIssuers'>): string {
  return `the authority has no chain up to ${preferred}. It has chains up to ${listed(topIssuers)}`;
}
