/** `fettle state forget ADDRESS…`: removes resources from the state; the infrastructure does not change. */

import { counted, printable } from '#plugin';
import { type Forgetting, forgetState } from '../run/state.ts';
import { mustAgree } from './ask.ts';
import { command } from './command.ts';
import { locking, reason, rest, shown, where, asking } from './options.ts';

function forgettingText({ addresses, guarded }: Forgetting): string {
  return [
    ...addresses.map((address) => `  ${printable(address)}`),
    'The infrastructure does not change. The next apply adopts or creates declared resources again; the others are no longer managed.',
    ...(guarded.length === 0
      ? []
      : [`Protected resources that lose their protection: ${guarded.map(printable).join(', ')}`]),
    '',
  ].join('\n');
}

export const stateForget = command({
  name: 'state forget',
  summary: 'Remove resources from the state. The infrastructure does not change.',
  words: { addresses: rest('Addresses or globs.', 'some') },
  options: { ...where, ...asking, ...reason, ...locking, ...shown },
  call: async ({ flags, words: { addresses }, say, print, shell, interruption, openWorkspace }) => {
    const ask = async (forgetting: Forgetting, stop: AbortSignal): Promise<void> => {
      print(forgettingText(forgetting));
      const count = forgetting.addresses.length;
      if (count > 1 || forgetting.guarded.length > 0)
        await mustAgree(`Forget ${counted(count, 'resource')}?`, flags, shell, stop);
    };
    const workspace = await openWorkspace();
    const { lockTimeout } = flags;
    const options = { addresses, ask, reason: flags.reason?.[0], lockTimeout, interruption: interruption() };
    const { ending, result } = await forgetState(workspace, options, say);
    const { forgotten, head } = result ?? {};
    if (head !== undefined) print(`forgotten: ${forgotten}\nlog head ${head.seq}:${head.hash}\n`);
    return ending;
  },
});
