/** The emulated API server on a socket: reads a request, finds who sends it and what it names, and answers. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Admission } from './admission.ts';
import { authorize, authorizePath, type Credentials, isAllowed, type User, userOf } from './access.ts';
import { discovered } from './discovery.ts';
import { type ArmedFault, type Mishap, mishapFor } from './faults.ts';
import { type Kind, storageOf } from './kinds.ts';
import { formOf, type ListQuery, listText, objectText, selectorOf } from './read.ts';
import { optionsOf, removalOf, type Target, targetOf } from './routes.ts';
import { ApiError, badRequest, notFound, notServed, PlainError, tooLarge, unsupportedMedia } from './status.ts';
import { keyOf, type Store } from './store.ts';
import { encode, parseValue, textAt, type Tree, treeAt, type Value } from './value.ts';
import { watch, type WatchTiming } from './watch.ts';
import { apply, type Call, create, patch, remove, replace, type Writing, type Written } from './write.ts';

const MAX_BODY_BYTES = 3 * 1024 * 1024;

/** A received request, for tests to count and inspect. It does not contain credentials. */
export interface Seen {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly body: string;
  readonly user: string;
  /** Status of the answer; 0 if none was sent. */
  readonly status: number;
}

/** The parts of the emulator that requests use. */
export interface Service {
  readonly store: Store;
  readonly kinds: () => readonly Kind[];
  readonly admission: Admission;
  readonly credentials: Credentials;
  readonly now: () => number;
  readonly timing: WatchTiming;
  readonly faults: ArmedFault[];
  readonly record: (request: Seen) => void;
}

/** A request with what was read of it. */
interface Asked {
  readonly request: IncomingMessage;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: string;
  readonly user: User;
  readonly warnings: string[];
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly text: string;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  if (size > MAX_BODY_BYTES) throw tooLarge(MAX_BODY_BYTES);
  return Buffer.concat(chunks).toString();
}

function parsed({ request, body }: Asked): Value {
  if (request.headers['content-type'] === 'application/vnd.kubernetes.protobuf')
    throw unsupportedMedia(['application/json', 'application/yaml']);
  try {
    return parseValue(body);
  } catch (error) {
    throw badRequest(
      `error decoding YAML: error converting YAML to JSON: ${error instanceof Error ? error.message : ''}`,
    );
  }
}

function json(status: number, text: string, headers: Answer['headers'] = {}): Answer {
  return { status, text, headers: { 'content-type': 'application/json', ...headers } };
}

const VERBS: Readonly<Record<string, string>> = {
  GET: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

function isWatch({ method, query }: Asked): boolean {
  return method === 'GET' && ['1', 'true'].includes(query.get('watch') ?? '');
}

function verbOf(asked: Asked, { name }: Target): string {
  if (asked.method === 'GET' && isWatch(asked)) return 'watch';
  if (name === '') return asked.method === 'GET' ? 'list' : asked.method === 'DELETE' ? 'deletecollection' : 'create';
  const verb = VERBS[asked.method];
  if (verb === undefined) throw notServed();
  return verb;
}

const PATCHES: Readonly<Record<string, 'apply' | 'merge' | 'json'>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/apply-patch+yaml': 'apply',
};

