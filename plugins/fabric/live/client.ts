/** The client of one API server: discovery, lists in pages, server-side apply, removals, and their dry runs. */

import { isRecord, isTree, type Json, OutsideError } from '#plugin';
import { type Answer, exchange, ExchangeError, realTiming, type Request, type Timing } from '#plugin/http';
import { type Limiter, limiter } from '#plugin/limit';
import type { SendHttp } from '#plugin/net';
import type { LiveObject } from '../objects/content.ts';
import type { ApplyOrder, ClusterWriter, ListOptions, ObjectPlace, RemoveOrder, Reply, ServedKind } from '../world.ts';
import { type Refusal, refusalOf } from './answers.ts';
import { parseExactly } from './numbers.ts';

/** Headers of a request: the login, and the names on whose behalf it acts. `renew`: the last ones were refused. */
export type Credentials = (signal: AbortSignal, renew?: true) => Promise<Request['headers']>;

export interface ClientOptions {
  readonly server: URL;
  readonly send: SendHttp;
  readonly credentials: Credentials;
  /** Name of the owner of applied fields. */
  readonly manager: string;
  readonly timing?: Timing;
}

const AT_ONCE = 16;
const PAGE = 500;
const REQUEST_MS = 30_000;
const MOST_BYTES = 64 * 1024 * 1024;
/** Restarts of a list whose pages expired. */
const MOST_RESTARTS = 3;
const MOST_TRIES = 4;
/** Pause before a request is repeated without a hint of the server, in ms. */
const PAUSE_MS = 500;

interface Sending {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Json;
  readonly contentType?: string;
}

