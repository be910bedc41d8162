/**
 * Networks that are never connected to, and addresses in all their forms. Pure.
 *
 * Every connection that a document, `fettle.yaml` or a remote API names is held to this policy. Only the environment can
 * allow a denied network (`FETTLE_ALLOW_NETWORKS`): a pull request can change everything else.
 *
 * Every address is a number of 128 bits, an IPv4 one as `::ffff:a.b.c.d`. An IPv6 address that leads to an IPv4 one
 * counts as both, so that a denied network is denied in every spelling:
 *
 * | Form | IPv4 in it | Source |
 * |---|---|---|
 * | `0.0.0.0/8`, `::` | this host: the loopback addresses | Linux |
 * | `::a.b.c.d` | the last 32 bits | RFC 4291, 2.5.5.1 |
 * | `::ffff:a.b.c.d` | the last 32 bits | RFC 4291, 2.5.5.2 |
 * | `::ffff:0:a.b.c.d` | the last 32 bits | RFC 2765, 2.1 |
 * | `64:ff9b::/96` | the last 32 bits | RFC 6052, 2.1 |
 * | `64:ff9b:1::/48` | as a prefix of 48, 56, 64 or 96 bits holds it | RFC 8215; RFC 6052, 2.2 |
 * | `2002::/16` | bits 16 to 47 | RFC 3056 |
 * | `2001::/32` | the server, and the inverted last 32 bits | RFC 4380, 4 |
 * | `…:0:5efe:a.b.c.d`, `…:200:5efe:a.b.c.d` | the last 32 bits | RFC 5214, 6.1 |
 */

const BITS = 128;
const MAPPED = 0xffffn << 32n;
const LOW = 0xffff_ffffn;
const LOOPBACK_4 = MAPPED | 0x7f00_0001n;
const LOOPBACK_6 = 1n;

const BYTE = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const IPV4 = new RegExp(`^${BYTE}(?:\\.${BYTE}){3}$`, 'u');

function ofIPv4(text: string): bigint | undefined {
  if (!IPV4.test(text)) return undefined;
  return text.split('.').reduce((all, part) => (all << 8n) | BigInt(part), 0n);
}

/** Groups of 16 bits between colons; an IPv4 address at the end is two of them. */
function groupsOf(text: string, mayEndInIPv4: boolean): readonly bigint[] | undefined {
  const groups: bigint[] = [];
  const parts = text === '' ? [] : text.split(':');
  for (const [i, part] of parts.entries()) {
    const low = mayEndInIPv4 && i === parts.length - 1 ? ofIPv4(part) : undefined;
    if (low !== undefined) groups.push(low >> 16n, low & 0xffffn);
    else if (/^[0-9a-f]{1,4}$/iu.test(part)) groups.push(BigInt(`0x${part}`));
    else return undefined;
  }
  return groups;
}

function ofIPv6(text: string): bigint | undefined {
  const [head = '', tail, more] = text.split('::');
  if (more !== undefined) return undefined;
  const before = groupsOf(head, tail === undefined);
  const after = groupsOf(tail ?? '', true);
  if (before === undefined || after === undefined) return undefined;
  const left = 8 - before.length - after.length;
  // Two colons stand for at least one group.
  if (tail === undefined ? left !== 0 : left < 1) return undefined;
  const zeros = Array.from({ length: left }, () => 0n);
  return [...before, ...zeros, ...after].reduce((all, group) => (all << 16n) | group, 0n);
}

/** An address as a number of 128 bits; undefined if the text is not an address. The zone of an IPv6 address does not count. */
export function addressNumber(text: string): bigint | undefined {
  const low = ofIPv4(text);
  return low === undefined ? ofIPv6(text.replace(/%[^%]+$/u, '')) : MAPPED | low;
}

export interface Network {
  /** The original text. */
  readonly text: string;
  readonly base: bigint;
  /** The prefix length, out of 128 bits. */
  readonly length: number;
}

/** A network as in `10.0.0.0/8` or `fd00::/8`, or one address; undefined if the text is neither. Bits beyond the length do not count. */
export function networkOf(text: string): Network | undefined {
  const written = /^(?<address>[^/%]+)(?:\/(?<length>\d{1,3}))?$/u.exec(text)?.groups;
  const address = written?.['address'] ?? '';
  const base = addressNumber(address);
  if (base === undefined) return undefined;
  const before = IPV4.test(address) ? 96 : 0;
  const length = before + Number(written?.['length'] ?? BITS - before);
  return length > BITS ? undefined : { text, base, length };
}

function isIn(address: bigint, { base, length }: Network): boolean {
  const rest = BigInt(BITS - length);
  return address >> rest === base >> rest;
}

