/** What is seen of an Issuer: pure, from its spec and its files as they were read. */

import type { Finding, Observed, Ref } from '../../src/engine/types.ts';
import { daysLeft, isExpired, isNotYetValid, spanText } from './days.ts';
import type { IssuerFacts } from './facts.ts';
import type { FindingCode } from './generated.ts';
import { validityOf } from './state.ts';
import type { AuthoritySeen, X509Seen } from './world.ts';

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
    seen.problem ?? (certificate === undefined ? 'it has no certificate' : datesProblem(certificate, now));
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
    ...(certificate === undefined ? {} : { signals: { daysLeft: daysLeft(Date.parse(certificate.notAfter), now) } }),
    findings: problem === undefined ? [] : [finding],
    at,
  };
}
