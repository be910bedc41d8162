/** Reconciliation of a project, from documents and log to a judged plan: the common part of all runs that refresh. */

import { openLookUp } from '../engine/load/look-up.ts';
import type { Plugin, Ref, View } from '#plugin';
import { type ReconcileInput, reconcile } from '../engine/reconcile.ts';
import { type Planned, planned } from '../formats/plan.ts';
import type { Recall } from '../engine/remember.ts';
import type { Head } from '../store/store.ts';
import { version } from '../version.ts';
import type { Listener, Progress } from './events.ts';
import type { Project } from './project.ts';
import { reservedPlaces } from './reserved-places.ts';
import type { Within } from '../engine/selector.ts';
import { judgeOnView, type Passes, type Selection, withinOf } from './selection.ts';
import { filesFor, safetyOf, settingsFor, type Worlds } from './worlds.ts';

export interface ReconcileProject {
  readonly project: Project;
  readonly selection: Selection;
  readonly passes: Passes;
  readonly plugins: ReadonlyMap<string, Plugin>;
  readonly worlds: Worlds;
  readonly recall: Recall;
  readonly record: ReconcileInput['record'];
  readonly run: string;
  readonly head: Head | undefined;
  readonly abort: AbortSignal;
  /** The reason for which the state could not be read. The plan then has no digest. */
  readonly memoryGap?: string | undefined;
  readonly busy?: ReconcileInput['busy'] | undefined;
  /** Failing resources keep their recorded state until their failure policy allows the next refresh. */
  readonly scheduled?: true;
  /** Refreshes only these resources, and takes the state of the others as it is. */
  readonly only?: readonly Ref[] | undefined;
  /** With `only`: plugins of which it has every resource. */
  readonly whole?: ReadonlySet<string> | undefined;
  /** Selects addresses, instead of `selection`. */
  readonly within?: Within | undefined;
  /** True in a later round of a run: the first round judged the selection. */
  readonly again?: boolean | undefined;
}

const TICK_MS = 500;

/** Reports the progress of the refresh, even while no response arrives. */
function refreshing(
  { host }: Project,
  plugins: readonly string[],
  say: Listener,
): {
  readonly report: (plugin: string, done: number, total: number) => void;
  readonly ended: (view: View) => void;
  readonly close: () => void;
} {
  const started = host.elapsed();
  const progress = new Map<string, Progress>();
  const elapsedMs = (): number => host.elapsed() - started;
  const tick = (): void => say({ type: 'refresh-progress', progress, elapsedMs: elapsedMs() });
  const timer = setInterval(tick, TICK_MS);
  timer.unref();
  say({ type: 'refresh-started', plugins });
  return {
    report: (plugin, done, total) => {
      progress.set(plugin, { done, total });
      tick();
    },
    ended: ({ observed, gaps }) =>
      say({
        type: 'refresh-ended',
        plugins: plugins.map((plugin) => ({
          plugin,
          seen: observed.filter(({ ref }) => ref.plugin === plugin).length,
          gaps: gaps.filter((gap) => gap.plugin === plugin).length,
        })),
        elapsedMs: elapsedMs(),
      }),
    close: () => clearInterval(timer),
  };
}

/** Reconciles, and checks the selectors of the call. Throws InputError for a selector that matches nothing. */
export async function reconcileProject(input: ReconcileProject, say: Listener): Promise<Planned> {
  const { project, selection, passes } = input;
  const { host, config, documents } = project;
  const within = input.within ?? withinOf(selection);
  const safety = await safetyOf(config, passes, host.now());
  const refresh = refreshing(project, [...input.plugins.keys()], say);
  try {
    const reconciled = planned(
      await reconcile({
        project: config.name,
        version,
        run: input.run,
        documents,
        plugins: input.plugins,
        settings: await settingsFor(input.plugins, project),
        files: filesFor(project),
        reader: input.worlds.reader,
        recall: input.recall,
        record: input.record,
        safety,
        places: {
          look: () => openLookUp(config.folder),
          clock: host.elapsed,
          reserved: reservedPlaces(
            config,
            documents.map(({ source }) => source.file),
          ),
        },
        suppress: config.suppress,
        confirm: config.confirm,
        again: input.again,
        only: input.only,
        whole: input.whole,
        unloaded: config.unloaded,
        now: host.now,
        abort: input.abort,
        redact: input.worlds.redact,
        progress: refresh.report,
        ...(input.scheduled === undefined ? {} : { scheduled: input.scheduled }),
        ...(input.busy === undefined ? {} : { busy: input.busy }),
        ...(within === undefined ? {} : { within }),
        ...(selection.target === undefined ? {} : { target: selection.target }),
        ...(selection.causes === undefined ? {} : { causes: new Set(selection.causes) }),
        ...(input.head === undefined ? {} : { head: input.head }),
        ...(input.memoryGap === undefined ? {} : { memoryGap: input.memoryGap }),
      }),
    );
    refresh.ended(reconciled.view);
    if (input.again !== true && input.only === undefined && !input.abort.aborted)
      judgeOnView({ ...input, config, now: host.now(), reconciled }, say);
    return reconciled;
  } finally {
    refresh.close();
  }
}
