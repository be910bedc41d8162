/**
 * Generates the JavaScript that is not in git, and bundles the CLI into `dist/`, which runs without node_modules.
 *
 * | File | Content |
 * |---|---|
 * | `cli.js` | the entry, an ES module without static imports; answers `version`, loads the rest |
 * | `lib/core.cjs` | everything that `plan` loads, as one chunk; other commands take it from there too |
 * | `lib/base.cjs` | the part of that which threads load as well |
 * | `lib/*.cjs` | CommonJS chunks: one for each command, plugin and heavy library that stands behind an `import()` |
 * | `api/` | ES modules: what other packages import of fettle, and `fettle-spec` |
 * | `types/` | their declarations |
 * | `bench/` | the same entry with the plugins of the benchmark; not in the package |
 * | `torture/` | the same entry with the plugin of the tortured runs; not in the package |
 * | `cache/<Node.js>/` | V8 bytecode of the chunks, for this machine; not in the package, and not the same in each build |
 * | `THIRD_PARTY_LICENSES.txt` | the licenses of the bundled packages |
 *
 * The bundle is built in another folder and then moved into place: a `dist/cli.js` that runs meanwhile is the old one or the
 * new one.
 *
 * `--out DIR` builds into another folder, and leaves `dist/` and the command's link alone.
 */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import {
  type ChunkingContext,
  type CodeSplittingNameFunction,
  type OutputChunk,
  type Plugin,
  rolldown,
} from 'rolldown';
import { generate } from '../src/codegen/generate.ts';
import { thirdPartyLicenses } from './build/licenses.ts';

const root = join(import.meta.dirname, '..');

/** Chunks behind `import()` of an entry, by source file. */
const chunks: Readonly<Record<string, string>> = {
  'src/commands/main.ts': 'main.cjs',
  'src/store/heartbeat-worker.ts': 'heartbeat-worker.cjs',
  'plugins/certificates/live/probe-worker.ts': 'probe-worker.cjs',
  'scripts/bench/plugin.ts': 'bench.cjs',
  'test/torture/effects-plugin.ts': 'effects.cjs',
};

/** Everything that these modules import statically is one chunk: a file that is opened costs more than its code. */
const core: readonly string[] = ['src/commands/main.ts', 'src/commands/plan.ts'];

/** The same for the modules of one plugin, by the name of their chunk. */
const pluginChunks: Readonly<Record<string, { readonly folder: string; readonly entries: readonly string[] }>> = {
  certificates: { folder: 'plugins/certificates', entries: ['plugins/certificates/plugin.ts'] },
  'certificates-refresh': {
    folder: 'plugins/certificates',
    entries: ['plugins/certificates/observe.ts', 'plugins/certificates/live/reader.ts'],
  },
};

/** Entries of threads, which load nothing of the core that they do not use. */
const threads: readonly string[] = ['src/store/heartbeat-worker.ts', 'plugins/certificates/live/probe-worker.ts'];

/** Source by file in dist. */
const entries: Readonly<Record<string, string>> = {
  'cli.js': 'src/cli.ts',
  'bench/cli.js': 'scripts/bench/cli.ts',
  'torture/cli.js': 'test/torture/cli.ts',
  'bench/parse.js': 'scripts/bench/parse.ts',
  'bench/append.js': 'scripts/bench/append.ts',
  'bench/deposit.js': 'scripts/bench/deposit.ts',
  'bench/bare-intake.js': 'scripts/bench/bare-intake.ts',
  'bench/intake-server.js': 'scripts/bench/intake-server.ts',
  'bench/fill-log.js': 'scripts/bench/fill-log.ts',
  'bench/judge.js': 'scripts/bench/judge.ts',
  'bench/replay.js': 'scripts/bench/replay.ts',
  'bench/cloud.js': 'scripts/bench/cloud.ts',
  'bench/list.js': 'scripts/bench/list.ts',
  'bench/cluster.js': 'scripts/bench/cluster.ts',
  'bench/dry-runs.js': 'scripts/bench/dry-runs.ts',
  'bench/switch.js': 'scripts/bench/switch.ts',
  'bench/portsync-memory.js': 'scripts/bench/portsync-memory.ts',
  'bench/ports.js': 'scripts/bench/ports.ts',
  'bench/acme-authority.js': 'scripts/bench/acme-authority.ts',
  'bench/acme-issue.js': 'scripts/bench/acme-issue.ts',
};

/** Modules that other packages import, and `fettle-spec`, by their names in `api/`. */
const apiModules: Readonly<Record<string, string>> = {
  plugin: 'src/plugin/index.ts',
  http: 'src/plugin/http.ts',
  net: 'src/plugin/net.ts',
  files: 'src/plugin/files.ts',
  deadline: 'src/plugin/deadline.ts',
  limit: 'src/plugin/limit.ts',
  windows: 'src/plugin/windows.ts',
  conformance: 'src/conformance/plugin.ts',
  spec: 'src/codegen/spec-command.ts',
};

const minify = { compress: false, mangle: false, codegen: { removeWhitespace: false, asciiOnly: true } } as const;

