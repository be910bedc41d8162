/** Objects: mappings, and those with optional members, of which the compiler tells absent ones from undefined ones. */

/** `undefined` for a member of `T` that can be absent. */
type Absence<T, K extends keyof T> = string extends K
  ? undefined
  : { [P in K]?: never } extends Pick<T, K>
    ? undefined
    : never;

/** The members of `T`; those that can be absent can be undefined as well. */
type Members<T> = { [K in keyof T]: T[K] | Absence<T, K> };

/**
 * Drops the members that are undefined: `defined<Named>({ name, labels })` has no `labels` if they are undefined. The
 * target follows from where the result goes, or is named; a member that the target does not have is a type error.
 */
export function defined<T>(members: NoInfer<Members<T>>): T {
  for (const name in members) if (members[name] === undefined) return without(members) as T;
  return members as T;
}

function without(members: object): object {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

/** A mapping of JSON or YAML: an object that is not an array. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
