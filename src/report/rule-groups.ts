/** Rejected and waiting changes by the rule that blocks them first, with the remedy that all changes of a rule share. */

import type { PlanReason, RefusedChange } from '../formats/plan.ts';
import { remedyText } from './remedy-text.ts';

export interface RuleGroup<T> {
  readonly rule: string;
  readonly rows: readonly T[];
}

/** Groups rows by a rule, in the order of appearance. */
export function groupedByRule<T>(rows: readonly T[], ruleOf: (row: T) => string): readonly RuleGroup<T>[] {
  return [...Map.groupBy(rows, ruleOf)].map(([rule, own]) => ({ rule, rows: own }));
}

/** Groups changes by the first rule that blocks them. */
export function refusalGroups(refused: readonly RefusedChange[]): readonly RuleGroup<RefusedChange>[] {
  return groupedByRule(refused, ({ reason }) => reason);
}

type Formats = Parameters<typeof remedyText>[1];

export function remedyOf({ remedy }: PlanReason, formats: Formats): string | undefined {
  return remedyText(remedy, formats);
}

/** The remedy that all changes of a group share, which is then printed once; undefined for a single change. */
export function sharedRemedy({ rows }: RuleGroup<RefusedChange>, formats: Formats): string | undefined {
  if (rows.length < 2) return undefined;
  const remedies = new Set(
    rows.map(({ reasons }) =>
      reasons.length === 1 && reasons[0] !== undefined ? remedyOf(reasons[0], formats) : undefined,
    ),
  );
  return remedies.size === 1 ? [...remedies][0] : undefined;
}
