/**
 * The alerts of a round: decided after its judgement, recorded as intents under the lock, and sent without waiting for
 * anything that the lock protects.
 *
 * The process of the round sends them: while its actions run, and after the lock is free. An outcome is deposited in the
 * inbox as soon as it is known, and a later round settles it. A process that ends before leaves an intent without an
 * outcome, which counts as delivered for a cooldown.
 */

import { alertsOf } from '../engine/alerts.ts';
import { raisingPlugins } from '../engine/raising.ts';
import { inboxJson } from '../formats/inbox-entry.ts';
import type { Draft } from '../formats/log-record.ts';
import type { Planned } from '../formats/plan.ts';
import {
  type AlertSettings,
  defined,
  errorText,
  type Instant,
  isRecord,
  type Json,
  type Ledger,
  type LedgerChange,
  redactor,
} from '#plugin';
import type { OpenRound } from '../run/apply-round.ts';
import type { Listener } from '../run/events.ts';
import type { Workspace } from '../run/project.ts';
import type { RoundAlerts } from '../run/round.ts';
import { withStore } from '../run/stores.ts';
import {
  type Delivery,
  DELIVERIES,
  type DeliveryOutcome,
  type DeliveryRound,
  dueDeliveries,
  type Entries,
  nextDeliveryAt,
  settled,
  tended,
} from './alerts/deliveries.ts';
import { type Destination, secretsOfDestinations } from './alerts/receiver.ts';

export interface AlertsOfRound {
  readonly workspace: Workspace;
  readonly destinations: readonly Destination[];
  readonly settings: AlertSettings;
  /** Fires when the process is to end: what is not sent yet stays unsent. */
  readonly stop: AbortSignal;
  /** Time by which the clock was set forward since the last recorded round, in ms. */
  readonly skippedMs: number;
}

const RESULTS: ReadonlySet<unknown> = new Set<DeliveryOutcome['result']>(['delivered', 'failed', 'unsent']);

/** The outcome as it was deposited; undefined for one of another version of the program. */
function outcomeOf(value: Json): DeliveryOutcome | undefined {
  if (!isRecord(value)) return undefined;
  const { key, begunAt, at, result, message } = value;
  const isOutcome =
    typeof key === 'string' &&
    Number.isSafeInteger(begunAt) &&
    Number.isSafeInteger(at) &&
    RESULTS.has(result) &&
    typeof message === 'string';
  return isOutcome ? (value as unknown as DeliveryOutcome) : undefined;
}

function entriesIn(ledger: Ledger): Entries {
  return ledger.get(DELIVERIES) ?? new Map<string, Json>();
}

/** The entries after changes. */
function entriesAfter(entries: Entries, changes: readonly LedgerChange[]): Entries {
  const after = new Map(entries);
  for (const { key, value } of changes) {
    if (value === undefined) after.delete(key);
    else after.set(key, value);
  }
  return after;
}

/** The changes by outcomes, oldest first: at most one for each entry. */
export function settledAll(entries: Entries, outcomes: readonly DeliveryOutcome[]): readonly LedgerChange[] {
  let after = entries;
  const changes = new Map<string, LedgerChange>();
  for (const outcome of outcomes) {
    const change = settled(after, outcome);
    if (change === undefined) continue;
    changes.set(change.key, change);
    after = entriesAfter(after, [change]);
  }
  return [...changes.values()];
}

function draftOf(change: LedgerChange, run: string): Draft {
  return { kind: 'ledger', body: defined({ run, ...change }) };
}

/** Deliveries under way, with the situation in which they began. */
interface Sending {
  readonly situation: DeliveryRound;
  readonly outcomes: Promise<readonly DeliveryOutcome[]>;
}

class Alerts implements RoundAlerts {
  readonly #options: AlertsOfRound;
  readonly #say: Listener;
  readonly #redact: (text: string) => string;
  #sending: Sending | undefined;

  constructor(options: AlertsOfRound, say: Listener) {
    this.#options = options;
    this.#say = say;
    this.#redact = redactor(secretsOfDestinations(options.destinations));
  }

