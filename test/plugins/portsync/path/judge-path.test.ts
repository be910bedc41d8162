/** Changes of a plan are judged together: with all accepted changes at once, every path still holds. */

import { describe, expect, test } from 'vitest';
import type { Device, Evidence, Way } from '../../../../plugins/portsync/path/evidence.ts';
import { judgePaths, type PortEffect } from '../../../../plugins/portsync/path/judge-path.ts';
import { pathsOf } from '../../../../plugins/portsync/path/paths.ts';
import fc from '../../../support/property.ts';

type Given = Partial<Device> & { readonly name: string };

function device(given: Given): Device {
  return { role: 'port', isUp: true, carries: true, mtu: 9100, lower: [], isUsed: true, ...given };
}

function port(name: string, given: Partial<Device> = {}): Given {
  return { name, ...given };
}

function bundle(name: string, lower: readonly string[], needs = 1): Given {
  return { name, role: 'aggregate', lower, needs };
}

const way = (device: string, given: Partial<Way> = {}): Way => ({
  what: `the session over ${device}`,
  device,
  ...given,
});

interface Situation {
  readonly devices: readonly Given[];
  readonly ways?: readonly Way[];
  readonly learned?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  readonly unknown?: readonly string[];
  readonly management?: readonly string[];
}

function evidenceOf({ devices, ways = [], learned = {}, unknown = [] }: Situation): Evidence {
  return {
    devices: new Map(devices.map((each) => [each.name, device(each)])),
    ways,
    learned: new Map(Object.entries(learned).map(([name, macs]) => [name, new Map(Object.entries(macs))])),
    unknown,
  };
}

function verdicts(situation: Situation, effects: readonly PortEffect[]): Readonly<Record<string, string>> {
  const paths = pathsOf(evidenceOf(situation), situation.management ?? []);
  return Object.fromEntries(
    [...judgePaths(paths, effects)].map(([name, found]) => [
      name,
      found.verdict === 'allowed'
        ? 'allowed'
        : `${found.verdict === 'management-path-unknown' ? 'unknown' : 'cut'}${found.isWaiting ? ', waits' : ''}`,
    ]),
  );
}

const down = (port: string): PortEffect => ({ port, down: 'lasting' });
const flap = (port: string): PortEffect => ({ port, down: 'moment' });
const mtu = (port: string, value: number): PortEffect => ({ port, mtu: value });

const two = [port('e0'), port('e4'), port('e8', { isUsed: false }), bundle('pc', ['e0', 'e4'])];
const three = [port('e0'), port('e4'), port('e8'), bundle('pc', ['e0', 'e4', 'e8'], 2)];
const bridged = [port('e0'), port('e4'), { name: 'br', role: 'bridge', lower: ['e0', 'e4'] } as const];
const tagged = [
  ...two,
  { name: 'pc.100', role: 'stacked', lower: ['pc'], mtu: 1500 } as const,
  port('e12', { mtu: 1500 }),
];

type Row = readonly [
  name: string,
  situation: Situation,
  effects: readonly PortEffect[],
  found: Readonly<Record<string, string>>,
];

