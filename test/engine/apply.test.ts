/** Apply: intents, handlers, outcomes and the state that follows, over an infrastructure in memory. */

import { describe, expect, it } from 'vitest';
import { digestOf, PartlyDoneError } from '#plugin';
import {
  addressOf,
  applyToy,
  memoryOf,
  owned,
  planToy,
  toyLog,
  type ToyLog,
  toyWorld,
  wanted,
} from '../support/toy.ts';

describe('apply', () => {
  it('records the intent before the handler runs, and the outcome after', async () => {
    const world = toyWorld();
    const log = toyLog();
    let before: readonly string[] = [];
    world.faults.set('absent>ready a', async () => {
      before = log.records.map(({ kind }) => kind);
    });
    await applyToy(world, [wanted('a', 2)], log);
    expect(before.at(-1)).toBe('intent');
    expect(log.records.at(-1)?.kind).toBe('outcome');
  });

  it('continues after a failure, and counts failures until a success', async () => {
    const world = toyWorld();
    const log = toyLog();
    world.faults.set('absent>ready a', async () => {
      throw new Error('no room');
    });
    const documents = [wanted('a', 2), wanted('b', 2), wanted('c', 2, { needs: ['a'] })];
    const { rows } = await applyToy(world, documents, log);
    expect(rows.a).toMatchObject({ status: 'failed', message: 'no room' });
    expect(rows.b?.status).toBe('done');
    expect(rows.c).toMatchObject({ status: 'not-attempted', message: 'Depends on toy/Item/a, which is failed' });
    expect(memoryOf(log, 'a')).toMatchObject({ failures: 1, lastError: { message: 'no room', step: 'absent>ready' } });
    world.faults.clear();
    await applyToy(world, documents, log);
    expect(memoryOf(log, 'a')?.failures).toBeUndefined();
  });

  it('counts consecutive failures of the same attempt: another document or step starts at one', async () => {
    const { world, log } = await owned({ a: 2 });
    const fault = async () => {
      throw new Error('no room');
    };
    world.faults.set('ready>ready a', fault);
    world.faults.set('ready>absent a', fault);
    const failures = async (documents: Parameters<typeof applyToy>[1]) => {
      // More than one remains, so that the removal does not remove all.
      await applyToy(world, documents, log, { safety: { removals: { max: 10, share: 1, from: 9, perMs: 1 } } });
      return memoryOf(log, 'a')?.failures;
    };
    expect(await failures([wanted('a', 4)])).toBe(1);
    expect(await failures([wanted('a', 4)])).toBe(2);
    expect(memoryOf(log, 'a')?.lastError?.digest).toBe(digestOf({ value: 4 }));
    expect(await failures([wanted('a', 6)])).toBe(1);
    expect(await failures([wanted('a', 6)])).toBe(2);
    expect(await failures([])).toBe(1);
    world.faults.clear();
    expect(await failures([wanted('a', 6)])).toBeUndefined();
  });

  it('keeps what a handler did before it failed only if the handler reports it', async () => {
    const { world, log } = await owned({ a: 2 });
    world.faults.set('ready>ready a', async () => {
      throw new PartlyDoneError('half of it', { last_value: 3 });
    });
    const { rows } = await applyToy(world, [wanted('a', 4)], log);
    expect(rows.a).toMatchObject({ status: 'failed', message: 'half of it' });
    expect(memoryOf(log, 'a')).toMatchObject({ failures: 1, kept: { last_value: 3 } });
    world.faults.set('ready>ready a', async () => {
      throw new PartlyDoneError('nothing that can be kept', { last_value: 1n as unknown as number });
    });
    expect((await applyToy(world, [wanted('a', 4)], log)).rows.a?.status).toBe('failed');
    // The note of the refresh before it remains.
    expect(memoryOf(log, 'a')).toMatchObject({ failures: 2, kept: { last_value: 2 } });
  });

  it('owns a resource that a failed step created if the handler reports that it did its part', async () => {
    const world = toyWorld();
    const log = toyLog();
    const made = (error: Error) => async () => {
      world.items.set('a', { value: 2, state: 'ready' });
      throw error;
    };
    const document = wanted('a', 2, { lifecycle: { protect: true } });
    world.faults.set('absent>ready a', made(new Error('somebody else made it')));
    await applyToy(world, [document], log);
    expect(memoryOf(log, 'a')).toMatchObject({ failures: 1, state: 'ready' });
    expect(memoryOf(log, 'a')?.owned).toBeUndefined();
    world.items.clear();
    world.faults.set('absent>ready a', made(new PartlyDoneError('no notice was sent', { last_value: 2 })));
    await applyToy(world, [document], log);
    expect(memoryOf(log, 'a')).toMatchObject({
      failures: 2,
      state: 'ready',
      owned: 'created',
      protect: true,
      applied: { spec: { value: 2 } },
    });
    expect(log.records.flatMap(({ kind, body }) => (kind === 'outcome' ? [body.moves] : []))).toEqual([
      [{ machine: 'item', from: 'absent', to: 'ready', trigger: 'create' }],
      [{ machine: 'item', from: 'absent', to: 'ready', trigger: 'create' }],
    ]);
  });

  it('ends a handler that never settles at its deadline; the next refresh settles its step', async () => {
    const world = toyWorld();
    const log = toyLog();
    world.faults.set('absent>ready a', () => new Promise(() => undefined));
    const { rows } = await applyToy(world, [wanted('a', 2), wanted('b', 2)], log);
    expect(rows.a?.status).toBe('unknown');
    expect(rows.b?.status).toBe('done');
    expect(memoryOf(log, 'a')?.open).toBeDefined();
    // The step was done.
    world.items.set('a', { value: 2, state: 'ready' });
    const next = await planToy(world, [wanted('a', 2), wanted('b', 2)], log);
    expect(next.plan.settled).toEqual([{ address: addressOf('a'), step: 'absent>ready', outcome: 'done' }]);
    expect([...next.actions.keys()]).toEqual([]);
    expect(memoryOf(log, 'a')).toMatchObject({ owned: 'created', applied: { spec: { value: 2 } } });
    expect(memoryOf(log, 'a')?.failures).toBeUndefined();
  });

  it('an open intent without an effect is undone, and proposed again', async () => {
    const world = toyWorld();
    const log = toyLog();
    world.faults.set('absent>ready a', () => new Promise(() => undefined));
    await applyToy(world, [wanted('a', 2)], log);
    world.faults.clear();
    const next = await applyToy(world, [wanted('a', 2)], log);
    expect(next.reconciled.plan.settled[0]?.outcome).toBe('undone');
    expect(next.rows.a?.status).toBe('done');
  });

  it("a handler's success counts only if a refresh confirms it", async () => {
    const world = toyWorld();
    const log = toyLog();
    const take = world.items.set.bind(world.items);
    world.items.set = (name, value) => (name === 'a' ? world.items : take(name, value));
    const { rows } = await applyToy(world, [wanted('a', 2)], log);
    expect(rows.a).toMatchObject({ status: 'failed', message: 'The resource is absent; ready was expected' });
  });

  it('an edit without an effect is a failure', async () => {
    const { world, log } = await owned({ a: 2 });
    world.items.set = () => world.items;
    const { rows } = await applyToy(world, [wanted('a', 4)], log);
    expect(rows.a).toMatchObject({ status: 'failed', message: 'The resource still differs from its document' });
  });

  it.each([
    [
      'its value changed',
      (world: ReturnType<typeof toyWorld>) => world.items.set('a', { value: 6, state: 'ready' }),
      'The resource has changed since the plan was created',
    ],
    [
      'it was removed',
      (world: ReturnType<typeof toyWorld>) => world.items.delete('a'),
      'The resource has changed since the plan was created',
    ],
    [
      'its view has a gap',
      (world: ReturnType<typeof toyWorld>) => world.blind.add('a'),
      'The resource could not be read: it does not answer',
    ],
  ])('is stale if, since the plan, %s', async (_name, between, message) => {
    const { world, log } = await owned({ a: 2, b: 2 });
    const { rows } = await applyToy(world, [wanted('a', 4), wanted('b', 4)], log, { between: () => between(world) });
    expect(rows.a).toMatchObject({ status: 'stale', message });
    expect(rows.b?.status).toBe('done');
    expect(
      log.records.filter(({ kind, body }) => kind === 'intent' && 'ref' in body && body.ref.name === 'a'),
    ).toHaveLength(1);
  });

  it('a stopped run starts no action, and lets running actions end', async () => {
    const world = toyWorld();
    const stop = new AbortController();
    const names = Array.from({ length: 12 }, (_, i) => `n${String(i).padStart(2, '0')}`);
    world.faults.set('absent>ready n00', async () => {
      stop.abort();
    });
    const { rows } = await applyToy(
      world,
      names.map((name) => wanted(name, 2)),
      toyLog(),
      { stop: stop.signal },
    );
    expect(rows.n00?.status).toBe('done');
    expect(rows.n11).toMatchObject({ status: 'not-attempted', message: 'The run was stopped' });
    expect(Object.keys(rows)).toHaveLength(12);
  });

  it('an aborted run leaves a running action unknown, and reports it', async () => {
    const world = toyWorld();
    const abort = new AbortController();
    const log = toyLog();
    world.faults.set('absent>ready a', () => {
      setTimeout(() => abort.abort(), 10);
      return new Promise(() => undefined);
    });
    const { rows } = await applyToy(world, [wanted('a', 2)], log, { abort: abort.signal });
    expect(rows.a).toMatchObject({ status: 'unknown', message: 'absent>ready was aborted' });
    expect(memoryOf(log, 'a')?.open).toBeDefined();
  });

  it('does nothing if the log cannot be written', async () => {
    const world = toyWorld();
    const log = toyLog();
    const broken: ToyLog = {
      ...log,
      record: async (drafts) => {
        if (drafts.some(({ kind }) => kind === 'intent')) throw new Error('disk full');
        return log.record(drafts);
      },
    };
    await expect(applyToy(world, [wanted('a', 2), wanted('b', 2)], broken)).rejects.toThrow('disk full');
    expect(world.calls).toEqual([]);
  });

  it('waits for another run in progress, instead of settling its intents', async () => {
    const world = toyWorld();
    const log = toyLog();
    world.faults.set('absent>ready a', () => new Promise(() => undefined));
    await applyToy(world, [wanted('a', 2)], log);
    const { plan } = await planToy(world, [wanted('a', 2)], log, { busy: { holder: 'bob@laptop' } });
    expect(plan.deferred_changes[0]).toMatchObject({ reason: 'in-progress' });
    expect(plan.settled).toEqual([]);
  });
});
