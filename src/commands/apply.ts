/**
 * `fettle apply`: a saved plan, or plan and ask; with `--until-settled`, round after round.
 *
 * Documents are loaded before the lock is taken; the lock is held over the prompt, so that what was shown is what runs.
 * Between two rounds that wait for a time, the lock is free.
 */

import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Row } from '../engine/action.ts';
import { sortedCauses } from '../engine/causes.ts';
import type { Plan } from '../formats/plan.ts';
import { printable, sameJson } from '#plugin';
import type { Shell } from '../shell.ts';
import type { Store } from '../store/store.ts';
import { type ApplyFlags, applyRound, type Finished, type Part } from './apply-round.ts';
import { type ApplyTelling, applyTelling } from './apply-telling.ts';
import { type ExitName, exitCode } from './ending.ts';
import { type Flags, UsageError } from './flags.ts';
import { readPlan } from './plan-file.ts';
import { openProject, openStore, type Project, workFolder } from './session.ts';
import { nextRound } from './settling.ts';
import { type Stopping, stopping } from './stopping.ts';
import { tellEnding } from './tell.ts';
import { endingWithoutLock, withLock } from './under-lock.ts';
import { refuseInCi } from './writing.ts';

async function savedPlan(
  file: string | undefined,
  project: Project,
  flags: Flags,
  shell: Shell,
): Promise<Plan | ExitName | undefined> {
  if (file === undefined) return undefined;
  const { plan, altered, misdigested } = await readPlan(resolve(workFolder(flags, shell), file));
  if (altered) shell.stderr.write(`${file} was altered after it was saved, or was not saved by plan --out\n`);
  else if (misdigested)
    shell.stderr.write(`the digest in ${file} is not that of its rows: it was altered, or saved by another fettle\n`);
  else if (plan.project !== project.config.name)
    shell.stderr.write(`${file} is a plan of project ${printable(plan.project)}; this is ${project.config.name}\n`);
  else if (plan.plan_digest === undefined)
    shell.stderr.write(`${file} has no digest: the memory could not be read when it was made. Plan again.\n`);
  else return plan;
  return 'plan-refused';
}

function checkFlags(file: string | undefined, flags: ApplyFlags): void {
  if (flags.planDigest !== undefined && !/^sha256:[0-9a-f]{64}$/u.test(flags.planDigest))
    throw new UsageError('--plan-digest must be sha256: and 64 hex digits, as plan prints it');
  if (flags.untilSettled !== true) return;
  if (file !== undefined || flags.planDigest !== undefined)
    throw new UsageError('--until-settled plans anew each round: no plan can be approved before');
}

/** The causes that a saved plan is limited to limit the apply of it too. Throws UsageError where the line names others. */
function withCauses(flags: ApplyFlags, saved: Plan | undefined): ApplyFlags {
  if (saved === undefined) return flags;
  const [given, planned] = [flags.cause, saved.causes].map((causes) =>
    causes === undefined ? undefined : sortedCauses(new Set(causes)),
  );
  if (given !== undefined && !sameJson(given, planned ?? []))
    throw new UsageError(
      planned === undefined
        ? '--cause limits the apply of a plan that was made without it. Plan again with --cause'
        : `The plan was made with --cause ${planned.join(',')}. Leave --cause out, or give the same`,
    );
  return planned === undefined ? flags : { ...flags, cause: planned };
}

interface Applying {
  readonly flags: ApplyFlags;
  readonly shell: Shell;
  readonly project: Project;
  readonly saved: Plan | undefined;
  readonly store: Store;
  readonly signals: Stopping;
  readonly telling: ApplyTelling;
  readonly part: Part | undefined;
  /** A round before this one judged what the command line selects. */
  readonly again?: boolean;
}

/** One round with the lock of its own. Throws LockHeldError. */
async function lockedRound(run: Applying): Promise<Finished> {
  const { flags, shell, store, signals } = run;
  const command = run.part?.command ?? 'apply';
  return withLock(store, { command, timeoutMs: flags.lockTimeout, shell, signals }, (fence) =>
    applyRound({ ...run, fence }),
  );
}

/** How long all rounds may take where nothing is said. */
const SETTLING_MS = 60 * 60_000;

/** Round after round, until nothing is left, or nothing more can be done, or the time is over. */
async function untilSettled(run: Applying): Promise<Finished> {
  const { flags, shell, signals } = run;
  const started = shell.now();
  const rows = new Map<string, Row>();
  for (let fruitless = 0, again = false; ; again = true) {
    const finished = await lockedRound({ ...run, again });
    signals.waiting();
    for (const row of finished.rows) rows.set(row.address, row);
    fruitless = finished.rows.some(({ status }) => status === 'done') ? 0 : fruitless + 1;
    const next = nextRound(finished, {
      now: shell.now(),
      until: started + (flags.timeout ?? SETTLING_MS),
      fruitless,
      allowRejected: flags.allowRejected === true,
    });
    if ('end' in next) return { ...finished, rows: [...rows.values()], name: signals.ending() ?? next.end };
    if (next.waitMs > 0) {
      const at = new Date(shell.now() + next.waitMs).toISOString();
      shell.stderr.write(`waiting until ${at}: ${printable(next.why)}\n`);
      await sleep(next.waitMs, undefined, { signal: signals.stop }).catch(() => undefined);
    }
    if (signals.ending() !== undefined)
      return { ...finished, rows: [...rows.values()], name: signals.ending() ?? finished.name };
  }
}

export function apply(file: string | undefined, flags: ApplyFlags, shell: Shell): Promise<number> {
  return applyWith(file, flags, shell);
}

/** All of a plan, or a part of it. */
export async function applyWith(
  file: string | undefined,
  flags: ApplyFlags,
  shell: Shell,
  part?: Part,
): Promise<number> {
  checkFlags(file, flags);
  // Every document is parsed: what is done follows from the text alone.
  const project = await openProject(flags, shell, { texts: new Map() });
  refuseInCi(project.config, part?.command ?? 'apply', shell);
  const saved = await savedPlan(file, project, flags, shell);
  const end = (name: ExitName): number => {
    tellEnding(shell, name);
    return exitCode(name);
  };
  if (typeof saved === 'string') return end(saved);
  const limited = withCauses(flags, saved);
  const signals = stopping(shell);
  const store = await openStore(project.config, shell);
  const telling = applyTelling(project.config.name, flags, shell);
  const run: Applying = { flags: limited, shell, project, saved, store, signals, telling, part };
  try {
    const finished = flags.untilSettled === true ? await untilSettled(run) : await lockedRound(run);
    telling.result(finished);
    return end(finished.name);
  } catch (error) {
    return end(endingWithoutLock(error, signals, shell));
  } finally {
    signals.forget();
    await store.close();
  }
}
