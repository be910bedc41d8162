/** One resource: its lifecycle, its row with every reason, what is recorded and seen of it, incidents, events, records. */

import { counted, type Facts, type Fields, formatRef, type Json, type Machine, type Memory } from '#plugin';
import { type LogRecord, memoryBody, type MemoryBody } from '../../formats/log-record.ts';
import type { RuleSaid } from '../../formats/explanation.ts';
import type { Plan } from '../../formats/plan.ts';
import { valueText } from '../../report/fields.ts';
import { cleanText } from '../../report/plan-rows.ts';
import { scheduleTexts } from '../../report/schedule-text.ts';
import type { Recorded } from '../answers/recorded.ts';
import { eventRows, incidentRows, openDesks } from './desk.ts';
import { eventTable } from './events.ts';
import type { View } from './frame.ts';
import { html, type Part, when } from './html.ts';
import { incidentTable } from './incidents.ts';
import { recordCells, RECORD_COLUMNS } from './log.ts';
import { lifecycleChart } from './lifecycle.ts';
import { MissingError, page } from './page.ts';
import { facts, ORDERED, orderedNote, resourceLink, table, time } from './parts.ts';
import { pageHref } from './paths.ts';
import { limitsOf } from './plan.ts';
import type { PlanRow } from '../answers/found.ts';
import { rowPart, rowsByAddress } from './rows.ts';

const query = {
  last: { type: 'number', summary: 'Number of records.', least: 0, most: 1000, usual: 20 },
  ...ORDERED,
} as const satisfies Fields;

type Refusal = LogRecord & { readonly kind: 'refusal' };

interface ResourceData {
  readonly address: string;
  readonly declared: boolean;
  /** The spec of its document. */
  readonly declared_spec: Json | null;
  readonly state: MemoryBody | null;
  /** The row of the last plan. */
  readonly row: PlanRow | null;
  /** The judgements of every rule on the row. */
  readonly rules: readonly RuleSaid[];
  /** Sentences about the parts that the last plan leaves out. */
  readonly limits: readonly string[];
  /** The last recorded refusal, if no later step began. */
  readonly refusal: Refusal | null;
  /** As the last refresh saw it. */
  readonly seen: Plan['prior_state']['resources'][number] | null;
  readonly drift: Plan['resource_drift'];
  readonly findings: Plan['checks'];
  readonly lifecycle: Machine | null;
  readonly incidents: readonly Facts[];
  readonly events: ReturnType<typeof eventRows>;
  /** The newest first. */
  readonly records: readonly LogRecord[];
}

async function lifecycleOf({ workspace }: Recorded, plugin: string, kind: string): Promise<Machine | null> {
  const loaded = await workspace.host.plugins.get(plugin)?.();
  return Object.values(loaded?.tables.kinds[kind]?.machines ?? {})[0] ?? null;
}

/** The last refusal after which no step began. */
function standingRefusal(records: readonly LogRecord[]): Refusal | null {
  const last = records.findLast(({ kind }) => kind === 'refusal' || kind === 'intent');
  return last?.kind === 'refusal' ? last : null;
}

/** The facts of an incident or event name the host of a Domain. */
function hostOf(
  rows: readonly { readonly facts: Facts }[],
  kept: Memory['kept'] | undefined,
  spec: Json | object | undefined,
): string | undefined {
  const { host } = { ...kept, ...(spec as object | undefined), ...rows[0]?.facts } as { readonly host?: unknown };
  return typeof host === 'string' ? host : undefined;
}

