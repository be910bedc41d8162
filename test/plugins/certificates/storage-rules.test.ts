/** Rules of storage: the owner of a key, and the names that an authority can sign, compared with openssl. */

import { absent, resourceWith } from '../../support/resource.ts';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { CertificateResource } from '../../../plugins/certificates/diff.ts';
import type { CertificateFacts } from '../../../plugins/certificates/facts.ts';
import { type CertificateMemory, tables } from '../../../plugins/certificates/generated.ts';
import { namesNotAllowed, withConstraints } from '../../../plugins/certificates/name-constraints.ts';
import { certificates } from '../../../plugins/certificates/plugin.ts';
import { hasSwapped } from '../../../plugins/certificates/remembered.ts';
import { foreignKey, issuerNameConstraints, noteKey, noteSwap } from '../../../plugins/certificates/storage-rules.ts';
import type { CertificatesWriter } from '../../../plugins/certificates/world.ts';
import { type Change, changeOf, type Memory } from '#plugin';
import {
  certificateResource,
  fingerprint,
  issuerResource,
  memoryOf,
  observedOf,
  openssl,
  outside,
  refOf,
  sceneOf,
} from './support.ts';
import { temporaryFolder } from '../../support/cli.ts';

function change(step: Change['step'], more: Partial<Pick<Change, 'goal' | 'fields' | 'cause'>> = {}): Change {
  const parts = { step, goal: 'update', because: '', cause: 'time', ...more } as const;
  return changeOf(refOf('Certificate', 'www'), tables.kinds.Certificate, parts);
}

function pairOf(
  facts: Partial<CertificateFacts>,
  kept: Partial<CertificateMemory> = {},
  memory: Partial<Memory> = {},
): CertificateResource {
  return certificateResource({ facts, kept, memory });
}

const A = fingerprint('a');
const B = fingerprint('b');

describe('foreign-key', () => {
  const renew = change('expiring_soon>renewing');
  test.each<readonly [string, Change, CertificateResource, 'pass' | 'reject', string]>([
    [
      'the key that is remembered',
      renew,
      pairOf({ key_fingerprint: A }, { key: A }),
      'pass',
      'fettle created or adopted',
    ],
    [
      'another one',
      renew,
      pairOf({ key_fingerprint: B }, { key: A }),
      'reject',
      'fettle neither created nor adopted the key of tls/www.crt',
    ],
    [
      'another one, in an edit that issues',
      change('normal>normal', { fields: [{ path: '/dnsNames' }] }),
      pairOf({ key_fingerprint: B }, { key: A }),
      'reject',
      'neither created nor adopted',
    ],
    [
      'another one, whose mode is set right',
      change('normal>normal', { fields: [{ path: '/storage/file/key/mode' }] }),
      pairOf({ key_fingerprint: B }, { key: A }),
      'pass',
      'the key does not change',
    ],
    [
      'another one that is only reloaded',
      change('normal>normal'),
      pairOf({ key_fingerprint: B }, { key: A }),
      'pass',
      'the key does not change',
    ],
    [
      'another one that expired',
      change('expired>recovering'),
      pairOf({ key_fingerprint: B }, { key: A }),
      'reject',
      'neither created nor adopted',
    ],
    [
      'another one, whose document was removed',
      change('normal>absent', { goal: 'remove' }),
      pairOf({ key_fingerprint: B }, { key: A }),
      'reject',
      'neither created nor adopted',
    ],
    [
      'an owned one, whose document was removed',
      change('expired>absent', { goal: 'remove' }),
      pairOf({ key_fingerprint: A }, { key: A }),
      'pass',
      'created or adopted',
    ],
    ['nothing remembered', renew, pairOf({ key_fingerprint: B }), 'pass', 'the state records no other key'],
    [
      'no key that can be read',
      change('expired>recovering'),
      pairOf({ usable: false, problem_code: 'damaged' }, { key: A }),
      'pass',
      'no usable key is stored',
    ],
    [
      'an encrypted key',
      change('expired>recovering'),
      pairOf({ usable: false, problem_code: 'encrypted' }, { key: A }),
      'reject',
      'is encrypted, so fettle did not create it',
    ],
    [
      'a folder in its place',
      change('expired>recovering'),
      pairOf({ usable: false, problem_code: 'not-a-file', problem: "the key's file is a directory" }, { key: A }),
      'reject',
      "the key's file is a directory, and is not replaced",
    ],
    [
      'a key that lies elsewhere',
      change('normal>normal', { fields: [{ path: '/storage' }] }),
      pairOf({ key_fingerprint: B, elsewhere: true }, { key: A }),
      'pass',
      'no key is stored at the new location',
    ],
  ])('%s', (_name, step, resource, outcome, text) => {
    const verdict = foreignKey(step, resource);
    expect([verdict.outcome, verdict.message]).toEqual([outcome, expect.stringContaining(text)]);
    if (outcome === 'reject') expect(verdict.remedy?.outside).toMatch(/fettle state forget|move the entry at/u);
  });
});

