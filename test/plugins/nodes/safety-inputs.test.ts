/**
 * Safety inputs on the whole line: a document that changes one has a row, and until that is applied the applied value
 * guards the node, also if it is removed in the same commit or a run later. Once it is applied, the removal continues.
 */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { tables } from '../../../plugins/nodes/generated.ts';
import { DRAIN_LABEL, type Ran, startWhole, type Whole } from './whole.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const running: Whole[] = [];
afterEach(async () => {
  for (const whole of running.splice(0)) await whole.stop();
});

interface Story {
  /** Members of the spec as they are applied first. */
  readonly applied: string;
  readonly written: string;
  /** The infrastructure before the document changes. */
  readonly before?: (whole: Whole) => Promise<void>;
  /** The events after it, with the runs or refreshes in which they occur. */
  readonly meanwhile?: (whole: Whole, look: () => Promise<unknown>) => Promise<void>;
  /** Runs without the document before the guarded step. */
  readonly steps?: number;
  /** The rule that keeps the node by the applied value. */
  readonly guard: string;
  /** Rows of the removal by the declared value; empty if the node is released. */
  readonly free: RegExp | undefined;
}

const drains = /^web-1 (ready|idle|active)>draining remove$/u;
const removes = /^web-1 unhealthy>decommissioned remove$/u;

const busyOnce = async (whole: Whole): Promise<void> => {
  whole.emulator.workloads.start('web-1', { id: 'c', mb: 1 });
  await whole.run();
  whole.emulator.workloads.end('c');
  await whole.run();
  await whole.pass(HOUR);
};

/** Only a pool sets `pool`: a document of a Node cannot change it. */
const STORIES: Readonly<Record<Exclude<Input, '/pool'>, Story>> = {
  '/provider': {
    applied: 'readyGrace: 3h',
    written: 'provider: static, address: 127.0.0.1, readyGrace: 3h',
    guard: 'too-young',
    free: undefined,
  },
  '/role': { applied: 'role: system', written: 'role: worker', guard: 'dedicated-node', free: drains },
  '/readyGrace': { applied: 'readyGrace: 3h', written: 'readyGrace: 0s', guard: 'too-young', free: drains },
  '/idleGrace': {
    applied: 'idleGrace: 3h',
    written: 'idleGrace: 0s',
    before: busyOnce,
    guard: 'idle-grace',
    free: drains,
  },
  '/drainGrace': {
    applied: 'drainGrace: 3h',
    written: 'drainGrace: 0s',
    steps: 1,
    guard: 'drain-grace',
    free: /^web-1 draining>decommissioned remove$/u,
  },
  '/startDeadline': {
    applied: 'readiness: { label: "state=up" }, startDeadline: 1d',
    written: 'readiness: { label: "state=up" }, startDeadline: 1m',
    steps: 1,
    guard: 'still-starting',
    free: removes,
  },
  '/readiness': {
    applied: 'readiness: { after: 1m }, readyGrace: 9h',
    written: 'readiness: { label: "state=up" }, readyGrace: 9h',
    meanwhile: async (whole, look) => {
      for (let i = 0; i < 7; i += 1) {
        await look();
        await whole.pass(MINUTE);
      }
    },
    guard: 'too-young',
    free: removes,
  },
  '/power': {
    applied: 'power: "off", readyGrace: 9h',
    written: 'power: "on", readyGrace: 9h',
    meanwhile: async (whole) => {
      // Another program turns it off once it runs.
      whole.emulator.alter('web-1', { status: 'off' });
    },
    steps: 1,
    guard: 'still-starting',
    free: removes,
  },
  '/workloads/name': {
    applied: 'workloads: { name: alias }',
    written: 'workloads: {}',
    guard: 'containers-unknown',
    free: drains,
  },
  '/workloads/none': {
    applied: 'workloads: {}',
    written: 'workloads: { none: true }',
    before: async (whole) => whole.emulator.workloads.leaveOut({ nodes: ['web-1'] }),
    guard: 'containers-unknown',
    free: drains,
  },
};

type Input = (typeof tables.kinds.Node.safetyInputs)[number]['pointer'];

