/** Watches of all kinds of a fabric as one, with its Agents: from a change to the switches that have applied it. */

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { openHttp, usualDenial } from '#plugin/net';
import { agentKind } from '../../../plugins/fabric/agents/list.ts';
import { readAgent } from '../../../plugins/fabric/agents/report.ts';
import { type AgentTrack, judgeAgent, trackAgent } from '../../../plugins/fabric/agents/standing.ts';
import { KubernetesClient } from '../../../plugins/fabric/live/client.ts';
import { identityOf } from '../../../plugins/fabric/live/watch-state.ts';
import type { Emulator } from '../../../plugins/fabric/sandbox/emulator.ts';
import { playAgents } from '../../../plugins/fabric/sandbox/hedgehog/agents.ts';
import { textAt, type Tree } from '../../../plugins/fabric/sandbox/value.ts';
import { type KindEvent, watchKinds } from '../../../plugins/fabric/watch/kinds.ts';
import type { ServedKind } from '../../../plugins/fabric/world.ts';
import type { Api } from '../../support/kubernetes/api.ts';
import { openTunnel } from '../../support/kubernetes/tunnel.ts';
import { changeVpc, MANIFESTS, pathOf, startHedgehogFabric } from './hedgehog-fabric.ts';

const never = new AbortController().signal;
interface Running {
  readonly emulator: Emulator;
  readonly api: Api;
  readonly client: KubernetesClient;
  readonly kinds: readonly ServedKind[];
}

async function start(): Promise<Running> {
  const { emulator, api } = await startHedgehogFabric({
    users: {
      vpcs: { name: 'vpcs', rules: [{ verbs: ['list', 'watch'], groups: ['vpc.githedgehog.com'], resources: ['*'] }] },
    },
  });
  const client = clientOf(emulator, emulator.adminToken);
  const groups = ['wiring.githedgehog.com/v1beta1', 'vpc.githedgehog.com/v1beta1'];
  const served = await Promise.all(groups.map(async (group) => (await client.served(group, never)) ?? []));
  const agent = await agentKind(client, never);
  return { emulator, api, client, kinds: [...served.flat(), ...(agent === undefined ? [] : [agent])] };
}

function clientOf({ url, authority }: Emulator, token: string): KubernetesClient {
  return new KubernetesClient({
    server: new URL(url),
    send: openHttp(usualDenial({}), { ca: authority.certificate }),
    credentials: async () => ({ authorization: `Bearer ${token}` }),
    manager: 'fettle:test',
  });
}

test('a change is followed until the switches that it concerns have applied it', async () => {
  const { emulator, api, client, kinds } = await start();
  const agents = playAgents(emulator, { notice: 30, apply: 60, heartbeat: 200 }, Date.now);
  onTestFinished(agents.stop);
  expect(kinds.length).toBeGreaterThan(12);
  const listed = new Set<string>();
  const tracks = new Map<string, AgentTrack>();
  const states = new Map<string, string>();
  const course: string[] = [];
  let isChanged = false;
  const events: KindEvent[] = [];
  const isApplied = (): boolean => states.size === 6 && [...states.values()].every((state) => state === 'applied');
  for await (const each of watchKinds(client, kinds, { namespace: 'default' }, AbortSignal.timeout(20_000))) {
    events.push(each);
    const { served, event } = each;
    if (event.type === 'listed') listed.add(served.kind);
    const objects = event.type === 'listed' ? event.objects : event.type === 'changed' ? [event.object] : [];
    if (isChanged && event.type === 'changed' && served.kind !== 'Agent')
      course.push(`${served.kind} ${identityOf(event.object).key}`);
    if (served.kind === 'Agent')
      for (const report of objects.map(readAgent)) {
        const track = trackAgent(tracks.get(report.name), report, Date.now());
        const { state } = judgeAgent(report, track, Date.now());
        tracks.set(report.name, track);
        if (isChanged && states.get(report.name) !== state) course.push(`${report.name} ${state}`);
        states.set(report.name, state);
      }
    if (!isChanged && listed.size === kinds.length && isApplied()) {
      isChanged = true;
      await changeVpc(api, 1050);
    }
    if (isChanged && course.filter((step) => step.endsWith(' applied')).length === 2 && isApplied()) break;
  }
  expect(course.toSorted()).toEqual([
    'VPC default/vpc-2',
    'leaf-1 applied',
    'leaf-1 pending',
    'leaf-2 applied',
    'leaf-2 pending',
  ]);
  expect(JSON.stringify(events)).not.toContain('sandbox-registry-password');
});

