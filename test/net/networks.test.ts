/** Networks that must not be probed: every spelling of an address, and the precedence of two networks. */

import { isIP } from 'node:net';
import { describe, expect, it } from 'vitest';
import { addressNumber, denialOf, networkOf, networkPolicy } from '../../src/net/networks.ts';
import fc from '../support/property.ts';

const standard = networkPolicy([], []);

describe('by default', () => {
  it.each([
    ['link-local', '169.254.0.1', '169.254.0.0/16'],
    ['link-local, IPv6', 'fe80::1', 'fe80::/10'],
    ['link-local, with a zone', 'fe80::1%eth0', 'fe80::/10'],
    ['the end of link-local', 'febf:ffff::1', 'fe80::/10'],
    ['multicast', '224.0.0.1', '224.0.0.0/4'],
    ['the end of multicast', '239.255.255.255', '224.0.0.0/4'],
    ['multicast, IPv6', 'ff02::1', 'ff00::/8'],
    ['metadata', '169.254.169.254', '169.254.169.254/32'],
    ['metadata of Alibaba', '100.100.100.200', '100.100.100.200/32'],
    ['of Azure', '168.63.129.16', '168.63.129.16/32'],
    ['of Oracle', '192.0.0.192', '192.0.0.192/32'],
    ['of AWS, IPv6', 'fd00:ec2::254', 'fd00:ec2::254/128'],
    ['of Google, IPv6', 'fd20:ce::254', 'fd20:ce::254/128'],
    ['unspecified', '0.0.0.0', '0.0.0.0/8'],
    ['unspecified, in another way', '0.1.2.3', '0.0.0.0/8'],
    ['unspecified, mapped', '::ffff:0.0.0.0', '0.0.0.0/8'],
    ['unspecified, IPv6', '::', '::/128'],
    ['broadcast', '255.255.255.255', '255.255.255.255/32'],
    ['what is not an address', 'localhost', 'not an address'],
    ['an address of other software', '0x7f.1', 'not an address'],
  ])('%s is denied: %s', (_name, address, network) => {
    expect(denialOf(address, standard)).toBe(network);
  });

  it.each([
    '127.0.0.1',
    '::1',
    '10.0.0.1',
    '192.168.1.1',
    'fd00::1',
    '100.100.100.201',
    '169.253.255.255',
    '169.255.0.0',
    '223.255.255.255',
    '240.0.0.1',
    '203.0.113.7',
    '2001:db8::1',
    'fec0::1',
    'fe7f::1',
    '::ffff:203.0.113.7',
    '64:ff9b::203.0.113.7',
    '64:ff9b:1::203.0.113.7',
    '64:ff9b:1:cb00:71:700::',
    '2002:cb00:7107::1',
  ])('%s is not', (address) => {
    expect(denialOf(address, standard)).toBeUndefined();
  });
});

describe('an IPv4 address that is denied is so in IPv6', () => {
  // 169.254.169.254 is a9fe:a9fe; inverted, 5601:5601.
  it.each([
    ['mapped', '::ffff:169.254.169.254'],
    ['mapped, in hexadecimal', '::ffff:a9fe:a9fe'],
    ['mapped, written out', '0:0:0:0:0:ffff:a9fe:a9fe'],
    ['mapped, in capitals', '::FFFF:A9FE:A9FE'],
    ['compatible', '::169.254.169.254'],
    ['translated, stateless', '::ffff:0:169.254.169.254'],
    ['translated', '64:ff9b::169.254.169.254'],
    ['translated, in hexadecimal', '64:ff9b::a9fe:a9fe'],
    ['translated by a local prefix of 96 bits', '64:ff9b:1::a9fe:a9fe'],
    ['translated by another local prefix of 96 bits', '64:ff9b:1:7:8:9:a9fe:a9fe'],
    ['translated by a local prefix of 64 bits', '64:ff9b:1:42:a9:fea9:fe00:0'],
    ['translated by a local prefix of 56 bits', '64:ff9b:1:42a9:fe:a9fe::'],
    ['translated by a local prefix of 48 bits', '64:ff9b:1:a9fe:a9:fe00::'],
    ['6to4', '2002:a9fe:a9fe::1'],
    ['Teredo', '2001:0:cb00:7107:8000:63bf:5601:5601'],
    ["Teredo's server", '2001:0:a9fe:a9fe:8000:63bf:3fff:fdd2'],
    ['ISATAP', '2001:db8::5efe:169.254.169.254'],
    ['ISATAP, globally unique', '2001:db8::200:5efe:a9fe:a9fe'],
    ['with a zone', '::ffff:169.254.169.254%eth0'],
  ])('%s: %s', (_name, address) => {
    expect(denialOf(address, standard)).toBe('169.254.169.254/32');
  });

  it('as a network of IPv6 is, for IPv4 addresses', () => {
    const policy = networkPolicy([], ['::ffff:10.0.0.0/104']);
    expect(denialOf('10.1.2.3', policy)).toBe('::ffff:10.0.0.0/104');
    expect(denialOf('11.1.2.3', policy)).toBeUndefined();
  });

  it('and with 127.0.0.0/8 the addresses of this host are', () => {
    const policy = networkPolicy([], ['127.0.0.0/8', '::1']);
    for (const address of ['127.0.0.1', '127.9.9.9', '0.0.0.0', '::', '::1', '::ffff:0.0.0.0', '64:ff9b::7f00:1'])
      expect([address, denialOf(address, policy)]).not.toEqual([address, undefined]);
  });

  it('in any form', () => {
    const forms = (low: bigint): readonly string[] => {
      const [high, end] = [(low >> 16n).toString(16), (low & 0xffffn).toString(16)];
      const dotted = [24n, 16n, 8n, 0n].map((shift) => (low >> shift) & 0xffn).join('.');
      return [
        dotted,
        `::ffff:${dotted}`,
        `::ffff:0:${dotted}`,
        `64:ff9b::${dotted}`,
        `64:ff9b:1::${high}:${end}`,
        `2002:${high}:${end}::1`,
        `fd12::5efe:${high}:${end}`,
      ];
    };
    fc.assert(
      fc.property(fc.bigInt(0x0a00_0000n, 0x0aff_ffffn), (low) => {
        const policy = networkPolicy([], ['10.0.0.0/8']);
        return forms(low).every((address) => denialOf(address, policy) === '10.0.0.0/8');
      }),
    );
    fc.assert(
      fc.property(fc.bigInt(0x0b00_0000n, 0x63ff_ffffn), (low) =>
        forms(low).every((address) => denialOf(address, networkPolicy([], ['10.0.0.0/8'])) === undefined),
      ),
    );
  });
});

