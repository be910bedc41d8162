/** The server of the metrics: its two routes, its limits, and mutual TLS. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Health } from '../../../../plugins/portsync/daemon/runtime.ts';
import { type Served, statusRoutes } from '../../../../plugins/portsync/daemon/routes.ts';
import { listenAddress } from '#plugin/listen-address';
import { type MutualTls, startStatusServer, type StatusServer } from '#plugin/status-server';

const HEALTHY: Health = { status: 'healthy', reasons: [] };
const LOCAL = { host: '::1', port: 0 };
/** The ways in which Node.js reports a connection that the server refused. */
const REFUSED = /alert|socket hang up|ECONNRESET|EPIPE/u;

function served(health: Health = HEALTHY) {
  return statusRoutes({
    metrics: async () => ({ text: 'portsyncd_x 1\n', type: 'text/plain; version=0.0.4' }),
    health: () => health,
  });
}

interface Answer {
  readonly status: number | undefined;
  readonly text: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

async function ask(
  { address }: StatusServer,
  path: string,
  { method = 'GET', tls }: { readonly method?: string; readonly tls?: Partial<MutualTls> } = {},
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const options = { host: address.host, port: address.port, path, method, agent: false as const };
  const request =
    tls === undefined ? plainRequest(options) : tlsRequest({ ...options, ...tls, servername: 'localhost' });
  request.on('error', reject);
  request.on('response', (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('end', () =>
      resolve({ status: response.statusCode, text: Buffer.concat(chunks).toString(), headers: response.headers }),
    );
  });
  request.end();
  return promise;
}

describe('addresses', () => {
  test.each([
    ['[::1]:9090', { host: '::1', port: 9090 }],
    ['127.0.0.1:0', { host: '127.0.0.1', port: 0 }],
  ])('%s', (text, expected) => {
    expect(listenAddress(text)).toEqual(expected);
  });

  test.each(['', '9090', 'localhost:9090', '::1:9090', '[::1]', '127.0.0.1:65536', '[127.0.0.1]:1', '1.2.3:4'])(
    '%s is refused',
    (text) => {
      expect(() => listenAddress(text)).toThrow('is not an address to listen on');
    },
  );

  test.each(['0.0.0.0', '::', '192.0.2.1'])('%s needs mutual TLS', async (host) => {
    await expect(startStatusServer({ host, port: 0 }, undefined, served())).rejects.toThrow('only with mutual TLS');
  });

  test('an address in use is an error of the user', async () => {
    await using server = await startStatusServer(LOCAL, undefined, served());
    await expect(startStatusServer(server.address, undefined, served())).rejects.toThrow('cannot listen on ::1');
  });
});

describe('routes', () => {
  test('are /metrics and /healthz, for GET and HEAD', async () => {
    await using server = await startStatusServer(LOCAL, undefined, served());
    expect(await ask(server, '/metrics?x=1')).toMatchObject({
      status: 200,
      text: 'portsyncd_x 1\n',
      headers: { 'content-type': 'text/plain; version=0.0.4' },
    });
    expect(await ask(server, '/metrics', { method: 'HEAD' })).toMatchObject({ status: 200, text: '' });
    expect(await ask(server, '/healthz')).toMatchObject({ status: 200, text: 'healthy\n' });
    for (const path of ['/', '/metrics/', '/metricsx', '//metrics', '/../metrics'])
      expect(await ask(server, path)).toMatchObject({ status: 404 });
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS'])
      expect(await ask(server, '/metrics', { method })).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
  });

  test.each([
    ['degraded', 200],
    ['unhealthy', 503],
  ] as const)('/healthz of a daemon that is %s answers %d with the reasons', async (status, code) => {
    await using server = await startStatusServer(
      LOCAL,
      undefined,
      served({ status, reasons: ['no connection to Redis'] }),
    );
    expect(await ask(server, '/healthz')).toMatchObject({ status: code, text: `${status}\nno connection to Redis\n` });
  });

  test('a failure of the metrics is an answer without its text', async () => {
    const failing: Served = { health: () => HEALTHY, metrics: () => Promise.reject(new Error('secret')) };
    await using server = await startStatusServer(LOCAL, undefined, statusRoutes(failing));
    expect(await ask(server, '/metrics')).toMatchObject({ status: 500, text: 'the answer failed\n' });
  });
});

describe('limits', () => {
  test('headers that are too long are refused', async () => {
    await using server = await startStatusServer(LOCAL, undefined, served());
    const socket = connect(server.address.port, '::1');
    socket.write(`GET /metrics HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(10_000)}\r\n\r\n`);
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    expect(chunk.toString()).toContain('431');
    socket.destroy();
  });

  test('connections above 16 are closed', async () => {
    await using server = await startStatusServer(LOCAL, undefined, served());
    const sockets: Socket[] = [];
    for (let i = 0; i < 16; i += 1) {
      const socket = connect(server.address.port, '::1');
      await once(socket, 'connect');
      sockets.push(socket);
    }
    const further = connect(server.address.port, '::1');
    await once(further, 'close');
    for (const socket of sockets) socket.destroy();
  });
});

describe('mutual TLS', () => {
  let folder: string;
  let own: MutualTls;
  let client: { readonly cert: string; readonly key: string };
  let stranger: { readonly cert: string; readonly key: string };

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'portsync-tls-'));
    const openssl = (...args: readonly string[]): void =>
      void execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
    const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
    const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
    for (const authority of ['ca', 'other'])
      openssl(
        'req',
        '-x509',
        ...newKey,
        '-keyout',
        `${authority}.key`,
        '-out',
        `${authority}.crt`,
        '-subj',
        `/CN=${authority}`,
      );
    for (const [name, authority] of [
      ['server', 'ca'],
      ['client', 'ca'],
      ['stranger', 'other'],
    ] as const)
      openssl(
        'req',
        '-x509',
        ...newKey,
        '-keyout',
        `${name}.key`,
        '-out',
        `${name}.crt`,
        '-subj',
        '/CN=localhost',
        '-addext',
        'subjectAltName=DNS:localhost',
        '-addext',
        'basicConstraints=critical,CA:FALSE',
        '-CA',
        `${authority}.crt`,
        '-CAkey',
        `${authority}.key`,
      );
    own = { cert: read('server.crt'), key: read('server.key'), ca: read('ca.crt') };
    client = { cert: read('client.crt'), key: read('client.key') };
    stranger = { cert: read('stranger.crt'), key: read('stranger.key') };
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('answers a client of the authority alone', async () => {
    await using server = await startStatusServer({ host: '0.0.0.0', port: 0 }, own, served());
    const at = { address: { host: '127.0.0.1', port: server.address.port } } as StatusServer;
    expect(await ask(at, '/healthz', { tls: { ca: own.ca, ...client } })).toMatchObject({ status: 200 });
    await expect(ask(at, '/healthz', { tls: { ca: own.ca } })).rejects.toThrow(REFUSED);
    await expect(ask(at, '/healthz', { tls: { ca: own.ca, ...stranger } })).rejects.toThrow(REFUSED);
    await expect(ask(at, '/healthz')).rejects.toThrow(REFUSED);
  });

  test('a key that does not fit is an error of the user', async () => {
    await expect(startStatusServer(LOCAL, { ...own, key: client.key }, served())).rejects.toThrow('do not fit');
  });
});
