/** Paths of a Linux host: from recorded answers of iproute2, and from real links in namespaces. */

import { execFileSync, spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Device } from '../../../../plugins/portsync/path/evidence.ts';
import {
  type Answer,
  type LinuxReading,
  linuxEvidence,
  type NamespaceReading,
  readLinux,
  readSessions,
  sessionInEnvironment,
  sessionsIn,
} from '../../../../plugins/portsync/path/evidence-linux.ts';
import { devicesOf, type Paths, pathsOf } from '../../../../plugins/portsync/path/paths.ts';

const answer = (...rows: readonly Readonly<Record<string, unknown>>[]): Answer => ({ rows });

const quiet: NamespaceReading = {
  links: answer(),
  defaults: [],
  sessions: [],
  neighbours: answer(),
  learned: answer(),
};

function found({ keep, unknown }: Paths): Readonly<Record<string, readonly string[]>> {
  const kept = Map.groupBy(keep, ({ what }) => what);
  return {
    ...Object.fromEntries([...kept].map(([what, paths]) => [what, paths.map(({ tree }) => devicesOf(tree).join(' '))])),
    ...(unknown.length === 0 ? {} : { unknown }),
  };
}

function foundIn(reading: Partial<LinuxReading> & { readonly target: NamespaceReading }): ReturnType<typeof found> {
  return found(pathsOf(linuxEvidence({ isContained: false, ...reading }), []));
}

const UP = ['BROADCAST', 'MULTICAST', 'UP', 'LOWER_UP'];
const noCarrier = ['NO-CARRIER', 'BROADCAST', 'MULTICAST', 'UP'];
const global = [{ family: 'inet', local: '10.9.0.1', prefixlen: 24, scope: 'global' }];

/** Links of user-mode Linux with a bond of two, a VLAN on it, and a VRF; as `ip -j -d addr` of iproute2 6.1 prints them. */
const links = answer(
  {
    ifindex: 2,
    ifname: 'd0',
    flags: UP,
    mtu: 1500,
    master: 'bond0',
    linkinfo: { info_kind: 'dummy', info_slave_kind: 'bond', info_slave_data: { state: 'ACTIVE', mii_status: 'UP' } },
    addr_info: [],
  },
  {
    ifindex: 3,
    ifname: 'd1',
    flags: UP,
    mtu: 1500,
    master: 'bond0',
    linkinfo: { info_kind: 'dummy', info_slave_kind: 'bond', info_slave_data: { state: 'BACKUP', mii_status: 'DOWN' } },
    addr_info: [],
  },
  {
    ifindex: 4,
    ifname: 'bond0',
    flags: UP,
    mtu: 1500,
    linkinfo: { info_kind: 'bond', info_data: { mode: 'active-backup', min_links: 0 } },
    addr_info: [],
  },
  {
    ifindex: 5,
    link: 'bond0',
    ifname: 'bond0.100',
    flags: UP,
    mtu: 1500,
    linkinfo: { info_kind: 'vlan' },
    addr_info: global,
  },
  {
    ifindex: 6,
    ifname: 'red',
    flags: UP,
    mtu: 65575,
    linkinfo: { info_kind: 'vrf', info_data: { table: 1001 } },
    addr_info: [],
  },
  {
    ifindex: 7,
    ifname: 'd2',
    flags: noCarrier,
    mtu: 1500,
    master: 'red',
    linkinfo: { info_kind: 'dummy', info_slave_kind: 'vrf' },
    addr_info: global,
  },
  {
    ifindex: 8,
    link_index: 3,
    link_netnsid: 0,
    ifname: 'v0',
    flags: UP,
    mtu: 1500,
    linkinfo: { info_kind: 'veth' },
    addr_info: [],
  },
);

