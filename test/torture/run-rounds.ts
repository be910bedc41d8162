/** Runs rounds of a torture test, several at once, and adds up what they counted. */

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { errorText } from '#plugin';
import type { Torture } from './torture.ts';

export interface Failure {
  readonly index: number;
  readonly message: string;
  readonly folder: string;
}

export interface Progress {
  readonly seed: number;
  /** The next round to begin. */
  next: number;
  /** Rounds that have begun and not ended: a continued run repeats them. */
  readonly pending: number[];
  /** Rounds that have ended. */
  done: number;
  readonly counts: Record<string, number>;
  readonly failures: Failure[];
}

export interface RunOptions {
  readonly seed: number;
  /** Rounds from `progress.next` up to this one, not included. */
  readonly until: number;
  readonly parallel: number;
  /** Folder for the rounds' own folders. */
  readonly folder: string;
  readonly progress: Progress;
  /** Called after every round. */
  readonly onProgress?: (progress: Progress) => void;
  /** No new round begins once it is aborted. */
  readonly stop?: AbortSignal;
}

export function freshProgress(seed: number): Progress {
  return { seed, next: 0, pending: [], done: 0, counts: {}, failures: [] };
}

/** Rounds that fail keep their folder, and do not stop the others. */
export async function runRounds(torture: Torture, options: RunOptions): Promise<Progress> {
  const { progress, seed, until } = options;
  const one = async (index: number): Promise<void> => {
    const folder = join(options.folder, `${torture.name}-${index}`);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    try {
      const counts = await torture.round({ seed, index, folder });
      for (const [name, count] of Object.entries(counts)) progress.counts[name] = (progress.counts[name] ?? 0) + count;
      rmSync(folder, { recursive: true, force: true });
    } catch (error) {
      const stack = error instanceof Error ? String(error.stack).slice(0, 4000) : '';
      const message = `${errorText(error)}\n${stack}`;
      progress.failures.push({ index, message, folder });
    }
    progress.done += 1;
    progress.pending.splice(progress.pending.indexOf(index), 1);
    options.onProgress?.(progress);
  };
  const left = [...progress.pending];
  const worker = async (): Promise<void> => {
    for (;;) {
      if (options.stop?.aborted === true) return;
      const again = left.shift();
      if (again === undefined && progress.next >= until) return;
      const index = again ?? progress.next++;
      if (again === undefined) progress.pending.push(index);
      await one(index);
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.min(options.parallel, torture.parallel)) }, worker));
  return progress;
}
