/**
 * The emulated fabric fills in and refuses what the webhooks of a real fabric do: in the emulator, and as webhooks of
 * the real API server, from the same functions. `refusals.json` has the words of a real fabric.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HEDGEHOG_DEFINITIONS, VIRTUAL_PROFILE } from '../../../plugins/fabric/sandbox/hedgehog/definitions.ts';
import { HEDGEHOG_HOOKS } from '../../../plugins/fabric/sandbox/hedgehog/hooks.ts';
import { textAt, type Tree, treeAt, valueAt } from '../../../plugins/fabric/sandbox/value.ts';
import { type Api, type ApiAnswer, type ApiServer, openApi } from '../../support/kubernetes/api.ts';
import { emulatedServer, hasRealServer, install, realServer } from '../../support/kubernetes/servers.ts';
import { serveWebhooks, type Webhooks } from '../../support/kubernetes/webhooks.ts';
import { acceptedIn, type Mistake, mistakesIn } from './refusals.ts';
import { MANIFESTS, pathOf } from './hedgehog-fabric.ts';

const words = JSON.parse(readFileSync(join(import.meta.dirname, 'refusals.json'), 'utf8')) as Readonly<
  Record<string, { readonly code: number; readonly message: string }>
>;

interface Fabric {
  readonly api: Api;
  readonly server: ApiServer;
  readonly webhooks: Webhooks | undefined;
}

/** A fabric whose admission is served as webhooks. */
async function servedFabric(server: ApiServer): Promise<Fabric> {
  await install(server, HEDGEHOG_DEFINITIONS);
  const api = openApi(server);
  // The controller's own objects come before its webhooks.
  const made = await api.send(pathOf(VIRTUAL_PROFILE).replace(/\/vs$/u, ''), { method: 'POST', body: VIRTUAL_PROFILE });
  expect(made.code).toBe(201);
  return { api, server, webhooks: await serveWebhooks(server, HEDGEHOG_HOOKS) };
}

function attempt(api: Api, { object, isRemoval = false }: Mistake): Promise<ApiAnswer> {
  const body = { kind: 'DeleteOptions', apiVersion: 'v1', dryRun: ['All'] };
  return isRemoval
    ? api.send(pathOf(object), { method: 'DELETE', body })
    : api.apply(`${pathOf(object)}?dryRun=All`, object);
}

/** Fields that the fabric fills in, by manifest: a part of the stored object. */
const FILLED: readonly (readonly [string, Tree])[] = [
  ['VLANNamespace/default', { spec: { ranges: [{ from: 1000, to: 2999 }] } }],
  ['IPv4Namespace/default', { spec: { subnets: ['10.10.0.0/16', '10.20.0.0/16'] } }],
  [
    'Switch/leaf-1',
    {
      spec: { vlanNamespaces: ['default'], groups: ['eslag-1'], ecmp: {} },
      metadata: {
        labels: {
          'fabric.githedgehog.com/profile': 'vs',
          'vlanns.fabric.githedgehog.com/default': 'true',
          'switchgroup.fabric.githedgehog.com/eslag-1': 'true',
        },
      },
    },
  ],
  ['Switch/leaf-3', { spec: { portGroupSpeeds: { 2: '10G' }, redundancy: {} } }],
  [
    'Switch/leaf-4',
    { spec: { linkFlapErrDisable: { flapThreshold: 3, samplingInterval: 30, recoveryInterval: 300 } } },
  ],
  [
    'VPC/vpc-1',
    {
      spec: {
        ipv4Namespace: 'default',
        vlanNamespace: 'default',
        subnets: {
          default: {
            gateway: '10.10.1.1',
            dhcp: {
              range: { start: '10.10.1.2', end: '10.10.1.255' },
              options: { dnsServers: ['1.1.1.1', '8.8.8.8'], interfaceMTU: 9036, leaseTimeSeconds: 3600 },
              static: { '0c:20:12:fe:01:00': { ip: '10.10.1.50' } },
            },
          },
          second: { gateway: '10.10.2.1', dhcp: {} },
        },
      },
      metadata: { labels: { 'fabric.githedgehog.com/ipv4ns': 'default', 'fabric.githedgehog.com/vlanns': 'default' } },
    },
  ],
  ['VPC/vpc-5', { spec: { subnets: { default: { dhcp: { enable: true, range: { start: '10.90.1.2' } } } } } }],
  [
    'VPCAttachment/vpc-1--server-1',
    { spec: { subnet: 'vpc-1/default' }, metadata: { labels: { 'fabric.githedgehog.com/vpc': 'vpc-1' } } },
  ],
  [
    'VPCPeering/vpc-1--vpc-2',
    { metadata: { labels: { 'fabric.githedgehog.com/vpc1': 'vpc-1', 'vpc.fabric.githedgehog.com/vpc-2': 'true' } } },
  ],
  ['External/ext-bgp', { spec: { ipv4Namespace: 'default' } }],
  ['ExternalAttachment/leaf-4--ext-static', { spec: { switch: {}, neighbor: {} } }],
  ['ExternalPeering/vpc-1--ext-bgp', { spec: { permit: { vpc: { subnets: ['default', 'second'] } } } }],
];

