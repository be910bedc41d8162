/** Opens solvers from their configuration: an entry of an Issuer, and the providers of DNS in `fettle.yaml`. */

import { resolve } from 'node:path';
import { defined, durationMs, heldSecret, InputError, providerEndpoint, sendingMistake } from '#plugin';
import { commandEnvironment } from '#plugin/command-environment';
import { realTiming, type Timing } from '#plugin/http';
import { type Denial, openHttp, openNames } from '#plugin/net';
import { type Dns, openDns } from '../dns/lookup.ts';
import { propagation } from '../dns/propagation.ts';
import type { TsigAlgorithm } from '../dns/tsig.ts';
import { acmeDnsProvider } from './acme-dns.ts';
import { serveSolver, webrootSolver } from './challenge-files.ts';
import { delegatedNames } from './delegation.ts';
import { dnsSolver, type TextProvider } from './dns-01.ts';
import { execProvider } from './exec.ts';
import { HETZNER, hetznerProvider } from './hetzner.ts';
import { listenerSolver } from './listener.ts';
import { persistSolver } from './persist.ts';
import { rfc2136Provider } from './rfc2136.ts';
import { selfCheck, type SelfCheckMode, type SelfCheckOptions } from './self-check.ts';
import type { Solver } from './solver.ts';

/** Credentials of a provider of DNS. Exactly one member. A secret that is left out is in its environment variable. */
export interface DnsProvider {
  readonly rfc2136?: {
    /** `ns1.example.test`, `192.0.2.53:5353`, `[2001:db8::53]:53`. */
    readonly server: string;
    readonly keyName: string;
    readonly algorithm?: TsigAlgorithm;
    /** Base64. */
    readonly secret?: string | undefined;
    readonly zone?: string;
  };
  readonly hetzner?: { readonly token?: string | undefined; readonly zone?: string; readonly endpoint?: string };
  readonly acmeDns?: {
    readonly url: string;
    readonly username: string;
    readonly password?: string | undefined;
    readonly subdomain: string;
  };
}

export interface Http01 {
  /** Relative to the project. */
  readonly webroot?: string;
  readonly listener?: { readonly port?: number; readonly address?: string };
  readonly serve?: object;
  /** `required` by default. */
  readonly selfCheck?: SelfCheckMode;
}

export interface Dns01 {
  /** The name of a provider. */
  readonly provider?: string;
  readonly exec?: { readonly command: readonly string[]; readonly timeoutSeconds?: number };
  readonly resolvers?: readonly string[];
  readonly wait?: string;
  /** 5m by default. */
  readonly timeout?: string;
}

/** An entry of an Issuer. One of `http01`, `dns01` and `dnsPersist01`. */
export interface SolverConfig {
  readonly http01?: Http01;
  readonly dns01?: Dns01;
  readonly dnsPersist01?: { readonly resolvers?: readonly string[] };
}

export interface SolverOutside {
  /** The base of relative paths, and the working directory of commands. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** For the servers of `fettle.yaml`, and DNS servers. */
  readonly denial: Denial;
  /** For the names of certificates; `denial` by default. */
  readonly nameDenial?: Denial;
  /** Epoch ms. */
  readonly now: () => number;
  /** Command lines that the configuration permits. */
  readonly commands: readonly (readonly string[])[];
  readonly providers: Readonly<Record<string, DnsProvider>>;
  /** Servers to ask instead of those of this machine, for entries without their own. */
  readonly resolvers?: readonly string[];
  readonly stillApproved: () => Promise<void>;
  /** Ports of the protocols, and time, for tests. */
  readonly ports?: { readonly http?: number; readonly dns?: number };
  readonly timing?: Timing;
}

/** Lists the origins that secrets of DNS may be used for. Only the host sets it. */
const DNS_ORIGINS = 'FETTLE_DNS_ORIGINS';

const DNS_PORT = 53;
const TIMEOUT = '5m';
const EXEC_SECONDS = 120;

/** The origin of a DNS server: `dns://ns1.example.test:53`. Throws an InputError. */
function serverAddress(server: string): URL {
  const url = URL.parse(`dns://${server}`);
  const isPlain = url !== null && `${url.username}${url.password}${url.pathname}${url.search}${url.hash}` === '';
  if (!isPlain || url.hostname === '')
    throw new InputError(`${server} is not a DNS server. Write a name or an address, and a port if it is not 53`);
  return url;
}

/** Throws an InputError if a secret may not be used for its target. */
function mustPermit(
  what: string,
  ...[sending, env]: [Parameters<typeof sendingMistake>[0], SolverOutside['env']]
): void {
  const mistake = sendingMistake(sending, DNS_ORIGINS, env);
  if (mistake !== undefined) throw new InputError(`${what} ${mistake}`);
}

/** The secret of a provider. `secret`: its field. Throws an InputError without one. */
function secretOf(
  provider: string,
  {
    secret,
    given,
    variable,
  }: { readonly secret: string; readonly given: string | undefined; readonly variable: string },
  env: SolverOutside['env'],
): string {
  const field = `plugins.certificates.acme.dnsProviders.${provider}.${secret}`;
  return heldSecret(given, { what: `the credential of the DNS provider ${provider}`, variable, field }, env);
}

/** The bytes of a secret in base64. */
function secretBytes(text: string, keyName: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  const isWhole = bytes.toString('base64').replace(/=+$/u, '') === text.trim().replace(/=+$/u, '');
  if (!isWhole || bytes.length === 0) throw new InputError(`the secret of the key ${keyName} is not base64`);
  return bytes;
}

