/** Probes of real TLS servers: served certificates, the trust of a client, and the failures of other servers. */

import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, type Server, createServer } from 'node:net';
import { join } from 'node:path';
import { type TlsOptions, createServer as createTlsServer } from 'node:tls';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { DomainSpec } from '../../../plugins/certificates/generated.ts';
import { makeAuthority, makeKeys, makeLeaf, keyPem } from '../../../plugins/certificates/live/x509-make.ts';
import { certificates } from '../../../plugins/certificates/plugin.ts';
import type { Observed, Query } from '#plugin';
import { freePort } from '../../support/daemons.ts';
import { DAY, desiredOf, domainSpec, openssl, outside, queryOf, refOf, refreshed } from './support.ts';
import { temporaryFolder } from '../../support/cli.ts';

/** Later than the start of every certificate here. */
let now = Date.now();
const HOST = 'www.example.test';

const SELF_SIGNED = 'req -x509 -newkey ed25519 -nodes -days 60';
const ODD_NAMES = {
  ipv6: 'IP:::1',
  underscores: 'DNS:a_b.example.test,DNS:*.w.test',
  'address-as-name': 'DNS:127.0.0.1',
};

let folder: string;
const pem: Record<string, { readonly cert: string; readonly key: string }> = {};

beforeAll(async () => {
  folder = temporaryFolder();
  const authority = async (name: string, at = now) => {
    const keys = await makeKeys('ecdsa-p256');
    return { certificate: await makeAuthority(name, keys, at), key: keys.privateKey };
  };
  const leaf = async (
    name: string,
    signer: Awaited<ReturnType<typeof authority>> | undefined,
    dnsNames: readonly string[],
    from: number,
    days: number,
  ) => {
    const keys = await makeKeys(name === 'rsa' ? 'rsa-2048' : 'ecdsa-p256');
    const made = await makeLeaf({
      dnsNames,
      validityDays: days,
      keys,
      now: from,
      ...(signer === undefined ? {} : { signer }),
    });
    pem[name] = { cert: made.toString(), key: keyPem(keys.privateKey) };
  };
  const old = await authority('Probe CA', now - 400 * DAY);
  writeFileSync(join(folder, 'ca.crt'), old.certificate.toString());
  const stranger = await authority('Stranger CA', now - 400 * DAY);
  await leaf('good', old, [HOST, 'example.test'], now, 90);
  await leaf('rsa', old, [HOST], now, 90);
  await leaf('near', old, [HOST], now - 80 * DAY, 90);
  await leaf('expired', old, [HOST], now - 93 * DAY, 90);
  await leaf('early', old, [HOST], now + 2 * DAY, 90);
  await leaf('other', old, ['a.example', 'b.example'], now, 90);
  await leaf('wildcard', old, ['*.example.test'], now, 90);
  await leaf('stranger', stranger, [HOST], now, 90);
  await leaf('strange-expired', stranger, ['other.test'], now - 93 * DAY, 90);
  await leaf('self', undefined, [HOST], now, 90);
  await leaf('self-expired', undefined, [HOST], now - 93 * DAY, 90);
  writeFileSync(join(folder, 'self.crt'), pem['self']?.cert ?? '');
  const ec = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes';
  openssl(folder, `req -x509 ${ec} -keyout root.key -out root.crt -subj /CN=Root -days 60`);
  for (const [name, issuer, ext] of [
    ['inter', 'root', 'basicConstraints=critical,CA:true'],
    ['chained', 'inter', `subjectAltName=DNS:${HOST}`],
  ] as const) {
    writeFileSync(join(folder, `${name}.ext`), `${ext}\n`);
    openssl(folder, `req ${ec} -keyout ${name}.key -out ${name}.csr -subj /CN=${name}`);
    const signer = `-CA ${issuer}.crt -CAkey ${issuer}.key -CAcreateserial`;
    openssl(folder, `x509 -req -in ${name}.csr ${signer} -extfile ${name}.ext -out ${name}.crt -days 60`);
  }
  const text = (name: string): string => readFileSync(join(folder, name), 'utf8');
  pem['chained'] = { cert: text('chained.crt') + text('inter.crt'), key: text('chained.key') };
  pem['unchained'] = { cert: text('chained.crt'), key: text('chained.key') };
  openssl(folder, `${SELF_SIGNED} -subj /CN=ip -keyout ip.key -out ip.crt -addext subjectAltName=IP:127.0.0.1`);
  pem['ip'] = { cert: text('ip.crt'), key: text('ip.key') };
  openssl(folder, `${SELF_SIGNED} -subj /CN=${HOST} -keyout cn.key -out cn.crt`);
  pem['cn'] = { cert: text('cn.crt'), key: text('cn.key') };
  for (const [name, names] of Object.entries(ODD_NAMES)) {
    const extension = `subjectAltName=${names}`;
    openssl(folder, `${SELF_SIGNED} -subj /CN=x -keyout ${name}.key -out ${name}.crt -addext`, extension);
    pem[name] = { cert: text(`${name}.crt`), key: text(`${name}.key`) };
  }
  now = Date.now() + 1000;
});

