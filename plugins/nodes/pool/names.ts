/** Names of a pool's members: a prefix and a number. A number is given once, and never again. */

export interface Numbers {
  /** In the order in which they came. */
  readonly members: readonly number[];
  /** The next number that is given. */
  readonly next: number;
}

export function nameOf(prefix: string, number: number): string {
  return `${prefix}-${number}`;
}

/** Number of a name with this prefix; undefined for any other name. */
export function numberOf(prefix: string, name: string): number | undefined {
  if (!name.startsWith(`${prefix}-`)) return undefined;
  const digits = name.slice(prefix.length + 1);
  return /^[1-9]\d{0,8}$/u.test(digits) ? Number(digits) : undefined;
}

/**
 * With so many more members. `isTaken` says which names anything else goes by, written, seen or remembered: a server
 * that is not of the pool must not become one of it by its name.
 */
export function withMore(prefix: string, numbers: Numbers, count: number, isTaken: (name: string) => boolean): Numbers {
  const members = [...numbers.members];
  let next = members.reduce((after, number) => Math.max(after, number + 1), numbers.next);
  for (let added = 0; added < count; next += 1) {
    if (isTaken(nameOf(prefix, next))) continue;
    members.push(next);
    added += 1;
  }
  return { members, next };
}

export function without({ members, next }: Numbers, gone: readonly number[]): Numbers {
  return { members: members.filter((number) => !gone.includes(number)), next };
}
