/**
 * Deliveries: when an alert is due at a receiver, and how intents and outcomes change its entry in the ledger. Pure.
 *
 * An entry belongs to one alert and one receiver. It is due while its condition holds and
 *
 * | The last delivery | The next one is due |
 * |---|---|
 * | none | at once |
 * | answered with 2xx | a cooldown after the answer |
 * | refused, or without an answer in time | 45 s, 90 s, 180 s … at most an hour after the failure, regardless of other receivers |
 * | an intent without an outcome: the process ended | a cooldown after the latest time at which it can have been delivered |
 *
 * A cooldown is time that has passed: time that the clock skips or repeats because it is set does not count.
 *
 * So no alert is delivered twice inside its cooldown, also if the process is killed between an intent and its outcome: an
 * unknown delivery counts as done. A receiver that takes an alert and does not answer within the deadline gets it again.
 *
 * News is due until its delivery, and not again after it: only what happened since then is due after a cooldown.
 *
 * An entry stays until its condition has ended and its cooldown is over, so their number is limited by the alerts of one
 * cooldown. An Alertmanager also gets the end of an alert.
 */

import {
  type Alert,
  alertKey,
  backoffMs,
  compareText,
  defined,
  type Instant,
  instantOf,
  instantText,
  type Json,
  type RetryPolicy,
  type LedgerChange,
} from '#plugin';
import { type AlertLabels, bodyOf, labelsOf, resolvedBody } from './body.ts';
import { type Receiver, receives } from './receiver.ts';

/** The table of the ledger. */
export const DELIVERIES = 'deliveries';

/** Time after the record of an intent within which its delivery may start, in ms. */
export const START_WITHIN_MS = 60_000;

/** Deadline of one delivery, in ms. */
export const DEADLINE_MS = 10_000;

/** Time after its intent within which a delivery has ended, in ms. */
const OPEN_MS = START_WITHIN_MS + DEADLINE_MS;

/** Deliveries that one round begins. The others are due in the next round. */
const MOST_DELIVERIES = 500;

const RETRIES: RetryPolicy = { retryMs: 45_000, multiplier: 2, maxMs: 3_600_000, maxRetries: Number.MAX_SAFE_INTEGER };

/** Time after which the entry of an unknown receiver or plugin is dropped, in ms. */
const UNKNOWN_MS = 86_400_000;

/** Cooldowns after which an Alertmanager ends an alert that is not sent again. */
const ENDS_AFTER_COOLDOWNS = 3;

/** The value of an entry. Times are ISO 8601. */
export interface DeliveryEntry {
  /** The last delivery: the time of its answer, or the latest possible time of one with an unknown outcome. */
  readonly delivered_at?: string;
  /** Failures since the last delivery. */
  readonly failures?: number;
  readonly next_try_at?: string;
  /** An intent without an outcome, and the latest time at which it can be delivered. */
  readonly open?: { readonly at: string; readonly until: string; readonly resolves?: true };
  /** The alert as an Alertmanager has it, until its end was sent. */
  readonly fired?: { readonly labels: AlertLabels; readonly ends_at: string };
}

/** Entries by key, as the ledger has them. */
export type Entries = ReadonlyMap<string, Json>;

/** A delivery whose intent is to be recorded before it is sent. */
export interface Delivery {
  /** Key of its entry. */
  readonly key: string;
  readonly receiver: string;
  readonly begunAt: Instant;
  /** The latest time at which it may be sent. */
  readonly startBy: Instant;
  readonly body: string;
}

export interface DeliveryOutcome {
  readonly key: string;
  readonly begunAt: Instant;
  readonly at: Instant;
  /** `unsent`: nothing was sent, and nothing counts as a failure. */
  readonly result: 'delivered' | 'failed' | 'unsent';
  /** `the receiver answered with status 503`. */
  readonly message: string;
}

/** The key of an entry: `certificates/Domain/www:tls_error:cert-runbook`. */
export function entryKey(alert: string, receiver: string): string {
  return `${alert}:${receiver}`;
}

interface Parts {
  readonly alert: string;
  readonly address: string;
  readonly receiver: string;
  readonly plugin: string;
}

function partsOf(key: string): Parts {
  const end = key.lastIndexOf(':');
  const alert = key.slice(0, end);
  return {
    alert,
    address: alert.slice(0, alert.lastIndexOf(':')),
    receiver: key.slice(end + 1),
    plugin: alert.slice(0, alert.indexOf('/')),
  };
}

