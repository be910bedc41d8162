/** Requests of the ACME client: nonces, retries, and answers that must not be used. */

import type { X509Certificate } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type ApiError, USER_AGENT } from '#plugin/http';
import type { Challenge, Order } from '../../../../plugins/certificates/acme/answers.ts';
import type { AcmeClient, AcmeOptions } from '../../../../plugins/certificates/acme/client.ts';
import type { AccountKey } from '../../../../plugins/certificates/acme/jws.ts';
import { type KeyPair, makeAuthority, makeKeys, makeLeaf } from '../../../../plugins/certificates/live/x509-make.ts';
import { accountKey, anySignal, dns, openFor } from './issuing.ts';
import { problem, type Received, type Script, type Scripted, type ScriptedServer, startScripted } from './scripted.ts';

let key: AccountKey;
const servers: ScriptedServer[] = [];

beforeAll(async () => {
  key = await accountKey();
});

afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

/** A server with a script, and a client with an account at it. */
async function scripted(
  script: Script,
  options: Partial<AcmeOptions> = {},
): Promise<{ readonly server: ScriptedServer; readonly client: AcmeClient }> {
  const server = await startScripted(script);
  servers.push(server);
  const account = `${server.origin}/account/1`;
  const directory = { directory: server.directory, ca: undefined as unknown as string };
  return { server, client: await openFor(directory, { key, account, ...options }) };
}

async function failureOf(work: Promise<unknown>): Promise<ApiError> {
  return work.then(
    () => {
      throw new Error('it succeeded');
    },
    (error: unknown) => error as ApiError,
  );
}

/** An order as a server has it. */
function orderBody(server: string, more: object = {}): object {
  return {
    status: 'pending',
    identifiers: [{ type: 'dns', value: 'www.example.test' }],
    authorizations: [`${server}/authz/1`],
    finalize: `${server}/finalize/1`,
    ...more,
  };
}

const newOrder = { identifiers: dns('www.example.test') };

/** Answers `/newOrder` with an order, and the rest as `more` does. */
function withOrder(more: Script = () => undefined, members: object = {}): Script {
  return (received, count) => {
    const answer = more(received, count);
    if (answer !== undefined || received.path !== '/newOrder') return answer;
    const host = servers.at(-1)?.origin ?? '';
    return { status: 201, headers: { location: `${host}/order/1` }, body: orderBody(host, members) };
  };
}

function sent(server: ScriptedServer, path: string): readonly Received[] {
  return server.received.filter((each) => each.path === path);
}

describe('a nonce', () => {
  test('is new for every try, and was given by the server', async () => {
    const { server, client } = await scripted(
      withOrder(({ path }, count) =>
        path === '/newOrder' && count < 6
          ? [problem('badNonce', 400), { status: 503, headers: { 'retry-after': '1' } }][count % 2]
          : undefined,
      ),
    );
    await client.newOrder(newOrder, anySignal);
    const used = server.received.flatMap(({ nonce }) => nonce ?? []);
    expect(used.length).toBe(7);
    expect(new Set(used).size).toBe(7);
    for (const nonce of used) expect(server.given).toContain(nonce);
  });

  test('of the answer that rejected one is the next', async () => {
    const { server, client } = await scripted(
      withOrder(({ path }, count) => (path === '/newOrder' && count < 3 ? problem('badNonce', 400) : undefined)),
    );
    await client.newOrder(newOrder, anySignal);
    expect(sent(server, '/newNonce').length).toBe(1);
  });

  test('that is rejected 21 times ends the request', async () => {
    const { server, client } = await scripted(({ path }) =>
      path === '/newOrder' ? problem('badNonce', 400) : undefined,
    );
    const error = await failureOf(client.newOrder(newOrder, anySignal));
    expect(error).toMatchObject({ code: 'badNonce', fate: 'nothing' });
    expect(sent(server, '/newOrder').length).toBe(21);
  });

  test('that is not base64url is not used', async () => {
    const { server, client } = await scripted(
      withOrder(({ path }) => (path === '/order/1' ? { headers: { 'replay-nonce': 'a b' }, body: {} } : undefined)),
    );
    const order = await client.newOrder(newOrder, anySignal);
    await failureOf(client.order(order.url, anySignal));
    await failureOf(client.order(order.url, anySignal));
    expect(sent(server, '/newNonce').length).toBe(2);
  });

  test('that the server does not give ends the request, which had no effect', async () => {
    const { client } = await scripted(({ path }) =>
      path === '/newNonce' ? { headers: { 'replay-nonce': '' } } : undefined,
    );
    expect(await failureOf(client.newOrder(newOrder, anySignal))).toMatchObject({
      code: 'bad_answer',
      fate: 'nothing',
    });
  });
});