async function build(out: string | undefined): Promise<void> {
  const { problems } = generate(root, { write: 'code' });
  if (problems.length > 0)
    throw new Error(problems.map(({ file, line, message }) => `${file}:${line}: ${message}`).join('\n'));
  const made =
    out === undefined ? join(root, 'node_modules', '.fettle', `build-${process.pid}`) : `${out}.${process.pid}`;
  try {
    const modules = await bundleInto(made);
    writeFileSync(join(made, 'THIRD_PARTY_LICENSES.txt'), thirdPartyLicenses(modules));
    execFileSync(process.execPath, [join(root, 'scripts/build/bytecode.ts'), made], { stdio: 'inherit' });
    putInPlace(made, out ?? join(root, 'dist'));
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
  if (out === undefined) linkCommand();
}

/** Writes all code and returns the paths of every bundled module. */
async function bundleInto(made: string): Promise<readonly string[]> {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly version: string };
  const define = { FETTLE_VERSION: JSON.stringify(version), FETTLE_READER: JSON.stringify(readerDigest()) };
  mkdirSync(made, { recursive: true });
  const lib = await bundle({
    input: Object.fromEntries(
      Object.entries(chunks).map(([file, name]) => [name.replace('.cjs', ''), join(root, file)]),
    ),
    define,
    target: 'node24',
    alias: yamlModules,
    plugins: [leanCommander],
    output: {
      dir: join(made, 'lib'),
      format: 'cjs',
      entryFileNames: '[name].cjs',
      chunkFileNames: '[name].cjs',
      codeSplitting: { groups: [{ debugName: 'core', name: coreChunks() }] },
    },
  });
  const modules = lib.flatMap((chunk) => chunk.moduleIds);
  for (const [file, source] of Object.entries(entries)) {
    const [entry] = await bundle({
      input: join(root, source),
      define,
      target: file === 'cli.js' ? 'es2020' : 'node24',
      plugins: [chunkImports(lib, file)],
      output: { file: join(made, file), format: 'esm', codeSplitting: false },
    });
    if (entry === undefined) throw new Error(`${source} gave no chunk`);
    // The lists of imports that come with the chunk also name what was dropped from it.
    if (file === 'cli.js' && /^import\b|\bimport\(/m.test(entry.code))
      throw new Error('dist/cli.js must import nothing');
    modules.push(...entry.moduleIds);
  }
  const api = await bundle({
    input: Object.fromEntries(Object.entries(apiModules).map(([name, file]) => [name, join(root, file)])),
    define,
    target: 'node24',
    plugins: [],
    output: { dir: join(made, 'api'), format: 'esm', entryFileNames: '[name].js', chunkFileNames: '[name].js' },
  });
  modules.push(...api.flatMap((chunk) => chunk.moduleIds));
  writeTypes(join(made, 'types'));
  for (const command of ['cli.js', 'api/spec.js']) chmodSync(join(made, command), 0o755);
  return modules;
}

/** Names the chunk of a module that is part of the core, or of what a plan loads of a plugin. */
function coreChunks(): CodeSplittingNameFunction {
  const reached = new Map<readonly string[], ReadonlySet<string>>();
  const reach = (entries: readonly string[], graph: ChunkingContext): ReadonlySet<string> => {
    const known = reached.get(entries);
    if (known !== undefined) return known;
    const found = new Set(entries.map((file) => join(root, file)));
    for (const id of found) for (const next of graph.getModuleInfo(id)?.importedIds ?? []) found.add(next);
    reached.set(entries, found);
    return found;
  };
  return (id, graph) => {
    const isOfThreads = reach(threads, graph).has(id);
    if (reach(core, graph).has(id)) return isOfThreads ? 'base' : 'core';
    const [name] =
      Object.entries(pluginChunks).find(
        ([, { folder, entries }]) => id.startsWith(join(root, folder, '/')) && reach(entries, graph).has(id),
      ) ?? [];
    if (name === undefined) return null;
    return isOfThreads ? `${name}-base` : name;
  };
}

/** Digest of everything that decides what the text of a document is read as: what was read by another reader is read again. */
function readerDigest(): string {
  const folder = 'src/engine/load';
  const own = readdirSync(join(root, folder))
    .sort()
    .map((name) => `${folder}/${name}`);
  const digest = createHash('sha256');
  for (const path of ['node_modules/yaml/package.json', 'src/plugin/printable.ts', ...own])
    digest.update(readFileSync(join(root, path)));
  return digest.digest('hex');
}

/** Declarations of what other packages import; they name each other by paths, as those packages know no `#plugin`. */
function writeTypes(types: string): void {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const options = [
    '--noEmit',
    'false',
    '--declaration',
    '--emitDeclarationOnly',
    '--rootDir',
    'src',
    '--outDir',
    types,
  ];
  execFileSync(process.execPath, [compiler, '-p', join(root, 'scripts/build/types.json'), ...options], {
    cwd: root,
    stdio: 'inherit',
  });
  for (const name of readdirSync(types, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.d.ts')) continue;
    const up = relative(dirname(name), '.') || '.';
    const text = readFileSync(join(types, name), 'utf8')
      .replaceAll(
        /(from |import\()(['"])#plugin(?:\/([a-z-]+))?\2/gu,
        (_all, word: string, quote: string, part = 'index') => `${word}${quote}${up}/plugin/${part}.js${quote}`,
      )
      .replaceAll(/(from |import\()(['"]\.[^'"]*)\.ts(['"])/gu, '$1$2.js$3');
    writeFileSync(join(types, name), text);
  }
}

/**
 * Modules of Node.js as commander gets them. Its subcommands can be programs and files, and those of fettle are not: what
 * starts them is left out. The others are passed as they are; the bundler's wrapper copies every export at each start.
 */
const commanderBuiltins: Readonly<Record<string, string>> = {
  'node:child_process': 'undefined',
  'node:fs': 'undefined',
  'node:path': "process.getBuiltinModule('node:path')",
  'node:process': 'process',
};

const leanCommander: Plugin = {
  name: 'lean-commander',
  resolveId: (source, importer) =>
    source in commanderBuiltins && importer?.includes('/node_modules/commander/') === true
      ? `\0commander:${source}`
      : undefined,
  load: (id) => {
    const value = id.startsWith('\0commander:') ? commanderBuiltins[id.slice('\0commander:'.length)] : undefined;
    return value === undefined ? undefined : `export default ${value};`;
  },
  transform: (code, id) => {
    if (!id.endsWith('/commander/lib/option.js')) return undefined;
    // The names of our values are ASCII, and all letters of Unicode take two milliseconds of each start.
    const lean = code.replace('\\p{ID_Continue}', '\\w');
    if (lean === code) throw new Error('commander/lib/option.js no longer tests for \\p{ID_Continue}');
    return { code: lean };
  },
};

/** The same code of yaml as ES modules: the bundler keeps what is used. */
const yamlModules = { yaml: join(root, 'node_modules/yaml/browser/dist/index.js') };

interface Job {
  readonly input: string | Readonly<Record<string, string>>;
  readonly define: Record<string, string>;
  readonly target: string;
  readonly alias?: Record<string, string>;
  readonly plugins: Plugin[];
  readonly output: object;
}

async function bundle(job: Job): Promise<readonly OutputChunk[]> {
  const made = await rolldown({
    input: job.input,
    cwd: root,
    platform: 'node',
    plugins: job.plugins,
    ...(job.alias === undefined ? {} : { resolve: { alias: job.alias } }),
    transform: { define: job.define, target: job.target },
    // An unresolved name would fail on a user's machine, not here.
    onLog: (_level, log) => {
      throw new Error(`rolldown: ${log.code ?? ''} ${log.message}`);
    },
  });
  try {
    const { output } = await made.write({ ...job.output, minify, comments: false });
    return output.filter((item) => item.type === 'chunk');
  } finally {
    await made.close();
  }
}

/** Lets `import()` of a file that has a chunk of its own go through the chunk loader, and not through Node.js. */
function chunkImports(lib: readonly OutputChunk[], file: string): Plugin {
  const loader = JSON.stringify(join(root, 'scripts/build/load-chunk.ts'));
  const up = relative(dirname(file), '.') || '.';
  const prefix = '\0chunk:';
  return {
    name: 'chunk-imports',
    async resolveId(source, importer, options) {
      if (options.kind !== 'dynamic-import') return undefined;
      const resolved = await this.resolve(source, importer, { skipSelf: true });
      const name = resolved && chunks[relative(root, resolved.id)];
      return name ? `${prefix}${name}.js` : undefined;
    },
    load(id) {
      if (!id.startsWith(prefix)) return undefined;
      const name = id.slice(prefix.length, -'.js'.length);
      const exported = lib.find((chunk) => chunk.fileName === name)?.exports ?? [];
      const code = [
        `import { loadChunk } from ${loader};`,
        `const chunk = loadChunk(import.meta.dirname + '/${up}', ${JSON.stringify(name)});`,
        ...exported.map((key) => `export const ${key} = chunk.${key};`),
      ];
      return { code: code.join('\n'), moduleType: 'js' };
    },
  };
}

function putInPlace(made: string, place: string): void {
  const old = `${made}-old`;
  for (let attempt = 1; ; attempt += 1) {
    try {
      if (existsSync(place)) renameSync(place, old);
      renameSync(made, place);
      break;
    } catch (error) {
      // Another build finished in the meantime.
      if (attempt === 5) throw error;
      rmSync(old, { recursive: true, force: true });
    }
  }
  rmSync(old, { recursive: true, force: true });
}

/** Lets npm scripts of the checkout call `fettle`: npm links a package's commands only where it is installed. */
function linkCommand(): void {
  const link = join(root, 'node_modules', '.bin', 'fettle');
  mkdirSync(dirname(link), { recursive: true });
  rmSync(link, { force: true });
  symlinkSync('../../dist/cli.js', link);
}

const { values } = parseArgs({ options: { out: { type: 'string' } } });
await build(values.out === undefined ? undefined : resolve(values.out));
