/** The identity of this process in its lock, and the check that another lock's process has provably ended. */

import { readFileSync, readlinkSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { errorCode } from './error-code.ts';
import type { Holder } from './store.ts';

/** Empty if the system does not have such a file; no holder is judged dead in that case. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

/**
 * State and start time (clock ticks since boot) in `/proc/<pid>/stat`; the name in parentheses may hold anything, `)`
 * too.
 */
export function parseStat(stat: string): { readonly state: string; readonly start: string } | undefined {
  const close = stat.lastIndexOf(')');
  if (close < 0) return undefined;
  const fields = stat.slice(close + 2).split(' ');
  const [state, start] = [fields[0], fields[19]];
  return state === undefined || start === undefined ? undefined : { state, start };
}

/** A container may run under a user id that has no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? '');
  }
}

export interface HolderNote {
  readonly id: string;
  readonly command: string;
  /** ISO 8601. */
  readonly since: string;
  /** Address of the CI run. */
  readonly run?: string | undefined;
}

/** Describes this process as a holder. */
export function thisHolder(note: HolderNote): Holder {
  const holder = {
    id: note.id,
    user: userName(),
    host: hostname(),
    bootId: readText('/proc/sys/kernel/random/boot_id'),
    pidNamespace: pidNamespace(),
    pid: process.pid,
    pidStart: parseStat(readText('/proc/self/stat'))?.start ?? '',
    since: note.since,
    command: note.command,
  };
  return note.run === undefined ? holder : { ...holder, run: note.run };
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: the process exists and belongs to another user. Only ESRCH says that it does not exist.
    return errorCode(error) !== 'ESRCH';
  }
}

/**
 * True if the process of a holder has certainly ended. A process id has a meaning only within the same boot and the
 * same pid namespace; and a /proc that hides other users' processes must not make them look dead.
 */
export function isDead(holder: Holder): boolean {
  const bootId = readText('/proc/sys/kernel/random/boot_id');
  const namespace = pidNamespace();
  if (bootId === '' || namespace === '' || holder.pidStart === '') return false;
  if (holder.bootId !== bootId || holder.pidNamespace !== namespace) return false;
  if (!Number.isSafeInteger(holder.pid) || holder.pid <= 0) return false;
  const stat = parseStat(readText(`/proc/${holder.pid}/stat`));
  if (stat === undefined) return !processExists(holder.pid);
  // A zombie has ended; its parent has not collected it yet.
  return stat.start !== holder.pidStart || stat.state === 'Z' || stat.state === 'X';
}

/** The holder of an unreadable lock file, which is never judged dead. */
const UNKNOWN_HOLDER: Holder = {
  id: '',
  user: '',
  host: '',
  bootId: '',
  pidNamespace: '',
  pid: 0,
  pidStart: '',
  since: '',
  command: '',
};

/** Reads the text of a lock file. */
export function parseHolder(text: string): Holder {
  try {
    const value = JSON.parse(text) as Partial<Holder> | null;
    if (value === null || typeof value !== 'object' || typeof value.id !== 'string' || value.id === '')
      return UNKNOWN_HOLDER;
    return { ...UNKNOWN_HOLDER, ...value };
  } catch {
    return UNKNOWN_HOLDER;
  }
}
