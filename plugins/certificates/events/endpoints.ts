/**
 * The admin endpoints of certificate events, incidents and Domains, with the paths of `worker-certificates`. Pure.
 *
 * An endpoint that would change a Domain answers with the field of the document to edit: desired state has one source.
 */

import {
  compareText,
  conflict,
  type Desired,
  defined,
  type Endpoint,
  type EndpointAnswer,
  type EndpointView,
  type EventSelection,
  endpoint,
  type Fields,
  form,
  formatRef,
  gives,
  type Json,
  notFound,
  refuses,
  type RegionCopy,
} from '#plugin';
import { copyAge, copyState, REGION_STATES, type RegionState } from '#plugin/regions';
import type { DomainSpec } from '../generated.ts';
import { desk } from './desk.ts';
import { isDomain } from './domains.ts';
import { hostKey } from './event.ts';
import { eventForm, incidentForm, sourceForm } from './forms.ts';
import { MOST_REPLAYED, STATUSES, USUAL_REPLAYED } from './queue.ts';
import { certificateRegions } from './regions.ts';
import { recentSources } from './sources.ts';
import { tablesOf } from './tables.ts';

const USUAL_EVENTS = 200;
const MOST_EVENTS = 500;
const MOST_INCIDENTS = 1000;

function ok(body: Readonly<Record<string, Json>>, status = 200): EndpointAnswer {
  return { status, body: { ok: true, ...body } };
}

const { text, count, flag, open } = form;

const ORDERED = form.oneOf(['ordered']);
const UNKNOWN_EVENT = refuses('No event has this id.');
const UNKNOWN_INCIDENT = refuses('No incident has this id.');
const UNKNOWN_DOMAIN = refuses('No Domain has this `externalId` or name.');
const DOMAIN_PARAMS = { id: '`externalId` or name of a Domain.' };

const eventFilters = {
  status: { type: 'text', summary: 'Status of the events.', values: STATUSES },
  source: { type: 'text', summary: 'Source of the events.' },
  clusterId: { type: 'text', summary: 'Cluster of the events.' },
  domain: { type: 'text', summary: 'Host or `externalId` of a Domain.' },
} as const satisfies Fields;

interface Filters {
  readonly status?: string | undefined;
  readonly source?: string | undefined;
  readonly clusterId?: string | undefined;
  readonly domain?: string | undefined;
}

function selectionOf({ status, source, clusterId, domain }: Filters): EventSelection {
  return defined<EventSelection>({ status, source, cluster: clusterId, domain });
}

/** The declared Domain with this `externalId` or name. */
function domainOf({ desired }: EndpointView, id: string): Desired<DomainSpec> | undefined {
  return desired
    .filter(isDomain)
    .find(({ ref, spec }) => spec.externalId?.toLowerCase() === id.toLowerCase() || ref.name === id);
}

const events = endpoint({
  method: 'GET',
  path: '/v1/admin/cert-events',
  role: 'read',
  summary: 'List events, newest last, with the numbers of all events by status.',
  query: {
    ...eventFilters,
    unresolved: { type: 'flag', summary: 'Only events that are not applied.' },
    limit: { type: 'number', summary: 'Number of events.', least: 1, most: MOST_EVENTS, usual: USUAL_EVENTS },
  },
  statuses: {
    200: gives('The events.', {
      events: form.list(eventForm),
      stats: form.object({ pending: count, applied: count, failed: count, forwarded: count, unresolved: count }),
    }),
  },
  answer: ({ query }, { ledger }: EndpointView) => {
    const { unresolved, limit } = query;
    const rows = desk.events(ledger, { ...selectionOf(query), unresolved, limit });
    return ok({ events: rows.map(({ facts }) => facts), stats: { ...desk.counts(ledger) } });
  },
});

const replayChoice = {
  resetRetry: { type: 'flag', summary: 'Sets the counts of failures to 0.', usual: true },
  reason: { type: 'text', summary: 'Reason, for the log.' },
} as const satisfies Fields;

