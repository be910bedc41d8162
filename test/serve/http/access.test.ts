/** Callers of the server: by token, by certificate, and by role; and the files of TLS. */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, readFileSync } from 'node:fs';
import { request as plainRequest } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Access, accessMistakes, namesIn } from '../../../src/serve/access.ts';
import { appOf, type Route } from '../../../src/serve/http/app.ts';
import { plainReply } from '../../../src/serve/http/reply.ts';
import { type HttpServer, startHttp } from '../../../src/serve/http/server.ts';
import { openTls, readTls, renewTls, tlsFiles } from '../../../src/serve/tls.ts';
import { temporaryFolder } from '../../support/cli.ts';

function hashed(token: string): string {
  return `sha256:${createHash('sha256').update(token).digest('hex')}`;
}

const CALLERS: ConstructorParameters<typeof Access>[0] = {
  tokens: [
    { name: 'prometheus', hash: hashed('metrics-token'), roles: ['metrics'] },
    { name: 'reader', hash: hashed('read-token'), roles: ['read'] },
    { name: 'ann', hash: hashed('operate-token'), roles: ['operate'] },
    { name: 'issuer', hash: hashed('intake-token'), roles: ['intake'] },
  ],
  clients: [{ name: 'robot', san: 'URI:spiffe://example.org/robot', roles: ['read'] }],
};

const ROLES = ['metrics', 'read', 'intake', 'operate'] as const;

const ROUTES: readonly Route[] = [
  { method: 'GET', path: '/open', answer: () => plainReply(200, 'open') },
  { method: 'POST', path: '/change', role: 'operate', answer: () => plainReply(200, 'changed') },
  ...ROLES.map(
    (role): Route => ({ method: 'GET', path: `/${role}`, role, answer: (_, { name }) => plainReply(200, name) }),
  ),
];

const refused: string[] = [];
const app = appOf(ROUTES, {
  access: new Access(CALLERS),
  failed: (error) => {
    throw error;
  },
  refused: (reason) => refused.push(reason),
});

describe('a token', () => {
  let server: HttpServer;
  beforeAll(async () => {
    server = await startHttp({ host: '127.0.0.1', port: 0 }, app);
  });
  afterAll(() => server.close(0));

  const ask = async (path: string, authorization?: string): Promise<readonly [number, string]> => {
    const headers = authorization === undefined ? {} : { authorization };
    const response = await fetch(`http://127.0.0.1:${server.address.port}${path}`, { headers });
    return [response.status, await response.text()];
  };

  // Token, then the roles that it passes.
  test.each([
    ['metrics-token', ['metrics']],
    ['read-token', ['read']],
    ['operate-token', ['read', 'operate']],
    ['intake-token', ['intake']],
  ])('%s passes %j alone', async (token, passes) => {
    for (const role of ROLES)
      expect((await ask(`/${role}`, `Bearer ${token}`))[0], role).toBe(passes.includes(role) ? 200 : 403);
  });

  test.each([
    ['none', undefined],
    ['an unknown one', 'Bearer other'],
    ['one in another scheme', 'Token read-token'],
    ['an empty one', 'Bearer '],
    ['the name of a caller', 'Bearer reader'],
    ['its hash', `Bearer ${hashed('read-token')}`],
    ['two words', 'Bearer read-token read-token'],
    ['a name without a password', `Basic ${Buffer.from('read-token').toString('base64')}`],
    ['a token as a name', `Basic ${Buffer.from('read-token:').toString('base64')}`],
  ])('%s is refused, and asked for', async (_, authorization) => {
    const headers = authorization === undefined ? {} : { authorization };
    const response = await fetch(`http://127.0.0.1:${server.address.port}/read`, { headers });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toContain('Basic realm=');
    expect(await response.json()).toMatchObject({ ok: false, error: 'unauthenticated' });
    expect(await ask('/open', authorization)).toEqual([200, 'open\n']);
  });

  test('is the password of a browser, with any name', async () => {
    const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
    expect(await ask('/read', basic('ann:operate-token'))).toEqual([200, 'ann\n']);
    expect(await ask('/read', basic(':read-token'))).toEqual([200, 'reader\n']);
  });

  test('refusals are counted by reason, and name no token', async () => {
    refused.length = 0;
    await ask('/read', 'Bearer wrong-token');
    const [status, text] = await ask('/operate', 'Bearer read-token');
    expect([status, text.includes('read-token')]).toEqual([403, false]);
    expect(refused).toEqual(['unauthenticated', 'forbidden']);
  });
});

