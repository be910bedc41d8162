/**
 * A project of certificates with a clock that the test controls: every command runs in full, on files and a log of its
 * own.
 */

import {
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { X509Certificate, createPrivateKey } from 'node:crypto';
import { expect } from 'vitest';
import { keyPem, makeKeys, makeLeaf } from '../../../plugins/certificates/live/x509-make.ts';
import { type LogRecord, type MemoryBody, memoryOf, type Move } from '../../../src/formats/log-record.ts';
import type { Memory } from '#plugin';
import { type Done, fettle } from '../../support/command-line.ts';
import { DAY } from './support.ts';
import { temporaryFolder } from '../../support/cli.ts';

export const START = Date.parse('2026-01-10T12:00:00Z');

export interface Project {
  readonly folder: string;
  /** In epoch ms. */
  readonly clock: { at: number };
  /** Runs a command line, and checks its exit code. */
  readonly run: (line: string, exit?: number) => Promise<Done>;
  readonly write: (path: string, text: string) => void;
  /** The state of a Certificate. */
  readonly memory: (name?: string) => Promise<Memory>;
  readonly records: () => readonly LogRecord[];
}

export const ISSUER = `apiVersion: certificates/v1
kind: Issuer
metadata: { name: ca }
spec: { localCa: { dir: ca, commonName: Test CA } }
`;

/** A Certificate; `more` is the rest of its spec, as lines of YAML. */
export function certificateText(name: string, more = ''): string {
  const lines = more === '' ? '' : `${more.replaceAll(/^/gmu, '  ')}\n`;
  return `apiVersion: certificates/v1
kind: Certificate
metadata: { name: ${name} }
spec:
  issuer: ca
  dnsNames: [${name}.example.test]
  storage: { file: { certificate: tls/${name}.crt, key: tls/${name}.key } }
${lines}`;
}

/** A project in which no step waits for another certificate: `www` alone, in a file of its own. */
export function projectOf(documents: Readonly<Record<string, string>>, config = ''): Project {
  const folder = temporaryFolder();
  const clock = { at: START };
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  write('fettle.yaml', `name: test\nstore: .fettle\ndesired: ['*.yaml']\n${config}`);
  for (const [path, text] of Object.entries(documents)) write(path, text);
  const run = async (line: string, exit = 0): Promise<Done> => {
    const done = await fettle(folder, line, { now: () => clock.at });
    expect([line, done.code, done.code === exit ? '' : done.stdout + done.stderr]).toEqual([line, exit, '']);
    return done;
  };
  return {
    folder,
    clock,
    run,
    write,
    memory: async (name = 'www') => {
      const { stdout } = await run(`state show certificates/Certificate/${name} --format json`);
      return memoryOf(JSON.parse(stdout) as MemoryBody);
    },
    records: () =>
      logFiles(folder).flatMap((file) =>
        readFileSync(file, 'utf8')
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => JSON.parse(line) as LogRecord),
      ),
  };
}

function logFiles(folder: string): readonly string[] {
  const log = join(folder, '.fettle/log');
  return readdirSync(log)
    .filter((name) => name.endsWith('.ndjson'))
    .sort()
    .map((name) => join(log, name));
}

/** A project with one certificate, issued at START for 90 days. */
export async function issued(more = ''): Promise<Project> {
  const project = projectOf({ 'ca.yaml': ISSUER, 'www.yaml': certificateText('www', more) });
  await project.run('apply --yes');
  return project;
}

/** Moves the clock to `days` days after START. */
export function after(project: Project, days: number): void {
  project.clock.at = START + days * DAY;
}

function movesOf(record: LogRecord, name: string): readonly Move[] {
  if (record.kind === 'seen')
    return record.body.resources.filter(({ ref }) => ref.name === name).flatMap((seen) => seen.moves ?? []);
  return record.kind === 'outcome' && record.body.ref.name === name ? (record.body.moves ?? []) : [];
}

/** Every move of a Certificate in the log, in its order: `normal>expiring_soon check`. */
export function movesIn(project: Project, name = 'www'): readonly string[] {
  return project
    .records()
    .flatMap((record) => movesOf(record, name))
    .map(({ from, to, trigger, unlisted }) => `${from}>${to} ${unlisted === true ? 'UNLISTED' : trigger}`);
}

/** Makes every swap of a pair fail before it changes a file, until the returned function is called. */
export function inTheWay(project: Project, name = 'www'): () => void {
  const path = join(project.folder, `tls/${name}.key.pending`);
  mkdirSync(join(path, 'x'), { recursive: true });
  return () => rmSync(path, { recursive: true });
}

/** Stores a pair of the project's authority from outside, issued this number of days ago for a number of days. */
export async function placePair(project: Project, ago: number, days: number, name = 'www'): Promise<void> {
  const at = (path: string): string => join(project.folder, path);
  const keys = await makeKeys('ecdsa-p256');
  const authority = readFileSync(at('ca/ca.crt'), 'utf8');
  const leaf = await makeLeaf({
    dnsNames: [`${name}.example.test`],
    validityDays: days,
    keys,
    signer: { certificate: new X509Certificate(authority), key: createPrivateKey(readFileSync(at('ca/ca.key'))) },
    now: project.clock.at - ago * DAY,
  });
  writeFileSync(at(`tls/${name}.crt`), leaf.toString() + authority);
  writeFileSync(at(`tls/${name}.key`), keyPem(keys.privateKey), { mode: 0o600 });
}

/**
 * Runs `apply` to its end, and turns it into one that was killed after it recorded the intent of a step: the log ends
 * there, and the files are as before. `leftovers` changes them to its remains.
 */
export async function interrupted(project: Project, step: string, leftovers?: () => void, exit = 0): Promise<void> {
  const at = (path: string): string => join(project.folder, path);
  cpSync(at('tls'), at('tls.before'), { recursive: true });
  await project.run('apply --yes', exit);
  copyFileSync(at('tls/www.crt'), at('new.crt'));
  copyFileSync(at('tls/www.key'), at('new.key'));
  rmSync(at('tls'), { recursive: true });
  cpSync(at('tls.before'), at('tls'), { recursive: true });
  rmSync(at('tls.before'), { recursive: true });
  const newest = logFiles(project.folder).at(-1) ?? '';
  const text = readFileSync(newest, 'utf8');
  const intent = text.lastIndexOf('"kind":"intent"');
  const end = text.indexOf('\n', intent) + 1;
  expect(text.slice(intent, end)).toContain(`"step":"${step}"`);
  truncateSync(newest, Buffer.byteLength(text.slice(0, end)));
  leftovers?.();
}