const replayOne = endpoint({
  method: 'POST',
  path: '/v1/admin/cert-events/:id/replay',
  role: 'operate',
  summary: 'Replay an event in the next round.',
  body: { force: { type: 'flag', summary: 'Replays an applied event, too.' }, ...replayChoice },
  params: { id: 'Id of an event.' },
  statuses: {
    202: gives('The order is durable.', { eventId: text, status: ORDERED }),
    404: UNKNOWN_EVENT,
    409: refuses('The event is applied.'),
  },
  answer: ({ params: { id = '' }, body: { force, resetRetry, reason }, now }, { ledger }: EndpointView) => {
    const choice = { force, keepRetries: !resetRetry };
    const decision = desk.replay(ledger, id, choice, now);
    if (decision === undefined) return notFound(`no event has the id ${id}`);
    if (decision.is === 'refused') return conflict('the event is applied. Send "force": true to apply it again');
    return { ...ok({ eventId: id, status: 'ordered' }, 202), order: { verb: 'replay', ids: [id], reason, ...choice } };
  },
});

const REPLAYED = { attempted: count, replayed: count, dryRun: flag, eventIds: form.list(text) };

const replayMany = endpoint({
  method: 'POST',
  path: '/v1/admin/cert-events/replay',
  role: 'operate',
  summary: 'Replay events in the next round, oldest first: by default, all that failed.',
  body: {
    ...eventFilters,
    limit: { type: 'number', summary: 'Number of events.', least: 1, most: MOST_REPLAYED, usual: USUAL_REPLAYED },
    dryRun: { type: 'flag', summary: 'Orders nothing.' },
    ...replayChoice,
  },
  statuses: {
    200: gives('The events of a dry run, or none.', REPLAYED),
    202: gives('The order is durable.', REPLAYED),
  },
  answer: ({ body, now }, { ledger }: EndpointView) => {
    const { limit, dryRun, resetRetry, reason } = body;
    const keepRetries = !resetRetry;
    const found = desk.replayable(ledger, { ...selectionOf(body), limit });
    const ids = found.filter((id) => desk.replay(ledger, id, { force: false, keepRetries }, now)?.is === 'changed');
    const counts = { attempted: found.length, replayed: ids.length, dryRun, eventIds: ids };
    return dryRun || ids.length === 0
      ? ok(counts)
      : { ...ok(counts, 202), order: { verb: 'replay', ids, reason, keepRetries } };
  },
});

const incidents = endpoint({
  method: 'GET',
  path: '/v1/admin/cert-incidents',
  role: 'read',
  summary: 'List incidents, the most urgent first.',
  query: {
    status: { type: 'text', summary: 'Status of the incidents.', values: ['open', 'acknowledged', 'resolved'] },
    domain: { type: 'text', summary: 'Host or address of a Domain.' },
    limit: { type: 'number', summary: 'Number of incidents.', least: 1, most: MOST_INCIDENTS, usual: USUAL_EVENTS },
  },
  statuses: { 200: gives('The incidents.', { incidents: form.list(incidentForm), total: count }) },
  answer: ({ query: { status, domain, limit } }, { ledger }: EndpointView) => {
    const rows = desk.incidents(ledger, defined({ status, domain }));
    return ok({ incidents: rows.slice(0, limit).map(({ facts }) => facts), total: rows.length });
  },
});

function closing(verb: 'ack' | 'resolve', done: string, summary: string): Endpoint {
  return endpoint({
    method: 'POST',
    path: `/v1/admin/cert-incidents/:id/${verb}`,
    role: 'operate',
    summary,
    body: { reason: { type: 'text', summary: 'Reason, for the log.' } },
    params: { id: 'Id of an incident.' },
    statuses: {
      200: gives(`The incident is ${done} already.`, { incidentId: text, status: form.oneOf([done]) }),
      202: gives('The order is durable.', { incidentId: text, status: ORDERED }),
      404: UNKNOWN_INCIDENT,
      ...(verb === 'ack' ? { 409: refuses('The incident is resolved.') } : {}),
    },
    answer: ({ params: { id = '' }, body: { reason }, now }, { ledger }: EndpointView) => {
      const decision = verb === 'ack' ? desk.acknowledge(ledger, id, '', now) : desk.resolve(ledger, id, '', now);
      if (decision === undefined) return notFound(`no incident has the id ${id}`);
      if (decision.is === 'refused') return conflict(decision.message);
      if (decision.is === 'unchanged') return ok({ incidentId: id, status: done });
      return { ...ok({ incidentId: id, status: 'ordered' }, 202), order: { verb, ids: [id], reason } };
    },
  });
}

