/** Findings as text: new ones in full, known ones as a count, suppressed ones with their owner. */

import { counted } from '#plugin';
import type { Check, SuppressedCheck } from '../formats/parts.ts';
import { cleanText } from './plan-rows.ts';
import { namedText } from './labels-text.ts';
import { columnWidth, type Paint, type Style, wrapped } from './text.ts';

type Severity = Check['severity'];

const RANK: Readonly<Record<Severity, number>> = { error: 0, warning: 1, info: 2 };
const STYLE: Readonly<Record<Severity, Style>> = { error: 'red', warning: 'yellow', info: 'dim' };
/** The width of the longest severity. */
const WORD = 'warning'.length;
/** The limit for the width of the address column. */
const ADDRESS = 56;

export interface FindingOptions {
  readonly paint: Paint;
  /** Width of a line in characters; undefined: lines are not wrapped. */
  readonly width: number | undefined;
}

/** Returns a line for each finding, errors first. The severity is a word, so that no meaning depends on colour. */
export function findingLines(checks: readonly Check[], { paint, width }: FindingOptions): readonly string[] {
  const sorted = checks.toSorted((a, b) => RANK[a.severity] - RANK[b.severity]);
  const column = columnWidth(sorted.map(namedText), ADDRESS);
  return sorted.flatMap((check) => {
    const { code, severity, message } = check;
    const place = `${namedText(check).padEnd(column)}  `;
    const said = `${code}: ${cleanText(message)}`;
    const mark = `  ${paint(STYLE[severity], severity.padEnd(WORD))}  `;
    const long = WORD + 4 + place.length + said.length;
    const painted = (text: string): string => text.replace(code, paint(STYLE[severity], code));
    if (width === undefined || long <= width) return [`${mark}${place}${painted(said)}`];
    return [
      `${mark}${place.trimEnd()}`,
      ...wrapped(said, width - 6).map((line, i) => `      ${i === 0 ? painted(line) : line}`),
    ];
  });
}

function countsText(checks: readonly Check[]): string {
  const codes = (severity: Severity): readonly string[] =>
    [...new Set(checks.filter((check) => check.severity === severity).map(({ code }) => code))].sort();
  return (['error', 'warning', 'info'] as const)
    .flatMap((severity) => {
      const count = checks.filter((check) => check.severity === severity).length;
      return count === 0
        ? []
        : [`${counted(count, severity === 'info' ? 'note' : severity)} (${codes(severity).join(', ')})`];
    })
    .join(', ');
}

/** Returns one line for all findings that an earlier apply recorded. */
export function standingLines(checks: readonly Check[], options: FindingOptions): readonly string[] {
  if (checks.length === 0) return [];
  const text = `Findings known since an earlier apply: ${countsText(checks)}. --detail lists them.`;
  return wrapped(text, options.width);
}

/** Returns the findings that `drift.suppress` covers, each with its owner and the end of its suppression. */
export function suppressedFindingLines(
  checks: readonly SuppressedCheck[] | undefined,
  paint: Paint,
): readonly string[] {
  return (checks ?? []).flatMap(({ address, code, message, suppressed: { until, owner, reason } }) => [
    `  ${paint('dim', 'suppressed'.padEnd(WORD))}  ${cleanText(address)}  ${paint('dim', code)}: ${cleanText(message)}`,
    `      until ${until} by ${cleanText(owner)}: ${cleanText(reason)}`,
  ]);
}
