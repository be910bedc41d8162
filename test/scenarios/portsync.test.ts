/**
 * Scenarios of ports with golden output, on the emulated switch of the sandbox in a Redis server. `REDIS` in a document stands
 * for its address.
 */

import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { openHeld } from '../../plugins/portsync/confirm/redis-hold.ts';
import { heldChanges } from '../../plugins/portsync/daemon/held-changes.ts';
import type { Row } from '../../plugins/portsync/redis/reader.ts';
import { type EmulatedSwitch, type Fault, startSwitch } from '../../plugins/portsync/sandbox/emulated-switch.ts';
import { LEAF, ROUTES } from '../../plugins/portsync/sandbox/leaf.ts';
import { JSON_COMMANDS, jsonValues, misspelt } from '../formats/field-names.ts';
import { bareEnvironment, temporaryFolder, writeFiles } from '../support/cli.ts';
import { fettle } from '../support/command-line.ts';
import { denial, startRedis } from '../support/redis.ts';
import { placeAt, writeRows } from '../support/sonic.ts';
import { expectGolden, scenarioNames, TIMES, withoutVolatile } from './golden.ts';

/** One event of a scenario, with exactly one key other than `exit`. */
interface Happening {
  /** A command line of fettle, and its exit code (default 0). */
  readonly run?: string;
  readonly exit?: number;
  readonly write?: Readonly<Record<string, string>>;
  readonly delete?: readonly string[];
  /** Fields that another operator sets in CONFIG_DB, by port. */
  readonly edit?: Readonly<Record<string, Row>>;
  /** The stages that take up nothing from now on. */
  readonly faults?: readonly Fault[];
  /** Cables that are connected, or removed. */
  readonly cables?: Readonly<Record<string, boolean>>;
  /** The time for the take-up from now on: a minute at first. */
  readonly takeUp?: string;
  /** The daemon of the switch holds changes from now on. */
  readonly holds?: true;
}

interface Scenario {
  /** The subject of the scenario, for the reader. */
  readonly shows: string;
  readonly happens: readonly Happening[];
}

interface World {
  readonly folder: string;
  readonly redis: string;
  readonly up: EmulatedSwitch;
  readonly hold: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

const HOLD_MS = 50;

function configure(folder: string, takeUp: string): void {
  const text = `name: scenario\nstore: .fettle\nplugins: { portsync: { takeUp: ${takeUp} } }\n`;
  writeFiles(folder, { 'fettle.yaml': text });
}

async function open(): Promise<World> {
  const server = await startRedis();
  const up = await startSwitch(server.address, { config: LEAF });
  const routes = Object.entries(ROUTES).map(([key, row]) => [`ROUTE_TABLE:${key}`, row] as const);
  await writeRows(up.databases.appl, Object.fromEntries(routes));
  const folder = temporaryFolder();
  configure(folder, '60s');
  const ended = new AbortController();
  let tending: Promise<void> = Promise.resolve();
  const held = heldChanges(
    (signal) => openHeld(placeAt(server.address), { denial, signal }),
    () => undefined,
  );
  return {
    folder,
    redis: `127.0.0.1:${server.address.port}`,
    up,
    hold: async () => {
      await held.tend(ended.signal);
      tending = (async () => {
        while (!ended.signal.aborted) {
          await held.tend(ended.signal).catch(() => undefined);
          await sleep(HOLD_MS);
        }
      })();
    },
    stop: async () => {
      ended.abort();
      await tending;
      held.close();
      await up.stop();
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Runs one event; returns its output. */
async function happen({ folder, redis, up, hold }: World, each: Happening): Promise<string> {
  const files = Object.entries(each.write ?? {}).map(
    ([path, text]) => [path, text.replaceAll('REDIS', redis)] as const,
  );
  writeFiles(folder, Object.fromEntries(files));
  for (const path of each.delete ?? []) rmSync(join(folder, path));
  const edited = Object.entries(each.edit ?? {}).map(([port, row]) => [`PORT|${port}`, row] as const);
  await writeRows(up.databases.config, Object.fromEntries(edited));
  if (each.takeUp !== undefined) configure(folder, each.takeUp);
  if (each.faults !== undefined) up.setFaults(each.faults);
  for (const [port, isConnected] of Object.entries(each.cables ?? {})) await up.setCable(port, isConnected);
  if (each.holds === true) await hold();
  await up.settled();
  if (each.run === undefined) return '';
  // One at a time, so that the output has one order.
  const more = each.run.startsWith('apply') ? ' --parallelism 1' : '';
  const env = { ...bareEnvironment(), FETTLE_PORTSYNC_STATE: join(folder, 'state') };
  const done = await fettle(folder, `${each.run}${more}`, { env });
  expect([each.run, done.code, done.code === (each.exit ?? 0) ? '' : done.stdout + done.stderr]).toEqual([
    each.run,
    each.exit ?? 0,
    '',
  ]);
  return `$ fettle ${each.run}\n${done.stdout}${done.stderr}\n`;
}

describe('scenarios of ports', () => {
  it.each(scenarioNames((name) => name.startsWith('portsync-')))('%s', { timeout: 60_000 }, async (name) => {
    const dir = join(import.meta.dirname, name);
    const scenario = parse(readFileSync(join(dir, 'scenario.yaml'), 'utf8')) as Scenario;
    const world = await open();
    try {
      let printed = `# ${scenario.shows}\n\n`;
      for (const each of scenario.happens) printed += await happen(world, each);
      const text = withoutVolatile(printed, world.folder).replaceAll(world.redis, 'REDIS').replaceAll(TIMES, 'TIME');
      expectGolden(dir, text);
      for (const line of JSON_COMMANDS) {
        const { stdout } = await fettle(world.folder, line, { env: bareEnvironment() });
        expect([line, misspelt(jsonValues(stdout))]).toEqual([line, []]);
      }
    } finally {
      await world.stop();
    }
  });
});
