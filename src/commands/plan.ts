/** `fettle plan`: looks, compares, judges and prints; it writes nothing but the file that `--out` names. */

import { resolve } from 'node:path';
import { holderText } from '../report/holder-text.ts';
import { planText } from '../report/plan-text.ts';
import { damageText } from '../report/verify-text.ts';
import type { Shell } from '../shell.ts';
import { endingLine, exitCode, planEnding } from './ending.ts';
import { type Flags, wantsColor } from './flags.ts';
import { savePlan, writePlanJson } from './plan-file.ts';
import { prepare } from './prepare.ts';
import {
  openProject,
  openStore,
  openWorlds,
  pluginsFor,
  randomId,
  recallFrom,
  rememberOnly,
  upgradeRecall,
  workFolder,
} from './session.ts';

export async function plan(flags: Flags, shell: Shell): Promise<number> {
  const project = await openProject(flags, shell);
  const store = openStore(project.config, shell);
  const { recall, report } = await recallFrom(store);
  for (const damage of report.damage)
    shell.stderr.write(
      `warning: the log is damaged, its sound beginning is used: ${damageText(damage, store.place)}\n`,
    );
  if (report.torn !== undefined)
    shell.stderr.write(
      `note: ${report.torn.bytes} bytes of an unfinished record at the end of the log are passed over\n`,
    );
  const plugins = await pluginsFor(project.loaders, project.documents, recall);
  upgradeRecall(recall, plugins);
  const holder = await store.holder();
  const worlds = openWorlds(plugins, project.config, shell);
  const aborting = new AbortController();
  let stopped: 'SIGINT' | 'SIGTERM' | undefined;
  const forget = shell.onSignal((signal) => {
    stopped = signal;
    aborting.abort();
  });
  try {
    const { plan: sealed } = await prepare({
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
    if (stopped !== undefined) {
      const name = stopped === 'SIGINT' ? 'interrupted' : 'terminated';
      shell.stderr.write(endingLine(name));
      return exitCode(name);
    }
    if (flags.out !== undefined) await savePlan(resolve(workFolder(flags, shell), flags.out), sealed);
    if (flags.format === 'json') writePlanJson(sealed, shell.stdout.write);
    else
      shell.stdout.write(
        planText(sealed, { color: wantsColor(flags, shell), now: shell.now(), detail: flags.detail ?? false }),
      );
    const ending = planEnding(sealed, flags);
    shell.stderr.write(endingLine(ending));
    return exitCode(ending);
  } finally {
    forget();
    await worlds.close();
    await store.close();
  }
}
