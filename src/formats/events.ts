/**
 * Events of `--json`: the progress of a command as JSON objects, one per line, in the types and names of Terraform's
 * machine-readable output, so that its readers need few changes.
 *
 * Every event has `@level`, `@message` (text for people, which may change), `@module`, `@timestamp` and `type`.
 *
 * | type | members |
 * |---|---|
 * | `version` | `fettle`, `ui` (version of this format); always the first |
 * | `log` | none; the last one has `exit`: the meaning of the exit code |
 * | `diagnostic` | `diagnostic`: a problem of a document with its `range`, a gap, a failed action, an error that ends the command |
 * | `refresh_start`, `refresh_complete` | `hook`: the refresh of one plugin; at its end the number of resources `seen` and of `gaps` |
 * | `resource_drift` | `change` |
 * | `planned_change` | `change`: `reason` is its cause; also `step`, `goal`, `because` |
 * | `planned_rejection` | `change`, `rejection`: the reasons as in the plan's JSON |
 * | `planned_deferral` | `change`, `deferral`: the reasons as in the plan's JSON |
 * | `finding` | `finding`, as in the `checks` of the plan's JSON; one that does not count has the member `suppressed` or `pending` |
 * | `plugin_summary` | `summary`: the totals of a `plugin`, as in the `summaries` of the plan's JSON |
 * | `change_summary` | `changes`: counts of the `operation` `plan` or `apply`; for a plan also its `plan_digest` |
 * | `lock_wait` | `lock`: its holder |
 * | `apply_start`, `apply_progress`, `apply_complete`, `apply_errored` | `hook`: `status` is the result |
 * | `command_output` | `command` of a plugin, with the `facts` of its output |
 * | `log_head` | `log_head`: the end of the log, or null |
 *
 * Readers ignore unknown members, and reject a new major version of `ui`.
 */

import type { PluginSummary } from '../engine/seal.ts';
import { type Check, isGrave, logHead, type LogHead, type Source, sourceOf } from './parts.ts';
import type { Row, RowStatus } from '../engine/action.ts';
import type { DriftReport } from './drift.ts';
import type { Plan, PlanReason, RefusedChange, ResourceChange } from './plan.ts';
import {
  type Action,
  type Cause,
  type CommandReport,
  counted,
  defined,
  type Facts,
  type Goal,
  type Labels,
  instantText,
  parseRef,
  printable,
  type Problem,
  type Step,
} from '#plugin';
import type { Head, Holder } from '../store/store.ts';
import { countRows } from '../engine/count-rows.ts';
import { holderText } from '../engine/holder-text.ts';
import { applySummary, doing } from '../report/apply-text.ts';
import { driftSummary } from '../report/drift-text.ts';
import { progressText } from '../report/findings-text.ts';
import { headText, summaryText } from '../report/plan-text.ts';
import { shortDigests } from '../report/text.ts';

/** Version of the format of the stream. */
const EVENT_FORMAT = '1.0';

export type EventAction = 'create' | 'update' | 'replace' | 'delete' | 'remove' | 'import' | 'noop';

/** `module` and `resource_key` exist for readers of Terraform's events and are always empty. */
export interface EventResource {
  readonly addr: string;
  readonly module: '';
  readonly resource: string;
  readonly implied_provider: string;
  readonly resource_type: string;
  readonly resource_name: string;
  readonly resource_key: null;
  /** Absent without any. */
  readonly labels?: Labels;
}

export interface EventChange {
  readonly resource: EventResource;
  readonly action: EventAction;
  readonly reason?: Cause;
  readonly step?: Step;
  readonly goal?: Goal;
  readonly because?: string;
}

export interface Refusal {
  /** Rule of the first reason. */
  readonly reason: string;
  readonly reasons: readonly PlanReason[];
  /** ISO 8601; absent if the reason does not clear on its own. */
  readonly clears_at?: string;
}

export interface EventDiagnostic {
  readonly severity: 'error' | 'warning';
  readonly summary: string;
  readonly detail: string;
  /** A resource, or the scope of a gap. */
  readonly address?: string;
  /** The code of a problem in a document. */
  readonly code?: string;
  readonly range?: Source;
  /** The line of the document in which the range begins. */
  readonly snippet?: { readonly code: string; readonly start_line: number };
}

