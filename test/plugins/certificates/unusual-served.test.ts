/** Certificates that break parsers, served by openssl: each has clear facts, and none throws. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { DomainFacts } from '../../../plugins/certificates/facts.ts';
import type { DomainSpec } from '../../../plugins/certificates/generated.ts';
import { certificates } from '../../../plugins/certificates/plugin.ts';
import type { Observed } from '#plugin';
import { freePort } from '../../support/daemons.ts';
import { desiredOf, domainSpec, openssl, outside, queryOf, read, refreshed } from './support.ts';
import { temporaryFolder } from '../../support/cli.ts';

const HOST = 'www.example.test';

interface Made {
  readonly key?: readonly string[];
  readonly names?: readonly string[];
  readonly extensions?: readonly string[];
  readonly args?: readonly string[];
  readonly subject?: string;
}

const EC = ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'];

/** A self-signed pair, `odd.crt` and `odd.key`, in a folder that is removed after the test. */
function made({ key = EC, names = [`DNS.1=${HOST}`], extensions = [], args = [], subject = '/CN=x' }: Made): string {
  const folder = temporaryFolder();
  openssl(folder, 'genpkey -out odd.key', ...key);
  const san = names.length === 0 ? [] : ['subjectAltName=@names'];
  const head = ['[req]', 'distinguished_name=dn', 'x509_extensions=ext', '[dn]', '[ext]'];
  writeFileSync(join(folder, 'odd.cnf'), [...head, ...san, ...extensions, '[names]', ...names, ''].join('\n'));
  const options = ['-key', 'odd.key', '-out', 'odd.crt', '-subj', subject, '-config', 'odd.cnf', '-days', '90'];
  openssl(folder, 'req -x509', ...options, ...args);
  return folder;
}

function stop(child: ChildProcess): void {
  child.kill('SIGKILL');
}

