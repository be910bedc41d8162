/** The lists of the log that the pages show: their time after an append, for a long log and for a short one. */

import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { emptyRecall, fold, rememberedOf } from '../../src/engine/remember.ts';
import type { Draft } from '../../src/formats/log-record.ts';
import { logRecords } from '../../src/run/log.ts';
import { FollowedLog } from '../../src/serve/answers/followed-log.ts';
import { openFileStore } from '../../src/store/files/file-store.ts';
import type { Fence, Store } from '../../src/store/store.ts';
import { median } from './measure.ts';
import { ratioRow, type Row } from './rows.ts';

const [ITEMS, SHORT, LONG, TIMES, BATCH] = [200, 10_000, 100_000, 15, 1000] as const;
const ADDRESS = 'bench/Item/item-7';

interface Filled {
  readonly store: Store;
  readonly fence: Fence;
  readonly log: FollowedLog;
}

function change(number: number): Draft {
  const ref = { plugin: 'bench', kind: 'Item', name: `item-${number % ITEMS}` };
  const run = `run-${Math.trunc(number / BATCH)}`;
  return { kind: 'outcome', body: { run, ref, intent: 1, outcome: 'done', state: 'ready', kept: { number } } };
}

/** A log of this many records in segments, as a project has it. */
async function filled(folder: string, records: number): Promise<Filled> {
  mkdirSync(folder, { recursive: true });
  const options = { project: 'bench', actor: 'bench', now: Date.now, randomId: randomUUID };
  const store = openFileStore({ folder: join(folder, '.fettle'), ...options });
  const fence = await store.lock({ command: 'bench', timeoutMs: 0 });
  const recall = emptyRecall();
  await store.read((record) => fold(recall, record));
  for (let number = 0; number < records; number += BATCH) {
    const drafts = Array.from({ length: BATCH }, (_, i) => change(number + i));
    for (const record of await store.append(drafts, fence)) fold(recall, record);
    await store.checkpoint(() => rememberedOf(recall), fence);
  }
  await store.checkpoint(() => rememberedOf(recall), fence, true);
  const log = new FollowedLog(() => Promise.resolve(store));
  await log.list({}, 1);
  return { store, fence, log };
}

async function elapsed(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await work();
  return performance.now() - from;
}

export async function longLogRows(folder: string): Promise<readonly Row[]> {
  const short = await filled(join(folder, 'short-log'), SHORT);
  const long = await filled(join(folder, 'long-log'), LONG);
  const lists = async ({ store, fence, log }: Filled): Promise<number> => {
    await store.append([change(7)], fence);
    return elapsed(async () => {
      await log.list({}, 100);
      await log.about(ADDRESS, 20);
    });
  };
  const times = { short: [] as number[], long: [] as number[], whole: [] as number[] };
  for (let time = 0; time < TIMES; time += 1) {
    times.short.push(await lists(short));
    times.long.push(await lists(long));
    if (time % 5 === 0) times.whole.push(await elapsed(() => logRecords(long.store, {}, 100)));
  }
  await short.store.close();
  await long.store.close();
  const [ofShort, ofLong, ofWhole] = [median(times.short), median(times.long), median(times.whole)];
  const detail = `${ofLong.toFixed(1)} ms over ${ofShort.toFixed(1)} ms; reading the log takes ${ofWhole.toFixed(0)} ms`;
  return [
    ratioRow(
      'lists of pages after an append, a log of 100,000 records over one of 10,000',
      2,
      ofLong / ofShort,
      detail,
    ),
  ];
}
