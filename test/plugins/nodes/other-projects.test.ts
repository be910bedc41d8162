/** Two projects on one account: neither ever touches the servers of the other, for any failure in between. */

import { afterEach, describe, expect, it } from 'vitest';
import { LABELS } from '../../../plugins/nodes/labels.ts';
import { type Ran, startWhole, type Whole } from './whole.ts';
import fc from '../../support/property.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const running: Whole[] = [];
afterEach(async () => {
  for (const whole of running.splice(0).toReversed()) await whole.stop();
});

async function twoProjects(): Promise<{ readonly shop: Whole; readonly blog: Whole }> {
  const shop = await startWhole();
  const blog = await startWhole({}, {}, { whole: shop, project: 'blog' });
  running.push(shop, blog);
  return { shop, blog };
}

function yaml(names: readonly string[], more = ''): string {
  return names
    .map(
      (name) => `apiVersion: nodes/v1
kind: Node
metadata: { name: ${name} }
spec:
  { serverType: cx23, image: debian-13, location: nbg1, readiness: { after: 1m }, readyGrace: 0s, idleGrace: 0s, drainGrace: 0s, workloads: { none: true } ${more} }
`,
    )
    .join('---\n');
}

function rowsOf({ reconciled, error }: Ran): readonly string[] {
  if (reconciled === undefined) throw new Error('no plan', { cause: error });
  const { resource_changes: taken, rejected_changes: rejected, deferred_changes: deferred } = reconciled.plan;
  return [
    ...taken.map((row) => `${row.name} ${row.goal}`),
    ...[...rejected, ...deferred].map(
      ({ resource_change: row, reasons }) =>
        `not ${row.name} ${row.goal}: ${reasons.map(({ rule }) => rule).join(', ')}`,
    ),
  ];
}

const FAIL = {
  method: 'POST',
  path: '/servers',
  times: 10,
  mishap: { kind: 'error', status: 412, code: 'resource_unavailable' },
} as const;

describe('a server of another project under an owned name', () => {
  it('after a failed create is neither relabelled nor drained', async () => {
    const { shop, blog } = await twoProjects();
    shop.write(yaml(['web-1']));
    await shop.run();
    await shop.pass(HOUR);
    await shop.run();
    shop.emulator.vanish('web-1');
    const ending = shop.emulator.inject(FAIL);
    await shop.run();
    ending();
    blog.write(yaml(['web-1']));
    await blog.run();
    await shop.pass(HOUR);
    await blog.run();
    const theirs = shop.emulator.server('web-1');
    for (const documents of [yaml(['web-1']), yaml(['web-1'], ', power: "off"'), '# none']) {
      shop.write(documents);
      for (let round = 0; round < 3; round += 1) {
        // Its state can change; the server does not.
        const taken = rowsOf(await shop.run()).filter((row) => !/^not |protect$/u.test(row));
        expect(taken).toEqual([]);
        await shop.pass(HOUR);
      }
    }
    expect(shop.emulator.server('web-1')).toEqual(theirs);
  });

  it('is a row that names the project, and not adopted', async () => {
    const { shop, blog } = await twoProjects();
    blog.write(yaml(['web-1']));
    await blog.run();
    shop.write(yaml(['web-1', 'web-2']));
    const ran = await shop.run();
    expect(rowsOf(ran)).toEqual(['web-2 create', 'not web-1 adopt: other-project']);
    expect(ran.reconciled?.plan.gaps).toEqual([]);
    expect(ran.reconciled?.plan.unmanaged).toEqual([]);
    expect(shop.emulator.server('web-1').labels[LABELS.project]).toBe('blog');
    // No server of blog is listed to shop as adoptable.
    shop.write(yaml(['web-2']));
    expect((await shop.run()).reconciled?.plan.unmanaged).toEqual([]);
  });

  it('is skipped by a pool that assigns names', async () => {
    const { shop, blog } = await twoProjects();
    blog.write(yaml(['web-2']));
    await blog.run();
    shop.write(`apiVersion: nodes/v1
kind: NodePool
metadata: { name: web }
spec: { size: 2, template: { serverType: cx23, image: debian-13, location: nbg1, readiness: { after: 1m }, workloads: { none: true } } }
`);
    await shop.run();
    await shop.run();
    expect([...shop.emulator.cloud().servers.values()].map(({ name }) => name).sort()).toEqual([
      'web-1',
      'web-2',
      'web-3',
    ]);
  });
});

