/** The heartbeat of a holder on files: sets the time of its lock file. */

import { closeSync, futimesSync, openSync, readFileSync } from 'node:fs';
import { errorCode } from '../error-code.ts';
import type { Beating } from '../heartbeat.ts';
import { parseHolder } from '../holder.ts';

/** A lock file whose modification time is the heartbeat, as data that another thread can be given. */
export interface FileBeat {
  readonly kind: 'file';
  readonly path: string;
  /** The holder's id. A lock of the same name that another holder has is not kept alive. */
  readonly holderId: string;
}

/** Opens the file anew for each beat, because a network file system looks the name up again only then. */
export function openFileBeat({ path, holderId }: FileBeat): Beating {
  const beat = (): boolean => {
    let file: number;
    try {
      file = openSync(path, 'r+');
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return false;
      throw error;
    }
    try {
      if (parseHolder(readFileSync(file, 'utf8')).id !== holderId) return false;
      const now = new Date();
      futimesSync(file, now, now);
      return true;
    } finally {
      closeSync(file);
    }
  };
  return { beat: async () => beat(), close: async () => undefined };
}