/** A delivery that failed, or that is open. */
export interface UnfinishedDelivery {
  /** `certificates/Domain/www:tls_error`. */
  readonly alert: string;
  readonly address: string;
  readonly receiver: string;
  readonly failures: number;
  /** True for an intent without an outcome. */
  readonly open: boolean;
  /** ISO 8601. */
  readonly next_try_at?: string | undefined;
  readonly delivered_at?: string | undefined;
}

/** The deliveries that have failed since their last success or are open, by key. */
export function unfinishedIn(entries: Entries): readonly UnfinishedDelivery[] {
  return [...entries]
    .flatMap(([key, value]) => {
      const { failures = 0, open, next_try_at, delivered_at } = entryOf(value);
      const { alert, address, receiver } = partsOf(key);
      return failures === 0 && open === undefined
        ? []
        : [
            defined<UnfinishedDelivery>({
              alert,
              address,
              receiver,
              failures,
              open: open !== undefined,
              next_try_at,
              delivered_at,
            }),
          ];
    })
    .toSorted((a, b) => compareText(a.alert, b.alert) || compareText(a.receiver, b.receiver));
}

function entryOf(value: Json | undefined): DeliveryEntry {
  return (value ?? {}) as DeliveryEntry;
}

function timeOf(text: string | undefined): Instant {
  return instantOf(text) ?? Number.NEGATIVE_INFINITY;
}

/** The last time at which the alert was, or can have been, delivered. */
function lastOf({ delivered_at: deliveredAt, open }: DeliveryEntry): Instant {
  return Math.max(timeOf(deliveredAt), timeOf(open?.until));
}

/** The time from which the alert may be delivered. */
function readyAt(entry: DeliveryEntry, cooldownMs: number): Instant {
  return Math.max(lastOf(entry) + cooldownMs, timeOf(entry.next_try_at));
}

/** The time from which an alert is due: news that was delivered is not due again. */
function alertDueAt({ happenedAt }: Alert, entry: DeliveryEntry, cooldownMs: number): Instant {
  if (happenedAt !== undefined && lastOf(entry) >= happenedAt) return Number.POSITIVE_INFINITY;
  return readyAt(entry, cooldownMs);
}

/** The time from which the end of the alert may be sent: no cooldown, but the same tries. */
function endReadyAt({ open, next_try_at: nextTryAt }: DeliveryEntry): Instant {
  return Math.max(timeOf(open?.until), timeOf(nextTryAt));
}

type Clock = Pick<DeliveryRound, 'now' | 'skippedMs'>;

/**
 * An entry whose times are not more than a cooldown ahead. After a clock was wrong and set back, an alert waits for
 * a cooldown from now, and not until the wrong time.
 */
function notAhead(entry: DeliveryEntry, cooldownMs: number, now: Instant): DeliveryEntry {
  const { delivered_at: deliveredAt, open, next_try_at: nextTryAt } = entry;
  const latest = { delivery: now + cooldownMs, open: now + cooldownMs + OPEN_MS, nextTry: now + RETRIES.maxMs };
  const isRight =
    timeOf(deliveredAt) <= latest.delivery && timeOf(open?.until) <= latest.open && timeOf(nextTryAt) <= latest.nextTry;
  if (isRight) return entry;
  return defined<DeliveryEntry>({
    ...entry,
    delivered_at: timeOf(deliveredAt) > latest.delivery ? instantText(now) : deliveredAt,
    open:
      open !== undefined && timeOf(open.until) > latest.open ? { ...open, until: instantText(now + OPEN_MS) } : open,
    next_try_at: timeOf(nextTryAt) > latest.nextTry ? instantText(now) : nextTryAt,
  });
}

