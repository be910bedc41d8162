/**
 * The daemon: keeps STATE_DB equal to the kernel, copies CONFIG_DB to APPL_DB at a cold start, and writes the markers.
 *
 * It works by levels, not by edges: every event marks the rows that may differ, and a pass writes the
 * differences between the rows that are wanted and those that Redis has. After the loss of a connection, of events or of
 * Redis' content, all rows are read and compared again. So every order of events, dumps, timeouts and losses ends in the
 * same rows.
 *
 * Nothing is written during the initial sync of a warm restart, and nothing at all by a daemon that only observes.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { errorText, UnknownOutcomeError } from '#plugin';
import { raced, within } from '#plugin/deadline';
import { watchLinks, type LinkEvent, type LinkSource } from '../linux/watch-links.ts';
import { RedisLostError } from '../redis/errors.ts';
import type { Operation } from '../sonic/producer.ts';
import {
  type AlertRule,
  type AlertStates,
  alertText,
  alertValues,
  DEFAULT_RULES,
  evaluated,
  suppressed,
} from './alerts.ts';
import type { Exposed } from './families.ts';
import {
  type EoiuTimeout,
  isWarmRestarting,
  type Machine,
  type MachineEvent,
  type Moved,
  moved,
  type Phase,
  skipsUpdates,
  startMachine,
  type WarmState,
} from './machine.ts';
import { type KeptMetrics, saveMetrics } from './metrics-file.ts';
import { derived, type Metrics, NO_METRICS, publicMetrics, type Recording, recorded } from './metrics.ts';
import { portsAgree } from './port-state.ts';
import { isPort, isPortName, ownFields, PortLinks, type RowChange, rowChange, savedPort, stateRow } from './ports.ts';
import type { Row } from '../redis/reader.ts';
import { type Gauges, type Health, healthOf, type Meter, meter, RIDDEN_OUT_MS } from './runtime.ts';
import type { ConfigPorts, Session, StartRows } from './session.ts';
import {
  type RecoveredState,
  recoverState,
  rotateState,
  saveState,
  setAsideStale,
  type StateFolder,
} from './state-file.ts';
import { isWarmRestartEnabled, startDecision, warmStateOf, warmTimer } from './warm-restart.ts';

export interface DaemonSettings {
  /** Undefined: `portsyncd_timer` of CONFIG_DB, or else 10 s. */
  readonly eoiuTimeout?: EoiuTimeout;
  /** Writes nothing, and reports differences. */
  readonly isObserving: boolean;
  readonly alertRules: readonly AlertRule[];
  /** Names of alerts that are suppressed while they fire. */
  readonly suppressed: readonly string[];
  /** Interval of checks, alerts and saves. */
  readonly tickMs: number;
  /** Interval after which all rows are read and compared again. */
  readonly resyncMs: number;
}

export const DAEMON_DEFAULTS: DaemonSettings = {
  isObserving: false,
  alertRules: DEFAULT_RULES,
  suppressed: [],
  tickMs: 1_000,
  resyncMs: 60_000,
};

/** The outside of the daemon. */
export interface DaemonParts {
  readonly folder: StateFolder;
  /** Metrics of earlier runs. */
  readonly kept: KeptMetrics;
  /** Connects to the databases. Rejects if they do not answer. */
  readonly open: (signal: AbortSignal) => Promise<Session>;
  readonly links: LinkSource;
  readonly settings: DaemonSettings;
  readonly say: (line: string) => void;
  /** Called once, when the rows of the ports are written for the first time. */
  readonly onReady?: () => void;
}

/** The state of the daemon for people and programs. */
export interface DaemonStatus {
  readonly phase: Phase;
  /** The state that other programs see in the warm-restart table. */
  readonly warmState: WarmState;
  readonly isObserving: boolean;
  /** True once the events of links are followed. */
  readonly isWatching: boolean;
  readonly health: Health;
  /** Firing and suppressed alerts. */
  readonly alerts: readonly { readonly name: string; readonly severity: string; readonly status: string }[];
  readonly ports: number;
  /** Rows that wait for a write, or that differ if the daemon only observes. */
  readonly waiting: number;
  readonly isPortConfigDone: boolean;
  readonly isPortInitDone: boolean;
}

