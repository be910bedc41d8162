/**
 * Applies a saved plan, or creates a plan, gets approval and applies it. Until settled, it repeats that in rounds.
 *
 * Documents are loaded before the lock is taken. The lock is held during the prompt for approval, so that the plan that
 * runs is the plan that was shown. The lock is free while a round waits for the next.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Row } from '../engine/action.ts';
import { sortedCauses } from '../engine/causes.ts';
import { InputError, sameJson } from '#plugin';
import type { Store } from '../store/store.ts';
import { type ApplyOptions, applyRound, type Finished } from './apply-round.ts';
import type { Ending } from './ending.ts';
import type { Applied, Listener, SavedPlanRefusal } from './events.ts';
import { stoppedEnding } from './interruption.ts';
import { endingWithoutLock, withLock } from './lock.ts';
import type { SavedPlan } from './plan-file.ts';
import { openDocuments, type Project, type Workspace } from './project.ts';
import { nextRound } from './settling.ts';
import { textsOf } from '../engine/remember.ts';
import { withStore } from './stores.ts';
import { refuseInCi } from './write-log.ts';

/** Longest time for all rounds, by default. */
export const SETTLING_MS = 60 * 60_000;

/** Longest wait for the next round; a longer one takes more rounds. A timer of Node.js is limited to 24 days. */
const LONGEST_WAIT_MS = 24 * 60 * 60_000;

export interface ApplyUntil extends ApplyOptions {
  /** Repeats rounds until no change remains, no further action is possible, or `timeoutMs` has passed. */
  readonly untilSettled?: { readonly timeoutMs: number } | undefined;
}

function savedPlanRefusal(
  { plan, altered, misdigested }: SavedPlan,
  { config }: Project,
): SavedPlanRefusal | undefined {
  if (altered) return { why: 'altered' };
  if (misdigested) return { why: 'misdigested' };
  if (plan.project !== config.name) return { why: 'other-project', planned: plan.project, present: config.name };
  return plan.plan_digest === undefined ? { why: 'no-digest' } : undefined;
}

/** Limits the apply to the causes of the saved plan. Throws InputError if the call names other causes. */
function withSavedCauses(options: ApplyUntil, causes: SavedPlan['plan']['causes']): ApplyUntil {
  const [given, planned] = [options.selection?.causes, causes].map((each) =>
    each === undefined ? undefined : sortedCauses(new Set(each)),
  );
  if (given !== undefined && !sameJson(given, planned ?? []))
    throw new InputError(
      planned === undefined
        ? 'the plan was created without --cause. Run plan again with --cause'
        : `the plan was created with --cause ${planned.join(',')}. Omit --cause, or use the same value`,
    );
  return planned === undefined ? options : { ...options, selection: { ...options.selection, causes: planned } };
}

interface LockedRound {
  readonly project: Project;
  readonly store: Store;
  readonly options: ApplyOptions;
  readonly say: Listener;
  /** True from the second round on. */
  readonly again: boolean;
}

/** Takes the lock, runs one round and releases the lock. Throws LockHeldError. */
async function lockedRound(round: LockedRound): Promise<Finished> {
  const { store, options, say } = round;
  const { giveWay, part } = options;
  const locking = { ...options, command: part?.command ?? 'apply', givesWay: giveWay !== undefined };
  return withLock(store, locking, say, async (fence) => {
    if (giveWay === undefined) return applyRound({ ...options, ...round, fence });
    const { givingWay } = await import('./give-way.ts');
    const { elapsed } = round.project.host;
    return givingWay({ ...giveWay, store, fence, interruption: options.interruption, elapsed }, say, (yielding) =>
      applyRound({ ...options, ...round, ...yielding, fence }),
    );
  });
}

/** True for an action that ran, with any result: each counts, and a later round may run another one on its resource. */
function isAttempted({ status }: Row): boolean {
  return status === 'done' || status === 'failed' || status === 'unknown';
}

