/** The state of a stored certificate. */

import { describe, expect, test } from 'vitest';
import { certificateState, renewalFailed } from '../../../plugins/certificates/state.ts';
import type { PairSeen, X509Seen } from '../../../plugins/certificates/world.ts';
import { DAY, NOW, fingerprint } from './support.ts';

type Stored = Extract<PairSeen, { status: 'seen' }>;

function leaf(from: number, to: number): X509Seen {
  return {
    fingerprint: fingerprint('c'),
    subject: 'CN=a',
    issuer: 'CN=b',
    serial: '01',
    notBefore: new Date(NOW + from).toISOString(),
    notAfter: new Date(NOW + to).toISOString(),
    dnsNames: [],
    ipAddresses: [],
    keyAlgorithm: 'ecdsa-p256',
    ca: false,
    selfSigned: false,
  };
}

const valid = leaf(-60 * DAY, 60 * DAY);

function stored(more: Partial<Stored> = {}): Stored {
  return { status: 'seen', chain: [valid], keyMatches: true, swap: 'none', leftovers: [], ...more };
}

const damaged = stored({ problem: 'the key does not belong to the certificate', keyMatches: false });

describe('of a certificate', () => {
  test.each<readonly [string, Stored, boolean, string]>([
    ['far from its end', stored(), false, 'normal'],
    ['far from its end, after a failed renewal', stored(), true, 'normal'],
    ['near its end', stored({ chain: [leaf(-80 * DAY, 10 * DAY)] }), false, 'expiring_soon'],
    ['near its end, after a failed renewal', stored({ chain: [leaf(-80 * DAY, 10 * DAY)] }), true, 'renewal_failed'],
    ['at its very end', stored({ chain: [leaf(-90 * DAY, 0)] }), false, 'expiring_soon'],
    ['1 ms after its end', stored({ chain: [leaf(-90 * DAY, -1)] }), false, 'expired'],
    ['after its end, after a failed renewal', stored({ chain: [leaf(-90 * DAY, -DAY)] }), true, 'expired'],
    ['not yet valid', stored({ chain: [leaf(1000, 90 * DAY)] }), false, 'expired'],
    ['with another key', damaged, false, 'expired'],
    ['without a certificate', stored({ chain: [], problem: 'the certificate is missing' }), false, 'expired'],
    ['with leftovers to undo', stored({ swap: 'undo', leftovers: ['a.pending'] }), false, 'normal'],
    ['in a swap, the old one valid', { ...damaged, swap: 'finish', replaced: valid }, false, 'renewing'],
    [
      'in a swap, the old one expired',
      { ...damaged, swap: 'finish', replaced: leaf(-90 * DAY, -1) },
      false,
      'recovering',
    ],
    ['in a swap, the old one unusable', { ...damaged, swap: 'finish' }, false, 'recovering'],
    ['after both renames', stored({ swap: 'finish', replaced: valid }), true, 'renewing'],
  ])('%s', (_name, pair, failed, state) => {
    expect(certificateState(pair, 30, failed, NOW)).toBe(state);
  });

  test('a lower threshold makes it normal again', () => {
    const near = stored({ chain: [leaf(-80 * DAY, 10 * DAY)] });
    expect(certificateState(near, 9, false, NOW)).toBe('normal');
    expect(certificateState(near, 10, false, NOW)).toBe('expiring_soon');
  });
});

test.each([
  ['nothing failed', undefined, undefined, false],
  ['a renewal failed', 1, 'expiring_soon>renewing', true],
  ['another try failed', 3, 'renewal_failed>renewing', true],
  ['a recovery failed', 1, 'expired>recovering', false],
  ['an edit failed', 1, 'normal>normal', false],
  ['it succeeded since', 0, 'expiring_soon>renewing', false],
] as const)('the last renewal failed: %s', (_name, failures, step, failed) => {
  const memory = {
    ...(failures === undefined ? {} : { failures }),
    ...(step === undefined ? {} : { lastError: { at: '', step, message: 'x' } }),
  };
  expect(renewalFailed(memory)).toBe(failed);
});
