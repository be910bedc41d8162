/**
 * One round of an apply, under the lock: reads the log, refreshes, reports the plan, asks, takes the actions, ends.
 *
 * Every record is written by `record`: durable in the log first, then folded into the state.
 */

import type { Row } from '../engine/action.ts';
import { type Action, InputError, type Resource, type Plugin, type Redact } from '#plugin';
import { apply as applyActions } from '../engine/apply.ts';
import { type Approved, approve } from '../engine/approve.ts';
import { countRows } from '../engine/count-rows.ts';
import { isUnsettled } from '../engine/lifecycle.ts';
import { scheduleOf } from '../engine/schedule.ts';
import { planDifference } from '../formats/plan-difference.ts';
import type { Plan, Planned } from '../formats/plan.ts';
import type { RecordBodies } from '../formats/log-record.ts';
import { type Recall, rememberedOf } from '../engine/remember.ts';
import type { Fence, Head, LogState, Store } from '../store/store.ts';
import { version } from '../version.ts';
import { foundIn } from './drifted.ts';
import { applyEnding, type Ending, exitCode, type FailOn, refreshEnding } from './ending.ts';
import type { Listener } from './events.ts';
import { eitherOf, type Interruption, stoppedBy, stoppedEnding } from './interruption.ts';
import { type Recorder, recorder } from './lock.ts';
import type { SavedPlan } from './plan-file.ts';
import type { Project } from './project.ts';
import { reconcileProject } from './reconcile-project.ts';
import { awaitEffect } from './in-effect.ts';
import type { RoundSchedule } from './due-now.ts';
import type { GiveWay } from './give-way.ts';
import { runningActions } from './running-actions.ts';
import { ledgerCopy, type RoundFound } from './round-found.ts';
import type { Passes, Selection } from './selection.ts';
import { parallelismOf } from './parallelism.ts';
import { filesFor, openWorlds, pluginsFor, upgradeRecall, type Worlds } from './worlds.ts';
import { DAMAGED } from './write-log.ts';

/** Asks for approval of a plan. Throws if it is declined, or cannot be asked for. */
export type Ask = (plan: Plan, stop: AbortSignal) => Promise<void>;

/** The approval of the accepted rows of a plan. */
export type Approval =
  | { readonly by: 'saved'; readonly saved: SavedPlan; readonly digest?: string | undefined }
  | { readonly by: 'digest'; readonly digest: string }
  | { readonly by: 'yes' }
  | { readonly by: 'ask'; readonly ask: Ask };

/** A round that holds the lock and has recorded its run. */
export interface OpenRound {
  readonly project: Project;
  readonly store: Store;
  readonly plugins: ReadonlyMap<string, Plugin>;
  readonly recall: Recall;
  readonly record: Recorder['record'];
  readonly run: string;
  readonly redact: Redact;
  readonly stop: AbortSignal;
  /** Fires when another process begins to wait for the lock; absent for a run that does not give way. */
  readonly wanted?: AbortSignal | undefined;
}

/** An apply under another name, or of a part: an import runs the row of one adoption, and no other row. */
export interface Part {
  readonly command: string;
  /** Selects addresses, instead of the selection. */
  readonly within?: (address: string) => boolean;
  /** True for the accepted actions that run. `resources`: all of the refresh. The others are skipped, and not reported. By default, all run. */
  readonly keeps?: (action: Action, resource: Resource | undefined, resources: Planned['resources']) => boolean;
  /** True for the refused actions that are recorded and reported. By default, all are. */
  readonly keepsRefused?: (action: Action, resource: Resource | undefined, resources: Planned['resources']) => boolean;
  /** Runs after the record of the run, and before the refresh. */
  readonly opened?: (round: OpenRound) => Promise<void>;
  /** Runs after the judgement, and before the actions. */
  readonly judged?: (reconciled: Planned, round: OpenRound) => Promise<void>;
  /** Throws InputError if the part cannot be applied to this plan. */
  readonly check?: (reconciled: Planned) => void;
  /** Gets the refresh and the ledger after the actions. */
  readonly found?: (found: RoundFound) => Promise<void>;
}