/** The endings that changes that are not in effect come before. */
const LESS_THAN_LATE: ReadonlySet<Ending> = new Set(['ok', 'rejected', 'partly-read']);

async function untilSettled(
  project: Project,
  store: Store,
  options: ApplyOptions & { readonly timeoutMs: number },
  say: Listener,
): Promise<Finished> {
  const { interruption, timeoutMs, allowRejected = false } = options;
  const { now } = project.host;
  const until = now() + timeoutMs;
  const attempted: Row[] = [];
  let isLate = false;
  for (let fruitless = 0, again = false; ; again = true) {
    const finished = await lockedRound({ project, store, options, say, again });
    const open = finished.rows.filter((row) => !isAttempted(row));
    attempted.push(...finished.rows.filter(isAttempted));
    // A later round has no row for a change that is not in effect.
    isLate ||= finished.isLate;
    const ended = (ending: Ending): Finished => ({
      ...finished,
      rows: [...attempted, ...open],
      ending: stoppedEnding(interruption) ?? (isLate && LESS_THAN_LATE.has(ending) ? 'incomplete' : ending),
    });
    fruitless = finished.rows.some(({ status }) => status === 'done') ? 0 : fruitless + 1;
    const next = nextRound(finished, { now: now(), until, fruitless, allowRejected });
    if ('end' in next) {
      if (next.late !== undefined) say({ type: 'settling-late', timeoutMs, reason: next.late });
      return ended(next.end);
    }
    if (next.waitMs > 0) {
      say({ type: 'round-wait', until: now() + next.waitMs, reason: next.why });
      await sleep(Math.min(next.waitMs, LONGEST_WAIT_MS), undefined, { signal: interruption.stop }).catch(
        () => undefined,
      );
    }
    if (interruption.stop.aborted) return ended(finished.ending);
  }
}

/** The end of an apply. `applied` is absent if no round ended. */
interface ApplyEnd {
  readonly ending: Ending;
  readonly applied?: Applied;
}

/** Applies the changes that `approval` covers. */
export async function apply(workspace: Workspace, options: ApplyUntil, say: Listener): Promise<ApplyEnd> {
  if (options.schedule === undefined) {
    // Without known texts, every document is parsed, and its text recorded.
    const project = await openDocuments(workspace, say, { texts: new Map() });
    return applyWith(project, options, say, (run) => withStore(workspace, say, run));
  }
  // A round of serve, which runs every few minutes, parses only those whose texts no log has.
  return withStore(workspace, say, async (store) => {
    const known = await store.state({ beforeLock: true });
    const project = await openDocuments(workspace, say, { texts: textsOf(known.recall) });
    return applyWith(project, { ...options, known }, say, (run) => run(store));
  });
}

async function applyWith(
  project: Project,
  options: ApplyUntil,
  say: Listener,
  onStore: (run: (store: Store) => Promise<ApplyEnd>) => Promise<ApplyEnd>,
): Promise<ApplyEnd> {
  const { approval, interruption, part } = options;
  refuseInCi(project, part?.command ?? 'apply');
  const saved = approval.by === 'saved' ? approval.saved : undefined;
  const refusal = saved === undefined ? undefined : savedPlanRefusal(saved, project);
  if (saved !== undefined && refusal !== undefined) {
    say({ type: 'saved-plan-refused', file: saved.file, refusal });
    return { ending: 'plan-refused' };
  }
  const limited = saved === undefined ? options : withSavedCauses(options, saved.plan.causes);
  return onStore(async (store) => {
    try {
      const {
        ending: own,
        otherwise,
        rows,
        head,
      } = limited.untilSettled === undefined
        ? await lockedRound({ project, store, options: limited, say, again: false })
        : await untilSettled(project, store, { ...limited, ...limited.untilSettled }, say);
      const ending = own === 'ok' ? otherwise : own;
      const applied: Applied = { ending, project: project.config.name, rows, head };
      say({ type: 'applied', applied });
      return { ending, applied };
    } catch (error) {
      return { ending: endingWithoutLock(error, interruption, say) };
    }
  });
}
