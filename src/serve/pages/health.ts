/** Health: the standing of log, refresh and documents, what could not be read, findings, and versions. */

import { counted, type EventSource, type Fields, type Json, spanText } from '#plugin';
import type { Plan } from '../../formats/plan.ts';
import { cleanText } from '../../report/plan-rows.ts';
import { scopeText } from '../../report/text.ts';
import { version } from '../../version.ts';
import { DELIVERIES, type UnfinishedDelivery, unfinishedIn } from '../alerts/deliveries.ts';
import type { Recorded } from '../answers/recorded.ts';
import { openDesks } from './desk.ts';
import type { View } from './frame.ts';
import { type Freeze, freezesOf, freezeStrip } from './freeze-strip.ts';
import { html, type Part, when } from './html.ts';
import { page } from './page.ts';
import { captionOf, facts, filters, LISTED, type Listed, pageOf, pager, resourceLink, table, time } from './parts.ts';
import { pageHref, type Query } from './paths.ts';

const SEVERITIES = ['critical', 'error', 'warning', 'info'] as const;

const query = {
  severity: { type: 'text', summary: 'Severity of the findings.', values: SEVERITIES },
  gaps: { ...LISTED.page, summary: 'Page of the gaps.' },
  ...LISTED,
} as const satisfies Fields;

interface HealthData {
  readonly version: string;
  readonly store: string;
  readonly interval_ms: number;
  /** The last round that did not end well, of those that are kept. */
  readonly last_failure: { readonly ended_at: number; readonly text: string } | null;
  readonly rounds: number;
  readonly failed_rounds: number;
  /** The time at which the next resource, event or delivery is due; null if it is not known. */
  readonly next_due_at: number | null;
  readonly node: string;
  /** By plugin with documents, if its watchers see changes; null with `watch: false`. */
  readonly watchers: Readonly<Record<string, boolean>> | null;
  /** Those that are open, or begin within a month. */
  readonly freezes: readonly Freeze[];
  readonly sources: readonly EventSource[];
  /** Entries of deliveries, and those that failed or are open. */
  readonly deliveries: { readonly total: number; readonly unfinished: readonly UnfinishedDelivery[] };
  readonly gaps: Listed<Plan['gaps'][number]>;
  readonly findings: Listed<Plan['checks'][number]>;
}

function watchersOf({ watchers, documents }: Recorded): HealthData['watchers'] {
  if (watchers === undefined) return null;
  const used = new Set(documents.map(({ ref }) => ref.plugin));
  return Object.fromEntries(Object.entries(watchers).filter(([plugin]) => used.has(plugin)));
}

function watchersPart({ watchers }: HealthData): Part {
  if (watchers === null) return 'off';
  const plugins = Object.entries(watchers);
  if (plugins.length === 0) return 'no plugin of the documents has watchers';
  return html`${plugins.map(([plugin, sees]) => html`<p>${plugin}: ${sees ? 'sees changes' : html`<span class="amber">does not see changes</span>`}</p>`)}`;
}

/** The systems that send events, with the requests whose signature was not valid. */
function sourcesPart({ sources }: HealthData, now: number): Part {
  if (sources.length === 0) return undefined;
  return html`<h2>Sources of events</h2>${table(
    counted(sources.length, 'source'),
    [{ title: 'Source' }, { title: 'Events' }, { title: 'Signature failures' }, { title: 'Last request', wide: true }],
    sources
      .slice(0, 100)
      .map(({ source, cluster, events, signature_failures: failed, last_status: status, last_seen_at: at }) => [
        cluster === '' ? source : `${source}:${cluster}`,
        events,
        failed === 0 ? failed : html`<span class="word red">${failed}</span>`,
        html`${status.replaceAll('_', ' ')} ${time(at, now)}`,
      ]),
  )}`;
}

function deliveriesPart({ deliveries: { total, unfinished } }: HealthData, view: View): Part {
  if (total === 0) return undefined;
  return html`<h2>Deliveries of alerts</h2><p>${counted(total, 'delivery', 'deliveries')} in the log, ${unfinished.length} not finished.</p>${when(
    unfinished.length > 0,
    () =>
      table(
        'Not finished',
        [{ title: 'Alert' }, { title: 'Receiver' }, { title: 'Failures' }, { title: 'Next try', wide: true }],
        unfinished
          .slice(0, 100)
          .map(({ alert, address, receiver, failures, open, next_try_at: next }) => [
            html`${resourceLink(view, address)} ${alert.slice(address.length + 1)}`,
            receiver,
            open ? html`${failures}, under way` : failures,
            time(next, view.now),
          ]),
      ),
  )}`;
}