describe('a failure', () => {
  interface Row {
    readonly name: string;
    readonly answer: Scripted | 'lost';
    /** Number of requests that create an order, and that read one. */
    readonly creating: number;
    readonly reading: number;
    readonly error: object;
  }
  const TABLE: readonly Row[] = [
    {
      name: 'status 429',
      answer: { ...problem('rateLimited', 429), headers: { 'retry-after': '3600' } },
      creating: 1,
      reading: 1,
      error: { code: 'rateLimited', fate: 'nothing', retryAfterMs: 3_600_000 },
    },
    {
      name: 'status 503',
      answer: { ...problem('serverInternal', 503), headers: { 'retry-after': '60' } },
      creating: 6,
      reading: 6,
      error: { code: 'serverInternal', status: 503 },
    },
    {
      name: 'status 503 with a long wait',
      answer: { ...problem('serverInternal', 503), headers: { 'retry-after': '61' } },
      creating: 1,
      reading: 1,
      error: { code: 'serverInternal', retryAfterMs: 61_000 },
    },
    {
      name: 'status 500',
      answer: problem('serverInternal', 500),
      creating: 1,
      reading: 6,
      error: { code: 'serverInternal', fate: 'unknown' },
    },
    {
      name: 'status 502 of a gateway',
      answer: { status: 502, body: '<html>Bad gateway</html>' },
      creating: 1,
      reading: 6,
      error: { code: 'other', fate: 'unknown' },
    },
    {
      name: 'a lost answer',
      answer: 'lost',
      creating: 1,
      reading: 6,
      error: { code: 'broken_connection', fate: 'unknown' },
    },
    {
      name: 'status 400',
      answer: problem('malformed', 400),
      creating: 1,
      reading: 1,
      error: { code: 'malformed', fate: 'nothing' },
    },
    {
      name: 'a redirect',
      answer: { status: 307, headers: { location: 'http://127.0.0.1:1/' } },
      creating: 1,
      reading: 1,
      error: { code: 'redirected', fate: 'unknown' },
    },
    {
      name: 'an answer that is not JSON',
      answer: { status: 201, headers: { location: 'http://127.0.0.1:1/' }, body: 'order' },
      creating: 1,
      reading: 1,
      error: { code: 'bad_answer', fate: 'unknown' },
    },
    {
      name: 'an answer of more than a megabyte',
      answer: { status: 201, body: Buffer.alloc(1024 * 1024 + 1, 32) },
      creating: 1,
      reading: 1,
      error: { code: 'bad_answer', fate: 'unknown' },
    },
  ];

  test.each(TABLE)('$name: $creating requests for a new order, $reading for an existing one', async (row) => {
    const { server, client } = await scripted(({ path }) =>
      /^\/(?:newOrder|order)/u.test(path) ? row.answer : undefined,
    );
    expect(await failureOf(client.newOrder(newOrder, anySignal))).toMatchObject(row.error);
    expect(sent(server, '/newOrder').length).toBe(row.creating);
    expect(await failureOf(client.order(`${server.origin}/order/1`, anySignal))).toMatchObject({
      ...row.error,
      fate: 'nothing',
    });
    expect(sent(server, '/order/1').length).toBe(row.reading);
  });

  test('of a nonce has no effect, so the order is tried again', async () => {
    const { server, client } = await scripted(
      withOrder(({ path }, count) => (path === '/newNonce' && count < 2 ? { status: 500 } : undefined)),
    );
    await client.newOrder(newOrder, anySignal);
    expect(sent(server, '/newOrder').length).toBe(1);
  });

  test('to connect is tried again, and had no effect', async () => {
    const server = await startScripted(() => undefined);
    await server.stop();
    const error = await failureOf(
      openFor({ directory: server.directory, ca: undefined as unknown as string }, { key }),
    );
    expect(error).toMatchObject({ code: 'no_connection', fate: 'nothing' });
  });

  test('ends at the signal', async () => {
    const ending = new AbortController();
    const { client } = await scripted(({ path }) => {
      if (path !== '/newOrder') return undefined;
      ending.abort(new Error('the step ended'));
      return { status: 503 };
    });
    expect((await failureOf(client.newOrder(newOrder, ending.signal))).message).toBe('the step ended');
  });
});

