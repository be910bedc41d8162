/** The schedule of rounds: one at a time, the rest of the lock, wake-ups, the deadline, and the stop. */

import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { RoundOrder } from '../../src/run/round.ts';
import { type RoundEnded, type RoundExit, Rounds } from '../../src/serve/rounds.ts';
import { emptyRound } from '../support/empty-round.ts';

const REPORT = emptyRound('shop');

interface Started {
  readonly at: number;
  readonly order: RoundOrder;
  readonly end: (exit: RoundExit) => void;
  readonly signals: readonly string[];
}

/** Rounds that end when the test says so. */
function bench({
  intervalMs = 10_000,
  deadlineMs = 10_000,
  restMs = 30,
  graceMs = 50,
  retryMs = 10_000,
  leastMs = 0,
  now = (): number => performance.now(),
} = {}) {
  const started: Started[] = [];
  const ended: RoundEnded[] = [];
  const elapsed = (): number => performance.now();
  const rounds = new Rounds({
    start: (order) => {
      const { promise, resolve } = Promise.withResolvers<RoundExit>();
      const signals: string[] = [];
      started.push({ at: elapsed(), order, end: resolve, signals });
      const kill = (): void => {
        signals.push('kill');
        resolve({ code: undefined });
      };
      return { exit: promise, stop: () => void signals.push('stop'), abort: () => void signals.push('abort'), kill };
    },
    intervalMs,
    deadlineMs,
    restMs,
    graceMs,
    retryMs,
    elapsed,
    now,
    leastMs,
    ended: (round) => void ended.push(round),
  });
  const until = async (count: number): Promise<void> => {
    await expect.poll(() => started.length).toBe(count);
  };
  return { rounds, started, ended, until };
}

