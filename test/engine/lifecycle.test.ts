/** Lifecycles: steps that a kind has, and the moves that a step, a failure or the infrastructure makes. */

import { describe, expect, it } from 'vitest';
import { type Step, stepParts, stepTransition } from '#plugin';
import {
  isUnsettled,
  moveOf,
  movesBetween,
  movesOf,
  movesOfFailure,
  movesOfUndone,
  worldLeadsTo,
} from '../../src/engine/lifecycle.ts';
import { itemTables, mending } from '../support/lifecycles.ts';

describe('lifecycle', () => {
  it('takes steps apart', () => {
    expect(stepParts('a>b')).toEqual({ from: 'a', to: 'b' });
    expect(stepParts('sync:A>B')).toEqual({ machine: 'sync', from: 'A', to: 'B' });
  });

  it.each([
    ['absent>ready', true],
    ['ready>absent', true],
    ['ready>ready', true],
    ['starting>starting', false],
    ['starting>ready', false],
    ['ready>draining', false],
    ['nowhere:a>b', false],
  ] as const)('%s is a step of ours: %s', (step, expected) => {
    expect(stepTransition(itemTables, step) !== undefined).toBe(expected);
  });

  it('names moves, and marks those that the table does not have', () => {
    expect(moveOf(itemTables, 'item', 'absent', 'ready', 'world')).toEqual({
      machine: 'item',
      from: 'absent',
      to: 'ready',
      trigger: 'create',
    });
    expect(moveOf(itemTables, 'item', 'draining', 'ready', 'world').unlisted).toBe(true);
    expect(movesOf(itemTables, 'ready>ready', 'ready')).toEqual([]);
    expect(movesOf(itemTables, 'absent>ready', 'ready')).toHaveLength(1);
  });

  const short = (moves: readonly { from: string; to: string; trigger: string; unlisted?: true }[]): readonly string[] =>
    moves.map(({ from, to, trigger, unlisted }) => `${from}>${to} ${unlisted === true ? '?' : trigger}`);

  it('a move has the trigger of who made it', () => {
    expect(short([moveOf(mending, 'item', 'absent', 'good', 'world')])).toEqual(['absent>good found']);
    expect(short([moveOf(mending, 'item', 'absent', 'good', 'fettle')])).toEqual(['absent>good create']);
    expect(short([moveOf(mending, 'item', 'mending', 'failed', 'world', 'error')])).toEqual(['mending>failed error']);
  });

  it.each<[Step, string, string, readonly string[]]>([
    ['bad>mending', 'bad', 'failed', ['bad>mending mend', 'mending>failed error']],
    ['failed>mending', 'failed', 'failed', ['failed>mending again', 'mending>failed error']],
    ['bad>mending', 'good', 'good', ['bad>mending mend', 'mending>good finish']],
    ['bad>mending', 'mending', 'mending', ['bad>mending mend']],
    ['bad>mending', 'absent', 'absent', ['bad>absent lost']],
    ['absent>good', 'absent', 'absent', []],
  ])('%s failed, and it is seen %s: it is %s', (step, seen, state, moves) => {
    const found = movesOfFailure(mending, step, seen);
    expect([found.state, short(found.moves)]).toEqual([state, moves]);
  });

  it.each<[Step, string, readonly string[]]>([
    ['bad>mending', 'bad', ['bad>mending mend', 'mending>bad interrupted']],
    ['bad>mending', 'mending', ['bad>mending mend']],
    ['bad>mending', 'failed', ['bad>mending mend', 'mending>failed interrupted']],
    ['bad>mending', 'absent', ['bad>absent lost']],
    ['absent>good', 'absent', []],
  ])('%s was broken off, and it is seen %s', (step, seen, moves) => {
    expect(short(movesOfUndone(mending, step, seen))).toEqual(moves);
  });

  it.each<[string, string, Step | undefined, readonly string[]]>([
    ['good', 'good', undefined, []],
    ['good', 'bad', undefined, ['good>bad check']],
    ['bad', 'failed', 'bad>mending', ['bad>mending mend', 'mending>failed error']],
    ['bad', 'failed', undefined, ['bad>failed ?']],
    // A step that was broken off long ago: out of it, and on.
    ['mending', 'absent', undefined, ['mending>bad interrupted', 'bad>absent lost']],
    ['failed', 'bad', undefined, ['failed>bad ?']],
  ])('a look that finds %s as %s (failed %s)', (from, to, failed, moves) => {
    expect(short(movesBetween(mending, 'item', from, to, failed))).toEqual(moves);
  });

  it('knows what the world does by itself', () => {
    expect(worldLeadsTo(itemTables, undefined, 'starting', 'ready')).toBe(true);
    expect(worldLeadsTo(itemTables, undefined, 'ready', 'starting')).toBe(false);
    expect(isUnsettled(itemTables, 'starting')).toBe(true);
    expect(isUnsettled(itemTables, 'ready')).toBe(false);
  });
});
