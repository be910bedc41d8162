/** The client of one API server: discovery, lists in pages, watches, server-side apply, removals, and their dry runs. */

import { defined, isRecord, isTree, type Json, OutsideError } from '#plugin';
import {
  type Answer,
  exchange,
  ExchangeError,
  exchangeLines,
  type LineAnswer,
  realTiming,
  type Request,
  type Timing,
} from '#plugin/http';
import { type Limiter, limiter } from '#plugin/limit';
import type { AnswerHeaders, SendHttp } from '#plugin/net';
import { type LiveObject, textOr } from '../objects/content.ts';
import type {
  ApplyOrder,
  ClusterWriter,
  ListOptions,
  ObjectPlace,
  RemoveOrder,
  Reply,
  ServedKind,
  WatchEvent,
  WatchOptions,
} from '../world.ts';
import { codedWords, type Refusal, refusalOf } from './answers.ts';
import { Breakers } from './breaker.ts';
import { parseExactly } from './numbers.ts';
import { type ListedObjects, type Refused, SILENCE_MS, watchObjects, type WatchSource } from './watch.ts';

/** Headers of a request: the login, and the names on whose behalf it acts. `renew`: the last ones were refused. */
export type Credentials = (signal: AbortSignal, renew?: true) => Promise<Request['headers']>;

export interface ClientOptions {
  readonly server: URL;
  readonly send: SendHttp;
  readonly credentials: Credentials;
  /** Name of the owner of applied fields. */
  readonly manager: string;
  readonly timing?: Timing;
  /** The reason why a login is refused, if it shows by itself: the server does not tell. */
  readonly loginMistake?: () => string | undefined;
}

const AT_ONCE = 16;
const PAGE = 500;
const MOST_PAGES = 2000;
/** Deadline of a read, in ms. */
const READ_MS = 30_000;
/** Deadline of a write and its dry run, in ms: the server gives up after 34 s, and its answer says why. */
const WRITE_MS = 40_000;
const MOST_BYTES = 64 * 1024 * 1024;
/** Size limit of an event: several times the largest object that a cluster stores. */
const MOST_LINE = 16 * 1024 * 1024;
/** Shortest duration of a watch that is asked for; the longest is twice as long. */
const WATCH_SECONDS = 300;
/** Restarts of a list whose pages expired. */
const MOST_RESTARTS = 3;
/** Attempts of a request without an effect whose answer is lost. */
const MOST_TRIES = 4;
/** Pause before a request is repeated without a hint of the server, in ms. */
const PAUSE_MS = 500;
/** Most time that one request waits for a busy server, in ms. */
const MOST_BUSY_MS = 60_000;
/** Time after a write in which a webhook may not know the object yet, and the pause before it is asked again, in ms. */
const LAG = { span: 5000, pause: 250 };

interface Sending {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  /** The request changes something: a lost answer leaves its outcome open. */
  readonly hasEffect?: true;
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

/** `?limit=500`; empty without a query. The names need no encoding. */
function queryText(query: Sending['query'] = {}): string {
  const pairs = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

/** Texts of `Warning: 299 - "…"` headers. Source: RFC 7234, 5.5. */
function warningsOf(headers: AnswerHeaders): readonly string[] {
  const text = headers.get('warning');
  if (text === null) return [];
  return [...text.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/gu)].map(([, words = '']) => words.replace(/\\(.)/gu, '$1'));
}

/** An object of a list or an event. Items of a list do not name their kind. */
function objectOf(item: LiveObject, { apiVersion, kind }: ServedKind, omit: readonly string[]): LiveObject {
  const members = Object.entries(item).filter(([key]) => !omit.includes(key));
  return { ...(omit.length === 0 ? item : Object.fromEntries(members)), apiVersion, kind };
}

function isSuccess({ status }: Answer): boolean {
  return status >= 200 && status < 300;
}

/** True for an answer that a load balancer gives while the server behind it restarts. */
function isOfGateway({ status }: Answer): boolean {
  return status === 502 || status === 503;
}

/** The dry run is part of the body: a server ignores it in the query of a request with a body, and removes. */
function removing({ place, uid }: RemoveOrder, dryRun?: 'All'): Sending {
  const options = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid } };
  const body = dryRun === undefined ? options : { ...options, dryRun: [dryRun] };
  return { method: 'DELETE', path: pathOf(place, place.name), body };
}

