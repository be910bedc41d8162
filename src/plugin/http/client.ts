/**
 * The client: calls to the API under one rate, one budget of retries and one limit of connections for as long as a world is open.
 *
 * A call is made again only as `retry.ts` says. Whoever makes it gets what its shape reads, or an ApiError.
 */

import { instantText } from '../time.ts';
import { redactor } from '../redact.ts';
import type { Json } from '../types.ts';
import { ApiError, type Failure, type Fate } from './api-error.ts';
import type { SendHttp } from '../net.ts';
import { type Answer, exchange, ExchangeError, type Request } from './exchange.ts';
import { type Bucket, giveBack, learnRate, newBucket, type RateNews, takeToken } from './rate.ts';
import { decide, mayRetry, nothingSpent, type Spending, withCall, withRetry } from './retry.ts';
import { readShape, type Shape, ShapeError } from './shape.ts';
import { type Limiter, limiter } from '../limit.ts';
import type { Timing } from './timing.ts';
import { defined } from '../defined.ts';

/** One call as data. */
export interface Call<T> {
  /** In words, for messages: `delete server web-1`. */
  readonly what: string;
  readonly method: Request['method'];
  /** Below the endpoint: `/servers/42`. */
  readonly path: string;
  /** Names may repeat; values are encoded here. */
  readonly query?: readonly (readonly [name: string, value: string])[];
  readonly body?: Json;
  readonly shape: Shape<T>;
  /** Making it twice does no harm. Left out: all but POST. */
  readonly safe?: boolean;
  /** Values in the body that no message may repeat. */
  readonly secrets?: readonly string[];
}

export interface Client {
  /** Makes one call, as often as it takes. Throws an ApiError, or the signal's reason. */
  readonly call: <T>(call: Call<T>, signal: AbortSignal) => Promise<T>;
  readonly timing: Timing;
}

/** What is the API's own: names of headers, and how it refuses a call. */
export interface Dialect {
  readonly headers: {
    /** Calls an hour. */
    readonly limit: string;
    /** Calls that are left. */
    readonly remaining: string;
    /** The provider's support finds a call by it. */
    readonly correlation: string;
  };
  /** What a refusal says; undefined for a body that is not of the API. */
  readonly refusal: (body: unknown) => { readonly code: string; readonly message: string } | undefined;
  /** A sentence for a code, of which the API or a gateway said something. */
  readonly meaning: (code: string, said: string) => string;
}

export interface ClientOptions {
  readonly send: SendHttp;
  /** `https://api.example.com/v1`: without a slash at its end. */
  readonly endpoint: string;
  /** Goes with every call; no message repeats it. */
  readonly token: { readonly value: string };
  readonly dialect: Dialect;
  readonly timing: Timing;
  /** Deadline of a single exchange, in ms. */
  readonly requestMs: number;
  /** Tokens of the rate limit that looks leave to others. */
  readonly reserve: number;
}

/** A page of 50 servers has some 300 KB. */
const MOST_BYTES = 16 * 1024 * 1024;
/** Connections that are open at once. */
const AT_ONCE = 24;
/** Longest wait before a call gives up instead, in ms. */
const LONGEST_WAIT_MS = 10 * 60_000;

/** What all calls of a world share: the provider counts them together. */
interface Quota {
  bucket: Bucket;
  spending: Spending;
  readonly limit: Limiter;
}

/** One line of at most 300 characters. */
function plain(text: string): string {
  const line = text.replace(/[\p{C}\s]+/gu, ' ').trim();
  return line.length <= 300 ? line : `${line.slice(0, 300)}…`;
}

/** A header that holds a count; undefined where it does not. */
function numberIn(headers: Headers, name: string): number | undefined {
  const value = headers.get(name);
  return value !== null && /^\d{1,12}$/u.test(value.trim()) ? Number(value) : undefined;
}

