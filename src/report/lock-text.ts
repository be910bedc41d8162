/** How a lock stands, for people: who holds it, whether that one lives, and what to do. */

import { spanText } from '#plugin';
import type { LockStatus } from '../store/store.ts';
import { textOf } from './text.ts';

const ADVICE: Readonly<Record<LockStatus['liveness'], string>> = {
  held: 'Wait for it with --lock-timeout.',
  silent: 'It does not answer: the next command takes the lock over, with a --lock-timeout longer than the lease.',
  dead: 'Its process is gone: the next command on this machine takes the lock over at once.',
};

/** Ends with a newline. */
export function lockText(
  status: LockStatus | undefined,
  { now, place }: { readonly now: number; readonly place: string },
): string {
  if (status === undefined) return textOf([`nobody holds the lock of ${place}`], false);
  const { holder, liveness, heartbeatAt, leaseMs, token } = status;
  const since = holder.since === '' ? '' : ` (${spanText(now - Date.parse(holder.since))})`;
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
            `${heartbeatAt} (${spanText(now - Date.parse(heartbeatAt))} ago), lease ${leaseMs / 1000} s`,
          ] as const,
        ]),
    ['state', liveness],
    ['fence', String(token)],
    ['id', holder.id],
  ];
  const lines = rows.filter(([, text]) => text !== '').map(([label, text]) => `  ${label.padEnd(9)}  ${text}`);
  const force = holder.id === '' ? [] : [`To take it away all the same: fettle force-unlock ${holder.id}`];
  return textOf([`the lock of ${place}`, ...lines, ADVICE[liveness], ...force], false);
}
