/**
 * Changes of a bond, a team, VLANs and a VRF in user-mode Linux: a prediction of the losses, which are what the reversal of
 * the steps does not bring back, and a take-back, which brings back everything, also twice, and without the steps.
 *
 * Without FETTLE_TEST_FULL=1, a sample of the changes is taken (FETTLE_TEST_SEED takes the same one again).
 */

import { beforeAll, describe, expect, test } from 'vitest';
import { linksFile, TAKE_BACK_LINKS } from '../../../../plugins/portsync/confirm/take-back-links.ts';
import { addressDumpIn, addressWords, routeWords } from '../../../../plugins/portsync/linux/addresses.ts';
import { batchLine } from '../../../../plugins/portsync/linux/batch-line.ts';
import { linksIn } from '../../../../plugins/portsync/linux/link.ts';
import { stepWords } from '../../../../plugins/portsync/linux/link-step.ts';
import {
  hasLosses,
  lossesOf,
  type PlainStep,
  type Surroundings,
  takeBackOf,
} from '../../../../plugins/portsync/linux/surroundings.ts';
import { sampleOf } from '../../../support/cli.ts';
import { randomFrom, testSeed } from '../../../support/seed.ts';
import { hasUserModeLinux, inUserModeLinux } from '../../../support/user-mode-linux.ts';

const SET_UP = [
  'link add d0 type dummy',
  'link add d1 type dummy',
  'link add bond0 type bond mode active-backup miimon 100',
  'link set d0 master bond0',
  'link set d1 master bond0',
  'link add link bond0 name bond0.100 type vlan id 100',
  'link add link bond0 name bond0.200 type vlan id 200',
  'link set bond0.200 mtu 1400',
  'link add link bond0 name mv0 type macvlan',
  'link add vrf0 type vrf table 10',
  'link add d2 type dummy',
  'link set d2 master vrf0',
  'link add d3 type dummy',
  'link add team0 type team',
  'link add d4 type dummy',
  'link set d4 master team0',
  'link add link d3 name d3.5 type vlan id 5',
  'link set d0 up',
  'link set d1 up',
  'link set bond0 up',
  // bond0.200 came up with the bond, and is to be down.
  'link set bond0.200 down',
  'link set mv0 up',
  'link set vrf0 up',
  'link set d2 up',
  'link set d3 up',
  'link set d3.5 up',
  'link set d4 up',
  'link set team0 up',
  'link add br0 type bridge',
  'link add d5 type dummy',
  'link set d5 master br0',
  'link set d5 up',
  'link set br0 up',
  'addr add 10.0.0.1/24 dev bond0',
  'addr add 10.0.0.2/24 dev bond0',
  'addr add 2001:db8::1/64 dev bond0 nodad',
  'addr add 10.1.0.1/24 dev bond0.100',
  'addr add 2001:db8:1::1/64 dev bond0.100 nodad',
  'addr add 10.2.0.1/24 dev d2',
  'addr add 2001:db8:2::1/64 dev d2 nodad',
  'addr add 192.0.2.1 peer 192.0.2.2/32 dev d3',
  'addr add 2001:db8:3::1/64 dev d3 nodad noprefixroute',
  'addr add 10.4.0.1/24 dev team0',
  'addr add 10.6.0.1/24 dev br0',
  'addr add 2001:db8:6::1/64 dev br0 nodad',
  'route add default via 10.0.0.254 dev bond0 src 10.0.0.2 metric 50',
  'route add default via 10.1.0.254 metric 100 proto static',
  'route add 198.51.100.0/24 dev d3 scope link mtu 1300',
  'route append 198.51.100.0/24 dev bond0 scope link',
  'route add 203.0.113.0/24 nexthop via 10.0.0.7 dev bond0 weight 2 nexthop via 10.1.0.7 dev bond0.100',
  'route add default via 10.2.0.254 dev d2 table 10 proto dhcp',
  'route add 10.9.0.0/16 via 10.4.0.9',
  'route add ::/0 via 2001:db8::fe dev bond0 src 2001:db8::1 metric 512 pref high',
  'route add 2001:db8:ff::/48 dev d3',
  'route add 2001:db8:fe::/48 dev d2 table 10 metric 7',
  'neigh add 10.0.0.9 lladdr 02:00:00:00:00:09 dev bond0 nud permanent',
  'neigh add 2001:db8::9 lladdr 02:00:00:00:00:09 dev bond0 nud permanent',
];