/** Serves the pair until the test ends; gives the port. */
async function serving(folder: string, ...args: readonly string[]): Promise<number> {
  const port = await freePort();
  const pair = ['-cert', 'odd.crt', '-key', 'odd.key', '-quiet'];
  const child = spawn('openssl', ['s_server', '-accept', `127.0.0.1:${port}`, ...pair, ...args], {
    cwd: folder,
    stdio: 'ignore',
  });
  onTestFinished(() => stop(child));
  for (let tries = 0; tries < 200; tries += 1) {
    const listening = execFileSync('bash', ['-c', `: < /dev/tcp/127.0.0.1/${port} && echo yes || true`], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    if (listening.includes('yes')) return port;
    await sleep(20);
  }
  throw new Error('openssl s_server does not start');
}

async function probe(folder: string, port: number, spec: Partial<DomainSpec> = {}): Promise<Observed<DomainFacts>> {
  const reader = await certificates.openReader(outside(folder));
  const written = domainSpec({ host: HOST, address: '127.0.0.1', port, trust: ['odd.crt'], ...spec });
  const { observed, gaps } = await refreshed(
    reader,
    queryOf([desiredOf('Domain', 'odd', written)], { now: Date.now() + 1000 }),
  );
  expect(gaps).toEqual([]);
  const [found] = observed;
  if (found === undefined) throw new Error('nothing is seen');
  // Facts are stored, compared and printed, so they must be plain.
  expect(JSON.parse(JSON.stringify(found.facts))).toEqual(found.facts);
  return found as Observed<DomainFacts>;
}

describe('a server whose certificate', () => {
  test('has 500 names', async () => {
    const names = Array.from({ length: 500 }, (_, i) => `DNS.${i + 1}=host-${i}.example.test`);
    const folder = made({ names });
    const port = await serving(folder);
    const seen = await probe(folder, port, { host: 'host-499.example.test' });
    expect([seen.state, seen.facts.names?.length]).toEqual(['issued', 500]);
    const [finding] = (await probe(folder, port)).findings;
    expect(finding?.message).toMatch(/^valid for host-0\.example\.test, .+ and 495 more, not for www\.example\.test$/u);
  });

  test('has no subject', async () => {
    const folder = made({ subject: '/', extensions: [] });
    expect(await probe(folder, await serving(folder))).toMatchObject({
      state: 'issued',
      facts: { subject: '', issuer: '' },
    });
  });

  test('has no names', async () => {
    const folder = made({ names: [], subject: `/CN=${HOST}` });
    const seen = await probe(folder, await serving(folder));
    expect(seen.findings.map(({ code }) => code)).toEqual(['wrong-name']);
    expect(seen.facts.names).toEqual([]);
  });

  test('has a serial of 200 bytes', async () => {
    const folder = made({ args: ['-set_serial', `0x7f${'ab'.repeat(199)}`] });
    expect((await probe(folder, await serving(folder))).state).toBe('issued');
  });

  test('has a subject with bidirectional control characters', async () => {
    const folder = made({ subject: `/CN=\u001b[2Jx\u202ey`, args: ['-utf8'] });
    const seen = await probe(folder, await serving(folder));
    expect(seen.state).toBe('issued');
    expect(seen.facts.subject).not.toMatch(/[\u001b\u202e]/u);
  });

  test('has an unknown extension', async () => {
    const folder = made({ extensions: ['1.2.3.4.5.6=ASN1:UTF8String:odd'] });
    expect((await probe(folder, await serving(folder))).state).toBe('issued');
  });

  test('has an unknown critical extension, which no client accepts', async () => {
    const folder = made({ extensions: ['1.2.3.4.5.6=critical,ASN1:UTF8String:odd'] });
    const seen = await probe(folder, await serving(folder));
    expect(seen.state).toBe('tls_error');
    expect(seen.findings.map(({ code }) => code)).toEqual(['untrusted']);
    expect(seen.facts.trusted).toBe(false);
  });

  test('has an RSA-PSS key', async () => {
    const folder = made({ key: ['-algorithm', 'RSA-PSS', '-pkeyopt', 'rsa_keygen_bits:2048'] });
    expect(await probe(folder, await serving(folder))).toMatchObject({
      state: 'issued',
      facts: { keyAlgorithm: 'rsa-pss-2048' },
    });
  });

  test('is signed by RSA-PSS', async () => {
    const folder = made({
      key: ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
      args: ['-sigopt', 'rsa_padding_mode:pss'],
    });
    expect(await probe(folder, await serving(folder))).toMatchObject({
      state: 'issued',
      facts: { keyAlgorithm: 'rsa-2048' },
    });
  });

  test.each([
    ['ed25519', ['-algorithm', 'ED25519'], 'ed25519'],
    ['ed448', ['-algorithm', 'ED448'], 'ed448'],
    ['P-521', ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-521'], 'ecdsa-p521'],
  ])('has a key of %s', async (_name, key, keyAlgorithm) => {
    const folder = made({ key });
    expect(await probe(folder, await serving(folder))).toMatchObject({ state: 'issued', facts: { keyAlgorithm } });
  });

  // Few clients support these curves, and Node.js does not: a failed handshake is the only fact.
  test.each([['-tls1_2'], ['-tls1_3']])('has a key of brainpoolP256r1, by %s', async (version) => {
    const folder = made({ key: ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:brainpoolP256r1'] });
    const seen = await probe(folder, await serving(folder, version));
    expect(seen.state).toBe('tls_error');
    expect(seen.findings.map(({ code }) => code)).toEqual(['handshake']);
    expect(seen.facts.message).toMatch(/the TLS handshake failed: \S/u);
  });

  test('has an invalid date', async () => {
    const folder = made({});
    const der = Buffer.from(read(folder, 'odd.crt').replaceAll(/-----[^-]+-----|\s/gu, ''), 'base64');
    // The second UTCTime of the validity (tag 23, 13 bytes) is its end.
    const end = der.indexOf(Buffer.from([23, 13]), der.indexOf(Buffer.from([23, 13])) + 2) + 2;
    der.write('99ZZ', end, 'latin1');
    const pem = der.toString('base64').replaceAll(/.{64}/gu, '$&\n');
    writeFileSync(join(folder, 'odd.crt'), `-----BEGIN CERTIFICATE-----\n${pem}\n-----END CERTIFICATE-----\n`);
    const seen = await probe(folder, await serving(folder), { trust: [] });
    expect(seen.state).toBe('tls_error');
    expect(seen.findings).toMatchObject([{ code: 'handshake', message: expect.stringContaining('cannot be read') }]);
  });
});
