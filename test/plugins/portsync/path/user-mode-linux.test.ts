/** The kernel of user-mode Linux agrees with verdicts about bonds, VLANs and VRFs. */

import { beforeAll, describe, expect, test } from 'vitest';
import { isRecord } from '#plugin';
import {
  type Answer,
  type LinuxReading,
  linuxEvidence,
  sessionsIn,
} from '../../../../plugins/portsync/path/evidence-linux.ts';
import { judgePaths } from '../../../../plugins/portsync/path/judge-path.ts';
import { devicesOf, pathsOf } from '../../../../plugins/portsync/path/paths.ts';
import { hasUserModeLinux, type InUserModeLinux, inUserModeLinux } from '../../../support/user-mode-linux.ts';

const members = ['m0', 'm1', 'm2'] as const;
/** All sets of members. */
const sets = Array.from({ length: 8 }, (_, bits) => members.filter((_name, i) => (bits & (1 << i)) !== 0));

const script = `
for name in ${members.join(' ')} d0; do ip link add $name type dummy; done
ip link add bond7 type bond mode active-backup miimon 50
for name in ${members.join(' ')}; do ip link set $name master bond7; done
ip link set bond7 up
ip link add link bond7 name bond7.100 type vlan id 100
ip addr add 10.9.0.1/24 dev bond7.100
ip link set bond7.100 up
ip link add red type vrf table 1001
ip link set red up
ip link set d0 master red
ip addr add 10.8.0.1/24 dev d0
ip link set d0 up
ip route add default via 10.9.0.2
ip route add default via 10.8.0.2 vrf red
sleep 1
ip -j -d addr >/tmp/out/links
ip -j -4 route show table all default >/tmp/out/defaults
ip -j route get 10.8.0.9 from 10.8.0.1 vrf red ipproto tcp sport 22 dport 4000 fibmatch >/tmp/out/route
${sets
  .map(
    (down) => `
for name in ${members.join(' ')}; do ip link set $name up; done
${down.map((name) => `ip link set ${name} down`).join('\n')}
sleep 1
ip -j link show dev bond7.100 >/tmp/out/after-${down.join('-')}`,
  )
  .join('\n')}
`;

describe.skipIf(!hasUserModeLinux)('bonds, VLANs and VRFs', () => {
  let machine: InUserModeLinux;
  let reading: LinuxReading;
  const answer = (name: string): Answer => ({ rows: (JSON.parse(machine.file(name)) as unknown[]).filter(isRecord) });

  beforeAll(async () => {
    machine = await inUserModeLinux(script);
    const [session] = sessionsIn('0 0 10.8.0.1%red:22 10.8.0.9:4000 cubic pmtu:1400');
    reading = {
      target: {
        links: answer('links'),
        defaults: [[4, answer('defaults')]],
        sessions: [{ session: session!, route: answer('route') }],
        neighbours: { rows: [] },
        learned: { rows: [] },
      },
      isContained: false,
    };
  });

  test('paths end at the members of the bond, and at the port in the VRF', () => {
    const { keep, unknown } = pathsOf(linuxEvidence(reading), []);
    expect([keep.map(({ what, tree }) => `${what}: ${devicesOf(tree).join(' ')}`), unknown]).toEqual([
      [
        'the default route of IPv4 in table 1001: d0',
        'the default route of IPv4: bond7.100 bond7 m0 m1 m2',
        'the SSH session with 10.8.0.9: d0',
      ],
      [],
    ]);
  });

  test.each(sets.map((down) => [down] as const))(
    'with %j down, the VLAN carries traffic as the verdict says',
    (down) => {
      const [link] = JSON.parse(machine.file(`after-${down.join('-')}`)) as readonly {
        readonly flags: readonly string[];
      }[];
      const flags = link?.flags ?? [];
      const carries = flags.includes('UP') && flags.includes('LOWER_UP') && !flags.includes('NO-CARRIER');
      const verdicts = judgePaths(
        pathsOf(linuxEvidence(reading), []),
        down.map((port) => ({ port, down: 'lasting' })),
      );
      expect([...verdicts.values()].every(({ verdict }) => verdict === 'allowed')).toBe(carries);
    },
  );
});
