/** Refusals of the validating webhooks for the kinds of the group `vpc`, in the fabric's words. */

import type { Cluster } from '../admission.ts';
import { addressOf, contains, holds, overlap, overlapping, type Prefix, prefixOf } from './addresses.ts';
import {
  attachedTo,
  connectionType,
  found,
  nameOf,
  numberAt,
  others,
  peersOf,
  refuse,
  specOf,
  type Subnet,
  subnetsOf,
  switchesOf,
} from './specs.ts';
import { isTree, listAt, textAt, textsAt, type Tree, treeAt, valueAt } from '../value.ts';

const MAX_NAME = 11;
const RESERVED = ['172.30.0.0/16', '172.31.0.0/16'];
const MIN_MTU = 96;
const MAX_MTU = 9036;
const MAX_SUBNETS = 20;

function prefixesOf(texts: readonly string[]): readonly Prefix[] {
  return texts.map(prefixOf).filter((prefix) => prefix !== undefined);
}

export function checkShortName(object: Tree): void {
  const name = nameOf(object);
  if (name.length > MAX_NAME) refuse(`name ${name} is too long, must be <= ${MAX_NAME} characters`);
}

function checkDhcp({ name, spec }: Subnet): void {
  const dhcp = treeAt(spec, 'dhcp');
  const isOn = dhcp['enable'] === true;
  if (isOn && textAt(dhcp, 'relay') !== '')
    refuse(`subnet ${name}: dhcp relay and server cannot be enabled at the same time`);
  if (!isOn && isTree(dhcp['static']) && Object.keys(dhcp['static']).length > 0)
    refuse(`subnet ${name}: dhcp static cannot be set when dhcp is disabled`);
  if (!isOn || !isTree(dhcp['options'])) return;
  const mtu = numberAt(dhcp, 'options', 'interfaceMTU');
  if (mtu < MIN_MTU) refuse(`subnet ${name}: MTU cannot be set smaller than ${MIN_MTU}`);
  if (mtu > MAX_MTU) refuse(`subnet ${name}: MTU cannot be set greater than ${MAX_MTU}`);
}

function checkSubnet(subnet: Subnet): void {
  const { name, spec, prefix, isHostBgp, vlan } = subnet;
  if (prefix === undefined) refuse(`subnet ${name}: failed to parse subnet ${textAt(spec, 'subnet')}`);
  if (prefix.length > 30) refuse(`subnet ${name}: prefix length ${prefix.length} is too large, must be <= 30`);
  if (prefixesOf(RESERVED).some((reserved) => overlap(reserved, prefix)))
    refuse(`subnet ${name}: subnet ${prefix.text} is reserved`);
  const gateway = textAt(spec, 'gateway');
  if (!isHostBgp && !holds(prefix, addressOf(gateway)))
    refuse(`subnet ${name}: gateway ${gateway} is not in the subnet`);
  if (!isHostBgp && vlan === 0) refuse(`subnet ${name}: vlan is required`);
  checkDhcp(subnet);
}

function checkMode(vpc: Tree): void {
  const mode = textAt(specOf(vpc), 'mode');
  if (mode === 'l3flat') refuse('L3Flat mode is not supported yet');
  if (mode !== '' && mode !== 'l3vni') refuse(`invalid mode ${mode}, must be one of [ l3vni l3flat]`);
}

function checkPermit(vpc: Tree, subnets: readonly Subnet[]): void {
  for (const policy of listAt(specOf(vpc), 'permit')) {
    const names = Array.isArray(policy) ? (policy as readonly unknown[]).map(String) : [];
    if (new Set(names).size < 2) refuse('each permit policy must have at least 2 subnets');
    const missing = names.find((name) => !subnets.some((one) => one.name === name));
    if (missing !== undefined) refuse(`permit policy: subnet ${missing} is not found`);
  }
}

/** True if a VLAN is in a namespace's ranges. */
function hasVlan(namespace: Tree, vlan: number): boolean {
  return listAt(specOf(namespace), 'ranges').some(
    (range) => numberAt(range, 'from') <= vlan && vlan <= numberAt(range, 'to'),
  );
}

