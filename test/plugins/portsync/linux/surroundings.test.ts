/** Losses and take-backs by tables and properties; `take-back.test.ts` compares them with a kernel. */

import { describe, expect, test } from 'vitest';
import { addressDumpIn, type RouteSeen } from '../../../../plugins/portsync/linux/addresses.ts';
import type { LinkSeen } from '../../../../plugins/portsync/linux/link.ts';
import {
  hasLosses,
  lossesOf,
  type PlainStep,
  type Surroundings,
  takeBackOf,
} from '../../../../plugins/portsync/linux/surroundings.ts';
import fc from '../../../support/property.ts';

function link(name: string, more: Partial<LinkSeen> = {}): LinkSeen {
  const states = { admin: 'up', oper: 'up', operState: 'UP' } as const;
  return { index: 1, name, altnames: [], mtu: 1500, ...states, group: 'default', ...more };
}

const vlanOn = (parent: string, name: string, more: Partial<LinkSeen> = {}): LinkSeen =>
  link(name, { kind: 'vlan', lower: { name: parent }, ...more });

function route(to: string, via: string, more: Partial<RouteSeen> = {}): RouteSeen {
  const hops = [{ link: via, isOnLink: false }];
  return { family: 4, type: 'unicast', to, table: 'main', protocol: 'static', metrics: {}, hops, unknown: [], ...more };
}

function host(links: readonly LinkSeen[], more: Partial<Surroundings> = {}): Surroundings {
  return { links, addresses: [], routes: [], neighbours: [], ...more };
}

const linesBack = (steps: readonly PlainStep[], seen: Surroundings): readonly string[] =>
  takeBackOf(steps, seen).map(({ line }) => line);
const down = (name: string): PlainStep => ({ what: 'admin', link: name, to: 'down' });
const mtu = (name: string, to: number): PlainStep => ({ what: 'mtu', link: name, to });

describe('a take-back', () => {
  test('is empty without steps, and a step without dependents has one line', () => {
    expect(linesBack([], host([link('a')]))).toEqual([]);
    expect(linesBack([mtu('a', 1400)], host([link('a'), link('b')]))).toEqual(['link set dev a mtu 1500']);
    expect(hasLosses(lossesOf([mtu('a', 1400)], host([link('a'), link('b')])))).toBe(false);
  });

  test('raises parents before what stands on them, and bonds before their members', () => {
    const bond = link('z', { kind: 'bond' });
    const member = link('m', { master: { name: 'z', kind: 'bond' }, mtu: 1450 });
    const upper = vlanOn('z', 'b');
    const top = vlanOn('b', 'a');
    expect(linesBack([mtu('z', 1300)], host([top, upper, member, bond]))).toEqual([
      'link set dev z mtu 1500',
      'link set dev b mtu 1500',
      'link set dev a mtu 1500',
      'link set dev m mtu 1450',
    ]);
  });

  test('of a link sets its VLANs, at any depth, to the states that they had', () => {
    const links = [vlanOn('v', 'w', { admin: 'down' }), vlanOn('a', 'v', { admin: 'down' }), link('a')];
    expect(linesBack([down('a')], host(links))).toEqual([
      'link set dev a up',
      'link set dev v down',
      'link set dev w down',
    ]);
    expect(lossesOf([down('a')], host(links)).dependents).toEqual([
      { link: 'w', field: 'admin', from: 'down', to: 'up' },
      { link: 'v', field: 'admin', from: 'down', to: 'up' },
    ]);
  });

  test('leaves a bridge to follow its members, unless its own MTU is a step', () => {
    const links = [link('br', { kind: 'bridge' }), link('p', { master: { name: 'br', kind: 'bridge' } })];
    expect(linesBack([mtu('p', 1400)], host(links))).toEqual(['link set dev p mtu 1500']);
    expect(linesBack([mtu('br', 1400)], host(links))).toEqual(['link set dev br mtu 1500']);
  });

  test('puts equal routes back in their order, and never replaces one that stays', () => {
    const routes = [route('10.0.0.0/8', 'a'), route('10.0.0.0/8', 'b'), route('10.0.0.0/8', 'a', { table: '9' })];
    expect(linesBack([down('a')], host([link('a'), link('b')], { routes }))).toEqual([
      'link set dev a up',
      'route add 10.0.0.0/8 dev a table 9 proto static scope global',
      'route prepend 10.0.0.0/8 dev a table main proto static scope global',
    ]);
    expect(linesBack([down('b')], host([link('a'), link('b')], { routes }))).toEqual([
      'link set dev b up',
      'route append 10.0.0.0/8 dev b table main proto static scope global',
    ]);
  });

  test('has the values of the change for an MTU and an alias, also of the links that follow', () => {
    const seen = host([link('a', { alias: 'old' }), vlanOn('a', 'v')]);
    const steps: readonly PlainStep[] = [mtu('a', 1400), { what: 'alias', link: 'a', to: '' }];
    expect(takeBackOf(steps, seen).map(({ only }) => only)).toEqual([
      { link: 'a', field: 'mtu', ours: '1400', before: '1500' },
      { link: 'v', field: 'mtu', ours: '1400', before: '1500' },
      { link: 'a', field: 'alias', ours: '', before: 'old' },
    ]);
  });

  test('refuses a text that could break out of its line', () => {
    const hostile = host([link('a', { alias: 'x\nlink set dev lo down' })]);
    expect(() => linesBack([{ what: 'alias', link: 'a', to: 'b' }], hostile)).toThrow(
      'cannot be part of a batch of ip',
    );
  });
});

