/** A probe: the certificates that a TLS server serves for a name, and a client's verdict on them. */

import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { datesOf } from '#plugin/certificate-dates';
import type { Limiter } from '#plugin/limit';
import { checkedAddress, type Denial, deniedWords, type Names, type Resolved } from '#plugin/net';
import type { AddressSeen, ConnectError, KeyType, MissingIssuer, ProbeSeen, ServerTarget, X509Seen } from '../world.ts';
import { type Endpoint, type Handshake, type ProbeLimits, handshake } from './connect.ts';
import { greets } from './start-tls.ts';
import { type ClientPath, DATE_CODES, clientPath, endOf, endOfPaths, isComplete, isValidAt } from './client-path.ts';
import { pathFlaw, subjectText } from './client-flaws.ts';
import { KEY_TYPE_NAMES } from '../observe-domain.ts';
import { type Accepted, type Anchors, type Groups, type Made, type TrustSet, wellKnownAnchors } from './trust.ts';
import { isSuccessfulStaple } from './x509-extensions.ts';
import { fingerprintOf, isSignedBy, oneLine, x509Seen } from './x509-read.ts';
import { defined, instantText } from '#plugin';

/** Errors of servers that may need another group for the key exchange. */
const OTHER_GROUPS = /handshake[_ ]failure|insufficient[_ ]security|key[_ ]share|group/iu;

function isAboutGroups(result: Handshake): boolean {
  return (
    !result.ok &&
    result.error === 'handshake' &&
    (OTHER_GROUPS.test(result.code ?? '') || OTHER_GROUPS.test(result.reason))
  );
}

/** A name or address without a root dot or brackets, which certificates and SNI do not use. */
function bare(name: string): string {
  return name
    .replace(/^\[(.*)\]$/u, '$1')
    .replace(/\.$/u, '')
    .toLowerCase();
}

function namesHost(leaf: X509Certificate, host: string): boolean {
  if (isIP(host) !== 0) return leaf.checkIP(host) !== undefined;
  // Clients ignore the common name, and refuse a wildcard in the middle of a label.
  return leaf.checkHost(host, { subject: 'never', partialWildcards: false }) !== undefined;
}

/** The origin of a certificate of a path. */
function originOf(certificate: X509Certificate, served: readonly X509Certificate[], made: Made): string {
  const file = made.fileOf(certificate);
  const isServed = served.some((each) => each.raw.equals(certificate.raw));
  if (file === undefined) return isServed ? 'served' : 'one of the well-known anchors';
  return isServed ? `served, and in ${file}` : `in ${file}`;
}

/** Describes a certificate of a path that is not valid at a time. */
function dateFlaw(certificate: X509Certificate, origin: string, at: number): string | undefined {
  if (isValidAt(certificate, at)) return undefined;
  const which = `the certificate of ${subjectText(certificate)} (${origin})`;
  const dates = datesOf(certificate);
  if (dates === undefined) return `${which} has no proper validity`;
  return at > dates.notAfter
    ? `${which} expired at ${instantText(dates.notAfter)}`
    : `${which} is not valid before ${instantText(dates.notBefore)}`;
}

type Refused = Pick<
  Extract<AddressSeen, { served: true }>,
  'distrust' | 'distrustDetail' | 'missing_issuer' | 'chain_end' | 'complete' | 'public_anchor'
>;

/**
 * OpenSSL's objection to a chain, and the certificate concerned. OpenSSL's refusal is final, with two exceptions:
 * the dates of the leaf, which are separate findings, and dates by a clock that differs from the time of the refresh.
 */
