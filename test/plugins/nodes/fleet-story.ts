/**
 * Stories of a fleet: documents, events, faults, and runs in between, some of which are killed. They run on the whole
 * line; forbidden steps, and differences from the documents at the end, are reported.
 */

import { type Model, MINUTE, POOL, watchFleet, type Written, type WrittenPool } from './fleet-model.ts';
import { type Crash, DRAIN_LABEL, type Ran, startWhole, type Whole } from './whole.ts';
import fc from '../../support/property.ts';

const NAMES = ['a', 'b', 'c'];
/** Quiet runs, each after some time, in which the fleet must reach the declared state. */
const SETTLING_RUNS = 60;
const SETTLING_MINUTES = 11;

export type Event =
  | { readonly do: 'write'; readonly name: string; readonly node: { role: 'worker' | 'system'; serverType: string } }
  | { readonly do: 'unwrite'; readonly name: string }
  | { readonly do: 'pool'; readonly pool: WrittenPool | undefined }
  | { readonly do: 'start'; readonly at: number }
  | { readonly do: 'end'; readonly at: number }
  | { readonly do: 'queue' }
  | { readonly do: 'unqueue' }
  | { readonly do: 'off'; readonly at: number }
  | { readonly do: 'silence'; readonly at: number; readonly silent: boolean }
  | { readonly do: 'lose'; readonly at: number }
  | { readonly do: 'make'; readonly name: string }
  | { readonly do: 'relabel'; readonly at: number }
  | { readonly do: 'protect'; readonly at: number; readonly protected: boolean }
  | { readonly do: 'lock'; readonly at: number }
  | { readonly do: 'never-ready' }
  | { readonly do: 'fault'; readonly after: number; readonly mishap: number; readonly times: number }
  | { readonly do: 'fail'; readonly command: string }
  | { readonly do: 'source'; readonly answers: boolean }
  | { readonly do: 'reticent'; readonly emptySince: boolean; readonly startedTotal: boolean }
  | {
      readonly do: 'run';
      /** The time after the previous event. */
      readonly minutes: number;
      readonly crash?: Crash;
      readonly meanwhile?: { readonly request: number; readonly at: number };
    };

const MISHAPS = [
  { kind: 'error', status: 429, code: 'rate_limit_exceeded', retryAfter: 2 },
  { kind: 'error', status: 500, code: 'server_error' },
  { kind: 'error', status: 503, code: 'unavailable' },
  { kind: 'error', status: 409, code: 'conflict' },
  { kind: 'error', status: 423, code: 'locked' },
  { kind: 'error', status: 412, code: 'resource_unavailable' },
  { kind: 'error-after', status: 504, code: 'timeout' },
  { kind: 'lost-before' },
  { kind: 'lost-after' },
  { kind: 'cut', bytes: 20 },
  { kind: 'text', status: 502, text: '<html>bad gateway</html>' },
] as const;
const COMMANDS = ['create_server', 'start_server', 'delete_server', 'stop_server', 'change_server_type'];

const at = fc.nat({ max: 7 });
const name = fc.constantFrom(...NAMES);
const crash = fc.record<Crash>({
  at: fc.constantFrom('request', 'record'),
  after: fc.nat({ max: 25 }),
  happens: fc.boolean(),
});
const node = fc.record({
  role: fc.oneof({ weight: 7, arbitrary: fc.constant('worker' as const) }, fc.constant('system' as const)),
  serverType: fc.constantFrom('cx33', 'cpx22'),
});

const pool = fc
  .record({ min: fc.nat({ max: 3 }), more: fc.oneof(fc.constant(0), fc.nat({ max: 3 })), consolidates: fc.boolean() })
  .map(
    ({ min, more, consolidates }): WrittenPool => ({ min, max: min + more, consolidates: consolidates && more > 0 }),
  );

