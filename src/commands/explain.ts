/** `fettle explain ADDRESS`: shows state, history and blockers of one resource. */

import { explainMarkdown } from '../report/explain-markdown.ts';
import { explainText } from '../report/explain-text.ts';
import { explain as runExplain } from '../run/explain.ts';
import { namedAddress } from '../run/named-address.ts';
import { command } from './command.ts';
import { address, parsedOr, passes, passesOf, rendered, where, wholeNumber } from './options.ts';

export const explain = command({
  name: 'explain',
  summary: 'Show the state and history of a resource, and the blockers of its next step.',
  words: { address },
  options: {
    ...where,
    last: parsedOr('<n>', wholeNumber(0), 'Number of log records to show; 0 for all.', 10),
    ...passes,
    ...rendered,
  },
  call: async ({ flags, words, say, interruption, openWorkspace }) => {
    const workspace = await openWorkspace();
    const ref = await namedAddress(workspace, words.address);
    const options = { ref, last: flags.last, passes: passesOf(flags), stop: interruption().stop };
    return (await runExplain(workspace, options, say)).ending;
  },
  render:
    ({ format, detail = false }, view) =>
    (event, write) => {
      if (event.type !== 'explained') return;
      const { explanation, project } = event;
      if (format === 'json') write(`${JSON.stringify(explanation)}\n`);
      else
        write(
          format === 'markdown'
            ? explainMarkdown(explanation, project, view().now)
            : explainText(explanation, { ...view(), detail }),
        );
    },
});