function judged(code: string | undefined, chain: readonly X509Certificate[], made: Made, now: number): Refused {
  const [leaf, ...others] = chain;
  if (leaf === undefined) return {};
  const input = { leaf, others, anchorsOf: made.bySubject, partial: made.partial };
  if (code === undefined) {
    const present = clientPath(input, now);
    const complete = {
      ...(isComplete(present, chain) ? ({ complete: true } as const) : {}),
      ...publicAnchor(present),
    };
    const end = endOfPaths(input, now, present);
    return end === undefined || end === leaf || endOf(end) >= endOf(leaf)
      ? complete
      : {
          ...complete,
          chain_end: {
            subject: subjectText(end),
            fingerprint: fingerprintOf(end),
            not_after: instantText(endOf(end)),
            from: originOf(end, chain, made),
          },
        };
  }
  const { path, anchored } = clientPath(input, now);
  const missingIssuer = anchored ? undefined : missingIssuerOf(chain, made.bySubject);
  const missing = defined<Refused>({ missing_issuer: missingIssuer, ...publicAnchor({ path, anchored }) });
  const dated = path.slice(1).flatMap((each) => dateFlaw(each, originOf(each, chain, made), now) ?? []);
  if (!DATE_CODES.has(code)) {
    const detail = anchored ? (pathFlaw(path, x509Seen(leaf).dnsNames) ?? dated[0]) : undefined;
    return defined({ distrust: code, distrustDetail: detail, ...missing });
  }
  const [detail] = dated;
  if (detail !== undefined) return { distrust: code, distrustDetail: detail, ...missing };
  // OpenSSL reports only its last error: if the leaf is outside of its dates, other objections are found here.
  if (!anchored) return { distrust: NOT_ANCHORED, ...missing };
  const isOtherTime = path.some((each) => isValidAt(each, now) !== isValidAt(each, Date.now()));
  return isValidAt(leaf, now) && !isOtherTime ? { distrust: code } : {};
}

function publicAnchor({ path, anchored }: ClientPath): Pick<Refused, 'public_anchor'> {
  const root = path.at(-1);
  if (!anchored || root === undefined) return {};
  const isPublic = wellKnownAnchors(root.subject).some((each) => each.raw.equals(root.raw));
  return isPublic ? { public_anchor: oneLine(root.subject) } : {};
}

/** OpenSSL's error code. */
const NOT_ANCHORED = 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY';

/** The end of an incomplete chain: a certificate that is not self-signed and whose issuer is not an anchor. */
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

/** This machine has no route to such addresses: IPv6 addresses without IPv6, as in most containers. */
const NO_ROUTE = new Set(['ENETUNREACH', 'ENETDOWN', 'EADDRNOTAVAIL', 'EAFNOSUPPORT']);

const MOST_ADDRESSES = 32;

/** Maximum number of cached certificates; many servers share authorities and certificates. */
const MOST_KEPT = 1000;

/** Reads certificates, with a cache. */
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

/** Undefined if one of them has an invalid date or another invalid field. */
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

/** The context of a probe. */
export interface ProbeWays {
  readonly anchors: Anchors;
  readonly read: (certificate: X509Certificate) => X509Seen;
  readonly names: Names;
  readonly denial: Denial;
  readonly limits: ProbeLimits;
  /** Limits open connections; deadlines start once a probe has passed it. */
  readonly limit: Limiter;
}

/** A client's handshake with one address; by default, the client accepts all certificates. */
type Shake = (accepted: Accepted | undefined, groups: readonly [Groups, ...Groups[]]) => Promise<Handshake>;

const ALL_GROUPS = ['quick', 'all'] as const;

/** Probes one address: one result, or one for each key type. Throws when aborted, and if this machine fails. */
async function probeAddress(
  address: string,
  target: ServerTarget,
  trust: TrustSet,
  { anchors, read, denial, limits: usual }: ProbeWays,
  now: number,
  signal: AbortSignal,
): Promise<readonly AddressSeen[]> {
  const fail = (error: ConnectError, message: string) => ({ served: false, address, error, message }) as const;
  const network = denial(address);
  if (network !== undefined) return [fail('denied', `it ${deniedWords(network)}`)];
  const greetingMs = target.greetingSeconds === undefined ? usual.greetingMs : target.greetingSeconds * 1000;
  const limits: ProbeLimits = { ...usual, greetingMs };
  const wholeMs = limits.totalMs + (greets(target.startTls) ? greetingMs : 0);
  const host = bare(target.host);
  const endpoint = defined<Endpoint>({
    address: checkedAddress(address, denial),
    port: target.port,
    servername: isIP(host) === 0 ? host : undefined,
    startTls: target.startTls,
  });
  const made = anchors.of(trust);
  const shake: Shake = async (accepted, [first, second]) => {
    const began = performance.now();
    const left = (): number => Math.max(1, wholeMs - (performance.now() - began));
    const shakeWith = (groups: Groups, more: Pick<Endpoint, 'staple'> = {}): Promise<Handshake> =>
      handshake({ ...endpoint, ...more }, made.context(groups, accepted), limits, left(), signal);
    const quick = await shakeWith(first);
    const groups = second !== undefined && isAboutGroups(quick) ? second : first;
    const result = groups === first ? quick : await shakeWith(groups);
    if (!result.ok || readAll(result.chain.slice(0, 1), read)?.[0].must_staple !== true) return result;
    // Few certificates require a stapled response: only then is it worth the time of a request.
    const stapled = await shakeWith(groups, { staple: true });
    return stapled.ok ? stapled : result;
  };
  const shown = (result: Handshake): AddressSeen => {
    if (!result.ok) {
      const noRoute = result.error === 'unreachable' && NO_ROUTE.has(result.code ?? '');
      return { ...fail(result.error, result.reason), ...(noRoute ? { no_route: noRoute } : {}) };
    }
    const [leaf] = result.chain;
    const chain = readAll(result.chain, read);
    if (leaf === undefined || chain === undefined)
      return fail('handshake', 'the server serves a certificate that cannot be read');
    const { staple } = result;
    const isUnstapled = staple === 'none' || (staple !== undefined && !isSuccessfulStaple(staple));
    return {
      served: true,
      address,
      chain,
      namesHost: namesHost(leaf, host),
      ...judged(result.distrust, result.chain, made, now),
      ...(chain[0].must_staple === true && isUnstapled ? { unstapled: true } : {}),
      protocol: result.protocol,
      rtt_ms: result.rtt_ms,
    };
  };
  return target.keyTypes === undefined
    ? probeAnyType(target, shake, shown)
    : probeEachType(target.keyTypes, shake, shown);
}

