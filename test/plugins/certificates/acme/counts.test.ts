/** The labels of the metrics of ACME, and the orders that wait or keep failing by a state. */

import { expect, it } from 'vitest';
import { type Resource, type Scene, formatRef } from '#plugin';
import { hostLabel, statusLabel } from '../../../../plugins/certificates/acme/counts.ts';
import { directoryUrl } from '../../../../plugins/certificates/acme/directories.ts';
import { waitAfter } from '../../../../plugins/certificates/acme/waits.ts';
import { metrics } from '../../../../plugins/certificates/metrics.ts';

it.each([
  [200, '200'],
  [429, '429'],
  [299, 'other'],
  [999, 'other'],
  [undefined, 'error'],
])('the status %s has the label %s', (status, label) => {
  expect(statusLabel(status)).toBe(label);
});

it.each([
  ['letsencrypt', 'acme-v02.api.letsencrypt.org'],
  ['https://ca.example.test:9000/acme/acme/directory', 'ca.example.test:9000'],
  ['https://ca.example.test/directory?token=secret', 'ca.example.test'],
  ['no address', 'other'],
])('the directory %s has the label %s', (directory, label) => {
  expect(hostLabel(directory)).toBe(label);
});

const now = Date.parse('2026-11-30T12:00:00Z');

function resource(kind: string, name: string, spec: object, memory?: object): Resource {
  const ref = { plugin: 'certificates', kind, name };
  return {
    ref,
    address: formatRef(ref),
    desired: { ref, spec },
    sight: { is: 'gap' },
    ...(memory === undefined ? {} : { memory: { ref, kept: {}, ...memory } }),
    policy: { renewal: { enabled: true }, recovery: {}, served: {} },
  } as unknown as Resource;
}

it('orders wait by the state and by the limits of the log, and keep failing after three failures in a row', () => {
  const certificate = (name: string, memory?: object): Resource =>
    resource('Certificate', name, { issuer: 'public', dnsNames: [`${name}.example.test`] }, memory);
  const waitUntil = (name: string, until: string) => ({
    ...waitAfter(
      {
        directory: directoryUrl('letsencrypt'),
        account: undefined,
        about: { kind: 'certificate', names: [`${name}.example.test`] },
      },
      { now, retryAfterMs: undefined, reason: 'no' },
    ),
    wait_until: until,
  });
  const failed = (failures: number) => ({ failures, lastError: { step: 'absent>normal', at: now, message: 'no' } });
  const resources = [
    resource('Issuer', 'public', { acme: { directory: 'letsencrypt' } }),
    certificate('refused', { state: 'normal', kept: waitUntil('refused', '2026-11-30T13:00:00Z') }),
    certificate('over', { state: 'normal', kept: waitUntil('over', '2026-11-30T11:00:00Z') }),
    certificate('renamed', { state: 'normal', kept: waitUntil('other', '2026-11-30T14:00:00Z') }),
    { ...certificate('limited', { state: 'expiring_soon' }), preview: { domains: ['limited.example.test'] } },
    certificate('twice', failed(2)),
    certificate('thrice', failed(3)),
  ];
  const spent: string[] = [];
  const scene = {
    now,
    get: (address: string) => resources.find((each) => each.address === address),
    spentOn: (key: string) => {
      spent.push(key);
      return key.endsWith('domain limited.example.test') ? Array.from({ length: 50 }, () => now - 3_600_000) : [];
    },
  } as unknown as Scene;
  const ledger = new Map();
  const values = metrics.values({
    resources,
    scene,
    ledger: { before: ledger, after: ledger },
    settings: {} as Parameters<typeof metrics.values>[0]['settings'],
  });
  const host = 'acme-v02.api.letsencrypt.org';
  expect(values['fettle_acme_orders_waiting']).toEqual([{ labels: { host }, value: 2 }]);
  expect(values['fettle_acme_orders_waiting_until_timestamp_seconds']).toEqual([
    // The limit refills by one in the fiftieth part of seven days.
    { labels: { host }, value: (now - 3_600_000 + (7 * 24 * 3_600_000) / 50) / 1000 },
  ]);
  expect(values['fettle_acme_orders_failing']).toEqual([{ labels: { host }, value: 1 }]);
  expect(spent.some((key) => key.includes('over.example.test'))).toBe(false);
});

it.each([
  ['2026-11-30T09:00:00.000Z', 1],
  ['2026-11-30T11:00:00.000Z', 0],
])('a Certificate fails by a fault of its account until the account is used again: used at %s', (at, value) => {
  const account = 'https://acme.example.test/account/1';
  const fault = { account, at: '2026-11-30T10:00:00.000Z', status: 'unknown', reason: 'no account' };
  const resources = [
    resource('Issuer', 'public', { acme: { directory: 'letsencrypt' } }, { kept: { account } }),
    resource(
      'Certificate',
      'refused',
      { issuer: 'public', dnsNames: ['a.example.test'] },
      { kept: { account_fault: fault } },
    ),
    // The Certificate of another Issuer that has the same account.
    resource(
      'Certificate',
      'issued',
      { issuer: 'other', dnsNames: ['b.example.test'] },
      { kept: { account, issued_at: at } },
    ),
  ];
  const scene = {
    now,
    changes: new Map(),
    get: (address: string) => resources.find((each) => each.address === address),
    ofKind: (_plugin: string, kind: string) => resources.filter(({ ref }) => ref.kind === kind),
    spentOn: () => [],
  } as unknown as Scene;
  const ledger = new Map();
  const values = metrics.values({
    resources,
    scene,
    ledger: { before: ledger, after: ledger },
    settings: {} as Parameters<typeof metrics.values>[0]['settings'],
  });
  expect(values['fettle_acme_orders_failing']).toEqual([{ labels: { host: 'acme-v02.api.letsencrypt.org' }, value }]);
});
