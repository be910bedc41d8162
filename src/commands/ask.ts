/** Asks a person at a terminal; only the word yes is an answer. */

import { createInterface } from 'node:readline/promises';
import type { Shell } from '../shell.ts';
import { InputError } from '#plugin';
import { isCi } from '../run/ci.ts';

/** Asks; a signal ends the question, and counts as no answer. */
async function confirmed(question: string, shell: Shell, stop: AbortSignal): Promise<boolean> {
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

/** How a command asks. */
export interface Asking {
  readonly yes?: boolean | undefined;
  /** `false`: never ask. */
  readonly input?: string | undefined;
  /** Something else than text is printed: a question could not follow it. */
  readonly isUnseen?: boolean;
  /** What else lets the run go on. */
  readonly ways?: string;
}

/**
 * Returns only after `--yes` or a yes. Throws InputError, also where nobody can be asked, and the reason of `stop` when a
 * signal came in place of an answer.
 */
export async function mustAgree(question: string, asking: Asking, shell: Shell, stop: AbortSignal): Promise<void> {
  const { yes, input, isUnseen = false, ways = 'use --yes' } = asking;
  if (yes === true) return;
  if (input === 'false' || isUnseen || !shell.stdin().isTTY || isCi(shell.env))
    throw new InputError(`there is nobody to ask: ${ways}`);
  const agreed = await confirmed(question, shell, stop);
  stop.throwIfAborted();
  if (!agreed) throw new InputError('declined; nothing was done');
}