const CHANGES: Readonly<Record<string, readonly PlainStep[]>> = {
  'a bond down': [{ what: 'admin', link: 'bond0', to: 'down' }],
  'a member down': [{ what: 'admin', link: 'd0', to: 'down' }],
  'both members down': [
    { what: 'admin', link: 'd0', to: 'down' },
    { what: 'admin', link: 'd1', to: 'down' },
  ],
  'the MTU of a member of a bridge': [{ what: 'mtu', link: 'd5', to: 1400 }],
  'the MTU of a member of a bridge below 1280': [{ what: 'mtu', link: 'd5', to: 1200 }],
  'the MTU of a team': [{ what: 'mtu', link: 'team0', to: 1300 }],
  'a VLAN down': [{ what: 'admin', link: 'bond0.100', to: 'down' }],
  'a VLAN up': [{ what: 'admin', link: 'bond0.200', to: 'up' }],
  'a member of a VRF down': [{ what: 'admin', link: 'd2', to: 'down' }],
  'a team down': [{ what: 'admin', link: 'team0', to: 'down' }],
  'the MTU of a bond': [{ what: 'mtu', link: 'bond0', to: 1350 }],
  'the MTU of a bond below 1280': [{ what: 'mtu', link: 'bond0', to: 1200 }],
  'the MTU of a member of a VRF below 1280': [{ what: 'mtu', link: 'd2', to: 1000 }],
  'an MTU below 68': [{ what: 'mtu', link: 'd3', to: 60 }],
  several: [
    { what: 'mtu', link: 'd3', to: 1279 },
    { what: 'admin', link: 'bond0', to: 'down' },
    { what: 'mtu', link: 'bond0', to: 1400 },
    { what: 'alias', link: 'd3', to: 'a b' },
    { what: 'queueLength', link: 'd3', to: 5 },
  ],
};

/** Changes other than the first: a sample, or every one. */
const OTHERS = process.env['FETTLE_TEST_FULL'] === '1' ? Number.POSITIVE_INFINITY : 3;
const seed = testSeed();

/** Changes whose take-back is also run twice, and without the change. */
const REPEATED = new Set(['a bond down', 'the MTU of a bond below 1280', 'several']);

const MADE = [
  'd3.5',
  'mv0',
  'bond0.100',
  'bond0.200',
  'bond0',
  'team0',
  'vrf0',
  'br0',
  'd0',
  'd1',
  'd2',
  'd3',
  'd4',
  'd5',
];

/** Functions of the shell. Addresses are usable at once: no test waits for the detection of duplicates. */
const FUNCTIONS = `
echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad
cd /tmp/out
prepare() { ip -force -batch delete 2>/dev/null; ip -batch set-up || exit 9; }
take_back() { sh -c "$(cat take-back-links)" take-back back$1 ip >>taken-back$1; }
look() {
  sleep 0.3
  ip -j -d -s -s link show >$1.links
  ip -j -batch look >$1.lists
}
`;
/** Lists, each of which is a line of JSON. A process takes a quarter of a second there: one process reads them all. */
const LISTS = [
  'addr show',
  'route show table all root 0.0.0.0/0',
  'route show table all root ::/0',
  'neigh show nud permanent',
];
const FILES = {
  'take-back-links': TAKE_BACK_LINKS,
  look: `${LISTS.join('\n')}\n`,
  'set-up': `${SET_UP.join('\n')}\n`,
  delete: `${MADE.map((name) => `link delete ${name}`).join('\n')}\n`,
};

type Read = (name: string) => string;

