/** Recurring windows: which are open, and the time that rules with many beginnings take. */

import { expect, test } from 'vitest';
import { openWindow, type RecurringWindow, windowsAround } from '../../src/plugin/windows.ts';
import fc from '../support/property.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 0, 1);

const CRONS = ['0 6 * * *', '30 */4 * * *', '0 22 * * FRI', '15 3 1 * *', '* * * * *', '0 2 29 3 *'] as const;

const rules = fc.array(
  fc.record<RecurringWindow>({
    cron: fc.constantFrom(...CRONS),
    forMs: fc.integer({ min: 1, max: 3 * 24 * 60 }).map((minutes) => minutes * MINUTE),
    timezone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/St_Johns'),
    reason: fc.constantFrom('upgrade', 'weekend'),
  }),
  { minLength: 1, maxLength: 3 },
);

test('the open window is the one that the windows around show', () => {
  fc.assert(
    fc.property(rules, fc.integer({ min: START, max: START + 366 * DAY }), (given, now) => {
      const open = openWindow(given, now);
      const around = windowsAround(given, now).find(({ from, to }) => from <= now && now < to);
      expect(open === undefined).toBe(around === undefined);
      if (open === undefined || around === undefined) return;
      expect(open.from <= now && now < open.to && Math.min(open.to, now + 30 * DAY) <= around.to).toBe(true);
      // The end of a long row of windows is not followed.
      if (around.to - now < 3 * DAY && given.every(({ forMs }) => forMs > 12 * HOUR)) expect(open.to).toBe(around.to);
    }),
    { numRuns: 40 },
  );
});

test('a window begins with its first moment, and ends before its last', () => {
  const rule = { cron: '0 6 * * *', forMs: HOUR, timezone: 'UTC', reason: 'upgrade' };
  const from = START + 6 * HOUR;
  const window = { from, to: from + HOUR, reason: 'upgrade' };
  const open = [from - 1, from, from + 500, from + HOUR - 1, from + HOUR].map((now) => openWindow([rule], now));
  expect(open).toEqual([undefined, window, window, window, undefined]);
});

test('rules with a beginning in each minute of a year take no time', () => {
  const given = Array.from({ length: 50 }, (_, i) => ({
    cron: '* * * * *',
    forMs: (i + 1) * DAY,
    timezone: 'America/St_Johns',
    reason: 'upgrade',
  }));
  const before = performance.now();
  expect(openWindow(given, START)?.to).toBeGreaterThan(START + 50 * DAY);
  expect(windowsAround(given, START)).toMatchObject([{ reason: 'upgrade' }]);
  // 10,000 beginnings of each rule took minutes.
  expect(performance.now() - before).toBeLessThan(10_000);
});
