/** Progress of a trial: a long wait is reported again, with its duration. */

import { spanText } from '#plugin';

/** Time after which the last text is reported again, in ms. */
export const REPEAT_MS = 30_000;

export interface RepeatedProgress {
  readonly progress: (text: string) => void;
  /** Ends the reports. */
  readonly end: () => void;
}

/** Reports each text at once, and the last one again while it holds. */
export function repeatedProgress(report: (text: string) => void, everyMs: number = REPEAT_MS): RepeatedProgress {
  let timer: NodeJS.Timeout | undefined;
  const end = (): void => clearInterval(timer);
  return {
    progress: (text) => {
      end();
      report(text);
      let waits = 0;
      timer = setInterval(() => {
        waits += 1;
        report(`${text} (for ${spanText(waits * everyMs)})`);
      }, everyMs);
      timer.unref();
    },
    end,
  };
}
