/** `fettle log list`: prints records of the log, the newest last. */

import { auditLines, recordLine } from '../report/log-text.ts';
import { listLog } from '../run/log.ts';
import { openWorkspace } from '../run/project.ts';
import { command } from './command.ts';
import { commaList, parsed, parsedOr, pointInTime, shown, text, where, wholeNumber } from './options.ts';

export const logList = command({
  name: 'log list',
  summary: 'Print records of the log, the newest last.',
  options: {
    ...where,
    address: text('<address>', 'only records about this resource'),
    run: text('<id>', 'only records of this run'),
    kind: commaList('<kinds>', 'only these kinds (comma-separated): run, seen, intent, outcome, refusal, …'),
    step: text('<step>', 'only this step: ready>absent'),
    actor: text('<actor>', 'only records of this actor'),
    outcome: commaList('<outcomes>', 'only these (comma-separated): done, failed, unknown, undone, rejected, …'),
    action: commaList('<names>', 'only decisions about these actions (comma-separated), as their kind calls them'),
    since: parsed('<time>', pointInTime, 'from then on: an instant, or a time ago such as 24h'),
    until: parsed('<time>', pointInTime, 'up to then'),
    last: parsedOr('<n>', wholeNumber(0), 'how many; 0 for all', 50),
    ...shown,
  },
  call: async ({ flags, host, source, say, print }) => {
    const { last, format, ...filter } = flags;
    const { ending, records } = await listLog(await openWorkspace(host, source, say), filter, last, say);
    const line = filter.action === undefined ? recordLine : auditLines;
    for (const record of records) print(format === 'json' ? `${JSON.stringify(record)}\n` : line(record));
    return ending;
  },
});
