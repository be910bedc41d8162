/** When an order that the authority has not completed is asked for again, and when it has failed. */

import { expect, test } from 'vitest';
import { askedAgainAt, type OpenOrder, waitedFor } from '../../../../plugins/certificates/acme/open-order.ts';

const NOW = Date.parse('2026-11-20T12:00:00Z');
const MINUTE = 60_000;
const order: OpenOrder = { url: 'https://acme.example.test/order/1', key: 'sha256:1', for: 'sha256:2' };

const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The wait in minutes. `more`: members of the record; `expires`: the end of the order that the authority names. */
function after(retryAfterMs: number | undefined, more: Partial<OpenOrder> = {}, expires?: number): number | undefined {
  const waited = waitedFor({ ...order, ...more }, { status: 'processing', now: NOW, retryAfterMs, expires });
  return waited === undefined ? undefined : (Date.parse(waited.again) - NOW) / MINUTE;
}

const iso = (at: number): string => new Date(at).toISOString();

test.each<readonly [name: string, minutes: number | undefined, wait: number | undefined]>([
  ['the time of the authority', after(90 * MINUTE), 90],
  ['no time: a wait that doubles', after(undefined), 5],
  ['no time, after 3 waits', after(undefined, { waits: 3 }), 40],
  ['no time, after 11 waits', after(undefined, { waits: 11 }), 240],
  ['a short time', after(30_000), 1],
  ['a short time, after 3 waits', after(30_000, { waits: 3 }), 8],
  ['a short time, after 1000 waits', after(30_000, { waits: 1000 }), 240],
  ['a time longer than the doubled one', after(90 * MINUTE, { waits: 3 }), 90],
  ['a time in the past', after(0), 1],
  ['a time in ten years', after(3650 * DAY), 240],
  ['a time after the end of the order', after(90 * MINUTE, {}, NOW + 30 * MINUTE), 30],
  ['a time after the recorded end of the order', after(90 * MINUTE, { expires: iso(NOW + 30 * MINUTE) }), 30],
  ['a recorded end before the end that the authority names', after(90 * MINUTE, { expires: iso(NOW) }, NOW + DAY), 90],
  ['an order that ends now', after(90 * MINUTE, {}, NOW), undefined],
  ['an order that has ended', after(90 * MINUTE, {}, NOW - MINUTE), undefined],
  ['an order that never ends', after(undefined, {}, Date.parse('9999-12-31T00:00:00Z')), 5],
  [
    'an order that never ends, after 30 days',
    after(undefined, { waiting_since: iso(NOW - 30 * DAY) }, Date.parse('9999-12-31T00:00:00Z')),
    undefined,
  ],
  ['an order without an end, after a day', after(undefined, { waiting_since: iso(NOW - DAY) }), undefined],
  ['an order without an end, a minute before', after(5 * MINUTE, { waiting_since: iso(NOW - DAY + MINUTE) }), 1],
  ['an order with an unreadable end', after(undefined, { expires: 'soon', waiting_since: 'soon' }), 5],
])('%s', (_name, minutes, wait) => {
  expect(minutes).toBe(wait);
});

/** The waits for an order that is never completed, in ms, and the time of the step that gives the order up. */
function waitsFor(expires: number | undefined, retryAfterMs: number | undefined) {
  const waits: number[] = [];
  let waiting = order;
  let now = NOW;
  for (;;) {
    const next = waitedFor(waiting, { status: 'processing', now, retryAfterMs, expires });
    if (next === undefined) return { waits, last: now };
    waits.push(Date.parse(next.again) - now);
    now = Date.parse(next.again);
    waiting = next;
  }
}

test.each([
  ['a week, and the authority names 30 s each time', NOW + 7 * DAY, 30_000],
  ['a week, and the authority names no time', NOW + 7 * DAY, undefined],
  ['a day without an end', undefined, 30_000],
])('an order is waited for until its end: %s', (_name, expires, retryAfterMs) => {
  const { waits, last } = waitsFor(expires, retryAfterMs);
  expect(last).toBe(expires ?? NOW + DAY);
  expect(waits.length).toBeLessThan(60);
});

test('a clock that was a year ahead does not prolong the waits', () => {
  const ahead = waitedFor(order, {
    status: 'processing',
    now: NOW + 365 * DAY,
    retryAfterMs: undefined,
    expires: undefined,
  });
  expect(ahead?.waiting_since).toBe(iso(NOW + 365 * DAY));
  const back = waitedFor(ahead ?? order, {
    status: 'processing',
    now: NOW,
    retryAfterMs: undefined,
    expires: undefined,
  });
  expect(back?.waiting_since).toBe(iso(NOW));
});

test('the state can record the waits for the longest time, however often a step asks', () => {
  const { waits } = waitsFor(Date.parse('9999-12-31T00:00:00Z'), undefined);
  expect(waits.length).toBeLessThan(1000);
  const most = waitedFor(
    { ...order, waits: 1000 },
    { status: 'processing', now: NOW, retryAfterMs: 0, expires: undefined },
  );
  expect(most?.waits).toBe(1000);
});

test.each([
  ['none', undefined, undefined],
  ['one that is to come', '2026-11-20T13:00:00.000Z', NOW + 60 * MINUTE],
  ['one that has come', '2026-11-20T12:00:00.000Z', undefined],
  ['one that the clock had before it was set back', '2027-11-20T12:00:00.000Z', undefined],
  ['a text', 'soon', undefined],
])('a recorded time that is %s', (_name, again, at) => {
  expect(askedAgainAt(again === undefined ? order : { ...order, again }, NOW)).toBe(at);
});