describe('an answer', () => {
  interface Row {
    readonly name: string;
    readonly order: object;
    readonly why: string;
  }
  test.each<Row>([
    {
      name: 'another origin to finalize at',
      order: { finalize: 'https://other.example.test/f' },
      why: '/finalize leads to https://other.example.test',
    },
    { name: 'plain HTTP', order: { finalize: 'http://acme.example.test/f' }, why: '/finalize is not an https URL' },
    { name: 'a user in a URL', order: { finalize: 'https://user:x@127.0.0.1/f' }, why: '/finalize is not a URL' },
    { name: 'another scheme', order: { finalize: 'file:///etc/passwd' }, why: '/finalize is not an https URL' },
    {
      name: 'another origin of an authorization',
      order: { authorizations: ['https://other.example.test/a'] },
      why: '/authorizations/0 leads to https://other.example.test',
    },
    { name: 'a number as its status', order: { status: 1 }, why: '/status is not text' },
    { name: 'an unknown status', order: { status: 'done' }, why: '/status is not one of' },
    { name: 'no list of authorizations', order: { authorizations: {} }, why: '/authorizations is not a list' },
    {
      name: 'endless authorizations',
      order: { authorizations: Array(1001).fill('http://127.0.0.1/') },
      why: 'more than 1000 entries',
    },
    { name: 'another name', order: { identifiers: dns('other.example.test') }, why: 'the order is for other names' },
    {
      name: 'one more name',
      order: { identifiers: dns('www.example.test', 'b.test') },
      why: 'the order is for other names',
    },
    {
      name: 'a path in place of a name',
      order: { identifiers: [{ type: 'dns', value: '../etc' }] },
      why: '/identifiers/0/value is not a name',
    },
    {
      name: 'an identifier of another type',
      order: { identifiers: [{ type: 'email', value: 'a@b' }] },
      why: '/identifiers/0/type is not one of',
    },
  ])('with $name is not used', async ({ order, why }) => {
    const { client } = await scripted(withOrder(undefined, order));
    const error = await failureOf(client.newOrder(newOrder, anySignal));
    expect(error).toMatchObject({ code: 'bad_answer', fate: 'unknown' });
    expect(error.message).toContain(why);
  });

  test.each([
    ['no address of the new order', {}],
    ['an address at another server', { location: 'https://other.example.test/order/1' }],
  ])('with %s is not used', async (_name, headers) => {
    const { client } = await scripted(({ path }) =>
      path === '/newOrder' ? { status: 201, headers, body: orderBody(servers.at(-1)?.origin ?? '') } : undefined,
    );
    expect((await failureOf(client.newOrder(newOrder, anySignal))).message).toContain('the header Location');
  });

  const authz = {
    status: 'pending',
    identifier: { type: 'dns', value: 'www.example.test' },
    challenges: [] as unknown,
  };
  const challenge = { type: 'http-01', status: 'pending', token: 'a'.repeat(43) };

  test.each<readonly [name: string, body: (host: string) => object, why: string]>([
    [
      'for a name that was not ordered',
      () => ({ ...authz, identifier: { type: 'dns', value: 'b.test' } }),
      'a name that was not ordered',
    ],
    ['for a wildcard that was not ordered', () => ({ ...authz, wildcard: true }), 'a name that was not ordered'],
    [
      'with a path as its token',
      (host) => ({ ...authz, challenges: [{ ...challenge, url: `${host}/c`, token: '../../../../etc/passwd/x' }] }),
      '/challenges/0/token is not a token',
    ],
    [
      'with a short token',
      (host) => ({ ...authz, challenges: [{ ...challenge, url: `${host}/c`, token: 'short' }] }),
      '/challenges/0/token is not a token',
    ],
    [
      'with a challenge at another server',
      () => ({ ...authz, challenges: [{ ...challenge, url: 'https://other.example.test/c' }] }),
      '/challenges/0/url leads to https://other.example.test',
    ],
    [
      'with endless challenges',
      (host) => ({ ...authz, challenges: Array.from({ length: 31 }, () => ({ ...challenge, url: `${host}/c` })) }),
      'more than 30 entries',
    ],
    ['without challenges', () => ({ ...authz, challenges: undefined }), '/challenges is not a list'],
  ])('an authorization %s is not used', async (_name, body, why) => {
    const { client } = await scripted(
      withOrder(({ path }) => (path === '/authz/1' ? { body: body(servers.at(-1)?.origin ?? '') } : undefined)),
    );
    const order = await client.newOrder(newOrder, anySignal);
    expect((await failureOf(client.authorizations(order, anySignal))).message).toContain(why);
  });

  test.each<readonly [name: string, retryAfter: string | undefined, reads: number, asked: number | undefined]>([
    ['without a time', undefined, 40, undefined],
    ['at once', '0', 40, 0],
    ['after a second', '1', 300, 1000],
    ['after a minute', '60', 5, 60_000],
    ['after ten years', '315360000', 1, 315_360_000_000],
    ['before now', '-5', 40, undefined],
    ['at a time that has passed', 'Wed, 21 Oct 2015 07:28:00 GMT', 40, 0],
    ['with a text', 'soon', 40, undefined],
  ])('that leaves an order pending, to be read again %s, ends the wait', async (_name, retryAfter, reads, asked) => {
    let now = Date.now();
    const sleep = async (ms: number): Promise<void> => {
      now += ms;
    };
    const { server, client } = await scripted(
      withOrder(({ path }) =>
        path === '/order/1'
          ? {
              headers: retryAfter === undefined ? {} : { 'retry-after': retryAfter },
              body: orderBody(servers.at(-1)?.origin ?? ''),
            }
          : undefined,
      ),
      { timing: { now: () => now, sleep, random: () => 0 } },
    );
    const order = await client.newOrder(newOrder, anySignal);
    const before = now;
    expect(await failureOf(client.untilReady(order, anySignal))).toMatchObject({
      name: 'PendingOrderError',
      orderStatus: 'pending',
      retryAfterMs: asked,
    });
    expect(now - before).toBeLessThanOrEqual(300_000);
    const times = sent(server, '/order/1').length;
    expect([times <= reads, times > reads / 2]).toEqual([true, true]);
  });

  test('that makes the order one for other names is not used', async () => {
    const { client } = await scripted(
      withOrder(({ path }) =>
        path === '/order/1'
          ? { body: orderBody(servers.at(-1)?.origin ?? '', { status: 'ready', identifiers: dns('b.test') }) }
          : undefined,
      ),
    );
    const order = await client.newOrder(newOrder, anySignal);
    expect((await failureOf(client.untilReady(order, anySignal))).message).toContain('the order is for other names');
  });
});

