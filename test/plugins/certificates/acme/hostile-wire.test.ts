/** A hostile server below ACME: what it sends, and where it sends requests. No request is sent elsewhere, and none hangs. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { ApiError } from '#plugin/http';
import { acmeDueAt } from '../../../../plugins/certificates/acme/ari.ts';
import type { AcmeClient, AcmeOptions } from '../../../../plugins/certificates/acme/client.ts';
import type { AccountKey } from '../../../../plugins/certificates/acme/jws.ts';
import { waitAfter } from '../../../../plugins/certificates/acme/waits.ts';
import { accountKey, anySignal, dns, openFor } from './issuing.ts';

type Handler = (request: IncomingMessage, response: ServerResponse, host: string) => void;

interface Server {
  readonly origin: string;
  /** Methods and paths. */
  readonly asked: readonly string[];
}

async function serving(handler: Handler): Promise<Server> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.on('error', () => undefined);
    handler(request, response, origin);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { origin, asked };
}

/** 4 KB that are 4 MB when decompressed. */
const BOMB = gzipSync(Buffer.alloc(4_000_000, 32));

let key: AccountKey;
beforeAll(async () => {
  key = await accountKey();
});

const NAMES = ['newNonce', 'newAccount', 'newOrder', 'keyChange', 'renewalInfo'];

function json(response: ServerResponse, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(200, { 'replay-nonce': 'nonce', ...headers }).end(JSON.stringify(body));
}

/** A client of a server that is honest but for some paths. */
async function hostile(
  handlers: Readonly<Record<string, Handler>>,
  options: Partial<AcmeOptions> = {},
): Promise<{ readonly client: AcmeClient; readonly server: Server }> {
  const server = await serving((request, response, host) => {
    const path = request.url ?? '';
    const handler = handlers[path];
    if (handler !== undefined) handler(request, response, host);
    else if (path === '/dir') json(response, Object.fromEntries(NAMES.map((name) => [name, `${host}/${name}`])));
    else json(response, {});
  });
  const client = await openFor(
    { directory: `${server.origin}/dir`, ca: undefined as unknown as string },
    { key, account: `${server.origin}/account/1`, ...options },
  );
  return { client, server };
}

async function failureOf(work: Promise<unknown>): Promise<ApiError> {
  return work.then(
    () => {
      throw new Error('no failure');
    },
    (error: unknown) => error as ApiError,
  );
}

const wanted = { identifiers: dns('www.example.test') };
const count = ({ asked }: Server, line: string): number => asked.filter((each) => each === line).length;

describe('an answer', () => {
  const ANSWERS: readonly (readonly [name: string, handler: Handler, code: string])[] = [
    [
      'that arrives byte by byte',
      (_request, response) => {
        response.writeHead(201);
        const timer = setInterval(() => response.write(' '), 20);
        response.on('close', () => clearInterval(timer));
      },
      'no_answer',
    ],
    ['that does not come', () => undefined, 'no_answer'],
    [
      'without an end',
      (_request, response) => {
        response.writeHead(201);
        const more = (): void => {
          while (!response.destroyed && response.write(Buffer.alloc(65_536, 32)));
        };
        response.on('drain', more);
        more();
      },
      'bad_answer',
    ],
    [
      'that is small until it is decompressed',
      (_request, response) => void response.writeHead(201, { 'content-encoding': 'gzip' }).end(BOMB),
      'bad_answer',
    ],
    [
      'with a huge header',
      (_request, response) => void response.writeHead(201, { 'x-more': 'x'.repeat(100_000) }).end('{}'),
      'broken_connection',
    ],
    [
      'with endless headers',
      (_request, response) => {
        for (let i = 0; i < 5000; i += 1) response.setHeader(`x-${i}`, 'x');
        response.writeHead(201).end('{}');
      },
      'broken_connection',
    ],
  ];
  test.each(ANSWERS)('%s ends the request, which is not repeated', async (_name, handler, code) => {
    const { client, server } = await hostile({ '/newOrder': handler }, { requestMs: 300 });
    expect(await failureOf(client.newOrder(wanted, anySignal))).toMatchObject({ code, fate: 'unknown' });
    expect(count(server, 'POST /newOrder')).toBe(1);
  });

  test.each(['x'.repeat(501), '../../nonce', 'a b', 'é', ''])(
    'with the nonce %j: the nonce is not sent',
    async (nonce) => {
      const sent: string[] = [];
      const { client } = await hostile({
        '/newOrder': (request, response) => {
          let body = '';
          request.on('data', (part) => (body += String(part)));
          request.on('end', () => {
            const { protected: head } = JSON.parse(body) as { readonly protected: string };
            sent.push((JSON.parse(Buffer.from(head, 'base64url').toString()) as { readonly nonce: string }).nonce);
            response.writeHead(400, { 'replay-nonce': nonce }).end('{"type":"urn:ietf:params:acme:error:badNonce"}');
          });
        },
      });
      expect(await failureOf(client.newOrder(wanted, anySignal))).toMatchObject({ code: 'badNonce' });
      expect(new Set(sent)).toEqual(new Set(['nonce']));
    },
  );
});

