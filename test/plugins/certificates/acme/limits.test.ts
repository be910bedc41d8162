/** Orders under the limits of Let's Encrypt: a row waits exactly until the authority accepts the order. */

import { describe, expect, test } from 'vitest';
import { type Change, instantText, USES_KEPT_MS, type Verdict } from '#plugin';
import { acmeBudget, usesOf } from '../../../../plugins/certificates/acme/budget.ts';
import { purposeOf } from '../../../../plugins/certificates/acme/open-order.ts';
import { directoryUrl, limitsOf } from '../../../../plugins/certificates/acme/directories.ts';
import { registeredDomains } from '../../../../plugins/certificates/acme/registered.ts';
import type { CertificateResource } from '../../../../plugins/certificates/diff.ts';
import type { CertificateSpec, IssuerSpec } from '../../../../plugins/certificates/generated.ts';
import { type Counted, type Limits, openCounts } from '../../../../plugins/certificates/sandbox/acme/limits.ts';
import { RefusalError } from '../../../../plugins/certificates/sandbox/acme/refusal.ts';
import { resourceWith } from '../../../support/resource.ts';
import { sceneAt } from '../../../support/scene.ts';
import { randomFrom, testSeed } from '../../../support/seed.ts';
import { certificateSpec, DAY, desiredOf, HOUR, memoryOf, MINUTE, NOW, refOf } from '../support.ts';

const ACME: NonNullable<IssuerSpec['acme']> = {
  directory: 'letsencrypt',
  accountKey: 'acme/account.key',
  contact: [],
  solvers: [{ http01: { webroot: 'www' } }],
} as unknown as NonNullable<IssuerSpec['acme']>;

/** A log without uses. */
const UNUSED = { now: NOW, spentOn: () => [] };

const issuer = resourceWith({ ref: refOf('Issuer', 'ca'), desired: desiredOf('Issuer', 'ca', { acme: ACME }) });

/** The first order of a certificate: its resource, and its change. */
function firstOrder(dnsNames: readonly string[]): { readonly resource: CertificateResource; readonly change: Change } {
  const desired = desiredOf<CertificateSpec>('Certificate', 'www', certificateSpec({ dnsNames }));
  const found = resourceWith<CertificateSpec>({ ref: desired.ref, desired }) as unknown as CertificateResource;
  const change = { ref: desired.ref, step: 'absent>normal', goal: 'create', fields: [] } as unknown as Change;
  return { resource: { ...found, preview: { domains: registeredDomains(dnsNames, []) } }, change };
}

/** Let's Encrypt's own figures, as its documentation has them. */
const CASES: readonly (readonly [
  string,
  Counted,
  { readonly max: number; readonly perMs: number },
  number,
  (at: number) => readonly string[],
])[] = [
  [
    '300 orders of an account in 3 h',
    'ordersPerAccount',
    { max: 300, perMs: 3 * HOUR },
    36_000,
    (at) => [`www.example-${at}.test`],
  ],
  [
    '50 certificates for a registered domain in 7 days',
    'certificatesPerDomain',
    { max: 50, perMs: 7 * DAY },
    201.6 * MINUTE,
    (at) => [`host-${at}.example.test`],
  ],
  [
    '5 certificates for the same names in 7 days',
    'certificatesPerSet',
    { max: 5, perMs: 7 * DAY },
    33.6 * HOUR,
    () => ['www.example.test'],
  ],
];

/** A log of uses and an authority that counts by itself, on one clock. */
function bench(kind: Counted, limit: NonNullable<Limits[Counted]>, namesOf: (at: number) => readonly string[]) {
  const clock = { at: NOW };
  const uses = new Map<string, number[]>();
  const authority = openCounts(
    () => ({ [kind]: limit }),
    () => clock.at,
  );
  let orders = 0;
  const subject = 'the subject';
  return {
    clock,
    orders: () => orders,
    verdict: (): Verdict => {
      const { change, resource } = firstOrder(namesOf(orders));
      const spentOn = (key: string): readonly number[] => uses.get(key) ?? [];
      return acmeBudget(change, resource, sceneAt(clock.at, [issuer, resource], { spentOn }));
    },
    accepts: (): boolean => {
      try {
        authority.check(kind, subject);
        return true;
      } catch (error) {
        if (error instanceof RefusalError) return false;
        throw error;
      }
    },
    order: (): void => {
      const { resource } = firstOrder(namesOf(orders));
      const spec = resource.desired?.spec as CertificateSpec;
      const spentOn = (key: string): readonly number[] => uses.get(key) ?? [];
      const { created, issued } = usesOf(ACME, resource, spec, { now: clock.at, spentOn });
      for (const key of [...created, ...issued]) {
        const all = [...(uses.get(key) ?? []), clock.at];
        // As the log, which drops older ones.
        uses.set(
          key,
          all.filter((at) => at >= clock.at - USES_KEPT_MS),
        );
      }
      authority.add(kind, subject);
      orders += 1;
    },
  };
}

