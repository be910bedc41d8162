/** The world `sonic` of the sandbox: with and without `redis-server`, and again from where it stopped. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sonicSandbox } from '../../../../plugins/portsync/sandbox.ts';
import { changeRows } from '../../../../plugins/portsync/sonic/compare-and-set.ts';
import { openSwitch, remotePlace, type SwitchDatabases } from '../../../../plugins/portsync/sonic/connect.ts';
import { readSwitch, type SwitchSeen } from '../../../../plugins/portsync/sonic/read-switch.ts';
import { redisProgram, startServer } from '../../../../plugins/portsync/sandbox/servers.ts';
import { temporaryFolder } from '../../../support/cli.ts';
import { denial } from '../../../support/redis.ts';

function openAt(addresses: Readonly<Record<string, unknown>>): Promise<SwitchDatabases> {
  return openSwitch(remotePlace(String(addresses['redis'])), { denial });
}

test('starts with documents, keeps its configuration and its address, and writes documents once', async () => {
  const folder = temporaryFolder();
  const first = await sonicSandbox.start(folder, Date.now());
  expect(first.addresses['redis']).toMatch(/^redis:\/\/127\.0\.0\.1:\d+$/u);
  const databases = await openAt(first.addresses);
  expect(((await readSwitch(databases)) as SwitchSeen).config.PORT.size).toBe(8);
  const change = {
    kind: 'write',
    table: 'PORT',
    key: 'Ethernet8',
    expected: { mtu: '1500' },
    fields: { mtu: '9000' },
  } as const;
  expect(await changeRows(databases.config, [change])).toEqual([{ kind: 'done' }]);
  databases.close();
  await first.stop();
  const ports = join(folder, 'desired/ports-servers.yaml');
  expect(readFileSync(join(folder, 'desired/switch-leaf.yaml'), 'utf8')).toContain(
    (first.addresses['redis'] as string).slice('redis://'.length),
  );
  writeFileSync(ports, '');
  const second = await sonicSandbox.start(folder, Date.now());
  expect(second.addresses).toEqual(first.addresses);
  const again = await openAt(second.addresses);
  const seen = (await readSwitch(again)) as SwitchSeen;
  expect(seen.config.PORT.get('Ethernet8')?.['mtu']).toBe('9000');
  expect(seen.state.PORT_TABLE.get('Ethernet8')?.['mtu']).toBe('9000');
  again.close();
  await second.stop();
  expect(readFileSync(ports, 'utf8')).toBe('');
  expect(existsSync(join(folder, 'sonic/config_db.json'))).toBe(true);
});

describe('the server', () => {
  test('is redis-server, and not another program at its port', async () => {
    const folder = temporaryFolder();
    const first = await startServer(folder, 0, redisProgram());
    expect(first.kind).toBe('redis-server');
    const second = await startServer(folder, first.address.port, redisProgram());
    expect([second.kind, second.address.port === first.address.port]).toEqual(['redis-server', false]);
    await Promise.all([first.stop(), second.stop()]);
  });

  test.each([
    ['is not installed', undefined],
    ['does not start', '/bin/false'],
  ])('is that of the sandbox if redis-server %s', async (_why, program) => {
    const first = await startServer(temporaryFolder(), 0, program);
    expect(first.kind).toBe('own');
    const again = await startServer(temporaryFolder(), first.address.port, program);
    expect(again.address.port).not.toBe(first.address.port);
    await Promise.all([first.stop(), again.stop()]);
  });
});