export class KubernetesClient implements ClusterWriter {
  readonly #options: ClientOptions;
  readonly #timing: Timing;
  readonly #limit: Limiter = limiter(AT_ONCE);
  readonly #served = new Map<string, Promise<readonly ServedKind[] | undefined>>();
  readonly #breakers: Breakers;
  /** Time of the last write that changed the cluster. */
  #written = Number.NEGATIVE_INFINITY;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#timing = options.timing ?? realTiming;
    this.#breakers = new Breakers(this.#timing.now);
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

  async versions(group: string, signal: AbortSignal): Promise<readonly string[]> {
    if (group === '') return ['v1'];
    const answer = await this.#ask({ method: 'GET', path: `/apis/${group}` }, signal);
    if (!isSuccess(answer)) {
      const refusal = this.#refusal(answer);
      if (refusal.status === 404) return [];
      throw this.#failure(`the versions of ${group} cannot be listed: ${codedWords(refusal)}`);
    }
    const { preferredVersion, versions } = this.#object(answer);
    const all = [preferredVersion, ...(Array.isArray(versions) ? (versions as readonly Json[]) : [])];
    return [...new Set(all.flatMap((each) => (isTree(each) ? textOr(each['groupVersion'], '') : '')))].filter(Boolean);
  }

  async list(served: ServedKind, options: ListOptions, signal: AbortSignal): Promise<readonly LiveObject[] | Refusal> {
    const listed = await this.#list(served, options, signal);
    return 'refusal' in listed ? listed.refusal : listed.objects;
  }

