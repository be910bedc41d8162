/** Names of a pool's members: a prefix and a number. Numbers are never used twice. */

export interface Numbers {
  /** Numbers in the order of their creation. */
  readonly members: readonly number[];
  /** The next number. */
  readonly next: number;
}

export function nameOf(prefix: string, number: number): string {
  return `${prefix}-${number}`;
}

/** Returns the number of a name with this prefix; undefined for another name. */
export function numberOf(prefix: string, name: string): number | undefined {
  if (!name.startsWith(`${prefix}-`)) return undefined;
  const digits = name.slice(prefix.length + 1);
  return /^[1-9]\d{0,8}$/u.test(digits) ? Number(digits) : undefined;
}

/**
 * Adds `count` members. `isTaken` is true for a name that another declared, observed or recorded server has: such a
 * server must not become a member because of its name.
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