const minutes = fc.oneof(
  { weight: 1, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 12 }) },
  { weight: 2, arbitrary: fc.integer({ min: 20, max: 50 }) },
);
const aRun = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('run' as const), minutes }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('run' as const), minutes, crash }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('run' as const),
      minutes,
      meanwhile: fc.record({ request: fc.nat({ max: 20 }), at }),
    }),
  },
);
const aWriting = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('write' as const), name, node }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('pool' as const), pool: fc.option(pool, { nil: undefined }) }),
  },
);
const anUnwriting = fc.record({ do: fc.constant('unwrite' as const), name });
const aMoment = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('start' as const), at }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('end' as const), at }) },
  fc.constant<Event>({ do: 'queue' }),
  { weight: 2, arbitrary: fc.constant<Event>({ do: 'unqueue' }) },
  fc.record({ do: fc.constant('off' as const), at }),
  fc.record({ do: fc.constant('silence' as const), at, silent: fc.boolean() }),
  fc.record({ do: fc.constant('lose' as const), at }),
  fc.record({ do: fc.constant('make' as const), name }),
  fc.record({ do: fc.constant('relabel' as const), at }),
  fc.record({ do: fc.constant('protect' as const), at, protected: fc.boolean() }),
  fc.record({ do: fc.constant('lock' as const), at }),
  fc.constant<Event>({ do: 'never-ready' }),
);
const aFault = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('fault' as const),
      after: fc.nat({ max: 15 }),
      mishap: fc.nat({ max: MISHAPS.length - 1 }),
      times: fc.integer({ min: 1, max: 8 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('fail' as const), command: fc.constantFrom(...COMMANDS) }) },
  fc.constant<Event>({ do: 'source', answers: false }),
  { weight: 2, arbitrary: fc.constant<Event>({ do: 'source', answers: true }) },
  // If a source has neither, changes between two refreshes are unknown.
  fc.constantFrom<Event>(
    { do: 'reticent', emptySince: true, startedTotal: false },
    { do: 'reticent', emptySince: false, startedTotal: true },
    { do: 'reticent', emptySince: false, startedTotal: false },
  ),
);

/** An existing fleet: declared, created, ready for a while, and partly used. */
const beginning: fc.Arbitrary<readonly Event[]> = fc
  .tuple(
    fc.array(aWriting, { minLength: 1, maxLength: 4 }),
    fc.array(fc.record({ do: fc.constant('start' as const), at }), { maxLength: 3 }),
    minutes,
  )
  .map(([writings, starts, later]) => [
    ...writings,
    ...[0, 10, 15].map((each): Event => ({ do: 'run', minutes: each })),
    ...starts,
    { do: 'run', minutes: later },
  ]);
/** Events of the fleet. */
const middle: fc.Arbitrary<readonly Event[]> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: aRun },
    { weight: 2, arbitrary: aWriting },
    { weight: 3, arbitrary: anUnwriting },
    { weight: 6, arbitrary: aMoment },
    { weight: 2, arbitrary: aFault },
  ),
  { minLength: 5, maxLength: 60 },
);
/** Any story. */
export const story: fc.Arbitrary<readonly Event[]> = fc
  .tuple(beginning, middle)
  .map(([before, after]) => [...before, ...after]);

function yamlOf({ nodes, pool }: Written, port: number): string {
  const common = ['image: debian-13', 'location: nbg1', `readiness: { tcp: { port: ${port} } }`];
  const documents = [...nodes].map(([key, { role, serverType }]) =>
    [
      'apiVersion: nodes/v1',
      'kind: Node',
      `metadata: { name: ${key} }`,
      'spec:',
      ...[`role: ${role}`, `serverType: ${serverType}`, ...common].map((line) => `  ${line}`),
    ].join('\n'),
  );
  if (pool !== undefined) {
    const { min, max, consolidates } = pool;
    documents.push(
      [
        'apiVersion: nodes/v1',
        'kind: NodePool',
        `metadata: { name: ${POOL} }`,
        `spec:\n  ${min === max ? `size: ${min}` : `min: ${min}\n  max: ${max}`}`,
        `  consolidation: { enabled: ${consolidates}, cooldown: 30m, minSavings: 0 }`,
        '  template:',
        ...['serverType: cx23', ...common].map((line) => `    ${line}`),
      ].join('\n'),
    );
  }
  return `${documents.join('\n---\n')}\n`;
}

interface Playing {
  readonly whole: Whole;
  readonly model: Model;
  readonly written: {
    readonly nodes: Map<string, { role: 'worker' | 'system'; serverType: string }>;
    pool: WrittenPool | undefined;
  };
  containers: number;
  /** The newest run. */
  last?: Ran;
}

function serverAt({ whole }: Playing, index: number): string | undefined {
  const names = [...whole.emulator.cloud().servers.values()].map((row) => row.name);
  return names.length === 0 ? undefined : names[index % names.length];
}

function write(playing: Playing): void {
  const { whole, model, written } = playing;
  model.written = { nodes: new Map(written.nodes), pool: written.pool };
  whole.write(yamlOf(written, whole.emulator.readinessPort));
}

function startContainer(playing: Playing, index: number): void {
  const on = serverAt(playing, index);
  playing.containers += 1;
  const id = `c${playing.containers}`;
  // Some of them can be moved.
  const tier = index % 2 === 0 ? 'micro' : 'large';
  if (on !== undefined) playing.whole.emulator.workloads.start(on, { id, mb: 512, tier, players: 0 });
}

function endContainer({ whole }: Playing, index: number): void {
  const all = whole.emulator.workloads.containers();
  const one = all[index % Math.max(1, all.length)];
  if (one === undefined) return;
  whole.emulator.workloads.end(one.id);
}