/** A refresh of one plugin. */
export interface RefreshHook {
  readonly plugin: string;
}

export interface RefreshDoneHook extends RefreshHook {
  /** Number of observed resources. */
  readonly seen: number;
  readonly gaps: number;
  readonly elapsed_seconds: number;
}

export interface ApplyHook {
  readonly resource: EventResource;
  readonly action: EventAction;
  readonly step: Step;
}

export interface ApplyProgressHook extends ApplyHook {
  readonly elapsed_seconds: number;
  /** The progress text of the handler. */
  readonly text?: string;
}

export interface ApplyEndHook extends ApplyHook {
  readonly elapsed_seconds: number;
  readonly status: RowStatus;
  readonly message?: string;
}

/** Counts of a plan or of an apply; the first four are Terraform's. */
export interface ChangeCounts extends Readonly<Record<string, number | string>> {
  readonly add: number;
  readonly change: number;
  readonly remove: number;
  readonly import: number;
  readonly operation: 'plan' | 'apply' | 'drift';
}

/** An event without its time. */
export type EventBody = { readonly '@level': 'info' | 'warn' | 'error'; readonly '@message': string } & (
  | { readonly type: 'version'; readonly fettle: string; readonly ui: string }
  | { readonly type: 'log'; readonly exit?: { readonly code: number; readonly name: string } }
  | { readonly type: 'diagnostic'; readonly diagnostic: EventDiagnostic }
  | { readonly type: 'refresh_start'; readonly hook: RefreshHook }
  | { readonly type: 'refresh_complete'; readonly hook: RefreshDoneHook }
  | { readonly type: 'resource_drift' | 'planned_change'; readonly change: EventChange }
  | { readonly type: 'planned_rejection'; readonly change: EventChange; readonly rejection: Refusal }
  | { readonly type: 'planned_deferral'; readonly change: EventChange; readonly deferral: Refusal }
  | {
      readonly type: 'finding';
      readonly finding: Check;
    }
  | { readonly type: 'plugin_summary'; readonly summary: PluginSummary }
  | { readonly type: 'change_summary'; readonly changes: ChangeCounts; readonly plan_digest?: string }
  | { readonly type: 'lock_wait'; readonly lock: Holder }
  | { readonly type: 'apply_start'; readonly hook: ApplyHook }
  | { readonly type: 'apply_progress'; readonly hook: ApplyProgressHook }
  | { readonly type: 'apply_complete' | 'apply_errored'; readonly hook: ApplyEndHook }
  | { readonly type: 'command_output'; readonly command: string; readonly facts: Facts }
  | { readonly type: 'log_head'; readonly log_head: LogHead | null }
);

export type Event = EventBody & { readonly '@module': 'fettle'; readonly '@timestamp': string };

/** Returns the line of an event, with one newline, at its end. `now`: epoch ms. */
export function eventLine(body: EventBody, now: number): string {
  const { '@level': level, '@message': message, ...rest } = body;
  const event = {
    '@level': level,
    '@message': message,
    '@module': 'fettle',
    '@timestamp': instantText(now),
    ...rest,
  } as Event;
  return `${JSON.stringify(event)}\n`;
}

function info(message: string): { readonly '@level': 'info'; readonly '@message': string } {
  return { '@level': 'info', '@message': shortDigests(printable(message)) };
}

function resourceOf(address: string, labels?: Labels): EventResource {
  const ref = parseRef(address);
  return {
    addr: address,
    module: '',
    resource: address,
    implied_provider: ref?.plugin ?? '',
    resource_type: ref === undefined ? '' : `${ref.plugin}/${ref.kind}`,
    resource_name: ref?.name ?? address,
    resource_key: null,
    ...(labels === undefined ? {} : { labels }),
  };
}

const ACTIONS: Readonly<Record<Goal, EventAction>> = {
  create: 'create',
  update: 'update',
  replace: 'replace',
  remove: 'delete',
  adopt: 'import',
  protect: 'update',
  release: 'remove',
};

