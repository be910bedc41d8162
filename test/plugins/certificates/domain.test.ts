/** A Domain from the results of its probe: states, findings, and the spacing of scheduled probes. */

import { resourceWith } from '../../support/resource.ts';
import { describe, expect, it, test } from 'vitest';
import { backoffSeconds } from '../../../plugins/certificates/failure-policy.ts';
import type { DomainFacts } from '../../../plugins/certificates/facts.ts';
import type { DomainMemory, DomainSpec } from '../../../plugins/certificates/generated.ts';
import { noteDomain } from '../../../plugins/certificates/note.ts';
import {
  type DomainRefresh,
  domainStanding,
  seenDomain,
  targetOf,
  targetText,
  verificationOf,
} from '../../../plugins/certificates/observe-domain.ts';
import type { AddressSeen, ConnectError, X509Seen } from '../../../plugins/certificates/world.ts';
import type { Memory, Observed, Sighting } from '#plugin';
import { DAY, NOW, desiredOf, domainSpec, fingerprint, memoryOf, refOf } from './support.ts';

function leaf(more: Partial<X509Seen> = {}): X509Seen {
  return {
    fingerprint: fingerprint('c'),
    subject: 'CN=www.example.test',
    issuer: 'CN=Test CA',
    serial: '01',
    not_before: new Date(NOW - 10 * DAY).toISOString(),
    not_after: new Date(NOW + 80 * DAY).toISOString(),
    dnsNames: ['www.example.test'],
    ipAddresses: [],
    usages: [],
    keyAlgorithm: 'ecdsa-p256',
    ca: false,
    self_signed: false,
    ...more,
  };
}

function served(address: string, more: Partial<Extract<AddressSeen, { served: true }>> = {}): AddressSeen {
  return { served: true, address, chain: [leaf()], namesHost: true, protocol: 'TLSv1.3', rtt_ms: 1, ...more };
}

function failed(address: string, error: ConnectError, noRoute?: true): AddressSeen {
  return {
    served: false,
    address,
    error,
    message: `it is ${error}`,
    ...(noRoute === undefined ? {} : { no_route: noRoute }),
  };
}

function look(addresses: readonly AddressSeen[]): DomainRefresh {
  return { kind: 'probed', seen: { resolved: true, addresses: addresses as [AddressSeen], leftOut: 0 }, trust: [] };
}

function standing(seen: Sighting<DomainFacts>, now: number): Observed<DomainFacts> {
  const { raw: _raw, ...rest } = seen;
  return { ...rest, ...domainStanding(undefined, seen, undefined, now) };
}

function see(met: DomainRefresh, spec: Partial<DomainSpec> = {}, neverIssued = false): Observed<DomainFacts> {
  return standing(seenDomain(refOf('Domain', 'www'), domainSpec(spec), met, neverIssued, NOW), NOW);
}

const EXPIRED = served('192.0.2.1', {
  chain: [leaf({ not_after: new Date(NOW - 3 * DAY - 1).toISOString() })],
  distrust: 'CERT_HAS_EXPIRED',
});
const codes = ({ findings }: Observed): readonly string[] =>
  findings.map(({ code, severity }) => `${severity} ${code}`);

describe('an edited document', () => {
  const seen = seenDomain(refOf('Domain', 'www'), domainSpec(), look([EXPIRED]), false, NOW);

  it('is judged by the facts of the last refresh if it asks for the same probes', () => {
    const passthrough = domainSpec({ tlsMode: 'passthrough' });
    expect(domainStanding(domainSpec(), seen, undefined, NOW).state).toBe('tls_error');
    expect(domainStanding(passthrough, seen, undefined, NOW).state).toBe('passthrough_unverified');
  });

  it('keeps the judgement of the last refresh if it asks for other probes', () => {
    const elsewhere = domainSpec({ tlsMode: 'passthrough', port: 8443 });
    expect(domainStanding(elsewhere, seen, undefined, NOW).state).toBe('tls_error');
  });
});

