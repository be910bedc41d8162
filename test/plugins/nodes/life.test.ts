/** The life of a node is counted exactly, survives restarts, and counts nothing twice. */

import type { NodeFacts } from '../../../plugins/nodes/facts.ts';
import { nodeStanding } from '../../../plugins/nodes/standing.ts';
import { absent, resourceWith } from '../../support/resource.ts';
import { describe, expect, it } from 'vitest';
import type { NodeLife } from '../../../plugins/nodes/facts.ts';
import type { NodeMemory, NodeSpec } from '../../../plugins/nodes/generated.ts';
import { drainValue, LABELS } from '../../../plugins/nodes/labels.ts';
import { lifeOf, type NodeRefresh, MOST_IDS } from '../../../plugins/nodes/life.ts';
import { noteNode } from '../../../plugins/nodes/note.ts';
import { settingsOfSpec } from '../../../plugins/nodes/settings.ts';
import type { WorkloadsOfNode } from '../../../plugins/nodes/workload-names.ts';
import { type Memory, type Sighting, seenFacts } from '#plugin';
import { ago, MINUTE, nodeResource, nodeSpec, NOW, refOf, signalsOf } from './node-support.ts';
import fc from '../../support/property.ts';

/** A node that is refreshed repeatedly, with only its state between refreshes, as after a restart. */
interface Watched {
  memory: Memory<NodeMemory>;
  now: number;
}

/** The differences of a refresh from the usual one. */
type Glance = { readonly [K in keyof NodeRefresh]?: NodeRefresh[K] | undefined };

const CREATED = ago(10 * MINUTE);

function watched(kept: Partial<NodeMemory> = {}, more: Partial<Memory<NodeMemory>> = {}): Watched {
  return { memory: { ref: refOf('Node', 'web-1'), version: 1, kept, owned: 'created', ...more }, now: NOW };
}

interface Lived {
  readonly state: string;
  readonly via: readonly string[];
  readonly health: string | undefined;
  readonly power: string | undefined;
  readonly life: NodeLife;
}

/** Refreshes, and stores the notes as the log does: null removes a value. */
function look(node: Watched, seen: Glance = {}, spec: NodeSpec = nodeSpec()): Lived {
  const { memory, now } = node;
  const settings = settingsOfSpec(spec);
  const glance = {
    now,
    status: 'running',
    created: Date.parse(CREATED),
    labels: {},
    settings,
    memory,
    recovered: false,
    probe: 'answered',
    known: 'listed',
    workloads: { name: 'web-1', containers: [] },
    probeIntervalMs: 10_000,
    workloadsIntervalMs: 2 * MINUTE,
    ...seen,
  } as NodeRefresh;
  const counted = lifeOf(glance);
  const at = now;
  const { status, probe, known } = glance;
  const signals = signalsOf({ life: counted, status, probe, workloads: known });
  const sighting = { ref: memory.ref, facts: {}, signals, at } as unknown as Sighting<NodeFacts>;
  const { state, via = [], others = {} } = nodeStanding(glance.settings, sighting, glance.memory, now);
  const life: Lived = { state, via, health: others['health'], power: others['power'], life: counted };
  const resource = nodeResource({ state: life.state, signals: signalsOf({ life: life.life }) });
  const noted = noteNode(resourceWith({ ...resource, memory }));
  const kept = Object.fromEntries(
    Object.entries({ ...memory.kept, ...noted }).filter(([, value]) => value !== null && value !== undefined),
  );
  node.memory = JSON.parse(
    JSON.stringify({
      ...memory,
      kept,
      state: life.state,
      since: life.state === memory.state ? memory.since : at,
      others: { health: life.health, power: life.power },
    }),
  ) as Memory<NodeMemory>;
  return life;
}

function containers(...ids: readonly string[]): WorkloadsOfNode['containers'] {
  return ids.map((id) => ({ id, mb: 512 }));
}

const busy = (...ids: readonly string[]): Glance => ({
  workloads: { name: 'web-1', containers: containers(...ids) },
});

