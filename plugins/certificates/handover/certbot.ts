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
import { firstBy, memoized, pairKey } from './look-up.ts';
import { scheduledRuns } from './scheduled.ts';
import { parseSections, type Sections } from './settings-text.ts';
import { type Hook, shownCommand } from './shown.ts';

const KEY = /^(.*)\/accounts\/(.+)\/([0-9a-f]{32})\/private_key\.json$/u;
const DNS: ReadonlyMap<string, DnsType> = new Map([
  ['dns-rfc2136', 'rfc2136'],
  ['dns-hetzner', 'hetzner'],
]);

interface Account extends ClientAccount {
  readonly root: string;
  readonly id: string;
}

/** The settings of a certificate, by section. */
interface Lineage {
  readonly file: string;
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
    return [{ file: path, root, name, sections, params: sections.get('renewalparams') ?? new Map<string, string>() }];
  });
}

/** The accounts. The folder of an older account names a directory that no longer exists: its certificates name the present one. */
function accountsOf({ paths, texts }: SettingsFiles, lineages: readonly Lineage[]): readonly Account[] {
  const users = firstBy(lineages, ({ root, params }) => pairKey(root, params.get('account')));
  return paths.flatMap((key) => {
    const [, root, server, id] = KEY.exec(key) ?? [];
    if (root === undefined || id === undefined) return [];
    const user = users.get(pairKey(root, id));
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
  const type = DNS.get(authenticator);
  if (type !== undefined) return { by: 'dns', type };
  return {
    by: 'other',
    why: `certbot proves its names by ${authenticator === '' ? 'an unknown method' : authenticator}. Add a solver to the Issuer`,
  };
}

/** Settings and scripts for every certificate of a folder. */
interface Common {
  /** Values of `cli.ini`, and its path. */
  readonly usual: ReadonlyMap<string, string>;
  readonly usualFile: string;
  /** Scripts before a renewal. */
  readonly before: readonly string[];
  readonly after: { readonly hooks: readonly Hook[]; readonly obstacles: readonly string[] };
}

function hooksIn(values: ReadonlyMap<string, string>, names: readonly string[], file: string): readonly Hook[] {
  return names.flatMap((name) => {
    const command = values.get(name);
    return command === undefined ? [] : [{ command, file }];
  });
}

const INSTALLED = new Set(['None', '']);

/** Reasons in the settings, and in scripts that certbot runs for every certificate. */
function obstaclesOf({ params, file }: Lineage, { usual, usualFile, before }: Common): readonly string[] {
  const installer = params.get('installer') ?? '';
  const is = (name: string, value: string): boolean =>
    (params.get(name) ?? usual.get(name.replaceAll('_', '-')))?.toLowerCase() === value;
  const pre = hooksIn(params, ['pre_hook'], file)[0] ?? hooksIn(usual, ['pre-hook'], usualFile)[0];
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
    ...(pre === undefined
      ? []
      : [`certbot runs a command before a renewal: ${shownCommand(pre)}. fettle has no such step`]),
    ...(before.length === 0
      ? []
      : [`certbot runs scripts before a renewal: ${before.join(', ')}. fettle has no such step`]),
  ];
}

/** Scripts that certbot runs after a renewal of any certificate. */
function scriptsOf(scripts: readonly string[], texts: SettingsFiles['texts']): Common['after'] {
  // A script without a text is large, or cannot be run.
  const isPlain = (path: string): boolean => !/RENEWED_/u.test(texts.get(path) ?? 'RENEWED_');
  const other = scripts.filter((path) => !isPlain(path));
  return {
    hooks: scripts.filter(isPlain).map((path) => ({ command: path, file: path })),
    obstacles:
      other.length === 0
        ? []
        : [
            `certbot runs scripts after a renewal, with values that fettle does not set: ${other.join(', ')}. Set \`deploy\` or \`reload\` of the Certificate`,
          ],
  };
}

/** The common settings of each folder, from one pass over the paths. */
function commonOf({ paths, texts }: SettingsFiles): (root: string) => Common {
  const inFolder = Map.groupBy(paths, (path) => splitPath(path).folder);
  return memoized((root) => {
    const scripts = (name: string): readonly string[] => inFolder.get(`${root}/renewal-hooks/${name}`) ?? [];
    const usualFile = `${root}/cli.ini`;
    return {
      usual: parseSections(texts.get(usualFile) ?? '').get('') ?? new Map<string, string>(),
      usualFile,
      before: scripts('pre'),
      after: scriptsOf([...scripts('deploy'), ...scripts('post')], texts),
    };
  });
}

/** Options of `certbot renew` with a command, and those without a value. */
const HOOKS = ['deploy-hook', 'renew-hook', 'post-hook'];
const SWITCHES: ReadonlySet<string> = new Set(
  'q quiet n non-interactive no-random-sleep-on-renew dry-run force-renewal agree-tos no-self-upgrade v'.split(' '),
);

/** Command lines that a scheduler passes to every renewal. */
function scheduledHooks(files: SettingsFiles): readonly Hook[] {
  return scheduledRuns(files, 'certbot', SWITCHES)
    .filter(({ words }) => words.includes('renew'))
    .flatMap(({ options, file }) => HOOKS.map((name) => ({ command: options.get(name) ?? '', file })));
}

/** Reads certbot's folder. */
export function readCertbot(files: SettingsFiles): ClientFolder {
  const lineages = lineagesOf(files);
  const accounts = accountsOf(files, lineages);
  const byId = firstBy(accounts, ({ root, id }) => pairKey(root, id));
  const commonFor = commonOf(files);
  const scheduled = scheduledHooks(files);
  const certificates = lineages.flatMap((lineage): readonly ClientCertificate[] => {
    const { file, root, name, sections, params } = lineage;
    const account = byId.get(pairKey(root, params.get('account')));
    if (account === undefined) return [];
    const webroots = sections.get('renewalparams/webroot_map') ?? new Map<string, string>();
    const common = commonFor(root);
    const { hook, obstacles } = singleHook('certbot', [
      ...hooksIn(params, ['renew_hook', 'post_hook'], file),
      ...(params.get('installer') === 'nginx' ? [{ command: 'nginx -s reload', file }] : []),
      ...hooksIn(common.usual, HOOKS, common.usualFile),
      ...scheduled,
      ...common.after.hooks,
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
        obstacles: [...obstaclesOf(lineage, common), ...common.after.obstacles, ...obstacles],
      },
    ];
  });
  return { accounts, certificates };
}
