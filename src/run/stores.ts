/** Stores: opens the one that a configuration names, reads its log, and reports the condition of the log. */

import { isAbsolute, relative, resolve, sep } from 'node:path';
import type { Config } from '../engine/load/config.ts';
import type { Draft, LogRecord } from '../formats/log-record.ts';
import { fold, type Recall } from '../engine/remember.ts';
import { isDatabase } from '../engine/store-address.ts';
import { digestOf, InputError, instantText } from '#plugin';
import type { LogHandleOptions } from '../store/log-handle.ts';
import { openFileStore } from '../store/files/file-store.ts';
import type { ReadReport, Store } from '../store/store.ts';
import { checkStoreFolder, realPathOf } from '../store/files/trust-store.ts';
import { ciRun } from './ci.ts';
import type { Listener } from './events.ts';
import type { Workspace } from './project.ts';

/** The folder of a file store; undefined if the store is a database. */
export function storeFolder(config: Config): string | undefined {
  return isDatabase(config.store) ? undefined : resolve(config.folder, config.store);
}

/** A digest of the log that a configuration names: the store, and the project in it. */
export function logOf(config: Config): string {
  const { name, store } = config;
  return digestOf({ name, store: storeFolder(config) ?? store });
}

/** True if a folder is inside another one, by real paths. */
export async function isInside(folder: string, around: string): Promise<boolean> {
  const way = relative(await realPathOf(around), await realPathOf(folder));
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** Returns the folder. Throws if it is not trusted, or if the project needs a name to share the store. */
async function checkedFolder(folder: string, config: Config, say: Listener): Promise<string> {
  if (!config.nameWritten && !(await isInside(folder, config.folder))) {
    throw new InputError(
      `the store ${folder} is outside the project, and fettle.yaml has no \`name\`. Other projects may use this ` +
        `store too, and the name of the folder changes with the checkout. Add \`name: ${config.name}\`, or another name`,
    );
  }
  for (const warning of await checkStoreFolder(folder, config.owners)) say({ type: 'store-doubted', message: warning });
  return folder;
}

/**
 * Opens the store that the configuration names: a folder, or a database. Throws if the folder is not trusted, or if a
 * secret would be sent to a host that the environment does not name.
 */
export async function openConfiguredStore({ host, config }: Workspace, say: Listener): Promise<Store> {
  const run = ciRun(host.env);
  const { now, randomId } = host;
  const options = <Place extends object>(place: Place): Place & LogHandleOptions & { readonly project: string } => ({
    ...place,
    project: config.name,
    // The actor is only known to the system, and only a writer needs it.
    get actor() {
      return host.actor;
    },
    now,
    randomId,
    ...(run === undefined ? {} : { run }),
  });
  const folder = storeFolder(config);
  if (folder !== undefined) return openFileStore(options({ folder: await checkedFolder(folder, config, say) }));
  // The PostgreSQL driver is only loaded for a database.
  const { openPostgresStore } = await import('../store/postgres/postgres-store.ts');
  const { targetOf } = await import('../store/postgres/target.ts');
  if (!config.nameWritten)
    throw new InputError('a shared store needs `name` in fettle.yaml, which identifies the project in it');
  const target = await targetOf(config.store, config.storeFrom === 'environment' ? 'environment' : 'file', host.env);
  return openPostgresStore(options({ target }));
}

/** Opens the store of a workspace for `work`, and closes it. */
export async function withStore<T>(
  workspace: Workspace,
  say: Listener,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  const store = await workspace.host.openStore(workspace, say);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** Reports damage to a log whose valid beginning is used. */
export function sayLogState({ damage, torn, status }: ReadReport, { place }: Store, say: Listener): void {
  if (status === 'none') say({ type: 'log-missing', place });
  if (damage.length > 0) say({ type: 'log-damaged', damage, place, use: 'beginning' });
  if (torn !== undefined) say({ type: 'log-torn', bytes: torn.bytes });
}

/** Folds records into the state without writing them: `plan` does this instead of appending. */
export function rememberOnly(
  recall: Recall,
  now: () => number,
): (drafts: readonly Draft[]) => Promise<readonly LogRecord[]> {
  return async (drafts) => {
    const records = drafts.map(
      (draft): LogRecord => ({ ...draft, seq: 0, time: instantText(now()), actor: '', prev: '', hash: '' }),
    );
    for (const record of records) fold(recall, record);
    return records;
  };
}