function checkNamespaces(vpc: Tree, subnets: readonly Subnet[], cluster: Cluster): void {
  const ipv4Name = textAt(specOf(vpc), 'ipv4Namespace');
  const vlanName = textAt(specOf(vpc), 'vlanNamespace');
  const ipv4 = found(cluster, 'IPv4Namespace', ipv4Name, `IPv4Namespace ${ipv4Name} not found`);
  const vlans = found(cluster, 'VLANNamespace', vlanName, `VLANNamespace ${vlanName} not found`);
  const ranges = prefixesOf(textsAt(specOf(ipv4), 'subnets'));
  for (const { name, prefix, vlan, isHostBgp } of subnets) {
    if (prefix !== undefined && !ranges.some((range) => contains(range, prefix)))
      refuse(`vpc subnet ${name} (${prefix.text}) doesn't belong to the IPv4Namespace ${ipv4Name}`);
    if (!isHostBgp && !hasVlan(vlans, vlan))
      refuse(`vpc subnet ${name} (${prefix?.text}) vlan ${vlan} doesn't belong to the VLANNamespace ${vlanName}`);
  }
}

function checkOtherVpcs(vpc: Tree, subnets: readonly Subnet[], cluster: Cluster): void {
  const shares = (one: Tree, key: string): boolean => textAt(specOf(one), key) === textAt(specOf(vpc), key);
  for (const other of others(cluster, 'VPC', vpc))
    for (const theirs of subnetsOf(other))
      for (const { prefix, vlan } of subnets) {
        if (
          shares(other, 'ipv4Namespace') &&
          prefix !== undefined &&
          theirs.prefix !== undefined &&
          overlap(prefix, theirs.prefix)
        )
          refuse(`subnet ${prefix.text} overlaps with subnet ${theirs.prefix.text} of VPC ${nameOf(other)}`);
        if (shares(other, 'vlanNamespace') && vlan !== 0 && vlan === theirs.vlan)
          refuse(`vlan ${vlan} is already used by other VPC`);
      }
}

export function checkVpc(vpc: Tree, cluster: Cluster): void {
  checkShortName(vpc);
  if (nameOf(vpc).startsWith('ext.')) refuse(`vpc name cannot start with 'ext.': ${nameOf(vpc)}`);
  checkMode(vpc);
  const subnets = subnetsOf(vpc);
  if (subnets.length === 0) refuse('at least one subnet is required');
  if (subnets.length > MAX_SUBNETS) refuse(`too many subnets, must be <= ${MAX_SUBNETS}`);
  subnets.forEach(checkSubnet);
  const vlans = subnets.map(({ vlan }) => vlan).filter((vlan) => vlan !== 0);
  if (new Set(vlans).size < vlans.length) refuse('duplicate subnet VLANs');
  const twice = overlapping(subnets.flatMap(({ prefix }) => prefix ?? []));
  if (twice !== undefined)
    refuse(`failed to verify no overlap subnets: subnets ${twice[0].text} and ${twice[1].text} overlap`);
  checkPermit(vpc, subnets);
  checkNamespaces(vpc, subnets, cluster);
  checkOtherVpcs(vpc, subnets, cluster);
}

export function checkVpcRemoval(vpc: Tree, cluster: Cluster): void {
  const name = nameOf(vpc);
  const isWithin = (connection: Tree): boolean => textAt(specOf(connection), 'staticExternal', 'withinVPC') === name;
  const hasAttachment = cluster.list('VPCAttachment').some((one) => attachedTo(one).vpc === name);
  if (hasAttachment || cluster.list('Connection').some(isWithin)) refuse('VPC has attachments');
  if (cluster.list('VPCPeering').some((one) => peersOf(one).includes(name))) refuse('VPC has peerings');
  if (cluster.list('ExternalPeering').some((one) => textAt(specOf(one), 'permit', 'vpc', 'name') === name))
    refuse('VPC has external peerings');
}

const ATTACHABLE = new Set(['unbundled', 'bundled', 'eslag']);

function checkAttachable(type: string | undefined, vpc: Tree, subnet: Subnet): void {
  if (type === undefined || !ATTACHABLE.has(type))
    refuse('vpc can be attached only to Unbundled, Bundled or ESLAG connections');
  if (subnet.isHostBgp && type !== 'unbundled')
    refuse('only unbundled links can be used to attach to a hostBGP subnet');
  const mode = textAt(specOf(vpc), 'mode');
  if (mode === 'l3vni' && type === 'eslag') refuse(`vpc mode ${mode} is not supported for ESLAG connections`);
}

