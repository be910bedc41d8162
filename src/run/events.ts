/**
 * Events of a run, as one typed union. The caller of a function of this layer passes a listener, which turns events
 * into text, markdown, JSON or a page. Times are epoch ms, spans are ms.
 */

import type { Row } from '../engine/action.ts';
import type { DriftReport } from '../formats/drift.ts';
import type { Explanation } from '../formats/explanation.ts';
import type { Plan, ResourceChange } from '../formats/plan.ts';
import type { PlanDifference } from '../formats/plan-difference.ts';
import type { Change, CommandReport, Desired, Labels, Problem } from '#plugin';
import type { Damage, Head, Holder, RecoverReport } from '../store/store.ts';
import type { Ending } from './ending.ts';

/** Progress of the refresh of one plugin, in resources. */
export interface Progress {
  readonly done: number;
  readonly total: number;
}

/** Result of the refresh of one plugin. */
export interface Refreshed {
  readonly plugin: string;
  /** Number of resources that exist. */
  readonly seen: number;
  readonly gaps: number;
}

/** The reason for which a saved plan is refused as a whole. */
export type SavedPlanRefusal =
  | { readonly why: 'altered' | 'misdigested' | 'no-digest' }
  | { readonly why: 'other-project'; readonly planned: string; readonly present: string };

/** The result of an apply. */
export interface Applied {
  readonly ending: Ending;
  readonly project: string;
  readonly rows: readonly Row[];
  readonly head: Head | undefined;
}

export type RunEvent =
  // Configuration, documents and selectors.
  | { readonly type: 'problems'; readonly problems: readonly Problem[] }
  /** `isKept`: the last valid documents are used, because those in the files are not valid. */
  | { readonly type: 'documents-read'; readonly documents: readonly Desired[]; readonly isKept: boolean }
  | { readonly type: 'config-idle'; readonly message: string }
  | { readonly type: 'selector-hidden'; readonly selector: string; readonly scope: string; readonly near?: string }
  | { readonly type: 'override-unused'; readonly rule: string; readonly address: string }
  // The log and its lock.
  | { readonly type: 'store-doubted'; readonly message: string }
  | { readonly type: 'log-missing'; readonly place: string }
  /** `beginning`: the run continues with the valid beginning. `nothing`: the run ends, or recovers the log first. */
  | {
      readonly type: 'log-damaged';
      readonly damage: readonly Damage[];
      readonly place: string;
      readonly use: 'beginning' | 'nothing';
    }
  | { readonly type: 'log-torn'; readonly bytes: number }
  | { readonly type: 'log-cut'; readonly bytes: number; readonly file: string }
  | { readonly type: 'log-recovered'; readonly report: RecoverReport }
  | { readonly type: 'lock-wait' | 'lock-held'; readonly holder: Holder }
  | { readonly type: 'lock-kept'; readonly message: string }
  // The events and alerts of a round of `fettle serve`.
  | { readonly type: 'events-problem' | 'alerts-problem' | 'answers-problem'; readonly message: string }
  // The refresh. Progress is reported on each response, and every half second.
  | { readonly type: 'refresh-started'; readonly plugins: readonly string[] }
  | {
      readonly type: 'refresh-progress';
      readonly progress: ReadonlyMap<string, Progress>;
      readonly elapsedMs: number;
    }
  | { readonly type: 'refresh-ended'; readonly plugins: readonly Refreshed[]; readonly elapsedMs: number }
  // Results: one for each run.
  | { readonly type: 'planned'; readonly plan: Plan }
  | { readonly type: 'drifted'; readonly report: DriftReport }
  | { readonly type: 'explained'; readonly explanation: Explanation; readonly project: string }
  | { readonly type: 'applied'; readonly applied: Applied }
  /** Output of a command of a plugin; one that watches has several. `head`: the log after the command wrote to it. */
  | {
      readonly type: 'command-output';
      readonly command: string;
      readonly report: CommandReport;
      readonly head?: Head;
    }
  | { readonly type: 'trial-progress'; readonly command: string; readonly text: string }
  | { readonly type: 'watch-failed'; readonly plugin: string; readonly message: string }
  // Approval.
  | { readonly type: 'saved-plan-refused'; readonly file: string; readonly refusal: SavedPlanRefusal }
  | {
      readonly type: 'digest-differs';
      readonly approved: string;
      readonly present: string | undefined;
      /** Absent if only a digest was approved, not a saved plan. */
      readonly difference?: PlanDifference;
    }
  | { readonly type: 'row-stale'; readonly row: ResourceChange; readonly message: string }
  | { readonly type: 'row-unapproved'; readonly address: string }
  | { readonly type: 'adoption-unneeded'; readonly address: string; readonly owned: string | undefined }
  // Actions. Progress is reported every ten seconds for each running action.
  | {
      readonly type: 'action-started';
      readonly address: string;
      readonly change: Change;
      /** Of the resource. */
      readonly labels: Labels | undefined;
    }
  | {
      readonly type: 'action-progress';
      readonly address: string;
      readonly change: Change;
      readonly labels: Labels | undefined;
      readonly elapsedMs: number;
      /** The last progress text of the handler. */
      readonly text: string | undefined;
    }
  | { readonly type: 'action-ended'; readonly row: Row }
  /** All actions have ended, and a plugin waits until they are in effect. */
  | { readonly type: 'effect-awaited'; readonly address: string; readonly text: string }
  | { readonly type: 'not-in-effect'; readonly address: string; readonly message: string }
  /** Running actions finish, and no other action starts. */
  | { readonly type: 'stopping'; readonly ending: Ending }
  /** The time limit for all rounds has passed. */
  | { readonly type: 'settling-late'; readonly timeoutMs: number; readonly reason: string }
  /** The next round starts at `until`. */
  | { readonly type: 'round-wait'; readonly until: number; readonly reason: string };

/** Receives each event as it happens. Must return at once: slow work keeps the event for later. */
export type Listener = (event: RunEvent) => void;
