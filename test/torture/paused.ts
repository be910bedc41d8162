/**
 * Stops the holder of the lock, lets another process take over, and wakes the holder: its later writes must not count.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { randomFrom } from '../support/seed.ts';
import { newDatabase } from './database.ts';
import {
  converges,
  effectsAreAccounted,
  effectsProject,
  fettleIn,
  manyItems,
  must,
  openLogOf,
  soundLog,
  start,
} from './effects-project.ts';
import type { RoundInput, Torture } from './torture.ts';

const ITEMS = 30;

async function holderId(folder: string): Promise<string | undefined> {
  const { stdout } = await fettleIn(folder, ['lock', 'status', '--format', 'json']);
  const status = JSON.parse(stdout) as { readonly held: boolean; readonly holder?: { readonly id: string } };
  return status.holder?.id;
}

async function isLocked(folder: string): Promise<boolean> {
  const store = await openLogOf(folder);
  try {
    return (await store.lockStatus()) !== undefined;
  } finally {
    await store.close();
  }
}

async function attack({ seed, index, folder }: RoundInput, store: string): Promise<Readonly<Record<string, number>>> {
  const random = randomFrom(seed * 1_000_003 + index);
  const items = manyItems(ITEMS);
  effectsProject(folder, items, store);
  const { child, ended } = start(folder, ['apply', '--yes'], { EFFECTS_DELAY_MS: '300' });
  // A slow machine must not stop it before it has begun.
  for (let i = 0; i < 1000 && !(await isLocked(folder)) && child.exitCode === null; i += 1) await sleep(5);
  await sleep(random() * 200);
  child.kill('SIGSTOP');
  const id = await holderId(folder);
  // A take-over by the lease takes 15 seconds, so most rounds use force-unlock.
  const waits = index % 20 === 0;
  if (id !== undefined && !waits) {
    const taken = await fettleIn(folder, ['force-unlock', id, '--yes']);
    must(taken.code === 0, `force-unlock exits ${taken.code}: ${taken.stderr}`, folder);
  }
  const lockTimeout = waits ? ['--lock-timeout', '60s'] : [];
  const next = await fettleIn(folder, ['apply', '--yes', ...lockTimeout], { EFFECTS_DELAY_MS: '5' });
  must(next.code === 0 || next.code === 7, `the next apply exits ${next.code}: ${next.stderr}${next.stdout}`, folder);
  const before = await soundLog(folder);
  child.kill('SIGCONT');
  const woken = await ended;
  const after = await soundLog(folder);
  // The holder had ended, or not begun.
  if (id === undefined) return { missed: 1 };
  // Stopped before it had its lock for certain, it takes the lock anew when it wakes up: then it is a run of its own.
  const runs = new Set(before.flatMap(({ body }) => ('run' in body ? [body.run] : [])));
  const late = after.slice(before.length);
  const isNew = late[0]?.kind === 'run';
  for (const { seq, body } of late)
    must(isNew && 'run' in body && !runs.has(body.run), `the woken holder appended record ${seq} late`, folder);
  // Unless it was stopped after its last record, it must not report success.
  const first = before.find(({ kind }) => kind === 'run');
  const ending = before.find(({ kind }) => kind === 'end');
  const hadEnded =
    first !== undefined && ending !== undefined && 'run' in first.body && 'run' in ending.body
      ? first.body.run === ending.body.run
      : false;
  must(isNew || hadEnded || woken.code !== 0, 'the woken holder reports success', folder);
  // Its one call in flight was begun under its intent: it is accounted for, though it may have been done late.
  effectsAreAccounted(folder, after);
  await settles(folder, items);
  return { woken: 1, ...(isNew ? { anew: 1 } : {}), ...(waits ? { byLease: 1 } : { byHand: 1 }) };
}

/** A call that was in flight when its process was stopped may be done after the next run did the same. */
async function settles(folder: string, items: Readonly<Record<string, number>>): Promise<void> {
  await converges(folder, items).catch((error: unknown) => {
    if (!(error instanceof Error && / was made 2 times/u.test(error.message))) throw error;
  });
}

export const torture: Torture = {
  name: 'paused',
  what: 'the holder of the lock is stopped, another takes over by force or by the lease, the holder is woken',
  long: 200,
  short: 2,
  parallel: 3,
  waits: true,
  round: (input) => attack(input, '.fettle'),
};

export const overPostgres: Torture = {
  name: 'paused-postgres',
  what: 'the holder of the lock is stopped, another takes over by force or by the lease, the holder is woken; the log on PostgreSQL',
  long: 200,
  short: 2,
  parallel: 3,
  waits: true,
  round: async (input) => attack(input, await newDatabase()),
};
