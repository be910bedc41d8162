/** User data of the servers of a pool: `fettle serve` sends the file to new servers as it was approved with the pool. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
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

const MINUTE = 60_000;

const GROWS = '{ plugin: nodes, kinds: [NodePool], steps: ["active>active"], causes: [policy, edit] }';
const CREATES =
  '{ plugin: nodes, kinds: [Node], steps: ["absent>provisioning"], causes: [new, time, progress, policy] }';

const APPROVED = '#cloud-config\n# approved\n';

const POOL = `apiVersion: nodes/v1
kind: NodePool
metadata: { name: pool }
spec:
  min: 1
  max: 3
  scaling: { cooldown: 1m }
  template: { serverType: cx23, image: debian-13, location: nbg1, readiness: { after: 1m }, userDataFile: ../init.yaml }
`;

test('a server that a pool adds gets it as approved with the pool; an edited one is not sent', async () => {
  const clock = manualClock(Date.parse('2026-11-20T08:00:00Z'));
  const emulator = await startEmulator({ clock, drainLabel: LABELS.drain });
  onTestFinished(() => emulator.stop());
  const { endpoint, workloads, tokens } = emulator;
  const folder = temporaryFolder();
  const host = join(temporaryFolder(), 'serve.yaml');
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
  const { url, drainUrl, migrateUrl } = workloads;
  const http = JSON.stringify({ url, drainUrl, migrateUrl });
  writeFiles(folder, {
    '.git/HEAD': 'ref: refs/heads/main\n',
    'fettle.yaml': `name: shop\nstore: .fettle\nplugins:\n  nodes: { provider: { hetzner: { endpoint: "${endpoint}" } }, workloads: { http: ${http} } }\n`,
    'desired/pool.yaml': POOL,
    'init.yaml': APPROVED,
  });
  const pass = async (line: string): Promise<Done> => {
    const done = await run(line);
    clock.advance(2 * MINUTE);
    await emulator.settle();
    return done;
  };
  const sent = (): readonly string[] =>
    [...emulator.cloud().servers.values()].map(({ userData }) => /# (\w+)/u.exec(userData)?.[1] ?? '');
  const round = async (...permissions: readonly string[]): Promise<void> => {
    writeFileSync(host, `apply: [${permissions.join(', ')}]\n`);
    await pass(`serve --once --serve-config ${host}`);
  };
  await pass('apply --yes');
  expect(sent()).toEqual(['approved']);
  workloads.wait({ id: 'a', mb: 4000 });
  await round(GROWS);
  expect((await run('plan')).stdout).toMatch(/Node\/pool-2 +absent > provisioning[^]*sends init\.yaml/u);

  writeFiles(folder, { 'init.yaml': '#cloud-config\n# edited\n' });
  await round(CREATES);
  expect(sent()).toEqual(['approved']);

  writeFiles(folder, { 'init.yaml': APPROVED });
  await round(CREATES);
  expect(sent()).toEqual(['approved', 'approved']);
}, 60_000);
