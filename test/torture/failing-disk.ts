/**
 * Fails or kills an apply of 60 resources at a random call on the files of its store.
 *
 * strace does it at the nth call of a name on the paths of the store (`-P`), so that calls of the program itself, of
 * its threads and of the world never fail. The names of a store's files are known after a first apply. A call that
 * comes less often than n is not hit: such rounds are counted.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../support/cli.ts';
import { randomFrom } from '../support/seed.ts';
import {
  converges,
  effectsAreAccounted,
  effectsProject,
  fettleIn,
  manyItems,
  must,
  outcomesAreThere,
  soundLog,
  tortureCli,
  writeItems,
} from './effects-project.ts';
import type { RoundInput, Torture } from './torture.ts';

const ITEMS = 60;

/** Calls on the store, each with about how many of them a thread makes; those that come often are taken more often. */
const CALLS = [
  ['write', 33],
  ['write', 33],
  ['fdatasync', 33],
  ['fdatasync', 33],
  ['openat', 140],
  ['openat', 140],
  ['fsync', 1],
  ['link', 1],
  ['unlink', 1],
] as const;

/** Errors of a failing disk; EMFILE only for opening a file. */
const ERRORS = ['EIO', 'ENOSPC', 'EROFS', 'EDQUOT'];

/** Every file that the store has, and the locks of the next runs. */
function pathsOf(folder: string): readonly string[] {
  const store = join(folder, '.fettle');
  const log = join(store, 'log');
  const segments = readdirSync(log).map((name) => join(log, name));
  const locks = Array.from({ length: 4 }, (_, token) => join(store, `lock-${token}`));
  return [store, log, ...segments, ...locks];
}

async function attack({ seed, index, folder }: RoundInput, kills: boolean): Promise<Readonly<Record<string, number>>> {
  const random = randomFrom(seed * 1_000_003 + index);
  effectsProject(folder, manyItems(ITEMS));
  const first = await fettleIn(folder, ['apply', '--yes'], { EFFECTS_DELAY_MS: '0' });
  must(first.code === 0, `the first apply exits ${first.code}: ${first.stderr}`, folder);
  const items = manyItems(ITEMS, 2);
  writeItems(folder, items);
  const [call, most] = CALLS[Math.floor(random() * CALLS.length)] ?? CALLS[0];
  const nth = 1 + Math.floor(random() * most);
  const errors = call === 'openat' ? [...ERRORS, 'EMFILE'] : ERRORS;
  const error = errors[Math.floor(random() * errors.length)] ?? 'EIO';
  // Once, or from then on: a full disk stays full.
  const when = random() < 0.5 ? `${nth}` : `${nth}+`;
  const fault = kills ? `signal=SIGKILL:when=${nth}` : `error=${error}:when=${when}`;
  const trace = join(folder, 'trace');
  const ran = await run(
    'strace',
    [
      '-f',
      '-qq',
      '-y',
      '-o',
      trace,
      '-e',
      `trace=${call}`,
      '-e',
      `inject=${call}:${fault}`,
      ...pathsOf(folder).flatMap((path) => ['-P', path]),
      process.execPath,
      tortureCli,
      'apply',
      '--yes',
    ],
    folder,
    // One thread for all file calls that are waited for, as strace counts in each thread.
    { EFFECTS_DELAY_MS: '2', UV_THREADPOOL_SIZE: '1' },
  );
  const where = `${fault} at ${call}: ${folder}`;
  const killed = ran.signal === 'SIGKILL' || ran.code === 137;
  must(kills || ran.signal === null, `the apply died of ${ran.signal}`, where);
  must(!/internal error/u.test(ran.stderr), `internal error: ${ran.stderr}`, where);
  const records = await soundLog(folder);
  effectsAreAccounted(folder, records);
  outcomesAreThere(folder, ran.stdout, records);
  const hit = kills ? killed : readFileSync(trace, 'utf8').includes('(INJECTED)');
  if (!hit) must(ran.code === 0, `undisturbed, the apply exits ${ran.code}: ${ran.stderr}`, where);
  if (hit && !killed) {
    must([0, 1, 5, 7, 8].includes(ran.code ?? -1), `the apply exits ${ran.code}: ${ran.stderr}`, where);
    must(ran.code === 0 || ran.stderr + ran.stdout !== '', 'it failed without a message', where);
  }
  await converges(folder, items, 1);
  if (!hit) return { missed: 1 };
  return kills ? { kills: 1, [call]: 1 } : { faults: 1, [`exit${ran.code}`]: 1, [error]: 1 };
}

export const torture: Torture = {
  name: 'failing-disk',
  what: 'EIO, ENOSPC, EROFS, EDQUOT or EMFILE, once or from then on, at a call on a file of the store during an apply',
  long: 1000,
  short: 1,
  parallel: 4,
  round: (input) => attack(input, false),
};

export const killPoints: Torture = {
  name: 'kill-points',
  what: 'kill -9 at a call on a file of the store during an apply of 60 resources with side effects',
  long: 1000,
  short: 1,
  parallel: 4,
  round: (input) => attack(input, true),
};
