/**
 * The swap of a pair, interrupted at every point: a valid pair can always be read, and the next step leaves no files
 * behind.
 */

import { seenState, observedOf, seenFacts, isAbsent } from '#plugin';
import { X509Certificate, createPrivateKey, createPublicKey } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { readAccounts } from '../../../plugins/certificates/live/accounts.ts';
import { createAuthority } from '../../../plugins/certificates/live/authority.ts';
import { issue } from '../../../plugins/certificates/live/issue.ts';
import { readPairFiles } from '../../../plugins/certificates/live/pair.ts';
import { type NewPair, type Validate, settleSwap, swapIn } from '../../../plugins/certificates/live/swap.ts';
import { publicKeyFingerprint, readChain } from '../../../plugins/certificates/live/x509-read.ts';
import type { IssueOrder, KeyAlgorithm, PairStorage } from '../../../plugins/certificates/world.ts';
import { type Line, begun, lineOf, proposal, stateOf, take, view } from './line.ts';
import { CA_SPEC, DAY, certificateSpec, desiredOf, openssl } from './support.ts';
import { temporaryFolder } from '../../support/cli.ts';

const WWW = 'certificates/Certificate/www';
const CA = 'certificates/Issuer/ca';
const now = Math.floor(Date.now() / 1000) * 1000;

type Files = Readonly<Record<string, string>>;

/** Old and new pairs, by name; created once, since the tests only combine their files in different ways. */
const made: Record<'old' | 'ended' | 'other' | 'new' | 'ca', Files> = {
  old: {},
  ended: {},
  other: {},
  new: {},
  ca: {},
};

async function issueIn(order: IssueOrder): Promise<void> {
  await issue(order, await readAccounts());
}

async function pairAt(folder: string, at: number, keyAlgorithm: KeyAlgorithm = 'ecdsa-p256'): Promise<Files> {
  const paths = { certificate: join(folder, 'tls/www.crt'), key: join(folder, 'tls/www.key') };
  rmSync(join(folder, 'tls'), { recursive: true, force: true });
  await issueIn({
    storage: { file: paths },
    authority: { dir: join(folder, 'ca') },
    dnsNames: ['www.example.test', 'example.test'],
    keyAlgorithm,
    validityDays: 90,
    first: true,
    now: at,
    signal: new AbortController().signal,
    progress: () => {},
  });
  return { crt: readFileSync(paths.certificate, 'latin1'), key: readFileSync(paths.key, 'latin1') };
}

beforeAll(async () => {
  const folder = temporaryFolder();
  await createAuthority(join(folder, 'ca'), 'Test CA', now - 200 * DAY);
  made.ca = {
    crt: readFileSync(join(folder, 'ca/ca.crt'), 'latin1'),
    key: readFileSync(join(folder, 'ca/ca.key'), 'latin1'),
  };
  made.old = await pairAt(folder, now - 70 * DAY);
  made.ended = await pairAt(folder, now - 100 * DAY);
  made.other = await pairAt(folder, now - 5 * DAY);
  made.new = await pairAt(folder, now);
});

/** A folder with an authority and these files in `tls/`. */
function folderWith(files: Files): Line {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'ca'));
  writeFileSync(join(folder, 'ca/ca.crt'), made.ca['crt'] ?? '');
  writeFileSync(join(folder, 'ca/ca.key'), made.ca['key'] ?? '', { mode: 0o600 });
  mkdirSync(join(folder, 'tls'));
  for (const [name, text] of Object.entries(files))
    writeFileSync(join(folder, 'tls', name), text, { mode: name.includes('.key') ? 0o600 : 0o644 });
  const documents = [desiredOf('Issuer', 'ca', CA_SPEC), desiredOf('Certificate', 'www', certificateSpec())];
  return begun(lineOf(folder, documents, now), WWW);
}

