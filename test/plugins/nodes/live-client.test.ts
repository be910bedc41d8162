/** The client against servers that refuse, stall, send invalid data, redirect and lie: real sockets, no real time. */

import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { ApiError, type Call, type Client, list, object, text, type Timing } from '#plugin/http';
import { InputError } from '#plugin';
import { tokenOf } from '../../../plugins/nodes/live/token.ts';
import { manualClock } from '../../../plugins/nodes/sandbox/clock.ts';
import { clientOf, closedPort, fakeTiming, never, refusal, serve, serveSocket, TOKEN } from './live-support.ts';

const START = Date.parse('2026-11-20T00:00:00Z');

const answer = object({ word: text });
const get: Call<{ readonly word: string }> = { what: 'get the word', method: 'GET', path: '/word', shape: answer };
const post: Call<{ readonly word: string }> = { ...get, what: 'say a word', method: 'POST', body: { word: 'new' } };
const word = { json: { word: 'here' } };

async function failure(promise: Promise<unknown>): Promise<ApiError> {
  const error: unknown = await promise.then(
    () => new Error('it did not fail'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ApiError)) throw error;
  expect(error.message).not.toContain(TOKEN);
  return error;
}

/** Long enough for data on a local socket; a shorter time only makes a test observe less. */
async function pause(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 50));
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 1));
}

