/** The producer protocol: the effects of the recorded library, with a consumer of a few lines. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Redis } from '../../../../plugins/portsync/redis/client.ts';
import type { Row } from '../../../../plugins/portsync/redis/reader.ts';
import { subscribe, type Subscription } from '../../../../plugins/portsync/redis/subscription.ts';
import type { SwitchDatabases } from '../../../../plugins/portsync/sonic/connect.ts';
import {
  type Operation,
  produce,
  produceWhenEmpty,
  producerNames,
  unpopped,
} from '../../../../plugins/portsync/sonic/producer.ts';
import { denial, REDIS_SERVERS } from '../../../support/redis.ts';
import { emptySwitch, openSwitchAt, writeRows } from '../../../support/sonic.ts';
import fc from '../../../support/property.ts';

type Popped = readonly [kind: 'SET' | 'DEL', key: string, fields: Row];

interface Vector {
  readonly name: string;
  readonly real_before: Readonly<Record<string, Row>>;
  readonly operations: readonly (readonly ['set', string, Row] | readonly ['del', string])[];
  readonly published: readonly string[];
  readonly redis_before_pop: Readonly<Record<string, Row | readonly string[]>>;
  readonly popped: readonly Popped[];
  readonly redis_after_pop: Readonly<Record<string, Row>>;
}

const { cases } = JSON.parse(readFileSync(join(import.meta.dirname, 'producer-vectors.json'), 'utf8')) as {
  readonly cases: readonly Vector[];
};
const NAMES = producerNames({ id: 0, separator: ':' }, 'PORT_TABLE');

/** Pops up to `count` keys as ConsumerStateTable does: copies temporary hashes into the real ones. */
async function pop(redis: Redis, count = 128): Promise<readonly Popped[]> {
  const popped: Popped[] = [];
  for (const key of (await redis.call(['SPOP', 'PORT_TABLE_KEY_SET', String(count)])) as readonly string[]) {
    if ((await redis.call(['SREM', 'PORT_TABLE_DEL_SET', key])) === 1) await redis.call(['DEL', `PORT_TABLE:${key}`]);
    const [fields = {}] = await redis.hashes([`_PORT_TABLE:${key}`]);
    for (const [name, value] of Object.entries(fields)) await redis.call(['HSET', `PORT_TABLE:${key}`, name, value]);
    await redis.call(['DEL', `_PORT_TABLE:${key}`]);
    popped.push([Object.keys(fields).length > 0 ? 'SET' : 'DEL', key, fields]);
  }
  return popped;
}

/** All keys of a database. */
async function dump(redis: Redis): Promise<Readonly<Record<string, Row | readonly string[]>>> {
  const keys = [...((await redis.call(['KEYS', '*'])) as readonly string[])].sort();
  const values = keys.map(async (key) => {
    if ((await redis.call(['TYPE', key])) === 'hash') return [key, (await redis.hashes([key]))[0] ?? {}] as const;
    return [key, [...((await redis.call(['SMEMBERS', key])) as readonly string[])].sort()] as const;
  });
  return Object.fromEntries(await Promise.all(values));
}

function operationsOf({ operations }: Vector): readonly Operation[] {
  return operations.map(([kind, key, fields]) => (kind === 'set' ? { kind, key, fields: fields } : { kind, key }));
}

const byKey = (popped: readonly Popped[]) => popped.toSorted(([, a], [, b]) => a.localeCompare(b));
const sortedLists = (rows: Vector['redis_before_pop']) =>
  Object.fromEntries(
    Object.entries(rows).map(([key, row]) => [
      key,
      Array.isArray(row) ? row.toSorted((a: string, b: string) => (a < b ? -1 : 1)) : row,
    ]),
  );