/** True if some certificate and some key in the folder belong together, and are valid at a time. */
function hasValidPair(folder: string, at: number): boolean {
  const texts = (part: string): readonly string[] =>
    ['', '.pending', '.backup'].flatMap((suffix) => {
      const path = join(folder, 'tls', `www.${part}${suffix}`);
      try {
        return [readFileSync(path, 'latin1')];
      } catch {
        return [];
      }
    });
  return texts('crt').some((crt) =>
    texts('key').some((key) => {
      try {
        const certificate = new X509Certificate(crt);
        return certificate.checkPrivateKey(createPrivateKey(key)) && certificate.validToDate.getTime() >= at;
      } catch {
        return false;
      }
    }),
  );
}

function expectSound({ folder }: Line): void {
  // A certificate of another authority is kept next to its place, and no other file stays.
  const names = readdirSync(join(folder, 'tls')).filter((name) => !/^www\.crt\.kept-\d+$/u.test(name));
  expect(names.sort()).toEqual(['www.crt', 'www.key']);
  const certificate = new X509Certificate(readFileSync(join(folder, 'tls/www.crt')));
  expect(certificate.checkPrivateKey(createPrivateKey(readFileSync(join(folder, 'tls/www.key'))))).toBe(true);
  expect(certificate.validToDate.getTime()).toBeGreaterThan(now + 80 * DAY);
  expect(openssl(folder, 'verify -CAfile ca/ca.crt tls/www.crt')).toContain('OK');
  expect((statSync(join(folder, 'tls/www.key')).mode & 0o777).toString(8)).toBe('600');
  expect((statSync(join(folder, 'tls/www.crt')).mode & 0o777).toString(8)).toBe('644');
}

const half = (text: string | undefined): string => (text ?? '').slice(0, 100);

/**
 * The folder after each write of a swap of `before` for the new pair; `swapped` is the first index at which it is
 * finished.
 */
function points(before: Files): readonly { readonly name: string; readonly files: Files; readonly swapped: boolean }[] {
  const { crt = '', key = '' } = made.new;
  const stored = {
    ...(before['crt'] === undefined ? {} : { 'www.crt': before['crt'] }),
    ...(before['key'] === undefined ? {} : { 'www.key': before['key'] }),
  };
  const pending = { 'www.key.pending': key, 'www.crt.pending': crt };
  const backupCrt: Files = before['crt'] === undefined ? {} : { 'www.crt.backup': before['crt'] };
  const backupKey: Files = before['key'] === undefined ? {} : { 'www.key.backup': before['key'] };
  return [
    { name: 'before anything', files: stored, swapped: false },
    { name: 'pending key empty', files: { ...stored, 'www.key.pending': '' }, swapped: false },
    { name: 'pending key half', files: { ...stored, 'www.key.pending': half(key) }, swapped: false },
    { name: 'pending key', files: { ...stored, 'www.key.pending': key }, swapped: false },
    {
      name: 'pending certificate half',
      files: { ...stored, ...pending, 'www.crt.pending': half(crt) },
      swapped: false,
    },
    { name: 'pending pair', files: { ...stored, ...pending }, swapped: false },
    {
      name: 'backup of the certificate half',
      files: { ...stored, ...pending, 'www.crt.backup': half(before['crt']) },
      swapped: false,
    },
    { name: 'backup of the certificate', files: { ...stored, ...pending, ...backupCrt }, swapped: false },
    {
      name: 'backup of the key half',
      files: { ...stored, ...pending, ...backupCrt, 'www.key.backup': half(before['key']) },
      swapped: false,
    },
    { name: 'backups', files: { ...stored, ...pending, ...backupCrt, ...backupKey }, swapped: false },
    {
      name: 'certificate renamed',
      files: { ...stored, 'www.crt': crt, 'www.key.pending': key, ...backupCrt, ...backupKey },
      swapped: true,
    },
    { name: 'key renamed', files: { 'www.crt': crt, 'www.key': key, ...backupCrt, ...backupKey }, swapped: true },
    { name: 'backup of the key removed', files: { 'www.crt': crt, 'www.key': key, ...backupCrt }, swapped: true },
    { name: 'done', files: { 'www.crt': crt, 'www.key': key }, swapped: true },
  ];
}

