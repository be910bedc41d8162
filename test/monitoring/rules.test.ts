/** Every alert rule fires, and does not fire, under `promtool test rules`, on series that real runs expose. */

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { metricsAtStart, scraped, seriesIn } from '../serve/exposed.ts';
import { temporaryFolder } from '../support/cli.ts';
import { alertRules } from './monitoring.ts';

/** Series with their values, one a minute, in the notation of promtool. */
type Input = Readonly<Record<string, string>>;

interface Case {
  readonly alert: string;
  readonly fires: Input;
  /** Labels of the alert, except for its severity. */
  readonly labels: Readonly<Record<string, string>>;
  readonly quiet: Input;
}

const SHOP = { project: 'shop' };
/** Minutes after which alerts are compared. */
const AT = 200;

/** A value that stays. */
const stays = (value: number): string => `${value}x${AT}`;
/** A counter that is 0 for an hour and a half, and then grows each minute. */
const grows = (by: number): string => `0x120 ${by}+${by}x${AT - 120}`;
/** A counter that grew once, at its first hour, and then stays. */
const grewOnce = `0x30 5x${AT - 30}`;

function gauge(name: string, labels: string, fires: number, quiet: number): Pick<Case, 'fires' | 'quiet'> {
  const series = `${name}{project="shop"${labels}}`;
  return { fires: { [series]: stays(fires) }, quiet: { [series]: stays(quiet) } };
}

/** A rule about the alerts of one class that hold. */
function alertCase(alert: string, plugin: string, named: string): Case {
  const labels = { ...SHOP, plugin, class: named };
  return { alert, labels, ...gauge('fettle_alerts_active', `,plugin="${plugin}",class="${named}"`, 1, 0) };
}

const REFRESHED = 'fettle_last_refresh_timestamp_seconds{project="shop"}';
const STARTED = 'fettle_start_timestamp_seconds{project="shop"}';
const INTERVAL = 'fettle_refresh_interval_seconds{project="shop"}';
const ROUNDS = 'fettle_rounds_total{project="shop",outcome=';
const ACTIONS = 'fettle_actions_total{project="shop",plugin="certificates",step="absent>normal",outcome=';
const DELIVERIES = 'fettle_alert_deliveries_total{project="shop",receiver="webhook",result=';
const RENEWAL = 'fettle_certificate_renewal_timestamp_seconds{project="shop",name="www",issuer="internal"}';
const END = 'fettle_certificate_not_after_timestamp_seconds{project="shop",name="www",issuer="internal"}';
const HOST = '169.254.0.1';
const REQUESTS = `fettle_acme_requests_total{project="shop",host="${HOST}",action="order",status=`;
const LATE = 'fettle_certificates_late{project="shop"}';
/** Times in seconds since the start of the test. */
const now = AT * 60;

