/** Limits over time and over the fleet: collapse, removals of earlier runs, budgets, freezes, groups. */

import { describe, expect, it } from 'vitest';
import { windowMistakes, windowsAround } from '../../src/plugin/windows.ts';
import { durationText, formatRef, type Json } from '#plugin';
import { emptyRecall, fold, rememberedOf, SPENT_KEPT_MS } from '../../src/engine/remember.ts';
import {
  applyToy,
  item,
  planToy,
  START,
  safety,
  type ToyLog,
  toyLog,
  toyPlugin,
  toyWorld,
  wanted,
} from '../support/toy.ts';

const HOUR = 3_600_000;
const names = (count: number) => Array.from({ length: count }, (_, i) => `n${i}`);
const addressOf = (name: string) => formatRef(item(name));

/** A world with `count` owned items. */
async function fleet(count: number, log: ToyLog = toyLog(), labels: Readonly<Record<string, string>> = {}) {
  const world = toyWorld();
  const documents = names(count).map((name) => wanted(name, 2, { labels }));
  await applyToy(world, documents, log);
  return { world, log, documents };
}

describe('observed-collapse', () => {
  it('stops creations and removals while too many resources are missing, in every plan', async () => {
    const { world, log, documents } = await fleet(6);
    const all = new Map(world.items);
    for (const name of ['n0', 'n1', 'n2', 'n3']) world.items.delete(name);
    for (let run = 0; run < 2; run += 1) {
      // n5 is no longer declared: its removal is as doubtful as the creations.
      const { rows, reconciled } = await applyToy(world, documents.slice(0, 5), log);
      expect(Object.values(rows).map(({ status }) => status)).toEqual(Array.from({ length: 5 }, () => 'rejected'));
      expect(reconciled.plan.rejected_changes.map(({ reason }) => reason)).toEqual(
        Array.from({ length: 5 }, () => 'observed-collapse'),
      );
      expect(reconciled.plan.rejected_changes[0]?.reasons[0]?.facts).toMatchObject({ known: 6, missing: 4 });
    }
    expect(world.items.size).toBe(2);
    // The resources are visible again: the state is complete, and nothing is created twice.
    for (const [name, each] of all) world.items.set(name, each);
    expect((await planToy(world, documents, log)).actions.size).toBe(0);
  });

  it('allows edits of visible resources', async () => {
    const { world, log } = await fleet(4);
    for (const name of ['n0', 'n1', 'n2']) world.items.delete(name);
    const { rows } = await applyToy(world, [...names(3).map((name) => wanted(name, 2)), wanted('n3', 4)], log);
    expect(rows.n3?.status).toBe('done');
    expect(rows.n0?.status).toBe('rejected');
  });

  it.each([
    ['half is not more than half', 4, 2, 'accept'],
    ['more than half', 4, 3, 'reject'],
    ['a few resources are not a fleet', 3, 3, 'accept'],
    ['all of many', 10, 10, 'reject'],
  ] as const)('%s', async (_name, count, gone, verdict) => {
    const { world, log, documents } = await fleet(count);
    for (const name of names(gone)) world.items.delete(name);
    expect((await planToy(world, documents, log)).actions.get(addressOf('n0'))?.verdict).toBe(verdict);
  });

  it('is explained by removals of fettle, including an interrupted one', async () => {
    const { world, log } = await fleet(4);
    const lifted = { maxRemovals: { count: 4, reason: 'all' } };
    for (const name of names(4)) {
      world.faults.set(`ready>absent ${name}`, async () => {
        world.items.delete(name);
        throw new Error('the connection broke');
      });
    }
    await applyToy(world, [], log, { safety: lifted });
    expect(world.items.size).toBe(0);
    const again = await planToy(
      world,
      names(4).map((name) => wanted(name, 2)),
      log,
    );
    expect([...again.actions.values()].map(({ verdict }) => verdict)).toEqual(names(4).map(() => 'accept'));
  });

  it('does not take an empty refresh as the end of a started step', async () => {
    const { world, log, documents } = await fleet(5);
    const abort = new AbortController();
    world.faults.set('ready>absent n4', async () => {
      abort.abort();
      throw new Error('killed');
    });
    await applyToy(world, documents.slice(0, 4), log, { abort: abort.signal });
    expect(log.recall.resources.get(addressOf('n4'))?.open).toBeDefined();
    const kept = new Map(world.items);
    world.items.clear();
    world.faults.clear();
    await applyToy(world, documents.slice(0, 4), log);
    expect(log.recall.resources.get(addressOf('n4'))?.open).toBeDefined();
    for (const [name, each] of kept) world.items.set(name, each);
    await applyToy(world, documents.slice(0, 4), log);
    expect(world.items.has('n4')).toBe(false);
  });

  it('an override lets one of them through', async () => {
    const { world, log, documents } = await fleet(4);
    world.items.clear();
    const overrides = [{ rule: 'observed-collapse', address: addressOf('n1'), reason: 'I looked' }];
    const { rows } = await applyToy(world, documents, log, { safety: { overrides } });
    expect([rows.n1?.status, rows.n0?.status]).toEqual(['done', 'rejected']);
  });
});

