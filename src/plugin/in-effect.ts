/** The effect of an apply: a plugin can wait until its changes have reached the systems behind the provider. */

import type { StateNote } from './commands.ts';
import type { Change, Memory, Ref, Scene } from './types.ts';

/** A row of an apply that has ended. */
export interface EndedRow {
  readonly change: Change;
  readonly isDone: boolean;
}

/** An apply whose actions have ended, at least one of them done. */
export interface EndedApply {
  /** The rows of the plugin, those that were refused too. */
  readonly rows: readonly EndedRow[];
  /** The resources, as the refresh before the plan showed them. */
  readonly scene: Scene;
  /** The present state of a resource. */
  readonly memoryOf: (ref: Ref) => Memory | undefined;
  /** Epoch ms. */
  readonly now: () => number;
  /** Fires when the apply is interrupted. */
  readonly signal: AbortSignal;
  /** Reports progress in a few words. */
  readonly progress: (ref: Ref, text: string) => void;
}

/** The effect of an apply, as far as it is known. */
export interface ApplyEffect {
  /** Changes of the state that follow. */
  readonly notes: readonly StateNote[];
  /** Resources whose changes are not in effect, each with a sentence without its full stop. */
  readonly late: readonly { readonly ref: Ref; readonly message: string }[];
}