/** A body whose URLs of `acme.example.test` are those of the server. */
function atServer(body: unknown): unknown {
  const own = servers.at(-1)?.origin ?? '';
  return JSON.parse(JSON.stringify(body).replaceAll('"https://acme.example.test', `"${own}`));
}

describe('a directory', () => {
  const good = {
    newNonce: 'https://acme.example.test/n',
    newAccount: 'https://acme.example.test/a',
    newOrder: 'https://acme.example.test/o',
  };

  test.each<readonly [name: string, body: unknown, why: string]>([
    ['that is a list', [], 'is not an object'],
    ['that is not JSON', 'directory', 'the answer is not JSON'],
    ['without a URL', { ...good, newOrder: undefined }, '/newOrder is missing'],
    ['with a URL of plain HTTP', { ...good, newNonce: 'http://acme.example.test/n' }, '/newNonce is not an https URL'],
    ['with a number as a URL', { ...good, newNonce: 1 }, '/newNonce is not text'],
    ...['newNonce', 'newAccount', 'newOrder', 'keyChange', 'revokeCert', 'renewalInfo'].map(
      (name) =>
        [
          `with another origin in ${name}`,
          { ...good, [name]: 'http://127.0.0.1:1/x' },
          `/${name} leads to http://127.0.0.1:1,`,
        ] as const,
    ),
    ['with wrong profiles', { ...good, meta: { profiles: { a: 1 } } }, '/profiles is not a table of texts'],
    [
      'with endless profiles',
      { ...good, meta: { profiles: Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`p${i}`, ''])) } },
      'more than 100 entries',
    ],
  ])('%s is not used', async (_name, body, why) => {
    const error = await failureOf(scripted(({ path }) => (path === '/dir' ? { body: atServer(body) } : undefined)));
    expect(error).toMatchObject({ code: 'bad_answer', fate: 'nothing' });
    expect(error.message).toContain(why);
  });

  test('gives the policy of the authority, printable', async () => {
    const { client } = await scripted(({ path }) => {
      if (path !== '/dir') return undefined;
      const meta = {
        termsOfService: 'https://acme.example.test/terms',
        externalAccountRequired: true,
        profiles: { shortlived: 'six \u001b[2Jdays' },
        caaIdentities: ['acme.example.test'],
        website: 7,
      };
      return { body: { ...(atServer(good) as object), meta } };
    }, {});
    expect(client.directory).toMatchObject({
      termsOfService: 'https://acme.example.test/terms',
      externalAccountRequired: true,
      profiles: { shortlived: 'six [2Jdays' },
      caaIdentities: ['acme.example.test'],
    });
  });

  test.each([
    ['http://acme.example.test/dir', 'is not an https URL'],
    ['acme.example.test', 'is not a URL'],
  ])('must not be at %s', async (directory, why) => {
    const error = await failureOf(openFor({ directory, ca: undefined as unknown as string }, { key }));
    expect(error.name).toBe('InputError');
    expect(error.message).toContain(why);
  });

  test('in a denied network is not read', async () => {
    const directory = 'https://169.254.169.254/dir';
    const error = await failureOf(openFor({ directory, ca: undefined as unknown as string }, { key }));
    expect(error).toMatchObject({ code: 'denied_address', fate: 'nothing' });
  });

  test('does not take the account or the order of another server', async () => {
    const error = await failureOf(scripted(() => undefined, { account: 'https://other.example.test/account/1' }));
    expect(error.message).toContain('leads to https://other.example.test, and the directory is at http://127.0.0.1:');
    const { client } = await scripted(() => undefined);
    expect((await failureOf(client.order('https://other.example.test/order/1', anySignal))).name).toBe('InputError');
  });
});

