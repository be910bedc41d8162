/** The regions of one project in the daemon: the pulls of its peers, the answers to theirs, and the ages of all copies. */

import { type Instant, type Json, type PluginEvents, type PluginRegions, type RegionStanding } from '#plugin';
import { copyCounts } from '#plugin/regions';
import type { Answer, Question } from '../answers/question.ts';
import { refusal } from '../answers/question.ts';
import type { Deposited } from '../deposits.ts';
import type { RoundReport } from '../../formats/round.ts';
import { pullRequestIn } from './page.ts';
import { Peering } from './peering.ts';
import { OTHER_REGIONS, type Pull } from './pull.ts';
import type { RegionSettings } from './settings.ts';

export interface ReplicationOptions {
  readonly regions: RegionSettings;
  readonly events: ReadonlyMap<string, PluginEvents>;
  readonly pull: Pull;
  readonly deposit: (plugin: string, entries: readonly Json[], isUrgent: boolean) => Promise<Deposited>;
  /** Asks the process that reads. */
  readonly ask: (question: Question) => Promise<Answer>;
  readonly now: () => Instant;
  readonly elapsed: () => number;
  readonly ended: (region: string, result: 'ok' | 'failed') => void;
  readonly say: (line: string) => void;
}

/** The ages and the counts of the copies, for metrics. */
export interface RegionMeasures {
  /** By peer: ms since this region pulled it; undefined if it never did. */
  readonly ages: ReadonlyMap<string, number | undefined>;
  readonly counts: ReturnType<typeof copyCounts>;
  readonly maxLagMs: number;
}

const NOT_READY = refusal(503, 'not_ready', 'the project has not been refreshed yet');
const NOT_DURABLE = refusal(503, 'failed', 'the request could not be made durable');
const BUSY = refusal(503, 'busy', 'another pull of this region is being answered');
const OTHER_LIST = refusal(OTHER_REGIONS, 'regions', 'CERT_REPLICATION_TARGET_REGIONS of this region is another list');
const MALFORMED = refusal(400, 'field', 'the body is not a pull');

/** Time for which the holder of an event is not deposited again, in ms. */
const HANDED_MS = 60_000;

/** The events of each plugin, from `PLUGIN/ID`. */
function byPlugin(events: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const parted = events.map((each) => {
    const at = each.indexOf('/');
    return { plugin: each.slice(0, at), id: each.slice(at + 1) };
  });
  const groups = Map.groupBy(parted, ({ plugin }) => plugin);
  return new Map([...groups].map(([plugin, own]) => [plugin, own.map(({ id }) => id)]));
}

export class Replication {
  readonly #options: ReplicationOptions;
  readonly #plugins: ReadonlyMap<string, PluginRegions>;
  readonly #peers: readonly Peering[];
  #counts: Readonly<Record<string, number>> = {};
  #documents: string | undefined;
  #isReady = false;
  /** The regions whose pulls are being answered. */
  readonly #answering = new Set<string>();
  /** Events whose new holder is in the inbox, with the time of that: no round may have recorded it yet. */
  readonly #handed = new Map<string, number>();

  constructor(options: ReplicationOptions) {
    this.#options = options;
    const { regions, events, ask } = options;
    this.#plugins = new Map(
      [...events].flatMap(([name, { regions: own }]) => (own === undefined ? [] : [[name, own] as const])),
    );
    this.#peers = regions.peers.map(
      (peer) =>
        new Peering({
          ...options,
          peer,
          plugins: this.#plugins,
          held: async (taken) => {
            if (taken.length === 0) return [];
            const { status, text } = await ask({ held: taken });
            return status === 200 ? (JSON.parse(text) as readonly string[]) : [];
          },
          ended: (result) => options.ended(peer.name, result),
        }),
    );
  }

  /** Takes the result of a round over. Pulls begin after the first one. */
  refreshed({ regions, documents }: RoundReport): void {
    if (regions === undefined) return;
    this.#counts = regions.counts;
    const isOther = this.#documents !== undefined && documents !== undefined && documents !== this.#documents;
    this.#documents = documents ?? this.#documents;
    this.#isReady = true;
    for (const peer of this.#peers) {
      if (isOther) peer.restart();
      peer.start(regions.pulls[peer.region]);
    }
  }

  standing(): RegionStanding {
    const { own, names, maxLagMs } = this.#options.regions;
    const reported = this.#peers.map((peer) => [peer.region, peer.reported()] as const);
    return { own, names, maxLagMs, ages: Object.fromEntries([...reported, [own, this.#ages()]]) };
  }

  measures(): RegionMeasures {
    const standing = this.standing();
    return {
      ages: new Map(this.#peers.map((peer) => [peer.region, peer.age()])),
      counts: copyCounts(standing, this.#counts),
      maxLagMs: standing.maxLagMs,
    };
  }

  /** Answers the pull of a region. What it has recorded is durable here before the answer. */
  async answer(region: string, text: string): Promise<Answer> {
    if (!this.#isReady) return NOT_READY;
    const request = pullRequestIn(text);
    if (request === undefined) return MALFORMED;
    const { regions, ...pull } = request;
    if (regions.join() !== this.#options.regions.names.join()) return OTHER_LIST;
    // One at a time, so that a region takes no more than its share of the process that reads.
    if (this.#answering.has(region)) return BUSY;
    this.#answering.add(region);
    try {
      const { handed = [], ...answer } = await this.#options.ask({ pull: { region, ...pull } });
      return (await this.#letGo(region, handed)) ? answer : NOT_DURABLE;
    } finally {
      this.#answering.delete(region);
    }
  }

  /** Makes durable that a region holds events, once for each. False if it failed. */
  async #letGo(region: string, events: readonly string[]): Promise<boolean> {
    const { deposit, elapsed } = this.#options;
    for (const [each, at] of this.#handed) if (elapsed() - at > HANDED_MS) this.#handed.delete(each);
    const fresh = events.filter((each) => !this.#handed.has(each));
    for (const [name, ids] of byPlugin(fresh)) {
      const plugin = this.#plugins.get(name);
      if (plugin === undefined) continue;
      if ((await deposit(name, [plugin.handed(region, ids)], false)) !== 'deposited') return false;
    }
    for (const each of fresh) this.#handed.set(each, elapsed());
    return true;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#peers.map((peer) => peer.stop()));
  }

  #ages(): Readonly<Record<string, number>> {
    return Object.fromEntries(
      this.#peers.flatMap((peer) => {
        const age = peer.age();
        return age === undefined ? [] : [[peer.region, age] as const];
      }),
    );
  }
}
