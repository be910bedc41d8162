/** Mappings, and objects with optional members: the compiler distinguishes an absent member from an undefined one. */

/** `undefined` for a member of `T` that can be absent. */
type Absence<T, K extends keyof T> = string extends K
  ? undefined
  : { [P in K]?: never } extends Pick<T, K>
    ? undefined
    : never;

/** The members of `T`. Those that can be absent can also be undefined. */
type Members<T> = { [K in keyof T]: T[K] | Absence<T, K> };

/**
 * Drops undefined members: `defined<Named>({ name, labels })` has no member `labels` if `labels` is undefined. The type
 * is inferred from the use of the result, or given. A member that the type does not have is a type error.
 */
export function defined<T>(members: NoInfer<Members<T>>): T {
  for (const name in members) if (members[name] === undefined) return without(members) as T;
  return members as T;
}

function without(members: object): object {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(members)) {
    if (value === undefined) continue;
    // An assignment would change the prototype.
    if (name === '__proto__')
      Object.defineProperty(kept, name, { value, enumerable: true, configurable: true, writable: true });
    else kept[name] = value;
  }
  return kept;
}

/** A mapping of JSON or YAML: an object that is not an array. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
