/**
 * The limits of a fleet, by its real state at the provider: a model that is independent of the plugin's rules. It
 * checks every request to delete before the effect.
 */

import type { Emulator } from '../../../plugins/nodes/sandbox/emulator.ts';
import type { ServerRow } from '../../../plugins/nodes/sandbox/state.ts';
import { DRAIN_LABEL, type Whole } from './whole.ts';

export const MINUTE = 60_000;
const READY_GRACE = 30 * MINUTE;
const IDLE_GRACE = 30 * MINUTE;
const DRAIN_GRACE = 5 * MINUTE;
const START_DEADLINE = 15 * MINUTE;
const POST_SYNC_GRACE = 10 * MINUTE;

/** The one pool: of a fixed size if `min` is `max`, else by the reactive policy. */
export interface WrittenPool {
  readonly min: number;
  readonly max: number;
  readonly consolidates: boolean;
}

/** The present documents. */
export interface Written {
  readonly nodes: ReadonlyMap<string, { readonly role: 'worker' | 'system'; readonly serverType: string }>;
  readonly pool: WrittenPool | undefined;
}

export interface Model {
  written: Written;
  /** True if the source answers with all of its data. */
  sourceAnswers: boolean;
  readonly breaches: string[];
  /** Reads the containers of each node: called after every possible change. */
  readonly notice: () => void;
  readonly waiting: Set<string>;
  /** Another program created a server. */
  readonly madeElsewhere: (server: ServerRow) => void;
  /** A run begins: it is allowed to adopt the servers that it finds. */
  readonly looked: () => void;
}

/** The pool of the test, and the names of its members. */
export const POOL = 'pool';
const MEMBER = /^pool-\d+$/u;

interface Past {
  upAt?: number;
  /** IDs of the containers at the last check. */
  containers?: ReadonlySet<string>;
  everUsed?: true;
  /** The run in progress when its last container started, or the one before that. */
  startedIn?: number;
  emptySince?: number;
  elsewhere?: true;
  foundAt?: number;
  /** True if it was off, and did not start since. */
  failed?: boolean;
}

function isHealthy({ status, guest, faults }: ServerRow): boolean {
  return status === 'running' && guest === 'up' && faults.silent !== true;
}

function containersOn(emulator: Emulator, name: string): readonly string[] {
  return emulator.workloads
    .containers()
    .filter(({ node }) => node === name)
    .map(({ id }) => id);
}

/** The reason to keep a healthy server in service. */
function drainBreaches(past: Past, now: number): readonly string[] {
  if (past.everUsed === true) {
    const empty = past.emptySince === undefined ? 0 : now - past.emptySince;
    return empty < IDLE_GRACE ? [`is empty for ${empty / 1000} s`] : [];
  }
  const age = past.upAt === undefined ? 0 : now - past.upAt;
  return age < READY_GRACE ? [`is ready for ${age / 1000} s`] : [];
}

/** The reason to keep a healthy server, other than its containers. */
function healthyBreaches(server: ServerRow, now: number): readonly string[] {
  const drained = Number(server.labels[DRAIN_LABEL] ?? Number.NaN) * 1000;
  if (Number.isNaN(drained)) return ['was never drained'];
  return now - drained < DRAIN_GRACE ? [`was drained ${(now - drained) / 1000} s ago`] : [];
}

function sickBreaches(server: ServerRow, past: Past, now: number): readonly string[] {
  // Off without a request: unhealthy, until it answers.
  if (past.failed === true) return [];
  const starting = server.guest === 'booting' || server.status === 'initializing' || server.status === 'starting';
  return starting && now - server.created < START_DEADLINE ? ['is still starting'] : [];
}

