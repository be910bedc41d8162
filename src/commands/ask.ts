/** Asks a person at a terminal; only the word yes is an answer. */

import { createInterface } from 'node:readline/promises';
import type { Shell } from '../shell.ts';
import { isCi } from './actor.ts';
import { type Flags, UsageError } from './flags.ts';

/** Asks; a signal ends the question, and counts as no answer. */
export async function confirmed(question: string, shell: Shell, stop: AbortSignal): Promise<boolean> {
  const stdin = shell.stdin();
  shell.stdout.write(`\n${question} Only "yes" is taken for an answer: `);
  const lines = createInterface({ input: stdin, terminal: false, signal: stop });
  try {
    for await (const line of lines) return line.trim() === 'yes';
    return false;
  } finally {
    lines.close();
    stdin.unref?.();
  }
}

/** Whether there is somebody to ask. */
export function canAsk(flags: Flags, shell: Shell): boolean {
  return flags.input !== 'false' && shell.stdin().isTTY && !isCi(shell.env);
}

/**
 * Returns only after `--yes` or a yes. Throws UsageError, also where nobody can be asked, `ways` names what else there is;
 * throws the reason of `stop` when a signal came instead of an answer.
 */
export async function mustAgree(
  question: string,
  flags: Flags,
  shell: Shell,
  stop: AbortSignal,
  ways = 'use --yes',
): Promise<void> {
  if (flags.yes === true) return;
  if (!canAsk(flags, shell)) throw new UsageError(`there is nobody to ask: ${ways}`);
  const agreed = await confirmed(question, shell, stop);
  stop.throwIfAborted();
  if (!agreed) throw new UsageError('declined; nothing was done');
}
