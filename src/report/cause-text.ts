/** The sentence of a plan that is limited by `--cause`. */

import { counted } from '#plugin';
import type { Plan } from '../formats/plan.ts';

/**
 * Returns the causes that a plan is limited to and the number of changes left out; nothing for a plan of all causes.
 */
export function causeLines({ causes, summary }: Pick<Plan, 'causes' | 'summary'>): readonly string[] {
  if (causes === undefined) return [];
  return [`This plan is partial: --cause ${causes.join(',')} leaves out ${counted(summary.excluded ?? 0, 'change')}.`];
}
