/** The renewals of a fleet over simulated weeks, under every limit of Let's Encrypt; `test/torture` has the long form. */

import { expect, test } from 'vitest';
import { temporaryFolder } from '../../../support/cli.ts';
import { hasNamespaces } from '../../../support/network-namespace.ts';
import { testSeed } from '../../../support/seed.ts';
import { type History, judge, type Ordered, REASONS, type RowSeen } from '../../../torture/acme-history.ts';
import { historyOf, SMALL } from '../../../torture/acme-renewals.ts';

test.skipIf(!hasNamespaces)(
  'sixty certificates: none expires, none is renewed outside its window without a reason, and no limit is met',
  { timeout: 600_000 },
  async () => {
    const seed = testSeed();
    const history = await historyOf(SMALL, seed, temporaryFolder());
    const { faults, counts } = judge(history);
    process.stdout.write(`renewals of seed ${seed}: ${JSON.stringify(counts)}\n`);
    expect(faults, `seed ${seed}`).toEqual([]);
    expect(counts['first orders that waited']).toBeGreaterThan(0);
    expect(counts['renewals']).toBeGreaterThan(20);
    expect(counts['in the window']).toBeGreaterThan(0);
    expect(counts['after an edit']).toBeGreaterThan(0);
    const disturbed = REASONS.slice(2).reduce((sum, reason) => sum + (counts[reason] ?? 0), 0);
    expect(disturbed).toBeGreaterThan(5);
  },
);

const HOUR = 3_600_000;
const START = Date.parse('2026-12-01T00:00:00Z');
const LIFE = 160 * HOUR;

/** A history of one certificate of 160 hours, which is renewed in time; each fault changes a part of it. */
function history(more: Partial<History> = {}): History {
  const times = Array.from({ length: 28 }, (_, run) => START + run * 6 * HOUR);
  const ordered = (at: number, id: string, replaces?: string): Ordered => ({
    name: 'c0',
    at,
    status: 'valid',
    ...(replaces === undefined ? {} : { replaces }),
    certificate: id,
    notBefore: at,
    notAfter: at + LIFE,
  });
  return {
    certificates: 1,
    times,
    rows: [{ run: 18, name: 'c0', is: 'planned', text: 'the authority suggests a renewal between A and B' }],
    orders: [ordered(START, 'a'), ordered(START + 108 * HOUR, 'b', 'a')],
    suggestions: [],
    edits: [],
    troubles: [],
    limited: 0,
    asked: 0,
    cpuMs: 0,
    ...more,
  };
}

function withoutReplaces(order: Ordered): Ordered {
  const { name, at, status, certificate = '', notBefore, notAfter } = order;
  return { name, at, status, certificate, notBefore, notAfter };
}

test.each<readonly [string, Partial<History>, string]>([
  ['an order that a limit refused', { limited: 1 }, 'for its limits'],
  ['a certificate without an order', { certificates: 2 }, 'never issued'],
  [
    'a certificate that expires',
    { orders: history().orders.slice(0, 1), times: [...history().times, START + LIFE + HOUR] },
    'expired at',
  ],
  ['a renewal without `replaces`', { orders: history().orders.map(withoutReplaces) }, 'does not replace it'],
  [
    'an order without a certificate',
    { orders: history().orders.map((order) => ({ ...order, status: 'pending' })) },
    'is pending',
  ],
  [
    'a renewal that is too early',
    {
      orders: history().orders.map((order) =>
        order.certificate === 'a' ? order : { ...order, at: START + 60 * HOUR },
      ),
    },
    'without a reason',
  ],
  [
    'a renewal by its lifetime without an outage',
    {
      orders: history().orders.map((order) =>
        order.certificate === 'a' ? order : { ...order, at: START + 84 * HOUR },
      ),
      rows: [{ run: 14, name: 'c0', is: 'planned', text: 'expires in 3 days' }],
    },
    'without a reason',
  ],
  [
    'a failed row',
    { rows: [...history().rows, { run: 3, name: 'c0', is: 'failed', text: 'a reason' } satisfies RowSeen] },
    'failed at',
  ],
])('the judge finds %s', (_name, change, fault) => {
  expect(judge(history()).faults).toEqual([]);
  expect(judge(history(change)).faults.join('\n')).toContain(fault);
});
