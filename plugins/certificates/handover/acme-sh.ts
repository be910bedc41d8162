/** The folder of acme.sh: `ca/`, and a folder with a `.conf` for each certificate. */

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
  unknownSettings,
  webrootMethod,
} from './forms.ts';
import { firstBy, pairKey } from './look-up.ts';
import { type Assignments, parseAssignments } from './settings-text.ts';
import { shownCommand } from './shown.ts';

const DNS: ReadonlyMap<string, DnsType> = new Map([
  ['dns_nsupdate', 'rfc2136'],
  ['dns_hetznercloud', 'hetzner'],
  ['dns_acmedns', 'acmeDns'],
]);

interface Account extends ClientAccount {
  readonly root: string;
  /** Host and path of the directory, as the folder has them. */
  readonly server: string;
}

/** Host without port, and path: the name of the folder of an authority. */
function serverOf(directory: string): string {
  const { hostname, pathname } = new URL(directory);
  return `${hostname}${pathname}`.replace(/\/$/u, '');
}

interface Domain extends Assignments {
  readonly root: string;
  readonly folder: string;
  /** Path of its settings. */
  readonly file: string;
  readonly directory: string | undefined;
}

function domainsOf({ paths, texts }: SettingsFiles): readonly Domain[] {
  return paths.flatMap((path) => {
    const [, root, of, name] = /^(.*)\/([^/]+)\/([^/]+)\.conf$/u.exec(path) ?? [];
    if (root === undefined || of === undefined || name === undefined) return [];
    if (of !== name && of !== `${name}_ecc`) return [];
    const { values, unknown } = parseAssignments(texts.get(path) ?? '');
    if (!values.has('Le_Domain')) return [];
    const { folder } = splitPath(path);
    return [{ root, folder, file: path, values, unknown, directory: directoryOf(values.get('Le_API')) }];
  });
}

function accountsOf({ paths, texts }: SettingsFiles, domains: readonly Domain[]): readonly Account[] {
  const directories = firstBy(
    domains.flatMap(({ directory }) => directory ?? []),
    serverOf,
  );
  return paths.flatMap((key) => {
    const [, root, server] = /^(.*)\/ca\/(.+)\/account\.key$/u.exec(key) ?? [];
    if (root === undefined || server === undefined) return [];
    // The folder has no port.
    const used = directories.get(server);
    const path = server.includes('/') ? server : `${server}/directory`;
    const directory = used ?? directoryOf(`https://${path}`);
    if (directory === undefined) return [];
    const { folder } = splitPath(key);
    const stored = addressesOf(jsonObject(texts.get(`${folder}/account.json`))['contact']);
    const contact =
      stored.length > 0
        ? stored
        : addressesOf([parseAssignments(texts.get(`${folder}/ca.conf`) ?? '').values.get('CA_EMAIL')]);
    return [{ client: 'acme.sh' as const, key, directory, contact, notes: [], root, server }];
  });
}

function methodOf(written: string, values: ReadonlyMap<string, string>): Method {
  if (written === 'no') return listenerMethod(values.get('Le_HTTPPort'), values.get('Le_LocalAddress'));
  const type = DNS.get(written);
  if (type !== undefined) return { by: 'dns', type };
  if (written.startsWith('/')) return webrootMethod(written);
  return {
    by: 'other',
    why: `acme.sh proves names by ${written === '' ? 'an unknown method' : written}. Add a solver to the Issuer`,
  };
}

/** A method for each name. The last one counts for the names after it. */
function methodsOf(values: ReadonlyMap<string, string>): Pick<ClientCertificate, 'methods' | 'usual'> {
  const alternatives = values.get('Le_Alt') ?? 'no';
  const names = [values.get('Le_Domain') ?? '', ...(alternatives === 'no' ? [] : alternatives.split(','))];
  const written = (values.get('Le_Webroot') ?? '').split(',');
  // An empty part repeats the one before it.
  for (const [i, each] of written.entries()) if (each === '') written[i] = written[i - 1] ?? '';
  const usual = methodOf(written.at(-1) ?? '', values);
  return {
    methods: new Map(
      names.flatMap((name, i) =>
        i < written.length ? [[name.toLowerCase(), methodOf(written[i] ?? '', values)]] : [],
      ),
    ),
    usual,
  };
}

