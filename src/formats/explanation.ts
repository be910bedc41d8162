/** An explanation: the JSON document of `fettle explain --format json`. */

import {
  type Action,
  type Facts,
  type FieldChange,
  formatRef,
  instantText,
  type Json,
  type Labels,
  type Judgement,
  defined,
} from '#plugin';
import type { Explained, WayOut as ExplainedWayOut } from '../engine/explain.ts';
import { gapScope } from '../engine/gap.ts';
import type { LogRecord } from './log-record.ts';
import { shownLabels } from '../engine/selector.ts';
import { clearsAt, standing } from '../engine/standing.ts';
import { overrideText, setText } from '../report/remedy-text.ts';
import {
  type Check,
  checkOf,
  type Clearing,
  clearingOf,
  clearsAtOf,
  logHead,
  type LogHead,
  pendingCheck,
  type PendingCheck,
  suppressedCheck,
  type SuppressedCheck,
} from './parts.ts';

const EXPLANATION_FORMAT = '1.0';

/** A move out of the present state, as the spec defines it. */
export interface WayOut {
  readonly machine: string;
  readonly to: string;
  readonly by: 'fettle' | 'world';
  readonly trigger: string;
  /** The time by which the provider should have made the move: ISO 8601. */
  readonly due_at?: string;
}

export interface RuleSaid extends Clearing {
  readonly rule: string;
  readonly outcome: Judgement['outcome'];
  readonly message: string;
  readonly facts: Readonly<Record<string, Json>>;
  readonly overridable: boolean;
  /** The reason of the override that applies. */
  readonly overridden?: string;
}

/** One way to unblock a refused step. */
export interface Way {
  readonly rule: string;
  readonly do: 'wait' | 'set' | 'outside' | 'override';
  readonly text: string;
}

export interface Explanation {
  readonly format_version: string;
  readonly address: string;
  readonly type: string;
  readonly summary: string;
  /** Absent without any. */
  readonly labels?: Labels;
  readonly source?: { readonly filename: string; readonly line: number; readonly column: number };
  readonly written: boolean;
  readonly seen: boolean;
  /** The reason that the resource could not be read. */
  readonly gap?: { readonly scope: string; readonly message: string };
  readonly state: string;
  readonly since?: string;
  readonly others?: Readonly<Record<string, string>>;
  /** The time by which the resource should have left its state. */
  readonly overdue_since?: string;
  readonly ways_out: readonly WayOut[];
  /** When the resource is due and was last refreshed, and the policy of its retries; absent if its kind has none. */
  readonly schedule?: Facts;
  readonly values?: Json;
  readonly signals?: Json;
  readonly needs: readonly string[];
  readonly needed_by: readonly string[];
  readonly memory: {
    readonly owned: 'created' | 'adopted' | null;
    readonly protected: boolean;
    readonly on_remove: string;
    readonly hold?: string;
    readonly applied_at?: string;
    readonly failures: number;
    readonly last_error?: { readonly at: string; readonly step: string; readonly message: string };
    readonly open_intent?: { readonly step: string; readonly at: string; readonly run: string };
    /** A damaged log named the resource. */
    readonly unknown: boolean;
    readonly kept?: Json;
  };
  /** Absent if there is nothing to do. */
  readonly next?: {
    readonly step: string;
    readonly goal: string;
    readonly cause: string;
    readonly because: string;
    readonly verdict: Action['verdict'];
    readonly fields: readonly FieldChange[];
    readonly rules: readonly RuleSaid[];
    readonly ways: readonly Way[];
    /** The time at which every reason against the step clears on its own. */
    readonly clears_at?: string;
    readonly after: readonly string[];
  };
  readonly findings: readonly Check[];
  /** Findings that do not count yet, and suppressed ones; absent if there are none. */
  readonly pending_checks?: readonly PendingCheck[];
  readonly suppressed_checks?: readonly SuppressedCheck[];
  readonly records: readonly LogRecord[];
  readonly log_head?: LogHead;
}

function wayOut({ machine, transition: { to, by, trigger }, dueAt }: ExplainedWayOut): WayOut {
  return { machine, to, by, trigger, ...(dueAt === undefined ? {} : { due_at: instantText(dueAt) }) };
}

