/**
 * What is seen of a Domain: pure, from its spec and what a probe met.
 *
 * | probe | state |
 * |---|---|
 * | the name does not resolve | pending_route |
 * | fails, or a client would refuse it, and the Certificate was never issued | pending_issue |
 * | fails, or a client would refuse it | tls_error |
 * | works, and no more than `expiryWarnDays` times 24 h are left | expiring |
 * | works | issued |
 */

import type { Finding, Observed, Ref } from '../../src/engine/types.ts';
import { DAY_MS, daysLeft, isExpired, isNotYetValid, spanText } from './days.ts';
import type { DomainError, DomainFacts } from './facts.ts';
import type { DomainSpec, DomainState, FindingCode } from './generated.ts';
import { validityOf } from './state.ts';
import type { ProbeSeen, X509Seen } from './world.ts';

type Served = Extract<ProbeSeen, { served: true }>;

/** One reason to refuse a server: `stable` never changes with time alone, `message` may. */
interface Refusal {
  readonly code: DomainError;
  readonly stable: string;
  readonly message: string;
}

function namesOf(leaf: X509Seen): readonly string[] {
  return [...leaf.dnsNames, ...leaf.ipAddresses];
}

const MOST_NAMES = 5;

function namesText(leaf: X509Seen): string {
  const names = namesOf(leaf);
  if (names.length === 0) return 'no name';
  const shown = names.slice(0, MOST_NAMES).join(', ');
  return names.length <= MOST_NAMES ? shown : `${shown} and ${names.length - MOST_NAMES} more`;
}

/** All reasons of a client to refuse a certificate, in a fixed order. */
function refusals(seen: Served, host: string, now: number): readonly Refusal[] {
  const [leaf] = seen.chain;
  const validity = validityOf(leaf);
  const found: Refusal[] = [];
  if (isExpired(validity, now)) {
    const message = `expired ${spanText(now - validity.notAfter)} ago, at ${leaf.notAfter}`;
    found.push({ code: 'expired', stable: `expired at ${leaf.notAfter}`, message });
  }
  if (isNotYetValid(validity, now)) {
    const message = `not valid for another ${spanText(validity.notBefore - now)}, until ${leaf.notBefore}`;
    found.push({ code: 'not-yet-valid', stable: `not valid before ${leaf.notBefore}`, message });
  }
  if (!seen.namesHost) {
    const message = `valid for ${namesText(leaf)}, not for ${host}`;
    found.push({ code: 'wrong-name', stable: message, message });
  }
  if (seen.distrust !== undefined) {
    const message = `does not lead to a trust anchor: ${seen.distrust}; issued by ${leaf.issuer === '' ? 'nobody' : leaf.issuer}`;
    found.push({ code: 'untrusted', stable: message, message });
  }
  return found;
}

function servedFacts(seen: Served): DomainFacts {
  const [leaf] = seen.chain;
  return {
    fingerprint: leaf.fingerprint,
    subject: leaf.subject,
    issuer: leaf.issuer,
    names: namesOf(leaf),
    notBefore: leaf.notBefore,
    notAfter: leaf.notAfter,
    keyAlgorithm: leaf.keyAlgorithm,
    protocol: seen.protocol,
    trusted: seen.distrust === undefined,
    ...(seen.distrust === undefined ? {} : { trustError: seen.distrust }),
    chain: seen.chain.map(({ subject, fingerprint }) => ({ subject, fingerprint })),
  };
}

type Written = Pick<DomainSpec, 'host' | 'expiryWarnDays'>;

function stateOf(
  failed: DomainError | undefined,
  neverIssued: boolean,
  isNear: boolean,
): Exclude<DomainState, 'absent'> {
  if (failed === 'name-not-resolved') return 'pending_route';
  if (failed !== undefined) return neverIssued ? 'pending_issue' : 'tls_error';
  return isNear ? 'expiring' : 'issued';
}

/** `neverIssued`: the Certificate that it names was never stored, so nothing can be served yet. */
export function observedDomain(
  ref: Ref,
  spec: Written,
  seen: ProbeSeen,
  neverIssued: boolean,
  now: number,
  at: string,
): Observed<DomainFacts> {
  const problems: readonly Refusal[] = seen.served
    ? refusals(seen, spec.host, now)
    : [{ code: seen.error, stable: seen.message, message: seen.message }];
  const [first] = problems;
  const facts: DomainFacts = {
    ...(first === undefined ? {} : { error: first.code, message: first.stable }),
    ...(seen.served ? servedFacts(seen) : {}),
  };
  const warnDays = spec.expiryWarnDays;
  const notAfter = seen.served ? validityOf(seen.chain[0]).notAfter : Number.POSITIVE_INFINITY;
  const state = stateOf(first?.code, neverIssued, notAfter - now <= warnDays * DAY_MS);
  const finding = (code: FindingCode, severity: Finding['severity'], message: string): Finding => ({
    ref,
    code,
    severity,
    message,
    facts: seen.served ? { fingerprint: seen.chain[0].fingerprint, notAfter: seen.chain[0].notAfter } : {},
  });
  const findings =
    // What was never issued cannot be served: the row that issues it says all there is to say.
    state === 'pending_issue'
      ? []
      : state === 'expiring'
        ? [finding('expiring', 'warning', `expires in ${spanText(notAfter - now)}, warned from ${warnDays} days on`)]
        : problems.map(({ code, message }) => finding(code, 'error', message));
  return {
    ref,
    state,
    given: true,
    facts,
    signals: {
      ...(seen.served ? { daysLeft: daysLeft(notAfter, now), rttMs: seen.rttMs } : {}),
      ...(seen.address === undefined ? {} : { address: seen.address }),
    },
    findings,
    at,
  };
}
