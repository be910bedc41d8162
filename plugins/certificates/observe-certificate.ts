/** A Certificate: the facts of its files, and its state and findings at a time. Pure. */

import {
  type Facts,
  type Finding,
  type Instant,
  type Memory,
  type Ref,
  type Sighting,
  spanText,
  type Standing,
} from '#plugin';
import { daysLeft, isNotYetValid, thresholdInForce } from './days.ts';
import type { CertificateFacts } from './facts.ts';
import type { CertificateMemory, CertificateState, FindingCode } from './generated.ts';
import { hasSwapped, isOtherKey } from './remembered.ts';
import type { Policy } from './renewal.ts';
import { ariIn } from './acme/ari.ts';
import { clockDifference, clockText } from './acme/rules.ts';
import { certificateState, dueRuleOf, validityOf, validityOfFacts } from './state.ts';
import type { PairProblem, PairSeen } from './world.ts';
import { defined } from '#plugin';

type Stored = Extract<PairSeen, { status: 'seen' }>;

/** A list that is not empty. */
function some<T>(list: readonly T[] | undefined): readonly T[] | undefined {
  return list === undefined || list.length === 0 ? undefined : list;
}

function factsOf(pair: Stored): CertificateFacts {
  const [leaf, ...others] = pair.chain;
  const intermediates = others
    .filter(({ ca, self_signed: selfSigned }) => ca && !selfSigned)
    .map(({ fingerprint }) => fingerprint);
  return defined({
    usable: pair.problem === undefined,
    problem_code: pair.problem_code,
    problem: pair.problem,
    fingerprint: leaf?.fingerprint,
    subject: leaf?.subject,
    dnsNames: leaf?.dnsNames,
    ipAddresses: some(leaf?.ipAddresses.toSorted()),
    usages: some(leaf?.usages),
    undeclarable: some(leaf?.undeclarable),
    issuer: leaf?.issuer,
    self_signed: leaf?.self_signed,
    serial: leaf?.serial,
    not_before: leaf?.not_before,
    not_after: leaf?.not_after,
    keyAlgorithm: leaf?.keyAlgorithm,
    issuer_fingerprint: pair.issuer_fingerprint,
    chain_end: pair.chain_end,
    public_trust: pair.public_trust,
    key_matches: pair.key_matches,
    key_fingerprint: pair.key_fingerprint,
    chain_length: pair.chain.length,
    intermediates: intermediates.length === 0 ? undefined : intermediates,
    files: pair.files,
    swap: pair.swap,
    replaced:
      pair.replaced === undefined
        ? undefined
        : { not_before: pair.replaced.not_before, not_after: pair.replaced.not_after },
    leftovers: pair.leftovers,
  });
}

const PROBLEM_CODES: Readonly<Record<PairProblem, FindingCode>> = {
  missing: 'pair-incomplete',
  'not-a-file': 'not-a-file',
  damaged: 'pair-unusable',
  encrypted: 'key-encrypted',
  'key-mismatch': 'key-mismatch',
};

/** The finding for a pair that is unusable for other reasons than expiry. */
function unusable(
  { swap, problem, problem_code: problemCode, not_before: notBefore, not_after: notAfter }: CertificateFacts,
  now: number,
): { readonly code: FindingCode; readonly text: string } | undefined {
  if (problem !== undefined) {
    const why =
      swap === 'finish' ? '. An interrupted swap left the pair mixed, and the next apply completes the swap' : '';
    return { code: PROBLEM_CODES[problemCode ?? 'damaged'], text: problem + why };
  }
  // A swap that only has to be completed is not a fault.
  if (swap === 'finish') return undefined;
  const validity =
    notBefore === undefined || notAfter === undefined
      ? undefined
      : validityOf({ not_before: notBefore, not_after: notAfter });
  if (validity === undefined || !isNotYetValid(validity, now)) return undefined;
  return { code: 'not-yet-valid', text: `its certificate becomes valid in ${spanText(validity.notBefore - now)}` };
}

function findingsOf(ref: Ref, facts: CertificateFacts, now: number): readonly Finding[] {
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
  const problem = unusable(facts, now);
  return [
    ...(problem === undefined
      ? []
      : [finding(problem.code, 'error', `cannot be used: ${problem.text}`, { key_matches: facts.key_matches })]),
    ...(facts.leftovers.length === 0
      ? []
      : [
          finding('leftover-files', 'warning', `an interrupted swap left ${facts.leftovers.join(', ')}`, {
            files: [...facts.leftovers],
          }),
        ]),
  ];
}

