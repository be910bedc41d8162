/** The rules of renewals and removals, on both sides of every threshold. */

import { resourceWith } from '../../support/resource.ts';
import { changeOf as changeBy } from '#plugin';
import { describe, expect, test } from 'vitest';
import { type CertificateMemory, tables } from '../../../plugins/certificates/generated.ts';
import {
  backoff,
  neverWithoutValidPair,
  renewalLoop,
  retryExhausted,
  stillServed,
} from '../../../plugins/certificates/safety.ts';
import { type Change, digestOf, type Memory, type Resource, type Step } from '#plugin';
import {
  certificateResource,
  type CertificateParts,
  DAY,
  NOW,
  certificateFacts,
  certificateSpec,
  desiredOf,
  fingerprint,
  issuerResource,
  observedOf,
  refOf,
  sceneOf,
  MINUTE,
  HOUR,
  iso,
} from './support.ts';

function changeOf(step: Step, more: Partial<Pick<Change, 'goal' | 'fields' | 'because' | 'cause'>> = {}): Change {
  const parts = { step, goal: 'update', because: '', cause: 'time', ...more } as const;
  return changeBy(refOf('Certificate', 'www'), tables.kinds.Certificate, parts);
}

const names: Change['fields'] = [{ path: '/dnsNames', before: [], after: ['a.test'] }];
const tidy: Change['fields'] = [{ path: '/storage/file/key/mode', before: '0644', after: '0600' }];

describe('never-without-valid-pair', () => {
  const authority = (until: number): Resource =>
    issuerResource({
      observed: observedOf('Issuer', 'ca', 'ready', { fingerprint: fingerprint('a'), not_after: iso(until) }),
    });
  const end = NOW + 20 * DAY;
  const judge = (given: CertificateParts, until: number | undefined, change = changeOf('expiring_soon>renewing')) =>
    neverWithoutValidPair(
      change,
      certificateResource({ facts: { not_after: iso(end) }, ...given }),
      sceneOf(until === undefined ? [] : [authority(until)]),
    );

  test.each<readonly [string, CertificateParts, number | undefined, Change | undefined, string]>([
    ['an authority that outlives the new one', {}, NOW + 90 * DAY, undefined, 'pass'],
    ['one that ends with the new one, after the stored one', {}, end + 1, undefined, 'pass'],
    ['one that ends with the stored one', {}, end, undefined, 'reject'],
    ['one that ends before the stored one', {}, NOW + DAY, undefined, 'reject'],
    ['one that is made in this plan', {}, undefined, undefined, 'pass'],
    ['a stored one that cannot be used', { facts: { usable: false } }, NOW + DAY, undefined, 'pass'],
    ['a short life that the document wants', { spec: { validityDays: 1 } }, NOW + 2 * DAY, undefined, 'pass'],
    ['files set right', {}, NOW + DAY, changeOf('normal>normal', { fields: tidy }), 'pass'],
    ['other names', {}, NOW + DAY, changeOf('normal>normal', { fields: names }), 'reject'],
    ['a renewal that is asked for', {}, NOW + DAY, changeOf('normal>renewing'), 'reject'],
    ['another try', {}, NOW + DAY, changeOf('renewal_failed>renewing'), 'reject'],
  ])('%s', (_name, given, until, change, outcome) => {
    expect(judge(given, until, change)).toMatchObject({ outcome });
  });

  test('gives the end of both certificates', () => {
    const verdict = judge({}, NOW + DAY);
    expect(verdict.message).toBe(
      `the new certificate would expire with its authority at ${iso(NOW + DAY)}, before the stored one (${iso(end)})`,
    );
    expect(verdict.facts).toEqual({
      stored_until: iso(end),
      new_until: iso(NOW + DAY),
      authority_until: iso(NOW + DAY),
    });
    expect(verdict.remedy?.outside).toBe('replace the authority of ca with one that is valid for longer');
  });
});

