/** When an alert is due at a receiver: cooldowns, failures, unknown outcomes, clocks, and the size of the ledger. */

import { describe, expect, it } from 'vitest';
import {
  type Begun,
  DEADLINE_MS,
  type DeliveryOutcome,
  type DeliveryRound,
  DELIVERIES,
  dueDeliveries,
  nextDeliveryAt,
  settled,
  START_WITHIN_MS,
  tended,
} from '../../src/serve/alerts/deliveries.ts';
import { endedDeliveries } from '../../src/serve/alerts/delivery-counts.ts';
import type { Receiver } from '../../src/serve/alerts/receiver.ts';
import { type Alert, alertKey, type Json, type LedgerChange } from '#plugin';

const NOW = Date.parse('2026-11-20T12:00:00Z');
const SECOND = 1000;
const HOUR = 3_600_000;

const webhook: Receiver = { name: 'hook', kind: 'webhook', cooldownMs: 1800 * SECOND };
const runbook: Receiver = { name: 'runbook', kind: 'runbook', cooldownMs: 900 * SECOND };
const manager: Receiver = { name: 'am', kind: 'alertmanager', cooldownMs: 300 * SECOND };

function alert(name: string, more: Partial<Alert> = {}): Alert {
  const ref = { plugin: 'toy', kind: 'Item', name };
  return { class: 'late', ref, severity: 'low', route: 'ticket', message: `${name} is late`, facts: {}, ...more };
}

/** A ledger, and the rounds of one daemon on it. */
class Daemon {
  readonly entries = new Map<string, Json>();
  receivers: readonly Receiver[];
  plugins: ReadonlySet<string> = new Set(['toy']);
  unseen: ReadonlySet<string> = new Set();

  constructor(...receivers: readonly Receiver[]) {
    this.receivers = receivers;
  }

  #record({ key, value }: LedgerChange): void {
    if (value === undefined) this.entries.delete(key);
    else this.entries.set(key, value);
  }

  #round(alerts: readonly Alert[], now: number, skippedMs = 0): DeliveryRound {
    const { plugins, unseen, entries, receivers } = this;
    return { project: 'shop', alerts, unseen, plugins, entries, receivers, now, skippedMs };
  }

  /** The deliveries of a round, whose intents are recorded. */
  begin(alerts: readonly Alert[], now: number, skippedMs = 0): readonly Begun[] {
    const round = this.#round(alerts, now, skippedMs);
    const changes = tended({ ...round, entries: new Map(this.entries) });
    const due = dueDeliveries({ ...round, entries: new Map(this.entries) });
    for (const change of changes) this.#record(change);
    for (const { change } of due) this.#record(change);
    return due;
  }

  nextAt(alerts: readonly Alert[], now: number): number | undefined {
    return nextDeliveryAt(this.#round(alerts, now));
  }

  end({ delivery: { key, begunAt } }: Begun, result: DeliveryOutcome['result'], at: number): string | undefined {
    const change = settled(this.entries, { key, begunAt, at, result, message: 'the words' });
    if (change !== undefined) this.#record(change);
    return change?.because;
  }

  /** A round whose deliveries all have the same result at once; the receivers that it reached. */
  round(alerts: readonly Alert[], now: number, result: DeliveryOutcome['result'] = 'delivered'): readonly string[] {
    const due = this.begin(alerts, now);
    for (const each of due) this.end(each, result, now);
    return due.map(({ delivery }) => delivery.receiver);
  }
}