function surroundingsIn(file: Read, name: string): Surroundings {
  const [addresses = '', routes4 = '', routes6 = '', neighbours = ''] = file(`${name}.lists`).split('\n');
  const lists = addressDumpIn({ addresses, routes4, routes6, neighbours });
  return { links: linksIn(file(`${name}.links`)), ...lists };
}

/** Everything that a change may lose, as lines. Link-local addresses and their routes come and go by themselves. */
function linesOf({ links, addresses, routes, neighbours }: Surroundings): readonly string[] {
  const withoutDad = (flags: readonly string[]) => flags.filter((flag) => flag !== 'nodad');
  return [
    ...links.map(({ name, admin, mtu, queueLength, alias = '' }) => `${name} ${admin} ${mtu} ${queueLength} ${alias}`),
    ...addresses
      .filter(({ scope }) => scope !== 'link')
      .map((each) => batchLine(addressWords({ ...each, flags: withoutDad(each.flags) }))),
    ...routes
      .filter(({ type, to }) => type === 'unicast' && !to.startsWith('fe80:'))
      .map((each) => batchLine(routeWords(each, 'add'))),
    ...neighbours.map(({ link, address, hardware }) => `${link} ${address} ${hardware}`),
  ].toSorted();
}

function difference(before: readonly string[], after: readonly string[]) {
  return {
    lost: before.filter((line) => !after.includes(line)),
    added: after.filter((line) => !before.includes(line)),
  };
}

function reversal(steps: readonly PlainStep[], { links }: Surroundings): readonly string[] {
  return steps.flatMap((step) => {
    const link = links.find(({ name }) => name === step.link);
    if (step.what === 'admin') return [batchLine(stepWords({ ...step, to: link?.admin ?? 'up' }))];
    return step.what === 'mtu' ? [batchLine(stepWords({ ...step, to: link?.mtu ?? 0 }))] : [];
  });
}

