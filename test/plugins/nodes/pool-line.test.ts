/** Pools on the whole line: documents, engine, plugin, client, and the emulated provider and workload source. */

import { describe, expect, it } from 'vitest';
import type { NodePoolMemory } from '../../../plugins/nodes/generated.ts';
import { concerns, type Decision, Decisions } from '../../../src/engine/audit.ts';
import { HOUR, MINUTE, rowsOf, runOf, servers, type Shown, start } from './line.ts';
import { startWhole, type Whole } from './whole.ts';

interface PoolOptions {
  readonly name?: string;
  readonly more?: string;
  readonly template?: string;
}

function poolYaml(size: string, { name = 'web', more = '', template = '' }: PoolOptions = {}): string {
  return `apiVersion: nodes/v1
kind: NodePool
metadata: { name: ${name} }
spec:
  ${size}
  ${more}
  template: { serverType: cx23, image: debian-13, location: nbg1, readiness: { after: 1m }${template} }
`;
}

const SHOWN: Shown = {
  name: ({ address }) => address.replace('nodes/', ''),
  rest: ({ cause }) => `(${cause})`,
};
const run = (whole: Whole): Promise<readonly string[]> => runOf(whole, SHOWN);

/** Runs until no changes remain, with a minute between; the last rows. */
async function settle(whole: Whole, most = 10): Promise<readonly string[]> {
  for (let i = 0; i < most; i += 1) {
    const rows = await run(whole);
    if (rows.every((row) => row.startsWith('REJECTED') || row.startsWith('WAITING'))) return rows;
    await whole.pass(MINUTE);
  }
  throw new Error('it does not come to rest');
}

function decisionsOf(whole: Whole): readonly Decision[] {
  const found = new Decisions();
  for (const record of whole.records()) found.add(record);
  return found.all();
}

function keptOf(whole: Whole, pool = 'web'): Partial<NodePoolMemory> {
  return whole.recall().resources.get(`nodes/NodePool/${pool}`)?.kept ?? {};
}

function put(
  whole: Whole,
  node: string,
  id: string,
  mb: number,
  more: { readonly tier?: string; readonly players?: number } = {},
): void {
  expect(whole.emulator.workloads.start(node, { id, mb, tier: 'small', players: 0, ...more }), `${id} on ${node}`).toBe(
    true,
  );
}

