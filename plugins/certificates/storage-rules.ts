/** Safety rules about what is stored: no key of somebody else's is overwritten, and no authority signs what it may not. */

import { type Change, formatRef, pass, reject, type Scene, type Verdict, mayBeOwned } from '#plugin';
import { needsIssue } from './differences.ts';
import type { CertificateResource } from './diff.ts';
import type { CertificateMemory } from './generated.ts';
import { namesNotAllowed } from './name-constraints.ts';
import { mainPath } from './paths.ts';
import { certificateSpec, hasSwapped, isOtherKey, issuerRef, mayGain } from './remembered.ts';
import { Issuer } from './kinds.ts';

/**
 * Which key is ours, as a look tells: the one that was there when it was adopted, or that a step which was broken off
 * has made. What a handler made it says itself; what somebody else put there later is not ours.
 */
export function noteKey(resource: CertificateResource): Partial<CertificateMemory> {
  const {
    sight: { observed },
    memory,
  } = resource;
  const key = observed?.facts.key_fingerprint;
  if (key === undefined || observed?.facts.usable !== true || key === memory?.kept.key) return {};
  const isUnderWay = memory?.open !== undefined && memory.open.goal !== 'remove';
  const isFirst = mayGain(resource) && (!mayBeOwned(memory) || memory?.kept.key === undefined);
  return isFirst || isUnderWay ? { key } : {};
}

/** That a swap was begun here: a look finds a step that was broken off, whatever has become of it. */
export function noteSwap({ sight: { observed }, memory }: CertificateResource): Partial<CertificateMemory> {
  if (memory?.open === undefined || memory.open.goal === 'remove' || memory.owned === 'created') return {};
  const facts = observed?.facts;
  const isSeen = facts !== undefined && (facts.leftovers.length > 0 || isOtherKey(facts, memory.kept));
  return isSeen || hasSwapped(memory) ? { began: true } : {};
}

/** The rule on every step that overwrites or removes a key. */
export function foreignKey(change: Change, resource: CertificateResource): Verdict {
  const removes = change.goal === 'remove';
  if (!removes && change.step === 'normal>normal' && !needsIssue(change.fields)) return pass('its key stays', {});
  const {
    sight: { observed },
    memory,
    desired,
  } = resource;
  const facts = observed?.facts;
  if (facts?.elsewhere === true && !removes) return pass('no key lies where it is to be stored', {});
  const stored = facts?.key_fingerprint;
  const remembered = memory?.kept.key;
  const spec = certificateSpec(desired, memory);
  const where = spec === undefined ? '' : ` of ${mainPath(spec.storage)}`;
  const used = { stored: stored ?? null, remembered: remembered ?? null };
  const remedy = {
    outside: `put the key that fettle made back, or move this one away; \`fettle state forget ${formatRef(resource.ref)}\`, and it is adopted anew`,
  };
  if (facts?.problem_code === 'encrypted')
    return reject(`the key${where} is encrypted, so fettle did not make it`, used, { remedy });
  if (facts?.problem_code === 'not-a-file')
    return reject(`${facts.problem ?? ''}, and is not replaced`, used, {
      remedy: { outside: `move what lies there${where} away` },
    });
  if (facts?.copies !== undefined && !removes) {
    const { copies } = facts;
    return reject(
      `${copies.join(' and ')} ${copies.length === 1 ? 'lies' : 'lie'} where fettle keeps its copies, and fettle made none here yet`,
      { ...used, copies },
      { remedy: { outside: `move ${copies.join(' and ')} away` } },
    );
  }
  if (stored === undefined) return pass('there is no key that could be used', used);
  if (remembered === undefined) return pass('no other key is remembered', used);
  if (stored === remembered) return pass('the key that fettle made or adopted', used);
  return reject(`the key${where} is none that fettle made or adopted`, used, { remedy });
}

/** The rule on every step that signs. */
export function issuerNameConstraints(change: Change, { desired }: CertificateResource, scene: Scene): Verdict {
  if (change.step === 'normal>normal' && !needsIssue(change.fields)) return pass('nothing is issued', {});
  if (desired === undefined) return pass('nothing is issued', {});
  const { spec } = desired;
  const authority = Issuer.get(scene, issuerRef(spec))?.sight.observed?.facts;
  const constraints = authority?.name_constraints;
  if (constraints === undefined) return pass('its authority may sign for any name', { issuer: spec.issuer });
  const names = namesNotAllowed(spec.dnsNames, constraints);
  const facts = {
    issuer: spec.issuer,
    permitted: constraints.permitted ?? null,
    excluded: constraints.excluded,
    names,
  };
  if (names.length === 0) return pass('its authority may sign for these names', facts);
  return reject(
    `the authority of ${spec.issuer} is not permitted to sign for ${names.join(', ')}: no client would accept it`,
    facts,
    { remedy: { outside: 'name an Issuer that may, or leave these names out' } },
  );
}
