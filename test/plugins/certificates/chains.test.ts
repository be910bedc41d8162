/**
 * Every way in which a certificate expires is observed: the certificate of the chain, and the place where it is used.
 * OpenSSL is the reference for what a client accepts, now and later.
 */

import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TLSSocket, createServer } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createAuthority, readAuthority } from '../../../plugins/certificates/live/authority.ts';
import { verifyAsClient } from '../../../plugins/certificates/live/client-handshake.ts';
import { certificates } from '../../../plugins/certificates/plugin.ts';
import type { DomainFacts } from '../../../plugins/certificates/facts.ts';
import type { Observed } from '#plugin';
import { fettle } from '../../support/command-line.ts';
import { type MadeCertificate, type Wanted, keyPemOf, makeCertificate } from './chain-maker.ts';
import { DAY, desiredOf, domainSpec, outside, queryOf, refreshed } from './support.ts';
import { temporaryFolder } from '../../support/cli.ts';
import fc from '../../support/property.ts';

const HOST = 'www.example.test';
const now = Date.now();
const make = (wanted: Wanted): Promise<MadeCertificate> => makeCertificate(wanted, now);
const pemOf = (...all: readonly MadeCertificate[]): string => all.map(({ pem }) => pem).join('');

/** The verdict of the openssl program on a leaf, with the anchors of fettle. */
function verified(folder: string, anchors: string, served: string, leaf: string, at?: number): boolean {
  writeFileSync(join(folder, 'v-anchors'), anchors);
  writeFileSync(join(folder, 'v-served'), served);
  writeFileSync(join(folder, 'v-leaf'), leaf);
  const args = ['verify', '-purpose', 'sslserver', '-verify_hostname', HOST, '-auth_level', '2', '-partial_chain'];
  const more = [
    '-no-CApath',
    '-no-CAstore',
    '-CAfile',
    'v-anchors',
    ...(served === '' ? [] : ['-untrusted', 'v-served']),
  ];
  const time = at === undefined ? [] : ['-attime', String(Math.floor(at / 1000))];
  const { status } = spawnSync('openssl', [...args, ...more, ...time, 'v-leaf'], { cwd: folder, stdio: 'ignore' });
  return status === 0;
}

