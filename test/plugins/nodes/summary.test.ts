/** The summary of a plan: nodes by state, and their cost before and after, by the provider's own prices. */

import { afterEach, describe, expect, it } from 'vitest';
import type { Json } from '#plugin';
import { planMarkdown } from '../../../src/report/plan-markdown.ts';
import { type Ran, startWhole, type Whole } from './whole.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const running: Whole[] = [];
afterEach(async () => {
  for (const whole of running.splice(0)) await whole.stop();
});

async function start(): Promise<Whole> {
  const whole = await startWhole();
  running.push(whole);
  return whole;
}

function nodeYaml(name: string, more = ''): string {
  return `---
apiVersion: nodes/v1
kind: Node
metadata: { name: ${name} }
spec: { serverType: cx23, image: debian-13, location: nbg1, readiness: { after: 1m }${more} }
`;
}

const SPARE = `---
apiVersion: nodes/v1
kind: NodePool
metadata: { name: spare }
spec: { size: 0, template: { serverType: cx23, image: debian-13, location: nbg1 } }
`;

interface Cost {
  readonly servers: number;
  readonly hourly: number;
  readonly monthly: number;
}

function costOf({ reconciled, error }: Ran): { readonly now: Cost; readonly after: Cost; readonly unknown: Json } {
  const cost = reconciled?.plan.summaries?.find(({ title }) => title === 'cost');
  if (cost === undefined) throw new Error('the plan says no cost', { cause: error });
  return cost.facts as unknown as ReturnType<typeof costOf>;
}

/** The price of a type in a location at the emulated provider, for an hour and a month. */
async function priceOf(whole: Whole, type: string, location: string): Promise<readonly [number, number]> {
  const { endpoint, tokens } = whole.emulator;
  const headers = { authorization: `Bearer ${tokens.readOnly}` };
  const answer = (await (await fetch(`${endpoint}/server_types?name=${type}`, { headers })).json()) as {
    readonly server_types: readonly {
      readonly prices: readonly {
        readonly location: string;
        readonly price_hourly: { readonly net: string };
        readonly price_monthly: { readonly net: string };
      }[];
    }[];
  };
  const price = (answer.server_types[0]?.prices ?? []).find((each) => each.location === location);
  return [Number(price?.price_hourly.net), Number(price?.price_monthly.net)];
}

describe('the cost', () => {
  it('is the provider’s, with added, changed and removed nodes', async () => {
    const whole = await start();
    const [small, smallMonth] = await priceOf(whole, 'cx23', 'nbg1');
    const [large, largeMonth] = await priceOf(whole, 'cx33', 'nbg1');
    expect([small, large].every((price) => price > 0)).toBe(true);
    whole.write(nodeYaml('a') + nodeYaml('b', ', backups: true') + SPARE);
    const made = costOf(await whole.run());
    expect(made.now).toEqual({ servers: 0, hourly: 0, monthly: 0 });
    expect(made.after.servers).toBe(2);
    expect(made.after.hourly).toBeCloseTo(small * 2.2, 8);
    expect(made.after.monthly).toBeCloseTo(smallMonth * 2.2, 8);
    await whole.pass(HOUR);
    // Another type for one; the other one is removed.
    whole.write(nodeYaml('a').replace('cx23', 'cx33') + SPARE);
    const changed = costOf(await whole.run());
    expect(changed.now.hourly).toBeCloseTo(small * 2.2, 8);
    expect(changed.after).toEqual({ servers: 1, hourly: large, monthly: largeMonth });
    expect(changed.unknown).toEqual([]);
  });

  it('of a rejected change stays as it is', async () => {
    const whole = await start();
    whole.write(nodeYaml('a') + SPARE);
    await whole.run();
    await whole.pass(5 * MINUTE);
    whole.write(SPARE);
    const ran = await whole.run();
    expect(ran.reconciled?.plan.rejected_changes).toHaveLength(1);
    const { now, after } = costOf(ran);
    expect(after).toEqual(now);
  });

  it('of a pool that grows is in the plan that lets it grow', async () => {
    const whole = await start();
    whole.write(SPARE.replace('size: 0', 'size: 3'));
    expect(costOf(await whole.run())).toMatchObject({ now: { servers: 0 }, after: { servers: 3 } });
    expect(costOf(await whole.run())).toMatchObject({ now: { servers: 3 }, after: { servers: 3 } });
    await whole.pass(HOUR);
    whole.write(SPARE.replace('size: 0', 'size: 2'));
    expect(costOf(await whole.run())).toMatchObject({ now: { servers: 3 }, after: { servers: 2 } });
  });

  it('names the unknown prices', async () => {
    const whole = await start();
    whole.write(nodeYaml('a', ', protection: false').replace('cx23', 'cx33') + nodeYaml('b'));
    await whole.run();
    const { endpoint, tokens } = whole.emulator;
    const headers = { authorization: `Bearer ${tokens.readWrite}` };
    const list = (await (await fetch(`${endpoint}/server_types?per_page=50`, { headers })).json()) as {
      server_types: { name: string }[];
      meta: { pagination: { total_entries: number } };
    };
    list.server_types = list.server_types.filter(({ name }) => name !== 'cx33');
    list.meta.pagination.total_entries -= 1;
    const mishap = { kind: 'text', status: 200, text: JSON.stringify(list) } as const;
    whole.emulator.inject({ method: 'GET', path: '/server_types', times: Infinity, mishap });
    const ran = await whole.run();
    expect(costOf(ran).unknown).toEqual(['a']);
    const lines = ran.reconciled?.plan.summaries?.find(({ title }) => title === 'cost')?.lines;
    expect(lines?.at(-1)).toBe('not included: a, whose price is unknown');
  });

  it('excludes unmanaged servers, and machines without a cloud', async () => {
    const whole = await start();
    whole.emulator.seed({ name: 'somebodys' });
    whole.write(`${nodeYaml('a')}---
apiVersion: nodes/v1
kind: Node
metadata: { name: metal }
spec: { provider: static, address: 127.0.0.1, readiness: { after: 1m } }
`);
    expect(costOf(await whole.run())).toMatchObject({ now: { servers: 0 }, after: { servers: 1 } });
  });

  it('is in markdown and JSON too', async () => {
    const whole = await start();
    whole.write(nodeYaml('a'));
    const plan = (await whole.run()).reconciled?.plan;
    if (plan === undefined) throw new Error('no plan');
    expect(planMarkdown(plan, { now: whole.clock.now() })).toMatch(/<code>nodes<\/code> cost: after {2}€\d/u);
    const cost = (JSON.parse(JSON.stringify(plan)) as typeof plan).summaries?.find(({ title }) => title === 'cost');
    expect(cost?.facts['currency']).toBe('EUR');
  });
});

describe('the states', () => {
  it('are counted, the most frequent first', async () => {
    const whole = await start();
    whole.write(nodeYaml('a') + nodeYaml('b') + nodeYaml('c'));
    await whole.run();
    await whole.pass(5 * MINUTE);
    whole.emulator.workloads.start('b', { id: 'x', mb: 1 });
    const states = (await whole.run()).reconciled?.plan.summaries?.find(({ title }) => title === 'states');
    expect(states).toEqual({
      plugin: 'nodes',
      title: 'states',
      lines: ['3 nodes: 2 ready, 1 active'],
      facts: { ready: 2, active: 1 },
    });
  });
});