  watch(
    served: ServedKind,
    { silenceMs = SILENCE_MS, ...options }: WatchOptions,
    signal: AbortSignal,
  ): AsyncIterable<WatchEvent> {
    const { omit = [] } = options;
    const source: WatchSource = {
      list: (either) => this.#list(served, options, either),
      open: (version, either) => this.#watch(served, options, version, either),
      object: (value) => objectOf(value, served, omit),
    };
    return watchObjects(source, { silenceMs, timing: this.#timing }, signal);
  }

  async get(place: ObjectPlace, signal: AbortSignal): Promise<LiveObject | undefined | Refusal> {
    const answer = await this.#ask({ method: 'GET', path: pathOf(place, place.name) }, signal);
    if (isSuccess(answer)) return this.#object(answer);
    const refusal = this.#refusal(answer);
    // The same answer for a missing Namespace, and for an object in one.
    return refusal.kind === 'not-found' || refusal.kind === 'no-namespace' ? undefined : refusal;
  }

  tryApply(order: ApplyOrder, signal: AbortSignal): Promise<Reply> {
    return this.#write(order.place, this.#applying(order, 'All'), signal);
  }

  apply(order: ApplyOrder, signal: AbortSignal): Promise<Reply> {
    return this.#write(order.place, { ...this.#applying(order), hasEffect: true }, signal);
  }

  tryRemove(order: RemoveOrder, signal: AbortSignal): Promise<Reply> {
    return this.#write(order.place, removing(order, 'All'), signal);
  }

  remove(order: RemoveOrder, signal: AbortSignal): Promise<Reply> {
    return this.#write(order.place, { ...removing(order), hasEffect: true }, signal);
  }

  async takeOver(place: ObjectPlace, from: LiveObject, managedFields: Json, signal: AbortSignal): Promise<Reply> {
    const metadata = isTree(from['metadata']) ? from['metadata'] : {};
    const body: Json = [
      { op: 'replace', path: '/metadata/managedFields', value: managedFields },
      { op: 'replace', path: '/metadata/resourceVersion', value: metadata['resourceVersion'] ?? '' },
    ];
    const path = pathOf(place, place.name);
    const query = { fieldManager: this.#options.manager };
    const contentType = 'application/json-patch+json';
    return this.#write(place, { method: 'PATCH', path, query, body, contentType, hasEffect: true }, signal);
  }

  async #discover(apiVersion: string, signal: AbortSignal): Promise<readonly ServedKind[] | undefined> {
    const path = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const answer = await this.#ask({ method: 'GET', path }, signal);
    if (!isSuccess(answer)) {
      const refusal = this.#refusal(answer);
      if (refusal.status === 404) return undefined;
      throw this.#failure(`the kinds of ${apiVersion} cannot be listed: ${codedWords(refusal)}`);
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

  async #list(served: ServedKind, options: ListOptions, signal: AbortSignal): Promise<ListedObjects | Refused> {
    for (let restart = 0; ; restart += 1) {
      const pages = await this.#pages(served, options, signal);
      // The rest that the server offers with an expired list is inconsistent: absence would not be certain.
      if (!('refusal' in pages)) return pages;
      const { kind, retryAfterMs } = pages.refusal;
      if (kind !== 'expired' || restart >= MOST_RESTARTS) return pages;
      if (retryAfterMs !== undefined) await this.#timing.sleep(retryAfterMs, signal);
    }
  }

  async #pages(
    served: ServedKind,
    { namespace, labels, omit = [] }: ListOptions,
    signal: AbortSignal,
  ): Promise<ListedObjects | Refused> {
    const path = pathOf(defined({ served, namespace }));
    const query = defined<Sending['query'] & object>({ limit: String(PAGE), labelSelector: labels });
    const objects: LiveObject[] = [];
    let [next, version] = ['', ''];
    for (let pages = 0; pages < MOST_PAGES; pages += 1) {
      const page = { ...query, ...(next === '' ? {} : { continue: next }) };
      const answer = await this.#ask({ method: 'GET', path, query: page }, signal);
      if (!isSuccess(answer)) return { refusal: this.#refusal(answer) };
      const { items, metadata } = this.#object(answer);
      for (const item of Array.isArray(items) ? (items as readonly Json[]) : [])
        if (isTree(item)) objects.push(objectOf(item, served, omit));
      const list = isTree(metadata) ? metadata : {};
      // All pages are of one version.
      version ||= textOr(list['resourceVersion'], '');
      next = textOr(list['continue'], '');
      if (next === '') return { objects, version };
    }
    throw this.#failure(`the list of ${served.plural} has more than ${MOST_PAGES} pages`);
  }

  /** Begins a watch. It takes no turn of the limit, as it lasts. */
  async #watch(
    served: ServedKind,
    { namespace, labels }: ListOptions,
    version: string,
    signal: AbortSignal,
  ): Promise<{ readonly lines: AsyncIterable<string> } | Refused> {
    const query = defined<Sending['query'] & object>({
      watch: 'true',
      resourceVersion: version,
      allowWatchBookmarks: 'true',
      timeoutSeconds: String(Math.round(WATCH_SECONDS * (1 + this.#timing.random()))),
      labelSelector: labels,
    });
    const sending: Sending = { method: 'GET', path: pathOf(defined({ served, namespace })), query };
    const open = async (renew?: true): Promise<Answer | LineAnswer> => {
      const request = await this.#request(sending, signal, renew);
      const headers = { ...request.headers, 'accept-encoding': 'identity' };
      return exchangeLines(this.#options.send, { ...request, headers }, { ms: READ_MS, bytes: MOST_LINE }, signal);
    };
    try {
      const first = await open();
      const answer = first.status === 401 ? await open(true) : first;
      return 'lines' in answer ? { lines: this.#lines(answer.lines) } : { refusal: this.#refusal(answer) };
    } catch (error) {
      throw this.#named(error);
    }
  }

  async *#lines(lines: AsyncIterable<string>): AsyncGenerator<string, void> {
    try {
      yield* lines;
    } catch (error) {
      throw this.#named(error);
    }
  }

  #applying({ place, body, force }: ApplyOrder, dryRun?: 'All'): Sending {
    const query = {
      fieldManager: this.#options.manager,
      fieldValidation: 'Strict',
      force: String(force === true),
      ...(dryRun === undefined ? {} : { dryRun }),
    };
    const path = pathOf(place, place.name);
    return { method: 'PATCH', path, query, body, contentType: 'application/apply-patch+yaml' };
  }

  /**
   * One write, or its dry run. A refusal right after another write is asked for once more: a webhook may read from a cache
   * that does not have the change yet.
   */
  #write({ served }: ObjectPlace, sending: Sending, signal: AbortSignal): Promise<Reply> {
    return this.#breakers.run(
      `${served.apiVersion} ${served.plural}`,
      async () => {
        const reply = await this.#answered(sending, signal);
        const isLate = this.#timing.now() - this.#written > LAG.span;
        if (reply.done || reply.refusal.kind !== 'denied' || isLate) return reply;
        await this.#timing.sleep(LAG.pause, signal);
        return this.#answered(sending, signal);
      },
      signal,
    );
  }

  async #answered(sending: Sending, signal: AbortSignal): Promise<Reply> {
    try {
      const reply = this.#reply(await this.#ask(sending, signal));
      if (reply.done && sending.hasEffect === true) this.#written = this.#timing.now();
      return reply;
    } catch (error) {
      const { cause } = error as Error;
      // Nothing but admission makes the dry run of a server hang that answers reads.
      if (sending.hasEffect === true || !(cause instanceof ExchangeError) || cause.reason !== 'timeout') throw error;
      return { done: false, refusal: { kind: 'webhook-down', status: 504, words: cause.message } };
    }
  }

  #reply(answer: Answer): Reply {
    if (!isSuccess(answer)) return { done: false, refusal: this.#refusal(answer) };
    const object = this.#object(answer);
    const warnings = warningsOf(answer.headers);
    return object['kind'] === 'Status' ? { done: true, warnings } : { done: true, object, warnings };
  }

  #refusal({ status, headers, body }: Answer): Refusal {
    const retryAfter = headers.get('retry-after');
    const refusal = refusalOf({
      status,
      body,
      contentType: headers.get('content-type') ?? '',
      ...(retryAfter === null ? {} : { retryAfter }),
    });
    const reason = refusal.kind === 'unauthorized' ? this.#options.loginMistake?.() : undefined;
    return reason === undefined ? refusal : { ...refusal, words: `${refusal.words}: ${reason}` };
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

  #failure(message: string, cause?: unknown): OutsideError {
    return new OutsideError(`${this.server}: ${message}`, { cause });
  }

  /**
   * One request, and what is safe to repeat of it: after a 429, which had no effect; after a refused login, once; and without
   * an effect also after a lost answer, or one of a gateway.
   */
  async #ask(sending: Sending, signal: AbortSignal): Promise<Answer> {
    return this.#limit(() => this.#tries(sending, signal), { signal });
  }