export const resource = page({
  name: 'resource',
  query,
  load: async ({ address, query: { last } }, recorded): Promise<ResourceData> => {
    const { recall } = await recorded.log();
    const memory = recall.resources.get(address);
    const declared = recorded.documents.find(({ ref }) => formatRef(ref) === address);
    const ref = memory?.ref ?? declared?.ref;
    if (ref === undefined) throw new MissingError(`${address} is neither declared nor in the state`);
    const isOwn = (row: { readonly address: string }): boolean => row.address === address;
    const { found } = recorded;
    const [desks, lifecycle, records] = await Promise.all([
      openDesks(recorded),
      lifecycleOf(recorded, ref.plugin, ref.kind),
      recorded.records.about(address, Math.max(last, 20)),
    ]);
    const row = rowsByAddress(found, recall.resources).get(address) ?? null;
    const incidents = incidentRows(desks, { domain: address });
    const host = hostOf(incidents, memory?.kept, declared?.spec as object | undefined);
    return {
      address,
      declared: declared !== undefined,
      declared_spec: declared === undefined ? null : (declared.spec as Json),
      state: memory === undefined ? null : memoryBody(memory),
      row,
      rules: row === null ? [] : (found?.rules.get(address) ?? []),
      limits: found === undefined ? [] : limitsOf(found),
      refusal: standingRefusal(records),
      seen: found?.seen.get(address) ?? null,
      drift: found?.drift.filter(isOwn) ?? [],
      findings: found?.checks.filter(isOwn) ?? [],
      lifecycle,
      incidents: incidents.map((row) => row.facts),
      events: host === undefined ? [] : eventRows(desks, { domain: host, limit: 20 }).toReversed(),
      records: last === 0 ? [] : records.slice(-last).toReversed(),
    };
  },
  title: ({ address }) => address,
  html: (data, view, { ordered }) => {
    const { address, incidents, events, records, findings } = data;
    const failed = new Set(events.flatMap(({ id, cells }) => (cells[1] === 'failed' ? [id] : [])));
    return html`${orderedNote(ordered)}${nextPart(data, view)}${rulesPart(data, view)}${statePart(data, view)}${lifecyclePart(data)}${valuesPart(data)}${when(
      findings.length > 0,
      () =>
        html`<h2>Findings</h2><ul class="rows">${findings.map(({ severity, message, since }) => html`<li>${severity}: ${cleanText(message)} <span class="quiet">${time(since, view.now)}</span></li>`)}</ul>`,
    )}${when(incidents.length > 0, () => html`<h2>Incidents</h2>${incidentTable(incidents, 'The most urgent first', view)}`)}${when(
      events.length > 0,
      () => html`<h2>Events</h2>${eventTable(events, failed, 'The newest first', view)}`,
    )}<h2>Records</h2>${table(
      'The newest first',
      RECORD_COLUMNS,
      records.map((record) => recordCells(record, view)),
    )}<p class="pages"><a href="${pageHref(view.base, 'log', { address })}">All of its records</a></p>`;
  },
});

/** The next step and why it does not run, or that there is none. */
function nextPart({ row, refusal, seen, limits }: ResourceData, view: View): Part {
  if (row !== null)
    return html`<h2>Next step</h2><div class="note${row.verdict === 'reject' ? ' alarm' : ''}">${rowPart(row, view, { named: false })}</div>`;
  if (seen === null && refusal !== null) {
    const { step, verdict, reasons } = refusal.body;
    return html`<h2>Last refused step</h2><div class="note alarm"><p><span class="word red">${verdict}</span> ${step} ${time(refusal.time, view.now)}</p>${reasons.map(({ rule, message }) => html`<p><strong>${rule}</strong>: ${cleanText(message)}</p>`)}</div>`;
  }
  const next = seen === null ? 'No round since the start of the daemon has seen it.' : 'No step is planned.';
  return html`<h2>Next step</h2><p>${[next, ...limits].join(' ')}</p>`;
}

/** Facts without members that are null: a schedule has one for each time that is not known. */
function withoutNull(values: Facts): Facts {
  const inner = (value: Json): Json =>
    typeof value === 'object' && value !== null && !Array.isArray(value) ? withoutNull(value as Facts) : value;
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === null ? [] : [[name, inner(value)]])),
  );
}

function statePart({ state, declared, seen }: ResourceData, view: View): Part {
  const { now } = view;
  const error = state?.last_error;
  const schedule = scheduleTexts(withoutNull(seen?.schedule ?? {}), now);
  return html`<h2>State</h2>${facts([
    ['State', state?.state ?? 'not seen'],
    ['Since', time(state?.since, now)],
    ['Document', declared ? 'declared' : 'not declared'],
    ['Managed', state?.owned ?? 'no'],
    ['Schedule', schedule.length === 0 ? undefined : html`${schedule.map((line) => html`<p>${line}</p>`)}`],
    ['Failures', state?.failures === undefined ? undefined : html`<span class="red">${state.failures}</span>`],
    [
      'Last failure',
      error === undefined ? undefined : html`${time(error.at, now)}, ${error.step}: ${cleanText(error.message)}`,
    ],
    ['Protected', state?.protect === true ? 'yes' : undefined],
    ['Hold', state?.hold],
    [
      'Needs',
      state?.needs === undefined
        ? undefined
        : html`${state.needs.map((need) => html`<p>${resourceLink(view, need)}</p>`)}`,
    ],
    ['Applied', time(state?.applied?.at, now)],
  ])}`;
}

/** The lifecycle with the present state, and the ways out of it. */
function lifecyclePart({ address, lifecycle, state, row }: ResourceData): Part {
  if (lifecycle === null) return undefined;
  const present = state?.state;
  const [, kind = ''] = address.split('/');
  const ways = lifecycle.transitions.filter(({ from }) => from === present);
  return html`<h2>Lifecycle</h2>${lifecycleChart(lifecycle, { kind, present, next: row?.change.step })}<p class="quiet">A solid arrow is a step of fettle. A dashed one happens on its own.${when(
    ways.length > 0,
    () =>
      ` From ${present}: ${ways.map(({ to, by, trigger }) => `to ${to} ${by === 'world' ? 'on its own' : 'by fettle'} (${trigger})`).join(', ')}.`,
  )}</p>`;
}

