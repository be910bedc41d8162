/**
 * A running step records a part of its result before it ends, and a step that has to wait ends without a failure.
 */

import { describe, expect, it } from 'vitest';
import { PostponedError, UnknownOutcomeError, USES_KEPT_MS } from '#plugin';
import { finalTable } from '../../src/report/apply-text.ts';
import { emptyRecall, fold, rememberedOf } from '../../src/engine/remember.ts';
import { addressOf, applyToy, memoryOf, planToy, START, toyLog, toyWorld, wanted } from '../support/toy.ts';

const STEP = 'absent>ready a';

describe('the progress of a step', () => {
  it('is in the state before the step ends, and survives a lost outcome', async () => {
    const [world, log] = [toyWorld(), toyLog()];
    let during: unknown;
    world.faults.set(STEP, async ({ keep }) => {
      await keep({ order: 'https://ca.example.test/order/1' });
      during = memoryOf(log, 'a')?.kept;
      throw new UnknownOutcomeError(new Error('the answer was lost'));
    });
    await applyToy(world, [wanted('a', 2)], log);
    expect(during).toEqual({ order: 'https://ca.example.test/order/1' });
    world.faults.clear();
    await planToy(world, [wanted('a', 2)], log);
    expect(memoryOf(log, 'a')?.kept).toMatchObject({ order: 'https://ca.example.test/order/1' });
    expect(memoryOf(log, 'a')?.open).toBeUndefined();
  });

  it('counts the limits that the step uses, for five weeks', async () => {
    const [world, log] = [toyWorld(), toyLog()];
    world.faults.set(STEP, async ({ keep }) => keep({}, ['orders', 'names']));
    await applyToy(world, [wanted('a', 2)], log);
    expect(log.recall.uses.get('orders')).toHaveLength(1);
    // A checkpoint has the uses too.
    const again = emptyRecall();
    for (const body of rememberedOf(log.recall))
      fold(again, {
        kind: 'remembered',
        body,
        seq: 1,
        time: new Date(START).toISOString(),
        actor: '',
        prev: '',
        hash: '',
      });
    expect(again.uses).toEqual(log.recall.uses);
    const progress = {
      kind: 'progress',
      body: { run: 'r', ref: wanted('b', 1).ref, intent: 1, spends: ['orders'] },
      seq: 900,
      time: new Date(START + USES_KEPT_MS + 3_600_000).toISOString(),
      actor: '',
      prev: '',
      hash: '',
    } as const;
    fold(again, progress);
    expect(again.uses.get('orders')).toEqual([Date.parse(progress.time)]);
    expect(again.uses.has('names')).toBe(false);
  });
});

describe('a postponed step', () => {
  it('lets the steps that depend on it wait, which have not failed either', async () => {
    const world = toyWorld();
    world.faults.set(STEP, async () => {
      throw new PostponedError('the limit of the provider is reached', {});
    });
    const { rows } = await applyToy(world, [wanted('a', 2), wanted('b', 2, { needs: ['a'] })], toyLog());
    expect(rows['b']).toMatchObject({ status: 'deferred', message: 'Waits for toy/Item/a' });
    expect(finalTable(Object.values(rows), { color: false, head: '7:abc' })).not.toMatch(/waiting by/u);
  });

  it('is a deferred row without a failure, and its fields are recorded', async () => {
    const [world, log] = [toyWorld(), toyLog()];
    world.faults.set(STEP, async () => {
      throw new PostponedError('the limit of the provider is reached', { wait: 'tomorrow' });
    });
    const { rows } = await applyToy(world, [wanted('a', 2)], log);
    expect(rows['a']).toMatchObject({ status: 'deferred', message: 'the limit of the provider is reached' });
    expect(memoryOf(log, 'a')).toMatchObject({ kept: { wait: 'tomorrow' } });
    expect(memoryOf(log, 'a')?.failures).toBeUndefined();
    expect(memoryOf(log, 'a')?.open).toBeUndefined();
    expect(memoryOf(log, 'a')?.owned).toBeUndefined();
    world.faults.clear();
    const next = await applyToy(world, [wanted('a', 2)], log);
    expect(next.rows['a']).toMatchObject({ status: 'done' });
    expect(log.recall.resources.get(addressOf('a'))?.owned).toBe('created');
  });
});
