/** `fettle state pull`: prints the state as JSON lines, in the format of a checkpoint. */

import { rememberedOf } from '../engine/remember.ts';
import { readState } from '../run/state.ts';
import { command } from './command.ts';
import { where } from './options.ts';

export const statePull = command({
  name: 'state pull',
  summary: 'Print the state as JSON lines.',
  options: where,
  call: async ({ say, print, openWorkspace }) => {
    const { ending, recall } = await readState(await openWorkspace(), say);
    for (const each of rememberedOf(recall)) print(`${JSON.stringify(each)}\n`);
    return ending;
  },
});