export function checkVpcAttachment(attachment: Tree, cluster: Cluster): void {
  const { vpc: vpcName, subnet: subnetName } = attachedTo(attachment);
  const name = textAt(specOf(attachment), 'connection');
  const vpc = found(cluster, 'VPC', vpcName, `vpc ${vpcName} not found`);
  const subnet =
    subnetsOf(vpc).find((one) => one.name === subnetName) ?? refuse(`subnet ${subnetName} not found in vpc ${vpcName}`);
  const connection = found(cluster, 'Connection', name, `connection ${name} not found`);
  checkAttachable(connectionType(connection), vpc, subnet);
  const vlanNamespace = textAt(specOf(vpc), 'vlanNamespace');
  for (const device of switchesOf(connection))
    if (!textsAt(specOf(cluster.get('Switch', device)), 'vlanNamespaces').includes(vlanNamespace))
      refuse(`switch ${device} doesn't have VLAN namespace ${vlanNamespace} which is used by VPC ${vpcName}`);
  const siblings = others(cluster, 'VPCAttachment', attachment).filter(
    (one) => textAt(specOf(one), 'connection') === name,
  );
  const full = `${vpcName}/${subnetName}`;
  if (siblings.some((one) => textAt(specOf(one), 'subnet') === full))
    refuse(`connection ${name} already attached to vpc subnet ${full}`);
  const isNative = (one: Tree): boolean => valueAt(specOf(one), 'nativeVLAN') === true;
  if (isNative(attachment) && siblings.some(isNative)) refuse(`connection ${name} already attached with native VLAN`);
}

export function checkVpcPeering(peering: Tree, cluster: Cluster): void {
  const spec = specOf(peering);
  if (textAt(spec, 'remote') !== '') refuse('remote field is deprecated and no longer supported');
  listAt(spec, 'permit').forEach((policy, index) => {
    const vpcs = Object.entries(treeAt(policy));
    if (vpcs.length !== 2) refuse(`each permit policy must have exactly 2 VPCs (idx ${index})`);
    const known = vpcs.map(([name]) => found(cluster, 'VPC', name, `vpc ${name} not found`));
    for (const [key, word] of [
      ['ipv4Namespace', 'IPv4'],
      ['vlanNamespace', 'VLAN'],
    ] as const)
      if (new Set(known.map((vpc) => textAt(specOf(vpc), key))).size > 1)
        refuse(`VPCs must be in the same ${word} namespace`);
    vpcs.forEach(([name, value], i) => {
      const names = subnetsOf(known[i]).map((subnet) => subnet.name);
      const missing = textsAt(value, 'subnets').find((one) => !names.includes(one));
      if (missing !== undefined) refuse(`subnet ${missing} not found in VPC ${name}`);
    });
  });
}

export function checkExternal(external: Tree, cluster: Cluster): void {
  checkShortName(external);
  for (const key of ['inboundCommunity', 'outboundCommunity']) {
    const community = textAt(specOf(external), key);
    if (community !== '' && !/^\d+:\d+$/u.test(community))
      refuse(`${key} ${community} is not a valid community, example 50000:50001`);
  }
  const namespace = textAt(specOf(external), 'ipv4Namespace');
  found(cluster, 'IPv4Namespace', namespace, `IPv4Namespace ${namespace} not found`);
}

export function checkExternalRemoval(external: Tree, cluster: Cluster): void {
  const name = nameOf(external);
  if (cluster.list('ExternalAttachment').some((one) => textAt(specOf(one), 'external') === name))
    refuse('external has attachments');
  if (cluster.list('ExternalPeering').some((one) => textAt(specOf(one), 'permit', 'external', 'name') === name))
    refuse('external has peerings');
}

const externalVlan = (attachment: Tree): number =>
  numberAt(specOf(attachment), 'switch', 'vlan') || numberAt(specOf(attachment), 'static', 'vlan');

export function checkExternalAttachment(attachment: Tree, cluster: Cluster): void {
  const external = textAt(specOf(attachment), 'external');
  const name = textAt(specOf(attachment), 'connection');
  found(cluster, 'External', external, `external ${external} not found`);
  const connection = found(cluster, 'Connection', name, `connection ${name} not found`);
  if (connectionType(connection) !== 'external') refuse(`connection ${name} is not external`);
  const vlan = externalVlan(attachment);
  const siblings = others(cluster, 'ExternalAttachment', attachment).filter(
    (one) => textAt(specOf(one), 'connection') === name,
  );
  if (siblings.some((one) => externalVlan(one) === vlan))
    refuse(`connection ${name} already has an external attachment with VLAN ${vlan}`);
}

