/** Connections: only to addresses that pass the policy, for any spelling of a host, and never by a redirect. */

import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectToHost, type Denial, denialBy, DeniedError, usualDenial } from '../../src/net/connect.ts';
import { getStatus, openHttp } from '../../src/net/http.ts';
import { networkPolicy } from '../../src/net/networks.ts';

const LOOPBACK_DENIED = denialBy(networkPolicy([], ['127.0.0.0/8', '::1']));
const USUAL = usualDenial({});

let http: Server;
let port = 0;
let connections = 0;
const paths: string[] = [];

beforeAll(async () => {
  http = createHttpServer((request, response) => {
    paths.push(request.url ?? '');
    if (request.url === '/redirect') response.writeHead(307, { location: `http://127.0.0.1:${port}/target` }).end();
    else if (request.url === '/packed')
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('unpacked'));
    else response.end('plain');
  }).on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  port = (http.address() as AddressInfo).port;
});
afterAll(() => void http.close());

/** The result of each way of connecting. */
const WAYS: Readonly<Record<string, (host: string, denial: Denial) => Promise<unknown>>> = {
  TCP: (host, denial) =>
    new Promise((resolve, reject) => {
      const socket = connectToHost(host, port, denial);
      socket.once('error', reject).once('connect', () => resolve(socket.destroy()));
    }),
  'a GET': (host, denial) =>
    new Promise((resolve, reject) => {
      getStatus({ host, port, path: '/' }, denial, resolve).on('error', reject);
    }),
  HTTP: async (host, denial) => {
    const url = new URL(`http://${host}:${port}/`);
    const answer = await openHttp(denial)({ method: 'GET', url, headers: {} }, new AbortController().signal);
    return text(answer.body);
  },
};

describe.each(Object.entries(WAYS))('%s', (_name, way) => {
  // Other spellings that the system's resolver reads as 127.0.0.1.
  const hosts = ['127.0.0.1', 'localhost', '2130706433', '0x7f000001', '127.1', '0177.0.0.1'];

  test.each(hosts)('to %s arrives if it is allowed, and never if it is denied', async (host) => {
    const before = connections;
    await way(host, USUAL);
    expect(connections).toBe(before + 1);
    await expect((async () => way(host, LOOPBACK_DENIED))()).rejects.toBeInstanceOf(DeniedError);
    expect(connections).toBe(before + 1);
  });

  test.each(['169.254.169.254', '2852039166', '0xa9fea9fe', '0.0.0.0', '224.0.0.1', '100.100.100.200'])(
    'to %s is denied by default',
    async (host) => {
      await expect((async () => way(host, USUAL))()).rejects.toBeInstanceOf(DeniedError);
    },
  );
});

test.each(['[::ffff:169.254.169.254]', '[fe80::1]', '[fd00:ec2::254]', '[64:ff9b::a9fe:a9fe]', '[::]'])(
  '%s is denied by default',
  async (host) => {
    for (const way of Object.values(WAYS))
      await expect((async () => way(host, USUAL))()).rejects.toBeInstanceOf(DeniedError);
  },
);

test('a denied host says neither which address it has nor in which network', async () => {
  const said = await WAYS['TCP']?.('2852039166', USUAL).catch((error: unknown) => String(error));
  expect(said).toBe('DeniedError: its address is in a network that is denied');
});

test('FETTLE_ALLOW_NETWORKS names exceptions, and must be valid', () => {
  expect(usualDenial({ FETTLE_ALLOW_NETWORKS: '169.254.10.0/24, 169.254.169.253' })('169.254.10.9')).toBeUndefined();
  expect(usualDenial({ FETTLE_ALLOW_NETWORKS: '169.254.10.0/24 169.254.169.253' })('169.254.169.253')).toBeUndefined();
  expect(usualDenial({ FETTLE_ALLOW_NETWORKS: '169.254.10.0/24' })('169.254.11.9')).toBe('169.254.0.0/16');
  expect(() => usualDenial({ FETTLE_ALLOW_NETWORKS: 'metadata' })).toThrow('FETTLE_ALLOW_NETWORKS');
});

test('a redirect is an answer, and nothing is sent to where it leads', async () => {
  const url = new URL(`http://127.0.0.1:${port}/redirect`);
  const answer = await openHttp(USUAL)({ method: 'GET', url, headers: {} }, new AbortController().signal);
  expect(answer.status).toBe(307);
  answer.body.resume();
  expect(paths).not.toContain('/target');
});

test('an answer is unpacked', async () => {
  const url = new URL(`http://127.0.0.1:${port}/packed`);
  const answer = await openHttp(USUAL)({ method: 'GET', url, headers: {} }, new AbortController().signal);
  expect(await text(answer.body)).toBe('unpacked');
});

test('a connection is made to the resolved address, and a name is resolved once', async () => {
  // The policy changes for an address after the check: the checked result counts.
  let asked = 0;
  const once: Denial = () => ((asked += 1) === 1 ? undefined : 'later');
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const socket = connectToHost('localhost', (server.address() as AddressInfo).port, once);
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  expect(socket.remoteAddress).toMatch(/^(?:127\.0\.0\.1|::1)$/u);
  socket.destroy();
  server.close();
});