describe('a machine without a cloud', () => {
  it('can have the name of a server of the account: both plans are as without it', async () => {
    const { shop, blog } = await twoProjects();
    blog.write(yaml(['web-1']));
    await blog.run();
    shop.write(`${yaml(['web-2'])}---
apiVersion: nodes/v1
kind: Node
metadata: { name: web-1 }
spec: { provider: static, address: 127.0.0.1, readiness: { after: 1m }, workloads: { none: true } }
`);
    const ran = await shop.run();
    expect(ran.reconciled?.plan.gaps).toEqual([]);
    expect(rowsOf(ran)).toEqual(['web-2 create']);
    expect(ran.reconciled?.plan.unmanaged).toEqual([]);
  });
});

describe('the list of another account', () => {
  it('creates none of two or more nodes in the state again, in any run, and an override creates one', async () => {
    const whole = await startWhole();
    running.push(whole);
    whole.write(yaml(['web-1', 'web-2']));
    await whole.run();
    await whole.pass(HOUR);
    await whole.run();
    for (const name of ['web-1', 'web-2']) whole.emulator.vanish(name);
    for (let round = 0; round < 3; round += 1)
      expect(rowsOf(await whole.run())).toEqual(['not web-1 create: all-missing', 'not web-2 create: all-missing']);
    whole.lift('all-missing@nodes/Node/web-1');
    expect(rowsOf(await whole.run())).toEqual(['web-1 create', 'not web-2 create: all-missing']);
    whole.lift();
    // One of them exists: the others are not missing because of the account.
    expect(rowsOf(await whole.run())).toEqual(['web-2 create']);
  });

  it.each([
    ['without a project', {}],
    ['another project’s', { [LABELS.project]: 'blog' }],
  ])('is doubted if a server of it has the name of one in the state: %s', async (_whose, labels) => {
    const whole = await startWhole();
    running.push(whole);
    whole.write(yaml(['web-1', 'web-2', 'web-3']));
    await whole.run();
    await whole.pass(HOUR);
    await whole.run();
    for (const name of ['web-1', 'web-2', 'web-3']) whole.emulator.vanish(name);
    whole.emulator.seed({ name: 'web-1', labels });
    for (let round = 0; round < 3; round += 1)
      expect(rowsOf(await whole.run()).filter((row) => row.includes('create'))).toEqual([
        'not web-2 create: all-missing',
        'not web-3 create: all-missing',
      ]);
  });

  it('is doubted if a machine without a cloud is still observed', async () => {
    const whole = await startWhole();
    running.push(whole);
    whole.write(yaml(['web-1', 'web-2', 'web-3']));
    await whole.run();
    await whole.pass(HOUR);
    await whole.run();
    const machine = `---
apiVersion: nodes/v1
kind: Node
metadata: { name: web-3 }
spec: { provider: static, address: 127.0.0.1, readiness: { after: 1m } }
`;
    whole.write(`${yaml(['web-1', 'web-2'])}${machine}`);
    await whole.run();
    await whole.run();
    for (const name of ['web-1', 'web-2']) whole.emulator.vanish(name);
    expect(rowsOf(await whole.run())).toEqual(['not web-1 create: all-missing', 'not web-2 create: all-missing']);
  });

  it('is not doubted for a single node', async () => {
    const whole = await startWhole();
    running.push(whole);
    whole.write(yaml(['web-1']));
    await whole.run();
    await whole.pass(HOUR);
    await whole.run();
    whole.emulator.vanish('web-1');
    expect(rowsOf(await whole.run())).toEqual(['web-1 create']);
  });
});