describe('news', () => {
  const news = (at: number): Alert => alert('a', { happenedAt: at });

  it('is delivered once to webhooks, and that of a later time after the cooldown', () => {
    const daemon = new Daemon(webhook, runbook, manager);
    expect(daemon.round([news(NOW)], NOW)).toEqual(['hook']);
    expect(daemon.nextAt([news(NOW)], NOW)).toBeUndefined();
    for (const seconds of [1, 1800, 3600, 86_000])
      expect(daemon.round([news(NOW)], NOW + seconds * SECOND)).toEqual([]);
    const again = news(NOW + 60 * SECOND);
    const other = new Daemon(webhook);
    other.round([news(NOW)], NOW);
    expect(other.round([again], NOW + 61 * SECOND)).toEqual([]);
    expect(other.nextAt([again], NOW + 61 * SECOND)).toBe(NOW + 1800 * SECOND);
    expect(other.round([again], NOW + 1800 * SECOND)).toEqual(['hook']);
    expect(other.round([again], NOW + 3600 * SECOND)).toEqual([]);
  });

  it('is tried again after a failure, and counts as delivered while its outcome is unknown', () => {
    const failing = new Daemon(webhook);
    failing.round([news(NOW)], NOW, 'failed');
    expect(failing.round([news(NOW)], NOW + 45 * SECOND)).toEqual(['hook']);
    const killed = new Daemon(webhook);
    expect(killed.begin([news(NOW)], NOW)).toHaveLength(1);
    expect(killed.begin([news(NOW)], NOW + 3 * HOUR)).toEqual([]);
  });
});

describe('an alert that holds', () => {
  it('is delivered at once, and again a cooldown after its delivery to each receiver', () => {
    const daemon = new Daemon(webhook, runbook);
    const at = (seconds: number): readonly string[] => daemon.round([alert('a')], NOW + seconds * SECOND);
    expect([0, 1, 899, 900, 1799, 1800, 1801, 2700].map(at)).toEqual([
      ['hook', 'runbook'],
      [],
      [],
      ['runbook'],
      [],
      ['hook', 'runbook'],
      [],
      ['runbook'],
    ]);
  });

  it('is tried again 45 s after the first failure, twice as long after each more, at most an hour', () => {
    const daemon = new Daemon(webhook);
    const waits: number[] = [];
    let last = NOW;
    for (let now = NOW; now < NOW + 4 * HOUR; now += 5 * SECOND)
      if (daemon.round([alert('a')], now, 'failed').length > 0) {
        waits.push((now - last) / SECOND);
        last = now;
      }
    expect(waits).toEqual([0, 45, 90, 180, 360, 720, 1440, 2880, 3600, 3600]);
  });

  it('starts its failures anew after a delivery, and its cooldown at the delivery', () => {
    const daemon = new Daemon(webhook);
    daemon.round([alert('a')], NOW, 'failed');
    expect(daemon.round([alert('a')], NOW + 45 * SECOND)).toEqual(['hook']);
    expect(daemon.round([alert('a')], NOW + 1844 * SECOND)).toEqual([]);
    expect(daemon.round([alert('a')], NOW + 1845 * SECOND, 'failed')).toEqual(['hook']);
    expect(daemon.round([alert('a')], NOW + 1890 * SECOND)).toEqual(['hook']);
  });

  it('fails at one receiver without an effect on another', () => {
    const daemon = new Daemon(webhook, runbook);
    const [first, second] = daemon.begin([alert('a')], NOW);
    if (first === undefined || second === undefined) throw new Error('nothing is due');
    daemon.end(first, 'delivered', NOW);
    daemon.end(second, 'failed', NOW);
    expect(daemon.round([alert('a')], NOW + 45 * SECOND)).toEqual(['runbook']);
  });

  it('is due at once after it was not sent', () => {
    const daemon = new Daemon(webhook);
    daemon.round([alert('a')], NOW, 'unsent');
    expect(daemon.round([alert('a')], NOW)).toEqual(['hook']);
  });

  it('counts as delivered, as late as possible, while its outcome is unknown', () => {
    const daemon = new Daemon(webhook);
    const [lost] = daemon.begin([alert('a')], NOW);
    const due = START_WITHIN_MS + DEADLINE_MS + webhook.cooldownMs;
    expect(daemon.begin([alert('a')], NOW + due - 1)).toEqual([]);
    expect(daemon.round([alert('a')], NOW + due)).toEqual(['hook']);
    // An outcome that arrives after the next intent changes nothing.
    expect(lost === undefined ? '' : daemon.end(lost, 'failed', NOW + due)).toBeUndefined();
  });

  it('goes to the receivers of its plugin', () => {
    const daemon = new Daemon({ ...webhook, plugins: ['other'] }, { ...runbook, plugins: ['toy'] });
    expect(daemon.round([alert('a')], NOW)).toEqual(['runbook']);
  });

  it('is an alert of its own for each subject, and has the subject as a label', () => {
    const daemon = new Daemon(webhook, manager);
    const both = [alert('a', { subject: 'renewal_failed' }), alert('a', { subject: 'renewal_failed-3' })];
    const begun = daemon.begin(both, NOW);
    expect(begun.map(({ delivery }) => delivery.key)).toEqual([
      'toy/Item/a:late/renewal_failed:hook',
      'toy/Item/a:late/renewal_failed:am',
      'toy/Item/a:late/renewal_failed-3:hook',
      'toy/Item/a:late/renewal_failed-3:am',
    ]);
    expect(begun[3]?.delivery.body).toContain('"subject":"renewal_failed-3"');
    const counted = endedDeliveries(
      new Map(),
      new Map([[DELIVERIES, new Map([['toy/Item/a:late/renewal_failed:hook', { failures: 1 }]])]]),
      [webhook],
    );
    expect(counted).toMatchObject([{ plugin: 'toy', class: 'late', result: 'failed' }]);
  });

  it('comes before less urgent ones, 500 in a round', () => {
    const daemon = new Daemon(webhook);
    const alerts = Array.from({ length: 700 }, (_, i) => alert(`n${i}`));
    const keys = daemon.begin(alerts, NOW).map(({ delivery }) => delivery.key);
    expect(keys).toEqual(alerts.slice(0, 500).map((each) => `${alertKey(each)}:hook`));
    expect(daemon.begin(alerts, NOW)).toHaveLength(200);
  });
});

