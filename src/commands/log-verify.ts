/** `fettle log verify`: verifies the hash chain and every checkpoint. */

import { InputError } from '#plugin';
import { verifyText } from '../report/verify-text.ts';
import { withStore } from '../run/stores.ts';
import type { Head } from '../store/store.ts';
import { command } from './command.ts';
import { shown, text, where } from './options.ts';

/** Parses `418:5be0…`, as printed by plan and apply. */
function headOf(given: string): Head {
  const found = /^(\d{1,15}):(?:sha256:)?([0-9a-f]{64})$/u.exec(given);
  if (found?.[1] === undefined || found[2] === undefined)
    throw new InputError('--head must be SEQUENCE:HASH, as printed by plan and apply');
  return { seq: Number(found[1]), hash: found[2] };
}

export const logVerify = command({
  name: 'log verify',
  summary: 'Verify the hash chain and every checkpoint of the log.',
  options: {
    ...where,
    head: text('<seq:hash>', 'Require this head, as printed by plan or apply, to be in the log.'),
    ...shown,
  },
  call: async ({ flags, say, print, openWorkspace }) => {
    const head = flags.head === undefined ? undefined : headOf(flags.head);
    const workspace = await openWorkspace();
    const report = await withStore(workspace, say, (store) => store.verify(head));
    print(flags.format === 'json' ? `${JSON.stringify(report)}\n` : verifyText(report));
    return report.status === 'damaged' || report.damage.length > 0 ? 'error' : 'ok';
  },
});