describe('a pool of a fixed size', () => {
  it('begins, is created, keeps its names, and grows', async () => {
    const whole = await start(poolYaml('size: 2'));
    expect(await run(whole)).toEqual([
      'Node/web-1 absent>provisioning (new)',
      'Node/web-2 absent>provisioning (new)',
      'NodePool/web active>active (new)',
    ]);
    expect(servers(whole)).toEqual(['web-1', 'web-2']);
    await whole.pass(2 * MINUTE);
    expect(await run(whole)).toEqual([]);
    whole.write(poolYaml('size: 4'));
    expect(await run(whole)).toEqual([
      'Node/web-3 absent>provisioning (edit)',
      'Node/web-4 absent>provisioning (edit)',
      'NodePool/web active>active (edit)',
    ]);
    expect(servers(whole)).toEqual(['web-1', 'web-2', 'web-3', 'web-4']);
    expect(keptOf(whole)).toMatchObject({ prefix: 'web', members: [1, 2, 3, 4], next: 5 });
  });

  it('says that its size follows in a later plan if another safety input is first', async () => {
    const whole = await start(poolYaml('size: 1', { more: 'removalsAtOnce: 1' }));
    await settle(whole);
    whole.write(poolYaml('size: 2', { more: 'removalsAtOnce: 2' }));
    const { reconciled } = await whole.run();
    const row = { goal: 'protect', because: expect.stringContaining('A later plan has the next step of the resource') };
    expect(reconciled?.plan.resource_changes).toMatchObject([row]);
    expect(await run(whole)).toEqual(['Node/web-2 absent>provisioning (edit)', 'NodePool/web active>active (edit)']);
    whole.write(poolYaml('size: 2', { more: 'removalsAtOnce: 1' }));
    const [alone] = (await whole.run()).reconciled?.plan.resource_changes ?? [];
    expect(alone).toMatchObject({ goal: 'protect', because: 'the document changes safety inputs' });
  });

  it('creates a member that another program deleted again, under its own name', async () => {
    const whole = await start(poolYaml('size: 2'));
    await settle(whole);
    const { id } = whole.emulator.server('web-1');
    whole.emulator.cloud().servers.delete(id);
    expect(await run(whole)).toEqual(['Node/web-1 absent>provisioning (drift)']);
    expect(servers(whole)).toEqual(['web-1', 'web-2']);
    expect(whole.emulator.server('web-1').id).not.toBe(id);
  });

  it('loses the best candidate, drained and then removed, and never reuses its name', async () => {
    const whole = await start(poolYaml('size: 3'));
    await settle(whole);
    put(whole, 'web-1', 'a', 500);
    put(whole, 'web-3', 'b', 500);
    whole.write(poolYaml('size: 2'));
    await whole.pass(HOUR);
    const ran = await whole.run();
    expect(rowsOf(ran, SHOWN)).toEqual(['Node/web-2 ready>draining (edit)', 'NodePool/web active>active (edit)']);
    const [drain] = ran.reconciled?.plan.resource_changes ?? [];
    expect(drain).toMatchObject({
      follows: 'nodes/NodePool/web',
      because: `The pool has 3 nodes; its size is 2. A later plan deletes the server, at ${new Date(Date.parse(ran.reconciled?.plan.timestamp ?? '') + 5 * MINUTE).toISOString()} at the earliest (drainGrace is 5m)`,
    });
    expect(keptOf(whole)).toMatchObject({
      members: [1, 3],
      dropped: [{ members: [2], by: 'manual', because: 'The pool has 3 nodes; its size is 2' }],
    });
    expect(await run(whole)).toEqual(['WAITING Node/web-2 draining>decommissioned: drain-grace']);
    await whole.pass(5 * MINUTE);
    expect(await run(whole)).toEqual(['Node/web-2 draining>decommissioned (progress)']);
    expect(servers(whole)).toEqual(['web-1', 'web-3']);
    whole.write(poolYaml('size: 3'));
    await settle(whole);
    expect(servers(whole)).toEqual(['web-1', 'web-3', 'web-4']);
    expect(keptOf(whole)).toMatchObject({ members: [1, 3, 4], next: 5, dropped: [] });
  });

  it('waits for a young one, and gives the time', async () => {
    const whole = await start(poolYaml('size: 2'));
    await settle(whole);
    put(whole, 'web-1', 'a', 500);
    whole.write(poolYaml('size: 1'));
    const ran = await whole.run();
    expect(rowsOf(ran, SHOWN)).toEqual(['WAITING NodePool/web active>active: no-candidate']);
    const [waiting] = ran.reconciled?.plan.deferred_changes ?? [];
    const initializedAt = whole.recall().resources.get('nodes/Node/web-2')?.kept['initialized_at'] as string;
    expect(waiting?.clears_at).toBe(new Date(Date.parse(initializedAt) + 30 * MINUTE).toISOString());
    expect(waiting?.reasons[0]?.message).toContain(
      'web-2 is the first node to remove, and the rule too-young rejects its removal: Ready node too young',
    );
    await whole.pass(Date.parse(waiting?.clears_at ?? '') - whole.clock.now() - 1);
    expect(await run(whole)).toEqual(['WAITING NodePool/web active>active: no-candidate']);
    await whole.pass(1);
    expect(await run(whole)).toEqual(['Node/web-2 ready>draining (edit)', 'NodePool/web active>active (edit)']);
  });

  it('loses none while all are in use, or workloads wait', async () => {
    const whole = await start(poolYaml('size: 2'));
    await settle(whole);
    put(whole, 'web-1', 'a', 500);
    put(whole, 'web-2', 'b', 400, { players: 3 });
    whole.write(poolYaml('size: 1'));
    await whole.pass(HOUR);
    expect(await run(whole)).toEqual(['WAITING NodePool/web active>active: no-candidate']);
    whole.emulator.workloads.end('b');
    whole.emulator.workloads.wait({ id: 'q', mb: 10 });
    await whole.pass(HOUR);
    expect(await run(whole)).toEqual(['WAITING NodePool/web active>active: queue-waits']);
    whole.emulator.workloads.unqueue('q');
    expect(await run(whole)).toEqual(['Node/web-2 idle>draining (edit)', 'NodePool/web active>active (edit)']);
    expect(keptOf(whole).members).toEqual([1]);
  });

  it('loses one at a time, or as many as its limit', async () => {
    const whole = await start(poolYaml('size: 4'));
    await settle(whole);
    await whole.pass(HOUR);
    whole.write(poolYaml('size: 1'));
    expect(await run(whole)).toEqual(['Node/web-4 ready>draining (edit)', 'NodePool/web active>active (edit)']);
    expect(keptOf(whole).members).toHaveLength(3);
    expect(await run(whole)).toEqual([
      'WAITING Node/web-4 draining>decommissioned: drain-grace',
      'WAITING NodePool/web active>active: one-at-a-time',
    ]);
    whole.write(poolYaml('size: 1', { more: 'removalsAtOnce: 3' }));
    const judged = ['NodePool/web active>active (edit)', 'WAITING Node/web-4 draining>decommissioned: drain-grace'];
    // The row that raises the limit comes first; until it is applied, one leaves.
    expect(await run(whole)).toEqual(judged);
    expect(keptOf(whole).members).toHaveLength(3);
    expect(await run(whole)).toEqual([
      'Node/web-2 ready>draining (edit)',
      'Node/web-3 ready>draining (edit)',
      ...judged,
    ]);
    expect(keptOf(whole).members).toHaveLength(1);
  });

  it('never takes a server of the same name as its own', async () => {
    const whole = await start(poolYaml('size: 2'));
    whole.emulator.seed({ name: 'web-1' });
    await settle(whole);
    expect(keptOf(whole).members).toEqual([2, 3]);
    expect(whole.recall().resources.has('nodes/Node/web-1')).toBe(false);
  });

  it('replaces a member whose disk is full, and moves no container', async () => {
    const whole = await start(poolYaml('size: 2'));
    await settle(whole);
    put(whole, 'web-2', 'a', 500);
    await whole.pass(HOUR);
    whole.emulator.workloads.fillDisk('web-2', 91);
    expect(await run(whole)).toEqual([
      'Node/web-3 absent>provisioning (progress)',
      'NodePool/web active>active (progress)',
      'REJECTED Node/web-2 active>draining: keeps-min',
    ]);
    await whole.pass(5 * MINUTE);
    expect(await run(whole)).toEqual(['Node/web-2 active>draining (policy)']);
    const before = keptOf(whole);
    expect(await run(whole)).toContain('NodePool/web active>active (time)');
    // Not more than it had with the new one: it shrank.
    expect(keptOf(whole)).toMatchObject({ members: [1, 3], scaled_up_at: before.scaled_up_at });
    expect(keptOf(whole).scaled_down_at).toBeDefined();
    await whole.pass(HOUR);
    expect(await run(whole)).toEqual(['REJECTED Node/web-2 draining>decommissioned: has-containers, allocated-memory']);
    expect(whole.emulator.workloads.containers().map(({ node }) => node)).toEqual(['web-2']);
    whole.emulator.workloads.end('a');
    await run(whole);
    expect(servers(whole)).toEqual(['web-1', 'web-3']);
    expect(await run(whole)).toEqual([]);
  });

  it('replaces a member that has been unhealthy for too long, which is not growth', async () => {
    const whole = await start('');
    const probed = `readiness: { tcp: { port: ${whole.emulator.readinessPort} } }`;
    const yaml = poolYaml('size: 2', { more: 'replaceUnhealthyAfter: 10m' });
    whole.write(yaml.replace('readiness: { after: 1m }', probed));
    await settle(whole);
    await whole.pass(HOUR);
    const grewAt = keptOf(whole).scaled_up_at;
    whole.emulator.alter('web-2', { faults: { silent: true } });
    for (let i = 0; i < 5; i += 1) {
      expect(await run(whole)).toEqual([]);
      await whole.pass(10_000);
    }
    await whole.pass(10 * MINUTE);
    expect(await run(whole)).toContain('NodePool/web active>active (time)');
    expect(keptOf(whole)).toMatchObject({ members: [1, 3], scaled_up_at: grewAt });
    expect(keptOf(whole).scaled_down_at).toBeUndefined();
    await settle(whole);
    expect(servers(whole)).toEqual(['web-1', 'web-3']);
  });

  it('keeps one that fails for less than five minutes, for any setting', async () => {
    const whole = await start('');
    const probed = `readiness: { tcp: { port: ${whole.emulator.readinessPort} } }`;
    const yaml = poolYaml('size: 2', { more: 'replaceUnhealthyAfter: 0s' });
    whole.write(yaml.replace('readiness: { after: 1m }', probed));
    await settle(whole);
    await whole.pass(HOUR);
    whole.emulator.alter('web-2', { faults: { silent: true } });
    const began = whole.clock.now();
    for (let i = 0; i < 5; i += 1) {
      expect(await run(whole)).toEqual([]);
      await whole.pass(10_000);
    }
    await whole.pass(began + 5 * MINUTE - whole.clock.now() - 1);
    expect(await run(whole)).toEqual([]);
    await whole.pass(1);
    expect(await run(whole)).toContain('NodePool/web active>active (time)');
  });

  it('removes its nodes one at a time after its document, if the document declares so', async () => {
    const whole = await start(poolYaml('size: 2').replace('spec:', 'lifecycle: { onRemove: remove }\nspec:'));
    await settle(whole);
    await whole.pass(HOUR);
    whole.write('');
    const rows = await run(whole);
    expect(rows).toEqual(['Node/web-1 ready>draining (orphan)', 'WAITING Node/web-2 ready>draining: one-at-a-time']);
    for (let i = 0; i < 4; i += 1) {
      await whole.pass(6 * MINUTE);
      await run(whole);
    }
    expect(servers(whole)).toEqual([]);
    expect(whole.recall().resources.size).toBe(0);
  });

  it('releases its nodes in one plan after its document', async () => {
    const whole = await start(poolYaml('size: 2'));
    await settle(whole);
    await whole.pass(HOUR);
    whole.write('');
    const ran = await whole.run();
    expect(rowsOf(ran, SHOWN)).toEqual(['Node/web-1 ready>ready (orphan)', 'Node/web-2 ready>ready (orphan)']);
    expect(ran.reconciled?.plan.resource_changes.map(({ goal }) => goal)).toEqual(['release', 'release']);
    expect(servers(whole)).toEqual(['web-1', 'web-2']);
    expect(whole.recall().resources.size).toBe(0);
    expect(await run(whole)).toEqual([]);
  });

  it('deletes the node that it drained before its document was removed, and releases the others', async () => {
    const whole = await start(poolYaml('size: 2'));
    await settle(whole);
    await whole.pass(HOUR);
    whole.write(poolYaml('size: 1'));
    await run(whole);
    whole.write('');
    await whole.pass(HOUR);
    expect(await run(whole)).toEqual([
      'Node/web-2 draining>decommissioned (progress)',
      'Node/web-1 ready>ready (orphan)',
    ]);
    expect(servers(whole)).toEqual(['web-1']);
  });

  it('releases a member that it ends, if its document declares so', async () => {
    const yaml = poolYaml('size: 2').replace('spec:', 'lifecycle: { onRemove: release }\nspec:');
    const whole = await start(yaml);
    await settle(whole);
    await whole.pass(HOUR);
    whole.write(yaml.replace('size: 2', 'size: 1'));
    const ran = await whole.run();
    expect(ran.reconciled?.plan.resource_changes.map(({ address, goal }) => [address, goal])).toEqual([
      ['nodes/Node/web-2', 'release'],
      ['nodes/NodePool/web', 'update'],
    ]);
    expect(servers(whole)).toEqual(['web-1', 'web-2']);
  });
});

