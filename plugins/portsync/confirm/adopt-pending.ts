/** The next run finds changes that an earlier one left without a confirmation. */

import { errorText } from '#plugin';
import { isOwnRun, isRunning, type Moment, momentNow } from './clock.ts';
import { carryOut, type OpenConfig } from './execute.ts';
import { type Entry, moveEntry, outputOf, readEntries } from './pending.ts';
import type { PendingRecord } from './record.ts';
import { type TakenBack, takenBackIn } from './take-back.ts';

export type Standing =
  /** A run or a timer still decides, until `due`. */
  | { readonly is: 'open' }
  /** The machine restarted: the links are those of its configuration. */
  | { readonly is: 'void' }
  /** The change has to be taken back: its time is over, its run has ended, or its take-back was interrupted. */
  | { readonly is: 'overdue' }
  /** The change was taken back, and no run has recorded it. */
  | { readonly is: 'taken-back' }
  /** The record cannot be read, so its target is unknown. */
  | { readonly is: 'damaged' };

/** Seconds after the deadline in which a timer may still act. */
const GRACE = 5;

/**
 * The standing of an entry. `isOwned` is true if the run that made the change still runs. A warm restart keeps CONFIG_DB, so
 * a change of a switch is taken back after a restart too: only where it is still found. Pure.
 */
export function standingOf(
  stage: Entry['stage'],
  record: PendingRecord,
  isOwned: boolean,
  { bootId, uptime }: Moment,
): Standing {
  if (stage === 'taken-back') return { is: 'taken-back' };
  const isRestarted = record.bootId !== bootId;
  if (isRestarted) return { is: record.takeBack.kind === 'linux' ? 'void' : 'overdue' };
  if (stage === 'taking-back') return { is: uptime < record.due + GRACE && isOwned ? 'open' : 'overdue' };
  return { is: isOwned && uptime < record.due + GRACE ? 'open' : 'overdue' };
}

/** A change that is not settled. */
export interface Unsettled {
  readonly id: string;
  readonly stage: Entry['stage'];
  readonly target: string;
  readonly ports: readonly string[];
  readonly standing: Standing;
  /** Seconds until its deadline; 0 after it. */
  readonly left: number;
  /** True if this process made the change. */
  readonly isOwn: boolean;
}

async function unsettledOf({ id, stage, record }: Entry, now: Moment): Promise<Unsettled> {
  if (record === undefined)
    return { id, stage, target: '', ports: [], standing: { is: 'damaged' }, left: 0, isOwn: false };
  const { target, ports, owner, due } = record;
  const isOwned = record.bootId === now.bootId && (await isRunning(owner));
  const left = record.bootId === now.bootId ? Math.max(0, Math.ceil(due - now.uptime)) : 0;
  const isOwn = await isOwnRun(record, now);
  return { id, stage, target, ports, standing: standingOf(stage, record, isOwned, now), left, isOwn };
}

function concerns(target: string): (seen: Unsettled) => boolean {
  return (seen) => seen.target === target || seen.standing.is === 'damaged';
}

/** The changes of a target that are not settled. Only reads, so that `plan` can show them. */
export async function unsettledChanges(folder: string, target: string): Promise<readonly Unsettled[]> {
  const now = await momentNow();
  const all = await Promise.all((await readEntries(folder)).map((entry) => unsettledOf(entry, now)));
  return all.filter(concerns(target));
}

/** The end of an unsettled change. */
export type Adopted = Unsettled &
  (
    | { readonly end: 'open' | 'void' }
    | { readonly end: 'taken-back'; readonly kept: readonly string[] }
    /** The take-back failed; the next run repeats it. */
    | { readonly end: 'failed'; readonly problem: string }
  );

async function adopt(
  folder: string,
  entry: Entry,
  seen: Unsettled,
  openConfig: OpenConfig,
  signal: AbortSignal,
): Promise<Adopted> {
  const { id, record, stage } = entry;
  const { is } = seen.standing;
  if (record === undefined)
    return {
      ...seen,
      end: 'failed',
      problem: `the record of the change ${id} is damaged. Remove ${folder}/${stage}/${id}`,
    };
  if (is === 'open') return { ...seen, end: 'open' };
  if (is === 'void') {
    await moveEntry(folder, id, stage, 'closed');
    return { ...seen, end: 'void' };
  }
  if (is === 'taken-back') {
    const output = (await outputOf(folder, entry)) ?? '';
    return { ...seen, end: 'taken-back', kept: takenBackIn(output.trim())?.kept ?? [] };
  }
  // The timer may win: then it has taken the change back, or is about to.
  if (stage === 'pending') await moveEntry(folder, id, 'pending', 'taking-back');
  try {
    const done: TakenBack = await carryOut(record.takeBack, openConfig, signal);
    await moveEntry(folder, id, 'taking-back', 'taken-back');
    return { ...seen, end: 'taken-back', kept: done.kept };
  } catch (error) {
    signal.throwIfAborted();
    return { ...seen, end: 'failed', problem: errorText(error) };
  }
}

/**
 * Settles the changes of a target that earlier runs left: takes back those that are overdue, and closes those that a
 * restart ended. A change that is `open` still has its run: wait `left` seconds, or refuse. Call `acknowledge` for each
 * change that was taken back once the state records it. Rejects with the reason of the signal.
 */
export async function adoptPending(
  folder: string,
  target: string,
  openConfig: OpenConfig,
  signal: AbortSignal,
): Promise<readonly Adopted[]> {
  const now = await momentNow();
  const adopted: Adopted[] = [];
  for (const entry of await readEntries(folder)) {
    const seen = await unsettledOf(entry, now);
    if (concerns(target)(seen)) adopted.push(await adopt(folder, entry, seen, openConfig, signal));
  }
  return adopted;
}

/** Closes a change that was taken back, after the state has recorded it. */
export async function acknowledge(folder: string, id: string): Promise<void> {
  await moveEntry(folder, id, 'taken-back', 'closed');
}
