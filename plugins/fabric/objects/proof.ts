/**
 * Proofs: a dry run that changed nothing need not be repeated while nothing that decides about it changes: the object, the
 * document, the definitions of kinds and the webhooks. What is lost by that are changes inside a webhook alone.
 */

import { digestOf, isTree, type Json, type Memory, type Resource } from '#plugin';
import type { ObjectMemory } from '../generated.ts';
import type { ClusterReader } from '../world.ts';
import { contentDigest, type LiveObject } from './content.ts';
import type { Manifest } from './manifest.ts';
import { previewOf } from './facts.ts';

/** The kinds whose objects decide about the admission of others. */
const DECIDING = [
  ['apiextensions.k8s.io/v1', 'CustomResourceDefinition'],
  ['admissionregistration.k8s.io/v1', 'MutatingWebhookConfiguration'],
  ['admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration'],
] as const;

function versionOf(object: LiveObject): readonly Json[] {
  const metadata = isTree(object['metadata']) ? object['metadata'] : {};
  return [
    object['kind'] ?? '',
    metadata['name'] ?? '',
    metadata['uid'] ?? '',
    metadata['generation'] ?? metadata['resourceVersion'] ?? '',
  ];
}

/** Digest of the definitions and webhooks of a cluster; undefined if the login may not list them. */
export async function admissionOf(cluster: ClusterReader, signal: AbortSignal): Promise<string | undefined> {
  const versions = await Promise.all(
    DECIDING.map(async ([apiVersion, kind]) => {
      const served = (await cluster.served(apiVersion, signal))?.find((each) => each.kind === kind);
      if (served === undefined) return undefined;
      const listed = await cluster.list(served, {}, signal);
      return 'words' in listed ? undefined : listed.map(versionOf);
    }),
  );
  return versions.includes(undefined) ? undefined : digestOf(versions.flat());
}

/** The inputs of a dry run. */
export interface Proven {
  readonly manifest: Manifest;
  readonly live: LiveObject | undefined;
  readonly memory: Memory<ObjectMemory> | undefined;
  readonly admission: string | undefined;
}

/** True if an earlier refresh proved that exactly this document changes nothing in exactly this object. */
export function isProven({ manifest, live, memory, admission }: Proven): boolean {
  const { document, content, admission: known } = memory?.kept ?? {};
  return (
    live !== undefined &&
    memory?.owned !== undefined &&
    memory.differs === undefined &&
    known !== undefined &&
    known === admission &&
    document === digestOf(manifest) &&
    content === contentDigest(live)
  );
}

/** The fields to record of a refresh that proved a document: the next one needs no dry run. */
export function proofOf(
  resource: Resource<Manifest, { readonly content: string }, ObjectMemory>,
): Partial<ObjectMemory> {
  const { desired, sight } = resource;
  const { outcome, kept } = previewOf(resource) ?? {};
  // A kept field is reported for as long as the object has it.
  if (desired === undefined || sight.is !== 'seen' || outcome !== 'unchanged' || kept !== undefined) return {};
  const admission = sight.observed.signals?.['admission'];
  if (typeof admission !== 'string') return {};
  return { content: sight.observed.facts.content, document: digestOf(desired.spec), admission };
}