function changeOf({ address, labels, goal, cause, step, because }: ResourceChange): EventChange {
  return { resource: resourceOf(address, labels), action: ACTIONS[goal], reason: cause, step, goal, because };
}

function driftAction(actions: ResourceChange['change']['actions']): EventAction {
  const [first = 'no-op'] = actions;
  if (actions.length > 1) return 'replace';
  return first === 'no-op' ? 'noop' : first === 'forget' ? 'remove' : first;
}

export function versionEvent(version: string): EventBody {
  return { ...info(`fettle ${version}`), type: 'version', fettle: version, ui: EVENT_FORMAT };
}

export function logEvent(text: string): EventBody {
  return { ...info(text), type: 'log' };
}

/** Returns the event for the end of the command. `text`: the meaning of the exit code; empty for 0. */
export function endEvent(exit: { readonly code: number; readonly name: string }, text: string): EventBody {
  const level = exit.code === 0 || exit.code === 2 ? 'info' : exit.code === 3 ? 'warn' : 'error';
  return { '@level': level, '@message': text === '' ? 'exit 0' : text, type: 'log', exit };
}

/** Returns the event of a failure or warning. `detail` is empty if the summary is complete. */
export function diagnosticEvent(diagnostic: Omit<EventDiagnostic, 'detail'> & { readonly detail?: string }): EventBody {
  const { severity, summary, detail = '', ...rest } = diagnostic;
  const isError = severity === 'error';
  return {
    '@level': isError ? 'error' : 'warn',
    '@message': `${isError ? 'Error' : 'Warning'}: ${printable(summary)}`,
    type: 'diagnostic',
    diagnostic: { severity, summary, detail, ...rest },
  };
}

/** Returns the event of an error in a document, with its place. */
export function problemEvent({ severity, code, message, suggestion, at, sourceLine }: Problem): EventBody {
  return diagnosticEvent({
    severity,
    summary: message,
    code,
    ...(suggestion === undefined ? {} : { detail: suggestion }),
    ...(at === undefined ? {} : { range: sourceOf(at) }),
    ...(at === undefined || sourceLine === undefined ? {} : { snippet: { code: sourceLine, start_line: at.line } }),
  });
}

export function refreshStartEvent(plugin: string): EventBody {
  return { ...info(`${plugin}: Refreshing…`), type: 'refresh_start', hook: { plugin } };
}

/** `seen`: number of resources; `elapsedMs`: since the start of the refresh. */
export function refreshCompleteEvent(
  plugin: string,
  counts: { readonly seen: number; readonly gaps: number; readonly elapsedMs: number },
): EventBody {
  const { seen, gaps, elapsedMs } = counts;
  return {
    ...info(`${plugin}: ${counted(seen, 'resource')} seen${gaps === 0 ? '' : `, ${counted(gaps, 'gap')}`}`),
    type: 'refresh_complete',
    hook: { plugin, seen, gaps, elapsed_seconds: elapsedMs / 1000 },
  };
}

function refusalOf({ reason, reasons, clears_at }: RefusedChange): Refusal {
  return defined({ reason, reasons, clears_at });
}

function refusedText({ resource_change: { address }, reasons }: RefusedChange, word: string): string {
  return `${address}: ${word}: ${reasons.map(({ rule, message }) => `${rule}: ${message}`).join('; ')}`;
}

function planCounts({ summary, resource_changes }: Plan): ChangeCounts {
  const { add, change, step, remove, rejected, deferred, findings, unchanged, unread } = summary;
  const adopted = resource_changes.filter(({ goal }) => goal === 'adopt').length;
  return {
    add,
    change: change + step - adopted,
    remove,
    import: adopted,
    operation: 'plan',
    rejected,
    deferred,
    findings,
    unchanged,
    unread,
  };
}

function* gapEvents(gaps: Plan['gaps']): Generator<EventBody> {
  for (const { scope, message } of gaps)
    yield diagnosticEvent({
      severity: 'error',
      summary: `${scope} could not be read`,
      detail: message,
      address: scope,
    });
}

