/** The alerts that fire in the daemon of this machine, as a refresh reads them. */

import { holderOf } from './process-lock.ts';
import { stateFolderPath } from './state-path.ts';
import { readStatus } from './status-file.ts';

/** The names of the rules that fire; none without a running daemon. The status of one that has ended is old. */
export async function firingRules(env: Readonly<Record<string, string | undefined>>): Promise<readonly string[]> {
  const path = stateFolderPath(undefined, env);
  if ((await holderOf(path)) === undefined) return [];
  const { alerts = [] } = (await readStatus({ path })) ?? {};
  return alerts.flatMap(({ name, status }) => (status === 'firing' ? [name] : [])).toSorted();
}
