/** Alerts of plugins: in the order of their urgency, checked against the spec, redacted, and each plugin for itself. */

import { describe, expect, it } from 'vitest';
import { alertsOf } from '../../src/engine/alerts.ts';
import { raisingPlugins } from '../../src/engine/raising.ts';
import type { Alert, Plugin, RaiseAlerts, Resource } from '#plugin';
import { resourceWith } from '../support/resource.ts';
import { sceneAt } from '../support/scene.ts';
import { toyPlugin } from '../support/toy.ts';

const NOW = Date.parse('2026-11-20T12:00:00Z');
const SETTINGS = { environment: 'prod', renewalWarningMs: 0 } as const;

const table = (named: string) =>
  ({ class: named, kind: 'Item', severities: ['critical', 'low'], text: 'A class.' }) as const;

const resources = new Map<string, Resource>(
  ['a', 'b'].map((name) => [`toy/Item/${name}`, resourceWith({ ref: { plugin: 'toy', kind: 'Item', name } })]),
);

function alert(name: string, more: Partial<Alert> = {}): Alert {
  const ref = { plugin: 'toy', kind: 'Item', name };
  return { class: 'late', ref, severity: 'low', route: 'ticket', message: `${name} is late`, facts: {}, ...more };
}

async function raisedBy(raise: RaiseAlerts, redact = (text: string): string => text) {
  const tables = { ...toyPlugin.tables, alerts: [table('late'), table('lost')] };
  const raising: Plugin = { ...toyPlugin, tables, alerts: async () => raise };
  const quiet: Plugin = { ...toyPlugin, name: 'quiet', alerts: async () => () => [] };
  const plugins = new Map([raising, quiet].map((plugin) => [plugin.name, plugin]));
  const scene = sceneAt(NOW, [...resources.values()]);
  const judged = { resources, scene, changes: new Map(), actions: new Map() };
  return alertsOf(judged, await raisingPlugins(plugins), { ledger: new Map(), settings: SETTINGS }, redact);
}

describe('the alerts of plugins', () => {
  it('are in the order of severity, age and name', async () => {
    const { alerts } = await raisedBy(() => [
      alert('b'),
      alert('a'),
      alert('b', { class: 'lost', since: NOW }),
      alert('a', { class: 'lost', severity: 'critical' }),
    ]);
    expect(alerts.map(({ class: named, ref, severity }) => `${severity} ${named} ${ref.name}`)).toEqual([
      'critical lost a',
      'low lost b',
      'low late a',
      'low late b',
    ]);
  });

  it('are asked about resources of the plugin alone', async () => {
    const asked: string[][] = [];
    await raisedBy(({ resources: own }) => {
      asked.push(own.map(({ address }) => address));
      return [];
    });
    expect(asked).toEqual([['toy/Item/a', 'toy/Item/b']]);
  });

  it('have no secret in a message, a fact or a body', async () => {
    const bodies = { webhook: { error: 'hunter22' }, runbook: { deep: [{ error: 'hunter22' }] } };
    const { alerts } = await raisedBy(
      () => [alert('a', { message: 'no hunter22', facts: { words: 'hunter22' }, bodies })],
      (text) => text.replaceAll('hunter22', '(hidden)'),
    );
    expect(JSON.stringify(alerts)).not.toContain('hunter22');
    expect(alerts[0]?.message).toEqual('no (hidden)');
  });

  it.each<readonly [string, RaiseAlerts]>([
    [
      'throws',
      () => {
        throw new Error('broken');
      },
    ],
    ['names a class that the spec does not list', () => [alert('a', { class: 'other' })]],
    ['gives a severity that the spec does not list', () => [alert('a', { severity: 'high' })]],
    ['names a resource twice in one class', () => [alert('a'), alert('a')]],
    ['returns facts that are not JSON', () => [alert('a', { facts: { n: 1n } as never })]],
    ['gives a subject that cannot be part of a key', () => [alert('a', { subject: 'a:b' })]],
    ['gives no message', () => [alert('a', { message: undefined as never })]],
  ])('are unknown for a plugin that %s', async (_what, raise) => {
    const raised = await raisedBy(raise);
    expect(raised.alerts).toEqual([]);
    expect([...raised.failures.keys()]).toEqual(['toy']);
  });
});