describe('from creation to service', () => {
  it('is created, runs, is ready, has containers, and is idle again, with the time of each', () => {
    const node = watched();
    const unlisted: Glance = { known: 'unlisted', workloads: undefined };
    expect(look(node, { status: 'initializing', probe: 'none', ...unlisted }).state).toBe('provisioning');
    node.now += MINUTE;
    expect(look(node, { probe: 'failed', ...unlisted })).toMatchObject({ state: 'initializing', health: 'unknown' });
    expect(node.memory.kept.initialized_at).toBeUndefined();
    node.now += MINUTE;
    const ready = look(node);
    expect(ready).toMatchObject({ state: 'ready', health: 'healthy' });
    expect(ready.life).toMatchObject({
      provisioned_at: CREATED,
      initialized_at: new Date(NOW + 2 * MINUTE).toISOString(),
      containers_ever: 0,
    });
    node.now += MINUTE;
    const active = look(node, busy('a', 'b'));
    expect(active.state).toBe('active');
    expect(active.life).toMatchObject({
      containers_ever: 2,
      containers: 2,
      allocated_mb: 1024,
      first_container_at: new Date(NOW + 3 * MINUTE).toISOString(),
    });
    expect(active.life.empty_since).toBeUndefined();
    node.now += MINUTE;
    const idle = look(node);
    expect(idle.state).toBe('idle');
    const emptied = new Date(NOW + 4 * MINUTE).toISOString();
    expect(idle.life).toMatchObject({
      containers_ever: 2,
      containers: 0,
      last_container_at: emptied,
      empty_since: emptied,
    });
    // The next refresh keeps all of it.
    node.now += MINUTE;
    expect(look(node).life).toMatchObject({
      initialized_at: new Date(NOW + 2 * MINUTE).toISOString(),
      containers_ever: 2,
      first_container_at: active.life.first_container_at,
      last_container_at: emptied,
      empty_since: emptied,
    });
  });

  it('events between two refreshes are in the moves between them', () => {
    const node = watched({}, { state: 'provisioning', since: Date.parse(CREATED) });
    const life = look(node, busy('a'));
    expect(life).toMatchObject({ state: 'active', via: ['initializing', 'ready'] });
    const recovered = watched({ initialized_at: CREATED, containers_ever: 1 }, { state: 'unhealthy' });
    expect(look(recovered)).toMatchObject({ state: 'idle', via: ['ready'] });
  });

  it('is ready by time when that time has come, at any later refresh', () => {
    const spec = nodeSpec({ readiness: { after: '2m' } });
    expect(look(watched(), {}, spec).life.initialized_at).toBe(ago(8 * MINUTE));
  });

  it('has started late after more than its deadline, and not at the deadline itself', () => {
    const spec = nodeSpec({ startDeadline: '10m' });
    expect(look(watched(), { probe: 'failed' }, spec).state).toBe('initializing');
    const late = watched();
    late.now += 1;
    expect(look(late, { probe: 'failed' }, spec)).toMatchObject({ state: 'unhealthy', health: 'unhealthy' });
  });

  it('an adopted one has the age that its provider gives: a restart begins no new grace', () => {
    const found = watched({}, {});
    const first = look(found, {
      memory: undefined,
      recovered: true,
      created: Date.parse(ago(5 * 60 * MINUTE)),
    });
    expect(first).toMatchObject({ state: 'ready' });
    expect(first.life.provisioned_at).toBe(ago(5 * 60 * MINUTE));
    expect(first.life.initialized_at).toBeUndefined();
  });
});

