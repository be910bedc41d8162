/** The client against faults, limits and suggestions that only the emulated ACME authority has. */

import type { X509Certificate } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { AcmeProblem } from '../../../../plugins/certificates/acme/acme-problem.ts';
import { certificateId } from '../../../../plugins/certificates/acme/certificate-id.ts';
import { reactionTo } from '../../../../plugins/certificates/acme/problems.ts';
import { renewalMoment } from '../../../../plugins/certificates/acme/renewal-window.ts';
import { temporaryFolder } from '../../../support/cli.ts';
import { type EmulatedAuthority, startEmulated } from '../../../support/acme/emulated.ts';
import { accountKey, anySignal, clientOf, dns, issueWith, openFor } from './issuing.ts';

const running: EmulatedAuthority[] = [];

async function started(...options: Parameters<typeof startEmulated>): Promise<EmulatedAuthority> {
  const authority = await startEmulated(...options);
  running.push(authority);
  return authority;
}

afterEach(async () => {
  for (const each of running.splice(0)) await each.stop();
});

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

const identifiers = dns('www.example.test');

test('no nonce is sent twice while half of them are rejected', async () => {
  const authority = await started({ rejectNonces: 50 });
  const by = await clientOf(authority);
  for (let i = 0; i < 10; i += 1) await issueWith(authority, by, { identifiers });
  const counts = authority.acme.counts();
  expect(counts['nonces rejected']).toBeGreaterThan(20);
  expect(counts['nonces used twice']).toBeUndefined();
});

const HOURLY = (max: number) => ({ max, perMs: 3_600_000 });

describe('a limit', () => {
  test.each([
    ['certificates for the same names', { certificatesPerSet: HOURLY(2) }, 2],
    ['orders', { ordersPerAccount: HOURLY(3) }, 3],
  ])('of %s asks for a wait until it has refilled by one', async (_name, limits, most) => {
    const authority = await started({}, { limits });
    const by = await clientOf(authority);
    const next = (i: number) => ('ordersPerAccount' in limits ? dns(`w${i}.example.test`) : identifiers);
    for (let i = 0; i < most; i += 1) await issueWith(authority, by, { identifiers: next(i) });
    const before = authority.acme.counts()['new-order'];
    const refused = await failureOf(by.client.newOrder({ identifiers: next(most) }, anySignal));
    if (!(refused instanceof AcmeProblem)) throw new Error('no problem');
    expect(reactionTo(refused, { replaces: false })).toBe('wait');
    expect(refused.retryAfterMs).toBeGreaterThan(3_500_000 / most);
    expect(refused.retryAfterMs).toBeLessThanOrEqual(3_600_000 / most);
    expect(authority.acme.counts()['new-order']).toBe((before ?? 0) + 1);
  });

  test('does not hold for a renewal that replaces a certificate within its window, but the renewal counts', async () => {
    const authority = await started({}, { limits: { certificatesPerSet: HOURLY(2) } });
    const by = await clientOf(authority);
    const first = await issueWith(authority, by, { identifiers });
    const replaces = certificateId(first.certificates[0] as X509Certificate) ?? '';
    const now = Date.now();
    authority.acme.suggestRenewal(replaces, { start: now - 60_000, end: now + 60_000 });
    authority.acme.setLimits({ certificatesPerSet: HOURLY(1), certificatesPerDomain: HOURLY(1) });
    await issueWith(authority, by, { identifiers, replaces });
    expect(await failureOf(by.client.newOrder({ identifiers }, anySignal))).toMatchObject({ code: 'rateLimited' });
  });

  test.each([
    ['before', 60_000, 120_000],
    ['after', -120_000, -60_000],
  ])('holds for a renewal that replaces a certificate %s its window', async (_when, start, end) => {
    const authority = await started({}, { limits: { certificatesPerDomain: HOURLY(1) } });
    const by = await clientOf(authority);
    const first = await issueWith(authority, by, { identifiers });
    const replaces = certificateId(first.certificates[0] as X509Certificate) ?? '';
    const now = Date.now();
    authority.acme.suggestRenewal(replaces, { start: now + start, end: now + end });
    const both = [...identifiers, ...dns('second.example.test')];
    const refused = await failureOf(by.client.newOrder({ identifiers: both, replaces }, anySignal));
    expect(refused).toMatchObject({ code: 'rateLimited' });
  });

  test('of accounts and domains does not hold for the same names, by any account', async () => {
    const authority = await started({}, { limits: { certificatesPerDomain: HOURLY(1), ordersPerAccount: HOURLY(1) } });
    const by = await clientOf(authority);
    await issueWith(authority, by, { identifiers });
    await issueWith(authority, by, { identifiers });
    await issueWith(authority, await clientOf(authority), { identifiers });
    const refused = await failureOf(by.client.newOrder({ identifiers: dns('other.example.test') }, anySignal));
    expect(refused).toMatchObject({ code: 'rateLimited' });
  });

  test('of failed validations counts by name', async () => {
    const authority = await started({}, { limits: { failuresPerName: HOURLY(1) } });
    const { client } = await clientOf(authority);
    const order = await client.newOrder({ identifiers }, anySignal);
    const [authz] = await client.authorizations(order, anySignal);
    const challenge = authz?.challenges[0];
    if (challenge === undefined) throw new Error('no challenge');
    await client.answer(challenge, anySignal);
    await failureOf(client.untilReady(order, anySignal));
    expect(await failureOf(client.newOrder({ identifiers }, anySignal))).toMatchObject({ code: 'rateLimited' });
    await client.newOrder({ identifiers: dns('other.example.test') }, anySignal);
  });
});

