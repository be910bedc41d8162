/**
 * Verifies a new pair as a client would, before it is stored: a TLS handshake in memory, in which OpenSSL verifies
 * the chain for its purpose, path length, constraints, signatures and strength, with the top of the chain as its anchor.
 */

import { errorText } from '#plugin';
import type { Usage } from '../declared.ts';
import type { X509Certificate } from 'node:crypto';
import { type SecureContext, createSecureContext } from 'node:tls';
import { handshakeInMemory } from '#plugin/net';
import { authoritiesFlaw, pathFlaw } from './client-flaws.ts';
import { DATE_CODES, isValidAt } from './client-path.ts';

/** The fastest key exchange; its choice has no effect on the verification of certificates. */
const QUICK = { ecdhCurve: 'X25519', minVersion: 'TLSv1.3' } as const;

const MOST_KEPT = 8;
const clients = new Map<string, SecureContext>();

/** The context of a client that trusts one certificate alone, cached for an authority that issues many. */
function clientOf(anchor: X509Certificate): SecureContext {
  const key = anchor.fingerprint256;
  const known = clients.get(key);
  if (known !== undefined) return known;
  const isRoot = anchor.subject === anchor.issuer;
  const made = createSecureContext({ ...QUICK, ca: [anchor.toString()], allowPartialTrustChain: !isRoot });
  const [oldest] = clients.keys();
  if (clients.size >= MOST_KEPT && oldest !== undefined) clients.delete(oldest);
  clients.set(key, made);
  return made;
}

/** A name that a wildcard covers. */
function exampleOf(name: string): string {
  return name.startsWith('*.') ? `name${name.slice(1)}` : name;
}

export interface NewChain {
  /** The path from the leaf to its anchor, which is last. */
  readonly path: readonly X509Certificate[];
  /** PEM. */
  readonly key: string;
  readonly dnsNames: readonly string[];
  readonly ipAddresses?: readonly string[];
  readonly usages?: readonly Usage[];
}

/** Throws the reason for which a client would refuse a new pair at a time, in epoch ms. */
export async function verifyAsClient(
  { path, key, dnsNames, ipAddresses = [], usages = ['serverAuth'] }: NewChain,
  now: number,
): Promise<void> {
  const [leaf] = path;
  const anchor = path.at(-1);
  if (leaf === undefined || anchor === undefined) throw new Error('the certificate is missing');
  const late = path.find((each) => !isValidAt(each, now));
  if (late !== undefined) throw refusal(`the certificate of ${late.subject.replaceAll('\n', ', ')} is not valid now`);
  const other = dnsNames.find(
    (name) => leaf.checkHost(exampleOf(name), { subject: 'never', partialWildcards: false }) === undefined,
  );
  const elsewhere = ipAddresses.find((address) => leaf.checkIP(address) === undefined);
  if (elsewhere !== undefined) throw refusal(`the new certificate is not valid for ${elsewhere}`);
  if (other !== undefined) throw refusal(`the new certificate is not valid for ${other}`);
  if (usages.length > 0 && !usages.includes('serverAuth')) {
    // No server presents the certificate: the handshake would refuse its purpose.
    const flaw = authoritiesFlaw(path.slice(1));
    if (flaw !== undefined) throw refusal(flaw);
    return;
  }
  const chain = path.map((each) => each.toString()).join('');
  const distrust = await handshakeInMemory(serverOf(chain, key), clientOf(anchor), dnsNames.map(exampleOf)[0]);
  // OpenSSL uses the clock of this machine; the dates were checked above, at the given time.
  if (distrust === undefined || (DATE_CODES.has(distrust) && path.some((each) => !isValidAt(each, Date.now())))) return;
  const flaw = pathFlaw(path, dnsNames);
  throw refusal(flaw === undefined ? distrust : `${distrust}; ${flaw}`);
}

function serverOf(cert: string, key: string): SecureContext {
  try {
    return createSecureContext({ ...QUICK, cert, key });
  } catch (error) {
    throw refusal(errorText(error));
  }
}

function refusal(why: string): Error {
  return new Error(`the new certificate is not stored; clients would refuse it: ${why}`);
}
