/** How an apply tells what it does, as one markdown document at its end. */

import { applyMarkdown } from '../report/apply-markdown.ts';
import { headText } from '../report/plan-text.ts';
import type { Shell } from '../shell.ts';
import type { ApplyTelling } from './apply-telling.ts';
import { endingLine } from './ending.ts';

/** `project`: its name, which is in the marker that a bot finds the comment by. */
export function markdownTelling(project: string, shell: Shell): ApplyTelling {
  return {
    canAsk: false,
    plan: () => undefined,
    narrate: () => ({ on: () => undefined, end: () => undefined }),
    result: ({ name, rows, head }) => {
      const ending = endingLine(name).trimEnd();
      shell.stdout.write(applyMarkdown(rows, { project, head: headText(head), ...(ending === '' ? {} : { ending }) }));
    },
  };
}
