/**
 * Builds a resource as `match` does, from an observation, a gap, a document and a state, any of which can be missing.
 */

import { certificates } from '../../plugins/certificates/plugin.ts';
import { nodes } from '../../plugins/nodes/plugin.ts';
import { kindIn, sightOf } from '../../src/engine/match.ts';
import {
  type Absent,
  type Seen,
  type Facts,
  type Gap,
  type Kind,
  type Observed,
  type Plugin,
  type Resource,
  resourceOf,
  gapOver,
  type KnownResource,
} from '#plugin';
import { toyPlugin } from './toy.ts';

const PLUGINS: ReadonlyMap<string, Plugin> = new Map([certificates, nodes, toyPlugin].map((each) => [each.name, each]));

/** Parts of a resource. `observed` and `gap` take the place of `sight`; the kind is found by `ref`. */
export type Given<S = unknown, F = unknown, M = Facts> = Pick<Resource, 'ref'> &
  Partial<Pick<Resource<S, F, M>, 'tables' | 'desired' | 'sight' | 'memory'>> & {
    readonly kind?: Kind<never>;
    readonly observed?: Observed<F> | undefined;
    readonly gap?: Gap;
  };

/** Parts without a gap: the resource is seen or absent. */
type GivenKnown<S, F, M> = Given<S, F, M> & { readonly gap?: never; readonly sight?: Seen<F> | Absent };

export function resourceWith<S = unknown, F = unknown, M = Facts>(
  given: GivenKnown<S, F, M>,
): KnownResource<Resource<S, F, M>>;
export function resourceWith<S = unknown, F = unknown, M = Facts>(given: Given<S, F, M>): Resource<S, F, M>;
export function resourceWith<S, F, M>(given: Given<S, F, M>): Resource<S, F, M> {
  const { ref, desired, memory, sight } = given;
  const known = kindIn(PLUGINS.get(ref.plugin), ref.kind);
  const kind = given.kind ?? known?.kind;
  const tables = given.tables ?? known?.tables;
  if (kind === undefined || tables === undefined) throw new Error(`no kind ${ref.plugin}/${ref.kind}`);
  const observed = 'observed' in given ? given.observed : sight?.is === 'seen' ? sight.observed : undefined;
  return resourceOf({
    ref,
    kind,
    tables,
    desired,
    sight: sightOf(observed, given.gap ?? (sight === undefined ? undefined : gapOver({ sight }))),
    memory: memory as Resource['memory'],
  }) as Resource<S, F, M>;
}

/** Returns the observation of a resource. Throws without one. */
export function seenOf<F>({ sight, address }: Pick<Resource<unknown, F>, 'sight' | 'address'>): Observed<F> {
  if (sight.is !== 'seen') throw new Error(`${address} is ${sight.is}`);
  return sight.observed;
}

/** The same resource as a refresh that misses it shows it. */
export function absent<S, F, M>(resource: Resource<S, F, M>): KnownResource<Resource<S, F, M>> {
  return { ...resource, sight: { is: 'absent' } };
}