type Did =
  | { readonly do: 'write'; readonly by: 'shop' | 'blog'; readonly names: readonly string[]; readonly off: boolean }
  | { readonly do: 'run'; readonly by: 'shop' | 'blog'; readonly fault?: 'refused' | 'lost'; readonly killed?: number }
  | { readonly do: 'vanish'; readonly name: string }
  | { readonly do: 'mark'; readonly name: string; readonly key: string; readonly value: string }
  | { readonly do: 'pass'; readonly minutes: number };

/** One name, so that the two meet often. */
const NAMES = ['web-1'] as const;
const by = fc.constantFrom('shop' as const, 'blog' as const);

const deed: fc.Arbitrary<Did> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('write' as const), by, names: fc.subarray([...NAMES]), off: fc.boolean() }),
  },
  {
    weight: 5,
    arbitrary: fc.record(
      {
        do: fc.constant('run' as const),
        by,
        fault: fc.constantFrom('refused' as const, 'refused' as const, 'lost' as const),
        killed: fc.nat(40),
      },
      { requiredKeys: ['do', 'by'] },
    ),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('vanish' as const), name: fc.constantFrom(...NAMES) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('mark' as const),
      name: fc.constantFrom(...NAMES),
      key: fc.constantFrom(LABELS.drain, LABELS.intent, LABELS.role, LABELS.pool),
      value: fc.constantFrom('', 'true', 'system', '1', 'test-run-1-2', 'blog-run-1-2'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pass' as const), minutes: fc.constantFrom(1, 10, 120) }) },
);

/** The values of the other project's servers that a run of this one must not change. */
function standing(whole: Whole, project: string) {
  return [...whole.emulator.cloud().servers.values()]
    .filter(({ labels }) => labels[LABELS.project] === project)
    .map(({ id, name, labels, type, image }) => ({ id, name, labels, type, image }));
}

describe('two projects on one account', () => {
  it('never touch the servers of the other, for any failure, loss, removal or label', async () => {
    let [runs, refused] = [0, 0];
    await fc.assert(
      fc.asyncProperty(fc.array(deed, { minLength: 12, maxLength: 40 }), async (deeds) => {
        const { shop, blog } = await twoProjects();
        const of = { shop, blog };
        for (const whole of [shop, blog]) whole.write(yaml([...NAMES]));
        for (const each of deeds) {
          if (each.do === 'write')
            of[each.by].write(each.names.length === 0 ? '# none' : yaml(each.names, each.off ? ', power: "off"' : ''));
          else if (each.do === 'pass') await shop.pass(each.minutes * MINUTE);
          else if (each.do === 'vanish') {
            if ([...shop.emulator.cloud().servers.values()].some(({ name }) => name === each.name))
              shop.emulator.vanish(each.name);
          } else if (each.do === 'mark') {
            const row = [...shop.emulator.cloud().servers.values()].find(({ name }) => name === each.name);
            if (row !== undefined)
              shop.emulator.alter(each.name, { labels: { ...row.labels, [each.key]: each.value } });
          } else {
            await shop.emulator.settle();
            const whole = of[each.by];
            const other = each.by === 'shop' ? 'blog' : 'test';
            const before = standing(whole, other);
            const asked = shop.emulator.requests().length;
            const ending =
              each.fault === undefined
                ? () => undefined
                : whole.emulator.inject(each.fault === 'refused' ? FAIL : { ...FAIL, mishap: { kind: 'lost-after' } });
            const ran = await whole.run(
              each.killed === undefined ? undefined : { at: 'request', after: each.killed, happens: true },
            );
            ending();
            runs += 1;
            if (ran.reconciled !== undefined && rowsOf(ran).some((row) => row.includes('other-'))) refused += 1;
            expect(standing(whole, other)).toEqual(before);
            const effects = shop.emulator
              .requests()
              .slice(asked)
              .filter(({ method }) => method !== 'GET');
            expect(effects.filter(({ path }) => before.some(({ id }) => path.includes(`/servers/${id}`)))).toEqual([]);
          }
        }
        for (const whole of running.splice(0).toReversed()) await whole.stop();
      }),
      { numRuns: process.env['FETTLE_TEST_FULL'] === '1' ? 1000 : 25 },
    );
    // Otherwise the stories would not have brought the two together.
    expect(refused).toBeGreaterThan(runs / 50);
  });
});
