/**
 * Addresses of Git repositories and names of branches. Pure.
 *
 * git reads much more than an address: a path, an option, a helper program (`ext::sh -c …`). Only the parts that are
 * listed here are accepted, and git gets an address that is made of them.
 */

import { canonicalHost } from '#plugin';

export interface RepositoryAddress {
  readonly scheme: 'https' | 'ssh';
  /** Lower case, IDNA; an IPv6 address in brackets. */
  readonly host: string;
  readonly port: number;
  /** The address for git. */
  readonly url: string;
}

/** The reason why a text is not an address of a repository, as a predicate. */
export interface AddressMistake {
  readonly mistake: string;
}

const PORTS = { https: 443, ssh: 22 } as const;
const USER = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/u;
/** A segment of a path. git and servers read one that begins with `-` as an option, and `::` follows the name of a helper. */
const SEGMENT = /^(?![-:])(?!\.{1,2}$)(?:[A-Za-z0-9._~+@=,:-]|%[0-9A-Fa-f]{2})+$/u;

export function isAddressMistake(address: RepositoryAddress | AddressMistake): address is AddressMistake {
  return 'mistake' in address;
}

function pathMistake(path: string): string | undefined {
  const segments = path.replace(/^\//u, '').replace(/\/$/u, '').split('/');
  return segments.every((segment) => SEGMENT.test(segment))
    ? undefined
    : 'has a path that is not made of segments of letters, digits and ._~+@=,:%-, none of which begins with - or :';
}

/** The host and port of an authority: `git.example.com`, `[2001:db8::1]:2222`. */
function placeOf(text: string, usual: number): { readonly host: string; readonly port: number } | AddressMistake {
  const [, written = '', port] = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/u.exec(text) ?? [];
  const host = canonicalHost(written);
  // ssh reads a host that begins with a hyphen as an option.
  if (host === undefined || host.startsWith('-')) return { mistake: 'has an invalid host' };
  const number = port === undefined ? usual : Number(port);
  return number < 1 || number > 65_535 ? { mistake: 'has an invalid port' } : { host, port: number };
}

function httpsAddress(rest: string): RepositoryAddress | AddressMistake {
  const [, authority = '', path = ''] = /^([^/]*)(\/.*)?$/su.exec(rest) ?? [];
  if (authority.includes('@'))
    return { mistake: 'has a user or a password. Put them under plugins.fabric.git.credentials of fettle.yaml' };
  const place = placeOf(authority, PORTS.https);
  if ('mistake' in place) return place;
  const mistake = pathMistake(path);
  if (mistake !== undefined) return { mistake };
  const port = place.port === PORTS.https ? '' : `:${place.port}`;
  return { scheme: 'https', ...place, url: `https://${place.host}${port}${path}` };
}

interface SshParts {
  readonly user: string;
  readonly authority: string;
  readonly path: string;
  /** The address for git, of a checked user and host. */
  readonly url: (host: string, port: number) => string;
}

function sshAddress({ user, authority, path, url }: SshParts): RepositoryAddress | AddressMistake {
  if (user.includes(':')) return { mistake: 'has a password. Use a private key' };
  if (user === '') return { mistake: 'has no user, such as `git@`' };
  if (!USER.test(user)) return { mistake: 'has an invalid user' };
  const place = placeOf(authority, PORTS.ssh);
  if ('mistake' in place) return place;
  // git decodes escapes in addresses with ssh.
  const mistake = path.includes('%') ? 'has a % in its path, which an address with ssh cannot have' : pathMistake(path);
  return mistake === undefined ? { scheme: 'ssh', ...place, url: url(place.host, place.port) } : { mistake };
}

function sshUrl(rest: string): RepositoryAddress | AddressMistake {
  const [, user = '', authority = '', path = ''] = /^(?:([^@/]*)@)?([^/]*)(\/.*)?$/su.exec(rest) ?? [];
  const url = (host: string, port: number): string =>
    `ssh://${user}@${host}${port === PORTS.ssh ? '' : `:${port}`}${path}`;
  return sshAddress({ user, authority, path, url });
}

function scpAddress(text: string): RepositoryAddress | AddressMistake {
  const [, user = '', authority, path = ''] = /^([^@/]*)@(\[[^\]]*\]|[^:/[\]]*):(.*)$/su.exec(text) ?? [];
  if (authority === undefined)
    return { mistake: 'is not an address. Use https://HOST/PATH, ssh://USER@HOST/PATH or USER@HOST:PATH' };
  return sshAddress({ user, authority, path, url: (host) => `${user}@${host}:${path}` });
}

/** Reads the address of a repository. */
export function repositoryAddress(text: string): RepositoryAddress | AddressMistake {
  if (text.startsWith('-')) return { mistake: 'begins with -' };
  if (/[?#]/u.test(text)) return { mistake: 'has a query or a fragment' };
  if (/^[A-Za-z0-9+.-]*::/u.test(text)) return { mistake: 'names a helper program. Use https or ssh' };
  const [, scheme, rest = ''] = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/(.*)$/su.exec(text) ?? [];
  if (scheme === undefined) return scpAddress(text);
  if (scheme.toLowerCase() === 'https') return httpsAddress(rest);
  if (scheme.toLowerCase() === 'ssh') return sshUrl(rest);
  return { mistake: `has the scheme ${scheme}. Use https or ssh` };
}

/** The reason why a text is not a name of a branch, as a predicate. Source: git-check-ref-format(1). */
export function branchMistake(branch: string): string | undefined {
  if (branch.startsWith('-')) return 'begins with -';
  if (branch === '@' || branch === 'HEAD') return 'is a name that git reserves';
  if (/[\p{C}\s~^:?*[\\]/u.test(branch)) return 'has a space, a control character or one of ~^:?*[\\';
  if (branch.includes('..') || branch.includes('@{')) return 'has .. or @{';
  if (branch.endsWith('.')) return 'ends with a dot';
  const isValid = branch.split('/').every((part) => part !== '' && !part.startsWith('.') && !part.endsWith('.lock'));
  return isValid ? undefined : 'has a part between slashes that is empty, begins with a dot, or ends with .lock';
}
