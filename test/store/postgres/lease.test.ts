/** The lease of a lock on PostgreSQL: live holders keep it, others are taken over, and a late holder writes nothing. */

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FenceLostError, LockHeldError } from '../../../src/store/errors.ts';
import type { Fence, Store } from '../../../src/store/store.ts';
import { type PostgresServer, startPostgres } from '../../support/postgres.ts';
import { note, own, recordsOf } from '../drafts.ts';
import { lastHead, type PostgresBench, postgresBench } from './bench.ts';

const NOW = { command: 'apply', timeoutMs: 0 };
const LEASE = { leaseMs: 2_000, beatMs: 200 };
/** A lease that leaves time for a heartbeat on a slow machine. */
const ROOMY = { leaseMs: 5_000, beatMs: 200 };
/** A wait longer than any lease here. */
const LONG = 120_000;

let server: PostgresServer;
let bench: PostgresBench;
let stores: Store[];
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());
beforeEach(async () => {
  bench = await postgresBench(server);
  stores = [];
});
afterEach(async () => {
  for (const store of stores) await store.close();
  await bench.remove();
});

function open(actor = 'me', lease: Partial<typeof LEASE> = LEASE): Store {
  const store = bench.openWith({ actor, ...lease });
  stores.push(store);
  return store;
}

/** Makes the holder look as if it were on another machine. */
async function moveAway(): Promise<void> {
  await bench.sql(`UPDATE fettle.fences SET holder = jsonb_set(holder::jsonb, '{bootId}', '"elsewhere"')::text`);
}

async function beats(): Promise<number> {
  return Number((await bench.sql('SELECT beat FROM fettle.fences'))[0]?.[0]);
}

describe('a holder', () => {
  it('that is stopped is taken over after the lease, and writes nothing when it wakes up', async () => {
    for (let round = 0; round < 3; round += 1) {
      const writer = bench.spawn('on', LEASE);
      await writer.says('ready');
      await moveAway();
      writer.child.kill('SIGSTOP');
      const store = open();
      const fence = await store.lock({ command: 'apply', timeoutMs: LONG });
      await store.append([note(`mine ${round}`)], fence);
      writer.child.kill('SIGCONT');
      const lines = await writer.ended;
      // A call that was under way when the holder was stopped may meet its own deadline first.
      expect(['FenceLostError', 'StoreBrokenError']).toContain(lines.at(-1));
      const report = await store.verify(lastHead(lines));
      expect(report).toMatchObject({ status: 'sound', damage: [], notes: [] });
      const mine = (await recordsOf(store)).findLast((record) => record.actor === 'me');
      expect(mine?.seq).toBeGreaterThan(lastHead(lines).seq);
      expect(report.head?.seq).toBe(mine?.seq);
      await store.close();
    }
  });

  it('that is killed on this machine is taken over at once', async () => {
    const writer = bench.spawn('hold');
    const lines = await writer.says('ready');
    writer.child.kill('SIGKILL');
    await writer.ended;
    const store = open('me', {});
    expect(await store.lockStatus()).toMatchObject({ liveness: 'dead', token: 1 });
    expect(await store.holder()).toBeUndefined();
    const fence = await store.lock(NOW);
    expect(fence.token).toBe(2);
    expect(await store.verify(lastHead(lines))).toMatchObject({ status: 'sound' });
  });

  it('whose main thread is busy for longer than the lease keeps its lock', async () => {
    const writer = bench.spawn('busy', ROOMY);
    await writer.says('ready');
    await moveAway();
    const store = open('me', ROOMY);
    const fence = await store.lock({ command: 'apply', timeoutMs: LONG });
    // The lock was given back: a take-over would have raised the token.
    expect(fence.token).toBe(1);
    expect(lastHead(await writer.ended).seq).toBe(2);
    expect(own(await recordsOf(store)).map(({ actor }) => actor)).toEqual(['child']);
  });

  it('that is alive on another machine is not taken over, even after a long wait', async () => {
    const holder = open('holder', ROOMY);
    const fence = await holder.lock(NOW);
    await moveAway();
    const before = await beats();
    const other = open('other', ROOMY);
    await expect(other.lock({ command: 'x', timeoutMs: 2 * ROOMY.leaseMs })).rejects.toBeInstanceOf(LockHeldError);
    expect(await beats()).toBeGreaterThan(before);
    await holder.append([note('still mine')], fence);
    expect(await other.lockStatus()).toMatchObject({ liveness: 'held', token: 1, leaseMs: ROOMY.leaseMs });
  });

  it('that is silent on another machine refuses a contender that does not wait, and is shown as silent', async () => {
    // Its first heartbeat would come long after this test.
    const holder = open('holder', { ...LEASE, beatMs: LONG });
    const fence = await holder.lock(NOW);
    await moveAway();
    await bench.sql(`UPDATE fettle.fences SET beat_at = beat_at - interval '1 hour'`);
    const other = open('other');
    const status = await other.lockStatus();
    expect(status).toMatchObject({ liveness: 'silent', holder: { id: fence.holder.id } });
    expect(Date.now() - (status?.heartbeatAt ?? 0)).toBeGreaterThan(3_000_000);
    expect(await other.holder()).toBeUndefined();
    // A wrong clock proves nothing: only a beat that does not change while it is watched counts.
    await expect(other.lock(NOW)).rejects.toBeInstanceOf(LockHeldError);
    const waited: string[] = [];
    const next = await other.lock({ command: 'x', timeoutMs: LONG, onWait: ({ id }) => waited.push(id) });
    expect(waited).toEqual([fence.holder.id]);
    expect(next.token).toBe(fence.token + 1);
    await expect(holder.append([note('late')], fence)).rejects.toBeInstanceOf(FenceLostError);
    await other.append([note('mine')], next);
  });

  it('that appends without a heartbeat is alive', async () => {
    const holder = open('holder', { ...LEASE, beatMs: LONG });
    const fence = await holder.lock(NOW);
    await moveAway();
    const other = open('other');
    const ended = new AbortController();
    const refused = other
      .lock({ command: 'x', timeoutMs: 2 * LEASE.leaseMs })
      .catch((error: unknown) => error)
      .finally(() => ended.abort());
    while (!ended.signal.aborted) await holder.append([note('on')], fence);
    expect(await refused).toBeInstanceOf(LockHeldError);
  });

  it('is not kept alive by the previous holder’s heartbeat', async () => {
    const holder = open('holder');
    await holder.lock(NOW);
    await bench.declareDead();
    const other = open('other', { ...LEASE, beatMs: LONG });
    const fence = await other.lock(NOW);
    const before = await beats();
    // The heartbeat of the first goes on for a while, and counts for nothing.
    await new Promise((resolve) => setTimeout(resolve, 5 * LEASE.beatMs));
    expect(await beats()).toBe(before);
    expect((await other.lockStatus())?.holder.id).toBe(fence.holder.id);
  });
});