const POINTS = points({}).map(({ name }) => name);

function pointOf(before: Files, name: string): { readonly files: Files; readonly swapped: boolean } {
  const found = points(before).find((each) => each.name === name);
  if (found === undefined) throw new Error(`no point ${name}`);
  return found;
}

/** Takes steps until none is needed; gives them. */
async function settle(line: Line): Promise<readonly string[]> {
  const steps: string[] = [];
  for (let i = 0; i < 4; i++) {
    const step = await take(line, WWW);
    if (step === undefined) return steps;
    steps.push(step);
  }
  throw new Error(`does not settle: ${steps.join(', ')}`);
}

describe('a renewal that was interrupted', () => {
  test.each(POINTS)('%s', async (name) => {
    const { files, swapped } = pointOf(made.old, name);
    const line = folderWith(files);
    expect(hasValidPair(line.folder, now)).toBe(true);
    expect(await stateOf(line, WWW)).toBe(name === 'done' ? 'normal' : swapped ? 'renewing' : 'expiring_soon');
    expect(await settle(line)).toEqual(
      name === 'done' ? [] : swapped ? ['renewing>normal'] : ['expiring_soon>renewing'],
    );
    expectSound(line);
    if (swapped) expect(readFileSync(join(line.folder, 'tls/www.crt'), 'latin1')).toBe(made.new['crt']);
  });
});

describe('a recovery that was interrupted', () => {
  test.each(POINTS)('of an expired pair: %s', async (name) => {
    const { files, swapped } = pointOf(made.ended, name);
    const line = folderWith(files);
    expect(await stateOf(line, WWW)).toBe(name === 'done' ? 'normal' : swapped ? 'recovering' : 'expired');
    expect(await settle(line)).toEqual(name === 'done' ? [] : swapped ? ['recovering>normal'] : ['expired>recovering']);
    expectSound(line);
  });

  test.each(POINTS)('of a key that does not match: %s', async (name) => {
    const { files } = pointOf({ crt: made.old['crt'] ?? '', key: made.other['key'] ?? '' }, name);
    const line = folderWith(files);
    await settle(line);
    expectSound(line);
  });

  test.each(POINTS)('of a certificate without its key: %s', async (name) => {
    const line = folderWith(pointOf({ crt: made.old['crt'] ?? '' }, name).files);
    await settle(line);
    expectSound(line);
  });

  test.each(POINTS)('of a key without its certificate: %s', async (name) => {
    const line = folderWith(pointOf({ key: made.old['key'] ?? '' }, name).files);
    await settle(line);
    expectSound(line);
  });
});

describe('a first issue that was interrupted', () => {
  test.each(POINTS.filter((name) => !name.startsWith('backup')))('%s', async (name) => {
    const { files, swapped } = pointOf({}, name);
    const line = folderWith(files);
    expect(await stateOf(line, WWW)).toBe(swapped && name !== 'certificate renamed' ? 'normal' : 'absent');
    expect(await settle(line)).toEqual(swapped && name !== 'certificate renamed' ? [] : ['absent>normal']);
    expectSound(line);
  });
});

describe('an edit that was interrupted', () => {
  test.each(POINTS)('%s', async (name) => {
    const { files, swapped } = pointOf(made.other, name);
    const line = folderWith(files);
    expect(hasValidPair(line.folder, now)).toBe(true);
    const leftovers = !swapped && name !== 'before anything';
    const { resource, proposal: found } = await proposal(line, WWW);
    expect(seenState(resource)).toBe(swapped && name !== 'done' ? 'renewing' : 'normal');
    expect(observedOf(resource)?.findings.some(({ code }) => code === 'leftover-files')).toBe(
      leftovers || (swapped && name !== 'done'),
    );
    expect(found?.step).toBe(leftovers ? 'normal>normal' : swapped && name !== 'done' ? 'renewing>normal' : undefined);
    await settle(line);
    expectSound(line);
    // The stored pair was as declared: tidying keeps it.
    if (!swapped) expect(readFileSync(join(line.folder, 'tls/www.crt'), 'latin1')).toBe(made.other['crt']);
  });
});

