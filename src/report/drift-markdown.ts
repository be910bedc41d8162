/** Drift as a comment or the summary of a scheduled run: gaps and drifted resources first, within a budget of bytes. */

import type { DriftReport, DriftRow, DueRow, SuppressedDrift } from '../formats/drift.ts';
import { driftSummary } from './drift-text.ts';
import { isGrave } from '../formats/parts.ts';
import { byGravity } from './findings-text.ts';
import { code, escapeText, marker, rowsSection, type Section, tableHead, tableRow, withinBudget } from './markdown.ts';
import { fieldCells, findingRow, pendingFindings, suppressedFindings } from './plan-markdown.ts';
import { headText } from './plan-text.ts';
import { namedCode } from './labels-text.ts';
import { scopeText } from './text.ts';

export interface DriftMarkdownOptions {
  /** In bytes of UTF-8; the default is the size limit of a comment. */
  readonly budgetBytes?: number;
  readonly detail?: boolean;
}

const COLUMNS = tableHead(['Resource', 'Applied → seen', 'Compared with']);

function whatCell(row: DriftRow, detail: boolean): string {
  if (row.missing === true) return '**does not exist**';
  const fields = fieldCells(row, detail);
  if (fields === '') return escapeText(row.because);
  return row.changed_by === undefined ? fields : `${fields}<br>changed by ${escapeText(row.changed_by)}`;
}

function driftRow(row: DriftRow, detail: boolean): string {
  const since = row.applied_at === undefined ? 'declared, never applied' : `applied ${row.applied_at}`;
  return tableRow([namedCode(row), whatCell(row, detail), escapeText(since)]);
}

function suppressedRow(row: SuppressedDrift, detail: boolean): string {
  const { until, owner, reason } = row.suppressed;
  return tableRow([
    namedCode(row),
    whatCell(row, detail),
    `until ${escapeText(until)}, ${escapeText(owner)}: ${escapeText(reason)}`,
  ]);
}

function dueRow({ address, labels, step, because, verdict, clears_at: clears }: DueRow): string {
  const state = verdict === 'accept' ? '' : verdict === 'reject' ? ' **REJECTED**' : ' **WAITING**';
  return `- ${namedCode({ address, labels })} ${code(step)} ${escapeText(because)}${state}${clears === undefined ? '' : `; clears at ${code(clears)}`}`;
}

function sectionsOf(report: DriftReport, detail: boolean): readonly Section[] {
  const errors = [
    ...report.gaps.map(
      ({ scope, message }) => `- **could not be read** ${code(scopeText(scope))}: ${escapeText(message)}`,
    ),
    ...report.checks.filter(isGrave).toSorted(byGravity).map(findingRow),
  ];
  const findings = report.checks.filter((check) => !isGrave(check));
  return [
    rowsSection(errors, (row) => row, { noun: 'error', title: 'Errors' }),
    rowsSection(report.resource_drift, (row) => driftRow(row, detail), {
      noun: 'drifted resource',
      title: 'Drift: differs from the last apply',
      head: COLUMNS,
    }),
    rowsSection(
      report.expired_suppressions,
      ({ address, path, finding, until, owner }) =>
        `- ${code(address)} ${code(finding ?? path ?? 'drift')}: expired at ${code(until)}, ask ${escapeText(owner)}`,
      { noun: 'expired suppression', title: 'Expired suppressions' },
    ),
    rowsSection(
      report.unused_suppressions ?? [],
      ({ address, path, finding, owner }) =>
        `- ${code(address)} ${code(finding ?? path ?? 'drift')}: covers nothing now; ask ${escapeText(owner)}, or remove it`,
      { noun: 'unused suppression', title: 'Unused suppressions', collapsed: true },
    ),
    rowsSection(report.due_changes, dueRow, {
      noun: 'due change',
      title: 'Due, or in progress',
      collapsed: true,
    }),
    rowsSection(findings, findingRow, { noun: 'finding', title: 'Findings', collapsed: true }),
    pendingFindings(report.pending_checks),
    suppressedFindings(report.suppressed_checks),
    rowsSection(report.suppressed_drift, (row) => suppressedRow(row, detail), {
      noun: 'suppressed drift',
      plural: 'suppressed drifts',
      title: 'Suppressed',
      head: tableHead(['Resource', 'Applied → seen', 'Suppressed']),
      collapsed: true,
    }),
  ];
}

/** Returns the report as markdown within its budget. The same report gives the same bytes. Ends with a newline. */
export function driftMarkdown(report: DriftReport, options: DriftMarkdownOptions = {}): string {
  const { budgetBytes, detail = false } = options;
  const remarks = [
    ...(report.compared_with === 'declared'
      ? ['No log was found. Resources are compared with their documents, not with the specs that were last applied.']
      : []),
    ...(report.targeted ? ['This report is partial: only the resources that the command names were refreshed.'] : []),
  ];
  return withinBudget({
    lead: [
      marker('drift', report.project),
      `## fettle drift: ${escapeText(report.project, 255)}`,
      `**${driftSummary(report)}**`,
      `observed at ${code(report.timestamp)}, log head ${code(headText(report.log_head))}`,
      remarks.join('<br>'),
    ],
    sections: sectionsOf(report, detail),
    ...(budgetBytes === undefined ? {} : { budgetBytes }),
  });
}
