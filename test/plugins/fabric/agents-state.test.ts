/** Standings of switches: from reports in tables, and from the played agents of an emulated fabric over its socket. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { AGENTS_WAIT, type AgentsWait, awaitAgents, generationsOf } from '../../../plugins/fabric/agents/await.ts';
import { listAgents } from '../../../plugins/fabric/agents/list.ts';
import { REACH_KINDS, type Reach, reachKey, reachOf, switchesOfChanges } from '../../../plugins/fabric/agents/reach.ts';
import { type AgentReport, readAgent } from '../../../plugins/fabric/agents/report.ts';
import {
  AGENT_LIMITS,
  type AgentStanding,
  type AgentState,
  type AgentTrack,
  judgeAgent,
  trackAgent,
} from '../../../plugins/fabric/agents/standing.ts';
import { openHttp, usualDenial } from '#plugin/net';
import { KubernetesClient } from '../../../plugins/fabric/live/client.ts';
import { openClusters } from '../../../plugins/fabric/live/clusters.ts';
import type { LiveObject } from '../../../plugins/fabric/objects/content.ts';
import { type Emulator, type EmulatorOptions, startEmulator } from '../../../plugins/fabric/sandbox/emulator.ts';
import { type Agents, playAgents } from '../../../plugins/fabric/sandbox/hedgehog/agents.ts';
import { HEDGEHOG_DEFINITIONS, HEDGEHOG_KINDS } from '../../../plugins/fabric/sandbox/hedgehog/definitions.ts';
import { textAt, type Tree, treeAt } from '../../../plugins/fabric/sandbox/value.ts';
import type { ClusterWriter } from '../../../plugins/fabric/world.ts';
import { temporaryFolder } from '../../support/cli.ts';
import { type Api, type ApiServer, openApi } from '../../support/kubernetes/api.ts';
import { emulatedServer, hasRealServer, install, realServer } from '../../support/kubernetes/servers.ts';
import { changeVpc, startHedgehogFabric } from './hedgehog-fabric.ts';

const never = new AbortController().signal;
const at = (text: string): number => Date.parse(`2026-11-29T${text}Z`);
const time = (text: string): string => `2026-11-29T${text}Z`;

interface Draft {
  readonly generation?: unknown;
  readonly status?: object | undefined;
}

/** An Agent as the real server stores it, with secrets in its specification. */
function agentObject({ generation = 5, status }: Draft): LiveObject {
  return {
    apiVersion: 'agent.githedgehog.com/v1beta1',
    kind: 'Agent',
    metadata: {
      name: 'leaf-1',
      namespace: 'default',
      uid: 'u-1',
      generation,
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{"spec":{"password":"SECRET"}}' },
    },
    spec: { version: { password: 'SECRET' } },
    ...(status === undefined ? {} : { status }),
  } as unknown as LiveObject;
}

const PENDING = (generation: number, since = '10:00:00') => ({
  type: 'Applied',
  status: 'False',
  reason: 'ApplyPending',
  message: `Config will be applied, gen=${generation}`,
  lastTransitionTime: time(since),
});
const SUCCEEDED = (generation: number, since = '10:00:00') => ({
  type: 'Applied',
  status: 'True',
  reason: 'ApplySucceeded',
  message: `Config applied, gen=${generation}`,
  lastTransitionTime: time(since),
});

const calm = {
  version: 'v0.96.2',
  installID: 'i',
  runID: 'r-1',
  bootID: 'b-1',
  lastHeartbeat: time('10:00:00'),
  lastAttemptTime: time('09:00:00'),
  lastAttemptGen: 5,
  lastAppliedTime: time('09:00:10'),
  lastAppliedGen: 5,
  conditions: [SUCCEEDED(5, '09:00:10')],
};

/** One reading: its time by our clock, and the report. */
type Read = readonly [clock: string, draft: Draft];

/** The standing after several readings. */
function after(reads: readonly Read[], now?: string): AgentStanding {
  let track: AgentTrack | undefined;
  let report: AgentReport | undefined;
  for (const [clock, draft] of reads) {
    report = readAgent(agentObject(draft));
    track = trackAgent(track, report, at(clock));
    // A track is kept between runs.
    track = JSON.parse(JSON.stringify(track)) as AgentTrack;
  }
  if (track === undefined || report === undefined) throw new Error('no reading');
  return judgeAgent(report, track, at(now ?? reads.at(-1)?.[0] ?? ''));
}

const status = (more: object): Draft => ({ status: { ...calm, ...more } });
const attempting = {
  lastAttemptGen: 6,
  lastAttemptTime: time('10:00:00'),
  conditions: [PENDING(6)],
};
const six = (more: object = {}): Draft => ({ generation: 6, status: { ...calm, ...more } });