describe('the token', () => {
  test('is that of the configuration, or else that of the environment, trimmed', () => {
    const env = { HCLOUD_TOKEN: ` ${TOKEN}\n` };
    expect(tokenOf(undefined, env)).toEqual({ source: 'the environment variable HCLOUD_TOKEN', value: TOKEN });
    expect(tokenOf('x1\n', env)).toEqual({ source: 'provider.hetzner.token in fettle.yaml', value: 'x1' });
  });

  test.each([
    ['none', {}, 'Set the environment variable HCLOUD_TOKEN'],
    ['empty', { HCLOUD_TOKEN: ' \n' }, 'the environment variable HCLOUD_TOKEN is empty'],
    ['two words', { HCLOUD_TOKEN: 'secret1 secret2' }, 'does not hold a valid token'],
    ['a line break within', { HCLOUD_TOKEN: 'secret1\r\nx-evil: 1' }, 'does not hold a valid token'],
    ['not ASCII', { HCLOUD_TOKEN: 'sécret1' }, 'does not hold a valid token'],
    ['far too long', { HCLOUD_TOKEN: 'secret'.repeat(1000) }, 'does not hold a valid token'],
  ])('%s is an error that does not show it', (_name, env, message) => {
    let error: unknown;
    try {
      tokenOf(undefined, env);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(InputError);
    expect(String(error)).toContain(message);
    expect(String(error)).not.toMatch(/s.cret/u);
  });

  test.each([
    ['unauthorized', 401, 'does not accept the token of the environment variable HCLOUD_TOKEN'],
    ['token_readonly', 401, 'the token of the environment variable HCLOUD_TOKEN is read-only'],
    ['forbidden', 403, 'is not allowed to do this'],
  ])('%s is reported clearly, and tried once', async (code, status, message) => {
    const fake = await serve(() => refusal(status, code));
    const error = await failure(clientOf(fake.endpoint).call(get, never));
    expect(error.message).toContain(message);
    expect(error).toMatchObject({ code, status, fate: 'nothing' });
    expect(fake.asked.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${TOKEN}`]);
  });

  test('is hidden if a server repeats it, in plain text or in base64', async () => {
    const echo = `you sent ${TOKEN} which is ${Buffer.from(TOKEN).toString('base64')}`;
    const fake = await serve(() => ({ status: 400, json: { error: { code: 'json_error', message: echo } } }));
    const error = await failure(clientOf(fake.endpoint).call(get, never));
    expect(error.message).toContain('you sent (hidden)');
    expect(error.message).not.toContain(Buffer.from(TOKEN).toString('base64').slice(0, 20));
  });
});

describe('a request', () => {
  test('has selectors and repeated names encoded as intended', async () => {
    const fake = await serve(() => word);
    const selector = 'env in (prod,süd),!old,a/b!=c&d=e #+%';
    const query = [
      ['label_selector', selector],
      ['id', '1'],
      ['id', '2'],
    ] as const; // prettier-ignore
    await clientOf(fake.endpoint).call({ ...get, query }, never);
    expect(fake.asked[0]?.query.getAll('label_selector')).toEqual([selector]);
    expect(fake.asked[0]?.query.getAll('id')).toEqual(['1', '2']);
    expect(fake.asked[0]?.path).toBe('/v1/word');
  });

  test('has JSON as its body, or none', async () => {
    const fake = await serve(() => word);
    const client = clientOf(fake.endpoint);
    await client.call(post, never);
    await client.call(get, never);
    expect(fake.asked.map(({ body, headers }) => [body, headers['content-type']])).toEqual([
      ['{"word":"new"}', 'application/json'],
      ['', undefined],
    ]);
  });
});

describe('errors', () => {
  test('name the fields, the code and the correlation ID in one line', async () => {
    const details = { fields: [{ name: 'server_type', messages: ['unknown\n\u001b[31mtype', 'too big'] }] };
    const headers = { 'x-correlation-id': 'abc-123\tx' };
    const fake = await serve(() => refusal(422, 'invalid_input', { details, headers }));
    const error = await failure(clientOf(fake.endpoint).call(get, never));
    expect(error.message).toBe(
      'get the word: invalid_input it is; server_type: unknown [31mtype, too big (invalid_input) (correlation id abc-123x)',
    );
    expect(error.correlationId).toBe('abc-123x');
  });

  test('have at most a thousand characters, for any answer', async () => {
    const fake = await serve(() => ({
      status: 400,
      json: { error: { code: 'x'.repeat(9000), message: 'y'.repeat(9000) } },
    }));
    const error = await failure(clientOf(fake.endpoint).call(get, never));
    expect(error.message.length).toBeLessThan(1001);
    expect(error.code.length).toBeLessThan(100);
  });

  test('a 404 counts as missing only in the words of the API', async () => {
    let reply = refusal(404, 'not_found');
    const fake = await serve(() => reply);
    const client = clientOf(fake.endpoint);
    expect((await failure(client.call(get, never))).code).toBe('not_found');
    reply = { status: 404, text: '<h1>Not Found</h1>' };
    expect((await failure(client.call(get, never))).code).toBe('bad_answer');
    reply = { status: 404, json: { message: 'not_found' } };
    expect((await failure(client.call(get, never))).code).toBe('bad_answer');
  });

  test('secret values of the call are hidden', async () => {
    const fake = await serve(({ body }) => ({
      status: 422,
      json: { error: { code: 'invalid_input', message: body } },
    }));
    const call = { ...post, body: { user_data: 'password is hunter2-long' }, secrets: ['password is hunter2-long'] };
    const error = await failure(clientOf(fake.endpoint).call(call, never));
    expect(error.message).not.toContain('hunter2');
    expect(error.message).toContain('(hidden)');
  });
});

describe('invalid answers', () => {
  test.each([
    ['no JSON', { text: '<html>' }, 'the response is not JSON'],
    ['nothing at all', { text: '' }, 'the response is not JSON'],
    ['another shape', { json: { word: 7 } }, '/word is not text'],
    ['a list', { json: [] }, 'it is not an object'],
    ['without the member', { json: { words: 'x' } }, '/word is missing'],
    ['with an inherited member', { text: '{"__proto__":{"word":"x"}}' }, '/word is missing'],
  ])('%s', async (_name, reply, message) => {
    const fake = await serve(() => reply);
    const error = await failure(clientOf(fake.endpoint).call(get, never));
    expect(error.message).toContain(message);
    expect(error).toMatchObject({ code: 'bad_answer', fate: 'unknown' });
    expect(fake.asked).toHaveLength(1);
  });

  test('members without a shape are dropped', async () => {
    const fake = await serve(() => ({ json: { word: 'x', root_password: 'y' } }));
    expect(await clientOf(fake.endpoint).call(get, never)).toEqual({ word: 'x' });
  });

  test.each([
    ['says so', (length: number) => ({ headers: { 'content-length': String(length) } })],
    ['does not say so', () => ({ headers: { 'transfer-encoding': 'chunked' } })],
  ])('a body over the limit that %s is not read to its end', async (_name, head) => {
    const part = Buffer.alloc(1024 * 1024, 'x');
    let sent = 0;
    const fake = await serve((_asked, response) => {
      response.writeHead(200, head(200 * part.length).headers);
      const parts = new Readable({
        read() {
          sent += 1;
          this.push(sent > 200 ? null : part);
        },
      });
      response.on('close', () => parts.destroy());
      parts.pipe(response);
      return undefined;
    });
    const error = await failure(clientOf(fake.endpoint).call(get, never));
    expect(error.message).toContain('larger than 16777216 bytes');
    expect(sent).toBeLessThan(100);
  });

  test('a small body that decompresses to a large one is not read to its end', async () => {
    const packed = gzipSync(Buffer.alloc(64 * 1024 * 1024, ' '));
    expect(packed.length).toBeLessThan(100_000);
    const fake = await serve(() => ({ headers: { 'content-encoding': 'gzip' }, text: packed }));
    const error = await failure(clientOf(fake.endpoint).call(get, never));
    expect(error.message).toContain('larger than 16777216 bytes');
  });

  test.each([301, 302, 303, 307, 308])(
    'a redirect (%d) is not followed, and the token is not sent there',
    async (status) => {
      const elsewhere = await serve(() => word);
      const fake = await serve(() => ({ status, headers: { location: `${elsewhere.endpoint}/word` } }));
      const client = clientOf(fake.endpoint);
      for (const call of [get, post]) {
        const error = await failure(client.call(call, never));
        expect(error.code).toBe('redirected');
        expect(error.message).toContain('the token is only sent to the endpoint');
      }
      expect(elsewhere.asked).toEqual([]);
      expect(fake.asked).toHaveLength(2);
    },
  );
});

describe('connections', () => {
  const short = (endpoint: string, timing = fakeTiming()): Client => clientOf(endpoint, timing, 500);

  test('one that accepts and stays silent ends at the deadline: a GET is retried, a POST is not', async () => {
    let requests = 0;
    const endpoint = await serveSocket((socket) => {
      socket.on('data', () => {
        requests += 1;
      });
    });
    const got = await failure(short(endpoint).call(get, never));
    expect(got).toMatchObject({ code: 'no_answer', fate: 'unknown' });
    expect(got.message).toContain('no complete response within 0.5 s');
    expect(requests).toBe(6);
    const said = await failure(short(endpoint).call(post, never));
    expect(said).toMatchObject({ code: 'no_answer', fate: 'unknown' });
    expect(requests).toBe(7);
  });

  test('a kept connection that the other end closed is detected, and replaced', async () => {
    let deaf = false;
    const ports: (number | undefined)[] = [];
    const endpoint = await serveSocket((socket) => {
      const mine = !deaf;
      socket.on('data', () => {
        if (mine && deaf) return;
        ports.push(socket.remotePort);
        const body = JSON.stringify({ word: 'here' });
        socket.write(
          `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
        );
      });
    });
    const client = short(endpoint);
    await client.call(get, never);
    deaf = true;
    expect(await client.call(get, never)).toEqual({ word: 'here' });
    expect(new Set(ports).size).toBe(2);
  });

  test('bytes one by one do not extend the deadline', async () => {
    const fake = await serve((_asked, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(timer));
      return undefined;
    });
    const error = await failure(short(fake.endpoint).call(post, never));
    expect(error).toMatchObject({ code: 'no_answer', fate: 'unknown' });
  });

  test.each([
    ['at once', ''],
    ['within the head', 'HTTP/1.1 200 OK\r\ncontent-le'],
    ['within the body', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"word":'],
  ])('one that breaks %s: a GET is retried, a POST is not', async (_name, bytes) => {
    let requests = 0;
    const endpoint = await serveSocket((socket) => {
      socket.once('data', () => {
        requests += 1;
        socket.end(bytes);
      });
    });
    expect(await failure(short(endpoint).call(get, never))).toMatchObject({
      code: 'broken_connection',
      fate: 'unknown',
    });
    expect(requests).toBe(6);
    expect(await failure(short(endpoint).call(post, never))).toMatchObject({ code: 'broken_connection' });
    expect(requests).toBe(7);
  });

  test('a failed connection is retried for a POST too: nothing was sent', async () => {
    const timing = fakeTiming();
    const error = await failure(clientOf(await closedPort(), timing).call(post, never));
    expect(error).toMatchObject({ code: 'no_connection', fate: 'nothing' });
    expect(timing.waits).toEqual([500, 1000, 2000, 4000, 8000]);
  });

  test('data other than HTTP, and heads without an end, are failures', async () => {
    const babble = await serveSocket((socket) => socket.once('data', () => socket.end('SSH-2.0-OpenSSH_9.2\r\n')));
    expect((await failure(short(babble).call(post, never))).code).toBe('broken_connection');
    const heads = await serveSocket((socket) =>
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\n');
        const timer = setInterval(() => socket.write(`x-${'a'.repeat(4000)}: b\r\n`), 1);
        socket.on('close', () => clearInterval(timer));
      }),
    );
    expect((await failure(short(heads).call(post, never))).code).toBe('broken_connection');
  });

  test('an aborted call ends at once, with the reason, and is not retried', async () => {
    let connections = 0;
    const abort = new AbortController();
    const endpoint = await serveSocket(() => {
      connections += 1;
      abort.abort(new Error('stop it'));
    });
    await expect(clientOf(endpoint, fakeTiming(), 60_000).call(get, abort.signal)).rejects.toThrow('stop it');
    expect(connections).toBe(1);
    await expect(clientOf(endpoint).call(get, abort.signal)).rejects.toThrow('stop it');
    expect(connections).toBe(1);
  });
});

