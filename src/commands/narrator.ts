/** The narrator of an apply: a line when an action starts and ends, and a sign of life in between. */

import type { ApplyEvent, Row } from '../engine/action.ts';
import { endLine, startLine, stillLine } from '../report/apply-text.ts';
import type { Shell } from '../shell.ts';
import { type Flags, wantsColor } from './flags.ts';

const HEARTBEAT_MS = 10_000;

/** Prints what happens to each action, and a sign of life every ten seconds. */
export function narrator(
  flags: Flags,
  shell: Shell,
): { readonly on: (event: ApplyEvent) => void; readonly end: () => void } {
  if (flags.format === 'json') return { on: () => undefined, end: () => undefined };
  const color = wantsColor(flags, shell);
  const running = new Map<
    string,
    { readonly change: Row['action']['change']; readonly since: number; text: string | undefined }
  >();
  const timer = setInterval(() => {
    for (const [address, { change, since, text }] of running) {
      const elapsed = shell.now() - since;
      if (elapsed >= HEARTBEAT_MS) shell.stdout.write(stillLine(address, change, Math.round(elapsed / 1000), text));
    }
  }, HEARTBEAT_MS);
  timer.unref();
  return {
    on: (event) => {
      if (event.type === 'start') {
        running.set(event.address, { change: event.change, since: shell.now(), text: undefined });
        shell.stdout.write(startLine(event.address, event.change));
      } else if (event.type === 'progress') {
        const known = running.get(event.address);
        if (known !== undefined) known.text = event.text;
      } else {
        running.delete(event.row.address);
        if (event.row.status !== 'rejected' && event.row.status !== 'deferred')
          shell.stdout.write(endLine(event.row, color));
      }
    },
    end: () => clearInterval(timer),
  };
}
