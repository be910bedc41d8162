/** Clocks and processes of this machine, from `/proc`. */

import { readFile, readlink } from 'node:fs/promises';
import { codeOf } from '#plugin';
import type { Owner, PendingRecord } from './record.ts';

/** A moment of this machine: a deadline of another boot is void. */
export interface Moment {
  readonly bootId: string;
  /** Seconds since the boot, also while suspended. */
  readonly uptime: number;
}

export async function momentNow(): Promise<Moment> {
  const [bootId, uptime] = await Promise.all([
    readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
    readFile('/proc/uptime', 'utf8'),
  ]);
  return { bootId: bootId.trim(), uptime: Number(uptime.split(' ')[0]) };
}

export interface ProcessSeen extends Owner {
  readonly session: number;
  readonly command: readonly string[];
}

/** A running process; undefined if there is not one of this id, or it has ended and only waits for its parent. */
export async function processSeen(pid: number): Promise<ProcessSeen | undefined> {
  try {
    const [stat, command] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
    ]);
    // The name in brackets may contain blanks and brackets. Source: proc(5).
    const [state, , , session, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z' || state === 'X') return undefined;
    return { pid, started: rest[15] ?? '', session: Number(session), command: command.split('\0') };
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ESRCH') return undefined;
    throw error;
  }
}

/** This process. */
export async function ownProcess(): Promise<Owner> {
  const seen = await processSeen(process.pid);
  return { pid: process.pid, started: seen?.started ?? '', space: await ownSpace() };
}

/** The PID namespace of this process. */
function ownSpace(): Promise<string> {
  return readlink('/proc/self/ns/pid');
}

/**
 * True if the process still runs, and is not a later one with its id. A process of another PID namespace counts as running,
 * because it cannot be seen.
 */
export async function isRunning({ pid, started, space }: Owner): Promise<boolean> {
  if (space !== undefined && space !== (await ownSpace())) return true;
  return (await processSeen(pid))?.started === started;
}

/** A process of a machine, and the boot in which it ran. */
type Run = Pick<PendingRecord, 'owner' | 'bootId'>;

/** True if this process made a change. */
export async function isOwnRun({ owner: { pid, started, space }, bootId }: Run, now: Moment): Promise<boolean> {
  if (bootId !== now.bootId || pid !== process.pid) return false;
  const own = await ownProcess();
  return started === own.started && (space === undefined || space === own.space);
}

/** True if the run that made a change has ended: of another machine, that is unknown. */
export async function hasRunEnded({ owner, bootId }: Run, now: Moment): Promise<boolean> {
  return bootId === now.bootId && !(await isRunning(owner));
}
