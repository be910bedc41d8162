/** Saved states of emulated worlds: many changes become one save, and the last one wins. */

import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { keeper, readSaved } from '#plugin/saved-state';
import { temporaryFolder } from '../support/cli.ts';

it('reads nothing before the first save, and does not take a damaged file for nothing', async () => {
  const file = join(temporaryFolder(), 'state.json');
  expect(await readSaved(file)).toBeUndefined();
  writeFileSync(file, '{"half":');
  await expect(readSaved(file)).rejects.toThrow(SyntaxError);
});

it('saves many changes once, and for its owner alone', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'state.json');
  let state = 0;
  let saves = 0;
  const keep = keeper(file, () => {
    saves += 1;
    return JSON.stringify({ state });
  });
  for (state = 1; state < 100; state += 1) keep.touch();
  await expect.poll(() => readSaved(file)).toEqual({ state: 100 });
  expect([saves, readdirSync(folder), statSync(file).mode & 0o777]).toEqual([1, ['state.json'], 0o600]);
});

it('saves the newest state at the end, after a save that is under way', async () => {
  const file = join(temporaryFolder(), 'state.json');
  let state = 1;
  const keep = keeper(file, () => JSON.stringify({ state, filler: 'x'.repeat(1_000_000) }));
  const first = keep.flush();
  state = 2;
  keep.touch();
  await Promise.all([first, keep.flush()]);
  expect(await readSaved(file)).toMatchObject({ state: 2 });
});

it('saves again after a save that failed', async () => {
  const folder = join(temporaryFolder(), 'later');
  const file = join(folder, 'state.json');
  const keep = keeper(file, () => '{}');
  await expect(keep.flush()).rejects.toThrow('ENOENT');
  mkdirSync(folder);
  await keep.flush();
  expect(await readSaved(file)).toEqual({});
  rmSync(folder, { recursive: true });
});
