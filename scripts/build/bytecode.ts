/**
 * Runs the commands of a bundle on an example, and keeps V8's bytecode of what ran: `node bytecode.ts DIST`.
 *
 * Bytecode that is taken after a run holds the functions that the run needed; taken right after loading it would hold
 * hardly more than the top level.
 */

import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Output } from '../../src/output.ts';
import type { Main, Shell } from '../../src/shell.ts';
import { bytecodeFile, loadChunk, loadedChunks } from './load-chunk.ts';

const [dist] = process.argv.slice(2);
if (dist === undefined) throw new Error('usage: bytecode.ts DIST');

const silent: Output = { isTTY: false, columns: () => undefined, write: () => {}, failure: () => undefined };
const folder = mkdtempSync(join(tmpdir(), 'fettle-bytecode-'));
try {
  const shell: Shell = {
    stdout: silent,
    stderr: silent,
    stdin: () => process.stdin,
    env: {},
    cwd: () => folder,
    now: () => Date.now(),
    onSignal: () => () => {},
    exit: (code) => process.exit(code),
  };
  const main = loadChunk(dist, 'main.cjs')['main'] as Main;
  // Their results do not matter here, only that they ran: the tests are elsewhere.
  for (const line of [
    'validate',
    'plan',
    'plan --format json',
    'apply --yes',
    'plan',
    'log list',
    'log verify',
    'state list',
  ]) {
    await main(line.split(' '), shell);
  }
  // What no command has loaded: at least its top level.
  for (const chunk of readdirSync(join(dist, 'lib'))) loadChunk(dist, chunk);
  for (const [path, { script }] of loadedChunks) {
    const file = bytecodeFile(dist, basename(path));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, script.createCachedData());
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit();
