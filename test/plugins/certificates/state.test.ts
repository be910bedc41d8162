/**
 * The state of a stored certificate, and all 36 pairs of states: the pairs that a refresh can find one after the other.
 */

import { describe, expect, test } from 'vitest';
import { type CertificateMemory, tables } from '../../../plugins/certificates/generated.ts';
import { seenPair } from '../../../plugins/certificates/observe-certificate.ts';
import {
  certificateState,
  type DueRule,
  isAskedFor,
  issuedAt,
  renewalFailed,
} from '../../../plugins/certificates/state.ts';
import type { PairSeen, X509Seen } from '../../../plugins/certificates/world.ts';
import { movesBetween } from '../../../src/engine/lifecycle.ts';
import type { Memory, Step } from '#plugin';
import { DAY, NOW, fingerprint, memoryOf, refOf, iso } from './support.ts';

type Stored = Extract<PairSeen, { status: 'seen' }>;

function leaf(from: number, to: number): X509Seen {
  return {
    fingerprint: fingerprint('c'),
    subject: 'CN=a',
    issuer: 'CN=b',
    serial: '01',
    not_before: iso(NOW + from),
    not_after: iso(NOW + to),
    dnsNames: [],
    ipAddresses: [],
    usages: [],
    keyAlgorithm: 'ecdsa-p256',
    ca: false,
    self_signed: false,
  };
}

const valid = leaf(-60 * DAY, 60 * DAY);

function stored(more: Partial<Stored> = {}): Stored {
  return { status: 'seen', chain: [valid], key_matches: true, files: [], swap: 'none', leftovers: [], ...more };
}

const problem = 'the key does not belong to the certificate';
const damaged = stored({ problem_code: 'key-mismatch', problem, key_matches: false });

/** The state record of a certificate in a state, with a failure there. */
function was(state: string, failed?: Step, more: Partial<Memory> = {}): Memory {
  return memoryOf('Certificate', 'www', {
    state,
    since: NOW - 2 * DAY,
    ...(failed === undefined ? {} : { failures: 1, lastError: { at: NOW - DAY, step: failed, message: 'no room' } }),
    ...more,
  });
}

const DUE = { thresholdDays: 30 };
const near = stored({ chain: [leaf(-80 * DAY, 10 * DAY)] });
const failedBefore = was('expiring_soon', 'expiring_soon>renewing');

/** The state of a pair as a refresh reads it. */
function stateOf(pair: PairSeen, due: DueRule, memory: Memory<CertificateMemory> | undefined, now: number): string {
  const seen = seenPair(refOf('Certificate', 'www'), pair, memory, now);
  if (seen === undefined) throw new Error('nothing is stored');
  return certificateState(seen.facts, due, memory, now);
}

