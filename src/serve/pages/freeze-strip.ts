/** Freeze windows of the next weeks as a strip. Pure. */

import { instantOf, instantText, type TimeWindow } from '#plugin';
import { html, type Part, when } from './html.ts';
import { table, time } from './parts.ts';

/** A freeze window. Times are ISO 8601. */
export interface Freeze {
  readonly from: string;
  readonly to: string;
  readonly reason: string;
}

const DAY_MS = 86_400_000;
const DAYS = 28;
const [DAY, HEIGHT] = [24, 18] as const;

export function freezesOf(windows: readonly TimeWindow[]): readonly Freeze[] {
  return windows.map(({ from, to, reason }) => ({ from: instantText(from), to: instantText(to), reason }));
}

/** The windows as bars over the days from today on, and as a list. */
export function freezeStrip(freezes: readonly Freeze[], now: number): Part {
  if (freezes.length === 0) return html`<p class="quiet">No freeze window is configured for the next month.</p>`;
  const start = now - (now % DAY_MS);
  const x = (at: number): number => Math.min(Math.max(((at - start) / DAY_MS) * DAY, 0), DAYS * DAY);
  const bars = freezes.map(({ from, to, reason }) => {
    const [left, right] = [x(instantOf(from)), x(instantOf(to))];
    return right <= left
      ? undefined
      : html`<rect class="s6" x="${left.toFixed(1)}" y="1" width="${Math.max(1.5, right - left).toFixed(1)}" height="${HEIGHT - 2}"><title>${reason}</title></rect>`;
  });
  const days = Array.from({ length: DAYS / 7 }, (_, week) => week * 7).map(
    (day) =>
      html`<path class="tick" d="M${day * DAY} 0 V${HEIGHT}"/><text x="${day * DAY + 2}" y="${HEIGHT + 14}">${instantText(start + day * DAY_MS).slice(5, 10)}</text>`,
  );
  const text = freezes.map(({ from, to, reason }) => `${from} to ${to}: ${reason}`).join('; ');
  return html`<svg class="chart" viewBox="0 0 ${DAYS * DAY} ${HEIGHT + 20}" role="img"><title>Freeze windows of the next four weeks</title><desc>${text}</desc><rect class="ground" width="${DAYS * DAY}" height="${HEIGHT}"/>${bars}<path class="today" d="M${x(now).toFixed(1)} 0 V${HEIGHT}"/>${days}</svg>${table(
    'Freeze windows, the next first',
    [{ title: 'Reason' }, { title: 'From' }, { title: 'To' }],
    freezes.slice(0, 10).map(({ from, to, reason }) => [reason, time(from, now), time(to, now)]),
  )}${when(freezes.length > 10, () => html`<p class="quiet">And ${freezes.length - 10} more.</p>`)}`;
}
