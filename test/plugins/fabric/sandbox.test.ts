/** The fabric of `fettle sandbox up`: a plan of all its documents, its users, its switches, and its next start. */

import { execFile } from 'node:child_process';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { fabricSandbox } from '../../../plugins/fabric/sandbox.ts';
import { openStore } from '../../../plugins/fabric/sandbox/store.ts';
import { listAt, textAt, type Tree, valueAt } from '../../../plugins/fabric/sandbox/value.ts';
import type { RunningWorld } from '#plugin';
import { temporaryFolder, writeFiles } from '../../support/cli.ts';
import { type Done, fettle } from '../../support/command-line.ts';
import { type Api, openApi } from '../../support/kubernetes/api.ts';
import { hasRealServer, kubectlProgram } from '../../support/kubernetes/servers.ts';
import type { PlanJson } from './cluster.ts';

const VPCS = '/apis/vpc.githedgehog.com/v1beta1/namespaces/default/vpcs';
const AGENTS = '/apis/agent.githedgehog.com/v1beta1/namespaces/default/agents';
const SHOP = 'desired/fabric/vpc-shop.yaml';

interface Kubeconfig {
  readonly clusters: readonly [
    { readonly cluster: { readonly server: string; readonly 'certificate-authority-data': string } },
  ];
  readonly users: readonly { readonly name: string; readonly user: { readonly token: string } }[];
}

interface Lab {
  readonly folder: string;
  readonly kubeconfig: string;
  readonly url: string;
  readonly run: (line: string, code?: number, env?: NodeJS.ProcessEnv) => Promise<Done>;
  readonly plan: () => Promise<PlanJson>;
  readonly write: (files: Readonly<Record<string, string>>) => void;
  /** The cluster by its kubeconfig: users are its contexts. */
  readonly api: Api;
  readonly stop: () => Promise<void>;
}

/** Starts the world with a project for it, as `fettle sandbox up` does; `folder` of an earlier start continues that one. */
async function lab(folder = temporaryFolder()): Promise<Lab> {
  let world: RunningWorld | undefined = await fabricSandbox.start(folder, Date.now());
  const { kubeconfig } = world.addresses as { readonly kubeconfig: string };
  const { clusters, users } = JSON.parse(readFileSync(kubeconfig, 'utf8')) as Kubeconfig;
  const { server: url, 'certificate-authority-data': ca } = clusters[0].cluster;
  const tokens = Object.fromEntries(users.map(({ name, user }) => [name, user.token]));
  const api = openApi({ url, ca: Buffer.from(ca, 'base64').toString(), tokens });
  const stop = async (): Promise<void> => {
    api.close();
    await world?.stop();
    world = undefined;
  };
  onTestFinished(stop);
  writeFiles(folder, {
    'fettle.yaml': `name: sandbox\nstore: .fettle\nplugins: ${JSON.stringify({ fabric: world.config })}\n`,
  });
  const run: Lab['run'] = async (line, code = 0, env = {}) => {
    const done = await fettle(folder, line, { env: { PATH: process.env['PATH'] ?? '', ...env } });
    expect([line, done.code, code === done.code ? '' : done.stdout + done.stderr]).toEqual([line, code, '']);
    return done;
  };
  return {
    folder,
    kubeconfig,
    url,
    run,
    plan: async () => JSON.parse((await run('plan --format json')).stdout) as PlanJson,
    write: (files) => writeFiles(folder, files),
    api,
    stop,
  };
}

const asSandbox = { user: 'sandbox' };

async function vlanOf({ api }: Lab, vpc: string): Promise<unknown> {
  const { body } = await api.send(`${VPCS}/${vpc}`, asSandbox);
  return valueAt(body, 'spec', 'subnets', 'default', 'vlan');
}

/** Changes a VLAN as `kubectl edit` does. */
async function editVlan({ api }: Lab, vpc: string, vlan: number): Promise<void> {
  const { code } = await api.send(`${VPCS}/${vpc}?fieldManager=kubectl-edit`, {
    method: 'PATCH',
    type: 'application/merge-patch+json',
    body: { spec: { subnets: { default: { vlan } } } },
    ...asSandbox,
  });
  expect(code).toBe(200);
}

async function listOf({ api }: Lab, path: string): Promise<readonly Tree[]> {
  return listAt((await api.send(path, asSandbox)).body, 'items') as readonly Tree[];
}

const nameOf = (object: Tree): string => textAt(object, 'metadata', 'name');

