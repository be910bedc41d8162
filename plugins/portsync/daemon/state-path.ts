/** The place of the state folder of the daemon. */

import { join } from 'node:path';
import { InputError } from '#plugin';

export const DEFAULT_STATE_FOLDER = '/var/lib/fettle/portsync';
export const STATE_VARIABLE = 'FETTLE_PORTSYNC_STATE';

type Env = Readonly<Record<string, string | undefined>>;

/** The state folder: an option, the environment, or the default. */
export function stateFolderPath(flag: string | undefined, env: Env): string {
  const path = flag ?? env[STATE_VARIABLE] ?? DEFAULT_STATE_FOLDER;
  if (!path.startsWith('/')) throw new InputError(`the state folder ${path} is not an absolute path`);
  return join(path);
}
