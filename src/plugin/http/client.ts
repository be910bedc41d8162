/**
 * The API client: while a world is open, its calls share one rate limit, one retry budget and one connection limit.
 *
 * A call is retried only as `retry.ts` decides. The caller gets a value of the call's shape, or an ApiError.
 */

import { instantText, instantOf } from '../time.ts';
import { redactor } from '../redact.ts';
import type { Json } from '../types.ts';
import { ApiError, type Failure, type Fate } from './api-error.ts';
import type { AnswerHeaders, SendHttp } from '../net.ts';
import { type Answer, exchange, ExchangeError, type Request } from './exchange.ts';
import { type Bucket, giveBack, learnRate, newBucket, type RateNews, takeToken } from './rate.ts';
import { decide, mayRetry, nothingSpent, type Spending, withCall, withRetry } from './retry.ts';
import { readShape, type Shape, ShapeError } from './shape.ts';
import { type Limiter, limiter } from '../limit.ts';
import type { Timing } from './timing.ts';
import { defined } from '../defined.ts';
import { shortLine } from '../text.ts';

/** One API call. */
export interface Call<T> {
  /** The call in words, for messages: `delete server web-1`. */
  readonly what: string;
  readonly method: Request['method'];
  /** Path below the endpoint: `/servers/42`. */
  readonly path: string;
  /** Query parameters. Names may repeat. The client encodes values. */
  readonly query?: readonly (readonly [name: string, value: string])[];
  readonly body?: Json;
  readonly shape: Shape<T>;
  /** True if the call is idempotent. By default, every method but POST is. */
  readonly safe?: boolean;
  /** Values in the body that messages must not contain. */
  readonly secrets?: readonly string[];
}

export interface Client {
  /** Makes a call with its retries. Throws ApiError, or the signal's reason. */
  readonly call: <T>(call: Call<T>, signal: AbortSignal) => Promise<T>;
  readonly timing: Timing;
}

/** The API's own conventions: header names, and the form of errors. */
export interface Dialect {
  readonly headers: {
    /** Header with the limit, in calls per hour. */
    readonly limit: string;
    /** Header with the number of remaining calls. */
    readonly remaining: string;
    /** Header with an id by which the provider's support finds a call. */
    readonly correlation: string;
  };
  /** Reads the body of an error; undefined if the body is not from the API. */
  readonly refusal: (body: unknown) => { readonly code: string; readonly message: string } | undefined;
  /** The message for an error code, with the text of the API or a gateway. */
  readonly meaning: (code: string, said: string) => string;
}

export interface ClientOptions {
  readonly send: SendHttp;
  /** Base URL without a trailing slash: `https://api.example.com/v1`. */
  readonly endpoint: string;
  /** Sent with every call; never part of a message. */
  readonly token: { readonly value: string };
  readonly dialect: Dialect;
  readonly timing: Timing;
  /** Deadline of a single exchange, in ms. */
  readonly requestMs: number;
  /** Tokens of the rate limit that reads leave to other calls. */
  readonly reserve: number;
}

/** Size limit of a response; a page of 50 servers has about 300 KB. */
const MOST_BYTES = 16 * 1024 * 1024;
/** Limit of open connections. */
const AT_ONCE = 24;
/** Longest wait, in ms. A call that would wait longer fails. */
const LONGEST_WAIT_MS = 10 * 60_000;

/** State shared by all calls of a world: the provider counts them together. */
interface Quota {
  bucket: Bucket;
  spending: Spending;
  readonly limit: Limiter;
}

/** The value of a header with a count; undefined if it is not a count. */
function numberIn(headers: AnswerHeaders, name: string): number | undefined {
  const value = headers.get(name);
  return value !== null && /^\d{1,12}$/u.test(value.trim()) ? Number(value) : undefined;
}

/** A date of HTTP. Other texts can be dates for the runtime: `-5` is one in 2001. */
const HTTP_DATE = /^[A-Z][a-z]{2,8},? .*\d{2}:\d{2}:\d{2}/u;

/** `Retry-After` in ms: seconds, or a date (RFC 9110, section 10.2.3). */
export function retryAfterIn(headers: AnswerHeaders, now: number): number | undefined {
  const seconds = numberIn(headers, 'retry-after');
  if (seconds !== undefined) return seconds * 1000;
  const text = headers.get('retry-after') ?? '';
  const at = HTTP_DATE.test(text) ? instantOf(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

function correlationIn(headers: AnswerHeaders, name: string): string | undefined {
  const value = headers.get(name)?.replace(/[^\w.:-]/gu, '');
  return value === undefined || value === '' ? undefined : value.slice(0, 100);
}

/** Codes for error responses without a code of the API, as a gateway sends them. */
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

/** The possible effect of a call with this status. */
function fateOf(status: number): Fate {
  return status >= 500 || status < 400 ? 'unknown' : 'nothing';
}

/** A time of the response, limited to a day: the server could send any number. */
function resetText(now: number, afterMs: number): string {
  return instantText(now + Math.min(86_400_000, Math.max(0, afterMs)));
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
      message: 'the API responded with a redirect, which is not followed: the token is only sent to the endpoint',
    };
  const refused = dialect.refusal(parsed(body));
  if (refused === undefined) {
    // Without the API's own error, a 404 does not mean that a resource does not exist: any web server sends it.
    const code = BY_STATUS[status] ?? 'bad_answer';
    return {
      ...common,
      code,
      message: dialect.meaning(code, `the server responded with status ${status} without a reason`),
    };
  }
  const code = shortLine(refused.code).slice(0, 60);
  const reset =
    status !== 429 || retryAfterMs === undefined ? '' : `; the limit resets at ${resetText(now, retryAfterMs)}`;
  return { ...common, code, message: `${dialect.meaning(code, refused.message)}${reset}` };
}

/** A call without a response that can be used. */
export function silenceOf(what: string, { reason, sent, message }: ExchangeError): Failure {
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
    new ApiError({ ...failure, message: shortLine(redactor([token.value, ...secrets])(failure.message)) });

  /** Waits until the rate allows a call. */
  async function permitted({ what, method }: Call<unknown>, signal: AbortSignal): Promise<void> {
    // The reserve only slows reads: a change that has begun does not wait for other calls.
    const { bucket, waitMs } = takeToken(state.bucket, timing.now(), method === 'GET' ? options.reserve : 0);
    state.bucket = bucket;
    const due = timing.now() + waitMs;
    try {
      // The response to another call may have extended the wait meanwhile.
      for (;;) {
        const now = timing.now();
        const left = Math.max(due, state.bucket.blockedUntil) - now;
        if (left <= 0) return;
        if (left > LONGEST_WAIT_MS)
          throw fail({
            what,
            code: 'rate_limit_used_up',
            fate: 'nothing',
            message: `the rate limit of the project (${state.bucket.limit} calls per hour) is used up until ${instantText(now + left)}`,
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

  /** Sends a call once. Returns a response of any status. */
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
        message: json === undefined ? 'the response is not JSON' : `the response is invalid: ${error.message}`,
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
        // A wait longer than a run is an error.
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
