/** The one step that an Issuer or a Certificate needs next. */

import { absent, resourceWith } from '../../support/resource.ts';
import { describe, expect, test } from 'vitest';
import { type IssuerResource, diffCertificate, diffDomain, diffIssuer } from '../../../plugins/certificates/diff.ts';
import type { CertificateFacts } from '../../../plugins/certificates/facts.ts';
import { tables } from '../../../plugins/certificates/generated.ts';
import type { StoredFile } from '../../../plugins/certificates/world.ts';
import { type Memory, type Resource, type Step, stepTransition, type KnownResource } from '#plugin';
import {
  type AnyCertificateResource,
  CA_SPEC,
  DAY,
  NOW,
  certificateFacts,
  certificateSpec,
  desiredOf,
  fingerprint,
  issuerResource,
  memoryOf,
  observedOf,
  refOf,
  sceneOf,
} from './support.ts';

function certificateResource(
  state: string | undefined,
  facts: Partial<CertificateFacts> = {},
  more: {
    readonly written?: false;
    readonly memory?: Partial<Memory>;
    readonly spec?: Parameters<typeof certificateSpec>[0];
  } = {},
): AnyCertificateResource {
  return resourceWith({
    ref: refOf('Certificate', 'www'),
    ...(more.written === false ? {} : { desired: desiredOf('Certificate', 'www', certificateSpec(more.spec)) }),
    ...(state === undefined ? {} : { observed: observedOf('Certificate', 'www', state, certificateFacts(facts)) }),
    memory: memoryOf('Certificate', 'www', more.memory),
  });
}

const PATHS = { certificate: 'tls/www.crt', key: 'tls/www.key' };

/** The two files of a pair, as declared except for these values. */
function filesWith(more: Partial<Record<'certificate' | 'key', Partial<StoredFile>>>): Partial<CertificateFacts> {
  const [certificate, key] = certificateFacts().files;
  return {
    files: [
      { part: 'certificate', ...certificate, ...more.certificate },
      { part: 'key', ...key, ...more.key },
    ],
  };
}

/** The state after consecutive failures. */
function failed(step: Step, failures: number): Partial<Memory> {
  return { failures, lastError: { at: NOW - DAY, step, message: 'no room' } };
}

const scene = sceneOf([issuerResource()]);
const near = { not_before: new Date(NOW - 69 * DAY).toISOString(), not_after: new Date(NOW + 21 * DAY).toISOString() };
const ended = { not_before: new Date(NOW - 93 * DAY).toISOString(), not_after: new Date(NOW - 3 * DAY).toISOString() };

