/** The documentation of the daemon, line by line against the code: options, metrics, alerts, tests of controls. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DEFAULT_RULES } from '../../../../plugins/portsync/daemon/alerts.ts';
import { daemonCommands } from '../../../../plugins/portsync/daemon/commands.ts';
import { exposition } from '../../../../plugins/portsync/daemon/exposition.ts';
import { NO_METRICS } from '../../../../plugins/portsync/daemon/metrics.ts';
import { NO_TOTALS } from '../../../../plugins/portsync/daemon/runtime.ts';

const TEXT = readFileSync(join(import.meta.dirname, '../../../../docs/portsync-daemon.md'), 'utf8');

/** The rows of the tables of a section. */
function rowsOf(heading: string): readonly string[] {
  const section = TEXT.split(/^## /mu).find((each) => each.startsWith(heading)) ?? '';
  return section.split('\n').filter((line) => line.startsWith('|'));
}

function codesIn(text: string): readonly string[] {
  return [...text.matchAll(/`([^`]+)`/gu)].map(([, code = '']) => code);
}

test('the configuration has every option of `run`, and no other', () => {
  const run = daemonCommands.find(({ name }) => name === 'run');
  const options = Object.keys(run?.options ?? {}).map(
    (name) => `--${name.replace(/[A-Z]/gu, (c) => `-${c.toLowerCase()}`)}`,
  );
  const named = rowsOf('Configuration').flatMap((row) =>
    codesIn(row.split('|')[1] ?? '').filter((code) => code.startsWith('--')),
  );
  expect([...named].sort()).toEqual(options.sort());
});

test('the table of metrics has every metric', async () => {
  const { text } = await exposition({
    metrics: NO_METRICS,
    totals: NO_TOTALS,
    gauges: { queueDepth: 0, memoryBytes: 0, isRedisConnected: true, isNetlinkConnected: true },
    health: { status: 'healthy', reasons: [] },
    rules: DEFAULT_RULES,
    alerts: new Map(),
  });
  const names = [...text.matchAll(/^# TYPE portsyncd(\S+) /gmu)].map(([, name = '']) => name);
  const documented = rowsOf('Status, metrics and alerts').flatMap((row) => codesIn(row.split('|')[1] ?? ''));
  const isDocumented = (name: string): boolean =>
    documented.some((code) => {
      const [start = '', end] = code
        .replace('portsyncd', '')
        .replace(/\{.*\}/u, '')
        .split('…');
      return end === undefined ? name === start : name.startsWith(start);
    });
  expect(names.length).toBeGreaterThan(20);
  expect(names.filter((name) => !isDocumented(name))).toEqual([]);
});

test('the table of alerts has every enabled rule, with its severity and time', () => {
  const rows = rowsOf('Status, metrics and alerts').map((row) => row.split('|').map((cell) => cell.trim()));
  for (const { name, severity, forSecs, isEnabled } of DEFAULT_RULES) {
    const row = rows.find((cells) => cells[1] === `\`${name}\``);
    expect([name, row?.[3], row?.[4]]).toEqual(
      isEnabled === false ? [name, undefined, undefined] : [name, severity, `${forSecs} s`],
    );
  }
});

test('the tests of every control exist', () => {
  const controls = rowsOf('Controls').map((row) => row.split('|'));
  const tested = controls.flatMap((cells) => codesIn(cells[3] ?? '')).filter((code) => code.endsWith('.test.ts'));
  expect(controls.flatMap(([, name = '']) => / (?:SC-24|SI-4|CP-4),/u.exec(name) ?? [])).toHaveLength(3);
  expect(tested.length).toBeGreaterThan(6);
  expect(tested.filter((name) => !existsSync(join(import.meta.dirname, name)))).toEqual([]);
});
