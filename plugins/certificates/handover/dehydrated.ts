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
  unknownSettings,
  webrootMethod,
} from './forms.ts';
import { firstBy, memoized, pairKey } from './look-up.ts';
import { type Assignments, parseAssignments } from './settings-text.ts';
import { type Hook, shownCommand } from './shown.ts';

const KEY = /^(.*)\/accounts\/([\w-]+)\/account_key\.pem$/u;
const NAMED: ReadonlyMap<string, string> = new Map(
  Object.entries({
    letsencrypt: 'https://acme-v02.api.letsencrypt.org/directory',
    'letsencrypt-test': 'https://acme-staging-v02.api.letsencrypt.org/directory',
    zerossl: 'https://acme.zerossl.com/v2/DV90',
    google: 'https://dv.acme-v02.api.pki.goog/directory',
    'google-test': 'https://dv.acme-v02.test-api.pki.goog/directory',
  }),
);
const CHALLENGES = '/.well-known/acme-challenge';

interface Config extends Assignments {
  readonly file: string;
}

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

/** Settings that decide the handover. */
const USED = ['CA', 'CHALLENGETYPE', 'WELLKNOWN', 'PREFERRED_CHAIN', 'ACME_PROFILE', 'HOOK', 'HOOK_CHAIN'];

function methodOf(valueOf: (name: string) => string | undefined): Method {
  const challenge = valueOf('CHALLENGETYPE') ?? 'http-01';
  if (challenge !== 'http-01')
    return { by: 'other', why: `dehydrated proves its names by ${challenge} and a hook. Add a solver to the Issuer` };
  const folder = (valueOf('WELLKNOWN') ?? '/var/www/dehydrated').replace(/\/+$/u, '');
  if (folder.endsWith(CHALLENGES)) return webrootMethod(folder.slice(0, -CHALLENGES.length) || '/');
  return {
    by: 'other',
    why: `The web server serves ${folder} as ${CHALLENGES}, and fettle writes to that folder below a webroot. Add a solver with a webroot to the Issuer`,
  };
}

/** Maximum number of folders that share one `config`: its values differ by folder, so each one reads it again. */
const MOST_SHARED = 100;

/** The settings for a root: of its own `config`, else of another one in a folder `dehydrated`. */
function configsOf({ paths, texts }: SettingsFiles): (root: string) => Config | undefined {
  const known = new Set(paths);
  const inFolder = Map.groupBy(paths, (path) => splitPath(path).folder);
  const usual = paths.find((each) => each.endsWith('/dehydrated/config'));
  let shared = 0;
  return memoized((root) => {
    const own = `${root}/config`;
    const path = known.has(own) ? own : usual;
    if (path !== own) shared += 1;
    if (path === undefined || shared > MOST_SHARED) return undefined;
    const more = (inFolder.get(`${splitPath(path).folder}/conf.d`) ?? []).toSorted();
    const text = [`BASEDIR=${root}`, ...[path, ...more].map((each) => texts.get(each) ?? '')].join('\n');
    return { ...parseAssignments(text), file: path };
  });
}

/** The call of the hook for a new certificate. Other calls of dehydrated have no counterpart. */
function deployOf(
  { command: hook, file }: Hook,
  chain: string | undefined,
  folder: string,
): Pick<ClientCertificate, 'deploy' | 'obstacles'> {
  if (hook === '') return { obstacles: [] };
  if (!hook.startsWith('/') || chain === 'yes')
    return {
      obstacles: [
        `dehydrated runs ${shownCommand({ command: hook, file })} at a renewal. Set \`deploy\` or \`reload\` of the Certificate`,
      ],
    };
  const files = ['privkey', 'cert', 'fullchain', 'chain'].map((name) => `${folder}/${name}.pem`);
  // The last word is the time of the certificate, which fettle does not know before the step.
  return { deploy: [hook, 'deploy_cert', splitPath(folder).name, ...files, '0'], obstacles: [] };
}

const NO_CONFIG = 'The file `config` of dehydrated was not found. Search its folder too';

/** Reads the folder of dehydrated. */
export function readDehydrated(files: SettingsFiles): ClientFolder {
  const accounts = accountsOf(files);
  const byRoot = Map.groupBy(accounts, ({ root }) => root);
  const byDirectory = firstBy(accounts, ({ root, directory }) => pairKey(root, directory));
  const configOf = configsOf(files);
  const folders = [...new Set(files.paths.flatMap((path) => /^.*\/certs\/[^/]+(?=\/)/u.exec(path)?.[0] ?? []))];
  const certificates = folders.flatMap((folder): readonly ClientCertificate[] => {
    const root = splitPath(splitPath(folder).folder).folder;
    const [only, ...more] = byRoot.get(root) ?? [];
    if (only === undefined) return [];
    const config = configOf(root);
    const ca = config?.values.get('CA') ?? 'letsencrypt';
    const account = byDirectory.get(pairKey(root, NAMED.get(ca) ?? ca)) ?? (more.length === 0 ? only : undefined);
    if (account === undefined) return [];
    // A certificate can have settings of its own.
    const ownFile = `${folder}/config`;
    const own = parseAssignments(files.texts.get(ownFile) ?? '');
    const valueOf = (name: string): string | undefined => own.values.get(name) ?? config?.values.get(name);
    const unknown = USED.filter(
      (name) => own.unknown.has(name) || (!own.values.has(name) && config?.unknown.has(name) === true),
    );
    const preferredChain = valueOf('PREFERRED_CHAIN') ?? '';
    const profile = valueOf('ACME_PROFILE') ?? '';
    const hookFile = own.values.has('HOOK') ? ownFile : (config?.file ?? ownFile);
    const { deploy, obstacles } = deployOf(
      { command: valueOf('HOOK') ?? '', file: hookFile },
      valueOf('HOOK_CHAIN'),
      folder,
    );
    return [
      {
        client: 'dehydrated',
        folder,
        account: account.key,
        methods: new Map(),
        usual: config === undefined ? { by: 'other', why: NO_CONFIG } : methodOf(valueOf),
        ...(profile === '' ? {} : { profile }),
        ...(preferredChain === '' ? {} : { preferredChain }),
        ...(deploy === undefined ? {} : { deploy }),
        obstacles: [...unknownSettings('dehydrated', unknown), ...obstacles],
      },
    ];
  });
  return { accounts, certificates };
}
