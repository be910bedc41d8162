/** The fleet: resources by kind and state, what comes next, and a list with filters. */

import { compareText, defined, type Fields, formatRef, instantText, type Json, type Memory } from '#plugin';
import { stepText } from '../../report/plan-rows.ts';
import type { Found, PlanRow } from '../answers/found.ts';
import type { Recorded } from '../answers/recorded.ts';
import { kindBars, NOT_SEEN, weekChart, type Week, weekOf, weeksOf } from './charts.ts';
import type { View } from './frame.ts';
import { html, type Part, when } from './html.ts';
import { comesNext, type Next } from './next.ts';
import { page } from './page.ts';
import {
  captionOf,
  filters,
  LISTED,
  type Listed,
  pageOf,
  pager,
  resourceLink,
  table,
  time,
  verdictWord,
} from './parts.ts';
import { pageHref, type Query } from './paths.ts';
import { planRows, rowPart, rowsByAddress } from './rows.ts';

/** Rows of `What comes next`. */
const MOST_NEXT = 8;

const VERDICTS = ['accept', 'reject', 'defer'] as const;

const query = {
  plugin: { type: 'text', summary: 'Plugin of the resources.' },
  kind: { type: 'text', summary: 'Kind of the resources.' },
  state: { type: 'text', summary: 'State of the resources.' },
  verdict: { type: 'text', summary: 'Verdict on their row in the last plan.', values: VERDICTS },
  ends: { type: 'text', summary: 'Week in which their validity ends: `ended`, or its first day.' },
  q: { type: 'text', summary: 'Part of the address.' },
  ...LISTED,
} as const satisfies Fields;

interface FleetRow {
  readonly address: string;
  readonly plugin: string;
  readonly kind: string;
  /** Absent for a resource that no refresh has seen. */
  readonly state?: string | undefined;
  readonly since?: string | undefined;
  readonly failures?: number | undefined;
  readonly verdict?: PlanRow['verdict'] | undefined;
  readonly step?: string | undefined;
  /** The end of its validity: ISO 8601. */
  readonly ends?: string | undefined;
  /** The week of that end, if it is one of the next. */
  readonly week?: string | undefined;
}

export interface KindCounts {
  readonly plugin: string;
  readonly kind: string;
  readonly states: Readonly<Record<string, number>>;
}

export interface Fleet {
  readonly resources: Listed<FleetRow>;
  /** Of all resources. */
  readonly kinds: readonly KindCounts[];
  /** By the time at which each is due. */
  readonly next: readonly Next[];
  readonly weeks: readonly Week[];
}

/** The end of validity in facts or kept fields; undefined without one. */
function endIn(values: Json | object | undefined): string | undefined {
  const { not_after: end } = (values ?? {}) as { readonly not_after?: unknown };
  return typeof end === 'string' ? end : undefined;
}

function endOf(found: Found | undefined, address: string, memory: Memory | undefined): string | undefined {
  return endIn(found?.seen.get(address)?.values) ?? endIn(memory?.kept);
}

/** All resources that are declared or in the state, by address. */
export async function fleetRows(recorded: Recorded, now: number): Promise<readonly FleetRow[]> {
  const { recall } = await recorded.log();
  const plans = rowsByAddress(recorded.found, recall.resources);
  const row = (address: string, ref: Memory['ref'], memory: Memory | undefined): FleetRow => {
    const planned = plans.get(address);
    const end = endOf(recorded.found, address, memory);
    return defined<FleetRow>({
      address,
      plugin: ref.plugin,
      kind: ref.kind,
      state: memory?.state,
      since: instantText(memory?.since),
      failures: memory?.failures,
      verdict: planned?.verdict,
      step: planned === undefined ? undefined : stepText(planned.change),
      ends: end,
      week: end === undefined ? undefined : weekOf(end, now),
    });
  };
  const rows = [...recall.resources].map(([address, memory]) => row(address, memory.ref, memory));
  for (const { ref } of recorded.documents) {
    const address = formatRef(ref);
    if (!recall.resources.has(address)) rows.push(row(address, ref, undefined));
  }
  return rows.toSorted((a, b) => compareText(a.address, b.address));
}

