/** Faults of a cluster: webhooks that do not answer, lost answers, busy servers, expired lists. */

import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { KubernetesClient } from '../../../plugins/fabric/live/client.ts';
import { ApiError, denied, internalError } from '../../../plugins/fabric/sandbox/status.ts';
import type { Fault } from '../../../plugins/fabric/sandbox/faults.ts';
import type { ClusterWriter } from '../../../plugins/fabric/world.ts';
import { openHttp, usualDenial } from '#plugin/net';
import { openApi } from '../../support/kubernetes/api.ts';
import { hasRealServer, install, realServer } from '../../support/kubernetes/servers.ts';
import { clusterProject, type ClusterProject, DEFINITIONS, manifest, never, placeOf, projectOn } from './cluster.ts';

const VPCS = 50;
const vpcs = Array.from({ length: VPCS }, (_, i) => manifest('VPC', `vpc-${i}`, `{ subnets: {} }`)).join('---\n');
const files = { 'desired/vpcs.yaml': vpcs, 'desired/group.yaml': manifest('SwitchGroup', 'a', '{}') };

/** A webhook of VPCs at an address of this machine. */
function webhook(port: number, seconds: number) {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: 'fabric' },
    webhooks: [
      {
        name: 'vvpc.kb.io',
        rules: [
          {
            apiGroups: ['vpc.githedgehog.com'],
            apiVersions: ['v1beta1'],
            operations: ['CREATE', 'UPDATE', 'DELETE'],
            resources: ['vpcs'],
          },
        ],
        clientConfig: { url: `https://127.0.0.1:${port}/validate` },
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        failurePolicy: 'Fail',
        timeoutSeconds: seconds,
      },
    ],
  };
}

