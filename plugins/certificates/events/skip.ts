/** Skips of scheduled rounds: Domains that a round of `fettle serve` leaves out. A refresh by a person skips none. */

import { type Instant, instantOf } from '#plugin';
import { isBackingOff } from '../failure-policy.ts';
import type { EventDomain } from './outcome.ts';

/** Time after an event within which a round does not probe its Domain. */
export const QUIET_MS = 600_000;

/** The reason to leave a Domain out: its next try is not due, or an event has just said its state. */
export type Skip = 'retry' | 'event';

export function skipOf({ spec, memory }: Pick<EventDomain, 'spec' | 'memory'>, now: Instant): Skip | undefined {
  if (isBackingOff(spec, memory, now)) return 'retry';
  const age = now - instantOf(memory?.kept.cert_last_event_at ?? '');
  return age >= 0 && age < QUIET_MS ? 'event' : undefined;
}
