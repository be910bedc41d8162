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