describe('of a certificate', () => {
  test.each<readonly [string, Stored, Memory | undefined, string]>([
    ['far from its end', stored(), undefined, 'normal'],
    ['far from its end, after a failed renewal', stored(), was('renewal_failed'), 'normal'],
    ['near its end', near, undefined, 'expiring_soon'],
    ['near its end, after a failed renewal', near, was('renewal_failed'), 'renewal_failed'],
    ['near its end, after a failure that nothing was seen after', near, failedBefore, 'renewal_failed'],
    ['near its end, after the failure of another one', near, was('normal', 'expiring_soon>renewing'), 'expiring_soon'],
    ['at its very end', stored({ chain: [leaf(-90 * DAY, 0)] }), undefined, 'expiring_soon'],
    ['1 ms after its end', stored({ chain: [leaf(-90 * DAY, -1)] }), undefined, 'expired'],
    ['after its end, after a failed renewal', stored({ chain: [leaf(-90 * DAY, -DAY)] }), failedBefore, 'expired'],
    ['not yet valid', stored({ chain: [leaf(1000, 90 * DAY)] }), undefined, 'expired'],
    ['with another key', damaged, undefined, 'expired'],
    [
      'without a certificate',
      stored({ chain: [], problem_code: 'missing', problem: 'the certificate is missing' }),
      undefined,
      'expired',
    ],
    ['with leftovers to undo', stored({ swap: 'undo', leftovers: ['a.pending'] }), undefined, 'normal'],
    ['in a swap, the old one valid', { ...damaged, swap: 'finish', replaced: valid }, undefined, 'renewing'],
    [
      'in a swap, the old one expired',
      { ...damaged, swap: 'finish', replaced: leaf(-90 * DAY, -1) },
      undefined,
      'recovering',
    ],
    ['in a swap, the old one unusable', { ...damaged, swap: 'finish' }, undefined, 'recovering'],
    ['after both renames', stored({ swap: 'finish', replaced: valid }), failedBefore, 'renewing'],
  ])('%s', (_name, pair, memory, state) => {
    expect(stateOf(pair, DUE, memory, NOW)).toBe(state);
  });

  test('a lower threshold makes it normal again', () => {
    expect(stateOf(near, { thresholdDays: 9 }, undefined, NOW)).toBe('normal');
    expect(stateOf(near, { thresholdDays: 10 }, undefined, NOW)).toBe('expiring_soon');
  });

  test('an attempt keeps its kind, even if the certificate expires meanwhile', () => {
    const ended = { ...damaged, swap: 'finish' as const, replaced: leaf(-90 * DAY, -1) };
    const works = { ...damaged, swap: 'finish' as const, replaced: valid };
    for (const state of ['normal', 'expiring_soon', 'renewal_failed', 'renewing'])
      expect([state, stateOf(ended, DUE, was(state), NOW)]).toEqual([state, 'renewing']);
    for (const state of ['expired', 'recovering'])
      expect([state, stateOf(works, DUE, was(state), NOW)]).toEqual([state, 'recovering']);
  });

  test('one that a document changes is normal until its renewal fails', () => {
    const asked = { thresholdDays: 30, issuedAfter: NOW - DAY };
    expect(stateOf(stored(), asked, undefined, NOW)).toBe('normal');
    expect(stateOf(stored(), asked, was('renewal_failed'), NOW)).toBe('renewal_failed');
    expect(stateOf(near, asked, was('normal'), NOW)).toBe('expiring_soon');
    // The document no longer changes it: no renewal is due.
    expect(stateOf(stored(), DUE, was('renewal_failed'), NOW)).toBe('normal');
  });
});

describe('a renewal that a document requires', () => {
  const own = was('normal', undefined, { kept: { made: fingerprint('c'), issued_at: iso(NOW - DAY + 1) } });
  test.each<readonly [string, number | undefined, Memory | undefined, boolean]>([
    ['not at all', undefined, undefined, false],
    ['of what was issued before', NOW - DAY, undefined, true],
    ['of what was issued later', NOW - 61 * DAY, undefined, false],
    ['at the very time', NOW - 60 * DAY, undefined, false],
    ['only from a later time on', NOW + 1, undefined, false],
    ['from now on', NOW, undefined, true],
    ['of one that fettle made since: its date lies a little before', NOW - DAY, own, false],
    [
      'of one that somebody else put there since',
      NOW - DAY,
      { ...own, kept: { ...own.kept, made: fingerprint('d') } },
      true,
    ],
  ])('%s', (_name, issuedAfter, memory, expected) => {
    const rule = { thresholdDays: 30, ...(issuedAfter === undefined ? {} : { issuedAfter }) };
    expect(isAskedFor(rule, valid, memory, NOW)).toBe(expected);
  });
  test('is compared with the recorded date of issue', () => {
    expect(issuedAt(valid, own)).toBe(NOW - DAY + 1);
    expect(issuedAt(valid, undefined)).toBe(NOW - 60 * DAY);
  });
});

test.each<readonly [string, Partial<Memory> | undefined, boolean]>([
  ['nothing remembered', undefined, false],
  ['nothing failed', was('expiring_soon'), false],
  ['it is known', was('renewal_failed'), true],
  ['a renewal failed, and nothing was seen since', failedBefore, true],
  ['a renewal failed before it came to this state', { ...failedBefore, since: Date.parse(iso(NOW)) }, false],
  ['a recovery failed', was('expired', 'expired>recovering'), false],
  ['an edit failed', was('expiring_soon', 'normal>normal'), false],
  ['it succeeded since', { ...failedBefore, failures: 0 }, false],
])('the last renewal failed: %s', (_name, memory, failed) => {
  expect(renewalFailed(memory)).toBe(failed);
});

