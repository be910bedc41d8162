/**
 * The long forms of the torture tests: `npm run torture -- NAME`.
 *
 * A run continues where the last one of that name stopped, with the same seed; `.torture/NAME.json` has the progress.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { stopDatabases } from '../test/torture/database.ts';
import { freshProgress, type Progress, runRounds } from '../test/torture/run-rounds.ts';
import { tortures } from '../test/torture/table.ts';
import type { Torture } from '../test/torture/torture.ts';

const root = join(import.meta.dirname, '..');
const place = join(root, '.torture');

const usage = `npm run torture -- NAME… | all [--rounds N] [--seed N] [--parallel N] [--fresh]
npm run torture -- --list

--rounds N    Run N rounds in all, instead of the number of the long form
--seed N      Start again with this seed
--fresh       Start again with a random seed
--parallel N  Run up to N rounds at once, as far as the test allows
`;

function savedProgress(name: string): Progress | undefined {
  const file = join(place, `${name}.json`);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Progress) : undefined;
}

function save(name: string, progress: Progress): void {
  const file = join(place, `${name}.json`);
  writeFileSync(`${file}.tmp`, `${JSON.stringify(progress, null, 2)}\n`);
  renameSync(`${file}.tmp`, file);
}

function countsText(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
}

/** One row of the table in the docs. */
function row(torture: Torture, { done, counts, failures, seed }: Progress): string {
  return `| ${torture.name} | ${done} rounds: ${countsText(counts)} | ${failures.length} | seed ${seed} |`;
}

interface Options {
  readonly rounds?: number;
  readonly seed?: number;
  readonly parallel: number;
  readonly fresh: boolean;
  readonly stop: AbortSignal;
}

async function runOne(name: string, options: Options): Promise<boolean> {
  const load = tortures[name];
  if (load === undefined) throw new Error(`unknown torture test ${name}; --list shows all`);
  const { torture } = await load();
  const before = options.fresh || options.seed !== undefined ? undefined : savedProgress(name);
  const progress = before ?? freshProgress(options.seed ?? Math.floor(Math.random() * 1_000_000_000));
  const until = options.rounds ?? torture.long;
  console.log(`${name}: ${torture.what}`);
  console.log(`seed ${progress.seed}, rounds ${progress.next} to ${until}`);
  const started = Date.now();
  let reported = started;
  await runRounds(torture, {
    seed: progress.seed,
    until,
    parallel: options.parallel,
    folder: join(place, 'rounds'),
    progress,
    stop: options.stop,
    onProgress: ({ done, failures }) => {
      if (Date.now() - reported < 10_000) return;
      reported = Date.now();
      save(name, progress);
      const seconds = Math.round((reported - started) / 1000);
      console.log(`${name}: ${done} of ${until} rounds, ${failures.length} failed [${seconds}s elapsed]`);
    },
  });
  save(name, progress);
  for (const { index, message, folder } of progress.failures)
    console.log(`\nround ${index} failed (its folder: ${folder})\n${message}`);
  console.log(row(torture, progress));
  return progress.failures.length === 0;
}

/** Long forms that are test files: every point instead of a sample. */
const FILES: Readonly<Record<string, readonly string[]>> = {
  'kill-everywhere': ['test/attack/kill.test.ts', 'test/store/kill.test.ts'],
};

function runFiles(name: string, files: readonly string[], seed: string | undefined): boolean {
  console.log(`${name}: every point of ${files.join(' and ')}`);
  const env = { ...process.env, FETTLE_TEST_FULL: '1', ...(seed === undefined ? {} : { FETTLE_TEST_SEED: seed }) };
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  return spawnSync(process.execPath, [vitest, 'run', ...files], { cwd: root, env, stdio: 'inherit' }).status === 0;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string' },
      seed: { type: 'string' },
      parallel: { type: 'string' },
      fresh: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
    },
  });
  if (values.list) {
    for (const [name, load] of Object.entries(tortures)) {
      const { torture } = await load();
      console.log(`${name.padEnd(16)}  ${torture.long} rounds: ${torture.what}`);
    }
    for (const [name, files] of Object.entries(FILES))
      console.log(`${name.padEnd(16)}  every point of ${files.join(' and ')}`);
    return 0;
  }
  const names = positionals.includes('all') ? [...Object.keys(tortures), ...Object.keys(FILES)] : positionals;
  if (names.length === 0) {
    console.log(usage);
    return 1;
  }
  mkdirSync(place, { recursive: true });
  const dist = join(place, `dist-${process.pid}`);
  execFileSync(process.execPath, [join(root, 'scripts/build.ts'), '--out', dist], { stdio: 'inherit' });
  process.env['FETTLE_TORTURE_DIST'] = dist;
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  let sound = true;
  for (const name of names) {
    if (stop.signal.aborted) break;
    const files = FILES[name];
    if (files !== undefined) {
      sound = runFiles(name, files, values.seed) && sound;
      continue;
    }
    const ok = await runOne(name, {
      ...(values.rounds === undefined ? {} : { rounds: Number(values.rounds) }),
      ...(values.seed === undefined ? {} : { seed: Number(values.seed) }),
      parallel: values.parallel === undefined ? availableParallelism() : Number(values.parallel),
      fresh: values.fresh,
      stop: stop.signal,
    });
    sound = sound && ok;
  }
  await stopDatabases();
  rmSync(dist, { recursive: true, force: true });
  return sound ? 0 : 1;
}

process.exitCode = await main();
