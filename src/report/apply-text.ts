/** The output of `apply` as text: its progress, and its result. */

import type { Row, RowStatus } from '../engine/action.ts';
import { countRows, ROW_STATUSES } from '../engine/count-rows.ts';
import { type Change, counted, printable } from '#plugin';
import { standing } from '../engine/standing.ts';
import { namedText } from './labels-text.ts';
import { groupedByRule } from './rule-groups.ts';
import { columnWidth, type Paint, painter, shortDigests, type Style, textOf } from './text.ts';

const STYLES: Readonly<Record<RowStatus, Style>> = {
  done: 'green',
  failed: 'red',
  unknown: 'red',
  stale: 'yellow',
  'not-attempted': 'yellow',
  rejected: 'red',
  deferred: 'yellow',
};

function word(status: RowStatus): string {
  return status === 'not-attempted' ? 'not attempted' : status === 'deferred' ? 'waiting' : status;
}

/** Describes the running change in a word or two: `creating`, `expiring_soon > renewing`. */
export function doing(change: Pick<Change, 'from' | 'to' | 'goal'>): string {
  const { from, to } = change;
  switch (change.goal) {
    case 'create':
      return 'creating';
    case 'remove':
      return to === 'absent' ? 'removing' : `${from} > ${to}`;
    case 'replace':
      return 'replacing';
    case 'adopt':
      return 'adopting';
    case 'protect':
      return 'recording its safety inputs';
    case 'release':
      return 'releasing';
    case 'update':
      return from === to ? 'updating' : `${from} > ${to}`;
  }
}

export function startLine(address: string, change: Change): string {
  return textOf([`${address}: ${doing(change)}…`], false);
}

export function stillLine(address: string, change: Change, seconds: number, text: string | undefined): string {
  const what = text === undefined ? '' : `${text} `;
  return textOf([`${address}: still ${doing(change)}… ${what}[${seconds}s elapsed]`], false);
}

export function endLine(row: Row, color: boolean): string {
  const paint = painter(color);
  const seconds = row.elapsedMs < 100 ? '' : ` after ${(row.elapsedMs / 1000).toFixed(1)} s`;
  const message = row.message === '' ? '' : `: ${shortDigests(row.message)}`;
  return textOf(
    [
      `${namedText({ address: row.address, labels: row.action.labels })}: ${paint(STYLES[row.status], word(row.status))}${seconds}${message}`,
    ],
    color,
  );
}

function rowLines(rows: readonly Row[], paint: Paint): readonly string[] {
  const width = columnWidth(
    rows.map(({ address, action }) => namedText({ address, labels: action.labels })),
    56,
  );
  return rows.map(
    ({ status, address, action, message }) =>
      `  ${paint(STYLES[status], word(status).padEnd(13))}  ${namedText({ address, labels: action.labels }).padEnd(width)}  ${shortDigests(printable(message))}`,
  );
}

/** `Apply: 2 done, 1 failed, …`. */
export function applySummary(rows: Iterable<Row>): string {
  const counts = countRows(rows);
  return `Apply: ${ROW_STATUSES.map((status) => `${counts[status]} ${word(status)}`).join(', ')}.`;
}

/** The rule that blocks a row first; empty for a row that its provider or another row postponed. */
function firstRule({ action }: Row): string {
  return standing(action)[0]?.rule ?? '';
}

/** Returns a line for each rule that blocks several rows. */
function ruleLines(rows: readonly Row[], status: 'rejected' | 'deferred', paint: Paint): readonly string[] {
  const own = rows.filter((row) => row.status === status);
  return groupedByRule(own, firstRule).flatMap((group) =>
    group.rows.length === 1 || group.rule === ''
      ? []
      : [`  ${paint(STYLES[status], word(status))} by ${group.rule}: ${counted(group.rows.length, 'change')}`],
  );
}

/** Returns the final table: every row that is not done, and the counts of all rows. */
export function finalTable(rows: readonly Row[], options: { readonly color: boolean; readonly head: string }): string {
  const paint = painter(options.color);
  const open = ROW_STATUSES.slice(1).flatMap((status) =>
    groupedByRule(
      rows.filter((row) => row.status === status),
      firstRule,
    ).flatMap((group) => group.rows),
  );
  const lines = [
    '',
    ...rowLines(open, paint),
    ...ruleLines(open, 'rejected', paint),
    ...ruleLines(open, 'deferred', paint),
    ...(open.length > 0 ? [''] : []),
    paint('bold', applySummary(rows)),
    `log head ${options.head}`,
  ];
  return textOf(lines, options.color);
}