describe.runIf(hasUserModeLinux)('a take-back', () => {
  let before: Surroundings;
  let file: Read;
  const [first = '', ...others] = Object.keys(CHANGES);
  const names = [first, ...sampleOf(others, OTHERS, randomFrom(seed))];
  process.stdout.write(`take-backs: ${names.length} of ${others.length + 1} (FETTLE_TEST_SEED=${seed})\n`);

  beforeAll(async () => {
    const first = await inUserModeLinux(`${FUNCTIONS} prepare; look before`, FILES);
    expect(first.stderr).toBe('');
    before = surroundingsIn(first.file, 'before');
    const files: Record<string, string> = { ...FILES };
    names.forEach((name, i) => {
      const steps = CHANGES[name] ?? [];
      files[`steps${i}`] = steps.map((step) => `${batchLine(stepWords(step))}\n`).join('');
      files[`reversal${i}`] = reversal(steps, before)
        .map((line) => `${line}\n`)
        .join('');
      files[`back${i}`] = linksFile({ kind: 'linux', lines: takeBackOf(steps, before) });
    });
    const scenarios = names.map((name, i) => {
      const more = REPEATED.has(name);
      return `
prepare
${more ? `take_back ${i}; look alone${i}` : ''}
ip -batch steps${i}; take_back ${i}; look back${i}
${more ? `take_back ${i}; look again${i}` : ''}
ip -batch steps${i}; ip -batch reversal${i}; look reversed${i}
`;
    });
    const kept = `
prepare
ip link set d0 down; ip link set d1 down; look members
echo 1 >/proc/sys/net/ipv6/conf/all/keep_addr_on_down
prepare
ip -batch steps0; ip -batch reversal0; look kept
`;
    const second = await inUserModeLinux(`${FUNCTIONS} ${scenarios.join('')} ${kept}`, files);
    expect(second).toMatchObject({ code: 0, stderr: '' });
    ({ file } = second);
  }, 300_000);

  const at = (name: string, i: number) => linesOf(surroundingsIn(file, `${name}${i}`));

  test.each(names.map((name, i) => [name, i] as const))('of %s brings back everything', (name, i) => {
    const was = linesOf(before);
    expect(file(`taken-back${i}`)).toMatch(/^(?:taken-back \{"back":\d+,"kept":\[\]\}\n){1,3}$/u);
    for (const place of REPEATED.has(name) ? ['alone', 'back', 'again'] : ['back'])
      expect({ place, ...difference(was, at(place, i)) }, name).toEqual({ place, lost: [], added: [] });
  });

  test.each(names.map((name, i) => [name, i] as const))('of %s knows what would be lost', (name, i) => {
    const steps = CHANGES[name] ?? [];
    const losses = lossesOf(steps, before);
    const { lost } = difference(linesOf(before), at('reversed', i));
    const addresses = losses.addresses
      .filter(({ scope }) => scope !== 'link')
      .map((each) => batchLine(addressWords(each)));
    const predicted = [
      ...addresses.map((line) => line.replace(' nodad', '')),
      ...losses.routes.map((each) => batchLine(routeWords(each, 'add'))),
      ...losses.neighbours.map(({ link, address, hardware }) => `${link} ${address} ${hardware}`),
      // Connected routes and those of other prefixes return with their addresses.
      ...losses.returning.map((each) => batchLine(routeWords(each, 'add'))),
      ...before.links
        .filter(({ name: link }) => losses.dependents.some((each) => each.link === link))
        .map(
          ({ name: link, admin, mtu, queueLength, alias = '' }) => `${link} ${admin} ${mtu} ${queueLength} ${alias}`,
        ),
      ...before.links
        .filter(({ name: link }) =>
          steps.some((step) => step.link === link && (step.what === 'alias' || step.what === 'queueLength')),
        )
        .map(
          ({ name: link, admin, mtu, queueLength, alias = '' }) => `${link} ${admin} ${mtu} ${queueLength} ${alias}`,
        ),
    ];
    expect(lost.filter((line) => !predicted.includes(line))).toEqual([]);
    expect(hasLosses(losses)).toBe(lost.length > 0);
  });

  test('loses no addresses that the kernel keeps, but their routes', () => {
    const keepIpv6 = new Set(before.links.map(({ name }) => name));
    const losses = lossesOf(CHANGES['a bond down'] ?? [], { ...before, keepIpv6 });
    expect(losses.addresses).toEqual([]);
    const { lost } = difference(linesOf(before), linesOf(surroundingsIn(file, 'kept')));
    expect(lost.filter((line) => line.startsWith('addr'))).toEqual([]);
    const routes = [...losses.routes, ...losses.returning].map((each) => batchLine(routeWords(each, 'add')));
    const lostRoutes = lost.filter((line) => line.startsWith('route'));
    expect(lostRoutes.length).toBeGreaterThan(3);
    expect(lostRoutes.filter((line) => !routes.includes(line))).toEqual([]);
  });

  test('has links with their kinds, masters and parents', () => {
    const named = Object.fromEntries(before.links.map((link) => [link.name, link]));
    expect(named).toMatchObject({
      bond0: { kind: 'bond', admin: 'up' },
      d0: { kind: 'dummy', master: { name: 'bond0', kind: 'bond' } },
      'bond0.100': { kind: 'vlan', vlan: 100, lower: { name: 'bond0' }, admin: 'up' },
      'bond0.200': { kind: 'vlan', vlan: 200, lower: { name: 'bond0' }, admin: 'down', oper: 'down' },
      mv0: { kind: 'macvlan', lower: { name: 'bond0' } },
      vrf0: { kind: 'vrf' },
      d2: { master: { name: 'vrf0', kind: 'vrf' } },
      d4: { master: { name: 'team0', kind: 'team' } },
    });
  });

  test('has links without a carrier that are up and not operational', () => {
    const { links, routes } = surroundingsIn(file, 'members');
    const named = Object.fromEntries(links.map((link) => [link.name, link]));
    expect(named).toMatchObject({
      d0: { admin: 'down', oper: 'down' },
      bond0: { admin: 'up', oper: 'down', operState: 'DOWN' },
      'bond0.100': { admin: 'up', oper: 'down', operState: 'LOWERLAYERDOWN' },
    });
    expect(routes.filter(({ to }) => to === '0.0.0.0/0')).toHaveLength(3);
  });
});