describe('the ledger of deliveries', () => {
  it('drops an entry once the condition has ended and its cooldown is over', () => {
    const daemon = new Daemon(webhook);
    daemon.round([alert('a')], NOW);
    daemon.round([], NOW + 1799 * SECOND);
    expect(daemon.entries.size).toEqual(1);
    // A condition that returns in its cooldown is not delivered again.
    expect(daemon.round([alert('a')], NOW + 1799 * SECOND)).toEqual([]);
    daemon.round([], NOW + 1800 * SECOND);
    expect(daemon.entries.size).toEqual(0);
  });

  it('stays within the alerts of one cooldown, however many come and go', () => {
    const daemon = new Daemon(webhook);
    let most = 0;
    for (let i = 0; i < 1000; i += 1) {
      daemon.round([alert(`n${i}`)], NOW + i * 60 * SECOND, i % 3 === 0 ? 'failed' : 'delivered');
      most = Math.max(most, daemon.entries.size);
    }
    expect(most).toBeLessThanOrEqual(1800 / 60 + 1);
  });

  it('keeps the entries of a plugin that fails, and of a receiver that was removed, for a day', () => {
    const daemon = new Daemon(webhook);
    daemon.round([alert('a')], NOW);
    daemon.plugins = new Set();
    daemon.round([], NOW + 2 * HOUR);
    daemon.plugins = new Set(['toy']);
    daemon.receivers = [];
    daemon.round([alert('a')], NOW + 23 * HOUR);
    expect(daemon.entries.size).toEqual(1);
    daemon.round([alert('a')], NOW + 24 * HOUR);
    expect(daemon.entries.size).toEqual(0);
  });

  it('waits for one cooldown after a clock that was wrong, not until its time', () => {
    const daemon = new Daemon(webhook);
    const ahead = NOW + 1000 * HOUR;
    daemon.round([alert('a')], ahead);
    daemon.begin([alert('b')], ahead);
    daemon.round([alert('c')], ahead, 'failed');
    const all = ['a', 'b', 'c'].map((name) => alert(name));
    expect(daemon.round(all, NOW)).toEqual(['hook']);
    const open = START_WITHIN_MS + DEADLINE_MS;
    expect(daemon.begin(all, NOW + webhook.cooldownMs - 1)).toEqual([]);
    expect(daemon.begin(all, NOW + webhook.cooldownMs)).toHaveLength(2);
    expect(daemon.begin(all, NOW + webhook.cooldownMs + open)).toHaveLength(1);
  });

  it('is not repeated inside its cooldown by a clock that is set forward, and back again', () => {
    const daemon = new Daemon(webhook);
    const all = ['a', 'b'].map((name) => alert(name));
    // Without an outcome, b may have been delivered.
    daemon.round(all.slice(0, 1), NOW);
    daemon.begin(all.slice(1), NOW);
    const skippedMs = 26 * HOUR;
    const ahead = NOW + skippedMs;
    const open = START_WITHIN_MS + DEADLINE_MS;
    expect(daemon.begin(all, ahead + 10 * SECOND, skippedMs)).toEqual([]);
    expect(daemon.begin(all, ahead + webhook.cooldownMs - 1)).toEqual([]);
    expect(daemon.entries.get('toy/Item/a:late:hook')).toEqual({ delivered_at: '2026-11-21T14:00:00.000Z' });
    // Back: a whole cooldown from now.
    expect(daemon.begin(all, NOW + 20 * SECOND)).toEqual([]);
    expect(daemon.begin(all, NOW + 19 * SECOND + webhook.cooldownMs)).toEqual([]);
    expect(daemon.begin(all, NOW + 20 * SECOND + webhook.cooldownMs + open)).toHaveLength(2);
  });

  it('whose cooldown was over before the clock was set forward is due', () => {
    const daemon = new Daemon(webhook);
    daemon.round([alert('a')], NOW);
    const skippedMs = HOUR;
    expect(daemon.begin([alert('a')], NOW + webhook.cooldownMs + skippedMs, skippedMs)).toHaveLength(1);
  });

  it('waits no longer than its cooldown if the clock was set forward by less than that', () => {
    const daemon = new Daemon(webhook);
    daemon.round([alert('a')], NOW);
    const skippedMs = 60 * SECOND;
    daemon.begin([alert('a')], NOW + skippedMs, skippedMs);
    expect(daemon.begin([alert('a')], NOW + skippedMs + webhook.cooldownMs - 1)).toEqual([]);
    expect(daemon.begin([alert('a')], NOW + skippedMs + webhook.cooldownMs)).toHaveLength(1);
  });

  it('records intents, outcomes and ends in words', () => {
    const daemon = new Daemon(webhook);
    const [begun] = daemon.begin([alert('a')], NOW);
    if (begun === undefined) throw new Error('nothing is due');
    expect(begun.change.because).toEqual('toy/Item/a:late is due at hook');
    expect(daemon.end(begun, 'failed', NOW)).toEqual('toy/Item/a:late was not delivered to hook: the words');
    expect(daemon.entries.get('toy/Item/a:late:hook')).toEqual({
      failures: 1,
      next_try_at: '2026-11-20T12:00:45.000Z',
    });
  });
});

