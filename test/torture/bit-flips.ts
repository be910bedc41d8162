/**
 * Flips bits of a store, cuts its files, blanks blocks of them and swaps them: verification finds each, or it is
 * harmless.
 */

import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { LogRecord } from '../../src/formats/log-record.ts';
import { copyFolder } from '../support/cli.ts';
import { randomFrom } from '../support/seed.ts';
import { effectsProject, fettleIn, manyItems, must, openLogOf, writeItems } from './effects-project.ts';
import type { RoundInput, Torture } from './torture.ts';

/** Damages of one round, all on copies of the same store. */
const DAMAGES = 50;

interface Whole {
  readonly head: { readonly seq: number; readonly hash: string };
  readonly records: readonly LogRecord[];
}

async function read(folder: string): Promise<Whole> {
  const store = await openLogOf(folder);
  const records: LogRecord[] = [];
  const { head } = await store.read((record) => records.push(record), 'all');
  await store.close();
  must(head !== undefined, 'the log has no head', folder);
  return { head, records };
}

/** A store with several segments and a real history: creations, changes, removals, refusals. */
async function history(folder: string): Promise<void> {
  effectsProject(folder, manyItems(20));
  const run = async (...args: readonly string[]): Promise<void> => {
    const ran = await fettleIn(folder, args, { EFFECTS_DELAY_MS: '0' });
    must([0, 3].includes(ran.code ?? 1), `${args.join(' ')} exits ${ran.code}: ${ran.stderr}`, folder);
  };
  await run('apply', '--yes');
  writeItems(folder, manyItems(20, 2));
  await run('apply', '--yes');
  await run('log', 'prune', '--keep', '3', '--yes');
  writeItems(folder, manyItems(17, 2));
  await run('apply', '--yes');
  await run('log', 'prune', '--keep', '2', '--yes');
  writeItems(folder, { ...manyItems(5, 2) });
  await run('apply', '--yes');
  await run('drift', '--record');
}

function filesOf(store: string): readonly string[] {
  const log = join(store, 'log');
  return readdirSync(log)
    .sort()
    .map((name) => join(log, name))
    .filter((path) => statSync(path).size > 0);
}

/** Does one damage; says what it was, or undefined where nothing changed. */
function damage(store: string, random: () => number): string | undefined {
  const files = filesOf(store);
  const path = files[Math.floor(random() * files.length)] ?? '';
  const bytes = readFileSync(path);
  const kind = random();
  if (kind < 0.7) {
    const at = Math.floor(random() * bytes.length);
    const bit = Math.floor(random() * 8);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
    writeFileSync(path, bytes);
    return `bit ${bit} of byte ${at} of ${path}`;
  }
  if (kind < 0.85) {
    const size = Math.floor(random() * bytes.length);
    truncateSync(path, size);
    return `cut ${path} at ${size} of ${bytes.length}`;
  }
  if (kind < 0.95) {
    const at = Math.floor((random() * bytes.length) / 4096) * 4096;
    const end = Math.min(bytes.length, at + 4096);
    if (bytes.subarray(at, end).every((byte) => byte === 0)) return undefined;
    bytes.fill(0, at, end);
    writeFileSync(path, bytes);
    return `block at ${at} of ${path}`;
  }
  const other = files[Math.floor(random() * files.length)] ?? '';
  if (other === path || !path.includes('/log/') || !other.includes('/log/')) return undefined;
  renameSync(path, `${path}.swap`);
  renameSync(other, path);
  renameSync(`${path}.swap`, other);
  return `swapped ${path} and ${other}`;
}

async function round({ seed, index, folder }: RoundInput): Promise<Readonly<Record<string, number>>> {
  const random = randomFrom(seed * 1_000_003 + index);
  const original = join(folder, 'original');
  await history(original);
  const whole = await read(original);
  const counts = { damages: 0, found: 0, tornTail: 0, byHead: 0 };
  for (let i = 0; i < DAMAGES; i += 1) {
    const copy = join(folder, `copy-${i}`);
    mkdirSync(copy, { recursive: true });
    copyFolder(join(original, '.fettle'), join(copy, '.fettle'));
    cpSync(join(original, 'fettle.yaml'), join(copy, 'fettle.yaml'));
    const what = damage(join(copy, '.fettle'), random);
    if (what === undefined) continue;
    counts.damages += 1;
    const store = await openLogOf(copy);
    const report = await store.verify();
    const withHead = await store.verify(whole.head);
    await store.close();
    if (report.status === 'damaged') {
      must(
        report.damage.every(({ message }) => message !== ''),
        'a damage without a message',
        what,
      );
      counts.found += 1;
      continue;
    }
    // Not damaged: the tail was cut, the rest is unchanged, and the head shows that the log is short.
    const left = await read(copy);
    const isPrefix = left.records.every((record, at) => record.hash === whole.records[at]?.hash);
    must(isPrefix, `silent: ${what}`, copy);
    must(left.records.length < whole.records.length, `not found, and nothing is missing: ${what}`, copy);
    must(withHead.status === 'damaged', `the head does not show: ${what}`, copy);
    counts.byHead += 1;
    if (report.torn !== undefined) counts.tornTail += 1;
  }
  must(existsSync(original), 'the original is missing', folder);
  return counts;
}

export const torture: Torture = {
  name: 'bit-flips',
  what: `${DAMAGES} times a round: a bit flipped, a file cut, 4 KB blanked, or two files swapped, anywhere in the store`,
  long: 200,
  short: 1,
  parallel: 4,
  round,
};
