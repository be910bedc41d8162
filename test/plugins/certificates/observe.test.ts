/** The refresh of authorities, pairs and servers: observed resources, gaps, and the state after it. */

import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openReader } from '../../../plugins/certificates/live/reader.ts';
import { observe } from '../../../plugins/certificates/observe.ts';
import { certificates } from '../../../plugins/certificates/plugin.ts';
import type { CertificatesReader, PairStorage } from '../../../plugins/certificates/world.ts';
import { formatRef, type Memory, type View } from '#plugin';
import { lineOf, take, view } from './line.ts';
import {
  CA_SPEC,
  DAY,
  certificateSpec,
  desiredOf,
  domainSpec,
  memoryOf,
  openssl,
  outside,
  queryOf,
  refOf,
  refreshed,
} from './support.ts';
import { temporaryFolder } from '../../support/cli.ts';

const now = Date.now();
const WWW = 'certificates/Certificate/www';
const CA = 'certificates/Issuer/ca';
const issuer = desiredOf('Issuer', 'ca', CA_SPEC);
const www = desiredOf('Certificate', 'www', certificateSpec());

const seenIn = (seen: View): readonly string[] => seen.observed.map(({ ref, state }) => `${formatRef(ref)} ${state}`);

async function ready(): Promise<ReturnType<typeof lineOf>> {
  const line = lineOf(temporaryFolder(), [issuer, www], now);
  await take(line, CA);
  await take(line, WWW);
  return line;
}

describe('a refresh', () => {
  test('observes nothing in an empty folder', async () => {
    expect(await view(lineOf(temporaryFolder(), [issuer, www], now))).toMatchObject({
      observed: [],
      gaps: [],
      at: now,
    });
  });

  test('has the facts of an authority and a certificate', async () => {
    const line = await ready();
    const { observed, gaps } = await view(line);
    expect(gaps).toEqual([]);
    const [certificate, authority] = observed;
    expect(authority).toMatchObject({
      state: 'ready',
      facts: {
        fingerprint: line.memory.get(CA)?.kept['fingerprint'],
        subject: 'CN=Test CA',
        keyAlgorithm: 'ecdsa-p256',
        key_mode: '0600',
      },
      signals: { days_left: 3649 },
      findings: [],
    });
    expect(certificate).toMatchObject({
      state: 'normal',
      facts: {
        usable: true,
        subject: 'CN=www.example.test',
        dnsNames: ['example.test', 'www.example.test'],
        issuer: 'CN=Test CA',
        issuer_fingerprint: line.memory.get(CA)?.kept['fingerprint'],
        self_signed: false,
        key_matches: true,
        chain_length: 2,
        files: [
          { part: 'certificate', mode: '0644' },
          { part: 'key', mode: '0600' },
        ],
        swap: 'none',
        leftovers: [],
      },
      signals: { days_left: 89, threshold_in_force: 30 },
      findings: [],
    });
    expect(JSON.stringify(observed)).not.toContain('PRIVATE KEY');
  });

  test('is the same the second time, except for values that depend on time', async () => {
    const line = await ready();
    const first = await view(line);
    line.now += 2 * DAY;
    const second = await view(line);
    expect(second.observed.map(({ facts, state }) => ({ facts, state }))).toEqual(
      first.observed.map(({ facts, state }) => ({ facts, state })),
    );
  });

  test('finds resources of the state without a document', async () => {
    const line = await ready();
    const gone = { ...line, desired: [] };
    expect(seenIn(await view(gone))).toEqual([`${WWW} normal`, `${CA} ready`]);
  });

  test('finds the result of an interrupted creation', async () => {
    const line = await ready();
    const memory: Memory = {
      ref: refOf('Certificate', 'www'),
      version: 1,
      kept: {},
      open: {
        seq: 1,
        step: 'absent>normal',
        goal: 'create',
        at: 0,
        run: 'r',
        applied: { at: 0, digest: '', spec: certificateSpec() as never },
      },
    };
    expect(seenIn(await view({ ...line, desired: [], memory: new Map([[WWW, memory]]) }))).toEqual([`${WWW} normal`]);
  });

  test('ignores a resource without a document or a recorded spec', async () => {
    const line = await ready();
    const memory = new Map([
      [WWW, memoryOf('Certificate', 'www')],
      ['certificates/Domain/d', memoryOf('Domain', 'd')],
    ]);
    expect((await view({ ...line, desired: [], memory })).observed).toEqual([]);
  });

  test('of few resources reads nothing else', async () => {
    const line = await ready();
    const asked: string[] = [];
    const world = (await certificates.openReader(outside(line.folder))) as CertificatesReader;
    const counting: CertificatesReader = {
      ...world,
      readAuthority: (dir) => {
        asked.push(dir);
        return world.readAuthority(dir);
      },
      readPair: (storage: PairStorage) => {
        asked.push(storage.file?.key ?? '');
        return world.readPair(storage);
      },
    };
    const seen = await refreshed(counting, queryOf([issuer, www], { now, only: [refOf('Certificate', 'www')] }));
    expect(seenIn(seen)).toEqual([`${WWW} normal`]);
    expect(asked).toEqual(['tls/www.key']);
  });

  test('finds a failed renewal by the state', async () => {
    const line = await ready();
    line.now += 70 * DAY;
    expect(seenIn(await view(line))[0]).toBe(`${WWW} expiring_soon`);
    const before = line.memory.get(WWW);
    if (before === undefined) throw new Error('nothing remembered');
    line.memory.set(WWW, {
      ...before,
      state: 'expiring_soon',
      since: line.now - DAY,
      failures: 1,
      lastError: { at: line.now, step: 'expiring_soon>renewing', message: 'x' },
    });
    expect(seenIn(await view(line))[0]).toBe(`${WWW} renewal_failed`);
    line.now += 70 * DAY;
    expect(seenIn(await view(line))[0]).toBe(`${WWW} expired`);
  });

  test('of an issuer that signs nothing itself marks it as given', async () => {
    const self = desiredOf('Issuer', 'self', { selfSigned: {} });
    const { observed } = await view(lineOf(temporaryFolder(), [self], now));
    expect(observed).toMatchObject([{ state: 'ready', given: true, facts: { self_signed: true } }]);
  });
});