function pathOf(values: ReadonlyMap<string, string>, name: string): string | undefined {
  const path = values.get(name) ?? '';
  return path === '' || path === 'no' ? undefined : path;
}

/** The places of a whole installed pair; empty if acme.sh installs none, or only a part of it. */
function installedOf(values: ReadonlyMap<string, string>): readonly string[] {
  if (pathOf(values, 'Le_RealKeyPath') === undefined) return [];
  return ['Le_RealFullChainPath', 'Le_RealCertPath'].flatMap((name) => pathOf(values, name) ?? []);
}

const COPIES = ['Le_RealCertPath', 'Le_RealKeyPath', 'Le_RealCACertPath', 'Le_RealFullChainPath'];

function obstaclesOf({ values, unknown, file }: Domain): readonly string[] {
  const isWhole = installedOf(values).length > 0;
  const copies = isWhole ? [] : COPIES.flatMap((name) => pathOf(values, name) ?? []);
  const pre = values.get('Le_PreHook') ?? '';
  const deploy = values.get('Le_DeployHook') ?? '';
  const alias = values.get('Le_ChallengeAlias') ?? '';
  return [
    ...unknownSettings(
      'acme.sh',
      [...unknown].filter((name) => name.startsWith('Le_')),
    ),
    ...(copies.length === 0
      ? []
      : [`acme.sh installs copies: ${copies.join(', ')}. Set \`storage\` to the files that the service reads`]),
    ...(alias === '' || alias === 'no'
      ? []
      : [`acme.sh sets the records of its challenges at ${alias}. Check that fettle can set them, too`]),
    ...(deploy === '' ? [] : [`acme.sh deploys by ${deploy}. Set \`deploy\` of the Certificate`]),
    ...(pre === '' || pre === 'no'
      ? []
      : [`acme.sh runs a command before a renewal: ${shownCommand({ command: pre, file })}. fettle has no such step`]),
  ];
}

/** Reads the folder of acme.sh. */
export function readAcmeSh(files: SettingsFiles): ClientFolder {
  const domains = domainsOf(files);
  const accounts = accountsOf(files, domains);
  const byDirectory = firstBy(accounts, (each) => pairKey(each.root, each.directory));
  const byServer = firstBy(accounts, ({ root, server }) => pairKey(root, server));
  const certificates = domains.flatMap((domain): readonly ClientCertificate[] => {
    const { root, folder, file, values, directory } = domain;
    if (directory === undefined) return [];
    const account =
      byDirectory.get(pairKey(root, directory)) ?? byServer.get(pairKey(root, new URL(directory).hostname));
    if (account === undefined) return [];
    const preferredChain = values.get('Le_Preferred_Chain');
    const installed = installedOf(values);
    const profile = [...values].find(([name]) => /^Le_\w*Profile$/iu.test(name))?.[1];
    const { hook, obstacles } = singleHook(
      'acme.sh',
      ['Le_ReloadCmd', 'Le_RenewHook', 'Le_PostHook'].map((name) => ({ command: values.get(name) ?? '', file })),
    );
    return [
      {
        client: 'acme.sh',
        folder,
        ...(installed.length === 0 ? {} : { installed }),
        account: account.key,
        ...methodsOf(values),
        ...(profile === undefined || profile === '' ? {} : { profile }),
        ...(preferredChain === undefined || preferredChain === '' ? {} : { preferredChain }),
        ...(hook === undefined ? {} : { hook }),
        obstacles: [...obstaclesOf(domain), ...obstacles],
      },
    ];
  });
  return { accounts, certificates };
}
