/** The application of a table of routes: 404, 405 with `allow`, HEAD for every GET, and an answer to an error. */

import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { plainReply } from './reply.ts';

interface Env {
  readonly Bindings: HttpBindings;
}

const METHODS = ['GET', 'POST'] as const;

export interface Route {
  readonly method: (typeof METHODS)[number];
  /** May have parameters: `/v1/explain/:address`. */
  readonly path: string;
  readonly answer: (context: Context<Env>) => Response | Promise<Response>;
}

export type App = Hono<Env>;

/** `failed` gets each error of a route. */
export function appOf(routes: readonly Route[], failed: (error: unknown) => void): App {
  const app = new Hono<Env>();
  for (const { method, path, answer } of routes) app.on(method, path, answer);
  app.notFound(({ req }) => {
    const methods = METHODS.filter((method) => app.router.match(method, req.path)[0].length > 0);
    if (methods.length === 0) return plainReply(404, 'not found');
    const allow = methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ');
    return plainReply(405, 'method not allowed', { allow });
  });
  app.onError((error) => {
    failed(error);
    return plainReply(500, 'the answer failed');
  });
  return app;
}
