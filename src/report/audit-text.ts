/** Decisions of the log, and their numbers, as text. */

import { inert, printable } from '#plugin';
import type { LogRecord } from '../formats/log-record.ts';
import type { AuditStats, Decision } from '../engine/audit.ts';
import { valueText } from './fields.ts';
import { textOf } from './text.ts';

/** The messages of the rules that refused an action, or the error of its step; empty for a success. */
function reason(record: LogRecord): string {
  if (record.kind === 'refusal')
    return `: ${record.body.reasons.map(({ rule, message }) => `${rule}: ${message}`).join('; ')}`;
  return record.kind === 'outcome' && record.body.error !== undefined ? `: ${record.body.error}` : '';
}

/** Returns one decision with its result and reason, and its facts below. Ends with a newline. */
export function decisionLines({ record, address, action, result, facts }: Decision): string {
  const line = `${String(record.seq).padStart(6)}  ${record.time}  ${action}  ${address}  ${result}${reason(record)}`;
  const shown = Object.entries(facts)
    .map(([name, value]) => `${printable(name)}=${valueText(value)}`)
    .join(' ');
  return textOf(shown === '' ? [line] : [line, `        ${shown}`], false);
}

function counts(numbers: Readonly<Record<string, number>>): string {
  return Object.entries(numbers)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
}

function section(title: string, rows: readonly (readonly [string, string])[]): readonly string[] {
  if (rows.length === 0) return [];
  const width = Math.max(...rows.map(([name]) => name.length));
  return ['', `${title}:`, ...rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`)];
}

function grouped(groups: AuditStats['by_action']): readonly (readonly [string, string])[] {
  return Object.entries(groups).map(([name, numbers]) => [name, counts(numbers)]);
}

/** Returns the numbers of decisions by action, rule, policy and week. Ends with a newline. */
export function statsText(stats: AuditStats): string {
  if (stats.decisions === 0) return 'The log has no decision in this period.\n';
  const rules = Object.entries(stats.by_rule).map(([name, count]) => [name, String(count)] as const);
  const lines = [
    `Decisions: ${stats.decisions} (${counts(stats.by_result)})`,
    ...section('By action', grouped(stats.by_action)),
    ...section('By rule', rules),
    ...section('By policy', grouped(stats.by_policy)),
    ...section('By week', grouped(stats.by_week)),
  ];
  return textOf(lines.map(inert), false);
}
