/** The suite of all inboxes: a deposited entry is drained once, even if a process stops or takes over. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Json } from '#plugin';
import { FenceLostError, LogUnchangedError, StoreProjectError } from '../../src/store/errors.ts';
import { MAX_ENTRY } from '../../src/store/inbox.ts';
import type { Fence, Store } from '../../src/store/store.ts';
import type { StoreBench } from './conformance.ts';
import { drain, drainedIn, entriesOf, intent, note, recordsOf, rememberedIn } from './drafts.ts';

const NOW = { command: 'apply', timeoutMs: 0 };

export function inboxConformance(name: string, make: () => Promise<StoreBench>): void {
  describe(`inbox: ${name}`, () => {
    let bench: StoreBench;
    let stores: Store[];

    function opened(store: Store): Store {
      stores.push(store);
      return store;
    }
    const open = (actor?: string): Store => opened(bench.open(actor));

    beforeEach(async () => {
      bench = await make();
      stores = [];
    });
    afterEach(async () => {
      for (const store of stores) await store.close();
      await bench.remove();
    });

    async function held(): Promise<{ store: Store; fence: Fence }> {
      const store = open();
      return { store, fence: await store.lock(NOW) };
    }

    it('takes entries from any process without the lock, and gives the oldest first', async () => {
      const { store } = await held();
      const [first, second] = [open('first'), open('second')];
      const before = Date.now();
      for (const [index, each] of [first, second, first, second].entries()) {
        await each.deposit([{ index }, [`"ä\u2028\u0000`, index]]);
        await new Promise((resolve) => setTimeout(resolve, 3));
      }
      const all = await open().undrained(100);
      expect(entriesOf(all)).toEqual([0, 1, 2, 3].flatMap((index) => [{ index }, [`"ä\u2028\u0000`, index]]));
      for (const one of all) expect('at' in one && one.at >= before && one.at <= Date.now()).toBe(true);
      expect(entriesOf(await store.undrained(3))).toEqual(entriesOf(all.slice(0, 3)));
      expect(await store.verify()).toMatchObject({ status: 'sound', damage: [], notes: [] });
    });

    it('shares a write among concurrent deposits, each whole', async () => {
      await held();
      const store = open();
      await Promise.all(Array.from({ length: 200 }, (_, index) => store.deposit([`${index}a`, `${index}b`])));
      expect(entriesOf(await store.undrained(1000))).toEqual(
        Array.from({ length: 200 }, (_, index) => [`${index}a`, `${index}b`]).flat(),
      );
    });

    it('drains entries with the records that they become', async () => {
      const { store, fence } = await held();
      await open().deposit(['a', 'b', 'c']);
      const [a, b] = await store.undrained(2);
      const records = await store.append(
        [note('entry "ab"')],
        fence,
        [a, b].flatMap((one) => one?.place ?? []),
      );
      expect(records.map(({ kind }) => kind)).toEqual(['inbox', 'end']);
      expect(records[0]?.body).toMatchObject({ entries: 2, records: 1 });
      expect(entriesOf(await store.undrained(100))).toEqual(['c']);
      expect(entriesOf(await open().undrained(100))).toEqual(['c']);
      expect(await drain(store, fence)).toEqual(['c']);
      expect(await store.undrained(100)).toEqual([]);
      expect(await store.verify()).toMatchObject({ status: 'sound', damage: [], notes: [] });
    });

    it('drains entries without a record', async () => {
      const { store, fence } = await held();
      await store.deposit(['a', 'b']);
      await store.append(
        [],
        fence,
        (await store.undrained(1)).map(({ place }) => place),
      );
      await store.unlock(fence);
      expect(entriesOf(await open().undrained(100))).toEqual(['b']);
      expect(await store.verify()).toMatchObject({ status: 'sound', damage: [] });
    });

    it('refuses to drain an entry twice, writes nothing, and stays usable', async () => {
      const { store, fence } = await held();
      await store.deposit(['a', 'b']);
      const places = (await store.undrained(2)).map(({ place }) => place);
      await store.append([note('entry "a"')], fence, places.slice(0, 1));
      const before = await recordsOf(store);
      for (const again of [places, places.slice(0, 1)])
        await expect(store.append([note('entry "again"')], fence, again)).rejects.toBeInstanceOf(LogUnchangedError);
      expect(await recordsOf(store)).toEqual(before);
      expect(await drain(store, fence)).toEqual(['b']);
      expect(await drainedIn(open())).toEqual(['a', 'b']);
    });

    it('drains nothing with a lock that was lost', async () => {
      const { store, fence } = await held();
      await store.deposit(['a', 'b']);
      const undrained = await store.undrained(100);
      await bench.declareDead();
      const other = open('other');
      const next = await other.lock(NOW);
      const late = store.append(
        [note('entry "late"')],
        fence,
        undrained.map(({ place }) => place),
      );
      await expect(late).rejects.toBeInstanceOf(FenceLostError);
      expect(await drain(other, next)).toEqual(['a', 'b']);
      expect(await drainedIn(open())).toEqual(['a', 'b']);
      expect(await other.undrained(100)).toEqual([]);
    });

    it('keeps the order of drained entries and other appends, all at once', async () => {
      const { store, fence } = await held();
      await store.deposit(Array.from({ length: 20 }, (_, index) => index));
      const undrained = await store.undrained(20);
      await Promise.all(
        undrained.map(({ place }, index) =>
          Promise.all([
            store.append([note(`entry "drained ${index}"`)], fence, [place]),
            store.append([note(`entry "other ${index}"`)], fence),
          ]),
        ),
      );
      expect(await drainedIn(open())).toEqual(undrained.flatMap((_, index) => [`drained ${index}`, `other ${index}`]));
      expect(await store.verify()).toMatchObject({ status: 'sound', damage: [] });
    });

    it('refuses an entry that is too long, and takes one of the greatest length', async () => {
      const { store } = await held();
      const longest = 'x'.repeat(MAX_ENTRY - 2);
      await expect(store.deposit(['small', `${longest}x`])).rejects.toThrow(/65537 bytes.*65536/u);
      expect(await store.undrained(100)).toEqual([]);
      await store.deposit([longest]);
      expect(entriesOf(await store.undrained(100))).toEqual([longest]);
    });

    it('gives fewer entries than requested if they are large', async () => {
      const { store, fence } = await held();
      const large = Array.from({ length: 200 }, (_, index) => `${index}${'x'.repeat(60_000)}`);
      await store.deposit(large);
      const drained: Json[] = [];
      for (let rounds = 0; drained.length < 200; rounds += 1) {
        expect(rounds).toBeLessThan(3);
        const undrained = await store.undrained(1000);
        expect(undrained.length).toBeLessThan(150);
        drained.push(...entriesOf(undrained));
        await store.append(
          [],
          fence,
          undrained.map(({ place }) => place),
        );
      }
      expect(drained).toEqual(large);
    });

    it('refuses more records at once than a reader can hold', async () => {
      const { store, fence } = await held();
      await store.deposit(['a']);
      const places = (await store.undrained(1)).map(({ place }) => place);
      const many = Array.from({ length: 20 }, () => note('x'.repeat(1_000_000)));
      await expect(store.append(many, fence, places)).rejects.toThrow(/Drain fewer entries/u);
      expect(await drain(store, fence)).toEqual(['a']);
    });

    it('is not created without a log, and not under another name', async () => {
      const nothing = open();
      await expect(nothing.deposit(['a'])).rejects.toThrow(/no log of the project shop/u);
      expect(await nothing.undrained(100)).toEqual([]);
      expect(await nothing.read(() => undefined)).toMatchObject({ status: 'none' });
      await held();
      await expect(opened(bench.openFor('other')).deposit(['a'])).rejects.toThrow(
        /not to other|no log of the project other/u,
      );
      await nothing.deposit(['mine']);
      expect(entriesOf(await open().undrained(100))).toEqual(['mine']);
    });

    it('keeps its entries and positions through checkpoints, prune and a restart', async () => {
      const { store, fence } = await held();
      await store.deposit(['a', 'b', 'c', 'd']);
      await store.append([intent('web-1')], fence);
      expect(await drain(store, fence, 1)).toEqual(['a']);
      await store.checkpoint(await rememberedIn(store), fence, true);
      expect(await drain(store, fence, 1)).toEqual(['b']);
      await store.checkpoint(await rememberedIn(store), fence, true);
      await store.prune(1, fence);
      expect(await store.verify()).toMatchObject({ status: 'sound', damage: [] });
      await store.unlock(fence);
      const other = open();
      expect(entriesOf(await other.undrained(100))).toEqual(['c', 'd']);
      expect(await drain(other, await other.lock(NOW))).toEqual(['c', 'd']);
      expect(await other.verify()).toMatchObject({ status: 'sound', damage: [] });
    });

    it('keeps its positions even if a caller of a checkpoint does not know them', async () => {
      const { store, fence } = await held();
      await store.deposit(['a', 'b']);
      await drain(store, fence, 1);
      await store.checkpoint([], fence, true);
      expect(entriesOf(await open().undrained(100))).toEqual(['b']);
      expect(await store.verify()).toMatchObject({ status: 'sound', damage: [] });
    });

    it('moves with a project that is renamed', async () => {
      const { store, fence } = await held();
      const before = open();
      await before.deposit(['a', 'b']);
      await drain(store, fence, 1);
      await store.rename({ to: 'market', run: 'r' }, await rememberedIn(store), fence);
      await expect(before.deposit(['late'])).rejects.toBeInstanceOf(StoreProjectError);
      await expect(before.undrained(100)).rejects.toBeInstanceOf(StoreProjectError);
      const after = opened(bench.openFor('market'));
      await after.deposit(['c']);
      expect(entriesOf(await after.undrained(100))).toEqual(['b', 'c']);
      expect(await drain(store, fence)).toEqual(['b', 'c']);
      expect(await after.verify()).toMatchObject({ status: 'sound', damage: [] });
    });

    it('takes deposits while the log is damaged, and keeps them through a recovery', async () => {
      const { store, fence } = await held();
      await store.deposit(['a', 'b', 'c']);
      await drain(store, fence, 1);
      const [record] = await store.append([note('entry "r"'), note('entry "r2"')], fence);
      await bench.spoil((record?.seq ?? 0) + 1);
      await store.unlock(fence);
      const other = open();
      await other.deposit(['d']);
      const next = await other.lock(NOW);
      await other.recover(next);
      expect(await drain(other, next)).toEqual(['b', 'c', 'd']);
      expect(await other.verify()).toMatchObject({ status: 'sound', damage: [] });
      expect(await other.undrained(100)).toEqual([]);
    });
  });
}
