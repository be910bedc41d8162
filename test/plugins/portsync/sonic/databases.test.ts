/** The mapping file of the databases, and the servers that it leads to. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { localPlace, openDatabase, openSwitch, remotePlace } from '../../../../plugins/portsync/sonic/connect.ts';
import {
  databaseIn,
  localAddress,
  parseGlobal,
  parseMapping,
  readMapping,
  USUAL_MAPPING,
} from '../../../../plugins/portsync/sonic/databases.ts';
import { temporaryFolder } from '../../../support/cli.ts';
import { denial, type RedisServer, startRedis } from '../../../support/redis.ts';

const two = {
  INSTANCES: {
    redis: { hostname: '127.0.0.1', port: 6379, unix_socket_path: '/run/a.sock', persistence_for_warm_boot: 'yes' },
    redis2: { hostname: '::1', port: '6378' },
  },
  DATABASES: {
    CONFIG_DB: { id: 4, separator: '|', instance: 'redis' },
    APPL_DB: { id: 0, separator: ':', instance: 'redis2' },
  },
  VERSION: '1.0',
};

describe('a mapping', () => {
  test('has the server, number and separator of each database', () => {
    const mapping = parseMapping(JSON.stringify(two));
    expect(databaseIn(mapping, 'APPL_DB')).toEqual({
      name: 'APPL_DB',
      id: 0,
      separator: ':',
      instance: { name: 'redis2', host: '::1', port: 6378 },
    });
    expect(() => databaseIn(mapping, 'STATE_DB')).toThrow('does not have STATE_DB');
    const addresses = ['CONFIG_DB', 'APPL_DB'].map((name) =>
      localAddress(databaseIn(mapping, name), mapping, undefined),
    );
    expect(addresses).toEqual([
      { kind: 'socket', path: '/run/a.sock' },
      { kind: 'tcp', host: '::1', port: 6378 },
    ]);
    expect(localAddress(databaseIn(mapping, 'CONFIG_DB'), mapping, '/own.sock')).toMatchObject({ path: '/own.sock' });
    expect(localAddress(databaseIn(mapping, 'APPL_DB'), mapping, '/own.sock')).toMatchObject({ host: '::1' });
  });

  test.each([
    ['', 'it is not JSON'],
    ['[]', 'it is not an object'],
    ['{}', 'INSTANCES is not an object'],
    [JSON.stringify({ ...two, DATABASES: 1 }), 'DATABASES is not an object'],
    [JSON.stringify({ ...two, INSTANCES: {} }), 'the instance of CONFIG_DB is not among INSTANCES'],
    [JSON.stringify({ ...two, INSTANCES: { redis: 1 } }), 'the instance redis is not an object'],
    [JSON.stringify({ ...two, INSTANCES: { redis: { hostname: 'a', port: 99999 } } }), 'is not a number of 0 to 65535'],
    [JSON.stringify({ ...two, DATABASES: { X: { instance: 'redis', id: -1, separator: '|' } } }), 'id of X'],
    [JSON.stringify({ ...two, DATABASES: { X: { instance: 'redis', id: 1 } } }), 'separator of X is not a text'],
    [JSON.stringify({ ...two, DATABASES: { X: 3 } }), 'the database X is not an object'],
  ])('of %j is refused', (text, message) => expect(() => parseMapping(text)).toThrow(message));

  test('without a file is the usual one', async () => {
    expect(await readMapping({})).toBe(USUAL_MAPPING);
    expect(['APPL_DB', 'CONFIG_DB', 'STATE_DB'].map((name) => databaseIn(USUAL_MAPPING, name).id)).toEqual([0, 4, 6]);
    await expect(readMapping({ file: '/does/not/exist.json' })).rejects.toThrow('does not exist');
    await expect(readMapping({ file: '/' })).rejects.toThrow('cannot be read: the path is a folder');
    await expect(readMapping({ file: '/dev/zero' })).rejects.toThrow('is larger than');
  });
});

describe('a namespace', () => {
  const global = {
    INCLUDES: [
      { include: '../../redis/sonic-db/database_config.json' },
      { namespace: 'asic0', include: '../../redis0/sonic-db/database_config.json' },
      { namespace: 'asic0', container_name: 'dpu0', include: 'no.json' },
    ],
  };

  test('has a mapping file of its own', async () => {
    const folder = temporaryFolder();
    const write = (path: string, content: unknown): string => {
      mkdirSync(join(folder, path, 'sonic-db'), { recursive: true });
      return join(folder, path, 'sonic-db', typeof content === 'string' ? content : 'database_config.json');
    };
    const own = write('redis0', {});
    writeFileSync(own, JSON.stringify(two));
    const main = write('redis', {});
    writeFileSync(write('redis', 'database_global.json'), JSON.stringify(global));
    expect((await readMapping({ file: main, namespace: 'asic0' })).get('CONFIG_DB')?.instance.socket).toBe(
      '/run/a.sock',
    );
    await expect(readMapping({ file: main, namespace: 'asic7' })).rejects.toThrow('It has the namespaces asic0.');
    await expect(readMapping({ file: join(folder, 'x.json'), namespace: 'asic0' })).rejects.toThrow('no namespaces');
    expect(() => parseGlobal('{"INCLUDES":[]}', 'asic0')).toThrow('no namespace');
    expect(() => parseGlobal('{}', 'asic0')).toThrow('INCLUDES is not a list');
  });
});

describe('a switch', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  test('is opened by its address, by the socket of the environment, and by a mapping file', async () => {
    const remote = await openSwitch(remotePlace(`redis://127.0.0.1:${server.address.port}`), { denial });
    await remote.config.redis.call(['SET', 'CONFIG_DB_INITIALIZED', '1']);
    remote.close();
    const local = await localPlace({ env: { FETTLE_SONIC_SOCKET: server.socket } });
    const config = await openDatabase(local, 'CONFIG_DB', { denial });
    expect(await config.redis.call(['GET', 'CONFIG_DB_INITIALIZED'])).toBe('1');
    config.redis.close();
    const file = join(temporaryFolder(), 'database_config.json');
    const mapping = structuredClone(two);
    mapping.INSTANCES.redis.unix_socket_path = server.socket;
    mapping.DATABASES.CONFIG_DB.id = 7;
    writeFileSync(file, JSON.stringify(mapping));
    const mapped = await openDatabase(await localPlace({ env: { FETTLE_SONIC_DATABASE_CONFIG: file } }), 'CONFIG_DB', {
      denial,
    });
    expect([mapped.id, await mapped.redis.call(['DBSIZE'])]).toEqual([7, 0]);
    mapped.redis.close();
  });

  test('leaves no connection open if a database is missing', async () => {
    const place = remotePlace(`127.0.0.1:${server.address.port}`);
    const mapping = new Map(place.mapping).set('STATE_DB', { ...databaseIn(place.mapping, 'STATE_DB'), id: 5000 });
    const before = await clients();
    await expect(openSwitch({ ...place, mapping }, { denial })).rejects.toThrow('DB index is out of range');
    expect(await clients()).toBe(before);
  });

  async function clients(): Promise<number> {
    const redis = await server.open();
    const list = String(await redis.call(['CLIENT', 'LIST']));
    redis.close();
    return list
      .trim()
      .split('\n')
      .filter((line) => !line.includes('cmd=NULL')).length;
  }
});