const CASES: readonly Case[] = [
  {
    alert: 'FettleAbsent',
    labels: {},
    fires: { [REFRESHED]: stays(0) },
    quiet: { 'fettle_build_info{version="0.1.0"}': stays(1) },
  },
  {
    alert: 'FettleNotRefreshing',
    labels: SHOP,
    fires: { [REFRESHED]: stays(0), [STARTED]: stays(now), [INTERVAL]: stays(300) },
    quiet: { [REFRESHED]: `0+60x${AT}`, [STARTED]: stays(0), [INTERVAL]: stays(300) },
  },
  {
    // A daemon that never refreshed has no time of its last refresh.
    alert: 'FettleNotRefreshing',
    labels: SHOP,
    fires: { [STARTED]: stays(0), [INTERVAL]: stays(300) },
    quiet: { [STARTED]: stays(now - 900), [INTERVAL]: stays(300) },
  },
  {
    alert: 'FettleRoundsFailing',
    labels: SHOP,
    fires: { [`${ROUNDS}"failed"}`]: grows(1), [`${ROUNDS}"ok"}`]: stays(0), [`${ROUNDS}"stopped"}`]: stays(0) },
    quiet: { [`${ROUNDS}"failed"}`]: grewOnce, [`${ROUNDS}"ok"}`]: grows(1), [`${ROUNDS}"locked"}`]: grows(1) },
  },
  {
    alert: 'FettleConfigNotLoaded',
    labels: SHOP,
    ...gauge('fettle_config_last_reload_successful', '', 0, 1),
  },
  { alert: 'FettleLockHeldLong', labels: SHOP, ...gauge('fettle_lock_held_seconds', '', 1801, 1800) },
  { alert: 'FettleLogDamaged', labels: SHOP, ...gauge('fettle_log_damaged', '', 1, 0) },
  { alert: 'FettleInboxStuck', labels: SHOP, ...gauge('fettle_inbox_oldest_seconds', '', 901, 900) },
  {
    alert: 'FettleRegionStale',
    labels: { ...SHOP, region: 'us' },
    ...gauge('fettle_replication_stale', ',region="us"', 1, 0),
  },
  {
    alert: 'FettleEventsWaiting',
    labels: { ...SHOP, region: 'us' },
    ...gauge('fettle_events_waiting_since_timestamp_seconds', ',region="us"', 0, now - 1800),
  },
  {
    alert: 'FettleEventsRefused',
    labels: SHOP,
    fires: { 'fettle_events_received_total{project="shop",result="signature"}': grows(2) },
    quiet: {
      'fettle_events_received_total{project="shop",result="accepted"}': grows(100),
      'fettle_events_received_total{project="shop",result="signature"}': grows(1),
    },
  },
  {
    alert: 'FettleAlertsNotDelivered',
    labels: { ...SHOP, receiver: 'webhook' },
    fires: { [`${DELIVERIES}"failed"}`]: grows(1), [`${DELIVERIES}"delivered"}`]: stays(0) },
    quiet: { [`${DELIVERIES}"failed"}`]: grows(1), [`${DELIVERIES}"delivered"}`]: grows(1) },
  },
  { alert: 'FettleDrift', labels: SHOP, ...gauge('fettle_drifted_resources', '', 1, 0) },
  {
    alert: 'FettleRejectedRows',
    labels: SHOP,
    fires: gauge('fettle_plan_rows', ',verdict="reject",goal="update"', 1, 0).fires,
    quiet: {
      ...gauge('fettle_plan_rows', ',verdict="reject",goal="update"', 1, 0).quiet,
      ...gauge('fettle_plan_rows', ',verdict="accept",goal="update"', 5, 5).quiet,
    },
  },
  {
    alert: 'FettleGaps',
    labels: { ...SHOP, plugin: 'nodes' },
    ...gauge('fettle_gaps', ',plugin="nodes"', 1, 0),
  },
  {
    alert: 'FettleCriticalFindings',
    labels: { ...SHOP, code: 'refused' },
    fires: gauge('fettle_findings', ',code="refused",severity="critical"', 1, 0).fires,
    quiet: gauge('fettle_findings', ',code="refused",severity="error"', 3, 3).quiet,
  },
  {
    alert: 'FettleActionsFailing',
    labels: { ...SHOP, plugin: 'certificates', step: 'absent>normal' },
    fires: { [`${ACTIONS}"failed"}`]: grows(1), [`${ACTIONS}"done"}`]: grows(1) },
    quiet: { [`${ACTIONS}"failed"}`]: grewOnce, [`${ACTIONS}"done"}`]: grows(1) },
  },
  {
    alert: 'FettleMetricsIncomplete',
    labels: { ...SHOP, plugin: 'certificates' },
    ...gauge('fettle_plugin_metrics_successful', ',plugin="certificates"', 0, 1),
  },
  {
    alert: 'FettleMetricsIncomplete',
    labels: { ...SHOP, metric: 'fettle_domain_probe_success' },
    ...gauge('fettle_omitted_series', ',metric="fettle_domain_probe_success"', 2001, 0),
  },
  {
    alert: 'FettleWatcherDown',
    labels: { ...SHOP, plugin: 'fabric' },
    ...gauge('fettle_watcher_up', ',plugin="fabric"', 0, 1),
  },
  {
    alert: 'CertificateLifecycleRunbookFailures',
    labels: SHOP,
    fires: { 'fettle_runbook_calls_total{project="shop",result="failed"}': grows(1) },
    quiet: {
      'fettle_runbook_calls_total{project="shop",result="failed"}': grewOnce,
      'fettle_runbook_calls_total{project="shop",result="delivered"}': grows(1),
    },
  },
  {
    alert: 'CertificateTlsErrorsPresent',
    labels: { ...SHOP, state: 'tls_error' },
    fires: gauge('fettle_domains', ',state="tls_error"', 1, 0).fires,
    quiet: {
      ...gauge('fettle_domains', ',state="tls_error"', 1, 0).quiet,
      ...gauge('fettle_domains', ',state="issued"', 9, 9).quiet,
    },
  },
  {
    alert: 'CertificateEventBacklogGrowing',
    labels: { ...SHOP, status: 'pending' },
    ...gauge('fettle_events', ',status="pending"', 101, 100),
  },
  {
    alert: 'CertificateRenewalSlaBreach',
    labels: { ...SHOP, class: 'breach' },
    ...gauge('fettle_renewal_sla', ',class="breach"', 1, 0),
  },
  {
    alert: 'CertificateRenewalSlaWarning',
    labels: { ...SHOP, class: 'warning' },
    ...gauge('fettle_renewal_sla', ',class="warning"', 1, 0),
  },
  {
    // Half of the renewal window has passed at one, and not at the other.
    alert: 'FettleCertificateExpiringUnrenewed',
    labels: { ...SHOP, name: 'www', issuer: 'internal' },
    fires: { [RENEWAL]: stays(0), [END]: stays(2 * now - 3600), [LATE]: stays(1) },
    quiet: { [RENEWAL]: stays(0), [END]: stays(2 * now + 60), [LATE]: stays(0) },
  },
  {
    // Above the limit of series, only the total is left.
    alert: 'FettleCertificateExpiringUnrenewed',
    labels: SHOP,
    fires: { [LATE]: stays(1) },
    quiet: { [LATE]: stays(0) },
  },
  {
    alert: 'FettleCertificateExpired',
    labels: { ...SHOP, state: 'expired' },
    ...gauge('fettle_certificates', ',state="expired"', 1, 0),
  },
  {
    // An authority that refused one order, with all others.
    alert: 'FettleAcmeRateLimited',
    labels: { ...SHOP, host: HOST },
    fires: gauge('fettle_acme_orders_waiting', `,host="${HOST}"`, 1, 0).fires,
    quiet: {
      ...gauge('fettle_acme_orders_waiting', `,host="${HOST}"`, 1, 0).quiet,
      [`${REQUESTS}"429"}`]: grewOnce,
    },
  },
  {
    alert: 'FettleAcmeRateLimited',
    labels: { ...SHOP, host: HOST },
    fires: { [`${REQUESTS}"429"}`]: grows(1) },
    quiet: { [`${REQUESTS}"429"}`]: stays(3), [`${REQUESTS}"error"}`]: grows(1) },
  },
  {
    alert: 'FettleAcmeOrdersFailing',
    labels: { ...SHOP, host: HOST },
    ...gauge('fettle_acme_orders_failing', `,host="${HOST}"`, 1, 0),
  },
  {
    alert: 'FettleDeadLetters',
    labels: { ...SHOP, status: 'failed' },
    ...gauge('fettle_events', ',status="failed"', 1, 0),
  },
  {
    alert: 'FettleIncidentsOpen',
    labels: { ...SHOP, tier: '2' },
    fires: gauge('fettle_incidents', ',status="open",tier="2"', 1, 0).fires,
    quiet: {
      ...gauge('fettle_incidents', ',status="open",tier="1"', 4, 4).quiet,
      ...gauge('fettle_incidents', ',status="acknowledged",tier="3"', 4, 4).quiet,
    },
  },
  alertCase('FettleNodeUnhealthy', 'nodes', 'unhealthy'),
  alertCase('FettleNodeDiskCritical', 'nodes', 'disk-critical'),
  alertCase('FettleNodeDiskFull', 'nodes', 'disk-full'),
  alertCase('FettleNodeCreationExhausted', 'nodes', 'creation-exhausted'),
  alertCase('FettleNodeDecisions', 'nodes', 'decision-failed'),
  alertCase('FettleNodeDecisions', 'nodes', 'decision-rejected'),
  alertCase('FettleFabricConnectionFailed', 'fabric', 'connection_failure'),
  alertCase('FettleFabricSyncFailed', 'fabric', 'sync_failure'),
  alertCase('FettleFabricMaintenanceReview', 'fabric', 'maintenance_review'),
  alertCase('FettleFabricObjects', 'fabric', 'orphaned_resource'),
  alertCase('FettleFabricObjects', 'fabric', 'conflict_detected'),
  alertCase('FettleFabricObjects', 'fabric', 'validation_error'),
  alertCase('FettleFabricObjects', 'fabric', 'deletion_pending'),
  alertCase('FettleFabricObjects', 'fabric', 'drift_detected'),
  alertCase('FettleSwitchDaemonCritical', 'portsync', 'corruption'),
  alertCase('FettleSwitchDaemonCritical', 'portsync', 'longest-initial-sync'),
  alertCase('FettleSwitchDaemonCritical', 'portsync', 'restart-rate'),
  alertCase('FettleSwitchDaemonWarning', 'portsync', 'eoiu-timeout-rate'),
  alertCase('FettleSwitchDaemonWarning', 'portsync', 'cold-starts'),
  alertCase('FettleSwitchDaemonWarning', 'portsync', 'low-health-score'),
  alertCase('FettleSwitchDaemonWarning', 'portsync', 'recovery-success'),
];

