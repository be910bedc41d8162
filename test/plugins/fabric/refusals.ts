/** Mistakes in a fabric, each as a request, for the words in which the fabric refuses them (`refusals.json`). */

import { mergePatch } from '../../../plugins/fabric/sandbox/patch.ts';
import { isTree, textAt, type Tree, treeAt } from '../../../plugins/fabric/sandbox/value.ts';

/** A refused request: an object to apply, or one to delete. */
export interface Mistake {
  readonly title: string;
  readonly object: Tree;
  readonly isRemoval?: boolean;
}

const GROUPS: Readonly<Record<string, string>> = {
  Switch: 'wiring',
  Connection: 'wiring',
  VLANNamespace: 'wiring',
  Server: 'wiring',
  SwitchProfile: 'wiring',
  SwitchGroup: 'wiring',
};

function fresh(kind: string, name: string, spec: Tree): Tree {
  const apiVersion = `${GROUPS[kind] ?? 'vpc'}.githedgehog.com/v1beta1`;
  return { apiVersion, kind, metadata: { name, namespace: 'default' }, spec };
}

const net = (subnet: string, vlan: number, more: Tree = {}): Tree => ({ subnet, vlan, ...more });
const oneNet = (subnet: string, vlan: number, more: Tree = {}): Tree => ({
  subnets: { default: net(subnet, vlan, more) },
});
const unbundled = (server: string, leaf: string): Tree => ({
  unbundled: { link: { server: { port: server }, switch: { port: leaf } } },
});

/** The first link of a connection between a spine and a leaf, with an address that is not valid. */
function wrongLink(manifests: readonly Tree[]): Tree {
  const connection = manifests.find((one) => textAt(one, 'metadata', 'name') === 'spine-1--fabric--leaf-1');
  const links = treeAt(connection, 'spec', 'fabric')['links'];
  const [first] = Array.isArray(links) ? links : [];
  const link = mergePatch(isTree(first) ? first : {}, { spine: { ip: '300.1.1.1/31' } });
  return isTree(link) ? link : {};
}

/** Gives a manifest with a change of its spec. */
function changesIn(manifests: readonly Tree[]): (kind: string, name: string, patch: Tree) => Tree {
  return (kind, name, patch) => {
    const base = manifests.find((one) => one['kind'] === kind && textAt(one, 'metadata', 'name') === name);
    if (base === undefined) throw new Error(`${kind}/${name} is not a manifest`);
    const spec = mergePatch(treeAt(base, 'spec'), patch);
    return { ...base, spec: isTree(spec) ? spec : {} };
  };
}

