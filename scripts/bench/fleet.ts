/** Figures of large fleets: a plan without changes, how it grows, an apply whose every record is durable, one action. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { interleave, median, runOnce, type Sample, writeUsageHook } from './measure.ts';
import { atLeastRow, fixed, ratioRow, type Row } from './rows.ts';

const node = process.execPath;
const ITEMS_PER_FILE = 1000;
const REPEATS = 5;

const ms = (sample: Sample): number => sample.ms;
const mib = (sample: Sample): number => (sample.peakKib ?? Number.NaN) / 1024;

export interface Places {
  /** The folder of the built programs. */
  readonly dist: string;
  /** A folder on the disk, for projects. */
  readonly folder: string;
}

/** The document of a local authority `ca`. */
export const LOCAL_ISSUER = `apiVersion: certificates/v1
kind: Issuer
metadata: { name: ca }
spec: { localCa: { dir: ../ca, commonName: Bench CA } }
`;

/** Makes a project without documents. */
export function emptyProject({ folder }: Places, name: string): string {
  const project = join(folder, name);
  mkdirSync(join(project, 'desired'), { recursive: true });
  writeFileSync(join(project, 'fettle.yaml'), 'name: bench\ndesired: [desired/]\nstore: .fettle\n');
  return project;
}

/** Writes `count` documents in files of a thousand; `textOf` has the text of each one. */
export function writeDocuments(project: string, name: string, count: number, textOf: (at: number) => string): void {
  for (let start = 0; start < count; start += ITEMS_PER_FILE) {
    const texts = Array.from({ length: Math.min(ITEMS_PER_FILE, count - start) }, (_, i) => textOf(start + i));
    const file = `${name}-${String(start / ITEMS_PER_FILE).padStart(3, '0')}.yaml`;
    writeFileSync(join(project, 'desired', file), texts.join('---\n'));
  }
}

export function itemText(at: number, size: number): string {
  return `apiVersion: bench/v1\nkind: Item\nmetadata:\n  name: item-${at}\nspec:\n  size: ${size}\n`;
}

/** Writes a project of `count` items. */
export function benchProject(places: Places, name: string, count: number): string {
  const project = emptyProject(places, name);
  writeDocuments(project, 'items', count, (at) => itemText(at, at));
  return project;
}

export function fill({ dist }: Places, project: string, items: number, records: number): void {
  execFileSync(node, [join(dist, 'bench', 'fill-log.js'), join(project, '.fettle'), String(items), String(records)]);
}

export function planOf({ dist }: Places, project: string) {
  return { argv: [node, join(dist, 'bench', 'cli.js'), 'plan', '--detailed-exitcode'], cwd: project };
}

/** Lets the log remember the texts of the documents, as every apply does. */
export function apply({ dist }: Places, project: string): void {
  runOnce({ argv: [node, join(dist, 'bench', 'cli.js'), 'apply', '--yes', '--format', 'json'], cwd: project });
}

function yamlOf({ dist }: Places, project: string) {
  return { argv: [node, join(dist, 'bench', 'parse.js'), join(project, 'desired')], cwd: project };
}

/** A plan of 1,000 unchanged resources against `yaml` alone. */
function thousandRow(places: Places): Row {
  const project = benchProject(places, 'plan-1k', 1_000);
  apply(places, project);
  const times = 4 * REPEATS;
  const samples = interleave({ yaml: yamlOf(places, project), plan: planOf(places, project) }, times);
  const [yaml, plan] = [median(samples.yaml.map(ms)), median(samples.plan.map(ms))];
  const detail = `${fixed(plan)} ms over ${fixed(yaml)} ms, medians of ${times}`;
  return ratioRow('plan of 1,000 unchanged over yaml alone', 1.3, plan / yaml, detail);
}

