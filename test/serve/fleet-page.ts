/** A page of the fleet with many rows, rendered without a daemon. */

import { framed, type View } from '../../src/serve/pages/frame.ts';
import { fleet, type Fleet, kindCounts } from '../../src/serve/pages/fleet.ts';

const NOW = Date.parse('2026-11-30T08:00:00Z');

export const VIEW: View = {
  project: 'shop',
  base: '',
  viewer: { name: 'ann', operates: true, csrf: 'token' },
  now: NOW,
  standing: {
    refreshed_at: NOW - 120_000,
    log_head: { seq: 418, hash: `sha256:${'5be0'.repeat(16)}` },
    log_damaged: false,
    lock: null,
  },
  head: 'head',
  here: '/',
  json: '/fleet.json',
};

export function fleetData(count: number): Fleet {
  const rows = Array.from({ length: count }, (_, i) => ({
    address: `certificates/Certificate/shop-${i}`,
    plugin: 'certificates',
    kind: 'Certificate',
    state: i % 20 === 0 ? 'expiring_soon' : 'normal',
    since: '2026-11-28T10:00:00.000Z',
    ends: '2027-02-01T10:00:00.000Z',
    ...(i % 20 === 0 ? { verdict: 'accept' as const, step: 'expiring_soon > renewing' } : {}),
  }));
  return {
    resources: { rows, total: count, page: 1, size: count },
    kinds: kindCounts(rows),
    next: [],
    weeks: [],
  };
}

export function fleetHtml(data: Fleet): string {
  const query = {
    page: 1,
    size: 1000,
    plugin: undefined,
    kind: undefined,
    state: undefined,
    verdict: undefined,
    ends: undefined,
    q: undefined,
  };
  return framed('fleet', 'Fleet', VIEW, fleet.html(data, VIEW, query));
}
