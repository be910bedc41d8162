/** Documents of the plugin: their checks. */

import { describe, expect, test } from 'vitest';
import { check as checkWith, checkTogether } from '../../../plugins/certificates/check.ts';
import type { CertificateSpec, DomainSpec } from '../../../plugins/certificates/generated.ts';
import { certificates } from '../../../plugins/certificates/plugin.ts';
import type { Desired, Json } from '#plugin';
import { certificateSpec, desiredOf, domainSpec } from './support.ts';

const certificate = (more: Partial<CertificateSpec>, name = 'www', file = 'main.yaml') =>
  desiredOf('Certificate', name, certificateSpec(more), file);
const domain = (more: Partial<DomainSpec>) =>
  desiredOf('Domain', 'www', { host: 'a.test', port: 443, expiryWarnDays: 30, ...more });

const check = (desired: Desired, settings: Json = {}) => checkWith(desired, () => undefined, settings);

describe('a Certificate', () => {
  test('with usual values is valid', () => {
    expect(
      check(certificate({ dnsNames: ['a.test', '*.a.test', 'xn--bcher-kva.example', 'localhost', 'a_b.test'] })),
    ).toEqual([]);
  });

  test.each([
    ['127.0.0.1', 'is an IP address'],
    ['::1', 'is an IP address'],
    ['a.test.', 'ends with a dot'],
    ['*.test', 'whole top-level domain'],
    ['*', 'whole top-level domain'],
    ['a.*.test', 'a wildcard must be the whole first label'],
    ['www*.a.test', 'a wildcard must be the whole first label'],
    ['-a.test', 'is not a DNS name'],
    ['a..test', 'is not a DNS name'],
    [`${'a'.repeat(64)}.test`, 'is not a DNS name'],
    ['a b.test', 'is not a DNS name'],
    ['*.a_b.test', 'clients do not accept a wildcard in a name with an underscore'],
  ])('rejects the name %j', (name, text) => {
    const mistakes = check(certificate({ dnsNames: ['ok.test', name] }));
    expect(mistakes).toMatchObject([{ code: 'invalid-name', pointer: '/spec/dnsNames/1' }]);
    expect(mistakes[0]?.message).toContain(text);
  });

  test('rejects a name twice, in any case', () => {
    expect(check(certificate({ dnsNames: ['a.test', 'b.test', 'A.Test'] }))).toEqual([
      { code: 'duplicate-name', pointer: '/spec/dnsNames/2', message: 'A.Test is the same name as item 1' },
    ]);
  });

  test.each([
    [90, 30, undefined],
    [89, 30, '29 days'],
    [90, 89, '30 days'],
    [31, 30, '10 days'],
    [30, 30, '10 days'],
    [7, 30, '2 days'],
  ])('of %i days with a threshold of %i: %s', (validityDays, thresholdDays, inForce) => {
    const mistakes = check(certificate({ validityDays, renewal: { thresholdDays } }));
    if (inForce === undefined) expect(mistakes).toEqual([]);
    else {
      expect(mistakes).toMatchObject([
        { code: 'threshold-too-long', severity: 'warning', pointer: '/spec/renewal/thresholdDays' },
      ]);
      expect(mistakes[0]?.message).toContain(inForce);
      expect(mistakes[0]?.message).toContain(`thresholdDays is ${thresholdDays}, and validityDays is ${validityDays}`);
    }
  });

  test.each([
    [31, []],
    [30, ['/spec/validityDays']],
  ])('of %i days without a declared threshold: %j', (validityDays, pointers) => {
    const desired = certificate({ validityDays });
    const written = { ...desired, spec: { ...desired.spec, renewal: {} } };
    expect(check(written).map(({ pointer }) => pointer)).toEqual(pointers);
  });
});