async function somebodyElse({ whole }: Playing, method: string, path: string, body?: object): Promise<void> {
  const { endpoint, tokens } = whole.emulator;
  const headers = { Authorization: `Bearer ${tokens.readWrite}` };
  // Faults are for the tested client; an answer does not matter here.
  const more = body === undefined ? {} : { body: JSON.stringify(body) };
  await fetch(`${endpoint}${path}`, { method, headers, ...more })
    .then((answer) => answer.arrayBuffer())
    .catch(() => undefined);
}

async function run(playing: Playing, event: Extract<Event, { readonly do: 'run' }>): Promise<Ran> {
  const { whole, model } = playing;
  if (event.minutes > 0) await whole.pass(event.minutes * MINUTE);
  model.looked();
  let left = event.meanwhile?.request;
  whole.emulator.watch({
    request: () => {
      if (left === undefined) return;
      if (left === 0) startContainer(playing, event.meanwhile?.at ?? 0);
      model.notice();
      left = left === 0 ? undefined : left - 1;
    },
  });
  const ran = await whole.run(event.crash);
  left = undefined;
  playing.last = ran;
  if (!ran.killed && ran.error !== undefined) throw ran.error;
  return ran;
}

async function play(playing: Playing, event: Exclude<Event, { readonly do: 'run' }>): Promise<void> {
  const { whole, model, written } = playing;
  const { emulator } = whole;
  const target = 'at' in event ? serverAt(playing, event.at) : undefined;
  const row = target === undefined ? undefined : emulator.server(target);
  switch (event.do) {
    case 'write':
      written.nodes.set(event.name, event.node);
      return write(playing);
    case 'unwrite':
      written.nodes.delete(event.name);
      return write(playing);
    case 'pool':
      written.pool = event.pool;
      return write(playing);
    case 'start':
      return startContainer(playing, event.at);
    case 'end':
      return endContainer(playing, event.at);
    case 'queue':
      model.waiting.add('q');
      return emulator.workloads.wait({ id: 'q', mb: 512 });
    case 'unqueue':
      model.waiting.delete('q');
      return emulator.workloads.unqueue('q');
    case 'off':
      if (row?.status === 'running') emulator.alter(row.name, { status: 'off', guest: 'down' });
      return emulator.settle();
    case 'silence':
      if (row !== undefined) emulator.alter(row.name, { faults: { ...row.faults, silent: event.silent } });
      return emulator.settle();
    case 'lose':
      // Another program deletes it, with its containers: fettle cannot prevent that.
      if (row !== undefined) emulator.vanish(row.name);
      return emulator.settle();
    case 'make':
      if (![...emulator.cloud().servers.values()].some((server) => server.name === event.name))
        model.madeElsewhere(emulator.seed({ name: event.name, image: 'debian-13', type: 'cx33' }));
      return emulator.settle();
    case 'relabel':
      if (row !== undefined) emulator.alter(row.name, { labels: { ...row.labels, somebodys: 'label' } });
      return;
    case 'protect':
      if (row !== undefined) {
        const each = { delete: event.protected, rebuild: event.protected };
        emulator.alter(row.name, { protection: each });
      }
      return;
    case 'lock':
      if (row !== undefined) await somebodyElse(playing, 'POST', `/servers/${row.id}/actions/enable_backup`);
      return;
    case 'never-ready':
      return emulator.nextGuest({ neverReady: true });
    case 'fault': {
      const mishap = MISHAPS[event.mishap];
      if (mishap !== undefined) emulator.inject({ after: event.after, times: event.times, mishap });
      return;
    }
    case 'fail':
      return emulator.failNext({ command: event.command, code: 'action_failed', message: 'it did not work' });
    case 'source':
      emulator.workloads.clearFaults();
      model.sourceAnswers = event.answers;
      if (!event.answers)
        emulator.workloads.inject({
          times: Number.POSITIVE_INFINITY,
          mishap: { kind: 'error', status: 500, code: 'broken' },
        });
      return;
    case 'reticent':
      return emulator.workloads.leaveOut({ emptySince: event.emptySince, startedTotal: event.startedTotal });
  }
}

/** Ends all faults, containers and protections. */
async function calm(playing: Playing): Promise<void> {
  const { whole, model } = playing;
  const { emulator } = whole;
  emulator.clearFaults();
  emulator.workloads.clearFaults();
  emulator.workloads.leaveOut({});
  emulator.workloads.unqueue('q');
  model.waiting.clear();
  model.sourceAnswers = true;
  while (emulator.workloads.containers().length > 0) endContainer(playing, 0);
  for (const { name: each, guest, faults } of emulator.cloud().servers.values()) {
    // An operator repairs a server that never started.
    const repaired = faults.neverReady === true && guest === 'booting' ? { guest: 'up' as const } : {};
    emulator.alter(each, { faults: {}, protection: { delete: false, rebuild: false }, ...repaired });
  }
  await emulator.settle();
}

