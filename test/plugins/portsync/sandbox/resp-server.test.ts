/** The Redis server of the sandbox answers as a real one does: to `redis-cli`, to our client, and to those who listen. */

import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openRedis, type Redis, type Words } from '../../../../plugins/portsync/redis/client.ts';
import { type Message, subscribe } from '../../../../plugins/portsync/redis/subscription.ts';
import { type RespServer, startRespServer } from '../../../../plugins/portsync/sandbox/resp-server.ts';
import { CHANGE_ROW } from '../../../../plugins/portsync/sonic/compare-and-set.ts';
import { denial, type RedisServer, startRedis } from '../../../support/redis.ts';
import fc from '../../../support/property.ts';

let real: RedisServer;
let own: RespServer;
beforeAll(async () => {
  [real, own] = await Promise.all([startRedis(), startRespServer({})]);
});
afterAll(() => Promise.all([real.stop(), own.stop()]));

/** Runs `redis-cli` in a process of its own, and gives its output. The server of the sandbox runs in this process. */
function redisCli(port: number, args: readonly string[], input = ''): Promise<string> {
  const child = spawn('redis-cli', ['-h', '127.0.0.1', '-p', String(port), ...args], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  child.stdin.end(input);
  return textOf(child.stdout);
}

/** The answers to commands, printed with their types. */
function printed(port: number, lines: readonly string[]): Promise<string> {
  return redisCli(port, ['--no-raw'], `FLUSHALL\n${lines.join('\n')}\n`);
}

const CASES: Readonly<Record<string, readonly string[]>> = {
  connection: [
    'PING',
    'PING hello',
    'PING a b',
    'ECHO "a b"',
    'ECHO',
    'SELECT 4',
    'SELECT 99',
    'SELECT 100',
    'SELECT x',
    'SELECT -1',
  ],
  'unknown commands': ['NOPE', 'nope a "b c" d', 'GET', 'GET a b', 'HSET a b'],
  texts: [
    'GET a',
    'SET a 1',
    'GET a',
    'SET a 2 NX',
    'SET b 2 XX',
    'SET b 2 NX',
    'SET a 3 NX XX',
    'SET a 3 EX',
    'SET a 3 EX 0',
    'SET a 3 PX x',
    'INCR a',
    'INCRBY a 10',
    'INCRBY a x',
    'DECR n',
    'SET t text',
    'INCR t',
    'TYPE t',
    'EXISTS a b t t nope',
    'DEL a b nope',
    'DBSIZE',
  ],
  hashes: [
    'HSET h a 1 b 2',
    'HSET h a 3 c ""',
    'HSET h a',
    'HSET h a 1 b',
    'HGETALL h',
    'HGET h a',
    'HGET h nope',
    'HMGET h a nope c',
    'HEXISTS h a',
    'HLEN h',
    'HKEYS h',
    'HVALS h',
    'HINCRBY h a 4',
    'HINCRBY h c 4',
    'HINCRBY h a x',
    'HINCRBY nope x y',
    'EXISTS nope',
    'HDEL h a nope',
    'HDEL nope a',
    'HDEL h b c',
    'EXISTS h',
    'HGETALL h',
    'TYPE h',
  ],
  sets: [
    'SADD s one',
    'SADD s one',
    'SMEMBERS s',
    'SCARD s',
    'SISMEMBER s one',
    'SISMEMBER s two',
    'TYPE s',
    'SREM s two',
    'SREM s one',
    'EXISTS s',
    'SADD s one',
    'SPOP s',
    'SPOP s',
    'SADD s one',
    'SPOP s 10',
    'SPOP s 10',
    'SPOP s -1',
    'SPOP s 1 2',
    'SMEMBERS s',
  ],
  'values of another kind': [
    'SET a 1',
    'HGET a b',
    'HSET a b c',
    'SADD a b',
    'SCARD a',
    'SADD s 1',
    'GET s',
    'HGETALL s',
    'INCR s',
  ],
  keys: [
    'SET a 1',
    'KEYS a*',
    'KEYS b*',
    'KEYS [a-c]',
    'KEYS [^a]',
    'SET a*b 1',
    'KEYS a\\\\*b',
    'SCAN 0',
    'SCAN x',
    'SCAN 0 COUNT 0',
    'SCAN 0 COUNT',
    'SCAN 0 FOO 1',
    'SCAN 0 MATCH nope COUNT 100',
    'SCAN 0 MATCH a TYPE hash',
    'SCAN 0 MATCH a TYPE string',
  ].filter((line) => line !== 'SCAN 0'),
  expiry: [
    'SET a 1',
    'TTL a',
    'EXPIRE a 100',
    'TTL a',
    'PERSIST a',
    'PERSIST a',
    'PTTL nope',
    'EXPIRE nope 1',
    'EXPIRE a 0',
    'GET a',
  ],
  databases: [
    'SET a 1',
    'SELECT 3',
    'GET a',
    'SET a 2',
    'DBSIZE',
    'FLUSHDB',
    'DBSIZE',
    'SELECT 0',
    'GET a',
    'FLUSHALL',
    'GET a',
  ],
  transactions: [
    'MULTI',
    'SET a 1',
    'INCR a',
    'HGET a b',
    'EXEC',
    'EXEC',
    'DISCARD',
    'MULTI',
    'MULTI',
    'NOPE',
    'SET a 5',
    'EXEC',
    'GET a',
    'MULTI',
    'SET a 9',
    'DISCARD',
    'GET a',
    'WATCH a',
    'SET a 7',
    'MULTI',
    'SET a 8',
    'EXEC',
    'GET a',
    'WATCH a',
    'UNWATCH',
    'SET a 7',
    'MULTI',
    'GET a',
    'EXEC',
    'MULTI',
    'WATCH a',
    'EXEC',
    'WATCH nope',
    'FLUSHALL',
    'MULTI',
    'EXEC',
  ],
  settings: [
    'CONFIG GET notify-keyspace-events',
    'CONFIG GET nope',
    'CONFIG SET nope 1',
    'CLIENT SETNAME fettle',
    'CLIENT GETNAME',
    'CLIENT SETNAME "a b"',
    'COMMAND COUNT x',
  ].filter((line) => !line.startsWith('COMMAND')),
  scripts: [
    `EVALSHA ${'0'.repeat(40)} 0`,
    `SCRIPT EXISTS ${'0'.repeat(40)}`,
    'SCRIPT FLUSH',
    'EVALSHA x',
    'EVAL "return 1" x',
    'EVAL "return 1" -1',
    'EVAL "return 1" 2 a',
    'PUBLISH nowhere x',
  ],
};

test.each(Object.entries(CASES))('redis-cli prints the same for %s', async (_name, lines) => {
  const expected = await printed(real.address.port, lines);
  expect(expected.split('\n').length).toBeGreaterThan(lines.length);
  expect(await printed(own.address.port, lines)).toBe(expected);
});

test('redis-cli reads its settings, keys and clients', async () => {
  const { port } = own.address;
  await printed(port, ['SELECT 4', 'HSET PORT|Ethernet0 mtu 9100', 'HSET PORT|Ethernet4 mtu 9100']);
  const keys = await redisCli(port, ['-n', '4', '--scan', '--pattern', 'PORT|*']);
  expect(keys.trim().split('\n').sort()).toEqual(['PORT|Ethernet0', 'PORT|Ethernet4']);
  expect(await redisCli(port, ['INFO'])).toContain('db4:keys=2');
  expect(await redisCli(port, ['CLIENT', 'INFO'])).toMatch(/addr=127\.0\.0\.1:\d+ laddr=127\.0\.0\.1:\d+ /u);
});

describe.each(['real', 'own'] as const)('the %s server', (which) => {
  let redis: Redis;
  const server = () => (which === 'real' ? real : own);
  beforeAll(async () => {
    redis = await openRedis(server().address, { denial, database: 4 });
  });
  beforeEach(() => redis.call(['FLUSHALL']));
  afterAll(() => redis.close());

  test('notifies of every change of a key', async () => {
    const messages: Message[] = [];
    const end = Promise.withResolvers<void>();
    const take = (message: Message): void => {
      if (message.channel === 'end') end.resolve();
      else messages.push(message);
    };
    const patterns = ['__keyspace@4__:*', '__keyevent@*__:[d-e]*'];
    const subscription = await subscribe(server().address, { channels: ['end'], patterns }, take, { denial });
    const commands: readonly Words[] = [
      ['HSET', 'h', 'a', '1'],
      ['HSET', 'h', 'a', '1'],
      ['HDEL', 'h', 'nope'],
      ['HDEL', 'h', 'a'],
      ['SADD', 's', '1'],
      ['SADD', 's', '1'],
      ['SPOP', 's', '5'],
      ['SADD', 's', '1'],
      ['SREM', 's', '1'],
      ['SET', 't', '1'],
      ['INCR', 't'],
      ['SET', 't', '1', 'EX', '100'],
      ['PERSIST', 't'],
      ['HINCRBY', 'h', 'n', '1'],
      ['MULTI'],
      ['DEL', 'h'],
      ['HSET', 'h', 'b', '2'],
      ['EXEC'],
      ['FLUSHDB'],
      ['PUBLISH', 'end', ''],
    ];
    await redis.pipeline(commands);
    await end.promise;
    subscription.close();
    const events = (key: string) =>
      messages.filter(({ channel }) => channel === `__keyspace@4__:${key}`).map(({ payload }) => payload);
    expect({ h: events('h'), s: events('s'), t: events('t') }).toEqual({
      h: ['hset', 'hset', 'hdel', 'del', 'hincrby', 'del', 'hset'],
      s: ['sadd', 'spop', 'del', 'sadd', 'srem', 'del'],
      t: ['set', 'incrby', 'set', 'expire', 'persist'],
    });
    expect(messages.filter(({ channel }) => channel.startsWith('__keyevent'))).toEqual([
      { channel: '__keyevent@4__:del', payload: 'h' },
      { channel: '__keyevent@4__:del', payload: 's' },
      { channel: '__keyevent@4__:del', payload: 's' },
      { channel: '__keyevent@4__:expire', payload: 't' },
      { channel: '__keyevent@4__:del', payload: 'h' },
    ]);
  });

  test('removes a key whose time is over, and notifies', async () => {
    const expired = Promise.withResolvers<Message>();
    const subscription = await subscribe(server().address, { channels: ['__keyevent@4__:expired'] }, expired.resolve, {
      denial,
    });
    await redis.call(['SET', 'confirm', '1', 'PX', '30']);
    expect(await expired.promise).toEqual({ channel: '__keyevent@4__:expired', payload: 'confirm' });
    expect(await redis.call(['GET', 'confirm'])).toBeNull();
    subscription.close();
  });

  test('gives every key in a scan while others come and go', async () => {
    const stays = Array.from({ length: 300 }, (_, i) => `stay${i}`);
    await redis.pipeline(stays.flatMap((key, i) => [['SET', key, ''] as const, ['SET', `go${i}`, ''] as const]));
    const seen = new Set<string>();
    let cursor = '0';
    let round = 0;
    do {
      const [next, keys] = (await redis.call(['SCAN', cursor, 'COUNT', '20'])) as readonly [string, readonly string[]];
      for (const key of keys) seen.add(key);
      await redis.pipeline([
        ['DEL', `go${round}`],
        ['SET', `new${round}`, ''],
      ]);
      round += 1;
      cursor = next;
    } while (cursor !== '0');
    expect(stays.filter((key) => !seen.has(key))).toEqual([]);
  });

  test('runs a script as one command that begins with no effect if it fails', async () => {
    await redis.pipeline([
      ['SET', 'CONFIG_DB_INITIALIZED', '1'],
      ['SET', 'row', 'text'],
    ]);
    const call = (words: readonly string[]) =>
      redis.call(['EVAL', CHANGE_ROW.source, '2', 'row', 'CONFIG_DB_INITIALIZED', ...words]);
    await expect(call(['write', '0', 'mtu', '1'])).rejects.toThrow('WRONGTYPE');
    expect(await redis.call(['SCRIPT', 'EXISTS', CHANGE_ROW.sha])).toEqual([1]);
    expect(await redis.call(['GET', 'row'])).toBe('text');
  });
});

test('a script that is not one of fettle is refused', async () => {
  const redis = await openRedis(own.address, { denial });
  await expect(redis.call(['EVAL', 'return 1', '0'])).rejects.toThrow('runs only the scripts of fettle');
  await expect(redis.call(['SCRIPT', 'LOAD', 'return 1'])).rejects.toThrow('runs only the scripts of fettle');
  redis.close();
});

test.each(['GET / HTTP/1.1\r\n\r\n', '*1\r\n:1\r\n', '*0\r\n', '$9999999999\r\n', `*99999999\r\n`])(
  'a client that sends %j is left',
  async (bytes) => {
    const answer = await new Promise<string>((resolve) => {
      let text = '';
      const socket = connect({ host: '127.0.0.1', port: own.address.port });
      socket.on('data', (chunk) => (text += chunk.toString())).on('close', () => resolve(text));
      socket.write(bytes);
    });
    expect(answer).toMatch(/^-ERR Protocol error: /u);
  },
);

test('any pattern matches the same keys as at a real server', async () => {
  const both = await Promise.all([real, own].map(({ address }) => openRedis(address, { denial, database: 9 })));
  const letter = fc.constantFrom('a', 'b', 'c', '|', '*', '?', '[', ']', '^', '-', '\\', '.', '(', '$', 'é');
  const text = fc.array(letter, { maxLength: 6 }).map((letters) => letters.join(''));
  await fc.assert(
    fc.asyncProperty(text, fc.array(text, { minLength: 1, maxLength: 5 }), async (pattern, keys) => {
      // The order of bytes above 127 in a class depends on the processor.
      fc.pre(!/\[[^\]]*é/u.test(pattern));
      const answers = await Promise.all(
        both.map(async (redis) => {
          await redis.call(['FLUSHDB']);
          await redis.pipeline(keys.map((key) => ['SET', key, ''] as const));
          return [...((await redis.call(['KEYS', pattern])) as readonly string[])].sort();
        }),
      );
      expect(answers[1]).toEqual(answers[0]);
    }),
    { numRuns: 1000 },
  );
  for (const redis of both) redis.close();
});
