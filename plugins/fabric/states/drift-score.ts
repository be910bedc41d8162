/** Score of the difference between an object of a fabric and its manifest. */

import { isDeepStrictEqual } from 'node:util';
import type { DriftSeverity, Json } from '#plugin';

type Spec = Readonly<Record<string, Json>>;

/** Share of the top-level keys of both sides that differ: 1 if one side is missing, 0 if both are. */
export function driftScore(desired: Spec | undefined, actual: Spec | undefined): number {
  if (desired === undefined && actual === undefined) return 0;
  if (desired === undefined || actual === undefined) return 1;
  const keys = [...new Set([...Object.keys(desired), ...Object.keys(actual)])];
  const differing = keys.filter((key) => !sameAt(key, desired, actual));
  return keys.length === 0 ? 0 : differing.length / keys.length;
}

export function driftSeverity(score: number): DriftSeverity {
  if (score < 0.1) return 'low';
  if (score < 0.5) return 'medium';
  return score < 0.8 ? 'high' : 'critical';
}

function sameAt(key: string, one: Spec, other: Spec): boolean {
  return Object.hasOwn(one, key) === Object.hasOwn(other, key) && isDeepStrictEqual(one[key], other[key]);
}
