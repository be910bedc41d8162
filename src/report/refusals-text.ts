/** Rejected and waiting changes as text, grouped by the rule that blocks them first. */

import { counted } from '#plugin';
import type { PlanReason, RefusedChange } from '../formats/plan.ts';
import { cleanText, type NoteLine, type RowOptions, rowLines } from './plan-rows.ts';
import { overrideText, remedyText } from './remedy-text.ts';
import { relativeText, type Style, wrapped } from './text.ts';

/** REJECTED: the step would be unsafe. WAITING: the step waits for another step, or for a time. */
export type RefusalWord = 'REJECTED' | 'WAITING';

const STYLE: Readonly<Record<RefusalWord, Style>> = { REJECTED: 'red', WAITING: 'yellow' };

/** The number of rows of one rule that are shown without `--detail`. */
const SHOWN = 20;

interface RuleGroup {
  readonly rule: string;
  readonly refused: readonly RefusedChange[];
}

/** Groups changes by the first rule that blocks them, in the order of appearance. */
function groupsOf(refused: readonly RefusedChange[]): readonly RuleGroup[] {
  const groups = new Map<string, RefusedChange[]>();
  for (const each of refused) {
    const group = groups.get(each.reason);
    if (group === undefined) groups.set(each.reason, [each]);
    else group.push(each);
  }
  return [...groups].map(([rule, rows]) => ({ rule, refused: rows }));
}

function remedyOf({ remedy }: PlanReason): string | undefined {
  return remedyText(remedy, { set: (text) => text, outside: cleanText });
}

function clearsText(clearsAt: string | undefined, now: number): string {
  if (clearsAt === undefined) return '';
  return `; clears at ${clearsAt} (${relativeText(clearsAt, now)})`;
}

/** Returns the remedy that all changes of a group share, which is then printed once. */
function sharedRemedy(group: RuleGroup): string | undefined {
  if (group.refused.length < 2) return undefined;
  const remedies = new Set(
    group.refused.map(({ reasons }) =>
      reasons.length === 1 && reasons[0] !== undefined ? remedyOf(reasons[0]) : undefined,
    ),
  );
  return remedies.size === 1 ? [...remedies][0] : undefined;
}

function notesOf(
  refused: RefusedChange,
  word: RefusalWord,
  now: number,
  shared: string | undefined,
): readonly NoteLine[] {
  return refused.reasons.flatMap((reason): readonly NoteLine[] => {
    const remedy = remedyOf(reason);
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
  return groupsOf(refused).map((group) => {
    const shown = detail ? group.refused : group.refused.slice(0, SHOWN);
    const more = group.refused.length - shown.length;
    const shared = sharedRemedy(group);
    return [
      ...(group.refused.length === 1
        ? []
        : [`${paint(STYLE[word], word)} ${paint('bold', group.rule)} · ${counted(group.refused.length, 'change')}`]),
      ...shown.flatMap((each) =>
        rowLines({ change: each.resource_change, notes: notesOf(each, word, now, shared) }, options),
      ),
      ...(more === 0 ? [] : [`    and ${more} more (--detail lists them)`]),
      ...(shared === undefined ? [] : wrapped(`  for each, ${shared}`, width).map((line) => paint('dim', line))),
    ];
  });
}
