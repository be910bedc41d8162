/**
 * Processes that deposit and processes that drain, killed and stopped at any moment: every acknowledged entry is drained
 * once, and every other one at most once.
 */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { drain, drainedIn } from '../store/drafts.ts';
import { randomFrom } from '../support/seed.ts';
import { PASSWORD } from '../support/postgres.ts';
import { newDatabase } from './database.ts';
import { must } from './effects-project.ts';
import { type InboxPlaceOfTest, LEASE_MS, openInboxStore } from './inbox-store.ts';
import type { RoundInput, Torture } from './torture.ts';

const PROCESS = join(import.meta.dirname, 'inbox-process.ts');
/** Entries of one depositor. */
const ENTRIES = 150;

interface Running {
  readonly child: ChildProcess;
  /** Resolves at its first line, or at its end. */
  readonly begun: Promise<void>;
  /** Resolves with the printed lines and the exit code. */
  readonly ended: Promise<{ readonly lines: readonly string[]; readonly code: number | null; readonly errors: string }>;
}

function start(place: InboxPlaceOfTest, ...args: readonly string[]): Running {
  const child = spawn(process.execPath, [PROCESS, ...args], {
    env: { ...process.env, FETTLE_TEST_STORE: JSON.stringify(place) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const begun = new Promise<void>((resolve) => {
    child.stdout.once('data', () => resolve());
    child.once('close', () => resolve());
  });
  const ended = new Promise<Awaited<Running['ended']>>((resolve) => {
    child.once('close', (code) => resolve({ lines: text.split('\n').slice(0, -1), code, errors }));
  });
  return { child, begun, ended };
}

async function attack({ seed, index, folder }: RoundInput, place: InboxPlaceOfTest): Promise<Record<string, number>> {
  const random = randomFrom(seed * 1_000_003 + index);
  const first = await openInboxStore(place);
  await first.unlock(await first.lock({ command: 'create', timeoutMs: 0 }));
  await first.close();
  const counts = { entries: 0, kills: 0, pauses: 0, unknown: 0 };
  const depositors = ['a', 'b', 'c'].map((name) => start(place, 'deposit', name, String(ENTRIES)));
  const all = Promise.all(depositors.map(({ ended }) => ended));
  const over = new AbortController();
  void all.then(() => over.abort());
  const drainers = [start(place, 'drain'), start(place, 'drain')];

  async function kill({ child, ended }: Running): Promise<void> {
    child.kill('SIGKILL');
    const { errors } = await ended;
    must(errors === '', `a process failed: ${errors}`, folder);
    counts.kills += 1;
  }

  // One depositor is killed, and drainers are killed or stopped for longer than the lease, in turn.
  const victim = depositors[Math.floor(random() * depositors.length)];
  await victim?.begun;
  await sleep(random() * 500);
  if (victim?.child.kill('SIGKILL') === true) counts.kills += 1;
  for (let turn = 0; !over.signal.aborted || turn < 3; turn += 1) {
    const at = turn % drainers.length;
    const drainer = drainers[at];
    if (drainer === undefined) break;
    await sleep(200 + random() * 500);
    if (random() < 0.3) {
      drainer.child.kill('SIGSTOP');
      await sleep(2 * LEASE_MS);
      drainer.child.kill('SIGCONT');
      counts.pauses += 1;
    } else {
      await kill(drainer);
      drainers[at] = start(place, 'drain');
    }
  }
  const ended = await all;
  for (const drainer of drainers) await kill(drainer);

  const store = await openInboxStore(place);
  const fence = await store.lock({ command: 'check', timeoutMs: 20_000 });
  for (let count = 1; count > 0; ) count = (await drain(store, fence, 1000)).length;
  const report = await store.verify();
  must(report.status === 'sound', `the log is damaged: ${report.damage[0]?.message ?? ''}`, folder);
  const drained = await drainedIn(store);
  const found = new Set(drained);
  must(found.size === drained.length, `${drained.length - found.size} entries were drained twice`, folder);
  const acknowledged = ended.flatMap(({ lines }) => lines);
  const lost = acknowledged.filter((entry) => !found.has(entry));
  must(lost.length === 0, `${lost.length} acknowledged entries were lost: ${lost.slice(0, 3).join(', ')}`, folder);
  for (const { code, errors } of ended)
    must(errors === '' && (code === 0 || code === null), `a depositor ended with ${code}: ${errors}`, folder);
  if (place.folder !== undefined) {
    must(readdirSync(join(place.folder, 'inbox')).length === 0, 'drained files of dead writers are left', folder);
    const checked = spawnSync('python3', [join(import.meta.dirname, 'verify_log.py'), place.folder], {
      encoding: 'utf8',
    });
    const { head } = report;
    must(checked.stdout.trim() === `sound: ${head?.seq}:${head?.hash}`, `another verifier: ${checked.stdout}`, folder);
  }
  await store.close();
  return { ...counts, entries: drained.length, unknown: drained.length - acknowledged.length };
}

const what = 'three processes deposit, two drain, and all are killed or stopped at any moment';

export const torture: Torture = {
  name: 'inbox',
  what,
  long: 200,
  short: 1,
  parallel: 1,
  round: (input) => attack(input, { folder: join(input.folder, '.fettle') }),
};

export const overPostgres: Torture = {
  name: 'inbox-postgres',
  what: `${what}; the log on PostgreSQL`,
  long: 200,
  short: 1,
  parallel: 1,
  round: async (input) => attack(input, { url: await newDatabase(), env: { PGPASSWORD: PASSWORD } }),
};
