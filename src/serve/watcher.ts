/**
 * The watchers of one project, as the daemon supervises them: one process, which starts after a round has read the
 * documents, again after an edit or a reload, and after a pause if it died.
 *
 * | The process | Next |
 * |---|---|
 * | reports changes | a round in which they are due, at most one in ten seconds |
 * | ends with 0 | nothing to watch: another process starts after an edit or a reload |
 * | ends in another way, or sends a message that is not valid | another process starts after a pause |
 */

import { type Changes, changedPlugins, mergedChanges, NO_CHANGES } from '../engine/changes.ts';
import { watchMessageIn } from '../formats/watch-message.ts';
import { backoffMs, shortLine, spanText } from '#plugin';
import { paced, type Paced } from './paced.ts';
import type { Handed } from '../run/last-valid.ts';
import type { WatchExit, WatchProcess } from './watch-process.ts';

export interface WatcherOptions {
  readonly start: (order: Handed, heard: (message: unknown) => void) => WatchProcess;
  /** The plugins that have watchers. */
  readonly plugins: ReadonlySet<string>;
  /** Starts a round in which the changes are due. */
  readonly wake: (changed: Changes) => void;
  /** Gets the plugins whose watchers see changes, or that have nothing to watch. */
  readonly standing: (up: ReadonlySet<string>) => void;
  /** Counts a round that changes of a plugin start. */
  readonly woken: (plugin: string) => void;
  readonly restarted: () => void;
  readonly say: (line: string) => void;
  /** Milliseconds of a monotonic clock. */
  readonly elapsed: () => number;
  readonly gatherMs?: number;
  readonly everyMs?: number;
  readonly pauseMs?: number;
}

/** Time in which changes are gathered to one round, in ms. */
const GATHER_MS = 500;

/** Least time between two rounds that changes start, in ms. */
const EVERY_MS = 10_000;

/** Pause before another process starts, in ms; it doubles. */
const PAUSE_MS = 1000;
const MOST_PAUSE_MS = 5 * 60_000;

/** Life of a process after which its end is the first one again, in ms. */
const STEADY_MS = 10 * 60_000;

/** Time for a process that was asked to stop, in ms. */
const GRACE_MS = 5000;

/** Least time between two warnings about one plugin, in ms: a server may come and go. */
const SAY_MS = 60_000;

export class Watcher {
  readonly #options: WatcherOptions;
  readonly #wakes: Paced;
  #changed: Changes = NO_CHANGES;
  #running: { readonly process: WatchProcess; readonly from: number } | undefined;
  #pause: NodeJS.Timeout | undefined;
  #isStopped = false;
  #deaths = 0;
  #order: Handed = {};
  /** The version of the documents that the process read; undefined before the first one and after a reload. */
  #version: string | undefined;
  /** Plugins that do not see changes, as the last line about each says. */
  readonly #warned = new Set<string>();
  readonly #warnedAt = new Map<string, number>();
  /** The stop of the last process. */
  #stopping: Promise<void> = Promise.resolve();

  constructor(options: WatcherOptions) {
    this.#options = options;
    const { elapsed, gatherMs = GATHER_MS, everyMs = EVERY_MS } = options;
    this.#wakes = paced(() => this.#wake(), { gatherMs, everyMs, elapsed });
  }

  /** Starts the process if the documents of a round are not those that it read. */
  follow(version: string | undefined, order: Handed): void {
    if (this.#isStopped || version === undefined || version === this.#version) return;
    this.#version = version;
    this.#order = order;
    this.#deaths = 0;
    void this.#replace();
  }

  /** Starts another process after the next round. */
  reload(): void {
    this.#version = undefined;
  }

  /** Ends the process, and starts no further one. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#wakes.cancel();
    await this.#end();
  }

  async #replace(): Promise<void> {
    await this.#end();
    // A later edit may have been faster.
    if (!this.#isStopped && this.#running === undefined) this.#start();
  }

  /** Ends the running process; settles when it has ended. */
  #end(): Promise<void> {
    clearTimeout(this.#pause);
    const running = this.#running;
    this.#running = undefined;
    if (running === undefined) return this.#stopping;
    const { process } = running;
    process.stop();
    const killing = setTimeout(process.kill, GRACE_MS);
    this.#stopping = process.exit.then(() => clearTimeout(killing));
    return this.#stopping;
  }

  #start(): void {
    const { start, elapsed } = this.#options;
    clearTimeout(this.#pause);
    const process = start(this.#order, (message) => {
      if (this.#running?.process === process) this.#hear(message);
    });
    this.#running = { process, from: elapsed() };
    void process.exit.then((exit) => {
      if (this.#running?.process === process) this.#ended(exit, this.#running.from);
    });
  }

  #hear(message: unknown): void {
    const { plugins } = this.#options;
    const heard = watchMessageIn(message, plugins);
    if (heard === undefined) {
      this.#running?.process.kill();
      return;
    }
    this.#stand(heard.plugins);
    if (heard.changed.size === 0) return;
    this.#changed = mergedChanges(this.#changed, heard.changed);
    this.#wakes.call();
  }

  #wake(): void {
    const { wake, woken } = this.#options;
    const changed = this.#changed;
    this.#changed = NO_CHANGES;
    for (const plugin of changedPlugins(changed)) woken(plugin);
    wake(changed);
  }

  /** Takes the standing of the plugins. One that the process does not name has nothing to watch. */
  #stand(standing: ReadonlyMap<string, string>): void {
    const { plugins, say, elapsed } = this.#options;
    this.#options.standing(new Set([...plugins].filter((plugin) => (standing.get(plugin) ?? '') === '')));
    for (const plugin of plugins) {
      const reason = standing.get(plugin) ?? '';
      const warnedAt = this.#warnedAt.get(plugin) ?? Number.NEGATIVE_INFINITY;
      if (reason === '') {
        if (this.#warned.delete(plugin)) say(`the watcher of ${plugin} sees changes again`);
      } else if (!this.#warned.has(plugin) && elapsed() - warnedAt >= SAY_MS) {
        this.#warned.add(plugin);
        this.#warnedAt.set(plugin, elapsed());
        say(`warning: the watcher of ${plugin} does not see changes: ${reason}`);
      }
    }
  }

  #ended({ code, said }: WatchExit, from: number): void {
    const { plugins, standing, say, elapsed, restarted, pauseMs = PAUSE_MS } = this.#options;
    this.#running = undefined;
    if (this.#isStopped) return;
    standing(code === 0 ? plugins : new Set());
    if (code === 0) return;
    this.#deaths = elapsed() - from >= STEADY_MS ? 1 : this.#deaths + 1;
    const policy = { retryMs: pauseMs, maxRetries: 0, multiplier: 2, maxMs: MOST_PAUSE_MS };
    const waitMs = backoffMs(policy, this.#deaths);
    const how = code === undefined ? 'was ended by a signal' : `ended with exit code ${code}`;
    const last = said.at(-1) === undefined ? '' : ` (${shortLine(said.join(' '))})`;
    say(`warning: the process of the watchers ${how}${last}. It starts again in ${spanText(waitMs)}`);
    this.#pause = setTimeout(() => {
      restarted();
      this.#start();
    }, waitMs);
  }
}