describe('damage in the middle of a swap', () => {
  test.each<readonly [string, () => Files]>([
    [
      'the pending key is lost',
      () => ({
        'www.crt': made.new['crt'] ?? '',
        'www.key': made.old['key'] ?? '',
        'www.crt.backup': made.old['crt'] ?? '',
        'www.key.backup': made.old['key'] ?? '',
      }),
    ],
    [
      'the stored key is damaged',
      () => ({ 'www.crt': made.old['crt'] ?? '', 'www.key': 'x', 'www.key.backup': made.old['key'] ?? '' }),
    ],
    [
      'both stored files are damaged',
      () => ({
        'www.crt': 'x',
        'www.key': 'y',
        'www.crt.backup': made.old['crt'] ?? '',
        'www.key.backup': made.old['key'] ?? '',
      }),
    ],
  ])('%s: the backup is restored, and then renewed', async (_name, files) => {
    const line = folderWith(files());
    const first = await take(line, WWW);
    expect(first).toMatch(/^(renewing|recovering)>normal$/u);
    expect(readFileSync(join(line.folder, 'tls/www.crt'), 'latin1')).toBe(made.old['crt']);
    expect(await settle(line)).toEqual(['expiring_soon>renewing']);
    expectSound(line);
  });
});

describe('a swap', () => {
  test('always leaves a valid pair, and never a key that others can read', async () => {
    const before = process.umask(0);
    onTestFinished(() => void process.umask(before));
    const line = folderWith({ 'www.crt': made.old['crt'] ?? '', 'www.key': made.old['key'] ?? '' });
    const tls = join(line.folder, 'tls');
    const renewals = { done: false };
    let looks = 0;
    let bad = 0;
    const reader = (async () => {
      while (!renewals.done) {
        looks += 1;
        // A rename between two reads can hide a pair from a reader, which then reads again.
        if (!hasValidPair(line.folder, now) && !hasValidPair(line.folder, now)) bad += 1;
        for (const name of readdirSync(tls)) {
          if (!name.includes('.key')) continue;
          try {
            if ((statSync(join(tls, name)).mode & 0o077) !== 0) bad += 1;
          } catch {
            // A file that was renamed in between.
          }
        }
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    for (let i = 0; i < 10; i++) {
      writeFileSync(join(tls, 'www.crt'), made.old['crt'] ?? '');
      writeFileSync(join(tls, 'www.key'), made.old['key'] ?? '');
      // The restored pair is the one in the state.
      const memory = line.memory.get(WWW);
      const key = publicKeyFingerprint(createPublicKey(made.old['key'] ?? ''));
      if (memory !== undefined) line.memory.set(WWW, { ...memory, kept: { ...memory.kept, key } });
      expect(await take(line, WWW)).toBe('expiring_soon>renewing');
    }
    renewals.done = true;
    await reader;
    expect(looks).toBeGreaterThan(20);
    expect(bad).toBe(0);
    expectSound(line);
  });

  const pair = (): NewPair => ({
    path: readChain(made.new['crt'] ?? '').certificates,
    key: made.new['key'] ?? '',
  });
  const storageOf = ({ folder }: Line): PairStorage => ({
    file: { certificate: join(folder, 'tls/www.crt'), key: join(folder, 'tls/www.key') },
  });
  const swap = async (line: Line, validate: Validate, signal: AbortSignal): Promise<void> =>
    swapIn(await readPairFiles(storageOf(line)), pair(), await readAccounts(), validate, signal);
  const never = new AbortController().signal;
  const OLD = (): Files => ({ 'www.crt': made.old['crt'] ?? '', 'www.key': made.old['key'] ?? '' });

  function expectOld({ folder }: Line): void {
    expect(readdirSync(join(folder, 'tls')).sort()).toEqual(['www.crt', 'www.key']);
    expect(readFileSync(join(folder, 'tls/www.crt'), 'latin1')).toBe(made.old['crt']);
    expect(readFileSync(join(folder, 'tls/www.key'), 'latin1')).toBe(made.old['key']);
  }

  test('of an invalid pair changes nothing', async () => {
    const line = folderWith(OLD());
    const refuse = (): void => {
      throw new Error('not valid');
    };
    await expect(swap(line, refuse, never)).rejects.toThrow('not valid');
    expectOld(line);
  });

  test('that proves invalid after both renames restores the old pair', async () => {
    const line = folderWith(OLD());
    let calls = 0;
    const second = (): void => {
      calls += 1;
      if (calls === 2) throw new Error('no longer valid');
    };
    await expect(swap(line, second, never)).rejects.toThrow('no longer valid');
    expect(calls).toBe(2);
    expectOld(line);
  });

  test('whose key cannot be renamed restores the old certificate', async () => {
    const line = folderWith(OLD());
    // The pending key disappears between its check and its rename.
    const vanish = (): void => rmSync(join(line.folder, 'tls/www.key.pending'));
    await expect(swap(line, vanish, never)).rejects.toThrow('ENOENT');
    expectOld(line);
  });

  test('of a first pair that fails leaves nothing', async () => {
    const line = folderWith({});
    const vanish = (): void => rmSync(join(line.folder, 'tls/www.key.pending'));
    await expect(swap(line, vanish, never)).rejects.toThrow('ENOENT');
    expect(readdirSync(join(line.folder, 'tls'))).toEqual([]);
  });

  test('that is aborted before the first rename changes nothing', async () => {
    const line = folderWith(OLD());
    await expect(swap(line, () => {}, AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
    expectOld(line);
  });

  test('does not replace a folder', async () => {
    const line = folderWith({ 'www.crt': made.old['crt'] ?? '' });
    mkdirSync(join(line.folder, 'tls/www.key'));
    await expect(swap(line, () => {}, never)).rejects.toThrow('is a directory, and is not replaced');
    expect(readdirSync(join(line.folder, 'tls')).sort()).toEqual(['www.crt', 'www.key']);
    expect(await stateOf(line, WWW)).toBe('expired');
  });

  test('settles twice with the same result', async () => {
    const line = folderWith(pointOf(made.old, 'certificate renamed').files);
    await settleSwap(await readPairFiles(storageOf(line)));
    expect((await settleSwap(await readPairFiles(storageOf(line)))).settlement).toEqual({
      swap: 'none',
      renames: [],
      drops: [],
    });
    expectSound(line);
  });
});

describe('the whole life of a certificate', () => {
  test('from nothing to nothing', async () => {
    const folder = temporaryFolder();
    const line = lineOf(
      folder,
      [desiredOf('Issuer', 'ca', CA_SPEC), desiredOf('Certificate', 'www', certificateSpec())],
      now,
    );
    expect((await view(line)).observed).toEqual([]);
    expect(await take(line, CA)).toBe('absent>ready');
    expect(await take(line, WWW)).toBe('absent>normal');
    expectSound(line);
    expect(await take(line, WWW)).toBeUndefined();
    expect(await take(line, CA)).toBeUndefined();
    expect(line.memory.get(WWW)?.kept).toMatchObject({
      issued: 1,
      issued_at: new Date(now).toISOString(),
      issuer: line.memory.get(CA)?.kept['fingerprint'],
    });

    line.now = now + 59 * DAY;
    expect(await take(line, WWW)).toBeUndefined();
    line.now = now + 61 * DAY;
    expect(await take(line, WWW)).toBe('expiring_soon>renewing');
    expect(await take(line, WWW)).toBeUndefined();
    expect(line.memory.get(WWW)?.kept).toMatchObject({ issued: 2 });

    line.now = now + 200 * DAY;
    expect(await take(line, WWW)).toBe('expired>recovering');
    expect(await stateOf(line, WWW)).toBe('normal');

    chmodSync(join(folder, 'tls/www.key'), 0o644);
    const key = readFileSync(join(folder, 'tls/www.key'), 'latin1');
    expect(await take(line, WWW)).toBe('normal>normal');
    expect((statSync(join(folder, 'tls/www.key')).mode & 0o777).toString(8)).toBe('600');
    expect(readFileSync(join(folder, 'tls/www.key'), 'latin1')).toBe(key);

    const gone: Line = { folder, desired: [], memory: line.memory, now: line.now };
    expect(await take(gone, WWW)).toBe('normal>absent');
    expect(readdirSync(join(folder, 'tls'))).toEqual([]);
    expect(await take(gone, CA)).toBe('ready>absent');
    expect(existsSync(join(folder, 'ca'))).toBe(false);
  });

  test('a change of names, algorithm or issuer issues it again', async () => {
    const folder = temporaryFolder();
    const issuers = [desiredOf('Issuer', 'ca', CA_SPEC), desiredOf('Issuer', 'self', { selfSigned: {} })];
    const line = (more: Parameters<typeof certificateSpec>[0], before?: Line): Line => ({
      folder,
      desired: [...issuers, desiredOf('Certificate', 'www', certificateSpec(more))],
      memory: before?.memory ?? new Map(),
      now,
    });
    let current = line({});
    await take(current, CA);
    await take(current, WWW);
    for (const more of [
      { dnsNames: ['a.test'] },
      { dnsNames: ['a.test'], keyAlgorithm: 'ed25519' },
      { dnsNames: ['a.test'], issuer: 'self' },
    ] as const) {
      current = line(more, current);
      expect(await take(current, WWW)).toBe('normal>normal');
      expect(await take(current, WWW)).toBeUndefined();
    }
    expect(seenFacts((await proposal(current, WWW)).resource)).toMatchObject({
      self_signed: true,
      dnsNames: ['a.test'],
      chain_length: 1,
    });
  });

  test('a removal that was interrupted goes on', async () => {
    const line = folderWith({ 'www.crt': made.other['crt'] ?? '', 'www.key': made.other['key'] ?? '' });
    await take(line, WWW);
    const spec = certificateSpec() as unknown as never;
    const gone: Line = {
      ...line,
      desired: [],
      memory: new Map([
        [
          WWW,
          {
            ref: { plugin: 'certificates', kind: 'Certificate', name: 'www' },
            version: 1,
            kept: {},
            owned: 'created',
            applied: { at: 0, digest: '', spec },
          },
        ],
      ]),
    };
    rmSync(join(line.folder, 'tls/www.key'));
    expect(await take(gone, WWW)).toBe('expired>absent');
    expect(readdirSync(join(line.folder, 'tls'))).toEqual([]);
  });

  test('a first issue never overwrites a file that appeared meanwhile', async () => {
    const line = folderWith({});
    const { resource } = await proposal(line, WWW);
    expect(isAbsent(resource)).toBe(true);
    writeFileSync(join(line.folder, 'tls/www.key'), 'somebody else');
    await expect(
      issueIn({
        storage: { file: { certificate: join(line.folder, 'tls/www.crt'), key: join(line.folder, 'tls/www.key') } },
        dnsNames: ['a.test'],
        keyAlgorithm: 'ecdsa-p256',
        validityDays: 1,
        first: true,
        now,
        signal: new AbortController().signal,
        progress: () => {},
      }),
    ).rejects.toThrow('www.key already exists, and is not overwritten');
    expect(readFileSync(join(line.folder, 'tls/www.key'), 'utf8')).toBe('somebody else');
  });

  test('an authority other than the recorded one signs nothing, even without the rule', async () => {
    const line = folderWith({});
    line.memory.set(CA, {
      ref: { plugin: 'certificates', kind: 'Issuer', name: 'ca' },
      version: 1,
      kept: { fingerprint: `sha256:${'0'.repeat(64)}` },
      owned: 'created',
    });
    await expect(take(line, WWW)).rejects.toThrow('not sha256:000');
    expect(readdirSync(join(line.folder, 'tls'))).toEqual([]);
  });
});
