/** Certbot's folder: `accounts/`, `renewal/` and `live/`. */

import {
  addressesOf,
  type ClientAccount,
  type ClientCertificate,
  type ClientFolder,
  directoryOf,
  type DnsType,
  jsonObject,
  listenerMethod,
  type Method,
  type SettingsFiles,
  singleHook,
  splitPath,
  webrootMethod,
} from './forms.ts';
import { scheduledRuns } from './scheduled.ts';
import { parseSections, type Sections } from './settings-text.ts';

const KEY = /^(.*)\/accounts\/(.+)\/([0-9a-f]{32})\/private_key\.json$/u;
const DNS: Readonly<Record<string, DnsType>> = { 'dns-rfc2136': 'rfc2136', 'dns-hetzner': 'hetzner' };

interface Account extends ClientAccount {
  readonly root: string;
  readonly id: string;
}

/** The settings of a certificate, by section. */
interface Lineage {
  readonly root: string;
  readonly name: string;
  readonly sections: Sections;
  readonly params: ReadonlyMap<string, string>;
}

function lineagesOf({ paths, texts }: SettingsFiles): readonly Lineage[] {
  return paths.flatMap((path) => {
    const [, root, name] = /^(.*)\/renewal\/([^/]+)\.conf$/u.exec(path) ?? [];
    if (root === undefined || name === undefined) return [];
    const sections = parseSections(texts.get(path) ?? '');
    return [{ root, name, sections, params: sections.get('renewalparams') ?? new Map<string, string>() }];
  });
}

/** The accounts. The folder of an older account names a directory that no longer exists: its certificates name the present one. */
function accountsOf({ paths, texts }: SettingsFiles, lineages: readonly Lineage[]): readonly Account[] {
  return paths.flatMap((key) => {
    const [, root, server, id] = KEY.exec(key) ?? [];
    if (root === undefined || id === undefined) return [];
    const user = lineages.find((each) => each.root === root && each.params.get('account') === id);
    const directory = directoryOf(user?.params.get('server')) ?? directoryOf(`https://${server}`);
    if (directory === undefined) return [];
    const { body } = jsonObject(texts.get(`${splitPath(key).folder}/regr.json`));
    const contact = addressesOf((body as { contact?: unknown } | undefined)?.contact);
    return [{ client: 'certbot' as const, key, directory, contact, notes: [], root, id }];
  });
}

function list(text: string | undefined): readonly string[] {
  return (text ?? '')
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');
}

function usualMethod(params: ReadonlyMap<string, string>): Method {
  const authenticator = params.get('authenticator') ?? '';
  if (authenticator === 'webroot') {
    const folder = list(params.get('webroot_path')).at(-1);
    return folder === undefined ? { by: 'other', why: 'Its webroot is not recorded' } : webrootMethod(folder);
  }
  if (authenticator === 'standalone') return listenerMethod(params.get('http01_port'), params.get('http01_address'));
  const type = DNS[authenticator];
  if (type !== undefined) return { by: 'dns', type };
  return {
    by: 'other',
    why: `certbot proves its names by ${authenticator === '' ? 'an unknown method' : authenticator}. Add a solver to the Issuer`,
  };
}

const INSTALLED = new Set(['None', '']);

/** Reasons in the settings, and in scripts that certbot runs for every certificate. */
function obstaclesOf(
  { params, usual }: { readonly params: ReadonlyMap<string, string>; readonly usual: ReadonlyMap<string, string> },
  root: string,
  paths: readonly string[],
): readonly string[] {
  const installer = params.get('installer') ?? '';
  const pre = params.get('pre_hook') ?? usual.get('pre-hook');
  const is = (name: string, value: string): boolean =>
    (params.get(name) ?? usual.get(name.replaceAll('_', '-')))?.toLowerCase() === value;
  const before = paths.filter((path) => path.startsWith(`${root}/renewal-hooks/pre/`));
  return [
    ...(is('autorenew', 'false') ? ['certbot does not renew it (`autorenew` is False)'] : []),
    ...(is('reuse_key', 'true')
      ? [
          'certbot keeps the key at a renewal (`reuse_key` is True), and fettle creates another one. Remove pins of the key',
        ]
      : []),
    ...(INSTALLED.has(installer) || installer === 'nginx'
      ? []
      : [`certbot reloads ${installer} after a renewal. Set \`reload\` of the Certificate`]),
    ...(pre === undefined ? [] : [`certbot runs a command before a renewal: ${pre}. fettle has no such step`]),
    ...(before.length === 0
      ? []
      : [`certbot runs scripts before a renewal: ${before.join(', ')}. fettle has no such step`]),
  ];
}

