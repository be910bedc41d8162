/** Look-ups in the lists of other clients: a folder can have thousands of certificates, and a search for each would be quadratic. */

/** The first element by its key. */
export function firstBy<T, K>(all: Iterable<T>, keyOf: (each: T) => K): ReadonlyMap<K, T> {
  const first = new Map<K, T>();
  for (const each of all) {
    const key = keyOf(each);
    if (!first.has(key)) first.set(key, each);
  }
  return first;
}

/** A key of two parts. No path has the character between them. */
export function pairKey(a: string | undefined, b: string | undefined): string {
  return `${a ?? ''}\0${b ?? ''}`;
}

/** Calls a function once for each argument. */
export function memoized<T>(of: (argument: string) => T): (argument: string) => T {
  const known = new Map<string, { readonly value: T }>();
  return (argument) => {
    const found = known.get(argument) ?? { value: of(argument) };
    known.set(argument, found);
    return found.value;
  };
}

/** Names that are free: the base itself, or with the next number. */
export function freeNames(taken: ReadonlySet<string>): (base: string) => string {
  const next = new Map<string, number>();
  return (base) => {
    if (!taken.has(base)) return base;
    let number = next.get(base) ?? 2;
    while (taken.has(`${base}-${number}`)) number += 1;
    next.set(base, number);
    return `${base}-${number}`;
  };
}
