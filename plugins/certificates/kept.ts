/**
 * Adoption changes nothing that works. An adopted certificate keeps its content (issuer, names, usages, key algorithm)
 * until it is due, or until an edit after the adoption changes that very field. Pure.
 *
 * | the stored certificate | the declared field | its difference is applied |
 * |---|---|---|
 * | is not adopted yet | any | with the renewal |
 * | is the adopted one | as in the applied document | with the renewal |
 * | is the adopted one | edited since | now |
 * | was issued by fettle | any | now |
 * | was stored by another program after the adoption | any | now |
 * | the same, and the document switches renewals off | issuer or key algorithm, unedited | with a renewal |
 */

import { digestOf, type FieldChange, mayBeOwned, sameJson, seenFacts } from '#plugin';
import type { CertificateResource } from './diff.ts';
import { ipAddressesOf, usagesOf } from './declared.ts';
import { isContent } from './differences.ts';
import { policyOf } from './renewal.ts';
import type { CertificateMemory, CertificateSpec } from './generated.ts';

/** Records the certificate at its adoption: only that one is kept. */
export function noteAdopted({ memory, sight }: CertificateResource): Partial<CertificateMemory> {
  const fingerprint = sight.is === 'seen' ? sight.observed.facts.fingerprint : undefined;
  if (fingerprint === undefined || (memory !== undefined && mayBeOwned(memory))) return {};
  return memory?.kept.adopted === fingerprint ? {} : { adopted: fingerprint };
}

/** The declared value behind a difference. */
function declaredAt(path: string, spec: Partial<CertificateSpec>): unknown {
  switch (path) {
    case '/issuer':
      return spec.issuer;
    case '/dnsNames':
      return spec.dnsNames;
    case '/ipAddresses':
      return ipAddressesOf(spec);
    case '/usages':
      return usagesOf(spec);
    case '/keyAlgorithm':
      return spec.keyAlgorithm;
    default:
      return spec.storage;
  }
}

/** True if the document declares the same value as at the adoption. */
function isUnedited(path: string, { desired, memory }: CertificateResource): boolean {
  const applied = memory?.applied;
  if (applied === undefined || desired === undefined) return false;
  // A large spec is recorded as its digest alone.
  if (applied.spec === undefined) return applied.digest === digestOf(desired.spec);
  return sameJson(
    declaredAt(path, applied.spec as Partial<CertificateSpec>) ?? null,
    declaredAt(path, desired.spec) ?? null,
  );
}

/** True if the stored certificate is the adopted one. */
function isKept({ memory, sight }: CertificateResource): boolean {
  const stored = sight.is === 'seen' ? sight.observed.facts.fingerprint : undefined;
  const { adopted, made } = memory?.kept ?? {};
  return memory?.owned === 'adopted' && made === undefined && (adopted ?? stored) === stored;
}

function isNotOwned({ memory }: CertificateResource): boolean {
  return memory === undefined || !mayBeOwned(memory);
}

/**
 * The differences without those that change nothing for the declared uses: a certificate without usages allows every
 * use. An adopted one may be in another use, which a renewal would end.
 */
export function withoutWider(resource: CertificateResource, fields: readonly FieldChange[]): readonly FieldChange[] {
  if (isNotOwned(resource) || isKept(resource)) return fields;
  return fields.filter(({ path, before }) => path !== '/usages' || !Array.isArray(before) || before.length > 0);
}

/** True if another program renews the certificate, from an issuer and for a key of its own. */
function isLeftToOther(resource: CertificateResource): boolean {
  const { renewal, recovery } = policyOf(resource);
  const { owned, kept } = resource.memory ?? {};
  return owned === 'adopted' && kept?.made === undefined && !renewal.enabled && !recovery.enabled;
}

const OF_RENEWER: ReadonlySet<string> = new Set(['/issuer', '/keyAlgorithm']);

/** Splits differences into those of the next step, and those that wait for the renewal of an adopted certificate. */
export function whenApplied(
  resource: CertificateResource,
  fields: readonly FieldChange[],
): { readonly now: readonly FieldChange[]; readonly later: readonly FieldChange[] } {
  const isForeign = isNotOwned(resource);
  const isWhole = isForeign || isKept(resource);
  if (!isWhole && !isLeftToOther(resource)) return { now: fields, later: [] };
  const waits = (field: FieldChange): boolean =>
    isContent(field) &&
    (isWhole || OF_RENEWER.has(field.path)) &&
    (isForeign || isUnedited(field.path, resource)) &&
    seenFacts(resource)?.elsewhere !== true;
  return { now: fields.filter((field) => !waits(field)), later: fields.filter(waits) };
}
