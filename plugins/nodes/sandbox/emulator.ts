/** A running emulated provider: its API, the ports of its servers, and controls for tests and users. */

import type { Json } from '#plugin';
import { systemImages } from './catalog.ts';
import { type Clock, runningClock } from './clock.ts';
import type { ArmedFault, Fault } from './faults.ts';
import { type Seen, type Service, startApi } from './http.ts';
import type { RateLimit } from './rate-limit.ts';
import { startReadiness } from './readiness.ts';
import type { Body, Conduct, Limits } from './request.ts';
import { type SeedServer, seedServer } from './seed.ts';
import { type Cloud, emptyCloud, loadCloud, patchRow, type ServerRow, saveCloud } from './state.ts';
import { type ActionFailure, advance, nextDue, removeServer, TIMES, type Times } from './timeline.ts';
import { startWorkloads, type Workloads } from './workloads.ts';

const LIMITS: Limits = {
  servers: 2000,
  primaryIps: 5000,
  networks: 50,
  volumes: 200,
  firewalls: 50,
  placementGroups: 50,
  sshKeys: 200,
};

const RATE_LIMIT: RateLimit = { perHour: 3600 };

export const TOKENS = { readWrite: 'sandbox-token-read-write', readOnly: 'sandbox-token-read-only' } as const;

export interface EmulatorOptions {
  /** Defaults to the machine's time. */
  readonly clock?: Clock;
  /** The saved state of an earlier emulator. */
  readonly state?: string;
  readonly tokens?: { readonly readWrite: string; readonly readOnly: string };
  readonly rateLimit?: RateLimit;
  readonly times?: Partial<Times>;
  readonly limits?: Partial<Limits>;
  /** Preferred ports. */
  readonly ports?: { readonly api?: number; readonly readiness?: number; readonly workloads?: number };
  /** Key of the label that marks a drained server for the workload source. */
  readonly drainLabel?: string;
}

/** Settings that may change while the emulator runs. */
export interface Settings {
  readonly rateLimit?: RateLimit;
  readonly times?: Partial<Times>;
  readonly limits?: Partial<Limits>;
  /** Types that are not available in a location: `cx23@nbg1`. */
  readonly unavailable?: readonly string[];
  /** Types without a free host in a location: `cx23@nbg1`. */
  readonly noPlace?: readonly string[];
}

export interface Watcher {
  /** The guest of a server has started. */
  readonly up?: (name: string) => void;
  /** The rows may have changed. */
  readonly change?: () => void;
  /** A request arrived and has not been handled yet. */
  readonly request?: (method: string, path: string, body: Body) => void;
}

export interface Emulator {
  /** `http://127.0.0.1:PORT/v1` */
  readonly endpoint: string;
  readonly tokens: { readonly readWrite: string; readonly readOnly: string };
  /** The port (TCP, or HTTP on any path) of every running guest at its public IPv4 address; 0 if not available. */
  readonly readinessPort: number;
  readonly clock: Clock;
  /** The workloads of the servers, and their source. */
  readonly workloads: Workloads;
  /** The present rows. */
  readonly cloud: () => Cloud;
  /** The server with this name; throws if it does not exist. */
  readonly server: (name: string) => ServerRow;
  /** Adds an existing server, without a request. */
  readonly seed: (server: SeedServer) => ServerRow;
  /** Changes the row of a server, as another client or a failure would. */
  readonly alter: (name: string, patch: Partial<ServerRow>) => void;
  /** Removes a server immediately, as another client might. */
  readonly vanish: (name: string) => void;
  readonly set: (settings: Settings) => void;
  /** Arms faults ahead of the armed ones. Returns a function that disarms them. */
  readonly inject: (...faults: readonly Fault[]) => () => void;
  readonly clearFaults: () => void;
  /** Makes the next action of that command fail. */
  readonly failNext: (failure: ActionFailure) => void;
  /** Gives the guest of the next created server these faults. */
  readonly nextGuest: (faults: ServerRow['faults']) => void;
  /** All requests so far. */
  readonly requests: () => readonly Seen[];
  /** Registers a watcher of events. */
  readonly watch: (watcher: Watcher) => void;
  /** Processes due events, and resolves when the ports match the rows. */
  readonly settle: () => Promise<void>;
  readonly save: () => string;
  readonly stop: () => Promise<void>;
}

interface Saved {
  readonly cloud: Json;
  readonly workloads: Json;
}

function stateOf(text: string | undefined): { readonly cloud: Cloud; readonly workloads?: Json } {
  if (text !== undefined) {
    const saved = JSON.parse(text) as Saved;
    return { cloud: loadCloud(saved.cloud), workloads: saved.workloads };
  }
  const cloud = emptyCloud();
  for (const image of systemImages()) cloud.images.set(image.id, image);
  return { cloud };
}