/** A port where connections are taken, and nothing is answered. `taken` is called for each of them. */
async function silentPort(taken: () => void = () => undefined): Promise<number> {
  const server: Server = createServer((socket) => {
    taken();
    socket.on('error', () => undefined);
    onTestFinished(() => void socket.destroy());
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => void server.close(resolve));
  return port;
}

const down: Fault['mishap'] = {
  kind: 'error',
  error: internalError('failed calling webhook "vvpc.kb.io": failed to call webhook: EOF'),
};

const triesOf = ({ emulator }: ClusterProject): number =>
  emulator.seen.filter(({ method, url }) => method === 'PATCH' && url.includes('/vpcs/')).length;

describe('a webhook that does not answer', () => {
  it.each([
    ['is down', closedPort, 10, 'connection refused'],
    ['hangs', silentPort, 1, 'context deadline exceeded'],
  ] as const)('and %s costs three requests of a plan, whose rows of the kind wait', async (_how, port, s, words) => {
    const project = await clusterProject(files, { hooks: [], objects: [webhook(await port(), s)] });
    const plan = await project.plan();
    expect(triesOf(project)).toBe(3);
    expect(plan.resource_changes.map(({ address }) => address)).toEqual(['fabric/SwitchGroup/prod/default/a']);
    expect(plan.deferred_changes.map(({ reason }) => reason)).toEqual(
      Array.from({ length: VPCS }, () => 'webhook-down'),
    );
    const said = JSON.stringify(plan.deferred_changes);
    expect(said.match(/failed calling webhook/gu)?.length).toBeGreaterThanOrEqual(VPCS);
    expect(said).toContain(words);
  });

  it('that ends during a plan is asked no more often than requests were under way', async () => {
    const project = await clusterProject(files, { hooks: [] });
    project.emulator.inject({ method: 'PATCH', path: '/vpcs/', after: 10, times: 100, mishap: down });
    const plan = await project.plan();
    expect(plan.deferred_changes).toHaveLength(VPCS - 10);
    expect(triesOf(project)).toBeLessThanOrEqual(10 + 16);
  });
});

describe.skipIf(!hasRealServer())('a webhook of the real API server', () => {
  it('that is down or hangs makes the rows of its kind wait, and is asked three times', {
    timeout: 120_000,
  }, async () => {
    const server = await realServer();
    onTestFinished(() => server.stop());
    await install(server, DEFINITIONS);
    const api = openApi(server);
    onTestFinished(() => api.close());
    const path = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations';
    let taken = 0;
    for (const [port, words] of [
      [await closedPort(), 'connection refused'],
      [await silentPort(() => (taken += 1)), 'context deadline exceeded'],
    ] as const) {
      expect((await api.send(path, { method: 'POST', body: webhook(port, 2) })).code).toBe(201);
      const project = projectOn(server, files);
      // The server reads its configurations after some time.
      await expect
        .poll(async () => (await project.plan()).deferred_changes.map(({ reason }) => reason), { timeout: 30_000 })
        .toEqual(Array.from({ length: VPCS }, () => 'webhook-down'));
      taken = 0;
      const plan = await project.plan();
      expect(plan.deferred_changes.map(({ reason }) => reason)).toEqual(
        Array.from({ length: VPCS }, () => 'webhook-down'),
      );
      expect(plan.resource_changes.map(({ address }) => address)).toEqual(['fabric/SwitchGroup/prod/default/a']);
      const said = JSON.stringify(plan.deferred_changes);
      expect(said).toContain(words);
      await api.send(`${path}/fabric`, { method: 'DELETE' });
    }
    expect(taken).toBeGreaterThan(0);
    expect(taken).toBeLessThanOrEqual(3);
  });
});

describe('an object that the cluster cannot check now', () => {
  it('has a finding with the words of the cluster, and is not called refused', async () => {
    const project = await clusterProject({ 'desired/a.yaml': manifest('VPC', 'a', '{}') }, { hooks: [] });
    await project.run('apply --yes');
    await project.edit('PATCH', 'vpcs/a', 'other', { metadata: { labels: { a: 'b' } } });
    project.emulator.inject({ method: 'PATCH', path: '/vpcs/', times: 9, mishap: down });
    expect((await project.plan()).checks).toMatchObject([
      {
        address: 'fabric/VPC/prod/default/a',
        code: 'unchecked',
        message: expect.stringMatching(/^the cluster cannot check the object now: .*failed calling webhook/u),
      },
    ]);
  });
});

describe('a write that a server answers with a failure of its own', () => {
  it('may have been done: the next run finds out', async () => {
    const project = await clusterProject({ 'desired/a.yaml': manifest('VPC', 'a', '{}') }, { hooks: [] });
    const error = new ApiError(500, 'InternalError', 'etcdserver: request timed out');
    project.emulator.inject({
      method: 'PATCH',
      path: 'fieldValidation=Strict&force=false',
      after: 2,
      mishap: { kind: 'error', error },
    });
    const { stdout } = await project.run('apply --yes', 8);
    expect(stdout).toContain('the cluster failed during the step: etcdserver: request timed out');
    await project.run('apply --yes');
    expect((await project.plan()).resource_changes).toEqual([]);
  });
});

describe('a document that is removed after its creation', () => {
  const group = manifest('SwitchGroup', 'a', '{}');
  const real = { method: 'PATCH', path: '/vpcs/', dryRun: false } as const;

  it.each([
    ['failed, is forgotten', { kind: 'error', error: denied('vvpc.kb.io', 'no room') }, 7, []],
    ['was done without an answer, ends with a removal', { kind: 'lost-after' }, 8, ['ORPHANED>absent']],
    ['was lost before it was done, is forgotten', { kind: 'lost-before' }, 8, []],
  ] as const)('%s', async (_how, mishap, code, steps) => {
    const files = { 'desired/vpc.yaml': manifest('VPC', 'a', '{}'), 'desired/group.yaml': group };
    const project = await clusterProject(files, { hooks: [] });
    project.emulator.inject({ ...real, times: 9, mishap });
    await project.run('apply --yes', code);
    project.emulator.endFaults();
    project.write({ 'desired/vpc.yaml': '# removed' });
    const plan = await project.plan();
    expect(plan.gaps).toEqual([]);
    expect(plan.resource_changes.map(({ step }) => step)).toEqual(steps);
    await project.run('apply --yes');
    expect(project.emulator.cluster.list('VPC')).toEqual([]);
    expect((await project.plan()).resource_changes).toEqual([]);
  });
});

/** A client of the project's cluster with a clock of the test's own. */
function clientOf({ emulator }: ClusterProject) {
  let now = 0;
  const slept: number[] = [];
  const client: ClusterWriter = new KubernetesClient({
    server: new URL(emulator.url),
    send: openHttp(usualDenial({}), { ca: emulator.authority.certificate }),
    credentials: async () => ({ authorization: `Bearer ${emulator.adminToken}` }),
    manager: 'fettle:test',
    timing: {
      now: () => now,
      random: () => 0.5,
      sleep: async (ms) => {
        slept.push(ms);
        now += ms;
      },
    },
  });
  const body = (kind: string, name: string) => ({
    apiVersion: `${kind === 'VPC' ? 'vpc' : 'wiring'}.githedgehog.com/v1beta1`,
    kind,
    metadata: { name, namespace: 'default' },
    spec: {},
  });
  const order = async (kind: string, name: string) => ({
    place: await placeOf(client, kind, name),
    body: body(kind, name),
  });
  return { client, order, slept, pass: (ms: number) => (now += ms) };
}

describe('a breaker', () => {
  it('lets one request decide after its pause, while the others wait for the answer', async () => {
    const project = await clusterProject({}, { hooks: [] });
    const { client, order, pass } = clientOf(project);
    project.emulator.inject({ method: 'PATCH', path: '/vpcs/', times: 4, mishap: down });
    const tried = async (count: number): Promise<readonly boolean[]> => {
      const orders = await Promise.all(Array.from({ length: count }, (_, i) => order('VPC', `a-${i}`)));
      return (await Promise.all(orders.map((each) => client.tryApply(each, never)))).map(({ done }) => done);
    };
    expect(await tried(20)).toEqual(Array.from({ length: 20 }, () => false));
    expect(triesOf(project)).toBe(3);
    pass(31_000);
    expect(await tried(20)).toEqual(Array.from({ length: 20 }, () => false));
    expect(triesOf(project)).toBe(4);
    pass(31_000);
    expect(await tried(20)).toEqual(Array.from({ length: 20 }, () => true));
    expect(triesOf(project)).toBe(24);
  });

  it('counts failures in a row, of one kind', async () => {
    const project = await clusterProject({}, { hooks: [] });
    const { client, order } = clientOf(project);
    for (const path of ['/vpcs/a?', '/vpcs/b?', '/vpcs/d?', '/vpcs/e?', '/vpcs/f?'])
      project.emulator.inject({ method: 'PATCH', path, mishap: down });
    const done: boolean[] = [];
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g'])
      done.push((await client.tryApply(await order('VPC', name), never)).done);
    expect(done).toEqual([false, false, true, false, false, false, false]);
    expect(triesOf(project)).toBe(6);
    expect((await client.tryApply(await order('SwitchGroup', 'a'), never)).done).toBe(true);
  });

  it('is not closed by answers that precede admission', async () => {
    const project = await clusterProject({}, { hooks: [] });
    const { client, order } = clientOf(project);
    const conflict = new ApiError(409, 'Conflict', 'the object has been modified');
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f'])
      project.emulator.inject({
        method: 'PATCH',
        path: `/vpcs/${name}?`,
        mishap: 'bdf'.includes(name) ? { kind: 'error', error: conflict } : down,
      });
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) await client.tryApply(await order('VPC', name), never);
    expect(triesOf(project)).toBe(5);
  });
});

