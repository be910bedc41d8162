/** Running actions: reports the start and end of each one, and its progress every ten seconds. */

import type { ApplyEvent } from '../engine/action.ts';
import type { Change, Labels } from '#plugin';
import type { Listener } from './events.ts';
import type { Host } from './project.ts';

const HEARTBEAT_MS = 10_000;

interface Running {
  readonly change: Change;
  readonly labels: Labels | undefined;
  readonly since: number;
  text: string | undefined;
}

/** Call `close` after the last action has ended. */
export function runningActions(
  { elapsed }: Pick<Host, 'elapsed'>,
  say: Listener,
): { readonly on: (event: ApplyEvent) => void; readonly close: () => void } {
  const running = new Map<string, Running>();
  const timer = setInterval(() => {
    for (const [address, { change, labels, since, text }] of running) {
      const elapsedMs = elapsed() - since;
      if (elapsedMs >= HEARTBEAT_MS) say({ type: 'action-progress', address, change, labels, elapsedMs, text });
    }
  }, HEARTBEAT_MS);
  timer.unref();
  return {
    on: (event) => {
      if (event.type === 'start') {
        const { address, change, labels } = event;
        running.set(address, { change, labels, since: elapsed(), text: undefined });
        say({ type: 'action-started', address, change, labels });
      } else if (event.type === 'progress') {
        const known = running.get(event.address);
        if (known !== undefined) known.text = event.text;
      } else {
        running.delete(event.row.address);
        // The plan already lists rejected and waiting rows.
        if (event.row.action.verdict === 'accept') say({ type: 'action-ended', row: event.row });
      }
    },
    close: () => clearInterval(timer),
  };
}
