/**
 * The image of `packaging/Dockerfile`: built by buildah of the package as npm has it, and run as a container would run it.
 *
 * Registries are out of reach for tests. The base image is Node.js with the libraries that it needs, and nothing else.
 */

import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { issuerYaml, temporaryFolder, writeFiles } from '../support/cli.ts';

const ROOT = join(import.meta.dirname, '../..');
const CONFINED = join(import.meta.dirname, 'confined.sh');
const USER = 10001;
/** The figure is 250 MB. Of these, a base image may have 40 besides Node.js; that of the Dockerfile has about 25. */
const MOST_BYTES = 210_000_000;
const ENTRY = ['/nodejs/bin/node', '/opt/fettle/dist/cli.js'];

function succeeds(file: string, ...args: readonly string[]): boolean {
  return spawnSync(file, args, { stdio: 'ignore' }).status === 0;
}

/** Words in front of a command that runs it as root; undefined if this user cannot. */
function rootWords(): readonly string[] | undefined {
  if (process.getuid?.() === 0) return [];
  return succeeds('sudo', '-n', 'true') ? ['sudo', '-n'] : undefined;
}

const asRoot = rootWords();
const canBuild = asRoot !== undefined && succeeds('buildah', '--version');
if (!canBuild) console.warn('skipped: the image is built by buildah, and run by root');

/** The words of a command that root runs with an environment. */
function rootCommand(words: readonly string[], env: Readonly<Record<string, string>> = {}): [string, string[]] {
  const variables = Object.entries({ PATH: process.env['PATH'] ?? '', ...env }).map(
    ([name, value]) => `${name}=${value}`,
  );
  const [file = '', ...args] = [...(asRoot ?? []), 'env', '-i', ...variables, ...words];
  return [file, args];
}

