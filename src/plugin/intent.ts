/** Intents: their ids outside the log. */

import type { OpenIntent } from './types.ts';

/** The id of an intent, unique in its project. Marks on remote objects contain it. */
export function intentId({ run, seq }: Pick<OpenIntent, 'run' | 'seq'>): string {
  return `${run}-${seq}`;
}