function* driftRowEvents(rows: Plan['resource_drift']): Generator<EventBody> {
  for (const { address, labels, change } of rows) {
    const action = driftAction(change.actions);
    yield {
      ...info(`${address}: Drift detected (${action})`),
      type: 'resource_drift',
      change: { resource: resourceOf(address, labels), action },
    };
  }
}

function* findingEvents(findings: Plan['checks']): Generator<EventBody> {
  for (const finding of findings)
    yield {
      '@level': isGrave(finding) ? 'error' : finding.severity === 'warning' ? 'warn' : 'info',
      '@message': printable(`${finding.address}: ${finding.code}: ${finding.message}`),
      type: 'finding',
      finding,
    };
}

function* pendingEvents(findings: Plan['pending_checks']): Generator<EventBody> {
  for (const finding of findings ?? [])
    yield {
      ...info(`${finding.address}: ${finding.code}: ${finding.message} (pending: ${progressText(finding.pending)})`),
      type: 'finding',
      finding,
    };
}

function* suppressedEvents(findings: Plan['suppressed_checks']): Generator<EventBody> {
  for (const finding of findings ?? []) {
    const { until, owner } = finding.suppressed;
    yield {
      ...info(`${finding.address}: ${finding.code}: ${finding.message} (suppressed until ${until} by ${owner})`),
      type: 'finding',
      finding,
    };
  }
}

/**
 * Yields the events of a drift report: gaps, drifted resources, findings, counts and the end of the log, in this order.
 */
export function* driftEvents(report: DriftReport): Generator<EventBody> {
  yield* gapEvents(report.gaps);
  yield* driftRowEvents(report.resource_drift);
  yield* findingEvents(report.checks);
  yield* pendingEvents(report.pending_checks);
  yield* suppressedEvents(report.suppressed_checks);
  for (const { address, path, finding, owner } of report.unused_suppressions ?? [])
    yield diagnosticEvent({
      severity: 'warning',
      summary: `the suppression of ${finding ?? path ?? 'drift'} by ${owner} covers nothing now; remove it`,
      address,
    });
  const { drifted, suppressed, due, findings, unread } = report.summary;
  const changes = { add: 0, change: drifted, remove: 0, import: 0, suppressed, due, findings, unread };
  yield { ...info(driftSummary(report)), type: 'change_summary', changes: { ...changes, operation: 'drift' } };
  yield logHeadEvent(report.log_head);
}

/** Yields the events of a plan: gaps, drift, rows, findings, counts and the end of the log, in this order. */
export function* planEvents(plan: Plan): Generator<EventBody> {
  yield* gapEvents(plan.gaps);
  yield* driftRowEvents(plan.resource_drift);
  for (const each of plan.rejected_changes)
    yield {
      '@level': 'warn',
      '@message': printable(refusedText(each, 'REJECTED')),
      type: 'planned_rejection',
      change: changeOf(each.resource_change),
      rejection: refusalOf(each),
    };
  for (const each of plan.deferred_changes)
    yield {
      ...info(refusedText(each, 'WAITING')),
      type: 'planned_deferral',
      change: changeOf(each.resource_change),
      deferral: refusalOf(each),
    };
  for (const each of plan.resource_changes) {
    const change = changeOf(each);
    yield { ...info(`${each.address}: Plan to ${change.action}`), type: 'planned_change', change };
  }
  yield* findingEvents(plan.checks);
  yield* pendingEvents(plan.pending_checks);
  yield* suppressedEvents(plan.suppressed_checks);
  for (const summary of plan.summaries ?? [])
    yield {
      ...info(`${summary.plugin} · ${summary.title}: ${summary.lines.join('; ')}`),
      type: 'plugin_summary',
      summary,
    };
  yield {
    ...info(summaryText(plan)),
    type: 'change_summary',
    changes: planCounts(plan),
    ...(plan.plan_digest === undefined ? {} : { plan_digest: plan.plan_digest }),
  };
  yield logHeadEvent(plan.log_head);
}

/** Returns the event of a command's output; one that watches has several. */
export function commandOutputEvent(command: string, { lines, facts }: CommandReport): EventBody {
  return { ...info(lines.join('; ')), type: 'command_output', command, facts };
}

