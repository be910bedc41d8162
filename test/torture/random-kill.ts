/** Kills applies of 60 resources at random moments; then one run has to bring everything in order by itself. */

import { setTimeout as sleep } from 'node:timers/promises';
import { randomFrom } from '../support/seed.ts';
import { newDatabase } from './database.ts';
import {
  converges,
  effectsAreAccounted,
  effectsProject,
  manyItems,
  must,
  outcomesAreThere,
  soundLog,
  start,
  writeItems,
} from './effects-project.ts';
import type { RoundInput, Torture } from './torture.ts';

const ITEMS = 60;
/** An apply of all items takes about so long; some kills come too late, and some before anything has begun. */
const LONGEST_MS = 350;

async function killedAfter(folder: string, ms: number): Promise<{ readonly said: string; readonly killed: boolean }> {
  const { child, ended } = start(folder, ['apply', '--yes']);
  const kill = sleep(ms, undefined, { ref: false }).then(() => child.kill('SIGKILL'));
  const ran = await ended;
  await Promise.race([kill, Promise.resolve()]);
  return { said: ran.stdout, killed: ran.signal === 'SIGKILL' };
}

async function attack({ seed, index, folder }: RoundInput, store: string): Promise<Readonly<Record<string, number>>> {
  const random = randomFrom(seed * 1_000_003 + index);
  const items = manyItems(ITEMS);
  effectsProject(folder, items, store);
  let kills = 0;
  let late = 0;
  const attempts = 1 + Math.floor(random() * 3);
  const edits = random() < 0.3;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const { said, killed } = await killedAfter(folder, random() * LONGEST_MS);
    if (killed) kills += 1;
    else late += 1;
    const records = await soundLog(folder);
    effectsAreAccounted(folder, records);
    outcomesAreThere(folder, said, records);
  }
  const wanted = edits ? manyItems(ITEMS, 2) : items;
  if (edits) {
    writeItems(folder, wanted);
    const { killed } = await killedAfter(folder, random() * LONGEST_MS);
    if (killed) kills += 1;
    else late += 1;
  }
  await converges(folder, wanted, edits ? 1 : 0);
  must(kills + late > 0, 'no run was begun', folder);
  return { kills, late };
}

export const torture: Torture = {
  name: 'random-kill',
  what: 'kill -9 at a random moment of an apply of 60 resources with side effects, up to four times in a row',
  long: 1000,
  short: 2,
  parallel: 3,
  round: (input) => attack(input, '.fettle'),
};

export const overPostgres: Torture = {
  name: 'random-kill-postgres',
  what: 'kill -9 at a random moment of an apply of 60 resources, up to four times in a row; the log on PostgreSQL',
  long: 1000,
  short: 3,
  parallel: 3,
  round: async (input) => attack(input, await newDatabase()),
};
