/** Variables of the host about probes: their limits, and who wins against documents and settings. */

import { expect, describe, it } from 'vitest';
import { domainWithSettings, isProbing, settingsOnHost } from '../../../plugins/certificates/environment.ts';
import type { CertificatesConfig } from '../../../plugins/certificates/generated.ts';
import { desiredOf, domainSpec } from './support.ts';

const seconds = (written: number, env: Readonly<Record<string, string>>): number | undefined =>
  settingsOnHost({ probe: { totalSeconds: written } as CertificatesConfig['probe'] }, env).probe?.totalSeconds;

describe('TLS_PROBE_TIMEOUT_SECONDS', () => {
  it.each([
    ['8', 10, 8],
    ['30', 10, 10],
    [' 8 ', 4, 4],
    ['', 10, 10],
  ])('%j and the setting %i: %i s', (text, written, expected) => {
    expect(seconds(written, { TLS_PROBE_TIMEOUT_SECONDS: text })).toBe(expected);
  });

  it('shortens the default', () => {
    expect(settingsOnHost({}, { TLS_PROBE_TIMEOUT_SECONDS: '3' }).probe).toMatchObject({
      totalSeconds: 3,
      connectSeconds: 5,
    });
  });
});

describe('CERT_EXPIRY_WARN_DAYS', () => {
  const days = (written: readonly string[] | undefined, env: Readonly<Record<string, string>>): number => {
    const domain = desiredOf('Domain', 'www', domainSpec({ expiryWarnDays: 20 }));
    const settings = settingsOnHost({ domains: { expiryWarnDays: 25 } }, env);
    const { written: _none, ...unknown } = domain;
    return domainWithSettings(written === undefined ? unknown : { ...domain, written }, settings).spec.expiryWarnDays;
  };

  it.each<readonly [string, readonly string[] | undefined, string, number]>([
    ['the document wins over all', ['/host', '/expiryWarnDays'], '14', 20],
    ['the variable wins over the settings', ['/host'], '14', 14],
    ['0 is a value', ['/host'], '0', 0],
    ['the settings count without the variable', ['/host'], '', 25],
    ['a document with unknown fields keeps its value', undefined, '14', 20],
  ])('%s', (_what, written, text, expected) => {
    expect(days(written, { CERT_EXPIRY_WARN_DAYS: text })).toBe(expected);
  });
});

it('CERT_PROBE_FALLBACK_ENABLED switches probes off only by false', () => {
  expect(isProbing({})).toBe(true);
  const texts = ['', 'true', '0', 'no', 'FALSE', 'false', ' false '];
  const off = texts.filter((text) => !isProbing({ CERT_PROBE_FALLBACK_ENABLED: text }));
  expect(off).toEqual(['false', ' false ']);
});

it.each([
  ['TLS_PROBE_TIMEOUT_SECONDS', '0'],
  ['TLS_PROBE_TIMEOUT_SECONDS', '121'],
  ['TLS_PROBE_TIMEOUT_SECONDS', '8s'],
  ['CERT_EXPIRY_WARN_DAYS', '-1'],
  ['CERT_EXPIRY_WARN_DAYS', '3651'],
  ['CERT_EXPIRY_WARN_DAYS', 'hunter22'],
])('%s=%s is refused by name, without its value', (name, value) => {
  expect(() => settingsOnHost({}, { [name]: value })).toThrow(new RegExp(`^${name} is not valid\\. Use a whole`, 'u'));
  expect(() => settingsOnHost({}, { [name]: value })).not.toThrow('hunter22');
});
