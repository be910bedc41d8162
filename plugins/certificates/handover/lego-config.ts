/** Settings of lego in `.lego.yml`, from version 5 on. */

import { isRecord } from '#plugin';
import { parse } from 'yaml';
import { type Method, type SettingsFiles, splitPath } from './forms.ts';
import { dnsMethod, httpMethod, type LegoSettings, PRE_HOOK, TLS_METHOD, UNKNOWN_METHOD } from './lego-settings.ts';

type Values = Readonly<Record<string, unknown>>;

function valuesIn(value: unknown, name: string): Values {
  const member = isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  return isRecord(member) ? member : {};
}

function textIn(value: Values, name: string): string | undefined {
  const member = Object.hasOwn(value, name) ? value[name] : undefined;
  return typeof member === 'string' && member !== '' ? member : undefined;
}

function parsed(text: string): Values {
  try {
    const value: unknown = parse(text, { maxAliasCount: 100, logLevel: 'silent' });
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}

/** The method of a challenge: one of `challenges`, or a predefined one. */
function methodOf(name: string | undefined, challenges: Values): Method {
  if (name === undefined) return UNKNOWN_METHOD;
  const challenge = valuesIn(challenges, name);
  if (isRecord(challenge['dns'])) return dnsMethod(textIn(challenge['dns'], 'provider') ?? 'an unknown service');
  const http = valuesIn(challenge, 'http');
  if ('http' in challenge || name === 'http-01') return httpMethod(textIn(http, 'webroot'), textIn(http, 'address'));
  if ('tls' in challenge || name === 'tls-alpn-01') return TLS_METHOD;
  return { by: 'other', why: `lego proves its names by ${name}. Add a solver to the Issuer` };
}

/** The address of a server: one of `servers`, or itself. */
function serverOf(account: Values, servers: Values): string | undefined {
  const name = textIn(account, 'server');
  return name === undefined ? undefined : (textIn(valuesIn(servers, name), 'url') ?? name);
}

/** Lego's folder, by the folder of the configuration. */
function storageOf(config: Values, folder: string): string {
  const written = textIn(config, 'storage') ?? '.lego';
  const path = written.startsWith('/') ? written : `${folder}/${written.replace(/^\.\//u, '')}`;
  return path.replace(/\/+$/u, '');
}

function onlyOf(values: Values): string | undefined {
  const [only, ...more] = Object.keys(values);
  return more.length === 0 ? only : undefined;
}

function settingsIn(path: string, text: string): readonly LegoSettings[] {
  const config = parsed(text);
  const [servers, accounts, challenges] = ['servers', 'accounts', 'challenges'].map((name) =>
    valuesIn(config, name),
  ) as [Values, Values, Values];
  const hooks = valuesIn(config, 'hooks');
  const commands = ['deploy', 'post'].flatMap((name) => textIn(valuesIn(hooks, name), 'command') ?? []);
  return Object.entries(valuesIn(config, 'certificates')).flatMap(([name, certificate]): readonly LegoSettings[] => {
    if (!isRecord(certificate)) return [];
    const account = textIn(certificate, 'account') ?? onlyOf(accounts);
    const domains = Array.isArray(certificate['domains']) ? (certificate['domains'] as readonly unknown[]) : [];
    const server = account === undefined ? undefined : serverOf(valuesIn(accounts, account), servers);
    const profile = textIn(certificate, 'profile');
    const preferredChain = textIn(certificate, 'preferredChain');
    return [
      {
        storage: storageOf(config, splitPath(path).folder),
        names: [name, ...domains.filter((each) => typeof each === 'string').map((each) => each.toLowerCase())],
        method: methodOf(textIn(certificate, 'challenge') ?? onlyOf(challenges), challenges),
        ...(server === undefined ? {} : { server }),
        ...(profile === undefined ? {} : { profile }),
        ...(preferredChain === undefined ? {} : { preferredChain }),
        hooks: commands.map((command) => ({ command, file: path })),
        obstacles: 'pre' in hooks ? [PRE_HOOK] : [],
      },
    ];
  });
}

/** The settings of every certificate in a configuration file. */
export function configuredLego({ texts }: SettingsFiles): readonly LegoSettings[] {
  return [...texts].flatMap(([path, text]) => (/\/\.lego\.ya?ml$/u.test(path) ? settingsIn(path, text) : []));
}
