/** The suite of all stores: the behavior that every backend must have. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rememberedOf } from '../../src/engine/remember.ts';
import { type LogRecord, memoryBody } from '../../src/formats/log-record.ts';
import {
  FenceLostError,
  LockHeldError,
  LogDamagedError,
  StoreError,
  StoreProjectError,
} from '../../src/store/errors.ts';
import type { Fence, Head, Store } from '../../src/store/store.ts';
import { entry, intent, memoriesOf, rememberedIn, node, note, outcome, own, recordsOf, seen } from './drafts.ts';
import fc from '../support/property.ts';

/** One store that can be opened repeatedly, and damaged. */
export interface StoreBench {
  /** Another handle on the same store; `now` is its clock, in epoch ms. */
  open(actor?: string, now?: () => number): Store;
  /** A handle for another project, or for another name of the same one. */
  openFor(project: string): Store;
  /** Lets another process take the lock, append, and be killed. Returns the head that it had acknowledged. */
  die(): Promise<Head>;
  /** Lets another process wait for the lock. Returns once it waits; the function kills it. */
  wait(): Promise<() => Promise<void>>;
  /** Makes the holder of the lock look dead, although its handle still exists. */
  declareDead(): Promise<void>;
  /** Leaves half a record at the end of the log. Only for logs that tear. */
  tear?(): Promise<void>;
  /** Changes one byte of a record's body, the `seq` given. */
  spoil(seq: number): Promise<void>;
  remove(): Promise<void>;
}

const NOW = { command: 'apply', timeoutMs: 0 };

