/** Finds the folders of other ACME clients below a folder. Reads small settings, and no key. */

import { readdir } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { readAcmeSh } from '../handover/acme-sh.ts';
import { readCertbot } from '../handover/certbot.ts';
import { readDehydrated } from '../handover/dehydrated.ts';
import type { ClientFolder, SettingsFiles } from '../handover/forms.ts';
import { readLego } from '../handover/lego.ts';
import type { Unread } from '../world.ts';
import { readWhole } from './files.ts';

const DEEPEST = 10;
const MOST_FILES = 100_000;
const MOST_SETTINGS = 20_000;
const LIMIT = 65_536;
/** Maximum number of bytes of all settings together. */
const MOST_BYTES = 16_777_216;
/** Files with settings. `account.conf` of acme.sh is not one of them: it has the secrets of services. */
const SETTINGS =
  /\/(?:regr\.json|account\.json|registration_info\.json|ca\.conf|cli\.ini|config|conf\.d\/[^/]+\.sh|certificates\/[^/]+\.json|renewal\/[^/]+\.conf|renewal-hooks\/(?:deploy|post)\/[^/]+|\.lego\.ya?ml|crontabs?(?:\/[^/]+)?|cron\.(?:d|hourly|daily|weekly|monthly)\/[^/]+|[^/]+\.service|([^/]+?)(?:_ecc)?\/\1\.conf)$/u;

const HOOK = /\/renewal-hooks\//u;

/** Regular files below a folder, and links to scripts of certbot by their names: nothing is ever read through a link. */
async function below(folder: string, signal: AbortSignal): Promise<readonly string[]> {
  const files: string[] = [];
  const look = async (at: string, depth: number): Promise<void> => {
    signal.throwIfAborted();
    // The search for pairs reports a folder that cannot be read.
    const entries = await readdir(at, { withFileTypes: true }).catch(() => []);
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (files.length >= MOST_FILES) return;
      const path = join(at, entry.name);
      if (entry.isDirectory() && depth < DEEPEST) await look(path, depth + 1);
      else if (entry.isFile() || (entry.isSymbolicLink() && HOOK.test(path))) files.push(path);
    }
  };
  await look(folder, 0);
  return files;
}

/** The texts of the settings. Settings beyond the limits are left out: `unread` has the first of them. */
async function settingsIn(
  paths: readonly string[],
  signal: AbortSignal,
): Promise<{ readonly texts: ReadonlyMap<string, string>; readonly unread: readonly Unread[] }> {
  const texts = new Map<string, string>();
  const settings = paths.filter((each) => SETTINGS.test(each));
  let left = MOST_BYTES;
  for (const [at, path] of settings.entries()) {
    signal.throwIfAborted();
    if (at >= MOST_SETTINGS || left < LIMIT) {
      const message = `${settings.length - at} files with settings of ACME clients, this one and those after it, were not read: at most ${MOST_SETTINGS} files with ${MOST_BYTES} bytes are read. Import fewer folders at once`;
      return { texts, unread: [{ path, message }] };
    }
    const file = await readWhole(path, LIMIT).catch(() => undefined);
    if (file?.kind !== 'file' || file.stat.link) continue;
    // A hook that cannot be run is not run.
    if (HOOK.test(path) && (Number.parseInt(file.stat.mode, 8) & 0o111) === 0) continue;
    left -= file.text.length;
    texts.set(path, Buffer.from(file.text, 'latin1').toString('utf8'));
  }
  return { texts, unread: [] };
}

/** Accounts and settings of certbot, lego, acme.sh and dehydrated, also in the schedulers that run them, with paths relative to the project if inside it. */
export async function findAcmeClients(
  project: string,
  places: readonly string[],
  signal: AbortSignal,
): Promise<ClientFolder & { readonly unread: readonly Unread[] }> {
  const found = new Set<string>();
  for (const place of places) for (const path of await below(resolve(project, place), signal)) found.add(path);
  const paths = [...found];
  const { texts, unread } = await settingsIn(paths, signal);
  const files: SettingsFiles = { paths, texts };
  const inProject = (path: string): string => {
    const inside = relative(project, path);
    return inside.startsWith('..') ? path : inside;
  };
  const read = [readCertbot, readLego, readAcmeSh, readDehydrated].map((of) => of(files));
  return {
    unread: unread.map(({ path, message }) => ({ path: inProject(path), message })),
    accounts: read.flatMap(({ accounts }) => accounts).map((each) => ({ ...each, key: inProject(each.key) })),
    certificates: read
      .flatMap(({ certificates }) => certificates)
      .map(({ installed, ...each }) => ({
        ...each,
        ...(installed === undefined ? {} : { installed: installed.map(inProject) }),
        folder: inProject(each.folder),
        account: inProject(each.account),
      })),
  };
}
