/** Intents: how one is named outside the log. */

import type { OpenIntent } from './types.ts';

/** Identifies an intent: the same for no two of a project. Marks on remote objects carry it. */
export function intentId({ run, seq }: Pick<OpenIntent, 'run' | 'seq'>): string {
  return `${run}-${seq}`;
}