describe('too-many-removals, over time', () => {
  it('counts removals of earlier runs: two runs cannot pass the limit', async () => {
    let now = START;
    const log = toyLog(() => now);
    const { world, documents } = await fleet(10, log);
    const first = await applyToy(world, documents.slice(3), log, { now: () => now });
    expect(Object.values(first.rows).every(({ status }) => status === 'done')).toBe(true);
    now += HOUR - 1;
    const second = await planToy(world, documents.slice(4), log, { now: () => now });
    expect(second.plan.rejected_changes[0]?.reasons[0]).toMatchObject({
      rule: 'too-many-removals',
      facts: { removals: 1, recent: 3, owned: 7 },
    });
    now += 2;
    const later = await planToy(world, documents.slice(4), log, { now: () => now });
    expect(later.plan.rejected_changes).toEqual([]);
  });

  it('does not count resources that came back, or removals that were never done', async () => {
    const { world, log, documents } = await fleet(10);
    await applyToy(world, documents.slice(3), log);
    await applyToy(world, documents, log);
    const again = await planToy(world, documents.slice(3), log);
    expect(again.plan.rejected_changes).toEqual([]);
  });
});

describe('budget', () => {
  const budgets = [{ match: { kind: 'Item', labels: { pool: 'x' } }, max: 1, perMs: HOUR }];
  const limits = { budgets, removals: { ...safety.removals, share: 1, from: 100 } };

  it('allows the number of disruptions of the budget in a plan, and gives the time of the next one', async () => {
    const { world, log } = await fleet(4, toyLog(), { pool: 'x' });
    const { plan } = await planToy(world, [wanted('n3', 2, { labels: { pool: 'x' } })], log, { safety: limits });
    expect(plan.resource_changes.map(({ address }) => address)).toEqual([addressOf('n0')]);
    expect(plan.rejected_changes[0]).toMatchObject({
      reason: 'budget',
      clears_at: new Date(START + HOUR).toISOString(),
    });
  });

  it('keeps spent steps by address, by target and by checkpoint, until they expire', async () => {
    let now = START;
    const log = toyLog(() => now);
    const { world, documents } = await fleet(4, log, { pool: 'x' });
    await applyToy(world, documents.slice(1), log, { safety: limits, now: () => now });
    expect(world.items.has('n0')).toBe(false);
    // A new log that begins with a checkpoint has the same spent steps.
    const again = toyLog(() => now);
    for (const body of rememberedOf(log.recall)) {
      const [last] = log.records.slice(-1);
      if (last === undefined) throw new Error('no record');
      fold(again.recall, { ...last, kind: 'remembered', body });
    }
    for (const each of [log, again]) {
      now = START + HOUR - 1;
      const second = await planToy(world, documents.slice(2), each, {
        safety: limits,
        now: () => now,
        within: (address) => address === addressOf('n1'),
      });
      expect(second.plan.rejected_changes[0]?.reasons[0]).toMatchObject({
        rule: 'budget',
        message: 'The budget is 1 disruption per 1h: 1 spent',
        clears_at: new Date(START + HOUR).toISOString(),
      });
      now = START + HOUR;
      expect(
        (await planToy(world, documents.slice(2), each, { safety: limits, now: () => now })).plan.rejected_changes,
      ).toEqual([]);
    }
  });

  it('applies only to matching resources', async () => {
    const { world, log } = await fleet(3, toyLog(), { pool: 'y' });
    expect(
      (await planToy(world, [], log, { safety: { ...limits } })).plan.rejected_changes.map(({ reason }) => reason),
    ).not.toContain('budget');
  });

  it('drops steps after a week, and intents without an effect', () => {
    const recall = emptyRecall();
    const record = (seq: number, ms: number, body: Json) =>
      fold(recall, {
        seq,
        time: new Date(START + ms).toISOString(),
        actor: '',
        prev: '',
        hash: '',
        ...(body as object),
      } as never);
    const intent = (name: string) => ({
      kind: 'intent',
      body: { ref: { ...item(name) }, step: 'ready>absent', goal: 'remove', disruptive: true },
    });
    record(1, 0, intent('a'));
    record(2, 1, intent('b'));
    record(3, 2, { kind: 'outcome', body: { ref: { ...item('b') }, intent: 2, outcome: 'undone', run: 'r' } });
    expect([...recall.spent.keys()]).toEqual([1]);
    record(4, SPENT_KEPT_MS + 1, intent('c'));
    expect([...recall.spent.keys()]).toEqual([4]);
  });
});

