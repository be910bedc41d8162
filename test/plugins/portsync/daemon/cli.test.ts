/** `fettle portsync run` as a process next to real Redis and real links: killed, started again, and stopped. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../../support/cli.ts';
import { hasNamespaces, makeNamespace, type Namespace } from '../../../support/network-namespace.ts';
import { type RedisServer, startRedis } from '../../../support/redis.ts';
import { configure, consume, type Databases, eventually, openDatabases, rowsOf } from './emulated-switch.ts';

const CLI = join(import.meta.dirname, '../../../../src/cli.ts');
const DOCUMENT = `apiVersion: portsync/v1
kind: Switch
metadata: { name: leaf-1 }
spec: { sonic: { local: true } }
`;
const UP = { state: 'ok', netdev_oper_status: 'down', admin_status: 'down', mtu: '1500' };

describe.runIf(hasNamespaces)('fettle portsync run', () => {
  let server: RedisServer;
  let databases: Databases;
  let namespace: Namespace;
  let folder: string;
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    server = await startRedis();
    databases = await openDatabases(server);
    namespace = makeNamespace();
    folder = temporaryFolder();
    mkdirSync(join(folder, 'desired'));
    writeFileSync(join(folder, 'fettle.yaml'), 'name: fabric\ndesired: [desired/]\n');
    writeFileSync(join(folder, 'desired', 'leaf-1.yaml'), DOCUMENT);
  });
  afterAll(async () => {
    namespace.remove();
    await server.stop();
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  function start(...words: readonly string[]): { readonly child: ChildProcess; readonly output: () => string } {
    const argv = [
      'netns',
      'exec',
      namespace.name,
      process.execPath,
      CLI,
      'portsync',
      ...words,
      '--state-dir',
      join(folder, 'state'),
    ];
    const env = { ...process.env, FETTLE_SONIC_SOCKET: server.socket };
    const child = spawn('ip', argv, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    children.push(child);
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
    return { child, output: () => text };
  }

  const states = () => rowsOf(databases.state, 'PORT_TABLE|');

  test('follows the links, restarts warm after a kill, and ends with 0 after a stop', async () => {
    await configure(databases, { Ethernet0: { lanes: '0' }, Ethernet4: { lanes: '4' } });
    await databases.state.call(['HSET', 'WARM_RESTART_ENABLE_TABLE|swss', 'enable', 'true']);
    const first = start('run', 'leaf-1', '--listen', 'off');
    await eventually(async () => {
      await consume(databases);
      expect(await rowsOf(databases.appl, 'PORT_TABLE:'), first.output()).toHaveProperty('PortConfigDone', {
        count: '2',
      });
    });
    namespace.ip('link add Ethernet0 type veth peer name Ethernet4');
    await eventually(async () => {
      await consume(databases);
      expect(await states()).toEqual({ Ethernet0: UP, Ethernet4: UP });
    });
    const again = start('run', 'leaf-1', '--listen', 'off');
    const [refused] = (await once(again.child, 'exit')) as [number];
    expect([refused, again.output()]).toEqual([
      1,
      expect.stringContaining(`process ${first.child.pid} uses the folder`),
    ]);
    // The state is saved within seconds.
    await eventually(async () => {
      const status = start('status', '--format', 'json');
      await once(status.child, 'exit');
      expect(JSON.parse(status.output())).toMatchObject({ pid: first.child.pid, status: { ports: 2 } });
    });
    await eventually(() =>
      rowsOf(databases.appl, 'PORT_TABLE:').then((rows) => expect(rows).toHaveProperty('Ethernet4')),
    );
    first.child.kill('SIGKILL');
    await once(first.child, 'exit');
    namespace.ip('link set Ethernet0 mtu 1400');
    const second = start('run', 'leaf-1', '--listen', 'off');
    await eventually(async () =>
      expect(await states(), second.output()).toEqual({ Ethernet0: { ...UP, mtu: '1400' }, Ethernet4: UP }),
    );
    expect(second.output()).toMatch(/^(?:warm|cold) start: /mu);
    second.child.kill('SIGTERM');
    const [code] = (await once(second.child, 'exit')) as [number];
    expect(code).toBe(0);
    const third = start('run', 'leaf-1', '--listen', 'off');
    await eventually(() => expect(third.output()).toContain('warm start: '));
    await eventually(async () =>
      expect((await databases.state.hashes(['WARM_RESTART_TABLE|portsyncd']))[0]).toMatchObject({
        state: 'reconciled',
      }),
    );
    expect(await states()).toEqual({ Ethernet0: { ...UP, mtu: '1400' }, Ethernet4: UP });
  });
});
