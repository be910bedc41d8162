/** Lifecycles: the steps of a kind, and the moves that a step, a failure or the infrastructure makes. */

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
import { itemTables, repairing } from '../support/lifecycles.ts';

describe('lifecycle', () => {
  it('splits steps into states', () => {
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
  ] as const)('%s is a step of fettle: %s', (step, expected) => {
    expect(stepTransition(itemTables, step) !== undefined).toBe(expected);
  });

  it('names moves, and marks those that are not in the table', () => {
    expect(moveOf(itemTables, { machine: 'item', from: 'absent', to: 'ready', by: 'world' })).toEqual({
      machine: 'item',
      from: 'absent',
      to: 'ready',
      trigger: 'create',
    });
    expect(moveOf(itemTables, { machine: 'item', from: 'draining', to: 'ready', by: 'world' }).unlisted).toBe(true);
    expect(movesOf(itemTables, 'ready>ready', 'ready')).toEqual([]);
    expect(movesOf(itemTables, 'absent>ready', 'ready')).toHaveLength(1);
  });

  const short = (moves: readonly { from: string; to: string; trigger: string; unlisted?: true }[]): readonly string[] =>
    moves.map(({ from, to, trigger, unlisted }) => `${from}>${to} ${unlisted === true ? '?' : trigger}`);

  it('a move has the trigger of its actor', () => {
    expect(short([moveOf(repairing, { machine: 'item', from: 'absent', to: 'good', by: 'world' })])).toEqual([
      'absent>good found',
    ]);
    expect(short([moveOf(repairing, { machine: 'item', from: 'absent', to: 'good', by: 'fettle' })])).toEqual([
      'absent>good create',
    ]);
    expect(
      short([moveOf(repairing, { machine: 'item', from: 'repairing', to: 'failed', by: 'world', trigger: 'error' })]),
    ).toEqual(['repairing>failed error']);
  });

  it.each<[Step, string, string, readonly string[]]>([
    ['bad>repairing', 'bad', 'failed', ['bad>repairing repair', 'repairing>failed error']],
    ['failed>repairing', 'failed', 'failed', ['failed>repairing again', 'repairing>failed error']],
    ['bad>repairing', 'good', 'good', ['bad>repairing repair', 'repairing>good finish']],
    ['bad>repairing', 'repairing', 'repairing', ['bad>repairing repair']],
    ['bad>repairing', 'absent', 'absent', ['bad>absent lost']],
    ['absent>good', 'absent', 'absent', []],
  ])('%s failed, and the refresh shows %s: the state is %s', (step, seen, state, moves) => {
    const found = movesOfFailure(repairing, step, seen);
    expect([found.state, short(found.moves)]).toEqual([state, moves]);
  });

  it.each<[Step, string, readonly string[]]>([
    ['bad>repairing', 'bad', ['bad>repairing repair', 'repairing>bad interrupted']],
    ['bad>repairing', 'repairing', ['bad>repairing repair']],
    ['bad>repairing', 'failed', ['bad>repairing repair', 'repairing>failed interrupted']],
    ['bad>repairing', 'absent', ['bad>absent lost']],
    ['absent>good', 'absent', []],
  ])('%s was interrupted, and the refresh shows %s', (step, seen, moves) => {
    expect(short(movesOfUndone(repairing, step, seen))).toEqual(moves);
  });

  it.each<[string, string, Step | undefined, readonly string[]]>([
    ['good', 'good', undefined, []],
    ['good', 'bad', undefined, ['good>bad check']],
    ['bad', 'failed', 'bad>repairing', ['bad>repairing repair', 'repairing>failed error']],
    ['bad', 'failed', undefined, ['bad>failed ?']],
    // A step that was interrupted long ago: out of it, and on.
    ['repairing', 'absent', undefined, ['repairing>bad interrupted', 'bad>absent lost']],
    ['failed', 'bad', undefined, ['failed>bad ?']],
  ])('a refresh that finds %s as %s (failed %s)', (from, to, failed, moves) => {
    expect(short(movesBetween(repairing, { machine: 'item', from, to }, { failed }))).toEqual(moves);
  });

  it('finds the moves that the infrastructure makes by itself', () => {
    expect(worldLeadsTo(itemTables, undefined, 'starting', 'ready')).toBe(true);
    expect(worldLeadsTo(itemTables, undefined, 'ready', 'starting')).toBe(false);
    expect(isUnsettled(itemTables, 'starting')).toBe(true);
    expect(isUnsettled(itemTables, 'ready')).toBe(false);
  });
});
