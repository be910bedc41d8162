/** Probes with STARTTLS: real mail servers and a real database, and faults of servers before TLS. */

import { chownSync, copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { type AddressInfo, type Socket, createServer } from 'node:net';
import { join } from 'node:path';
import { TLSSocket, createSecureContext } from 'node:tls';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { DomainFacts } from '../../../plugins/certificates/facts.ts';
import type { CertificatesConfig, DomainSpec } from '../../../plugins/certificates/generated.ts';
import { keyPem, makeAuthority, makeKeys, makeLeaf } from '../../../plugins/certificates/live/x509-make.ts';
import { certificates } from '../../../plugins/certificates/plugin.ts';
import type { Observed } from '#plugin';
import { type Daemon, freePort, startDovecot, startPostfix } from '../../support/daemons.ts';
import { startPostgres } from '../../support/postgres.ts';
import { DAY, desiredOf, domainSpec, outside, queryOf, refreshed } from './support.ts';
import { temporaryFolder } from '../../support/cli.ts';

const HOST = 'mail.example.test';
const now = Date.now();
const isRoot = process.getuid?.() === 0;

let folder: string;
let pair: { readonly cert: string; readonly key: string };
let paths: { readonly certificate: string; readonly key: string };

beforeAll(async () => {
  folder = temporaryFolder();
  const keys = await makeKeys('ecdsa-p256');
  const authority = await makeAuthority('Mail CA', keys, now - DAY);
  const own = await makeKeys('ecdsa-p256');
  const leaf = await makeLeaf({
    dnsNames: [HOST],
    validityDays: 90,
    keys: own,
    signer: { certificate: authority, key: keys.privateKey },
    now: now - DAY,
  });
  pair = { cert: leaf.toString(), key: keyPem(own.privateKey) };
  paths = { certificate: join(folder, 'mail.crt'), key: join(folder, 'mail.key') };
  writeFileSync(join(folder, 'ca.crt'), authority.toString());
  writeFileSync(paths.certificate, pair.cert);
  writeFileSync(paths.key, pair.key, { mode: 0o600 });
});

async function probe(spec: Partial<DomainSpec>, seconds = 5): Promise<Observed<DomainFacts>> {
  return probeWithin(spec, {
    connectSeconds: seconds,
    handshakeSeconds: seconds,
    greetingSeconds: seconds,
    totalSeconds: 2 * seconds,
  });
}

async function probeWithin(
  spec: Partial<DomainSpec>,
  config: Partial<CertificatesConfig['probe']>,
): Promise<Observed<DomainFacts>> {
  const reader = await certificates.openReader(outside(folder, { probe: config }));
  const written = domainSpec({ host: HOST, address: '127.0.0.1', trust: ['ca.crt'], ...spec });
  const { observed, gaps } = await refreshed(reader, queryOf([desiredOf('Domain', 'mail', written)], { now }));
  expect(gaps).toEqual([]);
  return observed[0] as Observed<DomainFacts>;
}

async function inFolder(
  start: (at: string, port: number) => Promise<Daemon>,
): Promise<{ port: number; daemon: Daemon }> {
  const at = temporaryFolder();
  const port = await freePort();
  const daemon = await start(at, port);
  onTestFinished(async () => {
    await daemon.stop();
    rmSync(at, { recursive: true, force: true });
  });
  return { port, daemon };
}

describe('real servers', () => {
  test.runIf(isRoot)('Postfix', { timeout: 60_000 }, async () => {
    const { port, daemon } = await inFolder((at, free) => startPostfix(at, free, paths));
    const seen = await probe({ port, startTls: 'smtp' });
    expect(seen).toMatchObject({ state: 'issued', findings: [], facts: { subject: `CN=${HOST}`, trusted: true } });
    await expect.poll(() => daemon.log()).toMatch(/TLS connection established from localhost/u);
    expect(daemon.log()).not.toMatch(/improper command|non-SMTP|too many errors|SSL_accept error/u);
    // Without STARTTLS, its greeting is not TLS.
    expect((await probe({ port })).facts.error).toBe('handshake');
  });

  test.runIf(isRoot)('Dovecot', { timeout: 60_000 }, async () => {
    const { port } = await inFolder((at, free) => startDovecot(at, free, paths));
    expect(await probe({ port, startTls: 'imap' })).toMatchObject({
      state: 'issued',
      facts: { subject: `CN=${HOST}`, trusted: true, protocol: 'TLSv1.3' },
    });
    expect((await probe({ port, startTls: 'smtp' })).facts).toMatchObject({
      error: 'starttls',
      message: `127.0.0.1:${port}: the server does not speak SMTP`,
    });
  });

  test('PostgreSQL', { timeout: 60_000 }, async () => {
    const server = await startPostgres();
    onTestFinished(() => server.stop());
    const { port } = server;
    expect((await probe({ port, startTls: 'postgres' })).facts).toMatchObject({
      error: 'starttls',
      message: `127.0.0.1:${port}: the server does not offer TLS`,
    });
    const key = join(folder, 'postgres.key');
    copyFileSync(paths.key, key);
    if (isRoot) {
      chownSync(key, Number(execFileSync('id', ['-u', 'postgres'], { encoding: 'utf8' })), 0);
      execFileSync('chmod', ['755', folder]);
    }
    await server.sql('postgres', `alter system set ssl_cert_file = '${paths.certificate}'`);
    await server.sql('postgres', `alter system set ssl_key_file = '${key}'`);
    await server.sql('postgres', 'alter system set ssl = on');
    await server.sql('postgres', 'select pg_reload_conf()');
    await expect
      .poll(async () => (await probe({ port, startTls: 'postgres' })).state, { timeout: 10_000 })
      .toBe('issued');
  });
});

interface Talk {
  readonly port: number;
  /** The clear text that clients sent. */
  readonly heard: () => string;
  /** The data that they sent after the handshake. */
  readonly beyond: () => number;
}

type Say = (socket: Socket, heard: string, secure: () => void) => void;

/**
 * A server that greets, answers the client's input so far, and starts TLS when its answer says so. `more` is a later
 * greeting; an empty one ends the connection.
 */
async function talking(
  greeting: string,
  say: Say,
  more?: { readonly late: string; readonly afterMs: number },
): Promise<Talk> {
  let heard = '';
  let beyond = 0;
  const server = createServer((socket) => {
    let own = '';
    const secure = (): void => {
      socket.removeAllListeners('data');
      const upgraded = new TLSSocket(socket, { isServer: true, secureContext: createSecureContext(pair) });
      upgraded.on('data', (data: Buffer) => (beyond += data.length)).on('error', () => undefined);
    };
    socket.on('error', () => undefined);
    onTestFinished(() => void socket.destroy());
    if (greeting !== '') socket.write(greeting);
    if (more !== undefined) setTimeout(() => (more.late === '' ? socket.end() : socket.write(more.late)), more.afterMs);
    socket.on('data', (data: Buffer) => {
      heard += data.toString('latin1');
      own += data.toString('latin1');
      say(socket, own, secure);
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port, heard: () => heard, beyond: () => beyond };
}

/** Answers `EHLO` and `STARTTLS` with these. */
function smtp(ehlo: string, agree = '220 go on\r\n'): Say {
  return (socket, heard, secure) => {
    if (heard.endsWith('STARTTLS\r\n')) {
      socket.write(agree);
      if (agree.startsWith('220')) secure();
    } else if (heard.endsWith('\r\n')) socket.write(ehlo);
  };
}

const OFFER = '250-mail.example.test\r\n250-SIZE 1000\r\n250 STARTTLS\r\n';

/** Agrees to the STARTTLS of IMAP. */
const agreeing: Say = (socket, heard, secure) => {
  if (heard !== 'a1 STARTTLS\r\n') return;
  socket.write('* CAPABILITY IMAP4rev2\r\na1 OK begin\r\n');
  secure();
};

/** The same text in pieces that arrive one after the other. */
/** Sends a text in pieces of a character. `then` follows the last one at once: the client may answer before any timer. */
function inPieces(socket: Socket, text: string, then: () => void = () => undefined): void {
  socket.write(text.slice(0, 1));
  if (text.length > 1) setTimeout(() => inPieces(socket, text.slice(1), then), 1);
  else then();
}

async function refusal(server: Talk, startTls: DomainSpec['startTls'], seconds = 5): Promise<string> {
  const { facts, state, findings } = await probe(
    { port: server.port, ...(startTls === undefined ? {} : { startTls }) },
    seconds,
  );
  expect(state).toBe('tls_error');
  expect(findings).toHaveLength(1);
  expect(server.beyond()).toBe(0);
  return `${facts.error}: ${facts.message?.replace(`127.0.0.1:${server.port}: `, '')}`;
}

describe('smtp', () => {
  test('sends EHLO and STARTTLS, and nothing else', async () => {
    const server = await talking('220-mail.example.test\r\n220 ready\r\n', smtp(OFFER));
    expect((await probe({ port: server.port, startTls: 'smtp' })).state).toBe('issued');
    expect(server.heard()).toBe('EHLO [127.0.0.1]\r\nSTARTTLS\r\n');
    expect(server.beyond()).toBe(0);
  });

  test('waits for a complete greeting', async () => {
    const server = await talking('220 re', () => undefined);
    expect(await refusal(server, 'smtp', 0.3)).toBe('timeout: the server did not send its greeting within 0.3 s');
    expect(server.heard()).toBe('');
  });

  test.each([
    ['smtp', '220-slow\r\n', '220 ready\r\n', smtp(OFFER)],
    ['imap', '', '* OK ready\r\n', agreeing],
  ] as const)('waits for a greeting of %s by a deadline of its own', async (startTls, first, last, say) => {
    const server = await talking(first, say, { late: last, afterMs: 900 });
    const limits = { connectSeconds: 0.5, handshakeSeconds: 0.5, totalSeconds: 0.5 };
    const spec = { port: server.port, startTls };
    expect(await probeWithin(spec, { ...limits, greetingSeconds: 5 })).toMatchObject({ state: 'issued' });
    // The document of a Domain overrides the settings.
    expect(await probeWithin({ ...spec, greetingSeconds: 0.2 }, { ...limits, greetingSeconds: 5 })).toMatchObject({
      state: 'tls_error',
      facts: { message: expect.stringContaining('the server did not send its greeting within 0.2 s') as unknown },
    });
    expect(await probeWithin({ ...spec, greetingSeconds: 5 }, { ...limits, greetingSeconds: 0.2 })).toMatchObject({
      state: 'issued',
    });
  });

  test('does not extend other deadlines by that of the greeting', async () => {
    const server = await talking('220 ready\r\n', () => undefined);
    const limits = { connectSeconds: 0.3, handshakeSeconds: 0.3, totalSeconds: 0.3, greetingSeconds: 20 };
    const started = Date.now();
    expect(await probeWithin({ port: server.port, startTls: 'smtp' }, limits)).toMatchObject({
      facts: { message: expect.stringContaining('the server did not switch to TLS within 0.3 s') as unknown },
    });
    expect(Date.now() - started).toBeLessThan(5000);
  });

  test('a server that closes before its greeting', async () => {
    const server = await talking('', () => undefined, { late: '', afterMs: 50 });
    expect(await refusal(server, 'smtp')).toBe('reset: the server closed the connection before its greeting');
  });

  test('accepts replies in pieces, and bare line feeds', async () => {
    const server = await talking('220 ready\n', (socket, heard, secure) => {
      if (heard.endsWith('STARTTLS\r\n')) inPieces(socket, '220 go\n', secure);
      else inPieces(socket, '250-a\n250-starttls\n250 x\n');
    });
    expect((await probe({ port: server.port, startTls: 'smtp' })).state).toBe('issued');
  });

  test.each<readonly [string, string, Say, string]>([
    ['is not offered', '220 x\r\n', smtp('250-x\r\n250 SIZE\r\n'), 'the server does not offer STARTTLS'],
    [
      'is offered as a part of something else',
      '220 x\r\n',
      smtp('250-x\r\n250 XSTARTTLS\r\n'),
      'the server does not offer STARTTLS',
    ],
    ['is refused', '220 x\r\n', smtp(OFFER, '454 not now\r\n'), 'the server answers STARTTLS with 454'],
    ['is not reached', '554 go away\r\n', () => undefined, 'the server answers the connection with 554'],
    ['is not reached after EHLO', '220 x\r\n', smtp('502 what?\r\n'), 'the server answers EHLO with 502'],
    ['is not spoken', 'SSH-2.0-OpenSSH_9.2\r\n', () => undefined, 'the server does not speak SMTP'],
    [
      'has more behind it',
      '220 x\r\n',
      smtp(OFFER, '220 go\r\n250 injected\r\n'),
      'the server sends clear text after agreeing to TLS',
    ],
    [
      'is answered before it is asked',
      '220 x\r\n250 STARTTLS\r\n',
      () => undefined,
      'the server answers before the request',
    ],
    [
      'never comes to an end',
      '220-x\r\n'.repeat(3000),
      () => undefined,
      'the server sends more than 16384 bytes before TLS',
    ],
    [
      'never comes to the end of a line',
      '2'.repeat(20_000),
      () => undefined,
      'the server sends more than 16384 bytes before TLS',
    ],
  ])('%s', async (_name, greeting, say, reason) => {
    expect(await refusal(await talking(greeting, say), 'smtp')).toBe(`starttls: ${reason}`);
  });

  test('a server that closes', async () => {
    const server = await talking('220 x\r\n', (socket) => void socket.end());
    expect(await refusal(server, 'smtp')).toBe('reset: the server closed the connection after the request for TLS');
  });

  test('a server that agrees and then does not speak TLS', async () => {
    const server = await talking('220 x\r\n', (socket, heard) => {
      if (!heard.endsWith('STARTTLS\r\n')) return void socket.write(OFFER);
      socket.write('220 go\r\n');
      setTimeout(() => socket.write('hello, this is not TLS\r\n'), 50);
    });
    expect(await refusal(server, 'smtp')).toMatch(/^handshake: the TLS handshake failed: /u);
  });
});

describe('imap', () => {
  test('sends STARTTLS, and nothing else', async () => {
    const server = await talking('* OK ready\r\n', agreeing);
    expect((await probe({ port: server.port, startTls: 'imap' })).state).toBe('issued');
    expect(server.heard()).toBe('a1 STARTTLS\r\n');
  });

  const answering =
    (text: string): Say =>
    (socket) =>
      void socket.write(text);

  test.each<readonly [string, string, Say, string]>([
    ['is refused', '* OK x\r\n', answering('a1 NO not here\r\n'), 'the server answers STARTTLS with NO'],
    ['is not known', '* OK x\r\n', answering('a1 BAD what\r\n'), 'the server answers STARTTLS with BAD'],
    ['is too late', '* PREAUTH x\r\n', answering(''), 'the server greets with PREAUTH'],
    ['is not reached', '* BYE full\r\n', answering(''), 'the server greets with BYE'],
    ['is broken off', '* OK x\r\n', answering('* BYE full\r\n'), 'the server does not speak IMAP'],
    ['is not spoken', '220 x ESMTP\r\n', answering(''), 'the server does not speak IMAP'],
    ['has another tag', '* OK x\r\n', answering('a2 OK begin\r\n'), 'the server does not speak IMAP'],
    [
      'has more behind it',
      '* OK x\r\n',
      answering('a1 OK begin\r\n* injected\r\n'),
      'the server sends clear text after agreeing to TLS',
    ],
    [
      'is answered before it is asked',
      '* OK x\r\na1 OK begin\r\n',
      answering(''),
      'the server answers before the request',
    ],
  ])('%s', async (_name, greeting, say, reason) => {
    expect(await refusal(await talking(greeting, say), 'imap')).toBe(`starttls: ${reason}`);
  });
});

describe('postgres', () => {
  test('sends eight bytes, and nothing else', async () => {
    const server = await talking('', (socket, _heard, secure) => {
      socket.write('S');
      secure();
    });
    expect((await probe({ port: server.port, startTls: 'postgres' })).state).toBe('issued');
    expect(server.heard()).toBe('\0\0\0\x08\x04\xd2\x16\x2f');
  });

  test.each([
    ['N', 'the server does not offer TLS'],
    ['E\0\0\0\x08nope', 'the server does not speak the PostgreSQL protocol'],
    ['Sinjected', 'the server sends clear text after agreeing to TLS'],
  ])('an answer of %j', async (answer, reason) => {
    const server = await talking('', (socket) => void socket.write(answer));
    expect(await refusal(server, 'postgres')).toBe(`starttls: ${reason}`);
  });
});
