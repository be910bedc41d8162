/** The examples of the README are valid: its documents, its configuration, and its example of a workload source. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { validators } from '../../../plugins/nodes/generated.validators.js';
import { nodes } from '../../../plugins/nodes/plugin.ts';
import { load } from '../../../src/engine/load/load.ts';
import { temporaryFolder } from '../../support/cli.ts';

const text = readFileSync(join(import.meta.dirname, '../../../plugins/nodes/README.md'), 'utf8');

/** Blocks of one language, from the handwritten part. */
function blocks(language: string): readonly string[] {
  const [written = ''] = text.split('<!-- generated:begin -->');
  return [...written.matchAll(/^```(\w+)\n(.*?)^```$/gmsu)].flatMap(([, name, body = '']) =>
    name === language ? [body] : [],
  );
}

it('documents', async () => {
  const documents = blocks('yaml').filter((block) => block.startsWith('apiVersion:'));
  expect(documents).not.toEqual([]);
  const folder = temporaryFolder();
  for (const [i, document] of documents.entries()) writeFileSync(join(folder, `${i}.yaml`), document);
  const { problems, desired } = await load({
    folder,
    paths: ['.'],
    plugins: new Map([['nodes', async () => nodes]]),
  });
  expect(problems).toEqual([]);
  expect(desired.map(({ ref }) => ref.kind).sort()).toEqual(['Node', 'NodePool']);
});

it('configuration', () => {
  const configs = blocks('yaml')
    .filter((block) => !block.startsWith('apiVersion:'))
    .map((block) => (parse(block) as { readonly plugins: { readonly nodes: unknown } }).plugins.nodes);
  expect(configs).toHaveLength(1);
  for (const config of configs)
    expect([validators.config(config), validators.config.errors ?? null]).toEqual([true, null]);
});

it('workloads', () => {
  const examples = blocks('json').map((block) => JSON.parse(block) as unknown);
  expect(examples).toHaveLength(1);
  const valid = validators['input:Workloads'];
  for (const example of examples) expect([valid(example), valid.errors ?? null]).toEqual([true, null]);
});
