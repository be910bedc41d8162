/** Recurring windows of time: cron expressions and lengths, as spans around now. Loads the library that reads the expressions. */

import { Cron } from 'croner';
import { errorText } from './error-text.ts';
import type { TimeWindow } from './types.ts';

/** A window that begins at every time of a cron expression, with its length in ms. */
export interface RecurringWindow {
  readonly cron: string;
  readonly forMs: number;
  readonly timezone: string;
  readonly reason: string;
}

/** The horizon for windows: longer than any run lasts. */
const HORIZON_MS = 31 * 24 * 60 * 60_000;

/** An expression that fires more often than this within its own length has one window without an end. */
const MOST_BEGINNINGS = 10_000;

function cronOf({ cron, timezone }: Pick<RecurringWindow, 'cron' | 'timezone'>): Cron {
  return new Cron(cron, { mode: '5-part', timezone, paused: true });
}

interface WindowMistake {
  readonly field: 'cron' | 'timezone';
  readonly message: string;
}

/** The mistakes in an expression and a time zone. */
export function windowMistakes(
  rule: Pick<RecurringWindow, 'cron' | 'timezone'>,
  now: number,
): readonly WindowMistake[] {
  const mistakes: WindowMistake[] = [];
  let { timezone } = rule;
  try {
    new Intl.DateTimeFormat('en', { timeZone: timezone });
  } catch {
    mistakes.push({ field: 'timezone', message: 'unknown time zone; use a name like UTC or Europe/Berlin' });
    timezone = 'UTC';
  }
  try {
    if (cronOf({ cron: rule.cron, timezone }).nextRun(new Date(now)) === null)
      mistakes.push({ field: 'cron', message: 'the expression never fires' });
  } catch (error) {
    const said = errorText(error).replace(/^\w+: /u, '');
    mistakes.push({ field: 'cron', message: `not a cron expression of five fields: ${said}` });
  }
  return mistakes;
}

/** Beginnings from `start` to `end`, both included. */
function beginnings(rule: RecurringWindow, start: number, end: number): readonly number[] {
  const cron = cronOf(rule);
  const found: number[] = [];
  // nextRun finds later times only; a window that begins exactly at the start counts too.
  let at = cron.nextRun(new Date(start - 1000));
  while (at !== null && at.getTime() <= end && found.length < MOST_BEGINNINGS) {
    if (at.getTime() >= start) found.push(at.getTime());
    at = cron.nextRun(at);
  }
  return found;
}

/** Windows that touch become one, with all their reasons. */
function joined(windows: readonly TimeWindow[]): readonly TimeWindow[] {
  const out: TimeWindow[] = [];
  for (const window of windows.toSorted((a, b) => a.from - b.from || a.to - b.to)) {
    const last = out.at(-1);
    if (last === undefined || window.from > last.to) {
      out.push(window);
      continue;
    }
    const reasons = last.reason.split('; ').includes(window.reason) ? last.reason : `${last.reason}; ${window.reason}`;
    out[out.length - 1] = { from: last.from, to: Math.max(last.to, window.to), reason: reasons };
  }
  return out;
}

/** Every window that is open now, or opens within the horizon: in order, none touching another. */
export function windowsAround(rules: readonly RecurringWindow[], now: number): readonly TimeWindow[] {
  return joined(
    rules.flatMap((rule) =>
      beginnings(rule, now - rule.forMs, now + HORIZON_MS).map((from) => ({
        from,
        to: from + rule.forMs,
        reason: rule.reason,
      })),
    ),
  );
}