  readonly settled = (ledger: Ledger, outcomes: readonly Json[]): readonly LedgerChange[] =>
    settledAll(
      entriesIn(ledger),
      outcomes.flatMap((value) => outcomeOf(value) ?? []),
    );

  readonly begin = async (reconciled: Planned, { plugins, recall, record, run, redact }: OpenRound): Promise<void> => {
    const { workspace, destinations, settings, skippedMs } = this.#options;
    const entries = entriesIn(recall.ledger);
    if (destinations.length === 0 && entries.size === 0) return;
    const hide = (text: string): string => this.#redact(redact(text));
    const known = { ledger: recall.ledger, settings };
    const { alerts, failures } = alertsOf(reconciled, await raisingPlugins(plugins), known, hide);
    for (const [name, why] of failures)
      this.#say({ type: 'alerts-problem', message: `the alerts of ${name} are unknown: ${why}` });
    const { config, host } = workspace;
    const situation: DeliveryRound = {
      project: config.name,
      alerts,
      unseen: new Set(
        [...reconciled.resources].flatMap(([address, { sight }]) => (sight.is === 'unseen' ? [address] : [])),
      ),
      plugins: new Set([...plugins.keys()].filter((name) => !failures.has(name))),
      entries,
      receivers: destinations,
      now: host.now(),
      skippedMs,
    };
    const due = dueDeliveries(situation);
    const begun = due.map(({ change }) => change);
    const keys = new Set(begun.map(({ key }) => key));
    const old = tended(situation).filter(({ key }) => !keys.has(key));
    await record([...begun, ...old].map((change) => draftOf(change, run)));
    this.#sending = {
      situation: { ...situation, entries: entriesAfter(entries, [...begun, ...old]) },
      outcomes: this.#send(due.map(({ delivery }) => delivery)).catch((error: unknown) => {
        this.#say({ type: 'alerts-problem', message: `alerts were not sent: ${hide(errorText(error))}` });
        return [];
      }),
    };
  };

  readonly end = async (): Promise<Instant | undefined> => {
    if (this.#sending === undefined) return undefined;
    const { situation, outcomes } = this.#sending;
    const after = entriesAfter(situation.entries, settledAll(situation.entries, await outcomes));
    // The entries are by the present clock.
    return nextDeliveryAt({ ...situation, skippedMs: 0, entries: after, now: this.#options.workspace.host.now() });
  };

  /** Sends deliveries, and deposits each outcome in the inbox. */
  async #send(deliveries: readonly Delivery[]): Promise<readonly DeliveryOutcome[]> {
    if (deliveries.length === 0) return [];
    const { workspace, destinations, stop } = this.#options;
    const { host } = workspace;
    const [{ deliverAll }, { openHttp, usualDenial }] = await Promise.all([
      import('./alerts/deliver.ts'),
      import('#plugin/net'),
    ]);
    const delivering = { send: openHttp(usualDenial(host.env)), now: host.now, signal: stop };
    // A store of its own: the one of the round is closed when its lock is released.
    return withStore(workspace, this.#say, async (store) => {
      const outcomes: DeliveryOutcome[] = [];
      const depositing: Promise<void>[] = [];
      await deliverAll(deliveries, destinations, delivering, (found) => {
        const outcome = { ...found, message: this.#redact(found.message) };
        outcomes.push(outcome);
        if (outcome.result === 'failed')
          this.#say({ type: 'alerts-problem', message: `${outcome.key} was not delivered: ${outcome.message}` });
        depositing.push(store.deposit([inboxJson({ delivery: { ...outcome } })]));
      });
      const failed = (await Promise.allSettled(depositing)).find((each) => each.status === 'rejected');
      if (failed !== undefined)
        this.#say({
          type: 'alerts-problem',
          message: `outcomes of deliveries were not recorded: ${errorText(failed.reason)}`,
        });
      return outcomes;
    });
  }
}

export function roundAlerts(options: AlertsOfRound, say: Listener): RoundAlerts {
  return new Alerts(options, say);
}
