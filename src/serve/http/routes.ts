/** All routes of `fettle serve`. */

import type { IncomingMessage } from 'node:http';
import { isLoopback } from '#plugin/listen-address';
import type { Caller, Role } from '../access.ts';
import type { Announced } from '../answers/answerer.ts';
import type { Intake } from '../intake.ts';
import { apiRoutes, type ServedApi } from './api-routes.ts';
import { foreign, type OpenRoute, type Route } from './app.ts';
import { eventRoutes } from './events-route.ts';
import { pageRoutes } from './page-routes.ts';
import { regionRoutes, type ServedRegions } from './regions-route.ts';
import { plainReply, textReply } from './reply.ts';
import { challengeRoute } from '../challenges.ts';

export interface Daemon {
  readonly metrics: { readonly type: string; readonly text: () => Promise<string> };
  /** Reasons for which the daemon is not ready; none if it is. */
  readonly notReady: () => readonly string[];
  /** Starts a round of every project. `by`: the name of the caller, if it has one. */
  readonly reload: (by: string | undefined) => void;
  /** The caller of a request. */
  readonly callerOf: (request: IncomingMessage) => Caller | undefined;
  readonly intakes: readonly Intake[];
  readonly apis: readonly ServedApi[];
  readonly endpoints: readonly Announced[];
  /** Empty without other regions. */
  readonly regions?: readonly ServedRegions[];
  /** True if only this machine reaches the server, without TLS. */
  readonly isLocal: boolean;
  /** The folder of ACME challenges; undefined if the daemon answers none. */
  readonly challengeFolder?: string | undefined;
}

/** Time for which the bytes of the metrics are used again, in ms: clients that do not read share them. */
const SCRAPE_MS = 200;

/** The bytes of the metrics. */
function scraping({ text }: Daemon['metrics']): () => Promise<Uint8Array<ArrayBuffer>> {
  let last: { readonly at: number; readonly bytes: Promise<Uint8Array<ArrayBuffer>> } | undefined;
  const encoded = async (): Promise<Uint8Array<ArrayBuffer>> => new TextEncoder().encode(await text());
  return () => {
    const at = performance.now();
    if (last === undefined || at - last.at > SCRAPE_MS) last = { at, bytes: encoded() };
    return last.bytes;
  };
}

/** True for a `host` header without a name that another site can give to this machine. */
function namesThisMachine(header: string | undefined): boolean {
  // Every browser sends the header.
  if (header === undefined) return true;
  const name = URL.parse(`http://${header}`)?.hostname.replaceAll(/[[\]]/gu, '') ?? '';
  return name === 'localhost' || isLoopback({ host: name, port: 0 });
}

export function routesOf(daemon: Daemon): readonly Route[] {
  const {
    metrics,
    notReady,
    reload,
    callerOf,
    intakes,
    apis,
    endpoints,
    isLocal,
    challengeFolder,
    regions = [],
  } = daemon;
  const scraped = scraping(metrics);
  /**
   * A route that is open on a loopback address, and needs a role elsewhere. A request for another name than one of this machine
   * needs the role too: a page of a site whose name leads to this machine sends it.
   */
  const localOr = (role: Role, { answer, ...route }: OpenRoute): Route =>
    isLocal
      ? {
          ...route,
          answer: (context) => {
            const { incoming } = context.env;
            return namesThisMachine(incoming.headers.host) || callerOf(incoming)?.roles.has(role) === true
              ? answer(context)
              : foreign();
          },
        }
      : { ...route, answer, role };
  return [
    localOr('metrics', {
      method: 'GET',
      path: '/metrics',
      answer: async () => textReply(200, metrics.type, await scraped()),
    }),
    { method: 'GET', path: '/healthz', answer: () => textReply(200, 'application/json', '{"ok":true}\n') },
    {
      method: 'GET',
      path: '/readyz',
      answer: () => {
        const reasons = notReady();
        if (reasons.length === 0) return plainReply(200, 'ready');
        // The reasons name projects.
        return plainReply(503, isLocal ? reasons.join('\n') : 'not ready');
      },
    },
    localOr('operate', {
      method: 'POST',
      path: '/-/reload',
      answer: ({ env }) => {
        reload(callerOf(env.incoming)?.name);
        return plainReply(202, 'a round starts');
      },
    }),
    ...(challengeFolder === undefined ? [] : [challengeRoute(challengeFolder)]),
    ...eventRoutes(intakes),
    ...regionRoutes(regions),
    ...apiRoutes(apis, endpoints),
    ...pageRoutes(apis),
  ];
}