  async #tries(sending: Sending, signal: AbortSignal): Promise<Answer> {
    const isSafe = sending.hasEffect !== true;
    let renewed: true | undefined;
    let left = MOST_TRIES - 1;
    let busyMs = 0;
    for (;;) {
      const answer = await this.#once(sending, signal, renewed).catch((error: unknown) => {
        if (!(error instanceof ExchangeError) || !isSafe || error.reason !== 'broken' || left <= 0)
          throw this.#named(error);
        return undefined;
      });
      let pause = PAUSE_MS;
      if (answer?.status === 401 && renewed === undefined) {
        renewed = true;
        continue;
      }
      if (answer?.status === 429) {
        pause = Math.max(PAUSE_MS, this.#refusal(answer).retryAfterMs ?? 0);
        busyMs += pause;
        if (busyMs > MOST_BUSY_MS) return answer;
      } else {
        if (answer !== undefined && !(isSafe && left > 0 && isOfGateway(answer))) return answer;
        left -= 1;
      }
      await this.#timing.sleep(pause, signal);
    }
  }

  #named(error: unknown): unknown {
    if (!(error instanceof ExchangeError)) return error;
    const code = error.reason === 'timeout' ? 'HH-K8S-004' : 'HH-K8S-001';
    return this.#failure(`${error.message} (${code})`, error);
  }

  async #once(sending: Sending, signal: AbortSignal, renew?: true): Promise<Answer> {
    const request = await this.#request(sending, signal, renew);
    const ms = sending.method === 'GET' ? READ_MS : WRITE_MS;
    return exchange(this.#options.send, request, { ms, bytes: MOST_BYTES }, signal);
  }

  async #request(
    { method, path, query, body, contentType = 'application/json' }: Sending,
    signal: AbortSignal,
    renew?: true,
  ): Promise<Request> {
    const { server, credentials } = this.#options;
    const url = new URL(`${server.origin}${server.pathname.replace(/\/$/u, '')}${path}${queryText(query)}`);
    const login = await credentials(signal, renew);
    const headers = { accept: 'application/json', 'user-agent': 'fettle', ...login };
    return {
      method,
      url,
      headers: body === undefined ? headers : { ...headers, 'content-type': contentType },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    };
  }
}
