/** Resources: how their parts become one, and whose they are. */

import { formatRef } from './ref.ts';
import type { Json, Memory, Resource } from './types.ts';

/** Ours: created or adopted by this project's log, and not put in doubt by a damage. The one place that decides it. */
export function isOwned(memory: Pick<Memory, 'owned' | 'unknown'> | undefined): boolean {
  return memory?.owned !== undefined && memory.unknown !== true;
}

/**
 * Ours, even where a damage of the log put it in doubt: nothing may be done to such a resource, but it still counts, takes
 * its names and places, and is not forgotten because it cannot be found.
 */
export function mayBeOwned(memory: Pick<Memory, 'owned'> | undefined): boolean {
  return memory?.owned !== undefined;
}

/** The parts of a resource; its address and whose it is follow from them. */
export type Parts = Omit<Resource, 'address' | 'owned' | 'policy' | 'settings' | 'desired' | 'memory'> & {
  readonly desired: Resource['desired'] | undefined;
  readonly memory: Memory | undefined;
  readonly settings?: Json;
};

/**
 * A resource of its parts. The policy is worked out here, unless it is given: `null` where nobody asks for it.
 * Every resource has the same members in the same order: a plan holds 100,000 of them.
 */
export function resourceOf(
  { ref, kind, tables, desired, sight, memory, settings = {} }: Parts,
  address = formatRef(ref),
  policy: unknown = kind.policy?.(desired, memory, settings) ?? null,
): Resource {
  const owned = isOwned(memory);
  if (desired === undefined)
    return memory === undefined
      ? { ref, address, kind, tables, sight, owned, settings, policy }
      : { ref, address, kind, tables, sight, memory, owned, settings, policy };
  return memory === undefined
    ? { ref, address, kind, tables, desired, sight, owned, settings, policy }
    : { ref, address, kind, tables, desired, sight, memory, owned, settings, policy };
}

/** The same resource with another memory, or without one. */
export function withMemory<R extends Resource>(resource: R, memory: Memory | undefined): R {
  if (memory === resource.memory) return resource;
  return resourceOf({ ...resource, desired: resource.desired, memory }, resource.address) as R;
}
