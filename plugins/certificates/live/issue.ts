/** Issues a certificate: creates a key and a certificate, verifies the written files, and swaps them in. */

import { instantText } from '#plugin';
import { properDatesOf } from '#plugin/certificate-dates';
import type { X509Certificate } from 'node:crypto';
import { DAY_MS } from '../days.ts';
import { ipAddressesOf, plainAddress, usagesOf } from '../declared.ts';
import type { Issued, IssueOrder } from '../world.ts';
import type { Accounts } from './accounts.ts';
import { openAuthority } from './authority.ts';
import { subjectText } from './client-flaws.ts';
import { verifyAsClient } from './client-handshake.ts';
import { replaceStored } from './stored.ts';
import type { NewPair, Validate } from './swap.ts';
import { constraintsOf } from './x509-extensions.ts';
import { keyPem, makeKeys, makeLeaf } from './x509-make.ts';
import { fingerprintOf, isKeyOf, isSignedBy, publicKeyFingerprint, readChain, readKey, x509Seen } from './x509-read.ts';

/** A certificate with a shorter validity is reported. */
const SHORT_LIFE_MS = 7 * DAY_MS;

type Wanted = Pick<IssueOrder, 'dnsNames' | 'ipAddresses' | 'usages' | 'keyAlgorithm' | 'now'> & {
  /** True if the authority decides the usages: clients verify that servers may present the certificate. */
  readonly hasAnyUsages?: true;
};

/** Throws the fault of a pair that was read back as PEM: it must match the request, and be usable now. */
export function validatePair(
  wanted: Wanted,
  certificate: string,
  key: string,
  issuer: X509Certificate | undefined,
): void {
  const { certificates, problem } = readChain(certificate);
  const read = readKey(key);
  const [leaf] = certificates;
  if (problem !== undefined || leaf === undefined)
    throw new Error(`the new certificate's file ${problem ?? 'is empty'}`);
  if ('problem' in read) throw new Error(`the new key's file ${read.problem}`);
  if (!isKeyOf(read.key, leaf)) throw new Error('the new key does not belong to the new certificate');
  if (!isSignedBy(leaf, issuer ?? leaf)) throw new Error('the new certificate is not signed by its issuer');
  const seen = x509Seen(leaf);
  const names = [...new Set(wanted.dnsNames.map((name) => name.toLowerCase()))].sort();
  if (seen.dnsNames.join(' ') !== names.join(' ')) throw new Error('the new certificate is valid for other names');
  const addresses = [...new Set(ipAddressesOf(wanted).map(plainAddress))].sort();
  if (seen.ipAddresses.toSorted().join(' ') !== addresses.join(' '))
    throw new Error('the new certificate is valid for other IP addresses');
  if (wanted.hasAnyUsages !== true && seen.usages.toSorted().join(' ') !== usagesOf(wanted).toSorted().join(' '))
    throw new Error('the new certificate is valid for other uses');
  if (seen.keyAlgorithm !== wanted.keyAlgorithm) throw new Error(`the new key has the type ${seen.keyAlgorithm}`);
  mustBeValid(leaf, 'the new certificate', wanted.now);
}

function mustBeValid(certificate: X509Certificate, which: string, now: number): void {
  const { notBefore, notAfter } = properDatesOf(certificate);
  if (now > notAfter) throw new Error(`the validity of ${which} has ended`);
  if (now < notBefore) throw new Error(`the validity of ${which} has not begun`);
}

async function makePair(
  order: IssueOrder,
): Promise<NewPair & { readonly leaf: X509Certificate; readonly issuer: X509Certificate | undefined }> {
  const { authority, now } = order;
  const opened = authority === undefined ? undefined : await openAuthority(authority.dir, authority.fingerprint);
  const issuer = opened?.signer.certificate;
  for (const each of opened?.chain ?? []) {
    const which = each === issuer ? 'the authority' : `${subjectText(each)}, which is above the authority,`;
    mustBeValid(each, which, now);
  }
  const keys = await makeKeys(order.keyAlgorithm);
  const leaf = await makeLeaf({
    dnsNames: order.dnsNames,
    ipAddresses: ipAddressesOf(order),
    usages: usagesOf(order),
    validityDays: order.validityDays,
    keys,
    now,
    ...(opened === undefined
      ? {}
      : {
          signer: { ...opened.signer, above: opened.chain.slice(1) },
          bare: opened.chain.some((each) => constraintsOf(each).subjects),
        }),
  });
  // The authority's own certificate is included, although clients do not need a root: the file then names its signer.
  const path = [leaf, ...(opened?.chain ?? [])];
  return { path, key: keyPem(keys.privateKey), leaf, issuer };
}

/** Caches the verdict of a text. */
function once(validate: Validate): Validate {
  let good: string | undefined;
  return (certificate, key) => {
    if (good === certificate + key) return;
    validate(certificate, key);
    good = certificate + key;
  };
}

/** Issues a certificate and swaps it in. Throws if the pair is unchanged. */
export async function issue(order: IssueOrder, accounts: Accounts): Promise<Issued> {
  const { storage, now, signal } = order;
  order.progress(`creating a key (${order.keyAlgorithm})`);
  const made = await makePair(order);
  const ends = properDatesOf(made.leaf).notAfter;
  if (ends - now < SHORT_LIFE_MS) order.progress(`the new certificate is only valid until ${instantText(ends)}`);
  const names = { dnsNames: order.dnsNames, ipAddresses: ipAddressesOf(order), usages: usagesOf(order) };
  await verifyAsClient({ path: made.path, key: made.key, ...names }, now);
  signal.throwIfAborted();
  const validate = once((certificate, key) => validatePair(order, certificate, key, made.issuer));
  await replaceStored(storage, order, made, accounts, validate, signal);
  return {
    fingerprint: fingerprintOf(made.leaf),
    not_after: instantText(ends),
    issuer: fingerprintOf(made.issuer ?? made.leaf),
    key: publicKeyFingerprint(made.leaf.publicKey),
  };
}
