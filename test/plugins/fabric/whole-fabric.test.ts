/** A fabric of 53 manifests on an empty cluster: its first plan, its first apply, and the plan after it, on both servers. */

import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  HEDGEHOG_DEFINITIONS,
  HEDGEHOG_KINDS,
  VIRTUAL_PROFILE,
} from '../../../plugins/fabric/sandbox/hedgehog/definitions.ts';
import { HEDGEHOG_HOOKS } from '../../../plugins/fabric/sandbox/hedgehog/hooks.ts';
import { type ApiServer, openApi } from '../../support/kubernetes/api.ts';
import { emulatedServer, hasRealServer, install, realServer } from '../../support/kubernetes/servers.ts';
import { serveWebhooks } from '../../support/kubernetes/webhooks.ts';
import { projectOn } from './cluster.ts';

const manifests = Object.fromEntries(
  globSync('manifests/*.yaml', { cwd: import.meta.dirname }).map((file) => [
    `desired/${basename(file)}`,
    readFileSync(join(import.meta.dirname, file), 'utf8'),
  ]),
);

async function readyCluster(server: ApiServer): Promise<void> {
  await install(server, HEDGEHOG_DEFINITIONS);
  const api = openApi(server);
  const { group, plural } = HEDGEHOG_KINDS.get('SwitchProfile') ?? { group: '', plural: '' };
  const path = `/apis/${group}/v1beta1/namespaces/default/${plural}`;
  expect((await api.send(path, { method: 'POST', body: VIRTUAL_PROFILE })).code).toBe(201);
  const webhooks = await serveWebhooks(server, HEDGEHOG_HOOKS);
  onTestFinished(async () => {
    await webhooks.stop();
    api.close();
  });
}

describe.each([
  ['the emulated API server', emulatedServer, true],
  ['the real API server', realServer, hasRealServer()],
] as const)('on %s', (_name, start, isThere) => {
  test.skipIf(!isThere)(
    'a whole fabric is planned without a rejection, applied at the first try, and planned again to nothing',
    { timeout: 180_000 },
    async () => {
      const server = await start();
      onTestFinished(() => server.stop());
      await readyCluster(server);
      const project = projectOn(server, manifests);
      const first = await project.plan();
      expect(
        first.rejected_changes.map(({ resource_change: row, reasons }) => [row.address, reasons[0]?.message]),
      ).toEqual([]);
      expect(first.deferred_changes).toEqual([]);
      const proven = first.resource_changes.filter((row) => row.proven);
      expect([first.resource_changes.length, proven.length]).toEqual([53, 11]);
      await project.run('apply --yes');
      const second = await project.plan();
      expect([second.resource_changes, second.rejected_changes, second.deferred_changes]).toEqual([[], [], []]);
      await project.run('drift');
      // In the order of references, reversed: a peering before its VPC, a connection before its switches.
      project.write(Object.fromEntries(Object.keys(manifests).map((file) => [file, '# removed\n'])));
      await project.run('apply --yes --max-removals 60 --reason "the end of the fabric"');
      expect((await project.plan()).resource_changes).toEqual([]);
    },
  );
});
