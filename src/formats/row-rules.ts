/** The judgements of every rule on the rows of a plan, also those that pass: a plan has only the reasons of refused rows. */

import { type Action, formatRef } from '#plugin';
import { type RuleSaid, said } from './explanation.ts';

/** By address. */
export type RowRules = Readonly<Record<string, readonly RuleSaid[]>>;

/** Rows with their rules: a plan of thousands of rows has many rules. */
const MOST_ROWS = 500;

const RANK: Readonly<Record<Action['verdict'], number>> = { reject: 0, defer: 1, accept: 2 };

/** Of the first rows: rejected ones first, then waiting ones. */
export function rowRules(actions: readonly Action[]): RowRules {
  const first = actions.toSorted((a, b) => RANK[a.verdict] - RANK[b.verdict]).slice(0, MOST_ROWS);
  return Object.fromEntries(first.map(({ change: { ref }, judgements }) => [formatRef(ref), judgements.map(said)]));
}
