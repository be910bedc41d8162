/**
 * Intake: the events of one project. A plugin judges each request, and an accepted one is durable in the inbox before it is
 * answered. The next round drains the inbox. The daemon never reads what it deposits.
 */

import {
  type EndpointOrder,
  type EventAnswer,
  type EventRequest,
  type Instant,
  type Json,
  type OpenEvents,
  type Plugin,
  type PluginEvents,
  type Redact,
} from '#plugin';
import { inboxJson } from '../formats/inbox-entry.ts';
import type { RoundReport } from '../formats/round.ts';
import type { Store } from '../store/store.ts';
import { type Deposited, Deposits } from './deposits.ts';
import { type Paced, paced } from './paced.ts';
import { redactedEntry } from './redacted-entry.ts';

/** Results of requests that do not come from a plugin: labels of a counter. */
export const INTAKE_RESULTS = ['not_ready', 'too_large', 'inbox_full', 'busy', 'failed'] as const;

/** Ids in one entry of an order. */
const IDS_OF_ORDER = 50;
/** Time between two deposits of notices about refused requests, in ms. */
const NOTICES_MS = 10_000;
/** Time from a deposit to the round that it wakes, so that one round takes a burst. */
const GATHER_MS = 200;
/** Time between two rounds that deposits wake, in ms. */
const WAKE_MS = 1_000;

/** Time between two rounds that the records of other regions wake, in ms. */
const SHARE_MS = 10_000;

type Env = Readonly<Record<string, string | undefined>>;

export interface IntakeOptions {
  readonly project: string;
  readonly events: ReadonlyMap<string, PluginEvents>;
  /** Of the daemon: tokens, keys and limits. */
  readonly env: Env;
  /** SHA-256 of the tokens of callers that may send events. */
  readonly tokens?: readonly string[];
  readonly openStore: () => Promise<Store>;
  /** Redacts these secrets, and those of the environment. */
  readonly redactor: (secrets: readonly string[]) => Redact;
  readonly now: () => Instant;
  readonly elapsed: () => number;
  /** Starts a round. */
  readonly wake: () => void;
  readonly received: (result: string) => void;
  readonly say: (line: string) => void;
}

export interface IntakeAnswer extends Pick<EventAnswer, 'status' | 'body' | 'result'> {
  /** Seconds after which the sender may try again. */
  readonly retryAfter?: number;
}

/** The plugins that take events in. */
export async function eventsOf(
  plugins: ReadonlyMap<string, () => Promise<Plugin>>,
): Promise<ReadonlyMap<string, PluginEvents>> {
  const found = new Map<string, PluginEvents>();
  for (const [name, load] of plugins) {
    const events = await (await load()).events?.();
    if (events !== undefined) found.set(name, events);
  }
  return found;
}

function refusal(status: number, result: string, message: string, retryAfter?: number): IntakeAnswer {
  const body = { ok: false, error: result, message };
  return { status, result, body, ...(retryAfter === undefined ? {} : { retryAfter }) };
}

const REFUSALS: Readonly<Record<Exclude<Deposited, 'deposited'>, IntakeAnswer>> = {
  too_large: refusal(413, 'too_large', 'the event is larger than an entry of the inbox'),
  inbox_full: refusal(503, 'inbox_full', 'the inbox is full. The event was not taken in', 30),
  busy: refusal(503, 'busy', 'too many events are being written. The event was not taken in', 1),
  failed: refusal(503, 'failed', 'the event could not be written. Send it again', 5),
};

const NOT_READY = refusal(503, 'not_ready', 'the project has not been refreshed yet', 5);

interface Endpoint {
  readonly plugin: string;
  readonly events: PluginEvents;
  readonly open: OpenEvents;
}

export class Intake {
  readonly project: string;
  /** Problems of the settings, without secrets. */
  readonly warnings: readonly string[];
  readonly #options: IntakeOptions;
  readonly #endpoints: readonly Endpoint[];
  readonly #deposits: Deposits;
  readonly #redact: Redact;
  readonly #notices: NodeJS.Timeout;
  #targets: ReadonlyMap<string, ReadonlySet<string>> | undefined;
  /** Notices that are not deposited yet. */
  #noticed: readonly Json[] = [];
  readonly #waking: Paced;
  readonly #sharing: Paced;

