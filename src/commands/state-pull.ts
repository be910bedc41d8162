/** `fettle state pull`: prints the state as JSON lines, in the format of a checkpoint. */

import { rememberedOf } from '../engine/remember.ts';
import { openWorkspace } from '../run/project.ts';
import { readState } from '../run/state.ts';
import { command } from './command.ts';
import { where } from './options.ts';

export const statePull = command({
  name: 'state pull',
  summary: 'Print the state as JSON lines.',
  options: where,
  call: async ({ host, source, say, print }) => {
    const { ending, recall } = await readState(await openWorkspace(host, source, say), say);
    for (const each of rememberedOf(recall)) print(`${JSON.stringify(each)}\n`);
    return ending;
  },
});
