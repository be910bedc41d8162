/**
 * One round of `apply`, under the lock: read the log, look, show the plan, ask, take the actions, end.
 *
 * Everything that is written goes through `record`: durable in the log first, then part of memory.
 */

import type { Row } from '../engine/action.ts';
import { type Action, type Plugin, printable, type Redact } from '#plugin';
import { apply as applyActions } from '../engine/apply.ts';
import { type Approved, approve } from '../engine/approve.ts';
import { isUnsettled } from '../engine/lifecycle.ts';
import type { Plan, Planned } from '../formats/plan.ts';
import { planDifference } from '../formats/plan-difference.ts';
import type { Draft, LogRecord } from '../formats/log-record.ts';
import { type Recall, rememberedOf } from '../engine/remember.ts';
import { countRows } from '../report/apply-text.ts';
import { differenceText } from '../report/difference-text.ts';
import { damageText } from '../report/verify-text.ts';
import type { Shell } from '../shell.ts';
import type { Fence, Head, ReadReport, Store } from '../store/store.ts';
import { version } from '../version.ts';
import { mustAgree } from './ask.ts';
import type { ApplyTelling } from './apply-telling.ts';
import { applyEnding, type ExitName, exitCode } from './ending.ts';
import { type Flags, overridesOf, UsageError } from './flags.ts';
import { prepare } from './prepare.ts';
import { filesFor, openWorlds, pluginsFor, type Project, randomId, recallFrom, upgradeRecall } from './session.ts';
import { stoppedBy, type Stopping } from './stopping.ts';
import { recorder } from './under-lock.ts';

/** A part of an apply: `import` takes the row of one adoption, and nothing else. */
export interface Part {
  readonly command: string;
  readonly within: (address: string) => boolean;
  /** Which of the accepted actions are taken; the others are left, and not told. */
  readonly keeps: (action: Action) => boolean;
  /** What is wrong with it (exit code 1), or why there is nothing to do. */
  readonly check: (reconciled: Planned) => { readonly problem?: string; readonly note?: string };
}

export interface Round {
  readonly flags: ApplyFlags;
  readonly shell: Shell;
  readonly project: Project;
  readonly saved: Plan | undefined;
  readonly store: Store;
  readonly fence: Fence;
  readonly signals: Stopping;
  readonly telling: ApplyTelling;
  readonly part?: Part | undefined;
  /** A round before this one judged what the command line selects. */
  readonly again?: boolean;
}

export interface ApplyFlags extends Flags {
  readonly planDigest?: string;
  readonly untilSettled?: boolean;
  readonly timeout?: number;
}

/** How a round ended. */
export interface Finished {
  readonly name: ExitName;
  readonly rows: readonly Row[];
  readonly plan: Plan;
  /** What was judged, by address. */
  readonly actions: ReadonlyMap<string, Action>;
  readonly head: Head | undefined;
  /** Something is in a state that the world has to leave. */
  readonly unsettled: boolean;
}

/** Reads the log under the lock; a damaged one ends the command, unless the configuration says to recover. */
async function readLog(
  store: Store,
  fence: Fence,
  project: Project,
  shell: Shell,
): Promise<{ readonly recall: Recall; readonly report: ReadReport }> {
  const first = await recallFrom(store);
  if (first.report.status !== 'damaged') return first;
  for (const damage of first.report.damage) shell.stderr.write(`damaged: ${damageText(damage, store.place)}\n`);
  if (project.config.onDamage !== 'recover')
    throw new UsageError('the log is damaged; `fettle log recover` starts it again from its last sound record');
  const recovered = await store.recover(fence);
  shell.stderr.write(
    `recovered: the log goes on after record ${recovered.head.seq}; in quarantine: ${recovered.quarantine.join(', ') || 'nothing'}\n`,
  );
  return recallFrom(store);
}

function explainApproval(approved: Approved, shell: Shell): void {
  for (const { row, message } of approved.stale)
    shell.stderr.write(`stale: ${printable(row.address)} ${row.step}: ${message}\n`);
  for (const address of approved.added)
    shell.stderr.write(`not in the saved plan, and not run: ${printable(address)}\n`);
}

function limitsOf(project: Project, plugins: ReadonlyMap<string, Plugin>): Readonly<Record<string, number>> {
  return Object.fromEntries(
    [...plugins].map(([name, plugin]) => [
      name,
      project.config.plugins[name]?.parallelism ?? plugin.tables.parallelism,
    ]),
  );
}

function hasUnsettled({ resources }: Planned): boolean {
  return [...resources.values()].some(
    ({ sight, tables, desired, memory }) =>
      sight.is === 'seen' &&
      (desired !== undefined || memory !== undefined) &&
      isUnsettled(tables, sight.observed.state),
  );
}

