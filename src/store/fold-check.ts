/** Folds the log again while it is read, and compares each checkpoint with what the records before it make of memory. */

import { type Memory, sameJson } from '#plugin';
import type { LogRecord } from '../formats/log-record.ts';
import { emptyRecall, fold, type Recall } from '../engine/remember.ts';

/** A checkpoint may hold what an older version remembered in the shape of a newer one. */
function sameMemory(folded: Memory | undefined, said: Memory): boolean {
  if (folded === undefined) return false;
  if (folded.version === said.version) return sameJson(folded, said);
  return sameJson({ ...folded, version: 0, kept: {} }, { ...said, version: 0, kept: {} });
}

/** Compares what a checkpoint says with what was folded, and says where they differ first. */
function differ(folded: ReadonlyMap<string, Memory>, said: ReadonlyMap<string, Memory>): string | undefined {
  for (const [address, memory] of said) {
    if (!sameMemory(folded.get(address), memory)) return address;
  }
  for (const address of folded.keys()) if (!said.has(address)) return address;
  return undefined;
}

/** Names the first spent step of which a checkpoint says something else than was folded. */
function unlikeSpent(folded: Recall['spent'], said: Recall['spent']): string | undefined {
  for (const seq of new Set([...said.keys(), ...folded.keys()])) {
    if (!sameJson(folded.get(seq) ?? null, said.get(seq) ?? null)) return `the step of record ${seq}`;
  }
  return undefined;
}

function copyOf({ resources, spent }: Recall): Pick<Recall, 'resources' | 'spent'> {
  return { resources: new Map(resources), spent: new Map(spent) };
}

export interface FoldCheck {
  /** What is remembered after the last record that was taken. */
  readonly recall: Recall;
  /** A checkpoint comes next; `linked`: the records before it are all sound, so it has to follow from them. */
  readonly enter: (linked: boolean) => void;
  readonly take: (record: LogRecord) => void;
}

/** `unlike` hears of each checkpoint that says something else: its sequence number, and of what. */
export function foldCheck(unlike: (seq: number, what: string) => void): FoldCheck {
  const recall = emptyRecall();
  let begun = false;
  let comparable = false;
  let folded: Pick<Recall, 'resources' | 'spent'> | undefined;
  let start = 0;
  let due = 0;
  return {
    recall,
    enter: (linked) => {
      comparable = linked && begun;
      begun = true;
      folded = undefined;
    },
    take: (record) => {
      if (record.kind === 'checkpoint') {
        // One that starts anew after a damage says what could be saved.
        folded = comparable && record.body.recovers === undefined ? copyOf(recall) : undefined;
        due = record.body.resources;
        start = record.seq;
      }
      fold(recall, record);
      if (record.kind === 'remembered') due -= 1;
      if (folded === undefined || due > 0) return;
      const what = differ(folded.resources, recall.resources) ?? unlikeSpent(folded.spent, recall.spent);
      folded = undefined;
      if (what !== undefined) unlike(start, what);
    },
  };
}
