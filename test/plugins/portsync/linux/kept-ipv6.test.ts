/** The setting `keep_addr_on_down`, as the kernel combines it, read in a namespace. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keptBy, linksThatKeepIpv6, settingsIn } from '../../../../plugins/portsync/linux/kept-ipv6.ts';
import { readSurroundings } from '../../../../plugins/portsync/linux/read-surroundings.ts';
import { takeBackOf } from '../../../../plugins/portsync/linux/surroundings.ts';
import { HostIndex } from '../../../../plugins/portsync/linux/view.ts';
import { hasNamespaces, makeNamespace, type Namespace } from '../../../support/network-namespace.ts';

const { signal } = new AbortController();

test.each([
  [{}, []],
  [{ all: 1 }, ['a', 'b']],
  [{ all: 0, a: 1 }, ['a']],
  [{ all: -1, a: 1 }, []],
  [{ all: 0, a: -1, b: 2 }, ['b']],
])('by the settings %j, %j keep their addresses', (settings, kept) => {
  expect([...keptBy(new Map(Object.entries(settings)), ['a', 'b'])]).toEqual(kept);
});

test('lines of other files are ignored', () => {
  const text =
    '/proc/sys/net/ipv6/conf/all/keep_addr_on_down:1\n/etc/passwd:1\n/proc/sys/net/ipv6/conf/a/b/keep_addr_on_down:1\n';
  expect(settingsIn(text)).toEqual(new Map([['all', 1]]));
});

test('this host is read without another program', async () => {
  expect(await linksThatKeepIpv6({}, ['nothing', '..'], signal)).toBeInstanceOf(Set);
});

describe.runIf(hasNamespaces)('in a namespace', () => {
  let space: Namespace;
  beforeAll(() => {
    space = makeNamespace();
    space.batch(['link add v0.1 type veth peer name v1']);
  });
  afterAll(() => space.remove());

  test('the settings are those of its links', async () => {
    const kept = async () => [...(await linksThatKeepIpv6({ namespace: space.name }, ['v0.1', 'v1', 'none'], signal))];
    expect(await kept()).toEqual([]);
    space.run('sh', '-c', 'echo 1 >/proc/sys/net/ipv6/conf/v0.1/keep_addr_on_down');
    expect(await kept()).toEqual(['v0.1']);
    await expect(linksThatKeepIpv6({ namespace: '../x' }, ['v1'], signal)).rejects.toThrow('network namespace');
  });
  test('an address that its link keeps is neither a loss nor restored, unless the MTU removes it', async () => {
    space.batch(['link set v0.1 up', 'addr add 2001:db8::1/64 dev v0.1 nodad', 'addr add 2001:db8::2/64 dev v1 nodad']);
    const seen = await readSurroundings({ namespace: space.name }, signal);
    const { addresses, ipv6 } = new HostIndex(seen).facts('v0.1');
    expect([addresses, ipv6]).toEqual([[], ['2001:db8::1/64']]);
    expect(new HostIndex(seen).facts('v1').addresses).toEqual(['2001:db8::2/64']);
    const restored = (to: 'down' | number): number =>
      takeBackOf(
        [to === 'down' ? { what: 'admin', link: 'v0.1', to } : { what: 'mtu', link: 'v0.1', to }],
        seen,
      ).filter(({ line }) => line.includes('2001:db8::1')).length;
    expect([restored('down'), restored(1000)]).toEqual([0, 1]);
  });
});
