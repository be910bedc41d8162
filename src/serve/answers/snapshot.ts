/** The last rounds of a project, as the daemon hands them to the process that answers requests. JSON. */

import { gunzipSync, gzipSync } from 'node:zlib';
import type { Handed } from '../../run/last-valid.ts';
import type { Plan } from '../../formats/plan.ts';

/** An ended round. Times are epoch ms. */
export interface RoundSummary {
  readonly ended_at: number;
  readonly duration_ms: number;
  readonly outcome: string;
  /** One line. */
  readonly text: string;
  /** Absent if the round ended before its refresh did. */
  readonly refreshed_at?: number | undefined;
}

export interface Snapshot extends Handed {
  /** The last rounds, newest first. */
  readonly rounds: readonly RoundSummary[];
  readonly interval_ms: number;
  /** Plans, packed, oldest first: that of the last round that refreshed every resource, and those of later rounds. */
  readonly plans: readonly string[];
}

/** Plans of rounds that refreshed only some resources. */
const MOST_PARTIAL = 50;

/** The plans with that of another round. `isWhole`: the round refreshed every resource. */
export function withPlan(plans: readonly string[], plan: string | undefined, isWhole: boolean): readonly string[] {
  if (plan === undefined) return plans;
  if (isWhole || plans.length === 0) return [plan];
  const [whole = '', ...partial] = plans;
  return [whole, ...partial.slice(1 - MOST_PARTIAL), plan];
}

export function packedPlan(plan: Plan): string {
  return gzipSync(JSON.stringify(plan), { level: 1 }).toString('base64');
}

export function unpackedPlan(text: string): Plan {
  return JSON.parse(gunzipSync(Buffer.from(text, 'base64')).toString()) as Plan;
}
