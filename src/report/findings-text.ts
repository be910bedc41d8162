/** Findings as text: new ones in full, known ones as a count, suppressed ones with their owner. */

import { counted } from '#plugin';
import type { Check, PendingCheck, SuppressedCheck } from '../formats/parts.ts';
import { cleanText } from './plan-rows.ts';
import { namedText } from './labels-text.ts';
import { columnWidth, type Paint, type Style, wrapped } from './text.ts';

type Severity = Check['severity'];

/** Ranks of severities, the gravest first. */
const RANK: Readonly<Record<Severity, number>> = { critical: 0, error: 1, warning: 2, info: 3 };
export const SEVERITY_STYLE: Readonly<Record<Severity, Style>> = {
  critical: 'red',
  error: 'red',
  warning: 'yellow',
  info: 'dim',
};
/** The width of a severity, unless a longer one is present. */
const WORD = 'warning'.length;
/** The limit for the width of the address column. */
const ADDRESS = 56;

/** Compares findings by severity, the gravest first. */
export function byGravity(a: Pick<Check, 'severity'>, b: Pick<Check, 'severity'>): number {
  return RANK[a.severity] - RANK[b.severity];
}

export interface FindingOptions {
  readonly paint: Paint;
  /** Width of a line in characters; undefined: lines are not wrapped. */
  readonly width: number | undefined;
}

/** Returns a line for each finding, the gravest first. The severity is a word, so that no meaning depends on colour. */
export function findingLines(checks: readonly Check[], { paint, width }: FindingOptions): readonly string[] {
  const sorted = checks.toSorted(byGravity);
  const word = Math.max(WORD, ...sorted.map(({ severity }) => severity.length));
  const column = columnWidth(sorted.map(namedText), ADDRESS);
  return sorted.flatMap((check) => {
    const { code, severity, message } = check;
    const place = `${namedText(check).padEnd(column)}  `;
    const said = `${code}: ${cleanText(message)}`;
    const mark = `  ${paint(SEVERITY_STYLE[severity], severity.padEnd(word))}  `;
    const long = word + 4 + place.length + said.length;
    const painted = (text: string): string => text.replace(code, paint(SEVERITY_STYLE[severity], code));
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
  return (['critical', 'error', 'warning', 'info'] as const)
    .flatMap((severity) => {
      const count = checks.filter((check) => check.severity === severity).length;
      return count === 0
        ? []
        : [
            `${severity === 'critical' ? `${count} critical` : counted(count, severity === 'info' ? 'note' : severity)} (${codes(severity).join(', ')})`,
          ];
    })
    .join(', ');
}

/** Returns one line for all findings that an earlier apply recorded. */
export function standingLines(checks: readonly Check[], options: FindingOptions): readonly string[] {
  if (checks.length === 0) return [];
  const text = `Findings known since an earlier apply: ${countsText(checks)}. --detail lists them.`;
  return wrapped(text, options.width);
}

/** `1 of 3 refreshes in a row`. */
export function progressText({ seen, after }: PendingCheck['pending']): string {
  return `${seen} of ${after} refreshes in a row`;
}

/** Returns the findings that do not count yet, each with the number of its refreshes. */
export function pendingFindingLines(checks: readonly PendingCheck[] | undefined, paint: Paint): readonly string[] {
  return (checks ?? []).map(
    ({ address, labels, code, message, pending }) =>
      `  ${paint('dim', 'pending'.padEnd(WORD))}  ${namedText({ address, labels })}  ${paint('dim', code)}: ${cleanText(message)} (${progressText(pending)})`,
  );
}

/** `1 finding`, `1 finding, 2 pending`. */
export function findingCountText({
  findings,
  pending = 0,
}: {
  readonly findings: number;
  readonly pending?: number;
}): string {
  return `${counted(findings, 'finding')}${pending === 0 ? '' : `, ${pending} pending`}`;
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
