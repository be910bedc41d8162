/** Sends a signal to the process whose number stands in a file, if it is still the one that wrote it. */

import { readFile, stat } from 'node:fs/promises';
import type { Service } from '../world.ts';
import { codeOf } from '#plugin';
import { readWhole } from './files.ts';

const LIMIT = 64;
/** Clock ticks in a second, as /proc counts them on every Linux (USER_HZ, proc(5)). */
const TICKS = 100;
/** The time of the boot is known to a second. */
const SLACK_MS = 2000;

/** When a process was started: epoch ms; undefined where there is none. Fields of /proc/PID/stat follow the name in brackets (proc(5)). */
async function startOf(pid: number): Promise<number | undefined> {
  const [own, all] = await Promise.all([
    readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined),
    readFile('/proc/stat', 'latin1').catch(() => undefined),
  ]);
  if (all === undefined) throw new Error('a signal can only be sent where /proc tells which process is meant');
  const boot = /^btime (?<seconds>\d+)$/mu.exec(all)?.groups?.['seconds'];
  const ticks = own?.slice(own.lastIndexOf(')') + 2).split(' ')[19];
  if (boot === undefined || ticks === undefined) return undefined;
  return Number(boot) * 1000 + (Number(ticks) * 1000) / TICKS;
}

/** Throws where the file names no process, or one that began only after the file was written: its number was given again. */
export async function signalProcess({ pidFile, name }: NonNullable<Service['signal']>): Promise<void> {
  const seen = await readWhole(pidFile, LIMIT);
  if (seen.kind !== 'file') throw new Error(`${pidFile} ${seen.kind === 'missing' ? 'is missing' : `is ${seen.what}`}`);
  const pid = Number(/^\s*(?<pid>[1-9]\d{0,8})\s*$/u.exec(seen.text)?.groups?.['pid'] ?? 0);
  if (pid <= 1) throw new Error(`${pidFile} holds no number of a process`);
  const started = await startOf(pid);
  if (started === undefined) throw new Error(`there is no process ${pid}, which ${pidFile} names`);
  const written = (await stat(pidFile)).mtimeMs;
  if (started > written + SLACK_MS)
    throw new Error(`the process ${pid} began after ${pidFile} was written, so it is another one: no signal is sent`);
  try {
    process.kill(pid, `SIG${name}`);
  } catch (error) {
    throw new Error(`the process ${pid} of ${pidFile} takes no signal: ${codeOf(error) ?? 'unknown'}`, {
      cause: error,
    });
  }
}
