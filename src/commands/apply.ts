/**
 * `fettle apply`: a saved plan, or plan and ask.
 *
 * Documents are loaded before the lock is taken; the lock is held over the prompt, so that what was shown is what runs.
 * Everything that is written goes through `record`: durable in the log first, then part of memory.
 */

import { createInterface } from 'node:readline/promises';
import { resolve } from 'node:path';
import type { Row } from '../engine/action.ts';
import { apply as applyActions } from '../engine/apply.ts';
import { type Approved, approve, savedOverrides } from '../engine/approve.ts';
import type { Plan } from '../engine/plan.ts';
import type { Plugin } from '../engine/plugin.ts';
import type { Reconciled } from '../engine/reconcile.ts';
import type { Draft, LogRecord } from '../engine/record.ts';
import { fold, type Recall } from '../engine/remember.ts';
import { countRows, finalTable } from '../report/apply-text.ts';
import { holderText } from '../report/holder-text.ts';
import { headText, planText } from '../report/plan-text.ts';
import { printable } from '../report/text.ts';
import { damageText } from '../report/verify-text.ts';
import type { Shell } from '../shell.ts';
import { LockHeldError } from '../store/errors.ts';
import type { Fence, Head, ReadReport, Store } from '../store/store.ts';
import { version } from '../version.ts';
import { isCi } from './actor.ts';
import { applyEnding, endingLine, exitCode, type ExitName } from './ending.ts';
import { type Flags, overridesOf, UsageError, wantsColor } from './flags.ts';
import { narrator } from './narrator.ts';
import { readPlan } from './plan-file.ts';
import { prepare } from './prepare.ts';
import {
  openProject,
  openStore,
  openWorlds,
  pluginsFor,
  type Project,
  randomId,
  recallFrom,
  upgradeRecall,
  workFolder,
} from './session.ts';
import { type Stopping, stopping } from './stopping.ts';

/** Asks; a signal ends the question, and counts as no answer. */
async function confirmed(shell: Shell, stop: AbortSignal): Promise<boolean> {
  const stdin = shell.stdin();
  shell.stdout.write('\nApply these actions? Only "yes" is taken for an answer: ');
  const lines = createInterface({ input: stdin, terminal: false, signal: stop });
  try {
    for await (const line of lines) return line.trim() === 'yes';
    return false;
  } finally {
    lines.close();
    stdin.unref?.();
  }
}

function refuseInCi(project: Project, shell: Shell): void {
  if (project.config.storeWritten || !isCi(shell.env)) return;
  throw new UsageError(
    'in CI, apply needs `store` in fettle.yaml: a log in a checkout that is thrown away remembers nothing',
  );
}