const table: readonly Row[] = [
  ['the only carrier', { devices: two, ways: [way('e8')] }, [down('e8')], { e8: 'cut' }],
  ['another port', { devices: two, ways: [way('e8')] }, [down('e0')], { e0: 'allowed' }],
  ['the only carrier for a moment', { devices: two, ways: [way('e8')] }, [flap('e8')], { e8: 'cut' }],
  ['one of two members', { devices: two, ways: [way('pc')] }, [down('e0')], { e0: 'allowed' }],
  ['both members', { devices: two, ways: [way('pc')] }, [down('e0'), down('e4')], { e0: 'cut', e4: 'cut' }],
  [
    'both members for a moment',
    { devices: two, ways: [way('pc')] },
    [flap('e0'), flap('e4')],
    { e0: 'allowed', e4: 'cut, waits' },
  ],
  [
    'one member for good, the other for a moment',
    { devices: two, ways: [way('pc')] },
    [flap('e0'), down('e4')],
    { e0: 'cut', e4: 'allowed' },
  ],
  ['one of three, two needed', { devices: three, ways: [way('pc')] }, [down('e0')], { e0: 'allowed' }],
  [
    'two of three, two needed',
    { devices: three, ways: [way('pc')] },
    [down('e0'), down('e4')],
    { e0: 'cut', e4: 'cut' },
  ],
  [
    'a member whose companion has no carrier',
    { devices: [port('e0'), port('e4', { carries: false }), bundle('pc', ['e0', 'e4'])], ways: [way('pc')] },
    [down('e0')],
    { e0: 'cut' },
  ],
  [
    'the companion without a carrier',
    { devices: [port('e0'), port('e4', { carries: false }), bundle('pc', ['e0', 'e4'])], ways: [way('pc')] },
    [down('e4')],
    { e4: 'allowed' },
  ],
  [
    'a path without a carrier at all',
    { devices: [port('e0', { carries: false })], ways: [way('e0')] },
    [down('e0')],
    { e0: 'cut' },
  ],
  ['the aggregate itself', { devices: two, ways: [way('pc')] }, [down('pc')], { pc: 'cut' }],
  [
    'the aggregate and its members',
    { devices: two, ways: [way('pc')] },
    [down('pc'), down('e0'), down('e4')],
    { pc: 'cut', e0: 'cut', e4: 'cut' },
  ],
  ['the parent of a VLAN', { devices: tagged, ways: [way('pc.100')] }, [down('pc')], { pc: 'cut' }],
  ['a member of the parent of a VLAN', { devices: tagged, ways: [way('pc.100')] }, [down('e0')], { e0: 'allowed' }],
  ['a bridge, the neighbour unknown', { devices: bridged, ways: [way('br')] }, [down('e0')], { e0: 'cut' }],
  [
    'a bridge, the neighbour behind the port',
    { devices: bridged, ways: [way('br', { neighbour: 'aa' })], learned: { br: { aa: ['e0'] } } },
    [down('e0'), down('e4')],
    { e0: 'cut', e4: 'allowed' },
  ],
  [
    'a bridge, the neighbour learned nowhere',
    { devices: bridged, ways: [way('br', { neighbour: 'aa' })], learned: { br: { bb: ['e0'] } } },
    [down('e4')],
    { e4: 'cut' },
  ],
  [
    'two paths with a port in common',
    { devices: two, ways: [way('pc'), way('e0')] },
    [down('e0'), down('e4')],
    { e0: 'cut', e4: 'cut' },
  ],
  ['a declared path', { devices: two, management: ['pc'] }, [down('e0'), down('e4')], { e0: 'cut', e4: 'cut' }],
  [
    'default routes do not count next to a declared path',
    { devices: two, ways: [way('e0', { isFallback: true })], management: ['e8'] },
    [down('e0')],
    { e0: 'allowed' },
  ],
  [
    'default routes count without a declared path',
    { devices: two, ways: [way('e0', { isFallback: true })] },
    [down('e0')],
    { e0: 'cut' },
  ],

  [
    'an MTU below that of the session',
    { devices: two, ways: [way('pc', { mtu: 1400, family: 4 })] },
    [mtu('e0', 1399)],
    { e0: 'cut' },
  ],
  [
    'the MTU of the session',
    { devices: two, ways: [way('pc', { mtu: 1400, family: 4 })] },
    [mtu('e0', 1400)],
    { e0: 'allowed' },
  ],
  ['1279 with IPv6', { devices: two, ways: [way('e8', { family: 6 })] }, [mtu('e8', 1279)], { e8: 'cut' }],
  ['1280 with IPv6', { devices: two, ways: [way('e8', { family: 6 })] }, [mtu('e8', 1280)], { e8: 'allowed' }],
  ['575 with IPv4', { devices: two, ways: [way('e8', { family: 4 })] }, [mtu('e8', 575)], { e8: 'cut' }],
  ['576 with IPv4', { devices: two, ways: [way('e8', { family: 4 })] }, [mtu('e8', 576)], { e8: 'allowed' }],
  ['1279 with a declared path', { devices: two, management: ['e8'] }, [mtu('e8', 1279)], { e8: 'cut' }],
  [
    '1499 with a session of unknown MTU',
    { devices: two, ways: [way('e8', { mtu: 'unknown' })] },
    [mtu('e8', 1499)],
    { e8: 'cut' },
  ],
  [
    '1500 with a session of unknown MTU',
    { devices: two, ways: [way('e8', { mtu: 'unknown' })] },
    [mtu('e8', 1500)],
    { e8: 'allowed' },
  ],
  [
    'an MTU that is too small already grows',
    { devices: [port('e0', { mtu: 1000 })], ways: [way('e0', { family: 6 })] },
    [mtu('e0', 1200)],
    { e0: 'allowed' },
  ],
  ['an MTU below that of a VLAN', { devices: tagged, ways: [way('pc.100')] }, [mtu('e0', 1499)], { e0: 'cut' }],
  ['the MTU of a VLAN', { devices: tagged, ways: [way('pc.100')] }, [mtu('e0', 1500)], { e0: 'allowed' }],
  [
    'a VLAN that becomes smaller too',
    { devices: tagged, ways: [way('pc.100', { mtu: 1300 })] },
    [mtu('pc.100', 1400), mtu('pc', 1400)],
    { 'pc.100': 'allowed', pc: 'allowed' },
  ],
  ['a small MTU outside of paths', { devices: two, ways: [way('e8')] }, [mtu('e0', 68)], { e0: 'allowed' }],

  ['unknown, a used port', { devices: two, unknown: ['x'] }, [down('e0')], { e0: 'unknown' }],
  ['unknown, a used port for a moment', { devices: two, unknown: ['x'] }, [flap('e0')], { e0: 'unknown' }],
  ['unknown, an unused port', { devices: two, unknown: ['x'] }, [down('e8')], { e8: 'allowed' }],
  [
    'unknown, a port that is down',
    { devices: [port('e0', { isUp: false, carries: false })], unknown: ['x'] },
    [flap('e0')],
    { e0: 'allowed' },
  ],
  ['unknown, a port that was not read', { devices: [], unknown: ['x'] }, [down('e0')], { e0: 'unknown' }],
  ['unknown, an MTU of 1499', { devices: two, unknown: ['x'] }, [mtu('e0', 1499)], { e0: 'unknown' }],
  ['unknown, an MTU of 1500', { devices: two, unknown: ['x'] }, [mtu('e0', 1500)], { e0: 'allowed' }],
  [
    'unknown, with a declared path',
    { devices: two, unknown: ['x'], management: ['e8'] },
    [down('e0')],
    { e0: 'allowed' },
  ],
  [
    'unknown, with a declared path that does not exist',
    { devices: two, unknown: [], management: ['e99'] },
    [down('e0')],
    { e0: 'unknown' },
  ],
];