/** Returns the event for the end of the log. */
export function logHeadEvent(head: LogHead | undefined): EventBody {
  return { ...info(`log head ${headText(head)}`), type: 'log_head', log_head: head ?? null };
}

export function lockWaitEvent(holder: Holder): EventBody {
  return { ...info(`waiting for the lock: ${holderText(holder)}`), type: 'lock_wait', lock: holder };
}

/** The change of a running action, and the labels of its resource. */
export interface Acting extends Pick<Action, 'change'> {
  readonly labels?: Labels | undefined;
}

function hookOf(address: string, { change, labels }: Acting): ApplyHook {
  return { resource: resourceOf(address, labels), action: ACTIONS[change.goal], step: change.step };
}

export function applyStartEvent(address: string, acting: Acting): EventBody {
  return { ...info(`${address}: ${doing(acting.change)}…`), type: 'apply_start', hook: hookOf(address, acting) };
}

/** `text`: the progress text of the handler. */
export function applyProgressEvent(address: string, acting: Acting, elapsedMs: number, text?: string): EventBody {
  const seconds = Math.round(elapsedMs / 1000);
  return {
    ...info(`${address}: still ${doing(acting.change)}… ${text === undefined ? '' : `${text} `}[${seconds}s elapsed]`),
    type: 'apply_progress',
    hook: {
      ...hookOf(address, acting),
      elapsed_seconds: elapsedMs / 1000,
      ...(text === undefined ? {} : { text }),
    },
  };
}

const ENDINGS: Readonly<Record<RowStatus, 'info' | 'warn' | 'error'>> = {
  done: 'info',
  failed: 'error',
  unknown: 'error',
  stale: 'warn',
  'not-attempted': 'warn',
  rejected: 'warn',
  deferred: 'info',
};

/**
 * Returns the result of an action; undefined for a rejected or waiting action, which the plan already reported. An accepted
 * action can end as deferred, if a provider refuses it for a time.
 */
export function applyEndEvent({ address, action, status, message, elapsedMs }: Row): EventBody | undefined {
  if (action.verdict !== 'accept') return undefined;
  return {
    ...info(`${address}: ${status} after ${(elapsedMs / 1000).toFixed(1)} s${message === '' ? '' : `: ${message}`}`),
    '@level': ENDINGS[status],
    type: status === 'done' ? 'apply_complete' : 'apply_errored',
    hook: {
      ...hookOf(address, action),
      elapsed_seconds: elapsedMs / 1000,
      status,
      ...(message === '' ? {} : { message }),
    },
  };
}

function applyCounts(rows: readonly Row[]): ChangeCounts {
  const done = rows.filter(({ status }) => status === 'done').map(({ action }) => action.change.goal);
  const goals = (...names: readonly Goal[]) => done.filter((goal) => names.includes(goal)).length;
  const counts = countRows(rows);
  return {
    add: goals('create', 'replace'),
    change: goals('update', 'protect', 'release'),
    remove: goals('remove', 'replace'),
    import: goals('adopt'),
    operation: 'apply',
    done: counts.done,
    failed: counts.failed,
    unknown: counts.unknown,
    stale: counts.stale,
    not_attempted: counts['not-attempted'],
    rejected: counts.rejected,
    deferred: counts.deferred,
  };
}

/**
 * Yields the end of an apply: a diagnostic for each accepted action that is not done, counts, and the end of the log.
 */
export function* resultEvents(rows: readonly Row[], head: Head | undefined): Generator<EventBody> {
  for (const { address, status, message, action } of rows) {
    if (status === 'done' || status === 'rejected' || status === 'deferred') continue;
    const { source } = action;
    yield diagnosticEvent({
      severity: ENDINGS[status] === 'error' ? 'error' : 'warning',
      summary: `${address}: ${status === 'not-attempted' ? 'not attempted' : status}`,
      detail: message,
      address,
      ...(source === undefined ? {} : { range: sourceOf(source) }),
    });
  }
  yield { ...info(applySummary(rows)), type: 'change_summary', changes: applyCounts(rows) };
  yield logHeadEvent(head === undefined ? undefined : logHead(head));
}
