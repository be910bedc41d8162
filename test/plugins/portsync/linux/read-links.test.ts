/** A dump of links against the kernel's own files, with hostile names, and what it says if it cannot be read. */

import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ipArguments, ipProgram, namespaceMistake } from '../../../../plugins/portsync/linux/ip.ts';
import { type LinkSeen, linkDifferences, linksIn } from '../../../../plugins/portsync/linux/link.ts';
import { readLinks } from '../../../../plugins/portsync/linux/read-links.ts';
import { hasNamespaces, makeNamespace, type Namespace } from '../../../support/network-namespace.ts';

const never = new AbortController().signal;

/** Prints what /sys/class/net says about each link. */
const FROM_SYS = `
import json, os
def read(name, file):
    try:
        return open(f'/sys/class/net/{name}/{file}').read().strip()
    except OSError:
        return None
print(json.dumps([{
    'index': int(read(name, 'ifindex')), 'name': name, 'mtu': int(read(name, 'mtu')),
    'admin': 'up' if int(read(name, 'flags'), 16) & 1 else 'down', 'operState': read(name, 'operstate').upper(),
    'address': read(name, 'address'), 'carrierChanges': int(read(name, 'carrier_changes')),
    'queueLength': int(read(name, 'tx_queue_len')),
    'master': os.path.basename(os.path.realpath(f'/sys/class/net/{name}/master')) if os.path.exists(f'/sys/class/net/{name}/master') else None,
} for name in os.listdir('/sys/class/net')]))
`;

type Sys = Pick<
  LinkSeen,
  'index' | 'name' | 'mtu' | 'admin' | 'operState' | 'address' | 'carrierChanges' | 'queueLength'
> & {
  readonly master: string | null;
};

describe.runIf(hasNamespaces)('links of a namespace', () => {
  let space: Namespace;
  const links = async (): Promise<ReadonlyMap<string, LinkSeen>> => {
    const { links, isConsistent } = await readLinks({ namespace: space.name }, never);
    expect(isConsistent).toBe(true);
    return new Map(links.map((link) => [link.name, link]));
  };

  /** The kernel follows a change of a carrier within a second. */
  const until = (name: string, state: string): Promise<unknown> =>
    vi.waitUntil(async () => (await links()).get(name)?.operState === state, { timeout: 30_000 });

  beforeAll(async () => {
    space = makeNamespace();
    space.batch([
      'link add v0 type veth peer name v1',
      'link add br0 type bridge',
      'link set v0 master br0 alias "front port"',
      'link set v0 up',
      'link set v1 up mtu 1400 txqueuelen 77',
      'link set br0 up group 7',
      'link add link v1 name mv0 type macvlan',
      'link property add dev v1 altname a-name-of-more-than-fifteen-bytes',
      'link add i0 type ifb',
    ]);
    for (const name of ['br0', 'v0', 'v1']) await until(name, 'UP');
  });
  afterAll(() => space.remove());

  test('are those of /sys/class/net', async () => {
    const seen = await links();
    const sys = JSON.parse(space.run('python3', '-c', FROM_SYS)) as readonly Sys[];
    const expected = sys.map((each) => ({ ...each, master: each.master ?? undefined }));
    const found = [...seen.values()].map((link) => ({
      index: link.index,
      name: link.name,
      mtu: link.mtu,
      admin: link.admin,
      operState: link.operState,
      address: link.address,
      carrierChanges: link.carrierChanges,
      queueLength: link.queueLength,
      master: link.master?.name,
    }));
    const byIndex = (a: { readonly index: number }, b: { readonly index: number }): number => a.index - b.index;
    expect(found.toSorted(byIndex)).toEqual(expected.toSorted(byIndex));
    expect(found).toHaveLength(6);
  });

  test('have kinds, limits, members and parents', async () => {
    const seen = await links();
    expect(seen.get('v0')).toMatchObject({
      kind: 'veth',
      master: { name: 'br0', kind: 'bridge' },
      lower: { name: 'v1' },
      alias: 'front port',
      admin: 'up',
      oper: 'up',
      minMtu: 68,
      maxMtu: 65_535,
    });
    expect(seen.get('v1')).toMatchObject({ mtu: 1400, altnames: ['a-name-of-more-than-fifteen-bytes'] });
    expect(seen.get('mv0')).toMatchObject({ kind: 'macvlan', lower: { name: 'v1' }, admin: 'down', oper: 'down' });
    expect(seen.get('br0')).toMatchObject({ kind: 'bridge', group: '7' });
    expect(seen.get('i0')).not.toHaveProperty('minMtu');
    expect(seen.get('lo')).not.toHaveProperty('kind');
  });

  test('are the same in the next dump', async () => {
    const [first, second] = [await links(), await links()];
    for (const [name, link] of first) expect(linkDifferences(link, second.get(name) as LinkSeen)).toEqual([]);
  });

  test('up without a carrier are not operational', async () => {
    space.ip('link set v1 down');
    await until('v0', 'LOWERLAYERDOWN');
    const seen = await links();
    expect(seen.get('v0')).toMatchObject({ admin: 'up', oper: 'down', operState: 'LOWERLAYERDOWN' });
    space.ip('link set v1 up');
    await until('v0', 'UP');
    expect((await links()).get('v0')?.carrierChanges).toBeGreaterThan(seen.get('v0')?.carrierChanges ?? Infinity);
  });

  test('are read with any alias and any name', async () => {
    const every = String.fromCharCode(...Array.from({ length: 127 }, (_, i) => i + 1));
    const forged = 'x\n99: Ethernet0: <UP> mtu 1 qdisc noop"}]';
    for (const alias of [every, forged, 'ä€😀', '']) {
      spawnSync('ip', ['-n', space.name, 'link', 'set', 'i0', 'alias', alias]);
      const seen = await links();
      expect(seen.get('i0')?.alias ?? '').toBe(alias);
      expect(seen.size).toBe(6);
    }
    const names = ['a@b', 'a#b', "q'q", 'q"q', '-x', '\\n', '\u0001c', 'é'];
    for (const name of names) spawnSync('ip', ['-n', space.name, 'link', 'add', 'name', name, 'type', 'ifb']);
    const seen = await links();
    for (const name of names) {
      expect(seen.get(name)).toMatchObject({ name, kind: 'ifb' });
      spawnSync('ip', ['-n', space.name, 'link', 'delete', 'dev', name]);
    }
  });

  test('of a veth to another namespace have its index', async () => {
    const other = makeNamespace();
    try {
      space.ip(`link add w0 type veth peer name w1 netns ${other.name}`);
      const { lower } = (await links()).get('w0') as LinkSeen;
      expect(lower).toMatchObject({ namespaceId: expect.any(Number) as number, index: expect.any(Number) as number });
      expect(lower).not.toHaveProperty('name');
    } finally {
      other.remove();
    }
  });
});