describe('a request is not sent elsewhere', () => {
  test.each([301, 302, 303, 307, 308])('by the redirect %i', async (status) => {
    const other = await serving((_request, response) => json(response, {}));
    const to: Handler = (_request, response) =>
      void response.writeHead(status, { location: `${other.origin}/x`, 'replay-nonce': 'nonce' }).end();
    const { client } = await hostile({ '/newOrder': to, '/order/1': to, '/renewalInfo/1': to, '/account/1': to });
    const { origin } = new URL(client.directory.newOrder);
    const failures = await Promise.all(
      [
        client.newOrder(wanted, anySignal),
        client.order(`${origin}/order/1`, anySignal),
        client.renewalInfo('1', anySignal),
        client.account(anySignal),
      ].map(failureOf),
    );
    expect(failures.map(({ code }) => code)).toEqual(Array(4).fill('redirected'));
    const nonces = await hostile({ '/newNonce': to });
    expect(await failureOf(nonces.client.newOrder(wanted, anySignal))).toMatchObject({ code: 'redirected' });
    expect(await failureOf(hostile({ '/dir': to }))).toMatchObject({ code: 'redirected' });
    expect(other.asked).toEqual([]);
  });

  test.each([
    'http://169.254.169.254/latest/meta-data',
    'https://169.254.169.254/latest/meta-data',
    'http://127.0.0.1:1/order',
    'https://acme.example.test@127.0.0.1/order',
    '//other.example.test/order',
    'file:///etc/passwd',
  ])('by the address %s in an answer', async (url) => {
    const { client, server } = await hostile({
      '/newOrder': (_request, response, host) =>
        json(
          response,
          { status: 'valid', ...wanted, authorizations: [], finalize: `${host}/f`, certificate: url },
          {
            location: `${host}/order/1`,
          },
        ),
      '/account/1': (_request, response) => json(response, { status: 'valid', orders: url }),
    });
    expect(await failureOf(client.newOrder(wanted, anySignal))).toMatchObject({ code: 'bad_answer' });
    expect((await failureOf(client.openOrders(anySignal))).message).toMatch(/the recorded URL (?:is not |leads to )/u);
    expect(server.asked.filter((line) => !/newOrder|account|dir|newNonce/u.test(line))).toEqual([]);
  });

  test('by a directory that names an address of a denied network', async () => {
    const opening = hostile({
      '/dir': (_request, response, host) =>
        json(response, {
          ...Object.fromEntries(NAMES.map((name) => [name, `${host}/${name}`])),
          newOrder: 'https://169.254.169.254/order',
        }),
    });
    expect(await failureOf(opening)).toMatchObject({
      code: 'bad_answer',
      message: expect.stringContaining('/newOrder leads to https://169.254.169.254') as unknown,
    });
  });
});