describe('links', () => {
  const { devices } = linuxEvidence({ target: { ...quiet, links }, isContained: false });

  test.each<Device>([
    { name: 'd0', role: 'port', isUp: true, carries: true, mtu: 1500, lower: [], isUsed: true },
    { name: 'd1', role: 'port', isUp: true, carries: false, mtu: 1500, lower: [], isUsed: true },
    {
      name: 'bond0',
      role: 'aggregate',
      isUp: true,
      carries: true,
      mtu: 1500,
      lower: ['d0', 'd1'],
      needs: 1,
      isUsed: true,
    },
    { name: 'bond0.100', role: 'stacked', isUp: true, carries: true, mtu: 1500, lower: ['bond0'], isUsed: true },
    { name: 'd2', role: 'port', isUp: true, carries: false, mtu: 1500, lower: [], isUsed: true },
    { name: 'v0', role: 'port', isUp: true, carries: true, mtu: 1500, lower: [], isUsed: false },
  ])('$name', (device) => {
    expect(devices.get(device.name)).toEqual(device);
  });

  test('a VRF is not a device', () => {
    expect([...devices.keys()]).not.toContain('red');
  });

  test('a member of another aggregator is not in use', () => {
    const bond = {
      ifname: 'b',
      flags: UP,
      linkinfo: { info_kind: 'bond', info_data: { min_links: 2, ad_info: { aggregator: 1 } } },
    };
    const member = (ifname: string, aggregator: number): Readonly<Record<string, unknown>> => ({
      ifname,
      flags: UP,
      master: 'b',
      linkinfo: { info_slave_data: { mii_status: 'UP', ad_aggregator_id: aggregator } },
    });
    const all = linuxEvidence({
      target: { ...quiet, links: answer(bond, member('m1', 1), member('m2', 2)) },
      isContained: false,
    });
    expect([all.devices.get('m1')?.carries, all.devices.get('m2')?.carries, all.devices.get('b')?.needs]).toEqual([
      true,
      false,
      2,
    ]);
  });
});

describe('ways', () => {
  const session = { here: '10.9.0.1', herePort: 22, there: '10.9.0.2', therePort: 4000, mtu: 1400 };

  test('default routes of every table, all next hops', () => {
    const defaults = [
      [
        4,
        answer(
          { dst: 'default', gateway: '10.9.0.254', dev: 'bond0.100', flags: [] },
          { dst: 'default', gateway: '10.8.0.1', dev: 'd2', table: '1001' },
          { type: 'unreachable', dst: 'default', dev: 'lo' },
        ),
      ],
      [
        6,
        answer({
          dst: 'default',
          nexthops: [
            { gateway: 'fe80::1', dev: 'd0' },
            { via: { family: 'inet6', host: 'fe80::2' }, dev: 'd1' },
          ],
        }),
      ],
    ] as const;
    expect(foundIn({ target: { ...quiet, links, defaults } })).toEqual({
      'the default route of IPv4': ['bond0.100 bond0 d0'],
      'the default route of IPv4 in table 1001': ['d2'],
      'the default route of IPv6': ['d0', 'd1'],
    });
  });

  test('a session, with its MTU', () => {
    const sessions = [{ session, route: answer({ dst: '10.9.0.0/24', dev: 'bond0.100', scope: 'link' }) }];
    const paths = pathsOf(linuxEvidence({ target: { ...quiet, links, sessions }, isContained: false }), []);
    expect(found(paths)).toEqual({ 'the SSH session with 10.9.0.2': ['bond0.100 bond0 d0'] });
    expect(paths.keep.map(({ mtu }) => mtu)).toEqual([1400]);
  });

  test('a session on the host itself needs no port', () => {
    const defaults = [[4, answer({ dst: 'default', dev: 'd0' })]] as const;
    const sessions = [{ session, route: answer({ type: 'local', dst: '10.9.0.1', dev: 'lo' }) }];
    expect(foundIn({ target: { ...quiet, links, sessions, defaults } })).toEqual({
      'the default route of IPv4': ['d0'],
    });
  });

  test('the other end of a link that carries a session of fettle', () => {
    const own = {
      ...quiet,
      links: answer({
        ifindex: 3,
        link_index: 8,
        link_netnsid: 1,
        ifname: 'o0',
        flags: UP,
        linkinfo: { info_kind: 'veth' },
      }),
      sessions: [{ session, route: answer({ dev: 'o0' }) }],
    };
    expect(foundIn({ target: { ...quiet, links }, own })).toEqual({ 'the SSH session with 10.9.0.2': ['v0'] });
  });

  test.each<readonly [name: string, reading: Partial<LinuxReading>, reason: string]>([
    [
      'links',
      { target: { ...quiet, links: { failed: 'ip is not installed' } } },
      'the links could not be read: ip is not installed',
    ],
    ['sessions', { target: { ...quiet, sessions: { failed: 'late' } } }, 'the SSH sessions could not be read: late'],
    [
      'default routes',
      { target: { ...quiet, defaults: [[6, { failed: 'late' }]] } },
      'the default routes of IPv6 could not be read: late',
    ],
    [
      'the route of a session',
      { target: { ...quiet, sessions: [{ session, route: { failed: 'late' } }] } },
      'the route of the SSH session with 10.9.0.2 could not be read: late',
    ],
    [
      'a session without a device',
      { target: { ...quiet, sessions: [{ session, route: answer() }] } },
      'the route of the SSH session with 10.9.0.2 names no device',
    ],
    [
      'own sessions',
      { own: { ...quiet, sessions: { failed: 'late' } } },
      'the SSH sessions in the namespace of fettle could not be read: late',
    ],
    [
      'a container',
      { isContained: true },
      'fettle runs in a container or a namespace, from which the ports of the host and the sessions over them are not visible',
    ],
    ['nothing', {}, 'the host has neither an SSH session nor a default route'],
  ])('unknown: %s', (_name, reading, reason) => {
    expect(foundIn({ target: quiet, ...reading })).toEqual({ unknown: [reason] });
  });
});