const FAILED: ReadonlySet<string> = new Set(['failed', 'stopped']);

export const health = page({
  name: 'health',
  query,
  load: async ({ query: { severity, gaps, page, size }, now }, recorded): Promise<HealthData> => {
    const { rounds, interval_ms } = recorded.snapshot;
    const failed = rounds.filter(({ outcome }) => FAILED.has(outcome));
    const [last] = failed;
    const { recall } = await recorded.log();
    const { freeze } = recorded.config.safety;
    const windows = freeze.length === 0 ? [] : (await import('#plugin/windows')).windowsAround(freeze, now);
    const { desks, ledger } = await openDesks(recorded);
    const entries = recall.ledger.get(DELIVERIES) ?? new Map<string, Json>();
    return {
      version,
      store: (await recorded.store()).place,
      interval_ms,
      last_failure: last === undefined ? null : { ended_at: last.ended_at, text: last.text },
      rounds: rounds.length,
      failed_rounds: failed.length,
      next_due_at: rounds.find(({ next_due_at: at }) => at !== undefined)?.next_due_at ?? null,
      node: process.versions.node,
      watchers: watchersOf(recorded),
      freezes: freezesOf(windows),
      sources: desks.flatMap(({ desk }) => desk.sources?.(ledger) ?? []),
      deliveries: { total: entries.size, unfinished: unfinishedIn(entries) },
      gaps: pageOf(recorded.found?.newest.gaps ?? [], { page: gaps, size }),
      findings: pageOf(
        (recorded.found?.checks ?? []).filter((each) => severity === undefined || each.severity === severity),
        { page, size },
      ),
    };
  },
  html: (data, view, { severity, gaps: gapsPage, page: findingsPage, size }) => {
    const { now, standing } = view;
    const link = (to: Query): string =>
      pageHref(view.base, 'health', {
        severity,
        gaps: gapsPage === 1 ? undefined : gapsPage,
        page: findingsPage === 1 ? undefined : findingsPage,
        size: size === LISTED.size.usual ? undefined : size,
        ...to,
      });
    const { last_failure: failure, interval_ms: interval, gaps, findings } = data;
    const rows: readonly (readonly [string, Part])[] = [
      ['Refreshed', standing.refreshed_at === null ? 'not yet' : time(standing.refreshed_at, now)],
      ['Interval', spanText(interval)],
      [
        'Log',
        standing.log_damaged
          ? html`<strong class="red">damaged</strong>. <code>fettle log verify</code> says where.`
          : 'sound',
      ],
      ['Store', data.store],
      ['Rounds', `${data.failed_rounds} of the last ${counted(data.rounds, 'round')} failed`],
      ['Last failure', failure === null ? undefined : html`${time(failure.ended_at, now)}: ${failure.text}`],
      ['Next due', data.next_due_at === null ? undefined : time(data.next_due_at, now)],
      ['Watchers', watchersPart(data)],
      ['Versions', `fettle ${data.version}, Node.js ${data.node}`],
    ];
    return html`${facts(rows)}<h2>Freeze windows</h2>${freezeStrip(data.freezes, now)}${sourcesPart(data, now)}${deliveriesPart(data, view)}<h2>Not read</h2>${
      gaps.total === 0
        ? html`<p class="quiet">The last refresh could read everything.</p>`
        : table(
            captionOf(gaps, 'gap'),
            [{ title: 'Part' }, { title: 'Reason' }, { title: 'Since', wide: true }],
            gaps.rows.map(({ scope, message, since }) => [
              cleanText(scopeText(scope)),
              cleanText(message),
              time(since, now),
            ]),
          )
    }${pager(gaps, (to) => link({ gaps: to }))}<h2>Findings</h2>${filters(pageHref(view.base, 'health'), [{ name: 'severity', label: 'Severity', values: SEVERITIES }], { severity })}${table(
      captionOf(findings, 'finding'),
      [{ title: 'Resource' }, { title: 'Severity' }, { title: 'Finding' }, { title: 'Since', wide: true }],
      findings.rows.map(({ address, severity: own, message, since }) => [
        resourceLink(view, address),
        html`<span class="word ${own === 'critical' || own === 'error' ? 'red' : own === 'warning' ? 'amber' : ''}">${own}</span>`,
        cleanText(message),
        time(since, now),
      ]),
    )}${pager(findings, (to) => link({ page: to }))}`;
  },
});