describe('the first start', () => {
  test('a plan creates every declared object, an apply does it at the first try, and the next plan is empty', async () => {
    const sandbox = await lab();
    const first = await sandbox.plan();
    expect([first.rejected_changes, first.deferred_changes, first.gaps, first.checks]).toEqual([[], [], [], []]);
    const kinds = Map.groupBy(first.resource_changes, ({ address }) => address.split('/')[1]);
    expect(Object.fromEntries([...kinds].map(([kind, rows]) => [kind, rows.length]))).toEqual({
      Connection: 5,
      Server: 3,
      Switch: 3,
      VPC: 2,
      VPCAttachment: 2,
    });
    const unproven = first.resource_changes.filter(({ proven }) => !proven);
    expect(unproven.map(({ address }) => address.split('/')[1])).toEqual([
      ...Array<string>(5).fill('Connection'),
      ...Array<string>(2).fill('VPCAttachment'),
    ]);
    expect(unproven.at(-1)?.warnings.join()).toContain('Unproven: the cluster says today');
    await sandbox.run('apply --yes');
    await sandbox.run('plan --detailed-exitcode');
    await sandbox.run('drift');
  });

  test('the switches apply the change, each as its own Agent', async () => {
    const sandbox = await lab();
    await sandbox.run('apply --yes');
    await expect
      .poll(
        async () =>
          (await listOf(sandbox, AGENTS)).map((agent) => [
            nameOf(agent),
            valueAt(agent, 'status', 'lastAppliedGen') === valueAt(agent, 'metadata', 'generation'),
            Object.keys((valueAt(agent, 'spec', 'vpcs') ?? {}) as Tree),
          ]),
        { timeout: 20_000 },
      )
      .toEqual([
        ['leaf-1', true, ['office', 'shop']],
        ['leaf-2', true, []],
        ['spine-1', true, []],
      ]);
  });

  test('one VPC that no document declares can be imported and adopted', async () => {
    const sandbox = await lab();
    await sandbox.run('apply --yes');
    await sandbox.run('import --all --plugin fabric --out desired/fabric/imported.yaml');
    expect(readFileSync(join(sandbox.folder, 'desired/fabric/imported.yaml'), 'utf8')).toContain('name: somebodys');
    const { resource_changes: rows } = await sandbox.plan();
    expect(rows.map(({ address, because }) => [address, because])).toEqual([
      ['fabric/VPC/lab/default/somebodys', expect.stringContaining('the resource exists, and is not owned yet')],
    ]);
  });
});

describe('a change', () => {
  test('by another tool is a row that names its author, and apply heals it', async () => {
    const sandbox = await lab();
    await sandbox.run('apply --yes');
    await editVlan(sandbox, 'office', 1500);
    const { stdout } = await sandbox.run('drift', 2);
    expect(stdout).toContain('spec.subnets.default.vlan: 1002 → 1500');
    const [row, ...more] = (await sandbox.plan()).resource_changes;
    expect(more).toEqual([]);
    expect(row).toMatchObject({ address: 'fabric/VPC/lab/default/office', cause: 'drift' });
    expect(row?.because).toMatch(/; kubectl-edit at \S+Z changed it$/u);
    await sandbox.run('apply --yes');
    expect(await vlanOf(sandbox, 'office')).toBe(1002);
    await sandbox.run('plan --detailed-exitcode');
  });

  test('that deletes a VPC in use is rejected in the words of the cluster, and done once its attachment goes too', async () => {
    const sandbox = await lab();
    await sandbox.run('apply --yes');
    rmSync(join(sandbox.folder, SHOP));
    const { rejected_changes: rejected } = await sandbox.plan();
    expect(rejected.map(({ resource_change: row }) => row.address)).toEqual(['fabric/VPC/lab/default/shop']);
    expect(rejected[0]?.reasons.map(({ message }) => message)).toEqual([
      'fabric/VPCAttachment/lab/default/shop--server-1 depends on the resource',
      expect.stringContaining('The cluster refuses the step: vvpc.kb.io: VPC has attachments') as string,
    ]);
    await sandbox.run('apply --yes', 3);
    expect(await vlanOf(sandbox, 'shop')).toBe(1001);
    const attachments = join(sandbox.folder, 'desired/fabric/attachments.yaml');
    writeFileSync(attachments, readFileSync(attachments, 'utf8').replace(/^[^]*?---\n/u, ''));
    await sandbox.run('apply --yes --until-settled');
    expect((await listOf(sandbox, VPCS)).map(nameOf)).toEqual(['office', 'somebodys']);
    await sandbox.run('plan --detailed-exitcode');
  });
});

