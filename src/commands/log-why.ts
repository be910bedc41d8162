/** `fettle log why ADDRESS`: prints the decisions and actions of one resource, with reasons and actors. */

import { storyText } from '../report/story-text.ts';
import { storyOf } from '../run/log.ts';
import { namedAddress } from '../run/named-address.ts';
import { command } from './command.ts';
import { address, shown, where } from './options.ts';

export const logWhy = command({
  name: 'log why',
  summary: 'Print the decisions and actions of one resource, with reasons and actors.',
  words: { address },
  options: { ...where, ...shown },
  call: async ({ flags, words, say, print, view, openWorkspace }) => {
    const workspace = await openWorkspace();
    const ref = await namedAddress(workspace, words.address);
    const story = await storyOf(workspace, ref, say);
    if (flags.format === 'json') for (const record of story.records) print(`${JSON.stringify(record)}\n`);
    else print(storyText(story.address, story.records, story.runs, view()));
    return story.ending;
  },
});
