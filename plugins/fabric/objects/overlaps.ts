/**
 * Overlaps: values that two documents must not share. The cluster's webhooks compare each object with the existing ones
 * only, so two new objects could both pass their dry runs.
 */

import { isTree, type Json, textsAt } from '#plugin';
import { addressNumber } from '#plugin/net';
import { textOr } from './content.ts';
import type { Manifest } from './manifest.ts';

/** One value that an object claims for itself. Equal claims overlap; networks overlap if one contains the other. */
type Claimed =
  | { readonly what: string; readonly value: string }
  | { readonly what: string; readonly network: { readonly from: bigint; readonly to: bigint }; readonly value: string };

function networkOf(text: string): { readonly from: bigint; readonly to: bigint } | undefined {
  const [address = '', length = ''] = text.split('/', 2);
  const bits = address.includes(':') ? 128 : 32;
  const number = addressNumber(address);
  const prefix = Number(length);
  if (number === undefined || !Number.isInteger(prefix) || prefix < 0 || prefix > bits) return undefined;
  const size = 1n << BigInt(bits - prefix);
  // IPv4 addresses have 32 bits, and `addressNumber` may map them into IPv6: only the distance counts.
  const from = number - (number % size);
  return { from, to: from + size - 1n };
}

function specOf(manifest: Manifest): Json {
  return manifest['spec'] ?? {};
}

function textAt(spec: Json, key: string, other: string): string {
  const value = isTree(spec) ? spec[key] : undefined;
  return typeof value === 'string' && value !== '' ? value : other;
}

function subnetsOf(spec: Json): readonly { readonly [key: string]: Json }[] {
  const subnets = isTree(spec) ? spec['subnets'] : undefined;
  return isTree(subnets) ? Object.values(subnets).filter(isTree) : [];
}

function ofVpc(manifest: Manifest): readonly Claimed[] {
  const spec = specOf(manifest);
  const [ipv4, vlans] = [textAt(spec, 'ipv4Namespace', 'default'), textAt(spec, 'vlanNamespace', 'default')];
  return subnetsOf(spec).flatMap(({ subnet, vlan, hostBGP }): readonly Claimed[] => {
    const network = typeof subnet === 'string' ? networkOf(subnet) : undefined;
    return [
      ...(network === undefined
        ? []
        : [{ what: `the subnet in the IPv4Namespace ${ipv4}`, network, value: textOr(subnet, '') }]),
      ...(typeof vlan === 'number' && vlan > 0 && hostBGP !== true
        ? [{ what: `the VLAN in the VLANNamespace ${vlans}`, value: String(vlan) }]
        : []),
    ];
  });
}

function portsIn(value: Json): readonly string[] {
  if (Array.isArray(value)) return (value as readonly Json[]).flatMap(portsIn);
  if (!isTree(value)) return [];
  return Object.entries(value).flatMap(([key, member]) =>
    key === 'port' && typeof member === 'string' ? [member] : portsIn(member),
  );
}

function ofSwitch(manifest: Manifest): readonly Claimed[] {
  const spec = specOf(manifest);
  const claim = (what: string, pointer: string): readonly Claimed[] =>
    textsAt(spec, pointer).map(({ text }) => ({ what, value: text }));
  return [
    ...claim('the management address', '/ip'),
    ...claim('the protocol address', '/protocolIP'),
    ...claim('the VTEP address', '/vtepIP'),
  ];
}

function ofAttachment(manifest: Manifest): readonly Claimed[] {
  const spec = specOf(manifest);
  const subnet = textAt(spec, 'subnet', '');
  const connection = textAt(spec, 'connection', '');
  const whole = subnet.includes('/') ? subnet : `${subnet}/default`;
  const native = isTree(spec) && spec['nativeVLAN'] === true;
  return [
    { what: 'the subnet on the connection', value: `${whole} on ${connection}` },
    ...(native ? [{ what: 'the native VLAN of the connection', value: connection }] : []),
  ];
}

function ofExternalAttachment(manifest: Manifest): readonly Claimed[] {
  const spec = specOf(manifest);
  const own = isTree(spec) && isTree(spec['switch']) ? spec['switch'] : {};
  const { vlan } = own;
  if (typeof vlan !== 'number' || vlan === 0) return [];
  return [{ what: 'the VLAN of the connection', value: `${vlan} on ${textAt(spec, 'connection', '')}` }];
}

