/** The codec of netlink: any message survives a round trip, no bytes do harm, and the kernel's own dump is what `ip` says. */

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  addressText,
  decodeMessages,
  encodeMessage,
  FLAG_RUNNING,
  FLAG_UP,
  NetlinkError,
  type NetlinkMessage,
  operStateText,
  type RawLink,
} from '../../../../plugins/portsync/linux/netlink.ts';
import type { MonitorEvent } from '../../../../plugins/portsync/linux/monitor.ts';
import { messageSplitter } from '../../../../plugins/portsync/linux/raw-monitor.ts';
import { readLinks } from '../../../../plugins/portsync/linux/read-links.ts';
import { hasNamespaces, makeNamespace, type Namespace } from '../../../support/network-namespace.ts';

const number32 = fc.integer({ min: 0, max: 0xffffffff });
const text = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((each) => !each.includes('\0'));

/** Members that may be absent, and are not undefined. */
function optional<T>(members: { readonly [K in keyof T]: fc.Arbitrary<NonNullable<T[K]>> }): fc.Arbitrary<Partial<T>> {
  return fc.record(members, { requiredKeys: [] }) as fc.Arbitrary<Partial<T>>;
}

const link: fc.Arbitrary<RawLink> = fc
  .tuple(
    fc.record({
      family: fc.constantFrom(0, 7),
      hardware: fc.integer({ min: 0, max: 0xffff }),
      index: fc.integer(),
      flags: number32,
      change: number32,
    }),
    optional<Omit<RawLink, 'family' | 'hardware' | 'index' | 'flags' | 'change'>>({
      name: text,
      altnames: fc.array(text, { maxLength: 3 }),
      alias: text,
      mtu: number32,
      minMtu: number32,
      maxMtu: number32,
      operState: fc.integer({ min: 0, max: 255 }),
      master: number32,
      lower: number32,
      lowerNamespace: number32,
      address: fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString('hex')),
      group: number32,
      queueLength: number32,
      carrierChanges: number32,
      kind: text,
      masterKind: text,
    }),
  )
  .map(([head, more]) => {
    const { kind: _kind, masterKind: _masterKind, ...bridge } = more;
    // A bridge has other attributes there.
    return { ...head, ...(head.family === 0 ? more : bridge) };
  });

const head = { sequence: number32, isPart: fc.boolean(), isInterrupted: fc.boolean() };
const message: fc.Arbitrary<NetlinkMessage> = fc.oneof(
  fc.record({ ...head, what: fc.constantFrom('link' as const, 'removed' as const), link }),
  fc.record({ ...head, what: fc.constantFrom('done' as const, 'error' as const), code: fc.integer() }),
  fc.record({ ...head, what: fc.constant('other' as const), type: fc.integer({ min: 20, max: 0xffff }) }),
);

test('every message is decoded as it was encoded, also in pieces', () => {
  const property = fc.property(fc.array(message, { maxLength: 5 }), fc.nat(), (messages, cut) => {
    const bytes = Buffer.concat(messages.map(encodeMessage));
    expect(decodeMessages(bytes)).toEqual({ messages, used: bytes.length });
    const at = cut % (bytes.length + 1);
    const first = decodeMessages(bytes.subarray(0, at));
    expect(first.used).toBeLessThanOrEqual(at);
    const second = decodeMessages(bytes.subarray(first.used));
    expect([...first.messages, ...second.messages]).toEqual(messages);
  });
  fc.assert(property);
});

function decoded(bytes: Uint8Array): void {
  try {
    const { used } = decodeMessages(bytes);
    expect(used).toBeLessThanOrEqual(bytes.length);
  } catch (error) {
    expect(error).toBeInstanceOf(NetlinkError);
  }
}

test('no bytes throw anything but a NetlinkError', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), decoded));
  const flipped = fc.property(
    message,
    fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1 }),
    (each, flips) => {
      const bytes = encodeMessage(each);
      for (const [at, value] of flips) bytes[at % bytes.length] = value;
      decoded(bytes);
    },
  );
  fc.assert(flipped, { numRuns: 1000 });
});

test.each([
  ['a message shorter than its header', 4, 8],
  ['a message of four gigabytes', 0, 0xff],
])('%s is refused', (_name, at, value) => {
  const bytes = encodeMessage({ what: 'done', sequence: 1, isPart: true, isInterrupted: false, code: 0 });
  bytes.fill(0, 0, 4);
  bytes.fill(value, at === 0 ? 0 : 1, at === 0 ? 4 : 1);
  expect(() => decodeMessages(bytes)).toThrow(NetlinkError);
});

test('addresses and states have the form of ip', () => {
  expect(addressText('0200000000ff')).toBe('02:00:00:00:00:ff');
  expect(addressText('')).toBe('');
  expect([operStateText(6), operStateText(3), operStateText(undefined), operStateText(99)]).toEqual([
    'UP',
    'LOWERLAYERDOWN',
    'UNKNOWN',
    'UNKNOWN',
  ]);
});

