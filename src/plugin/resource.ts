/** Resources: how their parts become one, and whose they are. */

import { formatRef } from './ref.ts';
import type { Facts, Memory, Resource } from './types.ts';

/** Ours: created or adopted by this project's log, and not put in doubt by a damage. The one place that decides it. */
export function isOwned(memory: Pick<Memory, 'owned' | 'unknown'> | undefined): boolean {
  return memory?.owned !== undefined && memory.unknown !== true;
}

/** The parts of a resource; its address and whose it is follow from them. */
export type Parts = Omit<Resource, 'address' | 'owned' | 'desired' | 'memory'> & {
  readonly desired: Resource['desired'] | undefined;
  readonly memory: Memory | undefined;
};

/** Every resource has the same members in the same order: a plan holds 100,000 of them. */
export function resourceOf({ ref, kind, tables, desired, sight, memory }: Parts, address = formatRef(ref)): Resource {
  const owned = isOwned(memory);
  if (desired === undefined)
    return memory === undefined
      ? { ref, address, kind, tables, sight, owned }
      : { ref, address, kind, tables, sight, memory, owned };
  return memory === undefined
    ? { ref, address, kind, tables, desired, sight, owned }
    : { ref, address, kind, tables, desired, sight, memory, owned };
}

/** The same resource with another memory, or without one. */
export function withMemory<S, F, M = Facts>(
  resource: Resource<S, F, M>,
  memory: Memory<M> | undefined,
): Resource<S, F, M> {
  if (memory === resource.memory) return resource;
  const { memory: _before, ...rest } = resource;
  const owned = isOwned(memory);
  return memory === undefined ? { ...rest, owned } : { ...rest, memory, owned };
}
