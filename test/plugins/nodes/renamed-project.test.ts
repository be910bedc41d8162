/** A project with another name: the labels of its servers are changed by rows of the next plan, and nothing else. */

import { afterEach, expect, it } from 'vitest';
import { LABELS } from '../../../plugins/nodes/labels.ts';
import { startWhole, type Whole } from './whole.ts';

const HOUR = 3_600_000;

let shop: Whole | undefined;
afterEach(() => shop?.stop());

const common =
  'serverType: cx23, image: debian-13, location: nbg1, readiness: { after: 1m }, readyGrace: 0s, idleGrace: 0s, drainGrace: 0s, workloads: { none: true }';
const node = `apiVersion: nodes/v1
kind: Node
metadata: { name: db-1 }
spec: { ${common} }
`;
const pool = `apiVersion: nodes/v1
kind: NodePool
metadata: { name: web }
spec: { size: 2, template: { ${common} } }
`;

function projects({ emulator }: Whole): readonly string[] {
  return [...emulator.cloud().servers.values()].map(({ name, labels }) => `${name} ${labels[LABELS.project]}`).sort();
}

it('keeps its servers when it is renamed, and removes them without their documents', async () => {
  const whole = await startWhole({}, {}, undefined);
  shop = whole;
  whole.write(`${node}---\n${pool}`);
  for (let round = 0; round < 4; round += 1) {
    await whole.run();
    await whole.pass(HOUR);
  }
  const before = projects(whole);
  expect(before).toEqual(['db-1 test', 'web-1 test', 'web-2 test']);
  const ids = [...whole.emulator.cloud().servers.keys()];

  whole.rename('news');
  const renamed = await whole.run();
  expect(renamed.error).toBeUndefined();
  const rows = renamed.reconciled?.plan.resource_changes ?? [];
  expect(rows.map(({ address, goal, change }) => [address, goal, JSON.stringify(change.after)])).toEqual(
    ['db-1', 'web-1', 'web-2'].map((name) => [`nodes/Node/${name}`, 'update', expect.stringContaining('"news"')]),
  );
  expect(renamed.reconciled?.plan).toMatchObject({ gaps: [], unmanaged: [], rejected_changes: [] });
  expect(projects(whole)).toEqual(['db-1 news', 'web-1 news', 'web-2 news']);
  const quiet = await whole.run();
  expect(quiet.reconciled?.plan.resource_changes).toEqual([]);
  expect([...whole.emulator.cloud().servers.keys()]).toEqual(ids);

  // An owned server is still removed without its document.
  whole.rename('test');
  whole.write(pool);
  for (let round = 0; round < 8; round += 1) {
    await whole.run();
    await whole.pass(HOUR);
  }
  expect(projects(whole)).toEqual(['web-1 test', 'web-2 test']);
});
