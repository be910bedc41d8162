/** `fettle state rename OLD NEW`: renames the project in its log. */

import { renameProject } from '../run/state.ts';
import { command } from './command.ts';
import { locking, reason, required, shown, where } from './options.ts';

export const stateRename = command({
  name: 'state rename',
  summary: 'Rename the project in its log. The infrastructure does not change.',
  words: { old: required('Present name, as in the log.'), new: required('New name, for fettle.yaml.') },
  options: { ...where, ...reason, ...locking, ...shown },
  call: async ({ flags, words: { old: from, new: to }, say, print, interruption, openWorkspace }) => {
    const workspace = await openWorkspace();
    const { lockTimeout } = flags;
    const options = { reason: flags.reason?.[0], lockTimeout, interruption: interruption() };
    const ending = await renameProject(workspace, { from, to }, options, say);
    if (ending !== 'ok') return ending;
    const { nameWritten, name } = workspace.config;
    print(
      flags.format === 'json'
        ? `${JSON.stringify({ from, to })}\n`
        : `Renamed the project ${from} to ${to}.\n` +
            (nameWritten && name === from ? `Set name: ${to} in fettle.yaml.\n` : '') +
            `The next plan shows a change for each use of the old name, such as a server's label.\n`,
    );
    return ending;
  },
});
