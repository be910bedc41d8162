/** Renderers of an apply for standard output, by format. */

import { countRows } from '../engine/count-rows.ts';
import { exitCodes } from '../engine/generated.ts';
import { type LogHead, logHead } from '../formats/parts.ts';
import type { Applied, RunEvent } from '../run/events.ts';
import { applyMarkdown } from './apply-markdown.ts';
import { endLine, finalTable, startLine, stillLine } from './apply-text.ts';
import { endingText } from './ending-text.ts';
import { headText, planText, type PlanTextOptions } from './plan-text.ts';

type Write = (text: string) => void;
type Render = (event: RunEvent, write: Write) => void;

const LOG_ONLY: ReadonlySet<string> = new Set(['adopt', 'protect', 'release']);

function headOf({ head }: Applied): LogHead | undefined {
  return head === undefined ? undefined : logHead(head);
}

/** The text for a run without rows: nothing had to be done, or the run ended before it started an action. */
function nothingText({ ending }: Applied): string {
  return ending === 'ok' || ending === 'partly-read' ? 'Nothing to do.' : 'Nothing was done.';
}

/** The plan, each action as it runs, and the final table. */
export function applyTextRenderer(options: () => PlanTextOptions): Render {
  let shown: string | undefined;
  return (event, write) => {
    switch (event.type) {
      case 'planned': {
        // Rounds that only wait would print the same plan repeatedly.
        const { timestamp: _time, log_head: _head, prior_state: _state, ...rest } = event.plan;
        const text = JSON.stringify(rest);
        if (text !== shown) write(planText(event.plan, options()));
        shown = text;
        return;
      }
      case 'action-started':
        // A step that only writes the log is done at once: its end is enough.
        return LOG_ONLY.has(event.change.goal) ? undefined : write(startLine(event.address, event.change));
      case 'action-progress':
        return write(stillLine(event.address, event.change, Math.round(event.elapsedMs / 1000), event.text));
      case 'action-ended':
        return write(endLine(event.row, options().color));
      case 'applied': {
        const { applied } = event;
        const head = headText(headOf(applied));
        return write(
          applied.rows.length > 0
            ? finalTable(applied.rows, { color: options().color, head })
            : `${nothingText(applied)}\nlog head ${head}\n`,
        );
      }
      default:
    }
  };
}

/** One markdown document at the end. */
export const applyMarkdownRenderer: Render = (event, write) => {
  if (event.type !== 'applied') return;
  const { ending, rows, project } = event.applied;
  const text = endingText(ending);
  write(
    applyMarkdown(rows, { project, head: headText(headOf(event.applied)), ...(text === '' ? {} : { ending: text }) }),
  );
};

/** One JSON document at the end. */
export function applyJsonRenderer(version: string): Render {
  return (event, write) => {
    if (event.type !== 'applied') return;
    const { ending, rows } = event.applied;
    const head = headOf(event.applied);
    const results = rows.map(({ address, action, status, message, elapsedMs }) => ({
      address,
      ...(action.labels === undefined ? {} : { labels: action.labels }),
      step: action.change.step,
      goal: action.change.goal,
      status,
      ...(message === '' ? {} : { message }),
      elapsed_seconds: elapsedMs / 1000,
    }));
    const document = {
      format_version: '1.0',
      fettle_version: version,
      exit_code: exitCodes.find(({ name }) => name === ending)?.code ?? 1,
      results,
      summary: countRows(rows),
      ...(head === undefined ? {} : { log_head: head }),
    };
    write(`${JSON.stringify(document)}\n`);
  };
}