describe('all containers', () => {
  it('are counted by the source, including those between two refreshes', () => {
    const node = watched({ initialized_at: CREATED });
    const total = (startedTotal: number, ...ids: readonly string[]) =>
      look(node, { workloads: { name: 'web-1', startedTotal, containers: containers(...ids) } }).life.containers_ever;
    expect(total(0)).toBe(0);
    expect(total(2, 'a', 'b')).toBe(2);
    expect(total(2, 'a', 'b')).toBe(2);
    expect(total(7)).toBe(7);
    // The source started again.
    expect(total(1, 'x')).toBe(8);
    expect(total(1, 'x')).toBe(8);
  });

  it('one between two refreshes turns a ready node into an idle one', () => {
    const node = watched({ initialized_at: CREATED }, { state: 'ready' });
    look(node, { workloads: { name: 'web-1', startedTotal: 0, containers: [] } });
    node.now += MINUTE;
    const life = look(node, { workloads: { name: 'web-1', startedTotal: 1, containers: [] } });
    expect(life.state).toBe('idle');
    const at = new Date(node.now).toISOString();
    expect(life.life).toMatchObject({
      containers_ever: 1,
      first_container_at: at,
      last_container_at: at,
      empty_since: at,
    });
  });

  it.each([
    ['is empty for less long than at the last refresh', 10 * MINUTE, 1, 'idle'],
    ['is empty for as long', 0, 0, 'ready'],
    ['has a clock that is ahead by a minute', MINUTE, 0, 'ready'],
    ['has a clock that is ahead by more', MINUTE + 1, 1, 'idle'],
  ])('existed between two refreshes, too, if a source without a count %s', (_what, later, ever, state) => {
    const node = watched({ initialized_at: CREATED }, { state: 'ready' });
    const first = node.now - MINUTE;
    const empty = (at: number) =>
      look(node, { workloads: { name: 'web-1', containers: [], emptySince: new Date(at).toISOString() } });
    empty(first);
    node.now += 20 * MINUTE;
    const { life, state: now } = empty(first + later);
    expect([life.containers_ever, now]).toEqual([ever, state]);
  });

  it('that have ended began no later than their end', () => {
    const node = watched({ initialized_at: CREATED }, { state: 'ready' });
    const emptySince = ago(5 * MINUTE);
    const { life } = look(node, { workloads: { name: 'web-1', startedTotal: 2, containers: [], emptySince } });
    expect(life).toMatchObject({
      first_container_at: emptySince,
      last_container_at: emptySince,
      empty_since: emptySince,
    });
  });

  it('are distinguished by ID if the source does not count', () => {
    const node = watched({ initialized_at: CREATED });
    const ever = (...ids: readonly string[]) => look(node, busy(...ids)).life.containers_ever;
    expect(ever('a', 'b')).toBe(2);
    expect(ever('b', 'a')).toBe(2);
    expect(ever('b', 'c')).toBe(3);
    expect(ever()).toBe(3);
    // A container that ended and started again cannot be distinguished from another one.
    expect(ever('b')).toBe(4);
  });

  it('stay countable with more of them than recorded IDs', () => {
    const node = watched({ initialized_at: CREATED });
    const many = Array.from({ length: MOST_IDS + 5 }, (_, i) => `c${i}`);
    expect(look(node, busy(...many)).life.containers_ever).toBe(MOST_IDS + 5);
    expect(look(node, busy(...many)).life.containers_ever).toBe(MOST_IDS + 5);
    expect(look(node, busy(...many, 'one more')).life.containers_ever).toBe(MOST_IDS + 6);
    expect(JSON.stringify(node.memory.kept).length).toBeLessThan(10_000);
  });

  it('never decrease, for any answer of the source, and the same refresh counts nothing twice', () => {
    const seen = fc.record({
      startedTotal: fc.option(fc.nat(9), { nil: undefined }),
      ids: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 4 }),
      known: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(seen, { maxLength: 12 }), (looks) => {
        const node = watched({ initialized_at: CREATED });
        let before = 0;
        for (const { startedTotal, ids, known } of looks) {
          const given: Glance = known
            ? {
                workloads: {
                  name: 'web-1',
                  containers: containers(...ids),
                  ...(startedTotal === undefined ? {} : { startedTotal }),
                },
              }
            : { known: 'unlisted', workloads: undefined };
          const first = look(node, given);
          const again = look(node, given);
          expect(again.life).toEqual(first.life);
          expect(again.state).toBe(first.state);
          expect(first.life.containers_ever).toBeGreaterThanOrEqual(before);
          if (known) expect(first.life.containers_ever).toBeGreaterThanOrEqual(ids.length);
          before = first.life.containers_ever;
          node.now += MINUTE;
        }
      }),
    );
  });
});

