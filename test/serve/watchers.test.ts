/** The watchers of `fettle serve` as processes: a change is refreshed long before its interval, floods and deaths are bounded. */

import { createServer, request } from 'node:https';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { kubeconfigOf } from '../../plugins/fabric/sandbox/emulator.ts';
import { makeAuthority } from '../../plugins/fabric/sandbox/tls.ts';
import { temporaryFolder, writeFiles } from '../support/cli.ts';
import { type ApiServer, objectsIn, openApi } from '../support/kubernetes/api.ts';
import { emulatedServer, hasRealServer, install, realServer } from '../support/kubernetes/servers.ts';
import { hasNamespaces, makeNamespace, type Namespace } from '../support/network-namespace.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';
import { openSwitchAt, writeRows } from '../support/sonic.ts';
import { type Daemon, daemon } from './daemon.ts';
import { seriesIn } from './exposed.ts';

/** No resource is due by its interval during a test. */
const HOST = 'interval: 1h\n';

const THINGS = '/apis/test.fettle.dev/v1/namespaces/default/things';

const DEFINITIONS = objectsIn(join(import.meta.dirname, '../plugins/fabric/things.yaml'));

const thing = (name: string, size: number) => ({
  apiVersion: 'test.fettle.dev/v1',
  kind: 'Thing',
  metadata: { name, namespace: 'default' },
  spec: { size },
});

/** Processes of the watchers of a daemon. */
function watcherProcesses({ pid }: Daemon): readonly number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((each) => {
      try {
        const parent = / (\d+)/u.exec(readFileSync(`/proc/${each}/stat`, 'utf8').replace(/^.*\) \S/u, ''))?.[1];
        return Number(parent) === pid && commandLine(each).includes('--watcher');
      } catch {
        return false;
      }
    });
}

function commandLine(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
}

async function value(running: Daemon, name: string, labels: Readonly<Record<string, string>> = {}): Promise<number> {
  const { text } = await running.ask('/metrics');
  const found = seriesIn(text).find(
    (each) => each.name === name && Object.entries(labels).every(([label, is]) => each.labels[label] === is),
  );
  return found?.value ?? Number.NaN;
}

/** Waits until the watchers of a plugin see changes, and the round that follows from that has ended. */
async function watching(running: Daemon, plugin: string): Promise<void> {
  await expect
    .poll(() => value(running, 'fettle_watcher_wakeups_total', { plugin }), { timeout: 60_000 })
    .toBeGreaterThan(0);
  await running.said(/(?:refreshed in [^]*){2}/u);
  expect(await value(running, 'fettle_watcher_up', { plugin })).toBe(1);
}

/** Waits for the next round after `change`, and returns its line. */
async function roundAfter(running: Daemon, change: () => Promise<void> | void): Promise<string> {
  const before = running.lines().length;
  await change();
  await expect.poll(() => running.lines().slice(before), { timeout: 60_000 }).toMatch(/refreshed in/u);
  return running.lines().slice(before);
}

const POLL = { timeout: 60_000 };

function isAlive(pid: number): boolean {
  try {
    return commandLine(pid) !== '';
  } catch {
    return false;
  }
}

function memoryMiB(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+)/u.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** Starts a daemon over a Fabric of three objects. */
async function startFabric(
  server: Pick<ApiServer, 'kubeconfig'>,
  host: string,
  config = 'name: shop\nstore: .fettle\n',
): Promise<{ readonly running: Daemon; readonly folder: string }> {
  const folder = join(temporaryFolder(), 'shop');
  const kubeconfig = join(temporaryFolder(), 'kubeconfig');
  const text = server.kubeconfig('admin');
  writeFileSync(kubeconfig, text);
  const context = (JSON.parse(text) as { readonly 'current-context': string })['current-context'];
  const names = ['one', 'two', 'three'];
  writeFiles(folder, {
    'fettle.yaml': config,
    'desired/fabric.yaml': `apiVersion: fabric/v1\nkind: Fabric\nmetadata: { name: prod }\nspec: { context: ${context}, groups: [test.fettle.dev], syncInterval: 1h }\n`,
    ...Object.fromEntries(names.map((name) => [`desired/${name}.yaml`, JSON.stringify(thing(name, 1))])),
  });
  return { folder, running: await daemon(folder, host, [], { KUBECONFIG: kubeconfig }) };
}

