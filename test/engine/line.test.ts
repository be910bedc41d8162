/** The line from documents to records, over a world in memory: proposals, judgements, actions, records and state. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestOf, type Memory, PartlyDoneError } from '#plugin';
import { addressOf, applyToy, item, planToy, START, toyLog, type ToyLog, toyWorld, wanted } from '../support/toy.ts';

const day = 86_400_000;

async function owned(
  items: Readonly<Record<string, number>>,
  more: Parameters<typeof wanted>[2] = {},
): Promise<{ world: ReturnType<typeof toyWorld>; log: ToyLog }> {
  const world = toyWorld();
  const log = toyLog();
  await applyToy(
    world,
    Object.entries(items).map(([name, value]) => wanted(name, value, more)),
    log,
  );
  return { world, log };
}

function memoryOf(log: ToyLog, name: string): Memory | undefined {
  return log.recall.resources.get(addressOf(name));
}

describe('diff and cause', () => {
  it('creates what is new, and then has nothing to do', async () => {
    const world = toyWorld();
    const log = toyLog();
    const { rows, reconciled } = await applyToy(world, [wanted('a', 2)], log);
    expect(reconciled.plan.resource_changes[0]).toMatchObject({ goal: 'create', cause: 'new', step: 'absent>ready' });
    expect(rows.a?.status).toBe('done');
    expect(memoryOf(log, 'a')).toMatchObject({ owned: 'created', state: 'ready', kept: { lastValue: 2 } });
    const again = await planToy(world, [wanted('a', 2)], log);
    expect(again.actions.size).toBe(0);
    expect(again.plan.summary).toMatchObject({ unchanged: 1, add: 0 });
  });

  it('tells an edit from a drift', async () => {
    const { world, log } = await owned({ a: 2 });
    const edit = await planToy(world, [wanted('a', 4)], log);
    expect(edit.plan.resource_changes[0]).toMatchObject({
      cause: 'edit',
      change: { before: { value: 2 }, after: { value: 4 } },
    });
    expect(edit.plan.resource_drift).toEqual([]);
    world.items.set('a', { value: 8, state: 'ready' });
    const drift = await planToy(world, [wanted('a', 2)], log);
    expect(drift.plan.resource_changes[0]).toMatchObject({ cause: 'drift' });
    expect(drift.plan.resource_drift).toEqual([
      expect.objectContaining({
        address: addressOf('a'),
        change: expect.objectContaining({ before: { value: 2 }, after: { value: 8 } }),
      }),
    ]);
    const both = await planToy(world, [wanted('a', 4)], log);
    expect(both.plan.resource_changes[0]).toMatchObject({ cause: 'edit' });
    expect(both.plan.resource_drift).toHaveLength(1);
  });

  it('sees no drift in a world that is already as the new document wants it, and takes that as applied', async () => {
    const { world, log } = await owned({ a: 2 });
    world.items.set('a', { value: 4, state: 'ready' });
    const plan = await planToy(world, [wanted('a', 4)], log);
    expect(plan.plan.resource_drift).toEqual([]);
    expect(memoryOf(log, 'a')?.applied?.spec).toEqual({ value: 4 });
  });

  it('adopts a foreign resource before it changes it', async () => {
    const world = toyWorld({ a: 2 });
    const log = toyLog();
    const { rows, reconciled } = await applyToy(world, [wanted('a', 4)], log);
    expect(reconciled.plan.resource_changes[0]).toMatchObject({ goal: 'adopt', step: 'ready>ready' });
    expect(rows.a?.status).toBe('done');
    expect(world.calls).toEqual([]);
    expect(memoryOf(log, 'a')?.owned).toBe('adopted');
    expect((await planToy(world, [wanted('a', 4)], log)).plan.resource_changes[0]).toMatchObject({ goal: 'update' });
  });

  it('lists foreign resources that nobody wrote, and never changes them', async () => {
    const { actions, plan } = await planToy(toyWorld({ a: 2, b: 2 }), [wanted('b', 2)], toyLog());
    expect([...actions.keys()]).toEqual([addressOf('b')]);
    expect(plan.unmanaged).toEqual([addressOf('a')]);
  });

  it('forgets what is gone and no longer declared, without a row', async () => {
    const { world, log } = await owned({ a: 2 });
    world.items.clear();
    const { actions } = await planToy(world, [], log);
    expect(actions.size).toBe(0);
    expect(memoryOf(log, 'a')).toBeUndefined();
  });

  it('creates again what somebody took away, as drift', async () => {
    const { world, log } = await owned({ a: 2 });
    world.items.clear();
    const { plan } = await planToy(world, [wanted('a', 2)], log);
    expect(plan.resource_changes[0]).toMatchObject({ goal: 'create', cause: 'drift' });
    expect(plan.resource_drift).toHaveLength(1);
  });

  it('releases an orphan where the document said so, and forgets it', async () => {
    const { world, log } = await owned({ a: 2 }, { lifecycle: { onRemove: 'release' } });
    const { rows } = await applyToy(world, [], log);
    expect(rows.a?.action.change.goal).toBe('release');
    expect(world.items.has('a')).toBe(true);
    expect(memoryOf(log, 'a')).toBeUndefined();
  });

  it('leaves alone what the document tells it to ignore', async () => {
    const { world, log } = await owned({ a: 2 });
    world.items.set('a', { value: 8, state: 'ready' });
    const { actions } = await planToy(world, [wanted('a', 2, { lifecycle: { ignore: ['/spec/value'] } })], log);
    expect(actions.size).toBe(0);
  });
});

describe('rules', () => {
  it('protected: outlives the document, and goes by a row of its own', async () => {
    const { world, log } = await owned({ a: 2 }, { lifecycle: { protect: true } });
    expect(memoryOf(log, 'a')?.protect).toBe(true);
    const orphan = await applyToy(world, [], log);
    expect(orphan.rows.a).toMatchObject({ status: 'rejected' });
    expect(orphan.reconciled.plan.rejected_changes[0]).toMatchObject({ reason: 'protected' });
    expect(world.items.has('a')).toBe(true);
    // Not to mention it keeps it; only `false` lifts it.
    expect((await planToy(world, [wanted('a', 2)], log)).actions.size).toBe(0);
    const lifted = await applyToy(world, [wanted('a', 2, { lifecycle: { protect: false } })], log);
    expect(lifted.rows.a?.action.change).toMatchObject({
      goal: 'protect',
      fields: [{ path: '/lifecycle/protect', before: true, after: false }],
    });
    const gone = await applyToy(world, [], log, { safety: { removals: { max: 10, share: 1, from: 100, perMs: 0 } } });
    expect(gone.rows.a?.status).toBe('done');
  });

  it('an override passes one rule on one address, and is recorded', async () => {
    const { world, log } = await owned({ a: 2, b: 2 }, { lifecycle: { protect: true } });
    const overrides = [{ rule: 'protected', address: addressOf('a'), reason: 'because' }];
    const { rows } = await applyToy(world, [], log, { safety: { overrides } });
    expect(rows.a?.status).toBe('done');
    expect(rows.b?.status).toBe('rejected');
    const intent = log.records.findLast(({ kind }) => kind === 'intent');
    expect(intent?.body).toMatchObject({ overrides: [{ rule: 'protected', reason: 'because' }] });
  });

  it('lifecycle cannot be overridden', async () => {
    const { world, log } = await owned({ a: 2 });
    world.items.set('a', { value: 2, state: 'starting' });
    const overrides = [{ rule: 'lifecycle', address: addressOf('a'), reason: 'because' }];
    const { plan } = await planToy(world, [], log, { safety: { overrides } });
    expect(plan.rejected_changes[0]).toMatchObject({ reason: 'lifecycle' });
  });

  it('partial-view: an orphan under a gap stays, as a row', async () => {
    const { world, log } = await owned({ a: 2, b: 2 });
    world.blind.add('a');
    const { rows, reconciled } = await applyToy(world, [wanted('b', 2)], log);
    expect(rows.a).toMatchObject({ status: 'rejected' });
    expect(reconciled.plan.rejected_changes[0]).toMatchObject({ reason: 'partial-view' });
    expect(reconciled.plan.complete).toBe(false);
    expect(memoryOf(log, 'a')).toBeDefined();
  });

  it('a written resource under a gap is neither created nor counted as unchanged', async () => {
    const world = toyWorld();
    world.blind.add('a');
    const { plan, actions } = await planToy(world, [wanted('a', 2)], toyLog());
    expect(actions.size).toBe(0);
    expect(plan.summary).toMatchObject({ unread: 1, unchanged: 0, add: 0 });
  });

  it.each([
    [60_000, 'accept'],
    [60_001, 'reject'],
  ] as const)('stale-view: a removal on a look %i ms old is %s', async (age, verdict) => {
    const { world, log } = await owned({ a: 2 });
    let calls = 0;
    // The refresh is first; the clock has advanced by the time of the judgement.
    const now = () => (calls++ === 0 ? START : START + age);
    const { actions } = await planToy(world, [], log, { now });
    expect(actions.get(addressOf('a'))?.verdict).toBe(verdict);
  });

  it.each([
    ['one of three', 3, 1, 'accept'],
    ['all of three: below `from`', 3, 3, 'accept'],
    ['one of four', 4, 1, 'accept'],
    ['two of four: over the share', 4, 2, 'reject'],
    ['all of four', 4, 4, 'reject'],
    ['three of ten: exactly the share', 10, 3, 'accept'],
    ['four of ten', 10, 4, 'reject'],
    ['eleven of a hundred: over the count', 100, 11, 'reject'],
    ['ten of a hundred', 100, 10, 'accept'],
  ] as const)('too-many-removals: %s', async (_name, count, gone, verdict) => {
    const names = Array.from({ length: count }, (_, i) => `n${i}`);
    const { world, log } = await owned(Object.fromEntries(names.map((name) => [name, 2])));
    const kept = names.slice(gone).map((name) => wanted(name, 2));
    const { actions } = await planToy(world, kept, log);
    expect([...actions.values()].map((action) => action.verdict)).toEqual(Array.from({ length: gone }, () => verdict));
    if (verdict === 'reject') {
      const lifted = await planToy(world, kept, log, { safety: { maxRemovals: { count: gone, reason: 'wanted' } } });
      expect([...lifted.actions.values()].every((action) => action.verdict === 'accept')).toBe(true);
      const short = await planToy(world, kept, log, { safety: { maxRemovals: { count: gone - 1, reason: 'wanted' } } });
      expect([...short.actions.values()].every((action) => action.verdict === 'reject')).toBe(true);
    }
  });

  it('dependency: waits for what is rejected and absent, and not for the rejected edit of what is there', async () => {
    const documents = [wanted('a', 13), wanted('b', 2, { needs: ['a'] })];
    const { rows } = await applyToy(toyWorld(), documents, toyLog());
    expect(rows.a?.status).toBe('rejected');
    expect(rows.b).toMatchObject({ status: 'deferred' });
    const { world, log } = await owned({ a: 2 });
    const next = await applyToy(world, documents, log);
    expect(next.rows.a?.status).toBe('rejected');
    expect(next.rows.b?.status).toBe('done');
  });

  it('dependency: creates what is needed first, removes it last', async () => {
    const world = toyWorld();
    const log = toyLog();
    const documents = [wanted('a', 2, { needs: ['b'] }), wanted('b', 2, { needs: ['c'] }), wanted('c', 2)];
    await applyToy(world, documents, log);
    expect(world.calls).toEqual(['absent>ready c', 'absent>ready b', 'absent>ready a']);
    world.calls.length = 0;
    await applyToy(world, [], log);
    expect(world.calls).toEqual(['ready>absent a', 'ready>absent b', 'ready>absent c']);
  });

  it('dependency: nothing is removed that something which stays needs', async () => {
    const world = toyWorld();
    const log = toyLog();
    await applyToy(world, [wanted('a', 2, { needs: ['b'], lifecycle: { protect: true } }), wanted('b', 2)], log);
    const { rows } = await applyToy(world, [], log);
    expect(rows).toMatchObject({ a: { status: 'rejected' }, b: { status: 'rejected' } });
    expect(world.items.size).toBe(2);
  });

  it.each([
    [0, 'accept'],
    [-1, 'defer'],
  ] as const)('clock-behind: a removal %i ms after the log is %s', async (ahead, verdict) => {
    const { world, log } = await owned({ a: 2 });
    const { actions } = await planToy(world, [], log, { now: () => START + ahead });
    expect(actions.get(addressOf('a'))?.verdict).toBe(verdict);
    expect(
      (await planToy(world, [wanted('a', 4)], log, { now: () => START + ahead })).actions.get(addressOf('a'))?.verdict,
    ).toBe('accept');
  });

  it('freeze: nothing is done to what is on hold', async () => {
    const { plan } = await planToy(toyWorld(), [wanted('a', 2, { lifecycle: { hold: 'audit' } })], toyLog());
    expect(plan.rejected_changes[0]).toMatchObject({
      reason: 'freeze',
      reasons: [expect.objectContaining({ message: 'on hold: audit' })],
    });
  });

  it('not-owned: a resource that a damage put in doubt is neither removed nor changed before it is adopted', async () => {
    const { world, log } = await owned({ a: 2, b: 2 });
    for (const name of ['a', 'b'])
      log.recall.resources.set(addressOf(name), { ...(memoryOf(log, name) as Memory), unknown: true });
    const { plan, actions } = await planToy(world, [wanted('a', 4)], log);
    expect(plan.resource_changes).toEqual([expect.objectContaining({ address: addressOf('a'), goal: 'adopt' })]);
    expect(actions.get(addressOf('b'))).toBeUndefined();
  });
});

describe('apply', () => {
  it('writes the intent before the handler runs, and the outcome after', async () => {
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

  it('goes on past a failure, and counts it until a success', async () => {
    const world = toyWorld();
    const log = toyLog();
    world.faults.set('absent>ready a', async () => {
      throw new Error('no room');
    });
    const documents = [wanted('a', 2), wanted('b', 2), wanted('c', 2, { needs: ['a'] })];
    const { rows } = await applyToy(world, documents, log);
    expect(rows.a).toMatchObject({ status: 'failed', message: 'no room' });
    expect(rows.b?.status).toBe('done');
    expect(rows.c).toMatchObject({ status: 'not-attempted', message: 'it needs toy/Item/a, which is failed' });
    expect(memoryOf(log, 'a')).toMatchObject({ failures: 1, lastError: { message: 'no room', step: 'absent>ready' } });
    world.faults.clear();
    await applyToy(world, documents, log);
    expect(memoryOf(log, 'a')?.failures).toBeUndefined();
  });

  it('counts failures in a row of the same attempt: another document, or another step, begins anew', async () => {
    const { world, log } = await owned({ a: 2 });
    const fault = async () => {
      throw new Error('no room');
    };
    world.faults.set('ready>ready a', fault);
    world.faults.set('ready>absent a', fault);
    const failures = async (documents: Parameters<typeof applyToy>[1]) => {
      // More than one left, so that a removal is not one of all.
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

  it('remembers what a handler did before it failed, and only what it says so of', async () => {
    const { world, log } = await owned({ a: 2 });
    world.faults.set('ready>ready a', async () => {
      throw new PartlyDoneError('half of it', { lastValue: 3 });
    });
    const { rows } = await applyToy(world, [wanted('a', 4)], log);
    expect(rows.a).toMatchObject({ status: 'failed', message: 'half of it' });
    expect(memoryOf(log, 'a')).toMatchObject({ failures: 1, kept: { lastValue: 3 } });
    world.faults.set('ready>ready a', async () => {
      throw new PartlyDoneError('nothing that can be kept', { lastValue: 1n as unknown as number });
    });
    expect((await applyToy(world, [wanted('a', 4)], log)).rows.a?.status).toBe('failed');
    // What the look before it noted is left.
    expect(memoryOf(log, 'a')).toMatchObject({ failures: 2, kept: { lastValue: 2 } });
  });

  it('what a failed step created all the same is ours, where the handler says that it did its part', async () => {
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
    world.faults.set('absent>ready a', made(new PartlyDoneError('nobody was told', { lastValue: 2 })));
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

  it('ends a handler that never settles at its deadline; the next look settles what it did', async () => {
    const world = toyWorld();
    const log = toyLog();
    world.faults.set('absent>ready a', () => new Promise(() => undefined));
    const { rows } = await applyToy(world, [wanted('a', 2), wanted('b', 2)], log);
    expect(rows.a?.status).toBe('unknown');
    expect(rows.b?.status).toBe('done');
    expect(memoryOf(log, 'a')?.open).toBeDefined();
    // It was done after all.
    world.items.set('a', { value: 2, state: 'ready' });
    const next = await planToy(world, [wanted('a', 2), wanted('b', 2)], log);
    expect(next.plan.settled).toEqual([{ address: addressOf('a'), step: 'absent>ready', outcome: 'done' }]);
    expect([...next.actions.keys()]).toEqual([]);
    expect(memoryOf(log, 'a')).toMatchObject({ owned: 'created', applied: { spec: { value: 2 } } });
    expect(memoryOf(log, 'a')?.failures).toBeUndefined();
  });

  it('an open intent that left nothing behind is undone, and proposed again', async () => {
    const world = toyWorld();
    const log = toyLog();
    world.faults.set('absent>ready a', () => new Promise(() => undefined));
    await applyToy(world, [wanted('a', 2)], log);
    world.faults.clear();
    const next = await applyToy(world, [wanted('a', 2)], log);
    expect(next.reconciled.plan.settled[0]?.outcome).toBe('undone');
    expect(next.rows.a?.status).toBe('done');
  });

  it('what a handler says is not believed: a look has to show it', async () => {
    const world = toyWorld();
    const log = toyLog();
    const take = world.items.set.bind(world.items);
    world.items.set = (name, value) => (name === 'a' ? world.items : take(name, value));
    const { rows } = await applyToy(world, [wanted('a', 2)], log);
    expect(rows.a).toMatchObject({ status: 'failed', message: 'it is absent, and ought to be ready' });
  });

  it('an edit that did not take is a failure', async () => {
    const { world, log } = await owned({ a: 2 });
    world.items.set = () => world.items;
    const { rows } = await applyToy(world, [wanted('a', 4)], log);
    expect(rows.a).toMatchObject({ status: 'failed', message: 'it still differs from what is written' });
  });

  it.each([
    [
      'its value changed',
      (world: ReturnType<typeof toyWorld>) => world.items.set('a', { value: 6, state: 'ready' }),
      'it is not as it was when the plan was made',
    ],
    [
      'it is gone',
      (world: ReturnType<typeof toyWorld>) => world.items.delete('a'),
      'it is not as it was when the plan was made',
    ],
    [
      'it cannot be seen',
      (world: ReturnType<typeof toyWorld>) => world.blind.add('a'),
      'it cannot be seen any more: it does not answer',
    ],
  ])('is stale when, since the plan, %s', async (_name, between, message) => {
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
    expect(rows.n11).toMatchObject({ status: 'not-attempted', message: 'the run was stopped' });
    expect(Object.keys(rows)).toHaveLength(12);
  });

  it('an aborted run leaves what was in flight unknown, and says so', async () => {
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

  it('no record, no action: when the log cannot be written, nothing is done', async () => {
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

  it('waits for another run that goes on, instead of settling its intents', async () => {
    const world = toyWorld();
    const log = toyLog();
    world.faults.set('absent>ready a', () => new Promise(() => undefined));
    await applyToy(world, [wanted('a', 2)], log);
    const { plan } = await planToy(world, [wanted('a', 2)], log, { busy: { holder: 'bob@laptop' } });
    expect(plan.deferred_changes[0]).toMatchObject({ reason: 'in-progress' });
    expect(plan.settled).toEqual([]);
  });
});

describe('plan', () => {
  it('is the same, byte for byte, in whatever order things come', async () => {
    const names = ['e', 'b', 'a', 'd', 'c'];
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(names, { minLength: 5 }),
        fc.shuffledSubarray(names, { minLength: 5 }),
        async (written, there) => {
          const of = async (documents: readonly string[], world: readonly string[]) =>
            (
              await planToy(
                toyWorld(Object.fromEntries(world.map((name) => [name, 3]))),
                documents.map((name) => wanted(name, 2)),
                toyLog(),
              )
            ).plan;
          expect(JSON.stringify(await of(written, there))).toBe(JSON.stringify(await of(names, names)));
        },
      ),
      { numRuns: 50 },
    );
  });

  it('has a digest over what would run: not over places or times, but over rows, fields, overrides and gaps', async () => {
    const digest = async (
      value: number,
      options: Parameters<typeof planToy>[3] = {},
      blind: readonly string[] = [],
    ) => {
      const world = toyWorld();
      for (const name of blind) world.blind.add(name);
      const moved = { ...wanted('a', value), source: { file: `${value}.yaml`, line: 9, column: 9 } };
      return (await planToy(world, [moved], toyLog(), options)).plan.plan_digest;
    };
    const base = await digest(2);
    expect(await digest(2, { now: () => START + day })).toBe(base);
    expect(await digest(4)).not.toBe(base);
    expect(await digest(2, {}, ['z'])).not.toBe(base);
    const overrides = [{ rule: 'not-thirteen', address: addressOf('a'), reason: 'x' }];
    expect(await digest(13, { safety: { overrides } })).not.toBe(await digest(13));
    expect(await digest(2, { safety: { overrides } })).toBe(base);
  });

  it('keeps to targets, and says that it is partial', async () => {
    const { plan } = await planToy(toyWorld(), [wanted('a', 2), wanted('b', 2)], toyLog(), {
      within: (address) => address === addressOf('a'),
    });
    expect(plan.resource_changes.map(({ address }) => address)).toEqual([addressOf('a')]);
    expect(plan.complete).toBe(false);
  });

  it('a plugin that gives rubbish is a gap, and nothing is judged on it', async () => {
    const world = toyWorld({ a: 2 });
    (world.items.get('a') as { state: string }).state = 'nonsense';
    const { plan, actions } = await planToy(world, [wanted('a', 4)], toyLog());
    expect(actions.size).toBe(0);
    expect(plan.gaps[0]?.message).toContain('a state that the kind does not have: nonsense');
  });

  it('the fold of the records is what was remembered as they came', async () => {
    const { world, log } = await owned({ a: 2, b: 3, c: 4 });
    await applyToy(world, [wanted('a', 4), wanted('b', 3)], log);
    const again = toyLog();
    for (const { kind, body } of log.records) await again.record([{ kind, body } as never]);
    expect([...again.recall.resources]).toEqual([...log.recall.resources]);
    expect(log.recall.resources.has(addressOf('c'))).toBe(false);
    expect(item('a')).toEqual({ plugin: 'toy', kind: 'Item', name: 'a' });
  });
});
