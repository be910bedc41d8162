/** Carries a take-back out from fettle, on this machine or over a connection to the switch. */

import { OutsideError } from '#plugin';
import { runProgram } from '#plugin/program';
import { DEADLINE_MS, IP_ENVIRONMENT, ipProgram, MOST_BYTES } from '../linux/ip.ts';
import type { Redis } from '../redis/client.ts';
import { runScript } from '../redis/script.ts';
import {
  type LinkTakeBack,
  type SonicTakeBack,
  TAKE_BACK,
  type TakeBack,
  type TakenBack,
  takenBackIn,
} from './take-back.ts';
import { linksArguments, linksFile, TAKE_BACK_LINKS } from './take-back-links.ts';

/** Opens CONFIG_DB of the switch, by a new connection. */
export type OpenConfig = (signal: AbortSignal) => Promise<Redis>;

/**
 * Takes the rows of a switch back, in one step of its Redis server. Rejects with an OutsideError while CONFIG_DB is loaded,
 * and with an UnknownOutcomeError if the answer is lost: the take-back can be repeated.
 */
export async function takeBackRows(config: Redis, { rows }: SonicTakeBack, signal: AbortSignal): Promise<TakenBack> {
  const answer = await runScript(config, TAKE_BACK, { keys: [], args: [JSON.stringify(rows)] }, { signal });
  const done = takenBackIn(answer);
  if (done === undefined) throw new OutsideError('CONFIG_DB is being loaded, so nothing can be taken back');
  return done;
}

/** Takes links back. A command that fails is harmless. Throws an OutsideError if the take-back may not be whole. */
export async function takeBackLinks(takeBack: LinkTakeBack, signal: AbortSignal): Promise<TakenBack> {
  const ended = await runProgram({
    file: '/bin/sh',
    args: ['-c', TAKE_BACK_LINKS, 'fettle-take-back-links', ...linksArguments('-', ipProgram(), takeBack)],
    folder: '/',
    env: IP_ENVIRONMENT,
    input: linksFile(takeBack),
    deadlineMs: DEADLINE_MS,
    mostBytes: MOST_BYTES,
    signal,
  });
  const done = ended.how === 'code' && ended.code === 0 ? takenBackIn(ended.stdout.trim()) : undefined;
  if (done === undefined) throw new OutsideError(`ip ended before all was taken back (${ended.how})`);
  return done;
}

/** Carries a take-back out, and rejects if it may not be whole. */
export async function carryOut(takeBack: TakeBack, openConfig: OpenConfig, signal: AbortSignal): Promise<TakenBack> {
  if (takeBack.kind === 'linux') return takeBackLinks(takeBack, signal);
  const config = await openConfig(signal);
  try {
    return await takeBackRows(config, takeBack, signal);
  } finally {
    config.close();
  }
}
