/**
 * A table of links that stays right: a monitor, a dump, then events, and another dump whenever events may be missing.
 *
 * | after | the table |
 * |---|---|
 * | a consistent dump | is the dump, with the events since it began |
 * | three dumps during which links came and went | is the last one, with all events; a later dump completes it |
 * | lost events, or a monitor that ended | is old, until the next dump |
 * | an event of a new link, or one without a visible difference | lacks something, which the next dump adds |
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { backoffMs, errorKind, errorText } from '#plugin';
import type { LinkHost } from './ip.ts';
import type { LinkSeen } from './link.ts';
import { type LinkChange, LinkTable, type Need, type OfLink } from './link-table.ts';
import { type Monitor, type MonitorEvent, startMonitor } from './monitor.ts';
import { socatProgram, startRawMonitor } from './raw-monitor.ts';
import { dumpLinks, type LinkDump, MOST_DUMPS } from './read-links.ts';

export type LinkEvent =
  | LinkChange
  /** The end of a dump: every link that exists was reported. `isMerged`: the kernel may have left some out. */
  | { readonly what: 'synced'; readonly isMerged: boolean }
  /** Events may be missing until the next `synced`. */
  | { readonly what: 'lost'; readonly why: string };

/** Where dumps and events come from: `ip`, or a simulation. */
export interface LinkSource {
  readonly dump: (signal: AbortSignal) => Promise<LinkDump>;
  /** Settles once every later change is an event. */
  readonly monitor: (onEvent: (event: MonitorEvent) => void, signal: AbortSignal) => Promise<Monitor>;
}

/** The source of the links of a host. */
function ipSource(host: LinkHost): LinkSource {
  return {
    dump: (signal) => dumpLinks(host, signal),
    monitor: (onEvent, signal) => startMonitor(host, onEvent, signal),
  };
}

/**
 * The same with events through `socat`, which are complete, if it is installed (`socat`: its path). Without the capability
 * CAP_NET_ADMIN it cannot have its buffer: then events come from `ip`.
 */
export function linkSource(host: LinkHost, socat = socatProgram()): LinkSource {
  const source = ipSource(host);
  if (socat === undefined) return source;
  return {
    ...source,
    monitor: async (onEvent, signal) => {
      try {
        return await startRawMonitor(host, socat, onEvent, signal);
      } catch (error) {
        if (signal.aborted || errorKind(error) === 'bug') throw error;
        return await source.monitor(onEvent, signal);
      }
    },
  };
}

export interface WatchTiming {
  /** Pause before a dump that is not urgent. */
  readonly laterMs: number;
  /** Pause after a failure; each further one doubles it, up to a hundredfold. */
  readonly retryMs: number;
}

export interface WatchOptions {
  readonly source: LinkSource;
  readonly onEvent: (event: LinkEvent) => void;
  readonly signal: AbortSignal;
  readonly timing?: WatchTiming;
}

export interface LinkWatch {
  /** The links by their index. */
  readonly links: () => ReadonlyMap<number, LinkSeen>;
  /** Settles when the signal has fired. */
  readonly ended: Promise<void>;
}

/**
 * Watches links until the signal fires. Settles after the first `synced`, and throws if the links cannot be read until
 * then. Later failures are `lost` events; a dump repairs them.
 */
export async function watchLinks(options: WatchOptions): Promise<LinkWatch> {
  const watcher = new Watcher(options);
  await watcher.begin();
  return { links: () => watcher.links, ended: watcher.run() };
}

class Watcher {
  readonly #source: LinkSource;
  readonly #onEvent: (event: LinkEvent) => void;
  readonly #signal: AbortSignal;
  readonly #timing: WatchTiming;
  readonly #table = new LinkTable();
  /** Events since the present dump began. */
  #since: OfLink[] | undefined;
  #monitor: Monitor | undefined;
  #isDumpWanted = false;
  #wake = Promise.withResolvers<void>();
  #later: NodeJS.Timeout | undefined;

  constructor({ source, onEvent, signal, timing = { laterMs: 1000, retryMs: 100 } }: WatchOptions) {
    this.#source = source;
    this.#onEvent = onEvent;
    this.#signal = signal;
    this.#timing = timing;
    signal.addEventListener('abort', () => this.#stop(), { once: true });
  }

  get links(): ReadonlyMap<number, LinkSeen> {
    return this.#table.links;
  }

  async begin(): Promise<void> {
    try {
      await this.#sync();
    } catch (error) {
      this.#stop();
      throw error;
    }
  }

  async run(): Promise<void> {
    let failures = 0;
    while (!this.#signal.aborted) {
      await this.#wake.promise;
      this.#wake = Promise.withResolvers();
      while (this.#isDumpWanted && !this.#signal.aborted) {
        const began = performance.now();
        try {
          await this.#sync();
          failures = 0;
          // Dumps take half of the time at most, however many links come and go.
          if (this.#isDumpWanted) await this.#pause(performance.now() - began);
        } catch (error) {
          if (this.#signal.aborted) return;
          if (errorKind(error) === 'bug') throw error;
          failures += 1;
          this.#isDumpWanted = true;
          this.#onEvent({ what: 'lost', why: errorText(error) });
          const { retryMs } = this.#timing;
          await this.#pause(backoffMs({ retryMs, maxRetries: 0, multiplier: 2, maxMs: retryMs * 100 }, failures));
        }
      }
    }
  }

  #stop(): void {
    clearTimeout(this.#later);
    this.#monitor?.stop();
    this.#wake.resolve();
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#signal }).catch(() => {});
  }

  #need(need: Need): void {
    if (need === 'dump') {
      this.#isDumpWanted = true;
      this.#wake.resolve();
    } else if (need === 'dump-later' && !this.#signal.aborted) {
      this.#later ??= setTimeout(() => {
        this.#later = undefined;
        this.#need('dump');
      }, this.#timing.laterMs);
    }
  }

  #hear(event: MonitorEvent): void {
    if (event.what === 'ended') this.#monitor = undefined;
    if (event.what === 'lost' || event.what === 'ended') {
      this.#onEvent({ what: 'lost', why: event.why });
      this.#need('dump');
      return;
    }
    this.#since?.push(event);
    const { changes, needs } = this.#table.take(event);
    changes.forEach(this.#onEvent);
    this.#need(needs);
  }

  async #dump(): Promise<boolean> {
    this.#isDumpWanted = false;
    clearTimeout(this.#later);
    this.#later = undefined;
    const since: OfLink[] = [];
    this.#since = since;
    try {
      const dump = await this.#source.dump(this.#signal);
      const { changes, needs } = this.#table.takeDump(dump, since);
      changes.forEach(this.#onEvent);
      this.#need(needs);
      return dump.isConsistent;
    } finally {
      this.#since = undefined;
    }
  }

  async #sync(): Promise<void> {
    this.#monitor ??= await this.#source.monitor((event) => this.#hear(event), this.#signal);
    let isConsistent = await this.#dump();
    for (let dumps = 1; dumps < MOST_DUMPS && !isConsistent; dumps += 1) isConsistent = await this.#dump();
    if (!isConsistent) this.#need('dump-later');
    // A link that appeared meanwhile is in the next dump.
    this.#onEvent({ what: 'synced', isMerged: !isConsistent || this.#isDumpWanted });
  }
}