describe('a Certificate', () => {
  test.each<readonly [string, AnyCertificateResource, object | undefined]>([
    [
      'absent',
      certificateResource(undefined),
      { step: 'absent>normal', goal: 'create', because: 'no certificate is stored' },
    ],
    ['as declared', certificateResource('normal'), undefined],
    [
      'near its end',
      certificateResource('expiring_soon', near),
      {
        step: 'expiring_soon>renewing',
        goal: 'update',
        fields: [],
        because: 'expires in 21 days, threshold 30',
        cause: 'time',
      },
    ],
    [
      'short-lived, near its end',
      certificateResource('expiring_soon', {
        not_before: new Date(NOW - 10 * DAY).toISOString(),
        not_after: new Date(NOW + 5 * DAY).toISOString(),
      }),
      {
        step: 'expiring_soon>renewing',
        goal: 'update',
        fields: [],
        because: 'expires in 5 days, threshold 5 (a third of its lifetime)',
        cause: 'time',
      },
    ],
    [
      'hours from its end',
      certificateResource('expiring_soon', {
        not_before: near.not_before,
        not_after: new Date(NOW + 5 * 3_600_000).toISOString(),
      }),
      {
        step: 'expiring_soon>renewing',
        goal: 'update',
        fields: [],
        because: 'expires in 5 h, threshold 23 (a third of its lifetime)',
        cause: 'time',
      },
    ],
    [
      'whose renewal failed',
      certificateResource('renewal_failed', near, { memory: failed('renewal_failed>renewing', 2) }),
      {
        step: 'renewal_failed>renewing',
        goal: 'update',
        fields: [],
        because: 'expires in 21 days, threshold 30; the last 2 renewals failed',
        cause: 'time',
      },
    ],
    [
      'whose first renewal failed',
      certificateResource('renewal_failed', near, { memory: failed('expiring_soon>renewing', 1) }),
      { because: 'expires in 21 days, threshold 30; the last renewal failed' },
    ],
    [
      'near its end, with renewals off',
      certificateResource('expiring_soon', near, { spec: { renewal: { enabled: false } } }),
      undefined,
    ],
    [
      'whose renewal failed, with renewals off',
      certificateResource('renewal_failed', near, { spec: { renewal: { enabled: false } } }),
      undefined,
    ],
    [
      'near its end, with renewals off and other names written',
      certificateResource('expiring_soon', near, { spec: { renewal: { enabled: false }, dnsNames: ['a.test'] } }),
      { step: 'expiring_soon>renewing', fields: [{ path: '/dnsNames' }] },
    ],
    [
      'expired, with recoveries off',
      certificateResource('expired', ended, { spec: { recovery: { enabled: false } } }),
      undefined,
    ],
    [
      'that a document asks to be issued later',
      certificateResource('normal', {}, { spec: { renewal: { issuedAfter: new Date(NOW - DAY).toISOString() } } }),
      {
        step: 'normal>renewing',
        goal: 'update',
        because: 'renewal.issuedAfter asks for a newer certificate',
        cause: 'policy',
      },
    ],
    [
      'that a document asks to be issued later, with renewals off',
      certificateResource(
        'normal',
        {},
        {
          spec: { renewal: { enabled: false, issuedAfter: new Date(NOW - DAY).toISOString() } },
        },
      ),
      { step: 'normal>renewing' },
    ],
    [
      'whose renewal failed, as a document had asked for it',
      certificateResource(
        'renewal_failed',
        {},
        {
          spec: { renewal: { issuedAfter: new Date(NOW - DAY).toISOString() } },
          memory: failed('normal>renewing', 1),
        },
      ),
      {
        step: 'renewal_failed>renewing',
        because: 'renewal.issuedAfter asks for a newer certificate; the last renewal failed',
      },
    ],
    [
      'that a document will ask to be issued later',
      certificateResource('normal', {}, { spec: { renewal: { issuedAfter: new Date(NOW + 1).toISOString() } } }),
      undefined,
    ],
    [
      'expired',
      certificateResource('expired', ended),
      {
        step: 'expired>recovering',
        goal: 'update',
        fields: [],
        because: 'the certificate expired 3 days ago',
        cause: 'time',
      },
    ],
    [
      'that cannot be used',
      certificateResource('expired', {
        usable: false,
        key_matches: false,
        problem: 'the key does not belong to the certificate',
      }),
      {
        step: 'expired>recovering',
        goal: 'update',
        fields: [],
        because: 'the stored certificate cannot be used: the key does not belong to the certificate',
      },
    ],
    [
      'that is not valid yet',
      certificateResource('expired', { not_before: new Date(NOW + 2 * DAY).toISOString() }),
      {
        step: 'expired>recovering',
        goal: 'update',
        fields: [],
        because: 'the certificate is not valid for another 2 days',
      },
    ],
    [
      'in an interrupted renewal',
      certificateResource('renewing'),
      { step: 'renewing>normal', goal: 'update', cause: 'progress' },
    ],
    [
      'in an interrupted recovery',
      certificateResource('recovering'),
      { step: 'recovering>normal', goal: 'update', cause: 'progress' },
    ],
  ])('%s', (_name, resource, proposal) => {
    const found = diffCertificate(resource, scene);
    if (proposal === undefined) expect(found).toBeUndefined();
    else expect(found).toMatchObject(proposal);
  });

  test.each<readonly [string, Partial<CertificateFacts>, Parameters<typeof certificateSpec>[0], readonly object[]]>([
    [
      'names',
      { dnsNames: ['a.test'] },
      {},
      [{ path: '/dnsNames', before: ['a.test'], after: ['www.example.test', 'example.test'] }],
    ],
    [
      'algorithm',
      { keyAlgorithm: 'rsa-2048' },
      {},
      [{ path: '/keyAlgorithm', before: 'rsa-2048', after: 'ecdsa-p256' }],
    ],
    [
      'authority',
      { issuer_fingerprint: fingerprint('b') },
      {},
      [{ path: '/issuer', before: fingerprint('b'), after: fingerprint('a') }],
    ],
    [
      'mode of the key',
      filesWith({ key: { mode: '0644' } }),
      {},
      [{ path: '/storage/file/key/mode', before: '0644', after: '0600' }],
    ],
    [
      'mode of the key than is written',
      filesWith({ key: { mode: '0600' } }),
      { storage: { file: { ...PATHS, mode: '0640' } } },
      [{ path: '/storage/file/key/mode', before: '0600', after: '0640' }],
    ],
    [
      'mode of the certificate',
      filesWith({ certificate: { mode: '0600' } }),
      {},
      [{ path: '/storage/file/certificate/mode', before: '0600', after: '0644' }],
    ],
    [
      'owner and group',
      {},
      { storage: { file: { ...PATHS, owner: 'www-data', group: 33 } } },
      [
        { path: '/storage/file/certificate/owner', before: 'root', after: 'www-data' },
        { path: '/storage/file/certificate/group', before: 'root', after: '33' },
        { path: '/storage/file/key/owner', before: 'root', after: 'www-data' },
        { path: '/storage/file/key/group', before: 'root', after: '33' },
      ],
    ],
    [
      'content of a file',
      filesWith({ certificate: { problem: 'is not in order' } }),
      {},
      [{ path: '/storage/file/certificate', before: 'is not in order', after: 'as its certificate' }],
    ],
    [
      'chain, which is not stored',
      {
        files: [
          { part: 'chain', problem: 'is missing', lost: true },
          { part: 'fullchain', problem: 'is missing', lost: true },
        ],
      },
      {},
      [{ path: '/storage/chain', before: 'is missing', after: 'as its certificate' }],
    ],
    [
      'files in a folder',
      filesWith({ key: { mode: '0666' } }),
      { storage: { directory: { path: 'tls', combined: false } } },
      [{ path: '/storage/directory/key/mode', before: '0666', after: '0600' }],
    ],
    [
      'leftovers',
      { swap: 'undo', leftovers: ['www.crt.pending'] },
      {},
      [{ path: '/storage/file/leftovers', before: ['www.crt.pending'], after: [] }],
    ],
    [
      'two at once',
      filesWith({ key: { mode: '0660' } }),
      { keyAlgorithm: 'ed25519' },
      [{ path: '/keyAlgorithm' }, { path: '/storage/file/key/mode' }],
    ],
  ])('with another %s is corrected', (_name, facts, spec, fields) => {
    const found = diffCertificate(certificateResource('normal', facts, { spec }), scene);
    expect(found).toMatchObject({ step: 'normal>normal', goal: 'update', fields });
    expect(found?.fields).toHaveLength(fields.length);
    expect(found?.cause).toBeUndefined();
  });

  test.each<readonly [string, Partial<CertificateFacts>, Parameters<typeof certificateSpec>[0]]>([
    ['names in another order and case', {}, { dnsNames: ['EXAMPLE.test', 'www.example.TEST'] }],
    ['another validity, which counts from the next issue on', {}, { validityDays: 30 }],
    ['another owner, where none is written', filesWith({ key: { owner: 'www-data', group: 'www-data' } }), {}],
    ['a mode of the key that lets no more than 0640 does', filesWith({ key: { mode: '0440' } }), {}],
    ['an owner by its number', filesWith({ key: { owner: '33' } }), {}],
  ])('%s: no step', (_name, facts, spec) => {
    expect(diffCertificate(certificateResource('normal', facts, { spec }), scene)).toBeUndefined();
  });

  const moved = { file: { certificate: 'new/www.crt', key: 'new/www.key' } };
  const appliedSpec = certificateSpec() as unknown as NonNullable<Memory['applied']>['spec'];
  const applied = { at: 0, digest: '', ...(appliedSpec === undefined ? {} : { spec: appliedSpec }) };
  test('with a new place is issued there, for any condition of its old files', () => {
    const facts = { elsewhere: true as const, leftovers: ['x'] };
    const resource = certificateResource('normal', facts, { spec: { storage: moved }, memory: { applied } });
    expect(diffCertificate(resource, scene)).toMatchObject({
      step: 'normal>normal',
      because: 'to update: the storage location',
      fields: [{ path: '/storage', before: certificateSpec().storage, after: moved }],
    });
    expect(
      diffCertificate(
        certificateResource('expiring_soon', { ...near, ...facts }, { spec: { storage: moved }, memory: { applied } }),
        scene,
      ),
    ).toMatchObject({
      step: 'expiring_soon>renewing',
      fields: [{ path: '/storage' }],
    });
  });

  test('that is due includes its other differences', () => {
    const found = diffCertificate(certificateResource('expiring_soon', { ...near, dnsNames: ['a.test'] }), scene);
    expect(found).toMatchObject({ step: 'expiring_soon>renewing', fields: [{ path: '/dnsNames' }] });
  });

  const { issuer_fingerprint: _left, ...noIssuer } = certificateFacts();
  const withoutChain = (memory: Partial<Memory>, facts: Partial<CertificateFacts> = {}): AnyCertificateResource => {
    const resource = certificateResource('normal', {}, { memory });
    return resourceWith({
      ...resource,
      observed: observedOf('Certificate', 'www', 'normal', { ...noIssuer, ...facts }),
    });
  };
  test('without its issuer in the chain is compared by the state, then by the name', () => {
    expect(
      diffCertificate(withoutChain({ kept: { fingerprint: 'x', issuer: fingerprint('a') } }), scene),
    ).toBeUndefined();
    expect(
      diffCertificate(withoutChain({ kept: { fingerprint: 'x', issuer: fingerprint('b') } }), scene)?.fields,
    ).toMatchObject([{ path: '/issuer' }]);
    expect(diffCertificate(withoutChain({}), scene)).toBeUndefined();
    expect(diffCertificate(withoutChain({}, { issuer: 'CN=Other' }), scene)?.fields).toMatchObject([
      { path: '/issuer', before: 'CN=Other' },
    ]);
  });

  test('that should sign itself', () => {
    const self = sceneOf([
      issuerResource({
        desired: desiredOf('Issuer', 'ca', { selfSigned: {} }),
        observed: { ...observedOf('Issuer', 'ca', 'ready', { self_signed: true }), given: true },
      }),
    ]);
    expect(diffCertificate(certificateResource('normal'), self)).toMatchObject({
      step: 'normal>normal',
      fields: [{ path: '/issuer', before: 'CN=Test CA', after: 'self-signed' }],
    });
    expect(diffCertificate(certificateResource('normal', { self_signed: true }), self)).toBeUndefined();
  });

  test('is not compared with an authority that does not exist', () => {
    const gone = absent(issuerResource());
    expect(diffCertificate(certificateResource('normal'), sceneOf([gone]))).toBeUndefined();
  });

  test.each([
    ['normal', 'normal>absent'],
    ['expiring_soon', 'expiring_soon>absent'],
    ['expired', 'expired>absent'],
    ['renewal_failed', 'renewal_failed>absent'],
    // Finished first: the removal is in the next plan.
    ['renewing', 'renewing>normal'],
    ['recovering', 'recovering>normal'],
  ])('that is no longer declared, %s: %s', (state, step) => {
    expect(diffCertificate(certificateResource(state, {}, { written: false }), scene)).toMatchObject({ step });
  });
});