/** An entry whose running cooldown goes on after the clock was set forward: time that was skipped has not passed. */
function notSkipped(entry: DeliveryEntry, cooldownMs: number, { now, skippedMs = 0 }: Clock): DeliveryEntry {
  if (skippedMs === 0) return entry;
  const { delivered_at: deliveredAt, open } = entry;
  const before = now - skippedMs;
  const isRunning = (text: string | undefined): boolean =>
    timeOf(text) > before - cooldownMs && timeOf(text) <= before + OPEN_MS;
  const later = (text: string): string => instantText(Math.min(timeOf(text) + skippedMs, now + OPEN_MS));
  if (!isRunning(deliveredAt) && !isRunning(open?.until)) return entry;
  return defined<DeliveryEntry>({
    ...entry,
    delivered_at: deliveredAt !== undefined && isRunning(deliveredAt) ? later(deliveredAt) : deliveredAt,
    open: open !== undefined && isRunning(open.until) ? { ...open, until: later(open.until) } : open,
  });
}

/** An entry as the clock has it now. */
function anchored(entry: DeliveryEntry, cooldownMs: number, clock: Clock): DeliveryEntry {
  return notAhead(notSkipped(entry, cooldownMs, clock), cooldownMs, clock.now);
}

function change(key: string, entry: DeliveryEntry | undefined, because: string): LedgerChange {
  const isEmpty = entry === undefined || Object.keys(entry).length === 0;
  return { table: DELIVERIES, key, ...(isEmpty ? {} : { value: entry as unknown as Json }), because };
}

/** The situation of a round. `now` is the time at which its intents are recorded. */
export interface DeliveryRound {
  readonly project: string;
  /** The alerts that hold, the most urgent first. */
  readonly alerts: readonly Alert[];
  /** Addresses of the resources that the round did not refresh: their earlier alerts may still hold. */
  readonly unseen: ReadonlySet<string>;
  /** The plugins whose alerts are known. */
  readonly plugins: ReadonlySet<string>;
  readonly entries: Entries;
  readonly receivers: readonly Receiver[];
  readonly now: Instant;
  /** Time by which the clock was set forward since the last recorded round, in ms. */
  readonly skippedMs?: number;
}

/** A delivery with the change that records its intent. */
export interface Begun {
  readonly delivery: Delivery;
  readonly change: LedgerChange;
}

function begun(
  { key, receiver, entry, isEnd }: { key: string; receiver: Receiver; entry: DeliveryEntry; isEnd: boolean },
  { fired, body }: { readonly fired: DeliveryEntry['fired']; readonly body: string },
  now: Instant,
): Begun {
  const startBy = now + START_WITHIN_MS;
  const last = lastOf(entry);
  const { failures, next_try_at: nextTryAt } = entry;
  const value = defined<DeliveryEntry>({
    delivered_at: Number.isFinite(last) ? instantText(last) : undefined,
    failures,
    next_try_at: nextTryAt,
    open: defined({
      at: instantText(now),
      until: instantText(now + OPEN_MS),
      resolves: isEnd ? (true as const) : undefined,
    }),
    fired,
  });
  const what = `${isEnd ? 'the end of ' : ''}${partsOf(key).alert}`;
  return {
    delivery: { key, receiver: receiver.name, begunAt: now, startBy, body },
    change: change(key, value, `${what} is due at ${receiver.name}`),
  };
}

/** The deliveries that are due, the most urgent first, with the records of their intents. */
export function dueDeliveries(round: DeliveryRound): readonly Begun[] {
  const { project, alerts, unseen, plugins, entries, receivers, now } = round;
  const due: Begun[] = [];
  for (const alert of alerts)
    for (const receiver of receivers) {
      if (due.length >= MOST_DELIVERIES) return due;
      if (!receives(receiver, alert)) continue;
      const key = entryKey(alertKey(alert), receiver.name);
      const entry = anchored(entryOf(entries.get(key)), receiver.cooldownMs, round);
      if (now < alertDueAt(alert, entry, receiver.cooldownMs)) continue;
      const endsAt = now + ENDS_AFTER_COOLDOWNS * receiver.cooldownMs;
      const fired =
        receiver.kind === 'alertmanager'
          ? { labels: labelsOf(alert, project), ends_at: instantText(endsAt) }
          : undefined;
      const body = bodyOf(alert, receiver.kind, { project, now, endsAt });
      due.push(begun({ key, receiver, entry, isEnd: false }, { fired, body }, now));
    }
  const holding = new Set(alerts.map(alertKey));
  const byName = new Map(receivers.map((receiver) => [receiver.name, receiver]));
  for (const [key, value] of entries) {
    if (due.length >= MOST_DELIVERIES) return due;
    const entry = entryOf(value);
    const { fired } = entry;
    const parts = partsOf(key);
    const receiver = byName.get(parts.receiver);
    if (receiver === undefined || fired === undefined || now >= timeOf(fired.ends_at)) continue;
    const isKnown = plugins.has(parts.plugin) && !unseen.has(parts.address);
    if (holding.has(parts.alert) || !isKnown || now < endReadyAt(entry)) continue;
    const body = resolvedBody(fired.labels, now);
    due.push(begun({ key, receiver, entry, isEnd: true }, { fired, body }, now));
  }
  return due;
}