describe('texts', () => {
  test('sessions of ss', () => {
    const text = [
      '0      0      10.9.0.1%mgmt:22 10.9.0.2:51234 cubic wscale:7,7 rto:204 mss:1348 pmtu:1400 rcvmss:536',
      '0      36     [::ffff:192.0.2.1]:22 [::ffff:192.0.2.7]:4000 cubic',
      '0      0      [fe80::1]%eth0:22 [fe80::2]:4001 cubic pmtu:1500',
      'nonsense',
      '',
    ].join('\n');
    expect(sessionsIn(text)).toEqual([
      { here: '10.9.0.1', bound: 'mgmt', herePort: 22, there: '10.9.0.2', therePort: 51234, mtu: 1400 },
      { here: '192.0.2.1', herePort: 22, there: '192.0.2.7', therePort: 4000 },
      { here: 'fe80::1', bound: 'eth0', herePort: 22, there: 'fe80::2', therePort: 4001, mtu: 1500 },
    ]);
  });

  test('SSH_CONNECTION', () => {
    expect(sessionInEnvironment('192.0.2.7 51234 192.0.2.1 2222')).toEqual({
      here: '192.0.2.1',
      herePort: 2222,
      there: '192.0.2.7',
      therePort: 51234,
    });
    expect(sessionInEnvironment('2001:db8::7 51234 2001:db8::1 22')?.there).toBe('2001:db8::7');
  });

  test.each([undefined, '', 'x', '192.0.2.7 1 192.0.2.1', '192.0.2.7 1 192.0.2.1 22 5', '-x 1 -y 2'])(
    'SSH_CONNECTION %j is not a session',
    (value) => {
      expect(sessionInEnvironment(value)).toBeUndefined();
    },
  );
});

