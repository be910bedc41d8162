/** The application of a table of routes: callers and their roles, 404, 405 with `allow`, HEAD for every GET, errors. */

import type { IncomingHttpHeaders } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import type { Access, Caller, HttpRefusal, Role } from '../access.ts';
import { jsonReply, plainReply } from './reply.ts';

interface Env {
  readonly Bindings: HttpBindings;
}

export type RouteContext = Context<Env>;

const METHODS = ['GET', 'POST', 'PATCH'] as const;

export type Method = (typeof METHODS)[number];

interface Path {
  readonly method: Method;
  /** May have parameters: `/v1/explain/:address`. */
  readonly path: string;
}

/** A route for every caller: the answer may depend on credentials of its own. */
export interface OpenRoute extends Path {
  readonly role?: undefined;
  readonly answer: (context: RouteContext) => Response | Promise<Response>;
}

/** A route for callers with a role. */
interface GuardedRoute extends Path {
  readonly role: Role;
  readonly answer: (context: RouteContext, caller: Caller) => Response | Promise<Response>;
}

export type Route = OpenRoute | GuardedRoute;

export type App = Hono<Env>;

export interface AppOptions {
  readonly access: Access;
  /** Gets each error of a route. */
  readonly failed: (error: unknown) => void;
  /** Gets the reason of each refused request. */
  readonly refused?: (reason: HttpRefusal) => void;
}

function unauthenticated(): Response {
  const message = 'the request has no valid token. Send one in the header authorization';
  return jsonReply(401, { ok: false, error: 'unauthenticated', message }, { 'www-authenticate': CHALLENGE });
}

/** A browser asks for a name, which does not count, and a password, which is the token. */
const CHALLENGE = 'Basic realm="fettle: the password is the token", charset="UTF-8", Bearer realm="fettle"';

function forbidden({ name }: Caller, role: Role): Response {
  return jsonReply(403, { ok: false, error: 'forbidden', message: `${name} does not have the role ${role}` });
}

/**
 * True for a request that a page of another site made: a browser adds the caller's credentials to it. A program sends neither
 * header.
 */
function isForeign({ 'sec-fetch-site': site, origin, host }: IncomingHttpHeaders): boolean {
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  return origin !== undefined && URL.parse(origin)?.host !== host;
}

export function foreign(): Response {
  return jsonReply(403, {
    ok: false,
    error: 'foreign',
    message: 'the request comes from a page of another site, or is for another host',
  });
}

/** Only a GET changes nothing. */
function protectedFrom(route: Route, options: AppOptions): OpenRoute['answer'] {
  const answer = guarded(route, options);
  if (route.method === 'GET') return answer;
  return (context) => {
    if (!isForeign(context.env.incoming.headers)) return answer(context);
    options.refused?.('foreign');
    return foreign();
  };
}

function guarded(route: Route, { access, refused }: AppOptions): OpenRoute['answer'] {
  if (route.role === undefined) return route.answer;
  const { role, answer } = route;
  return (context) => {
    const caller = access.callerOf(context.env.incoming);
    if (caller === undefined) {
      refused?.('unauthenticated');
      return unauthenticated();
    }
    if (caller.roles.has(role)) return answer(context, caller);
    refused?.('forbidden');
    return forbidden(caller, role);
  };
}

export function appOf(routes: readonly Route[], options: AppOptions): App {
  const app = new Hono<Env>();
  for (const route of routes) app.on(route.method, route.path, protectedFrom(route, options));
  app.notFound(({ req }) => {
    const methods = METHODS.filter((method) => app.router.match(method, req.path)[0].length > 0);
    if (methods.length === 0) return plainReply(404, 'not found');
    const allow = methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ');
    return plainReply(405, 'method not allowed', { allow });
  });
  app.onError((error) => {
    options.failed(error);
    return plainReply(500, 'the answer failed');
  });
  return app;
}