/** Starts an emulated provider on this machine's loopback addresses. */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const clock = options.clock ?? runningClock(Date.now());
  const state = stateOf(options.state);
  const { cloud } = state;
  const tokens = options.tokens ?? TOKENS;
  let rateLimit = options.rateLimit ?? RATE_LIMIT;
  let conduct: Conduct = {
    times: { ...TIMES, ...options.times },
    limits: { ...LIMITS, ...options.limits },
    unavailable: new Set(),
    noPlace: new Set(),
    failures: [],
    guests: [],
  };
  const readiness = await startReadiness(options.ports?.readiness);
  let stopped = false;
  let wake: (() => void) | undefined;

  /** Servers with a running guest, by id and count of starts. */
  let upBefore = new Set<string>();
  const watchers: Watcher[] = [];
  const tellUp = (): void => {
    const rows = [...cloud.servers.values()].filter(({ guest }) => guest === 'up');
    const keyOf = ({ id, boots }: ServerRow): string => `${id}/${boots}`;
    const came = rows.filter((row) => !upBefore.has(keyOf(row)));
    upBefore = new Set(rows.map(keyOf));
    for (const { name } of came) for (const { up } of watchers) up?.(name);
  };
  const happen = (): Promise<void> => {
    advance(cloud, clock.now(), conduct.times);
    tellUp();
    for (const { change } of watchers) change?.();
    wake?.();
    const next = nextDue(cloud);
    if (next !== undefined && !stopped) wake = clock.when(next, changed);
    return stopped ? Promise.resolve() : readiness.settle(cloud);
  };
  /** The error of a port that cannot be opened appears in `settle` and in probes. */
  const changed = (): void => {
    happen().catch(() => undefined);
  };

  const service: Service = {
    cloud,
    conduct: () => conduct,
    now: clock.now,
    tokens,
    rateLimit: () => rateLimit,
    bucket: { left: rateLimit.perHour, at: clock.now() },
    faults: [] as ArmedFault[],
    seen: [] as Seen[],
    changed,
    arrived: (method, path, body) => {
      for (const { request } of watchers) request?.(method, path, body);
    },
  };
  const api = await startApi(service, options.ports?.api);
  const now = (): Cloud => {
    advance(cloud, clock.now(), conduct.times);
    return cloud;
  };
  const around = { cloud: now, clock, drainLabel: options.drainLabel };
  const workloads = await startWorkloads(around, state.workloads, options.ports?.workloads);
  await happen();

  const server = (name: string): ServerRow => {
    const row = [...now().servers.values()].find((one) => one.name === name);
    if (row === undefined) throw new Error(`server ${name} does not exist`);
    return row;
  };
  return {
    endpoint: api.endpoint,
    tokens,
    readinessPort: readiness.port,
    clock,
    workloads,
    cloud: now,
    server,
    seed: (draft) => {
      const row = seedServer(cloud, clock.now(), draft);
      changed();
      return row;
    },
    alter: (name, patch) => {
      patchRow(cloud.servers, server(name).id, patch);
      changed();
    },
    vanish: (name) => {
      removeServer(cloud, server(name).id);
      changed();
    },
    set: (settings) => {
      if (settings.rateLimit !== undefined) {
        rateLimit = settings.rateLimit;
        service.bucket = { left: rateLimit.perHour, at: clock.now() };
      }
      conduct = {
        ...conduct,
        times: { ...conduct.times, ...settings.times },
        limits: { ...conduct.limits, ...settings.limits },
        unavailable: settings.unavailable === undefined ? conduct.unavailable : new Set(settings.unavailable),
        noPlace: settings.noPlace === undefined ? conduct.noPlace : new Set(settings.noPlace),
      };
    },
    inject: (...faults) => {
      const armed = faults.map((fault) => ({ fault, seen: 0 }));
      // Newest first.
      service.faults.unshift(...armed);
      return () => {
        for (const one of armed) {
          const index = service.faults.indexOf(one);
          if (index !== -1) service.faults.splice(index, 1);
        }
      };
    },
    clearFaults: () => {
      service.faults.length = 0;
      conduct.failures.length = 0;
      conduct.guests.length = 0;
    },
    failNext: (failure) => {
      conduct.failures.push(failure);
    },
    nextGuest: (faults) => {
      conduct.guests.push(faults);
    },
    requests: () => [...service.seen],
    watch: (watcher) => {
      watchers.push(watcher);
    },
    settle: happen,
    save: () => JSON.stringify({ cloud: saveCloud(cloud), workloads: workloads.save() }),
    stop: async () => {
      stopped = true;
      wake?.();
      await api.stop();
      await workloads.stop();
      await readiness.stop();
    },
  };
}
