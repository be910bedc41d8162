/** References between the objects of a fabric: what an object needs, and the order of creations and removals. */

import { isRecord, type Json, textsAt } from '#plugin';
import type { FabricKind } from './groups.ts';
import type { Manifest } from './manifest.ts';

/** A reference to another object in the same namespace. */
export interface Reference {
  readonly kind: FabricKind;
  readonly name: string;
}

type Read = (spec: Json) => readonly Reference[];

const at =
  (kind: FabricKind, pointer: string): Read =>
  (spec) =>
    textsAt(spec, pointer).map(({ text }) => ({ kind, name: text }));

/** The part of `vpc-1/default` before the slash. */
const vpcOfSubnet: Read = (spec) =>
  textsAt(spec, '/subnet').map(({ text }) => ({ kind: 'VPC', name: text.split('/', 1)[0] ?? text }));

/** A reference with a default that the fabric fills in. */
const orDefault =
  (kind: FabricKind, key: string): Read =>
  (spec) => {
    const name = isRecord(spec) ? spec[key] : undefined;
    return [{ kind, name: typeof name === 'string' && name !== '' ? name : 'default' }];
  };

function portsIn(value: Json): readonly string[] {
  if (Array.isArray(value)) return (value as readonly Json[]).flatMap(portsIn);
  if (!isRecord(value)) return [];
  return Object.entries(value as Readonly<Record<string, Json>>).flatMap(([key, member]) =>
    key === 'port' && typeof member === 'string' ? [member] : portsIn(member),
  );
}

/** The devices of a connection: `leaf-1` of the port `leaf-1/E1/42`. A server has the key `server` above its port. */
const devices: Read = (spec) => {
  const ofDevice = (kind: FabricKind, value: Json): readonly Reference[] =>
    portsIn(value).map((port) => ({ kind, name: port.split('/', 1)[0] ?? port }));
  const walk = (value: Json): readonly Reference[] => {
    if (Array.isArray(value)) return (value as readonly Json[]).flatMap(walk);
    if (!isRecord(value)) return [];
    return Object.entries(value as Readonly<Record<string, Json>>).flatMap(([key, member]) => {
      if (key === 'server') return ofDevice('Server', member);
      if (key === 'port') return ofDevice('Switch', { port: member });
      return walk(member);
    });
  };
  return walk(spec);
};

const peered: Read = (spec) => {
  const permit = isRecord(spec) ? spec['permit'] : undefined;
  return (Array.isArray(permit) ? (permit as readonly Json[]) : []).flatMap((entry) =>
    isRecord(entry) ? Object.keys(entry).map((name) => ({ kind: 'VPC' as const, name })) : [],
  );
};

/** Prefix of an External among the names of a GatewayPeering. A VPC's name cannot begin with it. */
export const EXTERNAL_PREFIX = 'ext.';

const peeredByGateway: Read = (spec) => {
  const peering = isRecord(spec) ? spec['peering'] : undefined;
  return Object.keys(isRecord(peering) ? peering : {}).map((name) =>
    name.startsWith(EXTERNAL_PREFIX)
      ? { kind: 'External', name: name.slice(EXTERNAL_PREFIX.length) }
      : { kind: 'VPC', name },
  );
};

const groups: Read = (spec) => [
  ...textsAt(spec, '/redundancy/group').map(({ text }) => ({ kind: 'SwitchGroup' as const, name: text })),
  ...textsAt(spec, '/groups/*').map(({ text }) => ({ kind: 'SwitchGroup' as const, name: text })),
];

const vlanNamespaces: Read = (spec) => {
  const named = textsAt(spec, '/vlanNamespaces/*').map(({ text }) => ({ kind: 'VLANNamespace' as const, name: text }));
  return named.length === 0 ? [{ kind: 'VLANNamespace', name: 'default' }] : named;
};

const REFERENCES: Partial<Record<FabricKind, readonly Read[]>> = {
  Connection: [devices, at('VPC', '/staticExternal/withinVPC')],
  Server: [at('ServerProfile', '/profile')],
  Switch: [groups, vlanNamespaces, at('SwitchProfile', '/profile')],
  External: [orDefault('IPv4Namespace', 'ipv4Namespace')],
  ExternalAttachment: [at('External', '/external'), at('Connection', '/connection')],
  ExternalPeering: [at('VPC', '/permit/vpc/name'), at('External', '/permit/external/name')],
  VPC: [
    orDefault('IPv4Namespace', 'ipv4Namespace'),
    orDefault('VLANNamespace', 'vlanNamespace'),
    at('VPC', '/subnets/*/dhcp/relayVPC'),
  ],
  VPCAttachment: [vpcOfSubnet, at('Connection', '/connection')],
  VPCPeering: [peered],
  Gateway: [at('GatewayGroup', '/groups/*/name')],
  GatewayPeering: [orDefault('GatewayGroup', 'gatewayGroup'), peeredByGateway],
};

/** The objects that a manifest of the fabric names, without duplicates. Empty for other kinds. */
export function referencesOf(manifest: Manifest): readonly Reference[] {
  const spec = manifest['spec'] ?? {};
  const all = (REFERENCES[manifest.kind as FabricKind] ?? []).flatMap((read) => read(spec));
  return [...new Map(all.map((reference) => [`${reference.kind}/${reference.name}`, reference])).values()];
}
