/** Figures of large fleets: a plan without changes, how it grows, an apply whose every record is durable, one action. */

import { execFileSync } from 'node:child_process';
import {
  closeSync,
  fdatasyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { interleave, median, memoryHook, runOnce, type Sample } from './measure.ts';
import { atLeastRow, fixed, ratioRow, type Row } from './rows.ts';

const node = process.execPath;
const ITEMS_PER_FILE = 1000;
const REPEATS = 5;

const ms = (sample: Sample): number => sample.ms;
const mib = (sample: Sample): number => (sample.peakKib ?? Number.NaN) / 1024;

export interface Places {
  /** Where the built programs are. */
  readonly dist: string;
  /** A folder on the disk, for projects. */
  readonly folder: string;
}

/** A project of so many items in files of a thousand. */
export function benchProject({ folder }: Places, name: string, count: number): string {
  const project = join(folder, name);
  mkdirSync(join(project, 'desired'), { recursive: true });
  writeFileSync(join(project, 'fettle.yaml'), 'name: bench\ndesired: [desired/]\nstore: .fettle\n');
  for (let start = 0; start < count; start += ITEMS_PER_FILE) {
    const items = Array.from({ length: Math.min(ITEMS_PER_FILE, count - start) }, (_, i) => {
      const at = start + i;
      return `apiVersion: bench/v1\nkind: Item\nmetadata:\n  name: item-${at}\nspec:\n  size: ${at}\n`;
    });
    writeFileSync(
      join(project, 'desired', `items-${String(start / ITEMS_PER_FILE).padStart(3, '0')}.yaml`),
      items.join('---\n'),
    );
  }
  return project;
}

function fill({ dist }: Places, project: string, items: number, records: number): void {
  execFileSync(node, [join(dist, 'bench', 'fill-log.js'), join(project, '.fettle'), String(items), String(records)]);
}

function planOf({ dist }: Places, project: string) {
  return { argv: [node, join(dist, 'bench', 'cli.js'), 'plan', '--detailed-exitcode'], cwd: project };
}

/** A plan of 10,000 unchanged resources over a log of 100,000 records, against `yaml` alone; and ten times as many. */
export function planRows(places: Places): readonly Row[] {
  const small = benchProject(places, 'plan-10k', 10_000);
  fill(places, small, 10_000, 100_000);
  const hook = join(places.folder, memoryHook.file);
  writeFileSync(hook, memoryHook.text);
  const yaml = { argv: [node, join(places.dist, 'bench', 'parse.js'), join(small, 'desired')], cwd: small };
  const samples = interleave({ yaml, plan: planOf(places, small) }, REPEATS, hook);
  const time = { yaml: median(samples.yaml.map(ms)), plan: median(samples.plan.map(ms)) };
  const peak = { yaml: median(samples.yaml.map(mib)), plan: median(samples.plan.map(mib)) };
  const what = 'plan of 10,000 unchanged, log of 100,000 records, over yaml alone';
  const large = benchProject(places, 'plan-100k', 100_000);
  fill(places, large, 100_000, 200_000);
  const tenfold = [1, 2].map(() => runOnce(planOf(places, large)).ms);
  return [
    ratioRow(`${what}: time`, 1.6, time.plan / time.yaml, `${fixed(time.plan)} ms over ${fixed(time.yaml)} ms`),
    ratioRow(
      `${what}: peak memory`,
      1.5,
      peak.plan / peak.yaml,
      `${fixed(peak.plan)} MiB over ${fixed(peak.yaml)} MiB`,
    ),
    ratioRow(
      'plan of 100,000 unchanged over plan of 10,000',
      11,
      median(tenfold) / time.plan,
      `${fixed(median(tenfold))} ms over ${fixed(time.plan)} ms`,
    ),
  ];
}

/** The same bytes as a log, in groups of ten records, each group durable before the next. */
function bareLoop(log: string, file: string): number {
  const lines = readdirSync(log)
    .sort()
    .flatMap((name) => readFileSync(join(log, name), 'utf8').split('\n'))
    .filter((line) => /"kind":"(?:intent|outcome)"/u.test(line))
    .map((line) => `${line}\n`);
  const groups = Array.from({ length: Math.ceil(lines.length / 10) }, (_, i) =>
    Buffer.from(lines.slice(i * 10, i * 10 + 10).join('')),
  );
  const handle = openSync(file, 'w');
  const start = process.hrtime.bigint();
  for (const group of groups) {
    writeSync(handle, group);
    fdatasyncSync(handle);
  }
  const took = Number(process.hrtime.bigint() - start) / 1e6;
  closeSync(handle);
  rmSync(file);
  return took;
}

/** An apply of 10,000 steps, from the start of the process to its end, against the bare writes of its records. */
export function applyRows(places: Places): readonly Row[] {
  const rounds = [1, 2, 3].map((round) => {
    const project = benchProject(places, `apply-${round}`, 10_000);
    const applied = runOnce({
      argv: [node, join(places.dist, 'bench', 'cli.js'), 'apply', '--yes', '--format', 'json'],
      cwd: project,
    }).ms;
    const bare = bareLoop(join(project, '.fettle', 'log'), join(places.folder, 'bare'));
    const size = readdirSync(join(project, '.fettle', 'log')).reduce(
      (sum, name) => sum + statSync(join(project, '.fettle', 'log', name)).size,
      0,
    );
    rmSync(project, { recursive: true });
    return { applied, bare, size };
  });
  const applied = median(rounds.map((round) => round.applied));
  const bare = median(rounds.map((round) => round.bare));
  const size = (rounds[0]?.size ?? 0) / 1024 / 1024;
  return [
    atLeastRow(
      'rate of an apply of 10,000 steps, all durable, over bare durable appends in groups of ten',
      0.5,
      bare / applied,
      `${fixed(applied)} ms in all, bare ${fixed(bare)} ms, a log of ${fixed(size)} MiB, medians of 3`,
    ),
  ];
}

/** CPU of one action with its second judgement. */
export function judgeRows({ dist }: Places): readonly Row[] {
  const said = execFileSync(node, [join(dist, 'bench', 'judge.js')], { encoding: 'utf8' });
  const { small, large } = JSON.parse(said) as { readonly small: number; readonly large: number };
  return [
    {
      figure: 'CPU of one action, judged again, in a fleet of 10,000',
      measured: `${large.toFixed(3)} ms`,
      target: 'under 1 ms',
      verdict: large < 1 ? 'ok' : 'over',
      detail: `${small.toFixed(3)} ms in a fleet of 1,000; looks, intent and outcome included, without the disk`,
    },
  ];
}