describe('one reading', () => {
  const table: readonly (readonly [string, Draft, AgentState, string])[] = [
    ['applied', status({}), 'applied', 'the switch has applied generation 5'],
    [
      'without a condition, as after a start',
      status({ conditions: [] }),
      'applied',
      'the switch has applied generation 5',
    ],
    ['a new Agent', { status: undefined }, 'pending', 'the switch has not reported yet'],
    ['not begun', six(), 'pending', 'the switch has not begun to apply generation 6 yet'],
    ['begun', six(attempting), 'pending', 'the switch applies generation 6'],
    [
      'a condition that the agent wrote before it started with the new generation',
      status({ conditions: [PENDING(5, '09:00:00')] }),
      'applied',
      'the switch has applied generation 5',
    ],
    [
      'a condition that denies what the report claims',
      status({ conditions: [PENDING(5, '09:59:00')] }),
      'pending',
      'the switch applies generation 5',
    ],
    [
      'the same for longer than the grace, by the clock of the switch',
      status({ lastHeartbeat: time('10:00:00'), conditions: [PENDING(5, '09:53:00')] }),
      'failing',
      'generation 5 has not been applied for 7 min',
    ],
    [
      'an attempt for longer than the grace, by the clock of the switch',
      six({ ...attempting, lastHeartbeat: time('10:07:00') }),
      'failing',
      'generation 6 has not been applied for 7 min',
    ],
    [
      'an old heartbeat, which may be of another clock',
      status({ lastHeartbeat: time('09:57:00') }),
      'unknown',
      "the last heartbeat was 3 min old by this machine's clock when it was read, and the next one will show whether the clocks differ",
    ],
    [
      'a heartbeat of the future',
      status({ lastHeartbeat: time('10:05:00') }),
      'unknown',
      "the last heartbeat was 4 min ahead of this machine's clock when it was read, and the next one will show whether the clocks differ",
    ],
    [
      'an Agent that was removed and created anew',
      { generation: 1, status: calm },
      'unknown',
      'the switch has applied generation 5 of an earlier Agent, which was removed; this one has generation 1',
    ],
    [
      'no applied generation',
      status({ lastAppliedGen: undefined }),
      'unknown',
      'the Agent does not report the generation that is applied',
    ],
    ['no heartbeat', status({ lastHeartbeat: null }), 'unknown', 'the Agent does not report a heartbeat'],
    ['no generation', { generation: null, status: calm }, 'unknown', 'the Agent does not name its generation'],
  ];
  test.each(table)('%s', (_name, draft, state, reason) => {
    expect(after([['10:00:10', draft]])).toMatchObject({ name: 'leaf-1', state, reason });
  });
});

describe('odd members are findings, and never errors', () => {
  const table: readonly (readonly [string, Draft, readonly string[]])[] = [
    ['none', status({}), []],
    ['generation', { generation: '5', status: calm }, ['metadata.generation is not a whole number from 1 on: "5"']],
    ['fraction', status({ lastAppliedGen: 5.5 }), ['status.lastAppliedGen is not a whole number from 0 on: 5.5']],
    ['time', status({ lastHeartbeat: 'soon\u001b[31m' }), ['status.lastHeartbeat is not a time: "soon\\u001b[31m"']],
    ['conditions', status({ conditions: {} }), ['status.conditions is not a list']],
    [
      'value of the condition',
      status({ conditions: [{ ...PENDING(5), status: 'Unknown' }] }),
      ['the condition Applied is neither True nor False'],
    ],
    [
      'missing ones',
      status({ lastAppliedGen: undefined, lastHeartbeat: undefined }),
      ['status.lastAppliedGen is missing', 'status.lastHeartbeat is missing'],
    ],
    ['an empty status', { status: {} }, []],
    ['members of a later version', status({ nextGen: { a: 1 }, conditions: [SUCCEEDED(5), { type: 'Ready' }, 7] }), []],
  ];
  test.each(table)('%s', (_name, draft, findings) => {
    expect(after([['10:00:10', draft]]).findings).toEqual(findings);
  });

  test.each([null, 7, 'text', [], { metadata: 7, status: [] }, { status: { conditions: [null] } }])(
    'a report of %j is unknown or pending',
    (value) => {
      const report = readAgent((value as unknown as LiveObject) ?? {});
      expect(judgeAgent(report, trackAgent(undefined, report, 0), 0).state).toBe('unknown');
    },
  );

  test('a report has nothing of the specification', () => {
    expect(JSON.stringify(readAgent(agentObject(status({}))))).not.toContain('SECRET');
  });
});

