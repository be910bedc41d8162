/** A store on files in its own folder, for the tests: opened, damaged, copied and killed. */

import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openFileStore } from '../../src/store/files/file-store.ts';
import type { Head, Store } from '../../src/store/store.ts';
import type { StoreBench } from './conformance.ts';

export interface FileBench extends StoreBench {
  tear(): Promise<void>;
  /** The store's folder. */
  readonly folder: string;
  /** Paths of the segments, in order. */
  segments(): readonly string[];
}

export const WRITER = fileURLToPath(new URL('fixtures/writer.ts', import.meta.url));

export function openAt(folder: string, actor = 'me', now: () => number = Date.now, project = 'shop'): Store {
  return openFileStore({ folder, project, actor, now, randomId: randomUUID });
}

export function segmentsOf(folder: string): readonly string[] {
  return readdirSync(join(folder, 'log'))
    .sort()
    .map((name) => join(folder, 'log', name));
}

/** Collects the output of a child; resolves at a line `ready`, or at its end. */
function listen(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes('ready\n')) resolve(text);
    });
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`the child ended with ${code}: ${text}`)));
  });
}

/** Runs the writer until it holds the lock and has appended, and kills it. */
async function holdAndDie(folder: string): Promise<Head> {
  const child = spawn(process.execPath, [WRITER, folder, 'hold'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const text = await listen(child);
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGKILL');
  await ended;
  const [seq, hash] = text.trim().split('\n').at(-2)?.split(' ') ?? [];
  return { seq: Number(seq), hash: hash ?? '' };
}

async function wait(folder: string): Promise<() => Promise<void>> {
  const child = spawn(process.execPath, [WRITER, folder, 'wait'], { stdio: ['ignore', 'pipe', 'inherit'] });
  await listen(child);
  return async () => {
    const ended = once(child, 'close');
    child.kill('SIGKILL');
    await ended;
  };
}

function spoil(folder: string, seq: number): void {
  for (const path of segmentsOf(folder)) {
    const bytes = readFileSync(path);
    const at = bytes.indexOf(`{"seq":${seq},`);
    if (at < 0) continue;
    const body = bytes.indexOf('"run":"', at) + '"run":"'.length;
    bytes[body] = (bytes[body] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    return;
  }
  throw new Error(`no record ${seq}`);
}

export async function fileBench(): Promise<FileBench> {
  const root = mkdtempSync(join(tmpdir(), 'fettle-store-'));
  const folder = join(root, '.fettle');
  return {
    folder,
    segments: () => segmentsOf(folder),
    open: (actor, now) => openAt(folder, actor, now),
    openFor: (project) => openAt(folder, 'me', Date.now, project),
    die: () => holdAndDie(folder),
    wait: () => wait(folder),
    declareDead: async () => {
      const name = readdirSync(folder).find((one) => one.startsWith('lock-')) ?? 'no lock';
      const holder = JSON.parse(readFileSync(join(folder, name), 'utf8')) as object;
      // This process id, with an earlier start time.
      writeFileSync(join(folder, name), `${JSON.stringify({ ...holder, pidStart: '1' })}\n`);
    },
    tear: async () => {
      const last = segmentsOf(folder).at(-1) ?? '';
      const lines = readFileSync(last, 'utf8').trimEnd().split('\n');
      const seq = (JSON.parse(lines.at(-1) ?? '') as Head).seq + 1;
      appendFileSync(
        last,
        `{"seq":${seq},"time":"2026-11-20T12:00:00.000Z","actor":"me","kind":"end","body":{"run":"r`,
      );
    },
    spoil: async (seq) => spoil(folder, seq),
    remove: async () => rmSync(root, { recursive: true, force: true }),
  };
}
