/** The API of one project in the daemon: keeps the last rounds, asks the process that reads, and takes orders. */

import type { EndpointOrder, RegionStanding } from '#plugin';
import type { Answer, Question } from './answers/question.ts';
import { type RoundSummary, type Snapshot, updated } from './answers/snapshot.ts';
import { Changes } from './changes.ts';
import type { Deposited } from './deposits.ts';
import type { ServedApi } from './http/api-routes.ts';
import { ReaderProcess, type ReaderProgram } from './reader-process.ts';
import type { RoundEnded } from './rounds.ts';

export interface ProjectApiOptions extends Pick<ServedApi, 'project' | 'refresh'> {
  readonly program: ReaderProgram;
  /** The log of the daemon. */
  readonly log: string;
  readonly intervalMs: number;
  /** Epoch ms. */
  readonly now: () => number;
  readonly order: (order: EndpointOrder, by: string) => Promise<Deposited>;
  /** Undefined without other regions. */
  readonly regions?: () => RegionStanding | undefined;
  /** By plugin, if its watchers see changes; undefined with `watch: false`. */
  readonly watchers?: () => Readonly<Record<string, boolean>> | undefined;
}

export class ProjectApi implements ServedApi {
  readonly project: string;
  readonly changes: Changes;
  readonly #options: ProjectApiOptions;
  readonly #reader: ReaderProcess;
  #snapshot: Snapshot;
  /** The bytes of the plan in the snapshot: requests share them. */
  #unpacked: { readonly of: string; readonly bytes: Uint8Array<ArrayBuffer> } | undefined;

  constructor(options: ProjectApiOptions) {
    this.project = options.project;
    this.#options = options;
    this.#snapshot = { rounds: [], plans: [], interval_ms: options.intervalMs, log: options.log };
    this.#reader = new ReaderProcess(options.program, this.#snapshot);
    this.changes = new Changes(async () => {
      const { status, text } = await this.#reader.ask({ head: true });
      return status === 200 ? text : undefined;
    });
  }

  /** Takes an ended round over. `text`: the line about it. */
  ended({ outcome, elapsedMs, plan, lastValid, report }: RoundEnded, text: string): void {
    const round: RoundSummary = {
      ended_at: this.#options.now(),
      duration_ms: Math.round(elapsedMs),
      outcome,
      text,
      ...(report === undefined ? {} : { refreshed_at: report.refreshed_at, next_due_at: report.next_due_at }),
    };
    const update = { round, plan, isWhole: report?.refreshed === undefined, lastValid };
    this.#snapshot = updated(this.#snapshot, update);
    this.#reader.take(this.#snapshot, update);
    this.changes.look();
  }

  get lastRound(): string | undefined {
    return this.#snapshot.rounds[0]?.text;
  }

  plan(): Uint8Array<ArrayBuffer> | undefined {
    const plan = this.#snapshot.plans.at(-1)?.plan;
    if (plan !== undefined && plan !== this.#unpacked?.of)
      this.#unpacked = { of: plan, bytes: new Uint8Array(Buffer.from(plan, 'base64')) };
    return plan === undefined ? undefined : this.#unpacked?.bytes;
  }

  ask(question: Question): Promise<Answer> {
    return this.#reader.ask({ ...question, regions: this.#options.regions?.(), watchers: this.#options.watchers?.() });
  }

  order(order: EndpointOrder, by: string): Promise<Deposited> {
    return this.#options.order(order, by);
  }

  refresh(by: string): Promise<Deposited> {
    return this.#options.refresh(by);
  }

  close(): void {
    this.changes.close();
    this.#reader.close();
  }
}
