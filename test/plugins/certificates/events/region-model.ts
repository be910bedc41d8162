/** Regions over logs in memory: rounds fold their inboxes, and pulls carry records between them, whole or cut off. */

import { type Desired, type Json, type Ledger, type LedgerChange, type Memory, type Regions } from '#plugin';
import { certificateEvents } from '../../../../plugins/certificates/events/plugin-events.ts';
import { certificateRegions } from '../../../../plugins/certificates/events/regions.ts';
import { TABLES, tablesOf } from '../../../../plugins/certificates/events/tables.ts';
import type { DomainSpec } from '../../../../plugins/certificates/generated.ts';
import { Feed } from '../../../../src/serve/regions/feed.ts';
import { pullPageIn } from '../../../../src/serve/regions/page.ts';
import { NOW } from '../support.ts';
import { ENVIRONMENT, signedRequest } from './requests.ts';
import { domain } from './rounds.ts';

export const NAMES = ['us', 'eu', 'ap'] as const;
export type Name = (typeof NAMES)[number];

/** Where a pull ends: before the request arrives, after the sender has answered, or never. */
export type Loss = 'request' | 'answer' | 'none';

export function regionsOf(own: string, names: readonly string[] = NAMES): Regions {
  return { own, names, maxLagMs: 900_000 };
}

/** The entry of an accepted event, as the intake deposits it. */
export function entryOf(id: string, more: Readonly<Record<string, Json>> = {}): Json {
  const body = { domain: 'www.example.test', eventType: 'renewal_failed', sourceEventId: id, ...more };
  const { entry } = certificateEvents.open(ENVIRONMENT).judge({ ...signedRequest(body), targets: new Set() });
  if (entry === undefined) throw new Error('the event is refused');
  return JSON.parse(JSON.stringify(entry)) as Json;
}

export function routedDomain(region: string | undefined, name = 'www'): Desired<DomainSpec> {
  return domain(name, region === undefined ? {} : { route: { target: '127.0.0.1', region } });
}

export class ModelRegion {
  readonly name: string;
  readonly #regions: Regions;
  readonly #events = certificateEvents.open(ENVIRONMENT);
  readonly #tables = new Map<string, Map<string, Json>>();
  #inbox: Json[] = [];
  #desired: readonly Desired[];
  #feed: Feed;
  #starts = 0;
  readonly #positions = new Map<string, { epoch: string; seq: number }>();
  readonly #taken = new Map<string, Set<string>>();
  /** Times that each event was applied, by the id of its source. */
  readonly applied = new Map<string, number>();
  memory: readonly Memory[] = [];

  constructor(name: string, desired: readonly Desired[], names: readonly string[] = NAMES) {
    this.name = name;
    this.#regions = regionsOf(name, names);
    this.#desired = desired;
    this.#feed = new Feed(`${name}-0`);
  }

  get ledger(): Ledger {
    return this.#tables;
  }

  /** The events as `id status region`. */
  get statuses(): readonly string[] {
    return [...tablesOf(this.ledger).events.values()]
      .map(({ event, status, region }) => [event.source_event_id, status, region].filter(Boolean).join(' '))
      .toSorted();
  }

  /** The places of the events in their queue, as a person sees them. */
  get progress(): readonly string[] {
    return certificateEvents.desk?.events(this.ledger, {}).map(({ cells }) => cells.at(-1) ?? '') ?? [];
  }

  take(...entries: readonly Json[]): void {
    this.#inbox.push(...entries);
  }

  /** Reads other documents: every record is asked for again. */
  declare(desired: readonly Desired[]): void {
    this.#desired = desired;
    this.#forget();
  }

  /** Ends the processes of the daemon, and starts them again. */
  restart(): void {
    this.#starts += 1;
    this.#feed = new Feed(`${this.name}-${this.#starts}`);
    this.#forget();
  }

  /** Replays an event, as a person does it; with `force`, an applied one too. */
  replay(source: string, force = false): void {
    const [id = ''] = [...tablesOf(this.ledger).events].flatMap(([key, { event }]) =>
      event.source_event_id === source ? [key] : [],
    );
    const decision = certificateEvents.desk?.replay(this.ledger, id, { force, keepRetries: false }, NOW);
    if (decision?.is !== 'changed') throw new Error('the event is not replayed');
    this.#tables.get(TABLES.events)?.set(id, decision.change.value ?? null);
  }

  round(now = NOW): readonly LedgerChange[] {
    const [arrivals, before] = [this.#inbox, tablesOf(this.ledger).events];
    this.#inbox = [];
    const { changes } = this.#events.fold({
      ledger: this.ledger,
      arrivals,
      desired: this.#desired,
      memory: this.memory,
      regions: this.#regions,
      now,
    });
    const known = new Map(before);
    for (const { table, key, value } of changes) {
      const entries = this.#tables.get(table) ?? new Map<string, Json>();
      if (value === undefined) entries.delete(key);
      else entries.set(key, JSON.parse(JSON.stringify(value)) as Json);
      this.#tables.set(table, entries);
      if (table !== TABLES.events) continue;
      const entry = tablesOf(this.ledger).events.get(key);
      const id = entry?.event.source_event_id ?? '';
      if (entry?.status === 'applied' && known.get(key)?.status !== 'applied')
        this.applied.set(id, (this.applied.get(id) ?? 0) + 1);
    }
    return changes;
  }

  /** Pulls another region, as a daemon does it. */
  pull(from: ModelRegion, loss: Loss = 'none'): void {
    const taken = this.#taken.get(from.name) ?? new Set<string>();
    this.#taken.set(from.name, taken);
    const held = certificateRegions.held(this.ledger, [...taken]);
    if (loss === 'request') return;
    const text = from.answer(this.name, this.#positions.get(from.name) ?? { epoch: '', seq: 0 }, held);
    if (loss === 'answer') return;
    for (const id of held) taken.delete(id);
    const page = pullPageIn(text);
    if (page === undefined) throw new Error(`not a page: ${text}`);
    for (const { value } of page.records) {
      const accepted = certificateRegions.accept(value, from.name, NOW);
      if (accepted === undefined || taken.has(accepted.key)) continue;
      this.take(accepted.entry);
      if (accepted.isEvent) taken.add(accepted.key);
    }
    this.#positions.set(from.name, page);
  }

  answer(region: string, since: { readonly epoch: string; readonly seq: number }, held: readonly string[]): string {
    const view = { ledger: this.ledger, desired: this.#desired, memory: this.memory };
    const handed = certificateRegions.awaited(this.ledger, region, held);
    if (handed.length > 0) this.take(JSON.parse(JSON.stringify(certificateRegions.handed(region, handed))) as Json);
    this.#feed.update(
      certificateRegions.records(view, this.#regions).map((each) => ({ plugin: 'certificates', ...each })),
    );
    return this.#feed.page(this.name, region, since, {});
  }

  #forget(): void {
    this.#positions.clear();
    this.#taken.clear();
  }
}

/** Rounds and pulls of all regions, until nothing is on its way. */
export function settle(regions: readonly ModelRegion[]): void {
  for (let i = 0; i < 8; i += 1) {
    for (const each of regions) each.round();
    for (const to of regions) for (const from of regions) if (to !== from) to.pull(from);
  }
}
