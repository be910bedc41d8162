/** Sources that send signed events to a daemon, one after another, until they are ended. */

import { setTimeout as sleep } from 'node:timers/promises';
import { EVENT, PATH, signedHeaders } from '../support/intake-server.ts';

export interface Sending {
  /** Ids of the events that were answered with 202. */
  readonly accepted: string[];
  readonly statuses: Map<number, number>;
  /** Stops the senders. */
  readonly end: () => Promise<void>;
}

const ANSWER_MS = 30_000;

/** Starts `senders` sources, which wait for `pauseMs` between two events. */
export function sendTo(port: number, prefix: string, { senders = 16, pauseMs = 0 } = {}): Sending {
  const accepted: string[] = [];
  const statuses = new Map<number, number>();
  const over = new AbortController();
  const sender = async (own: number): Promise<void> => {
    for (let i = 0; !over.signal.aborted; i += 1) {
      const body = JSON.stringify({ ...EVENT, sourceEventId: `${prefix}-${own}-${i}` });
      try {
        const answer = await fetch(`http://127.0.0.1:${port}${PATH}`, {
          method: 'POST',
          body,
          headers: signedHeaders(body),
          signal: AbortSignal.timeout(ANSWER_MS),
        });
        const { eventId } = (await answer.json()) as { readonly eventId?: string };
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
        if (answer.status === 202 && eventId !== undefined) accepted.push(eventId);
      } catch {
        // The server was killed.
        await sleep(5);
      }
      if (pauseMs > 0) await sleep(pauseMs);
    }
  };
  const all = Promise.all(Array.from({ length: senders }, (_, own) => sender(own)));
  return {
    accepted,
    statuses,
    end: async () => {
      over.abort();
      await all;
    },
  };
}
