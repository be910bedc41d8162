/** Folds the log again while it is read, and compares each checkpoint with the fold of the records before it. */

import { type Memory, sameJson } from '#plugin';
import type { LedgerEntry, LogRecord } from '../formats/log-record.ts';
import { emptyRecall, entriesOf, fold, type Recall } from '../engine/remember.ts';

/** A checkpoint may hold the state of an older version in the shape of a newer one. */
function sameMemory(folded: Memory | undefined, said: Memory): boolean {
  if (folded === undefined) return false;
  if (folded.version === said.version) return sameJson(folded, said);
  return sameJson({ ...folded, version: 0, kept: {} }, { ...said, version: 0, kept: {} });
}

/** Compares a checkpoint with the fold, and returns the first difference. */
function differ(folded: ReadonlyMap<string, Memory>, said: ReadonlyMap<string, Memory>): string | undefined {
  for (const [address, memory] of said) {
    if (!sameMemory(folded.get(address), memory)) return address;
  }
  for (const address of folded.keys()) if (!said.has(address)) return address;
  return undefined;
}

/** Names the first spent step on which a checkpoint and the fold differ. */
function unlikeSpent(folded: Recall['spent'], said: Recall['spent']): string | undefined {
  for (const seq of new Set([...said.keys(), ...folded.keys()])) {
    if (!sameJson(folded.get(seq) ?? null, said.get(seq) ?? null)) return `the step of record ${seq}`;
  }
  return undefined;
}

/** Names the first entry of the ledger on which a checkpoint and the fold differ. */
function unlikeEntry(folded: readonly LedgerEntry[], said: readonly LedgerEntry[]): string | undefined {
  const at = said.findIndex((entry, i) => !sameJson(entry, folded[i] ?? null));
  const odd = at < 0 ? folded[said.length] : said[at];
  return odd === undefined ? undefined : `the entry ${odd.key} of ${odd.table}`;
}

/** Names the first file of the inbox on whose position a checkpoint and the fold differ. */
function unlikeInbox(folded: Recall['inbox'], said: Recall['inbox']): string | undefined {
  for (const file of new Set([...said.keys(), ...folded.keys()])) {
    if (folded.get(file) !== said.get(file)) return `the position of inbox/${file}`;
  }
  return undefined;
}

/** The state before a checkpoint. */
interface Folded extends Pick<Recall, 'resources' | 'spent' | 'used' | 'inbox'> {
  readonly entries: readonly LedgerEntry[];
}

function copyOf(recall: Recall): Folded {
  return {
    resources: new Map(recall.resources),
    spent: new Map(recall.spent),
    used: new Map(recall.used),
    entries: entriesOf(recall),
    inbox: new Map(recall.inbox),
  };
}

export interface FoldCheck {
  /** The state after the last record taken. */
  readonly recall: Recall;
  /** Announces a checkpoint. `linked`: all records before it are sound, so it must follow from them. */
  readonly enter: (linked: boolean) => void;
  readonly take: (record: LogRecord) => void;
}

/** Calls `unlike` for each checkpoint that differs, with its sequence number and the name of the difference. */
export function foldCheck(unlike: (seq: number, what: string) => void): FoldCheck {
  const recall = emptyRecall();
  let begun = false;
  let comparable = false;
  let folded: Folded | undefined;
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
        // A checkpoint of a recovery holds only the state that could be saved.
        folded = comparable && record.body.recovers === undefined ? copyOf(recall) : undefined;
        due = record.body.resources;
        start = record.seq;
      }
      fold(recall, record);
      if (record.kind === 'remembered') due -= 1;
      if (folded === undefined || due > 0) return;
      const what =
        differ(folded.resources, recall.resources) ??
        unlikeSpent(folded.spent, recall.spent) ??
        unlikeSpent(folded.used, recall.used) ??
        unlikeEntry(folded.entries, entriesOf(recall)) ??
        unlikeInbox(folded.inbox, recall.inbox);
      folded = undefined;
      if (what !== undefined) unlike(start, what);
    },
  };
}