describe('a pool that lost its members from the state', () => {
  it('finds the nodes that are still in the state, and removes none meanwhile', async () => {
    const whole = await start(poolYaml('size: 2'));
    await settle(whole);
    await whole.pass(HOUR);
    whole.recall().resources.delete('nodes/NodePool/web');
    expect(await run(whole)).toEqual(['NodePool/web active>active (new)']);
    expect(await run(whole)).toEqual([]);
    expect(keptOf(whole)).toMatchObject({ members: [1, 2], next: 3 });
    expect(servers(whole)).toEqual(['web-1', 'web-2']);
  });

  it('finds its servers by their labels, and adopts them', async () => {
    const whole = await start(poolYaml('size: 2'));
    await settle(whole);
    const before = [whole.emulator.server('web-1').id, whole.emulator.server('web-2').id];
    whole.emulator.seed({ name: 'web-9', labels: { 'fettle/project': 'other', 'fettle/pool': 'web' } });
    whole.recall().resources.clear();
    expect(await run(whole)).toEqual(['NodePool/web active>active (new)']);
    expect(keptOf(whole).members).toEqual([1, 2]);
    expect(await run(whole)).toEqual(['Node/web-1 ready>ready (new)', 'Node/web-2 ready>ready (new)']);
    expect(whole.recall().resources.get('nodes/Node/web-1')?.owned).toBe('adopted');
    expect([whole.emulator.server('web-1').id, whole.emulator.server('web-2').id]).toEqual(before);
    expect(servers(whole)).toEqual(['web-1', 'web-2', 'web-9']);
  });
});

