/** Held changes of a switch: by the timer on the switch, by its daemon, and by the next run, on a real Redis. */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { adoptPending } from '../../../../plugins/portsync/confirm/adopt-pending.ts';
import { changeHeld, type Held, holdOnHost, recordFor } from '../../../../plugins/portsync/confirm/hold.ts';
import { openFolder, writePending } from '../../../../plugins/portsync/confirm/pending.ts';
import {
  acknowledgeHeld,
  adoptHeld,
  dueTakeBack,
  type HoldDatabases,
  holderOf,
  holdOnSwitch,
  holdTakeBack,
  latestHeld,
  takeBack,
  tendTakeBacks,
} from '../../../../plugins/portsync/confirm/redis-hold.ts';
import { writtenRow } from '../../../../plugins/portsync/confirm/take-back.ts';
import type { Redis } from '../../../../plugins/portsync/redis/client.ts';
import { temporaryFolder } from '../../../support/cli.ts';
import { type RedisServer, startRedis } from '../../../support/redis.ts';

const { signal } = new AbortController();
const ID = '0'.repeat(16);
const KEY = 'PORT|Ethernet0';
const TARGET = 'sonic local';
let server: RedisServer;
let state: Redis;
let config: Redis;
let databases: HoldDatabases;

beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());
beforeEach(async () => {
  state = await server.open(6);
  config = await server.open(4);
  databases = { state, config, close: () => undefined };
  await state.call(['FLUSHALL']);
  await config.call(['SET', 'CONFIG_DB_INITIALIZED', '1']);
  await config.call(['HSET', KEY, 'mtu', '9100', 'admin_status', 'up']);
});

const make = async (): Promise<void> => void (await config.call(['HSET', KEY, 'mtu', '1500']));
const mtu = (): Promise<unknown> => config.call(['HGET', KEY, 'mtu']);
const held = (within: number): Held => ({
  target: TARGET,
  ports: ['Ethernet0'],
  takeBack: { kind: 'sonic', database: 4, rows: [writtenRow(KEY, { mtu: '9100' }, { mtu: '1500' }, {})] },
  within,
});

const openAgain = async (): Promise<HoldDatabases> => {
  const [s, c] = [await server.open(6), await server.open(4)];
  return {
    state: s,
    config: c,
    close: () => {
      s.close();
      c.close();
    },
  };
};

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(20);
}

/** A daemon: tends every 20 ms until it is stopped. */
function daemon(name = 'daemon-1'): { readonly stop: () => Promise<void> } {
  const stop = new AbortController();
  const work = (async (): Promise<void> => {
    while (!stop.signal.aborted) {
      await tendTakeBacks(databases, name, 2000, signal);
      await sleep(20);
    }
  })();
  return {
    stop: async () => {
      stop.abort();
      await work;
    },
  };
}

describe('held by the daemon', () => {
  const hold = (within: number): ReturnType<typeof holdOnSwitch> =>
    holdOnSwitch(held(within), { open: openAgain, acceptMs: 60_000, signal });

  test('a change is confirmed', async () => {
    const running = daemon();
    const holding = await hold(60);
    expect([holding.guarantee, await holderOf(state)]).toEqual(['daemon', 'daemon-1']);
    const outcome = await changeHeld(holding, { change: make, check: async () => undefined, signal });
    await running.stop();
    expect([outcome, (await latestHeld(state))?.stage, await mtu()]).toEqual([
      { ended: 'confirmed' },
      'confirmed',
      '1500',
    ]);
  });

  test('a change whose check fails is taken back', async () => {
    const running = daemon();
    const outcome = await changeHeld(await hold(60), {
      change: make,
      check: async () => 'no link',
      signal,
    });
    await running.stop();
    expect(outcome).toEqual({ ended: 'taken-back', why: 'no link', kept: [] });
    expect([(await latestHeld(state))?.stage, await mtu()]).toEqual(['taken-back', '9100']);
  });

  test('a change is taken back at its deadline, and a late confirmation fails', async () => {
    const running = daemon();
    const holding = await hold(1);
    await make();
    await until(async () => (await latestHeld(state))?.stage === 'taken-back');
    expect([await mtu(), await holding.confirm(signal)]).toEqual(['9100', false]);
    await make();
    await holding.takeBack(signal);
    await running.stop();
    expect(await mtu()).toBe('9100');
  });

  test('nothing is held without a daemon', async () => {
    await expect(holdOnSwitch(held(60), { open: openAgain, acceptMs: 0, signal })).rejects.toThrow('does not take');
    expect((await latestHeld(state))?.stage).toBe('closed');
  });

  test('a daemon that has ended does not count', async () => {
    await state.call(['SET', 'FETTLE_CONFIRM_HOLDER', 'other', 'PX', '60000']);
    await expect(holdOnSwitch(held(60), { open: openAgain, acceptMs: 0, signal })).rejects.toThrow('does not take');
  });

  test('one change at a time is held', async () => {
    const running = daemon();
    await hold(60);
    await expect(hold(60)).rejects.toThrow('neither confirmed nor taken back');
    await running.stop();
  });
});

