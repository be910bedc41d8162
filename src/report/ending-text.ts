/** The meaning of an exit code, and the next step of the user. */

import { exitCodes } from '../engine/generated.ts';

/** Returns one line without a newline; an empty text for `ok`. */
export function endingText(name: (typeof exitCodes)[number]['name']): string {
  const ending = exitCodes.find((each) => each.name === name);
  return ending === undefined || ending.code === 0 ? '' : `exit ${ending.code}: ${ending.text} ${ending.next}`;
}
