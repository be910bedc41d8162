/** `fettle state show ADDRESS`: prints the state of one resource. */

import { defined } from '#plugin';
import { memoryBody } from '../formats/log-record.ts';
import { namedAddress } from '../run/named-address.ts';
import { showState } from '../run/state.ts';
import { command } from './command.ts';
import { address, shown, where } from './options.ts';

export const stateShow = command({
  name: 'state show',
  summary: 'Print the state of one resource.',
  words: { address },
  options: { ...where, ...shown },
  call: async ({ flags, words, say, print, openWorkspace }) => {
    const workspace = await openWorkspace();
    const ref = await namedAddress(workspace, words.address);
    const { memory, schedule } = await showState(workspace, ref, say);
    const body = defined({ ...memoryBody(memory), schedule });
    print(`${JSON.stringify(body, null, flags.format === 'json' ? undefined : 2)}\n`);
    return 'ok';
  },
});