/** A server of a chain that serves it even if it is invalid. */
async function serve(leaf: MadeCertificate, chain: string): Promise<number> {
  const sockets = new Set<TLSSocket>();
  const server = createServer(
    { cert: leaf.pem + chain, key: keyPemOf(leaf), ciphers: 'DEFAULT@SECLEVEL=0' },
    (socket) => {
      sockets.add(socket.on('error', () => undefined));
    },
  );
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function lookAt(folder: string, port: number, more: object = {}): Promise<Observed<DomainFacts>> {
  const spec = domainSpec({ host: HOST, address: '127.0.0.1', port, trust: ['anchors.crt'], ...more });
  const reader = await certificates.openReader(outside(folder));
  const { observed, gaps } = await refreshed(reader, queryOf([desiredOf('Domain', 'd', spec)], { now: Date.now() }));
  expect(gaps).toEqual([]);
  return observed[0] as Observed<DomainFacts>;
}

const messagesOf = ({ findings }: Pick<Observed, 'findings'>): readonly string[] =>
  findings.map(({ severity, code, message }) => `${severity} ${code}: ${message}`);

const WHO = ['leaf', 'Intermediate', 'Root'] as const;

/** A chain of three of which one certificate expires after this number of days. */
async function chainOf(ends: (typeof WHO)[number], days: number) {
  const to = (name: (typeof WHO)[number], usual: number): number => (name === ends ? days : usual);
  const root = await make({ name: 'Root', from: -400, to: to('Root', 3000), ca: true });
  const intermediate = await make({
    name: 'Intermediate',
    by: root,
    from: -400,
    to: to('Intermediate', 900),
    ca: true,
  });
  const leaf = await make({ name: HOST, by: intermediate, from: -80, to: to('leaf', 70), dnsNames: [HOST] });
  return { root, intermediate, leaf };
}

interface Check {
  readonly address: string;
  readonly code: string;
  readonly severity: string;
  readonly message: string;
}

/** The findings of `plan` and of `drift`, and the exit code of `drift`, for the documents in a folder. */
async function judged(folder: string, address: string) {
  writeFileSync(join(folder, 'fettle.yaml'), "name: test\nstore: .fettle\ndesired: ['*.yaml']\n");
  const plan = await fettle(folder, 'plan --format json');
  const drift = await fettle(folder, 'drift --format json');
  const of = (text: string): readonly string[] =>
    (JSON.parse(text) as { readonly checks: readonly Check[] }).checks
      .filter((each) => each.address === address)
      .map(({ severity, code, message }) => `${severity} ${code}: ${message}`);
  expect(of(drift.stdout)).toEqual(of(plan.stdout));
  return { findings: of(plan.stdout), code: drift.code };
}

describe('a chain whose first certificate to expire', () => {
  const near = [5, 'warning'] as const;
  const ended = [-2, 'error'] as const;

  test.each([
    ['leaf', ...near, /^critical expiring-critical: expires in 4 days \(expiryCriticalDays is 7\)/u],
    [
      'Intermediate',
      ...near,
      /^critical chain-expiring-critical: .* in 4 days: the certificate of CN=Intermediate \(served\) expires at 20/u,
    ],
    [
      'Root',
      ...near,
      /^critical chain-expiring-critical: .* in 4 days: the certificate of CN=Root \(in anchors\.crt\) expires at 20/u,
    ],
    ['leaf', ...ended, /^critical expired: expired 2 days ago/u],
    ['Intermediate', ...ended, /^error untrusted: .*the certificate of CN=Intermediate \(served\) expired at 20/u],
    ['Root', ...ended, /^error untrusted: .*the certificate of CN=Root \(in anchors\.crt\) expired at 20/u],
  ] as const)('is %s, in %i days, is a finding of the server: %s', async (who, days, severity, expected) => {
    const folder = temporaryFolder();
    const { root, intermediate, leaf } = await chainOf(who, days);
    writeFileSync(join(folder, 'anchors.crt'), root.pem);
    const seen = await lookAt(folder, await serve(leaf, intermediate.pem));
    expect(messagesOf(seen)).toEqual([expect.stringMatching(expected)]);
    expect(seen.state).toBe(severity === 'error' ? 'tls_error' : 'expiring');
    expect(verified(folder, root.pem, intermediate.pem, leaf.pem)).toBe(severity !== 'error');
    expect(verified(folder, root.pem, intermediate.pem, leaf.pem, now + 6 * DAY)).toBe(false);
  });

  test.each([
    ['leaf', ...ended, /^critical expired: expired 2 days ago, at 20/u],
    [
      'Intermediate',
      ...near,
      /^warning authority-ends: expires in 4 days with the authority ca, and a renewal cannot extend it: the certificate of CN=Intermediate expires at 20/u,
    ],
    ['Root', ...near, /^warning authority-ends: .*: the certificate of CN=Root \(in ca\.crt\) expires at 20/u],
    [
      'Intermediate',
      ...ended,
      /^critical expired: its chain expired 2 days ago: the certificate of CN=Intermediate \(stored with it\) expired at 20/u,
    ],
    [
      'Root',
      ...ended,
      /^critical expired: its chain expired 2 days ago: the certificate of CN=Root \(stored with it\) expired at 20/u,
    ],
  ] as const)(
    'is %s, in %i days, is a finding of the stored certificate: %s',
    async (who, days, severity, expected) => {
      const folder = await stored(who, days);
      const { findings, code } = await judged(folder, 'certificates/Certificate/www');
      expect(findings).toEqual([expect.stringMatching(expected)]);
      if (severity === 'error') expect(code).toBe(2);
    },
  );

  test.each([
    [
      'Intermediate',
      ...near,
      /^warning ca-expiring: expires in 4 days: the certificate of CN=Intermediate expires at 20/u,
    ],
    [
      'Root',
      ...near,
      /^warning ca-expiring: expires in 4 days: the certificate of CN=Root \(in ca\.crt\) expires at 20/u,
    ],
    ['Intermediate', ...ended, /^error ca-unusable: cannot sign: its certificate expired 2 days ago/u],
    ['Root', ...ended, /^error ca-unusable: cannot sign: CN=Root, above it in the chain, expired 2 days ago/u],
  ] as const)('is %s, in %i days, is a finding of the authority: %s', async (who, days, severity, expected) => {
    const folder = await stored(who, days);
    const { findings, code } = await judged(folder, 'certificates/Issuer/ca');
    expect(findings).toEqual([expect.stringMatching(expected)]);
    if (severity === 'error') expect(code).toBe(2);
  });

  test('is far from its end has no finding anywhere', async () => {
    const folder = await stored('Root', 3000);
    const { root, intermediate, leaf } = await chainOf('Root', 3000);
    writeFileSync(join(folder, 'anchors.crt'), root.pem);
    expect(messagesOf(await lookAt(folder, await serve(leaf, intermediate.pem)))).toEqual([]);
    for (const address of ['certificates/Certificate/www', 'certificates/Issuer/ca'])
      expect((await judged(folder, address)).findings).toEqual([]);
  });

  test('is of the declared authority, which did not sign the stored certificate, ends only the authority', async () => {
    const folder = await stored('Root', 3000);
    const { root, intermediate } = await chainOf('Intermediate', 5);
    writeFileSync(join(folder, 'ca/ca.crt'), pemOf(intermediate, root));
    writeFileSync(join(folder, 'ca/ca.key'), keyPemOf(intermediate), { mode: 0o600 });
    expect((await judged(folder, 'certificates/Certificate/www')).findings).toEqual([]);
    expect((await judged(folder, 'certificates/Issuer/ca')).findings).toEqual([
      expect.stringMatching(/^warning ca-expiring: /u),
    ]);
  });

  test('is cross-signed, and another path to an anchor lasts longer: only the longest path counts', async () => {
    const folder = temporaryFolder();
    const { root, intermediate, leaf } = await chainOf('Root', 3000);
    const old = await make({ name: 'Old Root', from: -900, to: 3, ca: true });
    const crossed = await make({ name: 'Root', by: old, from: -300, to: 3, ca: true, like: root });
    writeFileSync(join(folder, 'anchors.crt'), root.pem);
    const port = await serve(leaf, pemOf(intermediate, crossed));
    expect(messagesOf(await lookAt(folder, port))).toEqual([]);
    writeFileSync(join(folder, 'old.crt'), old.pem);
    expect(messagesOf(await lookAt(folder, port, { trust: ['old.crt'] }))).toEqual([
      expect.stringMatching(/^critical chain-expiring-critical: .*CN=Root \(served\) expires/u),
    ]);
    // With both anchors, OpenSSL follows the path that is valid for as long as there is one.
    expect(messagesOf(await lookAt(folder, port, { trust: ['old.crt', 'anchors.crt'] }))).toEqual([]);
  });

  test('does not count with verify: false', async () => {
    const folder = temporaryFolder();
    const { root, intermediate, leaf } = await chainOf('Intermediate', 5);
    writeFileSync(join(folder, 'anchors.crt'), root.pem);
    expect(messagesOf(await lookAt(folder, await serve(leaf, intermediate.pem), { verify: false }))).toEqual([]);
  });
});

/**
 * A project whose authority is an intermediate that has signed its pair; one of the three expires after this number of
 * days.
 */
async function stored(who: (typeof WHO)[number], days: number): Promise<string> {
  const folder = temporaryFolder();
  const { root, intermediate, leaf } = await chainOf(who, days);
  for (const name of ['ca', 'tls']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'ca/ca.crt'), pemOf(intermediate, root));
  writeFileSync(join(folder, 'ca/ca.key'), keyPemOf(intermediate), { mode: 0o600 });
  writeFileSync(join(folder, 'tls/www.crt'), pemOf(leaf, intermediate, root));
  writeFileSync(join(folder, 'tls/www.key'), keyPemOf(leaf), { mode: 0o600 });
  writeFileSync(
    join(folder, 'main.yaml'),
    `apiVersion: certificates/v1
kind: Issuer
metadata: { name: ca }
spec: { localCa: { dir: ca, commonName: Intermediate } }
---
apiVersion: certificates/v1
kind: Certificate
metadata: { name: www }
spec: { issuer: ca, dnsNames: [${HOST}], storage: { file: { certificate: tls/www.crt, key: tls/www.key } } }
`,
  );
  return folder;
}

