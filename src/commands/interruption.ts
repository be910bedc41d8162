/** Signals as interruptions: the first one stops, the second one aborts, the third one exits at once. */

import type { Shell } from '../shell.ts';
import { exitCode } from '../run/ending.ts';
import { type Interruption, StoppedError, stoppedEnding } from '../run/interruption.ts';

/** `forget` stops listening for signals. */
export function interruptionOf(shell: Shell): Interruption & { readonly forget: () => void } {
  const stop = new AbortController();
  const abort = new AbortController();
  const forget = shell.onSignal((signal) => {
    if (abort.signal.aborted) shell.exit(exitCode(stoppedEnding({ stop: stop.signal }) ?? 'interrupted'));
    if (stop.signal.aborted) abort.abort();
    else stop.abort(new StoppedError(signal === 'SIGINT' ? 'interrupted' : 'terminated'));
  });
  return { stop: stop.signal, abort: abort.signal, forget };
}
