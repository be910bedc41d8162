/** The status of a daemon in its state folder, for `portsync status`; and the request to reset its metrics. */

import { join } from 'node:path';
import { unlink } from 'node:fs/promises';
import { codeOf, isRecord } from '#plugin';
import type { DaemonStatus } from './daemon.ts';
import { readOwn, replaceOwn } from './own-folder.ts';
import { RESET_FILE, STATUS_FILE, type StateFolder } from './state-file.ts';

type At = Pick<StateFolder, 'path'>;

const LIMIT_BYTES = 100_000;
const QUICK = { isDurable: false } as const;

export async function writeStatus({ path }: At, status: DaemonStatus): Promise<void> {
  await replaceOwn(path, STATUS_FILE, `${JSON.stringify(status)}\n`, QUICK);
}

/** The last status that a daemon wrote; undefined if there is none. Only this user and root write in the folder. */
export async function readStatus({ path }: At): Promise<DaemonStatus | undefined> {
  const file = await readOwn(join(path, STATUS_FILE), LIMIT_BYTES);
  if (file.status !== 'read') return undefined;
  try {
    const value: unknown = JSON.parse(file.text);
    return isRecord(value) && 'phase' in value && 'health' in value ? (value as unknown as DaemonStatus) : undefined;
  } catch {
    return undefined;
  }
}

/** Asks the running daemon to reset its metrics. */
export async function askReset({ path }: At): Promise<void> {
  await replaceOwn(path, RESET_FILE, '', QUICK);
}

/** True if a reset is asked for, and not done. */
export async function isResetAsked({ path }: At): Promise<boolean> {
  return (await readOwn(join(path, RESET_FILE), LIMIT_BYTES)).status === 'read';
}

/** Ends a request; true if there was one. */
export async function takeReset({ path }: At): Promise<boolean> {
  try {
    await unlink(join(path, RESET_FILE));
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}
