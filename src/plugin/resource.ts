/** Resources: their construction from parts, and their ownership. */

import { defined } from './defined.ts';
import { formatRef } from './ref.ts';
import type { Facts, Json, Memory, Resource } from './types.ts';

/**
 * True if the project owns the resource: its log created or adopted it, and no damage of the log puts that in doubt.
 */
export function isOwned(memory: Pick<Memory, 'owned' | 'unknown'> | undefined): boolean {
  return memory?.owned !== undefined && memory.unknown !== true;
}

/**
 * True if the project owns the resource, or owned it before damage to the log. No action may run on a resource in
 * doubt, but it counts in limits, keeps its names and places, and is not forgotten if it is not found.
 */
export function mayBeOwned(memory: Pick<Memory, 'owned'> | undefined): boolean {
  return memory?.owned !== undefined;
}

/** The parts of a resource. Its address and ownership follow from them. */
export type Parts = Omit<Resource, 'address' | 'owned' | 'policy' | 'settings' | 'desired' | 'memory' | 'preview'> & {
  readonly desired: Resource['desired'] | undefined;
  readonly memory: Memory | undefined;
  readonly settings?: Json;
  readonly preview?: Facts | undefined;
};

/**
 * Builds a resource from its parts. Computes the policy unless it is given; `null` if it is not needed. Every resource
 * has the same members in the same order, for speed: a plan can have 100,000 resources.
 */
export function resourceOf(
  { ref, kind, tables, desired, sight, memory, settings = {}, preview }: Parts,
  address = formatRef(ref),
  policy: unknown = kind.policy?.(desired, memory, settings) ?? null,
): Resource {
  const owned = isOwned(memory);
  if (preview !== undefined)
    return defined({ ref, address, kind, tables, desired, sight, memory, owned, settings, policy, preview });
  if (desired === undefined)
    return memory === undefined
      ? { ref, address, kind, tables, sight, owned, settings, policy }
      : { ref, address, kind, tables, sight, memory, owned, settings, policy };
  return memory === undefined
    ? { ref, address, kind, tables, desired, sight, owned, settings, policy }
    : { ref, address, kind, tables, desired, sight, memory, owned, settings, policy };
}

/** A copy of the resource with another state, or without one. */
export function withMemory<R extends Resource>(resource: R, memory: Memory | undefined): R {
  if (memory === resource.memory) return resource;
  const { desired, preview } = resource;
  return resourceOf({ ...resource, desired, memory, preview }, resource.address) as R;
}
