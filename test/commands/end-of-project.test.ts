/** The end of a project: `desired: []` declares nothing, on purpose; an empty folder is a mistake. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { appliedToys, itemsYaml } from '../support/toy-project.ts';

describe('a project', () => {
  it('does not end by the loss of its documents, and names the way to end it', async () => {
    const { write, run } = await appliedToys(itemsYaml({ a: 2, b: 2 }));
    write('');
    const { code, stderr } = await run('plan');
    expect([code, stderr]).toEqual([1, expect.stringContaining('to end the project, set `desired: []`')]);
  });

  it('ends with desired: [], within the limits of removals', async () => {
    const { folder, run } = await appliedToys(itemsYaml({ a: 2, b: 2 }));
    writeFileSync(join(folder, 'fettle.yaml'), 'name: test\nstore: .fettle\ndesired: []\n');
    expect((await run('validate')).code).toBe(0);
    const planned = JSON.parse((await run('plan --format json')).stdout) as {
      readonly resource_changes: readonly { readonly cause: string }[];
      readonly rejected_changes: readonly { readonly cause: string }[];
    };
    const rows = [...planned.resource_changes, ...planned.rejected_changes];
    expect(rows.map(({ cause }) => cause)).toEqual(['orphan', 'orphan']);
    await run('apply -y --max-removals 2 --reason "the project ends"');
    await run('apply -y --max-removals 2 --reason "the project ends"');
    expect((await run('state list')).stdout).not.toContain('toy/Item');
  });
});