/** Everything that happens under the lock. */
export async function applyRound(run: Round): Promise<Finished> {
  const { flags, shell, project, store, fence, signals } = run;
  const { recall, report } = await readLog(store, fence, project, shell);
  if (fence.cut !== undefined)
    shell.stderr.write(`note: ${fence.cut.bytes} bytes of an unfinished record were cut off ${fence.cut.file}\n`);
  const plugins = await pluginsFor(project.loaders, project.documents, recall);
  upgradeRecall(recall, plugins);
  const worlds = await openWorlds(plugins, project.config, shell);
  const id = randomId();
  const { record, head } = recorder(store, fence, recall, report.head);
  const endedBy = async (error: unknown): Promise<never> => {
    if (error instanceof UsageError)
      await record([{ kind: 'end', body: { run: id, exit: exitCode('error'), counts: {} } }]);
    throw error;
  };
  try {
    const { overrides, maxRemovals } = overridesOf(flags);
    await record([
      {
        kind: 'run',
        body: {
          run: id,
          command: run.part?.command ?? 'apply',
          version,
          ...(flags.planDigest === undefined ? {} : { digest: flags.planDigest }),
          ...(overrides.length === 0 ? {} : { overrides }),
          ...(maxRemovals === undefined ? {} : { max_removals: maxRemovals }),
        },
      },
    ]);
    const reconciled = await prepare({
      flags,
      shell,
      project,
      plugins,
      worlds,
      recall,
      record,
      run: id,
      head: report.head,
      abort: signals.abort,
      again: run.again === true,
      ...(run.part === undefined ? {} : { within: run.part.within }),
    }).catch(endedBy);
    const deciding: Deciding = { ...run, plugins, recall, record, id, worlds };
    const result = await decide(reconciled, deciding).catch(async (error: unknown): Promise<Decided> => {
      const stopped = stoppedBy(signals, error);
      return stopped === undefined ? endedBy(error) : { name: stopped, rows: [] };
    });
    const name = signals.ending() ?? result.name;
    await record([{ kind: 'end', body: { run: id, exit: exitCode(name), counts: countRows(result.rows) } }]);
    await store.checkpoint(rememberedOf(recall), fence);
    return {
      name,
      rows: result.rows,
      plan: reconciled.plan,
      actions: reconciled.actions,
      head: head(),
      unsettled: hasUnsettled(reconciled),
    };
  } finally {
    await worlds.close();
  }
}

interface Deciding extends Round {
  readonly plugins: ReadonlyMap<string, Plugin>;
  readonly recall: Recall;
  readonly record: (drafts: readonly Draft[]) => Promise<readonly LogRecord[]>;
  readonly id: string;
  readonly worlds: {
    readonly reader: (plugin: string) => Promise<unknown>;
    readonly writer: (plugin: string) => Promise<unknown>;
    readonly redact: Redact;
  };
}

interface Decided {
  readonly name: ExitName;
  readonly rows: readonly Row[];
}

/** Whether the plan of now is not the one that was approved by its digest; what differs is told. */
function isOtherPlan(plan: Plan, { flags, saved, shell }: Deciding): boolean {
  const { planDigest } = flags;
  if (planDigest === undefined || plan.plan_digest === planDigest) return false;
  shell.stderr.write(`the digest ${planDigest} was approved; the plan now has ${plan.plan_digest ?? 'no digest'}\n`);
  shell.stderr.write('The digest covers --cause: give apply the same as plan\n');
  if (saved === undefined)
    shell.stderr.write('what would run now is shown above; `apply FILE` with the saved plan names each difference\n');
  else shell.stderr.write(differenceText(planDifference(saved, plan)));
  return true;
}

/** Asks where somebody is to be asked; a digest or a saved plan is an approval. */
async function mustBeAgreed(run: Deciding): Promise<void> {
  const { flags, shell, saved, signals } = run;
  if (saved !== undefined || flags.planDigest !== undefined) return;
  const asking = run.telling.canAsk ? flags : { ...flags, input: 'false' };
  const ways = 'use --yes, --plan-digest, or apply a saved plan';
  await mustAgree('Apply these actions?', asking, shell, signals.stop, ways);
}

/** Shows the plan, asks where somebody is to be asked, and takes the actions. */
async function decide(reconciled: Planned, run: Deciding): Promise<Decided> {
  const { flags, shell, project, saved, signals, telling } = run;
  const { plan } = reconciled;
  if (signals.ending() !== undefined) return { name: 'interrupted', rows: [] };
  const checked = run.part?.check(reconciled) ?? {};
  if (checked.problem !== undefined) throw new UsageError(checked.problem);
  if (checked.note !== undefined) shell.stderr.write(`${printable(checked.note)}\n`);
  telling.plan(plan);
  if (isOtherPlan(plan, run)) return { name: 'plan-refused', rows: [] };
  const { keeps } = run.part ?? {};
  const actions =
    keeps === undefined
      ? reconciled.actions
      : new Map([...reconciled.actions].filter(([, action]) => action.verdict !== 'accept' || keeps(action)));
  const approved: Approved = saved === undefined ? { actions, stale: [], added: [] } : approve(saved, actions);
  explainApproval(approved, shell);
  if (saved !== undefined && approved.stale.length > 0 && approved.stale.length === saved.resource_changes.length)
    return { name: 'plan-refused', rows: [] };
  const accepted = [...approved.actions.values()].some(({ verdict }) => verdict === 'accept');
  if (accepted) await mustBeAgreed(run);
  if (signals.ending() !== undefined) return { name: 'interrupted', rows: [] };
  signals.graceful();
  const narration = telling.narrate();
  try {
    const rows = await applyActions({
      actions: approved.actions,
      resources: reconciled.resources,
      changes: reconciled.changes,
      scene: reconciled.scene,
      recall: run.recall,
      look: {
        plugins: run.plugins,
        reader: run.worlds.reader,
        desired: reconciled.desired,
        recall: run.recall,
        now: shell.now,
        redact: run.worlds.redact,
      },
      files: filesFor(project.config, shell),
      writer: run.worlds.writer,
      record: run.record,
      run: run.id,
      parallelism: flags.parallelism ?? project.config.parallelism,
      limits: limitsOf(project, run.plugins),
      now: shell.now,
      stop: signals.stop,
      abort: signals.abort,
      on: narration.on,
    });
    const all = [...rows.values()];
    const name = approved.stale.length > 0 ? 'incomplete' : applyEnding(all, plan, flags);
    return { name: all.some(({ status }) => status === 'unknown') ? 'unknown-outcome' : name, rows: all };
  } finally {
    narration.end();
  }
}