describe('the storage of a Certificate', () => {
  const paths = { certificate: 'a.crt', key: 'a.key' };
  test.each<readonly [string, CertificateSpec['storage'], string | undefined]>([
    ['a certificate and its key', { file: paths }, undefined],
    ['everything', { file: { ...paths, chain: 'a.ca', fullchain: 'a.full', combined: 'a.pem' } }, undefined],
    ['one file for all', { file: { combined: 'a.pem' } }, undefined],
    ['a folder', { directory: { path: 'a', combined: false } }, undefined],
    ['no key', { file: { certificate: 'a.crt' } }, 'the key is missing'],
    ['no certificate', { file: { key: 'a.key' } }, 'the certificate is missing'],
    ['one file for all, and a key', { file: { combined: 'a.pem', key: 'a.key' } }, 'the certificate is missing'],
    ['one file for all, and a chain', { file: { combined: 'a.pem', chain: 'a.ca' } }, 'the certificate is missing'],
  ])('%s', (_name, storage, text) => {
    const mistakes = check(certificate({ storage }));
    expect(mistakes).toMatchObject(
      text === undefined
        ? []
        : [
            {
              code: 'incomplete-storage',
              pointer: '/spec/storage/file',
              message: expect.stringContaining(text) as unknown,
            },
          ],
    );
  });
});

describe('a command of a Certificate', () => {
  const reloads = (command: readonly string[]) => certificate({ reload: { command, timeoutSeconds: 60 } });
  const allowed = { commands: [['systemctl', 'reload', 'nginx'], ['./push.sh']] };

  test('is valid if fettle.yaml lists it word for word', () => {
    expect(check(reloads(['systemctl', 'reload', 'nginx']), allowed)).toEqual([]);
    expect(check(certificate({ deploy: { command: ['./push.sh'], timeoutSeconds: 60 } }), allowed)).toEqual([]);
  });

  test.each([
    [['systemctl', 'reload', 'nginx', '--now']],
    [['systemctl', 'reload']],
    [['systemctl reload nginx']],
    [['systemctl', 'reload', 'Nginx']],
    [['push.sh']],
  ])('%j is not valid', (command) => {
    expect(check(reloads(command), allowed)).toMatchObject([
      { code: 'command-not-allowed', pointer: '/spec/reload/command' },
    ]);
    expect(check(certificate({ deploy: { command, timeoutSeconds: 60 } }), allowed)).toMatchObject([
      { code: 'command-not-allowed', pointer: '/spec/deploy/command' },
    ]);
    expect(check(reloads(command), {})).toHaveLength(1);
  });

  test('is a command or a signal, and a signal only goes to a process that fettle.yaml names', () => {
    const signal = { pidFile: './run/nginx.pid', name: 'HUP' } as const;
    const at = (reload: CertificateSpec['reload']) =>
      certificate(reload === undefined ? {} : { reload }, 'www', 'd/a.yaml');
    expect(check(at({ signal, timeoutSeconds: 60 }), { pidFiles: ['d/run/nginx.pid'] })).toEqual([]);
    expect(check(at({ signal, timeoutSeconds: 60 }), { pidFiles: ['run/nginx.pid'] })).toMatchObject([
      { code: 'command-not-allowed', pointer: '/spec/reload/signal/pidFile' },
    ]);
    for (const reload of [{ timeoutSeconds: 60 }, { timeoutSeconds: 60, signal, command: ['./push.sh'] }])
      expect(check(at(reload), { ...allowed, pidFiles: ['d/run/nginx.pid'] })).toMatchObject([
        { code: 'invalid-reload', pointer: '/spec/reload' },
      ]);
  });
});

