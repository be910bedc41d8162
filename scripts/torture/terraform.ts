/**
 * The same treatment of Terraform's local state: `node scripts/torture/terraform.ts [ROUNDS]`.
 *
 * Random kills of an apply of 60 resources with side effects (`terraform_data` with a `local-exec` that appends a line),
 * then one more apply; bit flips of a finished state; and an older state put back. Needs a terraform binary, no network.
 */

import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const ITEMS = 60;
const FLIPS = 100;
const env = { ...process.env, TF_IN_AUTOMATION: '1', CHECKPOINT_DISABLE: '1' };

function terraform(folder: string, ...args: readonly string[]): { readonly code: number | null; readonly out: string } {
  const ran = spawnSync('terraform', [...args], { cwd: folder, env, encoding: 'utf8', maxBuffer: 1 << 28 });
  return { code: ran.status, out: `${ran.stdout}${ran.stderr}` };
}

function project(root: string, name: string): string {
  const folder = join(root, name);
  mkdirSync(folder, { recursive: true });
  const resources = Array.from(
    { length: ITEMS },
    (_, i) => `resource "terraform_data" "item_${i}" {
  input = ${i}
  provisioner "local-exec" {
    command = "sleep 0.0${i % 10}; echo item_${i} >> effects"
  }
}
`,
  );
  writeFileSync(join(folder, 'main.tf'), resources.join(''));
  const { code, out } = terraform(folder, 'init', '-input=false');
  if (code !== 0) throw new Error(out);
  return folder;
}

function effects(folder: string): readonly string[] {
  const file = join(folder, 'effects');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
}

/** Names of the resources in a state; undefined if the file is empty or not a state. */
function recorded(folder: string): readonly string[] | undefined {
  const file = join(folder, 'terraform.tfstate');
  if (!existsSync(file)) return [];
  try {
    const state = JSON.parse(readFileSync(file, 'utf8')) as {
      readonly resources?: readonly { readonly name: string }[];
    };
    return (state.resources ?? []).map(({ name }) => name);
  } catch {
    return undefined;
  }
}

async function kills(root: string, rounds: number): Promise<string> {
  const timed = project(root, 'timed');
  const start = Date.now();
  terraform(timed, 'apply', '-auto-approve', '-input=false');
  const longest = Date.now() - start;
  const counts = { killed: 0, torn: 0, unrecorded: 0, effects: 0, doubled: 0, failed: 0 };
  for (let round = 0; round < rounds; round += 1) {
    const folder = project(root, `kill-${round}`);
    const child = spawn('terraform', ['apply', '-auto-approve', '-input=false'], {
      cwd: folder,
      env,
      stdio: 'ignore',
      detached: true,
    });
    const ended = new Promise((resolve) => child.once('close', resolve));
    await sleep(Math.random() * longest);
    if (child.exitCode === null && child.pid !== undefined) {
      counts.killed += 1;
      process.kill(-child.pid, 'SIGKILL');
    }
    await ended;
    const done = effects(folder);
    const state = recorded(folder);
    counts.effects += done.length;
    if (state === undefined) counts.torn += 1;
    counts.unrecorded += done.filter((name) => !(state ?? []).includes(name)).length;
    rmSync(join(folder, '.terraform.tfstate.lock.info'), { force: true });
    if (state === undefined) rmSync(join(folder, 'terraform.tfstate'));
    if (terraform(folder, 'apply', '-auto-approve', '-input=false').code !== 0) counts.failed += 1;
    const all = effects(folder);
    counts.doubled += all.length - new Set(all).size;
    rmSync(folder, { recursive: true });
  }
  return `| random-kill | ${counts.killed} kills: ${counts.torn} empty or torn states, ${counts.unrecorded} of ${counts.effects} effects not in the state, ${counts.doubled} effects doubled by the next apply, ${counts.failed} applies that failed |`;
}

function flips(root: string): string {
  const folder = project(root, 'flips');
  terraform(folder, 'apply', '-auto-approve', '-input=false');
  const file = join(folder, 'terraform.tfstate');
  const whole = readFileSync(file);
  let unseen = 0;
  for (let i = 0; i < FLIPS; i += 1) {
    const bytes = Buffer.from(whole);
    const at = Math.floor(Math.random() * bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(Math.random() * 8));
    writeFileSync(file, bytes);
    // A plan that fails or proposes a change has noticed the damage.
    if (terraform(folder, 'plan', '-input=false', '-detailed-exitcode', '-lock=false').code === 0) unseen += 1;
  }
  return `| bit-flips | ${FLIPS} bits of a state of ${whole.length} bytes: ${unseen} without a word |`;
}

function rollback(root: string): string {
  const folder = project(root, 'rollback');
  terraform(folder, 'apply', '-auto-approve', '-input=false', '-target=terraform_data.item_0');
  copyFileSync(join(folder, 'terraform.tfstate'), join(folder, 'older'));
  terraform(folder, 'apply', '-auto-approve', '-input=false');
  copyFileSync(join(folder, 'older'), join(folder, 'terraform.tfstate'));
  const { code, out } = terraform(folder, 'plan', '-input=false', '-no-color', '-detailed-exitcode');
  const created = /Plan: (\d+) to add/u.exec(out)?.[1] ?? '0';
  return `| rollback | an older state put back: exit ${code}, ${created} existing resources proposed to be created again |`;
}

if (terraform('.', 'version').code !== 0) throw new Error('terraform is not installed');
const root = mkdtempSync(join(tmpdir(), 'fettle-terraform-'));
try {
  console.log(rollback(root));
  console.log(flips(root));
  console.log(await kills(root, Number(process.argv[2] ?? '40')));
} finally {
  rmSync(root, { recursive: true, force: true });
}
