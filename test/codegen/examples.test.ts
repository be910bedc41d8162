/** The example configurations load without a problem. */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { load } from '../../src/engine/load/load.ts';
import { builtinPlugins } from '../../src/plugins.ts';
import { root } from './specs.ts';

const folder = join(root, 'specs/examples');

// Folders have the files that documents name.
test.each(readdirSync(folder).filter((name) => name.endsWith('.yaml')))('%s', async (file) => {
  const { desired, problems } = await load({ folder, paths: [file], plugins: builtinPlugins });
  expect(problems).toEqual([]);
  expect(desired.length).toBeGreaterThan(0);
});

test('every plugin has an example of each of its kinds', async () => {
  const { desired } = await load({ folder, paths: ['.'], plugins: builtinPlugins });
  const shown = new Set(desired.map(({ ref }) => `${ref.plugin}/${ref.kind}`));
  for (const open of builtinPlugins.values()) {
    const { tables } = await open();
    for (const [kind, { foreign }] of Object.entries(tables.kinds))
      if (foreign !== true) expect(shown).toContain(`${tables.name}/${kind}`);
  }
});
