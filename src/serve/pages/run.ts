/** One run of a command: what it refreshed, how it judged, and what it did, as the log has it. */

import { counted, defined, type Fields, formatRef, instantOf } from '#plugin';
import type { LogRecord, RecordBodies, RecordKind } from '../../formats/log-record.ts';
import { recordTexts } from '../../engine/generated.ts';
import { ofKind } from '../../run/records.ts';
import { cleanText } from '../../report/plan-rows.ts';
import { bodyText } from '../../report/log-text.ts';
import type { View } from './frame.ts';
import { html, type Part, when } from './html.ts';
import { MissingError, page } from './page.ts';
import { facts, resourceLink, table, time } from './parts.ts';
import { pageHref } from './paths.ts';
import { recordCells, RECORD_COLUMNS } from './log.ts';

const MOST_RECORDS = 1000;

const query = {
  last: { type: 'number', summary: 'Number of records.', least: 1, most: MOST_RECORDS, usual: MOST_RECORDS },
} as const satisfies Fields;

type Refused = RecordBodies['refusal'];

interface Step {
  readonly address: string;
  readonly step: string;
  readonly cause: string;
  readonly because: string;
  /** Absent while the step runs, and for one that was interrupted. */
  readonly outcome?: string | undefined;
  readonly error?: string | undefined;
  readonly elapsed_ms?: number | undefined;
}

interface RunPage {
  readonly run: string;
  readonly command: string | null;
  readonly version: string | null;
  readonly actor: string | null;
  readonly reason?: string | undefined;
  readonly digest?: string | undefined;
  readonly ordered_by: readonly string[];
  readonly started_at: string | null;
  readonly ended_at: string | null;
  /** Null while the run goes on, and for one that was killed. */
  readonly result: string | null;
  readonly refreshed: readonly {
    readonly counts: Readonly<Record<string, number>>;
    readonly changed: number;
    readonly gaps: readonly string[];
    readonly partial: boolean;
  }[];
  readonly judged: readonly (Pick<Refused, 'step' | 'verdict' | 'reasons'> & { readonly address: string })[];
  readonly done: readonly Step[];
  /** Other records: adoptions, orders, events and deliveries, the newest last. */
  readonly others: readonly LogRecord[];
  /** Number of all records of the run, by kind; null if the run is older than the records in memory. */
  readonly counts: Readonly<Record<string, number>> | null;
  /** True if the run has more records of a kind than these. */
  readonly cut: boolean;
}

/** `first`: the number of the first record of the run. */
function stepsIn(records: readonly LogRecord[], first: number): readonly Step[] {
  const steps = new Map<number, Step>();
  for (const record of records) {
    if (record.kind === 'intent') {
      const { ref, step, cause, because } = record.body;
      steps.set(record.seq, { address: formatRef(ref), step, cause, because });
    }
    if (record.kind !== 'outcome') continue;
    const { ref, intent, outcome, error, elapsed_ms } = record.body;
    // The intent of an outcome that settles an earlier run is in that one.
    const because = intent < first ? 'of an earlier run' : 'begun before these records';
    const begun = steps.get(intent) ?? { address: formatRef(ref), step: '', cause: '', because };
    steps.set(intent, defined<Step>({ ...begun, outcome, error, elapsed_ms }));
  }
  return [...steps.values()];
}

/** Kinds of the parts of the page: each has its own limit, so that a part with many records hides no other one. */
const PARTS: readonly (readonly RecordKind[])[] = [
  ['run'],
  ['end'],
  ['seen'],
  ['order'],
  ['refusal'],
  ['intent', 'outcome'],
];
const OWN_PART: ReadonlySet<string> = new Set(PARTS.flat().filter((kind) => kind !== 'order'));
const IN_PARTS: ReadonlySet<string> = new Set(PARTS.flat());
const OTHERS = (Object.keys(recordTexts) as RecordKind[]).filter(
  (kind) => !IN_PARTS.has(kind) && kind !== 'remembered',
);

function runOf(
  run: string,
  records: readonly LogRecord[],
  counts: Readonly<Record<string, number>> | undefined,
  cut: boolean,
): RunPage {
  const [begin] = ofKind(records, 'run');
  const [end] = ofKind(records, 'end');
  return defined<RunPage>({
    run,
    command: begin?.body.command ?? null,
    version: begin?.body.version ?? null,
    actor: begin?.actor ?? records[0]?.actor ?? null,
    reason: begin?.body.reason,
    digest: begin?.body.digest,
    ordered_by: [...new Set(ofKind(records, 'order').map(({ body }) => body.by))],
    started_at: begin?.time ?? null,
    ended_at: end?.time ?? null,
    result: end === undefined ? null : bodyText(end),
    refreshed: ofKind(records, 'seen').map(({ body: { counts, resources, gaps = [], partial = false } }) => ({
      counts,
      changed: resources.length,
      gaps,
      partial,
    })),
    judged: ofKind(records, 'refusal').map(({ body: { ref, step, verdict, reasons } }) => ({
      address: formatRef(ref),
      step,
      verdict,
      reasons,
    })),
    done: stepsIn(records, begin?.seq ?? 0),
    others: records.filter(({ kind }) => !OWN_PART.has(kind)),
    counts: counts ?? null,
    cut,
  });
}

