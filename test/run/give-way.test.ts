/** Giving way: when a run that holds the lock ends early, by the number of runs before it that gave way. */

import { expect, test } from 'vitest';
import type { RunEvent } from '../../src/run/events.ts';
import { givingWay, type Yielding } from '../../src/run/give-way.ts';
import { stoppedEnding } from '../../src/run/interruption.ts';
import type { Fence } from '../../src/store/store.ts';

/** A run for whose lock another process waits from its start. */
async function waitedFor(gaveWay: number, during: (run: Run) => Promise<void>): Promise<void> {
  let ms = 0;
  let looks = 0;
  const isWanted = async (): Promise<boolean> => {
    looks += 1;
    return true;
  };
  /** Waits until the run has asked about the lock at the present time. */
  const seen = async (): Promise<void> => {
    const before = looks;
    await expect.poll(() => looks, { timeout: 60_000 }).toBeGreaterThan(before + 1);
  };
  const never = new AbortController().signal;
  const giving = { store: { isWanted }, fence: {} as Fence, interruption: { stop: never, abort: never } };
  await givingWay(
    { ...giving, gaveWay, elapsed: () => ms },
    () => undefined,
    async (yielding) => {
      await seen();
      const hasYielded = (): boolean => stoppedEnding(yielding.interruption) === 'yielded';
      const passes = async (more: number): Promise<void> => {
        ms += more;
        await seen();
      };
      await during({ ...yielding, hasYielded, passes });
    },
  );
}

interface Run extends Yielding {
  readonly hasYielded: () => boolean;
  /** Lets time pass. */
  readonly passes: (ms: number) => Promise<void>;
}

const REFRESHED: RunEvent = { type: 'refresh-ended', plugins: [], elapsedMs: 0 };
const PLANNED = { type: 'planned' } as RunEvent;
const ended = (status: string): RunEvent => ({ type: 'action-ended', row: { status } }) as unknown as RunEvent;

test.each([
  [0, 1000],
  [1, 1000],
  [5, 1000],
  [6, 5000],
  [7, 25_000],
  [8, 125_000],
])('after %i runs that gave way, the refresh ends early after %i ms', async (gaveWay, ms) => {
  await waitedFor(gaveWay, async ({ hasYielded, passes, wanted }) => {
    // Work that can stop at any time, such as taking events in, stops at once.
    expect(wanted.aborted).toBe(true);
    await passes(ms - 1);
    expect(hasYielded()).toBe(false);
    await passes(1);
    expect(hasYielded()).toBe(true);
  });
});

test.each([0, 1, 5])('after %i runs that gave way, no action starts once the refresh is recorded', async (gaveWay) => {
  await waitedFor(gaveWay, async ({ hasYielded, say }) => {
    say(REFRESHED);
    say(PLANNED);
    expect(hasYielded()).toBe(true);
  });
});

test('after six runs that gave way, one action ends first', async () => {
  await waitedFor(6, async ({ hasYielded, passes, say }) => {
    say(REFRESHED);
    say(PLANNED);
    say(ended('rejected'));
    await passes(3_600_000);
    expect(hasYielded()).toBe(false);
    say(ended('failed'));
    expect(hasYielded()).toBe(true);
  });
});
