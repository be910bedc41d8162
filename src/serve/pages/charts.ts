/** Charts of the fleet as SVG: one bar for each kind, and the ends of validity by week. Pure. */

import { compareText, instantOf, instantText } from '#plugin';
import type { KindCounts } from './fleet.ts';
import type { View } from './frame.ts';
import { html, type Part, when } from './html.ts';
import { pageHref } from './paths.ts';

const COLOURS = 6;

function colour(index: number): string {
  return `s${(index % COLOURS) + 1}`;
}

/** The colour of a state, next to its name. */
function swatch(index: number): Part {
  return html`<svg width="10" height="10" aria-hidden="true"><rect class="${colour(index)}" width="10" height="10" rx="2"/></svg>`;
}

/** A resource without a state. */
export const NOT_SEEN = 'not seen';

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
        html`<li>${swatch(i)} <a href="${pageHref(base, 'fleet', { plugin, kind, state })}">${count} ${state}</a></li>`,
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
  /** The resources by state. */
  readonly states: Readonly<Record<string, number>>;
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
export function weeksOf(
  rows: readonly { readonly week?: string | undefined; readonly state?: string | undefined }[],
  now: number,
): readonly Week[] {
  if (rows.every(({ week }) => week === undefined)) return [];
  const counted = new Map<string, Map<string, number>>();
  for (const { week, state = NOT_SEEN } of rows) {
    if (week === undefined) continue;
    const states = counted.get(week) ?? new Map<string, number>();
    states.set(state, (states.get(state) ?? 0) + 1);
    counted.set(week, states);
  }
  const ids = ['ended', ...Array.from({ length: WEEKS }, (_, index) => weekId(index, now))];
  return ids.map((id) => {
    const states = counted.get(id) ?? new Map<string, number>();
    return {
      id,
      count: [...states.values()].reduce((sum, count) => sum + count, 0),
      states: Object.fromEntries([...states].toSorted(([a, n], [b, m]) => m - n || compareText(a, b))),
    };
  });
}

const [BAR, GAP, HEIGHT] = [36, 12, 44];

/** The states in all weeks, the most frequent first. */
function statesIn(weeks: readonly Week[]): readonly string[] {
  const totals = new Map<string, number>();
  for (const { states } of weeks)
    for (const [state, count] of Object.entries(states)) totals.set(state, (totals.get(state) ?? 0) + count);
  return [...totals].toSorted(([a, n], [b, m]) => m - n || compareText(a, b)).map(([state]) => state);
}

function weekText({ id, count, states }: Week): string {
  const parts = Object.entries(states).map(([state, each]) => `${each} ${state}`);
  return `${id}: ${count} (${parts.join(', ')})`;
}

/** The column of a week, stacked by state from the bottom. `scale`: height of one resource. */
function columnPart({ states, count }: Week, x: number, all: readonly string[], scale: number): Part {
  let bottom = HEIGHT + 16;
  const parts = all.flatMap((state, i) => {
    const { [state]: each = 0 } = states;
    if (each === 0) return [];
    // A single resource among thousands is still visible.
    const height = Math.max(1.5, each * scale);
    bottom -= height;
    return [
      html`<rect class="${colour(i)}" x="${x}" y="${bottom.toFixed(1)}" width="${BAR}" height="${height.toFixed(1)}"/>`,
    ];
  });
  return html`${parts}<text x="${x + BAR / 2}" y="${(bottom - 4).toFixed(1)}" text-anchor="middle">${count}</text>`;
}

/** A column for each week, stacked by state, each a link to its resources. */
export function weekChart(weeks: readonly Week[], { base }: View): Part {
  const most = Math.max(...weeks.map(({ count }) => count));
  if (weeks.length === 0 || most === 0) return undefined;
  const all = statesIn(weeks);
  const columns = weeks.map((week, i) => {
    const { id, count } = week;
    const x = i * (BAR + GAP);
    return html`${when(
      count > 0,
      () =>
        html`<a href="${pageHref(base, 'fleet', { ends: id })}" aria-label="${weekText(week)}"><title>${weekText(week)}</title>${columnPart(week, x, all, HEIGHT / most)}</a>`,
    )}${when(
      i % 2 === 0,
      () =>
        html`<text x="${x + BAR / 2}" y="${HEIGHT + 32}" text-anchor="middle">${id === 'ended' ? id : id.slice(5)}</text>`,
    )}`;
  });
  const text = weeks.filter(({ count }) => count > 0).map(weekText);
  return html`<h2>Ends of validity by week</h2><ul class="counts">${all.map(
    (state, i) => html`<li>${swatch(i)} ${state}</li>`,
  )}</ul><svg class="chart" viewBox="0 0 ${weeks.length * (BAR + GAP)} ${HEIGHT + 38}" role="group"><title>Ends of validity by week</title><desc>${text.join('; ')}</desc>${columns}</svg>`;
}