describe('several readings', () => {
  const table: readonly (readonly [string, readonly Read[], string, AgentState, string])[] = [
    [
      'a heartbeat that does not change for three periods',
      [['10:00:05', status({})]],
      '10:00:51',
      'silent',
      'the switch has not reported for 46 s',
    ],
    [
      'one that may still come',
      [['10:00:05', status({})]],
      '10:00:50',
      'applied',
      'the switch has applied generation 5',
    ],
    [
      'a clock that is 10 minutes slow, and moves',
      [
        ['10:10:05', status({ lastHeartbeat: time('10:00:00') })],
        ['10:10:20', status({ lastHeartbeat: time('10:00:15') })],
      ],
      '10:10:30',
      'applied',
      'the switch has applied generation 5',
    ],
    [
      'a clock that is 10 minutes fast, and stands still',
      [['10:00:05', status({ lastHeartbeat: time('10:10:00') })]],
      '10:01:00',
      'silent',
      'the switch has not reported for 55 s',
    ],
    [
      'two runs an hour apart, and a switch that stopped in between',
      [
        ['09:00:05', status({ lastHeartbeat: time('09:00:00') })],
        ['10:00:05', status({ lastHeartbeat: time('09:50:00') })],
      ],
      '10:00:05',
      'silent',
      'the switch has not reported for 10 min',
    ],
    [
      'a clock that is set back while it reports',
      [
        ['10:00:05', status({ lastHeartbeat: time('11:00:00') })],
        ['10:00:20', status({ lastHeartbeat: time('10:00:15') })],
      ],
      '10:00:25',
      'applied',
      'the switch has applied generation 5',
    ],
    [
      'an apply sends no heartbeat',
      [
        ['10:00:05', status({})],
        ['10:00:10', six(attempting)],
      ],
      '10:04:00',
      'pending',
      'the switch applies generation 6',
    ],
    [
      'an apply that lasts longer than the grace',
      [
        ['10:00:05', status({})],
        ['10:00:10', six(attempting)],
      ],
      '10:06:11',
      'failing',
      'generation 6 has not been applied for 6 min',
    ],
    [
      'a new generation while an earlier one is applied, without heartbeats',
      [
        ['10:00:05', status({})],
        ['10:00:10', six(attempting)],
        ['10:00:20', { ...six(attempting), generation: 7 }],
      ],
      '10:03:00',
      'pending',
      'the switch applies generation 6, and generation 7 after it',
    ],
    [
      'the same for longer than the grace',
      [
        ['10:00:05', status({})],
        ['10:00:10', six(attempting)],
        ['10:00:20', { ...six(attempting), generation: 7 }],
      ],
      '10:06:21',
      'failing',
      'generation 7 has not been applied for 6 min',
    ],
    [
      'a new generation for a switch that does not report',
      [
        ['10:00:05', status({})],
        ['10:00:10', six()],
      ],
      '10:01:00',
      'silent',
      'the switch has not reported for 55 s',
    ],
    [
      'a new generation that the agent ignores',
      [
        ['10:00:05', six()],
        ['10:06:20', six({ lastHeartbeat: time('10:06:15') })],
      ],
      '10:06:20',
      'failing',
      'the switch reports, but has not begun to apply generation 6 for 6 min',
    ],
    [
      'another run during an attempt',
      [
        ['10:00:05', six(attempting)],
        ['10:00:30', six({ ...attempting, runID: 'r-2', lastAttemptGen: 5 })],
      ],
      '10:00:30',
      'failing',
      "the agent's process ended while it applied generation 6, and it tries again",
    ],
    [
      'the next attempt of that run',
      [
        ['10:00:05', six(attempting)],
        ['10:00:30', six({ ...attempting, runID: 'r-2' })],
        ['10:00:40', six({ ...attempting, runID: 'r-2' })],
      ],
      '10:00:40',
      'failing',
      "the agent's process ended while it applied generation 6, and it tries again",
    ],
    [
      'another run whose attempt was not read',
      [
        ['10:00:05', status({})],
        ['10:00:30', six({ ...attempting, runID: 'r-2', lastAttemptGen: 5 })],
      ],
      '10:00:30',
      'failing',
      "the agent's process ended while it applied generation 6, and it tries again",
    ],
    [
      'another run before the attempt, as after a lost watch',
      [
        ['10:00:05', status({})],
        ['10:00:30', six({ ...attempting, runID: 'r-2' })],
      ],
      '10:00:30',
      'pending',
      'the switch applies generation 6',
    ],
    [
      'an upgrade of the agent during the attempt',
      [
        ['10:00:05', six(attempting)],
        ['10:00:30', six({ ...attempting, runID: 'r-2', version: 'v0.97.0' })],
      ],
      '10:00:30',
      'pending',
      'the switch applies generation 6',
    ],
    [
      'a restart of the switch during the attempt',
      [
        ['10:00:05', six(attempting)],
        ['10:05:30', six({ ...attempting, runID: 'r-2', bootID: 'b-2' })],
      ],
      '10:05:30',
      'pending',
      'the switch applies generation 6',
    ],
    [
      'the next generation after a failed one',
      [
        ['10:00:05', six(attempting)],
        ['10:00:30', six({ ...attempting, runID: 'r-2' })],
        ['10:00:40', { ...six({ ...attempting, runID: 'r-2' }), generation: 7 }],
      ],
      '10:00:40',
      'pending',
      'the switch applies generation 6, and generation 7 after it',
    ],
    [
      'a success after a failure',
      [
        ['10:00:05', six(attempting)],
        ['10:00:30', six({ ...attempting, runID: 'r-2' })],
        [
          '10:00:40',
          six({ ...attempting, lastAppliedGen: 6, lastHeartbeat: time('10:00:38'), conditions: [SUCCEEDED(6)] }),
        ],
      ],
      '10:00:40',
      'applied',
      'the switch has applied generation 6',
    ],
    [
      'an Agent whose switch never reports',
      [['10:00:00', { status: undefined }]],
      '10:06:01',
      'silent',
      'the switch has never reported for 6 min',
    ],
  ];
  test.each(table)('%s', (_name, reads, now, state, reason) => {
    expect(after(reads, now)).toMatchObject({ state, reason });
  });

  test('the age of a heartbeat is by the clock of the switch', () => {
    const slow: readonly Read[] = [
      ['10:10:05', status({ lastHeartbeat: time('10:00:00') })],
      ['10:10:20', status({ lastHeartbeat: time('10:00:15') })],
    ];
    expect(after(slow, '10:10:32').heartbeatAge).toBe(12_000);
    expect(after([['10:00:05', status({})]], '10:00:07').heartbeatAge).toBe(7000);
  });

  test('the reason for records is the same at each reading', () => {
    const [soon, late] = ['10:00:51', '11:00:00'].map((now) => after([['10:00:05', status({})]], now));
    expect(soon?.reason).not.toBe(late?.reason);
    expect([soon?.lasting, late?.lasting]).toEqual(['the switch has not reported', 'the switch has not reported']);
  });

  test('readings of an Agent that was created anew begin again', () => {
    const old = readAgent(agentObject(status({})));
    const track = trackAgent(undefined, old, at('10:00:05'));
    expect(trackAgent(track, { ...old, uid: 'u-2' }, at('11:00:00')).firstAt).toBe(at('11:00:00'));
  });
});

