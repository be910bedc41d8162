/**
 * Events in a round of `fettle serve`, under the lock and before the refresh: entries of the inbox are folded by their
 * plugins into the ledger and into notes about resources.
 *
 * A batch of entries and everything that follows from it are one append: a process that is killed has recorded all of it
 * or nothing, so no entry is lost and none counts twice. An entry that cannot be read or folded is reported and drained,
 * so that it does not block the others.
 */

import { expand } from '../engine/expand.ts';
import type { Recall } from '../engine/remember.ts';
import { noteDrafts } from '../engine/state-notes.ts';
import { type DeskOrder, inboxEntryOf, type Order } from '../formats/inbox-entry.ts';
import type { Draft } from '../formats/log-record.ts';
import {
  counted,
  type Desired,
  errorText,
  type Folded,
  formatRef,
  type Instant,
  instantText,
  type Json,
  keeping,
  type Ledger,
  type LedgerChange,
  type OpenEvents,
  type Plugin,
  type PluginEvents,
  type Regions,
  secretsOf,
  type StateNote,
  valueRedactor,
} from '#plugin';
import type { Store, Undrained } from '../store/store.ts';
import { closing, decisionDrafts, decisionOf, desksOf, replaying } from './desk.ts';
import type { Listener } from './events.ts';
import { ledgerDrafts } from './ledger-drafts.ts';
import type { Recorder } from './lock.ts';
import type { Project } from './project.ts';
import { settingsFor } from './worlds.ts';

/** Entries of one append. */
const MOST_AT_ONCE = 200;

/** Size of the records of one append, in bytes. The store's own limit for a group is higher. */
const MOST_BYTES = 8 * 1024 * 1024;

/** Folds of one round, and the time after which a round begins no other one, in ms. The rest is for the next round. */
const MOST_FOLDS = 100;
const MOST_MS = 20_000;

export interface Draining {
  readonly project: Project;
  readonly store: Store;
  readonly plugins: ReadonlyMap<string, Plugin>;
  readonly recall: Recall;
  readonly record: Recorder['record'];
  readonly run: string;
  readonly stop: AbortSignal;
  /** Fires when another process begins to wait for the lock: after one batch, the rest is for the next round. */
  readonly wanted?: AbortSignal | undefined;
  readonly regions?: Regions | undefined;
  /** The changes by the outcomes of deliveries, oldest first. */
  readonly settled: (ledger: Ledger, outcomes: readonly Json[]) => readonly LedgerChange[];
}

export interface Drained {
  /** Time of the next fold that is due without further arrivals. */
  readonly nextAt?: Instant | undefined;
  /** True if a caller ordered a refresh of every resource. */
  readonly refreshesAll: boolean;
}

/** A plugin with its events, as the environment sets them. */
interface Source {
  readonly plugin: Plugin;
  readonly events: PluginEvents;
  readonly open: OpenEvents;
}

/** Thrown if the records of a batch are too large for one append. */
class TooLargeError extends Error {}

/** Entries of the inbox by their destination. */
interface Batch {
  readonly arrivals: ReadonlyMap<string, readonly Json[]>;
  readonly outcomes: readonly Json[];
  /** Every order sees the ledger after the one before it, so a batch has one, and nothing else. */
  readonly order?: Order;
  readonly problems: readonly string[];
}

function isOrder(each: Undrained): boolean {
  const entry = 'damage' in each ? undefined : inboxEntryOf(each.entry);
  return entry !== undefined && 'order' in entry;
}

/** The first entries that one batch may have. */
function firstOf(waiting: readonly Undrained[]): readonly Undrained[] {
  const at = waiting.findIndex(isOrder);
  return at < 0 ? waiting : waiting.slice(0, Math.max(at, 1));
}

function batchOf(waiting: readonly Undrained[]): Batch {
  const arrivals = new Map<string, Json[]>();
  const outcomes: Json[] = [];
  const problems: string[] = [];
  let order: Order | undefined;
  for (const each of waiting) {
    if ('damage' in each) {
      problems.push(`an entry of the inbox is damaged and is not used: ${each.damage}`);
      continue;
    }
    const entry = inboxEntryOf(each.entry);
    if (entry === undefined)
      problems.push(`the entry of the inbox of ${instantText(each.at)} has an unknown form and is not used`);
    else if ('delivery' in entry) outcomes.push(entry.delivery);
    else if ('order' in entry) ({ order } = entry);
    else arrivals.set(entry.plugin, [...(arrivals.get(entry.plugin) ?? []), entry.entry]);
  }
  return { arrivals, outcomes, problems, ...(order === undefined ? {} : { order }) };
}