describe('renewal-loop', () => {
  // 90 days of validity: a renewal in 30 days.
  const judge = (
    issued: number | undefined,
    change = changeOf('expiring_soon>renewing'),
    given: CertificateParts = {},
  ) =>
    renewalLoop(
      change,
      certificateResource({
        ...given,
        kept: { ...given.kept, ...(issued === undefined ? {} : { issued_at: iso(issued) }) },
      }),
      sceneOf([issuerResource()]),
    );

  test.each<readonly [string, number | undefined, Change | undefined, CertificateParts | undefined, string]>([
    ['never issued here', undefined, undefined, undefined, 'pass'],
    ['issued just now', NOW, undefined, undefined, 'reject'],
    ['issued a third of its lifetime ago, less 1 ms', NOW - 30 * DAY + 1, undefined, undefined, 'reject'],
    ['issued a third of its lifetime ago', NOW - 30 * DAY, undefined, undefined, 'pass'],
    [
      'issued lately, and what is stored ends before it clears',
      NOW - DAY,
      undefined,
      { facts: { not_before: iso(NOW - 87 * DAY), not_after: iso(NOW + 3 * DAY) } },
      'pass',
    ],
    [
      'issued lately, and what is stored ends before it clears, in a little more than a thirtieth of its life',
      NOW - DAY,
      undefined,
      { facts: { not_before: iso(NOW - 87 * DAY + 1), not_after: iso(NOW + 3 * DAY + 1) } },
      'reject',
    ],
    [
      'of a shorter life than is written',
      NOW - DAY,
      undefined,
      { facts: { not_before: iso(NOW - 2 * DAY), not_after: iso(NOW + DAY) } },
      'pass',
    ],
    ['of a shorter life than is stored', NOW - DAY, undefined, { spec: { validityDays: 3 } }, 'pass'],
    ['another try', NOW - DAY, changeOf('renewal_failed>renewing'), undefined, 'reject'],
    [
      'a document that changed',
      NOW - DAY,
      changeOf('normal>normal', { fields: names, cause: 'edit' }),
      undefined,
      'pass',
    ],
    [
      'a world that changes its names',
      NOW - DAY,
      changeOf('normal>normal', { fields: names, cause: 'drift' }),
      undefined,
      'reject',
    ],
    [
      'a world that changes its modes',
      NOW - DAY,
      changeOf('normal>normal', { fields: tidy, cause: 'drift' }),
      undefined,
      'pass',
    ],
    [
      'another authority than signed it',
      NOW - DAY,
      changeOf('normal>normal', { fields: [{ path: '/issuer', after: fingerprint('b') }], cause: 'drift' }),
      { kept: { issuer: fingerprint('a') } },
      'pass',
    ],
    [
      'the authority that has signed it, and cannot be seen in what is stored',
      NOW - DAY,
      changeOf('normal>normal', { fields: [{ path: '/issuer', after: fingerprint('a') }], cause: 'drift' }),
      { kept: { issuer: fingerprint('a') } },
      'reject',
    ],
    [
      'a document that asks for one that is issued later',
      NOW - DAY,
      changeOf('normal>renewing', { cause: 'policy' }),
      { spec: { renewal: { issuedAfter: iso(NOW - HOUR) } } },
      'pass',
    ],
    [
      'a document that asked for one, and got it',
      NOW - DAY,
      changeOf('normal>renewing', { cause: 'policy' }),
      { spec: { renewal: { issuedAfter: iso(NOW - 2 * DAY) } } },
      'reject',
    ],
  ])('%s', (_name, issued, change, given, outcome) => {
    expect(judge(issued, change, given)).toMatchObject({ outcome });
  });

  test('gives the time at which it clears', () => {
    const verdict = judge(NOW - DAY);
    expect(verdict).toMatchObject({
      message: `the certificate was issued at ${iso(NOW - DAY)}. Only one issuance is allowed in 30 days, a third of the lifetime`,
      clearsAt: NOW + 29 * DAY,
      facts: { issued_at: iso(NOW - DAY), lifetime_seconds: 90 * 86_400, cause: 'time' },
    });
  });
});

/** The state after consecutive failures, the last of them this long ago. */
function failed(step: Step, failures: number, ago: number, digest?: string): Partial<Memory> {
  return {
    failures,
    lastError: {
      at: Date.parse(iso(NOW - ago)),
      step,
      message: 'no room',
      ...(digest === undefined ? {} : { digest }),
    },
  };
}

const unserved = (tries: number, ago: number): Partial<CertificateMemory> => ({
  unserved: fingerprint('c'),
  unserved_tries: tries,
  unserved_at: iso(NOW - ago),
});