describe('the wait after an apply', () => {
  const standing = (name: string, generation: number, state: AgentState = 'applied'): AgentStanding => ({
    name,
    state,
    reason: `is ${state}`,
    lasting: `is ${state}`,
    generation,
    findings: [],
  });
  const wait: AgentsWait = {
    switches: ['leaf-1', 'leaf-2'],
    before: new Map([
      ['leaf-1', 5],
      ['leaf-2', 7],
    ]),
    isLong: false,
    restored: new Map(),
    from: at('10:00:00'),
    ...AGENTS_WAIT,
  };
  const both = (one: AgentStanding, other: AgentStanding): readonly AgentStanding[] => [one, other];
  const table: readonly (readonly [string, readonly AgentStanding[], string, string, string])[] = [
    [
      'right after the apply',
      both(standing('leaf-1', 5), standing('leaf-2', 7)),
      '10:00:01',
      'waiting',
      '0 of 2 switches applied the change',
    ],
    [
      'one is done',
      both(standing('leaf-1', 6), standing('leaf-2', 8, 'pending')),
      '10:00:20',
      'waiting',
      '1 of 2 switches applied the change',
    ],
    [
      'both are done',
      both(standing('leaf-1', 6), standing('leaf-2', 8)),
      '10:00:05',
      'applied',
      '2 switches applied the change',
    ],
    [
      'one is done, and the other may still be raised',
      both(standing('leaf-1', 6), standing('leaf-2', 7)),
      '10:00:14',
      'waiting',
      '1 of 2 switches applied the change',
    ],
    [
      'one is done, and the other was left alone',
      both(standing('leaf-1', 6), standing('leaf-2', 7)),
      '10:00:15',
      'applied',
      '1 of 2 switches applied the change, and it left the others as they are',
    ],
    [
      'one fails',
      both(standing('leaf-1', 6), standing('leaf-2', 8, 'failing')),
      '10:00:05',
      'failing',
      'leaf-2: is failing',
    ],
    [
      'one failed before, and may be repaired',
      both(standing('leaf-1', 6), standing('leaf-2', 7, 'failing')),
      '10:00:05',
      'waiting',
      '1 of 2 switches applied the change',
    ],
    [
      'one failed before, and still does',
      both(standing('leaf-1', 6), standing('leaf-2', 7, 'failing')),
      '10:00:15',
      'failing',
      'leaf-2: is failing',
    ],
    [
      'no controller runs',
      both(standing('leaf-1', 5), standing('leaf-2', 7)),
      '10:10:00',
      'timed-out',
      "no Agent changed its generation within 10 min: the fabric's controller does not run, or the change reaches no switch",
    ],
    [
      'no controller runs, before the deadline',
      both(standing('leaf-1', 5), standing('leaf-2', 7)),
      '10:09:59',
      'waiting',
      '0 of 2 switches applied the change',
    ],
    [
      'a silent switch',
      both(standing('leaf-1', 6), standing('leaf-2', 7, 'silent')),
      '10:10:00',
      'timed-out',
      'leaf-2 has not applied the change within 10 min. leaf-2 does not report',
    ],
    [
      'a slow switch',
      both(standing('leaf-1', 6), standing('leaf-2', 8, 'pending')),
      '10:10:00',
      'timed-out',
      'leaf-2 has not applied the change within 10 min',
    ],
    [
      'an unknown one',
      both(standing('leaf-1', 6), standing('leaf-2', 8, 'unknown')),
      '10:00:20',
      'waiting',
      '1 of 2 switches applied the change',
    ],
    [
      'a switch without an Agent',
      [standing('leaf-1', 6)],
      '10:10:00',
      'timed-out',
      'leaf-2 has not applied the change within 10 min',
    ],
  ];
  test.each(table)('%s', (_name, standings, now, outcome, reason) => {
    expect(awaitAgents(wait, standings, at(now))).toMatchObject({ outcome, reason });
  });

  test('a change that concerns no switch is applied at once', () => {
    expect(awaitAgents({ ...wait, switches: [] }, [], at('10:00:00')).outcome).toBe('applied');
  });

  test('an Agent that was created anew has another generation', () => {
    const wait1 = { ...wait, switches: ['leaf-1'] };
    expect(awaitAgents(wait1, [standing('leaf-1', 1)], at('10:00:05')).outcome).toBe('applied');
  });

  test('after several changes, a generation may be that of the first ones until the controller had its time', () => {
    const long = { ...wait, switches: ['leaf-1'], isLong: true };
    const states = ['10:00:05', '10:00:15'].map((now) => awaitAgents(long, [standing('leaf-1', 6)], at(now)).outcome);
    expect(states).toEqual(['waiting', 'applied']);
  });

  test('a switch with the restored generation never received the difference, once the controller had its time', () => {
    const { generation = 0 } = standing('leaf-1', 4);
    const heal = { ...wait, switches: ['leaf-1'], before: new Map([['leaf-1', generation]]), deadlineMs: 3_600_000 };
    const restored = { ...heal, restored: new Map([['leaf-1', generation]]) };
    const at20 = (one: AgentsWait) => awaitAgents(one, [standing('leaf-1', 4)], at('10:00:20')).outcome;
    expect(awaitAgents(restored, [standing('leaf-1', 4)], at('10:00:05')).outcome).toBe('waiting');
    expect([at20(heal), at20(restored)]).toEqual(['waiting', 'applied']);
  });

  test('a new switch is awaited from its first generation on', () => {
    const created = { ...wait, switches: ['leaf-9'], before: new Map() };
    expect(awaitAgents(created, [], at('10:00:01')).outcome).toBe('waiting');
    expect(awaitAgents(created, [standing('leaf-9', 1)], at('10:00:02')).outcome).toBe('applied');
  });

  test('generations are taken from every Agent that names one', () => {
    const { generation: _generation, ...odd } = standing('leaf-3', 0, 'unknown');
    expect(generationsOf([standing('leaf-1', 5), odd])).toEqual(new Map([['leaf-1', 5]]));
  });
});

