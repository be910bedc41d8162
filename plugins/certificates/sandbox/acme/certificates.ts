/** Certificates of the emulated authority, their revocation, and information about their renewal (RFC 8555, 7.4; RFC 9773). */

import type { KeyObject, X509Certificate } from 'node:crypto';
import { authorityKeyIdOf } from '../../live/x509-extensions.ts';
import type { Authority } from './context.ts';
import { hexAddress, iso, type Issued, nameKey, type Order, setOf, statusOf } from './model.ts';
import { domainsOf } from './orders.ts';
import { malformed, problemOf, RefusalError } from './refusal.ts';
import type { Answer, Asked, ServedEndpoint } from './server.ts';
import { signingRequestOf } from './verify.ts';

const RENEWAL_SECONDS = 6 * 3600;

/** The identifier of RFC 9773, 4.1. */
function idOf(leaf: X509Certificate): string | undefined {
  const authority = authorityKeyIdOf(leaf);
  // DER has a zero byte before a set high bit.
  const serial = Buffer.from(leaf.serialNumber.replace(/^(?=[89a-f])/iu, '00'), 'hex');
  return authority === undefined ? undefined : `${authority.toString('base64url')}.${serial.toString('base64url')}`;
}

export function certificateEndpoints(authority: Authority): readonly ServedEndpoint[] {
  const { options, issuer, certificates, renewals, counts, requests, at, nextId, orderAnswer, ownOrder } = authority;
  const { profiles, now } = options;

  function finalize(asked: Asked, id: string): Answer {
    const { account, payload = {} } = requests.byAccount(asked);
    const order = ownOrder(account, id);
    if (statusOf(order) !== 'ready')
      throw new RefusalError('orderNotReady', 403, `the order is ${statusOf(order)}, not ready`);
    const csr = payload['csr'];
    if (typeof csr !== 'string') throw malformed('csr is not a text');
    const { dnsNames, addresses, publicKey } = signingRequestOf(Buffer.from(csr, 'base64url'));
    const names = setOf([...dnsNames.map((value) => nameKey({ type: 'dns', value })), ...addresses.map(hexAddress)]);
    if (names !== setOf(order.identifiers.map(nameKey)))
      throw new RefusalError('badCSR', 400, 'the signing request has other names than the order');
    if (publicKey.equals(account.key.key))
      throw new RefusalError('badCSR', 400, 'the key of the account must not be the key of a certificate');
    order.finalized = true;
    void issue(order, publicKey, names);
    return orderAnswer(order, 200);
  }

  async function issue(order: Order, publicKey: KeyObject, names: string): Promise<void> {
    const valuesOf = (type: 'dns' | 'ip'): readonly string[] =>
      order.identifiers.filter((each) => each.type === type).map(({ value }) => value);
    try {
      const { leaf, chains } = await issuer.sign({
        dnsNames: valuesOf('dns'),
        ipAddresses: valuesOf('ip'),
        publicKey,
        validitySeconds: profiles[order.profile]?.validitySeconds ?? 0,
        now: now(),
      });
      const id = idOf(leaf) ?? nextId();
      const issued: Issued = { id, account: order.account, leaf, chains, names, revoked: false };
      certificates.set(id, issued);
      order.certificate = issued;
      counts.add('certificatesPerSet', names);
      const isRenewal = renewals.isRenewal(names);
      renewals.note(names);
      if (isRenewal) return;
      for (const domain of domainsOf(order, authority.registeredDomains)) counts.add('certificatesPerDomain', domain);
    } catch (error) {
      order.error = problemOf('serverInternal', error instanceof Error ? error.message : 'signing failed');
    }
  }

  function download(asked: Asked, id: string, alternate: boolean): Answer {
    const { account } = requests.byAccount(asked);
    const issued = certificates.get(id);
    if (issued === undefined || issued.account !== account)
      throw new RefusalError('malformed', 404, 'the certificate does not exist');
    const own = at(`certificate/${id}`);
    const other = alternate ? own : `${own}/alternate`;
    return {
      headers: { 'content-type': 'application/pem-certificate-chain', link: `<${other}>;rel="alternate"` },
      body: issued.chains[alternate ? 1 : 0],
    };
  }

  function revoke(asked: Asked): Answer {
    const { account, key, payload = {} } = requests.signedBy(asked, 'either');
    const { certificate, reason = 0 } = payload;
    if (typeof certificate !== 'string') throw malformed('certificate is not a text');
    const der = Buffer.from(certificate, 'base64url');
    const issued = [...certificates.values()].find(({ leaf }) => leaf.raw.equals(der));
    if (issued === undefined) throw new RefusalError('malformed', 404, 'the certificate does not exist');
    if (issued.account !== account && !issued.leaf.publicKey.equals(key.key))
      throw new RefusalError('unauthorized', 403, 'the certificate belongs to another account');
    if (![0, 1, 3, 4, 5].includes(Number(reason)))
      throw new RefusalError('badRevocationReason', 400, 'the reason is not one of 0, 1, 3, 4 and 5');
    if (issued.revoked) throw new RefusalError('alreadyRevoked', 400, 'the certificate is revoked already');
    issued.revoked = true;
    return { body: '' };
  }

  function renewalInfo(id: string): Answer {
    const issued = certificates.get(id);
    if (issued === undefined) throw new RefusalError('malformed', 404, 'the certificate does not exist');
    const { start, end, explanationURL } = renewals.windowOf(issued);
    return {
      headers: { 'retry-after': String(RENEWAL_SECONDS) },
      body: { suggestedWindow: { start: iso(start), end: iso(end) }, explanationURL },
    };
  }

  return [
    { name: 'finalize', path: /^\/finalize\/(\d+)$/u, post: finalize },
    { name: 'certificate', path: /^\/certificate\/([\w.-]+)$/u, post: (asked, id) => download(asked, id, false) },
    {
      name: 'alternate',
      path: /^\/certificate\/([\w.-]+)\/alternate$/u,
      post: (asked, id) => download(asked, id, true),
    },
    { name: 'revoke-cert', path: /^\/revoke-cert$/u, post: revoke },
    { name: 'renewal-info', path: /^\/renewal-info\/([\w.-]+)$/u, get: (_asked, id) => renewalInfo(id) },
  ];
}
