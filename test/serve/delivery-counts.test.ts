/** Counts of deliveries by the ledger before and after a round: each ended delivery counts once, with its result. */

import { expect, it } from 'vitest';
import type { Alert, Json, Ledger } from '#plugin';
import { endedDeliveries } from '../../src/serve/alerts/delivery-counts.ts';
import { DELIVERIES, type DeliveryOutcome, dueDeliveries, settled, tended } from '../../src/serve/alerts/deliveries.ts';
import type { Receiver } from '../../src/serve/alerts/receiver.ts';
import { metricsAtStart, seriesIn } from './exposed.ts';

const NOW = Date.UTC(2026, 0, 1);
const ALERT: Alert = {
  class: 'tls_error',
  ref: { plugin: 'certificates', kind: 'Domain', name: 'www' },
  severity: 'critical',
  route: 'ticket',
  message: 'www.example.test: connection refused',
  facts: {},
};
const SLA: Alert = { ...ALERT, class: 'renewal_sla_breach' };
const RECEIVERS: readonly Receiver[] = [
  { name: 'cert-alerts', kind: 'webhook', cooldownMs: 1_800_000 },
  { name: 'cert-runbook', kind: 'runbook', cooldownMs: 900_000 },
  { name: 'am', kind: 'alertmanager', cooldownMs: 300_000 },
];

/** The ledger of a daemon with its rounds: begins what is due, and settles it with a result. */
class Story {
  readonly #entries = new Map<string, Json>();

  ledger(): Ledger {
    return new Map([[DELIVERIES, new Map(this.#entries)]]);
  }

  round(now: number, alerts: readonly Alert[], result?: DeliveryOutcome['result']): ReturnType<typeof endedDeliveries> {
    const before = this.ledger();
    const situation = {
      project: 'shop',
      alerts,
      unseen: new Set<string>(),
      plugins: new Set(['certificates']),
      entries: this.#entries,
      receivers: RECEIVERS,
      now,
    };
    const due = dueDeliveries(situation);
    this.#take(due.map(({ change }) => change));
    if (due.length === 0) this.#take(tended(situation));
    const begun = this.ledger();
    const ended = endedDeliveries(before, begun, RECEIVERS);
    if (result === undefined) return ended;
    for (const { delivery } of due) {
      const { key, begunAt } = delivery;
      const change = settled(this.#entries, { key, begunAt, at: now + 1000, result, message: 'a message' });
      if (change !== undefined) this.#take([change]);
    }
    return [...ended, ...endedDeliveries(begun, this.ledger(), RECEIVERS)];
  }

  #take(changes: readonly { readonly key: string; readonly value?: Json }[]): void {
    for (const { key, value } of changes)
      if (value === undefined) this.#entries.delete(key);
      else this.#entries.set(key, value);
  }
}

const summaryOf = (ended: ReturnType<typeof endedDeliveries>): readonly string[] =>
  ended.map(({ kind, class: named, result, isEnd }) => `${kind} ${named} ${result}${isEnd ? ' end' : ''}`).toSorted();

it('counts each delivery once, with its result', () => {
  const story = new Story();
  expect(summaryOf(story.round(NOW, [ALERT], 'delivered'))).toEqual([
    'alertmanager tls_error delivered',
    'runbook tls_error delivered',
    'webhook tls_error delivered',
  ]);
  expect(summaryOf(story.round(NOW + 60_000, [ALERT], 'delivered'))).toEqual([]);
  expect(summaryOf(story.round(NOW + 400_000, [ALERT], 'failed'))).toEqual(['alertmanager tls_error failed']);
  expect(summaryOf(story.round(NOW + 500_000, [ALERT], 'failed'))).toEqual(['alertmanager tls_error failed']);
  expect(summaryOf(story.round(NOW + 700_000, [], 'delivered'))).toEqual(['alertmanager tls_error delivered end']);
});

it('counts a delivery whose outcome was lost as unknown, after its time', () => {
  const story = new Story();
  expect(summaryOf(story.round(NOW, [ALERT]))).toEqual([]);
  expect(summaryOf(story.round(NOW + 7_200_000, [ALERT], 'unsent'))).toEqual([
    'alertmanager tls_error unknown',
    'runbook tls_error unknown',
    'webhook tls_error unknown',
  ]);
});

it('adds to the metrics under both names', async () => {
  const story = new Story();
  const metrics = await metricsAtStart();
  const deliveries = [
    ...story.round(NOW, [ALERT, SLA], 'delivered'),
    ...story.round(NOW + 2_000_000, [ALERT], 'failed'),
  ];
  metrics.add({ project: 'shop', outcome: 'ok', elapsedMs: 1, deliveries });
  const counted = seriesIn(await metrics.text())
    .filter(({ name, value }) => /alert|runbook/u.test(name) && value > 0)
    .map(({ name, labels: { project: _project, ...labels }, value }) => [name, Object.values(labels).join(' '), value]);
  expect(counted).toEqual([
    ['fettle_alerts_total', 'tls_error', 2],
    ['fettle_alerts_total', 'renewal_sla_breach', 2],
    ['fettle_alert_deliveries_total', 'webhook delivered', 2],
    ['fettle_alert_deliveries_total', 'webhook failed', 1],
    ['fettle_alert_deliveries_total', 'runbook delivered', 2],
    ['fettle_alert_deliveries_total', 'runbook failed', 1],
    ['fettle_alert_deliveries_total', 'alertmanager delivered', 2],
    ['fettle_alert_deliveries_total', 'alertmanager failed', 1],
    ['fettle_runbook_calls_total', 'delivered', 2],
    ['fettle_runbook_calls_total', 'failed', 1],
    ['fdt_cert_alerts_sent_total', '', 2],
    ['fdt_cert_renewal_sla_alerts_sent_total', '', 2],
    ['fdt_cert_runbook_triggers_total', '', 2],
    ['fdt_cert_runbook_trigger_failures_total', '', 1],
  ]);
});
