/** How an apply tells what it does, by format: the plan, each action, and the result. */

import { logHead } from '../formats/parts.ts';
import type { ApplyEvent, Row } from '../engine/action.ts';
import type { Plan } from '../formats/plan.ts';
import { countRows, finalTable } from '../report/apply-text.ts';
import { headText, planText } from '../report/plan-text.ts';
import type { Shell } from '../shell.ts';
import type { Head } from '../store/store.ts';
import { version } from '../version.ts';
import { type ExitName, exitCode } from './ending.ts';
import { eventTelling } from './event-telling.ts';
import { type Flags, wantsColor } from './flags.ts';
import { markdownTelling } from './markdown-telling.ts';
import { narrator } from './narrator.ts';
import { eventsOf } from './tell.ts';

/** What came of an apply as a whole. */
export interface ApplyResult {
  readonly name: ExitName;
  readonly rows: readonly Row[];
  readonly head: Head | undefined;
}

export interface ApplyTelling {
  /** The plan is shown where a question can follow it. */
  readonly canAsk: boolean;
  readonly plan: (plan: Plan) => void;
  readonly narrate: () => { readonly on: (event: ApplyEvent) => void; readonly end: () => void };
  readonly result: (result: ApplyResult) => void;
}

/** A run without rows: there was nothing to do, or it came to nothing. */
function nothingText(name: ExitName): string {
  return name === 'ok' || name === 'partly-read' ? 'Nothing to do.' : 'Nothing was done.';
}

function textTelling(flags: Flags, shell: Shell): ApplyTelling {
  const color = wantsColor(flags, shell);
  let shown: string | undefined;
  return {
    canAsk: true,
    plan: (plan) => {
      // Rounds that only wait would show the same plan again and again.
      const { timestamp: _time, log_head: _head, prior_state: _state, ...rest } = plan;
      const text = JSON.stringify(rest);
      if (text !== shown)
        shell.stdout.write(
          planText(plan, { color, now: shell.now(), detail: flags.detail ?? false, width: shell.stdout.columns() }),
        );
      shown = text;
    },
    narrate: () => narrator(flags, shell),
    result: ({ name, rows, head }) =>
      shell.stdout.write(
        rows.length > 0
          ? finalTable(rows, { color, head: headText(head === undefined ? undefined : logHead(head)) })
          : `${nothingText(name)}\nlog head ${headText(head === undefined ? undefined : logHead(head))}\n`,
      ),
  };
}

function resultJson({ name, rows, head }: ApplyResult): string {
  const results = rows.map(({ address, action, status, message, elapsedMs }) => ({
    address,
    step: action.change.step,
    goal: action.change.goal,
    status,
    ...(message === '' ? {} : { message }),
    elapsed_seconds: elapsedMs / 1000,
  }));
  return `${JSON.stringify({
    format_version: '1.0',
    fettle_version: version,
    exit_code: exitCode(name),
    results,
    summary: countRows(rows),
    ...(head === undefined ? {} : { log_head: logHead(head) }),
  })}\n`;
}

/** One JSON document at the end; nothing before it. */
function jsonTelling(shell: Shell): ApplyTelling {
  return {
    canAsk: false,
    plan: () => undefined,
    narrate: () => ({ on: () => undefined, end: () => undefined }),
    result: (result) => shell.stdout.write(resultJson(result)),
  };
}

/** `project`: its name. */
export function applyTelling(project: string, flags: Flags, shell: Shell): ApplyTelling {
  const events = eventsOf(shell);
  if (events !== undefined) return eventTelling(events);
  if (flags.format === 'markdown') return markdownTelling(project, shell);
  return flags.format === 'json' ? jsonTelling(shell) : textTelling(flags, shell);
}
