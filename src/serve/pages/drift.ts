/** Drift: resources that differ from their last applied state, with both values. */

import type { Fields } from '#plugin';
import type { Plan } from '../../formats/plan.ts';
import { fieldRows } from '../../report/fields.ts';
import { html } from './html.ts';
import { page } from './page.ts';
import { captionOf, filters, LISTED, type Listed, pageOf, pager, resourceLink, table, time } from './parts.ts';
import { pageHref } from './paths.ts';

const query = {
  plugin: { type: 'text', summary: 'Plugin of the resources.' },
  kind: { type: 'text', summary: 'Kind of the resources.' },
  q: { type: 'text', summary: 'Part of the address.' },
  ...LISTED,
} as const satisfies Fields;

type Drifted = Plan['resource_drift'][number];

interface DriftData {
  /** Null before the first refresh. */
  readonly planned_at: string | null;
  readonly drift: Listed<Drifted>;
}

export const drift = page({
  name: 'drift',
  query,
  load: ({ query: { plugin, kind, q, ...listed } }, { found }): Promise<DriftData> => {
    const chosen = (found?.drift ?? []).filter(({ address }) => {
      const [ofPlugin, ofKind] = address.split('/');
      return (
        (plugin === undefined || ofPlugin === plugin) &&
        (kind === undefined || ofKind === kind) &&
        (q === undefined || address.toLowerCase().includes(q.toLowerCase()))
      );
    });
    return Promise.resolve({ planned_at: found?.newest.timestamp ?? null, drift: pageOf(chosen, listed) });
  },
  html: ({ planned_at: at, drift: listed }, view, { page: _page, size, ...given }) => {
    if (at === null) return html`<p>The project has not been refreshed yet.</p>`;
    const rows = listed.rows.map(({ address, change }) => [
      resourceLink(view, address),
      html`${fieldRows(change.before, change.after).map(({ text }) => html`<p><code>${text}</code></p>`)}`,
    ]);
    return html`<p>Resources that differ from their last applied state, refreshed ${time(at, view.now)}. The arrow leads back to that state.</p>${filters(
      pageHref(view.base, 'drift'),
      [
        { name: 'q', label: 'Address has' },
        { name: 'kind', label: 'Kind' },
      ],
      given,
    )}${table(captionOf(listed, 'resource drifted', 'resources drifted'), [{ title: 'Resource' }, { title: 'Differences' }], rows, { stacked: true })}${pager(
      listed,
      (to) => pageHref(view.base, 'drift', { ...given, size: size === LISTED.size.usual ? undefined : size, page: to }),
    )}`;
  },
});
