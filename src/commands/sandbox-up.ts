/** `fettle sandbox up [DIR]`: emulated worlds on this machine, with a desired state for them, until it is stopped. */

import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sandboxWorlds } from '../plugins.ts';
import { columnWidth } from '../report/text.ts';
import type { RunningWorld } from '#plugin';
import { InputError } from '#plugin';
import { command } from './command.ts';
import { flag, optional } from './options.ts';

/** Says that a folder is a sandbox's: only then may it be used again. */
const MARK = '.sandbox';

async function folderFor(dir: string | undefined): Promise<{ readonly folder: string; readonly keep: boolean }> {
  if (dir === undefined) return { folder: await mkdtemp(join(tmpdir(), 'fettle-sandbox-')), keep: false };
  await mkdir(dir, { recursive: true });
  const names = await readdir(dir);
  if (names.length > 0 && !names.includes(MARK))
    throw new InputError(`${dir} is not empty, and no sandbox made it: name an empty or a new folder`);
  return { folder: dir, keep: true };
}

async function writeProject(folder: string, worlds: ReadonlyMap<string, RunningWorld>): Promise<void> {
  const plugins = [...worlds].map(([plugin, { config }]) => `  ${plugin}: ${JSON.stringify(config)}`);
  const lines = ['name: sandbox', 'desired: [desired/]', 'store: .fettle', 'plugins:', ...plugins, ''];
  await writeFile(join(folder, MARK), 'Made by `fettle sandbox up`.\n');
  await writeFile(join(folder, 'fettle.yaml'), lines.join('\n'));
}

function table(folder: string, worlds: Iterable<RunningWorld>): string {
  const rows = [...worlds].flatMap((world) => world.rows);
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
  summary: 'Run emulated services to try everything on, until stopped.',
  words: { dir: optional('where to make the project; by default a folder that is removed at the end') },
  options: { json: flag('print one line with all addresses once everything is up') },
  call: async ({ flags, words: { dir }, path, shell, print }) => {
    // A signal is how it is meant to end.
    const stopped = new Promise<void>((settle) => {
      shell.onSignal(() => settle());
    });
    const { folder, keep } = await folderFor(dir === undefined ? undefined : path(dir));
    const worlds = new Map<string, RunningWorld>();
    // The servers alone do not say that somebody still waits for the signal.
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
      print(
        flags.json === true ? `${JSON.stringify({ desired: folder, ...addresses })}\n` : table(folder, worlds.values()),
      );
      await stopped;
      return 'ok';
    } finally {
      clearInterval(alive);
      for (const world of worlds.values()) await world.stop();
      if (!keep) await rm(folder, { recursive: true, force: true });
    }
  },
});