/** Observes the provider of a project. */
export function watchFleet({ emulator, clock, recall }: Whole): Model {
  const pasts = new Map<number, Past>();
  const pastOf = (id: number): Past => {
    const past = pasts.get(id) ?? {};
    pasts.set(id, past);
    return past;
  };
  const breaches: string[] = [];
  const waiting = new Set<string>();
  const intents = new Set<string>();
  let looks = 0;
  const everWritten = new Set<string>();
  let written: Written = { nodes: new Map(), pool: undefined };

  const notice = (): void => {
    for (const { id, name } of emulator.cloud().servers.values()) {
      const past = pastOf(id);
      const before = past.containers ?? new Set();
      const now = new Set(containersOn(emulator, name));
      past.containers = now;
      if (now.size === 0 && before.size > 0) past.emptySince = clock.now();
      if (now.size > 0) delete past.emptySince;
      if (now.isSubsetOf(before)) continue;
      past.everUsed = true;
      past.startedIn = looks;
    }
  };
  const checkDelete = (server: ServerRow): void => {
    const now = clock.now();
    const past = pastOf(server.id);
    const say = (text: string): void => {
      breaches.push(`${server.name} is deleted, and it ${text}`);
    };
    if (server.status === 'deleting') return;
    const isMember = MEMBER.test(server.name) && server.labels['fettle/pool'] === POOL;
    if (!everWritten.has(server.name) && !isMember) say('was never written');
    if (server.labels['fettle/role'] === 'system') say('is a system node');
    if (model.written.nodes.get(server.name)?.role === 'system') say('is written as a system node');
    if (server.protection.delete) say('is protected');
    const containers = containersOn(emulator, server.name).length;
    if (containers > 0) say(`has ${containers} containers`);
    if (!model.sourceAnswers) say('cannot be known to be empty');
    if (waiting.size > 0 && isHealthy(server)) say('could take what waits');
    if (past.elsewhere === true && now - (past.foundAt ?? now) < POST_SYNC_GRACE) say('was found just now');
    for (const breach of isHealthy(server) ? healthyBreaches(server, now) : sickBreaches(server, past, now))
      say(breach);
  };
  const checkDrain = (server: ServerRow): void => {
    const past = pastOf(server.id);
    const say = (text: string): void => {
      breaches.push(`${server.name} is drained, and it ${text}`);
    };
    if (server.labels['fettle/role'] === 'system') say('is a system node');
    // A start after the last refresh, and before the label, cannot be known: it is safe anyway.
    if (past.startedIn === looks) return;
    const containers = containersOn(emulator, server.name).length;
    if (containers > 0) say(`has ${containers} containers`);
    if (waiting.size > 0 && isHealthy(server)) say('could take what waits');
    if (isHealthy(server)) for (const breach of drainBreaches(past, clock.now())) say(breach);
  };
  const checkCreate = (name: unknown): void => {
    if (typeof name !== 'string' || model.written.nodes.has(name)) return;
    const numbers = recall().resources.get(`nodes/NodePool/${POOL}`)?.kept['members'];
    const members = Array.isArray(numbers) ? numbers.map((number) => `${POOL}-${number}`) : [];
    if (!members.includes(name)) breaches.push(`${name} is made, and nothing stands for it`);
    else if (model.written.pool === undefined || members.length > model.written.pool.max)
      breaches.push(
        `${name} is created as one of ${members.length}, and the pool should have ${model.written.pool?.max ?? 'none'}`,
      );
  };
  emulator.watch({
    up: (name) => {
      const { id } = emulator.server(name);
      const past = pastOf(id);
      past.upAt ??= clock.now();
      past.failed = false;
    },
    request: (method, path, body) => {
      notice();
      const id = /^\/servers\/(\d+)$/u.exec(path)?.[1];
      if (method === 'POST' && path === '/servers') checkCreate(body['name']);
      const server = id === undefined ? undefined : emulator.cloud().servers.get(Number(id));
      if (method === 'DELETE' && server !== undefined) checkDelete(server);
      const labels = body['labels'];
      const drains = typeof labels === 'object' && labels !== null && Object.hasOwn(labels, DRAIN_LABEL);
      if (method === 'PUT' && server !== undefined && drains && server.labels[DRAIN_LABEL] === undefined)
        checkDrain(server);
    },
    change: () => {
      notice();
      for (const server of emulator.cloud().servers.values()) {
        if (server.status === 'off') pastOf(server.id).failed = true;
        const intent = server.labels['fettle/intent'];
        if (intent === undefined || intents.has(`${intent} ${server.id}`)) continue;
        if ([...intents].some((known) => known.startsWith(`${intent} `)))
          breaches.push(`the intent ${intent} made a second server, ${server.name}`);
        intents.add(`${intent} ${server.id}`);
      }
    },
  });
  const model: Model = {
    get written() {
      return written;
    },
    set written(now: Written) {
      written = now;
      for (const name of now.nodes.keys()) everWritten.add(name);
    },
    sourceAnswers: true,
    breaches,
    waiting,
    notice,
    madeElsewhere: ({ id, created }) => {
      const past = pastOf(id);
      past.elsewhere = true;
      // No refresh saw when it became ready: its creation counts.
      past.upAt = created;
    },
    looked: () => {
      looks += 1;
      for (const { id } of emulator.cloud().servers.values()) {
        const past = pastOf(id);
        if (past.elsewhere === true) past.foundAt ??= clock.now();
      }
    },
  };
  return model;
}