interface PlayedFabric {
  readonly emulator: Emulator;
  readonly api: Api;
  readonly agents: Agents;
  readonly cluster: ClusterWriter;
  /** Reads the objects that decide about the reach. */
  readonly reach: () => Promise<Reach>;
}

async function clusterAt(emulator: Emulator, token?: string): Promise<ClusterWriter> {
  const folder = temporaryFolder();
  const kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, emulator.kubeconfig(token));
  const env = { PATH: process.env['PATH'] ?? '', KUBECONFIG: kubeconfig };
  const world = openClusters({
    config: {},
    project: 'test',
    folder: temporaryFolder(),
    fileRoots: [],
    env,
    now: Date.now,
  });
  return world.cluster({ context: 'sandbox' }, never);
}

async function startFabric(options: EmulatorOptions = {}): Promise<PlayedFabric> {
  const { emulator, api } = await startHedgehogFabric(options);
  const agents = playAgents(emulator, { notice: 20, apply: 60, heartbeat: 100 }, Date.now);
  onTestFinished(agents.stop);
  const cluster = await clusterAt(emulator);
  const reach = async (): Promise<Reach> => {
    const objects: LiveObject[] = [];
    for (const kind of REACH_KINDS) {
      const group = HEDGEHOG_KINDS.get(kind)?.group ?? '';
      const served = (await cluster.served(`${group}/v1beta1`, never))?.find((each) => each.kind === kind);
      if (served === undefined) throw new Error(`${kind} is not served`);
      const listed = await cluster.list(served, {}, never);
      if ('words' in listed) throw new Error(listed.words);
      objects.push(...listed);
    }
    return reachOf(objects);
  };
  return { emulator, api, agents, cluster, reach };
}

