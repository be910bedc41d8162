/** Names of a pool's members: the pool's name and a number. A number is given once, and never again. */

export interface Names {
  readonly members: readonly string[];
  /** The number of the next name. */
  readonly next: number;
}

/** Number of a name of this pool; undefined for any other name. */
export function numberOf(pool: string, name: string): number | undefined {
  if (!name.startsWith(`${pool}-`)) return undefined;
  const digits = name.slice(pool.length + 1);
  return /^[1-9]\d{0,8}$/u.test(digits) ? Number(digits) : undefined;
}

/** In the order of their numbers, `web-2` before `web-10`. */
export function byNumber(pool: string, names: readonly string[]): readonly string[] {
  return names.toSorted((a, b) => (numberOf(pool, a) ?? 0) - (numberOf(pool, b) ?? 0) || (a < b ? -1 : 1));
}

/**
 * With so many more members. `isTaken` says which names anything else goes by, written, seen or remembered: a server
 * that is not of the pool must not become one of it by its name.
 */
export function withMore(pool: string, names: Names, count: number, isTaken: (name: string) => boolean): Names {
  const members = [...names.members];
  let next = members.reduce((after, name) => Math.max(after, (numberOf(pool, name) ?? 0) + 1), names.next);
  for (let added = 0; added < count; next += 1) {
    const name = `${pool}-${next}`;
    if (isTaken(name)) continue;
    members.push(name);
    added += 1;
  }
  return { members, next };
}

/** Without these. */
export function without(names: Names, gone: readonly string[]): Names {
  return { ...names, members: names.members.filter((name) => !gone.includes(name)) };
}
