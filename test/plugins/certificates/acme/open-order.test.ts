/** When an order that the authority has not completed is asked for again, and when it has failed. */

import { expect, test } from 'vitest';
import {
  askedAgainAt,
  MOST_WAITS,
  type OpenOrder,
  waitedFor,
} from '../../../../plugins/certificates/acme/open-order.ts';

const NOW = Date.parse('2026-11-20T12:00:00Z');
const MINUTE = 60_000;
const order: OpenOrder = { url: 'https://acme.example.test/order/1', key: 'sha256:1', for: 'sha256:2' };

function after(retryAfterMs: number | undefined, more: { readonly waits?: number; readonly expires?: number } = {}) {
  const { waits, expires } = more;
  const before = waits === undefined ? order : { ...order, waits };
  const waited = waitedFor(before, { status: 'processing', now: NOW, retryAfterMs, expires });
  return waited === undefined ? undefined : (Date.parse(waited.again) - NOW) / MINUTE;
}

test.each<readonly [name: string, minutes: number | undefined, wait: number | undefined]>([
  ['the time of the authority', after(90 * MINUTE), 90],
  ['no time: a wait that doubles', after(undefined), 5],
  ['no time, after 3 waits', after(undefined, { waits: 3 }), 40],
  ['no time, after 11 waits', after(undefined, { waits: 11 }), 240],
  ['a time in the past', after(0), 1],
  ['a time in ten years', after(3650 * 24 * 60 * MINUTE), 240],
  ['a time after the end of the order', after(90 * MINUTE, { expires: NOW + 30 * MINUTE }), 30],
  ['an order that has ended', after(90 * MINUTE, { expires: NOW - MINUTE }), 1],
  ['an order that never ends', after(undefined, { expires: Date.parse('9999-12-31T00:00:00Z') }), 5],
  ['the last wait', after(undefined, { waits: MOST_WAITS - 1 }), 240],
  ['one wait more', after(undefined, { waits: MOST_WAITS }), undefined],
])('%s', (_name, minutes, wait) => {
  expect(minutes).toBe(wait);
});

test('the waits without a time of the authority are more than a day', () => {
  const waits = Array.from({ length: MOST_WAITS }, (_, i) => after(undefined, i === 0 ? {} : { waits: i }) ?? 0);
  expect(waits.reduce((sum, each) => sum + each, 0)).toBeGreaterThan(24 * 60);
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