describe('freeze', () => {
  const friday = { cron: '0 16 * * FRI', forMs: 64 * HOUR, timezone: 'UTC', reason: 'weekend' };
  const at = (time: string) => Date.parse(time);
  const isOpen = (rule: typeof friday, now: number) =>
    windowsAround([rule], now).some(({ from, to }) => from <= now && now < to);

  it.each([
    ['2026-11-20T15:59:59Z', false],
    ['2026-11-20T16:00:00Z', true],
    ['2026-11-22T12:00:00Z', true],
    ['2026-11-23T07:59:59Z', true],
    ['2026-11-23T08:00:00Z', false],
  ])('a window from Friday 16:00 for 64 h at %s: %s', (time, open) => {
    expect(isOpen(friday, at(time))).toBe(open);
  });

  it('uses the time zone, across its changes', () => {
    const berlin = { ...friday, cron: '0 22 * * *', forMs: HOUR, timezone: 'Europe/Berlin' };
    expect(isOpen(berlin, at('2026-07-01T20:30:00Z'))).toBe(true);
    expect(isOpen(berlin, at('2026-12-01T20:30:00Z'))).toBe(false);
    expect(isOpen(berlin, at('2026-12-01T21:30:00Z'))).toBe(true);
  });

  it('joins adjacent windows: it clears at the end of the last window', () => {
    const now = at('2026-11-20T17:00:00Z');
    const windows = windowsAround([friday, { ...friday, cron: '0 8 * * MON', forMs: HOUR, reason: 'standup' }], now);
    expect(windows[0]).toEqual({
      from: at('2026-11-20T16:00:00Z'),
      to: at('2026-11-23T09:00:00Z'),
      reason: 'weekend; standup',
    });
  });

  it('rejects every step inside it, gives the time at which it clears, and allows rows that only change the state', async () => {
    const world = toyWorld({ b: 2 });
    const freeze = [{ from: START - HOUR, to: START + HOUR, reason: 'weekend' }];
    const { rows, reconciled } = await applyToy(world, [wanted('a', 2), wanted('b', 2)], toyLog(), {
      safety: { freeze },
    });
    expect([rows.a?.status, rows.b?.status]).toEqual(['rejected', 'done']);
    expect(reconciled.plan.rejected_changes[0]).toMatchObject({
      reason: 'freeze',
      clears_at: new Date(START + HOUR).toISOString(),
    });
  });

  it('names the error in an expression', () => {
    expect(windowMistakes({ cron: '* * *', timezone: 'UTC' }, START)).toMatchObject([{ field: 'cron' }]);
    expect(windowMistakes({ cron: '0 0 30 2 *', timezone: 'UTC' }, START)).toMatchObject([
      { message: 'the expression never fires' },
    ]);
    expect(windowMistakes({ cron: '0 0 * * *', timezone: 'Foo/Bar' }, START)).toMatchObject([{ field: 'timezone' }]);
    expect(windowMistakes({ cron: '0 61 * * *', timezone: 'Foo/Bar' }, START)).toHaveLength(2);
    expect(windowMistakes({ cron: '0 0 * * *', timezone: 'UTC' }, START)).toEqual([]);
  });
});

