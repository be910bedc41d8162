/** Looks up the CAA records that decide about a name: those of the nearest name above it that has any (RFC 8659, 3). */

import type { AskRecords } from '#plugin/net';
import { type CaaQuestion, type CaaVerdict, forbiddenBy } from '../caa.ts';
import { namesAbove } from './lookup.ts';

/** `name`: without `*.`. Throws only when aborted. */
export async function lookUpCaa(
  ask: AskRecords,
  name: string,
  question: CaaQuestion,
  signal: AbortSignal,
): Promise<CaaVerdict> {
  for (const at of namesAbove(name)) {
    const answer = await ask('CAA', at, signal);
    if (answer.known === 'unknown')
      return { verdict: 'unknown', reason: `the CAA records of ${at} cannot be looked up: ${answer.reason}` };
    if (answer.known === 'none') continue;
    const forbidden = forbiddenBy(answer.records, question);
    return forbidden === undefined ? { verdict: 'allowed' } : { verdict: 'forbidden', ...forbidden, at };
  }
  return { verdict: 'allowed' };
}