const STATES = ['normal', 'expiring_soon', 'expired', 'renewing', 'recovering', 'renewal_failed'] as const;
type State = (typeof STATES)[number];

/**
 * The moves from (row) to (column), as a refresh records them, or `never` if no refresh can find it so. Steps of fettle
 * move it too; those are in the test of the lifecycle.
 */
const LOOKS: Readonly<Record<State, Readonly<Record<State, string>>>> = {
  normal: {
    normal: '',
    expiring_soon: 'check',
    expired: 'check',
    renewing: 'manual',
    recovering: 'never',
    // A renewal failed since, without a refresh after it.
    renewal_failed: 'manual error',
  },
  expiring_soon: {
    normal: 'check',
    expiring_soon: '',
    expired: 'check',
    renewing: 'renew',
    recovering: 'never',
    renewal_failed: 'renew error',
  },
  expired: {
    normal: 'check',
    expiring_soon: 'check',
    expired: '',
    renewing: 'never',
    recovering: 'recover',
    renewal_failed: 'never',
  },
  renewing: {
    normal: 'finish',
    expiring_soon: 'interrupted',
    // The attempt ends first.
    expired: 'interrupted check',
    renewing: '',
    recovering: 'never',
    renewal_failed: 'never',
  },
  recovering: {
    normal: 'finish',
    expiring_soon: 'interrupted check',
    expired: 'interrupted',
    renewing: 'never',
    recovering: '',
    renewal_failed: 'never',
  },
  renewal_failed: {
    normal: 'check',
    expiring_soon: 'never',
    expired: 'check',
    renewing: 'retry',
    recovering: 'never',
    renewal_failed: '',
  },
};

/** Every possible content of the disk and the state. */
const WORLDS: readonly (readonly [Stored, { readonly thresholdDays: number; readonly issuedAfter?: number }])[] = [
  stored(),
  near,
  stored({ chain: [leaf(-90 * DAY, -DAY)] }),
  stored({ chain: [leaf(DAY, 91 * DAY)] }),
  damaged,
  stored({ chain: [], problem_code: 'missing', problem: 'the certificate is missing' }),
  stored({ swap: 'undo', leftovers: ['a.pending'] }),
  ...[valid, leaf(-90 * DAY, -1), leaf(DAY, 91 * DAY), undefined].flatMap((replaced): readonly Stored[] => [
    { ...damaged, swap: 'finish', ...(replaced === undefined ? {} : { replaced }) },
    stored({ swap: 'finish', ...(replaced === undefined ? {} : { replaced }) }),
  ]),
].flatMap((pair) => [
  [pair, DUE] as const,
  [pair, { ...DUE, issuedAfter: NOW - DAY }] as const,
  [pair, { thresholdDays: 0 }] as const,
]);

const FAILED: readonly (Step | undefined)[] = [
  undefined,
  'normal>renewing',
  'expiring_soon>renewing',
  'renewal_failed>renewing',
  'expired>recovering',
  'normal>normal',
  'renewing>normal',
  'recovering>normal',
];

describe('all pairs of states', () => {
  const kind = tables.kinds.Certificate;
  /** The states that can be found, from each state. */
  const found = new Map<string, Set<string>>();
  for (const from of STATES) {
    for (const failed of FAILED) {
      for (const since of [NOW - 2 * DAY, NOW]) {
        const memory = { ...was(from, failed), since };
        for (const [pair, due] of WORLDS) {
          const to = stateOf(pair, due, memory, NOW);
          const key = `${from}>${to}`;
          const moves = movesBetween(kind, { machine: 'certificate', from, to }, { failed })
            .map(({ trigger, unlisted }) => (unlisted === true ? 'UNLISTED' : trigger))
            .join(' ');
          found.set(key, (found.get(key) ?? new Set()).add(moves));
        }
      }
    }
  }
  const cells = STATES.flatMap((from) => STATES.map((to) => [from, to, LOOKS[from][to]] as const));
  test('are 36', () => expect(cells).toHaveLength(36));
  test.each(cells)('%s, then %s: %s', (from, to, expected) => {
    expect([...(found.get(`${from}>${to}`) ?? ['never'])]).toEqual([expected]);
  });
});