test('every request names fettle and its version, and only three kinds are not signed', async () => {
  const { server, client } = await scripted(
    withOrder(({ path }) =>
      path.startsWith('/renewalInfo')
        ? { body: { suggestedWindow: { start: '2026-01-01T00:00:00Z', end: '2026-01-02T00:00:00Z' } } }
        : undefined,
    ),
  );
  await client.newOrder(newOrder, anySignal);
  await client.renewalInfo('a.b', anySignal);
  for (const { agent } of server.received) expect(agent).toBe(USER_AGENT);
  expect(USER_AGENT).toMatch(/^fettle\/\d+\.\d+\.\d+/u);
  expect(
    server.received.filter(({ nonce }) => nonce === undefined).map(({ method, path }) => `${method} ${path}`),
  ).toEqual(['GET /dir', 'HEAD /newNonce', 'GET /renewalInfo/a.b']);
});

test('the token of a challenge is in no message', async () => {
  const token = 'CANARY-token-of-a-challenge-0123456789';
  const said = `Invalid response from http://www.example.test/.well-known/acme-challenge/${token}`;
  const { client } = await scripted(
    withOrder(({ path }) => {
      const host = servers.at(-1)?.origin ?? '';
      const error = { type: 'urn:ietf:params:acme:error:unauthorized', detail: said };
      if (path === '/authz/1')
        return {
          body: {
            status: 'invalid',
            identifier: { type: 'dns', value: 'www.example.test' },
            challenges: [{ type: 'http-01', status: 'invalid', url: `${host}/c/1`, token, error }],
          },
        };
      if (path === '/order/1') return { body: orderBody(host, { status: 'invalid' }) };
      return path === '/c/1' ? { status: 403, body: error } : undefined;
    }),
  );
  const order = await client.newOrder(newOrder, anySignal);
  const failed = await failureOf(client.untilReady(order, anySignal));
  expect(failed.message).toContain('validation of www.example.test failed: http-01: Invalid response from');
  const refused = await failureOf(client.answer({ url: `${new URL(order.url).origin}/c/1` } as Challenge, anySignal));
  expect(refused.code).toBe('unauthorized');
  for (const { message } of [failed, refused]) expect(message).not.toContain('CANARY');
});