test('every limit that fettle knows of Let’s Encrypt is in the table', () => {
  const known = limitsOf('letsencrypt').map(({ max, perMs }) => ({ max, perMs }));
  expect(known).toEqual(CASES.map(([, , limit]) => limit));
});

describe.each(CASES)('%s', (_name, kind, limit, refillMs, namesOf) => {
  test('permits that many at once, then one more each time that it refills by one', () => {
    const { clock, verdict, accepts, order } = bench(kind, limit, namesOf);
    for (let i = 0; i < limit.max; i += 1) {
      expect([verdict().outcome, accepts()]).toEqual(['pass', true]);
      order();
    }
    for (let i = 1; i <= 20; i += 1) {
      const waiting = verdict();
      expect(waiting).toMatchObject({ outcome: 'defer', clearsAt: NOW + i * refillMs });
      clock.at = NOW + i * refillMs - 1000;
      expect([verdict().outcome, accepts()]).toEqual(['defer', false]);
      clock.at = NOW + i * refillMs;
      expect([verdict().outcome, accepts()]).toEqual(['pass', true]);
      order();
    }
    // After the whole period without orders, all of them are permitted again.
    clock.at += limit.perMs;
    for (let i = 0; i < limit.max; i += 1) {
      expect([verdict().outcome, accepts()]).toEqual(['pass', true]);
      order();
    }
    expect([verdict().outcome, accepts()]).toEqual(['defer', false]);
  });

  test('is used to its last order for months, and never exceeded', () => {
    const { clock, verdict, accepts, order, orders } = bench(kind, limit, namesOf);
    const until = NOW + 3 * USES_KEPT_MS;
    const most = 3000;
    while (clock.at <= until && orders() < most) {
      const { outcome, clearsAt } = verdict();
      if (outcome === 'pass') {
        expect(accepts()).toBe(true);
        order();
      } else {
        expect(accepts()).toBe(false);
        clock.at = clearsAt ?? Number.NaN;
      }
    }
    const refills = Math.floor((until - NOW) / refillMs);
    expect(orders()).toBe(Math.min(most, limit.max + refills));
  });

  test('at random times, is never exceeded, and no order waits without need', () => {
    const seed = testSeed();
    const random = randomFrom(seed);
    const { clock, verdict, accepts, order } = bench(kind, limit, namesOf);
    const count = { pass: 0, defer: 0 };
    for (let i = 0; i < limit.max; i += 1) order();
    for (let i = 0; i < 600; i += 1) {
      const { outcome, clearsAt } = verdict();
      const what = `order ${i} of seed ${seed} at ${instantText(clock.at)}`;
      if (outcome === 'pass') expect(accepts(), what).toBe(true);
      // Later, uses that are no longer known may have an effect.
      else if (clock.at < NOW + 4 * limit.perMs) expect(accepts(), what).toBe(false);
      if (outcome === 'pass') order();
      count[outcome === 'pass' ? 'pass' : 'defer'] += 1;
      // Mostly faster than the limit refills, now and then a pause.
      const pause = random() < 0.005 ? limit.perMs * random() : 0;
      const step = outcome === 'pass' ? refillMs * random() * 0.5 : random() * ((clearsAt ?? 0) - clock.at) * 1.5;
      clock.at += Math.ceil((step + pause) / 1000) * 1000;
    }
    expect(count.pass).toBeGreaterThan(50);
    expect(count.defer).toBeGreaterThan(0);
  });
});

test('an order waits for the longest of its limits, and the row says which one it is', () => {
  const { clock, verdict, order } = bench('certificatesPerSet', { max: 5, perMs: 7 * DAY }, () => ['www.example.test']);
  for (let i = 0; i < 5; i += 1) order();
  clock.at += HOUR;
  expect(verdict()).toMatchObject({
    outcome: 'defer',
    message:
      'the authority permits 5 certificates in 7 days for the same names, one more each 33 h, and the log has 5 certificates in the last 7 days',
    clearsAt: NOW + 33.6 * HOUR,
    facts: { spent: 5, planned: 0, max: 5 },
  });
});

