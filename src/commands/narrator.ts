/** The narrator of an apply: when an action starts and ends, and a sign of life in between. */

import type { ApplyEvent, Row } from '../engine/action.ts';
import type { Change } from '#plugin';
import { endLine, startLine, stillLine } from '../report/apply-text.ts';
import type { Shell } from '../shell.ts';
import { type Flags, wantsColor } from './flags.ts';

const HEARTBEAT_MS = 10_000;

/** Takes what happens to each action; `end` when there is no more. */
export interface Narration {
  readonly on: (event: ApplyEvent) => void;
  readonly end: () => void;
}

/** What is said of one action. */
export interface Narrating {
  readonly start: (address: string, change: Change) => void;
  /** Every ten seconds. `text`: what its handler said last. */
  readonly still: (address: string, change: Change, elapsedMs: number, text: string | undefined) => void;
  /** Not for what was rejected or has to wait: the plan says that. */
  readonly end: (row: Row) => void;
}

/** Says what happens to each action, and every ten seconds what is still going on. */
export function narrate(shell: Pick<Shell, 'now'>, say: Narrating): Narration {
  const running = new Map<string, { readonly change: Change; readonly since: number; text: string | undefined }>();
  const timer = setInterval(() => {
    for (const [address, { change, since, text }] of running) {
      const elapsed = shell.now() - since;
      if (elapsed >= HEARTBEAT_MS) say.still(address, change, elapsed, text);
    }
  }, HEARTBEAT_MS);
  timer.unref();
  return {
    on: (event) => {
      if (event.type === 'start') {
        running.set(event.address, { change: event.change, since: shell.now(), text: undefined });
        say.start(event.address, event.change);
      } else if (event.type === 'progress') {
        const known = running.get(event.address);
        if (known !== undefined) known.text = event.text;
      } else {
        running.delete(event.row.address);
        if (event.row.status !== 'rejected' && event.row.status !== 'deferred') say.end(event.row);
      }
    },
    end: () => clearInterval(timer),
  };
}

/** As lines of text. */
export function narrator(flags: Flags, shell: Shell): Narration {
  const color = wantsColor(flags, shell);
  return narrate(shell, {
    start: (address, change) => shell.stdout.write(startLine(address, change)),
    still: (address, change, elapsedMs, text) =>
      shell.stdout.write(stillLine(address, change, Math.round(elapsedMs / 1000), text)),
    end: (row) => shell.stdout.write(endLine(row, color)),
  });
}
