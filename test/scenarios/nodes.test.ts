/**
 * Scenarios of nodes with golden output, on the emulated provider and workload source, and a clock that only the
 * scenario advances. Times are shown relative to the start.
 */

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { LABELS } from '../../plugins/nodes/labels.ts';
import { openReader } from '../../plugins/nodes/live/reader.ts';
import { openWriter } from '../../plugins/nodes/live/writer.ts';
import { nodes } from '../../plugins/nodes/plugin.ts';
import { type ManualClock, manualClock } from '../../plugins/nodes/sandbox/clock.ts';
import { type Emulator, startEmulator } from '../../plugins/nodes/sandbox/emulator.ts';
import type { SeedServer } from '../../plugins/nodes/sandbox/seed.ts';
import { durationMs, type Plugin } from '#plugin';
import { JSON_COMMANDS, JSON_COMMANDS_OF_RESOURCE, jsonValues, misspelt } from '../formats/field-names.ts';
import { temporaryFolder } from '../support/cli.ts';
import { type Done, fettle } from '../support/command-line.ts';
import { expectGolden, scenarioNames, TIMES, withoutVolatile } from './golden.ts';
import { timingOf } from '../plugins/nodes/whole.ts';

interface StartedContainer {
  readonly id: string;
  readonly mb: number;
  readonly tier?: string;
  readonly players?: number;
}

/** One event of a scenario, with exactly one key other than `exit`. */
interface Happening {
  /** A command line of fettle, and its exit code (default 0). */
  readonly run?: string;
  readonly exit?: number;
  /** Applies every minute until nothing changes, without output. */
  readonly settle?: true;
  readonly write?: Readonly<Record<string, string>>;
  readonly delete?: readonly string[];
  /** Time passes: `30m`. */
  readonly pass?: string;
  /** Existing servers, with their age: `45m`. */
  readonly seed?: readonly (Omit<SeedServer, 'age'> & { readonly age?: string })[];
  /** Containers that start, by node. */
  readonly start?: Readonly<Record<string, readonly StartedContainer[]>>;
  /** Containers that end. */
  readonly end?: readonly string[];
  /** Workloads that wait for room from now on, and those that no longer wait. */
  readonly wait?: readonly { readonly id: string; readonly mb: number; readonly pool?: string }[];
  readonly unqueue?: readonly string[];
}

interface Scenario {
  /** The subject of the scenario, for the reader. */
  readonly shows: string;
  readonly happens: readonly Happening[];
}

interface World {
  readonly folder: string;
  readonly clock: ManualClock;
  readonly emulator: Emulator;
  readonly plugin: Plugin;
}

const START = Date.parse('2026-11-20T08:00:00Z');

function configOf({ endpoint, workloads }: Emulator): string {
  const { url, drainUrl, migrateUrl } = workloads;
  const http = JSON.stringify({ url, drainUrl, migrateUrl });
  return `name: scenario\nstore: .fettle\nplugins:\n  nodes: { provider: { hetzner: { endpoint: "${endpoint}" } }, workloads: { http: ${http} } }\n`;
}

async function open(): Promise<World> {
  const clock = manualClock(START);
  const emulator = await startEmulator({ clock, drainLabel: LABELS.drain });
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'fettle.yaml'), configOf(emulator));
  const timing = timingOf(clock);
  const plugin: Plugin = {
    ...nodes,
    openReader: async (outside) => openReader(outside, timing),
    openWriter: async (outside) => openWriter(outside, timing),
  };
  return { folder, clock, emulator, plugin };
}

