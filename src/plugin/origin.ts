/**
 * Origins: the canonical form of a scheme, a host and a port, by which an address in a file is compared with those that
 * the environment names.
 *
 * | Text                                 | Origin                                    |
 * |--------------------------------------|-------------------------------------------|
 * | `HTTPS://Api.Example.test.:443/`     | `https://api.example.test:443`            |
 * | `postgresql://db.example.test`       | `postgres://db.example.test:5432`         |
 * | `postgres://[0:0::1]:5432`           | `postgres://[::1]:5432`                   |
 * | `https://münchen.example`            | `https://xn--mnchen-3ya.example:443`      |
 * | `http://0x7f.1`                      | `http://127.0.0.1:80`                     |
 * | `unix:/run//postgresql/.s.PGSQL.5432` | `unix:/run/postgresql/.s.PGSQL.5432`     |
 *
 * A name and the address that it resolves to are two origins, and so are `localhost` and `127.0.0.1`.
 */

/** The target of a connection. Equal origins have equal fields. */
export interface Origin {
  /** Lower case, without the colon; `unix` for a socket. */
  readonly scheme: string;
  /** Lower case, IDNA; an IPv6 address in brackets; of a socket, the absolute path. */
  readonly host: string;
  /** 1 to 65535; 0 for a socket. */
  readonly port: number;
}

/** The reason why a text is not an origin, as a predicate. */
export interface OriginMistake {
  readonly mistake: string;
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = {
  dns: 53,
  http: 80,
  https: 443,
  postgres: 5432,
  ssh: 22,
};

/** Aliases of schemes, with the canonical scheme. */
const SAME_SCHEME: Readonly<Record<string, string>> = { postgresql: 'postgres' };

export function isOriginMistake(value: Origin | OriginMistake): value is OriginMistake {
  return 'mistake' in value;
}

/** The canonical form of a host; undefined if it is not valid. An IPv6 address needs brackets. */
export function canonicalHost(written: string): string | undefined {
  // Characters that could end the host, or hide another one, are refused before parsing.
  if (written === '' || /[\s%@/\\?#,*]/u.test(written)) return undefined;
  let host: string;
  try {
    const url = new URL(`http://${written}`);
    if (url.username !== '' || url.password !== '' || url.pathname !== '/') return undefined;
    // The text must not contain a port.
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

/** The canonical form of a socket's path: absolute, without `.`, `..` and double slashes. */
function canonicalPath(path: string): string | undefined {
  if (!path.startsWith('/') || path.includes('\0')) return undefined;
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') return undefined;
    if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.length === 0 ? undefined : `/${parts.join('/')}`;
}

/** The origin of a parsed address. `port` is absent for the default of the scheme. */
export function originOf(scheme: string, host: string, port?: number): Origin | OriginMistake {
  const lower = scheme.toLowerCase();
  const known = SAME_SCHEME[lower] ?? lower;
  const canonical = canonicalHost(host);
  if (canonical === undefined) return { mistake: 'has an invalid host' };
  const number = port ?? DEFAULT_PORTS[known];
  if (number === undefined) return { mistake: `has no port, and ${known} has no default port` };
  if (!Number.isInteger(number) || number < 1 || number > 65_535) return { mistake: 'has an invalid port' };
  return { scheme: known, host: canonical, port: number };
}

/** The origin of a Unix socket. */
export function socketOrigin(path: string): Origin | OriginMistake {
  const canonical = canonicalPath(path);
  return canonical === undefined
    ? { mistake: 'has a socket path that is not absolute, or contains `..`' }
    : { scheme: 'unix', host: canonical, port: 0 };
}

/** Parses `scheme://host`, `scheme://host:port` or `unix:/path`. Refuses a user and a path. */
export function parseOrigin(text: string): Origin | OriginMistake {
  const socket = /^unix:(?:\/\/)?(\/(?!\/).*)$/isu.exec(text);
  if (socket !== null) return socketOrigin(socket[1] ?? '');
  const found = /^([a-z][a-z0-9+.-]*):\/\/(\[[^\]]*\]|[^:/?#[\]]*)(?::(\d{1,5}))?\/?$/iu.exec(text);
  if (found === null || text.includes('@'))
    return { mistake: 'is not a scheme, a host and a port, such as https://api.example.test:8443' };
  const [, scheme = '', host = '', port] = found;
  return originOf(scheme, host, port === undefined ? undefined : Number(port));
}

/** The text of an origin. `parseOrigin` reads it back. */
export function originText({ scheme, host, port }: Origin): string {
  return scheme === 'unix' ? `unix:${host}` : `${scheme}://${host}:${port}`;
}

export function sameOrigin(one: Origin, other: Origin): boolean {
  return one.scheme === other.scheme && one.host === other.host && one.port === other.port;
}

/** The origins in an environment variable, and a message for each invalid entry. */
export interface NamedOrigins {
  /** Name of the variable. */
  readonly variable: string;
  readonly origins: readonly Origin[];
  /** Messages with the variable and the number of the entry, but not the entry itself, which may be a secret. */
  readonly mistakes: readonly string[];
}

/** Reads origins from a variable, separated by commas or white space; an unset or empty variable has none. */
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

/** True if a host, with or without brackets, is this machine by its name or address alone. */
export function isLoopback(host: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|::1|\[::1\])$/u.test(host);
}
