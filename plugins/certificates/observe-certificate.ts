/** What is seen of a Certificate: pure, from its files as they were read. */

import type { Finding, Memory, Observed, Ref } from '../../src/engine/types.ts';
import { daysLeft, isNotYetValid, spanText, thresholdInForce } from './days.ts';
import type { CertificateFacts } from './facts.ts';
import type { FindingCode } from './generated.ts';
import { certificateState, renewalFailed, validityOf } from './state.ts';
import type { PairSeen } from './world.ts';

type Stored = Extract<PairSeen, { status: 'seen' }>;

function factsOf(pair: Stored): CertificateFacts {
  const [leaf] = pair.chain;
  return {
    usable: pair.problem === undefined,
    ...(pair.problem === undefined ? {} : { problem: pair.problem }),
    ...(leaf === undefined
      ? {}
      : {
          fingerprint: leaf.fingerprint,
          subject: leaf.subject,
          dnsNames: leaf.dnsNames,
          issuer: leaf.issuer,
          selfSigned: leaf.selfSigned,
          serial: leaf.serial,
          notBefore: leaf.notBefore,
          notAfter: leaf.notAfter,
          keyAlgorithm: leaf.keyAlgorithm,
        }),
    ...(pair.issuerFingerprint === undefined ? {} : { issuerFingerprint: pair.issuerFingerprint }),
    keyMatches: pair.keyMatches,
    chainLength: pair.chain.length,
    ...(pair.certificateFile === undefined
      ? {}
      : { certificateMode: pair.certificateFile.mode, certificateUid: pair.certificateFile.uid }),
    ...(pair.keyFile === undefined ? {} : { keyMode: pair.keyFile.mode, keyUid: pair.keyFile.uid }),
    swap: pair.swap,
    leftovers: pair.leftovers,
  };
}

/** Why the stored pair can't be used now, for other reasons than its end. */
function unusable(pair: Stored, now: number): string | undefined {
  // A swap that only has to be finished is no mistake of anybody.
  if (pair.swap === 'finish') return undefined;
  if (pair.problem !== undefined) return pair.problem;
  const [leaf] = pair.chain;
  const validity = leaf === undefined ? undefined : validityOf(leaf);
  if (validity === undefined || !isNotYetValid(validity, now)) return undefined;
  return `its validity begins in ${spanText(validity.notBefore - now)}`;
}

function findingsOf(ref: Ref, pair: Stored, now: number): readonly Finding[] {
  const finding = (
    code: FindingCode,
    severity: Finding['severity'],
    message: string,
    facts: Finding['facts'],
  ): Finding => ({
    ref,
    code,
    severity,
    message,
    facts,
  });
  const problem = unusable(pair, now);
  return [
    ...(problem === undefined
      ? []
      : [finding('pair-unusable', 'error', `cannot be used: ${problem}`, { keyMatches: pair.keyMatches })]),
    ...(pair.leftovers.length === 0
      ? []
      : [
          finding('leftover-files', 'warning', `an interrupted swap left ${pair.leftovers.join(', ')}`, {
            files: [...pair.leftovers],
          }),
        ]),
  ];
}

/** A stored pair; undefined where there is none. `thresholdDays` is as written. */
export function observedPair(
  ref: Ref,
  pair: PairSeen,
  thresholdDays: number,
  memory: Memory | undefined,
  now: number,
  at: string,
): Observed<CertificateFacts> | undefined {
  if (pair.status === 'absent') return undefined;
  const [leaf] = pair.chain;
  return {
    ref,
    state: certificateState(pair, thresholdDays, renewalFailed(memory), now),
    facts: factsOf(pair),
    ...(leaf === undefined
      ? {}
      : {
          signals: {
            daysLeft: daysLeft(Date.parse(leaf.notAfter), now),
            thresholdInForce: thresholdInForce(thresholdDays, validityOf(leaf)),
          },
        }),
    findings: findingsOf(ref, pair, now),
    at,
  };
}
