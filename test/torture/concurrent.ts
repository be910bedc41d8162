/** Many applies at once: one writes at any time, the others are refused with the holder's name, and nothing is lost. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { LogRecord } from '../../src/formats/log-record.ts';
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
} from './effects-project.ts';
import type { RoundInput, Torture } from './torture.ts';

const ITEMS = 12;

/** The records of one run are contiguous: another run has no record between its `run` and its last record. */
function runsDoNotMix(records: readonly LogRecord[], folder: string): void {
  const ended = new Set<string>();
  let current: string | undefined;
  for (const record of records) {
    const run = 'run' in record.body ? record.body.run : undefined;
    if (run === undefined || run === current) continue;
    must(!ended.has(run), `record ${record.seq} of run ${run} comes after another run began`, folder);
    if (current !== undefined) ended.add(current);
    current = run;
  }
}

async function attack({ seed, index, folder }: RoundInput, store: string): Promise<Readonly<Record<string, number>>> {
  const random = randomFrom(seed * 1_000_003 + index);
  const items = manyItems(ITEMS);
  effectsProject(folder, items, store);
  const count = [2, 3, 4, 8, 16, 32][Math.floor(random() * 6)] ?? 2;
  const waits = random() < 0.3;
  const args = ['apply', '--yes', ...(waits ? ['--lock-timeout', '60s'] : [])];
  const all = Array.from({ length: count }, () => start(folder, args));
  const killsWinner = random() < 0.5;
  if (killsWinner) {
    await sleep(random() * 400);
    // Kills the current writer and some others without a warning.
    for (const { child } of all) if (random() < 0.4) child.kill('SIGKILL');
  }
  const ran = await Promise.all(all.map(({ ended }) => ended));
  const records = await soundLog(folder);
  runsDoNotMix(records, folder);
  effectsAreAccounted(folder, records);
  let won = 0;
  let refused = 0;
  let killed = 0;
  for (const { code, signal, stdout, stderr } of ran) {
    outcomesAreThere(folder, stdout, records);
    if (signal === 'SIGKILL') killed += 1;
    else if (code === 0) won += 1;
    else {
      must(code === 5, `an apply ended with ${code}: ${stderr}${stdout}`, folder);
      must(/locked by .*process \d+, since /u.test(stderr), `the holder is not named: ${stderr}`, folder);
      refused += 1;
    }
  }
  must(won + killed > 0, 'no apply got the lock', folder);
  must(!waits || refused === 0, `${refused} that waited were refused`, folder);
  await converges(folder, items);
  return { applies: count, won, refused, killed };
}

export const torture: Torture = {
  name: 'concurrent',
  what: '2 to 32 applies of one project at once, half of the time with the winner killed',
  long: 200,
  short: 1,
  parallel: 1,
  round: (input) => attack(input, '.fettle'),
};

export const overPostgres: Torture = {
  name: 'concurrent-postgres',
  what: '2 to 32 applies of one project at once, half of the time with the winner killed; the log on PostgreSQL',
  long: 200,
  short: 1,
  parallel: 1,
  round: async (input) => attack(input, await newDatabase()),
};