/** `Retry-After` in ms: seconds, or a date (RFC 9110, section 10.2.3). */
function retryAfterIn(headers: Headers, now: number): number | undefined {
  const seconds = numberIn(headers, 'retry-after');
  if (seconds !== undefined) return seconds * 1000;
  const at = Date.parse(headers.get('retry-after') ?? '');
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

function correlationIn(headers: Headers, name: string): string | undefined {
  const value = headers.get(name)?.replace(/[^\w.:-]/gu, '');
  return value === undefined || value === '' ? undefined : value.slice(0, 100);
}

/** Codes for answers that come without the API's own: a gateway before it speaks for itself. */
const BY_STATUS: Readonly<Record<number, string>> = {
  401: 'unauthorized',
  403: 'forbidden',
  429: 'rate_limit_exceeded',
  500: 'server_error',
  502: 'bad_gateway',
  503: 'unavailable',
  504: 'timeout',
};

function parsed(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}

/** Whether a server that answered so may have begun to do something. */
function fateOf(status: number): Fate {
  return status >= 500 || status < 400 ? 'unknown' : 'nothing';
}

function refusalOf(what: string, answer: Answer, dialect: Dialect, now: number): Failure {
  const { status, headers, body } = answer;
  const correlationId = correlationIn(headers, dialect.headers.correlation);
  const retryAfterMs = retryAfterIn(headers, now);
  const common = defined<Omit<Failure, 'code' | 'message'>>({
    what,
    status,
    fate: fateOf(status),
    correlationId,
    retryAfterMs,
  });
  if (status >= 300 && status < 400)
    return {
      ...common,
      code: 'redirected',
      message: 'the API answers with a redirect; the token is not sent elsewhere',
    };
  const refused = dialect.refusal(parsed(body));
  if (refused === undefined) {
    // Without the API's own words a 404 says nothing of a resource: any web server answers so.
    const code = BY_STATUS[status] ?? 'bad_answer';
    return { ...common, code, message: dialect.meaning(code, `the server answered ${status} without a reason`) };
  }
  const code = plain(refused.code).slice(0, 60);
  return { ...common, code, message: dialect.meaning(code, refused.message) };
}

function silenceOf(what: string, { reason, sent, message }: ExchangeError): Failure {
  const codes = {
    timeout: 'no_answer',
    connect: 'no_connection',
    broken: 'broken_connection',
    'too-large': 'bad_answer',
    untrusted: 'untrusted',
    'unknown-name': 'unknown_name',
    denied: 'denied_address',
  } as const;
  return { what, code: codes[reason], fate: sent === 'no' ? 'nothing' : 'unknown', message };
}

function newsOf({ headers, status }: Answer, names: Dialect['headers'], now: number): RateNews {
  const limit = numberIn(headers, names.limit);
  const remaining = numberIn(headers, names.remaining);
  const after = retryAfterIn(headers, now);
  return defined({
    limit,
    remaining,
    refused:
      status !== 429
        ? undefined
        : after === undefined
          ? {}
          : { retryAfterMs: Math.min(3_600_000, Math.max(1000, after)) },
  });
}

export function openClient(options: ClientOptions): Client {
  const { endpoint, token, timing, dialect } = options;
  const state: Quota = { bucket: newBucket(timing.now()), spending: nothingSpent, limit: limiter(AT_ONCE) };

  const fail = (failure: Failure, secrets: readonly string[] = []): ApiError =>
    new ApiError({ ...failure, message: plain(redactor([token.value, ...secrets])(failure.message)) });

  /** Waits until the rate allows a call. */
  async function permitted({ what, method }: Call<unknown>, signal: AbortSignal): Promise<void> {
    // A change that has begun is not held up for the sake of others.
    const { bucket, waitMs } = takeToken(state.bucket, timing.now(), method === 'GET' ? options.reserve : 0);
    state.bucket = bucket;
    const due = timing.now() + waitMs;
    try {
      // Meanwhile an answer to somebody else may have said to wait longer.
      for (;;) {
        const now = timing.now();
        const left = Math.max(due, state.bucket.blockedUntil) - now;
        if (left <= 0) return;
        if (left > LONGEST_WAIT_MS)
          throw fail({
            what,
            code: 'rate_limit_used_up',
            fate: 'nothing',
            message: `the rate limit of the project (${state.bucket.limit} calls an hour) is used up until ${instantText(now + left)}`,
          });
        await timing.sleep(left, signal);
      }
    } catch (error) {
      state.bucket = giveBack(state.bucket);
      throw error;
    }
  }

  function requestOf({ method, path, query = [], body }: Call<unknown>): Request {
    const url = new URL(`${endpoint}${path}`);
    for (const [name, value] of query) url.searchParams.append(name, value);
    const headers = { authorization: `Bearer ${token.value}`, accept: 'application/json', 'user-agent': 'fettle' };
    return body === undefined
      ? { method, url, headers }
      : { method, url, headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) };
  }

  /** One try: an answer of any status. */
  async function send(call: Call<unknown>, signal: AbortSignal): Promise<Answer> {
    await permitted(call, signal);
    let news: RateNews = {};
    try {
      const limits = { ms: options.requestMs, bytes: MOST_BYTES };
      const answer = await state.limit(() => exchange(options.send, requestOf(call), limits, signal), { signal });
      news = newsOf(answer, dialect.headers, timing.now());
      return answer;
    } finally {
      state.bucket = learnRate(state.bucket, news, timing.now());
    }
  }

  function resultOf<T>(call: Call<T>, answer: Answer): T {
    const { what, shape, secrets } = call;
    if (answer.status < 200 || answer.status > 299) throw fail(refusalOf(what, answer, dialect, timing.now()), secrets);
    const json = parsed(answer.body);
    try {
      return readShape(shape, json);
    } catch (error) {
      if (!(error instanceof ShapeError)) throw error;
      const correlationId = correlationIn(answer.headers, dialect.headers.correlation);
      throw fail({
        what,
        code: 'bad_answer',
        fate: 'unknown',
        status: answer.status,
        message: json === undefined ? 'the answer is not JSON' : `the answer is invalid: ${error.message}`,
        ...(correlationId === undefined ? {} : { correlationId }),
      });
    }
  }

  async function tryOnce<T>(call: Call<T>, signal: AbortSignal): Promise<T> {
    try {
      return resultOf(call, await send(call, signal));
    } catch (error) {
      if (error instanceof ExchangeError) throw fail(silenceOf(call.what, error), call.secrets);
      throw error;
    }
  }

  async function call<T>(call: Call<T>, signal: AbortSignal): Promise<T> {
    const safe = call.safe ?? call.method !== 'POST';
    state.spending = withCall(state.spending);
    let faults = 0;
    let locks = 0;
    for (;;) {
      try {
        return await tryOnce(call, signal);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        const decision = decide(error, safe, { faults, locks }, timing.random());
        // What would take longer than a run is told instead.
        if (!decision.again || decision.afterMs > LONGEST_WAIT_MS) throw error;
        if (decision.why === 'lock') locks += 1;
        else faults += 1;
        if (decision.why === 'fault') {
          if (!mayRetry(state.spending)) throw error;
          state.spending = withRetry(state.spending);
        }
        await timing.sleep(decision.afterMs, signal);
      }
    }
  }

  return { call, timing };
}