function write({ folder }: World, path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

async function pass({ clock, emulator }: World, time: string): Promise<void> {
  clock.advance(durationMs(time));
  await emulator.settle();
}

function runLine({ folder, plugin, clock, emulator }: World, line: string): Promise<Done> {
  return fettle(folder, line, {
    plugins: new Map([['nodes', async () => plugin]]),
    now: clock.now,
    env: { HCLOUD_TOKEN: emulator.tokens.readWrite },
  });
}

async function settle(world: World): Promise<void> {
  for (let i = 0; i < 10; i += 1) {
    const { code, stdout, stderr } = await runLine(world, 'apply --yes --parallelism 1');
    if (code !== 0) throw new Error(stdout + stderr);
    if (/^Nothing to do\.$/mu.test(stdout) || stdout.includes('\nApply: 0 done')) return;
    await pass(world, '1m');
  }
  throw new Error('it does not come to rest');
}

/** Runs one event; returns its output. */
async function happen(world: World, each: Happening): Promise<string> {
  const { emulator, folder } = world;
  const { workloads } = emulator;
  for (const [path, text] of Object.entries(each.write ?? {})) write(world, path, text);
  for (const path of each.delete ?? []) rmSync(join(folder, path));
  for (const { age, ...server } of each.seed ?? [])
    emulator.seed({ ...server, ...(age === undefined ? {} : { age: durationMs(age) }) });
  if (each.pass !== undefined) await pass(world, each.pass);
  for (const [node, containers] of Object.entries(each.start ?? {}))
    for (const container of containers)
      expect([container.id, workloads.start(node, container)]).toEqual([container.id, true]);
  for (const id of each.end ?? []) expect([id, workloads.end(id)]).toEqual([id, true]);
  for (const waiting of each.wait ?? []) workloads.wait(waiting);
  for (const id of each.unqueue ?? []) workloads.unqueue(id);
  if (each.settle === true) await settle(world);
  if (each.settle === true) return '(applied until no changes remain)\n\n';
  if (each.pass !== undefined) return `(${each.pass} later)\n\n`;
  if (each.run === undefined) return '';
  // One at a time, so that the output has one order.
  const more = each.run.startsWith('apply') ? ' --parallelism 1' : '';
  const done = await runLine(world, `${each.run}${more}`);
  expect([each.run, done.code, done.code === (each.exit ?? 0) ? '' : done.stdout + done.stderr]).toEqual([
    each.run,
    each.exit ?? 0,
    '',
  ]);
  return `$ fettle ${each.run}\n${done.stdout}${done.stderr}\n`;
}

/** Names of published fields that are not in snake_case, with the command that prints them. */
async function misspeltIn(world: World): Promise<readonly string[]> {
  const state = await runLine(world, 'state list --format json');
  const addresses = [...new Set(state.stdout.match(/nodes\/[A-Za-z]+\/[\w-]+/gu))].slice(0, 3);
  const lines = [
    ...JSON_COMMANDS_OF_RESOURCE.flatMap((line) => addresses.map((address) => line.replace('ADDRESS', address))),
    ...JSON_COMMANDS,
  ];
  const found: string[] = [];
  for (const line of lines) {
    const { stdout, stderr } = await runLine(world, line);
    expect([line, stdout === '' ? stderr : '']).toEqual([line, '']);
    found.push(...misspelt(jsonValues(stdout)).map((place) => `${line}: ${place}`));
  }
  return found;
}

/** Formats a time as `T+1h05`, to the minute, because waits of the client do not matter. */
function sinceStart(time: string): string {
  const minutes = Math.round((Date.parse(time) - START) / 60_000);
  return `T+${Math.floor(minutes / 60)}h${String(minutes % 60).padStart(2, '0')}`;
}

describe('scenarios of nodes', () => {
  it.each(scenarioNames((name) => name.startsWith('nodes-')))('%s', { timeout: 60_000 }, async (name) => {
    const dir = join(import.meta.dirname, name);
    const scenario = parse(readFileSync(join(dir, 'scenario.yaml'), 'utf8')) as Scenario;
    const world = await open();
    try {
      let printed = `# ${scenario.shows}\n\n`;
      for (const each of scenario.happens) printed += await happen(world, each);
      const text = withoutVolatile(printed, world.folder).replaceAll(world.emulator.endpoint, 'API');
      expectGolden(dir, text.replaceAll(TIMES, sinceStart));
      expect(await misspeltIn(world)).toEqual([]);
    } finally {
      await world.emulator.stop();
      rmSync(world.folder, { recursive: true, force: true });
    }
  });
});