describe('a plan of many objects', () => {
  it('lists each kind once, in pages of 500, and tries nothing that did not change', { timeout: 60_000 }, async () => {
    const objects = Array.from({ length: 1100 }, (_, i) => ({
      apiVersion: 'vpc.githedgehog.com/v1beta1',
      kind: 'VPC',
      metadata: { name: `other-${i}`, namespace: 'default' },
      spec: {},
    }));
    const project = await clusterProject(files, { hooks: [], objects });
    await project.run('apply --yes');
    const before = project.emulator.seen.length;
    expect((await project.plan()).resource_changes).toEqual([]);
    const requests = project.emulator.seen.slice(before);
    expect(requests.filter(({ method }) => method !== 'GET')).toEqual([]);
    const pages = requests
      .filter(({ url }) => url.includes('limit='))
      .map(({ url }) => url.split('?')[0]?.split('/').at(-1));
    expect(pages.filter((plural) => plural === 'vpcs')).toHaveLength(3);
    expect(pages.filter((plural) => plural === 'switchgroups')).toHaveLength(1);
  });

  it('are refreshed a few kinds at a time, and name their gaps in the order of the objects', async () => {
    const project = await clusterProject(files, { hooks: [] });
    const error = new ApiError(500, 'InternalError', 'no list');
    project.emulator.inject({ path: '/vpcs?', times: 9, mishap: { kind: 'error', error } });
    project.emulator.inject({ path: '/switchgroups?', times: 9, mishap: { kind: 'error', error } });
    const { gaps } = await project.plan();
    expect(gaps.map(({ message }) => message)).toEqual(
      ['switchgroups', 'vpcs'].map((plural) => expect.stringContaining(`${plural} cannot be listed`)),
    );
  });
});