describe('a Domain', () => {
  test.each([undefined, '127.0.0.1', '::1', '[::1]', 'fd00::1%eth0', '::ffff:1.2.3.4', 'lb.example.test'])(
    'at %s is valid',
    (address) => {
      expect(check(domain(address === undefined ? {} : { address }))).toEqual([]);
    },
  );
  test.each([
    ['127.0.0.1:443', 'contains a port'],
    ['[::1]:443', 'contains a port'],
    ['lb.example.test:443', 'contains a port'],
    ['https://a.test', 'is not a valid address or host name'],
    ['a b', 'is not a valid address or host name'],
  ])('at %s is not valid', (address, text) => {
    const mistakes = check(domain({ address }));
    expect(mistakes).toMatchObject([{ code: 'invalid-address', pointer: '/spec/address' }]);
    expect(mistakes[0]?.message).toContain(text);
  });
  test.each<readonly [Partial<DomainSpec>, string, string, suggestion: string | undefined]>([
    [{ host: '1:2' }, '/spec/host', '1:2 is not a valid IPv6 address', undefined],
    [{ host: 'a.test:443' }, '/spec/host', 'a.test:443 is not a valid IPv6 address', undefined],
    [{ host: 'fe80::1' }, '/spec/host', 'fe80::1 is in fe80::/10, which is denied', undefined],
    [{ address: 'bücher.test' }, '/spec/address', 'is not a valid address or host name', 'write xn--bcher-kva.test'],
    [
      { host: '::1', verified: { txt: 'x' } },
      '/spec/verified',
      '::1 is an address, and DNS has no TXT record for it',
      undefined,
    ],
  ])('%j is a mistake', (spec, pointer, message, suggestion) => {
    const mistakes = check(domain(spec));
    expect(mistakes).toMatchObject([{ pointer, message: expect.stringContaining(message) as unknown }]);
    if (suggestion !== undefined) expect(mistakes).toMatchObject([{ suggestion }]);
  });
  test.each<Partial<DomainSpec>>([
    { host: '::1' },
    { host: '127.0.0.1' },
    { host: 'a_b.test' },
    { host: '::1', verified: { txt: 'x', name: 'verify.test' } },
  ])('%j has no mistake', (spec) => {
    expect(check(domain(spec))).toEqual([]);
  });
  test('is not a wildcard', () => {
    expect(check(domain({ host: '*.a.test' }))).toMatchObject([{ code: 'invalid-host', pointer: '/spec/host' }]);
  });
});

describe('the target of a Domain', () => {
  test.each<readonly [Partial<DomainSpec>, string, string]>([
    [{ address: '169.254.169.254' }, '/spec/address', '169.254.169.254 is in 169.254.169.254/32'],
    [{ address: '[::ffff:a9fe:a9fe]' }, '/spec/address', '[::ffff:a9fe:a9fe] is in 169.254.169.254/32'],
    [{ route: { target: 'fe80::1%eth0' } }, '/spec/route/target', 'fe80::1%eth0 is in fe80::/10'],
  ])('%j has a warning if it must not be probed', (spec, pointer, message) => {
    expect(check(domain(spec))).toMatchObject([
      { code: 'denied-address', severity: 'warning', pointer, message: `${message}, which is denied` },
    ]);
  });

  test('depends on the settings', () => {
    const at = domain({ address: '10.0.0.1' });
    expect(check(at)).toEqual([]);
    expect(check(at, { probe: { deny: ['10.0.0.0/8'] } })).toMatchObject([{ code: 'denied-address' }]);
  });

  test('is a place without a port', () => {
    expect(check(domain({ route: { target: 'lb.example.net:8443' } }))).toMatchObject([
      { code: 'invalid-address', pointer: '/spec/route/target', suggestion: 'target: lb.example.net and port: 8443' },
    ]);
    expect(check(domain({ route: { target: 'lb.example.net', region: 'eu' } }))).toEqual([]);
    expect(check(domain({ route: 'none' }))).toEqual([]);
  });
});

