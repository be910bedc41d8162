/** Group commit: groups that are requested during a write share the next write. Tasks run alone, between writes. */

/** Writes several groups at once and makes them durable. Returns the result of each. */
export type WriteGroups<Group, Result> = (groups: readonly Group[]) => Promise<readonly Result[]>;

export interface AppendQueue<Group, Result> {
  append(group: Group): Promise<Result>;
  /** Runs after everything requested earlier is done, and before anything requested later. */
  alone<T>(task: () => Promise<T>): Promise<T>;
}

interface Waiting<Group, Result> {
  readonly group: Group;
  readonly resolve: (written: Result) => void;
  readonly reject: (error: unknown) => void;
}

type Task = () => Promise<void>;

export function appendQueue<Group, Result>(write: WriteGroups<Group, Result>): AppendQueue<Group, Result> {
  const items: (Waiting<Group, Result> | Task)[] = [];
  let pumping = false;

  async function writeWaiting(): Promise<void> {
    const end = items.findIndex((item) => typeof item === 'function');
    const waiting = items.splice(0, end < 0 ? items.length : end) as Waiting<Group, Result>[];
    try {
      const written = await write(waiting.map((one) => one.group));
      for (const [index, one] of waiting.entries()) one.resolve(written[index] as Result);
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
      const { promise, resolve, reject } = Promise.withResolvers<Result>();
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
