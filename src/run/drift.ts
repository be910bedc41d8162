/** Drift: differences between the infrastructure and the last apply. Writes nothing, unless the refresh is recorded. */

import { driftDocument, type DriftReport } from '../formats/drift.ts';
import { driftIn } from './drifted.ts';
import { type Ending, type FailOn, refreshEnding } from './ending.ts';
import type { Listener } from './events.ts';
import { eitherOf, type Interruption, stoppedEnding } from './interruption.ts';
import { openDocuments, type Workspace } from './project.ts';
import { reconcileProject } from './reconcile-project.ts';
import { type RefreshResult, refreshed } from './refresh.ts';
import type { Selection } from './selection.ts';
import { openWorlds, pluginsFor, upgradeRecall } from './worlds.ts';
import { refuseInCi, writeLog } from './write-log.ts';

export interface DriftOptions extends FailOn {
  readonly selection?: Selection;
  readonly interruption: Interruption;
  /** Records the refresh in the log: later reports can then say since when a resource has drifted. */
  readonly record?: boolean | undefined;
  /** Failing resources keep their recorded state until their failure policy allows the next refresh. */
  readonly backoff?: boolean | undefined;
  readonly lockTimeout?: number | undefined;
}

interface Drifted {
  readonly ending: Ending;
  readonly report?: DriftReport;
}

function drifted(
  refresh: Pick<RefreshResult, 'project' | 'reconciled' | 'report'>,
  options: DriftOptions,
  say: Listener,
): Drifted {
  const { project, reconciled, report: log } = refresh;
  const { plan } = reconciled;
  const found = driftIn(reconciled, project, options.selection);
  const report = driftDocument(found, plan, log.status !== 'none');
  say({ type: 'drifted', report });
  return { ending: refreshEnding({ plan, drifted: () => found.rows.length }, options, ['drift', 'findings']), report };
}

async function recorded(workspace: Workspace, options: DriftOptions, say: Listener): Promise<Drifted> {
  const { interruption, lockTimeout, selection = {} } = options;
  refuseInCi(workspace, 'drift --record');
  const project = await openDocuments(workspace, say);
  const writing = { command: 'drift', lockTimeout, interruption };
  const { ending, result } = await writeLog<Drifted>(workspace, writing, say, async (log) => {
    const { recall, record, run } = log;
    const plugins = await pluginsFor(project, project.documents, recall);
    upgradeRecall(recall, plugins);
    const worlds = await openWorlds(plugins, project);
    try {
      const head = log.head();
      const reconciled = await reconcileProject(
        {
          project,
          selection,
          passes: {},
          plugins,
          worlds,
          recall,
          record,
          run,
          head,
          abort: eitherOf(interruption),
          ...(options.backoff === true ? { scheduled: true } : {}),
        },
        say,
      );
      const stopped = stoppedEnding(interruption);
      if (stopped !== undefined) return { ending: stopped };
      const report = head === undefined ? log.report : { ...log.report, head };
      const result = drifted({ project, reconciled, report }, options, say);
      return { ending: result.ending, result };
    } finally {
      await worlds.close();
    }
  });
  return { ...result, ending };
}

/** Reports drift. The report is absent if the run was stopped, or did not get the lock. */
export async function drift(workspace: Workspace, options: DriftOptions, say: Listener): Promise<Drifted> {
  if (options.record === true) return recorded(workspace, options, say);
  const { selection = {}, interruption } = options;
  return refreshed(workspace, { selection, stop: interruption.stop }, say, async (refresh) =>
    drifted(refresh, options, say),
  );
}
