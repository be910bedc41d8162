/**
 * Makes a log of RECORDS records, like that of runs that change ITEMS items: `node fill-log.js FOLDER ITEMS RECORDS`.
 *
 * The items belong to the benchmark's plugin. The last records are a checkpoint, like the one at the end of an apply.
 */

import { randomUUID } from 'node:crypto';
import type { Draft } from '../../src/formats/log-record.ts';
import { emptyRecall, fold, rememberedOf } from '../../src/engine/remember.ts';
import { openFileStore } from '../../src/store/files/file-store.ts';

const [folder = '', items = '0', records = '0'] = process.argv.slice(2);
const BATCH = 1000;

const store = openFileStore({ folder, project: 'bench', actor: 'bench', now: Date.now, randomId: randomUUID });
const fence = await store.lock({ command: 'bench', timeoutMs: 0 });
const recall = emptyRecall();
await store.read((record) => fold(recall, record));
const write = async (drafts: readonly Draft[]): Promise<readonly number[]> => {
  const made = await store.append(drafts, fence);
  for (const record of made) fold(recall, record);
  return made.map(({ seq }) => seq);
};
let written = 0;
for (let round = 0; written < Number(records); round += 1) {
  for (let start = 0; start < Number(items) && written < Number(records); start += BATCH) {
    const names = Array.from({ length: Math.min(BATCH, Number(items) - start) }, (_, i) => `item-${start + i}`);
    const refs = names.map((name) => ({ plugin: 'bench', kind: 'Item', name }));
    const spec = (i: number) => ({ size: start + i });
    const seqs = await write(
      refs.map((ref, i) => ({
        kind: 'intent',
        body: {
          run: `run-${round}`,
          ref,
          step: round === 0 ? 'absent>ready' : 'ready>ready',
          goal: round === 0 ? 'create' : 'update',
          cause: 'edit',
          because: 'size differs',
          basis: `sha256:${'0'.repeat(64)}`,
          meta: { on_remove: 'remove', needs: [], labels: {} },
          spec: spec(i),
          spec_digest: `sha256:${'1'.repeat(64)}`,
        },
      })),
    );
    await write(
      refs.map((ref, i) => ({
        kind: 'outcome',
        body: { run: `run-${round}`, ref, intent: seqs[i] ?? 0, outcome: 'done', state: 'ready', moves: [] },
      })),
    );
    written += 2 * names.length;
  }
}
await store.checkpoint(rememberedOf(recall), fence, true);
await store.close();
process.stdout.write(`${written} records\n`);
