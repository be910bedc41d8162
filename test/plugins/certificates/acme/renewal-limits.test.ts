/** The limits of an authority that exempts renewals: which orders it counts, and by which of its limits. */

import { describe, expect, test } from 'vitest';
import type { Change, Facts, Verdict } from '#plugin';
import { acmeBudget, usesOf } from '../../../../plugins/certificates/acme/budget.ts';
import { directoryUrl } from '../../../../plugins/certificates/acme/directories.ts';
import { caaForbids } from '../../../../plugins/certificates/acme/rules.ts';
import type { CertificateResource } from '../../../../plugins/certificates/diff.ts';
import type { CertificateFacts } from '../../../../plugins/certificates/facts.ts';
import type { CertificateSpec, IssuerSpec } from '../../../../plugins/certificates/generated.ts';
import { resourceWith } from '../../../support/resource.ts';
import { sceneAt } from '../../../support/scene.ts';
import { certificateSpec, DAY, desiredOf, HOUR, iso, memoryOf, NOW, observedOf, refOf } from '../support.ts';

const DIRECTORY = directoryUrl('letsencrypt');
const ACCOUNT = 'https://acme-v02.api.letsencrypt.org/acme/acct/1';

function issuerAt(directory: string) {
  const acme = { directory, accountKey: 'acme/account.key', contact: [], solvers: [{ http01: { webroot: 'www' } }] };
  return resourceWith({
    ref: refOf('Issuer', 'ca'),
    desired: desiredOf('Issuer', 'ca', { acme } as unknown as IssuerSpec),
    memory: memoryOf('Issuer', 'ca', { kept: { account: ACCOUNT, directory: directoryUrl(directory) } }),
  });
}

/** A stored certificate, and what the authority suggests for it. */
interface Stored {
  readonly names?: readonly string[];
  readonly declared?: readonly string[];
  /** The directory that fettle ordered it from; undefined for an adopted one. */
  readonly orderedFrom?: string;
  readonly notBefore?: number;
  readonly window?: { readonly start: number; readonly end: number };
  readonly name?: string;
}

const AROUND = { start: NOW - HOUR, end: NOW + HOUR };
const LATER = { start: NOW + DAY, end: NOW + 3 * DAY };
const EARLIER = { start: NOW - 3 * DAY, end: NOW - DAY };

function certificate({
  names = ['www.example.test'],
  declared = names,
  orderedFrom,
  notBefore = NOW - 60 * DAY,
  window,
  name = 'www',
}: Stored): CertificateResource {
  const ari =
    window === undefined ? undefined : { id: 'a.b', start: iso(window.start), end: iso(window.end), next: iso(NOW) };
  const facts = {
    usable: true,
    fingerprint: 'stored',
    acme: true,
    dnsNames: names,
    not_before: iso(notBefore),
    not_after: iso(notBefore + 90 * DAY),
    files: [],
    leftovers: [],
  } as unknown as CertificateFacts;
  const kept = JSON.parse(
    JSON.stringify({
      fingerprint: 'stored',
      ari,
      ...(orderedFrom === undefined ? {} : { made: 'stored', directory: orderedFrom, account: ACCOUNT }),
    }),
  ) as Facts;
  const found = resourceWith<CertificateSpec, CertificateFacts>({
    ref: refOf('Certificate', name),
    desired: desiredOf('Certificate', name, certificateSpec({ dnsNames: declared })),
    observed: observedOf('Certificate', name, 'expiring_soon', facts),
    memory: memoryOf('Certificate', name, { kept }),
  });
  return { ...found, preview: { domains: ['example.test'] } };
}

const RENEWAL = { step: 'expiring_soon>renewing', goal: 'update', fields: [] };

function changeOf(resource: CertificateResource, more: object = RENEWAL): Change {
  return { ref: resource.ref, ...more } as unknown as Change;
}

