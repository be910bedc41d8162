/** The plans of the last rounds: rejected and waiting rows with their reasons, then those that would run. */

import type { Fields } from '#plugin';
import { counted } from '#plugin';
import type { Plan } from '../../formats/plan.ts';
import { causeLines } from '../../report/cause-text.ts';
import { cleanText } from '../../report/plan-rows.ts';
import { scopeText } from '../../report/text.ts';
import type { View } from './frame.ts';
import { html, type Part, when } from './html.ts';
import { page } from './page.ts';
import { counts, filters, LISTED, type Listed, pageOf, pager, resourceLink, time } from './parts.ts';
import { pageHref, type Query } from './paths.ts';
import type { Found, PlanRow, Verdict } from '../answers/found.ts';
import { planRows, rowPart } from './rows.ts';

const VERDICTS = ['reject', 'defer', 'accept'] as const satisfies readonly Verdict[];

const VERDICT_TEXT: Readonly<Record<Verdict, string>> = { reject: 'rejected', defer: 'waiting', accept: 'to apply' };

const query = {
  verdict: { type: 'text', summary: 'Verdict on the rows.', values: VERDICTS },
  plugin: { type: 'text', summary: 'Plugin of the resources.' },
  goal: { type: 'text', summary: 'Goal of the rows.' },
  cause: { type: 'text', summary: 'Cause of the rows.' },
  q: { type: 'text', summary: 'Part of the address.' },
  ...LISTED,
} as const satisfies Fields;

type PlanHead = Pick<Plan, 'timestamp' | 'complete' | 'gaps' | 'checks'> & {
  readonly plan_digest?: string | undefined;
  /** Sentences about what the plan leaves out. */
  readonly limits: readonly string[];
};

interface PlanData {
  /** Null before the first refresh. */
  readonly plan: PlanHead | null;
  readonly counts: Readonly<Record<Verdict, number>>;
  readonly rows: Listed<PlanRow>;
}

/** Sentences about the parts that a plan leaves out. */
export function limitsOf({ newest: plan }: Found): readonly string[] {
  return [...causeLines(plan), ...(plan.gaps.length > 0 ? ['Some resources could not be read.'] : [])];
}

function headOf(found: Found): PlanHead {
  const { newest, isWhole, checks } = found;
  const { timestamp, complete, gaps, plan_digest: digest } = newest;
  return { timestamp, complete: complete && isWhole, gaps, checks, plan_digest: digest, limits: limitsOf(found) };
}

function digestPart({ complete, plan_digest: digest }: PlanHead, isEmpty: boolean): Part {
  if (digest === undefined) return html`<p>The plan has no digest: the state could not be read.</p>`;
  if (isEmpty) return undefined;
  return complete
    ? html`<h2>Apply</h2><p>To apply these rows, and nothing else:</p><pre tabindex="0">fettle apply --plan-digest ${digest}</pre>`
    : html`<h2>Apply</h2><p>This plan is partial. <code>fettle plan</code> prints the digest of the whole plan.</p>`;
}

function headPart(head: PlanHead, data: PlanData, view: View): Part {
  const { gaps, checks, limits, timestamp } = head;
  return html`<p>Refreshed ${time(timestamp, view.now)}. ${limits.join(' ')}</p>
${counts(
  VERDICTS.map((verdict) => ({
    text: VERDICT_TEXT[verdict],
    count: data.counts[verdict],
    href: pageHref(view.base, 'plan', { verdict }),
  })),
)}${when(
  gaps.length > 0,
  () =>
    html`<h2>Not read</h2><ul class="rows">${gaps.map(
      ({ scope, message }) =>
        html`<li><p>${cleanText(scopeText(scope))}</p><p class="red">could not be read: ${cleanText(message)}</p></li>`,
    )}</ul>`,
)}${when(
  checks.length > 0,
  () =>
    html`<h2>${counted(checks.length, 'finding')}</h2><ul class="rows">${checks
      .slice(0, 50)
      .map(
        ({ address, severity, message }) =>
          html`<li>${severity} ${resourceLink(view, address)} ${cleanText(message)}</li>`,
      )}</ul>`,
)}`;
}

export const plan = page({
  name: 'plan',
  query,
  load: async ({ query: { verdict, plugin, goal, cause, q, ...listed } }, recorded): Promise<PlanData> => {
    const { found: last } = recorded;
    const { recall } = await recorded.log();
    const all = planRows(last, recall.resources);
    const of = (wanted: Verdict): number => all.filter((row) => row.verdict === wanted).length;
    const chosen = all.filter(
      ({ verdict: own, change }) =>
        (verdict === undefined || own === verdict) &&
        (plugin === undefined || change.provider_name === plugin) &&
        (goal === undefined || change.goal === goal) &&
        (cause === undefined || change.cause === cause) &&
        (q === undefined || change.address.toLowerCase().includes(q.toLowerCase())),
    );
    return {
      plan: last === undefined ? null : headOf(last),
      counts: { reject: of('reject'), defer: of('defer'), accept: of('accept') },
      rows: pageOf(chosen, listed),
    };
  },
  html: (data, view, { page: _page, size, ...given }) => {
    const { plan: head, rows } = data;
    if (head === null) return html`<p>The project has not been refreshed yet.</p>`;
    const all = data.counts.reject + data.counts.defer + data.counts.accept;
    const link = (more: Query): string =>
      pageHref(view.base, 'plan', { ...given, size: size === LISTED.size.usual ? undefined : size, ...more });
    return html`${headPart(head, data, view)}<h2>Rows</h2>${filters(
      pageHref(view.base, 'plan'),
      [
        { name: 'q', label: 'Address has' },
        { name: 'verdict', label: 'Verdict', values: VERDICTS },
        {
          name: 'goal',
          label: 'Goal',
          values: ['create', 'update', 'replace', 'remove', 'adopt', 'protect', 'release'],
        },
        { name: 'cause', label: 'Cause', values: ['new', 'edit', 'drift', 'orphan', 'time', 'progress', 'policy'] },
      ],
      given,
    )}${
      rows.total === 0
        ? html`<p class="quiet">${all === 0 ? 'No changes.' : 'No row matches.'}</p>`
        : html`<ol class="rows">${rows.rows.map((row) => html`<li>${rowPart(row, view)}</li>`)}</ol>`
    }${pager(rows, (to) => link({ page: to }))}${digestPart(head, data.counts.accept === 0)}`;
  },
});
