/** Permissions of requests: bearer tokens and client certificates, rules of each user, and impersonation. */

import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { ApiError, forbidden, type KindName, unauthorized } from './status.ts';

/** A permission, as a rule of a role. `*` is everything. */
export interface Rule {
  readonly verbs: readonly string[];
  readonly groups: readonly string[];
  /** Plurals; a subresource is `vpcs/status`. */
  readonly resources: readonly string[];
  /** Names of objects; all by default. */
  readonly names?: readonly string[];
  /** Namespaces; all, and kinds without namespaces, by default. */
  readonly namespaces?: readonly string[];
}

export interface User {
  readonly name: string;
  readonly groups?: readonly string[];
  readonly rules: readonly Rule[];
}

export const EVERYTHING: readonly Rule[] = [{ verbs: ['*'], groups: ['*'], resources: ['*'] }];

/** Credentials that the server knows. */
export interface Credentials {
  /** Users by bearer token. */
  readonly tokens: ReadonlyMap<string, User>;
  /** Users by the common name of their client certificate. */
  readonly certificates: ReadonlyMap<string, User>;
}

const ANONYMOUS: User = { name: 'system:anonymous', groups: ['system:unauthenticated'], rules: [] };

/** One request, as rules judge it. */
export interface Attempt {
  readonly verb: string;
  readonly kind: KindName;
  readonly subresource: string;
  /** Empty for kinds without namespaces, and for all namespaces. */
  readonly namespace: string;
  readonly name: string;
}

function has(list: readonly string[], value: string): boolean {
  return list.includes('*') || list.includes(value);
}

function permits(rule: Rule, { verb, kind, subresource, namespace, name }: Attempt): boolean {
  const resource = subresource === '' ? kind.resource : `${kind.resource}/${subresource}`;
  return (
    has(rule.verbs, verb) &&
    has(rule.groups, kind.group) &&
    has(rule.resources, resource) &&
    (rule.names === undefined || rule.names.includes(name)) &&
    (rule.namespaces === undefined || rule.namespaces.includes(namespace))
  );
}

export function isAllowed({ rules }: User, attempt: Attempt): boolean {
  return rules.some((rule) => permits(rule, attempt));
}

/** Throws 403, in the words of RBAC, if no rule of the user permits the request. */
export function authorize(user: User, attempt: Attempt): void {
  if (isAllowed(user, attempt)) return;
  const { verb, kind, subresource, namespace, name } = attempt;
  const resource = subresource === '' ? kind.resource : `${kind.resource}/${subresource}`;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  throw forbidden(
    kind,
    name,
    `User "${user.name}" cannot ${verb} resource "${resource}" in API group "${kind.group}" ${where}`,
  );
}

/** Throws 403 if an anonymous user asks for a path that is not public. */
export function authorizePath(user: User, path: string): void {
  if (user.name !== ANONYMOUS.name || /^\/(?:version|healthz|livez|readyz)\b/u.test(path)) return;
  throw new ApiError(403, 'Forbidden', `forbidden: User "${user.name}" cannot get path "${path}"`, {});
}

function certificateUser(request: IncomingMessage, { certificates }: Credentials): User | undefined {
  if (!(request.socket instanceof TLSSocket)) return undefined;
  const { subject } = request.socket.getPeerCertificate();
  if (subject === undefined) return undefined;
  if (!request.socket.authorized) throw unauthorized();
  const name = String(subject.CN);
  return certificates.get(name) ?? { name, rules: [] };
}

function authenticate(request: IncomingMessage, credentials: Credentials): User {
  const given = request.headers.authorization;
  // A valid token next to an invalid certificate is accepted.
  const known = given === undefined ? undefined : credentials.tokens.get(given.replace(/^Bearer\s+/iu, ''));
  if (known !== undefined) return known;
  const user = certificateUser(request, credentials);
  if (user === undefined && given !== undefined) throw unauthorized();
  return user ?? ANONYMOUS;
}

/** The user of a request, after impersonation. Throws 401 or 403. */
export function userOf(request: IncomingMessage, credentials: Credentials): User {
  const user = authenticate(request, credentials);
  const wanted = request.headers['impersonate-user'];
  if (typeof wanted !== 'string') return user;
  const kind = { group: '', kind: 'User', resource: 'users' };
  authorize(user, { verb: 'impersonate', kind, subresource: '', namespace: '', name: wanted });
  const known = [...credentials.tokens.values(), ...credentials.certificates.values()].find(
    ({ name }) => name === wanted,
  );
  const groups = (request.headersDistinct['impersonate-group'] ?? []).concat('system:authenticated');
  const isMaster = groups.includes('system:masters');
  return { name: wanted, groups, rules: isMaster ? EVERYTHING : (known?.rules ?? []) };
}
