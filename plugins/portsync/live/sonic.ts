/** A SONiC switch, by its databases. */

import { OutsideError, shorten, UnknownOutcomeError } from '#plugin';
import { limiter } from '#plugin/limit';
import type { Denial } from '#plugin/net';
import type { SwitchFacts } from '../facts.ts';
import { FIELDS, isPortField } from '../model/fields.ts';
import type { Evidence } from '../path/evidence.ts';
import type { Connection } from '../path/evidence-sonic.ts';
import { changeRows, type RowChange, type RowOutcome } from '../sonic/compare-and-set.ts';
import {
  openDatabase,
  openSwitch,
  type SonicDatabase,
  type SwitchDatabases,
  type SwitchPlace,
} from '../sonic/connect.ts';
import {
  isConfigLoaded,
  readSwitch,
  readSwitchAround,
  type SwitchLoading,
  type SwitchSeen as SonicSeen,
} from '../sonic/read-switch.ts';
import { readRowsOf } from '../sonic/tables.ts';
import { type Lag, lagText } from '../sonic/take-up.ts';
import { openPortChanges, type PortChanges } from '../sonic/port-changes.ts';
import { waitForTakeUp } from '../sonic/wait-take-up.ts';
import { evidenceIn, sonicView, type Whole, wholeOf } from '../sonic/view.ts';
import { changeText } from '../switch/confirm.ts';
import type { ChangeRun, ConfirmRun, Look, PortChange, SwitchSeen } from '../world.ts';
import { acknowledge } from '../confirm/adopt-pending.ts';
import { type Hold, holdOnHost } from '../confirm/hold.ts';
import {
  acknowledgeHeld,
  adoptHeld,
  type HoldDatabases,
  holderOf,
  holdOnSwitch,
  latestHeld,
  openHeld,
} from '../confirm/redis-hold.ts';
import { type RowBack, type TakeBack, writtenRow } from '../confirm/take-back.ts';
import { ABSENT_MEANS } from '../port/differences.ts';
import type { Redis } from '../redis/client.ts';
import {
  type Confirmable,
  confirmedChange,
  type ConfirmFacts,
  confirmFacts,
  guaranteeOf,
  requireJudged,
  settlePending,
  takenBackText,
} from './confirm.ts';
import { changing, lastChangeOf } from './changes.ts';
import { gathered } from './gather.ts';

/**
 * Greatest age of the tables around the ports (PortChannels, VLANs, routes), and of the ports that carry others, in a
 * refresh of single ports, in ms. The rows of the ports themselves are always read anew, and every write compares them again.
 */
const SURROUNDINGS_MS = 1000;

/** A reading of a switch; `seen` is undefined while CONFIG_DB is being loaded. */
interface Reading {
  readonly at: number;
  /** The names that may carry a management path, and were read for that; undefined if all ports were read. */
  readonly management?: readonly string[];
  readonly seen: { readonly read: SonicSeen; readonly whole: Whole } | undefined;
}

/** The ports of one refresh, and the names that may carry a management path. */
type Asked = Required<Pick<Look, 'ports' | 'management' | 'signal'>>;

interface Written {
  readonly change: PortChange;
  readonly takeUpMs: number;
  readonly signal: AbortSignal;
}

/** A wait that has begun for one of several ports, and ends by itself. */
interface TakeUp {
  readonly lags: Promise<readonly Lag[]>;
}

export interface SonicOptions {
  readonly place: () => Promise<SwitchPlace>;
  /** Connections over which the switch is managed, other than that of fettle: the SSH sessions of this machine. */
  readonly sessions: (signal: AbortSignal) => Promise<readonly Connection[]>;
  /** Where changes that wait for a confirmation are held. */
  readonly held: Confirmable;
  readonly facts: SwitchFacts;
  readonly denial: Denial;
  readonly deadlineMs: number;
}

