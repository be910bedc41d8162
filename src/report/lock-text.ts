/** The status of a lock as text: its holder, the liveness of the holder, and the command that helps. */

import { instantText, spanText } from '#plugin';
import type { LockStatus } from '../store/store.ts';
import { ageText, textOf } from './text.ts';

const ADVICE: Readonly<Record<LockStatus['liveness'], string>> = {
  held: 'Wait for it with --lock-timeout.',
  silent:
    'The holder does not respond. The next command with a --lock-timeout longer than the lease takes the lock over.',
  dead: 'The process of the holder has ended. The next command on this machine takes the lock over.',
};

/** Returns the status as lines. Ends with a newline. */
export function lockText(
  status: LockStatus | undefined,
  { now, place }: { readonly now: number; readonly place: string },
): string {
  if (status === undefined) return textOf([`the lock of ${place} is not held`], false);
  const { holder, liveness, heartbeatAt, leaseMs, token } = status;
  const since = holder.since === '' ? '' : ` (${ageText(holder.since, now)})`;
  const rows: readonly (readonly [string, string])[] = [
    ['held by', holder.id === '' ? 'an unknown holder' : `${holder.user}@${holder.host}, process ${holder.pid}`],
    ['command', holder.command],
    ['since', `${holder.since}${since}`],
    ...(holder.run === undefined ? [] : [['run', holder.run] as const]),
    ...(heartbeatAt === undefined
      ? []
      : [
          [
            'heartbeat',
            `${instantText(heartbeatAt)} (${spanText(now - heartbeatAt)} ago), lease ${leaseMs / 1000} s`,
          ] as const,
        ]),
    ['state', liveness],
    ['fence', String(token)],
    ['id', holder.id],
  ];
  const lines = rows.filter(([, text]) => text !== '').map(([label, text]) => `  ${label.padEnd(9)}  ${text}`);
  const force = holder.id === '' ? [] : [`To release the lock: fettle force-unlock ${holder.id}`];
  return textOf([`the lock of ${place}`, ...lines, ADVICE[liveness], ...force], false);
}