export function checkExternalPeering(peering: Tree, cluster: Cluster): void {
  const permit = treeAt(specOf(peering), 'permit');
  for (const prefix of listAt(permit, 'external', 'prefixes'))
    if (textAt(prefix, 'prefix') === '') refuse('external.prefixes.prefix is required');
  const vpcName = textAt(permit, 'vpc', 'name');
  const external = textAt(permit, 'external', 'name');
  const vpc = found(cluster, 'VPC', vpcName, `vpc ${vpcName} not found`);
  found(cluster, 'External', external, `external ${external} not found`);
  const names = subnetsOf(vpc).map(({ name }) => name);
  const missing = textsAt(permit, 'vpc', 'subnets').find((one) => !names.includes(one));
  if (missing !== undefined) refuse(`vpc ${vpcName} does not have subnet ${missing}`);
}

export function checkIpv4Namespace(namespace: Tree): void {
  checkShortName(namespace);
  const prefixes = prefixesOf(textsAt(specOf(namespace), 'subnets'));
  const twice = overlapping(prefixes);
  if (twice !== undefined) refuse(`subnets ${twice[0].text} and ${twice[1].text} overlap`);
  for (const reserved of prefixesOf(RESERVED))
    for (const prefix of prefixes)
      if (overlap(reserved, prefix))
        refuse(`subnets overlap with reserved subnets: subnets ${prefix.text} and ${reserved.text} overlap`);
}

/** The VPCs of an updated namespace still fit. */
export function checkIpv4Users(namespace: Tree, cluster: Cluster): void {
  const ranges = prefixesOf(textsAt(specOf(namespace), 'subnets'));
  for (const vpc of cluster.list('VPC').filter((one) => textAt(specOf(one), 'ipv4Namespace') === nameOf(namespace)))
    for (const { name, prefix } of subnetsOf(vpc))
      if (prefix !== undefined && !ranges.some((range) => contains(range, prefix)))
        refuse(`existing vpc ${nameOf(vpc)} subnet ${name} (cidr ${prefix.text}) doesn't fit updated IPv4 namespace`);
}

export function checkIpv4Removal(namespace: Tree, cluster: Cluster): void {
  const isOf = (one: Tree): boolean => textAt(specOf(one), 'ipv4Namespace') === nameOf(namespace);
  if (cluster.list('VPC').some(isOf)) refuse('IPv4Namespace has VPCs');
  if (cluster.list('External').some(isOf)) refuse('IPv4Namespace has externals');
}

const RESERVED_VLANS = { from: 3000, to: 3999 };

export function checkVlanNamespace(namespace: Tree): void {
  const ranges = listAt(specOf(namespace), 'ranges').map((range) => ({
    from: numberAt(range, 'from'),
    to: numberAt(range, 'to'),
  }));
  ranges.forEach((range, i) => {
    const next = ranges[i + 1];
    if (next !== undefined && next.from <= range.to)
      refuse(`VLAN ranges overlap: ${range.from}-${range.to} and ${next.from}-${next.to}`);
  });
  for (const { from, to } of ranges)
    if (from <= RESERVED_VLANS.to && RESERVED_VLANS.from <= to)
      refuse(
        `ranges overlap with Fabric reserved VLANs: VLAN ranges overlap: ${from}-${to} and ${RESERVED_VLANS.from}-${RESERVED_VLANS.to}`,
      );
}

/** Looks for VPCs by the name of their IPv4 namespace, and counts the VLAN 0 of a hostBGP subnet, as the fabric does. */
export function checkVlanUsers(namespace: Tree, cluster: Cluster): void {
  for (const vpc of cluster.list('VPC').filter((one) => textAt(specOf(one), 'ipv4Namespace') === nameOf(namespace)))
    for (const { name, vlan } of subnetsOf(vpc))
      if (!hasVlan(namespace, vlan))
        refuse(`existing vpc ${nameOf(vpc)} subnet ${name} (vlan ${vlan}) doesn't fit updated VLAN namespace`);
}

export function checkVlanRemoval(namespace: Tree, cluster: Cluster): void {
  const name = nameOf(namespace);
  if (cluster.list('Switch').some((one) => textsAt(specOf(one), 'vlanNamespaces').includes(name)))
    refuse('VLANNamespace has switches');
  if (cluster.list('VPC').some((one) => textAt(specOf(one), 'vlanNamespace') === name))
    refuse('VLANNamespace has VPCs');
}