function refreshedPart({ refreshed }: RunPage): Part {
  if (refreshed.length === 0) return html`<p class="quiet">The log has no refresh of this run.</p>`;
  return html`<ul class="rows">${refreshed.map(({ counts, changed, gaps, partial }) => {
    const kinds = Object.entries(counts).map(([kind, count]) => `${count} ${kind}`);
    const part = partial ? ' Only some resources were refreshed.' : '';
    const refreshed = kinds.length === 0 ? '' : `${kinds.join(', ')} refreshed, `;
    return html`<li><p>${refreshed}${counted(changed, 'difference')} recorded.${part}</p>${gaps.map((gap) => html`<p class="red">${cleanText(gap)} could not be read.</p>`)}</li>`;
  })}</ul>`;
}

function judgedPart({ judged, done, counts }: RunPage, view: View): Part {
  const accepted = counts === null ? done.filter(({ step }) => step !== '').length : (counts['intent'] ?? 0);
  const total = counts === null ? judged.length : (counts['refusal'] ?? 0);
  const refused = table(
    `${counted(total, 'refused step')} recorded`,
    [{ title: 'Resource' }, { title: 'Verdict' }, { title: 'Step' }, { title: 'Reasons' }],
    judged.map(({ address, step, verdict, reasons }) => [
      resourceLink(view, address),
      html`<span class="word ${verdict === 'deferred' ? 'amber' : 'red'}">${verdict}</span>`,
      step,
      html`${reasons.map(({ rule, message }) => html`<p><strong>${rule}</strong>: ${cleanText(message)}</p>`)}`,
    ]),
    { stacked: true },
  );
  return html`<p>${counted(accepted, 'step')} accepted and begun, ${counted(total, 'refusal')} recorded.</p>${when(judged.length > 0, () => refused)}`;
}

const STYLE: Readonly<Record<string, string>> = { done: 'green', failed: 'red', unknown: 'red', undone: 'amber' };

function donePart({ done }: RunPage, view: View): Part {
  return table(
    counted(done.length, 'step'),
    [{ title: 'Resource' }, { title: 'Step' }, { title: 'Outcome' }, { title: 'Took', wide: true }],
    done.map(({ address, step, because, cause, outcome, error, elapsed_ms: ms }) => [
      resourceLink(view, address),
      html`<p>${step}</p><p class="quiet">${cleanText(because)}${when(cause !== '', () => `, cause ${cause}`)}</p>`,
      html`<span class="word ${STYLE[outcome ?? ''] ?? 'amber'}">${outcome ?? 'has not ended'}</span>${when(error !== undefined, () => html`<p>${cleanText(error ?? '')}</p>`)}`,
      ms === undefined ? undefined : `${(ms / 1000).toFixed(1)} s`,
    ]),
    { stacked: true },
  );
}

function headPart(data: RunPage, { now }: View): Part {
  const { started_at: from, ended_at: to } = data;
  return facts([
    ['Command', data.command ?? undefined],
    ['Ordered by', data.ordered_by.join(', ')],
    ['Actor', data.actor ?? undefined],
    ['Reason', data.reason],
    ['Plan digest', data.digest === undefined ? undefined : html`<code>${data.digest}</code>`],
    ['Started', from === null ? undefined : time(from, now)],
    ['Took', from === null || to === null ? undefined : `${((instantOf(to) - instantOf(from)) / 1000).toFixed(1)} s`],
    ['Result', data.result ?? html`<span class="amber">has not ended</span>`],
    ['fettle', data.version ?? undefined],
  ]);
}

export const run = page({
  name: 'run',
  query,
  load: async ({ address: id, query: { last } }, recorded): Promise<RunPage> => {
    const lists = await Promise.all([...PARTS, OTHERS].map((kind) => recorded.records.list({ run: id, kind }, last)));
    const records = lists.flatMap((list) => list.records).toSorted((a, b) => a.seq - b.seq);
    const unknown = lists.find((list) => list.unknown !== undefined)?.unknown;
    if (records.length === 0 && unknown !== undefined) throw new MissingError(unknown);
    const cut = lists.some((list) => list.records.length >= last);
    return runOf(id, records, await recorded.records.countsOf(id), cut);
  },
  title: ({ run: id, command }) => `Run ${id}${command === null ? '' : ` (${command})`}`,
  html: (data, view) =>
    html`${headPart(data, view)}<h2>Refreshed</h2>${refreshedPart(data)}<h2>Judged</h2>${judgedPart(data, view)}<h2>Done</h2>${donePart(data, view)}${when(
      data.others.length > 0,
      () =>
        html`<h2>Also recorded</h2>${table(
          'Oldest first',
          RECORD_COLUMNS,
          data.others.map((record) => recordCells(record, view)),
        )}`,
    )}<p class="pages"><a href="${pageHref(view.base, 'log', { run: data.run })}">All of its records</a>${when(data.cut, () => ' This page has the newest ones of each kind.')}</p>`,
});