const OUTCOMES: Readonly<Record<RuleSaid['outcome'], readonly [word: string, style: string]>> = {
  reject: ['rejects', 'red'],
  defer: ['waits', 'amber'],
  warn: ['warns', 'amber'],
  pass: ['passes', 'green'],
};
const OVERRIDDEN = ['is overridden', 'amber'] as const;
const RANK: Readonly<Record<RuleSaid['outcome'], number>> = { reject: 0, defer: 1, warn: 2, pass: 3 };

/** `rejects 1, passes 29`. */
function outcomesText(rules: readonly RuleSaid[]): string {
  const counts = new Map<string, number>();
  for (const { outcome, overridden } of rules) {
    const word = overridden === undefined ? OUTCOMES[outcome][0] : OVERRIDDEN[0];
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return [...counts].map(([word, count]) => `${word} ${count}`).join(', ');
}

/** Every rule with its numbers, those that refuse the step first. */
function rulesPart({ rules }: ResourceData, view: View): Part {
  if (rules.length === 0) return undefined;
  const sorted = rules.toSorted((a, b) => RANK[a.outcome] - RANK[b.outcome]);
  return html`<details><summary>${counted(rules.length, 'rule')} of this step: ${outcomesText(sorted)}</summary>${table(
    'Rules with their numbers',
    [{ title: 'Rule' }, { title: 'Outcome' }, { title: 'Finding' }],
    sorted.map(({ rule, outcome, message, facts: found, clears_at: clears, overridden }) => {
      const [word, style] = overridden === undefined ? OUTCOMES[outcome] : OVERRIDDEN;
      const numbers = Object.entries(found).filter(([, value]) => value !== null);
      return [
        rule,
        html`<span class="word ${style}">${word}</span>`,
        html`<p>${cleanText(message)}${when(clears !== undefined, () => html` <span class="quiet">Clears ${time(clears, view.now)}.</span>`)}</p>${when(overridden !== undefined, () => html`<p class="quiet">${cleanText(overridden ?? '')}</p>`)}${when(
          numbers.length > 0,
          () =>
            html`<p class="quiet"><code>${numbers.map(([name, value]) => `${name}=${valueText(value, 120)}`).join(' ')}</code></p>`,
        )}`,
      ];
    }),
    { stacked: true },
  )}</details>`;
}

function entriesOf(value: Json | object | undefined): ReadonlyMap<string, Json> {
  return new Map(Object.entries((value ?? {}) as Readonly<Record<string, Json>>));
}

/** The name of a field of a document as facts and kept fields have it: `dns_names`. */
function factName(field: string): string {
  return field.replace(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`);
}

/** The declared, the last applied, the actual and the recorded value of each field, side by side. */
function valuesPart({ declared_spec: declared, state, seen }: ResourceData): Part {
  const sides = [
    ['Declared', entriesOf(declared ?? undefined)],
    ['Last applied', entriesOf(state?.applied?.spec)],
    ['Actual', entriesOf(seen?.values)],
    ['Recorded', entriesOf(state?.kept)],
  ] as const;
  const shown = sides.filter(([, values]) => values.size > 0);
  const names = new Map<string, string>();
  for (const [, values] of shown)
    for (const name of values.keys()) if (!names.has(factName(name))) names.set(factName(name), name);
  const rows = [...names].map(([fact, name]) => ({
    name,
    values: shown.map(([, values]) => values.get(name) ?? values.get(fact)),
  }));
  const isKnown = (value: Json | undefined): boolean => value !== undefined;
  const compared = rows.filter(({ values }) => values.filter(isKnown).length > 1);
  const single = rows.filter(({ values }) => values.filter(isKnown).length === 1);
  const columns = [{ title: 'Field' }, ...shown.map(([title]) => ({ title }))];
  const cells = ({ name, values }: (typeof rows)[number]): readonly Part[] => [
    name,
    ...values.map((value, i) =>
      value === undefined
        ? undefined
        : html`<span class="side">${shown[i]?.[0]}: </span><code>${valueText(value, 200)}</code>`,
    ),
  ];
  if (rows.length === 0) return undefined;
  return html`<h2>Values</h2>${when(compared.length > 0, () => table('Side by side', columns, compared.map(cells), { stacked: true }))}${when(
    single.length > 0,
    () =>
      html`<details><summary>${counted(single.length, 'field')} of one side</summary>${table('Fields of one side', columns, single.map(cells), { stacked: true })}</details>`,
  )}`;
}
