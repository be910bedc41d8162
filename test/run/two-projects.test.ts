/** Two projects in one process, planned and applied at once, with their own clocks, stores and services. */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { afterEach, expect, it } from 'vitest';
import { builtinPlugins } from '../../src/plugins.ts';
import { apply } from '../../src/run/apply.ts';
import type { RunEvent } from '../../src/run/events.ts';
import { plan } from '../../src/run/plan.ts';
import { type Host, openWorkspace, type Workspace } from '../../src/run/project.ts';
import { openConfiguredStore } from '../../src/run/stores.ts';
import { tlsSandbox } from '../../plugins/certificates/sandbox.ts';
import { temporaryFolder } from '../support/cli.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).toReversed()) await clean();
});

const DAY_MS = 86_400_000;

function hostAt(now: () => number, actor: string): Host {
  return {
    env: {},
    now,
    elapsed: () => performance.now(),
    randomId: () => randomBytes(8).toString('hex'),
    uid: process.getuid?.(),
    actor,
    plugins: builtinPlugins,
    openStore: openConfiguredStore,
  };
}

interface Opened {
  readonly folder: string;
  readonly workspace: Workspace;
  readonly events: RunEvent[];
  readonly say: (event: RunEvent) => void;
}

async function opened(name: string, now: () => number): Promise<Opened> {
  const folder = temporaryFolder();
  const world = await tlsSandbox.start(folder, now());
  cleanups.push(() => world.stop());
  writeFileSync(
    join(folder, 'fettle.yaml'),
    `name: ${name}\ndesired: [desired/]\nstore: .fettle\nplugins:\n  certificates: ${JSON.stringify(world.config)}\n`,
  );
  const events: RunEvent[] = [];
  const say = (event: RunEvent): void => void events.push(event);
  return { folder, workspace: await openWorkspace(hostAt(now, name), { folder }, say), events, say };
}

function records(folder: string): readonly { readonly time: string; readonly actor: string; readonly kind: string }[] {
  const log = join(folder, '.fettle/log');
  return readdirSync(log).flatMap((file) =>
    readFileSync(join(log, file), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { time: string; actor: string; kind: string }),
  );
}

it('are planned and applied at once, each with its own clock, log and listener', { timeout: 60_000 }, async () => {
  const offsets = { early: -40 * DAY_MS, late: 0 } as const;
  const early = await opened('early', () => Date.now() + offsets.early);
  const late = await opened('late', () => Date.now() + offsets.late);
  const both = [early, late] as const;
  const interruption = { stop: new AbortController().signal, abort: new AbortController().signal };

  const planned = await Promise.all(
    both.map(async ({ workspace, say }) => plan(workspace, { stop: interruption.stop }, say)),
  );
  expect(planned.map(({ plan: made }) => made?.project)).toEqual(['early', 'late']);
  const timestamps = planned.map(({ plan: made }) => Date.parse(made?.timestamp ?? ''));
  expect((timestamps[1] ?? 0) - (timestamps[0] ?? 0)).toBeGreaterThan(39 * DAY_MS);
  // A plan does not write.
  expect(both.map(({ folder }) => readdirSync(folder).includes('.fettle'))).toEqual([false, false]);

  const applied = await Promise.all(
    both.map(async ({ workspace, say }) => apply(workspace, { approval: { by: 'yes' }, interruption }, say)),
  );
  for (const { applied: result } of applied) {
    expect(result?.rows.length).toBeGreaterThan(0);
    expect(result?.rows.filter(({ status }) => status === 'failed' || status === 'unknown')).toEqual([]);
  }
  for (const [i, { folder, events, workspace }] of both.entries()) {
    const own = records(folder);
    const name = workspace.config.name as keyof typeof offsets;
    expect(new Set(own.map(({ actor }) => actor))).toEqual(new Set([name]));
    const clock = Date.now() + offsets[name];
    for (const { time } of own) expect(Math.abs(Date.parse(time) - clock)).toBeLessThan(DAY_MS);
    // Each listener has the plan and the result of its own project alone.
    expect(events.flatMap((event) => (event.type === 'planned' ? [event.plan.project] : []))).toEqual([name, name]);
    expect(events.flatMap((event) => (event.type === 'applied' ? [event.applied] : []))).toEqual([applied[i]?.applied]);
    expect(events.some(({ type }) => type === 'action-started')).toBe(true);
  }
});

it('stop separately: after the stop of one, the other continues', async () => {
  const one = await opened('one', Date.now);
  const other = await opened('other', Date.now);
  const stop = new AbortController();
  stop.abort();
  const [stopped, finished] = await Promise.all([
    plan(one.workspace, { stop: stop.signal }, one.say),
    plan(other.workspace, { stop: new AbortController().signal }, other.say),
  ]);
  expect([stopped.ending, stopped.plan]).toEqual(['interrupted', undefined]);
  expect(finished.plan?.project).toBe('other');
});
