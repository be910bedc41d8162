/** `fettle state mv FROM TO`: moves a resource to another address in the state. */

import { formatRef, printable } from '#plugin';
import { namedAddress } from '../run/named-address.ts';
import { addressOf } from '../run/selection.ts';
import { moveState } from '../run/state.ts';
import { command } from './command.ts';
import { locking, reason, required, shown, where } from './options.ts';

export const stateMv = command({
  name: 'state mv',
  summary: 'Move a resource to another address in the state.',
  words: { from: required('Present address.'), to: required('New address, of the same kind.') },
  options: { ...where, ...reason, ...locking, ...shown },
  call: async ({ flags, words, say, print, interruption, openWorkspace }) => {
    const workspace = await openWorkspace();
    const names = { from: await namedAddress(workspace, words.from), to: addressOf(words.to) };
    const { lockTimeout } = flags;
    const options = { reason: flags.reason?.[0], lockTimeout, interruption: interruption() };
    const { ending, result: head } = await moveState(workspace, names, options, say);
    if (head !== undefined)
      print(
        `Moved ${printable(formatRef(names.from))} to ${printable(formatRef(names.to))}. Rename its document as well.\nlog head ${head.seq}:${head.hash}\n`,
      );
    return ending;
  },
});