/** Needs the right to make namespaces. */
describe.skipIf(process.getuid?.() !== 0)('real links', () => {
  const [host, user, other, router] = ['h', 'u', 'o', 'r'].map((name) => `fp${process.pid}${name}`) as [
    string,
    string,
    string,
    string,
  ];
  const ip = (...args: readonly string[]): string => execFileSync('ip', args, { encoding: 'utf8' });
  const within = (namespace: string, script: string): ReturnType<typeof spawn> =>
    spawn('ip', ['netns', 'exec', namespace, 'python3', '-u', '-c', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const running: ReturnType<typeof spawn>[] = [];
  const says = async (child: ReturnType<typeof spawn>, word: string): Promise<void> => {
    running.push(child);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes(word)) resolve();
    });
    child.on('exit', () => reject(new Error(`${word} was not printed`)));
    await promise;
  };
  const signal = new AbortController().signal;
  const read = async (env: Readonly<Record<string, string>> = {}): Promise<LinuxReading> =>
    readLinux({ namespace: host, env, signal });

  beforeAll(async () => {
    for (const name of [host, user, other, router]) ip('netns', 'add', name);
    ip('-n', host, 'link', 'add', 'br0', 'type', 'bridge');
    for (const [name, peer] of [
      ['p0', user],
      ['p1', other],
      ['p2', router],
    ] as const) {
      ip('-n', host, 'link', 'add', name, 'type', 'veth', 'peer', 'name', 'e0', 'netns', peer);
      ip('-n', peer, 'link', 'set', 'e0', 'up');
      ip('-n', host, 'link', 'set', name, 'up');
    }
    for (const name of ['p0', 'p1']) ip('-n', host, 'link', 'set', name, 'master', 'br0');
    ip('-n', host, 'addr', 'add', '10.9.0.1/24', 'dev', 'br0');
    ip('-n', host, 'link', 'set', 'br0', 'up');
    ip('-n', host, 'addr', 'add', '10.8.0.1/24', 'dev', 'p2');
    ip('-n', host, 'route', 'add', 'default', 'via', '10.8.0.2');
    ip('-n', user, 'addr', 'add', '10.9.0.2/24', 'dev', 'e0');
    const server =
      'import socket,time\ns=socket.create_server(("10.9.0.1",22))\nprint("listens")\nc=s.accept()\ntime.sleep(600)';
    await says(within(host, server), 'listens');
    const client =
      'import socket,time\nc=socket.create_connection(("10.9.0.1",22))\nprint("connected")\ntime.sleep(600)';
    await says(within(user, client), 'connected');
  });

  afterAll(() => {
    for (const child of running) child.kill('SIGKILL');
    for (const name of [host, user, other, router]) ip('netns', 'del', name);
  });

  test('a session through a bridge, and the default route', async () => {
    const paths = pathsOf(linuxEvidence(await read()), []);
    expect(found(paths)).toMatchObject({
      'the default route of IPv4': ['p2'],
      'the SSH session with 10.9.0.2': ['br0 p0'],
    });
    expect(paths.keep.find(({ what }) => what.includes('SSH'))?.mtu).toBe(1500);
  });

  test('a bridge that forgot the neighbour may need any member', async () => {
    const reading = await read();
    const target = { ...reading.target, learned: answer() };
    expect(foundIn({ ...reading, target })['the SSH session with 10.9.0.2']).toEqual(['br0 p0 p1']);
  });

  test('a namespace that does not exist is unknown', async () => {
    const reading = await readLinux({ namespace: 'fettle-no-such', env: {}, signal });
    const { unknown } = linuxEvidence(reading);
    expect(unknown.some((why) => why.startsWith('the links could not be read: ip -n fettle-no-such'))).toBe(true);
  });

  test.each(['../x', '-a', '/proc/1/ns/net', 'a b', ''])('%j is not the name of a namespace', async (namespace) => {
    const { unknown } = linuxEvidence(await readLinux({ namespace, env: {}, signal }));
    expect(unknown[0]).toContain('the links could not be read: the namespace is not the name of a network namespace');
  });

  test('the session of this process counts as a connection to a switch', async () => {
    const env = { SSH_CONNECTION: '192.0.2.7 51234 192.0.2.1 2222' };
    expect(await readSessions({ env, signal })).toContainEqual({
      what: 'the SSH session with 192.0.2.7',
      here: '192.0.2.1',
      there: '192.0.2.7',
    });
  });

  test('an aborted reading rejects with the reason', async () => {
    await expect(readLinux({ namespace: host, env: {}, signal: AbortSignal.abort(new Error('stop')) })).rejects.toThrow(
      'stop',
    );
  });
});
