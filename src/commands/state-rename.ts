/** `fettle state rename OLD NEW`: gives the project another name, in its log. */

import { openWorkspace } from '../run/project.ts';
import { renameProject } from '../run/state.ts';
import { command } from './command.ts';
import { locking, reason, required, shown, where } from './options.ts';

export const stateRename = command({
  name: 'state rename',
  summary: 'Give the project another name, in its log; nothing in the infrastructure changes.',
  words: { old: required('as the log says it'), new: required('as fettle.yaml will say it') },
  options: { ...where, ...reason, ...locking, ...shown },
  call: async ({ flags, words: { old: from, new: to }, host, source, say, print, interruption }) => {
    const workspace = await openWorkspace(host, source, say);
    const { lockTimeout } = flags;
    const options = { reason: flags.reason?.[0], lockTimeout, interruption: interruption() };
    const ending = await renameProject(workspace, { from, to }, options, say);
    if (ending !== 'ok') return ending;
    const { nameWritten, name } = workspace.config;
    print(
      flags.format === 'json'
        ? `${JSON.stringify({ from, to })}\n`
        : `the project ${from} is called ${to} from here on\n` +
            (nameWritten && name === from ? `Write name: ${to} in fettle.yaml.\n` : '') +
            `What carries the old name outside, such as a label of a server, is a change in the next plan.\n`,
    );
    return ending;
  },
});