describe('an Issuer', () => {
  const typed = (resource: Resource) => resource as unknown as KnownResource<IssuerResource>;
  const missing = absent(issuerResource());
  const { desired: _desired, ...orphan } = issuerResource();
  const broken = observedOf('Issuer', 'ca', 'broken', { problem: 'ca.key is missing' });
  test.each<readonly [string, Resource, object | undefined]>([
    ['absent', missing, { step: 'absent>ready', goal: 'create', because: 'no authority exists in ca' }],
    ['as remembered', issuerResource(), undefined],
    ['not remembered yet', issuerResource({ memory: memoryOf('Issuer', 'ca') }), undefined],
    [
      'another one',
      issuerResource({ memory: memoryOf('Issuer', 'ca', { kept: { fingerprint: fingerprint('b') } }) }),
      {
        step: 'ready>ready',
        goal: 'update',
        fields: [{ path: '/localCa/fingerprint', before: fingerprint('b'), after: fingerprint('a') }],
      },
    ],
    ['broken', issuerResource({ observed: broken }), undefined],
    ['no longer declared', orphan, { step: 'ready>absent', goal: 'remove' }],
    [
      'broken and no longer declared',
      resourceWith({ ...orphan, observed: broken }),
      { step: 'broken>absent', goal: 'remove' },
    ],
    [
      'with another name',
      issuerResource({ desired: desiredOf('Issuer', 'ca', { localCa: { dir: 'ca', commonName: 'Other' } }) }),
      undefined,
    ],
    [
      'that signs nothing itself',
      issuerResource({
        desired: desiredOf('Issuer', 'ca', { selfSigned: {} }),
        observed: { ...observedOf('Issuer', 'ca', 'ready', { self_signed: true }), given: true },
      }),
      undefined,
    ],
  ])('%s', (_name, resource, proposal) => {
    const found = diffIssuer(typed(resource), scene);
    if (proposal === undefined) expect(found).toBeUndefined();
    else expect(found).toMatchObject(proposal);
  });
  test('has a spec', () => expect(CA_SPEC.localCa?.dir).toBe('ca'));
});

test('every proposed step is in the lifecycle', () => {
  const states = tables.kinds.Certificate.machines.certificate.states.filter((state) => state !== 'absent');
  for (const state of states) {
    for (const written of [true, false]) {
      const facts = state === 'normal' ? filesWith({ key: { mode: '0644' } }) : {};
      const found = diffCertificate(certificateResource(state, facts, written ? {} : { written: false }), scene);
      expect(found, state).toBeDefined();
      expect(found?.step.split('>')[0]).toBe(state);
      if (found !== undefined) expect(stepTransition(tables.kinds.Certificate, found.step), found.step).toBeDefined();
    }
  }
});

test('a Domain has no step', () => expect(diffDomain()).toBeUndefined());