describe.each(REDIS_SERVERS)('%s', (_name, start) => {
  let server: Awaited<ReturnType<typeof start>>;
  let databases: SwitchDatabases;
  let published: string[] = [];
  let subscription: Subscription;

  beforeAll(async () => {
    server = await start();
    databases = await openSwitchAt(server.address);
    const topics = { channels: ['PORT_TABLE_CHANNEL@0', 'end'] };
    subscription = await subscribe(
      server.address,
      topics,
      ({ channel, payload }) => (channel === 'end' ? arrived.resolve() : void published.push(payload)),
      { denial },
    );
  });
  let arrived = Promise.withResolvers<void>();
  beforeEach(async () => {
    await emptySwitch(databases);
    published = [];
    arrived = Promise.withResolvers<void>();
  });
  afterAll(async () => {
    subscription.close();
    await server.stop();
  });

  /** All messages so far: a later one of another channel has arrived. */
  async function messages(): Promise<readonly string[]> {
    await databases.appl.redis.call(['PUBLISH', 'end', '']);
    await arrived.promise;
    return published;
  }

  test.each(cases.filter(({ name }) => !name.startsWith('set without fields')))('$name', async (vector) => {
    const { appl } = databases;
    const real = Object.entries(vector.real_before).map(([key, row]) => [`PORT_TABLE:${key}`, row]);
    await writeRows(appl, Object.fromEntries(real) as Readonly<Record<string, Row>>);
    const operations = operationsOf(vector);
    // The recorded library publishes for each operation that adds a key.
    await produce(appl, NAMES, operations, { publish: 'each' });
    expect(await messages()).toEqual(vector.published);
    expect(await dump(appl.redis)).toEqual(sortedLists(vector.redis_before_pop));
    expect(byKey(await pop(appl.redis))).toEqual(byKey(vector.popped));
    expect(await dump(appl.redis)).toEqual(vector.redis_after_pop);
  });

  test.each([
    ['batch', 3],
    ['flush', 1],
    ['each', 250],
  ] as const)('many operations publish by %s', async (publish, count) => {
    const { appl } = databases;
    const operations = Array.from({ length: 250 }, (_, i) => ({
      kind: 'set' as const,
      key: `Ethernet${i}`,
      fields: { mtu: String(i) },
    }));
    await produce(appl, NAMES, operations, { publish });
    expect(await messages()).toEqual(Array.from({ length: count }, () => 'G'));
    expect(await unpopped(appl, NAMES)).toBe(250);
    const popped = [...(await pop(appl.redis, 200)), ...(await pop(appl.redis, 200))];
    expect(popped).toHaveLength(250);
    expect(await appl.redis.hashes(['PORT_TABLE:Ethernet249'])).toEqual([{ mtu: '249' }]);
  });

  test('a set without fields is refused before anything is written', async () => {
    const { appl } = databases;
    const operations: readonly Operation[] = [
      { kind: 'set', key: 'Ethernet0', fields: { mtu: '1' } },
      { kind: 'set', key: 'Ethernet4', fields: {} },
    ];
    await expect(produce(appl, NAMES, operations)).rejects.toThrow('a set of Ethernet4 has no field');
    expect(await dump(appl.redis)).toEqual({});
  });

  test('a marker is written only after all earlier entries were popped', async () => {
    const { appl } = databases;
    await produce(appl, NAMES, [{ kind: 'set', key: 'Ethernet0', fields: { lanes: '1' } }]);
    expect(await produceWhenEmpty(appl, NAMES, 'PortConfigDone', { count: '1' })).toBe(false);
    expect(Object.keys(await dump(appl.redis))).toEqual(['PORT_TABLE_KEY_SET', '_PORT_TABLE:Ethernet0']);
    await pop(appl.redis);
    expect(await produceWhenEmpty(appl, NAMES, 'PortConfigDone', { count: '1' })).toBe(true);
    expect(await pop(appl.redis)).toEqual([['SET', 'PortConfigDone', { count: '1' }]]);
    expect(await messages()).toEqual(['G', 'G']);
  });

  test('any operations and pops end with the last set of each key', async () => {
    const { appl } = databases;
    const key = fc.constantFrom('Ethernet0', 'Ethernet4');
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('set' as const),
        key,
        fields: fc.dictionary(fc.constantFrom('a', 'b'), fc.string(), { minKeys: 1, noNullPrototype: true }),
      }),
      fc.record({ kind: fc.constant('del' as const), key }),
      fc.constant('pop' as const),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 12 }),
        fc.constantFrom('each', 'batch', 'flush'),
        async (steps, publish) => {
          await emptySwitch(databases);
          const real = new Map<string, Row>();
          let pending: Operation[] = [];
          for (const each of [...steps, 'pop' as const]) {
            if (each !== 'pop') {
              pending.push(each);
              if (each.kind === 'del') real.delete(each.key);
              else real.set(each.key, { ...real.get(each.key), ...each.fields });
              continue;
            }
            await produce(appl, NAMES, pending, { publish });
            pending = [];
            await pop(appl.redis);
          }
          const expected = [...real].map(([name, row]) => [`PORT_TABLE:${name}`, row]);
          expect(await dump(appl.redis)).toEqual(Object.fromEntries(expected));
        },
      ),
      { numRuns: 60 },
    );
  });
});
