/** The client against a real Redis server, and against servers that are hostile or broken. */

import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UnknownOutcomeError } from '#plugin';
import { denialBy, networkPolicy } from '#plugin/net';
import { addressText, socketAddress, tcpAddress } from '../../../../plugins/portsync/redis/address.ts';
import { openRedis, type Redis } from '../../../../plugins/portsync/redis/client.ts';
import { RedisError, RedisLostError } from '../../../../plugins/portsync/redis/errors.ts';
import { runScript, runScripts, scriptOf } from '../../../../plugins/portsync/redis/script.ts';
import { type Message, subscribe } from '../../../../plugins/portsync/redis/subscription.ts';
import { denial, type RawServer, type RedisServer, startRaw, startRedis } from '../../../support/redis.ts';

describe('an address', () => {
  test.each([
    ['redis://switch-1:6380', 'switch-1:6380'],
    ['192.0.2.1:6379', '192.0.2.1:6379'],
    ['switch_1.example', 'switch_1.example:6379'],
    ['redis://[2001:db8::1]:7000/', '[2001:db8::1]:7000'],
  ])('%s is %s', (text, shown) => expect(addressText(tcpAddress(text))).toBe(shown));

  test.each([
    '',
    'redis://',
    'redis://user:secret@host',
    'rediss://host',
    'host:0',
    'host:65536',
    'host:6379/4',
    '/run/redis.sock',
    'unix:/run/redis.sock',
    'a b',
    'host\r\n:1',
    '[host]:1',
    '-x:1',
  ])('%j is refused', (text) => expect(() => tcpAddress(text)).toThrow('is not a valid address'));

  test('of a socket is an absolute path', () => {
    expect(socketAddress('/run/redis.sock')).toEqual({ kind: 'socket', path: '/run/redis.sock' });
    expect(() => socketAddress('run/redis.sock')).toThrow('is not an absolute path');
  });
});

