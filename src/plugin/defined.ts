/** Objects with optional members: the compiler distinguishes an absent member from an undefined one. */

/** The names of the members that can be undefined. */
type Doubtful<T> = {
  [K in keyof T]-?: unknown extends T[K] ? never : undefined extends T[K] ? K : never;
}[keyof T];

/** `T` with every member that can be undefined made optional and never undefined. */
export type Defined<T> = { readonly [K in keyof T as Exclude<K, Doubtful<T>>]: T[K] } & {
  readonly [K in Doubtful<T>]?: Exclude<T[K], undefined>;
};

/** Drops undefined members: `defined({ name, labels })` has no member `labels` if `labels` is undefined. */
export function defined<const T extends object>(members: T): Defined<T> {
  for (const name in members) if (members[name] === undefined) return without(members) as Defined<T>;
  return members;
}

function without(members: object): object {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