async function savedPlan(
  file: string | undefined,
  project: Project,
  flags: Flags,
  shell: Shell,
): Promise<Plan | ExitName | undefined> {
  if (file === undefined) return undefined;
  const { plan, altered } = await readPlan(resolve(workFolder(flags, shell), file));
  if (altered) shell.stderr.write(`${file} was altered after it was saved, or was not saved by plan --out\n`);
  else if (plan.project !== project.config.name)
    shell.stderr.write(`${file} is a plan of project ${printable(plan.project)}; this is ${project.config.name}\n`);
  else return plan;
  return 'plan-refused';
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

interface Run {
  readonly flags: Flags;
  readonly shell: Shell;
  readonly project: Project;
  readonly saved: Plan | undefined;
  readonly store: Store;
  readonly fence: Fence;
  readonly signals: Stopping;
}

interface Finished {
  readonly name: ExitName;
  readonly rows: readonly Row[];
  readonly plan: Plan | undefined;
  readonly head: Head | undefined;
}

/** Everything that happens under the lock. */
async function runLocked(run: Run): Promise<Finished> {
  const { flags, shell, project, store, fence, signals, saved } = run;
  const { recall, report } = await readLog(store, fence, project, shell);
  if (fence.cut !== undefined)
    shell.stderr.write(`note: ${fence.cut.bytes} bytes of an unfinished record were cut off ${fence.cut.file}\n`);
  const plugins = await pluginsFor(project.loaders, project.documents, recall);
  upgradeRecall(recall, plugins);
  const worlds = openWorlds(plugins, project.config, shell);
  const id = randomId();
  let head = report.head;
  const record = async (drafts: readonly Draft[]): Promise<readonly LogRecord[]> => {
    if (drafts.length === 0) return [];
    const records = await store.append(drafts, fence);
    for (const each of records) {
      fold(recall, each);
      head = { seq: each.seq, hash: each.hash };
    }
    return records;
  };
  try {
    const { overrides, maxRemovals } = overridesOf(flags);
    await record([
      {
        kind: 'run',
        body: {
          run: id,
          command: 'apply',
          version,
          ...(overrides.length === 0 ? {} : { overrides }),
          ...(maxRemovals === undefined ? {} : { maxRemovals }),
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
      approved: saved === undefined ? [] : savedOverrides(saved),
    });
    const deciding: Deciding = { ...run, plugins, recall, record, id, worlds };
    const result = await decide(reconciled, deciding).catch(async (error: unknown) => {
      if (error instanceof UsageError)
        await record([{ kind: 'end', body: { run: id, exit: exitCode('error'), counts: {} } }]);
      throw error;
    });
    const counts = countRows(result.rows);
    const code = exitCode(signals.ending() ?? result.name);
    await record([{ kind: 'end', body: { run: id, exit: code, counts } }]);
    await store.checkpoint(recall.resources.values(), fence);
    return { name: signals.ending() ?? result.name, rows: result.rows, plan: reconciled.plan, head };
  } finally {
    await worlds.close();
  }
}

interface Deciding extends Run {
  readonly plugins: ReadonlyMap<string, Plugin>;
  readonly recall: Recall;
  readonly record: (drafts: readonly Draft[]) => Promise<readonly LogRecord[]>;
  readonly id: string;
  readonly worlds: {
    readonly reader: (plugin: string) => Promise<unknown>;
    readonly writer: (plugin: string) => Promise<unknown>;
  };
}

/** Shows the plan, asks where somebody is to be asked, and takes the actions. */
async function decide(
  reconciled: Reconciled,
  run: Deciding,
): Promise<{ readonly name: ExitName; readonly rows: readonly Row[] }> {
  const { flags, shell, project, saved, signals } = run;
  const { plan } = reconciled;
  if (signals.ending() !== undefined) return { name: 'interrupted', rows: [] };
  if (flags.format !== 'json')
    shell.stdout.write(
      planText(plan, { color: wantsColor(flags, shell), now: shell.now(), detail: flags.detail ?? false }),
    );
  const approved: Approved =
    saved === undefined ? { actions: reconciled.actions, stale: [], added: [] } : approve(saved, reconciled.actions);
  explainApproval(approved, shell);
  if (saved !== undefined && approved.stale.length > 0 && approved.stale.length === saved.resource_changes.length)
    return { name: 'plan-refused', rows: [] };
  const accepted = [...approved.actions.values()].some(({ verdict }) => verdict === 'accept');
  if (accepted && saved === undefined && flags.yes !== true) {
    if (flags.input === 'false' || !shell.stdin().isTTY || isCi(shell.env))
      throw new UsageError('there is nobody to ask: use --yes, or apply a saved plan');
    const agreed = await confirmed(shell, signals.stop);
    if (signals.ending() !== undefined) return { name: 'interrupted', rows: [] };
    if (!agreed) throw new UsageError('declined; nothing was done');
  }
  signals.graceful();
  const narration = narrator(flags, shell);
  try {
    const rows = await applyActions({
      actions: approved.actions,
      pairs: reconciled.pairs,
      changes: reconciled.changes,
      scene: reconciled.scene,
      plugins: run.plugins,
      recall: run.recall,
      look: {
        plugins: run.plugins,
        reader: run.worlds.reader,
        desired: reconciled.desired,
        recall: run.recall,
        now: shell.now,
      },
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

function limitsOf(project: Project, plugins: ReadonlyMap<string, Plugin>): Readonly<Record<string, number>> {
  return Object.fromEntries(
    [...plugins].map(([name, plugin]) => [
      name,
      project.config.plugins[name]?.parallelism ?? plugin.tables.parallelism,
    ]),
  );
}

function resultJson(finished: Finished): string {
  const results = finished.rows.map(({ address, action, status, message, elapsedMs }) => ({
    address,
    step: action.change.step,
    goal: action.change.goal,
    status,
    ...(message === '' ? {} : { message }),
    elapsed_seconds: elapsedMs / 1000,
  }));
  const head = finished.head;
  return `${JSON.stringify({
    format_version: '1.0',
    fettle_version: version,
    exit_code: exitCode(finished.name),
    results,
    summary: countRows(finished.rows),
    ...(head === undefined ? {} : { log_head: { seq: head.seq, hash: `sha256:${head.hash}` } }),
  })}\n`;
}

/** A run without rows: there was nothing to do, or it came to nothing. */
function nothingText(name: ExitName): string {
  return name === 'ok' || name === 'partly-read' ? 'Nothing to do.' : 'Nothing was done.';
}

export async function apply(file: string | undefined, flags: Flags, shell: Shell): Promise<number> {
  const project = await openProject(flags, shell);
  refuseInCi(project, shell);
  const saved = await savedPlan(file, project, flags, shell);
  const end = (name: ExitName): number => {
    shell.stderr.write(endingLine(name));
    return exitCode(name);
  };
  if (typeof saved === 'string') return end(saved);
  const signals = stopping(shell);
  const store = openStore(project.config, shell);
  try {
    const fence = await store.lock({
      command: 'apply',
      timeoutMs: flags.lockTimeout ?? 0,
      signal: signals.stop,
      onWait: (holder) => shell.stderr.write(`waiting for the lock: ${holderText(holder)}\n`),
    });
    try {
      const finished = await runLocked({ flags, shell, project, saved, store, fence, signals });
      if (flags.format === 'json') shell.stdout.write(resultJson(finished));
      else if (finished.rows.length > 0)
        shell.stdout.write(
          finalTable(finished.rows, { color: wantsColor(flags, shell), head: headText(finished.head) }),
        );
      else shell.stdout.write(`${nothingText(finished.name)}\nlog head ${headText(finished.head)}\n`);
      return end(finished.name);
    } finally {
      await store
        .unlock(fence)
        .catch((error: unknown) =>
          shell.stderr.write(
            `warning: the lock was not given back: ${error instanceof Error ? error.message : String(error)}\n`,
          ),
        );
    }
  } catch (error) {
    const ending = signals.ending();
    // Stopped while it waited for the lock.
    if (ending !== undefined && error === signals.stop.reason) return end(ending);
    if (!(error instanceof LockHeldError)) throw error;
    shell.stderr.write(`locked by ${holderText(error.holder)}\n`);
    return end(ending ?? 'locked');
  } finally {
    signals.forget();
    await store.close();
  }
}
