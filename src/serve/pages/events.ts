/** Events of other systems, the newest first. The list is the dry run of a replay: the form names its events. */

import { counted, type DeskRow, type Fields } from '#plugin';
import type { View } from './frame.ts';
import { checkStatus } from '../../run/desk.ts';
import { html, type Part, when } from './html.ts';
import { eventCounts, eventRows, openDesks } from './desk.ts';
import { page } from './page.ts';
import {
  actions,
  captionOf,
  counts,
  filters,
  LISTED,
  type Listed,
  ORDERED,
  orderedNote,
  pageOf,
  pager,
  table,
} from './parts.ts';
import { pageHref } from './paths.ts';

const query = {
  status: { type: 'text', summary: 'Status of the events.' },
  source: { type: 'text', summary: 'Source of the events.' },
  cluster: { type: 'text', summary: 'Cluster of the events.' },
  domain: { type: 'text', summary: 'Host or `externalId` of a Domain.' },
  ...LISTED,
  ...ORDERED,
} as const satisfies Fields;

interface EventData {
  readonly counts: Readonly<Record<string, number>>;
  /** The ids of the listed events that a replay would change: those that failed. */
  readonly replayable: readonly string[];
  readonly events: Listed<DeskRow>;
}

/** Events as a table. */
export function eventTable(
  events: readonly DeskRow[],
  replayable: ReadonlySet<string>,
  caption: string,
  view: View,
): Part {
  const rows = events.map(({ id, cells }): readonly Part[] => {
    const [, status, type, domain, source, at, progress] = cells;
    return [
      html`<p>${type}, ${domain}</p><p class="quiet">${id}</p>`,
      html`<span class="word ${status === 'failed' ? 'red' : status === 'pending' ? 'amber' : ''}">${status}</span>`,
      progress,
      source,
      at === undefined ? undefined : html`<time datetime="${at}">${at}</time>`,
      ...(view.viewer.operates
        ? [when(replayable.has(id), () => actions(view, [{ verb: 'replay', label: 'Replay' }], { ids: [id] }))]
        : []),
    ];
  });
  return table(
    caption,
    [
      { title: 'Event' },
      { title: 'Status' },
      { title: 'Progress' },
      { title: 'Source', wide: true },
      { title: 'Time', wide: true },
      ...(view.viewer.operates ? [{ title: 'Decision' }] : []),
    ],
    rows,
    { stacked: true },
  );
}

export const events = page({
  name: 'events',
  query,
  load: async ({ query: { ordered: _ordered, page: number, size, ...selection } }, recorded): Promise<EventData> => {
    const desks = await openDesks(recorded);
    checkStatus(desks.desks, selection.status);
    const listed = pageOf(eventRows(desks, selection).toReversed(), { page: number, size });
    return {
      counts: eventCounts(desks),
      replayable: listed.rows.flatMap(({ id, cells }) => (cells[1] === 'failed' ? [id] : [])),
      events: listed,
    };
  },
  html: ({ counts: numbers, replayable, events: listed }, view, { page: _page, size, ordered, ...given }) =>
    html`${orderedNote(ordered)}${counts(
      Object.entries(numbers)
        .filter(([status]) => status !== 'unresolved')
        .map(([status, count]) => ({ text: status, count, href: pageHref(view.base, 'events', { ...given, status }) })),
    )}${filters(
      pageHref(view.base, 'events'),
      [
        { name: 'status', label: 'Status', values: ['pending', 'applied', 'failed', 'forwarded'] },
        { name: 'domain', label: 'Host or externalId' },
        { name: 'source', label: 'Source' },
        { name: 'cluster', label: 'Cluster' },
      ],
      given,
    )}${when(replayable.length > 1, () =>
      actions(
        view,
        [{ verb: 'replay', label: `Replay the ${counted(replayable.length, 'failed event')} of this list` }],
        {
          ids: replayable,
        },
      ),
    )}${eventTable(listed.rows, new Set(replayable), captionOf(listed, 'event'), view)}${pager(listed, (to) =>
      pageHref(view.base, 'events', { ...given, size: size === LISTED.size.usual ? undefined : size, page: to }),
    )}`,
});