export interface ApplyOptions extends Pick<FailOn, 'failOn'> {
  readonly selection?: Selection;
  readonly passes?: Passes;
  readonly approval: Approval;
  readonly interruption: Interruption;
  /** Ends with `ok` even if rejected rows remain. */
  readonly allowRejected?: boolean | undefined;
  /** Concurrent actions, instead of the value in the configuration. */
  readonly parallelism?: number | undefined;
  /** Longest wait for the lock, in ms; 0 by default. */
  readonly lockTimeout?: number | undefined;
  readonly part?: Part | undefined;
  /** Set for a round of serve, which refreshes only what is due. */
  readonly schedule?: RoundSchedule | undefined;
  /** The state that was read before the lock is taken, through the same store. */
  readonly known?: LogState | undefined;
  /** Set for a run that ends early if another process waits for the lock. */
  readonly giveWay?: GiveWay | undefined;
}

export interface Round extends ApplyOptions {
  readonly project: Project;
  readonly store: Store;
  readonly fence: Fence;
  readonly say: Listener;
  readonly wanted?: OpenRound['wanted'];
  /** True if an earlier round of this run judged the selection. */
  readonly again: boolean;
}

/** The result of a round. */
export interface Finished {
  readonly ending: Ending;
  /** The ending by `failOn` if the command has no other one than `ok`. */
  readonly otherwise: Ending;
  /** True if changes of the round are not in effect. */
  readonly isLate: boolean;
  readonly rows: readonly Row[];
  readonly plan: Plan;
  /** The judged actions, by address. */
  readonly actions: ReadonlyMap<string, Action>;
  readonly head: Head | undefined;
  /** True if a resource is in a state that it leaves without an action. */
  readonly unsettled: readonly string[];
}

/** Reads the log under the lock. Throws if it is damaged, unless the configuration has `onDamage: recover`. */
async function readLog({ store, fence, project, say }: Round): Promise<LogState> {
  const first = await store.state();
  if (first.report.status !== 'damaged') return first;
  say({ type: 'log-damaged', damage: first.report.damage, place: store.place, use: 'nothing' });
  if (project.config.onDamage !== 'recover') throw new InputError(DAMAGED);
  say({ type: 'log-recovered', report: await store.recover(fence) });
  return store.state();
}

/** A phrase for each resource in a transient state: its address, its state, and what it waits for. */
function unsettledIn({ resources, scene }: Planned): readonly string[] {
  return [...resources].flatMap(([address, resource]) => {
    const { sight, tables, desired, memory } = resource;
    if (sight.is !== 'seen' || (desired === undefined && memory === undefined)) return [];
    const { state } = sight.observed;
    if (!isUnsettled(tables, state)) return [];
    const cause = scheduleOf(resource, scene.now)?.['waiting_for'];
    return [`${address} is ${state}${typeof cause === 'string' ? ` and waits for ${cause}` : ''}`];
  });
}

function runBody(run: Round, id: string): RecordBodies['run'] {
  const { approval, passes: { overrides = [], maxRemovals } = {}, part } = run;
  const digest = approval.by === 'saved' || approval.by === 'digest' ? approval.digest : undefined;
  return {
    run: id,
    command: part?.command ?? 'apply',
    version,
    ...(digest === undefined ? {} : { digest }),
    ...(overrides.length === 0 ? {} : { overrides }),
    ...(maxRemovals === undefined ? {} : { max_removals: maxRemovals }),
  };
}

