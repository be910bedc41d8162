/** A small fabric: the documents of the sandbox, and the objects that its cluster has without a document. */

import type { Tree } from '../value.ts';

const WIRING = 'wiring.githedgehog.com/v1beta1';
const VPCS = 'vpc.githedgehog.com/v1beta1';

function manifest(apiVersion: string, kind: string, name: string, spec: string): string {
  const members = spec.trim().replaceAll(/^/gmu, '  ');
  return `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { name: ${name}, namespace: default }\nspec:\n${members}\n`;
}

function device(name: string, role: string, place: number): string {
  const vtep = role === 'spine' ? '' : `\nvtepIP: 172.30.12.${place}/32`;
  return manifest(
    WIRING,
    'Switch',
    name,
    `role: ${role}
profile: vs
description: ${name}
asn: ${role === 'spine' ? 65100 : 65100 + place - 20}
ip: 172.30.0.${place}/21
protocolIP: 172.30.8.${place}/32${vtep}
boot: { mac: '02:00:00:00:00:${place}' }`,
  );
}

/** A link between the spine and a leaf, from the port of the same number. */
function uplink(leaf: string, port: number): string {
  const first = (port - 1) * 2;
  return manifest(
    WIRING,
    'Connection',
    `spine-1--fabric--${leaf}`,
    `fabric:
  links:
    - spine: { port: spine-1/E1/${port}, ip: 172.30.128.${first}/31 }
      leaf: { port: ${leaf}/E1/48, ip: 172.30.128.${first + 1}/31 }`,
  );
}

function serverAt(name: string, leaf: string, port: number): string {
  return [
    manifest(WIRING, 'Server', name, `description: at port ${port} of ${leaf}`),
    manifest(
      WIRING,
      'Connection',
      `${name}--unbundled--${leaf}`,
      `unbundled:
  link:
    server: { port: ${name}/enp2s1 }
    switch: { port: ${leaf}/E1/${port} }`,
    ),
  ].join('---\n');
}

function vpc(name: string, network: number): string {
  return manifest(
    VPCS,
    'VPC',
    name,
    `subnets:
  default:
    subnet: 10.10.${network}.0/24
    vlan: ${1000 + network}
    dhcp: { enable: true }`,
  );
}

function attachment(name: string, connection: string): string {
  const [server = ''] = connection.split('--');
  return manifest(VPCS, 'VPCAttachment', `${name}--${server}`, `subnet: ${name}/default\nconnection: ${connection}`);
}

/** The manifests by file name. A VPC has a file of its own, so that a user can delete one. */
export const MANIFESTS: Readonly<Record<string, string>> = {
  'switches.yaml': [
    device('spine-1', 'spine', 11),
    device('leaf-1', 'server-leaf', 21),
    device('leaf-2', 'server-leaf', 22),
    uplink('leaf-1', 1),
    uplink('leaf-2', 2),
  ].join('---\n'),
  'servers.yaml': [
    serverAt('server-1', 'leaf-1', 1),
    serverAt('server-2', 'leaf-1', 2),
    serverAt('server-3', 'leaf-2', 1),
  ].join('---\n'),
  'vpc-shop.yaml': vpc('shop', 1),
  'vpc-office.yaml': vpc('office', 2),
  'attachments.yaml': [
    attachment('shop', 'server-1--unbundled--leaf-1'),
    attachment('office', 'server-2--unbundled--leaf-1'),
  ].join('---\n'),
};

const metadata = (name: string): Tree => ({ name, namespace: 'default' });

/** Objects of the installation of a fabric. */
export const INSTALLED: readonly Tree[] = [
  {
    apiVersion: WIRING,
    kind: 'VLANNamespace',
    metadata: metadata('default'),
    spec: { ranges: [{ from: 1000, to: 2999 }] },
  },
  { apiVersion: VPCS, kind: 'IPv4Namespace', metadata: metadata('default'), spec: { subnets: ['10.10.0.0/16'] } },
];

/** A VPC that somebody created with kubectl, and that no document declares. */
export const SOMEBODYS: Tree = {
  apiVersion: VPCS,
  kind: 'VPC',
  metadata: metadata('somebodys'),
  spec: { subnets: { default: { subnet: '10.10.9.0/24', vlan: 1009 } } },
};