function rowChange({ port, goal, set, expected }: PortChange): RowChange {
  const at = { table: 'PORT', key: port };
  if (goal === 'create') return { kind: 'create', ...at, fields: set };
  if (goal === 'remove') return { kind: 'remove', ...at, expected };
  const seen = Object.fromEntries(Object.keys(set).map((field) => [field, expected[field] ?? null]));
  return { kind: 'write', ...at, expected: seen, fields: set };
}

/** The take-back of a change. */
function rowBack({ port, goal, set, expected }: PortChange): RowBack {
  const key = `PORT|${port}`;
  if (goal === 'create') return { kind: 'created', key, fields: set };
  if (goal === 'remove') return { kind: 'removed', key, fields: expected };
  const neutral = Object.fromEntries(
    Object.keys(set).flatMap((field) => {
      const value = isPortField(field) ? (ABSENT_MEANS[field] ?? FIELDS[field].neutral) : undefined;
      return value === undefined ? [] : [[field, value]];
    }),
  );
  return writtenRow(key, expected, set, neutral);
}

/** The id of a Redis server, which it makes at its start; undefined for one that does not say. */
async function readServerId({ redis }: SonicDatabase, signal: AbortSignal): Promise<string | undefined> {
  const [answer] = await redis.pipeline([['INFO', 'server']], { signal });
  return typeof answer === 'string' ? /^run_id:(?<id>[0-9a-f]{40})\r?$/mu.exec(answer)?.groups?.['id'] : undefined;
}

/** True if the change can affect a link, and so a management path. */
function affectsLink({ goal, set }: PortChange): boolean {
  return (
    goal !== 'update' ||
    Object.keys(set).some(
      (field) =>
        ['admin_status', 'mtu'].includes(field) || (isPortField(field) && FIELDS[field].interrupts !== 'never'),
    )
  );
}

/** Throws for a row that was not changed. */
function checkDone(port: string, outcome: RowOutcome): void {
  switch (outcome.kind) {
    case 'done':
      return;
    case 'differs': {
      const [field, value] = Object.entries(outcome.found)[0] ?? ['', null];
      throw new OutsideError(
        `${port} was changed since the refresh: CONFIG_DB has ${field} ${value === null ? 'no longer' : `as ${shorten(value, 100)}`}. Nothing was written; apply again`,
      );
    }
    case 'missing':
      throw new OutsideError(`CONFIG_DB no longer has ${port}. Nothing was written; apply again`);
    case 'exists':
      throw new OutsideError(`CONFIG_DB has ${port} since the refresh. Nothing was written; apply again`);
    case 'loading':
      throw new OutsideError('the switch is loading CONFIG_DB. Nothing was written; apply again once it is loaded');
    case 'failed':
      throw outcome.error;
  }
}

export class SonicSwitch {
  readonly #options: SonicOptions;
  #databases: Promise<SwitchDatabases> | undefined;
  /** The subscription to changes of ports, which all waits share. */
  #changes: Promise<PortChanges | undefined> | undefined;
  #last: Reading | undefined;
  readonly #oneHeld = limiter(1);
  readonly #readWhole: (signal: AbortSignal) => Promise<Reading>;
  readonly #readPorts: (asked: Asked) => Promise<Reading['seen']>;
  #lastHeld: { readonly at: number; readonly facts: ConfirmFacts } | undefined;
  readonly #readHeld: (signal: AbortSignal) => Promise<ConfirmFacts>;
  readonly #write: (written: Written) => Promise<RowOutcome>;
  readonly #taken: (written: Written) => Promise<TakeUp>;

