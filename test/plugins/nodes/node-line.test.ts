/** Nodes on the whole line: every change at the provider, whole lives, and the log of each decision. */

import { describe, expect, it } from 'vitest';
import type { NodeMemory } from '../../../plugins/nodes/generated.ts';
import { LABELS } from '../../../plugins/nodes/labels.ts';
import type { ServerRow } from '../../../plugins/nodes/sandbox/state.ts';
import { findDrift } from '../../../src/engine/drift.ts';
import type { Facts } from '#plugin';
import { HOUR, MINUTE, rowsOf, runOf, servers, type Shown, start } from './line.ts';
import { type Whole } from './whole.ts';

function yaml(more = '', name = 'web-1'): string {
  return `apiVersion: nodes/v1
kind: Node
metadata: { name: ${name} }
spec:
  { serverType: cx23, image: debian-13, location: nbg1, readiness: { after: 1m }, ${more} }
`;
}

const SHOWN: Shown = { name: ({ name }) => name, rest: ({ goal }) => goal };
const run = (whole: Whole): Promise<readonly string[]> => runOf(whole, SHOWN);

/** A node that is created, ready, and older than every grace. */
async function made(more = '', config: object = {}): Promise<Whole> {
  const whole = await start(yaml(more), config);
  await run(whole);
  await whole.pass(2 * MINUTE);
  expect(await run(whole)).toEqual([]);
  await whole.pass(HOUR);
  return whole;
}

/** Paths of the fields that drifted. */
async function driftIn(whole: Whole): Promise<readonly string[]> {
  const { resources, actions, proposed, scene } = await whole.look();
  return findDrift({ resources, actions, proposed, scene, suppress: [] }).rows.flatMap(({ back }) =>
    back.fields.map(({ path }) => path),
  );
}

function kept(whole: Whole, name = 'web-1'): Partial<NodeMemory> {
  return whole.recall().resources.get(`nodes/Node/${name}`)?.kept ?? {};
}