/** The same, once it has created its objects and watches. `resize` changes one of them, as another client. */
async function watchedFabric(server: ApiServer) {
  const api = openApi(server);
  onTestFinished(() => api.close());
  if ((await api.send(THINGS)).code !== 200) await install(server, DEFINITIONS);
  for (const name of ['one', 'two', 'three', 'four']) await api.send(`${THINGS}/${name}`, { method: 'DELETE' });
  const permits = 'apply: [{ plugin: fabric, steps: ["absent>SYNCED"], causes: [new] }]\n';
  const { running, folder } = await startFabric(server, `${permits}${HOST}`);
  await watching(running, 'fabric');
  const resize = async (size: number): Promise<void> => {
    const patch = { method: 'PATCH', type: 'application/merge-patch+json', body: `{"spec":{"size":${size}}}` };
    expect((await api.send(`${THINGS}/two`, patch)).code).toBe(200);
  };
  return { running, folder, resize };
}

/** Writes until the client has gone. */
function pour(response: ServerResponse, next: () => string): void {
  const more = (): void => {
    while (!response.destroyed) if (!response.write(next())) return void response.once('drain', more);
  };
  more();
}

/** A server in front of another one, which answers watches by itself. */
async function hostileServer(
  server: ApiServer,
  answer: (response: ServerResponse, nth: number) => void,
): Promise<Pick<ApiServer, 'kubeconfig'>> {
  const authority = makeAuthority('hostile', Date.now());
  const pair = authority.forServer();
  let watches = 0;
  const between = createServer({ key: pair.key, cert: pair.certificate }, (asked, response) => {
    response.on('error', () => undefined);
    if (asked.url?.includes('watch=true') === true) {
      response.writeHead(200, { 'content-type': 'application/json' });
      watches += 1;
      answer(response, watches);
      return;
    }
    const { method, headers } = asked;
    const passed = request(new URL(asked.url ?? '/', server.url), { method, headers, ca: server.ca }, (answered) => {
      response.writeHead(answered.statusCode ?? 500, answered.headers);
      answered.pipe(response);
    });
    passed.on('error', () => response.destroy());
    asked.pipe(passed);
  });
  await new Promise<void>((resolve) => {
    between.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    between.close();
    between.closeAllConnections();
  });
  const url = `https://127.0.0.1:${(between.address() as AddressInfo).port}`;
  return { kubeconfig: () => kubeconfigOf(url, authority.certificate, { hostile: server.tokens['admin'] ?? '' }) };
}

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

