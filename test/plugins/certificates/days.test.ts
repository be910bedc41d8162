/** Day arithmetic and its boundaries. */

import { describe, expect, test } from 'vitest';
import {
  daysLeft,
  isDue,
  isExpired,
  isNotYetValid,
  thresholdInForce,
  wholeDays,
} from '../../../plugins/certificates/days.ts';
import { DAY, NOW, MINUTE, HOUR } from './support.ts';

describe('days left', () => {
  test.each([
    ['30 days', 30 * DAY, 30],
    ['30 days less 1 ms', 30 * DAY - 1, 29],
    ['one year', 365 * DAY, 365],
    ['tomorrow', DAY, 1],
    ['24 h 1 min', DAY + MINUTE, 1],
    ['23 h 59 min', DAY - MINUTE, 0],
    ['the very end', 0, 0],
    ['1 h ago', -HOUR, 0],
    ['23 h 59 min ago', -DAY + MINUTE, 0],
    ['yesterday', -DAY, -1],
    ['47 h ago', -47 * HOUR, -1],
    ['10 days ago', -10 * DAY, -10],
  ])('%s', (_name, left, days) => {
    expect(daysLeft(NOW + left, NOW)).toBe(days);
  });

  test('are never -0', () => {
    expect(Object.is(wholeDays(-1), 0)).toBe(true);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])('require an end of validity (%s)', (end) => {
    expect(() => daysLeft(end, NOW)).toThrow(RangeError);
  });
});

describe('expiry goes by timestamps', () => {
  const validity = { notBefore: NOW - DAY, notAfter: NOW };
  test('strictly after the end', () => {
    expect([isExpired(validity, NOW - 1), isExpired(validity, NOW), isExpired(validity, NOW + 1)]).toEqual([
      false,
      false,
      true,
    ]);
  });
  test('strictly before the beginning', () => {
    const later = { notBefore: NOW, notAfter: NOW + DAY };
    expect([isNotYetValid(later, NOW - 1), isNotYetValid(later, NOW)]).toEqual([true, false]);
  });
});

describe('the effective threshold', () => {
  const lifetime = (days: number) => ({ notBefore: NOW, notAfter: NOW + days * DAY });
  test.each([
    [30, 90, 30],
    [30, 365, 30],
    [30, 60, 20],
    [30, 30, 10],
    [30, 7, 2],
    [30, 2, 0],
    [0, 90, 0],
    [365, 365, 121],
  ])('%i days of a lifetime of %i is %i', (threshold, days, inForce) => {
    expect(thresholdInForce(threshold, lifetime(days))).toBe(inForce);
  });
  test.each([-1, Number.NaN])('of %s days is an error', (threshold) => {
    expect(() => thresholdInForce(threshold, lifetime(90))).toThrow(RangeError);
    expect(() => isDue(threshold, lifetime(90), NOW)).toThrow(RangeError);
  });
});

describe('a renewal is due', () => {
  const ninety = (left: number) => ({ notBefore: NOW + left - 90 * DAY, notAfter: NOW + left });
  test.each([
    ['31 days left, threshold 30', 30, 31 * DAY, false],
    ['a day is not over yet: 30 days 23 h left', 30, 31 * DAY - HOUR, true],
    ['exactly 30 days left', 30, 30 * DAY, true],
    ['5 days left', 30, 5 * DAY, true],
    ['threshold 0, 24 h left', 0, DAY, false],
    ['threshold 0, 23 h 59 min left', 0, DAY - MINUTE, true],
    ['threshold 5, 6 days left', 5, 6 * DAY, false],
    ['threshold 5, 5 days 1 h left', 5, 5 * DAY + HOUR, true],
    ['expired', 30, -DAY, true],
  ])('%s: %s', (_name, threshold, left, due) => {
    expect(isDue(threshold, ninety(left), NOW)).toBe(due);
  });

  test.each([1, 2, 3, 10, 30, 90, 365])('never for a certificate of %i days that was just issued', (days) => {
    for (const threshold of [0, 1, 30, 365])
      expect(isDue(threshold, { notBefore: NOW - 5 * MINUTE, notAfter: NOW + days * DAY }, NOW + 1000)).toBe(false);
  });

  test('in the last third of a certificate of one day', () => {
    const day = { notBefore: NOW, notAfter: NOW + DAY };
    expect(isDue(30, day, NOW + 15 * HOUR)).toBe(false);
    expect(isDue(30, day, NOW + 16 * HOUR)).toBe(true);
  });
});