describe('verdicts', () => {
  test.each(table)('%s', (_name, situation, effects, found) => {
    expect(verdicts(situation, effects)).toEqual(found);
  });
});

test('a refusal has facts and a remedy', () => {
  const paths = pathsOf(evidenceOf({ devices: two, ways: [way('pc', { mtu: 1400, family: 4 })] }), []);
  expect([...judgePaths(paths, [down('e0'), down('e4')]).values()][0]).toEqual({
    verdict: 'would-cut-management-path',
    message:
      'The change takes e0 down, and the session over pc uses pc, which needs 1 of its carriers (e0, e4) and would keep 0',
    facts: {
      port: 'e0',
      down: 'lasting',
      paths: ['the session over pc'],
      device: 'pc',
      carriers: ['e0', 'e4'],
      staying: [],
      min_links: 1,
      together_with: ['e4'],
    },
    remedy: 'change one port after another: leave e4 up, and apply again',
    isWaiting: false,
  });
  expect([...judgePaths(paths, [mtu('e0', 1000)]).values()][0]).toMatchObject({
    message: 'The MTU 1000 of e0 is too small: the session over pc needs 1400',
    facts: { port: 'e0', mtu: 1000, needed_mtu: 1400, paths: ['the session over pc'] },
    remedy: 'declare an mtu of at least 1400',
  });
});

const ports = ['e0', 'e1', 'e2', 'e3', 'e4', 'e5'] as const;
const some = fc.subarray([...ports], { minLength: 1 });

/** Devices over the ports, and ways over all of them. A VLAN stands on the first aggregate. */
const situations = fc
  .record({
    states: fc.tuple(
      ...ports.map(() => fc.record({ isUp: fc.boolean(), carries: fc.boolean(), isUsed: fc.boolean() })),
    ),
    first: some,
    second: some,
    bridge: some,
    needs: fc.integer({ min: 1, max: 4 }),
    behind: fc.option(fc.constantFrom(...ports), { nil: undefined }),
    vlanMtu: fc.integer({ min: 1000, max: 9000 }),
    ways: fc.subarray(['pc1', 'pc2', 'br', 'pc1.7', 'e5'], { minLength: 1 }),
    pmtu: fc.option(fc.integer({ min: 500, max: 2000 }), { nil: 'unknown' as const }),
    family: fc.constantFrom(4 as const, 6 as const, undefined),
    management: fc.subarray(['pc2', 'e1', 'no-such']),
    unknown: fc.subarray(['x']),
  })
  .map(({ states, first, second, bridge, needs, behind, vlanMtu, ways, pmtu, family, management, unknown }) => ({
    devices: [
      ...ports.map((name, i) => {
        const { isUp, carries, isUsed } = states[i]!;
        return port(name, { isUp, carries: isUp && carries, isUsed });
      }),
      bundle('pc1', first, needs),
      bundle('pc2', second, 1),
      { name: 'br', role: 'bridge' as const, lower: ['pc2', ...bridge] },
      { name: 'pc1.7', role: 'stacked' as const, lower: ['pc1'], mtu: vlanMtu },
    ],
    ways: ways.map((name) => ({
      ...way(name, { mtu: pmtu, ...(family === undefined ? {} : { family }) }),
      ...(behind === undefined ? {} : { neighbour: 'aa' }),
    })),
    learned: behind === undefined ? {} : { br: { aa: [behind] } },
    unknown,
    management,
  }));

