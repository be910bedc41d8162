/**
 * A project as its log, its last valid documents and the last round have it. Nothing is refreshed, and nothing outside of the
 * store is read.
 */

import type { Recall } from '../../engine/remember.ts';
import type { Plan } from '../../formats/plan.ts';
import type { Desired, EndpointView, RegionStanding } from '#plugin';
import { keptWorkspace } from '../../run/last-valid.ts';
import type { Listener } from '../../run/events.ts';
import type { Workspace } from '../../run/project.ts';
import type { Head, Store } from '../../store/store.ts';
import { FollowedLog } from './followed-log.ts';
import { type Found, foundIn } from './found.ts';
import { type RoundPlan, type Snapshot, unpackedPlan } from './snapshot.ts';

export interface LogState {
  readonly recall: Recall;
  readonly head: Head | undefined;
  readonly isDamaged: boolean;
}

interface Read {
  /** Of the log before the read. */
  readonly mark: string;
  readonly state: Promise<LogState>;
}

export class Recorded {
  readonly workspace: Workspace;
  /** The records of the log. */
  readonly records: FollowedLog;
  readonly #say: Listener;
  #snapshot: Snapshot = { rounds: [], plans: [], interval_ms: 0 };
  /** By their packed text. */
  #plans: ReadonlyMap<string, RoundPlan> = new Map();
  #found: Found | undefined;
  #documents: readonly Desired[] = [];
  #config: Workspace['config'] | undefined;
  #store: Promise<Store> | undefined;
  #read: Read | undefined;
  #regions: RegionStanding | undefined;
  #watchers: Readonly<Record<string, boolean>> | undefined;

  /** `advanced`: called while the records of the log are read. */
  constructor(workspace: Workspace, say: Listener, advanced: () => void) {
    this.workspace = workspace;
    this.records = new FollowedLog(() => this.store(), { advanced });
    this.#say = say;
  }

  /** The regions at the time of the last question; undefined without other regions. */
  get regions(): RegionStanding | undefined {
    return this.#regions;
  }

  /** By plugin, if its watchers see changes at the time of the last question; undefined with `watch: false`. */
  get watchers(): Readonly<Record<string, boolean>> | undefined {
    return this.#watchers;
  }

  setWatchers(watchers: Readonly<Record<string, boolean>> | undefined): void {
    this.#watchers = watchers;
  }

  setRegions(regions: RegionStanding | undefined): void {
    this.#regions = regions;
  }

  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  /** The plan of the last round that refreshed. */
  get plan(): Plan | undefined {
    return this.#found?.newest;
  }

  /** The state of all resources as the last rounds found it; undefined before the first one. */
  get found(): Found | undefined {
    return this.#found;
  }

  /** The last valid documents; empty without any. */
  get documents(): readonly Desired[] {
    return this.#documents;
  }

  /** The last valid configuration. */
  get config(): Workspace['config'] {
    return this.#config ?? this.workspace.config;
  }

  take(snapshot: Snapshot): void {
    const { plans, lastValid } = snapshot;
    if (plans.at(-1)?.plan !== this.#snapshot.plans.at(-1)?.plan) {
      this.#plans = new Map(plans.map((each) => [each.plan, this.#plans.get(each.plan) ?? unpackedPlan(each)]));
      this.#found = foundIn([...this.#plans.values()]);
    }
    if (lastValid !== undefined && lastValid !== this.#snapshot.lastValid) {
      const { config, kept } = keptWorkspace(this.workspace.host, lastValid);
      this.#documents = kept?.documents ?? [];
      this.#config = config;
    }
    this.#snapshot = snapshot;
  }

  store(): Promise<Store> {
    const { workspace } = this;
    this.#store ??= workspace.host.openStore(workspace, this.#say).catch((error: unknown) => {
      this.#store = undefined;
      throw error;
    });
    return this.#store;
  }

  /** The state of the log. It is read again only after the log has changed, and requests that arrive together share a read. */
  async log(): Promise<LogState> {
    const mark = await (await this.store()).mark();
    if (this.#read?.mark !== mark) this.#read = { mark, state: this.#readLog() };
    return this.#read.state;
  }

  /** The part of one plugin. */
  async viewOf(plugin: string): Promise<EndpointView> {
    const { recall } = await this.log();
    const isOwn = ({ ref }: { readonly ref: { readonly plugin: string } }): boolean => ref.plugin === plugin;
    return {
      ledger: recall.ledger,
      desired: this.#documents.filter(isOwn),
      memory: [...recall.resources.values()].filter(isOwn),
      regions: this.#regions,
    };
  }

  /** A text that every change of the log and every ended round changes. */
  async head(): Promise<string> {
    const mark = await (await this.store()).mark();
    return `${mark}.${this.#snapshot.rounds[0]?.ended_at ?? 0}`;
  }

  async close(): Promise<void> {
    await (await this.#store)?.close();
  }

  async #readLog(): Promise<LogState> {
    try {
      const { recall, report } = await (await this.store()).state();
      return { recall, head: report.head, isDamaged: report.status === 'damaged' };
    } catch (error) {
      this.#read = undefined;
      throw error;
    }
  }
}
