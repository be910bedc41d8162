/** One issuance as a caller of the client does it, with challenges that the test authority answers. */

import type { KeyObject } from 'node:crypto';
import { usualDenial } from '#plugin/net';
import type { Timing } from '#plugin/http';
import type { Authorization, Challenge, Identifier, Order } from '../../../../plugins/certificates/acme/answers.ts';
import type { IssuedChain } from '../../../../plugins/certificates/acme/chains.ts';
import { type AcmeClient, type AcmeOptions, openAcme } from '../../../../plugins/certificates/acme/client.ts';
import {
  type AccountKey,
  accountKeyOf,
  dnsDigest,
  keyAuthorization,
} from '../../../../plugins/certificates/acme/jws.ts';
import { type KeyPair, makeKeys, makeRequest } from '../../../../plugins/certificates/live/x509-make.ts';
import type { KeyAlgorithm } from '../../../../plugins/certificates/world.ts';
import type { TestAuthority } from '../../../support/acme/authority.ts';

/** The real clock with shorter waits: an authority on this machine needs no second. */
export const quickTiming: Timing = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, Math.min(ms, 20));
      signal.addEventListener('abort', () => {
        clearTimeout(timer);
        reject(signal.reason as Error);
      });
    }),
  random: () => Math.random(),
};

export const anySignal = new AbortController().signal;

export async function accountKey(algorithm: KeyAlgorithm = 'ecdsa-p256'): Promise<AccountKey> {
  return accountKeyOf((await makeKeys(algorithm)).privateKey);
}

export function openFor(
  { directory, ca }: Pick<TestAuthority, 'directory' | 'ca'>,
  options: Pick<AcmeOptions, 'key'> & Partial<AcmeOptions>,
): Promise<AcmeClient> {
  return openAcme({ directory, ca, denial: usualDenial({}), timing: quickTiming, ...options }, anySignal);
}

/** A client with a new account. */
export async function clientOf(
  authority: TestAuthority,
): Promise<{ readonly client: AcmeClient; readonly key: AccountKey }> {
  const key = await accountKey();
  const client = await openFor(authority, { key });
  await client.createAccount({ contact: [], termsAgreed: true }, anySignal);
  return { client, key };
}

export function dns(...names: readonly string[]): readonly Identifier[] {
  return names.map((value) => ({ type: 'dns', value }));
}

/** Makes the answer of a challenge visible. */
async function publish(authority: TestAuthority, key: AccountKey, { identifier }: Authorization, challenge: Challenge) {
  const content = keyAuthorization(challenge.token ?? '', key);
  if (challenge.type === 'http-01') await authority.serveFile(challenge.token ?? '', content);
  else await authority.addTxt(`_acme-challenge.${identifier.value}`, dnsDigest(content));
}

/** Answers the challenges of all authorizations, and waits for the order. */
export async function validated(
  authority: TestAuthority,
  { client, key }: { readonly client: AcmeClient; readonly key: AccountKey },
  order: Order,
  type: 'http-01' | 'dns-01' = 'http-01',
): Promise<Order> {
  for (const each of await client.authorizations(order, anySignal)) {
    if (each.status !== 'pending') continue;
    const challenge = each.challenges.find((one) => one.type === (each.wildcard ? 'dns-01' : type));
    if (challenge === undefined) throw new Error(`no challenge ${type} for ${each.identifier.value}`);
    await publish(authority, key, each, challenge);
    await client.answer(challenge, anySignal);
  }
  return client.untilReady(order, anySignal);
}

export interface Issuance {
  readonly identifiers: readonly Identifier[];
  readonly type?: 'http-01' | 'dns-01';
  readonly profile?: string;
  readonly replaces?: string;
  readonly keys?: KeyPair;
  readonly preferredChain?: string;
}

export async function issueWith(
  authority: TestAuthority,
  by: { readonly client: AcmeClient; readonly key: AccountKey },
  { identifiers, type, profile = authority.profile, replaces, keys, preferredChain }: Issuance,
): Promise<IssuedChain & { readonly order: Order; readonly key: KeyObject }> {
  const { client } = by;
  const order = await client.newOrder(
    {
      identifiers,
      ...(profile === undefined ? {} : { profile }),
      ...(replaces === undefined ? {} : { replaces }),
    },
    anySignal,
  );
  const ready = await validated(authority, by, order, type);
  const pair = keys ?? (await makeKeys('ecdsa-p256'));
  const csr = await makeRequest({
    dnsNames: identifiers.flatMap((each) => (each.type === 'dns' ? [each.value] : [])),
    ipAddresses: identifiers.flatMap((each) => (each.type === 'ip' ? [each.value] : [])),
    keys: pair,
  });
  const issued = await client.untilIssued(await client.finalize(ready, csr, anySignal), anySignal);
  const chain = await client.certificate(issued, pair.publicKey, preferredChain, anySignal);
  return { ...chain, order: issued, key: pair.privateKey };
}
