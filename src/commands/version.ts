/** `fettle version`: prints which fettle this is. */

import { namedPlugins } from '../plugins.ts';
import { versionText } from '../version.ts';
import { command } from './command.ts';
import { flag } from './options.ts';

export const version = command({
  name: 'version',
  summary: 'Print the version, and the plugins that FETTLE_PLUGINS loads.',
  options: { json: flag('as JSON') },
  call: async ({ flags, print, shell }) => {
    const platform = `${process.platform}_${process.arch}`;
    print(versionText(flags.json === true, { node: process.version, platform }, namedPlugins(shell.env)));
    return 'ok';
  },
});
