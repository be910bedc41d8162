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
  splitPath,
  webrootMethod,
} from './forms.ts';
import { parseSections } from './settings-text.ts';

const KEY = /^(.*)\/accounts\/(.+)\/([0-9a-f]{32})\/private_key\.json$/u;
const DNS: Readonly<Record<string, DnsType>> = { 'dns-rfc2136': 'rfc2136', 'dns-hetzner': 'hetzner' };

interface Account extends ClientAccount {
  readonly root: string;
  readonly id: string;
}

function accountsOf({ paths, texts }: SettingsFiles): readonly Account[] {
  return paths.flatMap((key) => {
    const [, root, server, id] = KEY.exec(key) ?? [];
    const directory = directoryOf(server === undefined ? undefined : `https://${server}`);
    if (root === undefined || id === undefined || directory === undefined) return [];
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
function obstaclesOf(params: ReadonlyMap<string, string>, root: string, paths: readonly string[]): readonly string[] {
  const installer = params.get('installer') ?? '';
  const pre = params.get('pre_hook');
  const hooks = paths.filter((path) => path.startsWith(`${root}/renewal-hooks/`));
  return [
    ...(INSTALLED.has(installer)
      ? []
      : [`certbot reloads ${installer} after a renewal. Set \`reload\` of the Certificate`]),
    ...(pre === undefined ? [] : [`certbot runs a command before a renewal: ${pre}. fettle has no such step`]),
    ...(hooks.length === 0
      ? []
      : [`certbot runs scripts at a renewal: ${hooks.join(', ')}. Set \`deploy\` or \`reload\` of the Certificate`]),
  ];
}

/** Reads certbot's folder. */
export function readCertbot(files: SettingsFiles): ClientFolder {
  const accounts = accountsOf(files);
  const certificates = files.paths.flatMap((path): readonly ClientCertificate[] => {
    const [, root, name] = /^(.*)\/renewal\/([^/]+)\.conf$/u.exec(path) ?? [];
    if (root === undefined || name === undefined) return [];
    const sections = parseSections(files.texts.get(path) ?? '');
    const params = sections.get('renewalparams') ?? new Map<string, string>();
    const account = accounts.find((each) => each.root === root && each.id === params.get('account'));
    if (account === undefined) return [];
    const webroots = sections.get('renewalparams/webroot_map') ?? new Map<string, string>();
    const hooks = [params.get('renew_hook'), params.get('post_hook')].filter((each) => each !== undefined);
    const [hook] = hooks;
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
        obstacles: [
          ...obstaclesOf(params, root, files.paths),
          ...(hooks.length < 2 ? [] : ['certbot runs two commands after a renewal. Set `deploy` and `reload`']),
        ],
      },
    ];
  });
  return { accounts, certificates };
}
