/**
 * CPU of one action, from the refresh before it to its outcome, in fleets of two sizes: `node judge.js`. Prints JSON.
 *
 * The store is left out: durability costs the disk, not the processor. The figure covers more than the second judgement:
 * two refreshes of the item, the rules, the intent, the handler and the outcome.
 */

import { usualSafety } from '../../src/conformance/memory-log.ts';
import { everyPlace } from '../../test/support/places.ts';
import { apply } from '../../src/engine/apply.ts';
import type { Draft, LogRecord } from '../../src/formats/log-record.ts';
import { reconcile } from '../../src/engine/reconcile.ts';
import { emptyRecall, fold } from '../../src/engine/remember.ts';
import type { Desired } from '#plugin';
import { median } from './measure.ts';
import { type BenchWorld, benchPlugin } from './plugin.ts';

const ACTIONS = 1000;
const ROUNDS = 7;

function documents(count: number, edited: number): readonly Desired[] {
  return Array.from({ length: count }, (_, i) => ({
    ref: { plugin: 'bench', kind: 'Item', name: `item-${i}` },
    spec: { size: i < edited ? i + 1 : i },
    meta: { labels: {}, lifecycle: { ignore: [] } },
    needs: [],
    source: { file: 'items.yaml', line: 1, column: 1 },
  }));
}

interface Fleet {
  /** CPU in ms for each of `ACTIONS` edits. */
  readonly perAction: () => Promise<number>;
}

async function fleetOf(count: number): Promise<Fleet> {
  const recall = emptyRecall();
  let seq = 0;
  const record = async (drafts: readonly Draft[]): Promise<readonly LogRecord[]> =>
    drafts.map((draft) => {
      seq += 1;
      const made: LogRecord = { ...draft, seq, time: new Date().toISOString(), actor: '', prev: '', hash: '' };
      fold(recall, made);
      return made;
    });
  const world: BenchWorld = new Map();
  const plugins = new Map([['bench', benchPlugin]]);
  const signal = new AbortController().signal;
  const open = async (): Promise<BenchWorld> => world;
  const run = async (desired: readonly Desired[]): Promise<number> => {
    const input = { plugins, recall, record, run: 'run', now: Date.now, abort: signal };
    const reconciled = await reconcile({
      places: everyPlace,
      ...input,
      project: 'bench',
      version: '0',
      documents: desired,
      reader: open,
      safety: usualSafety,
    });
    const before = process.cpuUsage();
    await apply({
      ...reconciled,
      ...input,
      look: { plugins, reader: open, desired: reconciled.desired, recall, now: Date.now },
      writer: open,
      parallelism: 10,
      limits: {},
      stop: signal,
      on: () => undefined,
    });
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
  await run(documents(count, 0));
  return {
    perAction: async () => {
      const cpu = await run(documents(count, ACTIONS));
      await run(documents(count, 0));
      return cpu / ACTIONS;
    },
  };
}

const fleets = { small: await fleetOf(1000), large: await fleetOf(10_000) };
const samples: Record<keyof typeof fleets, number[]> = { small: [], large: [] };
// In turns, after one run that warms up.
for (let round = 0; round <= ROUNDS; round += 1) {
  for (const size of ['small', 'large'] as const) {
    const cpu = await fleets[size].perAction();
    if (round > 0) samples[size].push(cpu);
  }
}
process.stdout.write(`${JSON.stringify({ small: median(samples.small), large: median(samples.large) })}\n`);
