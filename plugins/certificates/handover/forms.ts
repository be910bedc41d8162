/** Forms of the folders of other ACME clients: accounts, and the settings of certificates. */

import { printable } from '#plugin';
import { type Hook, shownCommand } from './shown.ts';

/** Programs whose folders are read. */
export type ClientName = 'certbot' | 'lego' | 'acme.sh' | 'dehydrated';

/** An account, by the file of its key, which is never read here. */
export interface ClientAccount {
  readonly client: ClientName;
  /** Path of the key. */
  readonly key: string;
  /** Address of the directory of the authority. */
  readonly directory: string;
  readonly contact: readonly string[];
  readonly notes: readonly string[];
}

/** A way in which a client proves names. */
export type Method =
  | { readonly by: 'webroot'; readonly folder: string }
  | { readonly by: 'listener'; readonly port?: number; readonly address?: string }
  /** A type of DNS server or service that fettle can use. */
  | { readonly by: 'dns'; readonly type: DnsType }
  /** No solver does the same. The reason is a sentence that names a remedy. */
  | { readonly by: 'other'; readonly why: string };

export type DnsType = 'rfc2136' | 'hetzner' | 'acmeDns';

/** The settings of a certificate. */
export interface ClientCertificate {
  readonly client: ClientName;
  /** Folder of its files. */
  readonly folder: string;
  /** Name of its files without the ending, if the folder has files of others. */
  readonly stem?: string;
  /** Paths of the certificate where the client installs it for its service, instead of the files in its folder. */
  readonly installed?: readonly string[];
  /** Path of the key of its account. */
  readonly account: string;
  /** The method of a name; of every other name, `usual`. */
  readonly methods: ReadonlyMap<string, Method>;
  readonly usual: Method;
  readonly profile?: string;
  readonly preferredChain?: string;
  /** Command line that runs after a renewal, as the client has it. */
  readonly hook?: Hook;
  /** Words of a command that takes the new files, with their paths. */
  readonly deploy?: readonly string[];
  /** Reasons why the renewal must stay with the client until a person decides. Each is a sentence. */
  readonly obstacles: readonly string[];
}

export interface ClientFolder {
  readonly accounts: readonly ClientAccount[];
  readonly certificates: readonly ClientCertificate[];
}

/** The files of a folder: every path, and the texts of small settings. Keys have no text. */
export interface SettingsFiles {
  readonly paths: readonly string[];
  readonly texts: ReadonlyMap<string, string>;
}

/** The folder and the last name of a path. */
export function splitPath(path: string): { readonly folder: string; readonly name: string } {
  const at = path.lastIndexOf('/');
  return { folder: path.slice(0, Math.max(at, 0)), name: path.slice(at + 1) };
}

/** A value as JSON object; empty if the text is not one. */
export function jsonObject(text: string | undefined): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}

/** Maximum number of settings that a reason names. */
const MOST_NAMED = 10;
const MOST_CONTACTS = 10;

/** E-mail addresses of a list of `mailto:` addresses. */
export function addressesOf(contact: unknown): readonly string[] {
  if (!Array.isArray(contact)) return [];
  const addresses = contact.flatMap((each: unknown) => {
    const address = typeof each === 'string' ? each.replace(/^mailto:/u, '') : '';
    return address.length <= 254 && printable(address) === address && /^[^\s@,;<>?]+@[^\s@,;<>?]+$/u.test(address)
      ? [address]
      : [];
  });
  return [...new Set(addresses)].slice(0, MOST_CONTACTS);
}

/** The value as address of a directory; undefined if it is not one, or has a user or a password. */
export function directoryOf(value: string | undefined): string | undefined {
  if (value === undefined || value.length > 2048 || !/^https:\/\/[^\s]+$/u.test(value)) return undefined;
  const url = URL.parse(value);
  return url?.username === '' && url.password === '' && printable(value) === value ? value : undefined;
}

/** A webroot, or the reason why it cannot be one. */
export function webrootMethod(folder: string): Method {
  return folder.startsWith('/') && folder.length <= 4096
    ? { by: 'webroot', folder }
    : { by: 'other', why: 'Its webroot is not an absolute path. Add a solver to the Issuer' };
}

/** The reason why settings without a known value keep the renewal with the client. */
export function unknownSettings(client: ClientName, names: readonly string[]): readonly string[] {
  if (names.length === 0) return [];
  return [
    `The values of ${names.slice(0, MOST_NAMED).join(', ')} in the settings of ${client} are too long, or a shell computes them. Set what they decide in the documents`,
  ];
}

/** The only command line after a renewal; an obstacle if there are several. */
export function singleHook(
  client: ClientName,
  hooks: readonly Hook[],
): { readonly hook?: Hook; readonly obstacles: readonly string[] } {
  const set = hooks.filter(({ command }) => command !== '' && command !== 'no');
  const [hook, ...more] = new Map(set.toReversed().map((each) => [each.command, each])).values().toArray().toReversed();
  if (hook === undefined) return { obstacles: [] };
  if (more.length === 0) return { hook, obstacles: [] };
  const all = [hook, ...more].map(shownCommand).join('; ');
  return { obstacles: [`${client} runs several commands after a renewal: ${all}. Set \`deploy\` and \`reload\``] };
}

/** A listener at a port and an address; the defaults of both are left out. */
export function listenerMethod(port: string | undefined, address: string | undefined): Method {
  const number = Number(port);
  return {
    by: 'listener',
    ...(Number.isInteger(number) && number > 0 && number < 65_536 && number !== 80 ? { port: number } : {}),
    ...(address !== undefined && /^[\d.a-fA-F:]{2,45}$/u.test(address) && !/^[0.:]*$/u.test(address)
      ? { address }
      : {}),
  };
}