function pathOf({ served, namespace }: Pick<ObjectPlace, 'served' | 'namespace'>, name?: string): string {
  const { apiVersion, plural, namespaced } = served;
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const scope = namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${root}${scope}/${plural}${name === undefined ? '' : `/${encodeURIComponent(name)}`}`;
}

/** Texts of `Warning: 299 - "…"` headers. Source: RFC 7234, 5.5. */
function warningsOf(headers: Headers): readonly string[] {
  const text = headers.get('warning') ?? '';
  return [...text.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/gu)].map(([, words = '']) => words.replace(/\\(.)/gu, '$1'));
}

function withoutMembers(object: LiveObject, omit: readonly string[]): LiveObject {
  return omit.length === 0 ? object : Object.fromEntries(Object.entries(object).filter(([key]) => !omit.includes(key)));
}

function isSuccess({ status }: Answer): boolean {
  return status >= 200 && status < 300;
}

export class KubernetesClient implements ClusterWriter {
  readonly #options: ClientOptions;
  readonly #timing: Timing;
  readonly #limit: Limiter = limiter(AT_ONCE);
  readonly #served = new Map<string, Promise<readonly ServedKind[] | undefined>>();

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#timing = options.timing ?? realTiming;
  }

  get server(): string {
    return this.#options.server.origin;
  }

  async connect(signal: AbortSignal): Promise<void> {
    // A group that every cluster serves, to users that it knows.
    this.#served.delete('v1');
    await this.served('v1', signal);
  }

  served(apiVersion: string, signal: AbortSignal): Promise<readonly ServedKind[] | undefined> {
    const known = this.#served.get(apiVersion) ?? this.#discover(apiVersion, signal);
    this.#served.set(apiVersion, known);
    // A failure, or a group that a later row creates, is asked for again.
    known.then(
      (kinds) => kinds ?? this.#served.delete(apiVersion),
      () => this.#served.delete(apiVersion),
    );
    return known;
  }

  async list(
    served: ServedKind,
    { namespace, labels, omit = [] }: ListOptions,
    signal: AbortSignal,
  ): Promise<readonly LiveObject[] | Refusal> {
    const place = namespace === undefined ? { served } : { served, namespace };
    const query = { limit: String(PAGE), ...(labels === undefined ? {} : { labelSelector: labels }) };
    for (let restart = 0; ; restart += 1) {
      const pages = await this.#pages(pathOf(place), query, { ...served, omit }, signal);
      // The rest that the server offers with an expired list is inconsistent: absence would not be certain.
      if (!('refusal' in pages)) return pages.objects;
      if (pages.refusal.kind !== 'expired' || restart >= MOST_RESTARTS) return pages.refusal;
    }
  }

  async get(place: ObjectPlace, signal: AbortSignal): Promise<LiveObject | undefined | Refusal> {
    const answer = await this.#ask({ method: 'GET', path: pathOf(place, place.name) }, signal);
    if (isSuccess(answer)) return this.#object(answer);
    const refusal = this.#refusal(answer);
    // The same answer for a missing Namespace, and for an object in one.
    return refusal.kind === 'not-found' || refusal.kind === 'no-namespace' ? undefined : refusal;
  }

  tryApply(order: ApplyOrder, signal: AbortSignal): Promise<Reply> {
    return this.#apply(order, { dryRun: 'All' }, signal);
  }

  apply(order: ApplyOrder, signal: AbortSignal): Promise<Reply> {
    return this.#apply(order, {}, signal);
  }

  tryRemove(order: RemoveOrder, signal: AbortSignal): Promise<Reply> {
    return this.#remove(order, { dryRun: ['All'] }, signal);
  }

  remove(order: RemoveOrder, signal: AbortSignal): Promise<Reply> {
    return this.#remove(order, {}, signal);
  }

  async takeOver(place: ObjectPlace, from: LiveObject, managedFields: Json, signal: AbortSignal): Promise<Reply> {
    const metadata = isTree(from['metadata']) ? from['metadata'] : {};
    const body: Json = [
      { op: 'replace', path: '/metadata/managedFields', value: managedFields },
      { op: 'replace', path: '/metadata/resourceVersion', value: metadata['resourceVersion'] ?? '' },
    ];
    const path = pathOf(place, place.name);
    const query = { fieldManager: this.#options.manager };
    return this.#reply(
      await this.#ask({ method: 'PATCH', path, query, body, contentType: 'application/json-patch+json' }, signal),
    );
  }

  async #discover(apiVersion: string, signal: AbortSignal): Promise<readonly ServedKind[] | undefined> {
    const path = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const answer = await this.#ask({ method: 'GET', path }, signal);
    if (!isSuccess(answer)) {
      const refusal = this.#refusal(answer);
      if (refusal.status === 404) return undefined;
      throw this.#failure(`the kinds of ${apiVersion} cannot be listed: ${refusal.words}`);
    }
    const { resources } = this.#object(answer);
    return (Array.isArray(resources) ? (resources as readonly Json[]) : []).flatMap((each): readonly ServedKind[] => {
      if (!isTree(each)) return [];
      const { name, kind, namespaced } = each;
      // Subresources have a slash in their name.
      if (typeof name !== 'string' || typeof kind !== 'string' || name.includes('/')) return [];
      return [{ apiVersion, kind, plural: name, namespaced: namespaced === true }];
    });
  }

  async #pages(
    path: string,
    query: Readonly<Record<string, string>>,
    { apiVersion, kind, omit }: ServedKind & { readonly omit: readonly string[] },
    signal: AbortSignal,
  ): Promise<{ readonly objects: readonly LiveObject[] } | { readonly refusal: Refusal }> {
    const objects: LiveObject[] = [];
    let next = '';
    do {
      const page = { ...query, ...(next === '' ? {} : { continue: next }) };
      const answer = await this.#ask({ method: 'GET', path, query: page }, signal);
      if (!isSuccess(answer)) return { refusal: this.#refusal(answer) };
      const { items, metadata } = this.#object(answer);
      // Items of a list do not name their kind.
      for (const item of Array.isArray(items) ? (items as readonly Json[]) : [])
        if (isTree(item)) objects.push({ ...withoutMembers(item, omit), apiVersion, kind });
      const token = isTree(metadata) ? metadata['continue'] : undefined;
      next = typeof token === 'string' ? token : '';
    } while (next !== '');
    return { objects };
  }

  async #apply(
    { place, body, force }: ApplyOrder,
    more: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Reply> {
    const query = {
      fieldManager: this.#options.manager,
      fieldValidation: 'Strict',
      force: String(force === true),
      ...more,
    };
    const path = pathOf(place, place.name);
    return this.#reply(
      await this.#ask({ method: 'PATCH', path, query, body, contentType: 'application/apply-patch+yaml' }, signal),
    );
  }

  /** The dry run is part of the body: a server ignores it in the query of a request with a body, and removes. */
  async #remove(
    { place, uid }: RemoveOrder,
    more: Readonly<Record<string, Json>>,
    signal: AbortSignal,
  ): Promise<Reply> {
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid }, ...more };
    return this.#reply(await this.#ask({ method: 'DELETE', path: pathOf(place, place.name), body }, signal));
  }

  #reply(answer: Answer): Reply {
    if (!isSuccess(answer)) return { done: false, refusal: this.#refusal(answer) };
    const object = this.#object(answer);
    const warnings = warningsOf(answer.headers);
    return object['kind'] === 'Status' ? { done: true, warnings } : { done: true, object, warnings };
  }

  #refusal({ status, headers, body }: Answer): Refusal {
    const retryAfter = headers.get('retry-after');
    return refusalOf({
      status,
      body,
      contentType: headers.get('content-type') ?? '',
      ...(retryAfter === null ? {} : { retryAfter }),
    });
  }

  #object({ body }: Answer): LiveObject {
    let value: unknown;
    try {
      value = parseExactly(body);
    } catch {
      throw this.#failure('the answer is not JSON');
    }
    if (!isRecord(value)) throw this.#failure('the answer is not an object');
    return value as LiveObject;
  }

  #failure(message: string): OutsideError {
    return new OutsideError(`${this.server}: ${message}`);
  }

  /** One request. Repeats it after a 429, after a refused login once, and reads also after a lost connection. */
  async #ask(sending: Sending, signal: AbortSignal): Promise<Answer> {
    return this.#limit(() => this.#tries(sending, signal), { signal });
  }

  async #tries(sending: Sending, signal: AbortSignal): Promise<Answer> {
    let renewed: true | undefined;
    for (let left = MOST_TRIES - 1; ; left -= 1) {
      const answer = await this.#once(sending, signal, renewed).catch((error: unknown) => {
        // A dry run and a read change nothing: they may be repeated after a lost answer.
        const isSafe = sending.method === 'GET' || sending.query?.['dryRun'] !== undefined;
        if (!(error instanceof ExchangeError) || !isSafe || error.reason !== 'broken' || left <= 0)
          throw this.#named(error);
        return undefined;
      });
      if (answer !== undefined) {
        if (answer.status === 401 && renewed === undefined) {
          renewed = true;
          continue;
        }
        if (answer.status !== 429 || left <= 0) return answer;
        await this.#timing.sleep(this.#refusal(answer).retryAfterMs ?? PAUSE_MS, signal);
      } else await this.#timing.sleep(PAUSE_MS, signal);
    }
  }

  #named(error: unknown): unknown {
    return error instanceof ExchangeError ? this.#failure(error.message) : error;
  }

  async #once(
    { method, path, query, body, contentType = 'application/json' }: Sending,
    signal: AbortSignal,
    renew?: true,
  ): Promise<Answer> {
    const { server, send, credentials } = this.#options;
    const url = new URL(server);
    url.pathname = `${url.pathname.replace(/\/$/u, '')}${path}`;
    url.search = new URLSearchParams(query).toString();
    const login = await credentials(signal, renew);
    const headers = { accept: 'application/json', 'user-agent': 'fettle', ...login };
    const request: Request = {
      method,
      url,
      headers: body === undefined ? headers : { ...headers, 'content-type': contentType },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    };
    return exchange(send, request, { ms: REQUEST_MS, bytes: MOST_BYTES }, signal);
  }
}