describe('the records', () => {
  const record = (): ReturnType<typeof recordFor> => recordFor(ID, held(60));

  test('are due at the deadline, or if a take-back was interrupted', async () => {
    await holdTakeBack(state, await record(), 60_000);
    expect(await dueTakeBack(state)).toBeUndefined();
    await state.call(['DEL', `FETTLE_CONFIRM_DUE|${ID}`]);
    expect((await dueTakeBack(state))?.record).toEqual({ ...(await latestHeld(state))?.record });
    await state.call(['HSET', `FETTLE_CONFIRM|${ID}`, 'stage', 'taking-back']);
    await state.call(['SET', `FETTLE_CONFIRM_DUE|${ID}`, '', 'PX', '60000']);
    expect((await dueTakeBack(state))?.id).toBe(ID);
  });

  test('are taken back or confirmed, in every race', async () => {
    for (let i = 0; i < 30; i += 1) {
      await state.call(['DEL', 'FETTLE_CONFIRM_OPEN']);
      const id = i.toString(16).padStart(16, '0');
      await holdTakeBack(state, { ...(await record()), id }, 60_000);
      await make();
      const running = daemon();
      const holding = { id, record: { ...(await record()), id } };
      const confirm = server.open(6).then(async (own) => {
        const row = `FETTLE_CONFIRM|${id}`;
        await own.call(['PING']);
        return own.call([
          'EVAL',
          "if redis.call('HGET', KEYS[1], 'stage') == 'pending' then redis.call('HSET', KEYS[1], 'stage', 'confirmed') return 1 end return 0",
          '1',
          row,
        ]);
      });
      const [isConfirmed, done] = await Promise.all([confirm, takeBack(databases, holding, signal)]);
      await running.stop();
      expect([isConfirmed === 1, await mtu()]).toEqual([done === undefined, done === undefined ? '1500' : '9100']);
      await config.call(['HSET', KEY, 'mtu', '9100']);
    }
  });

  test('that are damaged are closed and reported', async () => {
    await holdTakeBack(state, await record(), 60_000);
    await state.call(['HSET', `FETTLE_CONFIRM|${ID}`, 'record', '{}']);
    await state.call(['DEL', `FETTLE_CONFIRM_DUE|${ID}`]);
    await expect(tendTakeBacks(databases, 'daemon-1', 2000, signal)).rejects.toThrow('is damaged');
    expect(await tendTakeBacks(databases, 'daemon-1', 2000, signal)).toBeUndefined();
  });

  test('name only ports', async () => {
    const rows = [{ kind: 'removed', key: 'DEVICE_METADATA|localhost', fields: { mac: 'x' } }] as const;
    await holdTakeBack(state, { ...(await record()), takeBack: { kind: 'sonic', database: 4, rows } }, 60_000);
    expect((await latestHeld(state))?.record).toBeUndefined();
  });

  test('wait while CONFIG_DB is loaded', async () => {
    await holdTakeBack(state, await record(), 60_000);
    await make();
    await state.call(['DEL', `FETTLE_CONFIRM_DUE|${ID}`]);
    await config.call(['SET', 'CONFIG_DB_INITIALIZED', '0']);
    await expect(tendTakeBacks(databases, 'daemon-1', 2000, signal)).rejects.toThrow('is being loaded');
    await config.call(['SET', 'CONFIG_DB_INITIALIZED', '1']);
    expect(await tendTakeBacks(databases, 'daemon-1', 2000, signal)).toMatchObject({
      ports: ['Ethernet0'],
      done: { back: 1 },
    });
    expect(await mtu()).toBe('9100');
  });
});