/** Listens on a free port until the test ends. */
async function listening(server: Server, host = '127.0.0.1'): Promise<number> {
  const sockets = new Set<{ destroy: () => void }>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => void server.listen(0, host, resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

interface Tls {
  readonly port: number;
  /** Names that clients asked for. */
  readonly names: string[];
  /** Handshakes that ended. */
  readonly done: () => number;
  /** Application data that clients sent. */
  readonly bytes: () => number;
}

async function tlsServer(name: string, options: TlsOptions = {}, host?: string): Promise<Tls> {
  const names: string[] = [];
  let bytes = 0;
  let done = 0;
  const SNICallback: TlsOptions['SNICallback'] = (asked, use) => {
    names.push(asked);
    use(null);
  };
  const server = createTlsServer({ ...pem[name], SNICallback, ...options }, (socket) => {
    done += 1;
    socket.on('data', (data) => {
      bytes += data.length;
    });
    socket.on('error', () => {});
  });
  server.on('tlsClientError', () => {});
  return { port: await listening(server, host), names, done: () => done, bytes: () => bytes };
}

const LIMITS = { probe: { concurrency: 100, connectSeconds: 0.4, handshakeSeconds: 0.4, totalSeconds: 1 } };

async function probe(
  spec: Partial<DomainSpec>,
  more: { readonly config?: typeof LIMITS; readonly query?: Partial<Query> } = {},
): Promise<Observed> {
  // TCP has no broadcast: the address that is allowed here alone receives nothing.
  const env = { FETTLE_ALLOW_NETWORKS: '255.255.255.255' };
  const reader = await certificates.openReader(outside(folder, more.config ?? {}, env));
  const desired = desiredOf(
    'Domain',
    'www',
    domainSpec({ host: HOST, address: '127.0.0.1', port: 1, trust: ['ca.crt'], ...spec }),
  );
  const { observed, gaps } = await refreshed(reader, queryOf([desired], { now, ...more.query }));
  expect(gaps).toEqual([]);
  const [first] = observed;
  if (first === undefined) throw new Error('nothing was seen');
  return first;
}

const codes = ({ findings }: Observed): readonly string[] => findings.map(({ code }) => code);

describe('a server whose certificate works', () => {
  test('is issued, with all facts', async () => {
    const server = await tlsServer('good');
    const seen = await probe({ port: server.port });
    const certificate = new X509Certificate(pem['good']?.cert ?? '');
    expect(seen).toMatchObject({
      ref: refOf('Domain', 'www'),
      state: 'issued',
      given: true,
      findings: [],
      facts: {
        fingerprint: `sha256:${certificate.fingerprint256.replaceAll(':', '').toLowerCase()}`,
        subject: `CN=${HOST}`,
        issuer: 'CN=Probe CA',
        names: ['example.test', HOST],
        not_before: certificate.validFromDate.toISOString(),
        not_after: certificate.validToDate.toISOString(),
        keyAlgorithm: 'ecdsa-p256',
        protocol: 'TLSv1.3',
        trusted: true,
        chain: [{ subject: `CN=${HOST}` }],
      },
      signals: { days_left: 89, address: '127.0.0.1' },
    });
    expect(seen.facts).not.toHaveProperty('error');
    expect(seen.signals?.['rtt_ms']).toBeTypeOf('number');
  });

  test('receives its name by SNI, and nothing else', async () => {
    const server = await tlsServer('good');
    await probe({ port: server.port, host: 'WWW.Example.Test.', keyTypes: ['ecdsa'] });
    await expect.poll(() => server.done()).toBe(1);
    expect(server.names).toEqual([HOST]);
    expect([server.done(), server.bytes()]).toEqual([1, 0]);
  });

  test('by TLS 1.2, with an RSA key', async () => {
    const server = await tlsServer('rsa', { maxVersion: 'TLSv1.2' });
    expect(await probe({ port: server.port })).toMatchObject({
      state: 'issued',
      facts: { protocol: 'TLSv1.2', keyAlgorithm: 'rsa-2048' },
    });
  });

  test('through an intermediate', async () => {
    const server = await tlsServer('chained');
    expect(await probe({ port: server.port, trust: ['root.crt'] })).toMatchObject({
      state: 'issued',
      facts: { trusted: true, chain: [{ subject: 'CN=chained' }, { subject: 'CN=inter' }] },
    });
  });

  test('whose intermediate, or own certificate, is the anchor', async () => {
    const server = await tlsServer('unchained');
    expect((await probe({ port: server.port, trust: ['inter.crt'] })).state).toBe('issued');
    const self = await tlsServer('self');
    expect((await probe({ port: self.port, trust: ['self.crt'] })).state).toBe('issued');
  });

  test('for a wildcard', async () => {
    const server = await tlsServer('wildcard');
    expect((await probe({ port: server.port })).state).toBe('issued');
    expect(codes(await probe({ port: server.port, host: 'a.b.example.test' }))).toEqual(['wrong-name']);
  });

  test('for an address, without SNI', async () => {
    const server = await tlsServer('ip');
    expect(await probe({ port: server.port, host: '127.0.0.1', trust: ['ip.crt'] })).toMatchObject({
      state: 'issued',
      facts: { names: ['127.0.0.1'], keyAlgorithm: 'ed25519' },
    });
    expect(server.names).toEqual([]);
  });

  test.each(['::1', '0:0:0:0:0:0:0:1'])('for the IPv6 address %s, without SNI', async (host) => {
    const server = await tlsServer('ipv6', {}, '::1');
    expect(await probe({ host, address: host, port: server.port, trust: ['ipv6.crt'] })).toMatchObject({
      state: 'issued',
      facts: { names: ['::1'] },
    });
    expect(server.names).toEqual([]);
  });

  test('for a name with an underscore', async () => {
    const server = await tlsServer('underscores');
    const spec: Partial<DomainSpec> = { port: server.port, trust: ['underscores.crt'], keyTypes: ['ecdsa'] };
    expect((await probe({ ...spec, host: 'a_b.example.test' })).state).toBe('issued');
    expect(server.names).toEqual(['a_b.example.test']);
  });

  test('with a trust file that does not exist yet among them', async () => {
    const server = await tlsServer('good');
    expect((await probe({ port: server.port, trust: ['nowhere/ca.crt', 'ca.crt'] })).state).toBe('issued');
  });

  test('with client certificates, by TLS 1.3', async () => {
    const server = await tlsServer('good', { requestCert: true, rejectUnauthorized: true });
    expect((await probe({ port: server.port })).state).toBe('issued');
  });

  test.each(['X448', 'P-521'])('with only the group %s', async (ecdhCurve) => {
    const server = await tlsServer('good', { ecdhCurve, minVersion: 'TLSv1.3' });
    expect((await probe({ port: server.port })).state).toBe('issued');
  });
});

describe('the end of a certificate', () => {
  test('that is near has the state expiring', async () => {
    const server = await tlsServer('near');
    expect(await probe({ port: server.port })).toMatchObject({
      state: 'expiring',
      findings: [{ code: 'expiring', severity: 'warning', message: 'expires in 9 days (expiryWarnDays is 30)' }],
      signals: { days_left: 9 },
    });
  });

  test.each([
    ['1 ms before the border', -1, 'issued'],
    ['at the border', 0, 'expiring'],
    ['1 ms before the end', 10 * DAY - 1, 'expiring'],
    ['at the end', 10 * DAY, 'expiring'],
    ['1 ms after the end', 10 * DAY + 1, 'tls_error'],
  ])('is compared in timestamps: %s', async (_name, offset, state) => {
    const server = await tlsServer('good');
    const end = new X509Certificate(pem['good']?.cert ?? '').validToDate.getTime();
    expect(
      (await probe({ port: server.port, expiryWarnDays: 10 }, { query: { now: end - 10 * DAY + offset } })).state,
    ).toBe(state);
  });
});

describe('a server that a client would refuse', () => {
  test('for two reasons has both in words: an expired self-signed certificate', async () => {
    const server = await tlsServer('self-expired');
    expect((await probe({ port: server.port })).findings.map(({ code, message }) => `${code}: ${message}`)).toEqual([
      expect.stringMatching(/^expired: expired 3 days ago/u),
      expect.stringMatching(/^untrusted: the certificate is self-signed, and is not a trust anchor \(/u),
    ]);
  });

  test.each<readonly [string, Partial<DomainSpec>, readonly string[], RegExp]>([
    ['expired', {}, ['expired'], /^expired 3 days ago, at \d{4}-/u],
    ['early', {}, ['not-yet-valid'], /^not valid for another 47 h, until \d{4}-/u],
    ['other', {}, ['wrong-name'], /^valid for a\.example, b\.example, not for www\.example\.test$/u],
    [
      'stranger',
      {},
      ['untrusted'],
      /^the certificate of its issuer is neither served nor a trust anchor \(UNABLE_TO_\w+\); issued by CN=Stranger CA$/u,
    ],
    [
      'self',
      {},
      ['untrusted'],
      /the certificate is self-signed, and is not a trust anchor \(DEPTH_ZERO_SELF_SIGNED_CERT\)/u,
    ],
    ['unchained', { trust: ['root.crt'] }, ['untrusted'], /UNABLE_TO/u],
    ['good', { trust: [] }, ['untrusted'], /UNABLE_TO/u],
    [
      'cn',
      { trust: ['cn.crt'] },
      ['wrong-name'],
      /^the certificate has neither a DNS name nor an IP address in its subjectAltName$/u,
    ],
    ['strange-expired', {}, ['expired', 'wrong-name', 'untrusted'], /^expired 3 days ago/u],
  ])('%s %j', async (name, spec, expected, message) => {
    const server = await tlsServer(name);
    const seen = await probe({ port: server.port, ...spec });
    expect(seen.state).toBe('tls_error');
    expect(codes(seen)).toEqual(expected);
    const severities = expected.map((code) => (code === 'expired' ? 'critical' : 'error'));
    expect(seen.findings.map(({ severity }) => severity)).toEqual(severities);
    expect(seen.findings[0]?.message).toMatch(message);
    expect(seen.facts).toMatchObject({ error: expected[0] });
  });

  test.each([
    [
      'address-as-name',
      '127.0.0.1',
      'carries the address 127.0.0.1 as a DNS name. Clients accept an address only as an IP address: issue the certificate with subjectAltName IP:127.0.0.1',
    ],
    ['ipv6', '127.0.0.1', 'valid for ::1, not for 127.0.0.1'],
    [
      'underscores',
      'x_y.w.test',
      'valid for *.w.test, a_b.example.test, not for x_y.w.test. Clients do not accept a wildcard for a name with an underscore',
    ],
  ])('because of its name: %s', async (name, host, message) => {
    const server = await tlsServer(name);
    const { findings } = await probe({ port: server.port, host, trust: [`${name}.crt`] });
    expect(findings).toMatchObject([{ code: 'wrong-name', message }]);
    const flag = /^[\d.]+$/u.test(host) ? '-checkip' : '-checkhost';
    const said = execFileSync('openssl', ['x509', '-in', `${name}.crt`, '-noout', flag, host], { cwd: folder });
    expect(said.toString()).toContain('does NOT match');
  });

  test('names an IPv6 address and its port as one place', async () => {
    const port = await freePort();
    const { findings } = await probe({ host: '::1', address: '::1', port });
    expect(findings).toMatchObject([{ code: 'refused', message: `[::1]:${port}: connection refused` }]);
  });

  test('has facts that do not change with time', async () => {
    const server = await tlsServer('expired');
    const [a, b] = [
      await probe({ port: server.port }),
      await probe({ port: server.port }, { query: { now: now + 10 * DAY } }),
    ];
    expect(a.facts).toEqual(b.facts);
    expect(a.findings[0]?.message).not.toBe(b.findings[0]?.message);
  });
});

describe('a server without a certificate', () => {
  async function failing(spec: Partial<DomainSpec>, code: string, message: RegExp): Promise<void> {
    const began = Date.now();
    const seen = await probe(spec, { config: LIMITS });
    expect(Date.now() - began).toBeLessThan(2000);
    expect(seen.state).toBe(code === 'name-not-resolved' ? 'pending_route' : 'tls_error');
    expect(codes(seen)).toEqual([code]);
    expect(seen.facts).toMatchObject({ error: code, message: seen.findings[0]?.message });
    expect(seen.facts).not.toHaveProperty('fingerprint');
    expect(seen.findings[0]?.message).toMatch(message);
  }

  test('refused', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    await failing({ port }, 'refused', /^127\.0\.0\.1:\d+: connection refused$/u);
  });
  test('closed at once', async () => {
    const port = await listening(createServer((socket) => socket.end()));
    await failing({ port }, 'reset', /closed the connection during the handshake$/u);
  });
  test('reset', async () => {
    const port = await listening(createServer((socket) => socket.once('data', () => socket.resetAndDestroy())));
    await failing({ port }, 'reset', /closed the connection during the handshake$/u);
  });
  test('silent', async () => {
    const port = await listening(createServer(() => {}));
    await failing({ port }, 'timeout', /did not finish the handshake within 0\.4 s$/u);
  });
  test('slow, a byte at a time', async () => {
    const port = await listening(
      createServer((socket) => {
        const timer = setInterval(() => socket.write('\x16'), 50);
        socket.on('close', () => clearInterval(timer));
      }),
    );
    const seen = await probe({ port }, { config: LIMITS });
    expect(['timeout', 'handshake']).toContain(codes(seen)[0]);
  });
  test('plain HTTP', async () => {
    const port = await listening(createHttpServer((_request, response) => response.end('hello')));
    await failing({ port }, 'handshake', /the TLS handshake failed: \w+/u);
  });
  test('an old protocol', async () => {
    const server = await tlsServer('rsa', { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' });
    await failing({ port: server.port }, 'handshake', /the TLS handshake failed/u);
  });
  test('with client certificates, by TLS 1.2', async () => {
    const server = await tlsServer('good', { requestCert: true, rejectUnauthorized: true, maxVersion: 'TLSv1.2' });
    await failing({ port: server.port }, 'handshake', /the TLS handshake failed: .*alert handshake failure$/u);
  });
  test('a name that does not resolve', async () => {
    const reader = await certificates.openReader(outside(folder));
    const desired = desiredOf('Domain', 'www', domainSpec({ host: 'nowhere.invalid' }));
    const { observed } = await refreshed(reader, queryOf([desired], { now }));
    expect(observed[0]).toMatchObject({
      state: 'pending_route',
      facts: {},
      findings: [{ code: 'name-not-resolved', severity: 'error' }],
    });
  });
  test('no route to it', async () => {
    await failing(
      { address: '255.255.255.255', port: 443 },
      'unreachable',
      /^255\.255\.255\.255:443: no route to the server \(E\w+\)$/u,
    );
  });
  test('no local port left', async () => {
    // The queue of this server is full: it neither accepts nor refuses a connection.
    const child = spawn(
      'python3',
      [
        '-c',
        'import socket,time\ns=socket.socket();s.bind(("127.0.0.1",0));s.listen(0);print(s.getsockname()[1],flush=True)\ncs=[]\nfor i in range(4):\n c=socket.socket();c.setblocking(False)\n try: c.connect(s.getsockname())\n except BlockingIOError: pass\n cs.append(c)\ntime.sleep(30)',
      ],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    );
    onTestFinished(() => void child.kill());
    const port = await new Promise<number>((resolve) =>
      child.stdout.once('data', (data: Buffer) => resolve(Number(data.toString()))),
    );
    await new Promise((resolve) => setTimeout(resolve, 200));
    await failing({ port }, 'timeout', /did not accept the connection within 0\.4 s$/u);
  });
});

describe('parallel probes', () => {
  test('are limited, all done, and reported', async () => {
    let open = 0;
    let most = 0;
    const server = createTlsServer({ ...pem['good'] });
    server.on('connection', (socket) => {
      open += 1;
      most = Math.max(most, open);
      socket.on('close', () => {
        open -= 1;
      });
    });
    server.on('tlsClientError', () => {});
    const port = await listening(server);
    const reader = await certificates.openReader(
      outside(folder, {
        probe: { ...LIMITS.probe, concurrency: 8, connectSeconds: 5, handshakeSeconds: 5, totalSeconds: 10 },
      }),
    );
    const desired = Array.from({ length: 100 }, (_, i) =>
      desiredOf('Domain', `d${i}`, domainSpec({ host: HOST, address: '127.0.0.1', port, trust: ['ca.crt'] })),
    );
    const reports: (readonly [number, number])[] = [];
    const { observed, gaps } = await refreshed(
      reader,
      queryOf(desired, { now, progress: (done, total) => void reports.push([done, total]) }),
    );
    expect(gaps).toEqual([]);
    expect(observed).toHaveLength(100);
    expect(new Set(observed.map(({ state }) => state))).toEqual(new Set(['issued']));
    // The server sees a close a little later than the probe that closed.
    expect(most).toBeLessThanOrEqual(16);
    expect(most).toBeGreaterThan(1);
    expect(reports).toHaveLength(100);
    expect(reports.at(-1)).toEqual([100, 100]);
    expect(observed.map(({ ref }) => ref.name)).toEqual(observed.map(({ ref }) => ref.name).toSorted());
  });

  test('end when the refresh is aborted, and leave no socket or timer', async () => {
    const port = await listening(createServer(() => {}));
    const before = process.getActiveResourcesInfo().length;
    const reader = await certificates.openReader(outside(folder));
    const desired = Array.from({ length: 20 }, (_, i) =>
      desiredOf('Domain', `d${i}`, domainSpec({ host: HOST, address: '127.0.0.1', port })),
    );
    const controller = new AbortController();
    const look = refreshed(reader, queryOf(desired, { now, signal: controller.signal }));
    setTimeout(() => controller.abort(new Error('stopped')), 50);
    const began = Date.now();
    await expect(look).rejects.toThrow('stopped');
    expect(Date.now() - began).toBeLessThan(1000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    // Only the server's ends of its connections can still be open.
    expect(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length).toBeLessThanOrEqual(1);
    expect(process.getActiveResourcesInfo().length - before).toBeLessThanOrEqual(20);
  });
});
