/** `fettle show FILE`: prints a saved plan, in any format. */

import { basename } from 'node:path';
import { InputError } from '#plugin';
import { planMarkdown } from '../report/plan-markdown.ts';
import { planText } from '../report/plan-text.ts';
import { readPlan, writePlanJson } from '../run/plan-file.ts';
import { command } from './command.ts';
import { chdir, rendered, required } from './options.ts';

export const show = command({
  name: 'show',
  summary: 'Print a saved plan.',
  words: { file: required('Plan saved with plan --out.') },
  options: { chdir, ...rendered },
  call: async ({ flags, words: { file }, path, view, shell, print }) => {
    const { plan, altered, misdigested } = await readPlan(path(file));
    if (misdigested)
      throw new InputError(
        `The digest in ${file} does not match its rows: the file was altered, or saved by another version of fettle. Plan again`,
      );
    if (altered)
      shell.stderr.write(`warning: ${file} has no checksum, or was altered after it was saved; apply will refuse it\n`);
    const detail = flags.detail ?? false;
    if (flags.format === 'json') writePlanJson(plan, print);
    else if (flags.format === 'markdown')
      print(planMarkdown(plan, { now: view().now, detail, artifact: basename(file) }));
    else print(planText(plan, { ...view(), detail }));
    return 'ok';
  },
});
