/** The message of the process of the watchers to the daemon. Another version of the program may have sent it. */

import { type Changes, MOST_CHANGES } from '../engine/changes.ts';
import { isRecord } from '#plugin';

export interface WatchMessage {
  /** The plugins whose watchers run, each with the reason for which it does not see changes; `''` if it sees them. */
  readonly plugins: Readonly<Record<string, string>>;
  /** Addresses of resources that may have changed, and names of plugins for all of their resources. */
  readonly changed: readonly string[];
}

/** Longest address, in characters: its parts are names of at most 253. */
const LONGEST_ADDRESS = 2048;

/** Longest reason, in characters. */
const LONGEST_REASON = 301;

/** A message that has been checked. */
export interface Heard {
  readonly plugins: ReadonlyMap<string, string>;
  readonly changed: Changes;
}

/** Reads a message. `plugins`: those that have watchers. Undefined for anything else, and above the limits. */
export function watchMessageIn(message: unknown, plugins: ReadonlySet<string>): Heard | undefined {
  if (!isRecord(message)) return undefined;
  const { plugins: standing, changed } = message;
  if (!isRecord(standing) || !Array.isArray(changed) || changed.length > MOST_CHANGES) return undefined;
  const reasons = Object.entries(standing).filter(
    (each): each is [string, string] =>
      plugins.has(each[0]) && typeof each[1] === 'string' && each[1].length <= LONGEST_REASON,
  );
  if (reasons.length !== Object.keys(standing).length) return undefined;
  const isOne = (each: unknown): each is string =>
    typeof each === 'string' && each.length <= LONGEST_ADDRESS && plugins.has(each.split('/', 1)[0] ?? '');
  return changed.every(isOne) ? { plugins: new Map(reasons), changed: new Set(changed) } : undefined;
}
