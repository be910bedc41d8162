/** References between the objects of a fabric, by kind. */

import { expect, test } from 'vitest';
import type { Json } from '#plugin';
import { referencesOf } from '../../../plugins/fabric/objects/references.ts';

test.each<readonly [kind: string, spec: Json, references: readonly string[]]>([
  ['Server', { profile: 'large' }, ['ServerProfile/large']],
  [
    'Switch',
    { profile: 'vs', groups: ['rack'], redundancy: { group: 'eslag-1' } },
    ['SwitchGroup/eslag-1', 'SwitchGroup/rack', 'VLANNamespace/default', 'SwitchProfile/vs'],
  ],
  ['Switch', { vlanNamespaces: ['own'] }, ['VLANNamespace/own']],
  [
    'Connection',
    { unbundled: { link: { server: { port: 'server-1/e1' }, switch: { port: 'leaf-1/E1/1' } } } },
    ['Server/server-1', 'Switch/leaf-1'],
  ],
  [
    'Connection',
    { staticExternal: { withinVPC: 'vpc-3', link: { switch: { port: 'leaf-3/E1/9' } } } },
    ['Switch/leaf-3', 'VPC/vpc-3'],
  ],
  [
    'VPC',
    { ipv4Namespace: 'own', subnets: { a: { dhcp: { relayVPC: 'vpc-9' } }, b: {} } },
    ['IPv4Namespace/own', 'VLANNamespace/default', 'VPC/vpc-9'],
  ],
  ['VPCAttachment', { subnet: 'vpc-1/default', connection: 'c-1' }, ['VPC/vpc-1', 'Connection/c-1']],
  ['VPCAttachment', { subnet: 'vpc-1', connection: 'c-1' }, ['VPC/vpc-1', 'Connection/c-1']],
  ['VPCPeering', { permit: [{ 'vpc-1': {}, 'vpc-2': {} }] }, ['VPC/vpc-1', 'VPC/vpc-2']],
  ['External', {}, ['IPv4Namespace/default']],
  ['ExternalAttachment', { external: 'e-1', connection: 'c-1' }, ['External/e-1', 'Connection/c-1']],
  ['ExternalPeering', { permit: { vpc: { name: 'vpc-1' }, external: { name: 'e-1' } } }, ['VPC/vpc-1', 'External/e-1']],
  ['Gateway', { groups: [{ name: 'g-1' }] }, ['GatewayGroup/g-1']],
  [
    'GatewayPeering',
    { peering: { 'vpc-1': {}, 'ext.e-1': {} } },
    ['GatewayGroup/default', 'VPC/vpc-1', 'External/e-1'],
  ],
  ['SwitchGroup', {}, []],
  ['Thing', { profile: 'vs' }, []],
])('%s %j', (kind, spec, references) => {
  const found = referencesOf({ apiVersion: 'v1', kind, metadata: {}, spec });
  expect(found.map((each) => `${each.kind}/${each.name}`)).toEqual(references);
});
