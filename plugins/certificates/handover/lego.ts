/**
 * Lego's folder: `accounts/` and `certificates/`. It has neither the address of a directory nor the challenges: those are in
 * `.lego.yml`, from version 5 on, or in the command line of a scheduler.
 */

import {
  addressesOf,
  type ClientAccount,
  type ClientCertificate,
  type ClientFolder,
  directoryOf,
  jsonObject,
  type SettingsFiles,
  singleHook,
} from './forms.ts';
import { firstBy, pairKey } from './look-up.ts';
import { configuredLego } from './lego-config.ts';
import { type LegoSettings, UNKNOWN_METHOD } from './lego-settings.ts';
import { scheduledLego } from './lego-runs.ts';

/** Directories by host. */
const DIRECTORIES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    'acme-v02.api.letsencrypt.org': 'https://acme-v02.api.letsencrypt.org/directory',
    'acme-staging-v02.api.letsencrypt.org': 'https://acme-staging-v02.api.letsencrypt.org/directory',
    'acme.zerossl.com': 'https://acme.zerossl.com/v2/DV90',
    'dv.acme-v02.api.pki.goog': 'https://dv.acme-v02.api.pki.goog/directory',
  }),
);

interface Account extends ClientAccount {
  readonly root: string;
  readonly host: string;
}

function hostOf(url: unknown): string | undefined {
  return typeof url === 'string' && URL.canParse(url) ? new URL(url).host : undefined;
}

/** Keys are in `keys/`, and from version 5 on in a folder with the name of their type. */
const KEY = /^(.*)\/accounts\/([^/]+)\/([^/]+)\/(keys|[A-Za-z0-9]+)\/\3\.key$/u;

function accountsOf({ paths, texts }: SettingsFiles, servers: readonly string[]): readonly Account[] {
  const byHost = firstBy(servers, hostOf);
  return paths.flatMap((key) => {
    const [, root, server, id, kind] = KEY.exec(key) ?? [];
    if (root === undefined || server === undefined || id === undefined) return [];
    const folder = key.slice(0, -(kind === 'keys' ? `/keys/${id}.key` : `/${id}.key`).length);
    const host = server.replace('_', ':');
    const known = DIRECTORIES.get(host) ?? byHost.get(host);
    const directory = directoryOf(known ?? `https://${host}/directory`);
    if (directory === undefined) return [];
    const stored = jsonObject(texts.get(`${folder}/account.json`));
    const notes = known === undefined ? ['lego does not record the address of the directory: check `directory`'] : [];
    const contact = addressesOf([stored['email']]);
    return [{ client: 'lego' as const, key, directory, contact, notes, root, host }];
  });
}

interface Named {
  readonly root: string;
  readonly stem: string;
  readonly domains: readonly string[];
}

/** The settings for a certificate: the first ones that name it. */
function settingsBy(all: readonly LegoSettings[]): (certificate: Named) => LegoSettings | undefined {
  const entries = all.flatMap(({ storage, names }, at) => names.map((name) => ({ key: pairKey(storage, name), at })));
  const first = firstBy(entries, ({ key }) => key);
  return ({ root, stem, domains }) => {
    const names = [stem, stem.replace(/^_\./u, '*.'), ...domains];
    const found = names.flatMap((name) => [root, undefined].flatMap((at) => first.get(pairKey(at, name)) ?? []));
    const at = found.reduce((least, each) => Math.min(least, each.at), all.length);
    return all[at];
  };
}

function textsIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

/** Reads lego's folder. */
export function readLego(files: SettingsFiles): ClientFolder {
  const settings = [...configuredLego(files), ...scheduledLego(files)];
  const accounts = accountsOf(
    files,
    settings.flatMap(({ server }) => server ?? []),
  );
  const byAuthority = Map.groupBy(accounts, ({ root, host }) => pairKey(root, host));
  const settingsFor = settingsBy(settings);
  const certificates = files.paths.flatMap((path): readonly ClientCertificate[] => {
    const [, root, name] = /^(.*)\/certificates\/([^/]+)\.json$/u.exec(path) ?? [];
    if (root === undefined || name === undefined) return [];
    const stored = jsonObject(files.texts.get(path));
    const host = hostOf(stored['certUrl']);
    const [account, ...more] = byAuthority.get(pairKey(root, host)) ?? [];
    if (account === undefined) return [];
    const own = settingsFor({ root, stem: name, domains: textsIn(stored['domains']) });
    const { hook, obstacles } = singleHook('lego', own?.hooks ?? []);
    return [
      {
        client: 'lego',
        folder: `${root}/certificates`,
        stem: name,
        account: account.key,
        methods: new Map(),
        usual: own?.method ?? UNKNOWN_METHOD,
        ...(own?.profile === undefined ? {} : { profile: own.profile }),
        ...(own?.preferredChain === undefined ? {} : { preferredChain: own.preferredChain }),
        ...(hook === undefined ? {} : { hook }),
        obstacles: [
          ...(more.length === 0 ? [] : ['lego has several accounts at the authority. Choose one']),
          ...(own?.obstacles ?? []),
          ...obstacles,
        ],
      },
    ];
  });
  return { accounts, certificates };
}