/** Writes the messages of a dump of links, as they come from the kernel, in hexadecimal digits. */
const RAW_DUMP = `
import socket, struct
s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
s.bind((0, 0))
s.send(struct.pack('IHHII', 32, 18, 0x301, 77, 0) + struct.pack('BBHiII', 0, 0, 0, 0, 0, 0))
done = False
while not done:
    data = s.recv(1 << 20)
    print(data.hex())
    at = 0
    while at < len(data):
        length, kind = struct.unpack_from('IH', data, at)
        done = done or kind in (2, 3)
        at += (length + 3) & ~3
`;
import fc from '../../../support/property.ts';

describe.runIf(hasNamespaces)('a dump of the kernel', () => {
  let space: Namespace;
  const links = async () => (await readLinks({ namespace: space.name }, new AbortController().signal)).links;
  beforeAll(async () => {
    space = makeNamespace();
    space.batch([
      'link add v0 type veth peer name v1',
      'link add br0 type bridge',
      'link set v0 master br0 alias "front port"',
      'link set v1 up mtu 1400 txqueuelen 77 group 7',
      'link set br0 up',
      'link add link v1 name mv0 type macvlan',
      'link property add dev v1 altname a-name-of-more-than-fifteen-bytes altname another',
      'link add i0 type ifb',
      'link set v0 up',
    ]);
    // The kernel follows a change of a carrier within a second.
    const isSettled = async () => (await links()).filter(({ operState }) => operState === 'UP').length === 3;
    await vi.waitUntil(isSettled, { timeout: 30_000 });
  });
  afterAll(() => space.remove());

  test('is decoded to the links that ip shows', async () => {
    const expected = await links();
    const raw = space.run('python3', '-c', RAW_DUMP);
    const { messages } = decodeMessages(Buffer.from(raw.replaceAll('\n', ''), 'hex'));
    expect(messages.at(-1)).toEqual({ what: 'done', sequence: 77, isPart: true, isInterrupted: false, code: 0 });
    const raws = messages.flatMap((each) => (each.what === 'link' ? [each.link] : []));
    expect(raws.every(({ change }) => change === 0)).toBe(true);
    const names = new Map(raws.map(({ index, name }) => [index, name]));
    const seen = raws.map((each) => ({
      index: each.index,
      name: each.name,
      altnames: each.altnames ?? [],
      alias: each.alias,
      mtu: each.mtu,
      minMtu: each.minMtu === 0 ? undefined : each.minMtu,
      maxMtu: each.maxMtu === 0 ? undefined : each.maxMtu,
      admin: (each.flags & FLAG_UP) === 0 ? 'down' : 'up',
      oper: (each.flags & FLAG_UP) !== 0 && (each.flags & FLAG_RUNNING) !== 0 ? 'up' : 'down',
      operState: operStateText(each.operState),
      kind: each.kind,
      master: each.master === undefined ? undefined : { name: names.get(each.master), kind: each.masterKind },
      lower: each.lower === undefined ? undefined : { name: names.get(each.lower) },
      address: addressText(each.address ?? ''),
      group: each.group === 0 ? 'default' : String(each.group),
      queueLength: each.queueLength,
      carrierChanges: each.carrierChanges,
    }));
    const byIndex = (a: { readonly index: number }, b: { readonly index: number }): number => a.index - b.index;
    expect(seen.toSorted(byIndex)).toEqual(expected.toSorted(byIndex));
    expect(seen).toHaveLength(6);
  });
});

describe('a stream of messages', () => {
  const end = { sequence: 0, isPart: false, isInterrupted: false };
  const known = { family: 0, hardware: 1, index: 5, flags: 1, change: 0, name: 'a', mtu: 1500 };
  const events = (...chunks: readonly Uint8Array[]): readonly MonitorEvent[] => {
    const said: MonitorEvent[] = [];
    const split = messageSplitter((event) => said.push(event));
    for (const chunk of chunks) split(chunk);
    return said;
  };
  const encoded = (what: 'link' | 'removed', more: Partial<RawLink> = {}) =>
    encodeMessage({ ...end, what, link: { ...known, ...more } });

  test('has links and removed ones, also in pieces', () => {
    const bytes = Buffer.concat([encoded('link'), encoded('removed')]);
    const expected = [
      { what: 'message', link: known },
      { what: 'removed', index: 5 },
    ];
    for (let at = 0; at <= bytes.length; at += 1)
      expect(events(bytes.subarray(0, at), bytes.subarray(at))).toEqual(expected);
  });

  test('has neither messages of bridges, nor links that leave a master', () => {
    const { mtu: _mtu, ...partial } = known;
    const wireless = encodeMessage({ ...end, what: 'link', link: partial });
    const done = encodeMessage({ ...end, what: 'done', code: 0 });
    expect(events(encoded('link', { family: 7 }), encoded('removed', { master: 3 }), wireless, done)).toEqual([]);
  });

  test('is lost at bytes that are not messages, and goes on', () => {
    expect(events(new Uint8Array(16), encoded('removed'))).toEqual([
      { what: 'lost', why: 'a message of 0 bytes is not one of netlink. Read the links again' },
      { what: 'removed', index: 5 },
    ]);
  });
});
