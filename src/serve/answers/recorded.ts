/**
 * A project as its log, its last valid documents and the last round have it. Nothing is refreshed, and nothing outside of the
 * store is read.
 */

import type { Recall } from '../../engine/remember.ts';
import type { Plan } from '../../formats/plan.ts';
import type { Desired } from '#plugin';
import { keptWorkspace } from '../../run/last-valid.ts';
import type { Listener } from '../../run/events.ts';
import type { Workspace } from '../../run/project.ts';
import type { Head, Store } from '../../store/store.ts';
import { type Snapshot, unpackedPlan } from './snapshot.ts';

/** Time for which a read of the log is used, in ms. */
const FRESH_MS = 500;

export interface LogState {
  readonly recall: Recall;
  readonly head: Head | undefined;
  readonly isDamaged: boolean;
}

interface Read {
  readonly at: number;
  readonly state: Promise<LogState>;
}

export class Recorded {
  readonly workspace: Workspace;
  readonly #say: Listener;
  #snapshot: Snapshot = { rounds: [], interval_ms: 0 };
  #plan: Plan | undefined;
  #documents: readonly Desired[] = [];
  #store: Promise<Store> | undefined;
  #read: Read | undefined;

  constructor(workspace: Workspace, say: Listener) {
    this.workspace = workspace;
    this.#say = say;
  }

  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  /** The plan of the last round that refreshed. */
  get plan(): Plan | undefined {
    return this.#plan;
  }

  /** The last valid documents; empty without any. */
  get documents(): readonly Desired[] {
    return this.#documents;
  }

  take(snapshot: Snapshot): void {
    const { plan, lastValid } = snapshot;
    if (plan !== undefined && plan !== this.#snapshot.plan) this.#plan = unpackedPlan(plan);
    if (lastValid !== undefined && lastValid !== this.#snapshot.lastValid)
      this.#documents = keptWorkspace(this.workspace.host, lastValid).kept?.documents ?? [];
    this.#snapshot = snapshot;
    this.#read = undefined;
  }

  store(): Promise<Store> {
    const { workspace } = this;
    this.#store ??= workspace.host.openStore(workspace, this.#say).catch((error: unknown) => {
      this.#store = undefined;
      throw error;
    });
    return this.#store;
  }

  /** The state of the log. Requests that arrive together share a read. */
  log(): Promise<LogState> {
    const now = this.workspace.host.elapsed();
    if (this.#read === undefined || now - this.#read.at > FRESH_MS) this.#read = { at: now, state: this.#readLog() };
    return this.#read.state;
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