describe('stuck', () => {
  it('warns, in the row and as a finding, after the time has expired', async () => {
    let now = START;
    const log = toyLog(() => now);
    const { world } = await fleet(1, log);
    world.items.set('n0', { value: 2, state: 'starting' });
    await applyToy(world, [wanted('n0', 2)], log, { now: () => now });
    now += 60_000;
    expect((await planToy(world, [wanted('n0', 2)], log, { now: () => now })).plan.checks).toEqual([]);
    now += 1;
    const { plan } = await planToy(world, [wanted('n0', 2)], log, { now: () => now });
    expect(plan.checks).toMatchObject([{ code: 'stuck', severity: 'warning', address: addressOf('n0') }]);
  });
});

describe('provider-protected', () => {
  it('is a reason that no override lifts', async () => {
    const { world, log } = await fleet(1);
    const guarded = {
      ...toyPlugin,
      observe: async (reader: unknown, query: Parameters<typeof toyPlugin.observe>[1]) => {
        const view = await toyPlugin.observe(reader, query);
        return { ...view, observed: view.observed.map((each) => ({ ...each, protectedBy: 'delete protection' })) };
      },
    };
    const overrides = [{ rule: 'provider-protected', address: addressOf('n0'), reason: 'because' }];
    const { rows } = await applyToy(world, [], log, { plugins: new Map([['toy', guarded]]), safety: { overrides } });
    expect(rows.n0).toMatchObject({
      status: 'rejected',
      message: 'provider-protected: The provider protects the resource: delete protection',
    });
  });
});

describe('groups', () => {
  it('keeps one member of a pool: in the plan, and if the pool has changed since the plan', async () => {
    const log = toyLog();
    const { world } = await fleet(3, log, { pool: 'x' });
    const limits = { removals: { ...safety.removals, share: 1, from: 100 } };
    const { plan } = await planToy(world, [], log, { safety: limits });
    expect(plan.resource_changes.map(({ address }) => address)).toEqual([addressOf('n0'), addressOf('n1')]);
    expect(plan.rejected_changes.map(({ reason }) => reason)).toEqual(['keep-one']);
  });

  it('removes members one after another, each judged after the one before', async () => {
    const log = toyLog();
    const { world } = await fleet(4, log, { pool: 'x' });
    const limits = { removals: { ...safety.removals, share: 1, from: 100 } };
    let running = 0;
    let most = 0;
    for (const name of names(4)) {
      world.faults.set(`ready>absent ${name}`, async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        // Another program removes a member that should stay.
        if (name === 'n0') world.items.delete('n3');
      });
    }
    const { rows } = await applyToy(world, [], log, { safety: limits });
    expect(most).toBe(1);
    expect([rows.n0, rows.n1, rows.n2, rows.n3].map((row) => row?.status)).toEqual([
      'done',
      'done',
      'stale',
      'rejected',
    ]);
    expect([...world.items.keys()]).toEqual(['n2']);
  });
});

describe('durations', () => {
  it.each([
    [1, '1ms'],
    [90_000, '90s'],
    [3_600_000, '1h'],
    [86_400_000, '1d'],
    [0, '0ms'],
  ])('%i ms is %s', (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });
});
