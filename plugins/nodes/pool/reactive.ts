/** The reactive policy: recommends more members when memory is scarce, and fewer when it is idle. */

import { counted, durationText } from '#plugin';
import { type Projection, percent } from './fleet.ts';

/** Thresholds in percent of memory, times in ms. */
export interface ReactivePolicy {
  readonly upPercent: number;
  readonly downPercent: number;
  /** Least time between two changes of size. */
  readonly cooldownMs: number;
  /** Least time between growing and shrinking. */
  readonly downAfterUpMs: number;
  /** Time for which a threshold must be crossed. */
  readonly forMs: number;
}

export const REACTIVE: ReactivePolicy = {
  upPercent: 85,
  downPercent: 30,
  cooldownMs: 5 * 60_000,
  downAfterUpMs: 20 * 60_000,
  forMs: 0,
};

/** Times of the last applied growth and shrinkage: epoch ms. */
export interface Scaled {
  readonly upAt?: number;
  readonly downAt?: number;
}

export type Urgency = 'low' | 'medium' | 'high' | 'critical';

export interface Recommendation {
  readonly direction: 'up' | 'down';
  readonly because: string;
  readonly urgency?: Urgency;
  /** True if the recommendation does not wait for a cooldown. */
  readonly atOnce: boolean;
}

/** Urgency by percent of memory: from 88, from 92, and critical from 95. */
const URGENCIES: readonly (readonly [over: number, Urgency])[] = [
  [95, 'critical'],
  [92, 'high'],
  [88, 'medium'],
];

/** Compares `part` of `whole` with a share in percent, without rounding; positive if it is more. */
function compareShare(part: number, whole: number, share: number): number {
  return part * 100_000 - whole * Math.round(share * 1000);
}

/** True above a share in percent. */
export function isOver(part: number, whole: number, share: number): boolean {
  return compareShare(part, whole, share) > 0;
}

/** True below a share in percent. */
function isUnder(part: number, whole: number, share: number): boolean {
  return compareShare(part, whole, share) < 0;
}

export function urgencyOf(part: number, whole: number): Urgency {
  return URGENCIES.find(([over]) => isOver(part, whole, over))?.[1] ?? 'low';
}

/**
 * The recommendation of the policy. Growth counts present and starting capacity, so that nothing is ordered twice.
 * Shrinking counts only capacity in service, and a fleet that would have to grow again at once does not shrink.
 *
 * `leastMb` is the memory of the member that would be removed.
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

/** A crossed threshold, and the time since which it is crossed: epoch ms. */
export interface Crossing {
  readonly direction: 'up' | 'down';
  readonly since: number;
}

/** The crossing after this refresh; it continues that of the previous refresh if the threshold is the same. */
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

/** Time until which a change of size must wait (epoch ms), with the reason; undefined if it need not wait. */
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
