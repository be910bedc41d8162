/** Looking: what `plan`, `drift` and `explain` have in common. They open everything for reading, and nothing for writing. */

import type { Plugin } from '../engine/plugin.ts';
import type { Reconciled } from '../engine/reconcile.ts';
import type { Recall } from '../engine/remember.ts';
import { holderText } from '../report/holder-text.ts';
import { damageText } from '../report/verify-text.ts';
import type { Shell } from '../shell.ts';
import type { ReadReport, Store } from '../store/store.ts';
import { type ExitName, exitCode } from './ending.ts';
import type { Flags } from './flags.ts';
import { prepare } from './prepare.ts';
import {
  openProject,
  openStore,
  openWorlds,
  pluginsFor,
  type Project,
  randomId,
  recallFrom,
  rememberOnly,
  upgradeRecall,
} from './session.ts';
import { tell, tellEnding } from './tell.ts';

/** What a look found, and what it was made with. */
export interface Looked {
  readonly project: Project;
  readonly store: Store;
  readonly recall: Recall;
  readonly report: ReadReport;
  readonly plugins: ReadonlyMap<string, Plugin>;
  readonly reconciled: Reconciled;
}

/** Tells what is wrong with the log, and goes on with its sound beginning. */
export function warnOfLog(report: ReadReport, store: Store, shell: Shell): void {
  for (const damage of report.damage)
    tell(shell, 'warning', `the log is damaged, its sound beginning is used: ${damageText(damage, store.place)}`);
  if (report.torn !== undefined)
    tell(shell, 'note', `${report.torn.bytes} bytes of an unfinished record at the end of the log are passed over`);
}

/** Looks, and lets `use` say what came of it; a signal ends the look. Gives the exit code, with its line on stderr. */
export async function looking(flags: Flags, shell: Shell, use: (looked: Looked) => Promise<ExitName>): Promise<number> {
  const project = await openProject(flags, shell);
  const store = await openStore(project.config, shell);
  const end = (name: ExitName): number => {
    tellEnding(shell, name);
    return exitCode(name);
  };
  try {
    const { recall, report } = await recallFrom(store);
    warnOfLog(report, store, shell);
    const plugins = await pluginsFor(project.loaders, project.documents, recall);
    upgradeRecall(recall, plugins);
    const holder = await store.holder();
    const worlds = await openWorlds(plugins, project.config, shell);
    const aborting = new AbortController();
    let stopped: 'SIGINT' | 'SIGTERM' | undefined;
    const forget = shell.onSignal((signal) => {
      stopped = signal;
      aborting.abort();
    });
    try {
      const reconciled = await prepare({
        flags,
        shell,
        project,
        plugins,
        worlds,
        recall,
        record: rememberOnly(recall, shell.now),
        run: randomId(),
        head: report.head,
        abort: aborting.signal,
        ...(holder === undefined ? {} : { busy: { holder: holderText(holder) } }),
      });
      if (stopped !== undefined) return end(stopped === 'SIGINT' ? 'interrupted' : 'terminated');
      return end(await use({ project, store, recall, report, plugins, reconciled }));
    } finally {
      forget();
      await worlds.close();
    }
  } finally {
    await store.close();
  }
}