describe.runIf(hasNamespaces)('links that cannot be read', () => {
  test('because the namespace does not exist', async () => {
    await expect(readLinks({ namespace: 'nowhere' }, never)).rejects.toThrow(
      'the network namespace nowhere does not exist. Create it with "ip netns add", or correct the name of the namespace',
    );
  });

  test('because the user does not have permission', () => {
    const space = makeNamespace();
    try {
      const script = `
        import { readLinks } from '${import.meta.dirname}/../../../../plugins/portsync/linux/read-links.ts';
        process.setgroups([]); process.setgid(65534); process.setuid(65534);
        await readLinks({ namespace: '${space.name}' }, new AbortController().signal).catch((e) => console.log(e.message));`;
      const ran = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
      expect(ran.stdout).toBe(
        `the network namespace ${space.name} cannot be entered: this user does not have permission. Run fettle as root, or with CAP_SYS_ADMIN and CAP_NET_ADMIN\n`,
      );
    } finally {
      space.remove();
    }
  });
});

test('without ip, the error says what to install', () => {
  expect(() => ipProgram(['/nonexistent/ip'])).toThrow(
    'the links of this host cannot be read: the program ip is not installed (/nonexistent/ip). Install iproute2',
  );
});

test.each(['../x', '/run/netns/x', '', '-n', '.', '..', 'a b', 'a\n', 'x'.repeat(256), 'ä'])(
  'the name %j of a namespace is refused',
  (name) => {
    expect(namespaceMistake(name)).toMatch(/^is not the name of a network namespace/u);
    expect(() => ipArguments({ namespace: name }, ['link'])).toThrow('is not the name of a network namespace');
  },
);

test.each(['mgmt', 'asic0', 'a.b-c_d:1@x', '0'])('the name %j of a namespace is an argument', (name) => {
  expect(ipArguments({ namespace: name }, ['link'])).toEqual(['-n', name, 'link']);
});

test.each([
  ['{}', 'ip did not print a list in JSON'],
  ['[1]', 'ip did not print a list in JSON'],
  ['[{', 'ip did not print a list in JSON'],
  ['[{"ifname":"a"}]', 'a link without an index'],
  ['[{"ifindex":0,"ifname":"a","mtu":1}]', 'a link without an index'],
  ['[{"ifindex":1,"ifname":"a b","mtu":1}]', 'a link without a name'],
  ['[{"ifindex":1,"ifname":"a"}]', 'a link without an MTU'],
  [
    `[${Array.from({ length: 65_537 }, (_, i) => `{"ifindex":${i + 1},"ifname":"a","mtu":1}`).join()}]`,
    'at most 65536',
  ],
])('output that is not a list of links (%#) is an error', (text, message) => {
  expect(() => linksIn(text)).toThrow(message);
});

test('no output, and empty values, are an empty list of links', () => {
  expect(linksIn('')).toEqual([]);
  expect(linksIn('[{},{}]\n')).toEqual([]);
});
