/** Remedies as text: the one place that words the ways to unblock a refused step. */

import type { Remedy } from '#plugin';
import { valueText } from './fields.ts';

/** Returns `spec.size: 3`: a field of the document, and a value that unblocks the step. */
export function setText({ path, value }: NonNullable<Remedy['set']>): string {
  return `${path.slice(1).replaceAll('/', '.')}: ${valueText(value)}`;
}

/** Returns the argument that overrides a rule on the command line. */
export function overrideText(rule: string, address: string): string {
  return `--override ${rule}@${address} --reason "…"`;
}

/**
 * `remedy: set spec.size: 3, or move the containers`; undefined if waiting is the only remedy.
 * `set` and `outside` format the two ways for the report.
 */
export function remedyText(
  remedy: Remedy | undefined,
  print: { readonly set: (text: string) => string; readonly outside: (text: string) => string },
): string | undefined {
  const ways = [
    ...(remedy?.set === undefined ? [] : [`set ${print.set(setText(remedy.set))}`]),
    ...(remedy?.outside === undefined ? [] : [print.outside(remedy.outside)]),
  ];
  return ways.length === 0 ? undefined : `remedy: ${ways.join(', or ')}`;
}