describe('a certificate', () => {
  let own: KeyPair;
  let authority: { readonly certificate: X509Certificate; readonly key: KeyPair['privateKey'] };
  let other: typeof authority;

  beforeAll(async () => {
    own = await makeKeys('ecdsa-p256');
    const [a, b] = await Promise.all([makeKeys('ecdsa-p256'), makeKeys('ecdsa-p256')]);
    authority = { certificate: await makeAuthority('CA', a, Date.now()), key: a.privateKey };
    other = { certificate: await makeAuthority('CA', b, Date.now()), key: b.privateKey };
  });

  const leafFor = (more: Partial<Parameters<typeof makeLeaf>[0]> = {}): Promise<X509Certificate> =>
    makeLeaf({
      dnsNames: ['www.example.test'],
      validityDays: 1,
      keys: own,
      signer: authority,
      now: Date.now(),
      ...more,
    });

  async function downloaded(pem: string, headers: Scripted['headers'] = {}, preferred?: string) {
    const { client, server } = await scripted(({ path }) =>
      path.startsWith('/cert') ? { body: pem, headers: { ...headers } } : undefined,
    );
    const order: Order = {
      url: `${server.origin}/order/1`,
      status: 'valid',
      identifiers: dns('www.example.test'),
      authorizations: [],
      finalize: `${server.origin}/finalize/1`,
      certificate: `${server.origin}/cert/1`,
    };
    return client.certificate(order, own.publicKey, preferred, anySignal);
  }

  test('for the key and the names is returned with its chain', async () => {
    const leaf = await leafFor();
    const chain = await downloaded(leaf.toString() + authority.certificate.toString());
    expect(chain.certificates.map(({ fingerprint256 }) => fingerprint256)).toEqual([
      leaf.fingerprint256,
      authority.certificate.fingerprint256,
    ]);
    expect(chain).toMatchObject({ topIssuer: 'CA', isPreferred: true });
  });

  test('without the preferred chain is returned, and marked', async () => {
    const pem = (await leafFor()).toString() + authority.certificate.toString();
    expect((await downloaded(pem, {}, 'Other root')).isPreferred).toBe(false);
  });

  test.each<readonly [name: string, pem: () => Promise<string>, why: string]>([
    ['that is missing', async () => 'no certificate', 'the chain has no certificate in it'],
    [
      'that is damaged',
      async () => `-----BEGIN CERTIFICATE-----\nQUFB\n-----END CERTIFICATE-----\n`,
      'cannot be parsed',
    ],
    [
      'for another key',
      async () => (await leafFor({ keys: await makeKeys('ecdsa-p256') })).toString(),
      'is for another key',
    ],
    ['for other names', async () => (await leafFor({ dnsNames: ['b.test'] })).toString(), 'is for other names'],
    [
      'for one more name',
      async () => (await leafFor({ dnsNames: ['www.example.test', 'b.test'] })).toString(),
      'is for other names',
    ],
    [
      'for an address too',
      async () => (await leafFor({ ipAddresses: ['192.0.2.1'] })).toString(),
      'is for other names',
    ],
    [
      'of another chain',
      async () => (await leafFor()).toString() + other.certificate.toString(),
      'is not signed by the next one',
    ],
    [
      'below a leaf',
      async () => (await leafFor()).toString() + (await leafFor()).toString(),
      'is not signed by the next one',
    ],
    [
      'that signs itself',
      async () =>
        (await makeLeaf({ dnsNames: ['www.example.test'], validityDays: 1, keys: own, now: Date.now() })).toString(),
      'is signed by itself',
    ],
    [
      'of an authority',
      async () => (await makeAuthority('www.example.test', own, Date.now())).toString(),
      'is one of an authority',
    ],
    [
      'with an endless chain',
      async () => (await leafFor()).toString() + authority.certificate.toString().repeat(10),
      'more than 10 certificates',
    ],
  ])('%s is refused', async (name, pem, why) => {
    const error = await failureOf(downloaded(await pem()));
    // An answer without a certificate says nothing about the order.
    const isUnreadable = ['that is missing', 'that is damaged'].includes(name);
    expect(error.name).toBe(isUnreadable ? 'ApiError' : 'FailedOrderError');
    expect(error.message).toContain(why);
  });

  test('with alternates at another server, or without an end, is refused', async () => {
    const pem = (await leafFor()).toString() + authority.certificate.toString();
    const link = (url: string): string => `<${url}>;rel="alternate"`;
    const elsewhere = await failureOf(downloaded(pem, { link: link('https://other.example.test/c') }, 'Other root'));
    expect(elsewhere.message).toContain(
      'leads to https://other.example.test, and the directory is at http://127.0.0.1:',
    );
    const host = 'http://127.0.0.1:1';
    const many = Array.from({ length: 9 }, (_, i) => link(`${host}/${i}`)).join(', ');
    expect((await failureOf(downloaded(pem, { link: many }, 'Other root'))).code).toBe('bad_answer');
  });
});

