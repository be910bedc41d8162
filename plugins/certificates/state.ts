/**
 * The state of a stored certificate, from its dates, its files and its recorded state.
 *
 * | files | dates | recorded state | state |
 * |---|---|---|---|
 * | incomplete swap | any | normal, expiring_soon, renewal_failed or renewing | renewing |
 * | incomplete swap | any | expired or recovering | recovering |
 * | incomplete swap | the replaced certificate is valid | none | renewing |
 * | incomplete swap | the replaced certificate has expired, or is unusable | none | recovering |
 * | unusable together | any | any | expired |
 * | usable | the certificate or its chain has expired, or is not valid yet | any | expired |
 * | usable | a renewal is due or requested | renewal_failed, or a renewal failed since | renewal_failed |
 * | usable | a renewal is due | any other | expiring_soon |
 * | usable | no renewal is due | any | normal |
 *
 * A chain expires with the first of its certificates; renewals follow that time.
 *
 * A refresh never hides a failure while the certificate waits for its renewal, and never confuses the two kinds of
 * attempts.
 */

import { acmeDueAt, ariIn } from './acme/ari.ts';
import { type Validity, isDue, isExpired, isNotYetValid } from './days.ts';
import type { CertificateMemory, CertificateState } from './generated.ts';
import type { CertificateFacts } from './facts.ts';
import type { ChainEnd, X509Seen } from './world.ts';
import { type Facts, type Instant, type Memory, instantOf } from '#plugin';

type Remembered = Pick<Memory<CertificateMemory>, 'state' | 'since' | 'failures' | 'lastError' | 'kept'>;

/** Conditions of a renewal: days left, and the time before which a certificate must not have been issued (epoch ms). */
export interface DueRule {
  readonly thresholdDays: number;
  /** The time from which a renewal is due, epoch ms, for a certificate of an ACME authority. */
  readonly acmeDueAt?: Instant;
  readonly issuedAfter?: number;
}

export function validityOf(dates: Pick<X509Seen, 'not_before' | 'not_after'>): Validity {
  return { notBefore: instantOf(dates.not_before), notAfter: instantOf(dates.not_after) };
}

/** Validity of a certificate, its chain included. */
export function usableIn({
  not_before: notBefore,
  not_after: notAfter,
  chain_end: chainEnd,
}: Pick<X509Seen, 'not_before' | 'not_after'> & { readonly chain_end?: ChainEnd }): Validity {
  return validityOf({ not_before: notBefore, not_after: chainEnd?.not_after ?? notAfter });
}

/** Time of issue, epoch ms: the recorded time if fettle issued the certificate, else the start of its validity. */
export function issuedAt(
  leaf: { readonly fingerprint?: string; readonly not_before?: string },
  memory: Pick<Remembered, 'kept'> | undefined,
): number {
  const { made, issued_at: at } = memory?.kept ?? {};
  return instantOf((made !== undefined && made === leaf.fingerprint ? at : undefined) ?? leaf.not_before ?? '');
}

/** True if a document requests a renewal, even of a valid certificate. */
export function isAskedFor(
  { issuedAfter }: DueRule,
  leaf: { readonly fingerprint?: string; readonly not_before?: string },
  memory: Pick<Remembered, 'kept'> | undefined,
  now: number,
): boolean {
  return issuedAfter !== undefined && issuedAfter <= now && issuedAt(leaf, memory) < issuedAfter;
}

/** True if the last renewal failed, and no step or state has followed it. */
export function renewalFailed(
  memory: Pick<Remembered, 'state' | 'since' | 'failures' | 'lastError'> | undefined,
): boolean {
  if (memory?.state === 'renewal_failed') return true;
  // The refresh after the failure was a gap: the state is still the one before the step.
  const { state, lastError, since = 0 } = memory ?? {};
  return (memory?.failures ?? 0) > 0 && lastError?.step === `${state}>renewing` && lastError.at >= since;
}

/** The state of an incomplete swap: of the started renewal or recovery. */
function inProgress(
  replaced: CertificateFacts['replaced'],
  before: string | undefined,
  now: number,
): 'renewing' | 'recovering' {
  switch (before) {
    case 'normal':
    case 'expiring_soon':
    case 'renewal_failed':
    case 'renewing':
      return 'renewing';
    case 'expired':
    case 'recovering':
      return 'recovering';
    default: {
      const validity = replaced === undefined ? undefined : validityOf(replaced);
      const worked = validity !== undefined && !isExpired(validity, now) && !isNotYetValid(validity, now);
      return worked ? 'renewing' : 'recovering';
    }
  }
}

/** Validity of a stored pair, its chain included; undefined if it is unknown. */
export function validityOfFacts({
  not_before: notBefore,
  not_after: notAfter,
  chain_end: chainEnd,
}: Pick<CertificateFacts, 'not_before' | 'not_after' | 'chain_end'>): Validity | undefined {
  if (notBefore === undefined || notAfter === undefined) return undefined;
  return usableIn({
    not_before: notBefore,
    not_after: notAfter,
    ...(chainEnd === undefined ? {} : { chain_end: chainEnd }),
  });
}

/** The reason for a renewal of a usable pair: its end is near, or its document asks for a newer one. */
export function renewalDueBy(
  facts: Pick<CertificateFacts, 'fingerprint' | 'not_before' | 'not_after' | 'chain_end'>,
  due: DueRule,
  memory: Pick<Remembered, 'kept'> | undefined,
  now: number,
): 'time' | 'request' | undefined {
  const validity = validityOfFacts(facts);
  const isTime =
    due.acmeDueAt === undefined
      ? validity !== undefined && isDue(due.thresholdDays, validity, now)
      : now >= due.acmeDueAt;
  if (isTime) return 'time';
  return isAskedFor(due, facts, memory, now) ? 'request' : undefined;
}

/** The conditions of a renewal of a pair: an ACME authority suggests a window, which is among the signals of a refresh. */
export function dueRuleOf(
  rule: DueRule,
  facts: Pick<CertificateFacts, 'not_before' | 'not_after' | 'chain_end' | 'acme'>,
  signals: Facts | undefined,
): DueRule {
  const validity = facts.acme === true ? validityOfFacts(facts) : undefined;
  return validity === undefined
    ? rule
    : { ...rule, acmeDueAt: acmeDueAt(rule.thresholdDays, validity, ariIn(signals)) };
}

/** The state of an existing pair. */
export function certificateState(
  facts: Pick<
    CertificateFacts,
    'usable' | 'fingerprint' | 'not_before' | 'not_after' | 'chain_end' | 'swap' | 'replaced'
  >,
  due: DueRule,
  memory: Remembered | undefined,
  now: number,
): Exclude<CertificateState, 'absent'> {
  if (facts.swap === 'finish') return inProgress(facts.replaced, memory?.state, now);
  const validity = facts.usable ? validityOfFacts(facts) : undefined;
  if (validity === undefined) return 'expired';
  if (isExpired(validity, now) || isNotYetValid(validity, now)) return 'expired';
  const dueBy = renewalDueBy(facts, due, memory, now);
  if (dueBy === undefined) return 'normal';
  if (renewalFailed(memory)) return 'renewal_failed';
  return dueBy === 'time' ? 'expiring_soon' : 'normal';
}
