/** Remedies in words: the one place that says what would let a refused step pass. */

import type { Remedy } from '#plugin';
import { valueText } from './fields.ts';

/** `spec.size: 3`: a field of the document, and the value that would do. */
export function setText({ path, value }: NonNullable<Remedy['set']>): string {
  return `${path.slice(1).replaceAll('/', '.')}: ${valueText(value)}`;
}

/** What is given on the command line to pass a rule by. */
export function overrideText(rule: string, address: string): string {
  return `--override ${rule}@${address} --reason "…"`;
}

/**
 * `remedy: set spec.size: 3, or move the containers`; undefined where there is nothing to do but wait.
 * `set` and `outside` print the two ways in the form of the report.
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