export function storeConformance(name: string, make: () => Promise<StoreBench>): void {
  describe(`store: ${name}`, () => {
    let bench: StoreBench;
    let stores: Store[];

    function open(actor?: string, now?: () => number): Store {
      const store = bench.open(actor, now);
      stores.push(store);
      return store;
    }

    beforeEach(async () => {
      bench = await make();
      stores = [];
    });
    afterEach(async () => {
      for (const store of stores) await store.close();
      await bench.remove();
    });

    /** A store with two resources, one of them with an open intent, and its lock. */
    async function filled(): Promise<{ store: Store; fence: Fence; written: readonly LogRecord[] }> {
      const store = open();
      const fence = await store.lock(NOW);
      const first = await store.append([intent('web-1')], fence);
      const more = await store.append([outcome('web-1', first[0]?.seq ?? 0), intent('web-2')], fence);
      return { store, fence, written: [...first, ...more] };
    }

    it('has no log before the first write', async () => {
      const store = open();
      expect(await store.read(() => expect.unreachable())).toEqual({ status: 'none', damage: [] });
      expect(await store.verify()).toMatchObject({ status: 'none', damage: [], records: 0 });
      expect(await store.holder()).toBeUndefined();
    });

    describe('the state of a lock', () => {
      /** Expects the state that a handle gives to be the one that another handle reads now. */
      async function expectPresent(store: Store): Promise<void> {
        const [state, present] = [await store.state(), await open().state()];
        expect(state).toEqual(present);
        expect(rememberedOf(state.recall)).toEqual(await rememberedIn(open()));
      }

      it('is that of the log, also before the lock, and once the caller has changed it', async () => {
        expect(await open().state()).toMatchObject({ report: { status: 'none' } });
        const { store, fence } = await filled();
        await store.unlock(fence);
        await expectPresent(open());
        const next = open();
        const known = await next.state({ beforeLock: true });
        await next.lock({ ...NOW, known });
        const { recall } = await next.state();
        recall.resources.clear();
        await expectPresent(next);
      });

      it('has the records that the holder appends before it asks', async () => {
        const { store, fence } = await filled();
        await store.append([intent('web-3')], fence);
        await expectPresent(store);
      });

      it('is not one of another handle, or of an earlier lock', async () => {
        const { store, fence } = await filled();
        await store.unlock(fence);
        const known = await store.state({ beforeLock: true });
        const first = await store.lock({ ...NOW, known });
        (await store.state()).recall.resources.clear();
        known.recall.resources.clear();
        await store.unlock(first);
        for (const handle of [store, open()]) {
          const again = await handle.lock({ ...NOW, known });
          await expectPresent(handle);
          await handle.unlock(again);
        }
      });

      type Between = (by: Store, fence: Fence) => Promise<void>;
      const between: Readonly<Record<string, Between>> = {
        nothing: async () => undefined,
        'a record': async (by, fence) => void (await by.append([intent('web-3')], fence)),
        'a checkpoint': async (by, fence) => by.checkpoint(await rememberedIn(by), fence, true),
        'a prune': async (by, fence) => void (await by.prune(1, fence)),
        'a drained entry': async (by, fence) => {
          await by.deposit([{ entry: 'one' }]);
          const [first] = await by.undrained(1);
          await by.append([note('drained')], fence, first === undefined ? [] : [first.place]);
        },
      };

      it.each(Object.entries(between))('is the present one after %s of another process', async (_, change) => {
        const { store, fence } = await filled();
        await store.unlock(fence);
        const next = open();
        const known = await next.state({ beforeLock: true });
        const other = open();
        const held = await other.lock(NOW);
        await change(other, held);
        await other.unlock(held);
        const mine = await next.lock({ ...NOW, known });
        await expectPresent(next);
        await next.append([intent('web-4')], mine);
        expect(await open().verify()).toMatchObject({ status: 'sound', damage: [] });
      });

      it('is the present one after any changes of other processes', async () => {
        const { store, fence } = await filled();
        await store.unlock(fence);
        const steps = fc.array(fc.constantFrom(...Object.keys(between)), { maxLength: 3 });
        await fc.assert(
          fc.asyncProperty(steps, async (names) => {
            const next = open();
            const known = await next.state({ beforeLock: true });
            for (const name of names) {
              const other = open();
              const held = await other.lock(NOW);
              await between[name]?.(other, held);
              await other.close();
            }
            await next.lock({ ...NOW, known });
            await expectPresent(next);
            await next.close();
          }),
          { numRuns: 10 },
        );
      });

      it('is that of the new segment after a take-over', async () => {
        const { store, fence } = await filled();
        await store.unlock(fence);
        const next = open();
        const known = await next.state({ beforeLock: true });
        await bench.die();
        await next.lock({ ...NOW, known });
        await expectPresent(next);
      });

      it('is without a torn record', async ({ skip }) => {
        if (bench.tear === undefined) return skip('this log does not tear');
        const { store, fence } = await filled();
        await store.unlock(fence);
        await bench.tear();
        const next = open();
        const known = await next.state({ beforeLock: true });
        expect((await next.lock({ ...NOW, known })).cut).toBeDefined();
        await expectPresent(next);
      });

      it('shows damage since the read', async () => {
        const { store, fence, written } = await filled();
        await store.unlock(fence);
        const next = open();
        const known = await next.state({ beforeLock: true });
        await bench.spoil(written.at(-1)?.seq ?? 0);
        const mine = await next.lock({ ...NOW, known });
        expect((await next.state()).report.status).toBe('damaged');
        await expect(next.append([note('a')], mine)).rejects.toBeInstanceOf(LogDamagedError);
      });
    });

    it('returns appended records, in order and chained', async () => {
      const { store, written } = await filled();
      const read = await recordsOf(open());
      expect(own(read)).toEqual(written);
      expect(read.map(({ seq }) => seq)).toEqual(read.map((_, index) => index + 1));
      for (const [index, record] of read.entries())
        expect(record.prev).toBe(index === 0 ? '0'.repeat(64) : read[index - 1]?.hash);
      const report = await store.read(() => undefined);
      expect(report).toEqual({
        status: 'sound',
        damage: [],
        head: { seq: written.at(-1)?.seq, hash: written.at(-1)?.hash },
      });
    });

    it('writes drafts in their state at the call of append', async () => {
      const { store, fence } = await filled();
      const counts: Record<string, number> = { done: 1 };
      const appended = store.append([{ kind: 'end', body: { run: 'r', exit: 0, counts } }], fence);
      counts['done'] = 2;
      expect((await appended)[0]?.body).toEqual({ run: 'r', exit: 0, counts: { done: 1 } });
    });

    it('never lets the time run backwards', async () => {
      let now = Date.parse('2026-11-20T12:00:00Z');
      const store = open('me', () => now);
      const fence = await store.lock(NOW);
      await store.append([note('a')], fence);
      now -= 3_600_000;
      await store.append([note('b')], fence);
      await store.checkpoint([], fence, true);
      now += 7_200_000;
      await store.append([note('c')], fence);
      expect((await recordsOf(store)).map(({ time }) => time)).toEqual([
        '2026-11-20T12:00:00.000Z',
        '2026-11-20T12:00:00.000Z',
        '2026-11-20T12:00:00.000Z',
        '2026-11-20T12:00:00.000Z',
        '2026-11-20T13:00:00.000Z',
      ]);
    });

    it('keeps concurrent appends whole and in the order of the calls', async () => {
      const { store, fence } = await filled();
      const groups = await Promise.all(
        Array.from({ length: 200 }, (_, index) => store.append([note(`${index}a`), note(`${index}b`)], fence)),
      );
      const seqs = groups.flat().map(({ seq }) => seq);
      expect(seqs).toEqual(seqs.map((_, index) => (seqs[0] ?? 0) + index));
      expect(own(await recordsOf(open())).slice(-400)).toEqual(groups.flat());
    });

    it('refuses records that it cannot keep, and stays usable', async () => {
      const { store, fence } = await filled();
      const large = { kind: 'end', body: { run: 'x'.repeat(1_100_000), exit: 0, counts: {} } } as const;
      await expect(store.append([large], fence)).rejects.toThrow(/limit/u);
      await expect(
        store.append([{ kind: 'remembered', body: { memory: { ref: node('a'), version: 1, kept: {} } } }], fence),
      ).rejects.toBeInstanceOf(StoreError);
      await expect(
        store.checkpoint([{ memory: { ref: node('a'), version: 1, kept: { x: 'x'.repeat(1_100_000) } } }], fence, true),
      ).rejects.toThrow(/limit/u);
      await store.append([note('after')], fence);
      expect(await open().verify()).toMatchObject({ status: 'sound', damage: [] });
    });

    it('begins again at a checkpoint that is the fold of everything before', async () => {
      const { store, fence, written } = await filled();
      const before = await memoriesOf(store);
      expect([...before.keys()]).toEqual(['nodes/Node/web-1', 'nodes/Node/web-2']);
      await store.checkpoint(await rememberedIn(store), fence, true);
      await store.append([note('tail')], fence);
      const read = await recordsOf(store, 'checkpoint');
      expect(read.map(({ kind }) => kind)).toEqual(['checkpoint', 'remembered', 'remembered', 'end']);
      expect(await memoriesOf(open())).toEqual(before);
      expect(own(await recordsOf(open())).slice(0, 3)).toEqual(written);
      expect(await store.verify()).toMatchObject({ status: 'sound', damage: [], checkpoints: 2, from: 1 });
    });

    it('keeps the ledger over checkpoints and prunes, and names a checkpoint that has another one', async () => {
      const { store, fence } = await filled();
      await store.append([entry('b', { status: 'pending' }), entry('a', 1), entry('c', 3)], fence);
      await store.append([entry('b', { status: 'applied' }), entry('c')], fence);
      const expected = [
        { entry: { table: 'events', key: 'a', value: 1 } },
        { entry: { table: 'events', key: 'b', value: { status: 'applied' } } },
      ];
      const entries = async () => (await rememberedIn(open())).filter((each) => 'entry' in each);
      expect(await entries()).toEqual(expected);
      await store.checkpoint(await rememberedIn(store), fence, true);
      await store.prune(1, fence);
      expect(await entries()).toEqual(expected);
      expect(await open().verify()).toMatchObject({ status: 'sound', damage: [] });
      const others = (await rememberedIn(store)).filter((each) => !('entry' in each));
      await store.checkpoint([...others, { entry: { table: 'events', key: 'a', value: 2 } }], fence, true);
      expect((await store.verify()).damage).toMatchObject([{ code: 'checkpoint-fold' }]);
    });

    it('writes a checkpoint only when the tail has grown, unless forced', async () => {
      const { store, fence } = await filled();
      await store.checkpoint(await rememberedIn(store), fence);
      await store.checkpoint(() => expect.unreachable(), fence);
      expect((await store.verify()).checkpoints).toBe(1);
      const big = Array.from({ length: 1200 }, () => note('x'.repeat(1000)));
      await store.append(big, fence);
      const all = await rememberedIn(store);
      await store.checkpoint(() => all, fence);
      expect(await store.verify()).toMatchObject({ checkpoints: 2, damage: [] });
    });

    it('names a checkpoint that is not the fold', async () => {
      const { store, fence } = await filled();
      const wrong = [...(await memoriesOf(store)).values()].map((memory) => ({
        memory: { ...memoryBody(memory), state: 'wrong' },
      }));
      await store.checkpoint(wrong, fence, true);
      const report = await store.verify();
      expect(report.status).toBe('damaged');
      expect(report.damage).toMatchObject([{ code: 'checkpoint-fold' }]);
      await store.recover(fence);
      expect(await store.verify()).toMatchObject({ status: 'sound', damage: [] });
    });

    it('refuses a second lock and names the holder', async () => {
      const { store, fence } = await filled();
      const other = open('other');
      expect(await other.holder()).toEqual(fence.holder);
      const refused = await other.lock({ command: 'import', timeoutMs: 0 }).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(LockHeldError);
      expect((refused as LockHeldError).holder).toMatchObject({
        id: fence.holder.id,
        command: 'apply',
        pid: process.pid,
      });
      await expect(store.lock(NOW)).rejects.toBeInstanceOf(LockHeldError);
      await store.unlock(fence);
      expect(await other.holder()).toBeUndefined();
      await expect(store.append([note('late')], fence)).rejects.toBeInstanceOf(FenceLostError);
      await other.unlock(await other.lock(NOW));
    });

    it('waits for the lock, names the holder, and stops waiting when aborted', async () => {
      const { store, fence } = await filled();
      const other = open('other');
      const waitedFor: string[] = [];
      const abort = new AbortController();
      const given = other.lock({
        command: 'x',
        timeoutMs: 60_000,
        signal: abort.signal,
        onWait: () => abort.abort(new Error('enough')),
      });
      await expect(given).rejects.toThrow('enough');
      const waiting = other.lock({ command: 'x', timeoutMs: 10_000, onWait: (holder) => waitedFor.push(holder.id) });
      setTimeout(() => void store.unlock(fence), 300);
      const got = await waiting;
      expect(waitedFor).toEqual([fence.holder.id]);
      await other.append([note('mine')], got);
    });

    it('shows the holder that another process waits, until that one has the lock or stops waiting', async () => {
      const { store, fence } = await filled();
      const isWanted = (): Promise<boolean> => store.isWanted(fence);
      expect(await isWanted()).toBe(false);
      const other = open('other');
      await expect(other.lock(NOW)).rejects.toBeInstanceOf(LockHeldError);
      expect(await isWanted()).toBe(false);
      const abort = new AbortController();
      const given = other.lock({ command: 'apply', timeoutMs: 60_000, signal: abort.signal });
      await expect.poll(isWanted).toBe(true);
      abort.abort(new Error('enough'));
      await expect(given).rejects.toThrow('enough');
      expect(await isWanted()).toBe(false);
      await expect(other.lock({ command: 'apply', timeoutMs: 300 })).rejects.toBeInstanceOf(LockHeldError);
      expect(await isWanted()).toBe(false);
      const waiting = other.lock({ command: 'apply', timeoutMs: 60_000 });
      await expect.poll(isWanted).toBe(true);
      await store.unlock(fence);
      const next = await waiting;
      expect(await other.isWanted(next)).toBe(false);
      await expect(isWanted()).rejects.toBeInstanceOf(FenceLostError);
    });

    it('shows every holder the contenders that still wait', async () => {
      const { store, fence } = await filled();
      const others = [open('a'), open('b')] as const;
      const waiting = others.map((other) => other.lock({ command: 'apply', timeoutMs: 60_000 }));
      await expect.poll(() => store.isWanted(fence)).toBe(true);
      await store.unlock(fence);
      const first = await Promise.race(
        waiting.map(async (each, index) => [others[index] ?? store, await each] as const),
      );
      await expect.poll(() => first[0].isWanted(first[1])).toBe(true);
      await first[0].unlock(first[1]);
      await Promise.all(waiting);
    });

    it('does not show a contender that gives way', async () => {
      const { store, fence } = await filled();
      const seen: boolean[] = [];
      const waiting = open('other').lock({ command: 'serve', timeoutMs: 1000, givesWay: true });
      const looks = setInterval(() => void store.isWanted(fence).then((wanted) => seen.push(wanted)), 100);
      await expect(waiting).rejects.toBeInstanceOf(LockHeldError);
      clearInterval(looks);
      expect(seen.length).toBeGreaterThan(2);
      expect(seen).not.toContain(true);
    });

    it('does not show a contender that was killed', async () => {
      const { store, fence } = await filled();
      const kill = await bench.wait();
      await expect.poll(() => store.isWanted(fence)).toBe(true);
      await kill();
      await expect.poll(() => store.isWanted(fence)).toBe(false);
      await store.unlock(fence);
      expect(await store.isWanted(await store.lock(NOW))).toBe(false);
    });

    it('gives the lock to one of many contenders', async () => {
      const all = Array.from({ length: 8 }, (_, index) => open(`actor-${index}`));
      const results = await Promise.allSettled(all.map((store) => store.lock(NOW)));
      const got = results.filter(({ status }) => status === 'fulfilled');
      const refused = results.filter(
        (result) => result.status === 'rejected' && result.reason instanceof LockHeldError,
      );
      expect([got.length, refused.length]).toEqual([1, 7]);
    });

    it('continues the same log after a clean release', async () => {
      const { store, fence } = await filled();
      await store.unlock(fence);
      const other = open('other');
      const next = await other.lock(NOW);
      await other.append([note('b')], next);
      expect(next.token).toBe(fence.token);
      const read = await recordsOf(other);
      expect(read.map(({ actor }) => actor)).toEqual(['me', 'me', 'me', 'me', 'other']);
      expect(await other.verify()).toMatchObject({ status: 'sound', checkpoints: 1 });
    });

    it('takes the lock over from a killed process, with all records that it acknowledged', async () => {
      const head = await bench.die();
      const store = open();
      expect(await store.holder()).toBeUndefined();
      const fence = await store.lock(NOW);
      await store.append([note('after')], fence);
      const report = await store.verify(head);
      expect(report).toMatchObject({ status: 'sound', damage: [] });
      expect(report.head?.seq).toBeGreaterThan(head.seq);
    });

    it('has a mark that every append changes, and nothing else', async () => {
      const reader = open();
      const marks = [await reader.mark()];
      const { store, fence } = await filled();
      marks.push(await reader.mark());
      await store.append([note('more')], fence);
      marks.push(await reader.mark());
      expect(new Set(marks).size).toBe(3);
      await store.checkpoint([], fence, true);
      marks.push(await reader.mark());
      expect(new Set(marks).size).toBe(4);
      await store.unlock(fence);
      expect([await reader.mark(), await open().mark()]).toEqual([marks[3], marks[3]]);
    });

    it('gives the records from the segment of a record on', async () => {
      const { store, fence } = await filled();
      for (let segment = 0; segment < 3; segment += 1) {
        await store.checkpoint(await rememberedIn(store), fence, true);
        await store.append([note(`${segment}`), note('more')], fence);
      }
      const all = await recordsOf(store);
      const starts = all.filter(({ kind }) => kind === 'checkpoint').map(({ seq }) => seq);
      for (const { seq } of all) {
        const start = starts.findLast((each) => each <= seq) ?? 0;
        const records: LogRecord[] = [];
        const report = await open().read((record) => records.push(record), { at: seq });
        expect(records).toEqual(all.filter((record) => record.seq >= start));
        expect(report).toMatchObject({ status: 'sound', head: { seq: all.at(-1)?.seq } });
      }
    });

    it('fences off a holder after a take-over, for good', async () => {
      const { store, fence } = await filled();
      await bench.declareDead();
      const other = open('other');
      const next = await other.lock(NOW);
      expect(next.token).toBeGreaterThan(fence.token);
      await other.append([note('mine')], next);
      await expect(store.append([note('late')], fence)).rejects.toBeInstanceOf(FenceLostError);
      await expect(store.append([note('later')], fence)).rejects.toBeInstanceOf(FenceLostError);
      await expect(store.checkpoint([], fence, true)).rejects.toBeInstanceOf(FenceLostError);
      await store.unlock(fence);
      await other.append([note('still mine')], next);
      expect(await other.verify()).toMatchObject({ status: 'sound', damage: [], notes: [] });
      expect(await memoriesOf(other)).toEqual(await memoriesOf(open()));
    });

    it('takes the lock from the named holder, and not from any other', async () => {
      const { store, fence } = await filled();
      const other = open('other');
      await expect(other.lock({ ...NOW, takeOver: 'somebody' })).rejects.toBeInstanceOf(LockHeldError);
      const next = await other.lock({ ...NOW, takeOver: fence.holder.id });
      expect(next.token).toBeGreaterThan(fence.token);
      await expect(store.append([note('late')], fence)).rejects.toBeInstanceOf(FenceLostError);
      await other.append([note('mine')], next);
      await other.unlock(next);
      expect(await other.lockStatus()).toBeUndefined();
      expect(await other.verify()).toMatchObject({ status: 'sound', damage: [] });
    });

    it('reports the status of the lock', async () => {
      expect(await open().lockStatus()).toBeUndefined();
      const { fence } = await filled();
      const status = await open().lockStatus();
      expect(status).toMatchObject({ liveness: 'held', token: fence.token, holder: fence.holder, leaseMs: 15_000 });
      expect(status?.heartbeatAt).toBeGreaterThan(0);
      await bench.declareDead();
      expect(await open().lockStatus()).toMatchObject({ liveness: 'dead' });
      expect(await open().holder()).toBeUndefined();
    });

    it('prunes the oldest segments, lists them, and keeps the whole state', async () => {
      const { store, fence } = await filled();
      for (let i = 0; i < 3; i += 1) {
        await store.checkpoint(await rememberedIn(store), fence, true);
        await store.append([note(`run-${i}`)], fence);
      }
      const before = await memoriesOf(store);
      const heads = (await recordsOf(store)).map(({ seq, hash }) => ({ seq, hash }));
      const report = await store.prune(2, fence);
      expect(report.deleted.length).toBeGreaterThan(0);
      expect(heads).toContainEqual(report.last);
      await store.append([note('after')], fence);
      expect(await memoriesOf(open())).toEqual(before);
      expect(await open().verify()).toMatchObject({ status: 'sound', damage: [], from: report.from });
      expect((await open().verify(report.last)).damage).toMatchObject([{ code: 'head-uncheckable' }]);
      expect((await store.prune(9, fence)).deleted).toEqual([]);
    });

    it('cuts a torn record, and reports it before', async ({ skip }) => {
      if (bench.tear === undefined) return skip('this log does not tear');
      const { store, fence, written } = await filled();
      await store.unlock(fence);
      await bench.tear();
      const report = await open().read(() => undefined);
      expect(report).toMatchObject({ status: 'sound', damage: [], head: { seq: written.at(-1)?.seq } });
      expect(report.torn?.bytes).toBeGreaterThan(0);
      expect(await open().verify()).toMatchObject({ status: 'sound', damage: [], torn: report.torn });
      const again = await store.lock(NOW);
      const [next] = await store.append([note('next')], again);
      expect(next?.prev).toBe(written.at(-1)?.hash);
      const after = await open().verify();
      expect(after.status).toBe('sound');
      expect(after.torn).toBeUndefined();
    });

    it('names damage, gives the sound records, appends nothing, and recovers', async () => {
      const { store, fence, written } = await filled();
      await store.append([seen('web-3', 'ready')], fence);
      await store.unlock(fence);
      const spoilt = written.at(-1)?.seq ?? 0;
      await bench.spoil(spoilt);

      const reader = open();
      const given: LogRecord[] = [];
      const report = await reader.read((record) => given.push(record));
      expect(report).toMatchObject({ status: 'damaged', head: { seq: spoilt - 1 }, damage: [{ seq: spoilt }] });
      expect(given.at(-1)?.seq).toBe(spoilt - 1);
      expect(await reader.verify()).toMatchObject({ status: 'damaged', damage: [{ seq: spoilt }] });

      const again = await store.lock(NOW);
      await expect(store.append([note('no')], again)).rejects.toBeInstanceOf(LogDamagedError);
      await expect(store.checkpoint([], again, true)).rejects.toBeInstanceOf(LogDamagedError);
      const recovery = await store.recover(again);
      expect(recovery).toMatchObject({ cold: false, unknown: ['nodes/Node/web-2', 'nodes/Node/web-3'] });
      expect(recovery.damage).toHaveLength(1);
      expect(recovery.quarantine.length).toBeGreaterThan(0);
      await store.append([note('yes')], again);

      const memories = await memoriesOf(open());
      expect(memories.get('nodes/Node/web-1')).toMatchObject({ state: 'ready', owned: 'created' });
      expect(memories.get('nodes/Node/web-1')?.unknown).toBeUndefined();
      expect(memories.get('nodes/Node/web-2')).toEqual({ ref: node('web-2'), version: 1, kept: {}, unknown: true });
      expect(memories.get('nodes/Node/web-3')?.unknown).toBe(true);
      expect(await open().verify(recovery.head)).toMatchObject({ status: 'sound', damage: [], notes: [] });
      await store.unlock(again);
      await open().lock(NOW);
    });

    it('has nothing to recover in a sound log', async () => {
      const { store, fence, written } = await filled();
      const head = { seq: written.at(-1)?.seq, hash: written.at(-1)?.hash };
      expect(await store.recover(fence)).toEqual({ damage: [], quarantine: [], head, cold: false, unknown: [] });
      await store.append([note('on')], fence);
    });

    it('checks that a head is part of the log', async () => {
      const { store, written } = await filled();
      const last = written.at(-1);
      const head = { seq: last?.seq ?? 0, hash: last?.hash ?? '' };
      expect(await store.verify(head)).toMatchObject({ status: 'sound', damage: [] });
      expect(await store.verify({ seq: head.seq + 5, hash: head.hash })).toMatchObject({
        status: 'damaged',
        damage: [{ code: 'head-missing', message: expect.stringContaining('ends earlier, at record') }],
      });
      expect(await store.verify({ seq: head.seq - 1, hash: head.hash })).toMatchObject({
        status: 'damaged',
        damage: [{ code: 'head-missing', message: expect.stringContaining('has the hash') }],
      });
      expect(await open().verify({ seq: 1, hash: head.hash })).toMatchObject({ status: 'damaged' });
    });

    it('is renamed at once and permanently, with its lock held, and no log begins under its old name', async () => {
      const { store, fence, written } = await filled();
      const named = (project: string): Store => {
        const other = bench.openFor(project);
        stores.push(other);
        return other;
      };
      expect(await store.project()).toBe('shop');
      const rename = { to: 'news', run: 'r1', reason: 'OPS-7' };
      await store.rename(rename, await rememberedIn(store), fence);
      await store.append([note('after')], fence);
      await store.checkpoint(await rememberedIn(store), fence, true);
      const news = named('news');
      expect(await news.project()).toBe('news');
      const records = await recordsOf(news);
      expect(own(records).slice(0, written.length)).toEqual(written);
      expect(records.filter(({ kind }) => kind === 'checkpoint').map(({ body }) => body)).toMatchObject([
        { project: 'shop' },
        { project: 'news', renames: { from: 'shop', run: 'r1', reason: 'OPS-7' } },
        { project: 'news' },
      ]);
      expect([...(await memoriesOf(news)).keys()]).toEqual([...(await memoriesOf(store)).keys()]);
      expect(await news.verify()).toMatchObject({ status: 'sound', damage: [], checkpoints: 3 });
      expect((await news.holder())?.id).toBe(fence.holder.id);
      await store.close();

      for (const call of [
        (): Promise<unknown> => named('shop').read(() => undefined),
        (): Promise<unknown> => named('shop').verify(),
        (): Promise<unknown> => named('shop').lock(NOW),
        (): Promise<unknown> => named('shop').holder(),
        (): Promise<unknown> => named('shop').lockStatus(),
      ])
        await expect(call()).rejects.toBeInstanceOf(StoreProjectError);

      const again = await news.lock(NOW);
      await news.rename({ to: 'shop', run: 'r2' }, await rememberedIn(news), again);
      await news.append([note('back')], again);
      expect(await named('shop').verify()).toMatchObject({ status: 'sound', damage: [], checkpoints: 4 });
      await expect(named('news').read(() => undefined)).rejects.toBeInstanceOf(StoreProjectError);
      await news.prune(1, again);
      expect(await named('shop').verify()).toMatchObject({ status: 'sound', damage: [] });
    });

    it('gives its lock back when it is closed', async () => {
      const { store } = await filled();
      await store.close();
      const other = open('other');
      await other.lock(NOW);
    });
  });
}
