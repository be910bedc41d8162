/** `fettle log stats`: counts the decisions of the log by action, result, rule, policy and week. */

import { statsText } from '../report/audit-text.ts';
import { statsOf } from '../run/log.ts';
import { command } from './command.ts';
import { parsed, pastTime, shown, where } from './options.ts';

export const logStats = command({
  name: 'log stats',
  summary: 'Count decisions by action, result, rule, policy and week.',
  options: {
    ...where,
    since: parsed('<time>', pastTime, 'Only count decisions since this time: a timestamp, or an age such as 24h.'),
    until: parsed('<time>', pastTime, 'Only count decisions until this time.'),
    ...shown,
  },
  call: async ({ flags, say, print, openWorkspace }) => {
    const { format, since, until } = flags;
    const { ending, stats } = await statsOf(await openWorkspace(), { since, until }, say);
    print(format === 'json' ? `${JSON.stringify(stats)}\n` : statsText(stats));
    return ending;
  },
});