describe('an unreadable file', () => {
  test('is a gap of its own resource, and of no other', async () => {
    const line = await ready();
    symlinkSync('loop.key', join(line.folder, 'loop.key'));
    const loop = desiredOf(
      'Certificate',
      'loop',
      certificateSpec({ storage: { file: { certificate: 'loop.crt', key: 'loop.key' } } }),
    );
    const seen = await view({ ...line, desired: [...line.desired, loop] });
    expect(seenIn(seen)).toEqual([`${WWW} normal`, `${CA} ready`]);
    expect(seen.gaps).toEqual([
      {
        plugin: 'certificates',
        refs: [refOf('Certificate', 'loop')],
        endpoint: join(line.folder, 'loop.key'),
        message: `${join(line.folder, 'loop.key')}: the symbolic links form a loop (ELOOP)`,
      },
    ]);
  });

  test.skipIf(process.getuid?.() === 0)('without permission is a gap', async () => {
    const line = await ready();
    chmodSync(join(line.folder, 'tls/www.key'), 0);
    expect((await view(line)).gaps).toMatchObject([
      { refs: [refOf('Certificate', 'www')], message: expect.stringContaining('EACCES') as unknown },
    ]);
  });

  test.each<readonly [string, (path: string) => void, string, string]>([
    ['a folder', (path) => mkdirSync(path), 'not-a-file', "the key's file is a directory"],
    ['a pipe', (path) => void execFileSync('mkfifo', [path]), 'not-a-file', "the key's file is not a regular file"],
    ['an empty file', (path) => writeFileSync(path, ''), 'pair-unusable', "the key's file has no private key in it"],
    [
      'a huge file',
      (path) => writeFileSync(path, Buffer.alloc(70_000)),
      'not-a-file',
      "the key's file is larger than 65536 bytes",
    ],
    ['nothing', () => undefined, 'pair-incomplete', 'the key is missing'],
    [
      'another key',
      (path) => void openssl(dirname(path), 'genpkey -algorithm ED25519 -out', path),
      'key-mismatch',
      'the key does not belong to the certificate',
    ],
    [
      'an encrypted key',
      (path) => void openssl(dirname(path), 'genrsa -aes128 -passout pass:secret -out', path, '2048'),
      'key-encrypted',
      "the key's file is encrypted",
    ],
    [
      'a key in DER form',
      (path) => void openssl(dirname(path), 'genpkey -algorithm RSA -outform DER -out', path),
      'pair-unusable',
      "the key's file is in DER form, not PEM",
    ],
  ])('that exists is a fact: %s in the place of the key', async (_name, put, code, text) => {
    const line = await ready();
    const path = join(line.folder, 'tls/www.key');
    rmSync(path);
    put(path);
    const { observed, gaps } = await view(line);
    expect(gaps).toEqual([]);
    expect(observed[0]).toMatchObject({
      state: 'expired',
      facts: { usable: false, key_matches: false },
      findings: [{ code, severity: 'error', message: `cannot be used: ${text}` }],
    });
  });
});

