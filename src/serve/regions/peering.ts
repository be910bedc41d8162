/**
 * The pulls of one peer for one project: what is new becomes entries of the inbox, which a round folds under the lock.
 *
 * The sequence number moves only after its records are durable in the inbox. An event counts as handed over once the log of this
 * region has it: the next pull says so, and only then does the peer let go of it. What is lost on the way is pulled again.
 */

import { createHash } from 'node:crypto';
import { type Instant, type Json, type PluginRegions } from '#plugin';
import type { Deposited } from '../deposits.ts';
import { MOST_HELD, type PullPage } from './page.ts';
import { PullError, type Pull, pullProblem } from './pull.ts';
import type { Peer, RegionSettings } from './settings.ts';

/** Pages of one cycle: a peer that always has more does not fill the inbox. */
const MOST_PAGES = 8;
/** Time after which an event that the log does not have is asked for again, in ms: its Domain may belong to another region here. */
const RETRY_MS = 5 * 60_000;
/** Longest time between two records of the time of a pull, in ms. */
const MARK_MS = 5 * 60_000;
/** Events of a peer that are in the inbox and not in the log. Further ones wait at the peer: the rounds have other events, too. */
export const MOST_OPEN = 500;
/** Cycles in a row with more records, after which a pull has failed: 400,000 records. */
export const MOST_CYCLES = 100;
/** Records whose last value is known. */
const MOST_KNOWN = 100_000;

export interface PeeringOptions {
  readonly peer: Peer;
  readonly regions: RegionSettings;
  readonly plugins: ReadonlyMap<string, PluginRegions>;
  readonly pull: Pull;
  /** Makes entries of a plugin durable in the inbox. */
  readonly deposit: (plugin: string, entries: readonly Json[], isUrgent: boolean) => Promise<Deposited>;
  /** Those of the events, as `PLUGIN/ID`, that the log of this region has. */
  readonly held: (events: readonly string[]) => Promise<readonly string[]>;
  readonly now: () => Instant;
  readonly elapsed: () => number;
  readonly ended: (result: 'ok' | 'failed') => void;
  readonly say: (line: string) => void;
}

interface Taken {
  readonly entries: ReadonlyMap<string, Json[]>;
  readonly events: readonly string[];
  readonly known: ReadonlyMap<string, string>;
  /** True if events were left out, because too many others are not in the log. */
  readonly isFull: boolean;
}

function digestOf(entry: Json): string {
  return createHash('sha256').update(JSON.stringify(entry)).digest('base64url');
}

export class Peering {
  readonly #options: PeeringOptions;
  readonly #stop = new AbortController();
  /** Events that are in the inbox, with the time of their deposit; until the peer knows that the log has them. */
  readonly #taken = new Map<string, number>();
  /** Digests of the last values of records. */
  readonly #known = new Map<string, string>();
  #epoch = '';
  #restarts = 0;
  /** Cycles in a row that ended with more records. */
  #unfinished = 0;
  /** True if the peer has events that were left out. */
  #isFull = false;
  #seq = 0;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  /** Of the last complete pull, by the monotonic clock. */
  #pulledAt: number | undefined;
  #markedAt: number | undefined;
  /** Time of the last recorded pull. */
  #recordedAt: Instant | undefined;
  #reported: { readonly at: number; readonly ages: PullPage['ages'] } | undefined;
  #problem: string | undefined;

  constructor(options: PeeringOptions) {
    this.#options = options;
  }

  get region(): string {
    return this.#options.peer.name;
  }

  /** Begins to pull. `recordedAt`: time of the last pull by the log. */
  start(recordedAt: Instant | undefined): void {
    if (this.#timer !== undefined || this.#running !== undefined) return;
    this.#recordedAt = recordedAt;
    this.#schedule(0);
  }

  /** Asks for every record again, because other documents may accept other ones. */
  restart(): void {
    this.#restarts += 1;
    this.#seq = 0;
    this.#known.clear();
    this.#taken.clear();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    clearTimeout(this.#timer);
    await this.#running;
  }

  /** Time since the last complete pull, in ms, also of an earlier daemon; undefined if there was none. */
  age(): number | undefined {
    const { now, elapsed } = this.#options;
    if (this.#pulledAt !== undefined) return Math.round(elapsed() - this.#pulledAt);
    return this.#recordedAt === undefined ? undefined : Math.max(0, now() - this.#recordedAt);
  }

  /** The ages that the peer reported, as they are now. */
  reported(): Readonly<Record<string, number>> {
    if (this.#reported === undefined) return {};
    const { at, ages } = this.#reported;
    const since = Math.round(this.#options.elapsed() - at);
    return Object.fromEntries(Object.entries(ages).map(([region, age]) => [region, age + since]));
  }

  #schedule(ms: number): void {
    if (this.#stop.signal.aborted) return;
    this.#timer = setTimeout(() => {
      this.#running = this.#cycle().finally(() => {
        this.#running = undefined;
        this.#schedule(this.#options.regions.pullMs);
      });
    }, ms);
  }

