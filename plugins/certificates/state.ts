/**
 * The state of a stored certificate, from its dates, its files and what is remembered.
 *
 * | files | dates | was before | state |
 * |---|---|---|---|
 * | a swap has to be finished | any | normal, expiring_soon, renewal_failed or renewing | renewing |
 * | a swap has to be finished | any | expired or recovering | recovering |
 * | a swap has to be finished | the replaced one still valid | never seen | renewing |
 * | a swap has to be finished | the replaced one ended, or unusable | never seen | recovering |
 * | can't be used together | any | any | expired |
 * | usable | ended, of itself or of its chain, or not begun | any | expired |
 * | usable | a renewal is due, or asked for | renewal_failed, or a renewal failed since | renewal_failed |
 * | usable | a renewal is due | anything else | expiring_soon |
 * | usable | none is due | any | normal |
 *
 * A chain ends with the first of its certificates: what is due is reckoned from there.
 *
 * A look never hides a failure while the certificate still waits for its renewal, and never says of an attempt that it
 * is of the other kind.
 */

import { type Validity, isDue, isExpired, isNotYetValid } from './days.ts';
import type { CertificateMemory, CertificateState } from './generated.ts';
import type { CertificateFacts } from './facts.ts';
import type { ChainEnd, X509Seen } from './world.ts';
import { type Memory, instantOf } from '#plugin';

type Remembered = Pick<Memory<CertificateMemory>, 'state' | 'since' | 'failures' | 'lastError' | 'kept'>;

/** When a renewal is due, in days before the end, and, where one is asked for, of what was issued before (epoch ms). */
export interface DueRule {
  readonly thresholdDays: number;
  readonly issuedAfter?: number;
}

export function validityOf(dates: Pick<X509Seen, 'not_before' | 'not_after'>): Validity {
  return { notBefore: instantOf(dates.not_before), notAfter: instantOf(dates.not_after) };
}

/** When a certificate can be used, its chain included. */
export function usableIn({
  not_before: notBefore,
  not_after: notAfter,
  chain_end: chainEnd,
}: Pick<X509Seen, 'not_before' | 'not_after'> & { readonly chain_end?: ChainEnd }): Validity {
  return validityOf({ not_before: notBefore, not_after: chainEnd?.not_after ?? notAfter });
}

/** When a certificate was issued: as is remembered of one that fettle made, else as it says itself; epoch ms. */
export function issuedAt(
  leaf: { readonly fingerprint?: string; readonly not_before?: string },
  memory: Pick<Remembered, 'kept'> | undefined,
): number {
  const { made, issued_at: at } = memory?.kept ?? {};
  return instantOf((made !== undefined && made === leaf.fingerprint ? at : undefined) ?? leaf.not_before ?? '');
}

/** Whether a document asks for a renewal of this one, however long it is still valid. */
export function isAskedFor(
  { issuedAfter }: DueRule,
  leaf: { readonly fingerprint?: string; readonly not_before?: string },
  memory: Pick<Remembered, 'kept'> | undefined,
  now: number,
): boolean {
  return issuedAfter !== undefined && issuedAfter <= now && issuedAt(leaf, memory) < issuedAfter;
}

/** Whether the last renewal failed, and nothing has come after it. */
export function renewalFailed(
  memory: Pick<Remembered, 'state' | 'since' | 'failures' | 'lastError'> | undefined,
): boolean {
  if (memory?.state === 'renewal_failed') return true;
  // After a failure nothing could be seen: the state is still the one before it.
  const { state, lastError, since = 0 } = memory ?? {};
  return (memory?.failures ?? 0) > 0 && lastError?.step === `${state}>renewing` && lastError.at >= since;
}

/** A swap that has to be finished belongs to a renewal, or to a recovery: to what was begun. */
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

/** When a stored pair can be used, its chain included; undefined where it does not say. */
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

/** The state of a pair that is there. */
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
  const isNear = isDue(due.thresholdDays, validity, now);
  if (!isNear && !isAskedFor(due, facts, memory, now)) return 'normal';
  if (renewalFailed(memory)) return 'renewal_failed';
  return isNear ? 'expiring_soon' : 'normal';
}
