/** Watchers: parts of a plugin that follow the infrastructure, so that `fettle serve` refreshes what changed at once. */

import type { Desired, Memory, Ref } from './types.ts';

/** The resources of a plugin, as for a refresh. */
export interface WatchScope {
  readonly desired: readonly Desired[];
  readonly memory: readonly Memory[];
}

/** The reports of a watcher. */
export interface WatchRun {
  /** Ends the watch. */
  readonly signal: AbortSignal;
  readonly now: () => number;
  /**
   * Reports that every later change is reported. The first call makes every covered resource due: they may have changed
   * before. Later calls end an interruption whose changes were all reported.
   */
  readonly sees: () => void;
  /** Reports that changes are not reported now, with a reason in a few words. `sees` ends it. */
  readonly blind: (reason: string) => void;
  /** Reports resources that may have changed. Those that the watcher does not cover are ignored. */
  readonly changed: (refs: Iterable<Ref>) => void;
}

/** Follows one part of the infrastructure, such as a cluster or the links of a host. */
export interface Watcher<R = unknown> {
  /** Names the part in messages: `Fabric prod`. */
  readonly name: string;
  /** The resources whose changes it reports. */
  readonly covers: readonly Ref[];
  /**
   * Watches until the signal fires. If it throws or returns before, it is started again after a pause, and everything that
   * it covers counts as changed.
   */
  watch(world: R, run: WatchRun): Promise<void>;
}
