/** The plan as a document: the JSON that is printed, saved, shown and read by other programs. */

import type { Head } from '../store/store.ts';
import type { Cause, Covered, Facts, Goal, Json, Remedy, Severity, SpecEdit, Step, Summary } from '#plugin';

export const PLAN_FORMAT = '1.0';

export type PlanActionName = 'create' | 'update' | 'delete' | 'forget' | 'no-op';

export interface ResourceChange {
  readonly address: string;
  readonly type: string;
  readonly name: string;
  readonly provider_name: string;
  readonly change: {
    readonly actions: readonly PlanActionName[];
    readonly before: Json;
    readonly after: Json;
    readonly before_sensitive: Json;
    readonly after_sensitive: Json;
  };
  readonly step: Step;
  readonly goal: Goal;
  readonly cause: Cause;
  readonly because: string;
  readonly reversible: 'yes' | 'no' | 'partly';
  /** The step disturbs what is in use. */
  readonly disruptive?: true;
  readonly basis: string;
  /** All that decides what the row does, beside what is seen: the digest of the plan is made of it. */
  readonly covers?: Covered;
  /** Pointers into the spec, of what the document says itself; the rest are defaults. */
  readonly written?: readonly string[];
  /** What the document says otherwise than when it was last applied, and no difference to the world shows. */
  readonly edits?: readonly SpecEdit[];
  readonly source?: { readonly filename: string; readonly start: { readonly line: number; readonly column: number } };
  readonly warnings: readonly string[];
  readonly overrides?: readonly { readonly rule: string; readonly reason: string }[];
}

/** What would let a step pass; `wait` is a time: ISO 8601. */
export interface PlanRemedy extends Remedy {
  readonly wait?: string;
}

export interface PlanReason {
  readonly rule: string;
  readonly message: string;
  readonly facts: Facts;
  readonly observed_at: string;
  readonly clears_at?: string;
  readonly remedy?: PlanRemedy;
  readonly overridable: boolean;
}

/** A change that will not run: why, by its first reason, and all of them. */
export interface RefusedChange {
  readonly reason: string;
  readonly resource_change: ResourceChange;
  readonly reasons: readonly PlanReason[];
  readonly clears_at?: string;
}

/** What the resources of one plugin come to. */
export interface PluginSummary extends Summary {
  readonly plugin: string;
}

/** A finding, as the plan tells it. */
export interface Check {
  readonly address: string;
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly facts: Facts;
  /** When an apply first recorded it: ISO 8601; absent: no apply has recorded it yet. */
  readonly since?: string;
}

/** Until when (ISO 8601) something is not counted, who answers for that, and why. */
export interface Suppressed {
  readonly until: string;
  readonly owner: string;
  readonly reason: string;
}

export interface SuppressedCheck extends Check {
  readonly suppressed: Suppressed;
}

export interface Plan {
  readonly format_version: string;
  readonly fettle_version: string;
  readonly timestamp: string;
  readonly project: string;
  /** Nothing was left out: no gaps, no targets. */
  readonly complete: boolean;
  /** Addresses were named or excluded: the rest was not judged. */
  readonly targeted: boolean;
  /** The causes that `--cause` limits the plan to, in the order of the contract; absent for all. */
  readonly causes?: readonly Cause[];
  /** There are rows that would run. */
  readonly applyable: boolean;
  readonly errored: boolean;
  readonly resource_changes: readonly ResourceChange[];
  readonly rejected_changes: readonly RefusedChange[];
  readonly deferred_changes: readonly RefusedChange[];
  readonly prior_state: {
    readonly resources: readonly {
      readonly address: string;
      readonly type: string;
      readonly state: string;
      readonly values: Json;
    }[];
  };
  readonly resource_drift: readonly { readonly address: string; readonly change: ResourceChange['change'] }[];
  readonly checks: readonly Check[];
  /** Findings that `drift.suppress` covers; left out where there are none. */
  readonly suppressed_checks?: readonly SuppressedCheck[];
  readonly gaps: readonly {
    readonly plugin: string;
    readonly scope: string;
    readonly message: string;
    readonly since?: string;
  }[];
  /** Observed in the world, and neither written nor ours. */
  readonly unmanaged: readonly string[];
  /** What an earlier run left open, and how it ended as far as can be seen. */
  readonly settled: readonly { readonly address: string; readonly step: Step; readonly outcome: string }[];
  readonly summary: {
    readonly resources: number;
    readonly plugins: number;
    readonly add: number;
    readonly change: number;
    readonly step: number;
    readonly remove: number;
    readonly rejected: number;
    readonly deferred: number;
    readonly findings: number;
    readonly unchanged: number;
    /** Changes of other causes; absent without `--cause`. */
    readonly excluded?: number;
    /** Covered by a gap, and therefore not judged. */
    readonly unread: number;
  };
  /** What its plugins say of all of it; absent where none says anything. */
  readonly summaries?: readonly PluginSummary[];
  /** Over all that the accepted rows do; absent where the memory could not be read: then nobody can approve it. */
  readonly plan_digest?: string;
  readonly log_head?: Head;
  /** Over the whole of a saved plan but itself. */
  readonly checksum?: string;
}
