/** Runs programs in turn and compares them: medians of interleaved repetitions, so that a busy machine affects all alike. */

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** More than any program here prints: an apply of 10,000 as JSON is above the 1 MiB that Node.js allows by itself. */
const OUTPUT_LIMIT_BYTES = 1 << 28;
/** Characters that an error quotes from a failed program. */
const QUOTE_CHARACTERS = 300;

export interface Program {
  readonly argv: readonly string[];
  readonly cwd: string;
  /** Variables in addition to those of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Sample {
  readonly ms: number;
  /** Peak resident memory in KiB; undefined unless it was asked for. */
  readonly peakKib?: number;
  /** CPU time of all threads, user and sys, in ms; undefined unless it was asked for. */
  readonly cpuMs?: number;
}

const reporting = [
  "const { writeSync } = require('node:fs');",
  "process.on('exit', () => {",
  '  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();',
  '  writeSync(3, JSON.stringify({ peakKib: maxRSS, cpuMs: (userCPUTime + systemCPUTime) / 1000 }));',
  '});',
].join('\n');

/** Writes a hook that makes a Node.js process report its peak memory and its CPU time. */
export function writeUsageHook(folder: string): string {
  const file = join(folder, 'usage.cjs');
  writeFileSync(file, reporting);
  return file;
}

/** One run of one program. Throws unless it exits with 0. `hook` is a file of `writeUsageHook`. */
export function runOnce(program: Program, hook?: string): Sample {
  const [node = process.execPath, ...args] = program.argv;
  const env: NodeJS.ProcessEnv = { ...process.env, ...program.env };
  // The time to read a bundle of certificates at start is not part of the figure.
  delete env['NODE_EXTRA_CA_CERTS'];
  delete env['NODE_OPTIONS'];
  delete env['NODE_COMPILE_CACHE'];
  const asked = hook === undefined ? args : ['--require', hook, ...args];
  const start = process.hrtime.bigint();
  const ended = spawnSync(node, asked, {
    cwd: program.cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    maxBuffer: OUTPUT_LIMIT_BYTES,
  });
  const ms = Number(process.hrtime.bigint() - start) / 1e6;
  if (ended.status !== 0) {
    const said = `${ended.stderr.toString()}${ended.stdout.toString()}`.trim().split('\n').slice(0, 3).join(' | ');
    throw new Error(`exit ${ended.status ?? ended.signal}: ${said.slice(0, QUOTE_CHARACTERS)}`);
  }
  if (hook === undefined) return { ms };
  return { ms, ...(JSON.parse(ended.output[3]?.toString() ?? '{}') as Omit<Sample, 'ms'>) };
}

/** `times` samples of each program, taken in turns after one run of each that does not count. */
export function interleave<Name extends string>(
  programs: Readonly<Record<Name, Program>>,
  times: number,
  hook?: string,
): Readonly<Record<Name, readonly Sample[]>> {
  const names = Object.keys(programs) as Name[];
  const samples = Object.fromEntries(names.map((name) => [name, [] as Sample[]])) as Record<Name, Sample[]>;
  for (let round = 0; round <= times; round += 1) {
    for (const name of names) {
      const sample = runOnce(programs[name], hook);
      if (round > 0) samples[name].push(sample);
    }
  }
  return samples;
}

/** The median; NaN without values. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const low = sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
  const high = sorted[Math.ceil((sorted.length - 1) / 2)] ?? Number.NaN;
  return (low + high) / 2;
}

export interface Spent {
  readonly stdout: string;
  /** CPU time of the whole program with all of its threads: user and sys, in seconds. */
  readonly cpu: number;
  readonly wall: number;
}

/** Runs a program to its end under bash's `time`. Throws if the exit code is neither 0 nor 2. */
export function timed(argv: readonly string[], cwd: string): Spent {
  const script = 'TIMEFORMAT="%R %U %S"; time "$@"';
  const done = spawnSync('bash', ['-c', script, 'bash', ...argv], {
    cwd,
    encoding: 'utf8',
    maxBuffer: OUTPUT_LIMIT_BYTES,
  });
  // Findings that are errors end a drift with 2.
  if (done.status !== 0 && done.status !== 2)
    throw new Error(`${argv[0] ?? ''} ended with ${done.status}: ${done.stderr.slice(-300)}`);
  const [wall = 0, user = 0, sys = 0] = (done.stderr.trimEnd().split('\n').at(-1) ?? '').split(' ').map(Number);
  return { stdout: done.stdout, cpu: user + sys, wall };
}
