/** Sends a signal to the process that a PID file names, if that process existed when the file was written. */

import { readFile, stat } from 'node:fs/promises';
import type { Service } from '../world.ts';
import { codeOf } from '#plugin';
import { readWhole } from './files.ts';

const LIMIT = 64;
/** Clock ticks per second in /proc (USER_HZ, proc(5)). */
const TICKS = 100;
/** Precision of the boot time, in ms. */
const SLACK_MS = 2000;

/** Start time of a process in epoch ms; undefined if it does not exist. Fields of /proc/PID/stat follow the name (proc(5)). */
async function startOf(pid: number): Promise<number | undefined> {
  const [own, all] = await Promise.all([
    readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined),
    readFile('/proc/stat', 'latin1').catch(() => undefined),
  ]);
  if (all === undefined) throw new Error('sending a signal requires /proc, which identifies the process');
  const boot = /^btime (?<seconds>\d+)$/mu.exec(all)?.groups?.['seconds'];
  const ticks = own?.slice(own.lastIndexOf(')') + 2).split(' ')[19];
  if (boot === undefined || ticks === undefined) return undefined;
  return Number(boot) * 1000 + (Number(ticks) * 1000) / TICKS;
}

/** Throws if the file names no process, or one that started after the file was written, so that its PID was reused. */
export async function signalProcess({ pidFile, name }: NonNullable<Service['signal']>): Promise<void> {
  const seen = await readWhole(pidFile, LIMIT);
  if (seen.kind !== 'file') throw new Error(`${pidFile} ${seen.kind === 'missing' ? 'is missing' : `is ${seen.what}`}`);
  const pid = Number(/^\s*(?<pid>[1-9]\d{0,8})\s*$/u.exec(seen.text)?.groups?.['pid'] ?? 0);
  if (pid <= 1) throw new Error(`${pidFile} does not hold a process number`);
  const started = await startOf(pid);
  if (started === undefined) throw new Error(`process ${pid}, which ${pidFile} names, does not exist`);
  const written = (await stat(pidFile)).mtimeMs;
  if (started > written + SLACK_MS)
    throw new Error(
      `the process ${pid} started after ${pidFile} was written, so ${pidFile} is outdated and no signal is sent`,
    );
  try {
    process.kill(pid, `SIG${name}`);
  } catch (error) {
    throw new Error(`the process ${pid} of ${pidFile} did not accept the signal: ${codeOf(error) ?? 'unknown'}`, {
      cause: error,
    });
  }
}