describe('tlsMode: passthrough', () => {
  const spec = { tlsMode: 'passthrough' } as const;

  it('is never verified, for any served certificate', () => {
    expect(see(look([served('192.0.2.1')]), spec)).toMatchObject({ state: 'passthrough_unverified', findings: [] });
    const near = served('192.0.2.1', { chain: [leaf({ not_after: new Date(NOW + DAY).toISOString() })] });
    expect(see(look([near]), spec)).toMatchObject({ state: 'passthrough_unverified', findings: [] });
  });

  it('reports its failure, and no other', () => {
    const seen = see(look([EXPIRED]), spec);
    expect(seen.state).toBe('passthrough_unverified');
    expect(seen.findings.map(({ code, severity, message }) => `${severity} ${code}: ${message}`)).toEqual([
      expect.stringMatching(/^warning upstream: expired: expired 3 days ago, at /u),
      expect.stringMatching(/^warning upstream: untrusted: clients do not trust its chain: CERT_HAS_EXPIRED/u),
    ]);
    expect(seen.facts.error).toBe('expired');
    expect(codes(see(look([failed('192.0.2.1', 'refused')]), spec))).toEqual(['warning upstream']);
    const unknown = { resolved: false, error: 'name-not-resolved', message: 'the name does not resolve' } as const;
    expect(see({ kind: 'probed', seen: unknown, trust: [] }, spec)).toMatchObject({
      state: 'pending_route',
      findings: [{ code: 'name-not-resolved', severity: 'error' }],
    });
  });

  it('counts no failure', () => {
    const observed = see(look([failed('192.0.2.1', 'refused')]), spec);
    const memory = memoryOf('Domain', 'www', { kept: { failures: 3 } }) as Memory<DomainMemory>;
    expect(
      noteDomain(
        resourceWith({ ref: observed.ref, desired: desiredOf('Domain', 'www', domainSpec(spec)), observed, memory }),
        NOW,
      ),
    ).toMatchObject({
      error: 'refused',
      failures: 0,
      retry_at: '',
    });
  });
});