describe('a real server', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  function redisCli(...args: readonly string[]): string {
    return execFileSync('redis-cli', ['-p', String(server.address.port), ...args], { encoding: 'utf8' }).trim();
  }

  test('gets commands in their database, with any text', async () => {
    const redis = await server.open(4);
    const odd = 'line\r\nü\u{1f600}\0 "quoted"';
    await redis.call(['HSET', 'PORT|Ethernet0', 'description', odd, 'mtu', '9100']);
    expect(await redis.hashes(['PORT|Ethernet0', 'missing'])).toEqual([{ description: odd, mtu: '9100' }, {}]);
    expect(redisCli('-n', '4', 'HGET', 'PORT|Ethernet0', 'mtu')).toBe('9100');
    expect(redisCli('-n', '0', 'EXISTS', 'PORT|Ethernet0')).toBe('0');
  });

  test('answers a pipeline in its order, with errors as values', async () => {
    const redis = await server.open();
    const answers = await redis.pipeline([
      ['SET', 'text', '1'],
      ['HGETALL', 'text'],
      ['INCR', 'text'],
      ['GET', 'absent'],
    ]);
    expect(answers).toEqual(['OK', expect.objectContaining({ code: 'WRONGTYPE' }), 2, null]);
    await expect(redis.hashes(['text'])).rejects.toThrow(RedisError);
    await expect(redis.call(['NO-SUCH\u001b[31m'])).rejects.toThrow(
      /^Redis answered: ERR unknown command [^\u001b]*$/u,
    );
  });

  test('answers calls at once, also after an abandoned one', async () => {
    const redis = await server.open(1);
    const abort = new AbortController();
    const abandoned = redis.call(['SET', 'a', '1'], { signal: abort.signal });
    const read = redis.call(['GET', 'a'], { signal: abort.signal });
    const next = redis.call(['GET', 'a']);
    abort.abort(new Error('enough'));
    await expect(abandoned).rejects.toThrow(UnknownOutcomeError);
    await expect(read).rejects.toThrow('enough');
    expect(await next).toBe('1');
    await expect(redis.call(['GET', 'a'], { signal: abort.signal })).rejects.toThrow('enough');
  });

  test('has answered in time if this process was busy until after the deadline', async () => {
    const redis = await server.open(1);
    const answer = redis.call(['ECHO', 'early'], { deadlineMs: 1 });
    // Blocks this process; the server answers this after the other command.
    expect(redisCli('PING')).toBe('PONG');
    expect(await answer).toBe('early');
  });

  test('is reached by its Unix socket', async () => {
    const redis = await openRedis(socketAddress(server.socket), { denial, database: 2 });
    expect(await redis.call(['PING'])).toBe('PONG');
    redis.close();
    expect(await redis.ended).toBeInstanceOf(RedisLostError);
    await expect(redis.call(['PING'])).rejects.toThrow('the connection was closed');
  });

  test('is not asked if its network is denied', async () => {
    const denied = denialBy(networkPolicy([], ['127.0.0.0/8']));
    await expect(openRedis(server.address, { denial: denied })).rejects.toThrow('is in a network that is denied');
    await expect(openRedis({ ...server.address, host: 'localhost' }, { denial: denied })).rejects.toThrow(
      RedisLostError,
    );
  });

  test('has no database of the number', async () => {
    await expect(openRedis(server.address, { denial, database: 100 })).rejects.toThrow('DB index is out of range');
  });

  test('gets scripts by their SHA, also after it forgot them', async () => {
    const script = scriptOf("return redis.call('INCRBY', KEYS[1], ARGV[1])");
    const redis = await server.open(3);
    const one = { keys: ['n'], args: ['1'] };
    expect(await runScript(redis, script, one)).toBe(1);
    expect(await redis.call(['EVALSHA', script.sha, '1', 'n', '1'])).toBe(2);
    await redis.call(['SCRIPT', 'FLUSH']);
    expect(await runScripts(redis, script, [one, one, one])).toEqual([3, 4, 5]);
    await server.restart();
    await expect(runScript(redis, script, one)).rejects.toThrow(RedisLostError);
    const again = await server.open(3);
    expect(await runScript(again, script, one)).toBe(1);
    const failing = scriptOf("return redis.call('HGET', KEYS[1], 'x')");
    await expect(runScript(again, failing, { keys: ['n'], args: [] })).rejects.toThrow('WRONGTYPE');
  });

  test('sends messages and keyspace notifications to a subscription', async () => {
    const redis = await server.open(4);
    const messages: Message[] = [];
    const three = Promise.withResolvers<void>();
    const topics = { channels: ['PORT_TABLE_CHANNEL@0'], patterns: ['__keyspace@4__:PORT|*'] };
    const subscription = await subscribe(
      server.address,
      topics,
      (message) => {
        messages.push(message);
        if (messages.length === 3) three.resolve();
      },
      { denial, pingMs: 50 },
    );
    await redis.pipeline([
      ['HSET', 'PORT|Ethernet0', 'mtu', '9100'],
      ['HSET', 'VLAN|Vlan1', 'vlanid', '1'],
      ['PUBLISH', 'PORT_TABLE_CHANNEL@0', 'G'],
      ['DEL', 'PORT|Ethernet0'],
    ]);
    await three.promise;
    expect(messages).toEqual([
      { channel: '__keyspace@4__:PORT|Ethernet0', payload: 'hset' },
      { channel: 'PORT_TABLE_CHANNEL@0', payload: 'G' },
      { channel: '__keyspace@4__:PORT|Ethernet0', payload: 'del' },
    ]);
    await server.restart();
    expect(await subscription.ended).toBeInstanceOf(RedisLostError);
  });
});

