/** The emulated API on a socket: reads a request, checks it as the provider does, and answers or injects a fault. */

import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Json } from '#plugin';
import { ApiError } from './errors.ts';
import { type ArmedFault, type Mishap, mishapFor } from './faults.ts';
import { type Bucket, type RateLimit, rateHeaders, takeRequest } from './rate-limit.ts';
import type { Answer, Body, Call, Conduct } from './request.ts';
import { routeOf } from './routes.ts';
import type { Cloud } from './state.ts';
import { advance } from './timeline.ts';

const VERSION = '/v1';
const BODY_MAX = 1024 * 1024;
/** Maximum size of an endless answer. */
const ENDLESS_BYTES = 512 * 1024 * 1024;
const LOOPBACK = '127.0.0.1';

/** A received request, for tests to count and inspect. It does not contain the token. */
export interface Seen {
  readonly method: string;
  /** The path below the version. */
  readonly path: string;
  readonly query: string;
  readonly body: Body;
  /** Status of the answer; 0 if none was sent. */
  readonly status: number;
  /** Epoch ms, by the emulator's clock. */
  readonly at: number;
}

/** The parts of the emulator that the API uses. */
export interface Service {
  readonly cloud: Cloud;
  readonly conduct: () => Conduct;
  readonly now: () => number;
  readonly tokens: { readonly readWrite: string; readonly readOnly: string };
  readonly rateLimit: () => RateLimit;
  bucket: Bucket;
  readonly faults: ArmedFault[];
  readonly seen: Seen[];
  /** Called before a request is handled. */
  readonly arrived: (method: string, path: string, body: Body) => void;
  /** Called after a request that may have changed the rows. */
  readonly changed: () => void;
}