describe('a lost answer', () => {
  test('to a rollover is settled by the new key', async () => {
    const next = await accountKey();
    const { server, client } = await scripted(({ path }, count) => {
      if (path === '/keyChange') return 'lost';
      return path === '/newAccount' && count === 0
        ? { headers: { location: `${servers.at(-1)?.origin}/account/1` }, body: { status: 'valid' } }
        : undefined;
    });
    await client.rollover(next, anySignal);
    expect(sent(server, '/keyChange').length).toBe(1);
    expect(sent(server, '/newAccount').map(({ payload }) => payload)).toEqual([{ onlyReturnExisting: true }]);
  });

  test('to a rollover that did not happen fails', async () => {
    const { client } = await scripted(({ path }) => {
      if (path === '/keyChange') return 'lost';
      return path === '/newAccount' ? problem('accountDoesNotExist', 400) : undefined;
    });
    expect((await failureOf(client.rollover(await accountKey(), anySignal))).code).toBe('broken_connection');
  });

  test('to a finalization is settled by the order', async () => {
    const { server, client } = await scripted(
      withOrder(({ path }) => {
        if (path === '/finalize/1') return 'lost';
        return path === '/order/1'
          ? { body: orderBody(servers.at(-1)?.origin ?? '', { status: 'processing' }) }
          : undefined;
      }),
    );
    const order = await client.newOrder(newOrder, anySignal);
    expect((await client.finalize(order, Buffer.from('csr'), anySignal)).status).toBe('processing');
    expect(sent(server, '/finalize/1').length).toBe(1);
  });

  test.each([
    ['valid', true],
    ['pending', false],
  ])('to the answer of a challenge that is now %s succeeds: %s', async (status, succeeds) => {
    const { client } = await scripted(({ path, payload }, count) => {
      if (path !== '/c/1') return undefined;
      if (count === 0) return 'lost';
      const host = servers.at(-1)?.origin ?? '';
      return payload === undefined
        ? { body: { type: 'http-01', url: `${host}/c/1`, status } }
        : problem('malformed', 400);
    });
    const answered = client.answer({ url: `${servers.at(-1)?.origin}/c/1` } as Challenge, anySignal);
    if (succeeds) await answered;
    else expect((await failureOf(answered)).code).toBe('malformed');
  });
});
