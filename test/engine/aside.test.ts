/** Actions that wait aside: their slots are free meanwhile, and the limit of parallel actions holds afterwards. */

import { expect, it } from 'vitest';
import type { ActionRun } from '#plugin';
import { applyToy, toyLog, toyWorld, wanted } from '../support/toy.ts';

/** The limit of parallel actions in tests of the line. */
const PLACES = 4;

const names = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}${i}`);

function gate(): { readonly open: () => void; readonly opened: Promise<void> } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

const tick = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

it('waits for all others, more than there are slots, and returns in turn', async () => {
  const world = toyWorld();
  const { open, opened } = gate();
  let waiting = 0;
  let running = 0;
  let most = 0;
  for (const name of names('n', 12)) {
    world.faults.set(`absent>ready ${name}`, async (run: ActionRun) => {
      waiting += 1;
      if (waiting === 12) open();
      expect(await run.aside(opened.then(() => name))).toBe(name);
      running += 1;
      most = Math.max(most, running);
      for (let i = 0; i < 5; i += 1) await tick();
      running -= 1;
    });
  }
  const documents = names('n', 12).map((name) => wanted(name, 2));
  const { rows } = await applyToy(world, documents, toyLog());
  expect(Object.values(rows).map(({ status }) => status)).toEqual(documents.map(() => 'done'));
  expect(most).toBe(PLACES);
});

it('throws the error of the awaited promise, with its slot taken again', async () => {
  const world = toyWorld();
  world.faults.set('absent>ready n0', (run) => run.aside(Promise.reject(new Error('the service did not come back'))));
  const { rows } = await applyToy(world, [wanted('n0', 2), wanted('n1', 2)], toyLog());
  expect(rows.n0).toMatchObject({ status: 'failed', message: 'the service did not come back' });
  expect(rows.n1?.status).toBe('done');
});

it('two waits at once take one slot', async () => {
  const world = toyWorld();
  const first = gate();
  world.faults.set('absent>ready n0', async (run) => {
    const both = [run.aside(first.opened), run.aside(tick())];
    await both[1];
    first.open();
    await both[0];
  });
  const { rows } = await applyToy(
    world,
    names('n', 9).map((name) => wanted(name, 2)),
    toyLog(),
  );
  expect(Object.values(rows).every(({ status }) => status === 'done')).toBe(true);
});

it('no longer takes a slot after its action has ended', async () => {
  const world = toyWorld();
  const { open, opened } = gate();
  const over = gate();
  const back = gate();
  let late = 0;
  let ended = 0;
  for (const name of names('late', PLACES)) {
    world.faults.set(`absent>ready ${name}`, async (run) => {
      void run.aside(opened).then(() => {
        late += 1;
        if (late === PLACES) back.open();
      });
      throw new Error('gave up');
    });
  }
  world.faults.set('absent>ready n0', async (run) => {
    await run.aside(over.opened);
    // Actions that gave up return now, and must not block the following actions.
    open();
    await back.opened;
  });
  const documents = [
    ...names('late', PLACES).map((name) => wanted(name, 2)),
    wanted('n0', 2),
    ...names('after', 8).map((name) => wanted(name, 2, { needs: ['n0'] })),
  ];
  const { rows } = await applyToy(world, documents, toyLog(), {
    on: (event) => {
      if (event.type !== 'end' || !event.row.address.includes('late')) return;
      ended += 1;
      if (ended === PLACES) over.open();
    },
  });
  const statusOf = (prefix: string, count: number) => names(prefix, count).map((name) => rows[name]?.status);
  expect(statusOf('late', PLACES)).toEqual(names('late', PLACES).map(() => 'failed'));
  expect(statusOf('after', 8)).toEqual(names('after', 8).map(() => 'done'));
});

it('a turn that comes after the deadline of the step is not too late', async () => {
  const world = toyWorld();
  const { open, opened } = gate();
  // Twice the deadline of a step.
  setTimeout(open, 600);
  world.faults.set('absent>ready n0', (run) => run.awaitTurn(opened));
  for (const name of names('n', 9).slice(1))
    world.faults.set(`absent>ready ${name}`, async (run) => {
      await run.aside(tick());
    });
  const { rows } = await applyToy(
    world,
    names('n', 9).map((name) => wanted(name, 2)),
    toyLog(),
  );
  expect(Object.values(rows).map(({ status }) => status)).toEqual(names('n', 9).map(() => 'done'));
});