test.each([
  ['DNS:a.example, URI:spiffe://b', ['DNS:a.example', 'URI:spiffe://b']],
  ['DNS:"a, URI:spiffe://b, DNS:c", DNS:d', ['DNS:"a, URI:spiffe://b, DNS:c"', 'DNS:d']],
  ['URI:"x\\", URI:spiffe://b, DNS:\\"y"', ['URI:"x\\", URI:spiffe://b, DNS:\\"y"']],
  ['IP Address:127.0.0.1, email:a@b.example', ['IP Address:127.0.0.1', 'email:a@b.example']],
  ['', []],
])('names of a certificate in %j', (text, names) => {
  expect(namesIn(text)).toEqual(names);
});

describe('a change', () => {
  let server: HttpServer;
  beforeAll(async () => {
    server = await startHttp({ host: '127.0.0.1', port: 0 }, app);
  });
  afterAll(() => server.close(0));

  // Headers as browsers send them, then the status.
  test.each([
    ['a program', {}, 200],
    ['a page of the server', { 'sec-fetch-site': 'same-origin', origin: 'SELF' }, 200],
    ['a person, by the address line', { 'sec-fetch-site': 'none' }, 200],
    ['a page of another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }, 403],
    ['a page of a related site', { 'sec-fetch-site': 'same-site' }, 403],
    ['a page of another port', { origin: 'http://127.0.0.1:1' }, 403],
    ['a page without an origin', { origin: 'null' }, 403],
  ])('by %s is answered by its origin', async (_, headers, status) => {
    const url = `http://127.0.0.1:${server.address.port}`;
    const own = Object.entries({ ...headers, authorization: 'Bearer operate-token' });
    // fetch would not send these headers.
    const answered = await new Promise<number>((resolve, reject) => {
      const asked = plainRequest(`${url}/change`, { method: 'POST', agent: false }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode ?? 0));
      });
      for (const [name, value] of own) asked.setHeader(name, value === 'SELF' ? url : value);
      asked.on('error', reject).end();
    });
    expect(answered).toBe(status);
  });
});

describe('the file of the host', () => {
  const [token] = CALLERS.tokens;
  test.each([
    [
      'one token for two callers',
      { access: { tokens: [token!, { ...token!, name: 'b' }], clients: [] } },
      'tokens/1/hash',
    ],
    [
      'the hash of an empty token',
      { access: { tokens: [{ ...token!, hash: hashed('') }], clients: [] } },
      'tokens/0/hash',
    ],
    ['clients without an authority', { access: { tokens: [], clients: CALLERS.clients } }, 'clients/0/san'],
    [
      'a required client without an authority',
      { access: { tokens: [], clients: [] }, tls: { certificate: 'a', key: 'b', requireClient: true } },
      'tls/requireClient',
    ],
  ])('%s is a mistake', (_, host, pointer) => {
    expect(accessMistakes(host).map((each) => each.pointer)).toEqual([expect.stringContaining(pointer)]);
  });

  test('one caller may have two tokens, while one replaces the other', () => {
    const tokens = [token!, { ...token!, hash: hashed('the next') }];
    expect(accessMistakes({ access: { tokens, clients: [] } })).toEqual([]);
  });
});

