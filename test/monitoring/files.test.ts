/** Rules and dashboards name only metrics, labels and values that runs expose, and every alert has its runbook. */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { builtinPlugins } from '../../src/plugins.ts';
import { metricsAtStart, scraped, type Series, seriesIn, typesIn } from '../serve/exposed.ts';
import {
  alertRules,
  dashboards,
  groupingsIn,
  ROOT,
  RULES,
  ruleFiles,
  type Selector,
  selectorsIn,
} from './monitoring.ts';

const PAGE_OR_TICKET = ['page', 'ticket'];

let text = '';
let series: readonly Series[] = [];
/** Kinds and states of the plugins. */
const kinds = new Map<string, ReadonlyMap<string, readonly string[]>>();

beforeAll(async () => {
  text = await scraped();
  const started = await (await metricsAtStart()).text();
  series = [...seriesIn(text), ...seriesIn(started)];
  for (const [name, load] of builtinPlugins) {
    const { tables } = await load();
    const states = Object.entries(tables.kinds).map(
      ([kind, { machines }]) => [kind, Object.values(machines)[0]?.states ?? []] as const,
    );
    kinds.set(name, new Map(states));
  }
}, 120_000);

/** The values that a label of `fettle_resources` can have: a test does not run every plugin. */
function specValues(label: string): readonly string[] {
  if (label === 'plugin') return [...kinds.keys()];
  const all = [...kinds.values()].flatMap((each) => [...each]);
  return label === 'kind' ? all.map(([kind]) => kind) : all.flatMap(([, states]) => states);
}

function valuesOf(name: string, label: string): readonly string[] {
  if (name === 'fettle_resources') return specValues(label);
  if (name === 'fettle_actions_total' && label === 'plugin') return specValues(label);
  if (name === 'fettle_actions_total' && label === 'outcome') return ['done', 'failed', 'unknown', 'stale'];
  if (name === 'fettle_findings' && label === 'severity') return ['critical', 'error', 'warning', 'info'];
  return series.filter((each) => each.name === name).flatMap(({ labels }) => labels[label] ?? []);
}

/** The mistakes of a selector. */
function mistakesOf({ name, matchers }: Selector): readonly string[] {
  const own = series.filter((each) => each.name === name);
  if (!typesIn(text).has(name)) return [`${name} is not exposed`];
  const labels = new Set(own.flatMap((each) => Object.keys(each.labels)));
  return matchers.flatMap(({ label, operator, value }) => {
    if (label === 'project') return [];
    if (!labels.has(label) && own.length > 0) return [`${name} has no label ${label}`];
    const named = operator.endsWith('~') ? value.split('|') : [value];
    const known = new Set(valuesOf(name, label));
    return named.filter((each) => !known.has(each)).map((each) => `${name} has no ${label} ${each}`);
  });
}

describe('rules', () => {
  it.each(ruleFiles)('%s is valid for promtool', (file) => {
    const { status, stderr, stdout } = spawnSync('promtool', ['check', 'rules', join(RULES, file)], {
      encoding: 'utf8',
    });
    expect([status, stderr], stdout).toEqual([0, '']);
  });

  it('have names of their own, a severity, and all annotations', () => {
    expect(new Set(alertRules.map(({ alert }) => alert)).size).toBe(alertRules.length);
    for (const { alert, labels, annotations } of alertRules) {
      expect(PAGE_OR_TICKET, alert).toContain(labels.severity);
      expect(Object.keys(annotations), alert).toEqual(['summary', 'description', 'runbook_url']);
    }
  });

  it.each(alertRules.map(({ alert, expr }) => [alert, expr]))(
    '%s names only series that are exposed',
    (_alert, expr) => {
      expect(selectorsIn(expr).length).toBeGreaterThan(0);
      expect(selectorsIn(expr).flatMap(mistakesOf)).toEqual([]);
      const labels = new Set(
        selectorsIn(expr).flatMap(({ name }) =>
          series.filter((each) => each.name === name).flatMap((each) => Object.keys(each.labels)),
        ),
      );
      // Actions have series only with permissions or after the first action.
      for (const label of ['plugin', 'step']) if (expr.includes('fettle_actions_total')) labels.add(label);
      for (const label of groupingsIn(expr)) expect(labels).toContain(label);
    },
  );
});

