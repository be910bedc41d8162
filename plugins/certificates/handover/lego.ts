/** Lego's folder: `accounts/` and `certificates/`. Lego records neither the address of a directory nor its challenges. */

import {
  addressesOf,
  type ClientAccount,
  type ClientCertificate,
  type ClientFolder,
  directoryOf,
  jsonObject,
  type SettingsFiles,
} from './forms.ts';

/** Directories by host. */
const DIRECTORIES: Readonly<Record<string, string>> = {
  'acme-v02.api.letsencrypt.org': 'https://acme-v02.api.letsencrypt.org/directory',
  'acme-staging-v02.api.letsencrypt.org': 'https://acme-staging-v02.api.letsencrypt.org/directory',
  'acme.zerossl.com': 'https://acme.zerossl.com/v2/DV90',
  'dv.acme-v02.api.pki.goog': 'https://dv.acme-v02.api.pki.goog/directory',
};
const WHY = 'lego does not record how it proves names. Add a solver to the Issuer';

interface Account extends ClientAccount {
  readonly root: string;
  readonly host: string;
}

function accountsOf({ paths, texts }: SettingsFiles): readonly Account[] {
  return paths.flatMap((key) => {
    const [, root, server, email] = /^(.*)\/accounts\/([^/]+)\/([^/]+)\/keys\/\3\.key$/u.exec(key) ?? [];
    if (root === undefined || server === undefined || email === undefined) return [];
    const folder = key.slice(0, -`/keys/${email}.key`.length);
    const host = server.replace('_', ':');
    const directory = directoryOf(DIRECTORIES[host] ?? `https://${host}/directory`);
    if (directory === undefined) return [];
    const stored = jsonObject(texts.get(`${folder}/account.json`));
    const notes =
      DIRECTORIES[host] === undefined ? ['lego does not record the address of the directory: check `directory`'] : [];
    const contact = addressesOf([stored['email']]);
    return [{ client: 'lego' as const, key, directory, contact, notes, root, host }];
  });
}

function hostOf(url: unknown): string | undefined {
  return typeof url === 'string' && URL.canParse(url) ? new URL(url).host : undefined;
}

/** Reads lego's folder. */
export function readLego(files: SettingsFiles): ClientFolder {
  const accounts = accountsOf(files);
  const certificates = files.paths.flatMap((path): readonly ClientCertificate[] => {
    const [, root, name] = /^(.*)\/certificates\/([^/]+)\.json$/u.exec(path) ?? [];
    if (root === undefined || name === undefined) return [];
    const host = hostOf(jsonObject(files.texts.get(path))['certUrl']);
    const [account, ...more] = accounts.filter((each) => each.root === root && each.host === host);
    if (account === undefined) return [];
    return [
      {
        client: 'lego',
        folder: `${root}/certificates`,
        stem: name,
        account: account.key,
        methods: new Map(),
        usual: { by: 'other', why: WHY },
        obstacles: more.length === 0 ? [] : ['lego has several accounts at the authority. Choose one'],
      },
    ];
  });
  return { accounts, certificates };
}
