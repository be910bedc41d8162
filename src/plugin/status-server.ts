/**
 * The server of a daemon: metrics, health and other routes without a body. It has limits for connections, headers and
 * time, and outside of this machine it speaks only mutual TLS.
 */

import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { errorText } from './error-text.ts';
import { InputError } from './errors.ts';
import { assertLoopback, cannotListen, type ListenAddress } from './listen-address.ts';

/** Certificate, key and the authority of the clients, as PEM. */
export interface MutualTls {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

export interface Answer {
  readonly status: number;
  /** The content type. */
  readonly type: string;
  readonly text: string;
}

export const PLAIN = 'text/plain; charset=utf-8';

/** Answers by method and path: `GET /metrics`. Every `GET` answers `HEAD` too. */
export type Routes = Readonly<Record<string, () => Answer | Promise<Answer>>>;

const MOST_CONNECTIONS = 16;
const HEADER_BYTES = 8192;
const REQUEST_MS = 5_000;

const LIMITS: ServerOptions = {
  maxHeaderSize: HEADER_BYTES,
  headersTimeout: REQUEST_MS,
  requestTimeout: REQUEST_MS,
  keepAliveTimeout: REQUEST_MS,
  connectionsCheckingInterval: 1_000,
};

function send(response: ServerResponse, { status, type, text }: Answer): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    connection: 'close',
  });
  response.end(response.req.method === 'HEAD' ? undefined : text);
}

function plain(status: number, text: string): Answer {
  return { status, type: PLAIN, text: `${text}\n` };
}

/** The methods of a path. */
function methodsOf(routes: Routes, path: string): readonly string[] {
  return Object.keys(routes).flatMap((route) => {
    const [method = '', own] = route.split(' ');
    return own !== path ? [] : method === 'GET' ? ['GET', 'HEAD'] : [method];
  });
}

async function serve(routes: Routes, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = '' } = request;
  const path = request.url?.split('?', 1)[0] ?? '';
  const methods = methodsOf(routes, path);
  if (methods.includes(method)) {
    const route = routes[`${method === 'HEAD' ? 'GET' : method} ${path}`];
    return send(response, (await route?.()) ?? plain(404, 'not found'));
  }
  if (methods.length === 0) return send(response, plain(404, 'not found'));
  response.setHeader('allow', methods.join(', '));
  return send(response, plain(405, 'method not allowed'));
}

export interface StatusServer extends AsyncDisposable {
  readonly address: ListenAddress;
}

/** Starts the server. Throws an InputError if it cannot listen, or if its address is not local and TLS is not set up. */
export async function startStatusServer(
  listen: ListenAddress,
  tls: MutualTls | undefined,
  routes: Routes,
): Promise<StatusServer> {
  if (tls === undefined)
    assertLoopback(listen, 'mutual TLS. Give a certificate, a key and the authority of the clients');
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    serve(routes, request, response).catch(() => {
      if (response.headersSent) response.destroy();
      else send(response, plain(500, 'the answer failed'));
    });
  };
  const server = makeServer(tls, handle);
  server.maxConnections = MOST_CONNECTIONS;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen({ ...listen, ipv6Only: true }, resolve);
  try {
    await promise;
  } catch (error) {
    throw cannotListen(listen, error);
  }
  // Errors of single connections end only these.
  server.on('error', () => undefined);
  const { port } = server.address() as AddressInfo;
  return {
    address: { host: listen.host, port },
    [Symbol.asyncDispose]: async () => {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      server.closeAllConnections();
      await closed.promise;
    },
  };
}

function makeServer(
  tls: MutualTls | undefined,
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Server {
  if (tls === undefined) return createServer(LIMITS, handle);
  try {
    return createTlsServer(
      {
        ...LIMITS,
        ...tls,
        requestCert: true,
        rejectUnauthorized: true,
        minVersion: 'TLSv1.2',
        handshakeTimeout: REQUEST_MS,
      },
      handle,
    );
  } catch (error) {
    throw new InputError(`the certificate and the key of the metrics do not fit: ${errorText(error)}`);
  }
}