function yaml(more: string): string {
  const readiness = more.includes('readiness') ? '' : 'readiness: { after: 1m }, ';
  const cloud = more.includes('static') ? '' : 'serverType: cx23, image: debian-13, location: nbg1, ';
  return `apiVersion: nodes/v1
kind: Node
metadata: { name: web-1 }
spec: { ${cloud}${readiness}${more} }
`;
}

function rows({ reconciled, error }: Ran): readonly string[] {
  if (reconciled === undefined) throw new Error('no plan', { cause: error });
  const { resource_changes: taken, rejected_changes: rejected, deferred_changes: deferred } = reconciled.plan;
  return [
    ...taken.map((row) => `${row.name} ${row.step} ${row.goal}`),
    ...[...rejected, ...deferred].map(
      ({ resource_change: row, reasons }) =>
        `REFUSED ${row.name} ${row.step}: ${reasons.map(({ rule }) => rule).join(' ')}`,
    ),
  ];
}

async function made({ applied, before }: Story): Promise<Whole> {
  const whole = await startWhole();
  running.push(whole);
  whole.write(yaml(applied));
  await whole.run();
  await whole.pass(2 * MINUTE);
  await whole.run();
  await before?.(whole);
  await whole.pass(HOUR);
  await whole.run();
  return whole;
}

/** The result for the node without its document, at the guarded step. */
async function removal(whole: Whole, { steps = 0 }: Story): Promise<readonly string[]> {
  whole.write('');
  for (let i = 0; i < steps; i += 1) {
    await whole.run();
    await whole.pass(10 * MINUTE);
  }
  return rows(await whole.run());
}

const stories = Object.entries(STORIES).map(([pointer, story]) => [pointer, story] as const);

describe('a change of a safety input', () => {
  it('has a story for each', () => {
    expect(Object.keys(STORIES).sort()).toEqual(
      tables.kinds.Node.safetyInputs
        .map(({ pointer }) => pointer)
        .filter((pointer) => pointer !== '/pool')
        .sort(),
    );
  });

  it.each(stories)('%s is a row of the plan', async (pointer, story) => {
    const whole = await made(story);
    whole.write(yaml(story.written));
    const { plan } = await whole.look();
    const paths = [...plan.resource_changes, ...plan.rejected_changes.map((each) => each.resource_change)].flatMap(
      ({ change }) => Object.keys({ ...(change.before as object), ...(change.after as object) }),
    );
    const [field = ''] = pointer.split('/').slice(1);
    expect(paths).toContain(field);
  });

  it.each(stories)('%s does not free a node that is removed in the same commit', async (_pointer, story) => {
    const whole = await made(story);
    const [row = '', ...more] = await removal(whole, story);
    expect(more).toEqual([]);
    expect(row).toContain('REFUSED');
    expect(row).toContain(story.guard);
  });

  it.each(stories)('%s does not free a node that is removed a run later, before it is applied', async (_p, story) => {
    const whole = await made(story);
    whole.write(yaml(story.written));
    await whole.look();
    await story.meanwhile?.(whole, whole.look);
    const [row = '', ...more] = await removal(whole, story);
    expect(more).toEqual([]);
    expect(row).toContain('REFUSED');
    expect(row).toContain(story.guard);
  });

  it.each(stories)('%s counts once it is applied', async (_pointer, story) => {
    const whole = await made(story);
    whole.write(yaml(story.written));
    await whole.run();
    await whole.run();
    await story.meanwhile?.(whole, whole.run);
    const found = await removal(whole, story);
    if (story.free === undefined) expect(found).toEqual([]);
    else expect(found.join('\n')).toMatch(story.free);
  });
});

function document(name: string, { metadata = '', lifecycle = '', spec = '' } = {}): string {
  return `---
apiVersion: nodes/v1
kind: Node
metadata: { name: ${name}, ${metadata} }
lifecycle: { ${lifecycle} }
spec: { serverType: cx23, image: debian-13, location: nbg1, readiness: { after: 1m }, readyGrace: 0s, ${spec} }
`;
}

/** Nodes that are created, ready and settled. */
async function settled(...documents: readonly string[]): Promise<Whole> {
  const whole = await startWhole();
  running.push(whole);
  whole.write(documents.join(''));
  for (let i = 0; i < 3; i += 1) {
    await whole.run();
    await whole.pass(2 * MINUTE);
  }
  return whole;
}