/** The ending that `failOn` gives an apply whose actions are all done: by the refresh before them, and the rows left. */
function otherwiseOf(reconciled: Planned, rows: readonly Row[], { failOn, project, selection }: Round): Ending {
  if (failOn === undefined) return 'ok';
  const found = foundIn(reconciled, project, selection);
  const done = new Set(rows.flatMap(({ address, status }) => (status === 'done' ? [address] : [])));
  const left = found.plan.resource_changes.filter(({ address }) => !done.has(address));
  return refreshEnding({ ...found, plan: { ...found.plan, resource_changes: left } }, { failOn });
}

/** Runs one round. The caller holds the lock. */
export async function applyRound(run: Round): Promise<Finished> {
  const { project, store, fence, interruption, say, part } = run;
  const { host } = project;
  const { recall, report } = await readLog(run);
  if (fence.cut !== undefined) say({ type: 'log-cut', ...fence.cut });
  const plugins = await pluginsFor(project, project.documents, recall);
  upgradeRecall(recall, plugins);
  const worlds = await openWorlds(plugins, project);
  const id = host.randomId();
  const before = part?.found === undefined ? recall.ledger : ledgerCopy(recall.ledger);
  const { record, head } = recorder(store, fence, recall, report.head);
  const endedBy = async (error: unknown): Promise<never> => {
    if (error instanceof InputError)
      await record([{ kind: 'end', body: { run: id, exit: exitCode('error'), counts: {} } }]);
    throw error;
  };
  try {
    await record([{ kind: 'run', body: runBody(run, id) }]);
    const { redact } = worlds;
    const { stop } = interruption;
    const open: OpenRound = { project, store, plugins, recall, record, run: id, redact, stop, wanted: run.wanted };
    await part?.opened?.(open).catch(endedBy);
    const due =
      run.schedule === undefined
        ? undefined
        : await (await import('./due-now.ts')).dueNow(run.schedule, project, plugins, recall);
    const reconciled = await reconcileProject(
      {
        project,
        selection: run.selection ?? {},
        passes: run.passes ?? {},
        plugins,
        worlds,
        recall,
        record,
        run: id,
        head: report.head,
        abort: eitherOf(interruption),
        again: run.again,
        within: part?.within,
        ...(due === undefined ? {} : { scheduled: true, only: due.only, whole: due.whole }),
      },
      say,
    ).catch(endedBy);
    await part?.judged?.(reconciled, open);
    const result = await decide(reconciled, { ...run, plugins, recall, record, id, worlds }).catch(
      async (error: unknown): Promise<Decided> => {
        const stopped = stoppedBy(interruption, error);
        return stopped === undefined ? endedBy(error) : { ending: stopped, rows: [] };
      },
    );
    await part?.found?.({ reconciled, plugins, ledger: { before, after: recall.ledger }, store });
    const ending = stoppedEnding(interruption) ?? result.ending;
    const otherwise = otherwiseOf(reconciled, result.rows, run);
    const exit = exitCode(ending === 'ok' ? otherwise : ending);
    await record([{ kind: 'end', body: { run: id, exit, counts: countRows(result.rows) } }]);
    await store.checkpoint(() => rememberedOf(recall), fence);
    return {
      ending,
      otherwise,
      isLate: result.isLate === true,
      rows: result.rows,
      plan: reconciled.plan,
      actions: reconciled.actions,
      head: head(),
      unsettled: unsettledIn(reconciled),
    };
  } finally {
    await worlds.close();
  }
}

interface Deciding extends Round {
  readonly plugins: ReadonlyMap<string, Plugin>;
  readonly recall: Recall;
  readonly record: Recorder['record'];
  readonly id: string;
  readonly worlds: Worlds;
}

interface Decided {
  readonly ending: Ending;
  /** True if changes are not in effect. */
  readonly isLate?: boolean;
  readonly rows: readonly Row[];
}

