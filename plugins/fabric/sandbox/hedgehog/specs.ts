/** Parts of the objects of a fabric that several rules look at. */

import type { Cluster } from '../admission.ts';
import { type Prefix, prefixOf } from './addresses.ts';
import { isTree, listAt, textAt, type Tree, treeAt, type Value, valueAt } from '../value.ts';

export const nameOf = (object: Tree | undefined): string => textAt(object, 'metadata', 'name');
export const specOf = (object: Tree | undefined): Tree => treeAt(object, 'spec');

/** A refusal by a rule, in the words of the fabric. */
export class Refusal extends Error {}

export function refuse(message: string): never {
  throw new Refusal(message);
}

export function numberAt(value: Value | undefined, ...path: readonly string[]): number {
  const found = valueAt(value, ...path);
  return typeof found === 'number' ? found : 0;
}

/** Types of connections, in the order in which the fabric looks for them. */
export const CONNECTION_TYPES: Readonly<Record<string, string>> = {
  unbundled: 'unbundled',
  bundled: 'bundled',
  mclag: 'mclag',
  eslag: 'eslag',
  mclagDomain: 'mclag-domain',
  fabric: 'fabric',
  mesh: 'mesh',
  gateway: 'gateway',
  vpcLoopback: 'vpc-loopback',
  external: 'external',
  staticExternal: 'static-external',
};

/** The member of a connection's spec that gives its type; undefined if none does. */
export function connectionType(connection: Tree | undefined): string | undefined {
  return Object.keys(CONNECTION_TYPES).find((type) => isTree(specOf(connection)[type]));
}

/** A port of a connection, with the end that names it: `switch`, `server`, `spine`. */
export interface End {
  readonly end: string;
  readonly port: string;
}

/** All ports of a connection. */
export function endsOf(connection: Tree | undefined): readonly End[] {
  const type = connectionType(connection);
  if (type === undefined) return [];
  const part = treeAt(specOf(connection), type);
  const links = [part['link'], ...listAt(part, 'links'), ...listAt(part, 'peerLinks'), ...listAt(part, 'sessionLinks')];
  return links
    .filter(isTree)
    .flatMap((link) => Object.entries(link).map(([end, value]) => ({ end, port: textAt(value, 'port') })));
}

export const deviceOf = (port: string): string => port.split('/')[0] ?? '';
export const isSwitchEnd = ({ end }: End): boolean => end !== 'server' && end !== 'gateway';

export function switchesOf(connection: Tree | undefined): readonly string[] {
  return [
    ...new Set(
      endsOf(connection)
        .filter(isSwitchEnd)
        .map(({ port }) => deviceOf(port)),
    ),
  ];
}

export function serversOf(connection: Tree | undefined): readonly string[] {
  return [
    ...new Set(
      endsOf(connection)
        .filter(({ end }) => end === 'server')
        .map(({ port }) => deviceOf(port)),
    ),
  ];
}

export interface Subnet {
  readonly name: string;
  readonly spec: Tree;
  readonly prefix: Prefix | undefined;
  readonly vlan: number;
  readonly isHostBgp: boolean;
}

export function subnetsOf(vpc: Tree | undefined): readonly Subnet[] {
  return Object.entries(treeAt(specOf(vpc), 'subnets')).map(([name, value]) => {
    const spec = treeAt(value);
    return {
      name,
      spec,
      prefix: prefixOf(textAt(spec, 'subnet')),
      vlan: numberAt(spec, 'vlan'),
      isHostBgp: spec['hostBGP'] === true,
    };
  });
}

/** The VPC and the subnet of an attachment. */
export function attachedTo(attachment: Tree): { readonly vpc: string; readonly subnet: string } {
  const [vpc = '', subnet = ''] = textAt(specOf(attachment), 'subnet').split('/');
  return { vpc, subnet };
}

/** VPCs of the policies of a peering. */
export function peersOf(peering: Tree): readonly string[] {
  return [
    ...new Set(listAt(specOf(peering), 'permit').flatMap((policy) => (isTree(policy) ? Object.keys(policy) : []))),
  ];
}

/** Other objects of a kind. */
export function others(cluster: Cluster, kind: string, object: Tree): readonly Tree[] {
  return cluster.list(kind).filter((one) => nameOf(one) !== nameOf(object));
}

export function found(cluster: Cluster, kind: string, name: string, missing: string): Tree {
  return cluster.get(kind, name) ?? refuse(missing);
}
