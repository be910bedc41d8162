/** Discover: objects of the declared Fabrics that no manifest declares, as manifests without defaults and noise. */

import {
  defined,
  type Desired,
  type Discovered,
  type Discovery,
  errorText,
  formatRef,
  type Found,
  type Gap,
  isTree,
  type Json,
  type PassedOver,
  type Ref,
  valueAt,
} from '#plugin';
import type { FabricSpec } from './generated.ts';
import { PLUGIN } from './kinds.ts';
import { managerOf } from './manager.ts';
import { objectRef } from './objects/claim.ts';
import { type LiveObject, secretPointers, textOr } from './objects/content.ts';
import { declaredPart } from './objects/declared-part.ts';
import { CONTROLLER_KINDS, FABRIC_NAMESPACE, groupOf, versionsOf } from './objects/groups.ts';
import { readManifest } from './objects/manifest.ts';
import type { ClusterReader, FabricReader, ServedKind } from './world.ts';

type Fabric = Desired<FabricSpec>;

/** Managers of the fabric's own controllers: the objects that only they write are not declared by anyone. */
export const CONTROLLERS = ['hh-manager', 'agent', 'kube-apiserver', 'kube-controller-manager'] as const;

/** Everything that a discovery collects. */
interface Collected {
  readonly found: Found[];
  readonly passed: PassedOver[];
  readonly gaps: Gap[];
  /** Addresses that are declared or recorded, or already found in another version of their group. */
  readonly known: Set<string>;
}

function nameOf(object: LiveObject): {
  readonly name: string;
  readonly namespace?: string;
  readonly metadata: { readonly [key: string]: Json };
} {
  const metadata = isTree(object['metadata']) ? object['metadata'] : {};
  const { name, namespace } = metadata;
  return { name: textOr(name, ''), metadata, ...(typeof namespace === 'string' ? { namespace } : {}) };
}

/** The manifest of an object, with its mistakes left out as when it is read again. */
export function manifestOf(
  object: LiveObject,
  part: { readonly [key: string]: Json },
  namespaced: boolean,
): { readonly [key: string]: Json } {
  const { apiVersion, kind } = object;
  const { name, namespace } = nameOf(object);
  const { metadata, status: _status, apiVersion: _version, kind: _kind, ...members } = part;
  const value = {
    apiVersion: apiVersion ?? '',
    kind: kind ?? '',
    metadata: { ...(isTree(metadata) ? metadata : {}), name },
    ...members,
  };
  const source = { file: '', line: 1, column: 1 };
  const { manifest } = readManifest({ apiVersion: textOr(apiVersion, ''), kind: textOr(kind, ''), value, source });
  const { apiVersion: version, kind: own, metadata: kept, ...rest } = manifest;
  return {
    apiVersion: version,
    kind: own,
    metadata: { name, ...(namespaced ? { namespace: namespace ?? FABRIC_NAMESPACE } : {}), ...kept },
    ...rest,
  };
}

/** The reason why no manifest is written for an object, as a predicate; undefined if one is written. */
function passedOver(metadata: { readonly [key: string]: Json }, part: object | undefined): string | undefined {
  if (metadata['deletionTimestamp'] !== undefined) return 'is being deleted';
  if (Array.isArray(metadata['ownerReferences'])) return 'belongs to another object, which creates it';
  return part === undefined ? 'is written by controllers alone' : undefined;
}

interface Taking {
  readonly fabric: Fabric;
  readonly served: ServedKind;
  readonly object: LiveObject;
  readonly others: ReadonlySet<string>;
}

/** True for an object with values that a manifest must not have. */
export function hasSecrets({ spec }: Pick<Fabric, 'spec'>, kind: string, object: LiveObject): boolean {
  return secretPointers(kind, spec.secrets).some((pointer) => valueAt(object, pointer) !== undefined);
}

function take({ fabric, served, object, others }: Taking, collected: Collected): void {
  const { name, namespace, metadata } = nameOf(object);
  const { apiVersion, kind, namespaced } = served;
  const ref: Ref = objectRef(fabric.ref.name, {
    apiVersion,
    kind,
    namespace: namespaced ? namespace : undefined,
    name,
  });
  const address = formatRef(ref);
  if (collected.known.has(address)) return;
  collected.known.add(address);
  const part = declaredPart(object, others);
  const why = hasSecrets(fabric, kind, object) ? 'has secret values' : passedOver(metadata, part);
  if (why !== undefined || part === undefined) {
    collected.passed.push({ what: address, why: why ?? 'is written by controllers alone' });
    return;
  }
  const document = manifestOf(object, part, namespaced);
  collected.found.push({ ref, spec: document, document, notes: [] });
}

async function discoverKind(
  cluster: ClusterReader,
  kind: Omit<Taking, 'object'>,
  collected: Collected,
  signal: AbortSignal,
): Promise<void> {
  const listed = await cluster.list(kind.served, {}, signal);
  if ('words' in listed) {
    const { kind: name, apiVersion } = kind.served;
    collected.gaps.push({
      plugin: PLUGIN,
      endpoint: cluster.server,
      message: `${name} of ${apiVersion} cannot be listed: ${listed.words}`,
    });
    return;
  }
  for (const object of listed) take({ ...kind, object }, collected);
}

async function discoverFabric(
  world: FabricReader,
  fabric: Fabric,
  collected: Collected,
  { signal }: Discovery,
): Promise<void> {
  try {
    const cluster = await world.cluster(fabric.spec, signal);
    const others = new Set([...CONTROLLERS, ...fabric.spec.controllers, managerOf(world.project)]);
    for (const apiVersion of versionsOf(fabric.spec))
      for (const served of (await cluster.served(apiVersion, signal)) ?? [])
        if (!(CONTROLLER_KINDS.has(served.kind) && groupOf(apiVersion) !== ''))
          await discoverKind(cluster, { fabric, served, others }, collected, signal);
  } catch (error) {
    signal.throwIfAborted();
    collected.gaps.push(defined({ plugin: PLUGIN, endpoint: fabric.ref.name, message: errorText(error) }));
  }
}

/** `places` are names of Fabrics; all by default. */
export async function discover(world: FabricReader, discovery: Discovery): Promise<Discovered> {
  const { desired, memory, places } = discovery;
  const all = desired.filter(({ ref }) => ref.kind === 'Fabric') as readonly Fabric[];
  const fabrics = all.filter(({ ref }) => places.length === 0 || places.includes(ref.name));
  const collected: Collected = {
    found: [],
    passed: [],
    gaps: [],
    known: new Set([...desired, ...memory].map(({ ref }) => formatRef(ref))),
  };
  for (const [i, fabric] of fabrics.entries()) {
    discovery.progress(i, fabrics.length);
    await discoverFabric(world, fabric, collected, discovery);
  }
  if (fabrics.length === 0)
    collected.gaps.push({ plugin: PLUGIN, message: 'no document declares a Fabric whose cluster could be searched' });
  const { found, passed, gaps } = collected;
  return { found: found.toSorted((a, b) => (formatRef(a.ref) < formatRef(b.ref) ? -1 : 1)), passed, gaps };
}
