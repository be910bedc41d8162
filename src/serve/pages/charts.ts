/** Charts of the fleet as SVG: one bar for each kind, and the ends of validity by week. Pure. */

import { instantOf, instantText } from '#plugin';
import type { KindCounts } from './fleet.ts';
import type { View } from './frame.ts';
import { html, type Part, when } from './html.ts';
import { pageHref } from './paths.ts';

const COLOURS = 6;

function colour(index: number): string {
  return `s${(index % COLOURS) + 1}`;
}

/** One bar for each kind, stacked by state, with counts that are links. */
export function kindBars(kinds: readonly KindCounts[], { base }: View): Part {
  return html`<div class="kinds">${kinds.map(({ plugin, kind, states }) => {
    const entries = Object.entries(states);
    const total = entries.reduce((sum, [, count]) => sum + count, 0);
    let x = 0;
    const parts = entries.map(([, count], i) => {
      const width = (count / total) * 100;
      x += width;
      return html`<rect class="${colour(i)}" x="${(x - width).toFixed(2)}" width="${width.toFixed(2)}" height="6"/>`;
    });
    return html`<section><h2>${plugin}/${kind}</h2><svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">${parts}</svg>
<ul class="counts">${entries.map(
      ([state, count], i) =>
        html`<li><svg width="10" height="10" aria-hidden="true"><rect class="${colour(i)}" width="10" height="10" rx="2"/></svg> <a href="${pageHref(base, 'fleet', { plugin, kind, state })}">${count} ${state}</a></li>`,
    )}</ul></section>`;
  })}</div>`;
}

const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
const WEEKS = 14;

/** Resources whose validity ends in a week. */
export interface Week {
  /** `ended`, or the first day of the week: `2026-12-01`. */
  readonly id: string;
  readonly count: number;
}

function today(now: number): number {
  return now - (now % DAY_MS);
}

/** Its first day, from today on. */
function weekId(index: number, now: number): string {
  return instantText(today(now) + index * WEEK_MS).slice(0, 10);
}

/** The week of an end; undefined for one after the last week. */
export function weekOf(ends: string, now: number): string | undefined {
  const at = instantOf(ends);
  const index = Math.trunc((at - today(now)) / WEEK_MS);
  return at < now ? 'ended' : index < WEEKS ? weekId(index, now) : undefined;
}

/** The next weeks, after all that have ended; none if no resource has an end. */
export function weeksOf(rows: readonly { readonly week?: string | undefined }[], now: number): readonly Week[] {
  if (rows.every(({ week }) => week === undefined)) return [];
  const counted = new Map<string, number>();
  for (const { week } of rows) if (week !== undefined) counted.set(week, (counted.get(week) ?? 0) + 1);
  const ids = ['ended', ...Array.from({ length: WEEKS }, (_, index) => weekId(index, now))];
  return ids.map((id) => ({ id, count: counted.get(id) ?? 0 }));
}

const [BAR, GAP, HEIGHT] = [36, 12, 44];

/** A column for each week, each a link to its resources. */
export function weekChart(weeks: readonly Week[], { base }: View): Part {
  const most = Math.max(...weeks.map(({ count }) => count));
  if (weeks.length === 0 || most === 0) return undefined;
  const text = weeks.filter(({ count }) => count > 0).map(({ id, count }) => `${id}: ${count}`);
  const columns = weeks.map(({ id, count }, i) => {
    const x = i * (BAR + GAP);
    const height = count === 0 ? 0 : Math.max(2, (count / most) * HEIGHT);
    const bar = html`<rect class="${id === 'ended' ? 's6' : 's1'}" x="${x}" y="${(HEIGHT + 16 - height).toFixed(1)}" width="${BAR}" height="${height.toFixed(1)}"/><text x="${x + BAR / 2}" y="${(HEIGHT + 12 - height).toFixed(1)}" text-anchor="middle">${count}</text>`;
    return html`${count === 0 ? undefined : html`<a href="${pageHref(base, 'fleet', { ends: id })}" aria-label="${count} in the week ${id}">${bar}</a>`}${when(
      i % 2 === 0,
      () =>
        html`<text x="${x + BAR / 2}" y="${HEIGHT + 32}" text-anchor="middle">${id === 'ended' ? id : id.slice(5)}</text>`,
    )}`;
  });
  return html`<h2>Ends of validity by week</h2><svg class="chart" viewBox="0 0 ${weeks.length * (BAR + GAP)} ${HEIGHT + 38}" role="group"><title>Ends of validity by week</title><desc>${text.join(', ')}</desc>${columns}</svg>`;
}
