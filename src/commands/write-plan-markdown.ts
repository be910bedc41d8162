/** Writes a plan as markdown; only what needs it loads it. */

import { basename } from 'node:path';
import type { Plan } from '../formats/plan.ts';
import type { Shell } from '../shell.ts';
import type { Flags } from './flags.ts';

/** `file`: where all of the plan is, as the command line names it. */
export async function writePlanMarkdown(
  plan: Plan,
  file: string | undefined,
  flags: Flags,
  shell: Shell,
): Promise<void> {
  const { planMarkdown } = await import('../report/plan-markdown.ts');
  shell.stdout.write(
    planMarkdown(plan, {
      now: shell.now(),
      detail: flags.detail ?? false,
      ...(file === undefined ? {} : { artifact: basename(file) }),
    }),
  );
}
