/** Signals and deadlines: what a call rejects with, and what it leaves behind. */

import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { AbortedError, DeadlineError, raced, withDeadline, within } from '#plugin/deadline';

const never = <T>(): Promise<T> => new Promise<T>(() => undefined);
const late = (): Error => new Error('late');

it('settles as its work does, and leaves no listener', async () => {
  const { signal } = new AbortController();
  expect(await raced(Promise.resolve(1), signal)).toBe(1);
  await expect(raced(Promise.reject(new Error('own')), signal)).rejects.toThrow('own');
  expect(await within(1000, late, signal, async () => 2)).toBe(2);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

it('rejects with the reason of its signal, though its work never settles', async () => {
  const stop = new AbortController();
  const calls = [
    raced(never(), stop.signal),
    within(10_000, late, stop.signal, never),
    withDeadline('the step', 10_000, stop.signal, never),
  ];
  stop.abort(new Error('stopped'));
  await expect(calls[0]).rejects.toThrow('stopped');
  await expect(calls[1]).rejects.toThrow('stopped');
  await expect(calls[2]).rejects.toThrow(new AbortedError('the step was aborted'));
  expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
});

it('does not begin its work if the signal has fired before', async () => {
  const signal = AbortSignal.abort(new Error('stopped'));
  let began = false;
  const work = async (): Promise<void> => {
    began = true;
  };
  await expect(within(1000, late, signal, work)).rejects.toThrow('stopped');
  await expect(withDeadline('the step', 1000, signal, work)).rejects.toThrow(AbortedError);
  expect(began).toBe(false);
});

it('fires the signal of its work at the deadline', async () => {
  const { signal } = new AbortController();
  let given: AbortSignal | undefined;
  const hanging = (each: AbortSignal): Promise<never> => {
    given = each;
    return never();
  };
  await expect(within(5, late, signal, hanging)).rejects.toThrow('late');
  expect(given?.reason).toEqual(new Error('late'));
  await expect(withDeadline('the step', 5, signal, hanging)).rejects.toThrow(
    new DeadlineError('the step took longer than 0.005 s'),
  );
});

const after = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

it('does not count the time of a pause, also of two at once', async () => {
  const { signal } = new AbortController();
  const paused = withDeadline('the step', 50, signal, async (_signal, pause) => {
    const short = pause(after(100));
    await pause(after(200));
    await short;
    return 3;
  });
  expect(await paused).toBe(3);
});

it('counts the time before and after a pause, and rejects like the promise that it waited for', async () => {
  const { signal } = new AbortController();
  const hanging = withDeadline('the step', 20, signal, async (_signal, pause) => {
    await expect(pause(Promise.reject(new Error('own')))).rejects.toThrow('own');
    return never();
  });
  await expect(hanging).rejects.toThrow(DeadlineError);
});

it('ends with its signal during a pause, and starts no timer afterwards', async () => {
  const stop = new AbortController();
  const { promise, resolve } = Promise.withResolvers<void>();
  let over: Promise<void> | undefined;
  const waiting = within(20, late, stop.signal, (_signal, pause) => {
    over = pause(promise);
    return over;
  });
  stop.abort(new Error('stopped'));
  await expect(waiting).rejects.toThrow('stopped');
  const timers = process.getActiveResourcesInfo().filter((each) => each === 'Timeout').length;
  resolve();
  await over;
  expect(process.getActiveResourcesInfo().filter((each) => each === 'Timeout').length).toBe(timers);
});