/** Creates an object other than a server by a plain request, as another program would; gives its ID. */
async function make({ emulator }: Whole, path: string, body: object): Promise<number> {
  const headers = { authorization: `Bearer ${emulator.tokens.readWrite}`, 'content-type': 'application/json' };
  const answer = await fetch(`${emulator.endpoint}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  expect(answer.ok, path).toBe(true);
  const [found] = Object.values((await answer.json()) as Readonly<Record<string, { readonly id: number }>>);
  return found?.id ?? 0;
}

describe('a change in place', () => {
  it('is made, each by its own calls, and then the node is as declared', async () => {
    const whole = await made();
    const inside = await make(whole, '/networks', { name: 'inside', ip_range: '10.0.0.0/16' });
    for (const path of [`/networks/${inside}/actions/add_subnet`])
      await make(whole, path, { type: 'cloud', ip_range: '10.0.1.0/24', network_zone: 'eu-central' });
    const firewall = await make(whole, '/firewalls', { name: 'web' });
    const volume = await make(whole, '/volumes', { name: 'data', size: 10, location: 'nbg1' });
    await whole.pass(MINUTE);
    whole.emulator.alter('web-1', {
      name: 'somebody-called-it-so',
      labels: { ...whole.emulator.server('web-1').labels, theirs: 'x' },
    });
    whole.write(
      yaml(
        'labels: { a: "1", "team/b": "2" }, networks: [{ network: inside, ip: 10.0.1.7, aliasIps: [10.0.1.8] }], firewalls: [web], volumes: [data], backups: true, protection: true',
      ),
    );
    expect(await run(whole)).toEqual(['web-1 ready>ready update']);
    expect(await run(whole)).toEqual([]);
    const server: ServerRow = whole.emulator.server('web-1');
    expect(server).toMatchObject({
      labels: { a: '1', 'team/b': '2', theirs: 'x', [LABELS.project]: 'test' },
      privateNets: [{ network: inside, ip: '10.0.1.7', aliasIps: ['10.0.1.8'] }],
      protection: { delete: true, rebuild: true },
    });
    expect(server.backupWindow).not.toBeNull();
    expect(whole.emulator.cloud().volumes.get(volume)?.server).toBe(server.id);
    expect(JSON.stringify(whole.emulator.cloud().firewalls.get(firewall))).toContain(String(server.id));

    // And back again: values of the document are removed, foreign ones stay.
    whole.write(yaml('labels: { a: "1" }, networks: [], firewalls: [], volumes: [], backups: true, protection: false'));
    expect(await run(whole)).toEqual(['web-1 ready>ready update']);
    expect(whole.emulator.server('web-1').protection).toEqual({ delete: false, rebuild: false });
    expect(await run(whole)).toEqual(['web-1 ready>ready update']);
    expect(await run(whole)).toEqual([]);
    const after = whole.emulator.server('web-1');
    expect(after.privateNets).toEqual([]);
    expect(after.labels).toMatchObject({ a: '1', theirs: 'x' });
    expect(after.labels['team/b']).toBeUndefined();
    expect(whole.emulator.cloud().volumes.get(volume)?.server).toBeNull();
  });

  it('that needs the power off turns it off and on again', async () => {
    const whole = await made();
    await make(whole, '/placement_groups', { name: 'apart', type: 'spread' });
    whole.write(yaml('placementGroup: apart').replace('cx23', 'cx33'));
    expect(await run(whole)).toEqual(['web-1 power:on>on update']);
    expect(whole.emulator.server('web-1')).toMatchObject({ status: 'running', disk: 40 });
    expect(whole.emulator.server('web-1').placementGroup).not.toBeNull();
    await whole.pass(MINUTE);
    expect(await run(whole)).toEqual([]);
  });

  it('of several steps is not drift between its steps, but another change of the server is', async () => {
    const whole = await made('labels: { team: a }');
    whole.write(yaml('labels: { team: b }').replace('cx23', 'cx33'));
    expect(await run(whole)).toEqual(['web-1 ready>ready update']);
    expect(await driftIn(whole)).toEqual([]);
    whole.emulator.alter('web-1', { status: 'off' });
    expect(await driftIn(whole)).toEqual(['/power']);
    expect(await run(whole)).toEqual(['web-1 power:off>off update']);
    const { server } = whole.emulator;
    expect(server('web-1')).toMatchObject({ status: 'running' });
    expect(whole.records().findLast(({ kind }) => kind === 'outcome')?.body).toMatchObject({ outcome: 'done' });
    expect(await driftIn(whole)).toEqual([]);
    await whole.pass(MINUTE);
    expect(await run(whole)).toEqual([]);
  });

  it('of backups is ended only by an override, and then backups are off', async () => {
    const whole = await made('backups: true');
    whole.write(yaml('backups: false'));
    expect(await run(whole)).toEqual(['REJECTED web-1 ready>ready: destroys-data']);
    whole.lift('destroys-data@nodes/Node/web-1');
    expect(await run(whole)).toEqual(['web-1 ready>ready update']);
    expect(whole.emulator.server('web-1').backupWindow).toBeNull();
  });
});

describe('a replacement', () => {
  it('drains, removes and creates, each in its plan, and only by overrides; nothing of the old life remains', async () => {
    const whole = await made();
    whole.emulator.workloads.start('web-1', { id: 'c1', mb: 64 });
    await run(whole);
    whole.emulator.workloads.end('c1');
    await run(whole);
    await whole.pass(HOUR);
    const before = whole.emulator.server('web-1').id;
    whole.write(yaml().replace('nbg1', 'fsn1'));
    expect(await run(whole)).toEqual(['REJECTED web-1 idle>draining: destroys-data']);
    whole.lift('destroys-data@nodes/Node/web-1');
    expect(await run(whole)).toEqual(['web-1 idle>draining replace']);
    expect(await run(whole)).toEqual(['WAITING web-1 draining>decommissioned: drain-grace']);
    await whole.pass(5 * MINUTE);
    expect(await run(whole)).toEqual(['web-1 draining>decommissioned replace']);
    expect(servers(whole)).toEqual([]);
    expect(whole.recall().resources.get('nodes/Node/web-1')?.owned).toBeUndefined();
    whole.lift();
    expect(await run(whole)).toEqual(['web-1 absent>provisioning create']);
    const after = whole.emulator.server('web-1');
    expect(after.id).not.toBe(before);
    expect(kept(whole)).toMatchObject({ server_id: after.id, containers_ever: 0 });
    for (const field of [
      'initialized_at',
      'first_container_at',
      'last_container_at',
      'draining_at',
      'told_at',
      'recovered_at',
    ] as const)
      expect([field, kept(whole)[field]]).toEqual([field, undefined]);
    await whole.pass(2 * MINUTE);
    expect(await run(whole)).toEqual([]);
    expect(whole.recall().resources.get('nodes/Node/web-1')).toMatchObject({ state: 'ready', owned: 'created' });
  });

  it('of a server that another program deleted is a new one with a life of its own', async () => {
    const whole = await made();
    const { initialized_at: initializedAt } = kept(whole);
    whole.emulator.vanish('web-1');
    expect(await run(whole)).toEqual(['web-1 absent>provisioning create']);
    expect(kept(whole).server_id).toBe(whole.emulator.server('web-1').id);
    expect(kept(whole).initialized_at).toBeUndefined();
    expect(initializedAt).toBeDefined();
    expect(whole.recall().resources.get('nodes/Node/web-1')?.state).toBe('initializing');
  });
});

describe('a creation', () => {
  it('that fails after the server exists leaves it owned, even without its document', async () => {
    const whole = await start(yaml('protection: true'));
    whole.emulator.inject({
      method: 'POST',
      path: '/servers/*/actions/change_protection',
      times: 20,
      mishap: { kind: 'error', status: 422, code: 'service_error' },
    });
    const failed = await whole.run();
    expect([...failed.rows.values()].map(({ status }) => status)).toEqual(['unknown']);
    expect(servers(whole)).toEqual(['web-1']);
    whole.emulator.clearFaults();
    whole.write('');
    const next = await whole.run();
    expect(next.reconciled?.plan.settled).toMatchObject([{ outcome: 'done' }]);
    expect(rowsOf(next, SHOWN)).toEqual(['REJECTED web-1 initializing>decommissioned: still-starting']);
    expect(whole.recall().resources.get('nodes/Node/web-1')?.owned).toBe('created');
    expect(kept(whole).recovered_at).toBeUndefined();
  });

  it('that the provider refuses has failed', async () => {
    const whole = await start(yaml());
    whole.emulator.set({ noPlace: ['cx23@nbg1'] });
    const failed = await whole.run();
    expect([...failed.rows.values()].map(({ status }) => status)).toEqual(['failed']);
    expect(whole.recall().resources.get('nodes/Node/web-1')?.failures).toBe(1);
    whole.emulator.set({ noPlace: [] });
    await whole.pass(MINUTE);
    expect(await run(whole)).toEqual(['web-1 absent>provisioning create']);
  });
});

describe('a creation that fails', () => {
  const FULL = {
    method: 'POST',
    path: '/servers',
    mishap: { kind: 'error', status: 403, code: 'resource_limit_exceeded' },
  } as const;

  /** Runs with a provider that refuses; the result of the row, and its rule. */
  async function refused(whole: Whole): Promise<string> {
    const ending = whole.emulator.inject({ ...FULL, times: 9 });
    const ran = await whole.run();
    ending();
    const [row] = [...ran.rows.values()];
    return row?.status === 'failed' ? 'failed' : (rowsOf(ran, SHOWN)[0] ?? 'nothing');
  }

  it('is retried after 1, 2 and 4 minutes, and then not again', async () => {
    const whole = await start(yaml());
    expect(await refused(whole)).toBe('failed');
    for (const minutes of [1, 2, 4]) {
      const asked = whole.emulator.requests().filter(({ method }) => method === 'POST').length;
      await whole.pass(minutes * MINUTE - 1);
      expect(await refused(whole)).toBe('WAITING web-1 absent>provisioning: backoff');
      expect(whole.emulator.requests().filter(({ method }) => method === 'POST')).toHaveLength(asked);
      await whole.pass(1);
      expect(await refused(whole)).toBe('failed');
    }
    for (const wait of [4 * MINUTE, 24 * HOUR]) {
      await whole.pass(wait);
      expect(await refused(whole)).toBe('REJECTED web-1 absent>provisioning: retry-exhausted');
    }
  });

  it('starts again with another document, and with an override', async () => {
    const whole = await start(yaml());
    for (let i = 0; i < 4; i += 1) {
      expect(await refused(whole)).toBe('failed');
      await whole.pass(5 * MINUTE);
    }
    expect(await refused(whole)).toContain('retry-exhausted');
    whole.lift('retry-exhausted@nodes/Node/web-1');
    expect(await refused(whole)).toBe('failed');
    whole.lift();
    expect(whole.recall().resources.get('nodes/Node/web-1')?.failures).toBe(1);
    await whole.pass(MINUTE);
    expect(await refused(whole)).toBe('failed');
    for (let i = 0; i < 2; i += 1) {
      await whole.pass(5 * MINUTE);
      expect(await refused(whole)).toBe('failed');
    }
    await whole.pass(5 * MINUTE);
    expect(await refused(whole)).toContain('retry-exhausted');
    whole.write(yaml('labels: { try: again }'));
    expect(await run(whole)).toEqual(['web-1 absent>provisioning create']);
  });

  it('and so does a change that turns a server off', async () => {
    const whole = await made('workloads: { none: true }');
    whole.emulator.set({ noPlace: ['cx33@nbg1'] });
    whole.write(yaml('workloads: { none: true }, serverType: cx33').replace('serverType: cx23, ', ''));
    expect([...(await whole.run()).rows.values()].map(({ status }) => status)).toEqual(['failed']);
    const boots = whole.emulator.server('web-1').boots;
    expect(await run(whole)).toEqual(['WAITING web-1 power:on>on: backoff']);
    expect(whole.emulator.server('web-1').boots).toBe(boots);
  });
});

describe('a value that a document leaves open', () => {
  it.each(['replaced', 'vanished'])('is passed on to the server that replaces one that %s', async (how) => {
    const whole = await made('workloads: { none: true }, readyGrace: 0s, drainGrace: 0s');
    const inside = await make(whole, '/networks', { name: 'inside', ip_range: '10.0.0.0/16' });
    const subnet = { type: 'cloud', ip_range: '10.0.1.0/24', network_zone: 'eu-central' };
    await make(whole, `/networks/${inside}/actions/add_subnet`, subnet);
    const firewall = await make(whole, '/firewalls', { name: 'web' });
    const group = await make(whole, '/placement_groups', { name: 'spread', type: 'spread' });
    const volume = await make(whole, '/volumes', { name: 'data', size: 10, server: whole.emulator.server('web-1').id });
    await whole.pass(MINUTE);
    const { id } = whole.emulator.server('web-1');
    await make(whole, `/servers/${id}/actions/attach_to_network`, { network: inside, ip: '10.0.1.7' });
    await make(whole, `/firewalls/${firewall}/actions/apply_to_resources`, {
      apply_to: [{ type: 'server', server: { id } }],
    });
    await whole.pass(MINUTE);
    whole.emulator.alter('web-1', { placementGroup: group, backupWindow: '22-02' });
    expect(await run(whole)).toEqual([]);
    const before = whole.emulator.requests().length;
    if (how === 'vanished') {
      whole.emulator.vanish('web-1');
      whole.emulator
        .cloud()
        .volumes.set(volume, { ...whole.emulator.cloud().volumes.get(volume), server: null } as never);
    } else {
      whole.write(yaml('workloads: { none: true }, readyGrace: 0s, drainGrace: 0s, userData: "echo new"'));
      const refused = await whole.run();
      const [reason] = refused.reconciled?.plan.rejected_changes[0]?.reasons ?? [];
      expect(reason).toMatchObject({ rule: 'destroys-data' });
      for (const lost of [
        '40 GB',
        'all of its backups',
        whole.emulator.cloud().primaryIps.get(whole.emulator.server('web-1').ipv4 ?? 0)?.ip ?? 'none',
      ])
        expect(reason?.message).toContain(lost);
      expect(reason?.message).not.toContain('data,');
      whole.lift('destroys-data@nodes/Node/web-1');
      await run(whole);
      await whole.pass(HOUR);
      await run(whole);
      const paths = whole.emulator
        .requests()
        .slice(before)
        .filter(({ method }) => method !== 'GET')
        .map(({ method, path }) => `${method} ${path}`);
      // Data written to its volume at that moment is not lost.
      expect(paths.indexOf(`POST /servers/${id}/actions/shutdown`)).toBeLessThan(
        paths.indexOf(`DELETE /servers/${id}`),
      );
      expect(paths).toContain(`POST /servers/${id}/actions/shutdown`);
    }
    expect(servers(whole)).toEqual([]);
    const creation = await whole.run();
    expect(rowsOf(creation, SHOWN)).toEqual(['web-1 absent>provisioning create']);
    // The row shows the values that are passed on: only objects that a reader approved are attached.
    const row = creation.reconciled?.plan.resource_changes[0];
    expect(row?.because).toContain(
      'The server gets its networks, its firewalls, its volumes, its placement group, its backups',
    );
    expect(row?.change.after).toMatchObject({
      volumes: [String(volume)],
      placementGroup: String(group),
      backups: true,
    });
    await whole.pass(MINUTE);
    const server = whole.emulator.server('web-1');
    expect(server.id).not.toBe(id);
    expect(server).toMatchObject({ placementGroup: group, privateNets: [{ network: inside, ip: '10.0.1.7' }] });
    expect(server.backupWindow).not.toBeNull();
    expect(whole.emulator.cloud().volumes.get(volume)?.server).toBe(server.id);
    expect(JSON.stringify(whole.emulator.cloud().firewalls.get(firewall))).toContain(String(server.id));
  });

  it('and that cannot move to another location is named before a drain', async () => {
    const whole = await made('workloads: { none: true }');
    await make(whole, '/volumes', { name: 'data', size: 10, server: whole.emulator.server('web-1').id });
    await whole.pass(MINUTE);
    await run(whole);
    whole.write(yaml('workloads: { none: true }, location: fsn1').replace('location: nbg1, ', ''));
    const ran = await whole.run();
    expect(rowsOf(ran, SHOWN)).toEqual(['REJECTED web-1 ready>draining: destroys-data']);
    expect(ran.reconciled?.plan.rejected_changes[0]?.reasons[0]?.message).toContain(
      'its volumes data, which stay detached in nbg1',
    );
  });
});

describe('a server in use by an operator', () => {
  it.each([
    ['is in rescue mode', { rescue: true }, { rescue: false }],
    ['has an ISO', { iso: 26_637 }, { iso: null }],
  ] as const)(
    '%s: it is neither turned off nor drained, and its row says that it would be',
    async (_what, patch, undo) => {
      const whole = await made('workloads: { none: true }');
      whole.emulator.alter('web-1', patch);
      whole.write(yaml('workloads: { none: true }, serverType: cx33').replace('serverType: cx23, ', ''));
      const ran = await whole.run();
      expect(rowsOf(ran, SHOWN)).toEqual(['WAITING web-1 power:on>on: in-use-by-hand']);
      const row = ran.reconciled?.plan.deferred_changes[0]?.resource_change;
      expect(row).toMatchObject({ disruptive: true, because: expect.stringContaining('turned off and on again') });
      whole.write('');
      expect(await run(whole)).toEqual(['WAITING web-1 ready>draining: in-use-by-hand']);
      whole.emulator.alter('web-1', undo);
      expect(await run(whole)).toEqual(['web-1 ready>draining remove']);
    },
  );
});

describe('a drain', () => {
  it('calls the workload source first; if that fails, nothing is drained', async () => {
    const whole = await made();
    whole.write('');
    whole.emulator.workloads.inject({ method: 'POST', mishap: { kind: 'error', status: 500, code: 'no' } });
    const failed = await whole.run();
    expect([...failed.rows.values()].map(({ status }) => status)).toEqual(['failed']);
    expect(whole.emulator.server('web-1').labels[LABELS.drain]).toBeUndefined();
    whole.emulator.workloads.clearFaults();
    expect(await run(whole)).toEqual(['web-1 ready>draining remove']);
    expect(whole.emulator.workloads.isDrained('web-1')).toBe(true);
    expect(whole.emulator.server('web-1').labels[LABELS.drain]).toMatch(/^\d+$/u);
    expect(kept(whole).draining_at).toBeDefined();
  });

  it('by hand is reported to the source by fettle, and its grace counts from then', async () => {
    const whole = await made();
    const { labels } = whole.emulator.server('web-1');
    whole.emulator.alter('web-1', {
      labels: { ...labels, [LABELS.drain]: String(Math.floor(whole.clock.now() / 1000) - 3600) },
    });
    whole.write('');
    expect(await run(whole)).toEqual(['web-1 draining>draining update']);
    expect(await run(whole)).toEqual(['WAITING web-1 draining>decommissioned: drain-grace']);
    await whole.pass(5 * MINUTE);
    expect(await run(whole)).toEqual(['web-1 draining>decommissioned remove']);
    expect(servers(whole)).toEqual([]);
  });

  it('is never undone: it stays when its label is removed, and unhealthy when it answers again', async () => {
    const whole = await made();
    whole.write('');
    await run(whole);
    const { [LABELS.drain]: _drained, ...labels } = whole.emulator.server('web-1').labels;
    whole.emulator.alter('web-1', { labels });
    expect(await run(whole)).toEqual(['WAITING web-1 draining>decommissioned: drain-grace']);
    whole.emulator.alter('web-1', { status: 'off', guest: 'down' });
    whole.write(yaml());
    expect(await run(whole)).toEqual(['REJECTED web-1 unhealthy>decommissioned: unhealthy-grace, destroys-data']);
    expect(servers(whole)).toEqual(['web-1']);
  });

  it('because of a full disk lets a pool replace it with a new one', async () => {
    const pool = `apiVersion: nodes/v1
kind: NodePool
metadata: { name: web }
spec:
  min: 1
  max: 3
  template: { serverType: cx23, image: debian-13, location: nbg1, readiness: { after: 1m } }
`;
    const whole = await start(pool.replace('min: 1', 'min: 2'));
    for (let i = 0; i < 4; i += 1) {
      await run(whole);
      await whole.pass(2 * MINUTE);
    }
    for (const name of ['web-1', 'web-2']) whole.emulator.workloads.start(name, { id: `on-${name}`, mb: 2000 });
    whole.emulator.workloads.fillDisk('web-1', 91);
    // A node is not drained while the pool would be below its minimum: another one is created first.
    expect(await run(whole)).toEqual([
      'web-3 absent>provisioning create',
      'web active>active update',
      'REJECTED web-1 active>draining: keeps-min',
    ]);
    await whole.pass(2 * MINUTE);
    expect(await run(whole)).toEqual(['web-1 active>draining update']);
    const rows = await run(whole);
    expect(rows).toContain('web active>active update');
    expect(rows).toContain('REJECTED web-1 draining>decommissioned: has-containers, allocated-memory, drain-grace');
    whole.emulator.workloads.end('on-web-1');
    await whole.pass(6 * MINUTE);
    expect(await run(whole)).toContain('web-1 draining>decommissioned remove');
    expect(servers(whole)).not.toContain('web-1');
    expect(servers(whole)).toContain('web-3');
  });
});

describe('a static node', () => {
  it('that never answers is unhealthy for that reason from its start deadline on, and was never drained', async () => {
    const whole = await start(
      `apiVersion: nodes/v1\nkind: Node\nmetadata: { name: metal }\nspec: { provider: static, address: 127.0.0.1, readiness: { tcp: { port: 1 } } }\n`,
    );
    const codes: string[] = [];
    for (let minute = 0; minute < 45; minute += 5) {
      const { plan } = await whole.look();
      codes.push(...plan.checks.map(({ message }) => message.replace(/:.*/u, '')));
      await whole.pass(5 * MINUTE);
    }
    expect(new Set(codes)).toEqual(new Set(['The node does not answer']));
    expect(codes.length).toBeGreaterThan(4);
    expect(whole.recall().resources.get('nodes/Node/metal')?.others).toMatchObject({ health: 'unhealthy' });
  });
});

describe('a system node', () => {
  it('is active at once, is never removed without its document, and can be released as it is', async () => {
    const whole = await made('role: system');
    expect(whole.recall().resources.get('nodes/Node/web-1')?.state).toBe('active');
    expect(whole.emulator.server('web-1').labels[LABELS.role]).toBe('system');
    whole.write('');
    expect(await run(whole)).toEqual(['REJECTED web-1 active>draining: dedicated-node']);
    // Its label outlives the state.
    whole.recall().resources.clear();
    whole.write(yaml());
    await run(whole);
    whole.write('');
    const rows = await run(whole);
    expect(rows[0]).toContain('dedicated-node');
    whole.write(`${yaml('role: system')}lifecycle: { onRemove: release }\n`);
    await run(whole);
    await run(whole);
    whole.write('');
    expect(await run(whole)).toEqual(['web-1 active>active release']);
    expect(servers(whole)).toEqual(['web-1']);
    expect(whole.recall().resources.size).toBe(0);
  });
});

describe('a worker that was a system node', () => {
  it('is removed like any other, even if no container was ever counted on it', async () => {
    const whole = await made('role: system');
    whole.write(yaml());
    // A system node until the row that makes it a worker is applied.
    expect(await run(whole)).toEqual(['web-1 active>active protect']);
    expect(await run(whole)).toEqual(['web-1 idle>idle update']);
    expect(whole.emulator.server('web-1').labels[LABELS.role]).toBeUndefined();
    whole.write('');
    expect(await run(whole)).toEqual(['web-1 idle>draining remove']);
    await whole.pass(6 * MINUTE);
    expect(await run(whole)).toEqual(['web-1 draining>decommissioned remove']);
  });
});

describe('provider protection', () => {
  it('is a reason, and lifted only by a row of its own', async () => {
    const whole = await made('protection: true');
    whole.write('');
    expect(await run(whole)).toEqual(['REJECTED web-1 ready>draining: provider-protected']);
    whole.write(yaml('protection: false'));
    expect(await run(whole)).toEqual(['web-1 ready>ready update']);
    whole.write('');
    expect(await run(whole)).toEqual(['web-1 ready>draining remove']);
    // Another program protects it in between.
    whole.emulator.alter('web-1', { protection: { delete: true, rebuild: true } });
    await whole.pass(6 * MINUTE);
    expect(await run(whole)).toEqual(['REJECTED web-1 draining>decommissioned: provider-protected']);
    expect(servers(whole)).toEqual(['web-1']);
  });
});

describe('the log', () => {
  it('has the audited facts of each decision, its author, and its result', async () => {
    const whole = await made();
    whole.emulator.workloads.start('web-1', { id: 'c1', mb: 64 });
    whole.write('');
    await run(whole);
    whole.emulator.workloads.end('c1');
    await run(whole);
    await whole.pass(31 * MINUTE);
    await run(whole);
    await whole.pass(6 * MINUTE);
    await run(whole);
    const recorded = whole.records().flatMap(({ kind, body }): readonly [string, string, Facts | undefined][] => {
      if (kind === 'intent') return [['intent', body.step, body.audit]];
      if (kind === 'outcome') return [['outcome', body.outcome, body.audit]];
      return kind === 'refusal' ? [[body.verdict, body.reasons.map(({ rule }) => rule).join(', '), body.audit]] : [];
    });
    const short = recorded.map(([kind, what, audit]) => [
      kind,
      what,
      audit?.['action'],
      audit?.['lifecycle_state'],
      audit?.['container_count'],
      audit?.['decision_by'],
    ]);
    expect(short).toEqual([
      ['intent', 'absent>provisioning', 'node_provision', 'absent', undefined, 'manual'],
      ['outcome', 'done', 'node_provision', 'absent', undefined, 'manual'],
      ['rejected', 'drains-containers', 'node_decommission', 'active', 1, 'manual'],
      ['rejected', 'idle-grace', 'node_decommission', 'idle', 0, 'manual'],
      ['intent', 'idle>draining', 'node_decommission', 'idle', 0, 'manual'],
      ['outcome', 'done', 'node_decommission', 'idle', 0, 'manual'],
      ['intent', 'draining>decommissioned', 'node_decommission', 'draining', 0, 'manual'],
      ['outcome', 'done', 'node_decommission', 'draining', 0, 'manual'],
    ]);
    expect(recorded.at(-1)?.[2]).toMatchObject({
      total_containers_ever: 1,
      health_status: 'healthy',
      hourly_cost: expect.any(Number) as number,
      idle_minutes: 37,
    });
  });
});