describe('an earlier time in an answer of the source', () => {
  const empty = (emptySince: string, startedTotal?: number): Glance => ({
    workloads: { name: 'web-1', containers: [], emptySince, ...(startedTotal === undefined ? {} : { startedTotal }) },
  });
  const ZERO = '0001-01-01T00:00:00Z';

  it.each([
    ['the server was made', {}, { created: Date.parse(CREATED) }, CREATED],
    ['the server was ready', { initialized_at: ago(8 * MINUTE) }, {}, ago(8 * MINUTE)],
    ['its last container had ended', { last_container_at: ago(3 * MINUTE) }, {}, ago(3 * MINUTE)],
    [
      'the last refresh with a container',
      { containers: 2 },
      { lastRefreshAt: Date.parse(ago(2 * MINUTE)) },
      ago(2 * MINUTE),
    ],
    [
      'a container existed between two refreshes',
      { started_total: 3, containers_ever: 3 },
      { lastRefreshAt: Date.parse(ago(MINUTE)), ...empty(ZERO, 4) },
      ago(MINUTE),
    ],
  ] as const)('is limited to when %s', (_when, kept, seen, expected) => {
    const node = watched({ initialized_at: CREATED, ...kept });
    const { life } = look(node, { ...empty(ZERO), ...seen });
    expect(life.empty_since).toBe(expected);
    // The values stay so at the next refresh, when all of it is in the past.
    node.now += MINUTE;
    expect(look(node, { ...empty(ZERO), lastRefreshAt: node.now }).life.empty_since).toBe(expected);
  });

  it('is about another server: its counts begin here, without its containers', () => {
    const node = watched();
    expect(look(node, empty(ago(20 * MINUTE), 41))).toMatchObject({ state: 'ready', life: { containers_ever: 0 } });
    node.now += MINUTE;
    const later = look(node, { workloads: { name: 'web-1', containers: containers('a'), startedTotal: 42 } });
    expect(later).toMatchObject({ state: 'active', life: { containers_ever: 1 } });
  });

  it.each([
    ['reported', empty(ago(5 * MINUTE), 3), 3],
    ['reported by its list alone', { workloads: { name: 'web-1', containers: containers('a'), startedTotal: 3 } }, 3],
  ] as const)('is not a server that had containers since its creation: %s', (_how, seen, ever) => {
    expect(look(watched(), seen).life.containers_ever).toBe(ever);
  });

  it('is not a first container from before the creation of the server', () => {
    const since = ago(30 * MINUTE);
    const seen: Glance = { workloads: { name: 'web-1', containers: [{ id: 'a', mb: 1, since }] } };
    expect(look(watched(), seen).life.first_container_at).toBe(CREATED);
  });
});

describe('the begin of idleness', () => {
  it('is that of the source, but never later than now', () => {
    const node = watched({ initialized_at: CREATED });
    const empty = (emptySince: string) => look(node, { workloads: { name: 'web-1', containers: [], emptySince } });
    expect(empty(ago(9 * MINUTE)).life.empty_since).toBe(ago(9 * MINUTE));
    expect(empty(ago(-5 * MINUTE)).life.empty_since).toBe(ago(0));
    expect(node.memory.kept.looked_at).toBeUndefined();
  });

  const INTERVAL = 2 * MINUTE;
  it.each([
    [2 * INTERVAL, true],
    [2 * INTERVAL + 1, false],
  ])('without the source, refreshes that are %i ms apart %s continue it', (gap, goesOn) => {
    const node = watched({ initialized_at: CREATED, containers_ever: 1 }, { state: 'idle' });
    const first = look(node).life.empty_since;
    node.now += gap;
    expect(look(node).life.empty_since === first).toBe(goesOn);
  });

  it('is reset if a container existed between two refreshes', () => {
    const node = watched({ initialized_at: CREATED, containers_ever: 1, started_total: 1 }, { state: 'idle' });
    const empty = (startedTotal: number) => look(node, { workloads: { name: 'web-1', startedTotal, containers: [] } });
    const first = empty(1).life.empty_since;
    node.now += MINUTE;
    expect(empty(1).life.empty_since).toBe(first);
    expect(empty(2).life.empty_since).toBe(new Date(node.now).toISOString());
  });

  it('includes time in which the source was not read', () => {
    const node = watched({ initialized_at: CREATED, containers_ever: 1 }, { state: 'idle' });
    const first = look(node).life.empty_since;
    node.now += 3 * MINUTE;
    look(node, { known: 'unread', workloads: undefined });
    node.now += 3 * MINUTE;
    expect(look(node).life.empty_since).not.toBe(first);
  });
});