/** The earliest time at which a delivery is due, while the same alerts hold; undefined if none will be. */
export function nextDeliveryAt(round: DeliveryRound): Instant | undefined {
  const { alerts, unseen, plugins, entries, receivers, now } = round;
  const holding = new Set(alerts.map(alertKey));
  const byName = new Map(receivers.map((receiver) => [receiver.name, receiver]));
  const repeated = alerts.flatMap((alert) =>
    receivers
      .filter((receiver) => receives(receiver, alert))
      .map(({ name, cooldownMs }) => {
        const entry = entryOf(entries.get(entryKey(alertKey(alert), name)));
        return alertDueAt(alert, anchored(entry, cooldownMs, round), cooldownMs);
      }),
  );
  const ended = [...entries].flatMap(([key, value]) => {
    const entry = entryOf(value);
    const { alert, address, receiver, plugin } = partsOf(key);
    const isKnown = !holding.has(alert) && plugins.has(plugin) && !unseen.has(address) && byName.has(receiver);
    return isKnown && entry.fired !== undefined && now < timeOf(entry.fired.ends_at) ? [endReadyAt(entry)] : [];
  });
  const times = [...repeated, ...ended].filter(Number.isFinite);
  return times.length === 0 ? undefined : Math.max(now, Math.min(...times));
}

/** The change by an outcome; undefined if the entry no longer waits for it. */
export function settled(entries: Entries, outcome: DeliveryOutcome): LedgerChange | undefined {
  const { key, begunAt, at, result, message } = outcome;
  const { open, ...entry } = entryOf(entries.get(key));
  if (open === undefined || open.at !== instantText(begunAt)) return undefined;
  const { receiver, alert } = partsOf(key);
  const what = `${open.resolves === true ? 'the end of ' : ''}${alert}`;
  switch (result) {
    case 'delivered': {
      const { delivered_at: before, fired } = entry;
      const value = open.resolves === true ? { delivered_at: before } : { delivered_at: instantText(at), fired };
      return change(key, defined<DeliveryEntry>(value), `${what} was delivered to ${receiver}`);
    }
    case 'failed': {
      const failures = (entry.failures ?? 0) + 1;
      const next = instantText(at + backoffMs(RETRIES, failures));
      return change(
        key,
        { ...entry, failures, next_try_at: next },
        `${what} was not delivered to ${receiver}: ${message}`,
      );
    }
    case 'unsent':
      return change(key, entry, `${what} was not sent to ${receiver}: ${message}`);
  }
}

/** The entries to drop or to correct: those of ended conditions after their cooldown, and times that cannot be right. */
export function tended(round: DeliveryRound): readonly LedgerChange[] {
  const { alerts, plugins, entries, receivers, now } = round;
  const byName = new Map(receivers.map((receiver) => [receiver.name, receiver]));
  const holding = new Set(
    alerts.flatMap((alert) =>
      receivers.filter((receiver) => receives(receiver, alert)).map(({ name }) => entryKey(alertKey(alert), name)),
    ),
  );
  return [...entries].flatMap(([key, value]): readonly LedgerChange[] => {
    const parts = partsOf(key);
    const receiver = byName.get(parts.receiver);
    const isKnown = receiver !== undefined && plugins.has(parts.plugin);
    const cooldownMs = isKnown ? receiver.cooldownMs : UNKNOWN_MS;
    const entry = entryOf(value);
    const right = anchored(entry, cooldownMs, round);
    const isWaiting = right.fired !== undefined && now < timeOf(right.fired.ends_at);
    if (!holding.has(key) && !isWaiting && now >= readyAt(right, cooldownMs))
      return [change(key, undefined, isKnown ? 'the condition has ended' : 'the receiver or the plugin is not known')];
    return right === entry ? [] : [change(key, right, 'the clock was set')];
  });
}