describe('the owned key', () => {
  const open = { seq: 1, step: 'expiring_soon>renewing', goal: 'update', at: 0, run: 'r' } as const;
  test.each<readonly [string, CertificateResource, string | undefined]>([
    ['is the first one that is seen', pairOf({ key_fingerprint: A }), A],
    ['stays what it was', pairOf({ key_fingerprint: B }, { key: A }), undefined],
    ['is what a step made that was broken off', pairOf({ key_fingerprint: B }, { key: A }, { open }), B],
    [
      'is not what is found while it is removed',
      pairOf({ key_fingerprint: B }, { key: A }, { open: { ...open, goal: 'remove' } }),
      undefined,
    ],
    ['is not an unusable one', pairOf({ key_fingerprint: A, usable: false }), undefined],
    ['is undefined without a key', pairOf({}), undefined],
  ])('%s', (_name, resource, expected) => {
    expect(noteKey(resource).key).toBe(expected);
  });

  test('is the present one when a pair is adopted, for any earlier observation', () => {
    const { memory, ...rest } = pairOf({ key_fingerprint: B }, { key: A });
    const { owned: _notOurs, ...seen } = memory ?? { owned: undefined };
    expect(noteKey(resourceWith({ ...rest, memory: seen as NonNullable<typeof memory> })).key).toBe(B);
    expect(noteKey(rest).key).toBe(B);
  });
});

interface Authority {
  readonly folder: string;
  readonly world: CertificatesWriter;
}

/** An authority by openssl in `ca/`, with name constraints in the form of its configuration. */
async function authority(constraints: string, more: readonly string[] = []): Promise<Authority> {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'ca'));
  const lines = [
    '[req]',
    'distinguished_name=dn',
    'x509_extensions=ext',
    '[dn]',
    '[ext]',
    'basicConstraints=critical,CA:TRUE',
    `nameConstraints=critical,${constraints}`,
  ];
  writeFileSync(join(folder, 'ca.cnf'), `${[...lines, ...more].join('\n')}\n`);
  openssl(
    folder,
    'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca/ca.key -out ca/ca.crt -subj /O=Example/CN=CA -config ca.cnf -days 900',
  );
  return { folder, world: (await certificates.openWriter(outside(folder))) as CertificatesWriter };
}

async function isAccepted({ folder, world }: Authority, dnsNames: readonly string[]): Promise<boolean> {
  const first = !existsSync(join(folder, 'www.crt'));
  const issuing = world.issue({
    storage: { file: { certificate: 'www.crt', key: 'www.key' } },
    authority: { dir: 'ca' },
    dnsNames,
    keyAlgorithm: 'ecdsa-p256',
    validityDays: 9,
    first,
    // The authority was created in this very second.
    now: Date.now() + 1000,
    signal: new AbortController().signal,
    progress: () => {},
  });
  try {
    await issuing;
  } catch (error) {
    // OpenSSL in this process refuses before anything is stored.
    expect(String(error)).toMatch(/clients would refuse it: .*(?:permitted|excluded) subtree violation/u);
    return false;
  }
  try {
    return openssl(folder, 'verify -CAfile ca/ca.crt www.crt').includes('OK');
  } catch {
    return false;
  }
}

