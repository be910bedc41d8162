/** `fettle force-unlock ID`: releases a lock that its holder cannot release. */

import { lockText } from '../report/lock-text.ts';
import { lockToTake, takeLock } from '../run/force-unlock.ts';
import { stoppedBy } from '../run/interruption.ts';
import { mustAgree } from './ask.ts';
import { command } from './command.ts';
import { reason, required, shown, where, asking } from './options.ts';

export const forceUnlock = command({
  name: 'force-unlock',
  summary: 'Release a stuck lock. Its previous holder can no longer write to the log.',
  words: { id: required('ID of the holder, as printed by `fettle lock status`.') },
  options: { ...where, ...asking, ...reason, ...shown },
  call: async ({ flags, words: { id }, say, print, shell, view, interruption, openWorkspace }) => {
    const workspace = await openWorkspace();
    const { status, place } = await lockToTake(workspace, id, say);
    print(lockText(status, { now: view().now, place }));
    const alive = status.liveness === 'held' ? ' The holder appears to be running; its run will be cut short.' : '';
    const signals = interruption();
    try {
      await mustAgree(`Release its lock?${alive}`, flags, shell, signals.stop);
    } catch (error) {
      const stopped = stoppedBy(signals, error);
      if (stopped === undefined) throw error;
      print('Nothing was changed.\n');
      return stopped;
    }
    const options = { id, reason: flags.reason?.[0], interruption: signals };
    const { ending, result: token } = await takeLock(workspace, options, say);
    if (token !== undefined) print(`The lock was released. ${id} can no longer write to the log (fence ${token}).\n`);
    return ending;
  },
});
