/** Answers that are read as a whole and line by line, and signals that fire at any moment of an answer. */

import { getEventListeners } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { exchange, exchangeLines, ExchangeError, type LineAnswer } from '#plugin/http';
import { openHttp, type SendHttp, usualDenial } from '#plugin/net';
import { makeAuthority } from '../../plugins/fabric/sandbox/tls.ts';

interface Running {
  readonly url: URL;
  readonly send: SendHttp;
}

async function serving(answer: (response: ServerResponse) => void): Promise<Running> {
  const authority = makeAuthority('test', Date.now());
  const { key, certificate } = authority.forServer();
  const server: Server = createServer({ key, cert: certificate }, (_request, response) => answer(response));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  const url = new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  return { url, send: openHttp(usualDenial({}), { ca: authority.certificate }) };
}

async function lines({ url, send }: Running, signal: AbortSignal, bytes = 100): Promise<AsyncIterator<string>> {
  const answer = await exchangeLines(send, { method: 'GET', url, headers: {} }, { ms: 5000, bytes }, signal);
  return (answer as LineAnswer).lines[Symbol.asyncIterator]();
}

async function allOf(running: Running, bytes?: number): Promise<readonly string[]> {
  const found: string[] = [];
  const iterator = await lines(running, new AbortController().signal, bytes);
  for (;;) {
    const { done, value } = await iterator.next();
    if (done === true) return found;
    found.push(value);
  }
}

test('lines come one by one, also empty ones', async () => {
  const running = await serving((response) => response.end('a\n\nbc\n'));
  expect(await allOf(running)).toEqual(['a', '', 'bc']);
});

test('a line may be as long as the limit, and not longer', async () => {
  const running = await serving((response) => response.end(`${'x'.repeat(10)}\n`));
  expect(await allOf(running, 10)).toEqual(['x'.repeat(10)]);
  await expect(allOf(running, 9)).rejects.toThrow('a line of the response is larger than 9 bytes');
});

test('an end within a line is a broken connection', async () => {
  const running = await serving((response) => response.end('a\nb'));
  const failure = await allOf(running).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ExchangeError);
  expect(failure).toMatchObject({
    reason: 'broken',
    message: expect.stringContaining('ended within a line') as unknown,
  });
});

test('an answer that is not a success is read as a whole', async () => {
  const { url, send } = await serving((response) => response.writeHead(403).end('no'));
  const limits = { ms: 5000, bytes: 100 };
  const answer = await exchangeLines(send, { method: 'GET', url, headers: {} }, limits, new AbortController().signal);
  expect(answer).toMatchObject({ status: 403, body: 'no' });
});

test('a head that does not come has a deadline', async () => {
  const { url, send } = await serving(() => undefined);
  const limits = { ms: 50, bytes: 100 };
  const asked = exchangeLines(send, { method: 'GET', url, headers: {} }, limits, new AbortController().signal);
  await expect(asked).rejects.toMatchObject({ reason: 'timeout' });
});

test('a signal that fires when an answer has just been received ends no process', async () => {
  const uncaught: unknown[] = [];
  const take = (error: unknown): void => void uncaught.push(error);
  process.on('uncaughtException', take);
  onTestFinished(() => void process.off('uncaughtException', take));
  const running = await serving((response) => {
    response.write('a\n');
    response.end('b\n');
  });
  const moments: readonly ((iterator: AsyncIterator<string>) => Promise<unknown>)[] = [
    async () => undefined,
    (iterator) => iterator.next(),
    async (iterator) => {
      await iterator.next();
      iterator.next().catch(() => undefined);
    },
    () => nextTurn(),
  ];
  for (let i = 0; i < 40; i += 1)
    for (const moment of moments) {
      const stopping = new AbortController();
      const iterator = await lines(running, stopping.signal);
      await iterator.next();
      await moment(iterator);
      stopping.abort(new Error('stopped'));
      await sleep(1);
    }
  expect(uncaught).toEqual([]);
});

test('a header of several lines is one value, by any case of its name, and a missing one is null', async () => {
  const { url, send } = await serving((response) =>
    response.writeHead(200, { Warning: ['299 - "a"', '299 - "b"'] }).end(),
  );
  const { headers } = await exchange(
    send,
    { method: 'GET', url, headers: {} },
    { ms: 5000, bytes: 10 },
    new AbortController().signal,
  );
  expect([headers.get('warning'), headers.get('WARNING'), headers.get('constructor')]).toEqual([
    '299 - "a", 299 - "b"',
    '299 - "a", 299 - "b"',
    null,
  ]);
});

describe('a whole answer', () => {
  const limits10 = { ms: 5000, bytes: 10 };
  const whole = async (
    answer: (response: ServerResponse) => void,
    signal = new AbortController().signal,
  ): Promise<unknown> => {
    const { url, send } = await serving(answer);
    return exchange(send, { method: 'GET', url, headers: {} }, limits10, signal).then(
      ({ body }) => body,
      (error: unknown) => error,
    );
  };

  test('comes from all its parts', async () => {
    const parts = async (response: ServerResponse): Promise<void> => {
      for (const part of ['\ufeffä', 'b', '€']) {
        response.write(part);
        await sleep(5);
      }
      response.end();
    };
    expect(await whole((response) => void parts(response))).toBe('äb€');
  });

  test.each([
    [10, 'x'.repeat(10)],
    [11, expect.objectContaining({ reason: 'too-large' }) as unknown],
  ])('of %i bytes has a limit of ten', async (length, expected) => {
    expect(await whole((response) => response.end('x'.repeat(length)))).toEqual(expected);
  });

  test('of a small compressed body has the same limit', async () => {
    const zipped = gzipSync('x'.repeat(10_000));
    const answer = (response: ServerResponse): void =>
      void response.writeHead(200, { 'content-encoding': 'gzip' }).end(zipped);
    expect(await whole(answer)).toMatchObject({ reason: 'too-large' });
  });

  test.each([true, false])('that is cut off is a broken connection, compressed: %s', async (isZipped) => {
    const text = isZipped ? gzipSync('x'.repeat(8)) : Buffer.from('12345678');
    const answer = (response: ServerResponse): void => {
      response.writeHead(200, { 'content-length': text.length, ...(isZipped ? { 'content-encoding': 'gzip' } : {}) });
      response.write(text.subarray(0, text.length - 2), () => response.destroy());
    };
    expect(await whole(answer)).toMatchObject({ reason: 'broken', sent: 'maybe' });
  });

  test('that does not end, ends with its signal', async () => {
    const stopping = new AbortController();
    const closed = Promise.withResolvers<void>();
    const failure = await whole((response) => {
      response.once('close', closed.resolve);
      response.write('x', () => setTimeout(() => stopping.abort(new Error('stopped')), 20));
    }, stopping.signal);
    expect(failure).toEqual(new Error('stopped'));
    await closed.promise;
    expect(getEventListeners(stopping.signal, 'abort')).toEqual([]);
  });
});
