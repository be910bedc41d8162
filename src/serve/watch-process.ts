/** Starts the watchers of a project in a process of their own: the same program, with a limit of its memory. */

import { fork } from 'node:child_process';
import { errorText } from '#plugin';
import type { Handed } from '../run/last-valid.ts';
import type { RoundProgram } from './round-process.ts';

export interface WatchProgram extends Omit<RoundProgram, 'order' | 'heard'> {
  readonly order: Handed;
  /** Gets each message of the process. */
  readonly heard: (message: unknown) => void;
}

export interface WatchExit {
  /** Undefined if a signal ended the process. */
  readonly code: number | undefined;
  /** The end of its standard error, in lines. */
  readonly said: readonly string[];
}

/** Watchers in a process of their own. */
export interface WatchProcess {
  readonly exit: Promise<WatchExit>;
  readonly stop: () => void;
  readonly kill: () => void;
}

/** Most memory for objects, in MiB: a Fabric of 5,000 objects takes 60. */
export const MOST_HEAP_MIB = 256;

/** The end of standard error that is kept, in characters. */
const KEPT = 2000;

/** Starts the process. It gets no standard input, and its standard output is dropped. */
export function startWatch(watch: WatchProgram): WatchProcess {
  try {
    return started(watch);
  } catch (error) {
    const said = [`the process could not be started: ${errorText(error)}`];
    return { exit: Promise.resolve({ code: 1, said }), stop: () => undefined, kill: () => undefined };
  }
}

function started({ program, args, env, order, heard }: WatchProgram): WatchProcess {
  const child = fork(program, args, {
    env,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'json',
    execArgv: [...process.execArgv, `--max-old-space-size=${MOST_HEAP_MIB}`],
  });
  let said = '';
  const lines = (): readonly string[] => said.split('\n').filter((line) => line.trim() !== '');
  const exit = new Promise<WatchExit>((resolve) => {
    child.once('error', (error) => resolve({ code: 1, said: [`the process could not be started: ${error.message}`] }));
    child.once('close', (code) => resolve({ code: code ?? undefined, said: lines() }));
  });
  child.on('message', heard);
  // A process that has ended meanwhile takes no order. One that could not be started has no channel.
  if (child.connected) child.send(order, () => undefined);
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = `${said}${text}`.slice(-KEPT);
  });
  return { exit, stop: () => void child.kill('SIGTERM'), kill: () => void child.kill('SIGKILL') };
}