const NAMES = [
  'example.test',
  'www.example.test',
  'WWW.Example.TEST',
  '*.example.test',
  'notexample.test',
  'a.b.example.test',
  'secret.example.test',
  'x.secret.example.test',
  'test',
  'other.test',
];

describe('issuer-name-constraints', () => {
  test.each([
    ['permitted;DNS:example.test'],
    ['permitted;DNS:.example.test'],
    ['excluded;DNS:secret.example.test'],
    ['excluded;DNS:.secret.example.test'],
    ['permitted;DNS:example.test,excluded;DNS:secret.example.test'],
    ['permitted;DNS:example.test,permitted;DNS:other.test'],
    ['permitted;DNS:EXAMPLE.test'],
    ['permitted;IP:10.0.0.0/255.0.0.0'],
  ])(
    '%s: names are allowed as openssl allows them',
    async (constraints) => {
      const made = await authority(constraints);
      const seen = await made.world.readAuthority('ca');
      const own = seen.status === 'seen' ? seen.name_constraints : undefined;
      const allowed = (name: string): boolean => own === undefined || namesNotAllowed([name], own).length === 0;
      for (const name of NAMES) expect([name, allowed(name)]).toEqual([name, await isAccepted(made, [name])]);
    },
    60_000,
  );

  test('of subjects do not matter: the certificate has no subject', async () => {
    const made = await authority('permitted;dirName:dir,permitted;DNS:example.test', ['[dir]', 'O=Example']);
    expect(await isAccepted(made, ['www.example.test'])).toBe(true);
    expect(openssl(made.folder, 'x509 -in www.crt -noout -subject')).toBe('subject=\n');
  });

  test('of an authority above it count too', async () => {
    const made = await authority('permitted;DNS:example.test');
    const { folder } = made;
    mkdirSync(join(folder, 'sub'));
    openssl(folder, 'req -newkey ed25519 -nodes -keyout sub/ca.key -out sub.csr -subj /CN=Sub');
    writeFileSync(
      join(folder, 'sub.ext'),
      'basicConstraints=critical,CA:TRUE\nnameConstraints=critical,excluded;DNS:secret.example.test\n',
    );
    openssl(folder, 'x509 -req -in sub.csr -CA ca/ca.crt -CAkey ca/ca.key -days 90 -extfile sub.ext -out sub/ca.crt');
    openssl(folder, 'x509 -in ca/ca.crt -out root.pem');
    const both = `${openssl(folder, 'x509 -in sub/ca.crt')}${openssl(folder, 'x509 -in root.pem')}`;
    writeFileSync(join(folder, 'sub/ca.crt'), both);
    expect(await made.world.readAuthority('sub')).toMatchObject({
      name_constraints: { permitted: ['example.test'], excluded: ['secret.example.test'] },
    });
  });

  test.each<readonly [string, Parameters<typeof withConstraints>, ReturnType<typeof withConstraints>]>([
    ['none', [undefined, undefined], undefined],
    ['one', [{ permitted: ['a'], excluded: [] }, undefined], { permitted: ['a'], excluded: [] }],
    [
      'a narrower one below',
      [
        { permitted: ['a.test', 'b.test'], excluded: ['x'] },
        { permitted: ['www.a.test'], excluded: ['y'] },
      ],
      { permitted: ['www.a.test'], excluded: ['x', 'y'] },
    ],
    [
      'a wider one below',
      [
        { permitted: ['www.a.test'], excluded: [] },
        { permitted: ['.test'], excluded: [] },
      ],
      { permitted: ['www.a.test'], excluded: [] },
    ],
    [
      'the same one',
      [
        { permitted: ['a.test'], excluded: [] },
        { permitted: ['A.test'], excluded: [] },
      ],
      { permitted: ['a.test', 'A.test'], excluded: [] },
    ],
    [
      'nothing in common',
      [
        { permitted: ['a.test'], excluded: [] },
        { permitted: ['b.test'], excluded: [] },
      ],
      { permitted: [], excluded: [] },
    ],
    [
      'an exclusion alone',
      [{ excluded: ['x'] }, { permitted: ['b.test'], excluded: [] }],
      { permitted: ['b.test'], excluded: ['x'] },
    ],
  ])('of several levels: %s', (_name, [upper, lower], expected) => {
    expect(withConstraints(upper, lower)).toEqual(expected);
  });

  const issuer = (nameConstraints: object | undefined) =>
    issuerResource({
      observed: observedOf('Issuer', 'ca', 'ready', {
        fingerprint: A,
        ...(nameConstraints === undefined ? {} : { name_constraints: nameConstraints }),
      }),
    });
  test.each<readonly [string, object | undefined, 'pass' | 'reject']>([
    ['an authority that may sign for any name', undefined, 'pass'],
    ['one that may sign for these', { permitted: ['example.test'], excluded: [] }, 'pass'],
    ['one that may sign for others', { permitted: ['other.test'], excluded: [] }, 'reject'],
    ['one that may sign for all but one of these', { excluded: ['www.example.test'] }, 'reject'],
  ])('with %s', (_name, constraints, outcome) => {
    const first = absent(pairOf({}));
    const scene = sceneOf([issuer(constraints)]);
    const verdict = issuerNameConstraints(change('absent>normal', { goal: 'create' }), first, scene);
    expect(verdict.outcome).toBe(outcome);
    if (outcome === 'reject') {
      expect(verdict.message).toContain('is not permitted to sign for www.example.test');
      expect(verdict.facts['names']).toContain('www.example.test');
    }
    // A change that issues nothing is not checked.
    expect(issuerNameConstraints(change('normal>normal'), first, scene).outcome).toBe('pass');
    expect(
      issuerNameConstraints(change('normal>normal', { fields: [{ path: '/dnsNames' }] }), first, scene).outcome,
    ).toBe(outcome);
  });
});