/** The copy of CONFIG_DB to APPL_DB, which a warm start does not make. */
type Copy = 'not-needed' | 'wanted' | 'sent' | 'done';

const RETRY_MS = 200;
const MOST_RETRY_MS = 5_000;
/** Shortest time between saves of the state, and of the metrics. The stop saves both. */
const STATE_SAVE_MS = 5_000;
const METRICS_SAVE_MS = 10_000;
const UNREAD = 'the links cannot be read';
const UNREACHED = 'the databases cannot be reached';
/** Time for the last writes of a stop. */
const STOP_MS = 5_000;

function isLoss(error: unknown): boolean {
  return error instanceof RedisLostError || error instanceof UnknownOutcomeError;
}

/** The result of the start of a daemon. */
interface Begun {
  readonly session: Session;
  readonly stale: ReadonlySet<number>;
}

export class Daemon {
  readonly #parts: DaemonParts;
  readonly #meter: Meter;
  #metrics: Metrics;
  #machine: Machine = startMachine('ColdStart', { timeout: 0 }).machine;
  #enabled: Pick<StartRows, 'system' | 'docker'> = { system: {}, docker: {} };
  /** Fields of the warm-restart table that are not published yet, in their order. */
  #warm: Row[] = [];
  /** All that was published or will be: Redis may lose it. */
  #warmAll: Row = {};
  #links = new PortLinks();
  /** True once a dump has ended: a port without a link does not exist. */
  #isDumped = false;
  #session: Session | undefined;
  /** Own fields in STATE_DB, by port; undefined if they must be read. */
  #known: Map<string, Row> | undefined;
  #inAppl: Set<string> = new Set();
  /** Ports whose row may differ, and the time of the event; undefined without one. */
  #dirty = new Map<string, number | undefined>();
  #pass: Promise<void> | undefined;
  #isPassWanted = false;
  #copy: Copy = 'not-needed';
  /** The ports that were copied. */
  #copied: readonly string[] = [];
  /** Ports that must have a row before PortInitDone. */
  #expected: ReadonlySet<string> | undefined;
  #isInitDone = false;
  #isReady = false;
  #hasRival = false;
  #redisTroubleSince: number | undefined;
  #linkTroubleSince: number | undefined;
  #alerts: AlertStates = new Map();
  #health: Health = { status: 'healthy', reasons: [] };
  #isStateDirty = false;
  #stateSavedAt = Number.NEGATIVE_INFINITY;
  #metricsSavedAt = Number.NEGATIVE_INFINITY;
  #resyncedAt = 0;
  #said = new Map<string, string>();

  constructor(parts: DaemonParts) {
    this.#parts = parts;
    this.#metrics = parts.kept.metrics;
    this.#meter = meter(parts.kept.totals);
  }

  get status(): DaemonStatus {
    return {
      phase: this.#machine.phase,
      warmState: warmStateOf({ ...this.#enabled, own: this.#warmAll }),
      isObserving: this.#parts.settings.isObserving,
      isWatching: this.#isDumped,
      health: this.#health,
      alerts: this.#parts.settings.alertRules.flatMap(({ name, severity }) => {
        const status = this.#alerts.get(name)?.status;
        return status === 'firing' || status === 'suppressed' ? [{ name, severity, status }] : [];
      }),
      ports: this.#links.names.length,
      waiting: this.#dirty.size,
      isPortConfigDone: this.#copy === 'done',
      isPortInitDone: this.#isInitDone,
    };
  }

  get health(): Health {
    return this.#health;
  }

