/** Answers that are read line by line, and signals that fire at any moment of an answer. */

import { createServer, type Server } from 'node:https';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { exchangeLines, ExchangeError, type LineAnswer } from '#plugin/http';
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
