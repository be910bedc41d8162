/** Approval of a saved plan: which actions may run, which rows are stale, and which are new. */

import { describe, expect, it } from 'vitest';
import type { Action, Judgement } from '#plugin';
import { approve } from '../../src/engine/approve.ts';
import { addressOf, planToy, toyLog, toyWorld, wanted } from '../support/toy.ts';

const [A, B] = [addressOf('a'), addressOf('b')];
const PLANNED = await planToy(toyWorld(), [wanted('a', 1), wanted('b', 2)], toyLog());
const ROW = PLANNED.actions.get(A) as Action;
const JUDGEMENT: Judgement = { rule: 'keep-one', outcome: 'reject', message: '', facts: {}, overridable: true };

/** The actions of now: those that were planned, with another one for `a`. */
function now(a: Partial<Action> | undefined): ReadonlyMap<string, Action> {
  const actions = new Map(PLANNED.actions);
  if (a === undefined) actions.delete(A);
  else actions.set(A, { ...ROW, ...a });
  return actions;
}

describe('a saved row', () => {
  it('runs if nothing has changed', () => {
    const approved = approve(PLANNED.plan, PLANNED.actions);
    expect([...approved.actions.keys()]).toEqual([A, B]);
    expect(approved.stale).toEqual([]);
    expect(approved.added).toEqual([]);
  });

  it.each<[string, Partial<Action> | undefined, RegExp]>([
    ['without a change now', undefined, /no longer needs/],
    ['that needs another step', { change: { ...ROW.change, step: 'ready>ready' } }, /ready>ready/],
    ['that has another goal', { change: { ...ROW.change, goal: 'update' } }, /absent>ready/],
    [
      'that passes by an override which it did not show',
      { judgements: [{ ...JUDGEMENT, overridden: 'x' }] },
      /keep-one/,
    ],
    ['with another basis', { basis: 'sha256:other' }, /has changed/],
    ['with another spec', { basis: 'sha256:other', covers: { ...ROW.covers, spec: { value: 9 } } }, /spec$/],
    [
      'with other command lines',
      { basis: 'sha256:other', covers: { ...ROW.covers, commands: [['x']] } },
      /command lines$/,
    ],
  ])('%s is stale, and does not run', (_name, action, message) => {
    const approved = approve(PLANNED.plan, now(action));
    expect([...approved.actions.keys()]).toEqual([B]);
    expect(approved.stale.map(({ row }) => row.address)).toEqual([A]);
    expect(approved.stale[0]?.message).toMatch(message);
  });

  it.each<[Action['verdict'], RegExp]>([
    ['reject', /rejected/],
    ['defer', /waiting/],
  ])('that is judged %s now is stale, and keeps its verdict', (verdict, message) => {
    const approved = approve(PLANNED.plan, now({ verdict, judgements: [JUDGEMENT] }));
    expect(approved.actions.get(A)?.verdict).toBe(verdict);
    expect(approved.stale[0]?.message).toMatch(message);
  });

  it('names an override that nothing gives now', () => {
    const rows = PLANNED.plan.resource_changes.map((row) =>
      row.address === A ? { ...row, overrides: [{ rule: 'keep-one', reason: 'x' }] } : row,
    );
    const saved = { ...PLANNED.plan, resource_changes: rows };
    const approved = approve(saved, now({ verdict: 'reject', judgements: [JUDGEMENT] }));
    expect(approved.stale[0]?.message).toMatch(/keep-one/);
  });
});

it('an action without a saved row does not run', () => {
  const rows = PLANNED.plan.resource_changes.filter(({ address }) => address === B);
  const approved = approve({ ...PLANNED.plan, resource_changes: rows }, PLANNED.actions);
  expect(approved.added).toEqual([A]);
  expect([...approved.actions.keys()]).toEqual([B]);
});