describe('the reactive policy', () => {
  const scaling = poolYaml('min: 1\n  max: 3');

  it('grows by one, counts starting members, and cools down from its growth', async () => {
    const whole = await start(scaling);
    await settle(whole);
    await whole.pass(5 * MINUTE);
    put(whole, 'web-1', 'a', 3500);
    expect(await run(whole)).toEqual(['NodePool/web active>active (policy)']);
    const grewAt = keptOf(whole).scaled_up_at ?? '';
    expect(Date.parse(grewAt)).toBeLessThanOrEqual(whole.clock.now());
    const grown = whole.records().findLast(({ kind, body }) => kind === 'outcome' && 'audit' in body);
    expect(grown?.body).toMatchObject({
      outcome: 'done',
      audit: {
        action: 'scale_up',
        decision_by: 'reactive_policy',
        members: 1,
        in_service: 1,
        allocated_ram_mb: 3500,
        queued: 0,
      },
    });
    expect(await run(whole)).toEqual(['Node/web-2 absent>provisioning (progress)']);
    expect(await run(whole)).toEqual([]);
    whole.emulator.workloads.wait({ id: 'q', mb: 4000 });
    const ran = await whole.run();
    expect(rowsOf(ran, SHOWN)).toEqual(['WAITING NodePool/web active>active: cooldown']);
    const clearsAt = ran.reconciled?.plan.deferred_changes[0]?.clears_at ?? '';
    expect(clearsAt).toBe(new Date(Date.parse(grewAt) + 5 * MINUTE).toISOString());
    await whole.pass(Date.parse(clearsAt) - whole.clock.now() - 1);
    expect(await run(whole)).toEqual(['WAITING NodePool/web active>active: cooldown']);
    expect(keptOf(whole).scaled_up_at).toBe(grewAt);
    expect(
      decisionsOf(whole).flatMap(({ action, address, by }) =>
        action === 'node_provision' ? [`${address} ${by}`] : [],
      ),
    ).toEqual(['nodes/Node/web-1 manual', 'nodes/Node/web-2 reactive_policy']);
    await whole.pass(1);
    expect(await run(whole)).toEqual(['NodePool/web active>active (policy)']);
    expect(keptOf(whole).members).toEqual([1, 2, 3]);
  });

  it('acts once its threshold was crossed for its time, for any value in between', async () => {
    const whole = await start(poolYaml('min: 1\n  max: 3', { more: 'scaling: { for: 10m, cooldown: 0s }' }));
    await settle(whole);
    await whole.pass(5 * MINUTE);
    put(whole, 'web-1', 'a', 3500);
    const ran = await whole.run();
    expect(rowsOf(ran, SHOWN)).toEqual(['WAITING NodePool/web active>active: cooldown']);
    const begun = whole.clock.now();
    expect(ran.reconciled?.plan.deferred_changes[0]?.clears_at).toBe(new Date(begun + 10 * MINUTE).toISOString());
    // The use drops below the threshold, and crosses it again: the time starts again.
    await whole.pass(9 * MINUTE);
    whole.emulator.workloads.end('a');
    put(whole, 'web-1', 'b', 3000);
    expect(await run(whole)).toEqual([]);
    expect(keptOf(whole).crossing).toBeUndefined();
    await whole.pass(MINUTE);
    put(whole, 'web-1', 'c', 500);
    expect(await run(whole)).toEqual(['WAITING NodePool/web active>active: cooldown']);
    const again = keptOf(whole).crossing_since ?? '';
    await whole.pass(Date.parse(again) + 10 * MINUTE - whole.clock.now() - 1);
    expect(await run(whole)).toEqual(['WAITING NodePool/web active>active: cooldown']);
    await whole.pass(1);
    expect(await run(whole)).toEqual(['NodePool/web active>active (policy)']);
  });

  it('stops at its max, and reports it', async () => {
    const whole = await start(poolYaml('min: 1\n  max: 1'));
    await settle(whole);
    put(whole, 'web-1', 'a', 3500);
    whole.emulator.workloads.wait({ id: 'q', mb: 4000 });
    const ran = await whole.run();
    expect(rowsOf(ran, SHOWN)).toEqual([]);
    expect(ran.reconciled?.plan.checks.map(({ code, message }) => `${code}: ${message}`)).toEqual([
      'full: 183.1 % of the memory is allocated or queued for; scaling.up is 85 %. The pool is at its maximum of 1 node',
    ]);
  });

  it('decides nothing while its view has a gap', async () => {
    const whole = await start(scaling);
    await settle(whole);
    await whole.pass(HOUR);
    whole.emulator.workloads.inject({
      times: Number.POSITIVE_INFINITY,
      mishap: { kind: 'text', status: 200, text: 'no' },
    });
    const ran = await whole.run();
    expect(rowsOf(ran, SHOWN)).toEqual([]);
    expect(ran.reconciled?.plan.checks.map(({ code }) => code)).toContain('blind');
  });

  it('counts workloads without a pool for one pool alone, and those with a pool for that', async () => {
    const two = `${poolYaml('min: 0\n  max: 3', { name: 'apple' })}---\n${poolYaml('min: 0\n  max: 3', { name: 'pear' })}`;
    const whole = await start(two);
    whole.emulator.workloads.wait({ id: 'any', mb: 100 });
    expect(await run(whole)).toEqual(['NodePool/apple active>active (policy)']);
    whole.emulator.workloads.wait({ id: 'mine', mb: 100, pool: 'pear' });
    expect(await run(whole)).toContain('NodePool/pear active>active (policy)');
    await settle(whole);
    expect(servers(whole)).toEqual(['apple-1', 'pear-1']);
  });

  it('does not shrink below its min, nor below the required service', async () => {
    const whole = await start(poolYaml('min: 2\n  max: 3'));
    await settle(whole);
    await whole.pass(HOUR);
    expect(await run(whole)).toEqual([]);
  });
});

