/** The watchers of `fettle serve`: a change of an object, a link or a row is refreshed long before its interval. */

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { temporaryFolder, writeFiles } from '../support/cli.ts';
import { emulatedServer, hasRealServer, realServer } from '../support/kubernetes/servers.ts';
import { hasNamespaces, makeNamespace, type Namespace } from '../support/network-namespace.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';
import { openSwitchAt, writeRows } from '../support/sonic.ts';
import { type Daemon, daemon } from './daemon.ts';
import { HOST, POLL, roundAfter, value, watchedFabric, watching } from './watched-fabric.ts';

/** A daemon that watches the ports of a switch. */
async function watchedPorts(spec: string, ports: readonly string[]): Promise<Daemon> {
  const folder = join(temporaryFolder(), 'shop');
  const port = (name: string): string =>
    `---\napiVersion: portsync/v1\nkind: Port\nmetadata: { switch: leaf, name: ${name} }\nspec: { mtu: 1400 }\n`;
  writeFiles(folder, {
    'fettle.yaml': 'name: shop\nstore: .fettle\n',
    'desired/leaf.yaml': `apiVersion: portsync/v1\nkind: Switch\nmetadata: { name: leaf }\nspec: ${spec}\n${ports.map(port).join('')}`,
  });
  const running = await daemon(folder, HOST);
  await watching(running, 'portsync');
  return running;
}

describe.each([
  ['the emulated API server', emulatedServer, true],
  ['the real API server', realServer, hasRealServer()],
] as const)('an object of %s', (_name, start, isThere) => {
  test.skipIf(!isThere)(
    'that changes is refreshed at once, alone, and nothing follows',
    { timeout: 180_000 },
    async () => {
      const server = await start();
      onTestFinished(() => server.stop());
      const { running, resize } = await watchedFabric(server);
      const line = await roundAfter(running, () => resize(2));
      expect(line).toMatch(/shop: 2 of 4 resources refreshed in .*, 1 drifted/u);
      // A change of the daemon itself is refreshed once, and ends there.
      const rounds = await value(running, 'fettle_rounds_total', { outcome: 'ok' });
      const { text } = await running.ask('/metrics');
      expect(text).toContain('fettle_watcher_restarts_total{project="shop"} 0');
      expect(text).toContain('fettle_watcher_wakeups_total{project="shop",plugin="portsync"} 0');
      await sleep(12_000);
      expect(await value(running, 'fettle_rounds_total', { outcome: 'ok' })).toBe(rounds);
      expect(await running.stop()).toBe(0);
    },
  );
});

describe.skipIf(!hasNamespaces)('a link of the kernel', () => {
  let namespace: Namespace;
  beforeAll(() => {
    namespace = makeNamespace();
    namespace.ip('link add eth1 type veth peer name eth2');
  });
  afterAll(() => namespace.remove());

  test('that changes is refreshed at once', { timeout: 180_000 }, async () => {
    const running = await watchedPorts(`{ linux: { namespace: ${namespace.name} } }`, ['eth1', 'eth2']);
    const line = await roundAfter(running, () => void namespace.ip('link set eth2 mtu 1300'));
    expect(line).toMatch(/shop: 2 of 3 resources refreshed in/u);
  });
});

describe('a row of a switch', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  test('that changes is refreshed at once, and again after the connection was lost', { timeout: 180_000 }, async () => {
    const { address } = server;
    const fill = async (mtu: string): Promise<void> => {
      const databases = await openSwitchAt(address);
      await databases.config.redis.call(['SET', 'CONFIG_DB_INITIALIZED', '1']);
      await writeRows(databases.config, { 'PORT|Ethernet0': { mtu: '9100' }, 'PORT|Ethernet4': { mtu } });
      databases.close();
    };
    await fill('9100');
    const running = await watchedPorts(`{ sonic: { redis: "${address.host}:${address.port}" } }`, [
      'Ethernet0',
      'Ethernet4',
    ]);
    expect(await roundAfter(running, () => fill('9000'))).toMatch(/shop: 3 resources refreshed in/u);
    await roundAfter(running, async () => {
      await server.restart();
      await running.said(/the watcher of portsync does not see changes/u);
      await fill('9100');
    });
    await expect.poll(() => value(running, 'fettle_watcher_up', { plugin: 'portsync' }), POLL).toBe(1);
  });
});
