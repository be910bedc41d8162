/**
 * The lock of a state folder: `daemon.pid` names the process of this machine that uses it. A lock of a process that no
 * longer runs is taken over; a process is known by its number, its start time and the boot of the machine.
 */

import { readFileSync } from 'node:fs';
import { rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, InputError, isRecord } from '#plugin';
import { addOwn, readOwn } from './own-folder.ts';

const LOCK_FILE = 'daemon.pid';
const LIMIT_BYTES = 1_000;
/** Number of times that a lock of a process that ended is taken over by another one meanwhile. */
const MOST_TRIES = 5;

interface Holder {
  readonly pid: number;
  /** Start of the process, in ticks since the boot. */
  readonly started: string;
  readonly boot: string;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}

/** The start of a process; undefined if it does not run. */
function startOf(pid: number): string | undefined {
  // The name of the program is in parentheses, and may have any character.
  const fields = textOf(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ') ?? [];
  const [state] = fields;
  return state === 'Z' ? undefined : fields[19];
}

function bootId(): string {
  return textOf('/proc/sys/kernel/random/boot_id');
}

function holderIn(text: string): Holder | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(value)) return undefined;
  const { pid, started, boot } = value;
  return Number.isSafeInteger(pid) && typeof started === 'string' && typeof boot === 'string'
    ? { pid: pid as number, started, boot }
    : undefined;
}

/** The process that holds the lock of a folder; undefined if none does. */
export async function holderOf(path: string): Promise<number | undefined> {
  const file = await readOwn(join(path, LOCK_FILE), LIMIT_BYTES);
  const holder = file.status === 'read' ? holderIn(file.text) : undefined;
  if (holder === undefined || holder.boot !== bootId() || startOf(holder.pid) !== holder.started) return undefined;
  return holder.pid;
}

async function removed(path: string): Promise<void> {
  // Only one of several contenders moves it away.
  const aside = `${path}.${process.pid}`;
  try {
    await rename(path, aside);
    await unlink(aside);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}

/** Takes the lock until it is disposed of. Throws an InputError if another process holds it. */
export async function lockFolder(path: string): Promise<AsyncDisposable> {
  const own: Holder = { pid: process.pid, started: startOf(process.pid) ?? '', boot: bootId() };
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    if (await addOwn(path, LOCK_FILE, JSON.stringify(own)))
      return { [Symbol.asyncDispose]: () => removed(join(path, LOCK_FILE)) };
    const holder = await holderOf(path);
    if (holder !== undefined)
      throw new InputError(`process ${holder} uses the folder ${path}. Stop it, or use another folder`);
    await removed(join(path, LOCK_FILE));
  }
  throw new InputError(`the folder ${path} is locked and released by other processes. Use another folder`);
}