describe('the process of the watchers', () => {
  let server: ApiServer;
  beforeAll(async () => {
    server = await emulatedServer({ definitions: DEFINITIONS });
  });
  afterAll(() => server.stop());

  test('is started again after its death, and sees what happened meanwhile', { timeout: 180_000 }, async () => {
    const { running, resize } = await watchedFabric(server);
    const [pid = 0, ...others] = watcherProcesses(running);
    expect(others).toEqual([]);
    const line = await roundAfter(running, async () => {
      process.kill(pid, 'SIGKILL');
      await running.said(/warning: the process of the watchers was ended by a signal\. It starts again in 1 s\n/u);
      await resize(3);
    });
    expect(line).toMatch(/1 drifted/u);
    expect(await value(running, 'fettle_watcher_restarts_total')).toBe(1);
    expect(await value(running, 'fettle_watcher_up', { plugin: 'fabric' })).toBe(1);
    expect(watcherProcesses(running)).not.toContain(pid);
    expect(watcherProcesses(running)).toHaveLength(1);
  });

  test('has no secret in its arguments, and ends with the daemon, also with one that is killed', async () => {
    const { running } = await watchedFabric(server);
    const [pid = 0] = watcherProcesses(running);
    expect(commandLine(pid)).toMatch(/ --max-old-space-size=256 .*serve --watcher --chdir=\S+ --serve-config=\S+ $/u);
    process.kill(running.pid, 'SIGKILL');
    await expect.poll(() => isAlive(pid), { timeout: 60_000 }).toBe(false);
    const second = await watchedFabric(server);
    const [other = 0] = watcherProcesses(second.running);
    expect(await second.running.stop()).toBe(0);
    expect(isAlive(other)).toBe(false);
  }, 180_000);

  test('is another one after an edit of the documents and after a reload', { timeout: 180_000 }, async () => {
    const { running, folder, resize } = await watchedFabric(server);
    const pids = new Set(watcherProcesses(running));
    writeFiles(folder, { 'desired/four.yaml': JSON.stringify(thing('four', 1)) });
    await running.ask('/-/reload', 'POST');
    await expect.poll(() => watcherProcesses(running).filter((pid) => !pids.has(pid)).length, POLL).toBe(1);
    for (const pid of watcherProcesses(running)) pids.add(pid);
    expect(watcherProcesses(running)).toHaveLength(1);
    running.signal('SIGHUP');
    await expect.poll(() => watcherProcesses(running).filter((pid) => !pids.has(pid)).length, POLL).toBe(1);
    expect(await roundAfter(running, () => resize(4))).toMatch(/refreshed in/u);
  });

  test('does not run if the host or the project turns it off', { timeout: 180_000 }, async () => {
    const off = await startFabric(server, `${HOST}watch: false\n`);
    await off.running.said(/refreshed in/u);
    expect((await off.running.ask('/metrics')).text).not.toContain('fettle_watcher_up');
    const narrowed = await startFabric(server, HOST, 'name: shop\nstore: .fettle\nserve: { watch: false }\n');
    await narrowed.running.said(/refreshed in/u);
    // Its process ends with 0: nothing to watch.
    await expect.poll(() => value(narrowed.running, 'fettle_watcher_up', { plugin: 'fabric' }), POLL).toBe(1);
    expect(watcherProcesses(narrowed.running)).toEqual([]);
    for (const { running } of [off, narrowed]) expect(watcherProcesses(running)).toEqual([]);
  });

  test('starts at most one round in ten seconds, however often an object changes', { timeout: 180_000 }, async () => {
    const { running, resize } = await watchedFabric(server);
    const rounds = (): Promise<number> => value(running, 'fettle_rounds_total', { outcome: 'ok' });
    const over = new AbortController();
    const flood = (async (): Promise<void> => {
      for (let size = 10; !over.signal.aborted; size += 1) await resize(size);
    })();
    const first = await rounds();
    await expect.poll(rounds, POLL).toBeGreaterThan(first);
    const from = performance.now();
    const second = await rounds();
    await expect.poll(rounds, POLL).toBeGreaterThan(second + 1);
    over.abort();
    await flood;
    expect(performance.now() - from).toBeGreaterThan(15_000);
  });
});

const FILLING = 'x'.repeat(20_000);

describe('a hostile API server', () => {
  test.each<[string, (response: ServerResponse, nth: number) => void]>([
    [
      'with endless events of new objects',
      (response) => {
        let made = 0;
        pour(response, () => {
          const objects = Array.from({ length: 10 }, () => {
            made += 1;
            const metadata = {
              name: `new-${made}`,
              namespace: 'default',
              uid: String(made),
              resourceVersion: String(made),
            };
            return JSON.stringify({ type: 'ADDED', object: { ...thing('', 1), metadata, filling: FILLING } });
          });
          return `${objects.join('\n')}\n`;
        });
      },
    ],
    ['with a line that does not end', (response) => pour(response, () => 'x'.repeat(65_536))],
  ])(
    '%s neither stops the daemon nor grows its memory',
    async (_name, answer) => {
      const server = await emulatedServer({ definitions: DEFINITIONS });
      onTestFinished(() => server.stop());
      const between = await hostileServer(server, answer);
      const { running } = await startFabric(between, HOST);
      await running.said(/refreshed in/u);
      await running.said(/warning: the (?:watcher of fabric does not see changes|process of the watchers was ended)/u);
      const before = memoryMiB(running.pid);
      const rounds = await value(running, 'fettle_rounds_total', { outcome: 'ok' });
      for (let i = 0; i < 50; i += 1) {
        expect((await running.ask('/healthz')).status).toBe(200);
        for (const pid of watcherProcesses(running)) expect(memoryMiB(pid)).toBeLessThan(700);
        await sleep(100);
      }
      expect(memoryMiB(running.pid) - before).toBeLessThan(60);
      expect((await value(running, 'fettle_rounds_total', { outcome: 'ok' })) - rounds).toBeLessThan(4);
      expect(await running.stop()).toBe(0);
    },
    180_000,
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
