/** Expectations of the suite. They only use `node:assert`, so that the suite runs under any test runner. */

import { deepStrictEqual, match, ok } from 'node:assert/strict';

/** Converts a value to JSON data, without undefined members. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as unknown);
}

export interface Expectation {
  readonly toEqual: (expected: unknown) => void;
  readonly toMatch: (pattern: RegExp) => void;
  readonly toContainEqual: (expected: unknown) => void;
  readonly toBeAtMost: (limit: number) => void;
}

/** Checks such as `expect(actual).toEqual(expected)`; each throws AssertionError. */
export function expect(actual: unknown): Expectation {
  return {
    toEqual: (expected) => deepStrictEqual(plain(actual), plain(expected)),
    toMatch: (pattern) => match(String(actual), pattern),
    toContainEqual: (expected) => {
      const wanted = JSON.stringify(expected);
      ok(
        (actual as readonly unknown[]).some((each) => JSON.stringify(each) === wanted),
        `${wanted} is missing`,
      );
    },
    toBeAtMost: (limit) => ok(Number(actual) <= limit, `${String(actual)} is more than ${limit}`),
  };
}
