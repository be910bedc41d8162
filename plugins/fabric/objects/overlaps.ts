/**
 * Overlaps: values that two documents must not share. The cluster's webhooks compare each object with the existing ones
 * only, so two new objects could both pass their dry runs.
 */

import { isTree, type Json, textsAt } from '#plugin';
import { addressNumber } from '#plugin/net';
import { textOr } from './content.ts';
import type { Manifest } from './manifest.ts';

/** One value that an object claims for itself. Equal claims overlap; networks overlap if one contains the other. */
export type Claimed =
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
export function claimsOf(manifest: Manifest): readonly Claimed[] {
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
