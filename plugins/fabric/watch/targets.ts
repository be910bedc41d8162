/** The kinds that a Fabric's objects and switches have, as a cluster serves them: the targets of a watch. */

import type { Desired, Memory, Ref } from '#plugin';
import { addressParts } from '../kinds.ts';
import type { ClusterReader, ServedKind } from '../world.ts';

/** The kind of an object, and its namespace. */
export interface WatchedObject {
  readonly apiVersion: string;
  readonly kind: string;
  /** Absent for a cluster-scoped object. */
  readonly namespace?: string;
}

/** Declared and recorded resources of the plugin. */
export interface Known {
  readonly desired: readonly Desired[];
  readonly memory: readonly Memory[];
}

/** The declared and recorded objects of a Fabric. A recorded one without a version is left out. */
export function objectsOf({ name }: Ref, { desired, memory }: Known): readonly WatchedObject[] {
  const own = ({ ref }: { readonly ref: Ref }): boolean => (ref.scope?.[0] ?? '') === name;
  const placeOf = (ref: Ref): Omit<WatchedObject, 'apiVersion'> => {
    const { kind, namespace } = addressParts(ref);
    return namespace === undefined ? { kind } : { kind, namespace };
  };
  return [
    ...desired.filter(own).map(({ ref, spec }) => ({ ...placeOf(ref), ...(spec as { readonly apiVersion: string }) })),
    ...memory.filter(own).flatMap(({ ref, kept }) => {
      const { api_version: apiVersion } = kept as { readonly api_version?: string };
      return apiVersion === undefined ? [] : [{ ...placeOf(ref), apiVersion }];
    }),
  ].map(({ apiVersion, kind, namespace }) => ({
    apiVersion,
    kind,
    ...(namespace === undefined ? {} : { namespace }),
  }));
}

/** The kinds of objects that the cluster serves. */
export async function servedKinds(
  cluster: ClusterReader,
  objects: readonly Pick<WatchedObject, 'apiVersion' | 'kind'>[],
  signal: AbortSignal,
): Promise<readonly ServedKind[]> {
  const wanted = new Map(objects.map((each) => [`${each.apiVersion} ${each.kind}`, each]));
  const found: ServedKind[] = [];
  for (const { apiVersion, kind } of wanted.values()) {
    const served = (await cluster.served(apiVersion, signal))?.find((each) => each.kind === kind);
    if (served !== undefined) found.push(served);
  }
  return found;
}