describe('an Alertmanager', () => {
  const bodyOf = ({ delivery }: Begun): readonly Record<string, unknown>[] =>
    JSON.parse(delivery.body) as Record<string, unknown>[];

  it('gets an alert with its labels, and its end when the condition ends', () => {
    const daemon = new Daemon(manager);
    const facts = { days: 3, 'not-a-name': 1 };
    const [fired] = daemon.begin([alert('a', { since: NOW - HOUR, facts })], NOW);
    const labels = {
      alertname: 'late',
      project: 'shop',
      plugin: 'toy',
      kind: 'Item',
      address: 'toy/Item/a',
      severity: 'low',
      route: 'ticket',
    };
    expect(fired === undefined ? [] : bodyOf(fired)).toEqual([
      {
        labels,
        annotations: { days: '3', summary: 'a is late' },
        startsAt: '2026-11-20T11:00:00.000Z',
        endsAt: '2026-11-20T12:15:00.000Z',
      },
    ]);
    if (fired !== undefined) daemon.end(fired, 'delivered', NOW);
    const [ended] = daemon.begin([], NOW + SECOND);
    expect(ended === undefined ? [] : bodyOf(ended)).toEqual([{ labels, endsAt: '2026-11-20T12:00:01.000Z' }]);
    if (ended !== undefined) daemon.end(ended, 'delivered', NOW + SECOND);
    expect(daemon.begin([], NOW + 2 * SECOND)).toEqual([]);
    expect(daemon.entries.size).toEqual(1);
    expect(daemon.round([alert('a')], NOW + 299 * SECOND)).toEqual([]);
    daemon.begin([], NOW + 300 * SECOND);
    expect(daemon.entries.size).toEqual(0);
  });

  it('is tried again with the end of an alert until the alert ends by itself', () => {
    const daemon = new Daemon(manager);
    daemon.round([alert('a')], NOW);
    let tries = 0;
    for (let now = NOW; now < NOW + HOUR; now += 5 * SECOND) tries += daemon.round([], now, 'failed').length;
    expect(tries).toEqual(5);
    expect(daemon.entries.size).toEqual(0);
  });

  it('gets no end of an alert whose resource was not refreshed', () => {
    const daemon = new Daemon(manager);
    daemon.round([alert('a'), alert('b')], NOW);
    daemon.unseen = new Set(['toy/Item/a']);
    expect(daemon.round([], NOW + SECOND)).toEqual(['am']);
    daemon.unseen = new Set();
    expect(daemon.round([], NOW + 2 * SECOND)).toEqual(['am']);
  });

  it('gets no end from a plugin that fails', () => {
    const daemon = new Daemon(manager);
    daemon.round([alert('a')], NOW);
    daemon.plugins = new Set();
    expect(daemon.round([], NOW + SECOND)).toEqual([]);
  });
});