describe('rounds', () => {
  test('follow one another at the interval, never two at once', async () => {
    const { rounds, started, ended, until } = bench({ intervalMs: 60 });
    rounds.wake();
    await until(1);
    await sleep(120);
    expect(started).toHaveLength(1);
    started[0]?.end({ code: 0, report: REPORT });
    await until(2);
    expect(ended).toMatchObject([{ outcome: 'ok', code: 0 }]);
    started[1]?.end({ code: 0, report: REPORT });
    await rounds.stop();
  });

  test('rest after each one, so that others get the lock, and several wake-ups are one', async () => {
    const { rounds, started, until } = bench({ restMs: 80 });
    rounds.wake();
    await until(1);
    for (let i = 0; i < 5; i += 1) rounds.wake();
    const ended = performance.now();
    started[0]?.end({ code: 0, report: REPORT });
    await until(2);
    // A timer of Node.js can fire a little early.
    expect((started[1]?.at ?? 0) - ended).toBeGreaterThan(60);
    started[1]?.end({ code: 0, report: REPORT });
    await sleep(150);
    expect(started).toHaveLength(2);
    await rounds.stop();
  });

  test('know the time by which the clock was set forward since the last recorded one', async () => {
    let ms = 0;
    const { rounds, started, until } = bench({ intervalMs: 20, now: () => performance.now() + ms });
    const end = (place: number, recorded: boolean): void =>
      started[place]?.end({ code: 0, report: { ...REPORT, recorded } });
    rounds.wake();
    await until(1);
    ms = 3_600_000;
    end(0, true);
    await until(2);
    end(1, false);
    await until(3);
    end(2, true);
    await until(4);
    ms = 0;
    end(3, true);
    await until(5);
    const skipped = started.map(({ order }) => order.skippedMs);
    expect(skipped.map((each) => each && Math.round(each / 1000))).toEqual([
      undefined,
      3600,
      3600,
      undefined,
      undefined,
    ]);
    end(4, true);
    await rounds.stop();
  });

  test('are asked to stop at their deadline, and killed after the grace', async () => {
    const { rounds, started, ended, until } = bench({ deadlineMs: 40 });
    rounds.wake();
    await until(1);
    await expect.poll(() => ended.length).toBe(1);
    expect(started[0]?.signals).toEqual(['stop', 'kill']);
    expect(ended).toMatchObject([{ outcome: 'stopped', code: undefined }]);
    await rounds.stop();
  });

  test('end with the running one at a stop, which can be cancelled, and no other starts', async () => {
    const { rounds, started, until } = bench({ intervalMs: 1 });
    rounds.wake();
    await until(1);
    const stopped = rounds.stop();
    expect(started[0]?.signals).toEqual(['stop']);
    rounds.abort();
    expect(started[0]?.signals).toEqual(['stop', 'abort']);
    started[0]?.end({ code: 143 });
    await stopped;
    rounds.wake();
    await sleep(60);
    expect(started).toHaveLength(1);
  });

  test('that gave way are followed soon by another one, which knows how many did', async () => {
    const { rounds, started, ended, until } = bench({ retryMs: 60 });
    rounds.wake();
    for (const gaveWay of [0, 1, 2]) {
      await until(gaveWay + 1);
      expect(started[gaveWay]?.order).toEqual({ gaveWay });
      started[gaveWay]?.end({ code: 7, yielded: true });
    }
    await until(4);
    expect(ended.map(({ outcome }) => outcome)).toEqual(['yielded', 'yielded', 'yielded']);
    started[3]?.end({ code: 0, report: REPORT });
    await rounds.stop();
  });

  test('count those that gave way until one ends an action or its whole work', async () => {
    const { rounds, started, until } = bench({ retryMs: 20, intervalMs: 40 });
    rounds.wake();
    const acted = { ...REPORT, actions: [{ labels: {}, count: 1 }] };
    const exits: readonly [RoundExit, number][] = [
      [{ code: 7, yielded: true }, 0],
      [{ code: 5, report: { ...REPORT, recorded: false } }, 1],
      [{ code: 1 }, 1],
      [{ code: 7, yielded: true, report: REPORT }, 1],
      [{ code: 7, yielded: true, report: acted }, 2],
      [{ code: 7, yielded: true }, 0],
      [{ code: 0, report: REPORT }, 1],
      [{ code: 0, report: REPORT }, 0],
    ];
    for (const [index, [exit, gaveWay]] of exits.entries()) {
      await until(index + 1);
      expect(started[index]?.order.gaveWay).toBe(gaveWay);
      started[index]?.end(exit);
    }
    await rounds.stop();
  });

  test.each<[RoundExit, RoundEnded['outcome']]>([
    [{ code: 0, report: REPORT }, 'ok'],
    [{ code: 4, report: REPORT }, 'ok'],
    [{ code: 0, report: { ...REPORT, recorded: false } }, 'locked'],
    [{ code: 1 }, 'failed'],
    [{ code: 1, report: REPORT }, 'failed'],
    [{ code: undefined }, 'failed'],
  ])('%j', async (exit, outcome) => {
    const { rounds, started, ended, until } = bench();
    rounds.wake();
    await until(1);
    started[0]?.end(exit);
    await expect.poll(() => ended[0]?.outcome).toBe(outcome);
    await rounds.stop();
  });
});

describe('changes that watchers report', () => {
  const changed = (...addresses: readonly string[]) => ({ changed: new Set(addresses) });

  test('are due in the next round, and in no later one', async () => {
    const { rounds, started, until } = bench({ intervalMs: 60 });
    rounds.wake(changed('fabric/VPC/a'));
    await until(1);
    expect(started[0]?.order.changed).toEqual(['fabric/VPC/a']);
    rounds.wake(changed('fabric/VPC/b'));
    rounds.wake(changed('fabric/VPC/c'));
    started[0]?.end({ code: 0, report: REPORT });
    await until(2);
    expect(started[1]?.order.changed).toEqual(['fabric/VPC/b', 'fabric/VPC/c']);
    started[1]?.end({ code: 0, report: REPORT });
    await until(3);
    expect(started[2]?.order.changed).toBeUndefined();
    started[2]?.end({ code: 0, report: REPORT });
    await rounds.stop();
  });

  test.each<[string, RoundExit]>([
    ['fails', { code: 1 }],
    ['gives way', { code: 7, yielded: true }],
    ['is not recorded', { code: 0, report: { ...REPORT, recorded: false } }],
  ])('stay due after a round that %s', async (_how, exit) => {
    const { rounds, started, until } = bench({ intervalMs: 60, retryMs: 60 });
    rounds.wake(changed('fabric/VPC/a'));
    await until(1);
    started[0]?.end(exit);
    await until(2);
    expect(started[1]?.order.changed).toEqual(['fabric/VPC/a']);
    started[1]?.end({ code: 0, report: REPORT });
    await rounds.stop();
  });
});
