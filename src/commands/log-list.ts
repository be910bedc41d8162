/** `fettle log list`: prints records of the log, newest last. */

import { decisionLines } from '../report/audit-text.ts';
import { recordLine } from '../report/log-text.ts';
import { listDecisions, listLog } from '../run/log.ts';
import type { LogRecord } from '../formats/log-record.ts';
import { command } from './command.ts';
import { commaList, parsed, parsedOr, pastTime, shown, text, where, wholeNumber } from './options.ts';

export const logList = command({
  name: 'log list',
  summary: 'Print records of the log, newest last.',
  options: {
    ...where,
    address: text('<address>', 'Only show records about this resource.'),
    run: text('<id>', 'Only show records of this run.'),
    kind: commaList(
      '<kinds>',
      'Only show these kinds of record (comma-separated): run, seen, intent, outcome, refusal, …',
    ),
    step: text('<step>', 'Only show this step, for example ready>absent.'),
    actor: text('<actor>', 'Only show records of this actor, for example octocat or alice@laptop.'),
    outcome: commaList(
      '<outcomes>',
      'Only show these outcomes (comma-separated): done, failed, unknown, undone, rejected, …',
    ),
    action: commaList(
      '<names>',
      'Only show decisions about these audit actions (comma-separated), for example node_decommission.',
    ),
    since: parsed('<time>', pastTime, 'Only show records since this time: a timestamp, or an age such as 24h.'),
    until: parsed('<time>', pastTime, 'Only show records until this time.'),
    last: parsedOr('<n>', wholeNumber(0), 'Number of records to show; 0 for all.', 50),
    ...shown,
  },
  call: async ({ flags, say, print, openWorkspace }) => {
    const { last, format, ...filter } = flags;
    const workspace = await openWorkspace();
    const json = (record: LogRecord): string => `${JSON.stringify(record)}\n`;
    if (filter.action !== undefined) {
      const { ending, decisions } = await listDecisions(workspace, filter, last, say);
      for (const each of decisions) print(format === 'json' ? json(each.record) : decisionLines(each));
      return ending;
    }
    const { ending, records } = await listLog(workspace, filter, last, say);
    for (const record of records) print(format === 'json' ? json(record) : recordLine(record));
    return ending;
  },
});
