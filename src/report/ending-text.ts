/** What an exit code means, and what to do next. */

import { exitCodes } from '../engine/generated.ts';

/** One line without a newline for every ending but `ok`, which has an empty text. */
export function endingText(name: (typeof exitCodes)[number]['name']): string {
  const ending = exitCodes.find((each) => each.name === name);
  return ending === undefined || ending.code === 0 ? '' : `exit ${ending.code}: ${ending.text} ${ending.next}`;
}