  async #cycle(): Promise<void> {
    const { ended, say, peer } = this.#options;
    try {
      let more = true;
      for (let pages = 0; pages < MOST_PAGES && more; pages += 1) more = await this.#page();
      this.#unfinished = more ? this.#unfinished + 1 : 0;
      if (this.#unfinished >= MOST_CYCLES) throw new PullError('its records do not end');
      ended('ok');
      if (this.#problem !== undefined) say(`the region ${peer.name} is pulled again`);
      this.#problem = undefined;
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      ended('failed');
      const problem = pullProblem(error);
      if (problem !== this.#problem) say(`error: the region ${peer.name} cannot be pulled: ${problem}`);
      this.#problem = problem;
    }
  }

  /** Pulls one page. True if there are more. */
  async #page(): Promise<boolean> {
    const { peer, pull, regions, elapsed } = this.#options;
    const restarts = this.#restarts;
    this.#forget();
    const held = await this.#options.held([...this.#taken.keys()].slice(0, MOST_HELD));
    const page = await pull(
      peer,
      { epoch: this.#epoch, seq: this.#seq, held, regions: regions.names },
      this.#stop.signal,
    );
    for (const event of held) this.#taken.delete(event);
    const taken = this.#records(page);
    if (taken.isFull) this.#isFull = true;
    await this.#deposit(page, taken);
    // Other documents count since then: the next page is the first one again.
    if (restarts !== this.#restarts) return true;
    for (const event of taken.events) this.#taken.set(event, elapsed());
    for (const [key, digest] of taken.known) this.#known.set(key, digest);
    if (this.#known.size > MOST_KNOWN) this.#known.clear();
    [this.#epoch, this.#seq] = [page.epoch, page.seq];
    if (page.more) return true;
    this.#pulledAt = elapsed();
    this.#reported = { at: elapsed(), ages: page.ages };
    return false;
  }

  /** Asks again for the events that the log does not have after some time, and for those that were left out once there is room. */
  #forget(): void {
    const { elapsed } = this.#options;
    for (const [event, at] of this.#taken)
      if (elapsed() - at > RETRY_MS) {
        this.#taken.delete(event);
        this.#seq = 0;
      }
    if (!this.#isFull || this.#taken.size > MOST_OPEN / 2) return;
    this.#isFull = false;
    this.#seq = 0;
  }

  #records({ records }: PullPage): Taken {
    const { plugins, peer, now } = this.#options;
    const entries = new Map<string, Json[]>();
    const events: string[] = [];
    const known = new Map<string, string>();
    let isFull = false;
    for (const { plugin, value } of records) {
      const accepted = plugins.get(plugin)?.accept(value, peer.name, now());
      // A newer version of the program may send more.
      if (accepted === undefined) continue;
      const key = `${plugin}/${accepted.key}`;
      if (accepted.isEvent) {
        if (this.#taken.has(key)) continue;
        if (this.#taken.size + events.length >= MOST_OPEN) {
          isFull = true;
          continue;
        }
        events.push(key);
      } else {
        const digest = digestOf(accepted.entry);
        if ((known.get(key) ?? this.#known.get(key)) === digest) continue;
        known.set(key, digest);
      }
      entries.set(plugin, [...(entries.get(plugin) ?? []), accepted.entry]);
    }
    return { entries, events, known, isFull };
  }

  async #deposit({ more }: PullPage, { entries, events }: Taken): Promise<void> {
    const { plugins, peer, regions, deposit, now, elapsed } = this.#options;
    const lastMark = this.#markedAt ?? Number.NEGATIVE_INFINITY;
    const isMarked = !more && elapsed() - lastMark >= Math.min(MARK_MS, regions.maxLagMs / 3);
    for (const [name, plugin] of plugins) {
      const own = entries.get(name) ?? [];
      const all = isMarked ? [...own, plugin.pulled(peer.name, now())] : own;
      if (all.length === 0) continue;
      const deposited = await deposit(name, all, events.length > 0);
      if (deposited !== 'deposited') throw new PullError(`its records could not be written (${deposited})`);
    }
    if (isMarked) this.#markedAt = elapsed();
  }
}
