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

it('records an absence of the resource itself', async () => {
  const { world, log } = await owned({ a: 2, b: 2, c: 2, d: 2 });
  world.items.clear();
  await refreshed(
    world,
    log,
    ['a'],
    ['a', 'b', 'c', 'd'].map((name) => wanted(name, 2)),
  );
  expect(memoryOf(log, 'a')?.state).toBe('absent');
  for (const name of ['b', 'c', 'd']) expect(memoryOf(log, name)?.state).toBe('ready');
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
