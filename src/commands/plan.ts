/** `fettle plan`: looks, compares, judges and prints; it writes nothing but the file that `--out` names. */

import { resolve } from 'node:path';
import { planText } from '../report/plan-text.ts';
import type { Shell } from '../shell.ts';
import { type ExitName, planEnding } from './ending.ts';
import { type Flags, wantsColor } from './flags.ts';
import { type Looked, looking } from './looking.ts';
import { savePlan, writePlanJson } from './plan-file.ts';
import { writePlanMarkdown } from './write-plan-markdown.ts';
import { workFolder } from './session.ts';
import { eventsOf } from './tell.ts';

export async function plan(flags: Flags, shell: Shell): Promise<number> {
  const use = async ({ reconciled }: Looked): Promise<ExitName> => {
    const sealed = reconciled.plan;
    if (flags.out !== undefined) await savePlan(resolve(workFolder(flags, shell), flags.out), sealed);
    const events = eventsOf(shell);
    if (events !== undefined) events.plan(sealed);
    else if (flags.format === 'json') writePlanJson(sealed, shell.stdout.write);
    else if (flags.format === 'markdown') await writePlanMarkdown(sealed, flags.out, flags, shell);
    else
      shell.stdout.write(
        planText(sealed, {
          color: wantsColor(flags, shell),
          now: shell.now(),
          detail: flags.detail ?? false,
          width: shell.stdout.columns(),
        }),
      );
    return planEnding(sealed, flags);
  };
  // A pull request from a fork has no secrets, and is to see the rest.
  return looking(flags, shell, use, { memoryMayBeUnread: true });
}
