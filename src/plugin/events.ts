/**
 * Events of a plugin: requests that other systems send to `fettle serve`.
 *
 * The daemon judges each request when it arrives and keeps what is accepted in the inbox, without the lock. The next round
 * folds the entries of the inbox into the ledger and into notes about resources, under the lock.
 */

import type { AnswerForm } from './answer-form.ts';
import type { StateNote } from './commands.ts';
import type { ApiPath } from './endpoints.ts';
import type { Ledger, LedgerChange } from './ledger.ts';
import type { PluginRegions, Regions } from './regions.ts';
import type { Instant } from './time.ts';
import type { Desired, Facts, Json, Memory } from './types.ts';

/** A request with its whole body. */
export interface EventRequest {
  /** By lower-case name. A header that was sent more than once is a list. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The exact bytes. */
  readonly body: Uint8Array;
  /** Time of the arrival. */
  readonly now: Instant;
  /** The `targets` of the last valid documents. */
  readonly targets: ReadonlySet<string>;
}

/** The answer to a request, and the entry that is durable in the inbox before an accepted request is answered. */
export interface EventAnswer {
  readonly status: number;
  /** The body, as JSON. Without secrets. */
  readonly body: Readonly<Record<string, Json>>;
  /** One of `PluginEvents.results`: the label of a counter. */
  readonly result: string;
  /** Absent for a refused request. */
  readonly entry?: Json;
}

/** The input of a fold. */
export interface EventFold {
  readonly ledger: Ledger;
  /** Entries of the inbox, oldest first. Other versions of the program may have deposited them. */
  readonly arrivals: readonly Json[];
  /** The declared resources of the plugin, by address. */
  readonly desired: readonly Desired[];
  /** The recorded resources of the plugin, by address. */
  readonly memory: readonly Memory[];
  /** Absent for a daemon without regions. */
  readonly regions?: Regions | undefined;
  readonly now: Instant;
}

/** The result of a fold, to be recorded in one append with the drained entries. */
export interface Folded {
  readonly changes: readonly LedgerChange[];
  /** At most one for each resource. */
  readonly notes: readonly StateNote[];
  /** True if a further fold is due now. */
  readonly more: boolean;
  /** Time at which the next fold is due, without further arrivals. */
  readonly nextAt?: Instant;
}

/** Events with the settings of an environment. Pure, but for counts of refusals that it keeps until `takeNotices`. */
export interface OpenEvents {
  /** Problems of the settings, without secrets. */
  readonly warnings: readonly string[];
  /** Values that no message and no record may contain. */
  readonly secrets: readonly string[];
  judge(request: EventRequest): EventAnswer;
  /** Entries for the inbox about refused requests, since the last call: their number is bounded. */
  takeNotices(): readonly Json[];
  fold(round: EventFold): Folded;
}

export interface EventsForm {
  /** Begins with a verb. */
  readonly summary: string;
  /** Headers of a request, with their meaning. */
  readonly headers: Readonly<Record<string, string>>;
  /** Name of the input of the spec that a body is. */
  readonly input: string;
  /** Statuses of `OpenEvents.judge`. */
  readonly statuses: Readonly<Record<number, AnswerForm>>;
}

export interface PluginEvents {
  /** Paths of the requests, all `POST`. */
  readonly paths: readonly ApiPath[];
  /** Largest body, in bytes. */
  readonly bodyLimit: number;
  /** The requests, for the description of the API. */
  readonly form: EventsForm;
  /** The tables of the ledger that a fold changes. No other part of fettle changes them. */
  readonly tables: readonly string[];
  /**
   * Words of the plugin in its entries and tables: field names, and values that it chooses from. Redaction keeps a text that
   * is one of them, also if a secret is the same.
   */
  readonly words: ReadonlySet<string>;
  /** Results of requests, for a counter. */
  readonly results: readonly string[];
  /** Variables with secrets. The process of a round does not get them. */
  readonly secretVariables: readonly string[];
  /** Names of declared resources by which a request may address them. */
  targets(desired: readonly Desired[]): readonly string[];
  /** `tokens`: SHA-256, as 64 hex digits, of further tokens with which events may be sent. */
  open(env: Readonly<Record<string, string | undefined>>, tokens?: readonly string[]): OpenEvents;
  /** For `fettle events` and `fettle incidents`. */
  readonly desk?: EventsDesk;
  readonly regions?: PluginRegions;
}

/** Selects events on `fettle events`. An absent part selects all. */
export interface EventSelection {
  /** One of `EventsDesk.statuses`. */
  readonly status?: string | undefined;
  readonly source?: string | undefined;
  readonly cluster?: string | undefined;
  readonly domain?: string | undefined;
  /** Only events that are not applied. */
  readonly unresolved?: boolean | undefined;
  readonly limit?: number | undefined;
}

/** Selects incidents on `fettle incidents`. An absent part selects all. */
export interface IncidentSelection {
  readonly status?: string | undefined;
  readonly domain?: string | undefined;
}

/** One event or incident: cells of a line for people, and facts for `--format json`. */
export interface DeskRow {
  readonly id: string;
  readonly cells: readonly string[];
  readonly facts: Facts;
}

/** The choices of a person who replays events. */
export interface ReplayChoice {
  /** Replays applied events too. */
  readonly force: boolean;
  /** Keeps the counts of failures. */
  readonly keepRetries: boolean;
}

/** The result of a decision about one event or incident. */
export type DeskDecision =
  | { readonly is: 'changed'; readonly row: DeskRow; readonly change: LedgerChange }
  /** The event or incident is as it should be. */
  | { readonly is: 'unchanged'; readonly row: DeskRow }
  /** A sentence without its full stop: `the event is applied. Use --force to apply it again`. */
  | { readonly is: 'refused'; readonly row: DeskRow; readonly message: string };

/** A system that sent events. */
export interface EventSource {
  readonly source: string;
  /** Empty without one. */
  readonly cluster: string;
  readonly events: number;
  /** Requests whose signature was not valid. */
  readonly signature_failures: number;
  readonly last_status: string;
  /** ISO 8601. */
  readonly last_seen_at: string;
}

/** The recorded events and incidents of a plugin, and the decisions of a person about them. Pure. */
export interface EventsDesk {
  readonly statuses: readonly string[];
  /** The selected events, the oldest first: the newest ones if the selection has a limit. */
  events(ledger: Ledger, selection: EventSelection): readonly DeskRow[];
  /** Numbers of events by status. */
  counts(ledger: Ledger): Readonly<Record<string, number>>;
  event(ledger: Ledger, id: string): DeskRow | undefined;
  /** The ids of the events that a replay by selection is about, the oldest first; by default, of those that failed. */
  replayable(ledger: Ledger, selection: EventSelection): readonly string[];
  /** Undefined for an unknown id. */
  replay(ledger: Ledger, id: string, choice: ReplayChoice, now: Instant): DeskDecision | undefined;
  /** The selected incidents, the most urgent first. */
  incidents(ledger: Ledger, selection: IncidentSelection): readonly DeskRow[];
  /** The systems that sent events, the last one seen first. */
  sources?(ledger: Ledger): readonly EventSource[];
  /** Undefined for an unknown id. `by`: the person. */
  acknowledge(ledger: Ledger, id: string, by: string, now: Instant): DeskDecision | undefined;
  resolve(ledger: Ledger, id: string, by: string, now: Instant): DeskDecision | undefined;
}
