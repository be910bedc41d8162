/**
 * Servers with an ECDSA and an RSA certificate, and certificates that require a stapled OCSP response: real servers of
 * openssl, which select the certificate as most servers do, with the program openssl as the witness.
 */

import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { DomainFacts } from '../../../plugins/certificates/facts.ts';
import type { DomainMemory, DomainSpec } from '../../../plugins/certificates/generated.ts';
import { noteDomain } from '../../../plugins/certificates/note.ts';
import { certificates } from '../../../plugins/certificates/plugin.ts';
import { shownBy } from '../../../plugins/certificates/served.ts';
import type { Observed } from '#plugin';
import { freePort } from '../../support/daemons.ts';
import { resourceWith } from '../../support/resource.ts';
import { type KeyKind, keyPemOf, type MadeCertificate, makeCertificate } from './chain-maker.ts';
import { desiredOf, domainSpec, memoryOf, openssl, outside, queryOf, refreshed } from './support.ts';

const HOST = 'www.example.test';
const now = Date.now();
let folder: string;
const made: Record<string, MadeCertificate> = {};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fettle-key-types-'));
  const root = await makeCertificate({ name: 'Root', from: -400, to: 3000, ca: true }, now);
  writeFileSync(join(folder, 'ca.crt'), root.pem);
  const leaf = async (name: string, key: KeyKind, from: number, to: number): Promise<void> => {
    const one = await makeCertificate({ name: HOST, by: root, from, to, dnsNames: [HOST], key }, now);
    made[name] = one;
    writeFileSync(join(folder, `${name}.crt`), one.pem);
    writeFileSync(join(folder, `${name}.key`), keyPemOf(one));
  };
  await leaf('ecdsa', 'p256', -9, 80);
  await leaf('rsa', 'rsa2048', -9, 60);
  await leaf('rsa-ended', 'rsa2048', -90, -3);
  await leaf('rsa-old', 'rsa2048', -60, 40);
  await leaf('ecdsa-near', 'p256', -80, 10);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A server of openssl, once it listens. Returns its port. */
