/** The bundle: the same from every build, without this machine in it, and with an entry that loads nothing. */

import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir, hostname } from 'node:os';
import { join, relative } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/cli.ts';

const root = join(import.meta.dirname, '../..');
const folder = realpathSync(temporaryFolder());
const first = join(folder, 'first');
/** The set-up of the tests built it of the same sources, at another time and in another folder. */
const second = join(root, 'dist');

function filesOf(dist: string): readonly string[] {
  return readdirSync(dist, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(dist, join(entry.parentPath, entry.name)))
    .toSorted();
}

/** The files of the package. Bytecode depends on the time of V8's garbage collection, and is not part of it. */
function shipped(dist: string): readonly string[] {
  return filesOf(dist).filter((file) => !file.startsWith('cache/'));
}

/** The files under `under` that a command line opens, with the flags of each. */
function opened(argv: readonly string[], under: string): readonly { readonly file: string; readonly flags: string }[] {
  const log = join(folder, 'strace.txt');
  execFileSync('strace', ['-f', '--seccomp-bpf', '-qq', '-e', 'trace=open,openat,openat2', '-o', log, ...argv], {
    stdio: 'pipe',
    cwd: folder,
  });
  return readFileSync(log, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, path, flags] = /"(\/[^"]*)", ([A-Z_|]+).* = \d+$/.exec(line) ?? [];
      return path?.startsWith(`${under}/`) && flags !== undefined ? [{ file: relative(under, path), flags }] : [];
    });
}

beforeAll(() => {
  execFileSync(process.execPath, [join(root, 'scripts/build.ts'), '--out', first], { stdio: 'pipe', cwd: folder });
}, 120_000);

