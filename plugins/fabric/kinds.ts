/** Kinds of this plugin, with the types of their resources. */

import { kindHandle, type Ref, type Scene } from '#plugin';
import { tables } from './generated.ts';
import { CLUSTER, CORE, isFabricKind, KIND_GROUPS } from './objects/groups.ts';
import type { FabricResource } from './fabric/facts.ts';
import type { ObjectResource } from './objects/facts.ts';
import type { RepositoryResource } from './repository/facts.ts';

export const PLUGIN = 'fabric';

export const Fabric = kindHandle<FabricResource>(PLUGIN, 'Fabric');
export const GitRepository = kindHandle<RepositoryResource>(PLUGIN, 'GitRepository');

/** Every kind of an object: `Object`, and the kinds of a fabric. */
export const OBJECT_KINDS: readonly string[] = Object.keys(tables.kinds).filter(
  (kind) => kind !== 'Fabric' && kind !== 'GitRepository',
);

export function objectsOf(kind: string, scene: Pick<Scene, 'ofKind'>): readonly ObjectResource[] {
  return kindHandle<ObjectResource>(PLUGIN, kind).all(scene);
}

export function objectAt(ref: Ref, scene: Pick<Scene, 'get'>): ObjectResource | undefined {
  return kindHandle<ObjectResource>(PLUGIN, ref.kind).get(scene, ref);
}

/** The parts of an object's address. */
export interface ObjectAddress {
  readonly fabric: string;
  readonly kind: string;
  /** Absent for a cluster-scoped object. */
  readonly namespace?: string;
  readonly name: string;
}

export function addressParts({ kind, scope = [], name }: Ref): ObjectAddress {
  const [fabric = '', ...more] = scope;
  const [namespace, own] = kind === 'Object' ? [more[2], more[1] ?? ''] : [more[0], kind];
  return { fabric, kind: own, name, ...(namespace === undefined || namespace === CLUSTER ? {} : { namespace }) };
}

/** The API group of an object, which its address names; empty for the core group. */
export function groupAt({ kind, scope = [] }: Ref): string {
  if (isFabricKind(kind)) return KIND_GROUPS[kind];
  const [, group = ''] = scope;
  return group === CORE ? '' : group;
}
