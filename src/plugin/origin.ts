/**
 * Origins: the one spelling of a scheme, a host and a port, so that an address that a file names can be compared with
 * those that the environment names.
 *
 * | Written                              | Is                                        |
 * |--------------------------------------|-------------------------------------------|
 * | `HTTPS://Api.Example.test.:443/`     | `https://api.example.test:443`            |
 * | `postgresql://db.example.test`       | `postgres://db.example.test:5432`         |
 * | `postgres://[0:0::1]:5432`           | `postgres://[::1]:5432`                   |
 * | `https://münchen.example`            | `https://xn--mnchen-3ya.example:443`      |
 * | `http://0x7f.1`                      | `http://127.0.0.1:80`                     |
 * | `unix:/run//postgresql/.s.PGSQL.5432` | `unix:/run/postgresql/.s.PGSQL.5432`     |
 *
 * A name and the address that it leads to are two origins, and so are `localhost` and `127.0.0.1`.
 */

/** Where a connection goes. Equal origins have equal fields. */
export interface Origin {
  /** Lower case, without the colon; `unix` for a socket. */
  readonly scheme: string;
  /** Lower case, IDNA; an IPv6 address in brackets; for a socket its absolute path. */
  readonly host: string;
  /** 1 to 65535; 0 for a socket. */
  readonly port: number;
}

/** Why a text is not an origin: the end of a sentence that begins with its subject. */
export interface OriginMistake {
  readonly mistake: string;
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = {
  http: 80,
  https: 443,
  postgres: 5432,
  ssh: 22,
};

/** Schemes that mean the same protocol, by the one that counts. */
const SAME_SCHEME: Readonly<Record<string, string>> = { postgresql: 'postgres' };

export function isOriginMistake(value: Origin | OriginMistake): value is OriginMistake {
  return 'mistake' in value;
}

/** A host in its one spelling, or undefined where it is not one. Without brackets, an IPv6 address is not a host. */
export function canonicalHost(written: string): string | undefined {
  // Everything that could end the host, or hide another one, is refused before the parser sees it.
  if (written === '' || /[\s%@/\\?#,*]/u.test(written)) return undefined;
  let host: string;
  try {
    const url = new URL(`http://${written}`);
    if (url.username !== '' || url.password !== '' || url.pathname !== '/') return undefined;
    // A port would be part of what was written.
    if (!written.startsWith('[') && written.includes(':')) return undefined;
    if (written.startsWith('[') && !written.endsWith(']')) return undefined;
    host = url.hostname;
  } catch {
    return undefined;
  }
  if (host.startsWith('[')) return host;
  const name = host.endsWith('.') ? host.slice(0, -1) : host;
  return name.length <= 253 && name.split('.').every((label) => /^[a-z0-9_-]{1,63}$/u.test(label)) ? name : undefined;
}

/** A socket's path in its one spelling: absolute, without `.`, `..` and double slashes. */
function canonicalPath(path: string): string | undefined {
  if (!path.startsWith('/') || path.includes('\0')) return undefined;
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') return undefined;
    if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.length === 0 ? undefined : `/${parts.join('/')}`;
}

/** The origin of an address that was taken apart already. `port` is absent for the default of the scheme. */
export function originOf(scheme: string, host: string, port?: number): Origin | OriginMistake {
  const lower = scheme.toLowerCase();
  const known = SAME_SCHEME[lower] ?? lower;
  const canonical = canonicalHost(host);
  if (canonical === undefined) return { mistake: 'has a host that is not valid' };
  const number = port ?? DEFAULT_PORTS[known];
  if (number === undefined) return { mistake: `has no port, and ${known} has no default one` };
  if (!Number.isInteger(number) || number < 1 || number > 65_535) return { mistake: 'has a port that is not valid' };
  return { scheme: known, host: canonical, port: number };
}

/** The origin of a Unix socket. */
export function socketOrigin(path: string): Origin | OriginMistake {
  const canonical = canonicalPath(path);
  return canonical === undefined
    ? { mistake: 'has a socket whose path is not absolute, or has `..` in it' }
    : { scheme: 'unix', host: canonical, port: 0 };
}

/** Reads `scheme://host`, `scheme://host:port` or `unix:/path`: nothing before the host, nothing after the port. */
export function parseOrigin(text: string): Origin | OriginMistake {
  const socket = /^unix:(?:\/\/)?(\/(?!\/).*)$/isu.exec(text);
  if (socket !== null) return socketOrigin(socket[1] ?? '');
  const found = /^([a-z][a-z0-9+.-]*):\/\/(\[[^\]]*\]|[^:/?#[\]]*)(?::(\d{1,5}))?\/?$/iu.exec(text);
  if (found === null || text.includes('@'))
    return { mistake: 'is not a scheme, a host and a port, such as https://api.example.test:8443' };
  const [, scheme = '', host = '', port] = found;
  return originOf(scheme, host, port === undefined ? undefined : Number(port));
}

/** The one spelling of an origin, which `parseOrigin` reads back. */
export function originText({ scheme, host, port }: Origin): string {
  return scheme === 'unix' ? `unix:${host}` : `${scheme}://${host}:${port}`;
}

export function sameOrigin(one: Origin, other: Origin): boolean {
  return one.scheme === other.scheme && one.host === other.host && one.port === other.port;
}

/** The origins that a variable of the environment lists, and a sentence for each entry that is not one. */
export interface NamedOrigins {
  /** Name of the variable. */
  readonly variable: string;
  readonly origins: readonly Origin[];
  /** Each names the variable and the number of the entry; none repeats the entry, which may hold a secret. */
  readonly mistakes: readonly string[];
}

/** Reads a variable that lists origins, separated by commas or white space; unset and empty list none. */
export function originsIn(env: Readonly<Record<string, string | undefined>>, variable: string): NamedOrigins {
  const entries = (env[variable] ?? '').split(/[\s,]+/u).filter((entry) => entry !== '');
  const origins: Origin[] = [];
  const mistakes: string[] = [];
  for (const [index, entry] of entries.entries()) {
    const origin = parseOrigin(entry);
    if (isOriginMistake(origin)) mistakes.push(`${variable}: entry ${index + 1} ${origin.mistake}`);
    else if (!origins.some((known) => sameOrigin(known, origin))) origins.push(origin);
  }
  return { variable, origins, mistakes };
}

export function namesOrigin({ origins }: NamedOrigins, origin: Origin): boolean {
  return origins.some((known) => sameOrigin(known, origin));
}

/** Whether a host, with or without brackets, is this machine by what it is called alone. */
export function isLoopback(host: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|::1|\[::1\])$/u.test(host);
}
