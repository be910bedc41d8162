/** A switch whose document is removed: its ports end first, its open change is settled, and then it is forgotten. */

import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openFolder, writePending } from '../../../../plugins/portsync/confirm/pending.ts';
import { recordFor } from '../../../../plugins/portsync/confirm/hold.ts';
import { writtenRow } from '../../../../plugins/portsync/confirm/take-back.ts';
import type { SwitchDatabases } from '../../../../plugins/portsync/sonic/connect.ts';
import { bareEnvironment, temporaryFolder } from '../../../support/cli.ts';
import { type Done, fettle } from '../../../support/command-line.ts';
import { type RedisServer, startRedis } from '../../../support/redis.ts';
import { emptySwitch, openSwitchAt, writeRows } from '../../../support/sonic.ts';

const PORT = { lanes: '1', speed: '10000', mtu: '9100', admin_status: 'down' };

let server: RedisServer;
let databases: SwitchDatabases;
let folder: string;
const run = (line: string): Promise<Done> =>
  fettle(folder, line, { env: { ...bareEnvironment(), FETTLE_PORTSYNC_STATE: join(folder, 'state') } });
const names = async (): Promise<string> => (await run('state list')).stdout;

beforeAll(async () => {
  server = await startRedis();
  databases = await openSwitchAt(server.address);
});
afterAll(async () => {
  databases.close();
  await server.stop();
});
beforeEach(async () => {
  folder = temporaryFolder();
  await emptySwitch(databases);
  await databases.config.redis.call(['SET', 'CONFIG_DB_INITIALIZED', '1']);
  await writeRows(databases.config, { 'PORT|Ethernet0': PORT, 'PORT|Ethernet4': { ...PORT, lanes: '2' } });
  await writeRows(databases.appl, { 'PORT_TABLE:PortInitDone': { lanes: '0' } });
  mkdirSync(join(folder, 'desired'));
  mkdirSync(join(folder, 'state'), { mode: 0o700 });
  writeFileSync(join(folder, 'fettle.yaml'), 'name: p\ndesired: [desired/]\nstore: .fettle\n');
  const { host, port } = server.address;
  const documents = [
    `kind: Switch\nmetadata: { name: leaf }\nspec: { sonic: { redis: "${host}:${port}" }, management: [eth0] }`,
    'kind: Port\nmetadata: { switch: leaf, name: Ethernet0 }\nspec: { mtu: 9100 }',
    'kind: Port\nmetadata: { switch: leaf, name: Ethernet4 }\nspec: { mtu: 9100 }\nlifecycle: { onRemove: remove }',
  ];
  for (const [i, text] of documents.entries())
    writeFileSync(join(folder, `desired/${i}.yaml`), `apiVersion: portsync/v1\n${text}\n`);
  expect((await run('apply --yes')).code).toBe(0);
  for (const name of readdirSync(join(folder, 'desired'))) rmSync(join(folder, 'desired', name));
  writeFileSync(join(folder, 'fettle.yaml'), 'name: p\ndesired: []\nstore: .fettle\n');
});

test('ports are released and removed by the recorded address, and the switch is forgotten then', async () => {
  const { code, stdout } = await run('apply --yes');
  expect(stdout).toMatch(/Ethernet0: done\n(?:.*\n)*.*Ethernet4: done/u);
  expect([code, await databases.config.redis.call(['EXISTS', 'PORT|Ethernet0', 'PORT|Ethernet4'])]).toEqual([0, 1]);
  expect(await names()).toContain('Switch/leaf');
  await run('apply --yes');
  expect(await names()).not.toContain('leaf');
  expect((await run('plan')).code).toBe(0);
});

describe('an unconfirmed change', () => {
  test('is taken back before the switch is forgotten', async () => {
    const { redis } = databases.config;
    const rows = [writtenRow('PORT|Ethernet0', { mtu: '9100' }, { mtu: '1500' }, {})];
    const { host, port } = server.address;
    const held = { target: `sonic ${host}:${port}`, ports: ['Ethernet0'], within: 0 };
    const record = await recordFor('0'.repeat(16), { ...held, takeBack: { kind: 'sonic', database: 4, rows } });
    await openFolder(join(folder, 'state/confirm'));
    await writePending(join(folder, 'state/confirm'), { ...record, owner: { pid: 1, started: 'never' } });
    await redis.call(['HSET', 'PORT|Ethernet0', 'mtu', '1500']);
    const { stdout } = await run('apply --yes');
    expect(stdout).toContain('The change of Ethernet0 was taken back');
    expect(await redis.call(['HGET', 'PORT|Ethernet0', 'mtu'])).toBe('9100');
    await run('apply --yes');
    await run('apply --yes');
    expect(await names()).not.toContain('leaf');
  });
});

test('a switch that no longer answers is a gap that says how it is forgotten', async () => {
  await server.stop();
  try {
    const { code, stdout } = await run('plan');
    expect(stdout.replaceAll(/\s+/gu, ' ')).toContain(
      'Declare the Switch leaf again, or remove it and its ports from the state with `fettle state forget`',
    );
    expect(code).toBe(4);
  } finally {
    await server.restart();
    databases.close();
    databases = await openSwitchAt(server.address);
  }
});
