/**
 * The result of an apply as a comment on a pull request: failures come first, and the text stays within a budget of
 * bytes.
 */

import type { Row, RowStatus } from '../engine/action.ts';
import { applySummary } from './apply-text.ts';
import { code, escapeText, marker, type Section, tableHead, tableRow, withinBudget } from './markdown.ts';
import { namedCode } from './labels-text.ts';
import { stepText, symbolOf } from './plan-rows.ts';

export interface ApplyMarkdownOptions {
  readonly project: string;
  /** `418:5be0a1…`, or `none`. */
  readonly head: string;
  /** The meaning of the exit code, if it is not 0. */
  readonly ending?: string;
  /** In bytes of UTF-8; the default is the size limit of a comment. */
  readonly budgetBytes?: number;
  /** Name of the file or artifact with the complete result. */
  readonly artifact?: string;
}

const ORDER: readonly {
  readonly status: RowStatus;
  readonly title: string;
  readonly noun: string;
  readonly plural?: string;
}[] = [
  { status: 'failed', title: 'Failed', noun: 'failed action' },
  { status: 'unknown', title: 'Unknown: the next refresh settles them', noun: 'unknown outcome' },
  { status: 'stale', title: 'Stale: no longer as planned', noun: 'stale action' },
  {
    status: 'not-attempted',
    title: 'Not attempted',
    noun: 'action not attempted',
    plural: 'actions not attempted',
  },
  { status: 'rejected', title: 'Rejected', noun: 'rejection' },
  { status: 'deferred', title: 'Waiting', noun: 'waiting change' },
  { status: 'done', title: 'Done', noun: 'done action' },
];

const COLUMNS = tableHead(['', 'Resource', 'Step', 'What', 'Seconds']);

function resultRow({ address, action, message, elapsedMs }: Row): string {
  const { change } = action;
  return tableRow([
    code(symbolOf(change)),
    namedCode({ address, labels: action.labels }),
    code(stepText(change)),
    escapeText(message === '' ? change.because : message),
    (elapsedMs / 1000).toFixed(1),
  ]);
}

function sectionsOf(rows: readonly Row[]): readonly Section[] {
  return ORDER.map(({ status, ...rest }) => {
    const own = rows.filter((row) => row.status === status);
    return {
      ...rest,
      head: COLUMNS,
      count: own.length,
      row: (index) =>
        own
          .slice(index, index + 1)
          .map(resultRow)
          .join(''),
      collapsed: status === 'done',
    };
  });
}

/** Returns the table of all rows as markdown within its budget. Done rows come last, collapsed. Ends with a newline. */
export function applyMarkdown(rows: readonly Row[], options: ApplyMarkdownOptions): string {
  const { project, head, ending, budgetBytes, artifact } = options;
  return withinBudget({
    lead: [
      marker('apply', project),
      `## fettle apply: ${escapeText(project, 255)}`,
      `**${applySummary(rows)}**`,
      ending === undefined ? (rows.length === 0 ? 'Nothing to do.' : '') : escapeText(ending),
      `log head ${code(head)}`,
    ],
    sections: sectionsOf(rows),
    ...(budgetBytes === undefined ? {} : { budgetBytes }),
    ...(artifact === undefined ? {} : { artifact }),
  });
}