function root(...words: readonly string[]): string {
  const [file, args] = rootCommand(words);
  return execFileSync(file, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** The first process of the image, below those that made its namespaces: each of them has one child. */
function processOfImage(pid: string): string {
  if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith(`${ENTRY[0]}\0`)) return pid;
  return processOfImage(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim());
}

interface ImageConfig {
  readonly User: string;
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly Healthcheck: { readonly Test: readonly string[] };
  readonly StopSignal: string;
}

describe.skipIf(!canBuild && process.env['CI'] === undefined)('the image', () => {
  const folder = temporaryFolder();
  const storage = join(folder, 'storage');
  const buildah = (...args: readonly string[]): string =>
    root('buildah', '--root', storage, '--runroot', join(folder, 'run'), '--storage-driver', 'vfs', ...args).trim();
  let files = '';
  let states = 0;
  let config: ImageConfig;

  beforeAll(() => {
    const base = join(folder, 'base');
    const node = process.execPath;
    const libraries = execFileSync('ldd', [node], { encoding: 'utf8' }).match(/\/\S+/gu) ?? [];
    for (const [from, to] of [[node, '/nodejs/bin/node'] as const, ...libraries.map((path) => [path, path] as const)]) {
      mkdirSync(dirname(join(base, to)), { recursive: true });
      copyFileSync(from, join(base, to));
    }
    writeFileSync(join(folder, 'base.Dockerfile'), 'FROM scratch\nCOPY . /\n');
    const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
    execFileSync('npm', pack, { cwd: ROOT, stdio: 'pipe' });
    const { name, version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<string, string>;
    execFileSync('tar', ['-xzf', join(folder, `${name}-${version}.tgz`), '-C', folder]);
    const build = ['build', '--quiet', '--isolation', 'chroot', '--format', 'docker'];
    buildah(...build, '--file', join(folder, 'base.Dockerfile'), '--tag', 'localhost/node:24', base);
    const context = join(folder, 'package');
    const own = ['--build-arg', 'BASE=localhost/node:24', '--file', join(context, 'packaging/Dockerfile')];
    buildah(...build, ...own, '--tag', 'localhost/fettle', context);
    files = buildah('mount', buildah('from', '--pull-never', 'localhost/fettle'));
    const about = JSON.parse(buildah('inspect', '--type', 'image', 'localhost/fettle')) as {
      readonly Docker: { readonly config: ImageConfig };
    };
    ({ config } = about.Docker);
  }, 240_000);

  afterAll(() => {
    buildah('umount', '--all');
    root('rm', '-rf', folder);
  });

  /** Starts a program in the image. `state` is a folder of the image's user. */
  function start(program: readonly string[], state: string): ChildProcess {
    const project = join(temporaryFolder(), 'shop');
    writeFiles(project, { 'fettle.yaml': 'name: shop\n', 'desired/ca.yaml': issuerYaml });
    const env = { FETTLE_STORE: '/state/store', FETTLE_TRUST_OWNER: String(process.getuid?.()) };
    const [file, args] = rootCommand([CONFINED, files, project, state, ...program], env);
    return spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  }

  function stateFolder(): string {
    states += 1;
    const state = join(folder, `state-${states}`);
    root('install', '-d', '-m', '0700', '-o', String(USER), '-g', String(USER), state);
    return state;
  }

  function outputOf(child: ChildProcess): () => string {
    let text = '';
    for (const output of [child.stdout, child.stderr])
      output?.setEncoding('utf8').on('data', (more: string) => {
        text += more;
      });
    return () => text;
  }

  async function run(program: readonly string[]): Promise<{ readonly code: number | null; readonly said: string }> {
    const child = start(program, stateFolder());
    const said = outputOf(child);
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, said: said() };
  }

  it('is smaller than 250 MB', () => {
    const bytes = Number(root('du', '--summarize', '--apparent-size', '--block-size=1', files).split('\t')[0]);
    console.log(`image: ${Math.round(bytes / 1e6)} MB, without the further files of a base image`);
    expect(bytes).toBeGreaterThan(50_000_000);
    expect(bytes).toBeLessThan(MOST_BYTES);
  });

  it('has a user without rights, and starts and tests its program without a shell', () => {
    expect(config.User).toBe(`${USER}:${USER}`);
    expect(config.Entrypoint).toEqual(ENTRY);
    expect(config.Cmd).toEqual(['serve']);
    expect(config.Healthcheck.Test.slice(0, 2)).toEqual(['CMD', ENTRY[0]]);
    expect(config.StopSignal).toBe('SIGTERM');
    expect(root('find', files, '(', '-uid', String(USER), '-o', '-perm', '/6002', ')', '-not', '-type', 'l')).toBe('');
  });

  it('has no shell', async () => {
    expect(await run(['/bin/sh', '-c', 'true'])).toMatchObject({ code: 127 });
    const programs = root('find', files, '-type', 'f', '-perm', '/111', '-not', '-name', '*.so*').trim().split('\n');
    const others = programs.map((path) => path.slice(files.length)).filter((path) => !path.startsWith('/opt/fettle/'));
    expect(others).toEqual([ENTRY[0]]);
  });

  it('runs fettle', async () => {
    const { code, said } = await run([...ENTRY, 'version']);
    expect([code, said]).toEqual([0, expect.stringMatching(/^fettle v\d/u)]);
  });

  it('serves from a read-only file system, is healthy, and ends at SIGTERM', async () => {
    const state = stateFolder();
    const child = start([...config.Entrypoint, ...config.Cmd], state);
    const said = outputOf(child);
    const closed = once(child, 'close');
    await expect.poll(said).toMatch(/shop: .* 1 to apply/u);
    const pid = processOfImage(String(child.pid));
    onTestFinished(() => void spawnSync(...rootCommand(['kill', '-KILL', pid])));
    const status = root('cat', `/proc/${pid}/status`);
    expect(status).toMatch(new RegExp(`^Uid:(?:\t${USER}){4}$`, 'mu'));
    expect(status).toMatch(/^NSpid:.*\t1$/mu);
    expect(status).toMatch(/^CapEff:\t0+$/mu);
    expect(status).toMatch(/^NoNewPrivs:\t1$/mu);
    expect(root('cat', `/proc/${pid}/mountinfo`)).toMatch(/ \/ ro[, ]/u);
    const [, ...test] = config.Healthcheck.Test;
    const within = ['nsenter', '--target', pid, '--all', '--root', '--setgid', String(USER), '--setuid', String(USER)];
    expect(root(...within, ...test)).toBe('');
    root('kill', '-TERM', pid);
    expect(await closed).toEqual([0, null]);
    expect(said()).toContain('stopping: running actions finish');
    expect(root('find', state, '-name', '*.ndjson', '-size', '+0')).toContain('/log/');
  });

  it('is not healthy if nothing listens', async () => {
    const [, ...test] = config.Healthcheck.Test;
    expect(await run(test)).toMatchObject({ code: 1 });
  });
});

it('is built of files that the package has', () => {
  const text = readFileSync(join(ROOT, 'packaging/Dockerfile'), 'utf8');
  const sources = [...text.matchAll(/^COPY (.+) \S+$/gmu)].flatMap(([, names = '']) => names.split(' '));
  expect(sources.length).toBeGreaterThan(4);
  expect(sources.filter((name) => !existsSync(join(ROOT, name)))).toEqual([]);
});
