/** The ACME client against real authorities: accounts, orders, challenges, certificates and renewals. */

import type { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { properDatesOf } from '#plugin/certificate-dates';
import { type ApiError, realTiming, type Timing } from '#plugin/http';
import { AcmeProblem } from '../../../../plugins/certificates/acme/acme-problem.ts';
import { certificateId } from '../../../../plugins/certificates/acme/certificate-id.ts';
import type { AcmeClient } from '../../../../plugins/certificates/acme/client.ts';
import type { AccountKey } from '../../../../plugins/certificates/acme/jws.ts';
import { reactionTo } from '../../../../plugins/certificates/acme/problems.ts';
import { renewalMoment } from '../../../../plugins/certificates/acme/renewal-window.ts';
import { makeKeys, makeRequest } from '../../../../plugins/certificates/live/x509-make.ts';
import { x509Seen } from '../../../../plugins/certificates/live/x509-read.ts';
import { testAuthorities } from '../../../support/acme/authorities.ts';
import { BLOCKED_NAME, type Feature, PROFILES, type TestAuthority } from '../../../support/acme/authority.ts';
import { accountKey, anySignal, clientOf, dns, issueWith, openFor, validated } from './issuing.ts';

async function failureOf(work: Promise<unknown>): Promise<ApiError> {
  return work.then(
    () => {
      throw new Error('no failure');
    },
    (error: unknown) => error as ApiError,
  );
}

async function problemOf(work: Promise<unknown>): Promise<AcmeProblem> {
  const error = await failureOf(work);
  if (!(error instanceof AcmeProblem)) throw error;
  return error;
}

const DAY_MS = 86_400_000;
/** A limit for an issuance that hangs. */
const LONG_MS = 30 * 60_000;
/** Rows of certificates, of which each issues one at a time. */
const [ROWS, EACH] = process.env['FETTLE_TEST_FULL'] === undefined ? [6, 5] : [10, 100];

describe.each(testAuthorities())('$name', ({ start, features }) => {
  let authority: TestAuthority;
  let by: { readonly client: AcmeClient; readonly key: AccountKey };
  const has = (feature: Feature): boolean => features.has(feature);
  const profileOf = (name: keyof typeof PROFILES): { readonly profile?: string } =>
    has('profiles') ? { profile: name } : {};

  beforeAll(async () => {
    authority = await start();
    by = await clientOf(authority);
  });
  afterAll(() => authority.stop());

  describe('an account', () => {
    test('is not found, then created, then found', async () => {
      const key = await accountKey();
      const client = await openFor(authority, { key });
      expect(await client.findAccount(anySignal)).toBeUndefined();
      const order = { contact: ['mailto:admin@example.test'], termsAgreed: true };
      const made = await client.createAccount(order, anySignal);
      expect(made).toMatchObject({ created: true, status: 'valid', contact: ['mailto:admin@example.test'] });
      expect(await client.createAccount(order, anySignal)).toMatchObject({ created: false, url: made.url });
      expect(await (await openFor(authority, { key })).findAccount(anySignal)).toMatchObject({ url: made.url });
      expect(await client.account(anySignal)).toMatchObject({ url: made.url, status: 'valid' });
    });

    test.each(['ecdsa-p256', 'ecdsa-p384', 'rsa-2048'] as const)('has a key %s', async (algorithm) => {
      const client = await openFor(authority, { key: await accountKey(algorithm) });
      const created = await client.createAccount({ contact: [], termsAgreed: true }, anySignal);
      expect(created.status).toBe('valid');
    });

    test('with an Ed25519 key is refused until the key changes', async () => {
      const client = await openFor(authority, { key: await accountKey('ed25519') });
      const created = client.createAccount({ contact: [], termsAgreed: true }, anySignal);
      expect(reactionTo(await problemOf(created), { replaces: false })).toBe('refuse');
    });

    test('gets another contact', async () => {
      const { client } = await clientOf(authority);
      const changed = await client.updateContact(['mailto:ops@example.test'], anySignal);
      expect(changed.contact).toEqual(['mailto:ops@example.test']);
    });

    test('whose contact is not an address is refused until the document changes', async () => {
      const client = await openFor(authority, { key: await accountKey() });
      const created = client.createAccount({ contact: ['tel:123'], termsAgreed: true }, anySignal);
      expect(reactionTo(await problemOf(created), { replaces: false })).toBe('refuse');
    });

    test('gets another key, and keeps its address', async () => {
      const { client, key } = await clientOf(authority);
      const { url } = await client.account(anySignal);
      const next = await accountKey('ecdsa-p384');
      await client.rollover(next, anySignal);
      expect((await client.account(anySignal)).url).toBe(url);
      expect((await (await openFor(authority, { key: next })).findAccount(anySignal))?.url).toBe(url);
      expect(await (await openFor(authority, { key })).findAccount(anySignal)).toBeUndefined();
    });

    test('that has the new key already gets it once more', async () => {
      const { client, key } = await clientOf(authority);
      const { url } = await client.account(anySignal);
      const killed = await openFor(authority, { key, account: url });
      const next = await accountKey();
      await client.rollover(next, anySignal);
      await killed.rollover(next, anySignal);
      expect((await killed.account(anySignal)).url).toBe(url);
    });

    test('does not get the key of another account', async () => {
      const { client } = await clientOf(authority);
      await failureOf(client.rollover(by.key, anySignal));
      expect((await client.account(anySignal)).status).toBe('valid');
    });

    test('that is deactivated orders nothing', async () => {
      const { client } = await clientOf(authority);
      await client.deactivate(anySignal);
      const refused = await problemOf(client.newOrder({ identifiers: dns('www.example.test') }, anySignal));
      expect(refused.status).toBeGreaterThanOrEqual(400);
      expect(refused.fate).toBe('nothing');
    });
  });

  describe('a certificate', () => {
    test('for a name by http-01 takes at most 9 requests with an existing account', async () => {
      const { url } = await by.client.account(anySignal);
      // Each wait is long enough for the authority to end its work.
      const sleep: Timing['sleep'] = (ms, signal) => realTiming.sleep(Math.max(ms, 1500), signal);
      const client = await openFor(authority, { key: by.key, account: url, timing: { ...realTiming, sleep } });
      const { certificates, order } = await issueWith(
        authority,
        { client, key: by.key },
        { identifiers: dns('www.example.test') },
      );
      expect(client.requests()).toBeLessThanOrEqual(9);
      expect(order.status).toBe('valid');
      expect(x509Seen(certificates[0] as X509Certificate).dnsNames).toEqual(['www.example.test']);
      expect(Math.abs(client.clockDifferenceMs() ?? Number.NaN)).toBeLessThan(5000);
    });

    test.each(['ecdsa-p256', 'ecdsa-p384', 'rsa-2048'] as const)('has a key %s', async (algorithm) => {
      const keys = await makeKeys(algorithm);
      const { certificates } = await issueWith(authority, by, { identifiers: dns('www.example.test'), keys });
      expect(certificates[0]?.checkPrivateKey(keys.privateKey)).toBe(true);
    });

    test('for a name by dns-01', async () => {
      const { certificates } = await issueWith(authority, by, { identifiers: dns('dns.example.test'), type: 'dns-01' });
      expect(x509Seen(certificates[0] as X509Certificate).dnsNames).toEqual(['dns.example.test']);
    });

    test('for a wildcard and its parent, whose records have one name', async () => {
      const identifiers = dns('*.wild.example.test', 'wild.example.test');
      const { certificates } = await issueWith(authority, by, { identifiers, type: 'dns-01' });
      expect(x509Seen(certificates[0] as X509Certificate).dnsNames).toEqual([
        '*.wild.example.test',
        'wild.example.test',
      ]);
    });

    test('for an IP address and a name', async () => {
      const identifiers = [{ type: 'ip', value: '127.0.0.1' } as const, ...dns('ip.example.test')];
      const { certificates } = await issueWith(authority, by, { identifiers });
      expect(x509Seen(certificates[0] as X509Certificate)).toMatchObject({
        dnsNames: ['ip.example.test'],
        ipAddresses: ['127.0.0.1'],
      });
    });

    test('for 30 names', async () => {
      const names = Array.from({ length: 30 }, (_, i) => `n${i}.example.test`);
      const { certificates } = await issueWith(authority, by, { identifiers: dns(...names) });
      expect(x509Seen(certificates[0] as X509Certificate).dnsNames).toEqual(names.toSorted());
    });

    test('is revoked once, and a second revocation changes nothing', async () => {
      const { certificates } = await issueWith(authority, by, { identifiers: dns('www.example.test') });
      const [leaf] = certificates as readonly [X509Certificate];
      await by.client.revoke(leaf, 4, anySignal);
      await by.client.revoke(leaf, 4, anySignal);
    });

    test('has the preferred chain, if there is one', async () => {
      const identifiers = dns('www.example.test');
      const first = await issueWith(authority, by, { identifiers, preferredChain: 'No such root' });
      expect(first.isPreferred).toBe(false);
      expect(first.topIssuers.length).toBeGreaterThan(1);
      const last = first.topIssuers.at(-1) ?? '';
      expect(last).not.toBe(first.topIssuer);
      const { publicKey } = first.certificates[0] as X509Certificate;
      const chosen = await by.client.certificate(first.order, publicKey, last, anySignal);
      expect(chosen).toMatchObject({ topIssuer: last, isPreferred: true });
      expect(await by.client.certificate(first.order, publicKey, undefined, anySignal)).toMatchObject({
        topIssuer: first.topIssuer,
        isPreferred: true,
        topIssuers: [first.topIssuer],
      });
    });
  });

  describe('an order', () => {
    test('for a name that the authority refuses is refused until the document changes', async () => {
      const refused = await problemOf(by.client.newOrder({ identifiers: dns(BLOCKED_NAME) }, anySignal));
      expect(refused.code).toBe('rejectedIdentifier');
      expect(reactionTo(refused, { replaces: false })).toBe('refuse');
    });

    test('whose challenge is not answered correctly fails with the name and the reason', async () => {
      const order = await by.client.newOrder(
        { identifiers: dns('wrong.example.test'), ...profileOf('default') },
        anySignal,
      );
      const [authorization] = await by.client.authorizations(order, anySignal);
      const challenge = authorization?.challenges.find(({ type }) => type === 'http-01');
      if (challenge?.token === undefined) throw new Error('no challenge');
      await authority.serveFile(challenge.token, 'another content');
      await by.client.answer(challenge, anySignal);
      const failed = await problemOf(by.client.untilReady(order, anySignal));
      expect(failed.message).toContain('validation of wrong.example.test failed: http-01: ');
      expect(failed.message).not.toContain(challenge.token);
      expect(reactionTo(failed, { replaces: false })).toBe('fail');
      expect((await by.client.order(order.url, anySignal)).status).toBe('invalid');
    });

    test('that is not ready is not finalized', async () => {
      const order = await by.client.newOrder(
        { identifiers: dns('early.example.test'), ...profileOf('default') },
        anySignal,
      );
      const csr = await makeRequest({ dnsNames: ['early.example.test'], keys: await makeKeys('ecdsa-p256') });
      const refused = await problemOf(by.client.finalize(order, csr, anySignal));
      expect(reactionTo(refused, { replaces: false })).toBe('read-again');
    });

    test('with a request for other names is not issued', async () => {
      const order = await by.client.newOrder(
        { identifiers: dns('csr.example.test'), ...profileOf('default') },
        anySignal,
      );
      const ready = await validated(authority, by, order);
      const csr = await makeRequest({ dnsNames: ['other.example.test'], keys: await makeKeys('ecdsa-p256') });
      const refused = await problemOf(by.client.finalize(ready, csr, anySignal));
      expect(refused.fate).toBe('nothing');
    });

    test('is continued by another client, from its address', async () => {
      const order = await by.client.newOrder(
        { identifiers: dns('again.example.test'), ...profileOf('default') },
        anySignal,
      );
      const keys = await makeKeys('ecdsa-p256');
      const csr = await makeRequest({ dnsNames: ['again.example.test'], keys });
      const { url } = await by.client.account(anySignal);
      const ready = await validated(authority, by, order);
      await by.client.finalize(ready, csr, anySignal);
      const next = await openFor(authority, { key: by.key, account: url });
      // A second request to finalize is settled by the order.
      const settled = await next.finalize(await next.order(order.url, anySignal), csr, anySignal);
      const issued = await next.untilIssued(settled, anySignal);
      const { certificates } = await next.certificate(issued, keys.publicKey, undefined, anySignal);
      expect(certificates[0]?.checkPrivateKey(keys.privateKey)).toBe(true);
    });

    test('of another account is not shown', async () => {
      const order = await by.client.newOrder(
        { identifiers: dns('own.example.test'), ...profileOf('default') },
        anySignal,
      );
      const other = await clientOf(authority);
      expect((await problemOf(other.client.order(order.url, anySignal))).status).toBeGreaterThanOrEqual(400);
    });
  });

  test.skipIf(has('ari'))('an authority of an older kind has no profiles and no renewal information', async () => {
    expect(by.client.directory.profiles).toEqual({});
    expect(await by.client.renewalInfo('AAAA.AAAA', anySignal)).toBeUndefined();
  });

  describe.runIf(has('profiles'))('a profile', () => {
    test.each(Object.keys(PROFILES) as (keyof typeof PROFILES)[])('%s decides the lifetime', async (profile) => {
      expect(by.client.directory.profiles[profile]).toBe(PROFILES[profile].description);
      const { certificates, order } = await issueWith(authority, by, { identifiers: dns('www.example.test'), profile });
      const { notBefore, notAfter } = properDatesOf(certificates[0] as X509Certificate);
      expect(Math.abs(notAfter - notBefore - PROFILES[profile].validityPeriod * 1000)).toBeLessThan(2 * 3_600_000);
      expect(order.profile).toBe(profile);
    });

    test('that the authority does not have is refused until the document changes', async () => {
      const refused = await problemOf(
        by.client.newOrder({ identifiers: dns('www.example.test'), profile: 'none' }, anySignal),
      );
      expect(refused.code).toBe('invalidProfile');
      expect(reactionTo(refused, { replaces: false })).toBe('refuse');
    });
  });

  describe.runIf(has('ari'))('a renewal', () => {
    test('has a window within the lifetime, and is asked about again after some hours', async () => {
      const { certificates } = await issueWith(authority, by, { identifiers: dns('www.example.test') });
      const [leaf] = certificates as readonly [X509Certificate];
      const id = certificateId(leaf) ?? '';
      const { notBefore, notAfter } = properDatesOf(leaf);
      const info = await by.client.renewalInfo(id, anySignal);
      if (info === undefined) throw new Error('no information');
      expect(info.window.start).toBeGreaterThan(notBefore);
      expect(info.window.end).toBeLessThanOrEqual(notAfter);
      expect(renewalMoment(info.window, id)).toBeGreaterThan(Date.now());
      expect(info.askAgainMs).toBeGreaterThanOrEqual(3_600_000);
      expect(info.askAgainMs).toBeLessThanOrEqual(7 * DAY_MS);
    });

    test('of a revoked certificate is due now', async () => {
      const { certificates } = await issueWith(authority, by, { identifiers: dns('www.example.test') });
      const [leaf] = certificates as readonly [X509Certificate];
      await by.client.revoke(leaf, 1, anySignal);
      const id = certificateId(leaf) ?? '';
      const info = await by.client.renewalInfo(id, anySignal);
      expect(info !== undefined && Date.now() >= renewalMoment(info.window, id)).toBe(true);
    });

    test('replaces a certificate once; the order is then sent without the predecessor', async () => {
      const identifiers = dns('renewed.example.test');
      const first = await issueWith(authority, by, { identifiers });
      const replaces = certificateId(first.certificates[0] as X509Certificate) ?? '';
      const second = await issueWith(authority, by, { identifiers, replaces });
      expect(second.order.replaces).toBe(replaces);
      const order = { identifiers, replaces, ...profileOf('default') };
      const refused = await problemOf(by.client.newOrder(order, anySignal));
      expect(refused.code).toBe('alreadyReplaced');
      expect(reactionTo(refused, { replaces: true })).toBe('without-replaces');
      await issueWith(authority, by, { identifiers });
    });

    test('does not replace the certificate of another account, or one that does not exist', async () => {
      const identifiers = dns('theirs.example.test');
      const other = await clientOf(authority);
      const theirs = await issueWith(authority, other, { identifiers });
      for (const replaces of [certificateId(theirs.certificates[0] as X509Certificate) ?? '', 'AAAA.AAAA']) {
        const refused = await problemOf(
          by.client.newOrder({ identifiers, replaces, ...profileOf('default') }, anySignal),
        );
        expect(reactionTo(refused, { replaces: true })).toBe('without-replaces');
      }
    });
  });

  describe('an external account', () => {
    const hmacKey = 'zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W';
    let closed: TestAuthority;
    beforeAll(async () => {
      closed = await start({ externalAccounts: { 'kid-1': hmacKey } });
    });
    afterAll(() => closed.stop());

    test('is required', async () => {
      const client = await openFor(closed, { key: await accountKey() });
      expect(client.directory.externalAccountRequired).toBe(true);
      const refused = await problemOf(client.createAccount({ contact: [], termsAgreed: true }, anySignal));
      expect(refused.code).toBe('externalAccountRequired');
    });

    test('is bound with its key', async () => {
      const key = await accountKey();
      const client = await openFor(closed, { key });
      const eab = { kid: 'kid-1', hmacKey };
      expect(await client.createAccount({ contact: [], termsAgreed: true, eab }, anySignal)).toMatchObject({
        created: true,
      });
      await issueWith(closed, { client, key }, { identifiers: dns('www.example.test') });
    });

    test.each([
      ['another key', { kid: 'kid-1', hmacKey: 'b'.repeat(64) }],
      ['an unknown id', { kid: 'kid-2', hmacKey }],
    ])('is not bound with %s, and its key is in no message', async (_name, eab) => {
      const client = await openFor(closed, { key: await accountKey() });
      const refused = await problemOf(client.createAccount({ contact: [], termsAgreed: true, eab }, anySignal));
      expect(refused.message).not.toContain(eab.hmacKey);
      expect(await client.findAccount(anySignal)).toBeUndefined();
    });
  });

  test(
    `that rejects half of the nonces issues all of ${ROWS * EACH} certificates`,
    async () => {
      const busy = await start({ rejectNonces: 50 });
      try {
        const { client, key } = await clientOf(busy);
        const before = client.requests();
        const serials = new Set<string>();
        await Promise.all(
          Array.from({ length: ROWS }, async (_, row) => {
            for (let i = 0; i < EACH; i += 1) {
              const { certificates } = await issueWith(
                busy,
                { client, key },
                { identifiers: dns(`n${row}-${i}.example.test`) },
              );
              serials.add(certificates[0]?.serialNumber ?? '');
            }
          }),
        );
        expect(serials.size).toBe(ROWS * EACH);
        // Without rejected nonces, an issuance takes at least 6 requests.
        expect(client.requests() - before).toBeGreaterThan(ROWS * EACH * 7);
      } finally {
        await busy.stop();
      }
    },
    LONG_MS,
  );
});