const within = (text: string): Network => networkOf(text) as Network;
const COMPATIBLE = within('::/96');
const TRANSLATED = within('::ffff:0:0:0/96');
const NAT64 = within('64:ff9b::/96');
const LOCAL_NAT64 = within('64:ff9b:1::/48');
const SIX_TO_FOUR = within('2002::/16');
const TEREDO = within('2001::/32');
const ISATAP = new Set([0x5efen, 0x0200_5efen]);

/** No translator sends anything to 0.0.0.0/8: bits that read so are a prefix of another length. */
function isRouted(low: bigint): boolean {
  return low >> 24n !== 0n;
}

/** The IPv4 addresses that an IPv6 one holds, as 32 bits. */
function held(address: bigint): readonly bigint[] {
  const low = address & LOW;
  const bits = (from: number, count: number): bigint =>
    (address >> BigInt(BITS - from - count)) & ((1n << BigInt(count)) - 1n);
  return [
    ...([COMPATIBLE, TRANSLATED, NAT64].some((each) => isIn(address, each)) || ISATAP.has(bits(64, 32)) ? [low] : []),
    ...(isIn(address, LOCAL_NAT64)
      ? [low, (bits(48, 16) << 16n) | bits(72, 16), (bits(56, 8) << 24n) | bits(72, 24), bits(72, 32)].filter(isRouted)
      : []),
    ...(isIn(address, SIX_TO_FOUR) ? [bits(16, 32)] : []),
    ...(isIn(address, TEREDO) ? [bits(32, 32), low ^ LOW] : []),
  ];
}

/** An address, and all others that a connection to it may reach. */
function formsOf(address: bigint): readonly bigint[] {
  if (address === LOOPBACK_6) return [address];
  const forms = [address, ...held(address).map((low) => MAPPED | low)];
  return forms.includes(0n) || forms.includes(MAPPED) ? [...forms, LOOPBACK_4, LOOPBACK_6] : forms;
}

/**
 * Networks that are denied by default: link-local addresses (RFC 3927; RFC 4291, 2.5.6), multicast ones (RFC 5771;
 * RFC 4291, 2.7), unspecified and broadcast ones (RFC 1122, 3.2.1.3; RFC 4291, 2.5.2), and the addresses at which clouds
 * answer their machines with metadata: AWS, Google, Azure, Oracle, Alibaba, Scaleway, OpenStack and the clouds that share
 * their address.
 */
const DENIED: readonly string[] = [
  '169.254.0.0/16',
  'fe80::/10',
  '224.0.0.0/4',
  'ff00::/8',
  '0.0.0.0/8',
  '::/128',
  '255.255.255.255/32',
  '169.254.169.254/32',
  '169.254.170.2/32',
  '169.254.42.42/32',
  '100.100.100.200/32',
  '168.63.129.16/32',
  '192.0.0.192/32',
  'fd00:ec2::254/128',
  'fd00:ec2::23/128',
  'fd20:ce::254/128',
  'fd00:c1::a9fe:a9fe/128',
  'fd00:42::42/128',
  'fe80::a9fe:a9fe/128',
];

interface Entry {
  readonly network: Network;
  readonly denies: boolean;
  /** Of networks of equal length, the higher one decides. */
  readonly rank: number;
}

/** The policy for networks. */
export type NetworkPolicy = readonly Entry[];

/** Holds networks that may be connected to although a wider one is denied, between commas. */
export const ALLOW_NETWORKS = 'FETTLE_ALLOW_NETWORKS';

/** The networks of `FETTLE_ALLOW_NETWORKS`, as they are written there. */
export function allowedNetworks(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  return (env[ALLOW_NETWORKS] ?? '').split(/[\s,]+/u).filter((text) => text !== '');
}

/** `allow` is the environment's, `deny` the configuration's. Throws where a text is not a network: what is to be denied must never go unnoticed. */
export function networkPolicy(allow: readonly string[], deny: readonly string[]): NetworkPolicy {
  const entries = (texts: readonly string[], denies: boolean, rank: number): readonly Entry[] =>
    texts.map((text) => {
      const network = networkOf(text);
      if (network === undefined) throw new Error(`${denies ? 'probe.deny' : ALLOW_NETWORKS}: ${text} is not a network`);
      return { network, denies, rank };
    });
  const all = [...entries(DENIED, true, 0), ...entries(allow, false, 1), ...entries(deny, true, 2)];
  return all.toSorted((a, b) => b.network.length - a.network.length || b.rank - a.rank);
}

/** Stands for a network where a text is not an address: that is never connected to. */
const NOT_AN_ADDRESS = 'not an address';

/** The network for which connections to an address are denied; undefined if they are permitted. */
export function denialOf(address: string, policy: NetworkPolicy): string | undefined {
  const number = addressNumber(address);
  if (number === undefined) return NOT_AN_ADDRESS;
  for (const form of formsOf(number)) {
    const entry = policy.find(({ network }) => isIn(form, network));
    if (entry?.denies === true) return entry.network.text;
  }
  return undefined;
}
