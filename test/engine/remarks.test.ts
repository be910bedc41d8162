/** Remarks of handlers: every one is in the result of its step, also after an error. */

import { expect, it } from 'vitest';
import { PostponedError, type ActionRun, type Plugin } from '#plugin';
import { applyToy, toyLog, toyPlugin, toyWorld, wanted, type ToyWorld } from '../support/toy.ts';

/** A plugin whose creation says two sentences, and then ends. */
function saying(end: (world: ToyWorld, name: string) => void): Plugin {
  const item = toyPlugin.kinds['Item'];
  if (item === undefined) throw new Error('the toy has no Item');
  const create = async (world: unknown, { ref }: { ref: { name: string } }, { remark }: ActionRun) => {
    remark('one thing is left.');
    remark('another thing is left');
    end(world as ToyWorld, ref.name);
    return undefined;
  };
  return { ...toyPlugin, kinds: { Item: { ...item, handlers: { ...item.handlers, 'absent>ready': create } } } };
}

it.each<readonly [string, (world: ToyWorld, name: string) => void, object]>([
  [
    'a step that is done',
    (world, name) => void world.items.set(name, { value: 1, state: 'ready' }),
    { status: 'done', message: 'one thing is left. another thing is left' },
  ],
  [
    'a step that failed',
    () => {
      throw new Error('the server refuses');
    },
    { status: 'failed', message: 'the server refuses. one thing is left. another thing is left' },
  ],
  [
    'a step that has to wait',
    () => {
      throw new PostponedError('the server is slow', {});
    },
    { status: 'deferred', message: 'the server is slow. one thing is left. another thing is left' },
  ],
])('%s has both remarks', async (_, end, row) => {
  const log = toyLog();
  const plugins = new Map([['toy', saying(end)]]);
  const { rows } = await applyToy(toyWorld({}), [wanted('a', 1)], log, { plugins });
  expect(rows['a']).toMatchObject(row);
});
