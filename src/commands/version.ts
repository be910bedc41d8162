/** `fettle version`: prints the version of fettle. */

import { namedPlugins } from '../plugins.ts';
import { versionText } from '../version.ts';
import { command } from './command.ts';
import { flag } from './options.ts';

export const version = command({
  name: 'version',
  summary: 'Print the version, and the plugins loaded by FETTLE_PLUGINS.',
  options: { json: flag('Print JSON.') },
  call: async ({ flags, print, shell }) => {
    const platform = `${process.platform}_${process.arch}`;
    print(versionText(flags.json === true, { node: process.version, platform }, namedPlugins(shell.env)));
    return 'ok';
  },
});
