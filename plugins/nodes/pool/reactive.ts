/** The reactive policy: more members when memory runs short, fewer when it lies idle; it only recommends. */

import { counted, durationText } from '#plugin';
import { type Projection, percent } from './fleet.ts';

/** Thresholds in percent of memory, times in ms. */
export interface ReactivePolicy {
  readonly upPercent: number;
  readonly downPercent: number;
  /** Between two changes of size. */
  readonly cooldownMs: number;
  /** Between a growth and a shrinking after it. */
  readonly downAfterUpMs: number;
  /** How long a threshold has to be crossed. */
  readonly forMs: number;
}

export const REACTIVE: ReactivePolicy = {
  upPercent: 85,
  downPercent: 30,
  cooldownMs: 5 * 60_000,
  downAfterUpMs: 20 * 60_000,
  forMs: 0,
};

/** When a pool grew and shrank last: epoch ms. Only what was done counts. */
export interface Scaled {
  readonly upAt?: number;
  readonly downAt?: number;
}

export type Urgency = 'low' | 'medium' | 'high' | 'critical';

export interface Recommendation {
  readonly direction: 'up' | 'down';
  readonly because: string;
  readonly urgency?: Urgency;
  /** It does not wait for the end of a cooldown. */
  readonly atOnce: boolean;
}

/** Over 95 % critical, over 88 and 92 % more and more; in percent of memory. */
const URGENCIES: readonly (readonly [over: number, Urgency])[] = [
  [95, 'critical'],
  [92, 'high'],
  [88, 'medium'],
];

/** Compares `part` of `whole` with a share in percent, in thousandths of one, so that nothing is rounded: > 0 where it is more. */
function compareShare(part: number, whole: number, share: number): number {
  return part * 100_000 - whole * Math.round(share * 1000);
}

/** Whether it is more than so many percent. */
export function isOver(part: number, whole: number, share: number): boolean {
  return compareShare(part, whole, share) > 0;
}

/** Whether it is less than so many percent. */
function isUnder(part: number, whole: number, share: number): boolean {
  return compareShare(part, whole, share) < 0;
}

export function urgencyOf(part: number, whole: number): Urgency {
  return URGENCIES.find(([over]) => isOver(part, whole, over))?.[1] ?? 'low';
}

/**
 * What the policy recommends. Growth looks at all that is there or coming, so that what is starting is not ordered twice;
 * shrinking looks only at what serves, and a fleet that would have to grow at once again does not shrink.
 *
 * `leastMb` is the memory of the member that would be lost.
 */
export function recommend(
  fleet: Projection,
  policy: ReactivePolicy,
  leastMb: number | undefined,
): Recommendation | undefined {
  const { allocatedMb, queuedMb, queued, servingMb, comingMb } = fleet;
  const workers = fleet.serving + fleet.coming;
  if (workers === 0) {
    if (queued === 0) return undefined;
    const because = `${counted(queued, 'container')} ${queued === 1 ? 'waits' : 'wait'} in the queue, and the pool has no node`;
    return { direction: 'up', because, urgency: 'critical', atOnce: true };
  }
  const wanted = allocatedMb + queuedMb;
  const total = servingMb + comingMb;
  if (isOver(wanted, total, policy.upPercent)) {
    const coming = fleet.coming === 0 ? '' : `, including ${counted(fleet.coming, 'node')} still starting`;
    const because = `${percent(wanted, total)} % of the memory is allocated or queued for${coming}; scaling.up is ${policy.upPercent} %`;
    return { direction: 'up', because, urgency: urgencyOf(wanted, total), atOnce: false };
  }
  if (servingMb === 0 || !isUnder(allocatedMb, servingMb, policy.downPercent)) return undefined;
  if (leastMb === undefined || isOver(wanted, total - leastMb, policy.upPercent)) return undefined;
  const because = `${percent(allocatedMb, servingMb)} % of the memory is allocated; scaling.down is ${policy.downPercent} %`;
  return { direction: 'down', because, atOnce: false };
}

/** A threshold that is crossed, and since when: epoch ms. */
export interface Crossing {
  readonly direction: 'up' | 'down';
  readonly since: number;
}

/** The crossing after this refresh: it goes on where it was the same at the one before. */
export function crossingOf(
  recommendation: Recommendation | undefined,
  before: Crossing | undefined,
  now: number,
): Crossing | undefined {
  if (recommendation === undefined) return undefined;
  const { direction } = recommendation;
  return before?.direction === direction
    ? { direction, since: Math.min(before.since, now) }
    : { direction, since: now };
}

/** Until when a change of size has to wait: epoch ms and why; undefined where it need not. */
export function waitsUntil(
  direction: 'up' | 'down',
  scaled: Scaled,
  policy: ReactivePolicy,
  now: number,
): { readonly until: number; readonly because: string } | undefined {
  const { upAt, downAt } = scaled;
  const after = (at: number | undefined, lengthMs: number, what: string) =>
    at === undefined
      ? []
      : [{ until: at + lengthMs, because: `The pool ${what} less than ${durationText(lengthMs)} ago` }];
  const waits = [
    ...after(upAt, policy.cooldownMs, 'grew'),
    ...after(downAt, policy.cooldownMs, 'shrank'),
    ...(direction === 'up' ? [] : after(upAt, policy.downAfterUpMs, 'grew')),
  ];
  const latest = waits.toSorted((a, b) => b.until - a.until)[0];
  return latest === undefined || now >= latest.until ? undefined : latest;
}