  constructor(options: IntakeOptions) {
    const { project, events, env, openStore, redactor, say, wake, elapsed } = options;
    this.project = project;
    this.#waking = paced(wake, { gatherMs: GATHER_MS, everyMs: WAKE_MS, elapsed });
    this.#sharing = paced(wake, { gatherMs: GATHER_MS, everyMs: SHARE_MS, elapsed });
    this.#options = options;
    this.#endpoints = [...events].map(([plugin, own]) => ({
      plugin,
      events: own,
      open: own.open(env, options.tokens),
    }));
    this.warnings = this.#endpoints.flatMap(({ open }) => open.warnings);
    this.#redact = redactor(this.#endpoints.flatMap(({ open }) => open.secrets));
    this.#deposits = new Deposits({
      open: openStore,
      failing: (reason) =>
        say(
          reason === undefined
            ? `${project}: events are taken in again`
            : `${project}: events are not taken in: ${this.#redact(reason)}`,
        ),
    });
    this.#notices = setInterval(() => void this.#depositNotices(), NOTICES_MS);
    this.#notices.unref();
  }

  /** Paths of the requests, with their plugins. */
  get paths(): readonly { readonly path: string; readonly plugin: string; readonly bodyLimit: number }[] {
    return this.#endpoints.flatMap(({ plugin, events: { paths, bodyLimit } }) =>
      paths.map((path) => ({ path, plugin, bodyLimit })),
    );
  }

  /** Takes the targets of the last valid documents over. */
  refreshed({ targets }: RoundReport): void {
    this.#targets = new Map(Object.entries(targets).map(([plugin, names]) => [plugin, new Set(names)]));
  }

  /** Judges a request. Without a body, it was larger than the limit. */
  async take(plugin: string, headers: EventRequest['headers'], body: Uint8Array | undefined): Promise<IntakeAnswer> {
    const answer = await this.#answer(plugin, headers, body);
    this.#options.received(answer.result);
    return answer;
  }

  /** Deposits the order of a caller, and wakes a round. Many ids are several entries, so that no round has too much to record at once. */
  async order({ verb, ids, reason, force, keepRetries }: EndpointOrder, by: string): Promise<Deposited> {
    const redacted = reason === undefined ? undefined : this.#redact(reason);
    const entries: Json[] = [];
    for (let i = 0; i < ids.length; i += IDS_OF_ORDER) {
      const part = ids.slice(i, i + IDS_OF_ORDER);
      entries.push(inboxJson({ order: { verb, ids: part, by, reason: redacted, force, keep_retries: keepRetries } }));
    }
    const deposited = await this.#deposits.add(entries);
    if (deposited === 'deposited') this.#waking.call();
    return deposited;
  }

  /** Deposits entries about other regions, and wakes a round: soon if it is urgent. */
  async share(plugin: string, entries: readonly Json[], isUrgent: boolean): Promise<Deposited> {
    const endpoint = this.#endpoints.find((each) => each.plugin === plugin);
    if (endpoint === undefined) return 'failed';
    const safe = entries.map((entry) => inboxJson({ plugin, entry: this.#redacted(entry, {}, endpoint.events) }));
    const deposited = await this.#deposits.add(safe);
    if (deposited === 'deposited') (isUrgent ? this.#waking : this.#sharing).call();
    return deposited;
  }

  /** Deposits that callers started a round. The caller of this function wakes it. */
  refresh(by: readonly string[]): Promise<Deposited> {
    return this.#deposits.add(by.map((name) => inboxJson({ order: { verb: 'refresh', by: name } })));
  }

  /** Deposits the last notices, waits for the deposits under way, and closes the store. */
  async close(): Promise<void> {
    clearInterval(this.#notices);
    this.#waking.cancel();
    this.#sharing.cancel();
    await this.#depositNotices();
    await this.#deposits.close();
  }

  async #answer(
    plugin: string,
    headers: EventRequest['headers'],
    given: Uint8Array | undefined,
  ): Promise<IntakeAnswer> {
    const endpoint = this.#endpoints.find((each) => each.plugin === plugin);
    if (endpoint === undefined || this.#targets === undefined) return NOT_READY;
    // The plugin judges the token before the length, so a body that was not read counts by its length alone.
    const body = given ?? new Uint8Array(endpoint.events.bodyLimit + 1);
    const targets = this.#targets.get(plugin) ?? new Set();
    const { entry, ...answer } = endpoint.open.judge({ headers, body, now: this.#options.now(), targets });
    if (entry === undefined) return answer;
    if (given === undefined) return REFUSALS.too_large;
    const safe = this.#redacted(entry, headers, endpoint.events);
    const deposited = await this.#deposits.add([inboxJson({ plugin, entry: safe })]);
    if (deposited !== 'deposited') return REFUSALS[deposited];
    this.#waking.call();
    return answer;
  }

  #redacted(entry: Json, headers: EventRequest['headers'], { words }: PluginEvents): Json {
    return redactedEntry(entry, headers, { words, redact: this.#redact, redactor: this.#options.redactor });
  }

  async #depositNotices(): Promise<void> {
    // The plugins add up until these are deposited.
    if (this.#noticed.length === 0)
      this.#noticed = this.#endpoints.flatMap(({ plugin, events, open }) =>
        open.takeNotices().map((entry) => inboxJson({ plugin, entry: this.#redacted(entry, {}, events) })),
      );
    if (this.#noticed.length === 0) return;
    if ((await this.#deposits.add(this.#noticed)) === 'deposited') this.#noticed = [];
  }
}
