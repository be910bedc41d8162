/** Kind handles: typed access to the resources of one kind in a scene. */

import { formatRef } from './ref.ts';
import type { Ref, Resource, Scene } from './types.ts';

/** One kind of a plugin. Resources of other kinds are not found, so callers do not need a cast. */
export interface KindHandle<R> {
  /** A resource by reference or address; undefined if it does not exist, or is of another kind. */
  get(scene: Pick<Scene, 'get'>, at: Ref | string): R | undefined;
  /** Every resource of the kind, sorted by address. */
  all(scene: Pick<Scene, 'ofKind'>): readonly R[];
  /** The resources of the kind among resources of any kind. */
  among(resources: readonly Resource[]): readonly R[];
}

/**
 * `R` is the kind's own resource: `kindHandle<Resource<IssuerSpec, IssuerFacts, IssuerMemory>>('certificates',
 * 'Issuer')`.
 */
export function kindHandle<R extends Pick<Resource, 'ref'>>(plugin: string, kind: string): KindHandle<R> {
  const isOf = ({ ref }: Pick<Resource, 'ref'>) => ref.plugin === plugin && ref.kind === kind;
  // The engine keeps a resource's parts in the types of its kind. This is the only cast.
  const typed = (resources: readonly Resource[]) => resources as readonly unknown[] as readonly R[];
  return {
    get(scene, at) {
      const found = scene.get(typeof at === 'string' ? at : formatRef(at));
      return found !== undefined && isOf(found) ? typed([found])[0] : undefined;
    },
    all: (scene) => typed(scene.ofKind(plugin, kind)),
    among: (resources) => typed(resources.filter(isOf)),
  };
}
