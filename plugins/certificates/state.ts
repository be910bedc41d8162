/**
 * The state of a stored certificate, from its dates, its files and the last failure.
 *
 * | files | dates | last failure | state |
 * |---|---|---|---|
 * | a swap has to be finished | the replaced one still valid | any | renewing |
 * | a swap has to be finished | the replaced one ended, or unusable | any | recovering |
 * | can't be used together | any | any | expired |
 * | usable | ended, or not begun | any | expired |
 * | usable | a renewal is due | of a renewal | renewal_failed |
 * | usable | a renewal is due | none, or of something else | expiring_soon |
 * | usable | none is due | any | normal |
 *
 * A look never hides a failure while the certificate still waits for its renewal.
 */

import { type Validity, isDue, isExpired, isNotYetValid } from './days.ts';
import type { CertificateState } from './generated.ts';
import type { PairSeen, X509Seen } from './world.ts';
import type { Memory } from '../../src/engine/types.ts';

export function validityOf(dates: Pick<X509Seen, 'notBefore' | 'notAfter'>): Validity {
  return { notBefore: Date.parse(dates.notBefore), notAfter: Date.parse(dates.notAfter) };
}

/** Whether the last thing that was tried was a renewal, and failed. */
export function renewalFailed(memory: Pick<Memory, 'failures' | 'lastError'> | undefined): boolean {
  return (memory?.failures ?? 0) > 0 && memory?.lastError?.step.endsWith('>renewing') === true;
}

/** The state of a pair that is there. */
export function certificateState(
  pair: Extract<PairSeen, { status: 'seen' }>,
  thresholdDays: number,
  failed: boolean,
  now: number,
): Exclude<CertificateState, 'absent'> {
  if (pair.swap === 'finish') {
    const replaced = pair.replaced === undefined ? undefined : validityOf(pair.replaced);
    const worked = replaced !== undefined && !isExpired(replaced, now) && !isNotYetValid(replaced, now);
    return worked ? 'renewing' : 'recovering';
  }
  const [leaf] = pair.chain;
  if (pair.problem !== undefined || leaf === undefined) return 'expired';
  const validity = validityOf(leaf);
  if (isExpired(validity, now) || isNotYetValid(validity, now)) return 'expired';
  if (!isDue(thresholdDays, validity, now)) return 'normal';
  return failed ? 'renewal_failed' : 'expiring_soon';
}
