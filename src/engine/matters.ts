/** The resources that decide about a step: they are refreshed together right before it. Pure. */

import { formatRef, parseRef, type Ref, type Resource, type Scene } from '#plugin';
import { needsOf } from './safety-inputs.ts';

/** A resource, its declared and recorded dependencies, and those that its kind names, by address. */
export function matters(resource: Resource, scene: Scene): ReadonlyMap<string, Ref> {
  const needs = needsOf(resource).flatMap((address) => parseRef(address) ?? []);
  const more = resource.kind.matters?.(resource, scene) ?? [];
  return new Map([resource.ref, ...needs, ...more].map((ref) => [formatRef(ref), ref]));
}