const plans = fc.uniqueArray(
  fc.record(
    {
      port: fc.constantFrom<string>(...ports, 'pc1', 'pc2', 'pc1.7'),
      down: fc.constantFrom('lasting' as const, 'moment' as const),
      mtu: fc.integer({ min: 68, max: 9216 }),
    },
    { requiredKeys: ['port'] },
  ),
  { selector: ({ port }) => port, maxLength: 9 },
);

/** The members of a device that carry its traffic now: a model of its own, from the devices alone. */
function carriersNow(
  name: string,
  devices: ReadonlyMap<string, Device>,
  behind: string | undefined,
): readonly Device[] {
  const { role, lower } = devices.get(name)!;
  const members = lower.map((each) => devices.get(each)!);
  return role === 'bridge' && behind !== undefined && lower.includes(behind)
    ? members.filter((each) => each.name === behind)
    : members;
}

/** True if the device works with some devices down: the model of the property. */
function works(
  name: string,
  isDown: (name: string) => boolean,
  devices: ReadonlyMap<string, Device>,
  behind?: string,
): boolean {
  if (isDown(name)) return false;
  const { role, needs = 1 } = devices.get(name)!;
  const members = carriersNow(name, devices, behind);
  if (members.length === 0) return true;
  const alive = members.filter(({ carries }) => carries);
  const pool = alive.length > 0 ? alive : members.filter(({ isUp }) => isUp);
  if (pool.length === 0)
    return members.every((each) => works(each.name, isDown, devices, behind)) || role === 'aggregate';
  const staying = pool.filter((each) => works(each.name, isDown, devices, behind)).length;
  return role === 'aggregate' ? staying >= Math.min(needs, pool.length) : staying === pool.length;
}

describe('accepted changes', () => {
  test('every path holds, with all accepted changes at the same moment', () => {
    fc.assert(
      fc.property(situations, plans, (situation, effects) => {
        const evidence = evidenceOf(situation);
        const judged = judgePaths(pathsOf(evidence, situation.management), effects);
        expect([...judged.keys()]).toEqual(effects.map((each) => each.port));
        const accepted = effects.filter((each) => judged.get(each.port)?.verdict === 'allowed');
        const isDown = (name: string): boolean =>
          accepted.some((each) => each.port === name && each.down !== undefined);
        const named = situation.management.filter((name) => evidence.devices.has(name));
        const behind = Object.values(situation.learned)[0]?.aa?.[0];
        for (const { device: name } of evidence.ways) expect(works(name, isDown, evidence.devices, behind)).toBe(true);
        for (const name of named) expect(works(name, isDown, evidence.devices)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test('no path has a smaller MTU than it needs', () => {
    fc.assert(
      fc.property(situations, plans, (situation, effects) => {
        const paths = pathsOf(evidenceOf(situation), situation.management);
        const judged = judgePaths(paths, effects);
        const mtus = new Map(
          effects.filter(({ port }) => judged.get(port)?.verdict === 'allowed').map((each) => [each.port, each.mtu]),
        );
        for (const { tree, mtu: needed } of paths.keep) {
          const visit = (branch: typeof tree): void => {
            const after = mtus.get(branch.device);
            if (after !== undefined) expect(after >= needed || after >= (branch.mtu ?? 0)).toBe(true);
            for (const each of branch.branches) visit(each);
          };
          visit(tree);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('unknown paths leave every used port up', () => {
    fc.assert(
      fc.property(situations, plans, (situation, effects) => {
        const paths = pathsOf(evidenceOf({ ...situation, unknown: ['x'] }), []);
        const judged = judgePaths(paths, effects);
        for (const { port, down } of effects) {
          const found = paths.devices.get(port);
          if (down !== undefined && found?.isUp === true && found.isUsed)
            expect(judged.get(port)?.verdict).not.toBe('allowed');
        }
      }),
    );
  });
});