  get exposed(): Exposed {
    return {
      metrics: publicMetrics(this.#metrics, isWarmRestartEnabled(this.#enabled)),
      totals: this.#meter.totals(),
      gauges: this.#gauges(),
      health: this.#health,
      rules: this.#parts.settings.alertRules,
      alerts: this.#alerts,
    };
  }

  /** Sets all metrics to 0. */
  resetMetrics(): void {
    this.#metrics = NO_METRICS;
    this.#meter.reset();
    this.#alerts = new Map();
    this.#metricsSavedAt = Number.NEGATIVE_INFINITY;
  }

  /** Runs until the signal fires, then saves, and settles. Rejects for faults that waiting does not repair. */
  async run(signal: AbortSignal): Promise<void> {
    const begun = await this.#begin(signal);
    if (begun === undefined) return;
    this.#links = new PortLinks(begun.stale);
    const own = new AbortController();
    const stop = AbortSignal.any([signal, own.signal]);
    const parts = [this.#watch(stop), this.#keepSession(begun.session, stop), this.#tick(stop)];
    try {
      await Promise.all(parts);
    } finally {
      own.abort();
      await Promise.allSettled(parts);
      await this.#stop();
    }
  }

  /** The warnings of one topic are said once, until they change. */
  #sayOnce(topic: string, line: string): void {
    if (this.#said.get(topic) === line) return;
    this.#said.set(topic, line);
    this.#parts.say(line);
  }

  #record(recordings: readonly Recording[]): void {
    for (const recording of recordings) this.#metrics = recorded(this.#metrics, recording, Date.now());
  }

  #publish(fields: Row): void {
    this.#warm.push(fields);
    this.#warmAll = { ...this.#warmAll, ...fields };
  }