describe('the envelope of a document', () => {
  it('a hold outlives its document, and a document without it lifts it by a row', async () => {
    const whole = await settled(document('web-1'));
    whole.write(document('web-1', { lifecycle: 'hold: audit' }));
    expect(rows(await whole.run())).toEqual(['web-1 ready>ready protect']);
    whole.write('');
    expect(rows(await whole.run())).toEqual(['REFUSED web-1 ready>draining: freeze']);
    for (const lifecycle of ['', 'hold: false']) {
      whole.write(document('web-1', { lifecycle: 'hold: audit' }));
      await whole.run();
      whole.write(document('web-1', { lifecycle, spec: 'labels: { a: b }' }));
      expect(rows(await whole.run())).toEqual(['web-1 ready>ready protect']);
    }
    expect(rows(await whole.run())).toEqual(['web-1 ready>ready update']);
    whole.write('');
    expect(rows(await whole.run())).toEqual(['web-1 ready>draining remove']);
  });

  it('a hold counts as soon as it is declared', async () => {
    const whole = await settled(document('web-1'));
    whole.write(document('web-1', { lifecycle: 'hold: audit', spec: 'power: "off"' }));
    expect(rows(await whole.run())).toEqual(['web-1 ready>ready protect']);
    expect(rows(await whole.run())).toEqual(['REFUSED web-1 power:on>off: freeze']);
  });

  it('a label of a budget frees nothing in the commit that removes it', async () => {
    const names = ['web-1', 'web-2', 'web-3'];
    const labelled = (label: string, spec = ''): string =>
      names.map((name) => document(name, { metadata: `labels: { pool: ${label} }`, spec })).join('');
    const whole = await settled(labelled('web'));
    whole.limit({ budgets: [{ match: { labels: { pool: 'web' } }, max: 1, perMs: HOUR }] });
    whole.write(labelled('web', 'power: "off"'));
    expect(rows(await whole.run()).filter((row) => row.includes('REFUSED'))).toHaveLength(2);
    whole.write(labelled('other', 'power: "off"'));
    const found = rows(await whole.run());
    expect(found.filter((row) => row.includes('power'))).toEqual([]);
    expect(found).toEqual(names.map((name) => `${name} ready>ready protect`));
  });

  it('a label that is applied in one round frees nothing in the rounds after it, for the time of the budget', async () => {
    const names = ['web-1', 'web-2', 'web-3'];
    const labelled = (label: string, spec = ''): string =>
      names.map((name) => document(name, { metadata: `labels: { pool: ${label} }`, spec })).join('');
    const whole = await settled(labelled('web'));
    whole.limit({ budgets: [{ match: { labels: { pool: 'web' } }, max: 1, perMs: HOUR }] });
    const turnedOff = async (): Promise<readonly string[]> =>
      rows(await whole.run()).filter((row) => row.includes('power') && !row.includes('REFUSED'));
    whole.write(labelled('web', 'power: "off"'));
    expect(await turnedOff()).toHaveLength(1);
    whole.write(labelled('other', 'power: "off"'));
    for (let round = 0; round < 4; round += 1) expect(await turnedOff()).toEqual([]);
    await whole.pass(HOUR + MINUTE);
    expect(await turnedOff()).toHaveLength(2);
  });

  it('a need that is removed keeps its target until that is applied', async () => {
    const needing = document('web-1', { metadata: 'dependsOn: [nodes/Node/db-1]' });
    const whole = await settled(document('db-1'), needing);
    whole.write(document('web-1'));
    expect(rows(await whole.run())).toEqual(['web-1 ready>ready protect', 'REFUSED db-1 ready>draining: dependency']);
    expect(rows(await whole.run())).toEqual(['db-1 ready>draining remove']);
  });

  it('a protection guards a release', async () => {
    const whole = await settled(document('web-1', { lifecycle: 'protect: true, onRemove: release' }));
    whole.write('');
    expect(rows(await whole.run())).toEqual(['REFUSED web-1 ready>ready: protected']);
  });

  const asStatic = (lifecycle: string): string => `---
apiVersion: nodes/v1
kind: Node
metadata: { name: web-1 }
lifecycle: { ${lifecycle} }
spec: { provider: static, address: 127.0.0.1, readiness: { after: 1m }, readyGrace: 0s }
`;

  it.each([
    ['protect: true', 'protected', 'protect: false'],
    ['hold: audit', 'freeze', ''],
  ])('%s guards a server that its document releases as static', async (guard, rule, lifted) => {
    const whole = await settled(document('web-1'));
    whole.write(document('web-1', { lifecycle: guard }));
    await whole.run();
    whole.write(asStatic(guard));
    for (let round = 0; round < 2; round += 1)
      expect(rows(await whole.run())).toEqual([`REFUSED web-1 ready>ready: ${rule}`]);
    // Declared together, the guard is lifted by a row before.
    whole.write(asStatic(lifted));
    const { reconciled } = await whole.run();
    expect(reconciled?.plan.resource_changes.map(({ change }) => change.after)).toEqual([
      rule === 'freeze' ? {} : { lifecycle: { protect: false } },
    ]);
    expect(rows(await whole.run())).toEqual(['web-1 ready>ready protect']);
    expect(rows(await whole.run())).toEqual([]);
  });
});

