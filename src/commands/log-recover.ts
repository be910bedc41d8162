/** `fettle log recover`: restarts a damaged log from its last valid record. No data is deleted. */

import { recoverLog } from '../run/log.ts';
import { command } from './command.ts';
import { locking, shown, where } from './options.ts';

export const logRecover = command({
  name: 'log recover',
  summary: 'Restart a damaged log from its last valid record. No data is deleted.',
  options: { ...where, ...locking, ...shown },
  call: async ({ flags, say, print, interruption, openWorkspace }) => {
    const workspace = await openWorkspace();
    const locked = { lockTimeout: flags.lockTimeout, interruption: interruption() };
    const { ending, report } = await recoverLog(workspace, locked, say);
    if (report === undefined) {
      if (ending === 'ok') print('The log is valid. Nothing to recover.\n');
      return ending;
    }
    const { head, cold, quarantine, unknown } = report;
    print(
      flags.format === 'json'
        ? `${JSON.stringify(report)}\n`
        : `the log continues after record ${head.seq}${cold ? ', with an empty state: no valid record was left' : ''}\n` +
            `in quarantine: ${quarantine.join(', ') || 'nothing'}\n` +
            `unknown until a refresh or an import: ${unknown.join(', ') || 'none'}\n` +
            `log head ${head.seq}:${head.hash}\n`,
    );
    return ending;
  },
});
