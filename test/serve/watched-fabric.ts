/** Daemons that watch a Fabric, their watchers, and what they did. */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { temporaryFolder, writeFiles } from '../support/cli.ts';
import { type ApiServer, objectsIn, openApi } from '../support/kubernetes/api.ts';
import { install } from '../support/kubernetes/servers.ts';
import { type Daemon, daemon } from './daemon.ts';
import { seriesIn } from './exposed.ts';

/** No resource is due by its interval during a test. */
export const HOST = 'interval: 1h\n';

const THINGS = '/apis/test.fettle.dev/v1/namespaces/default/things';

export const DEFINITIONS = objectsIn(join(import.meta.dirname, '../plugins/fabric/things.yaml'));

export const thing = (name: string, size: number) => ({
  apiVersion: 'test.fettle.dev/v1',
  kind: 'Thing',
  metadata: { name, namespace: 'default' },
  spec: { size },
});

/** Processes of the watchers of a daemon. */
export function watcherProcesses({ pid }: Daemon): readonly number[] {
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

export function commandLine(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
}

export async function value(
  running: Daemon,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<number> {
  const { text } = await running.ask('/metrics');
  const found = seriesIn(text).find(
    (each) => each.name === name && Object.entries(labels).every(([label, is]) => each.labels[label] === is),
  );
  return found?.value ?? Number.NaN;
}

/** Waits until the watchers of a plugin see changes, and the round that follows from that has ended. */
export async function watching(running: Daemon, plugin: string): Promise<void> {
  await expect
    .poll(() => value(running, 'fettle_watcher_wakeups_total', { plugin }), { timeout: 60_000 })
    .toBeGreaterThan(0);
  await running.said(/(?:refreshed in [^]*){2}/u);
  expect(await value(running, 'fettle_watcher_up', { plugin })).toBe(1);
}

/** Waits for the next round after `change`, and returns its line. */
export async function roundAfter(running: Daemon, change: () => Promise<void> | void): Promise<string> {
  const before = running.lines().length;
  await change();
  await expect.poll(() => running.lines().slice(before), { timeout: 60_000 }).toMatch(/refreshed in/u);
  return running.lines().slice(before);
}

export const POLL = { timeout: 60_000 };

/** Starts a daemon over a Fabric of three objects. */
export async function startFabric(
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
export async function watchedFabric(server: ApiServer) {
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