describe('retries', () => {
  const safe = { ...post, safe: true };
  const table: readonly (readonly [number, string, 'always' | 'unless it may have happened' | 'never'])[] = [
    [400, 'json_error', 'never'],
    [401, 'unauthorized', 'never'],
    [401, 'token_readonly', 'never'],
    [403, 'forbidden', 'never'],
    [403, 'maintenance', 'never'],
    [403, 'resource_limit_exceeded', 'never'],
    [404, 'not_found', 'never'],
    [405, 'method_not_allowed', 'never'],
    [409, 'conflict', 'always'],
    [409, 'uniqueness_error', 'never'],
    [410, 'deprecated_api_endpoint', 'never'],
    [412, 'resource_unavailable', 'never'],
    [422, 'invalid_input', 'never'],
    [422, 'placement_error', 'never'],
    [422, 'service_error', 'never'],
    [423, 'protected', 'never'],
    [429, 'rate_limit_exceeded', 'always'],
    [500, 'server_error', 'unless it may have happened'],
    [502, 'bad_gateway', 'unless it may have happened'],
    [503, 'unavailable', 'unless it may have happened'],
    [504, 'timeout', 'unless it may have happened'],
  ];

  test.each(table)('%d %s: %s', async (status, code, when) => {
    const retries = async (call: Call<unknown>): Promise<number> => {
      const fake = await serve(() => refusal(status, code));
      expect((await failure(clientOf(fake.endpoint).call(call, never))).code).toBe(code);
      return fake.asked.length - 1;
    };
    for (const harmless of [get, { ...get, method: 'PUT' as const }, { ...get, method: 'DELETE' as const }, safe])
      expect(await retries(harmless)).toBe(when === 'never' ? 0 : 5);
    expect(await retries(post)).toBe(when === 'always' ? 5 : 0);
  });

  test.each([404, 405, 409, 410, 422, 423])(
    '%d without the words of the API has no meaning: it is tried once',
    async (status) => {
      const fake = await serve(() => ({ status, text: '<h1>Sorry</h1>' }));
      expect((await failure(clientOf(fake.endpoint).call(get, never))).code).toBe('bad_answer');
      expect(fake.asked).toHaveLength(1);
    },
  );

  test.each([
    [502, 'bad_gateway'],
    [503, 'unavailable'],
    [504, 'timeout'],
    [500, 'server_error'],
  ])('a gateway that answers %d in its own words counts as %s', async (status, code) => {
    const fake = await serve(() => ({ status, text: '<h1>Sorry</h1>' }));
    expect((await failure(clientOf(fake.endpoint).call(post, never))).code).toBe(code);
    expect(fake.asked).toHaveLength(1);
  });

  test('waits grow, are random, and are at least the requested one', async () => {
    for (const [random, waits] of [
      [1, [1000, 2000, 4000, 8000, 16_000]],
      [0.25, [250, 500, 1000, 2000, 4000]],
    ] as const) {
      const timing = fakeTiming(random);
      const fake = await serve(() => refusal(500, 'server_error'));
      await failure(clientOf(fake.endpoint, timing).call(get, never));
      expect(timing.waits).toEqual(waits);
    }
    const timing = fakeTiming(0);
    const fake = await serve(() => refusal(503, 'unavailable', { headers: { 'retry-after': '7' } }));
    await failure(clientOf(fake.endpoint, timing).call(get, never));
    expect(timing.waits).toEqual([7000, 7000, 7000, 7000, 7000]);
  });

  test('a requested wait of an hour is reported instead', async () => {
    const fake = await serve(() => refusal(503, 'unavailable', { headers: { 'retry-after': '3600' } }));
    expect((await failure(clientOf(fake.endpoint).call(get, never))).code).toBe('unavailable');
    expect(fake.asked).toHaveLength(1);
  });

  test('a success after failures is a success', async () => {
    let left = 3;
    const fake = await serve(() => {
      left -= 1;
      return left >= 0 ? refusal(500, 'server_error') : word;
    });
    expect(await clientOf(fake.endpoint).call(get, never)).toEqual({ word: 'here' });
    expect(fake.asked).toHaveLength(4);
  });

  test('a lock is awaited until it ends, also by a POST', async () => {
    let left = 40;
    const timing = fakeTiming(0.5);
    const fake = await serve(() => {
      left -= 1;
      return left >= 0 ? refusal(423, 'locked') : word;
    });
    expect(await clientOf(fake.endpoint, timing).call(post, never)).toEqual({ word: 'here' });
    expect(timing.waits).toHaveLength(40);
    expect(timing.waits.slice(0, 4)).toEqual([750, 1500, 3000, 3750]);
    expect(Math.max(...timing.waits)).toBeLessThan(5001);
  });

  test('a lock that never ends is awaited until the step is aborted', async () => {
    const abort = new AbortController();
    let tries = 0;
    const fake = await serve(() => {
      tries += 1;
      if (tries === 20) abort.abort(new Error('its time is up'));
      return refusal(423, 'locked');
    });
    await expect(clientOf(fake.endpoint).call(post, abort.signal)).rejects.toThrow('its time is up');
  });

  test('a tenth of all calls of a run, and ten more, are retried', async () => {
    let down = true;
    const fake = await serve(() => (down ? refusal(500, 'server_error') : word));
    const client = clientOf(fake.endpoint);
    const fail = async (): Promise<number> => {
      const before = fake.asked.length;
      await failure(client.call(get, never));
      return fake.asked.length - before - 1;
    };
    expect([await fail(), await fail(), await fail(), await fail()]).toEqual([5, 5, 0, 0]);
    down = false;
    for (let calls = 4; calls < 29; calls += 1) await client.call(get, never);
    down = true;
    // The thirtieth call: a tenth of thirty.
    expect([await fail(), await fail()]).toEqual([3, 0]);
  });
});