describe('force-unlock', () => {
  it('takes a lock over by its id, from a live holder too', async () => {
    const holder = open('holder');
    const fence: Fence = await holder.lock(NOW);
    const other = open('other');
    const wrong = other.lock({ ...NOW, takeOver: 'somebody-else' });
    await expect(wrong).rejects.toBeInstanceOf(LockHeldError);
    const next = await other.lock({ ...NOW, takeOver: fence.holder.id });
    expect(next.token).toBe(fence.token + 1);
    await expect(holder.append([note('late')], fence)).rejects.toBeInstanceOf(FenceLostError);
    await other.append([note('mine')], next);
    await holder.close();
    expect((await other.lockStatus())?.holder.id).toBe(next.holder.id);
    await other.unlock(next);
    // The lock is not held, so a take-over has no effect.
    const third = open('third');
    expect((await third.lock({ ...NOW, takeOver: next.holder.id })).token).toBe(next.token);
    expect(await third.verify()).toMatchObject({ status: 'sound', damage: [] });
  });

  it('works on an unreadable holder', async () => {
    const holder = open('holder');
    const fence = await holder.lock(NOW);
    await bench.sql(`UPDATE fettle.fences SET holder = 'rubbish'`);
    const other = open('other');
    await expect(other.lock(NOW)).rejects.toThrow(new RegExp(fence.holder.id, 'u'));
    expect((await other.lock({ ...NOW, takeOver: fence.holder.id })).token).toBe(2);
  });
});

describe('prune', () => {
  it('keeps the newest checkpoints, and lists the deleted records', async () => {
    const store = open();
    const fence = await store.lock(NOW);
    for (let round = 0; round < 4; round += 1) {
      await store.append([note(`round ${round}`)], fence);
      await store.checkpoint([], fence, true);
    }
    const before = await store.verify();
    expect(before).toMatchObject({ checkpoints: 5, records: 9, from: 1 });
    expect(await store.prune(9, fence)).toEqual({ deleted: [], from: 1 });
    expect(await store.verify()).toEqual(before);

    const records = await recordsOf(store);
    const report = await store.prune(3, fence);
    expect(report).toEqual({
      deleted: ['records 1 to 2', 'records 3 to 4', 'records 5 to 6'],
      last: { seq: 6, hash: records[5]?.hash },
      from: 7,
    });
    const after = await store.verify(before.head);
    expect(after).toMatchObject({ status: 'sound', damage: [], checkpoints: 3, from: 7 });
    expect(after.notes).toEqual([expect.stringContaining('complete from record 7')]);
    expect((await recordsOf(store)).slice(0, 3)).toEqual(records.slice(6));
    expect(await store.verify({ seq: 3, hash: records[2]?.hash ?? '' })).toMatchObject({
      status: 'damaged',
      damage: [{ code: 'head-uncheckable' }],
    });
    await store.append([note('on')], fence);
    const last = await store.prune(1, fence);
    expect(last.from).toBe(after.head === undefined ? 0 : after.head.seq + 2);
    expect(await store.verify()).toMatchObject({ status: 'sound', checkpoints: 1, from: last.from, records: 1 });
    await expect(store.prune(0, fence)).rejects.toThrow(/at least one/u);
    expect(await bench.sql('SELECT count(*) FROM fettle.quarantine')).toEqual([['0']]);
  });

  it('needs the lock', async () => {
    const holder = open('holder');
    const fence = await holder.lock(NOW);
    await holder.append([note('a')], fence);
    await bench.declareDead();
    await open('other').lock(NOW);
    await expect(holder.prune(1, fence)).rejects.toBeInstanceOf(FenceLostError);
    expect(await bench.open().verify()).toMatchObject({ status: 'sound', from: 1, records: 2 });
  });
});
