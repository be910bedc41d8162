import { expect, it } from 'vitest';
import { escapePointer, pointerKeys, valueAt } from '#plugin';

it('finds keys that contain a slash, a tilde, or the escape of one', () => {
  for (const key of ['a/b', 'a~b', 'a~1b', '']) {
    const pointer = `/labels/${escapePointer(key)}`;
    expect(pointerKeys(pointer)).toEqual(['labels', key]);
    expect(valueAt({ labels: { [key]: 1 } }, pointer)).toBe(1);
  }
});

it('never finds an inherited member', () => {
  expect(valueAt({}, '/constructor')).toBeUndefined();
});
