/** The holder of a lock, in one line. */

import type { Holder } from '../store/store.ts';
import { printable } from '#plugin';

export function holderText(holder: Holder): string {
  const run = holder.run === undefined ? '' : `, ${holder.run}`;
  return printable(
    `${holder.user}@${holder.host}, process ${holder.pid}, since ${holder.since}, ${holder.command}${run}`,
  );
}
