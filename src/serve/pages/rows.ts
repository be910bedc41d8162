/** The rows of the last plan for pages: what would run, what is refused, and why. Pure. */

import type { Recall } from '../../engine/remember.ts';
import type { PlanReason, ResourceChange } from '../../formats/plan.ts';
import type { Found, PlanRow } from '../answers/found.ts';
import { cleanText, stepText } from '../../report/plan-rows.ts';
import { fieldRows } from '../../report/fields.ts';
import { overrideText, remedyText } from '../../report/remedy-text.ts';
import type { View } from './frame.ts';
import { html, type Html, type Part, when } from './html.ts';
import { resourceLink, time, verdictWord } from './parts.ts';

type Known = Recall['resources'];

/** True if the log has the result of a row: the round that made the plan has applied it, or another run. */
function isDone({ change: { address, goal }, planned_at: planned }: PlanRow, resources: Known): boolean {
  const memory = resources.get(address);
  if (memory === undefined) return goal === 'remove' || goal === 'release';
  return Math.max(memory.applied?.at ?? 0, memory.since ?? 0) >= planned;
}

/** The rows that are left: rejected ones first, then waiting ones, then those that would run. */
export function planRows(found: Found | undefined, resources: Known): readonly PlanRow[] {
  return (found?.rows ?? []).filter((row) => row.verdict !== 'accept' || !isDone(row, resources));
}

/** The rows by address. A resource has one at most. */
export function rowsByAddress(found: Found | undefined, resources: Known): ReadonlyMap<string, PlanRow> {
  return new Map(planRows(found, resources).map((row) => [row.change.address, row]));
}

function reasonPart(reason: PlanReason, address: string, now: number): Html {
  const remedy = remedyText(reason.remedy, { set: (text) => text, outside: cleanText });
  return html`<p><strong>${reason.rule}</strong>: ${cleanText(reason.message)}${when(
    reason.clears_at !== undefined,
    () => html` <span class="quiet">Clears ${time(reason.clears_at, now)}.</span>`,
  )}</p>${when(remedy !== undefined, () => html`<p class="quiet">${remedy}</p>`)}${when(
    reason.overridable,
    () => html`<p class="quiet">override: <code>${overrideText(reason.rule, address)}</code></p>`,
  )}`;
}

function differences({ change }: ResourceChange): Part {
  const rows = fieldRows(change.before, change.after);
  return rows.length === 0 ? undefined : html`<p><code>${rows.map(({ text }) => text).join(', ')}</code></p>`;
}

/** A row with all of its reasons. */
export function rowPart(row: PlanRow, view: View, { named = true } = {}): Html {
  const { change, verdict, reasons } = row;
  const { address, goal, cause, because, warnings } = change;
  const isDetailed = goal !== 'create' && goal !== 'remove';
  return html`<p>${verdictWord(verdict)} ${when(named, () => resourceLink(view, address))} <span class="quiet">${stepText(change)}, ${goal}, cause ${cause}</span></p>
<p>${cleanText(because)}</p>${when(isDetailed, () => differences(change))}${reasons.map((reason) =>
    reasonPart(reason, address, view.now),
  )}${warnings.map((warning) => html`<p class="quiet">warning ${cleanText(warning)}</p>`)}`;
}
