/** A log in memory and the default limits, for the tests of a plugin. */

import { instantText, type Safety, instantOf } from '#plugin';
import type { Draft, LogRecord } from '../formats/log-record.ts';
import { emptyRecall, fold, type Recall } from '../engine/remember.ts';

/** The default limits of `fettle.yaml`. */
export const usualSafety: Safety = {
  maxAgeMs: 60_000,
  removals: { max: 10, share: 0.3, from: 4, perMs: 3_600_000 },
  collapse: { share: 0.5, from: 4 },
  budgets: [],
  freeze: [],
  overrides: [],
};

/** A log in memory with its state. The records are the same as those of a store. */
export interface MemoryLog {
  readonly recall: Recall;
  readonly records: LogRecord[];
  readonly record: (drafts: readonly Draft[]) => Promise<readonly LogRecord[]>;
}

const START = instantOf('2026-01-01T00:00:00Z');

export function memoryLog(now: () => number = () => START): MemoryLog {
  const recall = emptyRecall();
  const records: LogRecord[] = [];
  return {
    recall,
    records,
    record: async (drafts) =>
      drafts.map((draft) => {
        const record: LogRecord = {
          ...draft,
          seq: records.length + 1,
          time: instantText(now()),
          actor: 'test',
          prev: '',
          hash: '',
        };
        records.push(record);
        fold(recall, record);
        return record;
      }),
  };
}