describe('a consolidation', () => {
  const consolidating = poolYaml('min: 1\n  max: 4', {
    more: 'consolidation: { enabled: true, minSavings: 0.004 }',
  });

  /** Two nodes, with so few containers on each that one would suffice. */
  async function spread(yaml = consolidating): Promise<Whole> {
    const whole = await start(yaml.replace('min: 1', 'min: 2'));
    await settle(whole);
    put(whole, 'web-1', 'a', 1800);
    put(whole, 'web-2', 'b', 900, { tier: 'micro', players: 5 });
    await whole.pass(HOUR);
    await run(whole);
    whole.write(yaml);
    return whole;
  }

  it('moves, empties, drains and removes; each move is a record', async () => {
    const whole = await spread();
    const ran = await whole.run();
    expect(rowsOf(ran, SHOWN)).toEqual(['NodePool/web active>active (policy)']);
    const [row] = ran.reconciled?.plan.resource_changes ?? [];
    expect(row?.because).toBe('web-2 can be removed once 1 container moved, which saves €0.0048 an hour');
    expect(row?.change.after).toEqual({ min: 1, moves: { b: 'web-1' } });
    expect(ran.reconciled?.plan.summaries?.find(({ title }) => title === 'pool web')?.lines).toEqual([
      '2 members, 2 in service, 0 starting; 33 % of 8192 MB allocated, 0 containers queued for 0 MB',
      'consolidation: web-2 can be removed: €0.0048 an hour less, 33 % of the memory allocated now, 65.9 % then',
      'moves b (900 MB) from web-2 to web-1',
      'web-1 stays: containers are moved to the node',
    ]);
    expect(keptOf(whole)).toMatchObject({ members: [1, 2], going: [2], moves: [{ container: 'b', from: 2, to: 1 }] });
    expect(await run(whole)).toEqual(['Container/b placed>placed (policy)']);
    expect(
      whole.emulator.workloads
        .containers()
        .map(({ id, node }) => `${id} ${node}`)
        .sort(),
    ).toEqual(['a web-1', 'b web-1']);
    const moved = whole
      .records()
      .filter(
        ({ kind, body }) => kind === 'outcome' && 'audit' in body && body.audit?.['action'] === 'container_migrate',
      );
    expect(moved.map(({ body }) => body)).toMatchObject([
      {
        outcome: 'done',
        audit: {
          container_id: 'b',
          node_id: 'nodes/Node/web-2',
          target_node_id: 'nodes/Node/web-1',
          decision_by: 'consolidation_policy',
          players: 5,
        },
      },
    ]);
    // The idle grace of the node delays it, as any other.
    expect(await run(whole)).toEqual(['WAITING NodePool/web active>active: no-candidate']);
    await whole.pass(30 * MINUTE);
    expect(await run(whole)).toEqual(['NodePool/web active>active (policy)']);
    expect(keptOf(whole)).toMatchObject({
      members: [1],
      going: [],
      moves: [],
      dropped: [{ members: [2], by: 'consolidation_policy' }],
    });
    expect(await run(whole)).toEqual(['Node/web-2 idle>draining (policy)']);
    await whole.pass(5 * MINUTE);
    expect(await run(whole)).toEqual(['Node/web-2 draining>decommissioned (progress)']);
    const decided = whole
      .records()
      .flatMap(({ kind, body }) =>
        kind === 'outcome' && 'audit' in body && body.audit?.['action'] === 'node_decommission'
          ? [body.audit['decision_by']]
          : [],
      );
    expect(decided).toEqual(['consolidation_policy', 'consolidation_policy']);
    const audit = decisionsOf(whole);
    expect(audit.filter(({ action }) => action === 'node_decommission')).toMatchObject([
      { address: 'nodes/Node/web-2', result: 'success', by: 'consolidation_policy' },
    ]);
    for (const node of ['nodes/Node/web-1', 'nodes/Node/web-2'])
      expect(
        audit.filter((each) => concerns(each, node) && each.action === 'container_migrate'),
        node,
      ).toHaveLength(1);
    expect(servers(whole)).toEqual(['web-1']);
    expect(await run(whole)).toEqual([]);
  });

  it('is given up when a move fails, and not begun again before its cooldown', async () => {
    const whole = await spread();
    await run(whole);
    const begun = Date.parse(keptOf(whole).consolidated_at ?? '');
    whole.emulator.workloads.inject({
      path: '/migrate',
      times: Number.POSITIVE_INFINITY,
      mishap: { kind: 'error', status: 500, code: 'no_route' },
    });
    const failed = await whole.run();
    expect([...failed.rows.values()].map(({ address, status }) => `${address} ${status}`)).toEqual([
      'nodes/Container/b failed',
    ]);
    whole.emulator.workloads.clearFaults();
    const ran = await whole.run();
    expect(rowsOf(ran, SHOWN)).toEqual(['NodePool/web active>active (policy)']);
    expect(ran.reconciled?.plan.resource_changes[0]?.because).toMatch(
      /^The consolidation is abandoned: container b could not be moved: /u,
    );
    expect(keptOf(whole)).toMatchObject({ members: [1, 2], going: [], moves: [] });
    expect(whole.recall().resources.has('nodes/Container/b')).toBe(true);
    const again = await whole.run();
    expect(rowsOf(again, SHOWN)).toEqual(['WAITING NodePool/web active>active: cooldown']);
    expect(again.reconciled?.plan.deferred_changes[0]?.clears_at).toBe(new Date(begun + 2 * HOUR).toISOString());
    expect(whole.recall().resources.has('nodes/Container/b')).toBe(false);
    expect(servers(whole)).toEqual(['web-1', 'web-2']);
  });

  it('moves no container if players join in between', async () => {
    const whole = await spread();
    await run(whole);
    whole.emulator.workloads.end('b');
    put(whole, 'web-2', 'b', 900, { players: 6 });
    const ran = await whole.run();
    expect(rowsOf(ran, SHOWN)).toEqual(['NodePool/web active>active (policy)']);
    expect(ran.reconciled?.plan.resource_changes[0]?.because).toBe(
      'The consolidation is abandoned: container b stays: small with 6 players; the limit is 5',
    );
    expect(whole.emulator.workloads.containers().find(({ id }) => id === 'b')?.node).toBe('web-2');
  });

  it('does not begin without a hook, without savings, or with a queue', async () => {
    const dear = await spread(consolidating.replace('0.004', '0.1'));
    expect(await run(dear)).toEqual(['NodePool/web active>active (edit)']);
    expect(await run(dear)).toEqual([]);
    const busy = await spread();
    busy.emulator.workloads.wait({ id: 'q', mb: 1 });
    expect(await run(busy)).toEqual(['NodePool/web active>active (edit)']);
    expect(await run(busy)).toEqual([]);
  });
});

