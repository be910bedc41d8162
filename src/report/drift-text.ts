/**
 * Drift as text: drifted resources, then findings. Due steps and suppressed drift are counted, or listed with
 * `--detail`.
 */

import { headText } from './plan-text.ts';
import type { DriftReport, DriftRow } from '../formats/drift.ts';
import { fieldRows } from './fields.ts';
import { counted, printable } from '#plugin';
import { findingCountText, findingLines, pendingFindingLines, suppressedFindingLines } from './findings-text.ts';
import { namedText } from './labels-text.ts';
import { columnWidth, type Paint, painter, scopeText, ageText, textOfBlocks } from './text.ts';

export interface DriftTextOptions {
  readonly color: boolean;
  /** In epoch ms. */
  readonly now: number;
  /** Width of the terminal in characters; undefined: lines are not wrapped. */
  readonly width?: number | undefined;
  /** Also lists suppressed drift and due steps, with every field. */
  readonly detail?: boolean;
}

const FIELDS_SHOWN = 3;

function fieldsText({ change }: DriftRow, detail: boolean): string {
  const rows = [
    ...fieldRows(change.before, change.after),
    ...fieldRows(change.before_sensitive, change.after_sensitive).map(({ path }) => ({
      path,
      text: `${printable(path)}: (secret, changed)`,
    })),
  ];
  const shown = detail ? rows : rows.slice(0, FIELDS_SHOWN);
  const more = rows.length - shown.length;
  return `${shown.map(({ text }) => text).join(', ')}${more === 0 ? '' : `, and ${counted(more, 'more field')}`}`;
}

function rowText(row: DriftRow, width: number, detail: boolean, paint: Paint): string {
  const fields = row.missing === true ? '' : fieldsText(row, detail);
  const mark = row.missing === true ? paint('red', '-') : paint('yellow', '~');
  const by = row.changed_by === undefined ? '' : `changed by ${printable(row.changed_by)}; `;
  const since = row.applied_at === undefined ? 'as declared, never applied' : `applied ${row.applied_at}`;
  const what = fields === '' ? printable(row.because) : fields;
  return `  ${mark} ${namedText(row).padEnd(width)}  ${what}  ${paint('dim', `(${by}${since})`)}`;
}

/** `Drift: 1 drifted, …`. */
export function driftSummary({ summary }: DriftReport): string {
  const blind = summary.unread === 0 ? '' : ` ${summary.unread} could not be read.`;
  const unknown =
    summary.unknown === 0
      ? ''
      : ` Of ${summary.unknown} drift is unknown: their specs are too large for the state and have been edited.`;
  return (
    `Drift: ${summary.drifted} of ${summary.resources} drifted, ${summary.suppressed} suppressed, ` +
    `${summary.due} due or in progress, ${findingCountText(summary)}.${blind}${unknown}`
  );
}

/** Returns the whole report. Ends with a newline. */
export function driftText(report: DriftReport, options: DriftTextOptions): string {
  const paint = painter(options.color);
  const detail = options.detail ?? false;
  const age = ageText(report.timestamp, options.now);
  const width = columnWidth([...report.resource_drift, ...report.suppressed_drift].map(namedText), 56);
  const blocks = [
    [
      paint('bold', `fettle drift · ${counted(report.summary.resources, 'resource')} · refreshed ${age} ago`),
      ...(report.compared_with === 'declared'
        ? ['No log was found. Resources are compared with their documents, not with the specs that were last applied.']
        : []),
    ],
    report.gaps.map(
      ({ scope, message }) =>
        `  ${paint('red', '?')} ${printable(scopeText(scope))}  could not be read: ${printable(message)}`,
    ),
    report.resource_drift.map((row) => rowText(row, width, detail, paint)),
    findingLines(report.checks, { paint, width: options.width }),
    pendingFindingLines(report.pending_checks, paint),
    suppressedFindingLines(report.suppressed_checks, paint),
    report.expired_suppressions.map(
      ({ address, path, finding, until, owner }) =>
        `  ${paint('yellow', '!')} ${printable(address)}  the suppression of ${printable(finding ?? path ?? 'drift')} by ${printable(owner)} expired at ${until}`,
    ),
    (report.unused_suppressions ?? []).map(
      ({ address, path, finding, owner }) =>
        `  ${paint('yellow', '!')} ${printable(address)}  the suppression of ${printable(finding ?? path ?? 'drift')} by ${printable(owner)} covers nothing now; remove it`,
    ),
    detail
      ? report.suppressed_drift.flatMap((row) => [
          rowText(row, width, true, paint),
          `      suppressed until ${row.suppressed.until} by ${row.suppressed.owner}: ${row.suppressed.reason}`,
        ])
      : [],
    detail
      ? report.due_changes.map(
          ({ address, labels, step, because, verdict }) =>
            `  > ${namedText({ address, labels })}  ${step}  ${printable(because)}${verdict === 'accept' ? '' : ` (${verdict === 'reject' ? 'rejected' : 'waiting'})`}`,
        )
      : [],
    [
      paint('bold', driftSummary(report)),
      ...(report.targeted ? ['This report is partial: only the resources that the command names were refreshed.'] : []),
      ...(report.log_head === undefined ? [] : [`log head ${headText(report.log_head)}`]),
    ],
  ];
  return textOfBlocks(blocks, options.color);
}