function patchType({ request }: Asked, { kind }: Target): 'apply' | 'merge' | 'json' {
  const given = (request.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';
  // The server's own kinds take strategic merge patches; lists of theirs that merge are not emulated.
  if (!kind.isCustom && given === 'application/strategic-merge-patch+json') return 'merge';
  const type = PATCHES[given];
  if (type === undefined) throw unsupportedMedia(Object.keys(PATCHES));
  return type;
}

function callOf(asked: Asked, target: Target, type: string, isApply = false): Call {
  const agent = asked.request.headers['user-agent'] ?? '';
  return {
    ...target,
    ...optionsOf(asked.query, type, agent, isApply),
    warn: (text) => void asked.warnings.push(text),
  };
}

async function write(service: Service, asked: Asked, target: Target): Promise<Written> {
  const { store, admission, now } = service;
  const mayCreate = (): void => authorize(asked.user, { ...target, verb: 'create' });
  const on: Writing = { store, admission, now, mayCreate };
  switch (asked.method) {
    case 'POST':
      return create(on, callOf(asked, target, 'CreateOptions'), parsed(asked));
    case 'PUT':
      return replace(on, callOf(asked, target, 'UpdateOptions'), parsed(asked));
    case 'PATCH': {
      const type = patchType(asked, target);
      const call = callOf(asked, target, 'PatchOptions', type === 'apply');
      return type === 'apply' ? apply(on, call, parsed(asked)) : patch(on, call, type, parsed(asked));
    }
    default: {
      const body = asked.body === '' ? undefined : parsed(asked);
      const { dryRun, ...wanted } = removalOf(asked.query, body);
      const call = { ...callOf({ ...asked, query: new URLSearchParams() }, target, 'DeleteOptions'), dryRun };
      return target.name === '' ? removeAll(on, service, asked, call) : remove(on, call, wanted);
    }
  }
}

/** Deletes every object of a collection that matches the selectors. */
async function removeAll(on: Writing, { store }: Service, { query }: Asked, call: Call): Promise<Written> {
  const matches = selectorOf(query, call.namespace);
  const found = store.list(storageOf(call.kind)).filter(matches);
  for (const object of found) {
    const named = {
      ...call,
      namespace: textAt(object, 'metadata', 'namespace'),
      name: textAt(object, 'metadata', 'name'),
    };
    await remove(on, named, { uid: '', resourceVersion: '' });
  }
  const { kind } = call;
  const list = {
    kind: kind.listKind,
    apiVersion: `${kind.group}/${kind.version}`,
    metadata: { resourceVersion: String(store.version()) },
    items: found,
  };
  return { code: 200, object: list };
}

function listQuery(service: Service, { query, request }: Asked, target: Target): ListQuery {
  const selected = new URLSearchParams(query);
  if (target.name !== '') selected.set('fieldSelector', `metadata.name=${target.name}`);
  const form = formOf(request.headers.accept ?? '', query.get('includeObject') ?? '');
  return { kind: target.kind, namespace: target.namespace, query: selected, form, now: service.now() };
}

async function answerObject(service: Service, asked: Asked, target: Target): Promise<Answer> {
  const { kind, namespace, name } = target;
  authorize(asked.user, { ...target, verb: verbOf(asked, target) });
  if (kind.deprecation !== undefined) asked.warnings.push(kind.deprecation);
  const { form, now } = listQuery(service, asked, target);
  if (asked.method !== 'GET') {
    const { code, object } = await write(service, asked, target);
    const isOwn = object['kind'] === kind.kind;
    return json(code, isOwn ? objectText(kind, object, form, now) : encode(object));
  }
  if (name === '') return json(200, listText(service.store, listQuery(service, asked, target)));
  const found = service.store.get(storageOf(kind), keyOf(namespace, name));
  if (found === undefined) throw notFound(kind, name);
  return json(200, objectText(kind, found, form, now));
}

/** Reviews, which are answered and not stored. */
function reviewed(request: Asked): Tree | undefined {
  const { path, method, user } = request;
  if (method !== 'POST') return undefined;
  if (path === '/apis/authentication.k8s.io/v1/selfsubjectreviews') {
    const userInfo = { username: user.name, groups: user.groups ?? ['system:authenticated'] };
    return { kind: 'SelfSubjectReview', apiVersion: 'authentication.k8s.io/v1', metadata: {}, status: { userInfo } };
  }
  if (path !== '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews') return undefined;
  const spec = treeAt(parsed(request), 'spec');
  const asked = treeAt(spec, 'resourceAttributes');
  const allowed = isAllowed(user, {
    verb: textAt(asked, 'verb'),
    kind: { group: textAt(asked, 'group'), kind: '', resource: textAt(asked, 'resource') },
    subresource: textAt(asked, 'subresource'),
    namespace: textAt(asked, 'namespace'),
    name: textAt(asked, 'name'),
  });
  return {
    kind: 'SelfSubjectAccessReview',
    apiVersion: 'authorization.k8s.io/v1',
    metadata: {},
    spec,
    status: { allowed },
  };
}

async function answer(service: Service, asked: Asked): Promise<Answer> {
  const { path, user, method } = asked;
  if (/^\/(?:healthz|livez|readyz)$/u.test(path))
    return { status: 200, text: 'ok', headers: { 'content-type': 'text/plain' } };
  const review = reviewed(asked);
  if (review !== undefined) return json(201, encode(review));
  const target = targetOf(path, service.kinds());
  if (target !== undefined) return answerObject(service, asked, target);
  authorizePath(user, path);
  if (method !== 'GET') throw notServed();
  return json(200, encode(discovered(path.replace(/\/$/u, ''), service.kinds())));
}

function failed(error: unknown): Answer {
  if (error instanceof PlainError) {
    const retry: Answer['headers'] = error.retryAfter === undefined ? {} : { 'retry-after': String(error.retryAfter) };
    return {
      status: error.code,
      text: error.message,
      headers: { 'content-type': 'text/plain; charset=utf-8', ...retry },
    };
  }
  if (error instanceof ApiError) {
    const retry: Answer['headers'] = error.retryAfter === undefined ? {} : { 'retry-after': String(error.retryAfter) };
    return json(error.code, encode(error.body), retry);
  }
  // A bug in the emulator: tests must see it, and clients must survive it.
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return json(500, encode(new ApiError(500, 'InternalError', `bug in the emulator: ${message}`).body));
}

function warned({ status, headers, text }: Answer, warnings: readonly string[]): Answer {
  if (warnings.length === 0) return { status, headers, text };
  const values = [...new Set(warnings)].map((warning) => `299 - ${JSON.stringify(warning)}`);
  return { status, text, headers: { ...headers, warning: values } };
}

function send(response: ServerResponse, { status, headers, text }: Answer, mishap: Mishap | undefined): void {
  const all = { ...headers, 'content-length': Buffer.byteLength(text) };
  switch (mishap?.kind) {
    case 'lost-before':
    case 'lost-after':
      response.destroy();
      return;
    case 'hang':
    case 'stall':
      return;
    case 'cut':
      response.writeHead(status, all);
      response.write(Buffer.from(text).subarray(0, mishap.bytes), () => response.destroy());
      return;
    case 'slow':
      setTimeout(() => send(response, { status, headers, text }, undefined), mishap.ms).unref();
      return;
    case undefined:
    case 'busy':
    case 'error':
    case 'text':
      response.writeHead(status, all);
      response.end(text);
      return;
  }
}

/** The answer of a fault that replaces the whole request. */
function replaced(mishap: Mishap | undefined): Answer | undefined {
  switch (mishap?.kind) {
    case 'busy':
      return failed(new PlainError(429, 'Too many requests, please try again later.\n', mishap.seconds ?? 1));
    case 'error':
      return failed(mishap.error);
    case 'text':
      return { status: mishap.status, text: mishap.text, headers: { 'content-type': 'text/html' } };
    case 'lost-before':
    case 'stall':
      return { status: 0, text: '', headers: {} };
    case 'lost-after':
    case 'cut':
    case 'hang':
    case 'slow':
    case undefined:
      return undefined;
  }
}

/** Answers one request. */
export async function serve(service: Service, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const method = request.method ?? 'GET';
  const url = request.url ?? '/';
  let mishap: Mishap | undefined;
  const { pathname, searchParams: query } = new URL(url, 'https://sandbox.invalid');
  let user = '';
  let body = '';
  const record = (status: number): void => {
    const isAnswered = !['lost-before', 'lost-after', 'hang', 'stall'].includes(mishap?.kind ?? '');
    service.record({ method, url, body, user, status: isAnswered ? status : 0 });
  };
  const warnings: string[] = [];
  let made: Answer;
  try {
    body = await readBody(request);
    mishap = mishapFor(service.faults, { method, url, body });
    const replacement = replaced(mishap);
    if (replacement === undefined) {
      const who = userOf(request, service.credentials);
      user = who.name;
      const asked: Asked = { request, method, path: pathname, query, body, user: who, warnings };
      if (isWatch(asked)) {
        const target = targetOf(pathname, service.kinds());
        if (target === undefined) throw notServed();
        authorize(who, { ...target, verb: 'watch' });
        record(200);
        watch(service.store, listQuery(service, asked, target), service.timing, response);
        return;
      }
      made = warned(await answer(service, asked), warnings);
    } else made = replacement;
  } catch (error) {
    made = warned(failed(error), warnings);
  }
  record(made.status);
  send(response, made, mishap);
}
