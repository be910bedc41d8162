/** One HTTP exchange: limited in time and size, without redirects, and with failures in plain words. */

import type { Readable } from 'node:stream';
import { within } from '../deadline.ts';
import { type AnswerHeaders, DeniedError, type SendHttp } from '../net.ts';

/** The progress of the request at the failure: `no` if it was certainly not sent. */
type Sent = 'no' | 'maybe';

/** Thrown without a response, or for one that cannot be used. */
export class ExchangeError extends Error {
  override readonly name = 'ExchangeError';
  readonly reason: 'timeout' | 'connect' | 'broken' | 'too-large' | 'untrusted' | 'unknown-name' | 'denied';
  readonly sent: Sent;

  constructor(reason: ExchangeError['reason'], sent: Sent, message: string) {
    super(message);
    this.reason = reason;
    this.sent = sent;
  }
}

export interface Request {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: URL;
  /** A list is sent as one header for each value. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string;
}

export interface Limits {
  /** Deadline from the first byte sent to the last byte read, in ms. */
  readonly ms: number;
  /** Size limit of the body after decompression, in bytes. */
  readonly bytes: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: AnswerHeaders;
  readonly body: string;
}

const NEWLINE = 0x0a;

/** System calls that precede sending. */
const BEFORE_SENDING = new Set(['connect', 'getaddrinfo']);
const UNTRUSTED =
  /^(?:CERT_|ERR_TLS_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_SSL_|INVALID_CA|HOSTNAME_MISMATCH|ERR_OSSL)/u;

/** The system error; an aggregate if a name has several addresses. */
function ofSystem(error: unknown): NodeJS.ErrnoException {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : undefined;
  return (first ?? error) as NodeJS.ErrnoException;
}

/** The failure of a request to a host, in plain words. */
export function exchangeErrorOf(error: unknown, host: string): ExchangeError {
  if (error instanceof ExchangeError) return error;
  if (error instanceof DeniedError) return new ExchangeError('denied', 'no', error.message);
  const { code = 'unknown', syscall = '' } = ofSystem(error);
  if (code === 'ENOTFOUND') return new ExchangeError('unknown-name', 'no', `the name ${host} does not resolve`);
  if (UNTRUSTED.test(code)) return new ExchangeError('untrusted', 'no', `its certificate is not trusted (${code})`);
  if (BEFORE_SENDING.has(syscall))
    return new ExchangeError('connect', 'no', `the connection to ${host} failed (${code})`);
  return new ExchangeError('broken', 'maybe', `the connection to ${host} broke (${code})`);
}

const utf8 = new TextDecoder();

/** Reads a body by its events: an iterator over it costs more than a small request. */
function readBody(body: Readable, most: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let length = 0;
    body.on('data', (part: Buffer) => {
      length += part.byteLength;
      parts.push(part);
      if (length > most)
        body.destroy(new ExchangeError('too-large', 'maybe', `the response is larger than ${most} bytes`));
    });
    body.on('end', () => resolve(utf8.decode(parts.length === 1 ? parts[0] : Buffer.concat(parts))));
    body.on('error', reject);
    body.on('close', () => {
      if (!body.readableEnded) reject(Object.assign(new Error('cut off'), { code: 'ERR_STREAM_PREMATURE_CLOSE' }));
    });
  });
}

/** Lines of a body that has no known end. Fails with the connection, and if the body ends within a line. */
async function* linesOf(body: Readable, most: number, host: string): AsyncGenerator<string, void> {
  const tooLarge = (): Error =>
    new ExchangeError('too-large', 'maybe', `a line of the response is larger than ${most} bytes`);
  let parts: Buffer[] = [];
  let length = 0;
  try {
    for await (const part of body as AsyncIterable<Buffer>) {
      let rest = part;
      for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE)) {
        if (length + end > most) throw tooLarge();
        const line = Buffer.concat([...parts, rest.subarray(0, end)]);
        [parts, length, rest] = [[], 0, rest.subarray(end + 1)];
        yield new TextDecoder().decode(line);
      }
      length += rest.byteLength;
      if (length > most) throw tooLarge();
      if (rest.byteLength > 0) parts.push(rest);
    }
    if (length > 0) throw new ExchangeError('broken', 'maybe', `the response of ${host} ended within a line`);
  } catch (error) {
    throw exchangeErrorOf(error, host);
  }
}

/** A response whose body is read while it arrives. */
export interface LineAnswer extends Omit<Answer, 'body'> {
  /** Throws ExchangeError. A consumer that stops early ends the connection. */
  readonly lines: AsyncIterable<string>;
}

/**
 * Sends one request whose success is answered with lines for as long as the connection lasts. `ms` is the deadline for the
 * head, `bytes` the size limit of a line; both hold for the whole answer if it is not a success. Throws like `exchange`.
 */
export async function exchangeLines(
  send: SendHttp,
  request: Request,
  limits: Limits,
  signal: AbortSignal,
): Promise<Answer | LineAnswer> {
  const late = (): Error => new ExchangeError('timeout', 'maybe', `no response within ${limits.ms / 1000} s`);
  try {
    return await within(limits.ms, late, signal, async (either) => {
      // The lines outlive the deadline of the head, and end with the signal.
      const { status, headers, body } = await send(request, AbortSignal.any([signal, either]));
      return status >= 200 && status < 300
        ? { status, headers, lines: linesOf(body, limits.bytes, request.url.host) }
        : { status, headers, body: await readBody(body, limits.bytes) };
    });
  } catch (error) {
    signal.throwIfAborted();
    throw exchangeErrorOf(error, request.url.host);
  }
}

/**
 * Sends one request and reads the whole response, of any status. Throws ExchangeError without a response, and the
 * signal's reason when it fires. A redirect is a response like any other, and is not followed.
 */
export async function exchange(send: SendHttp, request: Request, limits: Limits, signal: AbortSignal): Promise<Answer> {
  const late = (): Error => new ExchangeError('timeout', 'maybe', `no complete response within ${limits.ms / 1000} s`);
  try {
    return await within(limits.ms, late, signal, async (either) => {
      const { status, headers, body } = await send(request, either);
      return { status, headers, body: await readBody(body, limits.bytes) };
    });
  } catch (error) {
    signal.throwIfAborted();
    throw exchangeErrorOf(error, request.url.host);
  }
}