describe('a list without an end', () => {
  test('of orders is read for 20 pages', async () => {
    const { client, server } = await hostile({
      '/account/1': (_request, response, host) => json(response, { status: 'valid', orders: `${host}/orders` }),
      '/orders': (_request, response, host) => json(response, { orders: [] }, { link: `<${host}/orders>;rel="next"` }),
    });
    expect(await client.openOrders(anySignal)).toEqual([]);
    expect(count(server, 'POST /orders')).toBe(20);
  });

  test('of orders on each page: the last 30 are read', async () => {
    const order = { status: 'pending', ...wanted, authorizations: [] };
    const { client, server } = await hostile(
      Object.fromEntries([
        ['/account/1', (_request, response, host) => json(response, { status: 'valid', orders: `${host}/orders` })],
        [
          '/orders',
          (_request, response, host) =>
            json(response, { orders: Array.from({ length: 900 }, (_, i) => `${host}/order/${i}`) }),
        ],
        ...Array.from({ length: 900 }, (_, i): [string, Handler] => [
          `/order/${i}`,
          (_request, response, host) => json(response, { ...order, finalize: `${host}/f` }),
        ]),
      ] satisfies [string, Handler][]),
    );
    expect((await client.openOrders(anySignal)).length).toBe(30);
    expect(server.asked.filter((line) => line.startsWith('POST /order/')).length).toBe(30);
  });
});

describe('a time', () => {
  const NOW = Date.parse('2026-11-20T12:00:00Z');
  const HOUR = 3_600_000;
  test.each([
    ['of ten years', 3650 * 24 * HOUR, 7 * 24 * HOUR],
    ['of no length', 0, 60_000],
    ['without a length', undefined, HOUR],
  ])('%s until an order is accepted is limited', (_name, asked, waited) => {
    const directory = 'https://ca.example.test/directory';
    const account = { directory, account: undefined, about: { kind: 'account' } } as const;
    const { wait_until: until } = waitAfter(account, { now: NOW, retryAfterMs: asked, reason: '' });
    expect(Date.parse(until) - NOW).toBe(waited);
  });

  const validity = { notBefore: NOW - 60 * 24 * HOUR, notAfter: NOW + 30 * 24 * HOUR };
  test.each([
    ['in the year 9999', '9999-01-01T00:00:00Z', '9999-12-31T00:00:00Z', validity.notAfter - 15 * 24 * HOUR],
    ['that ends before it starts', '2026-11-25T00:00:00Z', '2026-11-24T00:00:00Z', validity.notAfter - 30 * 24 * HOUR],
    ['that is a text', 'soon', 'later', validity.notAfter - 30 * 24 * HOUR],
  ])('%s as a renewal window postpones no renewal beyond half of its lead', (_name, start, end, due) => {
    expect(acmeDueAt(90, validity, { id: 'a.b', next: '2026-11-21T00:00:00Z', start, end })).toBe(due);
  });

  test('of a renewal window far in the past is due at once, and no sooner than that', () => {
    const ari = { id: 'a.b', next: '', start: '0001-01-01T00:00:00Z', end: '0001-01-02T00:00:00Z' };
    expect(acmeDueAt(90, validity, ari)).toBeLessThan(NOW);
  });
});

test('pages for people are web addresses, without control characters', async () => {
  const termsOf = async (termsOfService: string): Promise<string | undefined> => {
    const { client } = await hostile({
      '/dir': (_request, response, host) =>
        json(response, {
          ...Object.fromEntries(NAMES.map((name) => [name, `${host}/${name}`])),
          meta: { termsOfService },
        }),
    });
    return client.directory.termsOfService;
  };
  for (const text of ['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', 'terms', ''])
    expect(await termsOf(text)).toBeUndefined();
  expect(await termsOf('https://acme.example.test/\u001b[2J"><script>')).toBe(
    'https://acme.example.test/%1B[2J%22%3E%3Cscript%3E',
  );
});
