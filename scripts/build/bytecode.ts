/**
 * Runs the commands of a bundle on an example, and keeps V8's bytecode of what ran: `node bytecode.ts DIST`.
 *
 * Bytecode that is taken after a run holds the functions that the run needed; taken right after loading it would hold
 * hardly more than the top level. A failure here costs a few milliseconds later, so it is printed and the build goes on.
 */

import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Output } from '../../src/output.ts';
import type { Main, Shell } from '../../src/shell.ts';
import { bytecodeFile, loadChunk, loadedChunks } from './load-chunk.ts';

/** An example that contacts only port 1 of this machine, where nothing listens. */
const example = `apiVersion: certificates/v1
kind: Issuer
metadata: { name: example }
spec: { localCa: { dir: ./ca, commonName: "Example CA" } }
---
apiVersion: certificates/v1
kind: Certificate
metadata: { name: www }
spec:
  issuer: example
  dnsNames: [www.example.test]
  storage: { file: { certificate: ./tls/www.crt, key: ./tls/www.key } }
---
apiVersion: certificates/v1
kind: Domain
metadata: { name: www }
spec: { host: www.example.test, address: 127.0.0.1, port: 1, certificate: www }
`;

const commandLines = [
  'validate',
  'plan',
  'plan --format json',
  'apply --yes',
  'plan',
  'log list',
  'log verify',
  'state list',
];

const silent: Output = { isTTY: false, columns: () => undefined, write: () => {}, failure: () => undefined };

async function runExample(dist: string, folder: string): Promise<void> {
  writeFileSync(join(folder, 'fettle.yaml'), 'name: example\ndesired: [example.yaml]\nstore: .fettle\n');
  writeFileSync(join(folder, 'example.yaml'), example);
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
  for (const line of commandLines) {
    try {
      await main(line.split(' '), shell);
    } catch (error) {
      process.stderr.write(`bytecode: fettle ${line}: ${String(error)}\n`);
    }
  }
}

function keep(dist: string): void {
  // Chunks that no command loaded: at least their top level.
  for (const chunk of readdirSync(join(dist, 'lib'))) loadChunk(dist, chunk);
  for (const [path, { script }] of loadedChunks) {
    const file = bytecodeFile(dist, basename(path));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, script.createCachedData());
  }
}

const [dist] = process.argv.slice(2);
if (dist === undefined) throw new Error('usage: bytecode.ts DIST');
const folder = mkdtempSync(join(tmpdir(), 'fettle-bytecode-'));
try {
  await runExample(dist, folder);
  keep(dist);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
// An example that left a handle open must not keep the build running.
process.exit();
