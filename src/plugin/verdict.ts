/** Verdicts of rules: short constructors. */

import type { Facts, Remedy, Verdict } from './types.ts';

export function pass(message: string, facts: Facts = {}): Verdict {
  return { outcome: 'pass', message, facts };
}

export function warn(message: string, facts: Facts): Verdict {
  return { outcome: 'warn', message, facts };
}

/** Adds the limits with which a verdict compared the change. */
export function limited(verdict: Verdict, limits: Facts): Verdict {
  return { ...verdict, limits };
}

interface Way {
  /** Epoch ms. */
  readonly clearsAt?: number;
  readonly remedy?: Remedy;
}

/** Rejects a step that would be unsafe. */
export function reject(message: string, facts: Facts, way: Way = {}): Verdict {
  return { outcome: 'reject', message, facts, ...way };
}

/** Defers a step that has to wait. */
export function defer(message: string, facts: Facts, way: Way = {}): Verdict {
  return { outcome: 'defer', message, facts, ...way };
}