test('an account has its own limit, and registered domains and names have one limit for all accounts', () => {
  const { resource } = firstOrder(['www.example.test']);
  const spec = resource.desired?.spec as CertificateSpec;
  const directory = directoryUrl('letsencrypt');
  const keys = ['1', '2'].map((id) =>
    usesOf({ directory, account: `https://ca.example.test/${id}` }, resource, spec, UNUSED),
  );
  expect(keys[0]?.created).not.toEqual(keys[1]?.created);
  expect(keys[0]?.issued).toEqual(keys[1]?.issued);
  const { change } = firstOrder(['www.example.test']);
  const withAccount = (id: string) =>
    resourceWith({
      ref: refOf('Issuer', 'ca'),
      desired: desiredOf('Issuer', 'ca', { acme: ACME }),
      memory: memoryOf('Issuer', 'ca', { kept: { directory, account: `https://ca.example.test/${id}` } }),
    });
  const outcomeBy = (id: string) =>
    acmeBudget(
      change,
      resource,
      sceneAt(NOW, [withAccount(id), resource], {
        spentOn: (key) => (keys[0]?.created.includes(key) === true ? Array.from({ length: 300 }, () => NOW) : []),
      }),
    ).outcome;
  expect(['1', '2'].map(outcomeBy)).toEqual(['defer', 'pass']);
});

test('orders that a plan has accepted count, except for what the log has of them', () => {
  const names = ['www.example.test'];
  const { change, resource } = firstOrder(names);
  const { created, issued } = usesOf(ACME, resource, resource.desired?.spec as CertificateSpec, UNUSED);
  const running = (spent?: readonly string[]) =>
    Array.from(
      { length: 4 },
      (_, i) =>
        [
          `certificates/Certificate/${i}`,
          { change: { ...change }, ...(spent === undefined ? {} : { spent }) },
        ] as const,
    );
  const verdict = (uses: number, spent?: readonly string[]) =>
    acmeBudget(
      change,
      resource,
      sceneAt(NOW, [issuer, resource], {
        spentOn: () => Array.from({ length: uses }, () => NOW),
        underWay: new Map(running(spent)) as never,
      }),
    ).outcome;
  expect(verdict(0)).toBe('pass');
  // One in the log and four in the plan: five.
  expect(verdict(1)).toBe('defer');
  // The log has those of the running actions already.
  expect(verdict(4, [...created, ...issued])).toBe('pass');
  expect(verdict(5, [...created, ...issued])).toBe('defer');
});

test('many orders that run are counted as they come and go', () => {
  const { change, resource } = firstOrder(['www.example.test']);
  const action = (i: number) => [`certificates/Certificate/${i}`, { change: { ...change }, spent: [] }] as const;
  const underWay = new Map(Array.from({ length: 100 }, (_, i) => action(i)));
  const scene = sceneAt(NOW, [issuer, resource], { spentOn: () => [], underWay: underWay as never });
  expect(acmeBudget(change, resource, scene).outcome).toBe('defer');
  underWay.clear();
  expect(acmeBudget(change, resource, scene).outcome).toBe('pass');
  for (let i = 100; i < 105; i += 1) underWay.set(...action(i));
  expect(acmeBudget(change, resource, scene).outcome).toBe('defer');
});

describe('a recorded order', () => {
  const at = (time: number): string => new Date(time).toISOString();
  const account = 'https://acme.example.test/account/1';
  const own = resourceWith({
    ref: refOf('Issuer', 'ca'),
    desired: desiredOf('Issuer', 'ca', { acme: ACME }),
    memory: { ref: refOf('Issuer', 'ca'), version: 1, kept: { account, directory: directoryUrl(ACME.directory) } },
  });
  const spec = firstOrder(['www.example.test']).resource.desired?.spec as CertificateSpec;
  const order = (more: object = {}, by = account): object => ({
    url: 'https://acme.example.test/order/1',
    key: 'sha256:1',
    for: purposeOf(ACME, by, spec),
    expires: at(NOW + HOUR),
    ...more,
  });
  test.each<readonly [name: string, order: object, isUsed: boolean]>([
    ['that can be used', order(), true],
    ['of an authority that names no end', order({ expires: undefined }), true],
    ['that has expired', order({ expires: at(NOW) }), false],
    [
      'that has expired, and whose certificate can be downloaded',
      order({ expires: at(NOW), download: 'https://a/1' }),
      true,
    ],
    ['that has expired while a step waited for it, which fails', order({ expires: at(NOW), waits: 1 }), true],
    ['of another account', order({}, 'https://acme.example.test/account/2'), false],
    ['for another purpose', order({ for: 'sha256:3' }), false],
  ])('%s', (_name, recorded, isUsed) => {
    const { resource, change } = firstOrder(['www.example.test']);
    const memory = { ref: resource.ref, version: 1, kept: { order: JSON.parse(JSON.stringify(recorded)) } };
    const known = { ...resource, memory } as unknown as CertificateResource;
    // The limits have no room for another one.
    const spentOn = (): readonly number[] => Array.from({ length: 300 }, () => NOW);
    const verdict = acmeBudget(change, known, sceneAt(NOW, [own, known], { spentOn }));
    expect(verdict.outcome).toBe(isUsed ? 'pass' : 'defer');
  });
});
