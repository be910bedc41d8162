/** The same work by Terraform, where its binary is at hand: as many `terraform_data`, which need no provider and no network. */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { benchProject, type Places } from './fleet.ts';
import { runOnce } from './measure.ts';
import { atLeastRow, fixed, type Row } from './rows.ts';

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

/** Apply, and then a plan without changes, of `count` resources by both. */
function rowsOf(places: Places, count: number): readonly Row[] {
  const theirs = terraformProject(places, count);
  const ours = benchProject(places, `against-${count}`, count);
  const applied = {
    theirs: terraform(theirs, 'apply', '-auto-approve', '-input=false'),
    ours: fettle(places, ours, 'apply', '--yes'),
  };
  const planned = {
    theirs: terraform(theirs, 'plan', '-input=false', '-detailed-exitcode'),
    ours: fettle(places, ours, 'plan', '--detailed-exitcode'),
  };
  rmSync(theirs, { recursive: true });
  const row = (what: string, times: { readonly theirs: number; readonly ours: number }): Row =>
    atLeastRow(
      `${what} of ${count.toLocaleString('en-US')} resources, faster than Terraform`,
      10,
      times.theirs / times.ours,
      `${fixed(times.ours)} ms, Terraform ${fixed(times.theirs)} ms, once`,
    );
  return [row('apply', applied), row('plan without changes', planned)];
}

/** 1,000 resources always; 10,000 only when asked, because Terraform takes minutes for them. */
export function terraformRows(places: Places, large: boolean): readonly Row[] {
  if (spawnSync('terraform', ['version'], { env }).status !== 0) return [];
  return [1000, ...(large ? [10_000] : [])].flatMap((count) => rowsOf(places, count));
}
