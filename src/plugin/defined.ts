/** Objects with optional members: the compiler tells a member that is absent from one that is undefined. */

/** The names of the members that can be undefined. */
type Doubtful<T> = {
  [K in keyof T]-?: unknown extends T[K] ? never : undefined extends T[K] ? K : never;
}[keyof T];

/** The same members; those that can be undefined are optional, and never undefined. */
export type Defined<T> = { readonly [K in keyof T as Exclude<K, Doubtful<T>>]: T[K] } & {
  readonly [K in Doubtful<T>]?: Exclude<T[K], undefined>;
};

/** Drops the members that are undefined: `defined({ name, labels })` has no `labels` where there are none. */
export function defined<const T extends object>(members: T): Defined<T> {
  for (const name in members) if (members[name] === undefined) return without(members) as Defined<T>;
  return members;
}

function without(members: object): object {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
