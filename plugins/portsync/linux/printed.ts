/** Values that `ip -j` printed. */

import { isRecord } from '#plugin';

/** A mapping of the output, whose values may have any type. */
export type Printed = Readonly<Record<string, unknown>>;

export function textIn(from: Printed, key: string): string | undefined {
  const value = from[key];
  return typeof value === 'string' ? value : undefined;
}

export function numberIn(from: Printed, key: string): number | undefined {
  const value = from[key];
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined;
}

export function recordIn(from: Printed | undefined, key: string): Printed | undefined {
  const value = from?.[key];
  return isRecord(value) ? value : undefined;
}

/** The texts of a list; empty if there is none. */
export function textsIn(from: Printed, key: string): readonly string[] {
  const value = from[key];
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

/** The mappings of a list; empty if there is none. */
export function recordsIn(from: Printed, key: string): readonly Printed[] {
  const value = from[key];
  return Array.isArray(value) ? value.filter(isRecord) : [];
}