describe('backoff', () => {
  const judge = (change: Change, given: CertificateParts) => backoff(change, certificateResource(given), sceneOf());
  const retry = changeOf('renewal_failed>renewing');
  const recover = changeOf('expired>recovering');
  const reload = changeOf('normal>normal', { cause: 'progress' });

  test.each<readonly [string, Change, CertificateParts, string]>([
    ['nothing failed', retry, {}, 'pass'],
    ['a renewal, less than an hour ago', retry, { memory: failed('expiring_soon>renewing', 1, HOUR - 1) }, 'defer'],
    ['a renewal, an hour ago', retry, { memory: failed('expiring_soon>renewing', 1, HOUR) }, 'pass'],
    [
      'four renewals, less than 8 hours ago',
      retry,
      { memory: failed('renewal_failed>renewing', 4, 8 * HOUR - 1) },
      'defer',
    ],
    ['four renewals, 8 hours ago', retry, { memory: failed('renewal_failed>renewing', 4, 8 * HOUR) }, 'pass'],
    ['nine renewals, less than a day ago', retry, { memory: failed('renewal_failed>renewing', 9, DAY - 1) }, 'defer'],
    ['nine renewals, a day ago', retry, { memory: failed('renewal_failed>renewing', 9, DAY) }, 'pass'],
    [
      'a renewal by another document',
      retry,
      { memory: failed('expiring_soon>renewing', 1, 0, fingerprint('0')) },
      'pass',
    ],
    [
      'a renewal by this document',
      retry,
      { memory: failed('expiring_soon>renewing', 1, 0, digestOf(certificateSpec())) },
      'defer',
    ],
    ['renewals before it expired', recover, { memory: failed('renewal_failed>renewing', 9, 0) }, 'pass'],
    ['a recovery, less than a minute ago', recover, { memory: failed('expired>recovering', 1, MINUTE - 1) }, 'defer'],
    ['a recovery, a minute ago', recover, { memory: failed('expired>recovering', 1, MINUTE) }, 'pass'],
    ['two recoveries, a minute ago', recover, { memory: failed('expired>recovering', 2, MINUTE) }, 'defer'],
    ['a reload, less than a minute ago', reload, { kept: unserved(1, MINUTE - 1) }, 'defer'],
    ['a reload, a minute ago', reload, { kept: unserved(1, MINUTE) }, 'pass'],
    ['three reloads, less than 4 minutes ago', reload, { kept: unserved(3, 4 * MINUTE - 1) }, 'defer'],
    [
      'the renewal before the reload has a time of its own',
      reload,
      { memory: failed('expiring_soon>renewing', 5, 0) },
      'pass',
    ],
    [
      'a change, less than an hour ago',
      changeOf('normal>normal', { fields: names, cause: 'edit' }),
      { memory: failed('normal>normal', 1, HOUR - 1) },
      'defer',
    ],
    [
      'a reload, before files are set right',
      changeOf('normal>normal', { fields: tidy, cause: 'drift' }),
      { memory: failed('normal>normal', 3, 0), kept: unserved(3, 0) },
      'pass',
    ],
    [
      'as the document says it',
      retry,
      {
        memory: failed('expiring_soon>renewing', 2, 9 * MINUTE),
        spec: { renewal: { retryInterval: '3m', backoffMultiplier: 3, maxBackoff: '5h' } },
      },
      'pass',
    ],
  ])('%s', (_name, change, given, outcome) => {
    expect(judge(change, given)).toMatchObject({ outcome });
  });

  test('gives the time at which it clears', () => {
    expect(judge(retry, { memory: failed('renewal_failed>renewing', 2, HOUR) })).toEqual({
      outcome: 'defer',
      message: 'after 2 failed renewals, the next attempt waits 2 h. Last failure: no room',
      facts: {
        what: 'renewal',
        failed: 2,
        max_retries: 10,
        last_at: iso(NOW - HOUR),
        next_at: iso(NOW + HOUR),
      },
      clearsAt: NOW + HOUR,
    });
    expect(judge(recover, { memory: failed('expired>recovering', 2, 0) }).message).toBe(
      'after 2 failed recoveries, the next attempt waits 2 min. Last failure: no room',
    );
    expect(judge(reload, { kept: unserved(2, 0) }).message).toBe(
      'after 2 unsuccessful reloads, the next attempt waits 2 min',
    );
  });
});

