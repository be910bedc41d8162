/**
 * TXT values by a command, with lego's contract: the words `present` or `cleanup`, the name with a dot at its end, and the
 * value follow the command line. The exit code 0 means that the command has done its work.
 */

import { InputError } from '#plugin';
import { isAllowed } from '../../allowed-command.ts';
import { commandText, runCommand } from '../../live/run-command.ts';
import { attemptEach, type TextProvider } from './dns-01.ts';
import type { PreparedValue, SolverRun } from './solver.ts';

export interface ExecOptions {
  readonly command: readonly string[];
  /** Command lines that the configuration permits, word for word. */
  readonly allowed: readonly (readonly string[])[];
  /** The working directory. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly timeoutMs: number;
  /** Throws if the command or its files are not the approved ones. */
  readonly stillApproved: () => Promise<void>;
}

/** Throws an InputError if the command line is not permitted. */
export function execProvider(options: ExecOptions): TextProvider {
  const { command, allowed, folder, env, timeoutMs, stillApproved } = options;
  if (!isAllowed(command, allowed))
    throw new InputError(`${commandText(command)} is not one of the commands that fettle.yaml lists for this plugin`);
  const run = async (
    verb: 'present' | 'cleanup',
    { place, text }: PreparedValue,
    { signal, progress }: SolverRun,
  ): Promise<void> => {
    await stillApproved();
    progress(`running ${commandText(command)} ${verb}`);
    await runCommand({ words: [...command, verb, `${place}.`, text], folder, env, timeoutMs, signal });
  };
  return {
    via: 'exec',
    add: async (values, solverRun) => {
      for (const each of values) await run('present', each, solverRun);
    },
    remove: (values, solverRun) => attemptEach(values, solverRun.signal, (each) => run('cleanup', each, solverRun)),
  };
}
