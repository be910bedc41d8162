/** What is seen of an Issuer: pure, from its spec and its files as they were read. */

import { type Finding, type Observed, type Ref, spanText } from '#plugin';
import { daysLeft, isExpired, isNotYetValid } from './days.ts';
import type { IssuerFacts } from './facts.ts';
import type { FindingCode } from './generated.ts';
import { validityOf } from './state.ts';
import type { AuthoritySeen, ChainEnd, X509Seen } from './world.ts';

/** An Issuer that signs nothing itself is always there. */
export function observedSelfSigned(ref: Ref, at: string): Observed<IssuerFacts> {
  return { ref, state: 'ready', given: true, facts: { selfSigned: true }, findings: [], at };
}

function datesProblem(certificate: X509Seen, now: number): string | undefined {
  const validity = validityOf(certificate);
  if (isExpired(validity, now)) return `its validity ended ${spanText(now - validity.notAfter)} ago`;
  if (isNotYetValid(validity, now)) return `its validity begins in ${spanText(validity.notBefore - now)}`;
  return undefined;
}

/** Why a certificate above an authority keeps it from signing. */
function aboveProblem(above: readonly X509Seen[], now: number): string | undefined {
  for (const each of above) {
    const problem = datesProblem(each, now);
    if (problem !== undefined) return `${each.subject} is above it, and ${problem}`;
  }
  return undefined;
}

/** The certificate above an authority that ends first, where that is before the authority itself does. */
function chainEndOf(certificate: X509Seen | undefined, above: readonly X509Seen[]): ChainEnd | undefined {
  if (certificate === undefined) return undefined;
  const [first] = above.toSorted((a, b) => Date.parse(a.notAfter) - Date.parse(b.notAfter));
  if (first === undefined || Date.parse(first.notAfter) >= Date.parse(certificate.notAfter)) return undefined;
  const { subject, fingerprint, notAfter } = first;
  return { subject, fingerprint, notAfter, from: 'in ca.crt' };
}

/** An authority in a folder; undefined where there is none. */
export function observedAuthority(
  ref: Ref,
  seen: AuthoritySeen,
  now: number,
  at: string,
): Observed<IssuerFacts> | undefined {
  if (seen.status === 'absent') return undefined;
  const { certificate, keyFile } = seen;
  const problem =
    seen.problem ??
    (certificate === undefined ? 'it has no certificate' : datesProblem(certificate, now)) ??
    aboveProblem(seen.above, now);
  const chainEnd = chainEndOf(certificate, seen.above);
  const facts: IssuerFacts = {
    ...(certificate === undefined
      ? {}
      : {
          fingerprint: certificate.fingerprint,
          subject: certificate.subject,
          notBefore: certificate.notBefore,
          notAfter: certificate.notAfter,
          keyAlgorithm: certificate.keyAlgorithm,
        }),
    ...(chainEnd === undefined ? {} : { chainEnd }),
    ...(seen.nameConstraints === undefined ? {} : { nameConstraints: seen.nameConstraints }),
    ...(keyFile === undefined ? {} : { keyMode: keyFile.mode }),
    ...(seen.leftovers.length === 0 ? {} : { leftovers: seen.leftovers }),
    ...(seen.problem === undefined ? {} : { problem: seen.problem }),
  };
  const code: FindingCode = 'ca-unusable';
  const finding: Finding = {
    ref,
    code,
    severity: 'error',
    message: `cannot sign: ${problem ?? ''}`,
    facts: { ...facts },
  };
  return {
    ref,
    state: problem === undefined ? 'ready' : 'broken',
    facts,
    ...(certificate === undefined
      ? {}
      : { signals: { daysLeft: daysLeft(Date.parse(chainEnd?.notAfter ?? certificate.notAfter), now) } }),
    findings: problem === undefined ? [] : [finding],
    at,
  };
}
