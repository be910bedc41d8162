/** `fettle force-unlock ID`: takes the lock from its holder. */

import { lockText } from '../report/lock-text.ts';
import { lockToTake, takeLock } from '../run/force-unlock.ts';
import { stoppedBy } from '../run/interruption.ts';
import { openWorkspace } from '../run/project.ts';
import { mustAgree } from './ask.ts';
import { command } from './command.ts';
import { reason, required, shown, where, yes } from './options.ts';

export const forceUnlock = command({
  name: 'force-unlock',
  summary: 'Take the lock from its holder; what the holder writes from then on does not count.',
  words: { id: required('of the holder, as `lock status` prints it') },
  options: { ...where, ...yes, ...reason, ...shown },
  call: async ({ flags, words: { id }, host, source, say, print, shell, view, interruption }) => {
    const workspace = await openWorkspace(host, source, say);
    const { status, place } = await lockToTake(workspace, id, say);
    print(lockText(status, { now: view().now, place }));
    const alive = status.liveness === 'held' ? ' It looks alive: what it is doing now is cut short.' : '';
    const signals = interruption();
    try {
      await mustAgree(`Take the lock away from it?${alive}`, flags, shell, signals.stop);
    } catch (error) {
      const stopped = stoppedBy(signals, error);
      if (stopped === undefined) throw error;
      print('Nothing was done.\n');
      return stopped;
    }
    const options = { id, reason: flags.reason?.[0], interruption: signals };
    const { ending, token } = await takeLock(workspace, options, say);
    if (token !== undefined)
      print(`the lock was taken away; what ${id} writes from now on is not part of the log (fence ${token})\n`);
    return ending;
  },
});