/** The verdict while the limits of some units are used up. */
function verdictOf(resource: CertificateResource, full: readonly string[], directory = 'letsencrypt'): Verdict {
  const spentOn = (key: string): readonly number[] =>
    full.some((unit) => key.includes(` ${unit} `)) ? Array.from({ length: 300 }, () => NOW - 1000) : [];
  return acmeBudget(changeOf(resource), resource, sceneAt(NOW, [issuerAt(directory), resource], { spentOn }));
}

const ALL = ['account', 'domain', 'set'];
const OWN = { orderedFrom: DIRECTORY };

describe('an order that replaces a certificate is exempt', () => {
  test.each<readonly [string, Stored, Verdict['outcome']]>([
    ['within its window', { ...OWN, window: AROUND }, 'pass'],
    ['at its begin', { ...OWN, window: { start: NOW, end: NOW + HOUR } }, 'pass'],
    ['at its end', { ...OWN, window: { start: NOW - HOUR, end: NOW } }, 'pass'],
    ['within its window, with other names', { ...OWN, window: AROUND, declared: ['new.example.test'] }, 'pass'],
    ['but not before its window', { ...OWN, window: LATER }, 'defer'],
    ['but not after its window', { ...OWN, window: EARLIER }, 'defer'],
    ['but not without a window', OWN, 'defer'],
    ['but not if another program ordered it', { window: AROUND }, 'defer'],
  ])('%s', (_name, stored, outcome) => {
    expect(verdictOf(certificate(stored), ALL).outcome).toBe(outcome);
  });

  test('and uses no order of the account within the window alone', () => {
    const resource = certificate({ ...OWN, window: LATER });
    const scene = sceneAt(NOW, [resource]);
    expect(usesOf({ directory: DIRECTORY, account: ACCOUNT }, resource, certificateSpec(), scene).exempt).toEqual(
      LATER,
    );
    const elsewhere = usesOf(
      { directory: 'https://ca.test/dir', account: ACCOUNT },
      resource,
      certificateSpec(),
      scene,
    );
    expect(elsewhere.exempt).toBeUndefined();
  });
});

describe('an order for the names of the stored certificate counts by its names alone', () => {
  const full = ['account', 'domain'];
  test.each<readonly [string, Stored, Verdict['outcome']]>([
    ['if fettle ordered the certificate there', OWN, 'pass'],
    ['after the window', { ...OWN, window: EARLIER }, 'pass'],
    ['if it was adopted, and the authority suggests a window for it', { window: LATER }, 'pass'],
    [
      'in any order and case',
      { ...OWN, names: ['B.example.test', 'a.example.test'], declared: ['a.example.test', 'b.example.test'] },
      'pass',
    ],
    ['but not if the authority does not know an adopted one', {}, 'defer'],
    ['but not if another directory issued it', { orderedFrom: 'https://ca.test/dir' }, 'defer'],
    ['but not if the declared names differ', { ...OWN, declared: ['www.example.test', 'new.example.test'] }, 'defer'],
    ['but not if it is older than 120 days', { ...OWN, notBefore: NOW - 120 * DAY }, 'defer'],
    ['and is one for 120 days', { ...OWN, notBefore: NOW - 120 * DAY + HOUR }, 'pass'],
  ])('%s', (_name, stored, outcome) => {
    expect(verdictOf(certificate(stored), full).outcome).toBe(outcome);
  });

  test('and waits for the limit of the names', () => {
    expect(verdictOf(certificate(OWN), ['set'])).toMatchObject({ outcome: 'defer', facts: { max: 5 } });
  });

  test('but by all limits at a directory that exempts no renewals', () => {
    const url = 'https://ca.test/dir';
    const resource = certificate({ orderedFrom: url, window: AROUND });
    const keys = usesOf({ directory: url, account: ACCOUNT }, resource, certificateSpec(), sceneAt(NOW, [resource]));
    expect([keys.created.length, keys.issued.length]).toEqual([1, 2]);
  });

  test('also if the log has a certificate for them, of any resource', () => {
    const resource = certificate({ declared: ['new.example.test'] });
    const orderer = { directory: DIRECTORY, account: ACCOUNT };
    const spec = resource.desired?.spec as CertificateSpec;
    const usesWith = (uses: readonly number[]) => usesOf(orderer, resource, spec, { now: NOW, spentOn: () => uses });
    expect(usesWith([])).toMatchObject({
      created: [expect.any(String)],
      issued: [expect.any(String), expect.any(String)],
    });
    expect(usesWith([NOW - DAY])).toMatchObject({ created: [], issued: [expect.stringContaining(' set ')] });
  });
});

