/** Turns of orders that use the same room. */

import { expect, test } from 'vitest';
import { openTurns, type Turn } from '../../../../plugins/certificates/live/turns.ts';

const { signal } = new AbortController();
const usual: Turn = { signal };

const tick = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

/** Work that records its begin and its end. */
function recording(events: string[]) {
  return (name: string) => async (): Promise<string> => {
    events.push(`${name} begins`);
    for (let i = 0; i < 3; i += 1) await tick();
    events.push(`${name} ends`);
    return name;
  };
}

test('work in the same room runs one after another, in its order; other work at once', async () => {
  const inTurn = openTurns();
  const events: string[] = [];
  const work = recording(events);
  const all = [
    inTurn(['a', 'b'], work('1'), usual),
    inTurn(['b', 'a'], work('2'), usual),
    inTurn(['a'], work('3'), usual),
    inTurn(['c'], work('4'), usual),
    inTurn([], work('5'), usual),
  ];
  expect(await Promise.all(all)).toEqual(['1', '2', '3', '4', '5']);
  const of = (...names: readonly string[]) => events.filter((each) => names.includes(each[0] ?? ''));
  expect(of('1', '2', '3')).toEqual(['1', '2', '3'].flatMap((name) => [`${name} begins`, `${name} ends`]));
  expect(events.slice(0, 3).toSorted()).toEqual(['1 begins', '4 begins', '5 begins']);
});

test('a failure leaves its rooms', async () => {
  const inTurn = openTurns();
  const failing = inTurn(['a', 'b'], () => Promise.reject(new Error('own')), usual);
  const next = inTurn(['a', 'b'], async () => 'next', usual);
  await expect(failing).rejects.toThrow('own');
  expect(await next).toBe('next');
});

test('work that is stopped while it waits lets nothing in before its predecessors have ended', async () => {
  const inTurn = openTurns();
  const events: string[] = [];
  const work = recording(events);
  const stop = new AbortController();
  const first = inTurn(['a'], work('1'), usual);
  const second = inTurn(['a'], work('2'), { signal: stop.signal });
  const third = inTurn(['a'], work('3'), usual);
  stop.abort(new Error('stopped'));
  await expect(second).rejects.toThrow('stopped');
  await Promise.all([first, third]);
  expect(events).toEqual(['1 begins', '1 ends', '3 begins', '3 ends']);
});

test('work waits by the function of its step only if a room is not free', async () => {
  const inTurn = openTurns();
  let waits = 0;
  const counting: Turn = {
    signal,
    awaitTurn: (waiting) => {
      waits += 1;
      return waiting;
    },
  };
  const work = recording([]);
  await inTurn(['a'], work('1'), counting);
  await inTurn(['a'], work('2'), counting);
  expect(waits).toBe(0);
  await Promise.all([inTurn(['a'], work('3'), counting), inTurn(['a'], work('4'), counting)]);
  expect(waits).toBe(1);
});