describe('the last known containers', () => {
  const unlisted: Glance = { known: 'unlisted', workloads: undefined };

  it('are kept while the node is off, does not answer or is not listed, until the source reports that it is empty', () => {
    const node = watched({ initialized_at: CREATED }, { state: 'ready' });
    look(node, busy('a', 'b'));
    node.now += MINUTE;
    const off = look(node, { status: 'off', probe: 'none', ...unlisted });
    expect(off).toMatchObject({ state: 'unhealthy', health: 'unhealthy' });
    expect(off.life).toMatchObject({ containers: 2, allocated_mb: 1024 });
    node.now += MINUTE;
    expect(look(node, { probe: 'failed', ...unlisted }).life.containers).toBe(2);
    node.now += MINUTE;
    expect(look(node, { known: 'unread', workloads: undefined }).state).toBe('active');
    node.now += MINUTE;
    expect(look(node, { status: 'off', probe: 'none' }).life).toMatchObject({ containers: 0, allocated_mb: 0 });
  });

  it('memory is that of the source, or the sum over them', () => {
    const node = watched({ initialized_at: CREATED });
    expect(look(node, busy('a', 'b')).life.allocated_mb).toBe(1024);
    const reported = { workloads: { name: 'web-1', allocatedMb: 99, containers: containers('a') } };
    expect(look(node, reported).life.allocated_mb).toBe(99);
  });
});

describe('health', () => {
  const ready = (): Watched => watched({ initialized_at: CREATED }, { state: 'ready', others: { health: 'healthy' } });

  it('four failed probes in a row have no effect, the fifth makes it unhealthy, and one answer healthy again', () => {
    const node = ready();
    const states = Array.from({ length: 6 }, () => {
      node.now += 10_000;
      const { state, health } = look(node, { probe: 'failed' });
      return `${state} ${health}`;
    });
    expect(states).toEqual([
      ...Array.from({ length: 4 }, () => 'ready healthy'),
      'unhealthy unhealthy',
      'unhealthy unhealthy',
    ]);
    node.now += 10_000;
    expect(look(node)).toMatchObject({ state: 'ready', health: 'healthy' });
    expect(node.memory.kept).toMatchObject({ probe_failures: 0 });
    expect(node.memory.kept.probe_failed_at).toBeUndefined();
  });

  it('an answer between them resets the count', () => {
    const node = ready();
    for (const probe of [
      'failed',
      'failed',
      'failed',
      'failed',
      'answered',
      'failed',
      'failed',
      'failed',
      'failed',
    ] as const) {
      node.now += 10_000;
      expect(look(node, { probe }).state).toBe('ready');
    }
  });

  it.each([
    [9_999, 1],
    [10_000, 2],
  ])('failures that are %i ms apart count as %i', (apart, count) => {
    const node = ready();
    look(node, { probe: 'failed' });
    node.now += apart;
    expect(look(node, { probe: 'failed' }).life.probe_failures).toBe(count);
  });

  it('a burst of refreshes makes no node unhealthy', () => {
    const node = ready();
    for (let i = 0; i < 20; i += 1) {
      node.now += 100;
      expect(look(node, { probe: 'failed' }).state).toBe('ready');
    }
  });
});

