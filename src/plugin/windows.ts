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

/** Windows of one rule that do not touch: the later ones are left out. */
const MOST_WINDOWS = 1000;

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

/** The last beginning up to a time, included. */
function lastBeginning(rule: RecurringWindow, until: number): number | undefined {
  // previousRuns finds earlier times only, and those of the same second.
  const [last] = cronOf(rule).previousRuns(1, new Date(Math.floor(until / 1000) * 1000 + 999));
  return last?.getTime();
}

/** Windows in a row that are followed to find the end of an open one. */
const MOST_FOLLOWED = 20;

/** The window that is open now, joined with those that touch it; at most `MOST_FOLLOWED` after it. */
export function openWindow(rules: readonly RecurringWindow[], now: number): TimeWindow | undefined {
  const openAt = (time: number): readonly TimeWindow[] =>
    rules.flatMap((rule) => {
      const from = lastBeginning(rule, time);
      return from === undefined || from + rule.forMs <= time
        ? []
        : [{ from, to: from + rule.forMs, reason: rule.reason }];
    });
  let [open] = joined(openAt(now));
  for (let i = 0; open !== undefined && i < MOST_FOLLOWED; i++) {
    const [longer] = joined([open, ...openAt(open.to)]);
    if (longer === undefined || longer.to === open.to) return open;
    open = longer;
  }
  return open;
}

/** Beginnings from `start` to `end`, both included, without those whose windows others cover. */
function beginnings(rule: RecurringWindow, start: number, end: number): readonly number[] {
  const cron = cronOf(rule);
  const found: number[] = [];
  // nextRun finds later times only; a window that begins exactly at the start counts too.
  let at = cron.nextRun(new Date(start - 1000))?.getTime();
  while (at !== undefined && at <= end && found.length < MOST_WINDOWS) {
    if (at >= start) found.push(at);
    const last: number = lastBeginning(rule, at + rule.forMs) ?? at;
    at = last > at ? last : cron.nextRun(new Date(at))?.getTime();
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
