/** Certificate events as the daemon takes them in: the endpoint, the entries of the inbox, and the fold of a round. */

import {
  type EventAnswer,
  type EventFold,
  type EventRequest,
  type Folded,
  formatRef,
  isRecord,
  type Json,
  type Memory,
  type OpenEvents,
  type PluginEvents,
} from '#plugin';
import type { DomainMemory } from '../generated.ts';
import { desk } from './desk.ts';
import { isDomain } from './domains.ts';
import { type CertificateEvent, identityKey, isEvent } from './event.ts';
import { eventRound } from './fold.ts';
import { requestForm } from './forms.ts';
import { answerOf, BODY_LIMIT, judgeRequest, REFUSALS } from './intake.ts';
import type { EventDomain } from './outcome.ts';
import { nextDueAt } from './queue.ts';
import { type EventSettings, eventSettings, SECRET_VARIABLES } from './settings.ts';
import { certificateRegions, regionChangeOf, type RegionChange, regionChanges } from './regions.ts';
import { acceptedEffect, isEffect, type SourceEffect, sourcesAfter } from './sources.ts';
import { ledgerChanges, TABLES, tablesOf } from './tables.ts';
import { WORDS } from './words.ts';

/** An entry of the inbox: an accepted event, or refused requests of a source that has a key. */
type Entry = { readonly event: CertificateEvent } | { readonly effect: SourceEffect };

/** Entries by what they are about. */
interface Entries {
  readonly own: readonly Entry[];
  readonly regions: readonly RegionChange[];
}

function asJson(entry: Entry): Json {
  // Both have only members of JSON.
  return entry as unknown as Json;
}

/** The entries as they were deposited, without those of another form. */
function entriesOf(values: readonly Json[]): Entries {
  const own: Entry[] = [];
  const regions: RegionChange[] = [];
  for (const value of values) {
    if (!isRecord(value)) continue;
    const { event, effect, from } = value;
    const region = regionChangeOf(value);
    if (region !== undefined) regions.push(region);
    // An event that another region took in is not one of a source here.
    else if (from !== undefined) continue;
    else if (isEvent(event)) own.push({ event });
    else if (isEffect(effect)) own.push({ effect });
  }
  return { own, regions };
}

/** The declared Domains with their state. */
function domainsOf({ desired, memory }: Pick<EventFold, 'desired' | 'memory'>): readonly EventDomain[] {
  const byAddress = new Map(memory.map((each) => [formatRef(each.ref), each as Memory<DomainMemory>]));
  return desired.filter(isDomain).map(({ ref, spec }) => ({ ref, spec, memory: byAddress.get(formatRef(ref)) }));
}

/** The changes of one round. Entries of another form are of another version of the program, and have no effect. */
export function foldEvents({ ledger, arrivals, now, ...known }: EventFold, settings: EventSettings): Folded {
  const { own: entries, regions: arrived } = entriesOf(arrivals);
  const events = entries.flatMap((entry) => ('event' in entry ? [entry.event] : []));
  const effects = entries.map((entry) => ('event' in entry ? acceptedEffect(entry.event) : entry.effect));
  const { sources, ...tables } = tablesOf(ledger);
  const { desired, regions } = known;
  const shared = {
    regions,
    handedOver: arrived.flatMap((each) => ('event' in each ? [each.event] : [])),
    held: arrived.flatMap((each) => ('handed' in each ? [each.handed] : [])),
  };
  const result = eventRound({ tables, arrivals: events, domains: domainsOf(known), settings, now, ...shared });
  const after = new Map(tables.events);
  for (const [key, entry] of result.events) {
    if (entry === null) after.delete(key);
    else after.set(key, entry);
  }
  const nextAt = nextDueAt(after);
  return {
    changes: [
      ...ledgerChanges(result, sourcesAfter(sources, effects)),
      ...regionChanges(ledger, arrived, desired, regions),
    ],
    notes: result.notes,
    more: result.more,
    ...(nextAt === undefined ? {} : { nextAt }),
  };
}

/** Counts of refused requests by source: their number is limited by the number of keys. */
class Notices {
  readonly #effects = new Map<string, SourceEffect>();

  add(effect: SourceEffect): void {
    const key = identityKey(effect);
    const { times = 0 } = this.#effects.get(key) ?? {};
    this.#effects.set(key, { ...effect, times: times + 1 });
  }

  take(): readonly Json[] {
    const entries = [...this.#effects.values()].map((effect) => asJson({ effect }));
    this.#effects.clear();
    return entries;
  }
}

function judged({ targets, ...request }: EventRequest, settings: EventSettings, notices: Notices): EventAnswer {
  const verdict = judgeRequest({ ...request, domainIds: targets }, settings.intake);
  if (verdict.accepted) {
    const { status, event } = verdict;
    return { status, body: answerOf(event), result: 'accepted', entry: asJson({ event }) };
  }
  const { status, reason, problem, effect } = verdict;
  if (effect !== undefined) notices.add(effect);
  return { status, body: { ok: false, error: reason, message: problem }, result: reason };
}

function open(env: Readonly<Record<string, string | undefined>>, tokens: readonly string[] = []): OpenEvents {
  const settings = eventSettings(env, tokens);
  const notices = new Notices();
  return {
    warnings: settings.warnings,
    secrets: [...settings.intake.keys.values()].flatMap(({ secrets }) => secrets),
    judge: (request) => judged(request, settings, notices),
    takeNotices: () => notices.take(),
    fold: (round) => foldEvents(round, settings),
  };
}

export const certificateEvents: PluginEvents = {
  paths: ['/v1/domains/cert-events', '/v1/certificates/events'],
  bodyLimit: BODY_LIMIT,
  form: requestForm,
  tables: Object.values(TABLES),
  words: WORDS,
  results: ['accepted', ...REFUSALS],
  secretVariables: SECRET_VARIABLES,
  targets: (desired) => desired.filter(isDomain).flatMap(({ spec }) => spec.externalId?.toLowerCase() ?? []),
  open,
  desk,
  regions: certificateRegions,
};
