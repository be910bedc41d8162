/** Refreshes of a switch, and changes of its ports, by its databases. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { recordFor } from '../../../../plugins/portsync/confirm/hold.ts';
import { readEntries, RECORD_FILE } from '../../../../plugins/portsync/confirm/pending.ts';
import { recordText } from '../../../../plugins/portsync/confirm/record.ts';
import { holdTakeBack, takeBack as takeBackHeld } from '../../../../plugins/portsync/confirm/redis-hold.ts';
import type { SwitchFacts } from '../../../../plugins/portsync/facts.ts';
import { SonicSwitch } from '../../../../plugins/portsync/live/sonic.ts';
import type { SwitchDatabases } from '../../../../plugins/portsync/sonic/connect.ts';
import { temporaryFolder } from '../../../support/cli.ts';
import { denial, type RedisServer, startRedis } from '../../../support/redis.ts';
import { emptySwitch, openSwitchAt, placeAt, writeRows } from '../../../support/sonic.ts';

const FACTS: SwitchFacts = { world: 'sonic', target: 'sonic local' };
const PORT = { lanes: '1', speed: '10000', mtu: '9100', admin_status: 'up' };
const { signal } = new AbortController();
const turn = (): Promise<void> => sleep(5);

let server: RedisServer;
let databases: SwitchDatabases;
let opened: SonicSwitch;

/** The switch, opened over the network. */
function opening(folder: string): SonicSwitch {
  return new SonicSwitch({
    place: async () => placeAt(server.address),
    held: { folder, target: FACTS.target, kind: 'sonic', isLocal: false },
    facts: FACTS,
    sessions: async () => [],
    denial,
    deadlineMs: 2000,
  });
}

beforeAll(async () => {
  server = await startRedis();
  databases = await openSwitchAt(server.address);
});

beforeEach(async () => {
  await emptySwitch(databases);
  await databases.config.redis.call(['SET', 'CONFIG_DB_INITIALIZED', '1']);
  await writeRows(databases.config, {
    'PORT|Ethernet0': PORT,
    'PORT|Ethernet4': { ...PORT, lanes: '2' },
    'PORTCHANNEL_MEMBER|PortChannel1|Ethernet4': {},
    'PORTCHANNEL_MEMBER|PortChannel1|Ethernet8': {},
  });
  await writeRows(databases.appl, { 'PORT_TABLE:PortInitDone': { lanes: '0' } });
  opened = opening('/nonexistent');
  return () => opened.close();
});

afterAll(async () => {
  databases.close();
  await server.stop();
});

test.each([[[]], [['Ethernet0']]])(
  'a refresh of the ports %j has the facts of the switch of a whole refresh',
  async (ports) => {
    const whole = await opened.look({ signal });
    const part = await opened.look({ ports: new Set(ports), signal });
    expect(whole.facts.missing_ports).toEqual({ Ethernet8: 'PORTCHANNEL_MEMBER|PortChannel1|Ethernet8' });
    expect(part.facts).toEqual(whole.facts);
    expect([...part.ports.keys()]).toEqual(ports);
  },
);

test('a refresh of single ports during a load reads none of them', async () => {
  await opened.look({ signal });
  await databases.config.redis.call(['FLUSHDB']);
  expect((await opened.look({ ports: new Set(['Ethernet0']), signal })).unread).toContain(
    'is loading its configuration',
  );
});

test('a removal compares the fields that the model does not have', async () => {
  await databases.config.redis.call(['HSET', 'PORT|Ethernet0', 'parent_port', 'Ethernet0']);
  const { row = {}, others = {} } = (await opened.look({ signal })).ports.get('Ethernet0')?.facts ?? {};
  expect(others).toEqual({ parent_port: 'Ethernet0' });
  const removal = { port: 'Ethernet0', goal: 'remove', set: {}, expected: { ...row, ...others } } as const;
  await opened.change(removal, { signal, progress: () => undefined, aside: (waiting) => waiting, takeUpMs: 1000 });
  expect(await databases.config.redis.call(['EXISTS', 'PORT|Ethernet0'])).toBe(0);
});