async function serve(args: readonly string[]): Promise<number> {
  const port = await freePort();
  const server: ChildProcess = spawn('openssl', ['s_server', '-quiet', '-accept', `127.0.0.1:${port}`, ...args], {
    cwd: folder,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  onTestFinished(() => void server.kill());
  await expect
    .poll(
      () =>
        new Promise((resolve) => {
          const socket = connect(port, '127.0.0.1');
          socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
          socket.on('connect', () => socket.destroy());
        }),
      { timeout: 10_000 },
    )
    .toBe(true);
  return port;
}

function pair(name: string, more = ''): readonly string[] {
  return [`-${more}cert`, `${name}.crt`, `-${more}key`, `${name}.key`];
}

interface Looked {
  readonly spec?: Partial<DomainSpec>;
  readonly memory?: Partial<DomainMemory>;
}

async function look(port: number, { spec, memory }: Looked = {}): Promise<Observed<DomainFacts>> {
  const reader = await certificates.openReader(outside(folder));
  const desired = desiredOf(
    'Domain',
    'd',
    domainSpec({ host: HOST, address: '127.0.0.1', port, trust: ['ca.crt'], ...spec }),
  );
  const kept = memory === undefined ? [] : [memoryOf('Domain', 'd', { state: 'issued', kept: memory })];
  const { observed, gaps } = await refreshed(reader, queryOf([desired], { now: Date.now(), memory: kept }));
  expect(gaps).toEqual([]);
  return observed[0] as Observed<DomainFacts>;
}

const messagesOf = ({ findings }: Observed): readonly string[] =>
  findings.map(({ code, message }) => `${code}: ${message}`);
const fingerprint = (name: string): string =>
  `sha256:${(made[name] as MadeCertificate).certificate.fingerprint256.replaceAll(':', '').toLowerCase()}`;

/** The error of openssl as a client that accepts only RSA certificates. */
function opensslAsRsa(port: number): string {
  const args = ['s_client', '-connect', `127.0.0.1:${port}`, '-servername', HOST, '-CAfile', 'ca.crt'];
  const { stdout, stderr } = spawnSync('openssl', [...args, '-sigalgs', 'RSA-PSS+SHA256'], {
    cwd: folder,
    input: '',
    encoding: 'utf8',
  });
  return /verify error:num=\d+:(?<text>.*)/u.exec(stdout + stderr)?.groups?.['text'] ?? '';
}

describe.each(['TLS 1.3', 'TLS 1.2'])('a server with two certificates, %s', (protocol) => {
  const version = protocol === 'TLS 1.2' ? ['-tls1_2'] : [];

  test('shows the RSA one that has ended', async () => {
    const port = await serve([...pair('ecdsa'), ...pair('rsa-ended', 'd'), ...version]);
    expect(opensslAsRsa(port)).toBe('certificate has expired');
    // In TLS 1.2 the suite selects the certificate, and RSA comes first: no sign of the other one.
    const seen = await look(port, protocol === 'TLS 1.2' ? { spec: { keyTypes: ['ecdsa', 'rsa'] } } : {});
    expect(seen.state).toBe('tls_error');
    expect(messagesOf(seen)).toEqual([
      expect.stringMatching(/^expired: at 127\.0\.0\.1 \(RSA\): expired 3 days ago, at /u),
    ]);
    expect(seen.facts.addresses).toMatchObject([
      { address: '127.0.0.1', key_type: 'ecdsa', fingerprint: fingerprint('ecdsa') },
      { address: '127.0.0.1', key_type: 'rsa', fingerprint: fingerprint('rsa-ended'), error: 'expired' },
    ]);
    expect((await look(port, { spec: { keyTypes: ['ecdsa'] } })).state).toBe('issued');
  });

  test('shows the ECDSA one that ends soon', async () => {
    const port = await serve([...pair('ecdsa-near'), ...pair('rsa', 'd'), ...version]);
    const seen = await look(port, { spec: { keyTypes: ['rsa', 'ecdsa'] } });
    expect(seen.state).toBe('expiring');
    expect(messagesOf(seen)).toEqual(['expiring: at 127.0.0.1 (ECDSA): expires in 9 days (expiryWarnDays is 30)']);
    expect(seen.facts.fingerprint).toBe(fingerprint('ecdsa-near'));
  });

  test('misses a declared key type', async () => {
    const port = await serve([...pair('ecdsa'), ...version]);
    const seen = await look(port, { spec: { keyTypes: ['ecdsa', 'rsa'] } });
    expect(seen.state).toBe('tls_error');
    expect(messagesOf(seen)).toEqual([
      expect.stringMatching(
        /^handshake: at 127\.0\.0\.1 \(RSA\): 127\.0\.0\.1:\d+: a client that accepts only RSA certificates gets none: /u,
      ),
    ]);
  });
});

test('a server that ignores the preference of its clients needs the declared key types', async () => {
  const port = await serve([...pair('ecdsa'), ...pair('rsa-ended', 'd'), '-serverpref']);
  expect((await look(port)).state).toBe('issued');
  expect((await look(port, { spec: { keyTypes: ['ecdsa', 'rsa'] } })).facts.error).toBe('expired');
});

describe('the stored certificate', () => {
  const stored = (name: string) => ({
    fingerprint: fingerprint(name),
    keyType: name.startsWith('rsa') ? ('rsa' as const) : ('ecdsa' as const),
    not_before: (made[name] as MadeCertificate).certificate.validFromDate.toISOString(),
    former: [],
  });
  const shown = async (port: number, name: string) => {
    const observed = await look(port);
    const desired = desiredOf('Domain', 'd', domainSpec({ host: HOST, address: '127.0.0.1', port }));
    return shownBy(resourceWith({ ref: observed.ref, observed, desired }), stored(name));
  };

  test.each(['ecdsa', 'rsa'])('is compared with the served one of its key type: %s', async (name) => {
    const port = await serve([...pair('ecdsa'), ...pair('rsa', 'd')]);
    expect(await shown(port, name)).toMatchObject([
      { address: '127.0.0.1', serves: 'stored', target: { keyTypes: ['ecdsa', 'rsa'] } },
    ]);
  });

  test('is newer than the served one of its key type', async () => {
    const port = await serve([...pair('ecdsa'), ...pair('rsa-old', 'd')]);
    expect(await shown(port, 'rsa')).toMatchObject([{ serves: 'older', fingerprint: fingerprint('rsa-old') }]);
  });
});

describe('a server with one certificate', () => {
  test('is probed for another one once for each served certificate', async () => {
    const port = await serve(pair('ecdsa'));
    const first = await look(port);
    expect(first).toMatchObject({ state: 'issued', findings: [], signals: { single: fingerprint('ecdsa') } });
    expect(first.facts.addresses).toHaveLength(1);
    expect(first.facts.addresses?.[0]).not.toHaveProperty('key_type');
    const desired = desiredOf('Domain', 'd', domainSpec({ host: HOST, address: '127.0.0.1', port, trust: ['ca.crt'] }));
    const resource = resourceWith({ ref: first.ref, observed: first, desired });
    const memory = noteDomain(resource, now);
    expect(memory.single).toBe(fingerprint('ecdsa'));
    const second = await look(port, { memory });
    expect(second.signals).not.toHaveProperty('single');
    expect((await look(port, { memory: { ...memory, single: fingerprint('rsa') } })).signals).toHaveProperty('single');
    // Without a new answer, the known one stays in the state.
    const after = noteDomain(
      resourceWith({
        ref: second.ref,
        observed: second,
        desired,
        memory: memoryOf('Domain', 'd'),
      }),
      now,
    );
    expect(after).not.toHaveProperty('single');
  });

  test('of RSA is probed for no other', async () => {
    const port = await serve(pair('rsa'));
    const seen = await look(port);
    expect(seen).toMatchObject({ state: 'issued', findings: [] });
    expect(seen.signals).not.toHaveProperty('single');
  });
});

describe('a certificate that requires a stapled OCSP response', () => {
  const MESSAGE =
    'must-staple: the certificate requires a stapled OCSP response (must-staple), and the server sends none: clients that check this refuse the server';

  beforeAll(() => {
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    const names = ['-addext', `subjectAltName=DNS:${HOST}`, '-addext', 'tlsfeature=status_request'];
    openssl(
      folder,
      'req',
      '-x509',
      ...curve,
      '-keyout',
      'staple.key',
      '-out',
      'staple.crt',
      '-subj',
      '/CN=Staple',
      ...names,
      '-days',
      '90',
    );
    // A response of the certificate's own authority, which is itself.
    const serial = openssl(folder, 'x509', '-in', 'staple.crt', '-noout', '-serial').trim().replace('serial=', '');
    writeFileSync(join(folder, 'index'), `V\t301231235959Z\t\t${serial}\tunknown\t/CN=Staple\n`);
    openssl(folder, 'ocsp', '-issuer', 'staple.crt', '-cert', 'staple.crt', '-reqout', 'request', '-no_nonce');
    openssl(
      folder,
      'ocsp',
      '-index',
      'index',
      '-CA',
      'staple.crt',
      '-rsigner',
      'staple.crt',
      '-rkey',
      'staple.key',
      '-reqin',
      'request',
      '-respout',
      'good',
      '-ndays',
      '7',
    );
    // tryLater: RFC 6960, 4.2.1
    writeFileSync(join(folder, 'later'), Buffer.from('30030a0103', 'hex'));
    expect(openssl(folder, 'ocsp', '-respin', 'good', '-resp_text', '-noverify')).toContain('successful (0x0)');
    expect(openssl(folder, 'x509', '-in', 'staple.crt', '-noout', '-ext', 'tlsfeature')).toContain('status_request');
  });

  test.each<readonly [string, readonly string[], readonly string[]]>([
    ['is a finding if the server staples nothing', [], [MESSAGE]],
    ['has no finding if the server staples a response', ['-status_file', 'good'], []],
    ['is a finding if the response is not a successful one', ['-status_file', 'later'], [MESSAGE]],
  ])('%s', async (_name, more, expected) => {
    for (const version of [[], ['-tls1_2']]) {
      const port = await serve([...pair('staple'), ...more, ...version]);
      const seen = await look(port, { spec: { trust: ['staple.crt'] } });
      expect([seen.state, messagesOf(seen)]).toEqual(['issued', expected]);
      expect(messagesOf(await look(port, { spec: { trust: ['staple.crt'], verify: false } }))).toEqual([]);
    }
  });

  test('is the only kind that has to be stapled', async () => {
    const port = await serve(pair('ecdsa'));
    expect(messagesOf(await look(port))).toEqual([]);
    const text = execFileSync('openssl', ['x509', '-in', 'ecdsa.crt', '-noout', '-text'], { cwd: folder });
    expect(text.toString()).not.toContain('TLS Feature');
    expect(readFileSync(join(folder, 'ecdsa.crt'), 'utf8')).toContain('BEGIN CERTIFICATE');
  });
});
