/** `fettle sandbox up [DIR]`: runs emulated services on this machine, with a project for them, until it is stopped. */

import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sandboxWorlds } from '../plugins.ts';
import { columnWidth } from '../report/text.ts';
import type { RunningWorld } from '#plugin';
import { InputError } from '#plugin';
import { openWorkspace } from '../run/project.ts';
import { command } from './command.ts';
import { flag, optional } from './options.ts';
import type { Serving } from './serve.ts';

/** Marks the folder of a sandbox: only such a folder can be used again. */
const MARK = '.sandbox';

async function folderFor(dir: string | undefined): Promise<{ readonly folder: string; readonly keep: boolean }> {
  if (dir === undefined) return { folder: await mkdtemp(join(tmpdir(), 'fettle-sandbox-')), keep: false };
  await mkdir(dir, { recursive: true });
  const names = await readdir(dir);
  if (names.length > 0 && !names.includes(MARK))
    throw new InputError(`${dir} is not empty and was not created by a sandbox. Use an empty or new folder`);
  return { folder: dir, keep: true };
}

async function writeProject(folder: string, worlds: ReadonlyMap<string, RunningWorld>): Promise<void> {
  const plugins = [...worlds].map(([plugin, { config }]) => `  ${plugin}: ${JSON.stringify(config)}`);
  const lines = [
    '# The tokens below are public, and fettle sends them to this machine only. In a project, write ${env:NAME} instead.',
    'name: sandbox',
    'desired: [desired/]',
    'store: .fettle',
    'plugins:',
    ...plugins,
    '',
  ];
  await writeFile(join(folder, MARK), 'Made by `fettle sandbox up`.\n');
  await writeFile(join(folder, 'fettle.yaml'), lines.join('\n'));
}

/** A running `fettle serve`. */
interface Served {
  readonly url: string;
  /** The token of a caller that may operate. */
  readonly token: string;
  /** Settles when it has stopped. */
  readonly ended: Promise<void>;
}

interface ServeOptions extends Pick<Serving, 'host' | 'shell' | 'say' | 'tell' | 'interruption'> {
  readonly folder: string;
  /** A folder outside of the project, for the file of the host. */
  readonly hostFolder: string;
}

/** Serves the project of a sandbox on a free port, without permissions to apply, and with one caller. */
async function startServe({ folder, hostFolder, host, ...options }: ServeOptions): Promise<Served> {
  const { limitsIn, serveProjects } = await import('./serve.ts');
  const token = randomBytes(16).toString('hex');
  const hash = createHash('sha256').update(token).digest('hex');
  const file = join(hostFolder, 'serve.yaml');
  const lines = [
    'listen: 127.0.0.1:0',
    'access:',
    '  tokens:',
    `    - { name: sandbox, hash: "sha256:${hash}", roles: [operate] }`,
    '',
  ];
  await writeFile(file, lines.join('\n'), { mode: 0o600 });
  const workspace = await openWorkspace(host, { folder }, options.say);
  const listening = Promise.withResolvers<string>();
  const ended = serveProjects({
    ...options,
    host,
    workspaces: [workspace],
    limits: await limitsIn(file, host, [folder]),
    argsOf: () => [`--chdir=${folder}`, `--serve-config=${file}`],
    onListening: (address) => listening.resolve(`http://${address.host}:${address.port}`),
  });
  ended.catch(listening.reject);
  return { url: await listening.promise, token, ended };
}

function table(folder: string, worlds: Iterable<RunningWorld>, served: Served | undefined): string {
  const rows = [
    ...[...worlds].flatMap((world) => world.rows),
    ...(served === undefined
      ? []
      : [
          { name: 'fettle serve', address: served.url, shows: 'metrics: /metrics, health: /readyz' },
          { name: 'pages', address: `${served.url}/`, shows: `any name; the password is ${served.token}` },
        ]),
  ];
  const name = columnWidth(
    rows.map((row) => row.name),
    40,
  );
  const address = columnWidth(
    rows.map((row) => row.address),
    40,
  );
  return [
    'The sandbox is up:',
    '',
    ...rows.map((row) => `  ${row.name.padEnd(name)}  ${row.address.padEnd(address)}  ${row.shows}`),
    '',
    `Its project is ${folder}. In another terminal:`,
    '',
    `  fettle plan --chdir ${folder}`,
    `  fettle apply --chdir ${folder}`,
    '',
    'Ctrl-C stops it.',
    '',
  ].join('\n');
}

export const sandboxUp = command({
  name: 'sandbox up',
  summary: 'Run emulated services and a sample project on this machine, until stopped.',
  words: { dir: optional('Folder of the sample project. Default: a temporary folder, removed at the end.') },
  options: {
    serve: flag('Also run `fettle serve` for the sample project. Applies nothing.'),
    json: flag('Print one line of JSON with all addresses once the sandbox is up.'),
  },
  call: async ({ flags, words: { dir }, path, host, shell, say, print }) => {
    // A signal is the normal end.
    const stop = new AbortController();
    const stopped = new Promise<void>((settle) => {
      shell.onSignal(() => settle());
    });
    const { folder, keep } = await folderFor(dir === undefined ? undefined : path(dir));
    const worlds = new Map<string, RunningWorld>();
    let served: Served | undefined;
    let hostFolder: string | undefined;
    // The servers alone do not keep the wait for the signal alive.
    const alive = setInterval(() => undefined, 3_600_000);
    try {
      const addresses: Record<string, RunningWorld['addresses']> = {};
      for (const [plugin, load] of sandboxWorlds) {
        const world = await load();
        const running = await world.start(folder, shell.now());
        worlds.set(plugin, running);
        addresses[world.name] = running.addresses;
      }
      await writeProject(folder, worlds);
      const isJson = flags.json === true;
      if (flags.serve === true) {
        // Nothing is applied, so that no action could be cancelled.
        const interruption = { stop: stop.signal, abort: new AbortController().signal };
        const tell = (line: string): void => (isJson ? undefined : print(`serve: ${line}\n`));
        hostFolder = await mkdtemp(join(tmpdir(), 'fettle-serve-'));
        served = await startServe({ folder, hostFolder, host, shell, say, tell, interruption });
        addresses['serve'] = { url: served.url, token: served.token };
      }
      print(isJson ? `${JSON.stringify({ desired: folder, ...addresses })}\n` : table(folder, worlds.values(), served));
      await Promise.race([stopped, ...(served === undefined ? [] : [served.ended])]);
      return 'ok';
    } finally {
      clearInterval(alive);
      stop.abort();
      await served?.ended;
      for (const world of worlds.values()) await world.stop();
      if (hostFolder !== undefined) await rm(hostFolder, { recursive: true, force: true });
      if (!keep) await rm(folder, { recursive: true, force: true });
    }
  },
});
