/** Starts a round in a process of its own: the same program, with `serve --once`. */

import { fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import { errorText, isRecord } from '#plugin';
import type { RoundOrder } from '../run/round.ts';
import type { RoundExit, RoundProcess } from './rounds.ts';

export interface RoundProgram {
  /** Path of the entry point of fettle. */
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly order: RoundOrder;
  /** Gets each line of the errors and warnings of the round. */
  readonly heard: (line: string) => void;
}

/** The message that a round sends to its parent at its end. */
export type RoundMessage = Pick<RoundExit, 'report' | 'yielded' | 'health' | 'deliveries' | 'lastValid' | 'plan'>;

/** The process of a round that could not be started, for example because the machine has no more descriptors. */
const NOT_STARTED: RoundProcess = {
  exit: Promise.resolve({ code: 1 }),
  stop: () => undefined,
  abort: () => undefined,
  kill: () => undefined,
};

/** Ends with the process and its output. The process gets no standard input, and its standard output is dropped. */
export function startRound(round: RoundProgram): RoundProcess {
  try {
    return started(round);
  } catch (error) {
    round.heard(`error: the round could not be started: ${errorText(error)}`);
    return NOT_STARTED;
  }
}

function started({ program, args, env, order, heard }: RoundProgram): RoundProcess {
  const child = fork(program, args, {
    env,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'json',
    // A terminal sends Ctrl-C to a whole process group. The round would get that and the daemon's signal: an abort.
    detached: true,
  });
  let said: RoundMessage = {};
  const exit = new Promise<RoundExit>((resolve) => {
    child.once('error', (error) => {
      heard(`error: the round could not be started: ${error.message}`);
      resolve({ code: 1 });
    });
    child.once('close', (code) => resolve({ code: code ?? undefined, ...said }));
  });
  child.on('message', (message) => {
    if (isRecord(message)) said = message;
  });
  // A process that has ended meanwhile takes no order. One that could not be started has no channel.
  if (child.connected) child.send(order, () => undefined);
  if (child.stderr) createInterface(child.stderr).on('line', heard);
  return {
    exit,
    stop: () => child.kill('SIGTERM'),
    // Another signal than that of the stop: two pending signals of one kind are delivered as one.
    abort: () => child.kill('SIGINT'),
    kill: () => child.kill('SIGKILL'),
  };
}
