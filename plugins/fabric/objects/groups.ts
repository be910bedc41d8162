/** The API groups of a Hedgehog fabric, and the kinds in them. Source: https://github.com/githedgehog/fabric/tree/master/api */

/** The group of every kind that teams declare. Its names are kinds of this plugin. */
export const KIND_GROUPS = {
  Connection: 'wiring.githedgehog.com',
  Server: 'wiring.githedgehog.com',
  ServerProfile: 'wiring.githedgehog.com',
  Switch: 'wiring.githedgehog.com',
  SwitchGroup: 'wiring.githedgehog.com',
  SwitchProfile: 'wiring.githedgehog.com',
  VLANNamespace: 'wiring.githedgehog.com',
  External: 'vpc.githedgehog.com',
  ExternalAttachment: 'vpc.githedgehog.com',
  ExternalPeering: 'vpc.githedgehog.com',
  IPv4Namespace: 'vpc.githedgehog.com',
  VPC: 'vpc.githedgehog.com',
  VPCAttachment: 'vpc.githedgehog.com',
  VPCPeering: 'vpc.githedgehog.com',
  Gateway: 'gateway.githedgehog.com',
  GatewayGroup: 'gateway.githedgehog.com',
  GatewayPeering: 'gateway.githedgehog.com',
} as const;

export type FabricKind = keyof typeof KIND_GROUPS;

/** Kinds that the controllers of the fabric write. No document declares them. */
export const CONTROLLER_KINDS: ReadonlySet<string> = new Set([
  'Agent',
  'Catalog',
  'DHCPSubnet',
  'VPCInfo',
  'GatewayAgent',
]);

export const FABRIC_GROUPS: ReadonlySet<string> = new Set([
  ...Object.values(KIND_GROUPS),
  'agent.githedgehog.com',
  'dhcp.githedgehog.com',
  'gwint.githedgehog.com',
]);

/** The only namespace that the fabric accepts. */
export const FABRIC_NAMESPACE = 'default';

/** Stands for the core group, whose name is empty, in an address. */
export const CORE = 'core';

/** Stands for the namespace of a cluster-scoped object in an address. Kubernetes allows no such name. */
export const CLUSTER = '_';

export function isFabricKind(kind: string): kind is FabricKind {
  return Object.hasOwn(KIND_GROUPS, kind);
}

/** The group of an `apiVersion`; empty for the core group (`v1`). */
export function groupOf(apiVersion: string): string {
  const [group, version] = apiVersion.split('/', 2);
  return version === undefined ? '' : (group ?? '');
}

/** The versions in which a fabric serves its groups. */
const VERSIONS: Readonly<Record<string, string>> = {
  'wiring.githedgehog.com': 'v1beta1',
  'vpc.githedgehog.com': 'v1beta1',
  'gateway.githedgehog.com': 'v1alpha1',
};

/** The versions in which the groups of a Fabric may be served: those of a fabric, and those that it lists. */
export function versionsOf({ groups }: { readonly groups: readonly string[] }): readonly string[] {
  const own = [...new Set(Object.values(KIND_GROUPS))].map((group) => `${group}/${VERSIONS[group] ?? 'v1'}`);
  return [
    ...own,
    ...groups.flatMap((group) => (group === '' ? ['v1'] : [`${group}/v1`, `${group}/v1beta1`, `${group}/v1alpha1`])),
  ];
}