describe('a pair of another program', () => {
  test.each<readonly [string, (folder: string) => void]>([
    ['PKCS#1', (folder) => void openssl(folder, 'genrsa -traditional -out tls/www.key 2048')],
    ['SEC1', (folder) => void openssl(folder, 'ecparam -name prime256v1 -genkey -noout -out tls/www.key')],
    ['PKCS#8', (folder) => void openssl(folder, 'genpkey -algorithm ED25519 -out tls/www.key')],
  ])('with a key in %s is read', async (_name, make) => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'tls'));
    make(folder);
    openssl(
      folder,
      'req -x509 -key tls/www.key -out tls/www.crt -subj /CN=x -addext subjectAltName=DNS:x.test -days 90',
    );
    const { observed } = await view(lineOf(folder, [www], Date.now() + 1000));
    expect(observed[0]).toMatchObject({
      state: 'normal',
      facts: { usable: true, key_matches: true, self_signed: true, dnsNames: ['x.test'], chain_length: 1 },
    });
  });

  test('that is not valid yet is not usable yet', async () => {
    const line = await ready();
    line.now -= 2 * DAY;
    expect((await view(line)).observed[0]).toMatchObject({
      state: 'expired',
      facts: { usable: true },
      findings: [{ code: 'not-yet-valid', message: 'cannot be used: its certificate becomes valid in 47 h' }],
    });
  });
});

describe('an authority that cannot sign', () => {
  test('is broken, with a finding', async () => {
    const line = await ready();
    writeFileSync(join(line.folder, 'ca/ca.key'), 'secret');
    const { observed } = await view(line);
    expect(observed[1]).toMatchObject({
      state: 'broken',
      findings: [{ code: 'ca-unusable', severity: 'error', message: 'cannot sign: ca.key has no private key in it' }],
    });
    expect(JSON.stringify(observed)).not.toContain('secret');
    await expect(take({ ...line, now: now + 70 * DAY }, WWW)).rejects.toThrow(
      'cannot sign: ca.key has no private key in it',
    );
  });

  test('is broken after its end', async () => {
    const line = await ready();
    line.now += 3700 * DAY;
    expect((await view(line)).observed[1]).toMatchObject({
      state: 'broken',
      findings: [{ message: 'cannot sign: its certificate expired 50 days ago' }],
    });
    await expect(take(line, WWW)).rejects.toThrow('the validity of the authority has ended');
  });
});

describe('a Domain whose Certificate', () => {
  const domain = desiredOf('Domain', 'www', {
    host: 'www.example.test',
    address: '127.0.0.1',
    port: 1,
    expiryWarnDays: 30,
    certificate: 'www',
  });

  test('was never issued waits for it, while none is served', async () => {
    const { observed } = await view(lineOf(temporaryFolder(), [issuer, www, domain], now));
    expect(observed).toMatchObject([
      { state: 'pending_issue', given: true, facts: { error: 'refused' }, findings: [] },
    ]);
  });

  test('is stored has an error, while none is served', async () => {
    const line = await ready();
    const { observed } = await view({ ...line, desired: [issuer, www, domain] });
    expect(observed.find(({ ref }) => ref.kind === 'Domain')).toMatchObject({
      state: 'tls_error',
      findings: [{ code: 'refused', severity: 'error' }],
    });
  });

  test('was issued and removed has an error', async () => {
    const line = lineOf(temporaryFolder(), [issuer, www, domain], now);
    line.memory.set(WWW, memoryOf('Certificate', 'www', { kept: { fingerprint: 'sha256:x' } }));
    expect((await view(line)).observed).toMatchObject([{ state: 'tls_error' }]);
  });
});

test('a refresh whose probes take too long begins no more of them, and has all else', async () => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => void sockets.push(socket));
  await new Promise<void>((resolve) => void silent.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
  const { port } = silent.address() as AddressInfo;
  const domains = ['a', 'b', 'c'].map((name) =>
    desiredOf('Domain', name, domainSpec({ host: `${name}.example.test`, address: '127.0.0.1', port })),
  );
  const line = await ready();
  const probe = { concurrency: 1, handshakeSeconds: 0.3 };
  const world = openReader(outside(line.folder, { probe }));
  const query = queryOf([...line.desired, ...domains], { memory: [...line.memory.values()], now });
  const { observed, gaps } = await observe(world, query, 50);
  expect(observed.map(({ ref }) => formatRef(ref))).toEqual([WWW, 'certificates/Domain/a', CA]);
  const message = 'not probed: the probes of this refresh took longer than 0.05 s';
  expect(gaps).toMatchObject(['b', 'c'].map((name) => ({ refs: [refOf('Domain', name)], message })));
  expect(sockets).toHaveLength(1);
});
