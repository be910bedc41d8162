/** Refresh: the common part of `plan`, `drift` and `explain`. Opens everything for reading only. */

import { holderText } from '../engine/holder-text.ts';
import type { Planned } from '../formats/plan.ts';
import { emptyRecall, type Recall, textsOf } from '../engine/remember.ts';
import { errorText, type Plugin } from '#plugin';
import { StoreSecretError } from '../store/errors.ts';
import type { Holder, ReadReport, Store } from '../store/store.ts';
import type { Ending } from './ending.ts';
import type { Listener } from './events.ts';
import { stoppedEnding } from './interruption.ts';
import { openDocuments, type Project, type Workspace } from './project.ts';
import { reconcileProject } from './reconcile-project.ts';
import type { Passes, Selection } from './selection.ts';
import { rememberOnly, sayLogState } from './stores.ts';
import { openWorlds, pluginsFor, upgradeRecall } from './worlds.ts';

/** The result of a refresh, with its inputs. */
export interface RefreshResult {
  readonly project: Project;
  /** Undefined if the state could not be read. */
  readonly store: Store | undefined;
  readonly recall: Recall;
  readonly report: ReadReport;
  readonly plugins: ReadonlyMap<string, Plugin>;
  readonly reconciled: Planned;
}

export interface RefreshOptions {
  readonly selection?: Selection;
  readonly passes?: Passes;
  /** Ends the refresh. */
  readonly stop: AbortSignal;
  /** Continues without the state if the store's secret is missing, as in a pull request from a fork. */
  readonly memoryMayBeUnread?: boolean;
}

/** The state with its store, or the reason for which it could not be read. */
interface Remembering {
  readonly store?: Store;
  readonly recall: Recall;
  readonly report: ReadReport;
  readonly holder?: Holder | undefined;
  readonly gap?: string;
}

async function remembering(workspace: Workspace, mayBeUnread: boolean, say: Listener): Promise<Remembering> {
  let store: Store | undefined;
  try {
    store = await workspace.host.openStore(workspace, say);
    const { recall, report } = await store.state();
    return { store, recall, report, holder: await store.holder() };
  } catch (error) {
    await store?.close();
    if (!mayBeUnread || !(error instanceof StoreSecretError)) throw error;
    return { recall: emptyRecall(), report: { status: 'none', damage: [] }, gap: errorText(error) };
  }
}

/** Refreshes, and returns the result of `use`. A stop ends the refresh with the requested ending. */
export async function refreshed<T>(
  workspace: Workspace,
  options: RefreshOptions,
  say: Listener,
  use: (result: RefreshResult) => Promise<T>,
): Promise<T | { readonly ending: Ending }> {
  const { selection = {}, passes = {}, stop, memoryMayBeUnread = false } = options;
  const { host } = workspace;
  const { store, recall, report, holder, gap } = await remembering(workspace, memoryMayBeUnread, say);
  try {
    const project = await openDocuments(workspace, say, { texts: textsOf(recall) });
    // Before the first apply, a missing log is not worth a notice.
    if (store !== undefined && report.status !== 'none') sayLogState(report, store, say);
    const plugins = await pluginsFor(project, project.documents, recall);
    upgradeRecall(recall, plugins);
    const worlds = await openWorlds(plugins, project);
    try {
      const reconciled = await reconcileProject(
        {
          project,
          selection,
          passes,
          plugins,
          worlds,
          recall,
          record: rememberOnly(recall, host.now),
          run: host.randomId(),
          head: report.head,
          abort: stop,
          memoryGap: gap,
          ...(holder === undefined ? {} : { busy: { holder: holderText(holder) } }),
        },
        say,
      );
      const ending = stoppedEnding({ stop });
      return ending === undefined ? await use({ project, store, recall, report, plugins, reconciled }) : { ending };
    } finally {
      await worlds.close();
    }
  } finally {
    await store?.close();
  }
}
