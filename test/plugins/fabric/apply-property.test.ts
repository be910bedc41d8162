/**
 * Random applies and patches by three managers give the same answers, objects and owners on both API servers.
 *
 * FETTLE_TEST_SEED repeats a sample; FETTLE_TEST_FULL=1 takes 3,000 requests instead of 300.
 */

import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encode, type Tree, type Value, valueAt } from '../../../plugins/fabric/sandbox/value.ts';
import { type Api, type ApiServer, objectsIn, openApi } from '../../support/kubernetes/api.ts';
import { emulatedServer, hasRealServer, install, realServer } from '../../support/kubernetes/servers.ts';
import { randomFrom, testSeed } from '../../support/seed.ts';
import { type Sight, sightOf, thing, THINGS } from './behaviours.ts';

const REQUESTS = process.env['FETTLE_TEST_FULL'] === '1' ? 3000 : 300;
/** Requests for each object. */
const ROUND = 12;

interface Step {
  readonly path: string;
  readonly type: 'apply-patch+yaml' | 'merge-patch+json' | 'json-patch+json';
  readonly body: Value;
}

type Random = () => number;

function pick<T>(random: Random, list: readonly T[]): T {
  const one = list[Math.floor(random() * list.length)];
  if (one === undefined) throw new Error('the list is empty');
  return one;
}

const some = <T>(random: Random, list: readonly T[], share = 0.5): readonly T[] =>
  list.filter(() => random() < share).toSorted(() => random() - 0.5);

function mapOf(random: Random, keys: readonly string[], value: () => Value): Tree {
  return Object.fromEntries(some(random, keys).map((key) => [key, value()]));
}

/** Values of each field, of every type of list and mapping. */
function fieldsOf(random: Random): Readonly<Record<string, () => Value>> {
  const word = (): string => pick(random, ['x', 'y', 'z']);
  const port = (number: number): Value => ({
    port: number,
    ...(random() < 0.3 ? { proto: pick(random, ['tcp', 'udp']) } : {}),
    ...(random() < 0.4 ? { name: word() } : {}),
    ...(random() < 0.3 ? { opts: mapOf(random, ['k', 'l'], word) } : {}),
  });
  const deep = (): Value => ({
    ...(random() < 0.6 ? { v: pick(random, [1, 2]) } : {}),
    ...(random() < 0.4 ? { w: word() } : {}),
  });
  const free = (): Value =>
    pick<() => Value>(random, [() => word(), () => [1, word()], () => ({ b: word() }), () => ({}), () => null])();
  return {
    name: word,
    size: () => pick(random, [1, 2, 9007199254740993n]),
    ratio: () => pick(random, [1, 0.5, 2.25]),
    port: () => pick<Value>(random, [80, 'http']),
    tags: () => some(random, ['a', 'b', 'c', 'd']),
    words: () => some(random, ['a', 'b', 'c']),
    ports: () => some(random, [1, 2, 3]).map(port),
    labels: () => mapOf(random, ['a', 'b', 'c'], word),
    atom: () => mapOf(random, ['a', 'b'], word),
    nested: () => ({
      ...(random() < 0.3 ? { on: random() < 0.5 } : {}),
      ...(random() < 0.7 ? { deep: mapOf(random, ['p', 'q'], deep) } : {}),
    }),
    maybe: () => pick<Value>(random, ['x', null]),
    free: () => mapOf(random, ['a', 'b', 'c'], free),
  };
}

function specOf(random: Random, share: number): Tree {
  const fields = fieldsOf(random);
  return Object.fromEntries(some(random, Object.keys(fields), share).map((name) => [name, fields[name]?.() ?? null]));
}

function stepOf(random: Random, object: string): Step {
  const manager = pick(random, ['one', 'two', 'three']);
  const dryRun = random() < 0.1 ? '&dryRun=All' : '';
  const path = `${THINGS}/${object}?fieldManager=${manager}${dryRun}`;
  const kind = random();
  if (kind < 0.75) {
    const force = random() < 0.4 ? '&force=true' : '';
    const metadata: Tree = random() < 0.3 ? { labels: mapOf(random, ['l', 'm'], () => pick(random, ['1', '2'])) } : {};
    return { path: `${path}${force}`, type: 'apply-patch+yaml', body: thing(object, specOf(random, 0.35), metadata) };
  }
  if (kind < 0.95) return { path, type: 'merge-patch+json', body: { spec: specOf(random, 0.2) } };
  const value = pick<Value>(random, ['x', ['q'], { z: 'x' }]);
  return { path, type: 'json-patch+json', body: [{ op: 'add', path: '/spec/free', value: { a: value } }] };
}

async function take(api: Api, { path, type, body }: Step): Promise<Sight> {
  return sightOf(await api.send(path, { method: 'PATCH', type: `application/${type}`, body }));
}

describe.skipIf(!hasRealServer())('random applies', () => {
  const servers: ApiServer[] = [];
  const apis: Api[] = [];
  /** A second try starts with objects of its own. */
  let tries = 0;
  beforeAll(async () => {
    const definitions = objectsIn(join(import.meta.dirname, 'things.yaml'));
    for (const start of [emulatedServer, realServer]) {
      const server = await start();
      servers.push(server);
      await install(server, definitions);
      apis.push(openApi(server));
    }
  });
  afterAll(async () => {
    for (const api of apis) api.close();
    for (const server of servers) await server.stop();
  });

  test('give the same on both servers', async () => {
    const seed = testSeed();
    const random = randomFrom(seed);
    tries += 1;
    const codes = new Map<string, number>();
    const history: Step[] = [];
    for (let i = 0; i < REQUESTS; i += 1) {
      if (i % ROUND === 0) history.length = 0;
      const step = stepOf(random, `random-${tries}-${Math.floor(i / ROUND)}`);
      history.push(step);
      const [emulated, real] = await Promise.all(apis.map((api) => take(api, step)));
      const code = encode(valueAt(real, 'code') ?? null);
      codes.set(code, (codes.get(code) ?? 0) + 1);
      expect(emulated, `FETTLE_TEST_SEED=${seed}\n${history.map((one) => encode({ ...one })).join('\n')}`).toEqual(
        real,
      );
    }
    const counts = [...codes].map(([code, count]) => `${count} of ${code}`).join(', ');
    process.stdout.write(`random applies: ${REQUESTS} requests, ${counts} (FETTLE_TEST_SEED=${seed})\n`);
    // The sample has conflicts and refusals too.
    expect([...codes.keys()]).toEqual(expect.arrayContaining(['200', '201', '409', '422']));
  });
});
