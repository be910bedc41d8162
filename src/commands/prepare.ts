/** What `plan` and `apply` have in common: from documents and log to a judged plan. */

import { openLookUp } from '../engine/load/look-up.ts';
import type { Plugin } from '#plugin';
import { type Reconciled, type ReconcileInput, reconcile } from '../engine/reconcile.ts';
import { type Planned, planned } from '../formats/plan.ts';
import type { Recall } from '../engine/remember.ts';
import type { Shell } from '../shell.ts';
import type { Head } from '../store/store.ts';
import { version } from '../version.ts';
import { reservedPlaces } from './reserved-places.ts';
import { type Flags, withinOf } from './flags.ts';
import { lookProgress } from './progress.ts';
import { judgeOnView } from './selectors.ts';
import { filesFor, type Project, safetyOf, settingsFor, type Worlds } from './session.ts';
import { eventsOf, tell } from './tell.ts';

export interface PrepareInput {
  readonly flags: Flags;
  readonly shell: Shell;
  readonly project: Project;
  readonly plugins: ReadonlyMap<string, Plugin>;
  readonly worlds: Worlds;
  readonly recall: Recall;
  readonly record: ReconcileInput['record'];
  readonly run: string;
  readonly head: Head | undefined;
  /** Why the memory could not be read; the plan has no digest then. */
  readonly memoryGap?: string;
  readonly busy?: ReconcileInput['busy'];
  readonly abort: AbortSignal;
  /** A schedule asks for it. */
  readonly scheduled?: true;
  /** Instead of what `--target` and `--exclude` say. */
  readonly within?: (address: string) => boolean;
  /** A later round of one command: its selectors were judged in the first one. */
  readonly again?: boolean;
}

/** Reconciles with progress, and judges what the command line selects. Throws UsageError. */
export async function prepare(input: PrepareInput): Promise<Planned> {
  const { flags, shell, project } = input;
  const within = input.within ?? withinOf(flags);
  const progress = lookProgress(shell);
  const safety = await safetyOf(project.config, flags, shell.now());
  const looked = eventsOf(shell)?.refresh(input.plugins.keys());
  try {
    const reconciled = planned(
      await reconcile({
        project: project.config.name,
        version,
        run: input.run,
        documents: project.documents,
        plugins: input.plugins,
        unloaded: project.config.unloaded,
        settings: await settingsFor(input.plugins, project.config),
        files: filesFor(project.config, shell),
        reader: input.worlds.reader,
        recall: input.recall,
        record: input.record,
        safety,
        places: {
          look: () => openLookUp(project.config.folder),
          clock: () => performance.now(),
          reserved: reservedPlaces(
            project.config,
            project.documents.map(({ source }) => source.file),
          ),
        },
        suppress: project.config.suppress,
        now: shell.now,
        abort: input.abort,
        redact: input.worlds.redact,
        progress: progress.report,
        ...(input.scheduled === undefined ? {} : { scheduled: input.scheduled }),
        ...(input.busy === undefined ? {} : { busy: input.busy }),
        ...(within === undefined ? {} : { within }),
        ...(flags.cause === undefined ? {} : { causes: new Set(flags.cause) }),
        ...(input.head === undefined ? {} : { head: input.head }),
        ...(input.memoryGap === undefined ? {} : { memoryGap: input.memoryGap }),
      }),
    );
    progress.end();
    looked?.(reconciled.view);
    if (input.again !== true && !input.abort.aborted) {
      judgeOnView({ ...input, config: project.config, reconciled }, shell);
      warnOfUselessOverrides(flags, reconciled, shell);
    }
    return reconciled;
  } finally {
    progress.end();
  }
}

function warnOfUselessOverrides(flags: Flags, { actions }: Reconciled, shell: Shell): void {
  for (const override of flags.override ?? []) {
    const at = override.indexOf('@');
    const action = actions.get(override.slice(at + 1));
    const used = action?.judgements.some(
      ({ rule, overridden }) => rule === override.slice(0, at) && overridden !== undefined,
    );
    if (used !== true) tell(shell, 'warning', `--override ${override} changes nothing: that rule stops nothing there`);
  }
}