  constructor(options: SonicOptions) {
    this.#options = options;
    this.#readWhole = gathered(async (signals) => {
      const [signal] = signals as readonly [AbortSignal];
      const reading = await this.#reading((databases) => readSwitch(databases, { signal }), { signal });
      return signals.map(() => reading);
    });
    this.#readPorts = gathered(async (asked) => {
      const [{ signal }] = asked as readonly [Asked];
      const ports = new Set(asked.flatMap((each) => [...each.ports]));
      const management = new Set(asked.flatMap((each) => each.management));
      const seen = await this.#partial({ ports, management: [...management], signal });
      return asked.map(() => seen);
    });
    this.#readHeld = gathered(async (signals) => {
      const facts = await this.#confirmFacts(signals[0] as AbortSignal);
      return signals.map(() => facts);
    });
    this.#write = gathered((calls) => this.#writeAll(calls));
    this.#taken = gathered(async (calls) => this.#takeAll(calls));
  }

  async #open(signal: AbortSignal): Promise<SwitchDatabases> {
    const { place, denial, deadlineMs } = this.#options;
    this.#databases ??= place().then((found) => openSwitch(found, { denial, deadlineMs, signal }));
    try {
      return await this.#databases;
    } catch (error) {
      this.#databases = undefined;
      throw error;
    }
  }

  /** Uses the connections; after a failure, the next use makes new ones. */
  async #using<T>(signal: AbortSignal, use: (databases: SwitchDatabases) => Promise<T>): Promise<T> {
    const databases = await this.#open(signal);
    try {
      return await use(databases);
    } catch (error) {
      databases.close();
      this.#databases = undefined;
      throw error;
    }
  }

  async #reading(
    read: (databases: SwitchDatabases) => Promise<SonicSeen | SwitchLoading>,
    { signal, ...asked }: Pick<Look, 'signal' | 'management'>,
  ): Promise<Reading> {
    const at = performance.now();
    const [[found, id], sessions] = await Promise.all([
      this.#using(signal, (databases) => Promise.all([read(databases), readServerId(databases.config, signal)])),
      this.#options.sessions(signal),
    ]);
    const reading = {
      ...asked,
      at,
      seen: found.isLoaded ? { read: found, whole: wholeOf(found, sessions, id) } : undefined,
    };
    this.#last = reading;
    return reading;
  }

  /** True if a reading of what is around the ports still counts. */
  #isRecent({ at }: { readonly at: number }): boolean {
    return at > lastChangeOf(this.#options.facts.target) && performance.now() - at < SURROUNDINGS_MS;
  }

  /** A reading whose surroundings are recent. */
  async #recent({ management, signal }: Pick<Asked, 'management' | 'signal'>): Promise<Reading> {
    const known = this.#last;
    const isCovered = management.every((name) => known?.management?.includes(name) ?? true);
    if (known !== undefined && isCovered && this.#isRecent(known)) return known;
    return await this.#reading((databases) => readSwitchAround(databases, management, { signal }), {
      management,
      signal,
    });
  }

  /** The switch with the rows of some ports as they are now. */
  async #partial({ ports, management, signal }: Asked): Promise<Reading['seen']> {
    const { seen } = await this.#recent({ management, signal });
    if (seen === undefined) return undefined;
    const names = [...ports];
    const [config, appl, state, isLoaded] = await this.#using(signal, async (databases) => [
      ...(await Promise.all([
        readRowsOf(databases.config, 'PORT', names, { signal }),
        readRowsOf(databases.appl, 'PORT_TABLE', names, { signal }),
        readRowsOf(databases.state, 'PORT_TABLE', names, { signal }),
      ])),
      // A load that began meanwhile has removed rows.
      await isConfigLoaded(databases.config, signal),
    ]);
    if (!isLoaded) return undefined;
    const { read, whole } = seen;
    return {
      read: {
        ...read,
        config: { ...read.config, PORT: config },
        appl: { ...read.appl, PORT_TABLE: appl },
        state: { ...read.state, PORT_TABLE: state },
      },
      whole,
    };
  }

  /** The facts about confirmations: in a refresh of single ports, as old as its surroundings may be. */
  async #heldFacts(isWhole: boolean, signal: AbortSignal): Promise<ConfirmFacts> {
    const known = this.#lastHeld;
    if (!isWhole && known !== undefined && this.#isRecent(known)) return known.facts;
    const at = performance.now();
    const facts = await this.#readHeld(signal);
    this.#lastHeld = { at, facts };
    return facts;
  }

  /** The facts about confirmations. */
  async #confirmFacts(signal: AbortSignal): Promise<ConfirmFacts> {
    const [held, holder] = await this.#using(signal, ({ state }) =>
      Promise.all([latestHeld(state.redis, { signal }), holderOf(state.redis, { signal })]),
    );
    return await confirmFacts(this.#options.held, holder !== undefined, held);
  }

  async look({ ports, management = [], signal }: Pick<Look, 'ports' | 'management' | 'signal'>): Promise<SwitchSeen> {
    const facts = { ...this.#options.facts, ...(await this.#heldFacts(ports === undefined, signal)) };
    const seen =
      ports === undefined ? (await this.#readWhole(signal)).seen : await this.#readPorts({ ports, management, signal });
    if (seen !== undefined) return sonicView(seen.read, facts, seen.whole, ports);
    const reason = 'is loading its configuration: CONFIG_DB_INITIALIZED is not 1';
    return {
      facts: { ...facts, not_ready: reason },
      ports: new Map(),
      names: [],
      evidence: { devices: new Map(), ways: [], learned: new Map(), unknown: [`the switch ${reason}`] },
      unread: reason,
    };
  }

  /** The changes of ports, by a new subscription if the last one is lost; undefined while the switch does not notify. */
  async #portChanges(databases: SwitchDatabases, signal: AbortSignal): Promise<PortChanges | undefined> {
    const { denial } = this.#options;
    // Without notifications, everything waits by polling: a failure here is one of the next read too.
    const open = (): Promise<PortChanges | undefined> =>
      openPortChanges(databases, { denial, signal }).catch(() => undefined);
    const known = this.#changes ?? open();
    this.#changes = known;
    const changes = await known;
    if (changes?.isLost === false) return changes;
    if (this.#changes === known) this.#changes = changes === undefined ? undefined : open();
    return await this.#changes;
  }

  async #writeAll(calls: readonly Written[]): Promise<readonly RowOutcome[]> {
    const [{ signal }] = calls as readonly [(typeof calls)[number]];
    return await this.#using(signal, ({ config }) =>
      changeRows(
        config,
        calls.map(({ change }) => rowChange(change)),
      ),
    );
  }

  /** Begins to wait for several ports together. A port that is late holds up neither the others nor later waits. */
  #takeAll(calls: readonly Written[]): readonly TakeUp[] {
    const [{ signal }] = calls as readonly [Written];
    const ends = new Map(calls.map(({ change }) => [change.port, Promise.withResolvers<readonly Lag[]>()]));
    const written = new Map(
      calls.map(({ change }) => [change.port, change.goal === 'remove' ? undefined : change.set]),
    );
    const waiting = this.#using(signal, async (databases) =>
      waitForTakeUp(databases, written, {
        changes: await this.#portChanges(databases, signal),
        taken: (port) => ends.get(port)?.resolve([]),
        signal,
        deadlineMs: Math.max(...calls.map(({ takeUpMs }) => takeUpMs)),
      }),
    );
    waiting.then(
      (lags) => {
        for (const [port, { resolve }] of ends) resolve(lags.get(port) ?? []);
      },
      (error: unknown) => {
        for (const { reject } of ends.values()) reject(error);
      },
    );
    return calls.map(({ change }) => ({
      lags: (ends.get(change.port) as PromiseWithResolvers<readonly Lag[]>).promise,
    }));
  }

  /** Opens CONFIG_DB and STATE_DB by new connections: a change may have cut the others. */
  async #openHeld(signal: AbortSignal): Promise<HoldDatabases> {
    const { place, denial, deadlineMs } = this.#options;
    return await openHeld(await place(), { denial, deadlineMs, signal });
  }

  async #openConfig(signal: AbortSignal): Promise<Redis> {
    const { place, denial, deadlineMs } = this.#options;
    return (await openDatabase(await place(), 'CONFIG_DB', { denial, deadlineMs, signal })).redis;
  }

  async #devices(signal: AbortSignal): Promise<Evidence['devices']> {
    const { place, denial, deadlineMs } = this.#options;
    const databases = await openSwitch(await place(), { denial, deadlineMs, signal });
    try {
      const read = await readSwitch(databases, { signal });
      if (!read.isLoaded) throw new OutsideError('the switch is loading its configuration');
      return evidenceIn(read).devices;
    } finally {
      databases.close();
    }
  }

  /** Holds a change by a timer on this machine, or by the daemon on the switch, or until the next run. */
  async #hold(change: PortChange, confirm: ConfirmRun, signal: AbortSignal): Promise<Hold> {
    const { within } = confirm;
    const { held, facts } = this.#options;
    const { guarantee, database, socket } = await this.#using(signal, async ({ config, state }) => ({
      guarantee: guaranteeOf(held, (await holderOf(state.redis, { signal })) !== undefined),
      database: config.id,
      socket: config.address.kind === 'socket' ? config.address.path : undefined,
    }));
    requireJudged(guarantee, confirm);
    const takeBack: TakeBack = { kind: 'sonic', database, rows: [rowBack(change)] };
    const wanted = { target: facts.target, ports: [change.port], takeBack, within };
    if (guarantee === 'daemon') return await holdOnSwitch(wanted, { open: (each) => this.#openHeld(each), signal });
    const openConfig = (each: AbortSignal): Promise<Redis> => this.#openConfig(each);
    return await holdOnHost(wanted, {
      folder: held.folder,
      openConfig,
      hasTimer: guarantee === 'timer',
      signal,
      ...(socket === undefined ? {} : { redis: { socket } }),
    });
  }

  async settle(signal: AbortSignal): Promise<readonly string[]> {
    return await changing(this.#options.facts.target, () => this.#settleNow(signal));
  }

  async #settleNow(signal: AbortSignal): Promise<readonly string[]> {
    const here = await settlePending(this.#options.held, (each) => this.#openConfig(each), signal);
    const databases = await this.#openHeld(signal);
    try {
      const held = await adoptHeld(databases, signal);
      if (held === undefined) return here;
      if (held.end === 'open') throw new OutsideError(`${changeText(held.ports)} still waits for its confirmation`);
      await acknowledgeHeld(databases.state, held.id, { signal });
      return [...here, takenBackText(held)];
    } finally {
      databases.close();
    }
  }

  async change(change: PortChange, run: ChangeRun): Promise<void> {
    if (!affectsLink(change)) return await this.#change(change, run);
    // The path of the next change is judged with this one in effect.
    return await changing(this.#options.facts.target, () => this.#change(change, run));
  }

  async #change(change: PortChange, run: ChangeRun): Promise<void> {
    const { confirm, signal, progress, aside } = run;
    if (confirm === undefined) return await this.#changeNow(change, run);
    // One change of a switch waits for its confirmation at a time.
    return await aside(
      this.#oneHeld(() =>
        confirmedChange({
          hold: (each) => this.#hold(change, confirm, each),
          change: (each) => this.#changeNow(change, { ...run, signal: each, aside: (waiting) => waiting }),
          devices: (each) => this.#devices(each),
          acknowledge: async (id) => {
            await acknowledge(this.#options.held.folder, id);
            await this.#using(signal, ({ state }) => acknowledgeHeld(state.redis, id, { signal }));
          },
          confirm,
          progress,
          signal,
        }),
      ),
    );
  }

  async #changeNow(change: PortChange, { signal, progress, aside, takeUpMs }: ChangeRun): Promise<void> {
    const written = { change, takeUpMs, signal };
    checkDone(change.port, await this.#write(written));
    progress('written to CONFIG_DB; waiting for the switch to take it up');
    let lags: readonly Lag[];
    try {
      lags = await aside(this.#taken(written).then((begun) => begun.lags));
    } catch (error) {
      throw new UnknownOutcomeError(error);
    }
    if (lags.length > 0)
      throw new OutsideError(
        `CONFIG_DB has the change, and the switch did not take it up within ${takeUpMs / 1000} s: ${lags.map(lagText).join(', ')}`,
      );
  }

  async close(): Promise<void> {
    const open = await this.#databases?.catch(() => undefined);
    open?.close();
    this.#databases = undefined;
    (await this.#changes)?.close();
    this.#changes = undefined;
  }
}
