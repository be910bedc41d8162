/** Regions: Domains by region and state, the last pull of each region, and the copies with their ages. */

import {
  counted,
  type Fields,
  type PluginRegions,
  type RegionCopy,
  type RegionState,
  type RegionSummary,
  spanText,
} from '#plugin';
import { copyCounts, REGION_STATES } from '#plugin/regions';
import type { Recorded } from '../answers/recorded.ts';
import { eventsOf } from '../intake.ts';
import { html, type Part, when } from './html.ts';
import { page } from './page.ts';
import { captionOf, counts, facts, filters, LISTED, type Listed, pageOf, pager, table, time } from './parts.ts';
import { pageHref } from './paths.ts';

const query = {
  region: { type: 'text', summary: 'Region of the copies.' },
  state: { type: 'text', summary: 'State of the copies.', values: REGION_STATES },
  ...LISTED,
} as const satisfies Fields;

interface PeerData {
  readonly region: string;
  readonly state: RegionState;
  /** Time since this region pulled it; null if it never did. */
  readonly age_ms: number | null;
  /** Events here that wait until it has recorded them. */
  readonly waiting: number;
}

interface RegionData {
  /** Null without other regions. */
  readonly region: string | null;
  readonly max_lag_ms: number | null;
  readonly peers: readonly PeerData[];
  readonly summary: readonly RegionSummary[];
  readonly counts: Readonly<Record<RegionState, number>>;
  readonly copies: Listed<Omit<RegionCopy, 'ageMs'> & { readonly age_ms: number | null }>;
}

async function sharing(recorded: Recorded): Promise<readonly (readonly [string, PluginRegions])[]> {
  const events = await eventsOf(recorded.workspace.host.plugins);
  return [...events].flatMap(([name, { regions }]) => (regions === undefined ? [] : [[name, regions] as const]));
}

const STYLE: Readonly<Record<RegionState, string>> = { source: '', replicated: 'green', stale: 'red' };

function stateWord(state: RegionState): Part {
  return html`<span class="word ${STYLE[state]}">${state}</span>`;
}

function agePart(age: number | null): Part {
  return age === null ? 'unknown' : `${spanText(age)} ago`;
}

function known(copy: RegionData['copies']['rows'][number], name: string): string {
  const value = copy.known?.[name];
  return typeof value === 'string' ? value : '';
}

export const regions = page({
  name: 'regions',
  query,
  load: async ({ query: { region, state, ...listed } }, recorded): Promise<RegionData> => {
    const standing = recorded.regions;
    const { ledger } = (await recorded.log()).recall;
    const own = await Promise.all(
      (await sharing(recorded)).map(async ([name, each]) => [each, await recorded.viewOf(name)] as const),
    );
    const summary = own.flatMap(([each, view]) => each.summary(view));
    const none = { source: 0, replicated: 0, stale: 0 };
    if (standing === undefined)
      return { region: null, max_lag_ms: null, peers: [], summary, counts: none, copies: pageOf([], listed) };
    const waiting = own.map(([each]) => each.waiting(ledger));
    const byRegion: Record<string, number> = {};
    for (const [each, { desired }] of own)
      for (const [name, count] of Object.entries(each.counts(desired))) byRegion[name] = (byRegion[name] ?? 0) + count;
    const copies = own
      .flatMap(([each, view]) => each.copies(view, standing))
      .filter(
        (copy) => (region === undefined || copy.region === region) && (state === undefined || copy.state === state),
      )
      .map(({ ageMs, ...copy }) => ({ ...copy, age_ms: ageMs ?? null }));
    return {
      region: standing.own,
      max_lag_ms: standing.maxLagMs,
      peers: standing.names
        .filter((name) => name !== standing.own)
        .map((name) => {
          const age = standing.ages[standing.own]?.[name];
          return {
            region: name,
            state: age !== undefined && age <= standing.maxLagMs ? 'replicated' : 'stale',
            age_ms: age ?? null,
            waiting: waiting.reduce((sum, each) => sum + (each[name] ?? 0), 0),
          };
        }),
      summary,
      counts: copyCounts(standing, byRegion),
      copies: pageOf(copies, listed),
    };
  },
  html: ({ region: own, max_lag_ms: lag, peers, summary, counts: numbers, copies }, { base, now }, given) => {
    const { page: _page, size, ...chosen } = given;
    const summaries = table(
      counted(summary.length, 'region'),
      [{ title: 'Region' }, { title: 'Domains' }, { title: 'States' }, { title: 'Last event', wide: true }],
      summary.map(({ region, total, statuses, lastEventAt }) => [
        region,
        String(total),
        Object.entries(statuses)
          .map(([state, count]) => `${count} ${state}`)
          .join(', '),
        lastEventAt === null ? undefined : time(lastEventAt, now),
      ]),
    );
    if (own === null || lag === null)
      return html`<p class="quiet">This daemon has no other regions.</p><h2>Domains</h2>${summaries}`;
    return html`${facts([
      ['This region', own],
      ['Stale after', spanText(lag)],
    ])}<h2>Other regions</h2>${table(
      counted(peers.length, 'region'),
      [{ title: 'Region' }, { title: 'Copy here' }, { title: 'Last pull' }, { title: 'Events that wait for it' }],
      peers.map((peer) => [peer.region, stateWord(peer.state), agePart(peer.age_ms), String(peer.waiting)]),
    )}<h2>Domains</h2>${summaries}<h2>Copies</h2>${counts(
      REGION_STATES.map((state) => ({
        text: state,
        count: numbers[state],
        href: pageHref(base, 'regions', { ...chosen, state }),
      })),
    )}${filters(
      pageHref(base, 'regions'),
      [
        { name: 'region', label: 'Region', values: [own, ...peers.map((peer) => peer.region)].toSorted() },
        { name: 'state', label: 'State', values: REGION_STATES },
      ],
      chosen,
    )}${table(
      captionOf(copies, 'copy', 'copies'),
      [
        { title: 'Domain' },
        { title: 'Region' },
        { title: 'State' },
        { title: 'Last pull' },
        { title: 'Certificate', wide: true },
      ],
      copies.rows.map((copy) => [
        html`<p>${copy.host}</p><p class="quiet">owned by ${copy.source}</p>`,
        copy.region,
        stateWord(copy.state),
        copy.state === 'source' ? undefined : agePart(copy.age_ms),
        html`${known(copy, 'tls_status')}${when(known(copy, 'tls_not_after') !== '', () => html`, ends ${time(known(copy, 'tls_not_after'), now)}`)}`,
      ]),
      { stacked: true },
    )}${pager(copies, (to) =>
      pageHref(base, 'regions', { ...chosen, size: size === LISTED.size.usual ? undefined : size, page: to }),
    )}`;
  },
});
