/** `fettle drift`: how the world differs from what was last applied. It writes nothing, but with `--record` what it saw. */

import { findDrift } from '../engine/drift.ts';
import { driftDocument } from '../formats/drift.ts';
import { driftMarkdown } from '../report/drift-markdown.ts';
import { driftText } from '../report/drift-text.ts';
import type { Shell } from '../shell.ts';
import { driftEnding, type ExitName } from './ending.ts';
import { type Flags, wantsColor, withinOf } from './flags.ts';
import { type Looked, looking } from './looking.ts';
import { prepare } from './prepare.ts';
import { openProject, openWorlds, pluginsFor, upgradeRecall } from './session.ts';
import { eventsOf } from './tell.ts';
import { refuseInCi, writingLog } from './writing.ts';

export interface DriftFlags extends Flags {
  readonly record?: boolean;
}

/** Prints what drifted; gives the ending. */
export function tellDrift(
  looked: Pick<Looked, 'project' | 'reconciled' | 'report'>,
  flags: DriftFlags,
  shell: Shell,
): ExitName {
  const { project, reconciled, report: log } = looked;
  const { plan, resources, actions, scene } = reconciled;
  const { suppress } = project.config;
  const drift = findDrift({ resources, actions, scene, suppress, within: withinOf(flags) });
  const report = driftDocument(drift, plan, log.status !== 'none');
  const events = eventsOf(shell);
  if (events !== undefined) events.drift(report);
  else if (flags.format === 'json') shell.stdout.write(`${JSON.stringify(report)}\n`);
  else if (flags.format === 'markdown') shell.stdout.write(driftMarkdown(report, { detail: flags.detail ?? false }));
  else
    shell.stdout.write(
      driftText(report, {
        color: wantsColor(flags, shell),
        now: shell.now(),
        detail: flags.detail ?? false,
        width: shell.stdout.columns(),
      }),
    );
  return driftEnding(report, plan, flags);
}

/** Looks under the lock, and writes what was seen: a schedule's looks are in the log then, for since-when and counts. */
async function recorded(flags: DriftFlags, shell: Shell): Promise<number> {
  const project = await openProject(flags, shell);
  refuseInCi(project.config, 'drift --record', shell);
  return writingLog(flags, shell, project.config, { command: 'drift' }, async (log) => {
    const { recall, record, run, signals } = log;
    const plugins = await pluginsFor(project.loaders, project.documents, recall);
    upgradeRecall(recall, plugins);
    const worlds = await openWorlds(plugins, project.config, shell);
    try {
      const head = log.head();
      const reconciled = await prepare({
        flags,
        shell,
        project,
        plugins,
        worlds,
        recall,
        record,
        run,
        head,
        abort: signals.abort,
        scheduled: true,
      });
      const stopped = signals.ending();
      if (stopped !== undefined) return { exit: stopped };
      const report = head === undefined ? log.report : { ...log.report, head };
      return { exit: tellDrift({ project, reconciled, report }, flags, shell) };
    } finally {
      await worlds.close();
    }
  });
}

export async function drift(flags: DriftFlags, shell: Shell): Promise<number> {
  if (flags.record === true) return recorded(flags, shell);
  return looking(flags, shell, async (looked) => tellDrift(looked, flags, shell));
}