/** True if the digest of the present plan is not the approved one. An event lists the differences. */
function isOtherPlan(plan: Plan, { approval, say }: Deciding): boolean {
  if (approval.by !== 'saved' && approval.by !== 'digest') return false;
  const { digest } = approval;
  if (digest === undefined || plan.plan_digest === digest) return false;
  const difference = approval.by === 'saved' ? { difference: planDifference(approval.saved.plan, plan) } : {};
  say({ type: 'digest-differs', approved: digest, present: plan.plan_digest, ...difference });
  return true;
}

/** Reports the plan, asks for approval if it is required, and runs the actions. */
async function decide(reconciled: Planned, run: Deciding): Promise<Decided> {
  const { approval, interruption, say, part } = run;
  const { plan } = reconciled;
  const interrupted: Decided = { ending: 'interrupted', rows: [] };
  if (stoppedEnding(interruption) !== undefined) return interrupted;
  part?.check?.(reconciled);
  say({ type: 'planned', plan });
  if (isOtherPlan(plan, run)) return { ending: 'plan-refused', rows: [] };
  const { keeps = () => true, keepsRefused = () => true } = part ?? {};
  const actions =
    part?.keeps === undefined && part?.keepsRefused === undefined
      ? reconciled.actions
      : new Map(
          [...reconciled.actions].filter(([address, action]) => {
            const resource = reconciled.resources.get(address);
            return (action.verdict === 'accept' ? keeps : keepsRefused)(action, resource, reconciled.resources);
          }),
        );
  const approved: Approved =
    approval.by === 'saved' ? approve(approval.saved.plan, actions) : { actions, stale: [], added: [] };
  for (const { row, message } of approved.stale) say({ type: 'row-stale', row, message });
  for (const address of approved.added) say({ type: 'row-unapproved', address });
  if (
    approval.by === 'saved' &&
    approved.stale.length > 0 &&
    approved.stale.length === approval.saved.plan.resource_changes.length
  )
    return { ending: 'plan-refused', rows: [] };
  const isAccepted = [...approved.actions.values()].some(({ verdict }) => verdict === 'accept');
  if (isAccepted && approval.by === 'ask') await approval.ask(plan, interruption.stop);
  if (stoppedEnding(interruption) !== undefined) return interrupted;
  const rows = await takeActions(approved.actions, reconciled, run);
  const { plugins, worlds, recall, record } = run;
  const isInEffect = await awaitEffect({
    rows,
    scene: reconciled.scene,
    plugins,
    worlds,
    recall,
    record,
    run: run.id,
    now: run.project.host.now,
    stop: interruption.stop,
    say,
  });
  const ending =
    approved.stale.length > 0 || !isInEffect
      ? 'incomplete'
      : applyEnding(rows, plan, { allowRejected: run.allowRejected === true });
  const isUnknown = rows.some(({ status }) => status === 'unknown');
  return { ending: isUnknown ? 'unknown-outcome' : ending, isLate: !isInEffect, rows };
}

async function takeActions(
  actions: ReadonlyMap<string, Action>,
  { resources, followers, changes, scene, desired }: Planned,
  run: Deciding,
): Promise<readonly Row[]> {
  const { project, plugins, recall, worlds, interruption, say } = run;
  const { stop, abort } = interruption;
  const { host, config } = project;
  const running = runningActions(host, say);
  const stopping = (): void => say({ type: 'stopping', ending: stoppedEnding(interruption) ?? 'interrupted' });
  stop.addEventListener('abort', stopping, { once: true });
  try {
    const rows = await applyActions({
      actions,
      resources,
      followers,
      changes,
      scene,
      recall,
      look: { plugins, reader: worlds.reader, desired, recall, now: host.now, redact: worlds.redact },
      files: filesFor(project),
      writer: worlds.writer,
      record: run.record,
      run: run.id,
      ...parallelismOf(config, plugins, run.parallelism),
      now: host.now,
      stop,
      abort,
      on: running.on,
    });
    return [...rows.values()];
  } finally {
    stop.removeEventListener('abort', stopping);
    running.close();
  }
}
