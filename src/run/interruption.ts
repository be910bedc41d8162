/** Interruption: the signals by which the caller of a run ends it early. */

import type { Ending } from './ending.ts';

/** `stop`: running actions finish, and no other action starts. `abort`: running actions are cancelled too. */
export interface Interruption {
  readonly stop: AbortSignal;
  readonly abort: AbortSignal;
}

/** A reason for `stop` with the ending of the run. */
export class StoppedError extends Error {
  override readonly name = 'StoppedError';
  readonly ending: 'interrupted' | 'terminated' | 'yielded';

  constructor(ending: StoppedError['ending']) {
    super(ending);
    this.ending = ending;
  }
}

/** The requested ending; undefined if the run continues. */
export function stoppedEnding({ stop }: Pick<Interruption, 'stop'>): Ending | undefined {
  if (!stop.aborted) return undefined;
  return stop.reason instanceof StoppedError ? stop.reason.ending : 'interrupted';
}

/** The requested ending if the error is the reason of `stop`; otherwise undefined. */
export function stoppedBy(interruption: Pick<Interruption, 'stop'>, error: unknown): Ending | undefined {
  return error === interruption.stop.reason ? stoppedEnding(interruption) : undefined;
}

/** Fires at `stop` or `abort`: before actions run, both end the work. */
export function eitherOf({ stop, abort }: Interruption): AbortSignal {
  return AbortSignal.any([stop, abort]);
}
