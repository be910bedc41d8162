/** The built command line as a child process, and small projects to run it on. */

import { execFile, execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export const cliFile = join(import.meta.dirname, '../../dist/cli.js');

export interface Ran {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** An environment without the user's own settings. */
export function bareEnvironment(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: process.env['HOME'] ?? '/',
    FETTLE_DISABLE_CI_DETECTION: '1',
    ...more,
  };
}

/** Runs a program to its end, with any result. */
export function run(
  file: string,
  args: readonly string[],
  cwd: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  return new Promise((resolve) => {
    const options = { cwd, env: bareEnvironment(more), maxBuffer: 64 << 20 };
    const child = execFile(file, [...args], options, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, signal: child.signalCode, stdout, stderr }),
    );
    child.stdin?.end();
  });
}

/** The words of a command line; double quotes hold words together. */
export function wordsOf(line: string): readonly string[] {
  return line.match(/"[^"]*"|\S+/gu)?.map((word) => word.replaceAll('"', '')) ?? [];
}

/** Runs `fettle` in a folder. */
export function fettle(folder: string, ...args: readonly string[]): Promise<Ran> {
  return run(process.execPath, [cliFile, ...args], folder);
}

const folders: string[] = [];

/** Creates a folder, which is removed after the tests of the file (`clean-up.ts`). */
export function temporaryFolder(parent = tmpdir()): string {
  const folder = mkdtempSync(join(parent, 'fettle-test-'));
  folders.push(folder);
  return folder;
}

export function removeTemporaryFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** Copies a folder with all modes and times: a store that others can read is rejected. */
export function copyFolder(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  execFileSync('cp', ['-a', `${from}/.`, to]);
}

/** Writes files below a folder, with the folders that they need. */
export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

export const issuerYaml = `apiVersion: certificates/v1
kind: Issuer
metadata: { name: ca }
spec: { localCa: { dir: ../ca, commonName: Test CA } }
`;

/** A Certificate document; `lifecycle` is a flow mapping such as `{ protect: true }`. */
export function certificateYaml(name: string, lifecycle?: string): string {
  return `apiVersion: certificates/v1
kind: Certificate
metadata: { name: ${name} }
${lifecycle === undefined ? '' : `lifecycle: ${lifecycle}\n`}spec:
  issuer: ca
  dnsNames: [${name}.example.test]
  storage: { file: { certificate: ../tls/${name}.crt, key: ../tls/${name}.key } }
`;
}

/** A project with an Issuer and certificates, nothing applied yet. */
export function certificateProject(names: readonly string[]): string {
  const folder = temporaryFolder();
  const documents = Object.fromEntries(names.map((name) => [`desired/${name}.yaml`, certificateYaml(name)]));
  writeFiles(folder, { 'fettle.yaml': 'name: test\nstore: .fettle\n', 'desired/ca.yaml': issuerYaml, ...documents });
  return folder;
}

const LIFETIME_DAYS = 90;

/**
 * Stores a certificate that openssl issued with the project's authority and that expires in `days` days: below 0 it has
 * expired, above 90 it is not yet valid. It is for the existing key, as if time had passed; without one, or with
 * `anew`, for a new key.
 */
export function issueWithOpenssl(folder: string, name: string, days: number, anew = false): void {
  const at = (file: string) => join(folder, file);
  const openssl = (...args: readonly string[]) => execFileSync('openssl', [...args], { stdio: 'pipe' });
  // Issued at a time that leaves exactly these days of its lifetime.
  const shift = days - LIFETIME_DAYS;
  const back = `${shift < 0 ? '-' : '+'}${Math.abs(shift)}d`;
  writeFileSync(at('san.ext'), `subjectAltName=DNS:${name}.example.test\nextendedKeyUsage=serverAuth\n`);
  const key = at(`tls/${name}.key`);
  if (anew || !existsSync(key)) {
    openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', key);
    chmodSync(key, 0o600);
  }
  openssl('req', '-new', '-key', key, '-subj', `/CN=${name}.example.test`, '-out', at('csr.pem'));
  const ca = ['-CA', at('ca/ca.crt'), '-CAkey', at('ca/ca.key'), '-CAcreateserial', '-CAserial', at('serial')];
  const request = ['x509', '-req', '-in', at('csr.pem'), ...ca, '-days', String(LIFETIME_DAYS)];
  execFileSync(
    'faketime',
    ['-f', back, 'openssl', ...request, '-extfile', at('san.ext'), '-out', at(`tls/${name}.crt`)],
    {
      stdio: 'pipe',
    },
  );
  for (const file of ['san.ext', 'csr.pem', 'serial']) rmSync(at(file));
}

/** `count` different items in their order, or all items if there are fewer. */
export function sampleOf<T>(items: readonly T[], size: number, random: () => number): readonly T[] {
  const drawn = items.map((item, at) => ({ item, at, draw: random() })).sort((a, b) => a.draw - b.draw);
  return drawn
    .slice(0, size)
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

/** Waits until a step is about to start: its intent is in the log. */
export async function intentIn(folder: string, step: string): Promise<void> {
  const log = join(folder, '.fettle/log');
  const text = (): string =>
    existsSync(log)
      ? readdirSync(log)
          .map((name) => readFileSync(join(log, name), 'utf8'))
          .join('')
      : '';
  while (
    !text()
      .split('\n')
      .some((line) => line.includes('"kind":"intent"') && line.includes(`"step":"${step}"`))
  )
    await new Promise((resolve) => setTimeout(resolve, 2));
}
