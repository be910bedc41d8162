/** `fettle state pull`: prints everything that is remembered, one JSON line each: what a checkpoint says. */

import { rememberedOf } from '../engine/remember.ts';
import { openWorkspace } from '../run/project.ts';
import { readState } from '../run/state.ts';
import { command } from './command.ts';
import { where } from './options.ts';

export const statePull = command({
  name: 'state pull',
  summary: 'Print all that is remembered, as JSON lines.',
  options: where,
  call: async ({ host, source, say, print }) => {
    const { ending, recall } = await readState(await openWorkspace(host, source, say), say);
    for (const each of rememberedOf(recall)) print(`${JSON.stringify(each)}\n`);
    return ending;
  },
});