interface Given {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_MAX) throw new ApiError('json_error', 'the body is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function parseBody(text: string): Body {
  if (text === '') return {};
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    throw new ApiError('json_error', 'the body is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ApiError('json_error', 'the body is not an object');
  return value as Body;
}

function checkToken({ tokens }: Service, request: IncomingMessage): void {
  const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
  if (token === tokens.readWrite) return;
  if (token !== tokens.readOnly) throw new ApiError('unauthorized', 'unable to authenticate');
  if (request.method !== 'GET')
    throw new ApiError('token_readonly', 'the token is only allowed to perform GET requests');
}

function errorBody(code: string, message: string, details: Json = null): Json {
  return { error: { code, message, details } };
}

/** Handles a request synchronously and returns its answer. */
function answer(service: Service, request: IncomingMessage, url: URL, body: Body): Answer {
  const { handler, ids } = routeOf(request.method ?? 'GET', url.pathname.slice(VERSION.length));
  const call: Call = {
    cloud: service.cloud,
    now: service.now(),
    url,
    query: url.searchParams,
    body,
    conduct: service.conduct(),
    ids,
  };
  return handler(call);
}

function failed(error: unknown): Answer {
  if (error instanceof ApiError)
    return { status: error.status, body: errorBody(error.code, error.message, error.details) };
  // A bug in the emulator: tests must see it, and clients must survive it.
  return { status: 500, body: errorBody('server_error', error instanceof Error ? (error.stack ?? error.message) : '') };
}

function given(service: Service, { status, body, link }: Answer, more: Readonly<Record<string, string>> = {}): Given {
  const headers = {
    ...rateHeaders(service.bucket, service.rateLimit()),
    'X-Correlation-Id': service.seen.length.toString(16).padStart(16, '0'),
    ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    ...(link === undefined || link === '' ? {} : { Link: link }),
    ...more,
  };
  return { status, headers, text: body === undefined ? '' : JSON.stringify(body) };
}

function send(response: ServerResponse, { status, headers, text }: Given): void {
  response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
}

function sendEndlessly(response: ServerResponse): void {
  response.writeHead(200, { 'Content-Type': 'application/json' });
  const chunk = Buffer.alloc(64 * 1024, ' ');
  let sent = 0;
  const more = (): void => {
    while (sent < ENDLESS_BYTES && !response.destroyed) {
      sent += chunk.length;
      if (!response.write(chunk)) return;
    }
    response.end();
  };
  response.on('drain', more);
  response.on('error', () => undefined);
  more();
}

function spoil(response: ServerResponse, mishap: Mishap | undefined, made: Given): void {
  switch (mishap?.kind) {
    case undefined:
    case 'error':
    case 'text':
    case 'error-after':
      return send(response, made);
    case 'lost-before':
    case 'lost-after':
      return void response.destroy();
    case 'cut':
      response.writeHead(made.status, { ...made.headers, 'Content-Length': Buffer.byteLength(made.text) });
      response.write(Buffer.from(made.text).subarray(0, mishap.bytes), () => response.destroy());
      return;
    case 'endless':
      return sendEndlessly(response);
    case 'slow':
      setTimeout(() => send(response, made), mishap.ms).unref();
      return;
    case 'hang':
      return;
  }
}

/** Makes the changes that the mishap permits, and returns the answer. */
function handle(
  service: Service,
  request: IncomingMessage,
  url: URL,
  text: string | ApiError,
  mishap: Mishap | undefined,
): Given {
  const { bucket, allowed } = takeRequest(service.bucket, service.rateLimit(), service.now());
  service.bucket = bucket;
  if (!allowed) return given(service, failed(new ApiError('rate_limit_exceeded', 'limit of requests exceeded')));
  if (mishap?.kind === 'text') return { status: mishap.status, headers: {}, text: mishap.text };
  if (mishap?.kind === 'error') {
    const { status, code, message = code, retryAfter } = mishap;
    const more = retryAfter === undefined ? undefined : { 'Retry-After': String(retryAfter) };
    return given(service, { status, body: errorBody(code, message) }, more);
  }
  if (mishap?.kind === 'lost-before') return { status: 0, headers: {}, text: '' };
  let result: Answer;
  try {
    checkToken(service, request);
    if (text instanceof ApiError) throw text;
    result = answer(service, request, url, parseBody(text));
  } catch (error) {
    result = failed(error);
  }
  if (mishap?.kind === 'error-after')
    return given(service, { status: mishap.status, body: errorBody(mishap.code, mishap.code) });
  return given(service, result);
}

async function serve(service: Service, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const text = await readBody(request).catch((error: unknown) => {
    if (error instanceof ApiError) return error;
    throw error;
  });
  const url = new URL(request.url ?? '/', `http://${request.headers.host ?? LOOPBACK}`);
  const method = request.method ?? 'GET';
  const path = url.pathname.startsWith(`${VERSION}/`) ? url.pathname.slice(VERSION.length) : '';
  const at = service.now();
  advance(service.cloud, at, service.conduct().times);
  const body = bodySeen(text);
  service.arrived(method, path, body);
  const mishap = mishapFor(service.faults, { method, path });
  const made = handle(service, request, url, text, mishap);
  const answered = mishap === undefined || !['lost-before', 'lost-after', 'hang'].includes(mishap.kind);
  service.seen.push({
    method,
    path,
    query: url.search,
    body,
    status: answered ? made.status : 0,
    at,
  });
  service.changed();
  spoil(response, mishap, made);
}

function bodySeen(text: string | ApiError): Body {
  try {
    return text instanceof ApiError ? {} : parseBody(text);
  } catch {
    return {};
  }
}

export interface Listening {
  readonly server: Server;
  readonly port: number;
  /** Closes the server and every connection. */
  readonly stop: () => Promise<void>;
}

/** Listens on a loopback address; port 0 selects a free one. */
export async function listen(listener: RequestListener, port = 0, host = LOOPBACK): Promise<Listening> {
  const server = createServer(listener);
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve);
  });
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  return { server, port: (server.address() as AddressInfo).port, stop };
}

/** Starts the API; its address ends with the version. */
export async function startApi(service: Service, port = 0): Promise<Listening & { readonly endpoint: string }> {
  const listening = await listen((request, response) => {
    serve(service, request, response).catch(() => response.destroy());
  }, port);
  return { ...listening, endpoint: `http://${LOOPBACK}:${listening.port}${VERSION}` };
}
