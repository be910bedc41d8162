/** A git repository of a project that was set up with fettle's packed tarball, for the workflows to run in. */

import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { bareEnvironment, cliFile, run, type Ran, temporaryFolder, writeFiles } from '../support/cli.ts';

const root = join(import.meta.dirname, '../..');

/** The tests' own Node.js in front, and no program of this project. */
export const PATH = [
  dirname(process.execPath),
  ...(process.env['PATH'] ?? '').split(delimiter).filter((one) => one !== '' && !one.includes('node_modules')),
].join(delimiter);

/** npm compiles itself once, and not in each of a hundred starts. */
const COMPILED = { NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? '' };

/**
 * A program for the first folder of PATH. Runs npm, but installs once: another `npm ci` with the same files links what the
 * first one installed.
 */
const NPM = `#!/bin/sh
PATH="\${PATH#*:}"
kept="\${0%/*}/../installed"
same() {
  for file in package.json package-lock.json .npmrc; do
    [ ! -e $file ] || cmp -s $file "$kept/$file" || return 1
  done
}
[ "$*" = ci ] || exec npm "$@"
if [ -d "$kept" ] && same; then exec cp -al "$kept/node_modules" .; fi
npm ci || exit
[ ! -d "$kept" ] || exit 0
mkdir "$kept" && cp -al package.json package-lock.json node_modules "$kept"
`;

/**
 * Another such program. Runs npx, but only the first time: from then on, it runs the installed program that npx found.
 * npx takes four times as long as the program.
 */
const NPX = `#!/bin/sh
PATH="\${PATH#*:}"
found="\${0%/*}/../npx-found"
[ "$1" = --no-install ] && [ -e "$found" ] && [ -x "node_modules/.bin/$2" ] || {
  : > "$found"
  exec npx "$@"
}
shift
program="node_modules/.bin/$1"
shift
exec "$program" "$@"
`;

export interface Repository {
  /** The folder of the bare repository, the store, the certificates and the workspace of jobs. */
  readonly folder: string;
  /** The folder where jobs check out: one after another, as on a runner. */
  readonly workspace: string;
  /** Writes files on a branch that begins at main, and commits them; gives the commit. */
  readonly commit: (branch: string, files: Readonly<Record<string, string>>) => string;
  /** Merges a branch into main; gives the commit before, and the merge. */
  readonly merge: (branch: string) => { readonly before: string; readonly merge: string };
  /** A fresh checkout of a commit in the workspace. */
  readonly checkout: (commit: string) => void;
  /** Runs fettle in a checkout of its own of main, as a person does. */
  readonly fettle: (...args: readonly string[]) => Promise<Ran>;
}

function git(folder: string, ...args: readonly string[]): string {
  const who = ['-c', 'user.name=test', '-c', 'user.email=test@example.test', '-c', 'init.defaultBranch=main'];
  return execFileSync('git', [...who, ...args], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim();
}

/** A certificate of the project. Its files are next to the repository, where no job deletes them. */
export function certificateYaml(folder: string, name: string, dnsNames: readonly string[]): string {
  return `apiVersion: certificates/v1
kind: Certificate
metadata: { name: ${name} }
spec:
  issuer: ca
  dnsNames: [${dnsNames.join(', ')}]
  storage: { file: { certificate: ${folder}/tls/${name}.crt, key: ${folder}/tls/${name}.key } }
`;
}

/** Sets up a project as the README says, with the workflow of a forge, and a first certificate. */
export async function makeRepository(forge: 'github' | 'gitlab'): Promise<Repository> {
  const folder = temporaryFolder();
  const [bare, work, workspace] = ['shop.git', 'work', 'workspace'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  git(folder, 'init', '--quiet', '--bare', bare);
  writeFiles(folder, { 'bin/npm': NPM, 'bin/npx': NPX });
  for (const name of ['npm', 'npx']) chmodSync(join(folder, 'bin', name), 0o755);
  const made = await run(process.execPath, [cliFile, 'init', work, '--ci', forge], folder);
  if (made.code !== 0) throw new Error(made.stderr);
  mkdirSync(join(work, 'vendor'));
  const env = { ...bareEnvironment({ PATH, HOME: folder, ...COMPILED }), npm_config_cache: join(folder, 'npm') };
  const npm = (cwd: string, ...args: readonly string[]) => execFileSync('npm', args, { cwd, env, stdio: 'pipe' });
  npm(root, 'pack', '--ignore-scripts', '--pack-destination', join(work, 'vendor'));
  const [tarball = ''] = readdirSync(join(work, 'vendor'));
  renameSync(join(work, 'vendor', tarball), join(work, 'vendor/fettle.tgz'));
  rmSync(join(work, 'desired/www.yaml'));
  writeFiles(work, {
    'package.json': '{ "private": true }\n',
    'fettle.yaml': `name: shop\nstore: ${folder}/store\n`,
    'desired/ca.yaml': `apiVersion: certificates/v1\nkind: Issuer\nmetadata: { name: ca }\nspec: { localCa: { dir: ${folder}/ca, commonName: CA } }\n`,
    'desired/www.yaml': certificateYaml(folder, 'www', ['www.example.test']),
  });
  npm(work, 'install', '--save-dev', '--offline', '--no-audit', '--no-fund', './vendor/fettle.tgz');
  git(work, 'init', '--quiet');
  git(work, 'remote', 'add', 'origin', bare);
  git(work, 'add', '--all');
  git(work, 'commit', '--quiet', '--message', 'Set up fettle');
  git(work, 'push', '--quiet', 'origin', 'main');
  return {
    folder,
    workspace,
    commit: (branch, files) => {
      git(work, 'checkout', '--quiet', '-B', branch, 'main');
      writeFiles(work, files);
      git(work, 'add', '--all');
      git(work, 'commit', '--quiet', '--message', branch);
      git(work, 'push', '--quiet', '--force', 'origin', branch);
      return git(work, 'rev-parse', 'HEAD');
    },
    merge: (branch) => {
      git(work, 'checkout', '--quiet', 'main');
      const before = git(work, 'rev-parse', 'HEAD');
      git(work, 'merge', '--quiet', '--no-ff', '--message', `Merge ${branch}`, branch);
      git(work, 'push', '--quiet', 'origin', 'main');
      return { before, merge: git(work, 'rev-parse', 'HEAD') };
    },
    checkout: (commit) => {
      rmSync(workspace, { recursive: true, force: true });
      git(folder, 'clone', '--quiet', bare, workspace);
      git(workspace, 'checkout', '--quiet', commit);
    },
    fettle: async (...args) => {
      git(work, 'checkout', '--quiet', 'main');
      return run(process.execPath, [cliFile, ...args], work);
    },
  };
}

/** Runs a script by bash in the workspace, with the options of a forge's runner. */
export function bash(
  { folder, workspace }: Repository,
  script: string,
  options: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Ran> {
  const file = join(folder, 'step.sh');
  writeFileSync(file, script);
  return run('bash', ['--noprofile', '--norc', ...options, file], workspace, {
    PATH: [join(folder, 'bin'), PATH].join(delimiter),
    HOME: folder,
    CI: 'true',
    FETTLE_DISABLE_CI_DETECTION: '',
    npm_config_cache: join(folder, 'npm'),
    npm_config_offline: 'true',
    npm_config_update_notifier: 'false',
    ...COMPILED,
    ...env,
  });
}