test('a refresh after a change by another connection of this process reads what is around the ports anew', async () => {
  await opened.look({ signal });
  const writer = opening('/nonexistent');
  const shut = {
    port: 'Ethernet4',
    goal: 'update',
    set: { admin_status: 'down' },
    expected: { admin_status: 'up' },
  } as const;
  await writeRows(databases.config, { 'PORTCHANNEL|PortChannel1': { admin_status: 'up' } });
  const quick = { signal, progress: () => undefined, aside: <T>(waiting: Promise<T>) => waiting, takeUpMs: 100 };
  await expect(writer.change(shut, quick)).rejects.toThrow('did not take it up');
  await writer.close();
  const { evidence } = await opened.look({ ports: new Set(['Ethernet0']), signal });
  expect(evidence.devices.get('PortChannel1')?.role).toBe('aggregate');
});

test('a change whose take-back fails has an unknown outcome, and the next run takes it back', async () => {
  const folder = join(temporaryFolder(), 'confirm');
  const run = opening(folder);
  const { redis } = databases.config;
  const changed = run.change(
    { port: 'Ethernet0', goal: 'update', set: { mtu: '9000' }, expected: { mtu: '9100' } },
    {
      signal,
      // The configuration is loaded from the write on: the switch takes up nothing, and nothing can be taken back.
      progress: (text) => void (text.startsWith('written') && redis.call(['SET', 'CONFIG_DB_INITIALIZED', '0'])),
      aside: (waiting) => waiting,
      takeUpMs: 200,
      confirm: { within: 60, settle: 1, survivesCut: false, expected: { ports: [], groups: [] } },
    },
  );
  await expect(changed).rejects.toMatchObject({
    name: 'UnknownOutcomeError',
    message: expect.stringMatching(
      /^the change was not confirmed: .+\. The take-back failed: CONFIG_DB is being loaded, .+ until it is taken back by the next run on this machine only$/u,
    ),
  });
  await run.close();
  const mtu = (): Promise<unknown> => redis.call(['HGET', 'PORT|Ethernet0', 'mtu']);
  expect(await mtu()).toBe('9000');
  await redis.call(['SET', 'CONFIG_DB_INITIALIZED', '1']);
  // The run has ended.
  const [entry] = await readEntries(folder);
  if (entry?.record === undefined) throw new Error('not held');
  const file = join(folder, entry.stage, entry.id, RECORD_FILE);
  writeFileSync(file, recordText({ ...entry.record, owner: { pid: 1, started: 'never' } }));
  const next = opening(folder);
  expect((await next.look({ signal })).facts.confirmation).toEqual({ is: 'overdue', ports: ['Ethernet0'] });
  expect(await next.settle(signal)).toEqual(['The change of Ethernet0 was taken back']);
  expect(await mtu()).toBe('9100');
  await next.close();
});

test('a change that was judged with the daemon is not made once the daemon has ended', async () => {
  const folder = join(temporaryFolder(), 'confirm');
  const run = opening(folder);
  const confirm = { within: 60, settle: 1, survivesCut: true, expected: { ports: [], groups: [] } };
  const changed = run.change(
    { port: 'Ethernet0', goal: 'update', set: { mtu: '9000' }, expected: { mtu: '9100' } },
    { signal, progress: () => undefined, aside: (waiting) => waiting, takeUpMs: 200, confirm },
  );
  await expect(changed).rejects.toThrow(
    'the change can now be taken back by the next run on this machine only, unlike when it was judged',
  );
  await run.close();
  expect(await databases.config.redis.call(['HGET', 'PORT|Ethernet0', 'mtu'])).toBe('9100');
  expect(await readEntries(folder)).toEqual([]);
});