describe('a killed run', () => {
  interface Story {
    readonly what: string;
    /** Brings a pool to the start of the run. */
    readonly before: (whole: Whole) => Promise<void>;
    /** The number of runs from there, with the events between. */
    readonly after: (whole: Whole) => Promise<void>;
    readonly expected: readonly string[];
  }

  const STORIES: readonly Story[] = [
    {
      what: 'while a pool begins and is made',
      before: async (whole) => whole.write(poolYaml('size: 2')),
      after: async (whole) => void (await settle(whole)),
      expected: ['web-1', 'web-2'],
    },
    {
      what: 'while it shrinks',
      before: async (whole) => {
        whole.write(poolYaml('size: 2'));
        await settle(whole);
        put(whole, 'web-1', 'a', 500);
        await whole.pass(HOUR);
        whole.write(poolYaml('size: 1'));
      },
      after: async (whole) => {
        for (let i = 0; i < 5; i += 1) {
          await whole.pass(6 * MINUTE);
          await whole.run();
        }
      },
      expected: ['web-1'],
    },
    {
      what: 'while it grows by its policy',
      before: async (whole) => {
        whole.write(poolYaml('min: 1\n  max: 2'));
        await settle(whole);
        await whole.pass(HOUR);
        put(whole, 'web-1', 'a', 3900);
      },
      after: async (whole) => void (await settle(whole)),
      expected: ['web-1', 'web-2'],
    },
  ];

  /** Every kill point, or every fifth one. */
  const STRIDE = process.env['FETTLE_TEST_FULL'] === '1' ? 1 : 5;

  it.each(STORIES)('$what ends as without the kill', { timeout: 60_000 }, async ({ before, after, expected }) => {
    let killed = 0;
    for (const at of ['record', 'request'] as const)
      for (const happens of [true, false])
        for (let count = 0, died = true; died; count += STRIDE) {
          const whole = await startWhole();
          try {
            await before(whole);
            // Two runs: a policy's nodes have their steps in the second.
            const first = await whole.run({ at, happens, after: count });
            const second = first.killed ? first : await whole.run({ at, happens, after: count });
            died = first.killed || second.killed;
            killed += died ? 1 : 0;
            await after(whole);
            expect([at, happens, count, servers(whole)]).toEqual([at, happens, count, expected]);
            expect(keptOf(whole).members).toHaveLength(expected.length);
            expect(await run(whole)).toEqual([]);
          } finally {
            await whole.stop();
          }
        }
    expect(killed).toBeGreaterThan(4);
  });

  it('has not done an unrecorded step, even if no changes remain', async () => {
    const whole = await start(poolYaml('min: 0\n  max: 2'));
    whole.emulator.workloads.wait({ id: 'q', mb: 10 });
    // The refresh and the intent are durable, the outcome is not.
    const ran = await whole.run({ at: 'record', happens: false, after: 2 });
    expect(ran.killed).toBe(true);
    expect(whole.recall().resources.get('nodes/NodePool/web')?.open?.step).toBe('active>active');
    whole.emulator.workloads.unqueue('q');
    expect(await run(whole)).toEqual([]);
    expect(
      whole
        .records()
        .flatMap(({ kind, body }) => (kind === 'outcome' ? [(body as { readonly outcome: string }).outcome] : [])),
    ).toEqual(['undone']);
    expect(keptOf(whole).members).toBeUndefined();
  });
});