describe('what is safe is repeated, and nothing else', () => {
  const lost: Fault['mishap'] = { kind: 'lost-after' };

  it('a list, an object and a dry run after a lost answer', async () => {
    const project = await clusterProject({}, { hooks: [] });
    const { client, order } = clientOf(project);
    const one = await order('VPC', 'a');
    expect((await client.apply(one, never)).done).toBe(true);
    const live = await client.get(one.place, never);
    const { uid } = (live as { readonly metadata: { readonly uid: string } }).metadata;
    for (const mishap of [lost, { kind: 'lost-before' }, { kind: 'cut', bytes: 20 }] as const) {
      for (const method of ['GET', 'PATCH', 'DELETE'])
        project.emulator.inject({ method, path: '/vpcs', times: 2, mishap });
      expect(await client.list(one.place.served, {}, never)).toHaveLength(1);
      expect((await client.tryApply(one, never)).done).toBe(true);
      expect((await client.tryRemove({ place: one.place, uid }, never)).done).toBe(true);
    }
    expect(await client.get(one.place, never)).toBeDefined();
  });

  it('not a change: its answer may be lost, and the change be done', async () => {
    const project = await clusterProject({}, { hooks: [] });
    const { client, order } = clientOf(project);
    project.emulator.inject({ method: 'PATCH', path: '/vpcs', mishap: lost });
    await expect(client.apply(await order('VPC', 'a'), never)).rejects.toThrow(/broke/u);
    expect(triesOf(project)).toBe(1);
  });

  it('any request after a 429, when the server says so', async () => {
    const project = await clusterProject({}, { hooks: [] });
    const { client, order, slept } = clientOf(project);
    const one = await order('VPC', 'a');
    project.emulator.inject({ method: 'PATCH', path: '/vpcs', times: 10, mishap: { kind: 'busy', seconds: 3 } });
    expect((await client.apply(one, never)).done).toBe(true);
    expect(slept).toEqual(Array.from({ length: 10 }, () => 3000));
    project.emulator.inject({ method: 'PATCH', path: '/vpcs', times: 100, mishap: { kind: 'busy', seconds: 7 } });
    expect(await client.apply(one, never)).toMatchObject({ refusal: { kind: 'too-many-requests' } });
    // A minute of waiting is the limit.
    expect(slept).toHaveLength(10 + 8);
  });

  it('a dry run after the page of a load balancer, and a change never', async () => {
    const project = await clusterProject({}, { hooks: [] });
    const { client, order } = clientOf(project);
    const one = await order('VPC', 'a');
    const page: Fault['mishap'] = { kind: 'text', status: 503, text: '<html>no server</html>' };
    project.emulator.inject({ method: 'PATCH', path: '/vpcs', times: 3, mishap: page });
    expect((await client.tryApply(one, never)).done).toBe(true);
    project.emulator.inject({ method: 'PATCH', path: '/vpcs', mishap: page });
    expect(await client.apply(one, never)).toMatchObject({ refusal: { kind: 'server-error', status: 503 } });
    expect(triesOf(project)).toBe(5);
  });

  it('a whole list whose pages expired, or whose version the server does not know yet', async () => {
    const project = await clusterProject({}, { hooks: [] });
    const { client, order, slept } = clientOf(project);
    const { place } = await order('VPC', 'a');
    const future = new ApiError(504, 'Timeout', 'Timeout: Too large resource version: 99, current: 7', {
      retryAfterSeconds: 1,
    });
    for (const error of [new ApiError(410, 'Expired', 'The provided continue parameter is too old'), future])
      project.emulator.inject({ path: '/vpcs?', mishap: { kind: 'error', error } });
    expect(await client.list(place.served, {}, never)).toEqual([]);
    expect(slept).toEqual([1000]);
  });

  it('a refusal of a webhook right after a write: its cache may be older', async () => {
    const project = await clusterProject({}, { hooks: [] });
    const { client, order, slept, pass } = clientOf(project);
    const refusal: Fault = {
      method: 'PATCH',
      path: '/vpcs',
      mishap: { kind: 'error', error: denied('vvpc.kb.io', 'IPv4Namespace a not found') },
    };
    const one = await order('VPC', 'a');
    // Nothing was written before.
    project.emulator.inject(refusal);
    expect((await client.tryApply(one, never)).done).toBe(false);
    await client.apply(await order('SwitchGroup', 'a'), never);
    project.emulator.inject(refusal);
    expect((await client.tryApply(one, never)).done).toBe(true);
    expect(slept).toEqual([250]);
    // A second refusal is final.
    project.emulator.inject({ ...refusal, times: 2 });
    expect((await client.tryApply(one, never)).done).toBe(false);
    pass(6000);
    project.emulator.inject(refusal);
    expect((await client.tryApply(one, never)).done).toBe(false);
    expect(triesOf(project)).toBe(6);
  });
});