test('800 certificates of another program below one domain can all be renewed at once', () => {
  const fleet = Array.from({ length: 800 }, (_, i) =>
    certificate({ name: `c${i}`, names: [`c${i}.example.test`], window: LATER }),
  );
  const underWay = new Map();
  const scene = sceneAt(NOW, [issuerAt('letsencrypt'), ...fleet], { underWay });
  for (const resource of fleet) {
    const change = changeOf(resource);
    expect(acmeBudget(change, resource, scene).outcome, resource.address).toBe('pass');
    underWay.set(resource.address, { change });
  }
});

describe('rows of a plan that order nothing use no limit', () => {
  test.each([
    ['a completed swap of a renewal', { step: 'renewing>normal', goal: 'update', fields: [] }],
    ['a completed swap of a recovery', { step: 'recovering>normal', goal: 'update', fields: [] }],
    ['an adoption with differences', { step: 'normal>normal', goal: 'adopt', fields: [{ path: '/dnsNames' }] }],
  ])('%s', (_name, row) => {
    const others = Array.from({ length: 300 }, (_, i) => certificate({ name: `c${i}`, names: [`c${i}.example.test`] }));
    const resource = certificate({ names: ['new.example.test'] });
    const underWay = new Map(others.map((each) => [each.address, { change: changeOf(each, row) }]));
    const scene = (more: object) => sceneAt(NOW, [issuerAt('letsencrypt'), resource, ...others], more);
    expect(acmeBudget(changeOf(resource), resource, scene({ underWay })).outcome).toBe('pass');
    const ordering = new Map(others.map((each) => [each.address, { change: changeOf(each) }]));
    expect(acmeBudget(changeOf(resource), resource, scene({ underWay: ordering })).outcome).toBe('defer');
  });
});

describe('uses by a clock that was ahead', () => {
  const resource = certificate({ names: ['new.example.test'] });
  const verdict = (uses: readonly number[]) =>
    acmeBudget(
      changeOf(resource),
      resource,
      sceneAt(NOW, [issuerAt('letsencrypt'), resource], {
        spentOn: (key) => (key.includes(' account ') ? uses : []),
      }),
    );

  test('of one use block nothing', () => {
    expect(verdict([NOW + 365 * DAY]).outcome).toBe('pass');
    expect(verdict([NOW + HOUR]).outcome).toBe('pass');
  });

  test('within the period of the limit are as old as now', () => {
    expect(verdict(Array.from({ length: 300 }, () => NOW + HOUR))).toMatchObject({
      outcome: 'defer',
      clearsAt: NOW + 36_000,
    });
  });

  test('further ahead do not count', () => {
    expect(verdict(Array.from({ length: 300 }, () => NOW + 365 * DAY)).outcome).toBe('pass');
    expect(verdict([...Array.from({ length: 300 }, () => NOW - 1), NOW + 365 * DAY])).toMatchObject({
      outcome: 'defer',
    });
  });
});

test('an order that the refresh did not foresee waits, and no rule passes it', () => {
  const { preview: _, ...unforeseen } = certificate({ names: ['new.example.test'] });
  const resource = unforeseen as CertificateResource;
  const scene = sceneAt(NOW, [issuerAt('letsencrypt'), resource]);
  for (const rule of [acmeBudget, caaForbids]) expect(rule(changeOf(resource), resource, scene).outcome).toBe('defer');
});
