/** `fettle show FILE`: a saved plan, in any format. */

import { resolve } from 'node:path';
import { planText } from '../report/plan-text.ts';
import type { Shell } from '../shell.ts';
import { type Flags, UsageError, wantsColor } from './flags.ts';
import { readPlan, writePlanJson } from './plan-file.ts';
import { writePlanMarkdown } from './write-plan-markdown.ts';
import { workFolder } from './session.ts';

export async function show(file: string, flags: Flags, shell: Shell): Promise<number> {
  const { plan, altered, misdigested } = await readPlan(resolve(workFolder(flags, shell), file));
  if (misdigested)
    throw new UsageError(
      `the digest in ${file} is not that of its rows: it was altered, or saved by another version of fettle. Plan again`,
    );
  if (altered)
    shell.stderr.write(`warning: ${file} has no checksum, or was altered after it was saved; apply will refuse it\n`);
  if (flags.format === 'json') writePlanJson(plan, shell.stdout.write);
  else if (flags.format === 'markdown') await writePlanMarkdown(plan, file, flags, shell);
  else
    shell.stdout.write(
      planText(plan, {
        color: wantsColor(flags, shell),
        now: shell.now(),
        detail: flags.detail ?? false,
        width: shell.stdout.columns(),
      }),
    );
  return 0;
}
