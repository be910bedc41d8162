/** Group commit: appends requested during a write share the next write. Tasks run alone, between writes. */

import type { LogRecord } from '../formats/log-record.ts';
import type { Prepared } from './line.ts';

/** Writes several groups at once and makes them durable. Returns each group's records. */
export type WriteGroups = (groups: readonly (readonly Prepared[])[]) => Promise<readonly (readonly LogRecord[])[]>;

export interface AppendQueue {
  append(group: readonly Prepared[]): Promise<readonly LogRecord[]>;
  /** Runs after everything requested earlier is done, and before anything requested later. */
  alone<T>(task: () => Promise<T>): Promise<T>;
}

interface Waiting {
  readonly group: readonly Prepared[];
  readonly resolve: (records: readonly LogRecord[]) => void;
  readonly reject: (error: unknown) => void;
}

type Item = Waiting | (() => Promise<void>);

export function appendQueue(write: WriteGroups): AppendQueue {
  const items: Item[] = [];
  let pumping = false;

  async function writeWaiting(): Promise<void> {
    const end = items.findIndex((item) => typeof item === 'function');
    const waiting = items.splice(0, end < 0 ? items.length : end) as Waiting[];
    try {
      const written = await write(waiting.map((one) => one.group));
      for (const [index, one] of waiting.entries()) one.resolve(written[index] ?? []);
    } catch (error) {
      for (const one of waiting) one.reject(error);
    }
  }

  async function pump(): Promise<void> {
    if (pumping) return;
    pumping = true;
    while (items.length > 0) {
      // Appends that are ready in this turn share the write. Callers released by the last write have continued by then.
      await new Promise(setImmediate);
      const first = items[0];
      if (typeof first === 'function') {
        items.shift();
        await first();
      } else await writeWaiting();
    }
    pumping = false;
  }

  return {
    append: (group) => {
      const { promise, resolve, reject } = Promise.withResolvers<readonly LogRecord[]>();
      items.push({ group, resolve, reject });
      void pump();
      return promise;
    },
    alone: <T>(task: () => Promise<T>) => {
      const { promise, resolve, reject } = Promise.withResolvers<T>();
      items.push(() => task().then(resolve, reject));
      void pump();
      return promise;
    },
  };
}