/** Reads all Agents over the socket, again and again. */
function reader(cluster: ClusterWriter): () => Promise<readonly AgentStanding[]> {
  const tracks = new Map<string, AgentTrack>();
  return async () => {
    const reports = await listAgents(cluster, never);
    if (reports === undefined || 'words' in reports) throw new Error('no Agents');
    const now = Date.now();
    return reports.map((report) => {
      const track = trackAgent(tracks.get(report.name), report, now);
      tracks.set(report.name, track);
      return judgeAgent(report, track, now);
    });
  };
}

async function until<T>(read: () => Promise<T>, isTrue: (value: T) => boolean): Promise<T> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const value = await read();
    if (isTrue(value)) return value;
    if (Date.now() > deadline) throw new Error(`not in time: ${JSON.stringify(value)}`);
    await sleep(5);
  }
}

const isApplied = (standings: readonly AgentStanding[]): boolean =>
  standings.length === 6 && standings.every(({ state }) => state === 'applied');

describe('an emulated fabric', () => {
  test('a change is awaited until all switches that it concerns have applied it', async () => {
    const { api, cluster, reach } = await startFabric();
    const read = reader(cluster);
    const before = generationsOf(await until(read, isApplied));
    const switches = switchesOfChanges([{ kind: 'VPC', name: 'vpc-2' }], [await reach()]);
    expect(switches).toEqual(['leaf-1', 'leaf-2']);
    await changeVpc(api, 1050);
    const wait: AgentsWait = { switches, before, isLong: false, restored: new Map(), from: Date.now(), ...AGENTS_WAIT };
    // Every Agent still says that it is applied.
    expect(awaitAgents(wait, await read(), Date.now()).outcome).toBe('waiting');
    const done = await until(
      async () => awaitAgents(wait, await read(), Date.now()),
      ({ outcome }) => outcome !== 'waiting',
    );
    expect(done).toMatchObject({ outcome: 'applied', reason: '2 switches applied the change' });
  });

  test('a failing switch ends the wait, and a repaired one applies', async () => {
    const { api, agents, cluster } = await startFabric();
    const read = reader(cluster);
    const before = generationsOf(await until(read, isApplied));
    agents.fail('leaf-1');
    await changeVpc(api, 1051);
    const wait: AgentsWait = {
      switches: ['leaf-1', 'leaf-2'],
      before,
      isLong: false,
      restored: new Map(),
      from: Date.now(),
      ...AGENTS_WAIT,
    };
    const progress = async () => awaitAgents(wait, await read(), Date.now());
    expect(await until(progress, ({ outcome }) => outcome !== 'waiting')).toMatchObject({
      outcome: 'failing',
      reason: "leaf-1: the agent's process ended while it applied generation 2, and it tries again",
    });
    agents.heal('leaf-1');
    expect((await until(progress, ({ outcome }) => outcome === 'applied')).switches).toHaveLength(2);
  });

  test('reports cross the client without the specification', async () => {
    const { emulator, cluster } = await startFabric();
    await until(
      async () => emulator.cluster.list('Agent').length,
      (count) => count === 6,
    );
    const served = (await cluster.served('agent.githedgehog.com/v1beta1', never))?.find(({ kind }) => kind === 'Agent');
    if (served === undefined) throw new Error('Agent is not served');
    const options = { namespace: 'default', omit: ['spec'] };
    const text = JSON.stringify([await cluster.list(served, options, never), await listAgents(cluster, never)]);
    expect(text).toContain('leaf-1');
    expect(text).not.toContain('sandbox-registry-password');
    expect(JSON.stringify(await cluster.list(served, { namespace: 'default' }, never))).toContain(
      'sandbox-registry-password',
    );
  });

  test('the computed reach is what the controller copies into the Agents', async () => {
    const { emulator, cluster, reach } = await startFabric();
    await until(reader(cluster), isApplied);
    const found = await reach();
    const kinds = {
      connections: 'Connection',
      vpcs: 'VPC',
      vpcAttachments: 'VPCAttachment',
      externalAttachments: 'ExternalAttachment',
    };
    for (const [member, kind] of Object.entries(kinds)) {
      const copied = new Map<string, Set<string>>();
      for (const agent of emulator.cluster.list('Agent'))
        for (const name of Object.keys(treeAt(agent, 'spec', member))) {
          const key = reachKey(kind, name);
          copied.set(key, (copied.get(key) ?? new Set()).add(textAt(agent, 'metadata', 'name')));
        }
      expect(copied.size).toBeGreaterThan(0);
      for (const [key, switches] of copied)
        expect([key, [...(found.get(key) ?? [])].sort()]).toEqual([key, [...switches].sort()]);
    }
  });

  test('a cluster without the kind has no Agents, and a refused list has its words', async () => {
    const none = await startEmulator();
    onTestFinished(() => none.stop());
    expect(await listAgents(await clusterAt(none), never)).toBeUndefined();
    const users = {
      few: { name: 'few', rules: [{ verbs: ['get', 'list'], groups: ['vpc.githedgehog.com'], resources: ['*'] }] },
    };
    const refusing = await startEmulator({ definitions: HEDGEHOG_DEFINITIONS, users });
    onTestFinished(() => refusing.stop());
    expect(await listAgents(await clusterAt(refusing, 'few'), never)).toMatchObject({
      kind: 'forbidden',
      words: expect.stringContaining('User "few" cannot list resource "agents"') as unknown,
    });
  });

  test('Agents come in pages', async () => {
    const { emulator, cluster } = await startFabric();
    await until(reader(cluster), isApplied);
    const manager = emulator.controller('hh-manager');
    for (let i = 0; i < 600; i += 1)
      await manager.create({
        apiVersion: 'agent.githedgehog.com/v1beta1',
        kind: 'Agent',
        metadata: { name: `old-${i}`, namespace: 'default' },
        spec: {},
      });
    const listed = await listAgents(cluster, never);
    expect(listed).toHaveLength(606);
  });
});