/** A plan of 10,000 unchanged resources over a log of 100,000 records, against `yaml` alone; and the same for 1,000 and 100,000. */
export function planRows(places: Places): readonly Row[] {
  const small = benchProject(places, 'plan-10k', 10_000);
  fill(places, small, 10_000, 100_000);
  apply(places, small);
  const hook = writeUsageHook(places.folder);
  const large = benchProject(places, 'plan-100k', 100_000);
  fill(places, large, 100_000, 200_000);
  apply(places, large);
  const samples = interleave(
    { yaml: yamlOf(places, small), plan: planOf(places, small), tenfold: planOf(places, large) },
    REPEATS,
    hook,
  );
  const time = {
    yaml: median(samples.yaml.map(ms)),
    plan: median(samples.plan.map(ms)),
    tenfold: median(samples.tenfold.map(ms)),
  };
  const peak = { yaml: median(samples.yaml.map(mib)), plan: median(samples.plan.map(mib)) };
  const what = 'plan of 10,000 unchanged, log of 100,000 records, over yaml alone';
  return [
    thousandRow(places),
    ratioRow(
      `${what}: time`,
      1.3,
      time.plan / time.yaml,
      `${fixed(time.plan)} ms over ${fixed(time.yaml)} ms, medians of ${REPEATS}`,
    ),
    ratioRow(
      `${what}: peak memory`,
      1.5,
      peak.plan / peak.yaml,
      `${fixed(peak.plan)} MiB over ${fixed(peak.yaml)} MiB, medians of ${REPEATS}`,
    ),
    ratioRow(
      'plan of 100,000 unchanged over plan of 10,000',
      11,
      time.tenfold / time.plan,
      `${fixed(time.tenfold)} ms over ${fixed(time.plan)} ms, medians of ${REPEATS}`,
    ),
  ];
}

/** The steps of an apply of 10,000, against bare writes of the same lines, and against the same appends without an engine. */
export function applyRows(places: Places): readonly Row[] {
  const rounds = Array.from({ length: REPEATS }, (_, round) => {
    const project = benchProject(places, `apply-${round}`, 10_000);
    const replayed = join(places.folder, `replay-${round}`);
    mkdirSync(replayed);
    const argv = [node, join(places.dist, 'bench', 'cli.js'), 'apply', '--yes', '--format', 'json'];
    const whole = runOnce({ argv, cwd: project }).ms;
    const replay = [join(places.dist, 'bench', 'replay.js'), join(project, '.fettle'), replayed];
    const said = execFileSync(node, replay, { encoding: 'utf8' });
    rmSync(project, { recursive: true });
    rmSync(replayed, { recursive: true });
    return { whole, ...(JSON.parse(said) as Replayed) };
  });
  const middle = (of: (round: (typeof rounds)[number]) => number): number => median(rounds.map(of));
  const applied = middle(({ appliedMs }) => appliedMs);
  const detail = `${fixed(applied)} ms for the steps, ${fixed(middle(({ whole }) => whole))} ms in all, medians of ${REPEATS}`;
  const what = 'rate of an apply of 10,000 steps, every record durable, over';
  return [
    atLeastRow(
      `${what} bare writes of its lines, in groups of ten`,
      0.5,
      middle(({ bareMs, appliedMs }) => bareMs / appliedMs),
      `${detail}; bare writes ${fixed(middle(({ bareMs }) => bareMs))} ms`,
    ),
    // For information: the cost of the store over the writes, and of the engine over the store.
    {
      figure: `${what} its appends to a store alone, in groups of ten`,
      measured: `${middle(({ storeMs, appliedMs }) => storeMs / appliedMs).toFixed(2)} x`,
      target: '',
      verdict: '',
      detail: `appends alone ${fixed(middle(({ storeMs }) => storeMs))} ms`,
    },
  ];
}

interface Replayed {
  readonly appliedMs: number;
  readonly storeMs: number;
  readonly bareMs: number;
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
      detail: 'refreshes, intent and outcome included, without the disk',
    },
    ratioRow(
      'CPU of one action in a fleet of 10,000 over one of 1,000',
      1.25,
      large / small,
      `${large.toFixed(3)} ms over ${small.toFixed(3)} ms`,
    ),
  ];
}
