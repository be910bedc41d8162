/** An Issuer: the facts of its files, and its ability to sign at a time. Pure. */

import {
  type Finding,
  type Memory,
  type Ref,
  type Sighting,
  spanText,
  type Standing,
  type Instant,
  instantOf,
} from '#plugin';
import { accountFindings } from './acme/account.ts';
import { daysLeft, isExpired, isNotYetValid } from './days.ts';
import type { IssuerFacts } from './facts.ts';
import type { FindingCode } from './generated.ts';
import { validityOf } from './state.ts';
import type { AuthoritySeen, ChainEnd, X509Seen } from './world.ts';
import { defined } from '#plugin';

/** The facts of a self-signed Issuer, which always exists. */
export function seenSelfSigned(ref: Ref, at: Instant): Sighting<IssuerFacts> {
  return { ref, given: true, facts: { self_signed: true }, at };
}

/** The reason why the dates of a certificate prevent its use, without its subject: `expired 3 days ago`. */
function datesProblem(certificate: X509Seen, now: number): string | undefined {
  const validity = validityOf(certificate);
  if (isExpired(validity, now)) return `expired ${spanText(now - validity.notAfter)} ago`;
  if (isNotYetValid(validity, now)) return `becomes valid in ${spanText(validity.notBefore - now)}`;
  return undefined;
}

/** The reason why a certificate above an authority prevents it from signing. */
function aboveProblem(above: readonly X509Seen[], now: number): string | undefined {
  for (const each of above) {
    const problem = datesProblem(each, now);
    if (problem !== undefined) return `${each.subject}, above it in the chain, ${problem}`;
  }
  return undefined;
}

/** The certificate above an authority that expires first, if it expires before the authority. */
function chainEndOf(certificate: X509Seen | undefined, above: readonly X509Seen[]): ChainEnd | undefined {
  if (certificate === undefined) return undefined;
  const [first] = above.toSorted((a, b) => instantOf(a.not_after) - instantOf(b.not_after));
  if (first === undefined || instantOf(first.not_after) >= instantOf(certificate.not_after)) return undefined;
  const { subject, fingerprint, not_after: notAfter } = first;
  return { subject, fingerprint, not_after: notAfter, from: 'in ca.crt' };
}

/** The facts of an authority in a folder; undefined if the folder has no authority. */
export function seenAuthority(ref: Ref, seen: AuthoritySeen, at: Instant): Sighting<IssuerFacts> | undefined {
  if (seen.status === 'absent') return undefined;
  const { certificate, keyFile } = seen;
  const chainEnd = chainEndOf(certificate, seen.above);
  const facts: IssuerFacts = defined({
    fingerprint: certificate?.fingerprint,
    subject: certificate?.subject,
    not_before: certificate?.not_before,
    not_after: certificate?.not_after,
    keyAlgorithm: certificate?.keyAlgorithm,
    chain_end: chainEnd,
    public_trust: seen.public_trust,
    name_constraints: seen.name_constraints,
    key_mode: keyFile?.mode,
    leftovers: seen.leftovers.length === 0 ? undefined : seen.leftovers,
    problem: seen.problem,
  });
  return { ref, facts, raw: seen, at };
}

function unusable(ref: Ref, facts: IssuerFacts, message: string): Finding {
  const code: FindingCode = 'ca-unusable';
  return { ref, code, severity: 'error', message, facts: { ...facts } };
}

/** The state of an authority: able to sign, or broken. */
export function issuerStanding(
  _policy: unknown,
  { ref, facts, raw }: Sighting<IssuerFacts>,
  _memory: Memory | undefined,
  now: number,
): Standing<IssuerFacts> {
  if (facts.self_signed === true) return { state: 'ready' };
  if (facts.account !== undefined)
    return facts.problem === undefined
      ? { state: 'ready', findings: accountFindings(ref, facts) }
      : { state: 'broken', findings: [unusable(ref, facts, `cannot order: the key of its account ${facts.problem}`)] };
  const { certificate, above, ...seen } = raw as Extract<AuthoritySeen, { status: 'seen' }>;
  const ownDates = certificate === undefined ? undefined : datesProblem(certificate, now);
  const problem =
    seen.problem ??
    (certificate === undefined ? 'the authority has no certificate' : undefined) ??
    (ownDates === undefined ? aboveProblem(above, now) : `its certificate ${ownDates}`);
  const finding = unusable(ref, facts, `cannot sign: ${problem ?? ''}`);
  return {
    state: problem === undefined ? 'ready' : 'broken',
    ...(certificate === undefined
      ? {}
      : { signals: { days_left: daysLeft(instantOf(facts.chain_end?.not_after ?? certificate.not_after), now) } }),
    findings: problem === undefined ? [] : [finding],
  };
}