describe('a found node', () => {
  function adopted(): Watched {
    const node = watched();
    const { life } = look(node, { memory: undefined, recovered: true });
    node.memory = { ...node.memory, owned: 'adopted', kept: { ...node.memory.kept, ...(life as Partial<NodeMemory>) } };
    return node;
  }

  it('is synced by the first complete refresh after it, even if the source does not list it', () => {
    for (const known of ['listed', 'unlisted', 'none'] as const) {
      const node = adopted();
      expect(node.memory.kept).toMatchObject({ recovered_at: ago(0) });
      expect(node.memory.kept.sync_completed_at).toBeUndefined();
      node.now += MINUTE;
      const seen = known === 'listed' ? {} : { known, workloads: undefined };
      expect(look(node, seen).life.sync_completed_at).toBe(new Date(node.now).toISOString());
      // Once only.
      const done = node.memory.kept.sync_completed_at;
      node.now += MINUTE;
      expect(look(node, seen).life).toMatchObject({ sync_completed_at: done, recovered_at: ago(0) });
    }
  });

  it('is not synced while the source cannot be read', () => {
    const node = adopted();
    node.now += MINUTE;
    const unread: Glance = { known: 'unread', workloads: undefined };
    expect(look(node, unread).life.sync_completed_at).toBeUndefined();
  });
});

describe('a drained node', () => {
  it('is drained by its label: with the time of the label after an interrupted drain of fettle, else from now on', () => {
    const labels = { [LABELS.drain]: drainValue(NOW - 7 * MINUTE) };
    const state = 'idle';
    const theirs = look(watched({ initialized_at: CREATED }, { state }), { labels });
    expect(theirs).toMatchObject({ state: 'draining', life: { draining_at: ago(0) } });
    const begun = (at: number) =>
      ({
        seq: 7,
        run: 'r',
        step: 'idle>draining',
        goal: 'remove',
        at: Date.parse(ago(at)),
      }) as const satisfies Memory['open'];
    const ours = look(watched({ initialized_at: CREATED }, { state, open: begun(8 * MINUTE) }), { labels });
    expect(ours).toMatchObject({ state: 'draining', life: { draining_at: ago(7 * MINUTE) } });
    // A label is not older than the intent that set it.
    const older = look(watched({ initialized_at: CREATED }, { state, open: begun(3 * MINUTE) }), { labels });
    expect(older.life.draining_at).toBe(ago(3 * MINUTE));
  });

  it('stays drained if another program removes the label', () => {
    const node = watched({ initialized_at: CREATED, draining_at: ago(MINUTE) }, { state: 'draining' });
    expect(look(node, busy('a'))).toMatchObject({ state: 'draining', life: { draining_at: ago(MINUTE) } });
  });

  it.each(['soon', '', '0', 'true', '99999999999999'])('is not drained by a label without a time: %s', (value) => {
    const node = watched({ initialized_at: CREATED }, { state: 'idle' });
    expect(look(node, { labels: { [LABELS.drain]: value } }).state).not.toBe('draining');
    expect(look(node, { labels: { [LABELS.drain]: value } }).life.draining_at).toBeUndefined();
  });

  it('is not from the future', () => {
    const node = watched({ initialized_at: CREATED }, { state: 'idle' });
    const life = look(node, { labels: { [LABELS.drain]: drainValue(NOW + 60 * MINUTE) } });
    expect(life.life.draining_at).toBe(ago(0));
  });
});

describe('the state', () => {
  it('has a whole life, and drops values that are no longer known', () => {
    const life: NodeLife = { containers_ever: 3, probe_failures: 0 };
    const noted = noteNode(nodeResource({ signals: signalsOf({ life }) })) as Readonly<Record<string, unknown>>;
    expect(noted).toMatchObject({
      containers_ever: 3,
      empty_since: null,
      draining_at: null,
      container_ids: null,
      server_id: 42,
    });
  });

  it('is kept while the node does not exist', () => {
    const resource = absent(nodeResource());
    expect(noteNode(resource)).toEqual({});
  });

  it('has nothing of another server under the same name', () => {
    const resource = nodeResource({ facts: { ...seenFacts(nodeResource()), server_id: 43, other: true } });
    expect(noteNode(resource)).toEqual({});
  });
});
