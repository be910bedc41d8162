/** Clients that are slow, silent, many or malformed: each is answered or closed in time, and none shuts out others. */

import { connect, createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { Access } from '../../../src/serve/access.ts';
import { appOf } from '../../../src/serve/http/app.ts';
import { startHttp } from '../../../src/serve/http/server.ts';
import {
  EVENT,
  exchange,
  type IntakeServer,
  inboxEntries,
  PATH,
  signedHeaders,
  TOKEN,
} from '../../support/intake-server.ts';
import { httpBench } from './bench.ts';

const BODY = JSON.stringify(EVENT);
const HEAD = `POST ${PATH} HTTP/1.1\r\nhost: a\r\nx-cert-event-token: ${TOKEN}\r\n`;

/** Sends a part at once and the rest a byte at a time. */
async function dripped(
  port: number,
  first: string,
  rest: string,
  everyMs: number,
): Promise<{ text: string; elapsedMs: number }> {
  const from = performance.now();
  const socket = connect({ host: '127.0.0.1', port });
  let text = '';
  socket.on('data', (more) => {
    text += more.toString('latin1');
  });
  socket.on('error', () => undefined);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  let isOpen = true;
  void closed.then(() => (isOpen = false));
  socket.write(first);
  for (const byte of rest) {
    await Promise.race([sleep(everyMs), closed]);
    if (!isOpen) break;
    socket.write(byte);
  }
  await Promise.race([closed, sleep(20_000)]);
  socket.destroy();
  return { text, elapsedMs: performance.now() - from };
}

/**
 * Tests of one group wait at the same time. On a busy machine a limit is noticed late; without the server's own interval of
 * checks, it would be 30 s late.
 */
describe.concurrent('a client', () => {
  let bench: IntakeServer;
  beforeAll(async () => {
    bench = await httpBench({}, () => undefined);
  });
  afterAll(async () => {
    await bench.close();
    // No client made an error of the server.
    expect(bench.lines).toEqual([]);
  });

  test.each([
    ['that sends nothing', '', 408, 4_900, 20_000],
    ['that sends half of the headers', `${HEAD}content-le`, 408, 4_900, 20_000],
    ['that sends no body', `${HEAD}content-length: 100\r\n\r\n`, 408, 9_900, 25_000],
    ['that sends half of a chunk', `${HEAD}transfer-encoding: chunked\r\n\r\n40\r\nabc`, 408, 9_900, 25_000],
  ])('%s is closed', async (_name, bytes, status, least, most) => {
    const { text, elapsedMs } = await exchange(bench.port, bytes, 40_000);
    expect(text === '' ? 0 : Number(text.split(' ')[1])).toBe(status);
    expect(elapsedMs).toBeGreaterThan(least);
    expect(elapsedMs).toBeLessThan(most);
  });

  test.each([
    ['/metrics', 1600],
    ['/v1/plan', 1600],
    ['/healthz', 1600],
  ])('that sends hundreds of requests for %s without reading is closed', async (path, count) => {
    const socket = connect({ host: '127.0.0.1', port: bench.port });
    socket.on('error', () => undefined);
    socket.pause();
    socket.write(`GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`.repeat(count));
    await expect
      .poll(
        () => {
          // A paused socket does not notice its end.
          socket.write('x');
          return socket.destroyed;
        },
        { timeout: 60_000 },
      )
      .toBe(true);
  });

  test('that sends the next request before the answer is answered in order', async () => {
    const { text } = await exchange(bench.port, 'GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n'.repeat(3), 20_000);
    expect(text.match(/HTTP\/1\.1 200/gu)).toHaveLength(3);
  });

  test('that sends a byte of its headers every 500 ms is closed', async () => {
    const { text, elapsedMs } = await dripped(bench.port, 'POST ', `${PATH} HTTP/1.1\r\nhost: a`.padEnd(120, 'a'), 500);
    expect(text).toContain('408');
    expect(elapsedMs).toBeLessThan(20_000);
  });

  test('that sends a byte of its body every 500 ms is closed', async () => {
    const { text, elapsedMs } = await dripped(bench.port, `${HEAD}content-length: 100\r\n\r\n`, 'x'.repeat(80), 500);
    expect(text).toContain('408');
    expect(elapsedMs).toBeLessThan(25_000);
  });

  test.each([
    ['announces 1 MB', 'content-length: 1000000\r\n\r\n', 413],
    ['announces more than a number', `content-length: ${'9'.repeat(30)}\r\n\r\n`, 400],
    ['sends 70 KB in chunks', `transfer-encoding: chunked\r\n\r\n11170\r\n${'x'.repeat(70_000)}\r\n`, 413],
    ['sends 20 KB of headers', `x-more: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    ['sends a length and chunks', `content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
    ['sends two lengths', 'content-length: 2\r\ncontent-length: 3\r\n\r\n{}', 400],
    ['sends a header without a name', ': value\r\n\r\n', 400],
    ['folds a header', 'x-more: a\r\n b\r\n\r\n', 400],
  ])('that %s is answered and closed at once', async (_name, rest, status) => {
    const { text, elapsedMs } = await exchange(bench.port, HEAD + rest);
    expect(Number(text.split(' ')[1])).toBe(status);
    expect(text.toLowerCase()).toContain('connection: close');
    expect(elapsedMs).toBeLessThan(9_000);
  });

  test('that closes in the middle of its body is forgotten', async () => {
    const socket = connect({ host: '127.0.0.1', port: bench.port });
    socket.write(`${HEAD}content-length: 100\r\n\r\nabc`);
    await sleep(200);
    socket.resetAndDestroy();
    await sleep(200);
    expect((await bench.get('/healthz')).status).toBe(200);
  });

  test('that closes its half before the answer is closed, and its event is durable', async () => {
    const socket = connect({ host: '127.0.0.1', port: bench.port, allowHalfOpen: true });
    socket.resume();
    const body = JSON.stringify({ ...EVENT, sourceEventId: 'half-closed' });
    socket.end(`${HEAD}content-length: ${body.length}\r\n\r\n${body}`);
    await once(socket, 'close');
    await expect.poll(() => JSON.stringify(inboxEntries(bench.folder))).toContain('half-closed');
  });

  test('that vanishes after an answer is closed after 5 s', async () => {
    const { text, elapsedMs } = await exchange(bench.port, 'GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n', 40_000);
    expect(text).toContain('{"ok":true}');
    expect(elapsedMs).toBeGreaterThan(4_500);
    expect(elapsedMs).toBeLessThan(20_000);
  });

  test('that keeps its half open after an answer with a close is closed by the server', async () => {
    const { text, elapsedMs } = await exchange(bench.port, `${HEAD}content-length: 1000000\r\n\r\n`, 40_000);
    expect(text).toContain('413');
    expect(elapsedMs).toBeLessThan(9_000);
  });

  test('that never reads its answers does not hold more than its own connection', async () => {
    const socket = connect({ host: '127.0.0.1', port: bench.port });
    socket.on('error', () => undefined);
    socket.pause();
    const one = 'GET /metrics HTTP/1.1\r\nhost: a\r\n\r\n';
    for (let i = 0; i < 200 && !socket.destroyed; i += 1) socket.write(one.repeat(100));
    const from = performance.now();
    expect((await bench.get('/healthz')).status).toBe(200);
    expect(performance.now() - from).toBeLessThan(20_000);
    socket.destroy();
  });
});

test('1,000 idle connections do not shut out a further one', async () => {
  const bench = await httpBench();
  const sockets: Socket[] = [];
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  for (let i = 0; i < 1000; i += 1) {
    const socket = connect({ host: '127.0.0.1', port: bench.port });
    socket.on('error', () => undefined);
    sockets.push(socket);
    if (i % 50 === 0) await once(socket, 'connect');
  }
  await Promise.all(
    sockets.filter((each) => each.connecting).map((each) => once(each, 'connect').catch(() => undefined)),
  );
  const from = performance.now();
  expect((await bench.get('/healthz')).status).toBe(200);
  expect((await bench.post(BODY, signedHeaders(BODY))).status).toBe(202);
  expect(performance.now() - from).toBeLessThan(20_000);
});

describe('the end of the server', () => {
  test('closes idle connections at once and slow ones after some time, and keeps what was answered with 202', async () => {
    const bench = await httpBench();
    const idle = exchange(bench.port, 'GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n');
    const slow = exchange(bench.port, `${HEAD}content-length: 100\r\n\r\n`);
    const posts = Array.from({ length: 50 }, () => bench.post(BODY, signedHeaders(BODY)).catch(() => undefined));
    // The first are answered, and others are under way.
    await Promise.race(posts);
    const from = performance.now();
    await bench.close();
    expect(performance.now() - from).toBeLessThan(9_000);
    const [answers] = await Promise.all([Promise.all(posts), idle, slow]);
    const accepted = answers.filter((each) => each?.status === 202).length;
    expect(accepted).toBeGreaterThan(0);
    expect(inboxEntries(bench.folder).length).toBeGreaterThanOrEqual(accepted);
  });

  test('lets the port go', async () => {
    const bench = await httpBench();
    await bench.close();
    const again = createServer().listen(bench.port, '127.0.0.1');
    await once(again, 'listening');
    again.close();
  });
});

test('an address that other machines reach is refused', async () => {
  await expect(
    startHttp(
      { host: '0.0.0.0', port: 0 },
      appOf([], { access: new Access({ tokens: [], clients: [] }), failed: () => undefined }),
    ),
  ).rejects.toThrow('only with TLS');
});