describe('an alias that is the name of another node', () => {
  it('makes its containers unknown: none of them is lost', async () => {
    const whole = await settled(document('web-1'));
    whole.emulator.seed({ name: 'somebodys' });
    whole.write(document('web-1', { spec: 'workloads: { name: somebodys }' }));
    await whole.run();
    whole.write('');
    const [row = ''] = rows(await whole.run());
    expect(row).toContain('REFUSED web-1 ready>draining: partial-view');
  });

  it.each([
    [
      'its full disk',
      (whole: Whole) => {
        whole.emulator.workloads.fillDisk('somebodys', 99);
      },
    ],
    [
      'the drain of this node by its label',
      (whole: Whole) => {
        const { labels } = whole.emulator.server('web-1');
        const at = String(Math.floor(whole.clock.now() / 1000));
        whole.emulator.alter('web-1', { labels: { ...labels, [DRAIN_LABEL]: at } });
      },
    ],
    [
      'a document that turns it off',
      (whole: Whole) => {
        whole.write(document('web-1', { spec: 'workloads: { name: somebodys }, power: "off"' }));
      },
    ],
  ])('has no effect on either of them because of %s', async (_what, happen) => {
    const whole = await settled(document('web-1'));
    whole.emulator.seed({ name: 'somebodys' });
    whole.write(document('web-1', { spec: 'workloads: { name: somebodys }' }));
    await whole.run();
    happen(whole);
    for (let round = 0; round < 3; round += 1) {
      const found = rows(await whole.run()).filter((row) => !/^REFUSED|protect$/u.test(row));
      expect(found).toEqual([]);
    }
    expect(whole.emulator.workloads.isDrained('somebodys')).toBe(false);
  });

  it('is found right before the step, if its server was created after the plan', async () => {
    // A source that lists the alias, for any node of that name.
    const source = createServer((_request, response) => {
      response.end(JSON.stringify({ nodes: ['lobby', 'web-1'].map((name) => ({ name, containers: [] })) }));
    });
    await new Promise<void>((resolve) => {
      source.listen(0, '127.0.0.1', resolve);
    });
    const { port } = source.address() as AddressInfo;
    const whole = await startWhole({}, { workloads: { http: { url: `http://127.0.0.1:${port}/` } } });
    running.push(whole, { ...whole, stop: async () => void source.close() });
    whole.write(document('web-1', { spec: 'workloads: { name: lobby }' }));
    for (let i = 0; i < 3; i += 1) {
      await whole.run();
      await whole.pass(2 * MINUTE);
    }
    whole.write('');
    let made = false;
    whole.emulator.watch({
      request: (_method, path) => {
        // Only one server is requested right before a step.
        if (made || !/\/servers\/\d+$/u.test(path)) return;
        made = true;
        whole.emulator.seed({ name: 'lobby' });
      },
    });
    const ran = await whole.run();
    expect(made).toBe(true);
    expect(rows(ran)).toEqual(['web-1 ready>draining remove']);
    const row = ran.rows.get('nodes/Node/web-1');
    expect([row?.status, row?.message]).toEqual(['stale', expect.stringContaining('the name of another node')]);
    expect(whole.emulator.server('web-1').labels).not.toHaveProperty(DRAIN_LABEL);
  });
});