describe('an earlier swap', () => {
  const open = (step: Change['step'], goal: 'create' | 'update' | 'remove' = 'update') =>
    ({ seq: 1, step, goal, at: 0, run: 'r' }) as const;
  const adopted = (more: Partial<Memory>): Memory => memoryOf('Certificate', 'www', { owned: 'adopted', ...more });
  const { owned: _made, ...nobodys } = memoryOf('Certificate', 'www');
  test.each<readonly [string, Memory | undefined, boolean]>([
    ['nothing is remembered', undefined, false],
    ['it was made here', memoryOf('Certificate', 'www'), true],
    ['it was adopted', adopted({}), false],
    ['it was adopted, and renewed since', adopted({ kept: { issued: 1 } }), true],
    ['it was adopted, and a renewal was broken off', adopted({ open: open('expiring_soon>renewing') }), true],
    ['that was settled', adopted({ kept: { began: true } }), true],
    ['an edit is open, which may only set a mode', adopted({ open: open('normal>normal') }), false],
    ['a removal is open', adopted({ open: open('normal>absent', 'remove') }), false],
    ['a renewal failed', adopted({ lastError: { at: 0, step: 'expired>recovering', message: '' } }), true],
    ['an edit failed', adopted({ lastError: { at: 0, step: 'normal>normal', message: '' } }), false],
    ['the first one was broken off', { ...nobodys, open: open('absent>normal', 'create') }, true],
  ])('%s: %j', (_name, memory, expected) => {
    expect(hasSwapped(memory)).toBe(expected);
  });

  test.each<readonly [string, CertificateResource, boolean]>([
    ['nothing is open', pairOf({ leftovers: ['www.key.backup'] }, {}, { owned: 'adopted' }), false],
    ['a renewal is', pairOf({}, {}, { owned: 'adopted', open: open('expiring_soon>renewing') }), true],
    ['an edit is', pairOf({}, {}, { owned: 'adopted', open: open('normal>normal') }), false],
    [
      'an edit is, with what it left',
      pairOf({ leftovers: ['www.key.pending'] }, {}, { owned: 'adopted', open: open('normal>normal') }),
      true,
    ],
    [
      'an edit is, with another key',
      pairOf({ key_fingerprint: B }, { key: A }, { owned: 'adopted', open: open('normal>normal') }),
      true,
    ],
    ['a removal is', pairOf({}, {}, { owned: 'adopted', open: open('normal>absent', 'remove') }), false],
  ])('is noted if %s: %j', (_name, resource, expected) => {
    expect(noteSwap(resource).began ?? false).toBe(expected);
  });
});
