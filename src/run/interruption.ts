/** Interruption: how whoever started a run ends it before its time. */

import type { Ending } from './ending.ts';

/** `stop`: running actions end, and nothing new starts. `abort`: they are given up too. */
export interface Interruption {
  readonly stop: AbortSignal;
  readonly abort: AbortSignal;
}

/** A reason for `stop` that says how the run ends. */
export class StoppedError extends Error {
  override readonly name = 'StoppedError';
  readonly ending: 'interrupted' | 'terminated';

  constructor(ending: 'interrupted' | 'terminated') {
    super(ending);
    this.ending = ending;
  }
}

/** The ending that was asked for; undefined where the run goes on. */
export function stoppedEnding({ stop }: Pick<Interruption, 'stop'>): Ending | undefined {
  if (!stop.aborted) return undefined;
  return stop.reason instanceof StoppedError ? stop.reason.ending : 'interrupted';
}

/** The ending that was asked for, where this error only says that it was obeyed. */
export function stoppedBy(interruption: Pick<Interruption, 'stop'>, error: unknown): Ending | undefined {
  return error === interruption.stop.reason ? stoppedEnding(interruption) : undefined;
}

/** Fires at either: there is nothing to let end before actions run. */
export function eitherOf({ stop, abort }: Interruption): AbortSignal {
  return AbortSignal.any([stop, abort]);
}
