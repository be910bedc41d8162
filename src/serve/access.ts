/**
 * Callers of the server: their tokens, their certificates and their roles.
 *
 * A browser sends a token as the password of HTTP's basic authentication: it keeps that for one port, while it sends a cookie
 * to every port of a host, so also to the servers of other users of the machine.
 */

import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { ServeHost } from '../engine/generated.ts';
import type { PointerMistake } from '../engine/load/explain.ts';

type Written = ServeHost['access'];

/** `replicate`: of a peer, which no token and no other client can have. */
export type Role = Written['tokens'][number]['roles'][number] | 'replicate';

/** Reasons for which a request is refused for its caller: labels of a counter. */
export const HTTP_REFUSALS = ['unauthenticated', 'forbidden', 'foreign'] as const;

export type HttpRefusal = (typeof HTTP_REFUSALS)[number];

export interface Caller {
  readonly name: string;
  readonly roles: ReadonlySet<Role>;
}

/** Roles that a role includes. */
const INCLUDES: Partial<Record<Role, readonly Role[]>> = { operate: ['read', 'relay'], read: ['relay'] };

function callerOf({ name, roles }: { readonly name: string; readonly roles: readonly Role[] }): Caller {
  return { name, roles: new Set(roles.flatMap((role) => [role, ...(INCLUDES[role] ?? [])])) };
}

/** The hash of an empty file. */
const EMPTY = `sha256:${createHash('sha256').digest('hex')}`;

/** The mistakes that the form of the file does not exclude. */
export function accessMistakes({ access, tls }: Pick<ServeHost, 'access' | 'tls'>): readonly PointerMistake[] {
  const mistakes: PointerMistake[] = [];
  const wrong = (pointer: string, message: string): void => {
    mistakes.push({ code: 'bad-config', pointer, at: 'value', message });
  };
  const callers = [
    ...access.tokens.map(({ name, hash }, i) => ({ at: `/access/tokens/${i}`, name, by: 'hash', key: hash })),
    ...access.clients.map(({ name, san }, i) => ({ at: `/access/clients/${i}`, name, by: 'san', key: san })),
  ];
  const empty = access.tokens.findIndex(({ hash }) => hash === EMPTY);
  if (empty >= 0) wrong(`/access/tokens/${empty}/hash`, 'the hash is that of an empty token');
  const seen = new Map<string, string>();
  for (const { at, name, by, key } of callers) {
    const before = seen.get(key);
    if (before !== undefined) wrong(`${at}/${by}`, `the caller ${before} has the same ${by}`);
    seen.set(key, name);
  }
  const [client] = access.clients;
  if (client !== undefined && tls?.clientAuthority === undefined)
    wrong('/access/clients/0/san', 'certificates of clients are not verified without tls.clientAuthority');
  if (tls?.requireClient === true && tls.clientAuthority === undefined)
    wrong('/tls/requireClient', 'certificates of clients are not verified without tls.clientAuthority');
  return mistakes;
}

/** The token of a header: of `Bearer TOKEN`, or the password of `Basic …`. */
function tokenIn(authorization: string | undefined): string | undefined {
  const [, scheme = '', value = ''] = /^(bearer|basic) +([\w.~+/=-]+) *$/iu.exec(authorization ?? '') ?? [];
  if (scheme.toLowerCase() !== 'basic') return value === '' ? undefined : value;
  const [, password] = /^[^:]*:(.+)$/su.exec(Buffer.from(value, 'base64').toString()) ?? [];
  return password;
}

/**
 * The alternative names of a certificate, as Node.js writes them: `DNS:a.example, URI:b`. A value with a comma or a quote is a
 * JSON string there, so it cannot pass for two names.
 */
export function namesIn(subjectaltname: string): readonly string[] {
  const names = /([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,"]*)(?:, |$)/gu;
  return [...subjectaltname.matchAll(names)].map(([, type = '', value = '']) => `${type}:${value}`);
}

function isTls(socket: IncomingMessage['socket']): socket is TLSSocket {
  return 'getPeerCertificate' in socket;
}

/** True if a caller may read the API. */
export function hasReaders({ tokens, clients }: Written): boolean {
  return [...tokens, ...clients].some((each) => callerOf(each).roles.has('read'));
}

export class Access {
  readonly #tokens: readonly { readonly hash: Buffer; readonly caller: Caller }[];
  readonly #clients: ReadonlyMap<string, Caller>;

  /** `peers`: other regions, by their names. */
  constructor({ tokens, clients }: Written, peers: readonly { readonly name: string; readonly san: string }[] = []) {
    this.#tokens = tokens.map((each) => ({
      hash: Buffer.from(each.hash.slice('sha256:'.length), 'hex'),
      caller: callerOf(each),
    }));
    this.#clients = new Map(
      [...clients, ...peers.map((each) => ({ ...each, roles: ['replicate' as const] }))].map((each) => [
        each.san,
        callerOf(each),
      ]),
    );
  }

  /** SHA-256 of the tokens with a role, as 64 hex digits. */
  hashesOf(role: Role): readonly string[] {
    return this.#tokens.filter(({ caller }) => caller.roles.has(role)).map(({ hash }) => hash.toString('hex'));
  }

  /** The caller of a request: that of its token if it has one, else that of the certificate of its connection. */
  callerOf({ headers, socket }: IncomingMessage): Caller | undefined {
    if (headers.authorization === undefined) return this.#ofCertificate(socket);
    const token = tokenIn(headers.authorization);
    return token === undefined ? undefined : this.#ofToken(token);
  }

  /** Takes the same time for every wrong token. */
  #ofToken(token: string): Caller | undefined {
    const hash = createHash('sha256').update(token).digest();
    let found: Caller | undefined;
    for (const each of this.#tokens) if (timingSafeEqual(each.hash, hash)) found = each.caller;
    return found;
  }

  #ofCertificate(socket: IncomingMessage['socket']): Caller | undefined {
    if (!isTls(socket) || !socket.authorized) return undefined;
    const names = namesIn(socket.getPeerCertificate().subjectaltname ?? '');
    return names.map((name) => this.#clients.get(name)).find((caller) => caller !== undefined);
  }
}
