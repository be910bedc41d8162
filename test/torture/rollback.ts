/**
 * Restores older copies of a store, whole or in part: with a known head each is found; without one, no report is false.
 */

import { cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { copyFolder } from '../support/cli.ts';
import { randomFrom } from '../support/seed.ts';
import { effectsProject, fettleIn, manyItems, must, openLogOf, writeItems } from './effects-project.ts';
import type { RoundInput, Torture } from './torture.ts';

async function headOf(folder: string): Promise<{ readonly seq: number; readonly hash: string }> {
  const store = await openLogOf(folder);
  const { head } = await store.read(() => undefined);
  await store.close();
  must(head !== undefined, 'the log has no head', folder);
  return head;
}

async function round({ seed, index, folder }: RoundInput): Promise<Readonly<Record<string, number>>> {
  const random = randomFrom(seed * 1_000_003 + index);
  const project = join(folder, 'project');
  effectsProject(project, manyItems(8));
  const env = { EFFECTS_DELAY_MS: '0' };
  const steps = 3 + Math.floor(random() * 3);
  const copies: string[] = [];
  for (let step = 0; step < steps; step += 1) {
    writeItems(project, manyItems(8, step + 1));
    const ran = await fettleIn(project, ['apply', '--yes'], env);
    must(ran.code === 0, `apply exits ${ran.code}: ${ran.stderr}`, project);
    if (random() < 0.5)
      await fettleIn(project, ['log', 'prune', '--keep', String(1 + Math.floor(random() * 3)), '--yes']);
    const copy = join(folder, `copy-${step}`);
    copyFolder(join(project, '.fettle'), copy);
    copies.push(copy);
  }
  const head = await headOf(project);
  const last = join(folder, 'last');
  copyFolder(join(project, '.fettle'), last);
  const counts = { rollbacks: 0, found: 0, harmless: 0 };
  for (const older of copies.slice(0, -1)) {
    const store = join(project, '.fettle');
    const names = readdirSync(join(older, 'log'));
    const part = random() < 0.5 ? names.slice(0, 1 + Math.floor(random() * names.length)) : undefined;
    rmSync(store, { recursive: true });
    if (part === undefined) copyFolder(older, store);
    else {
      copyFolder(last, store);
      mkdirSync(join(store, 'log'), { recursive: true });
      for (const name of part) cpSync(join(older, 'log', name), join(store, 'log', name));
    }
    counts.rollbacks += 1;
    const verified = await fettleIn(project, ['log', 'verify', '--head', `${head.seq}:${head.hash}`]);
    if (verified.code === 1) {
      must(/\d/u.test(verified.stdout + verified.stderr), 'the damage has no place', project);
      counts.found += 1;
      continue;
    }
    // An unchanged segment is the same file.
    must(part !== undefined && verified.code === 0, `verify exits ${verified.code}`, project);
    const now = await headOf(project);
    must(now.seq === head.seq && now.hash === head.hash, 'a rollback was not detected', project);
    counts.harmless += 1;
  }
  return counts;
}

export const torture: Torture = {
  name: 'rollback',
  what: 'older copies of the store, or of some of its segments, are put back; the head of the last apply is known',
  long: 100,
  short: 1,
  parallel: 4,
  round,
};
