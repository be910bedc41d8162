/** An object that several tools wrote is adopted: whose fields become those of the project, on both servers. */

import { describe, expect, onTestFinished, test } from 'vitest';
import { valueAt } from '#plugin';
import type { Value } from '../../../plugins/fabric/sandbox/value.ts';
import { openApi } from '../../support/kubernetes/api.ts';
import { emulatedServer, hasRealServer, install, realServer } from '../../support/kubernetes/servers.ts';
import { DEFINITIONS, FABRIC, manifest, projectOn } from './cluster.ts';

const PATH = '/apis/vpc.githedgehog.com/v1beta1/namespaces/default/vpcs';
const OLD = { subnet: '10.10.2.0/24', vlan: 1002 };

describe.each([
  ['the emulated API server', emulatedServer, true],
  ['the real API server', realServer, hasRealServer()],
] as const)('on %s', (_name, start, isThere) => {
  test.skipIf(!isThere)(
    'the fields of the tools that wrote declared ones are taken over, and those of others stay',
    { timeout: 120_000 },
    async () => {
      const server = await start();
      onTestFinished(() => server.stop());
      await install(server, DEFINITIONS);
      const api = openApi(server);
      onTestFinished(() => api.close());
      const patch = async (manager: string, body: Value): Promise<void> => {
        const type = 'application/merge-patch+json';
        expect((await api.send(`${PATH}/vpc-1?fieldManager=${manager}`, { method: 'PATCH', body, type })).code).toBe(
          200,
        );
      };
      const body = {
        apiVersion: 'vpc.githedgehog.com/v1beta1',
        kind: 'VPC',
        metadata: { name: 'vpc-1' },
        spec: { subnets: { default: { subnet: '10.10.1.0/24', vlan: 1500 } } },
      };
      expect((await api.send(`${PATH}?fieldManager=kubectl-create`, { method: 'POST', body })).code).toBe(201);
      await patch('kubectl-edit', {
        metadata: { labels: { 'example.com/team': 'a' } },
        spec: { subnets: { default: { hostBGP: false, vlan: 1600 }, old: OLD } },
      });
      await patch('hh-manager', { spec: { defaultIsolated: true } });
      // Neither a controller nor a writer of a declared field.
      await patch('other-tool', { spec: { mode: '' } });
      await patch('somebody', { metadata: { finalizers: ['example.com/clean-up'] } });

      const { 'current-context': context } = JSON.parse(server.kubeconfig('admin')) as { 'current-context': string };
      const project = projectOn(server, {
        'desired/fabric.yaml': FABRIC.replace('context: sandbox', `context: ${context}, controllers: [hh-manager]`),
        'desired/vpc.yaml': manifest('VPC', 'vpc-1', '{ subnets: { default: { subnet: 10.10.1.0/24, vlan: 1001 } } }'),
      });
      await project.run('apply --yes');
      expect((await project.plan()).resource_changes).toMatchObject([
        {
          step: 'PENDING>SYNCED',
          change: {
            before: {
              metadata: { labels: { 'example.com/team': 'a' } },
              spec: { subnets: { default: { hostBGP: false, vlan: 1600 }, old: OLD } },
            },
            after: { spec: { subnets: { default: { vlan: 1001 } } } },
          },
        },
      ]);
      await project.run('apply --yes');
      const live = (await api.send(`${PATH}/vpc-1`)).body;
      expect(valueAt(live, '/spec')).toEqual({
        defaultIsolated: true,
        mode: '',
        subnets: { default: { subnet: '10.10.1.0/24', vlan: 1001 } },
      });
      expect(valueAt(live, '/metadata/finalizers')).toEqual(['example.com/clean-up']);
      expect((await project.plan()).resource_changes).toEqual([]);
    },
  );
});
