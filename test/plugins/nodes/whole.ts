/**
 * The whole line for nodes: documents from files, the engine, the plugin, its client, a real socket, the emulated
 * provider, all on one clock that a test drives. A run can be killed at any request and at any record.
 */

import { type Planned, planned } from '../../../src/formats/plan.ts';
import { everyPlace } from '../../support/places.ts';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openReader } from '../../../plugins/nodes/live/reader.ts';
import type { Timing } from '#plugin/http';
import { openWriter } from '../../../plugins/nodes/live/writer.ts';
import { nodes } from '../../../plugins/nodes/plugin.ts';
import { type ManualClock, manualClock } from '../../../plugins/nodes/sandbox/clock.ts';
import { type Emulator, type EmulatorOptions, startEmulator } from '../../../plugins/nodes/sandbox/emulator.ts';
import { type ApplyInput, type Row } from '../../../src/engine/action.ts';
import { apply } from '../../../src/engine/apply.ts';
import { load } from '../../../src/engine/load/load.ts';
import type { Json, Outside, Plugin, Safety } from '#plugin';
import { reconcile } from '../../../src/engine/reconcile.ts';
import type { Draft, LogRecord } from '../../../src/formats/log-record.ts';
import { emptyRecall, fold, type Recall } from '../../../src/engine/remember.ts';
import { temporaryFolder } from '../../support/cli.ts';

export const START = Date.parse('2026-11-20T08:00:00Z');
export const DRAIN_LABEL = 'fettle/drain';

/** Kills the process there. */
export interface Crash {
  readonly at: 'request' | 'record';
  /** The number of successes before it. */
  readonly after: number;
  /** True if the effect of its last request still occurs. */
  readonly happens: boolean;
}

/** The requests and records that a killed process no longer makes. */
class KilledError extends Error {
  override readonly name = 'KilledError';
}

export interface Ran {
  readonly reconciled?: Planned;
  readonly rows: ReadonlyMap<string, Row>;
  readonly killed: boolean;
  /** The error of the run, unless it succeeded or was killed. */
  readonly error?: unknown;
}

export interface Whole {
  readonly emulator: Emulator;
  readonly clock: ManualClock;
  /** The whole state. */
  readonly recall: () => Recall;
  readonly records: () => readonly LogRecord[];
  /** Replaces all documents. */
  readonly write: (yaml: string) => void;
  /** Plans, and applies accepted changes. */
  readonly run: (crash?: Crash) => Promise<Ran>;
  /** Refreshes and records, as a schedule does; applies nothing. */
  readonly look: () => Promise<Planned>;
  /** The limits of every later run. */
  readonly limit: (safety: Partial<Safety>) => void;
  readonly pass: (ms: number) => Promise<void>;
  /** Renames the project, as after `state rename`. */
  readonly rename: (project: string) => void;
  /** The overrides of every later run, as `rule@nodes/Node/web-1`. */
  readonly lift: (...overrides: readonly string[]) => void;
  readonly stop: () => Promise<void>;
}

/** Limits of the engine that hide no fault of the plugin's rules. */
const SAFETY: Safety = {
  maxAgeMs: 3_600_000,
  removals: { max: 1000, share: 1, from: 1000, perMs: 3_600_000 },
  collapse: { share: 1, from: 1000 },
  budgets: [],
  freeze: [],
  overrides: [],
};

/** One process: its requests and records until it dies. */
interface Life {
  dead: boolean;
}

/** Waits advance the clock to their end, unless `check` throws. */
export function timingOf(clock: ManualClock, check: () => void = () => undefined): Timing {
  return {
    now: clock.now,
    random: () => 0.5,
    sleep: async (ms, signal) => {
      const until = clock.now() + ms;
      await new Promise((resolve) => setImmediate(resolve));
      check();
      signal.throwIfAborted();
      if (until > clock.now()) clock.advance(until - clock.now());
    },
  };
}

function pluginOn(clock: ManualClock, life: Life): Plugin {
  const timing = timingOf(clock, () => {
    if (life.dead) throw new KilledError('killed');
  });
  return {
    ...nodes,
    openReader: async (outside) => openReader(outside, timing),
    openWriter: async (outside) => openWriter(outside, timing),
  };
}

async function configOf(emulator: Emulator, more: object): Promise<Json> {
  const { url, drainUrl, migrateUrl } = emulator.workloads;
  const config = {
    provider: { hetzner: { endpoint: emulator.endpoint } },
    requestSeconds: 10,
    workloads: { http: { url, drainUrl, migrateUrl, timeoutSeconds: 10 } },
    ...more,
  };
  const { config: validate } = await nodes.validators();
  if (validate === undefined || !validate(config)) throw new Error(JSON.stringify(validate?.errors));
  return config;
}