describe('of the networks that an address lies in', () => {
  it.each([
    ['a wider one gives way to what is allowed', ['10.1.0.0/16'], ['10.0.0.0/8'], '10.1.2.3', undefined],
    ['a wider one that is allowed gives way', ['10.0.0.0/8'], ['10.1.0.0/16'], '10.1.2.3', '10.1.0.0/16'],
    ['of equal ones, the denied one counts', ['10.0.0.0/8'], ['10.0.0.0/8'], '10.1.2.3', '10.0.0.0/8'],
    ['what is denied by default can be allowed as it is', ['169.254.0.0/16'], [], '169.254.0.1', undefined],
    ['and metadata in it is not allowed with it', ['169.254.0.0/16'], [], '169.254.169.254', '169.254.169.254/32'],
    ['but by itself', ['169.254.169.254'], [], '169.254.169.254', undefined],
    ['in all its forms', ['169.254.169.254/32'], [], '64:ff9b::a9fe:a9fe', undefined],
    [
      'a form that is allowed does not allow what is in it',
      ['64:ff9b::/96'],
      [],
      '64:ff9b::a9fe:a9fe',
      '169.254.169.254/32',
    ],
    ['nothing but one network', ['192.0.2.0/24'], ['0.0.0.0/0', '::/0'], '198.51.100.1', '0.0.0.0/0'],
    ['nothing but one network, in it', ['192.0.2.0/24'], ['0.0.0.0/0', '::/0'], '192.0.2.1', undefined],
    ['nothing but one network, over IPv6', ['192.0.2.0/24'], ['0.0.0.0/0', '::/0'], '2001:db8::1', '::/0'],
  ] as const)('%s', (_name, allow, deny, address, network) => {
    expect(denialOf(address, networkPolicy(allow, deny))).toBe(network);
  });
});

describe('a network', () => {
  it.each([
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0/8',
    'fe80::/129',
    'fe80::1%eth0',
    '10.0.0.0/-1',
    'example.test',
    '',
    '1::2::3',
    '::/1x',
    '010.0.0.1',
  ])('is not %j, and never passed over', (text) => {
    expect(networkOf(text)).toBeUndefined();
    expect(() => networkPolicy([], [text])).toThrow(`probe.deny: ${text} is not a network`);
    expect(() => networkPolicy([text], [])).toThrow(`FETTLE_ALLOW_NETWORKS: ${text} is not a network`);
  });

  it('may have bits beyond its length', () => {
    expect(denialOf('10.200.0.1', networkPolicy([], ['10.1.2.3/8']))).toBe('10.1.2.3/8');
  });
});

it('an address is what Node.js takes for one', () => {
  const part = fc.stringMatching(/^(?:[0-9a-fA-F]{0,5}|\d{1,3}(?:\.\d{1,3}){2,4})$/u);
  const text = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.array(part, { minLength: 1, maxLength: 9 }).map((parts) => parts.join(':')),
    fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 3, maxLength: 5 }).map((parts) => parts.join('.')),
    fc.tuple(fc.ipV6(), fc.constantFrom('%eth0', '%', '%1%2', '/64', ' ')).map((both) => both.join('')),
    fc.stringMatching(/^[:.0-9a-f]{0,12}$/u),
  );
  fc.assert(
    fc.property(text, (address) => (addressNumber(address) === undefined) === (isIP(address) === 0)),
    { numRuns: 5000 },
  );
});

it('an address is a number', () => {
  expect(addressNumber('::')).toBe(0n);
  expect(addressNumber('::1')).toBe(1n);
  expect(addressNumber('1::')).toBe(1n << 112n);
  expect(addressNumber('1:2:3:4:5:6:7:8')).toBe(0x0001_0002_0003_0004_0005_0006_0007_0008n);
  expect(addressNumber('1.2.3.4')).toBe(0xffff_0102_0304n);
  expect(addressNumber('::1.2.3.4')).toBe(0x0102_0304n);
  expect(addressNumber('1.2.3.256')).toBeUndefined();
});