describe('settings of probes', () => {
  const of = (probe: Json) => certificates.checkSettings?.({ probe });

  test('with networks and servers are valid', () => {
    expect(
      of({
        allow: [],
        deny: ['10.0.0.0/8', 'fd00::/8', '::ffff:0:0/96'],
        resolvers: ['192.0.2.53', '192.0.2.53:5353', '2001:db8::53', '[2001:db8::53]', '[2001:db8::53]:5353'],
      }),
    ).toEqual([]);
  });

  test.each<readonly [Json, string]>([
    [{ deny: ['10.0.0/8'] }, '/probe/deny/0'],
    [{ resolvers: ['dns.example.test'] }, '/probe/resolvers/0'],
    [{ resolvers: ['192.0.2.53:0'] }, '/probe/resolvers/0'],
    [{ resolvers: ['192.0.2.53:70000'] }, '/probe/resolvers/0'],
    [{ resolvers: ['2001:db8::53:99999'] }, '/probe/resolvers/0'],
  ])('%j is an error', (probe, pointer) => {
    expect(of(probe)).toMatchObject([{ pointer, message: expect.stringContaining(' is not ') }]);
  });

  test('that allow a denied network are an error that names the place to allow it', () => {
    expect(of({ allow: ['169.254.10.0/24', '::1'] })).toMatchObject([
      {
        pointer: '/probe/allow',
        suggestion: 'set FETTLE_ALLOW_NETWORKS=169.254.10.0/24,::1 and remove the field',
      },
    ]);
  });
});

test('Domains with the same externalId are a mistake, in any case of its letters', () => {
  const id = '0b5f4c1e-6d1f-4f0e-9a59-2f4f5a3c7d10';
  const named = (name: string, externalId?: string) =>
    desiredOf('Domain', name, domainSpec(externalId === undefined ? {} : { externalId }));
  expect(checkTogether([named('a', id), named('b', id.replace('0', '1')), named('c'), named('d')])).toEqual([]);
  expect(checkTogether([named('a', id), certificate({}), named('b', id.toUpperCase())])).toEqual([
    {
      ref: { plugin: 'certificates', kind: 'Domain', name: 'b' },
      code: 'duplicate-name',
      pointer: '/spec/externalId',
      message: `${id} is also the externalId of certificates/Domain/a`,
    },
  ]);
});

describe('an Issuer with ACME', () => {
  const issuer = (acme: object): Desired =>
    desiredOf('Issuer', 'public', {
      acme: { directory: 'letsencrypt', accountKey: './account.key', contact: [], solvers: [], ...acme },
    });

  test.each<readonly [string, object, object]>([
    ['an address of a directory', { directory: 'https://ca.example.test/directory' }, []],
    [
      'a misspelt directory',
      { directory: 'letsencript' },
      [
        {
          code: 'unknown-directory',
          pointer: '/spec/acme/directory',
          message: 'letsencript is not the name or the address of a directory',
          suggestion: 'did you mean `letsencrypt`?',
        },
      ],
    ],
    [
      'a directory without https',
      { directory: 'http://ca.example.test/directory' },
      [{ code: 'unknown-directory', suggestion: expect.stringContaining('use an address with https') }],
    ],
    ['an unknown external account', { eab: 'other' }, [{ code: 'unknown-account', pointer: '/spec/acme/eab' }]],
    [
      'an unknown DNS provider',
      { solvers: [{ dns01: { provider: 'corp' } }] },
      [{ code: 'unknown-provider', pointer: '/spec/acme/solvers/0/dns01/provider' }],
    ],
    [
      'a command that fettle.yaml does not list',
      { solvers: [{ dns01: { exec: { command: ['./dns.sh'] } } }] },
      [{ code: 'command-not-allowed', pointer: '/spec/acme/solvers/0/dns01/exec/command' }],
    ],
    [
      'a solver of two kinds',
      { solvers: [{ http01: { webroot: './www' }, dns01: { exec: { command: ['./dns.sh'] } } }] },
      [{ code: 'invalid-solver', message: 'set exactly one of http01, dns01 and dnsPersist01' }, {}],
    ],
  ])('with %s', (_what, acme, mistakes) => {
    expect(check(issuer(acme))).toMatchObject(mistakes);
  });
});
