/** Refusals of the validating webhooks for switches, servers and connections, in the fabric's words. */

import type { Cluster } from '../admission.ts';
import {
  connectionType,
  deviceOf,
  type End,
  endsOf,
  found,
  isSwitchEnd,
  nameOf,
  numberAt,
  others,
  refuse,
  serversOf,
  specOf,
  switchesOf,
} from './specs.ts';
import { textAt, textsAt, type Tree, treeAt } from '../value.ts';

const isSpine = (device: Tree): boolean => textAt(specOf(device), 'role') === 'spine';

function checkSpeeds(device: Tree, profile: Tree): void {
  const groups = treeAt(specOf(profile), 'portGroups');
  for (const [group, speed] of Object.entries(treeAt(specOf(device), 'portGroupSpeeds'))) {
    const name = textAt(groups, group, 'profile');
    if (name === '') refuse(`port group ${group} not found in switch profile`);
    const supported = textsAt(specOf(profile), 'portProfiles', name, 'speed', 'supported');
    if (typeof speed === 'string' && !supported.includes(speed))
      refuse(`port group ${group} does not support specified speed ${speed}`);
  }
}

/** Numbers and addresses are set, as the API requires of switches, and not used by another switch. */
function checkHydration(device: Tree, cluster: Cluster): void {
  const spec = specOf(device);
  const fault = (why: string): never => refuse(`failed hydration validation: ${why}`);
  for (const other of others(cluster, 'Switch', device)) {
    const theirs = specOf(other);
    const asn = numberAt(spec, 'asn');
    if (!isSpine(device) && !isSpine(other) && numberAt(theirs, 'asn') === asn)
      fault(`leaf ${nameOf(device)} ASN ${asn} is already in use`);
    for (const [key, word] of [
      ['ip', 'management'],
      ['protocolIP', 'protocol'],
      ['vtepIP', 'VTEP'],
    ] as const) {
      const address = textAt(spec, key);
      if (address !== '' && textAt(theirs, key).split('/')[0] === address.split('/')[0])
        fault(`switch ${nameOf(device)} (${word}) IP ${address} is already in use`);
    }
  }
}

export function checkSwitch(device: Tree, cluster: Cluster): void {
  const spec = specOf(device);
  const profileName = textAt(spec, 'profile');
  if (profileName === '') refuse('profile is required');
  if (numberAt(spec, 'asn') === 0) refuse('ASN is required');
  if (textAt(spec, 'ip') === '') refuse('IP is required');
  if (textAt(spec, 'protocolIP') === '') refuse('protocol IP is required');
  if (isSpine(device) && textAt(spec, 'vtepIP') !== '') refuse('VTEP IP is not allowed on spines');
  if (!isSpine(device) && textAt(spec, 'role') !== 'virtual-edge' && textAt(spec, 'vtepIP') === '')
    refuse('VTEP IP is required');
  const profile = found(cluster, 'SwitchProfile', profileName, `switch profile ${profileName} does not exist`);
  for (const name of textsAt(spec, 'groups'))
    found(cluster, 'SwitchGroup', name, `switch group ${name} does not exist`);
  for (const name of textsAt(spec, 'vlanNamespaces'))
    found(cluster, 'VLANNamespace', name, `VLANNamespace ${name} does not exist`);
  checkSpeeds(device, profile);
  checkHydration(device, cluster);
}

export function checkSwitchRemoval(device: Tree, cluster: Cluster): void {
  if (cluster.list('Connection').some((one) => switchesOf(one).includes(nameOf(device))))
    refuse('switch has connections');
}

export function checkServerRemoval(server: Tree, cluster: Cluster): void {
  if (cluster.list('Connection').some((one) => serversOf(one).includes(nameOf(server))))
    refuse('server has connections');
}

function checkEnd(connection: Tree, end: End, cluster: Cluster): void {
  const { port } = end;
  const device = deviceOf(port);
  const name = port.slice(device.length + 1);
  if (device === '' || name === '') refuse(`invalid port name ${port}`);
  if (end.end === 'gateway') return;
  if (!isSwitchEnd(end)) {
    found(cluster, 'Server', device, `server ${device} not found`);
  } else {
    const known = found(cluster, 'Switch', device, `switch ${device} not found`);
    const ports = treeAt(specOf(cluster.get('SwitchProfile', textAt(specOf(known), 'profile'))), 'ports');
    if (!(name in ports)) refuse(`port ${port} is not allowed for switch ${device}`);
  }
  const user = others(cluster, 'Connection', connection).find((one) => endsOf(one).some((used) => used.port === port));
  if (user !== undefined) refuse(`port ${port} is already used by other connection ${nameOf(user)}`);
}

export function checkConnection(connection: Tree, cluster: Cluster): void {
  const type = connectionType(connection);
  for (const end of endsOf(connection)) checkEnd(connection, end, cluster);
  if (type === 'eslag') {
    const groups = switchesOf(connection).map((name) =>
      textAt(specOf(cluster.get('Switch', name)), 'redundancy', 'group'),
    );
    if (groups.includes('')) refuse('all switches in ESLAG connection should have redundancy group');
    if (new Set(groups).size > 1) refuse('all switches in ESLAG connection should belong to the same redundancy group');
  }
  const vpc = textAt(specOf(connection), 'staticExternal', 'withinVPC');
  if (vpc !== '') found(cluster, 'VPC', vpc, `vpc ${vpc} not found`);
}

export function checkConnectionChange(connection: Tree, before: Tree): void {
  if (connectionType(connection) !== connectionType(before)) refuse('connection type is immutable');
  const within = (one: Tree): string => textAt(specOf(one), 'staticExternal', 'withinVPC');
  if (within(connection) !== within(before)) refuse('StaticExternal.WithinVPC is immutable');
}

export function checkConnectionRemoval(connection: Tree, cluster: Cluster): void {
  const uses = (one: Tree): boolean => textAt(specOf(one), 'connection') === nameOf(connection);
  if (cluster.list('VPCAttachment').some(uses)) refuse('connection has attachments');
  if (cluster.list('ExternalAttachment').some(uses)) refuse('connection has external attachments');
}

export function checkSwitchProfile(before: Tree | undefined): void {
  refuse(before === undefined ? 'only default switch profiles are allowed' : 'default switch profiles are immutable');
}