describe('verify: false', () => {
  const spec = { verify: false };

  it('goes by the days alone', () => {
    const stranger = served('192.0.2.1', { namesHost: false, distrust: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    expect(see(look([stranger]), spec)).toMatchObject({ state: 'issued', findings: [], facts: { trusted: false } });
    expect(see(look([stranger]), spec).facts).not.toHaveProperty('error');
  });

  it('also if it has expired', () => {
    const seen = see(look([EXPIRED]), spec);
    expect(seen.state).toBe('expiring');
    expect(codes(seen)).toEqual(['critical expired']);
  });

  it('but not if none is served', () => {
    expect(see(look([failed('192.0.2.1', 'timeout')]), spec).state).toBe('tls_error');
  });
});

describe('an address without a route from this machine', () => {
  it('is ignored if another one is reached', () => {
    const seen = see(look([served('192.0.2.1'), failed('2001:db8::1', 'unreachable', true)]));
    expect(seen).toMatchObject({ state: 'issued', findings: [] });
    expect(seen.facts.addresses?.[1]).toEqual({
      address: '2001:db8::1',
      error: 'unreachable',
      message: 'www.example.test:443: it is unreachable',
      no_route: true,
    });
  });

  it('is not reported as a failure if another one fails', () => {
    const seen = see(look([failed('192.0.2.1', 'refused'), failed('2001:db8::1', 'unreachable', true)]));
    expect(codes(seen)).toEqual(['error refused']);
  });

  it('is a failure if it is the only one', () => {
    const seen = see(look([failed('2001:db8::1', 'unreachable', true), failed('2001:db8::2', 'unreachable', true)]));
    expect(seen.state).toBe('tls_error');
    expect(seen.findings.map(({ message }) => message)).toEqual([
      'at 2001:db8::1, 2001:db8::2: www.example.test:443: it is unreachable',
    ]);
  });

  it('is distinguished from an unreachable host', () => {
    expect(see(look([served('192.0.2.1'), failed('192.0.2.2', 'unreachable')])).state).toBe('tls_error');
  });
});

describe('an incomplete chain', () => {
  const broken = (published: boolean): AddressSeen =>
    served('192.0.2.1', {
      distrust: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      missing_issuer: { name: 'CN=Inter', published },
    });

  it('is reported if the certificate is public', () => {
    expect(codes(see(look([broken(true)])))).toEqual(['error untrusted', 'error chain-incomplete']);
    expect(codes(see(look([broken(false)])))).toEqual(['error untrusted']);
  });

  it('is left to the stored certificate if one is known', () => {
    expect(codes(see(look([broken(true)]), { certificate: 'www' }))).toEqual(['error untrusted']);
  });

  it('names the missing certificate', () => {
    const [found] = see(look([broken(false)])).findings;
    expect(found?.message).toBe(
      'the certificate of CN=Inter is neither served nor a trust anchor (UNABLE_TO_VERIFY_LEAF_SIGNATURE); issued by CN=Test CA',
    );
  });
});

describe('before the first issue', () => {
  it('a failure is not an error', () => {
    expect(see(look([failed('192.0.2.1', 'refused')]), { certificate: 'www' }, true)).toMatchObject({
      state: 'pending_issue',
      findings: [],
    });
  });

  it('a failure is not counted', () => {
    const observed = see(look([failed('192.0.2.1', 'refused')]), { certificate: 'www' }, true);
    expect(
      noteDomain(resourceWith({ ref: observed.ref, desired: desiredOf('Domain', 'www', domainSpec()), observed }), NOW),
    ).toMatchObject({ failures: 0, retry_at: '' });
  });
});

test('a long list of addresses is shortened', () => {
  const addresses = Array.from({ length: 5 }, (_, i) => failed(`192.0.2.${i}`, 'refused'));
  const [found] = see(look(addresses)).findings;
  expect(found?.message).toBe('at 192.0.2.0, 192.0.2.1, 192.0.2.2 and 2 more: www.example.test:443: it is refused');
  expect(found?.facts['addresses']).toHaveLength(5);
});

describe('probing', () => {
  it.each<readonly [Partial<DomainSpec>, string]>([
    [{}, 'www.example.test www.example.test:443'],
    [{ address: '192.0.2.1', port: 8443 }, 'www.example.test 192.0.2.1:8443'],
    [{ route: { target: 'lb.example.net' } }, 'www.example.test lb.example.net:443'],
    [{ route: { target: 'lb.example.net' }, address: '192.0.2.1' }, 'www.example.test 192.0.2.1:443'],
    [{ route: { region: 'eu' } }, 'www.example.test www.example.test:443'],
    [{ port: 25, startTls: 'smtp' }, 'www.example.test www.example.test:25 smtp'],
    [{ route: 'none' }, ''],
  ])('%j', (spec, text) => {
    expect(targetText(domainSpec(spec))).toBe(text);
    expect(targetOf(domainSpec(spec)) === undefined).toBe(text === '');
  });

  it('requires the ownership record of the host', () => {
    expect(verificationOf(domainSpec())).toBeUndefined();
    expect(verificationOf(domainSpec({ host: 'www.example.test.', verified: { txt: 'x' } }))).toEqual({
      name: '_fettle-verify.www.example.test',
      txt: 'x',
    });
  });
});

describe('the time to the next probe', () => {
  it.each<readonly [DomainSpec['failurePolicy'], readonly number[]]>([
    ['standard', [60, 120, 240, 480, 960, 1920, 3840, 7680, 15_360, 21_600, 21_600, 21_600]],
    ['strict', [300, 600, 1200, 2400, 4800, 9600, 19_200, 38_400, 43_200, 43_200, 43_200]],
    ['hold', [600, 1200, 7200, 14_400, 28_800, 57_600, 86_400, 86_400, 86_400, 86_400, 86_400]],
  ])('of %s', (policy, seconds) => {
    expect(seconds.map((_, i) => backoffSeconds(policy, i + 1))).toEqual(seconds);
    expect(backoffSeconds(policy, 1_000_000)).toBe(seconds.at(-1));
    expect(backoffSeconds(policy, 0)).toBe(seconds[0]);
  });

  it('grows with each failed probe, and is reset by a success', () => {
    const desired = desiredOf('Domain', 'www', domainSpec({ failurePolicy: 'strict' }));
    let kept: Partial<DomainMemory> = {};
    const noted = (met: DomainRefresh, now: number): Partial<DomainMemory> => {
      const observed = standing(seenDomain(desired.ref, desired.spec, met, false, now), now);
      const memory = memoryOf('Domain', 'www', { kept, state: 'tls_error' }) as Memory<DomainMemory>;
      return noteDomain(resourceWith({ ref: desired.ref, desired, observed, memory }), now);
    };
    for (const [i, seconds] of [300, 600, 1200].entries()) {
      kept = noted(look([failed('192.0.2.1', 'timeout')]), NOW + i);
      expect(kept).toMatchObject({
        error: 'timeout',
        message: 'www.example.test:443: it is timeout',
        failures: i + 1,
        failed_at: new Date(NOW + i).toISOString(),
        retry_at: new Date(NOW + i + seconds * 1000).toISOString(),
        target: 'www.example.test www.example.test:443',
      });
    }
    // A Domain that was not probed is not counted.
    expect(
      noteDomain(
        resourceWith({
          ref: desired.ref,
          desired,
          observed: see({ kind: 'spaced', memory: { state: 'tls_error', kept } }),
          memory: memoryOf('Domain', 'www', { kept }),
        }),
        NOW + 10,
      ),
    ).toEqual({});
    expect(noted(look([served('192.0.2.1')]), NOW + 20)).toMatchObject({
      error: '',
      message: '',
      failures: 0,
      failed_at: '',
      retry_at: '',
    });
  });
});

test('a Domain that was not probed yet is shown as in the state', () => {
  const kept = {
    error: 'refused',
    message: 'www.example.test:443: connection refused',
    failures: 2,
    failed_at: '2026-11-20T11:00:00.000Z',
    retry_at: '2026-11-20T12:00:01.000Z',
    fingerprint: fingerprint('d'),
    not_after: '2027-01-01T00:00:00.000Z',
  };
  const seen = see({ kind: 'spaced', memory: { state: 'tls_error', kept } });
  expect(seen).toMatchObject({
    state: 'tls_error',
    at: Date.parse(kept.failed_at),
    facts: { error: 'refused', message: kept.message, fingerprint: kept.fingerprint, remembered: true },
  });
  expect(seen.findings.map(({ code, severity, message }) => [code, severity, message])).toEqual([
    ['refused', 'error', 'www.example.test:443: connection refused (probed at 2026-11-20T11:00:00.000Z)'],
    ['backing-off', 'info', '2 probes failed. The next scheduled probe is at 2026-11-20T12:00:01.000Z'],
  ]);
});