describe('a server that is not a healthy Redis', () => {
  let server: RawServer | undefined;
  afterAll(() => server?.stop());

  /** A server that answers SELECT, and the next commands with `rest`. */
  async function afterSelect(rest: (write: (text: string) => boolean, count: number) => void): Promise<RawServer> {
    await server?.stop();
    server = await startRaw((socket) => {
      let count = 0;
      socket.on('data', () => {
        count += 1;
        if (count === 1) socket.write('+OK\r\n');
        else rest((text) => socket.write(text), count);
      });
    });
    return server;
  }

  const open = ({ address }: RawServer): Promise<Redis> =>
    openRedis(address, { denial, connectMs: 500, deadlineMs: 300 });

  test('of another protocol gets no more than the first command', async () => {
    const got: string[] = [];
    server = await startRaw((socket) => {
      socket.on('data', (data) => {
        got.push(data.toString());
        socket.write('HTTP/1.1 400 Bad Request\r\n\r\n');
      });
    });
    await expect(openRedis(server.address, { denial })).rejects.toThrow('the server does not answer like Redis');
    expect(got).toEqual(['*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n']);
  });

  test('that refuses, closes or says nothing is not connected to', async () => {
    await server?.stop();
    const closed = server?.address ?? tcpAddress('127.0.0.1:1');
    await expect(openRedis(closed, { denial })).rejects.toThrow('ECONNREFUSED');
    server = await startRaw((socket) => socket.end());
    await expect(openRedis(server.address, { denial })).rejects.toThrow('the server closed the connection');
    await server.stop();
    server = await startRaw(() => undefined);
    await expect(openRedis(server.address, { denial, connectMs: 100 })).rejects.toThrow('no answer within 100 ms');
    const abort = new AbortController();
    const opening = openRedis(server.address, { denial, signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(opening).rejects.toThrow('enough');
    await server.stop();
    server = await startRaw((socket) => socket.on('data', () => void socket.write('-NOAUTH no\r\n')));
    await expect(openRedis(server.address, { denial })).rejects.toThrow('NOAUTH');
    await server.stop();
    server = await startRaw((socket) => socket.on('data', () => void socket.write('+PONG\r\n')));
    await expect(openRedis(server.address, { denial })).rejects.toThrow('a database is not selected');
  });

  test('that stalls ends the connection: reads are lost, the outcome of writes is unknown', async () => {
    const redis = await open(await afterSelect(() => undefined));
    const answers = await Promise.allSettled([
      redis.call(['GET', 'a']),
      redis.call(['SET', 'a', '1']),
      redis.pipeline([
        ['GET', 'a'],
        ['CONFIG', 'SET', 'a', 'b'],
      ]),
      redis.hashes(['a']),
    ]);
    const errors = answers.map((each) => (each.status === 'rejected' ? (each.reason as Error).name : 'answered'));
    expect(errors).toEqual(['RedisLostError', 'UnknownOutcomeError', 'UnknownOutcomeError', 'RedisLostError']);
    expect((await redis.ended).message).toMatch(/no answer within 300 ms$/u);
  });

  test('that drips bytes is not waited for longer than the deadline', async () => {
    const redis = await open(
      await afterSelect((write) => {
        write('$1000000\r\n');
        const drip = setInterval(() => write('x') || clearInterval(drip), 5).unref();
      }),
    );
    await expect(redis.call(['GET', 'a'])).rejects.toThrow('no answer within 300 ms');
  });

  test('that answers without a command is left', async () => {
    const redis = await open(await afterSelect((write) => write('+a\r\n+b\r\n')));
    await expect(redis.call(['GET', 'a'])).resolves.toBe('a');
    expect((await redis.ended).message).toMatch(/an answer came without a command$/u);
  });

  test('that floods is left at the limit of a call', async () => {
    const flood = `$100000\r\n${'x'.repeat(100_000)}\r\n`;
    const raw = await afterSelect((write) => {
      for (let i = 0; i < 50; i += 1) write(flood);
    });
    const redis = await openRedis(raw.address, { denial, callBytes: 1_000_000 });
    const keys = Array.from({ length: 50 }, (_, i) => ['GET', `k${i}`] as const);
    await expect(redis.pipeline(keys)).rejects.toThrow('the answers are longer than the limit of the call');
  });

  test('that became silent is found by pings, in a connection and a subscription', async () => {
    const raw = await afterSelect(() => undefined);
    const redis = await openRedis(raw.address, { denial, pingMs: 50 });
    expect((await redis.ended).message).toMatch(/no answer within 50 ms$/u);
    await raw.stop();
    server = await startRaw((socket) => {
      socket.once('data', () => void socket.write('*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n'));
    });
    const subscription = await subscribe(server.address, { channels: ['a'] }, () => undefined, {
      denial,
      pingMs: 50,
    });
    expect((await subscription.ended).message).toMatch(/no answer within 50 ms$/u);
  });

  test.each([
    ['refuses', '-ERR no\r\n', 'Redis answered: ERR no'],
    ['answers something else', '+OK\r\n', 'an answer came without a command'],
    ['sends another kind', '*2\r\n$1\r\na\r\n$1\r\nb\r\n', 'is not one of a subscription'],
    ['says nothing', '', 'no confirmation of a subscription within 100 ms'],
  ])('that %s a subscription is left', async (_name, answer, message) => {
    await server?.stop();
    server = await startRaw((socket) => socket.once('data', () => void socket.write(answer)));
    await expect(
      subscribe(server.address, { channels: ['a'] }, () => undefined, { denial, connectMs: 100 }),
    ).rejects.toThrow(message);
  });
});
