/** Signals of a command that writes: the first one lets what runs end, the second one ends it, a third waits for nothing. */

import type { Shell } from '../shell.ts';
import { type ExitName, exitCode } from './ending.ts';

/** Two signals: the first ends gracefully, the second at once, a third does not wait for anything. */
export interface Stopping {
  readonly stop: AbortSignal;
  readonly abort: AbortSignal;
  readonly ending: () => ExitName | undefined;
  /** From now on actions run: the first signal lets them end. */
  readonly graceful: () => void;
  /** Nothing runs any more: the first signal ends it. */
  readonly waiting: () => void;
  readonly forget: () => void;
}

/** The ending that a signal asked for, where this error only says that it was obeyed. */
export function stoppedBy(signals: Stopping, error: unknown): ExitName | undefined {
  return error === signals.stop.reason ? signals.ending() : undefined;
}

export function stopping(shell: Shell): Stopping {
  const stop = new AbortController();
  const abort = new AbortController();
  let ending: ExitName | undefined;
  let running = false;
  const forget = shell.onSignal((signal) => {
    if (abort.signal.aborted) shell.exit(exitCode(ending ?? 'interrupted'));
    const first = ending === undefined;
    ending ??= signal === 'SIGINT' ? 'interrupted' : 'terminated';
    stop.abort();
    if (running && first)
      shell.stderr.write(`${signal}: what runs is finished, nothing new is started; once more to end at once\n`);
    else abort.abort();
  });
  return {
    stop: stop.signal,
    abort: abort.signal,
    ending: () => ending,
    graceful: () => {
      running = true;
    },
    waiting: () => {
      running = false;
    },
    forget,
  };
}