describe('TLS', () => {
  const folder = temporaryFolder();
  const at = (name: string): string => join(folder, name);
  const openssl = (...args: readonly string[]): void => {
    execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  };
  const authority = (name: string): void =>
    openssl(
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.crt`,
    ); // prettier-ignore
  const issue = (name: string, names: string, by: string): void =>
    openssl(
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
      '-addext',
      `subjectAltName=${names}`,
      '-addext',
      'basicConstraints=critical,CA:FALSE',
      '-CA',
      `${by}.crt`,
      '-CAkey',
      `${by}.key`,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.crt`,
    ); // prettier-ignore

  beforeAll(() => {
    authority('ca');
    authority('strange');
    issue('server', 'IP:127.0.0.1', 'ca');
    issue('next', 'IP:127.0.0.1', 'ca');
    issue('robot', 'URI:spiffe://example.org/robot', 'ca');
    issue('other', 'URI:spiffe://example.org/other', 'ca');
    issue('impostor', 'URI:spiffe://example.org/robot', 'strange');
    for (const name of ['server', 'next']) chmodSync(at(`${name}.key`), 0o600);
  });

  const files = (more: { readonly requireClient?: boolean } = {}) =>
    tlsFiles(
      { certificate: 'used.crt', key: 'used.key', clientAuthority: 'ca.crt', requireClient: false, ...more },
      at('serve.yaml'),
    );
  const use = (name: string): void => {
    copyFileSync(at(`${name}.crt`), at('used.crt'));
    copyFileSync(at(`${name}.key`), at('used.key'));
  };

  const ask = (
    { address }: HttpServer,
    path: string,
    client?: string,
    authorization?: string,
  ): Promise<{ readonly status: number; readonly subject: string }> =>
    new Promise((resolve, reject) => {
      const own =
        client === undefined ? {} : { cert: readFileSync(at(`${client}.crt`)), key: readFileSync(at(`${client}.key`)) };
      const asked = request(
        {
          host: '127.0.0.1',
          port: address.port,
          path,
          agent: false,
          ca: readFileSync(at('ca.crt')),
          headers: authorization === undefined ? {} : { authorization },
          ...own,
        },
        (response) => {
          const { subject } = (response.socket as TLSSocket).getPeerCertificate();
          response.resume().on('end', () => resolve({ status: response.statusCode ?? 0, subject: String(subject.CN) }));
        },
      );
      asked.on('error', reject).end();
    });

  test('a client is known by a name of its certificate, if a given authority has signed that', async () => {
    use('server');
    const server = await startHttp({ host: '127.0.0.1', port: 0 }, app, await openTls(files()));
    try {
      expect(await ask(server, '/read', 'robot')).toMatchObject({ status: 200 });
      expect(await ask(server, '/operate', 'robot')).toMatchObject({ status: 403 });
      expect(await ask(server, '/read', 'other')).toMatchObject({ status: 401 });
      expect(await ask(server, '/read', 'impostor')).toMatchObject({ status: 401 });
      expect(await ask(server, '/read')).toMatchObject({ status: 401 });
      expect(await ask(server, '/read', undefined, 'Bearer read-token')).toMatchObject({ status: 200 });
      // A wrong token is not replaced by the certificate.
      expect(await ask(server, '/read', 'robot', 'Bearer wrong')).toMatchObject({ status: 401 });
    } finally {
      await server.close(0);
    }
  });

  test('a required certificate is required for the connection', async () => {
    use('server');
    const server = await startHttp({ host: '127.0.0.1', port: 0 }, app, await openTls(files({ requireClient: true })));
    try {
      await expect(ask(server, '/open')).rejects.toThrow(/alert|ECONNRESET|EPIPE|hang up/iu);
      await expect(ask(server, '/open', 'impostor')).rejects.toThrow(/alert|ECONNRESET|EPIPE|hang up/iu);
      expect(await ask(server, '/open', 'other')).toMatchObject({ status: 200 });
    } finally {
      await server.close(0);
    }
  });

  test('files that change are used for later connections, and files that do not fit are not', async () => {
    use('server');
    const lines: string[] = [];
    const tls = await openTls(files());
    const server = await startHttp({ host: '127.0.0.1', port: 0 }, app, tls);
    const timer = renewTls(tls, server, (line) => lines.push(line), 20);
    try {
      expect(await ask(server, '/open')).toMatchObject({ subject: 'server' });
      copyFileSync(at('next.crt'), at('used.crt'));
      await vi.waitFor(() => expect(lines[0]).toContain('are not used'), 60_000);
      expect(await ask(server, '/open')).toMatchObject({ subject: 'server' });
      use('next');
      await vi.waitFor(() => expect(lines.at(-1)).toBe('the files of tls were read again'), 60_000);
      expect(await ask(server, '/open')).toMatchObject({ subject: 'next' });
      expect(await ask(server, '/read', 'robot')).toMatchObject({ status: 200 });
    } finally {
      clearInterval(timer);
      await server.close(0);
    }
  });

  test.each([
    ['a key that every user may read', (): void => chmodSync(at('used.key'), 0o644), 'every user may read or write'],
    ['a key of another certificate', (): void => copyFileSync(at('next.key'), at('used.key')), 'do not fit'],
  ])('%s is refused', async (_, change, message) => {
    use('server');
    change();
    await expect(readTls(files())).rejects.toThrow(message);
    chmodSync(at('used.key'), 0o600);
  });

  test('an address that other machines reach needs TLS', async () => {
    await expect(startHttp({ host: '0.0.0.0', port: 0 }, app)).rejects.toThrow('only with TLS');
  });
});
