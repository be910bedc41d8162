/** Health: the standing of log, refresh and documents, what could not be read, findings, and versions. */

import { counted, type Fields, spanText } from '#plugin';
import type { Plan } from '../../formats/plan.ts';
import { cleanText } from '../../report/plan-rows.ts';
import { scopeText } from '../../report/text.ts';
import { version } from '../../version.ts';
import { html, type Part } from './html.ts';
import { page } from './page.ts';
import { facts, filters, resourceLink, table, time } from './parts.ts';
import { pageHref } from './paths.ts';

const SEVERITIES = ['critical', 'error', 'warning', 'info'] as const;

const query = {
  severity: { type: 'text', summary: 'Severity of the findings.', values: SEVERITIES },
} as const satisfies Fields;

interface HealthData {
  readonly version: string;
  readonly store: string;
  readonly log_damaged: boolean;
  readonly interval_ms: number;
  readonly refreshed_at: number | null;
  /** The last round that did not end well, of those that are kept. */
  readonly last_failure: { readonly ended_at: number; readonly text: string } | null;
  readonly rounds: number;
  readonly failed_rounds: number;
  readonly gaps: Plan['gaps'];
  readonly findings: Plan['checks'];
}

const FAILED: ReadonlySet<string> = new Set(['failed', 'stopped']);

export const health = page({
  name: 'health',
  query,
  load: async ({ query: { severity } }, recorded): Promise<HealthData> => {
    const { rounds, interval_ms } = recorded.snapshot;
    const failed = rounds.filter(({ outcome }) => FAILED.has(outcome));
    const [last] = failed;
    const { isDamaged } = await recorded.log();
    return {
      version,
      store: (await recorded.store()).place,
      log_damaged: isDamaged,
      interval_ms,
      refreshed_at: rounds.find(({ refreshed_at: at }) => at !== undefined)?.refreshed_at ?? null,
      last_failure: last === undefined ? null : { ended_at: last.ended_at, text: last.text },
      rounds: rounds.length,
      failed_rounds: failed.length,
      gaps: recorded.found?.newest.gaps ?? [],
      findings: (recorded.found?.checks ?? []).filter((each) => severity === undefined || each.severity === severity),
    };
  },
  html: (data, view, { severity }) => {
    const { now } = view;
    const { last_failure: failure, interval_ms: interval, gaps, findings } = data;
    const rows: readonly (readonly [string, Part])[] = [
      ['Refreshed', data.refreshed_at === null ? 'not yet' : time(data.refreshed_at, now)],
      ['Interval', spanText(interval)],
      [
        'Log',
        data.log_damaged
          ? html`<strong class="red">damaged</strong>. <code>fettle log verify</code> says where.`
          : 'sound',
      ],
      ['Store', data.store],
      ['Rounds', `${data.failed_rounds} of the last ${counted(data.rounds, 'round')} failed`],
      ['Last failure', failure === null ? undefined : html`${time(failure.ended_at, now)}: ${failure.text}`],
      ['fettle', data.version],
    ];
    return html`${facts(rows)}<h2>Not read</h2>${
      gaps.length === 0
        ? html`<p class="quiet">The last refresh could read everything.</p>`
        : table(
            counted(gaps.length, 'gap'),
            [{ title: 'Part' }, { title: 'Reason' }, { title: 'Since', wide: true }],
            gaps.map(({ scope, message, since }) => [
              cleanText(scopeText(scope)),
              cleanText(message),
              time(since, now),
            ]),
          )
    }<h2>Findings</h2>${filters(pageHref(view.base, 'health'), [{ name: 'severity', label: 'Severity', values: SEVERITIES }], { severity })}${table(
      counted(findings.length, 'finding'),
      [{ title: 'Resource' }, { title: 'Severity' }, { title: 'Finding' }, { title: 'Since', wide: true }],
      findings.map(({ address, severity: own, message, since }) => [
        resourceLink(view, address),
        html`<span class="word ${own === 'critical' || own === 'error' ? 'red' : own === 'warning' ? 'amber' : ''}">${own}</span>`,
        cleanText(message),
        time(since, now),
      ]),
    )}`;
  },
});
