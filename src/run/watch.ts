/**
 * The watchers of a project, in a process of their own: they follow the infrastructure, and report what may have changed.
 *
 * Nothing is written: documents and log are read once, and worlds are opened for reading. A watcher that fails is started
 * again after a pause. Reports are gathered, so that a flood of changes costs one message.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { type Changes, mergedChanges, NO_CHANGES } from '../engine/changes.ts';
import { expand } from '../engine/expand.ts';
import type { WatchMessage } from '../formats/watch-message.ts';
import { backoffMs, errorText, formatRef, type Plugin, type Redact, shortLine, type Watcher } from '#plugin';
import { raced } from '#plugin/deadline';
import type { Ending } from './ending.ts';
import { stoppedEnding } from './interruption.ts';
import { keptAfter } from './last-valid.ts';
import { openDocuments, type Project, type Workspace } from './project.ts';
import { withStore } from './stores.ts';
import { openWorlds, pluginsFor, settingsFor, upgradeRecall, type Worlds } from './worlds.ts';

export interface WatchOptions {
  /** The last valid documents, as `keptText` packs them. They are used if the present ones are not valid. */
  readonly lastValid: string | undefined;
  readonly stop: AbortSignal;
  /** Sends a message to the daemon. Settles once it is on its way. */
  readonly send: (message: WatchMessage) => Promise<void>;
}

/** Time in which reports are gathered to one message, in ms. */
const GATHER_MS = 250;

/** Pauses before a failed watcher is started again. */
const PAUSES = { retryMs: 1000, maxRetries: 0, multiplier: 2, maxMs: 5 * 60_000 };

/** Time of seeing changes after which a failure is the first one again, in ms. */
const STEADY_MS = 60_000;

/** The watchers of one plugin. */
interface Watching {
  readonly plugin: Plugin;
  readonly watchers: readonly Watcher[];
}

/** Gathers the reports of all watchers, and sends one message at a time. */
class Reports {
  readonly #send: WatchOptions['send'];
  readonly #stop: AbortSignal;
  readonly #plugins: readonly string[];
  /** Reasons for which watchers do not see changes. */
  readonly #blind = new Map<Watcher, { readonly plugin: string; readonly reason: string }>();
  #changed: Changes = NO_CHANGES;
  #isSending = false;
  #isNew = false;

  constructor({ send, stop }: WatchOptions, watching: readonly Watching[]) {
    this.#send = send;
    this.#stop = stop;
    this.#plugins = watching.map(({ plugin }) => plugin.name);
    for (const { plugin, watchers } of watching)
      for (const each of watchers) this.#blind.set(each, { plugin: plugin.name, reason: `${each.name}: it starts` });
  }

