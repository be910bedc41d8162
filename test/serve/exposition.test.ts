/** `/metrics` of a real daemon: clean under promtool, as documented, bounded, and the same set of series in every round. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { complaintsAbout, metricsAtStart, scraped, seriesIn, typesIn } from './exposed.ts';

const COMPAT_COMPLAINTS = [
  'fdt_cert_domains_total',
  'fdt_cert_events_pending_total',
  'fdt_cert_events_failed_total',
  'fdt_cert_domains_renewal_sla_warning_total',
  'fdt_cert_domains_renewal_sla_breach_total',
  'fdt_cert_replication_targets_total',
].map((name) => `${name} non-counter metrics should not have "_total" suffix`);
const PORTSYNCD_COMPLAINTS = [
  'warm_restarts',
  'cold_starts',
  'eoiu_detected',
  'eoiu_timeouts',
  'state_recoveries',
  'corruptions_detected',
  'backups_created',
  'backups_cleaned',
].map((name) => `portsyncd_${name} counter metrics should have "_total" suffix`);

let text = '';
beforeAll(async () => {
  text = await scraped();
}, 120_000);

describe('after two rounds', () => {
  it('promtool complains only about names of another program', () => {
    expect(complaintsAbout(text).toSorted()).toEqual([...COMPAT_COMPLAINTS, ...PORTSYNCD_COMPLAINTS].toSorted());
  });

  it('the table of docs/serve.md has every metric with its type and labels, and no other', () => {
    const docs = readFileSync(join(import.meta.dirname, '../../docs/serve.md'), 'utf8');
    const rows = [
      ...docs.matchAll(/^\| `((?:fettle|fdt_cert|portsyncd)_\w+)` \| (gauge|counter|histogram) \| ([^|]*)\|/gmu),
    ];
    const documented = rows.map(([, name, type, labels = '']) => [
      name,
      type,
      // Values of a label follow a colon.
      [...labels.replaceAll(/: [^|]*?(?=, `\w+`: |$)/gu, '').matchAll(/`(\w+)`/gu)]
        .map(([, label = '']) => label)
        .toSorted(),
    ]);
    const series = seriesIn(text);
    const exposed = [...typesIn(text)].map(([name, type]) => {
      const { labels = {} } = series.find((each) => each.name === name) ?? {};
      return [
        name,
        type,
        Object.keys(labels)
          .filter((label) => label !== 'project')
          .toSorted(),
      ];
    });
    // A metric without a series has no labels to compare.
    const bare = new Set(exposed.filter(([name]) => !series.some((each) => each.name === name)).map(([name]) => name));
    const sorted = (all: readonly (readonly unknown[])[]): readonly (readonly unknown[])[] =>
      all
        .map((each) => (bare.has(String(each[0])) ? each.slice(0, 2) : each))
        .toSorted((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1));
    expect(sorted(documented)).toEqual(sorted(exposed));
  });

  it('has values of the round', () => {
    const valueOf = (name: string, labels: Readonly<Record<string, string>> = {}): number | undefined =>
      seriesIn(text).find(
        (each) => each.name === name && Object.entries(labels).every(([label, value]) => each.labels[label] === value),
      )?.value;
    expect(valueOf('fettle_certificates', { state: 'normal' })).toBe(1);
    expect(valueOf('fettle_domain_probe_success', { name: 'www' })).toBe(0);
    expect(valueOf('fdt_cert_domains_total', { status: 'tls_error' })).toBe(1);
    const end = valueOf('fettle_certificate_not_after_timestamp_seconds', { name: 'www', issuer: 'internal' }) ?? 0;
    const due = valueOf('fettle_certificate_renewal_timestamp_seconds', { name: 'www' }) ?? 0;
    expect(end - Date.now() / 1000).toBeGreaterThan(89 * 86_400);
    expect(end - due).toBe(31 * 86_400);
    expect(valueOf('fettle_certificate_earliest_not_after_timestamp_seconds')).toBe(end);
    expect(valueOf('fettle_events', { status: 'failed' })).toBe(0);
    expect(valueOf('fettle_plugin_metrics_successful', { plugin: 'certificates' })).toBe(1);
  });

  it('has the label project everywhere, except for the version', () => {
    const without = seriesIn(text).filter(({ labels }) => labels['project'] === undefined);
    expect(without.map(({ name }) => name)).toEqual(['fettle_build_info']);
  });
});

describe('before the first round', () => {
  it('has every counter, and every gauge whose labels have a list of values, at 0', async () => {
    const started = await (await metricsAtStart({ permissions: [] })).text();
    const first = seriesIn(started);
    expect(first.filter(({ name, value }) => name.endsWith('_total') && value !== 0)).toEqual([]);
    const seriesOf = (all: readonly { readonly name: string; readonly labels: object }[]): ReadonlySet<string> =>
      new Set(all.map(({ name, labels }) => `${name}${JSON.stringify(labels)}`));
    const known = seriesOf(first);
    // The actions of permissions are tested with permissions.
    const late = seriesIn(text).filter(
      ({ name, labels }) =>
        typesIn(text).get(name) === 'counter' &&
        name !== 'fettle_actions_total' &&
        // The hosts of directories are in the documents.
        labels['host'] === undefined &&
        !known.has(`${name}${JSON.stringify(labels)}`),
    );
    expect(late).toEqual([]);
    for (const status of ['pending_issue', 'issued', 'tls_error'])
      expect(known.has(`fdt_cert_domains_total${JSON.stringify({ project: 'shop', status })}`)).toBe(true);
  });

  it('is clean under promtool without the names of another program', async () => {
    expect(complaintsAbout(await (await metricsAtStart({ compat: false })).text())).toEqual([]);
  });

  it('has the actions of permissions at 0', async () => {
    const permissions = [{ plugin: 'certificates', steps: ['expiring_soon>renewing'], causes: ['time'] }] as const;
    const series = seriesIn(await (await metricsAtStart({ permissions })).text());
    const actions = series.filter(({ name }) => name === 'fettle_actions_total');
    expect(actions.map(({ labels, value }) => [labels['outcome'], value])).toEqual([
      ['done', 0],
      ['failed', 0],
      ['unknown', 0],
      ['stale', 0],
    ]);
  });
});
