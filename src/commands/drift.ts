/** `fettle drift`: shows how the infrastructure differs from what was last applied. */

import { InputError } from '#plugin';
import { driftMarkdown } from '../report/drift-markdown.ts';
import { driftText } from '../report/drift-text.ts';
import { drift as runDrift } from '../run/drift.ts';
import { command } from './command.ts';
import { exitCodesText } from './exit-codes-text.ts';
import { failing, failOnOf, flag, locking, rendered, selection, selectionOf, stream, where } from './options.ts';

export const drift = command({
  name: 'drift',
  summary: 'Show differences of the infrastructure from the last applied state.',
  options: {
    ...where,
    ...selection,
    record: flag('Record the refresh in the log.'),
    backoff: flag('With --record: do not probe a failing Domain again before its failurePolicy allows it.'),
    ...locking,
    ...rendered,
    ...stream,
    ...failing,
  },
  more: exitCodesText,
  events: true,
  call: async ({ flags, say, interruption, openWorkspace }) => {
    const { record, backoff, lockTimeout } = flags;
    if (backoff === true && record !== true)
      throw new InputError('--backoff requires --record. Only a recorded refresh counts failures');
    const options = { selection: selectionOf(flags), record, backoff, lockTimeout, interruption: interruption() };
    const workspace = await openWorkspace();
    return (await runDrift(workspace, { ...options, ...failOnOf(flags) }, say)).ending;
  },
  render:
    ({ format, detail = false }, view) =>
    (event, write) => {
      if (event.type !== 'drifted') return;
      const { report } = event;
      if (format === 'json') write(`${JSON.stringify(report)}\n`);
      else write(format === 'markdown' ? driftMarkdown(report, { detail }) : driftText(report, { ...view(), detail }));
    },
});
