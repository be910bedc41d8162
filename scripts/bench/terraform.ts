/** The same work by Terraform, if its binary is installed: the same number of `terraform_data`, which need no provider and no network. */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { benchProject, type Places } from './fleet.ts';
import { median, runOnce } from './measure.ts';
import { atLeastRow, fixed, type Row } from './rows.ts';

/** Plans by both, in turns. */
const PLANS = 3;

const env = { ...process.env, TF_IN_AUTOMATION: '1', CHECKPOINT_DISABLE: '1' };

function terraform(folder: string, ...args: readonly string[]): number {
  const start = process.hrtime.bigint();
  execFileSync('terraform', [...args], { cwd: folder, env, stdio: 'pipe', maxBuffer: 1 << 28 });
  return Number(process.hrtime.bigint() - start) / 1e6;
}

function terraformProject({ folder }: Places, count: number): string {
  const project = join(folder, `terraform-${count}`);
  mkdirSync(project, { recursive: true });
  const resources = Array.from(
    { length: count },
    (_, i) => `resource "terraform_data" "item_${i}" {\n  input = ${i}\n}\n`,
  );
  writeFileSync(join(project, 'main.tf'), resources.join(''));
  terraform(project, 'init', '-input=false');
  return project;
}

function fettle({ dist }: Places, project: string, ...args: readonly string[]): number {
  return runOnce({ argv: [process.execPath, join(dist, 'bench', 'cli.js'), ...args], cwd: project }).ms;
}

/** Apply, and then a plan without changes in turns, of `count` resources by both. */
function rowsOf(places: Places, count: number): readonly Row[] {
  const theirs = terraformProject(places, count);
  const ours = benchProject(places, `against-${count}`, count);
  const applied = {
    theirs: terraform(theirs, 'apply', '-auto-approve', '-input=false'),
    ours: fettle(places, ours, 'apply', '--yes'),
  };
  const parse = { argv: [process.execPath, join(places.dist, 'bench', 'parse.js'), join(ours, 'desired')], cwd: ours };
  const turns = Array.from({ length: PLANS }, () => ({
    theirs: terraform(theirs, 'plan', '-input=false', '-detailed-exitcode'),
    ours: fettle(places, ours, 'plan', '--detailed-exitcode'),
    yaml: runOnce(parse).ms,
  }));
  const planned = {
    theirs: median(turns.map((turn) => turn.theirs)),
    ours: median(turns.map((turn) => turn.ours)),
    yaml: median(turns.map((turn) => turn.yaml)),
  };
  rmSync(theirs, { recursive: true });
  rmSync(ours, { recursive: true });
  type Times = { readonly theirs: number; readonly ours: number };
  const row = (what: string, least: number, times: Times, how: string): Row =>
    atLeastRow(
      `${what} of ${count.toLocaleString('en-US')} resources, faster than Terraform`,
      least,
      times.theirs / times.ours,
      `${fixed(times.ours)} ms, Terraform ${fixed(times.theirs)} ms, ${how}`,
    );
  return [
    row('apply', 10, applied, 'once'),
    row(
      'plan without changes',
      12,
      planned,
      `medians of ${PLANS}; the same YAML parsed alone ${fixed(planned.yaml)} ms`,
    ),
  ];
}

/** 1,000 resources always; 10,000 only when asked, because Terraform takes minutes for them. */
export function terraformRows(places: Places, large: boolean): readonly Row[] {
  if (spawnSync('terraform', ['version'], { env }).status !== 0) return [];
  return [1000, ...(large ? [10_000] : [])].flatMap((count) => rowsOf(places, count));
}
