/** Short ways to say what a rule says. */

import type { Facts, Remedy, Verdict } from './types.ts';

export function pass(message: string, facts: Facts = {}): Verdict {
  return { outcome: 'pass', message, facts };
}

export function warn(message: string, facts: Facts): Verdict {
  return { outcome: 'warn', message, facts };
}

/** A verdict with the limits that it held the change against. */
export function limited(verdict: Verdict, limits: Facts): Verdict {
  return { ...verdict, limits };
}

interface Way {
  /** Epoch ms. */
  readonly clearsAt?: number;
  readonly remedy?: Remedy;
}

/** The step would be unsafe. */
export function reject(message: string, facts: Facts, way: Way = {}): Verdict {
  return { outcome: 'reject', message, facts, ...way };
}

/** The step is on its way, and has to wait. */
export function defer(message: string, facts: Facts, way: Way = {}): Verdict {
  return { outcome: 'defer', message, facts, ...way };
}

/** `1 day`, `3 days`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** 90,000 ms as `90s`, an hour as `1h`: in the largest unit that leaves no rest. */
export function durationText(ms: number): string {
  const unit = UNITS.find(([, size]) => ms >= size && ms % size === 0);
  return unit === undefined ? `${ms}ms` : `${ms / unit[1]}${unit[0]}`;
}
