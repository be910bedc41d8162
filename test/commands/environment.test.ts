/** The environment sets defaults. A variable for a decision that belongs to one run is an error in every command. */

import { describe, expect, it } from 'vitest';
import { fettle } from '../support/command-line.ts';
import { itemsYaml, toyProject } from '../support/toy-project.ts';
import { temporaryFolder } from '../support/cli.ts';

const FLAGS = {
  FETTLE_YES: '--yes',
  FETTLE_Y: '--yes',
  FETTLE_AUTO_APPROVE: '--yes',
  FETTLE_OVERRIDE: '--override',
  FETTLE_REASON: '--reason',
  FETTLE_MAX_REMOVALS: '--max-removals',
  FETTLE_PLAN_DIGEST: '--plan-digest',
} as const;

/** One line for each command of the table. */
const COMMANDS = [
  'validate',
  'plan',
  'show plan.json',
  'apply',
  'apply --yes',
  'drift',
  'drift --record',
  'explain toy/Item/a',
  'import toy/Item/a',
  'log list',
  'log why toy/Item/a',
  'log export',
  'log prune --keep 1',
  'log verify',
  'log recover',
  'lock status',
  'force-unlock x',
  'state list',
  'state show toy/Item/a',
  'state mv toy/Item/a toy/Item/b',
  'state forget toy/Item/a',
  'state pull',
  'serve',
  'serve --once',
  'events list',
  'events show evt-1',
  'events replay',
  'incidents list',
  'incidents ack inc-1',
  'incidents resolve inc-1',
  'schema',
  'version --json --json',
];

it.each(COMMANDS)('the old name of a variable is an error in `%s`, and names the new one', async (line) => {
  const empty = temporaryFolder();
  const done = await fettle(empty, line, { env: { FETTLE_WORKLOADS_ORIGIN: 'https://conductor.example.test' } });
  expect([done.code, done.stderr]).toEqual([
    1,
    expect.stringContaining('FETTLE_WORKLOADS_ORIGIN is no longer read. Set FETTLE_PROVIDER_ORIGINS instead.'),
  ]);
});

describe('a variable for a decision of one run', () => {
  const empty = temporaryFolder();

  it.each(COMMANDS)('is an error in `%s`, and names the flag to use', async (line) => {
    for (const [name, flag] of Object.entries(FLAGS)) {
      // An empty value, or a negative one, is also an error: its author relies on it.
      for (const value of ['true', '', 'false']) {
        const done = await fettle(empty, line, { env: { [name]: value } });
        expect([done.code, done.stderr]).toEqual([
          1,
          expect.stringContaining(`${name} must not be set in the environment`),
        ]);
        expect(done.stderr).toContain(`Use ${flag} on the command line.`);
      }
    }
  });

  it('stops an apply before the refresh', async () => {
    const { world, run } = toyProject(itemsYaml({ a: 2 }));
    const env = { FETTLE_PLAN_DIGEST: `sha256:${'0'.repeat(64)}` };
    expect(await run('apply --yes', { env })).toMatchObject({ code: 1 });
    expect(world.calls).toEqual([]);
    expect(await run('apply --yes')).toMatchObject({ code: 0 });
    expect(world.calls).toEqual(['absent>ready a']);
  });
});