/** Findings about the authority of a certificate, from its answers. */
function authorityFindings(
  ref: Ref,
  signals: Facts | undefined,
  kept: Partial<CertificateMemory> | undefined,
): readonly Finding[] {
  const seconds = clockDifference(signals);
  const { error } = ariIn(signals) ?? {};
  const { chain = '', other_chain: otherChain } = kept ?? {};
  const finding = (code: FindingCode, severity: Finding['severity'], message: string, facts: Facts): Finding => ({
    ref,
    code,
    severity,
    message,
    facts,
  });
  return [
    ...(seconds === undefined ? [] : [finding('authority-clock', 'warning', clockText(seconds), { seconds })]),
    ...(error === undefined
      ? []
      : [finding('renewal-window-unknown', 'info', `the authority did not say when to renew: ${error}`, {})]),
    ...(otherChain === undefined
      ? []
      : [
          finding(
            'chain-not-offered',
            'warning',
            `the authority does not have a chain up to ${chain}, and the chain up to ${otherChain} is stored`,
            { chain },
          ),
        ]),
  ];
}

const OFF = {
  expiring_soon: 'a renewal is due',
  renewal_failed: 'a renewal is due, and the last one failed',
  expired: 'the certificate can no longer be used',
} as const;

/** The finding for a due step that is switched off: no row reports it. */
function offFinding(ref: Ref, state: CertificateState, { renewal, recovery }: Policy): readonly Finding[] {
  if (state !== 'expiring_soon' && state !== 'renewal_failed' && state !== 'expired') return [];
  const [off, what] =
    state === 'expired' ? ([!recovery.enabled, 'recovery'] as const) : ([!renewal.enabled, 'renewal'] as const);
  if (!off) return [];
  const code: FindingCode = 'renewal-off';
  const message = `${OFF[state]}, and ${what}.enabled is false`;
  return [{ ref, code, severity: 'warning', message, facts: { state } }];
}

/** True if an open step has started a swap: an edit may only correct files. */
function isUnderWay(found: Stored, memory: Memory<CertificateMemory> | undefined): boolean {
  if (memory?.open === undefined || memory.open.goal === 'remove') return false;
  return found.leftovers.some((name) => name.endsWith('.pending')) || isOtherKey(found, memory.kept);
}

/**
 * The facts of a stored pair; undefined if no pair is stored. `elsewhere`: the pair is at the storage of the previous
 * document. `foreign`: foreign files at the declared places.
 */
export function seenPair(
  ref: Ref,
  found: PairSeen,
  memory: Memory<CertificateMemory> | undefined,
  at: Instant,
  {
    elsewhere = false,
    foreign = [],
    acme = false,
  }: { readonly elsewhere?: boolean; readonly foreign?: CertificateFacts['foreign']; readonly acme?: boolean } = {},
): Sighting<CertificateFacts> | undefined {
  if (found.status === 'absent') return undefined;
  const isOurs = found.leftovers.length === 0 || hasSwapped(memory) || isUnderWay(found, memory);
  const pair: Stored = isOurs ? found : { ...found, swap: 'none', leftovers: [] };
  return {
    ref,
    facts: {
      ...factsOf(pair),
      ...(elsewhere ? { elsewhere: true as const } : {}),
      ...(foreign.length === 0 ? {} : { foreign }),
      ...(isOurs ? {} : { copies: found.leftovers }),
      ...(acme ? { acme: true as const } : {}),
    },
    at,
  };
}

/** The state of a stored pair, and the findings that follow from it. */
export function certificateStanding(
  policy: Policy,
  { ref, facts, signals }: Sighting<CertificateFacts>,
  memory: Memory<CertificateMemory> | undefined,
  now: number,
): Standing<CertificateFacts> {
  const state = certificateState(facts, dueRuleOf(policy.renewal, facts, signals), memory, now);
  const validity = validityOfFacts(facts);
  return {
    state,
    ...(validity === undefined
      ? {}
      : {
          signals: {
            days_left: daysLeft(validity.notAfter, now),
            threshold_in_force: thresholdInForce(policy.renewal.thresholdDays, validity),
          },
        }),
    findings: [
      ...findingsOf(ref, facts, now),
      ...offFinding(ref, state, policy),
      ...authorityFindings(ref, signals, memory?.kept),
    ],
  };
}
