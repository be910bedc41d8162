/**
 * Intervals of scheduled refreshes of a failing Domain: each failure doubles the time to the next refresh.
 *
 * | policy | seconds after 1, 2, 3 … failures |
 * |---|---|
 * | `standard` | 60, 120, 240, 480, 960, 1920, 3840, 7680, 15360, 21600 |
 * | `strict` | 300, 600, 1200, 2400, 4800, 9600, 19200, 38400, 43200 |
 * | `hold` | 600, 1200, 7200, 14400, 28800, 57600, 86400 |
 */

import { type Instant, instantOf, type Memory } from '#plugin';
import type { DomainMemory, DomainSpec } from './generated.ts';
import { targetText } from './observe-domain.ts';

export type FailurePolicy = DomainSpec['failurePolicy'];

const MOST_DOUBLED = 10;

/** Seconds from a failed refresh to the next one; `failures` includes it. With `hold`, the third one triples them. */
export function backoffSeconds(policy: FailurePolicy, failures: number): number {
  const doubled = 2 ** (Math.min(Math.max(failures, 1), MOST_DOUBLED) - 1);
  switch (policy) {
    case 'strict':
      return Math.min(43_200, 300 * doubled);
    case 'hold':
      return Math.min(86_400, (failures >= 3 ? 1800 : 600) * doubled);
    case 'standard':
      return Math.min(21_600, 60 * doubled);
  }
}

/**
 * True if this target failed, and its next scheduled refresh is not due yet. A time that is further ahead than the policy
 * allows is from before the clock was set back.
 */
export function isBackingOff(spec: DomainSpec, memory: Memory<DomainMemory> | undefined, now: Instant): boolean {
  if (memory?.state !== 'tls_error' || memory.kept.target !== targetText(spec)) return false;
  const { retry_at: retryAt = '', failures = 1 } = memory.kept;
  const waitMs = instantOf(retryAt) - now;
  const policy = (memory.kept.failure_policy ?? spec.failurePolicy) as FailurePolicy;
  return waitMs > 0 && waitMs <= backoffSeconds(policy, failures) * 1000;
}
