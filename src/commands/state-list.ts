/** `fettle state list`: lists the resources in the state, one per line. */

import { type Memory, instantText } from '#plugin';
import { memoryBody } from '../formats/log-record.ts';
import { namedText } from '../report/labels-text.ts';
import { summaryLines } from '../report/plan-text.ts';
import { columnWidth, painter } from '../report/text.ts';
import { listState, stateSummaries } from '../run/state.ts';
import { command } from './command.ts';
import { selection, selectionOf, shown, where } from './options.ts';

function marks(memory: Memory): string {
  return [
    // A kind such as a pool has no object of its own that this project could create or adopt.
    memory.owned ?? (memory.applied === undefined ? 'not owned' : 'applied'),
    ...(memory.protect === true ? ['protected'] : []),
    ...(memory.hold === undefined ? [] : [`on hold: ${memory.hold}`]),
    ...(memory.unknown === true ? ['unknown'] : []),
    ...(memory.open === undefined ? [] : [`open: ${memory.open.step}`]),
    ...(memory.failures === undefined ? [] : [`${memory.failures} failed`]),
  ].join(', ');
}

function stateText(resources: ReadonlyMap<string, Memory>): string {
  const width = columnWidth(
    [...resources].map(([address, { labels }]) => namedText({ address, labels })),
    56,
  );
  const states = columnWidth(
    [...resources.values()].map(({ state }) => state ?? '-'),
    24,
  );
  return [...resources]
    .map(
      ([address, memory]) =>
        `${namedText({ address, labels: memory.labels }).padEnd(width)}  ${(memory.state ?? '-').padEnd(states)}  ${memory.since === undefined ? '-' : instantText(memory.since)}  ${marks(memory)}\n`,
    )
    .join('');
}

export const stateList = command({
  name: 'state list',
  summary: 'List the resources in the state, one per line.',
  options: { ...where, ...selection, ...shown },
  call: async ({ flags, say, print, view, openWorkspace }) => {
    const workspace = await openWorkspace();
    const resources = await listState(workspace, selectionOf(flags), say);
    if (flags.format === 'json') {
      for (const [address, memory] of resources) print(`${JSON.stringify({ address, ...memoryBody(memory) })}\n`);
      return 'ok';
    }
    print(stateText(resources));
    const lines = summaryLines(await stateSummaries(workspace, resources), painter(view().color));
    if (lines.length > 0) print(`\n${lines.join('\n')}\n`);
    return 'ok';
  },
});