function fabricTests(start: () => Promise<Fabric>): void {
  let fabric: Fabric;
  beforeAll(async () => {
    fabric = await start();
  });
  afterAll(async () => {
    await fabric.webhooks?.stop();
    fabric.api.close();
    await fabric.server.stop();
  });

  test('accepts every manifest of a fabric, in order', async () => {
    const other = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'fab' } };
    expect((await fabric.api.send('/api/v1/namespaces', { method: 'POST', body: other })).code).toBe(201);
    const codes: (readonly [string, number, string])[] = [];
    for (const object of MANIFESTS) {
      const { code, body } = await fabric.api.apply(pathOf(object), object);
      codes.push([pathOf(object), code, textAt(body, 'message')]);
    }
    expect(codes.filter(([, code]) => code !== 201)).toEqual([]);
    expect(codes).toHaveLength(53);
  });

  test('answers a dry run of an unchanged object with the same bytes', async () => {
    const refused: string[] = [];
    for (const object of MANIFESTS) {
      const dry = await fabric.api.apply(`${pathOf(object)}?dryRun=All`, object);
      if (dry.code === 200) expect(dry.text).toBe((await fabric.api.send(pathOf(object))).text);
      else refused.push(`${textAt(object, 'kind')}: ${textAt(dry.body, 'message')}`);
    }
    // A subnet with hostBGP has VLAN 0, and the webhook looks for VPCs by the name of their IPv4 namespace.
    expect(refused).toEqual([
      'VLANNamespace: admission webhook "vvlannamespace.kb.io" denied the request: existing vpc vpc-4 subnet default (vlan 0) doesn\'t fit updated VLAN namespace',
    ]);
  });

  test.each(FILLED)('fills in %s', async (name, part) => {
    const object = MANIFESTS.find((one) => `${textAt(one, 'kind')}/${textAt(one, 'metadata', 'name')}` === name) ?? {};
    const { body } = await fabric.api.send(pathOf(object));
    expect(body).toMatchObject(part);
    expect(treeAt(body)).not.toHaveProperty('status');
  });

  test('drops empty DHCP options, and disabled ones', async () => {
    const dhcp = async (name: string): Promise<Tree> =>
      treeAt(
        (await fabric.api.send(pathOf({ kind: 'VPC', metadata: { name } }))).body,
        'spec',
        'subnets',
        'default',
        'dhcp',
      );
    expect(await dhcp('vpc-5')).not.toHaveProperty('options');
    expect(await dhcp('vpc-3')).toEqual({ enable: false });
  });

  test('empties VLAN ranges that are not valid', async () => {
    const object = {
      apiVersion: 'wiring.githedgehog.com/v1beta1',
      kind: 'VLANNamespace',
      metadata: { name: 'odd', namespace: 'default' },
      spec: { ranges: [{ from: 5000, to: 5001 }] },
    };
    const { code, body } = await fabric.api.apply(`${pathOf(object)}?dryRun=All`, object);
    expect([code, valueAt(body, 'spec')]).toEqual([201, {}]);
  });

  test.each(mistakesIn(MANIFESTS).map((mistake) => [mistake.title, mistake] as const))(
    'refuses: %s',
    async (title, mistake) => {
      const { code, body } = await attempt(fabric.api, mistake);
      expect({ code, message: textAt(body, 'message') }).toEqual(words[title]);
    },
  );

  test.each(acceptedIn(MANIFESTS).map((request) => [request.title, request] as const))(
    'accepts: %s',
    async (_title, request) => {
      const { code, body } = await attempt(fabric.api, request);
      expect([code, textAt(body, 'message')]).toEqual([200, '']);
    },
  );

  test('warns about MCLAG, and does not check it', async () => {
    const links = [1, 2].map((n) => ({ server: { port: `server-6/enp2s${n}` }, switch: { port: `leaf-${n}/E1/1` } }));
    const object = {
      apiVersion: 'wiring.githedgehog.com/v1beta1',
      kind: 'Connection',
      metadata: { name: 'mclag-x', namespace: 'default' },
      spec: { mclag: { links } },
    };
    const { code, headers } = await fabric.api.apply(`${pathOf(object)}?dryRun=All`, object);
    expect([code, headers['warning']]).toEqual([201, '299 - "MCLAG is deprecated and no longer supported"']);
  });

  test('fails without its webhooks, also for what changes nothing', async () => {
    if (fabric.webhooks === undefined) return;
    await fabric.webhooks.stop();
    const of = (kind: string, name: string): Tree =>
      MANIFESTS.find((one) => textAt(one, 'kind') === kind && textAt(one, 'metadata', 'name') === name) ?? {};
    const vpc = await fabric.api.apply(`${pathOf(of('VPC', 'vpc-1'))}?dryRun=All`, of('VPC', 'vpc-1'));
    expect([vpc.code, textAt(vpc.body, 'reason')]).toEqual([500, 'InternalError']);
    expect(textAt(vpc.body, 'message')).toMatch(
      /^Internal error occurred: failed calling webhook "mvpc\.kb\.io": failed to call webhook: Post "https:\/\/127\.0\.0\.1:\d+\/mutating\?timeout=10s": dial tcp 127\.0\.0\.1:\d+: connect: connection refused$/u,
    );
    const removal = await attempt(fabric.api, { title: '', object: of('VPCPeering', 'vpc-1--vpc-2'), isRemoval: true });
    expect([removal.code, textAt(removal.body, 'message')]).toEqual([
      500,
      expect.stringContaining('failed calling webhook "vvpcpeering.kb.io"'),
    ]);
    // A kind without webhooks goes on.
    const group = of('SwitchGroup', 'rack-a');
    expect((await fabric.api.apply(`${pathOf(group)}?dryRun=All`, group)).code).toBe(200);
  });
}

test('every recorded refusal is a mistake that is tried', () => {
  expect(
    mistakesIn(MANIFESTS)
      .map(({ title }) => title)
      .toSorted(),
  ).toEqual(Object.keys(words).toSorted());
});

describe('the emulated fabric', () => {
  fabricTests(async () => {
    const hooks = HEDGEHOG_HOOKS;
    const server = await emulatedServer({ definitions: HEDGEHOG_DEFINITIONS, hooks, objects: [VIRTUAL_PROFILE] });
    return { server, api: openApi(server), webhooks: undefined };
  });
});

describe('the emulated API server with webhooks', () => {
  fabricTests(async () => servedFabric(await emulatedServer()));
});

describe.skipIf(!hasRealServer())('kube-apiserver with webhooks', () => {
  fabricTests(async () => servedFabric(await realServer()));
});
