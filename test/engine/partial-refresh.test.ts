/** A refresh of some resources: it records these, and nothing of the others. */

import { expect, it } from 'vitest';
import { emptyRecall, fold, refreshOf } from '../../src/engine/remember.ts';
import type { LogRecord } from '../../src/formats/log-record.ts';
import {
  applyToy,
  item,
  memoryOf,
  owned,
  planToy,
  START,
  toyLog,
  type ToyLog,
  toyWorld,
  type ToyWorld,
  wanted,
} from '../support/toy.ts';

const LATER = START + 60_000;

async function refreshed(
  world: ToyWorld,
  log: ToyLog,
  names: readonly string[],
  documents = [wanted('a', 2), wanted('b', 2)],
) {
  const before = log.records.length;
  const only = names.map(item);
  const within = (address: string): boolean => names.some((name) => address.endsWith(`/${name}`));
  const reconciled = await planToy(world, documents, log, { only, within, now: () => LATER });
  return { reconciled, records: log.records.slice(before) };
}

it('records the resource with its findings, and leaves the state of the others', async () => {
  const { world, log } = await owned({ a: 2, b: 2 });
  const before = memoryOf(log, 'b');
  world.items.set('a', { value: 5, state: 'ready' });
  world.items.delete('b');
  const { reconciled, records } = await refreshed(world, log, ['a']);
  expect(records.map(({ kind }) => kind)).toEqual(['seen', 'seen']);
  for (const record of records) expect(record.body).toMatchObject({ partial: true });
  const addresses = records.flatMap(({ kind, body }) =>
    kind === 'seen' ? body.resources.map(({ ref }) => ref.name) : [],
  );
  expect(new Set(addresses)).toEqual(new Set(['a']));
  expect(records[0]?.body).not.toHaveProperty('gaps');
  expect(memoryOf(log, 'a')).toMatchObject({ kept: { last_value: 5 }, findings: { odd: START } });
  expect(memoryOf(log, 'b')).toEqual(before);
  expect(reconciled.resources.get('toy/Item/b')?.sight.is).toBe('unseen');
  expect(reconciled.sealed.gaps).toEqual([]);
  // The next refresh of all finds the difference.
  expect([...(await planToy(world, [wanted('a', 2), wanted('b', 2)], log)).changes.keys()]).toContain('toy/Item/b');
});

it('does not count as the last refresh', async () => {
  let at = START;
  const [world, log] = [toyWorld(), toyLog(() => at)];
  const documents = [wanted('a', 2), wanted('b', 2)];
  await applyToy(world, documents, log);
  expect(log.recall.refreshedAt).toBe(START);
  at = LATER;
  world.items.set('a', { value: 5, state: 'ready' });
  await refreshed(world, log, ['a', 'b']);
  expect(log.recall).toMatchObject({ at: LATER, refreshedAt: START });
  await planToy(world, documents, log, { now: () => LATER });
  expect(log.recall.refreshedAt).toBe(LATER);
});

it('counts as the last refresh of a plugin of which it has every resource', async () => {
  const { world, log } = await owned({ a: 2, b: 2 });
  const documents = [wanted('a', 2), wanted('b', 2)];
  const before = log.records.length;
  const more = { only: [item('a'), item('b')], whole: new Set(['toy']), now: () => LATER };
  await planToy(world, documents, log, more);
  expect(log.records.slice(before)[0]?.body).toMatchObject({ partial: true, whole: ['toy'] });
  const recall = emptyRecall();
  for (const record of log.records) fold(recall, record);
  expect([recall.refreshedAt, refreshOf(recall, 'toy'), refreshOf(recall, 'other')]).toEqual([START, recall.at, START]);
});

it('proposes no removal of a resource that it leaves out', async () => {
  const { world, log } = await owned({ a: 2, b: 2 });
  const { reconciled } = await refreshed(world, log, ['a'], [wanted('a', 2)]);
  expect([[...reconciled.changes.keys()], reconciled.plan.rejected_changes]).toEqual([[], []]);
  expect(memoryOf(log, 'b')).toMatchObject({ owned: 'created', state: 'ready' });
});