/** A reproducible sequence of numbers from 0 to 1. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('kills at any moment', () => {
  it.each([1, 2, 3])('deliver no alert twice inside its cooldown (seed %i)', (seed) => {
    const random = numbers(seed);
    const daemon = new Daemon(webhook, runbook, manager);
    const cooldowns = new Map(daemon.receivers.map(({ name, cooldownMs }) => [name, cooldownMs]));
    const last = new Map<string, number>();
    const pending: { readonly begun: Begun; readonly at: number; readonly result: DeliveryOutcome['result'] }[] = [];
    let delivered = 0;
    let now = NOW;
    for (let round = 0; round < 1000; round += 1) {
      now += Math.floor(random() * 120 * SECOND);
      // Outcomes of earlier rounds are recorded, unless the process was killed before.
      for (const { begun, at, result } of pending.splice(0)) if (random() < 0.7) daemon.end(begun, result, at);
      const alerts = ['a', 'b', 'c'].filter(() => random() < 0.8).map((name) => alert(name));
      for (const begun of daemon.begin(alerts, now)) {
        const { delivery } = begun;
        if (random() < 0.2) continue;
        // A delivery may start late, and take its time.
        const at = now + Math.floor(random() * START_WITHIN_MS) + Math.floor(random() * DEADLINE_MS);
        const isTaken = random() < 0.7;
        const isEnd = delivery.body.startsWith('[') && !delivery.body.includes('annotations');
        if (isTaken && !isEnd) {
          const before = last.get(delivery.key) ?? Number.NEGATIVE_INFINITY;
          expect(at - before).toBeGreaterThanOrEqual(cooldowns.get(delivery.receiver) ?? Number.POSITIVE_INFINITY);
          last.set(delivery.key, at);
          delivered += 1;
        }
        pending.push({ begun, at, result: isTaken ? 'delivered' : 'failed' });
      }
      now = Math.max(now, ...pending.map(({ at }) => at));
    }
    expect(delivered).toBeGreaterThan(200);
  });
});
