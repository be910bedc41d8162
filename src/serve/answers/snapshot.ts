/** The last rounds of a project, as the daemon hands them to the process that answers requests. JSON. */

import { gunzipSync, gzipSync } from 'node:zlib';
import type { Handed } from '../../run/last-valid.ts';
import type { Plan } from '../../formats/plan.ts';
import type { RowRules } from '../../formats/row-rules.ts';

/** An ended round. Times are epoch ms. */
export interface RoundSummary {
  readonly ended_at: number;
  readonly duration_ms: number;
  readonly outcome: string;
  /** One line. */
  readonly text: string;
  /** Absent if the round ended before its refresh did. */
  readonly refreshed_at?: number | undefined;
  /** The time at which the next resource, event or delivery is due. */
  readonly next_due_at?: number | undefined;
}

export interface Snapshot extends Handed {
  /** The last rounds, newest first. */
  readonly rounds: readonly RoundSummary[];
  readonly interval_ms: number;
  /** Plans, oldest first: that of the last round that refreshed every resource, and those of later rounds. */
  readonly plans: readonly PackedPlan[];
}

/** A plan and the rules of its rows: JSON by gzip, in base64. */
export interface PackedPlan {
  readonly plan: string;
  readonly rules: string;
}

/** An ended round: everything that it changes of a snapshot. */
export interface SnapshotUpdate {
  readonly round: RoundSummary;
  /** Absent if the round ended before its refresh did. */
  readonly plan?: PackedPlan | undefined;
  /** True if the round refreshed every resource. */
  readonly isWhole: boolean;
  /** The documents, packed, if they are other than before. */
  readonly lastValid?: string | undefined;
}

/** Rounds that are kept. */
const MOST_ROUNDS = 100;

/** The snapshot after a round. */
export function updated(snapshot: Snapshot, { round, plan, isWhole, lastValid }: SnapshotUpdate): Snapshot {
  return {
    ...snapshot,
    rounds: [round, ...snapshot.rounds].slice(0, MOST_ROUNDS),
    plans: withPlan(snapshot.plans, plan, isWhole),
    lastValid: lastValid ?? snapshot.lastValid,
  };
}

/** Plans of rounds that refreshed only some resources. */
const MOST_PARTIAL = 50;

/** The plans with that of another round. `isWhole`: the round refreshed every resource. */
export function withPlan<T>(plans: readonly T[], plan: T | undefined, isWhole: boolean): readonly T[] {
  if (plan === undefined) return plans;
  const [whole, ...partial] = plans;
  if (isWhole || whole === undefined) return [plan];
  return [whole, ...partial.slice(1 - MOST_PARTIAL), plan];
}

function packed(value: object): string {
  return gzipSync(JSON.stringify(value), { level: 1 }).toString('base64');
}

function unpacked(text: string): unknown {
  return JSON.parse(gunzipSync(Buffer.from(text, 'base64')).toString());
}

export function packedPlan(plan: Plan, rules: RowRules): PackedPlan {
  return { plan: packed(plan), rules: packed(rules) };
}

export interface RoundPlan {
  readonly plan: Plan;
  readonly rules: RowRules;
}

export function unpackedPlan({ plan, rules }: PackedPlan): RoundPlan {
  return { plan: unpacked(plan) as Plan, rules: unpacked(rules) as RowRules };
}