/** Agents as a server stores them, whose status is a subresource. */
function storedAgents(start: () => Promise<ApiServer>): void {
  test('a status changes no generation, and a change of the specification is pending', async () => {
    const server = await start();
    const api = openApi(server);
    onTestFinished(async () => {
      api.close();
      await server.stop();
    });
    await install(
      server,
      HEDGEHOG_DEFINITIONS.filter((each) => textAt(each, 'spec', 'names', 'kind') === 'Agent'),
    );
    const client = new KubernetesClient({
      server: new URL(server.url),
      send: openHttp(usualDenial({}), { ca: server.ca }),
      credentials: async () => ({ authorization: `Bearer ${server.tokens['admin'] ?? ''}` }),
      manager: 'fettle:test',
    });
    const agents = '/apis/agent.githedgehog.com/v1beta1/namespaces/default/agents';
    const merge = async (path: string, body: Tree): Promise<void> => {
      const { code, text } = await api.send(path, { method: 'PATCH', type: 'application/merge-patch+json', body });
      expect([code, text]).toEqual([200, text]);
    };
    let track: AgentTrack | undefined;
    const standing = async (): Promise<AgentStanding> => {
      const reports = await listAgents(client, never);
      if (reports === undefined || 'words' in reports) throw new Error('no Agents');
      expect(JSON.stringify(reports)).not.toContain('SECRET');
      const [report] = reports;
      if (report === undefined) throw new Error('no Agent');
      track = trackAgent(track, report, at('10:00:05'));
      return judgeAgent(report, track, at('10:00:05'));
    };
    expect(await listAgents(client, never)).toEqual([]);
    const { status: _status, ...created } = agentObject({}) as unknown as Tree;
    const { uid: _uid, generation: _generation, ...metadata } = treeAt(created, 'metadata');
    expect((await api.send(agents, { method: 'POST', body: { ...created, metadata } })).code).toBe(201);
    expect(await standing()).toMatchObject({
      state: 'pending',
      reason: 'the switch has not reported yet',
      generation: 1,
    });
    const status = { ...calm, lastAttemptGen: 1, lastAppliedGen: 1, conditions: [] };
    await merge(`${agents}/leaf-1/status`, { status });
    expect(await standing()).toMatchObject({ state: 'applied', generation: 1, findings: [] });
    await merge(`${agents}/leaf-1`, { spec: { description: 'changed' } });
    expect(await standing()).toMatchObject({ state: 'pending', generation: 2, applied: 1 });
    await merge(`${agents}/leaf-1/status`, { status: { lastAttemptGen: 2, conditions: [PENDING(2)] } });
    expect(await standing()).toMatchObject({ state: 'pending', reason: 'the switch applies generation 2' });
    await merge(`${agents}/leaf-1/status`, { status: { runID: 'r-2', lastAttemptGen: 1 } });
    expect(await standing()).toMatchObject({ state: 'failing' });
    await merge(`${agents}/leaf-1/status`, {
      status: { lastAttemptGen: 2, lastAppliedGen: 2, conditions: [SUCCEEDED(2)] },
    });
    expect(await standing()).toMatchObject({ state: 'applied', generation: 2, applied: 2 });
  });
}

