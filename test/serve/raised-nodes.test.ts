/** Alerts of nodes in rounds on the emulated provider: each condition is real there, and a receiver gets its alert. */

import { join } from 'node:path';
import { rmSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { LABELS } from '../../plugins/nodes/labels.ts';
import { openReader } from '../../plugins/nodes/live/reader.ts';
import { openWriter } from '../../plugins/nodes/live/writer.ts';
import { nodes } from '../../plugins/nodes/plugin.ts';
import { manualClock } from '../../plugins/nodes/sandbox/clock.ts';
import { startEmulator } from '../../plugins/nodes/sandbox/emulator.ts';
import type { Plugin } from '#plugin';
import { timingOf } from '../plugins/nodes/whole.ts';
import { temporaryFolder, writeFiles } from '../support/cli.ts';
import { type Done, fettle } from '../support/command-line.ts';
import { alertReceiver } from './alert-receiver.ts';

const MINUTE = 60_000;

test('unhealthy nodes, full disks, failed, exhausted and rejected steps', async () => {
  const clock = manualClock(Date.parse('2026-11-20T08:00:00Z'));
  const emulator = await startEmulator({ clock, drainLabel: LABELS.drain });
  onTestFinished(() => emulator.stop());
  const { endpoint, workloads, tokens } = emulator;
  const folder = temporaryFolder();
  const timing = timingOf(clock);
  const plugin: Plugin = {
    ...nodes,
    openReader: async (outside) => openReader(outside, timing),
    openWriter: async (outside) => openWriter(outside, timing),
  };
  const run = (line: string): Promise<Done> =>
    fettle(folder, line, {
      plugins: new Map([['nodes', async () => plugin]]),
      now: clock.now,
      env: { HCLOUD_TOKEN: tokens.readWrite },
    });
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await emulator.settle();
  };
  const node = (name: string, location = 'nbg1'): Readonly<Record<string, string>> => ({
    [`desired/${name}.yaml`]: `apiVersion: nodes/v1
kind: Node
metadata: { name: ${name} }
spec: { serverType: cx23, image: debian-13, location: ${location}, power: on, readiness: { after: 1m } }
`,
  });
  const { url, drainUrl, migrateUrl } = workloads;
  const http = JSON.stringify({ url, drainUrl, migrateUrl });
  writeFiles(folder, {
    'fettle.yaml': `name: shop\nstore: .fettle\nplugins:\n  nodes: { provider: { hetzner: { endpoint: "${endpoint}" } }, workloads: { http: ${http} } }\n`,
    ...node('off-1'),
    ...node('full-1'),
    ...node('full-2'),
    ...node('used-1'),
  });
  for (let i = 0; i < 5; i += 1) {
    await run('apply --yes');
    await pass(2 * MINUTE);
  }
  const { file, got, forget } = await alertReceiver();
  const round = async (): Promise<readonly string[]> => {
    forget();
    await run(`serve --once --serve-config ${file}`);
    return got();
  };
  expect(await round()).toEqual([]);

  workloads.fillDisk('full-1', 93);
  workloads.fillDisk('full-2', 97);
  workloads.start('used-1', { id: 'game', mb: 512 });
  rmSync(join(folder, 'desired/used-1.yaml'));
  emulator.set({ noPlace: ['cx23@fsn1'] });
  writeFiles(folder, node('new-1', 'fsn1'));
  await run('apply --yes');
  // The next apply would start it again.
  emulator.alter('off-1', { status: 'off' });
  await pass(MINUTE);
  await round();
  await pass(40 * MINUTE);
  expect([...new Set(await round())]).toEqual([
    'nodes.decision-failed high ticket',
    'nodes.decision-rejected warning ticket',
    'nodes.disk-critical critical page',
    'nodes.disk-full warning ticket',
    'nodes.unhealthy high ticket',
  ]);
  for (let i = 0; i < 6; i += 1) {
    await pass(30 * MINUTE);
    await run('apply --yes');
  }
  expect(await round()).toContain('nodes.creation-exhausted high ticket');
});