class Drain {
  readonly #draining: Draining;
  readonly #say: Listener;
  readonly #sources = new Map<string, Source | undefined>();
  readonly #next = new Map<string, Instant | undefined>();
  readonly #from: number;
  #desired: readonly Desired[] | undefined;
  #folds = 0;
  #refreshesAll = false;

  constructor(draining: Draining, say: Listener) {
    this.#draining = draining;
    this.#say = say;
    this.#from = draining.project.host.elapsed();
  }

  async run(): Promise<Drained> {
    const { plugins, recall } = this.#draining;
    // Without entries in the ledger, nothing can be due.
    for (const name of recall.ledger.size === 0 ? [] : plugins.keys())
      if (!(await this.#foldDue(name))) return this.#later();
    if (!(await this.#takeArrivals())) return this.#later();
    const times = [...this.#next.values()].filter((at) => at !== undefined);
    return { nextAt: times.length === 0 ? undefined : Math.min(...times), refreshesAll: this.#refreshesAll };
  }

  /** The rest is due in the next round. */
  #later(): Drained {
    return { nextAt: this.#draining.project.host.now(), refreshesAll: this.#refreshesAll };
  }

  /** `batches`: those that the caller has recorded. One is, also while another process waits for the lock. */
  #mayContinue(batches: number): boolean {
    const { stop, wanted, project } = this.#draining;
    if (wanted?.aborted === true && batches > 0) return false;
    return !stop.aborted && this.#folds < MOST_FOLDS && project.host.elapsed() - this.#from < MOST_MS;
  }

  #report(message: string): void {
    this.#say({ type: 'events-problem', message });
  }

  async #source(name: string): Promise<Source | undefined> {
    if (this.#sources.has(name)) return this.#sources.get(name);
    const { plugins, project } = this.#draining;
    const plugin = plugins.get(name) ?? (await project.host.plugins.get(name)?.());
    const events = await plugin?.events?.();
    const source =
      plugin === undefined || events === undefined
        ? undefined
        : { plugin, events, open: events.open(project.host.env) };
    this.#sources.set(name, source);
    return source;
  }

  async #declared(): Promise<readonly Desired[]> {
    const { project, plugins, recall } = this.#draining;
    const settings = await settingsFor(plugins, project);
    this.#desired ??= expand(project.documents, plugins, recall, settings);
    return this.#desired;
  }

  /** Folds what is due without arrivals. False if more is due in the next round. */
  async #foldDue(name: string): Promise<boolean> {
    const source = await this.#source(name);
    if (source === undefined) return true;
    for (let batches = 0; ; batches += 1) {
      if (!this.#mayContinue(batches)) return false;
      try {
        const { drafts, more } = await this.#folded(name, source, []);
        await this.#draining.record(drafts);
        if (!more) return true;
      } catch (error) {
        if (!(error instanceof FoldError)) throw error;
        this.#report(`the events of ${name} stay in the inbox: ${error.message}`);
        return false;
      }
    }
  }

  /** Drains the inbox. False if entries are left. */
  async #takeArrivals(): Promise<boolean> {
    const { store, record } = this.#draining;
    for (let limit = MOST_AT_ONCE, batches = 0; ; ) {
      const waiting = firstOf(await store.undrained(limit));
      if (waiting.length === 0) return true;
      if (!this.#mayContinue(batches)) return false;
      const places = waiting.map(({ place }) => place);
      try {
        const { drafts, problems, more } = await this.#batch(batchOf(waiting), limit);
        await record(drafts, places);
        batches += 1;
        problems.forEach((problem) => this.#report(problem));
        limit = MOST_AT_ONCE;
        for (const name of more) if (!(await this.#foldDue(name))) return false;
      } catch (error) {
        if (!(error instanceof FoldError || error instanceof TooLargeError)) throw error;
        if (limit > 1) {
          // Finds the entry that cannot be folded.
          limit = Math.ceil(Math.min(limit, waiting.length) / 4);
          continue;
        }
        await record([], places);
        this.#report(`an entry of the inbox is not used: ${error.message}`);
        limit = MOST_AT_ONCE;
      }
    }
  }

  async #batch(
    { arrivals, outcomes, order, problems }: Batch,
    limit: number,
  ): Promise<{
    readonly drafts: readonly Draft[];
    readonly problems: readonly string[];
    readonly more: readonly string[];
  }> {
    const { recall, run, settled } = this.#draining;
    const changes = settled(recall.ledger, outcomes);
    const drafts = [
      ...ledgerDrafts(changes, {
        run,
        tables: [...new Set(changes.map(({ table }) => table))],
        redact: (text) => text,
      }),
    ];
    const found = [...problems];
    if (order?.verb === 'refresh') {
      this.#refreshesAll = true;
      drafts.push({ kind: 'order', body: { run, verb: order.verb, by: order.by } });
    } else if (order !== undefined) drafts.push(...(await this.#decided(order, found)));
    const more: string[] = [];
    for (const [name, own] of arrivals) {
      const source = await this.#source(name);
      if (source === undefined) {
        const is = own.length === 1 ? 'is' : 'are';
        found.push(
          `${counted(own.length, 'entry', 'entries')} of the inbox ${is} for the plugin ${name}, which takes no events`,
        );
        continue;
      }
      const folded = await this.#folded(name, source, own);
      drafts.push(...folded.drafts);
      if (folded.more) more.push(name);
    }
    if (limit > 1 && Buffer.byteLength(JSON.stringify(drafts)) > MOST_BYTES) throw new TooLargeError();
    return { drafts, problems: found, more };
  }

  /** The records of an order. An id that is unknown or refused is reported, and does not hold up the others. */
  async #decided(
    { verb, ids, by, reason, force = false, keep_retries: keepRetries = false }: DeskOrder,
    problems: string[],
  ): Promise<readonly Draft[]> {
    const {
      project: { host },
      recall,
      run,
    } = this.#draining;
    const desks = await desksOf(host.plugins);
    const now = host.now();
    const choice =
      verb === 'replay'
        ? { noun: 'event' as const, decide: replaying({ force, keepRetries }, now) }
        : { noun: 'incident' as const, decide: closing(verb, by, now) };
    const decisions = [...new Set(ids)].flatMap((id) => {
      try {
        return [decisionOf(desks, recall.ledger, id, choice)];
      } catch (error) {
        problems.push(`${verb} by ${by} has no effect: ${errorText(error)}`);
        return [];
      }
    });
    return decisionDrafts(decisions, { run, redact: valueRedactor(secretsOf(host.env)), why: [`by ${by}`, reason] });
  }

  /** The records of one fold. Throws FoldError if the plugin fails. */
  async #folded(
    name: string,
    { plugin, events, open }: Source,
    arrivals: readonly Json[],
  ): Promise<{ readonly drafts: readonly Draft[]; readonly more: boolean }> {
    const { project, recall, run, regions } = this.#draining;
    this.#folds += 1;
    const isOwn = ({ ref }: { readonly ref: { readonly plugin: string } }): boolean => ref.plugin === name;
    const desired = (await this.#declared()).filter(isOwn);
    const redact = valueRedactor([...secretsOf(project.host.env), ...open.secrets]);
    let folded: Folded;
    let drafts: readonly Draft[];
    try {
      folded = open.fold({
        ledger: new Map([...recall.ledger].filter(([table]) => events.tables.includes(table))),
        arrivals,
        desired,
        memory: [...recall.resources.values()].filter(isOwn),
        now: project.host.now(),
        regions,
      });
      drafts = ledgerDrafts(folded.changes, { run, tables: events.tables, redact: keeping(events.words, redact) });
    } catch (error) {
      throw new FoldError(`the plugin ${name} failed: ${redact(errorText(error))}`);
    }
    this.#next.set(name, folded.nextAt);
    return { drafts: [...(await this.#noted(plugin, folded.notes, desired)), ...drafts], more: folded.more };
  }

  /** The records of notes. A note about a resource whose state cannot change now is left out, and reported. */
  async #noted(plugin: Plugin, notes: readonly StateNote[], desired: readonly Desired[]): Promise<readonly Draft[]> {
    if (notes.length === 0) return [];
    const { recall, run } = this.#draining;
    const byAddress = new Map(desired.map((each) => [formatRef(each.ref), each]));
    const noting = { plugin, validators: await plugin.validators(), desired: byAddress, recall, run };
    try {
      return noteDrafts(notes, noting);
    } catch {
      return notes.flatMap((note) => {
        try {
          return noteDrafts([note], noting);
        } catch (error) {
          this.#report(`an event has no effect on ${formatRef(note.ref)}: ${errorText(error)}`);
          return [];
        }
      });
    }
  }
}

/** Thrown if a plugin cannot fold its events. */
class FoldError extends Error {}

/** Folds what is due, and drains the inbox. */
export function drainEvents(draining: Draining, say: Listener): Promise<Drained> {
  return new Drain(draining, say).run();
}