/** One handshake for each key type. A failure to connect is one result for all of them. */
async function probeEachType(
  keyTypes: readonly KeyType[],
  shake: Shake,
  shown: (result: Handshake) => AddressSeen,
): Promise<readonly AddressSeen[]> {
  const all: AddressSeen[] = [];
  for (const keyType of keyTypes) {
    const result = await shake(keyType, ALL_GROUPS);
    // A server without a certificate of the type refuses the handshake, or closes the connection.
    const isRefusal = result.ok || result.error === 'handshake' || result.error === 'reset';
    if (all.length === 0 && !isRefusal) return [shown(result)];
    const seen = shown(result);
    const only = `a client that accepts only ${KEY_TYPE_NAMES[keyType]} certificates gets none: `;
    all.push({
      ...(seen.served || !isRefusal ? seen : { ...seen, message: only + seen.message }),
      ...(keyTypes.length > 1 ? { key_type: keyType } : {}),
    });
  }
  return all;
}

/**
 * One handshake that accepts all key types, and, after an ECDSA certificate, another one that prefers RSA. A server
 * without an RSA certificate serves the same one again: no handshake fails, and the server logs no error.
 */
async function probeAnyType(
  { searchRsa }: ServerTarget,
  shake: Shake,
  shown: (result: Handshake) => AddressSeen,
): Promise<readonly AddressSeen[]> {
  const first = shown(await shake(undefined, ALL_GROUPS));
  if (!first.served || searchRsa === undefined) return [first];
  const [{ keyAlgorithm, fingerprint }] = first.chain;
  if (!/^(?:ecdsa-|ed)/u.test(keyAlgorithm) || fingerprint === searchRsa.unless) return [first];
  const second = shown(await shake('rsa-first', ALL_GROUPS));
  if (!second.served) return [first];
  const [other] = second.chain;
  if (other.fingerprint === fingerprint) return [{ ...first, single: true }];
  // Several servers behind one address can serve different ECDSA certificates.
  if (!other.keyAlgorithm.startsWith('rsa')) return [first];
  return [
    { ...first, key_type: 'ecdsa' },
    { ...second, key_type: 'rsa' },
  ];
}

/** Probes one server. Throws when aborted, and if this machine fails. */
export async function probe(
  target: ServerTarget,
  trust: TrustSet,
  ways: ProbeWays,
  now: number,
  signal: AbortSignal,
): Promise<ProbeSeen> {
  const wanted = bare(target.address ?? target.host);
  const found: Resolved =
    isIP(wanted) === 0
      ? await ways.names.addresses(wanted, ways.limits.totalMs, signal)
      : { ok: true, addresses: [wanted] };
  if (!found.ok) return { resolved: false, error: found.error, message: found.reason };
  const addresses = found.addresses.toSorted().slice(0, MOST_ADDRESSES);
  const seen = await Promise.all(
    addresses.map((address) => ways.limit(() => probeAddress(address, target, trust, ways, now, signal))),
  );
  return {
    resolved: true,
    addresses: seen.flat() as unknown as [AddressSeen, ...AddressSeen[]],
    leftOut: found.addresses.length - addresses.length,
  };
}
