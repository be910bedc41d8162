/** The folder of dehydrated: `accounts/`, `certs/` and its file `config`, which can be in another folder. */

import {
  addressesOf,
  type ClientAccount,
  type ClientCertificate,
  type ClientFolder,
  directoryOf,
  jsonObject,
  type Method,
  type SettingsFiles,
  splitPath,
  webrootMethod,
} from './forms.ts';
import { parseAssignments } from './settings-text.ts';

const KEY = /^(.*)\/accounts\/([\w-]+)\/account_key\.pem$/u;
const NAMED: Readonly<Record<string, string>> = {
  letsencrypt: 'https://acme-v02.api.letsencrypt.org/directory',
  'letsencrypt-test': 'https://acme-staging-v02.api.letsencrypt.org/directory',
  zerossl: 'https://acme.zerossl.com/v2/DV90',
  google: 'https://dv.acme-v02.api.pki.goog/directory',
  'google-test': 'https://dv.acme-v02.test-api.pki.goog/directory',
};
const CHALLENGES = '/.well-known/acme-challenge';

interface Account extends ClientAccount {
  readonly root: string;
}

function accountsOf({ paths, texts }: SettingsFiles): readonly Account[] {
  return paths.flatMap((key) => {
    const [, root, encoded] = KEY.exec(key) ?? [];
    const directory = directoryOf(
      Buffer.from(encoded ?? '', 'base64url')
        .toString('latin1')
        .trim(),
    );
    if (root === undefined || directory === undefined) return [];
    const contact = addressesOf(jsonObject(texts.get(`${splitPath(key).folder}/registration_info.json`))['contact']);
    return [{ client: 'dehydrated' as const, key, directory, contact, notes: [], root }];
  });
}

function methodOf(values: ReadonlyMap<string, string>): Method {
  const challenge = values.get('CHALLENGETYPE') ?? 'http-01';
  if (challenge !== 'http-01')
    return { by: 'other', why: `dehydrated proves its names by ${challenge} and a hook. Add a solver to the Issuer` };
  const folder = (values.get('WELLKNOWN') ?? '/var/www/dehydrated').replace(/\/+$/u, '');
  if (folder.endsWith(CHALLENGES)) return webrootMethod(folder.slice(0, -CHALLENGES.length) || '/');
  return {
    by: 'other',
    why: `The web server serves ${folder} as ${CHALLENGES}, and fettle writes to that folder below a webroot. Add a solver with a webroot to the Issuer`,
  };
}

/** The settings for a root: of its own `config`, else of another one in a folder `dehydrated`. */
function configOf(root: string, { paths, texts }: SettingsFiles): ReadonlyMap<string, string> | undefined {
  const own = `${root}/config`;
  const path = paths.includes(own) ? own : paths.find((each) => each.endsWith('/dehydrated/config'));
  if (path === undefined) return undefined;
  const more = paths.filter((each) => each.startsWith(`${splitPath(path).folder}/conf.d/`)).toSorted();
  return parseAssignments([`BASEDIR=${root}`, ...[path, ...more].map((each) => texts.get(each) ?? '')].join('\n'));
}

/** The call of the hook for a new certificate. Other calls of dehydrated have no counterpart. */
function deployOf(
  hook: string,
  chain: string | undefined,
  folder: string,
): Pick<ClientCertificate, 'deploy' | 'obstacles'> {
  if (hook === '') return { obstacles: [] };
  if (!hook.startsWith('/') || chain === 'yes')
    return { obstacles: [`dehydrated runs ${hook} at a renewal. Set \`deploy\` or \`reload\` of the Certificate`] };
  const files = ['privkey', 'cert', 'fullchain', 'chain'].map((name) => `${folder}/${name}.pem`);
  // The last word is the time of the certificate, which fettle does not know before the step.
  return { deploy: [hook, 'deploy_cert', splitPath(folder).name, ...files, '0'], obstacles: [] };
}

const NO_CONFIG = 'The file `config` of dehydrated was not found. Search its folder too';

/** Reads the folder of dehydrated. */
export function readDehydrated(files: SettingsFiles): ClientFolder {
  const accounts = accountsOf(files);
  const folders = [...new Set(files.paths.flatMap((path) => /^.*\/certs\/[^/]+(?=\/)/u.exec(path)?.[0] ?? []))];
  const certificates = folders.flatMap((folder): readonly ClientCertificate[] => {
    const root = splitPath(splitPath(folder).folder).folder;
    const own = accounts.filter((each) => each.root === root);
    const config = configOf(root, files);
    const ca = config?.get('CA') ?? 'letsencrypt';
    const account = own.find((each) => each.directory === (NAMED[ca] ?? ca)) ?? (own.length === 1 ? own[0] : undefined);
    if (account === undefined) return [];
    // A certificate can have settings of its own.
    const values = new Map([...(config ?? []), ...parseAssignments(files.texts.get(`${folder}/config`) ?? '')]);
    const preferredChain = values.get('PREFERRED_CHAIN') ?? '';
    const profile = values.get('ACME_PROFILE') ?? '';
    const hook = values.get('HOOK') ?? '';
    return [
      {
        client: 'dehydrated',
        folder,
        account: account.key,
        methods: new Map(),
        usual: config === undefined ? { by: 'other', why: NO_CONFIG } : methodOf(values),
        ...(profile === '' ? {} : { profile }),
        ...(preferredChain === '' ? {} : { preferredChain }),
        ...deployOf(hook, values.get('HOOK_CHAIN'), folder),
      },
    ];
  });
  return { accounts, certificates };
}