describe('the next run', () => {
  test('finds nothing without a held change', async () => {
    expect(await adoptHeld(databases, signal)).toBeUndefined();
  });

  test('waits for a run that has not ended', async () => {
    await holdTakeBack(state, await recordFor(ID, held(60)), 60_000);
    expect(await adoptHeld(databases, signal)).toMatchObject({ end: 'open', ports: ['Ethernet0'] });
  });

  test.each<readonly [name: string, over: object, prepare: () => Promise<unknown>]>([
    ['is over', {}, () => state.call(['DEL', `FETTLE_CONFIRM_DUE|${ID}`])],
    ['has lost its run', { owner: { pid: 1, started: '-1' } }, async () => undefined],
  ])('takes back a change that %s, and acknowledges it', async (_name, over, prepare) => {
    await holdTakeBack(state, { ...(await recordFor(ID, held(60))), ...over }, 60_000);
    await make();
    await config.call(['HSET', KEY, 'admin_status', 'down']);
    await prepare();
    const found = { end: 'taken-back', id: ID, ports: ['Ethernet0'], kept: [] };
    expect([await adoptHeld(databases, signal), await mtu()]).toEqual([found, '9100']);
    expect(await adoptHeld(databases, signal)).toEqual(found);
    await acknowledgeHeld(state, ID);
    expect([await adoptHeld(databases, signal), await config.call(['HGET', KEY, 'admin_status'])]).toEqual([
      undefined,
      'down',
    ]);
  });
});

test('a change that the daemon and the next run take back at once is reported by the run', async () => {
  const other = await openAgain();
  for (let i = 0; i < 30; i++) {
    const id = i.toString(16).padStart(16, '0');
    await holdTakeBack(state, await recordFor(id, held(60)), 60_000);
    await state.call(['DEL', `FETTLE_CONFIRM_DUE|${id}`]);
    await make();
    const [, found] = await Promise.all([tendTakeBacks(other, 'daemon-1', 2000, signal), adoptHeld(databases, signal)]);
    expect(found).toMatchObject({ end: 'taken-back', id });
    await acknowledgeHeld(state, id);
    expect([await mtu(), (await latestHeld(state))?.stage]).toEqual(['9100', 'closed']);
  }
  other.close();
});

describe('on the switch itself', () => {
  const hold = (folder: string, within: number): ReturnType<typeof holdOnHost> =>
    holdOnHost(held(within), {
      folder,
      redis: { socket: server.socket },
      hasTimer: true,
      openConfig: () => server.open(4),
      signal,
    });

  test('redis-cli takes a change back at its deadline', async () => {
    const folder = join(temporaryFolder(), 'confirm');
    await hold(folder, 1);
    await make();
    await config.call(['SET', 'CONFIG_DB_INITIALIZED', '0']);
    // The program is repeated until CONFIG_DB is loaded.
    await until(() => readdirSync(join(folder, 'taking-back')).length === 1);
    expect(await mtu()).toBe('1500');
    await config.call(['SET', 'CONFIG_DB_INITIALIZED', '1']);
    await until(() => readdirSync(join(folder, 'taken-back')).length === 1);
    expect(await mtu()).toBe('9100');
  });

  test('the fields that others changed are in the report', async () => {
    const folder = join(temporaryFolder(), 'confirm');
    await hold(folder, 1);
    await config.call(['HSET', KEY, 'mtu', '4000']);
    await until(() => readdirSync(join(folder, 'taken-back')).length === 1);
    expect(await adoptPending(folder, TARGET, () => server.open(4), signal)).toMatchObject([
      { end: 'taken-back', kept: [`${KEY} mtu`] },
    ]);
    expect(await mtu()).toBe('4000');
  });

  test('a change before a restart is taken back where it is still found', async () => {
    const folder = join(temporaryFolder(), 'confirm');
    await openFolder(folder);
    await writePending(folder, { ...(await recordFor(ID, held(60))), bootId: 'another' });
    await make();
    expect(await adoptPending(folder, TARGET, () => server.open(4), signal)).toMatchObject([{ end: 'taken-back' }]);
    expect(await mtu()).toBe('9100');
  });
});