/** The mistakes, over the manifests of a whole fabric. */
export function mistakesIn(manifests: readonly Tree[]): readonly Mistake[] {
  const changed = changesIn(manifests);
  const vpc = (title: string, spec: Tree, name = 'vpc-x'): Mistake => ({ title, object: fresh('VPC', name, spec) });
  const attach = (title: string, subnet: string, connection: string, more: Tree = {}): Mistake => ({
    title,
    object: fresh('VPCAttachment', 'attachment-x', { subnet, connection, ...more }),
  });
  const peer = (title: string, spec: Tree): Mistake => ({ title, object: fresh('VPCPeering', 'peering-x', spec) });
  const connect = (title: string, spec: Tree): Mistake => ({ title, object: fresh('Connection', 'c-x', spec) });
  const gone = (title: string, kind: string, name: string): Mistake => ({
    title,
    object: fresh(kind, name, {}),
    isRemoval: true,
  });
  const alter = (title: string, kind: string, name: string, patch: Tree): Mistake => ({
    title,
    object: changed(kind, name, patch),
  });
  return [
    vpc('overlapping subnet with another VPC', oneNet('10.10.1.128/25', 1060)),
    vpc('overlapping subnets within one VPC', {
      subnets: { default: net('10.10.60.0/24', 1060), other: net('10.10.60.128/25', 1061) },
    }),
    vpc('VLAN out of its namespace', oneNet('10.10.60.0/24', 500)),
    vpc('VLAN used by another VPC', oneNet('10.10.60.0/24', 1001)),
    vpc('duplicate VLAN within one VPC', {
      subnets: { default: net('10.10.60.0/24', 1060), other: net('10.10.61.0/24', 1060) },
    }),
    vpc('subnet out of its IPv4 namespace', oneNet('10.77.1.0/24', 1060)),
    vpc('reserved subnet', oneNet('172.30.1.0/24', 1060)),
    vpc('IPv4 namespace missing', { ...oneNet('10.10.60.0/24', 1060), ipv4Namespace: 'nope' }),
    vpc('gateway outside of the subnet', oneNet('10.10.60.0/24', 1060, { gateway: '10.10.61.1' })),
    vpc('mode l3flat', { ...oneNet('10.10.60.0/24', 1060), mode: 'l3flat' }),
    vpc('mode unknown', { ...oneNet('10.10.60.0/24', 1060), mode: 'foo' }),
    vpc('no subnets', {}),
    vpc('prefix /31', oneNet('10.10.60.0/31', 1060)),
    vpc(
      'DHCP MTU 95',
      oneNet('10.10.60.0/24', 1060, { dhcp: { enable: true, options: { interfaceMTU: 95, leaseTimeSeconds: 60 } } }),
    ),
    vpc('name too long (12 characters)', oneNet('10.10.60.0/24', 1060), 'vpc-abcdefgh'),
    vpc('VPC name begins with ext.', oneNet('10.10.60.0/24', 1060), 'ext.a'),
    vpc('name with capitals', oneNet('10.10.60.0/24', 1060), 'VPC-X'),
    {
      title: 'wrong namespace that exists (fab)',
      object: {
        ...fresh('VPC', 'vpc-x', oneNet('10.10.60.0/24', 1060)),
        metadata: { name: 'vpc-x', namespace: 'fab' },
      },
    },
    attach('attachment: VPC missing', 'nope/default', 'server-5--unbundled--leaf-4'),
    attach('attachment: subnet missing', 'vpc-1/nope', 'server-5--unbundled--leaf-4'),
    attach('attachment: connection missing', 'vpc-1/default', 'nope'),
    attach('attachment: connection of a wrong type', 'vpc-1/default', 'leaf-4--external'),
    attach('attachment: duplicate', 'vpc-1/default', 'server-1--eslag--leaf-1--leaf-2'),
    attach('attachment: l3vni on ESLAG', 'vpc-3/default', 'server-1--eslag--leaf-1--leaf-2'),
    attach('attachment: hostBGP on bundled', 'vpc-4/default', 'server-3--bundled--leaf-3'),
    attach('attachment: second native VLAN', 'vpc-1/second', 'server-2--unbundled--leaf-1', { nativeVLAN: true }),
    peer('peering: VPC missing', { permit: [{ 'vpc-1': {}, nope: {} }] }),
    peer('peering: three VPCs', { permit: [{ 'vpc-1': {}, 'vpc-2': {}, 'vpc-3': {} }] }),
    peer('peering: other IPv4 namespaces', { permit: [{ 'vpc-1': {}, 'vpc-5': {} }] }),
    peer('peering: subnet missing', { permit: [{ 'vpc-1': { subnets: ['nope'] }, 'vpc-2': {} }] }),
    peer('peering: remote', { permit: [{ 'vpc-1': {}, 'vpc-2': {} }], remote: 'border' }),
    alter('external: bad community', 'External', 'ext-bgp', { inboundCommunity: 'x' }),
    {
      title: 'external attachment: connection not external',
      object: fresh('ExternalAttachment', 'x', {
        external: 'ext-bgp',
        connection: 'server-5--unbundled--leaf-4',
        switch: { vlan: 11 },
        neighbor: { asn: 1 },
      }),
    },
    {
      title: 'external attachment: same VLAN',
      object: fresh('ExternalAttachment', 'x', {
        external: 'ext-bgp',
        connection: 'leaf-4--external',
        switch: { vlan: 10, ip: '100.1.11.1/24' },
        neighbor: { asn: 1, ip: '100.1.11.6' },
      }),
    },
    {
      title: 'external peering: prefix missing',
      object: fresh('ExternalPeering', 'x', {
        permit: { vpc: { name: 'vpc-1', subnets: ['default'] }, external: { name: 'ext-bgp', prefixes: [{}] } },
      }),
    },
    alter('IPv4 namespace shrinks under a VPC', 'IPv4Namespace', 'default', { subnets: ['10.10.0.0/16'] }),
    {
      title: 'IPv4 namespace overlaps a reserved subnet',
      object: fresh('IPv4Namespace', 'ns-x', { subnets: ['172.30.0.0/16'] }),
    },
    {
      title: 'IPv4 namespace with 21 subnets (schema)',
      object: fresh('IPv4Namespace', 'ns-x', {
        subnets: Array.from({ length: 21 }, (_one, i) => `10.${100 + i}.0.0/16`),
      }),
    },
    {
      title: 'VLAN namespace within reserved VLANs',
      object: fresh('VLANNamespace', 'ns-x', { ranges: [{ from: 3000, to: 3100 }] }),
    },
    alter('switch: profile missing', 'Switch', 'leaf-4', { profile: 'nope' }),
    alter('switch: no profile', 'Switch', 'leaf-4', { profile: null }),
    alter('switch: role unknown (enum)', 'Switch', 'leaf-4', { role: 'foo' }),
    alter('switch: ASN used', 'Switch', 'leaf-4', { asn: 65101 }),
    alter('switch: management IP used', 'Switch', 'leaf-4', { ip: '172.30.0.21/21' }),
    alter('switch: group missing', 'Switch', 'leaf-4', { groups: ['nope'] }),
    {
      title: 'switch as in the docs, not hydrated (no asn, ip)',
      object: fresh('Switch', 'leaf-9', { role: 'server-leaf', profile: 'vs' }),
    },
    alter('switch: port speed unknown', 'Switch', 'leaf-4', { portGroupSpeeds: { 1: '40G' } }),
    {
      title: 'connection: type changed',
      object: fresh('Connection', 'server-5--unbundled--leaf-4', {
        bundled: { links: [{ server: { port: 'server-5/enp2s1' }, switch: { port: 'leaf-4/E1/1' } }] },
      }),
    },
    connect('connection: no type', {}),
    connect('connection: port used', unbundled('server-6/enp2s1', 'leaf-1/E1/1')),
    connect('connection: port not in the profile', unbundled('server-6/enp2s1', 'leaf-1/Ethernet0')),
    connect('connection: server missing', unbundled('server-66/enp2s1', 'leaf-1/E1/30')),
    connect('connection: malformed port', unbundled('server-6', 'leaf-1/E1/30')),
    alter('connection: withinVPC changed', 'Connection', 'leaf-3--static-external--vpc-3', {
      staticExternal: { withinVPC: 'vpc-1' },
    }),
    alter('connection: IP pattern (schema)', 'Connection', 'spine-1--fabric--leaf-1', {
      fabric: { links: [wrongLink(manifests)] },
    }),
    gone('delete VPC with attachments', 'VPC', 'vpc-1'),
    gone('delete VPC with static external inside', 'VPC', 'vpc-3'),
    gone('delete connection with attachments', 'Connection', 'server-1--eslag--leaf-1--leaf-2'),
    gone('delete connection with external attachments', 'Connection', 'leaf-4--external'),
    gone('delete switch with connections', 'Switch', 'leaf-1'),
    gone('delete server with connections', 'Server', 'server-1'),
    gone('delete external with attachments', 'External', 'ext-bgp'),
    gone('delete IPv4 namespace with VPCs', 'IPv4Namespace', 'default'),
    gone('delete VLAN namespace with switches', 'VLANNamespace', 'default'),
    gone('delete built-in switch profile', 'SwitchProfile', 'vs'),
    { title: 'switch profile: built-in changed', object: fresh('SwitchProfile', 'vs', { notes: 'x' }) },
    { title: 'switch profile: own', object: fresh('SwitchProfile', 'own', { displayName: 'x' }) },
  ];
}

/** Requests that the fabric accepts, although they look like mistakes. */
export function acceptedIn(manifests: readonly Tree[]): readonly Mistake[] {
  const changed = changesIn(manifests);
  const link = { server: { port: 'server-5/enp2s1' }, switch: { port: 'leaf-4/E1/1' } };
  return [
    { title: 'switch: role virtual-edge', object: changed('Switch', 'leaf-4', { role: 'virtual-edge' }) },
    {
      title: 'connection: two types',
      object: changed('Connection', 'server-5--unbundled--leaf-4', { bundled: { links: [link] } }),
    },
    { title: 'delete switch group in use', object: fresh('SwitchGroup', 'eslag-1', {}), isRemoval: true },
  ];
}
