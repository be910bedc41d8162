import { expect, it } from 'vitest';
import { escapePointer, pointerKeys, valueAt } from '#plugin';

it('leads to keys that hold a slash, a tilde, or the escape of one', () => {
  for (const key of ['a/b', 'a~b', 'a~1b', '']) {
    const pointer = `/labels/${escapePointer(key)}`;
    expect(pointerKeys(pointer)).toEqual(['labels', key]);
    expect(valueAt({ labels: { [key]: 1 } }, pointer)).toBe(1);
  }
});

it('never leads to what an object inherits', () => {
  expect(valueAt({}, '/constructor')).toBeUndefined();
});