describe('retry-exhausted', () => {
  const judge = (change: Change, given: CertificateParts) =>
    retryExhausted(change, certificateResource(given), sceneOf());
  const retry = changeOf('renewal_failed>renewing');
  const recover = changeOf('expired>recovering');

  test.each<readonly [string, Change, CertificateParts, string]>([
    ['nothing failed', retry, {}, 'pass'],
    ['nine renewals', retry, { memory: failed('renewal_failed>renewing', 9, DAY) }, 'pass'],
    ['ten renewals', retry, { memory: failed('renewal_failed>renewing', 10, DAY) }, 'reject'],
    ['eleven, after an override', retry, { memory: failed('renewal_failed>renewing', 11, DAY) }, 'reject'],
    [
      'ten renewals by another document',
      retry,
      { memory: failed('renewal_failed>renewing', 10, DAY, fingerprint('0')) },
      'pass',
    ],
    ['ten renewals before it expired', recover, { memory: failed('renewal_failed>renewing', 10, DAY) }, 'pass'],
    ['two recoveries', recover, { memory: failed('expired>recovering', 2, DAY) }, 'pass'],
    ['three recoveries', recover, { memory: failed('expired>recovering', 3, DAY) }, 'reject'],
    ['nine reloads', changeOf('normal>normal', { cause: 'progress' }), { kept: unserved(9, DAY) }, 'pass'],
    ['ten reloads', changeOf('normal>normal', { cause: 'progress' }), { kept: unserved(10, DAY) }, 'reject'],
    [
      'as the document says it',
      retry,
      { memory: failed('renewal_failed>renewing', 3, DAY), spec: { renewal: { maxRetries: 3 } } },
      'reject',
    ],
    [
      'no retry at all',
      retry,
      { memory: failed('expiring_soon>renewing', 1, DAY), spec: { renewal: { maxRetries: 0 } } },
      'reject',
    ],
  ])('%s', (_name, change, given, outcome) => {
    expect(judge(change, given)).toMatchObject({ outcome });
  });

  test('names the failure', () => {
    expect(judge(recover, { memory: failed('expired>recovering', 3, DAY) })).toMatchObject({
      message: '3 failed recoveries in a row, maxRetries is 3. Last failure: no room',
      facts: { what: 'recovery', failed: 3, max_retries: 3, last_at: iso(NOW - DAY) },
      remedy: { outside: 'fix the cause of the failure, then change the document or override retry-exhausted' },
    });
  });
});

describe('still-served', () => {
  const removal = changeOf('normal>absent', { goal: 'remove', cause: 'orphan' });
  const domain = (print: string): Resource =>
    resourceWith({
      ref: refOf('Domain', 'd'),
      desired: desiredOf('Domain', 'd', { host: 'www.example.test', port: 443 }),
      observed: observedOf('Domain', 'd', 'issued', { addresses: [{ address: '192.0.2.1', fingerprint: print }] }),
    });
  const judge = (given: CertificateParts, ...resources: readonly Resource[]) =>
    stillServed(removal, certificateResource(given), sceneOf(resources));

  test.each<readonly [string, CertificateParts, readonly Resource[], string]>([
    ['not served', {}, [], 'pass'],
    ['a Domain shows another one', {}, [domain(fingerprint('d'))], 'pass'],
    ['a Domain shows it', {}, [domain(fingerprint('c'))], 'reject'],
    ['a server that was asked shows it', { signals: { servedAt: ['a.test:443'] } }, [], 'reject'],
    ['servers that were asked do not', { signals: { servedAt: [] } }, [], 'pass'],
    ['an unusable certificate, which is served', { facts: { usable: false } }, [domain(fingerprint('c'))], 'reject'],
  ])('%s', (_name, given, resources, outcome) => {
    expect(judge(given, ...resources)).toMatchObject({ outcome });
  });
  test('passes if no certificate could be served', () => {
    const { fingerprint: _none, ...facts } = certificateFacts();
    const resource = resourceWith({
      ...certificateResource(),
      observed: observedOf('Certificate', 'www', 'expired', facts),
    });
    expect(stillServed(removal, resource, sceneOf([domain(fingerprint('c'))])).outcome).toBe('pass');
  });
  test('names the servers', () => {
    expect(judge({ signals: { servedAt: ['b.test:443', 'a.test:443'] } }, domain(fingerprint('c')))).toMatchObject({
      message: 'the certificate is served at a.test:443, b.test:443, www.example.test:443 (192.0.2.1)',
      facts: { served_at: ['a.test:443', 'b.test:443', 'www.example.test:443 (192.0.2.1)'] },
    });
  });
});
