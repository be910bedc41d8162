/** The sentence of a plan that is limited by `--cause`. */

import { counted } from '#plugin';
import type { Plan } from '../formats/plan.ts';

/**
 * Returns the causes that a plan is limited to and the number of changes left out; nothing for a plan of all causes.
 */
export function causeLines({ causes, summary }: Pick<Plan, 'causes' | 'summary'>): readonly string[] {
  if (causes === undefined) return [];
  const { excluded = 0 } = summary;
  const limit = `--cause ${causes.join(',')}`;
  return [
    excluded === 0
      ? `This plan is limited by ${limit}, which leaves out no change.`
      : `This plan is partial: ${limit} leaves out ${counted(excluded, 'change')}.`,
  ];
}