describe('an authority that expires before the requested end', () => {
  test('limits it, shows that in the row, and is not asked again', async () => {
    const folder = await stored('Root', 5);
    writeFileSync(join(folder, 'fettle.yaml'), "name: test\nstore: .fettle\ndesired: ['*.yaml']\n");
    rmSync(join(folder, 'tls'), { recursive: true });
    const plan = await fettle(folder, 'plan');
    expect(plan.stdout).toMatch(
      /cut-short: the authority ca expires in 4 days: CN=Root expires at 20.* The new certificate is limited to 4 days \(validityDays is 90\)/u,
    );
    await fettle(folder, 'apply --yes --until-settled');
    const first = readFileSync(join(folder, 'tls/www.crt'), 'utf8');
    // Near its own end, a renewal would have the same end again.
    const late = await fettle(folder, 'apply --yes', { now: () => now + 4.5 * DAY });
    expect(late.stdout).toContain('REJECTED never-without-valid-pair');
    expect(readFileSync(join(folder, 'tls/www.crt'), 'utf8')).toBe(first);
  });
});

describe('a certificate that a client would refuse', () => {
  const flawed: readonly (readonly [string, Partial<Wanted>, Partial<Wanted>, Partial<Wanted>, RegExp])[] = [
    ['SHA-1 on the leaf', {}, {}, { hash: 'SHA-1' }, /the signature of CN=www\.example\.test is too weak: SHA-1 \(/u],
    ['SHA-1 on the intermediate', {}, { hash: 'SHA-1' }, {}, /the signature of CN=Intermediate is too weak: SHA-1 \(/u],
    [
      'RSA 1024 of the leaf',
      {},
      {},
      { key: 'rsa1024' },
      /the key of CN=www\.example\.test is too weak: RSA of 1024 bits/u,
    ],
    [
      'RSA 1024 of the intermediate',
      {},
      { key: 'rsa1024' },
      {},
      /the key of CN=Intermediate is too weak: RSA of 1024 bits/u,
    ],
    [
      'a path length',
      { pathLength: 0 },
      {},
      {},
      /CN=Root allows no authority below it \(its path length is 0\); the path has 1 \(/u,
    ],
    [
      'names that are not permitted',
      {},
      { permitted: 'other.test' },
      {},
      /CN=Intermediate is not permitted to sign for www\.example\.test, only for other\.test \(/u,
    ],
    ['a leaf for clients', {}, {}, { usage: 'clientAuth' }, /CN=www\.example\.test is not valid for TLS servers/u],
    ['an intermediate for clients', {}, { usage: 'clientAuth' }, {}, /CN=Intermediate is not valid for TLS servers/u],
    [
      'an intermediate that is not an authority',
      {},
      { ca: false },
      {},
      /CN=Intermediate (?:is not permitted to sign|is not a certificate of an authority)/u,
    ],
  ];

  test.each(flawed)(
    '%s: the server is refused as OpenSSL refuses it, with the reason in the finding',
    async (_name, r, i, l, why) => {
      const folder = temporaryFolder();
      const root = await make({ name: 'Root', to: 3000, ca: true, ...r });
      const intermediate = await make({ name: 'Intermediate', by: root, to: 900, ca: true, ...i });
      const leaf = await make({ name: HOST, by: intermediate, dnsNames: [HOST], ...l });
      expect(verified(folder, root.pem, intermediate.pem, leaf.pem)).toBe(false);
      writeFileSync(join(folder, 'anchors.crt'), root.pem);
      const seen = await lookAt(folder, await serve(leaf, intermediate.pem));
      expect(messagesOf(seen)).toEqual([expect.stringMatching(why)]);
      expect(messagesOf(seen).join('')).not.toContain('UNSPECIFIED');
      expect(seen.state).toBe('tls_error');
      // The same chain is not issued, for any verdict of the plan.
      const path = [leaf, intermediate, root].map(({ certificate }) => certificate);
      await expect(verifyAsClient({ path, key: keyPemOf(leaf), dnsNames: [HOST] }, now)).rejects.toThrow(
        /^the new certificate is not stored; clients would refuse it: /u,
      );
    },
  );

  test('an expired copy of the intermediate among the anchors: OpenSSL and fettle both refuse it', async () => {
    const folder = temporaryFolder();
    const { root, intermediate, leaf } = await chainOf('Root', 3000);
    const old = await make({ name: 'Intermediate', by: root, from: -900, to: -1, ca: true, like: intermediate });
    writeFileSync(join(folder, 'anchors.crt'), pemOf(root, old));
    const port = await serve(leaf, intermediate.pem);
    expect(verified(folder, pemOf(root, old), intermediate.pem, leaf.pem)).toBe(false);
    expect(messagesOf(await lookAt(folder, port))).toEqual([
      expect.stringMatching(/^error untrusted: .*CN=Intermediate \(in anchors\.crt\) expired at 20/u),
    ]);
    expect((await lookAt(folder, port, { verify: false })).state).toBe('issued');
  });
});

test('a pair that a client would refuse does not replace the working pair', async () => {
  const folder = temporaryFolder();
  const dir = join(folder, 'ca');
  await createAuthority(dir, 'Test CA', now);
  writeFileSync(
    join(folder, 'main.yaml'),
    `apiVersion: certificates/v1
kind: Issuer
metadata: { name: ca }
spec: { localCa: { dir: ca, commonName: Test CA } }
---
apiVersion: certificates/v1
kind: Certificate
metadata: { name: www }
spec: { issuer: ca, dnsNames: [${HOST}], storage: { file: { certificate: tls/www.crt, key: tls/www.key } } }
`,
  );
  writeFileSync(join(folder, 'fettle.yaml'), "name: test\nstore: .fettle\ndesired: ['*.yaml']\n");
  await fettle(folder, 'apply --yes --until-settled');
  const files = (): readonly string[] =>
    ['crt', 'key'].map((name) => readFileSync(join(folder, `tls/www.${name}`), 'utf8'));
  const before = files();
  const root = await make({ name: 'Strict', to: 3000, ca: true, pathLength: 0 });
  const sub = await make({ name: 'Sub', by: root, to: 900, ca: true });
  writeFileSync(join(dir, 'ca.crt'), pemOf(sub, root));
  writeFileSync(join(dir, 'ca.key'), keyPemOf(sub), { mode: 0o600 });
  const { stdout } = await fettle(
    folder,
    'apply --yes --override issuer-changed@certificates/Certificate/www --reason test',
    {
      now: () => now + 70 * DAY,
    },
  );
  expect(stdout).toContain('CN=Strict allows no authority below it (its path length is 0); the path has 1');
  expect(files()).toEqual(before);
});

const RUNS = process.env['FETTLE_TEST_FULL'] === undefined ? 25 : 1000;

const often = <T>(usual: T, ...others: readonly T[]) =>
  fc.oneof({ weight: 8, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(usual, ...others) });

const anyAuthority = fc.record({
  from: often(-400, 2),
  to: often(900, 5, 60, -1),
  ca: often(true, false),
  pathLength: often<number | undefined>(undefined, 0, 1),
  certSign: often<boolean | undefined>(undefined, false),
  usage: often<'serverAuth' | 'clientAuth' | undefined>(undefined, 'serverAuth', 'clientAuth'),
  permitted: often<string | undefined>(undefined, 'example.test', 'other.test'),
  key: often<'p256' | 'rsa1024' | 'rsa2048'>('p256', 'rsa1024', 'rsa2048'),
  hash: often<'SHA-256' | 'SHA-1'>('SHA-256', 'SHA-1'),
});
const anyLeaf = fc.record({
  from: often(-10, 1),
  to: often(70, -1, 20),
  usage: often<'serverAuth' | 'clientAuth' | undefined>('serverAuth', 'clientAuth', undefined),
  key: often<'p256' | 'rsa1024' | 'rsa2048'>('p256', 'rsa1024', 'rsa2048'),
  hash: often<'SHA-256' | 'SHA-1'>('SHA-256', 'SHA-1'),
  dnsNames: often([HOST], ['*.example.test'], ['other.test']),
});
const anyChain = fc.record({
  authorities: fc.array(anyAuthority, { minLength: 1, maxLength: 3 }),
  leaf: anyLeaf,
  /** The authority that is the anchor: 0 is the root; 9 is an unrelated one. */
  anchor: often(0, 1, 9),
  /** True if an expired copy of the lowest authority is among the anchors. */
  copy: often(false, true),
  left: often<number | undefined>(undefined, 0, 1),
  reversed: fc.boolean(),
});

/** The given values, without undefined ones. */
function said(wanted: object): Partial<Wanted> {
  return Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined));
}

async function built({ authorities, leaf }: { readonly authorities: readonly object[]; readonly leaf: object }) {
  const chain: MadeCertificate[] = [];
  for (const [i, wanted] of authorities.entries()) {
    const by = chain.at(-1);
    chain.push(await make({ name: `CA ${i}`, ...said(wanted), ...(by === undefined ? {} : { by }) }));
  }
  const signer = chain.at(-1);
  if (signer === undefined) throw new Error('no authority');
  return { chain, signer, own: await make({ name: HOST, by: signer, ...said(leaf) }) };
}

test('any chain: a server is refused exactly if openssl refuses it, and expires when openssl says so', {
  timeout: 600_000,
}, async () => {
  const folder = temporaryFolder();
  let [accepted, refused] = [0, 0];
  await fc.assert(
    fc.asyncProperty(anyChain, async (wanted) => {
      const { chain, signer, own } = await built(wanted);
      const stranger = await make({ name: 'Stranger', ca: true });
      const anchor = chain[wanted.anchor] ?? stranger;
      const copy = await make({ name: signer.certificate.subject.slice(3), from: -99, to: -1, ca: true, like: signer });
      const anchors = anchor.pem + (wanted.copy && chain.length > 1 ? copy.pem : '');
      const between = chain
        .slice(1)
        .toReversed()
        .filter((_each, i) => i !== wanted.left);
      const served = pemOf(...(wanted.reversed ? between.toReversed() : between));
      writeFileSync(join(folder, 'anchors.crt'), anchors);
      const seen = await lookAt(folder, await serve(own, served), { expiryWarnDays: 0 });
      const expected = verified(folder, anchors, served, own.pem);
      expect([messagesOf(seen), seen.state]).toEqual([messagesOf(seen), expected ? 'issued' : 'tls_error']);
      expect(messagesOf(seen).join('')).not.toContain('UNSPECIFIED');
      if (!expected) {
        expect(messagesOf(seen).length).toBeGreaterThan(0);
        refused += 1;
        return;
      }
      accepted += 1;
      const { facts } = seen;
      const end = Date.parse(facts.chain_end?.not_after ?? facts.not_after ?? '');
      expect(verified(folder, anchors, served, own.pem, end - 1000)).toBe(true);
      expect(verified(folder, anchors, served, own.pem, end + 1000)).toBe(false);
    }),
    { numRuns: RUNS },
  );
  expect(Math.min(accepted, refused)).toBeGreaterThan(RUNS / 10);
});

test('any authority: it is usable exactly if openssl accepts its certificates', { timeout: 600_000 }, async () => {
  let [usable, broken] = [0, 0];
  // Dates are judged separately from other faults, and names by a rule of their own.
  const valid = { from: -400, to: 900, permitted: undefined };
  await fc.assert(
    fc.asyncProperty(fc.array(anyAuthority, { minLength: 1, maxLength: 4 }), async (authorities) => {
      const folder = temporaryFolder();
      const leaf = { dnsNames: [HOST], usage: 'serverAuth' };
      const { chain, signer, own } = await built({
        authorities: authorities.map((each) => ({ ...each, ...valid })),
        leaf,
      });
      const up = chain.toReversed();
      writeFileSync(join(folder, 'ca.crt'), pemOf(...up));
      writeFileSync(join(folder, 'ca.key'), keyPemOf(signer), { mode: 0o600 });
      const seen = await readAuthority(folder);
      const problem = seen.status === 'seen' ? seen.problem : 'absent';
      const [root] = chain;
      const expected = verified(folder, root?.pem ?? '', pemOf(...up.slice(0, -1)), own.pem);
      expect([problem, problem === undefined]).toEqual([problem, expected]);
      // The handshake before an issue has the same result.
      const path = [own, ...up].map(({ certificate }) => certificate);
      const issued = await verifyAsClient({ path, key: keyPemOf(own), dnsNames: [HOST] }, now).then(
        () => true,
        () => false,
      );
      expect([problem, issued]).toEqual([problem, expected]);
      if (expected) usable += 1;
      else broken += 1;
    }),
    { numRuns: RUNS },
  );
  expect(Math.min(usable, broken)).toBeGreaterThan(RUNS / 10);
});

describe('a served chain other than the stored one', () => {
  async function crossSigned() {
    const roots = [
      await make({ name: 'Root A', to: 3000, ca: true }),
      await make({ name: 'Root B', to: 3000, ca: true }),
    ];
    const [a, b] = roots as [MadeCertificate, MadeCertificate];
    const stored = await make({ name: 'Intermediate', by: a, to: 900, ca: true });
    const served = await make({ name: 'Intermediate', by: b, to: 900, ca: true, like: stored });
    const leaf = await make({ name: HOST, by: stored, to: 80, dnsNames: [HOST] });
    return { a, b, stored, served, leaf };
  }

  type Chain = Awaited<ReturnType<typeof crossSigned>>;

  test.each<readonly [string, (chain: Chain) => string, (chain: Chain) => string, boolean, readonly string[]]>([
    ['is complete if it leads to a root as well', ({ served }) => served.pem, ({ a, b }) => a.pem + b.pem, true, []],
    [
      'is incomplete if its root is not an anchor',
      ({ served }) => served.pem,
      ({ a }) => a.pem,
      false,
      ['untrusted', 'chain-incomplete'],
    ],
    [
      'is incomplete if only an anchor below a root replaces the intermediate',
      () => '',
      ({ stored }) => stored.pem,
      true,
      ['chain-incomplete'],
    ],
  ])('%s', async (_name, sent, anchors, isTrusted, codes) => {
    const folder = temporaryFolder();
    const chain = await crossSigned();
    const { leaf, stored } = chain;
    mkdirSync(join(folder, 'tls'));
    writeFileSync(join(folder, 'tls/www.crt'), pemOf(leaf, stored));
    writeFileSync(join(folder, 'tls/www.key'), keyPemOf(leaf), { mode: 0o600 });
    writeFileSync(join(folder, 'anchors.crt'), anchors(chain));
    const port = await serve(leaf, sent(chain));
    writeFileSync(
      join(folder, 'd.yaml'),
      `apiVersion: certificates/v1
kind: Issuer
metadata: { name: ca }
spec: { selfSigned: {} }
---
apiVersion: certificates/v1
kind: Certificate
metadata: { name: www }
spec: { issuer: ca, dnsNames: [${HOST}], storage: { file: { certificate: tls/www.crt, key: tls/www.key } } }
---
apiVersion: certificates/v1
kind: Domain
metadata: { name: d }
spec: { host: ${HOST}, address: 127.0.0.1, port: ${port}, certificate: www, trust: [anchors.crt] }
`,
    );
    expect(verified(folder, anchors(chain), sent(chain), leaf.pem)).toBe(isTrusted);
    const { findings } = await judged(folder, 'certificates/Domain/d');
    expect(findings.map((each) => each.split(/[ :]/u)[1])).toEqual(codes);
  });
});
