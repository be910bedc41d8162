/** Progress of a long wait is reported again until another text, or the end. */

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { repeatedProgress } from '../../src/run/repeated-progress.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('a text is reported at once, and again while it holds', () => {
  const said: string[] = [];
  const { progress, end } = repeatedProgress((text) => void said.push(text));
  progress('first');
  vi.advanceTimersByTime(29_999);
  progress('second');
  vi.advanceTimersByTime(60_000);
  end();
  vi.advanceTimersByTime(600_000);
  expect(said).toEqual(['first', 'second', 'second (for 30 s)', 'second (for 60 s)']);
});
