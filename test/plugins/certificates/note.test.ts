/** What of a look is remembered, and the finding that needs two resources. */

import { describe, expect, test } from 'vitest';
import type { CertificatePair, DomainPair, IssuerPair } from '../../../plugins/certificates/diff.ts';
import { domainFindings, noteCertificate, noteDomain, noteIssuer } from '../../../plugins/certificates/note.ts';
import type { Pair } from '../../../src/engine/types.ts';
import {
  certificateFacts,
  desiredOf,
  fingerprint,
  issuerPair,
  memoryOf,
  observedOf,
  refOf,
  sceneOf,
} from './support.ts';

describe('of an Issuer', () => {
  const note = (pair: Pair) => noteIssuer(pair as unknown as IssuerPair);
  test('only the first authority is remembered', () => {
    expect(note(issuerPair({ memory: memoryOf('Issuer', 'ca') }))).toEqual({ fingerprint: fingerprint('a') });
    expect(note(issuerPair({ memory: memoryOf('Issuer', 'ca', { kept: { fingerprint: fingerprint('b') } }) }))).toEqual(
      {},
    );
  });
  test('nothing of a broken one, or of none', () => {
    const memory = memoryOf('Issuer', 'ca');
    expect(
      note(issuerPair({ memory, observed: observedOf('Issuer', 'ca', 'broken', { fingerprint: fingerprint('a') }) })),
    ).toEqual({});
    const { observed: _observed, ...absent } = issuerPair({ memory });
    expect(note(absent)).toEqual({});
  });
});

test('of a Certificate, what is stored', () => {
  const pair: CertificatePair = {
    ref: refOf('Certificate', 'www'),
    observed: observedOf('Certificate', 'www', 'normal', certificateFacts()),
  };
  const { notAfter } = certificateFacts();
  expect(noteCertificate(pair)).toEqual({ fingerprint: fingerprint('c'), notAfter, issuer: fingerprint('a') });
  expect(
    noteCertificate({
      ...pair,
      observed: observedOf('Certificate', 'www', 'expired', certificateFacts({ usable: false })),
    }),
  ).toEqual({});
  expect(noteCertificate({ ref: pair.ref })).toEqual({});
});

describe('of a Domain', () => {
  const pair: DomainPair = {
    ref: refOf('Domain', 'd'),
    desired: desiredOf('Domain', 'd', { host: 'a.test', port: 443, expiryWarnDays: 30, certificate: 'www' }),
    observed: observedOf('Domain', 'd', 'issued', {
      fingerprint: fingerprint('d'),
      notAfter: '2027-01-01T00:00:00.000Z',
    }),
  };
  test('what was served, and the last error until it is over', () => {
    expect(noteDomain(pair)).toEqual({
      error: '',
      fingerprint: fingerprint('d'),
      notAfter: '2027-01-01T00:00:00.000Z',
    });
    expect(noteDomain({ ...pair, observed: observedOf('Domain', 'd', 'tls_error', { error: 'refused' }) })).toEqual({
      error: 'refused',
    });
    expect(noteDomain({ ref: pair.ref })).toEqual({});
  });

  const stored = (facts: Parameters<typeof certificateFacts>[0]): Pair => ({
    ref: refOf('Certificate', 'www'),
    observed: observedOf('Certificate', 'www', 'normal', certificateFacts(facts)),
  });
  test('another certificate than the stored one is a finding', () => {
    expect(domainFindings(pair, sceneOf([stored({})]))).toEqual([
      {
        ref: pair.ref,
        code: 'served-other',
        severity: 'warning',
        message: 'serves sha256:dddddddddddd, and sha256:cccccccccccc is stored as www',
        facts: { served: fingerprint('d'), stored: fingerprint('c'), certificate: 'www' },
      },
    ]);
  });
  test('the stored one, none stored, none named or none served are no finding', () => {
    expect(domainFindings(pair, sceneOf([stored({ fingerprint: fingerprint('d') })]))).toEqual([]);
    expect(domainFindings(pair, sceneOf())).toEqual([]);
    expect(
      domainFindings(
        { ...pair, desired: desiredOf('Domain', 'd', { host: 'a.test', port: 443, expiryWarnDays: 30 }) },
        sceneOf([stored({})]),
      ),
    ).toEqual([]);
    expect(
      domainFindings(
        { ref: pair.ref, ...(pair.desired === undefined ? {} : { desired: pair.desired }) },
        sceneOf([stored({})]),
      ),
    ).toEqual([]);
  });
});
