/** Looking: what `plan`, `drift` and `explain` have in common. They open everything for reading, and nothing for writing. */

import type { Planned } from '../formats/plan.ts';
import { errorText, type Plugin } from '#plugin';
import type { Config } from '../engine/load/config.ts';
import { emptyRecall, type Recall, textsOf } from '../engine/remember.ts';
import { holderText } from '../report/holder-text.ts';
import { damageText } from '../report/verify-text.ts';
import type { Shell } from '../shell.ts';
import { StoreSecretError } from '../store/errors.ts';
import type { Holder, ReadReport, Store } from '../store/store.ts';
import { type ExitName, exitCode } from './ending.ts';
import type { Flags } from './flags.ts';
import { prepare } from './prepare.ts';
import {
  openConfig,
  openDocuments,
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
  /** Absent where the memory could not be read. */
  readonly store?: Store;
  readonly recall: Recall;
  readonly report: ReadReport;
  readonly plugins: ReadonlyMap<string, Plugin>;
  readonly reconciled: Planned;
}

/** Tells what is wrong with the log, and goes on with its sound beginning. */
export function warnOfLog(report: ReadReport, store: Store, shell: Shell): void {
  for (const damage of report.damage)
    tell(shell, 'warning', `the log is damaged, its sound beginning is used: ${damageText(damage, store.place)}`);
  if (report.torn !== undefined)
    tell(shell, 'note', `${report.torn.bytes} bytes of an unfinished record at the end of the log are passed over`);
}

/** What is remembered, with the store that it was read from; or why it could not be read. */
type Remembering =
  | { readonly store: Store; readonly recall: Recall; readonly report: ReadReport; readonly holder: Holder | undefined }
  | { readonly gap: string };

async function remembering(config: Config, shell: Shell): Promise<Remembering> {
  let store: Store | undefined;
  try {
    store = await openStore(config, shell);
    const { recall, report } = await recallFrom(store);
    return { store, recall, report, holder: await store.holder() };
  } catch (error) {
    await store?.close();
    if (error instanceof StoreSecretError) return { gap: errorText(error) };
    throw error;
  }
}

export interface LookingOptions {
  /** Goes on without memory where the store's secret cannot be had, as in a pull request from a fork. */
  readonly memoryMayBeUnread?: boolean;
}

/** Looks, and lets `use` say what came of it; a signal ends the look. Gives the exit code, with its line on stderr. */
export async function looking(
  flags: Flags,
  shell: Shell,
  use: (looked: Looked) => Promise<ExitName>,
  { memoryMayBeUnread = false }: LookingOptions = {},
): Promise<number> {
  const config = await openConfig(flags, shell);
  const memory = await remembering(config, shell);
  if ('gap' in memory && !memoryMayBeUnread) throw new StoreSecretError(memory.gap);
  const store = 'gap' in memory ? undefined : memory.store;
  const end = (name: ExitName): number => {
    tellEnding(shell, name);
    return exitCode(name);
  };
  try {
    const { recall, report, holder } =
      'gap' in memory
        ? { recall: emptyRecall(), report: { status: 'none', damage: [] } satisfies ReadReport, holder: undefined }
        : memory;
    const project = await openDocuments(config, flags, shell, { texts: textsOf(recall) });
    if (store !== undefined) warnOfLog(report, store, shell);
    const plugins = await pluginsFor(project.loaders, project.documents, recall);
    upgradeRecall(recall, plugins);
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
        ...('gap' in memory ? { memoryGap: memory.gap } : {}),
        ...(holder === undefined ? {} : { busy: { holder: holderText(holder) } }),
      });
      if (stopped !== undefined) return end(stopped === 'SIGINT' ? 'interrupted' : 'terminated');
      return end(
        await use({ project, recall, report, plugins, reconciled, ...(store === undefined ? {} : { store }) }),
      );
    } finally {
      forget();
      await worlds.close();
    }
  } finally {
    await store?.close();
  }
}
