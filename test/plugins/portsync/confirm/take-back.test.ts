/** Take-backs of CONFIG_DB: on a real Redis, by fettle and by `redis-cli` alone. */

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { takeBackRows } from '../../../../plugins/portsync/confirm/execute.ts';
import {
  luaFile,
  type RowBack,
  type TakenBack,
  takenBackIn,
  writtenRow,
} from '../../../../plugins/portsync/confirm/take-back.ts';
import { linksFile } from '../../../../plugins/portsync/confirm/take-back-links.ts';
import type { Redis } from '../../../../plugins/portsync/redis/client.ts';
import { temporaryFolder } from '../../../support/cli.ts';
import { type RedisServer, startRedis } from '../../../support/redis.ts';
import fc from '../../../support/property.ts';

type Row = Readonly<Record<string, string>>;

const CONFIG = 4;
const KEY = 'PORT|Ethernet0';
const { signal } = new AbortController();
let server: RedisServer;
let redis: Redis;

beforeAll(async () => {
  server = await startRedis();
  redis = await server.open(CONFIG);
});
afterAll(() => server.stop());

async function write(rows: Readonly<Record<string, Row>>): Promise<void> {
  await redis.call(['FLUSHALL']);
  await redis.call(['SET', 'CONFIG_DB_INITIALIZED', '1']);
  for (const [key, row] of Object.entries(rows)) await redis.call(['HSET', key, ...Object.entries(row).flat()]);
}
beforeEach(() => write({}));

async function row(key = KEY): Promise<Row> {
  return (await redis.hashes([key]))[0] ?? {};
}

const back = (rows: readonly RowBack[]): Promise<TakenBack> =>
  takeBackRows(redis, { kind: 'sonic', database: CONFIG, rows }, signal);

const neutral = { fec: 'none', autoneg: 'off' };
const before = { mtu: '9100', admin_status: 'up', alias: 'etp1' };
const set = { mtu: '1500', fec: 'rs', dhcp_rate_limit: '10', alias: 'etp1' };
const change = writtenRow(KEY, before, set, neutral);

describe('a written row', () => {
  test('has the fields that the change sets to other values', () => {
    expect(change).toEqual({
      kind: 'written',
      key: KEY,
      fields: [
        { field: 'mtu', ours: '1500', back: '9100' },
        { field: 'fec', ours: 'rs', back: 'none' },
        { field: 'dhcp_rate_limit', ours: '10', back: null },
      ],
    });
  });

  test('goes back to earlier, neutral and absent values', async () => {
    await write({ [KEY]: { ...before, ...set } });
    expect(await back([change])).toEqual({ back: 3, kept: [] });
    expect(await row()).toEqual({ ...before, fec: 'none' });
  });

  test('can be taken back again', async () => {
    await write({ [KEY]: { ...before, ...set } });
    await back([change]);
    expect(await back([change])).toEqual({ back: 0, kept: [] });
    expect(await row()).toEqual({ ...before, fec: 'none' });
  });

  test('that was not made stays as it is', async () => {
    await write({ [KEY]: before });
    expect(await back([change])).toEqual({ back: 0, kept: [] });
    expect(await row()).toEqual(before);
  });

  test('keeps the later edit of another program', async () => {
    await write({ [KEY]: { ...before, ...set, mtu: '4000' } });
    expect(await back([change])).toEqual({ back: 2, kept: [`${KEY} mtu`] });
    expect(await row()).toEqual({ ...before, mtu: '4000', fec: 'none' });
  });

  test('that another program removed stays removed', async () => {
    expect(await back([change])).toEqual({ back: 0, kept: [KEY] });
    expect(await redis.call(['EXISTS', KEY])).toBe(0);
  });

  test('stays an entry without its only field', async () => {
    await write({ [KEY]: { description: 'x' } });
    await back([writtenRow(KEY, {}, { description: 'x' }, {})]);
    expect(await row()).toEqual({ NULL: 'NULL' });
  });
});

