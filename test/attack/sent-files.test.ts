/**
 * Files whose content is sent: from outside the repository only if the environment names their folder, in every
 * command.
 */

import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { tables as certificateTables } from '../../plugins/certificates/generated.ts';
import { tables as nodeTables } from '../../plugins/nodes/generated.ts';
import { type Emulator, startEmulator } from '../../plugins/nodes/sandbox/emulator.ts';
import type { Json, PluginTables } from '#plugin';
import { cliFile, type Ran, run, temporaryFolder, writeFiles } from '../support/cli.ts';
import { type Done, fettleWith } from '../support/command-line.ts';

const CANARY = 'canary-7c2e9a40b1';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

interface Project {
  readonly folder: string;
  readonly emulator: Emulator;
  /** Runs a command. Returns true if the canary was sent or printed. */
  readonly leaks: (command: string, env?: Readonly<Record<string, string>>) => Promise<boolean>;
  /** The same in a process of its own, with the canary in its environment. */
  readonly leaksEnvironment: (command: string, env: Readonly<Record<string, string>>) => Promise<boolean>;
}

/** A repository in a folder of its own; `content` is what a file outside holds. */
async function projectWith(spec: Json, kind: string, workloads: Json | undefined): Promise<Project> {
  const emulator = await startEmulator({ times: { create: 1, start: 1, boot: 1 } });
  closing.push(() => emulator.stop());
  const top = temporaryFolder();
  const folder = join(top, 'repo');
  const nodes = {
    provider: { hetzner: { endpoint: emulator.endpoint, token: emulator.tokens.readWrite } },
    ...(workloads === undefined ? {} : { workloads }),
  };
  writeFiles(folder, {
    '.git/HEAD': 'ref: refs/heads/main\n',
    'fettle.yaml': JSON.stringify({ name: 'sent', desired: ['desired/'], plugins: { nodes } }),
    'desired/web.yaml': JSON.stringify({ apiVersion: 'nodes/v1', kind, metadata: { name: 'web' }, spec }),
    'inside/note': '',
  });
  const isIn = (done: Ran | Done): boolean =>
    (JSON.stringify(emulator.requests()) + done.stdout + done.stderr).includes(CANARY);
  return {
    folder,
    emulator,
    leaks: async (command, env = {}) => isIn(await fettleWith({ ...env, CANARY }, folder, ...command.split(' '))),
    leaksEnvironment: async (command, env) =>
      isIn(await run(process.execPath, [cliFile, ...command.split(' ')], folder, { ...env, CANARY })),
  };
}

const server = { serverType: 'cx23', image: 'debian-13', location: 'nbg1' };
/** Fields that a workload source cannot contain. */
const TWICE = JSON.stringify({ nodes: [0, 1].map(() => ({ name: CANARY, containers: [] })) });

/** By the field: a project that names the file there, and what the file holds. */
const SENT: Readonly<Record<string, readonly [(path: string) => Promise<Project>, content: string]>> = {
  'nodes/Node/userDataFile': [
    (path) => projectWith({ ...server, userDataFile: path }, 'Node', undefined),
    `#cloud-config\n# ${CANARY}\n`,
  ],
  'nodes/NodePool/template/userDataFile': [
    (path) => projectWith({ size: 1, template: { ...server, userDataFile: path } }, 'NodePool', undefined),
    `#cloud-config\n# ${CANARY}\n`,
  ],
  // Documents lie one folder below the configuration.
  'nodes/workloads/file': [
    (path) => projectWith({ ...server }, 'Node', { file: path.replace(/^\.\.\//u, '') || path }),
    TWICE,
  ],
};

it('are in the table of attempts, each field of each schema', () => {
  const fields = ([nodeTables, certificateTables] as readonly PluginTables[]).flatMap(
    ({ name, kinds, settingPaths }) => [
      ...Object.entries(kinds).flatMap(([kind, { paths }]) =>
        paths.filter(({ use }) => use === 'send').map(({ pointer }) => `${name}/${kind}${pointer}`),
      ),
      ...settingPaths.filter(({ use }) => use === 'send').map(({ pointer }) => `${name}${pointer}`),
    ],
  );
  expect(fields.toSorted()).toEqual(Object.keys(SENT).toSorted());
});

const COMMANDS = ['validate', 'plan', 'drift', 'apply --yes', 'apply --yes'];

it.each(Object.entries(SENT))(
  '%s: a file of the repository is sent',
  { timeout: 60_000 },
  async (_field, [make, content]) => {
    const project = await make('../inside/sent');
    writeFileSync(join(project.folder, 'inside/sent'), content);
    const seen: boolean[] = [];
    for (const command of COMMANDS) seen.push(await project.leaks(command));
    expect(seen.at(-1)).toBe(true);
  },
);

it.each(Object.entries(SENT))(
  '%s: a file outside is sent where the environment names its folder alone',
  { timeout: 60_000 },
  async (_field, [make, content]) => {
    const outside = temporaryFolder();
    writeFileSync(join(outside, 'sent'), content);
    const project = await make(join(outside, 'sent'));
    for (const command of COMMANDS) expect([command, await project.leaks(command)]).toEqual([command, false]);
    const env = { FETTLE_FILE_ROOTS: `/nowhere:${outside}` };
    const seen: boolean[] = [];
    for (const command of COMMANDS) seen.push(await project.leaks(command, env));
    expect(seen.at(-1)).toBe(true);
  },
);

it.each(Object.keys(SENT))('%s: the environment of the process is never sent', { timeout: 60_000 }, async (field) => {
  const [make] = SENT[field] ?? [];
  const project = await make?.('/proc/self/environ');
  for (const command of COMMANDS)
    expect([command, await project?.leaksEnvironment(command, { FETTLE_FILE_ROOTS: '/proc:/' })]).toEqual([
      command,
      false,
    ]);
});

it.each(Object.entries(SENT))(
  '%s: a link out of the repository is not followed',
  { timeout: 60_000 },
  async (_field, [make, content]) => {
    const project = await make('../inside/sent');
    const outside = join(project.folder, '../sent');
    writeFileSync(outside, content);
    symlinkSync('../../sent', join(project.folder, 'inside/sent'));
    for (const command of COMMANDS) expect([command, await project.leaks(command)]).toEqual([command, false]);
  },
);
