/** The limiter: order, priority, and calls that end before they begin. */

import { expect, it } from 'vitest';
import { forEachOf, limiter } from '#plugin/limit';

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** Work that records its order and the largest number of calls at once. */
function recorder() {
  let open = 0;
  const seen = { most: 0, order: [] as number[] };
  const work = async (i: number): Promise<void> => {
    open += 1;
    seen.most = Math.max(seen.most, open);
    seen.order.push(i);
    await turn();
    open -= 1;
    if (i === 3) throw new Error('three');
  };
  return { seen, work };
}

const numbers = [0, 1, 2, 3, 4, 5];

it('runs a number of calls at once, in their order, and a failure frees its place', async () => {
  const limit = limiter(2);
  const { seen, work } = recorder();
  const all = await Promise.allSettled(numbers.map((i) => limit(() => work(i))));
  expect(all.map(({ status }) => status === 'fulfilled')).toEqual([true, true, true, false, true, true]);
  expect(seen).toEqual({ most: 2, order: numbers });
});

it('lets a call with a higher priority go first', async () => {
  const limit = limiter(1);
  const { seen, work } = recorder();
  await Promise.all([0, 1, 2].map((i) => limit(() => work(i), { priority: i })));
  expect(seen.order).toEqual([0, 2, 1]);
});

it('rejects a waiting call with the reason of its signal, and never begins its work', async () => {
  const limit = limiter(1);
  const { seen, work } = recorder();
  const stop = new AbortController();
  const first = limit(() => work(0));
  const second = limit(() => work(1), { signal: stop.signal });
  const third = limit(() => work(2));
  stop.abort(new Error('stopped'));
  await expect(second).rejects.toThrow('stopped');
  await Promise.all([first, third]);
  expect(seen.order).toEqual([0, 2]);
  await expect(limit(() => work(4), { signal: stop.signal })).rejects.toThrow('stopped');
});

it('keeps the place of running work until the work ends, even if its call was aborted', async () => {
  const limit = limiter(1);
  const stop = new AbortController();
  const { promise: end, resolve } = Promise.withResolvers<void>();
  const { seen, work } = recorder();
  const running = limit(() => end, { signal: stop.signal });
  await turn();
  const next = limit(() => work(1));
  stop.abort(new Error('stopped'));
  await expect(running).rejects.toThrow('stopped');
  await turn();
  expect(seen.order).toEqual([]);
  resolve();
  await next;
  expect(seen.order).toEqual([1]);
});

it.each([2, 6])('forEachOf runs work for every item, %i at a time', async (most) => {
  const { seen, work } = recorder();
  await forEachOf([0, 1, 2, 4, 5, 6], most, work);
  expect(seen).toEqual({ most, order: [0, 1, 2, 4, 5, 6] });
});

it.each([2, 20])('forEachOf starts nothing more after a failure, %i at a time', async (most) => {
  const begun: number[] = [];
  const all = forEachOf([0, 1, 2, 3, 4, 5], most, async (item) => {
    begun.push(item);
    await turn();
    if (item === 1) throw new Error('failed');
    await turn();
  });
  await expect(all).rejects.toThrow('failed');
  for (let i = 0; i < 10; i += 1) await turn();
  expect(begun).toEqual(most === 2 ? [0, 1] : [0, 1, 2, 3, 4, 5]);
});
