/** Settings of lego that its folder does not have, from a configuration file or a command line. */

import { type DnsType, listenerMethod, type Method, webrootMethod } from './forms.ts';
import type { Hook } from './shown.ts';

export interface LegoSettings {
  /** Absolute path of lego's folder; undefined if it depends on the working directory. */
  readonly storage?: string;
  /** Names of certificates and of their domains. */
  readonly names: readonly string[];
  readonly method: Method;
  readonly server?: string;
  readonly profile?: string;
  readonly preferredChain?: string;
  /** Command lines after a renewal. */
  readonly hooks: readonly Hook[];
  readonly obstacles: readonly string[];
}

export const UNKNOWN_METHOD: Method = {
  by: 'other',
  why: 'lego does not record how it proves names. Search the folder of its `.lego.yml`, or of the scheduler that runs it, too; or add a solver to the Issuer',
};

const DNS: ReadonlyMap<string, DnsType> = new Map([
  ['rfc2136', 'rfc2136'],
  ['hetzner', 'hetzner'],
  ['acme-dns', 'acmeDns'],
]);

export function dnsMethod(provider: string): Method {
  const type = DNS.get(provider);
  return type === undefined
    ? { by: 'other', why: `lego proves its names by the DNS of ${provider}. Add a solver to the Issuer` }
    : { by: 'dns', type };
}

/** http-01 by a webroot, or by a listener at `:80` or `127.0.0.1:5002`. */
export function httpMethod(webroot: string | undefined, address: string | undefined): Method {
  if (webroot !== undefined && webroot !== '') return webrootMethod(webroot);
  const [, host, port] = /^\[?([\d.a-fA-F:]*?)\]?:(\d+)$/u.exec(address ?? '') ?? [];
  return listenerMethod(port, host === '' ? undefined : host);
}

export const TLS_METHOD: Method = {
  by: 'other',
  why: 'lego proves its names by tls-alpn-01. Add a solver to the Issuer',
};

export const PRE_HOOK = 'lego runs a command before a renewal. fettle has no such step';