describe('build', () => {
  it('gives the same bytes twice', () => {
    expect(shipped(first)).toEqual(shipped(second));
    expect(shipped(first)).toContain('cli.js');
    for (const file of shipped(first)) {
      expect(readFileSync(join(first, file)).equals(readFileSync(join(second, file))), file).toBe(true);
    }
  });

  it('names nothing of the machine that built it', () => {
    for (const file of shipped(first)) {
      const text = readFileSync(join(first, file), 'utf8');
      for (const name of [root, folder, `${homedir()}/`, hostname().length > 3 ? hostname() : root]) {
        // `../root/` is not a home folder.
        expect(text.replaceAll('../', '').includes(name), `${name} in ${file}`).toBe(false);
      }
    }
  });

  it('makes the entry executable, with a line that finds Node.js', () => {
    expect(statSync(join(first, 'cli.js')).mode & 0o111).toBe(0o111);
    expect(readFileSync(join(first, 'cli.js'), 'utf8').split('\n')[0]).toBe('#!/usr/bin/env node');
  });

  it('has the license of everything that it bundles', () => {
    const licenses = readFileSync(join(first, 'THIRD_PARTY_LICENSES.txt'), 'utf8');
    const code = shipped(first)
      .filter((file) => /\.c?js$/.test(file))
      .map((file) => readFileSync(join(first, file), 'utf8'));
    // The bundler heads each module with its path.
    const packages = new Set(
      code.flatMap((text) =>
        [...text.matchAll(/^\/\/(?:#region)? .*node_modules\/((?:@[^/\n]+\/)?[^/\n]+)\//gm)].map(([, name]) => name),
      ),
    );
    expect(packages.size).toBeGreaterThan(0);
    for (const folder of packages) {
      // A package that is installed under another name has the license of its own name.
      const about = readFileSync(join(root, 'node_modules', String(folder), 'package.json'), 'utf8');
      const { name } = JSON.parse(about) as { readonly name: string };
      expect(licenses).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(`, 'm'));
    }
  });

  it('has bytecode that this Node.js takes', () => {
    const code = `
      const { bytecodeFile, loadChunk, loadedChunks } = await import(${JSON.stringify(join(root, 'scripts/build/load-chunk.ts'))});
      loadChunk(${JSON.stringify(first)}, 'main.cjs');
      console.log(JSON.stringify([...loadedChunks.values()].map(({ script }) => script.cachedDataRejected)));`;
    const said = execFileSync(process.execPath, ['--input-type=module', '--eval', code], { encoding: 'utf8' });
    const rejected = JSON.parse(said) as readonly unknown[];
    expect(rejected.length).toBeGreaterThan(0);
    expect(rejected.every((one) => one === false)).toBe(true);
  });

  it('runs the same without bytecode', () => {
    const bare = join(folder, 'bare');
    cpSync(first, bare, { recursive: true });
    const help = (dist: string): string =>
      execFileSync(process.execPath, [join(dist, 'cli.js'), '--help'], { encoding: 'utf8' });
    const withIt = help(first);
    rmSync(join(bare, 'cache'), { recursive: true });
    expect(help(bare)).toBe(withIt);
    expect(withIt).toContain('plan');
  });
});

describe('fettle version', () => {
  it('reads one file of the bundle', () => {
    const read = opened([process.execPath, join(first, 'cli.js'), 'version'], first);
    // Node.js itself looks for a package.json, to know what kind of module it is.
    const files = new Set(read.map(({ file }) => file).filter((file) => !file.endsWith('package.json')));
    expect([...files]).toEqual(['cli.js']);
  });
});

describe('a plan', () => {
  /** Public modules of Node.js that a program loads and an empty one does not. */
  function builtinsOf(entry: string, ...args: readonly string[]): readonly string[] {
    const list = join(folder, 'list-builtins.cjs');
    writeFileSync(
      list,
      "process.on('exit', () => require('node:fs').writeSync(3, process.moduleLoadList.join('\\n')));",
    );
    const loaded = (argv: readonly string[]): readonly string[] => {
      const ended = spawnSync(process.execPath, ['--require', list, ...argv], {
        stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
        encoding: 'utf8',
      });
      expect(ended.status, ended.stderr).toBe(0);
      return String(ended.output[3]).split('\n');
    };
    const empty = join(folder, 'empty.mjs');
    writeFileSync(empty, '');
    const without = new Set(loaded([empty]));
    return loaded([entry, ...args])
      .filter((name) => !without.has(name) && !/internal\/|^Internal/.test(name))
      .map((name) => name.replace('NativeModule ', ''))
      .toSorted();
  }

  function chunksOf(entry: string, ...args: readonly string[]): readonly string[] {
    const read = opened([process.execPath, entry, ...args], first).map(({ file }) => file);
    return read.filter((file) => file.startsWith('lib/')).toSorted();
  }

  function sizeOf(chunks: readonly string[]): number {
    return chunks.reduce((sum, file) => sum + statSync(join(first, file)).size, 0);
  }

  it('loads one core of limited size, and of Node.js what it uses', () => {
    const project = mkdtempSync(join(folder, 'items-'));
    mkdirSync(join(project, 'desired'));
    writeFileSync(join(project, 'fettle.yaml'), 'name: shop\n');
    writeFileSync(
      join(project, 'desired', 'item.yaml'),
      'apiVersion: bench/v1\nkind: Item\nmetadata: { name: one }\nspec: { size: 1 }\n',
    );
    const plan = [join(first, 'bench/cli.js'), 'plan', '--chdir', project] as const;
    const chunks = chunksOf(...plan);
    expect(chunks).toEqual(['base', 'bench', 'core', 'main', 'rolldown-runtime'].map((name) => `lib/${name}.cjs`));
    expect(sizeOf(chunks)).toBeLessThan(970_000);
    // Digests need `crypto`, which needs streams.
    expect(builtinsOf(...plan)).toEqual(['crypto', 'stream', 'stream/promises', 'string_decoder', 'vm']);
  });

  it('of certificates in files loads no code for HTTP, PostgreSQL, other plugins or threads', () => {
    const project = mkdtempSync(join(folder, 'certificates-'));
    mkdirSync(join(project, 'desired'));
    writeFileSync(join(project, 'fettle.yaml'), 'name: shop\n');
    const storage = '{ file: { certificate: ./tls/www.crt, key: ./tls/www.key } }';
    writeFileSync(
      join(project, 'desired', 'www.yaml'),
      [
        'apiVersion: certificates/v1\nkind: Issuer\nmetadata: { name: ca }\nspec: { localCa: { dir: ./ca, commonName: CA } }\n',
        `apiVersion: certificates/v1\nkind: Certificate\nmetadata: { name: www }\nspec: { issuer: ca, dnsNames: [www.example.test], storage: ${storage} }\n`,
      ].join('---\n'),
    );
    const plan = [join(first, 'cli.js'), 'plan', '--chdir', project] as const;
    const chunks = chunksOf(...plan);
    expect(chunks.length).toBeLessThan(30);
    expect(sizeOf(chunks)).toBeLessThan(1_800_000);
    const heavy = /postgres|connection|sandbox|x509\.cjs|markdown|apply|drift|explain|worker|bench/;
    expect(chunks.filter((file) => heavy.test(file))).toEqual([]);
    const builtins = builtinsOf(...plan);
    for (const name of ['child_process', 'http', 'https', 'perf_hooks', 'readline', 'worker_threads'])
      expect(builtins).not.toContain(name);
  });
});

describe('a thread', () => {
  it('loads nothing of the core', () => {
    for (const file of shipped(first).filter((name) => name.endsWith('-worker.cjs')))
      expect(requiredBy(file)).not.toContain('lib/core.cjs');
  });

  /** Chunks that a chunk loads, directly or not. */
  function requiredBy(entry: string): readonly string[] {
    const found = new Set([entry]);
    for (const file of found)
      for (const [, name = ''] of readFileSync(join(first, file), 'utf8').matchAll(
        /^(?:const \w+ = )?require\("\.\/([^"]+)"\)/gm,
      ))
        found.add(`lib/${name}`);
    return [...found];
  }
});

describe('any command', () => {
  it('opens nothing of the bundle for writing', () => {
    const read = opened([process.execPath, join(first, 'cli.js'), '--help'], first);
    expect(read.length).toBeGreaterThan(1);
    expect(read.filter(({ flags }) => /O_WRONLY|O_RDWR|O_CREAT/.test(flags))).toEqual([]);
  });
});

/** Size of each module in a chunk, in bytes: the bundler heads it with its path. */
function modulesOf(file: string): readonly { readonly path: string; readonly bytes: number }[] {
  const parts = readFileSync(join(first, file), 'utf8').split(/^(?=\/\/ [\w./@-]+\.[cm]?[jt]s$)/m);
  return parts.flatMap((part) => {
    const path = /^\/\/ (\S+)/.exec(part)?.[1];
    return path === undefined ? [] : [{ path, bytes: Buffer.byteLength(part) }];
  });
}

describe('the emulated services of `fettle sandbox`', () => {
  const isEmulator = (path: string): boolean => /^plugins\/\w+\/sandbox[./]/.test(path);

  function emulatorChunks(): readonly string[] {
    return shipped(first).filter(
      (file) => file.endsWith('.cjs') && modulesOf(file).some(({ path }) => isEmulator(path)),
    );
  }

  it('are chunks of their own, and at most 9 % of the code', () => {
    expect(emulatorChunks().length).toBeGreaterThan(1);
    for (const file of emulatorChunks()) expect(modulesOf(file).filter(({ path }) => !isEmulator(path))).toEqual([]);
    const sizeOf = (files: readonly string[]): number =>
      files.reduce((sum, file) => sum + statSync(join(first, file)).size, 0);
    const [own, all] = [sizeOf(emulatorChunks()), sizeOf(shipped(first).filter((file) => file.endsWith('.cjs')))];
    console.log(`emulated services: ${Math.round(own / 1024)} of ${Math.round(all / 1024)} KiB of code`);
    expect(own / all).toBeLessThan(0.09);
  });

  it('are not read by plan and apply', () => {
    const project = mkdtempSync(join(folder, 'project-'));
    const example = {
      apiVersion: 'certificates/v1',
      kind: 'Issuer',
      metadata: { name: 'internal' },
      spec: { localCa: { dir: '../ca', commonName: 'CA' } },
    };
    mkdirSync(join(project, 'desired'));
    writeFileSync(join(project, 'fettle.yaml'), 'name: shop\n');
    writeFileSync(join(project, 'desired', 'issuer.yaml'), JSON.stringify(example));
    const readBy = (...args: readonly string[]): readonly string[] =>
      opened([process.execPath, join(first, 'cli.js'), ...args, '--chdir', project], first).map(({ file }) => file);
    const read = [...readBy('plan'), ...readBy('apply', '--yes')];
    expect(read.filter((file) => /x509|plugin/.test(file)).length).toBeGreaterThan(0);
    for (const file of emulatorChunks()) expect(read).not.toContain(file);
  });
});