describe('the logins', () => {
  test('a plan with the public token needs no environment, and the kubeconfig is a login too', async () => {
    const sandbox = await lab();
    await sandbox.run('apply --yes');
    expect(statSync(sandbox.kubeconfig).mode & 0o777).toBe(0o600);
    sandbox.write({
      'desired/fabric.yaml':
        'apiVersion: fabric/v1\nkind: Fabric\nmetadata: { name: lab }\nspec: { context: sandbox, manifests: [fabric/] }\n',
      'fettle.yaml': 'name: sandbox\nstore: .fettle\n',
    });
    // The Fabric has an edited document; its objects have not changed.
    const { stdout } = await sandbox.run('plan --format json', 0, { KUBECONFIG: sandbox.kubeconfig });
    const plan = JSON.parse(stdout) as PlanJson;
    expect([plan.gaps, plan.rejected_changes, plan.resource_changes]).toEqual([[], [], []]);
  });

  test('one may only read: its plan is a comparison, and its apply changes nothing', async () => {
    const sandbox = await lab();
    await sandbox.run('apply --yes');
    expect((await sandbox.api.send(VPCS, { user: 'read-only' })).code).toBe(200);
    const refused = await sandbox.api.send(`${VPCS}/office`, { method: 'DELETE', user: 'read-only' });
    expect([refused.code, textAt(refused.body, 'message')]).toEqual([
      403,
      expect.stringContaining('User "reader" cannot delete resource "vpcs"'),
    ]);
    await editVlan(sandbox, 'office', 1500);
    sandbox.write({
      'fettle.yaml': 'name: sandbox\nstore: .fettle\nplugins: { fabric: { token: sandbox-token-read-only } }\n',
    });
    const [row] = (await sandbox.plan()).resource_changes;
    expect([row?.address, row?.proven]).toEqual(['fabric/VPC/lab/default/office', false]);
    await sandbox.run('apply --yes', 7);
    expect(await vlanOf(sandbox, 'office')).toBe(1500);
  });

  test.skipIf(!hasRealServer())('kubectl works with the kubeconfig', async () => {
    const sandbox = await lab();
    await sandbox.run('apply --yes');
    const kubectl = (...args: readonly string[]): Promise<string> =>
      new Promise((resolve) => {
        const cache = join(sandbox.folder, 'kubectl-cache');
        const argv = ['--kubeconfig', sandbox.kubeconfig, '--cache-dir', cache, ...args];
        const env = { ...process.env, KUBE_EDITOR: "sed -i 's/vlan: 1002/vlan: 1500/'" };
        execFile(kubectlProgram(), argv, { timeout: 60_000, env }, (_error, out, err) => resolve(out + err));
      });
    expect(await kubectl('get', 'vpcs', '-o', 'name')).toBe(
      ['office', 'shop', 'somebodys'].map((name) => `vpc.vpc.githedgehog.com/${name}\n`).join(''),
    );
    expect(await kubectl('--context', 'read-only', 'delete', 'vpc', 'office')).toContain('Forbidden');
    expect(await kubectl('delete', 'vpc', 'office')).toContain('VPC has attachments');
    expect(await kubectl('edit', 'vpc', 'office')).toBe('vpc.vpc.githedgehog.com/office edited\n');
    const [row] = (await sandbox.plan()).resource_changes;
    expect([row?.cause, row?.because]).toEqual(['drift', expect.stringMatching(/; kubectl-edit at \S+Z changed it$/u)]);
  });
});

describe('the next start', () => {
  test('has the objects, the address and the documents of the last one', async () => {
    const first = await lab();
    await first.run('apply --yes');
    const uid = async (of: Lab): Promise<unknown> =>
      valueAt((await of.api.send(`${VPCS}/shop`, asSandbox)).body, 'metadata', 'uid');
    const before = await uid(first);
    expect(before).toMatch(/^[\da-f-]{36}$/u);
    const attachments = 'desired/fabric/attachments.yaml';
    rmSync(join(first.folder, attachments));
    const fabric = join(first.folder, 'desired/fabric.yaml');
    const edited = `${readFileSync(fabric, 'utf8')}  controllers: [an-operator]\n`;
    writeFileSync(fabric, edited);
    await first.stop();
    await expect(first.api.send(VPCS, asSandbox)).rejects.toThrow('ECONNREFUSED');
    expect(statSync(join(first.folder, 'kubernetes/kubernetes.json')).mode & 0o777).toBe(0o600);
    const second = await lab(first.folder);
    expect([second.url, await uid(second)]).toEqual([first.url, before]);
    // An edited document stays, and a deleted one is not written again.
    expect(readFileSync(fabric, 'utf8')).toBe(edited);
    expect(existsSync(join(second.folder, attachments))).toBe(false);
    const { resource_changes: rows } = await second.plan();
    expect(rows.map(({ address, step }) => [address, step])).toEqual([
      ['fabric/VPCAttachment/lab/default/office--server-2', 'ORPHANED>absent'],
      ['fabric/VPCAttachment/lab/default/shop--server-1', 'ORPHANED>absent'],
    ]);
  });

  test('takes another port if the last one is in use, and the documents follow', async () => {
    const first = await lab();
    await first.run('apply --yes');
    await first.stop();
    const { port } = new URL(first.url);
    const other = createServer();
    await new Promise<Server>((resolve) => other.listen(Number(port), '127.0.0.1', () => resolve(other)));
    onTestFinished(() => void other.close());
    const second = await lab(first.folder);
    expect(second.url).not.toBe(first.url);
    const { resource_changes: rows, gaps } = await second.plan();
    expect([rows, gaps]).toEqual([[], []]);
  });
});

test('a compaction forgets changes up to a version, and keeps later ones', () => {
  const store = openStore();
  const put = (name: string): number => {
    store.put('vpcs', `default/${name}`, { metadata: { name } });
    return store.version();
  };
  const [first, second] = [put('a'), put('b')];
  store.compact(first);
  expect(store.since('vpcs', first).map(({ key }) => key)).toEqual(['default/b']);
  expect(() => store.since('vpcs', first - 1)).toThrow('too old resource version');
  expect(store.listAt('vpcs', first).map(nameOf)).toEqual(['a']);
  store.compact();
  expect(() => store.since('vpcs', first)).toThrow('too old resource version');
  expect(store.since('vpcs', second)).toEqual([]);
});