describe('a created row', () => {
  const fields = { lanes: '1,2', speed: '100000', admin_status: 'up' };
  const created: RowBack = { kind: 'created', key: KEY, fields };

  test('is removed', async () => {
    await write({ [KEY]: fields, 'PORT|Ethernet4': { alias: 'Ethernet0' } });
    expect(await back([created])).toEqual({ back: 1, kept: [] });
    expect(await redis.call(['EXISTS', KEY])).toBe(0);
    expect(await back([created])).toEqual({ back: 0, kept: [] });
  });

  test.each<readonly [name: string, rows: Readonly<Record<string, Row>>]>([
    ['a key names it', { 'VLAN_MEMBER|Vlan100|Ethernet0': { tagging_mode: 'tagged' } }],
    ['a sub-interface names it', { 'VLAN_SUB_INTERFACE|Eth0.10': { NULL: 'NULL' } }],
    ['a list names it', { 'ACL_TABLE|a': { ports: 'Ethernet4,Ethernet0' } }],
    ['a field is its name', { 'CABLE_LENGTH|AZURE': { Ethernet0: '5m' } }],
  ])('is shut if %s', async (_name, rows) => {
    await write({ [KEY]: fields, ...rows });
    expect(await back([created])).toEqual({ back: 1, kept: [KEY] });
    expect(await row()).toEqual({ ...fields, admin_status: 'down' });
    expect(await back([created])).toEqual({ back: 0, kept: [KEY] });
  });

  test('is shut if another program has added a field', async () => {
    await write({ [KEY]: { ...fields, description: 'mine' } });
    expect(await back([created])).toEqual({ back: 1, kept: [KEY] });
    expect(await row()).toEqual({ ...fields, description: 'mine', admin_status: 'down' });
  });

  test('with a longer name is another port', async () => {
    await write({
      [KEY]: fields,
      'VLAN_MEMBER|Vlan100|Ethernet00': { NULL: 'NULL' },
      'ACL_TABLE|a': { ports: 'Ethernet01' },
    });
    expect(await back([created])).toEqual({ back: 1, kept: [] });
  });
});

describe('a removed row', () => {
  const removed: RowBack = { kind: 'removed', key: KEY, fields: before };

  test('is created again', async () => {
    expect(await back([removed])).toEqual({ back: 1, kept: [] });
    expect(await row()).toEqual(before);
    expect(await back([removed])).toEqual({ back: 0, kept: [] });
  });

  test('that another program created stays', async () => {
    await write({ [KEY]: { mtu: '1' } });
    expect(await back([removed])).toEqual({ back: 0, kept: [KEY] });
    expect(await row()).toEqual({ mtu: '1' });
  });
});

test.each([['0'], [undefined]])('nothing is taken back while CONFIG_DB_INITIALIZED is %s', async (value) => {
  await write({ [KEY]: { ...before, ...set } });
  await redis.call(value === undefined ? ['DEL', 'CONFIG_DB_INITIALIZED'] : ['SET', 'CONFIG_DB_INITIALIZED', value]);
  await expect(back([change])).rejects.toThrow('CONFIG_DB is being loaded');
  expect(await row()).toEqual({ ...before, ...set });
});

test('redis-cli alone takes back, with any text in fields', async () => {
  const odd = { description: ']] ]=] ]==] "\'\\ \n ü \u0000 $(id)', alias: 'x' };
  const rows = [
    writtenRow(KEY, before, { ...set, ...odd }, neutral),
    { kind: 'removed', key: 'PORT|Ethernet4', fields: odd } as const,
  ];
  await write({ [KEY]: { ...before, ...set, ...odd } });
  const file = join(temporaryFolder(), 'take-back.lua');
  writeFileSync(file, luaFile({ kind: 'sonic', database: CONFIG, rows }));
  const answer = execFileSync('redis-cli', ['-s', server.socket, '-n', String(CONFIG), '--eval', file], {
    encoding: 'utf8',
  });
  expect(takenBackIn(answer.trim())).toEqual({ back: 6, kept: [] });
  expect(await row()).toEqual({ ...before, fec: 'none' });
  expect(await row('PORT|Ethernet4')).toEqual(odd);
});

test('the data of links has one command in each line', () => {
  const only = { link: 'a', field: 'mtu', ours: '1400', before: '1500' } as const;
  const lines = [{ line: 'link set dev a up' }, { line: 'link set dev a mtu 1500', only }];
  expect(linksFile({ kind: 'linux', lines })).toBe(
    'link set dev a up\nonly\n"a mtu"\nmtu\na\n1400\n1500\nlink set dev a mtu 1500\n',
  );
  const hostile = { line: 'link set dev a alias x\nlink set dev b down' };
  expect(() => linksFile({ kind: 'linux', lines: [hostile] })).toThrow('several lines');
});

const names = ['mtu', 'fec', 'autoneg', 'alias'] as const;
const value = fc.constantFrom('a', 'b', 'c');
const rowOf = fc
  .record({ mtu: value, fec: value, autoneg: value, alias: value }, { requiredKeys: [] })
  .map((fields) => ({ admin_status: 'up', ...fields }));

test('only our own fields go back, and a second take-back changes nothing', async () => {
  await fc.assert(
    fc.asyncProperty(rowOf, rowOf, fc.dictionary(fc.constantFrom(...names), value), async (earlier, ours, later) => {
      const made = { ...earlier, ...ours, ...later };
      await write({ [KEY]: made });
      const rows = [writtenRow(KEY, earlier, ours, neutral)];
      await back(rows);
      const after = await row();
      for (const name of names) {
        const isSet = ours[name] !== undefined && ours[name] !== earlier[name];
        const isOurs = isSet && made[name] === ours[name];
        const goesTo = earlier[name] ?? (neutral as Row)[name];
        expect([name, after[name]]).toEqual([name, isOurs ? goesTo : made[name]]);
      }
      await back(rows);
      expect(await row()).toEqual(after);
    }),
    { numRuns: 200 },
  );
});
