import { expect, it } from 'vitest';
import { counted, shorten } from '#plugin';

it.each([
  [1, 'row', undefined, '1 row'],
  [2, 'row', undefined, '2 rows'],
  [0, 'entry', 'entries', '0 entries'],
  [12_000, 'row', undefined, '12,000 rows'],
])('counted(%i, %s, %s)', (count, noun, many, text) => {
  expect(counted(count, noun, many)).toBe(text);
});

it('shortens text, never inside a character', () => {
  expect(shorten('abcdef', 4)).toBe('abc…');
  expect(shorten('abcd', 4)).toBe('abcd');
  expect(shorten('ab\u{1f600}cd', 4)).toBe('ab…');
});