test('a route that cannot be made again is named with the reason', () => {
  const dump = addressDumpIn({
    addresses: '[]',
    routes4:
      '[{"dst":"default","gateway":"10.0.0.1","dev":"a","nhid":7,"flags":[]},{"dst":"10.0.0.0/24","dev":"a","protocol":"kernel","flags":[]}]',
    routes6: '[]',
    neighbours: '[]',
  });
  const losses = lossesOf([down('a')], { links: [link('a')], ...dump });
  expect(losses.unrestorable.map(({ route: { to }, because }) => [to, because])).toEqual([['0.0.0.0/0', 'nhid']]);
  expect(losses.returning.map(({ to }) => to)).toEqual(['10.0.0.0/24']);
  expect(losses.routes).toEqual([]);
  expect(hasLosses(losses)).toBe(true);
});

const names = ['a', 'b', 'c', 'd'];
const name = fc.constantFrom(...names);
/** Links that stand on each other in any way, also in circles. */
const links: fc.Arbitrary<readonly LinkSeen[]> = fc
  .tuple(
    ...names.map(() =>
      fc.record({
        kind: fc.constantFrom('vlan', 'macvlan', 'ipvlan', 'bond', 'bridge', 'dummy'),
        lower: name,
        master: fc.option(fc.record({ name, kind: fc.constantFrom('bond', 'bridge', 'vrf') })),
        admin: fc.constantFrom('up', 'down'),
        mtu: fc.integer({ min: 60, max: 9000 }),
      }),
    ),
  )
  .map((all) =>
    all.map(({ kind, lower, master, admin, mtu: size }, i) =>
      link(names[i] ?? '', {
        kind,
        admin,
        mtu: size,
        lower: { name: lower },
        ...(master === null ? {} : { master }),
      }),
    ),
  );
const step: fc.Arbitrary<PlainStep> = fc.oneof(
  fc.record({ what: fc.constant('admin' as const), link: name, to: fc.constantFrom('up', 'down') }),
  fc.record({ what: fc.constant('mtu' as const), link: name, to: fc.integer({ min: 60, max: 9000 }) }),
);

test('any links and steps have a take-back that sets each changed field once, and ends', () => {
  const property = fc.property(links, fc.array(step, { maxLength: 6 }), (all, steps) => {
    const lines = linesBack(steps, host(all));
    expect(new Set(lines).size).toBe(lines.length);
    for (const { what, link: changed } of steps) {
      const { admin, mtu: size, kind } = all.find((each) => each.name === changed) ?? link(changed);
      if (what === 'admin') expect(lines).toContain(`link set dev ${changed} ${admin}`);
      if (what === 'mtu')
        expect({ kind, lines }).toMatchObject({
          lines: expect.arrayContaining([`link set dev ${changed} mtu ${size}`]) as string[],
        });
    }
  });
  fc.assert(property, { numRuns: 500 });
});
