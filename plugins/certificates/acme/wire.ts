/**
 * Requests of an ACME client (RFC 8555, 6): signed, each try with a nonce that was never sent before, and with their retries.
 *
 * | Failure | Sent again |
 * |---|---|
 * | `badNonce` | up to 20 times, with the nonce of that answer |
 * | no connection, status 503 | up to `retries` times, after `Retry-After` of at most 60 s |
 * | another status from 500, a lost answer | the same, but not a request that creates something |
 * | `rateLimited`, status 429 | never: the wait may take days, and belongs to the plan |
 * | any other | never |
 */

import type { Json } from '#plugin';
import {
  type Answer,
  ApiError,
  exchange,
  ExchangeError,
  type Failure,
  type Fate,
  jittered,
  type Request,
  retryAfterIn,
  ShapeError,
  silenceOf,
  type Timing,
  USER_AGENT,
} from '#plugin/http';
import { defined, instantOf, valueRedactor } from '#plugin';
import type { SendHttp } from '#plugin/net';
import { AcmeProblem } from './acme-problem.ts';
import type { AcmeAction, CountRequest } from './counts.ts';
import { type AccountKey, signed } from './jws.ts';
import { isTransient } from './outages.ts';
import { NO_PROBLEM, type Problem, problemOf } from './problems.ts';

export interface WireOptions {
  readonly send: SendHttp;
  readonly timing: Timing;
  /** Deadline of one exchange, in ms. */
  readonly requestMs: number;
  /** Number of times that a request is sent again after a failure that may pass soon. */
  readonly retries: number;
  /** Values that no message has. */
  readonly secrets: () => Iterable<string>;
  /** Counts each exchange, repeated ones too. */
  readonly count?: CountRequest;
}

/** A request for messages and errors. */
interface Asked {
  readonly action: AcmeAction;
  /** The request in words: `create an order`. */
  readonly what: string;
  /** The effect that it may have had, if the answer does not tell: reading has none. */
  readonly effect: Fate;
}

/** A signed request. */
export interface Message {
  readonly action: AcmeAction;
  readonly what: string;
  readonly url: string;
  /** Undefined for a POST-as-GET. */
  readonly payload?: Json;
  readonly key: AccountKey;
  /** URL of the account; without it, the request has the public key. */
  readonly account?: string;
  /** A second request would create a second object: a lost answer is not followed by another try. */
  readonly creates?: true;
  readonly accept?: string;
}

/** A successful answer. */
export interface Reply extends Asked {
  readonly status: number;
  readonly header: (name: string) => string | null;
  readonly body: string;
  readonly retryAfterMs: number | undefined;
}

export interface Wire {
  /** Throws ApiError, AcmeProblem, or the signal's reason. */
  readonly get: (asked: Pick<Asked, 'action' | 'what'>, url: string, signal: AbortSignal) => Promise<Reply>;
  readonly post: (message: Message, signal: AbortSignal) => Promise<Reply>;
  /** The URL that gives nonces. */
  readonly takeNoncesFrom: (url: string) => void;
  /** The server's clock minus this machine's, in ms, at the last answer with a date. */
  readonly clockDifferenceMs: () => number | undefined;
  /** Number of requests so far. */
  readonly requests: () => number;
}

const MOST_BYTES = 1024 * 1024;
const MOST_BAD_NONCES = 20;
const MOST_NONCES = 16;
/** A longer wait is an error. */
const LONGEST_WAIT_MS = 60_000;
/** Source: RFC 8555, 6.5.1. */
const NONCE = /^[\w-]{1,500}$/u;

/** The failure with what to do, if the server presents a certificate that this machine does not trust. */
function withAnchors(failure: Failure): Failure {
  if (failure.code !== 'untrusted') return failure;
  const advice = 'Name the anchors of a private directory in `ca` of the Issuer, or with --ca of a rehearsal';
  return { ...failure, message: `${failure.message}. ${advice}` };
}

/**
 * True for a status that leaves the effect of a request open. A busy server (503) has not begun with it. Without a problem of
 * ACME, a gateway may have answered, also after the server got the request (408).
 */
function leavesOpen(status: number, { foreign }: Problem): boolean {
  if (status >= 400 && status < 500) return foreign === true && status !== 429;
  return status !== 503;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}

/** Reads the JSON of an answer. Throws an ApiError for one that must not be used. */
export function readReply<T>(reply: Reply, read: (value: unknown) => T): T {
  const value = parsed(reply.body);
  try {
    if (value === undefined) throw new ShapeError('the answer is not JSON');
    return read(value);
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    throw unusable(reply, error.message);
  }
}

/** The error of a successful answer that must not be used. */
export function unusable(
  { what, effect, status }: Omit<Asked, 'action'> & { readonly status: number },
  why: string,
): ApiError {
  return new ApiError({
    what,
    code: 'bad_answer',
    fate: effect,
    status,
    message: `the server's answer is invalid: ${why}`,
  });
}

