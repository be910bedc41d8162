/** A probe: what a TLS server serves to a client that asks for a name, and whether that client would trust it. */

import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { checkedAddress, type Denial, deniedWords } from '../../../src/net/connect.ts';
import type { Names, Resolved } from '../../../src/net/resolve.ts';
import type { AddressSeen, ConnectError, MissingIssuer, ProbeSeen, ServerTarget, X509Seen } from '../world.ts';
import { type Handshake, type ProbeLimits, handshake } from './connect.ts';
import type { Gate } from './gate.ts';

import { type Anchors, type TrustSet, leadsToAnchor } from './trust.ts';
import { isSignedBy, oneLine, x509Seen } from './x509-read.ts';

/** Codes about dates: those are judged from the certificates themselves, by the time of the look. */
const DATES = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID']);

/** Answers of servers that may have missed a group that they know. */
const OTHER_GROUPS = /handshake[_ ]failure|insufficient[_ ]security|key[_ ]share|group/iu;

function isAboutGroups(result: Handshake): boolean {
  return (
    !result.ok &&
    result.error === 'handshake' &&
    (OTHER_GROUPS.test(result.code ?? '') || OTHER_GROUPS.test(result.reason))
  );
}

/** A name or address without the decoration that certificates and SNI do not know: a root dot, brackets. */
function bare(name: string): string {
  return name
    .replace(/^\[(.*)\]$/u, '$1')
    .replace(/\.$/u, '')
    .toLowerCase();
}

function namesHost(leaf: X509Certificate, host: string): boolean {
  if (isIP(host) !== 0) return leaf.checkIP(host) !== undefined;
  // Clients do not look at the common name any more, nor accept a wildcard in the middle of a label.
  return leaf.checkHost(host, { subject: 'never', partialWildcards: false }) !== undefined;
}

function distrustOf(
  code: string | undefined,
  chain: readonly X509Certificate[],
  anchorsOf: (subject: string) => readonly X509Certificate[],
  now: number,
): string | undefined {
  if (code === undefined || !DATES.has(code)) return code;
  return leadsToAnchor(chain, anchorsOf, now) ? undefined : code;
}

/** Where a chain that leads nowhere breaks off: at a certificate that neither signs itself nor has its issuer among the anchors. */
function missingIssuerOf(
  chain: readonly X509Certificate[],
  anchorsOf: (subject: string) => readonly X509Certificate[],
): MissingIssuer | undefined {
  let [top] = chain;
  for (let length = 0; length < chain.length; length += 1) {
    const last = top;
    const next = chain.find((each) => each !== last && last !== undefined && isSignedBy(last, each));
    if (next === undefined) break;
    top = next;
  }
  if (top === undefined || top.issuer === top.subject || anchorsOf(top.issuer).length > 0) return undefined;
  return { name: oneLine(top.issuer), published: top.infoAccess?.includes('CA Issuers - URI:') === true };
}

/** This machine has no way to any such address: an IPv6 one where there is no IPv6, as in most containers. */
const NO_ROUTE = new Set(['ENETUNREACH', 'ENETDOWN', 'EADDRNOTAVAIL', 'EAFNOSUPPORT']);

const MOST_ADDRESSES = 32;

/** Certificates that are kept as they were read: authorities sign many, and many servers share one. */
const MOST_KEPT = 1000;

/** Reads certificates, each of them once for a while. */
export function certificateReader(): (certificate: X509Certificate) => X509Seen {
  const kept = new Map<string, X509Seen>();
  return (certificate) => {
    const key = certificate.fingerprint256;
    const known = kept.get(key);
    if (known !== undefined) return known;
    const seen = x509Seen(certificate);
    const [oldest] = kept.keys();
    if (kept.size >= MOST_KEPT && oldest !== undefined) kept.delete(oldest);
    kept.set(key, seen);
    return seen;
  };
}

/** Undefined where one of them has what is no date, or nothing else that belongs there. */
function readAll(
  chain: readonly X509Certificate[],
  read: (certificate: X509Certificate) => X509Seen,
): readonly [X509Seen, ...X509Seen[]] | undefined {
  try {
    return chain.map(read) as [X509Seen, ...X509Seen[]];
  } catch {
    return undefined;
  }
}

/** What a probe needs beside its target. */
export interface ProbeWays {
  readonly anchors: Anchors;
  readonly read: (certificate: X509Certificate) => X509Seen;
  readonly names: Names;
  readonly denial: Denial;
  readonly limits: ProbeLimits;
  /** Connections that are open at once; the deadlines begin behind it. */
  readonly gate: Gate;
}

/** Looks at one address. Throws when aborted, and where this machine fails. */
async function probeAddress(
  address: string,
  target: ServerTarget,
  trust: TrustSet,
  { anchors, read, denial, limits }: ProbeWays,
  now: number,
  signal: AbortSignal | undefined,
): Promise<AddressSeen> {
  const fail = (error: ConnectError, message: string) => ({ served: false, address, error, message }) as const;
  const network = denial(address);
  if (network !== undefined) return fail('denied', `it ${deniedWords(network)}`);
  const began = performance.now();
  const left = (): number => Math.max(1, limits.totalMs - (performance.now() - began));
  const host = bare(target.host);
  const endpoint = {
    address: checkedAddress(address, denial),
    port: target.port,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(target.startTls === undefined ? {} : { startTls: target.startTls }),
  };
  let result = await handshake(endpoint, anchors.context(trust, 'quick'), limits, left(), signal);
  if (isAboutGroups(result)) result = await handshake(endpoint, anchors.context(trust, 'all'), limits, left(), signal);
  if (!result.ok) {
    const noRoute = result.error === 'unreachable' && NO_ROUTE.has(result.code ?? '');
    return { ...fail(result.error, result.reason), ...(noRoute ? { noRoute } : {}) };
  }
  const [leaf] = result.chain;
  const chain = readAll(result.chain, read);
  if (leaf === undefined || chain === undefined)
    return fail('handshake', 'it serves a certificate that cannot be read');
  const anchorsOf = (subject: string): readonly X509Certificate[] => anchors.bySubject(trust, subject);
  const distrust = distrustOf(result.distrust, result.chain, anchorsOf, now);
  const missingIssuer = distrust === undefined ? undefined : missingIssuerOf(result.chain, anchorsOf);
  return {
    served: true,
    address,
    chain,
    namesHost: namesHost(leaf, host),
    ...(distrust === undefined ? {} : { distrust }),
    ...(missingIssuer === undefined ? {} : { missingIssuer }),
    protocol: result.protocol,
    rttMs: result.rttMs,
  };
}

/** Probes one server. Throws when aborted, and where this machine fails. */
export async function probe(
  target: ServerTarget,
  trust: TrustSet,
  ways: ProbeWays,
  now: number,
  signal: AbortSignal | undefined,
): Promise<ProbeSeen> {
  const wanted = bare(target.address ?? target.host);
  const found: Resolved =
    isIP(wanted) === 0
      ? await ways.names.addresses(wanted, ways.limits.totalMs, signal)
      : { ok: true, addresses: [wanted] };
  if (!found.ok) return { resolved: false, error: found.error, message: found.reason };
  const addresses = found.addresses.toSorted().slice(0, MOST_ADDRESSES);
  const seen = await Promise.all(
    addresses.map((address) => ways.gate(() => probeAddress(address, target, trust, ways, now, signal))),
  );
  return {
    resolved: true,
    addresses: seen as [AddressSeen, ...AddressSeen[]],
    leftOut: found.addresses.length - addresses.length,
  };
}
