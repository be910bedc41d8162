/** The rule issuer-changed, on an Issuer's own steps and on the steps of a Certificate that issue. */

import { absent, resourceWith } from '../../support/resource.ts';
import { tables } from '../../../plugins/certificates/generated.ts';
import { NOTHING_COVERED } from '../../support/covers.ts';
import { describe, expect, test } from 'vitest';
import type { CertificateResource, IssuerResource } from '../../../plugins/certificates/diff.ts';
import { certificateIssuerChanged, issuerChanged } from '../../../plugins/certificates/safety.ts';
import { type Action, type Change, changeOf, type Resource } from '#plugin';
import {
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

function change(kind: string, name: string, step: Change['step'], fields: Change['fields'] = []): Change {
  const kindTables = tables.kinds[kind as keyof typeof tables.kinds];
  return changeOf(refOf(kind, name), kindTables, { step, goal: 'update', fields, because: '', cause: 'new' });
}

const missing = absent(issuerResource());
const { memory: _memory, ...neverSeen } = missing;
const other = issuerResource({ memory: memoryOf('Issuer', 'ca', { kept: { fingerprint: fingerprint('b') } }) });
const self = issuerResource({
  desired: desiredOf('Issuer', 'ca', { selfSigned: {} }),
  observed: { ...observedOf('Issuer', 'ca', 'ready', { self_signed: true }), given: true },
});
const broken = issuerResource({
  observed: observedOf('Issuer', 'ca', 'broken', { fingerprint: fingerprint('a'), problem: 'ca.key is missing' }),
});
const unreadable: Resource = resourceWith({
  ...missing,
  gap: { plugin: 'certificates', message: 'ca/ca.crt: EACCES' },
});

describe('on an Issuer', () => {
  const judge = (resource: Resource) =>
    issuerChanged(change('Issuer', 'ca', 'absent>ready'), resource as unknown as IssuerResource);

  test('passes a first authority', () => {
    expect(judge(neverSeen)).toMatchObject({ outcome: 'pass', facts: { remembered: null, observed: null } });
  });
  test('passes the recorded authority, and an issuer that signs nothing', () => {
    expect(judge(issuerResource()).outcome).toBe('pass');
    expect(judge(self)).toMatchObject({ outcome: 'pass', facts: { self_signed: true } });
  });
  test('rejects a missing one', () => {
    expect(judge(missing)).toMatchObject({
      outcome: 'reject',
      message: `the authority in ca is missing. The state records ${fingerprint('a')}`,
      facts: { dir: 'ca', remembered: fingerprint('a'), observed: null },
      remedy: { outside: `put ca.crt and ca.key of ${fingerprint('a')} back into ca` },
    });
  });
  test('rejects another one', () => {
    expect(judge(other)).toMatchObject({
      outcome: 'reject',
      facts: { remembered: fingerprint('b'), observed: fingerprint('a') },
    });
  });
});

describe('on a Certificate', () => {
  const resource: CertificateResource = resourceWith({
    ref: refOf('Certificate', 'www'),
    desired: desiredOf('Certificate', 'www', certificateSpec()),
    observed: observedOf('Certificate', 'www', 'normal', certificateFacts()),
  });
  const judge = (
    issuer: Resource,
    step: Change['step'] = 'expiring_soon>renewing',
    fields: Change['fields'] = [],
    judged?: Action,
  ) =>
    certificateIssuerChanged(
      change('Certificate', 'www', step, fields),
      resource,
      sceneOf([issuer], judged === undefined ? {} : { judged: new Map([['certificates/Issuer/ca', judged]]) }),
    );
  const accepted = (step: Change['step'], verdict: Action['verdict'] = 'accept'): Action => ({
    change: change('Issuer', 'ca', step),
    verdict,
    judgements: [],
    covers: NOTHING_COVERED,
    basis: '',
    after: [],
  });

  test.each([
    ['the authority is the one in the state', issuerResource()],
    ['one that is not in the state yet', issuerResource({ memory: memoryOf('Issuer', 'ca') })],
    ['one that is made in this plan', neverSeen],
    ['an issuer that signs nothing itself', self],
  ])('passes with %s', (_name, issuer) => {
    expect(judge(issuer).outcome).toBe('pass');
  });

  test.each<readonly [string, Resource, string]>([
    ['a missing authority', missing, 'is missing'],
    ['another authority', other, 'The state records'],
    ['one that cannot sign', broken, 'cannot sign'],
    ['one that cannot be read', unreadable, 'EACCES'],
  ])('rejects with %s', (_name, issuer, text) => {
    const verdict = judge(issuer);
    expect(verdict).toMatchObject({ outcome: 'reject', facts: { issuer: 'ca', dir: 'ca' } });
    expect(verdict.message).toContain(text);
    expect(verdict.remedy?.outside).toBeDefined();
  });

  test('passes a step that issues nothing', () => {
    expect(
      judge(other, 'normal>normal', [{ path: '/storage/file/key/mode', before: '0644', after: '0600' }]).outcome,
    ).toBe('pass');
    expect(judge(other, 'normal>normal', [{ path: '/dnsNames', before: [], after: [] }]).outcome).toBe('reject');
  });

  test('passes if the plan accepts the new authority', () => {
    expect(judge(other, 'expiring_soon>renewing', [], accepted('ready>ready')).outcome).toBe('pass');
    expect(judge(missing, 'expiring_soon>renewing', [], accepted('absent>ready')).outcome).toBe('pass');
    expect(judge(other, 'expiring_soon>renewing', [], accepted('ready>ready', 'reject')).outcome).toBe('reject');
  });
});
