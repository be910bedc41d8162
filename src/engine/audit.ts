/** The audit: one decision for each action and resource, from the intents, outcomes and refusals of the log. Pure. */

import type { LogRecord } from '../formats/log-record.ts';
import { ABSENT, type Facts, formatRef, instantOf, stepParts } from '#plugin';

/** The result of a decision: of its step, or of its rules. */
export type Result = 'success' | 'failed' | 'unknown' | 'undone' | 'rejected' | 'deferred' | 'stale';

/** A decision about one resource. The steps of one removal are one decision. */
export interface Decision {
  /** The record that decided: a refusal, or the last outcome. */
  readonly record: LogRecord;
  readonly address: string;
  readonly action: string;
  readonly step: string;
  readonly result: Result;
  /** The rules that refused the action, sorted; empty for other results. */
  readonly rules: readonly string[];
  /** The source of the decision; `manual` for a document. */
  readonly by: string;
  readonly facts: Facts;
}

type Intent = LogRecord & { readonly kind: 'intent' };

const RESULTS = { done: 'success', failed: 'failed', unknown: 'unknown', undone: 'undone' } as const;

function text(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}

/** The audited action of a record: the one that its kind names, or its kind and goal, such as `certificate_create`. */
function actionOf({ kind }: { readonly kind: string }, goal: string, audit: Facts | undefined): string {
  return text(audit?.['action'], `${kind.toLowerCase()}_${goal}`);
}

function refused(record: LogRecord & { readonly kind: 'refusal' }): Decision {
  const { ref, goal, verdict, reasons, audit = {} } = record.body;
  return {
    record,
    address: formatRef(ref),
    action: actionOf(ref, goal, audit),
    step: record.body.step,
    result: verdict,
    rules: [...new Set(reasons.map(({ rule }) => rule))].sort(),
    by: text(audit['decision_by'], 'manual'),
    facts: audit,
  };
}

/** The decision of an outcome; undefined for a step that another step of the same removal follows. */
function taken(record: LogRecord & { readonly kind: 'outcome' }, { body: intent }: Intent): Decision | undefined {
  const { ref, outcome, state } = record.body;
  const isRemoval = intent.goal === 'remove' || intent.goal === 'replace';
  const { from, to } = stepParts(intent.step);
  if (isRemoval && outcome === 'done' && from !== to && state === to && to !== ABSENT) return undefined;
  const audit = record.body.audit ?? intent.audit ?? {};
  return {
    record,
    address: formatRef(ref),
    action: actionOf(ref, intent.goal, audit),
    step: intent.step,
    result: RESULTS[outcome],
    rules: [],
    by: text(audit['decision_by'], 'manual'),
    facts: audit,
  };
}

function isRepeated(a: Decision | undefined, b: Decision): boolean {
  return b.rules.length > 0 && a?.result === b.result && a.rules.join(' ') === b.rules.join(' ');
}

/**
 * Collects decisions from records in log order. A later outcome of the same intent replaces an unknown one. Refusals of
 * the same action by the same rules in a row are one decision.
 */
export class Decisions {
  readonly #intents = new Map<number, Intent>();
  /** Decisions by a key, in the order of their first record. */
  readonly #found = new Map<string, Decision>();
  /** The key of the last decision of each action on each address. */
  readonly #last = new Map<string, string>();

  add(record: LogRecord): void {
    if (record.kind === 'intent') this.#intents.set(record.seq, record);
    if (record.kind === 'refusal') this.#put(refused(record), `refusal ${record.seq}`);
    if (record.kind !== 'outcome') return;
    const intent = this.#intents.get(record.body.intent);
    const decision = intent === undefined ? undefined : taken(record, intent);
    if (decision !== undefined) this.#put(decision, `intent ${record.body.intent}`);
    if (record.body.outcome !== 'unknown') this.#intents.delete(record.body.intent);
  }

  #put(decision: Decision, key: string): void {
    const about = `${decision.address} ${decision.action}`;
    const last = this.#last.get(about);
    if (last !== undefined && isRepeated(this.#found.get(last), decision)) return;
    this.#last.set(about, key);
    this.#found.set(key, decision);
  }

  all(): readonly Decision[] {
    return [...this.#found.values()];
  }
}

/** True if a decision is about an address: its resource, or one that its facts name, such as both nodes of a migration. */
export function concerns({ address, facts }: Decision, wanted: string): boolean {
  return address === wanted || Object.values(facts).includes(wanted);
}

/** Numbers of decisions; each list is sorted by name. */
export interface AuditStats {
  readonly decisions: number;
  readonly by_action: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly by_result: Readonly<Record<string, number>>;
  /** A decision that several rules refused counts for each of them. */
  readonly by_rule: Readonly<Record<string, number>>;
  readonly by_policy: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** ISO weeks in UTC: `2026-W48`. */
  readonly by_week: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

const DAY_MS = 86_400_000;

/** The ISO week of a time, in UTC. A week belongs to the year of its Thursday. */
export function isoWeek(at: number): string {
  const day = Math.floor(at / DAY_MS);
  const thursday = day - ((day + 3) % 7) + 3;
  const year = new Date(thursday * DAY_MS).getUTCFullYear();
  const week = 1 + Math.floor((thursday - Date.UTC(year, 0, 1) / DAY_MS) / 7);
  return `${year}-W${String(week).padStart(2, '0')}`;
}

function tally(names: readonly string[]): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function results(
  decisions: readonly Decision[],
  keyOf: (decision: Decision) => string,
): Readonly<Record<string, Readonly<Record<string, number>>>> {
  const groups = Map.groupBy(decisions, keyOf);
  return Object.fromEntries(
    [...groups]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, group]) => [key, tally(group.map(({ result }) => result))]),
  );
}

export function auditStats(decisions: readonly Decision[]): AuditStats {
  return {
    decisions: decisions.length,
    by_action: results(decisions, ({ action }) => action),
    by_result: tally(decisions.map(({ result }) => result)),
    by_rule: tally(decisions.flatMap(({ rules }) => rules)),
    by_policy: results(decisions, ({ by }) => by),
    by_week: results(decisions, ({ record }) => isoWeek(instantOf(record.time))),
  };
}