describe('the rate', () => {
  const rate = (limit: number, remaining: number) => ({
    'ratelimit-limit': String(limit),
    'ratelimit-remaining': String(remaining),
    'ratelimit-reset': '1900000000',
  });

  test('remaining calls are sent at once; then each call waits for its token', async () => {
    const timing = fakeTiming();
    let remaining = 3;
    const fake = await serve(() => {
      remaining = Math.max(0, remaining - 1);
      return { ...word, headers: rate(3600, remaining) };
    });
    const client = clientOf(fake.endpoint, timing);
    for (let calls = 0; calls < 3; calls += 1) await client.call(get, never);
    expect(timing.waits).toEqual([]);
    await client.call(get, never);
    await client.call(get, never);
    expect(timing.waits).toEqual([1000, 1000]);
  });

  test('a smaller limit refills more slowly', async () => {
    const timing = fakeTiming();
    const fake = await serve(() => ({ ...word, headers: rate(360, 0) }));
    const client = clientOf(fake.endpoint, timing);
    await client.call(get, never);
    await client.call(get, never);
    expect(timing.waits).toEqual([10_000]);
  });

  test('a refusal delays every call, for the time that it gives', async () => {
    const timing = fakeTiming();
    let refused = false;
    const fake = await serve(() => {
      if (refused) return word;
      refused = true;
      return refusal(429, 'rate_limit_exceeded', { headers: { 'retry-after': '30', ...rate(3600, 0) } });
    });
    const client = clientOf(fake.endpoint, timing);
    await client.call(get, never);
    expect(timing.waits.filter((ms) => ms > 0)).toEqual([30_000]);
    // Later calls share the known limit.
    refused = false;
    const start = timing.now();
    await Promise.all([client.call(get, never), client.call(get, never), client.call(get, never)]);
    expect(timing.now() - start).toBeGreaterThanOrEqual(30_000);
  });

  test('a refusal also delays calls that already wait', async () => {
    const clock = manualClock(START);
    const timing: Timing = {
      now: clock.now,
      random: () => 0.5,
      sleep: (ms) => new Promise((resolve) => clock.when(clock.now() + ms, resolve)),
    };
    let calls = 0;
    const fake = await serve(() => {
      calls += 1;
      return calls === 2
        ? refusal(429, 'rate_limit_exceeded', { headers: { 'retry-after': '60', ...rate(3600, 0) } })
        : { ...word, headers: rate(3600, 0) };
    });
    const client = clientOf(fake.endpoint, timing);
    await client.call(get, never);
    const waiting = [1, 2, 3].map(() => client.call(get, never));
    // The first of them is refused for a minute, while the others still wait for their tokens.
    clock.advance(1000);
    await until(() => fake.asked.length === 2);
    await pause();
    for (let seconds = 0; seconds < 59; seconds += 1) {
      clock.advance(1000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await pause();
    expect(fake.asked).toHaveLength(2);
    while (fake.asked.length < 5) {
      clock.advance(1000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await Promise.all(waiting)).toHaveLength(3);
  });

  test('a call that is aborted while it waits leaves its token to the next', async () => {
    const timing = fakeTiming();
    const fake = await serve(() => ({ ...word, headers: rate(3600, 0) }));
    const client = clientOf(fake.endpoint, timing);
    await client.call(get, never);
    const abort = new AbortController();
    const aborted = client.call(get, abort.signal);
    abort.abort(new Error('stop'));
    await expect(aborted).rejects.toThrow('stop');
    await client.call(get, never);
    expect(timing.waits).toEqual([1000, 1000]);
    expect(fake.asked).toHaveLength(2);
  });

  test('calls in progress are subtracted from the reported remainder', async () => {
    const timing = fakeTiming();
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let calls = 0;
    const fake = await serve(async () => {
      calls += 1;
      if (calls > 1 && calls < 5) await held;
      return { ...word, headers: rate(3600, 3) };
    });
    const client = clientOf(fake.endpoint, timing);
    const slow = [1, 2, 3, 4].map(() => client.call(get, never));
    await Promise.race(slow);
    expect(timing.waits).toEqual([]);
    // Three were left, and three are in progress.
    const next = client.call(get, never);
    await pause();
    expect(timing.waits).toEqual([1000]);
    release();
    await Promise.all([...slow, next]);
  });

  test('many refusals do not cause many calls', async () => {
    const timing = fakeTiming();
    let calm = false;
    let waves = 0;
    const fake = await serve(() => {
      waves += 1;
      if (waves === 60) calm = true;
      return calm ? word : refusal(429, 'rate_limit_exceeded', { headers: rate(3600, 0) });
    });
    const client = clientOf(fake.endpoint, timing);
    const start = timing.now();
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => client.call(get, never)));
    expect(results.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0);
    // After the first wave, no faster than the refill.
    const seconds = (timing.now() - start) / 1000;
    expect(fake.asked.length - 20).toBeLessThanOrEqual(seconds + 1);
  });

  test('a wait longer than a run is reported instead', async () => {
    const fake = await serve(() => refusal(429, 'rate_limit_exceeded', { headers: { 'retry-after': '9999999' } }));
    const error = await failure(clientOf(fake.endpoint).call(get, never));
    expect(error.code).toBe('rate_limit_used_up');
    expect(error.message).toContain('is used up until 2026-11-20T01:00:00.000Z');
    expect(fake.asked).toHaveLength(1);
  });

  test('headers that are not numbers are ignored', async () => {
    const timing = fakeTiming();
    const fake = await serve(() => ({ ...word, headers: { 'ratelimit-limit': '-5', 'ratelimit-remaining': 'NaN' } }));
    const client = clientOf(fake.endpoint, timing);
    for (let calls = 0; calls < 5; calls += 1) await client.call(get, never);
    expect(timing.waits).toEqual([]);
  });

  test('at most 24 connections are open at once', async () => {
    let open = 0;
    let most = 0;
    const fake = await serve(async () => {
      open += 1;
      most = Math.max(most, open);
      await new Promise((resolve) => setTimeout(resolve, 20));
      open -= 1;
      return word;
    });
    const client = clientOf(fake.endpoint);
    await Promise.all(Array.from({ length: 100 }, () => client.call(get, never)));
    expect(most).toBe(24);
  });
});

test('a list of texts is read as one', async () => {
  const fake = await serve(() => ({ json: { word: ['a', 'b'] } }));
  const call = { ...get, shape: object({ word: list(text) }) };
  expect(await clientOf(fake.endpoint).call(call, never)).toEqual({ word: ['a', 'b'] });
});
