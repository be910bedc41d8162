/** `fettle plan`: refreshes, compares and judges, and prints the plan. */

import { basename } from 'node:path';
import { planText } from '../report/plan-text.ts';
import { plan as runPlan } from '../run/plan.ts';
import { savePlan, writePlanJson } from '../run/plan-file.ts';
import { command } from './command.ts';
import { exitCodesText } from './exit-codes-text.ts';
import {
  causes,
  failing,
  failOnOf,
  passes,
  passesOf,
  rendered,
  selection,
  selectionOf,
  stream,
  text,
  where,
} from './options.ts';

export const plan = command({
  name: 'plan',
  summary: 'Refresh resources and print the plan, without changing anything.',
  options: {
    ...where,
    out: text('<file>', 'Save the plan to this file, for show and apply.', { short: 'o' }),
    ...selection,
    ...causes,
    ...passes,
    ...rendered,
    ...stream,
    ...failing,
  },
  more: exitCodesText,
  events: true,
  call: async ({ flags, path, say, interruption, openWorkspace }) => {
    const { out } = flags;
    const options = {
      selection: selectionOf(flags),
      passes: passesOf(flags),
      stop: interruption().stop,
      save: out === undefined ? undefined : savePlan.bind(undefined, path(out)),
      ...failOnOf(flags),
    };
    return (await runPlan(await openWorkspace(), options, say)).ending;
  },
  render: async (flags, view) => {
    const detail = flags.detail ?? false;
    const artifact = flags.out === undefined ? {} : { artifact: basename(flags.out) };
    const markdown = flags.format === 'markdown' ? await import('../report/plan-markdown.ts') : undefined;
    return (event, write) => {
      if (event.type !== 'planned') return;
      if (flags.format === 'json') writePlanJson(event.plan, write);
      else if (markdown !== undefined)
        write(markdown.planMarkdown(event.plan, { now: view().now, detail, ...artifact }));
      else write(planText(event.plan, { ...view(), detail }));
    };
  },
});
