/** Incidents, the most urgent first, with the decisions of the caller. */

import type { DeskRow, Facts, Fields } from '#plugin';
import type { View } from './frame.ts';
import { html, type Part, when } from './html.ts';
import { incidentRows, openDesks } from './desk.ts';
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
  resourceLink,
  table,
  time,
} from './parts.ts';
import { pageHref } from './paths.ts';

const STATUSES = ['open', 'acknowledged', 'resolved'] as const;

const query = {
  status: { type: 'text', summary: 'Status of the incidents.', values: STATUSES },
  domain: { type: 'text', summary: 'Host or address of a Domain.' },
  ...LISTED,
  ...ORDERED,
} as const satisfies Fields;

interface IncidentData {
  readonly counts: Readonly<Record<string, number>>;
  readonly incidents: Listed<Facts>;
}

function text(facts: Facts, name: string): string {
  const value = facts[name];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

const STYLE: Readonly<Record<string, string>> = { open: 'red', acknowledged: 'amber', resolved: 'green' };

function statusPart(facts: Facts, now: number): Part {
  const status = text(facts, 'status');
  const by = status === 'resolved' ? text(facts, 'resolved_by') : text(facts, 'acknowledged_by');
  const at = status === 'resolved' ? text(facts, 'resolved_at') : text(facts, 'acknowledged_at');
  return html`<p><span class="word ${STYLE[status] ?? ''}">${status}</span></p>${when(
    by !== '',
    () => html`<p class="quiet">by ${by} ${time(at, now)}</p>`,
  )}`;
}

/** Incidents as a table. */
export function incidentTable(incidents: readonly Facts[], caption: string, view: View): Part {
  const rows = incidents.map((facts): readonly Part[] => {
    const [id, status] = [text(facts, 'id'), text(facts, 'status')];
    return [
      html`<p>${resourceLink(view, text(facts, 'domain'))}</p><p>${text(facts, 'type')}, tier ${text(facts, 'tier')}</p><p class="quiet">${id}</p>`,
      statusPart(facts, view.now),
      time(text(facts, 'opened_at'), view.now),
      time(text(facts, 'last_at'), view.now),
      ...(view.viewer.operates
        ? [
            actions(
              view,
              [
                ...(status === 'open' ? [{ verb: 'ack' as const, label: 'Acknowledge' }] : []),
                ...(status === 'resolved' ? [] : [{ verb: 'resolve' as const, label: 'Resolve' }]),
              ],
              { ids: [id], about: `${text(facts, 'type')} of ${text(facts, 'host')}` },
            ),
          ]
        : []),
    ];
  });
  const columns = [
    { title: 'Incident' },
    { title: 'Status' },
    { title: 'Opened', wide: true as const },
    { title: 'Last event', wide: true as const },
    ...(view.viewer.operates ? [{ title: 'Decision' }] : []),
  ];
  return table(caption, columns, rows, { stacked: true });
}

export const incidents = page({
  name: 'incidents',
  query,
  load: async ({ query: { status, domain, ordered: _ordered, ...listed } }, recorded): Promise<IncidentData> => {
    const desks = await openDesks(recorded);
    const all = incidentRows(desks, { domain });
    const of = ({ facts }: DeskRow): string => text(facts, 'status');
    return {
      counts: Object.fromEntries(STATUSES.map((each) => [each, all.filter((row) => of(row) === each).length])),
      incidents: pageOf(
        all.filter((row) => status === undefined || of(row) === status).map(({ facts }) => facts),
        listed,
      ),
    };
  },
  html: ({ counts: numbers, incidents: listed }, view, { page: _page, size, ordered, ...given }) =>
    html`${orderedNote(ordered)}${counts(
      STATUSES.map((status) => ({
        text: status,
        count: numbers[status] ?? 0,
        href: pageHref(view.base, 'incidents', { ...given, status }),
      })),
    )}${filters(
      pageHref(view.base, 'incidents'),
      [
        { name: 'status', label: 'Status', values: STATUSES },
        { name: 'domain', label: 'Host or address of a Domain' },
      ],
      given,
    )}${incidentTable(listed.rows, captionOf(listed, 'incident'), view)}${pager(listed, (to) =>
      pageHref(view.base, 'incidents', { ...given, size: size === LISTED.size.usual ? undefined : size, page: to }),
    )}`,
});