const sources = endpoint({
  method: 'GET',
  path: '/v1/admin/cert-sources',
  role: 'read',
  summary: 'List the sources of events, the last one seen first.',
  statuses: { 200: gives('The sources.', { sources: form.list(sourceForm) }) },
  answer: (_, { ledger }: EndpointView) => {
    const sorted = recentSources(tablesOf(ledger).sources.values());
    return ok({ sources: sorted.map((each) => ({ ...each })) });
  },
});

const regions = endpoint({
  method: 'GET',
  path: '/v1/admin/domains/cert-region-summary',
  role: 'read',
  summary: 'Count Domains by region and state, with the time of the last event of each region.',
  statuses: {
    200: gives('The regions, by name.', {
      regions: form.list(
        form.object({ region: text, total: count, statuses: form.byName(count), lastEventAt: form.orNull(form.time) }),
      ),
    }),
  },
  answer: (_, view: EndpointView) => ok({ regions: certificateRegions.summary(view).map((each) => ({ ...each })) }),
});

const MOST_DOMAINS = 2000;

const copyFilters = {
  domain: { type: 'text', summary: 'Host or name of a Domain.' },
  region: { type: 'text', summary: 'Region of the copy.' },
  after: { type: 'text', summary: 'Name of the Domain after which the list begins: `next` of the answer before.' },
  limit: { type: 'number', summary: 'Number of Domains.', least: 1, most: MOST_DOMAINS, usual: USUAL_EVENTS },
} as const satisfies Fields;

const COPIES = {
  region: form.orNull(text),
  maxLagSeconds: form.orNull(count),
  targets: form.list(
    form.object({
      domain: text,
      host: text,
      region: text,
      sourceRegion: text,
      state: form.oneOf(REGION_STATES),
      ageSeconds: form.orNull(count),
      known: form.orNull(open),
      knownState: form.oneOf(REGION_STATES),
      knownAgeSeconds: form.orNull(count),
    }),
  ),
};

interface CopyQuery {
  readonly domain?: string | undefined;
  readonly region?: string | undefined;
  readonly after?: string | undefined;
  readonly limit: number;
}

function secondsOf(ms: number | undefined): number | null {
  return ms === undefined ? null : Math.floor(ms / 1000);
}

/** The copies of a page of Domains, by name. Without regions, there are none. `known`: the state of the copy here. */
function copiesIn(
  { domain, region, after = '', limit }: CopyQuery,
  view: EndpointView,
  isShown: (copy: RegionCopy, known: RegionState) => boolean,
): EndpointAnswer {
  const { regions: standing } = view;
  if (standing === undefined) return ok({ region: null, maxLagSeconds: null, targets: [] });
  const host = domain === undefined ? undefined : hostKey(domain);
  const chosen = view.desired
    .filter(isDomain)
    .filter(({ ref, spec }) => domain === undefined || ref.name === domain || hostKey(spec.host) === host)
    .filter(({ ref }) => compareText(ref.name, after) > 0)
    .toSorted((a, b) => compareText(a.ref.name, b.ref.name));
  const page = chosen.slice(0, limit);
  const shown = certificateRegions
    .copies({ ...view, desired: page }, standing)
    .map((copy) => ({ ...copy, knownState: copyState(standing, copy.source, standing.own) }))
    .filter((copy) => (region === undefined || copy.region === region) && isShown(copy, copy.knownState));
  return ok(
    defined<Record<string, Json>>({
      region: standing.own,
      maxLagSeconds: Math.round(standing.maxLagMs / 1000),
      targets: shown.map(({ name, host: named, source, ageMs, state, known, knownState, ...copy }) => ({
        domain: name,
        host: named,
        region: copy.region,
        sourceRegion: source,
        state,
        ageSeconds: secondsOf(ageMs),
        known,
        knownState,
        knownAgeSeconds: secondsOf(copyAge(standing, source, standing.own)),
      })),
      next: chosen.length > page.length ? page.at(-1)?.ref.name : undefined,
    }),
  );
}

