import { expect, it } from 'vitest';
import { comingAt, durationMs, durationText, spanText } from '#plugin';

it.each([
  ['250ms', 250],
  ['90s', 90_000],
  ['7d', 604_800_000],
  ['7', Number.NaN],
  ['1.5h', Number.NaN],
])('durationMs(%s)', (text, ms) => {
  expect(durationMs(text)).toBe(ms);
});

it.each([
  [90_000, '90s'],
  [3_600_000, '1h'],
  [172_800_000, '2d'],
  [1500, '1500ms'],
])('durationText(%i)', (ms, text) => {
  expect(durationText(ms)).toBe(text);
});

it.each([
  [-5, '0 s'],
  [119_999, '119 s'],
  [120_000, '2 min'],
  [7_199_999, '119 min'],
  [7_200_000, '2 h'],
  [172_799_999, '47 h'],
  [172_800_000, '2 days'],
])('spanText(%i)', (ms, text) => {
  expect(spanText(ms)).toBe(text);
});

it.each<readonly [string | undefined, number | undefined]>([
  [undefined, undefined],
  ['not a time', undefined],
  ['2026-11-20T12:00:00.000Z', undefined],
  ['2026-11-20T12:00:01.000Z', Date.parse('2026-11-20T12:00:01.000Z')],
  ['2026-11-20T13:00:00.000Z', Date.parse('2026-11-20T13:00:00.000Z')],
  ['2029-11-20T13:00:00.000Z', undefined],
])('the recorded time %s comes at %s, if no wait is longer than an hour', (recorded, expected) => {
  expect(comingAt(recorded, Date.parse('2026-11-20T12:00:00.000Z'), 3_600_000)).toBe(expected);
});