export function kindCounts(rows: readonly FleetRow[]): readonly KindCounts[] {
  const kinds = new Map<
    string,
    { readonly plugin: string; readonly kind: string; readonly states: Map<string, number> }
  >();
  for (const { plugin, kind, state = NOT_SEEN } of rows) {
    const key = `${plugin}/${kind}`;
    const found = kinds.get(key) ?? { plugin, kind, states: new Map<string, number>() };
    found.states.set(state, (found.states.get(state) ?? 0) + 1);
    kinds.set(key, found);
  }
  return [...kinds.values()].map(({ plugin, kind, states }) => ({
    plugin,
    kind,
    states: Object.fromEntries([...states].toSorted(([a, n], [b, m]) => m - n || compareText(a, b))),
  }));
}

function listPart({ resources }: Fleet, view: View, given: Query): Part {
  const { base, now } = view;
  const link = (more: Query): string => pageHref(base, 'fleet', { ...given, page: undefined, ...more });
  const rows = resources.rows.map(({ address, state, since, failures, verdict, step, ends }): readonly Part[] => [
    resourceLink(view, address),
    state ?? html`<span class="quiet">not seen</span>`,
    time(since, now, { short: true }),
    time(ends, now, { short: true }),
    html`${verdict === undefined ? undefined : html`${verdictWord(verdict)} ${step}`}${when(
      failures !== undefined && failures > 0,
      () => html` <span class="red">${failures} failures</span>`,
    )}`,
  ]);
  return html`${table(
    captionOf(resources, 'resource'),
    [
      { title: 'Resource' },
      { title: 'State' },
      { title: 'Since', wide: true },
      { title: 'Valid until', wide: true },
      { title: 'Next step' },
    ],
    rows,
  )}${pager(resources, (to) => link({ page: to }))}`;
}

export const fleet = page({
  name: 'fleet',
  query,
  load: async ({ query: { plugin, kind, state, verdict, ends, q, ...listed }, now }, recorded): Promise<Fleet> => {
    const all = await fleetRows(recorded, now);
    const { recall } = await recorded.log();
    const chosen = all.filter(
      (row) =>
        (plugin === undefined || row.plugin === plugin) &&
        (kind === undefined || row.kind === kind) &&
        (state === undefined || (row.state ?? NOT_SEEN) === state) &&
        (verdict === undefined || row.verdict === verdict) &&
        (ends === undefined || row.week === ends) &&
        (q === undefined || row.address.toLowerCase().includes(q.toLowerCase())),
    );
    return {
      resources: pageOf(chosen, listed),
      kinds: kindCounts(all),
      next: comesNext(planRows(recorded.found, recall.resources), recorded.found, { now, most: MOST_NEXT }),
      weeks: weeksOf(all, now),
    };
  },
  html: (data, view, { page: _page, size, ...given }) => {
    const { kinds, next, weeks } = data;
    const isFiltered = Object.values(given).some((value) => value !== undefined);
    const names = (pick: (each: KindCounts) => readonly string[]): readonly string[] =>
      [...new Set(kinds.flatMap(pick))].toSorted(compareText);
    const sized = { ...given, size: size === LISTED.size.usual ? undefined : size };
    return html`${when(!isFiltered, () => html`${kindBars(kinds, view)}${weekChart(weeks, view)}${nextPart(next, view)}`)}
<h2>Resources</h2>${filters(
      pageHref(view.base, 'fleet'),
      [
        { name: 'q', label: 'Address has' },
        { name: 'kind', label: 'Kind', values: names(({ kind }) => [kind]) },
        { name: 'state', label: 'State', values: names(({ states }) => Object.keys(states)) },
        { name: 'verdict', label: 'Verdict', values: VERDICTS },
      ],
      given,
    )}${listPart(data, view, sized)}`;
  },
});

function nextPart(next: readonly Next[], view: View): Part {
  if (next.length === 0) return undefined;
  const items = next.map(({ address, due_at: at, due, row }) =>
    row === undefined
      ? html`<li><p>${resourceLink(view, address)} <span class="quiet">${due} ${time(at, view.now)}</span></p></li>`
      : html`<li>${rowPart(row, view)}</li>`,
  );
  return html`<h2>What comes next</h2><ul class="rows">${items}</ul><p class="pages"><a href="${pageHref(view.base, 'plan')}">The whole plan</a></p>`;
}