describe.skipIf(!hasRealServer())('Agents of kube-apiserver', () => {
  storedAgents(realServer);
});
describe('Agents of the emulated API server', () => {
  storedAgents(emulatedServer);
});

describe('the switches of an object', () => {
  const connection = (name: string, spec: object, labels: object = {}): LiveObject =>
    ({ kind: 'Connection', metadata: { name, labels }, spec }) as unknown as LiveObject;
  const object = (kind: string, name: string, spec: object = {}): LiveObject =>
    ({ kind, metadata: { name }, spec }) as unknown as LiveObject;
  const objects = [
    object('Switch', 'spine-1', { role: 'spine' }),
    object('Switch', 'leaf-1', { role: 'server-leaf', profile: 'vs', vlanNamespaces: ['default', 'more'] }),
    object('Switch', 'leaf-2', { role: 'border-leaf' }),
    connection(
      'labelled',
      {},
      {
        'switch.fabric.githedgehog.com/leaf-1': 'true',
        'switch.fabric.githedgehog.com/leaf-2': 'false',
        'server.fabric.githedgehog.com/leaf-2': 'true',
      },
    ),
    connection('plain', { unbundled: { link: { server: { port: 's/e1' }, switch: { port: 'leaf-2/E1/1' } } } }),
    connection('outside', { staticExternal: { link: { switch: { port: 'leaf-2/E1/2' } } } }),
    connection('inside', { staticExternal: { withinVPC: 'vpc-in', link: { switch: { port: 'leaf-1/E1/3' } } } }),
    object('VPC', 'vpc-1', { subnets: { default: { dhcp: { relayVPC: 'vpc-relay' } } } }),
    object('VPC', 'vpc-relay'),
    object('VPC', 'vpc-peer'),
    object('VPC', 'vpc-free'),
    object('VPCAttachment', 'a-1', { subnet: 'vpc-1/default', connection: 'labelled' }),
    object('VPCPeering', 'p-1', { permit: [{ 'vpc-1': {}, 'vpc-peer': {} }] }),
    object('ExternalAttachment', 'e-1', { external: 'ext', connection: 'plain' }),
    object('ExternalPeering', 'ep-1', { permit: { vpc: { name: 'vpc-out' }, external: { name: 'ext' } } }),
  ];
  test.each([
    ['Switch', 'leaf-1', ['leaf-1']],
    ['SwitchProfile', 'vs', ['leaf-1']],
    ['VLANNamespace', 'default', ['leaf-1', 'leaf-2', 'spine-1']],
    ['VLANNamespace', 'more', ['leaf-1']],
    ['IPv4Namespace', 'default', ['leaf-1', 'leaf-2', 'spine-1']],
    ['External', 'ext', ['leaf-1', 'leaf-2', 'spine-1']],
    ['Connection', 'labelled', ['leaf-1']],
    ['Connection', 'plain', ['leaf-2']],
    ['Connection', 'outside', ['leaf-2', 'spine-1']],
    ['Connection', 'inside', ['leaf-1']],
    ['VPC', 'vpc-1', ['leaf-1']],
    ['VPC', 'vpc-in', ['leaf-1']],
    ['VPC', 'vpc-relay', ['leaf-1']],
    ['VPC', 'vpc-peer', ['leaf-1']],
    ['VPC', 'vpc-out', ['leaf-2']],
    ['VPC', 'vpc-free', []],
    ['VPCAttachment', 'a-1', ['leaf-1']],
    ['VPCPeering', 'p-1', ['leaf-1']],
    ['ExternalAttachment', 'e-1', ['leaf-2']],
    ['ExternalPeering', 'ep-1', ['leaf-2']],
    ['Server', 's', []],
  ] as const)('%s %s', (kind, name, switches) => {
    expect(switchesOfChanges([{ kind, name }], [reachOf(objects)])).toEqual(switches);
  });

  test('a removed attachment concerns the switches that it had', () => {
    const later = reachOf(objects.filter((each) => each['kind'] !== 'VPCAttachment'));
    const changes = [{ kind: 'VPCAttachment', name: 'a-1' }];
    expect(switchesOfChanges(changes, [later])).toEqual([]);
    expect(switchesOfChanges(changes, [reachOf(objects), later])).toEqual(['leaf-1']);
  });
});

test('the limits are three heartbeats, and longer than a restart', () => {
  expect(AGENT_LIMITS).toEqual({ silentMs: 3 * 15_000, graceMs: 6 * 60_000 });
});
