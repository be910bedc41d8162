/** `fettle log prune`: deletes the oldest segments of the log, and records the deletion. */

import { InputError, printable } from '#plugin';
import { pruneLog } from '../run/log.ts';
import { mustAgree } from './ask.ts';
import { command } from './command.ts';
import { locking, parsed, shown, where, wholeNumber, asking } from './options.ts';

export const logPrune = command({
  name: 'log prune',
  summary: 'Delete the oldest segments of the log, and record what was deleted.',
  options: {
    ...where,
    keep: parsed('<n>', wholeNumber(1), 'Number of segments to keep, newest first.'),
    ...asking,
    ...locking,
    ...shown,
  },
  call: async ({ flags, say, print, shell, interruption, openWorkspace }) => {
    const { keep, lockTimeout } = flags;
    if (keep === undefined) throw new InputError('--keep is required: the number of segments to keep');
    const ask = (place: string, stop: AbortSignal): Promise<void> =>
      mustAgree(
        `Delete all but the newest ${keep} segments of the log of ${place}? They cannot be restored.`,
        flags,
        shell,
        stop,
      );
    const workspace = await openWorkspace();
    const options = { keep, ask, lockTimeout, interruption: interruption() };
    const { ending, result: report } = await pruneLog(workspace, options, say);
    if (report === undefined) return ending;
    if (flags.format === 'json') print(`${JSON.stringify(report)}\n`);
    else {
      const { deleted, last, from } = report;
      print(deleted.map((name) => `  ${printable(name)}\n`).join(''));
      print(
        last === undefined
          ? 'Nothing was deleted: the log has no further segments.\n'
          : `deleted: ${deleted.length}; the last deleted record is ${last.seq}:${last.hash}\nthe log is complete from record ${from}\n`,
      );
    }
    return ending;
  },
});