const MANY = Array.from({ length: 8 }, (_, i) => `item-${i}`);
const MANY_WANTED = MANY.map((name) => wanted(name, 2));
const ownedMany = (): ReturnType<typeof owned> => owned(Object.fromEntries(MANY.map((name) => [name, 2])));
const statesOf = (log: ToyLog): readonly unknown[] => MANY.map((name) => memoryOf(log, name)?.state);

it('notices that one resource is removed, and that the others of its kind exist', async () => {
  const { world, log } = await ownedMany();
  world.items.delete('item-3');
  world.items.set('item-5', { value: 4, state: 'ready' });
  const { reconciled } = await refreshed(world, log, ['item-3'], MANY_WANTED);
  expect(statesOf(log)).toEqual(MANY.map((name) => (name === 'item-3' ? 'absent' : 'ready')));
  expect([...reconciled.actions].map(([address, { verdict }]) => [address, verdict])).toEqual([
    ['toy/Item/item-3', 'accept'],
  ]);
  expect(new Set(reconciled.refreshed?.map(({ name }) => name))).toEqual(new Set(MANY));
  expect(memoryOf(log, 'item-5')?.kept).toEqual({ last_value: 4 });
});

it('reads the others of a kind only while one of it is missing', async () => {
  const { world, log } = await ownedMany();
  world.items.delete('item-3');
  const look = async (name: string) => (await refreshed(world, log, [name], MANY_WANTED)).reconciled.refreshed?.length;
  expect([await look('item-2'), await look('item-3'), await look('item-3')]).toEqual([1, 8, 1]);
});

it('records no absence while the place of all resources is missing, one after the other', async () => {
  const { world, log } = await ownedMany();
  const items = new Map(world.items);
  world.items.clear();
  for (const name of MANY) {
    const { reconciled } = await refreshed(world, log, [name], MANY_WANTED);
    expect([...reconciled.actions.values()].filter(({ verdict }) => verdict === 'accept')).toEqual([]);
  }
  expect(new Set(statesOf(log))).toEqual(new Set(['ready']));
  const { actions } = await planToy(world, MANY_WANTED, log);
  expect(new Set([...actions.values()].map(({ verdict }) => verdict))).toEqual(new Set(['reject']));
  for (const [name, value] of items) world.items.set(name, value);
  expect((await planToy(world, MANY_WANTED, log)).changes.size).toBe(0);
});

it('settles the open step of the resource, and no other one', async () => {
  const { world, log } = await owned({ a: 2, b: 2 });
  for (const name of ['a', 'b']) world.faults.set(`ready>ready ${name}`, () => new Promise(() => undefined));
  const documents = [wanted('a', 4), wanted('b', 4)];
  await applyToy(world, documents, log);
  expect([memoryOf(log, 'a')?.open?.step, memoryOf(log, 'b')?.open?.step]).toEqual(['ready>ready', 'ready>ready']);
  const { records } = await refreshed(world, log, ['a'], documents);
  expect(records).toContainEqual(expect.objectContaining({ kind: 'outcome' }));
  expect([memoryOf(log, 'a')?.open, memoryOf(log, 'b')?.open?.step]).toEqual([undefined, 'ready>ready']);
});

it('of a resource under a gap records nothing', async () => {
  const { world, log } = await owned({ a: 2, b: 2 });
  const before = memoryOf(log, 'a');
  world.items.delete('a');
  world.blind.add('a');
  const { reconciled } = await refreshed(world, log, ['a']);
  expect(memoryOf(log, 'a')).toEqual(before);
  expect(reconciled.sealed.gaps).toMatchObject([{ message: 'it does not answer' }]);
});

it('is the same in a log that is read again', async () => {
  const { world, log } = await owned({ a: 2, b: 2 });
  world.items.set('a', { value: 7, state: 'ready' });
  await refreshed(world, log, ['a']);
  const again = emptyRecall();
  for (const record of log.records as readonly LogRecord[]) fold(again, record);
  expect(again.resources).toEqual(log.recall.resources);
});
