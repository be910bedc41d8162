/** Specs of resources, from their documents or, where those are gone, from what is remembered. */

import {
  type Desired,
  type Memory,
  type Resource,
  type Ref,
  sameJson,
  type Step,
  stepParts,
  mayBeOwned,
} from '#plugin';
import type { CertificateMemory, CertificateSpec, IssuerSpec } from './generated.ts';
import { isRefusal } from './refusal.ts';

export const PLUGIN = 'certificates';

/** The spec that was last applied, or that a step which was interrupted was to apply. It was validated then. */
export function rememberedSpec(memory: Memory | undefined): unknown {
  return memory?.open?.applied?.spec ?? memory?.applied?.spec;
}

function specOf(desired: Desired | undefined, memory: Memory | undefined): unknown {
  return desired?.spec ?? rememberedSpec(memory);
}

export function certificateSpec(desired: Desired | undefined, memory: Memory | undefined): CertificateSpec | undefined {
  return specOf(desired, memory) as CertificateSpec | undefined;
}

/** Where the document before this one wanted a pair of ours, if that was another place. */
export function storageBefore(
  spec: CertificateSpec,
  memory: Memory | undefined,
): CertificateSpec['storage'] | undefined {
  if (memory === undefined || !mayBeOwned(memory)) return undefined;
  const before = (memory.applied?.spec as CertificateSpec | undefined)?.storage;
  return before === undefined || sameJson(before, spec.storage) ? undefined : before;
}

/** Whether a step puts a new pair in place, as far as its name tells: an edit may only set files right. */
export function swaps(step: Step): boolean {
  const { from, to } = stepParts(step);
  return from !== to && to !== 'absent';
}

/**
 * Whether fettle has put a pair there before, or began to. Only then are copies beside the files its own: beside a pair
 * that was adopted, a `privkey.pem.backup` may well be the only copy that somebody has of something.
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
 * Whether what a look finds can become ours. What an orphan that was adopted did not have then was put there by somebody
 * else: no document describes it, and no row adopts it.
 */
export function mayGain({ desired, memory }: Pick<Resource, 'desired' | 'memory'>): boolean {
  return desired !== undefined || memory?.owned !== 'adopted';
}

/** Whether another key is stored than the one that is ours. */
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

/** The spec of an Issuer's pair, and the fingerprint that it is known by. */
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
