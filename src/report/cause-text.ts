/** The sentence of a plan that `--cause` limits. */

import { counted } from '#plugin';
import type { Plan } from '../formats/plan.ts';

/** Says which causes a plan is limited to, and how many changes that leaves out; nothing for a plan of all causes. */
export function causeLines({ causes, summary }: Pick<Plan, 'causes' | 'summary'>): readonly string[] {
  if (causes === undefined) return [];
  return [`This plan is partial: --cause ${causes.join(',')} leaves out ${counted(summary.excluded ?? 0, 'change')}.`];
}
