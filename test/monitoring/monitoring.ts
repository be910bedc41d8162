/** The files of `monitoring/`: alert rules and dashboards, and the selectors in their expressions. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export const ROOT = join(import.meta.dirname, '../..');
export const RULES = join(ROOT, 'monitoring/rules');
const DASHBOARDS = join(ROOT, 'monitoring/dashboards');

export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: { readonly severity: string };
  readonly annotations: {
    readonly summary: string;
    readonly description: string;
    readonly runbook_url: string;
  };
}

/** Names of the files with rules. */
export const ruleFiles: readonly string[] = readdirSync(RULES).toSorted();

export const alertRules: readonly AlertRule[] = ruleFiles.flatMap((file) => {
  const { groups } = parse(readFileSync(join(RULES, file), 'utf8')) as {
    readonly groups: readonly { readonly rules: readonly AlertRule[] }[];
  };
  return groups.flatMap(({ rules }) => rules);
});

export interface Dashboard {
  readonly file: string;
  readonly uid: string;
  readonly title: string;
  readonly schemaVersion: number;
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly type: string; readonly query: string }[];
  };
  readonly panels: readonly {
    readonly id: number;
    readonly type: string;
    readonly title: string;
    readonly gridPos: { readonly h: number; readonly w: number; readonly x: number; readonly y: number };
    readonly datasource: { readonly uid: string };
    readonly targets: readonly { readonly refId: string; readonly expr: string; readonly legendFormat: string }[];
  }[];
}

export const dashboards: readonly Dashboard[] = readdirSync(DASHBOARDS)
  .toSorted()
  .map((file) => ({ file, ...(JSON.parse(readFileSync(join(DASHBOARDS, file), 'utf8')) as Omit<Dashboard, 'file'>) }));

/** A metric in an expression, with the labels that select its series. */
export interface Selector {
  readonly name: string;
  readonly matchers: readonly { readonly label: string; readonly operator: string; readonly value: string }[];
}

const MATCHER = /(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"/gu;

/** The metrics of fettle and of the daemon of a switch in an expression. */
export function selectorsIn(expr: string): readonly Selector[] {
  return [...expr.matchAll(/\b((?:fettle|fdt_cert|portsyncd)_\w+)(?:\{([^}]*)\})?/gu)].map(
    ([, name = '', inner = '']) => ({
      name,
      matchers: [...inner.matchAll(MATCHER)].map(([, label = '', operator = '', value = '']) => ({
        label,
        operator,
        value,
      })),
    }),
  );
}

/** The labels by which an expression groups or joins. */
export function groupingsIn(expr: string): readonly string[] {
  return [...expr.matchAll(/\b(?:by|on)\s*\(([^)]*)\)/gu)].flatMap(([, labels = '']) =>
    labels.split(',').map((label) => label.trim()),
  );
}
