/**
 * The log as evidence: fettle and an independent verifier find deleted, edited, moved, inserted, cut or forked records;
 * and no handler runs without a durable intent.
 */

import { everyPlace } from '../support/places.ts';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { apply } from '../../src/engine/apply.ts';
import type { Draft, LogRecord } from '../../src/formats/log-record.ts';
import { reconcile } from '../../src/engine/reconcile.ts';
import { copyFolder } from '../support/cli.ts';
import { randomFrom } from '../support/seed.ts';
import { safety, toyLog, toyPlugin, toyWorld, wanted } from '../support/toy.ts';
import { effectsProject, fettleIn, manyItems, must, openLogOf, writeItems } from './effects-project.ts';
import type { RoundInput, Torture } from './torture.ts';

const VERIFIER = join(import.meta.dirname, 'verify_log.py');
const TAMPERINGS = 12;

/** The other verifier's finding; undefined if it finds nothing. */
function otherSays(folder: string): string | undefined {
  try {
    execFileSync('python3', [VERIFIER, join(folder, '.fettle')], { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    const { stdout, stderr } = error as { readonly stdout: Buffer; readonly stderr: Buffer };
    return `${stdout.toString()}${stderr.toString()}`;
  }
}

async function history(folder: string): Promise<void> {
  effectsProject(folder, manyItems(6));
  const env = { EFFECTS_DELAY_MS: '0' };
  for (let value = 1; value <= 3; value += 1) {
    writeItems(folder, manyItems(6, value));
    const ran = await fettleIn(folder, ['apply', '--yes'], env);
    must(ran.code === 0, `apply exits ${ran.code}: ${ran.stderr}`, folder);
    if (value < 3) await fettleIn(folder, ['log', 'prune', '--keep', '3', '--yes'], env);
  }
}

function hashed(line: string): string {
  const at = line.lastIndexOf(',"hash":"');
  return `${line.slice(0, at)},"hash":"${createHash('sha256').update(line.slice(0, at)).digest('hex')}"}`;
}

type Tampering = (lines: string[], at: number, random: () => number) => string;

/** Each changes the lines of one segment in place, and describes the change. None changes the very last record. */
const TAMPERINGS_BY_KIND: readonly Tampering[] = [
  (lines, at) => {
    lines.splice(at, 1);
    return 'deleted';
  },
  (lines, at) => {
    lines[at] = (lines[at] ?? '').replace('"actor":"', '"actor":"x');
    return 'edited';
  },
  (lines, at) => {
    // With a matching new hash: the next record reveals the change.
    lines[at] = hashed((lines[at] ?? '').replace('"actor":"', '"actor":"x'));
    return 'forged';
  },
  (lines, at) => {
    const [one = '', two = ''] = [lines[at], lines[at + 1]];
    lines[at] = two;
    lines[at + 1] = one;
    return 'swapped';
  },
  (lines, at) => {
    lines.splice(at, 0, lines[at] ?? '');
    return 'inserted';
  },
  (lines, at) => {
    lines[at] = (lines[at] ?? '').slice(0, -7);
    return 'cut';
  },
  (lines, at) => {
    lines[at] = '';
    return 'blanked';
  },
];

async function tamper(original: string, folder: string, random: () => number): Promise<string> {
  copyFolder(original, folder);
  const log = join(folder, '.fettle/log');
  const names = readdirSync(log).sort();
  const name = names[Math.floor(random() * names.length)] ?? '';
  const lines = readFileSync(join(log, name), 'utf8').split('\n').slice(0, -1);
  const at = Math.floor(random() * Math.max(1, lines.length - 2));
  const how = TAMPERINGS_BY_KIND[Math.floor(random() * TAMPERINGS_BY_KIND.length)];
  const what = how?.(lines, at, random) ?? '';
  writeFileSync(join(log, name), `${lines.join('\n')}\n`);
  const where = `${what} at line ${at + 1} of ${name}`;
  const store = await openLogOf(folder);
  const report = await store.verify();
  await store.close();
  must(report.status === 'damaged', `not found: ${where}`, folder);
  must(
    report.damage.some(({ message }) => /\d/u.test(message)),
    `found without its place: ${where}`,
    folder,
  );
  must(otherSays(folder) !== undefined, `the other verifier does not find: ${where}`, folder);
  return what;
}

/** Appends that fail at the nth call: every handler that ran has its intent among the records that were taken. */
async function withoutRecord(failing: number): Promise<number> {
  const world = toyWorld({ x: 2 });
  const log = toyLog();
  let calls = 0;
  const record = async (drafts: readonly Draft[]): Promise<readonly LogRecord[]> => {
    calls += 1;
    if (calls === failing) throw new Error('the disk is full');
    if (calls > failing) throw new Error('the handle is poisoned');
    return log.record(drafts);
  };
  const plugins = new Map([['toy', toyPlugin]]);
  const signal = new AbortController().signal;
  const open = async () => world;
  const common = { plugins, recall: log.recall, record, run: 'run', now: Date.now, abort: signal };
  const documents = ['a', 'b', 'c', 'd', 'e', 'f', 'x'].map((name) => wanted(name, 4));
  try {
    const reconciled = await reconcile({
      places: everyPlace,
      ...common,
      project: 't',
      version: '0',
      documents,
      reader: open,
      safety,
    });
    await apply({
      ...reconciled,
      ...common,
      look: { plugins, reader: open, desired: reconciled.desired, recall: log.recall, now: Date.now },
      writer: open,
      parallelism: 3,
      limits: {},
      stop: signal,
      on: () => undefined,
    });
  } catch (error) {
    must(
      error instanceof Error && /disk|poisoned/u.test(error.message),
      `another error: ${String(error)}`,
      `call ${failing}`,
    );
  }
  const intended = new Set(
    log.records.flatMap((each) => (each.kind === 'intent' ? [`${each.body.step} ${each.body.ref.name}`] : [])),
  );
  for (const call of world.calls)
    must(intended.has(call), `${call} ran without its intent`, `append ${failing} failed`);
  return world.calls.length;
}

async function round({ seed, index, folder }: RoundInput): Promise<Readonly<Record<string, number>>> {
  const random = randomFrom(seed * 1_000_003 + index);
  const original = join(folder, 'original');
  await history(original);
  const sound = otherSays(original);
  must(sound === undefined, `the other verifier finds damage in a sound log: ${sound}`, original);
  const counts: Record<string, number> = { tamperings: 0, failedAppends: 0, handlers: 0 };
  for (let i = 0; i < TAMPERINGS; i += 1) {
    await tamper(original, join(folder, `copy-${i}`), random);
    counts['tamperings'] = (counts['tamperings'] ?? 0) + 1;
  }
  for (let failing = 1; failing <= 24; failing += 1) {
    counts['handlers'] = (counts['handlers'] ?? 0) + (await withoutRecord(failing));
    counts['failedAppends'] = (counts['failedAppends'] ?? 0) + 1;
  }
  return counts;
}

export const torture: Torture = {
  name: 'audit',
  what: `records deleted, edited, forged, swapped, inserted, cut or blanked (${TAMPERINGS} a round), checked by a verifier in Python; and appends that fail`,
  long: 200,
  short: 1,
  parallel: 3,
  round,
};
