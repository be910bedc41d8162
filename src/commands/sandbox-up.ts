/** `fettle sandbox up [DIR]`: runs emulated services on this machine, with a project for them, until it is stopped. */

import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sandboxWorlds } from '../plugins.ts';
import { columnWidth } from '../report/text.ts';
import type { RunningWorld } from '#plugin';
import { InputError } from '#plugin';
import { command } from './command.ts';
import { flag, optional } from './options.ts';

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
  summary: 'Run emulated services and a sample project on this machine, until stopped.',
  words: { dir: optional('Folder of the sample project. Default: a temporary folder, removed at the end.') },
  options: { json: flag('Print one line of JSON with all addresses once the sandbox is up.') },
  call: async ({ flags, words: { dir }, path, shell, print }) => {
    // A signal is the normal end.
    const stopped = new Promise<void>((settle) => {
      shell.onSignal(() => settle());
    });
    const { folder, keep } = await folderFor(dir === undefined ? undefined : path(dir));
    const worlds = new Map<string, RunningWorld>();
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