  #move(event: MachineEvent): void {
    this.#take(moved(this.#machine, event, performance.now()));
  }

  #take({ machine, effects }: Moved): void {
    this.#machine = machine;
    for (const effect of effects) {
      switch (effect.type) {
        case 'record':
          this.#record([effect.recording]);
          break;
        case 'publish':
          this.#publish({ state: effect.state });
          break;
        case 'reconcile':
          this.#markAll();
          break;
      }
    }
  }

  /** Repeats work until it succeeds; undefined if the signal fires before. */
  async #untilDone<T>(topic: string, work: () => Promise<T>, signal: AbortSignal): Promise<T | undefined> {
    for (let waitMs = RETRY_MS; !signal.aborted; waitMs = Math.min(waitMs * 2, MOST_RETRY_MS)) {
      try {
        return await work();
      } catch (error) {
        if (signal.aborted) return undefined;
        if (Error.isError(error) && error.name === 'InputError') throw error;
        this.#sayOnce(topic, `${topic}: ${errorText(error)}`);
        await sleep(waitMs, undefined, { signal }).catch(() => undefined);
      }
    }
    return undefined;
  }

  async #connect(signal: AbortSignal): Promise<Session | undefined> {
    this.#redisTroubleSince ??= performance.now();
    const session = await this.#untilDone(UNREACHED, () => this.#parts.open(signal), signal);
    if (session !== undefined) this.#redisTroubleSince = undefined;
    return session;
  }

  /** Recovers the state, decides the start, and finds the stale netdevs. Undefined if the signal fires before. */
  async #begin(signal: AbortSignal): Promise<Begun | undefined> {
    const { folder, settings } = this.#parts;
    const recovered = settings.isObserving ? undefined : await this.#recover(folder);
    const found = await this.#untilDone(
      UNREACHED,
      async () => {
        this.#redisTroubleSince ??= performance.now();
        const session = await this.#parts.open(signal);
        try {
          return { session, rows: await session.readStart() };
        } catch (error) {
          session.close();
          throw error;
        }
      },
      signal,
    );
    if (found === undefined) return undefined;
    this.#redisTroubleSince = undefined;
    const { session, rows } = found;
    try {
      await this.#decide(rows, recovered, signal);
      return { session, stale: await this.#staleLinks(rows, signal) };
    } catch (error) {
      session.close();
      throw error;
    }
  }

  async #recover(folder: StateFolder): Promise<RecoveredState> {
    const stale = await setAsideStale(folder, Date.now());
    const recovered = await recoverState(folder);
    const rotated = await rotateState(folder, Date.now());
    this.#record([...recovered.recordings, ...rotated, ...stale.recordings]);
    for (const warning of [...stale.warnings, ...recovered.warnings]) this.#parts.say(warning);
    return recovered;
  }

  async #decide(rows: StartRows, recovered: RecoveredState | undefined, signal: AbortSignal): Promise<void> {
    const { settings, say } = this.#parts;
    const { state, isChecked = false } = recovered ?? {};
    const agrees =
      state !== undefined && !isChecked && isWarmRestartEnabled(rows) && (await this.#linksAgree(state.ports, signal));
    const decision = startDecision({
      ...rows,
      recovered:
        state === undefined
          ? 'none'
          : isChecked
            ? 'checked'
            : agrees
              ? 'unchecked, and the links agree'
              : 'unchecked, and the links differ',
    });
    this.#enabled = rows;
    say(`${decision.start === 'WarmStart' ? 'warm' : 'cold'} start: ${decision.because}`);
    if (settings.isObserving) return;
    this.#publish({
      restore_count: decision.restoreCount,
      ...(decision.state === undefined ? {} : { state: decision.state }),
    });
    const timeout = settings.eoiuTimeout ?? warmTimer(rows.timer) ?? 10;
    this.#take(startMachine(decision.start, { timeout }));
    this.#copy = decision.start === 'ColdStart' ? 'wanted' : 'not-needed';
  }

  async #linksAgree(saved: ReadonlyMap<string, ReturnType<typeof savedPort>>, signal: AbortSignal): Promise<boolean> {
    const dump = await this.#untilDone(UNREAD, () => this.#parts.links.dump(signal), signal);
    const links = (dump?.links ?? []).filter(isPort);
    return portsAgree(saved, new Map(links.map((link) => [link.name, savedPort(link)])));
  }

  /**
   * The netdevs of an earlier run of the switch's software: those that exist at a cold start before the ports were
   * initialized. The software replaces them.
   */
  async #staleLinks({ switchType, isInitialized }: StartRows, signal: AbortSignal): Promise<ReadonlySet<number>> {
    const { settings, links, say } = this.#parts;
    if (settings.isObserving || this.#machine.phase !== 'ColdStart' || isInitialized || switchType === 'dpu')
      return new Set();
    const dump = await this.#untilDone(UNREAD, () => links.dump(signal), signal);
    const stale = (dump?.links ?? []).filter((link) => link.name.startsWith('Ethernet') && isPort(link));
    if (stale.length === 0) return new Set();
    say(`${stale.length} netdevs of an earlier run are ignored until they are replaced`);
    return new Set(stale.map(({ index }) => index));
  }

  async #watch(signal: AbortSignal): Promise<void> {
    this.#move({ type: 'begin' });
    this.#linkTroubleSince ??= performance.now();
    const watch = await this.#untilDone(
      UNREAD,
      () => watchLinks({ source: this.#parts.links, onEvent: (event) => this.#hear(event), signal }),
      signal,
    );
    await watch?.ended;
  }

  #hear(event: LinkEvent): void {
    switch (event.what) {
      case 'lost':
        this.#linkTroubleSince ??= performance.now();
        break;
      case 'synced':
        this.#linkTroubleSince = undefined;
        this.#isDumped = true;
        this.#move({ type: 'end-of-dump' });
        this.#isStateDirty = true;
        this.#markAll();
        break;
      case 'appeared':
      case 'changed':
      case 'removed': {
        const { names, flapped } = this.#links.take(event);
        if (names.length === 0) return;
        const now = performance.now();
        for (const name of names) this.#dirty.set(name, this.#dirty.get(name) ?? now);
        this.#meter.processed();
        if (flapped !== undefined) this.#meter.flap(flapped);
        this.#isStateDirty = true;
        break;
      }
    }
    this.#wantPass();
  }

  #mark(name: string): void {
    if (!this.#dirty.has(name)) this.#dirty.set(name, undefined);
  }

  /** Marks all rows: those of ports, and those that Redis has. */
  #markAll(): void {
    for (const name of [...this.#links.names, ...(this.#known?.keys() ?? [])]) this.#mark(name);
    this.#wantPass();
  }

  /** Keeps a session open. */
  async #keepSession(first: Session, signal: AbortSignal): Promise<void> {
    let session: Session | undefined = first;
    while (session !== undefined && !signal.aborted) {
      try {
        await this.#use(session);
        await raced(session.ended, signal);
      } catch (error) {
        if (!signal.aborted && !isLoss(error))
          this.#sayOnce('session', `the databases cannot be used: ${errorText(error)}`);
        if (!signal.aborted) await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
      if (signal.aborted) break;
      this.#session = undefined;
      this.#known = undefined;
      this.#warm = [this.#warmAll];
      this.#redisTroubleSince ??= performance.now();
      session.close();
      session = await this.#connect(signal);
    }
    // A session that is in use stays open for the last pass.
    if (session !== this.#session) session?.close();
  }

  /** Begins to use a session: the databases may have lost what they had. */
  async #use(session: Session): Promise<void> {
    if (!this.#parts.settings.isObserving) {
      const [isConfigDone, isInitDone] = await Promise.all([
        session.isMarked('PortConfigDone'),
        session.isMarked('PortInitDone'),
      ]);
      // APPL_DB was emptied, or an earlier run ended before its copy did.
      const isMissing = !isConfigDone && (this.#copy === 'done' || this.#copy === 'not-needed');
      if (isMissing) this.#expected = undefined;
      // A copy that was sent may be a part. Sending it again does no harm.
      if (isMissing || this.#copy === 'sent') this.#copy = 'wanted';
      this.#isInitDone = isInitDone;
    }
    this.#known = undefined;
    this.#session = session;
    this.#markAll();
  }

  #wantPass(): void {
    this.#isPassWanted = true;
    this.#pass ??= this.#passes().finally(() => {
      this.#pass = undefined;
      // Wanted after the last pass had ended.
      if (this.#isPassWanted && this.#session !== undefined) this.#wantPass();
    });
  }

  async #passes(): Promise<void> {
    // Events that arrive together are written together.
    await Promise.resolve();
    while (this.#isPassWanted) {
      const session = this.#session;
      this.#isPassWanted = false;
      if (session === undefined) return;
      try {
        await this.#publishUntil(session, 'reconciled');
        if (skipsUpdates(this.#machine)) return;
        await this.#once(session);
        await this.#publishUntil(session);
      } catch (error) {
        // The next tick tries again, and a lost connection is replaced.
        this.#known = undefined;
        if (!isLoss(error)) {
          this.#sayOnce('write', `the databases cannot be written: ${errorText(error)}`);
          this.#redisTroubleSince ??= performance.now();
        }
        return;
      }
    }
  }

  /** Publishes the warm-restart table, which is not gated, up to a state that the rows must precede. */
  async #publishUntil(session: Session, state?: WarmState): Promise<void> {
    for (let [fields] = this.#warm; fields !== undefined; [fields] = this.#warm) {
      if (state !== undefined && fields['state'] === state) return;
      if (Object.keys(fields).length > 0) await session.publishWarm(fields);
      this.#warm = this.#warm.slice(1);
    }
  }

  /** One pass: reads what is not known, writes what differs, and then the markers that are due. */
  async #once(session: Session): Promise<void> {
    const { isObserving } = this.#parts.settings;
    const known = this.#known ?? (await this.#readAll(session));
    if (!isObserving && this.#copy === 'wanted') await this.#copyConfig(session);
    await this.#writeRows(session, known, isObserving);
    if (!isObserving) await this.#writeMarkers(session, known);
    if (!this.#isReady && this.#isDumped) {
      this.#isReady = true;
      this.#parts.onReady?.();
    }
  }

  /** Notices that APPL_DB has lost what was written: another program emptied it. `present`: its keys. */
  #missing(present: ReadonlySet<string>): void {
    if (this.#copy === 'done' && !['PortConfigDone', ...this.#copied].every((name) => present.has(name))) {
      this.#copy = 'wanted';
      this.#expected = undefined;
    }
    if (!present.has('PortInitDone')) this.#isInitDone = false;
  }

  /** Notices a `portsyncd` that has started since, on any machine: it has written its own count. */
  #noticeRival(restoreCount: string | undefined): void {
    const own = this.#warmAll['restore_count'];
    // Nothing waits to be published: the count of this daemon is the last one.
    if (own === undefined || this.#warm.length > 0 || restoreCount === undefined || restoreCount === own) return;
    this.#hasRival = true;
    this.#sayOnce(
      'rival',
      'another portsyncd has started, and writes the same rows. Stop it, and start the daemon again',
    );
  }

  /** Reads all rows, and marks them. */
  async #readAll(session: Session): Promise<Map<string, Row>> {
    // The queue first: the consumer moves entries from there to the rows.
    const queued = await session.queued();
    const [rows, appl, restoreCount] = await Promise.all([
      session.readState(),
      session.readAppl(),
      session.readRestoreCount(),
    ]);
    this.#noticeRival(restoreCount);
    this.#missing(new Set([...queued, ...appl.keys()]));
    const known = new Map([...rows].filter(([name]) => isPortName(name)).map(([name, row]) => [name, ownFields(row)]));
    this.#known = known;
    this.#inAppl = new Set(appl.keys());
    this.#resyncedAt = performance.now();
    for (const name of [...this.#links.names, ...known.keys()]) this.#mark(name);
    return known;
  }

  /** The row that a port should have; `unknown` until a dump shows whether it exists. */
  #wanted(name: string): Row | undefined | 'unknown' {
    const link = this.#links.get(name);
    if (link === undefined) return this.#isDumped ? undefined : 'unknown';
    return this.#inAppl.has(name) ? stateRow(link) : undefined;
  }

  async #writeRows(session: Session, known: Map<string, Row>, isObserving: boolean): Promise<void> {
    const missing = [...this.#dirty.keys()].filter(
      (name) => !this.#inAppl.has(name) && this.#links.get(name) !== undefined,
    );
    if (missing.length > 0) for (const name of await session.namesInAppl(missing)) this.#inAppl.add(name);
    const taken = this.#dirty;
    this.#dirty = new Map();
    const wanted = new Map([...taken.keys()].map((name) => [name, this.#wanted(name)]));
    const changes = [...wanted].flatMap(([name, row]): readonly RowChange[] => {
      const change = row === 'unknown' ? undefined : rowChange(name, known.get(name), row);
      return change === undefined ? [] : [change];
    });
    if (isObserving) {
      for (const { name } of changes) this.#mark(name);
      if (changes.length > 0) this.#sayOnce('differences', `${changes.length} rows of STATE_DB differ from the kernel`);
      return;
    }
    const began = performance.now();
    try {
      if (changes.length > 0) await session.writeState(changes);
    } catch (error) {
      this.#meter.failed(changes.length);
      for (const [name, since] of taken) this.#dirty.set(name, since ?? this.#dirty.get(name));
      throw error;
    }
    if (changes.length > 0) this.#meter.redisLatency((performance.now() - began) / 1000);
    this.#redisTroubleSince = undefined;
    this.#said.delete('write');
    for (const { name } of changes) {
      const row = wanted.get(name);
      if (row === undefined || row === 'unknown') known.delete(name);
      else known.set(name, row);
      const since = taken.get(name);
      if (since !== undefined) this.#meter.eventLatency((performance.now() - since) / 1000);
    }
  }

  async #readLoaded(session: Session): Promise<ConfigPorts['ports'] | undefined> {
    const { isLoaded, ports } = await session.readConfig();
    if (isLoaded) return ports;
    this.#sayOnce('config', 'CONFIG_DB is not loaded: its ports are copied once it is');
    return undefined;
  }

  /** Copies the ports of CONFIG_DB to APPL_DB, and removes those that CONFIG_DB does not have. */
  async #copyConfig(session: Session): Promise<void> {
    const ports = await this.#readLoaded(session);
    if (ports === undefined) return;
    const [before, queued] = await Promise.all([session.readAppl(), session.queued()]);
    // A set without fields would be taken up as a removal.
    const sets = [...ports].flatMap(([key, fields]): readonly Operation[] =>
      Object.keys(fields).length === 0 ? [] : [{ kind: 'set', key, fields }],
    );
    const removed = [...new Set([...before.keys(), ...queued])].filter(
      (name) => name.startsWith('Ethernet') && !ports.has(name),
    );
    await session.produce([...removed.map((key): Operation => ({ kind: 'del', key })), ...sets]);
    this.#copied = sets.map(({ key }) => key);
    // Entries of an earlier copy of this run do not make a port initialized.
    const isExpected = (name: string): boolean =>
      this.#expected?.has(name) ?? before.get(name)?.['admin_status'] === undefined;
    this.#expected = new Set(this.#copied.filter(isExpected));
    this.#copy = 'sent';
  }

  async #writeMarkers(session: Session, known: ReadonlyMap<string, Row>): Promise<void> {
    if (this.#copy === 'sent' && (await session.mark('PortConfigDone', { count: String(this.#copied.length) })))
      this.#copy = 'done';
    if (this.#isInitDone || !this.#isDumped) return;
    if (this.#copy !== 'done' && this.#copy !== 'not-needed') return;
    this.#expected ??= new Set((await this.#readLoaded(session))?.keys());
    if (![...this.#expected].every((name) => known.get(name)?.['state'] === 'ok')) return;
    this.#isInitDone = await session.mark('PortInitDone', { lanes: '0' });
  }

  async #tick(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(this.#parts.settings.tickMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      const now = performance.now();
      this.#move({ type: 'check' });
      if (now - this.#resyncedAt >= this.#parts.settings.resyncMs) this.#known = undefined;
      // Rows of APPL_DB that appear without an event, and markers that wait for the consumer.
      for (const name of this.#links.names) if (!this.#inAppl.has(name)) this.#mark(name);
      this.#wantPass();
      this.#judge(now);
      await this.#save(now);
    }
  }

  #troubleMs(since: number | undefined, now: number): number {
    return since === undefined ? 0 : now - since;
  }

  #gauges(): Gauges {
    const now = performance.now();
    return {
      queueDepth: this.#dirty.size,
      memoryBytes: process.memoryUsage.rss(),
      isRedisConnected: this.#session !== undefined,
      isNetlinkConnected: this.#troubleMs(this.#linkTroubleSince, now) <= RIDDEN_OUT_MS,
    };
  }

  /** Health and alerts. Changes are reported. */
  #judge(now: number): void {
    const values = derived(this.#metrics);
    const health = healthOf({
      redisTroubleMs: this.#troubleMs(this.#redisTroubleSince, now),
      netlinkTroubleMs: this.#troubleMs(this.#linkTroubleSince, now),
      totals: this.#meter.totals(),
      hasRival: this.#hasRival,
      isWarmRestartHealthy: !isWarmRestartEnabled(this.#enabled) || values.is_healthy,
    });
    if (health.status !== this.#health.status)
      this.#parts.say([`the daemon is ${health.status}`, ...health.reasons].join('; '));
    this.#health = health;
    const { alertRules, suppressed: names } = this.#parts.settings;
    const { states, changes } = evaluated(alertRules, this.#alerts, alertValues(this.#metrics, values), now);
    this.#alerts = names.reduce((alerts, name) => suppressed(alerts, name, now), states);
    for (const change of changes)
      if ((change.to === 'firing' || change.to === 'resolved') && !names.includes(change.rule.name))
        this.#parts.say(alertText(change));
  }

  async #save(now: number): Promise<void> {
    const { folder, settings } = this.#parts;
    if (settings.isObserving) return;
    try {
      // The links of a warm restart are not complete before its initial sync is.
      const isDue = this.#isStateDirty && now - this.#stateSavedAt >= STATE_SAVE_MS;
      if (isDue && this.#isDumped && !isWarmRestarting(this.#machine)) {
        this.#isStateDirty = false;
        this.#stateSavedAt = now;
        await saveState(folder, { savedAt: Math.floor(Date.now() / 1000), ports: this.#links.saved });
      }
      if (now - this.#metricsSavedAt >= METRICS_SAVE_MS) {
        this.#metricsSavedAt = now;
        await saveMetrics(folder, { metrics: this.#metrics, totals: this.#meter.totals() }, Date.now());
      }
      this.#said.delete('save');
    } catch (error) {
      this.#isStateDirty = true;
      this.#sayOnce('save', `the state cannot be saved: ${errorText(error)}`);
    }
  }

  /** The last writes and saves. */
  async #stop(): Promise<void> {
    const session = this.#session;
    if (session !== undefined) {
      const late = (): Error => new Error('the last rows were not written in time');
      this.#isPassWanted = true;
      await within(STOP_MS, late, new AbortController().signal, async () => {
        await this.#pass;
        await this.#passes();
      }).catch((error: unknown) => this.#parts.say(errorText(error)));
      this.#session = undefined;
      session.close();
    }
    this.#metricsSavedAt = Number.NEGATIVE_INFINITY;
    await this.#save(Number.POSITIVE_INFINITY);
  }
}