/** A text that is the same for the same labels. */
function textOf(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map((each) => each.join('='))
    .toSorted()
    .join(' ');
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return `{${pairs.join(', ')}}`;
}

/** The firing alerts of one name, as a test of promtool. */
function promtoolTest(alert: string, input: Input, labels: Readonly<Record<string, string>> | undefined): object {
  const severity = alertRules.find((rule) => rule.alert === alert)?.labels.severity ?? '';
  const all = { alertname: alert, alertstate: 'firing', ...labels, severity };
  return {
    interval: '1m',
    input_series: Object.entries(input).map(([series, values]) => ({ series, values })),
    promql_expr_test: [
      {
        expr: `ALERTS{alertname="${alert}",alertstate="firing"}`,
        eval_time: `${AT}m`,
        exp_samples: labels === undefined ? [] : [{ labels: `ALERTS${labelText(all)}`, value: 1 }],
      },
    ],
  };
}

interface Tests {
  readonly alert: string;
  readonly tests: readonly object[];
}

/** The output of each group of tests of one rule, alone: with all others, promtool takes twenty times as long. */
function outputsOf(groups: readonly Tests[]): readonly string[] {
  const folder = temporaryFolder();
  const files = groups.map(({ alert, tests }, i) => {
    const [file, rules] = [join(folder, `tests-${i}.yml`), join(folder, `rules-${i}.yml`)];
    const own = alertRules.filter((rule) => rule.alert === alert);
    // JSON is YAML.
    writeFileSync(rules, JSON.stringify({ groups: [{ name: 'fettle', rules: own }] }));
    writeFileSync(file, JSON.stringify({ rule_files: [rules], evaluation_interval: '1m', tests }));
    return file;
  });
  // One process, whose start takes longer than a group. Failures are on standard error, in their place among the rest.
  const { stdout } = spawnSync('sh', ['-c', 'exec promtool test rules "$@" 2>&1', 'sh', ...files], {
    encoding: 'utf8',
  });
  const [before, ...outputs] = stdout.split('Unit Testing:  ');
  expect([before, outputs.map((output) => output.split('\n')[0])]).toEqual(['', files]);
  return outputs.map((output) => (output.endsWith('SUCCESS\n\n') ? '' : output));
}