test('a refused kind does not end the others', async () => {
  const { emulator, api, kinds } = await start();
  const limited = clientOf(emulator, 'vpcs');
  const refused: string[] = [];
  const listed: string[] = [];
  for await (const { served, event } of watchKinds(limited, kinds, {}, AbortSignal.timeout(20_000))) {
    if (event.type === 'refused') refused.push(served.kind);
    if (event.type === 'listed') listed.push(served.kind);
    if (listed.length + refused.length < kinds.length) continue;
    if (event.type === 'deleted') break;
    if (event.type === 'refused' || event.type === 'listed')
      expect((await api.send(pathOf(vpcPeering()), { method: 'DELETE' })).code).toBe(200);
  }
  expect(refused).toContain('Agent');
  expect(refused).toContain('Switch');
  expect(listed).toContain('VPC');
  expect(listed).not.toContain('Switch');
});

function vpcPeering(): Tree {
  return MANIFESTS.find((one) => textAt(one, 'kind') === 'VPCPeering') ?? {};
}

test('watches that are all refused end by themselves', async () => {
  const { emulator, kinds } = await start();
  const limited = clientOf(emulator, 'vpcs');
  const wiring = kinds.filter(({ apiVersion }) => apiVersion.startsWith('wiring'));
  const events: KindEvent[] = [];
  for await (const event of watchKinds(limited, wiring, {}, AbortSignal.timeout(20_000))) events.push(event);
  expect(events.map(({ event }) => event.type)).toEqual(wiring.map(() => 'refused'));
  for await (const event of watchKinds(limited, [], {}, never)) events.push(event);
  expect(events).toHaveLength(wiring.length);
});

test('a consumer that stops closes all connections', async () => {
  const { emulator, kinds } = await start();
  const tunnel = await openTunnel(new URL(emulator.url));
  onTestFinished(tunnel.stop);
  const client = clientOf({ ...emulator, url: tunnel.url }, emulator.adminToken);
  let most = 0;
  let listed = 0;
  for await (const { event } of watchKinds(client, kinds, {}, never)) {
    if (event.type === 'listed') listed += 1;
    most = Math.max(most, tunnel.open());
    // The others wait for the consumer meanwhile.
    if (listed === kinds.length) break;
  }
  expect(most).toBeGreaterThan(1);
  const deadline = Date.now() + 15_000;
  while (tunnel.open() > 0) {
    if (Date.now() > deadline) throw new Error(`${tunnel.open()} connections are open`);
    await sleep(5);
  }
});

test('a watch that throws ends all, and the signal throws its reason', async () => {
  const { emulator, client, kinds } = await start();
  const stopping = new AbortController();
  const reason = new Error('stopped');
  const follow = async (): Promise<void> => {
    for await (const { event } of watchKinds(client, kinds, {}, stopping.signal))
      if (event.type === 'listed') stopping.abort(reason);
  };
  await expect(follow()).rejects.toBe(reason);
  await emulator.stop();
  const begin = async (): Promise<void> => {
    for await (const { event } of watchKinds(client, kinds, {}, never)) expect(event.type).toBe('nothing');
  };
  await expect(begin()).rejects.toThrow(/the connection to 127\.0\.0\.1:\d+ failed/u);
});