/** Starts a provider, and a project on it; or another project on the provider of an existing one. */
export async function startWhole(
  options: EmulatorOptions = {},
  config: object = {},
  sibling?: { readonly whole: Whole; readonly project: string },
): Promise<Whole> {
  const clock = sibling?.whole.clock ?? manualClock(START);
  const emulator = sibling?.whole.emulator ?? (await startEmulator({ clock, drainLabel: DRAIN_LABEL, ...options }));
  let project = sibling?.project ?? 'test';
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'desired'));
  const settings = await configOf(emulator, config);
  const outside = (): Outside => ({
    config: settings,
    project,
    folder,
    fileRoots: [folder],
    env: { HCLOUD_TOKEN: emulator.tokens.readWrite },
    now: clock.now,
  });
  let overrides: Safety['overrides'] = [];
  let limits: Partial<Safety> = {};
  const recall = emptyRecall();
  const records: LogRecord[] = [];
  let runs = 0;

  const append = (drafts: readonly Draft[]): readonly LogRecord[] =>
    drafts.map((draft) => {
      const time = new Date(clock.now()).toISOString();
      const record: LogRecord = { ...draft, seq: records.length + 1, time, actor: 'test', prev: '', hash: '' };
      records.push(record);
      fold(recall, record);
      return record;
    });

  /** Ends a life at the point of the crash. */
  const record = (life: Life, crash: Crash | undefined): ApplyInput['record'] => {
    let count = 0;
    return async (drafts) => {
      if (life.dead) throw new KilledError('killed');
      if (crash?.at === 'record' && drafts.length > 0) {
        count += 1;
        if (count > crash.after) {
          life.dead = true;
          if (crash.happens) append(drafts);
          throw new KilledError('killed');
        }
      }
      return append(drafts);
    };
  };
  let current: { readonly life: Life; readonly crash: Crash; requests: number } | undefined;
  emulator.watch({
    request: () => {
      if (current === undefined || current.crash.at !== 'request') return;
      current.requests += 1;
      if (current.requests > current.crash.after) current.life.dead = true;
    },
  });

  const lineOf = async (life: Life, crash: Crash | undefined, onlyLooks = false): Promise<Ran> => {
    const plugin = pluginOn(clock, life);
    const plugins = new Map([['nodes', plugin]]);
    const loaded = await load({
      folder,
      paths: ['desired'],
      plugins: new Map([['nodes', async () => plugin]]),
      allowEmpty: true,
    });
    if (loaded.problems.some(({ severity }) => severity === 'error')) throw new Error(JSON.stringify(loaded.problems));
    const [reader, writer] = await Promise.all([plugin.openReader(outside()), plugin.openWriter(outside())]);
    runs += 1;
    const signal = new AbortController().signal;
    const common = {
      plugins,
      recall,
      record: record(life, crash),
      run: `${project}-run-${runs}`,
      now: clock.now,
      abort: signal,
    };
    let reconciled: Planned | undefined;
    try {
      const input = {
        ...common,
        project,
        version: '0.0.0',
        documents: loaded.desired,
        safety: { ...SAFETY, ...limits, overrides },
      };
      reconciled = planned(await reconcile({ places: everyPlace, ...input, reader: async () => reader }));
      if (onlyLooks) return { reconciled, rows: new Map(), killed: false };
      const rows = await apply({
        ...reconciled,
        ...common,
        look: { plugins, reader: async () => reader, desired: reconciled.desired, recall, now: clock.now },
        writer: async () => writer,
        parallelism: 4,
        limits: {},
        stop: signal,
        on: () => undefined,
      });
      return { reconciled, rows, killed: life.dead };
    } catch (error) {
      return { ...(reconciled === undefined ? {} : { reconciled }), rows: new Map(), killed: life.dead, error };
    } finally {
      await plugin.close?.(reader);
      await plugin.close?.(writer);
    }
  };
  return {
    emulator,
    clock,
    recall: () => recall,
    records: () => records,
    rename: (name) => {
      project = name;
    },
    write: (yaml) => writeFileSync(join(folder, 'desired', 'all.yaml'), yaml),
    run: async (crash) => {
      const life: Life = { dead: false };
      if (crash === undefined) return lineOf(life, undefined);
      const lost = { after: crash.after, times: Number.POSITIVE_INFINITY, mishap: { kind: 'lost-before' } } as const;
      const remove =
        crash.at === 'record'
          ? (): void => undefined
          : emulator.inject(
              ...(crash.happens ? [{ after: crash.after, mishap: { kind: 'lost-after' } } as const] : []),
              lost,
            );
      current = { life, crash, requests: 0 };
      try {
        return await lineOf(life, crash);
      } finally {
        current = undefined;
        remove();
      }
    },
    look: async () => {
      const { reconciled, error } = await lineOf({ dead: false }, undefined, true);
      if (reconciled === undefined) throw error;
      return reconciled;
    },
    limit: (safety) => {
      limits = safety;
    },
    lift: (...given) => {
      overrides = given.map((text) => {
        const [rule = '', address = ''] = text.split('@');
        return { rule, address, reason: 'it is meant' };
      });
    },
    pass: async (ms) => {
      clock.advance(ms);
      await emulator.settle();
    },
    stop: async () => {
      if (sibling === undefined) await emulator.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