export function said(judgement: Judgement): RuleSaid {
  const { rule, outcome, message, facts, overridable, overridden } = judgement;
  return {
    rule,
    outcome,
    message,
    facts,
    ...clearingOf(judgement),
    overridable,
    ...(overridden === undefined ? {} : { overridden }),
  };
}

/** Returns the ways to unblock a refused action, rule by rule. Every rule has to be met. */
function waysOf(action: Action): readonly Way[] {
  const address = formatRef(action.change.ref);
  return standing(action).flatMap(({ rule, remedy, clearsAt: clears, overridable }): readonly Way[] => [
    ...(clears === undefined ? [] : [{ rule, do: 'wait' as const, text: `until ${instantText(clears)}` }]),
    ...(remedy?.set === undefined ? [] : [{ rule, do: 'set' as const, text: setText(remedy.set) }]),
    ...(remedy?.outside === undefined ? [] : [{ rule, do: 'outside' as const, text: remedy.outside }]),
    ...(overridable ? [{ rule, do: 'override' as const, text: `fettle apply ${overrideText(rule, address)}` }] : []),
  ]);
}

function fieldOf({ path, before, after, secret }: FieldChange): FieldChange {
  if (secret === true) return { path, secret };
  return defined({ path, before, after });
}

function nextOf(action: Action): NonNullable<Explanation['next']> {
  const { change, judgements, verdict, after } = action;
  return {
    step: change.step,
    goal: change.goal,
    cause: change.cause,
    because: change.because,
    verdict,
    fields: change.fields.map(fieldOf),
    rules: judgements.map(said),
    ways: waysOf(action),
    ...clearsAtOf(clearsAt(action)),
    after,
  };
}

function memoryOf({ resource: { memory }, owned, isProtected, onRemove, hold }: Explained): Explanation['memory'] {
  return defined({
    owned: owned ?? null,
    protected: isProtected,
    on_remove: onRemove,
    hold,
    applied_at: instantText(memory?.applied?.at),
    failures: memory?.failures ?? 0,
    last_error:
      memory?.lastError === undefined
        ? undefined
        : {
            at: instantText(memory.lastError.at),
            step: memory.lastError.step,
            message: memory.lastError.message,
          },
    open_intent:
      memory?.open === undefined
        ? undefined
        : { step: memory.open.step, at: instantText(memory.open.at), run: memory.open.run },
    unknown: memory?.unknown === true,
    kept: memory === undefined || Object.keys(memory.kept).length === 0 ? undefined : (memory.kept as Json),
  });
}

/** Returns the document of an explanation. */
export function explanationDocument(explained: Explained): Explanation {
  const { resource, since, overdueSince, action, head } = explained;
  const { ref, desired, sight } = resource;
  const observed = sight.is === 'seen' ? sight.observed : undefined;
  return {
    format_version: EXPLANATION_FORMAT,
    address: formatRef(ref),
    type: `${ref.plugin}/${ref.kind}`,
    summary: explained.summary,
    ...defined<Pick<Explanation, 'labels'>>({ labels: shownLabels(resource) }),
    ...(desired === undefined
      ? {}
      : { source: { filename: desired.source.file, line: desired.source.line, column: desired.source.column } }),
    written: desired !== undefined,
    seen: observed !== undefined,
    ...(sight.is === 'unseen' ? { gap: { scope: gapScope(sight.gap), message: sight.gap.message } } : {}),
    state: explained.state,
    ...(since === undefined ? {} : { since: instantText(since) }),
    ...(observed?.others === undefined ? {} : { others: observed.others }),
    ...(overdueSince === undefined ? {} : { overdue_since: instantText(overdueSince) }),
    ways_out: explained.waysOut.map(wayOut),
    ...(explained.schedule === undefined ? {} : { schedule: explained.schedule }),
    ...(observed === undefined ? {} : { values: observed.facts as Json }),
    ...(observed?.signals === undefined ? {} : { signals: observed.signals }),
    needs: explained.needs,
    needed_by: explained.neededBy,
    memory: memoryOf(explained),
    ...(action === undefined ? {} : { next: nextOf(action) }),
    findings: explained.findings.map(checkOf),
    ...(explained.pending.length === 0 ? {} : { pending_checks: explained.pending.map(pendingCheck) }),
    ...(explained.suppressed.length === 0 ? {} : { suppressed_checks: explained.suppressed.map(suppressedCheck) }),
    records: explained.records,
    ...(head === undefined ? {} : { log_head: logHead(head) }),
  };
}