function openRfc2136(
  name: string,
  provider: NonNullable<DnsProvider['rfc2136']>,
  dns: Dns,
  outside: SolverOutside,
): TextProvider {
  const { server, keyName, algorithm = 'hmac-sha256', zone } = provider;
  const own = { secret: 'rfc2136.secret', given: provider.secret, variable: 'DNS_TSIG_SECRET' };
  const secret = secretOf(name, own, outside.env);
  const to = serverAddress(server);
  mustPermit(`the key ${keyName}`, { secret, variable: 'DNS_TSIG_SECRET', to, signs: true }, outside.env);
  return rfc2136Provider(
    {
      host: to.hostname.replace(/^\[(.*)\]$/u, '$1'),
      port: to.port === '' ? DNS_PORT : Number(to.port),
      key: { name: keyName, algorithm, secret: secretBytes(secret, keyName) },
      denial: outside.denial,
      now: outside.now,
      ...(zone === undefined ? {} : { zone }),
    },
    dns,
  );
}

function openHetzner(
  name: string,
  { token: given, zone, endpoint = HETZNER }: NonNullable<DnsProvider['hetzner']>,
  outside: SolverOutside,
): TextProvider {
  const { env, denial, timing = realTiming } = outside;
  const variable = 'DNS_HCLOUD_TOKEN';
  const token = secretOf(name, { secret: 'hetzner.token', given, variable }, env);
  const own = { value: token.trim(), variable };
  return hetznerProvider({
    send: openHttp(denial),
    endpoint: providerEndpoint(
      { written: endpoint, usual: HETZNER, override: 'HCLOUD_ENDPOINT', token: own, list: DNS_ORIGINS },
      env,
    ),
    token: own.value,
    timing,
    ...(zone === undefined ? {} : { zone }),
  });
}

function openAcmeDns(
  name: string,
  provider: NonNullable<DnsProvider['acmeDns']>,
  isFollowing: boolean,
  { env, denial }: SolverOutside,
): TextProvider {
  const to = URL.parse(provider.url);
  if (to === null || to.search !== '' || to.hash !== '' || to.username !== '' || to.password !== '')
    throw new InputError('the address of acme-dns is not a URL, or has a user, a query or a fragment');
  const variable = 'DNS_ACMEDNS_PASSWORD';
  const password = secretOf(name, { secret: 'acmeDns.password', given: provider.password, variable }, env);
  mustPermit('the password of acme-dns', { secret: password, variable, to }, env);
  return acmeDnsProvider({
    ...provider,
    password,
    url: to.href.replace(/\/+$/u, ''),
    send: openHttp(denial),
    isFollowing,
  });
}

function openExec(exec: NonNullable<Dns01['exec']>, outside: SolverOutside): TextProvider {
  const { commands: allowed, folder, env, stillApproved } = outside;
  const timeoutMs = (exec.timeoutSeconds ?? EXEC_SECONDS) * 1000;
  return execProvider({
    command: exec.command,
    allowed,
    folder,
    env: commandEnvironment(env),
    timeoutMs,
    stillApproved,
  });
}

/** With `wait`, nothing is looked up. */
function isFollowing({ wait }: Dns01): boolean {
  return wait === undefined;
}

function openProvider(config: Dns01, dns: Dns, outside: SolverOutside): TextProvider {
  const { provider: name = '', exec } = config;
  if (exec !== undefined) return openExec(exec, outside);
  const given = Object.hasOwn(outside.providers, name) ? outside.providers[name] : undefined;
  if (given?.rfc2136 !== undefined) return openRfc2136(name, given.rfc2136, dns, outside);
  if (given?.hetzner !== undefined) return openHetzner(name, given.hetzner, outside);
  if (given?.acmeDns !== undefined) return openAcmeDns(name, given.acmeDns, isFollowing(config), outside);
  throw new InputError(`plugins.certificates.acme.dnsProviders of fettle.yaml does not have the provider ${name}`);
}

function openDns01(config: Dns01, outside: SolverOutside): Solver {
  const { denial, timing = realTiming, ports } = outside;
  const dns = openDns(config.resolvers ?? outside.resolvers, denial);
  const propagate = propagation({
    dns,
    timeoutMs: durationMs(config.timeout ?? TIMEOUT),
    timing,
    ...(config.resolvers === undefined ? {} : { resolvers: config.resolvers }),
    ...(config.wait === undefined ? {} : { waitMs: durationMs(config.wait) }),
    ...(ports?.dns === undefined ? {} : { port: ports.dns }),
  });
  return dnsSolver(openProvider(config, dns, outside), {
    dns,
    isFollowing: isFollowing(config),
    delegated: delegatedNames(outside.env),
    propagate,
  });
}

function openHttp01(
  { webroot, listener, serve, selfCheck: mode = 'required' }: Http01,
  outside: SolverOutside,
): Solver {
  const { folder, env, denial, nameDenial = denial, resolvers, ports } = outside;
  const names = resolvers === undefined ? undefined : openNames(resolvers, denial);
  const check = selfCheck(defined<SelfCheckOptions>({ mode, denial: nameDenial, names, port: ports?.http }));
  if (webroot !== undefined) return webrootSolver(resolve(folder, webroot), check);
  if (serve !== undefined) return serveSolver(env, check);
  return listenerSolver({ port: 80, ...listener }, check);
}

/** Throws an InputError for a configuration that cannot be used, and for a secret that may not be used for its target. */
export function openSolver(config: SolverConfig, outside: SolverOutside): Solver {
  if (config.http01 !== undefined) return openHttp01(config.http01, outside);
  if (config.dns01 !== undefined) return openDns01(config.dns01, outside);
  if (config.dnsPersist01 === undefined) throw new InputError('a solver needs http01, dns01 or dnsPersist01');
  return persistSolver(openDns(config.dnsPersist01.resolvers ?? outside.resolvers, outside.denial), outside.now);
}
