/** Specs of resources, from their documents or, if those were removed, from the state. */

import {
  type Desired,
  type Memory,
  type Resource,
  type Ref,
  sameJson,
  seenFacts,
  type Step,
  stepParts,
  mayBeOwned,
} from '#plugin';
import type { CertificateFacts } from './facts.ts';
import type { CertificateMemory, CertificateSpec, IssuerSpec } from './generated.ts';
import { isRefusal } from './refusal.ts';

export const PLUGIN = 'certificates';

/** The last applied spec, or that of an interrupted step. It was validated at that time. */
export function rememberedSpec(memory: Memory | undefined): unknown {
  return memory?.open?.applied?.spec ?? memory?.applied?.spec;
}

function specOf(desired: Desired | undefined, memory: Memory | undefined): unknown {
  return desired?.spec ?? rememberedSpec(memory);
}

export function certificateSpec(desired: Desired | undefined, memory: Memory | undefined): CertificateSpec | undefined {
  return specOf(desired, memory) as CertificateSpec | undefined;
}

/** The order in the state, if its certificate is the stored one: the step that ordered it was interrupted. */
export function storedOrder(resource: Resource<CertificateSpec, CertificateFacts, CertificateMemory>) {
  const { order } = resource.memory?.kept ?? {};
  const facts = seenFacts(resource);
  return facts?.usable === true && order !== undefined && facts.key_fingerprint === order.key ? order : undefined;
}

/** The storage of an owned pair in the previous document, if it was another one. */
export function storageBefore(
  spec: CertificateSpec,
  memory: Memory | undefined,
): CertificateSpec['storage'] | undefined {
  if (memory === undefined || !mayBeOwned(memory)) return undefined;
  const before = (memory.applied?.spec as CertificateSpec | undefined)?.storage;
  return before === undefined || sameJson(before, spec.storage) ? undefined : before;
}

/** The storage that has the pair: that of the previous document, as long as the pair is there. */
export function storageInUse(
  resource: Resource<CertificateSpec, CertificateFacts, CertificateMemory>,
): CertificateSpec['storage'] | undefined {
  const { desired, memory } = resource;
  const spec = certificateSpec(desired, memory);
  if (spec === undefined) return undefined;
  return (seenFacts(resource)?.elsewhere === true ? storageBefore(spec, memory) : undefined) ?? spec.storage;
}

/** True if a step stores a new pair, judged by its name: an edit may only correct files. */
export function swaps(step: Step): boolean {
  const { from, to } = stepParts(step);
  return from !== to && to !== 'absent';
}

/**
 * True if fettle has stored a pair there before, or started to. Only then it owns the copies next to the files: next to
 * an adopted pair, a `privkey.pem.backup` can be the only copy of a foreign key.
 */
export function hasSwapped(memory: Memory<CertificateMemory> | undefined): boolean {
  if (memory === undefined) return false;
  const { kept, owned, open, lastError } = memory;
  if (owned === 'created' || kept.began === true || (kept.issued ?? 0) > 0) return true;
  return (
    (open !== undefined && swaps(open.step)) ||
    (lastError !== undefined && swaps(lastError.step) && !isRefusal(lastError.message))
  );
}

/**
 * True if files that a refresh finds can become owned. An orphan that was adopted without them does not gain them:
 * another program stored them, no document declares them, and no row adopts them.
 */
export function mayGain({ desired, memory }: Pick<Resource, 'desired' | 'memory'>): boolean {
  return desired !== undefined || memory?.owned !== 'adopted';
}

/** True if the stored key is not the owned one. */
export function isOtherKey(
  { key_fingerprint: keyFingerprint }: { readonly key_fingerprint?: string },
  { key }: Partial<CertificateMemory>,
): boolean {
  return keyFingerprint !== undefined && key !== undefined && keyFingerprint !== key;
}

export function issuerSpec(desired: Desired | undefined, memory: Memory | undefined): IssuerSpec | undefined {
  return specOf(desired, memory) as IssuerSpec | undefined;
}

export function issuerRef(spec: CertificateSpec): Ref {
  return { plugin: PLUGIN, kind: 'Issuer', name: spec.issuer };
}

/** The spec of an Issuer, and its recorded fingerprint. */
export function issuerOf(resource: Resource | undefined): {
  readonly spec: IssuerSpec | undefined;
  readonly fingerprint: string | undefined;
} {
  const kept = resource?.memory?.kept['fingerprint'];
  return {
    spec: issuerSpec(resource?.desired, resource?.memory),
    fingerprint: typeof kept === 'string' ? kept : undefined,
  };
}