describe('the runbook', () => {
  const runbook = readFileSync(join(ROOT, 'docs/runbook.md'), 'utf8');
  const headings = [...runbook.matchAll(/^### (\S+)$/gmu)].map(([, name = '']) => name);

  it('has a part for every alert, and no other', () => {
    expect(headings.toSorted()).toEqual(alertRules.map(({ alert }) => alert).toSorted());
  });

  it.each(alertRules.map(({ alert, annotations }) => [alert, annotations.runbook_url]))(
    '%s links to its part',
    (alert, url) => {
      const { bugs } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
        readonly bugs: { url: string };
      };
      const repository = bugs.url.replace(/\/issues$/u, '');
      expect(url).toBe(`${repository}/blob/main/docs/runbook.md#${alert.toLowerCase()}`);
    },
  );

  it('says what each alert means, its severity, what to check, and commands', () => {
    for (const part of runbook.split(/^### /mu).slice(1)) {
      const [name = ''] = part.split('\n');
      const rule = alertRules.find(({ alert }) => alert === name);
      expect(part, name).toContain(`Severity: \`${rule?.labels.severity}\`, after ${rule?.for}.`);
      expect(part, name).toMatch(/\nCheck:\n\n- /u);
      expect(part, name).toMatch(/\n```\n[^`]+\n```/u);
    }
  });

  it('links only to parts that exist', () => {
    const anchors = new Set(headings.map((name) => `#${name.toLowerCase()}`));
    for (const [, anchor] of runbook.matchAll(/\]\((#[^)]+)\)/gu)) expect(anchors).toContain(anchor);
  });
});

const OWN = dashboards.filter(({ uid }) => uid.startsWith('fettle-'));

describe('dashboards', () => {
  it('are those of the fleet, certificates, nodes, fabrics, ports, and of the daemon of a switch', () => {
    expect(dashboards.map(({ file }) => file)).toEqual([
      'certificates.json',
      'fabric.json',
      'fleet.json',
      'nodes.json',
      'ports.json',
      'portsync-alerts.json',
      'portsync-health-overview.json',
      'portsync-sync-performance.json',
      'portsync-trends.json',
    ]);
    expect(new Set(dashboards.map(({ uid }) => uid)).size).toBe(dashboards.length);
  });

  it.each(dashboards.map((dashboard) => [dashboard.file, dashboard] as const))(
    '%s has a variable for the data source, and panels that do not overlap',
    (_file, { panels, templating: { list } }) => {
      expect(list.find(({ name }) => name === 'datasource')).toMatchObject({ type: 'datasource', query: 'prometheus' });
      expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
      for (const { datasource } of panels) expect(datasource.uid).toBe('${datasource}');
      const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
        Array.from({ length: w * h }, (_, i) => `${x + (i % w)} ${y + Math.floor(i / w)}`),
      );
      expect(new Set(cells).size).toBe(cells.length);
      for (const {
        gridPos: { x, w },
      } of panels)
        expect(x + w).toBeLessThanOrEqual(24);
    },
  );

  it.each(OWN.map((dashboard) => [dashboard.file, dashboard] as const))(
    '%s has a variable for the project, and names only series that are exposed',
    (_file, { panels, templating: { list } }) => {
      expect(list.find(({ name }) => name === 'project')?.query).toContain('label_values(');
      const expressions = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
      expect(expressions.flatMap(selectorsIn).flatMap(mistakesOf)).toEqual([]);
      for (const expr of expressions) {
        expect(selectorsIn(expr).length, expr).toBeGreaterThan(0);
        if (!expr.includes('fettle_build_info')) expect(expr).toContain('project=~"$project"');
      }
    },
  );
});