describe('a lost answer', () => {
  test('to a new order leaves an order that this client does not know', async () => {
    const authority = await started();
    const { client } = await clientOf(authority);
    authority.acme.faults.list.push({ endpoint: 'new-order', when: 'after', answer: 'lost', times: 1 });
    expect(await failureOf(client.newOrder({ identifiers }, anySignal))).toMatchObject({ fate: 'unknown' });
    expect(authority.acme.counts()['new-order']).toBe(1);
  });

  test.each(['account', 'authz', 'challenge', 'finalize', 'order', 'certificate', 'new-account', 'key-change'])(
    'of %s changes nothing about the certificate',
    async (endpoint) => {
      const authority = await started();
      const by = await clientOf(authority);
      authority.acme.faults.list.push({ endpoint, when: 'after', answer: 'lost', times: 1 });
      await by.client.account(anySignal);
      const next = await accountKey();
      await by.client.rollover(next, anySignal);
      await issueWith(authority, { client: by.client, key: next }, { identifiers });
      expect(authority.acme.certificates().length).toBe(1);
    },
  );

  test.each(['authz', 'challenge', 'finalize', 'order', 'certificate'])(
    'before the effect of %s, likewise',
    async (endpoint) => {
      const authority = await started();
      const by = await clientOf(authority);
      authority.acme.faults.list.push({ endpoint, when: 'before', answer: { status: 503, body: '' }, times: 2 });
      await issueWith(authority, by, { identifiers });
      expect(authority.acme.certificates().length).toBe(1);
    },
  );
});

test('the authority can move the window of a renewal, with a reason', async () => {
  const authority = await started();
  const by = await clientOf(authority);
  const { certificates } = await issueWith(authority, by, { identifiers });
  const id = certificateId(certificates[0] as X509Certificate) ?? '';
  const now = Date.now();
  const explanationURL = 'https://acme.example.test/incident';
  authority.acme.suggestRenewal(id, { start: now - 2000, end: now - 1000, explanationURL });
  const info = await by.client.renewalInfo(id, anySignal);
  expect(info?.explanation).toBe(explanationURL);
  expect(info !== undefined && now >= renewalMoment(info.window, id)).toBe(true);
  // A hostile address is not shown.
  authority.acme.suggestRenewal(id, { start: now, end: now + 1000, explanationURL: 'javascript:alert(1)' });
  expect((await by.client.renewalInfo(id, anySignal))?.explanation).toBeUndefined();
  authority.acme.suggestRenewal(id, { start: now, end: now });
  expect(await failureOf(by.client.renewalInfo(id, anySignal))).toMatchObject({ code: 'bad_answer' });
});

test('a chain of the authority leads to one of its two roots, which a later start keeps', async () => {
  const folder = temporaryFolder();
  const authority = await started({}, { folder });
  const by = await clientOf(authority);
  const first = await issueWith(authority, by, { identifiers, preferredChain: 'Sandbox ACME root 2' });
  expect(first).toMatchObject({ isPreferred: true, topIssuer: 'Sandbox ACME root 2' });
  const { roots, ca } = authority.acme;
  const again = await started({}, { folder });
  expect(again.acme.roots).toEqual(roots);
  expect(again.acme.ca).toBe(ca);
  const client = await openFor(again, { key: by.key, account: `${new URL(again.directory).origin}/account/1` });
  const refused = await failureOf(client.newOrder({ identifiers }, anySignal));
  if (!(refused instanceof AcmeProblem)) throw new Error('no problem');
  expect(reactionTo(refused, { replaces: false })).toBe('new-account');
});

test('a server with another anchor is not trusted', async () => {
  const [one, other] = [await started(), await started()];
  const opened = openFor({ directory: one.directory, ca: other.ca }, { key: await accountKey() });
  expect(await failureOf(opened)).toMatchObject({ code: 'untrusted', fate: 'nothing' });
});
