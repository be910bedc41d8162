/** Rejected and waiting changes as text, grouped by the rule that blocks them first. */

import { counted } from '#plugin';
import type { RefusedChange } from '../formats/plan.ts';
import { cleanText, type NoteLine, type RowOptions, rowLines } from './plan-rows.ts';
import { overrideText } from './remedy-text.ts';
import { refusalGroups, remedyOf, sharedRemedy } from './rule-groups.ts';
import { relativeText, type Style, wrapped } from './text.ts';

/** REJECTED: the step would be unsafe. WAITING: the step waits for another step, or for a time. */
export type RefusalWord = 'REJECTED' | 'WAITING';

const STYLE: Readonly<Record<RefusalWord, Style>> = { REJECTED: 'red', WAITING: 'yellow' };

/** The number of rows of one rule that are shown without `--detail`. */
const SHOWN = 20;

const FORMATS = { set: (text: string) => text, outside: cleanText };

function clearsText(clearsAt: string | undefined, now: number): string {
  if (clearsAt === undefined) return '';
  return `; clears at ${clearsAt} (${relativeText(clearsAt, now)})`;
}

function notesOf(
  refused: RefusedChange,
  word: RefusalWord,
  now: number,
  shared: string | undefined,
): readonly NoteLine[] {
  return refused.reasons.flatMap((reason): readonly NoteLine[] => {
    const remedy = remedyOf(reason, FORMATS);
    return [
      {
        text: `${reason.rule}: ${cleanText(reason.message)}${clearsText(reason.clears_at, now)}`,
        lead: { text: word, style: STYLE[word] },
      },
      ...(remedy === undefined || remedy === shared ? [] : [{ text: remedy, style: 'dim' as const }]),
      ...(reason.overridable ? [overrideNote(reason.rule, refused.resource_change.address)] : []),
    ];
  });
}

function overrideNote(rule: string, address: string): NoteLine {
  return { text: `override: ${overrideText(rule, cleanText(address))}`, style: 'dim', command: true };
}

/** Returns the groups as lines. A group of more than one change has a heading. */
export function refusalBlocks(
  refused: readonly RefusedChange[],
  word: RefusalWord,
  options: RowOptions & { readonly now: number },
): readonly (readonly string[])[] {
  const { paint, now, width, detail } = options;
  return refusalGroups(refused).map((group) => {
    const shown = detail ? group.rows : group.rows.slice(0, SHOWN);
    const more = group.rows.length - shown.length;
    const shared = sharedRemedy(group, FORMATS);
    return [
      ...(group.rows.length === 1
        ? []
        : [`${paint(STYLE[word], word)} ${paint('bold', group.rule)} · ${counted(group.rows.length, 'change')}`]),
      ...shown.flatMap((each) =>
        rowLines({ change: each.resource_change, notes: notesOf(each, word, now, shared) }, options),
      ),
      ...(more === 0 ? [] : [`    and ${more} more (--detail lists them)`]),
      ...(shared === undefined ? [] : wrapped(`  for each, ${shared}`, width).map((line) => paint('dim', line))),
    ];
  });
}