/**
 * Rules that stop a creation until an operator decides: an account without any of its servers, and attempts that all
 * failed.
 */
const FOR_A_PERSON: ReadonlySet<string> = new Set(['all-missing', 'retry-exhausted']);

/** True if the last plan requires a decision of an operator about a creation. */
function waitsForAPerson({ last }: Playing, name: string): boolean {
  const action = last?.reconciled?.actions.get(`nodes/Node/${name}`);
  return action?.judgements.some(({ rule, outcome }) => outcome === 'reject' && FOR_A_PERSON.has(rule)) === true;
}

/** The differences between the fleet and its documents. */
function differences(playing: Playing): readonly string[] {
  const { whole, written, last } = playing;
  const servers = [...whole.emulator.cloud().servers.values()];
  const wrong: string[] = [];
  const types: Readonly<Record<string, number>> = { cx33: 103, cpx22: 106 };
  for (const [key, { role, serverType }] of written.nodes) {
    const server = servers.find((row) => row.name === key);
    const memory = whole.recall().resources.get(`nodes/Node/${key}`);
    // An owned server was removed, and another program created one of its name: a decision for an operator.
    if (server !== undefined && memory?.owned !== undefined && memory.kept['server_id'] !== server.id) continue;
    if (server === undefined) {
      if (!waitsForAPerson(playing, key)) wrong.push(`${key} does not exist`);
    } else if (server.labels[DRAIN_LABEL] !== undefined && server.labels['fettle/role'] !== 'system') {
      // A new creation loses its disk: a decision for an operator, which a row of the plan shows.
      if (last?.rows.get(`nodes/Node/${key}`)?.status !== 'rejected') wrong.push(`${key} is drained`);
    } else if (server.status !== 'running' || server.guest !== 'up') wrong.push(`${key} is ${server.status}`);
    else if (server.labels['fettle/project'] === undefined) wrong.push(`${key} has no label of the project`);
    else if (server.type !== types[serverType]) wrong.push(`${key} is of another type than ${serverType}`);
    else if (role === 'system' && server.labels['fettle/role'] !== 'system')
      wrong.push(`${key} is not marked as system`);
  }
  const members = servers.filter(({ labels }) => labels['fettle/pool'] === POOL);
  const stopped = [...(last?.reconciled?.desired ?? [])].filter(
    ({ ref, spec }) => (spec as { readonly pool?: string }).pool === POOL && waitsForAPerson(playing, ref.name),
  );
  if (
    written.pool !== undefined &&
    stopped.length === 0 &&
    (members.length < written.pool.min || members.length > written.pool.max)
  )
    wrong.push(
      `the pool has ${members.map((row) => row.name).join(', ') || 'no members'}, not ${written.pool.min} to ${written.pool.max}`,
    );
  for (const { name: each, labels } of servers) {
    // The state has it as a system node, though it never got the label.
    const row = last?.reconciled?.actions.get(`nodes/Node/${each}`);
    if (row?.judgements.some(({ rule, outcome }) => rule === 'dedicated-node' && outcome === 'reject')) continue;
    if (
      labels['fettle/project'] !== undefined &&
      labels['fettle/role'] !== 'system' &&
      labels['fettle/pool'] === undefined &&
      !written.nodes.has(each)
    )
      wrong.push(`${each} is still there`);
  }
  return wrong;
}

/** Plays a story to its end, and returns its faults on the way and at the end. */
export async function faultsOf(
  events: readonly Event[],
  /** Receives every event, and the result of each run. */
  listen: (event: Event, ran: Ran | undefined, whole: Whole) => void = () => undefined,
): Promise<readonly string[]> {
  const whole = await startWhole({ rateLimit: { perHour: 1_000_000 } });
  try {
    const model = watchFleet(whole);
    const playing: Playing = { whole, model, written: { nodes: new Map(), pool: undefined }, containers: 0 };
    write(playing);
    for (const event of events) {
      model.notice();
      if (event.do === 'run') listen(event, await run(playing, event), whole);
      else {
        await play(playing, event);
        model.notice();
        listen(event, undefined, whole);
      }
      if (model.breaches.length > 0) return model.breaches;
    }
    await calm(playing);
    for (let turn = 0; turn < SETTLING_RUNS; turn += 1) {
      const before = differences(playing);
      const quiet: Event = { do: 'run', minutes: SETTLING_MINUTES };
      listen(quiet, await run(playing, quiet), whole);
      if (model.breaches.length > 0) return model.breaches;
      if (before.length === 0 && differences(playing).length === 0 && turn > 5) break;
    }
    return differences(playing);
  } finally {
    await whole.stop();
  }
}
