/** Slots: a limit of concurrent work, first come, first served. */

export interface Slots {
  /** Runs `work` once a slot is free. Rejects with the signal's reason if it fires before. */
  readonly within: <T>(signal: AbortSignal, work: () => Promise<T>) => Promise<T>;
}

export function slots(most: number): Slots {
  let used = 0;
  const waiting = new Set<() => void>();

  const room = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const enter = (): void => {
        waiting.delete(enter);
        signal.removeEventListener('abort', leave);
        used += 1;
        resolve();
      };
      const leave = (): void => {
        waiting.delete(enter);
        reject(signal.reason as Error);
      };
      if (signal.aborted) return leave();
      if (used < most) return enter();
      waiting.add(enter);
      signal.addEventListener('abort', leave, { once: true });
    });

  return {
    within: async (signal, work) => {
      await room(signal);
      try {
        return await work();
      } finally {
        used -= 1;
        const [next] = waiting;
        next?.();
      }
    },
  };
}