  sees(watcher: Watcher): void {
    if (this.#blind.delete(watcher)) this.#report();
  }

  blind(plugin: string, watcher: Watcher, reason: string): void {
    if (this.#blind.get(watcher)?.reason === reason) return;
    this.#blind.set(watcher, { plugin, reason });
    this.#report();
  }

  changed(changes: Changes): void {
    if (changes.size === 0) return;
    this.#changed = mergedChanges(this.#changed, changes);
    this.#report();
  }

  #report(): void {
    this.#isNew = true;
    if (!this.#isSending) void this.#sendAll();
  }

  #message(): WatchMessage {
    const changed = [...this.#changed];
    this.#changed = NO_CHANGES;
    const reasons = [...this.#blind.values()];
    const plugins = this.#plugins.map((name) => [name, reasons.find(({ plugin }) => plugin === name)?.reason ?? '']);
    return { plugins: Object.fromEntries(plugins) as WatchMessage['plugins'], changed };
  }

  async #sendAll(): Promise<void> {
    this.#isSending = true;
    while (this.#isNew && !this.#stop.aborted) {
      await sleep(GATHER_MS, undefined, { signal: this.#stop }).catch(() => undefined);
      this.#isNew = false;
      if (!this.#stop.aborted) await this.#send(this.#message());
    }
    this.#isSending = false;
  }
}

interface Running {
  readonly worlds: Pick<Worlds, 'reader' | 'redact'>;
  readonly reports: Reports;
  readonly project: Project;
  readonly stop: AbortSignal;
}

/** Runs one watcher until the stop, again after each failure. */
async function keepWatching(plugin: Plugin, watcher: Watcher, running: Running): Promise<void> {
  const { reports, stop } = running;
  let failures = 0;
  while (!stop.aborted) {
    const { reason, steadyMs } = await watchOnce(plugin, watcher, running);
    if (stop.aborted) return;
    failures = steadyMs >= STEADY_MS ? 1 : failures + 1;
    reports.blind(plugin.name, watcher, reason);
    await sleep(backoffMs(PAUSES, failures), undefined, { signal: stop }).catch(() => undefined);
  }
}

/** The end of a watch: its reason, and the time for which it saw changes. */
interface Ended {
  readonly reason: string;
  readonly steadyMs: number;
}

function reasonOf({ name }: Watcher, text: string, redact: Redact): string {
  return shortLine(redact(`${name}: ${text}`));
}

async function watchOnce(plugin: Plugin, watcher: Watcher, running: Running): Promise<Ended> {
  const { worlds, reports, project, stop } = running;
  const { now, elapsed } = project.host;
  const covered = new Map(watcher.covers.map((ref) => [formatRef(ref), ref]));
  const ended = new AbortController();
  const signal = AbortSignal.any([stop, ended.signal]);
  let seesFrom: number | undefined;
  const steadyMs = (): number => (seesFrom === undefined ? 0 : elapsed() - seesFrom);
  try {
    const world = await raced(worlds.reader(plugin.name), stop);
    const watching = watcher.watch(world, {
      signal,
      now,
      sees: () => {
        if (signal.aborted) return;
        // Earlier changes have no report.
        if (seesFrom === undefined) reports.changed(new Set(covered.keys()));
        seesFrom ??= elapsed();
        reports.sees(watcher);
      },
      blind: (text) => {
        if (!signal.aborted) reports.blind(plugin.name, watcher, reasonOf(watcher, text, worlds.redact));
      },
      changed: (refs) => {
        if (signal.aborted) return;
        reports.changed(new Set([...refs].map(formatRef).filter((address) => covered.has(address))));
      },
    });
    await raced(watching, stop);
    return { reason: reasonOf(watcher, 'the watch ended', worlds.redact), steadyMs: steadyMs() };
  } catch (error) {
    return { reason: reasonOf(watcher, errorText(error), worlds.redact), steadyMs: steadyMs() };
  } finally {
    // A later report of this watch does not count.
    ended.abort();
  }
}

/** The watchers of the plugins of a project. Reads documents and log. */
async function watchersOf(project: Project): Promise<readonly Watching[]> {
  const say = (): void => undefined;
  const { recall } = await withStore(project, say, (store) => store.state());
  const plugins = await pluginsFor(project, project.documents, recall);
  upgradeRecall(recall, plugins);
  const desired = expand(project.documents, plugins, recall, await settingsFor(plugins, project));
  const watching: Watching[] = [];
  for (const plugin of plugins.values()) {
    const isOwn = ({ ref }: { readonly ref: { readonly plugin: string } }): boolean => ref.plugin === plugin.name;
    const memory = [...recall.resources.values()].filter(isOwn);
    const watchers = (await plugin.watchers?.({ desired: desired.filter(isOwn), memory })) ?? [];
    if (watchers.length > 0) watching.push({ plugin, watchers });
  }
  return watching;
}

/**
 * Runs the watchers of a project until the stop. Ends at once with `ok` if there is nothing to watch: then no message is
 * sent.
 */
export async function watch(workspace: Workspace, options: WatchOptions): Promise<Ending> {
  const { stop, lastValid } = options;
  if (!workspace.config.serveWatch) return 'ok';
  // The rounds report the problems of documents.
  const say = (): void => undefined;
  const project = await openDocuments(workspace, say).catch((error: unknown) =>
    openDocuments(keptAfter(error, workspace.host, lastValid, say), say),
  );
  const watching = await watchersOf(project);
  if (watching.length === 0) return 'ok';
  const plugins = new Map(watching.map(({ plugin }) => [plugin.name, plugin]));
  const worlds = await openWorlds(plugins, project);
  try {
    const running: Running = { worlds, reports: new Reports(options, watching), project, stop };
    await Promise.all(
      watching.flatMap(({ plugin, watchers }) => watchers.map((each) => keepWatching(plugin, each, running))),
    );
    return stoppedEnding({ stop }) ?? 'ok';
  } finally {
    await worlds.close();
  }
}