/** Scripts that certbot runs after a renewal of any certificate. */
function scriptsOf(
  root: string,
  { paths, texts }: SettingsFiles,
): { readonly hooks: readonly string[]; readonly obstacles: readonly string[] } {
  const folders = ['deploy', 'post'].map((name) => `${root}/renewal-hooks/${name}`);
  const scripts = paths.filter((path) => folders.includes(splitPath(path).folder));
  // A script without a text is large, or cannot be run.
  const isPlain = (path: string): boolean => !/RENEWED_/u.test(texts.get(path) ?? 'RENEWED_');
  const other = scripts.filter((path) => !isPlain(path));
  return {
    hooks: scripts.filter(isPlain),
    obstacles:
      other.length === 0
        ? []
        : [
            `certbot runs scripts after a renewal, with values that fettle does not set: ${other.join(', ')}. Set \`deploy\` or \`reload\` of the Certificate`,
          ],
  };
}

/** Options of `certbot renew` with a command, and those without a value. */
const HOOKS = ['deploy-hook', 'renew-hook', 'post-hook'];
const SWITCHES: ReadonlySet<string> = new Set(
  'q quiet n non-interactive no-random-sleep-on-renew dry-run force-renewal agree-tos no-self-upgrade v'.split(' '),
);

/** Command lines that a scheduler passes to every renewal. */
function scheduledHooks(files: SettingsFiles): readonly string[] {
  return scheduledRuns(files, 'certbot', SWITCHES)
    .filter(({ words }) => words.includes('renew'))
    .flatMap(({ options }) => HOOKS.flatMap((name) => options.get(name) ?? []));
}

/** Reads certbot's folder. */
export function readCertbot(files: SettingsFiles): ClientFolder {
  const lineages = lineagesOf(files);
  const accounts = accountsOf(files, lineages);
  const scheduled = scheduledHooks(files);
  const certificates = lineages.flatMap(({ root, name, sections, params }): readonly ClientCertificate[] => {
    const account = accounts.find((each) => each.root === root && each.id === params.get('account'));
    if (account === undefined) return [];
    const webroots = sections.get('renewalparams/webroot_map') ?? new Map<string, string>();
    const scripts = scriptsOf(root, files);
    const usual = parseSections(files.texts.get(`${root}/cli.ini`) ?? '').get('') ?? new Map<string, string>();
    const { hook, obstacles } = singleHook('certbot', [
      params.get('renew_hook'),
      params.get('post_hook'),
      params.get('installer') === 'nginx' ? 'nginx -s reload' : undefined,
      ...HOOKS.map((option) => usual.get(option)),
      ...scheduled,
      ...scripts.hooks,
    ]);
    const profile = params.get('required_profile') ?? params.get('preferred_profile');
    const preferredChain = params.get('preferred_chain');
    return [
      {
        client: 'certbot',
        folder: `${root}/live/${name}`,
        account: account.key,
        methods:
          params.get('authenticator') === 'webroot'
            ? new Map([...webroots].map(([each, folder]) => [each.toLowerCase(), webrootMethod(folder)]))
            : new Map(),
        usual: usualMethod(params),
        ...(profile === undefined ? {} : { profile }),
        ...(preferredChain === undefined ? {} : { preferredChain }),
        ...(hook === undefined ? {} : { hook }),
        obstacles: [...obstaclesOf({ params, usual }, root, files.paths), ...scripts.obstacles, ...obstacles],
      },
    ];
  });
  return { accounts, certificates };
}
