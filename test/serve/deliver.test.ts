/** Deliveries over HTTP: exact bytes, signatures, and receivers that refuse, redirect, stall or never stop answering. */

import { createHmac } from 'node:crypto';
import { type IncomingMessage, type RequestListener, createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { deliver, deliverAll, signatureHeaders } from '../../src/serve/alerts/deliver.ts';
import { DEADLINE_MS, type Delivery, type DeliveryOutcome } from '../../src/serve/alerts/deliveries.ts';
import type { Destination } from '../../src/serve/alerts/receiver.ts';
import { listenToContacts, type Contact } from '../../src/net/contacts.ts';
import { openHttp, usualDenial } from '#plugin/net';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

interface RecordingServer {
  readonly url: (path?: string) => URL;
  readonly received: Received[];
}

/** A server that records every request with the bytes of its body, and answers with `answer`. */
async function serve(answer: RequestListener): Promise<RecordingServer> {
  const received: Received[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request;
      received.push({ method, path, headers, body: Buffer.concat(parts).toString() });
      answer(request, response);
    });
  });
  server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { received, url: (path = '/') => new URL(path, `http://127.0.0.1:${port}`) };
}

const NOW = Date.parse('2026-11-20T12:00:00.900Z');
const BODY = '{"domain":"ü.example.test","n":1}';

const delivering = (more: { readonly now?: () => number; readonly signal?: AbortSignal } = {}) => ({
  send: openHttp(usualDenial({})),
  now: () => NOW,
  signal: new AbortController().signal,
  ...more,
});

function delivery(more: Partial<Delivery> = {}): Delivery {
  return { key: 'toy/Item/a:late:hook', receiver: 'hook', begunAt: NOW, startBy: NOW + 60_000, body: BODY, ...more };
}

function destination(url: URL, more: Partial<Destination> = {}): Destination {
  return { name: 'hook', kind: 'webhook', cooldownMs: 0, url, ...more };
}

async function resultAt(url: URL, more: Partial<Destination> = {}): Promise<string> {
  const { result, message } = await deliver(delivery(), destination(url, more), delivering());
  return `${result}: ${message}`;
}

