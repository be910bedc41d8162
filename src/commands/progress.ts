/** Progress of long work: a line that is rewritten on a terminal, a plain line every ten seconds elsewhere. */

import { CLEAR_LINE } from '#plugin';
import type { Shell } from '../shell.ts';

const PLAIN_MS = 10_000;
const TERMINAL_MS = 100;

export interface LookProgress {
  readonly report: (plugin: string, done: number, total: number) => void;
  readonly end: () => void;
}

/** Says how far a look has come; on standard error, so that nothing mixes with what is printed. */
export function lookProgress(shell: Shell): LookProgress {
  const started = shell.now();
  const latest = new Map<string, { readonly done: number; readonly total: number }>();
  let lastAt = started;
  let drawn = false;
  const text = (): string => [...latest].map(([plugin, { done, total }]) => `${plugin} ${done}/${total}`).join(', ');
  const draw = (): void => {
    const now = shell.now();
    const every = shell.stderr.isTTY ? TERMINAL_MS : PLAIN_MS;
    if (now - lastAt < every) return;
    lastAt = now;
    const elapsed = Math.round((now - started) / 1000);
    if (shell.stderr.isTTY) {
      drawn = true;
      shell.stderr.write(`${CLEAR_LINE}looking: ${text()} [${elapsed}s]`);
    } else shell.stderr.write(`still looking: ${text() || 'nothing has answered yet'} [${elapsed}s elapsed]\n`);
  };
  const timer = setInterval(draw, shell.stderr.isTTY ? TERMINAL_MS * 5 : 1000);
  timer.unref();
  return {
    report: (plugin, done, total) => {
      latest.set(plugin, { done, total });
      draw();
    },
    end: () => {
      clearInterval(timer);
      if (drawn) shell.stderr.write(CLEAR_LINE);
    },
  };
}
