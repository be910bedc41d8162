/** Readiness probes against ports that answer, refuse, stall and send invalid data. */

import { describe, expect, test } from 'vitest';
import { usualDenial } from '../../../src/net/connect.ts';
import { probe } from '../../../plugins/nodes/live/probe.ts';
import { closedPort, serve, serveSocket, never } from './live-support.ts';
import { startWorld } from './live-world.ts';

const denial = usualDenial({});
const host = '127.0.0.1';

function portOf(endpoint: string): number {
  return Number(new URL(endpoint).port);
}

describe('TCP', () => {
  test('a port that accepts', async () => {
    const port = portOf(await serveSocket(() => undefined));
    expect(await probe({ tcp: { host, port } }, denial, 2000, never)).toEqual({
      answered: true,
      rttMs: expect.any(Number) as number,
    });
  });

  test('a port without a listener, with the same message each time', async () => {
    const port = portOf(await closedPort());
    for (let tries = 0; tries < 3; tries += 1)
      expect(await probe({ tcp: { host, port } }, denial, 2000, never)).toEqual({
        answered: false,
        message: 'refused',
      });
  });

  test('a name that does not resolve', async () => {
    const seen = await probe({ tcp: { host: 'nowhere.invalid', port: 1 } }, denial, 5000, never).catch(
      (error: unknown) => error,
    );
    // A missing resolver is independent of the server.
    if (seen instanceof Error) expect(seen.message).toBe('the probe cannot be made: EAI_AGAIN');
    else expect(seen).toEqual({ answered: false, message: 'the name does not resolve' });
  });

  test('an address without a route is an error, not a failed probe', async () => {
    // A broadcast address: no connection leaves for it, in any network.
    const denial = usualDenial({ FETTLE_ALLOW_NETWORKS: '255.255.255.255' });
    await expect(probe({ tcp: { host: '255.255.255.255', port: 9 } }, denial, 2000, never)).rejects.toThrow(
      'the probe cannot be made',
    );
  });

  test('an aborted probe is not a failed one', async () => {
    const abort = new AbortController();
    abort.abort(new Error('stop'));
    await expect(probe({ tcp: { host, port: 1 } }, denial, 2000, abort.signal)).rejects.toThrow('stop');
  });
});

describe('HTTP', () => {
  test.each([
    [200, true],
    [204, true],
    [302, true],
    [399, true],
    [400, false],
    [404, false],
    [503, false],
  ])('a status of %d: ready %s', async (status, answered) => {
    const fake = await serve(() => ({ status }));
    const seen = await probe(
      { http: { host, port: portOf(fake.endpoint), path: '/ready?deep=1' } },
      denial,
      2000,
      never,
    );
    expect(seen).toMatchObject(answered ? { answered } : { answered, message: `status ${status}` });
    expect(fake.asked.map(({ method, path, query }) => [method, path, query.get('deep')])).toEqual([
      ['GET', '/ready', '1'],
    ]);
  });

  test('each probe opens a connection of its own', async () => {
    let connections = 0;
    const port = portOf(
      await serveSocket((socket) => {
        connections += 1;
        socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'));
      }),
    );
    for (let probes = 0; probes < 3; probes += 1)
      expect(await probe({ http: { host, port, path: '/' } }, denial, 2000, never)).toMatchObject({ answered: true });
    expect(connections).toBe(3);
  });

  test('ports that browsers block are probed', async () => {
    // 6667 is on the list of blocked ports of the Fetch standard.
    const seen = await probe({ http: { host, port: 6667, path: '/' } }, denial, 2000, never);
    expect(seen).toEqual({ answered: false, message: 'refused' });
  });

  test('one that accepts and stays silent, or sends its head byte by byte, ends at the deadline', async () => {
    const silent = portOf(await serveSocket(() => undefined));
    expect(await probe({ http: { host, port: silent, path: '/' } }, denial, 200, never)).toEqual({
      answered: false,
      message: 'timeout',
    });
    const slow = portOf(
      await serveSocket((socket) => {
        const timer = setInterval(() => socket.write('H'), 20);
        socket.on('close', () => clearInterval(timer));
      }),
    );
    const seen = await probe({ http: { host, port: slow, path: '/' } }, denial, 200, never);
    expect(seen.answered).toBe(false);
  });

  test('a body without end is not read', async () => {
    let sent = 0;
    const fake = await serve((_asked, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536))) sent += 65_536;
      };
      response.on('drain', more);
      more();
      return undefined;
    });
    expect(await probe({ http: { host, port: portOf(fake.endpoint), path: '/' } }, denial, 2000, never)).toMatchObject({
      answered: true,
    });
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });

  test('a server without HTTP, and one that closes', async () => {
    const babble = portOf(await serveSocket((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n')));
    expect(await probe({ http: { host, port: babble, path: '/' } }, denial, 2000, never)).toEqual({
      answered: false,
      message: 'the port does not speak HTTP',
    });
    const rude = portOf(await serveSocket((socket) => socket.once('data', () => socket.destroy())));
    expect(await probe({ http: { host, port: rude, path: '/' } }, denial, 2000, never)).toEqual({
      answered: false,
      message: 'reset',
    });
  });

  test('an invalid path is an error, not a failed probe', async () => {
    await expect(probe({ http: { host, port: 1, path: '/a b' } }, denial, 2000, never)).rejects.toThrow('unescaped');
  });
});

test('at most the configured number of probes is open at once', async () => {
  let open = 0;
  let most = 0;
  const fake = await serve(async () => {
    open += 1;
    most = Math.max(most, open);
    await new Promise((resolve) => setTimeout(resolve, 20));
    open -= 1;
    return { status: 200 };
  });
  const { again } = await startWorld();
  const world = again({ probe: { concurrency: 5 } });
  const target = { http: { host, port: portOf(fake.endpoint), path: '/' } };
  const seen = await Promise.all(Array.from({ length: 40 }, () => world.probe(target, never)));
  expect(seen.every(({ answered }) => answered)).toBe(true);
  expect(most).toBe(5);
});