describe('a delivery', () => {
  it('is one POST of the exact bytes, with a signature over them at the time of sending', async () => {
    const server = await serve((_request, response) => response.writeHead(204).end());
    expect(await resultAt(server.url('/hook?token=t'), { secret: 'key' })).toEqual(
      'delivered: the receiver answered with status 204',
    );
    const [request] = server.received;
    expect([request?.method, request?.path, request?.body]).toEqual(['POST', '/hook?token=t', BODY]);
    const timestamp = '1795176000';
    const signature = createHmac('sha256', 'key').update(`${timestamp}.${BODY}`).digest('hex');
    expect(request?.headers).toMatchObject({
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(BODY)),
      'x-fdt-timestamp': timestamp,
      'x-fdt-signature': signature,
    });
    expect(server.received).toHaveLength(1);
  });

  it('is unsigned without a secret', async () => {
    const server = await serve((_request, response) => response.end());
    await resultAt(server.url());
    expect(Object.keys(server.received[0]?.headers ?? {}).filter((name) => name.startsWith('x-'))).toEqual([]);
  });

  it('has the signature of a known example', () => {
    // printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac secret
    expect(signatureHeaders('secret', '{"a":1}', 1_700_000_000)).toEqual({
      'x-fdt-timestamp': '1700000000',
      'x-fdt-signature': '49f24e537407743fa4a0242bb63b94b9a47ee99cbbe071ccd8a22550ae411686',
    });
  });

  it.each([400, 401, 404, 429, 500, 503])('fails with status %i', async (status) => {
    const server = await serve((_request, response) => response.writeHead(status).end('no'));
    expect(await resultAt(server.url())).toEqual(`failed: the receiver answered with status ${status}`);
  });

  it.each([301, 302, 307, 308])('does not follow a redirect with status %i', async (status) => {
    const other = await serve((_request, response) => response.end());
    const server = await serve((_request, response) =>
      response.writeHead(status, { location: other.url('/elsewhere').href }).end(),
    );
    expect(await resultAt(server.url())).toEqual(
      `failed: the receiver answered with status ${status}, and redirects are not followed`,
    );
    expect([server.received.length, other.received.length]).toEqual([1, 0]);
  });

  it('reads a part of an answer that never ends, and closes the connection', async () => {
    let sent = 0;
    const closed = Promise.withResolvers<void>();
    const server = await serve((_request, response) => {
      response.writeHead(200);
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(16_384))) sent += 16_384;
      };
      response.on('drain', more);
      response.on('close', closed.resolve);
      more();
    });
    expect(await resultAt(server.url())).toEqual('delivered: the receiver answered with status 200');
    await closed.promise;
    // The buffers of both sockets are filled too.
    expect(sent).toBeLessThan(32 * 1024 * 1024);
  });

  it('fails at its deadline without an answer, and stops waiting for the rest of one', async () => {
    const silent = await serve(() => undefined);
    const stalled = await serve((_request, response) => void response.writeHead(200).write('a part'));
    const results = await Promise.all([silent, stalled].map(({ url }) => resultAt(url())));
    expect(results).toEqual([
      `failed: no response within ${DEADLINE_MS / 1000} s`,
      'delivered: the receiver answered with status 200',
    ]);
  });

  it('fails where nothing listens, and at an address in a denied network', async () => {
    expect(await resultAt(new URL('http://127.0.0.1:1/secret-path'))).toEqual(
      'failed: the connection to 127.0.0.1:1 failed (ECONNREFUSED)',
    );
    expect(await resultAt(new URL('http://169.254.169.254/latest'))).toEqual(
      'failed: its address is in a network that is denied',
    );
  });

  it('is not sent after its intent became too old, or when the process ends', async () => {
    const server = await serve((_request, response) => response.end());
    const to = destination(server.url());
    const late = await deliver(delivery({ startBy: NOW - 1 }), to, delivering());
    const ended = await deliver(delivery(), to, delivering({ signal: AbortSignal.abort() }));
    expect([late.result, ended.result, server.received.length]).toEqual(['unsent', 'unsent', 0]);
  });

  it('is finished if the process ends while it is under way', async () => {
    const abort = new AbortController();
    const server = await serve((_request, response) => {
      abort.abort();
      response.end();
    });
    const { result } = await deliver(delivery(), destination(server.url()), delivering({ signal: abort.signal }));
    expect(result).toEqual('delivered');
  });

  it('shows no path in outcomes and in the log of contacts', async () => {
    const contacts: Contact[] = [];
    closing.push(listenToContacts((contact) => contacts.push(contact)));
    const server = await serve((_request, response) => response.writeHead(500).end());
    const outcome = await deliver(delivery(), destination(server.url('/T0KEN/x')), delivering());
    expect(contacts.map(({ level }) => level)).toContain('trace');
    expect(JSON.stringify([outcome, contacts])).not.toContain('T0KEN');
  });
});

describe('several deliveries', () => {
  const many = (count: number, receiver = 'hook'): readonly Delivery[] =>
    Array.from({ length: count }, (_, i) => delivery({ key: `${receiver}:${i}`, receiver }));

  async function results(
    deliveries: readonly Delivery[],
    destinations: readonly Destination[],
  ): Promise<readonly DeliveryOutcome[]> {
    const outcomes: DeliveryOutcome[] = [];
    await deliverAll(deliveries, destinations, delivering(), (outcome) => outcomes.push(outcome));
    return outcomes;
  }

  it('are each reported once, and go to each receiver independent of the others', async () => {
    const good = await serve((_request, response) => response.end());
    const bad = await serve((_request, response) => response.writeHead(500).end());
    const destinations = [destination(good.url()), destination(bad.url(), { name: 'bad' })];
    const outcomes = await results([...many(20), ...many(20, 'bad')], destinations);
    expect(Object.groupBy(outcomes, ({ result }) => result)).toMatchObject({
      delivered: Array.from({ length: 20 }, () => ({})),
      failed: Array.from({ length: 20 }, () => ({})),
    });
    expect([good.received.length, bad.received.length, new Set(outcomes.map(({ key }) => key)).size]).toEqual([
      20, 20, 40,
    ]);
  });

  it('are not tried at a receiver that does not answer', async () => {
    let connections = 0;
    const server = await serve((_request, response) => {
      connections += 1;
      response.destroy();
    });
    const outcomes = await results(many(50), [destination(server.url())]);
    expect(outcomes.map(({ result }) => result)).toEqual(Array.from({ length: 50 }, () => 'failed'));
    expect(connections).toBeLessThanOrEqual(4);
    const untried = outcomes.filter(({ message }) => /^not tried: the connection to .* broke/u.test(message));
    expect(untried.length).toBeGreaterThanOrEqual(46);
  });

  it('stay unsent without a destination', async () => {
    expect((await results(many(2), [])).map(({ result }) => result)).toEqual(['unsent', 'unsent']);
  });
});