const replication = endpoint({
  method: 'GET',
  path: '/v1/domains/cert-replication',
  role: 'read',
  summary: 'List the copies of the certificate state of Domains, by region, with their ages.',
  query: { ...copyFilters, state: { type: 'text', summary: 'State of the copy.', values: REGION_STATES } },
  statuses: { 200: gives('The copies. Without regions, there are none.', COPIES, { next: text }) },
  answer: ({ query: { state, ...query } }, view: EndpointView) =>
    copiesIn(query, view, (copy) => state === undefined || copy.state === state),
});

const relayReplication = endpoint({
  method: 'GET',
  path: '/v1/relay/cert-replication',
  role: 'relay',
  summary:
    'List the same copies for a relay: without those that are stale, and without Domains whose copy here is stale.',
  query: { ...copyFilters, includeStale: { type: 'flag', summary: 'Lists stale copies, too.' } },
  statuses: { 200: gives('The copies. Without regions, there are none.', COPIES, { next: text }) },
  answer: ({ query: { includeStale, ...query } }, view: EndpointView) =>
    copiesIn(query, view, ({ state }, known) => includeStale || (state !== 'stale' && known !== 'stale')),
});

const domainEvents = endpoint({
  method: 'GET',
  path: '/v1/domains/custom/:id/cert-events',
  role: 'read',
  summary: 'List the events of one Domain, newest last.',
  query: {
    limit: { type: 'number', summary: 'Number of events.', least: 1, most: MOST_EVENTS, usual: USUAL_EVENTS },
  },
  params: DOMAIN_PARAMS,
  statuses: { 200: gives('The events.', { events: form.list(eventForm) }), 404: UNKNOWN_DOMAIN },
  answer: ({ params: { id = '' }, query: { limit } }, view: EndpointView) => {
    const domain = domainOf(view, id);
    if (domain === undefined) return notFound(`no Domain has the externalId or name ${id}`);
    const { host, externalId } = domain.spec;
    const rows = desk.events(view.ledger, {}).filter(({ facts }) => {
      const { event } = facts as { readonly event?: { readonly domain?: string; readonly domain_id?: string } };
      return event?.domain === host || (externalId !== undefined && event?.domain_id === externalId.toLowerCase());
    });
    return ok({ events: rows.slice(-limit).map(({ facts }) => facts) });
  },
});

/** An endpoint that would change the document of a Domain. `field`: the field that does it. */
function declared(
  method: 'POST' | 'PATCH',
  action: string,
  field: string,
  summary: string,
  body: Fields = {},
): Endpoint {
  return endpoint({
    method,
    path: `/v1/domains/custom/:id/${action}`,
    role: 'operate',
    summary,
    body,
    params: DOMAIN_PARAMS,
    statuses: {
      404: UNKNOWN_DOMAIN,
      409: refuses('The document decides: the answer names the document and the field.', {
        document: text,
        field: text,
      }),
    },
    answer: ({ params: { id = '' } }, view: EndpointView) => {
      const domain = domainOf(view, id);
      if (domain === undefined) return notFound(`no Domain has the externalId or name ${id}`);
      const address = formatRef(domain.ref);
      const answer = conflict(`the document of ${address} decides. Edit ${field} there`);
      return { ...answer, body: { ...answer.body, document: address, field } };
    },
  });
}

export const endpoints: readonly Endpoint[] = [
  events,
  replayMany,
  replayOne,
  incidents,
  closing('ack', 'acknowledged', 'Acknowledge an incident in the next round.'),
  closing('resolve', 'resolved', 'Resolve an incident in the next round.'),
  sources,
  regions,
  replication,
  relayReplication,
  domainEvents,
  declared(
    'PATCH',
    'failure-policy',
    '/spec/failurePolicy',
    'Name the field that sets the failure policy of a Domain.',
    { policy: { type: 'text', summary: 'Wanted policy.' } },
  ),
  declared('POST', 'verify', '/spec/verified', 'Name the field that verifies the host of a Domain.'),
  declared('POST', 'route', '/spec/route', 'Name the field that routes a Domain.'),
  declared('POST', 'unroute', '/spec/route', 'Name the field that ends the route of a Domain.'),
];