it('every rule has a case', () => {
  expect([...new Set(CASES.map(({ alert }) => alert))].toSorted()).toEqual(
    alertRules.map(({ alert }) => alert).toSorted(),
  );
});

describe('alerts', () => {
  let outputs: readonly string[] = [];
  beforeAll(() => {
    outputs = outputsOf(
      CASES.map(({ alert, fires, labels, quiet }) => ({
        alert,
        // The last one is wrong, and the only one that fails: it passes only if the first one fails.
        tests: [
          promtoolTest(alert, fires, labels),
          promtoolTest(alert, quiet, undefined),
          promtoolTest(alert, fires, undefined),
        ],
      })),
    );
  });

  describe.each(CASES.map(({ alert, labels }, at) => ({ alert, labels, at })))('$alert', ({ labels, at }) => {
    it(`fires with ${JSON.stringify(labels)}, and only then`, () => {
      const output = outputs[at] ?? '';
      expect(output.match(/exp: .*/gu), output).toEqual(['exp: nil']);
    });
  });
});

it('a counter that is born at 1 would not fire, so counters start at 0', () => {
  const series = 'fettle_runbook_calls_total{project="shop",result="failed"}';
  const alert = 'CertificateLifecycleRunbookFailures';
  const born = { [series]: `_x190 1x10` };
  const from0 = { [series]: `0x190 1x10` };
  const tests = [promtoolTest(alert, born, undefined), promtoolTest(alert, from0, SHOP)];
  expect(outputsOf([{ alert, tests }])).toEqual(['']);
});

describe('the series of the cases', () => {
  let exposed = new Set<string>();
  let labelsOf = new Map<string, string>();

  beforeAll(async () => {
    const permissions = [{ plugin: 'certificates', steps: ['absent>normal'], causes: ['new'] }] as const;
    const started = await (await metricsAtStart({ permissions, peers: ['us'] })).text();
    const all = [...seriesIn(await scraped()), ...seriesIn(started)];
    const keyOf = (labels: Readonly<Record<string, string>>): string => Object.keys(labels).toSorted().join(',');
    labelsOf = new Map(all.map(({ name, labels }) => [name, keyOf(labels)]));
    exposed = new Set(all.map(({ name, labels }) => `${name} ${textOf(labels)}`));
  }, 120_000);

  it('have the names and labels of series that a run exposes', () => {
    const inputs = CASES.flatMap(({ fires, quiet }) => [...Object.keys(fires), ...Object.keys(quiet)]);
    for (const { name, labels } of seriesIn(inputs.map((series) => `${series} 0`).join('\n'))) {
      // Events wait in a daemon with other regions alone: test/serve/regions.test.ts.
      if (name === 'fettle_events_waiting_since_timestamp_seconds') continue;
      expect(labelsOf.get(name), name).toBe(Object.keys(labels).toSorted().join(','));
      // The findings of a run are what its documents and servers are.
      if (name !== 'fettle_findings') expect(exposed).toContain(`${name} ${textOf(labels)}`);
    }
  });
});