test('a refresh after another connection of this process has settled a change no longer shows it', async () => {
  const { redis: state } = databases.state;
  const takeBack = { kind: 'sonic', database: 4, rows: [] } as const;
  const held = { target: FACTS.target, ports: ['Ethernet0'], takeBack, within: 60 };
  // Of a run that has ended.
  const record = { ...(await recordFor('0'.repeat(16), held)), owner: { pid: 1, started: 'never' } };
  await holdTakeBack(state, record, 60_000);
  await takeBackHeld(
    { state, config: databases.config.redis, close: () => undefined },
    { id: record.id, record },
    signal,
  );
  expect((await opened.look({ signal })).facts.confirmation).toEqual({ is: 'reverted', ports: ['Ethernet0'] });
  const writer = opening('/nonexistent');
  expect(await writer.settle(signal)).toEqual(['The change of Ethernet0 was taken back']);
  await writer.close();
  expect((await opened.look({ ports: new Set(), signal })).facts.confirmation).toBeUndefined();
});

describe('changes of a switch', () => {
  const change = (mtu: string, before: string, port = 'Ethernet0', stop = signal) =>
    opened.change(
      { port, goal: 'update', set: { mtu }, expected: { mtu: before } },
      { signal: stop, progress: () => undefined, aside: (waiting) => waiting, takeUpMs: 60_000 },
    );
  const takeUp = async (mtu: string): Promise<void> => {
    await writeRows(databases.appl, { 'PORT_TABLE:Ethernet0': { mtu } });
    await writeRows(databases.state, { 'PORT_TABLE|Ethernet0': { mtu } });
  };
  /** The ids of the connections that are subscribed. */
  const subscribed = async (): Promise<readonly string[]> => {
    const clients = String(await databases.config.redis.call(['CLIENT', 'LIST', 'TYPE', 'pubsub']));
    return [...clients.matchAll(/^id=(\d+) /gmu)].map(([, id = '']) => id);
  };
  const written = async (mtu: string): Promise<void> => {
    while ((await databases.config.redis.call(['HGET', 'PORT|Ethernet0', 'mtu'])) !== mtu) await turn();
  };
  const kill = (): Promise<unknown> => databases.config.redis.call(['CLIENT', 'KILL', 'TYPE', 'pubsub']);

  test('share one subscription', async () => {
    await takeUp('1500');
    await change('1500', '9100');
    const first = await subscribed();
    expect(first).toHaveLength(1);
    await takeUp('1600');
    await change('1600', '1500');
    expect(await subscribed()).toEqual(first);
    await opened.close();
    while ((await subscribed()).length > 0) await turn();
  });

  test('end one by one, each once the switch has taken it up', async () => {
    const stop = new AbortController();
    await takeUp('1500');
    const late = change('1500', '9100', 'Ethernet4', stop.signal);
    let isLate = true;
    const lateEnded = late
      .catch(() => undefined)
      .finally(() => {
        isLate = false;
      });
    await change('1500', '9100', 'Ethernet0', stop.signal);
    expect(isLate).toBe(true);
    stop.abort(new Error('stopped'));
    await lateEnded;
    await expect(late).rejects.toThrow('stopped');
  });

  test('renew a subscription that was lost between them', async () => {
    await takeUp('1500');
    await change('1500', '9100');
    const first = await subscribed();
    await kill();
    while ((await subscribed()).length > 0) await turn();
    await takeUp('1600');
    await change('1600', '1500');
    const second = await subscribed();
    expect(second).toHaveLength(1);
    expect(second).not.toEqual(first);
  });

  test('are seen although the subscription was lost during the wait', async () => {
    const waiting = change('1500', '9100');
    await written('1500');
    while ((await subscribed()).length === 0) await turn();
    await kill();
    while ((await subscribed()).length > 0) await turn();
    await takeUp('1500');
    await waiting;
    expect(await subscribed()).toEqual([]);
  });
});
