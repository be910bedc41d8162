/** Safety rules about storage and signing: foreign keys stay, and authorities respect their constraints. */

import { type Change, formatRef, pass, reject, type Scene, type Verdict, mayBeOwned, seenFacts } from '#plugin';
import { issues } from './differences.ts';
import type { CertificateResource } from './diff.ts';
import type { CertificateMemory } from './generated.ts';
import { namesNotAllowed } from './name-constraints.ts';
import { domainsServing } from './served.ts';
import { mainPath } from './paths.ts';
import { certificateSpec, hasSwapped, isOtherKey, issuerRef, mayGain } from './remembered.ts';
import { Issuer } from './kinds.ts';

/**
 * Records the owned key after a refresh: the key at the adoption, or the one that an interrupted step created. A handler
 * returns the key that it created; a key that another program stored later is not owned.
 */
export function noteKey(resource: CertificateResource): Partial<CertificateMemory> {
  const { memory } = resource;
  const { key_fingerprint: key, usable } = seenFacts(resource) ?? {};
  if (key === undefined || usable !== true || key === memory?.kept.key) return {};
  const isUnderWay = memory?.open !== undefined && memory.open.goal !== 'remove';
  const isFirst = mayGain(resource) && (!mayBeOwned(memory) || memory?.kept.key === undefined);
  return isFirst || isUnderWay ? { key } : {};
}

/** Records that a swap was started here, if a refresh finds an interrupted step. */
export function noteSwap(resource: CertificateResource): Partial<CertificateMemory> {
  const { memory } = resource;
  if (memory?.open === undefined || memory.open.goal === 'remove' || memory.owned === 'created') return {};
  const facts = seenFacts(resource);
  const isSeen = facts !== undefined && (facts.leftovers.length > 0 || isOtherKey(facts, memory.kept));
  return isSeen || hasSwapped(memory) ? { began: true } : {};
}

/** The rule on every step that overwrites or removes a key. */
export function foreignKey(change: Change, resource: CertificateResource): Verdict {
  const removes = change.goal === 'remove';
  if (!removes && !issues(change)) return pass('the key does not change', {});
  const { memory, desired } = resource;
  const facts = seenFacts(resource);
  if (facts?.elsewhere === true && !removes) return pass('no key is stored at the new location', {});
  const stored = facts?.key_fingerprint;
  const remembered = memory?.kept.key;
  const spec = certificateSpec(desired, memory);
  const where = spec === undefined ? '' : ` of ${mainPath(spec.storage)}`;
  const used = { stored: stored ?? null, remembered: remembered ?? null };
  const remedy = {
    outside: `restore the key that fettle created, or move this one away. To adopt this key instead, run \`fettle state forget ${formatRef(resource.ref)}\``,
  };
  if (facts?.problem_code === 'encrypted')
    return reject(`the key${where} is encrypted, so fettle did not create it`, used, { remedy });
  if (facts?.problem_code === 'not-a-file')
    return reject(`${facts.problem ?? ''}, and is not replaced`, used, {
      remedy: { outside: `move the entry at the key path${where} away` },
    });
  if (facts?.copies !== undefined && !removes) {
    const { copies } = facts;
    return reject(
      `${copies.join(' and ')} ${copies.length === 1 ? 'has the name of a copy' : 'have the names of copies'} that fettle keeps, and fettle did not create ${copies.length === 1 ? 'it' : 'them'}`,
      { ...used, copies },
      { remedy: { outside: `move ${copies.join(' and ')} away` } },
    );
  }
  if (stored === undefined) return pass('no usable key is stored', used);
  if (remembered === undefined) return pass('the state records no other key', used);
  if (stored === remembered) return pass('fettle created or adopted the key', used);
  return reject(`fettle neither created nor adopted the key${where}`, used, { remedy });
}

/** The rule on every step that replaces a certificate with values that no document can declare. */
export function contentLost(change: Change, resource: CertificateResource): Verdict {
  if (!issues(change)) return pass('nothing is issued', {});
  const lost = seenFacts(resource)?.undeclarable ?? [];
  if (lost.length === 0) return pass('the document can declare the whole content of the stored certificate', {});
  return reject(
    `the stored certificate contains ${lost.join(', ')}, which no document can declare: the new certificate would not have them`,
    { lost: [...lost] },
    {
      remedy: {
        outside: 'issue the certificate with the program that issued it, or override the rule if no client needs them',
      },
    },
  );
}

/** Where the certificate that a step replaces proves to be publicly trusted; undefined for a private one. */
function publicTrust(resource: CertificateResource, scene: Scene): string | undefined {
  const facts = seenFacts(resource);
  if (facts?.public_trust !== undefined) return `the stored certificate is publicly trusted: ${facts.public_trust}`;
  // A server can still serve a certificate whose files were removed or damaged.
  const fingerprint = facts?.fingerprint ?? resource.memory?.kept.fingerprint;
  for (const domain of fingerprint === undefined ? [] : domainsServing(fingerprint, scene))
    for (const { address, fingerprint: served, public_anchor: anchor } of seenFacts(domain)?.addresses ?? [])
      if (served === fingerprint && anchor !== undefined)
        return `the certificate that ${address} serves for ${domain.ref.name} is publicly trusted: its chain leads to ${anchor}`;
  return undefined;
}

/** The rule on every step that replaces a certificate: clients refuse one of an authority that they do not know. */
export function publicToPrivate(change: Change, resource: CertificateResource, scene: Scene): Verdict {
  const { desired } = resource;
  if (!issues(change) || desired === undefined) return pass('nothing is issued', {});
  const { issuer } = desired.spec;
  const trust = publicTrust(resource, scene);
  const facts = { issuer, public_trust: trust ?? null };
  if (trust === undefined) return pass('no publicly trusted certificate is replaced', facts);
  if (seenFacts(Issuer.get(scene, issuerRef(desired.spec)))?.public_trust === true)
    return pass('the authority of the Issuer leads to a well-known anchor too', facts);
  return reject(
    `${trust}. The Issuer ${issuer} is private: clients that do not know its authority would refuse the new certificate`,
    facts,
    {
      remedy: {
        outside:
          'let the program that issued the certificate renew it, with `renewal.enabled: false` and `recovery.enabled: false` in the document. Override the rule if every client knows the authority',
      },
    },
  );
}

/** The rule on every step that signs. */
export function issuerNameConstraints(change: Change, { desired }: CertificateResource, scene: Scene): Verdict {
  if (!issues(change) || desired === undefined) return pass('nothing is issued', {});
  const { spec } = desired;
  const authority = seenFacts(Issuer.get(scene, issuerRef(spec)));
  const constraints = authority?.name_constraints;
  if (constraints === undefined)
    return pass('the authority is permitted to sign for any name', { issuer: spec.issuer });
  const names = namesNotAllowed(spec.dnsNames, constraints);
  const facts = {
    issuer: spec.issuer,
    permitted: constraints.permitted ?? null,
    excluded: constraints.excluded,
    names,
  };
  if (names.length === 0) return pass('the authority is permitted to sign for these names', facts);
  return reject(
    `the authority of ${spec.issuer} is not permitted to sign for ${names.join(', ')}. No client would accept the certificate`,
    facts,
    { remedy: { outside: 'use an Issuer that is permitted to sign for these names, or remove the names' } },
  );
}
