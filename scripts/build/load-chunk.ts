/**
 * Loads the CommonJS chunks of the bundle, with their bytecode from the build.
 *
 * The loader is part of `dist/cli.js` and replaces `import()` there. Bytecode halves the time to a plan; Node.js's own
 * compile cache gains less (it holds no function that ran later than at load) and is written by every command, while
 * `plan` has to leave no trace anywhere. So this one is made once, by the build, and only ever read.
 *
 * | Bytecode | Effect |
 * |---|---|
 * | made by this Node.js for this chunk | functions that commands run are available without parsing |
 * | of another V8 or other flags | V8 refuses it (`cachedDataRejected`), and compiles the source |
 * | missing | the source is compiled |
 *
 * V8 checks that a cache fits the *length* of its source alone: chunks are never edited in place, a build replaces
 * both together.
 */

import type { Script } from 'node:vm';

export type Chunk = Readonly<Record<string, unknown>>;

interface Loaded {
  readonly module: { exports: Chunk };
  readonly script: Script;
}

/** Chunks that this process has loaded, by path: the entries of one bundle share their chunks. */
export const loadedChunks = new Map<string, Loaded>();

/** Modules of Node.js that take their time to load: a command pays for those that it uses. Chunks use their exports by name. */
const onDemand: ReadonlySet<string> = new Set([
  'node:crypto',
  'node:dns',
  'node:dns/promises',
  'node:fs/promises',
  'node:http',
  'node:https',
  'node:net',
  'node:os',
  'node:timers/promises',
  'node:tls',
  'node:worker_threads',
  'node:zlib',
]);

function builtinModule(id: string, chunk: string): object {
  const found: object | undefined = process.getBuiltinModule(id);
  if (found === undefined) throw new Error(`${chunk} needs ${id}, which is not a module of Node.js`);
  return found;
}

/** Stands for a module until one of its exports is used. */
function lazily(load: () => object): object {
  let loaded: object | undefined;
  return new Proxy({}, { get: (_, name): unknown => Reflect.get((loaded ??= load()), name) });
}

/** The file with the bytecode of a chunk, for this Node.js. */
export function bytecodeFile(root: string, chunk: string): string {
  const path = process.getBuiltinModule('node:path');
  return path.join(root, 'cache', `${process.version}-${process.platform}-${process.arch}`, `${chunk}.bin`);
}

const opening = Buffer.from('(function (exports, require, module, __filename, __dirname) {');
const closing = Buffer.from('\n})');

/** Returns the exports of `lib/<chunk>` under `root`. */
export function loadChunk(root: string, chunk: string): Chunk {
  const { readFileSync } = process.getBuiltinModule('node:fs');
  const path = process.getBuiltinModule('node:path');
  const { Script, constants } = process.getBuiltinModule('node:vm');
  const file = path.join(root, 'lib', chunk);
  const known = loadedChunks.get(file);
  if (known !== undefined) return known.module.exports;

  const cachedData = bytecode();
  // Chunks are ASCII. A source that is put together as bytes is copied once; V8 would flatten a template on top of that.
  const source = Buffer.concat([opening, readFileSync(file), closing]).toString('latin1');
  const script = new Script(source, {
    filename: file,
    ...(cachedData === undefined ? {} : { cachedData }),
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  const module = { exports: {} };
  loadedChunks.set(file, { module, script });
  script.runInThisContext()(module.exports, need, module, file, path.dirname(file));
  return module.exports;

  function need(id: string): unknown {
    if (id.startsWith('./')) return loadChunk(root, id.slice('./'.length));
    return onDemand.has(id) ? lazily(() => builtinModule(id, chunk)) : builtinModule(id, chunk);
  }

  function bytecode(): Buffer | undefined {
    try {
      return readFileSync(bytecodeFile(root, chunk));
    } catch {
      return undefined;
    }
  }
}