const CLAIMS: Readonly<Record<string, (manifest: Manifest) => readonly Claimed[]>> = {
  VPC: ofVpc,
  Switch: ofSwitch,
  Connection: (manifest) => portsIn(specOf(manifest)).map((port) => ({ what: 'the port', value: port })),
  VPCAttachment: ofAttachment,
  ExternalAttachment: ofExternalAttachment,
};

/** The values that a manifest claims for itself. */
function claimsOf(manifest: Manifest): readonly Claimed[] {
  return CLAIMS[manifest.kind]?.(manifest) ?? [];
}

function areEqual(a: Claimed, b: Claimed): boolean {
  if (a.what !== b.what) return false;
  if ('network' in a && 'network' in b) return a.network.from <= b.network.to && b.network.from <= a.network.to;
  return a.value === b.value;
}

/** The first value that both manifests claim, as words; undefined without one. */
export function overlapOf(a: Manifest, b: Manifest): string | undefined {
  const theirs = claimsOf(b);
  for (const own of claimsOf(a)) {
    const other = theirs.find((each) => areEqual(own, each));
    if (other !== undefined)
      return own.value === other.value ? `${own.what}: ${own.value}` : `${own.what}: ${own.value} and ${other.value}`;
  }
  return undefined;
}

/** An object in an index: only objects of one scope can overlap. */
export interface Claimant {
  readonly address: string;
  readonly scope: string;
  readonly manifest: Manifest;
}

/** Finds the claimants that share a claim with a manifest of a scope, in their order; the manifest itself may be among them. */
export type OverlapIndex = (scope: string, manifest: Manifest) => readonly Claimant[];

interface NetworkClaim {
  readonly network: { readonly from: bigint; readonly to: bigint };
  readonly position: number;
}

/** Networks in the order of their first address, with the highest last address up to each. */
interface Networks {
  readonly claims: readonly NetworkClaim[];
  readonly highest: readonly bigint[];
}

function networksOf(unsorted: readonly NetworkClaim[]): Networks {
  const claims = unsorted.toSorted((a, b) =>
    a.network.from < b.network.from ? -1 : a.network.from > b.network.from ? 1 : 0,
  );
  const highest: bigint[] = [];
  for (const { network } of claims) {
    const before = highest.at(-1);
    highest.push(before === undefined || network.to > before ? network.to : before);
  }
  return { claims, highest };
}

/** The number of networks that begin at or before an address. */
function countUpTo({ claims }: Networks, address: bigint): number {
  let [low, high] = [0, claims.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((claims[middle]?.network.from ?? 0n) <= address) low = middle + 1;
    else high = middle;
  }
  return low;
}

function positionsWithin(networks: Networks, { from, to }: NetworkClaim['network']): readonly number[] {
  const found: number[] = [];
  for (let i = countUpTo(networks, to) - 1; i >= 0 && (networks.highest[i] ?? 0n) >= from; i -= 1) {
    const claim = networks.claims[i];
    if (claim !== undefined && claim.network.to >= from) found.push(claim.position);
  }
  return found;
}

/** The claims of many objects: comparing each object with every other one takes a minute for thousands of them. */
export function overlapIndex(claimants: readonly Claimant[]): OverlapIndex {
  const values = new Map<string, number[]>();
  const lists = new Map<string, NetworkClaim[]>();
  const add = <T>(map: Map<string, T[]>, key: string, item: T): void => {
    const known = map.get(key);
    if (known === undefined) map.set(key, [item]);
    else known.push(item);
  };
  const keyOf = (scope: string, { what, value }: Pick<Claimed, 'what' | 'value'>): string =>
    JSON.stringify([scope, what, value]);
  for (const [position, { scope, manifest }] of claimants.entries())
    for (const claim of claimsOf(manifest)) {
      if ('network' in claim) add(lists, keyOf(scope, { ...claim, value: '' }), { network: claim.network, position });
      else add(values, keyOf(scope, claim), position);
    }
  const networks = new Map([...lists].map(([key, claims]) => [key, networksOf(claims)]));
  return (scope, manifest) => {
    const positions = claimsOf(manifest).flatMap((claim) => {
      if (!('network' in claim)) return values.get(keyOf(scope, claim)) ?? [];
      const own = networks.get(keyOf(scope, { ...claim, value: '' }));
      return own === undefined ? [] : positionsWithin(own, claim.network);
    });
    return [...new Set(positions)].sort((a, b) => a - b).flatMap((position) => claimants[position] ?? []);
  };
}
