/** The sentence of a plan that `--cause` limits. */

import type { Plan } from '../formats/plan.ts';
import { plural } from './text.ts';

/** Says which causes a plan is limited to, and how many changes that leaves out; nothing for a plan of all causes. */
export function causeLines({ causes, summary }: Pick<Plan, 'causes' | 'summary'>): readonly string[] {
  if (causes === undefined) return [];
  return [`This plan is partial: --cause ${causes.join(',')} leaves out ${plural(summary.excluded ?? 0, 'change')}.`];
}