export function openWire({ send, timing, requestMs, retries, secrets, count: counted }: WireOptions): Wire {
  const nonces: string[] = [];
  let nonceUrl: string | undefined;
  let clockDifference: number | undefined;
  let count = 0;

  function keepNonce(nonce: string | undefined): void {
    if (nonce !== undefined && nonces.push(nonce) > MOST_NONCES) nonces.shift();
  }

  function learnClock({ headers }: Answer): void {
    // A cache sends the time at which it got the answer, and the seconds since then (RFC 9111, 4.2.3).
    const age = Number(headers.get('age') ?? 0);
    const at = instantOf(headers.get('date') ?? '') + (age > 0 ? age * 1000 : 0);
    if (Number.isFinite(at)) clockDifference = at - timing.now();
  }

  async function once({ action, what, effect }: Asked, request: Request, signal: AbortSignal): Promise<Answer> {
    count += 1;
    try {
      const answer = await exchange(send, request, { ms: requestMs, bytes: MOST_BYTES }, signal);
      counted?.(action, answer.status);
      learnClock(answer);
      return answer;
    } catch (error) {
      if (!(error instanceof ExchangeError)) throw error;
      counted?.(action, undefined);
      const failure = withAnchors(silenceOf(what, error));
      throw new ApiError({ ...failure, fate: failure.fate === 'nothing' ? 'nothing' : effect });
    }
  }

  function headersFor(more: Request['headers']): Request['headers'] {
    return { accept: 'application/json', 'accept-language': 'en', 'user-agent': USER_AGENT, ...more };
  }

  /** Throws for an answer without success. */
  function replyOf(asked: Asked, { status, headers, body }: Answer): Reply {
    const { action, what, effect } = asked;
    const retryAfterMs = retryAfterIn(headers, timing.now());
    if (status >= 200 && status < 300)
      return { ...asked, status, header: (name) => headers.get(name), body, retryAfterMs };
    const problem = problemOf(parsed(body), valueRedactor(secrets())) ?? NO_PROBLEM;
    const common = defined<{ retryAfterMs?: number; what: string; status: number; fate: Fate }>({
      what,
      status,
      fate: leavesOpen(status, problem) ? effect : 'nothing',
      retryAfterMs,
    });
    if (status < 400)
      throw new ApiError({
        ...common,
        code: 'redirected',
        message: 'the server responded with a redirect, which is not followed',
      });
    const { detail } = problem;
    throw new AcmeProblem(
      { ...problem, detail: detail === '' ? `status ${status} without a reason` : detail },
      common,
      {
        action,
        status,
      },
    );
  }

  /** Repeats failed tries that may be repeated. `creates`: only those without an effect. */
  async function repeated<T>(creates: boolean, signal: AbortSignal, attempt: () => Promise<T>): Promise<T> {
    for (let faults = 0; ; faults += 1) {
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof ApiError) || faults >= retries || !isTransient(error)) throw error;
        if (creates && error.fate === 'unknown') throw error;
        const waitMs = error.retryAfterMs ?? jittered(faults, timing.random());
        if (waitMs > LONGEST_WAIT_MS) throw error;
        await timing.sleep(waitMs, signal);
      }
    }
  }

  function get({ action, what }: Pick<Asked, 'action' | 'what'>, url: string, signal: AbortSignal): Promise<Reply> {
    const asked: Asked = { action, what, effect: 'nothing' };
    return repeated(false, signal, async () => {
      const request = { method: 'GET', url: new URL(url), headers: headersFor({}) } as const;
      return replyOf(asked, await once(asked, request, signal));
    });
  }

  async function newNonce(signal: AbortSignal): Promise<string> {
    const asked: Asked = { action: 'nonce', what: 'request a nonce', effect: 'nothing' };
    if (nonceUrl === undefined) throw new Error('the directory is not read yet');
    const request = { method: 'HEAD', url: new URL(nonceUrl), headers: headersFor({}) } as const;
    const answer = await once(asked, request, signal);
    const reply = replyOf(asked, answer);
    const nonce = nonceIn(answer);
    if (nonce === undefined) throw unusable(reply, 'the answer has no nonce');
    return nonce;
  }

  /** Sends a message once with each nonce, until one is accepted. */
  async function accepted(message: Message, signal: AbortSignal): Promise<Reply> {
    const { action, what, url, payload, key, account, accept } = message;
    const asked: Asked = { action, what, effect: payload === undefined ? 'nothing' : 'unknown' };
    let fresh: string | undefined;
    for (let badNonces = 0; ; badNonces += 1) {
      const nonce: string = fresh ?? nonces.pop() ?? (await newNonce(signal));
      const header = account === undefined ? { url, nonce } : { url, nonce, kid: account };
      const body = JSON.stringify(await signed(payload, key, header));
      const headers = headersFor({
        'content-type': 'application/jose+json',
        ...(accept === undefined ? {} : { accept }),
      });
      const answer = await once(asked, { method: 'POST', url: new URL(url), headers, body }, signal);
      fresh = nonceIn(answer);
      try {
        const reply = replyOf(asked, answer);
        keepNonce(fresh);
        return reply;
      } catch (error) {
        if (isBadNonce(error) && badNonces < MOST_BAD_NONCES) continue;
        keepNonce(fresh);
        throw error;
      }
    }
  }

  return {
    get,
    post: (message, signal) => repeated(message.creates === true, signal, () => accepted(message, signal)),
    takeNoncesFrom: (url) => {
      nonceUrl = url;
    },
    clockDifferenceMs: () => clockDifference,
    requests: () => count,
  };
}

function nonceIn({ headers }: Answer): string | undefined {
  const nonce = headers.get('replay-nonce');
  return nonce !== null && NONCE.test(nonce) ? nonce : undefined;
}

function isBadNonce(error: unknown): boolean {
  return error instanceof AcmeProblem && error.code === 'badNonce';
}
