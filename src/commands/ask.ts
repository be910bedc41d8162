/** Asks for approval at a terminal; only the word "yes" approves. */

import { createInterface } from 'node:readline/promises';
import type { Shell } from '../shell.ts';
import { InputError } from '#plugin';
import { isCi } from '../run/ci.ts';

/** Asks the question. A signal ends it without approval. */
async function confirmed(question: string, shell: Shell, stop: AbortSignal): Promise<boolean> {
  const stdin = shell.stdin();
  shell.stdout.write(`\n${question} Only "yes" will be accepted to approve: `);
  const lines = createInterface({ input: stdin, terminal: false, signal: stop });
  try {
    for await (const line of lines) return line.trim() === 'yes';
    return false;
  } finally {
    lines.close();
    stdin.unref?.();
  }
}

/** Flags and output that decide if a command can ask. */
export interface Asking {
  readonly yes?: boolean | undefined;
  /** `false`: fail instead of asking. */
  readonly input?: string | undefined;
  /** The output is not text, so a question cannot follow it. */
  readonly isUnseen?: boolean;
  /** Sentence that names the alternatives to a question. */
  readonly ways?: string;
}

/** The reason why a question cannot be asked; undefined if it can. */
function unaskable({ input, isUnseen }: Asking, shell: Shell): string | undefined {
  if (input === 'false') return '--input=false is set';
  if (isUnseen === true) return 'the output is not text';
  if (!shell.stdin().isTTY) return 'the input is not a terminal';
  return isCi(shell.env) ? 'this is a CI run' : undefined;
}

/**
 * Returns after `--yes` or an approval. Throws InputError if approval is declined or cannot be asked for, and the reason
 * of `stop` after a signal.
 */
export async function mustAgree(question: string, asking: Asking, shell: Shell, stop: AbortSignal): Promise<void> {
  const { yes, input, isUnseen = false, ways = 'Use --yes to approve without a prompt' } = asking;
  if (yes === true) return;
  const reason = unaskable({ input, isUnseen }, shell);
  if (reason !== undefined) throw new InputError(`Cannot ask for approval: ${reason}. ${ways}.`);
  const agreed = await confirmed(question, shell, stop);
  stop.throwIfAborted();
  if (!agreed) throw new InputError('Approval was declined. Nothing was changed.');
}
